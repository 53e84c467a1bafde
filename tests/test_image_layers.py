"""Resizing, sampling and rearranging images, and distances, against SciPy, closed forms and loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import distance

import autograd
import nn
import nn.functional as F
from autograd.errors import DtypeError, ShapeError

RNG = np.random.default_rng(4)
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}
SIZE = {1: (7,), 2: (5, 6), 3: (4, 3, 5)}
each_n = pytest.mark.parametrize("n", [1, 2, 3])


def centres(size: int, out: int, align: bool) -> np.ndarray:
    """Where the pixels of the result lie in the image."""
    if align:
        return np.linspace(0, size - 1, out)
    return (np.arange(out) + 0.5) * size / out - 0.5


@each_n
@pytest.mark.parametrize("align", [True, False])
def test_linear(n: int, align: bool) -> None:
    x = RNG.standard_normal((1, 1, *SIZE[n]))
    for out in (tuple(range(8, 8 + n)), (3,) * n):
        mesh = np.meshgrid(*[centres(i, o, align) for i, o in zip(SIZE[n], out, strict=True)], indexing="ij")
        expected = ndimage.map_coordinates(x[0, 0], mesh, order=1, mode="nearest")
        y = nn.Upsample(out, mode=LINEAR[n], align_corners=align)(autograd.tensor(x)).array[0, 0]
        assert np.allclose(y, expected)


@each_n
def test_nearest_and_area(n: int) -> None:
    x = RNG.standard_normal((2, 3, *SIZE[n]))
    doubled = x
    for dim in range(2, n + 2):
        doubled = doubled.repeat(2, dim)
    assert np.array_equal(nn.Upsample(scale_factor=2)(autograd.tensor(x)).array, doubled)
    assert np.array_equal(nn.Upsample(scale_factor=2, mode="nearest-exact")(autograd.tensor(x)).array, doubled)
    index = np.ix_(*[np.floor(np.arange(4) * i / 4).astype(int) for i in SIZE[n]])
    assert np.array_equal(nn.Upsample(4)(autograd.tensor(x)).array, x[(..., *index)])
    index = np.ix_(*[np.floor((np.arange(4) + 0.5) * i / 4).astype(int) for i in SIZE[n]])
    assert np.array_equal(nn.Upsample(4, mode="nearest-exact")(autograd.tensor(x)).array, x[(..., *index)])
    area = getattr(nn, f"AdaptiveAvgPool{n}d")(2)(autograd.tensor(x)).array
    assert np.allclose(nn.Upsample(2, mode="area")(autograd.tensor(x)).array, area)


def test_the_shortcuts_of_factors_that_do_not_change_the_number_of_pixels() -> None:
    x = autograd.arange(3.0)
    line, square = x.reshape(1, 1, 3), x.reshape(1, 1, 1, 3).expand(1, 1, 3, 3)
    for mode, image in (("linear", line), ("bilinear", square), ("trilinear", x.reshape(1, 1, 1, 1, 3).expand(1, 1, 3, 3, 3))):
        assert F.interpolate(image, scale_factor=1.3, mode=mode).tolist() == image.tolist()
    assert F.interpolate(line, scale_factor=1.3).flatten().tolist() == [0, 0, 1]  # places of factor 1.3
    assert F.interpolate(square, scale_factor=1.3).tolist() == square.tolist()
    assert F.interpolate(square, scale_factor=2.2)[0, 0, 0].tolist() == [0, 0, 1, 1, 2, 2]
    for wrong in ({"size": (4,)}, {"size": (4, 4, 4)}, {"scale_factor": (2.0,)}):
        with pytest.raises(ShapeError, match="same number of spatial dimensions"):
            F.interpolate(square, **wrong)
    with pytest.raises(ValueError, match="not meaningful with an explicit size"):
        F.interpolate(line, size=4, recompute_scale_factor=True)


def test_integers_are_resized_exactly_or_not_at_all() -> None:
    x = autograd.arange(4).reshape(1, 1, 2, 2)
    assert F.interpolate(x, scale_factor=2)[0, 0, 0].tolist() == [0, 0, 1, 1]
    with pytest.raises(DtypeError, match=r"int64.*no floating point numbers"):
        F.interpolate(x, size=(3, 3), mode="bilinear")
    with pytest.raises(DtypeError, match="not implemented for int64"):
        F.adaptive_avg_pool1d(autograd.arange(5).reshape(1, 1, 5), 2)


def test_cubic_keeps_constants_and_lines() -> None:
    # Keys' kernel with a = -3/4 is exact for constants; between two pixels of a line it is symmetric.
    x = autograd.ones(1, 1, 6, 6, dtype=np.float64) * 3
    assert np.allclose(nn.Upsample((11, 4), mode="bicubic")(x).array, 3)
    ramp = autograd.tensor(np.arange(8.0).reshape(1, 1, 1, 8))
    y = F.interpolate(ramp, (1, 15), mode="bicubic", align_corners=True).array[0, 0, 0]
    assert np.allclose(y[::2], np.arange(8))
    assert np.allclose(y[3:-3], np.arange(15)[3:-3] / 2)
    smooth = F.interpolate(ramp, (1, 4), mode="bicubic", antialias=True).array[0, 0, 0]
    assert np.allclose(smooth + smooth[::-1], 7)
    half = F.interpolate(ramp, (1, 4), mode="bilinear", antialias=True).array[0, 0, 0]
    assert np.allclose(half[1:-1], [2.5, 4.5])  # the mean with weights 1 3 3 1


def test_scale_factors() -> None:
    x = autograd.tensor(RNG.standard_normal((1, 1, 10)))
    given = F.interpolate(x, scale_factor=0.37, mode="linear").array[0, 0]
    assert len(given) == 3
    assert np.allclose(given, np.interp((np.arange(3) + 0.5) / 0.37 - 0.5, np.arange(10), x.array[0, 0]))
    again = F.interpolate(x, scale_factor=0.37, mode="linear", recompute_scale_factor=True).array[0, 0]
    assert np.allclose(again, np.interp((np.arange(3) + 0.5) * 10 / 3 - 0.5, np.arange(10), x.array[0, 0]))


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("align", [True, False])
@pytest.mark.parametrize(("padding", "mode"), [("zeros", "grid-constant"), ("border", "nearest")])
@pytest.mark.parametrize(("kind", "order"), [("bilinear", 1), ("nearest", 0)])
def test_grid_sample(n: int, align: bool, padding: str, mode: str, kind: str, order: int) -> None:
    x = RNG.standard_normal((2, 3, *SIZE[n]))
    grid = RNG.uniform(-1.4, 1.4, (2, *range(3, 3 + n), n))
    y = F.grid_sample(autograd.tensor(x), autograd.tensor(grid), kind, padding, align).array
    for image, channel in np.ndindex(2, 3):
        where = []
        for d, size in enumerate(SIZE[n]):
            g = grid[image, ..., n - 1 - d]
            where.append((g + 1) / 2 * (size - 1) if align else ((g + 1) * size - 1) / 2)
        if order == 0 and padding == "border":
            where = [np.clip(w, 0, size - 1) for w, size in zip(where, SIZE[n], strict=True)]
        expected = ndimage.map_coordinates(x[image, channel], where, order=order, mode=mode)
        assert np.allclose(y[image, channel], expected)


@pytest.mark.parametrize("align", [True, False])
def test_identity_grids(align: bool) -> None:
    for size in ((2, 3, 4, 5), (2, 3, 4, 5, 3)):
        x = RNG.standard_normal(size)
        n = len(size) - 2
        theta = np.broadcast_to(np.eye(n, n + 1), (2, n, n + 1)).copy()
        grid = F.affine_grid(autograd.tensor(theta), size, align)
        assert np.allclose(F.grid_sample(autograd.tensor(x), grid, align_corners=align).array, x)
        theta[:, 0, 0] = -1  # mirrored
        grid = F.affine_grid(autograd.tensor(theta), size, align)
        assert np.allclose(F.grid_sample(autograd.tensor(x), grid, align_corners=align).array, x[..., ::-1])
    assert np.allclose(F.grid_sample(autograd.tensor(RNG.standard_normal((1, 1, 4, 4))), autograd.zeros(1, 1, 1, 2) + 9.0).array, 0)


def test_rearranging() -> None:
    x = RNG.standard_normal((2, 8, 3, 4))
    y = nn.PixelShuffle(2)(autograd.tensor(x)).array
    for c, i, j in np.ndindex(2, 6, 8):
        assert np.array_equal(y[:, c, i, j], x[:, 4 * c + 2 * (i % 2) + j % 2, i // 2, j // 2])
    assert np.array_equal(nn.PixelUnshuffle(2)(autograd.tensor(y)).array, x)
    shuffled = nn.ChannelShuffle(4)(autograd.tensor(x)).array
    assert np.array_equal(shuffled, x[:, [0, 2, 4, 6, 1, 3, 5, 7]])


@pytest.mark.parametrize("option", [{}, {"stride": 2, "padding": (1, 0)}, {"dilation": (1, 2), "padding": 1}])
def test_unfold_and_fold(option: dict) -> None:
    x = RNG.standard_normal((2, 3, 5, 6))
    columns = nn.Unfold((2, 3), **option)(autograd.tensor(x)).array
    stride, padding, dilation = (option.get(k, d) for k, d in (("stride", 1), ("padding", 0), ("dilation", 1)))
    (sh, sw), (ph, pw), (dh, dw) = (v if isinstance(v, tuple) else (v, v) for v in (stride, padding, dilation))
    padded = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    rows = range(0, padded.shape[2] - dh, sh)
    cols = range(0, padded.shape[3] - 2 * dw, sw)
    expected = np.stack([padded[:, :, r : r + dh + 1 : dh, c : c + 2 * dw + 1 : dw].reshape(2, -1) for r in rows for c in cols], -1)
    assert np.array_equal(columns, expected)
    g = RNG.standard_normal(columns.shape)
    image = nn.Fold((5, 6), (2, 3), **option)(autograd.tensor(g)).array
    assert np.isclose((image * x).sum(), (g * columns).sum())  # the adjoint
    assert np.array_equal(nn.Unfold((2, 3), **option)(autograd.tensor(x[0])).array, columns[0])


def test_distances() -> None:
    a, b = RNG.standard_normal((2, 5, 4))
    s, t = autograd.tensor(a), autograd.tensor(b)
    assert np.allclose(nn.CosineSimilarity()(s, t).array, [1 - distance.cosine(u, v) for u, v in zip(a, b, strict=True)])
    for p in (1.0, 2.0, 3.0, np.inf):
        expected = [distance.minkowski(u, v, p) if p < np.inf else distance.chebyshev(u, v) for u, v in zip(a, b, strict=True)]
        assert np.allclose(nn.PairwiseDistance(p, eps=0)(s, t).array, expected)
        assert nn.PairwiseDistance(p, keepdim=True)(s, t).shape == (5, 1)
    assert np.allclose(F.pdist(s).array, distance.pdist(a))
    assert not nn.CosineSimilarity()(autograd.zeros(2, 3), autograd.ones(2, 3)).array.any()


@pytest.mark.parametrize(
    ("layer", "shape", "error", "said"),
    [
        (nn.Upsample(3), (3,), NotImplementedError, "3 or 4 or 5 dimensions"),
        (nn.Upsample(), (2, 3, 4), ValueError, "give either size or scale_factor"),
        (nn.Upsample((3, 3)), (2, 3, 4), ValueError, "same number of spatial dimensions"),
        (nn.Upsample(3, mode="bilinear"), (2, 3, 4), NotImplementedError, "mode 'bilinear' takes 4 dimensions"),
        (nn.Upsample(3, mode="spline"), (2, 3, 4), NotImplementedError, "mode must be one of"),
        (nn.Upsample(3, align_corners=True), (2, 3, 4), ValueError, "align_corners is for"),
        (nn.Upsample(scale_factor=0.1), (2, 3, 4), ShapeError, "would have the size"),
        (nn.PixelShuffle(2), (3, 4, 4), ShapeError, "divisible by 2^2".replace("^", r"\^")),
        (nn.PixelShuffle(2), (4, 4), ShapeError, "at least 3 dimensions"),
        (nn.PixelUnshuffle(2), (3, 3, 4), ShapeError, "divisible by 2"),
        (nn.ChannelShuffle(2), (2, 3, 4), ShapeError, "divisible by groups=2"),
        (nn.Unfold(5), (1, 1, 3, 3), ShapeError, "larger than the image"),
        (nn.Fold(4, 2), (1, 3, 9), ShapeError, "divisible by the kernel's 4 elements"),
    ],
)
def test_bad_input(layer: Any, shape: tuple, error: type, said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        nn.Sequential(nn.Identity(), layer)(autograd.ones(*shape))
    assert "in layer '1'" in str(caught.value)
