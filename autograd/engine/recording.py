"""Recording: a function of tensors made from an op computes on their arrays and, where a gradient is needed, leaves a node.

Nearly every op's function is written out for that op alone (codegen.py); here are what these functions call, and the general one,
which takes several outputs, lists of inputs, and arguments in every order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any
from weakref import ref

import numpy as np
from numpy import ndarray

from .. import types
from ..errors import describe, explain
from . import codegen, graph, memory
from .graph import Node, make, pick
from .memory import clock
from .modes import ModuleCall, current, enter, leave
from .op import EMPTY, Op

Tensor: Any = None  # as in graph.py; here again because a module's own names are found fastest
AnyTensor: Any = None


def bind(cls: type) -> type:
    """Tell the engine which class its results have (a decorator)."""
    global Tensor, AnyTensor
    Tensor = graph.Tensor = cls
    AnyTensor = graph.AnyTensor = cls.__base__
    return cls


class View:
    """How a tensor looks into another's memory.

    base: whose memory; chain: the view ops that lead from it; made: when; stamp: when the tensor's node was last right; recorded:
    False for a view made under no_grad, which never joins the graph of its base.
    """

    __slots__ = ("_base", "chain", "made", "recorded", "stamp")

    def __init__(self, base: Any, chain: tuple[tuple[Op, dict[str, Any]], ...], recorded: bool) -> None:
        self._base = base
        self.chain = chain
        self.made = self.stamp = next(clock)
        self.recorded = recorded

    @property
    def base(self) -> Any:
        if id(self._base) in _moved:
            for when, old in _moved[id(self._base)][1]:
                if self.made < when:
                    return old
        return self._base


# Of bases whose shape was changed in place (``squeeze_``): what they were for the views made before, and until when.
_moved: dict[int, tuple[Any, list[tuple[int, Any]]]] = {}


def hide_from_earlier_views(base: Any, old: Any) -> None:
    """From now on ``base`` is of another shape than its views know; ``old`` stands for it with them."""
    key = id(base)
    if key not in _moved:
        _moved[key] = ref(base, lambda _: _moved.pop(key, None)), []
    _moved[key][1].append((next(clock), old))


def node_of_view(t: Any) -> Any:
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
    return t.node


_CONSTANTS = (float, int, ndarray, np.generic, complex)


def operand(value: Any, name: str = "an operand") -> tuple[Any, Node | None]:
    """The array and the node of anything that an op may be called with."""
    if isinstance(value, AnyTensor):
        return value.array, value.node if value._view is None else node_of_view(value)
    if isinstance(value, _CONSTANTS):
        return value, None
    raise TypeError(
        f"{name} is {describe(value)}, of type {type(value).__name__}: expected a Tensor, a NumPy array or a number"
        + (" (autograd.tensor makes one of a list)" if isinstance(value, list | tuple) else "")
    )


def _refused(op: Op, operands: Iterable[Any], params: dict[str, Any], error: Exception) -> Exception:
    names = op.inputs if not op.variadic else (op.inputs[0],)
    return explain(op.name, {**dict(zip(names, operands, strict=False)), **params}, error, current().layer)


def recorded(op: Op) -> Callable[..., types.Tensor]:
    """The function of tensors that an op is: it computes, and records a node where a gradient is needed. One per op."""
    function = _recorded.get(op)
    if function is None:
        function = _recorded[op] = _function(op)
    return function


def recorded_tuple(op: Op) -> Callable[..., tuple[types.Tensor, ...]]:
    """``recorded`` for an op with several outputs: its function returns a tuple of tensors."""
    function: Callable[..., Any] = recorded(op)
    return function


_recorded: dict[Op, Callable[..., Any]] = {}


def _function(op: Op) -> Callable[..., Any]:
    function = _general(op) if op.outputs > 1 or op.variadic else _unwritten(op)
    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = op._doc
    function.__signature__ = codegen.signature(op)  # type: ignore[attr-defined]
    function.op = op  # type: ignore[attr-defined]
    return function


def alias(function: Callable[..., Any], name: str, module: str = "autograd") -> Callable[..., Any]:
    """The same function under a second name, for ``help``: its docstring says so, and its examples call the second name.

    Args:
        function: a function that ``recorded`` made, or one written in Python.
        name: the second name.
        module: the module in which users find that name.
    """
    op = getattr(function, "op", None)
    if op is not None and _recorded.get(op) is function:
        copy = _function(op)  # its body is written out when it is first called, so a copy of the code would not do
    else:
        copy = FunctionType(function.__code__, function.__globals__, name, function.__defaults__, function.__closure__)
        copy.__kwdefaults__, copy.__annotations__ = function.__kwdefaults__, function.__annotations__
        copy.__dict__.update(function.__dict__)
    first = function.__name__
    copy.__name__ = copy.__qualname__ = name
    head, mark, examples = (function.__doc__ or "").partition("Example:")
    summary, rest = head.split("\n\n", 1)
    indent = rest[: len(rest) - len(rest.lstrip())]
    calls = re.sub(rf"\b(autograd|nn)(\.\w+)*\.{first}\b", f"{module}.{name}", examples)
    copy.__doc__ = f"{summary}\n\n{indent}A second name of ``{first}``.\n\n{rest}{mark}{calls}"
    return copy


def _unwritten(op: Op) -> FunctionType:
    """A function that is written out (see codegen.py) when it is first called: there are hundreds, and a program calls a few."""

    def first(*args: Any, **kwargs: Any) -> Any:
        codegen.write(
            op, call, _general(op), Tensor=Tensor, AnyTensor=AnyTensor, Node=Node, ndarray=ndarray, asarray=np.asarray,
            clock=clock, current=current, operand=operand, node_of_view=node_of_view, refused=_refused, track=_track,
        )  # fmt: skip
        return call(*args, **kwargs)

    call = FunctionType(_first.__code__, {"first": first}, op.name)
    return call


def _first(*args: Any, **kwargs: Any) -> Any:
    return first(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821  (a global of the function that has this code)


_ALIASES = {"axis": "dim", "axes": "dim", "keepdims": "keepdim"}


def _general(op: Op) -> Callable[..., Any]:
    """Any op: inputs in a list, some optional, parameters by position, by keyword, under NumPy's names; several outputs, views."""
    forward, defaults, names, variadic = op.forward, op.defaults, op.inputs, op.variadic
    count, order = len(names), tuple(defaults)
    ruled = tuple(variadic or op.joint is not None or op.rules.get(name) is not None for name in names)
    differentiable = op.differentiable

    def call(*args: Any, **kwargs: Any) -> Any:
        values = list(args[:count])
        if kwargs:
            keys = [_ALIASES[k] if k in _ALIASES and k not in defaults else k for k in kwargs]
            if len(set(keys)) < len(kwargs):
                raise TypeError(f"{op.name} got {max(keys, key=keys.count)} twice, under two names: {', '.join(kwargs)}")
            kwargs = dict(zip(keys, kwargs.values(), strict=True))
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
        parents = (
            tuple([p for _, p in pairs]) if variadic else tuple([p if r else None for (_, p), r in zip(pairs, ruled, strict=False)])
        )
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
    op: Op,
    parents: tuple[Node | None, ...],
    arrays: tuple[Any, ...],
    y: Any,
    params: dict[str, Any],
    extras: Any,
    layer: ModuleCall | None,
) -> Node:
    """A node for a call that has been computed: which parents it has, and what its rules need."""
    node = Node()
    node.plan = plan = op.plan(tuple([p is not None for p in parents]))
    node.parents = parents
    node.saved = plan.save(arrays, y, params, extras)
    node.params = params
    node.meta = None
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
            t._view = View(source, step, recorded)
        else:
            view = source._view
            t._view = View(view.base, view.chain + step, recorded and view.recorded)


def _looks_into(y: ndarray, x: ndarray) -> bool:
    """Whether the result of a view op shares its input's memory. The usual answers are read from who owns what."""
    base = y.base
    if base is None:
        return y is x
    return base is x or base is x.base or np.may_share_memory(y, x)


def _positional(op: Op, order: tuple[str, ...], values: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    if len(values) > len(order):
        raise TypeError(f"{op.name} takes at most {len(op.inputs) + len(order)} arguments, {len(op.inputs) + len(values)} given")
    named = dict(zip(order, values, strict=False))
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
