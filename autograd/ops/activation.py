"""Activation functions, and softmax and log_softmax along a dimension.

Forwards use ``at_least``, ``at_most`` and ``chosen`` (see rules.py) instead of ``np.where``, because on random signs these take a
tenth of the time. At kinks the derivatives are PyTorch's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.op import Sample, elementwise, op
from ..engine.samples import calls, unary
from ..engine.values.sums import sum_over
from ..errors import ArgumentError, DtypeError, describe
from . import rows
from .elementwise.arithmetic import sigmoid
from .error_function import gelu_of_float32
from .rules import BITS, LARGE, alike, any_of, at_least, at_most, chosen, in_pieces, in_scratch, in_single, values, zero_unless


def _checked_float(x):
    """x itself; DtypeError unless it holds real floating point numbers, as in PyTorch. Complex numbers have no order."""
    if type(x) is np.ndarray and x.dtype.kind != "f":
        reason = "which have no order" if x.dtype.kind == "c" else "convert it with .float()"
        raise DtypeError(f"expected floating point numbers, got {describe(x)}: {reason}")
    return x


def _checked_real(x):
    """x itself; DtypeError if it is complex: for functions whose rule holds for real numbers only."""
    if type(x) is np.ndarray and x.dtype.kind == "c":
        raise DtypeError(f"expected real numbers, got {describe(x)}")
    return x


def _checked_ordered(x):
    """x itself; DtypeError if it holds complex numbers or booleans."""
    if type(x) is np.ndarray and x.dtype.kind in "cb":
        raise DtypeError(f"expected real numbers, got {describe(x)}")
    return x


# --------------------------------------------------------------------------------------------- rectifiers, and other broken lines


def _relu(x):
    y = at_least(x, 0)
    if y.dtype.kind != "f":  # checked after the fact and for other dtypes only: most networks call relu more than anything else
        _checked_ordered(x)
    return y


relu = elementwise(
    "relu", _relu, x=lambda g, y: zero_unless(g, y.astype(bool)), analytic=False,
    samples=unary(kinks=[0.0]), formula={"y": "maximum(x, 0)", "x": "g * (y > 0)"},
    doc="""Rectified linear unit, max(x, 0). The derivative at 0 is 0.

    Example:
        >>> import autograd
        >>> autograd.relu(autograd.tensor([-1.0, 0.0, 2.0]))
        tensor([0., 0., 2.], dtype=float32)
    """,
)


def _leaky_rule(g, x, negative_slope):
    positive, one, slope = x > 0, x.dtype.type(1), x.dtype.type(negative_slope)
    return g * (np.maximum(positive, slope) if 0 <= negative_slope <= 1 else np.where(positive, one, slope))


def _leaky(x, slope):
    """The leaky rectifier with a slope in (0, 1], which makes it the larger of two lines."""
    if type(x) is np.ndarray and x.size > LARGE and type(slope) is float:
        return _leaky_of_many(x, slope=slope)
    y = x * slope
    return np.maximum(x, y, out=y if type(y) is np.ndarray else None)


@in_scratch(0)
def _leaky_of_many(y, x, slope):
    np.multiply(x, slope, out=y)
    np.maximum(x, y, out=y)


def _leaky_relu(x, negative_slope=0.01):
    if 0 < negative_slope <= 1:
        return _leaky(_checked_float(x), negative_slope)
    return at_least(_checked_float(x), 0) + negative_slope * at_most(x, 0)


leaky_relu = elementwise(
    "leaky_relu", _leaky_relu, x=_leaky_rule,
    formula={"y": "maximum(x, 0) + negative_slope * minimum(x, 0)", "x": "g * where(x > 0, 1, negative_slope)"},
    analytic=False, samples=calls(((3, 4),), ((5,), {"negative_slope": 0.3}), Sample(np.array([0.0, -0.0]), kink=True)),
    doc="""
    x where x > 0, and negative_slope · x elsewhere. The derivative at 0 is negative_slope.

    Example:
        >>> import autograd
        >>> autograd.leaky_relu(autograd.tensor([-2.0, 3.0]), 0.1)
        tensor([-0.2000,  3.0000], dtype=float32)
    """,
)


def _prelu(x, weight):
    x = _checked_float(x)
    if type(x) is type(weight) is np.ndarray and x.dtype == weight.dtype and 0 < weight.size < x.size:
        low, high = (weight.item(),) * 2 if weight.size == 1 else (weight.min(), weight.max())
        if low > 0 and high <= 1:
            return _leaky(x, weight)
    return at_least(x, 0) + weight * at_most(x, 0)


prelu = elementwise(
    "prelu", _prelu,
    x=lambda g, x, weight: g * ((x > 0) + weight * ~(x > 0)), weight=lambda g, x: zero_unless(g * x, ~(x > 0)),
    formula={"y": "maximum(x, 0) + weight * minimum(x, 0)", "x": "g * where(x > 0, 1, weight)", "weight": "g * minimum(x, 0)"},
    analytic=False, samples=calls(((3, 4), ()), ((2, 3, 4), (3, 1)), ((0, 3), (3,))),
    doc="x where x > 0, and weight · x elsewhere, with a weight that has a gradient. x and weight broadcast.",
)
hardtanh = elementwise(
    "hardtanh", lambda x, min_val=-1.0, max_val=1.0: _checked_float(x).clip(min_val, max_val),
    x=lambda g, x, min_val, max_val: zero_unless(g, (x > min_val) & (x < max_val)),
    analytic=False, samples=calls(((3, 4),), ((5,), {"min_val": -0.5, "max_val": 1.5}), Sample(np.array([-1.0, 1.0]), kink=True)),
    doc="""
    x clamped to [min_val, max_val]. The derivative at both ends is 0.

    Args:
        input: floating point numbers, any shape.
        min_val, max_val: the bounds.

    Raises:
        DtypeError: numbers that are no real floating point numbers.

    Example:
        >>> import autograd
        >>> autograd.hardtanh(autograd.tensor([-2.0, 0.5, 3.0]))
        tensor([-1.0000,  0.5000,  1.0000], dtype=float32)
    """,
)
relu6 = elementwise(
    "relu6", lambda x: _checked_ordered(x).clip(0, 6), x=lambda g, x: zero_unless(g, (x > 0) & (x < 6)), analytic=False,
    samples=unary(-3, 9, kinks=[0.0, 6.0]),
    doc="""
    x clamped to [0, 6]. The derivative at both ends is 0.

    Example:
        >>> import autograd
        >>> autograd.relu6(autograd.tensor([-1.0, 3.0, 8.0]))
        tensor([0., 3., 6.], dtype=float32)
    """,
)
def _sixth(x):
    """(x + 3) / 6, clamped to [0, 1]."""
    y = x + 3
    if type(y) is np.ndarray:
        return np.divide(y.clip(0, 6, y), 6, out=y)
    return y.clip(0, 6) / 6


def _hardsigmoid(x):
    return _sixth(_checked_float(x))


def _hardsigmoid_rule(g, x):
    y = zero_unless(g, (x > -3) & (x < 3))
    return np.divide(y, 6, out=y if type(y) is np.ndarray else None)


hardsigmoid = elementwise(
    "hardsigmoid", _hardsigmoid, x=_hardsigmoid_rule, analytic=False,
    formula={"y": "clip(x + 3, 0, 6) / 6", "x": "g * (x > -3) * (x < 3) / 6"},
    samples=unary(-5, 5, kinks=[-3.0, 3.0]),
    doc="""
    x / 6 + 1/2, clamped to [0, 1]: an approximation of sigmoid by three straight lines. The derivative at -3 and 3 is 0.

    Example:
        >>> import autograd
        >>> autograd.hardsigmoid(autograd.tensor([-4.0, 0.0, 1.5]))
        tensor([0.0000, 0.5000, 0.7500], dtype=float32)
    """,
)
def _times_sixth(x):
    if type(x) is np.ndarray and x.size > LARGE:
        return _hardswish_of_many(x)
    y = _sixth(x)
    return np.multiply(x, y, out=y if type(y) is np.ndarray else None)


@in_scratch(0)
def _hardswish_of_many(y, x):
    np.add(x, 3, out=y)
    y.clip(0, 6, y)
    y /= 6
    y *= x


def _hardswish_rule(g, x):
    if type(g) is np.ndarray and g.size > LARGE and alike(g, x):
        return _hardswish_slope(g, x)
    return zero_unless(g, ~(x <= -3)) * chosen(~(x >= 3), x / 3 + 0.5, 1.0)


@in_scratch(1)
def _hardswish_slope(y, rest, g, x):
    """With u = x / 3, clamped to [-1, 1], the derivative is u + 1/2, 0 where u = -1, and 1 where u = 1: u + (1 - trunc(u)) / 2."""
    x.clip(-3, 3, y)
    y /= 3
    np.trunc(y, out=rest)
    rest -= 1
    rest *= -0.5
    y += rest
    with np.errstate(invalid="ignore"):
        y *= g
    if np.isnan(np.maximum.reduce(y, None)):  # an infinite gradient times 0 is 0
        y[x <= -3] = 0


hardswish = elementwise(
    "hardswish", lambda x: _times_sixth(_checked_float(x)), x=_hardswish_rule,
    formula={"y": "x * (clip(x + 3, 0, 6) / 6)", "x": "g * where(x < 3, x / 3 + 0.5, 1) * (x > -3)"},
    analytic=False,
    samples=unary(-5, 5, kinks=[-3.0, 3.0]),
    doc="""
    x · hardsigmoid(x). The derivative at -3 is 0, at 3 it is 1.

    Example:
        >>> import autograd
        >>> autograd.hardswish(autograd.tensor([-4.0, 1.0, 5.0]))
        tensor([-0.0000, 0.6667, 5.0000], dtype=float32)
    """,
)
def _above(g, x, threshold):
    """g where x is above the threshold, or nan, and 0 elsewhere."""
    mask = x <= threshold
    return zero_unless(g, np.logical_not(mask, out=mask if type(mask) is np.ndarray else None))


def _threshold(x, threshold, value):
    is_zero = type(value) in (int, float) and value == 0 and math.copysign(1, value) > 0
    if is_zero and type(x) is np.ndarray and x.dtype.char in "fd":
        return _above(x, x, threshold)
    return chosen(~(_checked_ordered(x) <= threshold), x, np.asarray(value, x.dtype))


threshold = elementwise(
    "threshold", _threshold, x=lambda g, x, threshold: _above(g, x, threshold), analytic=False,
    samples=calls(((3, 4), {"threshold": 0.1, "value": 20.0}), ((0,), {"threshold": 0.5, "value": 0.0})),
    formula={"y": "where(x > threshold, x, value)", "x": "g * (x > threshold)"},
    doc="""
    x where x > threshold, and a value elsewhere; nan stays nan.

    Args:
        input: real numbers, any shape.
        threshold: a number.
        value: the number that replaces elements up to the threshold. Their gradient is 0.

    Raises:
        DtypeError: complex numbers or booleans.

    Example:
        >>> import autograd
        >>> autograd.threshold(autograd.tensor([0.5, 1.5]), 1.0, -7.0)
        tensor([-7.0000,  1.5000], dtype=float32)
    """,
)
def _softshrink(x, lambd=0.5):
    if lambd < 0:
        raise ArgumentError(f"lambda must not be negative, and is {lambd}")
    if type(x) is np.ndarray and x.size > LARGE:
        return _softshrink_of_many(_checked_float(x), lambd=lambd)
    return _checked_float(x) - x.clip(-lambd, lambd)


@in_scratch(0)
def _softshrink_of_many(y, x, lambd):
    x.clip(-lambd, lambd, y)
    np.subtract(x, y, out=y)


softshrink = elementwise(
    "softshrink", _softshrink,
    x=lambda g, x, lambd: zero_unless(g, np.abs(x) > lambd), analytic=False,
    samples=calls(((3, 4),), ((6,), {"lambd": 1.0}), Sample(np.array([0.5, -0.5]), kink=True)),
    formula={"y": "maximum(x - lambd, 0) + minimum(x + lambd, 0)"},
    doc="""
    x - lambd where x > lambd, x + lambd where x < -lambd, and 0 between. The derivative at both ends is 0.

    Example:
        >>> import autograd
        >>> autograd.softshrink(autograd.tensor([-2.0, 0.3, 1.0]))
        tensor([-1.5000,  0.0000,  0.5000], dtype=float32)
    """,
)


def _beyond(x, lambd):
    """x where its size is above a number, or nan, and 0 elsewhere."""
    if type(x) is np.ndarray and x.size > LARGE:
        return _beyond_of_many(x, lambd=lambd)
    mask = np.abs(x) <= lambd
    return zero_unless(x, np.logical_not(mask, out=mask if type(mask) is np.ndarray else None))


@in_scratch(1)
def _beyond_of_many(y, factor, x, lambd):
    np.abs(x, out=y)
    mask = np.less_equal(y, lambd)
    factor = factor.view(BITS[x.dtype.char])
    np.copyto(factor, np.logical_not(mask, out=mask))
    np.multiply(x.view(factor.dtype), factor, out=y.view(factor.dtype))


hardshrink = elementwise(
    "hardshrink", lambda x, lambd=0.5: _beyond(_checked_float(x), lambd),
    x=lambda g, x, lambd: zero_unless(g, np.abs(x) > lambd), analytic=False,
    samples=calls(((3, 4),), ((6,), {"lambd": 1.0}), Sample(np.array([0.5, -0.5]), kink=True)),
    formula={"y": "x * (abs(x) > lambd)"},
    doc="""
    x where |x| > lambd, and 0 elsewhere. The derivative at both ends is 0.

    Example:
        >>> import autograd
        >>> autograd.hardshrink(autograd.tensor([-2.0, 0.3, 1.0]))
        tensor([-2.,  0.,  1.], dtype=float32)
    """,
)

# ------------------------------------------------------------------------------------------------------- smooth functions


def _elu(x, alpha=1.0, scale=1.0, input_scale=1.0):
    low = np.expm1(at_most(_checked_float(x), 0) * input_scale)
    low *= alpha
    low += at_least(x, 0)
    return low if scale == 1.0 else low * scale


def _elu_slope(g, x, alpha, scale, input_scale):
    low = np.exp(at_most(x, 0) * input_scale)
    if alpha * input_scale == 1:  # e^0 is the slope above 0, too
        return g * low if scale == 1 else g * (low * scale)
    return zero_unless(g, x > 0) * scale + zero_unless(g, x <= 0) * low * (alpha * scale * input_scale)


elu = elementwise(
    "elu", _elu,
    x=lambda g, x, alpha, scale, input_scale: _elu_slope(g, x, alpha, scale, input_scale),
    analytic=False,
    samples=calls(((3, 4),), ((6,), {"alpha": 0.7}), ((6,), {"alpha": 1.7, "scale": 1.1, "input_scale": 0.8}), ((),)),
    formula={
        "y": "where(x > 0, scale * x, scale * alpha * (exp(input_scale * x) - 1))",
        "x": "g * where(x > 0, scale, scale * alpha * input_scale * exp(input_scale * x))",
    },
    doc="""
    Exponential linear unit: scale · x where x > 0, and scale · alpha · (e^(input_scale x) - 1) elsewhere.

    Args:
        input: floating point numbers, any shape.
        alpha: minus the limit at -∞, up to the scale.
        scale: a factor of the result.
        input_scale: a factor of x in the exponent.

    Raises:
        DtypeError: numbers that are no real floating point numbers.

    Source: Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units, 2015.

    Example:
        >>> import autograd
        >>> autograd.elu(autograd.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000], dtype=float32)
        >>> autograd.func.grad(autograd.elu)(autograd.tensor(-1.0))
        tensor(0.3679, dtype=float32)
    """,
)

SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def gaussian(x):
    """The density of the standard normal distribution."""
    return np.exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi))


_ROOT = math.sqrt(2 / math.pi)


def _gelu(x, approximate="none"):
    """gelu(x) = x Φ(x), and Φ(x): the distribution function of the standard normal distribution, or what a tanh makes of it."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate must be 'none' or 'tanh', not {approximate!r}")
    x = _checked_float(np.asarray(x))
    if x.dtype == np.float16:
        return in_single(_gelu, x, approximate)
    if approximate == "tanh":
        return _tanh_gelu(x)
    if x.dtype == np.float32:
        return gelu_of_float32(x)
    from scipy.special import erf

    share = np.asarray(erf(x * math.sqrt(0.5)))
    share += 1
    share *= 0.5
    return share * x, share


