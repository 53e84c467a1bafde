"""The values that a node saved: the errors if they were freed or changed, and the tensors that they are under create_graph."""

from __future__ import annotations

from typing import Any

from numpy import ndarray

from ..errors import GraphError, WrittenError, describe, where
from . import memory
from .graph import Node, make, pick
from .plan import Plan


def freed_error(node: Node) -> GraphError:
    """The error of a second backward through a node."""
    return GraphError(
        f"Trying to backward through the graph a second time: the values that {node.label()}{where(node.layer)} had saved were "
        f"freed by the first backward. Compute the loss again before each backward; or, if several losses share the "
        f"graph, pass retain_graph=True to the first backward; or detach() this value, if it should not be differentiated again"
    )


def check_unchanged(node: Node, saved: tuple[Any, ...]) -> None:
    """Raise if an array that the node saved has been written in place since the node was made.

    Raises:
        GraphError: it names the value, and says how often its memory had been written when the node saved it, and until now.
    """
    written = memory.written
    if not written:
        return
    for value in saved:
        for array in value if type(value) is tuple else (value,):
            if type(array) is ndarray:
                writes = written.get(id(array) if array.base is None else id(memory.owner(array)))
                if writes is not None and writes.last > node.sequence:
                    raise _changed(node, saved, array)


def _changed(node: Node, saved: tuple[Any, ...], array: ndarray) -> WrittenError:
    plan: Any = node.plan
    slots = zip(plan.slots, saved, strict=True)
    slot = next(name for name, value in slots if any(a is array for a in (value if type(value) is tuple else (value,))))
    name = plan.op.argument_names[plan.op.inputs.index(slot)] if slot in plan.op.inputs else slot
    return WrittenError(
        f"one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"{node.label()}{where(node.layer)} saved {'its result' if slot == 'y' else repr(name)} ({describe(array)}) at version "
        f"{memory.version(array, node.sequence)}, and it is at version {memory.version(array)} now. "
        f"Use the out-of-place form, or clone() before the write"
    )


def saved_as_tensors(node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """A node's saved values, with inputs and outputs as tensors with their nodes, so that a rule's computations are recorded."""
    assert node.plan is not None
    return lifted(node, node.plan, saved)


def lifted(node: Node, plan: Plan, saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """``saved_as_tensors`` by a plan that need not be the node's own."""
    if plan.lift is not None:
        return plan.lift(node, saved)
    inputs = plan.op.inputs
    out = []
    for slot, value in zip(plan.slots, saved, strict=True):
        if slot == "y":
            if node.shape is None:
                value = tuple([make(array, pick(node, i, array)) for i, array in enumerate(value)])
            else:
                value = make(value, node)
        elif slot in plan.op.parts:
            value = make(value, pick(node, plan.op.parts.index(slot), value))
        elif plan.op.variadic and slot == inputs[0]:
            value = tuple([make(v, p) if p is not None else v for v, p in zip(value, node.parents, strict=True)])
        elif slot in inputs:
            parent = node.parents[inputs.index(slot)]
            if parent is not None:
                value = make(value, parent)
        out.append(value)
    return tuple(out)
