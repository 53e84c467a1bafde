"""Losses as modules. What they compute, and what they refuse, stands with the functions in ``nn.functional``."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from autograd.engine.errors import ArgumentError, ShapeError, describe

from .. import functional as F
from ..functional.loss import REDUCTIONS, known, reduction_of
from ..module import Module
from .distance import PairwiseDistance
from .linear import Linear


class _Loss(Module):
    """What all have: a reduction, "mean", "sum" or "none"."""

    _reductions: tuple[str, ...] = REDUCTIONS

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction_of(reduction, size_average, reduce)
        known(type(self).__name__, self.reduction, self._reductions)


class _WeightedLoss(_Loss):
    """A loss with a weight, which is a buffer: it moves and is saved with the module."""

    def __init__(self, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


# ------------------------------------------------------------------------------------------------------- numbers and numbers


class L1Loss(_Loss):
    """The mean of sizes of differences, mean(|input - target|).

    Shapes: input and target of one shape. Raises ShapeError where they differ: see ``nn.functional.l1_loss``.

    Example:
        >>> import autograd, nn
        >>> nn.L1Loss()(autograd.tensor([1.0, 3.0]), autograd.tensor([0.0, 1.0]))
        tensor(1.5000, dtype=float32)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.l1_loss(input, target, reduction=self.reduction)


class MSELoss(_Loss):
    """The mean of squares of differences, mean((input - target)^2).

    Shapes: input and target of one shape. Raises ShapeError where they differ: a loss does not broadcast.

    Example:
        >>> import autograd, nn
        >>> nn.MSELoss()(autograd.tensor([1.0, 3.0]), autograd.tensor([0.0, 1.0]))
        tensor(2.5000, dtype=float32)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.mse_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """Squares of small differences, sizes of large ones.

    Formula: with d = input - target: d^2 / (2 beta) where |d| < beta, |d| - beta / 2 elsewhere.

    Args:
        beta: where the square becomes a line, not negative.

    Source: Girshick, Fast R-CNN, 2015, equation 3.

    Example:
        >>> import autograd, nn
        >>> nn.SmoothL1Loss(reduction="none")(autograd.tensor([0.5, 3.0]), autograd.zeros(2))
        tensor([0.1250, 2.5000], dtype=float32)
    """

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(size_average, reduce, reduction)
        if beta < 0:
            raise ArgumentError(f"SmoothL1Loss: beta must not be negative, and is {beta}")
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """Squares of small differences, a line beyond them.

    Formula: with d = input - target: d^2 / 2 where |d| <= delta, delta (|d| - delta / 2) elsewhere.

    Args:
        delta: where the square becomes a line, above 0.

    Source: Huber, Robust estimation of a location parameter, 1964.

    Example:
        >>> import autograd, nn
        >>> nn.HuberLoss("none", delta=2.0)(autograd.tensor([0.5, 3.0]), autograd.zeros(2))
        tensor([0.1250, 4.0000], dtype=float32)
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        if delta <= 0:
            raise ArgumentError(f"HuberLoss: delta must be above 0, and is {delta}")
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class PoissonNLLLoss(_Loss):
    """Minus the log-likelihood of counts t with a Poisson distribution.

    Formula: exp(x) - t x with ``log_input``, x - t log(x + eps) without.

    Args:
        log_input: whether the input is the logarithm of the expected count.
        full: add log t! by Stirling's formula where t > 1.
        eps: keeps the logarithm finite.

    Example:
        >>> import autograd, nn
        >>> nn.PoissonNLLLoss()(autograd.tensor([0.0, 0.0]), autograd.tensor([1.0, 2.0]))
        tensor(1., dtype=float32)
    """

    def __init__(
        self, log_input: bool = True, full: bool = False, size_average: Any = None, eps: float = 1e-8, reduce: Any = None,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Any, target: Any) -> Any:
        """The loss."""
        return F.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


