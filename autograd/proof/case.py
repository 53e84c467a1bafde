"""A sample of an op as a function of arrays, and the derivatives of that function by differences and by complex steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any
from zlib import crc32

import numpy as np

from ..engine.gradients import grad, node_of
from ..engine.graph import make
from ..engine.op import Op, Sample
from ..engine.recording import recorded
from . import finite_differences

FLOOR = 1e-3  # gradients smaller than this are compared absolutely
SMALL = 64  # up to this many numbers, differences are taken along each; of more, along half as many and along dense directions
DENSE = 4  # the number of dense directions


def is_floating(value: object) -> bool:
    """Whether a value is an array of floating point or complex numbers."""
    return isinstance(value, np.ndarray | np.floating | np.complexfloating) and value.dtype.kind in "fc"


def random_like(rng: np.random.Generator, like: np.ndarray) -> np.ndarray:
    """Normal random numbers in the shape of an array, complex if it is."""
    u = rng.standard_normal(like.shape)
    return np.asarray(u + 1j * rng.standard_normal(like.shape) if like.dtype.kind == "c" else u)


def arrays_of(gradients: Sequence[Any]) -> list[np.ndarray | None]:
    """The arrays of gradients, which are tensors or None."""
    return [None if g is None else g.array for g in gradients]


def _in_double(value: Any) -> Any:
    """The value with floating arrays in double precision, within lists too."""
    if isinstance(value, list | tuple):
        return type(value)([_in_double(v) for v in value])
    if is_floating(value):
        return np.asarray(value).astype(np.complex128 if value.dtype.kind == "c" else np.float64, order="K", copy=False)
    return value


class Case:
    """One sample as a function of the arrays that can have a gradient, all in double precision.

    Attributes:
        op, sample: the op and its sample.
        args: the arguments of the call.
        spots: per array its place among the arguments: (argument, None), or (0, i) for item i of a variadic op's list.
        arrays: the arrays. names: their names in messages.
    """

    def __init__(self, op: Op, sample: Sample) -> None:
        self.op = op
        self.sample = sample
        self.args: list[Any] = [_in_double(v) for v in sample.inputs]
        if op.variadic:
            self.args[0] = list(self.args[0])
            candidates: list[tuple[int, int | None]] = [(0, i) for i in range(len(self.args[0]))]
        else:
            candidates = [(i, None) for i in range(min(len(self.args), len(op.inputs)))]
        self.spots = [spot for spot in candidates if is_floating(self._argument(spot))]
        self.arrays = [np.asarray(self._argument(spot)) for spot in self.spots]
        self.names = [op.inputs[i] if j is None else f"{op.inputs[i]}[{j}]" for i, j in self.spots]

    def _argument(self, spot: tuple[int, int | None]) -> Any:
        i, j = spot
        return self.args[i] if j is None else self.args[i][j]

    def filled(self, values: Sequence[Any]) -> list[Any]:
        """The arguments, with these values in the places of the arrays."""
        args = [list(a) if isinstance(a, list) else a for a in self.args]
        for (i, j), value in zip(self.spots, values, strict=True):
            if j is None:
                args[i] = value
            else:
                args[i][j] = value
        return args

    def params(self) -> dict[str, Any]:
        """The parameters of the call. A generator of random numbers is copied, so each call draws the same ones."""
        return {k: deepcopy(v) if "Generator" in type(v).__name__ else v for k, v in self.sample.params.items()}

    def through(self, y: Any) -> Any:
        """The sample's function of the outputs, which depends only on what they determine; or the outputs."""
        return y if self.sample.through is None else self.sample.through(*(y if isinstance(y, tuple) else (y,)))

    def compute(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs, computed on arrays, without a graph."""
        y = self.through(self.op(*self.filled(arrays), **self.params()))
        return [np.asarray(out) for out in (y if isinstance(y, tuple | list) else (y,))]

    def trace(self, leaves: Sequence[Any]) -> list[Any]:
        """The outputs, as tensors with a graph."""
        y = self.through(recorded(self.op)(*self.filled(leaves), **self.params()))
        return list(y) if isinstance(y, tuple | list) else [y]

    def leaves(self, arrays: Sequence[np.ndarray] | None = None) -> list[Any]:
        """Tensors of the arrays that require a gradient."""
        return [make(a).requires_grad_() for a in (self.arrays if arrays is None else arrays)]

    def seeds(self, outputs: Sequence[np.ndarray]) -> list[np.ndarray | None]:
        """The incoming gradients: random numbers, and None for outputs that have no gradient."""
        rng = np.random.default_rng(crc32(self.op.name.encode()))
        return [random_like(rng, out) if is_floating(out) else None for out in outputs]

    def loss(self, seeds: Sequence[np.ndarray | None], arrays: Sequence[np.ndarray]) -> float:
        """The real function whose gradients the sweep computes from these seeds u: Re(Σ conj(u) y) over all outputs y."""
        return sum(
            float(np.sum(np.real(np.conj(u) * y))) for u, y in zip(seeds, self.compute(arrays), strict=True) if u is not None
        )

    def sweep(self, leaves: Sequence[Any], seeds: Sequence[Any], graph: bool = False) -> list[Any]:
        """The gradients of the leaves by reverse mode, None where no output depends on a leaf."""
        pairs = [
            (y, u if hasattr(u, "array") else make(u))
            for y, u in zip(self.trace(leaves), seeds, strict=True)
            if node_of(y) is not None
        ]
        if not pairs:
            return [None] * len(leaves)
        return list(grad([y for y, _ in pairs], leaves, [u for _, u in pairs], create_graph=graph, allow_unused=True))


class Differences:
    """Derivatives of a real function of arrays by differences: along each element or, of many, along some and dense directions."""

    def __init__(self, function: Callable[[Sequence[np.ndarray]], float], arrays: Sequence[np.ndarray], seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.arrays = arrays
        elements = [
            (k, index, unit) for k, a in enumerate(arrays) for index in np.ndindex(a.shape) for unit in finite_differences.units(a)
        ]
        self.dense: list[tuple[list[np.ndarray], float]] = []  # (direction, derivative along it)
        if len(elements) > SMALL:
            elements = [elements[i] for i in sorted(rng.choice(len(elements), SMALL // 2, replace=False))]
            for _ in range(DENSE):
                direction = [random_like(rng, a) for a in arrays]
                curve = finite_differences.ray(function, arrays, direction)
                self.dense.append((direction, finite_differences.richardson(curve)))
        self.single = []  # (array, index, unit, derivative along that element)
        for k, index, unit in elements:
            step = finite_differences.STEP * finite_differences.scale(arrays[k][index])
            curve = finite_differences.line(function, arrays, k, index, unit)
            self.single.append((k, index, unit, finite_differences.richardson(curve, step)))

    def errors(self, gradients: Sequence[np.ndarray | None]) -> Iterable[tuple[int, float]]:
        """Compare with gradients; None counts as zeros.

        Returns:
            (k, error) for each array k: the largest error relative to the largest element of its gradient. Then (-1, error) for
            each dense direction.
        """
        full = [np.zeros(a.shape) if g is None else g for g, a in zip(gradients, self.arrays, strict=True)]
        sizes = [max(float(np.max(np.abs(g), initial=0.0)), FLOOR) for g in full]
        for k, _, _, expected in self.single:
            sizes[k] = max(sizes[k], abs(expected))
        largest = dict.fromkeys(range(len(full)), 0.0)
        for k, index, unit, expected in self.single:
            error = abs(float(np.real(np.conj(full[k][index]) * unit)) - expected) / sizes[k]
            if not error <= largest[k]:  # also if it is nan
                largest[k] = error
        yield from largest.items()
        for direction, expected in self.dense:
            along = sum(float(np.sum(np.real(np.conj(g) * d))) for g, d in zip(full, direction, strict=True))
            norm = max(float(np.sqrt(sum(np.sum(np.abs(g) ** 2) for g in full))), abs(expected), FLOOR)
            yield -1, abs(along - expected) / norm


class Reference:
    """A case with its expected derivatives. They depend on the forward only, so ops with the same forward can share them.

    Attributes:
        case: the case. seeds: the incoming gradients of its outputs.
        differences: the derivatives by differences.
        steps: the gradients by complex steps, or None where they do not apply.
        refusal: the error that the forward raised for complex numbers, or "".
    """

    def __init__(self, op: Op, sample: Sample) -> None:
        self.case = case = Case(op, sample)
        self.seeds = case.seeds(case.compute(case.arrays))
        self.differences = Differences(lambda arrays: case.loss(self.seeds, arrays), case.arrays)
        self.steps: list[np.ndarray] | None = None
        self.refusal = ""
        real = all(a.dtype.kind == "f" for a in case.arrays) and all(u is None or u.dtype.kind == "f" for u in self.seeds)
        if op.analytic and op.differentiable and real and sum(a.size for a in case.arrays) <= 4 * SMALL:
            self._complex_step()

    def _complex_step(self) -> None:
        def total(arrays: Sequence[np.ndarray]) -> Any:
            return sum(np.sum(u * y) for u, y in zip(self.seeds, self.case.compute(arrays), strict=True) if u is not None)

        try:
            with np.errstate(all="ignore"):
                self.steps = finite_differences.complex_step(total, self.case.arrays)
        except Exception as error:  # a forward that refuses complex numbers must be declared with analytic=False
            self.refusal = f"{type(error).__name__}: {error}"

    def of(self, op: Op) -> Reference:
        """This reference for another op with the same forward."""
        if self.case.op is op:
            return self
        other = object.__new__(Reference)
        other.__dict__.update(self.__dict__)
        other.case = object.__new__(Case)
        other.case.__dict__.update(self.case.__dict__)
        other.case.op = op
        return other
