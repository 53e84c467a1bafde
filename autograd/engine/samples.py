"""Functions that build the samples of an op's declaration. Each call makes new arrays, always the same ones, from a fixed seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .op import Sample

Samples = Callable[[], Iterable[Sample]]


def numbers(seed: int = 0) -> np.random.Generator:
    """The generator from which samples are drawn."""
    return np.random.default_rng(seed)


def draw(shape: tuple[int, ...], low: float = -2.0, high: float = 2.0, seed: int = 0) -> np.ndarray:
    """Float64 numbers in [low, high], in random order: no two are equal, or so near that a finite difference would swap them."""
    size = int(np.prod(shape, dtype=int))
    grid = (np.arange(size) + 0.5 + 0.6 * (numbers(seed + 1).random(size) - 0.5)) / max(size, 1)
    return low + (high - low) * numbers(seed).permutation(grid).reshape(shape)


def unary(low: float = -2.0, high: float = 2.0, *, kinks: Iterable[float] = ()) -> Samples:
    """Calls of an op of one input: a vector, a matrix, a 0-d, an empty, a non-contiguous array; and one of its kinks.

    Args:
        low, high: the range of the numbers. kinks: points at which the op has no derivative.
    """

    def build() -> Iterable[Sample]:
        for seed, shape in enumerate([(5,), (3, 4), (), (0, 2)]):
            yield Sample(draw(shape, low, high, seed))
        yield Sample(draw((4, 6), low, high, 7).T[::2])
        if kinks:
            yield Sample(np.array(list(kinks), dtype=float), kink=True)

    return build


def binary(
    low: float = -2.0, high: float = 2.0, *, second: tuple[float, float] | None = None, kinks: Iterable[tuple[float, float]] = ()
) -> Samples:
    """Calls of an op of two inputs: equal shapes, every way to broadcast, a number, 0-d and empty arrays; and its kinks.

    Args:
        low, high: the range of the numbers. second: another range for the second input.
        kinks: pairs of numbers at which the op has no derivative.
    """

    def build() -> Iterable[Sample]:
        lo, hi = second or (low, high)
        shapes = [((5,), (5,)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((2, 3, 2), (3, 1)), ((), (3,)), ((), ()), ((0, 2), (2,))]
        for seed, (a, b) in enumerate(shapes):
            yield Sample(draw(a, low, high, 2 * seed), draw(b, lo, hi, 2 * seed + 21))
        yield Sample(draw((3, 4), low, high, 31), float(draw((), lo, hi, 32)))
        for a0, b0 in kinks:
            yield Sample(np.array([a0, a0]), np.array([b0, b0]), kink=True)

    return build


def mismatched() -> Samples:
    """A bad call of any op whose inputs broadcast: two shapes that do not."""
    return lambda: [Sample(np.ones((2, 3)), np.ones((4,)), raises=ValueError, match=r"broadcast.*float64\[2, 3\].*float64\[4\]")]


def calls(*described: tuple[Any, ...] | Sample, low: float = -2.0, high: float = 2.0) -> Samples:
    """Calls described by shapes: each is a tuple of shapes, arrays or numbers, then optionally a dict of parameters.

    ``calls(((3, 4), {"dim": 0}), ((2, 3), (3, 2)))`` is an array of shape (3, 4) with dim=0, then two arrays.
    A list of shapes stands for a list of arrays (a variadic op).
    """

    def array(item: Any, seed: int) -> Any:
        if isinstance(item, list):
            return [array(inner, seed + 100 + i) for i, inner in enumerate(item)]
        if isinstance(item, tuple) and all(isinstance(n, int) for n in item):
            return draw(item, low, high, seed)
        return item

    def build() -> Iterable[Sample]:
        for number, call in enumerate(described):
            if isinstance(call, Sample):
                yield call
                continue
            params = call[-1] if isinstance(call[-1], dict) else {}
            inputs = call[:-1] if isinstance(call[-1], dict) else call
            yield Sample(*[array(item, 10 * number + i) for i, item in enumerate(inputs)], **params)

    return build
