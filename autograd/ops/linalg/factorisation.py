"""Factorisations of matrices: Cholesky, LU, QR, eigenvalues, singular values.

The rules follow the literature, which writes gradients as PyTorch does: G with dL = Re(sum(conj(G) dX)). ``bar`` converts complex
gradients from the engine's convention and back.

If the loss does not use a factor, ``is_unused`` says so of its gradient, and a rule leaves out that factor's part. So a function of
eigenvalues alone, or of singular values alone, has a gradient also where these repeat.

Eigenvectors and complex singular vectors are determined up to a phase. A loss that depends on the phase has no gradient, and its
backward raises GraphError.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ...engine.op import Sample, op
from ...engine.samples import draw
from ...errors import GraphError, LinAlgError, ShapeError
from ..rules import is_unused, values
from ..shape import tril, triu
from .matrix import (
    H,
    bar,
    check_matrix,
    check_square,
    complex_regular,
    demand_arrays,
    identity,
    inv,
    lapack,
    not_square,
    one_small,
    regular,
    solve_triangular,
)


def _real_part(x):
    return np.real(x) if x.dtype.kind == "c" else x


def _diagonal_of(x):
    """The matrix with 0 off its diagonal."""
    return x * identity(x.shape[-1], x.real.dtype)


def _hermitian(x):
    return (x + H(x)) / 2


def _check_phase(name, phase, g):
    """Raise GraphError if the loss depends on the phases that LAPACK happens to choose. phase: its derivative by the phases."""
    phase, size = values(phase), sum([np.max(np.abs(values(part)), initial=0) for part in g])
    if np.max(np.abs(phase), initial=0) > 1e4 * np.finfo(phase.real.dtype).eps * max(size, 1):
        raise GraphError(
            f"{name}: the loss depends on the phase of complex vectors, which is not determined: use a form of the vectors that "
            f"their phase does not change, such as abs(v) or v v^H"
        )


def _not_matrix():
    return [Sample(np.ones(3), raises=ShapeError, match=r"a matrix.*float64\[3\]")]


def _positive_definite(*shape, seed=0):
    x = draw(shape, -1, 1, seed)
    return x @ x.mT / shape[-1] + np.eye(shape[-1])


# ------------------------------------------------------------------------------------------------------------------ Cholesky


def _cholesky(x, upper=False):
    check_square(x)
    try:
        y = _cholesky_of_one_small(_hermitian(x)) if one_small(x) else np.linalg.cholesky(_hermitian(x))
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "the matrix is not positive definite: it must be symmetric with positive eigenvalues. If rounding has made a small "
            "eigenvalue negative, add a small multiple of the identity"
        ) from None
    return H(y) if upper else y


def _cholesky_of_one_small(x):
    n = x.shape[-1]
    lower, info = lapack("potrf", x.dtype)(x.reshape(n, n), 1, 1)  # of the lower triangle, and with zeros above it
    if info:
        raise np.linalg.LinAlgError("Matrix is not positive definite")
    y = np.empty(x.shape, x.dtype)
    y[...] = lower
    return y


def _cholesky_rule(g, y, upper):
    # I. Murray, "Differentiation of the Cholesky decomposition" (2016), equation 8: the Hermitian part of L^-H phi(L^H G) L^-1.
    g = bar(g)
    L, g = (H(y), H(g)) if upper else (y, g)
    p = tril(H(L) @ g)
    p = (p + H(p) - _diagonal_of(_real_part(p))) / 2
    half = solve_triangular(H(L), p, upper=True)
    return bar(H(solve_triangular(H(L), H(half), upper=True)))


def _cholesky_samples():
    for seed, shape in enumerate([(3, 3), (1, 1), (2, 3, 3), (0, 2, 2)]):
        yield Sample(_positive_definite(*shape, seed=seed))
    yield Sample(_positive_definite(3, 3), upper=True)
    x = complex_regular(3, 3)
    yield Sample(x @ x.mT.conj() / 3)


cholesky = op(
    "cholesky", _cholesky, x=_cholesky_rule, analytic=False, samples=_cholesky_samples,
    errors=lambda: [*not_square(),
                    Sample(-np.eye(2), raises=LinAlgError, match=r"cholesky: .*not positive definite.*float64\[2, 2\]")],
    formula={"y": "y @ y.mT == x", "x": "(S + S.mT) / 2; P = tril(y.mT @ g) - diag(y.mT @ g) / 2; S = inv(y.mT) @ P @ inv(y)"},
    doc="""
    Lower triangular L with L L^H = X, for a positive definite matrix X; with ``upper``, the upper triangular L^H.

    The op factorises (X + X^H) / 2, so the gradient of X is symmetric (Hermitian).

    Raises:
        ShapeError: the matrix is not square. LinAlgError: it is not positive definite.

    Source: I. Murray, "Differentiation of the Cholesky decomposition" (2016).

    Example:
        >>> import autograd
        >>> autograd.linalg.cholesky(autograd.tensor([[4.0, 2.0], [2.0, 5.0]]))
        tensor([[2., 0.],
                [1., 2.]], dtype=float32)
    """,
)

# ------------------------------------------------------------------------------------------------------------------------ LU


def _lu(x):
    check_matrix(x)
    if not x.size:
        (*batch, m, n), k = x.shape, min(x.shape[-2:])
        return tuple([np.array(np.broadcast_to(np.eye(*s, dtype=x.dtype), (*batch, *s))) for s in ((m, m), (m, k), (k, n))])
    x = x if x.dtype.char in "fdFD" else x.astype(np.result_type(x, np.float32))
    *batch, m, n = x.shape
    k = min(m, n)
    demand_arrays(x)
    factorise = lapack("getrf", x.dtype)
    both, orders = np.empty(x.shape, x.dtype), []
    for matrix, result in zip(x.reshape(-1, m, n), both.reshape(-1, m, n), strict=True):
        result[...], exchanged, _ = factorise(matrix)
        order = list(range(m))  # the rows of X in the order of those of L U
        for row, other in enumerate(exchanged.tolist()):
            order[row], order[other] = order[other], order[row]
        orders.append(order)
    turned = identity(m, x.real.dtype).take(orders, 0)  # row i is 1 at the place of row i of L U
    p = np.ascontiguousarray(turned.mT).reshape(*batch, m, m)
    L = tril(both[..., :k], diagonal=-1)
    L.reshape(-1, m * k)[:, : k * k : k + 1] = 1
    return p, L, triu(both[..., :k, :])


def _lu_rule(g, y):
    """With X = P L U and C = L^-1 P^T dX U^-1: dL = L tril(C, -1) and dU = triu(C) U.

    If X is not square, L has rows below its square part, or U has columns beyond it. These rows and columns are functions of the
    square parts, so their gradients are carried there first. The op is holomorphic: its rule conjugates nothing.
    """
    p, L, u = y
    _, gl, gu = g
    m, n = L.shape[-2], u.shape[-1]
    k = min(m, n)
    L1, u1, gl1, gu1 = L[..., :k, :], u[..., :, :k], gl[..., :k, :], gu[..., :, :k]
    beyond = None
    if m > k:
        beyond = _right_solve(u1, gl[..., k:, :])
        gu1 = gu1 - L[..., k:, :].mT @ beyond
    elif n > k:
        beyond = solve_triangular(L1.mT, gu[..., :, k:], upper=True, unitriangular=True)
        gl1 = gl1 - beyond @ u[..., :, k:].mT
    middle = triu(gu1 @ u1.mT)
    if not is_unused(gl1):
        middle = middle + tril(L1.mT @ gl1, diagonal=-1)
    gx = _right_solve(u1, solve_triangular(L1.mT, middle, upper=True, unitriangular=True))
    if beyond is not None:
        gx = np.concatenate([gx, beyond], axis=-2 if m > k else -1)
    return p @ gx


def _right_solve(u, x):
    """X U^-T, for U upper triangular."""
    return solve_triangular(u, x.mT, upper=True).mT


lu = op(
    "lu", _lu, x=_lu_rule, outputs=3,
    samples=lambda: [
        Sample(regular(*s, seed=i)[..., ::-1, :].copy()) for i, s in enumerate([(3, 3), (4, 2), (2, 4), (2, 3, 3), (1, 1)])]
    + [Sample(complex_regular(3, 3))],
    errors=_not_matrix,
    formula={
        "y": "P @ L @ U == x; P = y[0]; L = y[1]; U = y[2]",
        "x": "P @ inv(L.mT) @ (tril(L.mT @ g[1], -1) + triu(g[2] @ U.mT)) @ inv(U.mT); P = y[0]; L = y[1]; U = y[2]",
    },
    doc="""
    P, L, U with P L U = X: a permutation matrix, a lower triangle with ones on the diagonal, and an upper triangle.

    Example:
        >>> import autograd
        >>> p, l, u = autograd.linalg.lu(autograd.tensor([[2.0, 1.0], [4.0, 4.0]]))
        >>> u
        tensor([[ 4.,  4.],
                [ 0., -1.]], dtype=float32)
    """,
)

# ------------------------------------------------------------------------------------------------------------------------ QR


def _qr(x, mode="reduced"):
    check_matrix(x)
    if mode not in ("reduced", "complete"):
        raise ValueError(f"mode must be 'reduced' or 'complete', not {mode!r}")
    *batch, m, n = x.shape
    if mode == "reduced" and type(x) is np.ndarray and x.dtype.char in "fdFD" and 0 < x.size <= 2048 and prod(batch) <= 2:
        return _qr_one_by_one(x, batch, m, n, min(m, n))
    q, r = np.linalg.qr(x, mode=mode)
    return q, r


def _qr_one_by_one(x, batch, m, n, k):
    """The factors of one or two small matrices, in a third of the time of NumPy's function."""
    factorise, orthogonal = lapack("geqrf", x.dtype), lapack("ungqr" if x.dtype.kind == "c" else "orgqr", x.dtype)
    q, r = np.empty((*batch, m, k), x.dtype), np.empty((*batch, k, n), x.dtype)
    for matrix, q_, r_ in zip(x.reshape(-1, m, n), q.reshape(-1, m, k), r.reshape(-1, k, n), strict=True):
        both, scales, _, _ = factorise(matrix)
        r_[...], q_[...] = both[:k], orthogonal(both[:, :k], scales)[0]
    return q, triu(r)


