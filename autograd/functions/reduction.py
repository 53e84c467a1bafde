"""Reductions: sums and means, extremes, variances, norms, and the scans (running sums, products and extremes)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from warnings import warn

import numpy as np

from ..engine.graph import array_of
from ..engine.recording import operand, recorded, recorded_tuple
from ..engine.values.integers import integers
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..ops import reduction, scan
from ..types import ArrayLike, Dim, Dims, DType, Tensor, TensorLike
from . import elementwise
from .creation import is_tensor
from .shape import astype, reshape

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
    """The largest or smallest elements along a dimension, and their indices."""

    values: Tensor
    indices: Tensor


def _dim(dim: Any, axis: Any) -> Any:
    """The dimension, which NumPy calls axis."""
    return dim if axis is None else axis


def max(
    input: TensorLike, dim: Dims | TensorLike = None, keepdim: bool = False, *, axis: Dims = None, keepdims: bool = False
) -> Tensor | Extreme:  # fmt: skip
    """The largest element of all; or, along a dimension, ``(values, indices)``; or, for two tensors, ``maximum``.

    Where several elements are the largest, they share the gradient. Along a dimension the first of them gets all of it.

    Args:
        input: any shape.
        dim: None for all elements. One dimension for values and indices, several for values only. Or the second tensor.
        keepdim: keep the dimension with length 1.
        axis, keepdims: NumPy's names of dim and keepdim.

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


def min(
    input: TensorLike, dim: Dims | TensorLike = None, keepdim: bool = False, *, axis: Dims = None, keepdims: bool = False
) -> Tensor | Extreme:  # fmt: skip
    """The smallest element of all; or, along a dimension, ``(values, indices)``; or, for two tensors, ``minimum``.

    Where several elements are the smallest, they share the gradient. Along a dimension the first of them gets all of it.

    Args:
        input: any shape.
        dim: None for all elements. One dimension for values and indices, several for values only. Or the second tensor.
        keepdim: keep the dimension with length 1.
        axis, keepdims: NumPy's names of dim and keepdim.

    Example:
        >>> import autograd
        >>> autograd.min(autograd.tensor([[1.0, 4.0], [3.0, 2.0]]), dim=1).indices
        tensor([0, 1], dtype=int64)
    """
    return _extreme(input, _dim(dim, axis), keepdim or keepdims, amin, elementwise.minimum, _min_dim)


def _extreme(
    input: TensorLike, dim: Any, keepdim: bool, reduce: Callable[..., Tensor], pair: Callable[..., Tensor],
    along: Callable[..., tuple[Tensor, ...]],
) -> Tensor | Extreme:  # fmt: skip
    """``max`` or ``min``.

    Args:
        input, dim, keepdim: as of ``max``.
        reduce: the extreme over all or several dimensions.
        pair: the elementwise extreme of two tensors.
        along: values and indices along one dimension.
    """
    if dim is None:
        return reduce(input, keepdim=keepdim)
    if hasattr(dim, "array") or isinstance(dim, np.ndarray):
        return pair(input, dim)
    if isinstance(dim, tuple):
        return reduce(input, dim=dim, keepdim=keepdim)
    return Extreme(*along(input, dim=dim, keepdim=keepdim))


_max_dim = recorded_tuple(reduction.max_dim)
_min_dim = recorded_tuple(reduction.min_dim)


def aminmax(input: TensorLike, *, dim: Dims = None, keepdim: bool = False) -> AMinMax:
    """The smallest and the largest element, of all or along dimensions: ``(min, max)``. Equal elements share the gradient.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.

    Raises:
        DtypeError: complex numbers, which have no order.

    Example:
        >>> import autograd
        >>> autograd.aminmax(autograd.tensor([3.0, 1.0, 2.0]))
        AMinMax(min=tensor(1., dtype=float32), max=tensor(3., dtype=float32))
    """
    if array_of(input).dtype.kind == "c":
        raise DtypeError(f"aminmax is not implemented for {describe(input)}: complex numbers have no order")
    return AMinMax(amin(input, dim=dim, keepdim=keepdim), amax(input, dim=dim, keepdim=keepdim))


class AMinMax(NamedTuple):
    """The smallest and the largest elements."""

    min: Tensor
    max: Tensor


