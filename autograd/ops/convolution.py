"""Convolutions in one, two and three dimensions, and their adjoints.

A convolution y = conv(x, w) is linear in x and in w. It has an adjoint in each,

    <conv(x, w), g> = <x, transpose(g, w)> = <w, weight(x, g)>

The rules of each of the three ops are the other two, so derivatives of every order come from these three forwards.

The forwards copy windows of the input into the columns of a matrix, which BLAS multiplies by the weight (im2col). They do so in
blocks that fit the cache. All arrays are in PyTorch's order, (batch, channels, size), and results are contiguous.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..engine.op import Op, Sample
from ..engine.samples import draw
from ..engine.tables import table
from ..engine.values.sums import sum_over
from ..errors import ArgumentError, ShapeError, describe
from .rules import remembered
from .window_formulas import formulas

BLOCK = 1 << 21  # bytes of copied windows per block: about the size of a second-level cache
_FEW_ELEMENTS = 1 << 10  # up to so many elements of windows are copied by their places, without a padded input
FEW = 64  # images with at most so many windows share one product, because BLAS is slow at many products of small matrices


# ------------------------------------------------------------------------------------------------------------------- geometry


def each(value, n, name):
    """An int or a sequence of n ints, as a tuple of n."""
    if isinstance(value, int | np.integer):
        return (int(value),) * n
    value = tuple(value)
    if len(value) == 1:
        value *= n
    if len(value) != n:
        raise ArgumentError(f"{name} must be an int or {n} of them, not {value}")
    return value


def pads(padding, kernel, stride, dilation):
    """Padding, in any form that PyTorch accepts, as a pair (before, after) per dimension."""
    n = len(kernel)
    if isinstance(padding, str):
        if padding == "valid":
            return ((0, 0),) * n
        if padding != "same":
            raise ValueError(f"padding must be an int, {n} ints, 'same' or 'valid', not {padding!r}")
        if any(s != 1 for s in stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
        return tuple((d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2) for k, d in zip(kernel, dilation, strict=True))
    if isinstance(padding, list | tuple) and padding and isinstance(padding[0], list | tuple):
        return tuple((a, b) for a, b in padding)
    amounts = each(padding, n, "padding")
    if min(amounts) < 0:
        raise ArgumentError(f"negative padding is not supported: {padding}")
    return tuple((p, p) for p in amounts)


def exact(size, out, kernel, stride, padding, dilation):
    """The padding with its end changed so that exactly ``out`` windows fit: so an adjoint gets the right size."""
    return tuple(
        (lo, (o - 1) * s + d * (k - 1) + 1 - i - lo)
        for i, o, k, s, (lo, _), d in zip(size, out, kernel, stride, padding, dilation, strict=True)
    )


class Geometry:
    """The geometry of a convolution.

    Attributes:
        n: the number of dimensions. size: the input's lengths in them. out: the output's.
        kernel, stride, dilation: per dimension. padding: a pair (before, after) per dimension.
        channels, outputs: the numbers of input and output channels. groups: into how many groups they are split.
        padded: the lengths of the padded input, as far as windows reach. whole: whether that is the input as it is.
        interior: the slices of the padded input that hold the input, and the slices of the input that they hold.
        taps: the number of elements in a window of a group.
        few: whether an image has few windows.
        mirrors: whether the adjoint in the input is computed as a convolution. With many more outputs than channels, copying
            windows of outputs is slow; then the products of all taps are added up.
    """

    __slots__ = (
        "_mirrored", "_shifts", "channels", "dilation", "few", "groups", "interior", "kernel", "mirrors", "n", "out", "outputs",
        "padded", "padding", "size", "stride", "taps", "whole",
    )  # fmt: skip

    def __init__(self, size, weight_shape, stride, padding, dilation, groups):
        self.n = n = len(weight_shape) - 2
        self.size, self.kernel = tuple(size), tuple(weight_shape[2:])
        self.groups = groups
        self.outputs, self.channels = weight_shape[0], weight_shape[1] * groups
        self.stride, self.dilation = each(stride, n, "stride"), each(dilation, n, "dilation")
        if min(self.stride) < 1 or min(self.dilation) < 1:
            raise ValueError("stride and dilation must be at least 1")
        self.padding = pads(padding, self.kernel, self.stride, self.dilation)
        self.out = tuple(
            (i + lo + hi - d * (k - 1) - 1) // s + 1
            for i, k, s, (lo, hi), d in zip(self.size, self.kernel, self.stride, self.padding, self.dilation, strict=True)
        )
        if min(self.out, default=1) < 1:
            raise ShapeError(
                f"the kernel {self.kernel} with dilation {self.dilation} is larger than the padded input "
                f"{tuple(i + lo + hi for i, (lo, hi) in zip(self.size, self.padding, strict=True))}"
            )
        ends = zip(self.out, self.kernel, self.stride, self.dilation, strict=True)
        self.padded = tuple((o - 1) * s + d * (k - 1) + 1 for o, k, s, d in ends)
        self.interior = self._interior()
        self.whole = self.padded == self.size and all(lo == 0 for lo, _ in self.padding)
        self.few = prod(self.out) <= FEW
        self.taps = weight_shape[1] * prod(self.kernel)
        self.mirrors = self.outputs < 4 * self.channels and set(self.stride) == {1}
        self._mirrored = self._shifts = None

    def mirrored(self):
        """The geometry of the adjoint in the input, which for stride 1 is a convolution too."""
        if self._mirrored is None:
            self._mirrored = self._mirror()
        return self._mirrored

    def _mirror(self):
        sizes = zip(self.size, self.out, self.kernel, self.padding, self.dilation, strict=True)
        padding = tuple((d * (k - 1) - lo, i + lo - o) for i, o, k, (lo, _), d in sizes)
        shape = (self.channels, self.outputs // self.groups, *self.kernel)
        return Geometry(self.out, shape, self.stride, padding, self.dilation, self.groups)

    def _interior(self):
        padded_slices, input_slices = [], []
        for i, p, (lo, _) in zip(self.size, self.padded, self.padding, strict=True):
            start, stop = max(lo, 0), min(lo + i, p)
            padded_slices.append(slice(start, max(start, stop)))
            input_slices.append(slice(start - lo, max(start, stop) - lo))
        return (..., *padded_slices), (..., *input_slices)

    def blocks(self, batch, itemsize):
        """The blocks, as slices (images, rows, windows of these rows): the copied windows of each fit the cache."""
        image = self.taps * self.groups * prod(self.out) * itemsize
        row = prod(self.out[1:])
        if image <= BLOCK or self.out[0] == 1:
            step = max(1, BLOCK // max(image, 1))
            for i in range(0, batch, step):
                yield slice(i, min(i + step, batch)), slice(0, self.out[0]), slice(0, self.out[0] * row)
            return
        rows = max(1, BLOCK * self.out[0] // image)
        for i in range(batch):
            for r in range(0, self.out[0], rows):
                stop = min(r + rows, self.out[0])
                yield slice(i, i + 1), slice(r, stop), slice(r * row, stop * row)

    def shifts(self):
        """For each tap, a position within a window: the slices of the padded input that it meets in all windows."""
        if self._shifts is None:
            self._shifts = []
            for tap in product(*[range(k) for k in self.kernel]):
                sizes = zip(tap, self.dilation, self.stride, self.out, strict=True)
                self._shifts.append(tuple(slice(t * d, t * d + (o - 1) * s + 1, s) for t, d, s, o in sizes))
        return self._shifts


class Layout:
    """How a convolution of a batch is cut into products of matrices.

    Attributes:
        together: whether the images share one product, because each has few windows and BLAS is slow at many small products.
        shape, strides: those of the view of all windows of a contiguous padded input (batch, channels, *padded). The view is
            (batch, groups, channels / groups, *kernel, *out), or (1, channels, *kernel, batch, *out) where images share a product.
        weight, outputs: the shapes of these as matrices, (1, groups, outputs / groups, taps), or (1, outputs, taps) where images
            share a product, and (batch, groups, outputs / groups, windows).
        blocks: for each block the part of the view; the shape of a copy of it as matrices, (images, groups, taps, windows) or
            (1, taps, images * windows); the part of the outputs; and its images and rows. Both parts of an only block are ``...``.
        places, outside: of a few windows the flat place in the input of each element, in the shape of matrices, and where elements
            lie in the padding; None where none do.
    """

    __slots__ = ("blocks", "geometry", "itemsize", "outputs", "outside", "places", "shape", "strides", "together", "weight")

    def __init__(self, geometry, batch, itemsize):
        self.geometry, self.itemsize = geometry, itemsize
        g = geometry
        self.together = g.groups == 1 and g.few and batch > 1
        shape = (batch, g.groups, g.channels // g.groups, *g.kernel, *g.out)
        self.shape = self._ordered(shape)
        steps = [itemsize]
        for length in (*g.padded[::-1], g.channels):
            steps.append(steps[-1] * length)
        self.strides = self._strides(steps[::-1])
        weight = (g.groups, g.outputs // g.groups, g.taps)
        self.weight = weight if self.together else (1, *weight)  # as many dimensions as the windows: that halves matmul's start
        self.outputs = (batch, g.groups, g.outputs // g.groups, prod(g.out))
        self.blocks: list[Any] = []
        for images, rows, columns in g.blocks(batch, itemsize):
            part = self._ordered((images, *[slice(None)] * (2 + g.n), rows, *[slice(None)] * (g.n - 1)))
            several, windows = images.stop - images.start, columns.stop - columns.start
            matrix = (1, g.taps, several * windows) if self.together else (several, g.groups, g.taps, windows)
            self.blocks.append((part, matrix, (images, slice(None), slice(None), columns), images, rows))
        if len(self.blocks) == 1:
            [(_, matrix, _, images, rows)] = self.blocks
            self.blocks = [(..., matrix, ..., images, rows)]
        self.places = self.outside = None
        if len(self.blocks) == 1 and prod(g.size) and prod(self.shape) <= _FEW_ELEMENTS:
            self._locate(batch)

    def _locate(self, batch):
        g = self.geometry
        padded = np.full((batch, g.channels, *g.padded), -1)
        padded_slices, input_slices = g.interior
        size = (batch, g.channels, *g.size)
        padded[padded_slices] = np.arange(prod(size)).reshape(size)[input_slices]
        windows = as_strided(padded, self.shape, self._strides(padded.strides)).reshape(self.blocks[0][1])
        self.places, outside = np.maximum(windows, 0), windows < 0
        self.outside = outside if outside.any() else None

    def _ordered(self, values):
        """Values of the dimensions (batch, groups, channels / groups, *kernel, *out) in the order of the view."""
        if not self.together:
            return tuple(values)
        middle = 3 + self.geometry.n
        return (*values[1:middle], values[0], *values[middle:])

    def _strides(self, strides):
        g = self.geometry
        batch, channel, *size = strides
        steps = [a * t for a, t in zip(size, g.stride, strict=True)]
        taps = [a * d for a, d in zip(size, g.dilation, strict=True)]
        return self._ordered((batch, channel * (g.channels // g.groups), channel, *taps, *steps))

    def windows(self, x):
        """All windows of the input x: a view of it, with its padding, or a copy of a few windows."""
        if self.places is not None and type(x) is np.ndarray:
            windows = x.take(self.places)
            if self.outside is not None:
                np.putmask(windows, self.outside, 0)
            return windows
        padded = pad(x, self.geometry)
        if padded.flags.c_contiguous and padded.itemsize == self.itemsize:  # what as_strided does, in a fifth of the time
            return np.ndarray(self.shape, padded.dtype, padded, 0, self.strides)
        return as_strided(padded, self.shape, self._strides(padded.strides), writeable=False)


geometry_of = remembered(Geometry)
layout_of = table(256)(Layout)


def pad(x, geometry):
    """x with its padding, as far as windows reach; x itself if all windows lie within it."""
    if geometry.whole:
        return x
    padded_slices, input_slices = geometry.interior
    padded = np.zeros((*x.shape[:2], *geometry.padded), x.dtype)
    padded[padded_slices] = x[input_slices]
    return padded


# -------------------------------------------------------------------------------------------- convolution and its two adjoints


def _common(a, b):
    """The dtype of a product."""
    return a.dtype if a.dtype is b.dtype else np.result_type(a, b)


def _forward(x, weight, geometry, bias=None):
    """The convolution of x: (batch, outputs, *out)."""
    g, dtype = geometry, _common(x, weight)
    y = np.empty((len(x), g.outputs, *g.out), dtype)
    if not g.outputs:
        return y
    layout = layout_of(g, len(x), dtype.itemsize)
    results, windows, w = y.reshape(layout.outputs), layout.windows(x), weight.reshape(layout.weight)
    for part, matrix, place, _, _ in layout.blocks:
        result, columns = results[place], windows[part].reshape(matrix)
        if layout.together:
            product = np.matmul(w, columns)
            result[...] = product.reshape(1, g.outputs, len(result), -1).transpose(2, 0, 1, 3)
        else:
            np.matmul(w, columns, out=result)
        if bias is not None:
            result += bias.reshape(g.groups, -1, 1)  # here, because the block is still in the cache
    return y


_REVERSED = [(..., *[slice(None, None, -1)] * n) for n in range(4)]  # all elements, with the last n dimensions from their ends


def _turned(weight, g):
    """The weight of the adjoint convolution: taps reversed, input and output channels exchanged within each group."""
    if g.groups == 1:
        return weight.swapaxes(0, 1)[_REVERSED[g.n]]
    split = weight.reshape(g.groups, g.outputs // g.groups, g.channels // g.groups, *g.kernel)
    return split.swapaxes(1, 2)[_REVERSED[g.n]]


def _backward(y, weight, geometry):
    """The adjoint in the input, (batch, channels, *size): each element of y times the kernel, added to its window."""
    g, dtype = geometry, _common(y, weight)
    if not (g.channels and g.outputs and len(y)):
        return np.zeros((len(y), g.channels, *g.size), dtype)
    if g.mirrors:
        return _forward(y, _turned(weight, g), g.mirrored())
    batch, layout, shifts = len(y), layout_of(g, len(y), dtype.itemsize), g.shifts()
    padded = np.zeros((batch, g.channels, *g.padded), dtype)
    outputs = y.reshape(layout.outputs)
    w = weight.reshape(g.groups, g.outputs // g.groups, g.taps).swapaxes(1, 2)
    for _, _, place, images, rows in layout.blocks:
        windows = np.matmul(w, outputs[place])
        windows = windows.reshape(len(windows), g.channels, len(shifts), -1, *g.out[1:])
        begin = rows.start * g.stride[0]
        for number, slices in enumerate(shifts):
            start = slices[0].start + begin
            step = slice(start, start + (rows.stop - rows.start - 1) * g.stride[0] + 1, g.stride[0])
            padded[(images, slice(None), step, *slices[1:])] += windows[:, :, number]
    if g.whole:
        return padded
    padded_slices, input_slices = g.interior
    x = np.zeros((batch, g.channels, *g.size), dtype)
    x[input_slices] = padded[padded_slices]
    return x


def _weights(x, y, geometry):
    """The adjoint in the weight: the sum over all windows of x of the window times its element of y."""
    g, dtype = geometry, _common(x, y)
    shape = (g.outputs, g.channels // g.groups, *g.kernel)
    if not (len(x) and g.outputs and g.taps):
        return np.zeros(shape, dtype)
    layout = layout_of(g, len(x), dtype.itemsize)
    windows, outputs = layout.windows(x), y.reshape(layout.outputs)
    total: Any = None
    for part, matrix, place, _, _ in layout.blocks:
        columns, result = windows[part].reshape(matrix), outputs[place]
        if layout.together:
            product = np.matmul(result[:, 0].swapaxes(0, 1).reshape(g.outputs, -1), columns[0].T)
        else:  # with (taps, outputs) BLAS takes four fifths of the time that it takes with (outputs, taps)
            product = np.matmul(columns, result.swapaxes(2, 3))
            product = product[0] if len(product) == 1 else np.add.reduce(product, axis=0)
        if total is None:
            total = product
        else:
            total += product
    if not layout.together:
        total = total.swapaxes(1, 2)
    weight = np.empty(shape, total.dtype)  # which is not a view of another array, as a reshaped total would be
    weight.reshape(total.shape)[...] = total
    return weight


# ------------------------------------------------------------------------------------------------------- forwards and rules


def _check_shapes(x, weight, n, channels, groups, weight_dims):
    if weight.ndim != n + 2:
        raise ShapeError(f"weight is {describe(weight)}: it must have {n + 2} dimensions, {weight_dims}")
    if x.ndim not in (n + 1, n + 2):
        shape = f"(batch, channels{', size' * n})"
        raise ShapeError(f"x is {describe(x)}: it must have {n + 2} dimensions, {shape}, or {n + 1} without a batch")
    if groups < 1 or weight.shape[0] % groups:
        raise ShapeError(f"the first dimension of weight, {weight.shape[0]}, must be divisible by groups={groups}")
    if x.shape[-n - 1] != channels:
        raise ShapeError(
            f"x {describe(x)} and weight {describe(weight)} do not fit: x has {x.shape[-n - 1]} channels, and weight"
            f"{f' with groups={groups}' if groups > 1 else ''} expects {channels}"
        )


def _checked_bias(bias, outputs):
    if bias is not None and bias.shape != (outputs,):
        raise ShapeError(f"bias has shape {bias.shape}: it must be ({outputs},), one number per output channel")
    return bias


def _batched(n, *arrays):
    """Whether the arrays have no batch dimension, and the arrays with one."""
    unbatched = arrays[0].ndim == n + 1
    return (True, *[a[None] for a in arrays]) if unbatched else (False, *arrays)


@remembered
def fitted(n, x_shape, y_shape, weight_shape, stride, padding, dilation, groups):
    """The geometry of a convolution from x, with a batch, to y and of its adjoints, which meets exactly its windows."""
    parameters = adjoint_parameters(n, x_shape, y_shape, weight_shape, stride, padding, dilation, groups)
    return geometry_of(x_shape[2:], weight_shape, **parameters)


@remembered
def adjoint_parameters(n, x_shape, y_shape, weight_shape, stride, padding, dilation, groups):
    """The parameters of an adjoint that meets exactly the windows of a convolution from x to y."""
    kernel = weight_shape[2:]
    stride, dilation = each(stride, n, "stride"), each(dilation, n, "dilation")
    padding = exact(x_shape[-n:], y_shape[-n:], kernel, stride, pads(padding, kernel, stride, dilation), dilation)
    return {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def _plain(n, a, b):
    """Whether a rule may call the kernels themselves: for arrays with a batch."""
    return type(a) is type(b) is np.ndarray and a.ndim == n + 2


def _conv(n):
    def forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        channels = weight.shape[1] * groups if weight.ndim > 1 else 0
        _check_shapes(x, weight, n, channels, groups, f"(outputs, channels / groups{', kernel' * n})")
        unbatched, x = _batched(n, x)
        geometry = geometry_of(x.shape[2:], weight.shape, stride, padding, dilation, groups)
        y = _forward(x, weight, geometry, _checked_bias(bias, geometry.outputs))
        return y[0] if unbatched else y

    def for_x(g, x_shape, weight, y_shape, stride, padding, dilation, groups):
        sizes = (n, x_shape, y_shape, weight.shape, stride, padding, dilation, groups)
        if _plain(n, g, weight):
            return _backward(g, weight, fitted(*sizes))
        return OPS["transpose", n](g, weight, **adjoint_parameters(*sizes))

    def for_weight(g, x, y_shape, weight_shape, stride, padding, dilation, groups):
        sizes = (n, x.shape, y_shape, weight_shape, stride, padding, dilation, groups)
        if _plain(n, g, x):
            return _weights(x, g, fitted(*sizes))
        return OPS["weight", n](x, g, kernel=tuple(weight_shape[2:]), **adjoint_parameters(*sizes))

    return forward, for_x, for_weight


@remembered
def transposed_geometry(n, x_size, weight_shape, stride, padding, output_padding, groups, dilation):
    """The geometry of the convolution whose adjoint in the input a transposed convolution is."""
    kernel = weight_shape[2:]
    stride, dilation = each(stride, n, "stride"), each(dilation, n, "dilation")
    output_padding = each(output_padding, n, "output_padding")
    if min(output_padding) < 0:
        raise ArgumentError(f"negative output_padding is not supported: {output_padding}")
    if any(o >= max(s, d) for o, s, d in zip(output_padding, stride, dilation, strict=True)):
        raise ValueError(f"output padding must be smaller than either stride or dilation: {output_padding}")
    padding = pads(padding, kernel, stride, dilation)
    size = tuple(
        (i - 1) * s - lo - hi + d * (k - 1) + o + 1
        for i, s, (lo, hi), d, k, o in zip(x_size, stride, padding, dilation, kernel, output_padding, strict=True)
    )
    if min(size) < 1:
        raise ShapeError(f"the result would have the size {size}: padding {padding} is too large for the input {x_size}")
    padding = exact(size, x_size, kernel, stride, padding, dilation)
    return geometry_of(size, weight_shape, stride, padding, dilation, groups)


def _transpose(n):
    def forward(x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        _check_shapes(x, weight, n, weight.shape[0], groups, f"(channels, outputs / groups{', kernel' * n})")
        unbatched, x = _batched(n, x)
        geometry = transposed_geometry(n, x.shape[2:], weight.shape, stride, padding, output_padding, groups, dilation)
        bias = _checked_bias(bias, geometry.channels)
        y = _backward(x, weight, geometry)
        if bias is not None:
            y += bias.reshape(-1, *(1,) * n)
        return y[0] if unbatched else y

    def for_x(g, x_shape, weight, y_shape, stride, padding, groups, dilation):
        sizes = (n, y_shape, x_shape, weight.shape, stride, padding, dilation, groups)
        if _plain(n, g, weight):
            return _forward(g, weight, fitted(*sizes))
        return OPS["conv", n](g, weight, **adjoint_parameters(*sizes))

    def for_weight(g, x, y_shape, weight_shape, stride, padding, groups, dilation):
        sizes = (n, y_shape, x.shape, weight_shape, stride, padding, dilation, groups)
        if _plain(n, g, x):
            return _weights(g, x, fitted(*sizes))
        return OPS["weight", n](g, x, kernel=tuple(weight_shape[2:]), **adjoint_parameters(*sizes))

    return forward, for_x, for_weight


def _weight(n):
    def forward(x, out, kernel, stride=1, padding=0, dilation=1, groups=1):
        _, x, out = _batched(n, x, out)
        shape = (out.shape[1], x.shape[1] // groups, *kernel)
        return _weights(x, out, geometry_of(x.shape[2:], shape, stride, padding, dilation, groups))

    def for_x(g, x_shape, out, stride, padding, dilation, groups):
        parameters = adjoint_parameters(n, x_shape, out.shape, g.shape, stride, padding, dilation, groups)
        return OPS["transpose", n](out, g, **parameters)

    def for_out(g, x, stride, padding, dilation, groups):
        return OPS["conv", n](x, g, stride=stride, padding=padding, dilation=dilation, groups=groups)

    return forward, for_x, for_out


def _for_bias(n):
    def for_bias(g, bias_shape):
        return np.reshape(sum_over(g, (*range(g.ndim - n - 1), *range(g.ndim - n, g.ndim))), bias_shape)

    return for_bias


# ---------------------------------------------------------------------------------------------------------------------- samples


def _conv_samples(n):
    def build():
        size = {1: (7,), 2: (5, 6), 3: (3, 4, 3)}[n]
        kernel = {1: (3,), 2: (3, 2), 3: (2, 3, 2)}[n]
        yield Sample(draw((2, 3, *size)), draw((4, 3, *kernel), seed=1), draw((4,), seed=2))
        yield Sample(draw((3, *size)), draw((2, 3, *kernel), seed=1))
        yield Sample(draw((2, 4, *size)), draw((6, 2, *kernel), seed=1), draw((6,), seed=2), stride=2, padding=1, groups=2)
        yield Sample(draw((1, 2, *size)), draw((4, 1, *kernel), seed=1), padding=(2,) * n, dilation=2, groups=2)
        yield Sample(draw((1, 2, *size)), draw((1, 2, *kernel), seed=1), padding="same")
        yield Sample(draw((2, 2, *size)), draw((3, 2) + (1,) * n, seed=1), stride=3, padding="valid")

    return build


def _conv_errors(n):
    return lambda: [
        Sample(np.ones((1, 3) + (5,) * n), np.ones((4, 2) + (3,) * n), raises=ShapeError, match="3 channels, and weight expects 2"),
        Sample(np.ones((1, 3) + (2,) * n), np.ones((4, 3) + (3,) * n), raises=ShapeError, match="larger than the padded"),
        Sample(np.ones(3), np.ones((4, 3) + (3,) * n), raises=ShapeError, match="dimensions"),
        Sample(np.ones((1, 3) + (5,) * n), np.ones((4, 3) + (3,) * n), stride=2, padding="same", raises=ValueError, match="stride"),
    ]


def _transpose_samples(n):
    def build():
        size = {1: (4,), 2: (3, 4), 3: (2, 3, 2)}[n]
        kernel = {1: (3,), 2: (3, 2), 3: (2, 3, 2)}[n]
        yield Sample(draw((2, 3, *size)), draw((3, 4, *kernel), seed=1), draw((4,), seed=2))
        yield Sample(draw((3, *size)), draw((3, 2, *kernel), seed=1))
        bias = draw((2,), seed=2)
        yield Sample(draw((2, 4, *size)), draw((4, 1, *kernel), seed=1), bias, stride=2, padding=1, output_padding=1, groups=2)
        yield Sample(draw((1, 2, *size)), draw((2, 1, *kernel), seed=1), stride=3, output_padding=2, dilation=2, groups=2)

    return build


def _weight_samples(n):
    def build():
        yield Sample(draw((2, 2) + (5,) * n), draw((2, 4) + (3,) * n, seed=1), kernel=(3,) * n, stride=2, padding=1, groups=2)
        yield Sample(draw((3,) + (4,) * n), draw((2,) + (3,) * n, seed=1), kernel=(2,) * n)

    return build


_DOC = """{what} in {n} dimension{s}: each output is the sum of products of the kernel with a window of the input.

    Formula: y[b, o, i] = bias[o] + sum over c, k of weight[o, c, k] * x[b, c, stride * i + dilation * k - padding]

    Args:
        input: (batch, channels{size}), or without the batch.
        weight: (outputs, channels / groups{kernel}).
        bias: (outputs,), or None.
        stride: the step from one window to the next.
        padding: the number of zeros at both ends; "same" for an output as long as the input, "valid" for none.
        dilation: the step within a window.
        groups: channels and outputs are split into so many groups, and each group of outputs depends on its own channels only.

    Raises:
        ShapeError: channels that do not fit, or a kernel larger than the padded input.
        ValueError: padding="same" with a stride.

    Example:
        >>> import autograd{example}
    """

_EXAMPLES = {
    ("conv", 1): """
        >>> squares = autograd.tensor([[[1.0, 4.0, 9.0, 16.0]]])
        >>> autograd.conv1d(squares, autograd.tensor([[[-1.0, 1.0]]]))
        tensor([[[3., 5., 7.]]], dtype=float32)""",
    ("conv", 2): """
        >>> weight = autograd.ones(1, 2, 3, 3, requires_grad=True)
        >>> y = autograd.conv2d(autograd.ones(1, 2, 5, 5), weight, stride=2, padding=1)
        >>> y.sum().backward()
        >>> y.detach()[0, 0], weight.grad[0, 0]
        (tensor([[ 8., 12.,  8.],
                [12., 18., 12.],
                [ 8., 12.,  8.]], dtype=float32), tensor([[4., 6., 4.],
                [6., 9., 6.],
                [4., 6., 4.]], dtype=float32))""",
    ("conv", 3): """
        >>> y = autograd.conv3d(autograd.ones(1, 2, 4, 5, 6), autograd.ones(3, 2, 3, 3, 3))
        >>> y.shape, y.max().item()
        ((1, 3, 2, 3, 4), 54.0)""",
    ("transpose", 1): """
        >>> autograd.conv_transpose1d(autograd.tensor([[[1.0, 0.0, 2.0]]]), autograd.tensor([[[1.0, 10.0]]]), stride=2)
        tensor([[[ 1., 10.,  0.,  0.,  2., 20.]]], dtype=float32)""",
    ("transpose", 2): """
        >>> autograd.conv_transpose2d(autograd.tensor([[[[1.0, 2.0]]]]), autograd.ones(1, 1, 2, 2))
        tensor([[[[1., 3., 2.],
                  [1., 3., 2.]]]], dtype=float32)""",
    ("transpose", 3): """
        >>> autograd.conv_transpose3d(autograd.ones(1, 2, 2, 2, 2), autograd.ones(2, 3, 3, 3, 3), stride=2).shape
        (1, 3, 5, 5, 5)""",
}

OPS: dict[tuple[str, int], Op] = {}
for _n in (1, 2, 3):
    _words = {"n": _n, "s": "s" * (_n > 1), "size": ", size" * _n, "kernel": ", kernel" * _n}
    _op_forward, _for_x, _for_weight = _conv(_n)
    OPS["conv", _n] = Op(
        f"conv{_n}d", _op_forward, {"x": _for_x, "weight": _for_weight, "bias": _for_bias(_n)}, samples=_conv_samples(_n),
        errors=_conv_errors(_n),
        formula=formulas("conv", _n),
        doc=_DOC.format(what="Convolution (cross-correlation)", example=_EXAMPLES["conv", _n], **_words),
    )
    _op_forward, _for_x, _for_weight = _transpose(_n)
    OPS["transpose", _n] = Op(
        f"conv_transpose{_n}d", _op_forward, {"x": _for_x, "weight": _for_weight, "bias": _for_bias(_n)},
        samples=_transpose_samples(_n),
        formula=formulas("transpose", _n),
        doc=f"""Transposed convolution, the adjoint of conv{_n}d in its input.

        Each element of the input, times the kernel, is added to a window of the result.

        Args:
            input: (batch, channels{_words["size"]}), or without the batch.
            weight: (channels, outputs / groups{_words["kernel"]}).
            bias: (outputs,), or None.
            stride: the step from one window of the result to the next.
            padding: how many elements the result loses at both ends.
            output_padding: how many elements the result gets at its end. With a stride, results of several sizes fit one input;
                this number picks one.
            groups: channels and outputs are split into so many groups, and each group of outputs depends on its own channels only.
            dilation: the step within a window.

        Raises:
            ShapeError: channels that do not fit, or a padding larger than the result.
            ValueError: output_padding that is not smaller than stride or dilation.

        Example:
            >>> import autograd{_EXAMPLES["transpose", _n].replace(chr(10), chr(10) + "    ")}
        """,
    )
    _op_forward, _for_x, _for_weight = _weight(_n)
    OPS["weight", _n] = Op(
        f"conv{_n}d_weight", _op_forward, {"x": _for_x, "out": _for_weight}, multilinear=True, samples=_weight_samples(_n),
        formula=formulas("weight", _n),
        doc=f"The adjoint of conv{_n}d in its weight: the sum over all windows of x of the window times its element of out.",
    )

conv1d, conv2d, conv3d = (OPS["conv", n] for n in (1, 2, 3))
conv_transpose1d, conv_transpose2d, conv_transpose3d = (OPS["transpose", n] for n in (1, 2, 3))
conv1d_weight, conv2d_weight, conv3d_weight = (OPS["weight", n] for n in (1, 2, 3))
