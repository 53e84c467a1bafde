"""Linear algebra under the names and signatures of ``torch.linalg``. ``np.linalg.f(tensor)`` calls it, too (protocols/linalg.py).

The last two dimensions are the matrix. The dimensions before them are a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, prod
from typing import Any, NamedTuple

import numpy as np

from ...engine.graph import array_of, make
from ...engine.recording import alias, recorded, recorded_tuple
from ...engine.values.integers import integers
from ...errors import ArgumentError, DtypeError, EmptyError, LinAlgError, RangeError, ShapeError, demand_equal_dtypes, describe
from ...ops import reduction
from ...ops.elementwise import comparison
from ...ops.linalg import factorisation
from ...ops.linalg import matrix as _ops
from ...ops.linalg.matrix import H
from ...ops.rules import values
from ...types import Dim, Dims, DType, Tensor, TensorLike
from .. import shape as shapes
from ..creation import to_tensor
from .householder import householder_product
from .ldl import ldl_factor, ldl_factor_ex, ldl_solve
from .lu import lu, lu_factor, lu_factor_ex, lu_solve, zero_pivot
from .product import cross, matmul, multi_dot, vecdot

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh",
    "householder_product", "inv", "inv_ex", "ldl_factor", "ldl_factor_ex", "ldl_solve", "lstsq", "lu", "lu_factor",
    "lu_factor_ex", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power", "matrix_rank", "multi_dot", "norm",
    "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander",
    "vecdot", "vector_norm",
]  # fmt: skip

inv = recorded(_ops.inv)
inverse = alias(inv, "inverse")
det = recorded(_ops.det)
logdet = recorded(_ops.logdet)
matrix_exp = recorded(_ops.matrix_exp)
_pinv = recorded(_ops.pinv)
_matrix_rank = recorded(_ops.matrix_rank)
cholesky = recorded(factorisation.cholesky)


def pinv(
    A: TensorLike, rcond: TensorLike | None = None, hermitian: bool = False, *, atol: TensorLike | None = None,
    rtol: TensorLike | None = None, out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Moore-Penrose pseudo-inverse. The gradient assumes that the rank is constant near the matrix.

    Args:
        A: (..., m, n).
        rcond: the older name of rtol, by position.
        hermitian: accepted as in PyTorch; the result is the same.
        atol, rtol: singular values up to max(atol, rtol · largest) count as 0. By default rtol is max(m, n) times the precision of
            the dtype, or 0 if atol is given.
        out: a tensor for the result.

    Raises:
        ShapeError: an input of fewer than 2 dimensions. DtypeError: a complex tolerance.

    Source: Golub and Pereyra, The Differentiation of Pseudo-Inverses and Nonlinear Least Squares Problems, 1973, equation 4.12.

    Example:
        >>> import autograd
        >>> autograd.linalg.pinv(autograd.tensor([[2.0], [0.0]]))
        tensor([[0.5000, 0.0000]], dtype=float32)
    """
    return _pinv(A, **_tolerances(atol, rcond if rtol is None else rtol, "pinv"), hermitian=hermitian, out=out)


pinverse = alias(pinv, "pinverse")


