"""The nodes of boxes: the engine's own, so that one sweep runs through ops and through functions whose rules users wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..engine.graph import Node
from ..engine.memory import clock
from ..engine.op import REGISTRY, op
from .levels import computing
from .spaces import SparseObject, VSpace, vspace

new = object.__new__

# What users define (``defvjp``, ``defjvp``): for each function a maker of rules. See primitives.py.
primitive_vjps: dict[Any, Callable[..., Callable[[Any], Iterable[Any]]]] = {}
primitive_jvps: dict[Any, Callable[..., Any]] = {}


class TraceNode:
    """The base of nodes: a class of nodes says what is kept of each call. ``autograd.tracer.Node`` is its public name."""

    __slots__ = ()

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, parent_argnums: Any, parents: Any) -> None:
        raise NotImplementedError

    def initialize_root(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError

    @classmethod
    def new_root(cls, *args: Any, **kwargs: Any) -> Any:
        """The node of a value that the derivative is taken with respect to."""
        made = object.__new__(cls)
        made.initialize_root(*args, **kwargs)
        return made


class VJPNode(Node, TraceNode):
    """A node of the reverse mode."""

    __slots__ = ()
    layer = None  # boxes know no modules and no hooks: the sweep reads these two from the class
    meta = None

    def __init__(self, value: Any, fun: Any, args: Any, kwargs: Any, parent_argnums: Any, parents: Any) -> None:
        maker = primitive_vjps.get(fun)
        if maker is None:
            raise NotImplementedError(f"{name_of(fun)} has no rule for backward: define it with defvjp")
        rule = maker(tuple(parent_argnums), value, args, kwargs)
        spaces = [space_of(args[i]) for i in parent_argnums]
        fill_call(self, value, name_of(fun), rule, spaces, tuple(parents))

    def initialize_root(self) -> None:
        self.plan = self.params = None
        self.parents = self.saved = ()
        self.shape = self.dtype = None  # type: ignore[assignment]  # known when the node gets its value
        self.sequence = next(clock)

    @property
    def vjp(self) -> Callable[[Any], tuple[Any, ...]]:
        """A function from the gradient of the node's value to those of its parents."""
        if self.plan is None:
            return lambda g: ()
        return lambda g: tuple([c for c in self.plan.backward(g, self.saved) if c is not None])  # type: ignore[union-attr]


def name_of(fun: Any) -> str:
    return getattr(fun, "__name__", None) or repr(fun)


def leaf_of(value: Any) -> VJPNode:
    """A node for a number or an array that a derivative is taken with respect to."""
    node = new(VJPNode)
    node.plan = node.params = None
    node.parents = node.saved = ()
    node.sequence = next(clock)
    set_layout(node, value)
    return node


def set_layout(node: Node, value: Any) -> None:
    """Note the shape and dtype of a node's value; for one that is no array, its vector space."""
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        node.shape, node.dtype = value.shape, value.dtype
        if node.dtype.kind not in "fc":
            node.dtype = np.dtype(np.float64)  # the gradient of integers is one of floating numbers
    elif type(value) in (float, complex):
        node.shape, node.dtype = (), np.dtype(type(value))
    else:
        node.shape = node.dtype = None  # type: ignore[assignment]
        node.layout = vspace(value)


# ------------------------------------------------------------------------------------------- values with several parts


class Gradient:
    """The gradient of a value that is no array, as the sweep carries it: it knows how to add, and has no shape and no dtype."""

    __slots__ = ("value",)
    shape = dtype = None

    def __init__(self, value: Any) -> None:
        self.value = value

    def __add__(self, other: Any) -> Gradient:
        return Gradient(vspace(self.value).add(self.value, other.fill_like(self.value)))

    def fill_like(self, value: Any) -> Any:
        return self.value

    def fill(self, node: Node) -> Any:
        """The gradient as a value of the node's vector space."""
        return self.value


class PartsGradient(dict[Any, Any]):
    """The gradient of a list, tuple or dict by the key of each part; parts without one are missing."""

    shape = dtype = None

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Gradient):
            return other + self
        total = PartsGradient(self)
        for key, g in other.items():
            total[key] = total[key] + g if key in total else g
        return total

    def fill_like(self, value: Any) -> Any:
        return self._filled(vspace(value))

    def fill(self, node: Any) -> Any:
        return self._filled(node.layout)

    def _filled(self, space: Any) -> Any:
        return space.with_parts({key: _unwrapped(g, space.shape[key]) for key, g in self.items()})


