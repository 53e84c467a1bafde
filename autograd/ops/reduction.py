"""Reductions over some dimensions of an array, or over all: sums, extremes, norms, variances.

``dim`` is None, one dimension or several. Forwards call ``ufunc.reduce``, which costs half of what ``np.sum`` does on small arrays.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..engine.op import Op, Sample, nondifferentiable, op
from ..engine.samples import calls, draw
from ..engine.values.sums import sum_over
from ..errors import DtypeError
from .rows import are_rows, is_long_way, products, squared_deviations
from .rows import logsumexp as logsumexp_of_rows
from .rules import all_of, any_of, divided_or_zero, in_rows, in_single, values

# Looked up once, because every loss calls them. Any, because NumPy's own annotations refuse most of their arguments.
_add: Any = np.add.reduce
_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce

_SMALL = 4096  # up to this size ``spread`` copies; np.broadcast_to, which makes a view, takes ten times as long to be called


def axes(dim):
    """``dim`` as NumPy's ufuncs take it. An empty tuple means all dimensions, as in PyTorch."""
    if dim is None or type(dim) is int:
        return dim
    if isinstance(dim, list | tuple):
        return tuple(dim) or None
    return int(dim)


def keepdim_shape(shape, dim):
    """The shape of the result of a reduction over ``dim`` with ``keepdim=True``."""
    if dim is None or dim == ():
        return (1,) * len(shape)
    if type(dim) is int and 0 <= dim < len(shape):
        return (*shape[:dim], 1, *shape[dim + 1 :])
    out = list(shape)
    for d in dim if isinstance(dim, list | tuple) else (dim,):
        if out:
            out[d] = 1
    return tuple(out)


def count(shape, dim):
    """The number of elements that each result of a reduction over ``dim`` is computed from."""
    if dim is None or dim == ():
        return prod(shape)
    if type(dim) is int and 0 <= dim < len(shape):
        return shape[dim]
    try:
        return prod([shape[d] if shape else 1 for d in (dim if isinstance(dim, list | tuple) else (dim,))])
    except IndexError:
        raise np.exceptions.AxisError(f"axis {dim} is out of bounds for array of dimension {len(shape)}") from None





def _spread(x, shape, dim=None, keepdim=False):
    if not keepdim and dim is not None:
        x = x.reshape(keepdim_shape(shape, dim))
    if prod(shape) <= _SMALL:
        y = np.empty(shape, x.dtype)
        y[...] = x
        return y
    return np.broadcast_to(x, shape)


def _spread_rule(g, dim, keepdim):
    return sum(g, dim=dim, keepdim=keepdim)


spread = op(
    "spread", _spread, x=_spread_rule, linear=True, view=True,
    samples=calls(
        ((), {"shape": (3, 4)}), ((4,), {"shape": (3, 4), "dim": 0}),
        ((2, 1, 1), {"shape": (2, 3, 4), "dim": (1, -1), "keepdim": True}),
        ((3,), {"shape": (0, 3), "dim": 0}), ((70,), {"shape": (70, 70), "dim": 1}),
    ),
    doc="The result x of a reduction over ``dim``, repeated along the dimensions that the reduction removed: the adjoint of sum.",
)

_SHAPES = [
    ((3, 4),), ((3, 4), {"dim": 0}), ((3, 4), {"dim": -1, "keepdim": True}), ((2, 3, 2), {"dim": (0, 2)}),
    ((2, 3, 2), {"dim": (0, -1), "keepdim": True}), ((2, 3), {"keepdim": True}), ((),), ((5,), {"dim": 0}), ((2, 1, 3), {"dim": 1}),
]


def _not_contiguous():
    return [Sample(draw((4, 6), seed=7).T[::2], dim=1), Sample(draw((4, 6), seed=8)[:, ::-1])]


def reductions(*more, low=-2.0, high=2.0, empty=True, several=True):
    """Samples for a reduction: over all dimensions, one or several, with and without keepdim, 0-d, empty and not contiguous."""
    chosen = [c for c in _SHAPES if several or not isinstance(c[-1].get("dim") if isinstance(c[-1], dict) else 0, tuple)]
    empties = [((0, 3),), ((0, 3), {"dim": 0})] if empty else [((0, 3), {"dim": 1})]
    plain = calls(*chosen, *empties, *more, low=low, high=high)
    return lambda: [*plain(), *_not_contiguous()] if low < 0 else [*plain()]


