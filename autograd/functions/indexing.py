"""Reading and writing elements by index or by mask, and finding elements. (The functions named scatter are in scatter.py.)"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from typing import Any, overload
from warnings import warn

import numpy as np

from ..engine.graph import array_of, make
from ..engine.recording import recorded
from ..engine.values.dtypes import number_as
from ..engine.values.integers import integers
from ..errors import ArgumentError, DtypeError, RangeError, ShapeError, describe
from ..ops import gather as gathering
from ..ops import indexing
from ..ops.elementwise import comparison
from ..ops.shape import numbers_of
from ..types import ArrayLike, Dim, Index, Number, Size, Tensor, TensorLike
from .creation import is_tensor, to_tensor
from .inplace import write, write_params
from .join import stack
from .scatter import integer_index, scatter_reduce, source_values
from .shape import astype, broadcast_tensors, clone, contiguous, expand, getitem, movedim, ravel, reshape

gather = recorded(gathering.gather)
_unindex = recorded(indexing.unindex)
_scatter = recorded(gathering.scatter)
_where = recorded(comparison.where)
_write = recorded(write)


def numpy_index(index: Index) -> Any:
    """An index of a tensor by PyTorch's rules, as NumPy takes it.

    A tensor, or an array, of one integer and no dimensions is that integer, and gives a view. One of uint8 is a mask, with a
    warning, because it looks like indices. A list is an array, or a tuple if it holds a slice, None, an ellipsis, a tensor or
    another list.
    """
    if isinstance(index, tuple):
        return tuple([_part_of_index(part) for part in index])
    if isinstance(index, list) and any([isinstance(part, _DIMENSIONS) or is_tensor(part) for part in index]):
        return tuple([_part_of_index(part) for part in index])
    return _part_of_index(index)


_DIMENSIONS = (list, tuple, slice, np.ndarray, type(None), type(...))


def _part_of_index(index: Any) -> Any:
    array = getattr(index, "array", index)
    if isinstance(array, list | tuple):
        array = np.asarray([getattr(part, "array", part) for part in array])
        if not array.size:
            return array.astype(np.intp)
    if isinstance(array, np.ndarray):
        if array.dtype == np.uint8:
            warn("indexing with dtype uint8 is now deprecated, please use a dtype bool instead", UserWarning, stacklevel=5)
            return array.astype(np.bool_)
        if not array.ndim and array.dtype.kind in "iu":
            return int(array)
    return array


def in_steps(index: Any, ndim: int) -> tuple[Any, ...]:
    """The indices that follow one another for NumPy and give what PyTorch gives for this one: most often it alone.

    For NumPy a number beside an array is an array, too. If a slice, None or an ellipsis lies between the two, their dimensions come
    first: ``x[0, :, [1, 2]]`` is the transpose of ``x[0][:, [1, 2]]``. For PyTorch they are the same: numbers choose first. And an
    ellipsis that stands for no dimension lies between nothing there.
    """
    kinds = [_kind(part) for part in index] if type(index) is tuple and len(index) > 2 else ()
    if "array" not in kinds:
        return (index,)
    taken = [_dimensions(part, kind) for part, kind in zip(index, kinds, strict=True)]
    if any([part is ... for part in index]) and sum(taken) == ndim:
        kept = [i for i, part in enumerate(index) if part is not ...]
        index, kinds, taken = tuple([index[i] for i in kept]), [kinds[i] for i in kept], [taken[i] for i in kept]
    places = [i for i, kind in enumerate(kinds) if kind != "other"]
    if "number" not in kinds or places[-1] - places[0] == len(places) - 1:
        return (index,)
    numbers: list[Any] = []
    for part, kind, n in zip(index, kinds, taken, strict=True):
        numbers += [part] if kind == "number" or part is ... else [slice(None)] * n
    return tuple(numbers), tuple([part for part, kind in zip(index, kinds, strict=True) if kind != "number"])


def _dimensions(part: Any, kind: str) -> int:
    """How many dimensions a part of an index is for: a mask as many as it has."""
    if kind == "array" and part.dtype == np.bool_:
        return part.ndim
    return 0 if part is None or part is ... or isinstance(part, bool | np.bool_) else 1


def _kind(part: Any) -> str:
    """Whether a part of an index is one whole number, an array or a mask of at least one dimension, or anything else."""
    if isinstance(part, int | np.integer) and not isinstance(part, bool):
        return "number"
    return "array" if getattr(part, "ndim", 0) else "other"


def _dim(input: Tensor, dim: Dim) -> int:
    """The dimension counted from the front. A tensor without dimensions has dimension 0 here, as in PyTorch."""
    return int(np.lib.array_utils.normalize_axis_index(dim, input.ndim)) if input.ndim else 0


def take(input: TensorLike, index: ArrayLike) -> Tensor:
    """The elements of the flattened input at an index, in the shape of the index.

    Raises:
        IndexError: an index outside of the input. DtypeError: an index that is not of integers.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.take(x, [0, 3])
        tensor([1., 4.], dtype=float32)
    """
    return getitem(ravel(input), integer_index(index, "take"))


def take_along_dim(input: TensorLike, indices: ArrayLike, dim: Dim | None = None, *, axis: Dim | None = None) -> Tensor:
    """The elements of each line along a dimension at that line's own indices, for instance those that ``argsort`` returns.

    Args:
        input: any shape.
        indices: integers, with as many dimensions as the input. Dimensions other than dim broadcast.
        dim: the dimension. None takes elements of the flattened input.
        axis: NumPy's name of dim.

    Raises:
        IndexError: an index outside of the dimension. ShapeError: another number of dimensions. DtypeError: indices that are not
            int64.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.take_along_dim(x, autograd.argsort(-x), 1)
        tensor([[2., 1.],
                [4., 3.]], dtype=float32)
    """
    input, index = to_tensor(input), integer_index(indices, "take_along_dim")
    if index.dtype != np.int64:
        raise DtypeError(f"take_along_dim: the dtype of the indices should be int64 (Long), not {index.dtype}")
    dim = dim if axis is None else axis
    if dim is None:
        return gather(ravel(input), 0, index.ravel())
    if index.ndim != input.ndim:
        raise ShapeError(f"take_along_dim: the index {describe(index)} must have as many dimensions as the input {describe(input)}")
    dim = _dim(input, dim)
    common = np.broadcast_shapes(
        *[tuple(1 if d == dim else n for d, n in enumerate(x.shape)) for x in (input, index)],
    )
    size = (*common[:dim], input.shape[dim], *common[dim + 1 :])
    if size != input.shape:
        input = expand(input, size)
    index = np.where(index < 0, index + size[dim], index)  # NumPy's function counts from the end, and so does PyTorch's
    return gather(input, dim, np.broadcast_to(index, (*common[:dim], index.shape[dim], *common[dim + 1 :])))


def index_select(input: TensorLike, dim: Dim, index: ArrayLike) -> Tensor:
    """The slices of a dimension at an index.

    Args:
        input: any shape.
        dim: the dimension. Its length in the result is n.
        index: integers, shape (n,), or one number.

    Raises:
        IndexError: an index outside of the dimension, or one that is not a vector.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.index_select(x, 1, [1])
        tensor([[2.],
                [4.]], dtype=float32)
    """
    input, positions = to_tensor(input), integer_index(index, "index_select")
    if positions.ndim > 1:
        raise IndexError(f"index_select: the index is supposed to be a vector, not {describe(positions)}")
    gathering.check_places(positions, input.shape[_dim(input, dim)] if input.ndim else 1, dim)
    if not input.ndim:
        return reshape(getitem(reshape(input, (1,)), positions.ravel()), ())
    return getitem(input, (*(slice(None),) * _dim(input, dim), positions.ravel()))


def compress(condition: ArrayLike, input: TensorLike, axis: Dim | None = None) -> Tensor:
    """The slices along a dimension for which a condition holds.

    Args:
        condition: booleans, one for each slice.
        input: any shape.
        axis: the dimension. None takes elements of the flattened input.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.compress([True, False, True], x)
        tensor([3., 2.], dtype=float32)
    """
    positions = np.flatnonzero(getattr(condition, "array", condition))
    return take(input, positions) if axis is None else index_select(input, axis, positions)


def narrow(input: TensorLike, dim: Dim, start: int, length: int) -> Tensor:
    """A view of the part of a dimension from ``start`` to ``start + length``.

    Args:
        input: any shape.
        dim: the dimension.
        start: the index at which the part begins. A negative one counts from the end.
        length: of the part.

    Raises:
        RangeError: the part does not lie within the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.narrow(x, 0, 1, 2)
        tensor([1., 2.], dtype=float32)
    """
    input = to_tensor(input)
    dim = np.lib.array_utils.normalize_axis_index(dim, input.ndim)
    n = input.shape[dim]
    start = integers(start, "narrow: argument 'start'")
    if not -n <= start <= n or length < 0 or (start + n if start < 0 else start) + length > n:
        raise RangeError(f"narrow: start ({start}) + length ({length}) exceeds dimension size ({n}) of {describe(input.array)}")
    start = start + n if start < 0 else start
    return getitem(input, (*(slice(None),) * dim, slice(start, start + length)))


def narrow_copy(input: TensorLike, dim: Dim, start: int, length: int) -> Tensor:
    """A copy of the part of a dimension from ``start`` to ``start + length``: ``narrow`` copied.

    Args:
        input: any shape.
        dim: the dimension.
        start: the index at which the part begins. A negative one counts from the end.
        length: of the part.

    Raises:
        RangeError: the part does not lie within the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.narrow_copy(x, 0, 1, 2)
        tensor([1., 2.], dtype=float32)
    """
    return clone(narrow(input, dim, start, length))


def select(input: TensorLike, dim: Dim, index: int) -> Tensor:
    """A view of the slice at one index of a dimension. The result lacks that dimension.

    Args:
        input: any shape.
        dim: the dimension.
        index: of the slice. A negative one counts from the end.

    Raises:
        IndexError: an index outside of the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.select(x, 1, 0)
        tensor([1., 3.], dtype=float32)
    """
    input = to_tensor(input)
    dim = np.lib.array_utils.normalize_axis_index(dim, input.ndim)
    return getitem(input, (*(slice(None),) * dim, integers(index, "select: argument 'index'")))


def masked_select(input: TensorLike, mask: ArrayLike) -> Tensor:
    """The elements at which the mask is True, as a vector. Input and mask broadcast.

    Raises:
        DtypeError: the mask is not of booleans. ShapeError: shapes that do not broadcast.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.masked_select(x, x > 1)
        tensor([3., 2.], dtype=float32)
    """
    mask = array_of(mask)
    if mask.dtype != bool:
        raise DtypeError(f"masked_select: expected a mask of bools, not {describe(mask)}")
    input = to_tensor(input)
    if input.shape != mask.shape:
        input, mask = broadcast_tensors(input, mask)
        mask = mask.array
    return getitem(input, mask)


def masked_fill(input: TensorLike, mask: TensorLike, value: TensorLike) -> Tensor:
    """A copy of the input with a number written where the mask is True.

    Args:
        input: any shape.
        mask: booleans, of a shape that broadcasts to the input's.
        value: a number, or a tensor of shape (). The tensor gets the sum of the gradients of the elements that it fills.

    Raises:
        DtypeError: the mask is not of booleans. ShapeError: a value with dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.masked_fill(x, x > 2, float("-inf"))
        tensor([-inf, 1., 2.], dtype=float32)
    """
    input, mask = to_tensor(input), to_tensor(mask)
    if mask.array.dtype != bool:
        raise DtypeError(f"masked_fill only supports boolean masks, not {describe(mask.array)}")
    if not is_tensor(value):
        return contiguous(_where(mask, number_as(value, input.array.dtype, "masked_fill"), input))
    if value.array.ndim:
        raise ShapeError(f"masked_fill: value must be a number or a 0-dimensional tensor, not {describe(value.array)}")
    return contiguous(_where(mask, value if value.array.dtype == input.array.dtype else astype(value, input.array.dtype), input))


def fill(input: TensorLike, value: TensorLike) -> Tensor:
    """A tensor of the input's shape and dtype that holds one number everywhere.

    Args:
        value: a number, or a tensor of shape (). The tensor gets the sum of all gradients.

    Raises:
        ShapeError: a value with dimensions.

    Example:
        >>> import autograd
        >>> autograd.fill(autograd.tensor([1, 2]), 7)
        tensor([7, 7], dtype=int64)
    """
    input, value = to_tensor(input), to_tensor(value)
    if value.ndim:
        raise ShapeError(f"fill only supports a 0-dimension value tensor but got {describe(value.array)}")
    if value.array.dtype.kind == "c" and input.array.dtype.kind != "c":
        raise DtypeError(f"fill: a complex value does not go into {describe(input.array)}")
    return _write(input, value, **write_params(input.array, ()))


def _spread_index(index: np.ndarray, source: Tensor, dim: int) -> np.ndarray:
    """The index of slices along a dimension as an index of each element of the source, which ``scatter`` takes."""
    shape = tuple(index.size if d == dim else 1 for d in range(source.ndim))
    return np.broadcast_to(index.reshape(shape), source.shape)


def _also_of_numbers(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function, for which a tensor without dimensions counts as a vector of one element, as in PyTorch."""
    fourth = list(signature(function).parameters)[3]  # "source", or "value"

    @wraps(function)
    def call(input: TensorLike, dim: Dim, index: ArrayLike, *rest: Any, **kwargs: Any) -> Tensor:
        x, args = to_tensor(input), list(rest)
        if fourth in kwargs:
            args.insert(0, kwargs.pop(fourth))
        if x.ndim > 1 or not args:  # without a source the function says so
            return function(x, dim, index, *args, **kwargs)
        source, *args = args
        if fourth == "source" and not np.ndim(array_of(source)):
            source = reshape(to_tensor(source), (1,))
        if x.ndim:
            return function(x, dim, index, source, *args, **kwargs)
        return reshape(function(reshape(x, (1,)), dim, index, source, *args, **kwargs), ())

    return call


