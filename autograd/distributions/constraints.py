"""What parameters and values must be: ``constraint.check(x)`` is True for each event that lies within."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd

from ..types import Tensor, TensorLike

Test = Callable[[Any], Tensor]


class Constraint:
    """A region. An event is what ``check`` judges as a whole: a number, or the last ``event_dim`` dimensions.

    Attributes:
        is_discrete: whether the region consists of separate points.
        event_dim: the number of dimensions of one event.
    """

    is_discrete = False
    event_dim = 0

    def check(self, value: Tensor) -> Tensor:
        """Whether each event lies within the region."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return type(self).__name__.removeprefix("_") + "()"


class Region(Constraint):
    """A region that a function of the value describes."""

    def __init__(self, name: str, test: Test, event_dim: int = 0, discrete: bool = False) -> None:
        self.name, self.test, self.event_dim, self.is_discrete = name, test, event_dim, discrete

    def check(self, value: Tensor) -> Tensor:
        return self.test(value)

    def __repr__(self) -> str:
        return self.name


class _Dependent(Constraint):
    """A region that depends on other parameters, and is known only of an instance."""

    def __init__(self, *, is_discrete: bool | None = None, event_dim: int | None = None) -> None:
        self._discrete, self._events = is_discrete, event_dim

    def __call__(self, *, is_discrete: bool | None = None, event_dim: int | None = None) -> _Dependent:
        """The same with other properties."""
        discrete = self._discrete if is_discrete is None else is_discrete
        return _Dependent(is_discrete=discrete, event_dim=self._events if event_dim is None else event_dim)

    @property
    def is_discrete(self) -> bool:  # type: ignore[override]
        """Whether every region is discrete, if that is known without the parameters."""
        if self._discrete is None:
            raise NotImplementedError(".is_discrete cannot be determined statically")
        return self._discrete

    @property
    def event_dim(self) -> int:  # type: ignore[override]
        """The dimensions of an event, if they are known without the parameters."""
        if self._events is None:
            raise NotImplementedError(".event_dim cannot be determined statically")
        return self._events

    def check(self, value: Tensor) -> Tensor:
        raise ValueError("Cannot determine validity of dependent constraint")


class dependent_property(property, _Dependent):
    """A property of a distribution whose value is a constraint; of the class it is a dependent one."""

    def __init__(self, fn: Any = None, *, is_discrete: bool | None = None, event_dim: int | None = None) -> None:
        property.__init__(self, fn)
        self._discrete, self._events = is_discrete, event_dim

    def __call__(self, fn: Any) -> dependent_property:  # type: ignore[override]
        return dependent_property(fn, is_discrete=self._discrete, event_dim=self._events)


def is_dependent(constraint: Constraint) -> bool:
    """Whether a constraint depends on other parameters."""
    return isinstance(constraint, _Dependent)


class independent(Constraint):
    """A constraint of which the last dimensions are judged together.

    Args:
        base_constraint: of a part. reinterpreted_batch_ndims: how many dimensions more one event has.
    """

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint, self.reinterpreted_batch_ndims = base_constraint, reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Tensor:
        n = self.reinterpreted_batch_ndims
        inside = self.base_constraint.check(value)
        if inside.ndim < n:
            raise ValueError(f"Expected value.dim() >= {self.event_dim} but got {value.ndim}")
        return inside.reshape((*inside.shape[: inside.ndim - n], -1)).all(-1) if n else inside

    def __repr__(self) -> str:
        return f"independent({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamilyConstraint(Constraint):
    """The region of a mixture's components, for a value without their dimension."""

    def __init__(self, base_constraint: Constraint) -> None:
        self.base_constraint = base_constraint
        self.is_discrete, self.event_dim = base_constraint.is_discrete, base_constraint.event_dim

    def check(self, value: Tensor) -> Tensor:
        inside = self.base_constraint.check(value.unsqueeze(-1 - self.event_dim))
        return inside.reshape((*inside.shape[:-1], -1)).all(-1) if inside.ndim > value.ndim - self.event_dim else inside


class _Bounds(Constraint):
    """Numbers between bounds, which are kept under PyTorch's names."""

    words: tuple[str, ...] = ()

    def __init__(self, *bounds: TensorLike, **named: TensorLike) -> None:
        for word, bound in zip(self.words, (*bounds, *named.values()), strict=True):
            setattr(self, word, bound)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{word}={getattr(self, word)}' for word in self.words)})"


class greater_than(_Bounds):
    """x > lower_bound"""

    words = ("lower_bound",)

    def check(self, value: Tensor) -> Tensor:
        return self.lower_bound < value  # type: ignore[attr-defined]


class greater_than_eq(_Bounds):
    """x >= lower_bound"""

    words = ("lower_bound",)

    def check(self, value: Tensor) -> Tensor:
        return self.lower_bound <= value  # type: ignore[attr-defined]


class less_than(_Bounds):
    """x < upper_bound"""

    words = ("upper_bound",)

    def check(self, value: Tensor) -> Tensor:
        return value < self.upper_bound  # type: ignore[attr-defined]


