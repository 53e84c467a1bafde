"""Convolution, normalisation, embedding and attention: torch.nn.functional's names and signatures, made of the ops."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from . import functions
from .errors import ArgumentError, DtypeError, ShapeError, describe
from .graph import array_of
from .modes import here
from .ops import convolution, normalization, sampling
from .ops import embedding as _embedding
from .ops import linear as _linear
from .recording import recorded

affine = recorded(_linear.linear)
conv1d = recorded(convolution.conv1d)
conv2d = recorded(convolution.conv2d)
conv3d = recorded(convolution.conv3d)
conv_transpose1d = recorded(convolution.conv_transpose1d)
conv_transpose2d = recorded(convolution.conv_transpose2d)
conv_transpose3d = recorded(convolution.conv_transpose3d)
_along = recorded(sampling.along)


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """x W^T + b of the last dimension.

    Args:
        input: (..., inputs). weight: (outputs, inputs), or (inputs,) for one output, without its dimension.
        bias: (outputs,), or () for one output; or None.

    Raises:
        ShapeError: shapes that do not fit. DtypeError: an input of integers.

    Example:
        >>> import autograd, nn
        >>> x = autograd.tensor([1.0, 2.0])
        >>> nn.functional.linear(x, autograd.tensor([[3.0, 4.0]]), autograd.tensor([0.5]))
        tensor([11.5000], dtype=float32)
    """
    if weight.ndim == 1:
        bias = None if bias is None else functions.reshape(bias, (1,))
        return functions.squeeze(affine(input, functions.unsqueeze(weight, 0), bias), -1)
    return affine(input, weight, bias)


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """``conv1d`` of sequences whose batch and channels come last.

    Args:
        input: (time, batch, channels). weight: (width, channels, outputs). bias: (outputs,). pad: zeros at both ends.

    Raises:
        ShapeError: other numbers of dimensions, or channels that do not fit.

    Example:
        >>> import autograd, nn
        >>> nn.functional.conv_tbc(autograd.ones(5, 2, 3), autograd.ones(3, 3, 4), autograd.zeros(4), pad=1)[:, 0, 0].tolist()
        [6.0, 9.0, 9.0, 9.0, 6.0]
    """
    for key, value, what in (("input", input, "time, batch, channels"), ("weight", weight, "width, channels, outputs")):
        if value.ndim != 3:
            raise ShapeError(f"{here('conv_tbc')}: {key} must be ({what}), it is {describe(array_of(value))}")
    x, w = functions.permute(input, (1, 2, 0)), functions.permute(weight, (2, 1, 0))
    return functions.permute(conv1d(x, w, bias, padding=pad), (2, 0, 1))


# ------------------------------------------------------------------------------------------------------------- normalisation

_normalize = recorded(normalization.normalize)
_rms = recorded(normalization.rms_normalize)


def _normalized(input: Any, weight: Any, bias: Any, dims: tuple[int, ...], eps: float) -> Any:
    """The input normalised, and its mean and variance: of float16 computed in float32, where squares do not overflow."""
    if input.dtype.char != "e":
        return _normalize(input, weight, bias, dim=dims, eps=eps)
    y, mean, var = _normalize(functions.astype(input, np.float32), weight, bias, dim=dims, eps=eps)
    return functions.astype(y, np.float16), mean, var


def _tail(name: str, input: Any, normalized_shape: Any) -> tuple[int, ...]:
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape) :]) != shape:
        raise ShapeError(f"{here(name)}: the last dimensions of input {describe(array_of(input))} must be normalized_shape={shape}")
    return tuple(range(-len(shape), 0))


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Each sample brought to mean 0 and variance 1 over its last dimensions, then scaled and shifted.

    Formula: (x - mean) / √(var + eps) * weight + bias, with the variance divided by n.

    Args:
        input: any shape that ends in normalized_shape.
        normalized_shape: a number or a tuple. weight, bias: of that shape, or None.

    Raises:
        ShapeError: an input that does not end in normalized_shape.

    Source: Ba, Kiros and Hinton, Layer Normalization, 2016.

    Example:
        >>> import autograd
        >>> autograd.layer_norm(autograd.tensor([[1.0, 3.0], [10.0, 30.0]]), (2,))
        tensor([[-1.0000,  1.0000],
                [-1.0000,  1.0000]], dtype=float32)
    """
    return _normalized(input, weight, bias, _tail("layer_norm", input, normalized_shape), eps)[0]


