"""Arithmetic, powers, exponentials and logarithms, element by element. Each paragraph declares one op."""

from __future__ import annotations

import math

import numpy as np

from ...engine.op import Sample, elementwise
from ...engine.samples import binary, draw, mismatched, unary
from ...errors import DtypeError, demand_equal_dtypes
from ..rules import LARGE, alike, divided_or_zero, in_scratch, shared, zeros_like
from .comparison import where


def complex_too(samples):
    """The samples of a holomorphic function, with two calls on complex numbers added."""
    return lambda: [*samples(), Sample(draw((3, 2), 0.2, 0.8) + 1j * draw((3, 2), -0.7, 0.7, 1)), Sample(np.array(0.6 - 0.3j))]


# ------------------------------------------------------------------------------------------------------------- arithmetic

add = elementwise(
    "add", np.add, a=lambda g: g, b=lambda g: g, linear=True, samples=binary(), errors=mismatched(),
    doc="""
    Sum. The operands broadcast; the gradient of each is summed back to its own shape.

    Example:
        >>> import autograd
        >>> a, b = autograd.tensor([[1.0], [2.0]], requires_grad=True), autograd.tensor([10.0, 20.0])
        >>> y = a + b
        >>> y.sum().backward()
        >>> y.tolist(), a.grad.tolist()
        ([[11.0, 21.0], [12.0, 22.0]], [[2.0], [2.0]])
    """,
)
sub = elementwise(
    "sub", np.subtract, a=lambda g: g, b=lambda g: -g, linear=True, samples=binary(), errors=mismatched(),
    doc="""
    Difference. The operands broadcast.

    Example:
        >>> import autograd
        >>> b = autograd.tensor([0.5, 1.0], requires_grad=True)
        >>> (3.0 - b).sum().backward()
        >>> b.grad
        tensor([-1., -1.], dtype=float32)
    """,
)
mul = elementwise(
    "mul", np.multiply, a=lambda g, b: g * b, b=lambda g, a: g * a, multilinear=True, samples=binary(), errors=mismatched(),
    doc="""
    Product, ``input * other``. The operands broadcast; the derivative by each is the other.

    Example:
        >>> import autograd
        >>> a, b = (autograd.tensor(v, requires_grad=True) for v in (2.0, 5.0))
        >>> autograd.mul(a, b).backward()
        >>> a.grad.item(), b.grad.item()
        (5.0, 2.0)
    """,
)
div = elementwise(
    "div", np.true_divide, a=lambda g, b: g / b, b=lambda g, a, b: -g * a / (b * b),
    samples=binary(second=(0.5, 2.0)), errors=mismatched(),
    doc="""
    Quotient a / b. The derivatives are 1 / b and -a / b².

    Example:
        >>> import autograd
        >>> a, b = (autograd.tensor(v, requires_grad=True) for v in (3.0, 2.0))
        >>> (a / b).backward()
        >>> a.grad.item(), b.grad.item()
        (0.5, -0.75)
    """,
)
neg = elementwise(
    "neg", np.negative, x=lambda g: -g, linear=True, samples=complex_too(unary()),
    doc="""
    Negative, -x.

    Example:
        >>> import autograd
        >>> autograd.neg(autograd.tensor([1.0, -2.0]))
        tensor([-1.,  2.], dtype=float32)
    """,
)
positive = elementwise(
    "positive", np.positive, x=lambda g: g, linear=True, samples=complex_too(unary()),
    doc="""
    +x: a copy of x.

    Example:
        >>> import autograd
        >>> autograd.positive(autograd.tensor([1, -2]))
        tensor([ 1, -2], dtype=int64)
    """,
)
reciprocal = elementwise(
    "reciprocal", np.reciprocal, x=lambda g, y: -g * y * y, samples=complex_too(unary(0.3, 3)),
    doc="""
    1 / x; the derivative is -1 / x².

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 4.0])
        >>> autograd.reciprocal(x), autograd.func.grad(autograd.reciprocal)(x[1])
        (tensor([1.0000, 0.2500], dtype=float32), tensor(-0.0625, dtype=float32))
    """,
)
square = elementwise(
    "square", np.square, x=lambda g, x: 2 * g * x, samples=complex_too(unary()),
    doc="""
    x²; the derivative is 2 x.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([-3.0, 2.0])
        >>> autograd.square(x), autograd.func.grad(autograd.square)(x[0])
        (tensor([9., 4.], dtype=float32), tensor(-6., dtype=float32))
    """,
)


