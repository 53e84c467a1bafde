"""Histograms: how many elements fall into each bin, or have each value. Counts have no gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..engine.graph import array_of, make
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..types import ArrayLike, Tensor
from .creation import is_tensor
from .sorting import underived


def bincount(input: ArrayLike, weights: ArrayLike | None = None, minlength: int = 0) -> Tensor:
    """How often each of the integers 0, 1, 2, ... occurs.

    Args:
        input: integers >= 0, shape (n,).
        weights: (n,): the result is the sum of the weights of each integer.
        minlength: the least length of the result. By default it ends with the largest integer.

    Raises:
        ArgumentError: a negative integer. DtypeError: elements that are not integers, or not a vector. ShapeError: weights of
            another length.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([0, 2, 2])
        >>> autograd.bincount(x)
        tensor([1, 0, 2], dtype=int64)
    """
    array = array_of(input)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise DtypeError(f"bincount only supports 1-d non-negative integral inputs, not {describe(array)}")
    if array.size and array.min() < 0:
        raise ArgumentError(f"bincount only supports 1-d non-negative integral inputs, but the input contains {array.min()}")
    if minlength < 0:
        raise ArgumentError(f"bincount: minlength should be >= 0, not {minlength}")
    weight = None if weights is None else array_of(weights)
    if weight is not None and weight.shape != array.shape:
        raise ShapeError(f"bincount: weights should be 1-d and have the length of input: {describe(weight)} for {describe(array)}")
    counts = np.bincount(array.astype(np.intp), weight, minlength)
    if weight is not None and weight.dtype == np.float32:
        counts = counts.astype(np.float32)
    return make(counts) if weights is None else underived(weights, counts, "bincount")


def histc(input: ArrayLike, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements fall into each of several bins of equal width.

    Args:
        input: real numbers, any shape.
        bins: the number of bins.
        min: the lower end of the first bin.
        max: the upper end of the last bin. If min and max are both 0, the bins reach from the smallest to the largest element.

    Raises:
        ArgumentError: no bins, or a range that is not finite or does not ascend. DtypeError: complex numbers or booleans.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.histc(x, bins=2)
        tensor([1., 2.], dtype=float32)
    """
    array = array_of(input)
    if array.dtype.kind not in "fiu":
        raise DtypeError(f"histc: expected real numbers, not {describe(array)}")
    low, high = (array.min(), array.max()) if min == max and array.size else (min, max)
    if bins < 1 or not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise ArgumentError(f"histc: bins must be > 0, min and max finite and in order, but got bins={bins}, [{low}, {high}]")
    if low == high:
        low, high = low - 1, high + 1
    return make(np.histogram(array, bins, (low, high))[0].astype(array.dtype))


# -------------------------------------------------------------------------------------------------------------- histograms
class Histogram(NamedTuple):
    """The number of elements in each bin, and the edges of the bins."""

    hist: Tensor
    bin_edges: Tensor | tuple[Tensor, ...]


def histogram(
    input: ArrayLike, bins: int | ArrayLike = 100, *, range: Sequence[float] | None = None, weight: ArrayLike | None = None,
    density: bool = False,
) -> Histogram:  # fmt: skip
    """How many elements fall into each bin, and the edges of the bins. A bin includes its lower edge, the last one its upper edge,
    too.

    Args:
        input: floating point, any shape.
        bins: the number of bins of equal width, or the edges, ascending, of all bins.
        range: (low, high) of the bins. By default the smallest and the largest element.
        weight: how much each element counts.
        density: divide so that the integral over the bins is 1.

    Raises:
        ArgumentError: no bins, or edges that do not ascend. DtypeError: elements that are not floating point; edges or weights of
            another dtype. ShapeError: edges that are no vector, weights of another shape. TypeError: edges and a range.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.histogram(x, 2)
        Histogram(hist=tensor([1., 2.], dtype=float32), bin_edges=tensor([1., 2., 3.], dtype=float32))
    """
    array = array_of(input)
    if weight is not None and array_of(weight).shape != array.shape:
        raise ShapeError(
            f"histogram: {describe(array_of(weight))} weights for {array.size} elements: they should have the shape of the input, "
            f"{describe(array)}"
        )
    counts, edges = _histogram("histogram", array.reshape(-1, 1), [bins], range, weight, density)
    return Histogram(counts, edges[0])


