"""Functions of tensors that reduce dimensions: sums and means, extremes, spreads, norms, with PyTorch's signatures."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import pointwise
from .ops import reduction, scan
from .recording import operand, recorded

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
    """The largest element (equal ones share the gradient); along a dimension (values, indices); of two tensors the greater."""
    return _extreme(input, _dim(dim, axis), keepdim or keepdims, amax, pointwise.maximum, _max_dim)


def min(input: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest element (equal ones share the gradient); along a dimension (values, indices); of two tensors the smaller."""
    return _extreme(input, _dim(dim, axis), keepdim or keepdims, amin, pointwise.minimum, _min_dim)


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
    """Smallest and largest element."""
    return AMinMax(amin(input, dim=dim, keepdim=keepdim), amax(input, dim=dim, keepdim=keepdim))


class AMinMax(NamedTuple):
    """What ``aminmax`` returns."""

    min: Any
    max: Any


def ptp(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    """Largest minus smallest element ("peak to peak")."""
    return pointwise.minus(amax(input, dim=dim, keepdim=keepdim), amin(input, dim=dim, keepdim=keepdim))


def logsumexp(input: Any, dim: Any = None, keepdim: bool = False, **named: Any) -> Any:
    """log Σ e^x over dimensions, without overflow."""
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
    """Variance; divided by n - correction, 1 by default."""
    dim, c, keep = _moment_args(dim, unbiased, correction, {"keepdim": keepdim, **named})
    return _var(input, dim=dim, correction=c, keepdim=keep)


def std(
    input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: Any = None, **named: Any
) -> Any:
    """Standard deviation; divided by n - correction, 1 by default. The gradient is 0 where all elements are equal."""
    dim, c, keep = _moment_args(dim, unbiased, correction, {"keepdim": keepdim, **named})
    return _std(input, dim=dim, correction=c, keepdim=keep)


def var_mean(input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: Any = None) -> Any:
    """Variance and mean."""
    dim, c, _ = _moment_args(dim, unbiased, correction, {})
    return _var(input, dim=dim, correction=c, keepdim=keepdim), mean(input, dim=dim, keepdim=keepdim)


def std_mean(input: Any, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: Any = None) -> Any:
    """Standard deviation and mean."""
    dim, c, _ = _moment_args(dim, unbiased, correction, {})
    return _std(input, dim=dim, correction=c, keepdim=keepdim), mean(input, dim=dim, keepdim=keepdim)


# --------------------------------------------------------------------------------------------------------- norms, averages
def norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None, *, axis: Any = None) -> Any:
    """(Σ |x|^p)^(1/p) of all elements, or of those along dimensions; "fro" is p = 2. The gradient at 0 is 0."""
    if dtype is not None:
        input = input.to(dtype)
    return _norm(input, ord=2 if p in ("fro", None) else float(p), dim=_dim(dim, axis), keepdim=keepdim)


def dist(input: Any, other: Any, p: float = 2) -> Any:
    """The norm of a difference."""
    return norm(pointwise.minus(input, other), p)


def average(input: Any, dim: Any = None, weights: Any = None, keepdim: bool = False, *, axis: Any = None) -> Any:
    """Mean weighted by numbers that need not sum to 1: Σ w x / Σ w. One weight per element, or per step along one dimension."""
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
    weighted = sum(pointwise.mul(input, weights), dim=dim, keepdim=keepdim)
    return pointwise.divided(weighted, sum(pointwise.mul(np.ones(shape, weighted.dtype), weights), dim=dim, keepdim=keepdim))


# ------------------------------------------------------------------------------------------------------------------- scans
_prod = recorded(scan.prod)
_cumsum = recorded(scan.cumsum)
_cumprod = recorded(scan.cumprod)
_cummax = recorded(scan.cummax)
_cummin = recorded(scan.cummin)
logcumsumexp = recorded(scan.logcumsumexp)


def prod(input: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Product of all elements, or over dimensions; right with zeros at every order of derivative."""
    return _prod(input, dim=_dim(dim, axis), keepdim=keepdim or keepdims, dtype=dtype)


def cumsum(input: Any, dim: Any = None, dtype: Any = None, *, axis: Any = None) -> Any:
    """Running sum along a dimension."""
    return _cumsum(input, dim=_needed(_dim(dim, axis), "cumsum"), dtype=dtype)


def cumprod(input: Any, dim: Any = None, dtype: Any = None, *, axis: Any = None) -> Any:
    """Running product along a dimension."""
    return _cumprod(input, dim=_needed(_dim(dim, axis), "cumprod"), dtype=dtype)


def cummax(input: Any, dim: Any = None, *, axis: Any = None) -> Any:
    """Running maximum along a dimension, and where it was found: (values, indices)."""
    return Extreme(*_cummax(input, dim=_needed(_dim(dim, axis), "cummax")))


def cummin(input: Any, dim: Any = None, *, axis: Any = None) -> Any:
    """Running minimum along a dimension, and where it was found: (values, indices)."""
    return Extreme(*_cummin(input, dim=_needed(_dim(dim, axis), "cummin")))


def _needed(dim: Any, name: str) -> int:
    if dim is None:
        raise TypeError(f"{name} needs a dimension to run along: give dim")
    return int(dim)
