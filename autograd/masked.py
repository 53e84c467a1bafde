"""The reductions of ``torch.masked``: only the elements where a mask is True count.

A masked-out element is replaced by the number that does not change the result: 0 in a sum, -inf under a maximum.
Where nothing is left, the result is that number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import ArgumentError, ShapeError, describe
from .functions import activation, elementwise, reduction, sorting
from .functions.creation import to_tensor
from .functions.shape import astype
from .types import Dim, Dims, DType, Tensor, TensorLike


def _operands(input: TensorLike, dtype: DType | None, mask: TensorLike | None, name: str) -> tuple[Tensor, Any]:
    """The input in a dtype, and the mask as an array of its shape; None for no mask."""
    x = to_tensor(input)
    if dtype is not None:
        x = astype(x, dtype)
    if mask is None:
        return x, None
    array = np.asarray(getattr(mask, "array", mask))
    if array.ndim > x.ndim:
        raise ShapeError(f"masked.{name}: the mask {describe(array)} has more dimensions than the input {describe(x.array)}")
    return x, np.broadcast_to(array.astype(bool), x.shape)


def _filled(x: Tensor, mask: Any, value: Any) -> Tensor:
    """The input, with a number in place of what is masked out."""
    return x if mask is None else elementwise.where(mask, x, np.asarray(value, x.dtype))


def _extreme(x: Tensor, sign: int) -> Any:
    """The largest (1) or smallest (-1) number of a dtype."""
    if x.dtype.kind == "f":
        return sign * np.inf
    if x.dtype.kind == "b":
        return sign > 0
    return np.iinfo(x.dtype).max if sign > 0 else np.iinfo(x.dtype).min


def _all_dims(x: Tensor, dim: Any) -> tuple[int, ...]:
    """The dimensions to reduce: None and () mean all of them, as everywhere in ``torch.masked``."""
    if dim is None or dim == () or dim == []:
        return tuple(range(x.ndim))
    if not x.ndim and dim in (0, -1, (0,), (-1,)):
        return ()  # a number has a dimension 0 here, as in PyTorch
    dims = tuple([d % x.ndim if -x.ndim <= d < x.ndim else d for d in ((dim,) if isinstance(dim, int) else dim)])
    if len(set(dims)) < len(dims):
        raise ShapeError(f"dim {next(d for d in dims if dims.count(d) > 1)} appears multiple times in the list of dims {dim}")
    return dims


def _count(x: Tensor, mask: Any, dims: tuple[int, ...]) -> np.ndarray:
    """How many elements count, with the reduced dimensions kept."""
    counted = np.ones(x.shape, bool) if mask is None else mask
    return np.sum(counted, axis=dims, keepdims=True)


def sum(
    input: TensorLike,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """The sum of the elements that count.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.sum(autograd.tensor([1.0, 2.0, 4.0]), dim=0, mask=autograd.tensor([True, False, True]))
        tensor(5., dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "sum")
    return reduction.sum(_filled(x, mask, 0), dim=_all_dims(x, dim), keepdim=keepdim)


