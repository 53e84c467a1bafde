"""Decompositions under names that ``torch`` has beside ``torch.linalg``: older signatures, and approximations of low rank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...engine.graph import make
from ...errors import ArgumentError, DtypeError, ShapeError, describe
from ...ops.linalg.matrix import H
from ...types import Dim, Dims, DType, Tensor, TensorLike
from .. import reduction
from .. import shape as shapes
from ..creation import to_tensor
from ..random import randn
from . import matrix as linalg
from .lu import LUFactor, LUFactorEx, lu_factor_ex
from .product import matmul


class SVD(NamedTuple):
    """U, S and V of the decomposition U diag(S) V^H."""

    U: Tensor
    S: Tensor
    V: Tensor


class Triangular(NamedTuple):
    """The solution of a triangular system, and a copy of its matrix."""

    solution: Tensor
    cloned_coefficient: Tensor


def svd(input: TensorLike, some: bool = True, compute_uv: bool = True) -> SVD:
    """Singular value decomposition, input = U diag(S) V^H. Unlike ``linalg.svd`` it returns V, not V^H.

    Args:
        input: (..., m, n).
        some: whether U and V have min(m, n) columns. Otherwise they are square.
        compute_uv: False leaves U and V filled with zeros.

    Raises:
        ShapeError: fewer than 2 dimensions.

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


def qr(input: TensorLike, some: bool = True) -> linalg.QR:
    """QR decomposition. This is ``linalg.qr`` with a flag in place of its mode.

    Args:
        input: (..., m, n).
        some: False for a square Q.

    Raises:
        ShapeError: fewer than 2 dimensions.

    Example:
        >>> import autograd
        >>> autograd.qr(autograd.ones(3, 1), some=False).Q.shape
        (3, 3)
    """
    return linalg.qr(input, "reduced" if some else "complete")


def cross(input: TensorLike, other: TensorLike, dim: Dim | None = None) -> Tensor:
    """Cross product of vectors of three numbers. This is ``linalg.cross`` with another default of dim.

    Args:
        input: any shape, of length 3 in the dimension dim.
        other: of the same number of dimensions.
        dim: the dimension of the vectors; None for the first of length 3.

    Raises:
        ShapeError: no dimension of length 3.

    Example:
        >>> import autograd
        >>> autograd.cross(autograd.tensor([[1.0], [0.0], [0.0]]), autograd.tensor([[0.0], [1.0], [0.0]])).flatten()
        tensor([0., 0., 1.], dtype=float32)
    """
    a, b = to_tensor(input), to_tensor(other)
    if dim is None:
        if a.ndim != b.ndim:
            raise ShapeError(f"cross: inputs must have the same number of dimensions: {describe(a.array)} and {describe(b.array)}")
        found = [d for d, n in enumerate(np.broadcast_shapes(a.shape, b.shape)) if n == 3]
        if not found:
            raise ShapeError(f"cross: no dimension of size 3 in input: {describe(a.array)} and {describe(b.array)}")
        dim = found[0]
    return linalg.cross(a, b, dim=dim)


def lu(A: TensorLike, pivot: bool = True, get_infos: bool = False) -> LUFactor | LUFactorEx:
    """LU factorisation in compact form, like ``linalg.lu_factor``, but of singular matrices, too.

    Args:
        A: (..., m, n).
        pivot: must be True.
        get_infos: whether to return what ``linalg.lu_factor_ex`` returns.

    Raises:
        NotImplementedError: pivot=False.

    Example:
        >>> import autograd
        >>> autograd.lu(autograd.tensor([[2.0, 1.0], [4.0, 4.0]])).LU
        tensor([[ 4.0000,  4.0000],
                [ 0.5000, -1.0000]], dtype=float32)
    """
    factors = lu_factor_ex(A, pivot=pivot)
    return factors if get_infos else LUFactor(factors.LU, factors.pivots)


