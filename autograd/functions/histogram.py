"""Questions about a tensor's elements whose answers have no gradient: where they are, which there are, how many."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine.graph import array_of, make
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..ops.shape import numbers_of


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


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Which elements occur among others.

    Args:
        test_elements: any shape. invert: ask which do not occur. assume_unique: neither side has an element twice, which is faster.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.isin(x, [1.0, 2.0])
        tensor([False,  True,  True], dtype=bool)
    """
    return make(np.isin(array_of(elements), array_of(test_elements), assume_unique=assume_unique, invert=invert))


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