def ptp(input: TensorLike, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The largest minus the smallest element ("peak to peak").

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.

    Example:
        >>> import autograd
        >>> autograd.ptp(autograd.tensor([[3.0, 1.0], [2.0, 7.0]]), dim=1)
        tensor([2., 5.], dtype=float32)
    """
    return elementwise.minus(amax(input, dim=dim, keepdim=keepdim), amin(input, dim=dim, keepdim=keepdim))


def logsumexp(
    input: TensorLike, dim: Dims = None, keepdim: bool = False, *, axis: Dims = None, keepdims: bool = False
) -> Tensor:  # fmt: skip
    """log Σ e^x over dimensions. It does not overflow where e^x does. Its gradient is softmax.

    Args:
        input: any shape.
        dim: the dimension, or several.
        keepdim: keep the dimensions with length 1.
        axis, keepdims: NumPy's names of dim and keepdim.

    Raises:
        IndexError: a dimension that the input does not have. TypeError: no dim, as in PyTorch.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1000.0, 1000.0], requires_grad=True)
        >>> y = autograd.logsumexp(x, dim=0)
        >>> y.backward()
        >>> y.detach(), x.grad
        (tensor(1000.6932, dtype=float32), tensor([0.5000, 0.5000], dtype=float32))
    """
    dim, x = _dim(dim, axis), operand(input)[0]
    if dim is None:
        raise TypeError("logsumexp() missing the argument 'dim': give one or several, such as tuple(range(x.ndim)) for all")
    if not np.ndim(x) and {*dim} <= {0, -1} if isinstance(dim, tuple | list) else not np.ndim(x) and dim in (0, -1):
        dim = ()  # a number has the dimension 0 as far as PyTorch's reductions go
    if 0 in np.shape(x):  # log 0 where there is nothing to add
        return elementwise.log(sum(elementwise.exp(input), dim=dim, keepdim=keepdim or keepdims))
    return _logsumexp(input, dim=dim, keepdim=keepdim or keepdims)


# ------------------------------------------------------------------------------------------------------ variance, deviation
def _correction(dim: Dims, unbiased: bool | None, correction: float | None) -> tuple[Dims, float]:
    """The dimensions, and the number by which the divisor is less than n. PyTorch also takes ``unbiased`` at the place of
    ``dim``."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None:
        if correction is not None:
            raise TypeError("give unbiased or correction, not both: unbiased=True is correction=1")
        correction = int(unbiased)
    return dim, 1 if correction is None else correction


def _spread(op: Callable[..., Tensor], input: TensorLike, dim: Dims, correction: float, keepdim: bool) -> Tensor:
    """A variance or a deviation, with a warning if it divides by nothing: of one number there is none."""
    y = op(input, dim=dim, correction=correction, keepdim=keepdim)
    if correction:
        size = np.size(operand(input)[0])
        if y.array.size and size <= correction * y.array.size:
            warn(
                f"{op.__name__}(): degrees of freedom is <= 0. Correction ({correction}) should be strictly less than the "
                f"number of elements that are reduced ({size // y.array.size})", UserWarning, stacklevel=3,
            )  # fmt: skip
    return y


def var(
    input: TensorLike, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None,
    axis: Dims = None, keepdims: bool = False,
) -> Tensor:  # fmt: skip
    """Variance, Σ |x - mean|² / (n - correction).

    Args:
        input: floating point or complex, any shape.
        dim: the dimension, or several. None for all elements.
        unbiased: True for correction=1, False for correction=0.
        keepdim: keep the dimensions with length 1.
        correction: 1 by default, for an unbiased estimate. 0 gives the mean squared deviation.
        axis, keepdims: NumPy's names of dim and keepdim.

    Raises:
        DtypeError: integers. TypeError: both unbiased and correction.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0, 6.0], requires_grad=True)
        >>> autograd.var(x).backward()
        >>> autograd.var(x).item(), x.grad
        (7.0, tensor([-2., -1.,  3.], dtype=float32))
    """
    dim, correction = _correction(_dim(dim, axis), unbiased, correction)
    return _spread(_var, input, dim, correction, keepdim or keepdims)


def std(
    input: TensorLike, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None,
    axis: Dims = None, keepdims: bool = False,
) -> Tensor:  # fmt: skip
    """Standard deviation, √(Σ |x - mean|² / (n - correction)). Its gradient is 0 where all elements are equal.

    Args:
        input: floating point or complex, any shape.
        dim: the dimension, or several. None for all elements.
        unbiased: True for correction=1, False for correction=0.
        keepdim: keep the dimensions with length 1.
        correction: 1 by default, for an unbiased estimate of the variance. 0 gives the root of the mean squared deviation.
        axis, keepdims: NumPy's names of dim and keepdim.

    Raises:
        DtypeError: integers. TypeError: both unbiased and correction.

    Example:
        >>> import autograd
        >>> autograd.std(autograd.tensor([[1.0, 3.0], [5.0, 5.0]]), dim=1, correction=0)
        tensor([1., 0.], dtype=float32)
    """
    dim, correction = _correction(_dim(dim, axis), unbiased, correction)
    return _spread(_std, input, dim, correction, keepdim or keepdims)


