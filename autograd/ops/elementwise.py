"""Arithmetic and the functions of one number: each line is an op with its rules."""

from __future__ import annotations

import numpy as np

from ..op import elementwise
from ..samples import binary, mismatched, unary

add = elementwise(
    "add", np.add, a=lambda g: g, b=lambda g: g, linear=True, samples=binary(), errors=mismatched(), doc="Sum, a + b."
)
sub = elementwise(
    "sub", np.subtract, a=lambda g: g, b=lambda g: -g, linear=True, samples=binary(), errors=mismatched(), doc="Difference, a - b."
)
mul = elementwise(
    "mul", np.multiply, a=lambda g, b: g * b, b=lambda g, a: g * a, samples=binary(), errors=mismatched(), doc="Product, a * b."
)
div = elementwise(
    "div", np.true_divide, a=lambda g, b: g / b, b=lambda g, a, b: -g * a / (b * b),
    samples=binary(second=(0.5, 2.0)), errors=mismatched(), doc="Quotient, a / b.",
)  # fmt: skip
neg = elementwise("neg", np.negative, x=lambda g: -g, linear=True, samples=unary(), doc="Negative, -x.")
exp = elementwise("exp", np.exp, x=lambda g, y: g * y, samples=unary(), doc="Exponential, e^x.")
log = elementwise("log", np.log, x=lambda g, x: g / x, samples=unary(0.2, 3), doc="Natural logarithm.")
tanh = elementwise("tanh", np.tanh, x=lambda g, y: g * (1 - y * y), samples=unary(-3, 3), doc="Hyperbolic tangent.")
square = elementwise("square", np.square, x=lambda g, x: 2 * g * x, samples=unary(), doc="x * x.")
