"""Functions of tensors that depend on the order of their elements: sorting, medians, quantiles. See ops/sorting.py."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine.graph import make
from ..engine.recording import recorded
from ..ops import sorting
from .indexing import gather
from .shape import _tensor, astype, flatten, movedim, permute, ravel, reshape

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
    array = _tensor(input).array
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
    input = _tensor(input)
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
    input = _tensor(input)
    return gather(input, dim, np.argpartition(input.array, kth, dim))
