"""Splitting: a tensor cut along a dimension into parts. All parts are views."""

from __future__ import annotations

import builtins
import itertools
from typing import Any

import numpy as np

from ..engine.recording import alias
from ..errors import DtypeError, ShapeError, describe
from .creation import to_tensor
from .shape import getitem


def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """All slices along a dimension, without it; views.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.unbind(x)
        (tensor([1., 2.], dtype=float32), tensor([3., 4.], dtype=float32))
    """
    input = to_tensor(input)
    before = (slice(None),) * np.lib.array_utils.normalize_axis_index(dim, input.ndim)
    return tuple([getitem(input, (*before, i)) for i in range(input.shape[len(before)])])


def _cut(input: Any, bounds: list[int], dim: int) -> tuple[Any, ...]:
    before = (slice(None),) * dim
    return tuple([getitem(input, (*before, slice(a, b))) for a, b in itertools.pairwise(bounds)])


def split(tensor: Any, split_size_or_sections: Any, dim: int = 0, *, axis: int | None = None) -> tuple[Any, ...]:
    """Cut along a dimension into parts of a size (the last may be smaller), or of the sizes in a list; views.

    Args:
        split_size_or_sections: a size, or a list of sizes whose sum is the dimension's length.

    Raises:
        RuntimeError: sizes with another sum.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.split(x, 2)
        (tensor([3., 1.], dtype=float32), tensor([2.], dtype=float32))
    """
    tensor = to_tensor(tensor)
    dim = np.lib.array_utils.normalize_axis_index(dim if axis is None else axis, tensor.ndim)
    n, size = tensor.shape[dim], split_size_or_sections
    if isinstance(size, int | np.integer):
        if size <= 0:
            raise ShapeError(f"split: expected a positive split size, got {size}")
        return _cut(tensor, [*range(0, max(n, 1), int(size)), n], dim)
    bounds = [0]
    for part in size:
        bounds.append(bounds[-1] + int(part))
    if bounds[-1] != n or builtins.min(size, default=0) < 0:
        raise ShapeError(f"split: split_sizes {list(size)} must be non-negative and sum to the dimension's size ({n})")
    return _cut(tensor, bounds, dim)


split_with_sizes = alias(split, "split_with_sizes")
unsafe_split = alias(split, "unsafe_split")
unsafe_split_with_sizes = alias(split, "unsafe_split_with_sizes")


def chunk(input: Any, chunks: int, dim: int = 0, *, axis: int | None = None) -> tuple[Any, ...]:
    """Cut along a dimension into at most so many parts of equal size, the last smaller where it does not divide; views.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.chunk(x, 2)
        (tensor([3., 1.], dtype=float32), tensor([2.], dtype=float32))
    """
    input = to_tensor(input)
    dim = np.lib.array_utils.normalize_axis_index(dim if axis is None else axis, input.ndim)
    if chunks <= 0:
        raise ShapeError(f"chunk: expects `chunks` to be greater than 0, got {chunks}")
    return split(input, builtins.max(-(-input.shape[dim] // chunks), 1), dim)


unsafe_chunk = alias(chunk, "unsafe_chunk")


def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0, *, axis: int | None = None) -> tuple[Any, ...]:
    """Cut along a dimension into so many parts (the first ones longer by 1 where it does not divide), or at indices; views.

    Example:
        >>> import autograd
        >>> x = autograd.arange(5)
        >>> autograd.tensor_split(x, 2)
        (tensor([0, 1, 2], dtype=int64), tensor([3, 4], dtype=int64))
    """
    input = to_tensor(input)
    dim = np.lib.array_utils.normalize_axis_index(dim if axis is None else axis, input.ndim)
    n, cuts = input.shape[dim], getattr(indices_or_sections, "array", indices_or_sections)
    if np.ndim(cuts) > 1:
        raise ShapeError(f"tensor_split: expected a number of sections or a vector of indices, not {describe(np.asarray(cuts))}")
    if np.size(cuts) and np.asarray(cuts).dtype.kind not in "iu":
        raise DtypeError(f"tensor_split: expected integers to cut at, not {describe(np.asarray(cuts))}")
    if np.ndim(cuts) == 0:
        if cuts <= 0:
            raise ShapeError(f"tensor_split: the number of sections must be larger than 0, got {cuts}")
        size, longer = divmod(n, int(cuts))
        return _cut(input, [0, *np.cumsum([size + (i < longer) for i in range(int(cuts))]).tolist()], dim)
    return _cut(input, [0, *[int(i) for i in cuts], n], dim)


array_split = alias(tensor_split, "array_split")


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Cut along the second dimension, a vector along its only one: evenly into parts, or at indices.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.hsplit(x, 2)[1]
        tensor([[2.],
                [4.]], dtype=float32)
    """
    return _even_split(input, indices_or_sections, 0 if np.ndim(getattr(input, "array", input)) == 1 else 1, "hsplit")


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Cut along the first dimension: evenly into parts, or at indices.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.vsplit(x, 2)[1]
        tensor([[3., 4.]], dtype=float32)
    """
    return _even_split(input, indices_or_sections, 0, "vsplit")


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """Cut along the third dimension: evenly into parts, or at indices.

    Example:
        >>> import autograd
        >>> x = autograd.zeros(2, 3, 4)
        >>> [part.shape for part in autograd.dsplit(x, 2)]
        [(2, 3, 2), (2, 3, 2)]
    """
    return _even_split(input, indices_or_sections, 2, "dsplit")


def _even_split(input: Any, cuts: Any, dim: int, name: str) -> tuple[Any, ...]:
    input = to_tensor(input)
    least = max(dim + 1, 2 if name == "vsplit" else 1)
    if input.ndim < least:
        raise ShapeError(f"{name}: requires a tensor with at least {least} dimensions, not {describe(input.array)}")
    if np.ndim(cuts) == 0 and (cuts == 0 or input.shape[dim] % cuts):
        raise ShapeError(f"{name}: the size of dimension {dim} ({input.shape[dim]}) is not divisible by {cuts}")
    return tensor_split(input, cuts, dim)
