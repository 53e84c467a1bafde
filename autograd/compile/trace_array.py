"""Stand-ins for arrays: they compute as arrays do, and a ``Recorder`` notes each NumPy call on them.

A stand-in raises wherever Python would turn it into a number to decide by. So the notes do not depend on any value, and no call
that depends on a value can be missing.
"""

from __future__ import annotations

import operator
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from ..engine.standin import BINARY, COMPARED, UNARY, StandIn
from ..engine.tables import building


class Traced(StandIn):
    """A stand-in for an array. value: the array itself. scalar: NumPy would return a number, which cannot be written to."""

    __slots__ = ("__weakref__", "recorder", "scalar", "value")

    __array_priority__ = 900.0  # below a tensor's
    __hash__ = None  # type: ignore[assignment]

    def __new__(cls, recorder: Any, value: np.ndarray, scalar: bool = False) -> Traced:
        return object.__new__(cls if scalar else TracedArray)

    def __init__(self, recorder: Any, value: np.ndarray, scalar: bool = False) -> None:
        self.recorder = recorder
        self.value = value
        self.scalar = scalar

    # ------------------------------------------------------------------------------------------------- what it is, not holds
    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.value.dtype

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def itemsize(self) -> int:
        return self.value.itemsize

    @property
    def nbytes(self) -> int:
        return self.value.nbytes

    @property
    def strides(self) -> tuple[int, ...]:
        return self.value.strides

    @property
    def flags(self) -> Any:
        return self.value.flags

    @property
    def base(self) -> Any:
        """The array that owns the memory: the same one for all stand-ins for one memory."""
        return self.value if self.value.base is None else self.value.base

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self.value)))

    # ------------------------------------------------------------------------------------------------------------------ views
    @property
    def T(self) -> Any:  # noqa: N802  (NumPy's name)
        return self.recorder.wrap(self.value.T)

    @property
    def mT(self) -> Any:  # noqa: N802  (NumPy's name)
        return self.recorder.wrap(self.value.mT)

    @property
    def real(self) -> Any:
        return self.recorder.wrap(self.value.real)

    @property
    def imag(self) -> Any:
        if self.value.dtype.kind != "c":
            return self.recorder.function(np.zeros_like, (self,), {})
        return self.recorder.wrap(self.value.imag)

    def __getitem__(self, index: Any) -> Any:
        return self.recorder.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self.recorder.setitem(self, index, value)

    # ------------------------------------------------------------------------------------------------------------------- calls
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any([_holds_arrays(type(x)) for x in inputs]):
            return NotImplemented
        return self.recorder.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if any([_holds_arrays(t) for t in types]):
            return NotImplemented
        return self.recorder.function(function, args, kwargs)

    def copy(self, order: Any = "C") -> Any:
        return self.recorder.method("copy", (self, order), {})

    def new(self, array: np.ndarray) -> Any:
        return self.recorder.new(array)

    def opaque(self, name: str, function: Any, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        return self.recorder.opaque(name, function, args, params)

    # ------------------------------------------------------------------------------------------------------------------- looks
    def _looked(self, how: str) -> np.ndarray:
        """The array, where the step has made it of numbers and not written into it since: each call makes the same one."""
        if not self.recorder.is_fixed(self.value):
            self.recorder.looked(self, how)
        return self.value

    def __bool__(self) -> bool:
        return bool(self.recorder.decided(self))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return np.asarray(self._looked("as a NumPy array"), *args, **kwargs)

    def __float__(self) -> float:
        return float(self._looked("with float()"))

    def __int__(self) -> int:
        return int(self._looked("with int()"))

    def __complex__(self) -> complex:
        return complex(self._looked("with complex()"))

    def __index__(self) -> int:
        return operator.index(self._looked("as an index"))

    def __repr__(self) -> str:
        return f"<stand-in for {self.value.dtype}{list(self.value.shape)}>"

    def __format__(self, spec: str) -> str:
        return format(self._looked("by formatting it"), spec)

    def item(self, *args: Any) -> Any:
        # Where the library compares, it gets a stand-in, and its decision becomes a condition.
        inside = not args and not self.recorder.is_fixed(self.value) and self.recorder.inside()
        return self[()] if inside else self._looked("with item()").item(*args)

    def tolist(self) -> Any:
        return self._looked("with tolist()").tolist()

    def tobytes(self, *args: Any) -> Any:
        return self._looked("with tobytes()").tobytes(*args)

    def fill(self, value: Any) -> None:
        self[...] = value


class TracedArray(Traced):
    """A stand-in for what NumPy has as an array, and not as a number."""

    __slots__ = ()


def _holds_arrays(kind: type) -> bool:
    """Whether a type is that of stand-ins which hold others: a batch computes with its stack, and that is what is noted."""
    return issubclass(kind, StandIn) and not issubclass(kind, Traced)


def _operator(ufunc: np.ufunc, swapped: bool = False) -> Any:
    def call(self: Traced, other: Any) -> Any:
        if hasattr(other, "__record__") or (hasattr(other, "__array_ufunc__") and other.__array_ufunc__ is None):
            return NotImplemented
        if _holds_arrays(type(other)):
            return NotImplemented
        return self.recorder.ufunc(ufunc, "__call__", (other, self) if swapped else (self, other), {})

    return call


def _in_place(ufunc: np.ufunc) -> Any:
    def call(self: Traced, other: Any) -> Any:
        if self.scalar:
            return NotImplemented  # NumPy's numbers cannot be written to: Python then uses the operator that makes a new one
        return self.recorder.ufunc(ufunc, "__call__", (self, other), {"out": (self,)})

    return call


def _unary(ufunc: np.ufunc) -> Any:
    return lambda self: self.recorder.ufunc(ufunc, "__call__", (self,), {})


# Methods of NumPy's arrays. A result that lies in the same memory is a view.
_METHODS = (
    "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "conj", "conjugate", "cumprod", "cumsum", "diagonal", "dot",
    "flatten", "max", "mean", "min", "prod", "ravel", "repeat", "reshape", "round", "squeeze", "std", "sum", "swapaxes", "take",
    "trace", "transpose", "var", "view", "nonzero", "searchsorted", "choose", "compress",
)  # fmt: skip


def _method(name: str) -> Any:
    return lambda self, *args, **kwargs: self.recorder.method(name, (self, *args), kwargs)


for _name, _ufunc in BINARY.items():
    setattr(Traced, f"__{_name}__", _operator(_ufunc))
    setattr(Traced, f"__r{_name}__", _operator(_ufunc, swapped=True))
    setattr(Traced, f"__i{_name}__", _in_place(_ufunc))
for _name, _ufunc in COMPARED.items():
    setattr(Traced, f"__{_name}__", _operator(_ufunc))
for _name, _ufunc in UNARY.items():
    setattr(Traced, f"__{_name}__", _unary(_ufunc))
for _name in _METHODS:
    setattr(Traced, _name, _method(_name))


# ---------------------------------------------------------------------------------------------------------- arrays that ops make
# Some ops make an array with np.empty and then write into it. A plain array does not report such writes, so the recorder would
# miss them. So the ops' modules see a NumPy whose new arrays are stand-ins, while a step is written down.
_ROOMS = ("autograd.ops.", "autograd.functions.", "autograd.batch.", "autograd.engine.values.sums", "nn.functional")


# The ops ask isinstance(operand, np.ndarray). For them a stand-in is an array, unless NumPy would return a number.
_ARRAYS = np.ndarray | TracedArray


class NumPy:
    """NumPy, for the thread that writes a step down: empty, zeros, ones and full return stand-ins, and asarray leaves them so."""

    def __init__(self, recorder: Any) -> None:
        self._recorder = recorder
        self._thread = threading.get_ident()

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    @property
    def ndarray(self) -> Any:
        return np.ndarray if self._recorder.quiet or threading.get_ident() != self._thread else _ARRAYS

    def _made(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != self._thread or self._recorder.quiet or building.get():
            return function(*args, **kwargs)
        return self._recorder.made(function, args, kwargs)

    def _noted(self, value: Any, array: np.ndarray) -> np.ndarray:
        """An array, noted as one that the run has made if it is not the value itself."""
        if array is not value and array.base is None and threading.get_ident() == self._thread:
            self._recorder.copies[id(array)] = array
        return array

    def empty(self, *args: Any, **kwargs: Any) -> Any:
        return self._made(np.empty, *args, **kwargs)

    def zeros(self, *args: Any, **kwargs: Any) -> Any:
        return self._made(np.zeros, *args, **kwargs)

    def ones(self, *args: Any, **kwargs: Any) -> Any:
        return self._made(np.ones, *args, **kwargs)

    def full(self, *args: Any, **kwargs: Any) -> Any:
        return self._made(np.full, *args, **kwargs)

    def asarray(self, value: Any, dtype: Any = None, order: Any = None, **kwargs: Any) -> Any:
        """A stand-in itself, or in another dtype or order."""
        if not isinstance(value, Traced):
            return self._noted(value, np.asarray(value, dtype, order, **kwargs))
        if dtype is not None and value.dtype != dtype:
            return value.recorder.method("astype", (value, dtype), {})
        if value.scalar:
            return Traced(value.recorder, value.value)
        return value.copy() if order == "C" and not value.flags.c_contiguous else value

    def ascontiguousarray(self, value: Any, dtype: Any = None) -> Any:
        return self.asarray(value, dtype, "C") if isinstance(value, Traced) else np.ascontiguousarray(value, dtype)

    def array(self, value: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", **kwargs: Any) -> Any:
        """A copy."""
        if not isinstance(value, Traced):
            return self._noted(value, np.array(value, dtype, copy=copy, order=order, **kwargs))
        if dtype is not None and value.dtype != dtype:
            return value.recorder.method("astype", (value, dtype), {})
        return value.copy(order) if copy else self.asarray(value)


def installed(recorder: Any) -> Callable[[], None]:
    """Let the ops' modules see it. Returns the function that puts NumPy back."""
    seen = NumPy(recorder)
    changed: list[ModuleType] = []
    for name, module in list(sys.modules.items()):
        if name.startswith(_ROOMS) and module.__dict__.get("np") is np:
            module.__dict__["np"] = seen
            changed.append(module)

    def back() -> None:
        for module in changed:
            module.__dict__["np"] = np

    return back


__all__ = ["Traced", "installed"]
