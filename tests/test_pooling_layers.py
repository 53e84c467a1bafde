"""Pooling and padding layers against loops over windows and NumPy's own padding."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import ArgumentError, RangeError, ShapeError

RNG = np.random.default_rng(1)
SIZE = {1: (9,), 2: (7, 6), 3: (5, 6, 5)}
each_n = pytest.mark.parametrize("n", [1, 2, 3])


def layer(name: str, n: int) -> Any:
    return getattr(nn, f"{name}{n}d")


def windows(size: tuple, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> tuple[tuple, Any]:
    """The output's size, and for each place of it the coordinates that its window has inside the input."""
    counts = []
    for i in size:
        span = i + 2 * padding - dilation * (kernel - 1) - 1
        count = (math.ceil(span / stride) if ceil_mode else span // stride) + 1
        counts.append(count - 1 if ceil_mode and (count - 1) * stride >= i + padding else count)

    def inside(place: tuple) -> list[tuple]:
        lines = [[p * stride - padding + t * dilation for t in range(kernel)] for p in place]
        return [at for at in product(*lines) if all(0 <= a < i for a, i in zip(at, size, strict=True))]

    return tuple(counts), inside


OPTIONS = [
    {"kernel": 2, "stride": 2, "padding": 0, "ceil_mode": False}, {"kernel": 3, "stride": 1, "padding": 1, "ceil_mode": False},
    {"kernel": 3, "stride": 2, "padding": 1, "ceil_mode": True}, {"kernel": 2, "stride": 3, "padding": 1, "ceil_mode": True},
]  # fmt: skip


@each_n
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("option", OPTIONS)
def test_max(n: int, option: dict, dilation: int) -> None:
    x = RNG.standard_normal((2, *SIZE[n]))
    out, inside = windows(SIZE[n], dilation=dilation, **option)
    pool = layer("MaxPool", n)(
        option["kernel"], option["stride"], option["padding"], dilation, return_indices=True, ceil_mode=option["ceil_mode"]
    )
    y, places = pool(autograd.tensor(x))
    assert tuple(y.shape) == (2, *out)
    for place in np.ndindex(*out):
        found = inside(place)
        for c in range(2):
            best = max(found, key=lambda at: x[(c, *at)])
            assert y.array[(c, *place)] == x[(c, *best)]
            assert places.array[(c, *place)] == np.ravel_multi_index(best, SIZE[n])


@each_n
@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("count_include_pad", [True, False])
def test_mean(n: int, option: dict, count_include_pad: bool) -> None:
    x = RNG.standard_normal(SIZE[n])
    out, inside = windows(SIZE[n], dilation=1, **option)
    kernel, stride, padding = option["kernel"], option["stride"], option["padding"]
    y = layer("AvgPool", n)(kernel, stride, padding, option["ceil_mode"], count_include_pad)(autograd.tensor(x[None]))
    assert tuple(y.shape) == (1, *out)
    for place in np.ndindex(*out):
        found = inside(place)
        count = len(found)
        if count_include_pad:
            ends = [min(p * stride - padding + kernel, i + padding) for p, i in zip(place, SIZE[n], strict=True)]
            count = math.prod(e - (p * stride - padding) for e, p in zip(ends, place, strict=True))
        assert np.isclose(y.array[(0, *place)], sum(x[at] for at in found) / count)


@each_n
def test_norms(n: int) -> None:
    x = RNG.standard_normal((1, *SIZE[n]))
    for p in (1, 2, 4):
        pooled = layer("LPPool", n)(p, 2)(autograd.tensor(np.abs(x)))
        out, inside = windows(SIZE[n], 2, 2, 0, 1, False)
        for place in np.ndindex(*out):
            assert np.isclose(pooled.array[(0, *place)], np.linalg.norm([x[(0, *at)] for at in inside(place)], p))
    zero = autograd.zeros(1, *SIZE[n], requires_grad=True)
    layer("LPPool", n)(2, 2)(zero).sum().backward()
    assert not zero.grad.array.any()


@each_n
def test_adaptive(n: int) -> None:
    x = RNG.standard_normal((2, *SIZE[n]))
    for want in ((3,) * n, (1,) * n, SIZE[n], tuple(range(2, n + 2)), (11,) * n):
        mean = layer("AdaptiveAvgPool", n)(want)(autograd.tensor(x)).array
        top, places = (t.array for t in layer("AdaptiveMaxPool", n)(want, True)(autograd.tensor(x)))
        plain = layer("AdaptiveMaxPool", n)(want)(autograd.tensor(x)).array
        for place in np.ndindex(*want):
            cut = tuple(slice(p * i // w, math.ceil((p + 1) * i / w)) for p, i, w in zip(place, SIZE[n], want, strict=True))
            part = x[(slice(None), *cut)].reshape(2, -1)
            at = (slice(None), *place)
            assert np.allclose(mean[at], part.mean(1))
            assert np.array_equal(top[at], part.max(1))
            assert np.array_equal(plain[at], part.max(1))
            assert np.array_equal(x.reshape(2, -1)[np.arange(2), places[at]], part.max(1))
    assert tuple(layer("AdaptiveAvgPool", n)((None,) * n)(autograd.tensor(x)).shape) == x.shape


@each_n
@pytest.mark.parametrize("name", ["max_pool", "adaptive_max_pool", "fractional_max_pool"])
def test_the_form_that_always_gives_the_places(n: int, name: str) -> None:
    if (name, n) == ("fractional_max_pool", 1):
        return
    x = autograd.tensor(RNG.standard_normal((2, 3, *SIZE[n])))
    args: tuple[Any, ...] = (2,)
    more: dict[str, Any] = {}
    if name == "fractional_max_pool":
        args, more = (2, 3), {"_random_samples": autograd.tensor(RNG.random((2, 3, n)))}
    y, places = getattr(F, f"{name}{n}d_with_indices")(x, *args, **more)
    z, others = getattr(F, f"{name}{n}d")(x, *args, **more, return_indices=True)
    assert np.array_equal(y.array, z.array)
    assert np.array_equal(places.array, others.array)


@pytest.mark.parametrize("n", [2, 3])
def test_fractional(n: int) -> None:
    x = RNG.standard_normal((2, 3, *SIZE[n]))
    samples = RNG.random((2, 3, n))
    pool = layer("FractionalMaxPool", n)(2, output_size=3, return_indices=True, _random_samples=autograd.tensor(samples))
    y, places = (t.array for t in pool(autograd.tensor(x)))
    for image, channel in np.ndindex(2, 3):
        starts = []
        for d, size in enumerate(SIZE[n]):
            u = samples[image, channel, :: -1 if n == 2 else 1][d]
            step = (size - 2) / 2
            starts.append([int((i + u) * step) - int(u * step) for i in range(2)] + [size - 2])
        plane = x[image, channel]
        for place in np.ndindex(*(3,) * n):
            part = plane[tuple(slice(s[p], s[p] + 2) for s, p in zip(starts, place, strict=True))]
            assert y[(image, channel, *place)] == part.max()
            assert plane.reshape(-1)[places[(image, channel, *place)]] == part.max()
    drawn = layer("FractionalMaxPool", n)(2, output_ratio=0.7)
    drawn.generator = np.random.default_rng(0)
    first = drawn(autograd.tensor(x))
    assert tuple(first.shape[2:]) == tuple(int(i * 0.7) for i in SIZE[n])
    assert np.isin(first.array, x).all()
    drawn.generator = np.random.default_rng(0)
    assert np.array_equal(drawn(autograd.tensor(x)).array, first.array)


@each_n
def test_unpooling_inverts(n: int) -> None:
    x = RNG.standard_normal((2, 3, *SIZE[n]))
    y, places = layer("MaxPool", n)(2, return_indices=True)(autograd.tensor(x))
    back = layer("MaxUnpool", n)(2)(y, places, output_size=x.shape)
    assert tuple(back.shape) == x.shape
    kept = back.array != 0
    assert kept.sum() == y.array.size
    assert np.array_equal(back.array[kept], x[kept])
    with pytest.raises(RangeError, match="invalid max index, outside the output of size"):
        layer("MaxUnpool", n)(2)(y, places * 0 + 1000)
    with pytest.raises(TypeError, match="indices must hold integers"):
        layer("MaxUnpool", n)(2)(y, places.float())
    with pytest.raises(ShapeError, match="out of range: it may be"):
        layer("MaxUnpool", n)(2)(y, places, output_size=(99,) * n)


@each_n
def test_a_maximum_of_several_windows_is_put_back_once(n: int) -> None:
    x = RNG.standard_normal((2, 3, *SIZE[n]))
    y, places = layer("MaxPool", n)(3, stride=1, return_indices=True)(autograd.tensor(x))
    y = y.detach().requires_grad_()
    back = layer("MaxUnpool", n)(3, stride=1)(y, places, output_size=x.shape)
    expected = np.zeros_like(x).reshape(6, -1)
    for plane, (row, at) in enumerate(zip(y.detach().array.reshape(6, -1), places.array.reshape(6, -1), strict=True)):
        for value, place in zip(row, at, strict=True):
            expected[plane, place] = value
    assert np.array_equal(back.array.reshape(6, -1), expected)
    (g,) = autograd.grad(back.sum(), y)
    assert g.sum().item() == (expected != 0).sum()  # each is the derivative of the one window that was the last


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_a_width_that_cuts_on_one_side_and_pads_on_the_other(n: int, mode: str) -> None:
    x = np.arange(5.0**n).reshape((1,) * 2 + (5,) * n)
    y = F.pad(autograd.tensor(x), (2, -1) * n, mode=mode).array
    place = {"reflect": [2, 1, 0, 1, 2, 3], "replicate": [0, 0, 0, 1, 2, 3], "circular": [2, 3, 0, 1, 2, 3]}[mode]
    assert np.array_equal(y, x[np.ix_([0], [0], *[place] * n)])
    with pytest.raises(ShapeError, match="cuts off more than dimension"):
        F.pad(autograd.tensor(x), (-3, -3), mode=mode)


@each_n
@pytest.mark.parametrize(
    ("name", "mode"), [("ReflectionPad", "reflect"), ("ReplicationPad", "edge"), ("CircularPad", "wrap"), ("ZeroPad", "constant")]
)
def test_padding(n: int, name: str, mode: str) -> None:
    x = RNG.standard_normal((2, 3, *SIZE[n]))
    flat = [2, 1, 0, 3, 1, 0][: 2 * n]
    pairs = [(flat[2 * d], flat[2 * d + 1]) for d in range(n)][::-1]
    for array in (x, x[0]):
        lead = [(0, 0)] * (array.ndim - n)
        assert np.array_equal(layer(name, n)(tuple(flat))(autograd.tensor(array)).array, np.pad(array, lead + pairs, mode=mode))
        assert np.array_equal(layer(name, n)(2)(autograd.tensor(array)).array, np.pad(array, [*lead, *[(2, 2)] * n], mode=mode))


def test_constant_and_negative_padding() -> None:
    x = RNG.standard_normal((2, 4, 5))
    y = nn.ConstantPad2d((1, -2, -1, 2), 7.5)(autograd.tensor(x)).array
    assert np.array_equal(y, np.pad(x[:, 1:, :3], [(0, 0), (0, 2), (1, 0)], constant_values=7.5))
    y = nn.ReplicationPad1d((-1, 2))(autograd.tensor(x)).array
    assert np.array_equal(y, np.pad(x[:, :, 1:], [(0, 0), (0, 0), (0, 2)], mode="edge"))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda x: nn.MaxPool2d(9)(x), "larger than the input"),
        (lambda x: nn.MaxPool2d(2, padding=2)(x), "at most half"),
        (lambda x: nn.AvgPool1d(2)(x), "must have 3 dimensions"),
        (lambda x: nn.LPPool3d(2, 2)(x[0]), "must have 5 dimensions"),
        (lambda x: nn.AdaptiveAvgPool1d(2)(x), "must have 2 or 3 dimensions"),
        (lambda x: nn.AdaptiveMaxPool2d((3, 3, 3))(x), "output_size must be an int or 2"),
        (lambda x: nn.AdaptiveAvgPool2d(-1)(x), "must not be negative"),
        (lambda x: nn.FractionalMaxPool2d(3, output_size=5)(x), "do not fit"),
        (lambda x: nn.ReflectionPad2d(4)(x), "too wide for mode 'reflect'"),
        (lambda x: nn.CircularPad1d(1)(x), "expected 2D or 3D input"),
        (lambda x: nn.MaxUnpool2d(2)(x, autograd.tensor([0])), "must have the shape of input"),
    ],
)
def test_bad_input(call: Any, said: str) -> None:
    with pytest.raises(ShapeError, match=said) as caught:
        nn.Sequential(nn.Identity(), Calling(call))(autograd.ones(1, 2, 4, 4))
    assert "in layer '1" in str(caught.value)


