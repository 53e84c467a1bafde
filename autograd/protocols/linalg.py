"""Adapters for NumPy's linear algebra, called with tensors: ``np.linalg.f(tensor)``, where the signature is not the op's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.graph import make
from ..engine.recording import recorded
from ..errors import GraphError
from ..functions import shape
from ..functions.linalg import lowrank, matrix
from ..ops.linalg import matrix as ops
from .arguments import as_tensor, is_given
from .table import adapts

_solve_matrix = recorded(ops.solve)

# These take one argument.
_SAME: dict[Callable[..., Any], Callable[[Any], Any]] = {
    np.linalg.slogdet: matrix.slogdet, np.linalg.eig: matrix.eig, np.linalg.eigvals: matrix.eigvals,
    np.linalg.svdvals: matrix.svdvals,
}  # fmt: skip
for _function, _meaning in _SAME.items():
    adapts(_function)(lambda a, _meaning=_meaning: _meaning(a))


@adapts(np.linalg.eigh)
def _eigh(a: Any, UPLO: str = "L") -> Any:
    return matrix.eigh(a, UPLO)


@adapts(np.linalg.eigvalsh)
def _eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return matrix.eigvalsh(a, UPLO)


@adapts(np.linalg.cholesky)
def _cholesky(a: Any, /, *, upper: bool = False) -> Any:
    return matrix.cholesky(a, upper=upper)


@adapts(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    return matrix.matrix_power(a, n)


@adapts(np.linalg.tensorinv)
def _tensorinv(a: Any, ind: int = 2) -> Any:
    return matrix.tensorinv(a, ind)


@adapts(np.linalg.cond)
def _cond(x: Any, p: Any = None) -> Any:
    return matrix.cond(x, p)


@adapts(np.linalg.svd)
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    if hermitian:
        raise NotImplementedError("np.linalg.svd of a tensor with hermitian=True: use np.linalg.eigh, or leave it out")
    return matrix.svd(a, full_matrices) if compute_uv else matrix.svdvals(a)


@adapts(np.vander)
def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    return lowrank.vander(x, N, increasing)


@adapts(np.linalg.qr)
def _qr(a: Any, mode: str = "reduced") -> Any:
    if mode == "raw":
        a = as_tensor(a)
        if a.requires_grad:
            raise GraphError("np.linalg.qr with mode='raw' has no gradient here: detach() the tensor, or use mode='reduced'")
        return tuple([make(part) for part in np.linalg.qr(a.array, "raw")])
    q, r = matrix.qr(a, mode)
    return r if mode == "r" else matrix.QR(q, r)


@adapts(np.linalg.solve)
def _solve(a: Any, b: Any) -> Any:
    a, b = as_tensor(a), as_tensor(b)
    return _solve_matrix(a, b[..., None])[..., 0] if b.ndim == 1 else _solve_matrix(a, b)


@adapts(np.linalg.pinv)
def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    if is_given(rcond) and is_given(rtol):
        raise ValueError("np.linalg.pinv: rcond and rtol mean the same: give one of them")
    tolerance = rcond if is_given(rcond) else rtol if is_given(rtol) else None
    return matrix.pinv(a, rtol=tolerance, hermitian=hermitian)


@adapts(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    a, b = as_tensor(a), as_tensor(b)
    common = np.result_type(a.dtype, b.dtype)
    return tuple(matrix.lstsq(a.to(common), b.to(common), rcond, driver="gelsd"))


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
    return matrix.tensorsolve(as_tensor(a), as_tensor(b), axes)


@adapts(np.linalg.diagonal)
def _diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return matrix.diagonal(x, offset=offset)


@adapts(np.linalg.matrix_transpose)
def _matrix_transpose(x: Any, /) -> Any:
    return shape.transpose(x, -2, -1)
