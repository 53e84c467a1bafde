"""Reading and writing elements by index and by mask, and finding elements. (What is named scatter is in scatter.py.)"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.graph import array_of, make
from ..engine.recording import recorded
from ..errors import ArgumentError, DtypeError, RangeError, ShapeError, describe
from ..ops import gather as gathering
from ..ops import indexing
from ..ops.elementwise import comparison
from ..ops.shape import numbers_of
from .inplace import located, write
from .join import stack
from .scatter import integer_index, scatter_reduce, source_values
from .shape import _tensor, broadcast_tensors, clone, expand, getitem, movedim, ravel, reshape

gather = recorded(gathering.gather)
_unindex = recorded(indexing.unindex)
_scatter = recorded(gathering.scatter)
_where = recorded(comparison.where)
_write = recorded(write)


def _dim(input: Any, dim: int) -> int:
    return int(np.lib.array_utils.normalize_axis_index(dim, input.ndim)) if input.ndim else 0


def take(input: Any, index: Any) -> Any:
    """The elements at places of the flattened input, in the shape of the index.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.take(x, [0, 3])
        tensor([1., 4.], dtype=float32)
    """
    return getitem(ravel(input), integer_index(index, "take"))


def take_along_dim(input: Any, indices: Any, dim: int | None = None, *, axis: int | None = None) -> Any:
    """Along a dimension the elements at given places, for instance those that ``argsort`` gave; the other dimensions broadcast.

    Args:
        indices: integers, with as many dimensions as the input; without dim, places of the flattened input.

    Raises:
        IndexError: a place outside of the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.take_along_dim(x, autograd.argsort(-x), 1)
        tensor([[2., 1.],
                [4., 3.]], dtype=float32)
    """
    input, index = _tensor(input), integer_index(indices, "take_along_dim")
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
    return gather(input, dim, np.broadcast_to(index, (*common[:dim], index.shape[dim], *common[dim + 1 :])))


def index_select(input: Any, dim: int, index: Any) -> Any:
    """The slices of a dimension at given places.

    Args:
        index: integers, shape (n,) or a number; the result has n slices.

    Raises:
        IndexError: a place outside of the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.index_select(x, 1, [1])
        tensor([[2.],
                [4.]], dtype=float32)
    """
    input, places = _tensor(input), integer_index(index, "index_select")
    if places.ndim > 1:
        raise IndexError(f"index_select: the index is supposed to be a vector, not {describe(places)}")
    if not input.ndim:
        return reshape(getitem(reshape(input, (1,)), places.ravel()), ())
    return getitem(input, (*(slice(None),) * _dim(input, dim), places.ravel()))


def compress(condition: Any, input: Any, axis: int | None = None) -> Any:
    """The slices along a dimension (the elements, without one) for which the condition holds.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.compress([True, False, True], x)
        tensor([3., 2.], dtype=float32)
    """
    places = np.flatnonzero(getattr(condition, "array", condition))
    return take(input, places) if axis is None else index_select(input, axis, places)


def narrow(input: Any, dim: int, start: int, length: int) -> Any:
    """The part of a length from a start along a dimension; a view.

    Raises:
        RangeError: it does not lie within the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.narrow(x, 0, 1, 2)
        tensor([1., 2.], dtype=float32)
    """
    input = _tensor(input)
    dim = np.lib.array_utils.normalize_axis_index(dim, input.ndim)
    n = input.shape[dim]
    start = int(start)
    if not -n <= start <= n or length < 0 or (start + n if start < 0 else start) + length > n:
        raise RangeError(f"narrow: start ({start}) + length ({length}) exceeds dimension size ({n}) of {describe(input.array)}")
    start = start + n if start < 0 else start
    return getitem(input, (*(slice(None),) * dim, slice(start, start + length)))


def narrow_copy(input: Any, dim: int, start: int, length: int) -> Any:
    """``narrow``, as a copy.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.narrow_copy(x, 0, 1, 2)
        tensor([1., 2.], dtype=float32)
    """
    return clone(narrow(input, dim, start, length))


def select(input: Any, dim: int, index: int) -> Any:
    """The slice at an index along a dimension, without that dimension; a view.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.select(x, 1, 0)
        tensor([1., 3.], dtype=float32)
    """
    input = _tensor(input)
    dim = np.lib.array_utils.normalize_axis_index(dim, input.ndim)
    return getitem(input, (*(slice(None),) * dim, int(index)))


def masked_select(input: Any, mask: Any) -> Any:
    """The elements for which the mask is true, in one dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.masked_select(x, x > 1)
        tensor([3., 2.], dtype=float32)
    """
    mask = array_of(mask)
    if mask.dtype != bool:
        raise DtypeError(f"masked_select: expected a mask of bools, not {describe(mask)}")
    input = _tensor(input)
    if input.shape != mask.shape:
        input, mask = broadcast_tensors(input, mask)
        mask = mask.array
    return getitem(input, mask)


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """The value where the mask is true, the input elsewhere.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.masked_fill(x, x > 2, float("-inf"))
        tensor([-inf, 1., 2.], dtype=float32)
    """
    input, mask = _tensor(input), _tensor(mask)
    if mask.array.dtype != bool:
        raise DtypeError(f"masked_fill only supports boolean masks, not {describe(mask.array)}")
    if hasattr(value, "array"):
        if value.array.ndim:
            raise ShapeError(f"masked_fill: value must be a number or a 0-dimensional tensor, not {describe(value.array)}")
        if value.array.dtype != input.array.dtype:
            value = value.astype(input.array.dtype)
    else:
        value = np.asarray(value).astype(input.array.dtype)
    return _where(mask, value, input)


def fill(input: Any, value: Any) -> Any:
    """A tensor of the input's shape and dtype with one value everywhere.

    Args:
        value: a number, or a tensor without dimensions, which gets the sum of the gradients.

    Raises:
        ShapeError: a value with dimensions.

    Example:
        >>> import autograd
        >>> autograd.fill(autograd.tensor([1, 2]), 7)
        tensor([7, 7], dtype=int64)
    """
    input, value = _tensor(input), _tensor(value)
    if value.ndim:
        raise ShapeError(f"fill only supports a 0-dimension value tensor but got {describe(value.array)}")
    if value.array.dtype.kind == "c" and input.array.dtype.kind != "c":
        raise DtypeError(f"fill: a complex value does not go into {describe(input.array)}")
    return _write(input, value, **located(input.array, ()))


def _spread_index(places: np.ndarray, source: Any, dim: int) -> np.ndarray:
    """A vector of places along a dimension, as an index of the source's shape."""
    shape = tuple(places.size if d == dim else 1 for d in range(source.ndim))
    return np.broadcast_to(places.reshape(shape), source.shape)


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """The input with alpha times the slices of source added to those of a dimension at given places.

    Args:
        index: integers, shape (n,); a place that occurs twice gets both slices.
        source: the input's shape, with n in the dimension.

    Raises:
        IndexError: a place outside of the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.index_add(x, 0, [0, 0], autograd.tensor([10.0, 20.0]))
        tensor([33.,  1.,  2.], dtype=float32)
    """
    input, source, places = _tensor(input), _tensor(source), integer_index(index, "index_add").ravel()
    dim = _dim(input, dim)
    _same_slices(input, source, places, dim, "index_add")
    if alpha != 1:
        source = source * alpha
    moved = (input.shape[dim], *input.shape[:dim], *input.shape[dim + 1 :])
    total = _unindex(movedim(source, dim, 0) if dim else source, index=places, shape=moved)
    return input + (movedim(total, 0, dim) if dim else total)


