"""Adapters for NumPy's convolution and correlation of two sequences, called with tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import shape
from ..functions.linalg.product import matmul
from .arguments import as_tensor
from .table import adapts

_MODES = ("valid", "same", "full")


def _sliding(a: Any, v: Any, mode: str, name: str) -> Any:
    """The inner products of v with every stretch of a that is as long as v, with zeros at the ends as ``mode`` says."""
    if mode not in _MODES:
        raise ValueError(f"np.{name}: mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    n = v.numel()
    before, after = {"valid": (0, 0), "same": (n // 2, n - 1 - n // 2), "full": (n - 1, n - 1)}[mode]
    return matmul(shape.unfold(shape.pad(a, (before, after)), 0, n, 1), v)


def _sequences(name: str, *sequences: Any) -> list[Any]:
    tensors = [as_tensor(sequence) for sequence in sequences]
    if any([t.ndim > 1 or not t.numel() for t in tensors]):
        raise ValueError(f"np.{name} takes two sequences of numbers, none of them empty")
    kind = np.result_type(*[t.dtype for t in tensors])
    return [shape.astype(shape.reshape(t, (-1,)), kind) for t in tensors]


@adapts(np.convolve)
def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    a, v = _sequences("convolve", a, v)
    if v.numel() > a.numel():
        a, v = v, a
    return _sliding(a, shape.flip(v, 0), mode, "convolve")


@adapts(np.correlate)
def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v = _sequences("correlate", a, v)
    if v.numel() <= a.numel():
        return _sliding(a, shape.conj(v), mode, "correlate")
    # The shorter sequence slides over the longer one; if the two are exchanged, the result runs backwards.
    return shape.flip(_sliding(shape.conj(v), a, mode, "correlate"), 0)
