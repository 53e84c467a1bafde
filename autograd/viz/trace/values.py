"""The values of a graph's nodes: nodes hold none, so they are found in what other nodes saved, or computed again."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine import memory
from ...engine.graph import Node
from ...engine.op import Op
from . import watching


def input_name(node: Node, i: int) -> str:
    """The name of a node's operand number i in the op's declaration; ``xs[i]`` for an op that takes any number of operands."""
    assert node.plan is not None
    op = node.plan.op
    return f"{op.inputs[0]}[{i}]" if op.variadic else op.inputs[i]


def saved_input(node: Node, i: int) -> Any:
    """The array or number that a node saved for its operand number i; None if it saved none."""
    plan = node.plan
    if plan is None or not node.saved:
        return None
    slot = plan.op.inputs[0] if plan.op.variadic else plan.op.inputs[i]
    if slot not in plan.slots:
        return None
    saved = node.saved[plan.slots.index(slot)]
    return saved[i] if plan.op.variadic else saved


def values_of(nodes: list[Node], root: Node, root_value: np.ndarray) -> dict[Node, Any]:
    """The value of every node, as far as it can be found or computed again."""
    values: dict[Node, Any] = {root: root_value}

    for node in nodes:
        if node.plan is None:
            owner = node.meta.tensor_ref() if node.meta is not None else None
            if owner is not None:
                values[node] = owner.array
            continue
        if not node.saved:
            continue
        if "y" in node.plan.slots:
            y = node.saved[node.plan.slots.index("y")]
            if _unwritten(y, node):
                values.setdefault(node, y)
        for i, parent in enumerate(node.parents):
            if parent is not None and parent not in values:
                array = saved_input(node, i)
                if array is not None and _unwritten(array, node):
                    values[parent] = array
    for node in nodes:
        if node not in values and node.plan is not None and node not in watching.notes:
            value = _recomputed(node, values)
            if value is not None:
                values[node] = value
    return values


PICTURED = {"lstm", "projected_lstm", "gru", "embedding"}
_MOST = 1_000_000  # numbers of one op that are kept for its picture


def pictured(node: Node, values: dict[Node, Any]) -> dict[str, Any]:
    """Copies of the arrays from which a picture of a recurrent op or an embedding is made; none of another op or a large one."""
    plan = node.plan
    if plan is None or plan.op.name not in PICTURED:
        return {}
    found = {name: saved_input(node, i) for i, name in enumerate(plan.op.inputs)}
    if plan.op.name == "embedding":
        found = {"weight": values.get(node.parents[0])}  # type: ignore[arg-type]
    elif node.saved and "y" in plan.slots:
        found["y"] = node.saved[plan.slots.index("y")]
    arrays = [a for made in found.values() for a in (made if isinstance(made, tuple) else (made,)) if a is not None]
    if not all(isinstance(a, np.ndarray) and _unwritten(a, node) for a in arrays) or sum(a.size for a in arrays) > _MOST:
        return {}
    return {name: tuple(map(np.array, a)) if isinstance(a, tuple) else np.array(a) for name, a in found.items() if a is not None}


def _unwritten(array: Any, node: Node) -> bool:
    """Whether an array has not been written since the node was made."""
    return not memory.written or not isinstance(array, np.ndarray) or memory.last(array) <= node.sequence


def _recomputed(node: Node, values: dict[Node, Any]) -> Any:
    """A node's value computed once more from its operands; None if one of them is unknown."""
    assert node.plan is not None
    op = node.plan.op
    if type(op) is not Op:
        return None  # the forward of a user's Function may have side effects, so it is not called again
    operands = []
    for i, parent in enumerate(node.parents):
        value = saved_input(node, i) if parent is None else values.get(parent)
        if not _unwritten(value, node):
            return None
        if value is None and (parent is not None or op.variadic or i < op.required):
            return None
        if value is None and f"{op.inputs[i]}_shape" in node.plan.slots:
            return None  # the operand was given, but the node saved only its shape
        operands.append(value)
    params = node.params or {}
    try:
        y = op.forward(tuple(operands), **params) if op.variadic else op.forward(*operands, **params)
    except Exception:
        return None  # an optional operand that was given but not kept can make the call impossible
    if op.extras:
        y = y[0] if op.outputs == 1 else y[: op.outputs]
    if op.outputs == 1:
        y = np.asarray(y)
        return y if y.shape == node.shape else None
    return tuple(y)


__all__ = ["input_name", "pictured", "saved_input", "values_of"]
