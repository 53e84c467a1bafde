"""Batch, layer, group, instance and RMS normalisation, under the names and signatures of torch.nn.functional."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..engine.forward import has_tangent
from ..engine.graph import array_of
from ..engine.memory import write_all
from ..engine.modes import current, here
from ..engine.recording import recorded, recorded_tuple
from ..engine.values.integers import integers
from ..errors import ArgumentError, DtypeError, GraphError, ShapeError, describe
from ..ops import normalization, vision
from ..types import Size, Tensor, TensorLike
from . import elementwise
from . import shape as shapes

_along = recorded(vision.along)
_normalize = recorded_tuple(normalization.normalize)
_rms = recorded_tuple(normalization.rms_normalize)


def _normalized(
    input: Tensor, weight: TensorLike | None, bias: TensorLike | None, dims: tuple[int, ...], eps: float
) -> tuple[Tensor, ...]:  # fmt: skip
    """The normalised input, its mean and its variance. They are computed in float32 for float16, in which squares overflow."""
    if input.dtype.char != "e":
        return _normalize(input, weight, bias, dim=dims, eps=eps)
    y, mean, var = _normalize(shapes.astype(input, np.float32), weight, bias, dim=dims, eps=eps)
    return shapes.astype(y, np.float16), mean, var


def _trailing_dims(name: str, input: Tensor, normalized_shape: int | Size) -> tuple[int, ...]:
    """The last dimensions, whose lengths must be normalized_shape."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or array_of(input).shape[-len(shape) :] != shape:
        raise ShapeError(f"{here(name)}: the last dimensions of input {describe(array_of(input))} must be normalized_shape={shape}")
    return tuple(range(-len(shape), 0))


def layer_norm(
    input: Tensor, normalized_shape: int | Size, weight: TensorLike | None = None, bias: TensorLike | None = None, eps: float = 1e-5
) -> Tensor:  # fmt: skip
    """Each sample normalised to mean 0 and variance 1 over its last dimensions, then scaled and shifted.

    Formula: (x - mean) / √(var + eps) * weight + bias, where var is divided by n.

    Args:
        input: any shape that ends in normalized_shape.
        normalized_shape: the lengths of the dimensions to normalise over.
        weight: of shape normalized_shape, or None.
        bias: of shape normalized_shape, or None.
        eps: keeps the root from 0.

    Raises:
        ShapeError: the input does not end in normalized_shape.

    Source: Ba, Kiros and Hinton, Layer Normalization, 2016.

    Example:
        >>> import autograd
        >>> autograd.layer_norm(autograd.tensor([[1.0, 3.0], [10.0, 30.0]]), (2,))
        tensor([[-1.0000,  1.0000],
                [-1.0000,  1.0000]], dtype=float32)
    """
    return _normalized(input, weight, bias, _trailing_dims("layer_norm", input, normalized_shape), eps)[0]


def rms_norm(
    input: Tensor, normalized_shape: int | Size, weight: TensorLike | None = None, eps: float | None = None
) -> Tensor:  # fmt: skip
    """Each sample divided by its root mean square over its last dimensions, then scaled: x / √(mean(x²) + eps) * weight.

    Args:
        input: any shape that ends in normalized_shape, floating point.
        normalized_shape: the lengths of the dimensions to normalise over.
        weight: of shape normalized_shape, or None.
        eps: keeps the root from 0. By default ``finfo(input.dtype).eps``; for float16, which is computed in float32, that of
            float32.

    Raises:
        ShapeError: the input does not end in normalized_shape. DtypeError: integers or complex numbers.

    Source: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.

    Example:
        >>> import autograd
        >>> autograd.rms_norm(autograd.tensor([[3.0, 4.0]]), (2,))
        tensor([[0.8485, 1.1314]], dtype=float32)
    """
    if input.dtype.kind != "f":
        raise DtypeError(f"{here('rms_norm')}: expected floating point numbers, not {describe(array_of(input))}")
    half = input.dtype.char == "e"
    x = shapes.astype(input, np.float32) if half else input
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    y = _rms(x, weight, dim=_trailing_dims("rms_norm", input, normalized_shape), eps=eps)[0]
    return shapes.astype(y, np.float16) if half else y


def per_channel(x: Any, ndim: int) -> Any:
    """One number for each channel, in a shape that broadcasts with (batch, channels, ...)."""
    return None if x is None else shapes.reshape(x, (1, -1) + (1,) * (ndim - 2))


def _check_channels(name: str, input: Tensor, **arrays: Any) -> None:
    """Raise unless the input has channels and each array one number for each of them."""
    if input.ndim < 2:
        raise ShapeError(f"{here(name)}: input must be (batch, channels, ...), it is {describe(array_of(input))}")
    for key, value in arrays.items():
        if value is not None and tuple(value.shape) != (input.shape[1],):
            raise ShapeError(
                f"{here(name)}: {key} {describe(array_of(value))} must have one number for each of the {input.shape[1]} channels "
                f"of input {describe(array_of(input))}"
            )


