"""Euclidean distances between the rows of two matrices."""

from __future__ import annotations

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import calls, draw
from ..errors import ShapeError
from .elementwise.arithmetic import over
from .shape import sum_to

_BLOCK = 2**18  # differences that are held at once


def _cdist(a, b):
    if np.ndim(a) < 2 or np.ndim(b) < 2 or a.shape[-1] != b.shape[-1]:
        raise ShapeError("matrices, or batches of them, with the same number of columns are needed")
    rows, (others, columns) = a.shape[-2], b.shape[-2:]
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    y = np.empty((*batch, rows, others), np.result_type(a, b))
    # Squares of differences: what |a|² + |b|² - 2 ab loses for rows near each other stays.
    step = max(1, _BLOCK // max(others * columns, 1))
    for start in range(0, rows, step):
        d = a[..., start : start + step, None, :] - b[..., None, :, :]
        y[..., start : start + step, :] = np.sqrt(np.einsum("...k,...k->...", d, d))
    return y


def _of_rows(g, a, b, y, a_shape):
    """Σ_j g_ij (a_i - b_j) / y_ij, without the differences of all rows at once."""
    pull = over(g, y)
    return sum_to(a * np.sum(pull, axis=-1)[..., None] - pull @ b, a_shape)


# It could be norm(a_i - b_j), but for memory: backward would keep a row of differences for each distance.
cdist = op(
    "cdist", _cdist, a=_of_rows, b=lambda g, a, b, y, b_shape: _of_rows(g.mT, b, a, y.mT, b_shape), analytic=False,
    samples=lambda: [
        *calls(((3, 2), (4, 2)), ((2, 3, 2), (4, 2)), ((2, 1, 3, 1), (5, 2, 1)), ((0, 2), (3, 2)))(),
        Sample(np.zeros((1, 3)), np.zeros((2, 3)), kink=True), Sample(draw((3, 2)), np.zeros((1, 2)))],
    errors=lambda: [Sample(np.ones((2, 3)), np.ones((2, 2)), raises=ShapeError, match=r"same number of columns.*float64\[2, 2\]"),
                    Sample(np.ones(3), np.ones((2, 3)), raises=ShapeError, match=r"matrices.*float64\[3\]")],
    formula={
        "y": "y[i, j] == sqrt(sigma((k,), (a[i, k] - b[j, k]) ** 2))",
        "a": "d(a)[i, k] == sigma((j,), g[i, j] * (a[i, k] - b[j, k]) / y[i, j])",
        "b": "d(b)[j, k] == sigma((i,), g[i, j] * (b[j, k] - a[i, k]) / y[i, j])",
    },
    doc="Euclidean distances between the rows of two matrices; the gradient of a distance 0 is 0.",
)
