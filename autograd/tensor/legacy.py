"""PyTorch's old constructors, with which its older programs make tensors: ``Tensor(2, 3)``, ``FloatTensor``, ``Variable``."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from warnings import warn

import numpy as np

from ..engine.gradients import queue_callback, require_grad
from ..engine.graph import make
from ..engine.values.devices import check
from ..engine.values.dtypes import get_default_dtype, set_default_dtype, to_array
from ..engine.values.size import Size
from ..errors import ArgumentError, describe
from ..functions.creation import is_tensor, to_shape
from ..types import Device, DType, Tensor


def constructed(args: tuple[Any, ...], dtype: np.dtype[Any]) -> np.ndarray:
    """The array of ``Tensor(*args)``: integers, or a Size, are a shape (of uninitialised memory); anything else is data.

    Raises:
        TypeError: several arguments that are not all integers.
    """
    if not args:
        return np.empty(0, dtype)
    if isinstance(args[0], Size) and len(args) == 1:
        return np.empty(to_shape(tuple(args[0])), dtype)
    if all([is_length(arg) for arg in args]):
        return np.empty(to_shape(args), dtype)
    if len(args) > 1:
        raise TypeError(f"a Tensor is made of one thing that holds its numbers, or of integers: its shape; not {describe(args)}")
    return to_array(args[0], dtype)


def is_length(value: object) -> bool:
    """Whether an argument of a constructor is the length of a dimension: an integer, but no boolean and no array."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_device(data: Any, device: Device | None) -> None:
    """Check the argument ``device`` of PyTorch's old constructors, which do not take it beside a tensor.

    Raises:
        ArgumentError: beside a tensor. RuntimeError: another device than the CPU.
    """
    if device is not None:
        check(device)
        if is_tensor(data):
            raise ArgumentError("the old constructor received a tensor together with device=: use tensor.to(device)")


class TensorType:
    """A PyTorch name for the tensors of one dtype, such as ``FloatTensor``: a call makes one, and ``isinstance`` recognizes them.

    Example:
        >>> import autograd
        >>> x = autograd.LongTensor([1, 2])
        >>> x, isinstance(x, autograd.LongTensor), isinstance(x, autograd.FloatTensor)
        (tensor([1, 2], dtype=int64), True, False)
    """

    def __init__(self, name: str, dtype: np.dtype[Any]) -> None:
        self.__name__ = self.__qualname__ = name
        self.__module__ = "autograd"
        self.dtype = dtype

    def __call__(self, *args: Any, device: Device | None = None) -> Tensor:
        check(device)
        return make(constructed(args, self.dtype))

    def __instancecheck__(self, value: Any) -> bool:
        return is_tensor(value) and value.dtype == self.dtype

    def __repr__(self) -> str:
        return f"<class 'autograd.{self.__name__}'>"


HalfTensor = TensorType("HalfTensor", np.dtype(np.float16))
FloatTensor = TensorType("FloatTensor", np.dtype(np.float32))
DoubleTensor = TensorType("DoubleTensor", np.dtype(np.float64))
CharTensor = TensorType("CharTensor", np.dtype(np.int8))
ShortTensor = TensorType("ShortTensor", np.dtype(np.int16))
IntTensor = TensorType("IntTensor", np.dtype(np.int32))
LongTensor = TensorType("LongTensor", np.dtype(np.int64))
ByteTensor = TensorType("ByteTensor", np.dtype(np.uint8))
BoolTensor = TensorType("BoolTensor", np.dtype(np.bool_))


class VariableType:
    """``Variable(x)``, which PyTorch's older programs call to put a tensor into a graph. Every tensor is a Variable.

    Example:
        >>> import autograd
        >>> w = autograd.Variable(autograd.ones(2), requires_grad=True)
        >>> w, isinstance(w, autograd.Variable)
        (tensor([1., 1.], dtype=float32, requires_grad=True), True)
    """

    __name__ = __qualname__ = "Variable"
    __module__ = "autograd"
    _execution_engine = SimpleNamespace(queue_callback=queue_callback)  # as PyTorch's programs name what runs backward

    def __call__(self, data: Tensor | None = None, requires_grad: bool = False) -> Tensor:
        if data is None:
            data = make(np.empty(0, get_default_dtype()))
        if not is_tensor(data):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}: use autograd.tensor")
        made = data.detach()
        return require_grad(made) if requires_grad else made

    def __instancecheck__(self, value: Any) -> bool:
        return is_tensor(value)

    def __repr__(self) -> str:
        return "<class 'autograd.Variable'>"


Variable = VariableType()


def set_default_tensor_type(t: TensorType | DType) -> None:
    """Set the default dtype, in PyTorch's old way: by a tensor type, or the name of one.

    Raises:
        TypeError: a type that is not floating point.

    Example:
        >>> import autograd, warnings
        >>> warnings.simplefilter("ignore")
        >>> autograd.set_default_tensor_type(autograd.DoubleTensor)
        >>> autograd.get_default_dtype()
        dtype('float64')
        >>> autograd.set_default_tensor_type("torch.FloatTensor")
    """
    warn("set_default_tensor_type is deprecated as of PyTorch 2.1, please use torch.set_default_dtype()", UserWarning, stacklevel=2)
    if isinstance(t, str):
        name = t.rpartition(".")[2]
        legacy = globals().get(name)
        if not isinstance(legacy, TensorType):
            raise TypeError(f"invalid type object: {t!r} is no tensor type such as 'torch.FloatTensor'")
        t = legacy
    set_default_dtype(t.dtype if isinstance(t, TensorType) else t)


__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor", "ShortTensor",
    "Variable", "set_default_tensor_type",
]  # fmt: skip
