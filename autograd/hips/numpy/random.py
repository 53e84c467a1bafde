"""The names of ``numpy.random``, as ``autograd.numpy.random`` passes them on: each function as one of arrays and boxes."""

from __future__ import annotations

import numpy as _np

from .names import names_of

globals().update(names_of(_np.random))
__all__ = sorted([name for name in globals() if not name.startswith("_") and name not in ("annotations", "names_of")])