def _by_running_statistics(
    name: str, input: Tensor, mean: Any, var: Any, weight: Any, bias: Any, eps: float
) -> Tensor:  # fmt: skip
    """The input normalised by the running mean and variance, and scaled and shifted."""
    if mean is None or var is None:
        raise ArgumentError(f"{here(name)}: in evaluation running_mean and running_var must be defined")
    state = current()
    moved = state.grad and any(getattr(statistics, "requires_grad", False) for statistics in (mean, var))
    if moved or (state.watch is not None and (has_tangent(mean) or has_tangent(var))):
        raise GraphError(
            f"{here(name)} is not differentiable with respect to running_mean and running_var: they can't require a gradient or "
            f"have a tangent: detach() them"
        )
    scale = 1 / np.sqrt(array_of(var) + eps)
    scale = scale if weight is None else weight * scale
    shift = scale * -array_of(mean)
    shift = shift if bias is None else shift + bias
    return elementwise.add(elementwise.mul(input, per_channel(scale, input.ndim)), per_channel(shift, input.ndim))


def batch_norm(
    input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None, weight: TensorLike | None = None,
    bias: TensorLike | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Each channel normalised to mean 0 and variance 1 over the batch, then scaled and shifted.

    Formula: (x - mean) / √(var + eps) * weight + bias.

    Args:
        input: (batch, channels, ...).
        running_mean: (channels,), or None. With training it is updated by the batch's mean, without it is used.
        running_var: (channels,), or None. Likewise, with the batch's variance.
        weight: (channels,), or None.
        bias: (channels,), or None.
        training: whether to normalise by the batch's own mean and variance.
        momentum: the share of the batch's statistics in the updated running ones.
        eps: keeps the root from 0.

    Raises:
        ShapeError: an array without one number for each channel, or, with training, only one value for each channel.
        ArgumentError: no running statistics without training, or a negative eps.

    Source: Ioffe and Szegedy, Batch Normalization, 2015.

    Example:
        >>> import autograd
        >>> mean, var = autograd.zeros(1), autograd.ones(1)
        >>> autograd.batch_norm(autograd.tensor([[1.0], [3.0]]), mean, var, training=True)
        tensor([[-1.0000],
                [ 1.0000]], dtype=float32)
        >>> mean, var
        (tensor([0.2000], dtype=float32), tensor([1.1000], dtype=float32))
    """
    if training:
        y, writes = batch_norm_and_writes(input, running_mean, running_var, weight, bias, momentum, eps)
        write_all(*writes)
        return y
    check_batch_norm(input, running_mean, running_var, weight, bias, eps)
    return _by_running_statistics("batch_norm", input, running_mean, running_var, weight, bias, eps)


def check_batch_norm(input: Any, running_mean: Any, running_var: Any, weight: Any, bias: Any, eps: float) -> None:
    """Raise unless each array has one number for each channel of the input, and eps is not negative."""
    _check_channels("batch_norm", input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if eps < 0:
        raise ArgumentError(f"{here('batch_norm')}: eps must be non-negative, but got {eps}")


def batch_norm_and_writes(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: TensorLike | None,
    bias: TensorLike | None,
    momentum: float,
    eps: float,
) -> tuple[Any, list[tuple[np.ndarray, np.ndarray]]]:
    """``batch_norm`` in training, and the writes of the running statistics, which are left to the caller.

    Returns:
        The input normalised, and pairs of an array and its new values, for ``write_all``.
    """
    check_batch_norm(input, running_mean, running_var, weight, bias, eps)
    n = prod(input.shape) // input.shape[1] if input.shape[1] else 0
    if n == 1:
        raise ShapeError(
            f"{here('batch_norm')}: Expected more than 1 value per channel when training, got input {describe(array_of(input))}"
        )
    dims = (0, *range(2, input.ndim))
    y, mean, var = _normalized(input, per_channel(weight, input.ndim), per_channel(bias, input.ndim), dims, eps)
    # A batch without elements says nothing about the statistics.
    return y, moved(running_mean, running_var, mean.array, var.array * (n / (n - 1)), momentum) if n else []


def moved(
    running_mean: Any, running_var: Any, mean: np.ndarray, var: np.ndarray, momentum: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The running statistics, each with its new values: moved towards those of a batch."""
    writes = []
    for running, value in ((running_mean, mean), (running_var, var)):
        if running is not None:
            array = array_of(running)
            writes.append((array, array * (1 - momentum) + (momentum * value.reshape(-1)).astype(array.dtype)))
    return writes


def instance_norm(
    input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None, weight: TensorLike | None = None,
    bias: TensorLike | None = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Each channel of each sample normalised to mean 0 and variance 1 over its positions, then scaled and shifted.

    Formula: (x - mean) / √(var + eps) * weight + bias.

    Args:
        input: (batch, channels, ...).
        running_mean: (channels,), or None. With use_input_stats it is updated by the mean over the samples, without it is used.
        running_var: (channels,), or None. Likewise, with the variance.
        weight: (channels,), or None.
        bias: (channels,), or None.
        use_input_stats: whether to normalise by the input's own mean and variance.
        momentum: the share of the input's statistics in the updated running ones.
        eps: keeps the root from 0.

    Raises:
        ShapeError: an array without one number for each channel, or, with use_input_stats, only one position.
        ArgumentError: no running statistics without use_input_stats.

    Source: Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016.

    Example:
        >>> import autograd
        >>> autograd.instance_norm(autograd.tensor([[[1.0, 3.0], [10.0, 30.0]]]))
        tensor([[[-1.0000,  1.0000],
                 [-1.0000,  1.0000]]], dtype=float32)
    """
    _check_channels("instance_norm", input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not use_input_stats:
        return _by_running_statistics("instance_norm", input, running_mean, running_var, weight, bias, eps)
    n = prod(input.shape[2:])
    if n == 1:
        raise ShapeError(
            f"{here('instance_norm')}: Expected more than 1 spatial element when training, got input {describe(array_of(input))}"
        )
    dims = tuple(range(2, input.ndim))
    y, mean, var = _normalized(input, per_channel(weight, input.ndim), per_channel(bias, input.ndim), dims, eps)
    if n and len(input):
        write_all(*moved(running_mean, running_var, mean.array.mean(0), var.array.mean(0) * (n / (n - 1)), momentum))
    return y


def group_norm(
    input: Tensor, num_groups: int, weight: TensorLike | None = None, bias: TensorLike | None = None, eps: float = 1e-5
) -> Tensor:  # fmt: skip
    """The channels of each sample in groups, each group normalised to mean 0 and variance 1, then each channel scaled and shifted.

    Formula: (x - mean) / √(var + eps) * weight + bias.

    Args:
        input: (batch, channels, ...).
        num_groups: the number of groups, which divides the number of channels.
        weight: (channels,), or None.
        bias: (channels,), or None.
        eps: keeps the root from 0.

    Raises:
        ShapeError: channels that are not divisible by num_groups, or an array without one number for each channel.

    Source: Wu and He, Group Normalization, 2018.

    Example:
        >>> import autograd
        >>> autograd.group_norm(autograd.tensor([[1.0, 3.0, 10.0, 30.0]]), 2)
        tensor([[-1.0000,  1.0000, -1.0000,  1.0000]], dtype=float32)
    """
    _check_channels("group_norm", input, weight=weight, bias=bias)
    if num_groups < 1 or input.shape[1] % num_groups:
        raise ShapeError(f"{here('group_norm')}: the {input.shape[1]} channels must be divisible by num_groups={num_groups}")
    size = prod(input.shape[1:]) // num_groups
    if input.shape[0] * size == 1:
        raise ShapeError(
            f"{here('group_norm')}: Expected more than 1 value per channel when training, got input {describe(array_of(input))}"
        )
    y = _normalized(shapes.reshape(input, (input.shape[0], num_groups, size)), None, None, (-1,), eps)[0]
    y = shapes.reshape(y, tuple(input.shape))
    if weight is not None:
        y = elementwise.mul(y, per_channel(weight, input.ndim))
    return y if bias is None else elementwise.add(y, per_channel(bias, input.ndim))


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Each element divided by a power of the mean square of its neighbours in other channels: x / (k + alpha mean(x²))^beta.

    Args:
        input: (batch, channels, ...), at least 3 dimensions.
        size: the number of neighbouring channels, the element's own included. Channels outside of the input count as 0.
        alpha: the factor of the mean.
        beta: the exponent.
        k: the term that is added to the mean.

    Raises:
        ShapeError: fewer dimensions. ArgumentError: size < 1.

    Source: Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks, 2012, section 3.3.

    Example:
        >>> import autograd, nn
        >>> nn.functional.local_response_norm(autograd.ones(1, 3, 1), size=3, alpha=3.0).flatten()
        tensor([0.4387, 0.3536, 0.4387], dtype=float32)
    """
    if input.ndim < 3:
        raise ShapeError(f"{here('local_response_norm')}: input must have at least 3 dimensions, it is {describe(array_of(input))}")
    size = integers(size, "local_response_norm: argument 'size'")
    if size < 1:
        raise ArgumentError(f"{here('local_response_norm')}: size must be greater than zero, but got {size}")
    sums = _along(elementwise.square(input), matrix=vision.banded(input.shape[1], size // 2, (size - 1) // 2), dim=1)
    return elementwise.div(input, elementwise.pow(elementwise.add(elementwise.mul(sums, alpha / size), k), beta))