def _qr_rule(g, y, mode):
    """S. F. Walter, L. Lehmann, "Algorithmic differentiation of linear algebra functions with application in optimum experimental
    design" (2010), section 3.2; the wide case: D. A. O. Roberts, L. R. Roberts, "QR and LQ decomposition matrix backpropagation
    algorithms for square, wide, and deep matrices and their software implementation" (2020), section 3.
    """
    (q, r), (gq, gr) = y, g
    m, n = q.shape[-2], r.shape[-1]
    if mode == "complete" and m > n:
        if not is_unused(gq) and np.any(values(gq)[..., n:]):
            raise GraphError("qr: the columns of Q beyond the rank are not determined: use mode='reduced'")
        q, r, gq, gr = q[..., :n], r[..., :n, :], gq[..., :n], gr[..., :n, :]
    gq, gr = bar(gq), bar(gr)
    if m >= n:
        return bar(_qr_square(q, r, gq, gr))
    # More columns than rows: [X | Y] = Q [U | V] where Q U is the factorisation of the square X, and V = Q^H Y.
    y, gv = q @ r[..., m:], gr[..., m:]
    gx = _qr_square(q, r[..., :m], gq + y @ H(gv), gr[..., :m])
    return bar(np.concatenate([gx, q @ gv], axis=-1))