def histogramdd(
    input: ArrayLike, bins: int | Sequence[int | ArrayLike], *, range: Sequence[float] | None = None,
    weight: ArrayLike | None = None, density: bool = False,
) -> Histogram:  # fmt: skip
    """How many points fall into each box of a grid, and the edges of the grid along each coordinate.

    Args:
        input: (..., n), points with n coordinates, floating point.
        bins: the number of bins along every coordinate, or for each coordinate its number of bins or their edges.
        range: (low_1, high_1, low_2, high_2, ...) of the coordinates. By default the smallest and the largest of each.
        weight: (...), how much each point counts.
        density: divide so that the integral over the grid is 1.

    Returns:
        hist: one dimension for each coordinate. bin_edges: a tuple with the edges for each coordinate.

    Raises:
        ShapeError: an input that is not a list of points, or bins for another number of coordinates. DtypeError: coordinates that
            are not floating point. ArgumentError: no bins, or edges that do not ascend.

    Example:
        >>> import autograd
        >>> points = autograd.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        >>> autograd.histogramdd(points, 2).hist
        tensor([[1., 1.],
                [0., 1.]], dtype=float32)
    """
    array = array_of(input)
    if array.ndim < 2:
        raise ShapeError(f"histogramdd: expected points, in at least 2 dimensions, not {describe(array)}")
    n = array.shape[-1]
    each = list(bins) if isinstance(bins, list | tuple) else [bins] * n
    if len(each) != n:
        raise ShapeError(
            f"histogramdd: the size of bins, {len(each)}, must be equal to the innermost dimension of {describe(array)}"
        )
    if not n:  # points without coordinates
        return Histogram(make(np.asarray(np.nan if density else 0, array.dtype)), ())
    return Histogram(*_histogram("histogramdd", array.reshape(-1, n), each, range, weight, density))


def _histogram(
    name: str, points: np.ndarray, bins: list[Any], range: Any, weight: Any, density: bool
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The histogram of points, shape (number, coordinates), and the edges of the bins for each coordinate."""
    if points.dtype.kind != "f":
        raise DtypeError(f"{name}: expected floating point numbers, not {describe(points)}: convert with .float()")
    weights = None if weight is None else array_of(weight)
    for other in [array_of(b) for b in bins if is_tensor(b) or np.ndim(array_of(b))] + ([weights] if weights is not None else []):
        if other.dtype.kind == "f" and other.dtype != points.dtype:
            raise DtypeError(f"{name}: edges and weights must have the input's dtype: {describe(other)}, {describe(points)}")
    if weights is not None and weights.size != len(points):
        raise ShapeError(f"{name}: {describe(weights)} weights for {len(points)} elements: one weight for each element is needed")
    given = [array_of(b) for b in bins]
    for one, array in zip(bins, given, strict=True):
        if not array.ndim and array.dtype.kind not in "iu" and not is_tensor(one):
            raise TypeError(f"{name}: bins must be an integer, or edges, not {array}")
        edged = array.ndim or array.dtype.kind == "f"
        if range is not None and edged:
            raise TypeError(f"{name} received an invalid combination of arguments: edges of the bins, and a range of them")
        if edged and array.ndim != 1:
            raise ShapeError(f"{name}: the edges of the bins must be a vector, with one dimension, not {describe(array)}")
        if edged and not array.size:
            raise ArgumentError(f"{name}: the edges of the bins should have at least 1 element: {describe(array)}")
        if not array.ndim and array < 1:
            raise ArgumentError(f"{name}: bins must be > 0, but got {array}")
        if array.ndim and np.any(array[1:] < array[:-1]):
            raise ArgumentError(f"{name}: the edges of the bins must ascend, and {describe(array)} does not")
    edges = []
    for i, array in enumerate(given):
        if not array.ndim:
            column = points[:, i]
            low, high = (0, 1) if not column.size else (column.min(), column.max())
            low, high = (low, high) if range is None else range[2 * i : 2 * i + 2]
            if not (np.isfinite(low) and np.isfinite(high) and low <= high):
                raise ArgumentError(f"{name}: the range of the bins, [{low}, {high}], must be finite and ascend")
            # Where both bounds are equal, NumPy and PyTorch go half a unit to each side.
            array = np.histogram_bin_edges([], int(array), (float(low), float(high)))
        edges.append(array.astype(points.dtype))
    counts, _ = np.histogramdd(points, edges, density=density, weights=None if weights is None else weights.ravel())
    counts = counts.astype(points.dtype)
    return make(counts) if weight is None else underived(weight, counts, name), tuple([make(e) for e in edges])
