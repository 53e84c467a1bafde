"""Recording and the backward sweep.

Recording: a function of tensors made from an op computes on their arrays and, where a gradient is needed, leaves a Node: the op,
the nodes of its inputs, and what the op's rules named. Never the output: only tensors hold nodes, so when the last tensor goes the
graph goes with it, by reference counting alone.

Sweep: nodes are numbered as they are made, and a node's inputs are always older than itself. So the sweep keeps the nodes that have
a gradient waiting in a heap, youngest first: when a node comes out, everything that used it has been seen, its gradient is
complete, and its rules turn it into contributions to its parents. Nothing recurses, and no order has to be computed beforehand.

This floor knows no op by name and no method of Tensor: it makes tensors by filling their slots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any
from weakref import ref

import numpy as np
from numpy import ndarray

from . import memory
from .errors import DtypeError, GraphError, ShapeError, describe, explain, where
from .memory import clock
from .modes import current, enter, leave
from .op import EMPTY, REGISTRY, Op, Plan, op


NOTHING, SECOND, BOTH = 0, 1, 2  # the commonest values of Plan.keeps, for the fast path
_shapes: dict[tuple[int, ...], tuple[int, ...]] = {}  # one tuple for all leaves of a shape: `is` then tells that two agree


class Node:
    """The place of one value in the graph: how it came about, never the value itself.

    Attributes:
        op: the op that made it, or None for a leaf. plan: what it saved and how it runs backwards.
        parents: a node per input of the op, None where no gradient is needed. saved: what the plan kept; None once freed.
        params: the parameters of the call. shape, dtype: of the value (None for the tuple of an op with several outputs).
        sequence: its number; parents have smaller ones. layer: path of the module that was being called.
        extra: hooks and retained gradients, made when first needed. layout: of an op with several outputs only, the shape and
        dtype of each.
    """

    __slots__ = ("__weakref__", "dtype", "extra", "layer", "layout", "params", "parents", "plan", "saved", "sequence", "shape")

    plan: Plan | None
    parents: tuple[Node | None, ...]
    saved: tuple[Any, ...] | None
    params: dict[str, Any] | None
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    sequence: int
    layer: str | None
    extra: Extra | None
    layout: tuple[tuple[tuple[int, ...], np.dtype[Any]], ...]

    @property
    def op(self) -> Op | None:
        return self.plan.op if self.plan is not None else None

    def name(self) -> str:
        """The op's name; for a leaf the name that it was given."""
        if self.plan is not None:
            return self.plan.op.name
        if self.extra is None:
            return "leaf"
        return self.extra.name or getattr(self.extra.owner(), "name", None) or "leaf"

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The parents, in the form in which PyTorch gives them."""
        return tuple((parent, 0) for parent in self.parents)

    def __repr__(self) -> str:
        return f"<{self.name()}{where(self.layer)}>"


class Extra:
    """What few nodes have: hooks, a tensor that wants its gradient, a name, and for a leaf its tensor."""

    __slots__ = ("after", "hooks", "name", "owner", "retain")

    def __init__(self) -> None:
        self.hooks: dict[int, Callable[[Any], Any]] = {}
        self.after: dict[int, Callable[[Any], Any]] = {}
        self.name: str | None = None
        self.owner: Callable[[], Any] = lambda: None
        self.retain = False


def extra(node: Node) -> Extra:
    """The node's extras, made when first asked for."""
    if node.extra is None:
        node.extra = Extra()
    return node.extra


def leaf(tensor: Any) -> Node:
    """A node for a tensor whose gradient is wanted and that no op has made. It knows its tensor, weakly: no cycle."""
    node = Node()
    node.plan = node.params = None
    node.parents = node.saved = ()
    node.shape, node.dtype = _shapes.setdefault(tensor.array.shape, tensor.array.shape), tensor.array.dtype
    node.sequence = next(clock)
    node.layer = None
    node.extra = Extra()
    node.extra.owner = ref(tensor)
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
PICK = op("output", lambda values, index: values[index], values=lambda g, index: Parts({index: g}), samples=lambda: [])
del REGISTRY[PICK.name]  # it takes no arrays, so it has no samples: every op with several outputs proves it


