"""Functions that join several tensors: end to end, in blocks, as the coordinates of a grid."""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Callable, Sequence
from typing import Any
from warnings import warn

import numpy as np

from ..engine.graph import array_of, make
from ..engine.recording import alias, recorded
from ..engine.values.dtypes import get_default_dtype
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..ops import join
from ..types import Dim, Tensor, TensorLike
from .creation import is_tensor, to_tensor
from .shape import broadcast_tensors, getitem, padded, ravel, reshape

stack = recorded(join.stack)
_cat = recorded(join.cat)


def cat(tensors: Sequence[TensorLike], dim: Dim | None = 0, *, axis: Dim | None = None) -> Tensor:
    """The tensors one after the other along a dimension.

    Args:
        tensors: of shapes that differ only in that dimension. Their dtypes are promoted.
        dim: the dimension. None joins the flattened tensors, as in NumPy.
        axis: NumPy's name of dim.

    Raises:
        ShapeError: shapes that differ in another dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0])
        >>> autograd.cat([x, autograd.tensor([3.0])])
        tensor([1., 2., 3.], dtype=float32)
    """
    dim = dim if axis is None else axis
    if dim is None:
        return _cat([ravel(x) for x in tensors], dim=0)
    return _cat(tensors, dim=dim)


concat = alias(cat, "concat")
concatenate = alias(cat, "concatenate")


def _each(function: Callable[[TensorLike], Tensor], tensors: tuple[Any, ...]) -> Any:
    """The function of one tensor, or a tuple with the function of each of several, which may be given as one list."""
    if len(tensors) == 1 and isinstance(tensors[0], list | tuple):
        return tuple([function(x) for x in tensors[0]])
    return function(tensors[0]) if len(tensors) == 1 else tuple([function(x) for x in tensors])


def _with_dims(x: TensorLike, n: int) -> Tensor:
    """The tensor with new dimensions of length 1, so that it has at least n."""
    x = to_tensor(x)
    if x.ndim >= n:
        return x
    # NumPy's shapes, which PyTorch has too: a vector becomes a row, and in three dimensions (1, n, 1).
    new = {(0, 1): (1,), (0, 2): (1, 1), (1, 2): (1, -1), (0, 3): (1, 1, 1), (1, 3): (1, -1, 1), (2, 3): (*x.shape, 1)}
    return reshape(x, new[x.ndim, n])


def atleast_1d(*tensors: TensorLike | Sequence[TensorLike]) -> Tensor | tuple[Tensor, ...]:
    """The tensor with at least 1 dimension: a number becomes a vector. For several tensors, a tuple.

    Example:
        >>> import autograd
        >>> x = autograd.tensor(2.0)
        >>> autograd.atleast_1d(x)
        tensor([2.], dtype=float32)
    """
    return _each(lambda x: _with_dims(x, 1), tensors)


def atleast_2d(*tensors: TensorLike | Sequence[TensorLike]) -> Tensor | tuple[Tensor, ...]:
    """The tensor with at least 2 dimensions: a vector becomes a row. For several tensors, a tuple.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.atleast_2d(x)
        tensor([[3., 1., 2.]], dtype=float32)
    """
    return _each(lambda x: _with_dims(x, 2), tensors)


def atleast_3d(*tensors: TensorLike | Sequence[TensorLike]) -> Tensor | tuple[Tensor, ...]:
    """The tensor with at least 3 dimensions: a vector gets shape (1, n, 1), a matrix (m, n, 1). For several tensors, a tuple.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.atleast_3d(x).shape
        (1, 3, 1)
    """
    return _each(lambda x: _with_dims(x, 3), tensors)


def _listed(tensors: Sequence[TensorLike], name: str) -> Sequence[TensorLike]:
    """The tensors, unless they are one tensor: its rows are hardly ever meant."""
    if is_tensor(tensors):
        raise TypeError(f"{name}: argument 'tensors' must be tuple of Tensors, not Tensor ({describe(tensors)})")
    return tensors


