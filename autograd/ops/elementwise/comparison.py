"""Comparisons, logic and bits, element by element, and ``where``, which chooses by a condition. Only ``where`` has a gradient."""

from __future__ import annotations

import numpy as np

from ...engine.op import Sample, elementwise, nondifferentiable
from ...engine.samples import draw, mismatched
from ..rules import chosen, zero_unless


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
    return chosen(condition, a, b)


def _as_mask(condition):
    """The condition as booleans; as in NumPy, every number but 0 is true."""
    dtype = getattr(condition, "dtype", None)
    return condition if dtype is not None and dtype.kind == "b" else np.not_equal(condition, 0)


where = elementwise(
    "where", _where, condition=None, a=lambda g, condition: zero_unless(g, _as_mask(condition)),
    b=lambda g, condition: zero_unless(g, ~_as_mask(condition)), argument_names=("condition", "input", "other"),
    formula={"y": "where(condition, a, b)", "a": "where(condition, g, 0)", "b": "where(condition, 0, g)"},
    linear=True, numpy=np.where, samples=_where_samples,
    errors=lambda: [Sample(np.ones((2,), bool), np.ones((2, 3)), np.ones(()), raises=ValueError, match="broadcast")],
    doc="""
    ``input`` where the condition is true, ``other`` elsewhere. Each gets the gradient where it was chosen.

    Args:
        condition: booleans, or numbers, of which all but 0 are true.
        input, other: numbers; the three shapes broadcast.

    Raises:
        ShapeError: the shapes do not broadcast.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([-1.0, 2.0])
        >>> autograd.where(x > 0, x, 0.0)
        tensor([0., 2.], dtype=float32)
    """,
)


# ------------------------------------------------------------------------------------------------------------ comparisons


def _comparison_samples():
    a, b = np.array([1.0, 2.0, np.nan, 3.0]), np.array([2.0, 2.0, 1.0, 1.0])
    integers = Sample(np.array([1, 2]), np.array([2, 1]))
    return [Sample(a, b), Sample(a, 2.0), Sample(a[:, None], b), integers, Sample(np.float32(1), 1.0)]


def _comparison(name, forward, doc):
    return nondifferentiable(
        name, forward, "a", "b", elementwise=True, samples=_comparison_samples, errors=mismatched(), doc=doc
    )


eq = _comparison(
    "eq", np.equal,
    """
    ``input == other``, element by element. nan equals nothing, not even itself.

    Example:
        >>> import autograd
        >>> autograd.eq(autograd.tensor([1.0, 2.0, autograd.nan]), autograd.tensor([1.0, 3.0, autograd.nan]))
        tensor([ True, False, False], dtype=bool)
    """,
)
ne = _comparison(
    "ne", np.not_equal,
    """
    ``input != other``, element by element.

    Example:
        >>> import autograd
        >>> autograd.ne(autograd.tensor([1, 2]), 2)
        tensor([ True, False], dtype=bool)
    """,
)
lt = _comparison(
    "lt", np.less,
    """
    ``input < other``, element by element.

    Example:
        >>> import autograd
        >>> autograd.lt(autograd.tensor([1, 2, 3]), 2)
        tensor([ True, False, False], dtype=bool)
    """,
)
le = _comparison(
    "le", np.less_equal,
    """
    ``input <= other``, element by element.

    Example:
        >>> import autograd
        >>> autograd.le(autograd.tensor([1, 2, 3]), 2)
        tensor([ True,  True, False], dtype=bool)
    """,
)
gt = _comparison(
    "gt", np.greater,
    """
    ``input > other``, element by element.

    Example:
        >>> import autograd
        >>> autograd.gt(autograd.tensor([1, 2, 3]), 2)
        tensor([False, False,  True], dtype=bool)
    """,
)
ge = _comparison(
    "ge", np.greater_equal,
    """
    ``input >= other``, element by element.

    Example:
        >>> import autograd
        >>> autograd.ge(autograd.tensor([1, 2, 3]), 2)
        tensor([False,  True,  True], dtype=bool)
    """,
)


