"""Functions of tensors that reduce dimensions: sums and means, extremes, spreads, norms, with PyTorch's signatures."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine.recording import operand, recorded
from ..errors import ArgumentError
from ..ops import reduction, scan
from . import elementwise

sum = recorded(reduction.sum)
mean = recorded(reduction.mean)
amax = recorded(reduction.amax)
amin = recorded(reduction.amin)
argmax = recorded(reduction.argmax)
argmin = recorded(reduction.argmin)
all = recorded(reduction.all)
any = recorded(reduction.any)
count_nonzero = recorded(reduction.count_nonzero)
_logsumexp = recorded(reduction.logsumexp)
_norm = recorded(reduction.norm)
_var = recorded(reduction.var)
_std = recorded(reduction.std)


# --------------------------------------------------------------------------------------------------------- largest, smallest
class Extreme(NamedTuple):
    """What ``max`` and ``min`` along a dimension return."""

    values: Any
    indices: Any


def _dim(dim: Any, axis: Any) -> Any:
    return dim if axis is None else axis


def max(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest element (equal ones share the gradient); along a dimension (values, indices); of two tensors the greater.

    Args:
        input: any shape.
        dim: a dimension: then of equal elements the first is found, and gets all of the gradient. Or a tensor: ``maximum``.
        keepdim: leave the dimension with length 1.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 4.0], [3.0, 2.0]], requires_grad=True)
        >>> values, indices = x.max(dim=1)
        >>> values.sum().backward()
        >>> values.tolist(), indices.tolist(), x.grad.tolist()
        ([4.0, 3.0], [1, 0], [[0.0, 1.0], [1.0, 0.0]])
        >>> x.max().item()
        4.0
    """
    return _extreme(input, _dim(dim, axis), keepdim or keepdims, amax, elementwise.maximum, _max_dim)


