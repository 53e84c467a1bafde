"""Linear algebra with square matrices and linear systems: inverse, determinants, solve, exponential, pseudo-inverse.

The last two dimensions are the matrix, those before them a batch. Most rules are those of M. B. Giles, "Collected matrix derivative
results for forward and reverse mode algorithmic differentiation" (2008); each names its section. The rules of holomorphic ops
transpose and do not conjugate (see engine/op.py). Factorisations are in factorisation.py.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ...engine.op import Op, Sample, nondifferentiable, op
from ...engine.samples import draw
from ...engine.tables import table
from ...errors import DtypeError, LinAlgError, ShapeError
from ..rules import all_of, sum_to, values
from ..shape import tril, triu


def check_matrix(x):
    """Raise ShapeError unless x is a matrix or a batch of them."""
    if x.ndim < 2:
        raise ShapeError("expected a matrix, or a batch of them")


def check_square(x):
    """Raise ShapeError unless x is a square matrix or a batch of them."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError("expected a square matrix, or a batch of them")


def _check_system(a, b):
    """Raise ShapeError unless A X = B is a linear system."""
    check_square(a)
    if b.ndim < 2 or a.shape[-1] != b.shape[-2]:
        raise ShapeError("the right-hand side must have as many rows as the matrix")


def H(x):  # noqa: N802
    """Conjugate transpose."""
    return np.conjugate(x.mT) if x.dtype.kind == "c" else x.mT


def bar(x):
    """Complex conjugate: converts a gradient between the engine's convention and PyTorch's, for which most formulas are written."""
    return np.conjugate(x) if x.dtype.kind == "c" else x


def regular(*shape, seed=0):
    """Matrices for samples that are far from singular."""
    return draw(shape, -1, 1, seed) + 2 * np.eye(shape[-2], shape[-1])


def complex_regular(*shape, seed=0):
    """The same with complex numbers."""
    return regular(*shape, seed=seed) + 1j * draw(shape, -1, 1, seed + 1)


def not_square():
    """The bad calls of every op that takes square matrices."""
    return [
        Sample(np.ones((2, 3)), raises=ShapeError, match=r"square matrix.*float64\[2, 3\]"),
        Sample(np.ones(3), raises=ShapeError, match="square matrix"),
    ]


_SQUARE = [(3, 3), (1, 1), (2, 3, 3), (0, 2, 2), (2, 1, 2, 2)]


def _squares():
    for seed, shape in enumerate(_SQUARE):
        yield Sample(regular(*shape, seed=seed))
    yield Sample(complex_regular(3, 3))
    yield Sample(regular(4, 4)[::2, ::-2].T)


# ---------------------------------------------------------------------------------------------------------- inverse and solve


def one_small(a):
    """Whether a is one small matrix of floating numbers, for which LAPACK itself takes less than half of the time of NumPy."""
    return type(a) is np.ndarray and 0 < a.size == a.shape[-1] ** 2 <= 256 and a.dtype.char in _LETTERS


def _solve_one_small(a, b, shape):
    """The solution of A X = B as NumPy computes it, for one matrix A."""
    n = a.shape[-1]
    _, _, x, info = lapack("gesv", a.dtype)(a.reshape(n, n), b)
    if info:
        raise np.linalg.LinAlgError("Singular matrix")
    y = np.empty(shape, a.dtype)
    y[...] = x
    return y


def identity(n, dtype):
    """An identity matrix, which is not written into."""
    return (_kept_identity if n * n <= _FEW else np.eye)(n, dtype=dtype)


_FEW = 4096  # elements of an identity matrix up to which it is kept for later calls
_kept_identity = table(32)(np.eye)


def _inv(x):
    check_square(x)
    try:
        return _solve_one_small(x, identity(x.shape[-1], x.dtype), x.shape) if one_small(x) else np.linalg.inv(x)
    except np.linalg.LinAlgError:
        raise LinAlgError("singular matrix: it has no inverse; pinv computes the pseudo-inverse") from None


