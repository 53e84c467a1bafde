"""The flat list of a step: memories, places in them, and NumPy calls in the order in which they ran.

A ``Storage`` is one memory: an argument's, a parameter's, or one that a call has made. A ``Ref`` is a place in it, as strides
describe it; so views and in-place writes need nothing else. An ``Entry`` is one call. ``execute`` is the naive
interpreter: it makes the calls again, in order, and every later stage is tested against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

EMPTY = object()  # the key of an assumption that a dict is empty
CONTENT = object()  # the key of an assumption that a container holds what a copy of it holds


class Attribute:
    """The key of an assumption about an object's attribute."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Storage:
    """One memory.

    number: its place in the list. kind: "argument", "persistent" (it outlives the step), "constant" or "temporary".
    array: the memory itself; of an argument only while the step is written down. A temporary one has none, because the list would
    keep it alive. address: where it lay. name: for people. size: bytes. written: whether the step writes into it. placed: whether
    the step also reads other arrays that lie in an argument's memory, so that the argument must lie where it lay.
    """

    __slots__ = ("address", "array", "initial", "kind", "name", "nameless", "number", "placed", "size", "written")

    def __init__(self, number: int, kind: str, array: np.ndarray, name: str = "") -> None:
        self.number = number
        self.kind = kind
        self.array: Any = None if kind == "temporary" else array
        self.address = array.ctypes.data
        self.nameless = f"{kind[0]}{number}"  # its name for want of another
        self.name = name or self.nameless
        self.size = span(array)
        self.written = self.placed = False
        self.initial: np.ndarray | None = None  # a copy of a memory from outside before the step's first write

    def __repr__(self) -> str:
        return self.name


def temporary(number: int, size: int, name: str = "") -> Storage:
    """A temporary memory of so many bytes, which no run has made."""
    storage = Storage(number, "temporary", np.empty(0, np.uint8), name)
    storage.size = size
    return storage


def row_by_row(dims: Sequence[int], strides: Sequence[int], step: int) -> bool:
    """Whether strides go through a box row by row, always by the same step."""
    for n, s in zip(reversed(dims), reversed(strides), strict=True):
        if n != 1 and s != step:
            return False
        step *= n
    return True


def span(array: np.ndarray) -> int:
    """Bytes from an array's first element to the end of its last, for arrays whose strides are not negative."""
    if not array.size:
        return 0
    return int(sum((n - 1) * abs(s) for n, s in zip(array.shape, array.strides, strict=True)) + array.itemsize)


def place(array: np.ndarray) -> tuple[Any, ...]:
    """Where an array lies, and how."""
    return array.ctypes.data, array.shape, array.strides