@in_scratch(0, 2)
def _tanh_gelu(y, share, x):
    """Φ(x) = (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2."""
    np.multiply(x, x, out=share)
    share *= 0.044715 * _ROOT
    share += _ROOT
    share *= x
    np.tanh(share, out=share)
    share *= 0.5
    share += 0.5
    np.multiply(share, x, out=y)


def _gelu_slope_rule(g, x, approximate):
    if approximate == "none":
        return g * gaussian(x) * (2 - x * x)
    u, du, ddu = _ROOT * (x + 0.044715 * x * x * x), _ROOT * (1 + 3 * 0.044715 * x * x), _ROOT * 6 * 0.044715 * x
    s = np.tanh(u)
    ds = 1 - s * s
    return g * (ds * du + 0.5 * x * ds * (ddu - 2 * s * du * du))


def _gelu_slope(x, approximate="none", share=None):
    x = np.asarray(x)
    return (_tanh_slope if approximate == "tanh" else _erf_slope)(x, _gelu(x, approximate)[1] if share is None else share)


@in_scratch(1)
def _tanh_slope(y, rest, x, share):
    """Φ + 2 x Φ (1 - Φ) u', with u' = √(2/π) (1 + 3 · 0.044715 x²)."""
    np.multiply(x, x, out=y)
    y *= 6 * 0.044715 * _ROOT
    y += 2 * _ROOT
    y *= x
    y *= share
    y *= np.subtract(1, share, out=rest)
    y += share


