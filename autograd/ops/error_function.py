"""The error function of float32 numbers, and its inverse, in vectors."""

from __future__ import annotations

import numpy as np

from .rules import constants, in_pieces, polynomial

# erf(x) = tanh(x + x r(x²)) for |x| <= 4.2; erf(4.2) rounds to 1. The coefficients of r, from the lowest power, were fitted for the
# smallest relative error of erf, which is 1.8e-8. tanh damps an error of its argument where that is large, so that the result is
# within 2.1 units in the last place. A quotient of polynomials rounds more often: 6 units.
_R = constants(np.float32, (
    0.128379183, 0.102771906, -0.00020516629, -0.000598182047, 7.18389037e-05, 1.90467775e-07, -1.01097218e-06, 1.19391869e-07,
    -6.03151428e-09, 1.1609936e-10,
))  # fmt: skip
_LOW, _HIGH = constants(np.float32, (-4.2, 4.2))


@in_pieces
def erf_of_float32(x: np.ndarray) -> np.ndarray:
    """erf of an array of float32, in a tenth of the time of SciPy's."""
    x = x.clip(_LOW, _HIGH)
    y = np.asarray(polynomial(x * x, _R))  # not a number, where x has no dimensions
    y *= x
    y += x
    return np.tanh(y, out=y)


# The inverse of erf is x p(w) with w = log(1 - x²), and x q(√-w - 3) where w < -5. The coefficients, from the lowest power, were
# fitted for the smallest relative error, each after those before it were rounded: 4e-8 and 2e-8. The result is within 2.6 units in
# the last place; SciPy's is within 3.1.
_P = constants(np.float32, (
    0.886226892, -0.232014835, 0.0115427272, 0.00232122163, -0.000141750541, -5.32290469e-05, 9.16470526e-07, 1.34763729e-06,
    1.51845683e-07, 5.63243052e-09,
))  # fmt: skip
_Q = constants(np.float32, (
    2.83297682, 1.00167477, 0.00944431592, -0.00763443904, 0.00569515536, -0.00361005496, 0.00146415923, -3.32041891e-05,
    -0.000293180638, 9.95268565e-05,
))  # fmt: skip
_ONE, _THREE = constants(np.float32, (1, 3))


def erfinv_of_float32(x: np.ndarray) -> np.ndarray:
    """The inverse of erf of an array of float32, in a tenth of the time of SciPy's."""
    with np.errstate(all="ignore"):  # 1 and -1 have infinite values, numbers beyond them none
        w = _ONE - x
        w *= _ONE + x
        np.log(w, out=w)
        y = polynomial(w, _P)
        if not np.min(w, initial=0) >= -5:
            far = ~(w >= -5)
            root = np.sqrt(-w[far]) - _THREE
            y[far] = np.where(np.isinf(root), root, polynomial(root, _Q))
        y *= x
    return y
