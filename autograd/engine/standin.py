"""Stand-ins: objects that replace arrays for ``autograd.compile`` and ``vmap``, and how the engine treats them.

``autograd.compile`` runs a step once with stand-ins in the tensors' ``array`` slots: objects that compute as arrays do and note
each NumPy call. ``vmap`` puts stand-ins there that each hold the arrays of a whole batch and look like one example's. The engine
and the ops need not know them, but for two things that NumPy would do to anything that is not an array: make an array of it, and
copy it into one.
"""

from __future__ import annotations

from _thread import get_ident  # that of threading; see gradients.py
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import numpy as np

# The batches within which a function runs (``vmap``), the innermost last; see autograd/batch.
levels: ContextVar[tuple[Any, ...]] = ContextVar("glassgrad batches", default=())

# NumPy's function for each of Python's operators, by the operator's name: a stand-in has the operators that arrays have.
BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "floordiv": np.floor_divide,
    "mod": np.remainder, "pow": np.power, "matmul": np.matmul, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "lshift": np.left_shift, "rshift": np.right_shift,
}  # fmt: skip
COMPARED = {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal,
}  # fmt: skip
UNARY = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}


class StandIn:
    """The base class of stand-ins: ``copy`` copies one, ``opaque`` calls a function with the arrays themselves."""

    __slots__ = ()

    def copy(self, order: Any = "C") -> Any:
        raise NotImplementedError

    def opaque(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """The function's results for the arrays, as stand-ins: for functions that cannot be followed call by call."""
        raise NotImplementedError

    def new(self, array: np.ndarray) -> Any:
        """A stand-in for an array that the step has just made of numbers, and makes anew in each call."""
        raise NotImplementedError

    def shown(self, text: Callable[[Any], str]) -> str | None:
        """What a tensor of this prints, where ``text`` prints an array; None where ``text`` prints it."""
        return None

    def beside(self, array: np.ndarray) -> Any:
        """An array that is made beside what this stands for, and into which the like may be written: ``new_zeros``."""
        return array

    def opened(self, base: Any) -> Any:
        """``memory.opened`` of what this stands for; None where that is not known."""
        return None

    def ones(self, shape: tuple[int, ...], dtype: np.dtype[Any], values: Any) -> Any:
        """Ones for a node of this shape and dtype, whose rule gets the values."""
        return np.ones(shape, dtype)

    def alike(self, outputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The outputs of one call, of which this is one, in a form in which their gradients can meet in one rule."""
        return outputs

    def for_node(self, contribution: Any, dtype: np.dtype[Any]) -> Any:
        """A gradient that this stands for, or the tensor that holds it, on its way to a value of this dtype."""
        return contribution


def as_array(value: Any) -> Any:
    """The array that NumPy makes of a value; a stand-in is one already."""
    return value if isinstance(value, StandIn) else np.asarray(value)


def copied(value: Any) -> Any:
    """A copy of an array in memory of its own."""
    return value.copy("K") if isinstance(value, StandIn) else np.array(value)


def alike(outputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The outputs of one call, as a plain tuple, in a form in which their gradients can meet in one rule: see ``StandIn.alike``."""
    for y in outputs:
        if type(y) is not np.ndarray and isinstance(y, StandIn):
            return y.alike(tuple(outputs))
    return tuple(outputs)


def ones(shape: tuple[int, ...], dtype: np.dtype[Any], values: Any) -> Any:
    """Ones as a gradient for a node of this shape and dtype, whose rule gets the values."""
    stand_in = _within(values) if dtype.metadata else None  # the dtype of a batched value is marked, see vmap
    return np.ones(shape, dtype) if stand_in is None else stand_in.ones(shape, dtype, values)


following: dict[int, StandIn] = {}  # of threads that write a step down: a stand-in of theirs


def written_down() -> bool:
    """Whether this thread's step is being written down, call by call."""
    return get_ident() in following


def own(array: np.ndarray) -> Any:
    """An array that nothing else uses; a stand-in for it where the step is being written down."""
    stand_in = following.get(get_ident()) if following else None
    return array if stand_in is None else stand_in.new(array)


def standing_in(values: Iterable[Any]) -> StandIn | None:
    """The first stand-in among values and the lists and dicts of them, else one of the step that this thread writes down."""
    found = _within(values)
    return following.get(get_ident()) if found is None else found


def _within(values: Iterable[Any]) -> StandIn | None:
    for value in values:
        if isinstance(value, StandIn):
            return value
        if isinstance(value, list | tuple | dict):
            found = _within(value.values() if isinstance(value, dict) else value)
            if found is not None:
                return found
    return None


__all__ = ["StandIn", "alike", "as_array", "copied", "following", "levels", "ones", "own", "standing_in", "written_down"]
