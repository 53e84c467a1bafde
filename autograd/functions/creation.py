"""Creating tensors: from data, of a shape, in a sequence. (Random tensors are in random.py.)"""

from __future__ import annotations

import operator
from math import isfinite, prod
from typing import Any, TypeGuard
from warnings import warn

import numpy as np

from ..engine.gradients import require_grad
from ..engine.graph import make
from ..engine.recording import operand
from ..engine.standin import own
from ..engine.values.devices import are_deterministic_algorithms_enabled, check, fill_uninitialized_memory
from ..engine.values.dtypes import default_for, get_default_dtype, number_as, of_dlpack, to_array, to_dtype
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..types import ArrayLike, Device, DType, MemoryFormat, Size, Tensor, TensorLike


def finish(array: np.ndarray, device: Device | None = None, requires_grad: bool = False) -> Tensor:
    """The last step of the functions here: a tensor that takes over an array which nothing else uses."""
    if device is not None:
        check(device)
    t = make(array)
    return require_grad(t) if requires_grad else t


def to_tensor(value: TensorLike) -> Tensor:
    """The tensor itself, or a tensor that shares the memory of an array, or a tensor of a number.

    Raises:
        TypeError: a list or another object. ``as_tensor`` takes these.
    """
    return value if is_tensor(value) else make(np.asarray(operand(value)[0]))


def to_shape(size: tuple[Any, ...], named: Any = None, name: str = "size") -> tuple[int, ...]:
    """The shape of a call that gives it as several numbers, zeros(2, 3), as one sequence, zeros((2, 3)), or by name."""
    if named is not None:
        if size:
            raise TypeError(f"{name} was given twice: as {describe(size)} and by name")
        size = (named,)
    if len(size) == 1 and not hasattr(size[0], "__index__"):
        if not isinstance(size[0], list | tuple | np.ndarray):
            raise TypeError(f"{name} must be integers, not {describe(size[0])}")
        size = tuple(size[0])
    elif len(size) == 1 and hasattr(size[0], "shape") and size[0].shape:
        size = tuple(size[0].tolist())
    try:
        shape = tuple([operator.index(n) for n in size])
    except TypeError:
        raise TypeError(f"{name} must be integers, not {describe(size)}") from None
    if shape and min(shape) < 0:
        raise ShapeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    if len(shape) > 64:
        raise ShapeError(f"a tensor has at most 64 dimensions, as in NumPy, not {len(shape)}")
    if prod([n or 1 for n in shape]) > _ELEMENTS:
        raise ShapeError(f"Storage size calculation overflowed with sizes={list(shape)}: that is more memory than addresses")
    return shape


_ELEMENTS = 2**59  # of 16 bytes each, which is more than a process can address


