"""The methods of Tensor that compute element by element or reduce: one line each, naming the function."""

from __future__ import annotations

from typing import Any

from . import distances, numerical, pointwise, reductions, special
from .errors import DtypeError, describe
from .inplace import in_place

_float_power_ = in_place(pointwise.float_power)


class MathMethods:
    """What a Tensor can do that is arithmetic."""

    __slots__ = ()

    array: Any

    # -------------------------------------------------------------------------------------------------------- operators
    __add__ = pointwise.plus
    __sub__ = pointwise.minus
    __mul__ = pointwise.mul
    __truediv__ = pointwise.divided
    __floordiv__ = pointwise.floor_divide
    __mod__ = pointwise.remainder
    __divmod__ = pointwise.divmod
    __pow__ = pointwise.pow
    __neg__ = pointwise.neg
    __pos__ = pointwise.positive
    __abs__ = pointwise.abs
    __invert__ = pointwise.bitwise_not
    __and__ = pointwise.bitwise_and
    __or__ = pointwise.bitwise_or
    __xor__ = pointwise.bitwise_xor
    __lshift__ = pointwise.bitwise_left_shift
    __rshift__ = pointwise.bitwise_right_shift
    __lt__ = pointwise.lt
    __le__ = pointwise.le
    __gt__ = pointwise.gt
    __ge__ = pointwise.ge

    def __eq__(self, other: Any) -> Any:
        return NotImplemented if other is None or isinstance(other, str) else pointwise.eq(self, other)

    def __ne__(self, other: Any) -> Any:
        return NotImplemented if other is None or isinstance(other, str) else pointwise.ne(self, other)

    __hash__ = object.__hash__

    def __radd__(self, other: Any) -> Any:
        return pointwise.plus(other, self)

    def __rsub__(self, other: Any) -> Any:
        return pointwise.minus(other, self)

    def __rmul__(self, other: Any) -> Any:
        return pointwise.mul(other, self)

    def __rtruediv__(self, other: Any) -> Any:
        return pointwise.divided(other, self)

    def __rfloordiv__(self, other: Any) -> Any:
        return pointwise.floor_divide(other, self)

    def __rmod__(self, other: Any) -> Any:
        return pointwise.remainder(other, self)

    def __rdivmod__(self, other: Any) -> Any:
        return pointwise.divmod(other, self)

    def __rpow__(self, other: Any) -> Any:
        return pointwise.pow(other, self)

    def __rand__(self, other: Any) -> Any:
        return pointwise.bitwise_and(other, self)

    def __ror__(self, other: Any) -> Any:
        return pointwise.bitwise_or(other, self)

    def __rxor__(self, other: Any) -> Any:
        return pointwise.bitwise_xor(other, self)

    def __rlshift__(self, other: Any) -> Any:
        return pointwise.bitwise_left_shift(other, self)

    def __rrshift__(self, other: Any) -> Any:
        return pointwise.bitwise_right_shift(other, self)

    def __round__(self, ndigits: int = 0) -> Any:
        return pointwise.round(self, decimals=ndigits)

    # -------------------------------------------------------------------------------------------------------- arithmetic
    add = pointwise.add
    sub = subtract = pointwise.sub
    mul = multiply = pointwise.mul
    div = divide = true_divide = pointwise.div
    neg = negative = pointwise.neg
    positive = pointwise.positive
    reciprocal = pointwise.reciprocal
    square = pointwise.square
    lerp = pointwise.lerp
    addcmul = pointwise.addcmul
    addcdiv = pointwise.addcdiv
    floor_divide = pointwise.floor_divide
    remainder = pointwise.remainder
    fmod = pointwise.fmod
    abs = absolute = pointwise.abs
    sign = sgn = pointwise.sign
    angle = pointwise.angle
    maximum = pointwise.maximum
    minimum = pointwise.minimum
    fmax = pointwise.fmax
    fmin = pointwise.fmin
    clamp = clip = pointwise.clamp
    clamp_min = pointwise.clamp_min
    clamp_max = pointwise.clamp_max
    copysign = pointwise.copysign
    hypot = pointwise.hypot
    pow = pointwise.pow
    float_power = pointwise.float_power
    sqrt = pointwise.sqrt
    rsqrt = pointwise.rsqrt
    exp = pointwise.exp
    exp2 = pointwise.exp2
    expm1 = pointwise.expm1
    log = pointwise.log
    log2 = pointwise.log2
    log10 = pointwise.log10
    log1p = pointwise.log1p
    logaddexp = pointwise.logaddexp
    logaddexp2 = pointwise.logaddexp2
    sigmoid = pointwise.sigmoid

    # ------------------------------------------------------------------------------------------------------------ angles
    sin = pointwise.sin
    cos = pointwise.cos
    tan = pointwise.tan
    asin = arcsin = pointwise.asin
    acos = arccos = pointwise.acos
    atan = arctan = pointwise.atan
    atan2 = arctan2 = pointwise.atan2
    sinh = pointwise.sinh
    cosh = pointwise.cosh
    tanh = pointwise.tanh
    asinh = arcsinh = pointwise.asinh
    acosh = arccosh = pointwise.acosh
    atanh = arctanh = pointwise.atanh
    deg2rad = pointwise.deg2rad
    rad2deg = pointwise.rad2deg

    # ---------------------------------------------------------------------------------------------------------- rounding
    floor = pointwise.floor
    ceil = pointwise.ceil
    trunc = fix = pointwise.trunc
    frac = pointwise.frac
    heaviside = pointwise.heaviside
    nan_to_num = pointwise.nan_to_num
    frexp = pointwise.frexp
    ldexp = pointwise.ldexp
    nextafter = pointwise.nextafter

    def round(self, decimals: int = 0) -> Any:
        """To the nearest integer, or to a number of decimals; halves to even.

        Example:
            >>> import autograd
            >>> autograd.tensor([2.5, 2.71828]).round(decimals=2)
            tensor([2.5000, 2.7200], dtype=float32)
        """
        return pointwise.round(self, decimals=decimals)

    # ------------------------------------------------------------------------------------------------------- comparisons
    eq = pointwise.eq
    ne = not_equal = pointwise.ne
    lt = less = pointwise.lt
    le = less_equal = pointwise.le
    gt = greater = pointwise.gt
    ge = greater_equal = pointwise.ge
    isclose = pointwise.isclose
    allclose = pointwise.allclose
    equal = pointwise.equal
    isnan = pointwise.isnan
    isinf = pointwise.isinf
    isfinite = pointwise.isfinite
    isposinf = pointwise.isposinf
    isneginf = pointwise.isneginf
    isreal = pointwise.isreal
    signbit = pointwise.signbit
    logical_and = pointwise.logical_and
    logical_or = pointwise.logical_or
    logical_xor = pointwise.logical_xor
    logical_not = pointwise.logical_not
    bitwise_and = pointwise.bitwise_and
    bitwise_or = pointwise.bitwise_or
    bitwise_xor = pointwise.bitwise_xor
    bitwise_not = pointwise.bitwise_not
    bitwise_left_shift = pointwise.bitwise_left_shift
    bitwise_right_shift = pointwise.bitwise_right_shift
    gcd = pointwise.gcd
    lcm = pointwise.lcm

    def where(self, condition: Any, other: Any) -> Any:
        """This tensor where the condition holds, the other elsewhere.

        Example:
            >>> import autograd
            >>> x = autograd.tensor([-1.0, 2.0])
            >>> x.where(x > 0, 0.0)
            tensor([0., 2.], dtype=float32)
        """
        return pointwise.where(condition, self, other)

    # --------------------------------------------------------------------------------------------------------- reductions
    sum = reductions.sum
    mean = reductions.mean
    amax = reductions.amax
    amin = reductions.amin
    aminmax = reductions.aminmax
    max = reductions.max
    min = reductions.min
    ptp = reductions.ptp
    argmax = reductions.argmax
    argmin = reductions.argmin
    all = reductions.all
    any = reductions.any
    count_nonzero = reductions.count_nonzero
    logsumexp = reductions.logsumexp
    var = reductions.var
    std = reductions.std
    norm = reductions.norm
    dist = reductions.dist
    renorm = distances.renorm

    prod = reductions.prod
    cumsum = reductions.cumsum
    cumprod = reductions.cumprod
    cummax = reductions.cummax
    cummin = reductions.cummin
    logcumsumexp = reductions.logcumsumexp
    nansum = numerical.nansum
    nanmean = numerical.nanmean
    diff = numerical.diff
    cov = numerical.cov
    corrcoef = numerical.corrcoef

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

    def polygamma(self, n: int) -> Any:
        """The n-th derivative of digamma: ``autograd.polygamma(n, tensor)``.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0]).polygamma(1)
            tensor([1.6449], dtype=float32)
        """
        return special.polygamma(n, self)

    # ---------------------------------------------------------------------------------------------------------- in place
    __iadd__ = in_place(pointwise.plus)
    __isub__ = in_place(pointwise.minus)
    __imul__ = mul_ = multiply_ = in_place(pointwise.mul)
    __itruediv__ = in_place(pointwise.divided)
    __ifloordiv__ = floor_divide_ = in_place(pointwise.floor_divide)
    __imod__ = remainder_ = in_place(pointwise.remainder)
    __ipow__ = pow_ = in_place(pointwise.pow)
    __iand__ = bitwise_and_ = in_place(pointwise.bitwise_and)
    __ior__ = bitwise_or_ = in_place(pointwise.bitwise_or)
    __ixor__ = bitwise_xor_ = in_place(pointwise.bitwise_xor)
    bitwise_not_ = in_place(pointwise.bitwise_not)
    __ilshift__ = bitwise_left_shift_ = in_place(pointwise.bitwise_left_shift)
    __irshift__ = bitwise_right_shift_ = in_place(pointwise.bitwise_right_shift)
    add_ = in_place(pointwise.add)
    sub_ = subtract_ = in_place(pointwise.sub)
    div_ = divide_ = true_divide_ = in_place(pointwise.div)
    neg_ = negative_ = in_place(pointwise.neg)
    reciprocal_ = in_place(pointwise.reciprocal)
    square_ = in_place(pointwise.square)
    lerp_ = in_place(pointwise.lerp)
    addcmul_ = in_place(pointwise.addcmul)
    addcdiv_ = in_place(pointwise.addcdiv)
    fmod_ = in_place(pointwise.fmod)
    abs_ = absolute_ = in_place(pointwise.abs)
    sign_ = sgn_ = in_place(pointwise.sign)
    clamp_ = clip_ = in_place(pointwise.clamp)
    clamp_min_ = in_place(pointwise.clamp_min)
    clamp_max_ = in_place(pointwise.clamp_max)
    copysign_ = in_place(pointwise.copysign)
    hypot_ = in_place(pointwise.hypot)
    gcd_ = in_place(pointwise.gcd)
    lcm_ = in_place(pointwise.lcm)
    heaviside_ = in_place(pointwise.heaviside)
    ldexp_ = in_place(pointwise.ldexp)
    nextafter_ = in_place(pointwise.nextafter)
    sqrt_ = in_place(pointwise.sqrt)
    rsqrt_ = in_place(pointwise.rsqrt)
    exp_ = in_place(pointwise.exp)
    exp2_ = in_place(pointwise.exp2)
    expm1_ = in_place(pointwise.expm1)
    log_ = in_place(pointwise.log)
    log2_ = in_place(pointwise.log2)
    log10_ = in_place(pointwise.log10)
    log1p_ = in_place(pointwise.log1p)
    sigmoid_ = in_place(pointwise.sigmoid)
    sin_ = in_place(pointwise.sin)
    cos_ = in_place(pointwise.cos)
    tan_ = in_place(pointwise.tan)
    asin_ = arcsin_ = in_place(pointwise.asin)
    acos_ = arccos_ = in_place(pointwise.acos)
    atan_ = arctan_ = in_place(pointwise.atan)
    atan2_ = arctan2_ = in_place(pointwise.atan2)
    sinh_ = in_place(pointwise.sinh)
    cosh_ = in_place(pointwise.cosh)
    tanh_ = in_place(pointwise.tanh)
    asinh_ = arcsinh_ = in_place(pointwise.asinh)
    acosh_ = arccosh_ = in_place(pointwise.acosh)
    atanh_ = arctanh_ = in_place(pointwise.atanh)
    deg2rad_ = in_place(pointwise.deg2rad)
    rad2deg_ = in_place(pointwise.rad2deg)
    floor_ = in_place(pointwise.floor)
    ceil_ = in_place(pointwise.ceil)
    trunc_ = fix_ = in_place(pointwise.trunc)
    frac_ = in_place(pointwise.frac)
    round_ = in_place(pointwise.round)
    nan_to_num_ = in_place(pointwise.nan_to_num)
    eq_ = in_place(pointwise.eq)
    ne_ = not_equal_ = in_place(pointwise.ne)
    lt_ = less_ = in_place(pointwise.lt)
    le_ = less_equal_ = in_place(pointwise.le)
    gt_ = greater_ = in_place(pointwise.gt)
    ge_ = greater_equal_ = in_place(pointwise.ge)
    logical_and_ = in_place(pointwise.logical_and)
    logical_or_ = in_place(pointwise.logical_or)
    logical_xor_ = in_place(pointwise.logical_xor)
    logical_not_ = in_place(pointwise.logical_not)
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
    cumsum_ = in_place(reductions.cumsum)
    cumprod_ = in_place(reductions.cumprod)
    renorm_ = in_place(distances.renorm)

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
