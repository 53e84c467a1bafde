"""Python's containers and questions of types, for programs with boxes.

A list, tuple or dict of boxes is a real one here, so these are Python's own; only questions of types look into boxes.
"""

from __future__ import annotations

import builtins
from typing import Any

from .functions import plain
from .levels import Box
from .recording import container_take

tuple, list, dict = builtins.tuple, builtins.list, builtins.dict


def isinstance(value: Any, classes: Any) -> bool:
    """Whether a value, or what a box holds, is of one of these classes.

    Example:
        >>> from autograd import grad, isinstance
        >>> float(grad(lambda x: x * 2 if isinstance(x, float) else x)(1.0))
        2.0
    """
    return builtins.isinstance(plain(value), classes)


def type(value: Any) -> Any:
    """The class of a value, or of what a box holds.

    Example:
        >>> from autograd import grad, type
        >>> float(grad(lambda x: x * 2 if type(x) is float else x)(1.0))
        2.0
    """
    return builtins.type(plain(value))


def make_sequence(seq_type: Any, *parts: Any) -> Any:
    """A list or a tuple of these parts."""
    return seq_type(parts)


class SequenceBox(Box):
    """No value is boxed in this class: lists and tuples of boxes are real ones. Programs ask whether a value is one."""

    __slots__ = ()

    @classmethod
    def register(cls, value_type: Any) -> None:
        """Nothing has to be known about a class of tuples: those with fields are built from them."""


class DictBox(Box):
    """No value is boxed in this class: dicts of boxes are real ones. Programs ask whether a value is one."""

    __slots__ = ()


__all__ = ["DictBox", "SequenceBox", "container_take", "dict", "isinstance", "list", "make_sequence", "tuple", "type"]