def matrix_rank(
    A: TensorLike, tol: TensorLike | None = None, hermitian: bool = False, *, atol: TensorLike | None = None,
    rtol: TensorLike | None = None, out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Rank of a matrix, or of each in a batch: the number of singular values above max(atol, rtol · largest).

    Args:
        A: (..., m, n).
        tol: the older name of atol, by position.
        hermitian: take the matrix as symmetric (Hermitian), and compute its eigenvalues, which is faster.
        atol, rtol: the tolerances. By default rtol is max(m, n) times the precision of the dtype, or 0 if atol is given.
        out: a tensor for the result.

    Raises:
        ShapeError: an input of fewer than 2 dimensions. DtypeError: a complex tolerance.

    Example:
        >>> import autograd
        >>> autograd.linalg.matrix_rank(autograd.ones(3, 3))
        tensor(1, dtype=int64)
    """
    return _matrix_rank(A, **_tolerances(tol if atol is None else atol, rtol, "matrix_rank"), hermitian=hermitian, out=out)


def _tolerances(atol: TensorLike | None, rtol: TensorLike | None, name: str) -> dict[str, Any]:
    given = {"atol": atol, "rtol": rtol}
    for key, value in given.items():
        if value is not None and np.iscomplexobj(array_of(value)):
            raise DtypeError(f"{name}: a tolerance {key} of complex type is not supported: {value}")
    return given


_slogdet = recorded_tuple(_ops.slogdet)
_solve = recorded(_ops.solve)
_solve_triangular = recorded(_ops.solve_triangular)
_eigh = recorded_tuple(factorisation.eigh)
_eig = recorded_tuple(factorisation.eig)
_svd = recorded_tuple(factorisation.svd)
_qr = recorded_tuple(factorisation.qr)
_norm = recorded(reduction.norm)
_sum = recorded(reduction.sum)
_amax = recorded(reduction.amax)
_amin = recorded(reduction.amin)
_where = recorded(comparison.where)


class Slogdet(NamedTuple):
    """The sign of a determinant, and the logarithm of its absolute value."""

    sign: Tensor
    logabsdet: Tensor


class Eigen(NamedTuple):
    """Eigenvalues, and eigenvectors as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class SVD(NamedTuple):
    """U, S and Vh of the decomposition U diag(S) Vh."""

    U: Tensor
    S: Tensor
    Vh: Tensor


class QR(NamedTuple):
    """Q and R of the decomposition Q R."""

    Q: Tensor
    R: Tensor


class LeastSquares(NamedTuple):
    """A least-squares solution, the squared norms of its residuals, and the rank and singular values of the matrix."""

    solution: Tensor
    residuals: Tensor
    rank: Tensor
    singular_values: Tensor


# ------------------------------------------------------------------------------------------------------------ factorisations


def slogdet(A: TensorLike) -> Slogdet:
    """The sign of the determinant and the logarithm of its absolute value. They exist where the determinant itself would overflow.

    Args:
        A: (..., n, n).

    Returns:
        sign: -1, 0 or 1, or a complex number on the unit circle.
        logabsdet: real. Its gradient is A^-T.

    Raises:
        ShapeError: the matrix is not square.

    Source: Giles, Collected matrix derivative results, 2008, section 2.2.4.

    Example:
        >>> import autograd
        >>> autograd.linalg.slogdet(autograd.tensor([[2.0, 0.0], [0.0, -3.0]]))[1]
        tensor(1.7918, dtype=float32)
    """
    return Slogdet(*_slogdet(A))


def eigh(A: TensorLike, UPLO: str = "L") -> Eigen:
    """Eigenvalues, in ascending order, and eigenvectors of a symmetric or Hermitian matrix, which is read as (A + A^H) / 2.

    The gradient through the eigenvectors needs distinct eigenvalues and, for complex matrices, a loss that does not depend on the
    phases of the eigenvectors.

    Args:
        A: (..., n, n).
        UPLO: "L" or "U", the triangle that LAPACK reads.

    Raises:
        ShapeError: the matrix is not square.

    Example:
        >>> import autograd
        >>> autograd.linalg.eigh(autograd.tensor([[2.0, 1.0], [1.0, 2.0]]))[0]
        tensor([1., 3.], dtype=float32)
    """
    return Eigen(*_eigh(A, UPLO=UPLO))


def eigvalsh(A: TensorLike, UPLO: str = "L") -> Tensor:
    """Eigenvalues of a symmetric or Hermitian matrix, in ascending order. They have gradients where they repeat, too.

    Args:
        A: (..., n, n).
        UPLO: "L" or "U", the triangle that LAPACK reads.

    Raises:
        ShapeError: the matrix is not square.

    Example:
        >>> import autograd
        >>> autograd.linalg.eigvalsh(autograd.tensor([[2.0, 1.0], [1.0, 2.0]]))
        tensor([1., 3.], dtype=float32)
    """
    return _eigh(A, UPLO=UPLO)[0]


def eig(A: TensorLike) -> Eigen:
    """Eigenvalues and eigenvectors of a square matrix. Both are always complex.

    Each eigenvector has length 1, and its largest element is real, as in LAPACK. The gradient needs distinct eigenvalues.

    Args:
        A: (..., n, n).

    Raises:
        ShapeError: the matrix is not square.

    Example:
        >>> import autograd
        >>> autograd.linalg.eig(autograd.tensor([[0.0, -1.0], [1.0, 0.0]]))[0].imag
        tensor([ 1., -1.], dtype=float32)
    """
    return Eigen(*_eig(A))


def eigvals(A: TensorLike) -> Tensor:
    """Eigenvalues of a square matrix, always complex.

    Raises:
        ShapeError: the matrix is not square.

    Example:
        >>> import autograd
        >>> autograd.linalg.eigvals(autograd.tensor([[1.0, 1.0], [0.0, 3.0]])).real
        tensor([1., 3.], dtype=float32)
    """
    return _eig(A)[0]


def svd(A: TensorLike, full_matrices: bool = True, *, driver: str | None = None) -> SVD:
    """Singular value decomposition, A = U diag(S) Vh: U has orthonormal columns, Vh orthonormal rows, and S falls.

    The gradient through U and Vh needs distinct singular values (none of them 0 if A is not square) and, for complex matrices, a
    loss that does not depend on the phases of the singular vectors. The gradient through S alone always exists.

    Args:
        A: (..., m, n).
        full_matrices: whether U and Vh are square. A loss must not read the columns of U and rows of Vh beyond the singular values.
        driver: None; others are of PyTorch's CUDA build.

    Raises:
        ShapeError: fewer than 2 dimensions. ArgumentError: a driver.

    Example:
        >>> import autograd
        >>> autograd.linalg.svd(autograd.tensor([[3.0, 0.0], [0.0, -4.0]]))[1]
        tensor([4., 3.], dtype=float32)
    """
    _no_driver(driver, "svd")
    return SVD(*_svd(A, full_matrices=full_matrices))


def _no_driver(driver: str | None, name: str) -> None:
    if driver is not None:
        raise ArgumentError(f"linalg.{name}: keyword argument `driver=` is only supported on CUDA inputs, not {driver!r} here")


def svdvals(A: TensorLike, *, driver: str | None = None) -> Tensor:
    """Singular values, in descending order. They have gradients where they repeat, too.

    Args:
        A: (..., m, n).
        driver: None; others are of PyTorch's CUDA build.

    Raises:
        ShapeError: fewer than 2 dimensions. ArgumentError: a driver.

    Example:
        >>> import autograd
        >>> autograd.linalg.svdvals(autograd.tensor([[3.0, 0.0], [0.0, -4.0]]))
        tensor([4., 3.], dtype=float32)
    """
    _no_driver(driver, "svdvals")
    return _svd(A, full_matrices=False)[1]


def qr(A: TensorLike, mode: str = "reduced") -> QR:
    """QR decomposition, A = Q R: Q has orthonormal columns, and R is upper triangular. The gradient needs the first columns to be
    independent.

    Args:
        A: (..., m, n).
        mode: "reduced" for min(m, n) columns of Q. "complete" for a square Q. "r" for an empty Q.

    Raises:
        ShapeError: fewer than 2 dimensions.

    Example:
        >>> import autograd
        >>> q, r = autograd.linalg.qr(autograd.tensor([[3.0, 1.0], [4.0, 2.0]]))
        >>> abs(r[0, 0])
        tensor(5., dtype=float32)
    """
    if mode == "r":
        upper = _qr(A)[1]
        return QR(make(np.empty(0, upper.dtype)), upper)
    return QR(*_qr(A, mode=mode))


# ------------------------------------------------------------------------------------------------------------- linear systems


def solve(A: TensorLike, B: TensorLike, *, left: bool = True) -> Tensor:
    """The solution X of A X = B.

    Args:
        A: (..., n, n).
        B: (..., n, k), or vectors (..., n); with left=False (..., k, n).
        left: False solves X A = B.

    Raises:
        ShapeError: shapes that do not match. LinAlgError: A is singular.

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

    L: Tensor
    info: Tensor


class InvEx(NamedTuple):
    """An inverse, and 0, or the number of the first pivot that is zero."""

    inverse: Tensor
    info: Tensor


class SolveEx(NamedTuple):
    """A solution, and 0, or the number of the first pivot that is zero."""

    result: Tensor
    info: Tensor


def cholesky_ex(A: TensorLike, *, upper: bool = False, check_errors: bool = False) -> CholeskyEx:
    """``cholesky`` that does not raise where a matrix is not positive definite: the factor is nan there, and ``info`` is not 0.

    Args:
        A: (..., n, n).
        upper: whether to return the upper triangular factor.
        check_errors: whether to raise all the same.

    Returns:
        L: (..., n, n).
        info: int32, for each matrix 0, or the order of the first leading minor that is not positive definite.

    Raises:
        LinAlgError: with check_errors, a matrix is not positive definite. ShapeError: a matrix is not square.

    Example:
        >>> import autograd
        >>> autograd.linalg.cholesky_ex(autograd.tensor([[4.0, 0.0], [0.0, -1.0]])).info
        tensor(2, dtype=int32)
    """

    def indefinite_minor(matrix: np.ndarray) -> int:
        for n in range(1, len(matrix) + 1):
            try:
                factorisation.cholesky(matrix[:n, :n])
            except LinAlgError:
                return n
        return 0

    return CholeskyEx(*_attempt(lambda A: cholesky(A, upper=upper), to_tensor(A), indefinite_minor, check_errors))


def inv_ex(A: TensorLike, *, check_errors: bool = False) -> InvEx:
    """``inv`` that does not raise where a matrix is singular: the inverse is nan there, and ``info`` is not 0.

    Args:
        A: (..., n, n).
        check_errors: whether to raise all the same.

    Returns:
        inverse: (..., n, n).
        info: int32, for each matrix 0, or the number, counted from 1, of the first zero on the diagonal of its factor U.

    Raises:
        LinAlgError: with check_errors, a matrix is singular. ShapeError: a matrix is not square.

    Example:
        >>> import autograd
        >>> autograd.linalg.inv_ex(autograd.ones(2, 2)).info
        tensor(2, dtype=int32)
    """
    return InvEx(*_attempt(inv, to_tensor(A), _zero_pivot, check_errors))


def solve_ex(A: TensorLike, B: TensorLike, *, left: bool = True, check_errors: bool = False) -> SolveEx:
    """``solve`` that does not raise where a matrix is singular: the solution is nan there, and ``info`` is not 0.

    Args:
        A: (..., n, n).
        B: (..., n, k), or vectors (..., n); with left=False (..., k, n).
        left: False solves X A = B.
        check_errors: whether to raise all the same.

    Returns:
        result: of B's shape.
        info: int32, for each matrix 0, or the number, counted from 1, of the first zero on the diagonal of its factor U.

    Raises:
        LinAlgError: with check_errors, a matrix is singular. ShapeError: shapes that do not match.

    Example:
        >>> import autograd
        >>> autograd.linalg.solve_ex(autograd.ones(2, 2), autograd.ones(2)).info
        tensor(2, dtype=int32)
    """
    return SolveEx(*_attempt(lambda A: solve(A, B, left=left), to_tensor(A), _zero_pivot, check_errors))


def _zero_pivot(matrix: np.ndarray) -> int:
    """The number of a matrix's first pivot that is zero, or 0 if the matrix has an inverse."""
    try:
        np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        # Rounding may leave a tiny number in U where LAPACK's inversion met a zero. Then it was the last pivot.
        return zero_pivot(matrix) or len(matrix)
    return 0


def _attempt(
    function: Callable[[Tensor], Tensor], A: Tensor, error_number: Callable[[np.ndarray], int], check_errors: bool
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The function of each matrix, nan where it raises LinAlgError, and for each matrix 0 or the number of its error."""
    try:
        return function(A), make(np.zeros(A.shape[:-2], np.int32))
    except LinAlgError:
        if check_errors:
            raise
    info = np.zeros(A.shape[:-2], np.int32)
    for i in np.ndindex(info.shape):
        info[i] = error_number(A.array[i])
    failed = info[..., None, None] != 0
    # The function is taken of the identity where it fails, and its result there replaced by nan.
    y = function(_where(failed, np.eye(A.shape[-1], dtype=A.dtype), A))
    return _where(failed if y.ndim >= A.ndim else failed[..., 0], np.asarray(np.nan, y.dtype), y), make(info)


def solve_triangular(
    A: TensorLike, B: TensorLike, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:  # fmt: skip
    """The solution X of A X = B, where A is triangular.

    Args:
        A: (..., n, n). Its other triangle is not read.
        B: (..., n, k); with left=False (..., k, n).
        upper: whether A is upper triangular.
        left: False solves X A = B.
        unitriangular: whether to read the diagonal as ones.

    Raises:
        ShapeError: shapes that do not match.

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


def _check_square(name: str, A: Tensor) -> None:
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise ShapeError(f"{name}: expected a square matrix or a batch of square matrices, not {describe(A.array)}")


def cholesky_solve(B: TensorLike, L: TensorLike, upper: bool = False) -> Tensor:
    """The solution X of A X = B, from the Cholesky factor L of A.

    Args:
        B: (..., n, k).
        L: (..., n, n), as ``cholesky`` returns it.
        upper: whether it is the upper triangular factor.

    Raises:
        ShapeError: shapes that do not match.

    Example:
        >>> import autograd
        >>> low = autograd.tensor([[2.0, 0.0], [1.0, 2.0]])
        >>> autograd.cholesky_solve(autograd.tensor([[6.0], [7.0]]), low)
        tensor([[1.],
                [1.]], dtype=float32)
    """
    B, L = to_tensor(B), to_tensor(L)
    _check_square("cholesky_solve", L)
    if B.ndim < 2:
        raise ShapeError(f"cholesky_solve: B must have at least 2 dimensions, not {describe(B.array)}: B[:, None] is a column")
    lower_factor, upper_factor = (H(L), L) if upper else (L, H(L))
    return _solve_triangular(upper_factor, _solve_triangular(lower_factor, B, upper=False), upper=True)


def cholesky_inverse(L: TensorLike, upper: bool = False) -> Tensor:
    """The inverse of A, from the Cholesky factor L of A.

    Args:
        L: (..., n, n), as ``cholesky`` returns it.
        upper: whether it is the upper triangular factor.

    Raises:
        ShapeError: the matrix is not square.

    Example:
        >>> import autograd
        >>> autograd.cholesky_inverse(autograd.tensor([[2.0, 0.0], [0.0, 1.0]]))
        tensor([[0.2500, 0.0000],
                [0.0000, 1.0000]], dtype=float32)
    """
    L = to_tensor(L)
    _check_square("cholesky_inverse", L)
    return cholesky_solve(np.broadcast_to(np.eye(L.shape[-1], dtype=L.dtype), L.shape), L, upper)


def lstsq(A: TensorLike, B: TensorLike, rcond: float | None = None, *, driver: str | None = None) -> LeastSquares:
    """The least-squares solution: the X that minimises |A X - B|, and of several the one with the smallest norm.

    Args:
        A: (..., m, n).
        B: (..., m, k), or vectors (..., m).
        rcond: singular values up to rcond times the largest one count as 0. A negative one, and for "gelsd" one of 1 or more, means
            the precision of the dtype, as in LAPACK. "gels" does not read it.
        driver: "gelsd", "gelss", "gelsy" or "gels", LAPACK's routines. All compute the same solution here.

    Returns:
        solution: (..., n, k), or (n,) for a vector.
        residuals: the squared norms of the columns of A X - B, if m > n and A has full rank; otherwise, and for "gelsy", empty.
        rank: of A; empty for "gels". singular_values: of A, for "gelsd" and "gelss"; empty otherwise, as in PyTorch.

    Raises:
        ShapeError: shapes that do not match. DtypeError: two dtypes.

    Example:
        >>> import autograd
        >>> a = autograd.tensor([[1.0], [1.0]])
        >>> autograd.linalg.lstsq(a, autograd.tensor([[1.0], [3.0]])).solution
        tensor([[2.0000]], dtype=float32)
    """
    A, B = to_tensor(A), to_tensor(B)
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise ArgumentError(f"lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), not {driver!r}")
    demand_equal_dtypes("lstsq", A, B)
    if rcond is not None:
        precision = rcond < 0 or (driver == "gelsd" and not 0 < rcond < 1)
        rcond = None if driver == "gels" else float(np.finfo(values(A).dtype).eps) if precision else rcond
    vector = B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])
    right = B[..., None] if vector else B
    x = matmul(pinv(A, rtol=rcond), right)
    rank = matrix_rank(A, rtol=rcond)
    m, n = A.shape[-2:]
    if m > n and driver != "gelsy" and np.all(values(rank) == n):
        r = matmul(A, x) - right
        residuals = _sum(np.square(r) if r.dtype.kind == "f" else np.real(r * np.conjugate(r)), dim=-2)
    else:
        residuals = make(np.empty(0, values(A).real.dtype))
    nothing = make(np.empty(0, values(A).real.dtype))
    singular = make(np.linalg.svd(values(A), compute_uv=False)) if driver in ("gelsd", "gelss") else nothing
    return LeastSquares(x[..., 0] if vector else x, residuals, make(np.empty(0, np.int64)) if driver == "gels" else rank, singular)


