"""Distributions of matrices, and of vectors with a covariance of low rank."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import autograd
from autograd import linalg

from ..types import Size, Tensor, TensorLike
from . import constraints
from .continuous import Beta
from .distribution import Distribution
from .implicit import standard_gamma
from .multivariate import OfTriangle, triangle_of


class LowRankMultivariateNormal(Distribution):
    """A normal vector with the covariance ``W W^T + D``: k numbers with m < k common causes.

    Args:
        loc: the mean, (..., k). cov_factor: W, (..., k, m). cov_diag: the diagonal of D, (..., k).
        validate_args: check parameters and values (the default).
    """

    has_rsample = True
    support: Any = constraints.real_vector
    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }

    def __init__(self, loc: Tensor, cov_factor: Tensor, cov_diag: Tensor, validate_args: bool | None = None) -> None:
        if loc.ndim < 1:
            raise ValueError("loc must be at least one-dimensional.")
        k = loc.shape[-1]
        if cov_factor.ndim < 2 or cov_factor.shape[-2] != k:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {k} x m")
        if cov_diag.shape[-1:] != (k,):
            raise ValueError(f"cov_diag must be a batch of vectors with shape {(k,)}")
        batch = autograd.broadcast_shapes(tuple(loc.shape[:-1]), tuple(cov_factor.shape[:-2]), tuple(cov_diag.shape[:-1]))
        self.loc, self.cov_diag = loc.expand((*batch, k)), cov_diag.expand((*batch, k))
        self.cov_factor = cov_factor.expand((*batch, *cov_factor.shape[-2:]))
        super().__init__(batch, (k,), validate_args)
        if self.validates and not (self.cov_diag.array > 0).all():
            raise ValueError("Expected parameter cov_diag to be positive")

    @property
    def mean(self) -> Tensor:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Tensor:
        return (self.cov_factor**2).sum(-1) + self.cov_diag

    @property
    def covariance_matrix(self) -> Tensor:
        """W W^T + D."""
        return self.cov_factor @ self.cov_factor.mT + autograd.diag_embed(self.cov_diag)

    @property
    def scale_tril(self) -> Tensor:
        """The Cholesky factor of the covariance."""
        return linalg.cholesky(self.covariance_matrix)

    @property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        scaled = self.cov_factor / self.cov_diag[..., None]
        return autograd.diag_embed(1 / self.cov_diag) - scaled @ linalg.solve(self._capacitance(), scaled.mT)

    def _capacitance(self) -> Tensor:
        """I + W^T D^-1 W, (..., m, m): the inverse and the determinant of the covariance follow from it."""
        m = self.cov_factor.shape[-1]
        return autograd.eye(m, dtype=self.loc.dtype) + self.cov_factor.mT @ (self.cov_factor / self.cov_diag[..., None])

    def log_det(self) -> Tensor:
        """The logarithm of the covariance's determinant."""
        return linalg.slogdet(self._capacitance())[1] + self.cov_diag.log().sum(-1)

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        shape = self.extended(sample_shape)
        causes = autograd.randn((*shape[:-1], self.cov_factor.shape[-1]), dtype=self.loc.dtype)
        own = autograd.randn(shape, dtype=self.loc.dtype)
        return self.loc + (self.cov_factor @ causes[..., None])[..., 0] + self.cov_diag.sqrt() * own

    def log_prob(self, value: TensorLike) -> Tensor:
        d = self.valid(value) - self.loc
        z = d / self.cov_diag
        common = (self.cov_factor.mT @ z[..., None])[..., 0]
        inverse = linalg.inv(self._capacitance())
        square = (d * z).sum(-1) - ((inverse @ common[..., None])[..., 0] * common).sum(-1)
        return -0.5 * (self.event[0] * math.log(2 * math.pi) + self.log_det() + square)

    def entropy(self) -> Tensor:
        return 0.5 * (self.event[0] * (1 + math.log(2 * math.pi)) + self.log_det())


