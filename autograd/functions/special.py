"""Special functions, under the names of ``torch.special``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.recording import alias, operand, recorded
from ..errors import ArgumentError, describe
from ..ops.special import bessel, polynomial
from ..ops.special import gamma as ops
from ..types import Tensor, TensorLike
from .activation import log_softmax, softmax
from .elementwise import exp2, expit, expm1, log1p, minus, plus, round
from .reduction import logsumexp

erf = recorded(ops.erf)
erfc = recorded(ops.erfc)
erfcx = recorded(ops.erfcx)
erfinv = recorded(ops.erfinv)
ndtr = recorded(ops.ndtr)
log_ndtr = recorded(ops.log_ndtr)
ndtri = recorded(ops.ndtri)
lgamma = recorded(ops.lgamma)
gammaln = alias(lgamma, "gammaln", "autograd.special")
digamma = recorded(ops.digamma)
psi = alias(digamma, "psi", "autograd.special")
gammainc = recorded(ops.gammainc)
igamma = alias(gammainc, "igamma")
gammaincc = recorded(ops.gammaincc)
igammac = alias(gammaincc, "igammac")
zeta = recorded(ops.zeta)
bessel_j0 = recorded(bessel.j0)
bessel_j1 = recorded(bessel.j1)
bessel_y0 = recorded(bessel.y0)
bessel_y1 = recorded(bessel.y1)
modified_bessel_k0 = recorded(bessel.k0)
modified_bessel_k1 = recorded(bessel.k1)
scaled_modified_bessel_k0 = recorded(bessel.k0e)
scaled_modified_bessel_k1 = recorded(bessel.k1e)
spherical_bessel_j0 = recorded(bessel.spherical_j0)
airy_ai = recorded(bessel.airy_ai)
i0 = recorded(bessel.i0)
modified_bessel_i0 = alias(i0, "modified_bessel_i0", "autograd.special")
i0e = recorded(bessel.i0e)
i1 = recorded(bessel.i1)
modified_bessel_i1 = alias(i1, "modified_bessel_i1", "autograd.special")
i1e = recorded(bessel.i1e)
entr = recorded(ops.entr)
xlogy = recorded(ops.xlogy)
xlog1py = recorded(ops.xlog1py)
logit = recorded(ops.logit)
sinc = recorded(ops.sinc)


def polygamma(n: int, input: TensorLike) -> Tensor:
    """The n-th derivative of digamma, ψ⁽ⁿ⁾(input), for n >= 0. Its derivative is ψ⁽ⁿ⁺¹⁾.

    Raises:
        ArgumentError: a negative n.

    Example:
        >>> import autograd
        >>> autograd.polygamma(1, autograd.tensor([1.0, 2.0]))
        tensor([1.6449, 0.6449], dtype=float32)
    """
    if n < 0:
        raise ArgumentError(f"polygamma(n, x) does not support negative n: {n}")
    return recorded(ops.polygamma)(input, n=n)


def multigammaln(input: TensorLike, p: int) -> Tensor:
    """Logarithm of the multivariate gamma function of dimension p, log(π) p (p - 1) / 4 + Σ_{i=1}^{p} log Γ(input - (i - 1) / 2).

    Raises:
        ArgumentError: p < 1, or an element that is not greater than (p - 1) / 2.

    Example:
        >>> import autograd
        >>> autograd.special.multigammaln(autograd.tensor([1.0, 2.5]), 2)
        tensor([1.1447, 0.8570], dtype=float32)
    """
    if p < 1:
        raise ArgumentError(f"multigammaln: p has to be greater than or equal to 1, not {p}")
    array = operand(input)[0]
    if np.any(array <= (p - 1) / 2):
        raise ArgumentError(f"multigammaln: all elements must be greater than (p - 1) / 2 = {(p - 1) / 2}: {describe(array)}")
    total: Any = math.log(math.pi) * p * (p - 1) / 4
    for i in range(p):
        total = plus(lgamma(plus(input, -0.5 * i)), total)
    return total


mvlgamma = alias(multigammaln, "mvlgamma")


chebyshev_polynomial_t = recorded(polynomial.chebyshev_t)
chebyshev_polynomial_u = recorded(polynomial.chebyshev_u)
legendre_polynomial_p = recorded(polynomial.legendre)
hermite_polynomial_h = recorded(polynomial.hermite_h)
hermite_polynomial_he = recorded(polynomial.hermite_he)


def laguerre_polynomial_l(input: TensorLike, n: TensorLike) -> Tensor:
    """Laguerre polynomial of degree n, L_n(x) = e^x / n! d^n/dx^n (e^-x x^n).

    Example:
        >>> import autograd
        >>> autograd.special.laguerre_polynomial_l(autograd.tensor([1.0, 2.0]), 2)
        tensor([-0.5000, -1.0000], dtype=float32)
    """
    return recorded(polynomial.laguerre)(input, n)


def chebyshev_polynomial_v(input: TensorLike, n: TensorLike) -> Tensor:
    """Chebyshev polynomial of the third kind and degree n, V_n(cos t) = cos((n + 1/2) t) / cos(t / 2) = U_n - U_(n-1).

    Example:
        >>> import autograd
        >>> autograd.special.chebyshev_polynomial_v(autograd.tensor([0.5, 2.0]), 2)
        tensor([-1., 11.], dtype=float32)
    """
    return minus(chebyshev_polynomial_u(input, n), chebyshev_polynomial_u(input, _one_less(n)))


def chebyshev_polynomial_w(input: TensorLike, n: TensorLike) -> Tensor:
    """Chebyshev polynomial of the fourth kind and degree n, W_n(cos t) = sin((n + 1/2) t) / sin(t / 2) = U_n + U_(n-1).

    Example:
        >>> import autograd
        >>> autograd.special.chebyshev_polynomial_w(autograd.tensor([0.5, 2.0]), 2)
        tensor([ 1., 19.], dtype=float32)
    """
    return plus(chebyshev_polynomial_u(input, n), chebyshev_polynomial_u(input, _one_less(n)))


def _one_less(n: TensorLike) -> np.ndarray:
    """The degree n - 1, of the whole number in n. Degrees have no gradient."""
    return np.trunc(np.asarray(operand(n)[0])) - 1


def _shifted(polynomial: Callable[..., Tensor], kind: str, values: str) -> Callable[..., Tensor]:
    """A Chebyshev polynomial at 2x - 1, so that its interval [-1, 1] becomes [0, 1].

    Args:
        polynomial: the function of the polynomial. kind: its number, as a word. values: what the docstring's example prints.
    """

    def shifted(input: TensorLike, n: TensorLike) -> Tensor:
        return polynomial(minus(plus(input, input), 1), n)

    name = shifted.__name__ = shifted.__qualname__ = f"shifted_{polynomial.__name__}"
    shifted.__doc__ = f"""{name[-1].upper()}_n(2x - 1): the Chebyshev polynomial of the {kind} kind and degree n on [0, 1].

    Example:
        >>> import autograd
        >>> autograd.special.{name}(autograd.tensor([0.75, 1.5]), 2)
        tensor({values}, dtype=float32)
    """
    return shifted


shifted_chebyshev_polynomial_t = _shifted(chebyshev_polynomial_t, "first", "[-0.5000,  7.0000]")
shifted_chebyshev_polynomial_u = _shifted(chebyshev_polynomial_u, "second", "[ 0., 15.]")
shifted_chebyshev_polynomial_v = _shifted(chebyshev_polynomial_v, "third", "[-1., 11.]")
shifted_chebyshev_polynomial_w = _shifted(chebyshev_polynomial_w, "fourth", "[ 1., 19.]")


__all__ = [
    "airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "chebyshev_polynomial_t", "chebyshev_polynomial_u",
    "chebyshev_polynomial_v", "chebyshev_polynomial_w", "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit",
    "expm1", "gammainc", "gammaincc", "gammaln", "hermite_polynomial_h", "hermite_polynomial_he", "i0", "i0e", "i1", "i1e",
    "laguerre_polynomial_l", "legendre_polynomial_p", "lgamma", "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp",
    "modified_bessel_i0", "modified_bessel_i1", "modified_bessel_k0", "modified_bessel_k1", "multigammaln", "ndtr", "ndtri",
    "polygamma", "psi", "round", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1", "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u", "shifted_chebyshev_polynomial_v", "shifted_chebyshev_polynomial_w", "sinc", "softmax",
    "spherical_bessel_j0", "xlog1py", "xlogy", "zeta",
]  # fmt: skip