def tensorinv(A: TensorLike, ind: int = 2) -> Tensor:
    """The inverse for ``tensordot(A, B, ind)``: the first dimensions of A count as the rows of a matrix, the others as its columns.

    Args:
        A: any shape in which both have equally many elements.
        ind: the number of dimensions that are rows.

    Raises:
        ShapeError: a shape in which they have not. LinAlgError: the matrix is singular.

    Example:
        >>> import autograd
        >>> a = autograd.eye(6).reshape(2, 3, 6)
        >>> autograd.linalg.tensorinv(a).shape
        (6, 2, 3)
    """
    A = to_tensor(A)
    rows, columns = tuple(A.shape[:ind]), tuple(A.shape[ind:])
    if ind < 1 or prod(rows) != prod(columns):
        raise ShapeError(f"tensorinv: {rows} and {columns} must have equally many elements (ind={ind})")
    return shapes.reshape(inv(shapes.reshape(A, (prod(rows), prod(columns)))), columns + rows)


def tensorsolve(A: TensorLike, B: TensorLike, dims: Sequence[Dim] | None = None) -> Tensor:
    """The solution X of ``tensordot(A, X, X.ndim) = B``.

    Args:
        A: the shape of B, followed by the shape of X.
        B: any shape.
        dims: dimensions of A that are first moved to its end.

    Raises:
        ShapeError: an A of another shape. LinAlgError: A is singular.

    Example:
        >>> import autograd
        >>> a = 2 * autograd.eye(2).reshape(1, 2, 2)
        >>> autograd.linalg.tensorsolve(a, autograd.tensor([[2.0, 4.0]]))
        tensor([1., 2.], dtype=float32)
    """
    A, B = to_tensor(A), to_tensor(B)
    if dims is not None:
        A = shapes.movedim(A, list(dims), list(range(-len(dims), 0)))
    shape = tuple(A.shape[len(B.shape) :])
    if prod(shape) != prod(B.shape):
        raise ShapeError(
            f"tensorsolve: {describe(A.array)} does not have the shape of B, {tuple(B.shape)}, followed by equally many columns"
        )
    flat = shapes.reshape(A, (prod(shape), prod(shape)))
    return shapes.reshape(_solve(flat, shapes.reshape(B, (prod(shape), 1))), shape)


