"""Linear algebra under the names and signatures of ``torch.linalg``; ``np.linalg.f(tensor)`` calls it too (numpy_linalg.py).

The last two dimensions are the matrix, those before them a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod
from typing import Any, NamedTuple

import numpy as np

from ...engine.graph import make
from ...engine.recording import alias, recorded
from ...errors import ArgumentError, LinAlgError, ShapeError, describe
from ...ops import reduction
from ...ops.elementwise import comparison
from ...ops.linalg import factorisation
from ...ops.linalg import matrix as _ops
from ...ops.linalg.matrix import H
from .. import shape as shaping
from ..creation import to_tensor
from .householder import householder_product
from .lu import lu, lu_factor, lu_factor_ex, lu_solve, zero_pivot
from .product import cross, matmul, multi_dot, vecdot

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh",
    "householder_product", "inv", "inv_ex", "lstsq", "lu", "lu_factor", "lu_factor_ex", "lu_solve", "matmul", "matrix_exp",
    "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex",
    "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander", "vecdot", "vector_norm",
]  # fmt: skip

inv = recorded(_ops.inv)
inverse = alias(inv, "inverse")
det = recorded(_ops.det)
logdet = recorded(_ops.logdet)
matrix_exp = recorded(_ops.matrix_exp)
pinv = recorded(_ops.pinv)
pinverse = alias(pinv, "pinverse")
matrix_rank = recorded(_ops.matrix_rank)
cholesky = recorded(factorisation.cholesky)

_slogdet = recorded(_ops.slogdet)
_solve = recorded(_ops.solve)
_solve_triangular = recorded(_ops.solve_triangular)
_eigh = recorded(factorisation.eigh)
_eig = recorded(factorisation.eig)
_svd = recorded(factorisation.svd)
_qr = recorded(factorisation.qr)
_norm = recorded(reduction.norm)
_sum = recorded(reduction.sum)
_amax = recorded(reduction.amax)
_amin = recorded(reduction.amin)
_where = recorded(comparison.where)


class Slogdet(NamedTuple):
    """The determinant's sign and logarithm."""

    sign: Any
    logabsdet: Any


class Eigen(NamedTuple):
    """Eigenvalues, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


class SVD(NamedTuple):
    """U diag(S) Vh."""

    U: Any
    S: Any
    Vh: Any


class QR(NamedTuple):
    """Orthonormal columns and an upper triangle."""

    Q: Any
    R: Any


class LeastSquares(NamedTuple):
    """What ``lstsq`` returns."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


# ------------------------------------------------------------------------------------------------------------ factorisations


def slogdet(A: Any) -> Slogdet:
    return Slogdet(*_slogdet(A))


def eigh(A: Any, UPLO: str = "L") -> Eigen:
    return Eigen(*_eigh(A, UPLO=UPLO))


def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """Eigenvalues of a symmetric or Hermitian matrix, in ascending order; their gradients exist where they repeat, too.

    Example:
        >>> import autograd
        >>> autograd.linalg.eigvalsh(autograd.tensor([[2.0, 1.0], [1.0, 2.0]]))
        tensor([1., 3.], dtype=float32)
    """
    return _eigh(A, UPLO=UPLO)[0]


def eig(A: Any) -> Eigen:
    return Eigen(*_eig(A))


def eigvals(A: Any) -> Any:
    """Eigenvalues of a square matrix, always complex.

    Example:
        >>> import autograd
        >>> autograd.linalg.eigvals(autograd.tensor([[1.0, 1.0], [0.0, 3.0]])).real
        tensor([1., 3.], dtype=float32)
    """
    return _eig(A)[0]


def svd(A: Any, full_matrices: bool = True) -> SVD:
    return SVD(*_svd(A, full_matrices=full_matrices))


def svdvals(A: Any) -> Any:
    """Singular values in descending order; their gradients exist where they repeat, too.

    Example:
        >>> import autograd
        >>> autograd.linalg.svdvals(autograd.tensor([[3.0, 0.0], [0.0, -4.0]]))
        tensor([4., 3.], dtype=float32)
    """
    return _svd(A, full_matrices=False)[1]


