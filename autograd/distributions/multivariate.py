"""Distributions of vectors, and mixtures."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

import autograd
from autograd import linalg

from ..types import Size, Tensor, TensorLike
from . import constraints
from .continuous import xlogy
from .discrete import Categorical
from .distribution import Distribution
from .implicit import standard_dirichlet


def triangle_of(covariance_matrix: Any, precision_matrix: Any, scale_tril: Any) -> Tensor:
    """The Cholesky factor of a covariance, given as such, by the covariance, or by its inverse."""
    given = [m for m in (covariance_matrix, precision_matrix, scale_tril) if m is not None]
    if len(given) != 1:
        raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
    if given[0].ndim < 2:
        raise ValueError("the matrix must be at least two-dimensional, with optional leading batch dimensions")
    if scale_tril is not None:
        return scale_tril
    if covariance_matrix is not None:
        return linalg.cholesky(covariance_matrix)
    # The inverse of the flipped factor of the flipped precision is a lower triangle.
    upper = linalg.cholesky(autograd.flip(precision_matrix, (-2, -1)))
    inverse = autograd.transpose(autograd.flip(upper, (-2, -1)), -2, -1)
    eye = autograd.eye(precision_matrix.shape[-1], dtype=precision_matrix.dtype)
    return linalg.solve_triangular(inverse, eye, upper=False)


class OfTriangle(Distribution):
    """The base of distributions whose covariance is given by its triangle L: C = L L^T."""

    scale_tril: Tensor

    @property
    def covariance_matrix(self) -> Tensor:
        """C."""
        return self.scale_tril @ self.scale_tril.mT

    @property
    def precision_matrix(self) -> Tensor:
        """The inverse of C."""
        return linalg.inv(self.covariance_matrix)

    def half_log_det(self) -> Tensor:
        """Half of log det C: the sum of the logarithms on L's diagonal."""
        return autograd.diagonal(self.scale_tril, dim1=-2, dim2=-1).log().sum(-1)


