"""Losses with a rule of their own, for speed (cross entropy, mean squared error) or for stability (losses of logits)."""

from __future__ import annotations

from math import prod

import numpy as np

from ...engine.op import Sample, elementwise, op
from ...engine.samples import binary, calls, draw
from ...engine.values.sums import sum_over
from ...errors import ArgumentError, DtypeError, ShapeError, describe
from ..activation import logistic, softmax
from ..rows import BEYOND_CACHE, are_rows, largest, pieces, row_buffers
from ..rules import LARGE, in_scratch, in_single

REDUCTIONS = ("mean", "sum", "none")


def reduce(losses, reduction, divisor=None):
    """The losses reduced: not at all, to their sum, or to their mean (with a divisor: to the sum divided by it)."""
    if reduction == "mean":
        return np.add.reduce(losses, None) / (losses.size if divisor is None else divisor)
    if reduction == "sum":
        return np.add.reduce(losses, None)
    if reduction == "none":
        return losses
    raise ArgumentError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")


# ----------------------------------------------------------------------------------------------------------- classes by number


def _targets(x, target, weight):
    """The dimension of the classes, and the targets as an array, after checks of input, targets and weight."""
    target = np.asarray(target)
    shape = x.shape
    dim = 0 if len(shape) == 1 else 1
    if not shape or not shape[dim]:
        raise ShapeError(f"input must have a dimension of classes, (batch, classes, ...), not {describe(x)}")
    if x.dtype.kind not in "fc":
        raise DtypeError(f"input must hold floating numbers, not {describe(x)}")
    if target.shape != shape[:dim] + shape[dim + 1 :]:
        raise ShapeError(
            f"input {describe(x)} and target {describe(target)} do not fit: target must have the shape of input without its "
            f"dimension of classes, {shape[:dim] + shape[dim + 1:]}"
        )
    if target.dtype.kind not in "iu":
        raise DtypeError(f"target must hold class numbers, which are integers, not {describe(target)}: convert with .long()")
    if weight is not None and weight.shape != (shape[dim],):
        raise ShapeError(f"weight {describe(weight)} must have one number per class, ({shape[dim]},)")
    return dim, target


def _picked(x, target, dim, ignore_index):
    """A mask of the targets that count (None: all), and the targets, class 0 where they are ignored."""
    classes = x.shape[dim]
    counts = None
    # As unsigned numbers, negative targets are too large: one comparison finds both.
    wide = type(target) is np.ndarray and target.dtype == np.intp
    unsigned = target.view(np.uintp) if wide else target.astype(np.uintp)
    if 0 <= ignore_index < classes or (target.size and np.maximum.reduce(unsigned, axis=None) >= classes):
        counts = target != ignore_index
        outside = counts & ((target < 0) | (target >= classes))
        if outside.any():
            raise IndexError(_outside(target, outside, classes, ignore_index))
        target = target * counts
    return counts, target


def _index(ndim, target):
    """The index of each target's class in an input with so many dimensions."""
    if ndim == 1:
        return (target,)
    if ndim == 2:
        return np.arange(len(target)), target
    positions = np.ogrid[tuple(slice(n) for n in target.shape)]
    return positions[0], target, *positions[1:]


def _places(shape, target):
    """Where each target's class is in the memory of a matrix: one index is followed in half of the time of two."""
    return np.arange(0, shape[0] * shape[1], shape[1]) + (target if target.dtype == np.intp else target.astype(np.intp))


def _outside(target, outside, classes, ignore_index):
    first = tuple(int(n[0]) for n in np.nonzero(np.atleast_1d(outside)))[: target.ndim]
    at = f"target[{', '.join(map(str, first))}]" if first else "target"
    more = f" or {ignore_index}, the ignore_index" if not 0 <= ignore_index < classes else ""
    return (
        f"Target {target[first]} is out of bounds: {at} is {target[first]}, and there are {classes} classes, so it must be "
        f"from 0 to {classes - 1}{more}"
    )


def _weights(x, counts, target, weight):
    """The weight of each target, 0 where it is ignored; or None if all weights are 1."""
    if weight is not None:
        w = np.asarray(weight, x.dtype)[target]
        return w if counts is None else w * counts
    return None if counts is None else counts.astype(x.dtype)


def _weighted(losses, w, reduction):
    """The losses times their weights, reduced. A loss of weight 0 counts as 0, also if it is nan."""
    if w is None:
        return reduce(losses, reduction)
    with np.errstate(invalid="ignore"):  # if no target counts the mean is nan, as in PyTorch
        return reduce(np.where(w == 0, 0, losses * w).astype(losses.dtype), reduction, np.sum(w))


