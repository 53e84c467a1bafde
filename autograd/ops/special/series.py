"""Power series of float32 numbers in double precision, in vectors: Bessel functions and the Airy function near 0, entropies.

SciPy computes these number by number. In double precision the series lose no digit that float32 has, so the results are the same
but for one in some million. Each function returns None where its series would need too many terms, or lose too many digits.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ..rules import constants, in_pieces, polynomial

_FEW = 64  # numbers up to which SciPy's call costs less


def _is_single(x: Any) -> bool:
    return type(x) is np.ndarray and x.dtype == np.float32 and x.size > _FEW


# ----------------------------------------------------------------------------------------------------------- Bessel functions


@lru_cache(64)
def _bessel_coefficients(n: int, largest: int, sign: int) -> list[np.ndarray]:
    """Of f_n(x) = x^n Σ_k c_k (x²)^k with c_k = sign^k / (2^(n + 2k) k! (k + n)!), for |x| up to ``largest``."""
    coefficients: list[float] = []
    # Near a zero of J the sum is much smaller than its terms.
    enough = 1e-17 if sign < 0 else 1e-11
    while len(coefficients) < 2 or abs(coefficients[-1]) * largest ** (2 * len(coefficients)) > enough * coefficients[0]:
        k = len(coefficients)
        coefficients.append(sign**k / (2.0 ** (n + 2 * k) * math.factorial(k) * math.factorial(k + n)))
    return constants(np.float64, coefficients)


def bessel(letter: str, n: int, x: Any, scaled: bool = False) -> Any:
    """J_n(x) or I_n(x).

    Args:
        letter: "j" or "i". n: the order, 0 or more. x: numbers. scaled: multiply by e^-|x|.
    """
    if letter not in "ij" or not _is_single(x) or n < 0:
        return None
    bound = max(x.max(), -x.min())
    # The terms of I have one sign. Those of J do not: beyond 4 their sum would lose digits that float32 has.
    if not bound <= (16 if letter == "i" else 4):
        return None
    coefficients = _bessel_coefficients(n, max(1, math.ceil(bound)), 1 if letter == "i" else -1)

    def of_piece(x: np.ndarray) -> np.ndarray:
        z = x.astype(np.float64)
        y = polynomial(z * z, coefficients)
        for _ in range(n):
            y *= z
        if scaled:
            np.abs(z, out=z)
            np.negative(z, out=z)
            y *= np.exp(z, out=z)
        return y.astype(np.float32)

    return in_pieces(of_piece)(x)


# ---------------------------------------------------------------------------------------------------------- the Airy function

_AI, _SLOPE = 3 ** (-2 / 3) / math.gamma(2 / 3), 3 ** (-1 / 3) / math.gamma(1 / 3)  # Ai(0) and -Ai'(0)


def _airy_coefficients(slope: bool) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Ai(x) = a(x³) - x b(x³) with a_k = a_(k-1) / (3k (3k - 1)) and b_k = b_(k-1) / (3k (3k + 1)); Ai'(x) = x² a(x³) - b(x³)."""
    a, b = [_AI], [_SLOPE]
    for k in range(1, 24):
        a.append(a[-1] / (3 * k * (3 * k - 1)))
        b.append(b[-1] / (3 * k * (3 * k + 1)))
    if slope:
        a, b = [3 * k * c for k, c in enumerate(a)][1:], [(3 * k + 1) * c for k, c in enumerate(b)]
    return constants(np.float64, a), constants(np.float64, b)


_AIRY = _airy_coefficients(False), _airy_coefficients(True)


def airy(x: Any, slope: bool) -> Any:
    """Ai(x), or its derivative."""
    if not _is_single(x) or not (x.min() >= -4 and x.max() <= 3):
        return None

    def of_piece(x: np.ndarray) -> np.ndarray:
        z = x.astype(np.float64)
        cube = z * z * z
        first, second = (polynomial(cube, c) for c in _AIRY[slope])
        if slope:
            first *= z * z
        else:
            second *= z
        first -= second
        return first.astype(np.float32)

    return in_pieces(of_piece)(x)


# ------------------------------------------------------------------------------------------------- entropies, log of the gamma


def entropy(x: Any) -> Any:
    """-x log x, and 0 at 0."""
    if not _is_single(x) or not x.min() >= 0:
        return None

    def of_piece(x: np.ndarray) -> np.ndarray:
        z = x.astype(np.float64)
        z[z == 0] = 1
        y = np.log(z)
        y *= z
        return np.subtract(0, y, out=y).astype(np.float32)

    return in_pieces(of_piece)(x)


# log Γ(z) = (z - 1/2) log z - z + log(2π) / 2 + s(1 / z²) / z for large z; s_k = B_(2k + 2) / ((2k + 1) (2k + 2)).
_STIRLING = constants(np.float64, (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156))
_SHIFT = 8
_MANY = 1 << 15  # of fewer numbers SciPy's branches are foreseen by the processor, and take less time


def log_gamma(x: Any, function: Any) -> Any:
    """log Γ(x) of positive numbers. function: SciPy's, for the numbers near 1 and 2, where the logarithm is near 0."""
    if not _is_single(x) or x.size < _MANY or not (x.min() > 1e-3 and x.max() < 1e6):
        return None

    def of_piece(x: np.ndarray) -> np.ndarray:
        z = x.astype(np.float64)
        product = z.copy()
        for _ in range(_SHIFT - 1):
            z += 1
            product *= z
        z += 1
        y = np.log(z)
        y *= z - 0.5
        y -= z
        np.reciprocal(z, out=z)
        y += polynomial(z * z, _STIRLING) * z
        y += 0.5 * math.log(2 * math.pi)
        y -= np.log(product, out=product)
        near = np.abs(y) < 1e-5
        y = y.astype(np.float32)
        y[near] = function(x[near])
        return y

    return in_pieces(of_piece)(x)


__all__ = ["airy", "bessel", "entropy", "log_gamma"]
