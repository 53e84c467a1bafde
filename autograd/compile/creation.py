"""A NumPy whose new arrays are stand-ins. The ops' modules see it while a step is written down.

Some ops make an array with ``np.empty`` and then write into it. A plain array does not report such writes, so the recorder would
miss them. All other names are NumPy's own.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from ..engine.tables import building
from .trace_array import Traced

_ROOMS = ("autograd.ops.", "autograd.functions.", "autograd.engine.sums", "nn.functional")


# The ops ask isinstance(operand, np.ndarray). For them a stand-in is an array.
_ARRAYS = np.ndarray | Traced


class NumPy:
    """NumPy, for the thread that writes a step down: empty, zeros, ones and full return stand-ins, and asarray leaves them so."""

    def __init__(self, recorder: Any) -> None:
        self._recorder = recorder
        self._thread = threading.get_ident()

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    @property
    def ndarray(self) -> Any:
        return np.ndarray if self._recorder.quiet or threading.get_ident() != self._thread else _ARRAYS

    def _made(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != self._thread or self._recorder.quiet or building.get():
            return function(*args, **kwargs)
        return self._recorder.made(function, args, kwargs)

    def empty(self, *args: Any, **kwargs: Any) -> Any:
        return self._made(np.empty, *args, **kwargs)

    def zeros(self, *args: Any, **kwargs: Any) -> Any:
        return self._made(np.zeros, *args, **kwargs)

    def ones(self, *args: Any, **kwargs: Any) -> Any:
        return self._made(np.ones, *args, **kwargs)

    def full(self, *args: Any, **kwargs: Any) -> Any:
        return self._made(np.full, *args, **kwargs)

    def asarray(self, value: Any, dtype: Any = None, order: Any = None, **kwargs: Any) -> Any:
        """A stand-in itself, or in another dtype or order."""
        if not isinstance(value, Traced):
            return np.asarray(value, dtype, order, **kwargs)
        if dtype is not None and value.dtype != dtype:
            return value.recorder.method("astype", (value, dtype), {})
        if value.scalar:
            return Traced(value.recorder, value.value)
        return value.copy() if order == "C" and not value.flags.c_contiguous else value

    def ascontiguousarray(self, value: Any, dtype: Any = None) -> Any:
        return self.asarray(value, dtype, "C") if isinstance(value, Traced) else np.ascontiguousarray(value, dtype)

    def array(self, value: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", **kwargs: Any) -> Any:
        """A copy."""
        if not isinstance(value, Traced):
            return np.array(value, dtype, copy=copy, order=order, **kwargs)
        if dtype is not None and value.dtype != dtype:
            return value.recorder.method("astype", (value, dtype), {})
        return value.copy(order) if copy else self.asarray(value)


def installed(recorder: Any) -> Callable[[], None]:
    """Let the ops' modules see it. Returns the function that puts NumPy back."""
    seen = NumPy(recorder)
    changed: list[ModuleType] = []
    for name, module in list(sys.modules.items()):
        if name.startswith(_ROOMS) and module.__dict__.get("np") is np:
            module.__dict__["np"] = seen
            changed.append(module)

    def back() -> None:
        for module in changed:
            module.__dict__["np"] = np

    return back
