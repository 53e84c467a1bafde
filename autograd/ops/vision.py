"""Resizing images, by a matrix along each dimension, and cutting them into patches and back."""

from __future__ import annotations

from math import floor, prod
from typing import Any

import numpy as np

from ..engine.op import Op, Sample, op
from ..engine.samples import calls, draw
from ..engine.tables import table
from ..errors import DtypeError, ShapeError, describe
from .convolution import each
from .pooling import Windows, demand_elements
from .rules import remembered

# ------------------------------------------------------------------------------------------------- a matrix along a dimension


def _along(x, matrix, dim):
    if matrix.shape[1] != x.shape[dim]:
        raise ShapeError(f"matrix {describe(matrix)} does not fit x {describe(x)}: it must have {x.shape[dim]} columns")
    if x.dtype.kind not in "fc" and np.any(matrix % 1):
        raise DtypeError(f"x {describe(x)} holds no floating point numbers, and means are no integers: use .float()")
    matrix = matrix.astype(x.dtype, copy=False)
    shape, dim = x.shape, dim % x.ndim
    if dim == x.ndim - 1:
        return np.matmul(x, matrix.T)
    if dim == x.ndim - 2 and type(x) is np.ndarray and x.flags.c_contiguous:
        return np.matmul(matrix, x)
    y = np.matmul(matrix, x.reshape(prod(shape[:dim]), shape[dim], prod(shape[dim + 1 :])))
    return y.reshape(*shape[:dim], len(matrix), *shape[dim + 1 :])


along: Op = op(
    "along", _along, x=lambda g, matrix, dim: along(g, matrix=matrix.T, dim=dim), linear=True,
    samples=lambda: calls(((2, 3, 4), {"matrix": draw((5, 3)), "dim": 1}), ((2, 3), {"matrix": draw((2, 3)), "dim": -1})),
    errors=lambda: [Sample(np.ones((2, 3)), matrix=np.ones((4, 2)), dim=1, raises=ShapeError, match="must have 3 columns")],
    formula={"y": "along(x, matrix, dim)", "x": "along(g, matrix.T, dim)"},
    doc="The product of a constant matrix with each vector of x along a dimension: resizing, adaptive means, moving sums.",
)


@table(256)
def averaging(size, out):
    """The matrix (out, size) of adaptive average pooling along one dimension."""
    m = np.zeros((out, size))
    for i in range(out):
        start, stop = i * size // out, -(-(i + 1) * size // out)
        m[i, start:stop] = 1 / (stop - start)
    return m


@table(256)
def banded(size, before, after):
    """The matrix (size, size) of sums over a window that moves along one dimension, from k - before to k + after."""
    k = np.arange(size)
    return ((k[None] >= k[:, None] - before) & (k[None] <= k[:, None] + after)).astype(float)


# The parameter of the cubic kernel: PyTorch uses -3/4, and -1/2 where it filters against aliasing.
_CUBIC, _CUBIC_ANTIALIASED = -0.75, -0.5


def _cubic(t, a):
    """Keys' cubic convolution kernel: R. Keys, "Cubic convolution interpolation for digital image processing" (1981)."""
    t = np.abs(t)
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


