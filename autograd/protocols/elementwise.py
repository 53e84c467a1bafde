"""Adapters for NumPy's functions that work element by element, called with tensors, where the signatures differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.graph import make
from ..functions import elementwise, special
from .arguments import ABSENT, array_like, as_tensor, is_given, plain
from .table import adapts


@adapts(np.clip)
def _clip(a: Any, a_min: Any = ABSENT, a_max: Any = ABSENT, *, min: Any = ABSENT, max: Any = ABSENT) -> Any:
    if (is_given(a_min) or is_given(a_max)) and (is_given(min) or is_given(max)):
        raise ValueError("np.clip: min and a_min, max and a_max mean the same: pass one pair of them")
    if (a_min is ABSENT) != (a_max is ABSENT):
        raise TypeError("np.clip takes both a_min and a_max, None where there is no bound, or min= and max=")
    bounds = [value if is_given(value) else other for value, other in ((a_min, min), (a_max, max))]
    low, high = [array_like(bound) if is_given(bound) else None for bound in bounds]
    return elementwise.positive(a) if low is None and high is None else elementwise.clamp(as_tensor(a), low, high)


@adapts(np.round, np.around)
def _round(a: Any, decimals: int = 0) -> Any:
    return elementwise.round(a, decimals=decimals)


@adapts(np.where)
def _where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    if (x is None) != (y is None):
        raise ValueError("np.where takes the condition alone, or the condition and both choices")
    if x is None:
        return tuple([make(indices) for indices in np.nonzero(plain(condition))])
    return elementwise.where(array_like(condition), array_like(x), array_like(y))


@adapts(np.nan_to_num)
def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    result = elementwise.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
    return result if copy else x.copy_(result)


@adapts(np.angle)
def _angle(z: Any, deg: bool = False) -> Any:
    return elementwise.rad2deg(elementwise.angle(z)) if deg else elementwise.angle(z)


@adapts(np.iscomplex)
def _iscomplex(x: Any) -> Any:
    return elementwise.logical_not(elementwise.isreal(x))


@adapts(np.real_if_close)
def _real_if_close(a: Any, tol: float = 100) -> Any:
    if a.dtype.kind != "c":
        return a
    limit = tol if tol <= 1 else tol * np.finfo(a.dtype).eps
    return a.real if bool(np.all(np.abs(plain(a).imag) < limit)) else a


# The signatures of these differ in the names of their arguments at most.
_SAME: dict[Callable[..., Any], Callable[[Any], Any]] = {
    np.fix: elementwise.trunc, np.isposinf: elementwise.isposinf, np.isneginf: elementwise.isneginf, np.sinc: special.sinc,
    np.i0: special.i0, np.degrees: elementwise.rad2deg, np.radians: elementwise.deg2rad,
}  # fmt: skip
for _function, _meaning in _SAME.items():
    adapts(_function)(lambda x, _meaning=_meaning: _meaning(x))


@adapts(np.divmod)
def _divmod(x1: Any, x2: Any, /) -> Any:
    return elementwise.divmod(x1, x2)
