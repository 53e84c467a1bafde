"""Convolutions in one, two and three dimensions, their transposes, and their gradients.

Three linear maps that are each other's adjoints.

With y = conv(x, w), linear in x and in w,

    <conv(x, w), g> = <x, transpose(g, w)> = <w, weight(x, g)>

so the rules of each of the three ops are the other two, and derivatives of every order come from these three forwards.

How it computes: windows of the input are copied, a block that fits the cache at a time, into the columns of a matrix, which BLAS
multiplies by the weights (im2col). All arrays are in PyTorch's order, (batch, channels, size), and results are contiguous.
"""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..engine.op import Op, Sample
from ..engine.samples import draw
from ..errors import ArgumentError, ShapeError
from .normalization import total
from .window_formulas import formulas

BLOCK = 1 << 21  # bytes of copied windows at a time: about a second-level cache
FEW = 64  # windows of an image up to which several images share one product: BLAS is slow at many products of small matrices


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
    """Padding as a pair (before, after) per dimension."""
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
    return tuple((p, p) for p in each(padding, n, "padding"))


def exact(size, out, kernel, stride, padding, dilation):
    """The same padding with its end such that exactly ``out`` windows fit: what an adjoint needs to know of the sizes."""
    return tuple(
        (lo, (o - 1) * s + d * (k - 1) + 1 - i - lo)
        for i, o, k, s, (lo, _), d in zip(size, out, kernel, stride, padding, dilation, strict=True)
    )


