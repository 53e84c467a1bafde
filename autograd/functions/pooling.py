"""Pooling, under the names and signatures of torch.nn.functional. Each function exists for 1, 2 and 3 spatial dimensions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from inspect import signature
from math import prod
from typing import Any

import numpy as np

from ..engine.graph import array_of, make
from ..engine.modes import here
from ..engine.recording import recorded
from ..errors import ArgumentError, DtypeError, RangeError, ShapeError, describe
from ..ops import pooling, vision
from ..ops.convolution import each
from ..ops.rules import remembered
from ..types import AnyGenerator, Size, Tensor, TensorLike
from . import elementwise, indexing, reduction
from .creation import to_shape
from .random import numpy_generator

_along = recorded(vision.along)


def _check_dims(input: Tensor, n: int, name: str) -> None:
    """Raise unless the input is (batch, channels) and n sizes, or that without the batch, and only the batch is empty."""
    shape = array_of(input).shape
    if len(shape) not in (n + 1, n + 2):
        raise ShapeError(f"{here(name)}: input must have {n + 1} or {n + 2} dimensions, it is {describe(array_of(input))}")
    try:
        pooling.demand_elements(shape, n)
    except ShapeError as error:
        raise ShapeError(f"{here(name)}: {error}") from None


def _with_indices(pool: Callable[..., Any], example: str) -> Callable[..., tuple[Tensor, Tensor]]:
    """The function that always returns the indices, too: a max pooling with its parameter return_indices set to True."""
    parameters = signature(pool)

    def with_indices(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        bound = parameters.bind(*args, **kwargs)
        bound.arguments["return_indices"] = True
        return pool(*bound.args, **bound.kwargs)

    first = pool.__name__
    _named(with_indices, f"{first}_with_indices")
    with_indices.__signature__ = parameters.replace(return_annotation="tuple[Tensor, Tensor]")  # type: ignore[attr-defined]
    arguments = (pool.__doc__ or "").partition("Args:")[2].partition("Source:")[0].partition("Example:")[0].strip()
    with_indices.__doc__ = f"""``{first}`` with ``return_indices=True``: the maxima and their indices.

    Args:
        {re.sub("return_indices: .*", "return_indices: has no effect.", arguments)}

    Example:
        >>> import autograd, nn
        >>> y, indices = nn.functional.{first}_with_indices({example})
        >>> y.shape == indices.shape
        True
    """
    return with_indices


def _named(function: Callable[..., Any], name: str) -> None:
    """Set the name of a function that is made for one number of dimensions."""
    function.__name__ = function.__qualname__ = name


def _sizes(n: int) -> str:
    """The names of n spatial dimensions, for a docstring."""
    return ("length", "height, width", "depth, height, width")[n - 1]


def _max_pool(n: int) -> Callable[..., Any]:
    pool, indices = recorded(pooling.POOLS["max", n]), recorded(pooling.POOLS["indices", n])
    gather = recorded(pooling.plane_gather)

    def max_pool(
        input: TensorLike, kernel_size: int | Size, stride: int | Sequence[int] | None = None, padding: int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1, ceil_mode: bool = False, return_indices: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:  # fmt: skip
        if not return_indices:
            return pool(input, kernel_size, stride, padding, dilation, ceil_mode)
        where = indices(input, kernel_size, stride, padding, dilation, ceil_mode)
        return gather(input, where=where, n=n), where

    _named(max_pool, f"max_pool{n}d")
    max_pool.__doc__ = f"""Maximum over windows of the last {n} dimension{"s" * (n > 1)}.

    Args:
        input: (batch, channels, {_sizes(n)}), or without the batch.
        kernel_size: the size of a window: one number, or one for each dimension. Likewise the next three.
        stride: the step from window to window. By default the size of a window, so that windows do not overlap.
        padding: how far windows reach beyond each end of the input, at most half of the size of a window.
        dilation: the step within a window.
        ceil_mode: whether a window that begins inside and ends outside of the padded input counts.
        return_indices: whether to return the indices of the maxima, too, counted in the flattened spatial dimensions.

    Raises:
        ShapeError: a kernel larger than the padded input, or a padding greater than half of the kernel.

    Example:
        >>> import autograd, nn
        >>> x = autograd.arange({4.0**n}).reshape(1, 1{", 4" * n})
        >>> nn.functional.max_pool{n}d(x, 2).flatten().tolist()
        {_MAXIMA[n]}
    """
    return max_pool


# The results that the examples of max_pool1d, max_pool2d and max_pool3d print.
_MAXIMA = {1: [1.0, 3.0], 2: [5.0, 7.0, 13.0, 15.0], 3: [21.0, 23.0, 29.0, 31.0, 53.0, 55.0, 61.0, 63.0]}
max_pool1d, max_pool2d, max_pool3d = _max_pool(1), _max_pool(2), _max_pool(3)
max_pool1d_with_indices = _with_indices(max_pool1d, "autograd.randn(1, 2, 6), 2")
max_pool2d_with_indices = _with_indices(max_pool2d, "autograd.randn(1, 2, 6, 6), 2")
max_pool3d_with_indices = _with_indices(max_pool3d, "autograd.randn(1, 2, 6, 6, 6), 2")
avg_pool1d = recorded(pooling.avg_pool1d)
avg_pool2d = recorded(pooling.avg_pool2d)
avg_pool3d = recorded(pooling.avg_pool3d)


def _lp_pool(n: int) -> Callable[..., Tensor]:
    average = recorded(pooling.POOLS["avg", n])

    def lp_pool(
        input: TensorLike, norm_type: float, kernel_size: int | Size, stride: int | Sequence[int] | None = None,
        ceil_mode: bool = False,
    ) -> Tensor:  # fmt: skip
        count = prod(each(kernel_size, n, "kernel_size"))
        total = average(elementwise.pow(input, norm_type), kernel_size, stride, 0, ceil_mode) * count
        zero = total.array == 0
        if not zero.any():
            return elementwise.pow(total, 1.0 / norm_type)
        # The root has no derivative at 0. PyTorch's gradient there is 0.
        root = elementwise.pow(indexing.masked_fill(total, zero, 1), 1.0 / norm_type)
        return indexing.masked_fill(root, zero, 0)

    _named(lp_pool, f"lp_pool{n}d")
    lp_pool.__doc__ = f"""Power mean without the mean, (Σ x^p)^(1/p) over windows of the last {n} dimension{"s" * (n > 1)}.

    Where the sum is 0, so is the gradient.

    Args:
        input: (batch, channels, {_sizes(n)}), or without the batch.
        norm_type: the exponent p.
        kernel_size: the size of a window: one number, or one for each dimension.
        stride: the step from window to window. By default the size of a window.
        ceil_mode: whether a window that begins inside and ends outside of the input counts.

    Raises:
        ShapeError: a kernel larger than the input.

    Example:
        >>> import autograd, nn
        >>> nn.functional.lp_pool{n}d(autograd.tensor(4.0).expand(1{", 2" * n}), norm_type=1, kernel_size=2).tolist()
        {"[" * (n + 1)}{4.0 * 2**n}{"]" * (n + 1)}
    """
    return lp_pool


lp_pool1d, lp_pool2d, lp_pool3d = _lp_pool(1), _lp_pool(2), _lp_pool(3)


def _adaptive_size(input: Tensor, output_size: Any, n: int, name: str) -> tuple[int, ...]:
    """The size of the result; None means the input's own size."""
    _check_dims(input, n, name)
    array = array_of(input)
    if array.dtype.kind in "biu":
        raise DtypeError(f"{here(name)}: not implemented for {describe(array_of(input))}: use .float()")
    return _chosen(array.shape, output_size, n, name)


