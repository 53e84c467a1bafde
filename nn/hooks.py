"""What happens around a module's forward: hooks before and after it, and before and after its backward.

A module without hooks does not come here. For backward hooks the inputs and the outputs of the call each pass through one op that
changes nothing, and whose rule sees all their gradients together.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine import graph, recording
from autograd.engine.conform import switch_convention
from autograd.engine.hooks import RemovableHandle
from autograd.engine.op import Sample, op
from autograd.errors import ShapeError

Hook = Callable[..., Any]
Registered = OrderedDict[int, Any]


class Hooks:
    """The hooks of one module, in the order in which they are called."""

    __slots__ = ("backward", "backward_pre", "forward", "forward_pre", "loaded", "loading", "saved", "saving")

    def __init__(self) -> None:
        self.forward_pre: Registered = OrderedDict()
        self.forward: Registered = OrderedDict()
        self.backward_pre: Registered = OrderedDict()
        self.backward: Registered = OrderedDict()
        self.saving: Registered = OrderedDict()
        self.saved: Registered = OrderedDict()
        self.loading: Registered = OrderedDict()
        self.loaded: Registered = OrderedDict()

    def around_calls(self) -> bool:
        """Whether a call has to pass through here at all."""
        return bool(self.forward_pre or self.forward or self.backward_pre or self.backward)


def call(module: Any, hooks: Hooks, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a module's forward with its hooks around it."""
    done: set[int] = set()
    forward = hooks.forward
    result = None
    try:
        for hook, with_kwargs in list(hooks.forward_pre.values()):
            args, kwargs = _before(module, hook, with_kwargs, args, kwargs)
        crossing = None
        if hooks.backward or hooks.backward_pre:
            crossing = Crossing(module, hooks)
            args = crossing.inputs(args)
        result = module.forward(*args, **kwargs)
        for key, (hook, with_kwargs, _) in list(forward.items()):
            done.add(key)
            answer = hook(module, args, kwargs, result) if with_kwargs else hook(module, args, result)
            if answer is not None:
                result = answer
        return crossing.outputs(result) if crossing is not None else result
    except Exception as error:
        for key, (hook, with_kwargs, always) in list(forward.items()):
            if not always or key in done:
                continue
            try:
                if with_kwargs:
                    hook(module, args, kwargs, result)
                else:
                    hook(module, args, result)
            except Exception as second:
                error.add_note(f"a forward hook with always_call=True raised as well: {second!r}")
        raise