# --------------------------------------------------------------------------------------------------------------------- norms


def vector_norm(
    x: TensorLike, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None, axis: Dims = None
) -> Tensor:  # fmt: skip
    """The norm of vectors, (Σ |x|^ord)^(1/ord). Its gradient at 0 is 0.

    Args:
        x: floating point or complex, any shape.
        ord: the order: a number, inf or -inf for the largest or smallest |x|, 0 for the number of elements that are not 0.
        dim: the dimension, or several: the elements along all of them count as one vector. None for all elements.
        keepdim: keep the dimensions with length 1.
        dtype: converts x first.
        axis: NumPy's name of dim.

    Raises:
        DtypeError: integers. EmptyError: no elements, for a negative ord or inf.

    Example:
        >>> import autograd
        >>> autograd.linalg.vector_norm(autograd.tensor([[3.0, 4.0], [0.0, 0.0]]), dim=1)
        tensor([5., 0.], dtype=float32)
    """
    if dtype is not None:
        x = shapes.astype(x, dtype)
    dim = dim if axis is None else axis
    if isinstance(ord, complex):
        raise ArgumentError(f"vector_norm: Expected a non-complex scalar as the order of the norm, not {ord!r}")
    shape = np.shape(getattr(x, "array", x))
    if 0 in shape and (ord < 0 or ord == inf):
        along = range(len(shape)) if dim is None or dim == () else (dim,) if isinstance(dim, int) else dim
        if 0 in [shape[d] for d in along]:
            raise EmptyError(
                f"linalg.vector_norm cannot compute the {ord} norm along an empty dimension, of a tensor of shape {tuple(shape)}: "
                f"there is no smallest or largest of no numbers"
            )
    return _norm(x, ord=ord, dim=dim, keepdim=keepdim)


