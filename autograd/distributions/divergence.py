"""``kl_divergence(p, q)``: E_p[log p - log q], in closed form, by the families of p and q."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import autograd
from autograd import linalg

from ..types import Tensor
from .continuous import (
    Beta,
    Cauchy,
    Exponential,
    Gamma,
    Gumbel,
    HalfCauchy,
    HalfNormal,
    InverseGamma,
    Laplace,
    LogNormal,
    Normal,
    Pareto,
    Uniform,
    xlogy,
)  # fmt: skip
from .discrete import Bernoulli, Binomial, Categorical, Geometric, OneHotCategorical, Poisson
from .distribution import Distribution, Independent
from .interval import ContinuousBernoulli
from .matrices import LowRankMultivariateNormal
from .multivariate import Dirichlet, MultivariateNormal
from .transformation import TransformedDistribution

Formula = Callable[..., Tensor]  # of two distributions p and q
_EULER = 0.57721566490153286
_FORMULAS: dict[tuple[type, type], Formula] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Formula], Formula]:
    """A decorator: the function computes ``kl_divergence`` for these two families, and for those that derive from them."""

    def register(function: Formula) -> Formula:
        _FORMULAS[type_p, type_q] = function
        return function

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The Kullback-Leibler divergence of q from p, in nats.

    Formula: ``KL(p || q) = E_p[log p(x) - log q(x)]``

    Raises:
        NotImplementedError: two families for which no closed form is known here.

    Example:
        >>> import autograd
        >>> from autograd.distributions import Normal, kl_divergence
        >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
        tensor(0.5000, dtype=float32)
    """
    best = None
    for a, b in _FORMULAS:
        if isinstance(p, a) and isinstance(q, b):
            distance = type(p).__mro__.index(a) + type(q).__mro__.index(b)
            if best is None or distance < best[0]:
                best = distance, _FORMULAS[a, b]
    if best is None:
        raise NotImplementedError(f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}")
    return best[1](p, q)


@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


@register_kl(LogNormal, LogNormal)
def _log_normal(p: LogNormal, q: LogNormal) -> Tensor:
    return _normal(p.base_dist, q.base_dist)


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * (-distance / p.scale).exp() - 1


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Gamma, Gamma)
def _gamma(p: Gamma, q: Gamma) -> Tensor:
    lgamma, a, b = autograd.lgamma, p.concentration, q.concentration
    return b * (p.rate / q.rate).log() + lgamma(b) - lgamma(a) + (a - b) * autograd.digamma(a) + (q.rate - p.rate) * (a / p.rate)


@register_kl(Beta, Beta)
def _beta(p: Beta, q: Beta) -> Tensor:
    lgamma, digamma = autograd.lgamma, autograd.digamma
    a, b, c, d = p.concentration1, p.concentration0, q.concentration1, q.concentration0
    log_b = lgamma(c) + lgamma(d) - lgamma(c + d) - lgamma(a) - lgamma(b) + lgamma(a + b)
    return log_b + (a - c) * digamma(a) + (b - d) * digamma(b) + (c + d - a - b) * digamma(a + b)


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    lgamma, digamma, a, b = autograd.lgamma, autograd.digamma, p.concentration, q.concentration
    total = a.sum(-1)
    norm = lgamma(total) - lgamma(b.sum(-1)) - (lgamma(a) - lgamma(b)).sum(-1)
    return norm + ((a - b) * (digamma(a) - digamma(total)[..., None])).sum(-1)


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Tensor:
    inside = (q.low <= p.low) & (q.high >= p.high)
    return autograd.where(inside, ((q.high - q.low) / (p.high - p.low)).log(), math.inf)


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Gumbel, q: Gumbel) -> Tensor:
    ratio, euler = p.scale / q.scale, 0.57721566490153286
    shift = (q.loc - p.loc) / q.scale
    return -ratio.log() - shift + ratio * euler + (shift + autograd.lgamma(1 + ratio)).exp() - (1 + euler)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    softplus, zero = autograd.softplus, autograd.zeros_like(p.probs)
    one_by_one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    one_by_one = autograd.where(q.probs == 0, math.inf + zero, one_by_one)
    zero_by_zero = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    zero_by_zero = autograd.where(q.probs == 1, math.inf + zero, zero_by_zero)
    return autograd.where(p.probs == 0, zero, one_by_one) + autograd.where(p.probs == 1, zero, zero_by_zero)


