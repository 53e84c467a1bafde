"""Forward mode: tangents carried along a recorded graph, by the rules and properties in the ops' declarations.

An op needs no rule for forward mode. The graph of a function is recorded once, and the tangents of the starting nodes are pushed
through it in the order in which the nodes were made. A node's tangent follows from those of its parents (J is the op's Jacobian):

    elementwise   the rule of each input, called with that input's tangent: J is diagonal, so it is its own transpose
    linear        the op itself, called with the tangents
    multilinear   the op with one input replaced by its tangent, summed over the inputs
    all others    the rule computes J^T u for an incoming gradient u, and is linear in u. So record rule(u) for any u, and sweep the
                  tangent t back to u: the gradient that arrives there is J t, because <J^T u, t> = <u, J t>

A tangent of x is dx itself, never a conjugate: the engine's convention for gradients, dL = Re(sum(g * dx)), needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakSet

import numpy as np
from numpy import ndarray

from ..errors import GraphError, describe, where
from . import memory
from .conform import fit_to_parent
from .gradients import node_of
from .graph import PICK, Node, leaf, make
from .memory import clock
from .modes import Watch, current, enter, innermost, leave
from .recording import node_of_view
from .saved import check_unchanged, freed_error, saved_as_tensors
from .standin import ones
from .sweep import leading_to, sweep


def push(
    seeds: dict[Node, Any],
    outputs: Sequence[Node | None],
    *,
    create_graph: bool = False,
    transposed: Callable[[Node, list[Any], tuple[Any, ...]], Any] | None = None,
) -> list[Any]:
    """The tangents of the outputs; None for an output that does not depend on a node with a tangent.

    Args:
        seeds: the nodes that have a tangent: arrays (tensors under ``create_graph``), in the nodes' shapes and dtypes.
        outputs: the nodes whose tangents are wanted; None for a value without a node.
        create_graph: compute with tensors, so that the tangents are recorded, as functions of the seeds and the nodes' values.
        transposed: computes J t of a node from its rule, where the values are no arrays; by default with tensors.

    Raises:
        GraphError: a node whose saved values were freed by a backward, or written in place since it was made.
    """
    ends = {node for node in outputs if node is not None}
    useful = leading_to(set(seeds), [(node, None) for node in ends])
    tangents: dict[Node, Any] = {}
    users = dict.fromkeys(useful, 0)
    for node in useful:
        for parent in node.parents:
            if parent in users:
                users[parent] += 1
    token = enter(current().but(grad=create_graph or transposed is not None))
    try:
        for node in sorted(useful, key=lambda n: n.sequence):
            if node in seeds:
                tangents[node] = seeds[node]
            elif node not in without_tangent and any(parent in tangents for parent in node.parents):
                tangents[node] = _tangent(node, tangents, create_graph, transposed)
            for parent in node.parents:
                if parent in users:
                    users[parent] -= 1
                    # No other node needs this tangent.
                    if not users[parent] and parent not in ends:
                        tangents.pop(parent, None)
    finally:
        leave(token)
    return [None if node is None else tangents.get(node) for node in outputs]


class Tangents(Watch):
    """Computes the tangent of each value when it is recorded, before anything that it was computed from can be written in place.

    Attributes:
        tangents: of the nodes made so far; at first the seeds.
        start: the time of the clock before which nothing has a tangent.
    """

    def __init__(self, outer: Watch | None) -> None:
        self.outer = outer
        self.tangents: dict[Node, Any] = {}
        self.start = next(clock)

    def forward(self, op: Any, node: Any, operands: Any, result: Any) -> None:
        if node is not None:
            known = self.tangents
            # Views whose base was written have nodes that no watch has seen.
            unseen = [p for p in node.parents if p is not None and p not in known and p.sequence > self.start]
            for parent, t in zip(unseen, push(known, unseen), strict=True):
                if t is not None:
                    known[parent] = t
            if node not in without_tangent and any(parent in known for parent in node.parents):
                known[node] = _tangent(node, known, False, None)
        super().forward(op, node, operands, result)


class DualTangents(Tangents):
    """Those of a level of ``forward_ad``, where the tangents are tensors of the user's.

    Attributes:
        given: the tangents as they were given to ``make_dual``, by the node of the dual number.
    """

    def __init__(self, outer: Watch | None) -> None:
        super().__init__(outer)
        self.given: dict[Node, Any] = {}

    def forward(self, op: Any, node: Any, operands: Any, result: Any) -> None:
        if node is None and op.differentiable and self.tangents and not current().grad and tangents_enabled():
            for t in operands:
                of_operand = node_of(t) if hasattr(t, "node") else None
                if of_operand is not None and of_operand.sequence > self.start and self.of(of_operand) is not None:
                    raise GraphError(
                        f"{op.name}: within a dual_level, no_grad() would stop the tangent of {describe(t)}, which PyTorch carries "
                        f"on: open no_grad() around dual_level(), or detach() what is a constant"
                    )
        super().forward(op, node, operands, result)

    def of(self, node: Node) -> Any:
        """The tangent of a node, or None."""
        return self.tangents[node] if node in self.tangents else push(self.tangents, [node])[0]

    def rebased(self, before: Node, after: Node) -> None:
        """As PyTorch, a write into a dual number in place writes into the tangent that it was given, too."""
        given, new = self.given.get(before), self.of(after)
        if given is not None and node_of(given) is None and new is not None:
            for node, t in list(self.tangents.items()):
                if node is not after and np.may_share_memory(t, given.array):
                    self.tangents[node] = np.array(t)
            memory.write(given.array, np.array(new))
            self.tangents[after], self.given[after] = given.array, given
        super().rebased(before, after)


def has_tangent(t: Any) -> bool:
    """Whether a tensor carries a tangent, which its array would lose."""
    watch, node = current().watch, node_of(t) if hasattr(t, "node") else None
    while watch is not None and node is not None:
        if isinstance(watch, Tangents) and (node in watch.tangents or push(watch.tangents, [node])[0] is not None):
            return True
        watch = watch.outer
    return False


def level_here() -> DualTangents | None:
    """The innermost level of ``forward_ad`` that is open here, or None."""
    return innermost(DualTangents, current().watch)


without_tangent: WeakSet[Node] = WeakSet()  # the nodes that were made while tangents were switched off


class TangentSwitch(Watch):
    """Within a block of it the values that are computed get tangents, or get none, though what they were computed from has some."""

    def __init__(self, outer: Watch | None, enabled: bool) -> None:
        self.outer, self.enabled = outer, enabled

    def forward(self, op: Any, node: Any, operands: Any, result: Any) -> None:
        if node is not None and not tangents_enabled():  # the innermost switch decides
            without_tangent.add(node)
        super().forward(op, node, operands, result)


def tangents_enabled() -> bool:
    """Whether values that are computed here get tangents."""
    switch = innermost(TangentSwitch, current().watch)
    return switch is None or switch.enabled


def _tangent(node: Node, tangents: dict[Node, Any], create_graph: bool, transposed: Callable[..., Any] | None) -> Any:
    """A node's tangent, from those of its parents."""
    plan = node.plan
    assert plan is not None
    op = plan.op
    ts = [None if parent is None else tangents.get(parent) for parent in node.parents]
    if op is PICK:
        return ts[0][node.params["index"]]  # type: ignore[index]
    saved = node.saved
    if saved is None:
        raise freed_error(node)
    if plan.keeps_arrays:
        check_unchanged(node, saved)
    if create_graph:
        saved = saved_as_tensors(node, saved)
    elif not saved and hasattr(plan, "for_tangents"):
        saved = plan.for_tangents(saved)
    try:
        t = plan.push(node, ts, saved) if plan.push is not None else None
        if t is None:
            t = _by_property(node, ts, saved)
        if t is None:
            t = _transposed(node, ts, saved, create_graph) if transposed is None else transposed(node, ts, saved)
    except Exception as error:
        error.add_note(f"in the forward mode of {op.name}{where(node.layer)}")
        raise
    if node.shape is None and type(node.layout) is not tuple:
        return t  # a value that is no array
    if node.shape is None:
        return tuple([_shaped(part, *layout) for part, layout in zip(t, node.layout, strict=True)])
    return _shaped(t, node.shape, node.dtype)


