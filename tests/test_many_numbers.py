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