class GaussianNLLLoss(_Loss):
    """Minus the log-likelihood of targets with normal distributions of given means and variances.

    Formula: (log(v) + (input - target)^2 / v) / 2 with v = max(var, eps).

    Args:
        full: add log(2 pi) / 2. eps: the smallest variance.

    Shapes: var has the shape of input, or that without the last dimension, or with 1 for one dimension.

    Source: Nix and Weigend, Estimating the mean and variance of the target probability distribution, 1994.

    Example:
        >>> import autograd, nn
        >>> nn.GaussianNLLLoss()(autograd.tensor([1.0]), autograd.tensor([3.0]), autograd.tensor([4.0]))
        tensor(1.1931, dtype=float32)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        """The loss."""
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


# --------------------------------------------------------------------------------------------- probabilities, yes or no


class BCELoss(_WeightedLoss):
    """Cross entropy of probabilities with probabilities, -t log(x) - (1 - t) log(1 - x).

    Args:
        weight: multiplies the losses; broadcasts to their shape.

    Raises where a number is outside of [0, 1] or shapes differ. After a sigmoid use ``BCEWithLogitsLoss``.

    Example:
        >>> import autograd, nn
        >>> nn.BCELoss()(autograd.tensor([0.5, 0.5]), autograd.tensor([1.0, 0.0]))
        tensor(0.6931, dtype=float32)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Cross entropy of sigmoid(x) with probabilities t, without overflow or underflow.

    Formula: -p t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)); the derivative by x is sigmoid(x) - t where p = 1.

    Args:
        weight: multiplies the losses. pos_weight: p, how much more a positive target counts. Both broadcast to the losses.

    Example:
        >>> import autograd, nn
        >>> nn.BCEWithLogitsLoss()(autograd.tensor([0.0, 1000.0]), autograd.tensor([1.0, 1.0]))
        tensor(0.3466, dtype=float32)
    """

    def __init__(
        self, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean", pos_weight: Any = None
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.binary_cross_entropy_with_logits(input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction)


class KLDivLoss(_Loss):
    """Kullback-Leibler divergence of a distribution, given by log-probabilities x, from a target distribution t.

    Formula: t (log(t) - x), 0 where t = 0; with log_target e^t (t - x).

    Args:
        reduction: also "batchmean": the sum divided by the batch size, which is the divergence as it is defined.
        log_target: whether targets are log-probabilities as well.

    Example:
        >>> import autograd, nn
        >>> p, q = autograd.tensor([[0.5, 0.5]]), autograd.tensor([[0.75, 0.25]])
        >>> nn.KLDivLoss(reduction="batchmean")(p.log(), q)
        tensor(0.1308, dtype=float32)
    """

    _reductions = (*REDUCTIONS, "batchmean")

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


# ----------------------------------------------------------------------------------------------------------------- classes


class NLLLoss(_WeightedLoss):
    """Negative log-likelihood: minus the log-probability of each target's class.

    Args:
        weight: (classes,), how much each class counts; the mean is divided by the sum over the targets.
        ignore_index: a target that does not count.

    Shapes: input (batch, classes, ...) or (classes,), target (batch, ...) or (), integers.

    Example:
        >>> import autograd, nn
        >>> p = autograd.tensor([[0.5, 0.5], [0.1, 0.9]])
        >>> nn.NLLLoss(reduction="none")(p.log(), autograd.tensor([0, 1]))
        tensor([0.6931, 0.1054], dtype=float32)
    """

    def __init__(
        self, weight: Any = None, size_average: Any = None, ignore_index: int = -100, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class NLLLoss2d(NLLLoss):
    """``NLLLoss`` by its old name for pictures.

    Example:
        >>> import autograd, nn, warnings
        >>> warnings.simplefilter("ignore")
        >>> nn.NLLLoss2d()(autograd.zeros(1, 2, 1, 1), autograd.tensor([[[1]]]))
        tensor(0., dtype=float32)
    """

    def __init__(
        self, weight: Any = None, size_average: Any = None, ignore_index: int = -100, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        said = "NLLLoss2d has been deprecated. Please use NLLLoss instead as a drop-in replacement."
        warnings.warn(said, FutureWarning, stacklevel=2)
        super().__init__(weight, size_average, ignore_index, reduce, reduction)


class CrossEntropyLoss(_WeightedLoss):
    """Cross entropy of logits x with classes, given by number or by probabilities: ``LogSoftmax`` and ``NLLLoss`` in one.

    Formula: -w_t log(softmax(x))_t for a class number t; -sum_c w_c q_c log(softmax(x))_c for probabilities q.

    Args:
        weight: (classes,), how much each class counts. ignore_index: a class number that does not count.
        label_smoothing: the share of the target that is spread evenly over all classes, in [0, 1].

    Shapes: input (batch, classes, ...) or (classes,), target (batch, ...) or (), integers; or floating, of the shape of input.

    Example:
        >>> import autograd, nn
        >>> x = autograd.tensor([[0.0, 0.0], [0.0, 100.0]])
        >>> nn.CrossEntropyLoss()(x, autograd.tensor([0, 1]))
        tensor(0.3466, dtype=float32)
    """

    def __init__(
        self, weight: Any = None, size_average: Any = None, ignore_index: int = -100, reduce: Any = None, reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        if not 0 <= label_smoothing <= 1:
            raise ArgumentError(f"CrossEntropyLoss: label_smoothing must lie between 0 and 1, not at {label_smoothing}")
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.cross_entropy(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )  # fmt: skip


class LinearCrossEntropyLoss(_WeightedLoss):
    """A linear layer and the cross entropy of its outputs.

    Args:
        in_features: size of the last dimension of the input. num_classes: how many outputs the layer has for each place.
        out_features: dimensions of places after the classes. bias: whether the layer has one.
        weight, ignore_index, label_smoothing: as for ``CrossEntropyLoss``.
        options: ``LinearCrossEntropyOptions``, for outputs that are computed in chunks of the batch, or None: at once.

    Shapes: input (batch, in_features), target (batch, ...) integers, or probabilities (batch, num_classes, ...).

    Example:
        >>> import autograd, nn
        >>> head = nn.LinearCrossEntropyLoss(4, 3)
        >>> round(head(autograd.zeros(2, 4), autograd.tensor([0, 2])).item(), 4)  # log(3)
        1.0986
        >>> [name for name, p in head.named_parameters()]
        ['linear.weight']
    """

    def __init__(
        self, in_features: int, num_classes: int, *, out_features: tuple[int, ...] = (), bias: bool = False, device: Any = None,
        dtype: Any = None, reduction: str = "mean", weight: Any = None, ignore_index: int | None = None,
        label_smoothing: float = 0.0, options: Any = None,
    ) -> None:  # fmt: skip
        if weight is not None and tuple(weight.shape) != (num_classes,):
            raise ShapeError(f"LinearCrossEntropyLoss: expected weight shape to be {(num_classes,)}, got {describe(weight)}")
        if not 0 <= label_smoothing <= 1:
            raise ArgumentError(f"LinearCrossEntropyLoss: expected label_smoothing to be in range [0, 1], got {label_smoothing}")
        super().__init__(weight=weight, reduction=reduction)
        self.num_classes = num_classes
        self.out_features = tuple(out_features)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.linear = Linear(in_features, math.prod(self.out_features, start=num_classes), bias=bias, device=device, dtype=dtype)
        self.options = options

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        outputs = (self.num_classes, *self.out_features)
        weight, bias = self.linear.weight, self.linear.bias
        if self.out_features:
            weight = weight.reshape(*outputs, self.linear.in_features)
            bias = None if bias is None else bias.reshape(outputs)
        return F.linear_cross_entropy(
            input, weight, target, linear_bias=bias, weight=self.weight, reduction=self.reduction, ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing, options=self.options,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )


class CTCLoss(_Loss):
    """Connectionist temporal classification: minus the log-probability of all alignments of a target with its input.

    Args:
        blank: the class that stands for no label.
        reduction: the mean is of each loss divided by its target's length.
        zero_infinity: a target that is too long for its input counts 0 instead of infinity, and has no gradient.

    Shapes: log_probs (time, batch, classes) or (time, classes); targets (batch, longest), or all in one row; lengths (batch,).

    Source: Graves et al., Connectionist Temporal Classification, 2006.

    Example:
        >>> import autograd, nn
        >>> p = autograd.full((2, 1, 2), 0.5).log()
        >>> nn.CTCLoss()(p, autograd.tensor([[1]]), [2], [1])  # 3 of the 4 paths become [1]
        tensor(0.2877, dtype=float32)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        """The loss."""
        return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity)