def pick(node: Node, index: int, array: ndarray) -> Node:
    """A node for one output of the op with several outputs that made ``node``."""
    child = Node()
    child.plan, child.parents, child.saved, child.params = PICK.plan((True,)), (node,), (index,), {"index": index}
    child.shape, child.dtype, child.sequence = array.shape, array.dtype, next(clock)
    child.layer, child.extra = node.layer, None
    return child


# ------------------------------------------------------------------------------------------------------------- the sweep


def sweep(
    roots: Iterable[tuple[Node, Any]], *, graph: bool = False, keep: bool = False, targets: set[Node] | None = None
) -> dict[Node, Any]:
    """Carry gradients from the roots down to the leaves; return those of leaves, of targets, and of nodes that retain theirs.

    Args:
        roots: nodes with their gradients, arrays (tensors under ``graph``), in the engine's convention.
        graph: hand the rules tensors, so that the sweep is itself recorded.
        keep: leave what the nodes saved, for another sweep.
        targets: where given, only what leads to one of these nodes is visited.
    """
    results: dict[Node, Any] = {}
    waiting: dict[Node, Any] = {}
    ours: set[Node] = set()  # gradients that an addition of ours has made: more may be added in place
    heap: list[tuple[int, Node]] = []
    roots = list(roots)
    useful = None if targets is None else leading_to(targets, [node for node, _ in roots])
    watch = current().watch
    for node, g in roots:
        if useful is None or node in useful:
            if node in waiting:
                waiting[node] = waiting[node] + g
            else:
                waiting[node] = g
                if node.plan is not None:
                    heappush(heap, (-node.sequence, node))
    # The rules' own calls are not watched: what they give is, as one result of the node.
    token = enter(current().but(grad=True, watch=None)) if graph else None
    try:
        while heap:
            node = heappop(heap)[1]
            g = waiting.pop(node)
            if node.extra is not None:
                g = _hooked(node, g, graph)
                if node.extra.retain:
                    results[node] = g
            if targets is not None and node in targets:
                results[node] = g
            if useful is not None and not any(p in useful for p in node.parents):
                continue
            plan = node.plan
            saved = node.saved
            if saved is None:
                raise freed(node)
            if plan.keeps_arrays:
                unchanged(node, saved)
                if not keep:
                    node.saved = None
            elif plan.keeps_params:
                unchanged(node, saved)  # an index
            if node.shape is None:
                g = g.fill(node)
            try:
                contributions = plan.backward(g, as_tensors(node, saved) if graph else saved)
            except Exception as error:
                error.add_note(f"in the backward of {plan.op.name}{where(node.layer)}")
                if watch is not None:
                    watch.failed(node, error)
                raise
            if watch is not None:
                watch.backward(node, g, contributions)
            for parent, c in zip(node.parents, contributions):  # noqa: B905  (a plan gives one per parent)
                if parent is None or c is None or (useful is not None and parent not in useful):
                    continue
                if c.shape != parent.shape or c.dtype is not parent.dtype:
                    c = fit(c, node, parent)
                if parent not in waiting:
                    waiting[parent] = c
                    if parent.plan is not None:
                        heappush(heap, (-parent.sequence, parent))
                elif parent in ours:
                    waiting[parent] += c
                else:
                    waiting[parent] = waiting[parent] + c
                    if not graph and parent.shape:
                        ours.add(parent)
        # What is left waiting are the leaves.
        for node in sorted(waiting, key=_sequence, reverse=True):
            g = waiting[node]
            results[node] = _hooked(node, g, graph) if node.extra.hooks else g  # type: ignore[union-attr]
        waiting.clear()
    finally:
        if token is not None:
            leave(token)
    return results


