"""``make_vjp`` and ``make_jvp``: a function is run on boxes, and what they recorded is swept back, or pushed forward."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.conform import fit_to_parent
from ..engine.forward import push
from ..engine.graph import Node
from ..engine.sweep import sweep
from ..func import flatten, unflatten
from .levels import begin_level, box_class, computing, end_level, isbox, trace_stack
from .nodes import Gradient, PartsGradient, VJPNode, leaf_of, set_layout, wrapped
from .recording import new_box
from .spaces import vspace
from .written import Writable

CONTAINERS = (list, tuple, dict)


class Run:
    """One run of a function on boxes of its argument.

    Attributes:
        value: what the function returned, without the boxes of this level. end: the nodes of its parts.
        leaves: the nodes of the argument's parts. depends: whether the result depends on the argument.
    """

    __slots__ = ("_end_structure", "_spaces", "_structure", "depends", "end", "leaves", "value")

    def __init__(self, fun: Callable[[Any], Any], x: Any) -> None:
        self._structure = self._end_structure = None
        parts = [x]
        if isinstance(x, CONTAINERS):
            parts = []
            self._structure = flatten(x, parts)
        self._spaces = parts = [_floating(part) for part in parts]
        level, token = begin_level()
        try:
            self.leaves = [_entry(part) for part in parts]
            boxes = [new_box(part, level, leaf) for part, leaf in zip(parts, self.leaves, strict=True)]
            out = fun(boxes[0] if self._structure is None else unflatten(self._structure, boxes))
        finally:
            end_level(token)
        ends = [out]
        if isinstance(out, CONTAINERS):
            ends = []
            self._end_structure = flatten(out, ends)
        ends = [_settled(part) for part in ends]
        self.end = [part._node if isbox(part) and part._trace == level else None for part in ends]
        values = [part._value if node is not None else part for part, node in zip(ends, self.end, strict=True)]
        self.value = values[0] if self._end_structure is None else unflatten(self._end_structure, values)
        self.depends = any([node is not None for node in self.end])
        if not self.depends:
            warnings.warn("Output seems independent of input: the derivative is zero", stacklevel=4)

    def pull(self, g: Any) -> Any:
        """The gradient of the argument, from that of the result: of the same type and structure as the argument."""
        gs = [g]
        if self._end_structure is not None:
            gs = []
            flatten(g, gs)
        roots = [(node, _seed(node, part)) for node, part in zip(self.end, gs, strict=True) if node is not None]
        found = _swept(roots) if roots else {}
        out: list[Any] = []
        held = {id(part) for part in gs}
        for leaf, part in zip(self.leaves, self._spaces, strict=True):
            arrived = found.get(leaf)
            if arrived is None:
                arrived = vspace(part).zeros()
            elif isinstance(arrived, Gradient):
                arrived = arrived.value
            elif isinstance(arrived, PartsGradient):
                arrived = arrived.fill(leaf)
            elif type(arrived) is np.ndarray and (not arrived.flags.writeable or id(arrived) in held):
                arrived = arrived.copy()  # what the caller gets is the caller's alone
            held.add(id(arrived))
            out.append(arrived)
        return out[0] if self._structure is None else unflatten(self._structure, out)

    def push(self, tangent: Any) -> Any:
        """The tangent of the result, from that of the argument."""
        tangents: list[Any] = []
        flatten(tangent, tangents)
        seeds: dict[Node, Any] = {leaf: _seed(leaf, t) for leaf, t in zip(self.leaves, tangents, strict=True)}
        ends: list[Any] = []
        flatten(self.value, ends)
        token = computing.set(True)
        try:
            pushed = push(seeds, self.end, transposed=_transposed)
        finally:
            computing.reset(token)
        out = [vspace(v).zeros() if t is None else t for v, t in zip(ends, pushed, strict=True)]
        return out[0] if self._end_structure is None else unflatten(self._end_structure, out)


def _settled(part: Any) -> Any:
    """A part of a result: an array that was made to be written as the box that was, or as an array like any other."""
    if isinstance(part, Writable):
        return np.asarray(part) if part._boxed is None else part._boxed
    return part


def _floating(part: Any) -> Any:
    """A part of the argument as it is differentiated: arrays of integers as arrays of floating numbers."""
    if type(part) is np.ndarray and part.dtype.kind in "iub":
        return part.astype(np.float64)
    return part


def _entry(part: Any) -> VJPNode:
    box_class(part)
    return leaf_of(part)


def _seed(node: Node, g: Any) -> Any:
    """A gradient or a tangent as the sweep takes it: for arrays in the dtype of the node's value."""
    if node.dtype is None:
        return wrapped(g)
    if not hasattr(g, "dtype"):
        g = np.asarray(g)[()]
    if g.shape != node.shape:
        g = np.broadcast_to(g, node.shape)
    return g if g.dtype == node.dtype else _cast(g, node.dtype)


