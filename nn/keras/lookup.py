"""Things by name: a string, a Keras configuration, a class or an object becomes the object."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypeAlias

from autograd.errors import ArgumentError

# How a user names a part of a model: a string, a configuration, a class or an object, which can be called, or a function.
Named: TypeAlias = str | Mapping[str, Any] | Callable[..., Any]


def snake(name: str) -> str:
    """``BatchNormalization`` as ``batch_normalization``, as Keras spells it."""
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()


def resolved(kind: str, value: Any, known: Mapping[str, Any], make: bool = True) -> Any:
    """What a name, a configuration or a class means.

    Args:
        kind: what is looked for, for errors. value: a name, {"class_name": ..., "config": ...}, a class, or the object itself.
        known: names to classes or functions. make: whether a class is called to make an object.

    Raises:
        ArgumentError: the name is not known; the nearest one is suggested.
    """
    if isinstance(value, Mapping) and "class_name" in value:
        cls = _found(kind, value["class_name"], known)
        if not isinstance(cls, type):
            return cls
        accepted = inspect.signature(cls).parameters  # Keras's configurations also hold what says nothing here
        return cls(**{key: option for key, option in (value.get("config") or {}).items() if key in accepted})
    if isinstance(value, str):
        value = _found(kind, value, known)
    return value() if make and isinstance(value, type) else value


def _found(kind: str, name: str, known: Mapping[str, Any]) -> Any:
    for spelling in (name, snake(name), name.lower()):
        if spelling in known:
            return known[spelling]
    near = get_close_matches(snake(name), known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
    raise ArgumentError(f"no {kind} is named {name!r}; {hint}")


_used: Counter[str] = Counter()


def unique_name(base: str) -> str:
    """``dense``, then ``dense_1``, ``dense_2``, ..."""
    number = _used[base]
    _used[base] += 1
    return base if not number else f"{base}_{number}"


def clear_names() -> None:
    """Let names begin anew, as after ``keras.backend.clear_session()``."""
    _used.clear()


def table(*entries: Callable[..., Any]) -> dict[str, Any]:
    """Functions and classes under their own and their snake-case names."""
    return {spelling: entry for entry in entries for spelling in (entry.__name__, snake(entry.__name__))}


__all__ = ["Named", "clear_names", "resolved", "snake", "table", "unique_name"]
