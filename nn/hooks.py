"""Hooks around a module's forward and backward, of one module or of all of them.

The call of a module without hooks does not come here. For backward hooks the tensors among the arguments, and those of the result,
each pass through the op ``boundary``: it copies them, and its rule sees the gradients of all of them together.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.engine import graph, recording
from autograd.engine.conform import switch_convention
from autograd.engine.hooks import RemovableHandle
from autograd.engine.op import Sample, op
from autograd.errors import ShapeError

if TYPE_CHECKING:
    from .module import Module

Hook = Callable[..., Any]
Registered = OrderedDict[int, Any]


class Hooks:
    """Hooks in the order in which they are called.

    Attributes:
        forward_pre: (hook, with_kwargs). forward: (hook, with_kwargs, always_call).
        saved: (hook, may_replace). loading: (hook, with_module). backward_pre, backward, saving, loaded: hooks.
    """

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
        """Whether any hook concerns a call of the module."""
        return bool(self.forward_pre or self.forward or self.backward_pre or self.backward)


everywhere: Hooks | None = None  # the hooks of all modules; None until the first is registered
registration: dict[str, Registered] = {"parameter": OrderedDict(), "buffer": OrderedDict(), "module": OrderedDict()}


def registered(kind: str, module: Module, name: str, value: Any) -> Any:
    """The value to register under a name, after the hooks on registrations of its kind have seen it."""
    for hook in list(registration[kind].values()):
        answer = hook(module, name, value)
        if answer is not None:
            value = answer
    return value


def call(module: Module, own: Hooks | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a module's forward with the hooks of all modules, and its own, around it."""
    both = [hooks for hooks in (everywhere, own) if hooks is not None]
    done: set[int] = set()
    result = None
    try:
        for hook, with_kwargs in [entry for hooks in both for entry in hooks.forward_pre.values()]:
            args, kwargs = _before(module, hook, with_kwargs, args, kwargs)
        crossing = None
        if any(hooks.backward or hooks.backward_pre for hooks in both):
            crossing = Crossing(module, both)
            args = crossing.inputs(args)
        result = module.forward(*args, **kwargs)
        for key, (hook, with_kwargs, _) in [item for hooks in both for item in hooks.forward.items()]:
            done.add(key)
            answer = hook(module, args, kwargs, result) if with_kwargs else hook(module, args, result)
            if answer is not None:
                result = answer
        return crossing.outputs(result) if crossing is not None else result
    except Exception as error:
        for key, (hook, with_kwargs, always) in [item for hooks in both for item in hooks.forward.items()]:
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