class interval(_Bounds):
    """lower_bound <= x <= upper_bound"""

    words = ("lower_bound", "upper_bound")

    def check(self, value: Tensor) -> Tensor:
        return (self.lower_bound <= value) & (value <= self.upper_bound)  # type: ignore[attr-defined]


class half_open_interval(_Bounds):
    """lower_bound <= x < upper_bound"""

    words = ("lower_bound", "upper_bound")

    def check(self, value: Tensor) -> Tensor:
        return (self.lower_bound <= value) & (value < self.upper_bound)  # type: ignore[attr-defined]


class integer_interval(interval):
    """The whole numbers from lower_bound to upper_bound."""

    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        return (value % 1 == 0) & super().check(value)


class _IntegerGreaterEq(greater_than_eq):
    """The whole numbers from lower_bound on."""

    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        return (value % 1 == 0) & super().check(value)


class multinomial(Constraint):
    """Rows of counts whose sum is at most upper_bound."""

    is_discrete = True
    event_dim = 1

    def __init__(self, upper_bound: TensorLike) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        return (value >= 0).all(-1) & (value.sum(-1) <= self.upper_bound)


class _Parts(Constraint):
    """Constraints of the parts of a tensor along one dimension."""

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0, lengths: Sequence[int] | None = None) -> None:
        self.cseq, self.dim = list(cseq), dim
        self.lengths = list(lengths) if lengths is not None else [1] * len(self.cseq)
        self.is_discrete = any(c.is_discrete for c in self.cseq)
        self.event_dim = max(c.event_dim for c in self.cseq)


class cat(_Parts):
    """Constraints of parts of given lengths."""

    def check(self, value: Tensor) -> Tensor:
        parts = autograd.split(value, self.lengths, self.dim)
        return autograd.cat([c.check(v) for c, v in zip(self.cseq, parts, strict=True)], self.dim)


class stack(_Parts):
    """Constraints of slices."""

    def check(self, value: Tensor) -> Tensor:
        slices = [value.select(self.dim, i) for i in range(value.shape[self.dim])]
        return autograd.stack([c.check(v) for c, v in zip(self.cseq, slices, strict=True)], self.dim)


def _symmetric(x: Any) -> Tensor:
    return autograd.isclose(x, x.mT, atol=1e-6).all(-1).all(-1) & square.check(x)


def _definite(x: Any, strictly: bool) -> Tensor:
    inside = _symmetric(x)
    if not inside.all():
        return inside
    smallest = np.linalg.eigvalsh(x.detach().array)[..., 0]
    return autograd.as_tensor(smallest > 0 if strictly else smallest >= -1e-6)


def _triangle(x: Any) -> Tensor:
    return (x.tril() == x).reshape((*x.shape[:-2], -1)).all(-1)


def _cholesky_factor(x: Any) -> Tensor:
    return _triangle(x) & (x.diagonal(dim1=-2, dim2=-1) > 0).all(-1)


def _correlation_factor(x: Any) -> Tensor:
    tolerance = float(np.finfo(x.dtype).eps) * x.shape[-1] * 10
    return ((x.detach() ** 2).sum(-1) - 1).abs().le(tolerance).all(-1) & _cholesky_factor(x)


dependent = _Dependent()
boolean = Region("boolean", lambda x: (x == 0) | (x == 1), discrete=True)
one_hot = Region("one_hot", lambda x: ((x == 0) | (x == 1)).all(-1) & (x.sum(-1) == 1), 1, True)
nonnegative_integer = _IntegerGreaterEq(0)
positive_integer = _IntegerGreaterEq(1)
real = Region("real", lambda x: x == x)  # nan is no number
real_vector = independent(real, 1)
positive = greater_than(0.0)
nonnegative = greater_than_eq(0.0)
unit_interval = interval(0.0, 1.0)
simplex = Region("simplex", lambda x: (x >= 0).all(-1) & ((x.sum(-1) - 1).abs() < 1e-6), 1)
square = Region("square", lambda x: autograd.full(tuple(x.shape[:-2]), x.shape[-2] == x.shape[-1], dtype=autograd.bool), 2)
symmetric = Region("symmetric", _symmetric, 2)
positive_semidefinite = Region("positive_semidefinite", lambda x: _definite(x, False), 2)
positive_definite = Region("positive_definite", lambda x: _definite(x, True), 2)
lower_triangular = Region("lower_triangular", _triangle, 2)
lower_cholesky = Region("lower_cholesky", _cholesky_factor, 2)
corr_cholesky = Region("corr_cholesky", _correlation_factor, 2)

__all__ = [
    "Constraint", "MixtureSameFamilyConstraint", "boolean", "cat", "corr_cholesky", "dependent", "dependent_property",
    "greater_than", "greater_than_eq", "half_open_interval", "independent", "integer_interval", "interval",
    "is_dependent", "less_than", "lower_cholesky", "lower_triangular", "multinomial", "nonnegative",
    "nonnegative_integer", "one_hot", "positive", "positive_definite", "positive_integer", "positive_semidefinite",
    "real", "real_vector", "simplex", "square", "stack", "symmetric", "unit_interval",
]  # fmt: skip
