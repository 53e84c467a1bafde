"""What NumPy's mathematical functions mean for tensors, where their signatures differ from ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import graph, joining, numerical, pointwise, reductions, shaping, special
from .adapting import adapts

_NONE = np._NoValue


def _only(name: str, **unsupported: Any) -> None:
    """Raise if an argument is given that tensors have no meaning for: ``out=``, ``where=``, ``initial=``."""
    for key, value in unsupported.items():
        if value is not None and value is not _NONE and value is not True:
            raise NotImplementedError(
                f"np.{name} of a tensor with {key}= is not supported: use where(...) before, or the in-place form after"
            )


def _keep(keepdims: Any) -> bool:
    return False if keepdims is _NONE or keepdims is None else bool(keepdims)


# ------------------------------------------------------------------------------------------------------------- reductions
def _reduces(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: Any = _NONE,
        initial: Any = _NONE,
        where: Any = _NONE,
    ) -> Any:
        _only(numpys.__name__, out=out, initial=initial, where=where)
        return function(a, dim=axis, keepdim=_keep(keepdims), **({} if dtype is None else {"dtype": dtype}))


_reduces(np.sum, reductions.sum)
_reduces(np.prod, reductions.prod)
_reduces(np.nansum, numerical.nansum)
_reduces(np.nanprod, numerical.nanprod)


@adapts(np.mean)
def _mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = _NONE, *, where: Any = _NONE) -> Any:
    _only("mean", out=out, where=where)
    a = pointwise.mul(a, 1.0) if a.dtype.kind in "iub" and dtype is None else a
    return reductions.mean(a, dim=axis, keepdim=_keep(keepdims), dtype=dtype)


@adapts(np.nanmean)
def _nanmean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = _NONE, *, where: Any = _NONE) -> Any:
    _only("nanmean", out=out, where=where)
    return numerical.nanmean(a, axis, _keep(keepdims), dtype=dtype)


def _extremes(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, out: Any = None, keepdims: Any = _NONE, initial: Any = _NONE, where: Any = _NONE) -> Any:
        _only(numpys.__name__, out=out, initial=initial, where=where)
        return function(a, dim=axis, keepdim=_keep(keepdims))


_extremes(np.max, reductions.amax)
_extremes(np.min, reductions.amin)
_extremes(np.nanmax, numerical.nanmax)
_extremes(np.nanmin, numerical.nanmin)


def _places(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = _NONE, where: Any = _NONE) -> Any:
        _only(numpys.__name__, out=out, where=where)
        return function(a, dim=axis, keepdim=_keep(keepdims))


_places(np.argmax, reductions.argmax)
_places(np.argmin, reductions.argmin)


def _asks(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, out: Any = None, keepdims: Any = _NONE, *, where: Any = _NONE) -> Any:
        _only(numpys.__name__, out=out, where=where)
        return function(a, dim=axis, keepdim=_keep(keepdims))


_asks(np.all, reductions.all)
_asks(np.any, reductions.any)
_asks(np.ptp, reductions.ptp)


@adapts(np.count_nonzero)
def _count_nonzero(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return reductions.count_nonzero(a, dim=axis, keepdim=keepdims)


def _moments(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(
        a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = _NONE, *,
        where: Any = _NONE, mean: Any = _NONE, correction: Any = _NONE,
    ) -> Any:  # fmt: skip
        _only(numpys.__name__, out=out, where=where, mean=mean)
        a = pointwise.mul(a, 1.0) if a.dtype.kind in "iub" and dtype is None else a if dtype is None else shaping.astype(a, dtype)
        return function(a, dim=axis, correction=ddof if correction is _NONE else correction, keepdim=_keep(keepdims))


_moments(np.var, reductions.var)
_moments(np.std, reductions.std)
_moments(np.nanvar, numerical.nanvar)
_moments(np.nanstd, numerical.nanstd)


@adapts(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = _NONE) -> Any:
    if returned:
        raise NotImplementedError("np.average of a tensor with returned=True is not supported: sum the weights yourself")
    return reductions.average(a, axis, weights, _keep(keepdims))


# ------------------------------------------------------------------------------------------------------------------- scans
def _scans(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        _only(numpys.__name__, out=out)
        if axis is None:
            a, axis = shaping.ravel(a), 0
        return function(a, axis, **({} if dtype is None else {"dtype": dtype}))


_scans(np.cumsum, reductions.cumsum)
_scans(np.cumprod, reductions.cumprod)
_scans(np.nancumsum, numerical.nancumsum)
_scans(np.nancumprod, numerical.nancumprod)


@adapts(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = _NONE, append: Any = _NONE) -> Any:
    return numerical.diff(a, n, axis, None if prepend is _NONE else prepend, None if append is _NONE else append)


@adapts(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    parts = [to_begin, numerical.diff(shaping.ravel(ary)), to_end]
    return joining.cat([shaping.ravel(graph.make(np.asarray(p)) if not hasattr(p, "node") else p) for p in parts if p is not None])


@adapts(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    return numerical.trapezoid(y, x, dx=dx, dim=axis)


@adapts(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    found = numerical.gradient(f, *varargs, dim=axis, edge_order=edge_order)
    return tuple(found) if isinstance(found, list) else found


@adapts(np.cov)
def _cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
    fweights: Any = None, aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    m = _rows(m, y, rowvar)
    correction = (0 if bias else 1) if ddof is None else ddof
    return numerical.cov(
        m if dtype is None else shaping.astype(m, dtype), correction=correction, fweights=fweights, aweights=aweights
    )


@adapts(np.corrcoef)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, bias: Any = _NONE, ddof: Any = _NONE, *, dtype: Any = None) -> Any:
    x = _rows(x, y, rowvar)
    return numerical.corrcoef(x if dtype is None else shaping.astype(x, dtype))


def _rows(m: Any, y: Any, rowvar: bool) -> Any:
    """The variables as rows, those of y under those of m."""
    given = [v if hasattr(v, "node") else graph.make(np.asarray(v)) for v in (m, y) if v is not None]
    given = [v.T if not rowvar and v.ndim == 2 else v for v in given]
    if len(given) == 1:
        return given[0]
    return joining.cat([shaping.reshape(v, (1, -1)) if v.ndim < 2 else v for v in given])


# ------------------------------------------------------------------------------------------------------- element by element
@adapts(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    _only("clip", out=out)
    low, high = a_min if min is None else min, a_max if max is None else max
    return pointwise.positive(a) if low is None and high is None else pointwise.clamp(a, low, high)


@adapts(np.round, np.around)
def _round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    _only("round", out=out)
    return pointwise.round(a, decimals=decimals)


@adapts(np.where)
def _where(condition: Any, x: Any = _NONE, y: Any = _NONE, /) -> Any:
    if x is _NONE:
        return tuple([graph.make(index) for index in np.nonzero(getattr(condition, "array", condition))])
    return pointwise.where(condition, x, y)


@adapts(np.nan_to_num)
def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    return pointwise.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@adapts(np.angle)
def _angle(z: Any, deg: bool = False) -> Any:
    return pointwise.rad2deg(pointwise.angle(z)) if deg else pointwise.angle(z)


@adapts(np.fix)
def _fix(x: Any, out: Any = None) -> Any:
    _only("fix", out=out)
    return pointwise.trunc(x)


@adapts(np.isposinf)
def _isposinf(x: Any, out: Any = None) -> Any:
    return pointwise.isposinf(x)


@adapts(np.isneginf)
def _isneginf(x: Any, out: Any = None) -> Any:
    return pointwise.isneginf(x)


@adapts(np.iscomplex)
def _iscomplex(x: Any) -> Any:
    return pointwise.logical_not(pointwise.isreal(x))


@adapts(np.sinc)
def _sinc(x: Any) -> Any:
    return special.sinc(x)


@adapts(np.i0)
def _i0(x: Any) -> Any:
    return special.i0(x)


@adapts(np.divmod)
def _divmod(a: Any, b: Any) -> Any:
    return pointwise.divmod(a, b)


adapts(np.degrees)(pointwise.rad2deg)
adapts(np.radians)(pointwise.deg2rad)
