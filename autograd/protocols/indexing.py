"""Adapters for NumPy's functions that pick elements, put them, or find them, called with tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.graph import make
from ..functions import elementwise, indexing, shape
from .arguments import array_like, as_tensor, constant, plain
from .table import adapts


def _places(index: Any, size: int, mode: str, name: str) -> np.ndarray:
    """An index of a dimension of this size. ``mode`` says whether indices outside of it are wrapped around, clipped or refused."""
    positions = np.asarray(plain(index))
    if mode == "raise":
        return positions
    if mode == "wrap":
        return positions % size
    if mode == "clip":
        return np.clip(positions, 0, size - 1)
    raise ValueError(f"np.{name}: mode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")


@adapts(np.take)
def _take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    a = as_tensor(a)
    if axis is None:
        return indexing.take(a, _places(indices, a.numel(), mode, "take"))
    return indexing.getitem(a, (*(slice(None),) * (axis % a.ndim), _places(indices, a.shape[axis], mode, "take")))


@adapts(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    return indexing.take_along_dim(as_tensor(arr), plain(indices), axis)


@adapts(np.put_along_axis)
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    if axis is None:
        arr = _flat(arr, "put_along_axis")
    arr[...] = indexing.put_along_axis(arr, plain(indices), array_like(values), axis or 0)


@adapts(np.put)
def _put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    positions = _places(ind, a.numel(), mode, "put").ravel()
    values = as_tensor(v)
    if positions.size:  # NumPy repeats the values, or cuts them, to the number of indices
        a.put_(positions, indexing.take(values, np.arange(positions.size) % values.numel()).to(a.dtype))


@adapts(np.putmask)
def _putmask(a: Any, /, mask: Any, values: Any) -> None:
    positions = np.flatnonzero(plain(mask))
    values = as_tensor(values)
    if positions.size:  # NumPy repeats the values over the whole array, not over the masked elements
        a.put_(positions, indexing.take(values, positions % values.numel()).to(a.dtype))


@adapts(np.place)
def _place(arr: Any, mask: Any, vals: Any) -> None:
    _put(arr, np.flatnonzero(plain(mask)), vals)


@adapts(np.copyto)
def _copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    src = array_like(src)
    if hasattr(src, "dtype") and not np.can_cast(src.dtype, dst.dtype, casting):
        raise TypeError(f"Cannot cast array data from {src.dtype} to {dst.dtype} according to the rule {casting!r}")
    src = shape.expand(shape.astype(as_tensor(src), dst.dtype), dst.shape)
    if where is True:
        dst[...] = src
    else:
        dst[...] = elementwise.where(plain(where), src, dst)


@adapts(np.fill_diagonal)
def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    mask = np.zeros(a.shape, np.bool_)
    np.fill_diagonal(mask, True, wrap)
    _put(a, np.flatnonzero(mask), val)


def _flat(a: Any, name: str) -> Any:
    if not a.is_contiguous():
        raise NotImplementedError(f"np.{name} of a tensor with axis=None that is not contiguous: give axis")
    return a.view(-1)


@adapts(np.compress)
def _compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    return indexing.compress(plain(condition), as_tensor(a), axis)


@adapts(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return indexing.take(as_tensor(arr), np.flatnonzero(plain(condition)))


@adapts(np.choose)
def _choose(a: Any, choices: Any, mode: str = "raise") -> Any:
    choices = [array_like(choice) for choice in choices]
    return indexing.choose(_places(a, len(choices), mode, "choose"), choices)


@adapts(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    result = array_like(default)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = elementwise.where(array_like(condition), array_like(choice), result)
    return result


@adapts(np.piecewise)
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    x = as_tensor(x)
    masks = [np.asarray(mask, bool) for mask in (plain(condlist) if isinstance(condlist, list | tuple) else [plain(condlist)])]
    if len(funclist) == len(masks) + 1:
        masks.append(~np.any(masks, axis=0))
    result = x * 0
    for mask, function in zip(masks, funclist, strict=True):
        part = x[mask]
        values = function(part, *args, **kw) if callable(function) else function
        result = indexing.index_put(result, (mask,), shape.expand(shape.astype(as_tensor(values), x.dtype), part.shape))
    return result


@adapts(np.delete)
def _delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    if axis is None:
        arr, axis = shape.ravel(arr), 0
    return indexing.index_select(arr, axis, np.delete(np.arange(arr.shape[axis]), plain(obj)))


@adapts(np.nonzero)
def _nonzero(a: Any) -> Any:
    return tuple([make(indices) for indices in np.nonzero(plain(a))])


# Their results are indices and booleans, which have no gradient.
_FINDERS: tuple[Callable[..., Any], ...] = (
    np.argwhere, np.flatnonzero, np.searchsorted, np.isin, np.lexsort, np.argpartition, np.unravel_index, np.ravel_multi_index,
    np.tril_indices_from, np.triu_indices_from, np.diag_indices_from, np.unique,
)  # fmt: skip
for _finder in _FINDERS:
    adapts(_finder)(constant(_finder))
