"""The recorder: it makes each NumPy call on the arrays behind the stand-ins, and notes the call and the memories it uses."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any
from weakref import ref as weakref

import numpy as np

from ..engine.anomaly import users_frame
from ..engine.memory import owner
from ..engine.recording import AnyTensor
from ..errors import CompileError, where
from .numbers import Option
from .step_list import Entry, Program, Ref, Storage, mapped, place
from .trace_array import Traced

# The results of these depend on shapes and dtypes alone.
_METADATA = {
    "shape", "ndim", "size", "result_type", "may_share_memory", "shares_memory", "can_cast", "iscomplexobj", "isrealobj",
    "common_type", "isscalar",
}  # fmt: skip
_MUTATES = {"copyto", "put_along_axis", "put", "place", "putmask", "fill_diagonal"}  # their first argument
_SHAPED_BY_DATA = {
    "nonzero", "flatnonzero", "argwhere", "unique", "extract", "compress", "unique_values", "unique_counts", "unique_inverse",
    "unique_all", "union1d", "intersect1d", "setdiff1d", "setxor1d", "trim_zeros",
}  # fmt: skip
_HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# In these folders the library itself decides by a value, to check an argument or a loss. The decision becomes a condition.
_FOLDERS = "autograd/ops", "autograd/functions", "autograd/distributions", "optim", "nn/functional", "nn/training", "nn/utils"
_DECIDES = tuple([os.path.join(_HERE, *folder.split("/")) + os.sep for folder in _FOLDERS])


class Parts:
    """Which of a call's arguments lie in one memory: a batch is often a part of a data set, and the next batch another part.

    Args:
        arguments: the call's, nested as the caller has them.
    """

    def __init__(self, *arguments: Any) -> None:
        self.tensors: list[Any] = []
        # By the id of the array as which they are written down: whose memory they share, and that array.
        self.strangers: dict[int, tuple[int, np.ndarray]] = {}
        self.arrays: dict[int, list[np.ndarray]] = {}  # by the id of the array that owns their memory

        def one(value: Any) -> Any:
            if isinstance(value, AnyTensor):
                self.tensors.append(value)
            array = value.array if isinstance(value, AnyTensor) else value
            if isinstance(array, np.ndarray):
                self.arrays.setdefault(id(owner(array)), []).append(array)

        mapped(arguments, one)

    def memory(self, array: np.ndarray) -> np.ndarray:
        """The memory of an argument: its own part, which may lie elsewhere in the next call; of several in one array, all of it."""
        together = self.arrays[id(owner(array))]
        alone = all(place(a) == place(array) for a in together) and min(array.strides, default=0) >= 0
        return array if alone else owner(array)

    def seen(self, value: Any, array: np.ndarray) -> np.ndarray:
        """The array as which a tensor, or an array that an object holds, is written down.

        One that is no argument, but lies in the memory of one, counts as a memory of its own: it stays when the argument moves.
        """
        if id(owner(array)) not in self.arrays or any(value is t for t in self.tensors):
            return array
        found = _apart(array)
        self.strangers[id(found)] = id(owner(array)), found
        return found

    def check(self, entries: list[Entry]) -> None:
        """Two memories may in truth be one as long as neither is written.

        Raises:
            CompileError: one of them is.
        """
        used = list(dict.fromkeys(r.storage for e in entries for r in (*e.inputs(), *e.outs)))
        for storage in used:
            root, _ = self.strangers.get(id(storage.array), (None, None))
            same = [s for s in used if root is not None and s.kind == "argument" and id(owner(s.array)) == root]
            if any(s.written for s in (storage, *same)) and root is not None:
                raise CompileError(
                    f"{storage.name} lies in the memory of an argument, and the compiled function writes into it: "
                    f"pass a copy, x.clone()"
                )


class _Memory:
    """Numbers at an address, and the array that keeps them alive."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.__array_interface__ = array, array.__array_interface__


def _apart(array: np.ndarray) -> np.ndarray:
    """The same numbers at the same place, as an array that seems to own them."""
    return np.asarray(_Memory(array))