def _shaped(t: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """A tangent in its value's shape and dtype: real where the value is real."""
    if t.dtype != dtype:
        if t.dtype.kind == "c" and dtype.kind != "c":
            t = np.real(t)
        if t.dtype != dtype:
            t = t.astype(dtype)
    return t if t.shape == shape else np.broadcast_to(t, shape)


def _by_property(node: Node, ts: list[Any], saved: tuple[Any, ...]) -> Any:
    """The tangent by a property in the op's declaration (elementwise, linear, multilinear); None where it has none of them."""
    plan = node.plan
    assert plan is not None
    op = plan.op
    # For complex numbers, the rule (of the transpose) is a rule of the Jacobian only if the op is holomorphic.
    complex_out = node.shape is not None and node.dtype.kind == "c"
    if op.elementwise and op.outputs == 1 and op.joint is None and not op.variadic and (op.analytic or not complex_out):
        total = None
        for i, t in enumerate(ts):
            rule = plan.rule_of(i) if t is not None else None
            if rule is not None:
                term = rule(t if t.shape == node.shape else np.broadcast_to(t, node.shape), saved)
                total = term if total is None else total + term
        return total
    if op.linear:
        return _linear(node, ts)
    if op.multilinear:
        return _multilinear(node, ts, saved)
    return None


def _linear(node: Node, ts: list[Any]) -> Any:
    op, params = node.op, node.params or {}
    assert op is not None
    if any(parent is None for parent in node.parents):
        return None  # an input without a node: its shape, and so its tangent of zeros, is not known
    full = [np.zeros(p.shape, p.dtype) if t is None else t for t, p in zip(ts, node.parents, strict=True) if p is not None]
    return op(full, **params) if op.variadic else op(*full, **params)


def _multilinear(node: Node, ts: list[Any], saved: tuple[Any, ...]) -> Any:
    op, plan, params = node.op, node.plan, node.params or {}
    assert op is not None
    assert plan is not None
    value_of = dict(zip(plan.slots, saved, strict=True))
    if op.variadic:
        values: list[Any] = list(value_of[op.inputs[0]]) if op.inputs[0] in value_of else [_NOT_SAVED] * len(ts)
    else:
        values = [value_of.get(name, _NOT_SAVED) for name in op.inputs]
    total = None
    for i, t in enumerate(ts):
        if t is None:
            continue
        inputs = [*values[:i], t, *values[i + 1 :]]
        if any(value is _NOT_SAVED for value in inputs):
            return None
        term = op(inputs, **params) if op.variadic else op(*inputs, **params)
        total = term if total is None else total + term
    return total


_NOT_SAVED = object()


def _transposed(node: Node, ts: list[Any], saved: tuple[Any, ...], create_graph: bool) -> Any:
    """J t, by sweeping t back through the rule, which is linear in the incoming gradient u."""
    plan = node.plan
    assert plan is not None
    single = node.shape is not None
    layout = [(node.shape, node.dtype)] if single else node.layout
    us: list[Any] = [ones(shape, dtype, (ts, saved)) for shape, dtype in layout]
    marks: list[Node | None] = [None] * len(us)
    token = enter(current().but(grad=True, watch=None))
    try:
        for i, u in enumerate(us):
            if u.dtype.kind in "fc":
                us[i] = tensor = make(u)
                tensor.node = marks[i] = leaf(tensor)
        roots = []
        contributions = plan.backward(us[0] if single else tuple(us), saved)
        for parent, c, t in zip(node.parents, contributions, ts, strict=True):
            if t is None or c is None or parent is None or type(c) is ndarray:
                continue
            if c.shape != parent.shape or c.dtype != parent.dtype:
                c = fit_to_parent(c, node, parent)
            start = c.node if c._view is None else node_of_view(c)
            if start is not None:
                roots.append((start, t))
        arrived = sweep(roots, create_graph=create_graph, retain_graph=True, targets={m for m in marks if m is not None})
    finally:
        leave(token)
    # A tangent of zeros where nothing arrived, and for integers (indices), which have none.
    parts = [arrived[m] if m in arrived else np.zeros(shape, dtype) for m, (shape, dtype) in zip(marks, layout, strict=True)]
    return parts[0] if single else tuple(parts)
