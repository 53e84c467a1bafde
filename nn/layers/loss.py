"""Losses as modules. The functions in ``nn.functional`` document their formulas and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.errors import ArgumentError
from autograd.types import Tensor

from .. import functional as F
from ..functional.loss import REDUCTIONS, known, reduction_of
from ..module import Module


class _Loss(Module):
    """The base of all losses: they have a reduction, one of ``_reductions``."""

    _reductions: tuple[str, ...] = REDUCTIONS

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction_of(reduction, size_average, reduce)
        known(type(self).__name__, self.reduction, self._reductions)


class FunctionLoss(_Loss):
    """A loss that is one function of an input and a target.

    Attributes:
        _function: the function in ``nn.functional``, as a ``staticmethod``.
        _settings: the attributes that are passed to it by keyword, beside the reduction.
    """

    _function: Callable[..., Any]
    _settings: tuple[str, ...] = ()

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss: a scalar, or with the reduction "none" a tensor."""
        names = self._settings
        loss: Tensor
        if not names:  # most losses: passing on an empty dict takes a tenth of a small loss's time
            loss = self._function(input, target, reduction=self.reduction)
        else:
            loss = self._function(input, target, reduction=self.reduction, **{name: getattr(self, name) for name in names})
        return loss


class _WeightedLoss(FunctionLoss):
    """A loss with a weight. The weight is a buffer: ``to`` converts it and ``state_dict`` stores it with the module."""

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


# ------------------------------------------------------------------------------------------------------- numbers and numbers


class L1Loss(FunctionLoss):
    """The mean absolute difference, mean(|input - target|).

    Shapes: input and target of one shape. Raises ShapeError where they differ: see ``nn.functional.l1_loss``.

    Example:
        >>> import autograd, nn
        >>> nn.L1Loss()(autograd.tensor([1.0, 3.0]), autograd.tensor([0.0, 1.0]))
        tensor(1.5000, dtype=float32)
    """

    _function = staticmethod(F.l1_loss)


class MSELoss(FunctionLoss):
    """The mean squared difference, mean((input - target)^2).

    Shapes: input and target of one shape. Raises ShapeError where they differ: a loss does not broadcast.

    Example:
        >>> import autograd, nn
        >>> nn.MSELoss()(autograd.tensor([1.0, 3.0]), autograd.tensor([0.0, 1.0]))
        tensor(2.5000, dtype=float32)
    """

    _function = staticmethod(F.mse_loss)


class SmoothL1Loss(FunctionLoss):
    """Squares of small differences, absolute values of large ones.

    Formula: with d = input - target: d^2 / (2 beta) where |d| < beta, |d| - beta / 2 elsewhere.

    Args:
        beta: where the square becomes a line, not negative.

    Source: Girshick, Fast R-CNN, 2015, equation 3.

    Example:
        >>> import autograd, nn
        >>> nn.SmoothL1Loss(reduction="none")(autograd.tensor([0.5, 3.0]), autograd.zeros(2))
        tensor([0.1250, 2.5000], dtype=float32)
    """

    _function = staticmethod(F.smooth_l1_loss)
    _settings = ("beta",)

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        if beta < 0:
            raise ArgumentError(f"SmoothL1Loss: beta must not be negative, and is {beta}")
        self.beta = beta


class HuberLoss(FunctionLoss):
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

    _function = staticmethod(F.huber_loss)
    _settings = ("delta",)

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        if delta <= 0:
            raise ArgumentError(f"HuberLoss: delta must be above 0, and is {delta}")
        self.delta = delta


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
        self, log_input: bool = True, full: bool = False, size_average: bool | None = None, eps: float = 1e-8,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """The loss: a scalar, or with the reduction "none" a tensor."""
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

    def forward(self, input: Tensor, target: Tensor, var: Tensor) -> Tensor:
        """The loss: a scalar, or with the reduction "none" a tensor."""
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

    _function = staticmethod(F.binary_cross_entropy)
    _settings = ("weight",)


class BCEWithLogitsLoss(FunctionLoss):
    """Cross entropy of sigmoid(x) with probabilities t, without overflow or underflow.

    Formula: -p t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)); the derivative by x is sigmoid(x) - t where p = 1.

    Args:
        weight: multiplies the losses. pos_weight: p, how much more a positive target counts. Both broadcast to the losses.

    Example:
        >>> import autograd, nn
        >>> nn.BCEWithLogitsLoss()(autograd.tensor([0.0, 1000.0]), autograd.tensor([1.0, 1.0]))
        tensor(0.3466, dtype=float32)
    """

    _function = staticmethod(F.binary_cross_entropy_with_logits)
    _settings = (
        "weight",
        "pos_weight",
    )

    def __init__(
        self, weight: Tensor | None = None, size_average: bool | None = None, reduce: bool | None = None,
        reduction: str = "mean", pos_weight: Tensor | None = None,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)


class KLDivLoss(FunctionLoss):
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

    _function = staticmethod(F.kl_div)
    _settings = ("log_target",)
    _reductions = (*REDUCTIONS, "batchmean")

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", log_target: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target