def matrix_norm(
    A: TensorLike, ord: float | str = "fro", dim: Sequence[Dim] = (-2, -1), keepdim: bool = False, *, dtype: DType | None = None
) -> Tensor:  # fmt: skip
    """The norm of matrices.

    Args:
        A: at least 2 dimensions.
        ord: "fro": √Σ |a|². "nuc": the sum of the singular values. 2 and -2: the largest and the smallest singular value. inf and
            -inf: the largest and the smallest sum of |a| over a row. 1 and -1: the same over a column.
        dim: the two dimensions of the matrices.
        keepdim: keep the dimensions with length 1.
        dtype: converts A first.

    Raises:
        ArgumentError: another ord. ShapeError: not two different dimensions. RangeError: a dimension that A does not have.

    Example:
        >>> import autograd
        >>> autograd.linalg.matrix_norm(autograd.tensor([[3.0, 0.0], [0.0, 4.0]]), 2)
        tensor(4., dtype=float32)
    """
    A = to_tensor(A)
    if dtype is not None:
        A = shapes.astype(A, dtype)
    if isinstance(dim, int) or len(dim) != 2:
        raise ShapeError(f"matrix_norm: dim must be a 2-tuple, not {dim}")
    for d in dim:
        if not -A.ndim <= d < A.ndim:
            raise RangeError(
                f"matrix_norm: Dimension out of range (expected to be in range of [{-A.ndim}, {A.ndim - 1}], but got {d})"
            )
    if dim[0] % A.ndim == dim[1] % A.ndim:
        raise ShapeError(f"matrix_norm: expected two different dimensions, not dim={dim}")
    if ord == "fro":
        return _norm(A, ord=2, dim=tuple(dim), keepdim=keepdim)
    A = shapes.movedim(A, tuple(dim), (-2, -1))
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
            y = shapes.unsqueeze(y, d)
    return y


