"""Views by strides: element (i, j, ...) of the view is element offset + i stride[0] + j stride[1] + ... of the flattened input."""

from __future__ import annotations

from math import prod

import numpy as np

from ..engine.memory import overlapping
from ..engine.op import Op, Sample, op
from ..engine.samples import calls
from ..errors import ShapeError
from .indexing import scatter_sum
from .rules import remembered


def _checked(count, size, stride, offset):
    """Raise ShapeError unless the view lies within ``count`` elements."""
    if len(size) != len(stride):
        raise ShapeError(f"mismatch in length of strides and shape: {tuple(stride)} and {tuple(size)}")
    last = offset
    for n, step in zip(size, stride, strict=True):
        if n < 0 or step < 0:
            raise ShapeError(f"negative sizes and strides are not supported: {tuple(size)} and {tuple(stride)}")
        last += (n - 1) * step
    if not 0 <= offset <= last < count and prod(size):
        raise ShapeError(
            f"size {tuple(size)}, stride {tuple(stride)} and offset {offset} from its beginning reach from element {offset} to "
            f"{last}, out of bounds for {count} elements"
        )


def _strided(flat, size, stride, offset):
    if not prod(size):
        return np.empty(size, flat.dtype)
    width = flat.itemsize
    return np.ndarray(size, flat.dtype, flat, offset * width, tuple([step * width for step in stride]))


def _as_strided(x, size, stride, offset=0):
    flat = x.reshape(-1) if type(x) is np.ndarray and x.flags.c_contiguous else np.ravel(x)
    _checked(flat.size, size, stride, offset)
    y = _strided(flat, tuple(size), stride, offset)
    if overlapping(size, stride):
        y.flags.writeable = False  # a write to one element would change others too
    return y


_TURNS = 64  # additions of strided views up to which these are quicker than one by the places of all elements


@remembered
def _turns(shape, stride):
    """The parts of a view of this shape of which none overlaps itself: for each, its index, where it begins, its shape and strides.

    The parts are those for each index in the shortest dimensions. None, if there would be many.
    """
    along, within = [], list(range(len(shape)))
    while overlapping([shape[d] for d in within], [stride[d] for d in within]):
        shortest = min(within, key=lambda d: shape[d])
        within.remove(shortest)
        along.append(shortest)
    if prod([shape[d] for d in along]) > _TURNS:
        return None
    turns = []
    for turn in np.ndindex(*[shape[d] for d in along]):
        index = dict(zip(along, turn, strict=True))
        part = tuple([index.get(d, slice(None)) for d in range(len(shape))])
        start = sum([i * stride[d] for d, i in index.items()])
        turns.append((part, start, tuple([shape[d] for d in within]), [stride[d] for d in within]))
    return turns


def _added_in_turn(x, count, stride, offset):
    """Zeros to which the elements of x are added at the places of a view, part by part; None, if there would be many parts."""
    turns = _turns(x.shape, tuple(stride))
    if turns is None:
        return None
    out = np.zeros(count, x.dtype)
    for part, start, shape, strides in turns:
        place = _strided(out, shape, strides, offset + start)
        place += x[part]
    return out


def _unstrided(x, shape, stride, offset=0):
    count = prod(shape)
    _checked(count, x.shape, stride, offset)
    if overlapping(x.shape, stride):
        out = _added_in_turn(x, count, stride, offset) if type(x) is np.ndarray else None
        if out is not None:
            return out.reshape(shape)
        offsets = np.full((), offset, np.intp)
        for n, step in zip(x.shape, stride, strict=True):
            offsets = offsets[..., None] + step * np.arange(n)
        return scatter_sum((count,), offsets, x).reshape(shape)
    out = np.zeros(count, x.dtype)
    _strided(out, x.shape, stride, offset)[...] = x
    return out.reshape(shape)


unstrided = op(
    "unstrided", _unstrided, x=lambda g, x_shape, stride, offset: as_strided(g, size=x_shape, stride=stride, offset=offset),
    linear=True,
    samples=calls(((2, 3), {"shape": (3, 4), "stride": (4, 2), "offset": 1}), ((3, 2), {"shape": (4,), "stride": (1, 1)}),
                  ((0, 2), {"shape": (4,), "stride": (1, 1)})),
    errors=lambda: [Sample(np.ones((2, 3)), shape=(3,), stride=(1, 1), raises=ShapeError, match="out of bounds for 3 elements")],
    formula={"y": "unstrided(x, stride, offset)", "x": "strided(g, x_shape, stride, offset)"},
    doc="An array of zeros to which x is added at the places of a view by strides: the adjoint of as_strided.",
)
as_strided: Op = op(
    "as_strided", _as_strided, linear=True, view=True,
    x=lambda g, x_shape, stride, offset: unstrided(g, shape=x_shape, stride=stride, offset=offset),
    samples=calls(((3, 4), {"size": (2, 3), "stride": (4, 1), "offset": 1}), ((5,), {"size": (3, 3), "stride": (1, 1)}),
                  ((3, 4), {"size": (4, 3), "stride": (1, 4)}), ((3,), {"size": (2, 3), "stride": (0, 1)}),
                  ((2, 2), {"size": (), "stride": (), "offset": 3}), ((4,), {"size": (0, 2), "stride": (1, 1)})),
    errors=lambda: [
        Sample(np.ones(6), size=(2, 4), stride=(1, 2), raises=ShapeError, match=r"as_strided.*0 to 7, out of bounds for 6"),
        Sample(np.ones(6), size=(2,), stride=(1,), offset=-1, raises=ShapeError, match="out of bounds"),
        Sample(np.ones(6), size=(2, 2), stride=(1,), raises=ShapeError, match="mismatch in length"),
        Sample(np.ones(6), size=(2,), stride=(-1,), offset=3, raises=ShapeError, match="negative"),
    ],
    formula={"y": "strided(x, size, stride, offset)", "x": "unstrided(g, stride, offset)"},
    doc="""
    A view of the elements of x, counted row by row, by strides. An element that occurs several times gets the sum of its gradients.

    Args:
        x: any shape.
        size: the shape of the view.
        stride: per dimension of the view, the distance in elements from one index to the next.
        offset: the element at index 0.

    Raises:
        ShapeError: the view reaches beyond the elements of x, or sizes or strides are negative.
    """,
)
