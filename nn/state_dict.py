"""A module's state as a dictionary of tensors, and back into the module.

``load_state_dict`` first compares the whole dictionary with the module and gathers every misfit. It then either raises one error
that lists them all, or writes. If a write fails, all values that were written before get their old content back.

Neither direction recurses, so a model may be nested deeply. A module that contains itself is not visited again below itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd.engine import memory
from autograd.engine.graph import make
from autograd.engine.recording import AnyTensor

from .parameter import Buffer, Parameter, is_lazy, undo_materialize

if TYPE_CHECKING:
    from .module import Module

EXTRA = "_extra_state"  # the key under which PyTorch stores what get_extra_state returns


class _Keys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class IncompatibleKeys(_Keys):
    """The result of ``load_state_dict``: the keys that the dictionary lacks, and those that the module does not have.

    Attributes:
        missing_keys: keys of the module that the dictionary does not have.
        unexpected_keys: keys of the dictionary that the module does not have.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class StateDict(OrderedDict[str, Any]):
    """Paths to tensors. ``_metadata`` maps the path of each module to the version of its format, as in PyTorch's files."""

    _metadata: OrderedDict[str, dict[str, Any]]


# --------------------------------------------------------------------------------------------------------------------- saving


def walk(module: Module, prefix: str = "", below: Callable[[Any], bool] = lambda _: True) -> Iterator[tuple[Any, str, bool]]:
    """Every module in the tree as (module, prefix of its keys, False), parents first, and after its children again with True.

    Args:
        module: the root. prefix: of its keys, "" or ending in a dot.
        below: whether to go into a module's children. A module that is its own ancestor is not visited again below itself.
    """
    above: set[int] = set()
    stack: list[tuple[Any, str, bool]] = [(module, prefix, False)]
    while stack:
        module, prefix, left = stack.pop()
        if left:
            above.discard(id(module))
        elif id(module) in above:
            continue
        yield module, prefix, left
        if not left and below(module):
            above.add(id(module))
            stack.append((module, prefix, True))
            children = [(child, f"{prefix}{name}.", False) for name, child in module._modules.items() if child is not None]
            stack.extend(reversed(children))


def state_dict(
    module: Module, destination: dict[str, Any] | None, prefix: str, keep_vars: bool, overridden: Callable[[Any], bool]
) -> dict[str, Any]:
    """Gather the parameters, persistent buffers and extra states of a module and of all modules below it.

    Args:
        module: the root. destination: the dictionary to fill, or None for a new one. prefix: is put before each key.
        keep_vars: store the parameters themselves instead of detached tensors.
        overridden: whether a module has a ``state_dict`` of its own, which is then called for it and all modules below it.
    """
    if destination is None:
        destination = StateDict()
        destination._metadata = OrderedDict()
    root = module
    for module, key, left in walk(root, prefix, below=lambda m: m is root or not overridden(m)):
        if module is not root and overridden(module):
            module.state_dict(destination=destination, prefix=key, keep_vars=keep_vars)
            continue
        hooks = module._state_hooks
        local = {"version": module._version}
        if not left:
            if hasattr(destination, "_metadata"):
                destination._metadata[key[:-1]] = local
            for hook in list(hooks.saving.values()) if hooks is not None else ():
                hook(module, key, keep_vars)
            module._save_to_state_dict(destination, key, keep_vars)
        elif hooks is not None:
            for hook, may_replace in list(hooks.saved.values()):
                answer = hook(module, destination, key, local)
                if answer is not None and not may_replace:
                    raise RuntimeError("state_dict post-hook must return None")
                if answer is not None:
                    destination = answer
    filled: dict[str, Any] = destination
    return filled


def own_state(module: Module) -> dict[str, Any]:
    """The module's own parameters and persistent buffers that are not None."""
    buffers = {name: b for name, b in module._buffers.items() if name not in module._non_persistent_buffers_set}
    return {name: value for name, value in {**module._parameters, **buffers}.items() if value is not None}


def save_own(module: Module, destination: MutableMapping[str, Any], prefix: str, keep_vars: bool) -> None:
    """Put the module's own state into a dictionary under its keys."""
    for name, value in own_state(module).items():
        destination[prefix + name] = value if keep_vars else value.detach()
    if _has_extra(module, "get_extra_state"):
        destination[prefix + EXTRA] = module.get_extra_state()


