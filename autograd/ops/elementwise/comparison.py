"""Questions about numbers: comparisons, logic, bits; and ``where``, which chooses by the answer. Only ``where`` has a gradient."""

from __future__ import annotations

import numpy as np

from ...engine.op import Sample, elementwise, nondifferentiable
from ...engine.samples import draw, mismatched


def _where_samples():
    yes = draw((3, 4), seed=5) > 0
    yield Sample(yes, draw((3, 4)), draw((3, 4), seed=1))
    yield Sample(yes, draw((4,)), draw((3, 1), seed=1))
    yield Sample(yes[0], draw((2, 1, 1)), draw((3, 1), seed=1))
    yield Sample(yes, draw(()), 0.0)
    yield Sample(yes, 1.0, draw((3, 4)))
    yield Sample(np.array(True), draw(()), draw((), seed=1))
    yield Sample(np.ones((0, 2), bool), draw((2,)), draw((), seed=1))


def _where(condition, a, b):
    return np.where(condition, a, b)


# The integers whose bits are multiplied where floating numbers are kept or dropped.
_BITS: dict[str, np.dtype] = {"e": np.dtype(np.int16), "f": np.dtype(np.int32), "d": np.dtype(np.int64)}


def kept(g, mask, out=None):
    """g where the mask is True, 0 elsewhere, whatever g is there: infinity times False would be nan. For rules.

    The bits of floating numbers are multiplied as if they were integers. That takes as long as the product g * mask; choosing by
    ``where`` takes six times as long on random masks.
    """
    if type(g) is np.ndarray:
        bits = _BITS.get(g.dtype.char)
        if bits is not None:
            return np.multiply(g.view(bits), mask, out=out if out is None else out.view(bits)).view(g.dtype)
    if out is None:
        return np.where(mask, g, 0)
    out[...] = np.where(mask, g, 0)
    return out


def _truth(condition):
    kind = getattr(condition, "dtype", None)
    return condition if kind is not None and kind.kind == "b" else np.not_equal(condition, 0)


where = elementwise(
    "where", _where, condition=None, a=lambda g, condition: kept(g, _truth(condition)),
    b=lambda g, condition: kept(g, ~_truth(condition)), argument_names=("condition", "input", "other"),
    formula={"a": "where(condition, g, 0)", "b": "where(condition, 0, g)"},
    linear=True, numpy=np.where, samples=_where_samples,
    errors=lambda: [Sample(np.ones((2,), bool), np.ones((2, 3)), np.ones(()), raises=ValueError, match="broadcast")],
    doc="""
    a where the condition holds, b elsewhere.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([-1.0, 2.0])
        >>> autograd.where(x > 0, x, 0.0)
        tensor([0., 2.], dtype=float32)
    """,
)


# ------------------------------------------------------------------------------------------------------------ comparisons


def _pairs():
    a, b = np.array([1.0, 2.0, np.nan, 3.0]), np.array([2.0, 2.0, 1.0, 1.0])
    whole = Sample(np.array([1, 2]), np.array([2, 1]))
    return [Sample(a, b), Sample(a, 2.0), Sample(a[:, None], b), whole, Sample(np.float32(1), 1.0)]


def _compare(name, forward, doc):
    return nondifferentiable(name, forward, "a", "b", elementwise=True, samples=_pairs, errors=mismatched(), doc=doc)


eq = _compare(
    "eq", np.equal,
    """
    Whether a = b; nan equals nothing, not even itself.

    Example:
        >>> import autograd
        >>> autograd.eq(autograd.tensor([1.0, 2.0, autograd.nan]), autograd.tensor([1.0, 3.0, autograd.nan]))
        tensor([ True, False, False], dtype=bool)
    """,
)
ne = _compare(
    "ne", np.not_equal,
    """
    Whether a ≠ b.

    Example:
        >>> import autograd
        >>> autograd.ne(autograd.tensor([1, 2]), 2)
        tensor([ True, False], dtype=bool)
    """,
)
lt = _compare(
    "lt", np.less,
    """
    Whether a < b.

    Example:
        >>> import autograd
        >>> autograd.lt(autograd.tensor([1, 2, 3]), 2)
        tensor([ True, False, False], dtype=bool)
    """,
)
le = _compare(
    "le", np.less_equal,
    """
    Whether a ≤ b.

    Example:
        >>> import autograd
        >>> autograd.le(autograd.tensor([1, 2, 3]), 2)
        tensor([ True,  True, False], dtype=bool)
    """,
)
gt = _compare(
    "gt", np.greater,
    """
    Whether a > b.

    Example:
        >>> import autograd
        >>> autograd.gt(autograd.tensor([1, 2, 3]), 2)
        tensor([False, False,  True], dtype=bool)
    """,
)
ge = _compare(
    "ge", np.greater_equal,
    """
    Whether a ≥ b.

    Example:
        >>> import autograd
        >>> autograd.ge(autograd.tensor([1, 2, 3]), 2)
        tensor([False,  True,  True], dtype=bool)
    """,
)