# ------------------------------------------------------------------------------------------ absolute value, sign, maximum


def _complex_samples():
    return [Sample(draw((3, 4)) + 1j * draw((3, 4), seed=1)), Sample(np.array(1.5 - 2j))]


def _abs_rule(g, x):
    s = np.sign(x)
    return g * np.conjugate(s) if s.dtype.kind == "c" else g * s


def _sign_rule(g, x):
    if x.dtype.kind != "c":
        return zeros_like(g)
    y, size = np.sign(x), np.abs(x)
    zero = np.equal(size, 0)
    return where(zero, 0, (g - np.real(g * y) * np.conjugate(y)) / where(zero, 1, size))


abs = elementwise(
    "abs", np.absolute, x=_abs_rule, analytic=False, samples=lambda: [*unary(kinks=[0.0])(), *_complex_samples()],
    formula={"x": "g * conj(sign(x))"},
    doc="""
    Absolute value |x|; of a complex number √(re² + im²), which is real. The derivative is sign(x), at 0 it is 0.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([-2.0, 0.0, 3.0], requires_grad=True)
        >>> autograd.abs(x).sum().backward()
        >>> x.grad
        tensor([-1.,  0.,  1.], dtype=float32)
        >>> autograd.abs(autograd.tensor(3 - 4j))
        tensor(5., dtype=float32)
    """,
)
fabs = elementwise(
    "fabs", np.fabs, x=lambda g, x: g * np.sign(x), analytic=False, samples=unary(kinks=[0.0]),
    doc="""
    Absolute value of real numbers, as a floating point number also for integers. The derivative at 0 is 0.

    Example:
        >>> import autograd
        >>> autograd.fabs(autograd.tensor([-2, 3]))
        tensor([2., 3.], dtype=float64)
    """,
)
sign = elementwise(
    "sign", np.sign, x=_sign_rule, analytic=False, samples=lambda: [*unary(kinks=[0.0])(), *_complex_samples()],
    formula={"x": "0 * g if is_real(x) else (g - real(g * y) * conj(y)) / abs(x)"},
    doc="""
    Sign of x: -1, 0 or 1. Of a complex number it is x / |x|, and 0 at 0. The derivative for real numbers is 0.

    Example:
        >>> import autograd
        >>> autograd.sign(autograd.tensor([-2.0, 0.0, 3.0]))
        tensor([-1.,  0.,  1.], dtype=float32)
        >>> autograd.sgn(autograd.tensor(3 + 4j))
        tensor(0.6000+0.8000j, dtype=complex64)
    """,
)
maximum = elementwise(
    "maximum", np.maximum,
    a=lambda g, a, b: shared(g, ~(a <= b), a == b),
    b=lambda g, a, b: shared(g, ~(b <= a), a == b),
    formula={"a": "where(a > b, g, 0) + where(a == b, g / 2, 0)", "b": "where(b > a, g, 0) + where(a == b, g / 2, 0)"},
    analytic=False, samples=binary(kinks=[(1.0, 1.0)]), errors=mismatched(),
    doc="""
    The greater of two numbers; nan if either is nan. Where they are equal each gets half of the gradient.

    Example:
        >>> import autograd
        >>> a, b = autograd.tensor([1.0, 5.0, 3.0], requires_grad=True), autograd.tensor([4.0, 2.0, 3.0])
        >>> y = autograd.maximum(a, b)
        >>> y.sum().backward()
        >>> y.tolist(), a.grad.tolist()
        ([4.0, 5.0, 3.0], [0.0, 1.0, 0.5])
    """,
)
minimum = elementwise(
    "minimum", np.minimum,
    a=lambda g, a, b: shared(g, ~(a >= b), a == b),
    b=lambda g, a, b: shared(g, ~(b >= a), a == b),
    formula={"a": "where(a < b, g, 0) + where(a == b, g / 2, 0)", "b": "where(b < a, g, 0) + where(a == b, g / 2, 0)"},
    analytic=False, samples=binary(kinks=[(1.0, 1.0)]), errors=mismatched(),
    doc="""
    The smaller of two numbers; nan if either is nan. Where they are equal each gets half of the gradient.

    Example:
        >>> import autograd
        >>> autograd.minimum(autograd.tensor([1.0, 5.0]), autograd.tensor([4.0, autograd.nan]))
        tensor([1., nan], dtype=float32)
    """,
)
angle = elementwise(
    "angle", lambda x: np.angle(x), x=lambda g, x: -1j * divided_or_zero(g, x) if x.dtype.kind == "c" else zeros_like(g),
    analytic=False,
    samples=lambda: [*unary()(), *_complex_samples(), Sample(np.zeros(2, complex), kink=True)],
    formula={"x": "0 * g if is_real(x) else -1j * g / x"},
    doc="""
    Angle of a complex number, in (-π, π]. Of a real number it is 0 or π. The gradient at 0 is 0.

    Example:
        >>> import autograd
        >>> autograd.angle(autograd.tensor([1 + 1j, -2 + 0j]))
        tensor([0.7854, 3.1416], dtype=float32)
    """,
)


