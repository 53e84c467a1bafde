"""Reading NumPy's arguments, for the adapters: which the caller passed, which are refused, lists and tensors as arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..engine import recording
from ..engine.graph import make
from ..engine.modes import current
from ..errors import GraphError
from ..functions.creation import is_tensor
from ..functions.join import stack
from ..ops.rules import values

LISTS = (list, tuple)
ABSENT = np._NoValue  # NumPy's default for an argument that the caller left out


def is_given(value: object) -> bool:
    """Whether the caller passed an argument whose default is None or NumPy's ``_NoValue``."""
    return value is not None and value is not ABSENT


def refuse(name: str, advice: str = "leave it out", **arguments: Any) -> None:
    """Raise NotImplementedError if the caller passed any of these arguments, none of which tensors support."""
    for key, value in arguments.items():
        if is_given(value) and value is not False:
            raise NotImplementedError(f"np.{name} of a tensor does not support {key}={value!r}: {advice}")


def plain(value: Any) -> Any:
    """The value with every tensor in it, at any depth of lists and tuples, replaced by its array."""
    if is_tensor(value):
        return values(value)
    if isinstance(value, list | tuple):
        return type(value)([plain(v) for v in value])
    return value


def array_like(value: Any) -> Any:
    """A list or tuple as NumPy reads it: an array, or a stacked tensor if it holds tensors. Anything else is returned as it is."""
    if not isinstance(value, LISTS):
        return value
    if not _holds_tensor(value):
        return np.asarray(value)
    return stack([as_tensor(item) for item in value])


def as_tensor(value: Any) -> Any:
    """A tensor of anything that NumPy reads as an array; arrays keep their dtype."""
    if is_tensor(value):
        return value
    value = array_like(value)
    return value if is_tensor(value) else make(np.asarray(recording.operand(value)[0]))


def _holds_tensor(value: Any) -> bool:
    return is_tensor(value) or (isinstance(value, list | tuple) and any([_holds_tensor(item) for item in value]))


def without_gradient(name: str, **inputs: Any) -> None:
    """Raise if a gradient is needed with respect to an input that an adapter hands to NumPy."""
    for key, value in inputs.items():
        if is_tensor(value) and current().grad and value.requires_grad:
            raise GraphError(f"np.{name} has no derivative with respect to {key} here: detach() it if none is needed")


def answer(function: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a question about arrays (``np.shape``, ``np.allclose``) for tensors: call NumPy with their arrays."""

    @wraps(function)
    def ask(*args: Any, **kwargs: Any) -> Any:
        return function(*plain(args), **{key: plain(value) for key, value in kwargs.items()})

    return ask


def constant(function: Callable[..., Any]) -> Callable[..., Any]:
    """Call a NumPy function whose results (one, or a tuple) have no gradient, and return them as tensors."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*plain(args), **{key: plain(value) for key, value in kwargs.items()})
        return tuple([make(part) for part in result]) if isinstance(result, tuple) else make(result)

    return call
