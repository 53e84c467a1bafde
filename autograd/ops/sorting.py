"""Sorting, the k largest, the k-th smallest, medians, modes and quantiles. The gradient goes to the elements that are returned."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import calls, draw
from ..errors import EmptyError, RangeError, ShapeError
from .gather import taken, ungather
from .reduction import shared_by_equals
from .rules import all_of, any_of, in_rows, values


def _unknown(g, name):
    raise NotImplementedError(f"the derivative for {name!r} is not implemented: detach() its argument to make it a constant")


underived = op(
    "underived", lambda x, value, name="a function": np.array(value), x=_unknown, value=lambda g: g, analytic=False,
    samples=lambda: [Sample(1.0, draw((3,))), Sample(2.0, draw((2, 2)))],
    formula={"y": "value", "x": "unknown", "value": "g"},
    doc="A value computed from x by a function without a known derivative: a backward that reaches x raises NotImplementedError.",
)  # fmt: skip


def _order(x, dim, descending=False, stable=True):
    """The index that sorts x along a dimension; nan counts as the largest number."""
    if not descending:
        return x.argsort(dim, kind="stable" if stable else None)
    # To sort x and reverse the result would reverse equal elements as well. Sorting the reversed x keeps their order.
    back = (slice(None),) * (dim % x.ndim) + (slice(None, None, -1),)
    return x.shape[dim] - 1 - x[back].argsort(dim, kind="stable")[back]



def _sort(x, dim=-1, descending=False, stable=True):
    if not x.ndim:
        return np.array(x), np.zeros((), np.intp)
    index = _order(x, dim, descending, stable)
    return taken(x, dim, index), index


def _sort_rule(g, y1, x_shape, dim):
    """Send each gradient to the element at the index y1."""
    return np.reshape(g[0], x_shape) if not x_shape else ungather(g[0], dim=dim, index=y1, shape=x_shape)


def _select_rule(g, y1, x_shape, dim, keepdim):
    """The same for an op that returns one element along the dimension, with or without keepdim."""
    index = values(y1)
    if not x_shape:
        return np.reshape(g[0], x_shape)
    g = g[0]
    if not keepdim:
        shape = list(x_shape)
        shape[dim] = 1
        g, index = g.reshape(shape), index.reshape(shape)
    return ungather(g, dim=dim, index=index, shape=x_shape)


_NO_SUCH_DIM = Sample(np.ones((2, 3)), dim=2, raises=IndexError, match="out of (bounds|range)")

sort = op(
    "sort", _sort, x=_sort_rule, outputs=2, analytic=False,
    samples=calls(((5,),), ((3, 4), {"dim": 0}), ((3, 4), {"dim": -1, "descending": True}), ((),), ((0, 2), {"dim": 0}),
                  Sample(np.array([1.0, 2.0, 1.0, 2.0]), descending=True, kink=True)),
    errors=lambda: [_NO_SUCH_DIM],
    formula={"y": "y[0] == gather(x, dim, y[1])", "y[1]": "argsort(x, dim, descending)", "x": "ungather(g[0], dim, y[1])"},
    doc="""
    The elements along a dimension in ascending order, and the index that each had. nan counts as the largest number.

    Args:
        x: any shape.
        dim: the dimension.
        descending: sort in descending order.
        stable: keep the order of equal elements.
    """,
)


_SHORT = 32  # the length of lines that are rather sorted
_FEW = 8  # up to so many largest elements are searched one after the other


def _few_largest(x, k, dim, largest):
    """The k largest elements along a dimension, and their indices; None where the k-th is infinite, or nan matters."""
    lines = np.array(np.moveaxis(x, dim, -1), order="C")
    shape, n = lines.shape[:-1], lines.shape[-1]
    flat, starts = lines.reshape(-1), np.arange(0, lines.size, n)
    rows = flat.reshape(-1, n)
    y, index = np.empty((k, len(rows)), x.dtype), np.empty((k, len(rows)), np.intp)
    worst = -np.inf if largest else np.inf
    for i in range(k):
        at = np.argmax(rows, axis=1, out=index[i]) if largest else np.argmin(rows, axis=1, out=index[i])
        places = starts + at
        flat.take(places, out=y[i], mode="wrap")
        flat[places] = worst
    if np.any(y[-1] == worst) or (not largest and np.any(np.isnan(y))):
        return None
    return [np.moveaxis(a.reshape(k, *shape), 0, dim).copy() for a in (y, index)]


def _topk(x, k, dim=-1, largest=True, sorted=True):
    n = x.shape[dim] if x.ndim else 1
    if not 0 <= k <= n:
        raise RangeError(f"selected index k out of range: k={k}, and the dimension has {n} elements")
    if type(x) is np.ndarray and 0 < k <= _FEW and x.ndim and n > _SHORT and x.size and x.dtype.char in "efd":
        found = _few_largest(x, k, dim, largest)
        if found is not None:
            return tuple(found)
    if not x.ndim:
        return _sort(x)
    index = _order(x, dim, largest)
    index = index[(slice(None),) * (dim % x.ndim) + (slice(k),)].copy()
    return taken(x, dim, index), index


topk = op(
    "topk", _topk, x=_sort_rule, outputs=2, analytic=False,
    samples=calls(((5,), {"k": 2}), ((3, 4), {"k": 2, "dim": 0}), ((3, 4), {"k": 4, "largest": False}), ((3,), {"k": 0})),
    errors=lambda: [Sample(np.ones((2, 3)), k=4, raises=RangeError, match="k=4.*3 elements")],
    formula={
        "y": "y[0] == gather(x, dim, y[1])", "y[1]": "first(k, argsort(x, dim, largest), dim)", "x": "ungather(g[0], dim, y[1])",
    },
    doc="The k largest (or smallest) elements along a dimension, in order, and their indices.",
)


def _select(x, rank, dim, keepdim):
    """The element of this rank along a dimension (0: the smallest), and its index. rank: a number, or one for each line."""
    if not x.ndim:
        return np.array(x), np.zeros((), np.intp)
    if type(rank) is int and type(x) is np.ndarray:
        y = x.copy("C")
        y.partition(rank, dim)
        part = (slice(None),) * (dim % x.ndim)
        y = y[(*part, slice(rank, rank + 1))]
        found = x == y
        if np.count_nonzero(found) == y.size and all_of(y == y, None):  # no other element equals it, and it is not nan
            return (y.copy() if keepdim else y[(*part, 0)].copy()), found.argmax(dim, keepdims=keepdim)
        rank = np.full((1,) * x.ndim, rank)
    index = np.take_along_axis(_order(x, dim), rank, dim)
    y = np.take_along_axis(x, index, dim)
    return (y, index) if keepdim else (np.squeeze(y, dim), np.squeeze(index, dim))


def _kthvalue(x, k, dim=-1, keepdim=False):
    n = x.shape[dim] if x.ndim else 1
    if not n:
        raise EmptyError(f"Expected reduction dim {dim} to have non-zero size: there is no smallest of no elements")
    if not 1 <= k <= n:
        raise ShapeError(f"selected number k out of range for dimension {dim}: k={k}, and it has {n} elements")
    return _select(x, int(k) - 1, dim, keepdim)


kthvalue = op(
    "kthvalue", _kthvalue, x=_select_rule, outputs=2, analytic=False,
    samples=calls(((5,), {"k": 2}), ((3, 4), {"k": 3, "dim": 0, "keepdim": True}), ((3, 4), {"k": 1}), ((), {"k": 1, "dim": 0})),
    errors=lambda: [Sample(np.ones((2, 3)), k=4, raises=ShapeError, match="k=4.*3 elements")],
    formula={
        "y": "y[0] == gather(x, dim, y[1])", "y[1]": "kth(k, argsort(x, dim), dim)",
        "x": "spread(g[0], dim) * (position(x, dim) == spread(y[1], dim))",
    },
    doc="The k-th smallest element along a dimension, and its index.",
)


def _median(x, dim=-1, keepdim=False, ignore_nan=False):
    n = x.shape[dim] if x.ndim else 1
    if not n:
        raise IndexError(f"expected reduction dim {dim} to have non-zero size")
    if not x.ndim:
        return np.array(x), np.zeros((), np.intp)
    if ignore_nan:
        count = np.sum(~np.isnan(x), axis=dim, keepdims=True)
        return _select(x, np.maximum(count - 1, 0) // 2, dim, keepdim)
    nan = np.isnan(x)
    if not any_of(nan, None):
        return _select(x, (n - 1) // 2, dim, keepdim)
    _, index = _select(x, (n - 1) // 2, dim, True)
    index = np.where(np.any(nan, axis=dim, keepdims=True), np.argmax(nan, axis=dim, keepdims=True), index)
    y = np.take_along_axis(x, index, dim)
    return (y, index) if keepdim else (np.squeeze(y, dim), np.squeeze(index, dim))


median = op(
    "median", _median, x=_select_rule, outputs=2, analytic=False,
    samples=calls(((5,),), ((4,),), ((3, 4), {"dim": 0, "keepdim": True}), ((3, 4), {"dim": 1}), ((),),
                  Sample(np.array([1.0, np.nan, 3.0, 2.0]), ignore_nan=True, kink=True)),
    errors=lambda: [_NO_SUCH_DIM, Sample(np.ones((2, 0)), raises=IndexError, match="non-zero size")],
    formula={
        "y": "y[0] == gather(x, dim, y[1])", "y[1]": "median_place(x, dim, ignore_nan)",
        "x": "spread(g[0], dim) * (position(x, dim) == spread(y[1], dim))",
    },
    doc="The median along a dimension, and its index. Of two middle elements it is the lower. It is nan if there is a nan, unless "
    "ignore_nan is set.",
)


def _median_of_all(x, ignore_nan=False):
    count = x.size - (int(np.count_nonzero(np.isnan(x))) if x.dtype.kind == "f" else 0)
    if not count or (count < x.size and not ignore_nan):
        return np.full((), np.nan, x.dtype)
    return np.array(np.partition(x, (count - 1) // 2, axis=None)[(count - 1) // 2])  # nan would come last


median_of_all = op(
    "median_of_all", _median_of_all, x=lambda g, x, y: shared_by_equals(g, x, y), analytic=False,
    samples=calls(((5,),), ((3, 4),), ((),), Sample(np.array([1.0, np.nan, 3.0, 2.0]), ignore_nan=True, kink=True),
                  Sample(np.array([2.0, 1.0, 2.0, 2.0, 3.0]), kink="equal medians share the gradient, as in PyTorch")),
    formula={"y": "median(x)", "x": "g * ties / sum(ties); ties = 1 * (x == y)"},
    doc="The median of all elements, of two middle ones the lower. Elements that equal it share the gradient equally.",
)


def _mode(x, dim=-1, keepdim=False):
    if not x.ndim:
        return np.array(x), np.zeros((), np.intp)
    lines = x.swapaxes(dim, -1)
    n = lines.shape[-1]
    if not n:
        raise IndexError(f"mode: expected reduction dim {dim} to have non-zero size")
    # Each sorted element's number in the run of equal elements, which begins where an element differs from the one before.
    numbers, number = lines.copy("C"), np.arange(n)
    numbers.sort(-1)
    begins = np.zeros(numbers.shape, np.intp)
    np.multiply(numbers[..., 1:] != numbers[..., :-1], number[1:], out=begins[..., 1:])
    lengths = number - np.maximum.accumulate(begins, -1)
    longest = lengths.argmax(-1, keepdims=True)
    y = taken(numbers, -1, longest)
    index = n - 1 - (lines == y)[..., ::-1].argmax(-1, keepdims=True)
    # As in PyTorch, a nan equals no other one, and stands before the numbers only if it comes first.
    first = lines[..., :1]
    nan = first != first
    if any_of(nan, None):
        nan &= taken(lengths, -1, longest) == 0
        y, index = np.where(nan, first, y), np.where(nan, 0, index)
    shape = list(x.shape)
    shape[dim] = 1
    if not keepdim:
        del shape[dim]
    return in_rows(y.swapaxes(dim, -1)).reshape(shape), in_rows(index.swapaxes(dim, -1)).reshape(shape)


mode = op(
    "mode", _mode, x=_select_rule, outputs=2, analytic=False,
    samples=calls(Sample(np.array([1.0, 2.0, 2.0, 0.5]), kink=True), ((3, 4), {"dim": 0, "keepdim": True}), ((),)),
    errors=lambda: [_NO_SUCH_DIM],
    formula={
        "y": "y[0] == gather(x, dim, y[1])", "y[1]": "mode_place(x, dim)",
        "x": "spread(g[0], dim) * (position(x, dim) == spread(y[1], dim))",
    },
    doc="""
    The most frequent element along a dimension, and its last index. Of several most frequent elements it is the smallest.

    A nan equals no other nan. Where no number occurs twice and the first element is nan, the mode is nan, as in PyTorch.
    """,
)


# -------------------------------------------------------------------------------------------------------------- quantiles
_ROUNDING: dict[str, Any] = {"lower": np.floor, "higher": np.ceil, "nearest": np.round}


def _quantile(x, q, ignore_nan=False, interpolation="linear"):
    if x.shape[-1] == 0:
        raise ShapeError("quantile of no elements")
    q = np.asarray(q, dtype=np.float64)
    if any_of((q < 0) | (q > 1), None):
        raise ShapeError(f"quantile: q must be in the range [0, 1], not {q.tolist()}")
    if interpolation not in ("linear", "midpoint", *_ROUNDING):
        raise ValueError(f"interpolation {interpolation!r}: expected linear, lower, higher, midpoint or nearest")
    nan = np.isnan(x)
    count = np.sum(~nan, axis=-1, keepdims=True) if ignore_nan else x.shape[-1]
    rank = q * (np.maximum(count - 1, 0) if ignore_nan else count - 1) + np.zeros((*x.shape[:-1], 1))
    if interpolation in _ROUNDING:
        rank = _ROUNDING[interpolation](rank)
    if not ignore_nan and any_of(nan, None):  # a nan is sorted last, and is the result of its line, which moves with it
        rank = np.where(any_of(nan, -1, None, None, True), x.shape[-1] - 1, rank)
    order = x.argsort(-1, kind="stable")
    low = np.floor(rank)
    weight = (rank - low).astype(x.dtype)
    if interpolation == "midpoint":
        weight = np.where(weight > 0, np.asarray(0.5, x.dtype), weight)
    low, high = taken(order, -1, low.astype(np.intp)), taken(order, -1, np.ceil(rank).astype(np.intp))
    a, b = taken(x, -1, low), taken(x, -1, high)
    with np.errstate(invalid="ignore"):
        y = np.where(weight == 0, a, a + (b - a) * weight)
    return y, low, high, weight


def _quantile_rule(g, x_shape, low, high, weight):
    parts, index = np.concatenate([g * (1 - weight), g * weight], axis=-1), np.concatenate([low, high], axis=-1)
    return ungather(parts, dim=-1, index=index, shape=x_shape)


quantile = op(
    "quantile", _quantile, x=_quantile_rule, extras=("low", "high", "weight"), analytic=False,
    samples=calls(((5,), {"q": [0.3]}), ((3, 4), {"q": [0.0, 0.5, 0.9]}), ((3, 4), {"q": [0.4], "interpolation": "midpoint"}),
                  ((3, 4), {"q": [0.4], "interpolation": "lower"}), ((3, 4), {"q": [0.4], "interpolation": "nearest"})),
    errors=lambda: [Sample(np.ones(3), q=[1.5], raises=ShapeError, match="in the range"),
                    Sample(np.ones(0), q=[0.5], raises=ShapeError, match="no elements")],
    formula={
        "y": "quantile(x, q)",
        "x": "ungather(g * (1 - weight), -1, low) + ungather(g * weight, -1, high); "
        "low = lower(x, q); high = upper(x, q); weight = between(x, q)",
    },
    doc="""
    Quantiles of the last dimension, one for each q: interpolated between the two elements whose ranks are next to q (n - 1).

    Args:
        x: (..., n).
        q: numbers in [0, 1].
        ignore_nan: leave nan out. Otherwise the quantiles of a row with a nan are nan.
        interpolation: "linear", or "lower", "higher", "nearest" or "midpoint" of the two.
    """,
)
