"""LU factorisation: as three matrices, and in the compact form of LAPACK, both triangles in one matrix and a list of exchanges."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from ...engine.graph import array_of, make
from ...engine.recording import recorded, recorded_tuple
from ...errors import DtypeError, LinAlgError, RangeError, ShapeError, describe
from ...ops.linalg import factorisation
from ...ops.linalg import matrix as _ops
from ...ops.linalg.matrix import H
from ...types import Tensor, TensorLike
from ..creation import to_tensor
from ..shape import astype, contiguous, padded, tril, triu
from .product import matmul

_lu = recorded_tuple(factorisation.lu)
_solve_triangular = recorded(_ops.solve_triangular)


class LU(NamedTuple):
    """P, L and U: a permutation matrix, a lower and an upper triangular matrix."""

    P: Tensor
    L: Tensor
    U: Tensor


class LUFactor(NamedTuple):
    """Both triangles in one matrix, and for each row the row with which it was exchanged, counted from 1."""

    LU: Tensor
    pivots: Tensor


class LUFactorEx(NamedTuple):
    """An LU factorisation in compact form, and 0, or the number of the first pivot that is zero."""

    LU: Tensor
    pivots: Tensor
    info: Tensor


def lu(A: TensorLike, *, pivot: bool = True) -> LU:
    """LU factorisation with partial pivoting, A = P L U. L has ones on its diagonal.

    Args:
        A: (..., m, n).
        pivot: must be True.

    Raises:
        NotImplementedError: pivot=False. ShapeError: fewer than 2 dimensions.

    Example:
        >>> import autograd
        >>> p, l, u = autograd.linalg.lu(autograd.tensor([[2.0, 1.0], [4.0, 4.0]]))
        >>> u
        tensor([[ 4.,  4.],
                [ 0., -1.]], dtype=float32)
    """
    if not pivot:
        raise NotImplementedError("lu without pivoting is not implemented: it fails for many invertible matrices")
    p, L, u = _lu(A)
    return LU(astype(p.detach(), L.dtype), L, u)


def zero_pivot(matrix: np.ndarray) -> int:
    """The number, counted from 1, of the first zero on the diagonal of the factor U of a matrix, or 0 if there is none."""
    return int(_zero_pivots(np.diagonal(factorisation.lu.forward(matrix)[2])))


def _zero_pivots(pivots: np.ndarray) -> np.ndarray:
    """The number, counted from 1, of the first zero in each row, or 0 if there is none."""
    zero = pivots == 0
    if not pivots.size:
        return np.zeros(zero.shape[:-1], np.int32)
    return np.where(zero.any(-1), np.argmax(zero, -1) + 1, 0).astype(np.int32)


def lu_factor_ex(A: TensorLike, *, pivot: bool = True, check_errors: bool = False) -> LUFactorEx:
    """``lu_factor`` that does not raise for singular matrices, but reports them in ``info``.

    Args:
        A: (..., m, n).
        pivot: must be True.
        check_errors: whether to raise all the same.

    Returns:
        LU and pivots, as of ``lu_factor``.
        info: int32, for each matrix 0, or the number, counted from 1, of the first zero on the diagonal of U.

    Raises:
        NotImplementedError: pivot=False. LinAlgError: with check_errors, a pivot is zero.

    Example:
        >>> import autograd
        >>> autograd.linalg.lu_factor_ex(autograd.ones(2, 2)).info
        tensor(2, dtype=int32)
    """
    A = to_tensor(A)
    p, L, u = lu(A, pivot=pivot)
    m, n = A.shape[-2:]
    info = _zero_pivots(np.diagonal(u.array, axis1=-2, axis2=-1))
    if check_errors and info.any():
        raise LinAlgError(
            f"lu_factor: U[{info.max()},{info.max()}] is zero, of {describe(A.array)}: the matrix is singular, and lu_solve would "
            f"divide by zero; lu_factor_ex and lu return its factors"
        )
    # The permutation as a sequence of exchanges: row 0 with row pivots[0], then row 1 with row pivots[1], and so on.
    order = np.empty((prod(A.shape[:-2]), m), np.intp)
    if p.array.size:
        order = np.argmax(p.array, axis=-2).reshape(order.shape)
    pivots = np.empty((len(order), min(m, n)), np.int32)
    for permutation, exchanges in zip(order, pivots, strict=True):
        rows = list(range(m))
        for i, row in enumerate(permutation[: min(m, n)]):
            j = rows.index(row)
            exchanges[i] = j + 1
            rows[i], rows[j] = rows[j], rows[i]
    compact = _padded(L, (m, n)) + _padded(u, (m, n)) - np.eye(m, n, dtype=A.dtype)
    return LUFactorEx(compact, make(pivots.reshape(*A.shape[:-2], min(m, n))), make(info))


def _padded(x: Tensor, shape: tuple[int, int]) -> Tensor:
    """Matrices filled up with zeros, below and to the right, to a shape."""
    missing = tuple([(0, n - have) for n, have in zip(shape, x.shape[-2:], strict=True)])
    return padded(x, pad_width=((0, 0),) * (x.ndim - 2) + missing) if any([m != (0, 0) for m in missing]) else x


def lu_factor(A: TensorLike, *, pivot: bool = True) -> LUFactor:
    """LU factorisation in compact form, for ``lu_solve``.

    Args:
        A: (..., m, n).
        pivot: must be True.

    Returns:
        LU: (..., m, n), U and below it L without the ones on its diagonal.
        pivots: int32, (..., min(m, n)). Row i was exchanged with row pivots[i], counted from 1.

    Raises:
        LinAlgError: a pivot is zero. NotImplementedError: pivot=False.

    Example:
        >>> import autograd
        >>> autograd.linalg.lu_factor(autograd.tensor([[2.0, 1.0], [4.0, 4.0]])).pivots
        tensor([2, 2], dtype=int32)
    """
    return LUFactor(*lu_factor_ex(A, pivot=pivot, check_errors=True)[:2])


def _permutation(pivots: Any, batch: tuple[int, ...], m: int, dtype: Any, name: str) -> np.ndarray:
    """The permutation matrix P of A = P L U, from the exchanged rows."""
    array = array_of(pivots)
    if array.dtype != np.int32:
        raise DtypeError(f"{name}: pivots are expected to be int32, as lu_factor returns them, not {describe(array)}")
    if array.shape[:-1] != batch or array.ndim < 1 or array.shape[-1] > m:
        raise ShapeError(f"{name}: pivots {describe(array)} are not those of matrices with {m} rows in a batch of shape {batch}")
    if array.size and not 1 <= array.min() <= array.max() <= m:
        raise RangeError(f"{name}: pivots are row numbers from 1 to {m}, not from {array.min()} to {array.max()}")
    exchanges = array.reshape(prod(array.shape[:-1]), array.shape[-1])
    p = np.zeros((len(exchanges), m, m), dtype)
    for matrix, row in zip(p, exchanges, strict=True):
        order = np.arange(m)
        for i, j in enumerate(row - 1):
            order[[i, j]] = order[[j, i]]
        matrix[order, np.arange(m)] = 1
    return p.reshape(*batch, m, m)


def lu_unpack(LU_data: TensorLike, LU_pivots: TensorLike, unpack_data: bool = True, unpack_pivots: bool = True) -> LU:
    """P, L and U from the compact form that ``lu_factor`` returns.

    Args:
        LU_data: (..., m, n).
        LU_pivots: int32, (..., min(m, n)).
        unpack_data: False leaves L and U empty.
        unpack_pivots: False leaves P empty.

    Raises:
        ShapeError, DtypeError, RangeError: pivots that are not those of such a matrix.

    Example:
        >>> import autograd
        >>> lu, pivots = autograd.linalg.lu_factor(autograd.tensor([[2.0, 1.0], [4.0, 4.0]]))
        >>> p, l, u = autograd.lu_unpack(lu, pivots)
        >>> p @ l @ u
        tensor([[2., 1.],
                [4., 4.]], dtype=float32)
    """
    LU_data = to_tensor(LU_data)
    if LU_data.ndim < 2:
        raise ShapeError(f"lu_unpack: expected a matrix or a batch of matrices, not {describe(LU_data.array)}")
    m, n = LU_data.shape[-2:]
    k = min(m, n)
    p = low = high = make(np.empty(0, LU_data.dtype))
    if unpack_pivots:
        p = make(_permutation(LU_pivots, LU_data.shape[:-2], m, LU_data.dtype, "lu_unpack"))
    if unpack_data:
        low = tril(LU_data[..., :, :k], diagonal=-1) + np.eye(m, k, dtype=LU_data.dtype)
        high = triu(LU_data[..., :k, :])
    return LU(p, low, high)


def lu_solve(
    LU: TensorLike, pivots: TensorLike, B: TensorLike, *, left: bool = True, adjoint: bool = False
) -> Tensor:  # fmt: skip
    """The solution X of A X = B, from the compact form that ``lu_factor(A)`` returns.

    Args:
        LU: (..., n, n).
        pivots: int32, (..., n).
        B: (..., n, k); with left=False (..., k, n).
        left: False solves X A = B.
        adjoint: whether to take A^H in place of A.

    Raises:
        ShapeError, DtypeError, RangeError: pivots that are not those of such a matrix.

    Example:
        >>> import autograd
        >>> lu, pivots = autograd.linalg.lu_factor(autograd.tensor([[2.0, 1.0], [4.0, 4.0]]))
        >>> autograd.linalg.lu_solve(lu, pivots, autograd.tensor([[3.0], [8.0]]))
        tensor([[1.],
                [1.]], dtype=float32)
    """
    LU, B = to_tensor(LU), to_tensor(B)
    if not left:
        return contiguous(H(lu_solve(LU, pivots, H(B), adjoint=not adjoint)))
    p = _permutation(pivots, LU.shape[:-2], LU.shape[-1], LU.array.real.dtype, "lu_solve")
    if adjoint:
        upper = H(LU)
        y = _solve_triangular(upper, B, upper=False)
        return matmul(p, _solve_triangular(upper, y, upper=True, unitriangular=True))
    y = _solve_triangular(LU, matmul(p.mT, B), upper=False, unitriangular=True)
    return _solve_triangular(LU, y, upper=True)
