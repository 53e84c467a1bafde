"""``autograd.numpy``: NumPy's functions with boxes, proved by differences in both modes and to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy_calls import CALLS

import autograd.numpy as anp
from autograd import grad, make_jvp
from autograd.tracer import getval, isbox

# These write into their first argument, which a box does not allow.
WRITING = {np.put, np.putmask, np.place, np.copyto, np.fill_diagonal, np.put_along_axis}
# Not proved here: results that are determined up to phases only, at which the sum looks; the factor of a matrix whose triangle is
# read, and whose gradient is symmetric all the same; single precision, in which differences are rounded away; the edges of
# histograms, which count as constants.
NOT_PROVED = {
    np.linalg.eig, np.linalg.svd, np.linalg.cholesky, getattr(np, "astype", None),
    np.histogram, np.histogram_bin_edges, np.histogram2d, np.histogramdd,
}  # fmt: skip
STEP = 1e-5


def name(function: Any) -> str:
    return f"{function.__module__}.{function.__name__}".replace("numpy", "np")


def flat(value: Any) -> list[Any]:
    return [part for item in value for part in flat(item)] if isinstance(value, list | tuple) else [value]


def along(function: Any) -> Any:
    """The call of a function as one of a number s, by which its arguments move in some direction."""

    def of_number(s: Any) -> Any:
        def moved(a: Any) -> Any:
            if not isinstance(a, np.ndarray) or a.dtype.kind not in "fc":
                return a
            return a + s * np.cos(np.arange(a.size)).reshape(a.shape) * 0.1

        total: Any = 0.0
        for i, part in enumerate(flat(CALLS[function](moved))):
            if not (isbox(part) or isinstance(part, np.ndarray | np.generic)) or part.dtype.kind not in "fc":
                continue
            weights = np.sin(1.0 + i + np.arange(part.size)).reshape(part.shape)
            total = total + np.nansum(np.real(part * weights * (1 + 0.5j)))
        return total

    return of_number


@pytest.mark.parametrize("function", [f for f in CALLS if f not in WRITING | NOT_PROVED], ids=name)
def test_derivatives_are_differences(function: Any) -> None:
    f = along(function)
    start = 0.1
    slope = (f(start + STEP) - f(start - STEP)) / (2 * STEP)
    if not isinstance(slope, float) or slope == 0:
        return  # integers and truth values
    np.testing.assert_allclose(grad(f)(start), slope, rtol=1e-6, atol=1e-8)
    value, tangent = make_jvp(f)(start)(1.0)
    np.testing.assert_allclose(value, f(start), rtol=1e-12)
    np.testing.assert_allclose(tangent, slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("function", [f for f in CALLS if f not in WRITING | NOT_PROVED], ids=name)
def test_second_derivatives_are_differences_of_first_ones(function: Any) -> None:
    f = along(function)
    start = 0.1
    if f(start + STEP) == f(start):
        return
    first = grad(f)
    curvature = (first(start + STEP) - first(start - STEP)) / (2 * STEP)
    for second in (grad(first), lambda s: make_jvp(first)(s)(1.0)[1], grad(lambda s: make_jvp(f)(s)(1.0)[1])):
        np.testing.assert_allclose(second(start), curvature, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("function", sorted(WRITING, key=name), ids=name)
def test_a_box_is_not_written_into(function: Any) -> None:
    with pytest.raises((TypeError, NotImplementedError)):
        grad(along(function))(0.1)


@pytest.mark.parametrize("function", CALLS, ids=name)
def test_the_names_are_there_and_compute_as_numpys(function: Any) -> None:
    module = anp
    for part in function.__module__.split(".")[1:]:
        module = getattr(module, part, module)
    found = getattr(module, function.__name__, None)
    if found is None:  # a function of a private part of NumPy's
        return
    assert found.__name__ == function.__name__ or function.__name__ in ("amax", "amin", "around", "row_stack")
    for one, other in zip(flat(CALLS[function](lambda a: a)), flat(CALLS[function](np.array)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_box_has_numpys_meanings() -> None:
    a = np.array([[1.0, 4.0, 2.0], [3.0, 0.5, 6.0]])

    def look(x: Any) -> Any:
        assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 3), 2, 6, np.float64, 2)
        assert isbox(x.max(axis=0))
        assert x.max(axis=0).shape == (3,)
        assert float(getval(x.std())) == pytest.approx(a.std())
        assert float(getval(x.std(ddof=1))) == pytest.approx(a.std(ddof=1))
        assert x.transpose(1, 0).shape == x.T.shape == x.transpose().shape == (3, 2)
        assert x.reshape(3, 2).shape == x.reshape((3, 2)).shape == (3, 2)
        assert isinstance(x > 1, np.ndarray)
        assert isinstance(anp.sign(x), np.ndarray)
        assert isinstance(anp.argmax(x), np.integer)
        assert x.astype(int).dtype == np.int64
        assert not isbox(x.astype(int))
        assert x.astype(np.float32).dtype == np.float32
        assert [part.shape for part in np.split(x, 3, axis=1)] == [(2, 1)] * 3
        assert isinstance(np.split(x, 3, axis=1), list)
        return x.sum()

    np.testing.assert_array_equal(grad(look)(a), np.ones((2, 3)))


def test_numbers_are_double_and_weak_as_numpys() -> None:
    assert grad(lambda x: x * 2)(3.0).dtype == np.float64
    assert grad(lambda x: np.sum(x * 2.0))(np.ones(2, np.float32)).dtype == np.float32
    # Integers are differentiated as floating numbers.
    np.testing.assert_array_equal(grad(lambda x: np.sum(x**2) / 4)(np.array([1, 2, 3])), [0.5, 1.0, 1.5])
    with pytest.raises(TypeError, match="int"):
        grad(lambda x: x * 2)(3)


def test_where_hips_is_wrong_the_gradient_is_right() -> None:
    x = np.array([1.0, -2.0, 3.0])
    row = np.array([[True, False, True], [False, False, True]])
    np.testing.assert_array_equal(grad(lambda x: np.sum(anp.where(row, x, 0.0)))(x), [1.0, 0.0, 2.0])
    np.testing.assert_array_equal(grad(lambda c: np.sum(anp.where(row, c, x)))(2.0), 3.0)
    np.testing.assert_array_equal(grad(lambda x: anp.sum(x, where=row[0]))(x), [1.0, 0.0, 1.0])
    np.testing.assert_array_equal(grad(anp.linalg.norm)(np.zeros(3)), np.zeros(3))
    np.testing.assert_array_equal(grad(lambda x: anp.linalg.norm(x, np.inf))(x), [0.0, 0.0, 1.0])
    np.testing.assert_allclose(grad(lambda x: anp.linalg.norm(x, axis=None))(np.array([3.0, 4.0])), [0.6, 0.8])


@pytest.mark.parametrize("triangle", ["L", "U"])
def test_eigh_differentiates_the_triangle_that_is_read(triangle: str) -> None:
    a = np.array([[2.0, 0.3, -1.0], [5.0, -1.0, 0.5], [0.7, 9.0, 4.0]])

    def f(a: Any) -> Any:
        w, v = anp.linalg.eigh(a, triangle)
        return anp.sum(w**3 * anp.array([1.0, 2.0, 3.0])) + anp.sum(v**2 * anp.arange(9.0).reshape(3, 3))

    found = grad(f)(a)
    for place in np.ndindex(3, 3):
        d = np.zeros((3, 3))
        d[place] = 1e-6
        assert found[place] == pytest.approx((f(a + d) - f(a - d)) / 2e-6, abs=1e-4)
    assert np.all(found[np.triu_indices(3, 1) if triangle == "L" else np.tril_indices(3, -1)] == 0)
