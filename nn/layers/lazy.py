"""Layers that take the sizes of their parameters from their first input."""

from __future__ import annotations

from typing import Any

from ..module import Module
from ..parameter import is_lazy, undo_materialize


class LazyModule(Module):
    """A mixin for lazy layers: the first call sets the shapes of the uninitialized parameters and makes the layer an ordinary one.

    A subclass names the ordinary layer as ``cls_to_become`` and writes ``initialize_parameters``. If the first call fails, the
    layer is lazy again, because an invalid input must not decide a shape. Make the optimizer after the first call.
    """

    cls_to_become: type[Module] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._first = self.register_forward_pre_hook(LazyModule._infer, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Set the shapes of the parameters, except those that have been loaded already. The arguments are those of forward."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer of this module itself has no shape yet."""
        return any(is_lazy(value) for value in self._own_values())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # An ordinary layer does not call this: its class has no such method.
        kind, attributes = type(self), dict(vars(self))
        undo = [undo_materialize(value) for value in self._own_values() if is_lazy(value)]
        try:
            return super().__call__(*args, **kwargs)
        except BaseException:
            for step in undo:
                step()
            self.__class__ = kind
            vars(self).clear()
            vars(self).update(attributes)
            if self._first.id not in self._hooks().forward_pre:
                self._first = self.register_forward_pre_hook(LazyModule._infer, prepend=True, with_kwargs=True)
            raise

    def _own_values(self) -> list[Any]:
        return [value for value in (*self._parameters.values(), *self._buffers.values()) if value is not None]

    @staticmethod
    def _infer(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """The hook before the first forward."""
        module.initialize_parameters(*args, **kwargs)
        module._first.remove()
        del module._first
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become


LazyModuleMixin = LazyModule
