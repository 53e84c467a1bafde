"""Reading and writing along one dimension, at given places."""

from __future__ import annotations

import numpy as np

from ..engine.op import Op, Sample, op
from ..engine.samples import calls, draw
from ..errors import ShapeError, describe
from .indexing import add_at, sums
from .shape import pad


def along(index, dim, ndim):
    """The index that picks element (..., index[..., i, ...], ...) for every place of ``index``."""
    dim %= ndim
    return tuple(index if d == dim else np.arange(n).reshape((n,) + (1,) * (ndim - d - 1)) for d, n in enumerate(index.shape))


def _gather(x, dim, index):
    if x.ndim != index.ndim:
        raise IndexError(f"index must have as many dimensions as the input: {index.ndim} and {x.ndim}")
    return x[along(index, dim, x.ndim)] if x.ndim else np.array(x)


def _ungather(x, dim, index, shape):
    return sums(shape, along(index, dim, len(shape)), x) if shape else np.array(x)


ungather = op(
    "ungather", _ungather, x=lambda g, dim, index: gather(g, dim=dim, index=index), linear=True,
    samples=calls(((2, 2), {"dim": 1, "index": np.array([[0, 0], [2, 1]]), "shape": (2, 3)})),
    formula={"y": "ungather(x, dim, index)", "x": "gather(g, dim, index)"},
    doc="Zeros of a shape with x added where the index points: the adjoint of gather.",
)
gather: Op = op(
    "gather", _gather, linear=True, x=lambda g, dim, index, x_shape: ungather(g, dim=dim, index=index, shape=x_shape),
    samples=calls(((2, 3), {"dim": 1, "index": np.array([[0, 0], [2, 1]])}), ((3, 4), {"dim": 0, "index": np.array([[2, 0, 2]])}),
                  ((2, 3, 2), {"dim": -1, "index": np.zeros((2, 3, 1), int)}), ((), {"dim": 0, "index": np.array(0)})),
    errors=lambda: [Sample(np.ones((2, 3)), dim=1, index=np.array([[3]]), raises=IndexError, match=r"gather.*out of.*\[2, 3\]"),
                    Sample(np.ones((2, 3)), dim=1, index=np.array([1]), raises=IndexError, match="as many dimensions")],
    formula={"y": "gather(x, dim, index)", "x": "ungather(g, dim, index)"},
    doc="""
    Along a dimension, the elements at given places: y[i][j] = x[i][index[i][j]] for dim=1.

    Args:
        x: any shape.
        index: integers, with as many dimensions as x, and not longer than x in the other dimensions; the result has its shape.

    Raises:
        IndexError: a place outside of the dimension, or an index that does not fit.

    Example:
        >>> import autograd, numpy
        >>> autograd.tensor([[1.0, 2.0], [3.0, 4.0]]).gather(1, numpy.array([[1], [0]]))
        tensor([[2.],
                [3.]], dtype=float32)
    """,
)


def _placed(x, dim, index, src):
    """The index for a write along a dimension, and what is written: the part of ``src`` that the index covers."""
    if x.ndim != index.ndim:
        raise ShapeError(f"index must have as many dimensions as the input: {index.ndim} and {x.ndim}")
    src = np.asarray(src)
    if src.ndim:
        if src.ndim != index.ndim or any(n > m for n, m in zip(index.shape, src.shape, strict=True)):
            raise ShapeError(f"the index {describe(index)} is larger than src {describe(src)}")
        src = src[tuple(slice(n) for n in index.shape)]
    return along(index, dim, x.ndim) if x.ndim else ..., src


def _scatter(x, src, dim, index):
    y = np.array(x)
    place, src = _placed(y, dim, index, src)
    y[place] = src
    return y


def winners(shape, dim, index):
    """Where an index names a place twice, the last value stays: a mask of those that did."""
    place = along(index, dim, len(shape)) if shape else ...
    numbers = np.arange(index.size).reshape(index.shape)
    last = np.zeros(shape, np.intp)
    last[place] = numbers
    return last[place] == numbers


def _of_src(g, src_shape, dim, index):
    g = gather(g, dim=dim, index=index) * winners(g.shape, dim, index)
    return _covered(g, src_shape)


def _covered(g, shape):
    """A gradient for the part of a source that an index covered, as one for all of the source."""
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
    yield Sample(np.ones((2, 3)), np.ones((1, 1)), dim=1, index=_INDEX, raises=ShapeError, match="larger than src")
    yield Sample(np.ones((2, 3)), np.ones(2), dim=1, index=np.array([0, 1]), raises=ShapeError, match="as many dimensions")