def _nll(input, target, weight=None, ignore_index=-100, reduction="mean"):
    x = input
    dim, target = _targets(x, target, weight)
    counts, target = _picked(x, target, dim, ignore_index)
    flat = type(x) is type(target) is np.ndarray and x.ndim == 2 and x.flags.c_contiguous
    picked = x.reshape(-1).take(_places(x.shape, target)) if flat else x[_index(x.ndim, target)]
    return _weighted(np.negative(picked), _weights(x, counts, target, weight), reduction)


def _coefficients(shape, dtype, target, weight, ignore_index, reduction, smoothing=0.0):
    """The dimension of the classes, and the coefficients q of the loss -Σ q log p; reduction="mean" has divided them already."""
    q = np.zeros(shape, dtype)
    dim, target = _targets(q, target, weight)
    counts, target = _picked(q, target, dim, ignore_index)
    w = _weights(q, counts, target, weight)
    q[_index(q.ndim, target)] = 1 if w is None else w
    if smoothing:
        q *= 1 - smoothing
        each_class = np.ones(shape[dim], dtype) if weight is None else np.asarray(weight, dtype)
        share = each_class * (smoothing / shape[dim])
        share = share.reshape((-1,) + (1,) * (len(shape) - dim - 1))
        q += share if counts is None else share * np.expand_dims(counts, dim)
    if reduction == "mean" and (counts is None or counts.any()):  # if no target counts, q is 0 already
        q /= dtype.type(target.size if w is None else np.sum(w) or np.nan)
    return dim, q


def _nll_slope(g, shape, target, weight, ignore_index, reduction):
    """The gradient of a matrix of log-probabilities: only the places of the targets are written."""
    d = np.zeros(shape, g.dtype)
    counts, target = _picked(d, np.asarray(target), 1, ignore_index)
    w = _weights(d, counts, target, weight)
    c = d.dtype.type(1) if w is None else w
    if reduction == "mean":
        if counts is not None and not counts.any():
            return d
        c = c / d.dtype.type(target.size if w is None else np.sum(w) or np.nan)
    d.reshape(-1)[_places(shape, target)] = g * -c
    return d


def _nll_rule(g, input_shape, target, weight, ignore_index, reduction):
    if type(g) is np.ndarray and isinstance(target, np.ndarray) and len(input_shape) == 2:
        return _nll_slope(g, input_shape, target, weight, ignore_index, reduction)
    dim, q = _coefficients(input_shape, g.dtype, target, weight, ignore_index, reduction)
    return (np.expand_dims(g, dim) if reduction == "none" else g) * -q


_LABELS = np.array([0, 2, 1])


def _class_samples(**more):
    def build():
        for params in ({}, {"reduction": "sum"}, {"reduction": "none"}, {"weight": np.array([0.5, 1.0, 2.0, 0.1])}):
            yield Sample(draw((3, 4)), target=_LABELS, **params, **more)
        yield Sample(draw((3, 4)), target=_LABELS, ignore_index=2, weight=np.array([0.5, 1.0, 2.0, 0.1]), **more)
        yield Sample(draw((2, 3, 2)), target=np.array([[0, 2], [-100, 1]]), **more)
        yield Sample(draw((2, 3, 2)), target=np.array([[0, 2], [-100, 1]]), reduction="none", **more)
        yield Sample(draw((4,)), target=np.array(1), **more)

    return build


def _class_errors():
    yield Sample(np.ones((3, 4)), target=np.array([0, 4, 1]), raises=IndexError, match="Target 4 is out of bounds")
    yield Sample(np.ones((3, 4)), target=np.array([0, 1]), raises=ShapeError, match=r"without its dimension of classes, \(3,\)")
    yield Sample(np.ones((3, 4)), target=np.ones(3), raises=DtypeError, match="class numbers")
    yield Sample(np.ones((3, 4)), target=_LABELS, weight=np.ones(3), raises=ShapeError, match="one number per class")
    yield Sample(np.ones((3, 4)), target=_LABELS, reduction="avg", raises=ValueError, match="'mean', 'sum' or 'none'")


