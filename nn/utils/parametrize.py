"""Parametrizations: a module's ``weight`` becomes a function of other tensors, which are learned in its place.

The module's class is replaced by a subclass in which the name is a property that computes the tensor. The learned tensors are
``module.parametrizations.<name>.original``, or ``original0``, ``original1``, ... where the function has several inputs.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import numpy as np

from autograd import no_grad
from autograd.engine import memory
from autograd.engine.recording import AnyTensor
from autograd.errors import describe
from autograd.types import Tensor

from ..layers.containers import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

_cache: ContextVar[dict[Any, Any] | None] = ContextVar("parametrizations", default=None)


@contextmanager
def cached() -> Iterator[None]:
    """Within the block each parametrized tensor is computed once, at its first use."""
    if _cache.get() is not None:
        yield
        return
    token = _cache.set({})
    try:
        yield
    finally:
        _cache.reset(token)


class ParametrizationList(ModuleList):
    """The functions that compute one tensor of a module, in the order in which they are applied, and the learned tensors."""

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        new = original
        with no_grad():
            try:
                for module in reversed(modules):
                    if hasattr(module, "right_inverse"):
                        new = module.right_inverse(new)
            except NotImplementedError:
                pass  # this module has no inverse with its present settings: the learned tensor starts with the parameter's value
        self.is_tensor = isinstance(new, AnyTensor)
        if self.is_tensor:
            _move(original, new)
            _register(self, "original", original)
        else:
            if not isinstance(new, Sequence) or not all(isinstance(t, AnyTensor) for t in new):
                raise ValueError(
                    f"'right_inverse' must return a Tensor or a Sequence of tensors, and returned {type(new).__name__}"
                )
            self.ntensors: int = len(new)
            for i, t in enumerate(new):
                part = Parameter(t.detach(), requires_grad=original.requires_grad) if isinstance(original, Parameter) else t
                _register(self, f"original{i}", part)

    def originals(self) -> tuple[Any, ...]:
        """The learned tensors."""
        return (self.original,) if self.is_tensor else tuple(getattr(self, f"original{i}") for i in range(self.ntensors))

    def forward(self) -> Tensor:
        """Compute the tensor from the learned ones."""
        first, *rest = self
        x = first(*self.originals())
        for module in rest:
            x = module(x)
        return x

    def right_inverse(self, value: Tensor) -> None:
        """Set the learned tensors so that the computed one becomes this value."""
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse: the tensor cannot be assigned"
                    )
                value = module.right_inverse(value)
            values = (value,) if self.is_tensor else tuple(value)
            for target, new in zip(self.originals(), values, strict=True):
                _move(target, new)


def _move(target: Any, new: Any) -> None:
    """Give a tensor new values, also of another shape; it stays the same object."""
    if new is target:
        return
    if new.array.dtype != target.array.dtype:
        raise ValueError(f"`right_inverse` must not change the dtype, and made {describe(new.array)} of {describe(target.array)}")
    if new.array.shape == target.array.shape:
        memory.write(target.array, new.array)
    else:
        requires_grad = target.requires_grad
        target.requires_grad_(False)
        target.array = np.array(new.array)
        target.requires_grad_(requires_grad)


def _register(module: Module, name: str, value: Any) -> None:
    if isinstance(value, Parameter):
        module.register_parameter(name, value)
    else:
        module.register_buffer(name, value)


def _parametrized_class(base: type, names: tuple[str, ...]) -> type:
    def rebuild(self: Any, protocol: Any) -> Any:
        return _rebuilt, (base, tuple(self.parametrizations)), Module.__getstate__(self)

    members = {"__reduce_ex__": rebuild, "_parametrizes": base, **{name: _computed(name) for name in names}}
    return type(f"Parametrized{base.__name__}", (base,), members)


def _rebuilt(base: type, names: tuple[str, ...]) -> Any:
    cls: Any = _parametrized_class(base, names)
    return cls.__new__(cls)


def _computed(name: str) -> property:
    def get(self: Any) -> Any:
        cache = _cache.get()
        if cache is None:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in cache:
            cache[key] = self.parametrizations[name]()
        return cache[key]

    def put(self: Any, value: Any) -> None:
        self.parametrizations[name].right_inverse(value)

    return property(get, put)


def _assign_class(module: Module, names: tuple[str, ...]) -> None:
    base = type_before_parametrizations(module)
    module.__class__ = _parametrized_class(base, names) if names else base


def register_parametrization(module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> Module:
    """Make a parameter or buffer of a module the value of a function of it.

    Args:
        tensor_name: of the parameter or buffer.
        parametrization: a module that is called with the tensor. If it has ``right_inverse(value)``, that says what to start from
            (and may return several tensors), and makes the parametrized tensor assignable.
        unsafe: do not check that shape and dtype stay the same.

    Returns:
        The module, whose parameter is now ``parametrizations.<tensor_name>.original``.

    Example:
        >>> import autograd, nn
        >>> class Symmetric(nn.Module):
        ...     def forward(self, x):
        ...         return x.triu() + x.triu(1).T
        >>> layer = nn.utils.parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
        >>> bool((layer.weight == layer.weight.T).all())
        True
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        functions = module.parametrizations[tensor_name]
        if not unsafe:
            with no_grad():
                before = getattr(module, tensor_name)
                computed = parametrization(before)
                _same(before, computed, tensor_name)
                if hasattr(parametrization, "right_inverse"):
                    with suppress(NotImplementedError):  # an inverse that exists for some settings only
                        back = parametrization.right_inverse(computed)
                        if not isinstance(back, AnyTensor):
                            raise ValueError(f"parametrization.right_inverse must return a tensor, not {type(back).__name__}")
                        if back.shape != before.shape or back.dtype != before.dtype:
                            what = "dtype" if back.shape == before.shape else "shape"
                            raise ValueError(
                                f"The tensor that right_inverse of a second parametrization returns must have the same {what} as "
                                f"module.{tensor_name}: {describe(back)} against {describe(before)}"
                            )
        # The originals stay as they are, as in PyTorch: the tensor becomes the new function of its old value.
        functions.append(parametrization)
        functions.unsafe |= unsafe
        return module
    members = next((m for m in (module._buffers, module._parameters) if m.get(tensor_name) is not None), None)
    if members is None:
        raise ValueError(
            f"Module '{type(module).__name__}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    original = members[tensor_name]
    before = original.array.copy()
    functions = ParametrizationList([parametrization], original, unsafe)
    if not unsafe:
        try:
            with no_grad():
                _same(
                    original if functions.is_tensor else type(original)(original.detach(), False),
                    functions(),
                    tensor_name,
                    before.shape,
                )
        except Exception:
            memory.write(original.array, before)
            raise
    del members[tensor_name]
    if not is_parametrized(module):
        _assign_class(module, ())
        vars(module).pop("parametrizations", None)
        module.parametrizations = ModuleDict()
    names = (*module.parametrizations, tensor_name)
    module.parametrizations[tensor_name] = functions
    _assign_class(module, names)
    return module


def _same(before: Any, after: Any, name: str, shape: Any = None) -> None:
    shape = before.shape if shape is None else shape
    if not isinstance(after, AnyTensor):
        raise ValueError(f"A parametrization must return a tensor, and that of '{name}' returned {type(after).__name__}")
    if after.dtype != before.dtype or tuple(after.shape) != tuple(shape):
        raise ValueError(
            f"Registering a parametrization may not change the shape or the dtype of the tensor, unless unsafe=True: '{name}' was "
            f"{before.dtype}{list(shape)} and becomes {describe(after.array)}"
        )


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has parametrized tensors, or one of this name."""
    parametrizations = vars(module).get("parametrizations")
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make a parametrized tensor an ordinary parameter or buffer again.

    Args:
        leave_parametrized: it keeps the computed value; otherwise it gets the original back.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {type(module).__name__} does not have a parametrization on {tensor_name}")
    functions = module.parametrizations[tensor_name]
    originals = functions.originals()
    if not leave_parametrized and not functions.is_tensor:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence "
            "of tensors."
        )
    result = originals[0]
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name)
        if functions.is_tensor:
            _move(result, value)
        elif isinstance(result, Parameter):
            result = Parameter(np.array(value.array), requires_grad=any(t.requires_grad for t in originals))
        else:
            result = value.detach()
    if functions.is_tensor:
        delattr(functions, "original")
    del module.parametrizations[tensor_name]
    names = tuple(module.parametrizations)
    _assign_class(module, names)
    if not names:
        delattr(module, "parametrizations")
    _register(module, tensor_name, result)
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class of a module without its parametrizations."""
    return getattr(type(module), "_parametrizes", type(module))


def transfer_parametrizations_and_params(from_module: Module, to_module: Module, tensor_name: str | None = None) -> Module:
    """Give a module another's parametrizations, with copies of their parameters."""
    if not is_parametrized(from_module):
        return to_module
    for name in [tensor_name] if tensor_name is not None else list(from_module.parametrizations):
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(np.array(getattr(from_module, name).array)))
        for step in from_module.parametrizations[name]:
            register_parametrization(to_module, name, copy.deepcopy(step), unsafe=True)
        pairs = zip(to_module.parametrizations[name].originals(), from_module.parametrizations[name].originals(), strict=True)
        for target, source in pairs:
            _move(target, source)
    return to_module
