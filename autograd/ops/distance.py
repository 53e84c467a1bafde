"""Euclidean distances between the rows of two matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import calls, draw
from ..engine.values.sums import sum_over
from ..errors import ShapeError
from .rows import PIECE, row_buffers
from .rules import divided_or_zero, sum_to

_BLOCK = 2**18  # the number of differences in memory at a time
_FEW = 16  # columns up to which their squares are added one after the other
_SMALL = 64  # pairs of rows up to which they are not: that takes more calls
_SHORT = 4096  # differences up to which they are computed at once, in fewer calls


def _cdist(a, b):
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-1]:
        raise ShapeError("expected matrices, or batches of them, with the same number of columns")
    rows, (others, columns) = a.shape[-2], b.shape[-2:]
    batch = a.shape[:-2] if a.shape[:-2] == b.shape[:-2] else np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    if type(a) is type(b) is np.ndarray and a.dtype.char in "fdFD" and max(a.size * others, b.size * rows) <= _SHORT:
        d = a[..., None, :] - b[..., None, :, :]
        return np.sqrt(np.add.reduce(d * d, -1))
    y = np.zeros((*batch, rows, others), np.result_type(a, b))
    # The squares of the differences themselves: |a|² + |b|² - 2 ab would cancel for rows that are near each other.
    if 0 < columns <= _FEW and rows * others > _SMALL and type(a) is type(b) is np.ndarray:
        _write_by_columns(a, b, y)
        return y
    step = max(1, _BLOCK // max(others * columns, 1))
    for start in range(0, rows, step):
        d = a[..., start : start + step, None, :] - b[..., None, :, :]
        y[..., start : start + step, :] = np.sqrt(np.einsum("...k,...k->...", d, d))
    return y


def _write_by_columns(a, b, y):
    """Write the distances of rows of few columns: the squares of one column after the other are added up in the cache."""
    rows, others = y.shape[-2:]
    columns = b.swapaxes(-1, -2).copy()[..., :, None, :]
    step = max(1, PIECE // max(1, y.size // rows))
    d: Any = None
    with row_buffers(others):
        for start in range(0, rows, step):
            part = y[..., start : start + step, :]
            of_rows = a[..., start : start + step, :, None]
            if d is None or d.shape != part.shape:
                d = np.empty(part.shape, y.dtype)
            for k in range(a.shape[-1]):
                square = d if k else part
                np.subtract(of_rows[..., k, :], columns[..., k, :, :], out=square)
                np.multiply(square, square, out=square)
                if k:
                    part += square
            np.sqrt(part, out=part)


def _cdist_rule(g, a, b, y, a_shape, b_shape, needs):
    """For a, Σ_j g_ij (a_i - b_j) / y_ij, without an array of all differences; for b likewise."""
    of_rows = divided_or_zero(g, y)
    of_others = of_rows.mT
    da = sum_to(a * sum_over(of_rows, -1, keepdim=True) - of_rows @ b, a_shape) if needs[0] else None
    db = sum_to(b * sum_over(of_others, -1, keepdim=True) - of_others @ a, b_shape) if needs[1] else None
    return da, db


# An op of its own for the sake of memory: norm(a_i - b_j) would keep a row of differences for each distance until backward.
cdist = op(
    "cdist", _cdist, joint=_cdist_rule, inputs=("a", "b"), analytic=False,
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
