"""Activation functions of tensors: relu, gelu, softmax and their kin."""

from __future__ import annotations

from math import prod
from typing import Any

from ..engine.modes import here
from ..engine.recording import recorded
from ..errors import ShapeError, describe
from ..ops import activation
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


def _prepared(name: str, input: Any, dim: Any, axis: Any, dtype: Any) -> tuple[Any, Any]:
    dim = dim if axis is None else axis
    if dim is None:
        raise TypeError(f"{name} is missing 'dim', along which the numbers sum to 1")
    return input if dtype is None else astype(input, dtype), dim


def softmax(input: Any, dim: int | None = None, dtype: Any = None, *, axis: int | None = None) -> Any:
    if dim is None or dtype is not None:
        input, dim = _prepared("softmax", input, dim, axis, dtype)
    return _softmax(input, dim=dim)


def log_softmax(input: Any, dim: int | None = None, dtype: Any = None, *, axis: int | None = None) -> Any:
    if dim is None or dtype is not None:
        input, dim = _prepared("log_softmax", input, dim, axis, dtype)
    return _log_softmax(input, dim=dim)


softmax.__doc__ = activation.softmax.doc
log_softmax.__doc__ = activation.log_softmax.doc


def prelu(input: Any, weight: Any) -> Any:
    """x where x > 0, weight x elsewhere.

    Args:
        input: (n, c, ...). weight: of one element, or (c,).

    Raises:
        ShapeError: the input has another number of channels.

    Source: He et al., Delving deep into rectifiers, 2015.

    Example:
        >>> import autograd
        >>> autograd.prelu(autograd.tensor([-2.0, 0.5, 4.0]), autograd.tensor(0.25))
        tensor([-0.5000,  0.5000,  4.0000], dtype=float32)
    """
    input, weight = to_tensor(input), to_tensor(weight)
    size = prod(weight.shape)
    if size != 1:
        channels = input.shape[1] if input.ndim > 1 else 1
        if channels != size:
            raise ShapeError(
                f"{here('prelu')}: the weight has {size} elements and the input {channels} channels ({describe(input.array)})"
            )
        weight = weight.reshape(-1, *(1,) * (input.ndim - 2))
    elif weight.ndim and not input.ndim:
        weight = weight.reshape(())
    return _prelu(input, weight)
