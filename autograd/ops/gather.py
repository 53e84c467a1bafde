"""Reading, writing and adding along one dimension, at the places that an index of integers names."""

from __future__ import annotations

from math import prod

import numpy as np

from ..engine.op import Op, Sample, op
from ..engine.samples import calls, draw
from ..engine.tables import table
from ..errors import RangeError, ShapeError, describe
from .indexing import add_at, scatter_sum
from .rules import in_rows
from .shape import pad

_largest = np.maximum.reduce  # half the time of the method for a few numbers


def full_index(index, dim, ndim):
    """The index of all dimensions, for NumPy, that replaces only coordinate ``dim`` of each place by the number in ``index``."""
    dim %= ndim
    return tuple(index if d == dim else np.arange(n).reshape((n,) + (1,) * (ndim - d - 1)) for d, n in enumerate(index.shape))


_PIECE = 1 << 15  # elements of an index whose places fit the cache
_FEW = 1024  # elements of an index up to which the places of its lines are kept for later calls


def _offsets(shape, dim, index_shape):
    """Of each line of an index along a dimension the place, in row-major order, at which it begins in an array of this shape.

    None, if the index is longer than the array in another dimension.
    """
    offsets, step = np.zeros((), np.intp), 1
    for d in range(len(shape) - 1, -1, -1):
        if d != dim:
            if index_shape[d] > shape[d]:
                return None
            offsets = offsets + (np.arange(index_shape[d]) * step).reshape((-1,) + (1,) * (len(shape) - d - 1))
        step *= shape[d]
    return offsets.reshape([1 if d == dim else n for d, n in enumerate(index_shape)])


_kept_offsets = table(256)(_offsets)