# Giles 2.2.3: dY = -Y dX Y.
inv = op(
    "inv", _inv, x=lambda g, y: -(y.mT @ g @ y.mT), numpy=np.linalg.inv, samples=_squares,
    errors=lambda: [*not_square(), Sample(np.ones((2, 2)), raises=LinAlgError, match=r"inv: singular matrix.*float64\[2, 2\].*")],
    formula={"y": "inv(x)"},
    doc="""
    Inverse Y of a square matrix, or of each in a batch. The gradient is -Y^T g Y^T.

    Raises:
        ShapeError: the matrix is not square. LinAlgError: it is singular.

    Example:
        >>> import autograd
        >>> autograd.linalg.inv(autograd.tensor([[2.0, 0.0], [0.0, 4.0]]))
        tensor([[0.5000, 0.0000],
                [0.0000, 0.2500]], dtype=float32)

    Source: Giles, Collected matrix derivative results, 2008, 2.2.3.
    """,
)


def _solve(a, b):
    _check_system(a, b)
    try:
        if one_small(a) and type(b) is np.ndarray and b.dtype is a.dtype and a.shape[:-2] == b.shape[:-2] and b.size:
            return _solve_one_small(a, b.reshape(b.shape[-2:]), b.shape)
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        raise LinAlgError("singular matrix: there is no unique solution; lstsq computes a least-squares solution") from None


def _solve_rule(g, a, y, a_shape, b_shape, needs):
    # Giles 2.3.1: the gradient of B solves A^T x = g, and that of A is x times -Y^T.
    gb = solve(a.mT, g)
    return sum_to(-(gb @ y.mT), a_shape) if needs[0] else None, sum_to(gb, b_shape) if needs[1] else None


solve = op(
    "solve", _solve, inputs=("a", "b"), joint=_solve_rule,
    samples=lambda: [
        Sample(regular(3, 3), draw((3, 2))), Sample(regular(2, 3, 3), draw((2, 3, 1))), Sample(regular(3, 3), draw((2, 3, 2))),
        Sample(regular(2, 1, 2, 2), draw((3, 2, 2))), Sample(regular(0, 2, 2), draw((0, 2, 1))),
        Sample(regular(2, 2), draw((2, 0))),
        Sample(complex_regular(2, 2), draw((2, 2))), Sample(regular(2, 2), draw((2, 1)) + 1j),
    ],
    errors=lambda: [
        Sample(np.ones((2, 2)), np.ones((2, 1)), raises=LinAlgError, match=r"solve: singular.*float64\[2, 2\]"),
        Sample(np.ones((2, 3)), np.ones((2, 1)), raises=ShapeError, match="square matrix"),
        Sample(np.eye(2), np.ones((3, 1)), raises=ShapeError, match=r"as many rows.*float64\[3, 1\]"),
    ],
    formula={"y": "a @ y == b", "a": "-inv(a.mT) @ g @ y.mT", "b": "inv(a.mT) @ g"},
    doc="The solution X of A X = B, for square matrices A, (..., n, n), and right-hand sides B, (..., n, k). Batches broadcast.",
)


_BATCH, _SMALL = 16, 64  # so many small systems at least are solved together


def _substitute(a, b, upper, unitriangular):
    """The solutions of many small triangular systems, by one substitution for all of them, in double precision."""
    n = a.shape[-1]
    a, x = (np.array(m.transpose(1, 2, 0), np.float64, order="C") for m in (a, b))  # the systems side by side
    if not (unitriangular or np.diagonal(a).all()):
        raise np.linalg.LinAlgError("Singular matrix")
    for i in range(n)[:: -1 if upper else 1]:
        if not unitriangular:
            x[i] /= a[i, i]
        rest = slice(0, i) if upper else slice(i + 1, n)
        if rest.start < rest.stop:
            x[rest] -= a[rest, i, None] * x[i]
    return np.ascontiguousarray(x.transpose(2, 0, 1), dtype=b.dtype)


@cache
def lapack(routine, dtype):
    """LAPACK's routine for this dtype: "getrf" for a float32 is sgetrf."""
    from scipy.linalg import lapack as scipys

    return getattr(scipys, _LETTERS[dtype.char] + routine)


