"""Distributions of whole numbers and of classes."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

import autograd

from ..types import Size, Tensor, TensorLike
from . import constraints
from .continuous import xlogy
from .distribution import Distribution
from .implicit import standard_gamma
from .utils import lazy_property, logits_to_probs, probs_to_logits


def _one_of(name: str, probs: TensorLike | None, logits: TensorLike | None) -> TensorLike:
    """The one that is given."""
    if probs is not None and logits is None:
        return probs
    if logits is not None and probs is None:
        return logits
    raise ValueError(f"{name}: Either `probs` or `logits` must be specified, but not both.")


def _floating(count: Any, probs: Any, logits: Any) -> Any:
    """A count in the dtype of the probabilities beside it."""
    like = probs if probs is not None else logits
    if isinstance(count, autograd.Tensor) and not count.is_floating_point():
        return count.to(like.dtype if isinstance(like, autograd.Tensor) else autograd.get_default_dtype())
    if isinstance(count, autograd.Tensor) and isinstance(like, autograd.Tensor):
        return count.to(like.dtype)
    return count


class _Odds(Distribution):
    """Base of families with a probability between 0 and 1, given as such or as the logarithm of the odds."""

    probs: Any = lazy_property(lambda self: logits_to_probs(self.logits, is_binary=True))
    logits: Any = lazy_property(lambda self: probs_to_logits(self.probs, is_binary=True))

    def from_odds(
        self, probs: TensorLike | None, logits: TensorLike | None, kind: str, **more: tuple[TensorLike, str]
    ) -> list[Tensor]:
        given = _one_of(type(self).__name__, probs, logits)
        if logits is None:
            *others, self.probs = self.checked(**more, probs=(given, kind))
        else:
            *others, self.logits = self.checked(**more, logits=(given, "real"))
        return others


class Bernoulli(_Odds):
    """1 with probability ``probs``, 0 otherwise.

    Example:
        >>> import autograd
        >>> from autograd.distributions import Bernoulli
        >>> Bernoulli(0.25).log_prob(autograd.tensor(1.0)).exp()
        tensor(0.2500, dtype=float32)
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support: Any = constraints.boolean

    def __init__(
        self, probs: TensorLike | None = None, logits: TensorLike | None = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(validate_args=validate_args)
        self.from_odds(probs, logits, "in [0, 1]")

    has_enumerate_support = True

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """0 and 1."""
        return self.listed(autograd.arange(2, dtype=self.dtype), expand)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return autograd.where(self.probs == 0.5, autograd.full_like(self.probs, np.nan), (self.probs > 0.5).to(self.probs.dtype))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        with autograd.no_grad():
            return autograd.bernoulli(self.probs.expand(self.extended(sample_shape)))

    def log_prob(self, value: TensorLike) -> Tensor:
        value = self.valid(value)
        return value * self.logits - autograd.softplus(self.logits)

    def entropy(self) -> Tensor:
        return autograd.softplus(self.logits) - self.probs * self.logits


class Geometric(_Odds):
    """The number of failures before the first success: ``p(k) = (1 - probs)^k probs``."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support: Any = constraints.nonnegative_integer

    def __init__(
        self, probs: TensorLike | None = None, logits: TensorLike | None = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(validate_args=validate_args)
        self.from_odds(probs, logits, "in (0, 1]")
        if self.validates and logits is None and not (self.probs.array > 0).all():
            raise ValueError("Expected parameter probs of Geometric to be positive: without a success there is no last failure")

    @property
    def mean(self) -> Tensor:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        return autograd.zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        with autograd.no_grad():
            p = np.broadcast_to(self.probs.array.astype(np.float64), self.extended(sample_shape))
            return autograd.as_tensor(np.asarray(autograd.default_generator.numpy.geometric(p) - 1).astype(self.probs.dtype))

    def log_prob(self, value: TensorLike) -> Tensor:
        return xlogy(self.valid(value), 1 - self.probs) + self.probs.log()

    def entropy(self) -> Tensor:
        return (autograd.softplus(self.logits) - self.probs * self.logits) / self.probs


class Binomial(_Odds):
    """The number of successes among ``total_count`` trials."""

    arg_constraints: ClassVar[Any] = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }

    def __init__(
        self,
        total_count: TensorLike = 1,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(validate_args=validate_args)
        count = _floating(total_count, probs, logits)
        (self.total_count,) = self.from_odds(probs, logits, "in [0, 1]", total_count=(count, "a count"))

    has_enumerate_support = True

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> constraints.Constraint:
        """The counts from 0 to total_count."""
        return constraints.integer_interval(0, self.total_count)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """The counts from 0 to total_count, which must be the same in the whole batch."""
        count = int(self.total_count.array.max())
        if self.total_count.array.min() != count:
            raise NotImplementedError("Inhomogeneous total count not supported by `enumerate_support`.")
        return self.listed(autograd.arange(count + 1, dtype=self.dtype), expand)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        shape = self.extended(sample_shape)
        with autograd.no_grad():
            return autograd.binomial(self.total_count.expand(shape).contiguous(), self.probs.expand(shape).contiguous())

    def log_prob(self, value: TensorLike) -> Tensor:
        k, n, lgamma = self.valid(value), self.total_count, autograd.lgamma
        ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        return ways + k * self.logits - n * autograd.softplus(self.logits)

    def entropy(self) -> Tensor:
        """The sum over all counts; total_count must be the same in the whole batch."""
        logs = self.log_prob(self.enumerate_support(False))
        return -(logs.exp() * logs).sum(0)


class NegativeBinomial(_Odds):
    """The number of successes, each of probability ``probs``, before ``total_count`` failures."""

    arg_constraints: ClassVar[Any] = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support: Any = constraints.nonnegative_integer

    def __init__(
        self,
        total_count: TensorLike,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(validate_args=validate_args)
        (self.total_count,) = self.from_odds(
            probs, logits, "in [0, 1)", total_count=(_floating(total_count, probs, logits), "nonnegative")
        )

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.mean / autograd.sigmoid(-self.logits)

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        with autograd.no_grad():
            rate = standard_gamma(self.total_count.expand(self.extended(sample_shape))) * self.logits.exp()
            return autograd.poisson(rate)

    def log_prob(self, value: TensorLike) -> Tensor:
        k, n, lgamma = self.valid(value), self.total_count, autograd.lgamma
        logs = -n * autograd.softplus(self.logits) - k * autograd.softplus(-self.logits)
        ways = lgamma(n + k) - lgamma(1 + k) - lgamma(n)
        return logs + autograd.where((n == 0) & (k == 0), autograd.zeros_like(ways), ways)


class Poisson(Distribution):
    """``log p(k) = k log(rate) - rate - log k!``"""

    arg_constraints: ClassVar[Any] = {"rate": constraints.nonnegative}
    support: Any = constraints.nonnegative_integer

    def __init__(self, rate: TensorLike, validate_args: bool | None = None) -> None:
        super().__init__(validate_args=validate_args)
        (self.rate,) = self.checked(rate=(rate, "nonnegative"))

    @property
    def mean(self) -> Tensor:
        return self.rate

    variance = mean

    @property
    def mode(self) -> Tensor:
        return self.rate.floor()

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        with autograd.no_grad():
            return autograd.poisson(self.rate.expand(self.extended(sample_shape)))

    def log_prob(self, value: TensorLike) -> Tensor:
        value = self.valid(value)
        return xlogy(value, self.rate) - self.rate - autograd.lgamma(value + 1)


class Categorical(Distribution):
    """One of the classes 0, 1, ..., with probabilities along the last dimension, which need not sum to 1.

    Example:
        >>> import autograd
        >>> from autograd.distributions import Categorical
        >>> d = Categorical(autograd.tensor([1.0, 3.0]))
        >>> d.log_prob(autograd.tensor(1)).exp()
        tensor(0.7500, dtype=float32)
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    probs: Any = lazy_property(lambda self: logits_to_probs(self.logits))
    logits: Any = lazy_property(lambda self: probs_to_logits(self.probs))

    def __init__(
        self, probs: TensorLike | None = None, logits: TensorLike | None = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(validate_args=validate_args)
        given = autograd.as_tensor(_one_of("Categorical", probs, logits))
        if not given.ndim:
            raise ValueError(f"`{'probs' if logits is None else 'logits'}` parameter must be at least one-dimensional.")
        if logits is None:
            (weights,) = self.checked(probs=(given, "nonnegative"))
            if self.validates and not (weights.array.sum(-1) > 0).all():
                raise ValueError("Expected parameter probs of Categorical to have a positive sum: all classes have probability 0")
            self.probs = weights / weights.sum(-1, keepdim=True)
        else:
            (weights,) = self.checked(logits=(given, "real"))
            self.logits = weights - autograd.logsumexp(weights, -1, keepdim=True)
        self.num_events = int(given.shape[-1])
        self.batch = tuple(given.shape[:-1])

    has_enumerate_support = True

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> constraints.Constraint:
        """The numbers of the classes."""
        return constraints.integer_interval(0, self.num_events - 1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """The numbers of the classes."""
        return self.listed(autograd.arange(self.num_events), expand)

    @property
    def mean(self) -> Tensor:
        return autograd.full(self.batch, np.nan, dtype=self.probs.dtype)

    variance = mean

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(-1)

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        shape = self.extended(sample_shape)
        count = int(np.prod(shape, dtype=int)) // max(1, int(np.prod(self.batch, dtype=int)))
        with autograd.no_grad():
            rows = self.probs.reshape(-1, self.num_events)
            return autograd.multinomial(rows, count, True).T.reshape(shape)

    def log_prob(self, value: TensorLike) -> Tensor:
        value = self.valid(value).long()
        index, _ = autograd.broadcast_tensors(value[..., None], self.logits[..., :1])
        shape = (*index.shape[:-1], self.num_events)
        return self.logits.expand(shape).gather(-1, index).squeeze(-1)

    def entropy(self) -> Tensor:
        smallest = float(np.finfo(self.logits.dtype).min)
        return -(self.logits.clamp(min=smallest) * self.probs).sum(-1)


class _OfCategorical(Distribution):
    """Base of families made of a Categorical, whose probabilities they have."""

    _categorical: Categorical

    @property
    def probs(self) -> Tensor:
        """The probabilities of the classes."""
        probs: Tensor = self._categorical.probs
        return probs

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        logits: Tensor = self._categorical.logits
        return logits


class OneHotCategorical(_OfCategorical):
    """A class as a row with a 1 at its place."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(
        self, probs: TensorLike | None = None, logits: TensorLike | None = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(self._categorical.batch, (self._categorical.num_events,), validate_args)

    has_enumerate_support = True

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> constraints.Constraint:
        """Rows with one 1."""
        return constraints.one_hot

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """A row for each class."""
        n = self.event[0]
        rows = autograd.eye(n, dtype=self.dtype).reshape((n, *(1,) * len(self.batch), n))
        return rows.expand((n, *self.batch, n)) if expand else rows

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def _hot(self, classes: Tensor) -> Tensor:
        return autograd.as_tensor(np.eye(self._categorical.num_events, dtype=self.probs.dtype)[classes.array])

    @property
    def mode(self) -> Tensor:
        return self._hot(self._categorical.mode)

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        return self._hot(self._categorical.sample(sample_shape))

    def log_prob(self, value: TensorLike) -> Tensor:
        return self._categorical.log_prob(self.valid(value).argmax(-1))

    def entropy(self) -> Tensor:
        return self._categorical.entropy()


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """A class as a row with a 1 at its place, through which the gradient passes as if the row were the probabilities."""

    has_rsample = True

    def rsample(self, sample_shape: int | Size = ()) -> Tensor:
        return self.sample(sample_shape) + (self.probs - self.probs.detach())


class Multinomial(_OfCategorical):
    """How often each class comes among ``total_count`` draws."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(
        self,
        total_count: int = 1,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(self._categorical.batch, (self._categorical.num_events,), validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> constraints.Constraint:
        """Rows of counts with the sum total_count."""
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: int | Size = ()) -> Tensor:
        lead = (sample_shape,) if isinstance(sample_shape, int) else tuple(sample_shape)
        classes = self._categorical.sample((self.total_count, *lead)).array
        return autograd.as_tensor(np.eye(self._categorical.num_events, dtype=self.probs.dtype)[classes].sum(0))

    def log_prob(self, value: TensorLike) -> Tensor:
        value = self.valid(value)
        if self.validates and not (value.array.sum(-1) <= self.total_count).all():
            raise ValueError(
                f"Expected value argument to be within the support (rows that sum to at most total_count), got {value}"
            )
        ways = autograd.lgamma(value.sum(-1) + 1) - autograd.lgamma(value + 1).sum(-1)
        logits = autograd.where((value == 0) & (self.logits == -np.inf), autograd.zeros_like(self.logits), self.logits)
        return ways + (logits * value).sum(-1)

    def entropy(self) -> Tensor:
        n = self.total_count
        counts = Binomial(n, probs=self.probs)
        values = counts.enumerate_support(False)[1:]
        rest = (counts.log_prob(values).exp() * autograd.lgamma(values + 1)).sum((0, -1))
        return n * self._categorical.entropy() - math.lgamma(n + 1) + rest