def qr(A: Any, mode: str = "reduced") -> QR:
    if mode == "r":
        return QR(make(np.empty(0, A.dtype)), _qr(A)[1])
    return QR(*_qr(A, mode=mode))


for _function, _op in ((slogdet, _ops.slogdet), (eigh, factorisation.eigh), (eig, factorisation.eig), (svd, factorisation.svd),
                       (qr, factorisation.qr)):  # fmt: skip
    _function.__doc__ = _op.doc


# ------------------------------------------------------------------------------------------------------------- linear systems


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """The solution X of A X = B, or of X A = B with left=False.

    Args:
        A: square, shape (..., n, n). B: shape (..., n, k), or (..., n) for vectors (with left=False (..., k, n)).

    Raises:
        ShapeError: the shapes do not fit. LinAlgError: A is singular.

    Example:
        >>> import autograd
        >>> autograd.linalg.solve(autograd.tensor([[2.0, 0.0], [0.0, 4.0]]), autograd.tensor([2.0, 2.0]))
        tensor([1.0000, 0.5000], dtype=float32)
    """
    A, B = to_tensor(A), to_tensor(B)
    if B.ndim == 1 or (B.ndim == A.ndim - 1 and tuple(B.shape) == tuple(A.shape[:-1])):
        return _solve(A, B[..., None])[..., 0]
    return _solve(A, B) if left else _solve(A.mT, B.mT).mT


class CholeskyEx(NamedTuple):
    """A Cholesky factor, and 0, or the order of the first leading minor that is not positive definite."""

    L: Any
    info: Any


class InvEx(NamedTuple):
    """An inverse, and 0, or the number of the first pivot that is zero."""

    inverse: Any
    info: Any


class SolveEx(NamedTuple):
    """A solution, and 0, or the number of the first pivot that is zero."""

    result: Any
    info: Any


def cholesky_ex(A: Any, *, upper: bool = False, check_errors: bool = False) -> CholeskyEx:
    """``cholesky`` that does not raise where a matrix is not positive definite: its factor is nan, and its ``info`` not 0.

    Args:
        check_errors: raise all the same.

    Returns:
        L, and info, int32, for each matrix: 0, or the order of the first leading minor that is not positive definite.

    Example:
        >>> import autograd
        >>> autograd.linalg.cholesky_ex(autograd.tensor([[4.0, 0.0], [0.0, -1.0]])).info
        tensor(2, dtype=int32)
    """

    def order(matrix: np.ndarray) -> int:
        for n in range(1, len(matrix) + 1):
            try:
                factorisation.cholesky(matrix[:n, :n])
            except LinAlgError:
                return n
        return 0

    return CholeskyEx(*_attempt(lambda A: cholesky(A, upper=upper), to_tensor(A), order, check_errors))


def inv_ex(A: Any, *, check_errors: bool = False) -> InvEx:
    """``inv`` that does not raise where a matrix is singular: its inverse is nan, and its ``info`` not 0.

    Args:
        check_errors: raise all the same.

    Returns:
        inverse, and info, int32, for each matrix: 0, or the number of the first zero on the diagonal of its factor U.

    Example:
        >>> import autograd
        >>> autograd.linalg.inv_ex(autograd.ones(2, 2)).info
        tensor(2, dtype=int32)
    """
    return InvEx(*_attempt(inv, to_tensor(A), _blame, check_errors))


def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False) -> SolveEx:
    """``solve`` that does not raise where a matrix is singular: the solution is nan there, and ``info`` not 0.

    Args:
        check_errors: raise all the same.

    Returns:
        result, and info, int32, for each matrix: 0, or the number of the first zero on the diagonal of its factor U.

    Example:
        >>> import autograd
        >>> autograd.linalg.solve_ex(autograd.ones(2, 2), autograd.ones(2)).info
        tensor(2, dtype=int32)
    """
    return SolveEx(*_attempt(lambda A: solve(A, B, left=left), to_tensor(A), _blame, check_errors))