def no_such_dim(**params):
    """The bad call of every reduction: a dimension that the input does not have."""
    return lambda: [Sample(np.ones((2, 3)), dim=2, raises=IndexError, match=r"out of bounds.*float64\[2, 3\]", **params)]


# ------------------------------------------------------------------------------------------------------------- sum and mean


def same(a, b):
    """a == b, for which nan equals nan."""
    return np.equal(a, b) | (np.isnan(a) & np.isnan(b)) if a.dtype.kind in "fc" else np.equal(a, b)


def whole(x):
    """Small unsigned numbers as int64, in which PyTorch counts them: in NumPy's uint64 a difference below 0 wraps around."""
    return x.astype(np.int64) if x.dtype.kind == "u" and x.dtype.itemsize < 8 else x


def _sum(x, dim=None, keepdim=False, dtype=None):
    if dtype is None:
        x = whole(x)
    y = sum_over(x if dtype is None else x.astype(dtype, copy=False), axes(dim), keepdim)
    if dtype is not None and y.dtype != dtype:
        y = np.asarray(y).astype(dtype)  # NumPy sums small integers in larger ones
    return y if dim is None else in_rows(y)


def _sum_rule(g, x_shape, dim, keepdim):
    return spread(g, shape=x_shape, dim=dim, keepdim=keepdim)


def _mean(x, dim=None, keepdim=False, dtype=None):
    kind = x.dtype.kind if dtype is None else np.dtype(dtype).kind
    if kind not in "fc":
        raise DtypeError(f"the mean of {x.dtype} is no {x.dtype}: pass dtype=, or convert with .float() or .double()")
    if dtype is not None:
        x = x.astype(dtype, copy=False)
    if x.dtype.char == "e":
        return in_single(_mean, x, dim, keepdim)
    # A Python number as the divisor keeps the dtype, but 0 would be an exception where the result must be nan.
    total = sum_over(x, axes(dim), keepdim)
    n = count(x.shape, dim)
    y = total / n if n else total / total.dtype.type(0)
    return y if dim is None else in_rows(y)


def _mean_rule(g, x_shape, dim, keepdim):
    # g[()] is a number if g is 0-d: NumPy divides it in a tenth of the time that a 0-d array takes.
    return spread(g[()] / max(count(x_shape, dim), 1), shape=x_shape, dim=dim, keepdim=keepdim)


sum: Op = op(
    "sum", _sum, x=_sum_rule, linear=True, numpy=np.sum, samples=reductions(), errors=no_such_dim(),
    formula={"y": "sum(x, dim)"},
    doc="""
    Sum of all elements, or over some dimensions.

    Args:
        input: any shape.
        dim: a dimension or several; None for all.
        keepdim: keep the summed dimensions, with length 1.
        dtype: the dtype of the result, in which the sum is computed.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.sum(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
        tensor([4., 6.], dtype=float32)
    """,
)
mean = op(
    "mean", _mean, x=_mean_rule, linear=True, numpy=np.mean, samples=reductions(empty=False),
    errors=lambda: [*no_such_dim()(), Sample(np.array([1, 2]), raises=TypeError, match=r"pass dtype=.*float")],
    formula={"y": "mean(x, dim)", "x": "spread(g, dim) / n; n = count(x, dim)"},
    doc="""
    Mean of all elements, or over some dimensions.

    Args:
        input: any shape.
        dim: a dimension or several; None for all.
        keepdim: keep the dimensions of the mean, with length 1.
        dtype: the dtype of the result, in which the mean is computed.

    Raises:
        IndexError: a dimension that the input does not have.
        DtypeError: integers or booleans, without ``dtype``.

    Example:
        >>> import autograd
        >>> autograd.mean(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1, keepdim=True)
        tensor([[1.5000],
                [3.5000]], dtype=float32)
    """,
)


# ----------------------------------------------------------------------------------------------------------------- extremes


def _ties(*values):
    arrays = [np.array(v, dtype=float) for v in values]
    return [s for x in arrays for s in (Sample(x, kink=True), Sample(x, dim=-1, kink=True))]


def shared_by_equals(g, x, y, dim=None, keepdim=False):
    """Share the gradient equally among all elements that equal y, or that are nan where y is: the rule of extremes and medians."""
    shape = np.shape(x)
    extreme = same(x, spread(y, shape=shape, dim=dim, keepdim=keepdim))
    ties = sum(extreme, dim=dim, keepdim=keepdim, dtype=g.dtype)
    return spread(g / ties, shape=shape, dim=dim, keepdim=keepdim) * extreme