@in_scratch(0)
def _erf_slope(y, x, share):
    """Φ(x) + x φ(x)."""
    np.multiply(x, x, out=y)
    y *= -0.5
    np.exp(y, out=y)
    y *= 1 / math.sqrt(2 * math.pi)
    y *= x
    y += share


gelu_slope = elementwise(
    "gelu_slope", _gelu_slope, x=_gelu_slope_rule, analytic=False, samples=calls(((3, 4),), ((3, 4), {"approximate": "tanh"})),
    formula={
        "y": "Phi(x) + x * phi(x) if approximate == 'none' else (1 + t) / 2 + x * (1 - t ** 2) * du / 2; u = sqrt(2 / "
        "pi) * (x + 0.044715 * x ** 3); t = tanh(u); du = sqrt(2 / pi) * (1 + 3 * 0.044715 * x ** 2)",
        "x": "g * phi(x) * (2 - x ** 2) if approximate == 'none' else g * (1 - t ** 2) * (du + x * ddu / 2 - x * t * du "
        "** 2); u = sqrt(2 / pi) * (x + 0.044715 * x ** 3); t = tanh(u); du = sqrt(2 / pi) * (1 + 3 * 0.044715 * x "
        "** 2); ddu = sqrt(2 / pi) * 6 * 0.044715 * x",
    },
    doc="""
    The derivative of gelu, as an op, so that it has a derivative in turn.

    Args:
        x: floating point numbers, any shape.
        approximate: as for gelu.
        share: Φ(x), if the forward of gelu has computed it already.
    """,
)
def _gelu_rule(g, x, share, approximate):
    slope = gelu_slope(x, approximate=approximate, share=share)
    if type(g) is np.ndarray and g.size > LARGE and alike(g, slope):
        slope *= g
        return slope
    return g * slope


