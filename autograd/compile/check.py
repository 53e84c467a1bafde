"""``check=True``: each call is computed by the naive interpreter as well, from the same state, and compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.graph import array_of
from ..errors import CompileError
from .capture import Draw
from .loops import written_arguments
from .program import EAGER, MISS, OTHER, Variant, title_of
from .step_list import DisagreementError, Entry, Ref, at, bytes_of, execute
from .step_list import mapped as each

# How far two ways to compute the same may lie apart, relative to the largest number: sums have another order.
_TOLERANCE = {"f": 1e-4, "d": 1e-9}
# A number may differ by so many times as much as noise of the size of rounding changes it, in so many steps with noise.
_NOISE, _SHAKES = 4.0, 3


def called(variant: Variant, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The program's results, unchecked."""
    return variant.call(args, kwargs)


def checked(variant: Variant, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The program's results, after they were compared with the interpreter's.

    Raises:
        CompileError: the two differ. It names the memory, the difference, and the call that wrote it last. The step has been made.
    """
    if not variant.accepts(args, kwargs):
        return variant.call(args, kwargs)
    state = State(variant, args, kwargs)
    wanted = state.interpreted()
    result = variant.call(args, kwargs)
    if any(result is left for left in (MISS, OTHER, EAGER)) or wanted is None:
        return result
    found = variant.memories(args, kwargs, result)
    # What has not been written yet holds anything, also numbers beside which every difference would be rounding.
    entries = [e for e in variant.captured.program.entries if e.name() not in ("empty", "empty_like")]
    largest = max((_largest(at(wanted, ref)) for e in entries for ref in e.outs), default=0.0)
    shaken: list[dict[int, np.ndarray]] | None = None
    for entry in entries:
        for ref in (*entry.outs, *written_arguments(entry)):
            if ref.storage.number not in found or ref.dtype.kind != "f":
                continue
            pair = at(wanted, ref), at(found, ref)
            differs = _difference(entry, ref, *pair, largest)
            if differs and shaken is None:
                shaken = state.shaken()
            if differs and _difference(entry, ref, *pair, largest, [at(buffers, ref) for buffers in shaken or ()]):
                raise CompileError(differs)
    return result


class State:
    """What a call starts from: copies of the memories, generators, and the numbers of optimizers.

    Args:
        variant: the program. args, kwargs: of the call.
    """

    def __init__(self, variant: Variant, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.captured = captured = variant.captured
        self.memories: dict[int, np.ndarray] = {}
        for storage in captured.program.storages:
            if storage.number in variant.owners and storage not in variant.lasting:
                self.memories[storage.number] = bytes_of(variant.owners[storage.number]).copy()
            else:
                self.memories[storage.number] = np.zeros(storage.size, np.uint8)
        for (storage, _), array in zip(captured.arguments, arrays_of((args, kwargs)), strict=True):
            self.memories[storage.number] = bytes_of(array).copy()
        draws = [e.function.generator for e in captured.program.entries if isinstance(e.function, Draw)]
        self.generators = [(g.numpy.bit_generator, g.numpy.bit_generator.state) for g in draws]
        self.numbers = [(container, key, container[key]) for container, key, _ in captured.numbers]

    def interpreted(self, shake: np.random.Generator | None = None) -> dict[int, np.ndarray] | None:
        """The memories after the interpreter has made the step on copies; None if the function would take another way this time.

        Args:
            shake: a source of noise: each number that a call computes is changed by as much as its rounding could change it.
        """
        buffers = {number: array.copy() for number, array in self.memories.items()}
        now = [(container, key, container[key]) for container, key, _ in self.numbers]
        states = [(generator, generator.state) for generator, _ in self.generators]
        self._set(self.numbers, self.generators)
        try:
            for entry in self.captured.program.entries:
                execute(entry, buffers)
                if shake is not None:
                    _shake([at(buffers, ref) for ref in (*entry.outs, *written_arguments(entry))], shake)
        except DisagreementError:
            return None
        finally:
            self._set(now, states)
        return buffers

    def shaken(self) -> list[dict[int, np.ndarray]]:
        """The memories after steps with noise: where they differ much, a number is rounding and nothing else.

        So is a gradient that is 0 in truth, as that of the keys' bias in attention, and what Adam makes of it.
        """
        found = [self.interpreted(np.random.default_rng(seed)) for seed in range(_SHAKES)]
        return [buffers for buffers in found if buffers is not None]

    def _set(self, numbers: list[tuple[Any, Any, Any]], states: list[tuple[Any, Any]]) -> None:
        for container, key, value in numbers:
            container[key] = value
        for generator, state in states:
            generator.state = state


def _shake(places: list[np.ndarray], noise: np.random.Generator) -> None:
    """Change the floats among numbers by up to two roundings each."""
    for place in places:
        if place.dtype.kind == "f":
            place *= 1 + np.finfo(place.dtype).eps * noise.uniform(-2, 2, place.shape).astype(place.dtype)


def arrays_of(value: Any) -> list[np.ndarray]:
    """The arrays among arguments, in order."""
    found: list[np.ndarray] = []
    each(value, lambda v: found.append(array_of(v)) if hasattr(v, "shape") and hasattr(v, "dtype") else None)
    return found


def _largest(array: np.ndarray) -> float:
    """The largest finite number in absolute value, of floats."""
    return float(np.abs(array[np.isfinite(array)]).max(initial=0.0)) if array.dtype.kind == "f" else 0.0


def _difference(
    entry: Entry, ref: Ref, wanted: np.ndarray, found: np.ndarray, largest: float, shaken: Sequence[np.ndarray] = ()
) -> str:  # fmt: skip
    """In words, how the program's numbers differ from the interpreter's; nothing if they do not.

    shaken: the interpreter's with noise. A number may differ by a multiple of what the noise has made of it.
    """
    known = np.isfinite(wanted)
    size = _largest(wanted)
    # Where large numbers cancel, as in a bias before a normalisation, what is left is their rounding.
    most: Any = max(_TOLERANCE.get(wanted.dtype.char, 1e-4) * size, float(np.finfo(wanted.dtype).eps) * largest, 1e-34)
    with np.errstate(all="ignore"):
        noise = np.max([np.abs(other - wanted) for other in shaken], axis=0)[known] if shaken else 0.0
        apart = np.abs(wanted[known] - found[known])
        beyond = ~(apart <= most + _NOISE * np.nan_to_num(noise))
    odd = not np.array_equal(wanted[~known], found[~known], equal_nan=True)
    if not beyond.any() and not odd:
        return ""
    line = f"\n  {entry.line[0]}, line {entry.line[1]}" if entry.line else ""
    return (
        f"the compiled step differs from the interpreter: {title_of(entry) or 'the step'}: {entry.name()} into {ref!r}, "
        f"by {float(apart.max(initial=0.0)):.3g} where the largest number is {size:.3g}{line}"
    )


__all__ = ["called", "checked"]
