"""Normalisation layers against their formulas, running statistics step by step, and what a refused batch leaves behind."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import ArgumentError, DtypeError, ShapeError

RNG = np.random.default_rng(3)
SHAPES = {1: (4, 3, 5), 2: (4, 3, 2, 5), 3: (2, 3, 2, 3, 2)}
each_n = pytest.mark.parametrize("n", [1, 2, 3])


def standardised(x: np.ndarray, dims: tuple, eps: float = 1e-5) -> np.ndarray:
    return (x - x.mean(dims, keepdims=True)) / np.sqrt(x.var(dims, keepdims=True) + eps)


def per_channel(values: Any, ndim: int) -> np.ndarray:
    return np.reshape(values, (1, -1) + (1,) * (ndim - 2))


def dims(n: int, batch: bool) -> tuple:
    return (*((0,) if batch else ()), *range(2, n + 2))


def fill(layer: Any) -> Any:
    """Weights that are not 1, biases that are not 0."""
    for p in layer.parameters():
        p.array[...] = RNG.uniform(0.5, 1.5, p.shape)
    return layer


@each_n
def test_batch_norm_and_its_running_statistics(n: int) -> None:
    layer = fill(getattr(nn, f"BatchNorm{n}d")(3, eps=1e-3, momentum=0.3, dtype=np.float64))
    w, b = (per_channel(p.array, n + 2) for p in (layer.weight, layer.bias))
    mean, var = np.zeros(3), np.ones(3)
    for step in range(3):
        x = RNG.standard_normal(SHAPES[n]) * 2 + 1
        assert np.allclose(layer(autograd.tensor(x)).array, standardised(x, dims(n, True), 1e-3) * w + b)
        mean = 0.7 * mean + 0.3 * x.mean(dims(n, True))
        var = 0.7 * var + 0.3 * x.var(dims(n, True), ddof=1)
        assert np.allclose(layer.running_mean.array, mean)
        assert np.allclose(layer.running_var.array, var)
        assert layer.num_batches_tracked.item() == step + 1
    x = RNG.standard_normal(SHAPES[n])
    y = layer.eval()(autograd.tensor(x)).array
    assert np.allclose(y, (x - per_channel(mean, n + 2)) / np.sqrt(per_channel(var, n + 2) + 1e-3) * w + b)
    assert layer.num_batches_tracked.item() == 3
    layer.reset_running_stats()
    assert layer.running_var.tolist() == [1, 1, 1]
    assert layer.num_batches_tracked.item() == 0


def test_mean_over_all_batches() -> None:
    layer = nn.BatchNorm1d(2, momentum=None, dtype=np.float64)
    batches = RNG.standard_normal((4, 6, 2))
    for x in batches:
        layer(autograd.tensor(x))
    assert np.allclose(layer.running_mean.array, batches.mean((0, 1)))
    assert np.allclose(layer.running_var.array, batches.var(1, ddof=1).mean(0))


def test_without_statistics_the_batch_counts_in_evaluation_too() -> None:
    x = RNG.standard_normal((5, 3))
    layer = nn.BatchNorm1d(3, affine=False, track_running_stats=False).eval()
    assert not layer.state_dict()
    assert np.allclose(layer(autograd.tensor(x)).array, standardised(x, (0,)))


@each_n
def test_instance_norm(n: int) -> None:
    x = RNG.standard_normal(SHAPES[n]) * 3
    make = getattr(nn, f"InstanceNorm{n}d")
    expected = standardised(x, dims(n, False))
    assert np.allclose(make(3)(autograd.tensor(x)).array, expected)
    assert np.allclose(make(3).eval()(autograd.tensor(x[1])).array, expected[1])
    layer = fill(make(3, affine=True, track_running_stats=True, dtype=np.float64))
    w, b = (per_channel(p.array, n + 2) for p in (layer.weight, layer.bias))
    assert np.allclose(layer(autograd.tensor(x)).array, expected * w + b)
    mean, var = 0.1 * x.mean(dims(n, True)), 0.9 + 0.1 * x.var(dims(n, False), ddof=1).mean(0)
    assert np.allclose(layer.running_mean.array, mean)
    assert np.allclose(layer.running_var.array, var)
    y = layer.eval()(autograd.tensor(x)).array
    assert np.allclose(y, (x - per_channel(mean, n + 2)) / np.sqrt(per_channel(var, n + 2) + 1e-5) * w + b)


def test_layer_rms_and_group_norm() -> None:
    x = RNG.standard_normal((2, 6, 4, 3))
    layer = fill(nn.LayerNorm((4, 3), dtype=np.float64))
    assert np.allclose(layer(autograd.tensor(x)).array, standardised(x, (2, 3)) * layer.weight.array + layer.bias.array)
    rms = fill(nn.RMSNorm(3, dtype=np.float64))
    expected = x / np.sqrt((x * x).mean(-1, keepdims=True) + np.finfo(float).eps) * rms.weight.array
    assert np.allclose(rms(autograd.tensor(x)).array, expected)
    groups = fill(nn.GroupNorm(3, 6, dtype=np.float64))
    expected = standardised(x.reshape(2, 3, -1), (2,)).reshape(x.shape)
    w, b = (per_channel(p.array, 4) for p in (groups.weight, groups.bias))
    assert np.allclose(groups(autograd.tensor(x)).array, expected * w + b)
    assert nn.LayerNorm(3, bias=False).bias is None
    assert nn.GroupNorm(2, 4, bias=False).bias is None


@pytest.mark.parametrize(
    "layer", [nn.BatchNorm1d(2), nn.BatchNorm1d(2).eval(), nn.InstanceNorm1d(2), nn.LayerNorm(3), nn.GroupNorm(1, 2)]
)
def test_complex_numbers_are_refused(layer: Any) -> None:
    z = autograd.ones(4, 2, 3, dtype=np.complex64)
    with pytest.raises(DtypeError, match=f"{type(layer).__name__}.*complex"):
        layer(z)
    with pytest.raises(DtypeError, match="real and imaginary part"):
        nn.functional.layer_norm(z, 3)


def test_half_is_computed_in_single() -> None:
    x = RNG.standard_normal((3, 4, 5)) * 300  # whose squares have no float16
    half, double = autograd.tensor(x.astype(np.float16)), autograd.tensor(x.astype(np.float16).astype(float))
    for norm in (nn.LayerNorm(5), nn.RMSNorm(5), nn.GroupNorm(2, 4), nn.BatchNorm1d(4), nn.InstanceNorm1d(4)):
        y = norm.half()(half)
        assert y.dtype == np.float16
        assert np.allclose(y.array, norm.double()(double).array, atol=4e-3)
    small = autograd.tensor(np.array([0.01, 0.02], np.float16))
    assert np.allclose(nn.functional.rms_norm(small, (2,)).array, [0.6324, 1.2648], rtol=2e-3)


def test_what_has_one_value_or_no_statistics() -> None:
    with pytest.raises(ShapeError, match="more than 1 value per channel"):
        nn.GroupNorm(3, 3)(autograd.ones(1, 3, 1))
    assert nn.GroupNorm(3, 3)(autograd.ones(2, 3, 1)).shape == (2, 3, 1)
    with pytest.raises(ArgumentError, match="eps must be non-negative"):
        nn.BatchNorm1d(3, eps=-1.0)(autograd.randn(2, 3))
    with pytest.raises(ArgumentError, match="size must be greater than zero"):
        nn.LocalResponseNorm(0)(autograd.randn(2, 3, 4))
    with pytest.raises(ArgumentError, match="batch_norm: in evaluation"):
        nn.functional.batch_norm(autograd.ones(2, 3))
    with pytest.raises(ArgumentError, match="instance_norm: in evaluation"):
        nn.functional.instance_norm(autograd.ones(2, 3, 4), use_input_stats=False)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_local_response(size: int) -> None:
    x = RNG.standard_normal((2, 5, 3))
    expected = np.empty_like(x)
    for c in range(5):
        near = x[:, max(c - size // 2, 0) : c + (size - 1) // 2 + 1]
        expected[:, c] = x[:, c] / (2 + 0.5 / size * (near**2).sum(1)) ** 0.6
    assert np.allclose(nn.LocalResponseNorm(size, 0.5, 0.6, 2.0)(autograd.tensor(x)).array, expected)
    image = autograd.tensor(x[..., None])
    assert np.allclose(nn.CrossMapLRN2d(size, 0.5, 0.6, 2.0)(image).array, expected[..., None])
    with pytest.raises(ShapeError, match="CrossMapLRN2d: expected 4D input"):
        nn.CrossMapLRN2d(size)(autograd.tensor(x))


def test_synchronised_batch_norm_is_batch_norm_of_one_process() -> None:
    x = autograd.tensor(RNG.standard_normal((4, 3, 2)))
    plain = fill(nn.BatchNorm1d(3, dtype=np.float64))
    model = nn.Sequential(plain, nn.ModuleDict({"inner": nn.BatchNorm2d(3, affine=False, momentum=None).eval()}), nn.ReLU())
    keys = list(model.state_dict())
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    assert converted is model
    assert list(model.state_dict()) == keys
    synced, inner = model[0], model[1]["inner"]
    assert type(synced) is type(inner) is nn.SyncBatchNorm
    assert synced.weight is plain.weight
    assert (inner.momentum, inner.affine, inner.training, synced.training) == (None, False, False, True)
    expected = plain(x)
    assert np.array_equal(synced(x).array, expected.array)
    assert synced.num_batches_tracked is plain.num_batches_tracked
    assert synced.num_batches_tracked.item() == 2
    with pytest.raises(ShapeError, match="at least 2D"):
        synced(x[0, 0])
    with pytest.raises(ShapeError, match="non-zero"):
        nn.SyncBatchNorm(0)(autograd.ones(2, 0, 3))


@each_n
@pytest.mark.parametrize("kind", ["BatchNorm", "InstanceNorm"])
def test_lazy(n: int, kind: str) -> None:
    x = autograd.randn(*SHAPES[n])
    layer = getattr(nn, f"Lazy{kind}{n}d")()
    keys = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert list(layer.state_dict()) == keys
    with pytest.raises(ShapeError, match=r"expected .* input"):
        layer(autograd.ones(3))
    y = layer(x)
    plain = getattr(nn, f"{kind}{n}d")
    assert type(layer) is plain
    assert layer.num_features == 3
    same = plain(3, affine=True, track_running_stats=True)
    assert np.array_equal(same(x).array, y.array)
    states = zip(same.state_dict().values(), layer.state_dict().values(), strict=True)
    assert all(np.array_equal(a.array, b.array) for a, b in states)
    loaded = getattr(nn, f"Lazy{kind}{n}d")()
    loaded.load_state_dict(layer.state_dict())
    assert np.array_equal(loaded.eval()(x).array, layer.eval()(x).array)
    assert loaded.num_features == 3


def test_lazy_instance_norm_without_a_batch() -> None:
    layer = nn.LazyInstanceNorm2d()
    layer(autograd.randn(3, 4, 5))
    assert layer.num_features == 3


def test_states_of_older_files() -> None:
    layer = nn.BatchNorm1d(2)
    old = OrderedDict(weight=np.ones(2), bias=np.ones(2), running_mean=np.full(2, 5.0), running_var=np.ones(2))
    with pytest.raises(RuntimeError, match="num_batches_tracked"):
        layer.load_state_dict(versioned(old, 2))
    layer.load_state_dict(versioned(old, 1))
    assert layer.running_mean.tolist() == [5, 5]
    with pytest.raises(RuntimeError, match="track_running_stats=False"):
        nn.InstanceNorm1d(2).load_state_dict(versioned(OrderedDict(running_mean=np.ones(2)), None))


def versioned(state: Any, version: int | None) -> Any:
    state = type("State", (OrderedDict,), {})(state)
    state._metadata = {"": {} if version is None else {"version": version}}
    return state


@pytest.mark.parametrize(
    ("layer", "x", "error", "said"),
    [
        (nn.BatchNorm1d(3), np.ones((2, 4)), ShapeError, "one number for each of the 4 channels"),
        (nn.BatchNorm2d(3), np.ones((2, 3)), ShapeError, r"expected 4D input \(got 2D input\)"),
        (nn.BatchNorm1d(3), np.ones((1, 3)), ValueError, "Expected more than 1 value per channel when training"),
        (nn.BatchNorm1d(3), np.ones((2, 3), int), DtypeError, "floating point numbers, got int64"),
        (nn.InstanceNorm1d(3, affine=True, track_running_stats=True), np.ones((2, 4, 5)), ShapeError, "expected 3 channels"),
        (nn.InstanceNorm1d(3, track_running_stats=True), np.ones((2, 3, 1)), ValueError, "more than 1 spatial element"),
        (nn.LayerNorm(5), np.ones((2, 4)), ShapeError, r"must be normalized_shape=\(5,\)"),
        (nn.RMSNorm((3, 4)), np.ones(4), ShapeError, r"normalized_shape=\(3, 4\)"),
        (nn.GroupNorm(2, 4), np.ones((2, 6)), ShapeError, "weight .* one number for each of the 6 channels"),
        (nn.GroupNorm(2, 4, affine=False), np.ones((2, 5)), ShapeError, "divisible by num_groups=2"),
        (nn.LocalResponseNorm(2), np.ones((2, 3)), ShapeError, "at least 3 dimensions"),
    ],
)
def test_a_refused_batch_changes_nothing(layer: Any, x: np.ndarray, error: type, said: str) -> None:
    model = nn.Sequential(nn.Identity(), layer)
    before = {name: value.array.copy() for name, value in model.state_dict().items()}
    with pytest.raises(error, match=said) as caught:
        model(autograd.tensor(x))
    assert "in layer '1'" in str(caught.value)
    assert all(np.array_equal(value.array, before[name]) for name, value in model.state_dict().items())


def test_other_warnings_and_errors() -> None:
    with pytest.warns(UserWarning, match="expected 3 channels"):
        nn.InstanceNorm1d(3)(autograd.ones(2, 4, 5))
    with pytest.raises(ArgumentError, match=r"num_channels \(4\) must be divisible by num_groups \(3\)"):
        nn.GroupNorm(3, 4)


@pytest.mark.parametrize("transform", [autograd.func.grad, autograd.func.jacfwd, autograd.func.jacrev])
def test_running_statistics_have_no_derivative_and_say_so(transform) -> None:
    """As in PyTorch: a derivative of 0 would be wrong, since evaluation depends on them."""
    x, variance = autograd.ones(4, 3), autograd.ones(3)
    with pytest.raises(RuntimeError, match="not differentiable with respect to running_mean"):
        transform(lambda mean: nn.functional.batch_norm(x, mean, variance, training=False).sum())(autograd.zeros(3))
    learnt = autograd.zeros(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="not differentiable with respect to running_mean"):
        nn.functional.batch_norm(x, learnt, variance, training=False)
    with autograd.no_grad():
        assert nn.functional.batch_norm(x, learnt, variance, training=False).shape == (4, 3)
