"""Trigonometric and hyperbolic functions, their inverses, and degrees."""

from __future__ import annotations

import math

import numpy as np

from ...engine.op import elementwise
from ...engine.samples import binary, mismatched, unary
from ..rules import divided_or_zero
from .arithmetic import complex_too

sin = elementwise(
    "sin", np.sin, x=lambda g, x: g * np.cos(x), samples=complex_too(unary(-3, 3)),
    doc="""
    Sine of an angle in radians; the derivative is cos x.

    Example:
        >>> import autograd
        >>> autograd.sin(autograd.tensor([0.0, autograd.pi / 6]))
        tensor([0.0000, 0.5000], dtype=float32)
        >>> autograd.func.grad(autograd.sin)(autograd.tensor(0.0))
        tensor(1., dtype=float32)
    """,
)
cos = elementwise(
    "cos", np.cos, x=lambda g, x: -g * np.sin(x), samples=complex_too(unary(-3, 3)),
    doc="""
    Cosine of an angle in radians; the derivative is -sin x.

    Example:
        >>> import autograd
        >>> autograd.cos(autograd.tensor([0.0, autograd.pi / 3]))
        tensor([1.0000, 0.5000], dtype=float32)
        >>> autograd.func.grad(autograd.cos)(autograd.tensor(autograd.pi / 2))
        tensor(-1., dtype=float32)
    """,
)
tan = elementwise(
    "tan", np.tan, x=lambda g, y: g * (1 + y * y), samples=complex_too(unary(-1.2, 1.2)),
    doc="""
    Tangent of an angle in radians; the derivative is 1 + y².

    Example:
        >>> import autograd
        >>> autograd.tan(autograd.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5574], dtype=float32)
        >>> autograd.func.grad(autograd.tan)(autograd.tensor(0.0))
        tensor(1., dtype=float32)
    """,
)
asin = elementwise(
    "asin", np.arcsin, x=lambda g, x: g / np.sqrt(1 - x * x), samples=complex_too(unary(-0.8, 0.8)),
    doc="""
    Inverse sine, an angle in [-π/2, π/2]. The derivative is 1 / √(1 - x²).

    Example:
        >>> import autograd
        >>> autograd.asin(autograd.tensor([0.0, 1.0]))
        tensor([0.0000, 1.5708], dtype=float32)
        >>> autograd.func.grad(autograd.asin)(autograd.tensor(0.6))
        tensor(1.2500, dtype=float32)
    """,
)
acos = elementwise(
    "acos", np.arccos, x=lambda g, x: -g / np.sqrt(1 - x * x), samples=complex_too(unary(-0.8, 0.8)),
    doc="""
    Inverse cosine, an angle in [0, π]. The derivative is -1 / √(1 - x²).

    Example:
        >>> import autograd
        >>> autograd.acos(autograd.tensor([1.0, 0.0]))
        tensor([0.0000, 1.5708], dtype=float32)
        >>> autograd.func.grad(autograd.acos)(autograd.tensor(0.6))
        tensor(-1.2500, dtype=float32)
    """,
)
atan = elementwise(
    "atan", np.arctan, x=lambda g, x: g / (1 + x * x), samples=complex_too(unary(-3, 3)),
    doc="""
    Inverse tangent, an angle in (-π/2, π/2). The derivative is 1 / (1 + x²).

    Example:
        >>> import autograd
        >>> autograd.atan(autograd.tensor([0.0, 1.0]))
        tensor([0.0000, 0.7854], dtype=float32)
        >>> autograd.func.grad(autograd.atan)(autograd.tensor(1.0))
        tensor(0.5000, dtype=float32)
    """,
)
atan2 = elementwise(
    "atan2", np.arctan2, a=lambda g, a, b: divided_or_zero(g * b, a * a + b * b),
    b=lambda g, a, b: divided_or_zero(-g * a, a * a + b * b),
    analytic=False,
    samples=binary(0.3, 2.0, second=(-2.0, 2.0), kinks=[(0.0, 0.0)]), errors=mismatched(),
    doc="""
    The angle, in (-π, π], of the point with the coordinates x = other and y = input.

    The derivatives are x / (x² + y²) by y and -y / (x² + y²) by x, and 0 at (0, 0).

    Example:
        >>> import autograd
        >>> y, x = (autograd.tensor(v, requires_grad=True) for v in (1.0, -1.0))
        >>> angle = autograd.atan2(y, x)
        >>> angle.backward()
        >>> angle.detach(), y.grad.item(), x.grad.item()
        (tensor(2.3562, dtype=float32), -0.5, -0.5)
    """,
)
sinh = elementwise(
    "sinh", np.sinh, x=lambda g, x: g * np.cosh(x), samples=complex_too(unary()),
    doc="""
    Hyperbolic sine, (e^x - e^-x) / 2; the derivative is cosh x.

    Example:
        >>> import autograd
        >>> autograd.sinh(autograd.tensor([0.0, 1.0]))
        tensor([0.0000, 1.1752], dtype=float32)
    """,
)
cosh = elementwise(
    "cosh", np.cosh, x=lambda g, x: g * np.sinh(x), samples=complex_too(unary()),
    doc="""
    Hyperbolic cosine, (e^x + e^-x) / 2; the derivative is sinh x.

    Example:
        >>> import autograd
        >>> autograd.cosh(autograd.tensor([0.0, 1.0]))
        tensor([1.0000, 1.5431], dtype=float32)
    """,
)
tanh = elementwise(
    "tanh", np.tanh, x=lambda g, y: g * (1 - y * y), samples=complex_too(unary(-3, 3)),
    doc="""
    Hyperbolic tangent, sinh x / cosh x; the derivative is 1 - y².

    Example:
        >>> import autograd
        >>> autograd.tanh(autograd.tensor([-20.0, 0.0, 0.5]))
        tensor([-1.0000,  0.0000,  0.4621], dtype=float32)
        >>> autograd.func.grad(autograd.tanh)(autograd.tensor(0.0))
        tensor(1., dtype=float32)
    """,
)
asinh = elementwise(
    "asinh", np.arcsinh, x=lambda g, x: g / np.sqrt(x * x + 1), samples=complex_too(unary(-3, 3)),
    doc="""
    Inverse hyperbolic sine, log(x + √(x² + 1)). The derivative is 1 / √(x² + 1).

    Example:
        >>> import autograd
        >>> autograd.asinh(autograd.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8814], dtype=float32)
    """,
)
acosh = elementwise(
    "acosh", np.arccosh, x=lambda g, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)), samples=complex_too(unary(1.2, 3)),
    doc="""
    Inverse hyperbolic cosine, log(x + √(x² - 1)) for x >= 1. The derivative is 1 / √(x² - 1).

    Example:
        >>> import autograd
        >>> autograd.acosh(autograd.tensor([1.0, 2.0]))
        tensor([0.0000, 1.3170], dtype=float32)
    """,
)
atanh = elementwise(
    "atanh", np.arctanh, x=lambda g, x: g / (1 - x * x), samples=complex_too(unary(-0.8, 0.8)),
    doc="""
    Inverse hyperbolic tangent, log((1 + x) / (1 - x)) / 2 for |x| < 1. The derivative is 1 / (1 - x²).

    Example:
        >>> import autograd
        >>> autograd.atanh(autograd.tensor([0.0, 0.5]))
        tensor([0.0000, 0.5493], dtype=float32)
    """,
)
def _times(ufunc, factor):
    """The forward of a change of units: of float32 and float64 arrays a product, which takes a sixth of the ufunc's time."""
    return lambda x: x * factor if type(x) is np.ndarray and x.dtype.char in "fd" else ufunc(x)


deg2rad = elementwise(
    "deg2rad", _times(np.deg2rad, math.pi / 180), numpy=np.deg2rad,
    formula={"y": "x * (pi / 180)"}, x=lambda g: g * (math.pi / 180), linear=True, analytic=False, samples=unary(),
    doc="""
    An angle in degrees, converted to radians: x π / 180.

    Example:
        >>> import autograd
        >>> autograd.deg2rad(autograd.tensor([90.0, 180.0]))
        tensor([1.5708, 3.1416], dtype=float32)
    """,
)
rad2deg = elementwise(
    "rad2deg", _times(np.rad2deg, 180 / math.pi), numpy=np.rad2deg,
    formula={"y": "x * (180 / pi)"}, x=lambda g: g * (180 / math.pi), linear=True, analytic=False, samples=unary(),
    doc="""
    An angle in radians, converted to degrees: x 180 / π.

    Example:
        >>> import autograd
        >>> autograd.rad2deg(autograd.tensor([1.0, autograd.pi]))
        tensor([ 57.2958, 180.0000], dtype=float32)
    """,
)
