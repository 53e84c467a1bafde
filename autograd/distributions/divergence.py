"""``kl_divergence(p, q)``: E_p[log p - log q], in closed form, by the families of p and q."""

from __future__ import annotations

import math
from collections.abc import Callable

import autograd
from autograd import linalg

from ..types import Tensor
from .continuous import Beta, Exponential, Gamma, Gumbel, Laplace, LogNormal, Normal, Uniform, xlogy
from .discrete import Bernoulli, Binomial, Categorical, Geometric, OneHotCategorical, Poisson
from .distribution import Distribution, Independent
from .multivariate import Dirichlet, MultivariateNormal

Formula = Callable[..., Tensor]  # of two distributions p and q

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
    softplus = autograd.softplus
    return p.probs * (softplus(-q.logits) - softplus(-p.logits)) + (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))


@register_kl(Binomial, Binomial)
def _binomial(p: Binomial, q: Binomial) -> Tensor:
    if not (p.total_count.array <= q.total_count.array).all():
        raise NotImplementedError("KL between Binomials where q.total_count < p.total_count is not implemented")
    return p.total_count * (p.probs * (p.logits - q.logits) + autograd.softplus(q.logits) - autograd.softplus(p.logits))


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - autograd.log1p(-q.probs) / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poisson(p: Poisson, q: Poisson) -> Tensor:
    return xlogy(p.rate, p.rate) - xlogy(p.rate, q.rate) - (p.rate - q.rate)


@register_kl(Categorical, Categorical)
def _categorical(p: Categorical, q: Categorical) -> Tensor:
    terms = p.probs * (p.logits - q.logits)
    terms = autograd.where((q.probs == 0).expand(terms.shape), math.inf, terms)
    return autograd.where((p.probs == 0).expand(terms.shape), 0.0, terms).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return _categorical(p.categorical, q.categorical)


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ValueError("KL-divergence between two Multivariate Normals with different event shapes cannot be computed")
    between = linalg.solve_triangular(q.scale_tril, p.scale_tril, upper=False)
    shift = linalg.solve_triangular(q.scale_tril, (q.loc - p.loc)[..., None], upper=False)
    squares = (between**2).sum((-2, -1)) + (shift**2).sum((-2, -1))
    return q.half_log_det() - p.half_log_det() + 0.5 * (squares - p.event[0])


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("KL between Independents of different numbers of dimensions")
    return p.summed(kl_divergence(p.base_dist, q.base_dist))
