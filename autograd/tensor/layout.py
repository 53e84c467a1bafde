"""The methods of Tensor that describe its memory: shape, dtype, strides, address. None reads an element."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from ..engine import memory
from ..engine.modes import Marking
from ..engine.recording import alias
from ..engine.values.devices import CPU, device, layout, strided
from ..engine.values.size import SIZES, Size, row_by_row
from ..errors import ArgumentError, GraphError, describe
from ..types import Device, MemoryFormat, Tensor


class UntypedStorage:
    """The memory that a tensor shares with its views, in bytes: where it lies and how long it is. NumPy's array owns it."""

    __slots__ = ("_owner",)

    def __init__(self, array: np.ndarray) -> None:
        self._owner = memory.owner(array)

    def data_ptr(self) -> int:
        """The address of its first byte."""
        return int(self._owner.__array_interface__["data"][0])

    def nbytes(self) -> int:
        """The number of bytes."""
        return int(self._owner.nbytes)

    def size(self) -> int:
        """The number of bytes."""
        return self.nbytes()

    def __len__(self) -> int:
        return self.nbytes()

    def __repr__(self) -> str:
        return f"UntypedStorage({self.nbytes()} bytes)"


class Layout:
    """The properties and methods that describe a tensor's memory."""

    __slots__ = ()

    @property
    def shape(self: Tensor) -> Size:
        """Length of each dimension: a tuple, which also has ``numel()``.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2, 3)
            >>> x.shape, x.shape.numel()
            ((2, 3), 6)
        """
        return SIZES[self.array.shape]

    @property
    def dtype(self: Tensor) -> np.dtype[Any]:
        """Type of the elements, as NumPy's dtype.

        Example:
            >>> import autograd
            >>> autograd.ones(2).dtype, autograd.ones(2).dtype == autograd.float32
            (dtype('float32'), True)
        """
        return self.array.dtype

    @property
    def ndim(self: Tensor) -> int:
        """Number of dimensions.

        Example:
            >>> import autograd
            >>> autograd.ones(2, 3).ndim
            2
        """
        return self.array.ndim

    @property
    def nbytes(self: Tensor) -> int:
        """Bytes of all elements.

        Example:
            >>> import autograd
            >>> autograd.ones(2, 3).nbytes
            24
        """
        return self.array.nbytes

    @property
    def itemsize(self: Tensor) -> int:
        """Bytes of one element.

        Example:
            >>> import autograd
            >>> autograd.ones(2, 3).itemsize
            4
        """
        return self.array.itemsize

    @property
    def device(self: Tensor) -> device:
        """The CPU: equal to "cpu".

        Example:
            >>> import autograd
            >>> autograd.ones(2).device == "cpu"
            True
        """
        return CPU

    is_cpu = True
    is_cuda = is_mps = is_xpu = is_mtia = is_xla = is_ipu = is_vulkan = is_meta = False
    is_sparse = is_sparse_csr = is_mkldnn = is_nested = is_quantized = False

    @overload
    def size(self: Tensor, dim: None = None) -> Size: ...
    @overload
    def size(self: Tensor, dim: int) -> int: ...
    def size(self: Tensor, dim: int | None = None) -> Size | int:
        """The shape, or the length of one dimension.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2, 3)
            >>> x.size(), x.size(-1)
            ((2, 3), 3)
        """
        return SIZES[self.array.shape] if dim is None else self.array.shape[_checked(self, dim)]

    def dim(self: Tensor) -> int:
        """Number of dimensions.

        Example:
            >>> import autograd
            >>> autograd.ones(2, 3).dim()
            2
        """
        return self.array.ndim

    ndimension = alias(dim, "ndimension")

    def numel(self: Tensor) -> int:
        """Number of elements.

        Example:
            >>> import autograd
            >>> autograd.ones(2, 3).numel()
            6
        """
        return self.array.size

    nelement = alias(numel, "nelement")

    def element_size(self: Tensor) -> int:
        """Bytes of one element.

        Example:
            >>> import autograd
            >>> autograd.ones(2).element_size()
            4
        """
        return self.array.itemsize

    @overload
    def stride(self: Tensor, dim: None = None) -> tuple[int, ...]: ...
    @overload
    def stride(self: Tensor, dim: int) -> int: ...
    def stride(self: Tensor, dim: int | None = None) -> tuple[int, ...] | int:
        """How many elements apart neighbours are in memory, in each dimension or in one.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2, 3)
            >>> x.stride(), x.t().stride()
            ((3, 1), (1, 3))
        """
        array = self.array
        # NumPy gives new arrays without elements strides of 0; a part of another array has that array's.
        steps = tuple([s // array.itemsize for s in array.strides]) if array.size or all(array.strides) else row_by_row(array.shape)
        return steps if dim is None else steps[_checked(self, dim)]

    @property
    def layout(self: Tensor) -> layout:
        """How the elements are stored: strided, in one array.

        Example:
            >>> import autograd
            >>> autograd.ones(2).layout is autograd.strided
            True
        """
        return strided

    def pin_memory(self: Tensor, device: Device | None = None) -> Tensor:
        """The tensor itself: there is no other device to which its memory could be sent faster.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2)
            >>> x.pin_memory() is x, x.is_pinned()
            (True, False)
        """
        return self

    def is_pinned(self: Tensor, device: Device | None = None) -> bool:
        """Whether the memory is pinned for another device: never.

        Example:
            >>> import autograd
            >>> autograd.ones(2).is_pinned()
            False
        """
        return False

    def is_contiguous(self: Tensor, memory_format: MemoryFormat | None = None) -> bool:
        """Whether the elements follow each other in memory without gaps, the last dimension fastest.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2, 3)
            >>> x.is_contiguous(), x.t().is_contiguous()
            (True, False)
        """
        return self.array.flags.c_contiguous

    def _is_view(self: Tensor) -> bool:
        return self._view is not None

    @property
    def _base(self: Tensor) -> Tensor | None:
        return None if self._view is None else self._view.base

    def data_ptr(self: Tensor) -> int:
        """The address of the first element.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2, 3)
            >>> x.view(6).data_ptr() == x.data_ptr()
            True
        """
        return int(self.array.__array_interface__["data"][0])

    def untyped_storage(self: Tensor) -> UntypedStorage:
        """The memory that the tensor shares with its views: its ``data_ptr()``, ``nbytes()`` and ``size()``.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2, 3)
            >>> x[1:].untyped_storage().data_ptr() == x.untyped_storage().data_ptr(), x[1:].untyped_storage().nbytes()
            (True, 24)
        """
        return UntypedStorage(self.array)

    def is_floating_point(self: Tensor) -> bool:
        """Whether the elements are floating point numbers.

        Example:
            >>> import autograd
            >>> autograd.ones(2).is_floating_point()
            True
        """
        return self.array.dtype.kind == "f"

    def is_complex(self: Tensor) -> bool:
        """Whether the elements are complex numbers.

        Example:
            >>> import autograd
            >>> autograd.ones(2).is_complex()
            False
        """
        return self.array.dtype.kind == "c"

    def is_signed(self: Tensor) -> bool:
        """Whether the elements can be negative.

        Example:
            >>> import autograd
            >>> autograd.ones(2).is_signed(), autograd.ones(2, dtype=autograd.uint8).is_signed()
            (True, False)
        """
        return self.array.dtype.kind in "ifc"

    def storage_offset(self: Tensor) -> int:
        """How many elements of the memory come before the first of this tensor.

        Example:
            >>> import autograd
            >>> autograd.arange(10)[3:].storage_offset()
            3
        """
        start = memory.owner(self.array).__array_interface__["data"][0]
        return int(self.data_ptr() - start) // self.array.itemsize

    def get_device(self: Tensor) -> int:
        """-1, PyTorch's number for the CPU.

        Example:
            >>> import autograd
            >>> autograd.ones(2).get_device()
            -1
        """
        return -1

    def is_same_size(self: Tensor, other: Tensor) -> bool:
        """Whether another tensor has the same shape.

        Example:
            >>> import autograd
            >>> autograd.ones(2, 3).is_same_size(autograd.ones(3, 2))
            False
        """
        return self.array.shape == tuple(other.shape)

    def is_set_to(self: Tensor, tensor: Tensor) -> bool:
        """Whether another tensor is the same piece of the same memory: its beginning, shape and strides.

        Example:
            >>> import autograd
            >>> x = autograd.ones(2, 3)
            >>> x.is_set_to(x.view(2, 3)), x.is_set_to(x.view(3, 2)), x.is_set_to(x.clone())
            (True, False, False)
        """
        x, y = self.array, tensor.array
        same = memory.owner(x) is memory.owner(y) and x.shape == y.shape and x.strides == y.strides
        return same and self.data_ptr() == tensor.data_ptr()

    def is_conj(self: Tensor) -> bool:
        """False: ``conj`` computes the conjugate at once here, and leaves nothing pending.

        Example:
            >>> import autograd
            >>> autograd.tensor([1j]).conj().is_conj()
            False
        """
        return False

    def is_neg(self: Tensor) -> bool:
        """False: an op computes a negative at once here, and leaves nothing pending.

        Example:
            >>> import autograd
            >>> autograd.tensor([1j]).conj().imag.is_neg()
            False
        """
        return False

    def is_inference(self: Tensor) -> bool:
        """Whether the tensor was made within ``inference_mode``, and is no view of one that was not.

        Example:
            >>> import autograd
            >>> with autograd.inference_mode():
            ...     x = autograd.ones(2)
            >>> x.is_inference(), (x * 2).is_inference()
            (True, False)
        """
        return type(self) is Marking.marked

    def dim_order(self: Tensor, *, ambiguity_check: bool = False) -> tuple[int, ...]:
        """The dimensions in the order of their strides, the widest first: as they lie in memory.

        Args:
            ambiguity_check: raise where another order has the same strides.

        Raises:
            ArgumentError: with ambiguity_check, dimensions of length 1 or of equal strides.

        Example:
            >>> import autograd
            >>> autograd.ones(2, 3, 4).dim_order(), autograd.ones(2, 3, 4).permute(1, 2, 0).dim_order()
            ((0, 1, 2), (2, 0, 1))
        """
        if ambiguity_check and (1 in self.array.shape or len(set(self.array.strides)) < self.array.ndim):
            raise ArgumentError(f"dim_order: the tensor does not have unique dim order: {describe(self.array)}")
        return tuple(sorted(range(self.array.ndim), key=lambda d: -self.array.strides[d]))

    @property
    def _version(self: Tensor) -> int:
        """How often the memory was written in place.

        Raises:
            GraphError: a tensor that was made within ``inference_mode``: nobody counts for it, as in PyTorch.
        """
        if type(self) is Marking.marked:
            raise GraphError("Inference tensors do not track version counter.")
        return memory.version(self.array)


def _checked(t: Tensor, dim: int) -> int:
    """The dimension, if the tensor has it."""
    n = t.array.ndim
    if not n:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if not -n <= dim < n:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim}): {describe(t.array)}")
    return dim


__all__ = ["Layout"]