gelu = elementwise(
    "gelu", _gelu, extras=("share",), analytic=False,
    x=_gelu_rule,
    samples=calls(((3, 4),), ((3, 4), {"approximate": "tanh"}), ((),), ((0, 2),)),
    errors=lambda: [Sample(np.ones(3), approximate="erf", raises=ValueError, match="'none' or 'tanh'")],
    formula={
        "y": "x * Phi(x) if approximate == 'none' else x * (1 + tanh(u)) / 2; u = sqrt(2 / pi) * (x + 0.044715 * x ** 3)",
        "x": "g * (Phi(x) + x * phi(x)) if approximate == 'none' else g * ((1 + t) / 2 + x * (1 - t ** 2) * du / 2); u "
        "= sqrt(2 / pi) * (x + 0.044715 * x ** 3); t = tanh(u); du = sqrt(2 / pi) * (1 + 3 * 0.044715 * x ** 2)",
    },
    doc="""
    Gaussian error linear unit, x Φ(x), for the distribution function Φ of the standard normal distribution.

    With approximate="tanh", Φ(x) is replaced by (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.

    Raises:
        ValueError: another ``approximate`` than "none" or "tanh".
        DtypeError: numbers that are no real floating point numbers.

    Source: Hendrycks and Gimpel, Gaussian Error Linear Units, 2016.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([-1.0, 0.0, 2.0])
        >>> autograd.gelu(x), autograd.gelu(x, approximate="tanh")
        (tensor([-0.1587,  0.0000,  1.9545], dtype=float32), tensor([-0.1588,  0.0000,  1.9546], dtype=float32))
    """,
)


