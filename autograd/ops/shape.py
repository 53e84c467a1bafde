"""Shapes, dtypes and order of dimensions: ops that move numbers without changing them."""

from __future__ import annotations

import numpy as np

from ..op import op
from ..samples import calls


def _reshape(x, shape):
    return np.reshape(x, shape)


reshape = op(
    "reshape", _reshape, x=lambda g, x_shape: np.reshape(g, x_shape), linear=True, view=True,
    samples=calls(((3, 4), {"shape": (2, 6)}), ((3, 4), {"shape": (-1,)}), ((), {"shape": (1, 1)}), ((0, 3), {"shape": (3, 0)})),
    doc="The same numbers in another shape.",
)  # fmt: skip
