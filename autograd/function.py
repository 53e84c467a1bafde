"""``Function``: an op of the user's own, with a forward and a backward written out, as in PyTorch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .engine import memory
from .engine.conform import switch_convention, unbroadcast
from .engine.gradients import node_of
from .engine.graph import Node, make, pick
from .engine.memory import clock
from .engine.modes import ModuleCall, current, enter, leave
from .engine.op import Op
from .engine.plan import Plan
from .engine.recording import record
from .errors import GraphError, ShapeError, describe
from .functions.inplace import write, write_params
from .tensor.tensor import Tensor


class Context:
    """What a Function's forward leaves for its backward: ``ctx``. Other attributes may be set on it freely.

    Attributes:
        needs_input_grad: for each argument of ``apply``, whether its gradient is wanted.
        saved_tensors: in backward, the tensors that were given to ``save_for_backward``.
    """

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        self._to_save: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._constant: tuple[Any, ...] = ()
        self._materialize = True
        self._available: tuple[Any, ...] | None = None

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs or outputs (None is allowed) for backward; that they are unchanged by then is checked."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(f"save_for_backward can only save tensors, not {type(t).__name__}: set that as an attribute of ctx")
        self._to_save = tensors

    save_for_forward = save_for_backward

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which inputs forward has changed in place; it must return them."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which outputs have no gradient."""
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether an output that got no gradient shows as zeros in backward (the default), or as None."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        if self._available is None:
            raise GraphError("saved_tensors are there in backward (and jvp): in forward, use the tensors themselves")
        return self._available


class _Custom(Op):
    """The op that a Function is: a name and the names of its inputs; not in the registry."""

    __slots__ = ()

    def __init__(self, name: str, inputs: tuple[str, ...]) -> None:
        self.name = name
        self.inputs = self.argument_names = inputs or ("input",)
        self.forward = lambda *args: None
        self.rules = dict.fromkeys(self.inputs)
        self.joint = self.numpy = self._samples = self._errors = None
        self.outputs, self.required = 1, 0
        self.extras = self.parts = ()
        self.elementwise = self.linear = self.multilinear = self.variadic = self.view = self.analytic = False
        self.defaults, self.plans = {}, {}
        self.docstring = ""


