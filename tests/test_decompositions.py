"""Factors in compact form, by reflections and by random projection, and results that are told apart from failures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
from arrays import complexes, leaf, numbers

import autograd
from autograd import linalg
from autograd.errors import ArgumentError, DtypeError, LinAlgError, RangeError, ShapeError
from autograd.proof.gradcheck import gradcheck, gradgradcheck

SHAPES = [(3, 3), (4, 2), (2, 4), (2, 3, 3), (1, 1), (2, 4, 3)]


SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])


# --------------------------------------------------------------------------------------------------------------------- LU


@pytest.mark.parametrize("make", [numbers, complexes])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_compact_form_holds_the_factors(make: Any, shape: tuple[int, ...]) -> None:
    x = leaf(make(*shape))
    both, pivots = linalg.lu_factor(x)
    if len(shape) == 2 and shape[0] == shape[1]:
        expected, exchanged = scipy.linalg.lu_factor(x.array)
        np.testing.assert_allclose(both.array, expected)
        np.testing.assert_array_equal(pivots.array - 1, exchanged)
    assert pivots.dtype == np.int32
    assert pivots.shape == (*shape[:-2], min(shape[-2:]))
    for found, expected in zip(autograd.lu_unpack(both, pivots), linalg.lu(x), strict=True):
        np.testing.assert_allclose(found.array, expected.array)
    assert gradcheck(lambda x: linalg.lu_factor(x)[0], x)

    def rebuilt(x: Any) -> Any:
        p, low, high = autograd.lu_unpack(*x.lu())
        return p @ low @ high

    np.testing.assert_allclose(rebuilt(x).array, x.array, atol=1e-12)
    assert gradcheck(rebuilt, x)


def test_parts_of_the_compact_form_are_left_out() -> None:
    both, pivots = autograd.lu(leaf(numbers(3, 2)))
    p, low, high = autograd.lu_unpack(both, pivots, unpack_data=False)
    assert (p.shape, low.shape, high.shape) == ((3, 3), (0,), (0,))
    p, low, high = autograd.lu_unpack(both, pivots, unpack_pivots=False)
    assert (p.shape, low.shape, high.shape) == ((0,), (3, 2), (2, 2))


def test_a_singular_matrix_has_factors_and_no_solution() -> None:
    with pytest.raises(LinAlgError, match=r"U\[2,2\] is zero, of float64\[2, 2\]"):
        linalg.lu_factor(autograd.tensor(SINGULAR))
    with pytest.raises(LinAlgError):
        linalg.lu_factor_ex(autograd.tensor(SINGULAR), check_errors=True)
    both, pivots, info = linalg.lu_factor_ex(autograd.tensor(np.stack([SINGULAR, np.eye(2)])))
    assert info.tolist() == [2, 0]
    assert info.dtype == np.int32
    assert autograd.lu(autograd.tensor(SINGULAR), get_infos=True).info.item() == 2
    p, low, high = autograd.lu_unpack(both, pivots)
    np.testing.assert_allclose((p @ low @ high).array[0], SINGULAR)


def test_solutions_in_the_older_order_of_arguments() -> None:
    a, b = numbers(2, 3, 3), numbers(2, 3, 2, seed=1)
    x = autograd.lu_solve(leaf(b), *autograd.lu(leaf(a)))
    np.testing.assert_allclose(a @ x.array, b, atol=1e-12)
    assert gradcheck(lambda a, b: b.lu_solve(*a.lu()), (leaf(a), leaf(b)))


@pytest.mark.parametrize(
    ("pivots", "error", "match"),
    [
        (autograd.tensor([1, 2]), DtypeError, r"int32, as lu_factor returns them, not int64\[2\]"),
        (autograd.tensor([1, 2, 4], dtype="int32"), RangeError, "from 1 to 3, not from 1 to 4"),
        (autograd.tensor([[1, 2]], dtype="int32"), ShapeError, r"int32\[1, 2\] are not those"),
    ],
)
def test_pivots_that_belong_to_no_such_matrix(pivots: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        autograd.lu_unpack(autograd.eye(3), pivots)


# -------------------------------------------------------------------------------------------------------------- reflections


@pytest.mark.parametrize("make", [numbers, complexes])
@pytest.mark.parametrize("shape", SHAPES)
def test_reflections_are_lapacks(make: Any, shape: tuple[int, ...]) -> None:
    x = make(*shape)
    a, tau = autograd.geqrf(leaf(x))
    for place in np.ndindex(shape[:-2]):
        (raw, factors), _ = scipy.linalg.qr(x[place], mode="raw")
        np.testing.assert_allclose(a.array[place], raw)
        np.testing.assert_allclose(tau.array[place], factors, atol=1e-15)
    assert gradcheck(lambda x: tuple(autograd.geqrf(x)), leaf(x))


@pytest.mark.parametrize("make", [numbers, complexes])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 3, 2)])
def test_reflections_multiply_to_q(make: Any, shape: tuple[int, ...]) -> None:
    x = make(*shape)
    a, tau = autograd.geqrf(leaf(x))
    q = linalg.householder_product(a, tau)
    np.testing.assert_allclose((q @ a.triu()[..., : shape[-1], :]).array, x, atol=1e-12)
    np.testing.assert_allclose(
        (q.mH @ q).array, np.broadcast_to(np.eye(shape[-1]), (*shape[:-2], shape[-1], shape[-1])), atol=1e-12
    )
    # In the loss, all that is left of Q R is x.
    w = make(*shape, seed=5)
    loss = (
        ((q @ a.triu()[..., : shape[-1], :]) * w).real.sum()
        if make is complexes
        else ((q @ a.triu()[..., : shape[-1], :]) * w).sum()
    )
    leaf_of = leaf(x)
    a2, tau2 = leaf_of.geqrf()
    rebuilt = a2.orgqr(tau2) @ a2.triu()[..., : shape[-1], :]
    (g,) = autograd.grad((rebuilt * w).real.sum(), leaf_of)
    np.testing.assert_allclose(g.array, w.conj(), atol=1e-12)
    assert loss.item() == pytest.approx((x * w).real.sum())
    t = leaf(make(*shape[:-2], shape[-1], seed=3))
    assert gradcheck(linalg.householder_product, (leaf(x), t))
    assert gradcheck(linalg.householder_product, (leaf(x), leaf(t.array[..., :1])))


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("transpose", [True, False])
def test_products_with_all_of_q(left: bool, transpose: bool) -> None:
    x = complexes(2, 4, 2)
    a, tau = autograd.geqrf(leaf(x))
    eye = autograd.tensor(np.broadcast_to(np.eye(4, dtype=complex), (2, 4, 4)))
    q = a.ormqr(tau, eye)
    np.testing.assert_allclose(q.array[..., :2], linalg.householder_product(a, tau).array)
    np.testing.assert_allclose((q.mH @ q).array, eye.array, atol=1e-12)
    other = complexes(2, 4, 3, seed=3) if left else complexes(2, 3, 4, seed=3)
    matrix = q.array.mT.conj() if transpose else q.array
    found = autograd.ormqr(a, tau, leaf(other), left, transpose)
    np.testing.assert_allclose(found.array, matrix @ other if left else other @ matrix, atol=1e-12)
    assert gradcheck(lambda a, t, c: autograd.ormqr(a, t, c, left, transpose), (leaf(x), leaf(tau.array), leaf(other)))


def test_nothing_to_reflect() -> None:
    for x in (np.eye(3), np.zeros((3, 2)), np.array([[-2.0, 1.0], [0.0, 3.0]])):
        a, tau = autograd.geqrf(autograd.tensor(x))
        np.testing.assert_array_equal(a.array, x)
        assert not tau.array.any()
    assert autograd.geqrf(autograd.zeros(0, 2)).tau.shape == (0,)
    assert autograd.geqrf(autograd.zeros(2, 0)).a.shape == (2, 0)
    mixed = autograd.geqrf(leaf(np.stack([np.eye(2), numbers(2, 2)])))
    assert mixed.tau[0].tolist() == [0, 0]
    (g,) = autograd.grad(mixed.a[1].sum(), mixed.a) if False else (None,)
    assert g is None
    x = leaf(np.stack([np.eye(2), numbers(2, 2)]))
    (g,) = autograd.grad(autograd.geqrf(x).a.sum(), x)
    assert np.isfinite(g.array).all()


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda a, t: autograd.orgqr(a.mT, t), "as many rows as columns"),
        (lambda a, t: autograd.orgqr(a, autograd.ones(3)), r"float64\[3, 2\] and float32\[3\]"),
        (lambda a, t: autograd.ormqr(a, t, autograd.ones(2, 2)), "ormqr: .*does not match"),
        (lambda a, t: autograd.geqrf(t), "geqrf: expected a matrix"),
        (lambda a, t: autograd.triangular_solve(t, a), "b to have at least 2 dimensions"),
        (lambda a, t: autograd.svd_lowrank(t), r"a matrix.*float64\[2\]"),
        (lambda a, t: autograd.frobenius_norm(a, (0, 1, 2)), "at most 2 dimensions"),
    ],
)
def test_shapes_that_do_not_fit(call: Any, match: str) -> None:
    with pytest.raises(ShapeError, match=match):
        call(leaf(numbers(3, 2)), leaf(numbers(2)))


# ------------------------------------------------------------------------------------------- results told from failures


def test_a_failure_is_nan_and_has_a_number() -> None:
    good, bad = np.array([[4.0, 2.0], [2.0, 5.0]]), np.array([[1.0, 2.0], [2.0, 1.0]])
    x = leaf(np.stack([good, bad, -good]))
    factor, info = linalg.cholesky_ex(x)
    assert info.tolist() == [0, 2, 1]
    np.testing.assert_allclose(factor.array[0], np.linalg.cholesky(good))
    assert np.isnan(factor.array[1:]).all()
    (g,) = autograd.grad(factor[0].sum(), x)
    (expected,) = autograd.grad(linalg.cholesky(x[0]).sum(), x)
    np.testing.assert_allclose(g.array, expected.array)
    upper = linalg.cholesky_ex(leaf(good), upper=True)
    np.testing.assert_allclose(upper.L.array, np.linalg.cholesky(good).T)
    assert upper.info.item() == 0

    x = leaf(np.stack([SINGULAR, good]))
    inverse, info = linalg.inv_ex(x)
    assert info.tolist() == [2, 0]
    assert np.isnan(inverse.array[0]).all()
    np.testing.assert_allclose(inverse.array[1], np.linalg.inv(good))
    (g,) = autograd.grad(inverse[1].sum(), x)
    assert not g.array[0].any()
    for b in (numbers(2, 2, 1), numbers(2, 2)):
        solution, info = linalg.solve_ex(x, leaf(b))
        assert info.tolist() == [2, 0]
        assert np.isnan(solution.array[0]).all()
        np.testing.assert_allclose(good @ solution.array[1], b[1])
    assert linalg.solve_ex(leaf(good), leaf(numbers(1, 2)), left=False).result.shape == (1, 2)
    assert linalg.inv_ex(leaf(np.zeros((3, 3)))).info.item() == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: linalg.cholesky_ex(autograd.tensor(SINGULAR - 3), check_errors=True),
        lambda: linalg.inv_ex(autograd.tensor(SINGULAR), check_errors=True),
        lambda: linalg.solve_ex(autograd.tensor(SINGULAR), autograd.ones(2), check_errors=True),
        lambda: linalg.inv(autograd.tensor(SINGULAR)),
        lambda: autograd.cholesky(autograd.tensor(-SINGULAR)),
    ],
)
@pytest.mark.parametrize("kind", [RuntimeError, np.linalg.LinAlgError, linalg.LinAlgError, ValueError])
def test_the_error_is_numpys_and_pytorchs(call: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        call()


# ------------------------------------------------------------------------------------------ older forms, random projections


@pytest.mark.parametrize("make", [numbers, complexes])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 2, 4)])
def test_svd_with_v(make: Any, shape: tuple[int, ...]) -> None:
    x = make(*shape)
    u, s, v = autograd.svd(leaf(x))
    np.testing.assert_allclose((u * s[..., None, :] @ v.mH).array, x, atol=1e-12)
    assert v.shape[-2:] == (shape[-1], min(shape[-2:]))
    u, s, v = leaf(x).svd(some=False)
    assert (u.shape[-1], v.shape[-1]) == shape[-2:]
    u, s, v = leaf(x).svd(compute_uv=False)
    np.testing.assert_allclose(s.array, np.linalg.svd(x, compute_uv=False))
    assert not u.array.any()
    assert v.shape == (*shape[:-2], shape[-1], shape[-1])
    assert gradcheck(lambda x: autograd.svd(x).S, leaf(x))


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("transpose", [True, False])
@pytest.mark.parametrize("unitriangular", [True, False])
def test_triangular_systems_in_the_older_form(upper: bool, transpose: bool, unitriangular: bool) -> None:
    a, b = numbers(3, 3) + 3 * np.eye(3), numbers(3, 2, seed=1)
    found = autograd.triangular_solve(leaf(b), leaf(a), upper, transpose, unitriangular)
    expected = scipy.linalg.solve_triangular(a, b, trans=int(transpose), lower=not upper, unit_diagonal=unitriangular)
    np.testing.assert_allclose(found.solution.array, expected)
    np.testing.assert_array_equal(found.cloned_coefficient.array, a)


def test_norms_of_matrices() -> None:
    x = leaf(numbers(2, 3, 4))
    np.testing.assert_allclose(autograd.nuclear_norm(x).array, np.linalg.norm(x.array, "nuc", (1, 2)))
    np.testing.assert_allclose(autograd.nuclear_norm(x, (0, 2), True).array, np.linalg.norm(x.array, "nuc", (0, 2), True))
    np.testing.assert_allclose(autograd.frobenius_norm(x, (0, 1)).array, np.linalg.norm(x.array, "fro", (0, 1)))
    np.testing.assert_allclose(autograd.frobenius_norm(x, -1, True).array, np.linalg.norm(x.array, axis=-1, keepdims=True))


@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize(("m", "n"), [(7, 4), (4, 7)])
def test_a_matrix_of_low_rank_is_found_from_a_few_random_vectors(batch: tuple[int, ...], m: int, n: int) -> None:
    autograd.manual_seed(0)
    x = numbers(*batch, m, 2) @ numbers(*batch, 2, n, seed=1)
    u, s, v = autograd.svd_lowrank(leaf(x), q=2)
    np.testing.assert_allclose(s.array, np.linalg.svd(x, compute_uv=False)[..., :2])
    np.testing.assert_allclose((u * s[..., None, :] @ v.mH).array, x, atol=1e-10)
    mean = x.mean(-2, keepdims=True)
    s = autograd.svd_lowrank(leaf(x), q=2, M=leaf(mean)).S
    np.testing.assert_allclose(s.array, np.linalg.svd(x - mean, compute_uv=False)[..., :2])
    np.testing.assert_allclose(autograd.pca_lowrank(leaf(x), q=2).S.array, s.array)
    np.testing.assert_allclose(
        autograd.pca_lowrank(leaf(x), q=2, center=False).S.array, np.linalg.svd(x, compute_uv=False)[..., :2]
    )
    # The projection counts as a function of the matrix, and the singular values do not depend on which it was.
    x2 = leaf(x)
    (g,) = autograd.grad(autograd.svd_lowrank(x2, q=2).S.sum(), x2)
    (expected,) = autograd.grad(linalg.svdvals(x2)[..., :2].sum(), x2)
    np.testing.assert_allclose(g.array, expected.array, atol=1e-8)
    assert autograd.svd_lowrank(leaf(x)).S.shape == (*batch, 4)
    assert autograd.pca_lowrank(leaf(x)).V.shape == (*batch, n, 4)


@pytest.mark.parametrize("more", [{"q": 5}, {"q": -1}, {"niter": -1}])
def test_numbers_of_components_out_of_range(more: dict[str, int]) -> None:
    with pytest.raises(ArgumentError, match=r"pca_lowrank: (q|niter)\("):
        autograd.pca_lowrank(leaf(numbers(4, 3)), **more)
    with pytest.raises(DtypeError, match="floating point"):
        autograd.svd_lowrank(autograd.ones(2, 2, dtype=autograd.int64))


def test_second_derivatives_through_reflections() -> None:
    assert gradgradcheck(lambda x: autograd.geqrf(x).a, leaf(numbers(3, 2)))
