"""The graph of recorded calls: its nodes, how they are made, and one walk over them.

A node holds its op, the nodes of the op's inputs, and the values that the op's rules ask for. It never holds its own output. So
references run one way only, from tensors to nodes and from nodes to their parents, and Python frees the graph as soon as the last
tensor that leads to it is gone, without the garbage collector.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple
from weakref import ref

import numpy as np
from numpy import ndarray, zeros

from .. import types
from ..errors import GraphError, printable, where
from ..types import ArrayLike
from .handle import RemovableHandle
from .memory import clock
from .modes import Marking, ModuleCall, current, inference_blocks
from .op import REGISTRY, Op, op
from .plan import Plan
from .standin import as_array

# ``bind`` in recording.py sets these when the class Tensor is made, because this file may not import them.
Tensor: Any = None  # the class of results
AnyTensor: Any = None  # its base class; parameters and tensors of users' subclasses are instances of this one, too
saved_tensor: Any = None  # the function of saved.py that makes a SavedTensor

_shapes: dict[tuple[int, ...], tuple[int, ...]] = {}  # leaves of equal shapes share one tuple, so that ``is`` can compare them


called: Any = None  # what calls a node's rule for a user; set by gradients.py, which knows more of the engine


class Node:
    """One value in the graph: which call of an op computed it, and from what. The value itself is not part of it.

    Attributes:
        op: the op that computed the value; None for a leaf.
        plan: what the call saved and how it runs backwards; None for a leaf.
        parents: a node per input of the op, None for an input that needs no gradient.
        saved: a value for each slot of the plan; None once a backward has freed it.
        params: the parameters of the call, by name.
        shape, dtype: of the value; None for an op with several outputs, whose value is a tuple.
        sequence: the time of the clock at which the node was made; parents have earlier ones.
        layer: the call of a module within which the node was made, or None.
        meta: hooks, a name, the tensor itself; None while there is none of them.
        layout: the shape and dtype of each output; set for an op with several outputs only.
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

    def label(self) -> str:
        """The op's name; for a leaf the name that the user gave to its tensor, or "leaf". Control characters are escaped."""
        if self.plan is not None:
            return printable(self.plan.op.name)
        if self.meta is None:
            return "leaf"
        return printable(self.meta.name or getattr(self.meta.tensor_ref(), "name", None) or "leaf")

    # ------------------------------------------------------------------------------- PyTorch's interface of ``tensor.grad_fn``
    def name(self) -> str:
        """PyTorch's name: that of the op in capitals with "Backward0", of a Function with "Backward"; AccumulateGrad for a leaf."""
        if self.plan is None:
            return "torch::autograd::AccumulateGrad"
        words = printable(self.plan.op.name).split("_")
        number = "0" if REGISTRY.get(self.plan.op.name) is self.plan.op else ""
        return "".join([word[:1].upper() + word[1:] for word in words]) + "Backward" + number

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The parents as PyTorch lists them: pairs of a node and the number of its output."""
        edges = [(None, 0) if parent is None else edge(parent) for parent in self.parents]
        return tuple([(node, number) for node, number in edges])

    @property
    def variable(self) -> types.Tensor | None:
        """The tensor of a leaf's node."""
        if self.plan is not None:
            raise AttributeError("variable")  # Python then asks __getattr__, which says why
        return None if self.meta is None else self.meta.tensor_ref()

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for whatever a user wants to note here."""
        meta = meta_of(self)
        if meta.metadata is None:
            meta.metadata = {}
        return meta.metadata

    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Have backward call ``fn(grad_outputs)`` before the node's rule; a tuple that it returns takes their place."""
        return add_hook(_node_hooks(self).before, fn)

    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Have backward call ``fn(grad_inputs, grad_outputs)`` after the node's rule; a tuple that it returns replaces grad_inputs.

        A leaf's hook is called after its ``.grad`` was filled, with no ``grad_inputs``; what it returns is ignored.
        """
        return add_hook(_node_hooks(self).after, fn)

    @property
    def _input_metadata(self) -> tuple[OutputMetadata, ...]:
        """The shape and dtype of each output, which are those of the gradients that the node takes in."""
        layout = self.layout if self.shape is None else ((self.shape, self.dtype),)
        return tuple([OutputMetadata(*each) for each in layout])

    def _sequence_nr(self) -> int:
        """The time of the clock at which the node was made."""
        return self.sequence

    def __call__(self, *grad_outputs: types.Tensor | None) -> types.Tensor | tuple[types.Tensor | None, ...] | None:
        """The gradients of the parents, in the order of ``next_functions``, for a gradient of each output: the node's rule alone.

        Raises:
            TypeError: another number of gradients than that of the outputs. GraphError: what it has saved was freed.
        """
        found: Any = called(self, grad_outputs)
        return found

    def __getattr__(self, name: str) -> Any:
        """``_saved_self``, ``_saved_other``, ``_saved_result`` and the like: what the rule of this very op has saved. The node of a
        Function has the attributes of its ``ctx``, which is the node itself in PyTorch.
        """
        if self.plan is not None:
            if name.startswith("_saved_"):
                return _saved_value(self, name.removeprefix("_saved_"))
            if name.startswith("_raw_saved_"):
                return _saved_value(self, name.removeprefix("_raw_saved_"), raw=True)
            plan: Any = getattr(self.plan, "inner", self.plan)
            if hasattr(plan, "ctx"):
                if name == "saved_tensors":
                    return _saved_value(self, "tensors")
                if not name.startswith("__"):
                    try:
                        return getattr(plan.ctx, name)
                    except AttributeError:
                        pass
        hint = ": only the nodes of leaves have one" if name == "variable" else ""
        raise AttributeError(f"{self.name()} has no attribute {name!r}{hint}")

    def __repr__(self) -> str:
        return f"<{self.label()}{where(self.layer)}>"


class OutputMetadata(NamedTuple):
    """The shape and dtype of one output of a node."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class NodeMeta:
    """The properties that only leaves and a few other nodes have: hooks, a name, the tensor whose ``.grad`` backward fills.

    Attributes:
        hooks: functions of the node's gradient, by the key of their handle; they may replace it.
        post_accumulate_hooks: functions of the tensor, called after backward has added to its ``.grad``; for leaves only.
        name: what the user called the tensor, or None.
        node_hooks: functions of all gradients of the node, or None while there are none.
        metadata: what a user has noted, or None.
        tensor_ref: returns the tensor, or None once it is gone; a weak reference, because the tensor holds the node.
        retains_grad: whether backward fills ``.grad`` although the tensor is no leaf.
        receiver: returns who takes a leaf's gradient while the sweep still runs, or None; see arrivals.py.
    """

    __slots__ = ("hooks", "metadata", "name", "node_hooks", "post_accumulate_hooks", "receiver", "retains_grad", "tensor_ref")

    def __init__(self) -> None:
        self.hooks: dict[int, Callable[[Any], Any]] = {}
        self.post_accumulate_hooks: dict[int, Callable[[Any], Any]] = {}
        self.node_hooks: NodeHooks | None = None
        self.metadata: dict[Any, Any] | None = None
        self.name: str | None = None
        self.tensor_ref: Callable[[], Any] = lambda: None
        self.retains_grad = False
        self.receiver: Callable[[], Any] | None = None


