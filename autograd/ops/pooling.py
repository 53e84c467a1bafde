"""Pooling: maxima and means over windows of the last dimensions.

A window is read one tap at a time: for a kernel of k taps, k strided slices of the input are combined. The adjoints are ops of
their own, so that derivatives of every order come from the forwards.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np

from ..engine.op import Op, Sample, nondifferentiable, op
from ..engine.samples import calls, draw
from ..errors import DtypeError, ShapeError, describe
from .convolution import each
from .elementwise.comparison import kept
from .window_formulas import formulas


class Windows:
    """The sizes of one pooling: of its windows, its output, and the padded input that they reach."""

    __slots__ = ("dilation", "kernel", "n", "out", "padded", "padding", "size", "stride")

    def __init__(self, x_shape, n, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        if len(x_shape) not in (n + 1, n + 2):
            wanted = f"(batch, channels{', size' * n})"
            raise ShapeError(f"x must have {n + 2} dimensions, {wanted}, or {n + 1}: its shape is {tuple(x_shape)}")
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
        ends = zip(self.out, self.kernel, self.stride, self.dilation, strict=True)
        self.padded = tuple((o - 1) * s + d * (k - 1) + 1 for o, k, s, d in ends)

    @staticmethod
    def _count(i, k, s, p, d, ceil_mode):
        span = i + 2 * p - d * (k - 1) - 1
        count = (-(-span // s) if ceil_mode else span // s) + 1
        # A window that would begin in the padding at the end is left out.
        return count - 1 if ceil_mode and (count - 1) * s >= i + p else count

    def interior(self):
        """Where the input lies in the padded one, and which part of it does."""
        to, of = [], []
        for i, q, p in zip(self.size, self.padded, self.padding, strict=True):
            stop = min(p + i, q)
            to.append(slice(p, stop))
            of.append(slice(0, stop - p))
        return (..., *to), (..., *of)

    def taps(self):
        """For each tap of the kernel the slices of the padded input that it meets."""
        for tap in product(*[range(k) for k in self.kernel]):
            places = zip(tap, self.dilation, self.stride, self.out, strict=True)
            yield (..., *[slice(t * d, t * d + (o - 1) * s + 1, s) for t, d, s, o in places])

    @property
    def whole(self):
        """Whether windows need nothing but the input itself, or less."""
        return not any(self.padding) and all(q <= i for q, i in zip(self.padded, self.size, strict=True))

    @property
    def apart(self):
        """Whether no two windows overlap."""
        return all(s >= d * (k - 1) + 1 for k, s, d in zip(self.kernel, self.stride, self.dilation, strict=True))

    @property
    def tiling(self):
        """Whether every element of the input is in exactly one window."""
        return self.whole and self.stride == self.kernel and self.padded == self.size and set(self.dilation) == {1}

    def pad(self, x, value):
        """x with this value around it, as far as windows reach; x itself where they reach no further."""
        if self.whole:
            return x
        to, of = self.interior()
        padded = filled((*x.shape[: -self.n], *self.padded), value, x.dtype)
        padded[to] = x[of]
        return padded

    def crop(self, padded, lead):
        """The adjoint of ``pad``."""
        if self.padded == self.size and not any(self.padding):
            return padded
        to, of = self.interior()
        x = np.zeros((*lead, *self.size), padded.dtype)
        x[of] = padded[to]
        return x


def filled(shape, value, dtype):
    """An array filled with a value (None: with nothing yet)."""
    if value is None:
        return np.empty(shape, dtype)
    return np.full(shape, value, dtype) if value else np.zeros(shape, dtype)


# -------------------------------------------------------------------------------------------------------------------- maxima


def _lowest(dtype):
    if dtype.kind not in "fiu":
        raise DtypeError(f"maxima are of real numbers, not of {dtype}")
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _max_pool(n):
    def forward(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        w = Windows(x.shape, n, kernel_size, stride, padding, dilation, ceil_mode)
        padded = w.pad(x, _lowest(x.dtype))
        small = np.uint8 if prod(w.kernel) <= 256 else np.int32
        y: Any = None
        taps: Any = None
        for t, where in enumerate(w.taps()):
            part = padded[where]
            if y is None:
                y = np.array(part, order="C")
                taps = np.zeros_like(y, dtype=small)
            else:
                later = np.greater(part, y).astype(small)
                later *= small(t)
                np.maximum(taps, later, out=taps)
                np.maximum(y, part, out=y)
        return y, taps

    def for_x(g, x_shape, taps, kernel_size, stride, padding, dilation, ceil_mode):
        return POOLS["max_unpick", n](
            g, taps=taps, size=tuple(x_shape), kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
            ceil_mode=ceil_mode,
        )

    return forward, for_x


def _max_pick(n):
    def forward(x, taps, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        w = Windows(x.shape, n, kernel_size, stride, padding, dilation, ceil_mode)
        padded = w.pad(x, 0)
        y = 0
        for t, where in enumerate(w.taps()):
            y = y + kept(padded[where], taps == t)
        return y

    def for_x(g, x_shape, taps, kernel_size, stride, padding, dilation, ceil_mode):
        return POOLS["max_unpick", n](
            g, taps=taps, size=tuple(x_shape), kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
            ceil_mode=ceil_mode,
        )

    return forward, for_x


def _max_unpick(n):
    def forward(x, taps, size, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        w = Windows(size, n, kernel_size, stride, padding, dilation, ceil_mode)
        padded = filled((*x.shape[:-n], *(w.size if w.whole else w.padded)), None if w.tiling else 0, x.dtype)
        for t, where in enumerate(w.taps()):
            if w.apart:
                kept(x, taps == t, out=padded[where])
            else:
                padded[where] += kept(x, taps == t)
        return padded if w.whole else w.crop(padded, x.shape[:-n])

    def for_x(g, taps, kernel_size, stride, padding, dilation, ceil_mode):
        return POOLS["max_pick", n](
            g, taps=taps, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
        )

    return forward, for_x


def _indices(n):
    def forward(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False):
        w = Windows(x.shape, n, kernel_size, stride, padding, dilation, ceil_mode)
        _, taps = _max_pool(n)[0](x, kernel_size, stride, padding, dilation, ceil_mode)
        flat = 0
        for i, tap in enumerate(np.unravel_index(taps, w.kernel)):
            start = np.arange(w.out[i]) * w.stride[i] - w.padding[i]
            start = start.reshape((-1,) + (1,) * (n - 1 - i))
            flat = flat * w.size[i] + start + tap.astype(np.int64) * w.dilation[i]
        return flat

    return forward


# --------------------------------------------------------------------------------------------------------------------- means


def _inverse_divisor(w, count_include_pad, divisor_override, dtype):
    """One over the number of elements of each window, as PyTorch counts them."""
    if divisor_override is not None:
        if divisor_override == 0:
            raise ValueError("divisor_override must not be 0")
        return dtype.type(1 / divisor_override)
    counts = np.ones((), dtype)
    for i, (size, k, s, p, o) in enumerate(zip(w.size, w.kernel, w.stride, w.padding, w.out, strict=True)):
        start = np.arange(o) * s - p
        stop = np.minimum(start + k, size + p)
        if not count_include_pad:
            start, stop = np.maximum(start, 0), np.minimum(stop, size)
        counts = counts * (stop - start).astype(dtype).reshape((-1,) + (1,) * (w.n - 1 - i))
    return 1 / counts if counts.size and counts.min() != counts.max() else dtype.type(1 / counts.flat[0])


def _avg_pool(n):
    def forward(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        x = x if x.dtype.kind in "fc" else x.astype(float)
        w = Windows(x.shape, n, kernel_size, stride, padding, 1, ceil_mode)
        padded = w.pad(x, 0)
        y = None
        for where in w.taps():
            if y is None:
                y = np.array(padded[where], order="C")
            else:
                y += padded[where]
        y *= _inverse_divisor(w, count_include_pad, divisor_override, x.real.dtype)
        return y

    def for_x(g, x_shape, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        return POOLS["avg_spread", n](
            g, size=tuple(x_shape), kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
            count_include_pad=count_include_pad, divisor_override=divisor_override,
        )

    return forward, for_x


def _avg_spread(n):
    def forward(x, size, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
        w = Windows(size, n, kernel_size, stride, padding, 1, ceil_mode)
        x = x * _inverse_divisor(w, count_include_pad, divisor_override, x.real.dtype)
        padded = np.zeros((*x.shape[:-n], *(w.size if w.whole else w.padded)), x.dtype)
        for where in w.taps():
            padded[where] += x
        return padded if w.whole else w.crop(padded, x.shape[:-n])

    def for_x(g, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override):
        return POOLS["avg", n](
            g, kernel_size=kernel_size, stride=stride, padding=padding, ceil_mode=ceil_mode,
            count_include_pad=count_include_pad, divisor_override=divisor_override,
        )

    return forward, for_x


# ------------------------------------------------------------------------------------------------------- windows of any sizes


def _max_windows(x, windows):
    n = len(windows)
    if x.ndim not in (n + 1, n + 2):
        raise ShapeError(f"x must have {n + 2} dimensions, (batch, channels{', size' * n}), or {n + 1}: it is {describe(x)}")
    if x.dtype.kind == "c":
        raise DtypeError(f"x {describe(x)} holds complex numbers, which have no order")
    size = x.shape[-n:]
    lead = x.shape[:-n]
    out = tuple(len(w) for w in windows)
    y, where = np.empty((*lead, *out), x.dtype), np.empty((*lead, *out), np.int64)
    numbers = np.arange(prod(size)).reshape(size)
    place: Any
    for place in product(*[range(o) for o in out]):
        inside = tuple(slice(*windows[i][p]) for i, p in enumerate(place))
        part = _flat(x[(..., *inside)], n)
        best = part.argmax(-1)
        y[(..., *place)] = np.take_along_axis(part, best[..., None], -1)[..., 0]
        where[(..., *place)] = numbers[inside].reshape(-1)[best]
    return y, where


def _flat(x, n):
    lead = x.shape[: x.ndim - n]
    return x.reshape(*lead, prod(x.shape[len(lead) :]))  # -1 cannot be told where there are no planes


def _plane_gather(x, where, n):
    found = np.take_along_axis(_flat(x, n), _flat(where, n), -1)
    return found.reshape(where.shape)


def _plane_scatter(x, where, size):
    """Zeros of this size with x added at its flat places in the last dimensions."""
    n = len(size)
    lead = x.shape[: x.ndim - n]
    planes, length = prod(lead), prod(size)
    places = _flat(where, n).reshape(planes, prod(where.shape[len(lead) :]))
    total = np.zeros(planes * length, x.dtype)
    np.add.at(total, (places + length * np.arange(planes)[:, None]).reshape(-1), x.reshape(-1))
    return total.reshape(*lead, *size)


plane_scatter = op(
    "plane_scatter", _plane_scatter, x=lambda g, where, size: plane_gather(g, where=where, n=len(size)), linear=True,
    samples=lambda: [Sample(draw((1, 2, 3)), where=np.array([[[0, 2, 2], [3, 1, 0]]]), size=(4,))],
    formula={"y": "plane_scatter(x, where)", "x": "plane_gather(g, where)"},
    doc="x added to zeros at flat places of the last dimensions.",
)
plane_gather: Op = op(
    "plane_gather", _plane_gather, linear=True,
    x=lambda g, where, x_shape, n: plane_scatter(g, where=where, size=tuple(x_shape[-n:])),
    samples=lambda: [Sample(draw((1, 2, 4)), where=np.array([[[0, 2, 2], [3, 1, 0]]]), n=1)],
    formula={"y": "plane_gather(x, where)", "x": "plane_scatter(g, where)"},
    doc="What stands at flat places of the last n dimensions.",
)
_UNEVEN = (((0, 2), (1, 4)), ((0, 3),))
max_windows = op(
    "max_windows", _max_windows,
    x=lambda g, x_shape, where, windows: plane_scatter(g, where=where, size=tuple(x_shape[-len(windows) :])),
    extras=("where",), analytic=False, samples=calls(((2, 4, 3), {"windows": _UNEVEN}), ((1, 2, 4, 3), {"windows": _UNEVEN})),
    formula={"y": "max_windows(x, windows)", "x": "plane_scatter(g, where)"},
    doc="Maxima over windows listed per dimension as (start, stop): what adaptive and fractional pooling use.",
)
max_windows_indices = nondifferentiable(
    "max_windows_indices", lambda x, windows: _max_windows(x, windows)[1], "x", samples=calls(((2, 4, 3), {"windows": _UNEVEN})),
    doc="The flat places of the maxima over listed windows.",
)


def adaptive_windows(size, out):
    """The windows of adaptive pooling: out of them, that cover the size evenly."""
    return tuple((i * size // out, -(-(i + 1) * size // out)) for i in range(out))


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


def _taps_sample(n, scatter):
    """The taps of an overlapping pooling, and what to move along them."""

    def build():
        for kernel, stride in ((2, None), (3, 2)):
            shape = (1, 2, *_SIZES[n])
            y, taps = _max_pool(n)[0](draw(shape), kernel, stride, kernel // 2)
            more = {"taps": taps, "kernel_size": kernel, "stride": stride, "padding": kernel // 2}
            yield Sample(draw(y.shape, seed=3), size=shape, **more) if scatter else Sample(draw(shape, seed=3), **more)

    return build


_DOC = """{what} over windows of the last {n} dimension{s}.

    Args:
        x: (batch, channels{size}), or without the batch.
        kernel_size: of a window. stride: between windows; by default the kernel's size, so that they lie side by side.
        padding: on both sides, at most half of the kernel. ceil_mode: also count a window that begins inside and ends outside.

    Raises:
        ShapeError: a kernel larger than the padded input, or more padding than half of the kernel.

    Example:
        >>> import autograd, nn
        >>> x = autograd.arange({numbers}.0).reshape(1, 1{sizes})
        >>> nn.functional.{name}_pool{n}d(x, 2).tolist()
        {result}
    """

_RESULTS = {
    ("max", 1): [[[1.0, 3.0]]], ("max", 2): [[[[5.0, 7.0], [13.0, 15.0]]]],
    ("max", 3): [[[[[21.0, 23.0], [29.0, 31.0]], [[53.0, 55.0], [61.0, 63.0]]]]],
    ("avg", 1): [[[0.5, 2.5]]], ("avg", 2): [[[[2.5, 4.5], [10.5, 12.5]]]],
    ("avg", 3): [[[[[10.5, 12.5], [18.5, 20.5]], [[42.5, 44.5], [50.5, 52.5]]]]],
}

POOLS: dict[tuple[str, int], Op] = {}
for _n in (1, 2, 3):
    _words = {"n": _n, "s": "s" * (_n > 1), "size": ", size" * _n, "numbers": 4**_n, "sizes": ", 4" * _n}
    _f, _x = _max_pool(_n)
    POOLS["max", _n] = Op(
        f"max_pool{_n}d", _f, {"x": _x},
        formula=formulas("max", _n),
        extras=("taps",), analytic=False, samples=_samples(_n, dilation=2 if _n < 3 else 1),
        errors=_errors(_n), doc=_DOC.format(what="Maximum", name="max", result=_RESULTS["max", _n], **_words),
    )
    POOLS["indices", _n] = nondifferentiable(
        f"max_pool{_n}d_indices", _indices(_n),
        formula=formulas("indices", _n),
        samples=_samples(_n), doc="The flat places of the maxima in the last dimensions.",
    )
    _f, _x = _max_pick(_n)
    POOLS["max_pick", _n] = Op(
        f"max_pool{_n}d_pick", _f, {"x": _x},
        formula=formulas("max_pick", _n),
        linear=True, samples=_taps_sample(_n, False), doc="x where the maxima were.",
    )
    _f, _x = _max_unpick(_n)
    POOLS["max_unpick", _n] = Op(
        f"max_pool{_n}d_unpick", _f, {"x": _x},
        formula=formulas("max_unpick", _n),
        linear=True, samples=_taps_sample(_n, True),
        doc="x put back to where the maxima were.",
    )
    _f, _x = _avg_pool(_n)
    POOLS["avg", _n] = Op(
        f"avg_pool{_n}d", _f, {"x": _x},
        formula=formulas("avg", _n),
        linear=True, samples=_samples(_n, count_include_pad=False, divisor_override=5),
        errors=_errors(_n), doc=_DOC.format(what="Mean", name="avg", result=_RESULTS["avg", _n], **_words),
    )
    _f, _x = _avg_spread(_n)
    POOLS["avg_spread", _n] = Op(
        f"avg_pool{_n}d_spread", _f, {"x": _x},
        formula=formulas("avg_spread", _n),
        linear=True, doc="The adjoint of the mean: x shared out over its window.",
        samples=calls(((1, 2) + (2,) * _n, {"size": (1, 2) + (5,) * _n, "kernel_size": 3, "stride": 2})),
    )

max_pool1d, max_pool2d, max_pool3d = (POOLS["max", n] for n in (1, 2, 3))
avg_pool1d, avg_pool2d, avg_pool3d = (POOLS["avg", n] for n in (1, 2, 3))
max_pool1d_indices, max_pool2d_indices, max_pool3d_indices = (POOLS["indices", n] for n in (1, 2, 3))
