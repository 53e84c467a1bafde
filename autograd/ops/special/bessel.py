"""Bessel functions and the Airy function; SciPy computes them, imported when first used.

The derivative of an order is made of its neighbours, so there is no division by x and nothing to except at 0.
"""

from __future__ import annotations

import numpy as np

from ...engine.op import Op, Sample, elementwise
from ...engine.samples import calls, unary
from .gamma import scipys, sinc_slope


def _of_order(name):
    def forward(x, n):
        from scipy import special

        return np.asarray(getattr(special, name)(n, x), np.result_type(x, np.float32))

    return forward


# ------------------------------------------------------------------------------------------------- of the first and second kind
jv: Op = elementwise(
    "jv", _of_order("jv"), x=lambda g, x, n: g * 0.5 * (jv(x, n=n - 1) - jv(x, n=n + 1)), analytic=False,
    samples=calls(((5,), {"n": 2}), (np.zeros(2), {"n": 2}), ((), {"n": 3})),
    formula={"y": "jv(n, x)", "x": "g * (jv(n - 1, x) - jv(n + 1, x)) / 2"},
    doc="Bessel function of the first kind of order n.",
)
j0: Op = elementwise(
    "bessel_j0", scipys("j0"), x=lambda g, x: -g * j1(x), analytic=False, samples=unary(),
    formula={"y": "jv(0, x)", "x": "-g * jv(1, x)"},
    doc="""
    Bessel function of the first kind of order 0, J₀; the derivative is -J₁.

    Example:
        >>> import autograd
        >>> autograd.special.bessel_j0(autograd.tensor([0.0, 1.0, 5.0]))
        tensor([ 1.0000,  0.7652, -0.1776], dtype=float32)
    """,
)
j1: Op = elementwise(
    "bessel_j1", scipys("j1"), x=lambda g, x: g * 0.5 * (j0(x) - jv(x, n=2)), analytic=False,
    samples=lambda: [*unary()(), Sample(np.zeros(2))],
    formula={"y": "jv(1, x)", "x": "g * (jv(0, x) - jv(2, x)) / 2"},
    doc="""
    Bessel function of the first kind of order 1, J₁; the derivative is (J₀ - J₂) / 2.

    Example:
        >>> import autograd
        >>> autograd.special.bessel_j1(autograd.tensor([0.0, 1.0]))
        tensor([0.0000, 0.4401], dtype=float32)
        >>> autograd.func.grad(autograd.special.bessel_j1)(autograd.tensor(0.0))
        tensor(0.5000, dtype=float32)
    """,
)
yv: Op = elementwise(
    "yv", _of_order("yv"), x=lambda g, x, n: g * 0.5 * (yv(x, n=n - 1) - yv(x, n=n + 1)), analytic=False,
    samples=calls(((5,), {"n": 2}), ((), {"n": 3}), low=0.5, high=3.0),
    formula={"y": "yv(n, x)", "x": "g * (yv(n - 1, x) - yv(n + 1, x)) / 2"},
    doc="Bessel function of the second kind of order n.",
)
y0: Op = elementwise(
    "bessel_y0", scipys("y0"), x=lambda g, x: -g * y1(x), analytic=False, samples=unary(0.3, 4),
    formula={"y": "yv(0, x)", "x": "-g * yv(1, x)"},
    doc="""
    Bessel function of the second kind of order 0, Y₀; the derivative is -Y₁. -inf at 0, nan below.

    Example:
        >>> import autograd
        >>> autograd.special.bessel_y0(autograd.tensor([0.0, 1.0, 5.0]))
        tensor([   -inf,  0.0883, -0.3085], dtype=float32)
    """,
)
y1: Op = elementwise(
    "bessel_y1", scipys("y1"), x=lambda g, x: g * 0.5 * (y0(x) - yv(x, n=2)), analytic=False, samples=unary(0.3, 4),
    formula={"y": "yv(1, x)", "x": "g * (yv(0, x) - yv(2, x)) / 2"},
    doc="""
    Bessel function of the second kind of order 1, Y₁; the derivative is (Y₀ - Y₂) / 2. -inf at 0, nan below.

    Example:
        >>> import autograd
        >>> autograd.special.bessel_y1(autograd.tensor([1.0, 5.0]))
        tensor([-0.7812,  0.1479], dtype=float32)
    """,
)


def _spherical_j0(x):
    zero, far = np.equal(x, 0), np.isinf(x)
    safe = np.where(zero | far, 1, x).astype(np.result_type(x, np.float32))
    return np.where(zero, 1, np.where(far, 0, np.sin(safe) / safe)).astype(safe.dtype)


