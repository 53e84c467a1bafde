"""Capture: run a function once, eagerly, and write down its NumPy calls.

During the run, stand-ins replace the tensors' arrays, the arrays in reachable objects, the numbers of optimizers, and the sources
of random numbers. Afterwards everything is put back, with the values that an eager run leaves.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from sys import getrefcount
from threading import get_ident
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..engine import memory
from ..engine.anomaly import Detector
from ..engine.graph import Node, make
from ..engine.modes import Watch, current, enter, leave
from ..engine.recording import AnyTensor
from ..engine.standin import following
from ..errors import CompileError
from ..functions.random import Generator
from .assumptions import PLAIN, alike, assumptions, hooks_of, mentioned, peek, reachable
from .numbers import Option
from .optimizers import make_step
from .recorder import Parts, Recorder
from .step_list import CONTENT, Entry, Program, Ref, Storage
from .text.equations import Rule, of_gradients, rule_of
from .trace_array import Traced, installed


class _Tags(Watch):
    """A watch that tells the recorder to which op and layer calls belong."""

    def __init__(self, session: _Session, outer: Watch | None) -> None:
        self.session = session
        self.recorder = session.recorder
        self.outer = outer

    def forward(self, op: Any, node: Any, operands: Any, result: Any) -> None:
        entries = self.recorder.mark(op.name, "", current().layer)
        rule = rule_of(op, node, operands, result, self.recorder.memory_of)
        if node is not None:
            self.session.rules[node] = rule
        for entry in entries:
            entry.rule = rule
        super().forward(op, node, operands, result)

    def backward(self, node: Any, gradient: Any, contributions: Any) -> None:
        entries = self.recorder.mark(node.label(), "gradient", node.layer)
        if node in self.session.rules:
            of_gradients(entries, self.session.rules[node], gradient, contributions, self.recorder.memory_of)
        self.session.swept.add(node)
        super().backward(node, gradient, contributions)

    def step(self, optimizer: Any) -> bool:
        self.recorder.mark("", "", "")
        self.session.optimizers.append(optimizer)
        make_step(optimizer, self.session)
        rule = Rule(optimizer, None, (), {})
        for entry in self.recorder.mark(type(optimizer).__name__, "", ""):
            entry.rule = rule
        return True


class Source:
    """A stand-in for a NumPy generator. It notes each draw, with the ``autograd.Generator`` that owns the NumPy generator."""

    def __init__(self, recorder: Recorder, generator: Generator) -> None:
        self._recorder = recorder
        self._generator = generator
        self._numpy = generator.numpy
        self._seed = generator.initial_seed()
        self._state: Any = None  # before the first draw

    def rewind(self) -> None:
        """Undo the draws, and a seed."""
        self._generator._numpy, self._generator._seed = self._numpy, self._seed
        if self._state is not None:
            self._numpy.bit_generator.state = self._state

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._numpy, name)
        if not callable(found) or name.startswith("_"):
            return found

        def draw(*args: Any, **kwargs: Any) -> Any:
            recorder = self._recorder
            noted = recorder.noted(args), recorder.noted(kwargs)
            if self._state is None:
                self._state = self._numpy.bit_generator.state
            value = found(*recorder.real(args), **recorder.real(kwargs))
            if name in ("shuffle",) or not isinstance(value, np.ndarray | np.generic | float | int):
                raise CompileError(f"{name} of a random generator cannot be compiled")
            wrapped = recorder.wrap(np.asarray(value)[()] if not isinstance(value, np.ndarray) else value)
            recorder.note("draw", Draw(self._generator, name), *noted, [wrapped.value])
            return wrapped

        return draw


class Draw:
    """A call that draws random numbers from a generator, in whatever state the generator is then."""

    def __init__(self, generator: Generator, name: str) -> None:
        self.generator = generator
        self.__name__ = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.generator.numpy, self.__name__)(*args, **kwargs)


class Capture:
    """The record of one run.

    program: the list. result: what the function returned, eagerly. shape: the same with ``Ref`` for tensors.
    arguments: the storages of the arguments, in order. tensors: the tensors whose memory the program uses, with the array that they
    held and its storage. grads: tensors whose ``.grad`` the step replaced, with what it is now (a Ref, or None).
    numbers: what the step writes into Python's numbers: (container, key, Option). conditions: decisions by such numbers.
    assumed: what the program takes for granted (``assumptions``). changed: what of it the run has changed, in words.
    """

    program: Program
    result: Any
    shape: Any
    arguments: list[tuple[Storage, Ref]]
    tensors: list[tuple[Any, np.ndarray, Storage]]
    grads: list[tuple[Any, bool, Ref | None]]
    numbers: list[tuple[Any, Any, Option]]
    conditions: list[tuple[Option, bool]]
    optimizers: list[Any]
    spent: bool
    assumed: list[tuple[Any, Any, Any]]
    changed: str


def capture(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], lenient: bool = True) -> Capture:
    """Run the function, and write down its NumPy calls. lenient: whether it may change dicts and lists, as who fills a cache does.

    Raises:
        CompileError: the function looks at a value. Only the calls before that have had an effect.
    """
    if isinstance(current().watch, Detector):
        raise CompileError("a compiled function cannot run under detect_anomaly: run it eagerly to find a nan")
    return _Session(function, args, kwargs, lenient).run()


class _Session:
    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], lenient: bool) -> None:
        self.function = function
        self.lenient = lenient
        self.args = args
        self.kwargs = kwargs
        self.recorder = Recorder()
        self.parts = Parts(args, kwargs)
        self.undo: list[Callable[[], None]] = []
        self.tensors: list[tuple[Any, np.ndarray, Storage]] = []
        self.numbers: list[tuple[Any, Any, Option]] = []
        self.stand_ins: dict[int, Traced] = {}
        self.optimizers: list[Any] = []
        self.swept: set[Node] = set()  # the nodes that a backward has passed through
        self.rules: WeakKeyDictionary[Node, Rule] = WeakKeyDictionary()  # what the ops compute
        self.assumed_later: list[tuple[Any, Any, Any]] = []
        self.generators: list[tuple[Generator, Source]] = []
        self.rollback: list[Callable[[], None]] = []  # what undoes the run, for a refusal in its midst

    def run(self) -> Capture:
        recorder = self.recorder
        live = [t for t in gc.get_objects() if isinstance(t, AnyTensor)]
        before = [(t, t._grad, t.node) for t in live]
        self.assumed = assumptions((self.function, self.args, self.kwargs))
        args, kwargs = self._arguments()
        for t in live:
            self._replace_tensor(t)
        self._replace_within((self.function, self.args, self.kwargs))
        for generator in [g for g in gc.get_objects() if isinstance(g, Generator)]:
            self._replace_generator(generator)
        self.undo.append(installed(recorder))
        following[get_ident()] = Traced(recorder, np.empty(0))
        self.undo.append(lambda: following.__delitem__(get_ident()))
        token = enter(current().but(watch=_Tags(self, current().watch)))
        try:
            result = self.function(*args, **kwargs)
            recorder.mark("", "", "")
            for generator, source in self.generators:
                if generator._numpy is not source:
                    raise CompileError("a compiled function cannot seed a generator: call manual_seed outside")
            found = self._found(result, before)
        except CompileError:
            self.rollback.append(lambda: self._as_before(before))
            raise
        else:
            self.rollback.clear()
            for storage in recorder.storages:
                storage.initial = None
        finally:
            leave(token)
            self._put_back(live)
            for back in reversed(self.rollback):
                back()
            recorder.forget()
        found.result = _mapped_tree(result, _shown)
        return found

    # ---------------------------------------------------------------------------------------------------------------- before
    def _arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments, with stand-ins in place of arrays. Tensors among them are treated later, with all other tensors."""
        recorder = self.recorder
        self.arguments: list[tuple[Storage, Ref]] = []

        def one(value: Any) -> Any:
            array = value.array if isinstance(value, AnyTensor) else value
            if not isinstance(array, np.ndarray):
                return value
            name = "" if recorder.knows(array) else f"x{len(self.arguments)}"
            storage = recorder.storage(array, "argument", name, self.parts.memory(array))
            self.arguments.append((storage, recorder.ref(array)))
            return self.stand_in(array) if value is array else value

        return _mapped_tree(self.args, one), _mapped_tree(self.kwargs, one)

    def _replace_tensor(self, t: Any) -> None:
        array = _array(t)
        if not isinstance(array, np.ndarray):
            return
        seen = self.parts.seen(t, array)
        known = self.recorder.knows(seen)
        storage = self.recorder.storage(seen, "persistent")
        if not known:
            storage.name = _name(t) or storage.name
        stand_in = self.stand_in(seen)
        self.tensors.append((t, array, storage))
        t.array = stand_in

        def back() -> None:
            if t.array is stand_in:
                t.array = array

        self.undo.append(back)

    def _replace_generator(self, generator: Generator) -> None:
        real = generator.numpy
        source = Source(self.recorder, generator)
        generator._numpy = source  # type: ignore[assignment]
        self.generators.append((generator, source))

        def back() -> None:
            if generator._numpy is source:
                generator._numpy = real

        self.undo.append(back)

    def _replace_within(self, roots: tuple[Any, ...]) -> None:
        """Put stand-ins in place of arrays in reachable dicts, lists and objects, and options in place of optimizers' numbers."""
        for value in reachable(roots):
            container = value if isinstance(value, dict | list) else getattr(value, "__dict__", None)
            if isinstance(container, dict):
                items: Any = list(container.items())
            elif isinstance(container, list):
                items = list(enumerate(container))
            else:
                continue
            for key, held in items:
                if type(held) is np.ndarray and held.dtype.kind in "biufc":
                    seen = self.parts.seen(held, held)
                    self.recorder.storage(seen, "persistent", str(key))
                    self._swap(container, key, held, self.stand_in(seen))

    def _swap(self, container: Any, key: Any, old: Any, new: Any) -> None:
        container[key] = new

        def back() -> None:
            held = container[key] if isinstance(container, list) or key in container else None
            if held is new:
                container[key] = old
            elif isinstance(held, Traced):
                container[key] = held.value

        self.undo.append(back)

    def option(self, container: Any, key: Any) -> Any:
        """An option for a number in an optimizer's dict: the program reads the number anew at each call."""
        value = container[key]
        array = getattr(value, "array", value)
        if isinstance(array, Traced):
            value = array.value.item()
        if isinstance(value, bool) or not isinstance(value, float | int | tuple):
            return value
        if isinstance(value, tuple):
            return tuple([Option.leaf(self.recorder, container, (key, i), v) for i, v in enumerate(value)])
        return Option.leaf(self.recorder, container, key, value)

    def stand_in(self, array: np.ndarray) -> Traced:
        """The stand-in for an array. One array has one stand-in."""
        found = self.stand_ins.get(id(array))
        if found is None or found.value is not array:
            found = self.stand_ins[id(array)] = Traced(self.recorder, array)
        return found

    # ----------------------------------------------------------------------------------------------------------------- after
    def _found(self, result: Any, before: list[tuple[Any, Any, Any]]) -> Capture:
        recorder = self.recorder
        found = Capture()
        old = {id(t) for t, _, _ in before}

        def place(v: Any) -> Any:
            if isinstance(v, Traced):
                raise CompileError(
                    "a compiled function returns a NumPy array, which would be that of this call for ever: return a tensor"
                )
            if not isinstance(v, AnyTensor) or id(v) in old:
                return v
            # An array made of shapes and numbers alone is a constant. The list holds a copy, and nothing else does.
            return recorder.ref(v.array.value if isinstance(v.array, Traced) else np.array(v.array))

        found.shape = _mapped_tree(result, place)
        found.spent = all(v.node is None or v.node in self.swept for v in _within(result) if isinstance(v, AnyTensor))
        self.rules.clear()
        self.swept.clear()  # nodes hold the arrays that they have saved, and these would seem to outlive the run
        found.grads = []
        for t, old, node in before:
            if t.node is not node and t._view is None:
                raise CompileError(
                    f"a compiled function writes into {t.array!r}, which outlives it, with a gradient: write within no_grad()"
                )
            if t._grad is not old:
                ref = None if t._grad is None else recorder.ref(_value(t._grad.array))
                found.grads.append((t, old is None, ref))
        found.numbers = self.numbers
        found.changed = self._changed()
        if found.changed and not self.lenient:
            raise CompileError(found.changed)
        self.assumed_later += hooks_of([t for t, _, s in self.tensors if s.kind != "argument"])
        found.assumed = [*self.assumed, *self.assumed_later]
        for storage in recorder.storages:
            if storage.kind == "outside":
                # An array that only this run holds was made during the run, of shapes and numbers alone. So were its copies.
                made = getrefcount(storage.array) <= 2 or (id(storage.array) in recorder.copies and not storage.written)
                storage.kind = "constant" if made or not storage.array.flags.writeable else "persistent"
        self.parts.check(recorder.entries)
        found.program = recorder.program()
        found.arguments = self.arguments
        found.conditions = list({(o.name(), id(o.place), x): (o, x) for o, x in recorder.conditions}.values())
        found.optimizers = self.optimizers
        used = {ref.storage.number for e in recorder.entries for ref in (*e.inputs(), *e.outs)}
        # An unused argument has a number too: the caller looks arguments up by their numbers.
        used |= {storage.number for storage, _ in self.arguments}
        used |= {ref.storage.number for ref in _refs(found.shape)} | {ref.storage.number for _, _, ref in found.grads if ref}
        found.tensors = [(t, array, s) for t, array, s in self.tensors if s.number in used]
        # Memories are numbered in the order in which the list names them.
        order = list(dict.fromkeys(r.storage for e in recorder.entries for r in (*e.inputs(), *e.outs)))
        order += [s for s in recorder.storages if s.number in used and s not in set(order)]
        found.program.storages = order
        for number, storage in enumerate(order):
            if storage.name == storage.nameless:  # so that a second model has the same text
                storage.name = f"{storage.kind[0]}{number}"
            storage.number = number
        # The garbage collector, which lists the tensors, changes their order now and then.
        found.grads.sort(key=lambda g: (1, id(g[0]), 0) if g[2] is None else (0, g[2].storage.number, g[2].offset))
        return found

    def _changed(self) -> str:
        """What the run has changed among the values that a program takes for constant, in words; nothing if nothing."""
        roots = (self.function, self.args, self.kwargs)
        for container, key, value in self.assumed:
            if key is CONTENT:
                held, value = [[_value(v) for v in _within(_parts(c))] for c in (container, value)]
                if not alike(held, value):
                    return (
                        f"a {type(container).__name__} changes within the compiled function, from {_short(value)} to "
                        f"{_short(held)}, and would not change in the compiled one: change it outside{mentioned(roots, container)}"
                    )
                continue
            held = peek(container, key)
            if held is not value and not (isinstance(value, PLAIN) and held == value) and not isinstance(held, Traced):
                raise CompileError(
                    f"{key!r} changes within the compiled function, from {_short(value)} to {_short(held)}, and would not change "
                    f"in the compiled one: change it outside, or keep it in a tensor{mentioned(roots, key)}"
                )
        return ""

    def _as_before(self, before: list[tuple[Any, Any, Any]]) -> None:
        """Give memories, gradients and generators what they had before the run."""
        for storage in self.recorder.storages:
            if storage.initial is not None:
                memory.write(storage.array, storage.initial)
        for t, grad, node in before:
            if t._grad is not grad or t.node is not node:
                t._grad, t.node = grad, node
        for source in [s for _, s in self.generators]:
            source.rewind()

    def _put_back(self, live: list[Any]) -> None:
        """Put everything back, with the values that an eager run leaves."""
        for back in reversed(self.undo):
            back()
        for t in gc.get_objects():
            if isinstance(t, AnyTensor) and isinstance(_array(t), Traced):
                t.array = t.array.value
            elif isinstance(t, Node) and t.saved and any(isinstance(v, Traced) for v in _within(t.saved)):
                t.saved = _mapped_tree(t.saved, lambda v: v.value if isinstance(v, Traced) else v)
        for value in reachable((self.function, self.args, self.kwargs)):
            container = value if isinstance(value, dict) else getattr(value, "__dict__", None)
            if isinstance(container, dict):
                for key, held in list(container.items()):
                    if isinstance(held, Traced):
                        container[key] = held.value


