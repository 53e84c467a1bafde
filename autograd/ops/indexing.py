"""Indexing, x[index], and its adjoint, which adds numbers at the places that an index names."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import Op, Sample, op
from ..engine.samples import calls
from ..types import Index

BASIC = (int, slice, type(None), type(...), np.integer)


def is_basic(index: Index) -> bool:
    """Whether an index consists of integers, slices, None and ... only: then NumPy returns a view."""
    if isinstance(index, tuple):
        return all(isinstance(i, BASIC) and not isinstance(i, bool) for i in index)
    return isinstance(index, BASIC) and not isinstance(index, bool)


def _getitem(x: np.ndarray, index: Any) -> Any:
    y = x[index]
    if isinstance(y, np.ndarray):
        # NumPy puts the dimension of an index of integers outermost in memory, wherever it is in the shape.
        return y if y.flags.c_contiguous or is_basic(index) else np.ascontiguousarray(y)
    # One element: NumPy returns a number, and with an ellipsis in the index a 0-d view, which an op must return.
    return x[(*index, ...) if isinstance(index, tuple) else (index, ...)]


def _unindex(x: np.ndarray, index: Any, shape: tuple[int, ...]) -> np.ndarray:
    if is_basic(index) or (isinstance(index, np.ndarray) and index.dtype == bool):
        out = np.zeros(shape, x.dtype)
        out[index] = x
        return out
    return scatter_sum(shape, index, x)


# From this many numbers on, a product with a sparse matrix of ones is faster than np.add.at (2 times at 32768 numbers, in float32,
# for 512 rows of 64 into 1000; np.add.at on whole rows takes 7 times as long, sorting and np.add.reduceat 5 times).
_SPARSE_FROM = 16384


def scatter_sum(shape: tuple[int, ...], index: Any, x: np.ndarray) -> np.ndarray:
    """An array of zeros to which x is added at the places that an index of integers names; repeated places add up."""
    rows = _row_numbers(shape, index)
    if rows is not None and x.size >= _SPARSE_FROM and x.dtype.char in "fdFD" and rows[0].size:
        numbers, count, width = rows
        from scipy.sparse import csc_array

        ones = csc_array((np.ones(numbers.size, x.dtype), numbers, np.arange(numbers.size + 1)), shape=(count, numbers.size))
        return (ones @ np.reshape(x, (numbers.size, width))).reshape(shape)
    return _add_at(np.zeros(shape, x.dtype), index, x, rows)


def add_at(out: np.ndarray, index: Index, x: np.ndarray) -> np.ndarray:
    """Add x to an array in place, at the places that an index of integers names; repeated places add up."""
    return _add_at(out, index, x, _row_numbers(out.shape, index) if out.flags.c_contiguous else None)


def _add_at(out: np.ndarray, index: Any, x: np.ndarray, rows: tuple[np.ndarray, int, int] | None) -> np.ndarray:
    if rows is None:
        np.add.at(out, index, x)
    else:
        # np.add.at has a fast path for one number at a time, which is 4 times as fast as adding rows of 64.
        numbers, _, width = rows
        if width != 1:
            numbers = (numbers[:, None] * width + np.arange(width)).ravel()
        np.add.at(out.reshape(-1), numbers, x.reshape(-1))
    return out


def _row_numbers(shape: tuple[int, ...], index: Any) -> tuple[np.ndarray, int, int] | None:
    """See an array as a matrix whose rows the index picks: the row numbers, the number of rows, their width.

    That is possible for an index of integers in the first dimensions; the result is None for all others.
    """
    parts = index if isinstance(index, tuple) else (index,)
    if not parts or len(parts) > len(shape) or not shape:
        return None
    numbers: Any = 0
    count = width = 1
    for n, part in zip(shape, parts, strict=False):
        if isinstance(part, np.ndarray):
            if part.dtype.kind not in "iu":
                return None
            part = part.astype(np.intp, copy=False)
            # As unsigned numbers, negative ones are too large.
            if part.size and np.maximum.reduce(part.view(np.uintp), None) >= n:
                low, high = part.min(), part.max()
                if low < -n or high >= n:
                    raise IndexError(f"index {low if low < -n else high} is out of bounds for a dimension of size {n}")
                if low < 0:
                    part = np.where(part < 0, part + n, part)
        elif type(part) is not int:
            return None
        elif not -n <= part < n:
            raise IndexError(f"index {part} is out of bounds for a dimension of size {n}")
        elif part < 0:
            part += n
        numbers = numbers * n + part
        count *= n
    for n in shape[len(parts) :]:
        width *= n
    return np.asarray(numbers).reshape(-1), count, width


_SAMPLES = calls(
    ((4, 5), {"index": 1}),
    ((4, 5), {"index": (slice(None, None, -2), None, 3)}),
    ((4, 5), {"index": (..., slice(1, 4))}),
    ((4, 5), {"index": (2, -1)}),
    ((4, 5), {"index": np.array([0, 2, 0])}),
    ((4, 5), {"index": np.array([[0, -1], [-4, 3]])}),
    ((4, 5), {"index": (np.array([[0, 1], [3, 0]]), slice(None), None)}),
    ((4, 5), {"index": (np.array([0, 1, 0]), np.array([4, -5, 4]))}),
    ((4, 5), {"index": (np.array([[0], [1]]), np.array([4, 4, 2]))}),
    ((3, 4, 2), {"index": (np.array([0, 2]), slice(1, 3), np.array([1, 1]))}),
    ((3, 4, 2), {"index": (slice(None), np.array([0, 2, 0]))}),
    ((4,), {"index": np.array([True, False, True, True])}),
    ((2, 3, 2), {"index": np.array([[True, False, True], [False, False, True]])}),
    ((4, 2), {"index": (np.array([True, False, True, True]), np.array([0, 1, 0]))}),
    ((4, 5), {"index": np.zeros(0, int)}),
    ((3,), {"index": 2}),
    ((3,), {"index": ()}),
    ((), {"index": ...}),
    ((0, 2), {"index": slice(None)}),
)


def _errors() -> list[Sample]:
    x = np.ones((4, 5))
    return [
        Sample(x, index=4, raises=IndexError, match=r"getitem: index 4 is out of bounds.*float64\[4, 5\]"),
        Sample(x, index=(0, -6), raises=IndexError, match=r"getitem: index -6.*float64\[4, 5\]"),
        Sample(x, index=np.array([0, 7]), raises=IndexError, match=r"getitem: index 7.*float64\[4, 5\]"),
        Sample(x, index=(0, 0, 0), raises=IndexError, match=r"too many indices.*float64\[4, 5\]"),
        Sample(x, index=np.ones(3, bool), raises=IndexError, match=r"boolean index.*float64\[4, 5\]"),
        Sample(x, index=1.5, raises=IndexError, match="only integers"),
    ]


unindex: Op = op(
    "unindex", _unindex, x=lambda g, index: getitem(g, index=index), linear=True,
    samples=calls(((3,), {"index": np.array([0, 2, 0]), "shape": (4,)}), ((2, 5), {"index": slice(1, 3), "shape": (4, 5)}),
                  ((3, 2), {"index": (slice(None), np.array([1, 1])), "shape": (3, 2)})),
    formula={"y": "unindex(x, index)"},
    doc="An array of zeros to which x is added at the places that the index names: the adjoint of getitem.",
)
getitem: Op = op(
    "getitem", _getitem, x=lambda g, index, x_shape: unindex(g, index=index, shape=x_shape), linear=True, view=True,
    samples=_SAMPLES, errors=_errors,
    formula={"y": "x[index]"},
    doc="""
    x[index], as in NumPy. An element that is read several times gets the sum of its gradients.

    Args:
        input: any shape.
        index: an integer, a slice, None, ..., an array of integers, a mask of booleans, or a tuple of these. Without arrays and
            masks the result is a view.

    Raises:
        IndexError: an index that is out of bounds, or too many indices.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0, 3.0], requires_grad=True)
        >>> autograd.getitem(x, [0, 2, 0]).sum().backward()  # x[[0, 2, 0]]
        >>> x.grad
        tensor([2., 0., 1.], dtype=float32)
    """,
)
