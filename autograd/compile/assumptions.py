"""What a program takes for constant: the values within a function's reach, and the numbers that two runs have in common.

A function reads Python's values: attributes, globals, dicts, lists. A program holds those of the run that was written down. So each
such value is an assumption, which every call checks before it runs the program.
"""

from __future__ import annotations

import dis
import sys
import types
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..engine.recording import AnyTensor
from ..engine.values.dtypes import _DEFAULTS
from .step_list import CONTENT, EMPTY, Attribute, Entry, Number, Ref, Storage, place

PLAIN = (bool, int, float, str, type(None))
_REACH = 200_000  # at most so many objects are searched
_CONTAINERS = dict | list | set | deque
_COUNTS = ("optim", "autograd", "nn.training", "nn.keras.metrics")  # rooms whose objects count steps and batches
_LIBRARY = ("autograd", "nn", "optim", "numpy", "builtins", *sys.stdlib_module_names)
# What a module keeps for itself. Its parameters, buffers and submodules are assumptions one by one.
_OF_MODULES = ("_parameters", "_buffers", "_modules", "_non_persistent_buffers_set", "_call_data", "_state_hooks")


def peek(container: Any, key: Any) -> Any:
    """The value in a dict under a key, in a closure's cell, or under an attribute's name."""
    if isinstance(container, types.CellType):
        return container.cell_contents
    return getattr(container, key.name, None) if isinstance(key, Attribute) else container.get(key)


def alike(container: Any, before: Any) -> bool:
    """Whether a container still holds the same objects, or numbers and texts that are equal."""
    if len(container) != len(before):
        return False
    pairs = zip(container.items(), before.items(), strict=True) if isinstance(before, dict) else zip(container, before, strict=True)
    return all(_same(x, y) for x, y in pairs)


def _same(x: Any, y: Any) -> bool:
    if type(x) is tuple and type(y) is tuple:
        return len(x) == len(y) and all(map(_same, x, y))
    return x is y or (isinstance(x, PLAIN) and type(x) is type(y) and x == y)


def assumptions(roots: tuple[Any, ...]) -> list[tuple[Any, Any, Any]]:
    """The values that the program takes for constant.

    Returns:
        (dict, key, value), (cell, name, value), (object, ``Attribute``, value), or (container, ``CONTENT``, a copy of it).
    """
    found = _stable_reach(roots)
    names = _all_names(found)
    every = [a for value, own in found for a in _of(value, names) if own or a[1] is not CONTENT]
    return [(_DEFAULTS, "floating", _DEFAULTS["floating"]), *every]


def _of(value: Any, names: set[str]) -> Iterator[tuple[Any, Any, Any]]:
    """The assumptions about one object."""
    kinds = (*PLAIN, np.ndarray, AnyTensor)
    if isinstance(value, types.FunctionType):
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
            try:
                yield cell, name, cell.cell_contents
            except ValueError:
                continue
        space = value.__globals__
        for name in sorted(_named(value.__code__) & space.keys()):
            if isinstance(space[name], kinds) or not _library(space[name]):
                yield space, name, space[name]
    elif isinstance(value, _CONTAINERS):
        yield value, CONTENT, value.copy()
    elif isinstance(value, types.ModuleType | type):
        for name in sorted(names & vars(value).keys()):
            yield vars(value), name, vars(value)[name]
    elif any(base.__module__.startswith(_COUNTS) for base in type(value).__mro__):
        return  # a trainer counts its batches, and its step does not depend on the count
    elif hasattr(value, "__dict__"):
        inside, own = vars(value), not _library(value)
        for key, held in list(inside.items()):
            if isinstance(held, kinds) or (own and key in names):
                yield inside, key, held
            elif key in ("_parameters", "_buffers", "_modules"):
                for name, part in list(held.items()):
                    yield held, name, part
            elif key == "_call_data":
                yield held, Attribute("hooks"), held.hooks
                for hooks in () if held.hooks is None else (held.hooks.forward_pre, held.hooks.forward, held.hooks.backward):
                    yield hooks, CONTENT, hooks.copy()
    else:
        for name in _slots(value):
            yield value, Attribute(name), getattr(value, name, None)


def hooks_of(tensors: Iterable[Any]) -> Iterator[tuple[Any, Any, Any]]:
    """The assumptions that tensors have the hooks that they have."""
    for t in tensors:
        node = t.node
        if node is None:
            continue
        if node.meta is None:
            yield node, Attribute("meta"), None
        else:
            yield node.meta, Attribute("node_hooks"), node.meta.node_hooks
            for hooks in (node.meta.hooks, node.meta.post_accumulate_hooks):
                yield (hooks, CONTENT, hooks.copy()) if hooks else (hooks, EMPTY, None)