# ----------------------------------------------------------------------------------------------------------- logic and bits


def _truths():
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    return [Sample(a, b), Sample(a, b[:, None]), Sample(np.array([0.0, 2.0]), np.array([1.0, 0.0])), Sample(a, True)]


def _bits():
    a, b = np.array([0b1100, 0b1010, 7]), np.array([0b1010, 0b0110, 2])
    return [Sample(a, b), Sample(a[:, None], b), Sample(a, 3), Sample(a.astype(np.uint8), np.uint8(1))]


def _bits_and_truths():
    return [*_bits(), *[s for s in _truths() if np.asarray(s.inputs[0]).dtype == bool]]


def _no_floats():
    return [Sample(np.ones(2), np.ones(2), raises=TypeError, match="not supported.*float64")]


def _logic(name, forward, doc, *inputs, samples=_truths, errors=None):
    return nondifferentiable(name, forward, *(inputs or ("a", "b")), elementwise=True, samples=samples, errors=errors, doc=doc)


logical_and = _logic(
    "logical_and", np.logical_and,
    """
    Whether both are nonzero.

    Example:
        >>> import autograd
        >>> autograd.logical_and(autograd.tensor([True, True, False]), autograd.tensor([2.0, 0.0, 1.0]))
        tensor([ True, False, False], dtype=bool)
    """,
    errors=mismatched(),
)
logical_or = _logic(
    "logical_or", np.logical_or,
    """
    Whether one of them is nonzero.

    Example:
        >>> import autograd
        >>> autograd.logical_or(autograd.tensor([True, False]), autograd.tensor([False, False]))
        tensor([ True, False], dtype=bool)
    """,
    errors=mismatched(),
)
logical_xor = _logic(
    "logical_xor", np.logical_xor,
    """
    Whether exactly one of them is nonzero.

    Example:
        >>> import autograd
        >>> autograd.logical_xor(autograd.tensor([True, True]), autograd.tensor([False, True]))
        tensor([ True, False], dtype=bool)
    """,
    errors=mismatched(),
)
logical_not = _logic(
    "logical_not", np.logical_not,
    """
    Whether it is zero.

    Example:
        >>> import autograd
        >>> autograd.logical_not(autograd.tensor([0.0, 2.0]))
        tensor([ True, False], dtype=bool)
    """,
    "x",
    samples=lambda: [Sample(np.array([True, False])), Sample(np.array([0.0, 2.0]))],
)
bitwise_and = _logic(
    "bitwise_and", np.bitwise_and,
    """
    Bit by bit, a and b.

    Example:
        >>> import autograd
        >>> autograd.bitwise_and(autograd.tensor([0b1100, 0b1010]), 0b0110).tolist()
        [4, 2]
    """,
    samples=_bits_and_truths, errors=_no_floats,
)
bitwise_or = _logic(
    "bitwise_or", np.bitwise_or,
    """
    Bit by bit, a or b.

    Example:
        >>> import autograd
        >>> autograd.bitwise_or(autograd.tensor([0b1100, 0b1010]), 0b0110).tolist()
        [14, 14]
    """,
    samples=_bits_and_truths, errors=_no_floats,
)
bitwise_xor = _logic(
    "bitwise_xor", np.bitwise_xor,
    """
    Bit by bit, a or b and not both.

    Example:
        >>> import autograd
        >>> autograd.bitwise_xor(autograd.tensor([0b1100, 0b1010]), 0b0110).tolist()
        [10, 12]
    """,
    samples=_bits_and_truths, errors=_no_floats,
)
bitwise_not = _logic(
    "bitwise_not", np.invert,
    """
    Bit by bit, not x; for integers -x - 1.

    Example:
        >>> import autograd
        >>> autograd.bitwise_not(autograd.tensor([0, 5])).tolist(), (~autograd.tensor([True, False])).tolist()
        ([-1, -6], [False, True])
    """,
    "x",
    samples=lambda: [Sample(np.array([True, False])), Sample(np.array([0, 5, -1]))],
    errors=lambda: [Sample(np.ones(2), raises=TypeError, match="not supported.*float64")],
)
left_shift = _logic(
    "bitwise_left_shift", np.left_shift,
    """
    a · 2^b, by shifting bits.

    Example:
        >>> import autograd
        >>> autograd.bitwise_left_shift(autograd.tensor([1, 3]), 2)
        tensor([ 4, 12], dtype=int64)
    """,
    samples=_bits, errors=_no_floats,
)
right_shift = _logic(
    "bitwise_right_shift", np.right_shift,
    """
    ⌊a / 2^b⌋, by shifting bits.

    Example:
        >>> import autograd
        >>> autograd.bitwise_right_shift(autograd.tensor([7, -7]), 1)
        tensor([ 3, -4], dtype=int64)
    """,
    samples=_bits, errors=_no_floats,
)
gcd = _logic(
    "gcd", np.gcd,
    """
    Greatest common divisor of integers.

    Example:
        >>> import autograd
        >>> autograd.gcd(autograd.tensor([12, 7]), 18).tolist()
        [6, 1]
    """,
    samples=_bits,
)
lcm = _logic(
    "lcm", np.lcm,
    """
    Least common multiple of integers.

    Example:
        >>> import autograd
        >>> autograd.lcm(autograd.tensor([4, 7]), 6).tolist()
        [12, 42]
    """,
    samples=_bits,
)


