"""The methods of Tensor that concern its type and its values: what they become elsewhere, and what is written over them all."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from .. import types
from ..engine.devices import check, is_device
from ..engine.dtypes import to_array, to_dtype
from ..engine.gradients import node_of
from ..engine.graph import Node, make
from ..errors import ArgumentError, DtypeError, GraphError, ShapeError, describe
from ..functions.creation import finish, to_shape
from ..functions.inplace import assign

_TYPE_NAMES = {
    "float16": "Half", "float32": "Float", "float64": "Double", "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long",
    "uint8": "Byte", "bool": "Bool", "complex64": "ComplexFloat", "complex128": "ComplexDouble",
}  # fmt: skip


class Conversions:
    """What a Tensor's values become; nothing here but ``to``, and what calls it, is an op."""

    __slots__ = ()

    array: np.ndarray
    node: Node | None

    # ------------------------------------------------------------------------------------------------------ to NumPy, Python
    def numpy(self, *, force: builtins.bool = False) -> np.ndarray:
        """The values as a NumPy array that shares the memory; ``force`` gives them even if a gradient is needed.

        Raises:
            GraphError: a gradient is needed: what is computed with the array would silently have none.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0, 2.0]).numpy()
            array([1., 2.], dtype=float32)
        """
        if not force and node_of(self) is not None:
            raise GraphError(
                f"Can't call numpy() on Tensor that requires grad ({describe(self.array)}): what is computed with the array would "
                f"leave the graph. Use tensor.detach().numpy()"
            )
        return self.array

    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self.numpy().__dlpack__(**kwargs)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()

    def item(self) -> Any:
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

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers.

        Example:
            >>> import autograd
            >>> autograd.tensor([[1, 2], [3, 4]]).tolist()
            [[1, 2], [3, 4]]
        """
        return self.array.tolist()

    def __bool__(self) -> builtins.bool:
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

    def is_nonzero(self) -> builtins.bool:
        """Whether the only element is not zero.

        Raises:
            ArgumentError: there are more, or none.

        Example:
            >>> import autograd
            >>> autograd.tensor([0.5]).is_nonzero(), autograd.tensor(False).is_nonzero()
            (True, False)
        """
        return bool(self)

    def _scalar(self) -> Any:
        if self.array.size != 1:
            raise ArgumentError(f"only one element tensors can be converted to Python scalars, not {describe(self.array)}")
        return self.array.item()

    def __float__(self) -> builtins.float:
        return float(self._scalar())

    def __int__(self) -> builtins.int:
        return int(self._scalar())

    def __complex__(self) -> complex:
        return complex(self._scalar())

    def __index__(self) -> builtins.int:
        if self.array.dtype.kind not in "iub" or self.array.size != 1:
            raise TypeError(f"only integer tensors of a single element can be converted to an index, not {describe(self.array)}")
        return int(self.array.item())

    def __format__(self, spec: str) -> str:
        if self.array.ndim == 0:
            return format(self.array.item(), spec)
        if spec:
            raise TypeError(f"unsupported format string passed to Tensor.__format__: {spec!r} for {describe(self.array)}")
        return repr(self)

    def __len__(self) -> builtins.int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    def __contains__(self, element: Any) -> builtins.bool:
        value = getattr(element, "array", element)
        if not isinstance(value, int | float | complex | np.ndarray | np.generic):
            raise DtypeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}")
        return bool((self.array == value).any())

    # ------------------------------------------------------------------------------------------------------------- new types
    def to(
        self, *args: Any, dtype: Any = None, device: Any = None, non_blocking: Any = False, copy: Any = False,
        memory_format: Any = None,
    ) -> Any:  # fmt: skip
        """This tensor in another dtype: ``to(dtype)``, ``to("cpu")``, ``to(device, dtype)``, ``to(other_tensor)``.

        The tensor itself is returned if it is of that dtype and ``copy`` is False. Gradients come back in its own dtype.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> w.to(autograd.float64).sum().backward()
            >>> w.grad
            tensor([1., 1.], dtype=float32)
            >>> w.to("cpu") is w
            True
        """
        for position, arg in enumerate(args):
            if isinstance(arg, Conversions):
                dtype = arg.array.dtype
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
                return self.astype(dtype)  # type: ignore[attr-defined]
        return self.clone() if copy else self  # type: ignore[attr-defined]

    def type(self, dtype: Any = None) -> Any:
        """The name of the type, as "FloatTensor"; with an argument, the tensor in that dtype.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2)
            >>> x.type(), x.type(autograd.int64)
            ('FloatTensor', tensor([1, 1], dtype=int64))
        """
        if dtype is None:
            return f"{_TYPE_NAMES.get(str(self.array.dtype), str(self.array.dtype).capitalize())}Tensor"
        if isinstance(dtype, str) and dtype.endswith("Tensor"):
            short = dtype.rpartition(".")[2][:-6]
            names = {name: found for found, name in _TYPE_NAMES.items()}
            if short not in names:
                raise ValueError(f"invalid type: {dtype!r}")
            dtype = names[short]
        return self.to(dtype)

    def type_as(self, other: Any) -> Any:
        """This tensor in another's dtype.

        Example:
            >>> import autograd
            >>> autograd.ones(2).type_as(autograd.arange(2))
            tensor([1, 1], dtype=int64)
        """
        return self.to(other.dtype)

    def float(self) -> Any:
        """In float32.

        Example:
            >>> import autograd
            >>> autograd.arange(2).float()
            tensor([0., 1.], dtype=float32)
        """
        return self.to(np.float32)

    def double(self) -> Any:
        """In float64.

        Example:
            >>> import autograd
            >>> autograd.arange(2).double()
            tensor([0., 1.], dtype=float64)
        """
        return self.to(np.float64)

    def half(self) -> Any:
        """In float16.

        Example:
            >>> import autograd
            >>> autograd.arange(2).half()
            tensor([0., 1.], dtype=float16)
        """
        return self.to(np.float16)

    def bfloat16(self) -> Any:
        """Not here: NumPy has no bfloat16.

        Example:
            >>> import autograd
            >>> autograd.ones(2).bfloat16()
            Traceback (most recent call last):
                ...
            autograd.errors.DtypeError: bfloat16 is not available, because NumPy has no such dtype: use .half() or .float()
        """
        raise DtypeError("bfloat16 is not available, because NumPy has no such dtype: use .half() or .float()")

    def long(self) -> Any:
        """In int64.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.7, -1.7]).long()
            tensor([ 1, -1], dtype=int64)
        """
        return self.to(np.int64)

    def int(self) -> Any:
        """In int32.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.7, -1.7]).int()
            tensor([ 1, -1], dtype=int32)
        """
        return self.to(np.int32)

    def short(self) -> Any:
        """In int16.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.7, -1.7]).short()
            tensor([ 1, -1], dtype=int16)
        """
        return self.to(np.int16)

    def char(self) -> Any:
        """In int8.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.7, -1.7]).char()
            tensor([ 1, -1], dtype=int8)
        """
        return self.to(np.int8)

    def byte(self) -> Any:
        """In uint8.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.7, 200.0]).byte()
            tensor([  1, 200], dtype=uint8)
        """
        return self.to(np.uint8)

    def bool(self) -> Any:
        """In bool: whether each element is not zero.

        Example:
            >>> import autograd
            >>> autograd.tensor([0.0, 2.0]).bool()
            tensor([False,  True], dtype=bool)
        """
        return self.to(np.bool_)

    def cfloat(self) -> Any:
        """In complex64.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0, 2.0]).cfloat()
            tensor([1.+0.j, 2.+0.j], dtype=complex64)
        """
        return self.to(np.complex64)

    def cdouble(self) -> Any:
        """In complex128.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0, 2.0]).cdouble()
            tensor([1.+0.j, 2.+0.j], dtype=complex128)
        """
        return self.to(np.complex128)

    def cpu(self, memory_format: Any = None) -> Any:
        """The tensor: it is on the CPU.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2)
            >>> x.cpu() is x
            True
        """
        return self

    def cuda(self, device: Any = None, non_blocking: Any = False) -> Any:
        """Not here: raises RuntimeError, because tensors live in the CPU's memory.

        Example:
            >>> import autograd
            >>> autograd.cuda.is_available()
            False
        """
        return check("cuda")

    def resolve_conj(self: Any) -> types.Tensor:
        """The tensor: conjugation is never pending here.

        Example:
            >>> import autograd
            >>> z = autograd.tensor([1j]).conj()
            >>> z.resolve_conj() is z
            True
        """
        return self

    def resolve_neg(self: Any) -> types.Tensor:
        """The tensor: a negative is never pending here.

        Example:
            >>> import autograd
            >>> x = autograd.tensor([1j]).conj().imag
            >>> x.resolve_neg() is x
            True
        """
        return self

    # ---------------------------------------------------------------------------------------------------- new of this dtype
    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: Any = False) -> Any:
        """A tensor of some data, of this tensor's dtype.

        Example:
            >>> import autograd
            >>> autograd.ones(2, dtype=autograd.float64).new_tensor([1, 2])
            tensor([1., 2.], dtype=float64)
        """
        return finish(to_array(data, self._or(dtype)), device, requires_grad)

    def new_zeros(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: Any = False) -> Any:
        """Zeros of a shape, of this tensor's dtype.

        Example:
            >>> import autograd
            >>> autograd.ones(2, dtype=autograd.float64).new_zeros(3)
            tensor([0., 0., 0.], dtype=float64)
        """
        return finish(np.zeros(to_shape(size), self._or(dtype)), device, requires_grad)

    def new_ones(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: Any = False) -> Any:
        """Ones of a shape, of this tensor's dtype.

        Example:
            >>> import autograd
            >>> autograd.arange(2).new_ones(3)
            tensor([1, 1, 1], dtype=int64)
        """
        return finish(np.ones(to_shape(size), self._or(dtype)), device, requires_grad)

    def new_empty(self, *size: Any, dtype: Any = None, device: Any = None, requires_grad: Any = False) -> Any:
        """Memory of a shape with whatever it holds, of this tensor's dtype.

        Example:
            >>> import autograd
            >>> autograd.arange(2).new_empty(2, 3).shape
            (2, 3)
        """
        return finish(np.empty(to_shape(size), self._or(dtype)), device, requires_grad)

    def new_full(self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: Any = False) -> Any:
        """One value in every place of a shape, of this tensor's dtype.

        Example:
            >>> import autograd
            >>> autograd.arange(2).new_full((3,), 7)
            tensor([7, 7, 7], dtype=int64)
        """
        return finish(np.full(to_shape((size,)), getattr(fill_value, "array", fill_value), self._or(dtype)), device, requires_grad)

    def _or(self, dtype: Any) -> np.dtype[Any]:
        return self.array.dtype if dtype is None else to_dtype(dtype)

    # ----------------------------------------------------------------------------------------------------- writing all of it
    def copy_(self, src: Any, non_blocking: Any = False) -> Any:
        """Write another tensor's values here; they broadcast, and are converted to this dtype. Gradients follow them.

        Raises:
            DtypeError: complex values into real memory. ShapeError: values that do not fit.

        Example:
            >>> import autograd
            >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
            >>> x = autograd.zeros(2)
            >>> (x.copy_(w) * 3).sum().backward()
            >>> w.grad
            tensor([3., 3.], dtype=float32)
        """
        if not isinstance(src, Conversions):
            src = make(to_array(src))
        if src.array.dtype.kind == "c" and self.array.dtype.kind != "c":
            raise DtypeError(f"copy_: complex {describe(src.array)} does not go into {describe(self.array)}: take .real first")
        return assign(self, src.to(self.array.dtype), name="copy_")

    def fill_(self: Any, value: types.TensorLike) -> types.Tensor:
        """Write one number, or a tensor with no dimensions, everywhere.

        Example:
            >>> import autograd
            >>> autograd.zeros(2).fill_(7)
            tensor([7., 7.], dtype=float32)
        """
        source = value if isinstance(value, Conversions) else make(to_array(value))
        if source.array.ndim:
            raise ShapeError(f"fill_ only supports 0-dimension value tensor but got {describe(source.array)}: copy_ broadcasts")
        if source.array.dtype.kind == "c" and self.array.dtype.kind != "c":
            raise DtypeError(f"fill_: a complex value does not go into {describe(self.array)}")
        return assign(self, source.to(self.array.dtype), name="fill_")

    def fill_diagonal_(self, fill_value: Any, wrap: Any = False) -> Any:
        """Write a number along the main diagonal of a matrix, or of a tensor whose dimensions are all equal.

        Example:
            >>> import autograd
            >>> autograd.zeros(2, 3).fill_diagonal_(7)
            tensor([[7., 0., 0.],
                    [0., 7., 0.]], dtype=float32)
        """
        if self.array.ndim < 2:
            raise ShapeError(f"fill_diagonal_ needs at least 2 dimensions, not {describe(self.array)}")
        if self.array.ndim > 2 and len(set(self.array.shape)) > 1:
            raise ShapeError(f"fill_diagonal_ needs equal dimensions where there are more than 2, not {describe(self.array)}")
        mask = np.zeros(self.array.shape, np.bool_)
        np.fill_diagonal(mask, True, wrap=wrap)
        return assign(self, np.asarray(fill_value).astype(self.array.dtype), mask, "fill_diagonal_")

    def apply_(self, callable: Any) -> Any:
        """Replace each element by what a Python function of it returns. Slow, and without gradients.

        Example:
            >>> import autograd
            >>> autograd.tensor([1.0, 2.0]).apply_(lambda v: v * v + 1)
            tensor([2., 5.], dtype=float32)
        """
        if node_of(self) is not None:
            raise GraphError("apply_ can't be recorded: a Python function of numbers has no gradient here; detach() first")
        values = np.array([callable(v) for v in self.array.ravel().tolist()]).reshape(self.array.shape)
        return assign(self, values.astype(self.array.dtype), name="apply_")

    def zero_(self: Any) -> types.Tensor:
        """Write zeros everywhere.

        Example:
            >>> import autograd
            >>> autograd.ones(2).zero_()
            tensor([0., 0.], dtype=float32)
        """
        return assign(self, make(np.zeros((), self.array.dtype)), name="zero_")


__all__ = ["Conversions"]