def reachable(roots: tuple[Any, ...]) -> list[Any]:
    """The objects, modules and containers within reach.

    The way leads through closures, globals that functions name, attributes, containers, and hooks. Of a class or a module of the
    user's it leads to what functions name, which may lead to further functions and so to further names.
    """
    return [value for value, _ in _stable_reach(roots)]


def _stable_reach(roots: tuple[Any, ...]) -> list[tuple[Any, bool]]:
    """What is within reach, and whether it is the user's and no argument."""
    names: set[str] = set()
    while True:
        found = list(_reach(roots, names))
        more = names | _all_names(found)
        if more == names:
            return found
        names = more


def _reach(roots: tuple[Any, ...], names: set[str]) -> Iterator[tuple[Any, bool]]:
    seen: set[int] = set()
    function, *arguments = roots
    stack: list[tuple[Any, bool]] = [(function, True), *[(a, False) for a in arguments]]  # a call checks its arguments itself
    while stack and len(seen) < _REACH:
        value, own = stack.pop()
        kind = type(value)
        if kind in (int, float, str, bytes, bool, complex, np.ndarray, type(None)) or id(value) in seen:
            continue
        seen.add(id(value))
        below: list[Any] = []
        if isinstance(value, AnyTensor):
            meta = getattr(value.node, "meta", None)
            below = [] if meta is None else [*meta.hooks.values(), *meta.post_accumulate_hooks.values()]
        elif isinstance(value, _CONTAINERS | tuple | frozenset):
            if isinstance(value, _CONTAINERS):
                yield value, own
            below = list(value.values()) if isinstance(value, dict) else list(value)
        elif isinstance(value, types.FunctionType):
            for cell in value.__closure__ or ():
                try:
                    below.append(cell.cell_contents)
                except ValueError:
                    continue
            if not _library(value):
                yield value, True
                below += [value.__globals__[n] for n in _named(value.__code__) if n in value.__globals__]
                below += [value.__defaults__, value.__kwdefaults__]
        elif isinstance(value, types.MethodType):
            below = [value.__self__, value.__func__]
        elif isinstance(value, types.BuiltinMethodType):
            below = [value.__self__] if isinstance(value.__self__, _CONTAINERS) else []  # seen.append, as a hook
        elif isinstance(value, types.ModuleType | type):
            if not _library(value):
                yield value, True
                below = [_unwrapped(vars(value)[n]) for n in names & vars(value).keys()]
        elif kind.__module__.split(".")[0] == "optim" or kind.__module__.startswith("autograd.compile"):
            continue  # an optimizer's step is written down from its formula; a compiled function within reach is no part of the run
        elif kind.__module__ not in ("builtins", "weakref", "_thread", "threading") and not isinstance(value, types.CodeType):
            inside = getattr(value, "__dict__", None)
            slots = () if _library(value) else _slots(value)
            if isinstance(inside, dict):
                yield value, True
                # What a module of the library, or a module for itself, keeps in dicts and lists is its own affair.
                stack += [(held, not _library(value) and key not in _OF_MODULES) for key, held in inside.items()]
                hooks = getattr(inside.get("_call_data"), "hooks", None)
                stack += [] if hooks is None else [(h, False) for h in (hooks.forward_pre, hooks.forward, hooks.backward)]
            elif slots:
                yield value, True
                below = [getattr(value, name, None) for name in slots]
            below += [c for c in kind.__mro__ if not _library(c)]
            below += [vars(kind).get("forward"), vars(kind).get("__call__")]
        stack += [(held, own or not isinstance(value, _CONTAINERS | tuple | frozenset)) for held in below]


def _library(value: Any) -> bool:
    """Whether a function, class, module or object is of this library, of NumPy or of Python: what it reads does not change."""
    if isinstance(value, types.ModuleType):
        name = value.__name__
    elif isinstance(value, type | types.FunctionType):
        name = value.__module__ or ""
    else:
        name = type(value).__module__ if not isinstance(value, _CONTAINERS | types.SimpleNamespace) else ""
    # A script's own module is called __main__, which the list of Python's modules holds too.
    return name != "__main__" and name.split(".")[0] in _LIBRARY


def _unwrapped(held: Any) -> Any:
    """The function in a static method, a class method or a property."""
    return held.fget if isinstance(held, property) else getattr(held, "__func__", held)


