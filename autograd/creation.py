"""Making tensors: from numbers, of a shape, at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from .engine import make

_default = [np.dtype("float32")]


def to_array(data: Any, dtype: Any = None) -> np.ndarray:
    """A new array of anything that stands for one. Arrays keep their dtype; Python floats get the default one."""
    if hasattr(data, "array"):
        return np.array(data.array, dtype=dtype)
    if isinstance(data, np.ndarray | np.generic):
        return np.array(data, dtype=dtype)
    array = np.array(data, dtype=dtype)
    if dtype is None and array.dtype == np.float64:
        array = array.astype(_default[0])
    return array


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Any:
    """A new tensor of anything that stands for an array."""
    t = make(to_array(data, dtype))
    return t.requires_grad_() if requires_grad else t
