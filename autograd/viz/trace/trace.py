"""One backward pass, written down: every picture is made from a Trace, and each can be checked against the tape.

Nodes hold no values. A trace finds them where they are: in what other nodes saved, in the leaves, or by computing them again from
those. Where a constant is missing for that (a number that no rule needed), or has been overwritten, the value is None. Under
``watch()`` every call is noted as it happens, and nothing is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from ...engine.conform import fit_to_parent, switch_convention
from ...engine.gradients import node_of, starting_gradients
from ...engine.graph import PICK, Node
from ...engine.modes import Watch, current, enter, leave
from ...engine.sweep import sweep
from ...errors import GraphError, describe
from ...types import Tensor
from .naming import Names
from .nodes import NodeWriter, count_saved_bytes, module_calls
from .stats import ArraySummary
from .tape import Trace, TraceNode, reachable
from .values import pictured, values_of

LABORATORY = 40_000  # numbers in all values of a graph up to which a trace keeps those of leaves and constants


class _Visits(Watch):
    """Notes each node that the sweep visits, with its gradient and its contributions."""

    def __init__(self, number: dict[Node, int], nodes: list[TraceNode]) -> None:
        self.number, self.nodes = number, nodes
        self.order: list[int] = []

    def backward(self, node: Any, gradient: Any, contributions: Any) -> None:
        traced = self.nodes[self.number[node]]
        self.order.append(traced.id)
        if type(gradient) is not tuple:
            traced.grad = ArraySummary(switch_convention(gradient))
        if node.plan.op is PICK:
            return  # picks one output of an op, and computes no array
        for operand, parent, c in zip(traced.operands, node.parents, contributions, strict=False):
            if parent is None or c is None or parent.shape is None:
                continue
            if c.shape != parent.shape:
                operand.summed = summed_axes(c.shape, parent.shape)
            if c.shape != parent.shape or c.dtype is not parent.dtype:
                c = fit_to_parent(c, node, parent)
            operand.contribution = ArraySummary(switch_convention(c))
            if traced.arrays and operand is traced.operands[0] and isinstance(c, np.ndarray):
                traced.arrays["gradient"] = np.array(c)


def summed_axes(shape: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    """The axes over which an array of a shape is summed, to undo the broadcast of one of the target's shape."""
    lead = len(shape) - len(target)
    if lead < 0:
        return ()
    return (*range(lead), *[lead + i for i, n in enumerate(target) if n == 1 and shape[lead + i] != 1])


def trace(loss: Tensor, gradient: Tensor | None = None, names: Mapping[str, Any] | Names | None = None) -> Trace:
    """Run the backward pass once and write it down. The graph, every ``.grad`` and the hooks stay as they were.

    Args:
        loss: a tensor that needs a gradient, before ``backward`` (or after one with retain_graph=True).
        gradient: of the loss, of its shape; may be left out for a scalar.
        names: what to call tensors, parameters and data alike: name -> tensor. Others are called by the variables that hold them.

    Raises:
        GraphError: no graph, or one that was freed.

    Example:
        >>> import autograd
        >>> from autograd import viz
        >>> x = autograd.tensor(3.0, requires_grad=True)
        >>> t = viz.trace(x * x, names={"x": x})
        >>> [(n.name, n.value.mean, n.grad.mean) for n in t.nodes]
        [('x', 3.0, 6.0), ('mul', 9.0, 1.0)]
    """
    root = node_of(loss)
    if root is None:
        raise GraphError(f"nothing to trace: the tensor {describe(loss.array)} does not require grad, so it has no graph")
    nodes = reachable(root)
    number = {node: i for i, node in enumerate(nodes)}
    values = values_of(nodes, root, loss.array)
    calls, call_of, known_calls = module_calls(nodes)
    small = sum(prod(node.shape) for node in nodes if node.shape is not None) <= LABORATORY
    writer = NodeWriter(number, values, known_calls, names if isinstance(names, Names) else Names(names), small)
    traced = [writer.node(node, i, call_of.get(i)) for i, node in enumerate(nodes)]
    count_saved_bytes(nodes, traced)
    for node, t in zip(nodes, traced, strict=True):
        t.arrays = pictured(node, values)

    visits = _Visits(number, traced)
    hooks = [(node.meta, node.meta.hooks) for node in nodes if node.meta is not None and node.meta.hooks]
    for owner, _ in hooks:
        owner.hooks = {}
    token = enter(current().but(watch=visits))
    try:
        results = sweep(starting_gradients((loss,), gradient, create_graph=False), retain_graph=True)
    finally:
        leave(token)
        for owner, hook in hooks:
            owner.hooks = hook
    leaves = [number[node] for node in results if node.plan is None]
    for i in leaves:
        traced[i].grad = ArraySummary(switch_convention(results[nodes[i]]))
    return Trace(traced, with_leaves(visits.order, leaves, traced), calls, number[root], writer.constants)


def with_leaves(order: list[int], leaves: list[int], nodes: list[TraceNode]) -> list[int]:
    """The order of the ops, each leaf right behind the op that made the last contribution to its gradient."""
    last: dict[int, int] = {}
    for op in order:
        for operand in nodes[op].operands:
            if operand.node is not None and nodes[operand.node].op is None and operand.contribution is not None:
                last[operand.node] = op
    behind: dict[int, list[int]] = {}
    for leaf in leaves:
        behind.setdefault(last.get(leaf, -1), []).append(leaf)
    return [*behind.get(-1, []), *[i for op in order for i in (op, *behind.get(op, []))]]


__all__ = ["summed_axes", "trace"]
