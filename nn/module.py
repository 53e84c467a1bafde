"""Module: parameters, buffers and other modules under names, and a forward.

What is assigned to a module's attribute is kept in one of three ``Members`` (parameters, buffers, modules), if it is one of those,
and is an ordinary attribute as well. A call enters a state that holds the module's path, so that errors and pictures name layers.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any
from weakref import ref

import numpy as np

from autograd.engine import memory
from autograd.engine.devices import check
from autograd.engine.dtypes import to_dtype
from autograd.engine.modes import ModeState, ModuleCall, current, enter, leave
from autograd.engine.recording import AnyTensor
from autograd.errors import DtypeError

from . import hooks as around
from .hooks import Hooks, ModuleHooks
from .names import HOMES, Members, path_below, path_from_root, path_of_call
from .parameter import Buffer, Parameter, is_lazy
from .state_dict import IncompatibleKeys, Loading, load_state_dict, save_own, state_dict

_KEPT_NAMES = 16  # callers whose name for a module it remembers


class Identity:
    """What the nodes that a module's calls leave know of it: nothing that could lead back to them.

    names: its name below each caller, by the caller's identity; None stands for no caller. kind: its class's name. itself: a weak
    reference to it.
    """

    __slots__ = ("itself", "kind", "names")

    def __init__(self, module: Module) -> None:
        self.names: dict[Identity | None, str] = {}
        self.kind = type(module).__name__
        self.itself = ref(module)


class Known:
    """What a module's call needs to know of it, in one place: reading an attribute of a module costs ten times one of this.

    identity: see above. hooks: around its calls, or None.
    """

    __slots__ = ("hooks", "identity")

    def __init__(self, module: Module) -> None:
        self.identity = Identity(module)
        self.hooks: Hooks | None = None


# The classes' own __init__ would cost as much as all the rest of a call.
_new_state, _new_call = ModeState.__new__, ModuleCall.__new__


class Module(ModuleHooks):
    """Base of all layers and models: assign parameters and modules as attributes in ``__init__``, compute in ``forward``.

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

    def __init__(self) -> None:
        vars(self).update(
            training=True,
            _parameters=Members(self),
            _buffers=Members(self),
            _modules=Members(self),
            _non_persistent_buffers_set=set(),
            _known=Known(self),
            _state_hooks=None,
        )

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; subclasses write it, ``module(...)`` calls it."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        state = current()
        caller = state.layer
        known = self._known
        layer = _new_call(ModuleCall)
        layer.caller = caller
        layer.of = identity = known.identity
        layer.name = name = identity.names.get(None if caller is None else caller.of)
        layer.whole = None if name is not None else self._path_from(caller)
        inner = _new_state(ModeState)
        inner.grad = state.grad
        inner.inference = state.inference
        inner.layer = layer
        inner.watch = state.watch
        token = enter(inner)
        try:
            if known.hooks is None or not known.hooks.around_calls():
                return self.forward(*args, **kwargs)
            return around.call(self, known.hooks, args, kwargs)
        finally:
            leave(token)

    def _path_from(self, call: ModuleCall | None) -> str:
        """The path of a call that is made within another; the name below that one's module is kept for the next call from there."""
        caller = call.of.itself() if call is not None else None
        below = path_below(self, caller) if caller is not None else path_from_root(self)
        if below is not None:
            identity = self._known.identity
            if len(identity.names) >= _KEPT_NAMES:
                identity.names.clear()
            identity.names[None if call is None else call.of] = ".".join(below)
            identity.kind = type(self).__name__
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
            self._modules[name] = value
        elif isinstance(value, Buffer):
            _initialized(inside, "buffers")
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
        """Take a name out of wherever it stands, except for one place."""
        inside = vars(self)
        for place in ("_parameters", "_buffers", "_modules"):
            if place != but and name in inside[place]:
                del inside[place][name]
        if name not in inside[but]:
            inside.pop(name, None)
        if but != "_buffers":
            self._non_persistent_buffers_set.discard(name)

    def __delattr__(self, name: str) -> None:
        inside = vars(self)
        for place in ("_parameters", "_buffers", "_modules"):
            if name in inside.get(place, ()):
                del inside[place][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __getattr__(self, name: str) -> Any:
        # Only for what is not there.
        if "_parameters" not in vars(self) and name in _OWN:
            raise AttributeError(
                f"{type(self).__name__} was used before Module.__init__() call: start its __init__ with super().__init__()"
            )
        raise MissingAttributeError(self, name)

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
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add a tensor that is part of the state but not learned; if not persistent, ``state_dict`` leaves it out."""
        _initialized(vars(self), "buffers")
        self._free(name, "buffer", self._buffers)
        if tensor is not None and not isinstance(tensor, AnyTensor):
            raise TypeError(f"cannot assign '{_type_name(tensor)}' object to buffer '{name}' (a Tensor or None required)")
        self._buffers[name] = tensor
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a child under a name."""
        _initialized(vars(self), "modules")
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{_type_name(module)} is not a Module subclass")
        self._free(name, "module", self._modules)
        self._modules[name] = module

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
    def named_modules(self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True) -> Iterator[Any]:
        """This module and all below it with their paths, parents first."""
        memo = set() if memo is None else memo
        stack = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if module in memo:
                continue
            if remove_duplicate:
                memo.add(module)
            yield path, module
            children = [(f"{path}.{name}" if path else name, m) for name, m in module._modules.items() if m is not None]
            stack.extend(reversed(children))

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it, each once, or as often as it is held."""
        seen: set[Module] = set()
        stack: list[Module] = [self]
        while stack:
            module = stack.pop()
            if module not in seen:
                if remove_duplicate:
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

    def named_buffers(self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True) -> Iterator[tuple[str, Any]]:
        """The buffers of this module and all below it with their paths."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """The buffers of this module and all below it, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module at a path (``"encoder.layers.0"``); ``""`` is this one."""
        module: Any = self
        for name in target.split(".") if target else ():
            found = getattr(module, name, None)
            if not isinstance(found, Module):
                here = f"{type(module).__name__} has no attribute `{name}`" if found is None else f"`{name}` is not an nn.Module"
                raise AttributeError(f"{target!r}: {here}{_near(name, module._modules)}")
            module = found
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module at a path; with ``strict`` only in the place of another."""
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        found = getattr(parent, name, None)
        if found is None and strict:
            raise AttributeError(f"{type(parent).__name__} has no attribute `{name}`{_near(name, parent._modules)}")
        if found is not None and not isinstance(found, Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path (``"encoder.fc.weight"``)."""
        return self._get(target, "_parameters", "nn.Parameter")

    def get_buffer(self, target: str) -> Any:
        """The buffer at a path."""
        return self._get(target, "_buffers", "buffer")

    def _get(self, target: str, which: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        members = vars(module)[which]
        if members.get(name) is None:
            if hasattr(module, name):
                raise AttributeError(f"`{name}` is not an {what}" if what[0] in "aeioun" else f"`{name}` is not a {what}")
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`{_near(name, members)}")
        return members[name]

    # ---------------------------------------------------------------------------------------------------- changing it whole
    def train(self, mode: bool = True) -> Any:
        """Set training mode, in which dropout drops and batch norm counts, here and in all below; returns the module."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            vars(module)["training"] = mode
        return self

    def eval(self) -> Any:
        """Set evaluation mode: ``train(False)``."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
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

    def apply(self, fn: Callable[[Module], Any]) -> Any:
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

    def _apply(self, fn: Callable[[np.ndarray], np.ndarray], recurse: bool = True) -> Any:
        """Replace the array of every parameter, gradient and buffer by a function of it; the parameters stay the same objects."""
        members = self._named_members
        held = [t for which in ("_parameters", "_buffers") for _, t in members(which, "", recurse, True)]
        for t in held:
            if is_lazy(t):
                t._dtype = fn(np.empty(0, t._dtype)).dtype
                continue
            for value in (t, t.grad):
                if value is not None:
                    value.array = fn(value.array)
            if t.node is not None:
                t.node.dtype = t.array.dtype
        return self

    def _cast(self, dtype: Any) -> Any:
        kind = to_dtype(dtype)
        return self._apply(lambda a: a.astype(kind, copy=False) if a.dtype.kind in "fc" else a)

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Convert floating parameters and buffers: ``to(dtype)``, ``to("cpu")``, ``to(tensor)``; returns the module."""
        dtype = kwargs.get("dtype")
        check(kwargs.get("device"))
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
        if to_dtype(dtype).kind not in "fc":
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}")
        return self._cast(dtype)

    def to_empty(self, *, device: Any = None, recurse: bool = True) -> Any:
        """Give parameters and buffers new memory without values."""
        check(device)
        return self._apply(np.empty_like, recurse)

    def type(self, dst_type: Any) -> Any:
        """Convert all parameters and buffers, integers too."""
        return self._apply(lambda a: a.astype(to_dtype(dst_type), copy=False))

    def float(self) -> Any:
        """Convert floating parameters and buffers to float32."""
        return self._cast(np.float32)

    def double(self) -> Any:
        """Convert floating parameters and buffers to float64."""
        return self._cast(np.float64)

    def half(self) -> Any:
        """Convert floating parameters and buffers to float16."""
        return self._cast(np.float16)

    def cpu(self) -> Any:
        """The module: there is only the CPU."""
        return self

    def cuda(self, device: Any = None) -> Any:
        """Not here: raises RuntimeError, because there is only the CPU."""
        return check("cuda")

    def bfloat16(self) -> Any:
        """Not here: raises DtypeError, because NumPy has no bfloat16."""
        raise DtypeError("bfloat16 is not available, because NumPy has no such dtype: use .half() or .float()")

    # -------------------------------------------------------------------------------------------------------------- state
    def state_dict(self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> OrderedDict[str, Any]:
        """Parameters and persistent buffers of this module and all below it, by path; they share the module's memory."""
        return state_dict(self, destination, prefix, keep_vars)

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> IncompatibleKeys:
        """Copy a state into this module and all below it.

        Args:
            state_dict: names to tensors or arrays, as ``state_dict()`` gives them.
            strict: whether its keys must be exactly this module's.
            assign: make its tensors the parameters instead of copying their values.

        Returns:
            The missing and the unexpected keys.

        Raises:
            RuntimeError: all that does not fit, in one message; nothing has been loaded then.
        """
        return load_state_dict(self, state_dict, strict, assign)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        save_own(self, destination, prefix, keep_vars)

    def _load_from_state_dict(self, loading: Loading, prefix: str, local_metadata: dict[str, Any]) -> None:
        """Compare this module's own state with what is loaded; layers whose format has changed mend ``loading.state`` first."""
        loading.own(self, prefix)

    def get_extra_state(self) -> Any:
        """What else belongs into ``state_dict``; subclasses that have such a thing write this and ``set_extra_state``."""
        raise RuntimeError("Reached a code path in Module.get_extra_state() that should never be called.")

    def set_extra_state(self, state: Any) -> None:
        """Take back what ``get_extra_state`` gave."""
        raise RuntimeError("Reached a code path in Module.set_extra_state() that should never be called.")

    def __getstate__(self) -> dict[str, Any]:
        inside = dict(vars(self))
        for which in ("_parameters", "_buffers", "_modules"):
            if which in inside:
                for name in inside[which]:
                    inside.pop(name, None)
                inside[which] = dict(inside[which])
        inside.pop(HOMES, None)
        if "_known" in inside:
            inside["_known"] = self._known.hooks
        for key, value in inside.items():
            # What a graph has made, a cached activation or a weight that a hook computes, is kept by its value.
            if isinstance(value, AnyTensor) and not is_lazy(value) and not value.is_leaf:
                inside[key] = value.detach()
        return inside

    def __setstate__(self, state: dict[str, Any]) -> None:
        Module.__init__(self)
        inside = vars(self)
        inside.update({key: value for key, value in state.items() if key not in ("_parameters", "_buffers", "_modules", "_known")})
        self._known.hooks = state.get("_known")
        for which in ("_parameters", "_buffers", "_modules"):
            inside[which].update(state.get(which, {}))

    # ------------------------------------------------------------------------------------------------------------ printing
    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands in the parentheses of the repr; layers write it."""
        return ""

    def __repr__(self) -> str:
        text = self.extra_repr()
        extra = text.split("\n") if text else []
        children = [f"({name}): " + repr(module).replace("\n", "\n  ") for name, module in self._modules.items()]
        return _laid_out(self._get_name(), extra, children)


def _laid_out(name: str, extra: list[str], children: list[str]) -> str:
    if not extra and not children:
        return f"{name}()"
    if len(extra) == 1 and not children:
        return f"{name}({extra[0]})"
    return f"{name}(\n  " + "\n  ".join(extra + children) + "\n)"


class MissingAttributeError(AttributeError):
    """A module has no such attribute; the near names are looked for only if somebody reads the message."""

    def __init__(self, module: Module, name: str) -> None:
        super().__init__(name)
        self.attribute = name
        self._module = module

    def __str__(self) -> str:
        return (
            f"'{type(self._module).__name__}' object has no attribute '{self.attribute}'{_near(self.attribute, dir(self._module))}"
        )


def _near(name: str, names: Any) -> str:
    near = get_close_matches(name, [n for n in names if not n.startswith("_")], n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _initialized(inside: dict[str, Any], what: str) -> None:
    if "_parameters" not in inside:
        raise AttributeError(f"cannot assign {what} before Module.__init__() call: start __init__ with super().__init__()")


def _type_name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


_OWN = ("training", "_parameters", "_buffers", "_modules", "_known", "_state_hooks", "_non_persistent_buffers_set")
_DEVICES = ("cpu", "cuda", "mps", "xpu", "meta")