@table(256)
def resizing(size, out, mode, align_corners=False, scale=None, antialias=False):
    """The matrix (out, size) that resizes one dimension: row i holds the weights of the old pixels in new pixel i.

    Args:
        size, out: the old and the new number of pixels.
        mode: "nearest", "nearest-exact", "linear", "cubic" or "area".
        align_corners: whether the centres of the corner pixels keep their place.
        scale: the factor out / size, if the user gave the factor; it may differ from the quotient, because out is rounded.
        antialias: widen the kernel when the image gets smaller.
    """
    if mode == "area":
        return averaging(size, out)
    step = 1 / scale if scale else size / out
    position = np.arange(out)
    m = np.zeros((out, size))
    if mode in ("nearest", "nearest-exact"):
        shift = 0.5 if mode == "nearest-exact" else 0.0
        m[position, np.minimum(np.floor((position + shift) * step).astype(int), size - 1)] = 1
        return m
    corners = (size - 1) / (out - 1) if out > 1 else 0.0
    if antialias and align_corners:  # as in PyTorch: the filter is as wide as for aligned corners, but is not placed there
        step = corners
    centre = position * corners if align_corners and not antialias else (position + 0.5) * step - 0.5
    if antialias:
        widen = max(step, 1.0)
        reach = (1.0 if mode == "linear" else 2.0) * widen
        kernel = (lambda t: np.maximum(1 - np.abs(t), 0)) if mode == "linear" else (lambda t: _cubic(t, _CUBIC_ANTIALIASED))
        for i, c in enumerate(centre):
            first, last = max(int(c + 0.5 - reach + 0.5), 0), min(int(c + 0.5 + reach + 0.5), size)
            w = kernel((np.arange(first, last) - c) / widen)
            m[i, first:last] = w / w.sum()
        return m
    if mode == "linear":
        if not align_corners:
            centre = np.maximum(centre, 0)
        low = np.minimum(np.floor(centre).astype(int), size - 1)
        part = centre - low
        np.add.at(m, (position, low), 1 - part)
        np.add.at(m, (position, np.minimum(low + 1, size - 1)), part)
        return m
    low = np.floor(centre).astype(int)
    for tap in range(-1, 3):
        np.add.at(m, (position, np.clip(low + tap, 0, size - 1)), _cubic(centre - (low + tap), _CUBIC))
    return m


def output_size(size, given, scale_factor):
    """The size of a resized image, from a size or a factor, and per dimension the factor (None if a size is given)."""
    n = len(size)
    if (given is None) == (scale_factor is None):
        raise ValueError("give either size or scale_factor")
    if given is not None:
        return each(given, n, "size"), (None,) * n
    factors = (float(scale_factor),) * n if isinstance(scale_factor, int | float) else tuple(float(f) for f in scale_factor)
    if len(factors) != n:
        raise ValueError(f"scale_factor must be a number or {n} of them, not {scale_factor}")
    return tuple(floor(i * f) for i, f in zip(size, factors, strict=True)), factors


# --------------------------------------------------------------------------------------------------------------------- patches