def _blame(matrix: np.ndarray) -> int:
    """Which pivot of a matrix is zero; 0 for one that has an inverse."""
    try:
        np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        # Another order of the same sums may leave a tiny number where LAPACK's first attempt had a zero: then it was the last.
        return zero_pivot(matrix) or len(matrix)
    return 0


def _attempt(function: Any, A: Any, blame: Any, check_errors: bool) -> tuple[Any, Any]:
    """What a function gives for matrices, and what is to blame (a number, not 0) where there is no result."""
    try:
        return function(A), make(np.zeros(A.shape[:-2], np.int32))
    except LinAlgError:
        if check_errors:
            raise
    info = np.zeros(A.shape[:-2], np.int32)
    for place in np.ndindex(info.shape):
        info[place] = blame(A.array[place])
    bad = info[..., None, None] != 0
    # The identity has all results: it stands for the others until they are made nan.
    y = function(_where(bad, np.eye(A.shape[-1], dtype=A.dtype), A))
    return _where(bad if y.ndim >= A.ndim else bad[..., 0], np.asarray(np.nan, y.dtype), y), make(info)


def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """The solution X of A X = B (X A = B with left=False) where A is triangular; its other triangle is not read.

    Args:
        A: (..., n, n). B: (..., n, k). upper: which triangle A is. unitriangular: take the diagonal for ones.

    Raises:
        ShapeError: matrices that do not fit.

    Example:
        >>> import autograd
        >>> a = autograd.tensor([[2.0, 1.0], [0.0, 4.0]])
        >>> autograd.linalg.solve_triangular(a, autograd.tensor([[3.0], [4.0]]), upper=True)
        tensor([[1.],
                [1.]], dtype=float32)
    """
    A, B = to_tensor(A), to_tensor(B)
    if left:
        return _solve_triangular(A, B, upper=upper, unitriangular=unitriangular)
    return _solve_triangular(A.mT, B.mT, upper=not upper, unitriangular=unitriangular).mT


def _square(name: str, A: Any) -> None:
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise ShapeError(f"{name}: a square matrix, or a batch of them, is needed, not {describe(A.array)}")


def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Any:
    """The solution X of A X = B from A's Cholesky factor.

    Example:
        >>> import autograd
        >>> low = autograd.tensor([[2.0, 0.0], [1.0, 2.0]])
        >>> autograd.cholesky_solve(autograd.tensor([[6.0], [7.0]]), low)
        tensor([[1.],
                [1.]], dtype=float32)
    """
    B, L = to_tensor(B), to_tensor(L)
    _square("cholesky_solve", L)
    if B.ndim < 2:
        raise ShapeError(f"cholesky_solve: B must have at least 2 dimensions, not {describe(B.array)}: B[:, None] is a column")
    lower, high = (H(L), L) if upper else (L, H(L))
    return _solve_triangular(high, _solve_triangular(lower, B, upper=False), upper=True)


def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """Inverse of A from A's Cholesky factor.

    Example:
        >>> import autograd
        >>> autograd.cholesky_inverse(autograd.tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([[0.2500, 0.0000],
                [0.0000, 1.0000]], dtype=float32)
    """
    L = to_tensor(L)
    _square("cholesky_inverse", L)
    return cholesky_solve(np.broadcast_to(np.eye(L.shape[-1], dtype=L.dtype), L.shape), L, upper)


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> LeastSquares:
    """The X with the smallest norm |A X - B|, and of these the smallest.

    Returns:
        solution: shape (..., n, k), or (n,) for a vector B.
        residuals: the squared norms of the columns of A X - B, where A has more rows than columns and full rank; otherwise empty.
        rank, singular_values: of A.

    Args:
        A: (..., m, n). B: (..., m, k) or (m,). rcond: singular values up to rcond times the largest count as 0.
        driver: taken for PyTorch's sake.

    Example:
        >>> import autograd
        >>> a = autograd.tensor([[1.0], [1.0]])
        >>> autograd.linalg.lstsq(a, autograd.tensor([[1.0], [3.0]])).solution
        tensor([[2.0000]], dtype=float32)
    """
    A, B = to_tensor(A), to_tensor(B)
    vector = B.ndim == 1
    right = B[:, None] if vector else B
    x = matmul(pinv(A, rtol=rcond), right)
    rank = matrix_rank(A, rtol=rcond)
    m, n = A.shape[-2:]
    if m > n and np.all(rank.array == n):
        r = matmul(A, x) - right
        residuals = _sum(np.square(r) if r.dtype.kind == "f" else np.real(r * np.conjugate(r)), dim=-2)
    else:
        residuals = make(np.empty(0, A.array.real.dtype))
    return LeastSquares(x[..., 0] if vector else x, residuals, rank, make(np.linalg.svd(A.array, compute_uv=False)))


