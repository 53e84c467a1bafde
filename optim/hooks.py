"""Hooks of an optimizer: around its steps, and around the saving and loading of its state."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any

from autograd.engine.hooks import RemovableHandle

Hook = Callable[..., Any]
EVENTS = ("saving", "saved", "loading", "loaded")

_before_every_step: OrderedDict[int, Hook] = OrderedDict()
_after_every_step: OrderedDict[int, Hook] = OrderedDict()


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before each step of every optimizer there is.

    Args:
        hook: gets the optimizer and the arguments of ``step``, of which the first is the optimizer; it may return other
            (args, kwargs).

    Returns:
        A handle whose ``remove()`` takes the hook away.

    Example:
        >>> import autograd, optim
        >>> from optim.optimizer import register_optimizer_step_pre_hook
        >>> w = autograd.tensor([1.0], requires_grad=True)
        >>> with register_optimizer_step_pre_hook(lambda optimizer, args, kwargs: print(type(optimizer).__name__)):
        ...     optim.SGD([w]).step()
        SGD
    """
    return RemovableHandle(_before_every_step, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after each step of every optimizer there is.

    Args:
        hook: gets the optimizer and the arguments of ``step``, of which the first is the optimizer; what it returns is ignored.

    Returns:
        A handle whose ``remove()`` takes the hook away.

    Example:
        >>> import autograd, optim
        >>> from optim.optimizer import register_optimizer_step_post_hook
        >>> w = autograd.tensor([1.0], requires_grad=True)
        >>> with register_optimizer_step_post_hook(lambda optimizer, args, kwargs: print("stepped")):
        ...     optim.SGD([w]).step()
        stepped
    """
    return RemovableHandle(_after_every_step, hook)


class OptimizerHooks:
    """The methods of ``Optimizer`` that register hooks."""

    _pre_hooks: OrderedDict[int, Hook]
    _post_hooks: OrderedDict[int, Hook]
    _state_hooks: dict[str, OrderedDict[int, Hook]]
    _stepping: bool
    _opt_called: bool

    def _without_hooks(self) -> None:
        self._pre_hooks = OrderedDict()
        self._post_hooks = OrderedDict()
        self._state_hooks = {event: OrderedDict() for event in EVENTS}
        self._stepping = False

    def step_hooks(self) -> tuple[dict[int, Hook], ...]:
        """The dicts of all hooks that run around a step."""
        return _before_every_step, _after_every_step, self._pre_hooks, self._post_hooks

    def _add(self, event: str, hook: Hook, prepend: bool) -> RemovableHandle:
        return RemovableHandle(self._state_hooks[event], hook, prepend)

    def _call(self, event: str, *args: Any) -> Any:
        """Call the hooks of an event; each result that is not None replaces the last argument. Returns that argument."""
        for hook in list(self._state_hooks[event].values()):
            answer = hook(self, *args)
            if answer is not None and args:
                args = (answer,)
        return args[-1] if args else None

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step; it may return other (args, kwargs).

        The first of ``args`` is the optimizer itself, as in PyTorch.
        """
        return RemovableHandle(self._pre_hooks, hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return RemovableHandle(self._post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` before ``state_dict`` reads the optimizer; with ``prepend`` before all hooks so far."""
        return self._add("saving", hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` with the dict that ``state_dict`` has made; it may change or replace it."""
        return self._add("saved", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before ``load_state_dict`` reads a state, with a shallow copy of it. The hook may
        change or replace the copy."""
        return self._add("loading", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` after ``load_state_dict`` has loaded a state."""
        return self._add("loaded", hook, prepend)


def with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A ``step`` that runs the hooks before and after it, once, also where a subclass calls the step of its base."""

    @wraps(step)
    def hooked(*args: Any, **kwargs: Any) -> Any:
        optimizer = args[0]
        if optimizer._stepping or not (_before_every_step or _after_every_step or optimizer._pre_hooks or optimizer._post_hooks):
            result = step(*args, **kwargs)
            optimizer._opt_called = True
            return result
        optimizer._stepping = True
        try:
            for hook in [*_before_every_step.values(), *optimizer._pre_hooks.values()]:
                answer = hook(optimizer, args, kwargs)
                if answer is not None:
                    if not isinstance(answer, tuple) or len(answer) != 2:
                        raise RuntimeError(f"a step pre-hook must return None or a tuple (args, kwargs), but got {answer!r}")
                    args, kwargs = answer
            result = step(*args, **kwargs)
            optimizer._opt_called = True
            for hook in [*optimizer._post_hooks.values(), *_after_every_step.values()]:
                hook(optimizer, args, kwargs)
            return result
        finally:
            optimizer._stepping = False

    return hooked
