"""Making tensors: from numbers, of a shape, in a sequence. (Random ones are in random.py.)

Everywhere: ``dtype`` of the elements (None: the default dtype, or inferred), ``device`` "cpu" or None, ``requires_grad`` whether
gradients with respect to the tensor are wanted.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..engine.devices import check
from ..engine.dtypes import default_for, get_default_dtype, to_array, to_dtype
from ..engine.graph import make
from ..errors import ArgumentError, ShapeError, describe


def finish(array: Any, device: Any = None, requires_grad: bool = False) -> Any:
    """A tensor of an array that nobody else holds."""
    if device is not None:
        check(device)
    t = make(array)
    return t.requires_grad_() if requires_grad else t


def to_shape(size: tuple[Any, ...], name: str = "size") -> tuple[int, ...]:
    """A shape given as one sequence or as several numbers."""
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
    if any(n < 0 for n in shape):
        raise ShapeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    return shape


def _floating(dtype: Any) -> np.dtype[Any]:
    return get_default_dtype() if dtype is None else to_dtype(dtype)


# --------------------------------------------------------------------------------------------------------- from what there is


def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A new tensor of anything that stands for an array; its memory is its own.

    Args:
        data: a number, nested lists, a NumPy array (which keeps its dtype), or a tensor.
        dtype: of the elements. None: Python floats get the default dtype, integers int64, booleans bool.

    Raises:
        ShapeError: ragged lists. TypeError: something that is no number.

    Example:
        >>> import autograd
        >>> autograd.tensor([[1.0, 2.0], [3.0, 4.5]])
        tensor([[1.0000, 2.0000],
                [3.0000, 4.5000]], dtype=float32)
    """
    return finish(to_array(data, dtype), device, requires_grad)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """A tensor of anything: a tensor of this dtype itself, an array's memory shared, a copy of everything else.

    Example:
        >>> import autograd
        >>> w = autograd.ones(2)
        >>> autograd.as_tensor(w) is w
        True
    """
    check(device)
    if hasattr(data, "__record__"):
        return data if dtype is None or to_dtype(dtype) == data.dtype else data.to(dtype)
    return make(to_array(data, dtype, copy=None))


def asarray(obj: Any, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False) -> Any:
    """``as_tensor`` with a say in copying: True always copies, False never does and raises where it must, None where needed.

    Example:
        >>> import autograd, numpy as np
        >>> a = np.zeros(2)
        >>> shared, copied = autograd.asarray(a), autograd.asarray(a, copy=True)
        >>> a[0] = 7.0
        >>> shared[0].item(), copied[0].item()
        (7.0, 0.0)
    """
    check(device)
    if hasattr(obj, "__record__"):
        cast = dtype is not None and to_dtype(dtype) != obj.dtype
        if copy is False and cast:
            raise ValueError(f"can't alias {describe(obj)} as {to_dtype(dtype)} without a copy: leave copy=None")
        t = obj.to(dtype) if cast else obj.clone() if copy else obj
        return t.requires_grad_() if requires_grad and not t.requires_grad else t
    if copy is False and not (isinstance(obj, np.ndarray) and (dtype is None or to_dtype(dtype) == obj.dtype)):
        raise ValueError(f"can't alias {type(obj).__name__} without a copy: leave copy=None")
    return finish(to_array(obj, dtype, copy=True if copy else None), None, requires_grad)


def from_numpy(ndarray: np.ndarray) -> Any:
    """A tensor that shares its memory with an array: a write into either is seen by both.

    Raises:
        TypeError: something that is no array, or one whose dtype a tensor can't have.

    Example:
        >>> import autograd, numpy as np
        >>> a = np.zeros(2)
        >>> t = autograd.from_numpy(a)
        >>> t[0] = 7.0
        >>> a.tolist(), t.dtype
        ([7.0, 0.0], dtype('float64'))
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__}): use autograd.tensor")
    shared = to_array(ndarray, copy=None)
    if not np.may_share_memory(shared, ndarray) and ndarray.size:
        raise TypeError(f"an array of dtype {ndarray.dtype!r} can't be shared: use autograd.tensor, which copies")
    return make(shared)


def from_dlpack(ext_tensor: Any) -> Any:
    """A tensor that shares its memory with another library's array on the CPU, through the DLPack protocol.

    Example:
        >>> import autograd, numpy as np
        >>> autograd.from_dlpack(np.arange(3.0))
        tensor([0., 1., 2.], dtype=float64)
    """
    return from_numpy(np.from_dlpack(ext_tensor))


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Any:
    """A tensor that shares its memory with an object that has bytes: a bytearray, an array.array, a memory map.

    Args:
        dtype: of the elements that the bytes are. count: how many, -1 for all. offset: of the first, in bytes.

    Raises:
        ValueError: no such object, or not so many bytes.

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
    return finish(np.frombuffer(buffer, kind, max(count, -1), offset), None, requires_grad)


