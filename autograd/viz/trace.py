"""One backward pass, written down: every picture is made from a Trace, and each can be checked against the tape.

Nodes hold no values. A trace finds them where they are: in what other nodes saved, in the leaves, or by computing them again from
those. Where a constant is missing for that (a number that no rule needed), the value is None. Under ``watch()`` every call is noted
as it happens, with its value, its constants and its line in the user's source, and nothing is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from .. import memory
from ..anomaly import Line, users_line
from ..engine import outward, sweep, unbroadcast
from ..errors import GraphError, describe
from ..gradients import _roots, node_of
from ..graph import PICK, Node
from ..modes import Watch, current, enter, leave
from .stats import Summary


@dataclass
class Operand:
    """One input of a traced op.

    name: of the input in the op's declaration. node: id of the node it comes from, None for a constant. text: what the constant is.
    shape: of the input. contribution: what the backward pass gave to it. summed: the axes over which that was summed, because the
    input had been broadcast.
    """

    name: str
    node: int | None
    shape: tuple[int, ...] | None = None
    text: str = ""
    contribution: Summary | None = None
    summed: tuple[int, ...] = ()


@dataclass
class TraceNode:
    """One value of the graph: how it was made, what it was, and which gradient reached it."""

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

    @property
    def is_leaf(self) -> bool:
        return self.op is None


@dataclass
class CallInfo:
    """One call of a module. label: its path, with its number where the module was called more than once (``fc#2``)."""

    id: int
    path: str
    label: str
    kind: str
    parent: int | None
    first: int
    last: int


@dataclass
class Trace:
    """A backward pass: nodes in tape order (a node's id is its place), and the order in which the sweep visited them."""

    nodes: list[TraceNode]
    order: list[int]
    calls: list[CallInfo]
    loss: int

    def edges(self) -> list[tuple[int, int]]:
        """(operand, node) for every operand in the graph, in tape order; ``x * x`` gives the same pair twice."""
        return [(o.node, n.id) for n in self.nodes for o in n.operands if o.node is not None]


@dataclass
class Note:
    """What ``watch`` saw of one call."""

    value: Any
    operands: tuple[Any, ...]
    source: Line | None


_notes: WeakKeyDictionary[Node, Note] = WeakKeyDictionary()


class watch(Watch):
    """Within it, every recorded call is noted in full, so that a trace misses nothing. It keeps all values alive: for looking.

    Example:
        >>> import autograd
        >>> from autograd import viz
        >>> x = autograd.tensor(3.0, requires_grad=True)
        >>> with viz.watch():
        ...     y = (x + 2.0) * x
        >>> viz.trace(y).nodes[1].operands[1].text
        '2.0'
    """

    def __enter__(self) -> watch:
        self.outer = current().watch
        self._token = enter(current().but(watch=self))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        leave(self._token)

    def forward(self, op: Any, node: Any, operands: Any, result: Any) -> None:
        if node is not None:
            values = tuple([getattr(v, "array", v) for v in operands])
            arrays = tuple([t.array for t in result]) if isinstance(result, tuple) else result.array
            _notes[node] = Note(arrays, values, users_line())
        super().forward(op, node, operands, result)


class _Visits(Watch):
    """Writes down what the sweep does."""

    def __init__(self, number: dict[Node, int], nodes: list[TraceNode]) -> None:
        self.number, self.nodes = number, nodes
        self.order: list[int] = []

    def backward(self, node: Any, gradient: Any, contributions: Any) -> None:
        traced = self.nodes[self.number[node]]
        self.order.append(traced.id)
        if not isinstance(gradient, tuple):
            traced.grad = Summary(outward(np.asarray(gradient)))
        for operand, parent, c in zip(traced.operands, node.parents, contributions, strict=False):
            if parent is None or c is None or node.plan.op is PICK:
                continue
            c = np.asarray(c)
            if parent.shape is not None and c.shape != parent.shape:
                lead = c.ndim - len(parent.shape)
                longer = tuple(i + lead for i, n in enumerate(parent.shape) if n == 1 and c.shape[lead + i] != 1) if lead >= 0 else ()
                operand.summed = (*range(lead), *longer)
                c = unbroadcast(c, parent.shape)
            operand.contribution = Summary(outward(c))


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


def trace(loss: Any, gradient: Any = None) -> Trace:
    """Run the backward pass once and write it down. The graph, every ``.grad`` and the hooks stay as they were.

    Args:
        loss: a tensor that needs a gradient, before ``backward`` (or after one with retain_graph=True).
        gradient: of the loss, of its shape; may be left out for a scalar.

    Raises:
        GraphError: no graph, or one that was freed.

    Example:
        >>> import autograd
        >>> from autograd import viz
        >>> x = autograd.tensor(3.0, requires_grad=True)
        >>> t = viz.trace(x * x)
        >>> [(n.name, n.value.mean, n.grad.mean) for n in t.nodes]
        [('leaf', 3.0, 6.0), ('mul', 9.0, 1.0)]
    """
    root = node_of(loss)
    if root is None:
        raise GraphError(f"nothing to trace: the tensor {describe(loss.array)} does not require grad, so it has no graph")
    nodes = reachable(root)
    number = {node: i for i, node in enumerate(nodes)}
    values = _values(nodes, root, loss.array)
    calls, call_of = _calls(nodes)
    traced = [_traced(node, i, number, values, call_of.get(i)) for i, node in enumerate(nodes)]
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
    for node, g in sorted(results.items(), key=lambda item: -item[0].sequence):
        if node.plan is None:
            visits.order.append(number[node])
            traced[number[node]].grad = Summary(outward(g))
    return Trace(traced, visits.order, calls, number[root])


def _traced(node: Node, index: int, number: dict[Node, int], values: dict[Node, Any], call: int | None) -> TraceNode:
    note = _notes.get(node)
    operands = []
    for i, parent in enumerate(node.parents):
        operand = Operand(_input_name(node, i), None if parent is None else number[parent])
        if parent is not None:
            operand.shape = parent.shape
        else:
            constant = note.operands[i] if note is not None and i < len(note.operands) else _saved_input(node, i)
            if constant is None and note is not None:
                continue  # an optional input that was left out
            operand.shape = None if constant is None else np.shape(constant)
            operand.text = "not kept" if constant is None else describe(constant)
        operands.append(operand)
    value = values.get(node)
    return TraceNode(
        id=index,
        op=None if node.plan is None else node.plan.op.name,
        name=node.name(),
        call=call,
        operands=operands,
        shape=node.shape,
        dtype=node.dtype,
        value=None if value is None or isinstance(value, tuple) else Summary(value),
        version=0 if value is None or isinstance(value, tuple) else memory.version(value),
        source=None if note is None else note.source,
        params=dict(node.params or {}),
    )


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

    def unchanged(array: Any, node: Node) -> bool:
        return not isinstance(array, np.ndarray) or memory.last(array) <= node.sequence

    for node in nodes:
        if node.plan is None:
            owner = node.extra.owner() if node.extra is not None else None
            if owner is not None:
                values[node] = owner.array
            continue
        note = _notes.get(node)
        if note is not None:
            values.setdefault(node, note.value)
        if not node.saved:
            continue
        if "y" in node.plan.slots:
            y = node.saved[node.plan.slots.index("y")]
            if unchanged(y, node):
                values.setdefault(node, y)
        for i, parent in enumerate(node.parents):
            if parent is not None and parent not in values:
                array = _saved_input(node, i)
                if array is not None and unchanged(array, node):
                    values[parent] = array
    for node in nodes:
        if node not in values and node.plan is not None:
            value = _again(node, values)
            if value is not None:
                values[node] = value
    return values


def _again(node: Node, values: dict[Node, Any]) -> Any:
    """A node's value computed once more from its operands', or None if one of them is not to be had."""
    assert node.plan is not None
    op = node.plan.op
    operands = []
    for i, parent in enumerate(node.parents):
        value = _saved_input(node, i) if parent is None else values.get(parent)
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


def _calls(nodes: list[Node]) -> tuple[list[CallInfo], dict[int, int]]:
    """The module calls, outer ones first, and which call each node belongs to."""
    calls: list[CallInfo] = []
    found: dict[int, CallInfo] = {}
    call_of: dict[int, int] = {}

    def info(layer: Any, index: int) -> CallInfo:
        known = found.get(id(layer))
        if known is not None:
            return known
        caller = getattr(layer, "caller", None)
        parent = info(caller, index) if caller is not None else None
        call = CallInfo(len(calls), str(layer), str(layer), getattr(layer, "kind", ""), parent.id if parent else None, index, index)
        calls.append(call)
        found[id(layer)] = call
        return call

    for index, node in enumerate(nodes):
        if node.layer is None:
            continue
        call: CallInfo | None = info(node.layer, index)
        assert call is not None
        call_of[index] = call.id
        while call is not None:
            call.last = index
            call = calls[call.parent] if call.parent is not None else None
    times: dict[str, int] = {}
    for call in calls:
        times[call.path] = times.get(call.path, 0) + 1
    seen: dict[str, int] = {}
    for call in calls:
        if times[call.path] > 1:
            seen[call.path] = seen.get(call.path, 0) + 1
            call.label = f"{call.path}#{seen[call.path]}"
    return calls, call_of


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


__all__ = ["CallInfo", "Operand", "Trace", "TraceNode", "reachable", "trace", "watch"]
