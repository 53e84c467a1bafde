"""Margin losses as functions: the loss is above 0 unless one score is better than another by a margin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd.engine.modes import here
from autograd.engine.recording import recorded
from autograd.errors import ArgumentError, DtypeError, RangeError, ShapeError, describe
from autograd.functions import reduction as reductions
from autograd.ops.loss import pointwise as ops
from autograd.types import Tensor, TensorLike

from .loss import known, numbers, pair, reduced, reduction_of, same_shape, tensor, weighing

_bce_with_logits = recorded(ops.bce_with_logits)


# ---------------------------------------------------------------------------------------------------------- one or minus one


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Distances of pairs: those of equals should be small, those of others at least a margin.

    Formula: x where t = 1, max(0, margin - x) where t = -1.

    Args:
        input: x, distances. target: t, 1 or -1, of the shape of input.
        margin: the distance from which on different inputs cost nothing.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: input and target of different shapes.

    Example:
        >>> import autograd, nn
        >>> x, t = autograd.tensor([0.5, 0.25]), autograd.tensor([1, -1])
        >>> nn.functional.hinge_embedding_loss(x, t, reduction="none")
        tensor([0.5000, 0.7500], dtype=float32)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = pair("hinge_embedding_loss", input, target)
    t = target.array
    apart = autograd.where(t != 1, autograd.clamp_min(margin - input, 0), 0)
    return reduced("hinge_embedding_loss", apart + autograd.where(t != -1, input, 0), reduction)


def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Logistic loss of scores with targets 1 and -1.

    Formula: log(1 + exp(-t x)), without overflow.

    Args:
        input: any shape.
        target: 1 or -1, of the input's shape.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: input and target of different shapes.

    Example:
        >>> import autograd, nn
        >>> nn.functional.soft_margin_loss(autograd.tensor([0.0, -100.0]), autograd.tensor([1, 1]), reduction="none")
        tensor([  0.6931, 100.0000], dtype=float32)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = pair("soft_margin_loss", input, target)
    return reduced("soft_margin_loss", -autograd.logsigmoid(target * input), reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Two scores of which the first should be the larger (t = 1) or the smaller (t = -1).

    Formula: max(0, -t (x1 - x2) + margin).

    Args:
        input1, input2: x1 and x2. target: t; all of one shape.
        margin: by how much the better input must be greater.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: different shapes.

    Example:
        >>> import autograd, nn
        >>> x, y, t = autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 0.0]), autograd.tensor([1, 1])
        >>> nn.functional.margin_ranking_loss(x, y, t, reduction="none")
        tensor([2., 0.], dtype=float32)
    """
    name = "margin_ranking_loss"
    reduction = reduction_of(reduction, size_average, reduce)
    input1, input2, target = numbers(name, "input1", input1), numbers(name, "input2", input2), tensor(name, "target", target)
    same_shape(name, input1=input1, input2=input2, target=target)
    input1, target = pair(name, input1, target)
    return reduced(name, autograd.clamp_min(margin - target * (input1 - input2), 0), reduction)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Pairs of vectors: those of equals should point the same way, those of others not.

    Formula: 1 - cos(x1, x2) where t = 1, max(0, cos(x1, x2) - margin) where t = -1.

    Args:
        input1, input2: (batch, features) or (features,), of one shape. target: (batch,) or (), 1 or -1.
        margin: the cosine up to which different inputs cost nothing.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: shapes that do not fit.

    Example:
        >>> import autograd, nn
        >>> x, y = autograd.tensor([[1.0, 0.0], [1.0, 0.0]]), autograd.tensor([[0.0, 1.0], [2.0, 0.0]])
        >>> nn.functional.cosine_embedding_loss(x, y, autograd.tensor([1, -1]), reduction="none")
        tensor([1., 1.], dtype=float32)
    """
    name = "cosine_embedding_loss"
    reduction = reduction_of(reduction, size_average, reduce)
    input1, input2, target = [tensor(name, title, x) for title, x in (("input1", input1), ("input2", input2), ("target", target))]
    input1, input2 = [x if x.dtype.kind in "fc" else x.to(autograd.get_default_dtype()) for x in (input1, input2)]
    same_shape(name, input1=input1, input2=input2)
    if input1.ndim not in (1, 2) or target.shape != input1.shape[:-1]:
        raise ShapeError(
            f"{here(name)}: target {describe(target)} does not fit inputs {describe(input1)}: "
            f"(batch,) targets for (batch, features), () for (features,)"
        )
    tiny = 1e-12  # a vector of zeros has no direction, and no gradient of it is infinite
    squares = [autograd.sum(autograd.square(x), dim=-1) + tiny for x in (input1, input2)]
    cosine = autograd.sum(input1 * input2, dim=-1) / autograd.sqrt(squares[0] * squares[1])
    t = target.array
    losses = autograd.where(t == 1, 1 - cosine, autograd.where(t == -1, autograd.clamp_min(cosine - margin, 0), 0))
    return reduced(name, losses, reduction)


# ------------------------------------------------------------------------------------------------------------ many classes


def _classes(name: str, target: TensorLike, classes: int, lowest: int = 0) -> np.ndarray:
    """Return class numbers as an array; raise if one is not the number of a class."""
    t = np.asarray(tensor(name, "target", target).array)
    if t.dtype.kind not in "iu":
        raise DtypeError(f"{here(name)}: target must hold class numbers, integers, not {describe(t)}: convert with .long()")
    outside = (t < lowest) | (t >= classes)
    if outside.any():
        index = tuple(int(n[0]) for n in np.nonzero(np.atleast_1d(outside)))[: t.ndim]
        raise RangeError(
            f"{here(name)}: Target {t[index]} is out of bounds: target{list(index) or ''} is {t[index]}, and there are "
            f"{classes} classes, from 0 to {classes - 1}" + (", and -1 after the last one" if lowest else "")
        )
    return t


def _scores(name: str, input: Tensor) -> Tensor:
    """The input as (batch, classes) or (classes,); a single number is the score of one class, as in PyTorch."""
    if not input.ndim:
        return autograd.reshape(input, (1,))
    if input.ndim > 2 or not input.shape[-1]:
        raise ShapeError(f"{here(name)}: input must be (batch, classes) or (classes,), not {describe(input)}")
    return input


def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: TensorLike | None = None,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """The score of the target's class should be better than all others by a margin.

    Formula: sum over c != t of w_t max(0, margin - x_t + x_c)^p / classes.

    Args:
        input: x, (batch, classes) or (classes,). target: t, (batch,) or (), class numbers.
        p: 1 or 2. weight: (classes,), how much each class counts.
        margin: by how much the score of the target's class must be greater.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: shapes that do not fit. IndexError: a target that is no class. ArgumentError: another p.

    Example:
        >>> import autograd, nn
        >>> nn.functional.multi_margin_loss(autograd.tensor([[0.1, 0.2, 0.4, 0.8]]), autograd.tensor([3]))
        tensor(0.3250, dtype=float32)
    """
    name = "multi_margin_loss"
    reduction = reduction_of(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ArgumentError(f"{here(name)}: only p == 1 and p == 2 supported, not {p}")
    input = _scores(name, numbers(name, "input", input))
    classes = input.shape[-1]
    t = _classes(name, target, classes)
    rows = input.shape[:-1]
    if t.shape != rows and not (t.shape in ((), (1,)) and rows in ((), (1,))):
        raise ShapeError(f"{here(name)}: target {describe(t)} must have one class for each row of input {describe(input)}")
    one = t.reshape((*rows, 1))
    others = np.arange(classes) != one
    losses = autograd.relu(margin - autograd.take_along_dim(input, one, -1) + input)
    losses = (losses if p == 1 else autograd.square(losses)) * others.astype(input.dtype)
    if weight is not None:
        w = np.asarray(tensor(name, "weight", weight).array, input.dtype)
        if w.shape != (classes,):
            raise ShapeError(f"{here(name)}: weight {describe(w)} must have one number per class, ({classes},)")
        losses = losses * w[one]
    losses = autograd.sum(losses, dim=-1) / classes
    return reduced(name, losses if t.shape == rows else autograd.reshape(losses, t.shape), reduction)


def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """The scores of all classes of the target should be better than those of all others by 1.

    Formula: sum over t in targets, c not in targets, of max(0, 1 - x_t + x_c) / classes.

    Args:
        input: x, (batch, classes) or (classes,).
        target: of the shape of input: class numbers, and -1 after the last one; what follows that does not count.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: input and target of different shapes. IndexError: a target that is neither a class nor -1.

    Example:
        >>> import autograd, nn
        >>> x, t = autograd.tensor([[0.1, 0.2, 0.4, 0.8]]), autograd.tensor([[3, 0, -1, 1]])
        >>> nn.functional.multilabel_margin_loss(x, t)
        tensor(0.8500, dtype=float32)
    """
    name = "multilabel_margin_loss"
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = numbers(name, "input", input), tensor(name, "target", target)
    same_shape(name, input=input, target=target)
    input, target = _scores(name, input), autograd.reshape(target, input.shape or (1,))
    classes = input.shape[-1]
    t = _classes(name, target, classes, -1)
    listed = np.logical_and.accumulate(t >= 0, axis=-1)
    most = int(listed.sum(-1).max(initial=0))
    t, listed = (t * listed)[..., :most], listed[..., :most]
    others = np.ones(input.shape, bool)
    # Marks the listed classes. An entry that is not listed marks the first target instead, which is listed if any entry is.
    np.put_along_axis(others, np.where(listed, t, t[..., :1]), False, -1)
    pairs = (listed[..., :, None] & others[..., None, :]).astype(input.dtype)
    scores = autograd.unsqueeze(autograd.take_along_dim(input, t, -1), -1)
    losses = autograd.relu(1 - scores + autograd.unsqueeze(input, -2)) * pairs
    return reduced(name, autograd.sum(losses, dim=(-2, -1)) / classes, reduction)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: TensorLike | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Several classes at once, each yes or no: the mean over classes of the cross entropy with sigmoid(x).

    Formula: -mean over c of w_c (t_c log(sigmoid(x_c)) + (1 - t_c) log(1 - sigmoid(x_c))).

    Args:
        input: x, (..., classes). target: t, of its shape, 0 or 1. weight: (classes,).
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: input and target of different shapes.

    Example:
        >>> import autograd, nn
        >>> nn.functional.multilabel_soft_margin_loss(autograd.tensor([[0.0, 100.0]]), autograd.tensor([[1, 1]]))
        tensor(0.3466, dtype=float32)
    """
    name = "multilabel_soft_margin_loss"
    reduction = reduction_of(reduction, size_average, reduce)
    input, target = pair(name, input, target)
    if not input.ndim:
        raise ShapeError(f"{here(name)}: input must have a dimension of classes, (..., classes), not {describe(input)}")
    losses = _bce_with_logits(input, target)
    if weight is not None:
        losses = autograd.mul(losses, weighing(name, weight, losses.shape))
    return reduced(name, autograd.mean(losses, dim=-1), reduction)


