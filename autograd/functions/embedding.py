"""Embeddings: rows of a table, looked up by index. torch.nn.functional's embedding, embedding_bag and one_hot."""

from __future__ import annotations

import numpy as np

from ..engine.graph import array_of
from ..engine.memory import writing
from ..engine.modes import here
from ..engine.recording import recorded
from ..errors import DtypeError, RangeError, ShapeError, describe
from ..ops import embedding as _embedding
from ..types import ArrayLike, Tensor
from . import elementwise
from . import shape as shapes

_lookup = recorded(_embedding.embedding)
one_hot = recorded(_embedding.one_hot)


def _limit_norms(weight: Tensor, index: np.ndarray, max_norm: float, norm_type: float) -> None:
    """Scale down, in place, those rows that the index names and whose norm is greater than max_norm."""
    array, rows = array_of(weight), np.unique(index)
    norms = np.linalg.norm(array[rows], ord=norm_type, axis=1)
    long = norms > max_norm
    if long.any():
        with writing(array):
            array[rows[long]] *= (max_norm / (norms[long] + 1e-7))[:, None].astype(array.dtype)


def _checked_padding(index: np.ndarray, weight: Tensor, padding_idx: int | None, name: str) -> int | None:
    """Check the indices before anything is changed, and return padding_idx counted from the front."""
    if weight.ndim != 2:
        raise ShapeError(f"{here(name)}: weight must be a matrix, one row per index, not {describe(array_of(weight))}")
    length = weight.shape[0]
    _embedding.check_indices(index, length, here(name))
    if padding_idx is not None:
        if not -length <= padding_idx < length:
            raise RangeError(f"{here(name)}: padding_idx must lie within the {length} rows of the table, not at {padding_idx}")
        padding_idx %= length
    return padding_idx


def _divided_by_frequency(rows: Tensor, index: np.ndarray, length: int) -> Tensor:
    """The same rows, whose gradients are divided by how often the index of each occurs."""
    count = np.bincount(index.reshape(-1), minlength=length)[index]
    constant = rows.detach()
    # c + (x - c) / n, with the constant c = x: the value is exactly x, and the derivative is 1 / n.
    return elementwise.add(constant, elementwise.mul(elementwise.sub(rows, constant), (1 / count)[..., None].astype(rows.dtype)))


