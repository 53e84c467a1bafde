"""Distribution, the base of all: shapes, checks, and what follows from the methods that each family writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd

from ..types import Size, Tensor, TensorLike

Check = Callable[[np.ndarray], np.ndarray]

# What a parameter or a value must be, by name: a test of each element.
CHECKS: dict[str, Check] = {
    "real": lambda x: x == x,
    "positive": lambda x: x > 0,
    "nonnegative": lambda x: x >= 0,
    "in (0, 1]": lambda x: (x > 0) & (x <= 1),
    "in [0, 1]": lambda x: (x >= 0) & (x <= 1),
    "in [0, 1)": lambda x: (x >= 0) & (x < 1),
    "0 or 1": lambda x: (x == 0) | (x == 1),
    "a count": lambda x: (x >= 0) & (x == np.floor(x)),
}


def probability(value: TensorLike, like: Tensor) -> Tensor:
    """A probability as a tensor. A number takes the dtype of ``like``, a parameter of the distribution."""
    return value if isinstance(value, autograd.Tensor) else autograd.as_tensor(value, dtype=like.dtype)


class Distribution:
    """Base of all distributions.

    A family writes ``rsample`` (or ``sample``), ``log_prob`` and what else it has in closed form. Parameters broadcast against each
    other; their common shape is ``batch_shape``, and ``event_shape`` is that of one draw.

    Args:
        batch_shape, event_shape: the two shapes.
        validate_args: check parameters and values (the default).
    """

    has_rsample = False
    domain = "real"  # of the values, a key of CHECKS

    def __init__(self, batch_shape: Size = (), event_shape: Size = (), validate_args: bool | None = None) -> None:
        self.batch, self.event = tuple(batch_shape), tuple(event_shape)
        self.validates = validate_args is None or validate_args

    @property
    def batch_shape(self) -> autograd.Size:
        """The shape of the parameters."""
        return autograd.Size(self.batch)

    @property
    def event_shape(self) -> autograd.Size:
        """The shape of one draw."""
        return autograd.Size(self.event)

    def checked(self, **parameters: tuple[TensorLike, str]) -> list[Tensor]:
        """The parameters as tensors of one shape, which becomes the batch's; each given with what it must be."""
        dtype = _floating(parameters)
        given = [v for v, _ in parameters.values()]
        tensors = [v if isinstance(v, autograd.Tensor) else autograd.tensor(v, dtype=dtype) for v in given]
        tensors = list(autograd.broadcast_tensors(*tensors))
        self.batch = tuple(tensors[0].shape)
        for (name, (_, kind)), t in zip(parameters.items(), tensors, strict=True):
            if self.validates and not CHECKS[kind](t.array).all():
                raise ValueError(f"Expected parameter {name} of {type(self).__name__} to be {kind}, but found invalid values: {t}")
        return tensors

    def valid(self, value: TensorLike) -> Tensor:
        """A value whose density is asked for; it must lie where the distribution has any."""
        value = value if isinstance(value, autograd.Tensor) else autograd.tensor(value)
        if self.validates:
            shape = (*self.batch, *self.event)
            autograd.broadcast_shapes(tuple(value.shape), shape)
            if not CHECKS[self.domain](value.array).all():
                raise ValueError(
                    f"Expected value argument to be within the support ({self.domain}) of {type(self).__name__}: {value}"
                )
        return value

    def extended(self, sample_shape: int | Size) -> tuple[int, ...]:
        """The shape of a sample."""
        lead = (sample_shape,) if isinstance(sample_shape, int) else tuple(sample_shape)
        return (*lead, *self.batch, *self.event)

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        """A sample through which gradients reach the parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no rsample: its draws do not depend smoothly on its parameters")

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        """A sample, without gradient."""
        with autograd.no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density, or of the probability, of a value."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob")

    def entropy(self) -> Tensor:
        """The entropy, in nats."""
        raise NotImplementedError(f"{type(self).__name__} has no entropy in closed form")

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of a draw up to a value."""
        raise NotImplementedError(f"{type(self).__name__} has no cdf")

    def icdf(self, value: TensorLike) -> Tensor:
        """The value up to which a draw lies with a given probability."""
        raise NotImplementedError(f"{type(self).__name__} has no icdf")

    @property
    def mean(self) -> Tensor:
        """The mean."""
        raise NotImplementedError

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise NotImplementedError

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        raise NotImplementedError(f"{type(self).__name__} has no mode")

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return autograd.sqrt(self.variance)

    def perplexity(self) -> Tensor:
        """The exponential of the entropy."""
        return autograd.exp(self.entropy())

    def __repr__(self) -> str:
        return f"{type(self).__name__}(batch_shape: {tuple(self.batch)}, event_shape: {tuple(self.event)})"


def _floating(parameters: dict[str, tuple[Any, str]]) -> Any:
    """The dtype of Python numbers beside tensors: that of the tensors."""
    dtypes = [v.dtype for v, _ in parameters.values() if isinstance(v, autograd.Tensor) and v.is_floating_point()]
    return dtypes[0] if dtypes else autograd.get_default_dtype()


class Independent(Distribution):
    """A distribution whose last batch dimensions count as dimensions of one draw: its log_prob is summed over them.

    Example:
        >>> import autograd
        >>> from autograd.distributions import Independent, Normal
        >>> d = Independent(Normal(autograd.zeros(3, 2), 1.0), 1)
        >>> d.batch_shape, d.event_shape, d.log_prob(autograd.zeros(3, 2)).shape
        ((3,), (2,), (3,))
    """

    def __init__(self, base_distribution: Distribution, reinterpreted_batch_ndims: int, validate_args: bool | None = None) -> None:
        n = reinterpreted_batch_ndims
        shape = base_distribution.batch
        if n > len(shape):
            raise ValueError(f"Expected reinterpreted_batch_ndims <= len(batch_shape), actual {n} vs {len(shape)}")
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, n
        cut = len(shape) - n
        super().__init__(shape[:cut], (*shape[cut:], *base_distribution.event), validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether gradients reach the parameters through samples."""
        return self.base_dist.has_rsample

    def summed(self, x: Tensor) -> Tensor:
        n = self.reinterpreted_batch_ndims
        return x.sum(tuple(range(-n, 0))) if n else x

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        """A sample, without gradient."""
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        """A sample through which gradients reach the parameters."""
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density, summed over the dimensions of a draw."""
        return self.summed(self.base_dist.log_prob(value))

    def entropy(self) -> Tensor:
        """The entropy, summed over the dimensions of a draw."""
        return self.summed(self.base_dist.entropy())

    @property
    def mean(self) -> Tensor:
        """The mean."""
        return self.base_dist.mean

    @property
    def variance(self) -> Tensor:
        """The variance."""
        return self.base_dist.variance

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        return self.base_dist.mode