# ---------------------------------------------------------------------------------------------------------------- triplets


def _distance(x: Any, y: Any, p: float = 2.0, eps: float = 1e-6) -> Tensor:
    return reductions.norm(x - y + eps, p, -1)


def _triplet(
    name: str, anchor: TensorLike, positive: TensorLike, negative: TensorLike, margin: float, reduction: str
) -> tuple[Tensor, Tensor, Tensor]:
    known(name, reduction)
    if margin <= 0:
        raise ArgumentError(f"{here(name)}: margin must be greater than 0, got {margin}")
    anchor, positive = numbers(name, "anchor", anchor, "fc"), numbers(name, "positive", positive, "fc")
    negative = numbers(name, "negative", negative, "fc")
    same_shape(name, anchor=anchor, positive=positive, negative=negative)
    return anchor, positive, negative


def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2, eps: float = 1e-6,
    swap: bool = False, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """An anchor should be nearer to the positive than to the negative, by a margin.

    Formula: max(0, margin + d(a, p) - d(a, n)) with d(x, y) = norm_p(x - y + eps) of the last dimension.

    Args:
        anchor, positive, negative: (..., features), of one shape.
        p, eps: of the distance. swap: let d(p, n) count for d(a, n) where it is smaller.
        margin: by how much the positive must be nearer.
        size_average, reduce: deprecated, in favour of reduction.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: different shapes. ArgumentError: a margin that is not above 0.

    Source: Balntas et al., Learning shallow convolutional feature descriptors with triplet losses, 2016.

    Example:
        >>> import autograd, nn
        >>> a, p, n = autograd.tensor([[0.0, 0.0]]), autograd.tensor([[0.0, 2.0]]), autograd.tensor([[1.0, 0.0]])
        >>> nn.functional.triplet_margin_loss(a, p, n)
        tensor(2., dtype=float32)
    """
    reduction = reduction_of(reduction, size_average, reduce)
    anchor, positive, negative = _triplet("triplet_margin_loss", anchor, positive, negative, margin, reduction)

    def distance(x: Any, y: Any) -> Tensor:
        return _distance(x, y, p, eps)

    return _of_distances("triplet_margin_loss", distance, anchor, positive, negative, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, *, distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0, swap: bool = False, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """``triplet_margin_loss`` with a given distance, a function of two tensors; by default the Euclidean distance.

    Args:
        anchor: any shape that the distance function takes.
        positive: of the anchor's shape.
        negative: of the anchor's shape.
        distance_function: the distance of two tensors; ``pairwise_distance`` unless given.
        margin: by how much the positive must be nearer.
        swap: whether the distance of positive and negative counts, if it is less than that of anchor and negative.
        reduction: "mean", "sum", or "none" for one loss each.

    Raises:
        ShapeError: different shapes. ArgumentError: a margin that is not above 0.

    Example:
        >>> import autograd, nn
        >>> a, p, n = autograd.tensor([[0.0]]), autograd.tensor([[3.0]]), autograd.tensor([[1.0]])
        >>> far = lambda x, y: (x - y).abs().sum(-1)
        >>> nn.functional.triplet_margin_with_distance_loss(a, p, n, distance_function=far)
        tensor(3., dtype=float32)
    """
    name = "triplet_margin_with_distance_loss"
    anchor, positive, negative = _triplet(name, anchor, positive, negative, margin, reduction)
    return _of_distances(name, distance_function or _distance, anchor, positive, negative, margin, swap, reduction)


def _of_distances(
    name: str, distance: Callable[[Any, Any], Any], a: Any, p: Any, n: Any, margin: float, swap: bool, reduction: str
) -> Tensor:
    near, far = distance(a, p), distance(a, n)
    if swap:
        far = autograd.minimum(far, distance(p, n))
    return reduced(name, autograd.clamp_min(margin + near - far, 0), reduction)
