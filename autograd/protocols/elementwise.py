"""What NumPy's functions that work element by element mean for tensors, where the signatures differ."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import graph
from ..functions import elementwise, special
from .arguments import ABSENT, only
from .table import adapts


@adapts(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Any:
    only("clip", out=out)
    low, high = a_min if min is None else min, a_max if max is None else max
    return elementwise.positive(a) if low is None and high is None else elementwise.clamp(a, low, high)


@adapts(np.round, np.around)
def _round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    only("round", out=out)
    return elementwise.round(a, decimals=decimals)


@adapts(np.where)
def _where(condition: Any, x: Any = ABSENT, y: Any = ABSENT, /) -> Any:
    if x is ABSENT:
        return tuple([graph.make(index) for index in np.nonzero(getattr(condition, "array", condition))])
    return elementwise.where(condition, x, y)


@adapts(np.nan_to_num)
def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    return elementwise.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@adapts(np.angle)
def _angle(z: Any, deg: bool = False) -> Any:
    return elementwise.rad2deg(elementwise.angle(z)) if deg else elementwise.angle(z)


@adapts(np.fix)
def _fix(x: Any, out: Any = None) -> Any:
    only("fix", out=out)
    return elementwise.trunc(x)


@adapts(np.isposinf)
def _isposinf(x: Any, out: Any = None) -> Any:
    return elementwise.isposinf(x)


@adapts(np.isneginf)
def _isneginf(x: Any, out: Any = None) -> Any:
    return elementwise.isneginf(x)


@adapts(np.iscomplex)
def _iscomplex(x: Any) -> Any:
    return elementwise.logical_not(elementwise.isreal(x))


@adapts(np.sinc)
def _sinc(x: Any) -> Any:
    return special.sinc(x)


@adapts(np.i0)
def _i0(x: Any) -> Any:
    return special.i0(x)


@adapts(np.divmod)
def _divmod(a: Any, b: Any) -> Any:
    return elementwise.divmod(a, b)


adapts(np.degrees)(elementwise.rad2deg)
adapts(np.radians)(elementwise.deg2rad)
