"""Kernels that go over the rows of a matrix, in pieces that fit the cache. Ops are declared elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engine.tables import table
from ..engine.values.sums import sum_over

_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce
MANY = 4096  # numbers from which on it takes less time to choose a way of computing than it saves
BEYOND_CACHE = 1 << 17  # numbers from which on arrays do not stay in the cache, so that pieces take less time
PIECE = 1 << 15  # numbers of a piece
SHORT = 40  # numbers of a row up to which the largest ones are found faster with the rows side by side
_LONG = 2048  # numbers of a row up to which BLAS, which does not add pairwise, is as accurate as a pairwise sum
_SAFE = 32  # sums of e^x do not overflow for x up to this


class row_buffers:
    """A context in which NumPy buffers no more than a row of n numbers.

    A ufunc over rows and a column buffers several rows at once, if they fit 8192 numbers, though it has nothing to convert.
    For rows of some hundred numbers it takes twice as long to copy them there and back as to do the work itself.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.state: Any = None

    def __enter__(self) -> None:
        if 192 <= self.n <= 4096:
            self.state = np.errstate()  # it remembers the length of the buffers, too
            self.state.__enter__()
            np.setbufsize(-(-self.n // 16) * 16)

    def __exit__(self, *error: Any) -> None:
        if self.state is not None:
            self.state.__exit__(*error)


def are_rows(dim: int, *arrays: Any) -> bool:
    """Whether these are floating numbers of one shape and dtype, and the dimension is that of their rows in memory."""
    x = arrays[0]
    if x.dtype.char not in "fd" or dim not in (-1, x.ndim - 1):
        return False
    return all([type(a) is np.ndarray and a.shape == x.shape and a.dtype == x.dtype and a.flags.c_contiguous for a in arrays])


def is_long_way(dim: int, x: np.ndarray) -> bool:
    """Whether NumPy's functions one after the other take longer for the rows of x: many numbers, or many short rows."""
    return x.size > MANY and (x.size > BEYOND_CACHE or x.shape[-1] <= SHORT) and are_rows(dim, x)


def pieces(rows: int, n: int) -> Iterator[slice]:
    """The slices of a matrix's rows that fit the cache."""
    step = max(1, rows if rows * n <= BEYOND_CACHE else PIECE // n)
    return (slice(i, i + step) for i in range(0, rows, step))


def largest(x: np.ndarray) -> np.ndarray:
    """The largest number of each row of a matrix, as a column."""
    if x.shape[1] <= SHORT:
        return _maximum(x.T.copy(), 0)[:, None]
    return _maximum(x, 1, None, None, True)


@table(64)
def _block(n: int) -> int:
    """The length of equal parts of a long row of n numbers; 0, if it has none of a good length."""
    return next((n // k for k in range(n // _LONG, n // 128 + 1) if k > 1 and n % k == 0 and n // k <= _LONG), 0)


def totals(x: np.ndarray) -> np.ndarray:
    """The sum of each row of a matrix, as a column. Long rows are summed part by part, by BLAS."""
    n = x.shape[1]
    if n > _LONG and (block := _block(n)):
        return totals(sum_over(x.reshape(-1, block), 1).reshape(len(x), -1))
    return sum_over(x, 1, True)


def products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Σ a b of each row of two real arrays with at least one dimension, row by row in memory."""
    n = a.shape[-1]
    if n > _LONG:
        block = _block(n)
        if not block:
            return sum_over(a * b, a.ndim - 1)
        parts = (*a.shape[:-1], n // block, block)
        return sum_over(np.vecdot(a.reshape(parts), b.reshape(parts)), a.ndim - 1)
    if n >= 24 or a.size <= 1024:
        return np.vecdot(a, b)
    return np.einsum("...i,...i->...", a, b)


def squared_deviations(x: np.ndarray) -> np.ndarray:
    """Σ (x - mean)² of each row, as an array. The first number is subtracted before the mean: of equal numbers the sum is 0."""
    n = x.shape[-1]
    if x.size <= BEYOND_CACHE:
        d = x - x[..., :1]
        d -= sum_over(d, x.ndim - 1, True) / n
        return np.asarray(products(d, d))
    y = np.empty(x.shape[:-1], x.dtype)
    source, out = x.reshape(-1, n), y.reshape(-1)
    with row_buffers(n):
        for piece in pieces(len(out), n):
            part = source[piece]
            d = part - part[:, :1]
            d -= sum_over(d, 1, True) / n
            out[piece] = products(d, d)
    return y


def write_softmax(x: np.ndarray, y: np.ndarray, masked: bool = False) -> None:
    """Write the softmax of each row of a matrix into another one, or into itself. The caller calls it for a piece.

    Args:
        x, y: the matrices. masked: the softmax of a row that is -inf everywhere is 0, and not nan.
    """
    top = _maximum(x, None)
    if not np.isfinite(top):
        y[...] = _softmax(x, masked)
        return
    # One shift for all rows, or none, takes less time. In a row whose sum is not small no share that counts is lost.
    out = None if x is y else y
    e = np.exp(x if 0 <= top <= _SAFE else np.subtract(x, top, out=out), out=out)
    total = totals(e)
    if _minimum(total, None) >= 0.5:
        np.divide(e, total, out=y)
        return
    low = np.flatnonzero(total < 0.5)
    others = _softmax(x[low], masked)
    total[low] = 1
    np.divide(e, total, out=y)
    y[low] = others


def _softmax(x: np.ndarray, masked: bool) -> np.ndarray:
    """The softmax of each row of a matrix, with a shift for each by its largest number."""
    tops = largest(x)
    y = np.subtract(x, np.maximum(tops, np.finfo(x.dtype).min) if masked else tops)
    np.exp(y, out=y)
    total = totals(y)
    if masked:
        total[total == 0] = 1
    y /= total
    return y


def _piece_by_piece(kernel: Callable[..., None], *arrays: np.ndarray) -> np.ndarray:
    """A new array like the others: a kernel(*parts, out) writes its rows piece by piece."""
    y = np.empty_like(arrays[0])
    n = y.shape[-1]
    matrices = [a.reshape(-1, n) for a in (*arrays, y)]
    with row_buffers(n):
        for piece in pieces(len(matrices[0]), n):
            kernel(*[matrix[piece] for matrix in matrices])
    return y


def softmax(x: np.ndarray) -> np.ndarray:
    """The softmax of each row."""
    return _piece_by_piece(write_softmax, x)


def softmax_rule(g: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(g - Σ g y) y of each row."""

    def write(g: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
        np.multiply(g, y, out=out)
        np.subtract(g, sum_over(out, 1, True), out=out)
        out *= y

    return _piece_by_piece(write, g, y)


def log_softmax(x: np.ndarray) -> np.ndarray:
    """The logarithm of the softmax of each row."""

    def write(x: np.ndarray, out: np.ndarray) -> None:
        np.subtract(x, largest(x), out=out)
        out -= np.log(totals(np.exp(out)))

    return _piece_by_piece(write, x)


def log_softmax_rule(g: np.ndarray, y: np.ndarray) -> np.ndarray:
    """g - e^y Σ g of each row."""

    def write(g: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
        np.exp(y, out=out)
        out *= sum_over(g, 1, True)
        np.subtract(g, out, out=out)

    return _piece_by_piece(write, g, y)


def logsumexp(x: np.ndarray) -> np.ndarray:
    """log Σ e^x of each row."""
    y = np.empty(x.shape[:-1], x.dtype)
    n = x.shape[-1]
    source, out = x.reshape(-1, n), y.reshape(-1)
    with row_buffers(n), np.errstate(divide="ignore"):
        for piece in pieces(len(out), n):
            part = source[piece]
            top = largest(part)
            top = np.where(np.isfinite(top), top, 0)
            e = part - top
            out[piece] = (np.log(sum_over(np.exp(e, out=e), 1, True)) + top)[:, 0]
    return y
