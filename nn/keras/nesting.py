"""Nested tuples, lists and dictionaries of inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def leaves(value: Any) -> list[Any]:
    """The items of nested tuples, lists and dictionaries, in order."""
    if isinstance(value, dict):
        return [leaf for v in value.values() for leaf in leaves(v)]
    if isinstance(value, tuple | list):
        return [leaf for v in value for leaf in leaves(v)]
    return [value]


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """The same nesting, each item through a function."""
    if isinstance(value, dict):
        return {key: mapped(function, v) for key, v in value.items()}
    if isinstance(value, list):
        return [mapped(function, v) for v in value]
    if isinstance(value, tuple):
        return tuple([mapped(function, v) for v in value])
    return function(value)


__all__ = ["leaves", "mapped"]