# One entry once a hook has been put on any node: until then no backward looks for hooks on the leaves that it has reached.
hooked: list[None] = []


def add_hook(hooks: dict[int, Any], hook: Callable[..., Any]) -> RemovableHandle:
    """Put a hook into one of the dictionaries of a node's ``meta``."""
    if not hooked:
        hooked.append(None)
    return RemovableHandle(hooks, hook)


class NodeHooks:
    """The hooks on a node, by the key of their handle: ``before`` get its gradients, ``after`` those of its parents, too."""

    __slots__ = ("after", "before")

    def __init__(self) -> None:
        self.before: dict[int, Callable[[tuple[Any, ...]], Any]] = {}
        self.after: dict[int, Callable[[tuple[Any, ...], tuple[Any, ...]], Any]] = {}


def _saved_value(node: Node, word: str, raw: bool = False) -> Any:
    """A value that a node has saved, under PyTorch's name for it: an input is the tensor itself where that is a leaf.

    Args:
        node: the node. word: "self", "other", "result", the name of an input, or "tensors" for all that a Function has saved.
        raw: return it as a SavedTensor, which takes hooks.

    Raises:
        GraphError: a backward has freed it. AttributeError: the op's rule has not saved it, because it does not need it.
    """
    plan: Any = node.plan
    inputs = plan.op.inputs
    numbers = {"self": 0, "input": 0, "other": 1}
    i = numbers.get(word, inputs.index(word) if word in inputs else len(inputs))
    slot = "y" if word == "result" else inputs[i] if i < len(inputs) else word
    if node.saved is None:
        raise GraphError(
            f"{node.name()}: Trying to backward through the graph a second time (or directly access saved tensors after they have "
            f"already been freed): call backward with retain_graph=True, or read them before it"
        )
    if word == "tensors":
        return tuple([_at(node, place, None, raw) for place in range(len(plan.slots))])
    if slot not in plan.slots:
        if node.params and word in node.params and not raw:
            return node.params[word]
        raise AttributeError(f"{node.name()} has not saved {word!r}; it has {', '.join(plan.slots) or 'nothing'}")
    parent = node if slot == "y" else node.parents[i] if i < len(node.parents) else None
    return _at(node, plan.slots.index(slot), parent, raw)


def _at(node: Node, place: int, parent: Node | None, raw: bool) -> Any:
    """The value at a place among those that a node has saved, with the node of which it is the value."""
    plan: Any = node.plan

    def tensor() -> Any:
        saved: Any = node.saved or plan.restore(node.saved) if hasattr(plan, "restore") else node.saved
        value = saved[place]
        if type(value) is not ndarray:
            return value
        if parent is not None and parent.plan is None and parent.meta is not None:
            leaf = parent.meta.tensor_ref()
            if leaf is not None and leaf.array is value:
                return leaf
        return make(value, parent)

    return saved_tensor(node, place, tensor) if raw else tensor()


