"""Embeddings: rows of a table picked by their numbers, and sums and maxima of such rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import Op, Sample, nondifferentiable, op
from ..engine.samples import draw
from ..errors import DtypeError, RangeError, ShapeError, describe
from .indexing import scatter_sum


def add_rows(rows, index, length):
    """A table of ``length`` rows, to whose row index[i] the i-th of the rows is added.

    """
    if type(rows) is type(index) is np.ndarray:
        return scatter_sum((length, *rows.shape[1:]), index, rows)
    table = np.zeros((length, *rows.shape[1:]), rows.dtype)
    np.add.at(table, index, rows)
    return table


def _scatter(x, input, length, padding_idx=None):
    index = np.asarray(input)
    table = add_rows(x.reshape(index.size, *x.shape[index.ndim :]), index.reshape(-1), length)
    if padding_idx is not None:
        table[padding_idx] = 0
    return table


def check_indices(index, length, name=""):
    """Raise unless the indices are integers, and rows of a table of this length."""
    name = name and name + ": "
    if index.dtype.kind not in "iu":
        raise DtypeError(f"{name}the indices must be integers, not {describe(index)}")
    # As unsigned numbers, negative ones are too large.
    if index.size and np.maximum.reduce(index.astype(np.intp, copy=False).view(np.uintp), None) >= length:
        bad = index[(index < 0) | (index >= length)].flat[0]
        raise RangeError(f"{name}index {bad} is out of range: the table has {length} rows, so indices go from 0 to {length - 1}")


def _indices(input, length):
    index = np.asarray(input)
    check_indices(index, length)
    return index


def _embedding(weight, input, padding_idx=None):
    if weight.ndim != 2:
        raise ShapeError(f"weight must be a matrix, one row per index, not {describe(weight)}")
    if padding_idx is not None and not -len(weight) <= padding_idx < len(weight):
        raise RangeError(f"padding_idx={padding_idx} is out of range: the table has {len(weight)} rows")
    index = _indices(input, len(weight))
    return weight.take(index, 0, mode="clip") if type(weight) is type(index) is np.ndarray else weight[index]


def _table_samples():
    yield Sample(draw((5, 3)), input=np.array([0, 2, 2, 4]))
    padding = "the padding row gets no gradient, as in PyTorch"
    yield Sample(draw((5, 3)), input=np.array([[0, 2], [2, 1]]), padding_idx=2, kink=padding)
    yield Sample(draw((5, 3)), input=np.array(3))
    yield Sample(draw((5, 3)), input=np.zeros((0, 2), int))


embedding_scatter = op(
    "embedding_scatter", _scatter,
    x=lambda g, input, padding_idx: _mask_padding(embedding(g, input=input), input, padding_idx), linear=True,
    samples=lambda: [
        Sample(draw((4, 3)), input=np.array([0, 2, 2, 4]), length=5),
        Sample(draw((2, 2, 20)), input=np.array([[0, 2], [2, 1]]), length=3, padding_idx=2),
        Sample(draw((40, 2)), input=np.arange(40) % 3, length=4),
    ],
    formula={
        "y": "y[v] == sigma((i,), x[i] * (input[i] == v) * (v != padding_idx))",
        "x": "g[input] * (input[..., None] != padding_idx)",
    },
    doc="A table of zeros to whose rows those of x are added, by their numbers: the adjoint of embedding.",
)
embedding: Op = op(
    "embedding", _embedding,
    weight=lambda g, input, weight_shape, padding_idx:
        embedding_scatter(g, input=input, length=weight_shape[0], padding_idx=padding_idx),
    linear=True, samples=_table_samples,
    errors=lambda: [
        Sample(np.ones((5, 3)), input=np.array([1, 5]), raises=IndexError, match="index 5 is out of range: the table has 5 rows"),
        Sample(np.ones((5, 3)), input=np.array([-1]), raises=IndexError, match="index -1 is out of range"),
        Sample(np.ones((5, 3)), input=np.array([1.0]), raises=DtypeError, match="integers"),
    ],
    formula={"y": "weight[input]", "weight": "d(weight)[v] == sigma((i,), g[i] * (input[i] == v) * (v != padding_idx))"},
    doc="""The rows of a table with these numbers, weight[input].

    Args:
        weight: (rows, features), the table.
        input: integers, any shape.
        padding_idx: a row that gets no gradient, or None.

    Raises:
        IndexError: a number that is no row of the table. DtypeError: numbers that are no integers.
    """,
)


def _mask_padding(y, input, padding_idx):
    if padding_idx is None:
        return y
    return y * (np.asarray(input) != padding_idx)[..., None].astype(y.dtype)


# ---------------------------------------------------------------------------------------------------------------------- bags


_FEW = 16  # up to so many rows in each bag, rows are added or compared to each other; NumPy reduces short columns slowly


def _equal_bags(x, offsets):
    """x as (bags, rows, ...) if all bags are equally long, but none is long; otherwise None."""
    bags, count = len(offsets), len(x)
    if not bags or not count or count % bags or count // bags > _FEW or type(x) is not np.ndarray:
        return None
    each = count // bags
    return x.reshape(bags, each, *x.shape[1:]) if _are_even(offsets, count) else None


def _are_even(offsets, count):
    """Whether the offsets divide so many rows, a multiple of their number, into bags of one length."""
    return np.logical_and.reduce(offsets == np.arange(0, count, count // len(offsets)))


def _segment_sum(x, offsets):
    """The sums over bags. Bag i goes from offsets[i] to offsets[i + 1]; an empty one sums to 0."""
    offsets = np.asarray(offsets)
    equal = _equal_bags(x, offsets)
    if equal is not None:
        out = equal[:, 0].copy() if equal.shape[1] == 1 else equal[:, 0] + equal[:, 1]
        for row in range(2, equal.shape[1]):
            out += equal[:, row]
        return out
    out = np.zeros((len(offsets), *x.shape[1:]), x.dtype)
    ends = np.append(offsets[1:], len(x))
    full = np.flatnonzero(ends > offsets)
    if full.size:
        out[full] = np.add.reduceat(x, offsets[full], axis=0)
    return out


segment_sum = op(
    "segment_sum", _segment_sum,
    x=lambda g, x_shape, offsets: embedding(g, input=bag_numbers(offsets, x_shape[0])), linear=True,
    samples=lambda: [Sample(draw((5, 2)), offsets=np.array([0, 2, 2])), Sample(draw((5, 2)), offsets=np.array([0]))],
    formula={"y": "y[b] == sigma((i,), x[i] * (bag[i] == b)); bag = bag_of(x, offsets)", "x": "g[bag]; bag = bag_of(x, offsets)"},
    doc="Sums of consecutive rows of x: from each offset to the next one.",
)


def bag_numbers(offsets, length):
    """The number of the bag of each of ``length`` rows."""
    offsets = np.asarray(offsets)
    if not offsets.size or offsets[0] != 0:
        return np.searchsorted(offsets, np.arange(length), side="right") - 1
    if length and length % len(offsets) == 0 and _are_even(offsets, length):
        return np.arange(len(offsets)).repeat(length // len(offsets))
    return np.repeat(np.arange(len(offsets)), np.diff(offsets, append=length))


def _segment_max(x, offsets):
    offsets = np.asarray(offsets)
    equal = _equal_bags(x, offsets)
    if equal is not None:
        out, where = equal[:, 0].copy(), np.zeros((len(offsets), *x.shape[1:]), np.intp)
        for row in range(1, equal.shape[1]):
            larger = ~(equal[:, row] <= out)  # or nan
            larger &= out == out
            np.maximum(where, row * larger, out=where)
            np.maximum(out, equal[:, row], out=out)
        where += offsets[:, None]
        return out, where, np.zeros(len(offsets), bool)
    empty = np.append(offsets[1:], len(x)) <= offsets
    out = np.zeros((len(offsets), *x.shape[1:]), x.dtype)
    where = np.zeros(out.shape, np.intp)
    full = np.flatnonzero(~empty)
    if full.size:
        starts, rows = offsets[full], np.arange(len(x))[:, None]
        out[full] = np.maximum.reduceat(x, starts, axis=0)
        largest = np.repeat(out[full], np.diff(starts, append=len(x)), axis=0)
        first = x[starts[0] :]
        first = (first == largest) | ((first != first) & (largest != largest))
        where[full] = np.minimum.reduceat(np.where(first, rows[starts[0] :], len(x)), starts - starts[0], axis=0)
    return out, where, empty


def _segment_pick(x, where, empty):
    out = np.take_along_axis(x, where, axis=0) if len(x) else np.zeros(where.shape, x.dtype)
    if empty.any():
        out[empty] = 0
    return out


def _segment_unpick(x, where, empty, length):
    out = np.zeros((length, x.shape[1]), x.dtype)
    if empty.any():
        where, x = where[~empty], x[~empty]
    out.reshape(-1)[where * x.shape[1] + np.arange(x.shape[1])] = x  # no element belongs to two bags
    return out


_BAGS: dict[str, Any] = {"where": np.array([[0, 1], [0, 0]]), "empty": np.array([False, True])}
segment_pick = op(
    "segment_pick", _segment_pick,
    x=lambda g, x_shape, where, empty: segment_unpick(g, where=where, empty=empty, length=x_shape[0]),
    linear=True, samples=lambda: [Sample(draw((3, 2)), **_BAGS)],
    formula={"y": "where(empty[:, None], 0, gather(x, 0, where))", "x": "ungather(where(empty[:, None], 0, g), 0, where)"},
    doc="y[i, j] = x[where[i, j], j], and 0 for an empty bag i: the elements of x that are the maxima of their bags.",
)
segment_unpick: Op = op(
    "segment_unpick", _segment_unpick, x=lambda g, where, empty: segment_pick(g, where=where, empty=empty),
    linear=True, samples=lambda: [Sample(draw((2, 2)), **_BAGS, length=3)],
    formula={"y": "ungather(where(empty[:, None], 0, x), 0, where)", "x": "where(empty[:, None], 0, gather(g, 0, where))"},
    doc="An array of zeros to which x is added at the places of the maxima of bags: the adjoint of segment_pick.",
)
segment_max = op(
    "segment_max", _segment_max, extras=("rows", "empty"), analytic=False,
    x=lambda g, x_shape, rows, empty: segment_unpick(g, where=rows, empty=empty, length=x_shape[0]),
    samples=lambda: [
        Sample(draw((5, 2)), offsets=np.array([0, 2, 2])), Sample(draw((5, 2)), offsets=np.array([0])),
        Sample(np.empty((0, 2)), offsets=np.array([0, 0])),
    ],
    formula={
        "y": "where(empty[:, None], 0, gather(x, 0, m)); m = largest_of(x, offsets); empty = nothing_in(x, offsets)",
        "x": "ungather(where(empty[:, None], 0, g), 0, m); m = largest_of(x, offsets); empty = nothing_in(x, offsets)",
    },
    doc="Maxima, column by column, of consecutive rows of x: from each offset to the next one. An empty bag has the maximum 0.",
)


def _one_hot(x, num_classes=-1):
    index = np.asarray(x)
    if index.dtype.kind not in "iu":
        raise DtypeError(f"one_hot takes integers, not {describe(index)}")
    if num_classes == -1:
        if not index.size:
            raise ValueError("num_classes cannot be inferred from an empty tensor: pass it")
        num_classes = int(index.max()) + 1
    if index.size and (index.min() < 0 or index.max() >= num_classes):
        span = f"the input has {index.min()} to {index.max()}"
        raise RangeError(f"class values must lie between 0 and num_classes - 1 = {num_classes - 1}: {span}")
    return (index[..., None] == np.arange(num_classes)).astype(np.int64)


one_hot = nondifferentiable(
    "one_hot", _one_hot, "x", samples=lambda: [Sample(np.array([0, 2, 1])), Sample(np.array([[1], [0]]), num_classes=4)],
    errors=lambda: [Sample(np.array([0, 3]), num_classes=3, raises=IndexError, match="between 0 and num_classes - 1 = 2")],
    formula={"y": "y[i, k] == 1 * (x[i] == k)"},
    doc="""One-hot rows: y[..., k] is 1 where x[...] = k, and 0 elsewhere.

    Args:
        x: integers from 0 to num_classes - 1, any shape.
        num_classes: the length of the new last dimension; -1 for the largest number plus 1.

    Raises:
        DtypeError: numbers that are no integers. IndexError: a number outside the classes.

    Example:
        >>> import autograd, nn
        >>> nn.functional.one_hot(autograd.tensor([0, 2])).tolist()
        [[1, 0, 0], [0, 0, 1]]
    """,
)
