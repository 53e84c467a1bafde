"""What NumPy's functions that join arrays mean for tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import join
from ..functions import shape as shaping
from .table import adapts


@adapts(np.concatenate)
def _concatenate(arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    joined = join.cat(arrays, axis)
    return joined if dtype is None else shaping.astype(joined, dtype)


@adapts(np.stack)
def _stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    stacked = join.stack(arrays, axis)
    return stacked if dtype is None else shaping.astype(stacked, dtype)
