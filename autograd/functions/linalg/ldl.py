"""LDL factorisation of symmetric and Hermitian matrices, in the compact form of LAPACK. It has no gradient, as in PyTorch."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from ...engine.graph import array_of, make
from ...errors import DtypeError, LinAlgError, RangeError, ShapeError, describe
from ...types import Tensor, TensorLike
from ..creation import to_tensor
from ..sorting import underived


class LDLFactor(NamedTuple):
    """L and D in one matrix, and the exchanges of rows and columns."""

    LD: Tensor
    pivots: Tensor


class LDLFactorEx(NamedTuple):
    """An LDL factorisation in compact form, and 0, or the number of the first block of D that is zero."""

    LD: Tensor
    pivots: Tensor
    info: Tensor


def _routine(name: str, dtype: np.dtype[Any], hermitian: bool) -> Any:
    """LAPACK's routine for a dtype: sytrf or sytrs, or hetrf or hetrs."""
    from scipy.linalg import get_lapack_funcs

    kind = "he" if hermitian and dtype.kind == "c" else "sy"
    return get_lapack_funcs(kind + name, dtype=dtype)


def _checked(name: str, A: TensorLike) -> np.ndarray:
    array = np.asarray(array_of(A))
    if array.ndim < 2 or array.shape[-1] != array.shape[-2]:
        raise ShapeError(f"{name}: A must be batches of square matrices, not {describe(array)}")
    if array.dtype.kind not in "fc" or array.dtype == np.float16:
        raise DtypeError(f"{name}: expected float32, float64 or complex numbers, not {describe(array)}: convert with .float()")
    return array


def ldl_factor_ex(A: TensorLike, *, hermitian: bool = False, check_errors: bool = False) -> LDLFactorEx:
    """LDL factorisation, A = L D L^T, which does not raise for singular matrices, but reports them in ``info``.

    Args:
        A: (..., n, n), symmetric or Hermitian. The lower triangle is read.
        hermitian: whether A is Hermitian, A = L D L^H, rather than symmetric, if its numbers are complex.
        check_errors: whether to raise all the same.

    Returns:
        LD: (..., n, n), the blocks of D on the diagonal, and below them L without the ones on its diagonal.
        pivots: int32, (..., n), the exchanges as LAPACK's ``sytrf`` and ``hetrf`` have them.
        info: int32, for each matrix 0, or the number, counted from 1, of the first block of D that is zero.

    Raises:
        ShapeError: matrices that are not square. DtypeError: integers or float16. LinAlgError: with check_errors, a block is zero.

    Source: Bunch and Kaufman, Some stable methods for calculating inertia and solving symmetric linear systems, 1977.

    Example:
        >>> import autograd
        >>> autograd.linalg.ldl_factor_ex(autograd.tensor([[4.0, 2.0], [2.0, 3.0]])).LD
        tensor([[4.0000, 0.0000],
                [0.5000, 2.0000]], dtype=float32)
    """
    array = _checked("ldl_factor", A)
    n, batch = array.shape[-1], array.shape[:-2]
    factors, pivots = np.zeros((prod(batch), n, n), array.dtype), np.zeros((prod(batch), n), np.int32)
    info = np.zeros(prod(batch), np.int32)
    for i, matrix in enumerate(array.reshape(-1, n, n) if array.size else ()):
        compact, exchanges, info[i] = _routine("trf", array.dtype, hermitian)(matrix, lower=1)
        factors[i], pivots[i] = np.tril(compact), exchanges
    if check_errors and info.any():
        raise LinAlgError(f"ldl_factor: D[{info.max()}] is zero, of {describe(array)}: the matrix is singular; use ldl_factor_ex")
    return LDLFactorEx(
        underived(A, factors.reshape(array.shape), "ldl_factor"), make(pivots.reshape(*batch, n)), make(info.reshape(batch))
    )


def ldl_factor(A: TensorLike, *, hermitian: bool = False) -> LDLFactor:
    """LDL factorisation in compact form, A = L D L^T, for ``ldl_solve``.

    Args:
        A: (..., n, n), symmetric or Hermitian. The lower triangle is read.
        hermitian: whether A is Hermitian, A = L D L^H, rather than symmetric, if its numbers are complex.

    Returns:
        LD and pivots, as of ``ldl_factor_ex``.

    Raises:
        ShapeError: matrices that are not square. DtypeError: integers or float16. LinAlgError: a block of D is zero.

    Example:
        >>> import autograd
        >>> autograd.linalg.ldl_factor(autograd.tensor([[4.0, 2.0], [2.0, 3.0]])).pivots
        tensor([1, 2], dtype=int32)
    """
    return LDLFactor(*ldl_factor_ex(A, hermitian=hermitian, check_errors=True)[:2])


def ldl_solve(LD: TensorLike, pivots: TensorLike, B: TensorLike, *, hermitian: bool = False) -> Tensor:
    """The solution X of A X = B, from what ``ldl_factor(A)`` returns.

    Args:
        LD: (..., n, n).
        pivots: int32, (..., n).
        B: (..., n, k), of the dtype of LD.
        hermitian: as of ``ldl_factor``.

    Raises:
        ShapeError: shapes that do not match. DtypeError: another dtype, or pivots that are not int32. RangeError: pivots that are
            no rows.

    Example:
        >>> import autograd
        >>> factors = autograd.linalg.ldl_factor(autograd.tensor([[4.0, 2.0], [2.0, 3.0]]))
        >>> autograd.linalg.ldl_solve(*factors, autograd.tensor([[8.0], [8.0]]))
        tensor([[1.],
                [2.]], dtype=float32)
    """
    factors, exchanges, right = _checked("ldl_solve", LD), np.asarray(array_of(pivots)), np.asarray(array_of(B))
    n = factors.shape[-1]
    if exchanges.dtype != np.int32:
        raise DtypeError(f"ldl_solve: pivots are expected to be int32, as ldl_factor returns them, not {describe(exchanges)}")
    if right.dtype != factors.dtype:
        raise DtypeError(f"ldl_solve: LD and B must have the same dtype: {describe(factors)} and {describe(right)}")
    if exchanges.shape != factors.shape[:-1] or right.ndim < 2 or right.shape[-2] != n:
        raise ShapeError(f"ldl_solve: LD {describe(factors)}, pivots {describe(exchanges)} and B {describe(right)} do not match")
    if exchanges.size and not (np.abs(exchanges).min() >= 1 and np.abs(exchanges).max() <= n):
        raise RangeError(f"ldl_solve: pivots are row numbers from 1 to {n}, or their negatives, and these are not: {exchanges}")
    batch, k = np.broadcast_shapes(factors.shape[:-2], right.shape[:-2]), right.shape[-1]
    factors, right = np.broadcast_to(factors, (*batch, n, n)), np.broadcast_to(right, (*batch, n, k))
    exchanges = np.broadcast_to(exchanges, (*batch, n))
    solution = np.zeros(right.shape, right.dtype)
    for i in np.ndindex(batch) if solution.size else ():
        solution[i] = _routine("trs", right.dtype, hermitian)(factors[i], exchanges[i], right[i], lower=1)[0]
    for given in (to_tensor(LD), to_tensor(B)):
        if given.requires_grad:
            return underived(given, solution, "ldl_solve")
    return make(solution)
