"""Losses that need a kernel: for speed (cross entropy, mean of squares), or for stability (from logits)."""

from __future__ import annotations

from math import prod

import numpy as np

from ..errors import DtypeError, ShapeError, describe
from ..op import Sample, elementwise, op
from ..samples import binary, draw
from .activation import logistic, softmax

REDUCTIONS = ("mean", "sum", "none")


def reduce(losses, reduction, divisor=None):
    """Losses as they are, their sum, or their mean (or the sum over another divisor)."""
    if reduction == "mean":
        return np.sum(losses) / (losses.size if divisor is None else divisor)
    if reduction == "sum":
        return np.sum(losses)
    if reduction == "none":
        return losses
    raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")


# ----------------------------------------------------------------------------------------------------------- classes by number


def _targets(x, target, weight):
    """The dimension of classes, the targets as they are, and checks of both."""
    target = np.asarray(target)
    dim = 0 if x.ndim == 1 else 1
    if not x.ndim:
        raise ShapeError("input must have a dimension of classes, (batch, classes, ...)")
    if target.dtype.kind not in "iu":
        raise DtypeError(f"target must hold class numbers, which are integers, not {describe(target)}")
    if target.shape != x.shape[:dim] + x.shape[dim + 1 :]:
        raise ShapeError(
            f"input {describe(x)} and target {describe(target)} do not fit: target must have the shape of input without its "
            f"dimension of classes, {x.shape[:dim] + x.shape[dim + 1:]}"
        )
    if weight is not None and weight.shape != (x.shape[dim],):
        raise ShapeError(f"weight {describe(weight)} must have one number per class, ({x.shape[dim]},)")
    return dim, target


def _chosen(x, target, dim, ignore_index):
    """Which targets count, and an index that picks the class of each (class 0 where ignored)."""
    counts = target != ignore_index
    if (target.size and target.min() >= 0 and target.max() < x.shape[dim]) and not 0 <= ignore_index < x.shape[dim]:
        counts, safe = None, target
    else:
        safe = target * counts
        if target.size and (safe.min() < 0 or safe.max() >= x.shape[dim]):
            bad = safe[(safe < 0) | (safe >= x.shape[dim])].flat[0]
            raise IndexError(f"Target {bad} is out of bounds: there are {x.shape[dim]} classes, from 0 to {x.shape[dim] - 1}")
    if x.ndim == 1:
        return counts, (safe,)
    if x.ndim == 2:
        return counts, (np.arange(len(x)), safe)
    places = np.ogrid[tuple(slice(n) for n in target.shape)]
    return counts, (places[0], safe, *places[1:])


def _weights(x, counts, index, weight, dim):
    """The weight of each target, 0 where ignored; or None where all are 1."""
    if weight is not None:
        w = np.asarray(weight, x.dtype)[index[dim]]
        return w if counts is None else w * counts
    return None if counts is None else counts.astype(x.dtype)


def _nll(input, target, weight=None, ignore_index=-100, reduction="mean"):
    x = input
    dim, target = _targets(x, target, weight)
    counts, index = _chosen(x, target, dim, ignore_index)
    w = _weights(x, counts, index, weight, dim)
    losses = np.negative(x[index])
    if w is None:
        return reduce(losses, reduction)
    with np.errstate(invalid="ignore"):  # nothing counts: the mean of nothing is nan, as in PyTorch
        return reduce(np.where(w == 0, 0, losses * w).astype(x.dtype), reduction, np.sum(w))


def _coefficients(shape, dtype, target, weight, ignore_index, reduction, smoothing=0.0):
    """The numbers q of the loss -sum(q * log p), and how a gradient of the loss reaches the shape of p: as a divisor."""
    empty = np.broadcast_to(np.zeros((), dtype), shape)
    dim, target = _targets(empty, target, weight)
    counts, index = _chosen(empty, target, dim, ignore_index)
    w = _weights(empty, counts, index, weight, dim)
    q = np.zeros(shape, dtype)
    q[index] = 1 if w is None else w
    if smoothing:
        q *= 1 - smoothing
        each_class = np.ones(shape[dim], dtype) if weight is None else np.asarray(weight, dtype)
        share = each_class * (smoothing / shape[dim])
        share = share.reshape((-1,) + (1,) * (len(shape) - dim - 1))
        q += share if counts is None else share * np.expand_dims(counts, dim)
    if reduction == "mean":
        q /= dtype.type(target.size) if w is None else np.sum(w)
    return dim, q


def _nll_rule(g, input_shape, target, weight, ignore_index, reduction):
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
    doc="""Negative log-likelihood: minus the log-probability of each target's class.

    Args:
        input: (batch, classes, ...), log-probabilities. target: (batch, ...), class numbers.
        weight: (classes,), how much each class counts; the mean is then a weighted one.
        ignore_index: a target that does not count.
        reduction: "mean", "sum" or "none".
    """,
)  # fmt: skip


def _cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    x = input
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing must lie between 0 and 1, not at {label_smoothing}")
    dim, target = _targets(x, target, weight)
    counts, index = _chosen(x, target, dim, ignore_index)
    shifted = x - np.max(x, axis=dim, keepdims=True) if x.size else x
    normaliser = np.log(np.add.reduce(np.exp(shifted), axis=dim))
    if label_smoothing == 0.0:
        losses = normaliser - shifted[index]
        w = _weights(x, counts, index, weight, dim)
        if w is None:
            return reduce(losses, reduction)
        with np.errstate(invalid="ignore"):
            return reduce(losses * w, reduction, np.sum(w))
    _, q = _coefficients(x.shape, x.dtype, target, weight, ignore_index, reduction, label_smoothing)
    losses = np.add.reduce(q * (np.expand_dims(normaliser, dim) - shifted), axis=dim)
    return losses if reduction == "none" else np.sum(losses)