spherical_j0 = elementwise(
    "spherical_bessel_j0", _spherical_j0, x=lambda g, x: g * sinc_slope(x), analytic=False,
    samples=lambda: [*unary()(), Sample(np.array([0.0, 1e-4, 0.1, 50.0]))],
    formula={"y": "where(x == 0, 1, sin(x) / x)", "x": "where(x == 0, 0, g * (cos(x) - spherical_jn(0, x)) / x)"},
    doc="""
    Spherical Bessel function of the first kind of order 0, j₀ = sin(x) / x, and 1 at 0; exact near 0 at every order of derivative.

    Example:
        >>> import autograd
        >>> autograd.special.spherical_bessel_j0(autograd.tensor([0.0, 2.0]))
        tensor([1.0000, 0.4546], dtype=float32)
        >>> autograd.func.grad(autograd.special.spherical_bessel_j0)(autograd.tensor(2.0))
        tensor(-0.4354, dtype=float32)
    """,
)

# ------------------------------------------------------------------------------------------------------------------ modified
iv: Op = elementwise(
    "iv", _of_order("iv"), x=lambda g, x, n: g * 0.5 * (iv(x, n=n - 1) + iv(x, n=n + 1)), analytic=False,
    samples=calls(((5,), {"n": 2}), (np.zeros(2), {"n": 2}), ((), {"n": 3})),
    formula={"y": "iv(n, x)", "x": "g * (iv(n - 1, x) + iv(n + 1, x)) / 2"},
    doc="Modified Bessel function of the first kind of order n.",
)
i0: Op = elementwise(
    "i0", scipys("i0"), x=lambda g, x: g * i1(x), analytic=False, numpy=np.i0, samples=lambda: [*unary()(), Sample(np.zeros(2))],
    formula={"y": "iv(0, x)", "x": "g * iv(1, x)"},
    doc="""
    Modified Bessel function of the first kind of order 0, I₀; the derivative is I₁.

    Example:
        >>> import autograd
        >>> autograd.i0(autograd.tensor([0.0, 1.0]))
        tensor([1.0000, 1.2661], dtype=float32)
    """,
)
i1: Op = elementwise(
    "i1", scipys("i1"), x=lambda g, x: g * 0.5 * (i0(x) + iv(x, n=2)), analytic=False,
    samples=lambda: [*unary()(), Sample(np.zeros(2))],
    formula={"y": "iv(1, x)", "x": "g * (iv(0, x) + iv(2, x)) / 2"},
    doc="""
    Modified Bessel function of the first kind of order 1, I₁; the derivative is (I₀ + I₂) / 2.

    Example:
        >>> import autograd
        >>> autograd.special.i1(autograd.tensor([0.0, 1.0]))
        tensor([0.0000, 0.5652], dtype=float32)
        >>> autograd.func.grad(autograd.special.i1)(autograd.tensor(0.0))
        tensor(0.5000, dtype=float32)
    """,
)
ive: Op = elementwise(
    "ive", _of_order("ive"), analytic=False,
    # In the real part of x alone, which the exponential looks at.
    x=lambda g, x, y, n: g * (0.5 * (ive(x, n=n - 1) + ive(x, n=n + 1))) - np.sign(np.real(x)) * np.real(g * y),
    samples=calls(((5,), {"n": 2}), ((), {"n": 3}), Sample(np.array([0.5 + 1.0j, -2.0 + 0.3j]), n=1)),
    formula={
        "y": "iv(n, x) * exp(-abs(real(x)))",
        "x": "g * (ive(n - 1, x) + ive(n + 1, x)) / 2 - sign(real(x)) * real(g * y)",
    },
    doc="e^-|Re x| iv(x, n).",
)
i0e: Op = elementwise(
    "i0e", scipys("i0e"), x=lambda g, x, y: g * (i1e(x) - np.sign(x) * y), analytic=False, samples=unary(kinks=[0.0]),
    formula={"y": "iv(0, x) * exp(-abs(x))", "x": "g * (ive(1, x) - sign(x) * y)"},
    doc="""
    e^-|x| I₀(x), which does not overflow.

    Example:
        >>> import autograd
        >>> autograd.special.i0e(autograd.tensor([0.0, 1000.0]))
        tensor([1.0000, 0.0126], dtype=float32)
    """,
)
i1e: Op = elementwise(
    "i1e", scipys("i1e"), x=lambda g, x, y: g * (0.5 * (i0e(x) + ive(x, n=2)) - np.sign(x) * y), analytic=False,
    samples=unary(kinks=[0.0]),
    formula={"y": "iv(1, x) * exp(-abs(x))", "x": "g * ((ive(0, x) + ive(2, x)) / 2 - sign(x) * y)"},
    doc="""
    e^-|x| I₁(x), which does not overflow.

    Example:
        >>> import autograd
        >>> autograd.special.i1e(autograd.tensor([0.0, 1000.0]))
        tensor([0.0000, 0.0126], dtype=float32)
    """,
)
kv: Op = elementwise(
    "kv", _of_order("kv"), x=lambda g, x, n: -g * 0.5 * (kv(x, n=n - 1) + kv(x, n=n + 1)), analytic=False,
    samples=calls(((5,), {"n": 2}), ((), {"n": 3}), low=0.5, high=3.0),
    formula={"y": "kv(n, x)", "x": "-g * (kv(n - 1, x) + kv(n + 1, x)) / 2"},
    doc="Modified Bessel function of the second kind of order n.",
)
k0: Op = elementwise(
    "modified_bessel_k0", scipys("k0"), x=lambda g, x: -g * k1(x), analytic=False, samples=unary(0.3, 4),
    formula={"y": "kv(0, x)", "x": "-g * kv(1, x)"},
    doc="""
    Modified Bessel function of the second kind of order 0, K₀; the derivative is -K₁. inf at 0, nan below.

    Example:
        >>> import autograd
        >>> autograd.special.modified_bessel_k0(autograd.tensor([0.5, 1.0]))
        tensor([0.9244, 0.4210], dtype=float32)
    """,
)
k1: Op = elementwise(
    "modified_bessel_k1", scipys("k1"), x=lambda g, x: -g * 0.5 * (k0(x) + kv(x, n=2)), analytic=False, samples=unary(0.3, 4),
    formula={"y": "kv(1, x)", "x": "-g * (kv(0, x) + kv(2, x)) / 2"},
    doc="""
    Modified Bessel function of the second kind of order 1, K₁; the derivative is -(K₀ + K₂) / 2. inf at 0, nan below.

    Example:
        >>> import autograd
        >>> autograd.special.modified_bessel_k1(autograd.tensor([0.5, 1.0]))
        tensor([1.6564, 0.6019], dtype=float32)
    """,
)
kve: Op = elementwise(
    "kve", _of_order("kve"), x=lambda g, x, y, n: g * (y - 0.5 * (kve(x, n=n - 1) + kve(x, n=n + 1))), analytic=False,
    samples=calls(((5,), {"n": 2}), ((), {"n": 3}), low=0.5, high=3.0),
    formula={"y": "kv(n, x) * exp(x)", "x": "g * (y - (kve(n - 1, x) + kve(n + 1, x)) / 2)"},
    doc="e^x kv(x, n).",
)
k0e: Op = elementwise(
    "scaled_modified_bessel_k0", scipys("k0e"), x=lambda g, x, y: g * (y - k1e(x)), analytic=False, samples=unary(0.3, 4),
    formula={"y": "kv(0, x) * exp(x)", "x": "g * (y - kve(1, x))"},
    doc="""
    e^x K₀(x), which does not underflow.

    Example:
        >>> import autograd
        >>> autograd.special.scaled_modified_bessel_k0(autograd.tensor([1.0, 1000.0]))
        tensor([1.1445, 0.0396], dtype=float32)
    """,
)
k1e: Op = elementwise(
    "scaled_modified_bessel_k1", scipys("k1e"), x=lambda g, x, y: g * (y - 0.5 * (k0e(x) + kve(x, n=2))), analytic=False,
    samples=unary(0.3, 4),
    formula={"y": "kv(1, x) * exp(x)", "x": "g * (y - (kve(0, x) + kve(2, x)) / 2)"},
    doc="""
    e^x K₁(x), which does not underflow.

    Example:
        >>> import autograd
        >>> autograd.special.scaled_modified_bessel_k1(autograd.tensor([1.0, 1000.0]))
        tensor([1.6362, 0.0396], dtype=float32)
    """,
)

# ---------------------------------------------------------------------------------------------------------------------- Airy


def _airy(part):
    def forward(x):
        from scipy import special

        return np.asarray(special.airy(x)[part], np.result_type(x, np.float32))

    return forward


airy_ai: Op = elementwise(
    "airy_ai", _airy(0), x=lambda g, x: g * airy_ai_slope(x), analytic=False, samples=unary(-4, 3),
    formula={"y": "Ai(x)", "x": "g * dAi(x)"},
    doc="""
    Airy function Ai, the solution of y'' = x y that vanishes at infinity.

    Example:
        >>> import autograd
        >>> autograd.special.airy_ai(autograd.tensor([-2.0, 0.0, 2.0]))
        tensor([0.2274, 0.3550, 0.0349], dtype=float32)
        >>> autograd.func.grad(autograd.special.airy_ai)(autograd.tensor(0.0))
        tensor(-0.2588, dtype=float32)
    """,
)
airy_ai_slope: Op = elementwise(
    "airy_ai_slope", _airy(1), x=lambda g, x: g * x * airy_ai(x), analytic=False, samples=unary(-4, 3),
    formula={"y": "dAi(x)", "x": "g * x * Ai(x)"},
    doc="The derivative of the Airy function Ai.",
)