@_also_of_numbers
def index_add(input: TensorLike, dim: Dim, index: ArrayLike, source: TensorLike, *, alpha: Number = 1) -> Tensor:
    """A copy of the input with slices added: result[index[i]] = input[index[i]] + alpha source[i], for dim=0.

    Args:
        input: any shape.
        dim: the dimension of the slices.
        index: integers, shape (n,). An index that occurs twice gets both slices.
        source: of the input's shape, with n slices.
        alpha: the factor.

    Raises:
        IndexError: an index outside of the dimension. ShapeError: a source of another shape.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.index_add(x, 0, [0, 0], autograd.tensor([10.0, 20.0]))
        tensor([33.,  1.,  2.], dtype=float32)
    """
    input, source, positions = to_tensor(input), to_tensor(source), integer_index(index, "index_add").ravel()
    dim = _dim(input, dim)
    _check_slices(input, source, positions, dim, "index_add")
    gathering.check_places(positions, input.shape[dim], dim)
    if alpha != 1:
        kind = source.array.dtype.kind
        if kind == "b":
            source = source * bool(alpha)  # booleans stay booleans
        else:  # unsigned integers count a negative factor from their end
            source = source * (make(number_as(alpha, source.dtype, "index_add")) if kind == "u" else alpha)
    moved = (input.shape[dim], *input.shape[:dim], *input.shape[dim + 1 :])
    total = _unindex(movedim(source, dim, 0) if dim else source, index=positions, shape=moved)
    return input + (movedim(total, 0, dim) if dim else total)