amax = op(
    "amax", lambda x, dim=None, keepdim=False: _maximum(x, axes(dim), None, None, keepdim), x=shared_by_equals, analytic=False,
    numpy=np.max, samples=lambda: [*reductions(empty=False)(), *_ties([[1, 3, 3], [2, 2, 2]])],
    errors=lambda: [*no_such_dim()(), Sample(np.empty((0, 2)), raises=ValueError, match=r"non-zero size.*float64\[0, 2\]")],
    formula={"y": "max(x, dim)", "x": "spread(g, dim) * chosen / sum(chosen, dim); chosen = 1 * (x == spread(y, dim))"},
    doc="""
    The largest element, of all or along some dimensions. Several largest ones share the gradient equally.

    Args:
        input: any shape.
        dim: a dimension or several; None for all.
        keepdim: keep the dimensions, with length 1.

    Raises:
        IndexError: a dimension that the input does not have.
        ValueError: a maximum of no elements.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 3.0, 3.0], requires_grad=True)
        >>> autograd.amax(x).backward()
        >>> x.grad
        tensor([0.0000, 0.5000, 0.5000], dtype=float32)
    """,
)
amin = op(
    "amin", lambda x, dim=None, keepdim=False: _minimum(x, axes(dim), None, None, keepdim), x=shared_by_equals, analytic=False,
    numpy=np.min, samples=lambda: [*reductions(empty=False)(), *_ties([[1, 3, 1], [2, 2, 2]])],
    errors=lambda: [*no_such_dim()(), Sample(np.empty((0, 2)), raises=ValueError, match=r"non-zero size.*float64\[0, 2\]")],
    formula={"y": "min(x, dim)", "x": "spread(g, dim) * chosen / sum(chosen, dim); chosen = 1 * (x == spread(y, dim))"},
    doc="""
    The smallest element, of all or along some dimensions. Several smallest ones share the gradient equally.

    Args:
        input: any shape.
        dim: a dimension or several; None for all.
        keepdim: keep the dimensions, with length 1.

    Raises:
        IndexError: a dimension that the input does not have.
        ValueError: a minimum of no elements.

    Example:
        >>> import autograd
        >>> autograd.amin(autograd.tensor([[3.0, 1.0], [2.0, 5.0]]), dim=1)
        tensor([1., 2.], dtype=float32)
    """,
)


def _extreme_and_index(argument, extreme):
    """A forward that returns the extreme elements and their indices. argument: the method argmax or argmin; extreme: its ufunc."""

    def forward(x, dim, keepdim=False):
        index = getattr(x, argument)(dim, keepdims=True)
        if x.ndim:
            values = extreme.reduce(x, axis=dim, keepdims=True)
            if not keepdim:
                shape = values.shape[:dim] + values.shape[dim:][1:]
                return values.reshape(shape), index.reshape(shape), index
            return values, index, index
        return x.copy(), index, index

    return forward


def _extreme_and_index_rule(g, x_shape, dim, keepdim, index):
    """The element at the index gets the gradient."""
    along = np.arange(x_shape[dim] if x_shape else 1).reshape((-1, *(1,) * (len(x_shape) - 1 - dim % max(len(x_shape), 1))))
    return spread(g[0], shape=x_shape, dim=dim, keepdim=keepdim) * (along == index).reshape(x_shape)


_ALONG = calls(
    ((3, 4), {"dim": 0}), ((3, 4), {"dim": -1, "keepdim": True}), ((2, 3, 2), {"dim": 1}), ((5,), {"dim": 0}), ((0, 3), {"dim": 1}),
)

