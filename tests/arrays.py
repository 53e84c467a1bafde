"""Random arrays, and leaves made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def complexes(*shape: int, seed: int = 0) -> np.ndarray:
    return numbers(*shape, seed=seed) + 1j * numbers(*shape, seed=seed + 1)


def weighted(results: Any) -> Any:
    """One number of real results, each element with a factor of its own."""
    return sum([(y * np.cos(np.arange(y.numel())).reshape(y.shape).astype(y.array.dtype.type)).sum() for y in results])


def leaf(array: Any) -> Any:
    return autograd.tensor(np.array(array), requires_grad=True)
