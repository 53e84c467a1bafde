"""The nodes of a graph described as traced nodes: operands, names, constants, module calls and saved memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine import memory
from ...engine.graph import PICK, Node
from ...engine.sweep import recorded
from ...errors import describe
from . import watching
from .naming import LETTERS, OUTPUTS, Names, function_name
from .stats import ArraySummary
from .tape import CallInfo, Operand, TraceConstant, TraceNode
from .values import input_name, saved_input


class NodeWriter:
    """Describes each node of a graph as a TraceNode, and collects the constants that its ops were called with."""

    def __init__(
        self, number: dict[Node, int], values: dict[Node, Any], calls: dict[int, int], names: Names, arrays: bool = False
    ) -> None:
        self.number, self.values, self.calls, self.names = number, values, calls, names
        self.arrays = arrays  # whether the numbers of leaves and constants are kept, too
        self.constants: list[TraceConstant] = []
        self.known: dict[int, TraceConstant] = {}

    def node(self, node: Node, index: int, call: int | None) -> TraceNode:
        note = watching.notes.get(node)
        plan = node.plan
        value = self.values.get(node)
        t = TraceNode(
            index,
            None if plan is None else plan.op.name,
            self.name(node),
            call,
            [self.operand(node, note, i, parent) for i, parent in enumerate(node.parents)] if plan is not None else [],
            node.shape if node.shape is not None else tuple([shape for shape, _ in node.layout]),
            node.dtype,
        )
        if plan is not None:
            t.rule = plan.op
            t.inner = is_inner(node)
            t.variable = watching.names.get(node) or self.names.variables.get(node, "")
            t.operands = [o for o in t.operands if o.text != _LEFT_OUT]
            if node.params:
                t.params = dict(node.params)
        if note is not None:
            t.source = note.source
            if node.shape is not None:
                t.value = note.values[0]
        elif plan is not None and plan.op is PICK and (made := watching.notes.get(node.parents[0])) is not None:  # type: ignore[arg-type]
            t.value, t.source = made.values[node.params["index"]], made.source  # type: ignore[index]
        elif value is not None and type(value) is not tuple:
            t.value = ArraySummary(value)
        if self.arrays and plan is None and value is not None:
            t.array = np.array(value)
        if memory.written and isinstance(value, np.ndarray):
            t.version = memory.version(value)
        return t

    def name(self, node: Node) -> str:
        name = self.names.given.get(node) or node.label()
        if node.plan is None and name == "leaf":
            return watching.names.get(node) or self.names.variables.get(node) or name
        if node.plan is not None and name == node.plan.op.name:
            if node.plan.op is PICK:
                source = node.parents[0].plan  # type: ignore[union-attr]
                outputs = OUTPUTS.get(source.op.name, ()) if source is not None else ()
                index = node.params["index"]  # type: ignore[index]
                return outputs[index] if index < len(outputs) else name
            return function_name(name, getattr(node.layer, "kind", ""))
        return name

    def operand(self, node: Node, note: Any, i: int, parent: Node | None) -> Operand:
        if parent is not None:
            return Operand(input_name(node, i), self.number[parent], parent.shape)
        traced = Operand(input_name(node, i), None)
        seen = note.constants.get(i) if note is not None else None
        value = seen.value if seen is not None else saved_input(node, i)
        if value is None:
            value = self.subtracted(node, i)
        if value is None:
            optional = not node.plan.op.variadic and i >= node.plan.op.required  # type: ignore[union-attr]
            traced.text = _LEFT_OUT if optional or (note is not None and node.plan.op.variadic is False) else "not kept"  # type: ignore[union-attr]
            return traced
        traced.shape = np.shape(value)
        traced.text = describe(value) if traced.shape else _number(value)
        if not isinstance(value, np.ndarray | np.generic | float | int | complex):
            return traced
        array = np.asarray(value)
        if not array.ndim:
            traced.value = ArraySummary(array)
            return traced
        constant = self.known.get(id(value))
        if constant is None:
            name = self.names.array(value) or (seen.name if seen is not None else None) or "constant"
            # An initial state, a target, a mask: without a name of its own it is called by what it is to the op.
            role = traced.name.split("[")[0]
            called = name if name != "constant" else role if role not in LETTERS else _unnamed(node, array)
            constant = TraceConstant(len(self.constants), called, array.shape, array.dtype, ArraySummary(array))
            constant.unnamed = name == "constant"
            if seen is None:
                constant.inside = name == "constant"  # made by an unknown call: it is drawn inside the call that uses it
            else:
                constant.call, constant.inside = self.calls.get(id(seen.layer)), seen.inside
            if self.arrays:
                constant.array = np.array(array)
            self.known[id(value)] = constant
            self.constants.append(constant)
        traced.constant, traced.value = constant.id, constant.value
        return traced

    def subtracted(self, node: Node, i: int) -> Any:
        """The array that was added or subtracted, which no rule keeps: what the result and the other operand leave, if a variable
        of the user's holds it."""
        name = node.label()
        known = node.parents[1 - i] if name in ("add", "sub") else None
        if known is None:
            return None
        y, other = self.values.get(node), self.values.get(known)
        if not (isinstance(y, np.ndarray) and isinstance(other, np.ndarray) and y.dtype.kind == other.dtype.kind == "f" and y.size):
            return None
        with np.errstate(all="ignore"):
            return self.names.like(y + other if name == "sub" and i == 0 else other - y if name == "sub" else y - other)


