"""One backward pass, written down: every picture is made from a Trace, and each can be checked against the tape.

Nodes hold no values. A trace finds them where they are: in what other nodes saved, in the leaves, or by computing them again from
those. Where a constant is missing for that (a number that no rule needed), or has been overwritten, the value is None. Under
``watch()`` every call is noted as it happens, and nothing is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...engine import memory
from ...engine.anomaly import Line
from ...engine.gradients import _roots, node_of
from ...engine.graph import PICK, Node
from ...engine.modes import Watch, current, enter, leave
from ...engine.op import Op
from ...engine.sweep import fit, outward, sweep
from ...errors import GraphError, describe
from . import watching
from .stats import Summary
from .watching import watch


@dataclass(slots=True)
class Operand:
    """One input of a traced op.

    name: of the input in the op's declaration. node: id of the node it comes from, None for a constant. constant: of an array, its
    place in ``Trace.constants``. text, value: what a constant is, where it is known. shape: of the input. contribution: what
    the backward pass gave to it. summed: the axes over which that was summed, because the input had been broadcast.
    """

    name: str
    node: int | None
    shape: tuple[int, ...] | None = None
    text: str = ""
    contribution: Summary | None = None
    summed: tuple[int, ...] = ()
    constant: int | None = None
    value: Summary | None = None


@dataclass(slots=True)
class TraceNode:
    """One value of the graph: how it was made, what it was, and which gradient reached it.

    id: its place on the tape. op: None for a leaf. name: the op's, or the leaf's path or name. call: the module call that made it.
    value, grad: None where not known, and for an op with several outputs (which are nodes of their own). bytes: what it alone keeps
    alive for backward. version: how often the value's memory has been written in place. variable: the user's variable that held the
    value of an op, seen by ``watch``.
    """

    id: int
    op: str | None
    name: str
    call: int | None
    operands: list[Operand]
    shape: Any
    dtype: Any
    value: Summary | None = None
    grad: Summary | None = None
    version: int = 0
    source: Line | None = None
    bytes: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    rule: Op | None = None
    variable: str = ""

    @property
    def is_leaf(self) -> bool:
        return self.op is None


@dataclass(slots=True)
class TraceConstant:
    """An array without a gradient that ops were called with: data, targets, masks. call: the module call to which it belongs."""

    id: int
    name: str
    shape: tuple[int, ...]
    dtype: Any
    value: Summary
    call: int | None = None
    inside: bool = False


@dataclass(slots=True)
class CallInfo:
    """One call of a module. label: its path, with its number where the module was called more than once (``fc#2``); for the
    outermost module, which has no path, its kind. first, last: the first and the last node made within it."""

    id: int
    path: str
    label: str
    kind: str
    parent: int | None
    first: int
    last: int


@dataclass(slots=True)
class Trace:
    """A backward pass: nodes in tape order (a node's id is its place), and the order in which the sweep visited them."""

    nodes: list[TraceNode]
    order: list[int]
    calls: list[CallInfo]
    loss: int
    constants: list[TraceConstant] = field(default_factory=list)

    def edges(self) -> list[tuple[int, int]]:
        """(operand, node) for every operand in the graph, in tape order; ``x * x`` gives the same pair twice."""
        return [(o.node, n.id) for n in self.nodes for o in n.operands if o.node is not None]


class _Visits(Watch):
    """Writes down what the sweep does."""

    def __init__(self, number: dict[Node, int], nodes: list[TraceNode]) -> None:
        self.number, self.nodes = number, nodes
        self.order: list[int] = []

    def backward(self, node: Any, gradient: Any, contributions: Any) -> None:
        traced = self.nodes[self.number[node]]
        self.order.append(traced.id)
        if type(gradient) is not tuple:
            traced.grad = Summary(outward(gradient))
        if node.plan.op is PICK:
            return  # what it gives is a place among the outputs, no array
        for operand, parent, c in zip(traced.operands, node.parents, contributions, strict=False):
            if parent is None or c is None or parent.shape is None:
                continue
            if c.shape != parent.shape:
                operand.summed = summed_axes(c.shape, parent.shape)
            if c.shape != parent.shape or c.dtype is not parent.dtype:
                c = fit(c, node, parent)
            operand.contribution = Summary(outward(c))


def summed_axes(shape: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    """The axes over which an array of a shape is summed, to undo the broadcast of one of the target's shape."""
    lead = len(shape) - len(target)
    if lead < 0:
        return ()
    return (*range(lead), *[lead + i for i, n in enumerate(target) if n == 1 and shape[lead + i] != 1])


def reachable(root: Node) -> list[Node]:
    """The nodes that a gradient at the root can reach, oldest first; a loop, so depth does not matter."""
    seen = {root}
    stack = [root]
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=lambda node: node.sequence)


def trace(loss: Any, gradient: Any = None, names: Mapping[str, Any] | None = None) -> Trace:
    """Run the backward pass once and write it down. The graph, every ``.grad`` and the hooks stay as they were.

    Args:
        loss: a tensor that needs a gradient, before ``backward`` (or after one with retain_graph=True).
        gradient: of the loss, of its shape; may be left out for a scalar.
        names: what to call tensors, parameters and data alike: name -> tensor.

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
    values = _values(nodes, root, loss.array)
    calls, call_of, known_calls = _calls(nodes)
    writer = _Writer(number, values, known_calls, names or {})
    traced = [writer.node(node, i, call_of.get(i)) for i, node in enumerate(nodes)]
    _kept_bytes(nodes, traced)

    visits = _Visits(number, traced)
    hooks = [(node.extra, node.extra.hooks) for node in nodes if node.extra is not None and node.extra.hooks]
    for owner, _ in hooks:
        owner.hooks = {}
    token = enter(current().but(watch=visits))
    try:
        results = sweep(_roots((loss,), gradient, graph=False), keep=True)
    finally:
        leave(token)
        for owner, hook in hooks:
            owner.hooks = hook
    for i in sorted([number[node] for node in results if node.plan is None], reverse=True):
        visits.order.append(i)
        traced[i].grad = Summary(outward(results[nodes[i]]))
    return Trace(traced, visits.order, calls, number[root], writer.constants)


class _Writer:
    """Turns nodes into traced ones."""

    def __init__(self, number: dict[Node, int], values: dict[Node, Any], calls: dict[int, int], names: Mapping[str, Any]) -> None:
        self.number, self.values, self.calls = number, values, calls
        self.of_node = {node_of(t): name for name, t in names.items() if node_of(t) is not None}
        self.of_array = {id(t.array): name for name, t in names.items()}
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
            t.variable = watching.names.get(node, "")
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
            t.value = Summary(value)
        if memory.written and isinstance(value, np.ndarray):
            t.version = memory.version(value)
        return t

    def name(self, node: Node) -> str:
        name = self.of_node.get(node) or node.name()
        return watching.names.get(node, name) if node.plan is None and name == "leaf" else name

    def operand(self, node: Node, note: Any, i: int, parent: Node | None) -> Operand:
        if parent is not None:
            return Operand(_input_name(node, i), self.number[parent], parent.shape)
        found = Operand(_input_name(node, i), None)
        seen = note.constants.get(i) if note is not None else None
        value = seen.value if seen is not None else _saved_input(node, i)
        if value is None:
            optional = not node.plan.op.variadic and i >= node.plan.op.required  # type: ignore[union-attr]
            found.text = _LEFT_OUT if optional or (note is not None and node.plan.op.variadic is False) else "not kept"  # type: ignore[union-attr]
            return found
        found.shape = np.shape(value)
        found.text = describe(value) if found.shape else describe(value.item() if hasattr(value, "item") else value)
        if not isinstance(value, np.ndarray | np.generic | float | int | complex):
            return found
        array = np.asarray(value)
        if not array.ndim:
            found.value = Summary(array)
            return found
        constant = self.known.get(id(value))
        if constant is None:
            name = self.of_array.get(id(value)) or (seen.name if seen is not None else None) or "constant"
            constant = TraceConstant(len(self.constants), name, array.shape, array.dtype, Summary(array))
            if seen is None:
                constant.inside = name == "constant"  # where it comes from is not known: then it stands where it is used
            else:
                constant.call, constant.inside = self.calls.get(id(seen.layer)), seen.inside
            self.known[id(value)] = constant
            self.constants.append(constant)
        found.constant, found.value = constant.id, constant.value
        return found


_LEFT_OUT = "left out"  # marks an optional input that the call did not have


def _input_name(node: Node, i: int) -> str:
    assert node.plan is not None
    op = node.plan.op
    return f"{op.inputs[0]}[{i}]" if op.variadic else op.inputs[i]


def _saved_input(node: Node, i: int) -> Any:
    """What a node saved of one of its inputs, or None."""
    plan = node.plan
    if plan is None or not node.saved:
        return None
    slot = plan.op.inputs[0] if plan.op.variadic else plan.op.inputs[i]
    if slot not in plan.slots:
        return None
    found = node.saved[plan.slots.index(slot)]
    return found[i] if plan.op.variadic else found


def _values(nodes: list[Node], root: Node, root_value: np.ndarray) -> dict[Node, Any]:
    """The value of every node, as far as it can be found or computed again."""
    values: dict[Node, Any] = {root: root_value}

    for node in nodes:
        if node.plan is None:
            owner = node.extra.owner() if node.extra is not None else None
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
                array = _saved_input(node, i)
                if array is not None and _unwritten(array, node):
                    values[parent] = array
    for node in nodes:
        if node not in values and node.plan is not None and node not in watching.notes:
            value = _again(node, values)
            if value is not None:
                values[node] = value
    return values


def _unwritten(array: Any, node: Node) -> bool:
    """Whether an array still holds what it held when the node was made."""
    return not memory.written or not isinstance(array, np.ndarray) or memory.last(array) <= node.sequence


def _again(node: Node, values: dict[Node, Any]) -> Any:
    """A node's value computed once more from its operands', or None if one of them is not to be had."""
    assert node.plan is not None
    op = node.plan.op
    if type(op) is not Op:
        return None  # a Function of the user's own: what it computes besides, nobody knows
    operands = []
    for i, parent in enumerate(node.parents):
        value = _saved_input(node, i) if parent is None else values.get(parent)
        if not _unwritten(value, node):
            return None
        if value is None and (parent is not None or op.variadic or i < op.required):
            return None
        if value is None and f"{op.inputs[i]}_shape" in node.plan.slots:
            return None  # it was given, and only its shape was kept
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


def _calls(nodes: list[Node]) -> tuple[list[CallInfo], dict[int, int], dict[int, int]]:
    """The module calls, outer ones first; which call each node belongs to; and the number of each call by its identity."""
    calls: list[CallInfo] = []
    found: dict[int, int] = {}
    call_of: dict[int, int] = {}
    for index, node in enumerate(nodes):
        layer: Any = node.layer
        unknown = []
        while layer is not None and id(layer) not in found:
            unknown.append(layer)
            layer = getattr(layer, "caller", None)
        parent = found[id(layer)] if layer is not None else None
        for layer in reversed(unknown):
            kind = getattr(layer, "kind", "")
            calls.append(CallInfo(len(calls), str(layer), str(layer) or kind or "module", kind, parent, index, index))
            parent = found[id(layer)] = len(calls) - 1
        if node.layer is not None:
            call_of[index] = found[id(node.layer)]
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
    return calls, call_of, found


def _kept_bytes(nodes: list[Node], traced: list[TraceNode]) -> None:
    """The memory that each node keeps alive for backward; what several keep is counted at the first, what leaves own nowhere."""
    owned = set()
    for node in nodes:
        if node.plan is None and node.extra is not None and (owner := node.extra.owner()) is not None:
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


__all__ = ["CallInfo", "Operand", "Trace", "TraceConstant", "TraceNode", "reachable", "summed_axes", "trace", "watch"]
