"""Functions that depend on the order of the elements: sorting, medians, quantiles, search in sorted sequences, unique elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from warnings import warn

import numpy as np

from ..engine.graph import array_of, make
from ..engine.recording import recorded, recorded_tuple
from ..engine.values.integers import integers
from ..errors import ArgumentError, DtypeError, EmptyError, RangeError, ShapeError, describe
from ..ops import sorting
from ..ops.rules import remembered
from ..types import ArrayLike, Dim, Dims, Tensor, TensorLike
from .creation import is_tensor, to_tensor
from .indexing import gather
from .shape import astype, flatten, movedim, permute, reshape

_underived = recorded(sorting.underived)

_sort = recorded_tuple(sorting.sort)
_topk = recorded_tuple(sorting.topk)
_kthvalue = recorded_tuple(sorting.kthvalue)
_median = recorded_tuple(sorting.median)
_median_of_all = recorded(sorting.median_of_all)
_mode = recorded_tuple(sorting.mode)
_quantile = recorded(sorting.quantile)


class Chosen(NamedTuple):
    """Elements of a dimension, and their indices along it."""

    values: Tensor
    indices: Tensor


def sort(
    input: TensorLike, dim: Dim = -1, descending: bool = False, stable: bool = True, *, axis: Dim | None = None
) -> Chosen:  # fmt: skip
    """The elements along a dimension in order, and the index that each came from: ``(values, indices)``.

    Args:
        input: any shape.
        dim: the dimension.
        descending: whether the largest comes first.
        stable: has no effect. Equal elements always keep their order.
        axis: NumPy's name of dim.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.sort(autograd.tensor([3.0, 1.0, 2.0])).values
        tensor([1., 2., 3.], dtype=float32)
    """
    return Chosen(*_sort(input, dim=dim if axis is None else axis, descending=descending))


def argsort(
    input: TensorLike, dim: Dim = -1, descending: bool = False, stable: bool = True, *, axis: Dim | None = None
) -> Tensor:  # fmt: skip
    """The indices that sort the elements along a dimension.

    Args:
        input: any shape.
        dim: the dimension.
        descending: whether the largest comes first.
        stable: has no effect. Equal elements always keep their order.
        axis: NumPy's name of dim.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.argsort(x)
        tensor([1, 2, 0], dtype=int64)
    """
    array = to_tensor(input).array
    return make(sorting.sort.forward(array, dim if axis is None else axis, descending)[1])


def msort(input: TensorLike) -> Tensor:
    """The elements along the first dimension in order.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.msort(x)
        tensor([1., 2., 3.], dtype=float32)
    """
    return sort(input, 0).values


def topk(input: TensorLike, k: int, dim: Dim = -1, largest: bool = True, sorted: bool = True) -> Chosen:
    """The k largest (or smallest) elements along a dimension in order, and their indices.

    Args:
        input: any shape.
        k: at most the length of the dimension.
        dim: the dimension.
        largest: False for the smallest elements.
        sorted: has no effect. The elements are always in order.

    Raises:
        RangeError: k is negative or greater than the length. TypeError: a boolean for the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.topk(x, 2)
        Chosen(values=tensor([3., 2.], dtype=float32), indices=tensor([0, 2], dtype=int64))
    """
    if isinstance(dim, bool):  # topk(k, True) means largest
        raise TypeError(f"topk: argument 'dim' must be an integer, not {dim}: pass largest by name")
    return Chosen(*_topk(input, k=integers(k, "topk: argument 'k'"), dim=dim, largest=largest))


def kthvalue(input: TensorLike, k: int, dim: Dim = -1, keepdim: bool = False) -> Chosen:
    """The k-th smallest element along a dimension, and its index.

    Args:
        input: any shape.
        k: from 1 to the length of the dimension.
        dim: the dimension.
        keepdim: keep the dimension with length 1.

    Raises:
        RuntimeError: k is less than 1 or greater than the length.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.kthvalue(x, 2)
        Chosen(values=tensor(2., dtype=float32), indices=tensor(2, dtype=int64))
    """
    return Chosen(*_kthvalue(input, k=k, dim=dim, keepdim=keepdim))


def median(input: TensorLike, dim: Dim | None = None, keepdim: bool = False) -> Tensor | Chosen:
    """The middle element in the order of size, the lower one of two. (``np.median`` takes the mean of the two.)

    Args:
        input: any shape.
        dim: a dimension: the result then is ``(values, indices)`` along it. None for the median of all elements, without an index.
        keepdim: keep the dimension with length 1.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.median(x)
        tensor(2., dtype=float32)
    """
    if dim is None:
        return _median_of_all(input)
    return Chosen(*_median(input, dim=dim, keepdim=keepdim))


def nanmedian(input: TensorLike, dim: Dim | None = None, keepdim: bool = False) -> Tensor | Chosen:
    """``median`` of the elements that are not nan.

    Args:
        input: any shape.
        dim: a dimension: the result then is ``(values, indices)`` along it. None for the median of all elements, without an index.
        keepdim: keep the dimension with length 1.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, float("nan"), 2.0, 4.0])
        >>> autograd.nanmedian(x)
        tensor(3., dtype=float32)
    """
    if dim is None:
        return _median_of_all(input, ignore_nan=True)
    return Chosen(*_median(input, dim=dim, keepdim=keepdim, ignore_nan=True))


def mode(input: TensorLike, dim: Dim = -1, keepdim: bool = False) -> Chosen:
    """The most frequent element along a dimension, and the index of its last occurrence. Of equally frequent elements the smallest.

    Args:
        input: any shape.
        dim: the dimension.
        keepdim: keep the dimension with length 1.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([2.0, 1.0, 2.0])
        >>> autograd.mode(x)
        Chosen(values=tensor(2., dtype=float32), indices=tensor(2, dtype=int64))
    """
    return Chosen(*_mode(input, dim=dim, keepdim=keepdim))


def quantile(
    input: TensorLike, q: ArrayLike, dim: Dims = None, keepdim: bool = False, *, interpolation: str = "linear", axis: Dims = None
) -> Tensor:  # fmt: skip
    """The q-quantile: the value at position q (n - 1) of the n sorted elements.

    Args:
        input: any shape.
        q: a number in [0, 1], or a vector of them: the result then has one more dimension in front.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        interpolation: the value between two positions. "linear", "midpoint", or that of the position "lower", "higher", "nearest".
        axis: NumPy's name of dim.

    Raises:
        ArgumentError: q lies outside of [0, 1], or there is no element. DtypeError: an input of integers, or another dtype of q.
            ShapeError: a q of more dimensions. (``np.quantile`` takes integers, and any q.)

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.quantile(x, 0.25)
        tensor(1.5000, dtype=float32)
    """
    _check_quantile("quantile", input, q)
    return quantiles(input, q, dim if axis is None else axis, keepdim, interpolation=interpolation)


def nanquantile(
    input: TensorLike, q: ArrayLike, dim: Dims = None, keepdim: bool = False, *, interpolation: str = "linear", axis: Dims = None
) -> Tensor:  # fmt: skip
    """``quantile`` of the elements that are not nan.

    Args:
        input: any shape.
        q: a number in [0, 1], or a vector of them: the result then has one more dimension in front.
        dim: the dimension, or several. None for all elements.
        keepdim: keep the dimensions with length 1.
        interpolation: the value between two positions. "linear", "midpoint", or that of the position "lower", "higher", "nearest".
        axis: NumPy's name of dim.

    Raises:
        ArgumentError: q lies outside of [0, 1], or there is no element. DtypeError: an input of integers, or another dtype of q.
            ShapeError: a q of more dimensions. (``np.quantile`` takes integers, and any q.)

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, float("nan"), 2.0])
        >>> autograd.nanquantile(x, 0.5)
        tensor(2.5000, dtype=float32)
    """
    _check_quantile("nanquantile", input, q)
    return quantiles(input, q, dim if axis is None else axis, keepdim, interpolation=interpolation, ignore_nan=True)


def _check_quantile(name: str, input: TensorLike, q: ArrayLike) -> None:
    array, fractions = array_of(input), array_of(q)
    if not array.size:
        raise EmptyError(f"{name}() input tensor must be non-empty, and is {describe(array)}")
    if fractions.ndim > 1:
        raise ShapeError(f"{name}() q must be a scalar or 1D tensor, not {describe(fractions)}")
    if array.dtype.kind != "f":
        raise DtypeError(f"{name}() input tensor must be floating point, not {describe(array)}: use .float()")
    if is_tensor(q) and fractions.dtype != array.dtype:
        raise DtypeError(f"{name}() q tensor must be of the same dtype as the input tensor: {describe(q)} for {describe(array)}")


@remembered
def _parted(ndim: int, dim: Any) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """The dimensions that stay, the dimensions to reduce, and whether these are not the last ones."""
    dims = tuple(range(ndim)) if dim is None else tuple(sorted(np.lib.array_utils.normalize_axis_tuple(dim, ndim)))
    rest = tuple([d for d in range(ndim) if d not in dims])
    return rest, dims, rest + dims != tuple(range(ndim))


def quantiles(
    input: TensorLike, q: ArrayLike, dim: Dims = None, keepdim: bool = False, *, interpolation: str = "linear",
    ignore_nan: bool = False,
) -> Tensor:  # fmt: skip
    """``quantile``, and ``nanquantile``, of whatever NumPy's functions take.

    Bring the dimensions to reduce to the end and merge them into lines, whose quantiles the op computes."""
    input = to_tensor(input)
    if input.array.dtype.kind not in "f":
        input = astype(input, np.float64)
    sizes = input.array.shape
    rest, dims, moved = _parted(len(sizes), dim if sizes else None)
    lines = permute(input, rest + dims) if moved else input
    if len(dims) != 1:
        lines = flatten(lines, len(rest)) if sizes else reshape(lines, (1,))
    shape = tuple([1 if d in dims else n for d, n in enumerate(sizes)] if keepdim else [sizes[d] for d in rest])
    fractions = np.asarray(getattr(q, "array", q), np.float64)

    def at(interpolation: str) -> Tensor:
        return _quantile(lines, q=fractions.reshape(-1), ignore_nan=ignore_nan, interpolation=interpolation)

    y = at(interpolation)
    if interpolation == "linear" and is_tensor(q) and q.requires_grad:
        # Between two neighbours y rises by their difference while q (n - 1) rises by 1. This adds 0, with that gradient.
        count = np.sum(~np.isnan(lines.array), axis=-1, keepdims=True) if ignore_nan else lines.shape[-1]
        slope = (at("higher") - at("lower")) * np.asarray(np.maximum(count - 1, 0), y.dtype)
        y = y + (reshape(q, (-1,)) - fractions.ravel().astype(y.dtype)) * slope
    return reshape(movedim(y, -1, 0) if fractions.ndim else y, fractions.shape + shape)


def partition(input: TensorLike, kth: int | Sequence[int], dim: Dim = -1) -> Tensor:
    """The elements along a dimension, partly sorted: position kth holds the element that ``sort`` puts there, with none larger
    before it and none smaller after it.

    Args:
        input: any shape.
        kth: the position, or several.
        dim: the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.partition(x, 0)[0]
        tensor(1., dtype=float32)
    """
    input = to_tensor(input)
    return gather(input, dim, np.argpartition(input.array, kth, dim))


def searchsorted(
    sorted_sequence: ArrayLike, input: ArrayLike, *, out_int32: bool = False, right: bool = False, side: str | None = None,
    sorter: ArrayLike | None = None,
) -> Tensor:  # fmt: skip
    """The position at which each element would be inserted into a sorted sequence, so that it stays sorted.

    Args:
        sorted_sequence: (n,), ascending. Or (..., n), for an input (..., m): each row is searched for its own row of the input.
        input: the elements to insert, any shape.
        out_int32: return int32.
        right: whether an element goes after those that equal it.
        side: "left" or "right", NumPy's form of right.
        sorter: the indices that sort the sequence, if it is not sorted: what ``argsort`` returns.

    Returns:
        int64 of the input's shape, from 0 to n.

    Raises:
        ShapeError: rows of the sequence that do not match those of the input, or a sorter of another shape than the sequence.
        ArgumentError: another side, or one that contradicts right. DtypeError: a sorter that is not of integers. IndexError: an
            index of the sorter outside of the sequence.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 3.0, 5.0])
        >>> autograd.searchsorted(x, 4.0)
        tensor(2, dtype=int64)
    """
    rows, values = array_of(sorted_sequence), array_of(input)
    if not (rows.flags.c_contiguous and values.flags.c_contiguous):
        warn(
            "searchsorted(): a tensor is non-contiguous, this will lower the performance due to an extra copy: use contiguous()",
            UserWarning,
            stacklevel=3,
        )
    if side not in (None, "left", "right"):
        raise ArgumentError(f"searchsorted: side can only be 'left' or 'right', not {side!r}")
    if right and side == "left":
        raise ArgumentError("searchsorted: side and right can't be set to opposites, got side of left while right was True")
    if sorter is not None:
        rows = _in_order(rows, array_of(sorter))
    side = side or ("right" if right else "left")
    kind = np.dtype(np.int32 if out_int32 else np.int64)
    if rows.ndim <= 1:
        return make(np.asarray(np.searchsorted(rows, values, side=side), kind))  # type: ignore[call-overload]
    if rows.shape[:-1] != values.shape[:-1]:
        raise ShapeError(f"searchsorted: the first dimensions of {describe(rows)} and {describe(values)} should match")
    positions = np.empty(values.shape, kind)
    for i in np.ndindex(rows.shape[:-1]):
        positions[i] = np.searchsorted(rows[i], values[i], side=side)  # type: ignore[call-overload]
    return make(positions)


def _in_order(rows: np.ndarray, order: np.ndarray) -> np.ndarray:
    """A sequence, or each row of one, in the order of a sorter."""
    if order.dtype.kind not in "iu":
        raise DtypeError(f"searchsorted: sorter must be of integers, not {describe(order)}")
    if order.shape != rows.shape:
        raise ShapeError(f"searchsorted: sequence and sorter must have the same size: {describe(rows)}, {describe(order)}")
    if order.size and (order.min() < 0 or order.max() >= rows.shape[-1]):
        raise RangeError(f"searchsorted: sorter index out of range, {order.min()} to {order.max()} for {describe(rows)}")
    return np.take_along_axis(rows, order, -1)


def bucketize(input: ArrayLike, boundaries: ArrayLike, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """The number of the bucket that each element falls into: how many boundaries lie below it.

    Args:
        input: any shape.
        boundaries: (n,), ascending.
        out_int32: return int32.
        right: whether a boundary also counts where the element equals it.

    Raises:
        ShapeError: boundaries that are not a vector.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.bucketize(x, autograd.tensor([1.5, 2.5]))
        tensor([2, 0, 1], dtype=int64)
    """
    if array_of(boundaries).ndim != 1:
        raise ShapeError(f"bucketize: boundaries must be a vector, not {describe(array_of(boundaries))}; searchsorted takes rows")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def unique(
    input: ArrayLike, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: Dim | None = None
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    """The distinct elements, or the distinct slices of a dimension, in ascending order. A nan equals no other nan.

    Args:
        input: any shape.
        sorted: has no effect. The elements are always in order.
        return_inverse: also return, for each element (slice) of the input, its index in the result.
        return_counts: also return how often each element (slice) occurs.
        dim: the dimension whose slices are compared. None compares elements.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([2, 1, 2])
        >>> autograd.unique(x, return_counts=True)
        (tensor([1, 2], dtype=int64), tensor([1, 2], dtype=int64))
    """
    parts = np.unique(array_of(input), return_inverse=return_inverse, return_counts=return_counts, axis=dim, equal_nan=False)  # type: ignore[call-overload]
    if not isinstance(parts, tuple):
        return underived(input, parts, "unique")
    return (underived(input, parts[0], "unique"), *[make(part) for part in parts[1:]])


def underived(input: ArrayLike, value: np.ndarray, name: str) -> Tensor:
    """What a function without a derivative computed from the input. A backward that reaches the input through it raises."""
    return _underived(input, value, name=name) if is_tensor(input) and input.requires_grad else make(value)


def unique_consecutive(
    input: ArrayLike, return_inverse: bool = False, return_counts: bool = False, dim: Dim | None = None
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    """The elements, or the slices of a dimension, without those that equal the one before. Their order stays.

    Args:
        input: any shape.
        return_inverse: also return, for each element (slice) of the input, its index in the result.
        return_counts: also return the length of each run of equal elements (slices).
        dim: the dimension whose slices are compared. None compares elements of the flattened input.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1, 1, 2, 1])
        >>> autograd.unique_consecutive(x, return_counts=True)
        (tensor([1, 2, 1], dtype=int64), tensor([2, 1, 1], dtype=int64))
    """
    array = array_of(input)
    slices = array.reshape(-1, 1) if dim is None else np.moveaxis(array, dim, 0)
    count = len(slices)
    rows = slices.reshape(count, -1) if slices.size else np.empty((count, 0))
    new = np.ones(count, bool)  # where a run begins
    new[1:] = np.any(rows[1:] != rows[:-1], axis=1)
    starts = np.flatnonzero(new)
    values = array.reshape(-1)[starts] if dim is None else np.take(array, starts, dim)
    results = [underived(input, values, "unique_consecutive")]
    if return_inverse:
        inverse = np.cumsum(new) - 1
        results.append(make(inverse.reshape(array.shape) if dim is None else inverse))
    if return_counts:
        results.append(make(np.diff(starts, append=count)))
    return tuple(results) if len(results) > 1 else results[0]