def _before(
    module: Any, hook: Hook, with_kwargs: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The arguments after a hook before forward has seen them."""
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


# ------------------------------------------------------------------------------------------------------------- backward hooks


def _samples() -> list[Sample]:
    from autograd.engine.samples import draw

    return [Sample([draw((2, 3)), draw((4,), seed=1)], watch=_unchanged), Sample([draw(())], watch=_unchanged)]


def _unchanged(gradients: tuple[Any, ...]) -> tuple[Any, ...]:
    return gradients


# The op has as many outputs as inputs; outputs=2 means "several". The outputs share the inputs' memory; ``crossed`` marks them as
# views, into which no op that is recorded writes.
boundary = op(
    "boundary", lambda tensors, watch: tuple(tensors), tensors=lambda g, watch: watch(g), variadic=True,
    outputs=2, linear=True, view=True, samples=_samples,
    doc="Its inputs, unchanged. ``watch`` sees their gradients together and may replace them.",
)  # fmt: skip
_boundary = recording.recorded(boundary)


def crossed(tensors: list[Any], watch: Callable[..., Any]) -> list[Any]:
    """Tensors behind a boundary. As in PyTorch a write into one of them is refused, and its use after a write into what it was."""
    out = list(_boundary(tensors, watch=watch))
    for t, source in zip(out, tensors, strict=True):
        if isinstance(t.array, np.ndarray):
            base = source if source._view is None else source._view.base
            t._view = recording.view_of(base, (), False, "Function")
    return out


class Crossing:
    """The two boundaries of one call, at its inputs and at its outputs.

    Attributes:
        grad_output: the gradients of the outputs, kept from their boundary for the hooks that are called at the inputs; None where
            the sweep has not come through the outputs.
        places: which arguments have passed through the boundary. count: how many arguments there are.
    """

    def __init__(self, module: Any, both: list[Hooks]) -> None:
        self.module = module
        self.both = both
        self.grad_output: tuple[Any, ...] | None = None
        self.places: list[int] = []
        self.count = 0

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, of which the tensors that need a gradient have passed through the boundary."""
        self.count = len(args)
        self.places = [i for i, arg in enumerate(args) if isinstance(arg, recording.AnyTensor) and arg.requires_grad]
        if not self.places:
            return args
        out = list(args)
        for i, t in zip(self.places, crossed([args[i] for i in self.places], self._at_inputs), strict=True):
            out[i] = t
        return tuple(out)

    def outputs(self, result: Any) -> Any:
        """The result, of which the tensors that need a gradient have passed through the boundary."""
        several = isinstance(result, tuple | list)
        if not isinstance(result, recording.AnyTensor | tuple | list):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(result)}",
                UserWarning,
                stacklevel=5,
            )
        values = list(result) if several else [result]
        places = [i for i, value in enumerate(values) if isinstance(value, recording.AnyTensor) and value.requires_grad]
        if not places:
            return result
        total = len(values)

        def watch(gradients: tuple[Any, ...]) -> tuple[Any, ...]:
            return self._at_outputs(gradients, places, total)

        for i, t in zip(places, crossed([values[i] for i in places], watch), strict=True):
            values[i] = t
        if not several:
            return values[0]
        return type(result)(*values) if hasattr(result, "_fields") else type(result)(values)

    def _at_outputs(self, gradients: tuple[Any, ...], places: list[int], total: int) -> tuple[Any, ...]:
        shown = _as_tensors(gradients, places, total)
        for hook in [hook for hooks in self.both for hook in hooks.backward_pre.values()]:
            answer = hook(self.module, shown)
            if answer is not None:
                shown = _checked(answer, shown, "a full backward pre-hook")
        self.grad_output = shown
        if not self.places:
            for hook in [hook for hooks in self.both for hook in hooks.backward.values()]:
                answer = hook(self.module, (None,) * self.count, shown)
                if answer is not None and not (isinstance(answer, tuple) and all(part is None for part in answer)):
                    raise RuntimeError(
                        "Backward hook for Modules where no input requires gradient should always return None or None for all "
                        "gradients."
                    )
        return _as_given(shown, gradients, places)

    def _at_inputs(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.grad_output is None:
            # A double backward may reach the inputs from a gradient that was computed within the module: no backward of the module.
            return gradients
        shown = _as_tensors(gradients, self.places, self.count)
        for hook in [hook for hooks in self.both for hook in hooks.backward.values()]:
            answer = hook(self.module, shown, self.grad_output)
            if answer is not None:
                shown = _checked(answer, shown, "a full backward hook")
        self.grad_output = None
        return _as_given(shown, gradients, self.places)


def _as_tensors(gradients: tuple[Any, ...], places: list[int], total: int) -> tuple[Any, ...]:
    """Gradients as tensors in PyTorch's convention, in their places among ``total`` values; None for a value without one."""
    out: list[Any] = [None] * total
    for i, g in zip(places, gradients, strict=True):
        out[i] = switch_convention(g) if isinstance(g, recording.AnyTensor) else graph.make(switch_convention(g))
    return tuple(out)


def _checked(answer: Any, shown: tuple[Any, ...], who: str) -> tuple[Any, ...]:
    """The gradients that a hook returned, as a tuple; raises if their number or a shape differs from those that it was shown."""
    answer = tuple(answer) if isinstance(answer, tuple | list) else (answer,)
    if len(answer) != len(shown):
        raise RuntimeError(f"{who} returned an incorrect number of gradients: {len(answer)} for {len(shown)}")
    for new, old in zip(answer, shown, strict=True):
        if old is not None and new is not None and tuple(new.shape) != tuple(old.shape):
            raise ShapeError(f"{who} returned a gradient of shape {tuple(new.shape)} for one of shape {tuple(old.shape)}")
    return answer


def _as_given(shown: tuple[Any, ...], gradients: tuple[Any, ...], places: list[int]) -> tuple[Any, ...]:
    """The gradients that the hooks left, as arrays or tensors, whichever the sweep handed in, in the engine's convention."""
    out: list[Any] = []
    for i, g in zip(places, gradients, strict=True):
        new = shown[i]
        if new is None:
            out.append(None)
        else:
            out.append(switch_convention(new if isinstance(g, recording.AnyTensor) else getattr(new, "array", new)))
    return tuple(out)


# ---------------------------------------------------------------------------------------------------------------- registering


class HookDict(MutableMapping[int, Hook]):
    """The hooks of one kind by their keys, as ``module._forward_hooks``: what is taken out of it is no longer called."""

    def __init__(self, entries: Registered) -> None:
        self.entries = entries

    def __getitem__(self, key: int) -> Hook:
        entry = self.entries[key]
        hook: Hook = entry[0] if isinstance(entry, tuple) else entry
        return hook

    def __setitem__(self, key: int, hook: Hook) -> None:
        raise TypeError("a hook is registered with a method such as register_forward_hook, not by an assignment")

    def __delitem__(self, key: int) -> None:
        del self.entries[key]

    def __iter__(self) -> Iterator[int]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def _dictionary(kind: str) -> Any:
    """The property that is the dictionary of the hooks of a kind."""
    return property(lambda module: HookDict(getattr(module._hooks(), kind)))


def _flagged(kind: str, place: int) -> Any:
    """The property that is the dictionary of those hooks of a kind whose entry is true at a place, each with True."""
    return property(lambda module: {key: True for key, entry in getattr(module._hooks(), kind).items() if entry[place]})


class ModuleHooks:
    """The methods of ``Module`` that register hooks."""

    _call_data: Any
    _state_hooks: Hooks | None

    def _hooks(self) -> Hooks:
        data = self._call_data
        if data.hooks is None:
            data.hooks = Hooks()
        return data.hooks

    _forward_pre_hooks = _dictionary("forward_pre")
    _forward_hooks = _dictionary("forward")
    _backward_pre_hooks = _dictionary("backward_pre")
    _backward_hooks = _dictionary("backward")
    _forward_pre_hooks_with_kwargs = _flagged("forward_pre", 1)
    _forward_hooks_with_kwargs = _flagged("forward", 1)
    _forward_hooks_always_called = _flagged("forward", 2)

    def _hooks_of_state(self) -> Hooks:
        if self._state_hooks is None:
            self._state_hooks = Hooks()
        return self._state_hooks

    def register_forward_pre_hook(self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False) -> RemovableHandle:
        """Call a hook before each forward; what it returns, if not None, replaces the arguments.

        Args:
            hook: ``hook(module, args)``, or with ``with_kwargs`` ``hook(module, args, kwargs)``.
            prepend: call it before the hooks that are registered already.
            with_kwargs: show it the keyword arguments too; it then returns (args, kwargs) or None.
        """
        return RemovableHandle(self._hooks().forward_pre, (hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call a hook after each forward; what it returns, if not None, replaces the output.

        Args:
            hook: ``hook(module, args, output)``, or with ``with_kwargs`` ``hook(module, args, kwargs, output)``.
            prepend: call it before the hooks that are registered already.
            with_kwargs: show it the keyword arguments too.
            always_call: call it also when forward raises, with None for the output.
        """
        return RemovableHandle(self._hooks().forward, (hook, with_kwargs, always_call), prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call ``hook(module, grad_input, grad_output)`` when the inputs' gradients are ready; what it returns replaces them."""
        return RemovableHandle(self._hooks().backward, hook, prepend)

    def register_backward_hook(self, hook: Hook) -> RemovableHandle:
        """Deprecated: warns (FutureWarning) and then calls ``register_full_backward_hook``.

        In PyTorch such a hook gets as ``grad_input`` the gradients of the last op in the module; here those of the module's inputs.
        """
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
        with suppress(AttributeError):  # of a callable that takes no attributes
            hook._from_public_api = True  # type: ignore[attr-defined]
        return RemovableHandle(self._hooks_of_state().saved, (hook, False))

    def _register_state_dict_hook(self, hook: Hook) -> RemovableHandle:
        """PyTorch's older form of ``register_state_dict_post_hook``: what the hook returns, if not None, becomes the state_dict."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously registered via "
                "register_state_dict_post_hook"
            )
        return RemovableHandle(self._hooks_of_state().saved, (hook, True))

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call a hook before ``load_state_dict`` looks at the module; it may rename keys of the dictionary.

        Args:
            hook: ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)``.
        """
        return RemovableHandle(self._hooks_of_state().loading, (hook, True))

    def _register_load_state_dict_pre_hook(self, hook: Hook, with_module: bool = False) -> RemovableHandle:
        """PyTorch's older form of ``register_load_state_dict_pre_hook``: the hook gets no module unless ``with_module``."""
        return RemovableHandle(self._hooks_of_state().loading, (hook, with_module))

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after loading; it may take keys out of the two lists."""
        return RemovableHandle(self._hooks_of_state().loaded, hook)


def _all_modules() -> Hooks:
    global everywhere
    if everywhere is None:
        everywhere = Hooks()
    return everywhere


def register_module_forward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, args)`` before each forward of every module; what it returns, if not None, replaces the arguments.

    Example:
        >>> import autograd, nn
        >>> from nn.modules.module import register_module_forward_pre_hook
        >>> with register_module_forward_pre_hook(lambda module, args: print(type(module).__name__)):
        ...     _ = nn.Sequential(nn.Identity(), nn.ReLU())(autograd.ones(1))
        Sequential
        Identity
        ReLU
    """
    return RemovableHandle(_all_modules().forward_pre, (hook, False))


def register_module_forward_hook(hook: Hook, *, with_kwargs: bool = False, always_call: bool = False) -> RemovableHandle:
    """Call a hook after each forward of every module; what it returns, if not None, replaces the output.

    Args:
        hook: ``hook(module, args, output)``, or with ``with_kwargs`` ``hook(module, args, kwargs, output)``.
        with_kwargs: show it the keyword arguments too.
        always_call: call it also when forward raises, with None for the output.
    """
    return RemovableHandle(_all_modules().forward, (hook, with_kwargs, always_call))


def register_module_full_backward_pre_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_output)`` in the backward of every module, before its ops'; what it returns replaces them."""
    return RemovableHandle(_all_modules().backward_pre, hook)


def register_module_full_backward_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, grad_input, grad_output)`` in the backward of every module; what it returns replaces ``grad_input``."""
    return RemovableHandle(_all_modules().backward, hook)


def register_module_backward_hook(hook: Hook) -> RemovableHandle:
    """Deprecated, in favour of ``register_module_full_backward_hook``, which it calls."""
    return register_module_full_backward_hook(hook)


def register_module_parameter_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` whenever a module gets a parameter; what it returns, if not None, takes its place."""
    return RemovableHandle(registration["parameter"], hook)


def register_module_buffer_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` whenever a module gets a buffer; what it returns, if not None, takes its place."""
    return RemovableHandle(registration["buffer"], hook)


def register_module_module_registration_hook(hook: Hook) -> RemovableHandle:
    """Call ``hook(module, name, child)`` whenever a module gets a child; what it returns, if not None, takes its place."""
    return RemovableHandle(registration["module"], hook)
