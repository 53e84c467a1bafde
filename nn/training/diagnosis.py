"""Where the first value that is not finite comes up in a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd.engine.graph import AnyTensor
from autograd.errors import describe
from autograd.types import Tree

from ..module import Module


def first_not_finite(model: Module, call: Callable[[Any], Any], x: Tree) -> tuple[str, str]:
    """Where nan or infinity begins, as the end of a sentence, and the lines of the program that computed it.

    Args:
        model: in the state in which it was when its loss was not finite. call: runs it on ``x``.
    """
    for name, p in model.named_parameters():
        if not np.isfinite(p.array).all():
            return f"and the parameter {name} is not finite: the last update made it so", ""
    for array in _arrays(x):
        if not np.isfinite(array).all():
            return f"and its inputs are not finite: {_counted(array)}", ""
    buffers = [(b, b.array.copy()) for b in model.buffers()]
    try:
        with autograd.random.fork_rng(), autograd.detect_anomaly():
            call(x)
    except Exception as error:
        said, _, lines = str(error).partition("\n")
        return f"first in the model: {said.rstrip(':')}", lines
    finally:
        with autograd.no_grad():
            for b, kept in buffers:
                b.copy_(autograd.tensor(kept))
    return "first in the loss: the model's outputs are finite", ""


def _arrays(value: Any) -> list[np.ndarray]:
    """The arrays of real and complex numbers in tuples, lists and dictionaries."""
    if isinstance(value, AnyTensor):
        return [value.array] if value.array.dtype.kind in "fc" else []
    if isinstance(value, dict):
        value = list(value.values())
    return [array for part in value for array in _arrays(part)] if isinstance(value, tuple | list) else []


def _counted(array: np.ndarray) -> str:
    nan, infinite = int(np.isnan(array).sum()), int(np.isinf(array).sum())
    counts = " and ".join(f"{n} {what}" for n, what in ((nan, "nan"), (infinite, "inf")) if n)
    first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
    return f"{describe(array)} with {counts}, the first at {first}"


__all__ = ["first_not_finite"]