def prod(
    input: TensorLike,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """The product of the elements that count.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.prod(autograd.tensor([1.0, 2.0, 4.0]), dim=0, mask=autograd.tensor([True, False, True]))
        tensor(4., dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "prod")
    y = _filled(x, mask, 1)
    for d in sorted(_all_dims(x, dim), reverse=True) if dim != () and dim != [] else ():
        y = reduction.prod(y, d, keepdim)
    return y


def amax(
    input: TensorLike,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """The largest element that counts.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.amax(autograd.tensor([1.0, 2.0, 4.0]), dim=0, mask=autograd.tensor([True, False, True]))
        tensor(4., dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "amax")
    return reduction.amax(_filled(x, mask, _extreme(x, -1)), dim=_all_dims(x, dim), keepdim=keepdim)


def amin(
    input: TensorLike,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """The smallest element that counts.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.amin(autograd.tensor([1.0, 2.0, 4.0]), dim=0, mask=autograd.tensor([True, False, True]))
        tensor(1., dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "amin")
    return reduction.amin(_filled(x, mask, _extreme(x, 1)), dim=_all_dims(x, dim), keepdim=keepdim)


def argmax(
    input: TensorLike,
    dim: Dim | None = None,
    *,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """The index of the largest element that counts.

    Args:
        input: any shape.
        dim: the dimension. None for the index in the flattened input.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.argmax(autograd.tensor([1.0, 2.0, 4.0]), dim=0, mask=autograd.tensor([True, False, True]))
        tensor(2, dtype=int64)
    """
    x, mask = _operands(input, dtype, mask, "argmax")
    return reduction.argmax(_filled(x, mask, _extreme(x, -1)), dim=dim, keepdim=keepdim)


def argmin(
    input: TensorLike,
    dim: Dim | None = None,
    *,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """The index of the smallest element that counts.

    Args:
        input: any shape.
        dim: the dimension. None for the index in the flattened input.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.argmin(autograd.tensor([1.0, 2.0, 4.0]), dim=0, mask=autograd.tensor([True, False, True]))
        tensor(0, dtype=int64)
    """
    x, mask = _operands(input, dtype, mask, "argmin")
    return reduction.argmin(_filled(x, mask, _extreme(x, 1)), dim=dim, keepdim=keepdim)


def mean(
    input: TensorLike,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """The mean of the elements that count; nan where there are none.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.mean(autograd.tensor([1.0, 2.0, 4.0]), dim=0, mask=autograd.tensor([True, False, True]))
        tensor(2.5000, dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "mean")
    dims = _all_dims(x, dim)
    count = _count(x, mask, dims).astype(x.dtype if x.dtype.kind in "fc" else float)
    y = reduction.sum(_filled(x, mask, 0), dim=dims, keepdim=True) / count
    return y if keepdim else y.squeeze(dims)


def median(
    input: TensorLike,
    dim: Dim = -1,
    *,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """The median of the elements that count, the lower one of two; nan where there are none.

    Args:
        input: any shape.
        dim: the dimension.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.median(autograd.tensor([1.0, 2.0, 4.0]), dim=0, mask=autograd.tensor([True, False, True]))
        tensor(1., dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "median")
    if mask is None:
        return sorting.median(x, dim, keepdim).values  # type: ignore[union-attr]
    return sorting.nanmedian(_filled(x, mask, np.nan), dim, keepdim).values  # type: ignore[union-attr]


def norm(
    input: TensorLike,
    ord: float | None = 2.0,
    dim: Dims = None,
    *,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """The p-norm of the elements that count.

    Args:
        input: any shape.
        ord: as of ``norm``.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.norm(autograd.tensor([1.0, 2.0, 4.0]), 2.0, 0, mask=autograd.tensor([True, False, True]))
        tensor(4.1231, dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "norm")
    return reduction.norm(_filled(x, mask, np.inf if ord == -np.inf else 0), ord, _all_dims(x, dim), keepdim)


def var(
    input: TensorLike,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """The variance of the elements that count.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        unbiased: False for a correction of 0.
        correction: is subtracted from the number of elements; 1 unless given.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Raises:
        ArgumentError: both unbiased and correction.

    Example:
        >>> import autograd
        >>> autograd.masked.var(autograd.tensor([1.0, 2.0, 4.0]), dim=0, unbiased=False, mask=autograd.tensor([True, False, True]))
        tensor(2.2500, dtype=float32)
    """
    return _variance("var", input, dim, unbiased, correction, keepdim, dtype, mask)


def std(
    input: TensorLike,
    dim: Dims = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """The standard deviation of the elements that count.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        unbiased: False for a correction of 0.
        correction: is subtracted from the number of elements; 1 unless given.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Raises:
        ArgumentError: both unbiased and correction.

    Example:
        >>> import autograd
        >>> autograd.masked.std(autograd.tensor([1.0, 2.0, 4.0]), dim=0, unbiased=False, mask=autograd.tensor([True, False, True]))
        tensor(1.5000, dtype=float32)
    """
    return elementwise.sqrt(_variance("std", input, dim, unbiased, correction, keepdim, dtype, mask))


def _variance(
    name: str, input: TensorLike, dim: Dims, unbiased: bool | None, correction: float | None, keepdim: bool, dtype: DType | None,
    mask: TensorLike | None,
) -> Tensor:  # fmt: skip
    """``var``. name: of the function that the user has called, for errors."""
    x, mask = _operands(input, dtype, mask, name)
    dims = _all_dims(x, dim)
    if unbiased is not None and correction is not None:
        raise ArgumentError(f"masked.{name}: only one of unbiased and correction may be given")
    less = correction if correction is not None else 1 if unbiased is None else int(unbiased)
    kind = x.dtype if x.dtype.kind in "fc" else np.dtype(np.float64)
    count = _count(x, mask, dims).astype(kind)
    y = _filled(astype(x, kind), mask, 0)
    apart = _filled(y - reduction.sum(y, dim=dims, keepdim=True) / np.maximum(count.real, 1), mask, 0)
    y = reduction.sum((apart * apart.conj()).real if kind.kind == "c" else apart * apart, dim=dims, keepdim=True)
    y = y / np.maximum(count.real - less, 0)
    return y if keepdim else y.squeeze(dims)


def logsumexp(
    input: TensorLike,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
    mask: TensorLike | None = None,
) -> Tensor:
    """log Σ exp(x) over the elements that count; -inf where there are none.

    Args:
        input: any shape.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.logsumexp(autograd.tensor([1.0, 2.0, 4.0]), 0, mask=autograd.tensor([True, False, True]))
        tensor(4.0486, dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "logsumexp")
    return reduction.logsumexp(_filled(x, mask, -np.inf), _all_dims(x, dim), keepdim)


def cumsum(input: TensorLike, dim: Dim, *, dtype: DType | None = None, mask: TensorLike | None = None) -> Tensor:
    """The running sum of the elements that count.

    Args:
        input: any shape.
        dim: the dimension.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.cumsum(autograd.tensor([1.0, 2.0, 4.0]), 0, mask=autograd.tensor([True, False, True]))
        tensor([1., 1., 5.], dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "cumsum")
    return reduction.cumsum(_filled(x, mask, 0), dim)


def cumprod(input: TensorLike, dim: Dim, *, dtype: DType | None = None, mask: TensorLike | None = None) -> Tensor:
    """The running product of the elements that count.

    Args:
        input: any shape.
        dim: the dimension.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.cumprod(autograd.tensor([1.0, 2.0, 4.0]), 0, mask=autograd.tensor([True, False, True]))
        tensor([1., 1., 4.], dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "cumprod")
    return reduction.cumprod(_filled(x, mask, 1), dim)


def softmax(input: TensorLike, dim: Dim, *, dtype: DType | None = None, mask: TensorLike | None = None) -> Tensor:
    """``softmax`` of the elements that count; 0 elsewhere, nan where none counts.

    Args:
        input: any shape.
        dim: the dimension.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.softmax(autograd.tensor([1.0, 2.0, 4.0]), 0, mask=autograd.tensor([True, False, True]))
        tensor([0.0474, 0.0000, 0.9526], dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "softmax")
    return activation.softmax(_filled(x, mask, -np.inf), dim)


def log_softmax(input: TensorLike, dim: Dim, *, dtype: DType | None = None, mask: TensorLike | None = None) -> Tensor:
    """``log_softmax`` of the elements that count; -inf elsewhere, nan where none counts.

    Args:
        input: any shape.
        dim: the dimension.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.log_softmax(autograd.tensor([1.0, 2.0, 4.0]), 0, mask=autograd.tensor([True, False, True]))
        tensor([-3.0486,    -inf, -0.0486], dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "log_softmax")
    return activation.log_softmax(_filled(x, mask, -np.inf), dim)


def softmin(input: TensorLike, dim: Dim, *, dtype: DType | None = None, mask: TensorLike | None = None) -> Tensor:
    """``softmax`` of -x over the elements that count; 0 elsewhere, nan where none counts.

    Args:
        input: any shape.
        dim: the dimension.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.softmin(autograd.tensor([1.0, 2.0, 4.0]), 0, mask=autograd.tensor([True, False, True]))
        tensor([0.9526, 0.0000, 0.0474], dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "softmin")
    return activation.softmax(-_filled(x, mask, np.inf), dim)


def normalize(
    input: TensorLike, ord: float, dim: Dim, *, eps: float = 1e-12, dtype: DType | None = None, mask: TensorLike | None = None
) -> Tensor:
    """The elements that count, divided by the norm of theirs; 0 elsewhere.

    Args:
        input: any shape.
        ord: as of ``norm``. dim: the dimension.
        eps: the smallest length that is divided by.
        dtype: converts the input first.
        mask: boolean, of a shape that broadcasts to the input's; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.normalize(autograd.tensor([1.0, 2.0, 4.0]), 1.0, 0, mask=autograd.tensor([True, False, True]))
        tensor([0.2000, 0.0000, 0.8000], dtype=float32)
    """
    x, mask = _operands(input, dtype, mask, "normalize")
    length = norm(x, ord, dim, keepdim=True, mask=mask)
    return _filled(x, mask, 0) / elementwise.clamp_min(length, eps)


def logaddexp(
    input: TensorLike,
    other: TensorLike,
    *,
    dtype: DType | None = None,
    input_mask: TensorLike | None = None,
    other_mask: TensorLike | None = None,
) -> Tensor:
    """log(exp(input) + exp(other)), without what is masked out.

    Args:
        input, other: of shapes that broadcast.
        dtype: converts both first.
        input_mask, other_mask: boolean; True where an element counts.

    Example:
        >>> import autograd
        >>> autograd.masked.logaddexp(autograd.zeros(2), autograd.zeros(2), other_mask=autograd.tensor([True, False]))
        tensor([0.6931, 0.0000], dtype=float32)
    """
    a, mask = _operands(input, dtype, input_mask, "logaddexp")
    b, other_mask = _operands(other, dtype, other_mask, "logaddexp")
    return elementwise.logaddexp(_filled(a, mask, -np.inf), _filled(b, other_mask, -np.inf))


__all__ = [
    "amax", "amin", "argmax", "argmin", "cumprod", "cumsum", "log_softmax", "logaddexp", "logsumexp", "mean", "median",
    "norm", "normalize", "prod", "softmax", "softmin", "std", "sum", "var",
]  # fmt: skip