class Calling(nn.Module):
    """Calls a function as its forward: layers that are made in it are called within its path."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


def test_bad_options() -> None:
    with pytest.raises(ArgumentError, match="requires specifying either an output size, or a pooling ratio"):
        nn.FractionalMaxPool2d(2)
    with pytest.raises(ArgumentError, match="only one of output_size and output_ratio"):
        nn.FractionalMaxPool3d(2, 3, 0.5)
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        nn.FractionalMaxPool2d(2, output_ratio=1.5)
    with pytest.raises(ValueError, match="padding must be an int or 4"):
        nn.ZeroPad2d((1, 2, 3))


def test_complex_numbers_have_no_maximum() -> None:
    x = autograd.ones(1, 1, 5, 5, dtype=np.complex64)
    for pool in (nn.MaxPool2d(2), nn.AdaptiveMaxPool2d(3), nn.AdaptiveMaxPool2d(5), nn.FractionalMaxPool2d(2, 3)):
        with pytest.raises(RuntimeError, match="complex"):
            pool(x)
    assert nn.AvgPool2d(2)(x).dtype == np.complex64


def test_integers_can_be_pooled() -> None:
    x = autograd.arange(16).reshape(1, 4, 4)
    assert F.max_pool2d(x, 2).tolist() == [[[5, 7], [13, 15]]]
