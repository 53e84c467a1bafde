"""Cross entropy of a linear layer with very many classes. Its logits are computed in chunks, and never all in memory."""

from __future__ import annotations

import numpy as np

from ...engine.op import op
from ...engine.samples import calls
from ...errors import ArgumentError
from ..activation import softmax


def _logits(x, weight, bias):
    y = np.matmul(x, weight.T)
    return y if bias is None else y + bias


def _chunks(rows, size):
    return [slice(i, min(i + size, rows)) for i in range(0, max(rows, 1), size)]


def _chunked(x, weight, bias=None, *, target, chunk):
    if chunk < 1:
        raise ArgumentError(f"chunk must be at least 1, not {chunk}")
    losses = np.empty(len(x), np.result_type(x, weight))
    for part in _chunks(len(x), chunk):
        y = _logits(x[part], weight, bias)
        y -= np.max(y, axis=1, keepdims=True)
        of_targets = y[np.arange(len(y)), target[part]]
        losses[part] = np.log(np.sum(np.exp(y, out=y), axis=1)) - of_targets
    return losses


def _chunked_rule(g, x, weight, bias, target, chunk, needs):
    """The gradient of the logits y is g (softmax(y) - onehot(target)). The logits are computed again, chunk by chunk."""
    classes = np.arange(len(weight))
    parts, for_weight, for_bias = [], 0, 0
    for part in _chunks(x.shape[0], chunk):
        d = (softmax(_logits(x[part], weight, bias), dim=1) - (target[part, None] == classes)) * g[part, None]
        if needs[0]:
            parts.append(np.matmul(d, weight))
        if needs[1]:
            for_weight = np.matmul(d.T, x[part]) + for_weight
        if needs[2]:
            for_bias = np.sum(d, axis=0) + for_bias
    return np.concatenate(parts) if needs[0] else None, for_weight if needs[1] else None, for_bias if needs[2] else None


_ERRORS = "d = reshape(g, (-1, 1)) * (softmax(z) - onehot(target)); z = x @ weight.T + given(bias, 0)"
_TARGET = np.array([0, 3, 1, 1, 2])

chunked_cross_entropy = op(
    "chunked_cross_entropy", _chunked, x=None, weight=None, bias=None, joint=_chunked_rule, analytic=False,
    samples=calls(
        ((5, 3), (4, 3), (4,), {"target": _TARGET, "chunk": 2}), ((5, 3), (4, 3), {"target": _TARGET, "chunk": 7}),
        ((0, 3), (4, 3), (4,), {"target": _TARGET[:0], "chunk": 2}),
    ),
    formula={
        "y": "-sum(onehot(target) * log(softmax(z)), -1); z = x @ weight.T + given(bias, 0)",
        "x": f"d @ weight; {_ERRORS}", "weight": f"d.T @ x; {_ERRORS}", "bias": f"sum(d, rows); {_ERRORS}",
    },
    doc="""
    Cross entropy of the logits x W^T + b with class numbers, for each row of x. Only the logits of one chunk are in memory at a
    time; backward computes them again.

    Args:
        x: (rows, features).
        weight: (classes, features).
        bias: (classes,), or None.
        target: (rows,), class numbers.
        chunk: the number of rows per chunk.

    Raises:
        ArgumentError: a chunk below 1.
    """,
)
