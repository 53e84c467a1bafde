"""Smooth stand-ins for classes: draws between the classes, which depend smoothly on the probabilities."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import autograd

from ..types import Size, Tensor, TensorLike
from . import constraints
from .continuous import _uniform
from .discrete import Categorical, _Odds
from .distribution import Distribution, in_dtype_of
from .transformation import TransformedDistribution
from .transforms import ExpTransform, SigmoidTransform


class LogitRelaxedBernoulli(_Odds):
    """The logit of a RelaxedBernoulli number: ``log p(x) = log(T) + d - 2 log(1 + exp(d))`` with d = logits - T x.

    Args:
        temperature: T. probs, logits: of a Bernoulli: one of them. validate_args: check parameters and values (the default).
    """

    has_rsample = True
    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}

    def __init__(
        self,
        temperature: TensorLike,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(validate_args=validate_args)
        self.from_odds(probs, logits, "in [0, 1]")
        self.temperature = in_dtype_of(self.probs, temperature)

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        u = _uniform(self.extended(sample_shape), self.probs).clamp(max=1 - 1e-7)
        return (u.log() - autograd.log1p(-u) + self.logits) / self.temperature

    def log_prob(self, value: TensorLike) -> Tensor:
        d = self.logits - self.valid(value) * self.temperature
        return self.temperature.log() + d - 2 * autograd.softplus(d)


class _Relaxed(TransformedDistribution):
    """A function of a relaxed distribution, which has its parameters."""

    base_dist: LogitRelaxedBernoulli | ExpRelaxedCategorical

    @property
    def temperature(self) -> Tensor:
        """The temperature: the lower it is, the nearer draws are to a class."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Tensor:
        """The probability of 1, or the probabilities of the classes."""
        return self.base_dist.probs

    @property
    def logits(self) -> Tensor:
        """The logarithm of its odds, or the logarithms of those probabilities."""
        return self.base_dist.logits


class RelaxedBernoulli(_Relaxed):
    """A number in (0, 1) near 0 or 1, the nearer the lower the temperature.

    Args:
        temperature: above 0. probs, logits: of a Bernoulli: one of them. validate_args: check parameters and values (the default).

    Source: Maddison, Mnih and Teh, The concrete distribution, 2017.
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}

    def __init__(
        self,
        temperature: TensorLike,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(LogitRelaxedBernoulli(temperature, probs, logits), SigmoidTransform(), validate_args)


class ExpRelaxedCategorical(Distribution):
    """The logarithm of a RelaxedOneHotCategorical vector.

    Args:
        temperature: above 0. probs, logits: of a Categorical: one of them.
        validate_args: check parameters and values (the default).
    """

    has_rsample = True
    support: Any = constraints.real_vector
    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(
        self,
        temperature: TensorLike,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._categorical = Categorical(probs, logits)
        self.probs, self.logits = self._categorical.probs, self._categorical.logits
        self.temperature = in_dtype_of(self.probs, temperature)
        super().__init__(self._categorical.batch, (self._categorical.num_events,), validate_args)

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        u = _uniform(self.extended(sample_shape), self.probs).clamp(max=1 - 1e-7)
        scores = (self.logits - (-u.log()).log()) / self.temperature
        return scores - autograd.logsumexp(scores, -1, keepdim=True)

    def log_prob(self, value: TensorLike) -> Tensor:
        n, value = self.event[0], self.valid(value)
        score = self.logits - value * self.temperature
        score = (score - autograd.logsumexp(score, -1, keepdim=True)).sum(-1)
        return score + math.lgamma(n) + (n - 1) * self.temperature.log()


class RelaxedOneHotCategorical(_Relaxed):
    """A vector of positive numbers that sum to 1, near one class, the nearer the lower the temperature.

    Args:
        temperature: above 0. probs, logits: of a Categorical: one of them.
        validate_args: check parameters and values (the default).

    Source: Maddison, Mnih and Teh, The concrete distribution, 2017; Jang, Gu and Poole, Gumbel-softmax, 2017.
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(
        self,
        temperature: TensorLike,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(ExpRelaxedCategorical(temperature, probs, logits), ExpTransform(), validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=1)
    def support(self) -> constraints.Constraint:
        """Positive numbers that sum to 1."""
        return constraints.simplex


__all__ = ["ExpRelaxedCategorical", "LogitRelaxedBernoulli", "RelaxedBernoulli", "RelaxedOneHotCategorical"]
