"""``np.f(tensor)``: NumPy hands its calls with tensors to the two hooks of this file, which record the same ops.

An op that declares ``numpy=np.f`` is found by itself: the hook reads the call by NumPy's signature. Where the two signatures
differ, an adapter (table.py) translates. ``out=`` means the same in every function, so it is read here, once.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from ..engine import memory
from ..engine.modes import current
from ..engine.op import REGISTRY, Op
from ..engine.recording import operand, recorded
from ..errors import ArgumentError, GraphError, describe
from ..functions.inplace import assign
from .arguments import LISTS, array_like, is_tensor
from .table import ADAPTERS, Function


@cache
def _adapters() -> dict[Function, Function]:
    """The table of adapters. A family's file registers its own as it is imported: when a program first calls NumPy with tensors."""
    for family in FAMILIES:
        import_module(f".{family}", __package__)
    return ADAPTERS


FAMILIES = (
    "convolution", "creation", "elementwise", "fft", "histogram", "indexing", "interpolation", "join", "linalg", "product",
    "questions", "reduction", "shape", "sorting", "split", "statistics",
)  # fmt: skip


@cache
def _declared() -> dict[Callable[..., Any], Op]:
    return {op.numpy: op for op in REGISTRY.values() if op.numpy is not None}


# The function that a plain call of a universal function runs, remembered at the first call.
_functions: dict[np.ufunc, Callable[..., Any]] = {}


@cache
def _positional(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the arguments that a function of NumPy's takes by position, in order."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # some functions written in C have no signature that Python can read; these take ``out`` by keyword
        return ()
    return tuple([parameter.name for parameter in parameters if parameter.kind in kinds])


@cache
def _place_of_out(function: Callable[..., Any]) -> int:
    """The position of ``out`` among the arguments; a very large number where it is taken by name only."""
    names = _positional(function)
    return names.index("out") if "out" in names else sys.maxsize


def array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """NumPy's hook for its universal functions."""
    if method == "__call__" and not kwargs and type(inputs[0]) not in LISTS and type(inputs[-1]) not in LISTS:
        function = _functions.get(ufunc)
        if function is not None:
            return function(*inputs)
    inputs = tuple([array_like(value) for value in inputs])
    op, called = _declared().get(ufunc), f"np.{ufunc.__name__}"
    if method == "__call__":
        outputs = kwargs.pop("out", ())
        if not kwargs and len(outputs) <= 1:
            adapter = _adapters().get(ufunc)
            if op is None and adapter is None:
                return NotImplemented
            if outputs and op is not None:
                return _ufunc_into(outputs[0], ufunc, op, inputs)
            function = recorded(op) if op is not None else adapter
            assert function is not None
            _functions[ufunc] = function
            result = function(*inputs)
            return _into(outputs[0], result, called) if outputs else result
        refused = [*kwargs, *(["out"] if outputs else [])]
    elif method in ("reduce", "accumulate") and ufunc in _REDUCTIONS[method] and len(inputs) <= 2:
        named = dict(zip(("axis",), inputs[1:], strict=False)) | {k: v for k, v in kwargs.items() if v is not None or k == "axis"}
        return _REDUCTIONS[method][ufunc](inputs[0], **{"axis": 0, **named})
    else:
        called, refused = f"{called}.{method}", list(kwargs)
    raise TypeError(
        f"{called} with {', '.join(refused) or 'a tensor'} is not differentiated here: leave {', '.join(refused) or 'it'} out, "
        f"or use the tensor's array with .detach().numpy()"
    )


# np.add.reduce(x) is np.sum(x, axis=0): the methods of these universal functions have a function of their own.
_REDUCTIONS: dict[str, dict[np.ufunc, Callable[..., Any]]] = {
    "reduce": {
        np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min, np.logical_and: np.all, np.logical_or: np.any,
    },
    "accumulate": {np.add: np.cumsum, np.multiply: np.cumprod},
}  # fmt: skip


def _ufunc_into(target: Any, ufunc: np.ufunc, op: Op, inputs: tuple[Any, ...]) -> Any:
    """``np.f(..., out=target)`` and ``array += tensor``. NumPy itself writes into an array, without a copy of the result."""
    if is_tensor(target):
        return assign(target, recorded(op)(*inputs), name=f"np.{ufunc.__name__} with out=")
    pairs = [operand(value, f"{op.name}'s operand") for value in inputs]
    _unrecorded(target, ufunc.__name__, any([node is not None for _, node in pairs]))
    with memory.writing(target):
        ufunc(*[array for array, _ in pairs], out=target)
    return target


def _into(target: Any, result: Any, called: str) -> Any:
    """Write the result of ``np.f(..., out=target)``. A write into a tensor is recorded; one into an array cannot be."""
    if not is_tensor(result):
        raise TypeError(f"{called}: out= takes one array or tensor, and the result is {describe(result)}: leave it out")
    if target.shape != result.shape:
        raise ArgumentError(f"{called}: out= is {describe(target)}, but the result is {describe(result)}: nothing was changed")
    if is_tensor(target):
        return assign(target, result, name=f"{called} with out=")
    _unrecorded(target, called.removeprefix("np."), result.requires_grad)
    with memory.writing(target):
        np.copyto(target, result.array)
    return target


def _unrecorded(target: np.ndarray, name: str, needs_gradient: bool) -> None:
    if current().grad and needs_gradient:
        raise GraphError(
            f"np.{name}: the result needs a gradient, and can't be written into a NumPy array, which has no place in "
            f"the graph: write array = array + tensor instead of array += tensor, leave out= away, or detach() the tensor"
        )


def array_function(self: Any, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """NumPy's hook for all its other functions."""
    out = kwargs.get("out")
    if len(args) > 1 and len(args) > (position := _place_of_out(function)):
        names = _positional(function)
        kwargs = dict(zip(names[position:], args[position:], strict=False)) | kwargs
        args, out = args[:position], args[position]
    if "out" in kwargs:
        kwargs = {key: value for key, value in kwargs.items() if key != "out"}
    result = _called(function, args, kwargs)
    return result if out is None else _into(out, result, _name(function))


def _called(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    adapter = _adapters().get(function)
    if adapter is not None:
        return adapter(*args, **kwargs)
    op = _declared().get(function)
    if op is None:
        raise TypeError(f"{_name(function)} is not differentiated here: use the tensor's array with .detach().numpy()")
    names = _positional(function)
    given = dict(zip(names, args, strict=False)) | kwargs
    inputs = [array_like(given.pop(name)) for name in names[: len(op.inputs)] if name in given]
    return recorded(op)(*inputs, **{key: value for key, value in given.items() if value is not np._NoValue})


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__name__}".replace("numpy", "np", 1)