class MultivariateNormal(OfTriangle):
    """``log p(x) = -(x - m)^T C^-1 (x - m) / 2 - log det(C) / 2 - k log(2 pi) / 2``

    Args:
        loc: the mean m, (..., k).
        covariance_matrix, precision_matrix, scale_tril: C, its inverse, or the lower triangle L with C = L L^T: one of them.
        validate_args: check parameters and values (the default).
    """

    has_rsample = True
    support: Any = constraints.real_vector
    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real_vector, "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite, "scale_tril": constraints.lower_cholesky,
    }  # fmt: skip

    def __init__(
        self, loc: Tensor, covariance_matrix: Tensor | None = None, precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        if loc.ndim < 1:
            raise ValueError("loc must be at least one-dimensional.")
        tril = triangle_of(covariance_matrix, precision_matrix, scale_tril)
        batch = autograd.broadcast_shapes(tuple(tril.shape[:-2]), tuple(loc.shape[:-1]))
        self.loc = loc.expand((*batch, loc.shape[-1]))
        self.scale_tril = self._unbroadcasted_scale_tril = tril.expand((*batch, *tril.shape[-2:]))
        super().__init__(batch, (loc.shape[-1],), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Tensor:
        return (self.scale_tril**2).sum(-1)

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        eps = autograd.randn(self.extended(sample_shape), dtype=self.loc.dtype)
        return self.loc + (self.scale_tril @ eps[..., None])[..., 0]

    def log_prob(self, value: TensorLike) -> Tensor:
        d = self.valid(value) - self.loc
        tril = self.scale_tril.expand((*d.shape[:-1], *self.scale_tril.shape[-2:]))
        z = linalg.solve_triangular(tril, d[..., None], upper=False)[..., 0]
        return -0.5 * (self.event[0] * math.log(2 * math.pi) + (z**2).sum(-1)) - self.half_log_det()

    def entropy(self) -> Tensor:
        return 0.5 * self.event[0] * (1 + math.log(2 * math.pi)) + self.half_log_det()


class Dirichlet(Distribution):
    """``log p(x) = sum((a - 1) log x) + log Gamma(sum a) - sum log Gamma(a)`` on vectors of positive numbers that sum to 1."""

    has_rsample = True
    arg_constraints: ClassVar[Any] = {"concentration": constraints.independent(constraints.positive, 1)}

    @constraints.dependent_property(is_discrete=False, event_dim=1)
    def support(self) -> constraints.Constraint:
        """Positive numbers that sum to 1."""
        return constraints.simplex

    @property
    def mode(self) -> Tensor:
        a = self.concentration if self.concentration.is_floating_point() else self.concentration.to(autograd.get_default_dtype())
        above = (a - 1).clamp(min=0)
        peak = above / above.sum(-1, keepdim=True)
        corner = autograd.as_tensor(np.eye(a.shape[-1], dtype=a.dtype)[a.array.argmax(-1)])
        return autograd.where((a < 1).all(-1, keepdim=True).expand(a.shape), corner, peak)

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.ndim < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        super().__init__(validate_args=validate_args)
        (self.concentration,) = self.checked(concentration=(concentration, "positive"))
        self.batch, self.event = tuple(concentration.shape[:-1]), tuple(concentration.shape[-1:])

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, keepdim=True)
        return self.concentration * (total - self.concentration) / (total**2 * (total + 1))

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return standard_dirichlet(self.concentration.expand(self.extended(sample_shape)))

    def log_prob(self, value: TensorLike) -> Tensor:
        value, a = self.valid(value), self.concentration
        if self.validates and not (abs(value.array.sum(-1) - 1) < 1e-6).all():
            raise ValueError(f"Expected value argument to be within the support (vectors that sum to 1) of Dirichlet, got {value}")
        return xlogy(a - 1, value).sum(-1) + autograd.lgamma(a.sum(-1)) - autograd.lgamma(a).sum(-1)

    def entropy(self) -> Tensor:
        a, k = self.concentration, self.concentration.shape[-1]
        total = a.sum(-1)
        return (
            autograd.lgamma(a).sum(-1) - autograd.lgamma(total) - (k - total) * autograd.digamma(total)
            - ((a - 1) * autograd.digamma(a)).sum(-1)
        )  # fmt: skip


class MixtureSameFamily(Distribution):
    """A draw from one of several components of one family, which lie along the last batch dimension.

    Args:
        mixture_distribution: a Categorical of the components.
        component_distribution: the components.
        validate_args: check parameters and values (the default).
    """

    def __init__(
        self, mixture_distribution: Categorical, component_distribution: Distribution, validate_args: bool | None = None
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError("The Mixture distribution needs to be an instance of torch.distributions.Categorical")
        if component_distribution.batch[-1] != mixture_distribution.num_events:
            raise ValueError("`mixture_distribution` component and `component_distribution.batch_shape[-1]` do not match")
        self.mixture_distribution, self.component_distribution = mixture_distribution, component_distribution
        self._events = len(component_distribution.event)
        super().__init__(component_distribution.batch[:-1], component_distribution.event, validate_args)

    @constraints.dependent_property
    def support(self) -> constraints.Constraint:
        """That of the components."""
        return constraints.MixtureSameFamilyConstraint(self.component_distribution.support)

    def _weights(self) -> Tensor:
        p = self.mixture_distribution.probs
        return p.reshape((*p.shape, *(1,) * self._events))

    @property
    def mean(self) -> Tensor:
        return (self._weights() * self.component_distribution.mean).sum(-1 - self._events)

    @property
    def variance(self) -> Tensor:
        dim, p, components = -1 - self._events, self._weights(), self.component_distribution
        within = (p * components.variance).sum(dim)
        return within + (p * (components.mean - self.mean.unsqueeze(dim)) ** 2).sum(dim)

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        with autograd.no_grad():
            draws = self.component_distribution.sample(sample_shape)
            which = self.mixture_distribution.sample(sample_shape)
            which = which.reshape((*which.shape, 1, *(1,) * self._events))
            dim = draws.ndim - 1 - self._events
            index = which.expand((*draws.shape[:dim], 1, *draws.shape[dim + 1 :]))
            return draws.gather(dim, index).squeeze(dim)

    def log_prob(self, value: TensorLike) -> Tensor:
        value = self.valid(value).unsqueeze(-1 - self._events)
        logs = self.component_distribution.log_prob(value)
        return autograd.logsumexp(logs + autograd.log_softmax(self.mixture_distribution.logits, -1), -1)

    def cdf(self, value: TensorLike) -> Tensor:
        value = self.valid(value).unsqueeze(-1 - self._events)
        return (self.component_distribution.cdf(value) * self.mixture_distribution.probs).sum(-1)
