"""A trace without a backward pass: the structure of the graph, for pictures that show no gradients. A freed graph will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...engine.gradients import node_of
from ...engine.graph import Node
from ...errors import GraphError, describe
from ...types import Tensor
from .naming import Names
from .nodes import NodeWriter, count_saved_bytes, module_calls
from .stats import ArraySummary
from .tape import CallInfo, Operand, Trace, TraceNode, reachable
from .values import input_name, saved_input


def structure(loss: Tensor, names: Mapping[str, Any] | Names | None = None, constants: bool = False) -> Trace:
    """The nodes, their operands and the module calls around them, without values and gradients.

    Args:
        loss: a tensor that needs a gradient.
        names: what to call tensors: name -> tensor. Others are called by the variables that hold them.
        constants: whether arrays without a gradient are looked at as well, as far as the graph or ``watch`` kept them.

    Raises:
        GraphError: the tensor has no graph.
    """
    root = node_of(loss)
    if root is None:
        shown = describe(loss.array) if hasattr(loss, "array") else type(loss).__name__
        raise GraphError(f"nothing to draw: the tensor {shown} does not require grad, so it has no graph")
    nodes = reachable(root)
    return traced(nodes, root, names if isinstance(names, Names) else Names(names), constants)


def was_freed(loss: Tensor) -> bool:
    """Whether a backward pass has freed a tensor's graph."""
    root = node_of(loss)
    return root is not None and any(node.plan is not None and node.saved is None for node in reachable(root))


def remains(loss: Tensor, names: Names) -> Trace:
    """Trace a graph that a backward pass has freed: its structure, the leaves with their gradients, and the loss."""
    made = structure(loss, names, constants=True)
    root = node_of(loss)
    assert root is not None
    for node, shown in zip(reachable(root), made.nodes, strict=True):
        owner = node.meta.tensor_ref() if node.meta is not None else None
        if owner is None:
            continue
        if node.plan is None:
            shown.value = ArraySummary(owner.array)
        if owner.grad is not None:
            shown.grad = ArraySummary(owner.grad.array)
    made.nodes[made.loss].value = ArraySummary(loss.array)
    made.freed = True
    return made


def traced(nodes: Sequence[Node], root: Node | None, names: Names, constants: bool = False) -> Trace:
    """A Trace of these nodes, which are in tape order, without values."""
    nodes = list(nodes)
    calls: list[CallInfo]
    calls, call_of, known = module_calls(nodes)
    number = {node: i for i, node in enumerate(nodes)}
    writer = (NodeWriter if constants else _Plain)(number, {}, known, names)
    traced_nodes: list[TraceNode] = [writer.node(node, i, call_of.get(i)) for i, node in enumerate(nodes)]
    count_saved_bytes(nodes, traced_nodes)
    return Trace(traced_nodes, [], calls, number[root] if root is not None else -1, writer.constants)


class _Plain(NodeWriter):
    """A node writer that does not read arrays without a gradient. It reads numbers, because a label may show them."""

    def operand(self, node: Node, note: Any, i: int, parent: Node | None) -> Operand:
        if parent is not None:
            return Operand(input_name(node, i), self.number[parent], parent.shape)
        seen = note.constants.get(i) if note is not None else None
        value = seen.value if seen is not None else saved_input(node, i)
        shape = np.shape(value) if value is not None else None
        if shape != ():
            return Operand(input_name(node, i), None, shape)
        return super().operand(node, note, i, parent)


__all__ = ["remains", "structure", "traced", "was_freed"]