# ----------------------------------------------------------------------------------------------------------------- margins


class HingeEmbeddingLoss(_Loss):
    """Distances of pairs: x where t = 1, max(0, margin - x) where t = -1.

    Shapes: input and target of one shape.

    Example:
        >>> import autograd, nn
        >>> nn.HingeEmbeddingLoss(reduction="none")(autograd.tensor([0.5, 0.25]), autograd.tensor([1, -1]))
        tensor([0.5000, 0.7500], dtype=float32)
    """

    def __init__(self, margin: float = 1.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class SoftMarginLoss(_Loss):
    """Logistic loss of scores x with targets t of 1 and -1, log(1 + exp(-t x)).

    Shapes: input and target of one shape.

    Example:
        >>> import autograd, nn
        >>> nn.SoftMarginLoss()(autograd.tensor([0.0, 0.0]), autograd.tensor([1, -1]))
        tensor(0.6931, dtype=float32)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MarginRankingLoss(_Loss):
    """Two scores of which the first should be the larger (t = 1) or the smaller (t = -1): max(0, -t (x1 - x2) + margin).

    Shapes: all three of one shape.

    Example:
        >>> import autograd, nn
        >>> x, y, t = autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 0.0]), autograd.tensor([1, 1])
        >>> nn.MarginRankingLoss(reduction="none")(x, y, t)
        tensor([2., 0.], dtype=float32)
    """

    def __init__(self, margin: float = 0.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """The loss."""
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(_Loss):
    """Pairs of vectors: 1 - cos(x1, x2) where t = 1, max(0, cos(x1, x2) - margin) where t = -1.

    Args:
        margin: a number from -1 to 1.

    Shapes: inputs (batch, features) and target (batch,), or (features,) and ().

    Example:
        >>> import autograd, nn
        >>> x, y = autograd.tensor([[1.0, 0.0]]), autograd.tensor([[0.0, 1.0]])
        >>> nn.CosineEmbeddingLoss()(x, y, autograd.tensor([1]))
        tensor(1., dtype=float32)
    """

    def __init__(self, margin: float = 0.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """The loss."""
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """The score of the target's class t should be better than all others by a margin.

    Formula: sum over c != t of w_t max(0, margin - x_t + x_c)^p / classes.

    Args:
        p: 1 or 2. weight: (classes,), how much each class counts.

    Shapes: input (batch, classes) or (classes,), target (batch,) or (), integers.

    Example:
        >>> import autograd, nn
        >>> nn.MultiMarginLoss()(autograd.tensor([[0.1, 0.2, 0.4, 0.8]]), autograd.tensor([3]))
        tensor(0.3250, dtype=float32)
    """

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, size_average: Any = None, reduce: Any = None,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ArgumentError(f"MultiMarginLoss: only p == 1 and p == 2 supported, not {p}")
        if weight is not None and weight.ndim != 1:
            raise ShapeError(f"MultiMarginLoss: weight must be one-dimensional, not {describe(weight)}")
        self.p = p
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.multi_margin_loss(input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction)


class MultiLabelMarginLoss(_Loss):
    """The scores of all classes of the target should be better than those of all others by 1.

    Formula: sum over t in targets, c not in targets, of max(0, 1 - x_t + x_c) / classes.

    Shapes: input (batch, classes) or (classes,); target the same, class numbers and -1 after the last one.

    Example:
        >>> import autograd, nn
        >>> nn.MultiLabelMarginLoss()(autograd.tensor([[0.1, 0.2, 0.4, 0.8]]), autograd.tensor([[3, 0, -1, 1]]))
        tensor(0.8500, dtype=float32)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """Several classes at once, each yes or no: the mean over classes of the cross entropy of sigmoid(x) with t.

    Args:
        weight: (classes,), how much each class counts.

    Shapes: input and target (..., classes).

    Example:
        >>> import autograd, nn
        >>> nn.MultiLabelSoftMarginLoss()(autograd.tensor([[0.0, 0.0]]), autograd.tensor([[1, 0]]))
        tensor(0.6931, dtype=float32)
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss."""
        return F.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)


