"""The box of an array: what an array is and does, with a record of it. The functions of arrays live in functions.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engine import graph
from ..engine.op import Op
from ..engine.standin import StandIn
from . import products, recording  # noqa: F401  (products registers its functions)
from .calls import FUNCTIONS, call, foreign
from .functions import array, astype, getitem, plain, ravel, reshape, transpose
from .levels import REAL_AND_COMPLEX, Box, computing
from .recording import run
from .ufuncs import PLAIN


def _of(function: Callable[..., Any]) -> Callable[..., Any]:
    return FUNCTIONS[function]


def function_of(raw: Any) -> Callable[..., Any]:
    """The function of boxes that stands for one of NumPy's; made by the general way for all that have no shorter one."""
    function = FUNCTIONS.get(raw)
    if function is None:

        def function(*args: Any, **kwargs: Any) -> Any:
            return call(raw, args, kwargs)

        function.__name__ = function.__qualname__ = raw.__name__
        function.__doc__, function.__module__ = raw.__doc__, getattr(raw, "__module__", "numpy")
        FUNCTIONS[raw] = function
    return function


def _binary(raw: Any) -> Callable[[Any, Any], Any]:
    function = function_of(raw)

    def operator(self: Any, other: Any) -> Any:
        return NotImplemented if _defers(other) else function(self, other)

    return operator


def _reflected(raw: Any) -> Callable[[Any, Any], Any]:
    function = function_of(raw)

    def operator(self: Any, other: Any) -> Any:
        return NotImplemented if _defers(other) else function(other, self)

    return operator


def _defers(other: Any) -> bool:
    """Whether an operand computes with boxes itself: a tensor, in whose array a box stands in, and classes that say so."""
    return isinstance(other, graph.AnyTensor) or getattr(type(other), "__array_ufunc__", True) is None


def _unary(raw: Any) -> Callable[[Any], Any]:
    function = function_of(raw)
    return lambda self: function(self)


def _method(raw: Any) -> Callable[..., Any]:
    function = function_of(raw)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__ = raw.__name__
    method.__doc__ = f"``numpy.{raw.__name__}`` of this array."
    return method


