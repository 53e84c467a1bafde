"""Factorisations of matrices: Cholesky, LU, QR, eigenvalues, singular values.

The rules follow the literature, which writes gradients as PyTorch does: G with dL = Re(sum(conj(G) dX)). ``bar`` converts, for
complex numbers, where a gradient comes in and goes out. A factor of which the loss reads nothing has a gradient of zeros
(``unread``), and its part of a rule is left out: so functions of eigenvalues or singular values alone have gradients where these
repeat.

Eigenvectors and complex singular vectors are fixed up to a phase only. A loss that depends on it has no gradient: an error says so.
"""

from __future__ import annotations

import numpy as np

from ...engine.op import Sample, op
from ...engine.samples import draw
from ...errors import GraphError, LinAlgError, ShapeError
from ..shape import tril, triu
from .matrix import H, _not_square, bar, complex_regular, inv, regular, solve_triangular, square, values


def unread(g):
    """Whether nothing of an output was read: its gradient is the zeros that the engine fills in."""
    return isinstance(g, np.ndarray | np.generic) and not np.any(g)


def _real_part(x):
    return np.real(x) if x.dtype.kind == "c" else x


def _diagonal_of(x):
    """The matrix with everything off the diagonal 0."""
    return x * np.eye(x.shape[-2], x.shape[-1], dtype=x.real.dtype)


def _hermitian(x):
    return (x + H(x)) / 2


def _phase_free(name, phase, g):
    """Raise if a loss depends on the phases that LAPACK happens to choose."""
    phase, size = values(phase), sum([float(np.max(np.abs(values(part)), initial=0)) for part in g])
    if np.max(np.abs(phase), initial=0) > 1e4 * np.finfo(phase.real.dtype).eps * max(size, 1):
        raise GraphError(
            f"{name}: the loss depends on the phase of complex vectors, which is not determined: use it in a form that a phase "
            f"does not change, such as abs(v) or v v^H"
        )


def _matrix(x):
    if np.ndim(x) < 2:
        raise ShapeError("a matrix, or a batch of them, is needed")


def _not_matrix():
    return [Sample(np.ones(3), raises=ShapeError, match=r"a matrix.*float64\[3\]")]


def _definite(*shape, seed=0):
    x = draw(shape, -1, 1, seed)
    return x @ x.mT / shape[-1] + np.eye(shape[-1])


# ------------------------------------------------------------------------------------------------------------------ Cholesky


def _cholesky(x, upper=False):
    square(x)
    try:
        y = np.linalg.cholesky(_hermitian(x))
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "the matrix is not positive definite: is it symmetric with positive eigenvalues? Rounding may have made a small one "
            "negative: add a small multiple of the identity"
        ) from None
    return H(y) if upper else y


def _cholesky_rule(g, y, upper):
    # I. Murray, "Differentiation of the Cholesky decomposition" (2016), equation 8: S = L^-H phi(L^H G) L^-1, its Hermitian part.
    g = bar(g)
    L, g = (H(y), H(g)) if upper else (y, g)
    p = tril(H(L) @ g)
    p = (p + H(p) - _diagonal_of(_real_part(p))) / 2
    half = solve_triangular(H(L), p, upper=True)
    return bar(H(solve_triangular(H(L), H(half), upper=True)))


def _definites():
    for seed, shape in enumerate([(3, 3), (1, 1), (2, 3, 3), (0, 2, 2)]):
        yield Sample(_definite(*shape, seed=seed))
    yield Sample(_definite(3, 3), upper=True)
    x = complex_regular(3, 3)
    yield Sample(x @ x.mT.conj() / 3)


