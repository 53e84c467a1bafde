"""``viz.memory``: the same bytes as the trace, as the arrays that the graph holds, and as Python's own count of memory."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import viz
from autograd.engine.memory import owner
from autograd.errors import GraphError


def held(loss: Any) -> dict[int, np.ndarray]:
    """The distinct memories that the nodes of a graph hold, those of leaves left out: found here without the code under test."""
    nodes, stack = {loss.node}, [loss.node]
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in nodes:
                nodes.add(parent)
                stack.append(parent)
    leaves = {id(owner(n.meta.tensor_ref().array)) for n in nodes if n.plan is None}
    found = {}
    for node in nodes:
        todo = list(node.saved or ())
        while todo:
            value = todo.pop()
            if isinstance(value, tuple | list):
                todo.extend(value)
            elif isinstance(value, np.ndarray) and id(owner(value)) not in leaves:
                found[id(owner(value))] = owner(value)
    return found


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 128), nn.Tanh(), nn.LayerNorm(128))
        self.head = nn.Linear(128, 1)

    def forward(self, x: Any) -> Any:
        return self.head(self.body(x))


NET = Net()


def make(rows: int = 300) -> Any:
    return (NET(autograd.ones(rows, 64)) ** 2).mean()


def test_agrees_with_the_arrays_and_the_trace() -> None:
    loss = make()
    kept = viz.memory(loss)
    assert kept.total == sum(a.nbytes for a in held(loss).values())
    assert kept.total == sum(node.bytes for node in viz.trace(loss).nodes)
    assert kept.total == sum(row.bytes for row in kept.rows)


def test_agrees_with_pythons_own_count() -> None:
    make()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        loss = make(20_000)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown == pytest.approx(viz.memory(loss).total, rel=0.02)


def test_names_layer_and_op() -> None:
    kept = viz.memory(make())
    by = {(row.layer, row.kind, row.op): row for row in kept.rows}
    tanh = by["body.1", "Tanh", "tanh"]
    assert (tanh.calls, tanh.bytes) == (1, 300 * 128 * 4)
    layers = kept.by_layer()
    assert layers[""] == kept.total
    assert layers["body"] == sum(row.bytes for row in kept.rows if row.layer.startswith("body."))


def test_one_memory_counts_once_and_leaves_never() -> None:
    w = autograd.ones(100, 100, requires_grad=True)
    x = w.tanh()
    kept = viz.memory((x * x * x).sum() + (w * w).sum())
    assert {row.op: row.bytes for row in kept.rows} == {"tanh": 80_000 // 2, "mul": 80_000 // 2}


def test_nothing_is_kept_after_backward() -> None:
    loss = make()
    loss.backward()
    assert viz.memory(loss).total == 0


def test_a_table_as_text_and_html() -> None:
    x = autograd.ones(256, 64, requires_grad=True)
    kept = viz.memory(x.tanh().sum())
    assert str(kept).splitlines()[-1] == "Kept for backward: 64.0 KiB"
    assert kept._repr_html_().count("<tr>") == 3
    hostile = viz.memory(make())
    hostile.rows[0] = hostile.rows[0]._replace(layer="<script>")
    assert "<script>" not in hostile._repr_html_()


def test_no_graph() -> None:
    with pytest.raises(GraphError, match=r"does not require grad"):
        viz.memory(autograd.ones(2))
