"""Distributions of functions of random numbers: a transform, and the logarithm of the determinant of its Jacobian."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import autograd

from ..types import Size, Tensor, TensorLike
from .distribution import Distribution


class Transform:
    """An invertible function of each element: ``t(x)``, ``t.inv(y)``, and ``log_abs_det_jacobian(x, y)``, the log of |dy/dx|."""

    def __call__(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def inv(self, y: Tensor) -> Tensor:
        """The x of a y."""
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The logarithm of |dy/dx|."""
        raise NotImplementedError


class ExpTransform(Transform):
    """``y = exp(x)``"""

    def __call__(self, x: Tensor) -> Tensor:
        return x.exp()

    def inv(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class AffineTransform(Transform):
    """``y = loc + scale x``"""

    def __init__(self, loc: Tensor | float, scale: Tensor | float, event_dim: int = 0) -> None:
        self.loc, self.scale, self.event_dim = loc, scale, event_dim

    def __call__(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def inv(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if isinstance(self.scale, autograd.Tensor):
            logs = self.scale.abs().log().expand(autograd.broadcast_shapes(tuple(x.shape), tuple(self.scale.shape)))
        else:
            logs = autograd.full_like(x, math.log(abs(self.scale)))
        return logs.sum(tuple(range(-self.event_dim, 0))) if self.event_dim else logs


class SigmoidTransform(Transform):
    """``y = 1 / (1 + exp(-x))``"""

    def __call__(self, x: Tensor) -> Tensor:
        return autograd.sigmoid(x)

    def inv(self, y: Tensor) -> Tensor:
        return y.log() - autograd.log1p(-y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -autograd.softplus(-x) - autograd.softplus(x)


class TanhTransform(Transform):
    """``y = tanh(x)``"""

    def __init__(self, cache_size: int = 0) -> None:
        self.cache_size = cache_size

    def __call__(self, x: Tensor) -> Tensor:
        return x.tanh()

    def inv(self, y: Tensor) -> Tensor:
        return autograd.atanh(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return 2 * (math.log(2) - x - autograd.softplus(-2 * x))


class SoftplusTransform(Transform):
    """``y = log(1 + exp(x))``"""

    def __call__(self, x: Tensor) -> Tensor:
        return autograd.softplus(x)

    def inv(self, y: Tensor) -> Tensor:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -autograd.softplus(-x)


class TransformedDistribution(Distribution):
    """The distribution of a transform of a draw: ``log p(y) = log p_base(x) - log |dy/dx|``.

    Example:
        >>> import autograd
        >>> from autograd.distributions import ExpTransform, LogNormal, Normal, TransformedDistribution
        >>> y = autograd.tensor(2.0)
        >>> TransformedDistribution(Normal(0.0, 1.0), [ExpTransform()]).log_prob(y).item() == LogNormal(0.0, 1.0).log_prob(y).item()
        True
    """

    def __init__(
        self, base_distribution: Distribution, transforms: Transform | Sequence[Transform], validate_args: bool | None = None
    ) -> None:
        self.base_dist = base_distribution
        self.transforms = [transforms] if isinstance(transforms, Transform) else list(transforms)
        super().__init__(base_distribution.batch, base_distribution.event, validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether gradients reach the parameters through samples."""
        return self.base_dist.has_rsample

    def _forward(self, x: Tensor) -> Tensor:
        for t in self.transforms:
            x = t(x)
        return x

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        with autograd.no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self._forward(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: TensorLike) -> Tensor:
        y: Any = self.valid(value)
        total: Any = 0.0
        for t in reversed(self.transforms):
            x = t.inv(y)
            logs = t.log_abs_det_jacobian(x, y)
            more = len(self.event) - getattr(t, "event_dim", 0)
            total = total - (logs.sum(tuple(range(-more, 0))) if more > 0 else logs)
            y = x
        return self.base_dist.log_prob(y) + total