# ----------------------------------------------------------------------------------------------------------- logic and bits


def _boolean_samples():
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    return [Sample(a, b), Sample(a, b[:, None]), Sample(np.array([0.0, 2.0]), np.array([1.0, 0.0])), Sample(a, True)]


def _integer_samples():
    a, b = np.array([0b1100, 0b1010, 7]), np.array([0b1010, 0b0110, 2])
    return [Sample(a, b), Sample(a[:, None], b), Sample(a, 3), Sample(a.astype(np.uint8), np.uint8(1))]


def _integer_and_boolean_samples():
    return [*_integer_samples(), *[s for s in _boolean_samples() if np.asarray(s.inputs[0]).dtype == bool]]


def _float_errors():
    return [Sample(np.ones(2), np.ones(2), raises=TypeError, match="not supported.*float64")]


def _logic(name, forward, doc, *inputs, samples=_boolean_samples, errors=None):
    return nondifferentiable(name, forward, *(inputs or ("a", "b")), elementwise=True, samples=samples, errors=errors, doc=doc)


logical_and = _logic(
    "logical_and", np.logical_and,
    """
    True where ``input`` and ``other`` are both different from 0.

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
    True where ``input`` or ``other`` is different from 0.

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
    True where exactly one of ``input`` and ``other`` is different from 0.

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
    True where ``input`` is 0.

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
    ``input & other``: a bit of the result is 1 where both have a 1. Integers or booleans.

    Raises:
        TypeError: floating point numbers.

    Example:
        >>> import autograd
        >>> autograd.bitwise_and(autograd.tensor([0b1100, 0b1010]), 0b0110).tolist()
        [4, 2]
    """,
    samples=_integer_and_boolean_samples, errors=_float_errors,
)
bitwise_or = _logic(
    "bitwise_or", np.bitwise_or,
    """
    ``input | other``: a bit of the result is 1 where at least one has a 1. Integers or booleans.

    Raises:
        TypeError: floating point numbers.

    Example:
        >>> import autograd
        >>> autograd.bitwise_or(autograd.tensor([0b1100, 0b1010]), 0b0110).tolist()
        [14, 14]
    """,
    samples=_integer_and_boolean_samples, errors=_float_errors,
)
bitwise_xor = _logic(
    "bitwise_xor", np.bitwise_xor,
    """
    ``input ^ other``: a bit of the result is 1 where exactly one has a 1. Integers or booleans.

    Raises:
        TypeError: floating point numbers.

    Example:
        >>> import autograd
        >>> autograd.bitwise_xor(autograd.tensor([0b1100, 0b1010]), 0b0110).tolist()
        [10, 12]
    """,
    samples=_integer_and_boolean_samples, errors=_float_errors,
)
bitwise_not = _logic(
    "bitwise_not", np.invert,
    """
    ``~input``: each bit is turned over. Of a signed integer x that is -x - 1, of a boolean the opposite.

    Raises:
        TypeError: floating point numbers.

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
    ``input << other``, which is input · 2^other, for integers.

    Raises:
        TypeError: floating point numbers.

    Example:
        >>> import autograd
        >>> autograd.bitwise_left_shift(autograd.tensor([1, 3]), 2)
        tensor([ 4, 12], dtype=int64)
    """,
    samples=_integer_samples, errors=_float_errors,
)
right_shift = _logic(
    "bitwise_right_shift", np.right_shift,
    """
    ``input >> other``, which is ⌊input / 2^other⌋, for integers.

    Raises:
        TypeError: floating point numbers.

    Example:
        >>> import autograd
        >>> autograd.bitwise_right_shift(autograd.tensor([7, -7]), 1)
        tensor([ 3, -4], dtype=int64)
    """,
    samples=_integer_samples, errors=_float_errors,
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
    samples=_integer_samples,
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
    samples=_integer_samples,
)


# ---------------------------------------------------------------------------------------------------------- kinds of number