def _qr_square(q, r, gq, gr):
    s = triu(gr @ H(r) - H(q) @ gq)
    s = s + H(s) - _diagonal_of(_real_part(s))
    return H(solve_triangular(r, H(gq + q @ s), upper=True))


qr = op(
    "qr", _qr, x=_qr_rule, outputs=2, analytic=False,
    samples=lambda: [Sample(regular(*s, seed=i)) for i, s in enumerate([(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1)])]
    + [Sample(complex_regular(3, 2)), Sample(complex_regular(2, 3)), Sample(regular(3, 3), mode="complete")],
    errors=lambda: [*_not_matrix(), Sample(np.eye(2), mode="full", raises=ValueError, match="'reduced' or 'complete'")],
    formula={
        "y": "Q @ R == x; Q = y[0]; R = y[1]",
        "x": "(g[0] + Q @ (M + M.mT - diag(M))) @ inv(R.mT); Q = y[0]; R = y[1]; M = triu(g[1] @ R.mT - Q.mT @ g[0])",
    },
    doc="""
    Q with orthonormal columns and an upper triangular R with Q R = X. The gradient exists where the first columns of X are
    independent.

    Example:
        >>> import autograd
        >>> q, r = autograd.linalg.qr(autograd.tensor([[3.0, 1.0], [4.0, 2.0]]))
        >>> abs(r[0, 0])
        tensor(5., dtype=float32)
    """,
)

# --------------------------------------------------------------------------------------------------------------- eigenvalues


def _gaps(w, eye):
    """The matrix E_ij = w_j - w_i with 1 on its diagonal."""
    return w[..., None, :] - w[..., :, None] + eye


def _eigh(x, UPLO="L"):
    check_square(x)
    w, v = np.linalg.eigh(_hermitian(x), UPLO=UPLO.upper())
    return w, v


