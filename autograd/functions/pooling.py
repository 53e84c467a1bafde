"""Pooling under torch.nn.functional's names and signatures, made of the ops."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
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
from . import elementwise, indexing, reduction
from .random import source

_along = recorded(vision.along)


def _pooled_dims(input: Any, n: int, name: str) -> None:
    """Raise unless the input is (batch, channels, n sizes), or that without the batch."""
    if input.ndim not in (n + 1, n + 2):
        raise ShapeError(f"{here(name)}: input must have {n + 1} or {n + 2} dimensions, it is {describe(array_of(input))}")


def _with_indices(pool: Callable[..., Any], example: str) -> Callable[..., Any]:
    """Max pooling that gives the places, too, whatever return_indices says."""
    parameters = signature(pool)

    @wraps(pool)
    def both(*args: Any, **kwargs: Any) -> Any:
        given = parameters.bind(*args, **kwargs)
        given.arguments["return_indices"] = True
        return pool(*given.args, **given.kwargs)

    name = pool.__name__
    both.__name__ = both.__qualname__ = f"{name}_with_indices"
    both.__doc__ = f"""``{name}`` with ``return_indices=True``: the maxima, and their flat places.

    Example:
        >>> import autograd, nn
        >>> y, places = nn.functional.{name}_with_indices({example})
        >>> y.shape == places.shape
        True
    """
    return both


def _max_pool(n: int) -> Callable[..., Any]:
    pool, indices = recorded(pooling.POOLS["max", n]), recorded(pooling.POOLS["indices", n])

    def max_pool(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:  # fmt: skip
        y = pool(input, kernel_size, stride, padding, dilation, ceil_mode)
        return (y, indices(input, kernel_size, stride, padding, dilation, ceil_mode)) if return_indices else y

    max_pool.__name__ = max_pool.__qualname__ = f"max_pool{n}d"
    max_pool.__doc__ = pooling.POOLS["max", n].doc.replace(".", ", and with return_indices the flat places of the maxima.", 1)
    return max_pool


max_pool1d, max_pool2d, max_pool3d = _max_pool(1), _max_pool(2), _max_pool(3)
max_pool1d_with_indices = _with_indices(max_pool1d, "autograd.randn(1, 2, 6), 2")
max_pool2d_with_indices = _with_indices(max_pool2d, "autograd.randn(1, 2, 6, 6), 2")
max_pool3d_with_indices = _with_indices(max_pool3d, "autograd.randn(1, 2, 6, 6, 6), 2")
avg_pool1d = recorded(pooling.avg_pool1d)
avg_pool2d = recorded(pooling.avg_pool2d)
avg_pool3d = recorded(pooling.avg_pool3d)


def _lp_pool(n: int) -> Callable[..., Any]:
    average = recorded(pooling.POOLS["avg", n])

    def lp_pool(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
        count = prod(each(kernel_size, n, "kernel_size"))
        total = average(elementwise.pow(input, norm_type), kernel_size, stride, 0, ceil_mode) * count
        zero = total.array == 0
        if not zero.any():
            return elementwise.pow(total, 1.0 / norm_type)
        # The root has no derivative at 0: PyTorch gives 0 there.
        root = elementwise.pow(indexing.masked_fill(total, zero, 1), 1.0 / norm_type)
        return indexing.masked_fill(root, zero, 0)

    lp_pool.__name__ = lp_pool.__qualname__ = f"lp_pool{n}d"
    lp_pool.__doc__ = f"""Norms of windows: (sum of x^p)^(1/p), with p the norm_type; where the sum is 0, so is the gradient.

    Example:
        >>> import autograd, nn
        >>> nn.functional.lp_pool{n}d(autograd.tensor(4.0).expand(1{", 2" * n}), norm_type=1, kernel_size=2).tolist()
        {"[" * (n + 1)}{4.0 * 2**n}{"]" * (n + 1)}
    """
    return lp_pool


lp_pool1d, lp_pool2d, lp_pool3d = _lp_pool(1), _lp_pool(2), _lp_pool(3)


def _adaptive_size(input: Any, output_size: Any, n: int, name: str) -> tuple[int, ...]:
    _pooled_dims(input, n, name)
    sizes = (output_size,) * n if output_size is None or isinstance(output_size, int) else tuple(output_size)
    if len(sizes) != n:
        raise ShapeError(f"{here(name)}: output_size must be an int or {n} of them, not {output_size}")
    if any(want is not None and want < 0 for want in sizes):
        raise ShapeError(f"{here(name)}: output_size must not be negative, it is {output_size}")
    return tuple(size if want is None else int(want) for want, size in zip(sizes, input.shape[-n:], strict=True))


_ADAPTIVE = """{what} over windows that cover the input evenly, so many that the result has output_size.

    Window i of m in a dimension of length k begins at ⌊i k / m⌋ and ends before ⌈(i + 1) k / m⌉.

    Args:
        input: (batch, channels) and {n} more, or without the batch.
        output_size: a number, or {n} of them; None keeps a dimension as it is.{more}

    Example:
        >>> import autograd, nn
        >>> nn.functional.adaptive_{kind}_pool{n}d(autograd.ones(1, 2{size}), 3).shape
        {shape}
    """


def _adaptive_avg_pool(n: int) -> Callable[..., Any]:
    average = recorded(pooling.POOLS["avg", n])
    name = f"adaptive_avg_pool{n}d"

    def adaptive_avg_pool(input: Any, output_size: Any) -> Any:
        sizes = _adaptive_size(input, output_size, n, name)
        if set(sizes) == {1}:
            return reduction.mean(input, dim=tuple(range(-n, 0)), keepdim=True)
        if all(want and not size % want for want, size in zip(sizes, input.shape[-n:], strict=True)):
            return average(input, tuple(size // want for want, size in zip(sizes, input.shape[-n:], strict=True)))
        for dim, want in zip(range(-n, 0), sizes, strict=True):
            if want != input.shape[dim]:
                input = _along(input, matrix=vision.averaging(input.shape[dim], want), dim=dim)
        return input

    adaptive_avg_pool.__name__ = adaptive_avg_pool.__qualname__ = name
    adaptive_avg_pool.__doc__ = _ADAPTIVE.format(what="Means", n=n, kind="avg", size=", 5" * n, more="", shape=(1, 2) + (3,) * n)
    return adaptive_avg_pool


def _adaptive_max_pool(n: int) -> Callable[..., Any]:
    general, indices = recorded(pooling.max_windows), recorded(pooling.max_windows_indices)
    name = f"adaptive_max_pool{n}d"

    def adaptive_max_pool(input: Any, output_size: Any, return_indices: bool = False) -> Any:
        sizes = _adaptive_size(input, output_size, n, name)
        if not return_indices and all(want and not size % want for want, size in zip(sizes, input.shape[-n:], strict=True)):
            kernel = tuple(size // want for want, size in zip(sizes, input.shape[-n:], strict=True))
            return recorded(pooling.POOLS["max", n])(input, kernel)
        found = zip(input.shape[-n:], sizes, strict=True)
        windows = tuple(pooling.adaptive_windows(size, want) for size, want in found)
        y = general(input, windows=windows)
        return (y, indices(input, windows=windows)) if return_indices else y

    adaptive_max_pool.__name__ = adaptive_max_pool.__qualname__ = name
    more = "\n        return_indices: give the flat places of the maxima, too."
    adaptive_max_pool.__doc__ = _ADAPTIVE.format(what="Maxima", n=n, kind="max", size=", 5" * n, more=more, shape=(1, 2) + (3,) * n)
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
        input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None, generator: Any = None,
    ) -> Any:  # fmt: skip
        if (output_size is None) == (output_ratio is None):
            raise ArgumentError(f"{here(name)}: give either output_size or output_ratio")
        _pooled_dims(input, n, name)
        kernel = each(kernel_size, n, "kernel_size")
        size, lead = tuple(input.shape[-n:]), tuple(input.shape[:-n])
        if output_size is None:
            ratios = (output_ratio,) * n if isinstance(output_ratio, int | float) else tuple(output_ratio)
            output_size = tuple(int(i * r) for i, r in zip(size, ratios, strict=True))
        wanted = each(output_size, n, "output_size")
        if any(out < 1 or out + k - 1 > i for i, out, k in zip(size, wanted, kernel, strict=True)):
            raise ShapeError(f"{here(name)}: {wanted} windows of {kernel} do not fit into input {describe(array_of(input))}")
        planes = (1,) * (2 - len(lead)) + lead
        if _random_samples is None:
            drawn = source(generator).random((*planes, n))
        else:
            drawn = array_of(_random_samples)
            if drawn.shape != (*planes, n):
                raise ShapeError(f"{here(name)}: _random_samples {describe(drawn)} must have the shape {(*planes, n)}")
        # PyTorch's numbers go with (width, height) in two dimensions, and with (depth, height, width) in three.
        drawn = drawn.reshape(*lead, n)[..., ::-1] if n == 2 else drawn.reshape(*lead, n)
        array = array_of(input)
        if array.dtype.kind == "c":
            raise DtypeError(f"{here(name)}: input {describe(array)} holds complex numbers, which have no order")
        taken: Any = 0
        for d in range(n):
            starts = _fractional_starts(drawn[..., d], size[d], wanted[d], kernel[d])
            rows = (starts[..., None] + np.arange(kernel[d])).reshape(
                *lead, *[wanted[d] if e == d else 1 for e in range(n)], *[kernel[d] if e == d else 1 for e in range(n)]
            )
            taken = taken * size[d] + rows
        flat = taken.reshape(*lead, prod(wanted), prod(kernel))
        values = np.take_along_axis(array.reshape(*lead, prod(size)), flat.reshape(*lead, prod(flat.shape[-2:])), -1)
        values = values.reshape(flat.shape)
        where = np.take_along_axis(flat, values.argmax(-1)[..., None], -1).reshape(*lead, *wanted)
        y = gather(input, where=where, n=n)
        return (y, make(where)) if return_indices else y

    fractional_max_pool.__name__ = fractional_max_pool.__qualname__ = name
    fractional_max_pool.__doc__ = (
        """Maxima over windows whose steps vary at random, so that the result has output_size, or
    output_ratio times the size.

    Args:
        _random_samples: (batch, channels, dimensions) numbers from [0, 1) that decide the steps of each plane.
        generator: draws them otherwise.

    Source: Graham, Fractional Max-Pooling, 2014.

    Example:
        >>> import autograd, nn
        >>> nn.functional.FUNCTION(autograd.ones(SHAPE), kernel_size=2, output_ratio=0.5).shape
        RESULT
    """.replace("FUNCTION", name)
        .replace("SHAPE", "1" + ", 8" * n)
        .replace("RESULT", str((1,) + (4,) * n))
    )
    return fractional_max_pool


def _fractional_starts(drawn: np.ndarray, size: int, out: int, kernel: int) -> np.ndarray:
    """Where the windows of one dimension begin: steps of the mean length, rounded after a random shift; the last ends the row."""
    starts = np.full((*drawn.shape, out), size - kernel)
    if out > 1:
        step = (size - kernel) / (out - 1)
        shift = drawn[..., None].astype(np.float64)
        starts[..., :-1] = np.floor((np.arange(out - 1) + shift) * step) - np.floor(shift * step)
    return starts


fractional_max_pool2d, fractional_max_pool3d = _fractional_max_pool(2), _fractional_max_pool(3)
fractional_max_pool2d_with_indices = _with_indices(fractional_max_pool2d, "autograd.randn(1, 2, 6, 6), 2, 3")
fractional_max_pool3d_with_indices = _with_indices(fractional_max_pool3d, "autograd.randn(1, 2, 6, 6, 6), 2, 3")


def _max_unpool(n: int) -> Callable[..., Any]:
    scatter = recorded(pooling.plane_scatter)

    def max_unpool(
        input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
    ) -> Any:
        kernel = each(kernel_size, n, "kernel_size")
        steps = kernel if stride is None else each(stride, n, "stride")
        pads = each(padding, n, "padding")
        places, where = array_of(indices), here(f"max_unpool{n}d")
        _pooled_dims(input, n, f"max_unpool{n}d")
        if places.dtype.kind not in "iu":
            raise DtypeError(f"{where}: indices must hold integers, not {describe(places)}")
        if places.shape != tuple(input.shape):
            raise ShapeError(f"{where}: indices {describe(places)} must have the shape of input {describe(array_of(input))}")
        sizes = zip(input.shape[-n:], kernel, steps, pads, strict=True)
        size = tuple((i - 1) * s - 2 * p + k for i, k, s, p in sizes)
        if output_size is not None:
            wanted = tuple(output_size)[-n:]
            if len(wanted) != n or any(not d - s < o < d + s for o, d, s in zip(wanted, size, steps, strict=True)):
                ranges = ", ".join(f"{d - s + 1} to {d + s - 1}" for d, s in zip(size, steps, strict=True))
                raise ShapeError(f"{where}: output_size {tuple(output_size)} is out of range: it may be {ranges}")
            size = wanted
        length = prod(size)
        if places.size and (places.min() < 0 or places.max() >= length):
            raise RangeError(f"{where}: found an invalid max index, outside the output of size {size}: give output_size")
        # Where windows overlap one maximum may have been found by several: it is put back once, by the last.
        lead = places.shape[: places.ndim - n]
        rows = places.reshape(prod(lead), prod(places.shape[len(lead) :])) + length * np.arange(prod(lead))[:, None]
        last = np.empty(prod(lead) * length, np.intp)
        last[rows] = np.arange(places.size).reshape(rows.shape)
        once = last[rows].ravel() == np.arange(places.size)
        if not once.all():
            input = elementwise.where(once.reshape(places.shape), input, 0)
        return scatter(input, where=places, size=size)

    max_unpool.__name__ = max_unpool.__qualname__ = f"max_unpool{n}d"
    max_unpool.__doc__ = f"""Zeros with the maxima put back to where max_pool{n}d found them.

    Args:
        input, indices: what max_pool{n}d with return_indices gave. kernel_size, stride, padding: what it was called with.
        output_size: of its input, where that cannot be told from the result's.

    Example:
        >>> import autograd, nn
        >>> y, places = nn.functional.max_pool{n}d(autograd.ones(1{", 4" * n}), 2, return_indices=True)
        >>> nn.functional.max_unpool{n}d(y, places, 2).sum().item()
        {2.0**n}
    """
    return max_unpool


max_unpool1d, max_unpool2d, max_unpool3d = _max_unpool(1), _max_unpool(2), _max_unpool(3)