class Recorder:
    """The notes of one run: the calls, the memories, and the conditions under which another run makes the same calls."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.storages: list[Storage] = []
        self.conditions: list[tuple[Option, bool]] = []
        self._known: dict[int, Storage] = {}  # by the id of the array that owns the memory
        self._roots: list[np.ndarray] = []  # of those arrays the ones that nothing else here keeps alive
        self._ends: list[Any] = []  # notices of temporary memories' ends
        self.copies: dict[int, np.ndarray] = {}  # by their ids, arrays that the run has made of numbers, lists and NumPy's arrays
        self._fixed: set[int] = set()  # the numbers of memories that hold the same at each call
        self._marked = 0
        self.quiet = False  # a function runs on the arrays themselves

    # ---------------------------------------------------------------------------------------------------------------- memories
    def storage(self, array: np.ndarray, kind: str, name: str = "", memory: np.ndarray | None = None) -> Storage:
        """The memory in which an array lies; a new one of this kind if none is known.

        Args:
            memory: of a new one the array that is it, if it is a part of the memory only.
        """
        root = owner(array)
        found = self._known.get(id(root))
        if found is None:
            number = len(self.storages)
            found = Storage(number, kind, root if memory is None else memory, name)
            self.storages.append(found)
            key = id(root)
            self._known[key] = found
            if kind == "temporary":  # once nothing holds it, another array may have its address and its id
                self._ends.append(weakref(root, lambda _: self._known.pop(key, None)))
            if memory is not None:
                self._roots.append(root)
        return found

    def forget(self) -> None:
        """Let go of the memories, because an optimizer's numbers keep the recorder. The list holds those that the program needs."""
        for held in (self._known, self._roots, self._ends, self.copies, self.storages):
            held.clear()

    def knows(self, array: np.ndarray) -> bool:
        return id(owner(array)) in self._known

    def ref(self, array: np.ndarray) -> Ref:
        """The place of an array. An array that is not known yet was made outside of the run."""
        storage = self.storage(array, "outside")
        offset = array.ctypes.data - storage.address if array.size else 0
        if storage.kind == "argument" and array.size and not 0 <= offset <= storage.size - array.itemsize:
            storage.placed = True
        return Ref(storage, offset, array.shape, array.strides, array.dtype)

    def wrap(self, value: Any) -> Any:
        """Stand-ins for a result."""
        if isinstance(value, np.ndarray):
            self.storage(value, "temporary")
            return Traced(self, value)
        if isinstance(value, np.generic):
            array = np.asarray(value)
            self.storage(array, "temporary")
            return Traced(self, array, scalar=True)
        if isinstance(value, list):
            return [self.wrap(item) for item in value]
        if isinstance(value, tuple):
            items = [self.wrap(item) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        return value

    # ------------------------------------------------------------------------------------------------------------------- calls
    def real(self, value: Any) -> Any:
        """Arguments as NumPy takes them."""

        def one(v: Any) -> Any:
            if isinstance(v, Traced):
                return v.value[()] if v.scalar else v.value
            if isinstance(v, Option):
                return v.value
            if isinstance(v, slice):
                return slice(one(v.start), one(v.stop), one(v.step))
            return v

        return mapped(value, one)

    def noted(self, value: Any) -> Any:
        """Arguments as the list holds them."""

        def one(v: Any) -> Any:
            if isinstance(v, Traced):
                return self.ref(v.value)
            if isinstance(v, np.ndarray) and v.dtype.kind in "biufc":
                found = self.ref(v)
                found.storage.placed = True  # no stand-in, so it was not made of an argument, though it may lie in one's memory
                return found
            if isinstance(v, slice):
                return slice(one(v.start), one(v.stop), one(v.step))
            return v

        return mapped(value, one)

    def note(self, kind: str, function: Any, args: Any, kwargs: Any, results: list[np.ndarray], writes: Any = ()) -> Entry:
        """Write a call down. writes: the places in its arguments that it writes to."""
        entry = Entry(kind, function, args, kwargs, [])
        for array in results:
            entry.outs.append(self.ref(array))
        for ref in (*writes, *entry.outs):
            self.writes(ref)
        frame = users_frame()
        entry.line = None if frame is None else (frame.f_code.co_filename, frame.f_lineno)
        self.entries.append(entry)
        return entry

    def writes(self, ref: Ref) -> None:
        ref.storage.written = True
        self._fixed.discard(ref.storage.number)

    def before_write(self, value: Any) -> None:
        """Copy the values of a memory from outside before the step's first write to it."""
        array = value.value if isinstance(value, Traced) else value
        storage = self.storage(array, "outside")
        if not isinstance(value, Traced) and storage.kind != "persistent":
            # Code that holds the array itself would compute on, and the recorder would not see it.
            self.looked(None, "by writing it into an array of NumPy's")
        if storage.kind in ("outside", "persistent", "argument") and storage.initial is None:
            storage.initial = np.array(storage.array)

    def ufunc(self, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if any(hasattr(v, "__record__") for v in inputs):
            return NotImplemented
        out = kwargs.get("out")
        targets = [t for t in (out if isinstance(out, tuple) else (out,)) if t is not None]
        if method == "at":
            targets = [inputs[0]]
        for target in targets:
            self.before_write(target)
        args, more = self.noted(inputs), self.noted(kwargs)
        y = getattr(ufunc, method)(*self._operands(inputs), **self._unscalared(kwargs))
        if targets:
            self.note("ufunc", (ufunc, method), args, more, [], [self.noted(t) for t in targets])
            return None if method == "at" else out if isinstance(out, tuple) and len(out) > 1 else targets[0]
        return self._result("ufunc", (ufunc, method), args, more, y)

    def _operands(self, inputs: tuple[Any, ...]) -> Any:
        return self.real(inputs)

    def _unscalared(self, kwargs: dict[str, Any]) -> Any:
        """Keyword arguments with numbers in place of 0-d arrays; an array that is written to stays one."""
        out = kwargs.get("out")
        found = self.real({k: v for k, v in kwargs.items() if k != "out"})
        if out is not None:
            found["out"] = mapped(out, lambda v: v.value if isinstance(v, Traced) else v)
        return found

    def _result(self, kind: str, function: Any, args: Any, kwargs: Any, y: Any) -> Any:
        arrays = list(_arrays(y))
        if all(self.knows(a) for a in arrays if isinstance(a, np.ndarray)) and all(isinstance(a, np.ndarray) for a in arrays):
            return self.wrap(y)  # views: the places say it all
        wrapped = self.wrap(y)
        self.note(kind, function, args, kwargs, [t.value for t in _traced(wrapped)])
        return wrapped

    def function(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        name = function.__name__
        if name in _METADATA:
            return function(*self.real(args), **self.real(kwargs))
        if name in _SHAPED_BY_DATA or (name == "where" and len(args) == 1):
            self.looked(None, f"with {name}, whose result has a shape that depends on the values")
        out = kwargs.get("out")
        targets = [args[0]] if name in _MUTATES else [] if out is None else [out]
        for target in targets:
            self.before_write(target)
        noted = self.noted(args), self.noted(kwargs)
        y = function(*self.real(args), **self._unscalared(kwargs))
        if targets:
            self.note("function", function, *noted, [], [self.noted(t) for t in targets])
            return out
        if not all(isinstance(v, np.ndarray | np.generic) for v in _leaves(y)):
            self.looked(None, f"with {name}")
        return self._result("function", function, *noted, y)

    def made(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A stand-in for a new array of np.empty, zeros, ones or full."""
        array = function(*self.real(args), **self.real(kwargs))
        self.storage(array, "temporary")
        self.note("function", function, self.noted(args), self.noted(kwargs), [array])
        return Traced(self, array)

    def copy(self, array: np.ndarray, scalar: bool = False) -> Traced:
        """A stand-in for a copy of an array in new memory."""
        made = np.array(array)
        self.storage(made, "temporary")
        self.note("write", "copy", (self.ref(made), self.ref(array)), {}, [], [self.ref(made)])
        return Traced(self, made, scalar)

    def new(self, array: np.ndarray) -> Traced:
        """A stand-in for an array that the step has made of numbers: one may look at it until the step writes into it."""
        found = self.copy(array)
        self._fixed.add(self.storage(found.value, "temporary").number)
        return found

    def is_fixed(self, array: np.ndarray) -> bool:
        storage = self._known.get(id(owner(array)))
        return storage is not None and storage.number in self._fixed

    def method(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name in _SHAPED_BY_DATA:
            self.looked(None, f"with {name}, whose result has a shape that depends on the values")
        if "out" in kwargs:
            raise CompileError(f"{name} with out= cannot be written down")
        this = args[0]
        y = getattr(this.value, name)(*self.real(args[1:]), **self.real(kwargs))
        if this.scalar and isinstance(y, np.ndarray) and y.ndim == 0 and name in ("astype", "copy"):
            y = y[()]
        return self._result("method", name, self.noted(args), self.noted(kwargs), y)

    def opaque(self, name: str, function: Callable[..., Any], args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """Note a function as one call, because it looks at values or needs real arrays."""
        noted = self.noted(args), self.noted(params)
        before, self.quiet = self.quiet, True
        try:
            y = function(*self.real(args), **self.real(params))
        finally:
            self.quiet = before
        wrapped = self.wrap(y)
        entry = self.note("opaque", function, *noted, [t.value for t in _traced(wrapped)])
        entry.op = name
        return wrapped

    # ----------------------------------------------------------------------------------------------------------------- indices
    def getitem(self, this: Traced, index: Any) -> Any:
        if _basic(index):
            y = this.value[index]
            if isinstance(y, np.ndarray):
                return self.wrap(y)
            place = this.value[(*(index if isinstance(index, tuple) else (index,)), ...)] if index != () else this.value
            return self.copy(place, scalar=True)
        if any(isinstance(part, Traced) and part.dtype == bool for part in (index if isinstance(index, tuple) else (index,))):
            self.looked(None, "with a mask as an index: the shape of the result depends on the values")
        y = this.value[self.real(index)]
        return self._result("take", "getitem", (self.noted(this), self.noted(index)), {}, y)

    def setitem(self, this: Traced, index: Any, value: Any) -> None:
        self.before_write(this)
        noted = self.noted(value)
        if _basic(index):
            whole = index if isinstance(index, tuple) else (index,)
            place = this.value[whole if any(part is Ellipsis for part in whole) else (*whole, ...)]
            place[...] = self.real(value)
            ref = self.ref(place)
            self.note("write", "write", (ref, noted), {}, [], [ref])
            return
        this.value[self.real(index)] = self.real(value)
        ref = self.ref(this.value)
        self.note("put", "setitem", (ref, self.noted(index), noted), {}, [], [ref])

    # ------------------------------------------------------------------------------------------------------------------- looks
    def decided(self, this: Traced) -> bool:
        """Decide by a value. In the library's code the decision becomes a condition; in the user's it is an error."""
        if self.is_fixed(this.value):
            return bool(this.value)
        if not self.inside():
            self.looked(this, "to decide by it")
        answer = bool(this.value)
        self.note("guard", "guard", (self.ref(this.value), answer), {}, [])
        return answer

    def inside(self) -> bool:
        """Whether the library looks at the value, and not the user's program."""
        return sys._getframe(3 if sys._getframe(1).f_code.co_name == "decided" else 2).f_code.co_filename.startswith(_DECIDES)

    def condition(self, option: Option, answer: bool) -> bool:
        self.conditions.append((option, answer))
        return answer

    def looked(self, this: Any, how: str) -> None:
        """Raise a CompileError, because a value was looked at."""
        frame = users_frame()
        line = ""
        if frame is not None:
            import linecache

            code = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
            line = f'\n  File "{frame.f_code.co_filename}", line {frame.f_lineno}, in {frame.f_code.co_name}' + (
                f"\n    {code}" if code else ""
            )
        raise CompileError(
            f"a compiled function looked at a value {how}: it would be that of this call for ever. Return the tensor and look at "
            f"it outside, or decide with autograd.where{line}"
        )

    # -------------------------------------------------------------------------------------------------------------------- tags
    def mark(self, op: str, phase: str, layer: object) -> list[Entry]:
        """Let the calls since the last mark belong to this op. Returns these calls."""
        path = str(layer) if layer else ""
        fresh = self.entries[self._marked :]
        for entry in fresh:
            entry.op, entry.phase, entry.layer = entry.op or op, phase, path
        self._marked = len(self.entries)
        return fresh

    def memory_of(self, value: Any) -> Storage | None:
        """The memory of a tensor or an array, if it is known."""
        array = getattr(value, "array", value)
        array = array.value if isinstance(array, Traced) else array
        return self.storage(array, "outside") if isinstance(array, np.ndarray) and self.knows(array) else None

    def program(self) -> Program:
        return Program(self.entries, self.storages)


def _basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or (isinstance(part, int | np.integer) and not isinstance(part, bool | np.bool_))
        or (isinstance(part, slice) and not any(isinstance(v, Traced) for v in (part.start, part.stop, part.step)))
        for part in parts
    )  # fmt: skip


def _leaves(value: Any) -> Any:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield value


def _arrays(value: Any) -> Any:
    return (v for v in _leaves(value) if isinstance(v, np.ndarray | np.generic))


def _traced(value: Any) -> Any:
    return (v for v in _leaves(value) if isinstance(v, Traced))


__all__ = ["Parts", "Recorder", "where"]