scatter: Op = op(
    "scatter", _scatter, linear=True, x=lambda g, dim, index: scatter(g, np.zeros((), g.dtype), dim=dim, index=index), src=_of_src,
    samples=_scatter_samples, errors=_scatter_errors,
    formula={"y": "scatter(x, src, dim, index)", "x": "scatter(g, 0, dim, index)", "src": "gather(g, dim, index)"},
    doc="""
    A copy of x with src written where the index points: y[i][index[i][j]] = src[i][j] for dim=1. Where a place is named
    twice the last value stays, and it alone has a gradient.
    """,
)


def _scatter_add(x, src, dim, index):
    y = np.array(x)
    place, src = _placed(y, dim, index, src)
    return add_at(y, place, np.broadcast_to(src, index.shape)) if y.ndim else y + src


scatter_add = op(
    "scatter_add", _scatter_add, linear=True, x=lambda g: g,
    src=lambda g, src_shape, dim, index: _covered(gather(g, dim=dim, index=index), src_shape),
    samples=_scatter_samples, errors=_scatter_errors,
    formula={"y": "x + ungather(src, dim, index)", "src": "gather(g, dim, index)"},
    doc="""
    A copy of x with src added where the index points: y[i][index[i][j]] += src[i][j] for dim=1.

    Example:
        >>> import autograd, numpy
        >>> autograd.zeros(3).scatter_add(0, numpy.array([0, 2, 0]), autograd.tensor([1.0, 2.0, 3.0]))
        tensor([4., 0., 2.], dtype=float32)
    """,
)


def _extreme(x, src, dim, index, reduce="amax", include_self=True):
    place, src = _placed(x, dim, index, src)
    better, worst = (np.maximum, -np.inf) if reduce == "amax" else (np.minimum, np.inf)
    if x.dtype.kind in "iu":
        worst = np.iinfo(x.dtype).min if reduce == "amax" else np.iinfo(x.dtype).max
    y = np.array(x)
    if not include_self:
        y[place] = worst
    better.at(y, place, src)
    touched = np.zeros(x.shape, bool)
    touched[place] = True
    own = (x == y) if include_self else (x == y) & ~touched
    ours = y[place] == src
    shares = add_at(own.astype(np.intp), place, np.broadcast_to(ours, index.shape).astype(np.intp))
    # Not shared where nothing was written, not even by a nan, which equals nothing.
    shares = np.maximum(shares, 1)
    return y, (own / shares).astype(y.dtype), (ours / shares[place]).astype(y.dtype)


extreme = op(
    "scatter_reduce", _extreme, x=lambda g, to_x: g * to_x, analytic=False, extras=("to_x", "to_src"),
    src=lambda g, src_shape, dim, index, to_src: _covered(gather(g, dim=dim, index=index) * to_src, src_shape),
    samples=lambda: [
        Sample(draw((3, 4)), draw((2, 2), seed=1), dim=1, index=_INDEX),
        Sample(draw((3, 4)), draw((2, 3), seed=1), dim=1, index=_TWICE, reduce="amin"),
        Sample(draw((3, 4)), draw((2, 2), seed=1), dim=1, index=_TWICE, include_self=False),
        Sample(np.ones((1, 2)), np.ones((1, 2)), dim=1, index=np.array([[0, 0]]), kink=True),
    ],
    errors=_scatter_errors,
    formula={"y": "scatter_reduce(x, src, dim, index, reduce)", "src": "gather(g, dim, index) * to_src"},
    doc="The largest (amax) or smallest (amin) of x and all of src that falls in its place; ties share.",
)


def _masked_scatter(x, mask, source):
    mask = np.broadcast_to(mask, x.shape)
    count = int(np.count_nonzero(mask))
    if source.size < count:
        raise ShapeError(f"the mask selects {count} elements and source has only {source.size}")
    y = np.array(x)
    y[mask] = np.reshape(source, -1)[:count]
    return y


def _of_source(g, mask, source_shape, x_shape):
    taken = g[np.broadcast_to(mask, x_shape)]
    size = int(np.prod(source_shape, dtype=int))
    return np.reshape(pad(taken, pad_width=((0, size - taken.shape[0]),)), source_shape)


masked_scatter = op(
    "masked_scatter", _masked_scatter, x=lambda g, mask: np.where(mask, 0, g), mask=None, source=_of_source, linear=True,
    samples=lambda: [Sample(draw((2, 3)), np.array([[True, False, True], [False, True, False]]), draw((2, 2), seed=1)),
                     Sample(draw((2, 3)), np.array([True, False, True]), draw((4,), seed=1))],
    errors=lambda: [Sample(np.ones(3), np.ones(3, bool), np.ones(2), raises=ShapeError, match="source has only 2")],
    formula={"y": "masked_scatter(x, mask, source)", "source": "g[mask]"},
    doc="A copy of x with the elements that the mask selects taken from source, in order.",
)