class Ref:
    """A place in a memory: offset and strides in bytes."""

    __slots__ = ("dtype", "offset", "shape", "storage", "strides")

    def __init__(
        self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.strides = strides
        self.dtype = dtype

    @property
    def size(self) -> int:
        size = 1
        for n in self.shape:
            size *= n
        return size

    def contiguous(self) -> bool:
        """Whether the elements follow each other without gaps, row by row."""
        return row_by_row(self.shape, self.strides, self.dtype.itemsize)

    def key(self) -> tuple[Any, ...]:
        """A key that is equal for two refs to the same elements in the same order."""
        return (self.storage.number, self.offset, self.shape, self.strides, self.dtype.str)

    def extent(self) -> tuple[int, int]:
        """The first byte and the one after the last."""
        low = high = self.offset
        for n, s in zip(self.shape, self.strides, strict=True):
            if n == 0:
                return (self.offset, self.offset)
            low += min(0, (n - 1) * s)
            high += max(0, (n - 1) * s)
        return (low, high + self.dtype.itemsize)

    def __repr__(self) -> str:
        text = f"{self.storage.name}:{self.dtype}[{', '.join(map(str, self.shape))}]"
        return text if not self.offset else f"{text}+{self.offset}"


class Entry:
    """One NumPy call.

    kind: "ufunc", "function", "method", "write" (a value into a place), "take" (an index that copies), "put" (an index that
    writes), "opaque" (a whole function), "draw" (random numbers), "guard" (a value that was looked at).
    function: what is called, or its name. args, kwargs: with ``Ref`` for arrays. outs: the places of the results.
    op, phase, layer: the op of autograd within which it ran ("" outside any), "forward" or "backward", and the layer's path.
    line: file and number of the user's line. rule: what it computes a part of, for those who read the equations.
    """

    __slots__ = ("args", "function", "kind", "kwargs", "layer", "line", "op", "outs", "phase", "rule")

    def __init__(self, kind: str, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outs: list[Ref]) -> None:
        self.kind = kind
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.outs = outs
        self.op = self.phase = self.layer = ""
        self.line: tuple[str, int] | None = None
        self.rule: Any = None

    def inputs(self) -> Iterator[Ref]:
        """Every place that the call reads."""
        return refs_in((self.args, self.kwargs))

    def name(self) -> str:
        """The call's name, as NumPy knows it."""
        if self.kind == "ufunc":
            ufunc, method = self.function
            return ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        return self.function if isinstance(self.function, str) else getattr(self.function, "__name__", str(self.function))

    def __repr__(self) -> str:
        shown = [_shown(a) for a in self.args] + [f"{k}={_shown(v)}" for k, v in self.kwargs.items()]
        outs = ", ".join(map(repr, self.outs))
        return f"{outs} = {self.name()}({', '.join(shown)})"


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"({', '.join(map(_shown, value))})"
    return value.name() if isinstance(value, Number) else repr(value)


class Number:
    """A number that Python keeps and changes between calls, such as a learning rate: read anew at each call."""

    def name(self) -> str:
        raise NotImplementedError

    def now(self) -> Any:
        """Its value at this moment."""
        raise NotImplementedError


def refs_in(value: Any) -> Iterator[Ref]:
    """Every place in nested tuples, lists and dicts."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from refs_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from refs_in(item)
    elif isinstance(value, slice):
        yield from refs_in((value.start, value.stop, value.step))


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """Nested tuples, lists and dicts with every other value changed."""
    if isinstance(value, tuple):
        return tuple([mapped(item, change) for item in value])
    if isinstance(value, list):
        return [mapped(item, change) for item in value]
    if isinstance(value, dict):
        return {key: mapped(item, change) for key, item in value.items()}
    return change(value)


class Program:
    """The list of a step.

    entries: the calls in order. storages: the memories. results: what the function returned, with ``Ref`` for tensors.
    """

    def __init__(self, entries: list[Entry], storages: list[Storage]) -> None:
        self.entries = entries
        self.storages = storages

    def __str__(self) -> str:
        lines, section = [], None
        for i, entry in enumerate(self.entries):
            head = " ".join(part for part in (entry.layer, entry.op, entry.phase) if part)
            if head != section:
                lines.append(f"# {head or 'step'}")
                section = head
            lines.append(f"{i:4} {entry!r}")
        return "\n".join(lines)


def at(buffers: Any, ref: Ref) -> np.ndarray:
    """The array at a place, where the memories are arrays of bytes."""
    return np.ndarray(ref.shape, ref.dtype, buffers[ref.storage.number], ref.offset, ref.strides)


def bytes_of(array: np.ndarray) -> np.ndarray:
    """An array's memory, from its first element to its last, as bytes that can be written where the array can."""
    flat = np.lib.stride_tricks.as_strided(array, (1,), (array.itemsize,), writeable=array.flags.writeable)
    if not array.size:
        return np.empty(0, np.uint8)
    return np.lib.stride_tricks.as_strided(flat.view(np.uint8), (span(array),), (1,), writeable=array.flags.writeable)


class DisagreementError(Exception):
    """A decision by a value comes out differently now."""


def execute(entry: Entry, buffers: Any) -> None:
    """The naive interpreter: one call again, on the memories in ``buffers``, which are arrays of bytes."""

    def real(value: Any) -> Any:
        if isinstance(value, Ref):
            return at(buffers, value)
        if isinstance(value, slice):
            return slice(real(value.start), real(value.stop), real(value.step))
        return value.now() if isinstance(value, Number) else value

    args, kwargs = mapped(entry.args, real), mapped(entry.kwargs, real)
    kind = entry.kind
    if kind == "write":
        args[0][...] = args[1]
        return
    if kind == "put":
        args[0][args[1]] = args[2]
        return
    if kind == "guard":
        if bool(args[0]) is not args[1]:
            raise DisagreementError(entry)
        return
    if kind == "ufunc":
        ufunc, method = entry.function
        found = getattr(ufunc, method)(*args, **kwargs)
    elif kind == "take":
        found = args[0][args[1]]
    elif kind == "method":
        found = getattr(args[0], entry.function)(*args[1:], **kwargs)
    else:
        found = entry.function(*args, **kwargs)
    if entry.outs:
        fill(entry.outs, found, buffers)


def fill(outs: list[Ref], found: Any, buffers: Any) -> None:
    """Put the arrays in a result, in order, into their places.

    Raises:
        ValueError: one has another shape than its place.
    """
    for out, value in zip(outs, arrays_in(found), strict=True):
        if value.shape != out.shape:
            raise ValueError(f"shape {value.shape} in place of {out.shape}")
        place = at(buffers, out)
        if not (isinstance(value, np.ndarray) and value.size and value.ctypes.data == place.ctypes.data and value.base is not None):
            place[...] = value


def arrays_in(value: Any) -> Iterator[Any]:
    """Every array and NumPy scalar in nested tuples and lists."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from arrays_in(item)
    elif isinstance(value, np.ndarray | np.generic):
        yield value