# -------------------------------------------------------------------------------------- interpolation, sums of products


def _three_operands(low):
    x, a, b = draw((3, 4)), draw((4,), seed=1), draw((3, 1), low, 2.0, 2)
    return [Sample(x, a, b), Sample(x, a, b, value=0.5)]


def _lerp(a, b, weight):
    if type(a) is type(b) is np.ndarray and a.dtype is not b.dtype:
        demand_equal_dtypes("lerp", a, b)
    if type(a) is np.ndarray and a.dtype == np.float16:  # b - a may be too large for float16 where the result is not
        return (a + weight * (np.asarray(b, np.float32) - a)).astype(np.result_type(a, b, weight))
    return a + weight * (b - a)


lerp = elementwise(
    "lerp", _lerp, a=lambda g, weight: g * (1 - weight), b=lambda g, weight: g * weight,
    weight=lambda g, a, b: g * (b - a), argument_names=("input", "end", "weight"),
    samples=lambda: [Sample(draw((3, 4)), draw((4,), seed=1), 0.3), Sample(draw((3,)), draw((3,), seed=1), draw((2, 1), seed=2))],
    formula={"y": "a + weight * (b - a)"},
    doc="""
    Linear interpolation, a + weight · (b - a): a for weight 0, b for weight 1.

    Args:
        input, end: the two ends, a and b.
        weight: a number, or a tensor. The three shapes broadcast.

    Example:
        >>> import autograd
        >>> autograd.lerp(autograd.tensor([0.0, 10.0]), autograd.tensor([4.0, 20.0]), 0.25)
        tensor([ 1.0000, 12.5000], dtype=float32)
    """,
)
addcmul = elementwise(
    "addcmul", lambda x, a, b, value=1: x + value * a * b, x=lambda g: g, a=lambda g, b, value: g * b * value,
    b=lambda g, a, value: g * a * value, argument_names=("input", "tensor1", "tensor2"),
    samples=lambda: _three_operands(-2.0),
    doc="""
    ``input + value * tensor1 * tensor2``.

    Args:
        input, tensor1, tensor2: shapes that broadcast.
        value: a number.

    Example:
        >>> import autograd
        >>> x, a, b = autograd.tensor([1.0, 1.0]), autograd.tensor([2.0, 3.0]), autograd.tensor([4.0, 5.0])
        >>> autograd.addcmul(x, a, b, value=0.5)
        tensor([5.0000, 8.5000], dtype=float32)
    """,
)
addcdiv = elementwise(
    "addcdiv", lambda x, a, b, value=1: x + value * a / b, x=lambda g: g, a=lambda g, b, value: g / b * value,
    b=lambda g, a, b, value: -g * a / (b * b) * value, argument_names=("input", "tensor1", "tensor2"),
    samples=lambda: _three_operands(0.5),
    doc="""
    ``input + value * tensor1 / tensor2``.

    Args:
        input, tensor1, tensor2: shapes that broadcast.
        value: a number.

    Example:
        >>> import autograd
        >>> x, a, b = autograd.tensor([1.0, 1.0]), autograd.tensor([2.0, 3.0]), autograd.tensor([4.0, 5.0])
        >>> autograd.addcdiv(x, a, b, value=-1)
        tensor([0.5000, 0.4000], dtype=float32)
    """,
)


