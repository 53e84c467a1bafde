"""The names of ``numpy``, as ``autograd.numpy`` passes them on: each function as one of arrays and boxes."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as _np

from ..arrays import function_of
from ..calls import FUNCTIONS, joined
from ..functions import array as _array
from ..functions import plain
from ..primitives import primitive


def names_of(module: ModuleType) -> dict[str, Any]:
    """The public names of a module of NumPy's, each function as one of arrays and boxes."""
    found: dict[str, Any] = {}
    for name in dir(module):
        if name.startswith("_") and name != "__version__":
            continue
        value = getattr(module, name, None)
        if callable(value) and hasattr(value, "__name__") and not isinstance(value, type):
            found[name] = function_of(value)
        elif not isinstance(value, ModuleType):
            found[name] = value
    return found


class _Joined:
    """``r_`` and ``c_``, of arrays and boxes."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    def __getitem__(self, key: Any) -> Any:
        result = self.raw[key]
        return joined(result) if result.dtype.char == "O" else result

    def __len__(self) -> int:
        return 0


for _raw in (_np.set_printoptions, _np.get_printoptions, _np.seterr, _np.geterr, _np.errstate, _np.printoptions):
    FUNCTIONS[_raw] = _raw


def _integers(cls: type) -> type:
    """A class of integers that also makes them of what boxes hold: they have no derivative."""

    def new(_: type, value: Any = 0) -> Any:
        return cls(plain(value))

    return type(cls.__name__, (cls,), {"__new__": new})


for _old in ("row_stack",):  # names that NumPy is about to drop
    if hasattr(_np, _old):
        FUNCTIONS[getattr(_np, _old)] = function_of(_np.vstack)
globals().update(names_of(_np))
int8, int16, int32, int64 = _integers(_np.int8), _integers(_np.int16), _integers(_np.int32), _integers(_np.int64)
integer = _np.integer
r_, c_ = _Joined(_np.r_), _Joined(_np.c_)
numpy_version = _np.__version__


def metadata(A: Any) -> tuple[Any, ...]:
    """Shape, number of dimensions, dtype, and whether the numbers are complex."""
    shape = A.shape if hasattr(A, "shape") else _np.shape(A)
    dtype = _np.result_type(A)
    return shape, len(shape), dtype, dtype.kind == "c"


def array_from_args(array_args: Any, array_kwargs: Any, *args: Any) -> Any:
    """An array of its last arguments."""
    return _array(list(args), *array_args, **array_kwargs)


def concatenate_args(axis: int, *args: Any) -> Any:
    """Its last arguments joined along an axis."""
    return FUNCTIONS[_np.concatenate](args, axis)


def wrap_if_boxes_inside(raw_array: Any, slow_op_name: str | None = None) -> Any:
    """An array of objects that are boxes as a box."""
    return joined(raw_array) if raw_array.dtype.char == "O" else raw_array


def make_diagonal(D: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Matrices with these diagonals, in the last two dimensions."""
    if (offset, axis1, axis2) != (0, -1, -2):
        raise NotImplementedError("make_diagonal makes main diagonals in the last two dimensions: offset=0, axis1=-1, axis2=-2")
    return D[..., None] * _np.eye(D.shape[-1])


def wrap_namespace(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Put the functions of a namespace of NumPy's or SciPy's into another, as functions of arrays and boxes."""
    for name, value in old.items():
        if isinstance(value, type):
            new[name] = value
        elif value in FUNCTIONS or isinstance(value, _np.ufunc) or getattr(value, "__module__", "").startswith("numpy"):
            new[name] = function_of(value) if callable(value) else value
        elif callable(value):
            new[name] = primitive(value)
        elif isinstance(value, float | int | type(None)):
            new[name] = value


_astype = FUNCTIONS[getattr(_np, "astype", _np.array)]

__all__ = sorted({name for name in globals() if not name.startswith("_")} - {"annotations", "Any", "ModuleType", "FUNCTIONS"})
