"""Functions that depend on the order of the elements: sorting, medians, quantiles, search in sorted sequences, unique elements."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine.graph import array_of, make
from ..engine.recording import recorded
from ..errors import ShapeError, describe
from ..ops import sorting
from .creation import to_tensor
from .indexing import gather
from .shape import astype, flatten, movedim, permute, ravel, reshape

_sort = recorded(sorting.sort)
_topk = recorded(sorting.topk)
_kthvalue = recorded(sorting.kthvalue)
_median = recorded(sorting.median)
_mode = recorded(sorting.mode)
_quantile = recorded(sorting.quantile)


class Chosen(NamedTuple):
    """Elements, and where along the dimension they were."""

    values: Any
    indices: Any


def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = True, *, axis: int | None = None) -> Chosen:
    """The elements along a dimension in order, and where each came from: ``(values, indices)``; always stable.

    Args:
        descending: largest first. stable: taken for PyTorch's sake; equal ones always keep their order.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.sort(autograd.tensor([3.0, 1.0, 2.0])).values
        tensor([1., 2., 3.], dtype=float32)
    """
    return Chosen(*_sort(input, dim=dim if axis is None else axis, descending=descending))


def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = True, *, axis: int | None = None) -> Any:
    """The places that sort the elements along a dimension; always stable.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.argsort(x)
        tensor([1, 2, 0], dtype=int64)
    """
    array = to_tensor(input).array
    return make(sorting.sort.forward(array, dim if axis is None else axis, descending)[1])


def msort(input: Any) -> Any:
    """The elements along the first dimension in order.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.msort(x)
        tensor([1., 2., 3.], dtype=float32)
    """
    return sort(input, 0).values


def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Chosen:
    """The k largest (or smallest) elements along a dimension in order, and where they are.

    Args:
        k: at most the length of the dimension. largest: False for the smallest. sorted: taken for PyTorch's sake; they always are.

    Raises:
        RangeError: k out of range.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.topk(x, 2)
        Chosen(values=tensor([3., 2.], dtype=float32), indices=tensor([0, 2], dtype=int64))
    """
    return Chosen(*_topk(input, k=int(k), dim=dim, largest=largest))


def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Chosen:
    """The k-th smallest element along a dimension, and where it is.

    Args:
        k: from 1 to the length of the dimension.

    Raises:
        RuntimeError: k out of range.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.kthvalue(x, 2)
        Chosen(values=tensor(2., dtype=float32), indices=tensor(2, dtype=int64))
    """
    return Chosen(*_kthvalue(input, k=k, dim=dim, keepdim=keepdim))


def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element, the lower of two (``np.median`` takes their mean); with a dimension, ``(values, indices)`` along it.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.median(x)
        tensor(2., dtype=float32)
    """
    if dim is None:
        return _median(ravel(input), dim=0)[0]
    return Chosen(*_median(input, dim=dim, keepdim=keepdim))


