"""Functions that work element by element: arithmetic, comparisons, trigonometry, rounding, under PyTorch's and NumPy's names.

Most of them are an op itself. A few have a parameter more than the op.
"""

from __future__ import annotations

import builtins
from typing import Any
from warnings import warn

import numpy as np

from ..engine.graph import array_of, make
from ..engine.recording import alias, operand, recorded, recorded_tuple
from ..engine.values.dtypes import number_as
from ..errors import ArgumentError, DtypeError
from ..ops import shape
from ..ops.elementwise import arithmetic, comparison, rounding, trigonometric
from ..ops.elementwise import complex as complex_
from ..types import ArrayLike, Number, Tensor, TensorLike
from .creation import is_tensor

# ------------------------------------------------------------------------------------------------------------- arithmetic
# The ops themselves, which the operators +, - and / call: a call without keywords costs less.
plus = recorded(arithmetic.add)
minus = recorded(arithmetic.sub)
divided = recorded(arithmetic.div)


def addcmul(
    input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *last: TensorLike, value: TensorLike = 1
) -> Tensor:  # fmt: skip
    """``input + value * tensor1 * tensor2``.

    Args:
        input, tensor1, tensor2: shapes that broadcast.
        value: a number, by name.
        last: tensor2 in PyTorch's older form, in which value stands before tensor1.

    Example:
        >>> import autograd
        >>> x, a, b = autograd.tensor([1.0, 1.0]), autograd.tensor([2.0, 3.0]), autograd.tensor([4.0, 5.0])
        >>> autograd.addcmul(x, a, b, value=-1)
        tensor([ -7., -14.], dtype=float32)
    """
    if last:  # PyTorch's older form: addcmul(input, value, tensor1, tensor2)
        warn("This overload of addcmul is deprecated: pass value by name, after the tensors", UserWarning, stacklevel=2)
        value, tensor1, tensor2 = tensor1, tensor2, *last
    return _addcmul(input, tensor1, tensor2, value=value)


def addcdiv(
    input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *last: TensorLike, value: TensorLike = 1
) -> Tensor:  # fmt: skip
    """``input + value * tensor1 / tensor2``.

    Args:
        input, tensor1, tensor2: shapes that broadcast.
        value: a number, by name.
        last: tensor2 in PyTorch's older form, in which value stands before tensor1.

    Raises:
        DtypeError: integers only.

    Example:
        >>> import autograd
        >>> x, a, b = autograd.tensor([1.0, 1.0]), autograd.tensor([2.0, 3.0]), autograd.tensor([4.0, 5.0])
        >>> autograd.addcdiv(x, a, b, value=-1)
        tensor([0.5000, 0.4000], dtype=float32)
    """
    if last:  # PyTorch's older form: addcdiv(input, value, tensor1, tensor2)
        warn("This overload of addcdiv is deprecated: pass value by name, after the tensors", UserWarning, stacklevel=2)
        value, tensor1, tensor2 = tensor1, tensor2, *last
    if _kinds(input, tensor1, tensor2) <= {"b", "i", "u"}:
        raise DtypeError(
            "Integer division with addcdiv is no longer supported: write input + value * (tensor1 / tensor2), or use "
            "div(rounding_mode='trunc')"
        )
    return _addcdiv(input, tensor1, tensor2, value=value)


def _kinds(*operands: TensorLike) -> set[str]:
    """The kinds of dtypes among the operands: "f" for floating point, and so on, as in NumPy."""
    return {np.asarray(array_of(x)).dtype.kind for x in operands}


def check_factor(name: str, factor: Any, kinds: set[str]) -> None:
    """Raise if a factor such as ``alpha`` is of a higher kind than all of the tensors that it goes with, as in PyTorch.

    Raises:
        DtypeError: True or False for numbers, a fraction for integers, or a complex number for real ones.
    """
    if isinstance(factor, bool | np.bool_):
        if kinds != {"b"}:
            raise DtypeError(f"Boolean {name} only supported for Boolean results: pass {name}={int(factor)}")
    elif isinstance(factor, float | np.floating):
        if kinds <= {"b", "i", "u"}:
            raise DtypeError(f"For integral input tensors, argument {name} must not be a floating point number, but it is {factor}")
    elif isinstance(factor, builtins.complex | np.complexfloating) and "c" not in kinds:
        raise DtypeError(f"For non-complex input tensors, argument {name} must not be a complex number, but it is {factor}")


