"""Sums and their relatives: what is left of some dimensions of an array (of all, by default).

``dim`` is None, one dimension or several. Forwards call ``ufunc.reduce``, which costs half of what ``np.sum`` does on small arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import Op, Sample, nondifferentiable, op
from ..engine.samples import calls, draw
from ..errors import DtypeError
from .elementwise.comparison import where

# Looked up once: these are called for every loss. (And NumPy's types for them forbid most of what they can do.)
_add: Any = np.add.reduce
_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce
_logical_and: Any = np.logical_and.reduce
_logical_or: Any = np.logical_or.reduce

_SMALL = 4096  # up to this size a gradient is copied out rather than broadcast as a view: np.broadcast_to costs ten times as much


def axes(dim):
    """``dim`` as NumPy's ufuncs take it; an empty one means all, as in PyTorch."""
    if dim is None or type(dim) is int:
        return dim
    if isinstance(dim, list | tuple):
        return tuple(dim) or None
    return int(dim)


def kept(shape, dim):
    """The shape that a reduction over ``dim`` has with ``keepdim=True``."""
    if dim is None or dim == ():
        return (1,) * len(shape)
    out = list(shape)
    for d in dim if isinstance(dim, list | tuple) else (dim,):
        if out:
            out[d] = 1
    return tuple(out)


def count(shape, dim):
    """How many elements each result of a reduction over ``dim`` is made of."""
    if dim is None or dim == ():
        return prod_of(shape)
    try:
        return prod_of([shape[d] if shape else 1 for d in (dim if isinstance(dim, list | tuple) else (dim,))])
    except IndexError:
        raise np.exceptions.AxisError(f"axis {dim} is out of bounds for array of dimension {len(shape)}") from None


def prod_of(lengths):
    """The product of some integers: a tenth of the time that np.prod takes."""
    n = 1
    for m in lengths:
        n *= m
    return n


def _spread(x, shape, dim=None, keepdim=False):
    if not keepdim and dim is not None:
        x = x.reshape(kept(shape, dim))
    if prod_of(shape) <= _SMALL:
        y = np.empty(shape, x.dtype)
        y[...] = x
        return y
    return np.broadcast_to(x, shape)


def _gather(g, dim, keepdim):
    return sum(g, dim=dim, keepdim=keepdim)


spread = op(
    "spread", _spread, x=_gather, linear=True, view=True,
    samples=calls(
        ((), {"shape": (3, 4)}), ((4,), {"shape": (3, 4), "dim": 0}),
        ((2, 1, 1), {"shape": (2, 3, 4), "dim": (1, -1), "keepdim": True}),
        ((3,), {"shape": (0, 3), "dim": 0}), ((70,), {"shape": (70, 70), "dim": 1}),
    ),
    doc="What a reduction over ``dim`` left, copied back over the dimensions that it took: the adjoint of ``sum``.",
)

_SHAPES = [
    ((3, 4),), ((3, 4), {"dim": 0}), ((3, 4), {"dim": -1, "keepdim": True}), ((2, 3, 2), {"dim": (0, 2)}),
    ((2, 3, 2), {"dim": (0, -1), "keepdim": True}), ((2, 3), {"keepdim": True}), ((),), ((5,), {"dim": 0}), ((2, 1, 3), {"dim": 1}),
]


def _turned():
    return [Sample(draw((4, 6), seed=7).T[::2], dim=1), Sample(draw((4, 6), seed=8)[:, ::-1])]


def reductions(*more, low=-2.0, high=2.0, empty=True, several=True):
    """The calls that every reduction is proved on: all, one or several dimensions, kept or not, 0-d, empty, not contiguous."""
    chosen = [c for c in _SHAPES if several or not isinstance(c[-1].get("dim") if isinstance(c[-1], dict) else 0, tuple)]
    empties = [((0, 3),), ((0, 3), {"dim": 0})] if empty else [((0, 3), {"dim": 1})]
    plain = calls(*chosen, *empties, *more, low=low, high=high)
    return lambda: [*plain(), *_turned()] if low < 0 else [*plain()]


def no_such_dim(**params):
    """The bad calls of every reduction: a dimension that is not there."""
    return lambda: [Sample(np.ones((2, 3)), dim=2, raises=IndexError, match=r"out of bounds.*float64\[2, 3\]", **params)]


# ------------------------------------------------------------------------------------------------------------- sum and mean


def _sum(x, dim=None, keepdim=False, dtype=None):
    return _add(x, axes(dim), dtype, None, keepdim)


