"""Batched: a stand-in for an array. It holds one array for each example of a batch, stacked along a hidden first axis.

Its shape is that of one example. A NumPy call on it becomes one call on the stack: functions.py does this for NumPy's functions,
index.py for indices. A universal function needs nothing but operands with aligned axes.

Some forwards and rules cannot be followed call by call, because they turn their argument into a plain array. Such an op ends in
``opaque``: an elementwise op is called on the aligned stacks, any other one example by example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engine.memory import clock, opened
from ..engine.op import REGISTRY
from ..engine.standin import StandIn, levels, standing_in


class Level:
    """One call of vmap.

    Attributes:
        size: the number of examples. start: the time of the clock when it began; of two levels the later one is the inner one, and
        its stand-ins hold those of the other.
        open: whether the call still runs. randomness: "error", "same" or "different".
        tags: dtypes that mark the values of this level.
    """

    __slots__ = ("open", "randomness", "size", "start", "tags")

    def __init__(self, size: int, randomness: str = "error") -> None:
        self.size = size
        self.start = next(clock)
        self.open = True
        self.randomness = randomness
        self.tags: dict[Any, tuple[np.dtype[Any], np.dtype[Any]]] = {}

    def tagged(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """A dtype equal to the given one, as an object that marks a value of this level and of the levels that the given one marks.

        The sweep compares dtypes by ``is``. So it notices a gradient that goes from a batched value to one that is not batched, and
        adds it up over the batch.
        """
        key: Any = dtype.type if dtype.metadata is None else id(dtype)
        found = self.tags.get(key)
        if found is None:
            where = {"levels": (*levels_of(dtype), self.start)}
            found = self.tags[key] = np.dtype(dtype.type, metadata=where), dtype
        return found[0]


class Ways:
    """The functions that other files of this room add to stand-ins. Those files import this one.

    Attributes:
        getitem, setitem: of index.py. ufunc, function: of functions.py. op, elementwise: of op_rules.py. leave: of border.py.
    """

    getitem: Callable[[Any, Any], Any]
    setitem: Callable[[Any, Any, Any], None]
    ufunc: Callable[..., Any]
    function: Callable[..., Any]
    op: Callable[..., Any]
    elementwise: Callable[..., Any]
    leave: Callable[..., Any]


ways = Ways()


class BatchError(TypeError, RuntimeError):
    """The function cannot be computed for all examples at once. It decides by a value that differs between them, for example."""


def levels_of(dtype: np.dtype[Any] | None) -> tuple[int, ...]:
    """The levels to which a value of this dtype belongs, by the times at which they began."""
    return () if dtype is None or dtype.metadata is None else tuple(dtype.metadata.get("levels", ()))


def untagged(array: Any) -> Any:
    """The array with an ordinary dtype."""
    tagged = not isinstance(array, Batched) and array.dtype.metadata
    return array.view(np.dtype(array.dtype.type)) if tagged else array


class Batched(StandIn):
    """A stand-in for an array. value: the arrays of all examples, stacked along axis 0. level: its call of vmap."""

    __slots__ = ("__weakref__", "level", "value")

    __array_priority__ = 900.0  # below a tensor's
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any, level: Level) -> None:
        self.value = value
        self.level = level

    # ----------------------------------------------------------------------------------------------------- about one example
    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.value.shape[1:])

    @property
    def ndim(self) -> int:
        return int(self.value.ndim) - 1

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.level.tagged(self.value.dtype)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=int))

    @property
    def itemsize(self) -> int:
        return int(self.value.itemsize)

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        return tuple(self.value.strides[1:])

    @property
    def flags(self) -> Any:
        return self.value.flags

    @property
    def base(self) -> Any:
        """The array that owns the memory: the same one for all stand-ins for that memory."""
        return self.value if self.value.base is None else self.value.base

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<{self.level.size} of {self.value.dtype}{list(self.shape)}>"

    # ------------------------------------------------------------------------------------------------- views, and what is in it
    @property
    def T(self) -> Any:  # noqa: N802  (NumPy's name)
        return ways.function(np.transpose, (self,), {})

    @property
    def mT(self) -> Any:  # noqa: N802  (NumPy's name)
        return ways.function(np.swapaxes, (self, -1, -2), {})

    @property
    def real(self) -> Any:
        return Batched(self.value.real, self.level)

    @property
    def imag(self) -> Any:
        return Batched(self.value.imag, self.level)

    def __getitem__(self, index: Any) -> Any:
        return ways.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        ways.setitem(self, index, value)

    def fill(self, value: Any) -> None:
        self[...] = value

    def shown(self, text: Callable[[Any], str]) -> str | None:
        opened = [level.start for level in levels.get()]
        number = opened.index(self.level.start) + 1 if self.level.start in opened else 0
        inner = self.value.shown(text) if isinstance(self.value, Batched) else text(untagged(self.value))
        return f"BatchedTensor(lvl={number}, bdim=0, value={inner})"

    def beside(self, array: np.ndarray) -> Any:
        stack = np.repeat(array[None], self.level.size, axis=0)
        return Batched(self.value.beside(stack) if isinstance(self.value, StandIn) else stack, self.level)

    def copy(self, order: Any = "C") -> Batched:
        return Batched(self.value.copy("C" if order == "C" else "K"), self.level)

    # --------------------------------------------------------------------------------------------------------------- decisions
    def _agreed(self, what: str) -> Any:
        """The value on which all examples agree."""
        first = self.value[0] if self.level.size else np.zeros(self.shape, self.value.dtype)
        if self.level.size and not np.all(np.equal(self.value, first)):
            raise BatchError(
                f"vmap: the function decides by a value ({what} of {self!r}) on which the examples differ: use where() in place of "
                f"if, or call the function example by example"
            )
        return first

    def __bool__(self) -> bool:
        return bool(self._agreed("bool()"))

    def __float__(self) -> float:
        return float(self._agreed("float()"))

    def __int__(self) -> int:
        return int(self._agreed("int()"))

    def __complex__(self) -> complex:
        return complex(self._agreed("complex()"))

    def __index__(self) -> int:
        return int(self._agreed("an index").__index__())

    def item(self, *args: Any) -> Any:
        return self._agreed("item()").item(*args)

    def tolist(self) -> Any:
        return self._agreed("tolist()").tolist()

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise BatchError(
            f"vmap: {self!r} cannot become one NumPy array, or be written into a tensor that has no values for each example"
        )

    # ------------------------------------------------------------------------------------------------------------------- calls
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any([hasattr(x, "__record__") for x in inputs]):  # a tensor records the call, and comes back here with arrays
            return NotImplemented
        return ways.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if any([hasattr(t, "__record__") for t in types]):
            return NotImplemented
        return ways.function(function, args, kwargs)

    def opaque(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        level = innermost((args, params))
        assert level is not None
        op = REGISTRY.get(name)
        if op is not None:
            forward = function is op.forward
            at_once = ways.op(op, level, args, params) if forward else NotImplemented
            if at_once is NotImplemented and op.elementwise:
                at_once = ways.elementwise(op, function, level, args, params)
            if at_once is not NotImplemented:
                return at_once
        results = [run(name, function, example(args, i, level), example(params, i, level)) for i in range(level.size)]
        if not results:
            raise BatchError(f"vmap: {name} of an empty batch")
        made = stacked(results, level)
        if op is not None and op.view and isinstance(results[0], np.ndarray):
            # A copy of what would be a view of an array: a write into it would be lost.
            made.value.flags.writeable = not np.may_share_memory(results[0], example(args[0], 0, level))
        return made

    def opened(self, base: Any) -> Any:
        if not (isinstance(base, Batched) and base.level is self.level):
            return None
        value = opened(self.value, base.value)
        return None if value is None else Batched(value, self.level)

    def ones(self, shape: tuple[int, ...], dtype: np.dtype[Any], values: Any) -> Any:
        """Ones for each example of the node's levels: a gradient of one shape for all would be summed over them."""
        belongs, result = levels_of(dtype), np.ones(shape, dtype.type)
        for level in levels_within(values):
            if level.start in belongs:
                result = repeated(result, level)  # type: ignore[assignment]
        return result

    def alike(self, outputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """The outputs, each batched if one is: or a gradient would be summed over the batch before the rule, and after it again."""
        for level in levels_within(outputs):
            outputs = tuple([repeated(y, level) for y in outputs])
        return outputs

    def for_node(self, contribution: Any, dtype: np.dtype[Any]) -> Any:
        """A gradient for a value, summed over each batch that has ended and to which the value does not belong."""
        belongs = levels_of(dtype)
        found: Any = self
        while isinstance(found, Batched):
            level = found.level
            if not level.open and level.start not in belongs:
                contribution = summed(contribution, level)
                found = getattr(contribution, "array", contribution)
            else:
                found = found.value
        return contribution


def run(name: str, function: Callable[..., Any], args: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """A function of an op, whose arguments may be stand-ins of other levels.

    Args:
        name: the op's. function: its forward, or a rule. args, params: of the call.
    """
    try:
        return function(*args, **params)
    except Exception:
        stand_in = standing_in((args, params))
        if stand_in is None:
            raise
        return stand_in.opaque(name, function, args, params)


def summed(contribution: Any, level: Level) -> Any:
    """A gradient added up over a batch: an array, or a tensor in a sweep that is recorded."""
    return np.sum(ways.leave(contribution, level=level, dim=0), axis=0)


# -------------------------------------------------------------------------------------------------------- trees of arguments


def mapped(tree: Any, function: Callable[[Any], Any]) -> Any:
    """A tree of tuples, lists and dicts, with a function applied to its leaves."""
    if isinstance(tree, tuple):
        items = [mapped(item, function) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    if isinstance(tree, list):
        return [mapped(item, function) for item in tree]
    if isinstance(tree, dict):
        return {key: mapped(item, function) for key, item in tree.items()}
    return function(tree)


def batched_in(tree: Any) -> list[Batched]:
    """All stand-ins of batches in a tree."""
    if isinstance(tree, Batched):
        return [tree]
    if isinstance(tree, tuple | list):
        return [found for item in tree for found in batched_in(item)]
    if isinstance(tree, dict):
        return [found for item in tree.values() for found in batched_in(item)]
    if isinstance(tree, slice):
        return batched_in((tree.start, tree.stop, tree.step))
    return []


def levels_within(tree: Any) -> list[Level]:
    """All levels to which anything in a tree belongs, the outermost first."""
    found = {}
    for b in batched_in(tree):
        while isinstance(b, Batched):
            found[b.level.start] = b.level
            b = b.value
    return [found[start] for start in sorted(found)]


def innermost(tree: Any) -> Level | None:
    """The innermost level to which anything in a tree belongs."""
    found = None
    for b in batched_in(tree):
        if found is None or b.level.start > found.start:
            found = b.level
    return found


def aligned(x: Any, rank: int, level: Level) -> Any:
    """The stack of a batched value, its axes moved to where they broadcast with values of this rank; anything else as it is."""
    if not (isinstance(x, Batched) and x.level is level):
        return x
    value = x.value
    missing = rank - x.ndim
    return value if missing <= 0 else value.reshape(value.shape[0], *(1,) * missing, *value.shape[1:])


def example(tree: Any, i: int, level: Level) -> Any:
    """The arguments of one example."""
    return mapped(tree, lambda x: x.value[i] if isinstance(x, Batched) and x.level is level else x)


def wrapped(result: Any, level: Level) -> Any:
    """Stand-ins for stacks. Anything that is no array stays."""
    return mapped(result, lambda x: Batched(x if isinstance(x, StandIn) else np.asarray(x), level) if isinstance(x, _ARRAYS) else x)


_ARRAYS = (np.ndarray, np.generic, StandIn)


def stacked(results: list[Any], level: Level) -> Any:
    """The results of all examples as one."""
    first = results[0]
    if isinstance(first, tuple | list):
        items = [stacked([r[k] for r in results], level) for k in range(len(first))]
        return type(first)(*items) if hasattr(first, "_fields") else type(first)(items)
    if isinstance(first, dict):
        return type(first)({key: stacked([r[key] for r in results], level) for key in first})
    if isinstance(first, _ARRAYS):
        return Batched(np.stack(results), level)
    return first


def repeated(x: Any, level: Level) -> Batched:
    """A value that is the same for all examples, if it is not batched already, as a batch: in memory of its own."""
    if isinstance(x, Batched) and x.level is level:
        return x
    if isinstance(x, Batched) and x.level.start > level.start:  # the batch of a later level is around that of an earlier one
        return Batched(repeated(x.value, level), x.level)
    return Batched(values(x, level).copy(), level)


def values(x: Any, level: Level) -> Any:
    """The stack of a batched value, or a value repeated for all examples."""
    if isinstance(x, Batched) and x.level is level:
        return x.value
    x = x if isinstance(x, StandIn) else np.asarray(x)
    return np.broadcast_to(x, (level.size, *x.shape))
