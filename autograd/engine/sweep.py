"""The backward sweep.

Nodes are numbered as they are made, and a node's inputs are always older than itself. So the sweep goes on with the youngest node
that has a gradient waiting: everything that used it has been seen, its gradient is complete, and its rules turn it into
contributions to its parents. The others wait in a heap. Nothing recurses, and no order has to be computed beforehand.

This floor knows no op by name and no method of Tensor.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any

import numpy as np
from numpy import ndarray

from ..errors import DtypeError, GraphError, ShapeError, describe, where
from . import graph as graph_
from . import memory
from .graph import Node, make, pick, reachable
from .modes import current, enter, leave
from .sums import sum_rows


def sweep(
    roots: list[tuple[Node, Any]], *, create_graph: bool = False, retain_graph: bool = False, targets: set[Node] | None = None
) -> dict[Node, Any]:
    """Carry gradients from the roots down to the leaves; return those of leaves, of targets, and of nodes that retain theirs.

    Args:
        roots: nodes with their gradients, arrays (tensors under ``create_graph``), in the engine's convention.
        create_graph: hand the rules tensors, so that the sweep is itself recorded.
        retain_graph: leave what the nodes saved, for another sweep.
        targets: where given, only what leads to one of these nodes is visited.
    """
    results: dict[Node, Any] = {}
    waiting: dict[Node, Any] = {}
    may_add_in_place: set[Node] = set()  # whose waiting gradient is a sum that this sweep made: nobody else holds it
    heap: list[tuple[int, Node]] = []
    useful = None if targets is None else leading_to(targets, roots)
    watch = current().watch
    for node, g in roots:
        if useful is None or node in useful:
            if node in waiting:
                waiting[node] = waiting[node] + g
            else:
                waiting[node] = g
                if node.plan is not None:
                    heappush(heap, (-node.sequence, node))
    # The youngest of those that wait is kept out of the heap: in a chain it is the only one.
    youngest = heappop(heap)[1] if heap else None
    # The rules' own calls are not watched: what they give is, as one result of the node.
    token = enter(current().but(grad=True, watch=None)) if create_graph else None
    try:
        while youngest is not None:
            node = youngest
            youngest = heappop(heap)[1] if heap else None
            g = waiting.pop(node)
            if node.meta is not None:
                g = _hooked(node, g, create_graph)
                if node.meta.retains_grad:
                    results[node] = g
            if targets is not None:
                if node in targets:
                    results[node] = g
                if useful.isdisjoint(node.parents):  # type: ignore[union-attr]
                    continue
            plan: Any = node.plan
            saved = node.saved
            if saved is None:
                raise freed_error(node)
            if memory.latest > node.sequence:
                check_unchanged(node, saved)
            if not retain_graph and plan.keeps_arrays:
                node.saved = None
            shape = node.shape
            if shape is None:
                g = g.fill(node)
            backward = plan.backward  # (a call of an attribute that is no method costs more)
            try:
                contributions = backward(g, saved_as_tensors(node, saved) if create_graph else saved)
            except Exception as error:
                error.add_note(f"in the backward of {plan.op.name}{where(node.layer)}")
                if watch is not None:
                    watch.failed(node, error)
                raise
            if watch is not None:
                watch.backward(node, g, contributions)
            i = -1
            for parent in node.parents:
                i += 1
                c = contributions[i]
                if parent is None or c is None or (useful is not None and parent not in useful):
                    continue
                # Where nothing was broadcast, an elementwise rule gives its argument's shape.
                if c.dtype is not parent.dtype or ((parent.shape is not shape or not plan.elementwise) and c.shape != parent.shape):
                    c = fit_to_parent(c, node, parent)
                held = waiting.get(parent)
                if held is None:
                    waiting[parent] = c
                    if parent.plan is None:
                        continue  # a leaf: it is left waiting
                    if youngest is None:
                        youngest = parent
                    elif parent.sequence < youngest.sequence:
                        heappush(heap, (-parent.sequence, parent))
                    else:
                        heappush(heap, (-youngest.sequence, youngest))
                        youngest = parent
                elif parent in may_add_in_place:
                    held += c
                else:
                    waiting[parent] = held + c
                    if not create_graph and parent.shape:
                        may_add_in_place.add(parent)
        # What is left waiting are the leaves.
        results.update(_hooked_leaves(waiting, create_graph))
    finally:
        if token is not None:
            leave(token)
    return results


_sequence = attrgetter("sequence")


def leading_to(targets: set[Node], roots: Iterable[tuple[Node, Any]]) -> set[Node]:
    """The nodes between the roots and the targets, both included."""
    useful: set[Node] = set()
    for node in reachable(*[node for node, _ in roots]):
        if node in targets or any(parent in useful for parent in node.parents):
            useful.add(node)
    return useful


def fit_to_parent(c: Any, node: Node, parent: Node) -> Any:
    """A contribution in the parent's shape and dtype: summed back over broadcast dimensions, real where the parent is real."""
    assert node.plan is not None
    shape = parent.shape
    if c.shape != shape:
        if not node.plan.op.elementwise:
            name = node.plan.op.inputs[min(node.parents.index(parent), len(node.plan.op.inputs) - 1)]
            raise ShapeError(
                f"{node.plan.op.name}{where(node.layer)}: the rule for input {name!r} returned a gradient of shape "
                f"{tuple(c.shape)} for an input of shape {tuple(shape)}: mend the rule"
            )
        c = unbroadcast(c, shape)
    if c.dtype != parent.dtype:
        if c.dtype.kind == "c" and parent.dtype.kind != "c":
            c = c.real
        if c.dtype != parent.dtype:
            c = c.astype(parent.dtype)
    return c