def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element of those that are not nan.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, float("nan"), 2.0, 4.0])
        >>> autograd.nanmedian(x)
        tensor(3., dtype=float32)
    """
    if dim is None:
        return _median(ravel(input), dim=0, ignore_nan=True)[0]
    return Chosen(*_median(input, dim=dim, keepdim=keepdim, ignore_nan=True))


def mode(input: Any, dim: int = -1, keepdim: bool = False) -> Chosen:
    """The most frequent element along a dimension, the smallest of several, and where it was last.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([2.0, 1.0, 2.0])
        >>> autograd.mode(x)
        Chosen(values=tensor(2., dtype=float32), indices=tensor(2, dtype=int64))
    """
    return Chosen(*_mode(input, dim=dim, keepdim=keepdim))


def quantile(input: Any, q: Any, dim: Any = None, keepdim: bool = False, *, interpolation: str = "linear", axis: Any = None) -> Any:
    """The value below which a fraction q of the elements lies; for several q, one result for each, stacked in front.

    Between the elements next to place q (n - 1) it is interpolated: linear, lower, higher, midpoint or nearest.

    Args:
        q: a number in [0, 1], or a vector of them. dim: None for all elements.
        interpolation: one of the five names above.

    Raises:
        RuntimeError: q outside of [0, 1].

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.quantile(x, 0.25)
        tensor(1.5000, dtype=float32)
    """
    return _of_lines(input, q, dim if axis is None else axis, keepdim, interpolation, False)


def nanquantile(
    input: Any, q: Any, dim: Any = None, keepdim: bool = False, *, interpolation: str = "linear", axis: Any = None
) -> Any:
    """``quantile`` of the elements that are not nan.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, float("nan"), 2.0])
        >>> autograd.nanquantile(x, 0.5)
        tensor(2.5000, dtype=float32)
    """
    return _of_lines(input, q, dim if axis is None else axis, keepdim, interpolation, True)


def _of_lines(input: Any, q: Any, dim: Any, keepdim: bool, interpolation: str, ignore_nan: bool) -> Any:
    input = to_tensor(input)
    if input.array.dtype.kind not in "f":
        input = astype(input, np.float64)
    if not input.ndim:
        dim = None
    dims = tuple(range(input.ndim)) if dim is None else np.lib.array_utils.normalize_axis_tuple(dim, input.ndim)
    rest = tuple(d for d in range(input.ndim) if d not in dims)
    order = rest + tuple(sorted(dims))
    lines = input if order == tuple(range(input.ndim)) else permute(input, order)
    lines = flatten(lines, len(rest)) if lines.ndim else reshape(lines, (1,))
    shape = tuple(1 if d in dims else n for d, n in enumerate(input.shape)) if keepdim else tuple(input.shape[d] for d in rest)
    fractions = np.asarray(getattr(q, "array", q), np.float64)
    y = _quantile(lines, q=fractions.ravel(), ignore_nan=ignore_nan, interpolation=interpolation)
    return reshape(movedim(y, -1, 0) if fractions.ndim else y, fractions.shape + shape)


def partition(input: Any, kth: Any, dim: int = -1) -> Any:
    """The elements along a dimension with those at the places kth as if sorted, smaller ones before, larger ones after.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.partition(x, 0)[0]
        tensor(1., dtype=float32)
    """
    input = to_tensor(input)
    return gather(input, dim, np.argpartition(input.array, kth, dim))


def searchsorted(sorted_sequence: Any, input: Any, *, right: bool = False, side: str | None = None, sorter: Any = None) -> Any:
    """Where the input would have to be inserted to keep a sequence sorted; before equals, or (right) after them.

    Args:
        sorted_sequence: (n,), or (..., n) with the input (..., m): then row by row. sorter: its order, from ``argsort``.
        side: "left" or "right" says the same as ``right``.

    Returns:
        int64 of the input's shape, from 0 to n.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 3.0, 5.0])
        >>> autograd.searchsorted(x, 4.0)
        tensor(2, dtype=int64)
    """
    lines, values = array_of(sorted_sequence), array_of(input)
    if sorter is not None:
        lines = np.take_along_axis(lines, array_of(sorter), -1)
    side = side or ("right" if right else "left")
    if lines.ndim <= 1:
        return make(np.asarray(np.searchsorted(lines, values, side=side)))  # type: ignore[call-overload]
    if lines.shape[:-1] != values.shape[:-1]:
        raise ShapeError(f"searchsorted: the first dimensions of {describe(lines)} and {describe(values)} should match")
    out = np.empty(values.shape, np.intp)
    for place in np.ndindex(lines.shape[:-1]):
        out[place] = np.searchsorted(lines[place], values[place], side=side)  # type: ignore[call-overload]
    return make(out)


def bucketize(input: Any, boundaries: Any, *, right: bool = False) -> Any:
    """The number of the bucket, between sorted boundaries, that each element falls into.

    Args:
        boundaries: (n,), ascending. right: a number that equals a boundary belongs above it.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.bucketize(x, autograd.tensor([1.5, 2.5]))
        tensor([2, 0, 1], dtype=int64)
    """
    if array_of(boundaries).ndim != 1:
        raise ShapeError(f"bucketize: boundaries must be a vector, not {describe(array_of(boundaries))}; searchsorted takes rows")
    return searchsorted(boundaries, input, right=right)


def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The different elements (or slices of a dimension) in order; on request with each input's place among them, and counts.

    Args:
        return_inverse, return_counts: give these too, in this order. dim: compare slices of this dimension; None: elements.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([2, 1, 2])
        >>> autograd.unique(x, return_counts=True)
        (tensor([1, 2], dtype=int64), tensor([1, 2], dtype=int64))
    """
    found: Any = np.unique(array_of(input), return_inverse=return_inverse, return_counts=return_counts, axis=dim)  # type: ignore[call-overload]
    return tuple([make(part) for part in found]) if isinstance(found, tuple) else make(found)


def unique_consecutive(input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None) -> Any:
    """The elements (or slices of a dimension) without those that equal the one before them; nothing is sorted.

    Args:
        return_inverse: give, too, for each element of the input which of the result it belongs to; of the input's shape, or (n,)
            with a dimension. return_counts: give, too, how many each stands for. dim: compare slices; None: the flattened input.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1, 1, 2, 1])
        >>> autograd.unique_consecutive(x, return_counts=True)
        (tensor([1, 2, 1], dtype=int64), tensor([2, 1, 1], dtype=int64))
    """
    array = array_of(input)
    lines = array.reshape(-1, 1) if dim is None else np.moveaxis(array, dim, 0)
    count = len(lines)
    rows = lines.reshape(count, -1) if lines.size else np.empty((count, 0))
    first = np.ones(count, bool)
    first[1:] = np.any(rows[1:] != rows[:-1], axis=1)
    places = np.flatnonzero(first)
    values = array.reshape(-1)[places] if dim is None else np.take(array, places, dim)
    found = [make(values)]
    if return_inverse:
        inverse = np.cumsum(first) - 1
        found.append(make(inverse.reshape(array.shape) if dim is None else inverse))
    if return_counts:
        found.append(make(np.diff(places, append=count)))
    return tuple(found) if len(found) > 1 else found[0]