cholesky = op(
    "cholesky", _cholesky, x=_cholesky_rule, analytic=False, samples=_definites,
    errors=lambda: [*_not_square(),
                    Sample(-np.eye(2), raises=LinAlgError, match=r"cholesky: .*not positive definite.*float64\[2, 2\]")],
    formula={"y": "y @ y.mT == x", "x": "(S + S.mT) / 2; P = tril(y.mT @ g) - diag(y.mT @ g) / 2; S = inv(y.mT) @ P @ inv(y)"},
    doc="""
    Lower triangular L with L L^H = X, for X symmetric (Hermitian) and positive definite; the upper one, L^H, with upper=True.

    X is taken as (X + X^H) / 2, and its gradient is symmetric.

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
    _matrix(x)
    from scipy.linalg import lu as scipys

    p, L, u = scipys(x, check_finite=False)
    return np.ascontiguousarray(p), L, u


def _lu_rule(g, y):
    """For X = P L U: with C = L^-1 P^T dX U^-1, dL = L tril(C, -1) and dU = triu(C) U.

    Rows below a square U, and columns beyond a square L, are products of what stands in the square: their gradients are carried
    there first. Holomorphic, so nothing is conjugated.
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
    middle = tril(L1.mT @ gl1, diagonal=-1) + triu(gu1 @ u1.mT)
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
    P, L, U with P L U = X: a permutation, a lower triangle with ones on the diagonal, an upper triangle.

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
    _matrix(x)
    if mode not in ("reduced", "complete"):
        raise ValueError(f"mode is 'reduced' or 'complete', not {mode!r}")
    q, r = np.linalg.qr(x, mode=mode)
    return q, r


def _qr_rule(g, y, mode):
    """S. F. Walter, L. Lehmann, "Algorithmic differentiation of linear algebra functions with application in optimum experimental
    design" (2010), section 3.2; the wide case: D. A. O. Roberts, L. R. Roberts, "QR and LQ decomposition matrix backpropagation
    algorithms for square, wide, and deep matrices and their software implementation" (2020), section 3.
    """
    (q, r), (gq, gr) = y, g
    m, n = q.shape[-2], r.shape[-1]
    if mode == "complete" and m > n:
        if not unread(gq) and np.any(values(gq)[..., n:]):
            raise GraphError("qr: the columns of Q beyond the rank are not determined: use mode='reduced'")
        q, r, gq, gr = q[..., :n], r[..., :n, :], gq[..., :n], gr[..., :n, :]
    gq, gr = bar(gq), bar(gr)
    if m >= n:
        return bar(_qr_square(q, r, gq, gr))
    # [X | Y] = Q [U | V]: Q and U are those of X, and V = Q^H Y.
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
    Q with orthonormal columns and an upper triangular R, Q R = X. The gradient needs the first columns of X to be independent.

    Example:
        >>> import autograd
        >>> q, r = autograd.linalg.qr(autograd.tensor([[3.0, 1.0], [4.0, 2.0]]))
        >>> abs(r[0, 0])
        tensor(5., dtype=float32)
    """,
)

# --------------------------------------------------------------------------------------------------------------- eigenvalues


def _gaps(w, eye):
    """E_ij = w_j - w_i, and 1 on the diagonal."""
    return w[..., None, :] - w[..., :, None] + eye


def _eigh(x, UPLO="L"):
    square(x)
    w, v = np.linalg.eigh(_hermitian(x), UPLO=UPLO)
    return w, v


def _eigh_rule(g, y):
    # Giles 3.1: with dX = V dC V^H, dw is the diagonal of dC and dV = V (dC / E).
    (w, v), (gw, gv) = y, g
    if unread(gv):
        return bar((v * gw[..., None, :]) @ H(v))
    gv = bar(gv)
    eye = np.eye(w.shape[-1], dtype=w.dtype)
    inner = H(v) @ gv
    if inner.dtype.kind == "c":
        _phase_free("eigh", np.imag(inner) * eye, [gv])
    middle = inner / _gaps(w, eye) * (1 - eye) + gw[..., None, :] * eye
    return bar(v @ _hermitian(middle) @ H(v))


eigh = op(
    "eigh", _eigh, x=_eigh_rule, outputs=2, analytic=False,
    samples=lambda: [Sample(s) for s in (
        np.diag([1.0, 3.0, 6.0]) + draw((3, 3)), draw((1, 1)), np.diag([1.0, 4.0]) + draw((2, 2, 2)), np.zeros((0, 2, 2)))] + [
        # Without the phases of the vectors, which are not determined.
        Sample(np.diag([1.0, 3.0, 6.0]) + draw((3, 3)) + 1j * draw((3, 3), seed=1),
        through=lambda w, v: np.real(v * np.conjugate(v)) * w)],
    errors=_not_square,
    formula={
        "y": "(x + x.mT) @ V / 2 == V @ diag(w); w = y[0]; V = y[1]",
        "x": "V @ (M + M.mT) @ V.mT / 2; w = y[0]; V = y[1]; M = diag(g[0]) + V.mT @ g[1] / gaps(w)",
    },
    doc="""
    Eigenvalues, in ascending order, and eigenvectors (columns) of a symmetric or Hermitian matrix, taken as (X + X^H) / 2.

    The gradient through eigenvectors needs distinct eigenvalues, and for complex matrices a loss that their phases do not change.

    Example:
        >>> import autograd
        >>> autograd.linalg.eigh(autograd.tensor([[2.0, 1.0], [1.0, 2.0]]))[0]
        tensor([1., 3.], dtype=float32)
    """,
)


def _eig(x):
    square(x)
    w, v = np.linalg.eig(x)
    kind = np.result_type(v.dtype, np.complex64)
    # LAPACK gives each column length 1 and makes its largest element real: which one it is, the rule needs to know.
    size = np.abs(v)
    largest = np.argmax(size, axis=-2, keepdims=True) == np.arange(v.shape[-1])[:, None]
    return w.astype(kind), v.astype(kind), largest.astype(size.dtype)


def _eig_rule(g, y, largest):
    """Giles 3.1: dV = V (V^-1 dX V / E), and then each column is scaled back to length 1 and its largest element made real.

    The second part takes from the gradient what points along each column (the length), and moves what turns its phase to the
    largest element. It is nothing for a loss that depends on neither.
    """
    (w, v), (gw, gv) = y, g
    gw = bar(gw)
    eye = np.eye(w.shape[-1], dtype=v.real.dtype)
    middle = gw[..., None, :] * eye
    if not unread(gv):
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
    errors=_not_square,
    formula={
        "y": "x @ V == V @ diag(w); w = y[0]; V = y[1]",
        "x": "inv(V.mT) @ (diag(g[0]) + V.mT @ determined(g[1], V) / gaps(w)) @ V.mT; w = y[0]; V = y[1]",
    },
    doc="""
    Eigenvalues and eigenvectors (columns) of a square matrix, always complex.

    Each eigenvector has length 1 and a real largest element, as LAPACK chooses. The gradient needs distinct eigenvalues.

    Example:
        >>> import autograd
        >>> autograd.linalg.eig(autograd.tensor([[0.0, -1.0], [1.0, 0.0]]))[0].imag
        tensor([ 1., -1.], dtype=float32)
    """,
)

# ----------------------------------------------------------------------------------------------------------- singular values


def _svd(x, full_matrices=True):
    _matrix(x)
    u, s, vh = np.linalg.svd(x, full_matrices=full_matrices)
    return u, s, vh


def _svd_rule(g, y):
    """J. Townsend, "Differentiating the singular value decomposition" (2016), equations 21 to 31; complex: Z.-Q. Wan, S.-X. Zhang,
    "Automatic differentiation for complex valued SVD" (2019).
    """
    (u, s, vh), (gu, gs, gvh) = y, g
    k, m, n = s.shape[-1], u.shape[-2], vh.shape[-1]
    for part, beyond in ((gu, np.s_[..., k:]), (gvh, np.s_[..., k:, :])):
        if not unread(part) and np.any(values(part)[beyond]):
            raise GraphError("svd: the vectors beyond the singular values are not determined: use full_matrices=False")
    u, vh = u[..., :k], vh[..., :k, :]
    if unread(gu) and unread(gvh):
        return bar((u * gs[..., None, :]) @ vh)
    gu, gvh = bar(gu[..., :k]), bar(gvh[..., :k, :])
    eye = np.eye(k, dtype=s.dtype)
    left, right = H(u) @ gu, vh @ H(gvh)
    left, right = left - H(left), right - H(right)
    if u.dtype.kind == "c":
        _phase_free("svd", (left + right) * eye, [gu, gvh])
    row, column = s[..., None, :], s[..., :, None]
    middle = (left * row + column * right) / _gaps(s * s, eye) * (1 - eye) + gs[..., None, :] * eye
    if u.dtype.kind == "c":
        middle = middle + left * eye / (2 * row)
    gx = u @ middle @ vh
    if m > k and not unread(gu):
        outside = gu / row
        gx = gx + (outside - u @ (H(u) @ outside)) @ vh
    if n > k and not unread(gvh):
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
        # Complex vectors are determined but for a phase, which this product does not have.
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

    The gradient through U and Vh needs distinct singular values (and none of 0 if X is not square), and for complex matrices a loss
    that phases do not change. That of S alone always exists.

    Args:
        full_matrices: also the columns of U and rows of Vh beyond the singular values. A loss must not read these.

    Example:
        >>> import autograd
        >>> autograd.linalg.svd(autograd.tensor([[3.0, 0.0], [0.0, -4.0]]))[1]
        tensor([4., 3.], dtype=float32)
    """,
)
