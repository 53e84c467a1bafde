"""Bessel functions and the Airy function.

The derivative of an order is made of its two neighbours,

    f_n' = (p f_(n-1) + q f_(n+1)) / 2    with p = 1, q = -1 for J and Y, p = q = 1 for I, p = q = -1 for K

which needs no division by x, and so no exception at 0. As f_(-1) = p q f_1, order 0 has the derivative f_0' = q f_1. Each family is
declared by its p and q: an op of any order, and ops of order 0 and 1, for which SciPy has faster functions.
"""

from __future__ import annotations

import numpy as np

from ...engine.op import Op, Sample, elementwise
from ...engine.samples import calls, unary
from . import from_scipy, series
from .gamma import sinc_slope


def _of_any_order(letter, scaled=False):
    """A forward of x and an order n: the power series of many float32 numbers near 0, SciPy's function of others."""
    scipys = from_scipy.of_order(f"{letter}ve" if scaled else f"{letter}v")

    def forward(x, n):
        y = series.bessel(letter, n, x, scaled) if type(n) is int else None
        return scipys(x, n) if y is None else y

    return forward


def _of_order(letter, n, scaled=False):
    """A forward of x, for an order n for which SciPy has a function of its own."""
    scipys = from_scipy.unary(f"{letter}{n}e" if scaled else f"{letter}{n}")

    def forward(x):
        y = series.bessel(letter, n, x, scaled)
        return scipys(x) if y is None else y

    return forward


def _neighbours(letter, p, q, n):
    """The formula of (p f_(n-1) + q f_(n+1)) / 2, without its sign, and the sign."""
    below, above = ("n - 1", "n + 1") if n == "n" else (n - 1, n + 1)
    return "-" if p < 0 else "", f"({letter}({below}, x) {'+' if p == q else '-'} {letter}({above}, x)) / 2"


def _family(letter, names, p, q, docs, *, low=-2.0, high=2.0):
    """The ops of one unscaled family: of order n, 0 and 1. letter: SciPy's name of the family, "j" of jv, j0 and j1."""
    name = letter + "v"
    positive = low > 0
    sign, order_n = _neighbours(name, p, q, "n")
    at_zero = [] if positive else [Sample(np.zeros(2))]
    any_order: Op = elementwise(
        name, _of_any_order(letter),
        x=lambda g, x, n: g * (0.5 * (p * any_order(x, n=n - 1) + q * any_order(x, n=n + 1))), analytic=False,
        samples=calls(
            ((5,), {"n": 2}), *([] if positive else [(np.zeros(2), {"n": 2})]), ((), {"n": 3}),
            low=0.5 if positive else low, high=3.0 if positive else high,
        ),
        formula={"y": f"{name}(n, x)", "x": f"{sign}g * {order_n}"},
        doc=docs[0],
    )
    order_0: Op = elementwise(
        names[0], _of_order(letter, 0), x=lambda g, x: g * (q * order_1(x)), analytic=False,
        numpy=np.i0 if letter == "i" else None,
        samples=lambda: [*unary(low, high)(), *at_zero],
        formula={"y": f"{name}(0, x)", "x": f"{'-' if q < 0 else ''}g * {name}(1, x)"},
        doc=docs[1],
    )
    order_1: Op = elementwise(
        names[1], _of_order(letter, 1),
        x=lambda g, x: g * (0.5 * (p * order_0(x) + q * any_order(x, n=2))), analytic=False,
        samples=lambda: [*unary(low, high)(), *at_zero],
        formula={"y": f"{name}(1, x)", "x": f"{sign}g * {_neighbours(name, p, q, 1)[1]}"},
        doc=docs[2],
    )
    return any_order, order_0, order_1


# ------------------------------------------------------------------------------------------------- of the first and second kind

jv, j0, j1 = _family(
    "j", ("bessel_j0", "bessel_j1"), 1, -1,
    docs=(
        "Bessel function of the first kind of order n, J_n(x).",
        """
        Bessel function of the first kind of order 0, J₀. The derivative is -J₁.

        Example:
            >>> import autograd
            >>> autograd.special.bessel_j0(autograd.tensor([0.0, 1.0, 5.0]))
            tensor([ 1.0000,  0.7652, -0.1776], dtype=float32)
        """,
        """
        Bessel function of the first kind of order 1, J₁. The derivative is (J₀ - J₂) / 2.

        Example:
            >>> import autograd
            >>> autograd.special.bessel_j1(autograd.tensor([0.0, 1.0]))
            tensor([0.0000, 0.4401], dtype=float32)
            >>> autograd.func.grad(autograd.special.bessel_j1)(autograd.tensor(0.0))
            tensor(0.5000, dtype=float32)
        """,
    ),
)
yv, y0, y1 = _family(
    "y", ("bessel_y0", "bessel_y1"), 1, -1, low=0.3, high=4,
    docs=(
        "Bessel function of the second kind of order n, Y_n(x).",
        """
        Bessel function of the second kind of order 0, Y₀. The derivative is -Y₁. It is -inf at 0, and nan for negative numbers.

        Example:
            >>> import autograd
            >>> autograd.special.bessel_y0(autograd.tensor([0.0, 1.0, 5.0]))
            tensor([   -inf,  0.0883, -0.3085], dtype=float32)
        """,
        """
        Bessel function of the second kind of order 1, Y₁. The derivative is (Y₀ - Y₂) / 2. It is -inf at 0, and nan for negative
        numbers.

        Example:
            >>> import autograd
            >>> autograd.special.bessel_y1(autograd.tensor([1.0, 5.0]))
            tensor([-0.7812,  0.1479], dtype=float32)
        """,
    ),
)