def logistic(x):
    """1 / (1 + e^-x) of an array or a tensor, without overflow."""
    return (np.tanh(x * 0.5) + 1) * 0.5 if x.dtype.kind == "c" else sigmoid(x)


def _silu_rule(g, x):
    if type(g) is np.ndarray and g.size > LARGE and alike(g, x):
        return _silu_slope(g, x)
    s = logistic(x)
    return g * (s * (1 + x * (1 - s)))


@in_scratch(1)
def _silu_slope(y, s, g, x):
    np.negative(x, out=s)
    with np.errstate(over="ignore"):
        np.exp(s, out=s)
    s += 1
    np.divide(1, s, out=s)
    np.subtract(1, s, out=y)
    y *= x
    y += 1
    y *= s
    y *= g


@np.errstate(over="ignore")  # e^-x may overflow to inf; the quotient is then 0, which is right
def _silu(x):
    if type(x) is np.ndarray and x.size > LARGE:
        return _silu_of_many(_checked_float(x))
    return x / (1 + np.exp(-_checked_float(x)))


@in_scratch(0)
def _silu_of_many(y, x):
    np.negative(x, out=y)
    np.exp(y, out=y)
    y += 1
    np.divide(x, y, out=y)


silu = elementwise(
    "silu", lambda x: _silu(x), x=_silu_rule, analytic=False, samples=unary(-4, 4),
    formula={"y": "x * sigmoid(x)", "x": "g * s * (1 + x * (1 - s)); s = sigmoid(x)"},
    doc="""
    x · s with s = sigmoid(x), also known as swish. The derivative is s (1 + x (1 - s)).

    Source: Elfwing, Uchibe and Doya, Sigmoid-Weighted Linear Units, 2017.

    Example:
        >>> import autograd
        >>> autograd.silu(autograd.tensor([-1.0, 0.0, 2.0]))
        tensor([-0.2689,  0.0000,  1.7616], dtype=float32)
        >>> autograd.func.grad(autograd.silu)(autograd.tensor(0.0))
        tensor(0.5000, dtype=float32)
    """,
)