def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """The input with the slices of a dimension at given places replaced by those of source.

    Args:
        index: integers, shape (n,). source: the input's shape, with n in the dimension.

    Raises:
        IndexError: a place outside of the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.index_copy(x, 0, [2, 0], autograd.tensor([10.0, 20.0]))
        tensor([20.,  1., 10.], dtype=float32)
    """
    input, source, places = _tensor(input), _tensor(source), integer_index(index, "index_copy").ravel()
    dim = _dim(input, dim)
    _same_slices(input, source, places, dim, "index_copy")
    return _scatter(input, source_values(input, source, "index_copy"), dim=dim, index=_spread_index(places, source, dim))


def _same_slices(input: Any, source: Any, places: np.ndarray, dim: int, name: str) -> None:
    expected = (*input.shape[:dim], places.size, *input.shape[dim + 1 :])
    if source.shape != expected:
        raise ShapeError(f"{name}: expected a source of shape {expected} for {places.size} places of dimension {dim} of "
                         f"{describe(input.array)}, not {describe(source.array)}")  # fmt: skip


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """The input with the slices of a dimension at given places filled with a number.

    Args:
        index: integers, shape (n,). value: a number, or a tensor without dimensions, which gets the sum of the gradients there.

    Raises:
        IndexError: a place outside of the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.index_fill(x, 0, [0, 2], -1)
        tensor([-1.,  1., -1.], dtype=float32)
    """
    input, places = _tensor(input), integer_index(index, "index_fill").ravel()
    dim = _dim(input, dim)
    mask = np.zeros(input.shape[dim], bool)
    mask[places] = True
    return masked_fill(input, mask.reshape((-1,) + (1,) * (input.ndim - dim - 1)), value)