def min(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element (equal ones share the gradient); along a dimension (values, indices); of two tensors the smaller.

    Args:
        input: any shape.
        dim: a dimension: then of equal elements the first is found, and gets all of the gradient. Or a tensor: ``minimum``.
        keepdim: leave the dimension with length 1.

    Example:
        >>> import autograd
        >>> autograd.min(autograd.tensor([[1.0, 4.0], [3.0, 2.0]]), dim=1).indices
        tensor([0, 1], dtype=int64)
    """
    return _extreme(input, _dim(dim, axis), keepdim or keepdims, amin, elementwise.minimum, _min_dim)


def _extreme(input: Any, dim: Any, keepdim: bool, full: Any, pair: Any, along: Any) -> Any:
    if dim is None:
        return full(input, keepdim=keepdim)
    if hasattr(dim, "array") or isinstance(dim, np.ndarray):
        return pair(input, dim)
    if isinstance(dim, tuple):
        return full(input, dim=dim, keepdim=keepdim)
    return Extreme(*along(input, dim=int(dim), keepdim=keepdim))


_max_dim = recorded(reduction.max_dim)
_min_dim = recorded(reduction.min_dim)


def aminmax(input: Any, *, dim: Any = None, keepdim: bool = False) -> tuple[Any, Any]:
    """Smallest and largest element, of all or along a dimension: (min, max).

    Example:
        >>> import autograd
        >>> autograd.aminmax(autograd.tensor([3.0, 1.0, 2.0]))
        AMinMax(min=tensor(1., dtype=float32), max=tensor(3., dtype=float32))
    """
    return AMinMax(amin(input, dim=dim, keepdim=keepdim), amax(input, dim=dim, keepdim=keepdim))


class AMinMax(NamedTuple):
    """What ``aminmax`` returns."""

    min: Any
    max: Any


def ptp(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Largest minus smallest element ("peak to peak").

    Example:
        >>> import autograd
        >>> autograd.ptp(autograd.tensor([[3.0, 1.0], [2.0, 7.0]]), dim=1)
        tensor([2., 5.], dtype=float32)
    """
    return elementwise.minus(amax(input, dim=dim, keepdim=keepdim), amin(input, dim=dim, keepdim=keepdim))


def logsumexp(input: Any, dim: Any = None, keepdim: bool = False, **named: Any) -> Any:
    """log Σ e^x over dimensions, without overflow; its gradient is softmax.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1000.0, 1000.0], requires_grad=True)
        >>> y = autograd.logsumexp(x, dim=0)
        >>> y.backward()
        >>> y.detach(), x.grad
        (tensor(1000.6932, dtype=float32), tensor([0.5000, 0.5000], dtype=float32))
    """
    return _logsumexp(input, dim=dim, keepdim=keepdim, **named)


# ------------------------------------------------------------------------------------------------------ variance, deviation
def _moment_args(dim: Any, unbiased: Any, correction: Any, named: dict[str, Any]) -> tuple[Any, Any, bool]:
    """PyTorch has two ways to say what to divide by, and lets ``unbiased`` stand where ``dim`` does."""
    keepdim = bool(named.pop("keepdim", False) or named.pop("keepdims", False))
    dim = named.pop("axis", dim)
    if named:
        raise TypeError(f"got an unexpected argument {next(iter(named))!r}; it takes input, dim, unbiased, keepdim, correction")
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None:
            raise TypeError("give unbiased or correction, not both: unbiased=True is correction=1")
        correction = int(unbiased)
    return dim, 1 if correction is None else correction, keepdim


def var(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: Any = None, **named: Any
) -> Any:
    """Variance, Σ |x - mean|² / (n - correction).

    Args:
        input: floating point or complex, any shape.
        dim: a dimension or several; None for all.
        unbiased: True is correction=1, False correction=0.
        correction: 1 by default, for an unbiased estimate; 0 for the mean square deviation itself.

    Raises:
        DtypeError: integers.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0, 6.0], requires_grad=True)
        >>> autograd.var(x).backward()
        >>> autograd.var(x).item(), x.grad
        (7.0, tensor([-2., -1.,  3.], dtype=float32))
    """
    dim, c, keep = _moment_args(dim, unbiased, correction, {"keepdim": keepdim, **named})
    return _var(input, dim=dim, correction=c, keepdim=keep)


def std(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: Any = None, **named: Any
) -> Any:
    """Standard deviation, √(Σ |x - mean|² / (n - correction)); its gradient is 0 where all elements are equal.

    Arguments and errors are those of ``var``.

    Example:
        >>> import autograd
        >>> autograd.std(autograd.tensor([[1.0, 3.0], [5.0, 5.0]]), dim=1, correction=0)
        tensor([1., 0.], dtype=float32)
    """
    dim, c, keep = _moment_args(dim, unbiased, correction, {"keepdim": keepdim, **named})
    return _std(input, dim=dim, correction=c, keepdim=keep)


def var_mean(input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: Any = None) -> Any:
    """Variance and mean, as a pair.

    Example:
        >>> import autograd
        >>> autograd.var_mean(autograd.tensor([1.0, 2.0, 6.0]))
        (tensor(7., dtype=float32), tensor(3., dtype=float32))
    """
    dim, c, _ = _moment_args(dim, unbiased, correction, {})
    return _var(input, dim=dim, correction=c, keepdim=keepdim), mean(input, dim=dim, keepdim=keepdim)


def std_mean(input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: Any = None) -> Any:
    """Standard deviation and mean, as a pair.

    Example:
        >>> import autograd
        >>> autograd.std_mean(autograd.tensor([1.0, 3.0]), correction=0)
        (tensor(1., dtype=float32), tensor(2., dtype=float32))
    """
    dim, c, _ = _moment_args(dim, unbiased, correction, {})
    return _std(input, dim=dim, correction=c, keepdim=keepdim), mean(input, dim=dim, keepdim=keepdim)


# --------------------------------------------------------------------------------------------------------- norms, averages
def norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None, *, axis: Any = None) -> Any:
    """(Σ |x|^p)^(1/p) of all elements, or of those along dimensions; "fro" is p = 2. The gradient at 0 is 0.

    Args:
        input: floating point or complex, any shape.
        p: 2 or "fro", 1, inf (the largest |x|), -inf, 0 (how many are not zero), or another number.
        dim: a dimension or several that are one vector; None for all.

    Raises:
        DtypeError: integers. ArgumentError: p is another word.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 4.0], requires_grad=True)
        >>> y = autograd.norm(x)
        >>> y.backward()
        >>> y.item(), x.grad
        (5.0, tensor([0.6000, 0.8000], dtype=float32))
    """
    if dtype is not None:
        input = input.to(dtype)
    if isinstance(p, str) and p != "fro":
        raise ArgumentError(f"norm: p is a number or 'fro', not {p!r}; linalg.matrix_norm has 'nuc'")
    return _norm(input, ord=2 if p in ("fro", None) else float(p), dim=_dim(dim, axis), keepdim=keepdim)


def dist(input: Any, other: Any, p: float = 2) -> Any:
    """The norm of a difference, (Σ |input - other|^p)^(1/p).

    Example:
        >>> import autograd
        >>> autograd.dist(autograd.tensor([0.0, 1.0]), autograd.tensor([3.0, 5.0]))
        tensor(5., dtype=float32)
    """
    return norm(elementwise.minus(input, other), p)