def rms_norm(input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """Each sample divided by its root mean square over its last dimensions, then scaled: x / √(mean(x²) + eps) * weight.

    Args:
        input: any shape that ends in normalized_shape. weight: of that shape, or None.
        eps: by default ``finfo(input.dtype).eps``, and float32's for float16, which is computed in float32.

    Source: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.

    Example:
        >>> import autograd
        >>> autograd.rms_norm(autograd.tensor([[3.0, 4.0]]), (2,))
        tensor([[0.8485, 1.1314]], dtype=float32)
    """
    if input.dtype.kind != "f":
        raise DtypeError(f"{here('rms_norm')}: expected floating point numbers, not {describe(array_of(input))}")
    half = input.dtype.char == "e"
    x = functions.astype(input, np.float32) if half else input
    eps = float(np.finfo(x.dtype).eps) if eps is None else eps
    y = _rms(x, weight, dim=_tail("rms_norm", input, normalized_shape), eps=eps)[0]
    return functions.astype(y, np.float16) if half else y


def _per_channel(x: Any, ndim: int) -> Any:
    """Numbers per channel in a shape that broadcasts against (batch, channels, ...)."""
    return None if x is None else functions.reshape(x, (1, -1) + (1,) * (ndim - 2))


def _channels(name: str, input: Any, **arrays: Any) -> None:
    if input.ndim < 2:
        raise ShapeError(f"{here(name)}: input must be (batch, channels, ...), it is {describe(array_of(input))}")
    for key, value in arrays.items():
        if value is not None and tuple(value.shape) != (input.shape[1],):
            raise ShapeError(
                f"{here(name)}: {key} {describe(array_of(value))} must have one number for each of the {input.shape[1]} channels "
                f"of input {describe(array_of(input))}"
            )


def _by_running(name: str, input: Any, mean: Any, var: Any, weight: Any, bias: Any, eps: float) -> Any:
    """Each channel shifted and scaled by the running statistics."""
    if mean is None or var is None:
        raise ArgumentError(f"{here(name)}: in evaluation running_mean and running_var must be defined")
    scale = 1 / np.sqrt(array_of(var) + eps)
    scale = scale if weight is None else weight * scale
    shift = scale * -array_of(mean)
    shift = shift if bias is None else shift + bias
    return functions.add(functions.mul(input, _per_channel(scale, input.ndim)), _per_channel(shift, input.ndim))


def batch_norm(
    input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Each channel brought to mean 0 and variance 1 over the batch, then scaled and shifted.

    Formula: (x - mean) / √(var + eps) * weight + bias.

    Args:
        input: (batch, channels, ...).
        running_mean, running_var: (channels,), used instead of the batch's in evaluation and moved towards them in training.
        weight, bias: (channels,), or None. training: use the batch's own mean and variance.
        momentum: how far the running ones are moved.

    Raises:
        ShapeError: what does not have a number per channel. ValueError: one value per channel in training, or no running
            statistics in evaluation.

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
    _channels("batch_norm", input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if eps < 0:
        raise ArgumentError(f"{here('batch_norm')}: eps must be non-negative, but got {eps}")
    if not training:
        return _by_running("batch_norm", input, running_mean, running_var, weight, bias, eps)
    n = prod(input.shape) // input.shape[1] if input.shape[1] else 0
    if n == 1:
        raise ShapeError(
            f"{here('batch_norm')}: Expected more than 1 value per channel when training, got input {describe(array_of(input))}"
        )
    dims = (0, *range(2, input.ndim))
    y, mean, var = _normalized(input, _per_channel(weight, input.ndim), _per_channel(bias, input.ndim), dims, eps)
    if running_mean is not None:
        _move(running_mean, mean.array, momentum)
    if running_var is not None:
        _move(running_var, var.array * (n / (n - 1)), momentum)
    return y


def _move(running: Any, value: np.ndarray, momentum: float) -> None:
    from .memory import stamp

    array = array_of(running)
    array *= 1 - momentum
    array += (momentum * value.reshape(-1)).astype(array.dtype)
    stamp(array)


def instance_norm(
    input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Each channel of each sample brought to mean 0 and variance 1 over its places, then scaled and shifted.

    Args:
        input: (batch, channels, ...). weight, bias: (channels,), or None.
        running_mean, running_var: (channels,), moved towards the mean of the samples' and used with use_input_stats=False.

    Source: Ulyanov, Vedaldi and Lempitsky, Instance Normalization, 2016.

    Example:
        >>> import autograd
        >>> autograd.instance_norm(autograd.tensor([[[1.0, 3.0], [10.0, 30.0]]]))
        tensor([[[-1.0000,  1.0000],
                 [-1.0000,  1.0000]]], dtype=float32)
    """
    _channels("instance_norm", input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not use_input_stats:
        return _by_running("instance_norm", input, running_mean, running_var, weight, bias, eps)
    n = prod(input.shape[2:])
    if n == 1:
        raise ShapeError(
            f"{here('instance_norm')}: Expected more than 1 spatial element when training, got input {describe(array_of(input))}"
        )
    dims = tuple(range(2, input.ndim))
    y, mean, var = _normalized(input, _per_channel(weight, input.ndim), _per_channel(bias, input.ndim), dims, eps)
    if running_mean is not None:
        _move(running_mean, mean.array.mean(0), momentum)
    if running_var is not None:
        _move(running_var, var.array.mean(0) * (n / (n - 1)), momentum)
    return y


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """The channels of each sample in groups, each brought to mean 0 and variance 1, then scaled and shifted per channel.

    Args:
        input: (batch, channels, ...). num_groups: a divisor of channels. weight, bias: (channels,), or None.

    Source: Wu and He, Group Normalization, 2018.

    Example:
        >>> import autograd
        >>> autograd.group_norm(autograd.tensor([[1.0, 3.0, 10.0, 30.0]]), 2)
        tensor([[-1.0000,  1.0000, -1.0000,  1.0000]], dtype=float32)
    """
    _channels("group_norm", input, weight=weight, bias=bias)
    if num_groups < 1 or input.shape[1] % num_groups:
        raise ShapeError(f"{here('group_norm')}: the {input.shape[1]} channels must be divisible by num_groups={num_groups}")
    size = prod(input.shape[1:]) // num_groups
    if input.shape[0] * size == 1:
        raise ShapeError(
            f"{here('group_norm')}: Expected more than 1 value per channel when training, got input {describe(array_of(input))}"
        )
    y = _normalized(functions.reshape(input, (input.shape[0], num_groups, size)), None, None, (-1,), eps)[0]
    y = functions.reshape(y, tuple(input.shape))
    if weight is not None:
        y = functions.mul(y, _per_channel(weight, input.ndim))
    return y if bias is None else functions.add(y, _per_channel(bias, input.ndim))


def local_response_norm(input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """x / (k + alpha * mean of x^2 over ``size`` neighbouring channels)^beta.

    Source: Krizhevsky, Sutskever and Hinton, ImageNet Classification, 2012, section 3.3.

    Example:
        >>> import autograd, nn
        >>> nn.functional.local_response_norm(autograd.ones(1, 3, 1), size=3, alpha=3.0).flatten()
        tensor([0.4387, 0.3536, 0.4387], dtype=float32)
    """
    if input.ndim < 3:
        raise ShapeError(f"{here('local_response_norm')}: input must have at least 3 dimensions, it is {describe(array_of(input))}")
    if size < 1:
        raise ArgumentError(f"{here('local_response_norm')}: size must be greater than zero, but got {size}")
    sums = _along(functions.square(input), matrix=sampling.banded(input.shape[1], size // 2, (size - 1) // 2), dim=1)
    return functions.div(input, functions.pow(functions.add(functions.mul(sums, alpha / size), k), beta))


# ------------------------------------------------------------------------------------------------------------------ embeddings

_lookup = recorded(_embedding.embedding)
one_hot = recorded(_embedding.one_hot)


def _renormalised(weight: Any, index: np.ndarray, max_norm: float, norm_type: float) -> None:
    """Scale down, in place, the rows that are looked up and longer than max_norm."""
    from .memory import stamp

    array, rows = array_of(weight), np.unique(index)
    norms = np.linalg.norm(array[rows], ord=norm_type, axis=1)
    long = norms > max_norm
    if long.any():
        array[rows[long]] *= (max_norm / (norms[long] + 1e-7))[:, None].astype(array.dtype)
        stamp(array)


def _known(index: np.ndarray, weight: Any, padding_idx: int | None, name: str) -> int | None:
    """Check the indices before anything is changed; returns padding_idx counted from the front."""
    if weight.ndim != 2:
        raise ShapeError(f"{here(name)}: weight must be a matrix, one row per index, not {describe(array_of(weight))}")
    length = weight.shape[0]
    _embedding.check_indices(index, length, here(name))
    if padding_idx is not None:
        if not -length <= padding_idx < length:
            raise IndexError(f"{here(name)}: padding_idx must lie within the {length} rows of the table, not at {padding_idx}")
        padding_idx %= length
    return padding_idx


def _by_frequency(rows: Any, index: np.ndarray, length: int) -> Any:
    """The same rows, of whose gradients each is divided by how often its index occurs."""
    count = np.bincount(index.reshape(-1), minlength=length)[index]
    still = rows.detach()
    # y + (x - y) / n with y = x, cut off the graph: the value is exactly x, the gradient 1 / n.
    return functions.add(still, functions.mul(functions.sub(rows, still), (1 / count)[..., None].astype(rows.dtype)))


def embedding(
    input: Any, weight: Any, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Any:  # fmt: skip
    """Rows of a table: weight[input].

    Args:
        input: indices, of any shape. weight: (rows, features).
        padding_idx: a row that gets no gradient.
        max_norm: rows longer than this are scaled down first, in place. norm_type: of which norm.
        scale_grad_by_freq: divide the gradient of a row by how often it was looked up.
        sparse: taken for PyTorch's sake; gradients are dense.

    Raises:
        IndexError: an index outside the table; nothing is changed then.

    Example:
        >>> import autograd, nn
        >>> weight = autograd.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
        >>> y = nn.functional.embedding(autograd.tensor([2, 0, 2]), weight)
        >>> y.sum().backward()
        >>> y.tolist(), weight.grad.tolist()
        ([[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]], [[1.0, 1.0], [0.0, 0.0], [2.0, 2.0]])
    """
    index = array_of(input)
    if padding_idx is not None or max_norm is not None or scale_grad_by_freq:
        padding_idx = _known(index, weight, padding_idx, "embedding")
    if max_norm is not None:
        _renormalised(weight, index, max_norm, norm_type)
    rows = _lookup(weight, input=index, padding_idx=padding_idx)
    return _by_frequency(rows, index, weight.shape[0]) if scale_grad_by_freq and index.size else rows


def embedding_bag(
    input: Any, weight: Any, offsets: Any = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, per_sample_weights: Any = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Any:  # fmt: skip
    """Sums, means or maxima of bags of rows of a table.

    Args:
        input: (bags, length) indices, or all bags in one row with the offsets at which they begin.
        mode: "sum", "mean" or "max". per_sample_weights: of the shape of input, for "sum".
        padding_idx: an index that does not count.

    Example:
        >>> import autograd
        >>> weight = autograd.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        >>> autograd.embedding_bag(autograd.tensor([[0, 1], [2, 2]]), weight)
        tensor([[2., 3.],
                [5., 6.]], dtype=float32)
        >>> autograd.embedding_bag(autograd.tensor([0, 1, 2]), weight, offsets=autograd.tensor([0, 2]), mode="sum")
        tensor([[4., 6.],
                [5., 6.]], dtype=float32)
    """
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"{here('embedding_bag')}: mode must be 'sum', 'mean' or 'max', not {mode!r}")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(f"{here('embedding_bag')}: per_sample_weights are for mode='sum' only")
    if scale_grad_by_freq and mode == "max":
        raise ValueError(f"{here('embedding_bag')}: mode 'max' does not support scaling the gradient by the frequency")
    index = array_of(input)
    if index.ndim == 2:
        if offsets is not None:
            raise ValueError(f"{here('embedding_bag')}: offsets are for an input of one dimension")
        starts = np.arange(len(index)) * index.shape[1]
    elif index.ndim == 1 and offsets is not None:
        starts = array_of(offsets).astype(np.int64)
        if starts.ndim != 1:
            raise ShapeError(f"{here('embedding_bag')}: offsets must be one row, not {describe(array_of(offsets))}")
        if starts.size and starts[0] != 0:
            raise ValueError(f"{here('embedding_bag')}: offsets must begin with 0, not {starts[0]}")
        if starts.size and (np.any(np.diff(starts) < 0) or starts[-1] > index.size):
            raise ValueError(f"{here('embedding_bag')}: offsets must not fall, nor exceed the {index.size} indices: {starts}")
        starts = starts[:-1] if include_last_offset else starts
    else:
        raise ShapeError(f"{here('embedding_bag')}: input must be (bags, length), or one row with offsets, it is {describe(index)}")
    padding_idx = _known(index, weight, padding_idx, "embedding_bag")
    flat = index.reshape(-1)
    if per_sample_weights is not None:
        if tuple(per_sample_weights.shape) != index.shape:
            raise ShapeError(f"{here('embedding_bag')}: per_sample_weights must have the shape of input, {index.shape}")
        per_sample_weights = functions.reshape(per_sample_weights, (-1,))
    if padding_idx is not None:
        kept = flat != padding_idx
        starts = np.concatenate([[0], np.cumsum(kept)])[starts]
        flat = flat[kept]
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights[np.flatnonzero(kept)]
    rows = embedding(flat, weight, None, max_norm, norm_type, scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = functions.mul(rows, functions.reshape(per_sample_weights, (-1, 1)))
    if mode == "max":
        return recorded(_embedding.segment_max)(rows, offsets=starts)
    y = recorded(_embedding.segment_sum)(rows, offsets=starts)
    if mode == "mean":
        counts = np.diff(np.append(starts, len(flat)))
        y = functions.div(y, np.maximum(counts, 1).astype(y.dtype)[:, None])
    return y


__all__ = [name for name, value in list(globals().items()) if callable(value) and not name.startswith("_")]