# ----------------------------------------------------------------------------------------------------------------- powers


_PRODUCTS_UP_TO = 16  # up to this integer exponent, products are as accurate as needed and much faster than np.power


def _pow(a, b):
    try:
        if type(a) is np.ndarray and (type(b) is int or type(b) is float) and a.ndim and a.dtype.kind in "fc" and a.itemsize > 2:
            return _number_power(a, b)
        return a**b if type(a) is np.ndarray or type(b) is np.ndarray else np.power(a, b)
    except ValueError as error:
        if "negative integer" in str(error):
            raise DtypeError("integers to negative integer powers are not allowed: convert the base with .float()") from None
        raise


def _number_power(a, b):
    """a ** b for a number b; for an integer, products and a quotient."""
    n = int(b) if -_PRODUCTS_UP_TO <= b <= _PRODUCTS_UP_TO else 0
    if n == 0 or n != b:
        return a**b
    y = _product_power(a, -n if n < 0 else n)
    if n < 0:
        return np.divide(1, y, out=None if y is a else y)
    return y.copy() if y is a else y


def _product_power(a, n):
    """a ** n for an integer n >= 1, by squaring: a ** 5 is (a²)² a. For n = 1 it is a itself."""
    y = a
    for bit in bin(n)[3:]:  # the binary digits of n after the first
        y = np.multiply(y, y, out=None if y is a else y)
        if bit == "1":
            y *= a
    return y


def _base_rule(g, a, b):
    if type(b) is int or type(b) is float:
        if b == 2:
            return g * (2 * a)
        return zeros_like(g) if b == 0 else g * (b * pow(a, b - 1))
    is_zero = np.equal(b, 0)
    return g * np.where(is_zero, 0, b * a ** np.where(is_zero, 1, b - 1))


def _exponent_rule(g, a, b, y):
    if isinstance(a, int | float) and a > 0:
        return g * y * math.log(a)
    # 0 ** b is constant for b >= 0, and log(0) is infinite: the base is replaced by 1, whose logarithm is 0.
    return g * y * _log(np.where(np.equal(a, 0) & (np.real(b) >= 0), 1, a), y)


def _log(a, y):
    """The logarithm of the base of a power y. Where y is complex so is the logarithm: a negative base has no real one."""
    return np.log(a * (1 + 0j) if y.dtype.kind == "c" else a)


def _complex_exponent_sample():
    return Sample(draw((3,), 0.3, 2.0), draw((3,)) + 1j * draw((3,), seed=1))


def _pow_samples():
    yield from binary(0.3, 2.0, second=(-2.0, 2.0))()
    for b in (2, 3, 2.0, -1.0, 0.5, 0, 1):
        yield Sample(draw((3,), 0.3, 2.0), b)
    for b in (2, 3, 2.0, 3.0, -1.0, 0, 1):
        yield Sample(np.array([-1.5, 0.5, -0.3]), b)
    yield Sample(2.0, draw((3,)))
    yield _complex_exponent_sample()
    yield Sample(np.array([2, 3]), 2)
    for b in (0.0, 1.0, 2.0, 0.5, -1.0):
        yield Sample(np.zeros(2), np.full(2, b), kink=True)
    yield Sample(draw((3,), 0.5, 1.5) + 1j * draw((3,), seed=1), draw((3,), seed=2) + 0.5j)


