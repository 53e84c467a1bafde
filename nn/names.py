"""Who holds what under which name: paths such as ``encoder.layers.0.weight``, found from below.

Whoever is assigned to a module remembers, weakly, that module and the name. A path is then read upwards, in as many steps as the
model is deep, and nobody walks a tree. Something assigned in two places has two homes; the one that the caller leads to counts.
"""

from __future__ import annotations

from collections import deque
from typing import Any
from weakref import ref

from autograd.engine import graph

HOMES = "_homes"  # the attribute: a list of (weak reference to the holder, name)


class Members(dict[str, Any]):
    """A module's parameters, buffers or children by name. Each is an attribute of the module too, which is why reading one costs
    what reading any attribute costs; so what is put here by hand is put there as well."""

    __slots__ = ("_holder",)

    def __init__(self, holder: Any) -> None:
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
    """Drop the names that callers have for a module and those below it: one has changed."""
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
    """Who holds it and still lives, with its name there; each holder once."""
    found = [(holder(), name) for holder, name in vars(value).get(HOMES, ())]
    return [(holder, name) for holder, name in found if holder is not None and id(holder) not in seen]


def path_from_root(value: Any) -> tuple[str, ...]:
    """The names that lead down to a module or parameter from the outermost module, by where it was assigned first."""
    path: tuple[str, ...] = ()
    seen = {id(value)}
    while homes := _homes(value, seen):
        value, name = homes[0]
        seen.add(id(value))
        path = (name, *path)
    return path


def path_below(value: Any, top: Any) -> tuple[str, ...] | None:
    """The shortest path of names that leads from ``top`` down to a module or parameter, or None where none does."""
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


def path_of_value(value: Any) -> str | None:
    """The path of a parameter or buffer in the outermost module that holds it."""
    return ".".join(path_from_root(value)) or None


def path_of_call(module: Any, caller: Any, caller_path: str | None) -> str:
    """The path under which a module is called: the caller's and its own name, "" for the outermost."""
    if caller is not None:
        path = path_below(module, caller)
        if path is not None:
            return ".".join((caller_path, *path) if caller_path else path)
    path = path_from_root(module)
    if path or caller is None:
        return ".".join(path)
    # Nobody holds it: it was made in the middle of a forward, or sits in a plain list.
    return f"{caller_path}.{type(module).__name__}" if caller_path else type(module).__name__