def var_mean(
    input: TensorLike, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Variance and mean, as a pair.

    Args:
        input: floating point or complex, any shape.
        dim: the dimension, or several. None for all elements.
        unbiased: True for correction=1, False for correction=0.
        keepdim: keep the dimensions with length 1.
        correction: 1 by default, for an unbiased estimate. 0 gives the mean squared deviation.

    Raises:
        DtypeError: integers. TypeError: both unbiased and correction.

    Example:
        >>> import autograd
        >>> autograd.var_mean(autograd.tensor([1.0, 2.0, 6.0]))
        (tensor(7., dtype=float32), tensor(3., dtype=float32))
    """
    dim, correction = _correction(dim, unbiased, correction)
    return _spread(_var, input, dim, correction, keepdim), mean(input, dim=dim, keepdim=keepdim)


def std_mean(
    input: TensorLike, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Standard deviation and mean, as a pair.

    Args:
        input: floating point or complex, any shape.
        dim: the dimension, or several. None for all elements.
        unbiased: True for correction=1, False for correction=0.
        keepdim: keep the dimensions with length 1.
        correction: 1 by default, for an unbiased estimate of the variance. 0 gives the root of the mean squared deviation.

    Raises:
        DtypeError: integers. TypeError: both unbiased and correction.

    Example:
        >>> import autograd
        >>> autograd.std_mean(autograd.tensor([1.0, 3.0]), correction=0)
        (tensor(1., dtype=float32), tensor(2., dtype=float32))
    """
    dim, correction = _correction(dim, unbiased, correction)
    return _spread(_std, input, dim, correction, keepdim), mean(input, dim=dim, keepdim=keepdim)


# --------------------------------------------------------------------------------------------------------- norms, averages
def norm(
    input: TensorLike, p: float | str | None = "fro", dim: Dims = None, keepdim: bool = False, dtype: DType | None = None, *,
    axis: Dims = None,
) -> Tensor:  # fmt: skip
    """The p-norm (Σ |x|^p)^(1/p). Its gradient at 0 is 0.

    Args:
        input: floating point or complex, any shape.
        p: 2 or "fro" for the Euclidean norm. 1, or another number. inf for the largest |x|, -inf for the smallest. 0 for the number
            of elements that are not 0.
        dim: the dimension, or several: the elements along all of them count as one vector. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        axis: NumPy's name of dim.

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
        input = astype(input, dtype)
    if isinstance(p, str) and p != "fro":
        raise ArgumentError(f"norm: p is a number or 'fro', not {p!r}; linalg.matrix_norm has 'nuc'")
    return _norm(input, ord=2 if p in ("fro", None) else float(p), dim=_dim(dim, axis), keepdim=keepdim)


def dist(input: TensorLike, other: TensorLike, p: float = 2) -> Tensor:
    """The p-norm of the difference, (Σ |input - other|^p)^(1/p).

    Args:
        input: any shape.
        other: of a shape that broadcasts with the input's.
        p: as of ``norm``.

    Example:
        >>> import autograd
        >>> autograd.dist(autograd.tensor([0.0, 1.0]), autograd.tensor([3.0, 5.0]))
        tensor(5., dtype=float32)
    """
    return norm(elementwise.minus(input, other), p)


def average(
    input: TensorLike, dim: Dims = None, weights: ArrayLike | None = None, keepdim: bool = False, *, axis: Dims = None
) -> Tensor:  # fmt: skip
    """The weighted mean Σ w x / Σ w.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        weights: of the input's shape; or a vector, with one weight for each index of the one dimension. None: all are 1.
        keepdim: keep the dimensions with length 1.
        axis: NumPy's name of dim.

    Raises:
        ShapeError: weights of another shape.

    Example:
        >>> import autograd
        >>> autograd.average(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0, weights=autograd.tensor([3.0, 1.0]))
        tensor([1.5000, 2.5000], dtype=float32)
    """
    dim = _dim(dim, axis)
    if weights is None:
        return mean(input, dim=dim, keepdim=keepdim)
    factors = weights if is_tensor(weights) else np.asarray(weights)
    shape = np.shape(operand(input)[0])
    if tuple(factors.shape) != shape:
        if not isinstance(dim, int | np.integer) or tuple(factors.shape) != (shape[dim],):
            raise ShapeError(
                f"average: weights of shape {tuple(factors.shape)} fit neither {shape} nor one dimension of it: give dim"
            )
        factors = reshape(factors, tuple(-1 if d == dim % len(shape) else 1 for d in range(len(shape))))
    weighted = sum(elementwise.mul(input, factors), dim=dim, keepdim=keepdim)
    return elementwise.divided(weighted, sum(elementwise.mul(np.ones(shape, weighted.dtype), factors), dim=dim, keepdim=keepdim))


# ------------------------------------------------------------------------------------------------------------------- scans
_prod = recorded(scan.prod)
_cumsum = recorded(scan.cumsum)
_cumprod = recorded(scan.cumprod)
_cummax = recorded_tuple(scan.cummax)
_cummin = recorded_tuple(scan.cummin)
logcumsumexp = recorded(scan.logcumsumexp)


def prod(
    input: TensorLike, dim: Dims = None, keepdim: bool = False, dtype: DType | None = None, *, axis: Dims = None,
    keepdims: bool = False,
) -> Tensor:  # fmt: skip
    """The product over dimensions. Its derivatives of every order are right where elements are 0.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        axis, keepdims: NumPy's names of dim and keepdim.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.0, 2.0, 3.0], requires_grad=True)
        >>> autograd.prod(x).backward()
        >>> x.grad
        tensor([6., 0., 0.], dtype=float32)
    """
    return _prod(input, dim=_dim(dim, axis), keepdim=keepdim or keepdims, dtype=dtype)


def cumsum(input: TensorLike, dim: Dim | None = None, dtype: DType | None = None, *, axis: Dim | None = None) -> Tensor:
    """The running sum along a dimension, y_t = x_1 + ... + x_t.

    Args:
        input: any shape.
        dim: the dimension.
        dtype: converts the input first.
        axis: NumPy's name of dim.

    Raises:
        TypeError: no dim.

    Example:
        >>> import autograd
        >>> autograd.cumsum(autograd.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]]), dim=1)
        tensor([[1., 3., 6.],
                [0., 1., 1.]], dtype=float32)
    """
    return _cumsum(input, dim=_needed(_dim(dim, axis), "cumsum"), dtype=dtype)


def cumprod(input: TensorLike, dim: Dim | None = None, dtype: DType | None = None, *, axis: Dim | None = None) -> Tensor:
    """The running product along a dimension, y_t = x_1 ... x_t. Its derivatives of every order are right where elements are 0.

    Args:
        input: any shape.
        dim: the dimension.
        dtype: converts the input first.
        axis: NumPy's name of dim.

    Raises:
        TypeError: no dim.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([2.0, 0.0, 3.0], requires_grad=True)
        >>> y = autograd.cumprod(x, dim=0)
        >>> y.sum().backward()
        >>> y.tolist(), x.grad.tolist()
        ([2.0, 0.0, 0.0], [1.0, 8.0, 0.0])
    """
    return _cumprod(input, dim=_needed(_dim(dim, axis), "cumprod"), dtype=dtype)


def cummax(input: TensorLike, dim: Dim | None = None, *, axis: Dim | None = None) -> Extreme:
    """The running maximum along a dimension and its index: ``(values, indices)``. Of equal elements the last one has the index and
    gradient.

    Args:
        input: any shape.
        dim: the dimension.
        axis: NumPy's name of dim.

    Raises:
        TypeError: no dim.

    Example:
        >>> import autograd
        >>> values, indices = autograd.cummax(autograd.tensor([1.0, 3.0, 2.0, 4.0]), dim=0)
        >>> values.tolist(), indices.tolist()
        ([1.0, 3.0, 3.0, 4.0], [0, 1, 1, 3])
    """
    return Extreme(*_cummax(input, dim=_needed(_dim(dim, axis), "cummax")))


def cummin(input: TensorLike, dim: Dim | None = None, *, axis: Dim | None = None) -> Extreme:
    """The running minimum along a dimension and its index: ``(values, indices)``. Of equal elements the last one has the index and
    gradient.

    Args:
        input: any shape.
        dim: the dimension.
        axis: NumPy's name of dim.

    Raises:
        TypeError: no dim.

    Example:
        >>> import autograd
        >>> values, indices = autograd.cummin(autograd.tensor([3.0, 1.0, 2.0, 0.0]), dim=0)
        >>> values.tolist(), indices.tolist()
        ([3.0, 1.0, 1.0, 0.0], [0, 1, 1, 3])
    """
    return Extreme(*_cummin(input, dim=_needed(_dim(dim, axis), "cummin")))


def _needed(dim: Dim | None, name: str) -> int:
    """The dimension of a scan, which has no default."""
    if dim is None:
        raise TypeError(f"{name} needs a dimension to run along: give dim")
    dimension: int = integers(dim, f"{name}: argument 'dim'")
    return dimension