max_dim = op(
    "max_dim", _extreme_and_index("argmax", np.maximum), x=_extreme_and_index_rule, outputs=2, extras=("index",), analytic=False,
    samples=lambda: [*_ALONG(), Sample(np.array([[1.0, 3, 3]]), dim=1, kink=True), Sample(np.array(2.0), dim=0)],
    errors=no_such_dim(),
    formula={
        "y": "y[0] == max(x, dim)", "y[1]": "argmax(x, dim)",
        "x": "spread(g[0], dim) * (position(x, dim) == spread(y[1], dim))",
    },
    doc="The largest elements along a dimension, and their indices. Of several the first is returned, and gets the gradient.",
)
min_dim = op(
    "min_dim", _extreme_and_index("argmin", np.minimum), x=_extreme_and_index_rule, outputs=2, extras=("index",), analytic=False,
    samples=lambda: [*_ALONG(), Sample(np.array([[1.0, 3, 1]]), dim=1, kink=True), Sample(np.array(2.0), dim=0)],
    errors=no_such_dim(),
    formula={
        "y": "y[0] == min(x, dim)", "y[1]": "argmin(x, dim)",
        "x": "spread(g[0], dim) * (position(x, dim) == spread(y[1], dim))",
    },
    doc="The smallest elements along a dimension, and their indices. Of several the first is returned, and gets the gradient.",
)


# ---------------------------------------------------------------------------------------------- indices, logic, counting


def _logic_samples(*more):
    def build():
        x = np.array([[0.0, 1.0, 2.0], [0.0, 3.0, 3.0]])
        yield from [Sample(x), Sample(x, dim=0), Sample(x, dim=-1, keepdim=True)]
        yield from [Sample(x > 1, dim=1), Sample(x.astype(int)), *more]

    return build


_INDEX_CALLS = [((3, 4),), ((3, 4), {"dim": 0}), ((2, 3, 2), {"dim": -1, "keepdim": True}), ((2, 3), {"keepdim": True}), ((),)]

argmax = nondifferentiable(
    "argmax", lambda x, dim=None, keepdim=False: np.argmax(x, axis=dim, keepdims=keepdim), numpy=np.argmax,
    samples=calls(*_INDEX_CALLS, (np.array([1.0, 3, 3]),)), errors=no_such_dim(),
    formula={"y": "argmax(x, dim)"},
    doc="""
    The index of the largest element; of several largest ones, of the first.

    Args:
        input: any shape.
        dim: the dimension along which to search. None for all: the index is then that of the flattened input.
        keepdim: keep the dimension, with length 1.

    Raises:
        IndexError: a dimension that the input does not have.
        ValueError: no elements.

    Example:
        >>> import autograd
        >>> autograd.argmax(autograd.tensor([[1, 3, 3], [2, 0, 1]]), dim=1)
        tensor([1, 0], dtype=int64)
    """,
)
argmin = nondifferentiable(
    "argmin", lambda x, dim=None, keepdim=False: np.argmin(x, axis=dim, keepdims=keepdim), numpy=np.argmin,
    samples=calls(*_INDEX_CALLS, (np.array([1.0, 1, 3]),)), errors=no_such_dim(),
    formula={"y": "argmin(x, dim)"},
    doc="""
    The index of the smallest element; of several smallest ones, of the first.

    Args:
        input: any shape.
        dim: the dimension along which to search. None for all: the index is then that of the flattened input.
        keepdim: keep the dimension, with length 1.

    Raises:
        IndexError: a dimension that the input does not have.
        ValueError: no elements.

    Example:
        >>> import autograd
        >>> autograd.argmin(autograd.tensor([[1, 3, 1], [2, 0, 1]]), dim=1)
        tensor([0, 1], dtype=int64)
    """,
)
def _no_axes(dim):
    """The axes of ``all`` and ``any``, for which no dimensions mean none, as in PyTorch, and not all."""
    return () if dim in ((), []) else axes(dim)


def _truth(ufunc):
    """The forward of all or any. The result is a boolean, and of uint8, PyTorch's older boolean, uint8."""

    def forward(x, dim=None, keepdim=False):
        y = ufunc(x, _no_axes(dim), None, None, keepdim)
        return y.astype(np.uint8) if x.dtype.char == "B" else y

    return forward