nll_loss = op(
    "nll_loss", _nll, input=_nll_rule, linear=True, samples=_class_samples(), errors=_class_errors,
    formula={"y": "-sum(q * input); q = shares(target, weight)", "input": "-g * q; q = shares(target, weight)"},
    doc="""Negative log-likelihood: minus the log-probability of each target's class.

    Args:
        input: (batch, classes, ...), log-probabilities; or (classes,).
        target: (batch, ...), class numbers.
        weight: (classes,), a factor per class; the mean is then a weighted one.
        ignore_index: the class number of targets that do not count.
        reduction: "mean", "sum" or "none".

    Raises:
        IndexError: a target that is no class.
        ShapeError: a target whose shape is not that of the input without its classes.
        DtypeError: targets that are no integers.
    """,
)


_SHORT = 64  # classes up to which they are computed side by side


def _exponentials(x, dim):
    """z = x - max(x) along the classes, e^z, and Σ e^z."""
    if x.ndim == 2 and x.shape[1] <= _SHORT:
        # NumPy is slow at reducing many short rows. With the classes in front it takes a fifth of the time.
        t = x.T.copy()
        t -= np.maximum.reduce(t, axis=0)
        e = np.exp(t)
        return t.T, e.T, np.add.reduce(e, axis=0)
    shifted = x - np.maximum.reduce(x, axis=dim, keepdims=True)
    e = np.exp(shifted)
    return shifted, e, np.add.reduce(e, axis=dim)


def _losses_of_rows(x, target):
    """log Σ e^x - x[target] of each row of a matrix, and e^(x - max(x)) and its sums, in pieces that fit the cache."""
    count, n = x.shape
    side_by_side = n <= _SHORT
    e = np.empty((n, count), x.dtype).T if side_by_side else np.empty_like(x)
    sums, losses = np.empty(count, x.dtype), np.empty(count, x.dtype)
    with row_buffers(0 if side_by_side else n):
        for piece in pieces(count, n):
            some, part, chosen = x[piece], e[piece], target[piece].astype(np.intp, copy=False)
            if side_by_side:
                t = some.T.copy()
                t -= np.maximum.reduce(t, axis=0)
                picked = t.reshape(-1).take(chosen * len(some) + np.arange(len(some)))
                np.exp(t, out=part.T)
                np.add.reduce(part.T, axis=0, out=sums[piece])
            else:
                np.subtract(some, largest(some), out=part)
                picked = part.reshape(-1).take(_places(part.shape, chosen))
                np.exp(part, out=part)
                sums[piece] = sum_over(part, 1)
            np.subtract(np.log(sums[piece]), picked, out=losses[piece])
    return losses, e, sums


def _cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """The loss, and for its derivative e = exp(x - max(x)) and s, the sums of e over the classes."""
    x = input
    if reduction not in REDUCTIONS:
        raise ArgumentError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
    if not 0.0 <= label_smoothing <= 1.0:
        raise ArgumentError(f"label_smoothing must lie between 0 and 1, but is {label_smoothing}")
    dim, target = _targets(x, target, weight)
    if x.dtype.kind == "c":
        raise DtypeError(f"input must hold real numbers, not {describe(x)}")
    counts, classes = _picked(x, target, dim, ignore_index)
    arrays = type(x) is type(classes) is np.ndarray
    if label_smoothing == 0.0 and arrays and x.ndim == 2 and x.size > BEYOND_CACHE and are_rows(1, x):
        losses, e, s = _losses_of_rows(x, classes)
        return _weighted(losses, _weights(x, counts, classes, weight), reduction), e, s
    shifted, e, s = _exponentials(x, dim)
    if label_smoothing == 0.0:
        losses = np.log(s) - shifted[_index(x.ndim, classes)]
        return _weighted(losses, _weights(x, counts, classes, weight), reduction), e, s
    _, q = _coefficients(x.shape, x.dtype, target, weight, ignore_index, reduction, label_smoothing)
    losses = np.add.reduce(q * (np.expand_dims(np.log(s), dim) - shifted), axis=dim)
    if reduction == "none":
        return losses, e, s
    no_targets = reduction == "mean" and counts is not None and not counts.any()  # then the mean is nan
    return np.asarray(np.nan, x.dtype)[()] if no_targets else np.sum(losses), e, s