def hstack(tensors: Sequence[TensorLike]) -> Tensor:
    """The tensors joined along dimension 1; vectors along their only dimension.

    Raises:
        ShapeError: shapes that differ in another dimension. TypeError: one tensor instead of a list of them.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.hstack([x, x])
        tensor([3., 1., 2., 3., 1., 2.], dtype=float32)
    """
    parts = [_with_dims(x, 1) for x in _listed(tensors, "hstack")]
    return _cat(parts, dim=0 if parts and parts[0].ndim == 1 else 1)


def vstack(tensors: Sequence[TensorLike]) -> Tensor:
    """The tensors joined along dimension 0; vectors as rows.

    Raises:
        ShapeError: shapes that differ in another dimension. TypeError: one tensor instead of a list of them.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.vstack([x, x])
        tensor([[3., 1., 2.],
                [3., 1., 2.]], dtype=float32)
    """
    return _cat([_with_dims(x, 2) for x in _listed(tensors, "vstack")], dim=0)


row_stack = alias(vstack, "row_stack")


def dstack(tensors: Sequence[TensorLike]) -> Tensor:
    """The tensors joined along dimension 2; matrices as slices of it.

    Raises:
        ShapeError: shapes that differ in another dimension. TypeError: one tensor instead of a list of them.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0])
        >>> autograd.dstack([x, x])
        tensor([[[1., 1.],
                 [2., 2.]]], dtype=float32)
    """
    return _cat([_with_dims(x, 3) for x in _listed(tensors, "dstack")], dim=2)


def column_stack(tensors: Sequence[TensorLike]) -> Tensor:
    """The tensors joined along dimension 1; vectors as columns.

    Raises:
        ShapeError: shapes that differ in another dimension. TypeError: one tensor instead of a list of them.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.column_stack([x, x * 2])
        tensor([[3., 6.],
                [1., 2.],
                [2., 4.]], dtype=float32)
    """
    parts = [to_tensor(x) for x in _listed(tensors, "column_stack")]
    return _cat([reshape(x, (-1, 1)) if x.ndim < 2 else x for x in parts], dim=1)


def block(arrays: TensorLike | Sequence[Any]) -> Tensor:
    """A tensor assembled from nested lists of blocks. The innermost lists are joined along the last dimension, the lists around
    them along the dimension before it, and so on.

    Raises:
        ShapeError: blocks that do not fit.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.block([[x, -x]])
        tensor([[ 1.,  2., -1., -2.],
                [ 3.,  4., -3., -4.]], dtype=float32)
    """

    def depth(x: Any) -> int:
        return 1 + depth(x[0]) if isinstance(x, list) else 0

    levels = depth(arrays)

    def rank(x: Any) -> int:
        return max(rank(y) for y in x) if isinstance(x, list) else np.ndim(getattr(x, "array", x))

    n = max(levels, rank(arrays))

    def build(x: Any, level: int) -> Any:
        if isinstance(x, list):
            return _cat([build(y, level - 1) for y in x], dim=-level)
        x = to_tensor(x)
        return reshape(x, (1,) * (n - x.ndim) + x.shape)

    return build(arrays, levels)


def block_diag(*tensors: TensorLike) -> Tensor:
    """The matrix with the given matrices along its diagonal and zeros elsewhere. A vector counts as a row, a number as a matrix (1,
    1).

    Raises:
        ShapeError: more than 2 dimensions.

    Example:
        >>> import autograd
        >>> autograd.block_diag(autograd.tensor([[1.0], [2.0]]), autograd.tensor([3.0, 4.0]))
        tensor([[1., 0., 0.],
                [2., 0., 0.],
                [0., 3., 4.]], dtype=float32)
    """
    blocks = [to_tensor(x) for x in tensors] or [make(np.zeros((1, 0), get_default_dtype()))]
    for i, x in enumerate(blocks):
        if x.ndim > 2:
            raise ShapeError(f"block_diag: input tensors must have 2 or fewer dimensions, and input {i} is {describe(x.array)}")
    blocks = [_with_dims(x, 2) for x in blocks]
    width, left, rows = builtins.sum([x.shape[1] for x in blocks]), 0, []
    for x in blocks:
        rows.append(padded(x, pad_width=((0, 0), (left, width - left - x.shape[1]))))
        left += x.shape[1]
    return _cat(rows, dim=0)


