"""Splitting: a tensor cut along a dimension into parts. All parts are views."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Sequence

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..engine.graph import array_of
from ..engine.recording import alias
from ..engine.values.integers import integers
from ..errors import DtypeError, ShapeError, describe
from ..types import ArrayLike, Dim, Tensor, TensorLike
from .creation import to_tensor
from .shape import getitem


def unbind(input: TensorLike, dim: Dim = 0) -> tuple[Tensor, ...]:
    """All slices along a dimension, as views without that dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.unbind(x)
        (tensor([1., 2.], dtype=float32), tensor([3., 4.], dtype=float32))
    """
    input = to_tensor(input)
    before = (slice(None),) * normalize_axis_index(dim, input.ndim)
    return several(*[getitem(input, (*before, i)) for i in range(input.shape[len(before)])])


def several(*parts: Tensor) -> tuple[Tensor, ...]:
    """The views that one function returns. As in PyTorch, a write into one of them is refused where it would be recorded."""
    for part in parts:
        if part._view is not None:
            part._view.made_by = part._view.made_by or "several"
    return parts


def _cut(input: Tensor, bounds: list[int], dim: int) -> tuple[Tensor, ...]:
    """The parts of a dimension between neighbouring bounds."""
    before = (slice(None),) * dim
    return tuple([getitem(input, (*before, slice(a, b))) for a, b in itertools.pairwise(bounds)])


def split(
    tensor: TensorLike, split_size_or_sections: int | Sequence[int], dim: Dim = 0, *, axis: Dim | None = None
) -> tuple[Tensor, ...]:  # fmt: skip
    """Views of the parts of a dimension, each of the same length or of given lengths.

    Args:
        tensor: any shape.
        split_size_or_sections: the length of each part (the last one may be shorter), or a list of lengths.
        dim: the dimension.
        axis: NumPy's name of dim.

    Raises:
        ShapeError: a length that is not positive, or lengths whose sum is not the length of the dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.split(x, 2)
        (tensor([3., 1.], dtype=float32), tensor([2.], dtype=float32))
    """
    return several(*unsafe_split(tensor, split_size_or_sections, dim if axis is None else axis))


def unsafe_split(tensor: TensorLike, split_size_or_sections: int | Sequence[int], dim: Dim = 0) -> tuple[Tensor, ...]:
    """``split`` whose parts may be written in place.

    Args:
        tensor, split_size_or_sections, dim: as of ``split``.

    Raises:
        ShapeError: as ``split``.

    Example:
        >>> import autograd
        >>> autograd.unsafe_split(autograd.tensor([3.0, 1.0, 2.0]), 2)
        (tensor([3., 1.], dtype=float32), tensor([2.], dtype=float32))
    """
    tensor = to_tensor(tensor)
    dim = normalize_axis_index(dim, tensor.ndim)
    n, size = tensor.shape[dim], split_size_or_sections
    if isinstance(size, int | np.integer):
        if size == n == 0:
            return (tensor.view_as(tensor),)
        if size <= 0:
            raise ShapeError(f"split: expected a positive split size, got {size}")
        return _cut(tensor, [*range(0, max(n, 1), int(size)), n], dim)
    bounds = [0, *itertools.accumulate(integers(list(size), "split: argument 'split_size_or_sections'"))]
    if bounds[-1] != n or builtins.min(size, default=0) < 0:
        raise ShapeError(f"split: split_sizes {list(size)} must be non-negative and sum to the dimension's size ({n})")
    return _cut(tensor, bounds, dim)


split_with_sizes = alias(split, "split_with_sizes")
unsafe_split_with_sizes = alias(unsafe_split, "unsafe_split_with_sizes")


def chunk(input: TensorLike, chunks: int, dim: Dim = 0, *, axis: Dim | None = None) -> tuple[Tensor, ...]:
    """Views of parts of a dimension of equal length. The last part may be shorter, and there may be fewer parts than asked for.

    Args:
        input: any shape.
        chunks: the number of parts.
        dim: the dimension.
        axis: NumPy's name of dim.

    Raises:
        ShapeError: chunks is not positive.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.chunk(x, 2)
        (tensor([3., 1.], dtype=float32), tensor([2.], dtype=float32))
    """
    return several(*unsafe_chunk(input, chunks, dim if axis is None else axis))


def unsafe_chunk(input: TensorLike, chunks: int, dim: Dim = 0) -> tuple[Tensor, ...]:
    """``chunk`` whose parts may be written in place.

    Args:
        input, chunks, dim: as of ``chunk``.

    Raises:
        ShapeError: as ``chunk``.

    Example:
        >>> import autograd
        >>> autograd.unsafe_chunk(autograd.tensor([3.0, 1.0, 2.0]), 2)
        (tensor([3., 1.], dtype=float32), tensor([2.], dtype=float32))
    """
    input = to_tensor(input)
    dim = normalize_axis_index(dim, input.ndim)
    if chunks <= 0:
        raise ShapeError(f"chunk: expects `chunks` to be greater than 0, got {chunks}")
    if not input.shape[dim]:
        return unsafe_split(input, [0] * chunks, dim)
    return unsafe_split(input, -(-input.shape[dim] // chunks), dim)


def tensor_split(
    input: TensorLike, indices_or_sections: ArrayLike, dim: Dim = 0, *, axis: Dim | None = None
) -> tuple[Tensor, ...]:  # fmt: skip
    """Views of the parts of a dimension: a number of parts, or parts between indices.

    Args:
        input: any shape.
        indices_or_sections: the number of parts. Where the length is not divisible by it, the first parts are longer by 1. Or the
            indices at which the next part begins.
        dim: the dimension.
        axis: NumPy's name of dim.

    Raises:
        ShapeError: the number of parts is not positive. DtypeError: indices that are not integers.

    Example:
        >>> import autograd
        >>> x = autograd.arange(5)
        >>> autograd.tensor_split(x, 2)
        (tensor([0, 1, 2], dtype=int64), tensor([3, 4], dtype=int64))
    """
    input = to_tensor(input)
    if not input.ndim:
        raise ShapeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = normalize_axis_index(dim if axis is None else axis, input.ndim)
    n, cuts = input.shape[dim], array_of(indices_or_sections)
    if cuts.ndim > 1:
        raise ShapeError(f"tensor_split: expected a number of sections or a vector of indices, not {describe(cuts)}")
    if cuts.size and cuts.dtype.kind not in "iu":
        raise DtypeError(f"tensor_split: expected integers to cut at, not {describe(cuts)}")
    if cuts.ndim == 0:
        if cuts <= 0:
            raise ShapeError(f"tensor_split: the number of sections must be larger than 0, got {cuts}")
        size, longer = divmod(n, int(cuts))
        return _cut(input, [0, *np.cumsum([size + (i < longer) for i in range(int(cuts))]).tolist()], dim)
    return _cut(input, [0, *cuts.tolist(), n], dim)


array_split = alias(tensor_split, "array_split")


def hsplit(input: TensorLike, indices_or_sections: ArrayLike) -> tuple[Tensor, ...]:
    """Views of parts of dimension 1 (of a vector: of its only dimension) of exactly the same length, or between indices.

    Raises:
        ShapeError: no dimension, or a length that is not divisible by the number of parts.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.hsplit(x, 2)[1]
        tensor([[2.],
                [4.]], dtype=float32)
    """
    return even_split(input, indices_or_sections, 0 if array_of(input).ndim == 1 else 1, "hsplit")


def vsplit(input: TensorLike, indices_or_sections: ArrayLike) -> tuple[Tensor, ...]:
    """Views of parts of dimension 0 of exactly the same length, or between indices.

    Raises:
        ShapeError: fewer than 2 dimensions, or a length that is not divisible by the number of parts.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.vsplit(x, 2)[1]
        tensor([[3., 4.]], dtype=float32)
    """
    return even_split(input, indices_or_sections, 0, "vsplit")


def dsplit(input: TensorLike, indices_or_sections: ArrayLike) -> tuple[Tensor, ...]:
    """Views of parts of dimension 2 of exactly the same length, or between indices.

    Raises:
        ShapeError: fewer than 3 dimensions, or a length that is not divisible by the number of parts.

    Example:
        >>> import autograd
        >>> x = autograd.zeros(2, 3, 4)
        >>> [part.shape for part in autograd.dsplit(x, 2)]
        [(2, 3, 2), (2, 3, 2)]
    """
    return even_split(input, indices_or_sections, 2, "dsplit")


def even_split(input: TensorLike, indices_or_sections: ArrayLike, dim: int, name: str) -> tuple[Tensor, ...]:
    """``tensor_split`` that refuses a number of parts which does not divide the length.

    Args:
        input, indices_or_sections, dim: as of ``tensor_split``.
        name: of the function that an error names.

    Raises:
        ShapeError: too few dimensions, or a length that is not divisible by the number of parts.
    """
    input = to_tensor(input)
    least = max(dim + 1, 2 if name == "vsplit" else 1)
    if input.ndim < least:
        raise ShapeError(f"{name}: requires a tensor with at least {least} dimensions, not {describe(input.array)}")
    cuts = array_of(indices_or_sections)
    if cuts.ndim == 0 and (cuts == 0 or input.shape[dim] % cuts):
        raise ShapeError(f"{name}: the size of dimension {dim} ({input.shape[dim]}) is not divisible by {cuts}")
    return tensor_split(input, cuts, dim)