@_also_of_numbers
def index_copy(input: TensorLike, dim: Dim, index: ArrayLike, source: TensorLike) -> Tensor:
    """A copy of the input with slices replaced: result[index[i]] = source[i], for dim=0.

    Args:
        input: any shape.
        dim: the dimension of the slices.
        index: integers, shape (n,). Where an index occurs twice, the last slice stays.
        source: of the input's shape and dtype, with n slices.

    Raises:
        IndexError: an index outside of the dimension. ShapeError: a source of another shape.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.index_copy(x, 0, [2, 0], autograd.tensor([10.0, 20.0]))
        tensor([20.,  1., 10.], dtype=float32)
    """
    input, source, positions = to_tensor(input), to_tensor(source), integer_index(index, "index_copy").ravel()
    dim = _dim(input, dim)
    _check_slices(input, source, positions, dim, "index_copy")
    return _scatter(input, source_values(input, source, "index_copy"), dim=dim, index=_spread_index(positions, source, dim))


def _check_slices(input: Tensor, source: Tensor, index: np.ndarray, dim: int, name: str) -> None:
    expected = (*input.shape[:dim], index.size, *input.shape[dim + 1 :])
    if source.shape != expected:
        raise ShapeError(f"{name}: expected a source of shape {expected} for {index.size} indices of dimension {dim} of "
                         f"{describe(input.array)}, not {describe(source.array)}")  # fmt: skip


