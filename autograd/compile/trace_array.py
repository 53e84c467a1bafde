"""Stand-ins for arrays: they compute as arrays do, and a ``Recorder`` notes each NumPy call on them.

A stand-in raises wherever Python would turn it into a number to decide by. So the notes do not depend on any value, and no call
that depends on a value can be missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine.standin import BINARY, COMPARED, UNARY, StandIn


class Traced(StandIn):
    """A stand-in for an array. value: the array itself. scalar: NumPy would return a number, which cannot be written to."""

    __slots__ = ("__weakref__", "recorder", "scalar", "value")

    __array_priority__ = 900.0  # below a tensor's
    __hash__ = None  # type: ignore[assignment]

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
        return self.recorder.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self.recorder.function(function, args, kwargs)

    def copy(self, order: Any = "C") -> Any:
        return self.recorder.method("copy", (self, order), {})

    def opaque(self, name: str, function: Any, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        return self.recorder.opaque(name, function, args, params)

    # ------------------------------------------------------------------------------------------------------------------- looks
    def _looked(self, how: str) -> Any:
        self.recorder.looked(self, how)

    def __bool__(self) -> bool:
        return bool(self.recorder.decided(self))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        self._looked("as a NumPy array")

    def __float__(self) -> float:
        return float(self._looked("with float()"))

    def __int__(self) -> int:
        return int(self._looked("with int()"))

    def __complex__(self) -> complex:
        return complex(self._looked("with complex()"))

    def __index__(self) -> int:
        return int(self._looked("as an index"))

    def __repr__(self) -> str:
        return f"<stand-in for {self.value.dtype}{list(self.value.shape)}>"

    def __format__(self, spec: str) -> str:
        return str(self._looked("by formatting it"))

    def item(self, *args: Any) -> Any:
        # Where the library compares, it gets a stand-in, and its decision becomes a condition.
        return self[()] if not args and self.recorder.inside() else self._looked("with item()")

    def tolist(self) -> Any:
        return self._looked("with tolist()")

    def tobytes(self, *args: Any) -> Any:
        return self._looked("with tobytes()")

    def fill(self, value: Any) -> None:
        self[...] = value


def _operator(ufunc: np.ufunc, swapped: bool = False) -> Any:
    def call(self: Traced, other: Any) -> Any:
        if hasattr(other, "__record__") or (hasattr(other, "__array_ufunc__") and other.__array_ufunc__ is None):
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

__all__ = ["Traced"]