def uninitialised(shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    """New memory. Where deterministic algorithms are asked for it is filled with nan or the largest integer, as in PyTorch."""
    array = np.empty(shape, dtype)
    if are_deterministic_algorithms_enabled() and fill_uninitialized_memory():
        array[...] = np.iinfo(dtype).max if dtype.kind in "iu" else True if dtype.kind == "b" else np.nan
        if dtype.kind == "c":
            array.imag[...] = np.nan
    return array


def floating_dtype(dtype: DType | None) -> np.dtype[Any]:
    """The dtype that is given, or the default dtype."""
    return get_default_dtype() if dtype is None else to_dtype(dtype)


# ------------------------------------------------------------------------------------------------------------------ from data


def tensor(data: ArrayLike, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False) -> Tensor:
    """A new tensor with a copy of the data.

    Args:
        data: a number, nested lists of numbers, a NumPy array, or a tensor. An array keeps its dtype.
        dtype: of the elements. By default Python floats get the default dtype, integers int64, booleans bool.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ShapeError: nested lists of unequal lengths. TypeError: elements that are not numbers.

    Example:
        >>> import autograd
        >>> autograd.tensor([[1.0, 2.0], [3.0, 4.5]])
        tensor([[1.0000, 2.0000],
                [3.0000, 4.5000]], dtype=float32)
    """
    return finish(own(to_array(data, dtype)), device, requires_grad)


def as_tensor(data: ArrayLike, dtype: DType | None = None, device: Device | None = None) -> Tensor:
    """A tensor of the data, copied only where necessary: a tensor is returned itself, and an array's memory is shared.

    Args:
        data: a number, nested lists of numbers, a NumPy array, or a tensor.
        dtype: of the elements. Another dtype than the data's makes a copy.
        device: "cpu" or None; there is no other.

    Example:
        >>> import autograd
        >>> w = autograd.ones(2)
        >>> autograd.as_tensor(w) is w
        True
    """
    check(device)
    if is_tensor(data):
        return data if dtype is None or to_dtype(dtype) == data.dtype else data.to(dtype)
    return make(to_array(data, dtype, copy=None))


def asarray(
    obj: ArrayLike, dtype: DType | None = None, device: Device | None = None, copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """``as_tensor`` with control over copying, and without the graph of a tensor unless ``requires_grad`` is True.

    Args:
        obj: a number, nested lists of numbers, a NumPy array, or a tensor.
        dtype: of the elements. Another dtype than the object's makes a copy.
        device: "cpu" or None; there is no other.
        copy: True always copies. False never copies. None copies where necessary.
        requires_grad: whether ``backward`` fills the tensor's ``grad``. False detaches a tensor; True keeps its graph.

    Raises:
        ValueError: copy=False for an object whose memory can't be shared.

    Example:
        >>> import autograd, numpy as np
        >>> a = np.zeros(2)
        >>> shared, copied = autograd.asarray(a), autograd.asarray(a, copy=True)
        >>> a[0] = 7.0
        >>> shared[0].item(), copied[0].item()
        (7.0, 0.0)
    """
    check(device)
    if is_tensor(obj):
        cast = dtype is not None and to_dtype(dtype) != obj.dtype
        if copy is False and cast:
            raise ValueError(f"can't alias {describe(obj)} as {to_dtype(dtype)} without a copy: leave copy=None")
        t = obj.to(dtype) if cast else obj.clone() if copy else obj
        if not requires_grad:
            return t.detach() if t.requires_grad else t
        return t if t.requires_grad else require_grad(t)
    if not isinstance(obj, np.ndarray) and (type(obj).__name__ == "PyCapsule" or hasattr(obj, "__dlpack__")):
        obj = of_dlpack(obj)
    if copy is False and not (isinstance(obj, np.ndarray) and (dtype is None or to_dtype(dtype) == obj.dtype)):
        raise ArgumentError(f"can't alias {type(obj).__name__} without a copy: leave copy=None")
    return finish(to_array(obj, dtype, copy=True if copy else None), None, requires_grad)


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares its memory with an array: a write into one changes both.

    What NumPy's functions return for tensors is a tensor; it is returned itself.

    Raises:
        TypeError: the object is not an array, or tensors do not have its dtype. ArgumentError: strides that lead to the middle of
            an element.

    Warns of an array that is read-only: a write into the tensor raises.

    Example:
        >>> import autograd, numpy as np
        >>> a = np.zeros(2)
        >>> t = autograd.from_numpy(a)
        >>> t[0] = 7.0
        >>> a.tolist(), t.dtype
        ([7.0, 0.0], dtype('float64'))
    """
    if is_tensor(ndarray):
        return ndarray
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__}): use autograd.tensor")
    if any([stride % ndarray.itemsize for stride in ndarray.strides]):
        raise ArgumentError(
            f"from_numpy: strides {ndarray.strides} are not a multiple of the element size, {ndarray.itemsize} bytes"
        )
    if not ndarray.flags.writeable:
        warn(
            "The given NumPy array is not writable, and so the tensor is non-writable, too: a write into it raises. To write, copy "
            "the array first",
            UserWarning,
            stacklevel=2,
        )
    shared = to_array(ndarray, copy=None)
    if not np.may_share_memory(shared, ndarray) and ndarray.size:
        raise TypeError(f"an array of dtype {ndarray.dtype!r} can't be shared: use autograd.tensor, which copies")
    return make(shared)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares its memory with another library's array on the CPU, by the DLPack protocol.

    Example:
        >>> import autograd, numpy as np
        >>> autograd.from_dlpack(np.arange(3.0))
        tensor([0., 1., 2.], dtype=float64)
    """
    return make(of_dlpack(ext_tensor))


def frombuffer(buffer: Any, *, dtype: DType, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A tensor that shares its memory with an object of Python's buffer protocol: a bytearray, an array.array, a memory map.

    Args:
        buffer: the object.
        dtype: how its bytes are read.
        count: the number of elements to read; -1 reads all.
        offset: the number of bytes to skip.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ValueError: the object is not a buffer, or has too few bytes.

    Warns of a buffer that is read-only: a write into the tensor raises.

    Example:
        >>> import autograd
        >>> memory = bytearray(8)
        >>> x = autograd.frombuffer(memory, dtype=autograd.float32)
        >>> x[0] = 1.0
        >>> memory.hex()
        '0000803f00000000'
    """
    try:
        length = memoryview(buffer).nbytes
    except TypeError:
        raise ValueError(f"frombuffer: {type(buffer).__name__} does not implement Python's buffer protocol") from None
    kind = to_dtype(dtype)
    if not length or not count:
        raise ValueError(f"frombuffer: both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(f"frombuffer: offset ({offset} bytes) must be non-negative and less than the buffer's {length} bytes")
    if count < 0 and (length - offset) % kind.itemsize:
        raise ValueError(
            f"frombuffer: buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a multiple of element size "
            f"({kind.itemsize})"
        )
    if count * kind.itemsize > length - offset:
        raise ValueError(
            f"frombuffer: requested buffer length ({count} * {kind.itemsize} bytes) after offset ({offset} bytes) must not be "
            f"greater than actual buffer length ({length} bytes)"
        )
    array = np.frombuffer(buffer, kind, max(count, -1), offset)
    if not array.flags.writeable:
        warn("The given buffer is not writable: a write into the tensor raises. To write, copy it", UserWarning, stacklevel=2)
    return finish(array, None, requires_grad)


def scalar_tensor(s: TensorLike, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False) -> Tensor:
    """A tensor of shape () with one number, of the default dtype even for an integer.

    Args:
        s: the number.
        dtype: of the element; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Example:
        >>> import autograd
        >>> autograd.scalar_tensor(3)
        tensor(3., dtype=float32)
    """
    return finish(number_as(_number(s), floating_dtype(dtype), "scalar_tensor"), device, requires_grad)


# ----------------------------------------------------------------------------------------------------------------- of a shape


def zeros(
    *sizes: int | Size, size: int | Size | None = None, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor filled with zeros.

    Args:
        sizes: the shape, as several numbers or as one sequence.
        size: the same, by name.
        dtype: of the elements; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ShapeError: a negative length.

    Example:
        >>> import autograd
        >>> autograd.zeros(2, 3)
        tensor([[0., 0., 0.],
                [0., 0., 0.]], dtype=float32)
    """
    return finish(np.zeros(to_shape(sizes, size), floating_dtype(dtype)), device, requires_grad)


def ones(
    *sizes: int | Size, size: int | Size | None = None, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor filled with ones.

    Args:
        sizes: the shape, as several numbers or as one sequence.
        size: the same, by name.
        dtype: of the elements; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ShapeError: a negative length.

    Example:
        >>> import autograd
        >>> autograd.ones(2, 3, requires_grad=True)
        tensor([[1., 1., 1.],
                [1., 1., 1.]], dtype=float32, requires_grad=True)
    """
    return finish(np.ones(to_shape(sizes, size), floating_dtype(dtype)), device, requires_grad)


def empty(
    *sizes: int | Size, size: int | Size | None = None, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor whose elements are not initialised: write to them before you read them.

    Args:
        sizes: the shape, as several numbers or as one sequence.
        size: the same, by name.
        dtype: of the elements; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ShapeError: a negative length.

    Example:
        >>> import autograd
        >>> autograd.empty(2, 3).shape
        (2, 3)
    """
    return finish(uninitialised(to_shape(sizes, size), floating_dtype(dtype)), device, requires_grad)


def full(
    size: int | Size, fill_value: TensorLike, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:  # fmt: skip
    """A tensor filled with one value.

    Args:
        size: the shape.
        fill_value: a number.
        dtype: of the elements; that of the value unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        TypeError: a fill_value with several elements. ShapeError: a negative length. ArgumentError: a number that the dtype cannot
        hold.

    Example:
        >>> import autograd
        >>> autograd.full((2, 2), 7)
        tensor([[7, 7],
                [7, 7]], dtype=int64)
    """
    if np.ndim(getattr(fill_value, "array", fill_value)):
        raise TypeError(f"full expects a number as fill_value, not {describe(fill_value)}")
    number = _number(fill_value)
    own = to_array(number).dtype if dtype is None else to_dtype(dtype)
    return finish(np.full(to_shape((size,)), number_as(number, own, "full")), device, requires_grad)


def _like(input: Any, dtype: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """The shape of a tensor, and a dtype: the one that is given, or the tensor's."""
    if not hasattr(input, "shape"):
        raise TypeError(f"expected a Tensor, not {describe(input)}")
    return tuple(input.shape), input.dtype if dtype is None else to_dtype(dtype)


def zeros_like(
    input: TensorLike,
    dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """A tensor filled with zeros, of another tensor's shape.

    Args:
        input: the other tensor.
        dtype: of the elements; the other tensor's unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.
        memory_format: taken as PyTorch takes it, without effect.

    Example:
        >>> import autograd
        >>> autograd.zeros_like(autograd.tensor([[1, 2]]))
        tensor([[0, 0]], dtype=int64)
    """
    return finish(np.zeros(*_like(input, dtype)), device, requires_grad)


def ones_like(
    input: TensorLike,
    dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """A tensor filled with ones, of another tensor's shape.

    Args:
        input: the other tensor.
        dtype: of the elements; the other tensor's unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.
        memory_format: taken as PyTorch takes it, without effect.

    Example:
        >>> import autograd
        >>> autograd.ones_like(autograd.tensor([[1, 2]]))
        tensor([[1, 1]], dtype=int64)
    """
    return finish(np.ones(*_like(input, dtype)), device, requires_grad)


def empty_like(
    input: TensorLike,
    dtype: DType | None = None,
    device: Device | None = None,
    requires_grad: bool = False,
    memory_format: MemoryFormat | None = None,
) -> Tensor:
    """A tensor of another tensor's shape, whose elements are not initialised.

    Args:
        input: the other tensor.
        dtype: of the elements; the other tensor's unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.
        memory_format: taken as PyTorch takes it, without effect.

    Example:
        >>> import autograd
        >>> x = autograd.empty_like(autograd.tensor([[1, 2]]))
        >>> x.shape, x.dtype
        ((1, 2), dtype('int64'))
    """
    return finish(uninitialised(*_like(input, dtype)), device, requires_grad)


def full_like(
    input: TensorLike, fill_value: TensorLike, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False, memory_format: MemoryFormat | None = None,
) -> Tensor:  # fmt: skip
    """A tensor filled with one value, of another tensor's shape.

    Args:
        input: the other tensor.
        fill_value: a number.
        dtype: of the elements; the other tensor's unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.
        memory_format: taken as PyTorch takes it, without effect.

    Example:
        >>> import autograd
        >>> autograd.full_like(autograd.tensor([1.0, 2.0]), 7)
        tensor([7., 7.], dtype=float32)
    """
    shape, kind = _like(input, dtype)
    return full(shape, fill_value, kind, device, requires_grad)


def eye(
    n: int, m: int | None = None, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:  # fmt: skip
    """A matrix with ones on the main diagonal and zeros elsewhere.

    Args:
        n: the number of rows.
        m: the number of columns; n unless given.
        dtype: of the elements; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ShapeError: a negative number.

    Example:
        >>> import autograd
        >>> autograd.eye(2, 3)
        tensor([[1., 0., 0.],
                [0., 1., 0.]], dtype=float32)
    """
    rows, columns = to_shape((n, n if m is None else m))
    return finish(np.eye(rows, columns, dtype=floating_dtype(dtype)), device, requires_grad)


# -------------------------------------------------------------------------------------------------------------- in a sequence


def _number(value: Any) -> Any:
    """The Python number that a number, a NumPy scalar, or a tensor or array with one element holds."""
    return value.item() if hasattr(value, "item") else value


MOST_ELEMENTS = 2**48  # of which no memory holds more


def arange(
    start: TensorLike, end: TensorLike | None = None, step: TensorLike = 1, dtype: DType | None = None,
    device: Device | None = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The numbers start, start + step, start + 2 step, ..., below end. ``arange(end)`` begins at 0.

    Args:
        start: the first number.
        end: the bound, which is not included.
        step: the difference between neighbours. If it is negative, the numbers fall to end.
        dtype: of the elements. By default int64 for integers, else the default dtype. Where it is one of integers, the three lose
            their fractions first.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a step of 0, one that leads away from end, or bounds that are not finite.

    Example:
        >>> import autograd
        >>> autograd.arange(5)
        tensor([0, 1, 2, 3, 4], dtype=int64)
        >>> autograd.arange(0, 1, 0.25)
        tensor([0.0000, 0.2500, 0.5000, 0.7500], dtype=float32)
    """
    low, high = (0, _number(start)) if end is None else (_number(start), _number(end))
    low, high, by = _in_kind(dtype, low, high, _number(step))
    for value in (low, high, by):
        if not isinstance(value, int | float):
            raise TypeError(f"arange takes numbers, not {describe(value)}")
    if not all(isfinite(value) for value in (low, high, by)):
        raise ArgumentError(f"arange: unsupported range: {low} -> {high} in steps of {by}")
    if by == 0:
        raise ArgumentError("step must be nonzero")
    if (high - low) / by < 0:
        raise ArgumentError(f"upper bound and lower bound inconsistent with step sign: arange({low}, {high}, {by})")
    # NumPy computes them in float64 or as integers: in float32 the error of a step would add up.
    if (high - low) / by > MOST_ELEMENTS:
        raise ArgumentError(f"arange: the number of elements of {low} -> {high} in steps of {by} would overflow")
    return _in_sequence(np.arange(low, high, by), dtype, device, requires_grad)


def _in_sequence(numbers: np.ndarray, dtype: DType | None, device: Device | None, requires_grad: bool) -> Tensor:
    """A tensor of numbers that NumPy computed: of the default dtype of their kind unless another is given."""
    kind = default_for(numbers.dtype) if dtype is None else to_dtype(dtype)
    if numbers.dtype.kind == "c" and kind.kind != "c":
        raise DtypeError(
            f"inferred dtype {numbers.dtype} can't be safely cast to passed dtype {kind}: the imaginary parts would be lost"
        )
    return finish(numbers.astype(kind, copy=False), device, requires_grad)


def _in_kind(dtype: DType | None, *values: Any) -> list[Any]:
    """Numbers, without their fractions where a dtype of integers is given: as PyTorch, which converts them before it uses them."""
    whole = dtype is not None and to_dtype(dtype).kind in "iu"
    return [int(v) if whole and isinstance(v, float) and isfinite(v) else v for v in values]


def linspace(
    start: TensorLike, end: TensorLike, steps: int, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers from start to end at equal distances, both included.

    Args:
        start: the first number.
        end: the last number.
        steps: how many numbers.
        dtype: of the elements; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative number of steps.

    Example:
        >>> import autograd
        >>> autograd.linspace(0, 1, 5)
        tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000], dtype=float32)
    """
    if steps < 0:
        raise ArgumentError(f"number of steps must be non-negative, not {steps}")
    first, last = _in_kind(dtype, _number(start), _number(end))
    return _in_sequence(np.linspace(first, last, steps), dtype, device, requires_grad)


def logspace(
    start: TensorLike, end: TensorLike, steps: int, base: float = 10.0, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers from base^start to base^end at equal ratios: base ** linspace(start, end, steps).

    Args:
        start: the exponent of the first number.
        end: the exponent of the last number.
        steps: how many numbers.
        base: of the powers.
        dtype: of the elements; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a negative number of steps.

    Example:
        >>> import autograd
        >>> autograd.logspace(0, 3, 4)
        tensor([   1.,   10.,  100., 1000.], dtype=float32)
    """
    if steps < 0:
        raise ArgumentError(f"number of steps must be non-negative, not {steps}")
    first, last = _in_kind(dtype, _number(start), _number(end))
    return _in_sequence(np.logspace(first, last, steps, base=base), dtype, device, requires_grad)


def tril_indices(row: int, col: int, offset: int = 0, dtype: DType | None = None, device: Device | None = None) -> Tensor:
    """The row and column indices of the lower triangle of a matrix, shape (2, n).

    Args:
        row: the number of rows of the matrix.
        col: the number of its columns.
        offset: the highest diagonal of the triangle: 0 is the main one, positive numbers lie above it.
        dtype: of the indices; int64 unless given.
        device: "cpu" or None; there is no other.

    Example:
        >>> import autograd
        >>> x = autograd.arange(9).reshape(3, 3)
        >>> x[tuple(autograd.tril_indices(3, 3))]
        tensor([0, 3, 4, 6, 7, 8], dtype=int64)
    """
    check(device)
    return make(np.array(np.tril_indices(row, offset, col), dtype=np.int64 if dtype is None else to_dtype(dtype)))


def triu_indices(row: int, col: int, offset: int = 0, dtype: DType | None = None, device: Device | None = None) -> Tensor:
    """The row and column indices of the upper triangle of a matrix, shape (2, n).

    Args:
        row: the number of rows of the matrix.
        col: the number of its columns.
        offset: the lowest diagonal of the triangle: 0 is the main one, positive numbers lie above it.
        dtype: of the indices; int64 unless given.
        device: "cpu" or None; there is no other.

    Example:
        >>> import autograd
        >>> autograd.triu_indices(3, 3, offset=1)
        tensor([[0, 0, 1],
                [1, 2, 2]], dtype=int64)
    """
    check(device)
    return make(np.array(np.triu_indices(row, offset, col), dtype=np.int64 if dtype is None else to_dtype(dtype)))


# ------------------------------------------------------------------------------------------------------ questions on a tensor


def is_tensor(obj: object) -> TypeGuard[Tensor]:
    """Whether an object is a Tensor.

    Example:
        >>> import autograd
        >>> autograd.is_tensor(autograd.ones(2)), autograd.is_tensor([1.0, 1.0])
        (True, False)
    """
    return hasattr(type(obj), "__record__")


def numel(input: Tensor) -> int:
    """The number of elements.

    Example:
        >>> import autograd
        >>> autograd.numel(autograd.ones(2, 3))
        6
    """
    return int(input.array.size)
