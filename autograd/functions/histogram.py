"""Histograms: how many elements fall into each bin, or have each value. Counts have no gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine.graph import array_of, make
from ..errors import ArgumentError, DtypeError, ShapeError, describe


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each non-negative integer occurs; with weights, their sums.

    Args:
        input: integers ≥ 0, shape (n,). weights: shape (n,). minlength: the result is at least so long.

    Raises:
        ArgumentError: a negative integer. DtypeError: no vector of integers. ShapeError: weights of another length.

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
        raise ArgumentError(f"bincount only supports 1-d non-negative integral inputs, and there is a {array.min()}")
    if minlength < 0:
        raise ArgumentError(f"bincount: minlength should be >= 0, not {minlength}")
    counted = None if weights is None else array_of(weights)
    if counted is not None and counted.shape != array.shape:
        raise ShapeError(f"bincount: weights should be 1-d and have the length of input: {describe(counted)} for {describe(array)}")
    return make(np.bincount(array.astype(np.intp), counted, minlength))


def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many elements fall into each of so many equal bins from min to max (of the elements, if both are 0).

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.histc(x, bins=2)
        tensor([1., 2.], dtype=float32)
    """
    array = array_of(input)
    if array.dtype.kind not in "fiu":
        raise DtypeError(f"histc: expected real numbers, not {describe(array)}")
    low, high = (array.min(), array.max()) if min == max == 0 and array.size else (min, max)
    if bins < 1 or not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise ArgumentError(f"histc: bins must be > 0, min and max finite and in order, but got bins={bins}, [{low}, {high}]")
    if low == high:
        low, high = low - 1, high + 1
    return make(np.histogram(array, bins, (low, high))[0].astype(array.dtype))


# -------------------------------------------------------------------------------------------------------------- histograms
class Histogram(NamedTuple):
    """How many elements fall into each bin, and the edges of the bins."""

    hist: Any
    bin_edges: Any


def histogram(input: Any, bins: Any = 100, *, range: Any = None, weight: Any = None, density: bool = False) -> Histogram:
    """How many elements fall into each bin, and the edges of the bins; the last bin has both its edges.

    Args:
        bins: how many, or their edges. range: (low, high); by default of the elements. weight: how much each element counts.
        density: divide by the sum and the widths, so that the integral is 1.

    Raises:
        ArgumentError: bins that are none, or edges that do not ascend. DtypeError: elements that are not floating point.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.histogram(x, 2)
        Histogram(hist=tensor([1., 2.], dtype=float32), bin_edges=tensor([1., 2., 3.], dtype=float32))
    """
    array = array_of(input)
    counts, edges = _histogram("histogram", array.reshape(-1, 1), [bins], range, weight, density)
    return Histogram(counts, edges[0])


def histogramdd(input: Any, bins: Any, *, range: Any = None, weight: Any = None, density: bool = False) -> Histogram:
    """How many points fall into each box of a grid, and the edges of the grid in each dimension.

    Args:
        input: points, shape (..., n). bins: how many in all dimensions, or for each dimension how many or their edges.
        range: (low, high) of the first dimension, then of the second, and so on, in one sequence; by default of the points.
        weight: how much each point counts, shape (...). density: divide by the sum and the volumes, so that the integral is 1.

    Returns:
        hist: a dimension per coordinate. bin_edges: a tuple with the edges of each.

    Raises:
        ShapeError: no points, or bins for another number of dimensions. DtypeError: coordinates that are not floating point.

    Example:
        >>> import autograd
        >>> points = autograd.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        >>> autograd.histogramdd(points, 2).hist
        tensor([[1., 1.],
                [0., 1.]], dtype=float32)
    """
    array = array_of(input)
    if array.ndim < 2:
        raise ShapeError(f"histogramdd: points, in at least 2 dimensions, are needed, not {describe(array)}")
    n = array.shape[-1]
    each = list(bins) if isinstance(bins, list | tuple) else [bins] * n
    if len(each) != n:
        raise ShapeError(
            f"histogramdd: the size of bins, {len(each)}, must be equal to the innermost dimension of {describe(array)}"
        )
    return Histogram(*_histogram("histogramdd", array.reshape(-1, n), each, range, weight, density))


def _histogram(name: str, points: np.ndarray, bins: list[Any], range: Any, weight: Any, density: bool) -> tuple[Any, Any]:
    if points.dtype.kind != "f":
        raise DtypeError(f"{name}: expected floating point numbers, not {describe(points)}: convert with .float()")
    weights = None if weight is None else array_of(weight)
    if weights is not None and weights.size != len(points):
        raise ShapeError(f"{name}: {describe(weights)} weights for {len(points)} elements: one for each")
    parts = [array_of(b) for b in bins]
    for part in parts:
        if part.ndim > 1:
            raise ShapeError(f"{name}: the edges of the bins must be a vector, not {describe(part)}")
        if not part.ndim and part < 1:
            raise ArgumentError(f"{name}: bins must be > 0, but got {part}")
        if part.ndim and np.any(part[1:] < part[:-1]):
            raise ArgumentError(f"{name}: the edges of the bins must ascend, and {describe(part)} does not")
    edges = []
    for i, part in enumerate(parts):
        if not part.ndim:
            column = points[:, i]
            low, high = (0, 1) if not column.size else (column.min(), column.max())
            low, high = (low, high) if range is None else range[2 * i : 2 * i + 2]
            if not (np.isfinite(low) and np.isfinite(high) and low <= high):
                raise ArgumentError(f"{name}: the range of the bins, [{low}, {high}], must be finite and ascend")
            # Where both bounds are equal, NumPy and PyTorch go half a unit to each side.
            part = np.histogram_bin_edges([], int(part), (float(low), float(high)))
        edges.append(part.astype(points.dtype))
    counts, _ = np.histogramdd(points, edges, density=density, weights=None if weights is None else weights.ravel())
    return make(counts.astype(points.dtype)), tuple([make(e) for e in edges])