@in_scratch(1)
def _log_of_sum(y, rest, z):
    """log(1 + e^z)"""
    np.abs(z, out=rest)
    np.negative(rest, out=rest)
    np.exp(rest, out=rest)
    np.log1p(rest, out=rest)
    np.maximum(z, 0, out=y)
    y += rest


def _softplus(x, beta=1.0, threshold=20.0):
    z = _checked_float(x) if beta == 1 else _checked_float(x) * beta
    if type(z) is np.ndarray and z.size > LARGE:
        y = _log_of_sum(z)
    else:
        y = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    if beta != 1:
        y = y / beta
    linear = z > threshold
    return np.where(linear, x, y) if any_of(linear, None) else y


def _softplus_rule(g, x, beta, threshold):
    slope = logistic(x if beta == 1 else x * beta)
    linear = (values(x) if beta == 1 else values(x) * beta) > threshold
    return g * (np.where(linear, 1, slope) if any_of(linear, None) else slope)


softplus = elementwise(
    "softplus", _softplus,
    x=_softplus_rule,
    analytic=False, samples=calls(((3, 4),), ((6,), {"beta": 2.0}), ((6,), {"beta": 3.0, "threshold": 4.0}), ((),)),
    formula={
        "y": "where(beta * x > threshold, x, log(1 + exp(beta * x)) / beta)",
        "x": "g * where(beta * x > threshold, 1, sigmoid(beta * x))",
    },
    doc="""
    log(1 + e^(beta x)) / beta, and x itself where beta · x > threshold. The derivative is sigmoid(beta x).

    Args:
        input: floating point numbers, any shape.
        beta: the larger, the closer the function is to relu.
        threshold: from where on the function is x; the difference is below the precision of the dtype.

    Raises:
        DtypeError: numbers that are no real floating point numbers.

    Example:
        >>> import autograd
        >>> autograd.softplus(autograd.tensor([-1.0, 0.0, 100.0]))
        tensor([  0.3133,   0.6931, 100.0000], dtype=float32)
        >>> autograd.func.grad(autograd.softplus)(autograd.tensor(0.0))
        tensor(0.5000, dtype=float32)
    """,
)
logsigmoid = elementwise(
    "logsigmoid", lambda x: np.minimum(_checked_float(x), 0) - np.log1p(np.exp(-np.abs(x))), x=lambda g, x: g * logistic(-x),
    analytic=False, samples=unary(-4, 4),
    formula={"y": "log(sigmoid(x))"},
    doc="""
    log(sigmoid(x)) = -log(1 + e^-x), accurate also where sigmoid underflows. The derivative is sigmoid(-x).

    Example:
        >>> import autograd
        >>> autograd.logsigmoid(autograd.tensor([-1000.0, 0.0]))
        tensor([-1.0000e+03, -6.9315e-01], dtype=float32)
    """,
)


