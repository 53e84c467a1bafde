"""Node: the place of a value in the graph, and how tensors are made at one.

A node knows the op, the nodes of its inputs, and what the op's rules named. It never knows its output: only tensors hold nodes, so
when the last tensor goes the graph goes with it, by reference counting alone.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any
from weakref import ref

import numpy as np
from numpy import ndarray

from ..errors import where
from .memory import clock
from .modes import ModuleCall
from .op import REGISTRY, Op, op
from .plan import Plan

Tensor: Any = None  # the class of results, which tensor.py binds: the only floor that knows its methods
AnyTensor: Any = None  # the class above it, of which parameters and users' own tensors are instances too

_shapes: dict[tuple[int, ...], tuple[int, ...]] = {}  # one tuple for all leaves of a shape: `is` then tells that two agree


class Node:
    """The place of one value in the graph: how it came about, never the value itself.

    Attributes:
        op: the op that made it, or None for a leaf. plan: what it saved and how it runs backwards.
        parents: a node per input of the op, None where no gradient is needed. saved: what the plan kept; None once freed.
        params: the parameters of the call. shape, dtype: of the value (None for the tuple of an op with several outputs).
        sequence: its number; parents have smaller ones. layer: the call of a module within which it was made.
        meta: hooks, a name, the tensor itself; None while it has none of them. layout: of an op with several outputs only, the
        shape and dtype of each.
    """

    __slots__ = ("__weakref__", "dtype", "layer", "layout", "meta", "params", "parents", "plan", "saved", "sequence", "shape")

    plan: Plan | None
    parents: tuple[Node | None, ...]
    saved: tuple[Any, ...] | None
    params: dict[str, Any] | None
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    sequence: int
    layer: ModuleCall | None
    meta: NodeMeta | None
    layout: tuple[tuple[tuple[int, ...], np.dtype[Any]], ...]

    @property
    def op(self) -> Op | None:
        return self.plan.op if self.plan is not None else None

    def name(self) -> str:
        """The op's name; for a leaf the name that it was given."""
        if self.plan is not None:
            return self.plan.op.name
        if self.meta is None:
            return "leaf"
        return self.meta.name or getattr(self.meta.tensor_ref(), "name", None) or "leaf"

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The parents, in the form in which PyTorch gives them."""
        return tuple((parent, 0) for parent in self.parents)

    def __repr__(self) -> str:
        return f"<{self.name()}{where(self.layer)}>"


class NodeMeta:
    """What only leaves and a few other nodes have: hooks, a name, the tensor whose ``.grad`` backward fills.

    Attributes:
        hooks: functions of the node's gradient, by the key of their handle; they may replace it.
        post_accumulate_hooks: functions of the tensor, called after backward has added to its ``.grad``; for leaves only.
        name: what the user called the tensor, or None.
        tensor_ref: returns the tensor, or None once it is gone; a weak reference, because the tensor holds the node.
        retains_grad: whether backward fills ``.grad`` although the tensor is no leaf.
    """

    __slots__ = ("hooks", "name", "post_accumulate_hooks", "retains_grad", "tensor_ref")

    def __init__(self) -> None:
        self.hooks: dict[int, Callable[[Any], Any]] = {}
        self.post_accumulate_hooks: dict[int, Callable[[Any], Any]] = {}
        self.name: str | None = None
        self.tensor_ref: Callable[[], Any] = lambda: None
        self.retains_grad = False


def meta_of(node: Node) -> NodeMeta:
    """The node's ``meta``, which is made when something is first put into it."""
    if node.meta is None:
        node.meta = NodeMeta()
    return node.meta


def reachable(*roots: Node | None, after: int = 0) -> list[Node]:
    """The roots and all nodes that they were computed from, oldest first, so that parents come before what was computed from them.

    A loop walks over the graph, so that its depth does not matter.

    Args:
        roots: the nodes to start from; None, for a value that needs no gradient, is skipped.
        after: a time of the clock; nodes made at or before it, and what they were computed from, are left out.
    """
    nodes = list({node: None for node in roots if node is not None and node.sequence > after})
    seen = set(nodes)
    for node in nodes:  # the list grows meanwhile
        for parent in node.parents:
            if parent is not None and parent not in seen and parent.sequence > after:
                seen.add(parent)
                nodes.append(parent)
    nodes.sort(key=attrgetter("sequence"))
    return nodes


def leaf(tensor: Any) -> Node:
    """A node for a tensor whose gradient is wanted and that no op has made. It knows its tensor, weakly: no cycle."""
    node = Node()
    node.plan = node.params = None
    node.parents = node.saved = ()
    node.shape, node.dtype = _shapes.setdefault(tensor.array.shape, tensor.array.shape), tensor.array.dtype
    node.sequence = next(clock)
    node.layer = None
    node.meta = NodeMeta()
    node.meta.tensor_ref = ref(tensor)
    return node


class Parts(dict[int, Any]):
    """The gradients that have arrived for some of the outputs of an op with several."""

    shape = dtype = None

    def __add__(self, other: Parts) -> Parts:
        total = Parts(self)
        for index, g in other.items():
            total[index] = total[index] + g if index in total else g
        return total

    def fill(self, node: Node) -> tuple[Any, ...]:
        """One gradient per output, zeros where none arrived."""
        if not node.plan.materialize:  # type: ignore[union-attr]
            return tuple([self.get(i) for i in range(len(node.layout))])
        return tuple([self[i] if i in self else np.zeros(shape, dtype) for i, (shape, dtype) in enumerate(node.layout)])


# One output of an op with several: it takes part in the graph as the child of the node that stands for all of them.
PICK = op("output", lambda values, index: values[index], values=lambda g, index: Parts({index: g}), samples=list)
del REGISTRY[PICK.name]  # it takes no arrays, so it has no samples: every op with several outputs proves it


def pick(node: Node, index: int, array: ndarray) -> Node:
    """A node for one output of the op with several outputs that made ``node``."""
    child = Node()
    child.plan, child.parents, child.saved, child.params = PICK.plan((True,)), (node,), (index,), {"index": index}
    child.shape, child.dtype, child.sequence = array.shape, array.dtype, next(clock)
    child.layer, child.meta = node.layer, None
    return child


def make(array: Any, node: Node | None = None) -> Any:
    """A tensor of an array (or a NumPy scalar) at a place in the graph."""
    t = Tensor()
    t.array = array if type(array) is ndarray else np.asarray(array)
    t.node = node
    t._grad = t._view = None
    return t


def array_of(value: Any) -> np.ndarray:
    """The array of a tensor, or of anything that NumPy makes one of."""
    return np.asarray(getattr(value, "array", value))
