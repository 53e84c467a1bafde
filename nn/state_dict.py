"""A module's state as a dictionary, and back.

Loading looks at everything first, gathers all that does not fit, and raises once; only then is anything written.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd.engine import memory
from autograd.engine.graph import make
from autograd.engine.recording import AnyTensor

from .parameter import Buffer, Parameter, is_lazy

EXTRA = "_extra_state"


class _Keys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class IncompatibleKeys(_Keys):
    """What ``load_state_dict`` did not find, and what it found no place for: ``missing_keys`` and ``unexpected_keys``."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class StateDict(OrderedDict[str, Any]):
    """Names to tensors; ``_metadata`` has the version of each module, as in PyTorch's files."""

    _metadata: OrderedDict[str, dict[str, Any]]


def state_dict(module: Any, destination: Any, prefix: str, keep_vars: bool) -> Any:
    """Gather parameters, persistent buffers and extra states of a module and all below it."""
    if destination is None:
        destination = StateDict()
        destination._metadata = OrderedDict()
    local = {"version": module._version}
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = local
    hooks = module._state_hooks
    if hooks is not None:
        for hook in list(hooks.saving.values()):
            hook(module, prefix, keep_vars)
    module._save_to_state_dict(destination, prefix, keep_vars)
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    if hooks is not None:
        for hook in list(hooks.saved.values()):
            hook(module, destination, prefix, local)
    return destination


def own_state(module: Any) -> dict[str, Any]:
    """The module's own parameters and persistent buffers that are not None."""
    buffers = {name: b for name, b in module._buffers.items() if name not in module._non_persistent_buffers_set}
    return {name: value for name, value in {**module._parameters, **buffers}.items() if value is not None}


def save_own(module: Any, destination: Any, prefix: str, keep_vars: bool) -> None:
    """Put the module's own state under its keys."""
    for name, value in own_state(module).items():
        destination[prefix + name] = value if keep_vars else value.detach()
    if _has_extra(module, "get_extra_state"):
        destination[prefix + EXTRA] = module.get_extra_state()


def _has_extra(module: Any, method: str) -> bool:
    """Whether a subclass has written this method: Module itself defines it too, only to say that there is none."""
    return sum(method in vars(cls) for cls in type(module).__mro__) > 1


class Loading:
    """One ``load_state_dict`` at work: what is wrong so far, and what will be done if nothing is.

    Attributes:
        state: the dictionary that is loaded; hooks may change it. missing, unexpected, errors: what was found.
        writes: what to do at the end, when it is known that everything fits.
    """

    def __init__(self, state: Any, assign: bool) -> None:
        self.metadata = getattr(state, "_metadata", None) or {}
        self.state: dict[str, Any] = OrderedDict(state)
        self.assign = assign
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.errors: list[str] = []
        self.writes: list[Callable[[], Any]] = []
        self.known: set[str] = set()
        self.afterwards: list[tuple[Any, Callable[..., Any]]] = []

    def visit(self, module: Any, prefix: str) -> None:
        """Compare a module, and all below it, with what is loaded."""
        local = dict(self.metadata.get(prefix[:-1], {}))
        if module._state_hooks is not None:
            for hook, with_module in list(module._state_hooks.loading.values()):
                args = (self.state, prefix, local, True, self.missing, self.unexpected, self.errors)
                hook(module, *args) if with_module else hook(*args)
        module._load_from_state_dict(self, prefix, local)
        for name, child in module._modules.items():
            if child is not None:
                self.visit(child, f"{prefix}{name}.")
        if module._state_hooks is not None:
            self.afterwards += [(module, hook) for hook in module._state_hooks.loaded.values()]

    def own(self, module: Any, prefix: str) -> None:
        """Compare one module's own state."""
        for name, target in own_state(module).items():
            self.known.add(prefix + name)
            if prefix + name in self.state:
                self.pair(module, name, target, prefix + name)
            else:
                self.missing.append(prefix + name)
        key = prefix + EXTRA
        if _has_extra(module, "set_extra_state"):
            self.known.add(key)
            if key in self.state:
                self.writes.append(lambda: module.set_extra_state(self.state[key]))
            else:
                self.missing.append(key)

    def pair(self, module: Any, name: str, target: Any, key: str) -> None:
        """Compare one value with its target, and note the write."""
        value = self.state[key]
        if not isinstance(value, AnyTensor | np.ndarray | np.generic):
            self.errors.append(f"{key}: expected a Tensor or an array, and the state_dict has {type(value).__name__}")
            return
        if is_lazy(value):
            if not is_lazy(target):
                self.errors.append(f"{key}: the state_dict has an uninitialized parameter, and the model's has a shape already")
            return
        array = value.array if isinstance(value, AnyTensor) else np.asarray(value)
        if is_lazy(target):
            self.writes.append(lambda: target.materialize(array.shape))
        else:
            if target.array.shape == () and array.shape == (1,):
                array = array[0, ...]
            if array.shape != target.array.shape:
                self.errors.append(
                    f"size mismatch for {key}: copying a param with shape {list(array.shape)} from checkpoint, "
                    f"the shape in current model is {list(target.array.shape)}."
                )
                return
        kinds = array.dtype.kind, target.dtype.kind
        if kinds[0] not in "biufc" or (kinds[0] == "c" and kinds[1] != "c") or (kinds[0] in "fc" and kinds[1] in "biu"):
            self.errors.append(
                f"dtype mismatch for {key}: {array.dtype} from checkpoint does not go into {target.dtype} without loss"
            )
            return
        if self.assign:
            self.writes.append(lambda: _replace(module, name, target, value, array))
        else:
            self.writes.append(lambda: _copy(target, array))


