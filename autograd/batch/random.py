"""Random numbers within vmap. By ``randomness`` they are refused, the same for all examples, or different for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.standin import levels
from .stand_in import Batched, Level, aligned

# The position of the shape among the arguments of the methods of NumPy's generators.
_PLACE_OF_SIZE = {
    "random": 0, "standard_normal": 0, "standard_exponential": 0, "standard_cauchy": 0, "integers": 2, "geometric": 1,
}  # fmt: skip


class DrawsForEach:
    """A stand-in for a NumPy generator that draws numbers for each example."""

    def __init__(self, generator: np.random.Generator, level: Level) -> None:
        self._generator = generator
        self._level = level

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._generator, name)
        level = self._level

        def draw(*args: Any, **kwargs: Any) -> Any:
            if name in _PLACE_OF_SIZE:
                place = _PLACE_OF_SIZE[name]
                shape = args[place]
                shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
                return Batched(method(*args[:place], (level.size, *shape), *args[place + 1 :], **kwargs), level)
            if name == "permutation":
                return Batched(np.argsort(self._generator.random((level.size, args[0])), axis=1), level)
            rank = max(np.ndim(a) for a in args)
            stacks = [aligned(a, rank, level) for a in args]
            size = np.broadcast_shapes((level.size, *(1,) * rank), *[np.shape(a) for a in stacks])
            return Batched(method(*stacks, size=size, **kwargs), level)

        return draw


def for_examples(generator: np.random.Generator) -> Any:
    """The generator for a function within vmap.

    Raises:
        RuntimeError: the function may draw no random numbers.
    """
    for level in reversed(levels.get()):
        if level.randomness == "error":
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
                "randomness flags on vmap or perform the randomness operation out of vmap"
            )
        if level.randomness == "different":
            generator = DrawsForEach(generator, level)  # type: ignore[assignment]
    return generator
