"""Recording: a function of tensors made from an op computes on their arrays and, where a gradient is needed, makes a node.

The code of this function is written for each op alone (codegen.py). Here are the functions that this code calls.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any
from weakref import ref

import numpy as np
from numpy import ndarray

from .. import types
from ..errors import GraphError, describe, explain
from . import codegen, graph, memory, saved
from .codegen import EMPTY, argument_title
from .graph import Node, leaf, pick, retain
from .memory import clock
from .modes import Marking, ModuleCall, current, enter, inference_blocks, leave
from .op import REGISTRY, Op
from .standin import StandIn, alike, as_array, standing_in
from .values.dtypes import NUMERIC, refusal

# The same classes as in graph.py: ``bind`` sets both, because Python finds a module's own names fastest.
Tensor: Any = None
AnyTensor: Any = None


def bind(cls: type) -> type:
    """Make a class the one of the engine's results (a decorator). Its base class is the one that all tensors are instances of."""
    global Tensor, AnyTensor
    Tensor = graph.Tensor = cls
    AnyTensor = graph.AnyTensor = cls.__base__
    graph.saved_tensor = saved.saved_tensor
    return cls


class View:
    """How a tensor is a view: it shares the memory of another tensor, its base.

    Attributes:
        base: the tensor whose memory it is; no view itself.
        chain: the view ops that lead from the base to this tensor, each with its parameters.
        made_at: the time of the clock at which the view was made.
        node_valid_at: the time at which the tensor's node was last known to be right. A later write into the memory makes it stale.
        recorded: False for a view that was made under no_grad; it never takes part in the graph of its base.
        made_by: "several" for an output of a function that returns several views, "Function" for one of a user's Function,
            "inference" for one that was made within ``inference_mode``, else "": a write into the others is refused where it would
            be recorded.
    """

    __slots__ = ("_base", "chain", "made_at", "made_by", "node_valid_at", "recorded")

    _base: types.Tensor
    chain: tuple[tuple[Op, dict[str, Any]], ...]
    made_at: int
    made_by: str
    node_valid_at: int
    recorded: bool

    @property
    def base(self) -> types.Tensor:
        if id(self._base) in _reshaped:
            for time, old in _reshaped[id(self._base)][1]:
                if self.made_at < time:
                    return old
        return self._base


def view_of(base: types.Tensor, chain: tuple[tuple[Op, dict[str, Any]], ...], recorded: bool, made_by: str = "") -> View:
    """A view that is made now. (Not ``View.__init__``, which Python would take twice the time to call.)"""
    view = View()
    view._base = base
    view.chain = chain
    view.made_by = made_by
    view.made_at = view.node_valid_at = next(clock)
    view.recorded = recorded
    return view


# For each base whose shape was changed in place (``squeeze_``), by its id: a weak reference to it, and, for each change, the time
# and a tensor of the same memory in the shape before. Views that are older than the change have that tensor as their base.
_reshaped: dict[int, tuple[Any, list[tuple[int, types.Tensor]]]] = {}


def keep_base_of_earlier_views(base: types.Tensor, old: types.Tensor) -> None:
    """Note that a base has just got another shape; the views made so far are views of ``old``, which has the shape before."""
    key = id(base)
    if key not in _reshaped:
        _reshaped[key] = ref(base, lambda _: _reshaped.pop(key, None)), []
    _reshaped[key][1].append((next(clock), old))


def _reshaped_since(view: View) -> bool:
    """Whether the base has got another shape since the view was made."""
    return view.base is not view._base


def node_of_view(t: types.Tensor) -> Node | None:
    """The node of a view. If its memory was written since the node was right, the view ops are replayed on the base first."""
    view = t._view
    if memory.latest <= view.node_valid_at and not view.made_by:  # the usual case: nothing at all was written since
        return t.node
    if (memory.last(t.array) > view.node_valid_at and (view.recorded or view.made_by)) or (
        view.made_by == "inference" and _reshaped_since(view)
    ):
        if view.made_by in ("Function", "inference"):
            if t.node is None or current().inference:
                return t.node
            if view.made_by == "inference":
                raise GraphError(
                    f"A view was created in inference mode and its base or another view of its base has been modified inplace in "
                    f"normal mode ({describe(t.array)}): make the view outside of inference_mode(), or clone() it inside"
                )
            raise GraphError(
                f"{t.node.label()} is a view and its base or another view of its base has been modified inplace. This view was "
                f"created inside a custom Function, so that nobody knows its gradient now: make the view again after the write"
            )
        view.node_valid_at = next(clock)
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
            before, t.node = t.node, fresh.node
            if before is not None and before.meta is not None and before.meta.retains_grad and t.node is not None:
                retain(t.node, t)
    return t.node