def norm(
    A: TensorLike, ord: float | str | None = None, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None,
    axis: Dims = None,
) -> Tensor:  # fmt: skip
    """The norm of vectors, along one dimension, or of matrices, along two.

    Args:
        A: any shape.
        ord: as of ``vector_norm`` or ``matrix_norm``. None for the root of the sum of squares.
        dim: the dimension or the two. None for all elements, or, with ord, for those of a vector or matrix.
        keepdim: keep the dimensions with length 1.
        dtype: converts A first.
        axis: NumPy's name of dim.

    Raises:
        ShapeError: neither a vector nor a matrix, with ord and without dim. ArgumentError: another ord.

    Example:
        >>> import autograd
        >>> autograd.linalg.norm(autograd.tensor([[3.0, 0.0], [0.0, 4.0]]), "nuc")
        tensor(7., dtype=float32)
    """
    A, dim = to_tensor(A), dim if axis is None else axis
    if dim is None and ord is not None:
        if A.ndim > 2 or (A.ndim == 0 and isinstance(ord, str)):
            raise ShapeError(f"norm: with ord={ord!r} and no dim, expected a vector or a matrix, not {describe(A.array)}")
        dim = tuple(range(A.ndim))
    dims = () if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if len(dims) < 2 and not isinstance(ord, str):
        return vector_norm(A, ord, dims, keepdim, dtype=dtype)
    return matrix_norm(A, ord, dims, keepdim, dtype=dtype)