@in_pieces
def _mish_slope(g, x):
    t, s = np.tanh(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))), logistic(x)
    return g * (t + x * s * (1 - t * t))


mish = elementwise(
    "mish", lambda x: x * np.tanh(_softplus(x)), x=lambda g, x: _mish_slope(g, x), analytic=False, samples=unary(-4, 4),
    formula={"y": "x * tanh(softplus(x))", "x": "g * (t + x * s * (1 - t ** 2)); t = tanh(softplus(x)); s = sigmoid(x)"},
    doc="""
    x · tanh(softplus(x)).

    Source: Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.

    Example:
        >>> import autograd
        >>> autograd.mish(autograd.tensor([-1.0, 0.0, 2.0]))
        tensor([-0.3034,  0.0000,  1.9440], dtype=float32)
    """,
)
softsign = elementwise(
    "softsign", lambda x: x / (1 + np.abs(_checked_real(x))), x=lambda g, x: g / np.square(1 + np.abs(x)), analytic=False,
    samples=unary(),
    doc="""
    x / (1 + |x|). The derivative is 1 / (1 + |x|)².

    Example:
        >>> import autograd
        >>> autograd.softsign(autograd.tensor([-1.0, 0.0, 3.0]))
        tensor([-0.5000,  0.0000,  0.7500], dtype=float32)
    """,
)
tanhshrink = elementwise(
    "tanhshrink", lambda x: x - np.tanh(x), x=lambda g, x: g * np.square(np.tanh(x)), samples=unary(),
    doc="""
    x - tanh(x). The derivative is tanh²(x).

    Example:
        >>> import autograd
        >>> autograd.tanhshrink(autograd.tensor([0.0, 1.0]))
        tensor([0.0000, 0.2384], dtype=float32)
    """,
)

