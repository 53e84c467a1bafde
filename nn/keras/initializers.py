"""Initial values of weights by Keras's names, drawn from the default generator."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.random import Generator
from autograd.types import DType, Size

from .lookup import Named, resolved, table


class Initializer:
    """Base of initialisers: a subclass draws an array of a shape."""

    seed: int | None = None

    def __call__(self, shape: Size, dtype: DType = np.float32) -> np.ndarray:
        """The values: an array of this shape and dtype."""
        raise NotImplementedError(f"{type(self).__name__} does not define __call__")

    def _draw(self) -> np.random.Generator:
        from autograd.functions.random import numpy_generator

        return numpy_generator(None if self.seed is None else Generator().manual_seed(self.seed))


class Zeros(Initializer):
    """All 0."""

    def __call__(self, shape: Size, dtype: DType = np.float32) -> np.ndarray:
        return np.zeros(shape, dtype)


class Ones(Initializer):
    """All 1."""

    def __call__(self, shape: Size, dtype: DType = np.float32) -> np.ndarray:
        return np.ones(shape, dtype)


class Constant(Initializer):
    """All of one value."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Size, dtype: DType = np.float32) -> np.ndarray:
        return np.full(shape, self.value, dtype)


class RandomNormal(Initializer):
    """Normal numbers of this mean and standard deviation."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def __call__(self, shape: Size, dtype: DType = np.float32) -> np.ndarray:
        return self._draw().normal(self.mean, self.stddev, shape).astype(dtype)


class TruncatedNormal(RandomNormal):
    """Normal numbers, those beyond two standard deviations drawn again."""

    def __call__(self, shape: Size, dtype: DType = np.float32) -> np.ndarray:
        return (self.mean + self.stddev * _truncated(self._draw(), shape)).astype(dtype)


def _truncated(draw: np.random.Generator, shape: Size) -> np.ndarray:
    values = draw.normal(size=shape)
    while (outside := np.abs(values) > 2).any():
        values[outside] = draw.normal(size=int(outside.sum()))
    return values


class RandomUniform(Initializer):
    """Numbers from an interval."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def __call__(self, shape: Size, dtype: DType = np.float32) -> np.ndarray:
        return self._draw().uniform(self.minval, self.maxval, shape).astype(dtype)


class VarianceScaling(Initializer):
    """Numbers whose variance is scale / n, n the inputs ("fan_in"), the outputs ("fan_out") or their mean ("fan_avg").

    Args:
        scale, mode: see above. distribution: "truncated_normal", "untruncated_normal" or "uniform". seed: for numbers of its own.
    """

    def __init__(
        self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal", seed: int | None = None
    ) -> None:
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed

    def __call__(self, shape: Size, dtype: DType = np.float32) -> np.ndarray:
        fan_in, fan_out = fans(tuple(shape))
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return self._draw().uniform(-limit, limit, shape).astype(dtype)
        if self.distribution == "untruncated_normal":
            return self._draw().normal(0, math.sqrt(variance), shape).astype(dtype)
        # what is cut off at two standard deviations makes the rest narrower by this factor
        return (math.sqrt(variance) / 0.87962566103423978 * _truncated(self._draw(), shape)).astype(dtype)


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """Inputs and outputs of a kernel (..., inputs, outputs)."""
    if len(shape) < 2:
        return (float(shape[0]),) * 2 if shape else (1.0, 1.0)
    field = math.prod(shape[:-2])
    return float(shape[-2] * field), float(shape[-1] * field)


def _scaling(name: str, scale: float, mode: str, distribution: str) -> type[VarianceScaling]:
    def __init__(self: Any, seed: int | None = None) -> None:  # noqa: N807  (of the class that is made)
        VarianceScaling.__init__(self, scale, mode, distribution, seed)

    doc = f"{distribution} numbers of variance {scale:g} / {mode}."
    return type(name, (VarianceScaling,), {"__init__": __init__, "__doc__": doc, "__module__": __name__})


GlorotUniform = _scaling("GlorotUniform", 1.0, "fan_avg", "uniform")
GlorotNormal = _scaling("GlorotNormal", 1.0, "fan_avg", "truncated_normal")
HeUniform = _scaling("HeUniform", 2.0, "fan_in", "uniform")
HeNormal = _scaling("HeNormal", 2.0, "fan_in", "truncated_normal")
LecunUniform = _scaling("LecunUniform", 1.0, "fan_in", "uniform")
LecunNormal = _scaling("LecunNormal", 1.0, "fan_in", "truncated_normal")


class Orthogonal(Initializer):
    """An orthogonal matrix: Q of the QR decomposition of normal numbers."""

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.gain, self.seed = gain, seed

    def __call__(self, shape: Size, dtype: DType = np.float32) -> np.ndarray:
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(self._draw().normal(size=(max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))
        return (self.gain * (q.T if rows < columns else q)).reshape(shape).astype(dtype)


class Identity(Initializer):
    """The identity matrix."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Size, dtype: DType = np.float32) -> np.ndarray:
        return self.gain * np.eye(*shape, dtype=np.dtype(dtype))


KNOWN: dict[str, Any] = table(
    Zeros, Ones, Constant, RandomNormal, TruncatedNormal, RandomUniform, VarianceScaling, GlorotUniform, GlorotNormal, HeUniform,
    HeNormal, LecunUniform, LecunNormal, Orthogonal, Identity,
) | {"normal": RandomNormal, "uniform": RandomUniform, "one": Ones, "zero": Zeros}  # fmt: skip


def get(initializer: Named) -> Callable[[Size, DType], np.ndarray]:
    """An initialiser by its name, its configuration or its class; a function of (shape, dtype) is one already.

    Raises:
        ArgumentError: no initialiser has this name.
    """
    return resolved("initializer", initializer, KNOWN)
