"""Modules that hold others, or parameters, in order or by name."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from operator import index as to_index
from typing import Any, Self, SupportsIndex

from autograd.engine.recording import AnyTensor
from autograd.errors import LayerError, printable

from ..module import Module, nested_repr
from ..parameter import Parameter


def _place(i: SupportsIndex, length: int) -> int:
    """An index as a position from the start; raises IndexError outside."""
    position = to_index(i)
    if not -length <= position < length:
        raise IndexError(f"index {position} is out of range for {length} elements")
    return position % length


class _Listed(Module):
    """The base of Sequential and ModuleList: modules under the names "0", "1", ..."""

    def _fill(self, modules: list[Module]) -> Self:
        """Hold these modules and no others."""
        self._modules.clear()
        for i, module in enumerate(modules):
            self.add_module(str(i), module)
        return self

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(list(self._modules.values()))

    def __contains__(self, module: object) -> bool:
        return any(m is module for m in self._modules.values())

    def __setitem__(self, i: int, module: Module) -> None:
        setattr(self, list(self._modules)[_place(i, len(self))], module)

    def __delitem__(self, i: int | slice) -> None:
        modules = list(self)
        if isinstance(i, slice):
            del modules[i]
        else:
            del modules[_place(i, len(self))]
        self._fill(modules)

    def pop(self, key: int | slice) -> Any:
        """Take a module out and return it."""
        module = self[key]
        del self[key]
        return module

    def __getitem__(self, i: Any) -> Any:
        return list(self._modules.values())[_place(i, len(self))]

    def append(self, module: Module) -> Self:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, sequential: Iterable[Module]) -> Self:
        """Add modules at the end."""
        for module in list(sequential):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Add a module before an index."""
        if not isinstance(module, Module):
            raise LayerError(f"module should be of type: {Module}, and is a {type(module).__name__}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index} for {len(self)} modules")
        modules = list(self)
        modules.insert(index, module)
        return self._fill(modules)


class Container(Module):
    """Deprecated: warns (FutureWarning). It holds the modules that are given as keyword arguments, under their names.

    Example:
        >>> import nn, warnings
        >>> with warnings.catch_warnings(action="ignore"):
        ...     nn.Container(first=nn.Linear(3, 2))
        Container(
          (first): Linear(in_features=3, out_features=2, bias=True)
        )
    """

    def __init__(self, **kwargs: Module) -> None:
        warnings.warn("`nn.Container` is deprecated: subclass `nn.Module` instead.", FutureWarning, stacklevel=2)
        super().__init__()
        for name, module in kwargs.items():
            self.add_module(name, module)


class Sequential(_Listed):
    """Calls its modules one after the other, each with the result of the one before.

    Args:
        args: modules, named "0", "1", ...; or one mapping of names to modules.

    Example:
        >>> import nn
        >>> nn.Sequential(nn.Identity(), nn.Identity())
        Sequential(
          (0): Identity()
          (1): Identity()
        )
    """

    def __init__(self, *args: Module | Mapping[str, Module]) -> None:
        super().__init__()
        named: Any = (
            args[0].items() if len(args) == 1 and isinstance(args[0], Mapping) else ((str(i), m) for i, m in enumerate(args))
        )
        for name, module in named:
            self.add_module(name, module)

    def forward(self, input: Any) -> Any:
        """Return the last module's result."""
        for module in self._modules.values():
            input = module(input)
        return input

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return type(self)(dict(list(self._modules.items())[i]))
        return super().__getitem__(i)

    def __delitem__(self, i: int | slice) -> None:
        names = list(self._modules)
        for name in names[i] if isinstance(i, slice) else [names[_place(i, len(self))]]:
            delattr(self, name)
        if all(name.isdigit() for name in names):
            self._fill(list(self))

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
        return Sequential(*self, *other)

    def __iadd__(self, other: Iterable[Module]) -> Self:
        if not isinstance(other, Sequential):
            raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
        return self.extend(other)

    def __mul__(self, times: int) -> Sequential:
        if not isinstance(times, int):
            raise TypeError(f"unsupported operand type(s) for *: {type(self)} and {type(times)}")
        if times <= 0:
            raise ValueError(f"Non-positive multiplication factor {times} for {type(self)}")
        return Sequential(*list(self) * times)

    __rmul__ = __mul__


class ModuleList(_Listed):
    """A list of modules. Its modules' parameters are found, unlike those in a plain list. It cannot be called itself.

    Example:
        >>> import nn
        >>> nn.ModuleList([nn.Identity() for _ in range(3)])
        ModuleList(
          (0-2): 3 x Identity()
        )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return type(self)(list(self)[i])
        return super().__getitem__(i)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self, other: Iterable[Module]) -> Self:
        return self.extend(other)

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end."""
        if not isinstance(modules, Iterable):
            raise TypeError(f"ModuleList.extend should be called with an iterable, but got {type(modules).__name__}")
        return super().extend(modules)

    def __repr__(self) -> str:
        # Neighbours that look the same are one line.
        runs: list[tuple[int, int, str]] = []
        for i, text in enumerate(repr(module) for module in self):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        lines = [f"({i}): {text}" if i == j else f"({i}-{j}): {j - i + 1} x {text}" for i, j, text in runs]
        return nested_repr(self._get_name(), [], [line.replace("\n", "\n  ") for line in lines])


