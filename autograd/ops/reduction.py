"""Sums and their relatives over some dimensions."""
from __future__ import annotations

import numpy as np

from ..op import op
from ..samples import calls


def spread(g, x_shape, dim, keepdim):
    """A gradient of a reduction, broadcast back over the dimensions that were reduced."""
    if not keepdim and dim is not None:
        g = np.expand_dims(g, dim)
    return np.broadcast_to(g, x_shape)


def _sum(x, dim=None, keepdim=False):
    return np.add.reduce(x, axis=dim if dim is None or type(dim) is int else tuple(dim), keepdims=keepdim)


sum = op("sum", lambda x, dim=None, keepdim=False: np.sum(x, axis=dim, keepdims=keepdim),
  x=lambda g, x_shape, dim, keepdim: spread(g, x_shape, dim, keepdim), linear=True, numpy=np.sum,
  samples=calls(((3,4),), ((3,4),{"dim":0}), ((2,3,2),{"dim":(0,2),"keepdim":True})))
