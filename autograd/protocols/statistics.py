"""Adapters for NumPy's running sums, differences, integrals and covariances, called with tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..functions import elementwise, join, reduction, shape, statistics
from .arguments import ABSENT, array_like, as_tensor, is_given, plain
from .table import adapts


def _scans(numpys: Callable[..., Any], function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, dtype: Any = None) -> Any:
        a = as_tensor(a)
        if axis is None:
            a, axis = shape.ravel(a), 0
        return function(a if dtype is None else shape.astype(a, dtype), axis)


_scans(np.cumsum, reduction.cumsum)
_scans(np.cumprod, reduction.cumprod)
_scans(np.nancumsum, statistics.nancumsum)
_scans(np.nancumprod, statistics.nancumprod)


@adapts(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = ABSENT, append: Any = ABSENT) -> Any:
    before, after = [array_like(end) if is_given(end) else None for end in (prepend, append)]
    return statistics.diff(as_tensor(a), n, axis, before, after)


@adapts(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    parts = [to_begin, statistics.diff(shape.ravel(as_tensor(ary))), to_end]
    return join.cat([shape.ravel(as_tensor(part)) for part in parts if part is not None])


@adapts(np.unwrap)
def _unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * np.pi) -> Any:
    # Multiples of the period are added: constants, so the derivative is 1.
    p = as_tensor(p)
    turns = np.unwrap(plain(p), discont, axis, period=period)
    return elementwise.plus(p, turns - plain(p))


@adapts(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    return statistics.trapezoid(as_tensor(y), array_like(x), dx=array_like(dx), dim=axis)


@adapts(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    slopes = statistics.slopes(as_tensor(f), [array_like(spacing) for spacing in varargs], axis, edge_order)
    return slopes if len(slopes) > 1 else slopes[0]


@adapts(np.cov)
def _cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    m = _rows(m, y, rowvar, dtype)
    correction = (0 if bias else 1) if ddof is None else ddof
    return statistics.cov(m, correction=correction, fweights=plain(array_like(fweights)), aweights=array_like(aweights))


@adapts(np.corrcoef)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    return statistics.corrcoef(_rows(x, y, rowvar, dtype))


def _rows(m: Any, y: Any, rowvar: bool, dtype: Any) -> Any:
    """The variables as rows, those of y under those of m, in a floating dtype."""
    given = [as_tensor(value) for value in (m, y) if value is not None]
    given = [value.T if not rowvar and value.ndim == 2 else value for value in given]
    if len(given) > 1:
        given = [join.cat([shape.reshape(value, (1, -1)) if value.ndim < 2 else value for value in given])]
    wide = np.result_type(given[0].dtype, np.float64) if dtype is None else dtype
    return shape.astype(given[0], wide)
