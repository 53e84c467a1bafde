"""Distribution, the base of all: shapes, checks, and what follows from the methods that each family writes."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import autograd

from ..types import DType, Size, Tensor, TensorLike
from . import constraints

# What a parameter or a value must be, by the words of an error.
KINDS: dict[str, constraints.Constraint] = {
    "real": constraints.real,
    "positive": constraints.positive,
    "nonnegative": constraints.nonnegative,
    "in (0, 1]": constraints.unit_interval,
    "in [0, 1]": constraints.unit_interval,
    "in (0, 1)": constraints.unit_interval,
    "in [0, 1)": constraints.half_open_interval(0.0, 1.0),
    "0 or 1": constraints.boolean,
    "a count": constraints.nonnegative_integer,
}


def in_dtype_of(like: Tensor, value: TensorLike) -> Tensor:
    """A value as a tensor. A number takes the dtype of ``like``, a parameter of the distribution."""
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
    has_enumerate_support = False
    support: Any = constraints.real
    arg_constraints: ClassVar[Any] = {}  # by the name of a parameter; a property where they depend on each other
    _validates: ClassVar[bool] = True

    def __init__(self, batch_shape: Size = (), event_shape: Size = (), validate_args: bool | None = None) -> None:
        self.batch, self.event = tuple(batch_shape), tuple(event_shape)
        self.validates = Distribution._validates if validate_args is None else validate_args
        if self.validates and not type(self).__module__.startswith("autograd."):
            self._check_own_parameters()

    def _check_own_parameters(self) -> None:
        """Check what a program's own family has set before it calls this, by the family's ``arg_constraints``."""
        if type(self).arg_constraints is Distribution.arg_constraints:
            warnings.warn(
                f"{type(self)} does not define `arg_constraints`. Please set `arg_constraints = {{}}` or initialize the "
                "distribution with `validate_args=False` to turn off validation.",
                UserWarning,
                stacklevel=4,
            )
        own = self.arg_constraints
        for name in own.keys() & vars(self).keys():
            value = vars(self)[name]
            if not isinstance(value, autograd.Tensor) or constraints.is_dependent(own[name]):
                continue
            if not own[name].check(value.detach()).array.all():
                raise ValueError(
                    f"Expected parameter {name} of {type(self).__name__} to satisfy the constraint {own[name]}, but found "
                    f"invalid values: {value}"
                )

    @property
    def _validate_args(self) -> bool:
        return self.validates

    def _validate_sample(self, value: Tensor) -> None:
        """Refuse a value that the distribution cannot draw, as families of a program's own do in their ``log_prob``."""
        if "support" not in {n for c in type(self).__mro__ if c is not Distribution for n in vars(c)}:
            warnings.warn(
                f"{type(self)} does not define `support` to enable sample validation. Please initialize the distribution with "
                "`validate_args=False` to turn off validation.",
                UserWarning,
                stacklevel=3,
            )
        self.valid(value)

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Choose whether parameters and values are checked where ``validate_args`` is not given."""
        if value not in (True, False):
            raise ValueError("set_default_validate_args expects True or False")
        Distribution._validates = value

    def expand(self, batch_shape: Size, _instance: Distribution | None = None) -> Distribution:
        """The same distribution with its parameters expanded to a batch of another shape; no numbers are copied."""
        wanted = tuple(batch_shape)
        new = object.__new__(type(self))
        for name, value in vars(self).items():
            vars(new)[name] = self._expanded(value, wanted)
        new.batch = wanted
        return new

    def _expanded(self, value: Any, batch: tuple[int, ...]) -> Any:
        own, n = self.batch, len(self.batch)
        if isinstance(value, Distribution):
            return value.expand((*batch, *value.batch[n:]))
        if isinstance(value, autograd.Tensor) and tuple(value.shape[:n]) == own:
            return value.expand((*batch, *value.shape[n:]))
        return value

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values of a discrete distribution, along a new first dimension."""
        raise NotImplementedError(f"{type(self).__name__} has no finite support that could be listed")

    def listed(self, values: Tensor, expand: bool) -> Tensor:
        """Values along a first dimension, in the shape of ``enumerate_support``."""
        values = values.reshape((-1, *(1,) * len(self.batch), *self.event))
        return values.expand((-1, *self.batch, *self.event)) if expand else values

    @property
    def batch_shape(self) -> autograd.Size:
        """The shape of the parameters."""
        return autograd.Size(self.batch)

    _batch_shape = batch_shape

    @property
    def event_shape(self) -> autograd.Size:
        """The shape of one draw."""
        return autograd.Size(self.event)

    _event_shape = event_shape

    def checked(self, **parameters: tuple[TensorLike, str]) -> list[Tensor]:
        """The parameters as tensors of one shape, which becomes the batch's; each given with what it must be."""
        dtype = _floating(parameters)
        given = [v for v, _ in parameters.values()]
        tensors = [v if isinstance(v, autograd.Tensor) else autograd.tensor(v, dtype=dtype) for v in given]
        tensors = list(autograd.broadcast_tensors(*tensors))
        self.batch = tuple(tensors[0].shape)
        for (name, (_, kind)), t in zip(parameters.items(), tensors, strict=True):
            if self.validates and not KINDS[kind].check(t.detach()).array.all():
                raise ValueError(f"Expected parameter {name} of {type(self).__name__} to be {kind}, but found invalid values: {t}")
        return tensors

    def parameter(self) -> Tensor | None:
        """A parameter of floating-point numbers, its own or that of a distribution that it is made of; None if there is none."""
        for held in vars(self).values():
            found = held.parameter() if isinstance(held, Distribution) else held
            if isinstance(found, autograd.Tensor) and found.dtype.kind == "f":
                return found
        return None

    @property
    def dtype(self) -> DType:
        """Of the parameters; of one that is given, so that the other (``probs`` or ``logits``) need not be computed."""
        found = self.parameter()
        return autograd.get_default_dtype() if found is None else found.dtype

    def valid(self, value: TensorLike) -> Tensor:
        """A value whose density is asked for; it must lie where the distribution has any."""
        number = isinstance(value, bool | int | float)
        if number and self.validates:
            raise ValueError(f"The value argument to log_prob must be a Tensor, not {value!r}: use autograd.tensor(value)")
        like = self.parameter() if number else None
        if not isinstance(value, autograd.Tensor):
            value = autograd.tensor(value, dtype=None if like is None else like.dtype)
        if self.validates:
            shape = (*self.batch, *self.event)
            if len(value.shape) < len(self.event) or tuple(value.shape[value.ndim - len(self.event) :]) != self.event:
                raise ValueError(f"The right-most size of value must match event_shape: {tuple(value.shape)} vs {self.event}.")
            autograd.broadcast_shapes(tuple(value.shape), shape)
            if not self.support.check(value.detach()).array.all():
                raise ValueError(
                    f"Expected value argument to be within the support ({self.support}) of {type(self).__name__}: {value}"
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

    @constraints.dependent_property
    def support(self) -> constraints.Constraint:
        """That of the base, of which the last dimensions are judged together."""
        n = self.reinterpreted_batch_ndims
        return constraints.independent(self.base_dist.support, n) if n else self.base_dist.support

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether the values can be listed."""
        return not self.reinterpreted_batch_ndims and self.base_dist.has_enumerate_support

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values, where each dimension is a draw of its own."""
        if self.reinterpreted_batch_ndims > 0:
            raise NotImplementedError("Enumeration over cartesian product is not implemented")
        return self.base_dist.enumerate_support(expand)

    def expand(self, batch_shape: Size, _instance: Distribution | None = None) -> Distribution:
        """The same with the base's parameters expanded."""
        n = self.reinterpreted_batch_ndims
        wanted = (*batch_shape, *self.event[:n])
        return Independent(self.base_dist.expand(wanted), n, validate_args=self.validates)

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
