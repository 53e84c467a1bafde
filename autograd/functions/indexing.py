"""Functions of tensors that pick elements and put them: by index and by mask. Composites of ops/indexing.py and ops/gather.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.graph import array_of
from ..engine.recording import recorded
from ..errors import ArgumentError, DtypeError, RangeError, ShapeError, describe
from ..ops import gather as gathering
from ..ops import indexing, scan
from ..ops.elementwise import comparison
from .join import stack
from .shape import _tensor, broadcast_tensors, expand, movedim, ravel, reshape

getitem = recorded(indexing.getitem)
gather = recorded(gathering.gather)
_unindex = recorded(indexing.unindex)
_scatter = recorded(gathering.scatter)
_scatter_add = recorded(gathering.scatter_add)
_extreme = recorded(gathering.extreme)
_masked_scatter = recorded(gathering.masked_scatter)
_where = recorded(comparison.where)


def _places(index: Any, name: str) -> np.ndarray:
    """An index as an array of integers."""
    array = array_of(index)
    if array.dtype.kind not in "iu":
        if array.size:
            raise DtypeError(f"{name}: expected an index of integers, not {describe(array)}")
        array = array.astype(np.intp)
    return array


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
    return getitem(ravel(input), _places(index, "take"))


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
    input, index = _tensor(input), _places(indices, "take_along_dim")
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
    input, places = _tensor(input), _places(index, "index_select")
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


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """The input with the elements that the mask selects taken from source, in order.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.masked_scatter(x, x > 1, autograd.tensor([10.0, 20.0]))
        tensor([10.,  1., 20.], dtype=float32)
    """
    return _masked_scatter(input, mask, source)


def _source(input: Any, src: Any, name: str) -> Any:
    """What is written: a tensor of the input's dtype, or a number made one."""
    if hasattr(src, "array") or isinstance(src, np.ndarray):
        if np.dtype(src.dtype) != input.array.dtype:
            raise DtypeError(f"{name}: expected src of the input's dtype {input.array.dtype}, not {describe(src)}")
        return src
    return np.asarray(src, input.array.dtype)


def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
    """The input with src written where the index points: y[i][index[i][j]] = src[i][j] for dim=1.

    Where a place is named twice the last value stays, and it alone has a gradient. ``reduce`` may
    be "add" or "multiply".

    Args:
        index: integers, with as many dimensions as the input, and not longer than src, nor than the input in the other dimensions.
        src: a tensor of the input's dtype, or a number; value: the same, a number.

    Raises:
        IndexError: a place outside of the dimension. ShapeError: an index that does not fit.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.scatter(x, 0, [0, 2], autograd.tensor([10.0, 20.0]))
        tensor([10.,  1., 20.], dtype=float32)
    """
    input, places = _tensor(input), _places(index, "scatter")
    src = _source(input, value if src is None else src, "scatter")
    if reduce is None:
        return _scatter(input, src, dim=dim, index=places)
    if reduce == "add":
        return _scatter_add(input, src, dim=dim, index=places)
    if reduce == "multiply":
        return scatter_reduce(input, dim, places, src, "prod")
    raise ArgumentError(f"scatter: reduce must be 'add' or 'multiply', not {reduce!r}")


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """The input with src added where the index points: y[i][index[i][j]] += src[i][j] for dim=1.

    Args:
        index: integers, with as many dimensions as the input, and not longer than src, nor than the input in the other dimensions.

    Raises:
        IndexError: a place outside of the dimension. ShapeError: an index that does not fit.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.scatter_add(x, 0, [0, 0], autograd.tensor([10.0, 20.0]))
        tensor([33.,  1.,  2.], dtype=float32)
    """
    input = _tensor(input)
    return _scatter_add(input, _source(input, src, "scatter_add"), dim=dim, index=_places(index, "scatter_add"))


def scatter_reduce(input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """The input with, where the index points, the sum, mean, amax, amin or prod of all of src that falls there.

    Args:
        include_self: whether what was there takes part.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.scatter_reduce(x, 0, [0, 0], autograd.tensor([10.0, 20.0]), "amax")
        tensor([20.,  1.,  2.], dtype=float32)
    """
    input, places = _tensor(input), _places(index, "scatter_reduce")
    src = _source(input, src, "scatter_reduce")
    if reduce in ("amax", "amin"):
        if input.array.dtype.kind == "c":
            raise DtypeError(f"scatter_reduce: {reduce} needs numbers that have an order, not {describe(input.array)}")
        return _extreme(input, src, dim=dim, index=places, reduce=reduce, include_self=include_self)
    if reduce == "prod":
        return _scatter_prod(input, src, dim, places, include_self)
    if reduce not in ("sum", "mean"):
        raise ArgumentError(f"scatter_reduce: reduce must be sum, mean, amax, amin or prod, not {reduce!r}")
    start = input if include_self else _scatter(input, np.zeros((), input.array.dtype), dim=dim, index=places)
    total = _scatter_add(start, src, dim=dim, index=places)
    if reduce == "sum":
        return total
    counts = np.full(input.shape, 1 if include_self else 0, input.array.dtype)
    counts = gathering.scatter_add(counts, np.ones((), counts.dtype), dim=dim, index=places)
    counts = np.maximum(counts, 1)
    return total / counts if input.array.dtype.kind in "fc" else total // counts


def _scatter_prod(input: Any, src: Any, dim: int, places: np.ndarray, include_self: bool) -> Any:
    """The factors of each place in a row of a table filled up with ones, and the rows' products: right with zeros."""
    where_to = np.arange(input.array.size).reshape(input.shape)
    spots = gathering.gather(where_to, dim=dim, index=places).ravel()
    order = np.argsort(spots, kind="stable")
    runs = spots[order]
    first = np.searchsorted(runs, runs)
    rank = np.empty_like(spots)
    rank[order] = np.arange(spots.size) - first
    width = int(rank.max(initial=0)) + 1
    src = _tensor(src)
    src = getitem(src, tuple([slice(n) for n in places.shape])) if src.ndim else expand(src, places.shape)
    table = np.ones(input.array.size * width, input.array.dtype)
    table[spots * width + rank] = 0
    table = _unindex(ravel(src), index=spots * width + rank, shape=table.shape) + table
    factors = reshape(recorded(scan.prod)(reshape(table, (-1, width)), dim=1), input.shape)
    if include_self:
        return input * factors
    return _where(np.isin(where_to, spots), factors, input)


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
    input, source, places = _tensor(input), _tensor(source), _places(index, "index_add").ravel()
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
    input, source, places = _tensor(input), _tensor(source), _places(index, "index_copy").ravel()
    dim = _dim(input, dim)
    _same_slices(input, source, places, dim, "index_copy")
    return _scatter(input, _source(input, source, "index_copy"), dim=dim, index=_spread_index(places, source, dim))


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
    input, places = _tensor(input), _places(index, "index_fill").ravel()
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
    input, source, places = _tensor(input), _tensor(source), _places(index, "index_reduce").ravel()
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
    input, places = _tensor(input), _places(index, "put").ravel()
    source = _tensor(_source(input, source, "put"))
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
    arr, places = _tensor(arr), _places(indices, "put_along_axis")
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
    places = _places(index, "choose")
    same = broadcast_tensors(*choices, places)
    return reshape(gather(stack(same[:-1]), 0, np.broadcast_to(places, same[-1].shape)[None]), same[-1].shape)