def _pieces(shape, dim, index):
    """The places that ``full_index`` names, as numbers in row-major order, with which NumPy reads and writes faster.

    None where an index is out of bounds, or stands in for an array: ``full_index`` then serves, and NumPy says which is wrong.

    Returns:
        For each piece of an index that has rows, the rows of the index, the rows of the array, and the places within these.
    """
    if type(index) is not np.ndarray or not index.size or index.dtype.kind not in "iu" or not 0 < index.ndim == len(shape):
        return None
    dim %= index.ndim
    offsets = (_kept_offsets if index.size <= _FEW else _offsets)(tuple(shape), dim, index.shape)
    # As unsigned numbers, negative ones are too large.
    if offsets is None or _largest(index.astype(np.intp, copy=False).view(np.uintp), None) >= shape[dim]:
        return None
    step = prod(shape[dim + 1 :])
    if index.size <= 2 * _PIECE or len(index) == 1:
        return [(..., ..., _places(index, step, offsets))]
    return _many_pieces(index, dim, step, offsets, max(1, _PIECE * len(index) // index.size))


def _many_pieces(index, dim, step, offsets, length):
    for i in range(0, len(index), length):
        rows = slice(i, i + length)
        if dim == 0:
            yield rows, ..., _places(index[rows], step, offsets)
        else:
            yield rows, rows, _places(index[rows], step, offsets[:length][: len(index) - i])


def _places(index, step, offsets):
    if step == 1:
        return np.add(index, offsets, dtype=np.intp)
    places = np.multiply(index, step, dtype=np.intp)
    places += offsets
    return places


def taken(x, dim, index):
    """``np.take_along_axis`` at places that are known to be right."""
    if type(x) is not np.ndarray or type(index) is not np.ndarray:
        return np.take_along_axis(x, index, dim)
    shape, dim = x.shape, dim % x.ndim
    offsets = (_kept_offsets if index.size <= _FEW else _offsets)(shape, dim, index.shape)
    return x.reshape(-1).take(_places(index, prod(shape[dim + 1 :]), offsets), mode="wrap")


def check_places(index, n, dim):
    """Raise RangeError if an index holds negative numbers, which are no places here, as in PyTorch. NumPy checks the rest."""
    if index.size and index.dtype.kind == "i" and np.minimum.reduce(index, None) < 0:
        raise RangeError(f"index {index.min()} is out of bounds for dimension {dim} with size {n}")


def _one_is_a_number(ndim, index):
    """Whether one of a tensor and its index has no dimension and the other one: a number counts as a vector of one element."""
    return ndim + index.ndim == 1


def _read(x, pieces, shape):
    """The elements of an array at the places of the pieces of an index of this shape."""
    y, x = np.empty(shape, x.dtype), np.asarray(x, order="C")
    for rows, part, places in pieces:
        x[part].reshape(-1).take(places, out=y[rows], mode="wrap")  # the quickest mode: nothing is out of bounds
    return y


def _gather(x, dim, index):
    if _one_is_a_number(x.ndim, index):
        return _gather(np.atleast_1d(x), dim, np.atleast_1d(index)).reshape(index.shape)
    pieces = _pieces(x.shape, dim, index) if type(x) is np.ndarray else None
    if pieces is not None:
        return _read(x, pieces, index.shape)
    if not index.size:
        return np.empty(index.shape, x.dtype)
    if x.ndim != index.ndim:
        raise IndexError(f"index must have as many dimensions as the input: {index.ndim} and {x.ndim}")
    check_places(index, x.shape[dim] if x.ndim else 1, dim)
    return in_rows(x[full_index(index, dim, x.ndim)]) if x.ndim else np.array(x)


def _ungather(x, dim, index, shape):
    if _one_is_a_number(len(shape), index):
        return _ungather(np.atleast_1d(x), dim, np.atleast_1d(index), shape or (1,)).reshape(shape)
    if type(x) is np.ndarray and index.shape == x.shape and (pieces := _pieces(shape, dim, index)) is not None:
        return _at(np.add, np.zeros(shape, x.dtype), pieces, x)
    if not index.size:
        return np.zeros(shape, x.dtype)
    return scatter_sum(shape, full_index(index, dim, len(shape)), x) if shape else np.array(x)


ungather = op(
    "ungather", _ungather, x=lambda g, dim, index: gather(g, dim=dim, index=index), linear=True,
    samples=calls(((2, 2), {"dim": 1, "index": np.array([[0, 0], [2, 1]]), "shape": (2, 3)})),
    formula={"y": "ungather(x, dim, index)", "x": "gather(g, dim, index)"},
    doc="An array of zeros to which x is added at the places that the index names: the adjoint of gather.",
)
gather: Op = op(
    "gather", _gather, linear=True, x=lambda g, dim, index, x_shape: ungather(g, dim=dim, index=index, shape=x_shape),
    samples=calls(((2, 3), {"dim": 1, "index": np.array([[0, 0], [2, 1]])}), ((3, 4), {"dim": 0, "index": np.array([[2, 0, 2]])}),
                  ((2, 3, 2), {"dim": -1, "index": np.zeros((2, 3, 1), int)}), ((), {"dim": 0, "index": np.array(0)}),
                  ((), {"dim": -1, "index": np.array([0, 0])}), ((3,), {"dim": 0, "index": np.array(1)})),
    errors=lambda: [Sample(np.ones((2, 3)), dim=1, index=np.array([[3]]), raises=IndexError, match=r"gather.*out of.*\[2, 3\]"),
                    Sample(np.ones((2, 3)), dim=1, index=np.array([[-1]]), raises=IndexError, match="index -1 is out of bounds"),
                    Sample(np.ones((2, 3)), dim=1, index=np.array([1]), raises=IndexError, match="as many dimensions")],
    formula={"y": "gather(x, dim, index)", "x": "ungather(g, dim, index)"},
    doc="""
    The elements at given places along a dimension: for dim=1, y[i][j] = x[i][index[i][j]].

    Args:
        input: any shape.
        dim: the dimension.
        index: integers, with as many dimensions as the input, in the other dimensions not longer than it. The result has its shape.

    Raises:
        IndexError: a place outside of the dimension, or an index with another number of dimensions.

    Example:
        >>> import autograd, numpy
        >>> autograd.tensor([[1.0, 2.0], [3.0, 4.0]]).gather(1, numpy.array([[1], [0]]))
        tensor([[2.],
                [3.]], dtype=float32)
    """,
)


def _source(x, index, src):
    """The part of ``src`` that a write to x writes: the one that the index covers, or a number."""
    if x.ndim != index.ndim:
        raise ShapeError(f"index must have as many dimensions as the input: {index.ndim} and {x.ndim}")
    src = np.asarray(src)
    if src.ndim and src.shape != index.shape:
        if src.ndim != index.ndim or any(n > m for n, m in zip(index.shape, src.shape, strict=True)):
            raise ShapeError(f"the index {describe(index)} is larger than src {describe(src)}")
        src = src[tuple(slice(n) for n in index.shape)]
    return src


def _full(x, dim, index):
    """The index of all dimensions for a write to x."""
    check_places(index, x.shape[dim] if x.ndim else 1, dim)
    return full_index(index, dim, x.ndim) if x.ndim else ...


def _at(ufunc, y, pieces, src):
    """y, to whose elements at the places of the pieces the ufunc has applied src; repeated places one after the other."""
    for rows, part, places in pieces:
        ufunc.at(y[part].reshape(-1), places.reshape(-1), src[rows].reshape(-1) if src.ndim else src)
    return y


def _set(y, pieces, src):
    """y, to whose elements at the places of the pieces src was written."""
    for rows, part, places in pieces:
        y[part].reshape(-1)[places.reshape(-1)] = src[rows].reshape(-1) if src.ndim else src
    return y


def _scatter(x, src, dim, index):
    y = np.array(x, order="C")
    src = _source(y, index, src)
    pieces = _pieces(y.shape, dim, index)
    if pieces is not None:
        return _set(y, pieces, src)
    y[_full(y, dim, index)] = src
    return y


def _written_last(shape, dim, index, pieces=None):
    """A mask of the elements of the index that are written last: where it names a place twice, the last value stays."""
    # Short integers pass through the cache in half of the time.
    order = np.arange(index.size, dtype=np.int32 if index.size < 2**31 else np.int64).reshape(index.shape)
    if pieces is None:
        return _gather(_scatter(np.zeros(shape, order.dtype), order, dim, index), dim, index) == order
    return _read(_set(np.empty(shape, order.dtype), pieces, order), pieces, index.shape) == order


def _scatter_src_rule(g, src_shape, dim, index):
    if type(g) is np.ndarray and (pieces := _pieces(shape := g.shape, dim, index)) is not None:
        pieces = list(pieces)
        g = _read(g, pieces, index.shape)
        g *= _written_last(shape, dim, index, pieces)
    else:
        g = gather(g, dim=dim, index=index) * _written_last(g.shape, dim, index)
    return _gradient_of_src(g, src_shape)


def _gradient_of_src(g, shape):
    """The gradient of the whole source, from that of the part that the index covered: the rest gets 0."""
    if not shape:
        return np.sum(g)
    return g if g.shape == shape else pad(g, pad_width=tuple((0, n - m) for n, m in zip(shape, g.shape, strict=True)))


_INDEX = np.array([[0, 2], [1, 1]])
_TWICE = np.array([[0, 0], [1, 1]])


def _scatter_samples():
    yield Sample(draw((3, 4)), draw((2, 2), seed=1), dim=1, index=_INDEX)
    yield Sample(draw((3, 4)), draw((2, 3), seed=1), dim=0, index=_TWICE)
    yield Sample(draw((3, 4)), draw((2, 2), seed=1), dim=-1, index=_TWICE)
    yield Sample(draw((3, 2)), draw((), seed=1), dim=0, index=np.array([[2, 0]]))
    yield Sample(draw((3, 2)), draw((0, 2), seed=1), dim=0, index=np.zeros((0, 2), int))


def _scatter_errors():
    yield Sample(np.ones((2, 3)), np.ones((2, 2)), dim=1, index=np.array([[3, 0]]), raises=IndexError, match="out of bounds")
    yield Sample(np.ones((2, 3)), np.ones((2, 2)), dim=1, index=np.array([[-1, 0]]), raises=IndexError, match="index -1 is out of")
    yield Sample(np.ones((2, 3)), np.ones((1, 1)), dim=1, index=_INDEX, raises=ShapeError, match="larger than src")
    yield Sample(np.ones((2, 3)), np.ones(2), dim=1, index=np.array([0, 1]), raises=ShapeError, match="as many dimensions")


scatter: Op = op(
    "scatter", _scatter, linear=True, x=lambda g, dim, index: scatter(g, np.zeros((), g.dtype), dim=dim, index=index),
    src=_scatter_src_rule,
    samples=_scatter_samples, errors=_scatter_errors,
    formula={
        "y": "scatter(x, src, dim, index)", "x": "scatter(g, 0, dim, index)",
        "src": "extended(gather(g, dim, index) * stays(x, dim, index), src_shape)",
    },
    doc="""
    A copy of x with src written at the places that the index names: for dim=1, y[i][index[i][j]] = src[i][j].

    Where the index names a place twice the last value stays, and it alone gets a gradient.

    Args:
        x: any shape.
        src: as long as the index or longer in each dimension, or 0-d.
        dim: the dimension.
        index: integers, with as many dimensions as x.

    Raises:
        IndexError: a place outside of the dimension. ShapeError: shapes that do not fit.
    """,
)


def _scatter_add(x, src, dim, index):
    y = np.array(x, order="C")
    src = _source(y, index, src)
    pieces = _pieces(y.shape, dim, index)
    if pieces is not None:
        return _at(np.add, y, pieces, src)
    full = _full(y, dim, index)
    return add_at(y, full, np.broadcast_to(src, index.shape)) if y.ndim else y + src


scatter_add = op(
    "scatter_add", _scatter_add, linear=True, x=lambda g: g,
    src=lambda g, src_shape, dim, index: _gradient_of_src(gather(g, dim=dim, index=index), src_shape),
    samples=_scatter_samples, errors=_scatter_errors,
    formula={"y": "x + ungather(src, dim, index)", "src": "extended(gather(g, dim, index), src_shape)"},
    doc="""
    A copy of x with src added at the places that the index names: for dim=1, y[i][index[i][j]] += src[i][j].

    Args:
        x: any shape.
        src: as long as the index or longer in each dimension, or 0-d.
        dim: the dimension.
        index: integers, with as many dimensions as x. Where it names a place twice, both values are added.

    Raises:
        IndexError: a place outside of the dimension. ShapeError: shapes that do not fit.

    Example:
        >>> import autograd, numpy
        >>> autograd.zeros(3).scatter_add(0, numpy.array([0, 2, 0]), autograd.tensor([1.0, 2.0, 3.0]))
        tensor([4., 0., 2.], dtype=float32)
    """,
)


def _scatter_reduce(x, src, dim, index, reduce="amax", include_self=True):
    """The result, and the shares of its gradient that x and src get: equal ones for all that equal the extreme."""
    src = _source(x, index, src)
    better, worst = (np.maximum, -np.inf) if reduce == "amax" else (np.minimum, np.inf)
    if x.dtype.kind in "iu":
        worst = np.iinfo(x.dtype).min if reduce == "amax" else np.iinfo(x.dtype).max
    elif x.dtype.kind == "b":
        worst = reduce == "amin"
    y = np.array(x, order="C")
    pieces = _pieces(y.shape, dim, index)
    if pieces is None:
        return _reduced_at(x, y, _full(x, dim, index), src, better, worst, include_self)
    pieces = list(pieces)
    if index.size <= _FEW:
        places, flat = pieces[0][2].reshape(-1), src.reshape(-1) if src.ndim else src
        _, to_x, to_src = _reduced_at(x.reshape(-1), y.reshape(-1), places, flat, better, worst, include_self)
        return y, to_x.reshape(x.shape), to_src.reshape(index.shape)
    if not include_self:
        _set(y, pieces, np.asarray(worst))
    _at(better, y, pieces, src)
    x_is_extreme, src_is_extreme = np.asarray(np.equal(x, y)), np.empty(index.shape, bool)
    if not include_self:
        _set(x_is_extreme, pieces, np.asarray(False))
    for rows, part, places in pieces:
        np.equal(y[part].reshape(-1).take(places, mode="wrap"), src[rows] if src.ndim else src, out=src_is_extreme[rows])
    ties = x_is_extreme.astype(np.int32)
    # Few elements of src are extremes.
    few = [(rows, part, src_is_extreme[rows].reshape(-1).nonzero()[0], places.reshape(-1)) for rows, part, places in pieces]
    for _, part, at, places in few:
        np.add.at(ties[part].reshape(-1), places[at], 1)
    np.maximum(ties, 1, out=ties)  # nan equals nothing: it leaves 0 ties
    to_src, to_x, several = np.zeros(index.shape, y.dtype), x_is_extreme.astype(y.dtype), (ties > 1).reshape(-1).nonzero()[0]
    for rows, part, at, places in few:
        to_src[rows].reshape(-1)[at] = 1 / ties[part].reshape(-1)[places[at]]
    if len(several):
        to_x.reshape(-1)[several] = x_is_extreme.reshape(-1)[several] / ties.reshape(-1)[several]
    return y, to_x, to_src


def _reduced_at(x, y, full, src, better, worst, include_self):
    """``_scatter_reduce`` by the index of all dimensions."""
    if not include_self:
        y[full] = worst
    better.at(y, full, src)
    x_is_extreme = np.asarray(np.equal(x, y))
    if not include_self:
        x_is_extreme[full] = False
    src_is_extreme = y[full] == src
    ties = x_is_extreme.astype(np.int32)
    np.add.at(ties, full, src_is_extreme.astype(ties.dtype))  # of another dtype it takes ten times as long
    ties = np.maximum(ties, 1)
    return y, (x_is_extreme / ties).astype(y.dtype), (src_is_extreme / ties[full]).astype(y.dtype)


# How many of the elements of x (m) and of src (s) equal the extreme at each place: n.
_TIES = (
    "m = (x == y) * (1 if include_self else untouched(x, dim, index)); s = 1 * (src == gather(y, dim, index)); "
    "n = maximum(1, m + ungather(s, dim, index, x_shape))"
)

extreme = op(
    "scatter_reduce", _scatter_reduce, x=lambda g, to_x: g * to_x, analytic=False, extras=("to_x", "to_src"),
    src=lambda g, src_shape, dim, index, to_src: _gradient_of_src(gather(g, dim=dim, index=index) * to_src, src_shape),
    samples=lambda: [
        Sample(draw((3, 4)), draw((2, 2), seed=1), dim=1, index=_INDEX),
        Sample(draw((3, 4)), draw((2, 3), seed=1), dim=1, index=_TWICE, reduce="amin"),
        Sample(draw((3, 4)), draw((2, 2), seed=1), dim=1, index=_TWICE, include_self=False),
        Sample(np.ones((1, 2)), np.ones((1, 2)), dim=1, index=np.array([[0, 0]]), kink=True),
    ],
    errors=_scatter_errors,
    formula={
        "y": "scatter_reduce(x, src, dim, index, reduce)",
        "x": f"g * m / n; {_TIES}",
        "src": f"extended(gather(g / n, dim, index) * s, src_shape); {_TIES}",
    },
    doc="""
    At each place that the index names, the largest or smallest of x and of all elements of src with that place. Ties share the
    gradient equally.

    Args:
        x: any shape.
        src: as long as the index or longer in each dimension.
        dim: the dimension.
        index: integers, with as many dimensions as x.
        reduce: "amax" or "amin".
        include_self: whether the element of x takes part where the index names its place.
    """,
)


def _masked_scatter(x, mask, source):
    if mask.shape != x.shape:
        mask = np.broadcast_to(mask, x.shape)
    count = int(np.count_nonzero(mask))
    if source.size < count:
        raise ShapeError(f"the mask selects {count} elements, but source has only {source.size}")
    y = np.array(x, order="C")
    y[mask] = source.reshape(-1)[:count]
    return y


def _masked_source_rule(g, mask, source_shape, x_shape):
    used = g[mask if mask.shape == x_shape else np.broadcast_to(mask, x_shape)]
    return np.reshape(pad(used, pad_width=((0, prod(source_shape) - used.shape[0]),)), source_shape)


masked_scatter = op(
    "masked_scatter", _masked_scatter, x=lambda g, mask: np.where(mask, 0, g), mask=None, source=_masked_source_rule,
    linear=True,
    samples=lambda: [Sample(draw((2, 3)), np.array([[True, False, True], [False, True, False]]), draw((2, 2), seed=1)),
                     Sample(draw((2, 3)), np.array([True, False, True]), draw((4,), seed=1))],
    errors=lambda: [Sample(np.ones(3), np.ones(3, bool), np.ones(2), raises=ShapeError, match="source has only 2")],
    formula={"y": "masked_scatter(x, mask, source)", "x": "where(mask, 0, g)", "source": "masked(g, mask)"},
    doc="A copy of x in which the elements that the mask selects are replaced by those of source, in order.",
)
