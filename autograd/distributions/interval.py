"""Distributions of numbers in an interval, on a circle, and of ratios."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

import autograd
from autograd import special

from ..types import Size, Tensor, TensorLike
from . import constraints
from .continuous import Normal, _uniform
from .discrete import _Odds
from .distribution import Distribution, in_dtype_of
from .implicit import standard_gamma
from .transformation import TransformedDistribution
from .transforms import StickBreakingTransform

_EULER = 0.57721566490153286


class ContinuousBernoulli(_Odds):
    """``log p(x) = x log(l) + (1 - x) log(1 - l) + log C(l)`` on [0, 1], with ``C = 2 atanh(1 - 2 l) / (1 - 2 l)``; l: probs.

    Around l = 1/2, within ``lims``, series take the place of quotients of two small numbers.

    Args:
        probs, logits: l, or the logarithm of its odds: one of them. lims: where the series begin and end.
        validate_args: check parameters and values (the default).

    Source: Loaiza-Ganem and Cunningham, The continuous Bernoulli, 2019.
    """

    has_rsample = True
    support: Any = constraints.unit_interval
    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}

    def __init__(
        self,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(validate_args=validate_args)
        self.from_odds(probs, logits, "in [0, 1]")
        self._lims = lims

    def _far(self) -> Tensor:
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _cut(self) -> Tensor:
        """l where it is far from 1/2, and a number that is, elsewhere."""
        eps = float(np.finfo(self.probs.dtype).eps)
        return autograd.where(self._far(), self.probs, autograd.full_like(self.probs, self._lims[0])).clamp(eps, 1 - eps)

    def log_norm(self) -> Tensor:
        """log C."""
        cut = self._cut()
        low = autograd.where(cut <= 0.5, cut, autograd.zeros_like(cut))
        high = autograd.where(cut >= 0.5, cut, autograd.ones_like(cut))
        odds = (autograd.log1p(-cut) - cut.log()).abs().log()
        exact = odds - autograd.where(cut <= 0.5, autograd.log1p(-2 * low), (2 * high - 1).log())
        x = (self.probs - 0.5) ** 2
        return autograd.where(self._far(), exact, math.log(2.0) + (4 / 3 + 104 / 45 * x) * x)

    @property
    def mean(self) -> Tensor:
        cut = self._cut()
        exact = cut / (2 * cut - 1) + 1 / (autograd.log1p(-cut) - cut.log())
        x = self.probs - 0.5
        return autograd.where(self._far(), exact, 0.5 + (1 / 3 + 16 / 45 * x**2) * x)

    @property
    def variance(self) -> Tensor:
        cut = self._cut()
        exact = cut * (cut - 1) / (1 - 2 * cut) ** 2 + 1 / (autograd.log1p(-cut) - cut.log()) ** 2
        x = (self.probs - 0.5) ** 2
        return autograd.where(self._far(), exact, 1 / 12 - (1 / 15 - 128 / 945 * x) * x)

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.icdf(_uniform(self.extended(sample_shape), self.probs))

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        with autograd.no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: TensorLike) -> Tensor:
        value = self.valid(value)
        return value * self.logits - autograd.softplus(self.logits) + self.log_norm()

    def cdf(self, value: TensorLike) -> Tensor:
        value, cut = self.valid(value), self._cut()
        exact = (cut**value * (1 - cut) ** (1 - value) + cut - 1) / (2 * cut - 1)
        inside = autograd.where(self._far(), exact, value)
        inside = autograd.where(value <= 0, autograd.zeros_like(inside), inside)
        return autograd.where(value >= 1, autograd.ones_like(inside), inside)

    def icdf(self, value: TensorLike) -> Tensor:
        value = in_dtype_of(self.probs, value)
        cut = self._cut()
        exact = (autograd.log1p(-cut + value * (2 * cut - 1)) - autograd.log1p(-cut)) / (cut.log() - autograd.log1p(-cut))
        return autograd.where(self._far(), exact, value)

    def entropy(self) -> Tensor:
        return -self.mean * self.logits + autograd.softplus(self.logits) - self.log_norm()


class Kumaraswamy(Distribution):
    """``log p(x) = log(a b) + (a - 1) log x + (b - 1) log(1 - x^a)`` on [0, 1]; a, b: concentration1, concentration0."""

    has_rsample = True
    support: Any = constraints.unit_interval
    arg_constraints: ClassVar[Any] = {
        "concentration1": constraints.positive, "concentration0": constraints.positive,
    }  # fmt: skip

    def __init__(self, concentration1: TensorLike, concentration0: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        self.concentration1, self.concentration0 = self.checked(
            concentration1=(concentration1, "positive"), concentration0=(concentration0, "positive")
        )

    def _moment(self, n: int) -> Tensor:
        a, b, lgamma = self.concentration1, self.concentration0, autograd.lgamma
        return b * (lgamma(1 + n / a) + lgamma(b) - lgamma(1 + n / a + b)).exp()

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - self._moment(1) ** 2

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        peak = (autograd.log1p(-1 / a) - autograd.log1p(-1 / (a * b)) - b.log()) / a
        one = (a < 1) | (b < 1) | ((a == 1) & (b == 1))
        return autograd.where(one, autograd.full_like(a, math.nan), peak.exp())

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.icdf(_uniform(self.extended(sample_shape), self.concentration1)).clamp(1e-30, 1 - 1e-7)

    def log_prob(self, value: TensorLike) -> Tensor:
        value, a, b = self.valid(value), self.concentration1, self.concentration0
        return a.log() + b.log() + special.xlogy(a - 1, value) + special.xlog1py(b - 1, -(value**a))

    def cdf(self, value: TensorLike) -> Tensor:
        return 1 - (1 - self.valid(value) ** self.concentration1) ** self.concentration0

    def icdf(self, value: TensorLike) -> Tensor:
        return (1 - (1 - in_dtype_of(self.concentration1, value)) ** (1 / self.concentration0)) ** (1 / self.concentration1)

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return 1 - 1 / b + (1 - 1 / a) * (autograd.digamma(b + 1) + _EULER) - a.log() - b.log()


class VonMises(Distribution):
    """``log p(x) = k cos(x - loc) - log(2 pi I0(k))`` on the circle; k: concentration. The variance is the circular one."""

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "concentration": constraints.positive}

    def __init__(self, loc: TensorLike, concentration: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        self.loc, self.concentration = self.checked(loc=(loc, "real"), concentration=(concentration, "positive"))

    @property
    def mean(self) -> Tensor:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Tensor:
        return 1 - special.i1e(self.concentration) / special.i0e(self.concentration)

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        draws = autograd.default_generator.numpy.vonmises(self.loc.array, self.concentration.array, self.extended(sample_shape))
        return autograd.as_tensor(draws.astype(self.loc.dtype))

    def log_prob(self, value: TensorLike) -> Tensor:
        k = self.concentration
        return k * ((self.valid(value) - self.loc).cos() - 1) - math.log(2 * math.pi) - special.i0e(k).log()


class FisherSnedecor(Distribution):
    """The ratio of two Chi2 numbers, each divided by its degrees of freedom df1 and df2."""

    has_rsample = True
    support: Any = constraints.positive
    arg_constraints: ClassVar[Any] = {"df1": constraints.positive, "df2": constraints.positive}

    def __init__(self, df1: TensorLike, df2: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        self.df1, self.df2 = self.checked(df1=(df1, "positive"), df2=(df2, "positive"))

    @property
    def mean(self) -> Tensor:
        d = autograd.where(self.df2 > 2, self.df2, autograd.full_like(self.df2, math.nan))
        return d / (d - 2)

    @property
    def mode(self) -> Tensor:
        d = autograd.where(self.df1 > 2, self.df1, autograd.full_like(self.df1, math.nan))
        return (d - 2) / d * self.df2 / (self.df2 + 2)

    @property
    def variance(self) -> Tensor:
        d = autograd.where(self.df2 > 4, self.df2, autograd.full_like(self.df2, math.nan))
        return 2 * d**2 * (self.df1 + d - 2) / (self.df1 * (d - 2) ** 2 * (d - 4))

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        shape = self.extended(sample_shape)
        above, below = standard_gamma((self.df1 / 2).expand(shape)), standard_gamma((self.df2 / 2).expand(shape))
        tiny = 1.2e-38
        return (above * self.df2 / (below * self.df1).clamp(min=tiny)).clamp(min=tiny)

    def log_prob(self, value: TensorLike) -> Tensor:
        value, a, b, lgamma = self.valid(value), self.df1 / 2, self.df2 / 2, autograd.lgamma
        ratio = self.df1 / self.df2
        norm = lgamma(a + b) - lgamma(a) - lgamma(b)
        return norm + a * ratio.log() + (a - 1) * value.log() - (a + b) * autograd.log1p(ratio * value)


class GeneralizedPareto(Distribution):
    """What exceeds a high threshold: ``p(x) = (1 + c z)^(-1 - 1/c) / scale`` with z = (x - loc) / scale; c: concentration."""

    has_rsample = True
    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real,
    }  # fmt: skip

    def __init__(self, loc: TensorLike, scale: TensorLike, concentration: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        self.loc, self.scale, self.concentration = self.checked(
            loc=(loc, "real"), scale=(scale, "positive"), concentration=(concentration, "real")
        )

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> constraints.Constraint:
        """From loc on; up to ``loc - scale / c`` for negative c."""
        c = self.concentration.detach()
        end = self.loc - self.scale / autograd.where(c < 0, c, -autograd.ones_like(c))
        return constraints.interval(self.loc, autograd.where(c < 0, end, autograd.full_like(end, math.inf)))

    def _curved(self) -> tuple[Tensor, Tensor]:
        """Where c is not 0, and c there."""
        bent = self.concentration.abs() > 1e-6
        return bent, autograd.where(bent, self.concentration, autograd.ones_like(self.concentration))

    @property
    def mean(self) -> Tensor:
        c = self.concentration
        return autograd.where(c < 1, self.loc + self.scale / (1 - c), autograd.full_like(self.loc, math.inf))

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        c = self.concentration
        finite = self.scale**2 / ((1 - c) ** 2 * (1 - 2 * c))
        return autograd.where(c < 0.5, finite, autograd.full_like(self.loc, math.inf))

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.icdf(_uniform(self.extended(sample_shape), self.loc))

    def log_prob(self, value: TensorLike) -> Tensor:
        z = (self.valid(value) - self.loc) / self.scale
        bent, c = self._curved()
        return -self.scale.log() + autograd.where(bent, -(1 + 1 / c) * autograd.log1p(c * z), -z)

    def cdf(self, value: TensorLike) -> Tensor:
        z = (self.valid(value) - self.loc) / self.scale
        bent, c = self._curved()
        return -autograd.expm1(autograd.where(bent, -autograd.log1p(c * z) / c, -z))

    def icdf(self, value: TensorLike) -> Tensor:
        bent, c = self._curved()
        log = autograd.log1p(-in_dtype_of(self.scale, value))
        return self.loc + self.scale * autograd.where(bent, autograd.expm1(-c * log) / c, -log)

    def entropy(self) -> Tensor:
        return self.scale.log() + self.concentration + 1


class LogisticNormal(TransformedDistribution):
    """Vectors of positive numbers that sum to 1: normal numbers through a ``StickBreakingTransform``."""

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}

    def __init__(self, loc: TensorLike, scale: TensorLike, validate_args: bool | None = None) -> None:
        base: Distribution = Normal(loc, scale, validate_args)
        if not base.batch:
            base = base.expand((1,))
        super().__init__(base, StickBreakingTransform(), validate_args)

    @property
    def loc(self) -> Tensor:
        """The means of the normal numbers."""
        return self.base_dist.base_dist.loc  # type: ignore[attr-defined]

    @property
    def scale(self) -> Tensor:
        """Their standard deviations."""
        return self.base_dist.base_dist.scale  # type: ignore[attr-defined]


__all__ = ["ContinuousBernoulli", "FisherSnedecor", "GeneralizedPareto", "Kumaraswamy", "LogisticNormal", "VonMises"]