def _slope(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """softmax(x) * sum(q) - q, for the q of the loss."""
    x = input
    p = softmax.forward(x, 0 if x.ndim == 1 else 1)
    if weight is None and label_smoothing == 0.0:
        dim, target = _targets(x, target, weight)
        counts, index = _chosen(x, target, dim, ignore_index)
        p[index] -= 1
        if counts is not None:
            p *= np.expand_dims(counts, dim)
        if reduction == "mean":
            p /= x.dtype.type(target.size if counts is None else np.sum(counts))
        return p
    dim, q = _coefficients(x.shape, x.dtype, target, weight, ignore_index, reduction, label_smoothing)
    return p * np.add.reduce(q, axis=dim, keepdims=True) - q


def _slope_rule(g, input, target, weight, ignore_index, reduction, label_smoothing):
    dim, q = _coefficients(input.shape, input.dtype, target, weight, ignore_index, reduction, label_smoothing)
    p = softmax(input, dim=dim)
    h = g * p * np.add.reduce(q, axis=dim, keepdims=True)
    return h - p * np.sum(h, axis=dim, keepdims=True)


def _cross_entropy_rule(g, input, target, weight, ignore_index, reduction, label_smoothing):
    slope = cross_entropy_slope(
        input, target=target, weight=weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing
    )
    return slope * (np.expand_dims(g, 0 if input.ndim == 1 else 1) if reduction == "none" else g)


cross_entropy_slope = op(
    "cross_entropy_slope", _slope, input=_slope_rule, analytic=False, samples=_class_samples(label_smoothing=0.1),
    doc="The derivative of cross_entropy: softmax(x) minus the targets. As an op it has a derivative in turn.",
)  # fmt: skip
cross_entropy = op(
    "cross_entropy", _cross_entropy, input=_cross_entropy_rule, analytic=False,
    samples=lambda: [*_class_samples()(), *_class_samples(label_smoothing=0.1)()], errors=_class_errors,
    doc="""Cross entropy of logits with class numbers: nll_loss(log_softmax(input), target), in one op.

    Args:
        input: (batch, classes, ...), any numbers. target: (batch, ...), class numbers.
        weight, ignore_index, reduction: as in nll_loss.
        label_smoothing: the share of the target that is spread evenly over all classes.

    Raises:
        IndexError: a target that is no class.
        ShapeError: a target whose shape is not that of the input without its classes.

    Example:
        >>> import autograd
        >>> logits = autograd.tensor([[0.0, 0.0], [0.0, 0.0]])
        >>> round(autograd.neural.cross_entropy(logits, autograd.tensor([0, 1])).item(), 4)
        0.6931
    """,
)  # fmt: skip

# ------------------------------------------------------------------------------------------------------------ of two numbers

bce_with_logits = elementwise(
    "bce_with_logits", lambda x, target: np.maximum(x, 0) - x * target + np.log1p(np.exp(-np.abs(x))),
    x=lambda g, x, target: g * (logistic(x) - target), target=lambda g, x: -g * x, analytic=False,
    samples=binary(second=(0.1, 0.9)),
    doc="Cross entropy of sigmoid(x) with a probability: -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)), without overflow.",
)  # fmt: skip
bce = elementwise(
    "bce", lambda x, target: -target * _clamped(x) - (1 - target) * _clamped(1 - x),
    x=lambda g, x, target: g * (x - target) / np.maximum(x * (1 - x), 1e-12),
    target=lambda g, x: g * (_clamped(1 - x) - _clamped(x)), analytic=False, samples=binary(0.1, 0.9),
    doc="Cross entropy of a probability with a probability; its logarithms go no lower than -100, as PyTorch's.",
)  # fmt: skip


def _clamped(x):
    if isinstance(x, np.ndarray | float | int):
        if np.any(x < 0) or np.any(x > 1):
            raise ValueError("all elements of input should be between 0 and 1")
        with np.errstate(divide="ignore"):
            return np.maximum(np.log(x), -100)
    return np.maximum(np.log(x), -100)


def same_shape(input, target):
    """Refuse to broadcast: a loss of (n, 1) against (n,) is the mean of n * n numbers that nobody meant."""
    if input.shape != target.shape:
        raise ShapeError(
            f"input {describe(input)} and target {describe(target)} differ in shape, and would be broadcast against each other: "
            f"reshape one (target.reshape(input.shape)), or, if broadcasting is meant, broadcast them before"
        )


def _mse(input, target, reduction="mean"):
    same_shape(input, target)
    d = input - target
    if reduction == "none":
        return np.square(d)
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
    d = d.reshape(-1)
    s = np.dot(d, d)
    return s if reduction == "sum" else s / d.size


def _mse_rule(g, input, target, reduction, needs):
    d = (input - target) * (g * (2 / max(prod(input.shape), 1) if reduction == "mean" else 2))
    return d if needs[0] else None, -d if needs[1] else None


mse_loss = op(
    "mse_loss", _mse, joint=_mse_rule, inputs=("input", "target"),
    samples=lambda: [
        Sample(draw((3, 4)), draw((3, 4), seed=1)), Sample(draw((3,)), draw((3,), seed=1), reduction="sum"),
        Sample(draw((3,)), draw((3,), seed=1), reduction="none"), Sample(draw(()), draw((), seed=1)),
    ],
    errors=lambda: [Sample(np.ones((3, 1)), np.ones(3), raises=ShapeError, match=r"differ in shape.*target.reshape")],
    doc="Mean of squares, mean((input - target)^2).",
)  # fmt: skip