_sequence = attrgetter("sequence")


def leading_to(targets: set[Node], roots: list[Node]) -> set[Node]:
    """The nodes between the roots and the targets, both included."""
    seen = set(roots)
    stack = list(roots)
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    useful: set[Node] = set()
    for node in sorted(seen, key=_sequence):
        if node in targets or any(parent in useful for parent in node.parents):
            useful.add(node)
    return useful


def fit(c: Any, node: Node, parent: Node) -> Any:
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
    if type(c) is ndarray and c.shape[c.ndim - len(shape) :] == shape:
        return np.add.reduce(c, tuple(range(c.ndim - len(shape))))  # a bias: what is left is its shape
    if c.ndim < len(shape) or any(n == 1 != m for n, m in zip(c.shape[c.ndim - len(shape) :], shape, strict=True)):
        c = np.broadcast_to(c, np.broadcast_shapes(c.shape, shape))
    lead = c.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 and c.shape[lead + i] != 1)
    if axes:
        c = np.sum(c, axis=axes, keepdims=True)
    return np.reshape(c, shape) if c.shape != shape else c


def freed(node: Node) -> GraphError:
    return GraphError(
        f"Trying to backward through the graph a second time: what {node.name()}{where(node.layer)} saved was freed by the first "
        f"backward. Compute the loss again before each backward; if you meant to keep the graph (several losses share it), "
        f"pass retain_graph=True to the first backward; if this value should not be differentiated again, detach() it"
    )


def unchanged(node: Node, saved: tuple[Any, ...]) -> None:
    """Raise if anything that the node saved has been written in place since."""
    if not memory.written:
        return
    for slot, value in zip(node.plan.slots, saved, strict=True):  # type: ignore[union-attr]
        for array in value if type(value) is tuple else (value,):
            if type(array) is ndarray and memory.last(array) > node.sequence:
                raise GraphError(
                    f"one of the variables needed for gradient computation has been modified by an inplace operation: "
                    f"{node.name()}{where(node.layer)} saved {slot!r} ({describe(array)}) at version "
                    f"{memory.version(array, node.sequence)}, and it is at version {memory.version(array)} now. "
                    f"Use the out-of-place form, or clone() before the write"
                )


