"""What NumPy's running sums, differences and covariances mean for tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine import graph
from ..functions import join, reduction, shape, statistics
from .arguments import ABSENT, only
from .table import adapts


def _scans(numpys: Any, function: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        only(numpys.__name__, out=out)
        if axis is None:
            a, axis = shape.ravel(a), 0
        return function(a, axis, **({} if dtype is None else {"dtype": dtype}))


_scans(np.cumsum, reduction.cumsum)
_scans(np.cumprod, reduction.cumprod)
_scans(np.nancumsum, statistics.nancumsum)
_scans(np.nancumprod, statistics.nancumprod)


@adapts(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = ABSENT, append: Any = ABSENT) -> Any:
    return statistics.diff(a, n, axis, None if prepend is ABSENT else prepend, None if append is ABSENT else append)


@adapts(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    parts = [to_begin, statistics.diff(shape.ravel(ary)), to_end]
    return join.cat([shape.ravel(graph.make(np.asarray(p)) if not hasattr(p, "node") else p) for p in parts if p is not None])


@adapts(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    return statistics.trapezoid(y, x, dx=dx, dim=axis)


@adapts(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    found = statistics.gradient(f, *varargs, dim=axis, edge_order=edge_order)
    return tuple(found) if isinstance(found, list) else found


@adapts(np.cov)
def _cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
    fweights: Any = None, aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    m = _rows(m, y, rowvar)
    correction = (0 if bias else 1) if ddof is None else ddof
    return statistics.cov(
        m if dtype is None else shape.astype(m, dtype), correction=correction, fweights=fweights, aweights=aweights
    )


@adapts(np.corrcoef)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, bias: Any = ABSENT, ddof: Any = ABSENT, *, dtype: Any = None) -> Any:
    x = _rows(x, y, rowvar)
    return statistics.corrcoef(x if dtype is None else shape.astype(x, dtype))


def _rows(m: Any, y: Any, rowvar: bool) -> Any:
    """The variables as rows, those of y under those of m."""
    given = [v if hasattr(v, "node") else graph.make(np.asarray(v)) for v in (m, y) if v is not None]
    given = [v.T if not rowvar and v.ndim == 2 else v for v in given]
    if len(given) == 1:
        return given[0]
    return join.cat([shape.reshape(v, (1, -1)) if v.ndim < 2 else v for v in given])