def _has_extra(module: Any, method: str) -> bool:
    """Whether a subclass has written this method. Module itself defines it too, only to raise."""
    return sum(method in vars(cls) for cls in type(module).__mro__) > 1


# -------------------------------------------------------------------------------------------------------------------- loading

Undo = Callable[[], None]


class Loading:
    """One ``load_state_dict`` in progress: the misfits found so far, and the writes to make if there are none.

    Attributes:
        state: the dictionary that is loaded; hooks and overrides may change it.
        missing, unexpected, errors: the misfits. They are the lists that PyTorch passes to ``_load_from_state_dict``.
        writes: pairs (prepare, perform). prepare() returns a function that undoes what perform() does.
        compared: keys that a module has asked for. visited: prefixes of the modules that have compared their own state.
        afterwards: (module, hook) to call when all is written.
    """

    def __init__(self, state: Mapping[str, Any], assign: bool) -> None:
        self.metadata = getattr(state, "_metadata", None) or {}
        self.state: MutableMapping[str, Any] = OrderedDict(state)
        self.assign = assign
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.errors: list[str] = []
        self.writes: list[tuple[Callable[[], Undo], Callable[[], Any]]] = []
        self.compared: set[str] = set()
        self.visited: set[str] = set()
        self.afterwards: list[tuple[Any, Callable[..., Any]]] = []
        self._owned: dict[str, list[str]] = {}

    def visit(self, root: Any) -> None:
        """Compare a module, and all modules below it, with the dictionary."""
        prefixes = {prefix for _, prefix, left in walk(root) if not left}
        self._owned = _by_owner(self.state, prefixes)
        token = _current.set(self)
        try:
            for module, prefix, left in walk(root):
                hooks = module._state_hooks
                if left:
                    if hooks is not None:
                        self.afterwards += [(module, hook) for hook in hooks.loaded.values()]
                    continue
                local = dict(self.metadata.get(prefix[:-1], {}))
                if self.assign:
                    local["assign_to_params_buffers"] = True
                args = (self.state, prefix, local, True, self.missing, self.unexpected, self.errors)
                for hook, with_module in list(hooks.loading.values()) if hooks is not None else ():
                    below = {key: value for key, value in self.state.items() if key.startswith(prefix)}  # a module's own part
                    seen = dict(below)
                    hook(*(module,) * with_module, below, *args[1:])
                    for key in seen.keys() - below.keys():
                        del self.state[key]
                    self.state.update(below)
                module._load_from_state_dict(*args)
        finally:
            _current.reset(token)
        # Hooks may have added keys after their module was compared.
        for prefix, keys in _by_owner(self.state, prefixes).items():
            if prefix in self.visited:
                self.unexpected += [key for key in keys if key not in self.compared and key not in self.unexpected]

    def own(
        self, module: Any, state: Mapping[str, Any], prefix: str, missing: list[str], unexpected: list[str], errors: list[str]
    ) -> None:
        """Compare one module's own state with the keys below a prefix."""
        self.visited.add(prefix)
        for name, target in own_state(module).items():
            key = prefix + name
            self.compared.add(key)
            if key in state:
                self._pair(module, name, target, key, state[key], errors)
            else:
                missing.append(key)
        key = prefix + EXTRA
        if _has_extra(module, "set_extra_state"):
            self.compared.add(key)
            if key in state:
                extra = state[key]
                self.writes.append((lambda: _nothing, lambda: module.set_extra_state(extra)))
            else:
                missing.append(key)
        unexpected += [key for key in self._owned.get(prefix, ()) if key in state and key not in self.compared]

    def _pair(self, module: Any, name: str, target: Any, key: str, value: Any, errors: list[str]) -> None:
        """Compare one value with its target, and note the write."""
        if not isinstance(value, AnyTensor | np.ndarray | np.generic):
            errors.append(f"{key}: expected a Tensor or an array, and the state_dict has {type(value).__name__}")
            return
        if is_lazy(value):
            if not is_lazy(target):
                errors.append(f"{key}: the state_dict has an uninitialized parameter, and the model's has a shape already")
            return
        array = value.array if isinstance(value, AnyTensor) else np.asarray(value)
        if is_lazy(target):
            self.writes.append((lambda: undo_materialize(target), lambda: target.materialize(array.shape)))
        else:
            if target.array.shape == () and array.shape == (1,):
                array = array[0, ...]
            if array.shape != target.array.shape:
                errors.append(
                    f"size mismatch for {key}: copying a param with shape {list(array.shape)} from checkpoint, "
                    f"the shape in current model is {list(target.array.shape)}."
                )
                return
        kinds = array.dtype.kind, target.dtype.kind
        if kinds[0] not in "biufc" or (kinds[0] == "c" and kinds[1] != "c") or (kinds[0] in "fc" and kinds[1] in "biu"):
            errors.append(f"dtype mismatch for {key}: {array.dtype} from checkpoint does not go into {target.dtype} without loss")
            return
        if self.assign:
            self.writes.append((lambda: _undo_replace(module, name), lambda: _replace(module, name, target, value, array)))
        else:
            self.writes.append((lambda: _undo_copy(target), lambda: _copy(target, array)))

    def commit(self) -> list[Undo]:
        """Make all writes, or none: if one fails, the ones before it are undone. Return the functions that undo them."""
        undo: list[Undo] = []
        try:
            for prepare, perform in self.writes:
                undo.append(prepare())
                perform()
        except BaseException:
            roll_back(undo)
            raise
        return undo