def _eigh_rule(g, y):
    # Giles 3.1: with dX = V dC V^H, dw is the diagonal of dC, and dV = V (dC / E).
    (w, v), (gw, gv) = y, g
    if is_unused(gv):
        return bar((v * gw[..., None, :]) @ H(v))
    gv = bar(gv)
    eye = identity(w.shape[-1], w.dtype)
    inner = H(v) @ gv
    if inner.dtype.kind == "c":
        _check_phase("eigh", np.imag(inner) * eye, [gv])
    middle = inner / _gaps(w, eye) * (1 - eye) + gw[..., None, :] * eye
    return bar(v @ _hermitian(middle) @ H(v))


eigh = op(
    "eigh", _eigh, x=_eigh_rule, outputs=2, analytic=False,
    samples=lambda: [Sample(s) for s in (
        np.diag([1.0, 3.0, 6.0]) + draw((3, 3)), draw((1, 1)), np.diag([1.0, 4.0]) + draw((2, 2, 2)), np.zeros((0, 2, 2)))] + [
        # Through a function that the phases of the vectors do not change.
        Sample(np.diag([1.0, 3.0, 6.0]) + draw((3, 3)) + 1j * draw((3, 3), seed=1),
        through=lambda w, v: np.real(v * np.conjugate(v)) * w)],
    errors=not_square,
    formula={
        "y": "(x + x.mT) @ V / 2 == V @ diag(w); w = y[0]; V = y[1]",
        "x": "V @ (M + M.mT) @ V.mT / 2; w = y[0]; V = y[1]; M = diag(g[0]) + V.mT @ g[1] / gaps(w)",
    },
    doc="""
    Eigenvalues, in ascending order, and eigenvectors (columns) of a symmetric or Hermitian matrix: of (X + X^H) / 2.

    The gradient through the eigenvectors exists where the eigenvalues are distinct and, for complex matrices, the loss does not
    change with the phases of the vectors.

    Example:
        >>> import autograd
        >>> autograd.linalg.eigh(autograd.tensor([[2.0, 1.0], [1.0, 2.0]]))[0]
        tensor([1., 3.], dtype=float32)
    """,
)


def _eig(x):
    check_square(x)
    w, v = np.linalg.eig(x)
    dtype = np.result_type(v.dtype, np.complex64)
    if not v.size:
        return w.astype(dtype), v.astype(dtype), np.zeros(v.shape, v.real.dtype)
    # LAPACK scales each column to length 1 and makes its largest element real. The rule needs to know which element that is.
    size = np.abs(v)
    largest = size.argmax(-2)[..., None, :] == np.arange(v.shape[-1])[:, None]
    return w.astype(dtype), v.astype(dtype), largest.astype(size.dtype)


def _eig_rule(g, y, largest):
    """Giles 3.1: dV = V (V^-1 dX V / E). Then each column is scaled to length 1, and its largest element made real.

    The rule of that second step removes from the gradient the component along each column, which would change its length, and moves
    the component that would turn its phase to the largest element. For a loss that depends on neither both components are 0.
    """
    (w, v), (gw, gv) = y, g
    gw = bar(gw)
    eye = identity(w.shape[-1], v.real.dtype)
    middle = gw[..., None, :] * eye
    if not is_unused(gv):
        gv = bar(gv)
        along = np.sum(np.conjugate(v) * gv, axis=-2, keepdims=True)
        pivot = np.sum(largest * np.real(v * np.conjugate(v)), axis=-2, keepdims=True)
        gv = gv - v * np.real(along) - largest * v * (np.imag(along) / pivot * 1j)
        middle = middle + H(v) @ gv / np.conjugate(_gaps(w, eye)) * (1 - eye)
    return bar(H(inv(v)) @ middle @ H(v))


eig = op(
    "eig", _eig, x=_eig_rule, outputs=2, extras=("largest",), analytic=False,
    samples=lambda: [Sample(s) for s in (
        np.diag([1.0, 3.0, 6.0]) + draw((3, 3), -1, 1, 5), np.array([[1.0, 2.0], [-3.0, 0.5]]),
        np.diag([1.0, 4.0]) + draw((2, 2, 2), -1, 1),
        np.diag([1.0, 3.0, 6.0]) + draw((3, 3)) + 1j * draw((3, 3), seed=1), np.array([[2.0]]))],
    errors=not_square,
    formula={
        "y": "x @ V == V @ diag(w); w = y[0]; V = y[1]",
        "x": "inv(V.mT) @ (diag(g[0]) + V.mT @ determined(g[1], V) / gaps(w)) @ V.mT; w = y[0]; V = y[1]",
    },
    doc="""
    Eigenvalues and eigenvectors (columns) of a square matrix, as complex numbers.

    LAPACK scales each eigenvector to length 1 and makes its largest element real. The gradient exists where the eigenvalues are
    distinct.

    Example:
        >>> import autograd
        >>> autograd.linalg.eig(autograd.tensor([[0.0, -1.0], [1.0, 0.0]]))[0].imag
        tensor([ 1., -1.], dtype=float32)
    """,
)

