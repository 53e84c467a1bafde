"""``autograd.scipy``: values are SciPy's, derivatives of both orders and modes are differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.signal
import scipy.special
import scipy.stats

import autograd.scipy.linalg as al
import autograd.scipy.special as asp
from autograd import grad, make_jvp
from autograd.scipy import stats
from autograd.scipy.integrate import odeint
from autograd.scipy.signal import convolve

RNG = np.random.default_rng(0)
P, Q = RNG.uniform(0.6, 2.0, 3), RNG.uniform(0.7, 2.5, 3)
U = RNG.uniform(0.2, 0.8, 3)
A = RNG.standard_normal((3, 3)) + 3 * np.eye(3)
SPD = A @ A.T
STEP = 1e-5

SPECIAL: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("gammaln", "digamma", "psi", "gamma", "rgamma", "erf", "erfc", "expit", "j0", "j1", "y0", "y1", "i0", "i1",
                     "i0e", "i1e", "entr", "ndtr", "log_ndtr", "erfcx"), (P,)),
    **dict.fromkeys(("erfinv", "erfcinv", "logit", "ndtri"), (U,)),
    **dict.fromkeys(("beta", "betaln", "xlogy", "gammaincc", "gammainc"), (P, Q)),
}  # fmt: skip
ORDERS = {"polygamma": 1, "jn": 2, "jv": 1.5, "yn": 2, "yv": 1.5, "iv": 1.5, "ive": 2.0, "kv": 1.5, "kve": 1.5}
STATS: dict[str, tuple[Any, ...]] = {
    "norm.pdf": (P, 0.3, Q), "norm.logpdf": (P, 0.3, Q), "norm.cdf": (P, 0.3, Q), "norm.sf": (P, 0.3, Q),
    "norm.logcdf": (-P, 0.3, Q), "norm.logsf": (P, 0.3, Q),
    "t.pdf": (P, Q, 0.1, 1.3), "t.logpdf": (P, Q, 0.1, 1.3), "gamma.pdf": (P, Q), "gamma.logpdf": (P, Q),
    "beta.pdf": (U, P, Q), "beta.logpdf": (U, P, Q), "chi2.pdf": (P, Q), "chi2.logpdf": (P, Q), "dirichlet.pdf": (U / U.sum(), P),
    "dirichlet.logpdf": (U / U.sum(), P), "multivariate_normal.pdf": (U, P, SPD), "multivariate_normal.logpdf": (U, P, SPD),
    "multivariate_normal.entropy": (P, SPD),
}  # fmt: skip
SOME: dict[str, tuple[Any, ...]] = {  # in the first argument only
    "t.cdf": (P, 3.0, 0.1, 1.3), "t.logcdf": (P, 3.0, 0.1, 1.3), "gamma.cdf": (P, 2.0), "beta.cdf": (U, 2.0, 1.5),
    "chi2.cdf": (P, 3.0),
}  # fmt: skip


def proved(function: Any, args: tuple[Any, ...], count: int | None = None) -> None:
    """Move all arguments (or the first few) along a direction, and compare the derivatives by the length of the way."""

    def f(s: Any) -> Any:
        moved = [
            a + s * 0.1 * np.cos(np.arange(np.size(a))).reshape(np.shape(a)) if i < (count or 9) else a for i, a in enumerate(args)
        ]
        y = function(*moved)
        return np.sum(y * np.sin(1 + np.arange(np.size(y._value if hasattr(y, "_value") else y))).reshape(np.shape(y)))

    slope = (f(STEP) - f(-STEP)) / (2 * STEP)
    first = grad(f)
    np.testing.assert_allclose(first(0.0), slope, rtol=1e-5, atol=1e-7)
    curvature = (first(STEP) - first(-STEP)) / (2 * STEP)
    np.testing.assert_allclose(grad(first)(0.0), curvature, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", SPECIAL)
def test_special_functions(name: str) -> None:
    function, args = getattr(asp, name), SPECIAL[name]
    np.testing.assert_array_equal(function(*args), getattr(scipy.special, name)(*args))
    if name.startswith("gammainc"):
        proved(lambda x: function(P, x), (Q,))
    else:
        proved(function, args)


@pytest.mark.parametrize("name", ORDERS)
def test_functions_of_an_order(name: str) -> None:
    n = ORDERS[name]
    np.testing.assert_array_equal(getattr(asp, name)(n, P), getattr(scipy.special, name)(n, P))
    proved(lambda x: getattr(asp, name)(n, x), (P,))


def test_logsumexp_of_every_form() -> None:
    x = RNG.standard_normal((3, 4))
    for more in ({}, {"axis": 0}, {"axis": (0, 1)}, {"axis": 1, "keepdims": True}, {"b": np.abs(x) + 0.1}, {"axis": 0, "b": 0.5}):
        np.testing.assert_allclose(asp.logsumexp(x, **more), scipy.special.logsumexp(x, **more))
        proved(lambda x, more=more: asp.logsumexp(x, **more), (x,))
    assert np.isfinite(grad(lambda x: np.sum(asp.logsumexp(x, b=np.ones(3))))(np.array([1000.0, 999.0, -1000.0]))).all()


@pytest.mark.parametrize("name", [*STATS, *SOME])
def test_distributions(name: str) -> None:
    where, what = name.split(".")
    args = STATS.get(name) or SOME[name]
    function = getattr(getattr(stats, where), what)
    np.testing.assert_allclose(function(*args), getattr(getattr(scipy.stats, where), what)(*args), rtol=1e-12)
    values = make_jvp(lambda x: function(x, *args[1:]))(args[0])(np.zeros_like(args[0]))[0]
    np.testing.assert_allclose(values, function(*args), rtol=1e-10)
    if where == "dirichlet":  # its first argument must add up to 1
        proved(lambda alpha: function(args[0], alpha), args[1:])
    elif where == "multivariate_normal":  # its last argument must be symmetric
        proved(lambda *values: function(*values[:-1], (values[-1] + values[-1].T) / 2), args)
    else:
        proved(function, args, 1 if name in SOME else None)


@pytest.mark.parametrize("shape", [(2,), (5, 2), (3, 4, 2)])
def test_the_normal_density_of_many_points(shape: tuple[int, ...]) -> None:
    x, mean, root = RNG.standard_normal(shape), RNG.standard_normal(2), np.array([[1.0, 0.3], [-0.2, 0.8]])

    def f(s: Any) -> Any:
        spread = root + s
        return np.sum(np.sin(stats.multivariate_normal.logpdf(x * s, mean + s, np.dot(spread, spread.T))))

    expected = np.sum(np.sin(scipy.stats.multivariate_normal.logpdf(x * 0.4, mean + 0.4, (root + 0.4) @ (root + 0.4).T)))
    np.testing.assert_allclose(f(0.4), expected)
    np.testing.assert_allclose(grad(f)(0.4), (f(0.4 + STEP) - f(0.4 - STEP)) / (2 * STEP), rtol=1e-5)


def test_outside_of_the_support_the_density_is_zero() -> None:
    for where, args in (("gamma", (2.0,)), ("beta", (2.0, 3.0)), ("chi2", (3.0,))):
        x = np.array([-1.0, 0.5])
        found = make_jvp(lambda x, w=where, a=args: getattr(stats, w).logpdf(x, *a))(x)(np.ones(2))
        np.testing.assert_allclose(found[0], getattr(scipy.stats, where).logpdf(x, *args))
        assert found[1][0] == 0


@pytest.mark.parametrize("trans", [0, 1])
@pytest.mark.parametrize("lower", [False, True])
def test_triangular_equations(trans: int, lower: bool) -> None:
    for b in (P, RNG.standard_normal((3, 2))):
        proved(lambda a, b: al.solve_triangular(a, b, trans=trans, lower=lower), (A, b))


def test_banded_equations() -> None:
    bands = RNG.standard_normal((4, 5)) + np.array([[0.0], [5.0], [0.0], [0.0]])
    for b in (RNG.standard_normal(5), RNG.standard_normal((5, 2))):
        np.testing.assert_array_equal(al.solve_banded((2, 1), bands, b), scipy.linalg.solve_banded((2, 1), bands, b))
        proved(lambda ab, b: al.solve_banded((2, 1), ab, b), (bands, b))


def test_sylvester_roots_and_exponentials() -> None:
    proved(al.solve_sylvester, (A, A.T, SPD))
    proved(al.sqrtm, (SPD,))
    proved(al.expm, (0.2 * A,))
    proved(al.inv, (A,))


@pytest.mark.parametrize("mode", ["full", "valid", "same"])
def test_convolutions(mode: str) -> None:
    a, b = RNG.standard_normal((5, 6)), RNG.standard_normal((3, 2))
    np.testing.assert_allclose(convolve(a, b, mode=mode), scipy.signal.convolve2d(a, b, mode=mode))
    proved(lambda a, b: convolve(a, b, mode=mode), (a, b))
    images, filters = RNG.standard_normal((2, 5, 5, 3)), RNG.standard_normal((2, 2, 3, 4))
    where: Any = {"dot_axes": ([3], [2]), "axes": ([1, 2], [0, 1])}
    proved(lambda a, b: convolve(a, b, mode=mode, **where), (images, filters))
    assert convolve(images, filters, mode="valid", **where).shape == (2, 4, 4, 4)


def test_the_solution_of_a_differential_equation() -> None:
    def rate(y: Any, t: Any, a: Any, b: Any) -> Any:
        return [a * y[1] + t, -b * y[0]]

    times = np.array([0.0, 0.3, 0.8, 1.1])

    def f(s: Any) -> Any:
        y = odeint(
            rate, np.array([1.0, 0.5]) + s, times + s * np.array([0.0, 0.1, 0.2, 0.1]), (1.0 + s, 2.0 - s), rtol=1e-10, atol=1e-10
        )
        return np.sum(y * np.cos(np.arange(8)).reshape(4, 2))

    np.testing.assert_allclose(grad(f)(0.2), (f(0.2 + STEP) - f(0.2 - STEP)) / (2 * STEP), rtol=1e-5)
