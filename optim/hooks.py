"""Hooks of an optimizer: around its steps, and around the saving and loading of its state."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from autograd.engine.hooks import RemovableHandle

Hook = Callable[..., Any]
PLACES = ("saving", "saved", "loading", "loaded")


class OptimizerHooks:
    """The methods of ``Optimizer`` that register hooks."""

    _pre_hooks: dict[int, Hook]
    _post_hooks: dict[int, Hook]
    _state_hooks: dict[str, OrderedDict[int, Hook]]

    def _without_hooks(self) -> None:
        self._pre_hooks = {}
        self._post_hooks = {}
        self._state_hooks = {place: OrderedDict() for place in PLACES}

    def _add(self, place: str, hook: Hook, prepend: bool) -> RemovableHandle:
        hooks = self._state_hooks[place]
        return RemovableHandle(hooks, hook, prepend)

    def _call(self, place: str, *args: Any) -> Any:
        """Call the hooks of a place; what one returns takes the place of the last argument. Returns that."""
        for hook in list(self._state_hooks[place].values()):
            answer = hook(self, *args)
            if answer is not None and args:
                args = (answer,)
        return args[-1] if args else None

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; it may return other (args, kwargs)."""
        return RemovableHandle(self._pre_hooks, hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return RemovableHandle(self._post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` before ``state_dict`` reads the optimizer; with ``prepend`` before all hooks so far."""
        return self._add("saving", hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` with what ``state_dict`` has made; it may change it, or return another."""
        return self._add("saved", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before ``load_state_dict`` looks at a state, with a shallow copy of it; it may
        change that, or return another."""
        return self._add("loading", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` after ``load_state_dict`` has loaded a state."""
        return self._add("loaded", hook, prepend)
