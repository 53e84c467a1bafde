"""Rounding, division with a remainder, clipping, and the parts of a floating point number."""

from __future__ import annotations

import numpy as np

from ...engine.op import Sample, elementwise
from ...engine.samples import binary, draw, mismatched, unary
from ...errors import ArgumentError, DtypeError
from ..rules import SIGN, chosen, constants, in_pieces, zero_unless, zeros_like


def _zero(g):
    """The rule of a function that is constant between its jumps."""
    return zeros_like(g)


def _away_from_integers(*shape, seed=0):
    x = draw(shape, -3, 3, seed)
    return np.where(np.abs(x - np.round(x)) < 0.05, x + 0.2, x)


def _rounding_samples():
    return [Sample(_away_from_integers(5)), Sample(_away_from_integers(3, 4, seed=1)), Sample(np.array(1.3)),
            Sample(np.empty((0, 2))),
            Sample(np.array([-2.5, -0.5, 0.0, 0.5, 1.5, 3.0]), kink=True)]


# -------------------------------------------------------------------------------------------------------------- rounding

floor = elementwise(
    "floor", np.floor, x=_zero, analytic=False, samples=_rounding_samples,
    doc="""
    The greatest integer that is not above x. The derivative is 0.

    Example:
        >>> import autograd
        >>> autograd.floor(autograd.tensor([-1.5, 1.5]))
        tensor([-2.,  1.], dtype=float32)
    """,
)
ceil = elementwise(
    "ceil", np.ceil, x=_zero, analytic=False, samples=_rounding_samples,
    doc="""
    The smallest integer that is not below x. The derivative is 0.

    Example:
        >>> import autograd
        >>> autograd.ceil(autograd.tensor([-1.5, 1.5]))
        tensor([-1.,  2.], dtype=float32)
    """,
)
trunc = elementwise(
    "trunc", np.trunc, x=_zero, analytic=False, samples=_rounding_samples,
    doc="""
    x rounded towards 0. The derivative is 0.

    Example:
        >>> import autograd
        >>> autograd.trunc(autograd.tensor([-1.5, 1.5]))
        tensor([-1.,  1.], dtype=float32)
    """,
)
rint = elementwise(
    "rint", np.rint, x=_zero, analytic=False, samples=_rounding_samples,
    doc="""
    The nearest integer; halfway between two, the even one. The derivative is 0.

    Example:
        >>> import autograd
        >>> autograd.rint(autograd.tensor([0.5, 1.5, 2.6]))
        tensor([0., 2., 3.], dtype=float32)
    """,
)
round = elementwise(
    "round", lambda x, decimals=0: np.round(x, decimals), x=_zero, analytic=False, numpy=np.round,
    samples=lambda: [*_rounding_samples(), Sample(np.array([0.123, -1.268]), decimals=2),
    Sample(np.array([123.0, 168.0]), decimals=-1)],
    doc="""
    x rounded to a number of decimals; halfway between two results, to the even one. The derivative is 0.
    """,
)
heaviside = elementwise(
    "heaviside", np.heaviside, x=_zero, values=lambda g, x: g * (x == 0), analytic=False,
    samples=binary(kinks=[(0.0, 0.5)]), errors=mismatched(),
    doc="""
    0 where ``input`` is negative, 1 where it is positive, ``values`` where it is 0. The values get the gradient there.

    Example:
        >>> import autograd
        >>> autograd.heaviside(autograd.tensor([-2.0, 0.0, 3.0]), 0.5)
        tensor([0.0000, 0.5000, 1.0000], dtype=float32)
    """,
)


# ------------------------------------------------------------------------------------------------ division with a remainder


def _division_samples():
    a, b = np.array([3.3, -3.3, 5.1, -0.4]), np.array([1.5, 1.5, -2.0, 0.7])
    return [Sample(a, b), Sample(a[:, None], b[:2]), Sample(a, 2.0), Sample(7.3, b), Sample(np.array(5.3), np.array(2.0)),
            Sample(np.array([7, -7]), np.array([2, 2]), kink=True), Sample(np.empty((0, 2)), np.ones(2)),
            Sample(np.array([4.0, 0.0]), np.array([2.0, 1.0]), kink=True)]


_EXACT = 2.0**28  # quotients of float32 below this are rounded to the right integer if they are computed in double precision


def _single(a, b):
    """Whether two operands are float32, or one of them a number, and have many elements."""
    if type(a) is not np.ndarray or a.dtype != np.float32 or a.size < 256:
        return False
    return type(b) is float or type(b) is int or (type(b) is np.ndarray and b.dtype == np.float32)


def _doubles(a, b):
    """Two operands in double precision, without a dimension for a number."""
    return [np.asarray(x, np.float64) for x in (a, b)]