class _Plan(Plan):
    """How one call of a Function runs backwards. It holds the context, and arrays in the node; never a tensor of its output."""

    __slots__ = ("ctx", "function", "kept", "materialize", "positions", "shapes")

    def __init__(
        self, function: type[Function], op: Op, ctx: Context, kept: list[int | None], positions: dict[int, int], shapes: list[Any]
    ) -> None:
        self.op = op
        self.function = function
        self.ctx = ctx
        self.kept = kept  # for each saved tensor: the number of the output that it is, or minus one minus that of the argument
        self.positions = positions  # the number of each differentiable output -> its place among them
        self.shapes = shapes  # of the arguments
        self.slots = tuple(f"saved_tensors[{i}]" for i in range(len(kept)))
        self.keeps_arrays = bool(kept)
        self.elementwise = False
        self.materialize = ctx._materialize

    def lift(self, node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """What was saved, as tensors in their places in the graph."""
        tensors: list[Any] = []
        for array, spot in zip(saved, self.kept, strict=True):
            if array is None:
                tensors.append(None)
            elif spot is None:
                tensors.append(make(array))
            elif spot < 0:
                tensors.append(make(array, node.parents[-1 - spot]))
            else:
                tensors.append(make(array, node if node.shape is not None else pick(node, spot, array)))
        return tuple(tensors)

    def backward(self, g: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """The user's backward, on tensors; recorded where the sweep is."""
        name = self.op.name
        given = g if isinstance(g, tuple) else (g,)
        create_graph = any(isinstance(part, Tensor) for part in given)
        tensors: list[Any] = [None] * (max(self.positions) + 1)
        for index, place in self.positions.items():
            part = given[place]
            if part is not None:
                tensors[index] = switch_convention(part if isinstance(part, Tensor) else make(np.array(part)))
        returned = self._call(self.function.backward, tensors, saved, create_graph)
        returned = list(returned) if isinstance(returned, tuple | list) else [returned]
        count = len(self.ctx.needs_input_grad)
        while len(returned) > count and returned[-1] is None:
            returned.pop()
        if len(returned) != count:
            raise GraphError(f"{name}.backward returned an incorrect number of gradients (expected {count}, got {len(returned)})")
        contributions: list[Any] = []
        for i, (c, need) in enumerate(zip(returned, self.ctx.needs_input_grad, strict=True)):
            if c is None or not need:
                contributions.append(None)
                continue
            if not isinstance(c, Tensor):
                raise TypeError(
                    f"{name}.backward returned {type(c).__name__} as the gradient of input {i}: expected a Tensor or None"
                )
            contributions.append(switch_convention(self._fitting(i, c if create_graph else c.array)))
        return tuple(contributions)

    def _fitting(self, i: int, c: Any) -> Any:
        """The gradient in its argument's shape; as in PyTorch, dimensions along which the argument broadcasts are summed."""
        shape = self.shapes[i]
        if c.shape == shape:
            return c
        try:
            fits = np.broadcast_shapes(c.shape, shape) == tuple(c.shape)
        except ValueError:
            fits = False
        if not fits:
            raise ShapeError(
                f"{self.op.name}.backward returned an invalid gradient at index {i}: got {describe(c)} but expected a shape "
                f"compatible with {list(shape)}"
            )
        return unbroadcast(c, shape)

    def _call(self, method: Callable[..., Any], tensors: list[Any], saved: tuple[Any, ...], create_graph: bool) -> Any:
        ctx = self.ctx
        token = enter(current().but(grad=create_graph))
        ctx._available = tuple([make(v) if isinstance(v, np.ndarray) else v for v in saved])
        try:
            return method(ctx, *tensors)
        finally:
            ctx._available = None
            leave(token)

    def push(self, node: Node, ts: list[Any], saved: tuple[Any, ...]) -> Any:
        """The user's own forward mode; None where the Function has none, and its backward is transposed."""
        if self.function.jvp is Function.jvp:
            return None
        create_graph = any(isinstance(t, Tensor) for t in ts)
        given = [t if t is None or isinstance(t, Tensor) else make(t) for t in ts]
        moved = self._call(self.function.jvp, given, saved, create_graph)
        parts = list(moved) if isinstance(moved, tuple | list) else [moved]
        if len(parts) <= max(self.positions):
            raise GraphError(f"{self.op.name}.jvp returned {len(parts)} tangents for {max(self.positions) + 1} outputs")
        out = [parts[index] if create_graph or parts[index] is None else parts[index].array for index in self.positions]
        if node.shape is not None:
            return np.zeros(node.shape, node.dtype) if out[0] is None else out[0]
        return tuple([np.zeros(*layout) if t is None else t for t, layout in zip(out, node.layout, strict=True)])


class Function:
    """An op with its own forward and backward: a subclass with two static methods, called by ``apply``.

    ``forward(ctx, *args)`` computes with tensors and is not recorded; ``backward(ctx, *grads)`` gets a gradient per output and
    returns one per argument (None for what has none). Both may call any op; under ``create_graph`` what backward does is recorded,
    so derivatives of any order follow. Instead of taking ``ctx``, forward may take the arguments alone, beside a static method
    ``setup_context(ctx, inputs, output)``. A static method ``jvp(ctx, *tangents)`` is optional: forward mode follows from backward.

    Example:
        >>> import autograd
        >>> class Cube(autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x * x * x
        ...     @staticmethod
        ...     def backward(ctx, g):
        ...         (x,) = ctx.saved_tensors
        ...         return g * 3 * x * x
        >>> x = autograd.tensor(2.0, requires_grad=True)
        >>> y = Cube.apply(x)
        >>> y.backward()
        >>> y.grad_fn, x.grad.item()
        (<Cube>, 12.0)
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError(f"{type(self).__name__} has no instances: call {type(self).__name__}.apply(...)")

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("a Function must implement the static method forward")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        raise NotImplementedError

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise NotImplementedError("a Function must implement the static method backward to be differentiated")

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        raise NotImplementedError

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run forward, and record a node that runs backward."""
        state = current()
        nodes = [node_of(a) if isinstance(a, Tensor) else None for a in args]
        ctx = Context(tuple([node is not None for node in nodes]))
        separate = cls.setup_context is not Function.setup_context
        token = enter(state.but(grad=False))
        try:
            if separate:
                result = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, result)
            else:
                result = cls.forward(ctx, *args, **kwargs)
        finally:
            leave(token)
        several = isinstance(result, tuple)
        outputs: tuple[Any, ...] = result if several else (result,)
        recording = state.grad and any(ctx.needs_input_grad)
        return _finished(cls, ctx, args, nodes, outputs, several, recording, state.layer)


def _finished(
    cls: type[Function], ctx: Context, args: tuple[Any, ...], nodes: list[Node | None], outputs: tuple[Any, ...], several: bool,
    recording: bool, layer: ModuleCall | None,
) -> Any:  # fmt: skip
    """The outputs as the caller gets them: new tensors in the graph, or, for an input changed in place, that input."""
    for t in ctx._dirty:
        if not any(t is output for output in outputs):
            raise GraphError(f"{cls.__name__}: a tensor marked dirty must be returned as well")
        memory.note_write(t.array)  # forward has written it
    for y in outputs:
        if not isinstance(y, Tensor) and not several:
            raise TypeError(f"{cls.__name__}.forward returned {type(y).__name__}: expected a Tensor or a tuple of them")
    positions: dict[int, int] = {}
    for i, y in enumerate(outputs):
        if isinstance(y, Tensor) and y.array.dtype.kind in "fc" and not any(y is t for t in ctx._constant):
            positions[i] = len(positions)
    arrays = [y.array if isinstance(y, Tensor) else y for y in outputs]
    for i, y in enumerate(outputs):
        # An output in the memory of an input: a later write into the one would change the other unseen.
        own = not isinstance(y, Tensor) or any(y is t for t in ctx._dirty)
        if not own and any(isinstance(a, Tensor) and np.may_share_memory(a.array, y.array) for a in args):
            arrays[i] = np.array(y.array)
    node = _node(cls, ctx, args, nodes, outputs, arrays, several, positions, layer) if recording and positions else None
    watch = current().watch
    found = []
    for i, (y, array) in enumerate(zip(outputs, arrays, strict=True)):
        if not isinstance(y, Tensor):
            found.append(y)
            continue
        place = None
        if node is not None and i in positions:
            place = pick(node, positions[i], array) if several else node
        if any(y is t for t in ctx._dirty):
            found.append(_rewritten(y, place, cls.__name__))
        else:
            found.append(make(array, place))
    if watch is not None and node is not None:
        watch.forward(node.op, node, args, tuple([t for t in found if isinstance(t, Tensor)]))
    return tuple(found) if several else found[0]


def _node(
    cls: type[Function], ctx: Context, args: tuple[Any, ...], nodes: list[Node | None], outputs: tuple[Any, ...],
    arrays: list[Any], several: bool, positions: dict[int, int], layer: ModuleCall | None,
) -> Node:  # fmt: skip
    kept: list[int | None] = []
    saved = []
    for t in ctx._to_save:
        spot = next((positions.get(i) for i, y in enumerate(outputs) if y is t and t is not None), None)
        if spot is None:
            spot = next((-1 - i for i, a in enumerate(args) if a is t and t is not None), None)
        kept.append(spot)
        saved.append(None if t is None else t.array)
    ctx._to_save = ctx._constant = ()
    shapes = [a.array.shape if isinstance(a, Tensor) else None for a in args]
    node = Node()
    node.plan = _Plan(cls, _Custom(cls.__name__, _input_names(cls, len(args))), ctx, kept, positions, shapes)
    node.parents, node.saved, node.params, node.meta = tuple(nodes), tuple(saved), None, None
    node.sequence, node.layer = next(clock), layer
    made = [arrays[i] for i in positions]
    if several:
        node.shape = node.dtype = None  # type: ignore[assignment]
        node.layout = tuple([(a.shape, a.dtype) for a in made])
    else:
        node.shape, node.dtype = made[0].shape, made[0].dtype
    return node


def _input_names(cls: type[Function], count: int) -> tuple[str, ...]:
    """The arguments' names, for messages and pictures."""
    names = [p.name for p in inspect.signature(cls.forward).parameters.values() if p.kind is not p.VAR_POSITIONAL]
    if cls.setup_context is Function.setup_context:
        names = names[1:]
    return tuple([names[i] if i < len(names) else f"input{i}" for i in range(count)])


def _rewritten(t: Any, place: Node | None, name: str) -> Any:
    """An input that forward changed in place, with the Function as what made it."""
    if place is None:
        return t
    base = t if t._view is None else t._view.base
    if base.node is not None and base.node.plan is None:
        raise GraphError(f"{name}: a leaf Variable that requires grad is used in an in-place operation ({describe(base.array)})")
    if t._view is None:
        t.node = place
    else:
        params = write_params(base.array, t._view.chain)
        base.node = record(write, (base.node, place), (base.array, t.array), base.array, params, None, place.layer)
    return t


class _Once(Function):
    """The identity, whose backward says that there is none."""

    @staticmethod
    def forward(ctx: Any, *tensors: Any) -> Any:
        return tuple(make(np.array(t.array)) for t in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise GraphError("trying to differentiate twice a function that was marked with @once_differentiable")


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a Function's backward that computes outside the graph: a second derivative is then an error, not silently wrong."""

    @wraps(backward)
    def marked(ctx: Any, *grads: Any) -> Any:
        recording = current().grad
        token = enter(current().but(grad=False))
        try:
            returned = backward(ctx, *grads)
        finally:
            leave(token)
        if not recording:
            return returned
        several = isinstance(returned, tuple | list)
        values = list(returned) if several else [returned]
        places = [i for i, v in enumerate(values) if isinstance(v, Tensor) and v.array.dtype.kind in "fc"]
        fresh = [make(values[i].array).requires_grad_() for i in places]
        for i, t in zip(places, _Once.apply(*fresh) if fresh else (), strict=True):
            values[i] = t
        return tuple(values) if several else values[0]

    return marked


__all__ = ["Context", "Function", "once_differentiable"]
