"""``Function``: an op that a user writes, with a forward and a backward, as in PyTorch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any
from warnings import warn
from weakref import ref

import numpy as np

from .engine import memory
from .engine.conform import switch_convention, unbroadcast
from .engine.forward import TangentSwitch
from .engine.gradients import node_of, require_grad
from .engine.graph import Node, make, named_class, pick
from .engine.memory import clock
from .engine.modes import ModuleCall, current, enter, leave
from .engine.op import Op
from .engine.plan import Plan
from .engine.recording import record, view_of
from .engine.standin import StandIn, alike, copied, levels
from .errors import GraphError, ShapeError, describe
from .functions.inplace import write, write_params
from .tensor.tensor import Tensor
from .vmap import by_own_rule


class Context:
    """``ctx``: carries values from a Function's forward to its backward. Other attributes may be set on it freely.

    Attributes:
        needs_input_grad: for each argument of ``apply``, whether backward should compute its gradient.
        saved_tensors: in backward, the tensors that forward passed to ``save_for_backward``.
    """

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        self._to_save: tuple[Any, ...] = ()
        self._to_save_for_jvp: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._constant: tuple[Any, ...] = ()
        self._materialize = True
        self._materialize_non_diff_grads = True
        self._available: tuple[Any, ...] | None = None

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs or outputs (None is allowed) for backward, which raises if one has been written in place since.

        Raises:
            TypeError: anything but a tensor or None.
        """
        self._to_save = _tensors_or_none("save_for_backward", tensors)

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep inputs or outputs (None is allowed) for jvp, whose ``saved_tensors`` are these alone.

        Raises:
            TypeError: anything but a tensor or None.
        """
        self._to_save_for_jvp = _tensors_or_none("save_for_forward", tensors)

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Name the inputs that forward has changed in place; forward must return them."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Name the outputs that have no gradient."""
        self._constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Choose what backward gets for an output without a gradient: zeros (True, the default), or None (False)."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        if self._available is None:
            raise GraphError("saved_tensors exist only in backward and jvp: in forward, use the tensors themselves")
        return self._available

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """The old name of ``saved_tensors``."""
        warn("'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2)
        return self.saved_tensors


def _tensors_or_none(name: str, tensors: tuple[Any, ...]) -> tuple[Any, ...]:
    for t in tensors:
        if t is not None and not isinstance(t, Tensor):
            raise TypeError(f"{name} can only save tensors, not {type(t).__name__}: set that as an attribute of ctx")
    return tensors


class _FunctionOp(Op):
    """A Function as an op: a name and the names of its inputs. It is not in the registry, and its forward is never called."""

    __slots__ = ()

    def __init__(self, name: str, inputs: tuple[str, ...]) -> None:
        self.name = name
        self.inputs = self.argument_names = inputs or ("input",)
        self.forward = lambda *args: None
        self.rules = dict.fromkeys(self.inputs)
        self.joint = self.numpy = self._samples = self._errors = None
        self.outputs, self.required = 1, 0
        self.extras = self.parts = ()
        self.sections = frozenset()
        self.elementwise = self.linear = self.multilinear = self.variadic = self.view = self.analytic = False
        self.defaults, self.plans = {}, {}
        self.docstring = ""


class _FunctionPlan(Plan):
    """How one call of a Function runs backwards. It holds the context, and never a tensor of an output, which holds the node.

    Attributes:
        function: the Function. ctx: the context of the call.
        origins: for each saved tensor, where it comes from: ("input", number), ("output", position), or None for another tensor.
        positions: the number of each differentiable output -> its position among them.
        constants: the number of each other output that is a tensor -> its shape and dtype. count: the number of all outputs.
        shapes, dtypes: of the arguments; None for the shape of those that are no tensors.
        for_jvp: the places of what was saved for jvp among the saved tensors; those for backward are the first ``for_backward``.
        dirty: for each output that is an input which forward has written, the number of that input; views: for each that is a view
            of one.
    """

    __slots__ = (
        "constants", "count", "ctx", "dirty", "dtypes", "for_backward", "for_jvp", "function", "materialize", "origins",
        "positions", "saved_inputs", "shapes", "views",
    )  # fmt: skip

    def __init__(
        self,
        function: type[Function],
        op: Op,
        ctx: Context,
        origins: list[tuple[str, int] | None],
        positions: dict[int, int],
        outputs: tuple[Any, ...],
        arguments: tuple[Any, ...],
        for_backward: int,
        for_jvp: list[int],
    ) -> None:
        self.op = op
        self.for_backward, self.for_jvp = for_backward, for_jvp
        # The saved inputs themselves, while they live: as in PyTorch they are what saved_tensors holds.
        self.saved_inputs = [None if o is None or o[0] != "input" else ref(arguments[o[1]]) for o in origins]
        self.dirty: dict[int, int] = {}
        self.views: dict[int, int] = {}
        self.function = function
        self.ctx = ctx
        self.origins = origins
        self.positions = positions
        self.constants = {
            i: (y.array.shape, y.array.dtype) for i, y in enumerate(outputs) if isinstance(y, Tensor) and i not in positions
        }
        self.count = len(outputs)
        self.shapes = [a.array.shape if isinstance(a, Tensor) else None for a in arguments]
        self.dtypes = [a.array.dtype if isinstance(a, Tensor) and a.array.dtype.kind in "fc" else None for a in arguments]
        self.slots = tuple(f"saved_tensors[{i}]" for i in range(len(origins)))
        self.keeps_arrays = bool(origins)
        self.elementwise = False
        self.materialize = ctx._materialize

    def lift(self, node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the saved values as tensors with their nodes."""
        tensors: list[Any] = []
        for array, origin in zip(saved, self.origins, strict=True):
            if array is None:
                tensors.append(None)
            elif origin is None:
                tensors.append(make(array))
            elif origin[0] == "input":
                tensors.append(make(array, node.parents[origin[1]]))
            else:
                tensors.append(make(array, node if node.shape is not None else pick(node, origin[1], array)))
        return tuple(tensors)

    def backward(self, g: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """The user's backward, called with tensors; it is recorded if the sweep is."""
        name = self.op.name
        gradients = g if isinstance(g, tuple) else (g,)
        create_graph = any(isinstance(gradient, Tensor) for gradient in gradients)
        tensors: list[Any] = [None] * self.count
        for output, position in self.positions.items():
            gradient = gradients[position]
            if gradient is not None:
                tensors[output] = switch_convention(gradient if isinstance(gradient, Tensor) else make(np.array(gradient)))
        if self.materialize and self.ctx._materialize_non_diff_grads:
            for output, (shape, dtype) in self.constants.items():
                tensors[output] = make(np.zeros(shape, dtype))
        returned = self._call(self.function.rule(), tensors, self._originals(saved)[: self.for_backward], create_graph)
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

    def _originals(self, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """The saved values as tensors: of an input that still lives, and has its values still, the input itself."""
        tensors = []
        for value, reference in zip(saved, self.saved_inputs, strict=True):
            array = value.array if isinstance(value, Tensor) else value
            original = None if reference is None else reference()
            if original is not None and original.array is array:
                tensors.append(original)
            else:
                tensors.append(make(value) if isinstance(value, np.ndarray) else value)
        return tuple(tensors)

    def _fitting(self, i: int, c: Any) -> Any:
        """The gradient in the shape of argument i; as in PyTorch, dimensions along which the argument broadcasts are summed."""
        shape = self.shapes[i]
        assert shape is not None
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
        ctx, state = self.ctx, current()
        # What is computed here with saved dual tensors is a gradient or a tangent, and gets no tangent on the way.
        watch = state.watch if create_graph or state.watch is None else TangentSwitch(state.watch, False)
        token = enter(state.but(grad=create_graph, watch=watch))
        ctx._available = saved
        try:
            return method(ctx, *tensors)
        finally:
            ctx._available = None
            leave(token)

    def push(self, node: Node, ts: list[Any], saved: tuple[Any, ...]) -> Any:
        """The tangent by the user's jvp; None where the Function has none, so that the engine transposes its backward."""
        if self.function.jvp is Function.jvp:
            return None
        create_graph = any(isinstance(t, Tensor) for t in ts)
        tensors = [t if t is None or isinstance(t, Tensor) else make(t) for t in ts]
        if self.materialize:  # as in PyTorch, a tensor without a tangent has zeros for it, and anything else has None
            for i, (t, shape) in enumerate(zip(tensors, self.shapes, strict=True)):
                if t is None and shape is not None and self.dtypes[i] is not None:
                    tensors[i] = make(np.zeros(shape, self.dtypes[i]))
        given, start = list(tensors), next(clock)
        originals = self._originals(saved)
        returned = self._call(self.function.jvp, tensors, tuple([originals[i] for i in self.for_jvp]), create_graph)
        tangents = list(returned) if isinstance(returned, tuple | list) else [returned]
        if len(tangents) <= max(self.positions):
            raise GraphError(f"{self.op.name}.jvp returned {len(tangents)} tangents for {max(self.positions) + 1} outputs")
        self._check_tangents(given, tangents, start)
        out = [tangents[i] if create_graph or tangents[i] is None else tangents[i].array for i in self.positions]
        if node.shape is not None:
            return np.zeros(node.shape, node.dtype) if out[0] is None else out[0]
        return tuple([np.zeros(*layout) if t is None else t for t, layout in zip(out, node.layout, strict=True)])

    def _check_tangents(self, given: list[Any], tangents: list[Any], start: int) -> None:
        """Raise for a jvp that, since a time of the clock, has not done with the tangents what forward has done with the values."""
        name = f"{self.op.name}.jvp"
        for i in self.constants:
            if i < len(tangents) and tangents[i] is not None:
                raise GraphError(
                    f"{name} returned a tangent for output {i}, which is not differentiable. You should return None at that "
                    f"position instead"
                )
        for i, k in self.dirty.items():
            if tangents[i] is not given[k] or (given[k] is not None and memory.last(given[k].array) < start):
                raise GraphError(
                    f"{name}: an inplace custom Function is not modifying the forward mode gradients inplace: forward changes "
                    f"input {k} in place, so the jvp function must modify the corresponding gradient inplace, and return it"
                )
        for i, k in self.views.items():
            if given[k] is None or tangents[i] is None or not isinstance(given[k].array, np.ndarray):
                continue
            if tangents[i] is given[k] or not np.may_share_memory(tangents[i].array, given[k].array):
                raise GraphError(
                    f"{name}: A custom Function's forward is returning a view (or an input as-is) but the jvp is not returning a "
                    f"view of the given tangent of input {k}: return the same view of it, such as x_t.view_as(x_t)"
                )


def _shares(argument: Any, output: Any) -> bool:
    """Whether an output is a view of an argument, or the argument itself."""
    if not isinstance(argument, Tensor):
        return False
    a, y = argument.array, output.array
    if type(y) is np.ndarray is type(a) and y.base is None and a.base is not y:  # the usual case: memory of its own
        return a is y
    return np.may_share_memory(a, y)


class _NamedClass:
    """The class of the nodes of a Function's calls, as an attribute of the Function."""

    def __get__(self, instance: Any, owner: type) -> type[Node]:
        return named_class(f"{owner.__name__}Backward")


class Function:
    """Base of ops that users write: a subclass has two static methods, and ``apply`` calls it.

    ``forward(ctx, *args)`` computes with tensors, and is not recorded. ``backward(ctx, *grads)`` gets a gradient per output, and
    returns one per argument, None for an argument that has none. Both may call any function. Under ``create_graph``, backward is
    recorded, so that it can be differentiated again, to any order.

    In another form, ``forward(*args)`` takes the arguments alone, and a static method ``setup_context(ctx, inputs, output)`` saves
    what backward needs. A static method ``jvp(ctx, *tangents)`` is optional, because forward mode follows from backward; and so is
    ``vmap(info, in_dims, *args)``, which gets whole batches and returns ``(outputs, out_dims)``.

    Raises:
        TypeError: forward or backward returned something else than tensors.
        GraphError: backward returned a number of gradients other than that of the arguments.
        ShapeError: backward returned a gradient whose shape is not that of its argument.

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

    generate_vmap_rule = False  # read by PyTorch only: without a rule of its own vmap goes through forward and backward

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        name = type(self).__name__
        warn(f"{name} should not be instantiated: call {name}.apply(...)", DeprecationWarning, stacklevel=2)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = type(self).__name__
        raise GraphError(f"Legacy autograd function with non-static forward method is deprecated: call {name}.apply(...)")

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("a Function must implement the static method forward")

    @staticmethod
    def setup_context(ctx: Context, inputs: tuple[Any, ...], output: Any) -> None:
        raise NotImplementedError

    @staticmethod
    def backward(ctx: Context, *grads: Any) -> Any:
        raise NotImplementedError("a Function must implement the static method backward to be differentiated")

    @staticmethod
    def jvp(ctx: Context, *tangents: Any) -> Any:
        raise NotImplementedError

    @staticmethod
    def vmap(info: Any, in_dims: tuple[Any, ...], *args: Any) -> Any:
        """The outputs for whole batches, and the dimension of each that is sliced; optional, because vmap batches forward's ops."""
        raise NotImplementedError("a Function must implement the static method vmap to have a rule of its own")

    vjp = backward  # another name, as in torch.func
    _backward_cls = _NamedClass()

    @classmethod
    def rule(cls) -> Callable[..., Any]:
        """The method that a subclass has given for reverse mode, ``backward`` or ``vjp``.

        Raises:
            GraphError: it has given both.
        """
        if cls.vjp is Function.vjp:
            return cls.backward
        if cls.backward is not Function.backward:
            raise GraphError(f"{cls.__name__}: Implementing both 'backward' and 'vjp' for a custom Function is not allowed")
        return cls.vjp

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call forward, and record a node with which backward will be called.

        Args:
            args: the arguments of forward: tensors and anything else. kwargs: keyword arguments of forward, which get no gradient.

        Returns:
            The result of forward, with tensors that belong to the graph. An input that forward changed in place is returned itself.
        """
        separate = cls.setup_context is not Function.setup_context
        if separate:
            args, kwargs = _with_defaults(cls.forward, args, kwargs)
        if levels.get() and cls.vmap is not Function.vmap:
            result = by_own_rule(cls.vmap, cls.__name__, args, kwargs)
            if result is not None:
                return result
        state = current()
        nodes = [node_of(a) if isinstance(a, Tensor) else None for a in args]
        ctx = Context(tuple([node is not None for node in nodes]))
        # Forward computes values alone: the tangents follow from jvp, or from backward.
        token = enter(state.but(grad=False, watch=None if state.watch is None else TangentSwitch(state.watch, False)))
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
        if separate:
            _demand_views(cls.__name__, ctx, args, outputs)
        recording = state.grad and any(ctx.needs_input_grad)
        return _finished(cls, ctx, args, nodes, outputs, several, recording, state.layer)


def _with_defaults(
    forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a forward by position, those too that a call left to their defaults or gave by name."""
    bound = inspect.signature(forward).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args, bound.kwargs


def _finished(
    cls: type[Function], ctx: Context, args: tuple[Any, ...], nodes: list[Node | None], outputs: tuple[Any, ...], several: bool,
    recording: bool, layer: ModuleCall | None,
) -> Any:  # fmt: skip
    """The outputs for the caller: new tensors in the graph, or, for an input that forward changed in place, that input."""
    name = cls.__name__
    for t in ctx._dirty:
        if not any(t is a for a in args):
            warn(f"{name}: Tensor is not an input but was given to mark_dirty(): only inputs that forward writes are", stacklevel=4)
        elif not any(t is output for output in outputs):
            raise GraphError(
                f"{name}: Some elements marked as dirty during the forward method were not returned as output. The inputs that are "
                f"modified inplace must all be outputs of the Function"
            )
        elif several and t._view is not None and recording:
            raise GraphError(
                f"{name}: If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return "
                f"more than one Tensor: return that one alone, or clone() it before the call"
            )
        memory.note_write(t.array)  # forward has written it
    for y in outputs:
        if not isinstance(y, Tensor) and not several:
            raise TypeError(f"{name}.forward returned {type(y).__name__}: expected a Tensor or a tuple of them")
    positions: dict[int, int] = {}
    for i, y in enumerate(outputs):
        if isinstance(y, Tensor) and y.array.dtype.kind in "fc" and not any(y is t for t in ctx._constant):
            positions[i] = len(positions)
    arrays = [y.array if isinstance(y, Tensor) else y for y in outputs]
    fresh = [i for i in positions if not any(outputs[i] is t for t in ctx._dirty)]
    for i, array in zip(fresh, alike(tuple([arrays[i] for i in fresh])), strict=True):
        arrays[i] = array
    node = _node(cls, ctx, args, nodes, outputs, arrays, several, positions, layer) if recording and positions else None
    watch = current().watch
    returned: list[Any] = []
    rebased: list[tuple[Node, Node]] = []
    for i, (y, array) in enumerate(zip(outputs, arrays, strict=True)):
        if not isinstance(y, Tensor):
            returned.append(y)
            continue
        last = i
        if several:  # an output that is there twice is one tensor
            same = [k for k, z in enumerate(outputs) if z is y]
            if same[0] < i:
                returned.append(returned[same[0]])
                continue
            last = same[-1]
        node_of_output = None
        if node is not None and last in positions:
            node_of_output = pick(node, positions[last], array) if several else node
        source = next((k for k, a in enumerate(args) if _shares(a, y)), None)
        if ctx._dirty and source is not None and args[source] is y and any(y is t for t in ctx._dirty):
            returned.append(_changed_in_place(y, node_of_output, name))
            before = nodes[source]
            if node is not None and i in positions:
                node.plan.dirty[i] = source  # type: ignore[union-attr]
            if before is not None and node_of_output is not None:
                rebased.append((before, node_of_output))
        else:
            returned.append(_new_output(y, array, node_of_output, None if source is None else args[source], current().grad))
            if node is not None and source is not None and i in positions:
                node.plan.views[i] = source  # type: ignore[union-attr]
    if watch is not None and node is not None and node.op is not None:
        watch.forward(node.op, node, args, tuple([t for t in returned if isinstance(t, Tensor)]))
        for before, after in rebased:
            watch.rebased(before, after)
    return tuple(returned) if several else returned[0]


def _new_output(y: Tensor, array: Any, node: Node | None, source: Any, recorded: bool) -> Tensor:
    """The tensor of an output that forward has not got as an input. One that shares memory with an input is a view of it.

    The graph does not know how it is a view: a recorded write into it is refused, and so is its use after its base was written.
    """
    if isinstance(array, StandIn):  # it stands for a batch, or is being compiled: memory of its own
        own: Any = array if source is None else copied(array)
        return make(own, node)
    out = make(array, node)
    base = y if source is None else source
    if base._view is not None:
        base = base._view.base
    elif source is None:
        return out
    out._view = view_of(base, (), False, "Function" if recorded else "")
    return out


def _demand_views(name: str, ctx: Context, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
    """Raise for an input that forward returns as it is and setup_context saves: is the input saved, or the output?"""
    for t in (*ctx._to_save, *ctx._to_save_for_jvp):
        returned = t is not None and any(t is y for y in outputs) and any(t is a for a in args)
        if returned and not any(t is d for d in ctx._dirty):
            raise GraphError(
                f"{name}: A input that has been returned as-is as output is being saved for backward. This is not supported if you "
                f"override setup_context. You should return and save a view of the input instead, e.g. with x.view_as(x), or save "
                f"it in forward(ctx, ...)"
            )


def _node(
    cls: type[Function], ctx: Context, args: tuple[Any, ...], nodes: list[Node | None], outputs: tuple[Any, ...],
    arrays: list[Any], several: bool, positions: dict[int, int], layer: ModuleCall | None,
) -> Node:  # fmt: skip
    """The node of a call: it saves the arrays of the tensors that forward saved, and where each of these comes from."""
    origins: list[tuple[str, int] | None] = []
    saved = []
    kept = list(ctx._to_save)
    for_jvp = []
    for t in ctx._to_save_for_jvp:
        place = next((i for i, k in enumerate(kept) if k is t), len(kept))
        kept += [t] * (place == len(kept))
        for_jvp.append(place)
    for t in kept:
        output = next((positions.get(i) for i, y in enumerate(outputs) if y is t and t is not None), None)
        argument = next((i for i, a in enumerate(args) if a is t and t is not None), None)
        origins.append(("output", output) if output is not None else ("input", argument) if argument is not None else None)
        saved.append(None if t is None else t.array)
    count = len(ctx._to_save)
    node = Node()
    op = _FunctionOp(cls.__name__, _input_names(cls, len(args)))
    node.plan = _FunctionPlan(cls, op, ctx, origins, positions, outputs, args, count, for_jvp)
    ctx._to_save = ctx._to_save_for_jvp = ctx._constant = ()
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
    """The names of the arguments, as forward names them, for errors and pictures."""
    names = [p.name for p in inspect.signature(cls.forward).parameters.values() if p.kind is not p.VAR_POSITIONAL]
    if cls.setup_context is Function.setup_context:
        names = names[1:]
    return tuple([names[i] if i < len(names) else f"input{i}" for i in range(count)])


def _changed_in_place(t: Tensor, node: Node | None, name: str) -> Tensor:
    """An input that forward changed in place, with the node of the Function's output; for a view, the base gets a write of it."""
    if node is None:
        return t
    base = t if t._view is None else t._view.base
    if base.node is not None and base.node.plan is None:
        raise GraphError(f"{name}: a leaf Variable that requires grad is used in an in-place operation ({describe(base.array)})")
    if t._view is None:
        t.node = node
    else:
        params = write_params(base.array, t._view.chain)
        base.node = record(write, (base.node, node), (base.array, t.array), base.array, params, node.layer)
    return t


class InplaceFunction(Function):
    """A Function that writes into its inputs: the same class, under the name that PyTorch has for it."""


class _Once(Function):
    """The identity, whose backward raises."""

    @staticmethod
    def forward(ctx: Context, *tensors: Any) -> Any:
        return tuple(make(np.array(t.array)) for t in tensors)

    @staticmethod
    def backward(ctx: Context, *grads: Any) -> Any:
        raise GraphError("trying to differentiate twice a function that was marked with @once_differentiable")


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a Function's backward as one that is not recorded, so that a second derivative raises instead of being wrong.

    Args:
        backward: the static method. It is called with recording off.

    Raises:
        GraphError: when a gradient that the marked backward has computed is differentiated again.

    Example:
        >>> import autograd
        >>> from autograd.function import once_differentiable
        >>> class Square(autograd.Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         ctx.save_for_backward(x)
        ...         return x * x
        ...     @staticmethod
        ...     @once_differentiable
        ...     def backward(ctx, g):
        ...         (x,) = ctx.saved_tensors
        ...         return 2 * g * x
        >>> x = autograd.tensor(3.0, requires_grad=True)
        >>> Square.apply(x).backward()
        >>> x.grad
        tensor(6., dtype=float32)
    """

    @wraps(backward)
    def marked(ctx: Context, *grads: Any) -> Any:
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
        numbers = [i for i, v in enumerate(values) if isinstance(v, Tensor) and v.array.dtype.kind in "fc"]
        leaves = [require_grad(make(values[i].array)) for i in numbers]
        for i, t in zip(numbers, _Once.apply(*leaves) if leaves else (), strict=True):
            values[i] = t
        return tuple(values) if several else values[0]

    return marked


FunctionCtx = Context  # PyTorch's name

__all__ = ["Context", "Function", "FunctionCtx", "InplaceFunction", "once_differentiable"]
