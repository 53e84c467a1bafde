"""Order: sorting, the k largest, the k-th, medians and quantiles. A gradient goes to the elements that were chosen."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import calls
from ..errors import RangeError, ShapeError
from .gather import ungather


def _order(x, dim, descending=False, stable=True):
    """The places that sort x; nan counts as the largest."""
    if not descending:
        return np.argsort(x, axis=dim, kind="stable" if stable else None)
    n = x.shape[dim]
    # The last of equals would come first: sort what is reversed, so that equals keep their order.
    return n - 1 - np.flip(np.argsort(np.flip(x, dim), axis=dim, kind="stable"), dim)


def _at_least_1d(x):
    return np.reshape(x, (1,)) if np.ndim(x) == 0 else x


def _sort(x, dim=-1, descending=False, stable=True):
    if np.ndim(x) == 0:
        return np.array(x), np.zeros((), np.intp)
    index = _order(x, dim, descending, stable)
    return np.take_along_axis(x, index, dim), index


def _chosen(g, y1, x_shape, dim):
    return np.reshape(g[0], x_shape) if not x_shape else ungather(g[0], dim=dim, index=y1, shape=x_shape)


def _chosen_one(g, y1, x_shape, dim, keepdim):
    index = getattr(y1, "array", y1)
    if not x_shape:
        return np.reshape(g[0], x_shape)
    g = g[0]
    if not keepdim:
        g, index = np.expand_dims(g, dim), np.expand_dims(index, dim)
    return ungather(g, dim=dim, index=index, shape=x_shape)


_ORDERED = calls(((5,),), ((3, 4), {"dim": 0}), ((3, 4), {"dim": -1, "descending": True}), ((),), ((0, 2), {"dim": 0}),
                 Sample(np.array([1.0, 2.0, 1.0, 2.0]), descending=True, kink=True))
_TOO_FAR = Sample(np.ones((2, 3)), dim=2, raises=IndexError, match="out of (bounds|range)")

sort = op(
    "sort", _sort, x=_chosen, outputs=2, analytic=False, samples=_ORDERED, errors=lambda: [_TOO_FAR],
    formula={"y": "y[0] == sort(x, dim)", "x": "ungather(g[0], dim, y[1])"},
    doc="""
    The elements along a dimension in order, and where each came from. Equal elements keep their order; nan comes after all numbers.
    """,
)


def _topk(x, k, dim=-1, largest=True, sorted=True):
    n = x.shape[dim] if x.ndim else 1
    if not 0 <= k <= n:
        raise RangeError(f"selected index k out of range: k={k}, and the dimension has {n} elements")
    y, index = _sort(x, dim, descending=largest)
    if x.ndim:
        part = (slice(None),) * (dim % x.ndim) + (slice(k),)
        y, index = y[part].copy(), index[part].copy()
    return y, index


topk = op(
    "topk", _topk, x=_chosen, outputs=2, analytic=False,
    samples=calls(((5,), {"k": 2}), ((3, 4), {"k": 2, "dim": 0}), ((3, 4), {"k": 4, "largest": False}), ((3,), {"k": 0})),
    errors=lambda: [Sample(np.ones((2, 3)), k=4, raises=RangeError, match="k=4.*3 elements")],
    formula={"y": "y[0] == topk(x, k, dim)", "x": "ungather(g[0], dim, y[1])"},
    doc="The k largest (or smallest) elements along a dimension in order, and where they are.",
)


def _select(x, place, dim, keepdim):
    """The element at a place in the order along a dimension, and its index."""
    if np.ndim(x) == 0:
        return np.array(x), np.zeros((), np.intp)
    index = np.take_along_axis(_order(x, dim), place, dim)
    y = np.take_along_axis(x, index, dim)
    return (y, index) if keepdim else (np.squeeze(y, dim), np.squeeze(index, dim))


def _constant(x, dim, number):
    return np.full((1,) * np.ndim(x), number)


def _kthvalue(x, k, dim=-1, keepdim=False):
    n = x.shape[dim] if np.ndim(x) else 1
    if not 1 <= k <= n:
        raise ShapeError(f"selected number k out of range for dimension {dim}: k={k}, and it has {n} elements")
    return _select(x, _constant(x, dim, k - 1), dim, keepdim)


kthvalue = op(
    "kthvalue", _kthvalue, x=_chosen_one, outputs=2, analytic=False,
    samples=calls(((5,), {"k": 2}), ((3, 4), {"k": 3, "dim": 0, "keepdim": True}), ((3, 4), {"k": 1}), ((), {"k": 1, "dim": 0})),
    errors=lambda: [Sample(np.ones((2, 3)), k=4, raises=ShapeError, match="k=4.*3 elements")],
    formula={"y": "y[0] == kthvalue(x, k, dim)", "x": "spread(g[0], dim) * (position(x, dim) == spread(y[1], dim))"},
    doc="The k-th smallest element along a dimension, and where it is.",
)


def _median(x, dim=-1, keepdim=False, ignore_nan=False):
    n = x.shape[dim] if np.ndim(x) else 1
    if not n:
        raise IndexError(f"expected reduction dim {dim} to have non-zero size")
    if np.ndim(x) == 0:
        return np.array(x), np.zeros((), np.intp)
    if ignore_nan:
        count = np.sum(~np.isnan(x), axis=dim, keepdims=True)
        return _select(x, np.maximum(count - 1, 0) // 2, dim, keepdim)
    y, index = _select(x, _constant(x, dim, (n - 1) // 2), dim, True)
    bad = np.isnan(x)
    if np.any(bad):
        index = np.where(np.any(bad, axis=dim, keepdims=True), np.argmax(bad, axis=dim, keepdims=True), index)
        y = np.take_along_axis(x, index, dim)
    return (y, index) if keepdim else (np.squeeze(y, dim), np.squeeze(index, dim))


median = op(
    "median", _median, x=_chosen_one, outputs=2, analytic=False,
    samples=calls(((5,),), ((4,),), ((3, 4), {"dim": 0, "keepdim": True}), ((3, 4), {"dim": 1}), ((),),
                  Sample(np.array([1.0, np.nan, 3.0, 2.0]), ignore_nan=True, kink=True)),
    errors=lambda: [_TOO_FAR, Sample(np.ones((2, 0)), raises=IndexError, match="non-zero size")],
    formula={"y": "y[0] == median(x, dim)", "x": "spread(g[0], dim) * (position(x, dim) == spread(y[1], dim))"},
    doc="The middle element along a dimension, the lower of two, and where it is. A nan makes the median nan, unless ignored.",
)


def _mode(x, dim=-1, keepdim=False):
    if np.ndim(x) == 0:
        return np.array(x), np.zeros((), np.intp)
    lines = np.moveaxis(x, dim, -1)
    index = np.empty(lines.shape[:-1], np.intp)
    for place in np.ndindex(index.shape):
        values, counts = np.unique(lines[place], return_counts=True)
        index[place] = np.flatnonzero(lines[place] == values[np.argmax(counts)])[-1]
    y = np.take_along_axis(lines, index[..., None], -1)[..., 0]
    return (np.expand_dims(y, dim), np.expand_dims(index, dim)) if keepdim else (y, index)


mode = op(
    "mode", _mode, x=_chosen_one, outputs=2, analytic=False,
    samples=calls(Sample(np.array([1.0, 2.0, 2.0, 0.5]), kink=True), ((3, 4), {"dim": 0, "keepdim": True}), ((),)),
    errors=lambda: [_TOO_FAR],
    formula={"y": "y[0] == mode(x, dim)", "x": "spread(g[0], dim) * (position(x, dim) == spread(y[1], dim))"},
    doc="The most frequent element along a dimension, the smallest of several, and where it was last.",
)


# -------------------------------------------------------------------------------------------------------------- quantiles
_SNAP: dict[str, Any] = {"lower": np.floor, "higher": np.ceil, "nearest": np.round}


def _quantile(x, q, ignore_nan=False, interpolation="linear"):
    if x.shape[-1] == 0:
        raise ShapeError("quantile of no elements")
    q = np.asarray(q, dtype=np.float64)
    if np.any((q < 0) | (q > 1)):
        raise ShapeError(f"quantile: q must be in the range [0, 1], not {q.tolist()}")
    bad = np.isnan(x)
    count = np.sum(~bad, axis=-1, keepdims=True) if ignore_nan else x.shape[-1]
    at = q * np.maximum(count - 1, 0) + np.zeros((*x.shape[:-1], 1))
    if interpolation in _SNAP:
        at = _SNAP[interpolation](at)
    elif interpolation not in ("linear", "midpoint"):
        raise ValueError(f"interpolation {interpolation!r}: expected linear, lower, higher, midpoint or nearest")
    order = np.argsort(x, axis=-1, kind="stable")
    low, high = np.floor(at).astype(np.intp), np.ceil(at).astype(np.intp)
    weight = (at - low).astype(x.dtype)
    if interpolation == "midpoint":
        weight = np.where(weight > 0, np.asarray(0.5, x.dtype), weight)
    low, high = np.take_along_axis(order, low, -1), np.take_along_axis(order, high, -1)
    a, b = np.take_along_axis(x, low, -1), np.take_along_axis(x, high, -1)
    with np.errstate(invalid="ignore"):
        y = np.where(weight == 0, a, a + (b - a) * weight)
    if not ignore_nan and np.any(bad):
        y = np.where(np.any(bad, axis=-1, keepdims=True), np.asarray(np.nan, x.dtype), y)
    return y, low, high, weight


def _of_quantile(g, x_shape, low, high, weight):
    return ungather(g * (1 - weight), dim=-1, index=low, shape=x_shape) + ungather(g * weight, dim=-1, index=high, shape=x_shape)


quantile = op(
    "quantile", _quantile, x=_of_quantile, extras=("low", "high", "weight"), analytic=False,
    samples=calls(((5,), {"q": [0.3]}), ((3, 4), {"q": [0.0, 0.5, 0.9]}), ((3, 4), {"q": [0.4], "interpolation": "midpoint"}),
                  ((3, 4), {"q": [0.4], "interpolation": "lower"}), ((3, 4), {"q": [0.4], "interpolation": "nearest"})),
    errors=lambda: [Sample(np.ones(3), q=[1.5], raises=ShapeError, match="in the range"),
                    Sample(np.ones(0), q=[0.5], raises=ShapeError, match="no elements")],
    formula={"y": "quantile(x, q)", "x": "ungather(g * (1 - weight), -1, low) + ungather(g * weight, -1, high)"},
    doc="Quantiles of the last dimension, one for each q, interpolated between the two elements next to place q (n - 1).",
)