# ---------------------------------------------------------------------------------------------------------- kinds of number


def _odd_numbers():
    x = np.array([1.0, -2.0, np.nan, np.inf, -np.inf, 0.0, -0.0])
    return [Sample(x), Sample(x.astype(np.float32)), Sample(np.array(np.nan)), Sample(np.empty((0, 2))), Sample(np.array([1, 2]))]


def _kind(name, forward, doc):
    return nondifferentiable(name, forward, elementwise=True, samples=_odd_numbers, doc=doc)


isnan = _kind(
    "isnan", np.isnan,
    """
    Whether it is not a number.

    Example:
        >>> import autograd
        >>> autograd.isnan(autograd.tensor([1.0, autograd.nan, autograd.inf]))
        tensor([False,  True, False], dtype=bool)
    """,
)
isinf = _kind(
    "isinf", np.isinf,
    """
    Whether it is infinite, of either sign.

    Example:
        >>> import autograd
        >>> autograd.isinf(autograd.tensor([1.0, autograd.nan, -autograd.inf]))
        tensor([False, False,  True], dtype=bool)
    """,
)
isfinite = _kind(
    "isfinite", np.isfinite,
    """
    Whether it is neither infinite nor nan.

    Example:
        >>> import autograd
        >>> autograd.isfinite(autograd.tensor([1.0, autograd.nan, autograd.inf]))
        tensor([ True, False, False], dtype=bool)
    """,
)
signbit = _kind(
    "signbit", np.signbit,
    """
    Whether the sign bit is set: true for -0.0 too.

    Example:
        >>> import autograd
        >>> autograd.signbit(autograd.tensor([1.0, 0.0, -0.0]))
        tensor([False, False,  True], dtype=bool)
    """,
)
isposinf = _kind(
    "isposinf", lambda x: np.isposinf(x),
    """
    Whether it is +inf.

    Example:
        >>> import autograd
        >>> autograd.isposinf(autograd.tensor([autograd.inf, -autograd.inf]))
        tensor([ True, False], dtype=bool)
    """,
)
isneginf = _kind(
    "isneginf", lambda x: np.isneginf(x),
    """
    Whether it is -inf.

    Example:
        >>> import autograd
        >>> autograd.isneginf(autograd.tensor([autograd.inf, -autograd.inf]))
        tensor([False,  True], dtype=bool)
    """,
)
isreal = nondifferentiable(
    "isreal", lambda x: np.isreal(x), elementwise=True, numpy=np.isreal,
    doc="""
    Whether the imaginary part is 0.

    Example:
        >>> import autograd
        >>> autograd.isreal(autograd.tensor([1 + 0j, 2j]))
        tensor([ True, False], dtype=bool)
    """,
    samples=lambda: [Sample(np.array([1 + 0j, 2j])), Sample(np.array([1.0, 2.0]))],
)


# ----------------------------------------------------------------------------------------------------------------- closeness


def _near():
    a, b = np.array([1.0, 2.0, np.nan]), np.array([1.0 + 1e-9, 2.1, np.nan])
    whole = Sample(np.array([1, 2]), np.array([1, 3]))
    return [Sample(a, b), Sample(a, b, equal_nan=True), Sample(a, b, atol=0.2), Sample(a, 1.0), whole]


isclose = nondifferentiable(
    "isclose", lambda a, b, rtol=1e-05, atol=1e-08, equal_nan=False: np.isclose(a, b, rtol, atol, equal_nan), "a", "b",
    elementwise=True, numpy=np.isclose, samples=_near,
    doc="""
    Whether |a - b| ≤ atol + rtol |b|; nan is close to nan with equal_nan=True only.

    Example:
        >>> import autograd
        >>> autograd.isclose(autograd.tensor([1.0, 2.0]), autograd.tensor([1.000001, 2.1]))
        tensor([ True, False], dtype=bool)
    """,
)


