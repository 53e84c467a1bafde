"""The loss of a layer with very many classes, whose outputs are never all there at once."""

from __future__ import annotations

import numpy as np

from ...engine.op import op
from ...engine.samples import calls
from ...errors import ArgumentError
from ..activation import softmax


def _outputs(x, weight, bias):
    y = np.matmul(x, weight.T)
    return y if bias is None else y + bias


def _chunks(rows, size):
    return [slice(i, min(i + size, rows)) for i in range(0, max(rows, 1), size)]


def _chunked(x, weight, bias=None, *, target, chunk):
    if chunk < 1:
        raise ArgumentError(f"chunk must be at least 1, not {chunk}")
    losses = np.empty(len(x), np.result_type(x, weight))
    for part in _chunks(len(x), chunk):
        y = _outputs(x[part], weight, bias)
        y -= np.max(y, axis=1, keepdims=True)
        picked = y[np.arange(len(y)), target[part]]
        losses[part] = np.log(np.sum(np.exp(y, out=y), axis=1)) - picked
    return losses


def _chunked_rule(g, x, weight, bias, target, chunk, needs):
    """The outputs are made again, chunk by chunk: their gradient is g (softmax(y) - onehot(target))."""
    numbers = np.arange(len(weight))
    parts, for_weight, for_bias = [], 0, 0
    for part in _chunks(x.shape[0], chunk):
        d = (softmax(_outputs(x[part], weight, bias), dim=1) - (target[part, None] == numbers)) * g[part, None]
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
    -log(softmax(x W^T + b))[target] for each row of x, from so many rows at a time as ``chunk`` says. Of the outputs x W^T + b,
    which have a column per class, only those of one chunk are there at a time: backward makes them again.
    """,
)
