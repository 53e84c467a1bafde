"""Indices into batches: the index of one example becomes an index into the stack."""

from __future__ import annotations

from typing import Any

import numpy as np

from .stand_in import Batched, BatchError, Level, innermost, mapped, ways


def getitem(x: Batched, index: Any) -> Any:
    """``x[index]`` for each example."""
    parts = _parts(index)
    level = innermost((x, *parts))
    assert level is not None
    if x.level is not level:  # an index for each example, into a value that all share
        value: Any = x
        return _gather(value, parts, level, shared=True)
    if any(isinstance(p, Batched) and p.level is level for p in parts):
        return _gather(x.value, parts, level, shared=False)
    result = x.value[(slice(None), *parts)]
    first = advanced_first(parts)
    if first is not None:
        result = np.moveaxis(result, first, 0)
    selected = isinstance(result, np.ndarray) and not np.may_share_memory(result, x.value)
    return Batched(_row_by_row(result) if selected else result, level)


def shared_getitem(array: Any, index: Any) -> Any:
    """``array[index]`` for an array that all examples share and an index for each."""
    parts = _parts(index)
    level = innermost(tuple(parts))
    assert level is not None
    return _gather(array, parts, level, shared=True)


def setitem(x: Batched, index: Any, value: Any) -> None:
    """``x[index] = value`` for each example."""
    parts = _parts(index)
    level = innermost((x, value, *parts))
    if x.level is not level:
        raise BatchError(f"vmap: a value for each example does not go into {x!r}, which has none for each")
    if any(isinstance(p, Batched) and p.level is level for p in parts):
        rank = max([np.ndim(p) for p in parts if not isinstance(p, slice) and p is not None and p is not Ellipsis])
        if any(isinstance(p, slice) or p is None or p is Ellipsis for p in parts[:-1]):
            raise BatchError("vmap: an index for each example behind a slice cannot be written to")
        where: tuple[Any, ...] = (_numbers(level, rank), *[_stack_of(p, rank, level) for p in parts])
        region = x.value[where].ndim - 1
    else:
        if advanced_first(parts) is not None:
            raise BatchError("vmap: index arrays with a slice between them cannot be written to")
        where = (slice(None), *parts)
        region = x.value[where].ndim - 1
    if isinstance(value, Batched) and value.level is level:
        value = value.value.reshape(value.value.shape[0], *(1,) * max(0, region - value.ndim), *value.shape)
    x.value[where] = value


def _parts(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _stack_of(part: Any, rank: int, level: Level) -> Any:
    """An index array that broadcasts with others of this rank, the batch in front."""
    if isinstance(part, Batched) and part.level is level:
        if part.value.dtype.kind == "b":
            raise BatchError("vmap: a mask for each example selects a different number of elements from each: use where()")
        return part.value.reshape(part.value.shape[0], *(1,) * (rank - part.ndim), *part.shape)
    return part


def _numbers(level: Level, rank: int) -> np.ndarray:
    return np.arange(level.size).reshape(-1, *(1,) * rank)


def _gather(array: Any, parts: tuple[Any, ...], level: Level, shared: bool) -> Batched:
    """Elements by an index for each example, from one array (shared) or from a stack."""
    arrays = [p for p in parts if not (isinstance(p, slice) or p is None or p is Ellipsis)]
    if any(not isinstance(p, Batched) and np.asarray(p).dtype.kind == "b" for p in arrays):
        raise BatchError("vmap: a mask beside an index for each example")
    rank = max(np.ndim(p) for p in arrays)
    where = tuple([p if isinstance(p, slice) or p is None or p is Ellipsis else _stack_of(p, rank, level) for p in parts])
    spots = [i for i, p in enumerate(parts) if not (isinstance(p, slice) or p is None or p is Ellipsis)]
    if not shared:
        where = (_numbers(level, rank), *where)
    result = array[where]
    together = spots == list(range(spots[0], spots[-1] + 1))
    if shared and together:
        # NumPy puts the axes of adjacent index arrays where the first of them stands.
        before = _axes_before(parts, spots[0], np.ndim(array))
        return Batched(_row_by_row(np.moveaxis(result, before, 0)), level)
    if together and spots[0] > 0:
        # The batch's index is not next to the others, so NumPy has put the axes of all of them in front.
        before = _axes_before(parts, spots[0], np.ndim(array) - 1)
        order = list(range(1 + rank, 1 + rank + before)) + list(range(1, 1 + rank))
        rest = [i for i in range(1, result.ndim) if i not in order]
        result = np.transpose(result, (0, *order, *rest))
    return Batched(_row_by_row(result), level)


def _row_by_row(array: Any) -> Any:
    """What an index array selects, in the layout in which it selects from one example."""
    return np.ascontiguousarray(array) if isinstance(array, np.ndarray) else array


def _axes_before(parts: tuple[Any, ...], spot: int, ndim: int) -> int:
    """How many axes of the result the parts of an index before a spot make."""
    taken = sum(1 for p in parts if p is not None and p is not Ellipsis)
    return sum(ndim - taken if p is Ellipsis else 1 for p in parts[:spot])


def advanced_first(parts: tuple[Any, ...]) -> int | None:
    """Where the batch's axis ends up, if NumPy puts the axes of index arrays first: behind these. None if it stays in front."""
    kinds = [None if isinstance(p, slice) or p is None or p is Ellipsis else p for p in parts]
    if not any(p is not None and np.ndim(p) for p in kinds):
        return None  # integers alone are no index arrays
    spots = [i for i, p in enumerate(kinds) if p is not None]
    if spots == list(range(spots[0], spots[-1] + 1)):
        return None
    arrays = mapped([p for p in kinds if p is not None], np.asarray)
    shapes = [a.shape if a.dtype.kind != "b" else (np.count_nonzero(a),) for a in arrays]
    return len(np.broadcast_shapes(*shapes))


ways.getitem, ways.setitem = getitem, setitem