def _short(value: Any) -> str:
    """A value in an error's text. Tensors are not shown: their values are not looked at."""
    if isinstance(value, list):
        return f"{len(value)} values" if len(value) > 1 else f"{len(value)} value"
    text = repr(value) if isinstance(value, PLAIN) else f"a {type(value).__name__}"
    return text if len(text) < 40 else text[:37] + "..."


def _array(t: Any) -> Any:
    """A tensor's array; None for a lazy layer's, which has no values yet."""
    try:
        return t.array
    except (AttributeError, ValueError):
        return None


def _mapped_tree(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, tuple | list):
        items = [_mapped_tree(item, change) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if type(value) is dict:
        return {key: _mapped_tree(item, change) for key, item in value.items()}
    return change(value)


def _within(value: Any) -> Iterator[Any]:
    if isinstance(value, tuple | list):
        for item in value:
            yield from _within(item)
    else:
        yield value


def _parts(container: Any) -> list[Any]:
    """What is in a container."""
    return [v for item in container.items() for v in item] if isinstance(container, dict) else list(container)


def _refs(value: Any) -> Iterator[Ref]:
    if isinstance(value, tuple | list):
        for item in value:
            yield from _refs(item)
    elif isinstance(value, dict):
        yield from _refs(list(value.values()))
    elif isinstance(value, Ref):
        yield value


def _value(array: Any) -> np.ndarray:
    return array.value if isinstance(array, Traced) else array


def _shown(value: Any) -> Any:
    """The results for the caller, whose tensors hold plain arrays again."""
    return value.value if isinstance(value, Traced) else value


def _name(t: Any) -> str:
    """A parameter's path, or nothing."""
    return str(getattr(t, "name", None) or "")


__all__ = ["Capture", "Draw", "Entry", "capture", "make", "reachable"]
