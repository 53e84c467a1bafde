"""Cumulative sums, products and extremes along a dimension, and the product, whose gradient is made of cumulative products.

The rules of products do not divide by x where x holds zeros, so they are right at every order of derivative. They are built on one
op, ``recurrence``: y_t = a_t y_(t-1) + b_t, whose gradient is the same recurrence, run backwards.
"""

from __future__ import annotations

import numpy as np

from ..engine.op import Op, Sample, op
from ..engine.samples import calls, draw
from .accumulation import accumulate, product
from .elementwise.arithmetic import share
from .gather import ungather
from .reduction import axes, no_such_dim, reductions, spread, whole
from .rows import are_rows
from .rules import any_of, in_single, values

_ALL = slice(None)
_MANY = 2048  # numbers from which on passes cost more than calls

_ALONG = [
    ((5,), {"dim": 0}), ((3, 4), {"dim": 0}), ((3, 4), {"dim": -1}), ((2, 3, 2), {"dim": 1}), ((0, 3), {"dim": 0}),
    ((0, 3), {"dim": 1}), ((1, 3), {"dim": 0}),
]


def _along(*more, low=-2.0, high=2.0):
    build = calls(*_ALONG, low=low, high=high)
    return lambda: [*build(), Sample(draw((4, 6), low, high, 7).T[::2], dim=1), Sample(draw((), low, high), dim=0), *more]


def _steps(ndim, dim, reverse=False):
    """A function from t to the index of the t-th element along a dimension; with reverse, counted from the end."""
    before = (slice(None),) * (dim % ndim)
    return (lambda t: (*before, -1 - t)) if reverse else (lambda t: (*before, t))


def _reversible(ufunc):
    """The forward of a cumulative op that runs in either direction."""

    def forward(x, dim, reverse=False, dtype=None):
        if dtype is None:
            x = whole(x)
        if (x.dtype if dtype is None else np.dtype(dtype)).char == "e":
            return in_single(forward, x, dim, reverse)
        if not x.ndim:
            return ufunc.accumulate(x.reshape(1), 0, dtype).reshape(())
        return accumulate(ufunc, np.asarray(x, order="C"), dim, dtype, reverse)

    return forward


# -------------------------------------------------------------------------------------------------------------------- sums

cumsum: Op = op(
    "cumsum", _reversible(np.add), x=lambda g, dim, reverse: cumsum(g, dim=dim, reverse=not reverse), linear=True,
    samples=lambda: _along(Sample(draw((3, 4)), dim=1, reverse=True)), errors=no_such_dim(),
    formula={"y": "cumsum(x, dim, reverse)"},
    doc="""
    Cumulative sum along a dimension, y_t = x_1 + ... + x_t.

    Args:
        x: any shape.
        dim: the dimension.
        reverse: sum from the end.
        dtype: the dtype of the result, in which the sum is computed.

    Raises:
        IndexError: a dimension that x does not have.

    Example:
        >>> import autograd
        >>> autograd.cumsum(autograd.tensor([1.0, 2.0, 3.0]), dim=0)
        tensor([1., 3., 6.], dtype=float32)
    """,
)


# -------------------------------------------------------------------------------------------------- shifts and recurrences


def _shift(x, by, dim):
    if not x.ndim:
        return np.zeros((), x.dtype) if by else x.copy()
    y = np.zeros(x.shape, x.dtype)
    n = x.shape[dim]
    if abs(by) < n:
        before = (slice(None),) * (dim % x.ndim)
        y[(*before, slice(max(by, 0), n + min(by, 0)))] = x[(*before, slice(max(-by, 0), n - max(by, 0)))]
    return y


shift: Op = op(
    "shift", _shift, x=lambda g, by, dim: shift(g, by=-by, dim=dim), linear=True,
    samples=calls(((5,), {"by": 1, "dim": 0}), ((3, 4), {"by": -2, "dim": -1}), ((3, 4), {"by": 7, "dim": 0}),
    ((0, 2), {"by": 1, "dim": 0})),
    formula={"y": "shift(x, by, dim)"},
    doc="x moved by a number of places along a dimension. Elements that leave at one end are dropped, zeros come in at the other.",
)


