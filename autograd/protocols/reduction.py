"""What NumPy's reductions mean for tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..functions import elementwise, reduction, shape, statistics
from .arguments import ABSENT, kept_dims, only
from .table import adapts


def _reduces(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = ABSENT,
        initial: Any = ABSENT,
        where: Any = ABSENT,
    ) -> Any:
        only(numpys.__name__, out=out, initial=initial, where=where)
        return function(a, dim=axis, keepdim=kept_dims(keepdims), **({} if dtype is None else {"dtype": dtype}))


_reduces(np.sum, reduction.sum)
_reduces(np.prod, reduction.prod)
_reduces(np.nansum, statistics.nansum)
_reduces(np.nanprod, statistics.nanprod)


@adapts(np.mean)
def _mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = ABSENT, *, where: Any = ABSENT) -> Any:
    only("mean", out=out, where=where)
    a = elementwise.mul(a, 1.0) if a.dtype.kind in "iub" and dtype is None else a
    return reduction.mean(a, dim=axis, keepdim=kept_dims(keepdims), dtype=dtype)


@adapts(np.nanmean)
def _nanmean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = ABSENT, *, where: Any = ABSENT) -> Any:
    only("nanmean", out=out, where=where)
    return statistics.nanmean(a, axis, kept_dims(keepdims), dtype=dtype)


def _extremes(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, out: Any = None, keepdims: Any = ABSENT, initial: Any = ABSENT, where: Any = ABSENT) -> Any:
        only(numpys.__name__, out=out, initial=initial, where=where)
        return function(a, dim=axis, keepdim=kept_dims(keepdims))


_extremes(np.max, reduction.amax)
_extremes(np.min, reduction.amin)
_extremes(np.nanmax, statistics.nanmax)
_extremes(np.nanmin, statistics.nanmin)


def _places(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = ABSENT, where: Any = ABSENT) -> Any:
        only(numpys.__name__, out=out, where=where)
        return function(a, dim=axis, keepdim=kept_dims(keepdims))


_places(np.argmax, reduction.argmax)
_places(np.argmin, reduction.argmin)


def _asks(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, out: Any = None, keepdims: Any = ABSENT, *, where: Any = ABSENT) -> Any:
        only(numpys.__name__, out=out, where=where)
        return function(a, dim=axis, keepdim=kept_dims(keepdims))


_asks(np.all, reduction.all)
_asks(np.any, reduction.any)
_asks(np.ptp, reduction.ptp)


@adapts(np.count_nonzero)
def _count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return reduction.count_nonzero(a, dim=axis, keepdim=keepdims)


def _moments(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(
        a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = ABSENT, *,
        where: Any = ABSENT, mean: Any = ABSENT, correction: Any = ABSENT,
    ) -> Any:  # fmt: skip
        only(numpys.__name__, out=out, where=where, mean=mean)
        a = elementwise.mul(a, 1.0) if a.dtype.kind in "iub" and dtype is None else a if dtype is None else shape.astype(a, dtype)
        return function(a, dim=axis, correction=ddof if correction is ABSENT else correction, keepdim=kept_dims(keepdims))


_moments(np.var, reduction.var)
_moments(np.std, reduction.std)
_moments(np.nanvar, statistics.nanvar)
_moments(np.nanstd, statistics.nanstd)


@adapts(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = ABSENT) -> Any:
    if returned:
        raise NotImplementedError("np.average of a tensor with returned=True is not supported: sum the weights yourself")
    return reduction.average(a, axis, weights, kept_dims(keepdims))