def _node_hooks(node: Node) -> NodeHooks:
    meta = meta_of(node)
    if meta.node_hooks is None:
        meta.node_hooks = NodeHooks()
    return meta.node_hooks


class GradientEdge(NamedTuple):
    """A node, and which of its outputs is meant."""

    node: Node
    output_nr: int


def edge(node: Node) -> GradientEdge:
    """A node as PyTorch counts them: for one output of several the call's node, with the output's number."""
    if node.plan is not None and node.plan.op is PICK:
        parent, params = node.parents[0], node.params
        assert parent is not None
        assert params is not None
        return GradientEdge(_of_named_class(parent), params["index"])
    return GradientEdge(_of_named_class(node), 0)


_classes: dict[str, type[Node]] = {}


def _of_named_class(node: Node) -> Node:
    """The node, which from now on is of a class with PyTorch's name for it: programs print ``type(y.grad_fn).__name__``."""
    if type(node) is Node:
        node.__class__ = named_class(node.name().rpartition(":")[2])
    return node


def named_class(name: str) -> type[Node]:
    """The class of nodes with a name of PyTorch's."""
    if name not in _classes:
        _classes[name] = type(name, (Node,), {"__slots__": (), "__module__": Node.__module__})
    return _classes[name]


def meta_of(node: Node) -> NodeMeta:
    """The node's ``meta``, which is made when something is first put into it."""
    if node.meta is None:
        node.meta = NodeMeta()
    return node.meta


def retain(node: Node, tensor: types.Tensor) -> None:
    """Have backward fill the ``.grad`` of a tensor, which is no leaf, from this node, which is its own."""
    meta = meta_of(node)
    meta.retains_grad, meta.tensor_ref = True, ref(tensor)


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


def leaf(tensor: types.Tensor) -> Node:
    """A node for a tensor that requires a gradient and that no op computed. It refers to its tensor weakly, to make no cycle."""
    node = Node()
    node.plan = node.params = None
    node.parents = node.saved = ()
    node.shape, node.dtype = _shapes.setdefault(tensor.array.shape, tensor.array.shape), tensor.array.dtype
    node.sequence = next(clock)
    node.layer = None
    node.meta = NodeMeta()
    node.meta.tensor_ref = ref(tensor)
    return node


class OutputGradients(dict[int, Any]):
    """The gradient of an op with several outputs: the number of an output -> its gradient. Outputs without one are missing."""

    shape = dtype = None

    def __add__(self, other: OutputGradients) -> OutputGradients:
        total = OutputGradients(self)
        for index, g in other.items():
            total[index] = total[index] + g if index in total else g
        return total

    def fill(self, node: Node) -> tuple[Any, ...]:
        """One gradient per output; for missing ones zeros, or None where the node's plan prefers that."""
        if not node.plan.materialize:  # type: ignore[union-attr]
            return tuple([self.get(i) for i in range(len(node.layout))])
        filled = []
        for i, (shape, dtype) in enumerate(node.layout):  # (a comprehension takes half as long again)
            filled.append(self[i] if i in self else zeros(shape, dtype))
        return tuple(filled)


def _of_output(g: Any, index: int) -> OutputGradients:
    only = OutputGradients()
    only[index] = g
    return only


# A call of an op with several outputs has one node, whose value is their tuple. Each output has a node of its own besides: a call
# of this op, which picks the output out of the tuple.
PICK = op("output", lambda values, index: values[index], values=_of_output, samples=list)
_plan_of_pick = PICK.plan((True,))
del REGISTRY[PICK.name]  # the registry's ops are proved on arrays, and this one takes tuples; ops with several outputs prove it


def pick(node: Node, index: int, array: ndarray) -> Node:
    """A node for one output of a call with several.

    Args:
        node: the node of the call. index: the number of the output. array: the output.
    """
    child = Node()
    child.plan, child.parents, child.saved, child.params = _plan_of_pick, (node,), (index,), {"index": index}
    child.shape, child.dtype, child.sequence = array.shape, array.dtype, next(clock)
    child.layer, child.meta = node.layer, None
    return child


def make(array: np.ndarray | np.generic, node: Node | None = None) -> types.Tensor:
    """A tensor of an array, or of a NumPy scalar, with this node (None: it needs no gradient)."""
    t = Tensor()
    t.array = array if type(array) is ndarray else as_array(array)
    t.node = node
    t._grad = t._view = None
    if inference_blocks and current().inference:
        Marking.mark(t)
    return t


def array_of(value: ArrayLike) -> np.ndarray:
    """The array of a tensor, or of anything that NumPy turns into an array."""
    return as_array(getattr(value, "array", value))