@register_kl(Binomial, Binomial)
def _binomial(p: Binomial, q: Binomial) -> Tensor:
    if (p.total_count.array < q.total_count.array).any():
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    kl = p.total_count * (p.probs * (p.logits - q.logits) + autograd.softplus(q.logits) - autograd.softplus(p.logits))
    return autograd.where(p.total_count > q.total_count, autograd.full_like(kl, math.inf), kl)  # counts that q never draws


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - autograd.log1p(-q.probs) / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poisson(p: Poisson, q: Poisson) -> Tensor:
    return xlogy(p.rate, p.rate) - xlogy(p.rate, q.rate) - (p.rate - q.rate)


# ------------------------------------------------------------------------------------- two families: -H(p) - E_p[log q]


def _infinite(p: Distribution, q: Distribution) -> Tensor:
    """p has draws where q has no density."""
    return autograd.full(autograd.broadcast_shapes(p.batch, q.batch), math.inf)


for _p, _qs in {
    Poisson: (Bernoulli, Binomial),
    Exponential: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gamma: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Normal: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
}.items():
    for _q in _qs:
        register_kl(_p, _q)(_infinite)


def _where_finite(finite: Tensor, value: Tensor) -> Tensor:
    return autograd.where(finite, value, autograd.full_like(value, math.inf))


def _to_normal(p: Any, q: Normal) -> Tensor:
    spread = (p.variance + (p.mean - q.loc) ** 2) / (2 * q.scale**2)
    value = -p.entropy() + 0.5 * math.log(2 * math.pi) + q.scale.log() + spread
    return _where_finite(p.alpha > 2, value) if isinstance(p, Pareto) else value


def _to_exponential(p: Any, q: Exponential) -> Tensor:
    value = -p.entropy() - q.rate.log() + q.rate * p.mean
    if isinstance(p, Pareto):
        return _where_finite(p.alpha > 1, value)
    return _where_finite(p.low >= 0, value) if isinstance(p, Uniform) else value


for _p in (Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Pareto, Uniform):
    register_kl(_p, Normal)(_to_normal)
for _p in (Beta, ContinuousBernoulli, Gamma, Pareto, Uniform):
    register_kl(_p, Exponential)(_to_exponential)


def _mean_log(p: Any) -> Tensor:
    """E_p[log x]"""
    if isinstance(p, Beta):
        return autograd.digamma(p.concentration1) - autograd.digamma(p.concentration1 + p.concentration0)
    if isinstance(p, Exponential):
        return -_EULER - p.rate.log()
    if isinstance(p, Pareto):
        return p.scale.log() + 1 / p.alpha
    return (xlogy(p.high, p.high) - xlogy(p.low, p.low)) / (p.high - p.low) - 1  # Uniform


def _to_gamma(p: Any, q: Gamma) -> Tensor:
    a = q.concentration
    value = -p.entropy() - (a * q.rate.log() - autograd.lgamma(a) + (a - 1) * _mean_log(p) - q.rate * p.mean)
    if isinstance(p, Pareto):
        return _where_finite(p.alpha > 1, value)
    return _where_finite(p.low >= 0, value) if isinstance(p, Uniform) else value


for _p in (Beta, Exponential, Pareto, Uniform):
    register_kl(_p, Gamma)(_to_gamma)


def _to_gumbel(p: Any, q: Gumbel) -> Tensor:
    s = q.scale
    if isinstance(p, Normal):
        tail = (-p.loc / s + p.scale**2 / (2 * s**2)).exp()
    elif isinstance(p, Uniform):
        tail = s * ((-p.low / s).exp() - (-p.high / s).exp()) / (p.high - p.low)
    else:
        tail = (p.rate / (p.rate + 1 / s)) ** (p.concentration if isinstance(p, Gamma) else 1)
    return -p.entropy() + s.log() + (p.mean - q.loc) / s + (q.loc / s).exp() * tail


for _p in (Exponential, Gamma, Normal, Uniform):
    register_kl(_p, Gumbel)(_to_gumbel)