def _unwrapped(g: Any, space: Any) -> Any:
    """A gradient as a value of its space."""
    return g._filled(space) if isinstance(g, PartsGradient) else g.value if isinstance(g, Gradient) else g


# A part of a list, tuple or dict: the engine's op for one output of several, for values of every kind.
PART = op("part", lambda values, index: values[index], values=lambda g, index: PartsGradient({index: wrapped(g)}), linear=True,
          samples=list)  # fmt: skip
del REGISTRY[PART.name]  # the registry's ops are proved on arrays


def wrapped(g: Any) -> Any:
    """A gradient as the sweep carries it."""
    return g if hasattr(g, "dtype") else Gradient(g)


def part_of(node: Any, index: Any, value: Any, which: Any = PART) -> VJPNode:
    """A node for one part of a value with several: an output of a call, an item of a list or a dict."""
    child = new(VJPNode)
    child.plan, child.parents, child.saved, child.params = which.plan((True,)), (node,), (index,), {"index": index}
    child.sequence = next(clock)
    set_layout(child, value)
    return child


# ------------------------------------------------------------------------------------------------- calls without an op


class CallPlan:
    """The plan of a call that has no op: of a user's primitive. The sweep reads the same attributes as from an op's plan."""

    __slots__ = ("argument_names", "inputs", "name", "push")
    elementwise = linear = multilinear = keeps_arrays = False
    materialize = True
    lift = None
    outputs = 1
    slots = ()

    def __init__(self, name: str, push: Callable[..., Any] | None = None) -> None:
        self.name = name
        self.inputs = self.argument_names = (name,)
        self.push = push

    @property
    def op(self) -> CallPlan:
        return self

    @staticmethod
    def backward(g: Any, saved: Any) -> Any:
        """The gradients of the parents. What was saved: the rule, and the vector space of each parent."""
        rule, spaces = saved
        token = computing.set(False)  # a user's rule is a user's program
        try:
            return [conformed(c, space) for c, space in zip(rule(g), spaces, strict=True)]
        finally:
            computing.reset(token)


def fill_call(
    node: Node, value: Any, name: str, rule: Callable[[Any], Iterable[Any]], spaces: list[Any], parents: tuple[Any, ...],
    push: Any = None,
) -> None:  # fmt: skip
    """Make a node that of a call without an op.

    Args:
        node: the node. value: the result of the call. name: the function's name, for errors.
        rule: a function from the gradient of the result to one gradient for each parent.
        spaces: the vector space of each parent. parents: the nodes of the arguments.
        push: the rule of the forward mode, a function of (node, tangents, saved), or None.
    """
    node.plan = CallPlan(name, push)  # type: ignore[assignment]
    node.params = None
    node.parents = parents
    node.saved = (rule, spaces)
    node.sequence = next(clock)
    set_layout(node, value)


def space_of(value: Any) -> Any:
    """The vector space of an argument; for arrays their shape is enough."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return value.shape
    return () if type(value) in (float, complex) else vspace(value)


def conformed(c: Any, space: Any) -> Any:
    """What a user's rule returned, as the sweep takes it: in the shape of the argument, and dense.

    Raises:
        ValueError: a gradient of a shape that does not belong to the argument.
    """
    if c is None:
        return None
    if isinstance(c, SparseObject):
        c = c.mut_add(c.vs.zeros())
    if isinstance(space, VSpace):
        return c if isinstance(c, PartsGradient) else Gradient(space.conformed(c))
    if not hasattr(c, "dtype"):
        c = np.asarray(c)
    if c.shape != space:
        if c.size == np.prod(space, dtype=int):
            return np.reshape(c, space)
        if c.ndim <= len(space):
            return np.broadcast_to(c, space)
        raise ValueError(f"a rule returned a gradient of shape {c.shape} for an argument of shape {space}: the two must be equal")
    return c


__all__ = [
    "PART", "CallPlan", "Gradient", "PartsGradient", "TraceNode", "VJPNode", "conformed", "fill_call", "leaf_of", "name_of", "new",
    "part_of", "primitive_jvps", "primitive_vjps", "set_layout", "space_of", "wrapped",
]  # fmt: skip
