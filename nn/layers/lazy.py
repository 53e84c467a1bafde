"""Modules that take the sizes of their parameters from the first input."""

from __future__ import annotations

from typing import Any

from ..module import Module
from ..parameter import is_lazy


class LazyModule(Module):
    """Mixed into a layer: its uninitialized parameters get their shapes in the first call, and it becomes the ordinary layer.

    A subclass names that layer as ``cls_to_become`` and writes ``initialize_parameters(*args)``. Make the optimizer after the
    first call.
    """

    cls_to_become: type[Module] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._first = self.register_forward_pre_hook(LazyModule._infer, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give the parameters their shapes, those that have not been loaded meanwhile; the arguments are those of forward."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer of this module itself has no shape yet."""
        return any(is_lazy(value) for value in (*self._parameters.values(), *self._buffers.values()))

    @staticmethod
    def _infer(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        module.initialize_parameters(*args, **kwargs)
        module._first.remove()
        del module._first
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become


LazyModuleMixin = LazyModule
