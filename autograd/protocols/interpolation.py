"""Adapters for NumPy's functions of given curves, called with tensors: ``interp``, ``polyval``, and a function along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..functions import elementwise, indexing, join, shape
from .arguments import array_like, as_tensor, plain
from .table import adapts


@adapts(np.interp)
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    x, xp, fp = as_tensor(x), as_tensor(xp), as_tensor(fp)
    if xp.ndim != 1 or fp.shape != xp.shape:
        raise ValueError("np.interp: xp and fp must be 1-D sequences of the same length")
    if not xp.numel():
        raise ValueError("np.interp: array of sample points is empty")
    if period is not None:
        if not period:
            raise ValueError("np.interp: period must be a non-zero value")
        period = abs(period)
        left = right = None
        x, xp = elementwise.remainder(x, period), elementwise.remainder(xp, period)
        order = np.argsort(plain(xp))
        xp, fp = xp[order], fp[order]
        xp = join.cat([xp[-1:] - period, xp, xp[:1] + period])
        fp = join.cat([fp[-1:], fp, fp[:1]])
    first, last = plain(xp)[0], plain(xp)[-1]
    low = np.clip(np.searchsorted(plain(xp), plain(x), side="right") - 1, 0, max(xp.numel() - 2, 0))
    high = np.minimum(low + 1, xp.numel() - 1)
    below, above = (indexing.getitem(fp, places) for places in (low, high))
    start, end = (indexing.getitem(xp, places) for places in (low, high))
    width = elementwise.where(np.asarray(plain(end) == plain(start)), 1.0, end - start)
    inside = below + (above - below) * ((x - start) / width)
    # Outside of the points the curve is constant, so the gradient of x is 0 there.
    result = elementwise.where(plain(x) < first, fp[0] if left is None else array_like(left), inside)
    return elementwise.where(plain(x) > last, fp[-1] if right is None else array_like(right), result)


@adapts(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    p, x = as_tensor(p), as_tensor(x)
    value = x * 0
    for coefficient in p:  # Horner's scheme: ((p0 x + p1) x + p2) ...
        value = value * x + coefficient
    return value


@adapts(np.apply_along_axis)
def _apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    arr = shape.movedim(as_tensor(arr), axis, -1)
    if not arr.numel():
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    outer = arr.shape[:-1]
    results = [as_tensor(func1d(arr[index], *args, **kwargs)) for index in np.ndindex(*outer)]
    inner = results[0].shape
    stacked = shape.reshape(join.stack(results), (*outer, *inner))
    # The dimensions of one result replace the dimension along which the function was applied.
    dims = range(len(outer), stacked.ndim)
    return shape.movedim(stacked, tuple(dims), tuple(axis % (len(outer) + 1) + i for i in range(len(inner))))


@adapts(np.apply_over_axes)
def _apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    value = as_tensor(a)
    for axis in np.atleast_1d(axes).tolist():
        reduced = func(value, axis)
        value = reduced if reduced.ndim == value.ndim else shape.unsqueeze(reduced, axis)
    return value
