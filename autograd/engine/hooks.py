"""Hooks: the handle that registering one returns, and the hooks on a node's gradient, which the sweep calls."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from itertools import count
from operator import attrgetter
from typing import Any

from ..errors import DtypeError, GraphError, ShapeError, describe
from . import graph, memory
from .conform import switch_convention
from .graph import Node, make
from .modes import current, enter, leave
from .standin import copied

_ids = count()


class RemovableHandle:
    """Removes a hook: by ``remove()``, or at the end of a ``with`` block.

    Args:
        hooks: the dictionary into which the hook goes, under the handle's ``id``; hooks are called in its order.
        hook: the function, or whatever else the dictionary holds for it.
        prepend: put it before the hooks that are there already.
    """

    def __init__(self, hooks: MutableMapping[int, Any], hook: Any, prepend: bool = False) -> None:
        earlier = list(hooks) if prepend else []
        self._hooks = hooks
        self.id = next(_ids)
        hooks[self.id] = hook
        for key in earlier:
            hooks[key] = hooks.pop(key)

    def remove(self) -> None:
        """Remove the hook; a second call does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


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
                f"a hook on {node.name()} wrote into its gradient while the backward is recorded (create_graph=True): "
                f"return a new gradient instead"
            )
        if answer is not None:
            if not isinstance(answer, graph.AnyTensor):
                raise TypeError(f"a hook on {node.name()} returned {type(answer).__name__}: expected a Tensor or None")
            if answer.array.shape != shown.array.shape:
                raise ShapeError(
                    f"a hook on {node.name()} returned {describe(answer)} for a gradient {describe(shown)}: "
                    f"it must return the same shape"
                )
            if answer.array.dtype != shown.array.dtype:
                raise DtypeError(
                    f"a hook on {node.name()} returned {describe(answer)} for a gradient {describe(shown)}: "
                    f"it must return the same dtype"
                )
            shown = answer
    return switch_convention(shown if create_graph else shown.array)


def call_hook(hook: Callable[[Any], Any], value: Any, recording: bool = False) -> Any:
    """Call a hook. Its computations are recorded only if the sweep is recorded."""
    token = enter(current().but(grad=recording))
    try:
        return hook(value)
    finally:
        leave(token)


def leaves_after_hooks(gradients: dict[Node, Any], create_graph: bool) -> dict[Node, Any]:
    """The leaves' gradients after their hooks, which are called from the youngest leaf to the oldest, as for other nodes."""
    for node in gradients:
        meta = node.meta
        if meta is not None and (meta.hooks or meta.post_accumulate_hooks):
            youngest_first = sorted(gradients, key=attrgetter("sequence"), reverse=True)
            return {node: after_hooks(node, gradients[node], create_graph) for node in youngest_first}
    return gradients
