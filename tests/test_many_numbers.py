"""The forwards that go another way for many numbers: their results are those of number by number, in double precision."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

import autograd
from autograd import special
from autograd.ops.accumulation import accumulate, product


def draw(*shape, low=-1.0, high=1.0, dtype=np.float32):
    return np.random.default_rng(len(shape)).uniform(low, high, shape).astype(dtype)


def units(found, wanted):
    """The largest error in units of the last place of the right number."""
    right = wanted.astype(found.dtype)
    return float(np.max(np.abs(found.astype(np.float64) - wanted) / np.spacing(np.abs(right))))


SHAPES = [((60, 100), 1), ((60, 97), 1), ((300, 211), 1), ((40000,), 0), ((50, 400), 0), ((4, 60, 300), 1), ((3, 50, 320), 2)]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("shape", "dim"), SHAPES)
def test_running_totals(shape, dim, dtype, reverse):
    def flipped(a):
        return np.flip(a, dim) if reverse else a

    x = draw(*shape, low=0.99, high=1.01, dtype=dtype)
    for ufunc in (np.add, np.multiply, np.maximum, np.minimum):
        y = accumulate(ufunc, x, dim, None, reverse)
        wanted = flipped(ufunc.accumulate(flipped(x).astype(np.longdouble), dim))
        assert y.dtype == dtype
        assert y.flags.c_contiguous
        assert np.max(np.abs(y / wanted - 1)) < 4 * shape[dim] ** 0.5 * np.finfo(dtype).eps


@pytest.mark.parametrize(
    "special_values", [(np.inf,), (np.nan,), (np.inf, -np.inf), (0.0,), (3e38, 3e38), (1e-30, 1e-30, 1e30, 1e30)]
)
def test_running_totals_of_what_blocks_would_spoil(special_values):
    x = draw(400, 100, low=0.5, high=1.5)
    x[7, 30 : 30 + len(special_values)] = special_values
    with np.errstate(all="ignore"):
        for ufunc in (np.add, np.multiply, np.maximum, np.minimum):
            for reverse in (False, True):
                y = accumulate(ufunc, x, 1, None, reverse)
                wanted = ufunc.accumulate(x[:, ::-1], 1)[:, ::-1] if reverse else ufunc.accumulate(x, 1)
                assert np.allclose(y, wanted, rtol=1e-4, atol=1e-4 if ufunc is np.add else 0, equal_nan=True)
        assert np.allclose(product(x, 1), np.multiply.reduce(x, 1), rtol=1e-4, atol=0, equal_nan=True)


@pytest.mark.parametrize(("axes", "keepdim"), [(None, False), (None, True), (1, False), (-1, True), (0, False)])
def test_product(axes, keepdim):
    x = draw(400, 120, low=0.9999, high=1.0001)
    y, wanted = product(x, axes, None, keepdim), np.prod(x.astype(np.float64), axis=axes, keepdims=keepdim)
    assert np.shape(y) == wanted.shape
    assert np.max(np.abs(y / wanted - 1)) < 1e-3


def test_cumulative_extremes_and_their_indices():
    x = np.round(draw(60, 100) * 4)  # with ties, of which the last counts
    x[3, 50] = np.nan
    for of, better in ((autograd.cummax, np.greater_equal), (autograd.cummin, np.less_equal)):
        values, indices = (t.numpy() for t in of(autograd.tensor(x), 1))
        for row in range(len(x)):
            best = 0
            for j, number in enumerate(x[row]):
                if np.isnan(number) or better(number, x[row, best]):
                    best = j
                assert indices[row, j] == best
                assert np.array_equal(values[row, j], x[row, best], equal_nan=True)


@pytest.mark.parametrize(
    ("function", "exact", "low", "high"),
    [
        (special.bessel_j0, scipy.special.j0, -4, 4), (special.bessel_j1, scipy.special.j1, -4, 4),
        (special.i0, scipy.special.i0, -16, 16), (special.i1, scipy.special.i1, -16, 16),
        (special.i0e, scipy.special.i0e, -16, 16), (special.i1e, scipy.special.i1e, -16, 16),
        (special.airy_ai, lambda x: scipy.special.airy(x)[0], -4, 3), (special.entr, scipy.special.entr, 0, 3),
        (autograd.lgamma, scipy.special.gammaln, 0.002, 50),
    ],
)  # fmt: skip
def test_series_are_rounded_once(function, exact, low, high):
    x = np.linspace(low, high, 70001).astype(np.float32)
    assert units(function(autograd.tensor(x)).numpy(), exact(x.astype(np.float64))) < 0.51


def test_slopes_of_series():
    for function, slope in (
        (special.i1, lambda x: scipy.special.ivp(1, x)), (special.bessel_j1, lambda x: scipy.special.jvp(1, x)),
        (special.airy_ai, lambda x: scipy.special.airy(x)[1]),
    ):  # fmt: skip
        x = autograd.tensor(draw(3000, low=-2), requires_grad=True)
        function(x).sum().backward()
        assert np.allclose(x.grad.numpy(), slope(x.detach().numpy().astype(np.float64)), rtol=1e-5, atol=1e-6)


def test_inverse_of_the_error_function():
    x = np.linspace(-1, 1, 200001).astype(np.float32)
    y = autograd.erfinv(autograd.tensor(x)).numpy()
    assert y[0] == -np.inf
    assert y[-1] == np.inf
    assert units(y[1:-1], scipy.special.erfinv(x[1:-1].astype(np.float64))) < 2.6
    odd = autograd.erfinv(autograd.tensor(np.array([-0.0, 2.0, np.nan, np.inf] * 50, np.float32))).numpy()[:4]
    assert odd[0] == 0
    assert np.signbit(odd[0])
    assert np.isnan(odd[1:]).all()


def test_next_numbers():
    odd = np.array([0, -0.0, 1, -1, 1e-45, -1e-45, np.inf, -np.inf, np.nan, 3.4028235e38], np.float32)
    a, b = (np.concatenate([v.ravel()] * 5) for v in np.meshgrid(odd, odd))
    with np.errstate(all="ignore"):
        y, wanted = autograd.nextafter(autograd.tensor(a), autograd.tensor(b)).numpy(), np.nextafter(a, b)
    known = ~np.isnan(wanted)
    assert np.array_equal(np.isnan(y), ~known)
    assert np.array_equal(y.view(np.int32)[known], wanted.view(np.int32)[known])


def test_remainders_are_exact():
    a, b = draw(4000, low=-1e5, high=1e5), draw(4000)
    odd = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 3.0, -3.0, 1e30], np.float32)
    a[:64], b[:64] = (v.ravel() for v in np.meshgrid(odd, odd))
    with np.errstate(all="ignore"):
        for of, numpys in ((autograd.remainder, np.remainder), (autograd.fmod, np.fmod)):
            for divisor in (b, np.round(b * 3) + 4, np.full_like(a, np.inf)):
                y, wanted = of(autograd.tensor(a), autograd.tensor(divisor)).numpy(), numpys(a, divisor)
                known = ~np.isnan(wanted)
                assert np.array_equal(np.isnan(y), ~known)
                assert np.array_equal(y.view(np.int32)[known], wanted.view(np.int32)[known])


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("unitriangular", [False, True])
def test_many_triangular_systems(upper, unitriangular):
    a, b = draw(40, 6, 6) + 3 * np.eye(6, dtype=np.float32), draw(40, 6, 2)
    x = autograd.linalg.solve_triangular(autograd.tensor(a), autograd.tensor(b), upper=upper, unitriangular=unitriangular).numpy()
    triangle = (np.triu(a) if upper else np.tril(a)).astype(np.float64)
    if unitriangular:
        triangle[:, np.arange(6), np.arange(6)] = 1
    assert np.allclose(triangle @ x, b, atol=1e-5)
    a[3, 2, 2] = 0
    if not unitriangular:
        with pytest.raises(autograd.linalg.LinAlgError):
            autograd.linalg.solve_triangular(autograd.tensor(a), autograd.tensor(b), upper=upper)


def test_overlapping_views_add_their_gradients():
    for size, stride, offset in (((50, 3), (1, 1), 2), ((4, 5, 3), (7, 2, 1), 0), ((3, 40), (0, 1), 1), ((70, 70), (1, 1), 0)):
        x = autograd.tensor(draw(200), requires_grad=True)
        g = draw(*size)
        x.as_strided(size, stride, offset).backward(autograd.tensor(g))
        wanted = np.zeros(200)
        for index in np.ndindex(*size):
            wanted[offset + sum(i * s for i, s in zip(index, stride, strict=True))] += g[index]
        assert np.allclose(x.grad.numpy(), wanted, atol=1e-5)


@pytest.mark.parametrize("tail", [(8,), (2, 4)])
def test_normalized_rows(tail):
    x64 = draw(5, *tail, dtype=np.float64) * 3 + 100
    numbers = (x64, draw(*tail, low=0.5, dtype=np.float64), draw(*tail, dtype=np.float64))
    g = draw(5, *tail, dtype=np.float64)
    x, w, b = (autograd.tensor(a, requires_grad=True) for a in numbers)
    y = autograd.nn.functional.layer_norm(x, tail, w, b)
    y.backward(autograd.tensor(g))
    axes = tuple(range(1, x64.ndim))
    d = x64 - x64.mean(axes, keepdims=True)
    r = 1 / np.sqrt((d * d).mean(axes, keepdims=True) + 1e-5)
    h = g * numbers[1]
    assert np.allclose(y.detach().numpy(), d * r * numbers[1] + numbers[2])
    of_x = (h - h.mean(axes, keepdims=True) - d * r * (h * d * r).mean(axes, keepdims=True)) * r
    for t, wanted in ((x, of_x), (w, (g * d * r).sum(0)), (b, g.sum(0))):
        assert np.allclose(t.grad.numpy(), wanted)


@pytest.mark.parametrize("columns", [3, 40])
def test_distances(columns):
    a, b = draw(30, columns), draw(40, columns)
    y = autograd.cdist(autograd.tensor(a), autograd.tensor(b)).numpy()
    assert np.allclose(y, np.sqrt(np.square(a[:, None] - b).sum(-1)), atol=1e-6)
    assert y.dtype == np.float32


def test_extremes_that_are_scattered():
    x, index = draw(20, 30), np.random.default_rng(0).integers(0, 20, (20, 30))
    for source in (draw(20, 30) * 2, np.round(draw(20, 30) * 2)):  # the second with ties, which share the gradient
        base, src = autograd.tensor(np.round(x), requires_grad=True), autograd.tensor(source, requires_grad=True)
        y = base.scatter_reduce(0, index, src, "amax")
        y.sum().backward()
        wanted = np.round(x).copy()
        np.maximum.at(wanted, (index, np.arange(30)), source)
        assert np.array_equal(y.detach().numpy(), wanted)
        to_x = np.round(x) == wanted
        to_src = source == wanted[index, np.arange(30)]
        ties = to_x.astype(float)
        np.add.at(ties, (index, np.arange(30)), to_src)
        assert np.allclose(base.grad.numpy(), to_x / ties)
        assert np.allclose(src.grad.numpy(), to_src / ties[index, np.arange(30)])
    whole = autograd.tensor(np.round(x).astype(np.int64)).scatter_reduce(0, index, np.round(source).astype(np.int64), "amax")
    assert np.array_equal(whole.numpy(), wanted)


@pytest.mark.parametrize(("n", "options"), [(2, {}), (3, {}), (2, {"stride": 1, "padding": 1}), (2, {"dilation": 2})])
def test_maxima_of_windows_and_their_places(n, options):
    x = np.round(draw(2, 3, *[8] * n) * 3)  # with ties, of which the first counts
    y, places = autograd.nn.functional.max_pool2d(autograd.tensor(x), 3, return_indices=True, **options) if n == 2 else (
        autograd.nn.functional.max_pool3d(autograd.tensor(x), 3, return_indices=True, **options)
    )  # fmt: skip
    k, s, p, d = 3, options.get("stride", 3), options.get("padding", 0), options.get("dilation", 1)
    flat = x.reshape(2, 3, -1)
    for out in np.ndindex(*y.shape[2:]):
        taps = [[o * s - p + t * d for t in range(k)] for o in out]
        window = [np.ravel_multi_index(at, x.shape[2:]) for at in np.stack(np.meshgrid(*taps, indexing="ij"), -1).reshape(-1, n)
                  if all(0 <= i < m for i, m in zip(at, x.shape[2:], strict=True))]  # fmt: skip
        first = np.array(window)[flat[..., window].argmax(-1)]
        assert np.array_equal(places.numpy()[(..., *out)], first)
        assert np.array_equal(y.numpy()[(..., *out)], flat[..., window].max(-1))


def test_distributions_of_gelu():
    x = np.linspace(-6, 6, 4001).astype(np.float32)
    t = autograd.tensor(x, requires_grad=True)
    y = autograd.gelu(t)
    y.sum().backward()
    exact = x.astype(np.float64)
    phi = np.exp(-exact * exact / 2) / np.sqrt(2 * np.pi)
    assert np.allclose(y.detach().numpy(), exact * scipy.special.ndtr(exact), atol=3e-7)
    assert np.allclose(t.grad.numpy(), scipy.special.ndtr(exact) + exact * phi, atol=3e-7)


@pytest.mark.parametrize("shape", [(300, 400), (400, 300), (2, 300, 301), (66000, 1), (1, 70000)])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, bool, np.complex64])
def test_triangles_of_large_matrices(shape, dtype):
    """They are copied strip by strip, for any diagonal and layout."""
    x = (np.random.default_rng(0).standard_normal(shape) * 3).astype(dtype)
    for laid_out in (x, np.asfortranarray(x), x[..., ::-1, :]):
        for diagonal in (0, 1, -1, 63, -64, 200, -70, 3000, -3000):
            for f, plain in ((autograd.tril, np.tril), (autograd.triu, np.triu)):
                y = f(autograd.tensor(laid_out), diagonal)
                assert y.is_contiguous()
                np.testing.assert_array_equal(y.numpy(), plain(laid_out, diagonal))