def _number(value: Any) -> str:
    """A number with the digits that its own precision has: 0.4 in float32 is 0.4."""
    if getattr(value, "dtype", None) is not None and value.dtype.kind == "f":
        return str(np.asarray(value)[()])
    return describe(value.item() if hasattr(value, "item") else value)


def _unnamed(node: Node, array: np.ndarray) -> str:
    """What an array is called that no variable holds: a mask in a dropout layer, else by its numbers, where these are all alike."""
    if "Dropout" in getattr(node.layer, "kind", ""):
        return "mask"
    if array.size and array.dtype.kind in "fiub":
        first = array.flat[0]
        if first in (0, 1) and (array == first).all():
            return "ones" if first else "zeros"
    return "constant"


def is_inner(node: Node) -> bool:
    """Whether a node was recorded while a gradient was computed, under create_graph."""
    return any(begin < node.sequence < end for begin, end in recorded)


_LEFT_OUT = "left out"  # marks an optional input that the call did not have


def module_calls(nodes: list[Node]) -> tuple[list[CallInfo], dict[int, int], dict[int, int]]:
    """The module calls, outer ones first; which call each node belongs to; and the number of each call by its identity."""
    calls: list[CallInfo] = []
    numbers: dict[int, int] = {}
    call_of: dict[int, int] = {}
    for index, node in enumerate(nodes):
        layer: Any = node.layer
        unknown = []
        while layer is not None and id(layer) not in numbers:
            unknown.append(layer)
            layer = getattr(layer, "caller", None)
        parent = numbers[id(layer)] if layer is not None else None
        for layer in reversed(unknown):
            kind = getattr(layer, "kind", "")
            calls.append(CallInfo(len(calls), str(layer), str(layer) or kind or "module", kind, parent, index, index))
            parent = numbers[id(layer)] = len(calls) - 1
        if node.layer is not None:
            call_of[index] = numbers[id(node.layer)]
        while parent is not None:
            calls[parent].last = index
            parent = calls[parent].parent
    times: dict[str, int] = {}
    for call in calls:
        times[call.label] = times.get(call.label, 0) + 1
    seen: dict[str, int] = {}
    for call in calls:
        if times[call.label] > 1:
            seen[call.label] = seen.get(call.label, 0) + 1
            call.label = f"{call.label}#{seen[call.label]}"
    return calls, call_of, numbers


def count_saved_bytes(nodes: list[Node], traced: list[TraceNode]) -> None:
    """Set ``bytes`` of each traced node: an array that several nodes saved counts at the first, a leaf's own array nowhere."""
    owned = set()
    for node in nodes:
        if node.plan is None and node.meta is not None and (owner := node.meta.tensor_ref()) is not None:
            owned.add(id(memory.owner(owner.array)))
    for node, t in zip(nodes, traced, strict=True):
        stack = list(node.saved or ())
        while stack:
            value = stack.pop()
            if isinstance(value, tuple):
                stack.extend(value)
            elif isinstance(value, np.ndarray):
                base = memory.owner(value)
                if id(base) not in owned:
                    owned.add(id(base))
                    t.bytes += base.nbytes


__all__ = ["NodeWriter", "count_saved_bytes", "is_inner", "module_calls"]