def _slots(value: Any) -> list[str]:
    found: list[str] = []
    for base in type(value).__mro__:
        slots = vars(base).get("__slots__", ())
        found += [slots] if isinstance(slots, str) else slots
    return [name for name in found if name not in ("__dict__", "__weakref__")]


def _named(code: types.CodeType) -> set[str]:
    """The names that a function mentions, also as texts: keys, and names for getattr."""
    inner = [_named(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return {*code.co_names, *(c for c in code.co_consts if isinstance(c, str) and c.isidentifier())}.union(*inner)


def _all_names(found: list[tuple[Any, bool]]) -> set[str]:
    return set().union(*[_named(value.__code__) for value, _ in found if isinstance(value, types.FunctionType)])


def mentioned(roots: tuple[Any, ...], held: Any) -> str:
    """The line of a function within reach that mentions an object or an attribute's name, for an error; nothing if none does."""
    for function in [f for f in reachable(roots) if isinstance(f, types.FunctionType)]:
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        spaces = {**function.__globals__, **{name: cell.cell_contents for name, cell in cells.items()}}
        line = function.__code__.co_firstlineno
        for step in dis.get_instructions(function):
            line = step.starts_line or line
            name = step.argval
            if isinstance(name, str) and (name == held or (not isinstance(held, str) and spaces.get(name) is held)):
                return f'\n  File "{function.__code__.co_filename}", line {line}, in {function.__name__}'
    return ""


def difference(first: Any, second: Any) -> str | None:
    """The first difference between two captures' lists, in words; None if there is none. What differs is no constant."""
    a, b = first.program.entries, second.program.entries
    pairs: dict[int, Storage] = {}
    for x, y in zip(a, b, strict=False):
        why = _entries(x, y, pairs)
        if why:
            at = f"{y.line[0]}, line {y.line[1]}" if y.line else "the function"
            return f"{why} ({at})"
    if len(a) != len(b):
        return f"{len(a)} NumPy calls, then {len(b)}"
    if [(o.name(), x) for o, x in first.conditions] != [(o.name(), x) for o, x in second.conditions]:
        return "a decision by an optimizer's number came out differently"
    if not _values(first.shape, second.shape, pairs):
        return "other results"
    if [(id(t), was) for t, was, _ in first.grads] != [(id(t), was) for t, was, _ in second.grads]:
        return "gradients of other tensors were there"
    return None


def _entries(x: Entry, y: Entry, pairs: dict[int, Storage]) -> str | None:
    if x.kind != y.kind or x.name() != y.name():
        return f"{x.name()} in one call, {y.name()} in the next"
    if not (_values(x.args, y.args, pairs) and _values(x.kwargs, y.kwargs, pairs) and _values(x.outs, y.outs, pairs)):
        return f"{x!r} in one call, {y!r} in the next"
    return None


def _values(x: Any, y: Any, pairs: dict[int, Storage]) -> bool:
    if isinstance(x, Ref) and isinstance(y, Ref):
        return (x.offset, x.shape, x.strides, x.dtype) == (y.offset, y.shape, y.strides, y.dtype) and _memories(
            x.storage, y.storage, pairs
        )
    if isinstance(x, Number) and isinstance(y, Number):
        return x.name() == y.name()
    if isinstance(x, list | tuple) and isinstance(y, list | tuple):
        return len(x) == len(y) and all(_values(p, q, pairs) for p, q in zip(x, y, strict=True))
    if isinstance(x, dict) and isinstance(y, dict):
        return x.keys() == y.keys() and all(_values(x[k], y[k], pairs) for k in x)
    if isinstance(x, slice) and isinstance(y, slice):
        return _values((x.start, x.stop, x.step), (y.start, y.stop, y.step), pairs)
    if x is y or (type(x) is type(y) and callable(x)):
        return True
    if type(x) is not type(y):
        return False
    if isinstance(x, np.ndarray):
        return np.array_equal(x, y)
    if isinstance(x, AnyTensor):
        return False
    same = x == y or (x != x and y != y)
    return bool(same)


def _memories(x: Storage, y: Storage, pairs: dict[int, Storage]) -> bool:
    known = pairs.setdefault(x.number, y)
    if known is not y:
        return False
    if x.kind != y.kind:
        return False
    if x.kind == "constant" and not x.written:
        return x.array.dtype == y.array.dtype and np.array_equal(x.array, y.array, equal_nan=x.array.dtype.kind in "fc")
    return x.kind != "persistent" or place(x.array) == place(y.array)


__all__ = ["PLAIN", "alike", "assumptions", "difference", "hooks_of", "mentioned", "peek", "reachable"]