pow = elementwise(
    "pow", _pow, a=_base_rule, b=_exponent_rule, argument_names=("input", "exponent"), numpy=np.power, samples=_pow_samples,
    errors=lambda: [*mismatched()(), Sample(np.array([2]), np.array([-1]), raises=TypeError, match="negative integer powers")],
    formula={"y": "a ** b", "a": "where(b == 0, 0, g * b * a ** (b - 1))", "b": "where(a == 0, 0, g * y * log(a))"},
    doc="""
    Power, ``input ** exponent``.

    The derivatives are b a^(b-1) by the base a, and y log(a) by the exponent b. The derivative of a ** 0 by a is 0, also at a = 0;
    that of 0 ** b by b is 0 for b >= 0.

    Raises:
        DtypeError: an integer base with a negative integer exponent.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.0, 2.0], requires_grad=True)
        >>> autograd.pow(x, 3).sum().backward()
        >>> x.grad
        tensor([ 0., 12.], dtype=float32)
    """,
)
float_power = elementwise(
    "float_power", np.float_power, a=_base_rule, b=_exponent_rule, argument_names=("input", "exponent"),
    samples=lambda: [*binary(0.3, 2.0, second=(-2.0, 2.0))(), _complex_exponent_sample()],
    errors=mismatched(),
    formula={"y": "a ** b", "a": "where(b == 0, 0, g * b * a ** (b - 1))", "b": "where(a == 0, 0, g * y * log(a))"},
    doc="""
    Power, ``input ** exponent``, always computed in double precision. Each gradient has its operand's dtype.

    Example:
        >>> import autograd
        >>> autograd.float_power(autograd.tensor([2, 4]), -0.5)
        tensor([0.7071, 0.5000], dtype=float64)
    """,
)
sqrt = elementwise(
    "sqrt", np.sqrt, x=lambda g, y: g / (2 * y), samples=complex_too(unary(0.2, 3, kinks=[0.0])),
    doc="""
    Square root. The derivative is 1 / (2 √x), which is infinite at 0. A negative real number gives nan.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.25, 4.0], requires_grad=True)
        >>> y = autograd.sqrt(x)
        >>> y.sum().backward()
        >>> y.tolist(), x.grad.tolist()
        ([0.5, 2.0], [1.0, 0.25])
    """,
)
rsqrt = elementwise(
    "rsqrt", lambda x: 1 / np.sqrt(x), x=lambda g, y: -0.5 * g * y * y * y, samples=complex_too(unary(0.2, 3)),
    doc="""
    1 / √x; the derivative is -1 / (2 x √x).

    Example:
        >>> import autograd
        >>> x = autograd.tensor(4.0)
        >>> autograd.rsqrt(x), autograd.func.grad(autograd.rsqrt)(x)
        (tensor(0.5000, dtype=float32), tensor(-0.0625, dtype=float32))
    """,
)
cbrt = elementwise(
    "cbrt", np.cbrt, x=lambda g, y: g / (3 * y * y), analytic=False, samples=unary(0.2, 3),
    doc="""
    Cube root, of negative numbers too. The derivative is 1 / (3 y²).

    Example:
        >>> import autograd
        >>> autograd.cbrt(autograd.tensor([-2.0, 10.0]))
        tensor([-1.2599,  2.1544], dtype=float32)
    """,
)
def _hypot(a, b):
    if type(a) is type(b) is np.ndarray and a.dtype == b.dtype == np.float32 and a.size > 256:
        with np.errstate(all="ignore"):
            y = a * a
            y += b * b
        if y.min() > 1e-30 and y.max() < 1e37:  # the squares neither underflow nor overflow, and nothing is nan
            return np.sqrt(y, out=y)
    return np.hypot(a, b)


hypot = elementwise(
    "hypot", _hypot, numpy=np.hypot,
    a=lambda g, a, y: divided_or_zero(g * a, y), b=lambda g, b, y: divided_or_zero(g * b, y), analytic=False,
    formula={"y": "sqrt(a ** 2 + b ** 2)"}, samples=binary(0.3, 2.0, kinks=[(0.0, 0.0)]), errors=mismatched(),
    doc="""
    y = √(input² + other²), without overflow. The derivatives are input / y and other / y, and 0 at (0, 0).

    Example:
        >>> import autograd
        >>> a, b = (autograd.tensor(v, requires_grad=True) for v in (3.0, 4.0))
        >>> y = autograd.hypot(a, b)
        >>> y.backward()
        >>> y.item(), a.grad, b.grad
        (5.0, tensor(0.6000, dtype=float32), tensor(0.8000, dtype=float32))
    """,
)





# ---------------------------------------------------------------------------------------------- exponentials and logarithms

