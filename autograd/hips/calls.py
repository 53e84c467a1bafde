"""NumPy's functions called with boxes: the general way, which takes arguments of every form.

The boxes of the innermost level become tensors that hold their values and their nodes, and the room ``protocols``, which knows all
of NumPy's functions, computes with these. A value that is a box of the level outside stands in for an array there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine import graph
from ..engine.gradients import node_of
from ..engine.graph import Node, make
from ..engine.memory import clock
from ..engine.modes import current, enter, leave
from ..engine.op import REGISTRY
from ..protocols.dispatch import array_function, array_ufunc
from . import recording
from .levels import LISTS, Box, computing, top_trace
from .outer import boxes_of, outer_of, uncover
from .recording import boxed, call_with_nodes, run, scalar

_types = Box.types
_stack = REGISTRY["stack"]

# NumPy's function -> the function of boxes that stands for it, for boxes that meet NumPy's own function.
FUNCTIONS: dict[Any, Callable[..., Any]] = {}


def call(raw: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], method: str = "__call__") -> Any:
    """A function of NumPy's, called with boxes among its arguments, at any depth of lists, tuples and arrays of objects.

    Args:
        raw: the function of NumPy's. args, kwargs: the arguments. method: for a universal function, which of its methods.
    """
    top = top_trace((*args, *kwargs.values()))
    if top < 0:
        return (raw if method == "__call__" else getattr(raw, method))(*args, **kwargs)
    if any([foreign(a) for a in args]) and isinstance(raw, np.ufunc):
        return raw(*args, **kwargs)  # NumPy asks the other class as well
    if any([type(a) in _types and a._trace == top and not isinstance(a._node, Node) for a in args]):
        return call_with_nodes(FUNCTIONS.get(raw, raw), args, kwargs, top)
    if raw not in SEQUENCES and isinstance(args[0] if args else None, LISTS):
        args = (joined(args[0]), *args[1:])
    since = next(clock)
    args = tuple([as_tensors(a, top) for a in args])
    kwargs = {key: as_tensors(value, top) for key, value in kwargs.items()}
    if raw in WRITING:
        raise TypeError(f"np.{raw.__name__} writes into its first argument, and a box cannot be written into: use np.where")
    state = current()
    mode = None if state.grad else enter(state.but(grad=True))  # boxes record, whatever mode tensors are in
    token = computing.set(True)
    try:
        if isinstance(raw, np.ufunc):
            result = array_ufunc(None, raw, method, *args, **kwargs)
        else:
            result = array_function(None, raw, (), args, kwargs)
    except TypeError as error:
        if "is not differentiated here" in str(error):
            raise NotImplementedError(f"np.{raw.__name__} is not differentiated here, and was called with a box") from None
        raise
    finally:
        computing.reset(token)
        if mode is not None:
            leave(mode)
    if result is NotImplemented:
        raise NotImplementedError(f"np.{raw.__name__} is not differentiated here, and was called with a box")
    result = as_boxes(result, top, since)
    return list(result) if raw in LISTING else result


# Functions whose first argument is a sequence of arrays, not an array that may be given as a list.
SEQUENCES: frozenset[Any] = frozenset({
    np.concatenate, np.stack, np.hstack, np.vstack, np.dstack, np.column_stack, np.block, np.einsum, np.select, np.choose,
    np.meshgrid, np.linalg.multi_dot, np.lexsort, np.broadcast_arrays,
})  # fmt: skip
# Functions that write into their first argument.
WRITING: frozenset[Any] = frozenset({np.put, np.putmask, np.place, np.copyto, np.fill_diagonal, np.put_along_axis})
# Functions that return lists.
LISTING: frozenset[Any] = frozenset({np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit})


def joined(value: Any) -> Any:
    """A box of what a value holds: a box, a list of boxes and numbers, or an array of such objects.

    Raises:
        ValueError: parts of different shapes.
    """
    if type(value) in _types:
        return value
    if (inside := getattr(value, "_boxed", None)) is not None:
        return inside
    if type(value) is ndarray:
        if value.dtype.char != "O" or top_trace((value,)) < 0:
            return value
        return FUNCTIONS[np.reshape](joined(list(value.ravel())), value.shape)
    if not isinstance(value, LISTS):
        return value
    if top_trace(value) < 0:
        return np.array(value)
    parts = [joined(part) for part in value]
    parts = [part if type(part) in _types else np.asarray(part) for part in parts]
    shapes = sorted({part.shape for part in parts})
    if len(shapes) > 1:
        raise ValueError(
            f"setting an array element with a sequence: the parts have the shapes {', '.join(map(str, shapes))}, and an array of "
            f"boxes needs parts of one shape"
        )
    return run(_stack, (parts,), {"dim": 0})


def foreign(value: Any) -> bool:
    """Whether a value is of a class outside NumPy and this project with a protocol of its own for universal functions."""
    kind = type(value)
    if kind is ndarray or kind in Box.type_mappings or isinstance(value, graph.AnyTensor):
        return False
    protocol = getattr(kind, "__array_ufunc__", None)
    return protocol is not None and protocol is not ndarray.__array_ufunc__ and not hasattr(kind, "_boxed")


def as_tensors(value: Any, top: int) -> Any:
    """A value with each box of this level replaced by a tensor of its value and node."""
    kind = type(value)
    if kind in _types:
        return make(outer_of(value._value), value._node) if value._trace == top else make(outer_of(value))
    if isinstance(value, LISTS) and value:
        parts = [as_tensors(part, top) for part in value]
        return parts if kind is list else tuple(parts) if kind is tuple else value
    if kind is ndarray and value.dtype.char == "O":
        return as_tensors(value.tolist(), top)
    if (inside := getattr(value, "_boxed", None)) is not None:
        return as_tensors(inside, top)
    if kind is recording.Writable:
        return np.array(value, subok=False)
    # A subclass that is boxed as arrays are is an array here; others, such as masked arrays, are refused or asked themselves.
    return np.asarray(value) if isinstance(value, ndarray) and kind in Box.type_mappings else value


def as_boxes(result: Any, top: int, since: int) -> Any:
    """A result with each tensor replaced by a box, or, where it needs no gradient, by its array.

    Args:
        result: what NumPy's function returned. top: the number of the level.
        since: the time of the clock before the call: the nodes that are younger belong to it.
    """
    if isinstance(result, graph.AnyTensor):
        node = node_of(result)
        array = result.array
        if type(array) is not ndarray:
            array = boxes_of(array)
            uncover([node], since)
        array = scalar(array)
        return array if node is None else boxed(array, top, node)
    if isinstance(result, LISTS):
        parts = [as_boxes(part, top, since) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    return result


__all__ = ["FUNCTIONS", "as_boxes", "as_tensors", "call", "foreign", "joined"]
