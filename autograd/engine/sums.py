"""Sums of a matrix's rows and columns, as products with ones: faster than adding. A bias gets its gradient by such a sum."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np


def sum_rows(g: Any) -> Any:
    """The sum of a matrix's rows: a product with ones takes a third of the time of adding them. Shape: (n, m) to (m,)."""
    ones = _ones(len(g), g.dtype.type)
    return ones.dot(g) if type(g) is np.ndarray else ones @ g


def sum_columns(g: Any) -> Any:
    """The sum of a matrix's columns, likewise. Shape: (n, m) to (n,)."""
    ones = _ones(g.shape[1], g.dtype.type)
    return g.dot(ones) if type(g) is np.ndarray else g @ ones


@lru_cache(16)
def _ones(n: int, kind: Any) -> np.ndarray:  # not a dtype: its hash takes longer than the sum
    ones = np.ones(n, kind)
    ones.flags.writeable = False
    return ones