def _sum_rule(g, x_shape, dim, keepdim):
    return spread(g, shape=x_shape, dim=dim, keepdim=keepdim)


def _mean(x, dim=None, keepdim=False, dtype=None):
    kind = x.dtype.kind if dtype is None else np.dtype(dtype).kind
    if kind not in "fc":
        raise DtypeError(f"the mean of {x.dtype} is not one of that dtype: pass dtype=, or convert with .float() or .double()")
    # A Python number as the divisor leaves the dtype alone; 0 must give nan, not an exception.
    total = _add(x, axes(dim), dtype, None, keepdim)
    n = count(x.shape, dim)
    return total / n if n else total / total.dtype.type(0)


def _mean_rule(g, x_shape, dim, keepdim):
    # (With a number for a g of no dimensions: NumPy takes ten times as long over an array of one.)
    return spread(g[()] / max(count(x_shape, dim), 1), shape=x_shape, dim=dim, keepdim=keepdim)


sum: Op = op(
    "sum", _sum, x=_sum_rule, linear=True, numpy=np.sum, samples=reductions(), errors=no_such_dim(),
    formula={"y": "sum(x, dim)"},
    doc="""
    Sum of all elements, or over some dimensions.

    Args:
        x: any shape.
        dim: a dimension or several; None for all.
        keepdim: leave the dimensions with length 1.
        dtype: to sum in, and of the result.

    Raises:
        IndexError: a dimension that x does not have.

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

    Example:
        >>> import autograd
        >>> autograd.mean(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1, keepdim=True)
        tensor([[1.5000],
                [3.5000]], dtype=float32)
    """,
)


# --------------------------------------------------------------------------------------------------------- largest, smallest


def _ties(*values):
    arrays = [np.array(v, dtype=float) for v in values]
    return [s for x in arrays for s in (Sample(x, kink=True), Sample(x, dim=-1, kink=True))]


def _shared(g, x, y, dim, keepdim):
    """The gradient shared by all elements that equal the extreme one."""
    shape = np.shape(x)
    chosen = np.equal(x, spread(y, shape=shape, dim=dim, keepdim=keepdim))
    ties = sum(chosen, dim=dim, keepdim=keepdim, dtype=g.dtype)
    return spread(g / ties, shape=shape, dim=dim, keepdim=keepdim) * chosen


amax = op(
    "amax", lambda x, dim=None, keepdim=False: _maximum(x, axes(dim), None, None, keepdim), x=_shared, analytic=False,
    numpy=np.max, samples=lambda: [*reductions(empty=False)(), *_ties([[1, 3, 3], [2, 2, 2]])],
    errors=lambda: [*no_such_dim()(), Sample(np.empty((0, 2)), raises=ValueError, match=r"non-zero size.*float64\[0, 2\]")],
    formula={"y": "max(x, dim)", "x": "spread(g, dim) * chosen / sum(chosen, dim); chosen = 1 * (x == spread(y, dim))"},
    doc="""
    Largest element; equal ones share the gradient.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 3.0, 3.0], requires_grad=True)
        >>> autograd.amax(x).backward()
        >>> x.grad
        tensor([0.0000, 0.5000, 0.5000], dtype=float32)
    """,
)
amin = op(
    "amin", lambda x, dim=None, keepdim=False: _minimum(x, axes(dim), None, None, keepdim), x=_shared, analytic=False,
    numpy=np.min, samples=lambda: [*reductions(empty=False)(), *_ties([[1, 3, 1], [2, 2, 2]])],
    errors=lambda: [*no_such_dim()(), Sample(np.empty((0, 2)), raises=ValueError, match=r"non-zero size.*float64\[0, 2\]")],
    formula={"y": "min(x, dim)", "x": "spread(g, dim) * chosen / sum(chosen, dim); chosen = 1 * (x == spread(y, dim))"},
    doc="""
    Smallest element; equal ones share the gradient.

    Example:
        >>> import autograd
        >>> autograd.amin(autograd.tensor([[3.0, 1.0], [2.0, 5.0]]), dim=1)
        tensor([1., 2.], dtype=float32)
    """,
)


def _extreme(find):
    def forward(x, dim, keepdim=False):
        chosen = find(x, axis=dim, keepdims=True)
        if x.ndim:
            values = np.take_along_axis(x, chosen, dim)
            if not keepdim:
                shape = values.shape[:dim] + values.shape[dim:][1:]
                return values.reshape(shape), chosen.reshape(shape), chosen
            return values, chosen, chosen
        return x.copy(), chosen, chosen

    return forward


