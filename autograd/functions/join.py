"""Functions of tensors that put several together: end to end, in blocks, and as the coordinates of a grid."""

from __future__ import annotations

import builtins
import itertools
from typing import Any

import numpy as np

from ..engine.dtypes import get_default_dtype
from ..engine.graph import make
from ..engine.recording import alias, recorded
from ..errors import ArgumentError, ShapeError, describe
from ..ops import join
from .creation import to_tensor
from .shape import broadcast_tensors, getitem, padded, ravel, reshape

stack = recorded(join.stack)
_cat = recorded(join.cat)


def cat(tensors: Any, dim: int | None = 0, *, axis: int | None = None) -> Any:
    """Joined along a dimension that they all have; with dim=None each is flattened first, as NumPy does.

    Args:
        tensors: a sequence; shapes equal but for the dimension. Dtypes are promoted.

    Raises:
        ShapeError: shapes that differ elsewhere.

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


def _each(function: Any, tensors: tuple[Any, ...]) -> Any:
    if len(tensors) == 1 and isinstance(tensors[0], list | tuple):
        return tuple([function(x) for x in tensors[0]])
    return function(tensors[0]) if len(tensors) == 1 else tuple([function(x) for x in tensors])


def _lifted(x: Any, n: int) -> Any:
    x = to_tensor(x)
    if x.ndim >= n:
        return x
    # A vector becomes a row, and the row of a third dimension's first column: NumPy's way, and PyTorch's.
    new = {(0, 1): (1,), (0, 2): (1, 1), (1, 2): (1, -1), (0, 3): (1, 1, 1), (1, 3): (1, -1, 1), (2, 3): (*x.shape, 1)}
    return reshape(x, new[x.ndim, n])


def atleast_1d(*tensors: Any) -> Any:
    """With at least one dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor(2.0)
        >>> autograd.atleast_1d(x)
        tensor([2.], dtype=float32)
    """
    return _each(lambda x: _lifted(x, 1), tensors)


def atleast_2d(*tensors: Any) -> Any:
    """With at least two dimensions; a vector becomes a row.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.atleast_2d(x)
        tensor([[3., 1., 2.]], dtype=float32)
    """
    return _each(lambda x: _lifted(x, 2), tensors)


def atleast_3d(*tensors: Any) -> Any:
    """With at least three dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.atleast_3d(x).shape
        (1, 3, 1)
    """
    return _each(lambda x: _lifted(x, 3), tensors)


def hstack(tensors: Any) -> Any:
    """Joined along the second dimension; vectors along their only one.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.hstack([x, x])
        tensor([3., 1., 2., 3., 1., 2.], dtype=float32)
    """
    tensors = [_lifted(x, 1) for x in tensors]
    return _cat(tensors, dim=0 if tensors and tensors[0].ndim == 1 else 1)


def vstack(tensors: Any) -> Any:
    """Joined along the first dimension, vectors as rows.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.vstack([x, x])
        tensor([[3., 1., 2.],
                [3., 1., 2.]], dtype=float32)
    """
    return _cat([_lifted(x, 2) for x in tensors], dim=0)


row_stack = alias(vstack, "row_stack")


def dstack(tensors: Any) -> Any:
    """Joined along the third dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0])
        >>> autograd.dstack([x, x])
        tensor([[[1., 1.],
                 [2., 2.]]], dtype=float32)
    """
    return _cat([_lifted(x, 3) for x in tensors], dim=2)


def column_stack(tensors: Any) -> Any:
    """Joined along the second dimension, vectors as columns.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.column_stack([x, x * 2])
        tensor([[3., 6.],
                [1., 2.],
                [2., 4.]], dtype=float32)
    """
    tensors = [to_tensor(x) for x in tensors]
    return _cat([reshape(x, (-1, 1)) if x.ndim < 2 else x for x in tensors], dim=1)


def block(arrays: Any) -> Any:
    """Put together from nested lists of blocks: the innermost lists along the last dimension, those around them before it.

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


def block_diag(*tensors: Any) -> Any:
    """The matrix with matrices along its diagonal and zeros elsewhere; a vector is a row, a number a matrix of one element.

    Raises:
        ShapeError: more than two dimensions.

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
    blocks = [_lifted(x, 2) for x in blocks]
    width, left, rows = builtins.sum([x.shape[1] for x in blocks]), 0, []
    for x in blocks:
        rows.append(padded(x, pad_width=((0, 0), (left, width - left - x.shape[1]))))
        left += x.shape[1]
    return _cat(rows, dim=0)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """Vectors as coordinates of a grid: each repeated along the dimensions of all the others.

    With ``indexing="xy"`` the first two dimensions of the results are exchanged.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1, 2])
        >>> autograd.meshgrid(x, x)[0]
        tensor([[1, 1],
                [2, 2]], dtype=int64)
    """
    if len(tensors) == 1 and isinstance(tensors[0], list | tuple):
        tensors = tuple(tensors[0])
    if indexing not in ("ij", "xy"):
        raise ArgumentError(f"meshgrid: indexing must be 'ij' or 'xy', not {indexing!r}")
    lines = [ravel(to_tensor(x)) for x in tensors]
    n = len(lines)
    places = list(range(n))
    if indexing == "xy" and n > 1:
        places[:2] = [1, 0]
    lines = [reshape(x, (1,) * p + (-1,) + (1,) * (n - p - 1)) for x, p in zip(lines, places, strict=True)]
    return broadcast_tensors(*lines)


def cartesian_prod(*tensors: Any) -> Any:
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
    return stack([ravel(x) for x in meshgrid(*tensors)], dim=1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All ways to choose r elements of a vector, as rows, each in the order of the vector.

    Args:
        input: (n,). with_replacement: whether an element may be chosen more than once.

    Raises:
        ShapeError: no vector. ArgumentError: a negative r.

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
