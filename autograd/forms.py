"""``autograd.grad``: of tensors it is PyTorch's, of a function HIPS autograd's. Neither is computed here."""

from __future__ import annotations

from functools import wraps
from importlib import import_module
from typing import Any

from .vmap import grad as grad_of_tensors


@wraps(grad_of_tensors)
def grad(*args: Any, **kwargs: Any) -> Any:
    if "fun" in kwargs or (args and callable(args[0])):
        return import_module("autograd.differential_operators").grad(*args, **kwargs)
    return grad_of_tensors(*args, **kwargs)


__all__ = ["grad"]