def cond(A: TensorLike, p: float | str | None = None) -> Tensor:
    """The condition number in the 2-norm, the largest singular value divided by the smallest, or in another norm, |A| |A^-1|.

    Args:
        A: (..., n, n), or (..., m, n) for the 2-norm.
        p: the norm, as of ``matrix_norm``. None for 2. -2 is the smallest singular value divided by the largest.

    Returns:
        The number; inf for a singular matrix, 0 for an empty one.

    Raises:
        ShapeError: A is not square, for a norm other than 2 and -2.

    Example:
        >>> import autograd
        >>> autograd.linalg.cond(autograd.tensor([[2.0, 0.0], [0.0, 8.0]]))
        tensor(4., dtype=float32)
    """
    A = to_tensor(A)
    if p in (None, 2, -2):
        s = svdvals(A)
        if not s.shape[-1]:
            return make(np.zeros(s.shape[:-1], s.dtype))
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    _check_square("cond", A)
    if not A.shape[-1]:
        return make(np.zeros(A.shape[:-2], A.array.real.dtype))
    inverse, info = inv_ex(A)
    if info.array.any():  # nothing is computed from the inverse of a singular matrix
        inverse = np.where(info.array[..., None, None] == 0, inverse, 0)  # type: ignore[assignment]
    y = matrix_norm(A, p) * matrix_norm(inverse, p)
    return np.where(info.array == 0, y, inf) if info.array.any() else y  # type: ignore[return-value]