def _chosen(g, x_shape, dim, keepdim, chosen):
    places = np.arange(x_shape[dim] if x_shape else 1).reshape((-1, *(1,) * (len(x_shape) - 1 - dim % max(len(x_shape), 1))))
    return spread(g[0], shape=x_shape, dim=dim, keepdim=keepdim) * (places == chosen).reshape(x_shape)


_ALONG = calls(
    ((3, 4), {"dim": 0}), ((3, 4), {"dim": -1, "keepdim": True}), ((2, 3, 2), {"dim": 1}), ((5,), {"dim": 0}), ((0, 3), {"dim": 1}),
)

max_dim = op(
    "max_dim", _extreme(np.argmax), x=_chosen, outputs=2, extras=("chosen",), analytic=False,
    samples=lambda: [*_ALONG(), Sample(np.array([[1.0, 3, 3]]), dim=1, kink=True), Sample(np.array(2.0), dim=0)],
    errors=no_such_dim(),
    formula={"y": "y[0] == max(x, dim)", "x": "spread(g[0], dim) * (position(x, dim) == spread(y[1], dim))"},
    doc="Largest elements along a dimension, and where they stand; of equal ones the first, which gets the gradient.",
)
min_dim = op(
    "min_dim", _extreme(np.argmin), x=_chosen, outputs=2, extras=("chosen",), analytic=False,
    samples=lambda: [*_ALONG(), Sample(np.array([[1.0, 3, 1]]), dim=1, kink=True), Sample(np.array(2.0), dim=0)],
    errors=no_such_dim(),
    formula={"y": "y[0] == min(x, dim)", "x": "spread(g[0], dim) * (position(x, dim) == spread(y[1], dim))"},
    doc="Smallest elements along a dimension, and where they stand; of equal ones the first, which gets the gradient.",
)


# --------------------------------------------------------------------------------------------------- where, whether, how many


def _questions(*more):
    def build():
        x = np.array([[0.0, 1.0, 2.0], [0.0, 3.0, 3.0]])
        yield from [Sample(x), Sample(x, dim=0), Sample(x, dim=-1, keepdim=True)]
        yield from [Sample(x > 1, dim=1), Sample(x.astype(int)), *more]

    return build


_POSITION = [((3, 4),), ((3, 4), {"dim": 0}), ((2, 3, 2), {"dim": -1, "keepdim": True}), ((2, 3), {"keepdim": True}), ((),)]

argmax = nondifferentiable(
    "argmax", lambda x, dim=None, keepdim=False: np.argmax(x, axis=dim, keepdims=keepdim), numpy=np.argmax,
    samples=calls(*_POSITION, (np.array([1.0, 3, 3]),)), errors=no_such_dim(),
    formula={"y": "argmax(x, dim)"},
    doc="""
    Where the largest element stands: the first, of equal ones.

    Example:
        >>> import autograd
        >>> autograd.argmax(autograd.tensor([[1, 3, 3], [2, 0, 1]]), dim=1)
        tensor([1, 0], dtype=int64)
    """,
)
argmin = nondifferentiable(
    "argmin", lambda x, dim=None, keepdim=False: np.argmin(x, axis=dim, keepdims=keepdim), numpy=np.argmin,
    samples=calls(*_POSITION, (np.array([1.0, 1, 3]),)), errors=no_such_dim(),
    formula={"y": "argmin(x, dim)"},
    doc="""
    Where the smallest element stands: the first, of equal ones.

    Example:
        >>> import autograd
        >>> autograd.argmin(autograd.tensor([[1, 3, 1], [2, 0, 1]]), dim=1)
        tensor([0, 1], dtype=int64)
    """,
)
all = nondifferentiable(
    "all", lambda x, dim=None, keepdim=False: _logical_and(x, () if dim == () else axes(dim), None, None, keepdim), numpy=np.all,
    samples=_questions(Sample(np.empty((0, 2)), dim=0)), errors=no_such_dim(),
    formula={"y": "all(x, dim)"},
    doc="""
    Whether all elements are nonzero.

    Example:
        >>> import autograd
        >>> autograd.all(autograd.tensor([[True, True], [True, False]]), dim=1)
        tensor([ True, False], dtype=bool)
    """,
)
any = nondifferentiable(
    "any", lambda x, dim=None, keepdim=False: _logical_or(x, () if dim == () else axes(dim), None, None, keepdim), numpy=np.any,
    samples=_questions(Sample(np.empty((0, 2)), dim=0)), errors=no_such_dim(),
    formula={"y": "any(x, dim)"},
    doc="""
    Whether any element is nonzero.

    Example:
        >>> import autograd
        >>> autograd.any(autograd.tensor([[False, True], [False, False]]), dim=1)
        tensor([ True, False], dtype=bool)
    """,
)
count_nonzero = nondifferentiable(
    "count_nonzero", lambda x, dim=None, keepdim=False: np.count_nonzero(x, axis=axes(dim), keepdims=keepdim),
    numpy=np.count_nonzero,
    samples=_questions(), errors=no_such_dim(),
    formula={"y": "sum(1 * (x != 0), dim)"},
    doc="""
    How many elements are not zero.

    Example:
        >>> import autograd
        >>> autograd.count_nonzero(autograd.tensor([[0, 1, 2], [0, 0, 3]]), dim=1)
        tensor([2, 1], dtype=int64)
    """,
)