def embedding(
    input: ArrayLike, weight: Tensor, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Tensor:  # fmt: skip
    """Rows of a table: weight[input].

    Args:
        input: integers, any shape.
        weight: (rows, features), the table.
        padding_idx: the index of a row whose gradient is 0.
        max_norm: rows that are looked up and whose norm is greater are first scaled down to it, in place.
        norm_type: the order of that norm.
        scale_grad_by_freq: whether the gradient of a row is divided by how often the row was looked up.
        sparse: has no effect. Gradients are dense.

    Raises:
        IndexError: an index outside of the table. The table is unchanged then. ShapeError: a table that is not a matrix.

    Example:
        >>> import autograd, nn
        >>> weight = autograd.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], requires_grad=True)
        >>> y = nn.functional.embedding(autograd.tensor([2, 0, 2]), weight)
        >>> y.sum().backward()
        >>> y.tolist(), weight.grad.tolist()
        ([[5.0, 6.0], [1.0, 2.0], [5.0, 6.0]], [[1.0, 1.0], [0.0, 0.0], [2.0, 2.0]])
    """
    index = array_of(input)
    if padding_idx is not None or max_norm is not None or scale_grad_by_freq:
        padding_idx = _checked_padding(index, weight, padding_idx, "embedding")
    if max_norm is not None:
        _limit_norms(weight, index, max_norm, norm_type)
    rows = _lookup(weight, input=index, padding_idx=padding_idx)
    return _divided_by_frequency(rows, index, weight.shape[0]) if scale_grad_by_freq and index.size else rows


def embedding_bag(
    input: ArrayLike, weight: Tensor, offsets: ArrayLike | None = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Tensor:  # fmt: skip
    """Sums, means or maxima of bags of rows of a table.

    Args:
        input: integers: (bags, length), or (n,), all bags one after the other, with offsets.
        weight: (rows, features), the table.
        offsets: (bags,), the positions in input at which the bags begin.
        max_norm: rows that are looked up and whose norm is greater are first scaled down to it, in place.
        norm_type: the order of that norm.
        scale_grad_by_freq: whether the gradient of a row is divided by how often the row was looked up.
        mode: "sum", "mean" or "max".
        sparse: has no effect. Gradients are dense.
        per_sample_weights: of input's shape, the factors of the rows in a sum.
        include_last_offset: whether offsets also has the position at which the last bag ends.
        padding_idx: an index that is left out of its bag.

    Returns:
        (bags, features).

    Raises:
        IndexError: an index outside of the table. ShapeError: other shapes. ValueError: another mode, or offsets that fall.
        DtypeError: per_sample_weights of another dtype than the table's.

    Example:
        >>> import autograd
        >>> weight = autograd.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
        >>> autograd.embedding_bag(autograd.tensor([[0, 1], [2, 2]]), weight)
        tensor([[2., 3.],
                [5., 6.]], dtype=float32)
        >>> autograd.embedding_bag(autograd.tensor([0, 1, 2]), weight, offsets=autograd.tensor([0, 2]), mode="sum")
        tensor([[4., 6.],
                [5., 6.]], dtype=float32)
    """
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f"{here('embedding_bag')}: mode must be 'sum', 'mean' or 'max', not {mode!r}")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(f"{here('embedding_bag')}: per_sample_weights are for mode='sum' only")
    if scale_grad_by_freq and mode == "max":
        raise ValueError(f"{here('embedding_bag')}: mode 'max' does not support scaling the gradient by the frequency")
    index = array_of(input)
    starts = _bag_starts(index, offsets, include_last_offset)
    padding_idx = _checked_padding(index, weight, padding_idx, "embedding_bag")
    flat = index.reshape(-1)
    if per_sample_weights is not None:
        if per_sample_weights.dtype != weight.dtype:
            raise DtypeError(
                f"{here('embedding_bag')}: expected weight and per_sample_weights to have the same type as each other, not "
                f"{weight.dtype} and {per_sample_weights.dtype}"
            )
        if tuple(per_sample_weights.shape) != index.shape:
            raise ShapeError(f"{here('embedding_bag')}: per_sample_weights must have the shape of input, {index.shape}")
        per_sample_weights = shapes.reshape(per_sample_weights, (-1,))
    if padding_idx is not None:
        counted = flat != padding_idx
        starts = np.concatenate([[0], np.cumsum(counted)])[starts]
        flat = flat[counted]
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights[np.flatnonzero(counted)]
    rows = embedding(flat, weight, None, max_norm, norm_type, scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = elementwise.mul(rows, shapes.reshape(per_sample_weights, (-1, 1)))
    if mode == "max":
        return recorded(_embedding.segment_max)(rows, offsets=starts)
    y = recorded(_embedding.segment_sum)(rows, offsets=starts)
    if mode == "mean":
        counts = np.diff(np.append(starts, len(flat)))
        y = elementwise.div(y, np.maximum(counts, 1).astype(y.dtype)[:, None])
    return y


def _bag_starts(index: np.ndarray, offsets: ArrayLike | None, include_last_offset: bool) -> np.ndarray:
    """The positions in the flattened index at which the bags begin."""
    name = here("embedding_bag")
    if index.ndim == 2:
        if offsets is not None:
            raise ValueError(f"{name}: offsets are for an input of one dimension")
        return np.arange(len(index)) * index.shape[1]
    if index.ndim != 1 or offsets is None:
        raise ShapeError(f"{name}: input must be (bags, length), or one row with offsets, it is {describe(index)}")
    starts = array_of(offsets).astype(np.int64)
    if starts.ndim != 1:
        raise ShapeError(f"{name}: offsets must be one row, not {describe(array_of(offsets))}")
    if starts.size and starts[0] != 0:
        raise ValueError(f"{name}: offsets must begin with 0, not {starts[0]}")
    if starts.size and (np.any(np.diff(starts) < 0) or starts[-1] > index.size):
        raise ValueError(f"{name}: offsets must not fall, nor exceed the {index.size} indices: {starts}")
    return starts[:-1] if include_last_offset else starts