all = nondifferentiable(
    "all", _truth(all_of), numpy=np.all,
    samples=_logic_samples(Sample(np.empty((0, 2)), dim=0)), errors=no_such_dim(),
    formula={"y": "all(x, dim)"},
    doc="""
    True where all elements along ``dim`` are different from 0; also where there are none. Of uint8 the result is uint8.

    Args:
        input: any shape.
        dim: a dimension or several; None for all.
        keepdim: keep the dimensions, with length 1.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.all(autograd.tensor([[True, True], [True, False]]), dim=1)
        tensor([ True, False], dtype=bool)
    """,
)
any = nondifferentiable(
    "any", _truth(any_of), numpy=np.any,
    samples=_logic_samples(Sample(np.empty((0, 2)), dim=0)), errors=no_such_dim(),
    formula={"y": "any(x, dim)"},
    doc="""
    True where at least one element along ``dim`` is different from 0. Of uint8 the result is uint8.

    Args:
        input: any shape.
        dim: a dimension or several; None for all.
        keepdim: keep the dimensions, with length 1.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.any(autograd.tensor([[False, True], [False, False]]), dim=1)
        tensor([ True, False], dtype=bool)
    """,
)
count_nonzero = nondifferentiable(
    "count_nonzero", lambda x, dim=None, keepdim=False: np.count_nonzero(x, axis=axes(dim), keepdims=keepdim),
    numpy=np.count_nonzero,
    samples=_logic_samples(), errors=no_such_dim(),
    formula={"y": "sum(1 * (x != 0), dim)"},
    doc="""
    The number of elements that are not 0.

    Args:
        input: any shape.
        dim: a dimension or several; None for all.
        keepdim: keep the dimensions, with length 1.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.count_nonzero(autograd.tensor([[0, 1, 2], [0, 0, 3]]), dim=1)
        tensor([2, 1], dtype=int64)
    """,
)


# ------------------------------------------------------------------------------------------------------------ log of a sum


def _finite_largest(x, dim):
    """The largest elements along dim, with keepdim, or 0 where these are infinite: a constant for the rule, not differentiated."""
    largest = _maximum(np.real(values(x)) if x.dtype.kind == "c" else values(x), axes(dim), None, None, True)
    finite = np.isfinite(largest)
    return largest if type(finite) is np.ndarray and all_of(finite, None) else np.where(finite, largest, 0)


def _logsumexp(x, dim=None, keepdim=False):
    if x.dtype.char == "e":
        return in_single(_logsumexp, x, dim, keepdim)
    if not count(x.shape, dim):
        return np.log(_add(x, axes(dim), None, None, keepdim))
    if type(x) is np.ndarray and type(dim) is int and is_long_way(dim, x):
        y = logsumexp_of_rows(x)
        return y[..., None] if keepdim else y
    largest = _finite_largest(x, dim)
    with np.errstate(divide="ignore"):
        y = np.log(sum_over(np.exp(x - largest), axes(dim), True)) + largest
    return y if keepdim else y.squeeze(axes(dim)) if dim is not None and x.ndim else y.reshape(())


def _logsumexp_rule(g, x, dim, keepdim):
    """g softmax(x). That needs no y: where x is so large that log n is lost in y, exp(x - y) would be 1 for every element."""
    shape = x.shape
    largest = _finite_largest(x, dim)
    e = np.exp(x - largest)
    total = sum(e, dim=dim, keepdim=True)
    # Where all elements are -inf the sum is 0: then no element has a share.
    return spread(g, shape=shape, dim=dim, keepdim=keepdim) * divided_or_zero(e, total)


logsumexp = op(
    "logsumexp", _logsumexp, x=_logsumexp_rule,
    samples=lambda: [*reductions(empty=False)(), Sample(np.array([1000.0, 999.0])),
    Sample(np.array([-np.inf, -np.inf]), kink=True)],
    errors=no_such_dim(),
    formula={"y": "log(sum(exp(x), dim))", "x": "spread(g, dim) * exp(x - spread(y, dim))"},
    doc="""
    log Σ e^x, of all elements or over some dimensions. It is computed as m + log Σ e^(x - m) with the largest element m, so that
    nothing overflows. The gradient is g e^(x - y), which is g times softmax.

    Args:
        x: any shape.
        dim: a dimension or several; None for all.
        keepdim: keep the dimensions, with length 1.

    Example:
        >>> import autograd
        >>> autograd.logsumexp(autograd.tensor([1000.0, 1000.0]), 0)
        tensor(1000.6932, dtype=float32)
    """,
)


# ------------------------------------------------------------------------------------------------------ variance, deviation


_ALL, _FIRST = slice(None), slice(0, 1)


def _deviations(x, dim):
    """x - mean(x). The first element is subtracted before that, so that the deviations of a constant are exactly 0."""
    n = count(x.shape, dim)
    if x.size:
        dims = range(x.ndim) if axes(dim) is None else dim if isinstance(dim, list | tuple) else (dim,)
        first = [_ALL] * x.ndim
        for d in dims if x.ndim else ():
            first[d] = _FIRST
        x = x - x[tuple(first)]
    return x - sum_over(x, axes(dim), True) / n if n else x