def _times(x: Any, factor: Number, beside: Any = None) -> TensorLike:
    """x * factor. For two Python numbers it is a Python number, which takes the dtype of the tensor that it meets later.

    A negative factor of unsigned integers counts from their end, as in PyTorch: a + (-1) * b is a - b.
    """
    if isinstance(factor, int) and factor < 0 and is_tensor(x) and x.array.dtype.kind == "u":
        dtype = np.result_type(x.array, getattr(beside, "array", x.array))
        return x.to(dtype) * (make(number_as(factor, dtype, "alpha")) if dtype.kind == "u" else factor)
    return x * factor


def add(input: TensorLike, other: TensorLike, *last: TensorLike, alpha: Number = 1) -> Tensor:
    """input + alpha * other.

    Args:
        input: any shape.
        other: of a shape that broadcasts with the input's.
        last: other in PyTorch's older form, in which alpha stands before it.
        alpha: the factor of other.

    Raises:
        DtypeError: a factor that is no integer for integers, or complex for real numbers.

    Example:
        >>> import autograd
        >>> autograd.add(autograd.tensor([1.0, 2.0]), autograd.tensor([10.0, 20.0]), alpha=0.5)
        tensor([ 6., 12.], dtype=float32)
    """
    if last:
        warn("This overload of add is deprecated: pass alpha by name, after the tensors", UserWarning, stacklevel=2)
        factor: Any = other
        alpha, other = factor.item() if is_tensor(factor) else factor, *last
        alpha = 1 if alpha is True else alpha
    if alpha == 1 and alpha is not True:
        return plus(input, other)
    kinds = _kinds(input, other)
    check_factor("alpha", alpha, kinds)
    return plus(input, _times(other, bool(alpha) if kinds == {"b"} else alpha, input))  # booleans stay booleans


def sub(input: TensorLike, other: TensorLike, *, alpha: Number = 1) -> Tensor:
    """input - alpha * other.

    Args:
        input: any shape.
        other: of a shape that broadcasts with the input's.
        alpha: the factor of other.

    Raises:
        DtypeError: a factor that is no integer for integers, or complex for real numbers.

    Example:
        >>> import autograd
        >>> autograd.sub(autograd.tensor([1.0, 2.0]), autograd.tensor([10.0, 20.0]), alpha=0.5)
        tensor([-4., -8.], dtype=float32)
    """
    if alpha == 1 and alpha is not True:
        return minus(input, other)
    check_factor("alpha", alpha, _kinds(input, other))
    return minus(input, _times(other, alpha, input))


def rsub(input: TensorLike, other: TensorLike, *, alpha: Number = 1) -> Tensor:
    """other - alpha * input.

    Args:
        input: any shape.
        other: of a shape that broadcasts with the input's.
        alpha: the factor of the input.

    Raises:
        DtypeError: a factor that is no integer for integers, or complex for real numbers.

    Example:
        >>> import autograd
        >>> autograd.rsub(autograd.tensor([1.0, 2.0]), 10.0)
        tensor([9., 8.], dtype=float32)
    """
    return sub(other, input, alpha=alpha)


