"""The names of ``numpy.linalg``, as ``autograd.numpy.linalg`` passes them on: each function as one of arrays and boxes."""

from __future__ import annotations

from typing import Any

import numpy as _np

from ..arrays import function_of
from .names import names_of

globals().update(names_of(_np.linalg))
_dot = function_of(_np.matmul)


def T(x: Any) -> Any:  # noqa: N802  (HIPS autograd's name)
    """Matrices with rows and columns exchanged."""
    return function_of(_np.swapaxes)(x, -1, -2)


__all__ = sorted(
    [name for name in globals() if not name.startswith("_") and name not in ("annotations", "names_of", "function_of", "Any")]
)
