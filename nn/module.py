"""Module, the base of all layers and models: it holds parameters, buffers and other modules by name, and has a forward.

A parameter, buffer or module that is assigned to an attribute is stored in one of three dictionaries (``_parameters``,
``_buffers``, ``_modules``) and as an ordinary attribute. Each call stores the module's path in the state of the engine, so that
errors and pictures name the layer.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from difflib import get_close_matches
from typing import Any, Self
from weakref import ref

import numpy as np

from autograd.engine import memory
from autograd.engine.graph import make
from autograd.engine.modes import ModeState, ModuleCall, current, enter, here, no_grad
from autograd.engine.recording import AnyTensor
from autograd.engine.values.devices import check
from autograd.engine.values.dtypes import to_dtype
from autograd.errors import ArgumentError, DtypeError, printable
from autograd.types import Device, DType, Tensor

from . import hooks as around
from .hooks import Hooks, ModuleHooks
from .names import HOMES, Members, path_below, path_from_root, path_of_call
from .parameter import Buffer, Parameter, is_lazy
from .state_dict import IncompatibleKeys, load_own, load_state_dict, save_own, state_dict, walk

_REMEMBERED_CALLERS = 16  # how many callers a module remembers its name for


class ModuleHandle:
    """A module's identity on the graph's nodes. It does not keep the module alive, because that would be a reference cycle.

    Attributes:
        names: the module's name below each caller, by the caller's handle; None for a call from outside of any module.
        kind: the name of the module's class. reference: a weak reference to the module.
    """

    __slots__ = ("kind", "names", "reference")

    def __init__(self, module: Module) -> None:
        self.names: dict[ModuleHandle | None, str] = {}
        self.kind = type(module).__name__
        self.reference = ref(module)


class CallData:
    """The values that each call of a module reads, in one object: reading them from the module itself takes ten times as long.

    Attributes:
        handle: the module's handle. hooks: its hooks, or None.
    """

    __slots__ = ("handle", "hooks")

    def __init__(self, module: Module) -> None:
        self.handle = ModuleHandle(module)
        self.hooks: Hooks | None = None


# The classes' own __init__ would cost as much as all the rest of a call.
_new_state, _new_call = ModeState.__new__, ModuleCall.__new__


class Module(ModuleHooks):
    """The base class of all layers and models: ``__init__`` assigns parameters and modules as attributes, ``forward`` computes.

    Example:
        >>> import autograd, nn
        >>> class Line(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.slope = nn.Parameter(autograd.tensor(2.0))
        ...     def forward(self, x):
        ...         return self.slope * x
        >>> line = Line()
        >>> line(autograd.tensor([1.0, 3.0]))
        tensor([2., 6.], dtype=float32, grad_fn=<mul>)
        >>> [name for name, p in line.named_parameters()]
        ['slope']
    """

    _version = 1
    training: bool
    _parameters: Members
    _buffers: Members
    _modules: Members

    call_super_init = False  # whether the constructor calls that of the class after Module among the bases, as PyTorch's

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and (args or kwargs):
            raise TypeError(f"{type(self).__name__}.__init__() takes 1 positional argument, and got {(*args, *kwargs)}")
        vars(self).update(
            training=True,
            _parameters=Members(self),
            _buffers=Members(self),
            _modules=Members(self),
            _non_persistent_buffers_set=set(),
            _call_data=CallData(self),
            _state_hooks=None,
        )
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the module's result. A subclass defines this method; ``module(...)`` calls it."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        state = current()
        caller = state.layer
        data = self._call_data
        layer = _new_call(ModuleCall)
        layer.caller = caller
        layer.of = handle = data.handle
        layer.name = name = handle.names.get(None if caller is None else caller.of)
        layer.whole = None if name is not None else self._path_from(caller)
        inner = _new_state(ModeState)
        inner.grad = state.grad
        inner.inference = state.inference
        inner.layer = layer
        inner.watch = state.watch
        try:
            enter(inner)
            if around.everywhere is None and (data.hooks is None or not data.hooks.around_calls()):
                return self.forward(*args, **kwargs)
            return around.call(self, data.hooks, args, kwargs)
        except AttributeError as error:
            if (
                type(self).__module__.startswith("nn.")
                and not isinstance(error.obj, AnyTensor)
                and any(error.obj is a for a in args)
            ):
                got = f"{error.obj!r} of type {type(error.obj).__name__}"
                raise TypeError(f"{here(type(self).__name__)}: expected a Tensor as input, got {got}") from None
            raise
        finally:
            enter(state)  # not a token: an interrupt may come between ``enter`` and the assignment of its token

    def _path_from(self, call: ModuleCall | None) -> str:
        """The path of a call made within another; the module's name below the caller is remembered for the next such call."""
        caller = call.of.reference() if call is not None else None
        below = path_below(self, caller) if caller is not None else path_from_root(self)
        if below is not None:
            handle = self._call_data.handle
            if len(handle.names) >= _REMEMBERED_CALLERS:
                handle.names.clear()
            handle.names[None if call is None else call.of] = ".".join(below)
            handle.kind = type(self).__name__
        return path_of_call(self, caller, None if call is None else str(call))

    # --------------------------------------------------------------------------------------------------------- attributes
    def __setattr__(self, name: str, value: Any) -> None:
        inside = vars(self)
        if isinstance(value, Parameter):
            _initialized(inside, "parameters")
            self._leave(name, but="_parameters")
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            _initialized(inside, "modules")
            self._leave(name, but="_modules")
            self._modules[name] = around.registered("module", self, name, value)
        elif isinstance(value, Buffer):
            _initialized(inside, "buffers")
            if name in inside and not any(name in inside[members] for members in ("_parameters", "_buffers", "_modules")):
                raise KeyError(f"attribute '{name}' already exists")
            self._leave(name, but="_buffers")
            self.register_buffer(name, value, value.persistent)
        elif "_parameters" not in inside:
            object.__setattr__(self, name, value)
        elif name in self._parameters:
            if value is not None:
                raise TypeError(f"cannot assign '{_type_name(value)}' as parameter '{name}' (nn.Parameter or None expected)")
            self._parameters[name] = None
        elif name in self._modules:
            if value is not None:
                raise TypeError(f"cannot assign '{_type_name(value)}' as child module '{name}' (nn.Module or None expected)")
            self._modules[name] = None
        elif name in self._buffers:
            if value is not None and not isinstance(value, AnyTensor):
                raise TypeError(f"cannot assign '{_type_name(value)}' as buffer '{name}' (a Tensor, nn.Buffer or None expected)")
            self._buffers[name] = value
        else:
            object.__setattr__(self, name, value)

    def _leave(self, name: str, but: str) -> None:
        """Remove a name from the dictionaries and attributes of the module, except from one of the dictionaries."""
        inside = vars(self)
        for members in ("_parameters", "_buffers", "_modules"):
            if members != but and name in inside[members]:
                del inside[members][name]
        if name not in inside[but]:
            inside.pop(name, None)
        if but != "_buffers":
            self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name: str) -> None:
        inside = vars(self)
        for members in ("_parameters", "_buffers", "_modules"):
            if name in inside.get(members, ()):
                del inside[members][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __getattr__(self, name: str) -> Any:
        # Python asks only for attributes that are not there.
        if "_parameters" not in vars(self) and name in _OWN:
            raise AttributeError(
                f"{type(self).__name__} was used before Module.__init__() call: start its __init__ with super().__init__()"
            )
        raise MissingAttributeError(self, name)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name[:1].isdigit()]  # Sequential's "0" is no name that one can write

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name; None keeps the name without a parameter (a layer without bias)."""
        _initialized(vars(self), "parameters")
        self._free(name, "parameter", self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"cannot assign '{_type_name(param)}' object to parameter '{name}' (nn.Parameter or None required)")
        if param is not None and not is_lazy(param) and not param.is_leaf:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. "
                f"To express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = around.registered("parameter", self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is part of the state but not learned; if not persistent, ``state_dict`` leaves it out."""
        _initialized(vars(self), "buffers")
        self._free(name, "buffer", self._buffers)
        if tensor is not None and not isinstance(tensor, AnyTensor):
            raise TypeError(f"cannot assign '{_type_name(tensor)}' object to buffer '{name}' (a Tensor or None required)")
        self._buffers[name] = around.registered("buffer", self, name, tensor)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a child under a name."""
        _initialized(vars(self), "modules")
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{_type_name(module)} is not a Module subclass")
        self._free(name, "module", self._modules)
        self._modules[name] = around.registered("module", self, name, module)

    add_module = register_module

    def _free(self, name: Any, kind: str, members: Members) -> None:
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {_type_name(name)}")
        if "." in name:
            raise KeyError(f'{kind} name cannot contain ".", got: {name}')
        if name == "":
            raise KeyError(f"{kind} name cannot be the empty string")
        if name not in members and (name in vars(self) or hasattr(type(self), name)):
            raise KeyError(f"attribute '{name}' already exists")

    # ---------------------------------------------------------------------------------------------------- walking the tree
    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it with their paths, parents first."""
        memo = set() if memo is None else memo
        entered: list[Module] = []  # the module that has just been yielded: its children follow
        for module, key, left in walk(self, f"{prefix}." if prefix else "", below=lambda m: m in entered):
            entered[:] = [] if left or module in memo else [module]
            if entered:
                if remove_duplicate:
                    memo.add(module)
                yield key[:-1], module

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it, each once, or as often as it is held."""
        if not remove_duplicate:
            yield from (module for _, module in self.named_modules(remove_duplicate=False))
            return
        seen: set[Module] = set()
        stack: list[Module] = [self]
        while stack:
            module = stack.pop()
            if module not in seen:
                seen.add(module)
                yield module
                if module._modules:
                    stack.extend([child for child in reversed(module._modules.values()) if child is not None])

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below this one, each once, with their names."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly below this one."""
        return (module for _, module in self.named_children())

    def _named_members(self, which: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        holders = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in holders:
            for name, value in vars(module)[which].items():
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield (f"{path}.{name}" if path else name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters of this module and all below it with their paths; a shared one under its first."""
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and all below it, each once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator[tuple[str, Tensor]]:
        """The buffers of this module and all below it with their paths."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and all below it, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module at a path (``"encoder.layers.0"``); ``""`` is this one."""
        module: Any = self
        for name in target.split(".") if target else ():
            child = getattr(module, name, None)
            if not isinstance(child, Module):
                here = f"{type(module).__name__} has no attribute `{name}`" if child is None else f"`{name}` is not an nn.Module"
                raise AttributeError(f"{target!r}: {here}{suggestion(name, module._modules)}")
            module = child
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module at a path; with ``strict`` only in the place of another."""
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        child = getattr(parent, name, None)
        if child is None and strict:
            raise AttributeError(f"{type(parent).__name__} has no attribute `{name}`{suggestion(name, parent._modules)}")
        if child is not None and not isinstance(child, Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path (``"encoder.fc.weight"``)."""
        return self._get(target, "_parameters", "nn.Parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path."""
        return self._get(target, "_buffers", "buffer")

    def _get(self, target: str, which: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        members = vars(module)[which]
        if members.get(name) is None:
            if hasattr(module, name):
                raise AttributeError(f"`{name}` is not an {what}" if what[0] in "aeioun" else f"`{name}` is not a {what}")
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`{suggestion(name, members)}")
        return members[name]

    # ---------------------------------------------------------------------------------------------------- changing it whole
    def train(self, mode: bool = True) -> Self:
        """Set training mode, in which dropout drops and batch norm counts, here and in all below; returns the module."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            vars(module)["training"] = mode
        return self

    def eval(self) -> Self:
        """Set evaluation mode: ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Ask for gradients of all parameters, or freeze them; returns the module."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters; without ``set_to_none`` fill them with zeros."""
        for module in self.modules():
            for p in module._parameters.values():
                if p is None or p.grad is None:
                    continue
                if set_to_none:
                    p.grad = None
                else:
                    p.grad = p.grad.detach()
                    memory.write(p.grad.array, 0)

    def apply(self, fn: Callable[[Module], object]) -> Self:
        """Call a function with every module below, in order, and then with this one, to initialise them; returns the module."""
        seen: set[Module] = set()
        stack: list[tuple[Module, bool]] = [(self, False)]
        while stack:
            module, after_children = stack.pop()
            if after_children:
                fn(module)
            elif module not in seen:
                seen.add(module)
                stack.append((module, True))
                stack.extend([(child, False) for child in reversed(list(module.children()))])
        return self

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Self:
        """Give every parameter, gradient and buffer the memory of a function of it; the parameters stay the same objects.

        A module below that has an ``_apply`` of its own is asked to apply the function to itself, as in PyTorch.

        Args:
            fn: a function of a tensor without gradient. recurse: into the modules below.
        """
        stack: list[Module] = [self]
        seen: set[Module] = {self}
        done: set[int] = set()
        while stack:
            module = stack.pop()
            if module is not self and type(module)._apply is not Module._apply:
                module._apply(fn)
                continue
            if recurse:
                below = [m for m in module.children() if m not in seen]
                seen.update(below)
                stack.extend(reversed(below))
            for t in (*module._parameters.values(), *module._buffers.values()):
                if t is not None and id(t) not in done:
                    done.add(id(t))
                    _convert(t, fn)
        return self

    def _cast(self, dtype: DType) -> Self:
        kind = to_dtype(dtype)
        return self._apply(lambda t: t.to(kind) if t.dtype.kind in "fc" else t)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert floating parameters and buffers: ``to(dtype)``, ``to("cpu")``, ``to(tensor)``; returns the module."""
        unknown = kwargs.keys() - {"device", "dtype", "non_blocking", "copy", "memory_format", "tensor", "other"}
        if unknown or len(args) > 4 or (len(args) > 1 and (args[0] is None or isinstance(args[1], bool))):
            raise TypeError(f"nn.Module.to takes a device, a dtype, or a device and a dtype, or a tensor; not {args} {kwargs}")
        dtype = kwargs.get("dtype")
        check(kwargs.get("device"))
        if kwargs.get("copy"):
            raise ArgumentError("nn.Module.to does not accept copy=True: copy.deepcopy(module) makes a copy")
        for arg in args:
            if isinstance(arg, AnyTensor | np.ndarray):
                dtype = arg.dtype
            elif arg is None or isinstance(arg, bool):
                continue
            elif isinstance(arg, str) and arg.partition(":")[0] in _DEVICES:
                check(arg)
            else:
                dtype = to_dtype(arg)
        if dtype is None:
            return self
        if to_dtype(dtype).kind == "c":
            warnings.warn(
                "Complex modules are a new feature: layers that need an order of numbers, such as max pooling, refuse them",
                UserWarning, stacklevel=2,
            )  # fmt: skip
        if to_dtype(dtype).kind not in "fc":
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}")
        return self._cast(dtype)

    def to_empty(self, *, device: Device | None = None, recurse: bool = True) -> Self:
        """Give parameters and buffers new memory without values."""
        check(device)
        return self._apply(lambda t: make(np.empty_like(t.array)), recurse)

    def share_memory(self) -> Self:
        """Do nothing, and return the module: its tensors are in memory that threads share; processes get copies.

        Raises:
            ArgumentError: a parameter or buffer has no shape yet.
        """
        for t in (*self.parameters(), *self.buffers()):
            if is_lazy(t):
                raise ArgumentError("Can't share memory on an uninitialized parameter or buffer: call the module once before")
        return self

    def type(self, dst_type: DType) -> Self:
        """Convert all parameters and buffers, integers too."""
        return self._apply(lambda t: t.to(to_dtype(dst_type)))

    def float(self) -> Self:
        """Convert floating parameters and buffers to float32."""
        return self._cast(np.float32)

    def double(self) -> Self:
        """Convert floating parameters and buffers to float64."""
        return self._cast(np.float64)

    def half(self) -> Self:
        """Convert floating parameters and buffers to float16."""
        return self._cast(np.float16)

    def cpu(self) -> Self:
        """Return the module: there is only the CPU."""
        return self

    def cuda(self, device: Device | int | None = None) -> Self:
        """Raise RuntimeError, because there is only the CPU."""
        check("cuda")
        return self

    def bfloat16(self) -> Self:
        """Raise DtypeError, because NumPy has no bfloat16."""
        raise DtypeError("bfloat16 is not available, because NumPy has no such dtype: use .half() or .float()")

    # -------------------------------------------------------------------------------------------------------------- state
    def state_dict(self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        """Parameters and persistent buffers of this module and all below it, by path; they share the module's memory."""
        return state_dict(self, destination, prefix, keep_vars, _has_own_state_dict)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> IncompatibleKeys:
        """Copy a state into this module and all below it.

        Args:
            state_dict: names to tensors or arrays, as ``state_dict()`` returns them.
            strict: whether its keys must be exactly this module's.
            assign: make its tensors the parameters instead of copying their values.

        Returns:
            The missing and the unexpected keys.

        Raises:
            RuntimeError: keys or shapes do not match; the error lists all of them. Nothing is loaded then, nor if a write fails.
        """
        return load_state_dict(self, state_dict, strict, assign)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        save_own(self, destination, prefix, keep_vars)

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: dict[str, Any], strict: bool, missing_keys: list[str],
        unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        """Load this module's own state. A subclass may override it, to convert older formats, with PyTorch's signature.

        Args:
            state_dict: the whole dictionary, or one with the keys below prefix. prefix: of this module's keys.
            local_metadata: of this module, with the "version" of the format in which it was saved.
            strict: whether the keys must match. missing_keys, unexpected_keys, error_msgs: lists to which misfits are added.

        Within ``load_state_dict`` the base class compares now and writes later, when all modules have been compared.
        """
        load_own(self, state_dict, prefix, local_metadata, missing_keys, unexpected_keys if strict else [], error_msgs)

    def get_extra_state(self) -> Any:
        """Return anything else that belongs into ``state_dict``. A subclass overrides this together with ``set_extra_state``."""
        raise RuntimeError("Reached a code path in Module.get_extra_state() that should never be called.")

    def set_extra_state(self, state: Any) -> None:
        """Take back what ``get_extra_state`` returned."""
        raise RuntimeError("Reached a code path in Module.set_extra_state() that should never be called.")

    def __getstate__(self) -> dict[str, Any]:
        inside = dict(vars(self))
        for which in ("_parameters", "_buffers", "_modules"):
            if which in inside:
                for name in inside[which]:
                    inside.pop(name, None)
                inside[which] = dict(inside[which])
        inside.pop(HOMES, None)
        if "_call_data" in inside:
            inside["_call_data"] = self._call_data.hooks
        for key, value in inside.items():
            # The result of an op (a cached activation, a weight that a hook computes) is stored by its value.
            if isinstance(value, AnyTensor) and not is_lazy(value) and not value.is_leaf:
                inside[key] = value.detach()
        return inside

    def __setstate__(self, state: dict[str, Any]) -> None:
        Module.__init__(self)
        inside = vars(self)
        inside.update(
            {key: value for key, value in state.items() if key not in ("_parameters", "_buffers", "_modules", "_call_data")}
        )
        hooks = state.get("_call_data")
        self._call_data.hooks = hooks.hooks if isinstance(hooks, CallData) else hooks
        for which in ("_parameters", "_buffers", "_modules"):
            inside[which].update(state.get(which, {}))

    # ------------------------------------------------------------------------------------------------------------ printing
    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """The text between the parentheses of the repr. A layer overrides this to show its settings."""
        return ""

    def __repr__(self) -> str:
        above = _shown.get()
        if any(module is self for module in above):
            return f"{self._get_name()}(itself)"
        token = _shown.set((*above, self))
        try:
            text = self.extra_repr()
            extra = text.split("\n") if text else []
            children = [f"({printable(name)}): " + repr(module).replace("\n", "\n  ") for name, module in self._modules.items()]
        finally:
            _shown.reset(token)
        return nested_repr(self._get_name(), extra, children)


_shown: ContextVar[tuple[Any, ...]] = ContextVar("shown", default=())  # the modules whose repr is being written, the root first


def nested_repr(name: str, extra: list[str], children: list[str]) -> str:
    """A module's repr: on one line if it has no children and at most one line of settings, otherwise one line each."""
    if not extra and not children:
        return f"{name}()"
    if len(extra) == 1 and not children:
        return f"{name}({extra[0]})"
    return f"{name}(\n  " + "\n  ".join(extra + children) + "\n)"


class MissingAttributeError(AttributeError):
    """A module has no such attribute. Similar names are looked for only when the message is read: ``hasattr`` reads none."""

    def __init__(self, module: Module, name: str) -> None:
        super().__init__(name)
        self.attribute = name
        self._module = module

    def __str__(self) -> str:
        near = suggestion(self.attribute, dir(self._module))
        return f"'{type(self._module).__name__}' object has no attribute '{self.attribute}'{near}"


def suggestion(name: str, names: Iterable[str]) -> str:
    """The end of an error about a misspelled name: "; did you mean ...?", or "" if no name is similar."""
    near = get_close_matches(name, [n for n in names if not n.startswith("_")], n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _initialized(inside: dict[str, Any], what: str) -> None:
    if "_parameters" not in inside:
        raise AttributeError(f"cannot assign {what} before Module.__init__() call: start __init__ with super().__init__()")


def _type_name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def _has_own_state_dict(module: Module) -> bool:
    """Whether a module's class, or the module itself, overrides ``state_dict``."""
    return getattr(module.state_dict, "__func__", None) is not Module.state_dict


_OWN = ("training", "_parameters", "_buffers", "_modules", "_call_data", "_state_hooks", "_non_persistent_buffers_set")
_DEVICES = ("cpu", "cuda", "mps", "xpu", "meta")


def _convert(tensor: Any, fn: Callable[[Any], Any]) -> None:
    """Give a parameter or buffer, and its gradient, the memory of a function of it."""
    if is_lazy(tensor):
        tensor.convert(fn)
        return
    for value in (tensor, tensor.grad):
        if value is not None:
            with no_grad():
                value.array = fn(make(value.array)).array
    if tensor.node is not None:
        tensor.node.dtype = tensor.array.dtype
