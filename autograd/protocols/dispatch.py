"""``np.f(tensor)``: NumPy's functions, called with tensors, record the ops of the same meaning.

An op that declares ``numpy=np.f`` is found by itself: the arguments are read by NumPy's signature and passed on under our names.
Where the two differ in more than spelling, a function in ADAPTED says what NumPy's call means.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ..engine import memory
from ..engine.modes import current
from ..engine.op import REGISTRY, Op
from ..engine.recording import operand, recorded
from ..errors import GraphError
from ..functions.inplace import assign
from . import elementwise, fft, indexing, join, linalg, product, reduction, shape, sorting, statistics
from .table import ADAPTED

# Each of these files fills ADAPTED with its family as it is imported.
FAMILIES = (elementwise, fft, indexing, join, linalg, product, reduction, shape, sorting, statistics)


@cache
def _declared() -> dict[Callable[..., Any], Op]:
    return {op.numpy: op for op in REGISTRY.values() if op.numpy is not None}


@cache
def _names(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """NumPy's hook for its universal functions."""
    op = _declared().get(ufunc)
    if method == "__call__" and not kwargs and op is not None:
        return recorded(op)(*inputs)
    if method == "__call__" and set(kwargs) == {"out"} and op is not None and len(kwargs["out"]) == 1:
        return _into(kwargs["out"][0], ufunc, op, inputs)
    if method in ("reduce", "accumulate") and ufunc in _REDUCTIONS[method] and len(inputs) <= 2:
        named = dict(zip(("axis",), inputs[1:], strict=False)) | {k: v for k, v in kwargs.items() if v is not None or k == "axis"}
        return _REDUCTIONS[method][ufunc](inputs[0], **{"axis": 0, **named})
    called = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    if method == "__call__" and op is None:
        adapted = ADAPTED.get(ufunc)
        return NotImplemented if adapted is None else adapted(*inputs, **kwargs)
    raise TypeError(
        f"{called} with {', '.join(kwargs) or 'a tensor'} is not differentiated here: leave {', '.join(kwargs) or 'it'} out, "
        f"or use the tensor's array with .detach().numpy()"
    )


# np.add.reduce(x) is np.sum(x, axis=0): what the methods of some universal functions are as functions of their own.
_REDUCTIONS: dict[str, dict[np.ufunc, Callable[..., Any]]] = {
    "reduce": {
        np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min, np.logical_and: np.all, np.logical_or: np.any,
    },
    "accumulate": {np.add: np.cumsum, np.multiply: np.cumprod},
}  # fmt: skip


def _into(target: Any, ufunc: np.ufunc, op: Op, inputs: tuple[Any, ...]) -> Any:
    """``np.f(..., out=target)`` and ``array += tensor``: a write into a tensor is recorded, one into an array cannot be."""
    pairs = [operand(value, f"{op.name}'s operand") for value in inputs]
    if isinstance(target, np.ndarray):
        if current().grad and any(node is not None for _, node in pairs):
            raise GraphError(
                f"np.{ufunc.__name__}: the result needs a gradient, and can't be written into a NumPy array, which has no place in "
                f"the graph: write array = array + tensor instead of array += tensor, leave out= away, or detach() the tensor"
            )
        with memory.writing(target):
            ufunc(*[array for array, _ in pairs], out=target)
        return target
    return assign(target, recorded(op)(*inputs), name=f"np.{ufunc.__name__} with out=")


def array_function(self: Any, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """NumPy's hook for all its other functions."""
    adapted = ADAPTED.get(function)
    if adapted is not None:
        return adapted(*args, **kwargs)
    op = _declared().get(function)
    if op is None:
        name = f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)
        raise TypeError(f"{name} is not differentiated here: use the tensor's array with .detach().numpy()")
    named = dict(zip(_names(function), args, strict=False)) | kwargs
    values = list(named.items())
    inputs = [value for _, value in values[: len(op.inputs)]]
    rest = {key: value for key, value in values[len(op.inputs) :] if value is not np._NoValue}
    return recorded(op)(*inputs, **rest)
