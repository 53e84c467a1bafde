"""Euclidean distances between the rows of two matrices."""

from __future__ import annotations

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import calls, draw
from ..engine.values.sums import sum_over
from ..errors import ShapeError
from .rules import divided_or_zero, sum_to

_BLOCK = 2**18  # the number of differences in memory at a time
_FEW = 16  # columns up to which their squares are added one after the other
_SMALL = 64  # pairs of rows up to which they are not: that takes more calls


def _cdist(a, b):
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise ShapeError("expected matrices, or batches of them, with the same number of columns")
    rows, (others, columns) = a.shape[-2], b.shape[-2:]
    batch = a.shape[:-2] if a.shape[:-2] == b.shape[:-2] else np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    y = np.zeros((*batch, rows, others), np.result_type(a, b))
    # The squares of the differences themselves: |a|² + |b|² - 2 ab would cancel for rows that are near each other.
    few = 0 < columns <= _FEW and rows * others > _SMALL
    step = max(1, _BLOCK // max(others * (1 if few else columns), 1))
    for start in range(0, rows, step):
        if few and type(a) is type(b) is np.ndarray:
            part = y[..., start : start + step, :]
            for k in range(columns):
                d = a[..., start : start + step, k, None] - b[..., None, :, k]
                part += np.multiply(d, d, out=d)
            np.sqrt(part, out=part)
            continue
        d = a[..., start : start + step, None, :] - b[..., None, :, :]
        y[..., start : start + step, :] = np.sqrt(np.einsum("...k,...k->...", d, d))
    return y


def _cdist_rule(g, a, b, y, a_shape):
    """Σ_j g_ij (a_i - b_j) / y_ij, without an array of all differences."""
    quotient = divided_or_zero(g, y)
    return sum_to(a * sum_over(quotient, -1, keepdim=True) - quotient @ b, a_shape)


# An op of its own for the sake of memory: norm(a_i - b_j) would keep a row of differences for each distance until backward.
cdist = op(
    "cdist", _cdist, a=_cdist_rule, b=lambda g, a, b, y, b_shape: _cdist_rule(g.mT, b, a, y.mT, b_shape), analytic=False,
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
    doc="""
    Euclidean distances y_ij between row i of a, (..., n, columns), and row j of b, (..., m, columns).

    The gradient of a distance of 0 is 0.
    """,
)
