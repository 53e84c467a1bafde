"""Distributions of real numbers."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

import autograd
from autograd import special

from ..types import Size, Tensor, TensorLike
from . import constraints
from .distribution import Distribution, in_dtype_of
from .implicit import standard_beta, standard_gamma

_EULER = 0.57721566490153286
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


def _uniform(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Uniform numbers from (0, 1), of another tensor's dtype."""
    return autograd.rand(shape, dtype=like.dtype).clamp(min=float(np.finfo(like.dtype).tiny))


def xlogy(x: TensorLike, y: TensorLike) -> Tensor:
    """x log y, and 0 where x is 0."""
    return special.xlogy(x, y)


class _LocationScale(Distribution):
    """A distribution of ``loc + scale * z``, where z has the same density for all parameters, with its peak at 0."""

    has_rsample = True

    def __init__(self, loc: TensorLike, scale: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        self.loc, self.scale = self.checked(loc=(loc, "real"), scale=(scale, "positive"))

    @property
    def mode(self) -> Tensor:
        return self.loc


class Normal(_LocationScale):
    """``log p(x) = -(x - loc)^2 / (2 scale^2) - log(scale) - log(2 pi) / 2``

    Example:
        >>> import autograd
        >>> from autograd.distributions import Normal
        >>> Normal(0.0, 1.0).log_prob(autograd.tensor(1.0))
        tensor(-1.4189, dtype=float32)
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale**2

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.loc + autograd.randn(self.extended(sample_shape), dtype=self.loc.dtype) * self.scale

    def log_prob(self, value: TensorLike) -> Tensor:
        value = self.valid(value)
        return -((value - self.loc) ** 2) / (2 * self.scale**2) - self.scale.log() - _HALF_LOG_2PI

    def cdf(self, value: TensorLike) -> Tensor:
        return 0.5 * (1 + autograd.erf((self.valid(value) - self.loc) / (self.scale * math.sqrt(2))))

    def icdf(self, value: TensorLike) -> Tensor:
        return self.loc + self.scale * autograd.erfinv(2 * in_dtype_of(self.loc, value) - 1) * math.sqrt(2)

    def entropy(self) -> Tensor:
        return 0.5 + _HALF_LOG_2PI + self.scale.log()


class LogNormal(Distribution):
    """The exponential of a normal number: ``log p(x) = log n(log x) - log x``."""

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}
    has_rsample = True
    support: Any = constraints.positive

    def __init__(self, loc: TensorLike, scale: TensorLike, validate_args: bool | None = None) -> None:
        self.base_dist = Normal(loc, scale, validate_args)
        self.loc, self.scale = self.base_dist.loc, self.base_dist.scale
        super().__init__(self.base_dist.batch, (), validate_args)

    @property
    def mean(self) -> Tensor:
        return (self.loc + self.scale**2 / 2).exp()

    @property
    def mode(self) -> Tensor:
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Tensor:
        square = self.scale**2
        return square.expm1() * (2 * self.loc + square).exp()

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape).exp()

    def log_prob(self, value: TensorLike) -> Tensor:
        logs = self.valid(value).log()
        return self.base_dist.log_prob(logs) - logs

    def cdf(self, value: TensorLike) -> Tensor:
        return self.base_dist.cdf(self.valid(value).log())

    def icdf(self, value: TensorLike) -> Tensor:
        return self.base_dist.icdf(value).exp()

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() + self.loc


class Laplace(_LocationScale):
    """``log p(x) = -|x - loc| / scale - log(2 scale)``"""

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale**2

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        u = _uniform(self.extended(sample_shape), self.loc) * 2 - 1
        return self.loc - self.scale * u.sign() * autograd.log1p(-u.abs())

    def log_prob(self, value: TensorLike) -> Tensor:
        return -(2 * self.scale).log() - (self.valid(value) - self.loc).abs() / self.scale

    def cdf(self, value: TensorLike) -> Tensor:
        d = self.valid(value) - self.loc
        return 0.5 - 0.5 * d.sign() * (-d.abs() / self.scale).expm1()

    def icdf(self, value: TensorLike) -> Tensor:
        term = in_dtype_of(self.loc, value) - 0.5
        return self.loc - self.scale * term.sign() * autograd.log1p(-2 * term.abs())

    def entropy(self) -> Tensor:
        return 1 + (2 * self.scale).log()


class Cauchy(_LocationScale):
    """``log p(x) = -log(pi scale (1 + ((x - loc) / scale)^2))``"""

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}

    @property
    def mean(self) -> Tensor:
        return autograd.full_like(self.loc, math.nan)

    @property
    def variance(self) -> Tensor:
        return autograd.full_like(self.loc, math.inf)

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.loc + self.scale * autograd.empty(self.extended(sample_shape), dtype=self.loc.dtype).cauchy_()

    def log_prob(self, value: TensorLike) -> Tensor:
        return -math.log(math.pi) - self.scale.log() - autograd.log1p(((self.valid(value) - self.loc) / self.scale) ** 2)

    def cdf(self, value: TensorLike) -> Tensor:
        return autograd.atan((self.valid(value) - self.loc) / self.scale) / math.pi + 0.5

    def icdf(self, value: TensorLike) -> Tensor:
        return autograd.tan(math.pi * (in_dtype_of(self.loc, value) - 0.5)) * self.scale + self.loc

    def entropy(self) -> Tensor:
        return math.log(4 * math.pi) + self.scale.log()


class _Half(Distribution):
    """The absolute value of a number that is distributed evenly around 0."""

    has_rsample = True
    support: Any = constraints.nonnegative
    base: type[Any]

    def __init__(self, scale: TensorLike, validate_args: bool | None = None) -> None:
        self.base_dist = self.base(0.0, scale, validate_args)
        self.scale = self.base_dist.scale
        super().__init__(self.base_dist.batch, (), validate_args)

    @property
    def mode(self) -> Tensor:
        return autograd.zeros_like(self.scale)

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.base_dist.rsample(sample_shape).abs()

    def log_prob(self, value: TensorLike) -> Tensor:
        return self.base_dist.log_prob(self.valid(value)) + math.log(2)

    def cdf(self, value: TensorLike) -> Tensor:
        return 2 * self.base_dist.cdf(self.valid(value)) - 1

    def icdf(self, value: TensorLike) -> Tensor:
        return self.base_dist.icdf((in_dtype_of(self.scale, value) + 1) / 2)

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() - math.log(2)


class HalfNormal(_Half):
    """The absolute value of a normal number around 0."""

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive}
    base = Normal

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Tensor:
        return self.scale**2 * (1 - 2 / math.pi)


class HalfCauchy(_Half):
    """The absolute value of a Cauchy number around 0."""

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive}
    base = Cauchy

    @property
    def mean(self) -> Tensor:
        return autograd.full_like(self.scale, math.inf)

    variance = mean


class Uniform(Distribution):
    """``p(x) = 1 / (high - low)`` in [low, high)."""

    arg_constraints: ClassVar[Any] = {
        "low": constraints.dependent(is_discrete=False, event_dim=0), "high": constraints.dependent(is_discrete=False, event_dim=0),
    }  # fmt: skip
    has_rsample = True

    def __init__(self, low: TensorLike, high: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        self.low, self.high = self.checked(low=(low, "real"), high=(high, "real"))
        if self.validates and not (self.low.array < self.high.array).all():
            raise ValueError("Uniform is not defined when low>= high")

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> constraints.Constraint:
        """From low to high."""
        return constraints.interval(self.low, self.high)

    @property
    def mode(self) -> Tensor:
        return autograd.full_like(self.high, math.nan)

    @property
    def mean(self) -> Tensor:
        return (self.high + self.low) / 2

    @property
    def variance(self) -> Tensor:
        return (self.high - self.low) ** 2 / 12

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.low + autograd.rand(self.extended(sample_shape), dtype=self.low.dtype) * (self.high - self.low)

    def log_prob(self, value: TensorLike) -> Tensor:
        value = self.valid(value)
        inside = (value >= self.low) & (value <= self.high)
        return autograd.where(inside, -(self.high - self.low).log(), -math.inf)

    def cdf(self, value: TensorLike) -> Tensor:
        return ((self.valid(value) - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: TensorLike) -> Tensor:
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Tensor:
        return (self.high - self.low).log()


class Exponential(Distribution):
    """``log p(x) = log(rate) - rate x``"""

    arg_constraints: ClassVar[Any] = {"rate": constraints.positive}
    has_rsample = True
    support: Any = constraints.nonnegative

    def __init__(self, rate: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        (self.rate,) = self.checked(rate=(rate, "positive"))

    @property
    def mean(self) -> Tensor:
        return 1 / self.rate

    @property
    def mode(self) -> Tensor:
        return autograd.zeros_like(self.rate)

    @property
    def variance(self) -> Tensor:
        return self.rate**-2

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return autograd.empty(self.extended(sample_shape), dtype=self.rate.dtype).exponential_() / self.rate

    def log_prob(self, value: TensorLike) -> Tensor:
        return self.rate.log() - self.rate * self.valid(value)

    def cdf(self, value: TensorLike) -> Tensor:
        return 1 - (-self.rate * self.valid(value)).exp()

    def icdf(self, value: TensorLike) -> Tensor:
        return -autograd.log1p(-in_dtype_of(self.rate, value)) / self.rate

    def entropy(self) -> Tensor:
        return 1 - self.rate.log()


class Gamma(Distribution):
    """``log p(x) = a log(rate) + (a - 1) log x - rate x - log Gamma(a)``, a the concentration."""

    arg_constraints: ClassVar[Any] = {"concentration": constraints.positive, "rate": constraints.positive}
    has_rsample = True
    support: Any = constraints.nonnegative

    def __init__(self, concentration: TensorLike, rate: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        self.concentration, self.rate = self.checked(concentration=(concentration, "positive"), rate=(rate, "positive"))

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate**2

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return standard_gamma(self.concentration.expand(self.extended(sample_shape))) / self.rate

    def log_prob(self, value: TensorLike) -> Tensor:
        value, a = self.valid(in_dtype_of(self.rate, value)), self.concentration
        return xlogy(a, self.rate) + xlogy(a - 1, value) - self.rate * value - autograd.lgamma(a)

    def cdf(self, value: TensorLike) -> Tensor:
        return special.gammainc(self.concentration, self.rate * self.valid(value))

    def entropy(self) -> Tensor:
        a = self.concentration
        return a - self.rate.log() + autograd.lgamma(a) + (1 - a) * autograd.digamma(a)


class Chi2(Gamma):
    """The sum of df squared normal numbers: Gamma(df / 2, 1 / 2)."""

    arg_constraints: ClassVar[Any] = {"df": constraints.positive}

    def __init__(self, df: Tensor | np.ndarray | float, validate_args: bool | None = None) -> None:
        super().__init__(df * 0.5, 0.5, validate_args)

    @property
    def df(self) -> Tensor:
        """The degrees of freedom."""
        return self.concentration * 2


class InverseGamma(Distribution):
    """The inverse of a Gamma number: ``log p(x) = a log(rate) - (a + 1) log x - rate / x - log Gamma(a)``."""

    arg_constraints: ClassVar[Any] = {"concentration": constraints.positive, "rate": constraints.positive}
    has_rsample = True
    support: Any = constraints.positive

    def __init__(self, concentration: TensorLike, rate: TensorLike, validate_args: bool | None = None) -> None:
        self.base_dist = Gamma(concentration, rate, validate_args)
        self.concentration, self.rate = self.base_dist.concentration, self.base_dist.rate
        super().__init__(self.base_dist.batch, (), validate_args)

    @property
    def mean(self) -> Tensor:
        a = self.concentration
        return autograd.where(a > 1, self.rate / (a - 1), autograd.full_like(a, math.inf))

    @property
    def mode(self) -> Tensor:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        a = self.concentration
        return autograd.where(a > 2, self.rate**2 / ((a - 1) ** 2 * (a - 2)), autograd.full_like(a, math.inf))

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return 1 / self.base_dist.rsample(sample_shape)

    def log_prob(self, value: TensorLike) -> Tensor:
        value = self.valid(value)
        return self.base_dist.log_prob(1 / value) - 2 * value.log()

    def entropy(self) -> Tensor:
        a = self.concentration
        return a + self.rate.log() + autograd.lgamma(a) - (1 + a) * autograd.digamma(a)


class Beta(Distribution):
    """``log p(x) = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b)`` on [0, 1]; a, b: concentration1, concentration0."""

    arg_constraints: ClassVar[Any] = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    has_rsample = True
    support: Any = constraints.unit_interval

    def __init__(self, concentration1: TensorLike, concentration0: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        self.concentration1, self.concentration0 = self.checked(
            concentration1=(concentration1, "positive"), concentration0=(concentration0, "positive")
        )

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        inner = (a > 1) & (b > 1)
        edge = autograd.where(a < b, autograd.zeros_like(a), autograd.where(a > b, autograd.ones_like(a), math.nan))
        return autograd.where(inner, (a - 1) / (a + b - 2), edge)

    @property
    def variance(self) -> Tensor:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total**2 * (total + 1))

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        shape = self.extended(sample_shape)
        return standard_beta(self.concentration1.expand(shape), self.concentration0.expand(shape))

    def log_prob(self, value: TensorLike) -> Tensor:
        value, a, b = self.valid(value), self.concentration1, self.concentration0
        norm = autograd.lgamma(a + b) - autograd.lgamma(a) - autograd.lgamma(b)
        return xlogy(a - 1, value) + special.xlog1py(b - 1, -value) + norm

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        log_b = autograd.lgamma(a) + autograd.lgamma(b) - autograd.lgamma(a + b)
        digamma = autograd.digamma
        return log_b - (a - 1) * digamma(a) - (b - 1) * digamma(b) + (a + b - 2) * digamma(a + b)


class StudentT(Distribution):
    """``log p(x) = log Gamma((v + 1) / 2) - log Gamma(v / 2) - log(pi v) / 2 - log(scale) - (v + 1) / 2 log(1 + y^2 / v)``,
    ``y = (x - loc) / scale``, v the degrees of freedom."""

    arg_constraints: ClassVar[Any] = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    has_rsample = True

    def __init__(self, df: TensorLike, loc: TensorLike = 0.0, scale: TensorLike = 1.0, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        self.df, self.loc, self.scale = self.checked(df=(df, "positive"), loc=(loc, "real"), scale=(scale, "positive"))

    @property
    def mean(self) -> Tensor:
        return autograd.where(self.df > 1, self.loc, autograd.full_like(self.loc, math.nan))

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        infinite = autograd.where(self.df > 1, autograd.full_like(self.df, math.inf), autograd.full_like(self.df, math.nan))
        return autograd.where(self.df > 2, self.scale**2 * self.df / (self.df - 2), infinite)

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        shape = self.extended(sample_shape)
        chi2 = 2 * standard_gamma((self.df / 2).expand(shape))
        return self.loc + self.scale * autograd.randn(shape, dtype=self.df.dtype) * (self.df / chi2).sqrt()

    def log_prob(self, value: TensorLike) -> Tensor:
        y = (self.valid(value) - self.loc) / self.scale
        norm = self.scale.log() + 0.5 * self.df.log() + 0.5 * math.log(math.pi)
        norm = norm + autograd.lgamma(self.df / 2) - autograd.lgamma((self.df + 1) / 2)
        return -0.5 * (self.df + 1) * autograd.log1p(y**2 / self.df) - norm

    def entropy(self) -> Tensor:
        v = self.df
        log_b = autograd.lgamma(v / 2) + math.lgamma(0.5) - autograd.lgamma((v + 1) / 2)
        spread = autograd.digamma((v + 1) / 2) - autograd.digamma(v / 2)
        return self.scale.log() + 0.5 * (v + 1) * spread + 0.5 * v.log() + log_b


class Gumbel(_LocationScale):
    """``log p(x) = -(z + exp(-z)) - log(scale)``, ``z = (x - loc) / scale``"""

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * _EULER

    @property
    def variance(self) -> Tensor:
        return math.pi**2 / 6 * self.scale**2

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.icdf(_uniform(self.extended(sample_shape), self.loc))

    def log_prob(self, value: TensorLike) -> Tensor:
        z = (self.valid(value) - self.loc) / self.scale
        return -(z + (-z).exp()) - self.scale.log()

    def cdf(self, value: TensorLike) -> Tensor:
        return (-(-(self.valid(value) - self.loc) / self.scale).exp()).exp()

    def icdf(self, value: TensorLike) -> Tensor:
        return self.loc - self.scale * (-in_dtype_of(self.loc, value).log()).log()

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + _EULER)


class Weibull(Distribution):
    """``log p(x) = log(k / scale) + (k - 1) log(x / scale) - (x / scale)^k``, k the concentration."""

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive, "concentration": constraints.positive}
    has_rsample = True
    support: Any = constraints.positive

    def __init__(self, scale: TensorLike, concentration: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        self.scale, self.concentration = self.checked(scale=(scale, "positive"), concentration=(concentration, "positive"))

    @property
    def mean(self) -> Tensor:
        return self.scale * autograd.lgamma(1 + 1 / self.concentration).exp()

    @property
    def mode(self) -> Tensor:
        k = self.concentration
        # nan below 1, as PyTorch's: there the density has no greatest value.
        return autograd.where(k >= 1, self.scale * ((k - 1).clamp(min=0) / k) ** (1 / k), autograd.full_like(k, math.nan))

    @property
    def variance(self) -> Tensor:
        k, gamma = self.concentration, autograd.lgamma
        return self.scale**2 * (gamma(1 + 2 / k).exp() - (2 * gamma(1 + 1 / k)).exp())

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.icdf(_uniform(self.extended(sample_shape), self.scale))

    def log_prob(self, value: TensorLike) -> Tensor:
        ratio = self.valid(value) / self.scale
        k = self.concentration
        return (k / self.scale).log() + (k - 1) * ratio.log() - ratio**k

    def cdf(self, value: TensorLike) -> Tensor:
        return -(-((self.valid(value) / self.scale) ** self.concentration)).expm1()

    def icdf(self, value: TensorLike) -> Tensor:
        return self.scale * (-autograd.log1p(-in_dtype_of(self.scale, value))) ** (1 / self.concentration)

    def entropy(self) -> Tensor:
        k = self.concentration
        return _EULER * (1 - 1 / k) + (self.scale / k).log() + 1


class Pareto(Distribution):
    """``log p(x) = log(alpha) + alpha log(scale) - (alpha + 1) log x`` for x >= scale."""

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive, "alpha": constraints.positive}
    has_rsample = True

    def __init__(self, scale: TensorLike, alpha: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        self.scale, self.alpha = self.checked(scale=(scale, "positive"), alpha=(alpha, "positive"))

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> constraints.Constraint:
        """From scale on."""
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Tensor:
        a = self.alpha.clamp(min=1)
        return a * self.scale / (a - 1)

    @property
    def mode(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        a = self.alpha.clamp(min=2)
        return self.scale**2 * a / ((a - 1) ** 2 * (a - 2))

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.scale * _uniform(self.extended(sample_shape), self.scale) ** (-1 / self.alpha)

    def valid(self, value: TensorLike) -> Tensor:
        value = super().valid(value)
        if self.validates and not (value.array >= self.scale.array).all():
            raise ValueError(f"Expected value argument to be within the support (at least scale) of Pareto, got {value}")
        return value

    def log_prob(self, value: TensorLike) -> Tensor:
        return self.alpha.log() + self.alpha * self.scale.log() - (self.alpha + 1) * self.valid(value).log()

    def cdf(self, value: TensorLike) -> Tensor:
        return -(self.alpha * (self.scale / self.valid(value)).clamp(max=1).log()).expm1()

    def icdf(self, value: TensorLike) -> Tensor:
        return self.scale * (-autograd.log1p(-in_dtype_of(self.scale, value)) / self.alpha).exp()

    def entropy(self) -> Tensor:
        return (self.scale / self.alpha).log() + (1 + 1 / self.alpha)
