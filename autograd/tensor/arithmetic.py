"""The methods of Tensor that compute element by element or reduce: one line each, naming the function."""

from __future__ import annotations

from typing import Any

from ..errors import DtypeError, describe
from ..functions import distance, elementwise, reduction, special, statistics
from ..functions.inplace import in_place

_float_power_ = in_place(elementwise.float_power)


class MathMethods:
    """What a Tensor can do that is arithmetic."""

    __slots__ = ()

    array: Any

    # -------------------------------------------------------------------------------------------------------- operators
    __add__ = elementwise.plus
    __sub__ = elementwise.minus
    __mul__ = elementwise.mul
    __truediv__ = elementwise.divided
    __floordiv__ = elementwise.floor_divide
    __mod__ = elementwise.remainder
    __divmod__ = elementwise.divmod
    __pow__ = elementwise.pow
    __neg__ = elementwise.neg
    __pos__ = elementwise.positive
    __abs__ = elementwise.abs
    __invert__ = elementwise.bitwise_not
    __and__ = elementwise.bitwise_and
    __or__ = elementwise.bitwise_or
    __xor__ = elementwise.bitwise_xor
    __lshift__ = elementwise.bitwise_left_shift
    __rshift__ = elementwise.bitwise_right_shift
    __lt__ = elementwise.lt
    __le__ = elementwise.le
    __gt__ = elementwise.gt
    __ge__ = elementwise.ge

    def __eq__(self, other: Any) -> Any:
        return NotImplemented if other is None or isinstance(other, str) else elementwise.eq(self, other)

    def __ne__(self, other: Any) -> Any:
        return NotImplemented if other is None or isinstance(other, str) else elementwise.ne(self, other)

    __hash__ = object.__hash__

    def __radd__(self, other: Any) -> Any:
        return elementwise.plus(other, self)

    def __rsub__(self, other: Any) -> Any:
        return elementwise.minus(other, self)

    def __rmul__(self, other: Any) -> Any:
        return elementwise.mul(other, self)

    def __rtruediv__(self, other: Any) -> Any:
        return elementwise.divided(other, self)

    def __rfloordiv__(self, other: Any) -> Any:
        return elementwise.floor_divide(other, self)

    def __rmod__(self, other: Any) -> Any:
        return elementwise.remainder(other, self)

    def __rdivmod__(self: Any, other: Any) -> Any:
        return elementwise.divmod(other, self)

    def __rpow__(self, other: Any) -> Any:
        return elementwise.pow(other, self)

    def __rand__(self, other: Any) -> Any:
        return elementwise.bitwise_and(other, self)

    def __ror__(self, other: Any) -> Any:
        return elementwise.bitwise_or(other, self)

    def __rxor__(self, other: Any) -> Any:
        return elementwise.bitwise_xor(other, self)

    def __rlshift__(self, other: Any) -> Any:
        return elementwise.bitwise_left_shift(other, self)

    def __rrshift__(self, other: Any) -> Any:
        return elementwise.bitwise_right_shift(other, self)

    def __round__(self: Any, ndigits: int = 0) -> Any:
        return elementwise.round(self, decimals=ndigits)

    # -------------------------------------------------------------------------------------------------------- arithmetic
    add = elementwise.add
    sub = subtract = elementwise.sub
    mul = multiply = elementwise.mul
    div = divide = true_divide = elementwise.div
    neg = negative = elementwise.neg
    positive = elementwise.positive
    reciprocal = elementwise.reciprocal
    square = elementwise.square
    lerp = elementwise.lerp
    addcmul = elementwise.addcmul
    addcdiv = elementwise.addcdiv
    floor_divide = elementwise.floor_divide
    remainder = elementwise.remainder
    fmod = elementwise.fmod
    abs = absolute = elementwise.abs
    sign = sgn = elementwise.sign
    angle = elementwise.angle
    maximum = elementwise.maximum
    minimum = elementwise.minimum
    fmax = elementwise.fmax
    fmin = elementwise.fmin
    clamp = clip = elementwise.clamp
    clamp_min = elementwise.clamp_min
    clamp_max = elementwise.clamp_max
    copysign = elementwise.copysign
    hypot = elementwise.hypot
    pow = elementwise.pow
    float_power = elementwise.float_power
    sqrt = elementwise.sqrt
    rsqrt = elementwise.rsqrt
    exp = elementwise.exp
    exp2 = elementwise.exp2
    expm1 = elementwise.expm1
    log = elementwise.log
    log2 = elementwise.log2
    log10 = elementwise.log10
    log1p = elementwise.log1p
    logaddexp = elementwise.logaddexp
    logaddexp2 = elementwise.logaddexp2
    sigmoid = elementwise.sigmoid

    # ------------------------------------------------------------------------------------------------------------ angles
    sin = elementwise.sin
    cos = elementwise.cos
    tan = elementwise.tan
    asin = arcsin = elementwise.asin
    acos = arccos = elementwise.acos
    atan = arctan = elementwise.atan
    atan2 = arctan2 = elementwise.atan2
    sinh = elementwise.sinh
    cosh = elementwise.cosh
    tanh = elementwise.tanh
    asinh = arcsinh = elementwise.asinh
    acosh = arccosh = elementwise.acosh
    atanh = arctanh = elementwise.atanh
    deg2rad = elementwise.deg2rad
    rad2deg = elementwise.rad2deg

    # ---------------------------------------------------------------------------------------------------------- rounding
    floor = elementwise.floor
    ceil = elementwise.ceil
    trunc = fix = elementwise.trunc
    frac = elementwise.frac
    heaviside = elementwise.heaviside
    nan_to_num = elementwise.nan_to_num
    frexp = elementwise.frexp
    ldexp = elementwise.ldexp
    nextafter = elementwise.nextafter

    def round(self: Any, decimals: int = 0) -> Any:
        """To the nearest integer, or to a number of decimals; halves to even.

        Example:
            >>> import autograd
            >>> autograd.tensor([2.5, 2.71828]).round(decimals=2)
            tensor([2.5000, 2.7200], dtype=float32)
        """
        return elementwise.round(self, decimals=decimals)

    # ------------------------------------------------------------------------------------------------------- comparisons
    eq = elementwise.eq
    ne = not_equal = elementwise.ne
    lt = less = elementwise.lt
    le = less_equal = elementwise.le
    gt = greater = elementwise.gt
    ge = greater_equal = elementwise.ge
    isclose = elementwise.isclose
    allclose = elementwise.allclose
    equal = elementwise.equal
    isnan = elementwise.isnan
    isinf = elementwise.isinf
    isfinite = elementwise.isfinite
    isposinf = elementwise.isposinf
    isneginf = elementwise.isneginf
    isreal = elementwise.isreal
    signbit = elementwise.signbit
    logical_and = elementwise.logical_and
    logical_or = elementwise.logical_or
    logical_xor = elementwise.logical_xor
    logical_not = elementwise.logical_not
    bitwise_and = elementwise.bitwise_and
    bitwise_or = elementwise.bitwise_or
    bitwise_xor = elementwise.bitwise_xor
    bitwise_not = elementwise.bitwise_not
    bitwise_left_shift = elementwise.bitwise_left_shift
    bitwise_right_shift = elementwise.bitwise_right_shift
    gcd = elementwise.gcd
    lcm = elementwise.lcm

    def where(self, condition: Any, other: Any) -> Any:
        """This tensor where the condition holds, the other elsewhere.

        Example:
            >>> import autograd
            >>> x = autograd.tensor([-1.0, 2.0])
            >>> x.where(x > 0, 0.0)
            tensor([0., 2.], dtype=float32)
        """
        return elementwise.where(condition, self, other)

    # --------------------------------------------------------------------------------------------------------- reductions
    sum = reduction.sum
    mean = reduction.mean
    amax = reduction.amax
    amin = reduction.amin
    aminmax = reduction.aminmax
    max = reduction.max
    min = reduction.min
    ptp = reduction.ptp
    argmax = reduction.argmax
    argmin = reduction.argmin
    all = reduction.all
    any = reduction.any
    count_nonzero = reduction.count_nonzero
    logsumexp = reduction.logsumexp
    var = reduction.var
    std = reduction.std
    norm = reduction.norm
    dist = reduction.dist
    renorm = distance.renorm

    prod = reduction.prod
    cumsum = reduction.cumsum
    cumprod = reduction.cumprod
    cummax = reduction.cummax
    cummin = reduction.cummin
    logcumsumexp = reduction.logcumsumexp
    nansum = statistics.nansum
    nanmean = statistics.nanmean
    diff = statistics.diff
    cov = statistics.cov
    corrcoef = statistics.corrcoef

    # ------------------------------------------------------------------------------------------------- special functions
    erf = special.erf
    erfc = special.erfc
    erfinv = special.erfinv
    lgamma = special.lgamma
    digamma = special.digamma
    i0 = special.i0
    logit = special.logit
    sinc = special.sinc
    xlogy = special.xlogy
    igamma = special.gammainc
    igammac = special.gammaincc
    mvlgamma = special.multigammaln

    def polygamma(self: Any, n: int) -> Any:
        """The n-th derivative of digamma: ``autograd.polygamma(n, tensor)``.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0]).polygamma(1)
            tensor([1.6449], dtype=float32)
        """
        return special.polygamma(n, self)

    # ---------------------------------------------------------------------------------------------------------- in place
    __iadd__ = in_place(elementwise.plus)
    __isub__ = in_place(elementwise.minus)
    __imul__ = mul_ = multiply_ = in_place(elementwise.mul)
    __itruediv__ = in_place(elementwise.divided)
    __ifloordiv__ = floor_divide_ = in_place(elementwise.floor_divide)
    __imod__ = remainder_ = in_place(elementwise.remainder)
    __ipow__ = pow_ = in_place(elementwise.pow)
    __iand__ = bitwise_and_ = in_place(elementwise.bitwise_and)
    __ior__ = bitwise_or_ = in_place(elementwise.bitwise_or)
    __ixor__ = bitwise_xor_ = in_place(elementwise.bitwise_xor)
    bitwise_not_ = in_place(elementwise.bitwise_not)
    __ilshift__ = bitwise_left_shift_ = in_place(elementwise.bitwise_left_shift)
    __irshift__ = bitwise_right_shift_ = in_place(elementwise.bitwise_right_shift)
    add_ = in_place(elementwise.add)
    sub_ = subtract_ = in_place(elementwise.sub)
    div_ = divide_ = true_divide_ = in_place(elementwise.div)
    neg_ = negative_ = in_place(elementwise.neg)
    reciprocal_ = in_place(elementwise.reciprocal)
    square_ = in_place(elementwise.square)
    lerp_ = in_place(elementwise.lerp)
    addcmul_ = in_place(elementwise.addcmul)
    addcdiv_ = in_place(elementwise.addcdiv)
    fmod_ = in_place(elementwise.fmod)
    abs_ = absolute_ = in_place(elementwise.abs)
    sign_ = sgn_ = in_place(elementwise.sign)
    clamp_ = clip_ = in_place(elementwise.clamp)
    clamp_min_ = in_place(elementwise.clamp_min)
    clamp_max_ = in_place(elementwise.clamp_max)
    copysign_ = in_place(elementwise.copysign)
    hypot_ = in_place(elementwise.hypot)
    gcd_ = in_place(elementwise.gcd)
    lcm_ = in_place(elementwise.lcm)
    heaviside_ = in_place(elementwise.heaviside)
    ldexp_ = in_place(elementwise.ldexp)
    nextafter_ = in_place(elementwise.nextafter)
    sqrt_ = in_place(elementwise.sqrt)
    rsqrt_ = in_place(elementwise.rsqrt)
    exp_ = in_place(elementwise.exp)
    exp2_ = in_place(elementwise.exp2)
    expm1_ = in_place(elementwise.expm1)
    log_ = in_place(elementwise.log)
    log2_ = in_place(elementwise.log2)
    log10_ = in_place(elementwise.log10)
    log1p_ = in_place(elementwise.log1p)
    sigmoid_ = in_place(elementwise.sigmoid)
    sin_ = in_place(elementwise.sin)
    cos_ = in_place(elementwise.cos)
    tan_ = in_place(elementwise.tan)
    asin_ = arcsin_ = in_place(elementwise.asin)
    acos_ = arccos_ = in_place(elementwise.acos)
    atan_ = arctan_ = in_place(elementwise.atan)
    atan2_ = arctan2_ = in_place(elementwise.atan2)
    sinh_ = in_place(elementwise.sinh)
    cosh_ = in_place(elementwise.cosh)
    tanh_ = in_place(elementwise.tanh)
    asinh_ = arcsinh_ = in_place(elementwise.asinh)
    acosh_ = arccosh_ = in_place(elementwise.acosh)
    atanh_ = arctanh_ = in_place(elementwise.atanh)
    deg2rad_ = in_place(elementwise.deg2rad)
    rad2deg_ = in_place(elementwise.rad2deg)
    floor_ = in_place(elementwise.floor)
    ceil_ = in_place(elementwise.ceil)
    trunc_ = fix_ = in_place(elementwise.trunc)
    frac_ = in_place(elementwise.frac)
    round_ = in_place(elementwise.round)
    nan_to_num_ = in_place(elementwise.nan_to_num)
    eq_ = in_place(elementwise.eq)
    ne_ = not_equal_ = in_place(elementwise.ne)
    lt_ = less_ = in_place(elementwise.lt)
    le_ = less_equal_ = in_place(elementwise.le)
    gt_ = greater_ = in_place(elementwise.gt)
    ge_ = greater_equal_ = in_place(elementwise.ge)
    logical_and_ = in_place(elementwise.logical_and)
    logical_or_ = in_place(elementwise.logical_or)
    logical_xor_ = in_place(elementwise.logical_xor)
    logical_not_ = in_place(elementwise.logical_not)
    erf_ = in_place(special.erf)
    erfc_ = in_place(special.erfc)
    erfinv_ = in_place(special.erfinv)
    lgamma_ = in_place(special.lgamma)
    digamma_ = in_place(special.digamma)
    i0_ = in_place(special.i0)
    logit_ = in_place(special.logit)
    sinc_ = in_place(special.sinc)
    xlogy_ = in_place(special.xlogy)
    polygamma_ = in_place(polygamma)
    mvlgamma_ = in_place(special.multigammaln)
    igamma_ = in_place(special.gammainc)
    igammac_ = in_place(special.gammaincc)
    cumsum_ = in_place(reduction.cumsum)
    cumprod_ = in_place(reduction.cumprod)
    renorm_ = in_place(distance.renorm)

    def float_power_(self, exponent: Any) -> Any:
        """In-place form of ``float_power``, for a tensor of float64 or complex128: the result is in double precision.

        Example:
            >>> import autograd
            >>> autograd.tensor([2.0, 4.0], dtype=autograd.float64).float_power_(2)
            tensor([ 4., 16.], dtype=float64)
        """
        if self.array.dtype.char not in "dD":
            raise DtypeError(
                f"float_power_: the base is {describe(self.array)} and the result in double precision: use pow_, or float_power"
            )
        return _float_power_(self, exponent)
