"""The base of layers that are one function of their input, with the function's settings as attributes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import Any

from autograd.types import Tensor

from ..module import Module


class FunctionLayer(Module):
    """A layer whose forward calls one function with the input and the layer's settings.

    A subclass writes an ``__init__`` that stores the settings as attributes, and names three things:

    Attributes:
        _function: the function, as a ``staticmethod``.
        _settings: the attributes that are passed to it after the input, in the order of its parameters.
        _shown: the attributes that the repr shows.
    """

    _function: Callable[..., Any]
    _settings: tuple[str, ...] = ()
    _shown: tuple[str, ...] = ()

    def forward(self, input: Tensor) -> Any:
        """The layer's function of the input."""
        return self._function(input, *map(getattr, repeat(self), self._settings))  # half of a list comprehension's time

    def extra_repr(self) -> str:
        return ", ".join([f"{name}={getattr(self, name)!r}" for name in self._shown])