# ------------------------------------------------------------------------------------------------------------ log of a sum


def _finite(y):
    # Only where all elements are -inf: their exponentials are 0, and so is the derivative.
    return where(np.equal(y, -np.inf), 0, y)


def _logsumexp(x, dim=None, keepdim=False):
    if not count(x.shape, dim):
        return np.log(_add(x, axes(dim), None, None, keepdim))
    top = _maximum(x.real, axes(dim), None, None, True)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        y = np.log(_add(np.exp(x - top), axes(dim), None, None, True)) + top
    return y if keepdim else y.reshape(_add(x, axes(dim)).shape) if dim is not None else y.reshape(())


logsumexp = op(
    "logsumexp", _logsumexp,
    x=lambda g, x, y, x_shape, dim, keepdim: spread(g, shape=x_shape, dim=dim, keepdim=keepdim)
    * np.exp(x - spread(_finite(y), shape=x_shape, dim=dim, keepdim=keepdim)),
    samples=lambda: [*reductions(empty=False)(), Sample(np.array([1000.0, 999.0])),
    Sample(np.array([-np.inf, -np.inf]), kink=True)],
    errors=no_such_dim(),
    formula={"y": "log(sum(exp(x), dim))", "x": "spread(g, dim) * exp(x - spread(y, dim))"},
    doc="""
    log Σ e^x, computed as m + log Σ e^(x - m) with m the largest element, so that it cannot overflow.

    Example:
        >>> import autograd
        >>> autograd.logsumexp(autograd.tensor([1000.0, 1000.0]))
        tensor(1000.6932, dtype=float32)
    """,
)


# ------------------------------------------------------------------------------------------------------ variance, deviation


def _deviations(x, dim):
    """x - mean(x). The first element is taken off first, so that the deviations of a constant are exactly 0."""
    n = count(x.shape, dim)
    if x.size:
        dims = range(x.ndim) if axes(dim) is None else dim if isinstance(dim, list | tuple) else (dim,)
        first = [slice(None)] * x.ndim
        for d in dims if x.ndim else ():
            first[d] = slice(0, 1)
        x = x - x[tuple(first)]
    return x - _add(x, axes(dim), None, None, True) / n if n else x


def _var(x, dim=None, correction=1, keepdim=False):
    if x.dtype.kind not in "fc":
        raise DtypeError("std and var only support floating point and complex dtypes: convert with .float() or .double()")
    d = _deviations(x, dim)
    d = np.square(d) if d.dtype.kind == "f" else d.real**2 + d.imag**2
    total = _add(d, axes(dim), None, None, keepdim)
    n = count(x.shape, dim) - correction
    if n > 0:
        return total / n
    with np.errstate(all="ignore"):
        return total / total.dtype.type(0)


def _centred(x, dim):
    d = x - mean(x, dim=dim, keepdim=True)
    return np.conjugate(d) if d.dtype.kind == "c" else d


def _var_rule(g, x, x_shape, dim, correction, keepdim):
    n = max(count(x_shape, dim) - correction, 0)
    scale = 2 / n if n else np.inf
    return spread(g * scale, shape=x_shape, dim=dim, keepdim=keepdim) * _centred(x, dim)


def _std_rule(g, x, y, x_shape, dim, correction, keepdim):
    # The derivative (x - mean) / (n y) where y = 0 is 0, at every order: both the quotient and its divisor are chosen.
    n = max(count(x_shape, dim) - correction, 0)
    g = where(np.equal(y, 0), 0, g / where(np.equal(y, 0), 1, y)) * (1 / n if n else np.inf)
    return spread(g, shape=x_shape, dim=dim, keepdim=keepdim) * _centred(x, dim)


_SPREADS = reductions(((3, 4), {"correction": 0}), ((3, 4), {"dim": 1, "correction": 2}), ((4,), {"correction": 0.5}), empty=False)


