"""What NumPy's functions of linear algebra mean for tensors: ``np.linalg.f(tensor)``, where the signature is not the op's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import shape
from ..functions.linalg import lowrank, matrix
from .table import adapts


def _absent(value: Any) -> bool:
    return value is None or value is np._NoValue


adapts(np.linalg.slogdet)(matrix.slogdet)
adapts(np.linalg.eigh)(matrix.eigh)
adapts(np.linalg.eigvalsh)(matrix.eigvalsh)
adapts(np.linalg.eig)(matrix.eig)
adapts(np.linalg.eigvals)(matrix.eigvals)
adapts(np.linalg.svdvals)(matrix.svdvals)
adapts(np.linalg.cholesky)(matrix.cholesky)
adapts(np.linalg.matrix_power)(matrix.matrix_power)
adapts(np.linalg.tensorinv)(matrix.tensorinv)
adapts(np.linalg.cond)(matrix.cond)


@adapts(np.linalg.svd)
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    return matrix.svd(a, full_matrices) if compute_uv else matrix.svdvals(a)


@adapts(np.vander)
def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    return lowrank.vander(x, N, increasing)


@adapts(np.linalg.qr)
def _qr(a: Any, mode: str = "reduced") -> Any:
    q, r = matrix.qr(a, mode)
    return r if mode == "r" else matrix.QR(q, r)


@adapts(np.linalg.solve)
def _solve(a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return matrix._solve(a, b[..., None])[..., 0]
    return matrix._solve(a, b)


@adapts(np.linalg.pinv)
def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    tolerance = rcond if not _absent(rcond) else rtol
    return matrix.pinv(a, rtol=None if _absent(tolerance) else tolerance, hermitian=hermitian)


@adapts(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    return tuple(matrix.lstsq(a, b, rcond))


@adapts(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return matrix.norm(x, ord, axis, keepdims)


@adapts(np.linalg.vector_norm)
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return matrix.vector_norm(x, ord, axis, keepdims)


@adapts(np.linalg.matrix_norm)
def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return matrix.matrix_norm(x, ord, keepdim=keepdims)


@adapts(np.linalg.matrix_rank)
def _matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    return matrix.matrix_rank(A, atol=tol, rtol=rtol, hermitian=hermitian)


@adapts(np.linalg.tensorsolve)
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    return matrix.tensorsolve(a, b, axes)


@adapts(np.linalg.diagonal)
def _diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return matrix.diagonal(x, offset=offset)


@adapts(np.linalg.matrix_transpose)
def _matrix_transpose(x: Any, /) -> Any:
    return shape.transpose(x, -2, -1)
