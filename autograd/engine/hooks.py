"""Hooks on a node's gradient, which the sweep calls."""

from __future__ import annotations

from _thread import allocate_lock  # that of threading takes a millisecond to import
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from operator import attrgetter
from typing import Any
from weakref import ref

from ..errors import DtypeError, GraphError, ShapeError, describe
from . import graph, memory
from .conform import fit_to_parent, switch_convention
from .graph import Node, OutputGradients, make, reachable
from .handle import RemovableHandle
from .modes import current, enter, leave
from .standin import copied


def after_hooks(node: Node, g: Any, create_graph: bool) -> Any:
    """The gradient of a node after its hooks.

    Each hook gets the gradient as a tensor in PyTorch's convention; it may write into it, or return another.

    Args:
        node: a node with ``meta``.
        g: its gradient, in the engine's convention: an array, or a tensor under ``create_graph``. It stays as it is.
        create_graph: whether the sweep is recorded; then a hook may not write into the gradient.

    Raises:
        GraphError: a hook wrote into a gradient under ``create_graph``.
        TypeError, ShapeError, DtypeError: a hook returned anything but None or a tensor of the gradient's shape and dtype.
    """
    if node.meta is None or not node.meta.hooks:
        return g
    # A copy, because the same array may be on its way to other nodes.
    shown = switch_convention(g) if create_graph else make(copied(switch_convention(g)))
    for hook in list(node.meta.hooks.values()):
        before = memory.last(shown.array) if create_graph else 0
        answer = call_hook(hook, shown, create_graph)
        if create_graph and memory.last(shown.array) > before:
            raise GraphError(
                f"a hook on {node.label()} wrote into its gradient while the backward is recorded (create_graph=True): "
                f"return a new gradient instead"
            )
        if answer is not None:
            if not isinstance(answer, graph.AnyTensor):
                raise TypeError(f"a hook on {node.label()} returned {type(answer).__name__}: expected a Tensor or None")
            if answer.array.shape != shown.array.shape:
                raise ShapeError(
                    f"a hook on {node.label()} returned {describe(answer)} for a gradient {describe(shown)}: "
                    f"it must return the same shape"
                )
            if answer.array.dtype != shown.array.dtype:
                raise DtypeError(
                    f"a hook on {node.label()} returned {describe(answer)} for a gradient {describe(shown)}: "
                    f"it must return the same dtype"
                )
            shown = answer
    return switch_convention(shown if create_graph else shown.array)


def before_rule(node: Node, g: Any, create_graph: bool) -> Any:
    """A node's gradient after the hooks that see it before its rule does: a tuple, of one gradient per output."""
    hooks = node.meta.node_hooks  # type: ignore[union-attr]
    several = isinstance(g, OutputGradients)
    shown = _shown(tuple([g.get(i) for i in range(len(node.layout))]) if several else (g,), create_graph)
    for hook in list(hooks.before.values()):  # type: ignore[union-attr]
        answer = call_hook(hook, shown, create_graph)
        if answer is not None:
            shown = _same_number(answer, shown, node)
    back = _taken(shown, create_graph)
    return OutputGradients({i: x for i, x in enumerate(back) if x is not None}) if several else back[0]


def after_rule(node: Node, g: Any, contributions: Any, create_graph: bool) -> Any:
    """The gradients of a node's parents after the hooks that see them and the node's own."""
    hooks = node.meta.node_hooks  # type: ignore[union-attr]
    fitted = [
        None if parent is None or c is None else c if isinstance(c, OutputGradients) else fit_to_parent(c, node, parent)
        for c, parent in zip(contributions, node.parents, strict=False)
    ]
    whole = [isinstance(c, OutputGradients) for c in fitted]
    shown = _shown(tuple([None if w else c for c, w in zip(fitted, whole, strict=True)]), create_graph)
    outputs = _shown(g if isinstance(g, tuple) else (g,), create_graph)
    for hook in list(hooks.after.values()):  # type: ignore[union-attr]
        answer = call_hook(partial(_with_outputs, hook, outputs), shown, create_graph)
        if answer is not None and shown:
            shown = _same_number(answer, shown, node)
    back = _taken(shown, create_graph)
    return tuple([c if w else b for c, w, b in zip(fitted, whole, back, strict=True)])


