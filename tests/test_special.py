"""Special functions against SciPy, their recurrences and differential equations, where there is no closed form."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
import scipy.special

import autograd
from autograd import special
from autograd.errors import ArgumentError
from autograd.func import grad

POLYNOMIALS = {
    "chebyshev_polynomial_t": scipy.special.eval_chebyt, "chebyshev_polynomial_u": scipy.special.eval_chebyu,
    "shifted_chebyshev_polynomial_t": scipy.special.eval_sh_chebyt,
    "shifted_chebyshev_polynomial_u": scipy.special.eval_sh_chebyu, "hermite_polynomial_h": scipy.special.eval_hermite,
    "hermite_polynomial_he": scipy.special.eval_hermitenorm, "laguerre_polynomial_l": scipy.special.eval_laguerre,
    "legendre_polynomial_p": scipy.special.eval_legendre,
}  # fmt: skip
X = np.array([-1.7, -1.0, -0.4, 0.0, 0.3, 0.8, 1.0, 2.5])


def tensor(array: Any, **how: Any) -> Any:
    return autograd.tensor(np.array(array), **how)


@pytest.mark.parametrize("name", list(POLYNOMIALS))
def test_polynomials_are_scipys(name: str) -> None:
    function = getattr(special, name)
    for n in (0, 1, 2, 6, 11):
        np.testing.assert_allclose(function(tensor(X), n).numpy(), POLYNOMIALS[name](n, X), rtol=1e-12, atol=1e-10)
    degrees = np.array([[0], [3], [-2]])
    found = function(tensor(X), tensor(degrees))
    np.testing.assert_allclose(found.numpy()[:2], POLYNOMIALS[name](degrees[:2], X), rtol=1e-12, atol=1e-12)
    assert not found.numpy()[2].any()
    assert function(tensor(X, dtype=autograd.float32), 3).dtype == np.float32
    assert function(tensor([1, 2]), 3).dtype == np.float64
    np.testing.assert_allclose(function(0.5, tensor([2, 3])).numpy(), POLYNOMIALS[name](np.array([2, 3]), 0.5), rtol=1e-6)


@pytest.mark.parametrize("name", [*POLYNOMIALS, "chebyshev_polynomial_v", "chebyshev_polynomial_w",
                                  "shifted_chebyshev_polynomial_v", "shifted_chebyshev_polynomial_w"])  # fmt: skip
def test_all_derivatives_of_polynomials(name: str) -> None:
    """Of a polynomial, fitted to its values: exact, at the ends of the interval too, and 0 after the last."""
    function = getattr(special, name)
    nodes = np.linspace(-1, 1, 9)
    for n in (0, 1, 4):
        exact = np.polynomial.Polynomial.fit(nodes, function(tensor(nodes), n).numpy(), 6, domain=[-1, 1])
        derivative: Any = partial(function, n=n)
        for _ in range(n + 1):
            derivative, exact = grad(derivative), exact.deriv()
            for x in (-1.0, -0.3, 0.0, 1.0):
                assert derivative(tensor(x)).item() == pytest.approx(exact(x), abs=1e-7 * max(1, abs(exact(1.0))))


def test_chebyshevs_polynomials_are_multiples_of_an_angle() -> None:
    t = np.array([0.3, 1.1, 2.9])
    x = tensor(np.cos(t))
    for n in (0, 1, 5):
        np.testing.assert_allclose(special.chebyshev_polynomial_t(x, n).numpy(), np.cos(n * t), atol=1e-12)
        np.testing.assert_allclose(special.chebyshev_polynomial_u(x, n).numpy(), np.sin((n + 1) * t) / np.sin(t), atol=1e-12)
        np.testing.assert_allclose(special.chebyshev_polynomial_v(x, n).numpy(), np.cos((n + 0.5) * t) / np.cos(t / 2), atol=1e-12)
        np.testing.assert_allclose(special.chebyshev_polynomial_w(x, n).numpy(), np.sin((n + 0.5) * t) / np.sin(t / 2), atol=1e-12)
        half = tensor((np.cos(t) + 1) / 2)
        for letter in "tuvw":
            np.testing.assert_allclose(
                getattr(special, f"shifted_chebyshev_polynomial_{letter}")(half, n).numpy(),
                getattr(special, f"chebyshev_polynomial_{letter}")(x, n).numpy(),
                atol=1e-12,
            )
    degrees = tensor([0, 1, 2])
    np.testing.assert_allclose(special.chebyshev_polynomial_w(x, degrees).numpy()[2], np.sin(2.5 * 2.9) / np.sin(1.45))


BESSEL = {
    "bessel_j0": "j0", "bessel_j1": "j1", "bessel_y0": "y0", "bessel_y1": "y1", "modified_bessel_i0": "i0",
    "modified_bessel_i1": "i1", "modified_bessel_k0": "k0", "modified_bessel_k1": "k1", "scaled_modified_bessel_k0": "k0e",
    "scaled_modified_bessel_k1": "k1e",
}  # fmt: skip


@pytest.mark.parametrize("name", list(BESSEL))
def test_bessels_functions_are_scipys(name: str) -> None:
    x = np.array([0.0, 0.1, 1.0, 7.0, 30.0])
    np.testing.assert_allclose(getattr(special, name)(tensor(x)).numpy(), getattr(scipy.special, BESSEL[name])(x))
    assert getattr(special, name)(tensor(x, dtype=autograd.float32)).dtype == np.float32


@pytest.mark.parametrize(("name", "order", "sign"), [("bessel_y0", 0, 1), ("bessel_y1", 1, 1), ("modified_bessel_k0", 0, -1),
                                                     ("modified_bessel_k1", 1, -1)])  # fmt: skip
def test_bessels_equation(name: str, order: int, sign: int) -> None:
    """x² y'' + x y' + (± x² - n²) y = 0."""
    f = getattr(special, name)
    for value in (0.4, 1.0, 6.0):
        x = tensor(value)
        rest = x * x * grad(grad(f))(x) + x * grad(f)(x) + (sign * x * x - order**2) * f(x)
        assert abs(rest.item()) < 1e-10