def _to_continuous_bernoulli(p: Any, q: ContinuousBernoulli) -> Tensor:
    value = -p.entropy() - (p.mean * q.logits - autograd.softplus(q.logits) + q.log_norm())
    return _where_finite((p.low >= 0) & (p.high <= 1), value) if isinstance(p, Uniform) else value


for _p in (Beta, ContinuousBernoulli, Uniform):
    register_kl(_p, ContinuousBernoulli)(_to_continuous_bernoulli)


@register_kl(Beta, Uniform)
@register_kl(ContinuousBernoulli, Uniform)
def _to_uniform(p: Any, q: Uniform) -> Tensor:
    return _where_finite((q.low <= 0) & (q.high >= 1), -p.entropy() + (q.high - q.low).log())


@register_kl(Uniform, Beta)
def _uniform_beta(p: Uniform, q: Beta) -> Tensor:
    a, b, lgamma = q.concentration1, q.concentration0, autograd.lgamma
    other = (xlogy(1 - p.low, 1 - p.low) - xlogy(1 - p.high, 1 - p.high)) / (p.high - p.low) - 1  # E[log(1 - x)]
    log_q = (a - 1) * _mean_log(p) + (b - 1) * other + lgamma(a + b) - lgamma(a) - lgamma(b)
    return _where_finite((p.low >= 0) & (p.high <= 1), -p.entropy() - log_q)


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Uniform, q: Pareto) -> Tensor:
    log_q = q.alpha.log() + q.alpha * q.scale.log() - (q.alpha + 1) * _mean_log(p)
    return _where_finite(p.low >= q.scale, -p.entropy() - log_q)


@register_kl(Pareto, Pareto)
def _pareto(p: Pareto, q: Pareto) -> Tensor:
    ratio = q.alpha / p.alpha
    return _where_finite(p.scale >= q.scale, q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1)


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Tensor:
    d = p.loc - q.loc
    z = d / (p.scale * math.sqrt(2))
    distance = p.scale * math.sqrt(2 / math.pi) * (-(z**2)).exp() + d * autograd.erf(z)  # E|x - q.loc|
    return -p.entropy() + (2 * q.scale).log() + distance / q.scale


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - (xlogy(p.probs, q.rate) - q.rate)


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    return ((p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2).log() - (4 * p.scale * q.scale).log()


@register_kl(HalfCauchy, HalfCauchy)
def _half_cauchy(p: HalfCauchy, q: HalfCauchy) -> Tensor:
    return _cauchy(p.base_dist, q.base_dist)


@register_kl(InverseGamma, InverseGamma)
def _inverse_gamma(p: InverseGamma, q: InverseGamma) -> Tensor:
    # A one-to-one function of both numbers, here 1 / x, does not change their divergence.
    return _gamma(p.base_dist, q.base_dist)


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Tensor:
    return _normal(p.base_dist, q.base_dist)


@register_kl(Categorical, Categorical)
def _categorical(p: Categorical, q: Categorical) -> Tensor:
    terms = p.probs * (p.logits - q.logits)
    terms = autograd.where((q.probs == 0).expand(terms.shape), math.inf, terms)
    return autograd.where((p.probs == 0).expand(terms.shape), 0.0, terms).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return _categorical(p._categorical, q._categorical)


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ValueError("KL-divergence between two Multivariate Normals with different event shapes cannot be computed")
    between = linalg.solve_triangular(q.scale_tril, p.scale_tril, upper=False)
    shift = linalg.solve_triangular(q.scale_tril, (q.loc - p.loc)[..., None], upper=False)
    squares = (between**2).sum((-2, -1)) + (shift**2).sum((-2, -1))
    return q.half_log_det() - p.half_log_det() + 0.5 * (squares - p.event[0])


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _low_rank(p: Any, q: Any) -> Tensor:
    whole = [MultivariateNormal(d.loc, scale_tril=d.scale_tril, validate_args=False) for d in (p, q)]
    return _multivariate_normal(*whole)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event != q.event:
        raise NotImplementedError("KL between distributions with other transforms, or other event shapes")
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("KL between Independents of different numbers of dimensions")
    return p.summed(kl_divergence(p.base_dist, q.base_dist))
