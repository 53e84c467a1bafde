"""What stands in for an array within a tensor while its numbers are a box of the level outside.

An op on it is recorded outside as that same op, with its own rule. So no call of NumPy's within an op's forward may go through: it
raises, and the engine then hands the whole op to ``opaque``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.graph import Node, reachable
from ..engine.op import REGISTRY
from ..engine.standin import StandIn
from .levels import Box, getval
from .recording import run_with_extras

_types = Box.types


class Outer(StandIn):
    """Stands in for an array. box: the box that holds its numbers."""

    __slots__ = ("box",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, box: Any) -> None:
        self.box = box

    @property
    def numbers(self) -> np.ndarray:
        """The array itself, beneath all levels: for decisions that have no derivative."""
        return np.asarray(getval(self.box))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.box.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.box.dtype

    @property
    def ndim(self) -> int:
        return self.box.ndim

    @property
    def size(self) -> int:
        return self.box.size

    @property
    def flags(self) -> Any:
        return self.numbers.flags

    @property
    def strides(self) -> tuple[int, ...]:
        return self.numbers.strides

    @property
    def base(self) -> Any:
        return None

    def __len__(self) -> int:
        return len(self.box)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return self._answer(ufunc if method == "__call__" else None, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return self._answer(function, args, kwargs)

    def _answer(self, function: Any, args: Any, kwargs: Any) -> Any:
        if function not in QUESTIONS:
            raise TypeError("what stands in for an array takes part in ops only")
        return function(*[_numbers(a) for a in args], **{key: _numbers(value) for key, value in kwargs.items()})

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("what stands in for an array takes part in ops only")

    def copy(self, order: Any = "C") -> Any:
        return self

    def opaque(self, name: str, function: Any, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        op = REGISTRY.get(name)
        if op is None or op.forward is not function:
            raise NotImplementedError(f"{name} cannot be differentiated within another derivative")
        y, extras = run_with_extras(op, tuple([boxes_of(a) for a in args]), boxes_of({**op.defaults, **params}))
        parts = y if op.outputs > 1 else (y,)
        parts = tuple([outer_of(part) for part in parts]) + tuple(extras or ())
        return parts if op.outputs > 1 or op.extras else parts[0]


# What is asked of numbers, and has no derivative: answered. ``functions.py`` adds to it.
QUESTIONS: set[Any] = set()


def _numbers(value: Any) -> Any:
    return value.numbers if isinstance(value, Outer) else value


def outer_of(value: Any) -> Any:
    """A box as what stands in for an array; anything else as it is."""
    return Outer(value) if type(value) in _types else value


def boxes_of(value: Any) -> Any:
    """A value with what stands in for arrays replaced by the boxes, at any depth of lists, tuples and dicts."""
    if isinstance(value, Outer):
        return value.box
    if isinstance(value, list | tuple):
        parts = [boxes_of(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if type(value) is dict:
        return {key: boxes_of(part) for key, part in value.items()}
    return value


def uncover(nodes: list[Node | None], since: int) -> None:
    """Put the boxes into what the nodes saved that were made since a time of the clock: rules compute with these."""
    for node in reachable(*nodes, after=since):
        node.saved = boxes_of(node.saved)
        node.params = boxes_of(node.params)


__all__ = ["QUESTIONS", "Outer", "boxes_of", "outer_of", "uncover"]