def _spherical_j0(x):
    zero, infinite = np.equal(x, 0), np.isinf(x)
    divisor = np.where(zero | infinite, 1, x).astype(np.result_type(x, np.float32))
    return np.where(zero, 1, np.where(infinite, 0, np.sin(divisor) / divisor)).astype(divisor.dtype)


spherical_j0 = elementwise(
    "spherical_bessel_j0", _spherical_j0, x=lambda g, x: g * sinc_slope(x), analytic=False,
    samples=lambda: [*unary()(), Sample(np.array([0.0, 1e-4, 0.1, 50.0]))],
    formula={"y": "where(x == 0, 1, sin(x) / x)", "x": "where(x == 0, 0, g * (cos(x) - sin(x) / x) / x)"},
    doc="""
    Spherical Bessel function of the first kind of order 0, j₀(x) = sin(x) / x, and 1 at 0.

    Its derivatives of every order are accurate near 0.

    Example:
        >>> import autograd
        >>> autograd.special.spherical_bessel_j0(autograd.tensor([0.0, 2.0]))
        tensor([1.0000, 0.4546], dtype=float32)
        >>> autograd.func.grad(autograd.special.spherical_bessel_j0)(autograd.tensor(2.0))
        tensor(-0.4354, dtype=float32)
    """,
)

# ------------------------------------------------------------------------------------------------------------------ modified

iv, i0, i1 = _family(
    "i", ("i0", "i1"), 1, 1,
    docs=(
        "Modified Bessel function of the first kind of order n, I_n(x).",
        """
        Modified Bessel function of the first kind of order 0, I₀. The derivative is I₁.

        Example:
            >>> import autograd
            >>> autograd.i0(autograd.tensor([0.0, 1.0]))
            tensor([1.0000, 1.2661], dtype=float32)
        """,
        """
        Modified Bessel function of the first kind of order 1, I₁. The derivative is (I₀ + I₂) / 2.

        Example:
            >>> import autograd
            >>> autograd.special.i1(autograd.tensor([0.0, 1.0]))
            tensor([0.0000, 0.5652], dtype=float32)
            >>> autograd.func.grad(autograd.special.i1)(autograd.tensor(0.0))
            tensor(0.5000, dtype=float32)
        """,
    ),
)
kv, k0, k1 = _family(
    "k", ("modified_bessel_k0", "modified_bessel_k1"), -1, -1, low=0.3, high=4,
    docs=(
        "Modified Bessel function of the second kind of order n, K_n(x).",
        """
        Modified Bessel function of the second kind of order 0, K₀. The derivative is -K₁. It is inf at 0, and nan for negative
        numbers.

        Example:
            >>> import autograd
            >>> autograd.special.modified_bessel_k0(autograd.tensor([0.5, 1.0]))
            tensor([0.9244, 0.4210], dtype=float32)
        """,
        """
        Modified Bessel function of the second kind of order 1, K₁. The derivative is -(K₀ + K₂) / 2. It is inf at 0, and nan for
        negative numbers.

        Example:
            >>> import autograd
            >>> autograd.special.modified_bessel_k1(autograd.tensor([0.5, 1.0]))
            tensor([1.6564, 0.6019], dtype=float32)
        """,
    ),
)

# -------------------------------------------------------------------------------------------------------------------- scaled
# e^-|Re x| I_n and e^x K_n: the derivative of the factor adds a multiple of y to the neighbours'.