def _slope(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0, e=None, s=None):
    """softmax(x) · Σ q - q, for the coefficients q of the loss. e and s: from the forward, if it has run."""
    x = input
    if e is None:
        dim, target = _targets(x, target, weight)
        _, e, s = _exponentials(x, dim)
    else:  # the forward has checked them
        dim, target = 0 if x.ndim == 1 else 1, np.asarray(target)
    if label_smoothing == 0.0:
        counts, target = _picked(x, target, dim, ignore_index)
        w = _weights(x, counts, target, weight)
        c = x.dtype.type(1) if w is None else w
        if reduction == "mean":
            c = c / x.dtype.type(target.size if w is None else np.sum(w) or np.nan)
        scale = (c / s).reshape((*x.shape[:dim], 1, *x.shape[dim + 1 :]))
        if x.size <= BEYOND_CACHE:
            p = e * scale
        else:
            with row_buffers(x.shape[-1]):
                p = e * scale
        p[_index(p.ndim, target)] -= c
        # np.where, and no product: an ignored target has the gradient 0 also where the input is nan.
        return p if counts is None else np.where(np.expand_dims(counts, dim), p, x.dtype.type(0))
    dim, q = _coefficients(x.shape, x.dtype, target, weight, ignore_index, reduction, label_smoothing)
    return e * np.expand_dims(np.add.reduce(q, axis=dim) / s, dim) - q


def _slope_rule(g, input, target, weight, ignore_index, reduction, label_smoothing):
    """h - p Σ h with h = g p Σ q and p = softmax(input). It computes p from the input, so it has derivatives in turn."""
    dim, q = _coefficients(input.shape, input.dtype, target, weight, ignore_index, reduction, label_smoothing)
    p = softmax(input, dim=dim)
    h = g * p * np.add.reduce(q, axis=dim, keepdims=True)
    return h - p * np.sum(h, axis=dim, keepdims=True)


def _cross_entropy_rule(g, input, target, weight, ignore_index, reduction, label_smoothing, e, s):
    slope = cross_entropy_slope(
        input, target=target, weight=weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing,
        e=e, s=s,
    )
    g = np.expand_dims(g, 0 if input.ndim == 1 else 1) if reduction == "none" else g
    if type(slope) is type(g) is np.ndarray and slope.dtype == g.dtype:
        slope *= g  # it is new, and nobody else's
        return slope
    return slope * g


cross_entropy_slope = op(
    "cross_entropy_slope", _slope, input=_slope_rule, analytic=False, samples=_class_samples(label_smoothing=0.1),
    formula={
        "y": "softmax(input) * sum(q, classes) - q; q = shares(target, weight)",
        "input": "h - p * sum(h, classes); h = g * p * sum(q, classes); p = softmax(input); q = shares(target, weight)",
    },
    doc="The derivative of cross_entropy, softmax(x) minus the targets; as an op, so that it has a derivative in turn.",
)
cross_entropy = op(
    "cross_entropy", _cross_entropy, input=_cross_entropy_rule, extras=("e", "s"), analytic=False,
    samples=lambda: [*_class_samples()(), *_class_samples(label_smoothing=0.1)()], errors=_class_errors,
    formula={
        "y": "-sum(q * log(softmax(input))); q = shares(target, weight)",
        "input": "g * (softmax(input) * sum(q, classes) - q); q = shares(target, weight)",
    },
    doc="""Cross entropy of logits with class numbers: nll_loss(log_softmax(input), target), in one op.

    Args:
        input: (batch, classes, ...), logits; or (classes,).
        target: (batch, ...), class numbers.
        weight: (classes,), a factor per class; the mean is then a weighted one.
        ignore_index: the class number of targets that do not count.
        reduction: "mean", "sum" or "none".
        label_smoothing: the part of each target, from 0 to 1, that is spread evenly over all classes.

    Raises:
        IndexError: a target that is no class.
        ShapeError: a target whose shape is not that of the input without its classes.

    Example:
        >>> import autograd
        >>> logits = autograd.tensor([[0.0, 0.0], [0.0, 0.0]])
        >>> import nn
        >>> nn.functional.cross_entropy(logits, autograd.tensor([0, 1]))
        tensor(0.6931, dtype=float32)
    """,
)

# ------------------------------------------------------------------------------------------- losses of two numbers each


def _bce_with_logits(x, target):
    return np.maximum(x, 0) - x * target + np.log1p(np.exp(-np.abs(x)))


bce_with_logits = elementwise(
    "bce_with_logits", _bce_with_logits, x=lambda g, x, target: g * (logistic(x) - target), target=lambda g, x: -g * x,
    analytic=False, samples=binary(second=(0.1, 0.9)),
    formula={"y": "log(1 + exp(x)) - x * target", "x": "g * (sigmoid(x) - target)"},
    doc="Binary cross entropy of a logit, -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)) with t = target, without overflow.",
)


def _mean_bce_rule(g, x, target, needs):
    g = g / max(prod(x.shape), 1)
    return g * (logistic(x) - target) if needs[0] else None, -g * x if needs[1] else None


