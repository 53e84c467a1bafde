"""Losses of classes, as modules. The functions in ``nn.functional`` document their formulas and errors."""

from __future__ import annotations

import math
import warnings

from autograd.errors import ArgumentError, ShapeError, describe
from autograd.types import Device, DType, Tensor

from .. import functional as F
from ..functional.classification_loss import LinearCrossEntropyOptions
from .linear import Linear
from .loss import _Loss, _WeightedLoss


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

    _function = staticmethod(F.nll_loss)
    _settings = (
        "weight",
        "ignore_index",
    )

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index


class NLLLoss2d(NLLLoss):
    """``NLLLoss`` by its old name for images.

    Example:
        >>> import autograd, nn, warnings
        >>> warnings.simplefilter("ignore")
        >>> nn.NLLLoss2d()(autograd.zeros(1, 2, 1, 1), autograd.tensor([[[1]]]))
        tensor(0., dtype=float32)
    """

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
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

    _function = staticmethod(F.cross_entropy)
    _settings = (
        "weight",
        "ignore_index",
        "label_smoothing",
    )

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        if not 0 <= label_smoothing <= 1:
            raise ArgumentError(f"CrossEntropyLoss: label_smoothing must lie between 0 and 1, not at {label_smoothing}")
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing


class LinearCrossEntropyLoss(_WeightedLoss):
    """A linear layer and the cross entropy of its outputs.

    Args:
        in_features: size of the last dimension of the input. num_classes: how many outputs the layer has for each position.
        out_features: the dimensions of positions after that of the classes. bias: whether the layer has one.
        weight, ignore_index, label_smoothing: as for ``CrossEntropyLoss``.
        options: ``LinearCrossEntropyOptions``, to compute the outputs in chunks of the batch; None computes them at once.

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
        self, in_features: int, num_classes: int, *, out_features: tuple[int, ...] = (), bias: bool = False,
        device: Device | None = None, dtype: DType | None = None, reduction: str = "mean", weight: Tensor | None = None,
        ignore_index: int | None = None, label_smoothing: float = 0.0, options: LinearCrossEntropyOptions | None = None,
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

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
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
        blank: the class number that means "no label".
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

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
        """The loss: a scalar, or with the reduction "none" a tensor."""
        return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity)
