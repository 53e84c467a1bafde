"""Arrivals: the moments of a sweep at which the gradient of a leaf is complete, and who is told of them.

A leaf's gradient is complete when the last node that was computed from the leaf has been visited. So these nodes are counted before
the sweep, and each visit counts down. Data parallel training listens: it sends the gradients of the last layers to the other
processes while those of the first layers are still being computed. A backward in which nobody listens counts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from weakref import ref

from numpy import ndarray

from .conform import switch_convention
from .graph import Node, reachable
from .hooks import after_hooks

listeners: dict[int, ref[Receiver]] = {}  # all receivers, by their ids; while there is none, no backward asks


class Receiver:
    """Takes the gradients of leaves while a backward runs. A weak reference to a leaf's receiver is in its node's ``meta``.

    All gradients are in PyTorch's convention.
    """

    def __init__(self) -> None:
        key = id(self)
        listeners[key] = ref(self, lambda _: listeners.pop(key, None))

    def listening(self) -> bool:
        """Whether it takes the gradients of the backward that begins."""
        return True

    def begin(self, leaves: set[Node], create_graph: bool) -> None:
        """A backward begins that leads to these of its leaves. It may raise: nothing has been changed yet."""

    def sections(self, leaf: Node) -> list[slice]:
        """The rows of a leaf in the sections in which their gradients are wanted, one after the other; empty: all at once."""
        return []

    def section(self, leaf: Node, rows: slice, gradient: ndarray) -> None:
        """The gradient of these rows of a leaf is complete."""

    def arrived(self, leaf: Node, gradient: ndarray) -> None:
        """The gradient of a leaf is complete."""

    def proceed(self) -> None:
        """Called after each node: the moment to look after work that is under way."""

    def end(self) -> Iterable[tuple[Any, Any]]:
        """The sweep has ended: pairs of a leaf's tensor and what its ``.grad`` becomes, for all leaves that it has taken."""
        return ()

    def abandon(self) -> None:
        """The sweep has raised."""


class Arrivals:
    """The arrivals of one sweep.

    Attributes:
        receivers: those that take part, each once.
    """

    def __init__(self) -> None:
        self._left: dict[Node, int] = {}  # the visits until each leaf's gradient is complete
        self.receivers: list[Receiver] = []

    def begin(self, roots: Iterable[Node], leading: set[Node] | None, create_graph: bool) -> None:
        """Count the visits that each leaf waits for, and tell the receivers that the sweep begins.

        Args:
            roots: the nodes that the sweep starts from. leading: where given, the only nodes that it visits.
            create_graph: whether it is recorded.
        """
        nodes = [node for node in reachable(*roots) if leading is None or node in leading]
        reached: dict[Receiver, set[Node]] = {}
        for node in nodes:
            if node.plan is not None or node.meta is None or node.meta.receiver is None:
                continue
            receiver = node.meta.receiver()
            if receiver is not None and receiver.listening():
                reached.setdefault(receiver, set()).add(node)
        self._left = dict.fromkeys([leaf for leaves in reached.values() for leaf in leaves], 0)
        for node in nodes if reached else ():
            for parent in node.parents:
                if parent in self._left:
                    self._left[parent] += 1
        for receiver, leaves in reached.items():
            self.receivers.append(receiver)
            receiver.begin(leaves, create_graph)

    def contributions(
        self, node: Node, gradient: Any, saved: tuple[Any, ...], waiting: dict[Node, Any]
    ) -> tuple[Any, ...] | None:  # fmt: skip
        """What the rules of a node return, where they are to be computed in sections, of which each is passed on before the next.

        Args:
            node, gradient, saved: what the rules are called for. waiting: the gradients that wait at nodes.

        Returns:
            None for each parent, as all of it has been passed on; or None, if the node's rules are to be called as ever.
        """
        plan: Any = node.plan
        if not plan.op.sections or type(gradient) is not ndarray:
            return None
        leaves: dict[int, Any] = {i: node.parents[i] for i, need in enumerate(plan.needs) if need}
        if any(plan.op.inputs[i] not in plan.op.sections for i in leaves) or len({*leaves.values()}) < len(leaves):
            return None
        if any(self._left.get(leaf) != 1 or leaf in waiting or leaf.meta.hooks for leaf in leaves.values()):
            return None
        cut = {i: leaf.meta.receiver().sections(leaf) for i, leaf in leaves.items()}
        if not any(cut.values()):
            return None
        for i in sorted(leaves, key=lambda i: len(cut[i])):  # what is sent whole comes first: it must not wait for the last section
            leaf, rule = leaves[i], plan.rule_of(i)
            receiver = leaf.meta.receiver()
            del self._left[leaf]
            for rows in cut[i]:
                receiver.section(leaf, rows, switch_convention(rule(gradient[..., rows], saved)))
                self._proceed()
            if not cut[i]:
                receiver.arrived(leaf, switch_convention(rule(gradient, saved)))
        return (None,) * len(node.parents)

    def visited(self, node: Node, waiting: dict[Node, Any]) -> None:
        """A node has been visited, and its contributions are among the waiting gradients."""
        for parent in node.parents:
            if parent in self._left:
                self._left[parent] -= 1
                if not self._left[parent] and parent in waiting:
                    self._arrive(parent, waiting)
        self._proceed()

    def finish(self, waiting: dict[Node, Any]) -> None:
        """The sweep has visited all: what waits is complete, also where a node on the way has passed no gradient on."""
        for leaf in [leaf for leaf in self._left if leaf in waiting]:
            self._arrive(leaf, waiting)

    def _arrive(self, leaf: Node, waiting: dict[Node, Any]) -> None:
        del self._left[leaf]
        gradient = after_hooks(leaf, waiting.pop(leaf), False)
        leaf.meta.receiver().arrived(leaf, switch_convention(gradient))  # type: ignore[union-attr, misc]

    def _proceed(self) -> None:
        for receiver in self.receivers:
            receiver.proceed()