# ------------------------------------------------------------------------------------------------------------ along a dimension


_ALONG = calls(
    ((3, 4), {"dim": 1}), ((3, 4), {"dim": 0}), ((2, 3, 4), {"dim": -2}), ((5,), {"dim": 0}),
    ((0, 3), {"dim": 1}), ((), {"dim": -1}),
)


_largest: Any = np.maximum.reduce  # np.max without its checks, which of ten numbers take longer


def _minus_largest(x, dim):
    """x minus its largest element along a dimension, so that exponentials do not overflow; contiguous."""
    if not x.size:
        return x.copy()
    largest = _largest(_checked_float(x), dim, None, None, True) if type(x) is np.ndarray else np.max(x, axis=dim, keepdims=True)
    return np.asarray(np.subtract(x, largest, order="C"))


def _softmax(x, dim):
    x = np.asarray(x)
    if x.size > rows.MANY and rows.are_rows(dim, x):
        return rows.softmax(x)
    y = _minus_largest(x, dim)
    np.exp(y, out=y)
    y /= sum_over(y, dim, keepdim=True)
    return y


def _softmax_rule(g, y, dim):
    if type(g) is np.ndarray and g.size > rows.BEYOND_CACHE and rows.are_rows(dim, g, y):
        return rows.softmax_rule(g, y)
    return (g - sum_over(g * y, dim, keepdim=True)) * y


softmax = op(
    "softmax", _softmax, x=_softmax_rule,
    samples=_ALONG,
    analytic=False,
    formula={"y": "exp(x) / sum(exp(x), dim)", "x": "(g - sum(g * y, dim)) * y"},
    doc="""
    y = e^x / Σ e^x along a dimension: positive numbers that sum to 1, without overflow. The gradient is y (g - Σ g y).

    Raises:
        DtypeError: numbers that are no real floating point numbers. IndexError: a dimension that x does not have.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.0, 0.0, 1000.0, 1000.0], requires_grad=True)
        >>> y = autograd.softmax(x, dim=0)
        >>> y[2].backward()
        >>> y.tolist(), x.grad.tolist()
        ([0.0, 0.0, 0.5, 0.5], [-0.0, -0.0, 0.25, -0.25])
    """,
)


def _log_softmax(x, dim):
    x = np.asarray(x)
    if rows.is_long_way(dim, x):
        return rows.log_softmax(x)
    y = _minus_largest(x, dim)
    y -= np.log(sum_over(np.exp(y), dim, keepdim=True))
    return y


def _log_softmax_rule(g, y, dim):
    if type(g) is np.ndarray and g.size > rows.BEYOND_CACHE and rows.are_rows(dim, g, y):
        return rows.log_softmax_rule(g, y)
    return g - np.exp(y) * sum_over(g, dim, keepdim=True)


log_softmax = op(
    "log_softmax", _log_softmax, x=_log_softmax_rule, analytic=False,
    samples=_ALONG,
    formula={"y": "x - log(sum(exp(x), dim))", "x": "g - exp(y) * sum(g, dim)"},
    doc="""
    y = x - log Σ e^x along a dimension: the logarithm of softmax, without overflow or underflow. The gradient is g - e^y Σ g.

    Raises:
        DtypeError: numbers that are no real floating point numbers. IndexError: a dimension that x does not have.

    Example:
        >>> import autograd
        >>> autograd.log_softmax(autograd.tensor([0.0, -1000.0]), dim=0)
        tensor([    0., -1000.], dtype=float32)
    """,
)