_CONSTANTS = (float, int, ndarray, np.generic, complex, StandIn)
_ARRAYS = (ndarray, np.generic)


class ForeignOperandError(TypeError):
    """An operand of a class that autograd does not know. An operator then lets that class compute (``__radd__``)."""


def operand(value: types.TensorLike | None, name: str = "an operand") -> tuple[Any, Node | None]:
    """The array and the node of an argument.

    Args:
        value: a tensor, an array or a number. name: the argument's name, for the error.

    Raises:
        TypeError: anything else.
    """
    if isinstance(value, AnyTensor):
        return value.array, value.node if value._view is None else node_of_view(value)
    if isinstance(value, _CONSTANTS):
        if isinstance(value, _ARRAYS) and (value.dtype.kind not in NUMERIC or hasattr(value, "mask")):
            raise TypeError(f"{name}: {refusal(value)}")
        return value, None
    error = TypeError if type(value).__module__ == "builtins" else ForeignOperandError
    raise error(
        f"{name} is {describe(value)}, of type {type(value).__name__}: expected a Tensor, a NumPy array or a number"
        + (" (autograd.tensor makes one of a list)" if isinstance(value, list | tuple) else "")
    )


def _is_half(value: Any, number: float) -> bool:
    """Whether a factor is float16, which does not hold a finite number beside it."""
    return getattr(value, "dtype", None) == np.float16 and math.isfinite(number)


def _in_two_steps(op: Op, a: Any, b: Any, out: Any) -> Any:
    """A float16 product or quotient with a number that float16 does not hold, which would count as infinite.

    The number is split into two factors, one of them a power of 2, so that the result overflows only if it must. It is right to one
    unit in the last place.
    """
    first = isinstance(a, float | int)
    number = a if first else b
    power = 2.0 ** min(15, round(math.log2(abs(number)) / 2))
    rest = number / power
    compute = recorded(op)
    inner = compute(rest, b) if first else compute(a, rest)
    last = recorded(REGISTRY["mul"]) if first else compute
    return last(inner, power, out=out) if out is not None else last(inner, power)


def _constant(value: Any, op_name: str, name: str) -> Any:
    """The array of a tensor that is given for a parameter, with respect to which there is no gradient.

    Raises:
        TypeError: a gradient with respect to it is needed.
    """
    array = value.array
    # The integers of an op with several outputs have that op's node, and no gradient.
    has_node = (value.node if value._view is None else node_of_view(value)) is not None
    if has_node and array.dtype.kind in "fc" and current().grad:
        raise TypeError(
            f"{op_name}: argument {name!r} must be a number, or a tensor that requires no gradient: there is none for it"
        )
    return array


def _refused(op: Op, operands: tuple[Any, ...], params: dict[str, Any], error: Exception) -> Any:
    """The result of a forward that stand-ins could not follow call by call; for arrays, what it raised, explained.

    The error shows the op, its layer and the arguments of the call.
    """
    stand_in = standing_in((*operands, params))
    if stand_in is not None:
        try:
            return stand_in.opaque(op.name, op.forward, operands, params)
        except Exception as refused:
            error = refused
    arguments = dict(zip(op.argument_names, operands, strict=False))
    raise explain(op.name, {**arguments, **params}, error, current().layer) from None


def recorded(op: Op) -> Callable[..., types.Tensor]:
    """The op as a function of tensors: it computes, and records a node where a gradient is needed. Each op has one."""
    function = FUNCTIONS.get(op)
    if function is None:
        function = FUNCTIONS[op] = _function(op)
    return function


