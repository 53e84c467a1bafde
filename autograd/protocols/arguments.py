"""What NumPy's arguments become before an op sees them: tensors as arrays, and refusals of what has no meaning here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..engine import recording
from ..engine.graph import make

ABSENT = np._NoValue


def only(name: str, **unsupported: Any) -> None:
    """Raise if an argument is given that tensors have no meaning for: ``out=``, ``where=``, ``initial=``."""
    for key, value in unsupported.items():
        if value is not None and value is not ABSENT and value is not True:
            raise NotImplementedError(
                f"np.{name} of a tensor with {key}= is not supported: use where(...) before, or the in-place form after"
            )


def kept_dims(keepdims: Any) -> bool:
    return False if keepdims is ABSENT or keepdims is None else bool(keepdims)


def plain(value: Any) -> Any:
    """The value with every tensor in it, at any depth of lists and tuples, replaced by its array."""
    if isinstance(value, recording.Tensor):
        return value.array
    if isinstance(value, list | tuple):
        return type(value)([plain(v) for v in value])
    return value


def answered(function: Callable[..., Any]) -> Callable[..., Any]:
    """A question about arrays, asked of tensors: the answer is NumPy's."""

    @wraps(function)
    def ask(*args: Any, **kwargs: Any) -> Any:
        return function(*plain(args), **{key: plain(value) for key, value in kwargs.items()})

    return ask


def made(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result has no gradient: a tensor of NumPy's."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return make(function(*plain(args), **{key: plain(value) for key, value in kwargs.items()}))

    return call


def all_made(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose results (one, or a tuple) have no gradient: tensors of NumPy's."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        found = function(*plain(args), **{key: plain(value) for key, value in kwargs.items()})
        return tuple([make(part) for part in found]) if isinstance(found, tuple) else make(found)

    return call
