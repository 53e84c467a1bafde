"""Pooling under torch.nn.functional's names and signatures, made of the ops."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from . import functions
from .errors import ShapeError, describe
from .ops import pooling, sampling
from .ops.convolution import each
from .recording import recorded

_along = recorded(sampling.along)


def _array(x: Any) -> np.ndarray:
    return np.asarray(getattr(x, "array", x))

def _max_pool(n: int) -> Callable[..., Any]:
    pool, indices = recorded(pooling.POOLS["max", n]), recorded(pooling.POOLS["indices", n])

    def max_pool(
        input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:  # fmt: skip
        y = pool(input, kernel_size, stride, padding, dilation, ceil_mode)
        return (y, indices(input, kernel_size, stride, padding, dilation, ceil_mode)) if return_indices else y

    max_pool.__name__ = max_pool.__qualname__ = f"max_pool{n}d"
    max_pool.__doc__ = pooling.POOLS["max", n].doc + "\n\nWith return_indices also the flat places of the maxima."
    return max_pool


max_pool1d, max_pool2d, max_pool3d = _max_pool(1), _max_pool(2), _max_pool(3)
avg_pool1d = recorded(pooling.avg_pool1d)
avg_pool2d = recorded(pooling.avg_pool2d)
avg_pool3d = recorded(pooling.avg_pool3d)


def _lp_pool(n: int) -> Callable[..., Any]:
    average = recorded(pooling.POOLS["avg", n])

    def lp_pool(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
        count = prod(each(kernel_size, n, "kernel_size"))
        mean = average(functions.pow(input, norm_type), kernel_size, stride, 0, ceil_mode)
        return functions.pow(functions.relu(functions.sign(mean) * functions.abs(mean)) * count, 1.0 / norm_type)

    lp_pool.__name__ = lp_pool.__qualname__ = f"lp_pool{n}d"
    lp_pool.__doc__ = "Norms of windows: (sum of x^p) ^ (1/p), with p the norm_type."
    return lp_pool


lp_pool1d, lp_pool2d, lp_pool3d = _lp_pool(1), _lp_pool(2), _lp_pool(3)


def _adaptive_size(input: Any, output_size: Any, n: int, name: str) -> tuple[int, ...]:
    if input.ndim not in (n + 1, n + 2):
        raise ShapeError(f"{name}: input must have {n + 1} or {n + 2} dimensions, it is {describe(_array(input))}")
    sizes = (output_size,) * n if output_size is None or isinstance(output_size, int) else tuple(output_size)
    if len(sizes) != n:
        raise ShapeError(f"{name}: output_size must be an int or {n} of them, not {output_size}")
    return tuple(size if want is None else int(want) for want, size in zip(sizes, input.shape[-n:], strict=True))


def _adaptive_avg_pool(n: int) -> Callable[..., Any]:
    average = recorded(pooling.POOLS["avg", n])
    name = f"adaptive_avg_pool{n}d"

    def adaptive_avg_pool(input: Any, output_size: Any) -> Any:
        sizes = _adaptive_size(input, output_size, n, name)
        if set(sizes) == {1}:
            return functions.mean(input, dim=tuple(range(-n, 0)), keepdim=True)
        if all(want and not size % want for want, size in zip(sizes, input.shape[-n:], strict=True)):
            return average(input, tuple(size // want for want, size in zip(sizes, input.shape[-n:], strict=True)))
        for dim, want in zip(range(-n, 0), sizes, strict=True):
            if want != input.shape[dim]:
                input = _along(input, matrix=sampling.averaging(input.shape[dim], want), dim=dim)
        return input

    adaptive_avg_pool.__name__ = adaptive_avg_pool.__qualname__ = name
    adaptive_avg_pool.__doc__ = "Means over windows that cover the input evenly, so many that the result has output_size."
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
    adaptive_max_pool.__doc__ = "Maxima over windows that cover the input evenly, so many that the result has output_size."
    return adaptive_max_pool


adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = (_adaptive_avg_pool(n) for n in (1, 2, 3))
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = (_adaptive_max_pool(n) for n in (1, 2, 3))


def fractional_max_pool2d(
    input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Any = None, generator: Any = None,
) -> Any:  # fmt: skip
    """Maxima over windows whose steps vary at random, so that the result has output_size or output_ratio times the size.

    Unlike PyTorch's, the steps are drawn once for all images and channels.

    Source: Graham, Fractional Max-Pooling, 2014.
    """
    from .random import source

    if (output_size is None) == (output_ratio is None):
        raise ValueError("fractional_max_pool2d: give either output_size or output_ratio")
    kernel = each(kernel_size, 2, "kernel_size")
    if output_size is None:
        ratios = (output_ratio,) * 2 if isinstance(output_ratio, int | float) else tuple(output_ratio)
        output_size = tuple(int(size * r) for size, r in zip(input.shape[-2:], ratios, strict=True))
    wanted = each(output_size, 2, "output_size")
    drawn = source(generator).random(2) if _random_samples is None else _array(_random_samples).reshape(-1)[:2]
    windows = []
    for size, out, k, u in zip(input.shape[-2:], wanted, kernel, drawn, strict=True):
        if out + k - 1 > size:
            raise ShapeError(f"fractional_max_pool2d: {out} windows of {k} do not fit into {size}")
        step = (size - k) / (out - 1) if out > 1 else 0.0
        starts = [int((i + u) * step) - int(u * step) for i in range(out - 1)] + [size - k]
        windows.append(tuple((s, s + k) for s in starts))
    y = recorded(pooling.max_windows)(input, windows=tuple(windows))
    return (y, recorded(pooling.max_windows_indices)(input, windows=tuple(windows))) if return_indices else y


def _max_unpool(n: int) -> Callable[..., Any]:
    scatter = recorded(pooling.plane_scatter)

    def max_unpool(
        input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
    ) -> Any:
        kernel = each(kernel_size, n, "kernel_size")
        steps = kernel if stride is None else each(stride, n, "stride")
        pads = each(padding, n, "padding")
        places = _array(indices)
        if places.shape != tuple(input.shape):
            raise ShapeError(f"max_unpool{n}d: indices {describe(places)} must have the shape of input {describe(_array(input))}")
        sizes = zip(input.shape[-n:], kernel, steps, pads, strict=True)
        size = tuple((i - 1) * s - 2 * p + k for i, k, s, p in sizes)
        if output_size is not None:
            size = tuple(output_size)[-n:]
        if places.size and (places.min() < 0 or places.max() >= prod(size)):
            raise IndexError(f"max_unpool{n}d: found an index outside the output of size {size}: give output_size")
        return scatter(input, where=places, size=size)

    max_unpool.__name__ = max_unpool.__qualname__ = f"max_unpool{n}d"
    max_unpool.__doc__ = f"Zeros with the maxima put back to where max_pool{n}d found them."
    return max_unpool


max_unpool1d, max_unpool2d, max_unpool3d = _max_unpool(1), _max_unpool(2), _max_unpool(3)
