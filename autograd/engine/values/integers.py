"""Arguments that must be integers: dimensions, sizes, numbers of places. A float there raises, whatever NumPy would make of it."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...types import PARAMETERS
from ..standin import StandIn

_INTEGERS = {"int", "Dim", "Dims", "Sequence[int]", "int | Sequence[int]", "int | Size"}


def integer_parameters(name: str, params: list[str]) -> list[str]:
    """The parameters of an op that must be integers, or sequences of integers, by the types that their names have."""
    return [p for p in params if PARAMETERS.get(f"{name}.{p}", PARAMETERS.get(p)) in _INTEGERS]


def integers(value: Any, title: str) -> Any:
    """An argument as Python's integers: one, or a sequence of them; None stays, and so does an array of integers.

    Args:
        value: the argument. title: what errors call it, "roll: argument 'shifts'".

    Raises:
        TypeError: a float, or anything else that is no integer.
    """
    if value is None or isinstance(value, StandIn):
        return value
    if type(value) is tuple:  # the usual case
        for item in value:
            if type(item) is not int:
                break
        else:
            return value
    if isinstance(value, tuple | list):
        if None in value:
            raise TypeError(f"{title} must be an integer, or integers, not {value!r}")
        return type(value)([integers(item, title) for item in value]) if not hasattr(value, "numel") else value
    if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "iu":
        return value
    try:
        return operator.index(getattr(value, "array", value))
    except TypeError:
        raise TypeError(f"{title} must be an integer, or integers, not {value!r} of type {type(value).__name__}") from None


__all__ = ["integer_parameters", "integers"]