_LETTERS = {"f": "s", "d": "d", "F": "c", "D": "z"}
_ARRAY = np.ndarray  # also while a step is compiled, when that name includes what stands in for an array


def demand_arrays(*operands):
    """Raise a TypeError where something stands in for an array, before a routine of LAPACK's gets it.

    SciPy's wrapper would ask it to become an array, and if it refuses release NumPy's dtype once too often (SciPy 1.17.1 with NumPy
    2.4.6), until NumPy believes that nobody holds the dtype.
    """
    if not all([type(a) is _ARRAY for a in operands]):
        raise TypeError("LAPACK's routines take arrays")


def _common(a, b):
    """The dtype of a system."""
    return a.dtype if a.dtype is b.dtype else np.result_type(a, b)


def _solve_one(a, b, upper, unitriangular):
    """The solution of one triangular system, by LAPACK. SciPy's function takes five times as long for small matrices."""
    demand_arrays(a, b)
    solver = lapack("trtrs", _common(a, b))
    # The arguments after a and b are lower, trans and unitdiag: by name they take as long as the solution itself.
    if a.flags.f_contiguous:
        x, info = solver(a, b, not upper, 0, unitriangular)
    else:  # a transposed matrix in LAPACK's order need not be copied
        x, info = solver(a.T, b, upper, 1, unitriangular)
    if info:
        raise np.linalg.LinAlgError(f"singular matrix: resolution failed at diagonal {info - 1}")
    return x


def _solve_triangular(a, b, upper, unitriangular=False):
    _check_system(a, b)
    if a.ndim == 2 and b.ndim == 2 and a.size and b.size and _common(a, b).char in "fdFD":
        return _solve_one(a, b, upper, unitriangular)
    plain = type(a) is type(b) is np.ndarray and a.dtype == b.dtype and a.dtype.char in "fd"
    if plain and a.ndim == b.ndim == 3 and 0 < len(a) == len(b) and b.size:
        if len(a) >= _BATCH and a.shape[-1] <= _SMALL:
            return _substitute(a, b, upper, unitriangular)
        y = np.empty(b.shape, b.dtype)
        for i in range(len(a)):
            y[i] = _solve_one(a[i], b[i], upper, unitriangular)
        return y
    a = np.triu(a) if upper else np.tril(a)
    if unitriangular:
        eye = np.eye(a.shape[-1], dtype=a.dtype)
        a = a * (1 - eye) + eye
    return np.linalg.solve(a, b)


def _solve_triangular_rule(g, a, y, a_shape, b_shape, upper, unitriangular, needs):
    gb = solve_triangular(a.mT, g, upper=not upper, unitriangular=unitriangular)
    ga = None
    if needs[0]:
        k = int(unitriangular)
        ga = -(gb @ y.mT)
        ga = sum_to(triu(ga, diagonal=k) if upper else tril(ga, diagonal=-k), a_shape)
    return ga, sum_to(gb, b_shape) if needs[1] else None


solve_triangular = op(
    "solve_triangular", _solve_triangular, inputs=("a", "b"), joint=_solve_triangular_rule,
    samples=lambda: [
        Sample(regular(3, 3), draw((3, 2)), upper=True), Sample(regular(3, 3), draw((3, 2)), upper=False),
        Sample(regular(3, 3), draw((3, 2)), upper=True, unitriangular=True), Sample(regular(2, 3, 3), draw((3, 2)), upper=False),
        Sample(regular(2, 3, 3), draw((3, 2)), upper=False, unitriangular=True), Sample(regular(2, 2), draw((3, 2, 1)), upper=True),
        Sample(complex_regular(2, 2), draw((2, 1)), upper=True), Sample(regular(2, 2), draw((2, 0)), upper=True),
    ],
    errors=lambda: [
        Sample(np.zeros((2, 2)), np.ones((2, 1)), upper=True, raises=LinAlgError, match="solve_triangular.*singular"),
        Sample(np.ones((2, 3)), np.ones((2, 1)), upper=True, raises=ShapeError, match="square matrix"),
    ],
    formula={"y": "triangle(a) @ y == b", "a": "-triangle(inv(triangle(a).mT) @ g @ y.mT)", "b": "inv(triangle(a).mT) @ g"},
    doc="""
    The solution X of A X = B for triangular matrices A.

    Args:
        a: (..., n, n). Only one triangle is read.
        b: (..., n, k).
        upper: whether the upper triangle is read, or the lower one.
        unitriangular: whether the diagonal of A counts as 1; it is not read then.
    """,
)