_LN2, _LN10 = float(np.log(2.0)), float(np.log(10.0))

exp = elementwise(
    "exp", np.exp, x=lambda g, y: g * y, samples=complex_too(unary()),
    doc="""
    Exponential function e^x, which is its own derivative.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.0, 1.0])
        >>> autograd.exp(x), autograd.func.grad(autograd.exp)(x[1])
        (tensor([1.0000, 2.7183], dtype=float32), tensor(2.7183, dtype=float32))
    """,
)
exp2 = elementwise(
    "exp2", np.exp2, x=lambda g, y: g * y * _LN2, samples=complex_too(unary()),
    doc="""
    2^x; the derivative is 2^x log 2.

    Example:
        >>> import autograd
        >>> autograd.exp2(autograd.tensor([-1.0, 0.0, 3.0]))
        tensor([0.5000, 1.0000, 8.0000], dtype=float32)
        >>> autograd.func.grad(autograd.exp2)(autograd.tensor(0.0))
        tensor(0.6931, dtype=float32)
    """,
)
expm1 = elementwise(
    "expm1", np.expm1, x=lambda g, y: g * (y + 1), samples=complex_too(unary()),
    doc="""
    e^x - 1, accurate for small x. The derivative is e^x.

    Example:
        >>> import autograd
        >>> x = autograd.tensor(1e-10)
        >>> autograd.expm1(x).item() > 0, (autograd.exp(x) - 1).item() > 0
        (True, False)
    """,
)
log = elementwise(
    "log", np.log, x=lambda g, x: g / x, samples=complex_too(unary(0.2, 3)),
    doc="""
    Natural logarithm; the derivative is 1 / x. It is -inf at 0, and nan for negative real numbers.

    Example:
        >>> import autograd
        >>> autograd.log(autograd.tensor([1.0, 10.0]))
        tensor([0.0000, 2.3026], dtype=float32)
        >>> autograd.func.grad(autograd.log)(autograd.tensor(4.0))
        tensor(0.2500, dtype=float32)
    """,
)
log2 = elementwise(
    "log2", np.log2, x=lambda g, x: g / (x * _LN2), samples=complex_too(unary(0.2, 3)),
    doc="""
    Logarithm to base 2; the derivative is 1 / (x log 2).

    Example:
        >>> import autograd
        >>> autograd.log2(autograd.tensor([0.5, 8.0]))
        tensor([-1.,  3.], dtype=float32)
    """,
)
log10 = elementwise(
    "log10", np.log10, x=lambda g, x: g / (x * _LN10), samples=complex_too(unary(0.2, 3)),
    doc="""
    Logarithm to base 10; the derivative is 1 / (x log 10).

    Example:
        >>> import autograd
        >>> autograd.log10(autograd.tensor([0.5, 50.0]))
        tensor([-0.3010,  1.6990], dtype=float32)
    """,
)
log1p = elementwise(
    "log1p", np.log1p, x=lambda g, x: g / (1 + x), samples=complex_too(unary(-0.7, 3)),
    doc="""
    log(1 + x), accurate for small x. The derivative is 1 / (1 + x).

    Example:
        >>> import autograd
        >>> x = autograd.tensor(1e-10)
        >>> autograd.log1p(x).item() > 0, autograd.log(1 + x).item() > 0
        (True, False)
    """,
)


# e^-x may overflow to inf; then 1 / (1 + inf) is 0, which is right. Clipping, or a branch on the sign, would cost more, and a with
# statement twice as much as the decorator.
@np.errstate(over="ignore")
def _logistic(x):
    if x.dtype.kind == "c":  # where it overflows, inf + nan j: so only e^x of a negative real part is computed
        left = np.less(x.real, 0)
        e = np.exp(np.where(left, x, -x))
        return np.where(left, e, 1) / (1 + e)
    if type(x) is not np.ndarray or x.size < 4096 or x.dtype.kind != "f":
        return 1 / (1 + np.exp(-x))
    y = np.negative(x)
    np.exp(y, out=y)
    y += 1
    return np.divide(1, y, out=y)


def _sigmoid_rule(g, y):
    many = type(g) is np.ndarray and g.size > LARGE and alike(g, y)
    return _sigmoid_slope(g, y) if many else g * (y * (1 - y))