ive: Op = elementwise(
    "ive", _of_any_order("i", scaled=True), analytic=False,
    # The factor depends on the real part of x only, and so does the second term.
    x=lambda g, x, y, n: g * (0.5 * (ive(x, n=n - 1) + ive(x, n=n + 1))) - np.sign(np.real(x)) * np.real(g * y),
    samples=calls(((5,), {"n": 2}), ((), {"n": 3}), Sample(np.array([0.5 + 1.0j, -2.0 + 0.3j]), n=1)),
    formula={
        "y": "iv(n, x) * exp(-abs(real(x)))",
        "x": "g * (ive(n - 1, x) + ive(n + 1, x)) / 2 - sign(real(x)) * real(g * y)",
    },
    doc="Scaled modified Bessel function of the first kind of order n, e^-|Re x| I_n(x).",
)
i0e: Op = elementwise(
    "i0e", _of_order("i", 0, scaled=True), x=lambda g, x, y: g * (i1e(x) - np.sign(x) * y), analytic=False,
    samples=unary(kinks=[0.0]),
    formula={"y": "iv(0, x) * exp(-abs(x))", "x": "g * (ive(1, x) - sign(x) * y)"},
    doc="""
    Scaled modified Bessel function of the first kind of order 0, e^-|x| I₀(x), which does not overflow.

    Example:
        >>> import autograd
        >>> autograd.special.i0e(autograd.tensor([0.0, 1000.0]))
        tensor([1.0000, 0.0126], dtype=float32)
    """,
)
i1e: Op = elementwise(
    "i1e", _of_order("i", 1, scaled=True), x=lambda g, x, y: g * (0.5 * (i0e(x) + ive(x, n=2)) - np.sign(x) * y), analytic=False,
    samples=unary(kinks=[0.0]),
    formula={"y": "iv(1, x) * exp(-abs(x))", "x": "g * ((ive(0, x) + ive(2, x)) / 2 - sign(x) * y)"},
    doc="""
    Scaled modified Bessel function of the first kind of order 1, e^-|x| I₁(x), which does not overflow.

    Example:
        >>> import autograd
        >>> autograd.special.i1e(autograd.tensor([0.0, 1000.0]))
        tensor([0.0000, 0.0126], dtype=float32)
    """,
)
kve: Op = elementwise(
    "kve", from_scipy.of_order("kve"), x=lambda g, x, y, n: g * (y - 0.5 * (kve(x, n=n - 1) + kve(x, n=n + 1))), analytic=False,
    samples=calls(((5,), {"n": 2}), ((), {"n": 3}), low=0.5, high=3.0),
    formula={"y": "kv(n, x) * exp(x)", "x": "g * (y - (kve(n - 1, x) + kve(n + 1, x)) / 2)"},
    doc="Scaled modified Bessel function of the second kind of order n, e^x K_n(x).",
)
k0e: Op = elementwise(
    "scaled_modified_bessel_k0", from_scipy.unary("k0e"), x=lambda g, x, y: g * (y - k1e(x)), analytic=False,
    samples=unary(0.3, 4),
    formula={"y": "kv(0, x) * exp(x)", "x": "g * (y - kve(1, x))"},
    doc="""
    Scaled modified Bessel function of the second kind of order 0, e^x K₀(x), which does not underflow.

    Example:
        >>> import autograd
        >>> autograd.special.scaled_modified_bessel_k0(autograd.tensor([1.0, 1000.0]))
        tensor([1.1445, 0.0396], dtype=float32)
    """,
)
k1e: Op = elementwise(
    "scaled_modified_bessel_k1", from_scipy.unary("k1e"), x=lambda g, x, y: g * (y - 0.5 * (k0e(x) + kve(x, n=2))),
    analytic=False, samples=unary(0.3, 4),
    formula={"y": "kv(1, x) * exp(x)", "x": "g * (y - (kve(0, x) + kve(2, x)) / 2)"},
    doc="""
    Scaled modified Bessel function of the second kind of order 1, e^x K₁(x), which does not underflow.

    Example:
        >>> import autograd
        >>> autograd.special.scaled_modified_bessel_k1(autograd.tensor([1.0, 1000.0]))
        tensor([1.6362, 0.0396], dtype=float32)
    """,
)

# ---------------------------------------------------------------------------------------------------------------------- Airy



def _airy(slope):
    scipys = from_scipy.part("airy", int(slope))

    def forward(x):
        y = series.airy(x, slope)
        return scipys(x) if y is None else y

    return forward


airy_ai: Op = elementwise(
    "airy_ai", _airy(False), x=lambda g, x: g * airy_ai_slope(x), analytic=False, samples=unary(-4, 3),
    formula={"y": "Ai(x)", "x": "g * dAi(x)"},
    doc="""
    Airy function Ai(x), the solution of y'' = x y that vanishes at infinity.

    Example:
        >>> import autograd
        >>> autograd.special.airy_ai(autograd.tensor([-2.0, 0.0, 2.0]))
        tensor([0.2274, 0.3550, 0.0349], dtype=float32)
        >>> autograd.func.grad(autograd.special.airy_ai)(autograd.tensor(0.0))
        tensor(-0.2588, dtype=float32)
    """,
)
airy_ai_slope: Op = elementwise(
    "airy_ai_slope", _airy(True), x=lambda g, x: g * x * airy_ai(x), analytic=False, samples=unary(-4, 3),
    formula={"y": "dAi(x)", "x": "g * x * Ai(x)"},
    doc="The derivative of the Airy function Ai. By the equation y'' = x y, its own derivative is x Ai(x).",
)
