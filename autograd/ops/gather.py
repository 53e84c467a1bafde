"""Reading and writing along one dimension, at given places."""

from __future__ import annotations

import numpy as np

from ..op import op
from ..samples import calls
from .indexing import sums


def along(index, dim, ndim):
    """The index that picks element (..., index[..., i, ...], ...) for every place of ``index``."""
    dim %= ndim
    return tuple(index if d == dim else np.arange(n).reshape((n,) + (1,) * (ndim - d - 1)) for d, n in enumerate(index.shape))


def _gather(x, dim, index):
    if x.ndim != index.ndim:
        raise IndexError(f"index must have as many dimensions as the input: {index.ndim} and {x.ndim}")
    return x[along(index, dim, x.ndim)] if x.ndim else x[...]


def _ungather(x, dim, index, shape):
    return sums(shape, along(index, dim, len(shape)), x) if shape else np.array(x)


ungather = op(
    "ungather", _ungather, x=lambda g, dim, index: gather(g, dim=dim, index=index), linear=True,
    samples=calls(((2, 2), {"dim": 1, "index": np.array([[0, 0], [2, 1]]), "shape": (2, 3)})),
    doc="Zeros of a shape with x added where the index points: the adjoint of gather.",
)  # fmt: skip
gather = op(
    "gather", _gather, linear=True, x=lambda g, dim, index, x_shape: ungather(g, dim=dim, index=index, shape=x_shape),
    samples=calls(((2, 3), {"dim": 1, "index": np.array([[0, 0], [2, 1]])}), ((3, 4), {"dim": 0, "index": np.array([[2, 0, 2]])}),
                  ((2, 3, 2), {"dim": -1, "index": np.zeros((2, 3, 1), int)})),
    doc="""
    Along a dimension, the elements at given places: y[i][j] = x[i][index[i][j]] for dim=1.

    Example:
        >>> import autograd, numpy
        >>> autograd.tensor([[1.0, 2.0], [3.0, 4.0]]).gather(1, numpy.array([[1], [0]]))
        tensor([[2.],
                [3.]], dtype=float32)
    """,
)  # fmt: skip