def _before(module: Any, hook: Any, with_kwargs: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    if with_kwargs:
        answer = hook(module, args, kwargs)
        if answer is None:
            return args, kwargs
        if not (isinstance(answer, tuple) and len(answer) == 2):
            raise RuntimeError(f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {answer}.")
        return answer
    answer = hook(module, args)
    if answer is None:
        return args, kwargs
    return (answer if isinstance(answer, tuple) else (answer,)), kwargs


def _samples() -> list[Sample]:
    from autograd.engine.samples import draw

    return [Sample([draw((2, 3)), draw((4,), seed=1)], watch=_look), Sample([draw(())], watch=_look)]


def _look(gradients: tuple[Any, ...]) -> tuple[Any, ...]:
    return gradients


# Declared with two outputs, which stands for several: it has as many as it has inputs. They are copies: what is written into one
# must not change the values that the op before it has kept.
boundary = op(
    "boundary", lambda tensors, watch: tuple([np.array(t) for t in tensors]), tensors=lambda g, watch: watch(g), variadic=True,
    outputs=2, linear=True, samples=_samples,
    doc="Its inputs, unchanged; ``watch`` sees their gradients together and may replace them.",
)  # fmt: skip
_cross = recording.recorded(boundary)


class Crossing:
    """One call's two boundaries: what the gradients were at the outputs, for the hooks that are called at the inputs."""

    def __init__(self, module: Any, hooks: Hooks) -> None:
        self.module = module
        self.hooks = hooks
        self.grad_output: tuple[Any, ...] = ()
        self.places: list[int] = []
        self.count = 0

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, of which the tensors that need a gradient have passed through the boundary."""
        self.count = len(args)
        self.places = [i for i, arg in enumerate(args) if isinstance(arg, recording.AnyTensor) and arg.requires_grad]
        if not self.places:
            return args
        out = list(args)
        for i, t in zip(self.places, _cross([args[i] for i in self.places], watch=self._at_inputs), strict=True):
            out[i] = t
        return tuple(out)

    def outputs(self, result: Any) -> Any:
        """The result, of which the tensors that need a gradient have passed through the boundary."""
        several = isinstance(result, tuple | list)
        values = list(result) if several else [result]
        places = [i for i, value in enumerate(values) if isinstance(value, recording.AnyTensor) and value.requires_grad]
        if not places:
            return result
        total = len(values)

        def watch(gradients: tuple[Any, ...]) -> tuple[Any, ...]:
            return self._at_outputs(gradients, places, total)

        for i, t in zip(places, _cross([values[i] for i in places], watch=watch), strict=True):
            values[i] = t
        if not several:
            return values[0]
        return type(result)(*values) if hasattr(result, "_fields") else type(result)(values)

    def _at_outputs(self, gradients: tuple[Any, ...], places: list[int], total: int) -> tuple[Any, ...]:
        shown = _spread(gradients, places, total)
        for hook in list(self.hooks.backward_pre.values()):
            answer = hook(self.module, shown)
            if answer is not None:
                shown = _agreeing(answer, shown, "a full backward pre-hook")
        self.grad_output = shown
        if not self.places:
            for hook in list(self.hooks.backward.values()):
                if hook(self.module, (None,) * self.count, shown) is not None:
                    raise RuntimeError("backward hook for which no input needs a gradient must return None")
        return _back(shown, gradients, places)

    def _at_inputs(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        shown = _spread(gradients, self.places, self.count)
        for hook in list(self.hooks.backward.values()):
            answer = hook(self.module, shown, self.grad_output)
            if answer is not None:
                shown = _agreeing(answer, shown, "a full backward hook")
        self.grad_output = ()
        return _back(shown, gradients, self.places)


def _spread(gradients: tuple[Any, ...], places: list[int], total: int) -> tuple[Any, ...]:
    """The gradients as tensors in PyTorch's convention, None for what has none."""
    out: list[Any] = [None] * total
    for i, g in zip(places, gradients, strict=True):
        out[i] = switch_convention(g) if isinstance(g, recording.AnyTensor) else graph.make(switch_convention(g))
    return tuple(out)


def _agreeing(answer: Any, shown: tuple[Any, ...], who: str) -> tuple[Any, ...]:
    answer = tuple(answer) if isinstance(answer, tuple | list) else (answer,)
    if len(answer) != len(shown):
        raise RuntimeError(f"{who} returned an incorrect number of gradients: {len(answer)} for {len(shown)}")
    for new, old in zip(answer, shown, strict=True):
        if old is not None and new is not None and tuple(new.shape) != tuple(old.shape):
            raise ShapeError(f"{who} returned a gradient of shape {tuple(new.shape)} for one of shape {tuple(old.shape)}")
    return answer


def _back(shown: tuple[Any, ...], gradients: tuple[Any, ...], places: list[int]) -> tuple[Any, ...]:
    """What the hooks left, in the form in which the sweep handed it in."""
    out: list[Any] = []
    for i, g in zip(places, gradients, strict=True):
        new = shown[i]
        if new is None:
            out.append(None)
        else:
            out.append(switch_convention(new if isinstance(g, recording.AnyTensor) else getattr(new, "array", new)))
    return tuple(out)


class ModuleHooks:
    """The methods of ``Module`` that register hooks."""

    _known: Any
    _state_hooks: Hooks | None

    def _hooks(self) -> Hooks:
        known = self._known
        if known.hooks is None:
            known.hooks = Hooks()
        return known.hooks

    def _hooks_of_state(self) -> Hooks:
        if self._state_hooks is None:
            self._state_hooks = Hooks()
        return self._state_hooks

    def register_forward_pre_hook(self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False) -> RemovableHandle:
        """Call ``hook(module, args)`` before forward, or ``hook(module, args, kwargs)``; what it returns replaces the arguments."""
        return RemovableHandle(self._hooks().forward_pre, (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call ``hook(module, args, output)`` after forward, or ``hook(module, args, kwargs, output)``; what it returns replaces
        the output. With ``always_call`` it is called also when forward raises, with None for the output."""
        return RemovableHandle(self._hooks().forward, (hook, with_kwargs, always_call), prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the inputs' gradients are ready; what it returns replaces them."""
        return RemovableHandle(self._hooks().backward, hook, prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """Deprecated: warns (FutureWarning) and does what ``register_full_backward_hook`` does. In PyTorch ``grad_input`` is here
        that of the last op in the module, whatever that is; here it is that of the module's inputs in both."""
        warnings.warn(
            "`register_backward_hook` is now deprecated in favor of `register_full_backward_hook`.", FutureWarning, stacklevel=2
        )
        return self.register_full_backward_hook(hook)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_output)`` when the gradients of the outputs are ready; what it returns replaces them."""
        return RemovableHandle(self._hooks().backward_pre, hook, prepend)

    def register_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before ``state_dict`` reads the module."""
        return RemovableHandle(self._hooks_of_state().saving, hook)

    def register_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after ``state_dict`` has read the module; it may change it."""
        return RemovableHandle(self._hooks_of_state().saved, hook)

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)`` before
        ``load_state_dict`` looks at the module; it may rename what is loaded."""
        return RemovableHandle(self._hooks_of_state().loading, (hook, True))

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after loading; it may take keys out of the two lists."""
        return RemovableHandle(self._hooks_of_state().loaded, hook)