def lu_solve(b: TensorLike, LU_data: TensorLike, LU_pivots: TensorLike) -> Tensor:
    """The solution X of A X = b. This is ``linalg.lu_solve`` with another order of arguments.

    Args:
        b: (..., n, k).
        LU_data: (..., n, n), as ``lu(A)`` returns it.
        LU_pivots: (..., n), as ``lu(A)`` returns it.

    Raises:
        DtypeError, ShapeError, RangeError: pivots that are not those of such a matrix.

    Example:
        >>> import autograd
        >>> factors = autograd.lu(autograd.tensor([[2.0, 1.0], [4.0, 4.0]]))
        >>> autograd.lu_solve(autograd.tensor([[3.0], [8.0]]), *factors)
        tensor([[1.],
                [1.]], dtype=float32)
    """
    return linalg.lu_solve(LU_data, LU_pivots, b)


def triangular_solve(
    b: TensorLike, A: TensorLike, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Triangular:
    """The solution X of A X = b for a triangular A, and a copy of A. This is an older form of ``linalg.solve_triangular``.

    Args:
        b: (..., n, k).
        A: (..., n, n). Its other triangle is not read.
        upper: whether A is upper triangular.
        transpose: whether to solve A^T X = b.
        unitriangular: whether to read the diagonal as ones.

    Raises:
        ShapeError: shapes that do not match.

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
    if transpose:
        x = linalg.solve_triangular(A.mT, b, upper=not upper, unitriangular=unitriangular)
    else:
        x = linalg.solve_triangular(A, b, upper=upper, unitriangular=unitriangular)
    return Triangular(x, shapes.clone(A))


def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> Tensor:
    """The Vandermonde matrix of a vector: row i holds the powers of x[i] (NumPy's ``vander``).

    Args:
        x: (n,).
        N: the number of powers; n by default.
        increasing: whether the powers run from 0 to N - 1, or from N - 1 to 0.

    Raises:
        ShapeError: x is not a vector. ArgumentError: a negative N.

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
def frobenius_norm(input: TensorLike, dim: Dim | Sequence[Dim], keepdim: bool = False) -> Tensor:
    """√Σ |x|² over one or two dimensions.

    Args:
        input: any shape.
        dim: the dimension, or two.
        keepdim: keep the dimensions with length 1.

    Raises:
        ShapeError: more than two dimensions.

    Example:
        >>> import autograd
        >>> autograd.frobenius_norm(autograd.tensor([[3.0, 4.0]]), (0, 1))
        tensor(5., dtype=float32)
    """
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) > 2:
        raise ShapeError(f"frobenius_norm: expected at most 2 dimensions, but got dim={dims}")
    return linalg.vector_norm(input, 2, dims or None, keepdim)


def norm(
    input: TensorLike,
    p: float | str | None = "fro",
    dim: Dims = None,
    keepdim: bool = False,
    dtype: DType | None = None,
    *,
    axis: Dims = None,
) -> Tensor:
    """The p-norm (Σ |x|^p)^(1/p) of vectors, or with "nuc" the nuclear norm of matrices. The gradient at 0 is 0.

    Args:
        input: floating point or complex, any shape.
        p: 2 or "fro" for the Euclidean norm. 1, or another number. inf for the largest |x|, -inf for the smallest. 0 for the number
            of elements that are not 0. "nuc" for the sum of the singular values.
        dim: the dimension, or several: the elements along all of them count as one vector. None for all elements. With "nuc" the
            two dimensions of the matrices.
        keepdim: keep the dimensions with length 1.
        dtype: converts the input first.
        axis: NumPy's name of dim.

    Raises:
        DtypeError: integers. ArgumentError: p is another word.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 4.0], requires_grad=True)
        >>> y = autograd.norm(x)
        >>> y.backward()
        >>> y.item(), x.grad
        (5.0, tensor([0.6000, 0.8000], dtype=float32))
        >>> autograd.norm(autograd.tensor([[3.0, 0.0], [0.0, -4.0]]), "nuc")
        tensor(7., dtype=float32)
    """
    if p != "nuc":
        return reduction.norm(input, p, dim, keepdim, dtype, axis=axis)
    dims = dim if axis is None else axis
    return linalg.matrix_norm(input, "nuc", (-2, -1) if dims is None else dims, keepdim, dtype=dtype)  # type: ignore[arg-type]


def nuclear_norm(input: TensorLike, dim: Sequence[Dim] = (-2, -1), keepdim: bool = False) -> Tensor:
    """The sum of the singular values of the matrices in two dimensions.

    Args:
        input: at least 2 dimensions.
        dim: the two dimensions.
        keepdim: keep the dimensions with length 1.

    Raises:
        ShapeError: not two different dimensions.

    Example:
        >>> import autograd
        >>> autograd.nuclear_norm(autograd.tensor([[3.0, 0.0], [0.0, -4.0]]))
        tensor(7., dtype=float32)
    """
    return linalg.matrix_norm(input, "nuc", (dim,) if isinstance(dim, int) else tuple(dim), keepdim)


# ------------------------------------------------------------------------------------------------------ by random projection
def svd_lowrank(A: TensorLike, q: int | None = 6, niter: int | None = 2, M: TensorLike | None = None) -> SVD:
    """An approximation of the q largest singular values and their vectors. It is exact, up to rounding, if the rank is at most q.

    A is projected on the span of A times q random vectors. Power iterations turn this span towards the singular vectors.

    Args:
        A: (..., m, n).
        q: the number of singular values.
        niter: the number of power iterations. 2 is nearly always enough.
        M: is subtracted from A first; it broadcasts.

    Raises:
        ShapeError: fewer than 2 dimensions. DtypeError: integers. ArgumentError: a negative q or niter.

    Source: N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness" (2011), algorithms 4.4 and 5.1.

    Example:
        >>> import autograd
        >>> a = autograd.outer(autograd.tensor([3.0, 4.0]), autograd.tensor([1.3, 0.0, 0.0]))
        >>> autograd.svd_lowrank(a, q=1).S
        tensor([6.5000], dtype=float32)
    """
    A = to_tensor(A)
    if A.ndim < 2:
        raise ShapeError(f"svd_lowrank: expected a matrix or a batch of matrices, not {describe(A.array)}")
    if A.array.dtype.kind not in "fc":
        raise DtypeError(f"svd_lowrank: expected floating point numbers, not {describe(A.array)}: convert with .float()")
    if M is not None:
        A = to_tensor(A - M)
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


def pca_lowrank(A: TensorLike, q: int | None = None, center: bool = True, niter: int = 2) -> SVD:
    """The q principal components of rows of data: ``svd_lowrank`` of A minus the mean of its rows.

    The columns of V are the components. ``A @ V`` is the data in their coordinates, and S² / (m - 1) the variance along each.

    Args:
        A: (..., m, n), m samples with n features.
        q: the number of components, at most min(m, n). By default 6, or min(m, n) if that is less.
        center: whether to subtract the mean.
        niter: the number of power iterations.

    Raises:
        ArgumentError: q or niter out of range.

    Example:
        >>> import autograd
        >>> data = autograd.tensor([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
        >>> autograd.pca_lowrank(data, q=1).V.abs()
        tensor([[0.7071],
                [0.7071]], dtype=float32)
    """
    A = to_tensor(A)
    most = min(A.shape[-2:])
    q = min(6, most) if q is None else q
    if not 0 <= q <= most:
        raise ArgumentError(f"pca_lowrank: q(={q}) must be a non-negative integer and not greater than min(m, n)={most}")
    if niter < 0:
        raise ArgumentError(f"pca_lowrank: niter(={niter}) must be a non-negative integer")
    return svd_lowrank(A - reduction.mean(A, dim=-2, keepdim=True) if center else A, q, niter)