# -------------------------------------------------------------------------------------------------------------------- powers


def matrix_power(A: TensorLike, n: int) -> Tensor:
    """A multiplied by itself n times, by repeated squaring. For a negative n, the inverse multiplied by itself -n times.

    Args:
        A: (..., n, n).
        n: the exponent.

    Raises:
        ShapeError: the matrix is not square. LinAlgError: it is singular, for a negative n.

    Example:
        >>> import autograd
        >>> autograd.linalg.matrix_power(autograd.tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
        tensor([[1., 5.],
                [0., 1.]], dtype=float32)
    """
    A = to_tensor(A)
    _check_square("matrix_power", A)
    n = integers(n, "matrix_power: argument 'n'")
    if n < 0:
        return matrix_power(inv(A), -n)
    if n == 0:
        identity = np.broadcast_to(np.eye(A.shape[-1], dtype=A.dtype), A.shape)
        return _where(np.False_, A, identity)  # of A, whose gradient is 0
    y: Tensor | None = None
    power = A
    while n:
        if n % 2:
            y = power if y is None else matmul(y, power)
        n //= 2
        if n:
            power = matmul(power, power)
    return shapes.clone(A) if y is None or y is A else y


def diagonal(A: TensorLike, *, offset: int = 0, dim1: Dim = -2, dim2: Dim = -1) -> Tensor:
    """A view of the diagonal of each matrix.

    Args:
        A: at least 2 dimensions.
        offset: which diagonal: 0 is the main one, positive numbers lie above it.
        dim1: the dimension of the rows.
        dim2: the dimension of the columns.

    Example:
        >>> import autograd
        >>> autograd.linalg.diagonal(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]))
        tensor([1., 4.], dtype=float32)
    """
    return shapes.diagonal(A, offset=offset, dim1=dim1, dim2=dim2)


def vander(x: TensorLike, *, N: int | None = None) -> Tensor:
    """Vandermonde matrices: the powers 0 to N - 1 of each element, in a new last dimension.

    Args:
        x: (..., n).
        N: the number of powers; n by default. Powers of integers are int64.

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
        raise ShapeError(f"vander: expected a vector or a batch of vectors, not {describe(x.array)}")
    N = integers(N, "vander: argument 'N'")
    if N is not None and N < 0:
        raise ArgumentError(f"vander: N must be non-negative, not {N}")
    if x.dtype.kind in "biu":
        x = shapes.astype(x, np.int64)
    return x[..., None] ** np.arange(x.shape[-1] if N is None else N).astype(x.dtype)
