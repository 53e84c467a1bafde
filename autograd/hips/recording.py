"""Ops on boxes: the op is computed on the values, and its node is recorded in the graph of the innermost level.

Where a value is a box of the level outside, the same op is recorded there. So every level has the node of every op, the saved
values of a level are the boxes of the level outside, and a rule that is called with them is recorded outside, as it must be.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine.graph import PICK, Node
from ..engine.memory import clock
from ..engine.op import Op
from .levels import Box, box_class
from .nodes import VJPNode, new, part_of, set_layout

# ``bind`` sets these when the classes are made: their methods need the functions that need them.
ArrayBox: Any = None  # the class of the boxes of arrays
NodeArrayBox: Any = None  # the class of those whose nodes the engine does not know
Writable: Any = None  # the class of arrays that boxes may be written into
_types = Box.types
_NUMBERS = (float, int, complex)


def bind(array_box: type, node_array_box: type) -> None:
    """Make two classes those of the boxes of arrays."""
    global ArrayBox, NodeArrayBox
    ArrayBox, NodeArrayBox = array_box, node_array_box


def bind_writable(cls: type) -> None:
    """Make a class the one of the arrays that boxes may be written into."""
    global Writable
    Writable = cls


def run(op: Op, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The result of an op: boxes where one of the arguments is one, otherwise what NumPy returns; a tuple for several outputs.

    Args:
        op: the op. args: its inputs, None for one that is left out; for a variadic op one list.
        params: its parameters by name.
    """
    return run_with_extras(op, args, params)[0]


def record_pair(op: Op, a: Any, b: Any) -> Any:
    """``run`` for an op with two inputs and one output, and without parameters: the short way for two arrays or boxes of arrays."""
    x, y, trace, needs = a, b, -1, (True, False)
    if type(a) is ArrayBox:
        x, trace = a._value, a._trace
    if type(b) is ArrayBox:
        y = b._value
        needs = (trace >= 0, True)
        if trace >= 0 and b._trace != trace:
            return run(op, (a, b), {})
        trace = b._trace
    if type(x) is not ndarray or type(y) is not ndarray or trace < 0:
        return run(op, (a, b), {})
    result = op.forward(x, y)
    if type(result) is ndarray and not result.ndim:
        result = result[()]
    if result.dtype.kind not in "fc":
        return result
    node = new(VJPNode)
    node.plan = plan = op.plan(needs)
    node.parents = (a._node if needs[0] else None, b._node if needs[1] else None)
    node.saved = plan.save((x, y), result, {}, None)
    node.params = {}
    node.shape = result.shape
    node.dtype = result.dtype
    node.sequence = next(clock)
    return boxed(result, trace, node)


def run_with_extras(op: Op, args: Any, params: dict[str, Any]) -> tuple[Any, Any]:
    """``run``, and the extra outputs of the op, or None."""
    variadic = op.variadic
    operands = args[0] if variadic else args
    top = -1
    for value in operands:
        if type(value) in _types and value._trace > top:
            top = value._trace
    if top < 0:
        return _computed(op, operands, params)
    values: list[Any] = []
    parents: list[Any] = []
    differentiable = variadic or op.joint is not None
    nested = False
    for i, value in enumerate(operands):
        parent = None
        if type(value) in _types and value._trace == top:
            parent = value._node
            if not isinstance(parent, Node):
                return call_with_nodes(_function_of(op), tuple(args), params, top), None
            value = value._value
            if not differentiable and op.rules[op.inputs[i]] is None:
                parent = None
        if type(value) in _types:
            nested = True
        elif type(value) is not ndarray:
            if type(value) in _NUMBERS:
                value = np.asarray(value)[()]
            elif type(value) is Writable:
                value = np.array(value, subok=False)  # what a rule needs is what it holds now
        values.append(value)
        parents.append(parent)
    if nested:
        y, extras = run_with_extras(op, (values,) if variadic else values, params)
    else:
        y, extras = _computed(op, values, params)
    needs = tuple([p is not None for p in parents])
    if True not in needs or (op.outputs == 1 and y.dtype.kind not in "fc"):
        return y, extras
    node = new(VJPNode)
    node.plan = plan = op.plan(needs)
    node.parents = tuple(parents)
    node.saved = plan.save(values, y, params, extras)
    node.params = params
    node.sequence = next(clock)
    if op.outputs == 1:
        node.shape, node.dtype = y.shape, y.dtype
        box = new(ArrayBox)
        box._value = y
        box._trace = top
        box._node = node
        return box, extras
    node.shape = node.dtype = None  # type: ignore[assignment]
    node.layout = tuple([(part.shape, part.dtype) for part in y])
    parts = [boxed(part, top, part_of(node, i, part, PICK)) if part.dtype.kind in "fc" else part for i, part in enumerate(y)]
    return tuple(parts), extras