mean_bce_with_logits = op(
    "mean_bce_with_logits", lambda x, target: _mean(_bce_with_logits(x, target)), joint=_mean_bce_rule, inputs=("x", "target"),
    analytic=False, samples=lambda: [Sample(draw((3, 4)), draw((3, 4), 0.1, 0.9, 1)), Sample(draw(()), draw((), 0.1, 0.9, 1))],
    formula={
        "y": "mean(log(1 + exp(x)) - x * target)",
        "x": "g * (sigmoid(x) - target) / n; n = count(x)",
        "target": "-g * x / n; n = count(x)",
    },
    doc="The mean of bce_with_logits for operands of one shape, as one op for the sake of speed.",
)


def _mean(losses):
    with np.errstate(invalid="ignore"):  # the mean of no losses is nan, as in PyTorch
        return np.add.reduce(losses, axis=None) / losses.dtype.type(losses.size)


bce = elementwise(
    "bce", lambda x, target: _bce(x, target),
    x=lambda g, x, target: g * (x - target) / np.maximum(x * (1 - x), 1e-12),
    target=lambda g, x: _bce_rule_of_target(g, x), analytic=False, samples=binary(0.1, 0.9),
    formula={
        "y": "-target * log(x) - (1 - target) * log(1 - x)",
        "x": "g * (x - target) / (x * (1 - x))",
        "target": "g * (log(1 - x) - log(x))",
    },
    doc="""
    Binary cross entropy of a probability x, -t log x - (1 - t) log(1 - x) with t = target.

    As in PyTorch, logarithms below -100 count as -100.
    """,
)


@np.errstate(divide="ignore")
def _clamped_logs(x):
    """The logarithms of x and of 1 - x."""
    return np.maximum(np.log(x), -100), np.maximum(np.log(1 - x), -100)


def _bce(x, target):
    yes, no = _clamped_logs(x)
    return -target * yes - (1 - target) * no


def _bce_rule_of_target(g, x):
    yes, no = _clamped_logs(x)
    return g * (no - yes)


def _squares(input, target):
    d = np.subtract(input, target).ravel()
    if d.dtype.char == "e":
        return in_single(_mean_of_squares, d)
    return _mean_of_squares(d)


def _mean_of_squares(d):
    # A dot product is the fastest sum of squares. np.add.reduce sums pairwise, which is more accurate for many of them.
    total = d.dot(d) if d.size <= 4096 else np.add.reduce(d * d)
    return total / d.size if d.size else d.dtype.type(np.nan)


def _squares_rule(g, input, target, needs):
    d = (input - target) * (g[()] * (2 / max(prod(input.shape), 1)))  # g[()] is a number: NumPy is slow at 0-d arrays
    return d if needs[0] else None, -d if needs[1] else None


mean_square = op(
    "mean_square", _squares, joint=_squares_rule, inputs=("input", "target"), analytic=False,
    samples=lambda: [
        Sample(draw((3, 4)), draw((3, 4), seed=1)), Sample(draw((7,)), draw((7,), seed=1)), Sample(draw(()), draw((), seed=1)),
        Sample(draw((4, 3)).T, draw((3, 4), seed=1)),
    ],
    formula={
        "y": "mean((input - target) ** 2)",
        "input": "2 * g * (input - target) / n; n = count(input)",
        "target": "-2 * g * (input - target) / n; n = count(input)",
    },
    doc="Mean squared error, mean((input - target)²), for operands of one shape, as one op for the sake of speed.",
)
def _huber(x, delta=1.0):
    if type(x) is np.ndarray and x.size > LARGE and x.dtype.kind == "f":
        return _huber_of_many(x, delta=delta)
    c = x.clip(-delta, delta)
    y = c * 0.5
    own = y if type(y) is np.ndarray else None
    y = np.subtract(x, y, out=own)
    return np.multiply(y, c, out=own)


@in_scratch(1)
def _huber_of_many(y, c, x, delta):
    x.clip(-delta, delta, c)
    np.multiply(c, 0.5, out=y)
    np.subtract(x, y, out=y)
    y *= c


huber = elementwise(
    "huber", _huber, x=lambda g, x, delta: g * np.clip(x, -delta, delta), analytic=False,
    formula={"y": "where(abs(x) <= delta, 0.5 * x * x, delta * (abs(x) - 0.5 * delta))"},
    samples=calls(((3, 4),), ((6,), {"delta": 0.3}), ((),), ((0, 2),)),
    doc="""x² / 2 where |x| <= delta, and delta · (|x| - delta / 2) elsewhere: a parabola that continues as a straight line.

    Source: Huber, Robust Estimation of a Location Parameter, 1964.
    """,
)