class Geometry:
    """The sizes of one convolution: of its input, kernel, output and padding."""

    __slots__ = ("channels", "dilation", "groups", "kernel", "n", "out", "outputs", "padding", "size", "stride")

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

    def mirrored(self):
        """Of the convolution that is this one's adjoint, where the stride is 1."""
        reach = zip(self.size, self.out, self.kernel, self.padding, self.dilation, strict=True)
        padding = tuple((d * (k - 1) - lo, i + lo - o) for i, o, k, (lo, _), d in reach)
        shape = (self.channels, self.outputs // self.groups, *self.kernel)
        return Geometry(self.out, shape, self.stride, padding, self.dilation, self.groups)

    @property
    def padded(self):
        """Size of the input with its padding, as far as windows reach."""
        ends = zip(self.out, self.kernel, self.stride, self.dilation, strict=True)
        return tuple((o - 1) * s + d * (k - 1) + 1 for o, k, s, d in ends)

    def interior(self):
        """Where the input lies in the padded one, and which part of it does: slices."""
        to, of = [], []
        for i, p, (lo, _) in zip(self.size, self.padded, self.padding, strict=True):
            first, last = max(lo, 0), min(lo + i, p)
            to.append(slice(first, max(first, last)))
            of.append(slice(first - lo, max(first, last) - lo))
        return tuple(to), tuple(of)

    def blocks(self, batch, itemsize):
        """Slices (images, rows, windows of these rows) whose copied windows fit the cache."""
        image = prod(self.kernel) * self.channels * prod(self.out) * itemsize
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

    def windows(self, padded):
        """All windows of a padded input (batch, channels, *padded): a view (batch, groups, channels / groups, *kernel, *out)."""
        batch, channel, *size = padded.strides
        steps = [a * t for a, t in zip(size, self.stride, strict=True)]
        taps = [a * d for a, d in zip(size, self.dilation, strict=True)]
        each_group = self.channels // self.groups
        shape = (padded.shape[0], self.groups, each_group, *self.kernel, *self.out)
        return as_strided(padded, shape, (batch, channel * each_group, channel, *taps, *steps), writeable=False)

    def columns(self, windows, images, rows):
        """The windows of some images and rows as matrices (images, groups, channels / groups * taps, windows): the copy.

        Images with few windows are put side by side into one: (1, 1, channels * taps, images * windows).
        """
        part = windows[(images, *[slice(None)] * (2 + self.n), rows)]
        if self.together:
            part = np.moveaxis(part, 0, 2 + self.n)[None]
        return part.reshape(len(part), self.groups, prod(part.shape[2 : 3 + self.n]), prod(part.shape[3 + self.n :]))

    def matrices(self, y):
        """Outputs (batch, outputs, *out) as matrices (batch, groups, outputs / groups, windows)."""
        return y.reshape(len(y), self.groups, self.outputs // self.groups, prod(self.out))

    @property
    def together(self):
        """Whether images have so few windows that several share one product."""
        return self.groups == 1 and prod(self.out) <= FEW

    def shifts(self):
        """For each tap of the kernel the slices of the padded input that it meets."""
        for tap in product(*[range(k) for k in self.kernel]):
            places = zip(tap, self.dilation, self.stride, self.out, strict=True)
            yield tuple(slice(t * d, t * d + (o - 1) * s + 1, s) for t, d, s, o in places)


def pad(x, geometry):
    """x with zeros around it, as far as windows reach; x itself where they reach no further."""
    if geometry.padded == geometry.size and all(lo == 0 for lo, _ in geometry.padding):
        return x
    to, of = geometry.interior()
    buffer = np.zeros((*x.shape[:2], *geometry.padded), x.dtype)
    buffer[(..., *to)] = x[(..., *of)]
    return buffer


# --------------------------------------------------------------------------------------------------------------- the three maps


def _forward(x, weight, geometry, bias=None):
    """The weights times all windows of x, and a bias: (batch, outputs, *out)."""
    g, dtype = geometry, np.result_type(x, weight)
    y = np.empty((x.shape[0], g.outputs, *g.out), dtype)
    found, windows = g.matrices(y), g.windows(pad(x, g))
    w = weight.reshape(g.groups, g.outputs // g.groups, -1)
    for images, rows, places in g.blocks(x.shape[0], dtype.itemsize):
        part = found[images, :, :, places]
        if g.together:
            product = np.matmul(w, g.columns(windows, images, rows)[0])
            part[...] = np.moveaxis(product.reshape(*product.shape[:2], len(part), -1), 2, 0)
        else:
            np.matmul(w, g.columns(windows, images, rows), out=part)
        if bias is not None:
            part += bias.reshape(g.groups, -1, 1)  # while it is in the cache
    return y


def _flipped(weight, g):
    """The weights that carry outputs back to inputs: taps reversed, the two channels exchanged within each group."""
    split = weight.reshape(g.groups, g.outputs // g.groups, -1, *g.kernel)
    back = np.flip(np.swapaxes(split, 1, 2), axis=tuple(range(3, 3 + g.n)))
    return back.reshape(g.channels, g.outputs // g.groups, *g.kernel)


def _backward(y, weight, geometry):
    """The adjoint in the input: y scattered over the windows that it came from: (batch, channels, *size)."""
    g, dtype = geometry, np.result_type(y, weight)
    # With many outputs to an input their windows are much to copy: products of all taps, added up, are less.
    if set(g.stride) == {1} and g.outputs < 4 * g.channels:
        return _forward(y, _flipped(weight, g), g.mirrored())
    batch = y.shape[0]
    padded = np.zeros((batch, g.channels, *g.padded), dtype)
    given, shifts = g.matrices(y), list(g.shifts())
    w = np.swapaxes(weight.reshape(g.groups, g.outputs // g.groups, -1), 1, 2)
    for images, rows, places in g.blocks(batch, dtype.itemsize):
        columns = np.matmul(w, given[images, :, :, places])
        columns = columns.reshape(len(columns), g.channels, len(shifts), -1, *g.out[1:])
        begin = rows.start * g.stride[0]
        for number, where in enumerate(shifts):
            start = where[0].start + begin
            step = slice(start, start + (rows.stop - rows.start - 1) * g.stride[0] + 1, g.stride[0])
            padded[(images, slice(None), step, *where[1:])] += columns[:, :, number]
    to, of = g.interior()
    if padded.shape[2:] == g.size and all(lo == 0 for lo, _ in g.padding):
        return padded
    x = np.zeros((batch, g.channels, *g.size), dtype)
    x[(..., *of)] = padded[(..., *to)]
    return x


def _weights(x, y, geometry):
    """The adjoint in the weights: each window of x times its y, summed."""
    g, dtype = geometry, np.result_type(x, y)
    windows, given = g.windows(pad(x, g)), g.matrices(y)
    k, o = prod(g.kernel) * (g.channels // g.groups), g.outputs // g.groups
    if g.together:
        total = np.zeros((o, k), dtype)
        for images, rows, places in g.blocks(x.shape[0], dtype.itemsize):
            part = np.moveaxis(given[images, 0, :, places], 0, 1).reshape(o, -1)
            total += np.matmul(part, g.columns(windows, images, rows)[0, 0].T)
        return total.reshape(o, g.channels, *g.kernel)
    total = np.zeros((g.groups, k, o), dtype)  # in this order BLAS takes four fifths of the time
    for images, rows, places in g.blocks(x.shape[0], dtype.itemsize):
        product = np.matmul(g.columns(windows, images, rows), np.swapaxes(given[images, :, :, places], -1, -2))
        total += product[0] if len(product) == 1 else np.add.reduce(product, axis=0)
    return np.swapaxes(total, 1, 2).reshape(g.outputs, g.channels // g.groups, *g.kernel)


# ------------------------------------------------------------------------------------------------------------------ as declared


def _check(x, weight, n, channels, groups, role):
    from ..errors import describe

    if weight.ndim != n + 2:
        raise ShapeError(f"weight is {describe(weight)}: it must have {n + 2} dimensions, {role}")
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


def _fitting_bias(bias, outputs):
    if bias is not None and bias.shape != (outputs,):
        raise ShapeError(f"bias has shape {bias.shape}: it must be ({outputs},), one number per output channel")
    return bias


def _batched(n, *arrays):
    """Whether arrays are without a batch dimension, and the arrays with one."""
    alone = arrays[0].ndim == n + 1
    return alone, *(a[None] if alone else a for a in arrays)


def fitting(n, x_shape, y_shape, weight_shape, stride, padding, dilation, groups):
    """The parameters with which an adjoint meets exactly the windows of a convolution of x to y."""
    kernel = weight_shape[2:]
    stride, dilation = each(stride, n, "stride"), each(dilation, n, "dilation")
    fitted = exact(x_shape[-n:], y_shape[-n:], kernel, stride, pads(padding, kernel, stride, dilation), dilation)
    return {"stride": stride, "padding": fitted, "dilation": dilation, "groups": groups}


def _conv(n):
    def forward(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        channels = weight.shape[1] * groups if weight.ndim > 1 else 0
        _check(x, weight, n, channels, groups, f"(outputs, channels / groups{', kernel' * n})")
        alone, x = _batched(n, x)
        geometry = Geometry(x.shape[2:], weight.shape, stride, padding, dilation, groups)
        y = _forward(x, weight, geometry, _fitting_bias(bias, geometry.outputs))
        return y[0] if alone else y

    def for_x(g, x_shape, weight, y_shape, stride, padding, dilation, groups):
        return OPS["transpose", n](g, weight, **fitting(n, x_shape, y_shape, weight.shape, stride, padding, dilation, groups))

    def for_weight(g, x, y_shape, weight_shape, stride, padding, dilation, groups):
        found = fitting(n, x.shape, y_shape, weight_shape, stride, padding, dilation, groups)
        return OPS["weight", n](x, g, kernel=tuple(weight_shape[2:]), **found)

    return forward, for_x, for_weight


def _transpose(n):
    def forward(x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        _check(x, weight, n, weight.shape[0], groups, f"(channels, outputs / groups{', kernel' * n})")
        alone, x = _batched(n, x)
        kernel = weight.shape[2:]
        stride, dilation = each(stride, n, "stride"), each(dilation, n, "dilation")
        more = each(output_padding, n, "output_padding")
        if min(more) < 0:
            raise ArgumentError(f"negative output_padding is not supported: {more}")
        if any(o >= max(s, d) for o, s, d in zip(more, stride, dilation, strict=True)):
            raise ValueError(f"output padding must be smaller than either stride or dilation: {more}")
        padding = pads(padding, kernel, stride, dilation)
        size = tuple(
            (i - 1) * s - lo - hi + d * (k - 1) + o + 1
            for i, s, (lo, hi), d, k, o in zip(x.shape[2:], stride, padding, dilation, kernel, more, strict=True)
        )
        if min(size) < 1:
            raise ShapeError(f"the result would have the size {size}: padding {padding} is too large for the input {x.shape[2:]}")
        fitted = exact(size, x.shape[2:], kernel, stride, padding, dilation)
        geometry = Geometry(size, weight.shape, stride, fitted, dilation, groups)
        bias = _fitting_bias(bias, geometry.channels)
        y = _backward(x, weight, geometry)
        if bias is not None:
            y += bias.reshape(-1, *(1,) * n)
        return y[0] if alone else y

    def for_x(g, x_shape, weight, y_shape, stride, padding, groups, dilation):
        found = fitting(n, y_shape, x_shape, weight.shape, stride, padding, dilation, groups)
        return OPS["conv", n](g, weight, **found)

    def for_weight(g, x, y_shape, weight_shape, stride, padding, groups, dilation):
        found = fitting(n, y_shape, x.shape, weight_shape, stride, padding, dilation, groups)
        return OPS["weight", n](g, x, kernel=tuple(weight_shape[2:]), **found)

    return forward, for_x, for_weight


def _weight(n):
    def forward(x, out, kernel, stride=1, padding=0, dilation=1, groups=1):
        _, x, out = _batched(n, x, out)
        shape = (out.shape[1], x.shape[1] // groups, *kernel)
        return _weights(x, out, Geometry(x.shape[2:], shape, stride, padding, dilation, groups))

    def for_x(g, x_shape, out, stride, padding, dilation, groups):
        return OPS["transpose", n](out, g, **fitting(n, x_shape, out.shape, g.shape, stride, padding, dilation, groups))

    def for_out(g, x, stride, padding, dilation, groups):
        return OPS["conv", n](x, g, stride=stride, padding=padding, dilation=dilation, groups=groups)

    return forward, for_x, for_out


def _for_bias(n):
    def for_bias(g, bias_shape):
        return np.reshape(total(g, (*range(g.ndim - n - 1), *range(g.ndim - n, g.ndim))), bias_shape)

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
        x: (batch, channels{size}), or without the batch.
        weight: (outputs, channels / groups{kernel}).
        bias: (outputs,).
        stride: step between windows. padding: zeros on both sides, or "same" or "valid". dilation: step within a window.
        groups: split channels and outputs into that many independent convolutions.

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
    _f, _x, _w = _conv(_n)
    OPS["conv", _n] = Op(
        f"conv{_n}d", _f, {"x": _x, "weight": _w, "bias": _for_bias(_n)}, samples=_conv_samples(_n), errors=_conv_errors(_n),
        formula=formulas("conv", _n),
        doc=_DOC.format(what="Convolution (cross-correlation)", example=_EXAMPLES["conv", _n], **_words),
    )
    _f, _x, _w = _transpose(_n)
    OPS["transpose", _n] = Op(
        f"conv_transpose{_n}d", _f, {"x": _x, "weight": _w, "bias": _for_bias(_n)}, samples=_transpose_samples(_n),
        formula=formulas("transpose", _n),
        doc=f"""The adjoint of conv{_n}d in its input: each number of x spreads the kernel over a window of the result.

        Args:
            x: (batch, channels{_words["size"]}), or without the batch.
            weight: (channels, outputs / groups{_words["kernel"]}).
            output_padding: added to the size at the end, to say which of several inputs of the convolution is meant.

        Example:
            >>> import autograd{_EXAMPLES["transpose", _n].replace(chr(10), chr(10) + "    ")}
        """,
    )
    _f, _x, _w = _weight(_n)
    OPS["weight", _n] = Op(
        f"conv{_n}d_weight", _f, {"x": _x, "out": _w}, multilinear=True, samples=_weight_samples(_n),
        formula=formulas("weight", _n),
        doc=f"The adjoint of conv{_n}d in its weight: each window of x times its output, summed.",
    )

conv1d, conv2d, conv3d = (OPS["conv", n] for n in (1, 2, 3))
conv_transpose1d, conv_transpose2d, conv_transpose3d = (OPS["transpose", n] for n in (1, 2, 3))
conv1d_weight, conv2d_weight, conv3d_weight = (OPS["weight", n] for n in (1, 2, 3))
