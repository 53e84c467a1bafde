"""Pooling: maxima and means over windows of the last dimensions.

A tap is one position within a window. The forwards combine, for a kernel of k taps, k strided slices of the input: slice t holds
the elements at tap t of all windows. The adjoints are ops of their own, so that derivatives of every order come from the forwards.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np

from ..engine.op import Op, Sample, nondifferentiable, op
from ..engine.samples import calls, draw
from ..engine.tables import table
from ..errors import DtypeError, ShapeError, describe
from .convolution import each
from .gather import taken
from .rules import in_single, remembered, zero_unless
from .window_formulas import formulas

_FEW = 1 << 10  # up to so many elements, all windows are read at once
_KEPT = 1 << 16  # places of windows up to which they are kept for later calls


class Windows:
    """The geometry of a pooling.

    Attributes:
        n: the number of dimensions. size: the input's lengths in them. out: the output's.
        kernel, stride, padding, dilation: per dimension.
        padded: the lengths of the padded input, as far as windows reach.
        taps: for each tap of the kernel, the slices of the padded input with its elements of all windows.
        lines: the same for the taps along one dimension alone, from the last dimension to the first.
        whole: whether all windows lie within the input, so that it need not be padded.
        apart: whether no two windows overlap. tiling: whether each element of the input is in exactly one window.
        few: whether the windows are whole and hold few elements; then places holds the flat indices of them all, (windows, taps).
        known: what flat_places has returned, if it is kept.
    """

    __slots__ = (
        "apart", "dilation", "few", "kernel", "known", "lines", "n", "out", "padded", "padding", "places", "size", "stride",
        "taps", "tiling", "whole",
    )  # fmt: skip

    def __init__(self, x_shape, n, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        if len(x_shape) not in (n + 1, n + 2):
            expected = f"(batch, channels{', size' * n})"
            raise ShapeError(f"x must have {n + 2} dimensions, {expected}, or {n + 1}: its shape is {tuple(x_shape)}")
        demand_elements(x_shape, n)
        self.n, self.size = n, tuple(x_shape[-n:])
        self.kernel = each(kernel_size, n, "kernel_size")
        self.stride = self.kernel if stride is None or stride == () or stride == [] else each(stride, n, "stride")
        self.padding, self.dilation = each(padding, n, "padding"), each(dilation, n, "dilation")
        if min(self.kernel) < 1 or min(self.stride) < 1 or min(self.dilation) < 1:
            raise ValueError("kernel_size, stride and dilation must be at least 1")
        if any(2 * p > k for p, k in zip(self.padding, self.kernel, strict=True)):
            raise ShapeError(f"padding {self.padding} should be at most half of the kernel size {self.kernel}")
        self.out = tuple(
            self._count(i, k, s, p, d, ceil_mode)
            for i, k, s, p, d in zip(self.size, self.kernel, self.stride, self.padding, self.dilation, strict=True)
        )
        if min(self.out) < 1:
            raise ShapeError(f"the kernel {self.kernel} is larger than the input {self.size} with padding {self.padding}")
        self.settle()

    def settle(self):
        """Set what follows from the sizes of the output and of the kernel."""
        sizes = [*zip(self.out, self.kernel, self.stride, self.dilation, strict=True)]
        self.padded = tuple((o - 1) * s + d * (k - 1) + 1 for o, k, s, d in sizes)
        self.whole = not any(self.padding) and all(q <= i for q, i in zip(self.padded, self.size, strict=True))
        self.apart = all(s >= d * (k - 1) + 1 for _, k, s, d in sizes)
        self.tiling = self.whole and self.stride == self.kernel and self.padded == self.size and set(self.dilation) == {1}
        self.taps = [
            (..., *[slice(t * d, t * d + (o - 1) * s + 1, s) for t, (o, _, s, d) in zip(tap, sizes, strict=True)])
            for tap in product(*[range(k) for k in self.kernel])
        ]
        self.lines = [
            [(..., slice(t * d, t * d + (o - 1) * s + 1, s), *(slice(None),) * after) for t in range(k)]
            for after, (o, k, s, d) in enumerate(sizes[::-1])
        ]
        self.few = self.whole and len(self.taps) * prod(self.out) <= _FEW
        self.known = self.places = None
        if self.few:
            self.known = starts, offsets = self.flat_places()
            self.places = starts.reshape(-1, 1) + offsets

    def flat_places(self):
        """The flat index of the first tap of each window in an input, and what each tap adds to it."""
        if self.known is not None:
            return self.known
        starts, offsets = np.zeros((), np.int64), np.zeros((), np.int64)
        for i, size in enumerate(self.size):
            starts = starts[..., None] * size + (np.arange(self.out[i]) * self.stride[i] - self.padding[i])
            offsets = offsets[..., None] * size + np.arange(self.kernel[i]) * self.dilation[i]
        places = starts, offsets.reshape(-1)
        if starts.size <= _KEPT:
            self.known = places
        return places

    @staticmethod
    def _count(i, k, s, p, d, ceil_mode):
        span = i + 2 * p - d * (k - 1) - 1
        count = (-(-span // s) if ceil_mode else span // s) + 1
        # A window that would begin in the padding at the end does not count.
        return count - 1 if ceil_mode and (count - 1) * s >= i + p else count

    def interior(self):
        """The slices of the padded input that hold the input, and the slices of the input that they hold."""
        padded_slices, input_slices = [], []
        for i, q, p in zip(self.size, self.padded, self.padding, strict=True):
            stop = min(p + i, q)
            padded_slices.append(slice(p, stop))
            input_slices.append(slice(0, stop - p))
        return (..., *padded_slices), (..., *input_slices)

    def pad(self, x, value):
        """x with this value around it, as far as windows reach; x itself if all windows lie within it."""
        if self.whole:
            return x
        padded_slices, input_slices = self.interior()
        padded = filled((*x.shape[: -self.n], *self.padded), value, x.dtype)
        padded[padded_slices] = x[input_slices]
        return padded

    def crop(self, padded, before):
        """The adjoint of ``pad``. before: the lengths of the dimensions before the windows."""
        if self.padded == self.size and not any(self.padding):
            return padded
        padded_slices, input_slices = self.interior()
        x = np.zeros((*before, *self.size), padded.dtype)
        x[input_slices] = padded[padded_slices]
        return x


windows_of = remembered(Windows)


def filled(shape, value, dtype):
    """An array filled with a value, or with None an array that is not filled."""
    if value is None:
        return np.empty(shape, dtype)
    return np.full(shape, value, dtype) if value else np.zeros(shape, dtype)


# -------------------------------------------------------------------------------------------------------------------- maxima


def _lowest(dtype):
    if dtype.kind not in "fiu":
        raise DtypeError(f"max pooling needs real numbers, not {dtype}")
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _gradient_of_maxima(n):
    """The rule of max_pool and of max_pick: the gradient goes back to the taps of the maxima."""

    def rule(g, x_shape, taps, kernel_size, stride, padding, dilation, ceil_mode):
        return POOLS["max_unpick", n](
            g, taps=taps, size=tuple(x_shape), kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
            ceil_mode=ceil_mode,
        )

    return rule


def _max_pool(n):
    """The forward of max pooling: the maxima, and the number of the tap of each."""

    def forward(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        w = windows_of(x.shape, n, kernel_size, stride, padding, dilation, ceil_mode)
        lowest = _lowest(x.dtype)
        if w.few and type(x) is np.ndarray and 0 < x.size <= _FEW:
            largest, number = _largest_of(_flattened(x, n), w.places, x.shape[:-n] + w.out)
            return largest, number.astype(np.uint8)
        small = np.uint8 if len(w.taps) <= 256 else np.int32
        y, taps = w.pad(x, lowest), None
        inner = 1  # the taps along the dimensions that have had their turn
        for slices in w.lines:  # a maximum over a window is one of maxima over its rows
            y, taps = _largest_along(y, taps, slices, small, inner)
            inner *= len(slices)
        return y, taps

    return forward


def _largest_along(x, taps, slices, small, inner):
    """The maxima of windows along one dimension, and their taps, of which those along the later dimensions are known (or None)."""
    k = len(slices)
    y, chosen = x[slices[0]], None if taps is None else taps[slices[0]]
    if k == 1:
        return np.array(y, order="C"), np.zeros(y.shape, small) if chosen is None else np.array(chosen, order="C")
    for t in range(1, k):
        part = x[slices[t]]
        # The tap where the part is greater, else 0. As taps grow, the maximum is the last one that was greater.
        later = np.greater(part, y, order="C").astype(small)
        if taps is not None:
            later *= taps[slices[t]] + small(t * inner)
        elif t * inner > 1:
            later *= small(t * inner)
        chosen = later if chosen is None else np.maximum(chosen, later, order="C")
        y = np.maximum(y, part, order="C")
    return y, chosen


def _largest_of(x, places, shape):
    """The first largest of the elements of x (..., size) at each row of places, and its number in the row, both of a shape."""
    elements = x.take(places, -1)
    number = elements.argmax(-1).reshape(shape)
    return elements.take(number + _row_starts(shape, places.shape[1])), number


@table(64)
def _row_starts(shape, length):
    """The flat indices of the first elements of rows, as an array of a shape."""
    return np.arange(0, prod(shape) * length, length).reshape(shape)


def _max_pick(n):
    """The forward that reads x at the taps of known maxima."""

    def forward(x, taps, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        w = windows_of(x.shape, n, kernel_size, stride, padding, dilation, ceil_mode)
        if w.few and type(x) is np.ndarray and 0 < x.size <= _FEW:
            return x.take(_places_of_taps(taps, n, w))
        padded = w.pad(x, 0)
        y = 0
        for t, slices in enumerate(w.taps):
            y = y + zero_unless(padded[slices], taps == t)
        return y

    return forward


def _max_unpick(n):
    """The forward that adds x to zeros at the taps of known maxima, and its rule."""

    def forward(x, taps, size, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        w = windows_of(size, n, kernel_size, stride, padding, dilation, ceil_mode)
        if w.few and w.apart and type(x) is np.ndarray and 0 < x.size <= _FEW:
            whole = np.zeros((*x.shape[:-n], *w.size), x.dtype)
            whole.put(_places_of_taps(taps, n, w), x)
            return whole
        padded = filled((*x.shape[:-n], *(w.size if w.whole else w.padded)), None if w.tiling else 0, x.dtype)
        for t, slices in enumerate(w.taps):
            if w.apart:
                zero_unless(x, taps == t, out=padded[slices])
            else:
                padded[slices] += zero_unless(x, taps == t)
        return padded if w.whole else w.crop(padded, x.shape[:-n])

    def rule(g, taps, kernel_size, stride, padding, dilation, ceil_mode):
        return POOLS["max_pick", n](
            g, taps=taps, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
        )

    return forward, rule


def _places_of_taps(taps, n, w):
    """The flat index, in the whole input, of the tap of each window."""
    places = w.known[1].take(taps)
    places += _starts(w, taps.shape[: taps.ndim - n])
    return places


@table(256)
def _starts(w, before):
    """The flat index, in a whole input (*before, *size), of the first tap of each window."""
    first = np.arange(0, prod(before) * prod(w.size), prod(w.size)).reshape(before + (1,) * w.n)
    return first + w.known[0]


@table(256)
def _places_of_windows(w, before):
    """The flat indices, in a whole input (*before, *size), of the first tap of all windows, then of their second tap, and so on."""
    starts = _starts(w, before)
    return starts + w.known[1].reshape(-1, *(1,) * starts.ndim)


def _indices(n):
    """The forward that returns the index of each maximum in the flattened last dimensions."""
    forward_of_maxima = _max_pool(n)

    def forward(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        w = windows_of(x.shape, n, kernel_size, stride, padding, dilation, ceil_mode)
        _, taps = forward_of_maxima(x, kernel_size, stride, padding, dilation, ceil_mode)
        starts, offsets = w.flat_places()
        return starts + offsets.take(taps)

    return forward


# --------------------------------------------------------------------------------------------------------------------- means


@table(256)
def _inverse_divisor(w, count_include_pad, divisor_override, number):
    """1 over the number of elements of each window, as PyTorch counts them."""
    if divisor_override is not None:
        if divisor_override == 0:
            raise ValueError("divisor_override must not be 0")
        return number(1 / divisor_override)
    counts = np.ones((), number)
    for i, (size, k, s, p, o) in enumerate(zip(w.size, w.kernel, w.stride, w.padding, w.out, strict=True)):
        start = np.arange(o) * s - p
        stop = np.minimum(start + k, size + p)
        if not count_include_pad:
            start, stop = np.maximum(start, 0), np.minimum(stop, size)
        counts = counts * (stop - start).astype(number).reshape((-1,) + (1,) * (w.n - 1 - i))
    return 1 / counts if counts.size and counts.min() != counts.max() else number(1 / counts.flat[0])


def _summed_along(x, slices):
    """The sums of windows along one dimension."""
    if len(slices) == 1:
        return x[slices[0]]
    y = np.add(x[slices[0]], x[slices[1]], order="C")
    for part in slices[2:]:
        y += x[part]
    return y


def _avg_pool(n):
    """The forward of average pooling, and its rule."""

    def forward(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        x = x if x.dtype.kind in "fc" else x.astype(float)
        if x.dtype.char == "e":
            return in_single(forward, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)
        w = windows_of(x.shape, n, kernel_size, stride, padding, 1, ceil_mode)
        inverse = _inverse_divisor(w, count_include_pad, divisor_override, x.real.dtype.type)
        if w.few and len(w.taps) > 2 and type(x) is np.ndarray and 0 < x.size <= _FEW:
            sums = np.add.reduce(_flattened(x, n).take(w.places, -1), -1)
            return sums.reshape(x.shape[:-n] + w.out) * inverse
        y = w.pad(x, 0)
        for slices in w.lines:  # a sum over a window is one of sums over its rows
            y = _summed_along(y, slices)
        y = np.array(y, order="C") if len(w.taps) == 1 else y
        y *= inverse
        return y

    def rule(g, x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        return POOLS["avg_spread", n](
            g, size=tuple(x_shape), kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
            count_include_pad=count_include_pad, divisor_override=divisor_override,
        )

    return forward, rule


def _avg_spread(n):
    """The adjoint of average pooling, and its rule."""

    def forward(x, size, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        w = windows_of(size, n, kernel_size, stride, padding, 1, ceil_mode)
        x = x * _inverse_divisor(w, count_include_pad, divisor_override, x.real.dtype.type)
        if w.few and w.apart and type(x) is np.ndarray and 0 < x.size * len(w.taps) <= _FEW:
            whole = np.zeros((*x.shape[:-n], *w.size), x.dtype)
            whole.put(_places_of_windows(w, x.shape[:-n]), x)  # again and again, for each tap
            return whole
        padded = filled((*x.shape[:-n], *(w.size if w.whole else w.padded)), None if w.tiling else 0, x.dtype)
        for slices in w.taps:
            if w.apart:
                padded[slices] = x
            else:
                padded[slices] += x
        return padded if w.whole else w.crop(padded, x.shape[:-n])

    def rule(g, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        return POOLS["avg", n](
            g, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
            count_include_pad=count_include_pad, divisor_override=divisor_override,
        )

    return forward, rule


# ---------------------------------------------------------------------------------------------------- windows of different sizes


def demand_elements(shape, n):
    """Raise for a shape in which another dimension than the batch is empty, as PyTorch does."""
    if 0 in shape[1:]:
        raise ShapeError(
            f"Expected {n + 1}D or {n + 2}D (batch mode) tensor with optional 0 dim batch size for input, but its shape is "
            f"{tuple(shape)}"
        )


def _max_windows(x, windows):
    n = len(windows)
    demand_elements(x.shape, n)
    if x.ndim not in (n + 1, n + 2):
        raise ShapeError(f"x must have {n + 2} dimensions, (batch, channels{', size' * n}), or {n + 1}: it is {describe(x)}")
    if x.dtype.kind == "c":
        raise DtypeError(f"x {describe(x)} holds complex numbers, which have no order")
    size = x.shape[-n:]
    before = x.shape[:-n]
    out = tuple([len(w) for w in windows])
    if type(x) is np.ndarray and 0 < x.size <= _SMALL:
        places = _window_places(size, tuple([tuple(w) for w in windows]))
        y, number = _largest_of(_flattened(x, n), places, before + out)
        return y, places.take(number + _row_starts(out, places.shape[1]))
    y, where = np.empty((*before, *out), x.dtype), np.empty((*before, *out), np.int64)
    flat_indices = np.arange(prod(size)).reshape(size)
    offset: Any
    for offset in product(*[range(o) for o in out]):
        window = tuple(slice(*windows[i][p]) for i, p in enumerate(offset))
        elements = _flattened(x[(..., *window)], n)
        largest = elements.argmax(-1)
        y[(..., *offset)] = np.take_along_axis(elements, largest[..., None], -1)[..., 0]
        where[(..., *offset)] = flat_indices[window].reshape(-1)[largest]
    return y, where


_SMALL = 1 << 14  # up to so many elements, all windows are searched at once


@table(64)
def _window_places(size, windows):
    """The flat indices of the elements of each window. Shorter windows repeat one of their elements, after it."""
    n, places = len(size), np.zeros((), np.intp)
    for i, pairs in enumerate(windows):
        longest = max([stop - start for start, stop in pairs])
        index = np.array([[*range(start, stop), *[start] * (longest - stop + start)] for start, stop in pairs])
        lengths = [1] * (2 * n)
        lengths[i], lengths[n + i] = index.shape
        places = places * size[i] + index.reshape(lengths)
    return places.reshape(prod([len(w) for w in windows]), -1)


def _flattened(x, n):
    """x with its last n dimensions as one."""
    before = x.shape[: x.ndim - n]
    return x.reshape(*before, prod(x.shape[len(before) :]))  # with -1, an x of no elements could not be reshaped


def _plane_gather(x, where, n):
    return taken(_flattened(x, n), -1, _flattened(where, n)).reshape(where.shape)


def _plane_scatter(x, where, size):
    before = x.shape[: x.ndim - len(size)]
    total, planes = np.zeros(before + tuple(size), x.dtype), prod(before)
    if planes > 1:
        where = where.reshape(planes, prod(where.shape[len(before) :])) + prod(size) * np.arange(planes)[:, None]
    np.add.at(total.reshape(-1), where.reshape(-1), x.reshape(-1))
    return total


plane_scatter = op(
    "plane_scatter", _plane_scatter, x=lambda g, where, size: plane_gather(g, where=where, n=len(size)), linear=True,
    samples=lambda: [Sample(draw((1, 2, 3)), where=np.array([[[0, 2, 2], [3, 1, 0]]]), size=(4,))],
    formula={"y": "plane_scatter(x, where)", "x": "plane_gather(g, where)"},
    doc="Zeros to which x is added, at indices of the flattened last dimensions.",
)
plane_gather: Op = op(
    "plane_gather", _plane_gather, linear=True,
    x=lambda g, where, x_shape, n: plane_scatter(g, where=where, size=tuple(x_shape[-n:])),
    samples=lambda: [Sample(draw((1, 2, 4)), where=np.array([[[0, 2, 2], [3, 1, 0]]]), n=1)],
    formula={"y": "plane_gather(x, where)", "x": "plane_scatter(g, where)"},
    doc="The elements at indices of the flattened last n dimensions.",
)
_UNEVEN = (((0, 2), (1, 4)), ((0, 3),))
max_windows = op(
    "max_windows", _max_windows,
    x=lambda g, x_shape, where, windows: plane_scatter(g, where=where, size=tuple(x_shape[-len(windows) :])),
    extras=("where",), analytic=False, samples=calls(((2, 4, 3), {"windows": _UNEVEN}), ((1, 2, 4, 3), {"windows": _UNEVEN})),
    formula={
        "y": "plane_gather(x, m); m = max_windows_indices(x, windows)",
        "x": "plane_scatter(g, m); m = max_windows_indices(x, windows)",
    },
    doc="""
    Maxima over windows of different sizes, for adaptive and fractional pooling.

    Args:
        x: (batch, channels, ...), or without the batch.
        windows: per dimension, the (start, stop) of each window.
    """,
)
max_windows_indices = nondifferentiable(
    "max_windows_indices", lambda x, windows: _max_windows(x, windows)[1], "x", samples=calls(((2, 4, 3), {"windows": _UNEVEN})),
    doc="The indices, in the flattened last dimensions, of the maxima over windows of different sizes.",
)


@table(256)
def adaptive_windows(size, out):
    """Per dimension, the windows (start, stop) of adaptive pooling: ``out`` of them, which cover ``size`` elements evenly."""
    pairs = zip(size, out, strict=True)
    return tuple([tuple([(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]) for length, count in pairs])


# ------------------------------------------------------------------------------------------------------------------- declared

_SIZES = {1: (7,), 2: (5, 6), 3: (4, 3, 4)}


def _samples(n, **more):
    def build():
        size = _SIZES[n]
        yield Sample(draw((2, 2, *size)), kernel_size=2)
        yield Sample(draw((2, *size)), kernel_size=(3,) * n if n < 3 else (2,) * n, stride=1)
        yield Sample(draw((1, 2, *size)), kernel_size=3, stride=2, padding=1, ceil_mode=True)
        for key, value in more.items():
            yield Sample(draw((1, 2, *size)), kernel_size=3, padding=1, ceil_mode=True, **{key: value})
        yield Sample(np.moveaxis(draw((2, *size, 3)), -1, 1), kernel_size=2)

    return build


def _errors(n):
    return lambda: [
        Sample(np.ones((1, 1) + (2,) * n), kernel_size=3, raises=ShapeError, match="larger than the input"),
        Sample(np.ones((1, 1) + (4,) * n), kernel_size=2, padding=2, raises=ShapeError, match="at most half"),
        Sample(np.ones(1 if n > 1 else (1, 1, 1, 1)), kernel_size=2, raises=ShapeError, match="dimensions"),
    ]


def _taps_samples(n, scatter):
    """Samples for max_pick and, with scatter, for max_unpick: the taps of poolings with and without overlap."""

    def build():
        for kernel, stride in ((2, None), (3, 2)):
            shape = (1, 2, *_SIZES[n])
            y, taps = _max_pool(n)(draw(shape), kernel, stride, kernel // 2)
            more = {"taps": taps, "kernel_size": kernel, "stride": stride, "padding": kernel // 2}
            yield Sample(draw(y.shape, seed=3), size=shape, **more) if scatter else Sample(draw(shape, seed=3), **more)

    return build


_DOC = """{what} over windows of the last {n} dimension{s}.

    Args:
        input: (batch, channels{size}), or without the batch.
        kernel_size: the size of a window.
        stride: the step from one window to the next; None for kernel_size, so that windows lie side by side.
        padding: how many elements are added at both ends, at most half of kernel_size.
        ceil_mode: also count a last window that is only partly within the input.{more}

    Raises:
        ShapeError: a kernel larger than the padded input, or more padding than half of the kernel.

    Example:
        >>> import autograd, nn
        >>> x = autograd.arange({numbers}.0).reshape(1, 1{sizes})
        >>> nn.functional.{name}_pool{n}d(x, 2).tolist()
        {result}
    """

_MORE = {
    "max": "\n        dilation: the step within a window.",
    "avg": "\n        count_include_pad: let the zeros of the padding count as elements of the mean."
    "\n        divisor_override: divide by this number instead of the number of elements.",
}
_RESULTS = {
    ("max", 1): [[[1.0, 3.0]]], ("max", 2): [[[[5.0, 7.0], [13.0, 15.0]]]],
    ("max", 3): [[[[[21.0, 23.0], [29.0, 31.0]], [[53.0, 55.0], [61.0, 63.0]]]]],
    ("avg", 1): [[[0.5, 2.5]]], ("avg", 2): [[[[2.5, 4.5], [10.5, 12.5]]]],
    ("avg", 3): [[[[[10.5, 12.5], [18.5, 20.5]], [[42.5, 44.5], [50.5, 52.5]]]]],
}

POOLS: dict[tuple[str, int], Op] = {}
for _n in (1, 2, 3):
    _words = {"n": _n, "s": "s" * (_n > 1), "size": ", size" * _n, "numbers": 4**_n, "sizes": ", 4" * _n}
    POOLS["max", _n] = Op(
        f"max_pool{_n}d", _max_pool(_n), {"x": _gradient_of_maxima(_n)},
        formula=formulas("max", _n),
        extras=("taps",), analytic=False, samples=_samples(_n, dilation=2 if _n < 3 else 1),
        errors=_errors(_n), doc=_DOC.format(what="Maximum", name="max", more=_MORE["max"], result=_RESULTS["max", _n], **_words),
    )
    POOLS["indices", _n] = nondifferentiable(
        f"max_pool{_n}d_indices", _indices(_n),
        formula=formulas("indices", _n),
        samples=_samples(_n), doc="The index of each maximum in the flattened last dimensions.",
    )
    POOLS["max_pick", _n] = Op(
        f"max_pool{_n}d_pick", _max_pick(_n), {"x": _gradient_of_maxima(_n)},
        formula=formulas("max_pick", _n),
        linear=True, samples=_taps_samples(_n, False), doc="The elements of x at the places of given maxima.",
    )
    _forward, _rule = _max_unpick(_n)
    POOLS["max_unpick", _n] = Op(
        f"max_pool{_n}d_unpick", _forward, {"x": _rule},
        formula=formulas("max_unpick", _n),
        linear=True, samples=_taps_samples(_n, True),
        doc="Zeros to which x is added at the places of given maxima: the adjoint of reading there.",
    )
    _forward, _rule = _avg_pool(_n)
    POOLS["avg", _n] = Op(
        f"avg_pool{_n}d", _forward, {"x": _rule},
        formula=formulas("avg", _n),
        linear=True, samples=_samples(_n, count_include_pad=False, divisor_override=5),
        errors=_errors(_n), doc=_DOC.format(what="Mean", name="avg", more=_MORE["avg"], result=_RESULTS["avg", _n], **_words),
    )
    _forward, _rule = _avg_spread(_n)
    POOLS["avg_spread", _n] = Op(
        f"avg_pool{_n}d_spread", _forward, {"x": _rule},
        formula=formulas("avg_spread", _n),
        linear=True, doc="Each element of x divided equally among the elements of its window: the adjoint of the mean.",
        samples=calls(((1, 2) + (2,) * _n, {"size": (1, 2) + (5,) * _n, "kernel_size": 3, "stride": 2})),
    )

max_pool1d, max_pool2d, max_pool3d = (POOLS["max", n] for n in (1, 2, 3))
avg_pool1d, avg_pool2d, avg_pool3d = (POOLS["avg", n] for n in (1, 2, 3))
max_pool1d_indices, max_pool2d_indices, max_pool3d_indices = (POOLS["indices", n] for n in (1, 2, 3))