def _computed(op: Op, operands: Any, params: dict[str, Any]) -> tuple[Any, Any]:
    """The op on arrays: its result and its extras."""
    arrays = [v if type(v) is ndarray or v is None else np.asarray(v) for v in operands]
    y = op.forward(arrays, **params) if op.variadic else op.forward(*arrays, **params)
    extras = None
    if op.extras:
        y, extras = (y[0], y[1:]) if op.outputs == 1 else (y[: op.outputs], y[op.outputs :])
    if op.outputs != 1:
        return tuple([scalar(part) for part in y]), extras
    return (y[()] if type(y) is ndarray and not y.ndim else y), extras


def scalar(y: Any) -> Any:
    """A number for an array without dimensions, as NumPy's own functions return it."""
    return y[()] if type(y) is ndarray and not y.ndim else y


def boxed(value: Any, trace: int, node: Any) -> Any:
    """A box of an array, a number, or a box of the level outside."""
    box = new(ArrayBox)
    box._value = value
    box._trace = trace
    box._node = node
    return box


@cache
def _function_of(op: Op) -> Any:
    """The op as a function with a name."""

    def function(*args: Any, **params: Any) -> Any:
        return run(op, args, params)

    function.__name__ = function.__qualname__ = op.name
    return function


def new_box(value: Any, trace: int, node: Any) -> Any:
    """A box of a value; for a list, tuple or dict the same container of boxes.

    Raises:
        TypeError: a value that no derivative is taken with respect to.
    """
    kind = type(value)
    if kind is ndarray and type(node) is VJPNode and node.dtype is not None:
        return boxed(value, trace, node)
    if kind not in Box.type_mappings and isinstance(value, list | tuple | dict):
        if isinstance(node, VJPNode) and node.dtype is None and node.plan is None:
            set_layout(node, value)
        items = value.items() if isinstance(value, dict) else enumerate(value)
        parts = [(key, new_box(part, trace, _part_node(node, key, part, value))) for key, part in items]
        if isinstance(value, dict):
            return kind(parts)
        return kind(*[part for _, part in parts]) if hasattr(value, "_fields") else kind([part for _, part in parts])
    cls: Any = box_class(value)
    if isinstance(node, Node):
        if node.dtype is None and node.plan is None:
            set_layout(node, value)
    elif cls is ArrayBox:
        cls = NodeArrayBox
    return cls(value, trace, node)


class TupleOfBoxes(tuple[Any, ...]):
    """A tuple that also says to which level its boxes belong."""


class ListOfBoxes(list[Any]):
    """A list that also says to which level its boxes belong."""


class DictOfBoxes(dict[Any, Any]):
    """A dict that also says to which level its boxes belong."""


def new_box_or_container(value: Any, trace: int, node: Any) -> Any:
    """``new_box`` as dependents call it: a list, tuple or dict of boxes has the level, the value and the node of a box as well."""
    made: Any = new_box(value, trace, node)
    containers: dict[type, Any] = {tuple: TupleOfBoxes, list: ListOfBoxes, dict: DictOfBoxes}
    if type(made) in containers:
        made = containers[type(made)](made)
        made._trace, made._value, made._node = trace, value, node
    return made


def container_take(container: Any, key: Any) -> Any:
    """A part of a list, tuple or dict."""
    return container[key]


def _part_node(node: Any, key: Any, part: Any, whole: Any) -> Any:
    if isinstance(node, Node):
        return part_of(node, key, part)
    return type(node)(part, container_take, (whole, key), {}, (0,), (node,))


def call_with_nodes(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], top: int) -> Any:
    """A call within a level whose nodes are of a class that the engine does not know: it makes a node of that class.

    Args:
        function: the function. args, kwargs: its arguments. top: the level's number.
    """
    found = [(i, box) for i, box in enumerate(args) if type(box) in _types and box._trace == top]
    values = list(args)
    for i, box in found:
        values[i] = box._value
    result = function(*values, **kwargs)
    if not found or (type(result) not in Box.type_mappings and not isinstance(result, list | tuple | dict)):
        return result
    parents = tuple([box._node for _, box in found])
    node = type(parents[0])(result, function, tuple(values), kwargs, tuple([i for i, _ in found]), parents)
    return new_box(result, top, node)


__all__ = [
    "bind",
    "bind_writable",
    "boxed",
    "call_with_nodes",
    "container_take",
    "new_box",
    "new_box_or_container",
    "record_pair",
    "run",
    "run_with_extras",
    "scalar",
]