@remembered
def _unfold_windows(shape, kernel_size, dilation, padding, stride):
    if len(shape) > 2:
        demand_elements(shape, 2)
    kernel = each(kernel_size, 2, "kernel_size")
    w = Windows.__new__(Windows)
    w.n, w.size, w.kernel = 2, tuple(shape[-2:]), kernel
    w.stride, w.dilation, w.padding = each(stride, 2, "stride"), each(dilation, 2, "dilation"), each(padding, 2, "padding")
    if min(*kernel, *w.stride, *w.dilation) < 1:
        raise ShapeError(f"kernel size, stride and dilation should be greater than zero: {kernel}, {w.stride}, {w.dilation}")
    spans = zip(w.size, kernel, w.stride, w.padding, w.dilation, strict=True)
    w.out = tuple((i + 2 * p - d * (k - 1) - 1) // s + 1 for i, k, s, p, d in spans)
    if min(w.out) < 1:
        raise ShapeError(f"the kernel {kernel} is larger than the image {w.size} with padding {w.padding}")
    w.settle()
    return w


def _patches(x, kernel_size, dilation=1, padding=0, stride=1):
    if x.ndim not in (3, 4):
        raise ShapeError(f"x is {describe(x)}: it must be (batch, channels, height, width), or without the batch")
    w = _unfold_windows(x.shape, kernel_size, dilation, padding, stride)
    shape = (*x.shape[:-3], x.shape[-3] * len(w.taps), w.out[0] * w.out[1])
    if w.few and type(x) is np.ndarray and 0 < x.size <= _FEW:
        return x.take(_places(w, shape))
    padded = w.pad(x, 0)
    y = np.empty((*x.shape[:-2], len(w.taps), *w.out), x.dtype)
    for t, slices in enumerate(w.taps):
        y[..., t, :, :] = padded[slices]
    return y.reshape(shape)


_FEW = 1 << 10  # up to so many elements, all patches are read and written at once


@table(64)
def _places(w, shape):
    """The flat index, in the images, of each element of their patches, as an array of the patches' shape."""
    planes = prod(shape[:-1]) // len(w.taps)
    return (np.arange(planes)[:, None, None] * prod(w.size) + w.places.T).reshape(shape)


def _fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    size = each(output_size, 2, "output_size")
    if x.ndim not in (2, 3):
        raise ShapeError(f"x is {describe(x)}: it must be (batch, channels * kernel, patches), or without the batch")
    w = _unfold_windows(size, kernel_size, dilation, padding, stride)
    taps = w.kernel[0] * w.kernel[1]
    count = w.out[0] * w.out[1]
    if x.shape[-2] % taps or x.shape[-1] != count:
        raise ShapeError(
            f"x {describe(x)} does not fit: the second last dimension must be divisible by the kernel's {taps} elements, and an "
            f"image of {size} has {w.out[0]} * {w.out[1]} = {count} patches"
        )
    lead = (*x.shape[:-2], x.shape[-2] // taps)
    if w.few and type(x) is np.ndarray and 0 < x.size <= _FEW:
        image = np.zeros((*lead, *w.size), x.dtype)
        np.add.at(image.reshape(-1), _places(w, x.shape).reshape(-1), x.reshape(-1))
        return image
    parts = x.reshape(*lead, taps, *w.out)
    padded = np.zeros((*lead, *(w.size if w.whole else w.padded)), x.dtype)
    for t, slices in enumerate(w.taps):
        padded[slices] += parts[..., t, :, :]
    return padded if w.whole else w.crop(padded, lead)


_PATCH_PARAMETERS: list[dict[str, Any]] = [
    {"kernel_size": 2}, {"kernel_size": (2, 3), "stride": 2, "padding": 1}, {"kernel_size": 2, "dilation": 2, "stride": (1, 2)},
]

unfold_image = op(
    "unfold_image", _patches,
    x=lambda g, x_shape, kernel_size, dilation, padding, stride:
        fold(g, output_size=tuple(x_shape[-2:]), kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride),
    linear=True,
    samples=lambda: [Sample(draw((2, 2, 4, 5)), **p) for p in _PATCH_PARAMETERS] + [Sample(draw((2, 4, 5)), kernel_size=2)],
    formula={"y": "unfold_image(x, kernel_size)", "x": "fold(g, kernel_size)"},
    doc="""The windows of an image as columns (im2col): the result is (batch, channels * kernel elements, windows).

    Args:
        input: (batch, channels, height, width), or without the batch.
        kernel_size: the size of a window.
        dilation: the step within a window.
        padding: the number of zeros around the image.
        stride: the step from one window to the next. All four are a number, or one per dimension.

    Raises:
        ShapeError: another number of dimensions, or a kernel larger than the padded image.

    Example:
        >>> import autograd, nn
        >>> nn.functional.unfold(autograd.arange(9.0).reshape(1, 1, 3, 3), kernel_size=2)[0]
        tensor([[0., 1., 3., 4.],
                [1., 2., 4., 5.],
                [3., 4., 6., 7.],
                [4., 5., 7., 8.]], dtype=float32)
    """,
)
fold: Op = op(
    "fold", _fold,
    x=lambda g, kernel_size, dilation, padding, stride:
        unfold_image(g, kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride),
    linear=True,
    samples=lambda: [Sample(draw(_patches(np.ones((2, 2, 4, 5)), **p).shape), output_size=(4, 5), **p) for p in _PATCH_PARAMETERS],
    errors=lambda: [Sample(np.ones((1, 4, 5)), output_size=4, kernel_size=2, raises=ShapeError, match="= 9 patches")],
    formula={"y": "fold(x, kernel_size)", "x": "unfold_image(g, kernel_size)"},
    doc="""An image from its windows as columns (col2im): where windows overlap they add up. The adjoint of ``unfold``.

    Args:
        input: (batch, channels * kernel elements, windows), or without the batch.
        output_size: (height, width) of the image.
        kernel_size, dilation, padding, stride: the windows, as for ``unfold``.

    Raises:
        ShapeError: another number of columns than the image has windows.

    Example:
        >>> import autograd, nn
        >>> nn.functional.fold(autograd.ones(1, 4, 4), output_size=3, kernel_size=2)[0, 0]
        tensor([[1., 2., 1.],
                [2., 4., 2.],
                [1., 2., 1.]], dtype=float32)
    """,
)
