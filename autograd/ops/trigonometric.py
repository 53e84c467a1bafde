"""Angles: trigonometric and hyperbolic functions, and their inverses."""

from __future__ import annotations

import math

import numpy as np

from ..op import elementwise
from ..samples import binary, mismatched, unary
from .elementwise import complex_too, over

sin = elementwise("sin", np.sin, x=lambda g, x: g * np.cos(x), samples=complex_too(unary(-3, 3)), doc="Sine.")
cos = elementwise("cos", np.cos, x=lambda g, x: -g * np.sin(x), samples=complex_too(unary(-3, 3)), doc="Cosine.")
tan = elementwise("tan", np.tan, x=lambda g, y: g * (1 + y * y), samples=complex_too(unary(-1.2, 1.2)), doc="Tangent.")
asin = elementwise(
    "asin", np.arcsin, x=lambda g, x: g / np.sqrt(1 - x * x), samples=complex_too(unary(-0.8, 0.8)), doc="Inverse sine.",
)  # fmt: skip
acos = elementwise(
    "acos", np.arccos, x=lambda g, x: -g / np.sqrt(1 - x * x), samples=complex_too(unary(-0.8, 0.8)), doc="Inverse cosine.",
)  # fmt: skip
atan = elementwise("atan", np.arctan, x=lambda g, x: g / (1 + x * x), samples=complex_too(unary(-3, 3)), doc="Inverse tangent.")
atan2 = elementwise(
    "atan2", np.arctan2, a=lambda g, a, b: over(g * b, a * a + b * b), b=lambda g, a, b: over(-g * a, a * a + b * b),
    analytic=False,
    samples=binary(0.3, 2.0, second=(-2.0, 2.0), kinks=[(0.0, 0.0)]), errors=mismatched(),
    doc="Angle of the point (b, a), in (-π, π]; the derivatives at (0, 0) are 0.",
)  # fmt: skip
sinh = elementwise("sinh", np.sinh, x=lambda g, x: g * np.cosh(x), samples=complex_too(unary()), doc="Hyperbolic sine.")
cosh = elementwise("cosh", np.cosh, x=lambda g, x: g * np.sinh(x), samples=complex_too(unary()), doc="Hyperbolic cosine.")
tanh = elementwise("tanh", np.tanh, x=lambda g, y: g * (1 - y * y), samples=complex_too(unary(-3, 3)), doc="Hyperbolic tangent.")
asinh = elementwise(
    "asinh", np.arcsinh, x=lambda g, x: g / np.sqrt(x * x + 1), samples=complex_too(unary(-3, 3)), doc="Inverse hyperbolic sine."
)
acosh = elementwise(
    "acosh", np.arccosh, x=lambda g, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)), samples=complex_too(unary(1.2, 3)),
    doc="Inverse hyperbolic cosine."
)
atanh = elementwise(
    "atanh", np.arctanh, x=lambda g, x: g / (1 - x * x), samples=complex_too(unary(-0.8, 0.8)), doc="Inverse hyperbolic tangent.",
)  # fmt: skip
deg2rad = elementwise(
    "deg2rad", np.deg2rad, x=lambda g: g * (math.pi / 180), linear=True, analytic=False, samples=unary(), doc="x π / 180."
)  # fmt: skip
rad2deg = elementwise(
    "rad2deg", np.rad2deg, x=lambda g: g * (180 / math.pi), linear=True, analytic=False, samples=unary(), doc="x 180 / π."
)  # fmt: skip
