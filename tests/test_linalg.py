"""Linear algebra against closed forms: what a textbook says the gradient is, batches, choices of factors, and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from arrays import complexes, leaf, numbers

import autograd
from autograd import linalg
from autograd.errors import ArgumentError, DtypeError, EmptyError, GraphError, RangeError, ShapeError
from autograd.proof.gradcheck import gradcheck, gradgradcheck

LinAlgError = np.linalg.LinAlgError


def gradient(f: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """The gradients of a real number that f computes."""
    leaves = [leaf(a) for a in arrays]
    found = [g.array for g in autograd.grad(f(*leaves), leaves)]
    return found[0] if len(found) == 1 else found


def symmetric(*shape: int, seed: int = 0) -> np.ndarray:
    x = numbers(*shape, seed=seed)
    return x + x.mT


def definite(*shape: int, seed: int = 0) -> np.ndarray:
    x = numbers(*shape, seed=seed)
    return x @ x.mT + np.eye(shape[-1])


BATCHES = [(3, 3), (2, 3, 3), (2, 1, 3, 3)]


# ------------------------------------------------------------------------------------------------------------------ products


@pytest.mark.parametrize(
    ("a", "b"),
    [((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
     ((1, 2, 3), (5, 3, 4)),
     ((6, 1, 2, 3), (5, 3, 4)), ((3,), (5, 3, 4)), ((5, 2, 3), (3,))],
)  # fmt: skip
def test_matmul_is_its_einsum(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    x, y = numbers(*a), numbers(*b, seed=1)
    left, right = "i" if len(a) > 1 else "", "k" if len(b) > 1 else ""
    equation = f"...{left}j,...j{right}->...{left}{right}"
    w = numbers(*np.matmul(x, y).shape, seed=2)
    for one, two in zip(
        gradient(lambda x, y: ((x @ y) * w).sum(), x, y),
        gradient(lambda x, y: (autograd.einsum(equation, x, y) * w).sum(), x, y),
        strict=True,
    ):
        np.testing.assert_allclose(one, two, atol=1e-12)


def test_matmul_accepts_arrays_on_either_side() -> None:
    x, a = leaf(numbers(2, 3)), numbers(3, 3)
    np.testing.assert_array_equal((x @ a).array, x.array @ a)
    np.testing.assert_array_equal((a @ x.mT).detach().numpy(), a @ x.array.T)
    np.testing.assert_array_equal(np.matmul(a, x.mT).array, a @ x.array.T)


def test_matmul_keeps_float32_and_names_both_shapes() -> None:
    a, b = autograd.ones(2, 3, requires_grad=True), autograd.ones(3, 4)
    y = a @ b
    y.sum().backward()
    assert y.dtype == a.grad.dtype == np.float32
    with pytest.raises(ShapeError, match=r"inner dimensions differ, 3 and 2 \(input=float32\[2, 3\], other=float32\[2, 3\]\).*\.T"):
        a @ a


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [("bij,bjk->bki", [(3, 20, 30), (3, 30, 5)]), ("ij,jk,kl", [(20, 30), (30, 10), (10, 7)]),
     ("iij,jkk->ik", [(20, 20, 9), (9, 30, 30)]),
     ("abc,cd,bde->ae", [(20, 30, 4), (4, 6), (30, 6, 7)]),
     ("...ij,...kj->...ik", [(5, 2, 20, 30), (2, 25, 30)]), ("ab,cd->dbca", [(9, 20), (9, 30)]),
     ("aij,ajk->ik", [(1, 20, 30), (6, 30, 9)])],
)  # fmt: skip
def test_large_einsums_are_numpys(equation: str, shapes: list[tuple[int, ...]]) -> None:
    arrays = [numbers(*shape, seed=k) for k, shape in enumerate(shapes)]
    expected = np.einsum(equation, *arrays)
    np.testing.assert_allclose(autograd.einsum(equation, *[leaf(a) for a in arrays]).array, expected, atol=1e-10)
    # Each operand's gradient is the derivative of an expression that is linear in it: x . dy/dx = y.
    w = numbers(*expected.shape, seed=9)
    for a, g in zip(arrays, gradient(lambda *x: (autograd.einsum(equation, *x) * w).sum(), *arrays), strict=True):
        np.testing.assert_allclose((a * g).sum(), (expected * w).sum(), rtol=1e-9)


def test_einsum_forms() -> None:
    x, y = leaf(numbers(2, 3)), leaf(numbers(3, 4))
    expected = x.array @ y.array
    for z in (autograd.einsum("ij,jk", x, y), autograd.einsum("ij,jk", [x, y]), autograd.einsum(x, [0, 1], y, [1, 2], [0, 2]),
              np.einsum("ij,jk->ik", x, y, optimize=True)):  # fmt: skip
        np.testing.assert_allclose(z.array, expected)
        assert z.requires_grad


def test_products_that_check_dimensions() -> None:
    a, v = leaf(numbers(2, 3)), leaf(numbers(3))
    for call in (lambda: autograd.mm(a, v), lambda: autograd.mv(v, v), lambda: autograd.dot(a, a), lambda: autograd.bmm(a, a)):
        with pytest.raises(ShapeError, match=r"float64\[2, 3\]|float64\[3\]"):
            call()
    with pytest.raises(ShapeError, match="batches differ"):
        autograd.bmm(autograd.ones(2, 3, 3), autograd.ones(3, 3, 3))


def test_addmm_ignores_what_beta_zero_multiplies() -> None:
    a = autograd.ones(2, 2)
    y = autograd.addmm(autograd.tensor([np.nan, 1.0]), a, a, beta=0)
    np.testing.assert_array_equal(y.array, 2 * np.ones((2, 2)))


@pytest.mark.parametrize("function", [np.dot, np.inner, np.outer, np.kron, np.tensordot, np.vdot])
def test_numpys_products(function: Any) -> None:
    a, b = numbers(3, 3), numbers(3, 3, seed=1)
    np.testing.assert_allclose(function(leaf(a), leaf(b)).array, function(a, b))
    assert function(leaf(a), b).requires_grad


def test_multi_dot_is_the_product() -> None:
    arrays = [numbers(4), numbers(4, 30), numbers(30, 2), numbers(2, 9), numbers(9)]
    y = linalg.multi_dot([leaf(a) for a in arrays])
    np.testing.assert_allclose(y.array, np.linalg.multi_dot(arrays))
    assert y.shape == ()


# ----------------------------------------------------------------------------------------------- inverse, determinants, solve


@pytest.mark.parametrize("shape", BATCHES)
def test_determinants(shape: tuple[int, ...]) -> None:
    x = definite(*shape)
    inverse = np.linalg.inv(x).mT
    np.testing.assert_allclose(gradient(lambda x: linalg.slogdet(x)[1].sum(), x), inverse, atol=1e-12)
    np.testing.assert_allclose(gradient(lambda x: autograd.logdet(x).sum(), x), inverse, atol=1e-12)
    np.testing.assert_allclose(gradient(lambda x: linalg.det(x).sum(), x), np.linalg.det(x)[..., None, None] * inverse, rtol=1e-9)


def test_det_of_singular_matrices_has_the_cofactors() -> None:
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    cofactors = np.array([[-3.0, 6.0, -3.0], [6.0, -12.0, 6.0], [-3.0, 6.0, -3.0]])
    np.testing.assert_allclose(gradient(linalg.det, x), cofactors, atol=1e-12)
    np.testing.assert_allclose(gradient(linalg.det, np.zeros((3, 3))), 0)
    np.testing.assert_allclose(gradient(linalg.det, np.zeros((1, 1))), 1)
    both = np.stack([x, np.eye(3)])
    np.testing.assert_allclose(gradient(lambda x: linalg.det(x).sum(), both), np.stack([cofactors, np.eye(3)]), atol=1e-12)
    assert gradgradcheck(linalg.det, leaf(np.diag([1.0, 0.0, 0.0])))


def test_third_derivative_of_det() -> None:
    """det(x) of a 3 x 3 matrix is linear in each row: d^3 / dx00 dx11 dx22 is 1."""
    x = leaf(definite(3, 3))
    y = linalg.det(x)
    for i in range(3):
        (g,) = autograd.grad(y, x, create_graph=True)
        y = g[i, i]
    assert y.item() == pytest.approx(1.0)


def test_logdet_of_a_negative_determinant_is_nan() -> None:
    assert np.isnan(autograd.logdet(autograd.tensor([[0.0, 1.0], [1.0, 0.0]])).item())


@pytest.mark.parametrize("columns", [(), (2,)])
def test_solve_is_the_inverse_times(columns: tuple[int, ...]) -> None:
    a, b = definite(3, 3), numbers(3, *columns)
    for one, two in zip(
        gradient(lambda a, b: (linalg.solve(a, b) ** 2).sum(), a, b),
        gradient(lambda a, b: ((linalg.inv(a) @ b) ** 2).sum(), a, b),
        strict=True,
    ):
        np.testing.assert_allclose(one, two, atol=1e-10)


def test_solve_forms() -> None:
    a, b = definite(2, 3, 3), numbers(2, 3, seed=5)
    x = linalg.solve(leaf(a), leaf(b)).array
    np.testing.assert_allclose((a @ x[..., None])[..., 0], b)
    right = numbers(2, 4, 3)
    np.testing.assert_allclose(linalg.solve(leaf(a), leaf(right), left=False).array @ a, right)
    np.testing.assert_allclose(np.linalg.solve(leaf(a[0]), leaf(b[0])).array, x[0])


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("adjoint", [True, False])
def test_lu_solve(left: bool, adjoint: bool) -> None:
    a, b = complexes(2, 3, 3), complexes(2, 3, 3, seed=4)
    x = linalg.lu_solve(*linalg.lu_factor(leaf(a)), leaf(b), left=left, adjoint=adjoint).array
    matrix = a.mT.conj() if adjoint else a
    np.testing.assert_allclose(matrix @ x if left else x @ matrix, b, atol=1e-12)


def test_least_squares_solve_the_normal_equations() -> None:
    a, b = numbers(6, 3), numbers(6, 2, seed=1)
    found = linalg.lstsq(leaf(a), leaf(b))
    np.testing.assert_allclose(found.solution.array, np.linalg.lstsq(a, b, rcond=None)[0])
    np.testing.assert_allclose(found.residuals.array, np.linalg.lstsq(a, b, rcond=None)[1])
    for one, two in zip(
        gradient(lambda a, b: (linalg.lstsq(a, b).solution ** 2).sum(), a, b),
        gradient(lambda a, b: (linalg.solve(a.T @ a, a.T @ b) ** 2).sum(), a, b),
        strict=True,
    ):
        np.testing.assert_allclose(one, two, atol=1e-9)


def test_pinv_of_a_wide_matrix_is_its_closed_form() -> None:
    a = numbers(2, 4)
    one = gradient(lambda a: (linalg.pinv(a) ** 3).sum(), a)
    two = gradient(lambda a: ((a.T @ linalg.inv(a @ a.T)) ** 3).sum(), a)
    np.testing.assert_allclose(one, two, atol=1e-9)


def test_matrix_exp_of_a_symmetric_matrix() -> None:
    """tr exp(X) has the gradient exp(X)^T; exp is that of the eigenvalues."""
    x = symmetric(3, 3)
    w, v = np.linalg.eigh(x)
    np.testing.assert_allclose(linalg.matrix_exp(leaf(x)).array, (v * np.exp(w)) @ v.T)
    np.testing.assert_allclose(gradient(lambda x: (linalg.matrix_exp(x) * np.eye(3)).sum(), x), (v * np.exp(w)) @ v.T)


@pytest.mark.parametrize("n", [0, 1, 2, 5, -3])
def test_matrix_power(n: int) -> None:
    x = definite(2, 3, 3)
    np.testing.assert_allclose(linalg.matrix_power(leaf(x), n).array, np.linalg.matrix_power(x, n))
    assert np.linalg.matrix_power(leaf(x), n).shape == x.shape


# ------------------------------------------------------------------------------------------------------------ factorisations


@pytest.mark.parametrize("shape", BATCHES)
def test_eigenvalues_have_the_gradient_v_v(shape: tuple[int, ...]) -> None:
    x = symmetric(*shape)
    v = np.linalg.eigh(x)[1][..., :, 1]
    expected = v[..., :, None] * v[..., None, :]
    np.testing.assert_allclose(gradient(lambda x: linalg.eigvalsh(x)[..., 1].sum(), x), expected, atol=1e-12)
    np.testing.assert_allclose(gradient(lambda x: np.linalg.eigh(x)[0][..., 1].sum(), x), expected, atol=1e-12)


def test_eigenvalues_that_repeat_have_a_gradient() -> None:
    np.testing.assert_allclose(gradient(lambda x: (linalg.eigvalsh(x) ** 2).sum(), np.eye(3)), 2 * np.eye(3))
    np.testing.assert_allclose(gradient(lambda x: linalg.svdvals(x).sum(), np.eye(3)), np.eye(3), atol=1e-15)
    assert np.isfinite(gradient(lambda x: linalg.svdvals(x).sum(), np.ones((3, 2)))).all()


def test_general_eigenvalues() -> None:
    """The sum of the eigenvalues is the trace, that of their squares the trace of the square."""
    x = numbers(4, 4)
    np.testing.assert_allclose(gradient(lambda x: linalg.eigvals(x).sum().real, x), np.eye(4), atol=1e-10)
    np.testing.assert_allclose(gradient(lambda x: (linalg.eigvals(x) ** 2).sum().real, x), 2 * x.T, atol=1e-10)


def rebuilt_eigh(x: Any) -> Any:
    w, v = linalg.eigh(x)
    return (v * w[..., None, :] ** 3) @ np.conjugate(v).mT


def rebuilt_eig(x: Any) -> Any:
    w, v = linalg.eig(x)
    return (v * w[..., None, :] ** 3) @ linalg.inv(v)


def rebuilt_svd(x: Any) -> Any:
    u, s, vh = linalg.svd(x, full_matrices=False)
    return (u * s[..., None, :] ** 3) @ vh


def rebuilt_qr(x: Any) -> Any:
    q, r = linalg.qr(x)
    return q @ r @ np.conjugate(r).mT


def rebuilt_cholesky(x: Any) -> Any:
    y = linalg.cholesky(x @ np.conjugate(x).mT + np.eye(x.shape[-1]))
    return y @ np.conjugate(y).mT


def rebuilt_lu(x: Any) -> Any:
    p, low, high = linalg.lu(x)
    return p @ low @ high


@pytest.mark.parametrize("make", [numbers, complexes])
@pytest.mark.parametrize(
    ("rebuilt", "direct", "shapes"),
    [(rebuilt_eigh, lambda x: x @ x @ x, [(3, 3), (2, 2, 2)]), (rebuilt_eig, lambda x: x @ x @ x, [(3, 3), (2, 2, 2)]),
     (rebuilt_svd, lambda x: x @ np.conjugate(x).mT @ x, [(3, 3), (4, 2), (2, 4), (2, 3, 2)]),
     (rebuilt_qr, lambda x: x @ np.conjugate(linalg.qr(x)[1]).mT, [(3, 3), (4, 2), (2, 3, 2)]),
     (rebuilt_cholesky, lambda x: x @ np.conjugate(x).mT + np.eye(x.shape[-1]), [(3, 3), (2, 2, 2)]),
     (rebuilt_lu, lambda x: x * 1, [(3, 3), (4, 2), (2, 4), (2, 3, 3)])],
)  # fmt: skip
def test_factors_multiplied_are_the_matrix_again(make: Any, rebuilt: Any, direct: Any, shapes: list[tuple[int, ...]]) -> None:
    """What is made of all factors is a function of the matrix alone: its gradients do not know of the factors."""
    for shape in shapes:
        x = make(*shape)
        if rebuilt is rebuilt_eigh:
            x = x + x.mT.conj()
        np.testing.assert_allclose(rebuilt(leaf(x)).array, direct(leaf(x)).array, atol=1e-9)
        w = make(*direct(leaf(x)).shape, seed=7)
        one, two = [gradient(lambda x, f=f, w=w: np.real((f(x) * w).sum()), x) for f in (rebuilt, direct)]
        if rebuilt is rebuilt_eigh:  # which takes the Hermitian part
            two = (two + two.mT.conj()) / 2
        np.testing.assert_allclose(one, two, atol=1e-8)


def test_the_orthogonal_factor_of_svd_and_qr() -> None:
    """U V^T, the nearest orthogonal matrix, and Q keep their columns orthonormal: so much of them cannot change."""
    x = numbers(4, 3)
    for f in (lambda x: (lambda u, s, vh: u @ vh)(*linalg.svd(x, full_matrices=False)), lambda x: linalg.qr(x)[0]):
        np.testing.assert_allclose(gradient(lambda x, f=f: ((f(x).mT @ f(x)) ** 2).sum(), x), 0, atol=1e-12)


def test_complex_vectors_second_order() -> None:
    x = complexes(3, 3)
    assert gradcheck(lambda x: np.abs(linalg.svd(x)[0]), leaf(x))
    assert gradgradcheck(lambda x: np.abs(linalg.eigh(x)[1]), leaf(x + x.T.conj()))


def test_a_loss_of_phases_raises() -> None:
    x = leaf(complexes(3, 3))
    for v in (linalg.svd(x, full_matrices=False).U, linalg.eigh(x).eigenvectors):
        with pytest.raises(GraphError, match=r"depends on the phase.*abs\(v\)"):
            (v * complexes(3, 3, seed=8)).sum().real.backward(retain_graph=True)


def test_a_loss_of_undetermined_columns_raises() -> None:
    x = leaf(numbers(4, 2))
    with pytest.raises(GraphError, match="full_matrices=False"):
        (linalg.svd(x).U ** 3).sum().backward()
    with pytest.raises(GraphError, match="mode='reduced'"):
        (linalg.qr(x, mode="complete").Q ** 3).sum().backward()


def test_only_the_symmetric_part_counts() -> None:
    x = definite(3, 3)
    skew = np.triu(np.ones((3, 3)), 1) - np.tril(np.ones((3, 3)), -1)
    np.testing.assert_allclose(linalg.cholesky(leaf(x + skew)).array, np.linalg.cholesky(x))
    g = gradient(lambda x: (linalg.cholesky(x) ** 3).sum(), x)
    np.testing.assert_allclose(g, g.T)


def test_cholesky_solve_and_inverse() -> None:
    x, b = definite(3, 3), numbers(3, 2)
    for upper in (False, True):
        y = linalg.cholesky(leaf(x), upper=upper)
        np.testing.assert_allclose(autograd.cholesky_solve(leaf(b), y, upper=upper).array, np.linalg.solve(x, b))
        np.testing.assert_allclose(autograd.cholesky_inverse(y, upper=upper).array, np.linalg.inv(x))


# --------------------------------------------------------------------------------------------------------------------- norms


@pytest.mark.parametrize("ord", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_norms_are_numpys(ord: Any) -> None:
    x = numbers(4, 3)
    np.testing.assert_allclose(linalg.norm(leaf(x), ord).array, np.linalg.norm(x, ord))
    np.testing.assert_allclose(np.linalg.norm(leaf(x), ord, axis=(0, 1), keepdims=True).array, np.linalg.norm(x, ord, (0, 1), True))
    if ord not in ("fro", "nuc"):
        np.testing.assert_allclose(linalg.norm(leaf(x), ord, dim=1).array, np.linalg.norm(x, ord, 1))


def test_norm_gradients() -> None:
    x = numbers(4, 3)
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    np.testing.assert_allclose(gradient(linalg.norm, x), x / np.linalg.norm(x))
    np.testing.assert_allclose(gradient(lambda x: linalg.norm(x, "nuc"), x), u @ vh)
    np.testing.assert_allclose(gradient(lambda x: linalg.norm(x, 2), x), np.outer(u[:, 0], vh[0]))
    np.testing.assert_array_equal(gradient(linalg.norm, np.zeros((2, 2))), 0)
    np.testing.assert_array_equal(gradient(lambda x: linalg.matrix_norm(x), np.zeros((2, 2))), 0)
    np.testing.assert_allclose(linalg.cond(leaf(x)).array, s[0] / s[-1])


# -------------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("name", ["inv", "det", "slogdet", "cholesky", "eigh", "eigvalsh", "eig", "eigvals", "matrix_exp"])
def test_not_square(name: str) -> None:
    with pytest.raises(ShapeError, match=r"square matrix.*float64\[2, 3\]"):
        getattr(linalg, name)(leaf(numbers(2, 3)))


@pytest.mark.parametrize(
    ("call", "text"),
    [(lambda: linalg.inv(leaf(np.ones((2, 2)))), r"inv: singular matrix.*pinv.*float64\[2, 2\]"),
     (lambda: linalg.solve(leaf(np.ones((2, 2))), np.ones(2)), r"solve: singular matrix.*lstsq.*float64\[2, 2\]"),
     (lambda: linalg.cholesky(leaf(-np.eye(2))), r"cholesky: the matrix is not positive definite.*multiple of the identity")],
)  # fmt: skip
def test_no_result(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(LinAlgError, match=text):
        call()


@pytest.mark.parametrize("name", ["svd", "qr", "eigh", "slogdet"])
def test_numpys_functions_return_named_tuples(name: str) -> None:
    x = symmetric(3, 3)
    ours, theirs = getattr(np.linalg, name)(leaf(x)), getattr(np.linalg, name)(x)
    assert ours._fields == theirs._fields
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.array, b)


def test_older_arguments_by_position() -> None:
    m = autograd.tensor(np.diag([100.0, 2.0, 0.5]))
    assert linalg.matrix_rank(m, 1.0).item() == linalg.matrix_rank(m, atol=1.0).item() == 2
    assert linalg.matrix_rank(m, 1.0, True).item() == 2
    np.testing.assert_allclose(linalg.pinv(m, 0.01, True).array, np.diag([0.01, 0.5, 0.0]))
    np.testing.assert_allclose(linalg.pinv(m, 0.01).array, linalg.pinv(m, rtol=0.01).array)
    np.testing.assert_allclose(autograd.pinverse(m, 0.01).array, np.diag([0.01, 0.5, 0.0]))


def test_what_pytorch_computes_of_empty_and_singular_matrices() -> None:
    empty = autograd.zeros(2, 0, 0)
    assert autograd.linalg.cond(empty).tolist() == [0, 0]
    assert autograd.linalg.cond(empty, 1).tolist() == [0, 0]
    assert autograd.linalg.cond(autograd.ones(2, 2), 1).item() == float("inf")
    assert autograd.linalg.cond(autograd.tensor([[2.0, 0.0], [0.0, 8.0]]), "fro").item() == pytest.approx(
        68**0.5 * (1 / 4 + 1 / 64) ** 0.5
    )
    w, v = autograd.linalg.eig(empty)
    assert (w.shape, v.shape, w.dtype) == ((2, 0), (2, 0, 0), np.complex64)
    assert autograd.linalg.eigvals(autograd.zeros(0, 0)).shape == (0,)
    assert autograd.linalg.tensorinv(autograd.zeros(0, 2, 3, 0), ind=2).shape == (3, 0, 0, 2)
    for order in (-1, float("inf"), float("-inf")):
        with pytest.raises(EmptyError, match="cannot compute"):
            autograd.linalg.vector_norm(autograd.zeros(0, 2), order, dim=0)
        assert autograd.linalg.vector_norm(autograd.zeros(0, 2), order, dim=1).shape == (0,)


def test_older_forms_and_numpys_names() -> None:
    a = autograd.tensor([[3.0, 0.0], [0.0, -4.0]], requires_grad=True)
    y = a.norm("nuc")
    y.backward()
    assert y.item() == 7
    assert a.grad is not None
    assert np.allclose(a.grad.numpy(), [[1, 0], [0, -1]], atol=1e-6)
    assert autograd.norm(a.detach().expand(3, 2, 2), "nuc", dim=(1, 2)).tolist() == [7, 7, 7]
    assert autograd.linalg.norm(a.detach(), ord=1, axis=(0, 1)).item() == 4
    assert autograd.linalg.vector_norm(a.detach(), axis=1).tolist() == [3, 4]
    q, r = autograd.qr(autograd.ones(3, 1), some=False)
    assert (q.shape, r.shape) == ((3, 3), (3, 1))
    assert autograd.linalg.eigvalsh(a.detach(), "u").tolist() == [-4, 3]
    out = autograd.zeros(2, 2)
    assert autograd.tensordot(autograd.eye(2), a.detach(), 1, out=out) is out
    assert autograd.equal(out, a.detach())
    only = autograd.ones(2, 3)
    assert autograd.chain_matmul(only) is only
    with pytest.raises(ShapeError):
        autograd.chain_matmul(autograd.ones(3))
    for call in (lambda: autograd.norm(a, "nuc", (0, 4)), lambda: autograd.linalg.matrix_norm(a, 2, (0, 2))):
        with pytest.raises(RangeError, match="out of range"):
            call()


def test_cross_takes_the_first_dimension_of_length_3_where_none_is_named() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 3, 4))
    expected = np.cross(a, b, axis=1)
    assert np.allclose(autograd.cross(autograd.tensor(a), autograd.tensor(b)).numpy(), expected)
    assert np.allclose(autograd.tensor(a).cross(autograd.tensor(b)).numpy(), expected)
    with pytest.raises(ShapeError, match="no dimension of size 3"):
        autograd.cross(autograd.ones(2), autograd.ones(2))


@pytest.mark.parametrize("shape", [(0, 3, 3), (2, 0, 0), (0, 0)])
def test_lu_of_no_matrices(shape):
    """As PyTorch: empty factors, and empty solutions."""
    A = autograd.ones(shape)
    LU, pivots = autograd.linalg.lu_factor(A)
    assert LU.shape == shape
    assert pivots.shape == shape[:-1]
    B = autograd.ones((*shape[:-1], 2))
    assert autograd.linalg.lu_solve(LU, pivots, B).shape == B.shape


def test_a_driver_of_the_svd_is_of_another_device():
    A = autograd.ones(2, 2)
    assert autograd.linalg.svd(A, full_matrices=False, driver=None).S.shape == (2,)
    for f in (autograd.linalg.svd, autograd.linalg.svdvals):
        with pytest.raises(RuntimeError, match="only supported on CUDA"):
            f(A, driver="gesvd")


def test_empty_batches_and_singular_matrices() -> None:
    assert [tuple(t.shape) for t in linalg.lu(autograd.zeros(0, 3, 2))] == [(0, 3, 3), (0, 3, 2), (0, 2, 2)]
    assert linalg.lu_factor_ex(autograd.zeros(2, 0, 0)).pivots.shape == (2, 0)
    singular = autograd.stack([autograd.eye(2), autograd.zeros(2, 2)])
    for p in (1, float("inf"), "fro", "nuc"):
        assert linalg.cond(singular, p)[1].item() == np.inf
    assert linalg.lstsq(autograd.ones(3, 1), autograd.ones(3, 1), driver="gelsy").residuals.shape == (0,)
    with pytest.raises(DtypeError):
        linalg.matrix_exp(autograd.ones(2, 2, dtype=np.int64))
    with pytest.raises(DtypeError, match="tau dtype"):
        linalg.householder_product(autograd.ones(2, 1), autograd.ones(1, dtype=np.float64))


def test_numbers_in_place_of_letters_are_in_their_own_order() -> None:
    x = autograd.ones(2, 3)
    assert autograd.einsum(x, [27, 2]).shape == (3, 2)  # 2 comes before 27
    assert autograd.einsum(x, [2, 27]).shape == (2, 3)
    for wrong in (-1, 52):
        with pytest.raises(ArgumentError, match="valid range"):
            autograd.einsum(x, [wrong, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("hermitian", [False, True])
def test_ldl_factors_solve_indefinite_systems(dtype: Any, hermitian: bool) -> None:
    rng = np.random.default_rng(0)
    a = (rng.normal(size=(2, 5, 5)) + (1j * rng.normal(size=(2, 5, 5)) if np.dtype(dtype).kind == "c" else 0)).astype(dtype)
    a = a + (np.conj(a) if hermitian else a).swapaxes(-1, -2)
    a[0, 0, 0] = 0  # which needs a block of two
    b = rng.normal(size=(5, 2)).astype(dtype)
    factors = linalg.ldl_factor(autograd.tensor(a), hermitian=hermitian)
    x = linalg.ldl_solve(*factors, autograd.tensor(b), hermitian=hermitian)
    np.testing.assert_allclose((autograd.tensor(a) @ x).numpy(), np.broadcast_to(b, (2, 5, 2)), atol=1e3 * np.finfo(dtype).eps)
    assert x.dtype == dtype
    assert not factors.LD.triu(1).any()


def test_ldl_factors_that_are_refused() -> None:
    zero = autograd.zeros(2, 2)
    assert linalg.ldl_factor_ex(zero).info.item() == 1
    with pytest.raises(linalg.LinAlgError, match="singular"):
        linalg.ldl_factor(zero)
    ld, pivots = linalg.ldl_factor(autograd.eye(2))
    with pytest.raises(DtypeError, match="int32"):
        linalg.ldl_solve(ld, pivots.long(), zero)
    with pytest.raises(DtypeError, match="same dtype"):
        linalg.ldl_solve(ld, pivots, zero.double())
    with pytest.raises(RangeError, match="row numbers"):
        linalg.ldl_solve(ld, pivots * 0, zero)
    with pytest.raises(ShapeError, match="do not match"):
        linalg.ldl_solve(ld, pivots, autograd.zeros(3, 1))
    with pytest.raises(DtypeError):
        linalg.ldl_factor(autograd.eye(2, dtype=np.int64))
    w = autograd.eye(2).requires_grad_()
    with pytest.raises(RuntimeError):
        linalg.ldl_factor(w).LD.sum().backward()
    assert linalg.ldl_factor(autograd.zeros(0, 3, 3)).LD.shape == (0, 3, 3)
