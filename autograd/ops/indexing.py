"""Reading parts of an array: by index, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import op
from ..samples import calls

BASIC = (int, slice, type(None), type(...), np.integer)


def is_basic(index: Any) -> bool:
    """Whether an index selects a view: integers, slices, None and ... only."""
    if isinstance(index, tuple):
        return all(isinstance(i, BASIC) and not isinstance(i, bool) for i in index)
    return isinstance(index, BASIC) and not isinstance(index, bool)


def _getitem(x: np.ndarray, index: Any) -> Any:
    if is_basic(index):
        # With an ellipsis NumPy gives a 0-d view where it would give a number.
        index = index if isinstance(index, tuple) else (index,)
        return x[index if ... in index else (*index, ...)]
    return x[index]


def _unindex(x: np.ndarray, index: Any, shape: tuple[int, ...]) -> np.ndarray:
    out = np.zeros(shape, x.dtype)
    if is_basic(index) or _boolean(index):
        out[index] = x
        return out
    return add_at(out, index, x)


def add_at(out: np.ndarray, index: Any, x: Any) -> np.ndarray:
    """Add x into an array in place where an index points; what repeats adds up."""
    np.add.at(out, index, x)
    return out


def _boolean(index: Any) -> bool:
    return isinstance(index, np.ndarray) and index.dtype == bool


_SPOTS = calls(
    ((4, 5), {"index": 1}),
    ((4, 5), {"index": (slice(None, None, -2), None, 3)}),
    ((4, 5), {"index": (..., slice(1, 4))}),
    ((4, 5), {"index": np.array([0, 2, 0])}),
    ((4, 5), {"index": (np.array([[0, 1], [3, 0]]), slice(None), None)}),
    ((4,), {"index": np.array([True, False, True, True])}),
    ((3,), {"index": 2}),
)

unindex = op(
    "unindex", _unindex, x=lambda g, index: getitem(g, index=index), linear=True,
    samples=calls(((3,), {"index": np.array([0, 2, 0]), "shape": (4,)}), ((2, 5), {"index": slice(1, 3), "shape": (4, 5)})),
    doc="Zeros of a shape with x added where the index points: the adjoint of getitem.",
)  # fmt: skip
getitem = op(
    "getitem", _getitem, x=lambda g, index, x_shape: unindex(g, index=index, shape=x_shape), linear=True, view=True,
    samples=_SPOTS, doc="x[index]; where an index repeats, gradients add up.",
)  # fmt: skip