def meshgrid(*tensors: TensorLike | Sequence[TensorLike], indexing: str | None = None) -> tuple[Tensor, ...]:
    """The coordinates of all points of a grid: one tensor for each vector, in which the vector is repeated along the dimensions of
    the others.

    Args:
        tensors: the coordinates along each dimension, as vectors.
        indexing: "ij", or "xy", which exchanges the first two dimensions of the results. Without it "ij", with a warning, because
            NumPy's function means "xy".

    Raises:
        ArgumentError: another indexing, or no tensor. ShapeError: a tensor with more than one dimension. DtypeError: dtypes that
            differ.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1, 2])
        >>> autograd.meshgrid(x, x, indexing="ij")[0]
        tensor([[1, 1],
                [2, 2]], dtype=int64)
    """
    if len(tensors) == 1 and isinstance(tensors[0], list | tuple):
        tensors = tuple(tensors[0])
    if indexing is None:
        warn("meshgrid: in an upcoming release, it will be required to pass the indexing argument: 'ij' or 'xy'", stacklevel=2)
        indexing = "ij"
    if indexing not in ("ij", "xy"):
        raise ArgumentError(f"meshgrid: indexing must be 'ij' or 'xy', not {indexing!r}")
    if not tensors:
        raise ArgumentError("meshgrid expects a non-empty TensorList")
    if len({array_of(x).dtype for x in tensors}) > 1:
        raise DtypeError(f"meshgrid expects all tensors to have the same dtype, not {', '.join([describe(x) for x in tensors])}")
    for x in tensors:
        if np.ndim(array_of(x)) > 1:
            raise ShapeError(f"meshgrid: expected 0D or 1D tensors, but got {describe(x)}: flatten() it")
    vectors: list[Any] = list(tensors)
    return grid(vectors, indexing)


def grid(tensors: Sequence[TensorLike], indexing: str) -> tuple[Tensor, ...]:
    """``meshgrid`` of vectors that have been checked."""
    n = len(tensors)
    dims = list(range(n))
    if indexing == "xy" and n > 1:
        dims[:2] = [1, 0]
    return broadcast_tensors(*[reshape(x, (1,) * d + (-1,) + (1,) * (n - d - 1)) for x, d in zip(tensors, dims, strict=True)])


def cartesian_prod(*tensors: TensorLike) -> Tensor:
    """All combinations of one element of each vector, as rows.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1, 2])
        >>> autograd.cartesian_prod(x, x)
        tensor([[1, 1],
                [1, 2],
                [2, 1],
                [2, 2]], dtype=int64)
    """
    if len(tensors) == 1:
        return to_tensor(tensors[0])
    return stack([ravel(x) for x in meshgrid(*tensors, indexing="ij")], dim=1)


def combinations(input: TensorLike, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All combinations of r elements of a vector, as rows. Within a row the elements keep the order of the vector.

    Args:
        input: (n,).
        r: the number of elements in a combination.
        with_replacement: whether an element may be chosen more than once.

    Raises:
        ShapeError: the input is not a vector. ArgumentError: a negative r.

    Example:
        >>> import autograd
        >>> autograd.combinations(autograd.tensor([1.0, 2.0, 3.0]))
        tensor([[1., 2.],
                [1., 3.],
                [2., 3.]], dtype=float32)
    """
    input = to_tensor(input)
    if input.ndim != 1:
        raise ShapeError(f"combinations: expected a vector, but got {describe(input.array)}")
    if r < 0:
        raise ArgumentError(f"combinations: expected a non-negative number, but got r={r}")
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = list(choose(range(input.shape[0]), r)) if r else []
    return getitem(input, np.array(rows, np.intp).reshape((-1, r) if r else (0,)))