def _quotient(a, b, rounded):
    """a / b of doubles, rounded (np.floor or np.trunc); None where that of float32 could be another integer."""
    with np.errstate(all="ignore"):
        q = np.true_divide(a, b)
    return rounded(q, out=q) if np.max(q) < _EXACT and np.min(q) > -_EXACT else None


def _quotient_of_many(ufunc, rounded):
    """The rounded quotient, which of many float32 numbers takes a sixth of the ufunc's time."""

    @in_pieces
    def of_many(a, b):
        dividend, divisor = _doubles(a, b)
        q = _quotient(dividend, divisor, rounded)
        return ufunc(a, b) if q is None or not np.all(np.isfinite(b)) else q.astype(np.float32)

    return lambda a, b: of_many(a, b) if _single(a, b) else ufunc(a, b)


def _remainder_of_many(ufunc, rounded, of_sign):
    """The remainder, exact as the ufunc's, with the sign of one of the operands also where it is 0."""

    @in_pieces
    def of_many(a, b):
        dividend, divisor = _doubles(a, b)
        q = _quotient(dividend, divisor, rounded)
        if q is None:
            return ufunc(a, b)
        with np.errstate(invalid="ignore"):
            q *= divisor
            y = np.subtract(dividend, q, out=q).astype(np.float32)
        if np.isnan(np.max(y)):  # an infinite divisor
            return ufunc(a, b)
        bits = y.view(np.int32)
        bits |= np.asarray(of_sign(a, b), np.float32).view(np.int32) & SIGN
        return y

    return lambda a, b: of_many(a, b) if _single(a, b) else ufunc(a, b)


_floor_quotient = _quotient_of_many(np.floor_divide, np.floor)


def _of_integers_too(ufunc):
    """A division. Of integers, which have no infinity, one by 0 raises: NumPy would return 0."""

    def divide(a, b):
        y = ufunc(a, b)
        if y.dtype.kind in "iu" and isinstance(y, np.ndarray | np.integer) and not np.all(b):
            raise ArgumentError("ZeroDivisionError: integers have no result of a division by 0: convert with .float()")
        return y

    return divide


floor_divide = elementwise(
    "floor_divide", _of_integers_too(_floor_quotient), numpy=np.floor_divide,
    a=_zero, b=_zero, analytic=False, samples=_division_samples, errors=mismatched(),
    doc="""
    ⌊input / other⌋: the quotient, rounded down. The derivatives are 0.

    Example:
        >>> import autograd
        >>> autograd.floor_divide(autograd.tensor([7, -7]), 2)
        tensor([ 3, -4], dtype=int64)
    """,
)
def _trunc_divide(a, b):
    y = np.true_divide(a, b)
    return np.trunc(y, out=y if type(y) is np.ndarray else None).astype(np.result_type(a, b), copy=False)


trunc_divide = elementwise(
    "trunc_divide", _trunc_divide, a=_zero, b=_zero,
    analytic=False,
    samples=_division_samples, errors=mismatched(),
    formula={"y": "trunc(a / b)"},
    doc="The quotient a / b, rounded towards 0. The derivatives are 0.",
)
remainder = elementwise(
    "remainder", _of_integers_too(_remainder_of_many(np.remainder, np.floor, lambda a, b: b)), numpy=np.remainder,
    a=lambda g: g, b=lambda g, a, b: -g * _floor_quotient(a, b), analytic=False, formula={"b": "-g * (a // b)"},
    samples=_division_samples, errors=mismatched(),
    doc="""
    Remainder of a division that rounds down, a - b ⌊a / b⌋ for a = input and b = other. It has the sign of b.

    The derivatives are 1 and -⌊a / b⌋.

    Example:
        >>> import autograd
        >>> a, b = (autograd.tensor(v, requires_grad=True) for v in (-7.0, 3.0))
        >>> y = autograd.remainder(a, b)
        >>> y.backward()
        >>> y.item(), a.grad.item(), b.grad.item()
        (2.0, 1.0, 3.0)
    """,
)
fmod = elementwise(
    "fmod", _of_integers_too(_remainder_of_many(np.fmod, np.trunc, lambda a, b: a)), numpy=np.fmod,
    a=lambda g: g, b=lambda g, a, b: -g * np.trunc(a / b), analytic=False,
    samples=_division_samples, errors=mismatched(),
    doc="""
    Remainder of a division that rounds towards 0, a - b trunc(a / b) for a = input and b = other. It has the sign of a.

    The derivatives are 1 and -trunc(a / b).

    Example:
        >>> import autograd
        >>> autograd.fmod(autograd.tensor([-7.0, 7.0]), 3.0)
        tensor([-1.,  1.], dtype=float32)
    """,
)


# -------------------------------------------------------------------------------------------------------------- clipping


