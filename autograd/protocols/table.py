"""The table of what NumPy's functions mean when they are called with tensors, where the signatures differ in more than spelling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ADAPTED: dict[Callable[..., Any], Callable[..., Any]] = {}
"""NumPy's function -> a function with NumPy's signature, of tensors."""


def adapts(*names: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare what calls of these NumPy functions mean."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            ADAPTED[name] = function
        return function

    return register
