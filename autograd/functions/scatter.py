"""The functions named scatter: a copy of the input with values written at an index (``scatter``), at a mask (``masked_scatter``),
or into the part that a view shows (``select_scatter``, ``slice_scatter``, ...).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..engine.graph import array_of, make
from ..engine.memory import overlapping
from ..engine.recording import recorded
from ..engine.values.dtypes import number_as
from ..engine.values.integers import integers
from ..errors import ArgumentError, DtypeError, ShapeError, describe, explain
from ..ops import gather as gathering
from ..ops import indexing, join, reduction, scan
from ..ops.elementwise import comparison
from ..ops.shape import diagonal
from ..ops.strided import as_strided
from ..types import ArrayLike, Dim, Number, Size, Tensor, TensorLike
from .creation import is_tensor, to_tensor
from .inplace import Chain, region, write, write_params
from .shape import clone, expand, getitem, ravel, reshape, strides_of

_write = recorded(write)
_unindex = recorded(indexing.unindex)
_all = recorded(reduction.all)
_cat = recorded(join.cat)
_scatter = recorded(gathering.scatter)
_scatter_add = recorded(gathering.scatter_add)
_extreme = recorded(gathering.extreme)
_masked_scatter = recorded(gathering.masked_scatter)
_where = recorded(comparison.where)


def integer_index(index: ArrayLike, name: str) -> np.ndarray:
    """The array of an index of integers.

    Raises:
        DtypeError: the index is not of integers.
    """
    array = array_of(index)
    if array.dtype.kind not in "iu":
        if array.size:
            raise DtypeError(f"{name}: expected an index of integers, not {describe(array)}")
        array = array.astype(np.intp)  # NumPy reads an empty list as floats
    return array


def _nothing_to_write(input: Tensor, index: np.ndarray) -> Tensor | None:
    """A copy of the input for an index without elements, which may then have any number of dimensions, as in PyTorch; or None."""
    return None if index.size else clone(input)


def source_values(input: Tensor, src: TensorLike, name: str) -> TensorLike:
    """Values to write into a copy of the input: a tensor or array of the input's dtype, or a number as an array of that dtype.

    Raises:
        DtypeError: a tensor or array of another dtype.
    """
    if is_tensor(src) or isinstance(src, np.ndarray):
        if np.dtype(src.dtype) != input.array.dtype:
            raise DtypeError(f"{name}: expected src of the input's dtype {input.array.dtype}, not {describe(src)}")
        return src
    return number_as(src, input.array.dtype, name)


def scatter(
    input: TensorLike, dim: Dim, index: ArrayLike, src: TensorLike | None = None, *, value: Number | None = None,
    reduce: str | None = None,
) -> Tensor:  # fmt: skip
    """A copy of the input with values written at an index along a dimension: result[i][index[i][j]] = src[i][j], for dim=1.

    Where an index occurs twice in a line, the last value stays, and only it has a gradient.

    Args:
        input: any shape.
        dim: the dimension.
        index: integers, with as many dimensions as the input, in each at most as long as src and, except in dim, as the input.
        src: the values, of the input's dtype, or a number.
        value: a number, in place of src.
        reduce: "add" or "multiply" combines values with the elements instead of replacing them.

    Raises:
        IndexError: an index outside of the dimension. ShapeError: an index of another shape. ArgumentError: another reduce.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.scatter(x, 0, [0, 2], autograd.tensor([10.0, 20.0]))
        tensor([10.,  1., 20.], dtype=float32)
    """
    given = value if src is None else src
    if given is None:
        raise TypeError("scatter: give src, a tensor, or value, a number")
    input, positions = to_tensor(input), integer_index(index, "scatter")
    if not input.ndim and positions.ndim == 1:  # a number counts as a vector of one element, as in PyTorch
        return reshape(scatter(reshape(input, (1,)), dim, positions, given, reduce=reduce), ())
    src = source_values(input, given, "scatter")
    unchanged = _nothing_to_write(input, positions)
    if unchanged is not None:
        return unchanged
    if reduce is None:
        return _scatter(input, src, dim=dim, index=positions)
    if reduce == "add":
        return _scatter_add(input, src, dim=dim, index=positions)
    if reduce == "multiply":
        return scatter_reduce(input, dim, positions, src, "prod")
    raise ArgumentError(f"scatter: reduce must be 'add' or 'multiply', not {reduce!r}")


def scatter_add(input: TensorLike, dim: Dim, index: ArrayLike, src: TensorLike) -> Tensor:
    """A copy of the input with values added at an index along a dimension: result[i][index[i][j]] += src[i][j], for dim=1.

    Args:
        input: any shape.
        dim: the dimension.
        index: integers, with as many dimensions as the input, in each at most as long as src and, except in dim, as the input.
        src: the values, of the input's dtype, or a number.

    Raises:
        IndexError: an index outside of the dimension. ShapeError: an index of another shape.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.scatter_add(x, 0, [0, 0], autograd.tensor([10.0, 20.0]))
        tensor([33.,  1.,  2.], dtype=float32)
    """
    input, positions = to_tensor(input), integer_index(index, "scatter_add")
    values, unchanged = source_values(input, src, "scatter_add"), _nothing_to_write(input, positions)
    return _scatter_add(input, values, dim=dim, index=positions) if unchanged is None else unchanged


def scatter_reduce(
    input: TensorLike, dim: Dim, index: ArrayLike, src: TensorLike, reduce: str, *, include_self: bool = True
) -> Tensor:  # fmt: skip
    """A copy of the input in which elements are combined with all values of src that the index sends to them.

    Args:
        input: any shape.
        dim: the dimension.
        index: integers, with as many dimensions as the input, in each at most as long as src and, except in dim, as the input.
        src: the values, of the input's dtype, or a number.
        reduce: how: "sum", "mean", "amax", "amin" or "prod".
        include_self: whether the input's own element takes part.

    Raises:
        IndexError: an index outside of the dimension. ShapeError: an index of another shape. ArgumentError: another reduce.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.scatter_reduce(x, 0, [0, 0], autograd.tensor([10.0, 20.0]), "amax")
        tensor([20.,  1.,  2.], dtype=float32)
    """
    input, positions = to_tensor(input), integer_index(index, "scatter_reduce")
    src = source_values(input, src, "scatter_reduce")
    unchanged = _nothing_to_write(input, positions)
    if unchanged is not None:
        return unchanged
    if reduce in ("amax", "amin"):
        if input.array.dtype.kind == "c":
            raise DtypeError(f"scatter_reduce: {reduce} needs numbers that have an order, not {describe(input.array)}")
        return _extreme(input, src, dim=dim, index=positions, reduce=reduce, include_self=include_self)
    if reduce == "prod":
        return _scatter_prod(input, src, dim, positions, include_self)
    if reduce not in ("sum", "mean"):
        raise ArgumentError(f"scatter_reduce: reduce must be sum, mean, amax, amin or prod, not {reduce!r}")
    start = input if include_self else _scatter(input, np.zeros((), input.array.dtype), dim=dim, index=positions)
    total = _scatter_add(start, src, dim=dim, index=positions)
    if reduce == "sum":
        return total
    counts = np.full(input.shape, 1 if include_self else 0, input.array.dtype)
    counts = gathering.scatter_add(counts, np.ones((), counts.dtype), dim=dim, index=positions)
    counts = np.maximum(counts, 1)
    return total / counts if input.array.dtype.kind in "fc" else total // counts


def _scatter_prod(input: Tensor, src: Any, dim: int, index: np.ndarray, include_self: bool) -> Tensor:
    """``scatter_reduce`` with "prod", differentiable where factors are 0.

    The factors of each element become one column of a table, filled up with ones: the element itself, if it takes part, then the
    values in their order. The result is the product of each column.
    """
    numbers = np.arange(input.array.size).reshape(input.shape)
    targets = gathering.gather(numbers, dim=dim, index=index).ravel()
    order = np.argsort(targets, kind="stable")
    sorted_targets = targets[order]
    first = np.searchsorted(sorted_targets, sorted_targets)
    rank = np.empty_like(targets)
    rank[order] = np.arange(targets.size) - first
    rank += include_self
    height = int(rank.max(initial=0)) + 1
    src = to_tensor(src)
    src = getitem(src, tuple([slice(n) for n in index.shape])) if src.ndim else expand(src, index.shape)
    ones = np.ones(input.array.size * height, input.array.dtype)
    places = rank * input.array.size + targets
    ones[places] = 0
    values = ravel(src)
    if include_self:
        own = np.arange(input.array.size)
        ones[own], places, values = 0, np.concatenate([own, places]), _cat((ravel(input), values))
    table = reshape(_unindex(values, index=places, shape=ones.shape) + ones, (height, -1))
    kind = input.array.dtype.kind  # a product of booleans is a boolean here: whether all are true
    product = _all(table, dim=0) if kind == "b" else recorded(scan.prod)(table, dim=0)
    if kind in "iu":  # NumPy's product of small integers is int64
        product = make(product.array.astype(input.array.dtype))
    factors = reshape(product, input.shape)
    return factors if include_self else _where(np.isin(numbers, targets), factors, input)


def masked_scatter(input: TensorLike, mask: TensorLike, source: TensorLike) -> Tensor:
    """A copy of the input in which the elements where the mask is True are replaced by the first elements of the source, in order.

    Args:
        input: any shape.
        mask: booleans, of a shape that broadcasts to the input's.
        source: at least as many elements as the mask selects.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.masked_scatter(x, x > 1, autograd.tensor([10.0, 20.0]))
        tensor([10.,  1., 20.], dtype=float32)
    """
    x = to_tensor(input)
    wanted = np.shape(getattr(mask, "array", mask))
    if len(wanted) > x.ndim or wanted != x.shape:
        x = expand(x, np.broadcast_shapes(x.shape, wanted))
    return _masked_scatter(x, mask, source)


def _replaced(input: Tensor, src: Tensor, chain: Chain, name: str) -> Tensor:
    """A copy of the input in which the part that a chain of view ops selects is replaced."""
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
    return _write(input, src, **write_params(input.array, chain))


def select_scatter(input: TensorLike, src: TensorLike, dim: Dim, index: int) -> Tensor:
    """A copy of the input in which the slice at one index of a dimension is replaced.

    Args:
        input: any shape.
        src: of the input's shape without the dimension.
        dim: the dimension.
        index: of the slice.

    Raises:
        ShapeError: src has another shape. IndexError: an index outside of the dimension.

    Example:
        >>> import autograd
        >>> autograd.select_scatter(autograd.zeros(2, 2), autograd.tensor([1.0, 2.0]), 0, 1)
        tensor([[0., 0.],
                [1., 2.]], dtype=float32)
    """
    input, src = to_tensor(input), to_tensor(src)
    dim = normalize_axis_index(dim, input.ndim)
    if not -input.shape[dim] <= index < input.shape[dim]:
        raise IndexError(f"select_scatter: index {index} is out of range for dimension {dim} of {describe(input.array)}")
    region = (*(slice(None),) * dim, integers(index, "select_scatter: argument 'index'"))
    return _replaced(input, src, ((indexing.getitem, {"index": region}),), "select_scatter")


def slice_scatter(
    input: TensorLike, src: TensorLike, dim: Dim = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """A copy of the input in which the slices start, start + step, ... below end of a dimension are replaced.

    Args:
        input: any shape.
        src: of the shape of these slices together.
        dim: the dimension.
        start: the first index. A negative one counts from the end, one outside is clipped, as in Python; None is the beginning.
        end: the index to stop before, likewise; None is the end.
        step: at least 1.

    Raises:
        ShapeError: src has another shape. ArgumentError: a step below 1.

    Example:
        >>> import autograd
        >>> autograd.slice_scatter(autograd.zeros(5), autograd.tensor([1.0, 2.0]), start=1, step=2)
        tensor([0., 1., 0., 2., 0.], dtype=float32)
    """
    input, src = to_tensor(input), to_tensor(src)
    if step < 1:
        raise ArgumentError(f"slice_scatter: slice step must be positive, not {step}")
    index = (*(slice(None),) * normalize_axis_index(dim, input.ndim), slice(start, end, step))
    return _replaced(input, src, ((indexing.getitem, {"index": index}),), "slice_scatter")


def diagonal_scatter(input: TensorLike, src: TensorLike, offset: int = 0, dim1: Dim = 0, dim2: Dim = 1) -> Tensor:
    """A copy of the input in which a diagonal of the matrices in two dimensions is replaced.

    Args:
        input: at least 2 dimensions.
        src: of the shape of ``diagonal(input, offset, dim1, dim2)``.
        offset: which diagonal: 0 is the main one, positive numbers lie above it.
        dim1: the dimension of the rows.
        dim2: the dimension of the columns.

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


def as_strided_scatter(
    input: TensorLike, src: TensorLike, size: int | Size, stride: int | Sequence[int], storage_offset: int | None = None
) -> Tensor:  # fmt: skip
    """A copy of the input in which the elements that ``as_strided(input, size, stride, storage_offset)`` shows are replaced.

    Args:
        input: a tensor whose elements lie in memory row by row.
        src: of shape size.
        size: the shape of the view.
        stride: for each dimension, how many elements lie between neighbours in memory.
        storage_offset: where the view begins, counted from the start of the memory; by default where the input begins.

    Raises:
        ShapeError: src has another shape, the input is not contiguous, or the view reaches outside of it or may show an element
            twice.

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