def unbroadcast(c: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the dimensions along which a value of this shape was broadcast; or broadcast, where the rule gave less."""
    if type(c) is ndarray and c.shape[c.ndim - len(shape) :] == shape:  # a bias: what is left is its shape
        return sum_rows(c) if c.ndim == 2 and len(shape) == 1 else np.add.reduce(c, tuple(range(c.ndim - len(shape))))
    if c.ndim < len(shape) or any(n == 1 != m for n, m in zip(c.shape[c.ndim - len(shape) :], shape, strict=True)):
        c = np.broadcast_to(c, np.broadcast_shapes(c.shape, shape))
    lead = c.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 and c.shape[lead + i] != 1)
    if axes:
        c = np.sum(c, axis=axes, keepdims=True)
    return np.reshape(c, shape) if c.shape != shape else c


def freed_error(node: Node) -> GraphError:
    return GraphError(
        f"Trying to backward through the graph a second time: what {node.name()}{where(node.layer)} saved was freed by the first "
        f"backward. Compute the loss again before each backward; if you meant to keep the graph (several losses share it), "
        f"pass retain_graph=True to the first backward; if this value should not be differentiated again, detach() it"
    )


def check_unchanged(node: Node, saved: tuple[Any, ...]) -> None:
    """Raise if anything that the node saved has been written in place since."""
    written = memory.written
    if not written:
        return
    for value in saved:
        for array in value if type(value) is tuple else (value,):
            if type(array) is ndarray:
                writes = written.get(id(array) if array.base is None else id(memory.owner(array)))
                if writes is not None and writes.last > node.sequence:
                    raise _changed(node, saved, array)


def _changed(node: Node, saved: tuple[Any, ...], array: ndarray) -> GraphError:
    slots = zip(node.plan.slots, saved, strict=True)  # type: ignore[union-attr]
    slot = next(name for name, value in slots if any(a is array for a in (value if type(value) is tuple else (value,))))
    return GraphError(
        f"one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"{node.name()}{where(node.layer)} saved {slot!r} ({describe(array)}) at version "
        f"{memory.version(array, node.sequence)}, and it is at version {memory.version(array)} now. "
        f"Use the out-of-place form, or clone() before the write"
    )


def saved_as_tensors(node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a node saved, as tensors in their places in the graph, so that rules run on them are recorded."""
    plan = node.plan
    assert plan is not None
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


def _hooked(node: Node, g: Any, create_graph: bool) -> Any:
    """The gradient after the node's hooks; they see it, and may replace it or write into it, in PyTorch's convention."""
    assert node.meta is not None
    if not node.meta.hooks:
        return g
    # The hooks' own memory: what they see may also be on its way to other nodes.
    shown = switch_convention(g) if create_graph else make(np.array(switch_convention(g)))
    for hook in list(node.meta.hooks.values()):
        before = memory.last(shown.array) if create_graph else 0
        answer = hook(shown)
        if create_graph and memory.last(shown.array) > before:
            raise GraphError(
                f"a hook on {node.name()} wrote into its gradient while the backward is recorded (create_graph=True): "
                f"return a new gradient instead"
            )
        if answer is not None:
            if not isinstance(answer, graph_.AnyTensor):
                raise TypeError(f"a hook on {node.name()} returned {type(answer).__name__}: expected a Tensor or None")
            if answer.array.shape != shown.array.shape:
                raise ShapeError(
                    f"a hook on {node.name()} returned {describe(answer)} for a gradient {describe(shown)}: same shape"
                )
            if answer.array.dtype != shown.array.dtype:
                raise DtypeError(
                    f"a hook on {node.name()} returned {describe(answer)} for a gradient {describe(shown)}: same dtype"
                )
            shown = answer
    return switch_convention(shown if create_graph else shown.array)


def _hooked_leaves(waiting: dict[Node, Any], create_graph: bool) -> dict[Node, Any]:
    """The leaves' gradients after their hooks, which run in the order in which the sweep would come to the leaves."""
    for node in waiting:
        if node.meta.hooks or node.meta.post_accumulate_hooks:  # type: ignore[union-attr]
            return {node: _hooked(node, waiting[node], create_graph) for node in sorted(waiting, key=_sequence, reverse=True)}
    return waiting


def switch_convention(g: Any) -> Any:
    """A gradient between the engine's convention and PyTorch's: they are each other's conjugates."""
    return np.conjugate(g) if g.dtype.kind == "c" else g
