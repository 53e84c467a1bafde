"""Rows of a table, looked up by index: torch.nn.functional's embedding, embedding_bag and one_hot."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.graph import array_of
from ..engine.memory import writing
from ..engine.modes import here
from ..engine.recording import recorded
from ..errors import ShapeError, describe
from ..ops import embedding as _embedding
from . import elementwise
from . import shape as shapes

# ------------------------------------------------------------------------------------------------------------------ embeddings

_lookup = recorded(_embedding.embedding)
one_hot = recorded(_embedding.one_hot)


def _renormalised(weight: Any, index: np.ndarray, max_norm: float, norm_type: float) -> None:
    """Scale down, in place, the rows that are looked up and longer than max_norm."""
    array, rows = array_of(weight), np.unique(index)
    norms = np.linalg.norm(array[rows], ord=norm_type, axis=1)
    long = norms > max_norm
    if long.any():
        with writing(array):
            array[rows[long]] *= (max_norm / (norms[long] + 1e-7))[:, None].astype(array.dtype)


def _known(index: np.ndarray, weight: Any, padding_idx: int | None, name: str) -> int | None:
    """Check the indices before anything is changed; returns padding_idx counted from the front."""
    if weight.ndim != 2:
        raise ShapeError(f"{here(name)}: weight must be a matrix, one row per index, not {describe(array_of(weight))}")
    length = weight.shape[0]
    _embedding.check_indices(index, length, here(name))
    if padding_idx is not None:
        if not -length <= padding_idx < length:
            raise IndexError(f"{here(name)}: padding_idx must lie within the {length} rows of the table, not at {padding_idx}")
        padding_idx %= length
    return padding_idx


def _by_frequency(rows: Any, index: np.ndarray, length: int) -> Any:
    """The same rows, of whose gradients each is divided by how often its index occurs."""
    count = np.bincount(index.reshape(-1), minlength=length)[index]
    still = rows.detach()
    # y + (x - y) / n with y = x, cut off the graph: the value is exactly x, the gradient 1 / n.
    return elementwise.add(still, elementwise.mul(elementwise.sub(rows, still), (1 / count)[..., None].astype(rows.dtype)))


def embedding(
    input: Any, weight: Any, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Any:  # fmt: skip
    """Rows of a table: weight[input].

    Args:
        input: indices, of any shape. weight: (rows, features).
        padding_idx: a row that gets no gradient.
        max_norm: rows longer than this are scaled down first, in place. norm_type: of which norm.
        scale_grad_by_freq: divide the gradient of a row by how often it was looked up.
        sparse: taken for PyTorch's sake; gradients are dense.

    Raises:
        IndexError: an index outside the table; nothing is changed then.

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
        padding_idx = _known(index, weight, padding_idx, "embedding")
    if max_norm is not None:
        _renormalised(weight, index, max_norm, norm_type)
    rows = _lookup(weight, input=index, padding_idx=padding_idx)
    return _by_frequency(rows, index, weight.shape[0]) if scale_grad_by_freq and index.size else rows


def embedding_bag(
    input: Any, weight: Any, offsets: Any = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, per_sample_weights: Any = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Any:  # fmt: skip
    """Sums, means or maxima of bags of rows of a table.

    Args:
        input: (bags, length) indices, or all bags in one row with the offsets at which they begin.
        mode: "sum", "mean" or "max". per_sample_weights: of the shape of input, for "sum".
        padding_idx: an index that does not count.

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
    if index.ndim == 2:
        if offsets is not None:
            raise ValueError(f"{here('embedding_bag')}: offsets are for an input of one dimension")
        starts = np.arange(len(index)) * index.shape[1]
    elif index.ndim == 1 and offsets is not None:
        starts = array_of(offsets).astype(np.int64)
        if starts.ndim != 1:
            raise ShapeError(f"{here('embedding_bag')}: offsets must be one row, not {describe(array_of(offsets))}")
        if starts.size and starts[0] != 0:
            raise ValueError(f"{here('embedding_bag')}: offsets must begin with 0, not {starts[0]}")
        if starts.size and (np.any(np.diff(starts) < 0) or starts[-1] > index.size):
            raise ValueError(f"{here('embedding_bag')}: offsets must not fall, nor exceed the {index.size} indices: {starts}")
        starts = starts[:-1] if include_last_offset else starts
    else:
        raise ShapeError(f"{here('embedding_bag')}: input must be (bags, length), or one row with offsets, it is {describe(index)}")
    padding_idx = _known(index, weight, padding_idx, "embedding_bag")
    flat = index.reshape(-1)
    if per_sample_weights is not None:
        if tuple(per_sample_weights.shape) != index.shape:
            raise ShapeError(f"{here('embedding_bag')}: per_sample_weights must have the shape of input, {index.shape}")
        per_sample_weights = shapes.reshape(per_sample_weights, (-1,))
    if padding_idx is not None:
        kept = flat != padding_idx
        starts = np.concatenate([[0], np.cumsum(kept)])[starts]
        flat = flat[kept]
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights[np.flatnonzero(kept)]
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