@_also_of_numbers
def index_fill(input: TensorLike, dim: Dim, index: ArrayLike, value: TensorLike) -> Tensor:
    """A copy of the input with slices filled with a number: result[index[i]] = value, for dim=0.

    Args:
        input: any shape.
        dim: the dimension of the slices.
        index: integers, shape (n,).
        value: a number, or a tensor of shape (). The tensor gets the sum of the gradients of the elements that it fills.

    Raises:
        IndexError: an index outside of the dimension. DtypeError: a complex number for a real input.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.index_fill(x, 0, [0, 2], -1)
        tensor([-1.,  1., -1.], dtype=float32)
    """
    input, positions = to_tensor(input), integer_index(index, "index_fill").ravel()
    dim = _dim(input, dim)
    if isinstance(value, complex) and value.imag and input.dtype.kind != "c":
        raise DtypeError(f"index_fill: the complex number {value} does not go into {describe(input)}")
    mask = np.zeros(input.shape[dim], bool)
    mask[positions] = True
    return masked_fill(input, mask.reshape((-1,) + (1,) * (input.ndim - dim - 1)), value)


@_also_of_numbers
def index_reduce(
    input: TensorLike, dim: Dim, index: ArrayLike, source: TensorLike, reduce: str, *, include_self: bool = True
) -> Tensor:  # fmt: skip
    """A copy of the input with slices combined: result[j] is input[j] reduced with all source[i] for which index[i] = j, for dim=0.

    Args:
        input: any shape.
        dim: the dimension of the slices.
        index: integers, shape (n,).
        source: of the input's shape, with n slices.
        reduce: "prod", "mean", "amax" or "amin".
        include_self: whether the input's own slice takes part.

    Raises:
        ArgumentError: another reduce. IndexError: an index outside of the dimension. ShapeError: a source of another shape.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.index_reduce(x, 0, [0, 0], autograd.tensor([10.0, 20.0]), "mean")
        tensor([11.,  1.,  2.], dtype=float32)
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise ArgumentError(f"index_reduce: expected reduce to be one of prod, mean, amax or amin but got {reduce!r}")
    input, source, positions = to_tensor(input), to_tensor(source), integer_index(index, "index_reduce").ravel()
    dim = _dim(input, dim)
    _check_slices(input, source, positions, dim, "index_reduce")
    return scatter_reduce(input, dim, _spread_index(positions, source, dim), source, reduce, include_self=include_self)


def index_put(input: TensorLike, indices: Sequence[ArrayLike], values: TensorLike, accumulate: bool = False) -> Tensor:
    """A copy of the input with values written at an index: result[indices] = values.

    Args:
        input: any shape.
        indices: a tuple of integers or booleans, one for each dimension, that broadcast together.
        values: of a shape that broadcasts to theirs.
        accumulate: add the values to the elements, once for each time that an index occurs. Otherwise the last value stays.

    Raises:
        IndexError: an index outside of the input.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.index_put(x, ([0],), autograd.tensor([9.0]))
        tensor([9., 1., 2.], dtype=float32)
    """
    key = numpy_index(tuple(indices))
    input = to_tensor(input)
    if accumulate:
        values = expand(values, getitem(input, key).shape)
        return input + _unindex(values, index=key, shape=input.shape)
    copy = input.clone()
    copy[key] = values
    return copy


def put(input: TensorLike, index: ArrayLike, source: TensorLike, accumulate: bool = False) -> Tensor:
    """A copy of the input with values written at an index of its flattened elements.

    Args:
        input: any shape.
        index: integers, any shape.
        source: as many values, of the input's dtype.
        accumulate: add the values to the elements, once for each time that an index occurs. Otherwise the last value stays.

    Raises:
        RangeError: an index outside of the input, or not as many values as indices. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[3.0, 1.0], [2.0, 4.0]])
        >>> autograd.put(x, [1, -1], autograd.tensor([10.0, 20.0]))
        tensor([[ 3., 10.],
                [ 2., 20.]], dtype=float32)
    """
    input, positions = to_tensor(input), integer_index(index, "put").ravel()
    source = to_tensor(source_values(input, source, "put"))
    count = input.array.size
    if positions.size != source.array.size:
        raise RangeError(
            f"put: expected source and index to have the same number of elements, but got {source.array.size} and {positions.size}"
        )
    if positions.size and not -count <= positions.min() <= positions.max() < count:
        raise RangeError(
            f"put: an index is out of range: from {positions.min()} to {positions.max()}, in a tensor of {count} elements"
        )
    return reshape(index_put(ravel(input), (positions,), ravel(source), accumulate), input.shape)


def put_along_axis(arr: TensorLike, indices: ArrayLike, values: TensorLike, axis: Dim = -1) -> Tensor:
    """A copy of the array with values written in each line along a dimension, at that line's own indices.

    Args:
        arr: any shape.
        indices: integers, with as many dimensions as the array. Dimensions other than axis broadcast.
        values: of a shape that broadcasts to that of the indices.
        axis: the dimension.

    Raises:
        IndexError: an index outside of the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.put_along_axis(x, [[0], [1]], 9.0, 1)
        tensor([[9., 2.],
                [3., 9.]], dtype=float32)
    """
    arr, positions = to_tensor(arr), integer_index(indices, "put_along_axis")
    axis = _dim(arr, axis)
    positions = np.broadcast_to(positions, (*arr.shape[:axis], positions.shape[axis], *arr.shape[axis + 1 :]))
    return _scatter(arr, expand(to_tensor(values).astype(arr.array.dtype), positions.shape), dim=axis, index=positions)


def choose(index: ArrayLike, choices: Sequence[TensorLike]) -> Tensor:
    """For each position the element of one of several tensors: result[i] = choices[index[i]][i]. Index and choices broadcast.

    Raises:
        IndexError: an index that is not the number of a choice.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.choose([0, 1, 0], [x, -x])
        tensor([ 3., -1.,  2.], dtype=float32)
    """
    positions = integer_index(index, "choose")
    same = broadcast_tensors(*choices, positions)
    return reshape(gather(stack(same[:-1]), 0, np.broadcast_to(positions, same[-1].shape)[None]), same[-1].shape)


def nonzero(input: ArrayLike, *, as_tuple: bool = False) -> Tensor | tuple[Tensor, ...]:
    """The indices of the elements that are not 0: a matrix with one row for each such element.

    With as_tuple the columns of this matrix, one vector for each dimension. ``x[x.nonzero(as_tuple=True)]`` then is these elements.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.0, 5.0, 6.0])
        >>> autograd.nonzero(x)
        tensor([[1],
                [2]], dtype=int64)
    """
    positions = np.nonzero(np.atleast_1d(array_of(input)))
    return tuple([make(np.ascontiguousarray(p)) for p in positions]) if as_tuple else argwhere(input)


def argwhere(input: ArrayLike) -> Tensor:
    """The indices of the elements that are not 0: a matrix with one row for each such element.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.argwhere(x > 1)
        tensor([[0, 1],
                [1, 0],
                [1, 1]], dtype=int64)
    """
    return make(np.argwhere(array_of(input)))


def flatnonzero(input: ArrayLike) -> Tensor:
    """The indices of the elements that are not 0, in the flattened input.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.0, 5.0, 6.0])
        >>> autograd.flatnonzero(x)
        tensor([1, 2], dtype=int64)
    """
    return make(np.flatnonzero(array_of(input)))


@overload
def where(condition: TensorLike) -> tuple[Tensor, ...]: ...


@overload
def where(condition: TensorLike, input: TensorLike, other: TensorLike, *, out: Tensor | None = None) -> Tensor: ...


def where(
    condition: TensorLike, input: TensorLike | None = None, other: TensorLike | None = None, *, out: Tensor | None = None
) -> Tensor | tuple[Tensor, ...]:
    """Elements of ``input`` where the condition holds, and of ``other`` elsewhere. The three arguments broadcast.

    Formula: y = condition ? input : other

    Args:
        condition: booleans, or numbers, of which 0 is False. input, other: tensors or numbers.
        out: gets the result.

    Returns:
        The chosen elements. With the condition alone: the indices at which it holds, as ``nonzero(condition, as_tuple=True)``.

    Raises:
        TypeError: one of input and other without the other.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([-1.0, 2.0])
        >>> autograd.where(x > 0, x, 0.0)
        tensor([0., 2.], dtype=float32)
        >>> autograd.where(x > 0)
        (tensor([1], dtype=int64),)
    """
    if input is None and other is None and out is None:
        return nonzero(condition, as_tuple=True)
    if input is None or other is None:
        raise TypeError("where takes a condition alone, or with input and other")
    return _where(condition, input, other) if out is None else _where(condition, input, other, out=out)


def nonzero_static(input: ArrayLike, *, size: int, fill_value: int = -1) -> Tensor:
    """``nonzero`` with a given number of rows: it leaves out rows beyond that number, and fills up missing ones.

    Args:
        input: any shape.
        size: the number of rows of the result. It has one column for each dimension of the input.
        fill_value: the number in missing rows.

    Raises:
        ArgumentError: a negative size.

    Example:
        >>> import autograd
        >>> autograd.nonzero_static(autograd.tensor([0.0, 5.0, 6.0]), size=3)
        tensor([[ 1],
                [ 2],
                [-1]], dtype=int64)
    """
    size, fill_value = integers((size, fill_value), "nonzero_static: arguments 'size' and 'fill_value'")
    if size < 0:
        raise ArgumentError(f"nonzero_static: 'size' must be a non-negative integer, not {size}")
    positions = np.argwhere(array_of(input))[:size]
    table = np.full((size, positions.shape[1]), fill_value, np.int64)
    table[: len(positions)] = positions
    return make(table)


def unravel_index(indices: ArrayLike, shape: int | Size) -> tuple[Tensor, ...]:
    """The indices, one for each dimension, of elements that are given by their number in the flattened tensor.

    Args:
        indices: integers, any shape.
        shape: of the tensor.

    Raises:
        DtypeError: indices that are not integers. ValueError: an index outside of the tensor. ShapeError: a negative length.
        TypeError: a shape of anything but integers.

    Example:
        >>> import autograd
        >>> autograd.unravel_index(autograd.tensor([3, 11]), (3, 4))
        (tensor([0, 2], dtype=int64), tensor([3, 3], dtype=int64))
    """
    positions = array_of(indices)
    if positions.dtype.kind not in "iu":
        raise DtypeError(f"unravel_index: expected 'indices' to be of integer dtype, not {describe(positions)}")
    if hasattr(shape, "array") or not isinstance(shape, int | tuple | list):
        raise TypeError(f"unravel_index: expected 'shape' to be int or sequence of ints, but got {type(shape).__name__}")
    if not isinstance(shape, int) and not all([isinstance(n, int | np.integer) for n in shape]):
        raise TypeError(f"unravel_index: expected 'shape' sequence to only contain ints, but got {shape}")
    size = numbers_of(shape)
    if min(size, default=0) < 0:
        raise ShapeError(f"unravel_index: 'shape' cannot have negative values, but got {size}")
    return tuple([make(np.asarray(part)) for part in np.unravel_index(positions, size)])