def test_airys_equation_and_the_spherical_function() -> None:
    for value in (-5.0, 0.0, 2.0):
        x = tensor(value)
        assert grad(grad(special.airy_ai))(x).item() == pytest.approx(value * scipy.special.airy(value)[0], abs=1e-14)
        assert grad(special.airy_ai)(x).item() == pytest.approx(scipy.special.airy(value)[1])
        assert special.spherical_bessel_j0(x).item() == pytest.approx(scipy.special.spherical_jn(0, abs(value)))
        assert grad(special.spherical_bessel_j0)(x).item() == pytest.approx(
            -np.sign(value) * scipy.special.spherical_jn(1, abs(value))
        )
    assert special.spherical_bessel_j0(tensor([np.inf, -np.inf, 1e-9])).tolist() == [0, 0, 1]
    assert grad(grad(special.spherical_bessel_j0))(tensor(0.0)).item() == pytest.approx(-1 / 3)


def test_the_multivariate_gamma_function() -> None:
    x = np.array([1.5, 2.0, 7.0])
    for p in (1, 2, 3):
        expected = [scipy.special.multigammaln(v, p) for v in x]
        np.testing.assert_allclose(autograd.mvlgamma(tensor(x), p).numpy(), expected)
        np.testing.assert_allclose(tensor(x).mvlgamma(p).numpy(), expected)
        np.testing.assert_allclose(tensor(x).mvlgamma_(p).numpy(), expected)
    assert autograd.gradcheck(lambda x: x.mvlgamma(2), tensor(x, requires_grad=True))
    with pytest.raises(ArgumentError, match=r"greater than \(p - 1\) / 2 = 0.5"):
        tensor([0.4]).mvlgamma(2)
    with pytest.raises(ArgumentError, match="p has to be greater than or equal to 1, not 0"):
        tensor([0.4]).mvlgamma(0)


def test_the_incomplete_gamma_functions_under_their_other_names() -> None:
    a, x = tensor([0.5, 2.0]), tensor([1.0, 3.0], requires_grad=True)
    np.testing.assert_allclose(autograd.igamma(a, x).detach().numpy(), scipy.special.gammainc([0.5, 2.0], [1.0, 3.0]))
    np.testing.assert_allclose((a.igamma(x) + a.igammac(x)).detach().numpy(), 1.0)
    (g,) = autograd.grad(a.igamma(x).sum(), x)
    np.testing.assert_allclose(
        g.numpy(), np.array([1.0, 3.0]) ** (a.numpy() - 1) * np.exp([-1, -3]) / scipy.special.gamma(a.numpy())
    )
    a.requires_grad_()
    with pytest.raises(NotImplementedError, match="derivative with respect to 'a' is not implemented"):
        autograd.igammac(a, x).sum().backward()
