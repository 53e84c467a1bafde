"""A captured step, compiled: the C text, the library, and the Python function that checks what was assumed and calls it."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from struct import Struct
from sys import getrefcount
from threading import Lock
from typing import Any

import numpy as np

from ..engine import memory
from ..engine.graph import make
from ..engine.modes import current
from ..engine.recording import AnyTensor
from ..engine.values.devices import get_num_threads
from ..errors import ShapeError
from . import build, fuse
from .assumptions import PLAIN, alike
from .capture import Capture
from .emit import Emitter, Names, title_of
from .gathers import Gathers
from .loops import Callback, Product, Statement, flat
from .numbers import Option
from .repeat import repeated
from .statements.entries import Lowering
from .step_list import CONTENT, EMPTY, Attribute, Entry, Ref, Storage, arrays_in, at, bytes_of, execute, mapped, place
from .text.sizes import Template
from .undo import Undo

MISS = object()  # a call for which an assumption of the program does not hold
OTHER = object()  # a call in which Python decides by a number otherwise than the program
EAGER = object()  # a call for which all assumptions hold, but which must run eagerly
_FIXED = 3  # addresses that every call passes: of the table of memories, the workspace, and the numbers
_NONSENSE = 255  # a byte: numbers of such bytes are nan, or -1
_LOCKS: dict[Path, Lock] = {}  # one for each library: who calls it


class Variant:
    """One program, for one signature.

    call(args, kwargs): the results, or MISS, or EAGER. text: the C file. groups: its statements. check: whether its memory holds
    nonsense at the beginning of each call: in memory that is used again, what a program forgets to write may still be right.
    """

    def __init__(self, captured: Capture, args: tuple[Any, ...], kwargs: dict[str, Any], title: str, check: bool = False) -> None:
        self.captured, self.check = captured, check
        program = captured.program
        self.storages: list[Storage] = list(program.storages)
        self.results: list[Ref] = list(_refs(captured.shape))
        self.grads = [(t, was_none, ref) for t, was_none, ref in captured.grads]
        self.kept = {s.number for s in program.storages if s.kind in ("persistent", "argument")}
        self.fresh = list(dict.fromkeys(r.storage for r in self.results if r.storage.kind == "temporary"))
        self.lasting = list(dict.fromkeys(r.storage for _, _, r in self.grads if r is not None))
        self.kept |= {s.number for s in (*self.fresh, *self.lasting)}
        lowering = Lowering(program)
        statements = lowering.run()
        self.storages += lowering.extra
        statements = fuse.alive(statements, self.kept)
        gathers = Gathers(statements, self.kept, len(self.storages))
        statements = fuse.alive(gathers.run(), self.kept)
        self.storages += gathers.made
        statements, made = repeated(fuse.without_copies(statements, self.kept), self.kept, len(self.storages))
        self.storages += [storage for storage, _ in made]
        statements = fuse.alive(fuse.with_numbers(fuse.divided(statements), self.kept), self.kept)
        self.groups: list[Statement] = fuse.fused(statements)
        self.gone = fuse.in_registers(self.groups, self.kept)
        for group in self.groups:
            if isinstance(group, Callback):
                for ref in (*group.entry.inputs(), *group.entry.outs):
                    self.gone.discard(ref.storage.number)
        self.undo = Undo(self.groups)
        self.offsets, self.work_size = fuse.planned(self.groups, self.kept, self.gone)
        self.names = Names()
        self._name(made)
        self.emitter = Emitter(self.groups, lowering.options, self.names, self.offsets, self.gone)  # type: ignore[arg-type]
        self.pieces = self.emitter.pieces()
        self.text = self.emitter.run(title) + self._entry_text()
        self.signature = _layout((args, kwargs))
        self.template: Template | None = None
        self.given: list[float] = []  # the numbers that the template takes

    # ------------------------------------------------------------------------------------------------------------------ names
    def _name(self, made: list[tuple[Storage, Storage]]) -> None:
        """Name the memories. made: those of repeats, each with one of the memories that it took the place of."""
        for storage in self.storages:
            if storage.kind in ("argument", "persistent"):
                self.names.give(storage, storage.name)
        for t, _, ref in self.grads:
            if ref is not None:
                owner = next((s.name for x, _, s in self.captured.tensors if x is t), "")
                self.names.give(ref.storage, f"d_{owner}" if owner else "gradient")
        for entry in self.captured.program.entries:
            for ref in entry.outs:
                stem = entry.op.split(",")[0] if entry.op else entry.name().split(".")[0]
                self.names.give(ref.storage, f"d_{stem}" if entry.phase == "gradient" else stem)
        for storage, first in made:
            self.names.give(storage, self.names.of.get(first.number, first.name))
        for storage in self.storages:
            self.names.give(storage, storage.name)

    # ---------------------------------------------------------------------------------------------------------------- binding
    def case_of(self, template: Template) -> bool:
        """Whether this program is the case of a template for the size of its batch. If so, the template's text replaces its own."""
        batch = self.signature[template.at][0][:1] if template.at < len(self.signature) else ()
        given = template.values(self.text, batch[0]) if batch else None
        if given is None:
            return False
        start, end = self.text.index(self.emitter.step), len(self.text) - len(self.emitter.step)
        self.template, self.given, self.text = template, given, template.text
        self.emitter.step = self.text[start : len(self.text) - (end - start)]
        return True

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Compile the text, for calls with arguments such as these."""
        emitter = self.emitter
        path = build.library(self.text)
        self.path = path
        # Programs of the same text have one library, and with it the memories that kernels keep.
        self.lock = _LOCKS.setdefault(path, Lock())
        self.library = ctypes.CDLL(str(path))
        self.work = _aligned(max(self.work_size, 1))
        self.owners: dict[int, np.ndarray] = {}
        self.table = (ctypes.c_void_p * max(len(emitter.bound), 1))()
        # One memory for all that a call passes: three addresses, those of NumPy's arrays, and the numbers. Packing it at once takes
        # half the time that ctypes takes for as many arguments.
        first, count = _FIXED + len(self.objects), len(emitter.leaves) + len(self.given)
        self.frame = (ctypes.c_uint64 * (first + count + 1))()
        self.numbers = (ctypes.c_double * (count + 1)).from_buffer(self.frame, 8 * first)
        for i, given in enumerate(self.given, len(emitter.leaves)):
            self.numbers[i] = given
        self.frame[:_FIXED] = [ctypes.addressof(self.table), self.work.ctypes.data, ctypes.addressof(self.numbers)]
        for storage in self.storages:
            if storage.kind in ("persistent", "constant"):
                self.owners[storage.number] = storage.array
        for storage in self.lasting:
            self.owners[storage.number] = _aligned(storage.size)
        for i, storage in enumerate(emitter.bound):
            if storage.number in self.owners:
                self.table[i] = self.owners[storage.number].ctypes.data
        self.grad_tensors: list[Any] = []
        for t, _, ref in self.grads:
            made = None if ref is None else make(at(_Bytes(self.owners), ref))
            self.grad_tensors.append(made)
            if made is not None and t._grad is not None:  # the memory of the eager run's gradients is free from here on
                made.array[...] = t._grad.array
                t._grad = made
        self.call = _Caller(self).function(args, kwargs)
        build.trim()
        # The list does not keep memories alive that nothing else holds.
        for storage in self.storages:
            if storage.kind == "argument":
                storage.array = None

    def _entry_text(self) -> str:
        """The function through which Python calls: it takes the data pointers out of NumPy's arrays."""
        emitter = self.emitter
        self.objects = [i for i, s in enumerate(emitter.bound) if s.kind == "argument" or s in self.fresh]
        lines = ["\n/* From Python: three addresses, and NumPy's arrays, whose data come after a reference count and a type. */"]
        lines.append("int enter(char **frame)\n{\n    char **memory = (char **)frame[0];")
        data = "*(char **)(frame[{}] + 2 * sizeof(void *))"
        lines += [f"    memory[{i}] = {data.format(at)};" for at, i in enumerate(self.objects, _FIXED)]
        pieces = [p for p in self.pieces if not isinstance(p, Callback)]
        if len(self.pieces) == 1 and pieces:
            lines.append("    return piece_0(memory, frame[1], (double *)frame[2]);\n}")
        else:
            lines.append("    (void)memory;\n    return 0;\n}")
        return "\n".join(lines) + "\n"

    # ----------------------------------------------------------------------------------------------------------------- calling
    def in_pieces(self, arrays: dict[int, np.ndarray]) -> int:
        """A function that runs the pieces of C, with NumPy's calls between them."""
        buffers = _Buffers(self, arrays)
        number = 0
        for piece in self.pieces:
            if isinstance(piece, Callback):
                self._call_back(piece.entry, buffers)
            else:
                function = getattr(self.library, f"piece_{number}")
                function.argtypes = [ctypes.c_void_p] * 3
                answer = function(ctypes.addressof(self.table), self.work.ctypes.data, ctypes.addressof(self.numbers))
                number += 1
                if answer:
                    return int(answer)
        return 0

    def _call_back(self, entry: Entry, buffers: Any) -> None:
        try:
            execute(entry, buffers)
        except ValueError as error:
            line = f"\n  {entry.line[0]}, line {entry.line[1]}" if entry.line else ""
            raise ShapeError(
                f"{title_of(entry)}: the result of {entry.name()} has another shape than when the function was compiled ({error}): "
                f"the shape depends on the values, and a program has one shape. Call it outside of the compiled function, or "
                f"keep the shape with autograd.where{line}"
            ) from error

    def accepts(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether these arguments have the program's signature. Other assumptions may still fail."""
        return self.signature == _layout((args, kwargs))

    def memories(self, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> dict[int, np.ndarray]:
        """The memories that outlive a call, as bytes, after it."""
        found = {number: bytes_of(array) for number, array in self.owners.items()}
        for ref, value in zip(self.results, _tensors(result), strict=False):
            if ref.storage in self.fresh:
                found[ref.storage.number] = bytes_of(value.array if value.array.base is None else _root(value.array))
        return found

    def report(self) -> str:
        """An account of the program: the calls in C, the calls that NumPy computes with the reasons, and the memory."""
        backs = [g for g in self.groups if isinstance(g, Callback)]
        every = [g for g, _ in flat(self.groups)]
        products = sum(isinstance(g, Product) for g in every)
        lines = [
            f"{len(self.captured.program.entries)} NumPy calls became {len(every) - len(backs)} loops and products "
            f"({products} products) in C and {len(backs)} calls back into NumPy",
            f"workspace {self.work_size} bytes; library {self.path}",
        ]
        lines += [f"  NumPy: {title_of(g.entry)}: {g.entry.name()}, because {g.reason}" for g in backs]
        return "\n".join(lines)


class _Caller:
    """Writes the Python function ``call(args, kwargs)`` of a program: it checks what the program assumes, and calls the library.

    The text is made in the order in which it runs: arguments, assumptions, numbers, memory, the call, what was written, results.
    """

    def __init__(self, variant: Variant) -> None:
        self.variant, self.captured, self.leaves = variant, variant.captured, variant.emitter.leaves
        self.space: dict[str, Any] = {
            "MISS": MISS, "OTHER": OTHER, "EAGER": EAGER, "AnyTensor": AnyTensor, "current": current, "make": make,
            "empty": np.empty, "getrefcount": getrefcount, "memory": memory, "note": _note, "owner": memory.owner,
        }  # fmt: skip
        self.lines = ["def call(args, kwargs):"]
        self.arrays: list[tuple[str, Storage]] = []  # the arrays among the arguments: their names in the text, and their memories
        self.read: dict[tuple[int, Any], str] = {}  # numbers that are read more than once: by place and key, their names
        self.fresh_names = count()

    def function(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[..., Any]:
        """The function, for calls with arguments such as these."""
        self.arguments(args, kwargs)
        self.assumptions(args, kwargs)
        updates = self.numbers()
        self.fresh_memory()
        self.library_call()
        self.lines += [f"        {line}" for line in updates]
        self.writes()
        self.lines.append(f"    return {self.result(self.captured.shape)}")
        exec(compile("\n".join(self.lines) + "\n", f"{__file__}: call", "exec"), self.space)
        made: Callable[..., Any] = self.space["call"]
        return made

    def known(self, value: Any) -> str:
        """A name under which the function knows an object."""
        name = f"c{next(self.fresh_names)}"
        self.space[name] = value
        return name

    def need(self, test: str) -> None:
        """Give the call up, unless an expression is true."""
        self.lines.append(f"    if not ({test}): return MISS")

    # ------------------------------------------------------------------------------------------------------- what is checked
    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Check that the arguments are of the types, shapes, dtypes and layouts of these."""
        storages = iter(self.captured.arguments)
        self.need(f"len(args) == {len(args)} and kwargs.keys() == {self.known(set(kwargs))}")
        for i, value in enumerate(args):
            self.argument(f"args[{i}]", value, storages)
        for key, value in kwargs.items():
            self.argument(f"kwargs[{key!r}]", value, storages)
        for written, storage in self.arrays:
            for other, memory_of in self.arrays:
                if storage.written and memory_of is not storage:
                    self.need(f"owner({written}) is not owner({other})")

    def argument(self, path: str, value: Any, storages: Iterator[tuple[Storage, Any]]) -> None:
        """Check an argument, and all that is in it. ``path`` is the expression that reads it."""
        if isinstance(value, AnyTensor | np.ndarray):
            self.array_argument(path, value, next(storages)[0])
        elif isinstance(value, tuple | list):
            self.need(f"type({path}) is {self.known(type(value))} and len({path}) == {len(value)}")
            for i, item in enumerate(value):
                self.argument(f"{path}[{i}]", item, storages)
        elif type(value) is dict:
            self.need(f"type({path}) is dict and {path}.keys() == {self.known(set(value))}")
            for key, item in value.items():
                self.argument(f"{path}[{key!r}]", item, storages)
        else:
            name = self.known(value)
            self.need(f"{path} is {name} or (type({path}) is type({name}) and {path} == {name})")

    def array_argument(self, path: str, value: Any, storage: Storage) -> None:
        """Check a tensor or an array, and give its memory a name."""
        name = f"a{len(self.arrays)}"
        self.lines.append(f"    v = {path}")
        self.need(f"type(v) is {self.known(type(value) if isinstance(value, AnyTensor) else np.ndarray)}")
        if isinstance(value, AnyTensor):
            array = value.array
            self.lines.append(f"    {name} = v.array")
            self.need(f"(v.node is None) is {value.node is None}")
        else:
            array = value
            self.lines.append(f"    {name} = v")
        self.need(f"{name}.shape == {array.shape!r} and {name}.dtype is {self.known(array.dtype)}")
        if array.size:
            self.need(f"{name}.strides == {array.strides!r}")
        first = next((n for n, s in self.arrays if s is storage), None)
        if place(storage.array) != place(array):
            # Several arguments are parts of one array: its memory is the program's, and they must lie where they lay in it.
            if first is None:
                first = f"r{len(self.arrays)}"
                self.lines.append(f"    {first} = owner({name})")
                self.arrays.append((first, storage))
            self.need(f"owner({name}) is {first}")
            self.need(f"{name}.ctypes.data - {first}.ctypes.data == {array.ctypes.data - storage.address}")
        elif first is not None:
            self.need(f"{name}.ctypes.data == {first}.ctypes.data")
        elif storage.placed:
            self.need(f"{name}.ctypes.data == {array.ctypes.data}")
        self.arrays.append((name, storage))

    def assumptions(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Check the modes, and what the program took as given outside of the arguments."""
        known, need = self.known, self.need
        need(f"current().grad is {current().grad} and current().watch is None")
        # Most assumptions are that there are no hooks.
        absent = [known(holder) for holder, key, _ in self.captured.assumed if key is EMPTY]
        absent += [f"{known(o)}.{k.name}" for o, k, held in self.captured.assumed if isinstance(k, Attribute) and held is None]
        if absent:
            self.lines.append(f"    if {' or '.join(absent)}: return MISS")
        self.lines.append("    try:")
        start = len(self.lines)
        for holder, key, value in self.captured.assumed:
            if key is CONTENT:
                held = holder.values() if isinstance(holder, dict) else holder
                plain = all(isinstance(v, PLAIN) for v in held)
                need(f"{known(holder)} == {known(value)}" if plain else f"{known(alike)}({known(holder)}, {known(value)})")
            elif key is not EMPTY and not (isinstance(key, Attribute) and value is None):
                found = self.assumed(holder, key)
                if isinstance(value, (int, float, str)) and not isinstance(value, bool):
                    need(f"{found} == {self.known(value)}" if value == value else f"{found} != {found}")
                else:
                    need(f"{found} is {value if value is None or isinstance(value, bool) else known(value)}")
        self.lines[start:] = [f"    {line}" for line in self.lines[start:] or ["    pass"]]
        self.lines.append("    except KeyError: return MISS")
        for t, array, _ in self.captured.tensors:
            if not any(t is v for v in _tensors((args, kwargs))):
                need(f"{known(t)}.array is {known(array)}")
        for t, was_none, _ in self.variant.grads:
            need(f"({known(t)}._grad is None) is {was_none}")

    def assumed(self, holder: Any, key: Any) -> str:
        """The expression that reads what a dict holds under a key, an object under an attribute's name, or a closure's cell."""
        if isinstance(key, Attribute):
            return f"{self.known(holder)}.{key.name}"
        if not hasattr(holder, "get"):
            return f"{self.known(holder)}.cell_contents"
        text = repr(key) if isinstance(key, str | int) else self.known(key)
        # A defaultdict would make what it lacks.
        return f"{self.known(holder)}.get({text})" if hasattr(holder, "default_factory") else f"{self.known(holder)}[{text}]"

    # ------------------------------------------------------------------------------------------------------- what is read
    def numbers(self) -> list[str]:
        """Read the numbers that the program takes, and check the conditions on them.

        Returns:
            The statements that write changed numbers back, for after the call.
        """
        for i, leaf in enumerate(self.leaves):
            self.lines.append(f"    n{i} = {self.place(leaf)}")
            self.lines.append(
                f"    if type(n{i}) is not float and type(n{i}) is not int: n{i} = getattr(n{i}, 'array', n{i}).item()"
            )
        for option, answer in self.captured.conditions:
            self.lines.append(f"    if bool({self.expression(option)}) is not {answer}: return OTHER")
        updates = []
        for i, (container, key, option) in enumerate(self.captured.numbers):
            self.lines.append(f"    u{i} = {self.expression(option)}")
            updates.append(f"{self.known(container)}[{key!r}] = u{i}")
        return updates

    def place(self, option: Option) -> str:
        """Where a number stands, as an expression."""
        key = option.key
        return f"{self.known(option.place)}" + (f"[{key!r}]" if isinstance(key, str) else f"[{key[0]!r}][{key[1]}]")

    def expression(self, option: Any) -> str:
        """A number that was computed from options, as an expression over the numbers that have been read."""
        if not isinstance(option, Option):
            return repr(option)
        if option.apply is None:
            for i, leaf in enumerate(self.leaves):
                if leaf.place is option.place and leaf.key == option.key:
                    return f"n{i}"
            key = (id(option.place), option.key)
            if key not in self.read:
                self.read[key] = name = f"m{len(self.read)}"
                self.lines.append(f"    {name} = {self.place(option)}")
            return self.read[key]
        parts = [self.expression(p) for p in option.parts]
        if len(parts) == 1:
            return f"(-{parts[0]})" if option.symbol == "-" else f"abs({parts[0]})"
        return f"({parts[0]} {option.symbol} {parts[1]})"

    # ------------------------------------------------------------------------------------------------------- what is called
    def fresh_memory(self) -> None:
        """Run eagerly where a gradient's memory is in use elsewhere; else take the lock, and make the memory of the results."""
        for (_, _, ref), made in zip(self.variant.grads, self.variant.grad_tensors, strict=True):
            if ref is not None:
                tensor, array = self.known(made), self.known(made.array)
                self.lines.append(f"    if getrefcount({tensor}) > 5 or getrefcount({array}) > 5: return EAGER")
        self.lines.append(f"    with {self.known(self.variant.lock)}:")
        self.whole = {s: _one_result(self.variant.results, s) for s in self.variant.fresh}
        for i, (storage, ref) in enumerate(self.whole.items()):
            shape, dtype = (storage.size, np.dtype(np.uint8)) if ref is None else (ref.shape, ref.dtype)
            self.lines.append(f"        f{i} = empty({shape!r}, {self.known(dtype)})")
        if self.variant.check:
            sizes = {storage.number: storage.size for storage in self.variant.storages}
            parts = [self.variant.work[at : at + sizes[number]] for number, at in self.variant.offsets.items()]
            self.lines += [f"        {self.known(part)}.fill({_NONSENSE})" for part in parts]
            self.lines += [f"        {self.known(bytes_of)}(f{i}).fill({_NONSENSE})" for i in range(len(self.variant.fresh))]

    def library_call(self) -> None:
        """Call the C function with its memories and numbers, and NumPy between its pieces where there are several."""
        variant, known = self.variant, self.known
        objects = []
        for i in variant.objects:
            storage = variant.emitter.bound[i]
            name = next((n for n, s in self.arrays if s is storage), None)
            objects.append(f"id({name or f'f{variant.fresh.index(storage)}'})")
        function = variant.library.enter
        function.argtypes = [ctypes.c_void_p]
        passed = ", ".join([*objects, *[f"n{i}" for i in range(len(self.leaves))]])
        threads = [ctypes.c_int.in_dll(variant.library, n) for n in re.findall(r"^int (threads_\d+)", variant.text, re.MULTILINE)]
        if threads:
            self.lines.append(f"        for t in {known(threads)}: t.value = {known(get_num_threads)}()")
        memories = [(s, n) for n, s in self.arrays] + [(s, f"f{i}") for i, s in enumerate(variant.fresh)]
        inside = "".join(f"{s.number}: {n}, " for s, n in memories)
        pack = Struct(f"={len(objects)}Q{len(self.leaves)}d").pack_into
        calls = [f"{known(pack)}({known(variant.frame)}, {8 * _FIXED}, {passed})"] if passed else []
        calls.append(f"answer = {known(function)}({ctypes.addressof(variant.frame)})")
        if len(variant.pieces) > 1 or (variant.pieces and isinstance(variant.pieces[0], Callback)):
            calls.append(f"answer = {known(variant.in_pieces)}({{{inside}}})")
        if not variant.undo:
            self.lines += [f"        {line}" for line in (*calls, "if answer: return EAGER")]
            return
        undo = known(variant.undo)
        self.lines += [f"        saved, ends = {undo}.save({{{inside}}}), True", "        try:"]
        self.lines += [f"            {line}" for line in (*calls, "ends = answer != 0")]
        self.lines += ["        finally:", f"            if ends: {undo}.back(saved)", "        if ends: return EAGER"]

    def writes(self) -> None:
        """Note what the call has written, and give the parameters their gradients."""
        written = [s for s in self.variant.storages if s.written and s.kind in ("persistent", "argument")]
        for storage in written:
            if storage.kind == "argument":
                self.lines.append(f"        memory.note_write({next(n for n, s in self.arrays if s is storage)})")
        if written:
            lasting = [s.array for s in written if s.kind == "persistent"]
            for array in lasting:
                memory.note_write(array)
            self.lines.append(f"        note({self.known([memory.written[id(memory.owner(a))] for a in lasting])})")
        for (t, _, _), made in zip(self.variant.grads, self.variant.grad_tensors, strict=True):
            self.lines.append(f"        {self.known(t)}._grad = {self.known(made)}")

    def result(self, shape: Any) -> str:
        """The results as an expression."""
        known = self.known
        if isinstance(shape, Ref):
            return self.tensor(shape)
        if isinstance(shape, tuple | list) and not hasattr(shape, "_fields"):
            inside = "".join(f"{self.result(item)}, " for item in shape)
            return f"({inside})" if isinstance(shape, tuple) else f"[{inside}]"
        if isinstance(shape, tuple):
            return f"{known(type(shape))}({', '.join(self.result(item) for item in shape)})"
        if type(shape) is dict:
            return "{" + ", ".join(f"{k!r}: {self.result(v)}" for k, v in shape.items()) + "}"
        return known(shape)

    def tensor(self, ref: Ref) -> str:
        """A tensor of the results as an expression: over memory of its own, over one that stays, or over an argument's."""
        known, storage = self.known, ref.storage
        if storage in self.variant.fresh:
            whole = f"f{self.variant.fresh.index(storage)}"
            if self.whole[storage] is not None:
                return f"make({whole})"
            return f"make({known(np.ndarray)}({ref.shape!r}, {known(ref.dtype)}, {whole}, {ref.offset}, {ref.strides!r}))"
        if storage.number in self.variant.owners:
            copied = ".copy()" if storage.kind == "constant" else ""
            return f"make({known(at(_Bytes(self.variant.owners), ref))}{copied})"
        name = next(n for n, s in self.arrays if s is storage)
        return f"make({known(at)}({{{storage.number}: {known(bytes_of)}({name})}}, {known(ref)}))"


def _one_result(results: list[Ref], storage: Storage) -> Ref | None:
    """The only result in a memory, if it is all of it, row by row."""
    refs = [ref for ref in results if ref.storage is storage]
    whole = len(refs) == 1 and refs[0].size * refs[0].dtype.itemsize == storage.size and not refs[0].offset
    return refs[0] if whole and refs[0].contiguous() else None


class _Bytes:
    """Memories by number, as bytes."""

    def __init__(self, owners: dict[int, np.ndarray]) -> None:
        self.owners = owners

    def __getitem__(self, number: int) -> Any:
        return bytes_of(self.owners[number])


class _Buffers:
    """All memories of a call by number, as bytes: for what NumPy computes."""

    def __init__(self, variant: Variant, arrays: dict[int, np.ndarray]) -> None:
        self.variant = variant
        self.arrays = arrays

    def __getitem__(self, number: int) -> Any:
        variant = self.variant
        if number in self.arrays:
            return bytes_of(self.arrays[number])
        if number in variant.owners:
            return bytes_of(variant.owners[number])
        start = variant.offsets[number]
        return variant.work[start : start + variant.storages[number].size]


def _note(written: list[memory.Writes]) -> None:
    """``memory.note_write`` for several memories, by their records."""
    now = memory.latest = next(memory.clock)
    for writes in written:
        writes.count += 1
        writes.last = now
        writes.times.append(now)


def _layout(value: Any) -> list[Any]:
    """Shapes, dtypes and strides of the arrays among arguments."""
    found: list[Any] = []

    def one(v: Any) -> None:
        array = getattr(v, "array", v)
        if isinstance(array, np.ndarray):
            found.append((array.shape, array.dtype, array.strides))

    mapped(value, one)
    return found


def _aligned(size: int) -> np.ndarray:
    """Memory that begins at a line of the cache: vectors that cross lines cost twice the time, or more."""
    memory = np.zeros(size + fuse.ALIGN, np.uint8)
    return memory[-memory.ctypes.data % fuse.ALIGN :][:size]


def _root(array: np.ndarray) -> np.ndarray:
    return memory.owner(array)


def _refs(value: Any) -> list[Ref]:
    found: list[Ref] = []

    def one(v: Any) -> Any:
        if isinstance(v, Ref):
            found.append(v)
        return v

    mapped(value, one)
    return found


def _tensors(value: Any) -> list[Any]:
    found: list[Any] = []
    mapped(value, lambda v: found.append(v) if isinstance(v, AnyTensor) else None)
    return found


__all__ = ["EAGER", "MISS", "OTHER", "Variant", "arrays_in"]
