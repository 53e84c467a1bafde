"""What NumPy's functions of shape, joining and indexing mean for tensors, where their signatures differ from ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from . import counting, joining, ordering, picking, recording, shaping, splitting
from .adapting import ADAPTED, adapts
from .errors import ShapeError, describe
from .graph import make
from .ops import comparison
from .recording import recorded


def plain(value: Any) -> Any:
    """The value with every tensor in it, at any depth of lists and tuples, replaced by its array."""
    if isinstance(value, recording.Tensor):
        return value.array
    if isinstance(value, list | tuple):
        return type(value)([plain(v) for v in value])
    return value


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """A question about arrays, asked of tensors: the answer is NumPy's."""

    @wraps(function)
    def ask(*args: Any, **kwargs: Any) -> Any:
        return function(*plain(args), **{key: plain(value) for key, value in kwargs.items()})

    return ask


_QUESTIONS: tuple[Callable[..., Any], ...] = (
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory,
    np.shares_memory, np.array_equal, np.array_equiv, np.allclose, np.array2string, np.array_repr, np.array_str,
    np.min_scalar_type, np.common_type,
)  # fmt: skip
for _question in _QUESTIONS:
    ADAPTED.setdefault(_question, _told(_question))


def _made(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result has no gradient: a tensor of NumPy's."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return make(function(*plain(args), **{key: plain(value) for key, value in kwargs.items()}))

    return call


def _indices(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose results (one, or a tuple) have no gradient: tensors of NumPy's."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        found = function(*plain(args), **{key: plain(value) for key, value in kwargs.items()})
        return tuple([make(part) for part in found]) if isinstance(found, tuple) else make(found)

    return call


_LIKE: tuple[Callable[..., Any], ...] = (np.zeros_like, np.ones_like, np.full_like, np.empty_like)
for _maker in _LIKE:
    ADAPTED.setdefault(_maker, _made(_maker))


# ------------------------------------------------------------------------------------------------------------------ shape
@adapts(np.reshape)
def _reshape(a: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    if order not in ("C", "A", "K"):
        raise NotImplementedError(f"np.reshape of a tensor with order={order!r}: transpose before and after instead")
    return shaping.reshape(a, shape)


@adapts(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    return shaping.ravel(a)


@adapts(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return shaping.expand(array, shape)


@adapts(np.broadcast_arrays)
def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    return shaping.broadcast_tensors(*args)


@adapts(np.expand_dims)
def _expand_dims(a: Any, axis: Any) -> Any:
    return shaping.unsqueeze(a, axis)


@adapts(np.squeeze)
def _squeeze(a: Any, axis: Any = None) -> Any:
    if axis is not None:
        for dim in axis if isinstance(axis, tuple | list) else (axis,):
            if a.shape[dim] != 1:
                raise ShapeError(f"squeeze: cannot squeeze out an axis whose length is not one: {describe(a)}, {axis=}")
    return shaping.squeeze(a, axis)


@adapts(np.transpose)
def _transpose(a: Any, axes: Any = None) -> Any:
    return shaping.permute(a, axes)


@adapts(np.swapaxes)
def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return shaping.transpose(a, axis1, axis2)


@adapts(np.moveaxis)
def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    return shaping.movedim(a, source, destination)


@adapts(np.flip)
def _flip(m: Any, axis: Any = None) -> Any:
    return shaping.flip(m, axis)


@adapts(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    return shaping.roll(a, shift, axis)


@adapts(np.copy)
def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return shaping.clone(a)


def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return shaping.astype(x, dtype)


if hasattr(np, "astype"):  # since NumPy 2.1
    adapts(np.astype)(_astype)


@adapts(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    axis, start = axis % a.ndim, start + a.ndim if start < 0 else start
    return shaping.movedim(a, axis, start - 1 if start > axis else start)


@adapts(np.rot90)
def _rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return shaping.rot90(m, k, axes)


@adapts(np.fliplr)
def _fliplr(m: Any) -> Any:
    return shaping.fliplr(m)


@adapts(np.flipud)
def _flipud(m: Any) -> Any:
    return shaping.flipud(m)


@adapts(np.tile)
def _tile(A: Any, reps: Any) -> Any:
    return shaping.tile(A, reps)


@adapts(np.repeat)
def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return shaping.repeat_interleave(a, repeats, axis)


@adapts(np.resize)
def _resize(a: Any, new_shape: Any) -> Any:
    size = int(np.prod(new_shape, dtype=int))
    return shaping.reshape(picking.take(a, np.arange(size) % max(np.size(plain(a)), 1)), new_shape)


@adapts(np.pad)
def _pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0, **more: Any) -> Any:
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap") or more or np.ndim(constant_values):
        raise NotImplementedError(
            f"np.pad of a tensor with mode={mode!r}, {more or constant_values}: "
            f"constant (one number), edge, reflect, symmetric and wrap are differentiated"
        )
    return shaping.pad(array, pad_width, mode, constant_values)


@adapts(np.diagonal)
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return shaping.diagonal(a, offset, axis1, axis2)


@adapts(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    return shaping.diag(v, k)


@adapts(np.diagflat)
def _diagflat(v: Any, k: int = 0) -> Any:
    return shaping.diagflat(v, k)


@adapts(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    return shaping.trace(a, offset, axis1, axis2)


@adapts(np.tril)
def _tril(m: Any, k: int = 0) -> Any:
    return shaping.tril(m, k)


@adapts(np.triu)
def _triu(m: Any, k: int = 0) -> Any:
    return shaping.triu(m, k)


@adapts(np.meshgrid)
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if sparse:
        raise NotImplementedError("np.meshgrid of tensors with sparse=True")
    return joining.meshgrid(*xi, indexing=indexing)


@adapts(np.lib.stride_tricks.sliding_window_view)
def _windows(x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False) -> Any:
    sizes = window_shape if isinstance(window_shape, list | tuple) else (window_shape,)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, list | tuple) else (axis,)
    rank = x.ndim
    for size, dim in zip(sizes, axes, strict=True):
        x = shaping.unfold(x, dim % rank, size, 1)
    return x


_SAME: dict[Any, Callable[..., Any]] = {
    np.atleast_1d: joining.atleast_1d, np.atleast_2d: joining.atleast_2d, np.atleast_3d: joining.atleast_3d,
    np.array_split: splitting.array_split, np.hsplit: splitting.hsplit, np.vsplit: splitting.vsplit, np.dsplit: splitting.dsplit,
    np.block: joining.block, np.column_stack: joining.column_stack,
}  # fmt: skip
ADAPTED.update(_SAME)
if hasattr(np, "unstack"):  # since NumPy 2.1
    adapts(np.unstack)(lambda x, /, *, axis=0: splitting.unbind(x, axis))


@adapts(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return splitting._even_split(ary, plain(indices_or_sections), axis % ary.ndim, "split")


@adapts(np.hstack)
def _hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return joining.hstack(tup)


@adapts(np.vstack)
def _vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return joining.vstack(tup)


@adapts(np.dstack)
def _dstack(tup: Any) -> Any:
    return joining.dstack(tup)


# ---------------------------------------------------------------------------------------------------------------- joining
@adapts(np.concatenate)
def _concatenate(arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    joined = joining.cat(arrays, axis)
    return joined if dtype is None else shaping.astype(joined, dtype)


@adapts(np.stack)
def _stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    stacked = joining.stack(arrays, axis)
    return stacked if dtype is None else shaping.astype(stacked, dtype)


# --------------------------------------------------------------------------------------------------------------- indexing
@adapts(np.where)
def _where(condition: Any, /, *choices: Any) -> Any:
    if not choices:
        return tuple([make(places) for places in np.nonzero(plain(condition))])
    return recorded(comparison.where)(condition, *choices)


@adapts(np.take)
def _take(a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise") -> Any:
    places = np.asarray(plain(indices))
    if mode != "raise":
        n = np.size(plain(a)) if axis is None else a.shape[axis]
        places = places % n if mode == "wrap" else np.clip(places, 0, n - 1)
    if axis is None:
        return picking.take(a, places)
    return picking.getitem(a, (*(slice(None),) * (axis % a.ndim), places))


@adapts(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    return picking.take_along_dim(arr, indices, axis)


@adapts(np.put_along_axis)
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None = -1) -> None:
    if axis is None:
        raise NotImplementedError("np.put_along_axis of a tensor with axis=None: write through .view(-1)")
    arr[...] = picking.put_along_axis(arr, indices, values, axis)


@adapts(np.put)
def _put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    places, size = np.asarray(plain(ind)).ravel(), np.size(plain(a))
    if mode != "raise":
        places = places % size if mode == "wrap" else np.clip(places, 0, size - 1)
    values = shaping._tensor(v if hasattr(v, "array") else np.asarray(v))
    if places.size:  # what is written is repeated, or cut, to as many as there are places
        a.put_(places, picking.take(values, np.arange(places.size) % values.array.size).to(a.dtype))


@adapts(np.compress)
def _compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Any:
    return picking.compress(condition, a, axis)


@adapts(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return picking.take(arr, np.flatnonzero(plain(condition)))


@adapts(np.choose)
def _choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    return picking.choose(a, choices)


@adapts(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = recorded(comparison.where)(condition, choice, result)
    return result


@adapts(np.delete)
def _delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    if axis is None:
        arr, axis = shaping.ravel(arr), 0
    return picking.index_select(arr, axis, np.delete(np.arange(arr.shape[axis]), plain(obj)))


@adapts(np.append)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return joining.cat([arr, values], axis)


@adapts(np.nonzero)
def _nonzero(a: Any) -> Any:
    return counting.nonzero(a, as_tuple=True)


_WITHOUT_GRADIENT: tuple[Callable[..., Any], ...] = (
    np.argwhere, np.flatnonzero, np.searchsorted, np.bincount, np.isin, np.digitize, np.lexsort, np.argpartition,
    np.unravel_index, np.ravel_multi_index, np.tril_indices_from, np.triu_indices_from, np.diag_indices_from,
    np.unique, np.histogram, np.histogram_bin_edges,
)  # fmt: skip
for _counts in _WITHOUT_GRADIENT:
    ADAPTED.setdefault(_counts, _indices(_counts))


@adapts(np.histogramdd)
def _histogramdd(sample: Any, *args: Any, **kwargs: Any) -> Any:
    counts, edges = np.histogramdd(plain(sample), *plain(args), **{key: plain(value) for key, value in kwargs.items()})
    return make(counts), tuple([make(e) for e in edges])


adapts(np.histogram2d)(_indices(np.histogram2d))


# ---------------------------------------------------------------------------------------------------------------- sorting
@adapts(np.sort)
def _sort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    return ordering.sort(shaping.ravel(a)).values if axis is None else ordering.sort(a, axis).values


@adapts(np.argsort)
def _argsort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    return ordering.argsort(shaping.ravel(a)) if axis is None else ordering.argsort(a, axis)


@adapts(np.partition)
def _partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    return ordering.partition(shaping.ravel(a), kth) if axis is None else ordering.partition(a, kth, axis)


def _unweighted(weights: Any) -> None:
    if weights is not None:
        raise NotImplementedError("quantiles of a tensor with weights")


def _quantiles(scale: float, ignore_nan: bool) -> Callable[..., Any]:
    function = ordering.nanquantile if ignore_nan else ordering.quantile

    def call(
        a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
        keepdims: Any = False, *, weights: Any = None, interpolation: str | None = None,
    ) -> Any:  # fmt: skip
        _unweighted(weights)
        fractions = np.asarray(plain(q), np.float64) / scale
        return function(a, fractions, axis, keepdims is not np._NoValue and keepdims, interpolation=interpolation or method)

    return call


adapts(np.quantile)(_quantiles(1, False))
adapts(np.nanquantile)(_quantiles(1, True))
adapts(np.percentile)(_quantiles(100, False))
adapts(np.nanpercentile)(_quantiles(100, True))


@adapts(np.median)
def _median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    return ordering.quantile(a, 0.5, axis, keepdims is not np._NoValue and keepdims)


@adapts(np.nanmedian)
def _nanmedian(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    return ordering.nanquantile(a, 0.5, axis, keepdims is not np._NoValue and keepdims)