def _clamp(x, min=None, max=None):
    if min is None and max is None:
        raise DtypeError("at least one of min and max must be given")
    return x.clip(min, max) if type(x) is np.ndarray else np.clip(x, min, max)  # half the time for a few numbers


def _clamp_rule(g, x, min, max):
    if min is None:
        return zero_unless(g, x <= max)
    if max is None:
        return zero_unless(g, x >= min)
    return zero_unless(g, (x >= min) & (x <= max))


def _clamp_samples():
    x = draw((3, 4), seed=3)
    yield from [Sample(x, -0.8, 0.9), Sample(x, -0.8), Sample(x, None, 0.9)]
    yield Sample(x, draw((4,), -1, -0.5, 1), draw((3, 1), 0.5, 1, 2))
    yield from [Sample(np.array(3.0), 0.0, 1.0), Sample(np.empty((0, 2)), 0.0, 1.0), Sample(x, 0.5, -0.5)]
    yield from [Sample(np.array([-1.0, 1.0]), -1.0, 1.0, kink=True), Sample(np.array([1, 5, 9]), 2, 6), Sample(x.T[::2], -1, 1)]


clamp = elementwise(
    "clamp", _clamp, x=_clamp_rule,
    min=lambda g, x, min, max: zero_unless(g, x < min) if max is None else zero_unless(g, (x < min) & (min < max)),
    max=lambda g, x, min, max: zero_unless(g, x > max) if min is None else zero_unless(g, (x > max) | (max < min)),
    analytic=False, samples=_clamp_samples, errors=lambda: [Sample(np.ones(2), raises=TypeError, match="at least one")],
    formula={
        "y": "minimum(maximum(x, lo), hi); lo = given(min, -inf); hi = given(max, inf)",
        "x": "g * (lo <= x) * (x <= hi); lo = given(min, -inf); hi = given(max, inf)",
        "min": "g * (x < min) * (min < hi); hi = given(max, inf)",
        "max": "g * ((x > max) | (max < lo)); lo = given(min, -inf)",
    },
    doc="""
    The input, but no less than ``min`` and no more than ``max``. Where it equals a bound it gets the gradient.

    Args:
        input: any shape.
        min, max: a number or a tensor that broadcasts, or None for no bound. Where min > max the result is max.

    Raises:
        DtypeError: neither bound is given.

    Example:
        >>> import autograd
        >>> autograd.clamp(autograd.tensor([-2.0, 0.5, 3.0]), min=0.0, max=1.0)
        tensor([0.0000, 0.5000, 1.0000], dtype=float32)
    """,
)
fmax = elementwise(
    "fmax", np.fmax, a=lambda g, a, b: zero_unless(g, (a >= b) | np.isnan(b)),
    b=lambda g, a, b: zero_unless(g, ~((a >= b) | np.isnan(b))),
    analytic=False,
    samples=binary(kinks=[(1.0, 1.0)]), errors=mismatched(),
    doc="""
    The greater of two numbers. If one is nan, the result is the other. Where they are equal the first gets the gradient.

    Example:
        >>> import autograd
        >>> autograd.fmax(autograd.tensor([1.0, autograd.nan]), autograd.tensor([2.0, 3.0]))
        tensor([2., 3.], dtype=float32)
    """,
)
fmin = elementwise(
    "fmin", np.fmin, a=lambda g, a, b: zero_unless(g, (a <= b) | np.isnan(b)),
    b=lambda g, a, b: zero_unless(g, ~((a <= b) | np.isnan(b))),
    analytic=False,
    samples=binary(kinks=[(1.0, 1.0)]), errors=mismatched(),
    doc="""
    The smaller of two numbers. If one is nan, the result is the other. Where they are equal the first gets the gradient.

    Example:
        >>> import autograd
        >>> autograd.fmin(autograd.tensor([1.0, autograd.nan]), autograd.tensor([2.0, 3.0]))
        tensor([1., 3.], dtype=float32)
    """,
)
_LIMITS = {kind: constants(kind, (np.finfo(kind).min, np.finfo(kind).max)) for kind in "fd"}


def _nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    if posinf is None and neginf is None and type(x) is np.ndarray and x.dtype.char in "fd" and x.ndim:
        y = x.clip(*_LIMITS[x.dtype.char])
        return chosen(y == y, y, float(nan)) if x.size and np.isnan(y.min()) else y
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


nan_to_num = elementwise(
    "nan_to_num", _nan_to_num, x=lambda g, x: g * np.isfinite(x), analytic=False,
    samples=lambda: [
        Sample(draw((3, 4))), Sample(np.array([np.nan, np.inf, -np.inf, 1.0]), kink=True),
        Sample(np.array([np.nan, np.inf]), nan=1.0, posinf=2.0, kink=True),
    ],
    doc="""
    The input with nan and infinities replaced by numbers. The gradient of what is replaced is 0.

    Args:
        input: any shape.
        nan: the number for nan.
        posinf, neginf: the numbers for inf and -inf; None for the largest and the smallest number of the dtype.

    Example:
        >>> import autograd
        >>> autograd.nan_to_num(autograd.tensor([1.0, autograd.nan, autograd.inf]), nan=0.0, posinf=9.0)
        tensor([1., 0., 9.], dtype=float32)
    """,
)


