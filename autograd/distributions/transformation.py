"""The distribution of a transform of a draw, and families that are made so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import autograd

from ..types import Size, Tensor, TensorLike
from . import constraints
from .distribution import Distribution, Independent
from .transforms import ComposeTransform, Transform, sum_rightmost


class TransformedDistribution(Distribution):
    """The distribution of a transform of a draw: ``log p(y) = log p_base(x) - log |dy/dx|``.

    Args:
        base_distribution: of x. transforms: one, or several, the first of which is applied first.
        validate_args: check parameters and values (the default).

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
        given = [transforms] if isinstance(transforms, Transform) else transforms
        self.transforms = list(given) if isinstance(given, Sequence) else []
        if not isinstance(given, Sequence) or not all(isinstance(t, Transform) for t in self.transforms):
            raise ValueError("transforms must be a Transform or a list of Transforms")
        whole = ComposeTransform(self.transforms)
        shape = (*base_distribution.batch, *base_distribution.event)
        if len(shape) < whole.domain.event_dim:
            raise ValueError(f"base_distribution needs to have shape with size at least {whole.domain.event_dim}, but got {shape}.")
        wide = whole.inverse_shape(whole.forward_shape(shape))
        if tuple(wide) != shape:  # the transform's own parameters have a batch
            base_distribution = base_distribution.expand(tuple(wide)[: len(wide) - len(base_distribution.event)])
        more = whole.domain.event_dim - len(base_distribution.event)
        self.base_dist = Independent(base_distribution, more) if more > 0 else base_distribution
        result = tuple(whole.forward_shape((*base_distribution.batch, *base_distribution.event)))
        events = max(whole.codomain.event_dim, len(base_distribution.event) + whole.codomain.event_dim - whole.domain.event_dim)
        cut = len(result) - events
        super().__init__(result[:cut], result[cut:], validate_args)

    @constraints.dependent_property
    def support(self) -> constraints.Constraint:
        """The codomain of the last transform."""
        if not self.transforms:
            return self.base_dist.support
        region = self.transforms[-1].codomain
        more = len(self.event) - region.event_dim
        return constraints.independent(region, more) if more > 0 else region

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether gradients reach the parameters through samples."""
        return self.base_dist.has_rsample

    def expand(self, batch_shape: Size, _instance: Distribution | None = None) -> Distribution:
        """The same with the base's parameters expanded."""
        wanted = tuple(batch_shape)
        new: Any = super().expand(wanted)
        shape = ComposeTransform(self.transforms).inverse_shape((*wanted, *self.event))
        new.base_dist = self.base_dist.expand(tuple(shape)[: len(shape) - len(self.base_dist.event)])
        return new

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
        dims = len(self.event)
        for t in reversed(self.transforms):
            x = t.inv(y)
            dims += t.domain.event_dim - t.codomain.event_dim
            total = total - sum_rightmost(t.log_abs_det_jacobian(x, y), dims - t.domain.event_dim)
            y = x
        return sum_rightmost(self.base_dist.log_prob(y), dims - len(self.base_dist.event)) + total

    def _increasing(self) -> Any:
        sign: Any = 1
        for t in self.transforms:
            sign = sign * t.sign
        return sign

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of a draw up to a value, for transforms of numbers that increase or decrease everywhere."""
        x: Any = self.valid(value)
        for t in reversed(self.transforms):
            x = t.inv(x)
        below, sign = self.base_dist.cdf(x), self._increasing()
        return sign * (below - 0.5) + 0.5

    def icdf(self, value: TensorLike) -> Tensor:
        """The value up to which a draw lies with a given probability."""
        sign = self._increasing()
        return self._forward(self.base_dist.icdf(sign * (autograd.as_tensor(value) - 0.5) + 0.5))


__all__ = ["TransformedDistribution"]
