"""Paths of modules and parameters, such as ``encoder.layers.0.weight``.

Each parameter, buffer and module remembers its homes: the modules that it was assigned to, by weak references, and its names there.
A path is read from the homes upwards, in as many steps as the model is deep; no tree is searched. A module with two homes has two
paths; during a call the path through the caller counts.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any
from weakref import ref

from autograd.engine import graph
from autograd.types import Tensor

if TYPE_CHECKING:
    from .module import Module

HOMES = "_homes"  # the attribute: a list of (weak reference to the holder, name)


class Members(dict[str, Any]):
    """A module's parameters, buffers or children by name.

    Every value is also an ordinary attribute of the module, so that reading it costs no more than reading any attribute. A value
    that is put into the dictionary by hand becomes an attribute, too.
    """

    __slots__ = ("_holder",)

    def __init__(self, holder: Module) -> None:
        super().__init__()
        self._holder = ref(holder)

    def __setitem__(self, name: str, value: Any) -> None:
        holder = self._holder()
        if name in self:
            _release(self[name], holder, name)
        super().__setitem__(name, value)
        if holder is not None:
            vars(holder)[name] = value
            # A plain tensor remembers no holder: its attributes are the user's.
            if value is not None and type(value) is not graph.Tensor and hasattr(value, "__dict__"):
                vars(value).setdefault(HOMES, []).append((ref(holder), name))
                _forget(value)

    def __delitem__(self, name: str) -> None:
        holder = self._holder()
        value = self[name]
        super().__delitem__(name)
        if holder is not None:
            vars(holder).pop(name, None)
        _release(value, holder, name)

    _MISSING = object()

    def pop(self, name: str, default: Any = _MISSING) -> Any:
        if name not in self and default is not self._MISSING:
            return default
        value = self[name]
        del self[name]
        return value

    def popitem(self) -> tuple[str, Any]:
        name = next(reversed(self))
        return name, self.pop(name)

    def update(self, *others: Any, **more: Any) -> None:
        for name, value in dict(*others, **more).items():
            self[name] = value

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def clear(self) -> None:
        for name in list(self):
            del self[name]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return dict, (dict(self),)


def _release(value: Any, holder: Any, name: str) -> None:
    homes = getattr(value, "__dict__", {}).get(HOMES)
    if homes:
        homes[:] = [(h, n) for h, n in homes if h() is not None and not (h() is holder and n == name)]
        _forget(value)


def _forget(value: Any) -> None:
    """Drop the remembered names of a module and of all modules below it, because one of them has changed."""
    stack, seen = [value], set()
    while stack:
        module = stack.pop()
        inside = getattr(module, "__dict__", {})
        if id(module) in seen or "_call_data" not in inside:
            continue
        seen.add(id(module))
        inside["_call_data"].handle.names.clear()
        stack.extend(child for child in inside["_modules"].values() if child is not None)


def _homes(value: Any, seen: set[int]) -> list[tuple[Any, str]]:
    """The living modules that hold a value, each once and with the value's name there."""
    homes = [(holder(), name) for holder, name in vars(value).get(HOMES, ())]
    return [(holder, name) for holder, name in homes if holder is not None and id(holder) not in seen]


def path_from_root(value: Module | Tensor) -> tuple[str, ...]:
    """The names that lead from the outermost module down to a module or parameter, through its first home at each step."""
    path: tuple[str, ...] = ()
    seen = {id(value)}
    while homes := _homes(value, seen):
        value, name = homes[0]
        seen.add(id(value))
        path = (name, *path)
    return path


def path_below(value: Module | Tensor, top: Module) -> tuple[str, ...] | None:
    """The shortest path of names from ``top`` down to a module or parameter; None if it is not below ``top``."""
    waiting: deque[tuple[Any, tuple[str, ...]]] = deque([(value, ())])
    seen = {id(value)}
    while waiting:
        value, path = waiting.popleft()
        if value is top:
            return path
        for holder, name in _homes(value, seen):
            seen.add(id(holder))
            waiting.append((holder, (name, *path)))
    return None


def path_of_value(value: Tensor) -> str | None:
    """The path of a parameter or buffer in the outermost module that holds it."""
    return ".".join(path_from_root(value)) or None


def path_of_call(module: Module, caller: Any, caller_path: str | None) -> str:
    """The path under which a module is called: the caller's path and the module's below it; "" for the outermost module."""
    if caller is not None:
        path = path_below(module, caller)
        if path is not None:
            return ".".join((caller_path, *path) if caller_path else path)
    path = path_from_root(module)
    if path or caller is None:
        return ".".join(path)
    # No module holds it: it was made within a forward, or is in a plain list.
    return f"{caller_path}.{type(module).__name__}" if caller_path else type(module).__name__
