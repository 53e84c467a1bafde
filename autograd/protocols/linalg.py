"""What NumPy's functions of linear algebra mean for tensors: ``np.linalg.f(tensor)``, where the signature is not the op's."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import decompositions, linalg, shaping
from .adapting import adapts


def _absent(value: Any) -> bool:
    return value is None or value is np._NoValue


adapts(np.linalg.slogdet)(linalg.slogdet)
adapts(np.linalg.eigh)(linalg.eigh)
adapts(np.linalg.eigvalsh)(linalg.eigvalsh)
adapts(np.linalg.eig)(linalg.eig)
adapts(np.linalg.eigvals)(linalg.eigvals)
adapts(np.linalg.svdvals)(linalg.svdvals)
adapts(np.linalg.cholesky)(linalg.cholesky)
adapts(np.linalg.matrix_power)(linalg.matrix_power)
adapts(np.linalg.tensorinv)(linalg.tensorinv)
adapts(np.linalg.cond)(linalg.cond)


@adapts(np.linalg.svd)
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    return linalg.svd(a, full_matrices) if compute_uv else linalg.svdvals(a)


@adapts(np.vander)
def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    return decompositions.vander(x, N, increasing)


@adapts(np.linalg.qr)
def _qr(a: Any, mode: str = "reduced") -> Any:
    q, r = linalg.qr(a, mode)
    return r if mode == "r" else linalg.QR(q, r)


@adapts(np.linalg.solve)
def _solve(a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return linalg._solve(a, b[..., None])[..., 0]
    return linalg._solve(a, b)


@adapts(np.linalg.pinv)
def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    tolerance = rcond if not _absent(rcond) else rtol
    return linalg.pinv(a, rtol=None if _absent(tolerance) else tolerance, hermitian=hermitian)


@adapts(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    return tuple(linalg.lstsq(a, b, rcond))


@adapts(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return linalg.norm(x, ord, axis, keepdims)


@adapts(np.linalg.vector_norm)
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return linalg.vector_norm(x, ord, axis, keepdims)


@adapts(np.linalg.matrix_norm)
def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return linalg.matrix_norm(x, ord, keepdim=keepdims)


@adapts(np.linalg.matrix_rank)
def _matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    return linalg.matrix_rank(A, atol=tol, rtol=rtol, hermitian=hermitian)


@adapts(np.linalg.tensorsolve)
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    return linalg.tensorsolve(a, b, axes)


@adapts(np.linalg.diagonal)
def _diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return linalg.diagonal(x, offset=offset)


@adapts(np.linalg.matrix_transpose)
def _matrix_transpose(x: Any, /) -> Any:
    return shaping.transpose(x, -2, -1)
