"""``torch.utils.deterministic``: what new memory holds while ``use_deterministic_algorithms`` is on."""

from __future__ import annotations

import sys
from types import ModuleType

from ..engine.values import devices


class _Deterministic(ModuleType):
    @property
    def fill_uninitialized_memory(self) -> bool:
        """Whether ``empty`` fills its memory with nan, or the largest integer, while deterministic algorithms are asked for.

        Example:
            >>> import autograd
            >>> autograd.use_deterministic_algorithms(True)
            >>> autograd.empty(2)
            tensor([nan, nan], dtype=float32)
            >>> autograd.use_deterministic_algorithms(False)
            >>> autograd.utils.deterministic.fill_uninitialized_memory
            True
        """
        return devices.fill_uninitialized_memory()

    @fill_uninitialized_memory.setter
    def fill_uninitialized_memory(self, mode: bool) -> None:
        if type(mode) is not bool:
            raise TypeError(f"fill_uninitialized_memory must be a bool, not {mode!r}")
        devices.fill_uninitialized_memory(mode)


# A module's attribute that is read and written in another place: Python's way for it is a class of the module's own.
sys.modules[__name__].__class__ = _Deterministic