def tensorinv(A: Any, ind: int = 2) -> Any:
    """Inverse for ``tensordot(A, B, ind)``: A's first ind dimensions are its rows, the others its columns.

    Example:
        >>> import autograd
        >>> a = autograd.eye(6).reshape(2, 3, 6)
        >>> autograd.linalg.tensorinv(a).shape
        (6, 2, 3)
    """
    rows, columns = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    if ind < 1 or prod(rows) != prod(columns):
        raise ShapeError(f"tensorinv: {rows} and {columns} must have equally many elements (ind={ind})")
    return shaping.reshape(inv(shaping.reshape(A, (prod(rows), -1))), columns + rows)


def tensorsolve(A: Any, B: Any, dims: Sequence[int] | None = None) -> Any:
    """The X with ``tensordot(A, X, X.ndim) = B``; ``dims`` of A are moved to its end first.

    Example:
        >>> import autograd
        >>> a = 2 * autograd.eye(2).reshape(1, 2, 2)
        >>> autograd.linalg.tensorsolve(a, autograd.tensor([[2.0, 4.0]]))
        tensor([1., 2.], dtype=float32)
    """
    if dims is not None:
        A = shaping.movedim(A, list(dims), list(range(-len(dims), 0)))
    shape = tuple(A.shape[len(B.shape) :])
    if prod(shape) != prod(B.shape):
        raise ShapeError(
            f"tensorsolve: {describe(A)} does not have the shape of B, {tuple(B.shape)}, followed by equally many columns"
        )
    flat = shaping.reshape(A, (prod(shape), prod(shape)))
    return shaping.reshape(_solve(flat, shaping.reshape(B, (prod(shape), 1))), shape)


# --------------------------------------------------------------------------------------------------------------------- norms


