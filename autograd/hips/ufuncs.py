"""NumPy's universal functions of boxes, in code that is written for each: most programs spend their time in these.

As in the engine (codegen.py), the text of a function holds only what its op needs. For ``np.sin`` it is

    def sin(x, /, *more, **kwargs):
        if type(x) is ArrayBox and not more and not kwargs:
            a = x._value
            y = ufunc(a) if type(a) is not ArrayBox else sin(a)
            node = new(VJPNode)
            node.plan = plan_1
            node.parents = (x._node,)
            node.saved = (a,)
            ...
        elif type(x) in PLAIN:
            return ufunc(x, *more, **kwargs)
        return call(ufunc, (x, *more), kwargs)

and one of two arguments distinguishes in the same way which of them are boxes, and of which levels.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine.codegen import compiled, function_text, indented, saved_values, shape_of, tuple_of
from ..engine.memory import clock
from ..engine.op import Op
from . import recording
from .calls import call
from .nodes import VJPNode, new

# What a universal function takes without asking anybody: arrays and numbers.
PLAIN = frozenset({
    ndarray, float, int, bool, complex, np.float64, np.float32, np.float16, np.complex128, np.complex64, np.int64, np.int32,
    np.bool_,
})  # fmt: skip


def written(op: Op, ufunc: Any) -> Callable[..., Any]:
    """The function of boxes of an op whose forward is a universal function of one or two arguments; written at the first call."""

    def write() -> None:
        text = source(op, ufunc.__name__)
        names = {
            "ufunc": ufunc, "ArrayBox": recording.ArrayBox, "VJPNode": VJPNode, "new": new, "clock": clock, "PLAIN": PLAIN,
            "call": call, "snapshot": snapshot, "objects": objects, "ndarray": ndarray, "Writable": recording.Writable,
            "shape_of": shape_of,
        }  # fmt: skip
        for number in range(1, 1 << len(op.inputs)):
            needs = tuple([bool(number >> i & 1) for i in range(len(op.inputs))])
            if all([op.rules[name] is not None for name, need in zip(op.inputs, needs, strict=True) if need]):
                names[f"plan_{number}"] = op.plan(needs)
        scope.update(names)
        if function.__code__ is _first.__code__:
            function.__code__ = compiled(text, f"np.{ufunc.__name__} of boxes")

    scope: dict[str, Any] = {"write": write, "__builtins__": builtins}
    function: Any = FunctionType(_first.__code__, scope, ufunc.__name__)
    scope["again"] = function
    function.__doc__ = ufunc.__doc__
    function.__module__ = "numpy"
    return function


def _first(*args: Any, **kwargs: Any) -> Any:
    write()  # type: ignore[name-defined]  # noqa: F821  (these two are globals of the function that has this code)
    return again(*args, **kwargs)  # type: ignore[name-defined]  # noqa: F821


def source(op: Op, name: str) -> str:
    """The text of the function of boxes of a universal function."""
    if len(op.inputs) == 1:
        return function_text(name, ["x", "/", "*more", "**kwargs"], [
            "if type(x) is ArrayBox and not more and not kwargs:",
            "    a = x._value",
            "    y = ufunc(a) if type(a) is not ArrayBox else again(a)",
            *indented(_node(op, 1, ["a"], ["x"])),
            'elif type(x) in PLAIN and (type(x) is not ndarray or x.dtype.char != "O"):',
            "    return ufunc(x, *more, **kwargs)",
            "if type(x) is Writable:",
        "    return again(snapshot(x), *more, **kwargs)",
        "return call(ufunc, (x, *more), kwargs)",
        ])  # fmt: skip
    compute = "y = ufunc(a, b) if type(a) is not ArrayBox and type(b) is not ArrayBox else again(a, b)"
    both = ["a = x1._value", "b = x2._value", compute, *_node(op, 3, ["a", "b"], ["x1", "x2"])]
    left = ["a = x1._value", "b = x2", compute, *_node(op, 1, ["a", "b"], ["x1"])]
    right = ["a = x1", "b = x2._value", compute, *_node(op, 2, ["a", "b"], ["x2"])]
    return function_text(name, ["x1", "x2", "/", "*more", "**kwargs"], [
        "kind = type(x2)",
        "if more or kwargs:",
        "    pass",
        "elif type(x1) is ArrayBox:",
        "    if kind is ArrayBox:",
        "        if x1._trace == x2._trace:",
        *indented(indented(indented(both))),
        "        elif x1._trace > x2._trace:",
        *indented(indented(indented(left))),
        "        else:",
        *indented(indented(indented(right))),
        "    elif kind in PLAIN:",
        *indented(indented(left)),
        "elif type(x1) in PLAIN:",
        "    if kind is ArrayBox:",
        *indented(indented(right)),
        "    elif kind in PLAIN and not objects(x1, x2):",
        "        return ufunc(x1, x2)",
        "if kind is Writable or type(x1) is Writable:",
        "    return again(snapshot(x1), snapshot(x2), *more, **kwargs)",
        "return call(ufunc, (x1, x2, *more), kwargs)",
    ])  # fmt: skip


def _node(op: Op, number: int, values: list[str], boxes: list[str]) -> list[str]:
    """The node and the box of a result y, where these inputs are boxes of the innermost level."""
    needs = tuple([bool(number >> i & 1) for i in range(len(op.inputs))])
    if any([op.rules[name] is None for name, need in zip(op.inputs, needs, strict=True) if need]):
        return ["pass"]
    saved = saved_values(op.plan(needs), values, "y", "{}", "{}")
    return [
        'if y.dtype.char != "O":',
        "    node = new(VJPNode)",
        f"    node.plan = plan_{number}",
        f"    node.parents = {tuple_of([f'{box}._node' if need else 'None' for box, need in _by_input(boxes, needs)])}",
        f"    node.saved = {tuple_of(saved)}",
        "    node.params = None",
        "    node.shape = y.shape",
        "    node.dtype = y.dtype",
        "    node.sequence = next(clock)",
        "    box = new(ArrayBox)",
        "    box._value = y",
        f"    box._trace = {boxes[0]}._trace",
        "    box._node = node",
        "    return box",
    ]


def objects(x1: Any, x2: Any) -> bool:
    """Whether one of two plain values is an array of objects, which may be boxes."""
    return (type(x1) is ndarray and x1.dtype.char == "O") or (type(x2) is ndarray and x2.dtype.char == "O")


def snapshot(x: Any) -> Any:
    """What an array that may still be written holds now."""
    if type(x) is not recording.Writable:
        return x
    return np.array(x, subok=False) if x._boxed is None else x._boxed


def _by_input(boxes: list[str], needs: tuple[bool, ...]) -> list[tuple[str, bool]]:
    left = iter(boxes)
    return [(next(left) if need else "", need) for need in needs]


__all__ = ["PLAIN", "source", "written"]