def _spread_samples(*more):
    return lambda: [s for s in _SPREADS() if count(np.shape(s.inputs[0]), s.params.get("dim")) > 1] + [
        Sample(np.ones((1,)), kink=True), Sample(np.ones((3, 1)), dim=1, correction=0, kink=True), *more,
    ]


def _no_integers():
    return [*no_such_dim()(), Sample(np.array([1, 2]), raises=TypeError, match=r"only support floating point")]


var = op(
    "var", _var, x=_var_rule, analytic=False, samples=_spread_samples(), errors=_no_integers,
    formula={
        "y": "sum(abs(x - mean(x, dim)) ** 2, dim) / (n - correction); n = count(x, dim)",
        "x": "2 * spread(g, dim) * (x - mean(x, dim)) / (n - correction); n = count(x, dim)",
    },
    doc="""
    Variance, Σ |x - mean|² / (n - correction).

    Args:
        dim: a dimension or several; None for all.
        correction: 1 for an unbiased estimate, 0 for the mean square deviation itself.

    Example:
        >>> import autograd
        >>> autograd.var(autograd.tensor([1.0, 2.0, 3.0]))
        tensor(1., dtype=float32)
    """,
)
std = op(
    "std", lambda x, dim=None, correction=1, keepdim=False: np.sqrt(_var(x, dim, correction, keepdim)), x=_std_rule, analytic=False,
    samples=_spread_samples(Sample(np.full((2, 3), 0.1), dim=1, kink=True)), errors=_no_integers,
    formula={
        "y": "sqrt(sum(abs(x - mean(x, dim)) ** 2, dim) / (n - correction)); n = count(x, dim)",
        "x": "spread(g / y, dim) * (x - mean(x, dim)) / (n - correction); n = count(x, dim)",
    },
    doc="Standard deviation, the square root of ``var``; its gradient is 0 where all elements are equal.",
)


# ------------------------------------------------------------------------------------------------------------------- norms


def _norm(x, ord=2, dim=None, keepdim=False):
    if x.dtype.kind not in "fc":
        raise DtypeError("a norm needs floating point or complex numbers: convert with .float() or .double()")
    a = axes(dim)
    if ord == 2:
        if a is None and not keepdim and x.dtype.kind == "f":
            flat = x.ravel()
            return np.sqrt(np.dot(flat, flat))
        return np.sqrt(_add(np.square(x) if x.dtype.kind == "f" else x.real**2 + x.imag**2, a, None, None, keepdim))
    size = np.abs(x)
    if ord == 1:
        return _add(size, a, None, None, keepdim)
    if ord == np.inf:
        return _maximum(size, a, None, None, keepdim)
    if ord == -np.inf:
        return _minimum(size, a, None, None, keepdim)
    if ord == 0:
        return _add(size != 0, a, size.dtype, None, keepdim)
    with np.errstate(divide="ignore"):
        return np.power(_add(np.power(size, ord), a, None, None, keepdim), 1 / ord)


def _norm_rule(g, x, y, x_shape, ord, dim, keepdim):
    def back(v):
        return spread(v, shape=x_shape, dim=dim, keepdim=keepdim)

    direction = np.conjugate(x) if x.dtype.kind == "c" else x
    if ord == 2:
        return back(where(np.equal(y, 0), 0, g / where(np.equal(y, 0), 1, y))) * direction
    direction = np.sign(direction)
    if ord == 0:
        return back(g) * direction * 0
    if ord == 1:
        return back(g) * direction
    size = np.abs(x)
    if ord in (np.inf, -np.inf):
        chosen = np.equal(size, back(y))
        return back(g / sum(chosen, dim=dim, keepdim=keepdim, dtype=g.dtype)) * chosen * direction
    # x |x|^(p-2) / y^(p-1), and 0 at 0: powers are taken of numbers that are not 0, or the next derivative would be nan.
    zero = np.equal(size, 0)
    size = where(zero, 0, where(zero, 1, size) ** (ord - 1))
    return back(where(np.equal(y, 0), 0, g * where(np.equal(y, 0), 1, y) ** (1 - ord))) * size * direction


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
    Norm of vectors, (Σ |x|^p)^(1/p); its gradient at 0 is 0.

    Args:
        ord: p; 2 (the default), 1, inf (the largest |x|, which share the gradient), -inf, 0 (how many are not zero), or another.
        dim: a dimension or several that are one vector; None for all.

    Example:
        >>> import autograd
        >>> autograd.norm(autograd.tensor([3.0, 4.0]))
        tensor(5., dtype=float32)
    """,
)
