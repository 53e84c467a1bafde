"""The methods of Tensor that convert it: to NumPy and Python, to another dtype."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ..engine.gradients import node_of
from ..engine.modes import current
from ..engine.values.devices import check, is_device
from ..engine.values.dtypes import get_default_dtype, to_dtype
from ..engine.values.size import row_by_row
from ..errors import ArgumentError, DtypeError, GraphError, describe
from ..functions import shape
from ..functions.creation import is_tensor
from ..types import Device, DType, Number, Tensor

_TYPE_NAMES = {
    "float16": "Half", "float32": "Float", "float64": "Double", "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long",
    "uint8": "Byte", "bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble",
}  # fmt: skip


class Conversion:
    """Methods that convert a tensor's values. Only ``to``, and the methods that call it, record a node in the graph."""

    __slots__ = ()

    # ------------------------------------------------------------------------------------------------------ to NumPy, Python
    def numpy(self: Tensor, *, force: builtins.bool = False) -> np.ndarray:
        """The values as a NumPy array that shares the memory.

        Args:
            force: return the array although the tensor requires a gradient. Within ``no_grad()`` that needs no force.

        Raises:
            GraphError: the tensor requires a gradient, and computations with the array would silently have none.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0, 2.0]).numpy()
            array([1., 2.], dtype=float32)
        """
        if not force and current().grad and node_of(self) is not None:
            raise GraphError(
                f"Can't call numpy() on Tensor that requires grad ({describe(self.array)}): no gradient would follow what is "
                f"computed with the array. Use tensor.detach().numpy()"
            )
        return self.array

    def __array__(self: Tensor, dtype: DType | None = None, copy: builtins.bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __dlpack__(self: Tensor, **kwargs: Any) -> Any:
        stream = kwargs.pop("stream", None)
        if stream is not None and not isinstance(stream, builtins.int):
            raise TypeError(f"__dlpack__: stream must be int or None, not {type(stream).__name__}")
        array = self.numpy()
        if 1 in array.shape:  # a dimension of length 1 has the stride that it would have row by row: other libraries read it
            own, plain = array.strides, row_by_row(array.shape)
            strides = [s if n > 1 else p * array.itemsize for n, s, p in zip(array.shape, own, plain, strict=True)]
            array = np.lib.stride_tricks.as_strided(array, strides=strides, writeable=array.flags.writeable)
        return array.__dlpack__(**kwargs)

    def to_dense(self: Tensor, dtype: DType | None = None) -> Tensor:
        """The tensor itself, in a dtype: there are no sparse ones.

        Example:
            >>> import autograd
            >>> autograd.ones(2).to_dense()
            tensor([1., 1.], dtype=float32)
        """
        return self if dtype is None else self.to(dtype)

    def __dlpack_device__(self: Tensor) -> Any:
        return self.array.__dlpack_device__()

    def item(self: Tensor) -> builtins.bool | builtins.int | builtins.float:  # or complex, which PyTorch's stubs omit as well
        """The only element, as a Python number.

        Raises:
            ArgumentError: there are more, or none.

        Example:
            >>> import autograd
            >>> autograd.tensor([[2.5]]).item()
            2.5
        """
        if self.array.size != 1:
            raise ArgumentError(
                f"a Tensor with {self.array.size} elements cannot be converted to Scalar ({describe(self.array)}): "
                f"index or reduce it to one element, or use .tolist()"
            )
        return self.array.item()

    def tolist(self: Tensor) -> Number | list[Any]:
        """The values as nested lists of Python numbers.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1, 2], [3, 4]]).tolist()
            [[1, 2], [3, 4]]
        """
        return self.array.tolist()

    def __bool__(self: Tensor) -> builtins.bool:
        """Whether the only element is not zero.

        Raises:
            ArgumentError: there are more, or none.

        Example:
            >>> import autograd
            >>> bool(autograd.tensor([0.5])), bool(autograd.tensor(0))
            (True, False)
        """
        if self.array.size != 1:
            count = "more than one value" if self.array.size else "no values"
            raise ArgumentError(f"Boolean value of Tensor with {count} is ambiguous ({describe(self.array)}): use .any() or .all()")
        return bool(self.array.item())

    def is_nonzero(self: Tensor) -> builtins.bool:
        """Whether the only element is not zero.

        Raises:
            ArgumentError: there are more, or none.

        Example:
            >>> import autograd
            >>> autograd.tensor([0.5]).is_nonzero(), autograd.tensor(False).is_nonzero()
            (True, False)
        """
        return bool(self)

    def _scalar(self: Tensor) -> Any:
        if self.array.size != 1:
            raise ArgumentError(f"only one element tensors can be converted to Python scalars, not {describe(self.array)}")
        return self.array.item()

    def __float__(self: Tensor) -> builtins.float:
        return float(self._real_scalar())

    def __int__(self: Tensor) -> builtins.int:
        return int(self._real_scalar())

    def _real_scalar(self: Tensor) -> Any:
        value = self._scalar()
        if isinstance(value, complex):
            raise DtypeError(f"a complex number cannot be converted to a real one: {value}: take .real")
        return value

    def __complex__(self: Tensor) -> complex:
        return complex(self._scalar())

    def __index__(self: Tensor) -> builtins.int:
        if self.array.dtype.kind not in "iub" or self.array.size != 1:
            raise TypeError(f"only integer tensors of a single element can be converted to an index, not {describe(self.array)}")
        return int(self.array.item())

    def __format__(self: Tensor, spec: str) -> str:
        if self.array.ndim == 0:
            return format(self.array.item(), spec)
        if spec:
            raise TypeError(f"unsupported format string passed to Tensor.__format__: {spec!r} for {describe(self.array)}")
        return repr(self)

    def __len__(self: Tensor) -> builtins.int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    def __contains__(self: Tensor, element: Any) -> builtins.bool:
        value = getattr(element, "array", element)
        if not isinstance(value, int | float | complex | np.ndarray | np.generic):
            raise DtypeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}")
        return bool((self.array == value).any())

    # ------------------------------------------------------------------------------------------------------------- new types
    def to(
        self: Tensor,
        *args: Tensor | DType | Device | builtins.bool | None,
        dtype: DType | None = None,
        device: Device | None = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
        memory_format: Any = None,
    ) -> Tensor:
        """This tensor in another dtype: ``to(dtype)``, ``to("cpu")``, ``to(device, dtype)``, ``to(other_tensor)``.

        The tensor itself is returned if it is of that dtype and ``copy`` is False. Gradients come back in its own dtype.

        Args:
            args: a dtype, a device, or a tensor whose dtype is meant; then ``non_blocking`` and ``copy``, as PyTorch takes them.
            dtype: of the result.
            device: "cpu".
            copy: return a new tensor in any case.
            non_blocking, memory_format: taken as PyTorch takes them, without effect: there is one device, and one format.

        Raises:
            RuntimeError: a device other than the CPU. TypeError: no dtype.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> w.to(autograd.float64).sum().backward()
            >>> w.grad
            tensor([1., 1.], dtype=float32)
            >>> w.to("cpu") is w
            True
        """
        arg: Any
        for position, arg in enumerate(args):
            if is_tensor(arg):
                dtype = arg.dtype
            elif arg is None or isinstance(arg, bool):
                copy = copy or (arg is True and position == len(args) - 1 and len(args) > 2)
            elif is_device(arg):
                check(arg)
            else:
                dtype = arg
        if device is not None:
            check(device)
        if dtype is not None:
            dtype = to_dtype(dtype)
            if dtype != self.array.dtype:
                return shape.astype(self, dtype)
        return shape.clone(self) if copy else self

    def type(self: Tensor, dtype: DType | None = None) -> str | Tensor:
        """The name of the type, as "torch.FloatTensor"; with an argument, the tensor in that dtype.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2)
            >>> x.type(), x.type(autograd.int64)
            ('torch.FloatTensor', tensor([1, 1], dtype=int64))
        """
        if dtype is None:
            return f"torch.{_TYPE_NAMES.get(str(self.array.dtype), str(self.array.dtype).capitalize())}Tensor"
        if isinstance(dtype, str) and dtype.endswith("Tensor"):
            short = dtype.rpartition(".")[2][:-6]
            names = {name: kind for kind, name in _TYPE_NAMES.items()}
            if short not in names:
                raise ValueError(f"invalid type: {dtype!r}")
            dtype = names[short]
        if getattr(dtype, "__name__", "").endswith("Tensor"):  # the classes FloatTensor and their kin, and Tensor itself
            dtype = getattr(dtype, "dtype", None)
            dtype = dtype if isinstance(dtype, np.dtype) else get_default_dtype()
        return self.to(dtype)

    def type_as(self: Tensor, other: Tensor) -> Tensor:
        """This tensor in another's dtype.

        Example:
            >>> import autograd
            >>> autograd.ones(2).type_as(autograd.arange(2))
            tensor([1, 1], dtype=int64)
        """
        return self.to(other.dtype)

    def float(self: Tensor, memory_format: Any = None) -> Tensor:
        """In float32.

        Example:
            >>> import autograd
            >>> autograd.arange(2).float()
            tensor([0., 1.], dtype=float32)
        """
        return self.to(np.float32)

    def double(self: Tensor, memory_format: Any = None) -> Tensor:
        """In float64.

        Example:
            >>> import autograd
            >>> autograd.arange(2).double()
            tensor([0., 1.], dtype=float64)
        """
        return self.to(np.float64)

    def half(self: Tensor, memory_format: Any = None) -> Tensor:
        """In float16.

        Example:
            >>> import autograd
            >>> autograd.arange(2).half()
            tensor([0., 1.], dtype=float16)
        """
        return self.to(np.float16)

    def bfloat16(self: Tensor, memory_format: Any = None) -> Tensor:
        """Not here: NumPy has no bfloat16.

        Example:
            >>> import autograd
            >>> autograd.ones(2).bfloat16()
            Traceback (most recent call last):
                ...
            autograd.errors.DtypeError: bfloat16 is not available, because NumPy has no such dtype: use .half() or .float()
            (An example, and how to mend it: docs/guides/errors.md#dtypeerror)
        """
        raise DtypeError("bfloat16 is not available, because NumPy has no such dtype: use .half() or .float()")

    def long(self: Tensor, memory_format: Any = None) -> Tensor:
        """In int64.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.7, -1.7]).long()
            tensor([ 1, -1], dtype=int64)
        """
        return self.to(np.int64)

    def int(self: Tensor, memory_format: Any = None) -> Tensor:
        """In int32.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.7, -1.7]).int()
            tensor([ 1, -1], dtype=int32)
        """
        return self.to(np.int32)

    def short(self: Tensor, memory_format: Any = None) -> Tensor:
        """In int16.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.7, -1.7]).short()
            tensor([ 1, -1], dtype=int16)
        """
        return self.to(np.int16)

    def char(self: Tensor, memory_format: Any = None) -> Tensor:
        """In int8.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.7, -1.7]).char()
            tensor([ 1, -1], dtype=int8)
        """
        return self.to(np.int8)

    def byte(self: Tensor, memory_format: Any = None) -> Tensor:
        """In uint8.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.7, 200.0]).byte()
            tensor([  1, 200], dtype=uint8)
        """
        return self.to(np.uint8)

    def bool(self: Tensor, memory_format: Any = None) -> Tensor:
        """In bool: whether each element is not zero.

        Example:
            >>> import autograd
            >>> autograd.tensor([0.0, 2.0]).bool()
            tensor([False,  True], dtype=bool)
        """
        return self.to(np.bool_)

    def cfloat(self: Tensor, memory_format: Any = None) -> Tensor:
        """In complex64.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0, 2.0]).cfloat()
            tensor([1.+0.j, 2.+0.j], dtype=complex64)
        """
        return self.to(np.complex64)

    def cdouble(self: Tensor, memory_format: Any = None) -> Tensor:
        """In complex128.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0, 2.0]).cdouble()
            tensor([1.+0.j, 2.+0.j], dtype=complex128)
        """
        return self.to(np.complex128)

    def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
        """The tensor: it is on the CPU.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2)
            >>> x.cpu() is x
            True
        """
        return self

    def cuda(self: Tensor, device: Device | None = None, non_blocking: builtins.bool = False) -> Tensor:
        """Not here: raises RuntimeError, because tensors live in the CPU's memory.

        Example:
            >>> import autograd
            >>> autograd.cuda.is_available()
            False
        """
        check("cuda")
        return self

    def resolve_conj(self: Tensor) -> Tensor:
        """The tensor: conjugation is never pending here.

        Example:
            >>> import autograd
            >>> z = autograd.tensor([1j]).conj()
            >>> z.resolve_conj() is z
            True
        """
        return self

    def resolve_neg(self: Tensor) -> Tensor:
        """The tensor: a negative is never pending here.

        Example:
            >>> import autograd
            >>> x = autograd.tensor([1j]).conj().imag
            >>> x.resolve_neg() is x
            True
        """
        return self


__all__ = ["Conversion"]