def average(input: Any, dim: Any = None, weights: Any = None, keepdim: bool = False, *, axis: Any = None) -> Any:
    """Mean weighted by numbers that need not sum to 1: Σ w x / Σ w. One weight per element, or per step along one dimension.

    Example:
        >>> import autograd
        >>> autograd.average(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0, weights=autograd.tensor([3.0, 1.0]))
        tensor([1.5000, 2.5000], dtype=float32)
    """
    dim = _dim(dim, axis)
    if weights is None:
        return mean(input, dim=dim, keepdim=keepdim)
    if not hasattr(weights, "array"):
        weights = np.asarray(weights)
    shape = np.shape(operand(input)[0])
    if tuple(weights.shape) != shape:
        if dim is None or isinstance(dim, tuple) or tuple(weights.shape) != (shape[dim],):
            raise ValueError(
                f"average: weights of shape {tuple(weights.shape)} fit neither {shape} nor one dimension of it: give dim"
            )
        weights = weights.reshape([-1 if d == dim % len(shape) else 1 for d in range(len(shape))])
    weighted = sum(elementwise.mul(input, weights), dim=dim, keepdim=keepdim)
    return elementwise.divided(weighted, sum(elementwise.mul(np.ones(shape, weighted.dtype), weights), dim=dim, keepdim=keepdim))


# ------------------------------------------------------------------------------------------------------------------- scans
_prod = recorded(scan.prod)
_cumsum = recorded(scan.cumsum)
_cumprod = recorded(scan.cumprod)
_cummax = recorded(scan.cummax)
_cummin = recorded(scan.cummin)
logcumsumexp = recorded(scan.logcumsumexp)


def prod(input: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Product of all elements, or over dimensions; right with zeros at every order of derivative.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.0, 2.0, 3.0], requires_grad=True)
        >>> autograd.prod(x).backward()
        >>> x.grad
        tensor([6., 0., 0.], dtype=float32)
    """
    return _prod(input, dim=_dim(dim, axis), keepdim=keepdim or keepdims, dtype=dtype)


def cumsum(input: Any, dim: Any = None, dtype: Any = None, *, axis: Any = None) -> Any:
    """Running sum along a dimension, y_t = x_1 + ... + x_t.

    Example:
        >>> import autograd
        >>> autograd.cumsum(autograd.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]), dim=1)
        tensor([[1., 3., 6.],
                [0., 1., 1.]], dtype=float32)
    """
    return _cumsum(input, dim=_needed(_dim(dim, axis), "cumsum"), dtype=dtype)


def cumprod(input: Any, dim: Any = None, dtype: Any = None, *, axis: Any = None) -> Any:
    """Running product along a dimension, y_t = x_1 ... x_t; right with zeros at every order of derivative.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([2.0, 0.0, 3.0], requires_grad=True)
        >>> y = autograd.cumprod(x, dim=0)
        >>> y.sum().backward()
        >>> y.tolist(), x.grad.tolist()
        ([2.0, 0.0, 0.0], [1.0, 8.0, 0.0])
    """
    return _cumprod(input, dim=_needed(_dim(dim, axis), "cumprod"), dtype=dtype)


def cummax(input: Any, dim: Any = None, *, axis: Any = None) -> Any:
    """Running maximum along a dimension, and where it was found: (values, indices). Of equal ones the latest gets the gradient.

    Example:
        >>> import autograd
        >>> values, indices = autograd.cummax(autograd.tensor([1.0, 3.0, 2.0, 4.0]), dim=0)
        >>> values.tolist(), indices.tolist()
        ([1.0, 3.0, 3.0, 4.0], [0, 1, 1, 3])
    """
    return Extreme(*_cummax(input, dim=_needed(_dim(dim, axis), "cummax")))


def cummin(input: Any, dim: Any = None, *, axis: Any = None) -> Any:
    """Running minimum along a dimension, and where it was found: (values, indices). Of equal ones the latest gets the gradient.

    Example:
        >>> import autograd
        >>> values, indices = autograd.cummin(autograd.tensor([3.0, 1.0, 2.0, 0.0]), dim=0)
        >>> values.tolist(), indices.tolist()
        ([3.0, 1.0, 1.0, 0.0], [0, 1, 1, 3])
    """
    return Extreme(*_cummin(input, dim=_needed(_dim(dim, axis), "cummin")))


def _needed(dim: Any, name: str) -> int:
    if dim is None:
        raise TypeError(f"{name} needs a dimension to run along: give dim")
    return int(dim)
