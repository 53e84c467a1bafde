"""The table of adapters: the function to call when a program calls a NumPy function with tensors.

An adapter has the signature of NumPy's function, apart from ``out=``, which dispatch.py reads for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]

ADAPTERS: dict[Function, Function] = {}
"""NumPy's function -> its adapter."""


def adapts(*functions: Function) -> Callable[[Function], Function]:
    """Register the decorated function as the adapter of these NumPy functions."""

    def register(adapter: Function) -> Function:
        for function in functions:
            ADAPTERS[function] = adapter
        return adapter

    return register