def _var(x, dim=None, correction=1, keepdim=False):
    if x.dtype.kind not in "fc":
        raise DtypeError("std and var only support floating point and complex dtypes: convert with .float() or .double()")
    if x.dtype.char == "e":
        return in_single(_var, x, dim, correction, keepdim)
    if type(dim) is int and x.ndim and x.size and are_rows(dim, x) and x.shape[-1] > correction:
        y = squared_deviations(x)
        y /= x.shape[-1] - correction
        return y[..., None] if keepdim else y
    d = _deviations(x, dim)
    d = np.square(d) if d.dtype.kind == "f" else d.real**2 + d.imag**2
    total = sum_over(d, axes(dim), keepdim)
    n = count(x.shape, dim) - correction
    if n > 0:
        return in_rows(total / n)
    with np.errstate(all="ignore"):
        return in_rows(total / total.dtype.type(0))


def _std(x, dim=None, correction=1, keepdim=False):
    return in_single(_std, x, dim, correction, keepdim) if x.dtype.char == "e" else np.sqrt(_var(x, dim, correction, keepdim))


def _centred(x, dim):
    d = x - mean(x, dim=dim, keepdim=True)
    return np.conjugate(d) if d.dtype.kind == "c" else d


def _var_rule(g, x, x_shape, dim, correction, keepdim):
    n = max(count(x_shape, dim) - correction, 0)
    scale = 2 / n if n else np.inf
    return spread(g * scale, shape=x_shape, dim=dim, keepdim=keepdim) * _centred(x, dim)


def _std_rule(g, x, y, x_shape, dim, correction, keepdim):
    # The derivative is (x - mean) / (n y), and 0 where y is 0.
    n = max(count(x_shape, dim) - correction, 0)
    g = divided_or_zero(g, y) * (1 / n if n else np.inf)
    return spread(g, shape=x_shape, dim=dim, keepdim=keepdim) * _centred(x, dim)


_VARIANCES = reductions(((3, 4), {"correction": 0}), ((3, 4), {"dim": 1, "correction": 2}), ((4,), {"correction": 0.5}),
empty=False)


def _variance_samples(*more):
    return lambda: [s for s in _VARIANCES() if count(np.shape(s.inputs[0]), s.params.get("dim")) > 1] + [
        Sample(np.ones((1,)), kink=True), Sample(np.ones((3, 1)), dim=1, correction=0, kink=True), *more,
    ]


def _variance_errors():
    return [*no_such_dim()(), Sample(np.array([1, 2]), raises=TypeError, match=r"only support floating point")]


var = op(
    "var", _var, x=_var_rule, analytic=False, samples=_variance_samples(), errors=_variance_errors,
    formula={
        "y": "sum(abs(x - mean(x, dim)) ** 2, dim) / (n - correction); n = count(x, dim)",
        "x": "2 * spread(g, dim) * (x - mean(x, dim)) / (n - correction); n = count(x, dim)",
    },
    doc="""
    Variance, Σ |x - mean|² / (n - correction).

    Args:
        x: floating point or complex numbers.
        dim: a dimension or several; None for all.
        correction: 1 for the unbiased estimate, 0 for the mean of the squared deviations.
        keepdim: keep the dimensions, with length 1.

    Raises:
        DtypeError: integers or booleans. IndexError: a dimension that x does not have.

    Example:
        >>> import autograd
        >>> autograd.var(autograd.tensor([1.0, 2.0, 3.0]))
        tensor(1., dtype=float32)
    """,
)
std = op(
    "std", _std, x=_std_rule, analytic=False,
    samples=_variance_samples(Sample(np.full((2, 3), 0.1), dim=1, kink=True)), errors=_variance_errors,
    formula={
        "y": "sqrt(sum(abs(x - mean(x, dim)) ** 2, dim) / (n - correction)); n = count(x, dim)",
        "x": "spread(g / y, dim) * (x - mean(x, dim)) / (n - correction); n = count(x, dim)",
    },
    doc="Standard deviation: the square root of var, with its arguments. The gradient is 0 where all elements are equal.",
)


# ------------------------------------------------------------------------------------------------------------------- norms


def _norm(x, ord=2, dim=None, keepdim=False):
    return in_rows(_norm_over(x, ord, dim, keepdim))