class LKJCholesky(Distribution):
    """Cholesky factors of correlation matrices, with a density proportional to ``det(correlations)^(concentration - 1)``.

    Args:
        dim: the number of rows. concentration: 1 for all matrices alike, more for smaller correlations.
        validate_args: check parameters and values (the default).

    Source: Lewandowski, Kurowicka and Joe, Generating random correlation matrices, 2009.
    """

    arg_constraints: ClassVar[Any] = {"concentration": constraints.positive}

    def __init__(self, dim: int, concentration: TensorLike = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        super().__init__(validate_args=validate_args)
        (self.concentration,) = self.checked(concentration=(concentration, "positive"))
        self.dim, self.event = dim, (dim, dim)

    @constraints.dependent_property(is_discrete=False, event_dim=2)
    def support(self) -> constraints.Constraint:
        """Cholesky factors of correlation matrices."""
        return constraints.corr_cholesky

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        """Row after row: how much of its length lies before the diagonal is a Beta number, and its direction is uniform."""
        shape, dtype = self.extended(sample_shape), self.concentration.dtype
        with autograd.no_grad():
            before = autograd.arange(self.dim - 1, dtype=dtype)
            b = self.concentration[..., None] + 0.5 * (self.dim - 2) - 0.5 * before
            lengths = Beta((before + 1) / 2 + autograd.zeros_like(b), b).sample(shape[: len(shape) - 2 - len(self.batch)])
            normal = autograd.randn(shape, dtype=dtype).tril(-1)[..., 1:, :]
            rows = normal / normal.norm(dim=-1, keepdim=True) * lengths.sqrt()[..., None]
            rows = autograd.cat([autograd.zeros((*shape[:-2], 1, self.dim), dtype=dtype), rows], -2)
            tiny = 1.2e-38
            return rows + autograd.diag_embed((1 - (rows**2).sum(-1)).clamp(min=tiny).sqrt())

    def log_prob(self, value: TensorLike) -> Tensor:
        value, n = self.valid(value), self.dim - 1
        order = (
            2 * (self.concentration - 1)[..., None] + self.dim - autograd.arange(2, self.dim + 1, dtype=self.concentration.dtype)
        )
        logs = (order * value.diagonal(dim1=-1, dim2=-2)[..., 1:].log()).sum(-1)
        alpha = self.concentration + 0.5 * n
        norm = 0.5 * n * math.log(math.pi) + autograd.mvlgamma(alpha - 0.5, n) - autograd.lgamma(alpha) * n
        return logs - norm


class Wishart(OfTriangle):
    """The sum of df outer products of normal vectors with a covariance C.

    Args:
        df: the degrees of freedom, above k - 1.
        covariance_matrix, precision_matrix, scale_tril: C, its inverse, or the lower triangle L with C = L L^T: one of them.
        validate_args: check parameters and values (the default).
    """

    has_rsample = True

    def __init__(
        self, df: TensorLike, covariance_matrix: Tensor | None = None, precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        tril = triangle_of(covariance_matrix, precision_matrix, scale_tril)
        k = tril.shape[-1]
        df = df if isinstance(df, autograd.Tensor) and df.is_floating_point() else autograd.as_tensor(df, dtype=tril.dtype)
        batch = autograd.broadcast_shapes(tuple(tril.shape[:-2]), tuple(df.shape))
        self.df, self.scale_tril = df.expand(batch), tril.expand((*batch, k, k))
        super().__init__(batch, (k, k), validate_args)
        if not (self.df.array > k - 1).all():
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {k - 1}.")

    @property
    def arg_constraints(self) -> dict[str, Any]:
        """What the parameters must be."""
        return {
            "covariance_matrix": constraints.positive_definite, "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky, "df": constraints.greater_than(self.event[-1] - 1),
        }  # fmt: skip

    @constraints.dependent_property(is_discrete=False, event_dim=2)
    def support(self) -> constraints.Constraint:
        """Symmetric matrices with positive eigenvalues."""
        return constraints.positive_definite

    @property
    def mean(self) -> Tensor:
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        factor = self.df - self.event[-1] - 1
        factor = autograd.where(factor > 0, factor, autograd.full_like(factor, math.nan))
        return factor[..., None, None] * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        c = self.covariance_matrix
        diagonal = c.diagonal(dim1=-2, dim2=-1)
        return self.df[..., None, None] * (c**2 + diagonal[..., None] * diagonal[..., None, :])

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        """By Bartlett's decomposition: a triangle of normal numbers below the roots of Chi2 numbers."""
        shape, k = self.extended(sample_shape), self.event[-1]
        half = (self.df[..., None] - autograd.arange(k, dtype=self.df.dtype)) / 2
        roots = (2 * standard_gamma(half.expand((*shape[:-2], k)))).sqrt()
        factor = self.scale_tril @ (autograd.randn(shape, dtype=self.df.dtype).tril(-1) + autograd.diag_embed(roots))
        return factor @ factor.mT

    def log_prob(self, value: TensorLike) -> Tensor:
        value, nu, k = self.valid(value), self.df, self.event[-1]
        tril = self.scale_tril.expand((*value.shape[:-2], k, k))
        trace = autograd.cholesky_solve(value, tril).diagonal(dim1=-2, dim2=-1).sum(-1)
        norm = nu * (k / 2 * math.log(2) + self.half_log_det()) + autograd.mvlgamma(nu / 2, k)
        return (nu - k - 1) / 2 * linalg.slogdet(value)[1] - trace / 2 - norm

    def entropy(self) -> Tensor:
        nu, k = self.df, self.event[-1]
        digammas = autograd.digamma(nu[..., None] / 2 - 0.5 * autograd.arange(k, dtype=nu.dtype)).sum(-1)
        wide = (k + 1) * (k / 2 * math.log(2) + self.half_log_det())
        return wide + autograd.mvlgamma(nu / 2, k) - (nu - k - 1) / 2 * digammas + nu * k / 2


__all__ = ["LKJCholesky", "LowRankMultivariateNormal", "Wishart"]