@remembered
def _chosen(shape: tuple[int, ...], output_size: Any, n: int, name: str) -> tuple[int, ...]:
    """The size of the result for an input of this shape."""
    sizes = (output_size,) * n if output_size is None or isinstance(output_size, int) else tuple(output_size)
    if len(sizes) != n:
        raise ShapeError(f"{here(name)}: output_size must be an int or {n} of them, not {output_size}")
    if any([out is not None and out < 0 for out in sizes]):
        raise ShapeError(f"{here(name)}: output_size must not be negative, it is {output_size}")
    chosen = tuple([size if out is None else int(out) for out, size in zip(sizes, shape[-n:], strict=True)])
    to_shape((*shape[:-n], *chosen))  # raises for more elements than there are addresses
    return chosen


@remembered
def _divided(size: tuple[int, ...], out: tuple[int, ...]) -> tuple[int, ...] | None:
    """The size of windows that lie side by side and fill the input, or None if there are no such windows."""
    pairs = list(zip(size, out, strict=True))
    return tuple([s // o for s, o in pairs]) if all([o and not s % o for s, o in pairs]) else None


def _adaptive_doc(kind: str, n: int, more: str = "") -> str:
    return f"""{"Mean" if kind == "avg" else "Maximum"} over windows that cover the input evenly, one for each result.

    In a dimension of length k, window i of m begins at ⌊i k / m⌋ and ends before ⌈(i + 1) k / m⌉.

    Args:
        input: (batch, channels, {_sizes(n)}), or without the batch.
        output_size: the size of the result: one number, or one for each dimension. None keeps the size of a dimension.{more}

    Raises:
        ShapeError: another number of dimensions, or a negative size. DtypeError: integers.

    Example:
        >>> import autograd, nn
        >>> nn.functional.adaptive_{kind}_pool{n}d(autograd.ones(1, 2{", 5" * n}), 3).shape
        {(1, 2) + (3,) * n}
    """


def _adaptive_avg_pool(n: int) -> Callable[..., Tensor]:
    average = recorded(pooling.POOLS["avg", n])
    name = f"adaptive_avg_pool{n}d"

    def adaptive_avg_pool(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
        sizes = _adaptive_size(input, output_size, n, name)
        if set(sizes) == {1}:
            return reduction.mean(input, dim=tuple(range(-n, 0)), keepdim=True)
        kernel = _divided(input.shape[-n:], sizes)
        if kernel is not None:
            return average(input, kernel)
        y = input
        for dim, out in zip(range(-n, 0), sizes, strict=True):
            if out != input.shape[dim]:
                y = _along(y, matrix=vision.averaging(input.shape[dim], out), dim=dim)
        return y

    _named(adaptive_avg_pool, name)
    adaptive_avg_pool.__doc__ = _adaptive_doc("avg", n)
    return adaptive_avg_pool


def _adaptive_max_pool(n: int) -> Callable[..., Any]:
    general, indices = recorded(pooling.max_windows), recorded(pooling.max_windows_indices)
    gather = recorded(pooling.plane_gather)
    name = f"adaptive_max_pool{n}d"

    def adaptive_max_pool(
        input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
    ) -> Tensor | tuple[Tensor, Tensor]:
        sizes = _adaptive_size(input, output_size, n, name)
        size = array_of(input).shape[-n:]
        kernel = None if return_indices else _divided(size, sizes)
        if kernel is not None:
            return recorded(pooling.POOLS["max", n])(input, kernel)
        windows = pooling.adaptive_windows(size, sizes)
        if not return_indices:
            return general(input, windows=windows)
        where = indices(input, windows=windows)
        return gather(input, where=where, n=n), where

    _named(adaptive_max_pool, name)
    more = (
        "\n        return_indices: whether to return the indices of the maxima, too, counted in the flattened spatial dimensions."
    )
    adaptive_max_pool.__doc__ = _adaptive_doc("max", n, more)
    return adaptive_max_pool


adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = (_adaptive_avg_pool(n) for n in (1, 2, 3))
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = (_adaptive_max_pool(n) for n in (1, 2, 3))
adaptive_max_pool1d_with_indices = _with_indices(adaptive_max_pool1d, "autograd.randn(1, 2, 5), 3")
adaptive_max_pool2d_with_indices = _with_indices(adaptive_max_pool2d, "autograd.randn(1, 2, 5, 5), 3")
adaptive_max_pool3d_with_indices = _with_indices(adaptive_max_pool3d, "autograd.randn(1, 2, 5, 5, 5), 3")


def _fractional_max_pool(n: int) -> Callable[..., Any]:
    gather = recorded(pooling.plane_gather)
    name = f"fractional_max_pool{n}d"

    def fractional_max_pool(
        input: Tensor, kernel_size: int | Size, output_size: int | Size | None = None,
        output_ratio: float | Sequence[float] | None = None, return_indices: bool = False,
        _random_samples: TensorLike | None = None, generator: AnyGenerator | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:  # fmt: skip
        if (output_size is None) == (output_ratio is None):
            raise ArgumentError(f"{here(name)}: give either output_size or output_ratio")
        _check_dims(input, n, name)
        array = array_of(input)
        if array.dtype.kind == "c":
            raise DtypeError(f"{here(name)}: input {describe(array)} holds complex numbers, which have no order")
        for title, given in (("kernel_size", kernel_size), ("output_size", output_size)):
            if isinstance(given, list | tuple) and len(given) != n:
                raise ShapeError(f"{here(name)}: {title} must either be a single int or {n} of them, not {given}")
        kernel, size, lead = each(kernel_size, n, "kernel_size"), array.shape[-n:], array.shape[:-n]
        if output_ratio is None:
            out = each(output_size, n, "output_size")
        else:
            ratios = (output_ratio,) * n if isinstance(output_ratio, int | float) else tuple(output_ratio)
            out = tuple(int(s * ratio) for s, ratio in zip(size, ratios, strict=True))
        if any(o < 0 or o + k - 1 > s for s, o, k in zip(size, out, kernel, strict=True)):
            raise ShapeError(f"{here(name)}: {out} windows of {kernel} do not fit into input {describe(array)}")
        planes = ((1,) * (2 - len(lead)) + lead, n)
        if _random_samples is None:
            samples = numpy_generator(generator).random((*planes[0], n))
        else:
            samples = array_of(_random_samples)
            if samples.shape != (*planes[0], n):
                raise ShapeError(f"{here(name)}: _random_samples {describe(samples)} must have the shape {(*planes[0], n)}")
        # PyTorch's samples are for (width, height) in two dimensions, and for (depth, height, width) in three.
        samples = samples.reshape(*lead, n)[..., ::-1] if n == 2 else samples.reshape(*lead, n)
        index = _maxima(array, _fractional_windows(samples, size, out, kernel), n)
        y = gather(input, where=index, n=n)
        return (y, make(index)) if return_indices else y

    _named(fractional_max_pool, name)
    fractional_max_pool.__doc__ = f"""Maximum over windows at random distances, so many that the result has a given size.

    Args:
        input: (batch, channels, {_sizes(n)}), or without the batch.
        kernel_size: the size of a window: one number, or one for each dimension.
        output_size: the size of the result.
        output_ratio: the size of the result, as a fraction of the input's.
        return_indices: whether to return the indices of the maxima, too, counted in the flattened spatial dimensions.
        _random_samples: (batch, channels, {n}), numbers from [0, 1) that decide the distances in each plane.
        generator: draws these numbers otherwise; the default generator unless given.

    Raises:
        ArgumentError: both or neither of output_size and output_ratio. ShapeError: windows that do not fit into the input.

    Source: Graham, Fractional Max-Pooling, 2014.

    Example:
        >>> import autograd, nn
        >>> nn.functional.{name}(autograd.ones(1{", 8" * n}), kernel_size=2, output_ratio=0.5).shape
        {(1,) + (4,) * n}
    """
    return fractional_max_pool


def _fractional_starts(sample: np.ndarray, size: int, out: int, kernel: int) -> np.ndarray:
    """Where the windows of one dimension begin: at multiples of the mean distance, shifted by the sample and rounded down.

    The last window ends where the dimension ends.
    """
    starts = np.full((*sample.shape, out), size - kernel)
    if out > 1:
        step = (size - kernel) / (out - 1)
        shift = sample[..., None].astype(np.float64)
        starts[..., :-1] = np.floor((np.arange(out - 1) + shift) * step) - np.floor(shift * step)
    return starts


def _fractional_windows(
    samples: np.ndarray, size: tuple[int, ...], out: tuple[int, ...], kernel: tuple[int, ...]
) -> np.ndarray:  # fmt: skip
    """The indices, in the flattened plane, of the elements of each window: (..., *out, elements of a window)."""
    n, lead = len(size), samples.shape[:-1]
    flat: Any = 0
    for d in range(n):
        starts = _fractional_starts(samples[..., d], size[d], out[d], kernel[d])
        along = [out[d] if e == d else 1 for e in range(n)], [kernel[d] if e == d else 1 for e in range(n)]
        flat = flat * size[d] + (starts[..., None] + np.arange(kernel[d])).reshape(*lead, *along[0], *along[1])
    return np.asarray(flat).reshape(*lead, *out, prod(kernel))


def _maxima(array: np.ndarray, windows: np.ndarray, n: int) -> np.ndarray:
    """Of each window the index of its maximum."""
    lead = array.shape[:-n]
    planes, index = array.reshape(*lead, prod(array.shape[-n:])), windows.reshape(*lead, prod(windows.shape[len(lead) :]))
    values = np.take_along_axis(planes, index, -1).reshape(windows.shape)
    return np.take_along_axis(windows, values.argmax(-1)[..., None], -1)[..., 0]


fractional_max_pool2d, fractional_max_pool3d = _fractional_max_pool(2), _fractional_max_pool(3)
fractional_max_pool2d_with_indices = _with_indices(fractional_max_pool2d, "autograd.randn(1, 2, 6, 6), 2, 3")
fractional_max_pool3d_with_indices = _with_indices(fractional_max_pool3d, "autograd.randn(1, 2, 6, 6, 6), 2, 3")


@remembered
def _unpooled(out: tuple[int, ...], kernel_size: Any, stride: Any, padding: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The size of the input of a pooling with this output, and the steps between its windows."""
    n = len(out)
    kernel, pads = each(kernel_size, n, "kernel_size"), each(padding, n, "padding")
    steps = kernel if stride is None else each(stride, n, "stride")
    return tuple([(o - 1) * s - 2 * p + k for o, k, s, p in zip(out, kernel, steps, pads, strict=True)]), steps


def _max_unpool(n: int) -> Callable[..., Tensor]:
    scatter = recorded(pooling.plane_scatter)
    name = f"max_unpool{n}d"

    def max_unpool(
        input: Tensor, indices: Tensor, kernel_size: int | Size, stride: int | Sequence[int] | None = None,
        padding: int | Sequence[int] = 0, output_size: Size | None = None,
    ) -> Tensor:  # fmt: skip
        index = array_of(indices)
        _check_dims(input, n, name)
        if index.dtype.kind not in "iu":
            raise DtypeError(f"{here(name)}: indices must hold integers, not {describe(index)}")
        if index.shape != array_of(input).shape:
            raise ShapeError(f"{here(name)}: indices {describe(index)} must have the shape of input {describe(array_of(input))}")
        size, steps = _unpooled(index.shape[-n:], kernel_size, stride, padding)
        if output_size is not None:
            out = tuple(output_size)[-n:]
            if len(out) != n or any(not d - s < o < d + s for o, d, s in zip(out, size, steps, strict=True)):
                ranges = ", ".join(f"{d - s + 1} to {d + s - 1}" for d, s in zip(size, steps, strict=True))
                raise ShapeError(f"{here(name)}: output_size {tuple(output_size)} is out of range: it may be {ranges}")
            size = out
        # As unsigned numbers, negative ones are too large.
        if index.size and np.maximum.reduce(index.astype(np.intp, copy=False).view(np.uintp), None) >= prod(size):
            raise RangeError(f"{here(name)}: found an invalid max index, outside the output of size {size}: give output_size")
        last = _last_occurrence(index, n, prod(size))
        return scatter(input if last is None else elementwise.where(last, input, 0), where=index, size=size)

    _named(max_unpool, name)
    max_unpool.__doc__ = f"""Zeros, with the maxima that max_pool{n}d found at the positions where it found them.

    Args:
        input: (batch, channels, {_sizes(n)}), or without the batch: the maxima.
        indices: of the input's shape, as max_pool{n}d returns them with return_indices.
        kernel_size: as max_pool{n}d was called with. Likewise the next two.
        stride: the step from window to window.
        padding: how far windows reach beyond each end.
        output_size: the size of max_pool{n}d's input. By default the smallest size that is possible without ceil_mode.

    Raises:
        ShapeError: another shape of indices, or an output_size that is not possible. RangeError: an index outside of the result.
        DtypeError: indices that are not integers.

    Example:
        >>> import autograd, nn
        >>> y, indices = nn.functional.max_pool{n}d(autograd.ones(1{", 4" * n}), 2, return_indices=True)
        >>> nn.functional.max_unpool{n}d(y, indices, 2).sum().item()
        {2.0**n}
    """
    return max_unpool


def _last_occurrence(index: np.ndarray, n: int, length: int) -> np.ndarray | None:
    """A mask of the last occurrence of each index in its plane: overlapping windows may have found a maximum several times.

    None, if no index occurs twice.
    """
    lead = prod(index.shape[: index.ndim - n])
    flat = (index.reshape(lead, index.size // lead if lead else 0) + length * np.arange(lead)[:, None]).ravel()
    found = np.zeros(lead * length, bool)
    found[flat] = True
    if np.count_nonzero(found) == flat.size:
        return None
    writer = np.empty(lead * length, np.intp)
    writer[flat] = np.arange(index.size)  # of equal indices the last one writes
    return (writer[flat] == np.arange(index.size)).reshape(index.shape)


max_unpool1d, max_unpool2d, max_unpool3d = _max_unpool(1), _max_unpool(2), _max_unpool(3)
