"""Distances between rows, and slices brought to a length."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.recording import recorded
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..ops import distance
from ..ops.elementwise import comparison
from . import reduction
from .creation import to_tensor

_cdist = recorded(distance.cdist)
_where = recorded(comparison.where)


def _positive(name: str, p: float) -> None:
    if p < 0:
        raise ArgumentError(f"{name} only supports non-negative p values, not {p}")


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Any:
    """The p-norm distances between every row of one matrix and every row of another; equal rows get no gradient.

    Args:
        x1: (..., n, k). x2: (..., m, k). The dimensions in front broadcast. p: from 0 to inf.
        compute_mode: taken for PyTorch's sake; differences are computed always, which is exact for rows near each other.

    Returns:
        (..., n, m).

    Raises:
        ShapeError: shapes that do not fit. ArgumentError: a negative p. DtypeError: numbers that are not floating point.

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
    _positive("cdist", p)
    if p == 2 or min(x1.ndim, x2.ndim) < 2 or x1.shape[-1] != x2.shape[-1]:
        return _cdist(x1, x2)
    return reduction.norm(x1[..., :, None, :] - x2[..., None, :, :], p, -1)


def pdist(input: Any, p: float = 2.0) -> Any:
    """The p-norm distances between every two rows of a matrix, in the order (0,1), (0,2), ..., (n-2,n-1).

    Raises:
        ShapeError: no matrix. ArgumentError: a negative p.

    Example:
        >>> import autograd
        >>> autograd.pdist(autograd.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 8.0]]))
        tensor([5., 8., 5.], dtype=float32)
    """
    input = to_tensor(input)
    if input.ndim != 2:
        raise ShapeError(f"pdist only supports 2D tensors, got {describe(input.array)}")
    _positive("pdist", p)
    first, second = np.triu_indices(input.shape[0], 1)
    return reduction.norm(input[first] - input[second], p, -1)


def renorm(input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """The input with each slice of a dimension whose p-norm is greater than maxnorm scaled down to it.

    Args:
        input: at least 2 dimensions; a slice is what stands at one index of dim. p: greater than 0.

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
    dim = np.lib.array_utils.normalize_axis_index(dim, input.ndim)
    length = reduction.norm(input, p, tuple([d for d in range(input.ndim) if d != dim]), True)
    # The small number is PyTorch's.
    return input * _where(length > maxnorm, maxnorm / (length + 1e-7), np.ones((), input.array.dtype))