# ----------------------------------------------------------------------------------------------------------- singular values


def _svd(x, full_matrices=True):
    check_matrix(x)
    u, s, vh = np.linalg.svd(x, full_matrices=full_matrices)
    return u, s, vh


def _svd_rule(g, y):
    """J. Townsend, "Differentiating the singular value decomposition" (2016), equations 21 to 31; complex: Z.-Q. Wan, S.-X. Zhang,
    "Automatic differentiation for complex valued SVD" (2019).
    """
    (u, s, vh), (gu, gs, gvh) = y, g
    k, m, n = s.shape[-1], u.shape[-2], vh.shape[-1]
    for part, beyond in ((gu, np.s_[..., k:]), (gvh, np.s_[..., k:, :])):
        if not is_unused(part) and np.any(values(part)[beyond]):
            raise GraphError("svd: the vectors beyond the singular values are not determined: use full_matrices=False")
    u, vh = u[..., :k], vh[..., :k, :]
    if is_unused(gu) and is_unused(gvh):
        return bar((u * gs[..., None, :]) @ vh)
    gu, gvh = bar(gu[..., :k]), bar(gvh[..., :k, :])
    eye = identity(k, s.dtype)
    left, right = H(u) @ gu, vh @ H(gvh)
    left, right = left - H(left), right - H(right)
    if u.dtype.kind == "c":
        _check_phase("svd", (left + right) * eye, [gu, gvh])
    row, column = s[..., None, :], s[..., :, None]
    middle = (left * row + column * right) / _gaps(s * s, eye) * (1 - eye) + gs[..., None, :] * eye
    if u.dtype.kind == "c":
        middle = middle + left * eye / (2 * row)
    gx = u @ middle @ vh
    if m > k and not is_unused(gu):
        outside = gu / row
        gx = gx + (outside - u @ (H(u) @ outside)) @ vh
    if n > k and not is_unused(gvh):
        outside = gvh / column
        gx = gx + u @ (outside - (outside @ H(vh)) @ vh)
    return bar(gx)


svd = op(
    "svd", _svd, x=_svd_rule, outputs=3, analytic=False,
    samples=lambda: [
        Sample(x, full_matrices=full)
        for x, full in ((np.diag([1.0, 3.0, 6.0]) + draw((3, 3), -1, 1), True),
                        (np.eye(4, 2) * [2, 4] + draw((4, 2), -1, 1), False), (np.eye(2, 4) + draw((2, 4), -1, 1), False),
                        (np.diag([2.0, 5.0]) + draw((2, 2, 2), -1, 1), False),
                        (draw((1, 1)), False))
    ] + [
        # Through a product that the phases of complex vectors do not change.
        Sample(draw(shape, seed=5) + 1j * draw(shape, seed=6),
        full_matrices=False, through=lambda u, s, vh: (u * (s * s)[..., None, :]) @ vh)
        for shape in ((3, 3), (4, 2), (2, 4))
    ],
    errors=_not_matrix,
    formula={
        "y": "U @ diag(S) @ Vt == x; U = y[0]; S = y[1]; Vt = y[2]",
        "x": "U @ (diag(g[1]) + (F * (U.mT @ g[0] - g[0].mT @ U)) @ diag(S) + diag(S) @ (F * (Vt @ g[2].mT - g[2] @ "
        "Vt.mT))) @ Vt + (I - U @ U.mT) @ g[0] @ diag(1 / S) @ Vt + U @ diag(1 / S) @ g[2] @ (I - Vt.mT @ Vt); U = "
        "y[0]; S = y[1]; Vt = y[2]; F = 1 / gaps(S ** 2)",
    },
    doc="""
    U, S, Vh with U diag(S) Vh = X: orthonormal columns, singular values in descending order, orthonormal rows.

    The gradient through S exists for every X. The one through U and Vh exists where the singular values are distinct (and not 0, if
    X is not square), and for complex matrices where the loss does not change with the phases of the vectors.

    Args:
        x: (..., m, n).
        full_matrices: also return the columns of U and the rows of Vh beyond the singular values. A loss must not use these.

    Example:
        >>> import autograd
        >>> autograd.linalg.svd(autograd.tensor([[3.0, 0.0], [0.0, -4.0]]))[1]
        tensor([4., 3.], dtype=float32)
    """,
)