def recorded_tuple(op: Op) -> Callable[..., tuple[types.Tensor, ...]]:
    """``recorded`` for an op with several outputs: its function returns a tuple of tensors."""
    function: Callable[..., Any] = recorded(op)
    return function


FUNCTIONS: dict[Op, Callable[..., Any]] = {}  # the function of tensors of each op, once it has been asked for


def _function(op: Op, operator: bool = False) -> Callable[..., Any]:
    def write(function: FunctionType) -> None:
        codegen.write(
            op, function, _arguments, operator, ForeignOperandError=ForeignOperandError, Tensor=Tensor, AnyTensor=AnyTensor,
            Node=Node, ndarray=ndarray, asarray=as_array, clock=clock, current=current, operand=operand, operands_of=_operands,
            node_of_view=node_of_view, refused=_refused, constant=_constant, alike=alike, outputs_of=_outputs,
            note_view=_note_view, is_half=_is_half, in_two_steps=_in_two_steps,
        )  # fmt: skip

    function = codegen.written_at_first_call(op.name, write)
    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = op.docstring
    function.__signature__ = codegen.signature(op)  # type: ignore[attr-defined]
    function.op = op  # type: ignore[attr-defined]
    return function


def operator(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of an op as Python calls it for an operator: it returns NotImplemented for a second operand of a foreign class.

    Args:
        function: a function of two tensors that ``recorded`` made.
    """
    copy = _function(function.op, operator=True)  # type: ignore[attr-defined]
    copy.__doc__ = function.__doc__
    return copy


def alias(function: Callable[..., Any], name: str, module: str = "autograd") -> Callable[..., Any]:
    """The same function under a second name, for ``help``: its docstring says so, and its examples call the second name.

    Args:
        function: a function that ``recorded`` made, or one written in Python.
        name: the second name.
        module: the module in which users find that name.
    """
    op = getattr(function, "op", None)
    if op is not None and FUNCTIONS.get(op) is function:
        copy = _function(op)  # its code is written when it is first called, so a copy of the present code would not do
    else:
        copy = FunctionType(function.__code__, function.__globals__, name, function.__defaults__, function.__closure__)
        copy.__kwdefaults__, copy.__annotations__ = function.__kwdefaults__, function.__annotations__
        copy.__dict__.update(function.__dict__)
    first = function.__name__
    copy.__name__ = copy.__qualname__ = name
    head, mark, examples = (function.__doc__ or "").partition("Example:")
    summary, rest = head.split("\n\n", 1)
    indent = rest[: len(rest) - len(rest.lstrip())]
    dotted = f".{first}"
    calls = _PATHS.sub(lambda path: _renamed(path[0], dotted, f"{module}.{name}"), examples)
    calls = calls.replace(f"{dotted}(", f".{name}(")  # a call of the method of that name
    copy.__doc__ = f"{summary}\n\n{indent}A second name of ``{first}``.\n\n{rest}{mark}{calls}"
    return copy


_PATHS = re.compile(r"\b(?:autograd|nn)(?:\.\w+)+")  # one pattern for all aliases: to compile one each took a tenth of the import


def _renamed(path: str, dotted: str, second: str) -> str:
    """The path of a function in an example, with the second name in the place of the first one, which follows a dot."""
    _, found, rest = path.rpartition(dotted)
    return second + rest if found and rest[:1] in ("", ".") else path


_NUMPY_NAMES = {"axis": "dim", "axes": "dim", "keepdims": "keepdim"}


def _operands(values: Sequence[Any], op: Op) -> tuple[tuple[Any, ...], tuple[Node | None, ...]]:
    """The arrays and the nodes of a list of inputs."""
    arrays, nodes = [], []
    for i, value in enumerate(values):
        if isinstance(value, AnyTensor):
            arrays.append(value.array)
            nodes.append(value.node if value._view is None else node_of_view(value))
        else:
            array, node = operand(value, argument_title(op, i))
            arrays.append(array)
            nodes.append(node)
    return tuple(arrays), tuple(nodes)


def _outputs(results: tuple[Any, ...], node: Node | None) -> tuple[types.Tensor, ...]:
    """The tensors of the outputs of one call, of which each has a node that picks it out of all. Integers have no gradient."""
    outputs, layout = [], []
    for i, result in enumerate(results):
        output = Tensor()
        output.array = array = result if type(result) is ndarray else as_array(result)
        output._grad = output._view = output.node = None
        if node is not None:
            dtype = array.dtype
            layout.append((array.shape, dtype))
            if dtype.kind in "fc":
                output.node = pick(node, i, array)
        outputs.append(output)
    if node is not None:
        node.layout = tuple(layout)
    return tuple(outputs)


def _arguments(op: Op, given: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The inputs of a call (None for those that are left out), and its parameters under the names of the declaration.

    Args:
        op: the op. given: the arguments by name.

    Raises:
        TypeError: an argument that the op has not, that is given twice, or that is missing.
    """
    names = [_NUMPY_NAMES[k] if k in _NUMPY_NAMES and k not in op.defaults else k for k in given]
    if len(set(names)) < len(given):
        raise TypeError(f"{op.name} got {max(names, key=names.count)} twice, under two names: {', '.join(given)}")
    given = dict(zip(names, given.values(), strict=True))
    values = []
    if "input" in given and "input" not in op.inputs:  # the first input is that to every function of PyTorch
        values.append(given.pop("input"))
    for name, argument in zip(op.inputs[len(values) :], op.argument_names[len(values) :], strict=True):
        values.append(given.pop(name if name in given else argument, EMPTY))
    params = {**op.defaults, **given}
    if len(params) > len(op.defaults):
        unknown = next(k for k in params if k not in op.defaults)
        raise TypeError(f"{op.name} got an unexpected argument {unknown!r}; it takes {_all_arguments(op)}")
    for i, value in enumerate(values):
        if i < op.required and value is None:
            raise TypeError(f"{argument_title(op, i)} is None: expected a Tensor, a NumPy array or a number")
        if value is EMPTY:
            if i < op.required:
                raise TypeError(f"{op.name} is missing {op.argument_names[i]!r}; it takes {_all_arguments(op)}")
            values[i] = None
    for name, value in params.items():
        if value is EMPTY:
            raise TypeError(f"{op.name} is missing {name!r}; it takes {_all_arguments(op)}")
    return values, params


def _all_arguments(op: Op) -> str:
    return ", ".join([*op.argument_names, *op.defaults])


def record(
    op: Op,
    parents: tuple[Node | None, ...],
    arrays: tuple[Any, ...],
    y: Any,
    params: dict[str, Any],
    layer: ModuleCall | None,
) -> Node:
    """A node for a call that has been computed, of an op with one output.

    Args:
        op: the op. parents: a node per input, None for one that needs no gradient. arrays: the inputs, None for missing ones.
        y: the result. params: the parameters by name.
        layer: the call of a module within which the op was called.
    """
    node = Node()
    node.plan = plan = op.plan(tuple([p is not None for p in parents]))
    node.parents = parents
    node.saved = plan.save(arrays, y, params, None)
    node.params = params
    node.meta = None
    node.shape, node.dtype = y.shape, y.dtype
    node.sequence = next(clock)
    node.layer = layer
    return node


def _note_view(t: types.Tensor, source: Any, op: Op, params: dict[str, Any], recorded: bool) -> None:
    """Note in a result that it is a view of its source, if the two share memory."""
    if not isinstance(source, AnyTensor):
        return
    y, x = t.array, source.array
    base = y.base
    if base is None:
        if y is not x:
            return
    elif base is not x and base is not x.base and not np.may_share_memory(y, x):  # usually the bases tell, which is quick
        return
    if type(source) is Marking.marked:  # outside of inference_mode, too, such a view is no view, as in PyTorch
        Marking.mark(t).node = None
        return
    step = ((op, params),)
    view = source._view
    if view is None:
        t._view = view_of(source, step, recorded)
    else:
        t._view = view_of(view.base, view.chain + step, recorded and view.recorded, view.made_by)
    if inference_blocks and current().inference:
        t._view.made_by = "inference"
        if (source.node if view is None else node_of_view(source)) is not None:
            t.node = leaf(t)