def _copy(target: Any, array: np.ndarray) -> None:
    memory.write(target.array, array)


def _replace(module: Any, name: str, target: Any, value: Any, array: np.ndarray) -> None:
    if isinstance(target, Parameter):
        if not isinstance(value, Parameter):
            value = Parameter(make(array), requires_grad=False)
        module._parameters[name] = value.requires_grad_(target.requires_grad)
    else:
        module._buffers[name] = value if isinstance(value, Buffer) or type(value) is type(target) else make(array)


def load_state_dict(module: Any, state: Any, strict: bool, assign: bool) -> IncompatibleKeys:
    """Copy a state into a module and all below it: all of it, or, when something does not fit, nothing."""
    if not isinstance(state, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state)}.")
    loading = Loading(state, assign)
    loading.visit(module, "")
    loading.unexpected += [key for key in loading.state if key not in loading.known and key not in loading.unexpected]
    if not loading.afterwards or loading.errors:
        _check(module, loading, strict)
    before = _snapshot(module) if loading.afterwards else []
    for write in loading.writes:
        write()
    try:
        for owner, hook in loading.afterwards:
            if hook(owner, IncompatibleKeys(loading.missing, loading.unexpected)) is not None:
                raise AssertionError("a load_state_dict post-hook must return None; change incompatible_keys in place")
        _check(module, loading, strict)
    except Exception:
        for members, name, value, array in before:
            members[name] = value
            _copy(value, array)
        raise
    return IncompatibleKeys(loading.missing, loading.unexpected)


def _snapshot(module: Any) -> list[tuple[Any, str, Any, np.ndarray]]:
    """All values as they are: hooks that run after loading may forgive missing keys, so only then is it known that all is well."""
    return [
        (members, name, value, value.array.copy())
        for m in module.modules()
        for members in (m._parameters, m._buffers)
        for name, value in members.items()
        if value is not None and not is_lazy(value)
    ]


def _check(module: Any, loading: Loading, strict: bool) -> None:
    errors = list(loading.errors)
    if strict and loading.unexpected:
        errors.insert(0, _listed("Unexpected key(s) in state_dict: ", loading.unexpected))
    if strict and loading.missing:
        errors.insert(0, _listed("Missing key(s) in state_dict: ", loading.missing))
    if errors:
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(module).__name__}:\n\t" + "\n\t".join(errors) + "\n\tNothing was loaded."
        )


def _listed(text: str, keys: list[str]) -> str:
    return text + ", ".join(f'"{key}"' for key in keys) + ". "