# --------------------------------------------------------------------------------------------------------------- determinants
# Giles 2.2.4: d det = det tr(X^-1 dX). The factor det X^-T is the matrix of cofactors, which exists for singular X too. The rule of
# det is written with that matrix, so it is right for singular matrices.


def _det(x):
    check_square(x)
    return np.linalg.det(x)


def _nearly_singular(x, y):
    """Whether one of the matrices x, with determinants y, is singular in its precision, so that det(X) X^-1 cannot be trusted."""
    if not x.size:
        return False
    if not np.all(np.isfinite(x)):
        return False
    s = np.linalg.svd(x, compute_uv=False)
    return bool(np.any(s[..., -1] <= s[..., 0] * np.sqrt(np.finfo(s.dtype).eps)) or np.any(y == 0))


def _others(s):
    """p_ij, the product of all s but the i-th and the j-th. Products from both ends need no division by s, which may be 0."""
    n = s.shape[-1]
    left = np.where(np.eye(n, dtype=bool), 1, s[..., None, :])
    one = np.ones((*left.shape[:-1], 1), left.dtype)
    before = np.cumprod(np.concatenate([one, left[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([one, left[..., :0:-1]], -1), -1)[..., ::-1]
    return before * after


def _rotations(x):
    u, s, vh = np.linalg.svd(x)
    return np.conjugate(u), s, np.conjugate(vh), (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]


def _cofactor(x, determinant=None):
    check_square(x)
    y = np.asarray(np.linalg.det(x) if determinant is None else determinant)
    if type(x) is not np.ndarray or x.dtype.kind not in "fc" or not x.size:
        return _cofactor_by_rotations(x, y)
    try:
        inverse = _inv(x)
    except np.linalg.LinAlgError:
        return _cofactor_by_rotations(x, y)
    # The product of these is at least the square of the condition: where it is small, no SVD need be asked.
    squares = [np.add.reduce(np.square(np.abs(a)), (-2, -1)) for a in (x, inverse)]
    regular = (squares[0] * squares[1] < 1 / np.finfo(x.dtype).eps) & (y != 0)
    result = y[..., None, None] * inverse.mT
    if not all_of(regular, None):
        others = np.logical_not(regular)
        result[others] = _cofactor_by_rotations(x[others], y[others])
    return result


def _cofactor_by_rotations(x, y):
    """The cofactors of matrices with determinants y, which may be singular."""
    if not _nearly_singular(x, y):
        return y[..., None, None] * np.linalg.inv(x).mT
    u, s, vh, w = _rotations(x)
    # p_ii is the product of all s but the i-th.
    return w * (u * np.diagonal(_others(s), axis1=-2, axis2=-1)[..., None, :]) @ vh


def _cofactor_rule(g, x, y):
    det_ = det(x)
    if _nearly_singular(values(x), values(det_)):
        return cofactor_adjoint(g, x)
    # C = det X^-T, so dC = (tr(C^T dX) C - C dX^T C) / det
    return (np.sum(g * y, axis=(-2, -1), keepdims=True) * y - y @ g.mT @ y) / det_[..., None, None]


def _cofactor_adjoint(u, x):
    """The last line of _cofactor_rule for all matrices, singular ones too: with X = U S V^H the quotients become products of s."""
    check_square(x)
    left, s, right, w = _rotations(x)
    n = s.shape[-1]
    p = _others(s) * (1 - np.eye(n, dtype=s.dtype))
    inner = left.mT @ u @ right.mT
    diagonal = np.sum(np.diagonal(inner, axis1=-2, axis2=-1)[..., None, :] * p, axis=-1)
    middle = diagonal[..., None] * np.eye(n, dtype=s.dtype) - inner.mT * p
    return w * (left @ middle @ right)


def _third(g, u, x):
    """The third derivative of det in the directions G and U, as a matrix. X must have an inverse."""
    d = det(x)
    if _nearly_singular(values(x), values(d)):
        raise NotImplementedError("the third derivative of det at a singular matrix is not implemented")
    inverse = inv(x)
    a, b = inverse @ g, inverse @ u
    ab, eye = a @ b, np.eye(x.shape[-1], dtype=x.real.dtype)
    ta, tb, tab = [np.sum(m * eye, axis=(-2, -1), keepdims=True) for m in (a, b, ab)]
    return d[..., None, None] * (((ta * tb - tab) * eye - tb * a - ta * b + ab + b @ a) @ inverse).mT


cofactor_adjoint: Op = op(
    # The op is analytic, but its SVD rounds the tiny imaginary parts of the complex step away.
    "cofactor_adjoint", _cofactor_adjoint, u=lambda g, x: cofactor_adjoint(g, x), x=_third, analytic=False,
    samples=lambda: [Sample(draw((3, 3), seed=3), regular(3, 3)), Sample(draw((2, 2, 2), seed=3), regular(2, 2, 2)),
                     Sample(draw((2, 2), seed=3), complex_regular(2, 2))],
    errors=lambda: [Sample(np.ones((2, 2)), np.ones((2, 3)), raises=ShapeError, match="square matrix")],
    formula={
        "y": "(t * C - C @ u.mT @ C) / d; C = d * inv(x).mT; t = tr(u.mT @ C)[..., None, None]; d = det(x)[..., None, None]",
        "u": "(t * C - C @ g.mT @ C) / d; C = d * inv(x).mT; t = tr(g.mT @ C)[..., None, None]; d = det(x)[..., None, None]",
        "x": "d * inv(x.mT) @ ((a * b - tr(A @ B)[..., None, None]) * I - a * B.mT - b * A.mT + (A @ B + B @ A).mT); "
        "A = inv(x) @ g; B = inv(x) @ u; a = tr(A)[..., None, None]; b = tr(B)[..., None, None]; d = det(x)[..., None, None]",
    },
    doc="The second derivative of det at X in the direction U, as a matrix.",
)
cofactor = op(
    "cofactor", _cofactor, x=_cofactor_rule,
    samples=lambda: [*_squares(), Sample(np.ones((3, 3)), kink=True), Sample(np.zeros((2, 2)), kink=True)],
    errors=not_square,
    formula={
        "y": "det(x)[..., None, None] * inv(x).mT",
        "x": "(t * y - y @ g.mT @ y) / det(x)[..., None, None]; t = tr(g.mT @ y)[..., None, None]",
    },
    doc="""Matrix of cofactors of X, which is the gradient of det. Where X has an inverse it is det(X) X^-T.

    Args:
        x: (..., n, n).
        determinant: that of x, or None to compute it.
    """,
)


def _det_rule(g, x, y):
    # In a sweep without a graph the determinant, which the forward has computed, need not be computed again.
    plain = type(x) is np.ndarray and isinstance(y, np.ndarray | np.generic)
    return g[..., None, None] * (cofactor(x, determinant=y) if plain else cofactor(x))


det = op(
    "det", _det, x=_det_rule, numpy=np.linalg.det,
    samples=lambda: [*_squares(), Sample(np.array([[1.0, 2.0], [2.0, 4.0]])), Sample(np.zeros((2, 2))),
                     Sample(np.diag([1.0, 0.0, 0.0, 2.0])),
                     Sample(np.array([[1.0, 2j], [2.0, 4j]])), Sample(np.stack([np.eye(3), np.ones((3, 3))]))],
    errors=not_square,
    formula={"y": "det(x)", "x": "g[..., None, None] * cofactor(x)"},
    doc="""
    Determinant of a square matrix, or of each in a batch. The gradient is the matrix of cofactors, which exists for singular
    matrices too.

    Raises:
        ShapeError: the matrix is not square.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
        >>> autograd.linalg.det(x).backward()
        >>> x.grad
        tensor([[ 4., -2.],
                [-2.,  1.]], dtype=float32)
    """,
)


def _slogdet(x):
    check_square(x)
    sign, logabs = np.linalg.slogdet(x)
    return np.asarray(sign), np.asarray(logabs)


def _slogdet_rule(g, x, y0):
    # d log|det| = Re tr(X^-1 dX) and d sign = i Im tr(X^-1 dX) sign. A real sign has the derivative 0.
    total = g[1]
    if x.dtype.kind == "c":
        total = total + np.imag(g[0] * y0) * 1j
    return total[..., None, None] * inv(x).mT


slogdet = op(
    "slogdet", _slogdet, x=_slogdet_rule, outputs=2, analytic=False, numpy=np.linalg.slogdet,
    samples=lambda: [*_squares(), Sample(-regular(3, 3))], errors=not_square,
    formula={
        "y": "y[0] == det(x) / abs(det(x))",
        "y[1]": "log(abs(det(x)))",
        "x": "g[1][..., None, None] * inv(x.mT) if is_real(x) else (g[1] + 1j * imag(g[0] * y[0])) * inv(x.mT)",
    },
    doc="""
    Sign of the determinant, and logarithm of its absolute value, which does not overflow where the determinant would.

    Returns:
        sign: -1, 0 or 1; of a complex matrix a number on the unit circle.
        logabsdet: log |det X|. Its gradient is X^-T (Giles 2.2.4).

    Raises:
        ShapeError: the matrix is not square.

    Example:
        >>> import autograd
        >>> autograd.linalg.slogdet(autograd.tensor([[2.0, 0.0], [0.0, -3.0]]))[1]
        tensor(1.7918, dtype=float32)
    """,
)


def _logdet(x):
    check_square(x)
    sign, logabs = np.linalg.slogdet(x)
    if x.dtype.kind == "c":
        return logabs + np.log(sign)
    return np.where(sign < 0, np.array(np.nan, logabs.dtype), logabs)


logdet = op(
    "logdet", _logdet, x=lambda g, x: g[..., None, None] * inv(x).mT, samples=_squares, errors=not_square,
    formula={"y": "log(det(x))", "x": "g[..., None, None] * inv(x.mT)"},
    doc="""
    Logarithm of the determinant: -inf where the determinant is 0, nan where it is negative. The gradient is X^-T.

    Raises:
        ShapeError: the matrix is not square.

    Example:
        >>> import autograd
        >>> autograd.logdet(autograd.tensor([[2.0, 0.0], [0.0, 3.0]]))
        tensor(1.7918, dtype=float32)
    """,
)

# ------------------------------------------------------------------------------------------------- pseudo-inverse, exponential


def _pinv(x, atol=None, rtol=None, hermitian=False):
    check_matrix(x)
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    if rtol is None:
        rtol = max(x.shape[-2:]) * np.finfo(s.dtype).eps if not atol else 0.0
    largest = np.maximum.reduce(s, -1, keepdims=True, initial=0)
    large = s > np.maximum(largest * np.asarray(rtol)[..., None], np.asarray(atol or 0.0)[..., None])
    inverse = np.divide(1, s, out=np.zeros_like(s), where=large)
    return (H(vh) * inverse[..., None, :]) @ H(u)


def _pinv_rule(g, x, y):
    """The rule where the rank is constant: G. H. Golub, V. Pereyra, "The differentiation of pseudo-inverses ..." (1973), 4.12.

    dP = -P dX P + P P^H dX^H (1 - X P) + (1 - P X) dX^H P^H P
    """
    g, p, ph = H(bar(g)), y, H(y)
    gp, pg = g @ p, p @ g
    left, right = gp @ ph, ph @ pg
    return bar(-H(p @ g @ p) + (left - x @ (p @ left)) + (right - (right @ p) @ x))


pinv = op(
    "pinv", _pinv, x=_pinv_rule, analytic=False,
    samples=lambda: [Sample(regular(*s, seed=i)) for i, s in enumerate([(3, 3), (4, 2), (2, 4), (2, 3, 2), (0, 2, 3)])]
    + [Sample(complex_regular(3, 2)), Sample(regular(3, 2), rtol=0.01)],
    errors=lambda: [Sample(np.ones(3), raises=ShapeError, match="a matrix")],
    formula={"y": "pinv(x)", "x": "-y.mT @ g @ y.mT + (I - x @ y) @ g.mT @ y @ y.mT + y.mT @ y @ g.mT @ (I - y @ x)"},
    doc="Moore-Penrose pseudo-inverse: functions/linalg/matrix.py documents the arguments.",
)


def _matrix_exp(x):
    check_square(x)
    if x.dtype.kind not in "fc":
        raise DtypeError("expected a floating point or complex matrix: convert with .float() or .double()")
    if not x.size:
        return np.zeros_like(x)
    from scipy.linalg import expm

    return np.asarray(expm(x)).astype(x.dtype if x.dtype.kind in "fc" else float, copy=False)


def _matrix_exp_rule(g, x):
    """The upper right corner of exp of [[A, G], [0, A]] is the derivative of exp at A in the direction G; here A is X^T.

    Source: A. H. Al-Mohy, N. J. Higham, "Computing the Frechet derivative of the matrix exponential" (2009), equation 1.6.
    """
    n = x.shape[-1]
    a = x.mT
    zero = np.zeros(x.shape, g.dtype)
    block = np.concatenate([np.concatenate([a, g], axis=-1), np.concatenate([zero, a], axis=-1)], axis=-2)
    return matrix_exp(block)[..., :n, n:]


matrix_exp = op(
    "matrix_exp", _matrix_exp, x=_matrix_exp_rule,
    samples=lambda: [Sample(draw(s, -1, 1, i)) for i, s in enumerate([(3, 3), (1, 1), (2, 2, 2), (0, 2, 2)])]
    + [Sample(draw((2, 2)) + 1j * draw((2, 2), seed=2)), Sample(np.zeros((2, 2)))],
    errors=not_square,
    formula={"y": "expm(x)", "x": "corner(expm(blocks(x.mT, g, 0, x.mT)))"},
    doc="""
    Matrix exponential, Σ X^k / k!, of a square matrix, or of each in a batch.

    Raises:
        ShapeError: the matrix is not square.

    Source: Al-Mohy and Higham, Computing the Fréchet Derivative of the Matrix Exponential, 2009, equation 1.6.

    Example:
        >>> import autograd
        >>> autograd.linalg.matrix_exp(autograd.tensor([[0.0, 1.0], [0.0, 0.0]]))
        tensor([[1., 1.],
                [0., 1.]], dtype=float32)
    """,
)

# ----------------------------------------------------------------------------------------------------------------------- rank


def _matrix_rank(x, atol=None, rtol=None, hermitian=False):
    check_matrix(x)
    s = np.abs(np.linalg.eigvalsh(x)) if hermitian else np.linalg.svd(x, compute_uv=False)
    if rtol is None:
        rtol = max(x.shape[-2:]) * np.finfo(s.dtype).eps if atol is None else 0.0
    tolerance = np.maximum(np.max(s, axis=-1, initial=0) * rtol, 0.0 if atol is None else atol)
    return np.sum(s > tolerance[..., None], axis=-1)


matrix_rank = nondifferentiable(
    "matrix_rank", _matrix_rank,
    samples=lambda: [Sample(np.ones((3, 2))), Sample(regular(2, 3, 3)), Sample(np.eye(2), hermitian=True)],
    errors=lambda: [Sample(np.ones(3), raises=ShapeError, match="a matrix")],
    formula={"y": "rank(x)"},
    doc="Rank of a matrix, or of each in a batch: functions/linalg/matrix.py documents the arguments.",
)
