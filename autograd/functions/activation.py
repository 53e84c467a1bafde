"""Activation functions: relu, gelu, softmax and others."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from ..engine.modes import here
from ..engine.recording import recorded
from ..errors import ShapeError, describe
from ..ops import activation
from ..types import Dim, DType, Tensor, TensorLike
from .creation import to_tensor
from .shape import astype

_softmax = recorded(activation.softmax)
_log_softmax = recorded(activation.log_softmax)
_prelu = recorded(activation.prelu)

relu = recorded(activation.relu)
leaky_relu = recorded(activation.leaky_relu)
hardtanh = recorded(activation.hardtanh)
relu6 = recorded(activation.relu6)
hardsigmoid = recorded(activation.hardsigmoid)
hardswish = recorded(activation.hardswish)
threshold = recorded(activation.threshold)
softshrink = recorded(activation.softshrink)
hardshrink = recorded(activation.hardshrink)
elu = recorded(activation.elu)
gelu = recorded(activation.gelu)
silu = recorded(activation.silu)
mish = recorded(activation.mish)
softplus = recorded(activation.softplus)
logsigmoid = recorded(activation.logsigmoid)
softsign = recorded(activation.softsign)
tanhshrink = recorded(activation.tanhshrink)


def _softmax_of(
    function: Callable[..., Tensor], name: str, input: TensorLike, dim: Dim | None, dtype: DType | None, axis: Dim | None
) -> Tensor:  # fmt: skip
    """A call of ``softmax`` or ``log_softmax`` with a dtype, with NumPy's axis, or without a dimension, which is an error."""
    dim = dim if axis is None else axis
    if dim is None:
        raise TypeError(f"{name} is missing 'dim', along which the numbers sum to 1")
    return function(input if dtype is None else astype(input, dtype), dim=dim)


def softmax(input: TensorLike, dim: Dim | None = None, dtype: DType | None = None, *, axis: Dim | None = None) -> Tensor:
    """e^x / Σ e^x along a dimension: positive numbers that sum to 1. It does not overflow where e^x does.

    Args:
        input: any shape.
        dim: the dimension.
        dtype: converts the input first.
        axis: NumPy's name of dim.

    Raises:
        TypeError: no dim. IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.0, 0.0, 1000.0, 1000.0], requires_grad=True)
        >>> y = autograd.softmax(x, dim=0)
        >>> y[2].backward()
        >>> y.tolist(), x.grad.tolist()
        ([0.0, 0.0, 0.5, 0.5], [-0.0, -0.0, 0.25, -0.25])
    """
    if dim is None or dtype is not None:
        return _softmax_of(_softmax, "softmax", input, dim, dtype, axis)
    return _softmax(input, dim=dim)


def log_softmax(input: TensorLike, dim: Dim | None = None, dtype: DType | None = None, *, axis: Dim | None = None) -> Tensor:
    """The logarithm of softmax, x - log Σ e^x along a dimension. It neither overflows nor underflows where e^x does.

    Args:
        input: any shape.
        dim: the dimension.
        dtype: converts the input first.
        axis: NumPy's name of dim.

    Raises:
        TypeError: no dim. IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.log_softmax(autograd.tensor([0.0, -1000.0]), dim=0)
        tensor([    0., -1000.], dtype=float32)
    """
    if dim is None or dtype is not None:
        return _softmax_of(_log_softmax, "log_softmax", input, dim, dtype, axis)
    return _log_softmax(input, dim=dim)


def prelu(input: TensorLike, weight: TensorLike) -> Tensor:
    """x where x > 0, weight x elsewhere.

    Args:
        input: (n, c, ...).
        weight: of one element, or (c,), one for each channel.

    Raises:
        ShapeError: the number of channels is not that of the weights.

    Source: He et al., Delving deep into rectifiers, 2015.

    Example:
        >>> import autograd
        >>> autograd.prelu(autograd.tensor([-2.0, 0.5, 4.0]), autograd.tensor(0.25))
        tensor([-0.5000,  0.5000,  4.0000], dtype=float32)
    """
    input, weight = to_tensor(input), to_tensor(weight)
    size = prod(weight.shape)
    if weight.ndim > 1:
        raise ShapeError(
            f"{here('prelu')}: the weight must be a scalar or a vector, one element for each channel, not {describe(weight.array)}"
        )
    if size != 1:
        channels = input.shape[1] if input.ndim > 1 else 1
        if channels != size:
            raise ShapeError(
                f"{here('prelu')}: the weight has {size} elements and the input {channels} channels: one element, or one for each "
                f"channel, is needed; the input is {describe(input.array)}"
            )
        weight = weight.reshape(-1, *(1,) * (input.ndim - 2))
    elif weight.ndim and not input.ndim:
        weight = weight.reshape(())
    return _prelu(input, weight)
