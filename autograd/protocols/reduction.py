"""Adapters for NumPy's reductions, called with tensors: sums, means, extremes, variances, with ``axis``, ``where``, ``initial``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..functions import elementwise, reduction, shape, statistics
from .arguments import ABSENT, array_like, as_tensor, is_given, plain
from .table import Function, adapts

Reduce = Callable[..., Any]


def keeps_dims(keepdims: Any) -> bool:
    """Whether reduced dimensions stay, with length 1."""
    return is_given(keepdims) and bool(keepdims)


def along(a: Any, axis: Any, keepdims: Any) -> tuple[Any, Any, bool]:
    """The tensor, dimensions and ``keepdim`` to reduce with. ``axis=()`` reduces nothing: here, a new dimension of length 1."""
    if isinstance(axis, tuple | list) and not axis:
        return shape.unsqueeze(a, -1), -1, False
    return a, axis, keeps_dims(keepdims)


def masked(a: Any, where: Any, filler: Any) -> Any:
    """The tensor with a filler where the mask does not hold."""
    if not is_given(where) or where is True:
        return a
    return elementwise.where(plain(where), a, a.dtype.type(filler))


def floating(a: Any, dtype: Any = None) -> Any:
    """The tensor in this dtype; without one, integers and booleans in float64."""
    if dtype is None:
        dtype = np.float64 if a.dtype.kind in "iub" else a.dtype
    return shape.astype(a, dtype)


# ------------------------------------------------------------------------------------------------------- sums and products


def _sums(numpys: Function, reduce: Reduce, identity: int, combine: Reduce) -> None:
    @adapts(numpys)
    def call(
        a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = ABSENT, initial: Any = ABSENT, where: Any = ABSENT
    ) -> Any:
        a = as_tensor(a)
        a = masked(a if dtype is None else shape.astype(a, dtype), where, identity)
        a, dim, keepdim = along(a, axis, keepdims)
        result = reduce(a, dim=dim, keepdim=keepdim)
        return combine(result, result.dtype.type(initial)) if is_given(initial) else result


_sums(np.sum, reduction.sum, 0, elementwise.plus)
_sums(np.prod, reduction.prod, 1, elementwise.mul)
_sums(np.nansum, statistics.sum_without_nan, 0, elementwise.plus)
_sums(np.nanprod, statistics.nanprod, 1, elementwise.mul)


# -------------------------------------------------------------------------------------------------------------------- means


def _means(numpys: Function, reduce: Reduce, there: Callable[[Any], Any]) -> None:
    """Register an adapter for a mean; ``there`` returns a mask of the elements that count."""

    @adapts(numpys)
    def call(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = ABSENT, *, where: Any = ABSENT) -> Any:
        a = floating(as_tensor(a), dtype)
        if not is_given(where):
            a, dim, keepdim = along(a, axis, keepdims)
            return reduce(a, dim=dim, keepdim=keepdim)
        mask = there(plain(a)) & plain(where)
        total, dim, keepdim = along(masked(a, mask, 0), axis, keepdims)
        return reduction.sum(total, dim=dim, keepdim=keepdim) / _counted(mask, axis, keepdims, a.dtype)


def _counted(mask: Any, axis: Any, keepdims: Any, dtype: Any) -> Any:
    """How many elements of the mask hold, in a floating dtype."""
    axis = tuple(axis) if isinstance(axis, list) else axis
    return np.asarray(np.sum(mask, axis=axis, keepdims=keeps_dims(keepdims))).astype(dtype)


def _everywhere(x: np.ndarray) -> np.ndarray:
    return np.ones(x.shape, np.bool_)


def _no_nan(x: np.ndarray) -> np.ndarray:
    return ~np.isnan(x)


_means(np.mean, reduction.mean, _everywhere)
_means(np.nanmean, statistics.nanmean, _no_nan)


@adapts(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = ABSENT) -> Any:
    a, weights = floating(as_tensor(a)), array_like(weights)
    if weights is None:
        weights = np.ones(a.shape, a.dtype)
    if isinstance(axis, tuple) and axis and weights.shape != a.shape:
        # Weights of the shape of the axes alone, in the order in which the call names these.
        dims = [d % a.ndim for d in axis]
        weights = as_tensor(weights).permute(np.argsort(dims).tolist())
        weights = shape.reshape(weights, [n if d in dims else 1 for d, n in enumerate(a.shape)])
        weights = shape.expand(weights, a.shape)
    if isinstance(axis, tuple | list) and not axis:
        a, weights, axis, keepdims = shape.unsqueeze(a, -1), as_tensor(weights)[..., None], -1, False
    result = reduction.average(a, axis, weights, keeps_dims(keepdims))
    if not returned:
        return result
    weights = as_tensor(weights)
    if weights.shape != a.shape:
        weights = shape.reshape(weights, [-1 if d == axis % a.ndim else 1 for d in range(a.ndim)])
    total = reduction.sum(shape.expand(weights, a.shape), dim=axis, keepdim=keeps_dims(keepdims))
    return result, shape.expand(shape.astype(total, result.dtype), result.shape)


# ----------------------------------------------------------------------------------------------------------------- extremes


def _extremes(numpys: tuple[Function, ...], reduce: Reduce, pair: Reduce) -> None:
    @adapts(*numpys)
    def call(a: Any, axis: Any = None, keepdims: Any = ABSENT, initial: Any = ABSENT, where: Any = ABSENT) -> Any:
        a = as_tensor(a)
        if is_given(where):
            if not is_given(initial):
                raise ValueError(f"np.{numpys[0].__name__} with where= has no value where the mask holds nowhere: give initial=")
            a = masked(a, where, initial)
        if is_given(initial) and not a.numel():
            return _filled(a, axis, keepdims, initial)
        a, dim, keepdim = along(a, axis, keepdims)
        result = reduce(a, dim=dim, keepdim=keepdim)
        return pair(result, result.dtype.type(initial)) if is_given(initial) else result


def _filled(a: Any, axis: Any, keepdims: Any, initial: Any) -> Any:
    """The extreme of an array without elements, which is ``initial``."""
    axis = tuple(axis) if isinstance(axis, list) else axis
    return as_tensor(np.max(a.array, axis=axis, keepdims=keeps_dims(keepdims), initial=initial))


_extremes((np.max, np.amax), reduction.amax, elementwise.maximum)
_extremes((np.min, np.amin), reduction.amin, elementwise.minimum)
_extremes((np.nanmax,), statistics.nanmax, elementwise.fmax)
_extremes((np.nanmin,), statistics.nanmin, elementwise.fmin)


def _places(numpys: Function, reduce: Reduce) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, *, keepdims: Any = ABSENT) -> Any:
        return reduce(as_tensor(a), dim=axis, keepdim=keeps_dims(keepdims))


_places(np.argmax, reduction.argmax)
_places(np.argmin, reduction.argmin)


@adapts(np.ptp)
def _ptp(a: Any, axis: Any = None, keepdims: Any = ABSENT) -> Any:
    a, dim, keepdim = along(as_tensor(a), axis, keepdims)
    return reduction.ptp(a, dim=dim, keepdim=keepdim)


# --------------------------------------------------------------------------------------------------------------- truth, counts


def _truths(numpys: Function, reduce: Reduce, identity: bool) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, keepdims: Any = ABSENT, *, where: Any = ABSENT) -> Any:
        a, dim, keepdim = along(masked(as_tensor(a), where, identity), axis, keepdims)
        return reduce(a, dim=dim, keepdim=keepdim).to(np.dtype(bool))


_truths(np.all, reduction.all, True)
_truths(np.any, reduction.any, False)


@adapts(np.count_nonzero)
def _count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    a, dim, keepdim = along(as_tensor(a), axis, keepdims)
    return reduction.count_nonzero(a, dim=dim, keepdim=keepdim)


# ------------------------------------------------------------------------------------------------------------------- spreads


def _spreads(numpys: Function, reduce: Reduce, there: Callable[[Any], Any], root: bool) -> None:
    """Register an adapter for a variance or (``root``) a standard deviation; ``there`` masks the elements that count."""

    @adapts(numpys)
    def call(
        a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = ABSENT, *,
        where: Any = ABSENT, mean: Any = ABSENT, correction: Any = ABSENT,
    ) -> Any:  # fmt: skip
        a = floating(as_tensor(a), dtype)
        if is_given(correction):
            if ddof:
                raise ValueError(f"np.{numpys.__name__}: ddof and correction mean the same: give one of them")
            ddof = correction
        if not is_given(where) and not is_given(mean):
            a, dim, keepdim = along(a, axis, keepdims)
            return reduce(a, dim=dim, correction=ddof, keepdim=keepdim)
        mask = there(plain(a)) & (plain(where) if is_given(where) else True)
        count = _counted(mask, axis, True, a.real.dtype)
        if not is_given(mean):
            total, dim, keepdim = along(masked(a, mask, 0), axis, True)
            mean = reduction.sum(total, dim=dim, keepdim=keepdim) / count
        off = elementwise.minus(masked(a, mask, 0), masked(shape.expand(as_tensor(mean), a.shape), mask, 0))
        squares, dim, keepdim = along(elementwise.square(elementwise.abs(off)), axis, keepdims)
        count = count if keeps_dims(keepdims) else count.reshape(_counted(mask, axis, False, count.dtype).shape)
        result = reduction.sum(squares, dim=dim, keepdim=keepdim) / np.maximum(count - ddof, 0)
        return _root(result) if root else result


def _root(variance: Any) -> Any:
    """The square root, whose derivative at 0 is 0 here, as that of ``std``."""
    flat = elementwise.eq(variance, 0)
    return elementwise.where(flat, variance, elementwise.sqrt(elementwise.where(flat, 1, variance)))


_spreads(np.var, reduction.var, _everywhere, root=False)
_spreads(np.std, reduction.std, _everywhere, root=True)
_spreads(np.nanvar, statistics.nanvar, _no_nan, root=False)
_spreads(np.nanstd, statistics.nanstd, _no_nan, root=True)