_current: ContextVar[Loading | None] = ContextVar("load_state_dict", default=None)


def roll_back(undo: list[Undo]) -> None:
    """Undo writes, the last one first."""
    for step in reversed(undo):
        with suppress(Exception):  # a read-only array was not written either: the others are restored all the same
            step()


def _by_owner(state: Mapping[str, Any], prefixes: set[str]) -> dict[str, list[str]]:
    """The keys by the prefix of the innermost module that they lie in."""
    owned: dict[str, list[str]] = {}
    for key in state:
        prefix = key
        while prefix not in prefixes:
            prefix = prefix[: prefix.rfind(".", 0, len(prefix) - 1) + 1]
            if not prefix:
                break
        owned.setdefault(prefix, []).append(key)
    return owned


def _nothing() -> None:
    """The undoing of a write that cannot be undone: a ``set_extra_state`` of the user's."""


def _copy(target: Any, array: np.ndarray) -> None:
    memory.write(target.array, array)


def _undo_copy(target: Any) -> Undo:
    if is_lazy(target):  # the write before this one gives it memory, and takes it away again
        return _nothing
    before = target.array.copy()
    return lambda: memory.write(target.array, before)


def _replace(module: Any, name: str, target: Any, value: Any, array: np.ndarray) -> None:
    if isinstance(target, Parameter):
        if not isinstance(value, Parameter):
            value = Parameter(make(array), requires_grad=False)
        module._parameters[name] = value.requires_grad_(target.requires_grad)
    else:
        module._buffers[name] = value if isinstance(value, Buffer) or type(value) is type(target) else make(array)


def _undo_replace(module: Any, name: str) -> Undo:
    members = module._parameters if name in module._parameters else module._buffers
    before = members[name]
    return lambda: members.__setitem__(name, before)


def load_own(
    module: Module, state: Mapping[str, Any], prefix: str, local_metadata: Mapping[str, Any], missing: list[str],
    unexpected: list[str], errors: list[str],
) -> None:  # fmt: skip
    """Compare a module's own state with a dictionary; within ``load_state_dict`` the writes wait until all has been compared."""
    loading = _current.get()
    if loading is not None:
        loading.own(module, state, prefix, missing, unexpected, errors)
        return
    loading = Loading(state, bool(local_metadata.get("assign_to_params_buffers")))
    loading._owned = _by_owner(loading.state, {f"{prefix}{name}." for name in module._modules} | {prefix})
    before = len(errors)
    loading.own(module, state, prefix, missing, unexpected, errors)
    if len(errors) == before:
        loading.commit()


def load_state_dict(module: Module, state: Mapping[str, Any], strict: bool, assign: bool) -> IncompatibleKeys:
    """Copy a state into a module and all modules below it: all of it, or, if anything does not fit or fails, nothing."""
    if not isinstance(state, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state)}.")
    loading = Loading(state, assign)
    loading.visit(module)
    if not loading.afterwards or loading.errors:
        _check(module, loading, strict)
    undo = loading.commit()
    keys = IncompatibleKeys(loading.missing, loading.unexpected)
    try:
        # These hooks may take keys out of the two lists, so only after them is it known whether all is well.
        for owner, hook in loading.afterwards:
            if hook(owner, keys) is not None:
                raise AssertionError("a load_state_dict post-hook must return None; change incompatible_keys in place")
        _check(module, loading, strict)
    except BaseException:
        roll_back(undo)
        raise
    return keys


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
