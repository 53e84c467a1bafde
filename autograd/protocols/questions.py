"""NumPy functions that only return facts about arrays, or print them: for a tensor they use its array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .arguments import answer
from .table import adapts

_QUESTIONS: tuple[Callable[..., Any], ...] = (
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory,
    np.shares_memory, np.array_equal, np.array_equiv, np.allclose, np.array2string, np.array_repr, np.array_str,
    np.min_scalar_type, np.common_type,
)  # fmt: skip
for _question in _QUESTIONS:
    adapts(_question)(answer(_question))
