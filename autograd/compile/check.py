"""``check=True``: each call is computed by the naive interpreter as well, from the same state, and compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.graph import array_of
from ..errors import CompileError
from .capture import Draw
from .loops import written_arguments
from .program import EAGER, MISS, OTHER, Variant, title_of
from .step_list import DisagreementError, Entry, Ref, at, bytes_of, run
from .step_list import mapped as each

# How far two ways to compute the same may lie apart, relative to the largest number: sums have another order.
_TOLERANCE = {"f": 1e-4, "d": 1e-9}


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
    wanted = interpreted(variant, args, kwargs)
    result = variant.call(args, kwargs)
    if any(result is left for left in (MISS, OTHER, EAGER)) or wanted is None:
        return result
    found = variant.memories(args, kwargs, result)
    # What has not been written yet holds anything, also numbers beside which every difference would be rounding.
    entries = [e for e in variant.captured.program.entries if e.name() not in ("empty", "empty_like")]
    largest = max((_largest(at(wanted, ref)) for e in entries for ref in e.outs), default=0.0)
    for entry in entries:
        for ref in (*entry.outs, *written_arguments(entry)):
            if ref.storage.number in found and ref.dtype.kind == "f":
                _compare(entry, ref, at(wanted, ref), at(found, ref), largest)
    return result


def interpreted(variant: Variant, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[int, np.ndarray] | None:
    """The memories after the interpreter has made the step on copies; None if the function would take another way this time."""
    buffers: dict[int, np.ndarray] = {}
    for storage in variant.captured.program.storages:
        if storage.number in variant.owners and storage not in variant.lasting:
            buffers[storage.number] = bytes_of(variant.owners[storage.number]).copy()
        else:
            buffers[storage.number] = np.zeros(storage.size, np.uint8)
    for (storage, _), array in zip(variant.captured.arguments, arrays_of((args, kwargs)), strict=True):
        buffers[storage.number] = bytes_of(array).copy()
    draws = [e.function.generator for e in variant.captured.program.entries if isinstance(e.function, Draw)]
    states = [(g.numpy.bit_generator, g.numpy.bit_generator.state) for g in draws]
    try:
        run(variant.captured.program.entries, buffers)
    except DisagreementError:
        return None
    finally:
        for generator, state in states:
            generator.state = state
    return buffers


def arrays_of(value: Any) -> list[np.ndarray]:
    """The arrays among arguments, in order."""
    found: list[np.ndarray] = []
    each(value, lambda v: found.append(array_of(v)) if hasattr(v, "shape") and hasattr(v, "dtype") else None)
    return found


def _largest(array: np.ndarray) -> float:
    """The largest finite number in absolute value, of floats."""
    return float(np.abs(array[np.isfinite(array)]).max(initial=0.0)) if array.dtype.kind == "f" else 0.0


def _compare(entry: Entry, ref: Ref, wanted: np.ndarray, found: np.ndarray, largest: float) -> None:
    known = np.isfinite(wanted)
    size = _largest(wanted)
    # Where large numbers cancel, as in a bias before a normalisation, what is left is their rounding.
    most = max(_TOLERANCE.get(wanted.dtype.char, 1e-4) * size, float(np.finfo(wanted.dtype).eps) * largest, 1e-34)
    with np.errstate(all="ignore"):
        apart = float(np.abs(wanted[known] - found[known]).max(initial=0.0))
    odd = not np.array_equal(wanted[~known], found[~known], equal_nan=True)
    if not apart <= most or odd:
        line = f"\n  {entry.line[0]}, line {entry.line[1]}" if entry.line else ""
        raise CompileError(
            f"the compiled step differs from the interpreter: {title_of(entry) or 'the step'}: {entry.name()} into {ref!r}, "
            f"by {apart:.3g} where the largest number is {size:.3g}{line}"
        )


__all__ = ["called", "checked", "interpreted"]
