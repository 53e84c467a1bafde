"""Right values where a plain formula loses digits, and PyTorch's conventions at ties, nan and empty dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.engine.values.sums import sum_over

NAN, INF = float("nan"), float("inf")


def gradient(f: Any, *values: Any) -> list[list[float]]:
    leaves = [autograd.tensor(np.array(v, dtype=float), requires_grad=True) for v in values]
    f(*leaves).sum().backward()
    return [leaf.grad.tolist() for leaf in leaves]


# -------------------------------------------------------------------------------------------------------------------- sums


@pytest.mark.parametrize("shape", [(10**6, 2), (10**5, 3, 4), (3, 10**5, 2), (2, 3, 10**5)])
@pytest.mark.parametrize("value", [0.1, 1 / 3])
def test_float32_sums_over_many_rows_are_exact_to_the_last_digits(shape: tuple[int, ...], value: float) -> None:
    x = np.full(shape, value, np.float32)
    axis = int(np.argmax(shape))
    expected = float(np.float32(value)) * shape[axis]
    np.testing.assert_allclose(autograd.tensor(x).sum(axis).array, expected, rtol=1e-6)
    np.testing.assert_allclose(autograd.tensor(x).mean(axis).array, float(np.float32(value)), rtol=1e-6)


def test_the_gradient_of_a_broadcast_operand_is_exact_to_the_last_digits() -> None:
    x = autograd.tensor(np.full((10**6, 2), 0.1, np.float32))
    bias, scale = autograd.zeros(2, requires_grad=True), autograd.ones(1, 2, requires_grad=True)
    ((x * scale + bias) * 0.1).sum().backward()
    np.testing.assert_allclose(bias.grad.array, 1e5, rtol=1e-6)
    np.testing.assert_allclose(scale.grad.array, 1e4, rtol=1e-6)


@pytest.mark.parametrize("shape", [(3000,), (50, 70), (1, 3000), (3000, 1), (7, 1, 900, 3), (3, 1100, 2), (2, 3, 5, 120)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.float16, np.int64])
def test_sums_are_numpys_for_all_axes_and_layouts(shape: tuple[int, ...], dtype: Any) -> None:
    rng = np.random.default_rng(0)
    x = (rng.standard_normal(shape) * 8).astype(dtype)
    wide = np.repeat(x, 2, axis=-1)[..., ::2]
    choices: list[Any] = [None, 0, -1, tuple(range(x.ndim)), *[(0, -1) for _ in range(x.ndim > 1)], *range(x.ndim)]
    for layout in (x, np.asfortranarray(x), x[::-1], wide):
        for axes in choices:
            for keepdim in (False, True):
                expected = np.sum(layout.astype(np.result_type(dtype, np.float64)), axis=axes, keepdims=keepdim)
                found = sum_over(layout, axes, keepdim)
                assert np.shape(found) == expected.shape
                assert np.asarray(found).dtype == dtype
                np.testing.assert_allclose(found, expected, rtol=2e-3 if dtype == np.float16 else 1e-5, atol=1e-3)


def test_sums_refuse_the_axes_that_numpy_refuses() -> None:
    x = np.ones((100, 100))
    for axes in (2, -3, (0, 2)):
        with pytest.raises(np.exceptions.AxisError):
            sum_over(x, axes)
    with pytest.raises(ValueError, match="duplicate"):
        sum_over(x, (0, -2))
    np.testing.assert_array_equal(sum_over(x, ()), x)


def test_float16_is_accumulated_in_float32() -> None:
    x = autograd.tensor(np.full(1000, 100, np.float16))
    assert x.mean().item() == 100
    assert x.var().item() == 0
    assert x.norm().item() == pytest.approx(3162, rel=1e-3)
    assert x.logsumexp(0).item() == pytest.approx(106.9, rel=1e-3)
    assert {x.mean().dtype, x.std().dtype, x.norm().dtype, x.logsumexp(0).dtype} == {np.dtype(np.float16)}
    assert autograd.tensor(np.full((4096, 2), 0.5, np.float16)).sum(0).tolist() == [2048, 2048]


# ---------------------------------------------------------------------------------------------------- shares of exponentials


@pytest.mark.parametrize("f", [autograd.logaddexp, autograd.logaddexp2])
def test_large_operands_share_the_gradient(f: Any) -> None:
    assert gradient(f, [1e300], [1e300]) == [[0.5], [0.5]]
    assert gradient(f, [1e300, 3.0], [-1e300, -INF]) == [[1.0, 1.0], [0.0, 0.0]]
    assert gradient(f, [-INF], [-INF]) == [[0.0], [0.0]]
    assert gradient(f, [INF], [1.0]) == [[1.0], [0.0]]


def test_logsumexp_of_large_elements() -> None:
    assert gradient(lambda x: autograd.logsumexp(x, 0), [1e300, 1e300]) == [[0.5, 0.5]]
    assert gradient(lambda x: autograd.logsumexp(x, 0), [-INF, -INF]) == [[0.0, 0.0]]
    assert gradient(lambda x: autograd.logsumexp(x, 0), [-INF, 0.0]) == [[0.0, 1.0]]
    x = autograd.tensor(np.array([1e9, 1e9], np.float32), requires_grad=True)
    autograd.logsumexp(x, 0).backward()
    assert x.grad.tolist() == [0.5, 0.5]


def test_logcumsumexp_of_large_elements() -> None:
    assert gradient(lambda x: autograd.logcumsumexp(x, 0)[-1], [1e300, 1e300]) == [[0.5, 0.5]]
    assert gradient(lambda x: autograd.logcumsumexp(x, 0)[-1], [-INF, 2.0]) == [[0.0, 1.0]]


def test_log_ndtr_far_in_the_tail() -> None:
    # The derivative of log Φ at -x is near x + 1 / x.
    ((slope,),) = gradient(autograd.special.log_ndtr, [-1e8])
    assert slope == pytest.approx(1e8, rel=1e-12)


# -------------------------------------------------------------------------------------------------------------- powers


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("exponent", [1, 2, 3, 4, 7, 16, 17, -1, -2, -3, -16, 0, 2.0, -1.0, 0.5, 2.5, True])
def test_powers_by_numbers_are_numpys(dtype: Any, exponent: Any) -> None:
    a = np.array([1.5, -0.7, 2.0, -3.0, 0.3]).astype(dtype)
    with np.errstate(all="ignore"):
        found, expected = (autograd.tensor(a) ** exponent).array, a**exponent
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=3e-6 if dtype != np.float64 else 1e-14)
    assert not np.shares_memory(found, a)


def test_powers_at_zero_and_infinity() -> None:
    a = np.array([0.0, -0.0, INF, -INF, NAN])
    with np.errstate(all="ignore"):
        for exponent in (1, 2, 3, -1, -2, -3):
            np.testing.assert_array_equal((autograd.tensor(a) ** exponent).array, a**exponent)


# --------------------------------------------------------------------------------------------------- ties, nan, conventions


def test_threshold_passes_nan_on() -> None:
    y = nn.functional.threshold(autograd.tensor([NAN, 1.0, 0.0]), 0, 7).tolist()
    assert np.isnan(y[0])
    assert y[1:] == [1.0, 7.0]
    assert gradient(lambda x: nn.functional.threshold(x, 0.0, 7.0), [NAN, 1.0, 0.0]) == [[1.0, 1.0, 0.0]]


def test_equal_medians_share_the_gradient() -> None:
    third = pytest.approx(1 / 3)
    assert gradient(autograd.median, [2.0, 1.0, 2.0, 2.0, 3.0]) == [[third, 0.0, third, third, 0.0]]
    assert gradient(autograd.median, [2.0, NAN, 2.0, NAN]) == [[0.0, 0.5, 0.0, 0.5]]
    assert gradient(autograd.nanmedian, [2.0, 1.0, NAN, 2.0, 2.0]) == [[third, 0.0, 0.0, third, third]]
    assert gradient(lambda x: autograd.median(x, 0).values, [2.0, 1.0, 3.0]) == [[1.0, 0.0, 0.0]]
    assert autograd.median(autograd.tensor([[4, 1], [3, 2]])).item() == 2


def test_the_largest_of_nan_share_the_gradient() -> None:
    assert gradient(autograd.max, [NAN, NAN]) == [[0.5, 0.5]]
    assert gradient(autograd.max, [1.0, NAN, 3.0, NAN]) == [[0.0, 0.5, 0.0, 0.5]]
    assert gradient(autograd.min, [3.0, 3.0, 4.0]) == [[0.5, 0.5, 0.0]]


def test_mode_with_nan() -> None:
    for values, mode, index in (
        ([NAN, NAN, 1.0], NAN, 0),
        ([1.0, NAN, NAN, 2.0, 1.0], 1.0, 4),
        ([1.0, NAN], 1.0, 0),
        ([NAN], NAN, 0),
    ):
        found = autograd.mode(autograd.tensor(values))
        np.testing.assert_equal(found.values.item(), mode)
        assert found.indices.item() == index


def test_histc_of_equal_bounds_takes_the_elements_bounds() -> None:
    assert autograd.histc(autograd.tensor([1.0, 2.0, 1.0]), bins=4, min=5, max=5).tolist() == [2, 0, 0, 1]
    assert autograd.histc(autograd.tensor([4.0, 5.0, 6.0, 5.0]), bins=4, min=5, max=5).tolist() == [1, 0, 2, 1]


@pytest.mark.parametrize(
    "f",
    [
        lambda x, i: x.gather(1, i),
        lambda x, i: x.scatter(1, i, 5.0),
        lambda x, i: x.scatter_add(1, i, autograd.ones(1, 1)),
        lambda x, i: autograd.scatter_reduce(x, 1, i, autograd.ones(1, 1), "amax"),
        lambda x, i: x.index_select(1, i[0]),
        lambda x, i: x.index_add(1, i[0], autograd.ones(2, 1)),
        lambda x, i: x.index_copy(1, i[0], autograd.ones(2, 1)),
    ],
)
def test_negative_places_are_refused_where_pytorch_refuses_them(f: Any) -> None:
    with pytest.raises(IndexError, match="index -1 is out of bounds"):
        f(autograd.ones(2, 3), autograd.tensor([[-1]]))


def test_negative_places_count_from_the_end_where_they_do_in_pytorch() -> None:
    x = autograd.arange(6.0).reshape(2, 3)
    assert autograd.take_along_dim(x, autograd.tensor([[-1]]), 1).tolist() == [[2.0], [5.0]]
    assert x.index_fill(1, autograd.tensor([-1]), 9.0).tolist() == [[0.0, 1.0, 9.0], [3.0, 4.0, 9.0]]


def test_dimensions_that_are_repeated_or_missing_are_refused() -> None:
    x = autograd.ones(2, 3)
    with pytest.raises(RuntimeError, match="repeated dimension in destination"):
        autograd.movedim(x, (0, 1), (0, 0))
    with pytest.raises(RuntimeError, match="repeated dimension in source"):
        autograd.movedim(x, (0, 0), (0, 1))
    with pytest.raises(TypeError, match="dims"):
        x.flip()
    assert np.flip(autograd.arange(4.0)).tolist() == [3.0, 2.0, 1.0, 0.0]


def test_an_empty_dimension_is_cut_into_as_many_chunks_as_asked_for() -> None:
    assert [c.shape for c in autograd.zeros(0, 2).chunk(3)] == [(0, 2)] * 3
    assert [c.shape for c in autograd.zeros(2, 0).chunk(3, 1)] == [(2, 0)] * 3


@pytest.mark.parametrize("padding_mode", ["border", "reflection"])
def test_a_place_on_the_edge_of_an_image_has_no_gradient(padding_mode: str) -> None:
    image = autograd.arange(9.0, dtype=autograd.float64).reshape(1, 1, 3, 3)
    grid = autograd.tensor(np.array([[[[1.0, 0.0], [0.5, 1.0], [0.25, -0.5]]]]), requires_grad=True)
    nn.functional.grid_sample(image, grid, padding_mode=padding_mode, align_corners=True).sum().backward()
    assert grid.grad.tolist() == [[[[0.0, 3.0], [1.0, 0.0], [1.0, 3.0]]]]


# ------------------------------------------------------------------------------------------------------ smooth activations


def test_activations_far_from_zero() -> None:
    x = np.array([-800.0, -90.0, -30.0, 0.0, 30.0, 90.0, 800.0])
    with np.errstate(over="ignore"):
        s = np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))
    t = autograd.tensor(x)
    np.testing.assert_allclose(nn.functional.silu(t).array, x * s, rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(nn.functional.softplus(t).array, np.where(x > 20, x, np.logaddexp(0, x)), rtol=1e-14)
    np.testing.assert_allclose(gradient(nn.functional.softplus, x)[0], np.where(x > 20, 1, s), rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(gradient(nn.functional.logsigmoid, x)[0], s[::-1], rtol=1e-14, atol=1e-300)
    for slope in (0.01, 0.0, 1.0, 2.0, -0.5):
        np.testing.assert_array_equal(nn.functional.leaky_relu(t, slope).array, np.where(x > 0, x, slope * x))


def test_ctc_of_a_large_batch_is_that_of_each_sequence() -> None:
    """Large batches take another way to log(e^a + e^b) than single sequences."""
    rng = np.random.default_rng(0)
    x, labels = np.log(rng.dirichlet(np.ones(6), (12, 40))), rng.integers(1, 6, (40, 5))
    whole = autograd.tensor(x, requires_grad=True)
    losses = nn.functional.ctc_loss(whole, autograd.tensor(labels), [12] * 40, [5] * 40, reduction="none")
    losses.sum().backward()
    for i in range(0, 40, 9):
        one = autograd.tensor(x[:, i : i + 1], requires_grad=True)
        loss = nn.functional.ctc_loss(one, autograd.tensor(labels[i : i + 1]), [12], [5], reduction="sum")
        loss.backward()
        assert losses[i].item() == pytest.approx(loss.item(), rel=1e-12)
        np.testing.assert_allclose(whole.grad.array[:, i : i + 1], one.grad.array, rtol=1e-9, atol=1e-14)


# ------------------------------------------------------------------------------------------- float32 functions of many numbers


def _units_off(found: np.ndarray, exact: np.ndarray) -> float:
    """The largest distance from the exact results, in units of the last place of a float32."""
    return float(np.max(np.abs(found - exact) / np.spacing(np.abs(exact).astype(np.float32))))


@pytest.mark.parametrize("limit", [1e-30, 1e-3, 0.5, 2.0, 6.0])
@pytest.mark.parametrize("count", [100, 200_000])
def test_erf_of_float32_is_right_to_the_last_digits(limit: float, count: int) -> None:
    from scipy.special import erf

    x = np.random.default_rng(0).uniform(-limit, limit, count).astype(np.float32)
    assert _units_off(autograd.erf(autograd.tensor(x)).numpy(), erf(x.astype(np.float64))) < 3


@pytest.mark.parametrize("low", [-14.0, -3.0, -0.5, -1e-3])
@pytest.mark.parametrize("name", ["erfc", "ndtr"])
def test_tails_of_float32_are_right_to_the_last_digits(name: str, low: float) -> None:
    """Many numbers are computed in vectors. Half of them lie where the result is near 2, or 1."""
    from scipy import special

    x = np.random.default_rng(0).uniform(low, -low, 200_000).astype(np.float32)
    wide = -x.astype(np.float64) * np.sqrt(0.5) if name == "erfc" else x.astype(np.float64)
    x = wide.astype(np.float32)
    exact = getattr(special, name)(x.astype(np.float64))
    normal = exact > np.finfo(np.float32).tiny
    found = getattr(autograd.special, name)(autograd.tensor(x)).numpy()
    assert _units_off(found[normal], exact[normal]) < 6
    assert np.abs(found - exact)[~normal].max(initial=0) < 1e-44


def test_tails_of_special_numbers() -> None:
    special = [NAN, INF, -INF, 0.0, -0.0, 3e38, -3e38, 1e-45, 20.0]
    found = autograd.erfc(autograd.tensor(special * 1000)).numpy()[:9]
    np.testing.assert_array_equal(found, np.array([NAN, 0, 2, 1, 1, 0, 2, 1, 0], np.float32))
    found = autograd.special.ndtr(autograd.tensor(special * 1000)).numpy()[:9]
    np.testing.assert_array_equal(found, np.array([NAN, 1, 0, 0.5, 0.5, 1, 0, 0.5, 1], np.float32))


def test_erf_of_special_numbers() -> None:
    special = [NAN, INF, -INF, 0.0, -0.0, 1e-45, 3e38, 5.0, -5.0, -1e-40]
    found = autograd.erf(autograd.tensor(special * 30)).numpy()[:10]
    np.testing.assert_array_equal(found[:9], np.array([NAN, 1, -1, 0.0, -0.0, 1e-45, 1, 1, -1], np.float32))
    assert np.signbit(found[4])
    assert found[9] == pytest.approx(-1.12838e-40, rel=1e-3)  # a number with few digits


def test_gelu_of_float32_is_right_to_the_last_digits_of_its_input() -> None:
    from scipy.special import ndtr

    x = np.random.default_rng(0).uniform(-8, 8, 200_000).astype(np.float32)
    wide = x.astype(np.float64)
    error = np.abs(nn.functional.gelu(autograd.tensor(x)).numpy() - wide * ndtr(wide)) / np.abs(wide)
    assert error.max() < 1.6e-7
    leaf = autograd.tensor(x, requires_grad=True)
    nn.functional.gelu(leaf).sum().backward()
    slope = ndtr(wide) + wide * np.exp(-wide * wide / 2) / np.sqrt(2 * np.pi)
    assert np.abs(leaf.grad.numpy() - slope).max() < 3e-7


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logit_of_many_numbers_is_right_to_the_last_digits(dtype: Any) -> None:
    x = np.random.default_rng(0).uniform(0, 1, 200_000).astype(dtype)
    x[:50_000] = (0.5 + np.linspace(-1e-3, 1e-3, 50_000)).astype(dtype)
    x[50_000:60_000] = np.geomspace(np.finfo(dtype).smallest_subnormal, 0.1, 10_000, dtype=np.float64).astype(dtype)
    wide = x.astype(np.longdouble)
    near = np.abs(wide - 0.5) < 0.2
    exact = np.where(near, 2 * np.arctanh(np.where(near, 2 * wide - 1, 0)), np.log(wide) - np.log1p(-wide))
    found = autograd.logit(autograd.tensor(x)).numpy()
    assert np.max(np.abs(found - exact) / np.spacing(np.abs(exact).astype(dtype))) < 2.5
    special = autograd.tensor(np.array([0.0, -0.0, 1.0, 0.5, 2.0, -1.0, INF, -INF, NAN] * 20, dtype))
    np.testing.assert_array_equal(autograd.logit(special).numpy()[:9], [-INF, -INF, INF, 0.0, *[NAN] * 5])


def test_sigmoid_of_integers_does_not_depend_on_their_number() -> None:
    x = autograd.arange(-2500, 2500)
    np.testing.assert_array_equal(autograd.sigmoid(x)[2490:2510], autograd.sigmoid(x[2490:2510]))


def test_the_gradient_of_log_ndtr_of_many_float32() -> None:
    from scipy.special import erfcx

    x = np.random.default_rng(0).uniform(-20, 4, 200_000).astype(np.float32)
    x[:9] = [-INF, NAN, INF, 0.0, -0.0, 3e38, -3e38, 1e-45, -1e4]
    leaf = autograd.tensor(x, requires_grad=True)
    autograd.special.log_ndtr(leaf).sum().backward()
    exact = np.sqrt(2 / np.pi) / erfcx(x[1:].astype(np.float64) * -np.sqrt(0.5))
    np.testing.assert_allclose(leaf.grad.numpy()[1:], exact, rtol=2e-6, atol=1e-37)
    assert leaf.grad[0].item() == INF


@pytest.mark.parametrize("count", [1, 20_000])
def test_the_gradient_of_hardswish_at_its_ends(count: int) -> None:
    x = autograd.tensor([NAN, -5.0, -3.0, 0.0, 3.0, 5.0] * count, requires_grad=True)
    nn.functional.hardswish(x).sum().backward()
    np.testing.assert_array_equal(x.grad[-6:], [NAN, 0.0, 0.0, 0.5, 1.0, 1.0])
    x.grad = None
    nn.functional.hardswish(x).backward(autograd.full_like(x, INF))
    np.testing.assert_array_equal(x.grad[-6:], [NAN, 0.0, 0.0, INF, INF, INF])


@pytest.mark.parametrize(
    "name", ["sigmoid", "silu", "erf", "erfc", "logit", "gelu", "hardsigmoid", "hardswish", "hardshrink", "softshrink", "softplus"]
)
def test_gradients_of_many_numbers_are_those_of_few(name: str) -> None:
    """Many numbers are computed in pieces, in arrays that are used again; also where they do not lie one after the other."""
    function = getattr(nn.functional, name, None) or getattr(autograd, name)
    for dtype in (np.float32, np.float64):
        x, g = np.random.default_rng(0).uniform(0.01, 0.99, (2, 300, 290)).astype(dtype)
        for view in (x, x.T, x[::2, ::3]):
            leaf = autograd.tensor(view, requires_grad=True)
            slopes = g.T[: view.shape[0], : view.shape[1]] if view.shape[0] == 290 else g[: view.shape[0], : view.shape[1]]
            function(leaf).backward(autograd.tensor(slopes))
            row = autograd.tensor(view[7], requires_grad=True)
            function(row).backward(autograd.tensor(slopes[7]))
            np.testing.assert_allclose(leaf.grad.numpy()[7], row.grad.numpy(), rtol=1e-6 if dtype == np.float32 else 1e-14)


def test_limits_and_signs_of_lgamma_and_erfinv() -> None:
    found = autograd.lgamma(autograd.tensor([-INF, INF, 0.0, -1.0, 1.0, NAN]))
    np.testing.assert_array_equal(found.numpy(), np.array([INF, INF, INF, INF, 0.0, NAN], np.float32))
    assert autograd.lgamma(autograd.tensor(-INF)).item() == INF
    found = autograd.erfinv(autograd.tensor([-0.0, 0.0, 1.0, -1.0, 2.0])).numpy()
    np.testing.assert_array_equal(found, np.array([-0.0, 0.0, INF, -INF, NAN], np.float32))
    assert np.signbit(found).tolist()[:2] == [True, False]


# ------------------------------------------------------------------------------------------------------------ dtypes of results


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32, np.int64])
def test_products_of_integers_at_an_index_keep_their_dtype(dtype: Any) -> None:
    x, source = autograd.tensor(np.array([2, 1], dtype)), autograd.tensor(np.array([100, 3], dtype))
    index = autograd.tensor([0, 0])
    wrapped = np.array([600, 300]).astype(dtype)  # as every product of integers
    for include_self, expected in ((True, [wrapped[0], 1]), (False, [wrapped[1], 1])):
        for found in (
            x.scatter_reduce(0, index, source, "prod", include_self=include_self),
            x.index_reduce(0, index, source, "prod", include_self=include_self),
        ):
            assert found.dtype == dtype
            assert found.tolist() == expected
    assert x.scatter(0, index, source, reduce="multiply").dtype == dtype


def test_a_factor_of_booleans_leaves_them_booleans() -> None:
    x, index = autograd.tensor([True, False]), autograd.tensor([1, 1])
    for found in (x.index_add(0, index, x, alpha=2), autograd.add(~x, x, alpha=2)):
        assert found.dtype == np.bool_
        assert found.tolist() == [True, True]
    assert autograd.add(x, autograd.tensor([1, 2]), alpha=2).tolist() == [3, 4]


@pytest.mark.parametrize(("a", "b", "expected"), [
    (np.float32, np.float16, np.float32), (np.uint8, np.float32, np.float32), (np.float32, np.float64, np.float64),
    (np.float16, np.float16, np.float16), (np.int64, np.float32, np.float64), (np.int64, np.int64, np.float64),
])  # fmt: skip
def test_functions_of_two_numbers_have_the_wider_dtype(a: Any, b: Any, expected: Any) -> None:
    one, two = autograd.tensor(np.array([2, 0], a)), autograd.tensor(np.array([3, 1], b))
    for function in (autograd.xlogy, autograd.special.xlog1py):
        assert function(one, two).dtype == function(two, one).dtype == expected
    np.testing.assert_allclose(autograd.xlogy(one, two).numpy(), [2 * np.log(3), 0], rtol=1e-3)
    assert autograd.xlogy(two.to(autograd.float16), 3.0).dtype == np.float16