def as_tensors(node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
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
        elif plan.op.variadic and slot == inputs[0]:
            value = tuple([make(v, p) if p is not None else v for v, p in zip(value, node.parents, strict=True)])
        elif slot in inputs:
            parent = node.parents[inputs.index(slot)]
            if parent is not None:
                value = make(value, parent)
        out.append(value)
    return tuple(out)


def _hooked(node: Node, g: Any, graph: bool) -> Any:
    """The gradient after the node's hooks; they see it, and may replace it or write into it, in PyTorch's convention."""
    assert node.extra is not None
    if not node.extra.hooks:
        return g
    # The hooks' own memory: what they see may also be on its way to other nodes.
    shown = outward(g) if graph else make(np.array(outward(g)))
    for hook in list(node.extra.hooks.values()):
        before = memory.last(shown.array) if graph else 0
        answer = hook(shown)
        if graph and memory.last(shown.array) > before:
            raise GraphError(
                f"a hook on {node.name()} wrote into its gradient while the backward is recorded (create_graph=True): "
                f"return a new gradient instead"
            )
        if answer is not None:
            if not isinstance(answer, AnyTensor):
                raise TypeError(f"a hook on {node.name()} returned {type(answer).__name__}: expected a Tensor or None")
            if answer.array.shape != shown.array.shape:
                raise ShapeError(f"a hook on {node.name()} returned {describe(answer)} for a gradient {describe(shown)}: same shape")
            if answer.array.dtype != shown.array.dtype:
                raise DtypeError(f"a hook on {node.name()} returned {describe(answer)} for a gradient {describe(shown)}: same dtype")
            shown = answer
    return outward(shown if graph else shown.array)


def outward(g: Any) -> Any:
    """A gradient between the engine's convention and PyTorch's: they are each other's conjugates."""
    return np.conjugate(g) if g.dtype.kind == "c" else g


# ------------------------------------------------------------------------------------------------------------- recording

Tensor: Any = None  # the class of results, which tensor.py binds: the only floor that knows its methods
AnyTensor: Any = None  # the class above it, of which parameters and users' own tensors are instances too


def bind(cls: type) -> type:
    """Tell the engine which class its results have (a decorator)."""
    global Tensor, AnyTensor
    Tensor, AnyTensor = cls, cls.__base__
    return cls


def make(array: Any, node: Node | None = None) -> Any:
    """A tensor of an array (or a NumPy scalar) at a place in the graph."""
    t = Tensor()
    t.array = array if type(array) is ndarray else np.asarray(array)
    t.node = node
    t._grad = t._view = None
    return t


class View:
    """How a tensor looks into another's memory.

    base: whose memory; chain: the view ops that lead from it; stamp: when the tensor's node was last right; recorded: False for
    a view made under no_grad, which never joins the graph of its base.
    """

    __slots__ = ("base", "chain", "recorded", "stamp")

    def __init__(self, base: Any, chain: tuple[tuple[Op, dict[str, Any]], ...], stamp: int, recorded: bool) -> None:
        self.base = base
        self.chain = chain
        self.stamp = stamp
        self.recorded = recorded


def place(t: Any) -> Node | None:
    """A view's node; if its memory was written since, the view's ops are replayed on its base first."""
    view = t._view
    if view.recorded and memory.last(t.array) > view.stamp:
        view.stamp = next(clock)
        if view.base.node is None:
            t.node = None
        else:
            token = enter(current().but(grad=True, watch=None))
            try:
                fresh = view.base
                for step, params in view.chain:
                    fresh = recorded(step)(fresh, **params)
            finally:
                leave(token)
            t.node = fresh.node
    return t.node  # type: ignore[no-any-return]


def operand(value: Any, name: str = "an operand") -> tuple[Any, Node | None]:
    """The array and the node of anything that an op may be called with."""
    if isinstance(value, AnyTensor):
        return value.array, value.node if value._view is None else place(value)
    if isinstance(value, ndarray | np.generic | float | int | complex):
        return value, None
    raise TypeError(
        f"{name} is {describe(value)}, of type {type(value).__name__}: expected a Tensor, a NumPy array or a number"
        + (" (autograd.tensor makes one of a list)" if isinstance(value, list | tuple) else "")
    )


def _refused(op: Op, operands: Iterable[Any], params: dict[str, Any], error: Exception) -> Exception:
    names = op.inputs if not op.variadic else (op.inputs[0],)
    return explain(op.name, {**dict(zip(names, operands, strict=False)), **params}, error, current().layer)


def recorded(op: Op) -> Callable[..., Any]:
    """The function of tensors that an op is: it computes, and records a node where a gradient is needed. One per op."""
    found = _recorded.get(op)
    if found is None:
        small = op.elementwise or isinstance(op.forward, np.ufunc)
        if small and not op.defaults and not op.extras and op.outputs == 1 and len(op.inputs) in (1, 2):
            found = (_unary if len(op.inputs) == 1 else _binary)(op)
        elif len(op.inputs) == 1 and op.outputs == 1 and not op.extras and not op.variadic:
            found = _single(op)
        else:
            found = _general(op)
        found.__name__ = found.__qualname__ = op.name
        found.__doc__ = op.doc
        found.op = op  # type: ignore[attr-defined]
        _recorded[op] = found
    return found


_recorded: dict[Op, Callable[..., Any]] = {}


# The two forms that nearly every small op takes. They are written for speed: what a call costs beyond NumPy is what a user of small
# networks pays. Each line here was measured; benchmarks/ prints the sum.


def _unary(op: Op) -> Callable[..., Any]:
    forward = op.forward
    plan = op.plan((True,)) if op.differentiable else None
    slots = plan.slots if plan else ()
    keep_x, keep_y, keep_more = slots == op.inputs, slots == ("y",), bool(slots)

    def call(x: Any) -> Any:
        if type(x) is Tensor:
            array = x.array
            parent = x.node if x._view is None else place(x)
        else:
            array, parent = operand(x, op.name + "'s operand")
        try:
            y = forward(array)
        except Exception as error:
            raise _refused(op, (array,), {}, error) from None
        if type(y) is not ndarray:
            y = np.asarray(y)
        t = Tensor()
        t.array = y
        t._grad = t._view = None
        state = current()
        if parent is None or plan is None or not state.grad:
            t.node = None
        else:
            t.node = node = Node()
            node.plan = plan
            node.parents = (parent,)
            node.saved = (array,) if keep_x else (y,) if keep_y else plan.save((array,), y, None, None) if keep_more else ()
            node.params = node.extra = None
            node.shape = parent.shape
            node.dtype = y.dtype
            node.sequence = next(clock)
            node.layer = state.layer
        if state.watch is not None:
            state.watch.forward(op, t.node, (x,), t)
        return t

    return call


def _binary(op: Op) -> Callable[..., Any]:
    forward, same = op.forward, op.elementwise  # same: equal shapes of the operands are the result's too
    neither = op.plan((False, False))
    only_a, only_b, both = [
        plan if op.joint is not None or any(plan.callers) else neither
        for plan in (op.plan((True, False)), op.plan((False, True)), op.plan((True, True)))
    ]

    def call(a: Any, b: Any) -> Any:
        if type(a) is Tensor:
            x = a.array
            p = a.node if a._view is None else place(a)
        else:
            x, p = operand(a, op.name + "'s first operand")
        if type(b) is Tensor:
            z = b.array
            q = b.node if b._view is None else place(b)
        else:
            z, q = operand(b, op.name + "'s second operand")
        try:
            y = forward(x, z)
        except Exception as error:
            raise _refused(op, (x, z), {}, error) from None
        if type(y) is not ndarray:
            y = np.asarray(y)
        t = Tensor()
        t.array = y
        t._grad = t._view = None
        state = current()
        if p is None:
            plan = neither if q is None else only_b
        else:
            plan = only_a if q is None else both
        if plan is neither or not state.grad:
            t.node = None
        else:
            t.node = node = Node()
            node.plan = plan
            node.parents = (p, q)
            keeps = plan.keeps
            if keeps is BOTH:
                node.saved = (x, z)
            elif keeps is NOTHING:
                node.saved = ()
            elif keeps is SECOND:
                node.saved = (z,)
            else:
                node.saved = plan.save((x, z), y, None, None)
            node.params = node.extra = None
            node.shape = p.shape if q is not None and p is not None and p.shape is q.shape and same else y.shape
            node.dtype = y.dtype
            node.sequence = next(clock)
            node.layer = state.layer
        if state.watch is not None:
            state.watch.forward(op, t.node, (a, b), t)
        return t

    return call


_ALIASES = {"axis": "dim", "axes": "dim", "keepdims": "keepdim"}


def _single(op: Op) -> Callable[..., Any]:
    """An op of one input with parameters, in its usual form of call; any other form goes the general way."""
    general = _general(op)
    forward, defaults, order = op.forward, op.defaults, tuple(op.defaults)
    most, needed = len(order) + 1, EMPTY in defaults.values()
    view, save = op.view, None
    plan = op.plan((True,)) if op.differentiable else None
    if plan is not None:
        save = plan.save

    def call(*args: Any, **kwargs: Any) -> Any:
        if not 1 <= len(args) <= most:
            return general(*args, **kwargs)
        x = args[0]
        params = defaults.copy()
        if kwargs:
            for key, value in kwargs.items():
                if key not in params:
                    key = _ALIASES.get(key, key)
                    if key not in params:
                        return general(*args, **kwargs)
                params[key] = value
        if len(args) > 1:
            for key, value in zip(order, args[1:], strict=False):
                if key in kwargs:
                    return general(*args, **kwargs)
                params[key] = value
        for key, value in params.items():
            if isinstance(value, AnyTensor):
                params[key] = value.array
            elif value is EMPTY and needed:
                return general(*args, **kwargs)
        if type(x) is Tensor:
            array = x.array
            parent = x.node if x._view is None else place(x)
        elif x is None:
            return general(*args, **kwargs)
        else:
            array, parent = operand(x, op.name + "'s operand")
        try:
            y = forward(array, **params)
        except Exception as error:
            raise _refused(op, (array,), params, error) from None
        if type(y) is not ndarray:
            y = np.asarray(y)
        t = Tensor()
        t.array = y
        t._grad = t._view = None
        state = current()
        if parent is None or save is None or not state.grad or y.dtype.kind not in "fc":
            t.node = None
        else:
            t.node = node = Node()
            node.plan = plan
            node.parents = (parent,)
            node.saved = save((array,), y, params, None)
            node.params = params
            node.extra = None
            node.shape, node.dtype = y.shape, y.dtype
            node.sequence = next(clock)
            node.layer = state.layer
        if view:
            _track(t, x, op, params, state.grad)
        if state.watch is not None:
            state.watch.forward(op, t.node, (x,), t)
        return t

    return call


def _general(op: Op) -> Callable[..., Any]:
    """Any op: several inputs, some optional, parameters by position or keyword, several outputs, views."""
    forward, defaults, names, variadic = op.forward, op.defaults, op.inputs, op.variadic
    count, order = len(names), tuple(defaults)
    ruled = tuple(variadic or op.joint is not None or op.rules.get(name) is not None for name in names)
    differentiable = op.differentiable

    def call(*args: Any, **kwargs: Any) -> Any:
        values = list(args[:count])
        if kwargs:
            kwargs = {_ALIASES[k] if k in _ALIASES and k not in defaults else k: v for k, v in kwargs.items()}
            if "input" in kwargs and not values and "input" not in names:
                values.append(kwargs.pop("input"))
            for name in names[len(values) :]:
                if name in kwargs:
                    values.append(kwargs.pop(name))
                elif kwargs and any(n in kwargs for n in names):
                    values.append(None)
        if len(args) > count:
            kwargs.update(_positional(op, order, args[count:], kwargs))
        params = {**defaults, **kwargs} if kwargs else dict(defaults)
        _complete(op, values, params)
        if variadic:
            if not isinstance(values[0], list | tuple):
                values[0] = tuple(values[0])
            pairs = [operand(v, f"{op.name}'s operand {i}") for i, v in enumerate(values[0])]
        else:
            pairs = [(None, None) if v is None else operand(v, f"{op.name}'s {n}") for n, v in zip(names, values, strict=False)]
        arrays = tuple([array for array, _ in pairs])
        for key, value in params.items():
            if isinstance(value, AnyTensor):
                params[key] = value.array
        try:
            y = forward(arrays, **params) if variadic else forward(*arrays, **params)
        except Exception as error:
            raise _refused(op, (list(arrays),) if variadic else arrays, params, error) from None
        extras = None
        if op.extras:
            y, extras = (y[0], y[1:]) if op.outputs == 1 else (y[: op.outputs], y[op.outputs :])
        state = current()
        parents = tuple([p for _, p in pairs]) if variadic else tuple([p if r else None for (_, p), r in zip(pairs, ruled, strict=False)])
        if len(parents) < count and not variadic:
            parents += (None,) * (count - len(parents))
            arrays += (None,) * (count - len(arrays))
        node = None
        if op.outputs == 1 and type(y) is not ndarray:
            y = np.asarray(y)
        if differentiable and state.grad and any([p is not None for p in parents]) and (op.outputs > 1 or y.dtype.kind in "fc"):
            node = record(op, parents, arrays, y, params, extras, state.layer)
        if op.outputs == 1:
            t = make(y, node)
            if op.view:
                _track(t, values[0], op, params, state.grad)
        else:
            t = tuple([_output(node, i, np.asarray(a)) for i, a in enumerate(y)])
        if state.watch is not None:
            state.watch.forward(op, node, values[0] if variadic else values, t)
        return t

    return call


def record(
    op: Op, parents: tuple[Node | None, ...], arrays: tuple[Any, ...], y: Any, params: dict[str, Any], extras: Any, layer: str | None
) -> Node:
    """A node for a call that has been computed: which parents it has, and what its rules need."""
    node = Node()
    node.plan = plan = op.plan(tuple([p is not None for p in parents]))
    node.parents = parents
    node.saved = plan.save(arrays, y, params, extras)
    node.params = params
    node.extra = None
    if op.outputs == 1:
        node.shape, node.dtype = y.shape, y.dtype
    else:
        node.shape = node.dtype = None  # type: ignore[assignment]
        node.layout = tuple([(np.shape(a), np.asarray(a).dtype) for a in y])
    node.sequence = next(clock)
    node.layer = layer
    return node


def _output(node: Node | None, index: int, array: ndarray) -> Any:
    """One output of several; integers (indices, ranks) take no part in the graph."""
    return make(array, pick(node, index, array) if node is not None and array.dtype.kind in "fc" else None)


def _track(t: Any, source: Any, op: Op, params: dict[str, Any], recorded: bool) -> None:
    """Note that a result looks into its source's memory, if it does."""
    if isinstance(source, AnyTensor) and _looks_into(t.array, source.array):
        step = ((op, params),)
        if source._view is None:
            t._view = View(source, step, next(clock), recorded)
        else:
            view = source._view
            t._view = View(view.base, view.chain + step, next(clock), recorded and view.recorded)


def _looks_into(y: ndarray, x: ndarray) -> bool:
    """Whether the result of a view op shares its input's memory. The usual answers are read from who owns what."""
    base = y.base
    if base is None:
        return y is x
    return base is x or base is x.base or np.may_share_memory(y, x)


def _positional(op: Op, order: tuple[str, ...], extra: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    if len(extra) > len(order):
        raise TypeError(f"{op.name} takes at most {len(op.inputs) + len(order)} arguments, {len(op.inputs) + len(extra)} given")
    named = dict(zip(order, extra, strict=False))
    twice = named.keys() & kwargs.keys()
    if twice:
        raise TypeError(f"{op.name} got {', '.join(sorted(twice))} twice: by position and by keyword")
    return named


def _complete(op: Op, values: list[Any], params: dict[str, Any]) -> None:
    """Fill optional inputs, and say what is missing or unknown."""
    if len(params) > len(op.defaults):
        unknown = [k for k in params if k not in op.defaults]
        raise TypeError(f"{op.name} got an unexpected argument {unknown[0]!r}; it takes {', '.join([*op.inputs, *op.defaults])}")
    if len(values) < op.required:
        raise TypeError(f"{op.name} is missing {op.inputs[len(values)]!r}; it takes {', '.join([*op.inputs, *op.defaults])}")
    for name, value in zip(op.inputs[: op.required], values, strict=False):
        if value is None:
            raise TypeError(f"{op.name}'s {name} is None: expected a Tensor, a NumPy array or a number")
    for name, value in params.items():
        if value is EMPTY:
            raise TypeError(f"{op.name} is missing {name!r}; it takes {', '.join([*op.inputs, *op.defaults])}")