def scalar_tensor(s: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A 0-d tensor of a number, of the default dtype even if it is an integer.

    Example:
        >>> import autograd
        >>> autograd.scalar_tensor(3)
        tensor(3., dtype=float32)
    """
    return finish(np.asarray(s, dtype=_floating(dtype)), device, requires_grad)


# ---------------------------------------------------------------------------------------------------------------- of a shape


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Zeros of a shape, given as numbers or as one sequence.

    Example:
        >>> import autograd
        >>> autograd.zeros(2, 3)
        tensor([[0., 0., 0.],
                [0., 0., 0.]], dtype=float32)
    """
    return finish(np.zeros(to_shape(size), _floating(dtype)), device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones of a shape, given as numbers or as one sequence.

    Example:
        >>> import autograd
        >>> autograd.ones(2, 3, requires_grad=True)
        tensor([[1., 1., 1.],
                [1., 1., 1.]], dtype=float32, requires_grad=True)
    """
    return finish(np.ones(to_shape(size), _floating(dtype)), device, requires_grad)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Memory of a shape with whatever it holds: fill it before use.

    Example:
        >>> import autograd
        >>> autograd.empty(2, 3).shape
        (2, 3)
    """
    return finish(np.empty(to_shape(size), _floating(dtype)), device, requires_grad)


def full(size: Any, fill_value: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """One value in every place of a shape; its dtype is the value's unless given.

    Example:
        >>> import autograd
        >>> autograd.full((2, 2), 7)
        tensor([[7, 7],
                [7, 7]], dtype=int64)
    """
    value = to_array(fill_value.item() if isinstance(fill_value, np.generic) else fill_value)
    if value.ndim:
        raise TypeError(f"full expects a number as fill_value, not {describe(value)}")
    return finish(np.full(to_shape((size,)), value, value.dtype if dtype is None else to_dtype(dtype)), device, requires_grad)


def _like(input: Any, dtype: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    if not hasattr(input, "shape"):
        raise TypeError(f"expected a Tensor, not {describe(input)}")
    return tuple(input.shape), input.dtype if dtype is None else to_dtype(dtype)


def zeros_like(input: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Zeros of another tensor's shape and dtype.

    Example:
        >>> import autograd
        >>> autograd.zeros_like(autograd.tensor([[1, 2]]))
        tensor([[0, 0]], dtype=int64)
    """
    return finish(np.zeros(*_like(input, dtype)), device, requires_grad)


def ones_like(input: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Ones of another tensor's shape and dtype.

    Example:
        >>> import autograd
        >>> autograd.ones_like(autograd.tensor([[1, 2]]))
        tensor([[1, 1]], dtype=int64)
    """
    return finish(np.ones(*_like(input, dtype)), device, requires_grad)


def empty_like(input: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """Memory of another tensor's shape and dtype, with whatever it holds.

    Example:
        >>> import autograd
        >>> x = autograd.empty_like(autograd.tensor([[1, 2]]))
        >>> x.shape, x.dtype
        ((1, 2), dtype('int64'))
    """
    return finish(np.empty(*_like(input, dtype)), device, requires_grad)


def full_like(input: Any, fill_value: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """One value in every place of another tensor's shape, of its dtype.

    Example:
        >>> import autograd
        >>> autograd.full_like(autograd.tensor([1.0, 2.0]), 7)
        tensor([7., 7.], dtype=float32)
    """
    shape, found = _like(input, dtype)
    return full(shape, fill_value, found, device, requires_grad)


def eye(n: int, m: int | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """The identity matrix with n rows and m columns (m = n unless given).

    Example:
        >>> import autograd
        >>> autograd.eye(2, 3)
        tensor([[1., 0., 0.],
                [0., 1., 0.]], dtype=float32)
    """
    return finish(np.eye(n, m, dtype=_floating(dtype)), device, requires_grad)


# -------------------------------------------------------------------------------------------------------------- in a sequence


def _number(value: Any) -> Any:
    """A Python number of a number, a NumPy scalar or a tensor with one element."""
    return value.item() if hasattr(value, "item") else value


def arange(start: Any, end: Any = None, step: Any = 1, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """start, start + step, ... below end; of ints int64, with any float the default dtype.

    Example:
        >>> import autograd
        >>> autograd.arange(5)
        tensor([0, 1, 2, 3, 4], dtype=int64)
        >>> autograd.arange(0, 1, 0.25)
        tensor([0.0000, 0.2500, 0.5000, 0.7500], dtype=float32)
    """
    start, end, step = _number(start), _number(end), _number(step)
    if end is None:
        start, end = 0, start
    for value in (start, end, step):
        if not isinstance(value, int | float):
            raise TypeError(f"arange takes numbers, not {describe(value)}")
    if step == 0:
        raise ArgumentError("step must be nonzero")
    if (end - start) / step < 0:
        raise ArgumentError(f"upper bound and lower bound inconsistent with step sign: arange({start}, {end}, {step})")
    # Counted in float64 or in exact integers whatever the dtype, so that float32 steps do not add up their errors.
    counted = np.arange(start, end, step)
    found = default_for(counted.dtype) if dtype is None else to_dtype(dtype)
    return finish(counted.astype(found, copy=False), device, requires_grad)


def linspace(start: Any, end: Any, steps: int, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """``steps`` numbers from start to end, both included, at equal distances.

    Example:
        >>> import autograd
        >>> autograd.linspace(0, 1, 5)
        tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000], dtype=float32)
    """
    if steps < 0:
        raise ArgumentError(f"number of steps must be non-negative, not {steps}")
    numbers = np.linspace(_number(start), _number(end), steps)
    found = default_for(numbers.dtype) if dtype is None else to_dtype(dtype)
    return finish(numbers.astype(found, copy=False), device, requires_grad)


def logspace(
    start: Any, end: Any, steps: int, base: float = 10.0, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """base ** linspace(start, end, steps).

    Example:
        >>> import autograd
        >>> autograd.logspace(0, 3, 4)
        tensor([   1.,   10.,  100., 1000.], dtype=float32)
    """
    if steps < 0:
        raise ArgumentError(f"number of steps must be non-negative, not {steps}")
    numbers = np.logspace(_number(start), _number(end), steps, base=base)
    found = default_for(numbers.dtype) if dtype is None else to_dtype(dtype)
    return finish(numbers.astype(found, copy=False), device, requires_grad)


def tril_indices(row: int, col: int, offset: int = 0, dtype: Any = None, device: Any = None) -> Any:
    """Row and column numbers of a matrix's lower triangle, as a (2, n) tensor.

    Example:
        >>> import autograd
        >>> x = autograd.arange(9).reshape(3, 3)
        >>> x[tuple(autograd.tril_indices(3, 3))]
        tensor([0, 3, 4, 6, 7, 8], dtype=int64)
    """
    check(device)
    return make(np.array(np.tril_indices(row, offset, col), dtype=np.int64 if dtype is None else to_dtype(dtype)))


def triu_indices(row: int, col: int, offset: int = 0, dtype: Any = None, device: Any = None) -> Any:
    """Row and column numbers of a matrix's upper triangle, as a (2, n) tensor.

    Example:
        >>> import autograd
        >>> autograd.triu_indices(3, 3, offset=1)
        tensor([[0, 0, 1],
                [1, 2, 2]], dtype=int64)
    """
    check(device)
    return make(np.array(np.triu_indices(row, offset, col), dtype=np.int64 if dtype is None else to_dtype(dtype)))


# ------------------------------------------------------------------------------------------------------- questions of tensors


def is_tensor(obj: Any) -> bool:
    """Whether an object is a Tensor.

    Example:
        >>> import autograd
        >>> autograd.is_tensor(autograd.ones(2)), autograd.is_tensor([1.0, 1.0])
        (True, False)
    """
    return hasattr(type(obj), "__record__")


def numel(input: Any) -> int:
    """How many elements a tensor has.

    Example:
        >>> import autograd
        >>> autograd.numel(autograd.ones(2, 3))
        6
    """
    return int(input.array.size)