def index_reduce(input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """The input with, at given places of a dimension, the prod, mean, amax or amin of its slice and those of source that go there.

    Args:
        index: integers, shape (n,). source: the input's shape, with n in the dimension.
        include_self: whether what was there takes part.

    Raises:
        ArgumentError: another reduce. IndexError: a place outside of the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.index_reduce(x, 0, [0, 0], autograd.tensor([10.0, 20.0]), "mean")
        tensor([11.,  1.,  2.], dtype=float32)
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise ArgumentError(f"index_reduce: expected reduce to be one of prod, mean, amax or amin but got {reduce!r}")
    input, source, places = _tensor(input), _tensor(source), integer_index(index, "index_reduce").ravel()
    dim = _dim(input, dim)
    _same_slices(input, source, places, dim, "index_reduce")
    return scatter_reduce(input, dim, _spread_index(places, source, dim), source, reduce, include_self=include_self)


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """The input with values written (or added) where a tuple of indices points.

    Args:
        indices: a tuple of tensors of integers or booleans that broadcast together. values: a shape that broadcasts to theirs.
        accumulate: add to what is there, and as often as a place occurs; otherwise the last value stays.

    Raises:
        IndexError: a place outside.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.index_put(x, ([0],), autograd.tensor([9.0]))
        tensor([9., 1., 2.], dtype=float32)
    """
    place = tuple([getattr(i, "array", i) for i in indices])
    input = _tensor(input)
    if accumulate:
        values = expand(values, getitem(input, place).shape)
        return input + _unindex(values, index=place, shape=input.shape)
    copy = input.clone()
    copy[place] = values
    return copy


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """The input with the elements of source written (or added) at places of the flattened input.

    Args:
        index: integers, any shape. source: as many elements, of the input's dtype.
        accumulate: add to what is there, and as often as a place occurs; otherwise the last value stays.

    Raises:
        RangeError: a place outside, or not as many elements as places. DtypeError: another dtype.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[3.0, 1.0], [2.0, 4.0]])
        >>> autograd.put(x, [1, -1], autograd.tensor([10.0, 20.0]))
        tensor([[ 3., 10.],
                [ 2., 20.]], dtype=float32)
    """
    input, places = _tensor(input), integer_index(index, "put").ravel()
    source = _tensor(source_values(input, source, "put"))
    count = input.array.size
    if places.size != source.array.size:
        raise RangeError(
            f"put: expected source and index to have the same number of elements, but got {source.array.size} and {places.size}"
        )
    if places.size and not -count <= places.min() <= places.max() < count:
        raise RangeError(f"put: a place is out of range: from {places.min()} to {places.max()}, in a tensor of {count} elements")
    return reshape(index_put(ravel(input), (places,), ravel(source), accumulate), input.shape)


def put_along_axis(arr: Any, indices: Any, values: Any, axis: int = -1) -> Any:
    """A copy with values written along a dimension at given places; the indices and the values broadcast.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.put_along_axis(x, [[0], [1]], 9.0, 1)
        tensor([[9., 2.],
                [3., 9.]], dtype=float32)
    """
    arr, places = _tensor(arr), integer_index(indices, "put_along_axis")
    axis = _dim(arr, axis)
    places = np.broadcast_to(places, (*arr.shape[:axis], places.shape[axis], *arr.shape[axis + 1 :]))
    return _scatter(arr, expand(_tensor(values).astype(arr.array.dtype), places.shape), dim=axis, index=places)


def choose(index: Any, choices: Any) -> Any:
    """From each place the element of the choice whose number the index has there.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.choose([0, 1, 0], [x, -x])
        tensor([ 3., -1.,  2.], dtype=float32)
    """
    places = integer_index(index, "choose")
    same = broadcast_tensors(*choices, places)
    return reshape(gather(stack(same[:-1]), 0, np.broadcast_to(places, same[-1].shape)[None]), same[-1].shape)


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """The places of the elements that are not 0: a row for each, or (as_tuple) a vector for each dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.0, 5.0, 6.0])
        >>> autograd.nonzero(x)
        tensor([[1],
                [2]], dtype=int64)
    """
    places = np.nonzero(np.atleast_1d(array_of(input)))
    return tuple([make(p) for p in places]) if as_tuple else argwhere(input)


def argwhere(input: Any) -> Any:
    """The places of the elements that are not 0, a row for each.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.argwhere(x > 1)
        tensor([[0, 1],
                [1, 0],
                [1, 1]], dtype=int64)
    """
    return make(np.argwhere(array_of(input)))


def flatnonzero(input: Any) -> Any:
    """The places of the elements that are not 0 in the flattened input.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0.0, 5.0, 6.0])
        >>> autograd.flatnonzero(x)
        tensor([1, 2], dtype=int64)
    """
    return make(np.flatnonzero(array_of(input)))


def nonzero_static(input: Any, *, size: int, fill_value: int = -1) -> Any:
    """``nonzero`` with a given number of rows: what is too many is cut off, what is missing filled up.

    Args:
        size: rows of the result, which has a column per dimension of the input. fill_value: stands in rows that are left over.

    Raises:
        ArgumentError: a negative size.

    Example:
        >>> import autograd
        >>> autograd.nonzero_static(autograd.tensor([0.0, 5.0, 6.0]), size=3)
        tensor([[ 1],
                [ 2],
                [-1]], dtype=int64)
    """
    if size < 0:
        raise ArgumentError(f"nonzero_static: 'size' must be a non-negative integer, not {size}")
    places = np.argwhere(array_of(input))[:size]
    table = np.full((size, places.shape[1]), fill_value, np.int64)
    table[: len(places)] = places
    return make(table)


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """Places of a flattened tensor as places of the tensor: one index per dimension of its shape, last dimension fastest.

    Args:
        indices: integers, any shape. shape: of the tensor.

    Raises:
        TypeError: indices that are no integers. ValueError: a place outside, or a negative length.

    Example:
        >>> import autograd
        >>> autograd.unravel_index(autograd.tensor([3, 11]), (3, 4))
        (tensor([0, 2], dtype=int64), tensor([3, 3], dtype=int64))
    """
    places = array_of(indices)
    if places.dtype.kind not in "iu":
        raise DtypeError(f"unravel_index: expected 'indices' to be of integer dtype, not {describe(places)}")
    size = numbers_of(shape)
    if min(size, default=0) < 0:
        raise ShapeError(f"unravel_index: 'shape' cannot have negative values, but got {size}")
    return tuple([make(np.asarray(part)) for part in np.unravel_index(places, size)])