def _special_values():
    x = np.array([1.0, -2.0, np.nan, np.inf, -np.inf, 0.0, -0.0])
    return [Sample(x), Sample(x.astype(np.float32)), Sample(np.array(np.nan)), Sample(np.empty((0, 2))), Sample(np.array([1, 2]))]


def _kind(name, forward, doc):
    return nondifferentiable(name, forward, elementwise=True, samples=_special_values, doc=doc)


isnan = _kind(
    "isnan", np.isnan,
    """
    True where ``input`` is nan.

    Example:
        >>> import autograd
        >>> autograd.isnan(autograd.tensor([1.0, autograd.nan, autograd.inf]))
        tensor([False,  True, False], dtype=bool)
    """,
)
isinf = _kind(
    "isinf", np.isinf,
    """
    True where ``input`` is inf or -inf.

    Example:
        >>> import autograd
        >>> autograd.isinf(autograd.tensor([1.0, autograd.nan, -autograd.inf]))
        tensor([False, False,  True], dtype=bool)
    """,
)
isfinite = _kind(
    "isfinite", np.isfinite,
    """
    True where ``input`` is neither infinite nor nan.

    Example:
        >>> import autograd
        >>> autograd.isfinite(autograd.tensor([1.0, autograd.nan, autograd.inf]))
        tensor([ True, False, False], dtype=bool)
    """,
)
signbit = _kind(
    "signbit", np.signbit,
    """
    True where ``input`` is negative, -0.0 included.

    Example:
        >>> import autograd
        >>> autograd.signbit(autograd.tensor([1.0, 0.0, -0.0]))
        tensor([False, False,  True], dtype=bool)
    """,
)
isposinf = _kind(
    "isposinf", lambda x: np.isposinf(x),
    """
    True where ``input`` is inf.

    Example:
        >>> import autograd
        >>> autograd.isposinf(autograd.tensor([autograd.inf, -autograd.inf]))
        tensor([ True, False], dtype=bool)
    """,
)
isneginf = _kind(
    "isneginf", lambda x: np.isneginf(x),
    """
    True where ``input`` is -inf.

    Example:
        >>> import autograd
        >>> autograd.isneginf(autograd.tensor([autograd.inf, -autograd.inf]))
        tensor([False,  True], dtype=bool)
    """,
)
isreal = nondifferentiable(
    "isreal", lambda x: np.isreal(x) if x.dtype.kind == "c" else np.ones(x.shape, bool), elementwise=True, numpy=np.isreal,
    doc="""
    True where the imaginary part of ``input`` is 0, which it is for all real numbers.

    Example:
        >>> import autograd
        >>> autograd.isreal(autograd.tensor([1 + 0j, 2j]))
        tensor([ True, False], dtype=bool)
    """,
    samples=lambda: [Sample(np.array([1 + 0j, 2j])), Sample(np.array([1.0, 2.0]))],
)


# ----------------------------------------------------------------------------------------------------------------- closeness


def _closeness_samples():
    a, b = np.array([1.0, 2.0, np.nan]), np.array([1.0 + 1e-9, 2.1, np.nan])
    integers = Sample(np.array([1, 2]), np.array([1, 3]))
    return [Sample(a, b), Sample(a, b, equal_nan=True), Sample(a, b, atol=0.2), Sample(a, 1.0), integers]


isclose = nondifferentiable(
    "isclose", lambda a, b, rtol=1e-05, atol=1e-08, equal_nan=False: np.isclose(a, b, rtol, atol, equal_nan), "a", "b",
    elementwise=True, numpy=np.isclose, samples=_closeness_samples,
    doc="""
    True where |input - other| <= atol + rtol · |other|.

    Args:
        input, other: numbers; their shapes broadcast.
        rtol: the tolerance relative to ``other``.
        atol: the absolute tolerance.
        equal_nan: whether nan counts as close to nan.

    Example:
        >>> import autograd
        >>> autograd.isclose(autograd.tensor([1.0, 2.0]), autograd.tensor([1.000001, 2.1]))
        tensor([ True, False], dtype=bool)
    """,
)