def div(input: TensorLike, other: TensorLike, *, rounding_mode: str | None = None) -> Tensor:
    """input / other, rounded if asked for. The derivative of a rounded quotient is 0.

    Args:
        input: any shape.
        other: of a shape that broadcasts with the input's.
        rounding_mode: None, "floor" (down) or "trunc" (towards 0).

    Raises:
        ArgumentError: another rounding_mode.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([7.0, -7.0])
        >>> autograd.div(x, 2).tolist(), autograd.div(x, 2, rounding_mode="floor").tolist()
        ([3.5, -3.5], [3.0, -4.0])
        >>> autograd.div(x, 2, rounding_mode="trunc")
        tensor([ 3., -3.], dtype=float32)
    """
    if rounding_mode is None:
        return divided(input, other)
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode == "trunc":
        return recorded(rounding.trunc_divide)(input, other)
    raise ArgumentError(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found {rounding_mode!r}")


subtract = alias(sub, "subtract")
mul = recorded(arithmetic.mul)
multiply = alias(mul, "multiply")
divide = alias(div, "divide")
true_divide = alias(div, "true_divide")
neg = recorded(arithmetic.neg)
negative = alias(neg, "negative")
_reciprocal = recorded(arithmetic.reciprocal)
square = recorded(arithmetic.square)
lerp = recorded(arithmetic.lerp)
_addcmul = recorded(arithmetic.addcmul)
_addcdiv = recorded(arithmetic.addcdiv)
floor_divide = recorded(rounding.floor_divide)
remainder = recorded(rounding.remainder)
mod = alias(remainder, "mod")
fmod = recorded(rounding.fmod)


def reciprocal(input: TensorLike) -> Tensor:
    """1 / x; the derivative is -1 / x². Of integers it is 1 / x, too, a floating point number: NumPy's is 0 for all above 1.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 4.0])
        >>> autograd.reciprocal(x), autograd.func.grad(autograd.reciprocal)(x[1])
        (tensor([1.0000, 0.2500], dtype=float32), tensor(-0.0625, dtype=float32))
    """
    return divided(1, input) if array_of(input).dtype.kind in "biu" else _reciprocal(input)


def positive(input: TensorLike) -> Tensor:
    """The tensor itself. Booleans, which have no sign, are refused.

    Raises:
        DtypeError: booleans.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, -2.0])
        >>> autograd.positive(x) is x
        True
    """
    if not is_tensor(input) or input.array.dtype.kind == "b":
        return recorded(arithmetic.positive)(input)
    return input


def divmod(input: TensorLike, other: TensorLike) -> tuple[Tensor, Tensor]:
    """The quotient rounded down, and the remainder: ``floor_divide`` and ``remainder``.

    Example:
        >>> import autograd
        >>> quotient, rest = autograd.divmod(autograd.tensor([7, -7]), 3)
        >>> quotient.tolist(), rest.tolist()
        ([2, -3], [1, 2])
    """
    return floor_divide(input, other), remainder(input, other)


# ------------------------------------------------------------------------------------------------------------ size and sign
abs = recorded(arithmetic.abs)
absolute = alias(abs, "absolute")
fabs = recorded(arithmetic.fabs)
sign = recorded(arithmetic.sign)
sgn = alias(sign, "sgn")
angle = recorded(arithmetic.angle)
maximum = recorded(arithmetic.maximum)
minimum = recorded(arithmetic.minimum)
fmax = recorded(rounding.fmax)
fmin = recorded(rounding.fmin)
clamp = recorded(rounding.clamp)
clip = alias(clamp, "clip")
copysign = recorded(rounding.copysign)
hypot = recorded(arithmetic.hypot)


def clamp_min(input: TensorLike, min: TensorLike) -> Tensor:
    """The greater of each element and a lower bound. An element that equals the bound has gradient 1.

    Example:
        >>> import autograd
        >>> autograd.clamp_min(autograd.tensor([-1.0, 2.0]), 0.0)
        tensor([0., 2.], dtype=float32)
    """
    return clamp(input, min)


def clamp_max(input: TensorLike, max: TensorLike) -> Tensor:
    """The smaller of each element and an upper bound. An element that equals the bound has gradient 1.

    Example:
        >>> import autograd
        >>> autograd.clamp_max(autograd.tensor([-1.0, 2.0]), 0.0)
        tensor([-1.,  0.], dtype=float32)
    """
    return clamp(input, None, max)


# --------------------------------------------------------------------------------------- powers, exponentials, logarithms
pow = recorded(arithmetic.pow)
power = alias(pow, "power")
float_power = recorded(arithmetic.float_power)
sqrt = recorded(arithmetic.sqrt)
rsqrt = recorded(arithmetic.rsqrt)
cbrt = recorded(arithmetic.cbrt)
exp = recorded(arithmetic.exp)
exp2 = recorded(arithmetic.exp2)
expm1 = recorded(arithmetic.expm1)
log = recorded(arithmetic.log)
log2 = recorded(arithmetic.log2)
log10 = recorded(arithmetic.log10)
log1p = recorded(arithmetic.log1p)
logaddexp = recorded(arithmetic.logaddexp)
logaddexp2 = recorded(arithmetic.logaddexp2)
sigmoid = recorded(arithmetic.sigmoid)
expit = alias(sigmoid, "expit")

# ------------------------------------------------------------------------------------------------------------------ angles
sin = recorded(trigonometric.sin)
cos = recorded(trigonometric.cos)
tan = recorded(trigonometric.tan)
asin = recorded(trigonometric.asin)
arcsin = alias(asin, "arcsin")
acos = recorded(trigonometric.acos)
arccos = alias(acos, "arccos")
atan = recorded(trigonometric.atan)
arctan = alias(atan, "arctan")
atan2 = recorded(trigonometric.atan2)
arctan2 = alias(atan2, "arctan2")
sinh = recorded(trigonometric.sinh)
cosh = recorded(trigonometric.cosh)
tanh = recorded(trigonometric.tanh)
asinh = recorded(trigonometric.asinh)
arcsinh = alias(asinh, "arcsinh")
acosh = recorded(trigonometric.acosh)
arccosh = alias(acosh, "arccosh")
atanh = recorded(trigonometric.atanh)
arctanh = alias(atanh, "arctanh")
deg2rad = recorded(trigonometric.deg2rad)
radians = alias(deg2rad, "radians")
rad2deg = recorded(trigonometric.rad2deg)
degrees = alias(rad2deg, "degrees")

# ---------------------------------------------------------------------------------------------------- rounding and pieces
floor = recorded(rounding.floor)
ceil = recorded(rounding.ceil)
trunc = recorded(rounding.trunc)
fix = alias(trunc, "fix")
rint = recorded(rounding.rint)
_round = recorded(rounding.round)
_heaviside = recorded(rounding.heaviside)
nan_to_num = recorded(rounding.nan_to_num)
modf = recorded_tuple(rounding.modf)
frexp = recorded_tuple(rounding.frexp)
nextafter = recorded(rounding.nextafter)
spacing = recorded(rounding.spacing)


def heaviside(input: TensorLike, values: TensorLike) -> Tensor:
    """0 where ``input`` is negative, 1 where it is positive, ``values`` where it is 0. The values get the gradient there.

    Of integers the result holds integers.

    Example:
        >>> import autograd
        >>> autograd.heaviside(autograd.tensor([-2.0, 0.0, 3.0]), 0.5)
        tensor([0.0000, 0.5000, 1.0000], dtype=float32)
    """
    y, kind = _heaviside(input, values), np.result_type(operand(input)[0], operand(values)[0])
    return recorded(shape.cast)(y, dtype=kind) if kind.kind in "biu" else y


def round(input: TensorLike, *, decimals: int = 0) -> Tensor:
    """The nearest integer, or the nearest number with so many decimals. Halves are rounded to even. The derivative is 0.

    Example:
        >>> import autograd
        >>> autograd.round(autograd.tensor([0.5, 1.5, 2.6]))
        tensor([0., 2., 3.], dtype=float32)
        >>> autograd.round(autograd.tensor([1.2345, 2.7182]), decimals=2)
        tensor([1.2300, 2.7200], dtype=float32)
    """
    return rint(input) if decimals == 0 and operand(input)[0].dtype.kind == "f" else _round(input, decimals=decimals)


def frac(input: TensorLike) -> Tensor:
    """The fractional part, input - trunc(input). It has the sign of the input. The derivative is 1.

    Example:
        >>> import autograd
        >>> autograd.frac(autograd.tensor([2.25, -2.25]))
        tensor([ 0.2500, -0.2500], dtype=float32)
    """
    return minus(input, trunc(input))


def ldexp(input: TensorLike, other: TensorLike) -> Tensor:
    """input * 2^other. An exponent that is floating point has a gradient, too.

    Example:
        >>> import autograd
        >>> autograd.ldexp(autograd.tensor([1.0, 3.0]), autograd.tensor([2, -1]))
        tensor([4.0000, 1.5000], dtype=float32)
    """
    whole = np.asarray(operand(other)[0]).dtype.kind in "iu"
    return recorded(rounding.ldexp)(input, other) if whole else mul(input, exp2(other))


# ------------------------------------------------------------------------------------------------------------- comparisons
eq = recorded(comparison.eq)
ne = recorded(comparison.ne)
not_equal = alias(ne, "not_equal")
lt = recorded(comparison.lt)
less = alias(lt, "less")
le = recorded(comparison.le)
less_equal = alias(le, "less_equal")
gt = recorded(comparison.gt)
greater = alias(gt, "greater")
ge = recorded(comparison.ge)
greater_equal = alias(ge, "greater_equal")
isclose = recorded(comparison.isclose)
isnan = recorded(comparison.isnan)
isinf = recorded(comparison.isinf)
isfinite = recorded(comparison.isfinite)
isposinf = recorded(comparison.isposinf)
isneginf = recorded(comparison.isneginf)
isreal = recorded(comparison.isreal)
signbit = recorded(comparison.signbit)


def allclose(
    input: TensorLike, other: TensorLike, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:  # fmt: skip
    """Whether |input - other| <= atol + rtol |other| for all elements.

    Args:
        input: any shape.
        other: of a shape that broadcasts with the input's.
        rtol: the relative tolerance.
        atol: the absolute tolerance.
        equal_nan: whether two nan count as equal.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0])
        >>> autograd.allclose(x, x + 1e-6), autograd.allclose(x, x + 1e-3)
        (True, False)
    """
    return bool(isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan).array.all())


def equal(input: TensorLike, other: TensorLike) -> bool:
    """Whether both have the same shape and the same elements.

    Example:
        >>> import autograd
        >>> autograd.equal(autograd.tensor([1, 2]), autograd.tensor([1, 2])), autograd.equal(autograd.ones(2), autograd.ones(1))
        (True, False)
    """
    return bool(np.array_equal(operand(input)[0], operand(other)[0]))


array_equal = alias(equal, "array_equal")


def isin(
    elements: ArrayLike, test_elements: ArrayLike, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:  # fmt: skip
    """For each element whether it is one of the test elements.

    Args:
        elements: any shape.
        test_elements: any shape.
        assume_unique: neither has an element twice. This is not checked; it makes the search faster.
        invert: whether to return the opposite.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.isin(x, [1.0, 2.0])
        tensor([False,  True,  True], dtype=bool)
    """
    return make(np.isin(array_of(elements), array_of(test_elements), assume_unique=assume_unique, invert=invert))


# --------------------------------------------------------------------------------------------------------- logic and bits
where = recorded(comparison.where)
logical_and = recorded(comparison.logical_and)
logical_or = recorded(comparison.logical_or)
logical_xor = recorded(comparison.logical_xor)
logical_not = recorded(comparison.logical_not)
bitwise_and = recorded(comparison.bitwise_and)
bitwise_or = recorded(comparison.bitwise_or)
bitwise_xor = recorded(comparison.bitwise_xor)
bitwise_not = recorded(comparison.bitwise_not)
invert = alias(bitwise_not, "invert")
bitwise_left_shift = recorded(comparison.left_shift)
left_shift = alias(bitwise_left_shift, "left_shift")
bitwise_right_shift = recorded(comparison.right_shift)
right_shift = alias(bitwise_right_shift, "right_shift")
gcd = recorded(comparison.gcd)
lcm = recorded(comparison.lcm)


# --------------------------------------------------------------------------------------------------------- complex numbers
complex = recorded(complex_.complex_)
view_as_real = recorded(complex_.view_as_real)
view_as_complex = recorded(complex_.view_as_complex)
