"""Margin losses, as modules. The functions in ``nn.functional`` document their formulas and errors."""

from __future__ import annotations

from collections.abc import Callable

from autograd.errors import ArgumentError, ShapeError, describe
from autograd.types import Tensor

from .. import functional as F
from .distance import PairwiseDistance
from .loss import FunctionLoss, _Loss, _WeightedLoss


class HingeEmbeddingLoss(FunctionLoss):
    """Distances of pairs: x where t = 1, max(0, margin - x) where t = -1.

    Shapes: input and target of one shape.

    Example:
        >>> import autograd, nn
        >>> nn.HingeEmbeddingLoss(reduction="none")(autograd.tensor([0.5, 0.25]), autograd.tensor([1, -1]))
        tensor([0.5000, 0.7500], dtype=float32)
    """

    _function = staticmethod(F.hinge_embedding_loss)
    _settings = ("margin",)

    def __init__(
        self, margin: float = 1.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin


class SoftMarginLoss(FunctionLoss):
    """Logistic loss of scores x with targets t of 1 and -1, log(1 + exp(-t x)).

    Shapes: input and target of one shape.

    Example:
        >>> import autograd, nn
        >>> nn.SoftMarginLoss()(autograd.tensor([0.0, 0.0]), autograd.tensor([1, -1]))
        tensor(0.6931, dtype=float32)
    """

    _function = staticmethod(F.soft_margin_loss)


class _PairLoss(_Loss):
    """A loss of two inputs and a target with a margin: a subclass names its function of ``nn.functional``."""

    _function: Callable[..., Tensor]

    def __init__(
        self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        """The loss: a scalar, or with the reduction "none" a tensor."""
        return self._function(input1, input2, target, margin=self.margin, reduction=self.reduction)


class MarginRankingLoss(_PairLoss):
    """Two scores of which the first should be the larger (t = 1) or the smaller (t = -1): max(0, -t (x1 - x2) + margin).

    Shapes: all three of one shape.

    Example:
        >>> import autograd, nn
        >>> x, y, t = autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 0.0]), autograd.tensor([1, 1])
        >>> nn.MarginRankingLoss(reduction="none")(x, y, t)
        tensor([2., 0.], dtype=float32)
    """

    _function = staticmethod(F.margin_ranking_loss)


class CosineEmbeddingLoss(_PairLoss):
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

    _function = staticmethod(F.cosine_embedding_loss)


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

    _function = staticmethod(F.multi_margin_loss)
    _settings = (
        "p",
        "margin",
        "weight",
    )

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, size_average: bool | None = None,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ArgumentError(f"MultiMarginLoss: only p == 1 and p == 2 supported, not {p}")
        if weight is not None and weight.ndim != 1:
            raise ShapeError(f"MultiMarginLoss: weight must be one-dimensional, not {describe(weight)}")
        self.p = p
        self.margin = margin


class MultiLabelMarginLoss(FunctionLoss):
    """The scores of all classes of the target should be better than those of all others by 1.

    Formula: sum over t in targets, c not in targets, of max(0, 1 - x_t + x_c) / classes.

    Shapes: input (batch, classes) or (classes,); target the same, class numbers and -1 after the last one.

    Example:
        >>> import autograd, nn
        >>> nn.MultiLabelMarginLoss()(autograd.tensor([[0.1, 0.2, 0.4, 0.8]]), autograd.tensor([[3, 0, -1, 1]]))
        tensor(0.8500, dtype=float32)
    """

    _function = staticmethod(F.multilabel_margin_loss)


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

    _function = staticmethod(F.multilabel_soft_margin_loss)
    _settings = ("weight",)


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
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, size_average: bool | None = None,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        if margin <= 0:
            raise ArgumentError(f"TripletMarginLoss: expected margin to be greater than 0, found {margin} instead")
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss: a scalar, or with the reduction "none" a tensor."""
        return F.triplet_margin_loss(
            anchor, positive, negative, margin=self.margin, p=self.p, eps=self.eps, swap=self.swap, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(_Loss):
    """``TripletMarginLoss`` with a given distance, a function of two tensors.

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
        self, *, distance_function: Callable[[Tensor, Tensor], Tensor] | None = None, margin: float = 1.0, swap: bool = False,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(reduction=reduction)
        if margin <= 0:
            raise ArgumentError(f"TripletMarginWithDistanceLoss: expected margin to be greater than 0, found {margin} instead")
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        """The loss: a scalar, or with the reduction "none" a tensor."""
        return F.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function, margin=self.margin, swap=self.swap,
            reduction=self.reduction,
        )  # fmt: skip