@in_scratch(0)
def _sigmoid_slope(z, g, y):
    np.subtract(1, y, out=z)
    z *= y
    z *= g


sigmoid = elementwise(
    "sigmoid", lambda x: _logistic(x), x=_sigmoid_rule, samples=complex_too(unary(-4, 4)),
    formula={"y": "1 / (1 + exp(-x))", "x": "g * (y * (1 - y))"},
    doc="""
    Logistic function y = 1 / (1 + e^-x), without overflow. The derivative is y (1 - y).

    Example:
        >>> import autograd
        >>> autograd.sigmoid(autograd.tensor([-1000.0, 0.0, 2.0]))
        tensor([0.0000, 0.5000, 0.8808], dtype=float32)
        >>> autograd.func.grad(autograd.sigmoid)(autograd.tensor(0.0))
        tensor(0.2500, dtype=float32)
    """,
)


def share(a, b):
    """e^a / (e^a + e^b), and 0 where a is -inf. Of a and b, because the logarithm of the sum loses log 2 where both are large."""
    with np.errstate(invalid="ignore"):  # -inf - -inf, which np.where does not take
        return sigmoid(np.where(np.equal(a, -np.inf), a, a - b))


def _log_sum(ufunc, exponential, unit):
    """The forward of logaddexp and logaddexp2: the larger of a and b, and log(1 + e^-|a - b|) times a unit."""

    def forward(a, b):
        if not (type(a) is type(b) is np.ndarray and a.dtype == b.dtype and a.dtype.char in "fd" and a.size > 256):
            return ufunc(a, b)
        with np.errstate(all="ignore"):  # inf - inf
            d = np.subtract(a, b)
            np.abs(d, out=d)
            np.negative(d, out=d)
            exponential(d, out=d)
            np.log1p(d, out=d)
            if unit != 1:
                d *= unit
        # The difference of equal infinities is nan, which counts as 0; the larger one is nan where a or b is.
        return np.add(np.maximum(a, b), np.fmax(d, 0, out=d), out=d)

    return forward


logaddexp = elementwise(
    "logaddexp", _log_sum(np.logaddexp, np.exp, 1), numpy=np.logaddexp,
    a=lambda g, a, b: g * share(a, b), b=lambda g, a, b: g * share(b, a),
    analytic=False,
    samples=binary(), errors=mismatched(),
    formula={"y": "log(exp(a) + exp(b))", "a": "g * exp(a) / (exp(a) + exp(b))", "b": "g * exp(b) / (exp(a) + exp(b))"},
    doc="""
    log(e^a + e^b) of a = input and b = other, without overflow. The derivatives are e^a / (e^a + e^b) and e^b / (e^a + e^b).

    Example:
        >>> import autograd
        >>> a, b = (autograd.tensor(v, requires_grad=True) for v in (1000.0, 1000.0))
        >>> y = autograd.logaddexp(a, b)
        >>> y.backward()
        >>> y.detach(), a.grad, b.grad
        (tensor(1000.6932, dtype=float32), tensor(0.5000, dtype=float32), tensor(0.5000, dtype=float32))
    """,
)
logaddexp2 = elementwise(
    "logaddexp2", _log_sum(np.logaddexp2, np.exp2, 1 / _LN2), numpy=np.logaddexp2,
    a=lambda g, a, b: g * share(a * _LN2, b * _LN2), b=lambda g, a, b: g * share(b * _LN2, a * _LN2),
    analytic=False, samples=binary(), errors=mismatched(),
    formula={"y": "log(2 ** a + 2 ** b) / log(2)", "a": "g * 2 ** a / (2 ** a + 2 ** b)", "b": "g * 2 ** b / (2 ** a + 2 ** b)"},
    doc="""
    log2(2^a + 2^b) of a = input and b = other, without overflow. The derivatives are 2^a / (2^a + 2^b) and 2^b / (2^a + 2^b).

    Example:
        >>> import autograd
        >>> autograd.logaddexp2(autograd.tensor([3.0, 2000.0]), 3.0)
        tensor([   4., 2000.], dtype=float32)
    """,
)
