"""Levels of differentiation: each running derivative has a number, and a box belongs to one of them.

A box holds a value and the node that says how it was computed. Within nested derivatives the value of a box is a box of the
derivative outside, so that each derivative peels its own level off and sees nothing of the others: their graphs share no node.
The number of a derivative that starts later is larger, so the innermost level among some values is the one of the largest number.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any, ClassVar

import numpy as np

_numbers = count()
_running: ContextVar[tuple[int, ...]] = ContextVar("hips levels", default=())
# Whether ops and their rules compute here with boxes of an outer level in place of arrays. Then NumPy may not make arrays of them.
computing: ContextVar[bool] = ContextVar("hips computing", default=False)


class TraceStack:
    """The derivatives that run in this context, the outermost first."""

    @property
    def top(self) -> int:
        """The number of the innermost derivative that runs here; -1 if there is none."""
        running = _running.get()
        return running[-1] if running else -1

    @contextmanager
    def new_trace(self) -> Iterator[int]:
        """A block in which a new derivative runs; its number is larger than that of any that started before."""
        number, token = begin_level()
        try:
            yield number
        finally:
            end_level(token)


def begin_level() -> tuple[int, Any]:
    """Let a new derivative run in this context; return its number, and what ``end_level`` needs to end it."""
    number = next(_numbers)
    return number, _running.set((*_running.get(), number))


end_level = _running.reset
trace_stack = TraceStack()


class Box:
    """A value within a derivative.

    Attributes:
        type_mappings: for each type of values the class of their boxes. types: the classes of boxes.
        _value: the value; within nested derivatives a box of the level outside.
        _trace: the number of the derivative. _node: how the value was computed.
    """

    type_mappings: ClassVar[dict[type, type[Box]]] = {}
    types: ClassVar[set[type]] = set()

    __slots__ = ("_node", "_trace", "_value")

    def __init__(self, value: Any, trace: int, node: Any) -> None:
        self._value = value
        self._trace = trace
        self._node = node

    def __bool__(self) -> bool:
        return bool(self._value)

    def __str__(self) -> str:
        return f"{type(self).__name__}({self._value})"

    __repr__ = __str__

    @classmethod
    def register(cls, value_type: type) -> None:
        """Box values of this type in this class."""
        Box.type_mappings.update({value_type: cls, cls: cls})
        Box.types.add(cls)


def isbox(value: Any) -> bool:
    """Whether a value is a box of any level."""
    return type(value) in Box.types


def getval(value: Any) -> Any:
    """The value without its boxes, of all levels."""
    while type(value) in Box.types:
        value = value._value
    return value


def box_class(value: Any) -> type[Box]:
    """The class of the boxes of a value.

    Raises:
        TypeError: a value that no derivative is taken with respect to: integers, strings, objects of unknown classes.
    """
    found = Box.type_mappings.get(type(value))
    if found is None:
        raise TypeError(
            f"no derivative is taken with respect to a value of type {type(value).__name__}: give a float, a complex number, a "
            f"NumPy array of them, or a list, tuple or dict of these"
        )
    return found


LISTS = (list, tuple)
# The classes of single numbers with derivatives: of real ones, and of complex ones of the same width.
REAL_AND_COMPLEX: tuple[tuple[type, type | None], ...] = (
    (float, complex), (np.float64, np.complex128), (np.float32, np.complex64), (np.longdouble, np.clongdouble), (np.float16, None),
)  # fmt: skip


def top_trace(values: Any) -> int:
    """The number of the innermost level among values, and among those in lists, tuples, dicts and arrays of objects; or -1."""
    top = -1
    for value in values:
        kind = type(value)
        if kind in Box.types:
            found = value._trace
        elif kind is dict:
            found = top_trace(value.values())
        elif isinstance(value, LISTS) or (kind is np.ndarray and value.dtype.char == "O"):
            found = top_trace(value.ravel() if kind is np.ndarray else value)
        elif (inside := getattr(value, "_boxed", None)) is not None:  # an array into which a box was written
            found = inside._trace
        else:
            continue
        if found > top:
            top = found
    return top


__all__ = [
    "LISTS",
    "REAL_AND_COMPLEX",
    "Box",
    "TraceStack",
    "begin_level",
    "box_class",
    "computing",
    "end_level",
    "getval",
    "isbox",
    "top_trace",
    "trace_stack",
]
