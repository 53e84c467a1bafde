"""Calls that PyTorch's own tests make: the numbers are PyTorch's, and what would lose a part of an argument is refused."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd import distributions
from autograd.errors import ArgumentError, DtypeError, ShapeError

INF, NAN = float("inf"), float("nan")


def test_addcmul_and_addcdiv_take_their_factor_by_name_or_second():
    # By position PyTorch's older form has the factor second: to read it as the last operand would compute something else.
    x = autograd.ones(2)
    for function, expected in ((autograd.addcmul, 65), (autograd.addcdiv, 2)):
        assert function(x, 2.0, 4 * x, 8 * x).tolist() == [expected, expected]
        assert getattr(x, function.__name__)(2.0, 4 * x, 8 * x).tolist() == [expected, expected]
    assert autograd.addcdiv(x, 4 * x, 8 * x, value=2.0).tolist() == [2, 2]


def test_the_gradient_of_a_quantile_that_is_nan_goes_to_the_nan():
    for values, expected in (([1.0, NAN, 2.0], [0, 1, 0]), ([3.0, 1.0, 4.0, 2.0], [0.5, 0, 0, 0.5])):
        x = autograd.tensor(values, requires_grad=True)
        autograd.quantile(x, 0.5).backward()
        assert x.grad.tolist() == expected
    x = autograd.tensor([1.0, NAN, 2.0], requires_grad=True)
    autograd.nanquantile(x, 0.5).backward()
    assert x.grad.tolist() == [0.5, 0, 0.5]


def test_no_nan_equals_another_in_unique():
    values, inverse, counts = autograd.unique(autograd.tensor([1.0, NAN, 1.0, NAN]), return_inverse=True, return_counts=True)
    assert np.array_equal(values.numpy(), [1, NAN, NAN], equal_nan=True)
    assert (inverse.tolist(), counts.tolist()) == ([0, 1, 0, 2], [2, 1, 1])


def test_gradient_of_infinite_values_and_with_complex_spacing():
    (g,) = autograd.gradient(autograd.tensor([2.0, -2.0, INF, INF, -INF, 3.0, NAN]))
    assert np.array_equal(g.numpy(), np.array([-4, INF, INF, -INF, -INF, NAN, NAN], np.float32), equal_nan=True)
    f = np.arange(4.0) ** 2
    (g,) = autograd.gradient(autograd.tensor(f), spacing=1 + 2j)
    assert np.allclose(g.numpy(), np.gradient(f) / (1 + 2j))
    places = np.array([0, 1j, 1 + 1j, 3])
    (g,) = autograd.gradient(autograd.tensor(f), spacing=[autograd.tensor(places)])
    assert np.allclose(g.numpy()[[0, -1]], [1 / 1j, 5 / (2 - 1j)])


def test_powers_of_small_integers_do_not_wrap_around():
    found = autograd.vander(autograd.tensor([-3, 2], dtype=autograd.int8), 6)
    assert found.dtype == np.int64
    assert found.tolist() == [[-243, 81, -27, 9, -3, 1], [32, 16, 8, 4, 2, 1]]


@pytest.mark.parametrize("dtype", [autograd.float32, autograd.float64])
def test_the_continuous_bernoulli_is_symmetric_at_its_ends(dtype):
    for odds in (1e4, 120.0):
        one = distributions.ContinuousBernoulli(logits=autograd.tensor(odds, dtype=dtype)).log_prob(
            autograd.tensor(1.0, dtype=dtype)
        )
        other = distributions.ContinuousBernoulli(logits=autograd.tensor(-odds, dtype=dtype))
        # PyTorch's log_prob with probs at 1 - eps, eps of the dtype
        assert one.item() == pytest.approx({4: 2.768981, 8: 3.584732}[np.dtype(dtype).itemsize], abs=1e-5)
        assert other.log_prob(autograd.tensor(0.0, dtype=dtype)).item() == pytest.approx(one.item(), abs=1e-5)


def test_least_squares_returns_what_the_driver_computes():
    a, b = autograd.ones(3, 2), autograd.ones(3, 1)
    found = autograd.linalg.lstsq(a, b, driver="gelsd")
    assert np.allclose(found.singular_values.numpy(), [6**0.5, 0], atol=1e-6)
    assert autograd.linalg.lstsq(a, b).singular_values.shape == (0,)
    assert autograd.linalg.lstsq(a, b, driver="gels").rank.shape == (0,)
    with pytest.raises(ArgumentError, match="driver"):
        autograd.linalg.lstsq(a, b, driver="qr")


def test_convolutions_of_integers_with_integer_weights():
    for kind, shape in ((nn.Conv2d, (1, 2, 3, 3)), (nn.ConvTranspose2d, (1, 2, 3, 3))):
        layer = kind(2, 3, 2)
        with pytest.raises(DtypeError, match="floating point"):
            layer(autograd.ones(shape, dtype=autograd.int64))
        layer._apply(lambda t: t.detach().mul(10).round().long())
        y = layer(autograd.arange(18).reshape(shape))
        assert y.dtype == np.int64
        exact = layer.double()(autograd.arange(18).reshape(shape).double())
        assert y.tolist() == exact.tolist()


def test_what_would_be_lost_is_refused():
    for call, error, match in (
        (lambda: autograd.linspace(0, 1 + 2j, 3, dtype=autograd.float32), DtypeError, "imaginary"),
        (lambda: autograd.logspace(0, 1j, 3, dtype=autograd.float32), DtypeError, "imaginary"),
        (lambda: autograd.zeros(2, out=autograd.ones(2), dtype=autograd.float64), DtypeError, "does not match dtype of out"),
        (lambda: autograd.meshgrid(autograd.ones(2), autograd.ones(2, 2)), ShapeError, "0D or 1D"),
    ):
        with pytest.raises(error, match=match):
            call()
    out = autograd.zeros(2, 3, dtype=autograd.uint8)
    assert autograd.cumsum(autograd.full((2, 3), 100, dtype=autograd.uint8), 0, out=out).tolist() == [[100] * 3, [200] * 3]


def test_a_number_counts_as_a_vector_of_one_element():
    x = autograd.tensor(2.0, dtype=autograd.float64, requires_grad=True)
    one = autograd.tensor([3.0], dtype=autograd.float64)
    zero = autograd.tensor([0])
    calls = {
        "gather": lambda x: x.gather(0, autograd.tensor([0, 0])),
        "transpose": lambda x: x.transpose(0, -1),
        "flip": lambda x: x.flip((0,)),
        "movedim": lambda x: autograd.movedim(x, 0, 0),
        "unfold": lambda x: x.unfold(0, 1, 1),
        "scatter": lambda x: x.scatter(0, zero, one),
        "index_fill": lambda x: x.index_fill(0, zero, 3.0),
        "index_add": lambda x: x.index_add(0, zero, one[0], alpha=2),
        "index_copy": lambda x: x.index_copy(0, autograd.tensor(0), one),
        "index_reduce": lambda x: autograd.index_reduce(x, 0, zero, one[0], "prod"),
    }
    found = {name: call(x) for name, call in calls.items()}
    assert {name: y.shape for name, y in found.items()} == dict.fromkeys(calls, ()) | {"gather": (2,), "unfold": (1,)}
    values = {name: y.flatten().tolist()[0] for name, y in found.items()}
    assert values == dict.fromkeys(calls, 2.0) | {
        "scatter": 3.0, "index_fill": 3.0, "index_add": 8.0, "index_copy": 3.0, "index_reduce": 6.0,
    }  # fmt: skip
    for call in calls.values():
        assert autograd.gradcheck(call, x)
    v = autograd.tensor(np.arange(3.0), requires_grad=True)
    y = v.gather(0, autograd.tensor(1))
    assert (y.shape, y.item()) == ((), 1)
    assert autograd.gradcheck(lambda v: v.gather(0, autograd.tensor(1)) * 2, v)
    with pytest.raises(IndexError):
        x.transpose(0, 1)


def test_shapes_that_pytorch_broadcasts():
    a, b = np.arange(4.0).reshape(1, 4), np.arange(12.0).reshape(3, 4)
    assert np.allclose(autograd.tensordot(autograd.tensor(a), autograd.tensor(b), dims=([0], [0])).numpy(), np.outer(a, b.sum(0)))
    rng = np.random.default_rng(0)
    m, v = rng.standard_normal((2, 5, 3)), rng.standard_normal((2, 5))
    found = autograd.linalg.lstsq(autograd.tensor(m), autograd.tensor(v)).solution.numpy()
    assert np.allclose(found, [np.linalg.lstsq(x, y)[0] for x, y in zip(m, v, strict=True)])
    row, mask = autograd.arange(3.0), autograd.tensor([[True, False, True], [False, True, False]])
    assert autograd.masked_scatter(row, mask, autograd.tensor([7.0, 8.0, 9.0])).tolist() == [[7, 1, 8], [0, 9, 2]]


def test_what_depends_on_nothing_has_zeros_for_a_gradient():
    x = autograd.full((2, 2), NAN, requires_grad=True)
    y = autograd.linalg.matrix_power(x, 0)
    y.sum().backward()
    assert (y.tolist(), x.grad.tolist()) == ([[1, 0], [0, 1]], [[0, 0], [0, 0]])
    assert autograd.logsumexp(autograd.zeros(0, 2), 0).tolist() == [-INF, -INF]


def test_divergences_of_what_is_a_function_of_other_numbers():
    p, q = distributions.InverseGamma(2.0, 3.0), distributions.InverseGamma(1.5, 0.5)
    same = distributions.kl_divergence(distributions.Gamma(2.0, 3.0), distributions.Gamma(1.5, 0.5))
    assert distributions.kl_divergence(p, q).item() == pytest.approx(same.item())
    a, b = distributions.HalfCauchy(2.0), distributions.HalfCauchy(0.5)
    x = np.exp(np.linspace(-25, 25, 200_001))
    pdf, other = (2 / np.pi * s / (s * s + x * x) for s in (2.0, 0.5))
    assert distributions.kl_divergence(a, b).item() == pytest.approx(
        np.trapezoid(pdf * np.log(pdf / other) * x, np.log(x)), abs=1e-4
    )


def test_capsules_and_switches():
    from autograd.utils.dlpack import from_dlpack, to_dlpack

    x = autograd.arange(3)
    y = from_dlpack(to_dlpack(x))
    assert y.tolist() == [0, 1, 2]
    assert np.shares_memory(x.numpy(), y.numpy())
    with autograd.backends.cudnn.flags(enabled=False):
        assert autograd.backends.cpu.get_cpu_capability() == "DEFAULT"
    with autograd.graph.disable_saved_tensors_hooks("not here"):
        with pytest.raises(RuntimeError, match="not here"), autograd.graph.save_on_cpu():
            pass
        assert (autograd.ones(2, requires_grad=True) ** 2).sum().item() == 2
    with autograd.graph.save_on_cpu():
        assert autograd.ones(1, requires_grad=True).exp().requires_grad


def test_integers_divided_by_0_raise():
    x = autograd.tensor([7, 8])
    for call in (
        lambda: x // 0, lambda: x % autograd.tensor([2, 0]), lambda: autograd.fmod(x, 0),
        lambda: autograd.div(x, 0, rounding_mode="floor"),
        lambda: x.clone().remainder_(0), lambda: 7 // autograd.tensor([1, 0]),
    ):  # fmt: skip
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            call()
    assert (x // 2).tolist() == [3, 4]
    assert np.isnan((x.float() % 0).numpy()).all()


def test_float16_rounds_once():
    a, b = autograd.tensor([-60000.0], dtype=autograd.float16), autograd.tensor([60000.0], dtype=autograd.float16)
    assert abs(autograd.lerp(a, b, 0.5583).item() - 7000) < 10
    x = autograd.linspace(0.5, 2, 300, dtype=autograd.float16)
    for n in (2, 3, 5, -2):
        assert np.array_equal((x**n).numpy(), (x.numpy().astype(np.float64) ** n).astype(np.float16))


def test_what_would_be_wrapped_lost_or_nan_is_refused():
    for draw in (
        lambda: autograd.zeros(4, dtype=autograd.int16).random_(-40000, 40000),
        lambda: autograd.zeros(4, dtype=autograd.uint8).random_(-3, 100),
        lambda: autograd.zeros(4, dtype=autograd.bool).random_(0, 3),
        lambda: autograd.zeros(4, dtype=autograd.float16).random_(0, 70000),
        lambda: autograd.randint(0, 300, (4,), dtype=autograd.uint8),
        lambda: autograd.randint(-5, 3, (4,), dtype=autograd.uint8),
    ):
        before = autograd.get_rng_state()
        with pytest.raises(ArgumentError, match="out of bounds"):
            draw()
        assert autograd.equal(autograd.get_rng_state(), before)
    assert autograd.randint(0, 256, (4,), dtype=autograd.uint8).dtype == np.uint8
    for make in (
        lambda: distributions.Geometric(0.0),
        lambda: distributions.Categorical(autograd.zeros(2)),
        lambda: distributions.OneHotCategorical(autograd.tensor([[1.0, 0.0], [0.0, 0.0]])),
    ):
        with pytest.raises(ValueError, match="positive"):
            make()
    assert np.isnan(distributions.Categorical(autograd.zeros(2), validate_args=False).probs.numpy()).all()
    with pytest.raises(ArgumentError, match="negative"):
        nn.functional.softshrink(autograd.ones(2), -0.5)
    from autograd import forward_ad

    with forward_ad.dual_level():
        dual = forward_ad.make_dual(autograd.ones(2), autograd.ones(2))
        for tangent in (dual, 3 * dual):
            with pytest.raises(RuntimeError, match="same level"):
                forward_ad.make_dual(autograd.ones(2), tangent)


def test_small_things_that_programs_ask_for():
    layer = nn.Linear(2, 1)
    found = autograd.grad(layer(autograd.ones(1, 2)).sum(), layer.parameters())
    assert [g.shape for g in found] == [(1, 2), (1,)]
    scaler = autograd.amp.GradScaler("cpu", growth_factor=4.0)
    scaler.set_growth_interval(1)
    scaler.set_backoff_factor(0.25)
    assert (scaler.get_growth_factor(), scaler.get_backoff_factor(), scaler.get_growth_interval()) == (4.0, 0.25, 1)
    scaler.set_growth_factor(8.0)
    assert scaler.state_dict()["growth_factor"] == 8.0
    assert [t.shape for t in autograd.split(autograd.zeros(0, 3), 0)] == [(0, 3)]
    places = np.array([0, 1e-9, 1, 2])
    (g,) = autograd.gradient(autograd.tensor([0.0, 1.0, 2.0, 3.0]), spacing=[autograd.tensor(places)])
    assert g.dtype == np.float64
    assert np.allclose(g.numpy(), np.gradient(np.arange(4.0), places))
