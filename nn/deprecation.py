"""Deprecated names that PyTorch still has. A call of one warns and then calls the function under its new name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any


def deprecated(function: Callable[..., Any], old: str, new: str) -> Callable[..., Any]:
    """A function under its old name. Each call warns (FutureWarning).

    Args:
        function: the function under its new name. old, new: the names, as the warning shows them.
    """

    @wraps(function)
    def spelled(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(f"`{old}` is now deprecated in favor of `{new}`.", FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    spelled.__name__ = spelled.__qualname__ = old.rpartition(".")[2]
    spelled.__doc__ = f"Deprecated: warns (FutureWarning) and does what ``{new}`` does.\n\n    {function.__doc__}"
    return spelled
