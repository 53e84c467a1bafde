"""A function of tensors as one C program: captured, written down as a list, turned into C. No op's calculus lives here.

This module can be called: so ``autograd.compile`` is the package, and ``autograd.compile(step)`` compiles a step.

Example:
    >>> import autograd
    >>> f = autograd.compile(lambda x: (x * x).sum())
    >>> f(autograd.tensor([1.0, 2.0])).item()
    5.0
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .compiled_step import Compiled


class _Room(ModuleType):
    """A module that can be called."""

    def __call__(self, function: Callable[..., Any], *, check: bool = False) -> Compiled:
        return Compiled(function, check=check)


sys.modules[__name__].__class__ = _Room

__all__ = ["Compiled"]
