"""``np.f(tensor)``: NumPy's functions, called with tensors, record the ops of the same meaning.

An op that declares ``numpy=np.f`` is found by itself: the arguments are read by NumPy's signature and passed on under our names.
Where the two differ in more than spelling, a function in ADAPTED says what NumPy's call means.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .adapting import ADAPTED
from .engine import recorded
from .op import REGISTRY, Op


@cache
def _declared() -> dict[Callable[..., Any], Op]:
    return {op.numpy: op for op in REGISTRY.values() if op.numpy is not None}


@cache
def _names(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """NumPy's hook for its universal functions."""
    if method == "__call__" and not kwargs:
        op = _declared().get(ufunc)
        if op is not None:
            return recorded(op)(*inputs)
    return NotImplemented


def array_function(self: Any, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """NumPy's hook for all its other functions."""
    adapted = ADAPTED.get(function)
    if adapted is not None:
        return adapted(*args, **kwargs)
    op = _declared().get(function)
    if op is None:
        raise TypeError(f"np.{function.__name__} is not differentiated here: use the tensor's array with .detach().numpy()")
    named = dict(zip(_names(function), args, strict=False)) | kwargs
    values = list(named.items())
    inputs = [value for _, value in values[: len(op.inputs)]]
    rest = {key: value for key, value in values[len(op.inputs) :] if value is not np._NoValue}
    return recorded(op)(*inputs, **rest)