def _norm_over(x, ord, dim, keepdim):
    if x.dtype.kind not in "fc":
        raise DtypeError("a norm needs floating point or complex numbers: convert with .float() or .double()")
    if x.dtype.char == "e":
        return in_single(_norm, x, ord, dim, keepdim)
    a = axes(dim)
    if ord == 2:
        if a is None and not keepdim and x.dtype.kind == "f":
            flat = x.ravel()
            return np.sqrt(np.dot(flat, flat))
        if not keepdim and x.ndim and a in (-1, x.ndim - 1) and x.dtype.kind == "f" and x.flags.c_contiguous:
            return np.sqrt(products(x, x))
        return np.sqrt(sum_over(np.square(x) if x.dtype.kind == "f" else x.real**2 + x.imag**2, a, keepdim))
    size = np.abs(x)
    if ord == 1:
        return sum_over(size, a, keepdim)
    if ord == np.inf:
        return _maximum(size, a, None, None, keepdim)
    if ord == -np.inf:
        return _minimum(size, a, None, None, keepdim)
    if ord == 0:
        return _add(size != 0, a, size.dtype, None, keepdim)
    with np.errstate(divide="ignore"):
        return np.power(sum_over(np.power(size, ord), a, keepdim), 1 / ord)


def _norm_rule(g, x, y, x_shape, ord, dim, keepdim):
    def spread_back(v):
        return spread(v, shape=x_shape, dim=dim, keepdim=keepdim)

    direction = np.conjugate(x) if x.dtype.kind == "c" else x
    if ord == 2:
        return spread_back(divided_or_zero(g, y)) * direction
    direction = np.sign(direction)
    if ord == 0:
        return spread_back(g) * direction * 0
    if ord == 1:
        return spread_back(g) * direction
    size = np.abs(x)
    if ord in (np.inf, -np.inf):
        extreme = same(size, spread_back(y))
        return spread_back(g / sum(extreme, dim=dim, keepdim=keepdim, dtype=g.dtype)) * extreme * direction
    # x |x|^(p-2) / y^(p-1), and 0 at 0. A 0 is replaced by 1 before its power is taken, or the next derivative would be nan.
    zero = np.equal(size, 0)
    size = np.where(zero, 0, np.where(zero, 1, size) ** (ord - 1))
    return spread_back(np.where(np.equal(y, 0), 0, g * np.where(np.equal(y, 0), 1, y) ** (1 - ord))) * size * direction


def _norm_samples():
    yield from reductions(empty=False)()
    for p in (1, 3, 2.5, 1.5, 0.5, -1, np.inf, -np.inf):
        yield Sample(draw((3, 4), seed=3), ord=p)
        yield Sample(draw((3, 4), seed=4), ord=p, dim=1)
        yield Sample(np.zeros((2, 3)), ord=p, dim=1, kink=True)
    yield Sample(np.array([0.0, 2.0, -1.0]), ord=0, kink=True)
    yield Sample(np.zeros((2, 3)), kink=True)
    yield Sample(draw((3,)) + 1j * draw((3,), seed=1))
    yield Sample(draw((3, 2)) + 1j * draw((3, 2), seed=1), ord=3, dim=0)


norm = op(
    "norm", _norm, x=_norm_rule, analytic=False, samples=_norm_samples,
    errors=lambda: [*no_such_dim()(), Sample(np.array([1, 2]), raises=TypeError, match="needs floating point")],
    formula={
        "y": "sum(abs(x) ** ord, dim) ** (1 / ord)",
        "x": "spread(g, dim) * conj(sign(x)) * (abs(x) / spread(y, dim)) ** (ord - 1)",
    },
    doc="""
    Norm of vectors, (Σ |x|^p)^(1/p). Its gradient at 0 is 0.

    Args:
        x: floating point or complex numbers.
        ord: p. For inf the norm is the largest |x|, for -inf the smallest; several of them share the gradient equally. For 0 it is
            the number of elements that are not 0.
        dim: the dimensions of a vector: one or several; None for all.
        keepdim: keep the dimensions, with length 1.

    Raises:
        DtypeError: integers or booleans. IndexError: a dimension that x does not have.

    Example:
        >>> import autograd
        >>> autograd.norm(autograd.tensor([3.0, 4.0]))
        tensor(5., dtype=float32)
    """,
)