# -------------------------------------------------------------------------------- the parts of a floating point number

modf = elementwise(
    "modf", lambda x: np.modf(x), x=lambda g: g[0], outputs=2, analytic=False,
    formula={"y": "y[0] == x - trunc(x)", "y[1]": "trunc(x)", "x": "g[0]"}, numpy=np.modf, samples=_rounding_samples,
    doc="""
    The fraction and the whole part of x, both with its sign.

    Example:
        >>> import autograd
        >>> fraction, whole = autograd.modf(autograd.tensor([2.25, -2.25]))
        >>> fraction.tolist(), whole.tolist()
        ([0.25, -0.25], [2.0, -2.0])
    """,
)
frexp = elementwise(
    "frexp", lambda x: np.frexp(x), x=lambda g, y1: np.ldexp(g[0], -y1), outputs=2, analytic=False, numpy=np.frexp,
    formula={
        "y": "y[0] == x / exp2(y[1])", "y[1]": "0 if x == 0 else floor(log2(abs(x))) + 1", "x": "g[0] / exp2(y[1])",
    },
    samples=lambda: [Sample(np.array([0.3, -3.1, 5.2])), Sample(draw((3, 4), 1.1, 1.9)), Sample(np.array([1.0, 0.0]), kink=True)],
    doc="""
    Mantissa m and integer exponent e with x = m · 2^e and 1/2 <= |m| < 1. For x = 0 both are 0.

    Example:
        >>> import autograd
        >>> mantissa, exponent = autograd.frexp(autograd.tensor([6.0]))
        >>> mantissa, exponent
        (tensor([0.7500], dtype=float32), tensor([3], dtype=int32))
    """,
)
ldexp = elementwise(
    "ldexp", np.ldexp, x=lambda g, exponent: np.ldexp(g, exponent), exponent=None, linear=True, analytic=False,
    samples=lambda: [Sample(draw((3, 4)), np.array([1, -2, 0, 3])), Sample(draw((2,)), 3),
    Sample(draw((2, 1)), np.array([1, 2, 0])), Sample(np.array(1.5), np.array([1, 2]))],
    doc="x · 2^exponent, for integer exponents.",
)
copysign = elementwise(
    "copysign", np.copysign, a=lambda g, a, b: np.sign(a) * np.where(np.signbit(b), -g, g), b=_zero, analytic=False,
    samples=binary(kinks=[(0.0, 1.0)]), errors=mismatched(),
    doc="""
    |input| with the sign of ``other``, for which -0.0 is negative. The derivative by ``other`` is 0.

    Example:
        >>> import autograd
        >>> autograd.copysign(autograd.tensor([1.0, -2.0]), autograd.tensor([-0.0, 3.0]))
        tensor([-1.,  2.], dtype=float32)
    """,
)
def _next_of_single(a, b):
    """``np.nextafter`` of float32: the bits, read as an integer, are one more or one less. NumPy's goes number by number."""
    below = a < b
    special = (a > b) | below
    np.logical_not(special, out=special)  # equal, or nan
    special |= a == 0
    below ^= a < 0
    step = np.multiply(below, 2, dtype=np.int32)
    step -= 1
    step += a.view(np.int32)
    y = step.view(np.float32)
    if special.any():
        y[special] = np.nextafter(a[special], b[special])
    return y


def _nextafter(a, b):
    if type(a) is type(b) is np.ndarray and a.dtype == b.dtype == np.float32 and a.shape == b.shape and a.size > 256:
        return _next_of_single(np.ascontiguousarray(a), np.ascontiguousarray(b))
    return np.nextafter(a, b)


nextafter = elementwise(
    "nextafter", _nextafter, numpy=np.nextafter, a=lambda g: g, b=None, analytic=False, samples=binary(), errors=mismatched(),
    doc="""
    The floating point number next to ``input`` in the direction of ``other``. The derivative by ``input`` is 1.

    Example:
        >>> import autograd
        >>> (autograd.nextafter(autograd.tensor(1.0), 2.0) - 1).item() == autograd.finfo(autograd.float32).eps
        True
    """,
)
spacing = elementwise(
    "spacing", np.spacing, x=None, analytic=False, samples=unary(),
    doc="""
    The distance from ``input`` to the next floating point number. It has no gradient.

    Example:
        >>> import autograd
        >>> autograd.spacing(autograd.tensor([1.0, 1024.0])).tolist()
        [1.1920928955078125e-07, 0.0001220703125]
    """,
)
