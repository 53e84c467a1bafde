"""``biject_to`` and ``transform_to``: for a constraint, a transform of unconstrained numbers into its region."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import constraints, transforms


class ConstraintRegistry:
    """Finds the transform for a constraint, by its class.

    Example:
        >>> import autograd
        >>> from autograd.distributions import constraints, transform_to
        >>> transform_to(constraints.positive)(autograd.tensor(0.0))
        tensor(1., dtype=float32)
    """

    def __init__(self) -> None:
        self._of_class: dict[type, Callable[[Any], transforms.Transform]] = {}
        self._of_region: dict[Any, Callable[[Any], transforms.Transform]] = {}

    def register(self, constraint: Any, factory: Any = None) -> Any:
        """Have ``factory(constraint)`` make the transform; also a decorator of the factory."""
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        if isinstance(constraint, constraints.Region):
            self._of_region[constraint] = factory  # these share one class, and each is a region of its own
        elif isinstance(constraint, constraints.Constraint):
            self._of_class[type(constraint)] = factory
        elif isinstance(constraint, type) and issubclass(constraint, constraints.Constraint):
            self._of_class[constraint] = factory
        else:
            raise TypeError(f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}")
        return factory

    def __call__(self, constraint: constraints.Constraint) -> transforms.Transform:
        try:
            factory = self._of_region.get(constraint) or self._of_class[type(constraint)]
        except KeyError:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints") from None
        return factory(constraint)


biject_to, transform_to = ConstraintRegistry(), ConstraintRegistry()


def _both(constraint: Any) -> Any:
    def register(factory: Any) -> Any:
        return transform_to.register(constraint, biject_to.register(constraint, factory))

    return register


@_both(constraints.real)
def _(constraint: Any) -> Any:
    return transforms.identity_transform


@biject_to.register(constraints.independent)
def _(constraint: Any) -> Any:
    return _within(biject_to, constraint)


@transform_to.register(constraints.independent)
def _(constraint: Any) -> Any:
    return _within(transform_to, constraint)


def _within(registry: ConstraintRegistry, constraint: Any) -> Any:
    base = registry(constraint.base_constraint)
    return transforms.IndependentTransform(base, constraint.reinterpreted_batch_ndims)


@_both(constraints.positive)
@_both(constraints.nonnegative)
def _(constraint: Any) -> Any:
    bound = constraint.lower_bound
    if isinstance(bound, float) and bound == 0.0:
        return transforms.ExpTransform()
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(bound, 1)])


@_both(constraints.less_than)
def _(constraint: Any) -> Any:
    return transforms.ComposeTransform([transforms.ExpTransform(), transforms.AffineTransform(constraint.upper_bound, -1)])


@_both(constraints.interval)
@_both(constraints.half_open_interval)
def _(constraint: Any) -> Any:
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, float) and isinstance(high, float) and (low, high) == (0.0, 1.0):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


@biject_to.register(constraints.simplex)
def _(constraint: Any) -> Any:
    return transforms.StickBreakingTransform()


@transform_to.register(constraints.simplex)
def _(constraint: Any) -> Any:
    return transforms.SoftmaxTransform()


@transform_to.register(constraints.lower_cholesky)
def _(constraint: Any) -> Any:
    return transforms.LowerCholeskyTransform()


@transform_to.register(constraints.positive_definite)
@transform_to.register(constraints.positive_semidefinite)
def _(constraint: Any) -> Any:
    return transforms.PositiveDefiniteTransform()


@_both(constraints.corr_cholesky)
def _(constraint: Any) -> Any:
    return transforms.CorrCholeskyTransform()


@biject_to.register(constraints.cat)
def _(constraint: Any) -> Any:
    return transforms.CatTransform([biject_to(c) for c in constraint.cseq], constraint.dim, constraint.lengths)


@transform_to.register(constraints.cat)
def _(constraint: Any) -> Any:
    return transforms.CatTransform([transform_to(c) for c in constraint.cseq], constraint.dim, constraint.lengths)


@biject_to.register(constraints.stack)
def _(constraint: Any) -> Any:
    return transforms.StackTransform([biject_to(c) for c in constraint.cseq], constraint.dim)


@transform_to.register(constraints.stack)
def _(constraint: Any) -> Any:
    return transforms.StackTransform([transform_to(c) for c in constraint.cseq], constraint.dim)


__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]
