"""The backward sweep: gradients of the roots go in, gradients of the leaves come out.

Nodes are numbered when they are made, and a node's parents are older than the node itself. So the sweep always takes the youngest
node whose gradient waits: everything that was computed from it has been visited, and its gradient is complete. The node's rules
turn that into a contribution to each parent, which is added to what waits there. Nothing recurses, and no order is computed
beforehand.

No op and no method of Tensor is known here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Any

from numpy import ndarray

from ..errors import where
from . import memory
from .arrivals import Arrivals
from .conform import fit_to_parent
from .graph import Node, hooked, reachable
from .hooks import after_hooks, after_rule, before_rule, leaves_after_hooks
from .modes import current, enter, leave
from .saved import check_unchanged, freed_error, saved_as_tensors
from .standin import standing_in

recorded: deque[tuple[int, int]] = deque(maxlen=256)  # the times within which the last sweeps under create_graph were recorded


def sweep(
    roots: list[tuple[Node, Any]], create_graph: bool = False, retain_graph: bool = False, targets: set[Node] | None = None,
    arrivals: Arrivals | None = None,
) -> dict[Node, Any]:  # fmt: skip
    """Carry gradients from the roots to the leaves; return those of the leaves, of the targets, and of nodes that retain theirs.

    Each turn of the loop has three parts, marked below: the queue, the node's rule, and the accumulation of what the rule returned.
    They are not functions of their own, because two calls per node would make the backward of a small graph 5 to 10 % slower.

    Args:
        roots: nodes with their gradients, in the engine's convention: arrays, or tensors under ``create_graph``.
        create_graph: call the rules with tensors, so that the sweep itself is recorded.
        retain_graph: leave what the nodes saved for another sweep.
        targets: where given, only nodes that lead to one of these are visited.
        arrivals: where given, it takes the gradients of some leaves as soon as they are complete: they are not returned.

    Raises:
        GraphError: a node whose saved values were freed by an earlier sweep, or written in place since it was made.
    """
    results: dict[Node, Any] = {}
    may_add_in_place: set[Node] | tuple[()] = ()  # nodes whose waiting gradient is a sum made here, which nobody else holds
    leading = None if targets is None else leading_to(targets, roots)
    waiting: dict[Node, Any]
    heap: list[tuple[int, Node]]
    youngest: Node | None
    if len(roots) == 1 and leading is None:  # the usual case: one loss
        root, gradient = roots[0]
        waiting, heap = {root: gradient}, []
        youngest = None if root.plan is None else root
    else:
        waiting, heap = queued(roots, leading)
        youngest = heappop(heap)[1] if heap else None
    watch = current().watch
    if arrivals is not None:
        arrivals.begin([node for node, _ in roots], leading, create_graph)
    # The calls within a rule are recorded, but not watched: the watch sees the rule's result, as one step.
    token = enter(current().but(grad=True, watch=None)) if create_graph else None
    begin = next(memory.clock) if create_graph else 0
    try:
        while youngest is not None:
            # ---- Queue: take the youngest waiting node, and find the next. (In a chain the heap stays empty.)
            node = youngest
            youngest = heappop(heap)[1] if heap else None
            gradient = waiting.pop(node)

            # ---- Rule: a contribution to each parent.
            hooks = None
            if node.meta is not None:
                gradient = after_hooks(node, gradient, create_graph)
                if node.meta.retains_grad:
                    results[node] = gradient
                hooks = node.meta.node_hooks
            if targets is not None:
                if node in targets:
                    results[node] = gradient
                if leading.isdisjoint(node.parents):  # type: ignore[union-attr]
                    continue
            if hooks is not None and hooks.before:
                gradient = before_rule(node, gradient, create_graph)
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
                gradient = gradient.fill(node)
            backward = plan.backward  # (calling the attribute in one expression takes longer)
            try:
                contributions = None
                if arrivals is not None and watch is None:
                    contributions = arrivals.contributions(node, gradient, saved, waiting)
                if contributions is None:
                    contributions = backward(gradient, saved if not create_graph else saved_as_tensors(node, saved))
            except Exception as error:
                contributions = on_arrays(node, gradient, saved, create_graph, watch, error)
            if hooks is not None and hooks.after:
                contributions = after_rule(node, gradient, contributions, create_graph)
            if watch is not None:
                watch.backward(node, gradient, contributions)

            # ---- Accumulation: add each contribution to the gradient that waits for its parent, or queue the parent.
            i = -1
            for parent in node.parents:
                i += 1
                contribution = contributions[i]
                if parent is None or contribution is None or (leading is not None and parent not in leading):
                    continue
                # The rule of an elementwise op returns the shape of its argument, if nothing was broadcast.
                if contribution.dtype is not parent.dtype or (
                    (parent.shape is not shape or not plan.elementwise) and contribution.shape != parent.shape
                ):
                    contribution = fit_to_parent(contribution, node, parent)
                if parent not in waiting:
                    waiting[parent] = contribution
                    if parent.plan is None:
                        continue  # a leaf is never taken from the queue
                    if youngest is None:
                        youngest = parent
                    elif parent.sequence < youngest.sequence:
                        heappush(heap, (-parent.sequence, parent))
                    else:
                        heappush(heap, (-youngest.sequence, youngest))
                        youngest = parent
                elif parent in may_add_in_place and type(contribution) is ndarray:
                    waiting[parent] += contribution  # the same array, unless the contribution stands in for one: then a new sum
                else:
                    waiting[parent] = waiting[parent] + contribution
                    if not create_graph and parent.shape and type(waiting[parent]) is ndarray:
                        may_add_in_place = may_add_in_place or set()
                        may_add_in_place.add(parent)
            if arrivals is not None:
                arrivals.visited(node, waiting)
        if arrivals is not None:
            arrivals.finish(waiting)
        # Only leaves are left waiting.
        for node in waiting if hooked else ():
            if node.meta is not None and (node.meta.hooks or node.meta.post_accumulate_hooks or node.meta.node_hooks):
                waiting = leaves_after_hooks(waiting, create_graph)
                break
        results = {**results, **waiting} if results else waiting
    finally:
        if token is not None:
            leave(token)
            recorded.append((begin, next(memory.clock)))
    return results


def queued(roots: list[tuple[Node, Any]], leading: set[Node] | None) -> tuple[dict[Node, Any], list[tuple[int, Node]]]:
    """The sweep's beginning: what waits for each root, and the heap of those roots that are no leaves.

    The gradients of a root that is listed twice are added. Of ``leading``, where given, roots that are not in it are left out.

    Returns:
        The sum of the contributions to each node so far, and the waiting nodes that are no leaves, with their numbers negated.
    """
    waiting: dict[Node, Any] = {}
    heap: list[tuple[int, Node]] = []
    for node, gradient in roots:
        if leading is None or node in leading:
            if node in waiting:
                waiting[node] = waiting[node] + gradient
            else:
                waiting[node] = gradient
                if node.plan is not None:
                    heappush(heap, (-node.sequence, node))
    return waiting, heap


def on_arrays(node: Node, gradient: Any, saved: Any, create_graph: bool, watch: Any, error: Exception) -> Any:
    """The contributions of a node whose rule raised on stand-ins, which ``compile`` and ``vmap`` put in the place of arrays.

    Args:
        node: the node. gradient, saved: with which its rule was called. create_graph: whether they are tensors.
        watch: of the sweep, or None. error: what the rule raised.

    Raises:
        Exception: the error, with a note that names op and layer, where nothing stands in for an array.
    """
    plan: Any = node.plan
    stand_in = None if create_graph else standing_in((gradient, saved))
    if stand_in is None:
        error.add_note(f"in the backward of {plan.op.name}{where(node.layer)}")
        if watch is not None:
            watch.failed(node, error)
        raise error
    return stand_in.opaque(plan.op.name, plan.backward, (gradient, saved), {})


def leading_to(targets: set[Node], roots: Iterable[tuple[Node, Any]]) -> set[Node]:
    """The nodes on the ways from the roots to the targets, both included."""
    leading: set[Node] = set()
    for node in reachable(*[node for node, _ in roots]):
        if node in targets or any(parent in leading for parent in node.parents):
            leading.add(node)
    return leading
