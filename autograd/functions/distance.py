"""Distances between the rows of matrices, and ``renorm``, which limits the norm of slices."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..engine.recording import recorded
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..ops import distance
from ..ops.elementwise import comparison
from ..types import Dim, Tensor, TensorLike
from . import reduction
from .creation import to_tensor

_cdist = recorded(distance.cdist)
_where = recorded(comparison.where)


def _check_order(name: str, p: float) -> None:
    if p < 0:
        raise ArgumentError(f"{name} only supports non-negative p values, not {p}")


def cdist(
    x1: TensorLike, x2: TensorLike, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary"
) -> Tensor:  # fmt: skip
    """The p-norm distance between each row of one matrix and each row of another. The gradient of a distance 0 is 0.

    Args:
        x1: (..., n, k).
        x2: (..., m, k). The leading dimensions broadcast.
        p: the order of the norm, from 0 to inf.
        compute_mode: has no effect. The differences of the rows are always computed, which is exact for rows that are near each
            other.

    Returns:
        (..., n, m).

    Raises:
        ShapeError: shapes that do not match. ArgumentError: a negative p. DtypeError: integers or complex numbers.

    Example:
        >>> import autograd
        >>> autograd.cdist(autograd.tensor([[0.0, 0.0], [3.0, 0.0]]), autograd.tensor([[3.0, 4.0]]))
        tensor([[5.],
                [4.]], dtype=float32)
    """
    x1, x2 = to_tensor(x1), to_tensor(x2)
    for x in (x1, x2):
        if x.array.dtype.kind != "f":
            raise DtypeError(f"cdist only supports floating-point dtypes, not {describe(x.array)}: convert with .float()")
    _check_order("cdist", p)
    if p == 2 or min(x1.ndim, x2.ndim) < 2 or x1.shape[-1] != x2.shape[-1]:
        return _cdist(x1, x2)
    return reduction.norm(x1[..., :, None, :] - x2[..., None, :, :], p, -1)


def pdist(input: TensorLike, p: float = 2.0) -> Tensor:
    """The p-norm distance between each two rows of a matrix, in the order (0, 1), (0, 2), ..., (1, 2), ..., (n - 2, n - 1).

    Raises:
        ShapeError: the input is not a matrix. ArgumentError: a negative p.

    Example:
        >>> import autograd
        >>> autograd.pdist(autograd.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 8.0]]))
        tensor([5., 8., 5.], dtype=float32)
    """
    input = to_tensor(input)
    if input.ndim != 2:
        raise ShapeError(f"pdist only supports 2D tensors, got {describe(input.array)}")
    _check_order("pdist", p)
    first, second = np.triu_indices(input.shape[0], 1)
    return reduction.norm(input[first] - input[second], p, -1)


def renorm(input: TensorLike, p: float, dim: Dim, maxnorm: float) -> Tensor:
    """The input with each slice of a dimension scaled down to a p-norm of maxnorm, if its norm is greater.

    Args:
        input: at least 2 dimensions.
        p: the order of the norm, > 0.
        dim: the dimension whose slices are scaled.
        maxnorm: >= 0.

    Raises:
        ShapeError: fewer dimensions. ArgumentError: p or maxnorm out of range.

    Example:
        >>> import autograd
        >>> autograd.renorm(autograd.tensor([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0)
        tensor([[0.6000, 0.8000],
                [0.3000, 0.4000]], dtype=float32)
    """
    input = to_tensor(input)
    if input.ndim < 2:
        raise ShapeError(f"renorm: input needs at least 2 dimensions, got {describe(input.array)}")
    if p <= 0:
        raise ArgumentError(f"renorm: non-positive-norm not supported: p={p}")
    if maxnorm < 0:
        raise ArgumentError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    dim = normalize_axis_index(dim, input.ndim)
    norms = reduction.norm(input, p, tuple([d for d in range(input.ndim) if d != dim]), True)
    # PyTorch adds the same small number.
    return input * _where(norms > maxnorm, maxnorm / (norms + 1e-7), np.ones((), input.array.dtype))