def _cast(g: Any, dtype: Any) -> Any:
    return (np.real(g) if g.dtype.kind == "c" and dtype.kind != "c" else g).astype(dtype)


def _swept(roots: list[tuple[Any, Any]]) -> dict[Node, Any]:
    """The gradients of the leaves, from those of the roots."""
    token = computing.set(True)
    try:
        return sweep(roots, retain_graph=True)
    finally:
        computing.reset(token)


def _transposed(node: Any, ts: list[Any], saved: tuple[Any, ...]) -> Any:
    """J t of a node from its rule, which computes J^T u and is linear in u: the gradient of <J^T u, t> with respect to u."""
    single = node.shape is not None
    layout = [(node.shape, node.dtype)] if single else node.layout
    with trace_stack.new_trace() as level:
        leaves: list[Any] = [leaf_of(np.zeros(shape, dtype)) for shape, dtype in layout]
        us = [new_box(np.zeros(shape, dtype), level, leaf) for (shape, dtype), leaf in zip(layout, leaves, strict=True)]
        contributions = node.plan.backward(us[0] if single else tuple(us), saved)
        roots = []
        for parent, c, t in zip(node.parents, contributions, ts, strict=True):
            if t is None or c is None or parent is None:
                continue
            if c.shape != parent.shape or c.dtype != parent.dtype:
                c = fit_to_parent(c, node, parent)
            if isbox(c) and c._trace == level:
                roots.append((c._node, t))
    arrived = _swept(roots)
    parts = [
        arrived[leaf] if leaf in arrived else np.zeros(shape, dtype) for leaf, (shape, dtype) in zip(leaves, layout, strict=True)
    ]
    return parts[0] if single else tuple(parts)


def make_vjp(fun: Callable[[Any], Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """A function from a gradient of ``fun(x)`` to that of x, and ``fun(x)``."""
    run = Run(fun, x)
    return run.pull, run.value


def make_jvp(fun: Callable[[Any], Any], x: Any) -> Callable[[Any], tuple[Any, Any]]:
    """A function from a tangent of x to ``fun(x)`` and its tangent."""

    def jvp(tangent: Any) -> tuple[Any, Any]:
        run = Run(fun, x)
        return run.value, run.push(tangent)

    return jvp


def trace(start_node: Any, fun: Callable[[Any], Any], x: Any) -> tuple[Any, Any]:
    """What ``fun(x)`` is and its node, where the argument's box has this node; None for a result that does not depend on it."""
    with trace_stack.new_trace() as level:
        end = fun(new_box(x, level, start_node))
    if isbox(end) and end._trace == level:
        return end._value, end._node
    warnings.warn("Output seems independent of input", stacklevel=3)
    return end, None


def backward_pass(g: Any, end_node: Any) -> Any:
    """The gradient of the argument whose node all others of the graph were computed from, given that of the end."""
    found = _swept([(end_node, _seed(end_node, g))])
    (leaf, arrived), *_ = found.items()
    if isinstance(arrived, PartsGradient | Gradient):
        return arrived.fill(leaf)
    return arrived


__all__ = ["Run", "backward_pass", "make_jvp", "make_vjp", "set_layout", "trace"]