def _recurrence(a, b, dim, reverse=False):
    y = np.array(b)
    if y.ndim:
        rows, factors = y.swapaxes(dim, 0), a.swapaxes(dim, 0)
        if reverse:
            rows, factors = rows[::-1], factors[::-1]
        for t in range(1, len(rows)):
            rows[t] += factors[t] * rows[t - 1]
    return y


def _recurrence_rule(g, a, y, dim, reverse):
    by = -1 if reverse else 1
    total = recurrence(shift(a, by=-by, dim=dim), g, dim=dim, reverse=not reverse)
    return total * shift(y, by=by, dim=dim), total


recurrence: Op = op(
    "recurrence", _recurrence, inputs=("a", "b"), joint=_recurrence_rule,
    samples=calls(
        ((5,), (5,), {"dim": 0}), ((3, 4), (3, 4), {"dim": 1, "reverse": True}), ((2, 3, 2), (2, 3, 2), {"dim": -2}),
        ((0, 2), (0, 2), {"dim": 0}), ((1,), (1,), {"dim": 0}),
    ),
    formula={"y": "y[t] == a[t] * y[t - 1] + b[t]", "a": "d(b) * shift(y)", "b": "d(b)[t] == g[t] + a[t + 1] * d(b)[t + 1]"},
    doc="y_0 = b_0 and y_t = a_t y_(t-1) + b_t along a dimension; with reverse, from the end. a_0 is not used.",
)


# ---------------------------------------------------------------------------------------------------------------- products


def _no_zeros(x):
    return not np.logical_or.reduce(np.equal(values(x), 0), None)


def _first(x, dim, reverse):
    """An array like x that is 1 at the first place along a dimension (with reverse: the last) and 0 elsewhere."""
    y = np.zeros(x.shape, x.dtype)
    if y.ndim and y.size:
        y[_steps(y.ndim, dim, reverse)(0)] = 1
    return y


def _cumprod_rule(g, x, y, dim, reverse):
    if _no_zeros(x):
        return cumsum(g * y, dim=dim, reverse=not reverse) / x
    if not x.ndim:
        return g
    by = -1 if reverse else 1
    before = shift(y, by=by, dim=dim) + _first(x, dim, reverse)
    return recurrence(shift(x, by=-by, dim=dim), g, dim=dim, reverse=not reverse) * before


cumprod: Op = op(
    "cumprod", _reversible(np.multiply), x=_cumprod_rule, errors=no_such_dim(),
    samples=lambda: _along(
        Sample(draw((3, 4)), dim=1, reverse=True), Sample(np.array([2.0, 0.0, 3.0, -1.0]), dim=0),
        Sample(np.array([[2.0, 0.0], [0.0, 3.0], [0.0, 1.5]]), dim=0), Sample(np.array([2.0, 0.0, 0.0, -1.0]), dim=0, reverse=True),
        Sample(np.array(0.0), dim=0),
    ),
    formula={"y": "cumprod(x, dim, reverse)", "x": "cumsum(g * y, dim, not reverse) / x"},
    doc="""
    Cumulative product along a dimension, y_t = x_1 · ... · x_t. Its derivatives of every order are right where x holds zeros.

    Args:
        x: any shape.
        dim: the dimension.
        reverse: multiply from the end.
        dtype: the dtype of the result, in which the product is computed.
    """,
)


def _prod(x, dim=None, keepdim=False, dtype=None):
    if dtype is None:
        x = whole(x)
    if (x.dtype if dtype is None else np.dtype(dtype)).char == "e":
        return in_single(_prod, x, dim, keepdim)
    return product(x, axes(dim), dtype, keepdim)


def _others(x, dim):
    """For each element along one dimension, the product of all the others."""
    before = shift(cumprod(x, dim=dim), by=1, dim=dim) + _first(x, dim, False)
    after = shift(cumprod(x, dim=dim, reverse=True), by=-1, dim=dim) + _first(x, dim, True)
    return before * after