class ModuleDict(Module):
    """Modules by name, in the order in which they were added. It cannot be called itself.

    Example:
        >>> import nn
        >>> choices = nn.ModuleDict({"conv": nn.Conv2d(10, 10, 3), "pool": nn.MaxPool2d(3)})
        >>> choices["pool"]
        MaxPool2d(kernel_size=3, stride=3, padding=0, dilation=1, ceil_mode=False)
        >>> list(choices)
        ['conv', 'pool']
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Take a module out and return it."""
        return self._modules.pop(key)

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._modules.keys()

    def items(self) -> ItemsView[str, Module]:
        """Names and modules."""
        return self._modules.items()

    def values(self) -> ValuesView[Module]:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add the modules of a mapping, or of pairs of names and modules."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"ModuleDict.update should be called with an iterable of key/value pairs, but got {type(modules).__name__}"
            )
        for name, module in modules.items() if hasattr(modules, "items") else modules:
            self[name] = module


def _as_parameter(value: Any) -> Any:
    return Parameter(value) if isinstance(value, AnyTensor) and not isinstance(value, Parameter) else value


def _line(name: str | int, value: Any) -> str:
    if isinstance(value, AnyTensor):
        kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
        return f"({printable(str(name))}): {kind} containing: [{value.dtype} of size {'x'.join(map(str, value.shape))}]"
    return f"({printable(str(name))}): Object of type: {type(value).__name__}"


class ParameterList(Module):
    """A list of parameters. Tensors become parameters; other values stay what they are.

    Example:
        >>> import autograd, nn
        >>> weights = nn.ParameterList([autograd.ones(2), autograd.zeros(3, 1)])
        >>> weights
        ParameterList(
          (0): Parameter containing: [float32 of size 2]
          (1): Parameter containing: [float32 of size 3x1]
        )
        >>> len(list(weights.parameters()))
        2
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        self.extend(values or ())

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return type(self)([getattr(self, str(k)) for k in range(self._size)[i]])
        return getattr(self, str(_place(i, self._size)))

    def __setitem__(self, i: int, value: Any) -> None:
        setattr(self, str(_place(i, self._size)), _as_parameter(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(self._size)])

    def append(self, value: Any) -> Self:
        """Add a value at the end."""
        setattr(self, str(self._size), _as_parameter(value))
        self._size += 1
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add values at the end."""
        if not isinstance(values, Iterable) or isinstance(values, AnyTensor):
            raise TypeError(f"ParameterList.extend should be called with an iterable, but got {type(values).__name__}")
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Any]) -> Self:
        return self.extend(values)

    def __repr__(self) -> str:
        return nested_repr(self._get_name(), [], [_line(i, value) for i, value in enumerate(self)])


class ParameterDict(Module):
    """Parameters by name. Tensors become parameters; other values stay what they are. The names of a plain dict are sorted.

    Example:
        >>> import autograd, nn
        >>> weights = nn.ParameterDict({"left": autograd.ones(2), "right": autograd.zeros(3)})
        >>> weights["left"].shape
        (2,)
        >>> [name for name, p in weights.named_parameters()]
        ['left', 'right']
    """

    def __init__(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(
                f"Index given to ParameterDict cannot be used as a key as it is not a string (type is '{type(key).__name__}')"
            )
        if key not in self._keys and (hasattr(type(self), key) or key in vars(self)):
            raise KeyError(f"attribute '{key}' already exists")
        self._keys[key] = None
        setattr(self, key, _as_parameter(value))

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._keys.keys()

    def items(self) -> list[tuple[str, Any]]:
        """Names and values."""
        return [(key, self[key]) for key in self._keys]

    def values(self) -> list[Any]:
        """The values."""
        return [self[key] for key in self._keys]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a name, or the default."""
        return getattr(self, key) if key in self._keys else default

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of a name, which is set to the default first if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        """Take a value out and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take the last name and value out and return them."""
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def clear(self) -> None:
        """Take all values out."""
        for key in list(self._keys):
            del self[key]

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new ParameterDict with these names and one value."""
        return ParameterDict((key, default) for key in keys)

    def copy(self) -> ParameterDict:
        """A new ParameterDict with the same values."""
        return ParameterDict(self.items())

    def update(self, parameters: Mapping[str, Any] | ParameterDict | Iterable[tuple[str, Any]]) -> None:
        """Set the values of a mapping, or of pairs of names and values."""
        if not isinstance(parameters, Iterable):
            raise TypeError(
                f"ParameterDict.update should be called with an iterable of key/value pairs, but got {type(parameters).__name__}"
            )
        pairs: Any = parameters.items() if hasattr(parameters, "items") else parameters
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            pairs = sorted(pairs)  # as in PyTorch, from before a plain dict had an order
        for key, value in pairs:
            self[key] = value

    def __or__(self, other: ParameterDict) -> ParameterDict:
        both = self.copy()
        both.update(other)
        return both

    def __ior__(self, other: ParameterDict) -> Self:
        self.update(other)
        return self

    def __repr__(self) -> str:
        return nested_repr(self._get_name(), [], [_line(key, value) for key, value in self.items()])
