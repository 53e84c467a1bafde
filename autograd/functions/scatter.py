"""The functions named scatter: a copy of the input with values written at an index (``scatter``), at a mask (``masked_scatter``),
or into the part that a view shows (``select_scatter``, ``slice_scatter``, ...).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.graph import array_of
from ..engine.recording import recorded
from ..errors import ArgumentError, DtypeError, ShapeError, describe, explain
from ..ops import gather as gathering
from ..ops import indexing, scan
from ..ops.elementwise import comparison
from ..ops.shape import diagonal
from ..ops.strided import as_strided, overlapping
from .creation import to_tensor
from .inplace import Chain, located, region, write
from .shape import expand, getitem, ravel, reshape, strides_of

_write = recorded(write)
_unindex = recorded(indexing.unindex)
_scatter = recorded(gathering.scatter)
_scatter_add = recorded(gathering.scatter_add)
_extreme = recorded(gathering.extreme)
_masked_scatter = recorded(gathering.masked_scatter)
_where = recorded(comparison.where)


def _replaced(input: Any, src: Any, chain: Chain, name: str) -> Any:
    try:
        part = region(input.array, chain)
    except Exception as error:
        raise explain(name, {"input": input.array}, error) from None
    if src.array.shape != part.shape:
        raise ShapeError(
            f"{name}: expected src to have a size equal to the slice of self: {describe(src.array)} does not replace "
            f"{describe(part)}, a part of {describe(input.array)}"
        )
    if src.array.dtype.kind == "c" and input.array.dtype.kind != "c":
        raise DtypeError(f"{name}: complex {describe(src.array)} does not go into {describe(input.array)}: take .real first")
    return _write(input, src, **located(input.array, chain))


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """The input with the elements that the mask selects taken from source, in order.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.masked_scatter(x, x > 1, autograd.tensor([10.0, 20.0]))
        tensor([10.,  1., 20.], dtype=float32)
    """
    return _masked_scatter(input, mask, source)


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
    input, places = to_tensor(input), integer_index(index, "scatter")
    src = source_values(input, value if src is None else src, "scatter")
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
    input = to_tensor(input)
    return _scatter_add(input, source_values(input, src, "scatter_add"), dim=dim, index=integer_index(index, "scatter_add"))


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
    input, places = to_tensor(input), integer_index(index, "scatter_reduce")
    src = source_values(input, src, "scatter_reduce")
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
    src = to_tensor(src)
    src = getitem(src, tuple([slice(n) for n in places.shape])) if src.ndim else expand(src, places.shape)
    ones = np.ones(input.array.size * width, input.array.dtype)
    ones[spots * width + rank] = 0
    table = _unindex(ravel(src), index=spots * width + rank, shape=ones.shape) + ones
    factors = reshape(recorded(scan.prod)(reshape(table, (-1, width)), dim=1), input.shape)
    if include_self:
        return input * factors
    return _where(np.isin(where_to, spots), factors, input)


def integer_index(index: Any, name: str) -> np.ndarray:
    """An index as an array of integers."""
    array = array_of(index)
    if array.dtype.kind not in "iu":
        if array.size:
            raise DtypeError(f"{name}: expected an index of integers, not {describe(array)}")
        array = array.astype(np.intp)
    return array


def source_values(input: Any, src: Any, name: str) -> Any:
    """What is written: a tensor of the input's dtype, or a number made one."""
    if hasattr(src, "array") or isinstance(src, np.ndarray):
        if np.dtype(src.dtype) != input.array.dtype:
            raise DtypeError(f"{name}: expected src of the input's dtype {input.array.dtype}, not {describe(src)}")
        return src
    return np.asarray(src, input.array.dtype)


def _dim(input: Any, dim: int) -> int:
    return int(np.lib.array_utils.normalize_axis_index(dim, input.ndim))


def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """The input with the slice at an index along a dimension replaced.

    Args:
        src: of the input's shape without the dimension.

    Raises:
        ShapeError: src has another shape. IndexError: no such index.

    Example:
        >>> import autograd
        >>> autograd.select_scatter(autograd.zeros(2, 2), autograd.tensor([1.0, 2.0]), 0, 1)
        tensor([[0., 0.],
                [1., 2.]], dtype=float32)
    """
    input, src = to_tensor(input), to_tensor(src)
    dim = _dim(input, dim)
    if not -input.shape[dim] <= index < input.shape[dim]:
        raise IndexError(f"select_scatter: index {index} is out of range for dimension {dim} of {describe(input.array)}")
    return _replaced(input, src, ((indexing.getitem, {"index": (*(slice(None),) * dim, int(index))}),), "select_scatter")


def slice_scatter(input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    """The input with the slices start, start + step, ... below end of a dimension replaced; bounds are cut to it, as in Python.

    Args:
        src: of the shape of the part. start, end: negative ones count from the end; None: the whole.

    Raises:
        ShapeError: src has another shape. ArgumentError: step < 1.

    Example:
        >>> import autograd
        >>> autograd.slice_scatter(autograd.zeros(5), autograd.tensor([1.0, 2.0]), start=1, step=2)
        tensor([0., 1., 0., 2., 0.], dtype=float32)
    """
    input, src = to_tensor(input), to_tensor(src)
    if step < 1:
        raise ArgumentError(f"slice_scatter: slice step must be positive, not {step}")
    index = (*(slice(None),) * _dim(input, dim), slice(start, end, step))
    return _replaced(input, src, ((indexing.getitem, {"index": index}),), "slice_scatter")


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The input with a diagonal of the matrices in two dimensions replaced.

    Args:
        src: of the shape of ``diagonal(input, offset, dim1, dim2)``.

    Raises:
        ShapeError: src has another shape.

    Example:
        >>> import autograd
        >>> autograd.diagonal_scatter(autograd.zeros(2, 2), autograd.tensor([1.0, 2.0]))
        tensor([[1., 0.],
                [0., 2.]], dtype=float32)
    """
    params = {"offset": offset, "dim1": dim1, "dim2": dim2}
    return _replaced(to_tensor(input), to_tensor(src), ((diagonal, params),), "diagonal_scatter")


def as_strided_scatter(input: Any, src: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """The input with the elements that ``as_strided(input, size, stride, storage_offset)`` shows replaced.

    Args:
        input: lying in memory row by row. src: of shape size. size, stride, storage_offset: as of ``as_strided``.

    Raises:
        ShapeError: src has another shape, the input is not contiguous, places are not elements of it, or may be the same element.

    Example:
        >>> import autograd
        >>> autograd.as_strided_scatter(autograd.zeros(2, 3), autograd.tensor([1.0, 2.0]), (2,), (4,))
        tensor([[1., 0., 0.],
                [0., 2., 0.]], dtype=float32)
    """
    input, src = to_tensor(input), to_tensor(src)
    params = strides_of(input, size, stride, storage_offset, "as_strided_scatter")
    if overlapping(params["size"], params["stride"]):
        raise ShapeError(
            f"as_strided_scatter: size {params['size']} with strides {params['stride']} may name an element twice, and only one "
            f"value can be written there"
        )
    return _replaced(input, src, ((as_strided, params),), "as_strided_scatter")
