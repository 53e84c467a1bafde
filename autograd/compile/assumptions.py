"""What a program takes for constant: the objects within a function's reach, and the plain values that they hold."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine.recording import AnyTensor
from .step_list import Entry, Number, Ref, Storage, place

PLAIN = (bool, int, float, str, type(None))
_REACH = 200_000  # at most so many objects are searched for arrays


def peek(container: Any, key: Any) -> Any:
    """The value in a dict under a key, or in a closure's cell."""
    if isinstance(container, types.CellType):
        return container.cell_contents
    return container[key] if not isinstance(container, dict) or key in container else None


def assumptions(roots: tuple[Any, ...]) -> Iterator[tuple[Any, Any, Any]]:
    """The values that the program takes for constant: (dict or cell, key, value)."""
    kinds = (*PLAIN, np.ndarray, AnyTensor)
    for value in reachable(roots):
        if isinstance(value, types.FunctionType):
            for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
                try:
                    yield cell, name, cell.cell_contents
                except ValueError:
                    continue
            for name in _named(value.__code__) & value.__globals__.keys():
                if isinstance(value.__globals__[name], kinds):
                    yield value.__globals__, name, value.__globals__[name]
        elif any(base.__module__.startswith(("optim", "autograd", "nn.training")) for base in type(value).__mro__):
            continue  # a trainer counts its batches, and its step does not depend on the count
        elif hasattr(value, "__dict__"):
            inside = vars(value)
            for key, held in list(inside.items()):
                if isinstance(held, kinds):
                    yield inside, key, held
                elif key in ("_parameters", "_buffers", "_modules"):
                    for name, part in list(held.items()):
                        yield held, name, part


def reachable(roots: tuple[Any, ...]) -> Iterator[Any]:
    """The objects, dicts and lists within reach: through closures, globals that functions name, attributes and containers."""
    seen: set[int] = set()
    stack: list[Any] = list(roots)
    while stack and len(seen) < _REACH:
        value = stack.pop()
        if id(value) in seen or value is None:
            continue
        kind = type(value)
        if kind in (int, float, str, bytes, bool, complex, types.ModuleType, np.ndarray) or isinstance(value, type | AnyTensor):
            if isinstance(value, AnyTensor) and hasattr(value, "__dict__"):
                stack.append(value.__dict__)
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            yield value
            stack.extend(value.values())
        elif isinstance(value, list | tuple | set | frozenset):
            if isinstance(value, list):
                yield value
            stack.extend(value)
        elif isinstance(value, types.FunctionType):
            for cell in value.__closure__ or ():
                try:
                    stack.append(cell.cell_contents)
                except ValueError:
                    continue
            if _ours(value):
                continue
            yield value
            stack.extend(value.__globals__[n] for n in _named(value.__code__) if n in value.__globals__)
            stack.extend((value.__defaults__, value.__kwdefaults__))
        elif isinstance(value, types.MethodType):
            stack.extend((value.__self__, value.__func__))
        elif isinstance(value, types.BuiltinMethodType | types.BuiltinFunctionType):
            continue
        elif kind.__module__.split(".")[0] == "optim" or kind.__module__.startswith("autograd.compile"):
            continue  # an optimizer's step is written down from its formula; a compiled function within reach is no part of the run
        elif kind.__module__ not in ("builtins", "weakref", "_thread", "threading", "types"):
            inside = getattr(value, "__dict__", None)
            if isinstance(inside, dict):
                yield value
                stack.extend(inside.values())
                stack.append(type(value).__dict__.get("forward"))
                stack.append(type(value).__dict__.get("__call__"))


def _ours(function: Any) -> bool:
    """Whether a function belongs to this library or to NumPy: the globals that it names do not change."""
    return (function.__module__ or "").split(".")[0] in ("autograd", "nn", "optim", "numpy")


def _named(code: types.CodeType) -> set[str]:
    inner = [_named(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*inner)


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


__all__ = ["PLAIN", "assumptions", "difference", "peek", "reachable"]
