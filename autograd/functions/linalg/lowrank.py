"""Decompositions of matrices that are not in ``torch.linalg``: by random projection, and its older functions' signatures."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...engine.graph import make
from ...errors import ArgumentError, DtypeError, ShapeError, describe
from ...ops.linalg.matrix import H
from .. import reduction
from .. import shape as shapes
from ..creation import to_tensor
from ..random import randn
from . import matrix as linalg
from .lu import LUFactor, LUFactorEx, lu_factor_ex
from .product import matmul


class SVD(NamedTuple):
    """U diag(S) V^H."""

    U: Any
    S: Any
    V: Any


class Triangular(NamedTuple):
    """The solution of a triangular system, and a copy of its matrix."""

    solution: Any
    cloned_coefficient: Any


def svd(input: Any, some: bool = True, compute_uv: bool = True) -> SVD:
    """Singular values, with V where ``linalg.svd`` gives V^H: input = U diag(S) V^H.

    Args:
        input: (..., m, n). some: as many columns of U and V as there are singular values, or (False) m and n.
        compute_uv: False leaves U and V as zeros.

    Example:
        >>> import autograd
        >>> u, s, v = autograd.svd(autograd.tensor([[3.0, 0.0], [0.0, -4.0]]))
        >>> s
        tensor([4., 3.], dtype=float32)
        >>> autograd.allclose(u @ s.diag() @ v.T, autograd.tensor([[3.0, 0.0], [0.0, -4.0]]))
        True
    """
    input = to_tensor(input)
    if compute_uv:
        u, s, vh = linalg.svd(input, full_matrices=not some)
        return SVD(u, s, H(vh))
    m, n = input.shape[-2:]
    sides = [make(np.zeros((*input.shape[:-2], k, k), input.dtype)) for k in (m, n)]
    return SVD(sides[0], linalg.svdvals(input), sides[1])


def lu(A: Any, pivot: bool = True, get_infos: bool = False) -> LUFactor | LUFactorEx:
    """LU and pivots, as of ``linalg.lu_factor``, for singular matrices too; with get_infos what ``linalg.lu_factor_ex`` gives.

    Example:
        >>> import autograd
        >>> autograd.lu(autograd.tensor([[2.0, 1.0], [4.0, 4.0]])).LU
        tensor([[ 4.0000,  4.0000],
                [ 0.5000, -1.0000]], dtype=float32)
    """
    found = lu_factor_ex(A, pivot=pivot)
    return found if get_infos else LUFactor(found.LU, found.pivots)


def lu_solve(b: Any, LU_data: Any, LU_pivots: Any) -> Any:
    """The solution X of A X = b from ``lu(A)``: ``linalg.lu_solve`` with its arguments in another order.

    Example:
        >>> import autograd
        >>> factors = autograd.lu(autograd.tensor([[2.0, 1.0], [4.0, 4.0]]))
        >>> autograd.lu_solve(autograd.tensor([[3.0], [8.0]]), *factors)
        tensor([[1.],
                [1.]], dtype=float32)
    """
    return linalg.lu_solve(LU_data, LU_pivots, b)


def triangular_solve(b: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False) -> Triangular:
    """The solution X of A X = b where A is triangular, and a copy of A: ``linalg.solve_triangular`` in an older form.

    Args:
        b: (..., n, k). A: (..., n, n). upper: which triangle A is. transpose: solve A^T X = b. unitriangular: take the diagonal for
            ones.

    Example:
        >>> import autograd
        >>> a = autograd.tensor([[2.0, 1.0], [0.0, 4.0]])
        >>> autograd.triangular_solve(autograd.tensor([[3.0], [4.0]]), a).solution
        tensor([[1.],
                [1.]], dtype=float32)
    """
    b, A = to_tensor(b), to_tensor(A)
    for name, x in (("b", b), ("A", A)):
        if x.ndim < 2:
            raise ShapeError(f"triangular_solve: expected {name} to have at least 2 dimensions, not {describe(x.array)}")
    matrix, high = (A.mT, not upper) if transpose else (A, upper)
    x = linalg.solve_triangular(matrix, b, upper=high, unitriangular=unitriangular)
    return Triangular(x, shapes.clone(A))


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """Powers of each element of a vector as a row, N - 1 to 0, or (increasing) 0 to N - 1: NumPy's ``vander``.

    Args:
        x: (n,). N: how many powers, n by default.

    Raises:
        ShapeError: no vector. ArgumentError: a negative N.

    Example:
        >>> import autograd
        >>> autograd.vander(autograd.tensor([2.0, 3.0]), 3)
        tensor([[4., 2., 1.],
                [9., 3., 1.]], dtype=float32)
    """
    x = to_tensor(x)
    if x.ndim != 1:
        raise ShapeError(f"vander: x must be a one-dimensional tensor, not {describe(x.array)}; linalg.vander takes batches")
    powers = linalg.vander(x, N=N)
    return powers if increasing else shapes.flip(powers, (-1,))


# ------------------------------------------------------------------------------------------------------------------ norms
def frobenius_norm(input: Any, dim: Any, keepdim: bool = False) -> Any:
    """√Σ |x|² over one or two dimensions.

    Example:
        >>> import autograd
        >>> autograd.frobenius_norm(autograd.tensor([[3.0, 4.0]]), (0, 1))
        tensor(5., dtype=float32)
    """
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) > 2:
        raise ShapeError(f"frobenius_norm: expected at most 2 dimensions, but got dim={dims}")
    return linalg.vector_norm(input, 2, dims or None, keepdim)


def nuclear_norm(input: Any, dim: Any = (-2, -1), keepdim: bool = False) -> Any:
    """The sum of the singular values of the matrices in two dimensions.

    Example:
        >>> import autograd
        >>> autograd.nuclear_norm(autograd.tensor([[3.0, 0.0], [0.0, -4.0]]))
        tensor(7., dtype=float32)
    """
    return linalg.matrix_norm(input, "nuc", (dim,) if isinstance(dim, int) else tuple(dim), keepdim)


# ------------------------------------------------------------------------------------------------------ by random projection
def svd_lowrank(A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None) -> SVD:
    """About the q largest singular values, of a matrix that has few: exact, up to rounding, if its rank is at most q.

    A is projected on what it makes of q random vectors, which ``niter`` power iterations turn towards its largest singular vectors.

    Args:
        A: (..., m, n). q: how many. niter: 2 is nearly always enough. M: subtracted from A first; it broadcasts.

    Raises:
        ArgumentError: q or niter out of range.

    Source: N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness" (2011), algorithms 4.4 and 5.1.

    Example:
        >>> import autograd
        >>> a = autograd.outer(autograd.tensor([3.0, 4.0]), autograd.tensor([1.3, 0.0, 0.0]))
        >>> autograd.svd_lowrank(a, q=1).S
        tensor([6.5000], dtype=float32)
    """
    A = to_tensor(A)
    if A.ndim < 2:
        raise ShapeError(f"svd_lowrank: a matrix, or a batch of them, is needed, not {describe(A.array)}")
    if A.array.dtype.kind not in "fc":
        raise DtypeError(f"svd_lowrank: expected floating point numbers, not {describe(A.array)}: convert with .float()")
    if M is not None:
        A = A - M
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    m, n = A.shape[-2:]
    if q < 0 or niter < 0:
        raise ArgumentError(f"svd_lowrank: q and niter must not be negative: q={q}, niter={niter}")
    q = min(q, m, n)
    if m < n:
        u, s, v = svd_lowrank(H(A), q, niter)
        return SVD(v, s, u)
    basis = linalg.qr(matmul(A, randn(n, q, dtype=A.array.real.dtype)))[0]
    for _ in range(niter):
        basis = linalg.qr(matmul(H(A), basis))[0]
        basis = linalg.qr(matmul(A, basis))[0]
    u, s, vh = linalg.svd(matmul(H(basis), A), full_matrices=False)
    return SVD(matmul(basis, u), s, H(vh))


def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> SVD:
    """The q principal components of rows of data: ``svd_lowrank`` of A less the mean of its rows.

    The columns of V are the components, ``A @ V`` the data in them, and S² / (m - 1) the variance along each.

    Args:
        A: (..., m, n): m samples of n features. q: at most min(m, n); 6, or so many, by default.
        center: whether to subtract the mean.

    Raises:
        ValueError: q or niter out of range.

    Example:
        >>> import autograd
        >>> data = autograd.tensor([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
        >>> autograd.pca_lowrank(data, q=1).V.abs()
        tensor([[0.7071],
                [0.7071]], dtype=float32)
    """
    A = to_tensor(A)
    least = min(A.shape[-2:])
    q = min(6, least) if q is None else q
    if not 0 <= q <= least:
        raise ArgumentError(f"pca_lowrank: q(={q}) must be a non-negative integer and not greater than min(m, n)={least}")
    if niter < 0:
        raise ArgumentError(f"pca_lowrank: niter(={niter}) must be a non-negative integer")
    return svd_lowrank(A - reduction.mean(A, dim=-2, keepdim=True) if center else A, q, niter)