def _with_outputs(hook: Callable[..., Any], outputs: tuple[Any, ...], inputs: tuple[Any, ...]) -> Any:
    return hook(inputs, outputs)


def _shown(gradients: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    """Gradients as tensors in PyTorch's convention; copies, because the same arrays may be on their way to other nodes."""
    switched = [None if g is None else switch_convention(g) for g in gradients]
    return tuple([g if g is None or create_graph else make(copied(g)) for g in switched])


def _taken(shown: tuple[Any, ...], create_graph: bool) -> list[Any]:
    return [None if t is None else switch_convention(t if create_graph else t.array) for t in shown]


def _same_number(answer: Any, shown: tuple[Any, ...], node: Node) -> tuple[Any, ...]:
    given = tuple(answer) if isinstance(answer, tuple | list) else (answer,)
    if len(given) != len(shown):
        raise GraphError(f"hooks on {node.label()}: hook has returned {len(given)} gradients, but {len(shown)} were expected")
    return given


def call_hook(hook: Callable[[Any], Any], value: Any, recording: bool = False) -> Any:
    """Call a hook. Its computations are recorded only if the sweep is recorded."""
    token = enter(current().but(grad=recording))
    try:
        return hook(value)
    finally:
        leave(token)


def leaves_after_hooks(gradients: dict[Node, Any], create_graph: bool) -> dict[Node, Any]:
    """The leaves' gradients after their hooks, which are called from the youngest leaf to the oldest, as for other nodes."""
    youngest_first = sorted(gradients, key=attrgetter("sequence"), reverse=True)
    return {node: after_hooks(node, gradients[node], create_graph) for node in youngest_first}


# ------------------------------------------------------------------------------------- several gradients at once
# How many of them a sweep will reach is counted before it begins.
joint: dict[int, ref[JointHook]] = {}  # all that are registered, by their ids; while there is none, no sweep counts anything

# For the sweep that runs in this context: what each hook has seen of it.
_seen: ContextVar[dict[JointHook, _Seen]] = ContextVar("glassgrad joint hooks")


class _Seen:
    """What a hook has seen of one sweep.

    Attributes:
        left: how many of its nodes the sweep has still to reach. gradients: those that have come, by the number of the tensor.
    """

    def __init__(self, left: int) -> None:
        self.left = left
        self.gradients: dict[int, Any] = {}
        self.lock = allocate_lock()


class JointHook:
    """Calls a function once in each sweep: with all gradients when the last has come, or with the first.

    Args:
        nodes: of the tensors. fn: the function. first: whether it is called with the first gradient, rather than with all.
    """

    def __init__(self, nodes: Sequence[Node], fn: Callable[..., Any], first: bool) -> None:
        self.nodes, self.fn, self.first = list(nodes), fn, first
        key = id(self)
        joint[key] = ref(self, lambda _: joint.pop(key, None))

    def hook(self, i: int) -> Callable[[Any], None]:
        """The hook on the gradient of one of the nodes."""

        def call(gradient: Any) -> None:
            seen = _seen.get({}).get(self)
            if seen is None:
                return
            with seen.lock:
                seen.gradients[i] = gradient
                seen.left -= 1
                begins, ends = len(seen.gradients) == 1, not seen.left
            if self.first and begins:
                self.fn(gradient)
            elif not self.first and ends:
                self.fn([seen.gradients.get(k) for k in range(len(self.nodes))])

        return call


@contextmanager
def counted(roots: Iterable[Node], visits: Callable[[Node], bool]) -> Any:
    """A block in which a sweep runs.

    Args:
        roots: the nodes from which it starts. visits: whether it comes to a node that can be reached from them.
    """
    reached = {node for node in reachable(*roots) if visits(node)}
    hooks = [hook for hook in [reference() for reference in list(joint.values())] if hook is not None]
    token = _seen.set({hook: _Seen(len([node for node in hook.nodes if node in reached])) for hook in hooks})
    try:
        yield
    finally:
        _seen.reset(token)


__all__ = [
    "JointHook", "RemovableHandle", "after_hooks", "after_rule", "before_rule", "call_hook", "counted", "joint",
    "leaves_after_hooks",
]  # fmt: skip
