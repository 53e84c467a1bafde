"""Nested lists, tuples and dicts as one vector, and optimizers that take them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..func import flatten as leaves_of
from ..func import unflatten as tree_of
from .functions import concatenate, plain, reshape

Vector = Any


def flatten(value: Any) -> tuple[Vector, Callable[[Vector], Any]]:
    """The numbers of nested lists, tuples and dicts of arrays as one vector, and a function that makes the nest of a vector.

    Args:
        value: a number, an array, or a list, tuple or dict of these; the values of a dict in the order of its sorted keys.

    Example:
        >>> import numpy as np
        >>> from autograd.misc import flatten
        >>> vector, unflatten = flatten([np.ones(2), {"a": 3.0}])
        >>> print(vector)
        [1. 1. 3.]
        >>> unflatten(vector * 2)[1]
        {'a': np.float64(6.0)}
    """
    leaves: list[Any] = []
    structure = leaves_of(_sorted(value), leaves)
    shapes = [np.shape(plain(leaf)) for leaf in leaves]
    sizes = [int(np.prod(shape, dtype=int)) for shape in shapes]
    kinds = [type(plain(leaf)) for leaf in leaves]
    ends = np.cumsum(sizes)
    vector = (
        concatenate([reshape(leaf, (-1,)) if np.shape(plain(leaf)) else reshape(leaf, (1,)) for leaf in leaves])
        if leaves
        else (np.zeros(0))
    )

    def unflatten(vector: Vector) -> Any:
        parts = []
        for shape, size, end, kind in zip(shapes, sizes, ends, kinds, strict=True):
            part = vector[end - size : end]
            parts.append(part[0] if kind is not np.ndarray and shape == () else reshape(part, shape))
        return tree_of(structure, parts)

    return vector, unflatten


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return type(value)((key, _sorted(value[key])) for key in sorted(value))
    if isinstance(value, list | tuple):
        parts = [_sorted(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def flatten_func(func: Callable[..., Any], example: Any) -> tuple[Callable[..., Any], Callable[[Vector], Any], Vector]:
    """A function of nested values as one from vectors to vectors; the function that makes the nest; the example as a vector."""
    vector, unflatten = flatten(example)

    def of_vector(x: Vector, *args: Any, **kwargs: Any) -> Vector:
        return flatten(func(unflatten(x), *args, **kwargs))[0]

    return of_vector, unflatten, vector


def unflatten_optimizer(optimize: Callable[..., Vector]) -> Callable[..., Any]:
    """An optimizer of vectors as one of nested values."""

    @wraps(optimize)
    def of_nest(grad: Callable[..., Any], x0: Any, callback: Callable[..., Any] | None = None, *args: Any, **kwargs: Any) -> Any:
        x, unflatten = flatten(x0)

        def of_vector(x: Vector, i: int) -> Vector:
            return flatten(grad(unflatten(x), i))[0]

        def told(x: Vector, i: int, g: Vector) -> None:
            if callback is not None:
                callback(unflatten(x), i, unflatten(g))

        return unflatten(optimize(of_vector, x, told, *args, **kwargs))

    return of_nest


@unflatten_optimizer
def sgd(
    grad: Any, x: Vector, callback: Any = None, num_iters: int = 200, step_size: float = 0.1, mass: float = 0.9
) -> Vector:  # fmt: skip
    """Gradient descent with momentum.

    Args:
        grad: a function (x, iteration) that returns the gradient. x: where to start: an array, or a nest of arrays.
        callback: called with (x, iteration, gradient) before each step. num_iters: the number of steps.
        step_size: the learning rate. mass: how much of the velocity stays from step to step.
    """
    velocity: Any = 0.0

    def change(i: int, g: Vector) -> Vector:
        nonlocal velocity
        velocity = mass * velocity - (1 - mass) * g
        return step_size * velocity

    return _descent(grad, x, callback, num_iters, change)


@unflatten_optimizer
def rmsprop(
    grad: Any, x: Vector, callback: Any = None, num_iters: int = 100, step_size: float = 0.1, gamma: float = 0.9,
    eps: float = 1e-8,
) -> Vector:  # fmt: skip
    """RMSprop: steps divided by the root of a running mean of the squared gradients.

    Args:
        grad, x, callback, num_iters, step_size: as for ``sgd``. gamma: how much of the mean stays from step to step.
        eps: added to the root.
    """
    squares: Any = 1.0

    def change(i: int, g: Vector) -> Vector:
        nonlocal squares
        squares = gamma * squares + (1 - gamma) * g**2
        return -step_size * g / (np.sqrt(squares) + eps)

    return _descent(grad, x, callback, num_iters, change)


@unflatten_optimizer
def adam(
    grad: Any, x: Vector, callback: Any = None, num_iters: int = 100, step_size: float = 0.001, b1: float = 0.9,
    b2: float = 0.999, eps: float = 1e-8,
) -> Vector:  # fmt: skip
    """Adam (Kingma and Ba, 2015, algorithm 1).

    Args:
        grad, x, callback, num_iters, step_size: as for ``sgd``. b1, b2: how much of the means of the gradients and of their squares
            stays from step to step. eps: added to the root.
    """
    first: Any = 0.0
    second: Any = 0.0

    def change(i: int, g: Vector) -> Vector:
        nonlocal first, second
        first = b1 * first + (1 - b1) * g
        second = b2 * second + (1 - b2) * g**2
        return -step_size * (first / (1 - b1 ** (i + 1))) / (np.sqrt(second / (1 - b2 ** (i + 1))) + eps)

    return _descent(grad, x, callback, num_iters, change)


def _descent(grad: Any, x: Vector, callback: Any, num_iters: int, change: Callable[[int, Vector], Vector]) -> Vector:
    """Where an optimizer arrives. change: a function (iteration, gradient) that returns what is added to x in this step."""
    for i in range(num_iters):
        g = grad(x, i)
        callback(x, i, g)
        x = x + change(i, g)
    return x


__all__ = ["adam", "flatten", "flatten_func", "rmsprop", "sgd", "unflatten_optimizer"]