def _prod_rule(g, x, y, x_shape, dim, keepdim):
    g = spread(g, shape=x_shape, dim=dim, keepdim=keepdim)
    if _no_zeros(x):
        return g * spread(y, shape=x_shape, dim=dim, keepdim=keepdim) / x
    dim = axes(dim)
    for d in range(len(x_shape)) if dim is None else dim if isinstance(dim, tuple) else (dim,):
        if x_shape:
            # After this step x holds the products over the dimensions done so far, and the next one is treated likewise.
            g = g * _others(x, d)
            x = prod(x, dim=d, keepdim=True)
    return g


prod: Op = op(
    "prod", _prod, x=_prod_rule, numpy=np.prod, errors=no_such_dim(),
    samples=reductions(
        (np.array([0.0, 2.0, 3.0]),), (np.array([0.0, 0.0, 3.0]),), (np.array([[0.0, 2.0, 3.0], [1.0, -2.0, 0.5]]), {"dim": 1}),
        (np.array([[0.0, 2.0, 0.0], [1.0, -2.0, 0.5]]),),
        (np.array([[[0.0, 2.0], [1.0, -2.0]], [[0.0, 3.0], [2.0, 0.5]]]), {"dim": (0, 2)}),
        (np.array(0.0),),
    ),
    formula={"y": "prod(x, dim)", "x": "spread(g * y, dim) / x"},
    doc="""
    Product of all elements, or over some dimensions. Its derivatives of every order are right where x holds zeros.

    Args:
        x: any shape.
        dim: a dimension or several; None for all.
        keepdim: keep the dimensions, with length 1.
        dtype: the dtype of the result, in which the product is computed.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.0, 2.0, 3.0], requires_grad=True)
        >>> autograd.prod(x).backward()
        >>> x.grad
        tensor([6., 0., 0.], dtype=float32)
    """,
)


# -------------------------------------------------------------------------------------- cumulative extremes and logsumexp


def _cumulative_extreme(extreme):
    """A forward that returns the extremes so far and their indices. extreme: np.maximum or np.minimum."""

    def forward(x, dim):
        if not x.ndim:
            return x.copy(), np.zeros((), np.int64)
        # As in PyTorch, of equal elements the later one counts, and a nan is never replaced by a number.
        many = type(x) is np.ndarray and x.size > _MANY and x.dtype.char in "fd" and -x.ndim <= dim < x.ndim
        if many:
            x = np.asarray(x, order="C")
        extremes = accumulate(extreme, x, dim) if many else extreme.accumulate(x, dim)
        new = x == extremes
        if x.dtype.kind == "f" and x.size <= _MANY:
            new |= np.isnan(x)
        elif x.dtype.kind == "f":
            last = extremes[(*(_ALL,) * (dim % x.ndim), -1)]
            if any_of(last != last, None):  # a nan lasts to the end of its row
                new |= np.isnan(x)
        # In random rows a new extreme is rare. Each index lasts until the next one, and each row begins with one.
        if many and dim % x.ndim == x.ndim - 1 and np.count_nonzero(new) < x.size // 8:
            places = np.flatnonzero(new)
            lasts = np.diff(places, append=x.size)
            return extremes, np.repeat(places % x.shape[-1], lasts).reshape(x.shape)
        place = np.arange(x.shape[dim]).reshape((-1,) + (1,) * (x.ndim - 1 - dim % x.ndim))
        indices = np.multiply(new, place)
        np.maximum.accumulate(indices, dim, out=indices)
        return np.asarray(extremes, order="C"), np.asarray(indices, order="C")

    return forward


def _summed_runs(g, index):
    """What ``ungather`` gives for the index of a cumulative extreme along rows: each number lasts from its own place on.

    None, if many rows change often: it then takes longer.
    """
    starts = np.equal(index, np.arange(index.shape[-1]))
    if np.count_nonzero(starts) > index.size // 8:
        return None
    places = np.flatnonzero(starts)
    y = np.zeros(g.shape, g.dtype)
    y.reshape(-1)[places] = np.add.reduceat(g.reshape(-1), places)
    return y