class ArrayBox(Box, StandIn):
    """The box of an array or a number."""

    __slots__ = ()
    __array_priority__ = 100.0

    # ------------------------------------------------------------------------------------------------------------- what it is
    @property
    def shape(self) -> tuple[int, ...]:
        return getattr(self._value, "shape", ())

    @property
    def ndim(self) -> int:
        return len(getattr(self._value, "shape", ()))

    @property
    def size(self) -> int:
        return getattr(self._value, "size", 1)

    @property
    def dtype(self) -> np.dtype[Any]:
        value = self._value
        return value.dtype if hasattr(value, "dtype") else np.dtype(type(value))

    @property
    def numbers(self) -> np.ndarray:
        """The array itself, beneath all levels: for decisions that have no derivative."""
        return np.asarray(plain(self))

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def flags(self) -> Any:
        return np.asarray(plain(self)).flags

    @property
    def strides(self) -> tuple[int, ...]:
        return np.asarray(plain(self)).strides

    @property
    def base(self) -> Any:
        return getattr(plain(self), "base", None)

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __hash__(self) -> int:
        return id(self)

    # ---------------------------------------------------------------------------------------------------------------- protocols
    @property
    def __array__(self) -> Any:
        """Absent to NumPy in users' programs: ``np.array(box)`` is an array of objects, each a box of one number, and carries the
        gradient on. Within ops, where nobody expects such arrays, it raises."""
        if computing.get():
            return self._no_array
        raise AttributeError("__array__")

    def _no_array(self, *args: Any, **kwargs: Any) -> Any:
        self._refuse("an array made")

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        from importlib import import_module

        return import_module("autograd.numpy")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **kwargs: Any) -> Any:
        for v in inputs:
            if type(v) not in _KNOWN and (isinstance(v, graph.AnyTensor) or foreign(v)):
                return NotImplemented
        if out:
            return self._into(ufunc, method, inputs, out, kwargs)
        if method == "__call__":
            return function_of(ufunc)(*inputs, **kwargs)
        return call(ufunc, inputs, kwargs, method)

    def _into(self, ufunc: np.ufunc, method: str, inputs: Any, out: Any, kwargs: Any) -> Any:
        """``array += box``: Python binds the name to the result, which is a box. The array itself can hold no record of it, so
        its numbers become nan, lest another name for it be read in good faith."""
        target = out[0]
        if method != "__call__" or len(out) != 1 or kwargs or not any([v is target for v in inputs[:1]]):
            raise TypeError(f"np.{ufunc.__name__}: out= is an array, and the result depends on a box: leave out= away")
        result = function_of(ufunc)(*inputs)
        if result.shape != target.shape:
            raise ValueError(f"non-broadcastable output operand with shape {target.shape} for a result of shape {result.shape}")
        if (write := getattr(target, "__setitem__", None)) is not None and hasattr(target, "_boxed"):
            write(..., result)
            return target
        return _to_dtype(result, target.dtype)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any([issubclass(kind, graph.AnyTensor) for kind in types]):
            return NotImplemented
        return function_of(function)(*args, **kwargs)

    def __record__(self, op: Op, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        operands = args[0] if op.variadic else args
        for value in operands:
            if isinstance(value, graph.AnyTensor):
                return value.__record__(op, args, params)
        inputs = len(op.inputs)
        if len(args) > inputs:
            params = {**dict(zip(op.defaults, args[inputs:], strict=False)), **params}
        return run(op, args[:inputs], {**op.defaults, **params})

    def copy(self, order: Any = "C") -> Any:
        return function_of(np.positive)(self)

    def opaque(self, name: str, function: Any, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        raise NotImplementedError(f"the rule of {name} cannot be differentiated within another derivative")

    def unwrap(self) -> np.ndarray:
        """An array of objects, each the box of one number.

        A subclass of NumPy's array with a protocol of its own, PennyLane's for one, asks its operands for what its base class can
        compute with, and that is an array without a protocol.
        """
        objects = np.empty(self.shape, object)
        for place in np.ndindex(*self.shape):
            objects[place] = self[place] if place else self
        return objects

    # ------------------------------------------------------------------------------------------------- ways to a number: closed
    def _refuse(self, how: str) -> Any:
        raise TypeError(
            f"{how} of a box is a number that carries no gradient: compute with the box, or take its value with "
            f"autograd.tracer.getval where no gradient is wanted"
        )

    def __float__(self) -> float:
        return self._refuse("float()")

    def __int__(self) -> int:
        return self._refuse("int()")

    def __complex__(self) -> complex:
        return self._refuse("complex()")

    def __index__(self) -> int:
        return self._refuse("an index made")

    def __format__(self, spec: str) -> str:
        return str(self) if not spec else self._refuse(f"formatting with {spec!r}")

    def item(self, *args: Any) -> Any:
        return self[args] if args else reshape(self, ())

    def tolist(self) -> Any:
        return self[()] if not self.ndim else [part.tolist() for part in self]

    # ---------------------------------------------------------------------------------------------------------- parts and shapes
    __getitem__ = getitem

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "a box cannot be written into: write into an array that was made by autograd.numpy.zeros (or empty, ones, full) "
            "within the function, or use autograd.numpy.where"
        )

    @property
    def T(self) -> Any:  # noqa: N802  (NumPy's name)
        return transpose(self)

    @property
    def mT(self) -> Any:  # noqa: N802  (NumPy's name)
        return function_of(np.matrix_transpose)(self)

    @property
    def real(self) -> Any:
        return function_of(np.real)(self)

    @property
    def imag(self) -> Any:
        return function_of(np.imag)(self)

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        return reshape(self, shape[0] if len(shape) == 1 else shape, **kwargs)

    def transpose(self, *axes: Any) -> Any:
        return transpose(self, axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None)

    def flatten(self, *args: Any, **kwargs: Any) -> Any:
        return ravel(self, *args, **kwargs)

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        return astype(self, dtype)

    def view(self, *args: Any) -> Any:
        if args and args[0] is not np.ndarray:
            raise NotImplementedError("the view of a box in another dtype or class is not differentiated")
        return self

    # ----------------------------------------------------------------------------------------------------- operators and methods
    __neg__, __pos__, __abs__ = _unary(np.negative), _unary(np.positive), _unary(np.absolute)
    __add__, __radd__ = _binary(np.add), _reflected(np.add)
    __sub__, __rsub__ = _binary(np.subtract), _reflected(np.subtract)
    __mul__, __rmul__ = _binary(np.multiply), _reflected(np.multiply)
    __truediv__, __rtruediv__ = _binary(np.true_divide), _reflected(np.true_divide)
    __floordiv__, __rfloordiv__ = _binary(np.floor_divide), _reflected(np.floor_divide)
    __mod__, __rmod__ = _binary(np.remainder), _reflected(np.remainder)
    __pow__, __rpow__ = _binary(np.power), _reflected(np.power)
    __matmul__, __rmatmul__ = _binary(np.matmul), _reflected(np.matmul)
    __eq__, __ne__ = _binary(np.equal), _binary(np.not_equal)
    __lt__, __le__ = _binary(np.less), _binary(np.less_equal)
    __gt__, __ge__ = _binary(np.greater), _binary(np.greater_equal)
    __and__, __rand__ = _binary(np.bitwise_and), _reflected(np.bitwise_and)
    __or__, __ror__ = _binary(np.bitwise_or), _reflected(np.bitwise_or)
    __invert__ = _unary(np.invert)

    all, any, argmax, argmin = _method(np.all), _method(np.any), _method(np.argmax), _method(np.argmin)
    argpartition, argsort, nonzero = _method(np.argpartition), _method(np.argsort), _method(np.nonzero)
    searchsorted, round, clip, compress = _method(np.searchsorted), _method(np.round), _method(np.clip), _method(np.compress)
    conj = conjugate = _method(np.conjugate)
    cumprod, cumsum, diagonal, dot = _method(np.cumprod), _method(np.cumsum), _method(np.diagonal), _method(np.dot)
    max, mean, min, prod, ptp = _method(np.max), _method(np.mean), _method(np.min), _method(np.prod), _method(np.ptp)
    ravel, repeat, squeeze, std = _method(np.ravel), _method(np.repeat), _method(np.squeeze), _method(np.std)
    sum, swapaxes, take, trace = _method(np.sum), _method(np.swapaxes), _method(np.take), _method(np.trace)
    var, choose = _method(np.var), _method(np.choose)


# Operands that have no protocol of their own.
_KNOWN = frozenset({*PLAIN, ArrayBox})


class _NodeArrayBox(ArrayBox):
    """The box of an array within a level whose nodes are of a class that the engine does not know: it takes the general way."""

    __slots__ = ()


def _to_dtype(x: Any, dtype: Any) -> Any:
    return x if x.dtype == dtype else array(x, dtype)


# Packages tell boxes by this name.
for _cls in (ArrayBox, _NodeArrayBox):
    _cls.__module__, _cls.__name__, _cls.__qualname__ = "autograd.numpy.numpy_boxes", "ArrayBox", "ArrayBox"
recording.bind(ArrayBox, _NodeArrayBox)
ArrayBox.register(np.ndarray)
for _pair in REAL_AND_COMPLEX:
    for _kind in filter(None, _pair):
        ArrayBox.register(_kind)
Box.types.add(_NodeArrayBox)
Box.type_mappings[_NodeArrayBox] = ArrayBox

__all__ = ["ArrayBox", "function_of"]
