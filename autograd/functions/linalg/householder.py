"""Householder reflections: the QR factorisation in LAPACK's compact form, and products with its reflections.

Reflection i is H_i = I - tau_i v v^H. The vector v has i zeros, then a 1, then the elements of column i below the diagonal.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...engine.recording import alias, recorded
from ...errors import DtypeError, ShapeError, describe
from ...ops import join
from ...ops.elementwise import comparison
from ...ops.linalg.matrix import H
from ...ops.linalg.matrix import bar as conjugate
from ...types import Tensor, TensorLike
from ..creation import to_tensor
from .product import matmul

_where = recorded(comparison.where)
_cat = recorded(join.cat)


class GeQRF(NamedTuple):
    """A matrix with R in its upper triangle and the vectors of the reflections below it, and the factors of the reflections."""

    a: Tensor
    tau: Tensor


def _signed_norm(alpha: Any, below: Any) -> Any:
    """-sign(Re alpha) times the norm of (alpha, below), as a row with one number for each matrix."""
    size = np.sqrt(np.sum(np.real(below * conjugate(below)), axis=-2) + np.real(alpha * conjugate(alpha)))
    return size * np.where(np.real(alpha).array < 0, 1, -1).astype(size.dtype)


def geqrf(input: TensorLike) -> GeQRF:
    """QR factorisation in compact form: R, and the reflections whose product is Q. Unlike PyTorch's, it has a gradient.

    Args:
        input: (..., m, n).

    Returns:
        a: (..., m, n), with R in the upper triangle and the vectors of the reflections below it.
        tau: (..., min(m, n)), their factors. ``orgqr`` and ``ormqr`` take both.

    Raises:
        ShapeError: fewer than 2 dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[3.0, 1.0], [4.0, 2.0]])
        >>> a, tau = autograd.geqrf(x)
        >>> a.triu()
        tensor([[-5.0000, -2.2000],
                [ 0.0000,  0.4000]], dtype=float32)
        >>> autograd.allclose(autograd.orgqr(a, tau) @ a.triu(), x, atol=1e-5)
        True
    """
    rest = to_tensor(input)
    if rest.ndim < 2:
        raise ShapeError(f"geqrf: expected a matrix or a batch of matrices, not {describe(rest.array)}")
    m, n = rest.shape[-2:]
    rows, columns, taus = [], [], []
    for _ in range(min(m, n)):
        alpha, below = rest[..., 0, :1], rest[..., 1:, :1]
        # Where all elements below are 0 already, H = I.
        done = ~np.any(below.array, axis=-2) & (np.imag(alpha.array) == 0)
        beta = _where(done, alpha, _signed_norm(_where(done, 1, alpha), below))
        pivot = _where(done, 1, alpha - beta)
        tau = _where(done, 0, (beta - alpha) / _where(done, 1, beta))
        v = below / pivot[..., None, :]
        w = rest[..., :1, 1:] + matmul(H(v), rest[..., 1:, 1:])
        w = conjugate(tau)[..., None, :] * w
        rows.append(_cat([beta[..., None, :] + 0 * alpha[..., None, :], rest[..., :1, 1:] - w], dim=-1))
        columns.append(v)
        taus.append(tau)
        rest = rest[..., 1:, 1:] - matmul(v, w)
    a: Any = rest  # now a matrix without elements
    for row, column in zip(reversed(rows), reversed(columns), strict=True):
        a = _cat([row, _cat([column, a], dim=-1)], dim=-2)
    a = a if rows else to_tensor(input)
    a = a.mT.contiguous().mT  # column by column, as LAPACK writes it
    return GeQRF(a, _cat(taus, dim=-1) if taus else to_tensor(np.empty((*a.shape[:-2], 0), a.dtype)))


def _reflections(name: str, input: TensorLike, tau: TensorLike) -> tuple[Tensor, Tensor]:
    """The vectors and factors of reflections as tensors, after a check of their shapes."""
    input, tau = to_tensor(input), to_tensor(tau)
    if input.ndim < 2 or tau.shape[:-1] != input.shape[:-2] or tau.shape[-1] > min(input.shape[-2:]):
        raise ShapeError(
            f"{name}: expected reflections (..., m, n) and factors (..., k) with k <= min(m, n), not {describe(input.array)} and "
            f"{describe(tau.array)}"
        )
    if tau.dtype != input.dtype:
        raise DtypeError(f"{name}: tau dtype {tau.dtype} does not match input dtype {input.dtype}")
    return input, tau


def _reflected(input: Tensor, tau: Tensor, x: Tensor, adjoint: bool) -> Tensor:
    """H_1 ... H_k x, or with the adjoint H_k^H ... H_1^H x."""
    count = tau.shape[-1]
    for i in range(count) if adjoint else reversed(range(count)):
        below = input[..., i + 1 :, i : i + 1]
        t = tau[..., None, i : i + 1]
        head = x[..., i : i + 1, :]
        w = (conjugate(t) if adjoint else t) * (head + matmul(H(below), x[..., i + 1 :, :]))
        x = _cat([x[..., :i, :], head - w, x[..., i + 1 :, :] - matmul(below, w)], dim=-2)
    return x


def householder_product(A: TensorLike, tau: TensorLike) -> Tensor:
    """The first n columns of the product of reflections H_1 ... H_k. For ``geqrf(x)`` this is the Q of x.

    Args:
        A: (..., m, n) with m >= n, the vectors of the reflections below the diagonal. The other elements are not read.
        tau: (..., k) with k <= n, the factors of the reflections.

    Raises:
        ShapeError: other shapes. DtypeError: factors of another dtype.

    Example:
        >>> import autograd
        >>> autograd.linalg.householder_product(*autograd.geqrf(autograd.tensor([[3.0], [4.0]])))
        tensor([[-0.6000],
                [-0.8000]], dtype=float32)
    """
    A, tau = _reflections("householder_product", A, tau)
    m, n = A.shape[-2:]
    if m < n:
        raise ShapeError(f"householder_product: A must have at least as many rows as columns, not {describe(A.array)}")
    eye = np.broadcast_to(np.eye(m, n, dtype=A.dtype), A.shape)
    return _reflected(A, tau, to_tensor(np.array(eye)), False)


orgqr = alias(householder_product, "orgqr")


def ormqr(input: TensorLike, tau: TensorLike, other: TensorLike, left: bool = True, transpose: bool = False) -> Tensor:
    """The product Q C of a matrix C with Q = H_1 ... H_k, the square matrix of a product of reflections.

    Args:
        input: (..., m, n), as ``geqrf`` returns it.
        tau: (..., k), as ``geqrf`` returns it.
        other: C, of shape (..., m, p); with left=False (..., p, m).
        left: False for C Q.
        transpose: whether to take Q^H in place of Q.

    Raises:
        ShapeError: shapes that do not match.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[3.0, 1.0], [4.0, 2.0]])
        >>> a, tau = autograd.geqrf(x)
        >>> autograd.allclose(autograd.ormqr(a, tau, x, transpose=True), a.triu(), atol=1e-5)
        True
    """
    input, tau = _reflections("ormqr", input, tau)
    other = to_tensor(other)
    if other.ndim != input.ndim or other.shape[:-2] != input.shape[:-2] or other.shape[-2 if left else -1] != input.shape[-2]:
        raise ShapeError(f"ormqr: {describe(other.array)} does not match the reflections {describe(input.array)}, with left={left}")
    if left:
        return _reflected(input, tau, other, transpose)
    return H(_reflected(input, tau, H(other), not transpose))