class TripletMarginLoss(_Loss):
    """An anchor should be nearer to the positive than to the negative, by a margin.

    Formula: max(0, margin + d(a, p) - d(a, n)) with d(x, y) = norm_p(x - y + eps).

    Args:
        margin: above 0. p, eps: of the distance. swap: let d(p, n) count for d(a, n) where it is smaller.

    Shapes: all three (..., features).

    Source: Balntas et al., Learning shallow convolutional feature descriptors with triplet losses, 2016.

    Example:
        >>> import autograd, nn
        >>> a, p, n = autograd.tensor([[0.0, 0.0]]), autograd.tensor([[0.0, 2.0]]), autograd.tensor([[1.0, 0.0]])
        >>> nn.TripletMarginLoss()(a, p, n)
        tensor(2., dtype=float32)
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, size_average: Any = None,
        reduce: Any = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ArgumentError(f"TripletMarginLoss: expected margin to be greater than 0, found {margin} instead")
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """The loss."""
        return F.triplet_margin_loss(
            anchor, positive, negative, margin=self.margin, p=self.p, eps=self.eps, swap=self.swap, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(_Loss):
    """``TripletMarginLoss`` with a distance of your own.

    Args:
        distance_function: a function of two tensors; default: ``PairwiseDistance()``.
        margin: above 0. swap: let d(p, n) count for d(a, n) where it is smaller.

    Example:
        >>> import autograd, nn
        >>> a, p, n = autograd.tensor([[0.0]]), autograd.tensor([[3.0]]), autograd.tensor([[1.0]])
        >>> nn.TripletMarginWithDistanceLoss(distance_function=lambda x, y: (x - y).abs().sum(-1))(a, p, n)
        tensor(3., dtype=float32)
    """

    def __init__(
        self, *, distance_function: Callable[[Any, Any], Any] | None = None, margin: float = 1.0, swap: bool = False,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(reduction=reduction)
        if margin <= 0:
            raise ArgumentError(f"TripletMarginWithDistanceLoss: expected margin to be greater than 0, found {margin} instead")
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """The loss."""
        return F.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function, margin=self.margin, swap=self.swap,
            reduction=self.reduction,
        )  # fmt: skip
