"""Orthogonal polynomials of degree n. For n < 0 they are 0.

The derivative of a polynomial is one of a lower degree, of the same family or of another. The families of Gegenbauer, Laguerre and
Hermite contain their own derivatives, so there are derivatives of every order.
"""

from __future__ import annotations

import math

import numpy as np

from ...engine.op import Op, Sample, elementwise
from ...engine.samples import draw, mismatched
from . import from_scipy


def _times_degree(g, n):
    """g * n in the dtype of the gradient g."""
    return g * (n if isinstance(n, int | float) else n.astype(g.dtype))


def _samples(low=-2.0, high=2.0, **more):
    def build():
        for n in (0, 1, 2, 5):
            yield Sample(draw((5,), low, high, n), n, **more)
        yield Sample(draw((3, 4), low, high), np.array([0, 1, 3, -1]), **more)
        yield Sample(draw((2, 1), low, high), np.array([4, 2, 7]), **more)
        yield Sample(draw((), low, high), np.array(3), **more)

    return build


_scipys_gegenbauer = from_scipy.polynomial("eval_gegenbauer")
_scipys_laguerre = from_scipy.polynomial("eval_genlaguerre")


def _gegenbauer(x, n, alpha=1.0):
    return _scipys_gegenbauer(x, n, alpha)


gegenbauer: Op = elementwise(
    "gegenbauer", _gegenbauer, x=lambda g, x, n, alpha: 2 * alpha * g * gegenbauer(x, n - 1, alpha=alpha + 1), n=None,
    analytic=False, samples=lambda: [*_samples()(), *_samples(alpha=2.5)()],
    formula={"y": "where(n < 0, 0, eval_gegenbauer(abs(n), alpha, x))",
             "x": "where(n < 1, 0, 2 * alpha * g * eval_gegenbauer(abs(n - 1), alpha + 1, x))"},
    doc="Gegenbauer polynomial of degree n. The derivative is 2 alpha times the one of degree n - 1 with alpha + 1.",
)
chebyshev_t = elementwise(
    "chebyshev_polynomial_t", from_scipy.polynomial("eval_chebyt"), x=lambda g, x, n: _times_degree(g, n) * gegenbauer(x, n - 1),
    n=None,
    analytic=False, samples=_samples(), errors=mismatched(),
    formula={"y": "where(n < 0, 0, eval_chebyt(abs(n), x))", "x": "where(n < 1, 0, g * n * eval_chebyu(abs(n - 1), x))"},
    doc="""
    Chebyshev polynomial of the first kind, with T_n(cos t) = cos(n t). The derivative is n U_(n-1).

    Example:
        >>> import autograd
        >>> autograd.special.chebyshev_polynomial_t(autograd.tensor([0.5, 2.0]), 3)
        tensor([-1., 26.], dtype=float32)
    """,
)
chebyshev_u = elementwise(
    "chebyshev_polynomial_u", from_scipy.polynomial("eval_chebyu"), x=lambda g, x, n: 2 * g * gegenbauer(x, n - 1, alpha=2.0),
    n=None,
    analytic=False, samples=_samples(), errors=mismatched(),
    formula={"y": "where(n < 0, 0, eval_chebyu(abs(n), x))", "x": "where(n < 1, 0, 2 * g * eval_gegenbauer(abs(n - 1), 2, x))"},
    doc="""
    Chebyshev polynomial of the second kind, with U_n(cos t) = sin((n + 1) t) / sin(t).

    Example:
        >>> import autograd
        >>> autograd.special.chebyshev_polynomial_u(autograd.tensor([0.5, 2.0]), 2)
        tensor([ 0., 15.], dtype=float32)
    """,
)
legendre = elementwise(
    "legendre_polynomial_p", from_scipy.polynomial("eval_legendre"), x=lambda g, x, n: g * gegenbauer(x, n - 1, alpha=1.5), n=None,
    analytic=False, samples=_samples(), errors=mismatched(),
    formula={"y": "where(n < 0, 0, eval_legendre(abs(n), x))", "x": "where(n < 1, 0, g * eval_gegenbauer(abs(n - 1), 3 / 2, x))"},
    doc="""
    Legendre polynomial P_n(x) = 1 / (2^n n!) d^n/dx^n (x² - 1)^n.

    Example:
        >>> import autograd
        >>> autograd.special.legendre_polynomial_p(autograd.tensor([0.5, 2.0]), 2)
        tensor([-0.1250,  5.5000], dtype=float32)
    """,
)


def _laguerre(x, n, alpha=0.0):
    return _scipys_laguerre(x, n, alpha)


laguerre: Op = elementwise(
    "laguerre_polynomial_l", _laguerre, x=lambda g, x, n, alpha: -g * laguerre(x, n - 1, alpha=alpha + 1), n=None, analytic=False,
    samples=lambda: [*_samples()(), *_samples(alpha=1.0)()], errors=mismatched(),
    formula={"y": "where(n < 0, 0, eval_genlaguerre(abs(n), alpha, x))",
             "x": "where(n < 1, 0, -g * eval_genlaguerre(abs(n - 1), alpha + 1, x))"},
    doc="Generalised Laguerre polynomial of degree n. The derivative is minus the one of degree n - 1 with alpha + 1.",
)
def _hermite_h(x, n):
    # SciPy computes H_n(x) as 2^(n/2) He_n(√2 x) too, with a power of its own for each number.
    y = _hermite_he(np.asarray(x, np.result_type(x, np.float64)) * math.sqrt(2), n)
    y *= np.exp2(np.trunc(n) * 0.5)
    return y.astype(np.result_type(x, np.float32))


_hermite_he = from_scipy.polynomial("eval_hermitenorm")
hermite_h: Op = elementwise(
    "hermite_polynomial_h", _hermite_h, x=lambda g, x, n: 2 * _times_degree(g, n) * hermite_h(x, n - 1),
    n=None,
    analytic=False, samples=_samples(), errors=mismatched(),
    formula={"y": "where(n < 0, 0, eval_hermite(abs(n), x))", "x": "where(n < 1, 0, 2 * g * n * eval_hermite(abs(n - 1), x))"},
    doc="""
    Physicist's Hermite polynomial H_n(x) = (-1)^n e^(x²) d^n/dx^n e^(-x²). The derivative is 2 n H_(n-1).

    Example:
        >>> import autograd
        >>> autograd.special.hermite_polynomial_h(autograd.tensor([0.5, 2.0]), 2)
        tensor([-1., 14.], dtype=float32)
    """,
)
hermite_he: Op = elementwise(
    "hermite_polynomial_he", _hermite_he,
    x=lambda g, x, n: _times_degree(g, n) * hermite_he(x, n - 1), n=None,
    analytic=False, samples=_samples(), errors=mismatched(),
    formula={"y": "where(n < 0, 0, eval_hermitenorm(abs(n), x))", "x": "where(n < 1, 0, g * n * eval_hermitenorm(abs(n - 1), x))"},
    doc="""
    Probabilist's Hermite polynomial He_n(x) = (-1)^n e^(x²/2) d^n/dx^n e^(-x²/2). The derivative is n He_(n-1).

    Example:
        >>> import autograd
        >>> autograd.special.hermite_polynomial_he(autograd.tensor([0.5, 2.0]), 2)
        tensor([-0.7500,  3.0000], dtype=float32)
    """,
)