def _cumulative_extreme_rule(g, y1, x_shape, dim):
    """The element at each index gets the gradient; y1 is the index."""
    if not x_shape:
        return g[0]
    g, index = g[0], values(y1)
    y = None
    if type(g) is type(index) is np.ndarray and g.size > _MANY and are_rows(dim, g):
        y = _summed_runs(g, index)
    return ungather(g, dim=dim, index=index, shape=x_shape) if y is None else y


cummax = op(
    "cummax", _cumulative_extreme(np.maximum), x=_cumulative_extreme_rule, outputs=2, analytic=False, errors=no_such_dim(),
    samples=_along(Sample(np.array([1.0, 3, 3, 2]), dim=0, kink=True)),
    formula={"y": "y[0] == cummax(x, dim)", "y[1]": "last_place(x, y[0], dim)", "x": "ungather(g[0], dim, y[1])"},
    doc="Cumulative maximum along a dimension, and its index. Of equal elements the last counts and gets the gradient.",
)
cummin = op(
    "cummin", _cumulative_extreme(np.minimum), x=_cumulative_extreme_rule, outputs=2, analytic=False, errors=no_such_dim(),
    samples=_along(Sample(np.array([3.0, 1, 1, 2]), dim=0, kink=True)),
    formula={"y": "y[0] == cummin(x, dim)", "y[1]": "last_place(x, y[0], dim)", "x": "ungather(g[0], dim, y[1])"},
    doc="Cumulative minimum along a dimension, and its index. Of equal elements the last counts and gets the gradient.",
)


def _logcumsumexp(x, dim):
    if not x.ndim:
        return x.copy()
    if x.dtype.kind != "c":
        return np.logaddexp.accumulate(x, dim)
    y = np.array(x, order="C")
    y[np.isneginf(y.real)] = -np.inf  # e^y is 0, whatever its angle
    rows = np.moveaxis(y, dim, 0)
    with np.errstate(all="ignore"):  # infinities, whose differences are nan
        for t in range(1, len(rows)):
            a, b = rows[t - 1], rows[t]
            less = np.less(a.real, b.real)
            high, low = np.where(less, b, a), np.where(less, a, b)
            total = high + np.log1p(np.exp(low - high))
            infinite = np.isinf(high.real) & np.equal(high.real, low.real)
            total = np.where(infinite & np.greater(high.real, 0), np.log(np.exp(low) + np.exp(high)), total)
            rows[t] = np.where(np.isneginf(low.real), high, total)
    return y


def _logcumsumexp_rule(g, x, y, dim):
    # dx_j = Σ_{t >= j} g_t e^(x_j - y_t) = e^(x_j - y_j) λ_j, with λ_j = g_j + e^(y_j - y_(j+1)) λ_(j+1). Both exponentials are
    # shares of two terms, because y_j is the logarithm of e^(y_(j-1)) + e^(x_j).
    if not x.ndim:
        return g
    first = _first(x, dim, False) == 1
    share_of_x = np.where(first, np.not_equal(x, -np.inf), share(x, shift(y, by=1, dim=dim)))
    share_of_y = share(y, shift(x, by=-1, dim=dim))  # of y_j in y_(j+1); the recurrence does not use the last
    return share_of_x * recurrence(share_of_y, g, dim=dim, reverse=True)


logcumsumexp = op(
    "logcumsumexp", _logcumsumexp, x=_logcumsumexp_rule, analytic=False,
    samples=_along(Sample(np.array([500.0, 499.0, -800.0, 501.0]), dim=0),
    Sample(np.array([[1.0 + 2.0j, 3.0 - 1.0j], [0.5j, 2.0 + 2.0j]]), dim=1),
    Sample(np.array([-np.inf, -np.inf, 1.0]), dim=0, kink=True)),
    errors=no_such_dim(),
    formula={"y": "log(cumsum(exp(x), dim))", "x": "exp(x) * cumsum(g / exp(y), dim, True)"},
    doc="""
    Logarithm of the cumulative sum of e^x along a dimension, y_t = log(e^(x_1) + ... + e^(x_t)), without overflow.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.logcumsumexp(autograd.tensor([1000.0, 1000.0, -1000.0]), dim=0)
        tensor([1000.0000, 1000.6932, 1000.6932], dtype=float32)
    """,
)