def vector_norm(x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Norm of vectors, (Σ |x|^ord)^(1/ord), over some dimensions or all; its gradient at 0 is 0.

    Example:
        >>> import autograd
        >>> autograd.linalg.vector_norm(autograd.tensor([[3.0, 4.0], [0.0, 0.0]]), dim=1)
        tensor([5., 0.], dtype=float32)
    """
    if dtype is not None:
        x = shaping.astype(x, dtype)
    return _norm(x, ord=ord, dim=dim, keepdim=keepdim)


def matrix_norm(A: Any, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Norm of matrices: "fro", "nuc" (sum of singular values), 2 and -2 (largest and smallest), inf, -inf (rows), 1, -1 (columns).

    Args:
        A: matrices in the two dimensions dim. ord: one of these. dtype: to compute in.

    Raises:
        ArgumentError: another ord.

    Example:
        >>> import autograd
        >>> autograd.linalg.matrix_norm(autograd.tensor([[3.0, 0.0], [0.0, 4.0]]), 2)
        tensor(4., dtype=float32)
    """
    A = to_tensor(A)
    if dtype is not None:
        A = shaping.astype(A, dtype)
    if len(dim) != 2 or dim[0] % A.ndim == dim[1] % A.ndim:
        raise ShapeError(f"matrix_norm: two different dimensions are needed, not dim={dim}")
    if ord == "fro":
        return _norm(A, ord=2, dim=tuple(dim), keepdim=keepdim)
    A = shaping.movedim(A, tuple(dim), (-2, -1))
    if ord == "nuc":
        y = _sum(svdvals(A), dim=-1)
    elif ord in (2, -2):
        y = (_amax if ord > 0 else _amin)(svdvals(A), dim=-1)
    elif ord in (1, -1, inf, -inf):
        y = (_amax if ord > 0 else _amin)(_sum(np.abs(A), dim=-2 if abs(ord) == 1 else -1), dim=-1)
    else:
        raise ArgumentError(f"matrix_norm: ord is 'fro', 'nuc', inf, -inf, 1, -1, 2 or -2, not {ord!r}")
    if keepdim:
        for d in sorted(d % A.ndim for d in dim):
            y = shaping.unsqueeze(y, d)
    return y


def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Norm of vectors or matrices: of vectors with one dim, of matrices with two; without ord the 2-norm of all elements.

    Example:
        >>> import autograd
        >>> autograd.linalg.norm(autograd.tensor([[3.0, 0.0], [0.0, 4.0]]), "nuc")
        tensor(7., dtype=float32)
    """
    A = to_tensor(A)
    if dim is None and ord is not None:
        if A.ndim > 2 or (A.ndim == 0 and isinstance(ord, str)):
            raise ShapeError(f"norm: with ord={ord!r} and no dim a vector or a matrix is needed, not {describe(A.array)}")
        dim = tuple(range(A.ndim))
    if isinstance(dim, int):
        dim = (dim,)
    if ord is None or (len(dim) < 2 and not isinstance(ord, str)):
        return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)
    return matrix_norm(A, ord, dim, keepdim, dtype=dtype)


def cond(A: Any, p: Any = None) -> Any:
    """Condition number: the largest singular value by the smallest (p None or 2), or |A| |A^-1| in another matrix norm.

    Example:
        >>> import autograd
        >>> autograd.linalg.cond(autograd.tensor([[2.0, 0.0], [0.0, 8.0]]))
        tensor(4., dtype=float32)
    """
    A = to_tensor(A)
    if p in (None, 2, -2):
        s = svdvals(A)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return matrix_norm(A, p) * matrix_norm(inv(A), p)


# -------------------------------------------------------------------------------------------------------------------- powers


def matrix_power(A: Any, n: int) -> Any:
    """A times itself n times, by repeated squaring; of the inverse for negative n.

    Example:
        >>> import autograd
        >>> autograd.linalg.matrix_power(autograd.tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
        tensor([[1., 5.],
                [0., 1.]], dtype=float32)
    """
    A = to_tensor(A)
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise ShapeError(f"matrix_power: a square matrix, or a batch of them, is needed, not {describe(A.array)}")
    if n < 0:
        return matrix_power(inv(A), -n)
    if n == 0:
        return make(np.broadcast_to(np.eye(A.shape[-1], dtype=A.dtype), A.shape).copy())
    y = None
    while n:
        if n % 2:
            y = A if y is None else matmul(y, A)
        n //= 2
        if n:
            A = matmul(A, A)
    return shaping.clone(y) if y is A else y


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonal of the last two dimensions.

    Example:
        >>> import autograd
        >>> autograd.linalg.diagonal(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([1., 4.], dtype=float32)
    """
    return shaping.diagonal(A, offset=offset, dim1=dim1, dim2=dim2)


def vander(x: Any, *, N: int | None = None) -> Any:
    """Powers 0 to N - 1 of each element, in a new last dimension.

    Args:
        x: (..., n). N: n by default.

    Raises:
        ShapeError: no dimension. ArgumentError: a negative N.

    Example:
        >>> import autograd
        >>> autograd.linalg.vander(autograd.tensor([2.0, 3.0]), N=3)
        tensor([[1., 2., 4.],
                [1., 3., 9.]], dtype=float32)
    """
    x = to_tensor(x)
    if not x.ndim:
        raise ShapeError(f"vander: a vector, or a batch of them, is needed, not {describe(x.array)}")
    if N is not None and N < 0:
        raise ArgumentError(f"vander: N must be non-negative, not {N}")
    return x[..., None] ** np.arange(x.shape[-1] if N is None else N).astype(x.dtype)
