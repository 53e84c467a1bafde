"""Initial values: each function's distribution against its closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import autograd
import nn
from nn import init

SHAPE = (60, 40, 5)  # fan_in 200, fan_out 300


def generator():
    return autograd.Generator().manual_seed(7)


def drawn(function, *args, shape=SHAPE, **kwargs):
    t = autograd.zeros(*shape, dtype=np.float64)
    assert function(t, *args, generator=generator(), **kwargs) is t
    return t.array


UNIFORM = [
    (init.uniform_, (-2, 3), None),
    (init.xavier_uniform_, (2.0,), 2 * math.sqrt(6 / 500)),
    (init.kaiming_uniform_, (), math.sqrt(6 / 200)),
    (init.kaiming_uniform_, (math.sqrt(5), "fan_out"), math.sqrt(3) * math.sqrt(2 / 6) / math.sqrt(300)),
    (init.kaiming_uniform_, (0, "fan_in", "tanh"), 5 / 3 * math.sqrt(3 / 200)),
]
NORMAL = [
    (init.normal_, (1.0, 3.0), 1.0, 3.0),
    (init.xavier_normal_, (), 0.0, math.sqrt(2 / 500)),
    (init.kaiming_normal_, (0, "fan_out", "relu"), 0.0, math.sqrt(2 / 300)),
    (init.kaiming_normal_, (0, "fan_in", "linear"), 0.0, math.sqrt(1 / 200)),
]


@pytest.mark.parametrize(("function", "args", "bound"), UNIFORM)
def test_uniform(function, args, bound):
    low, high = (-2, 3) if bound is None else (-bound, bound)
    values = drawn(function, *args)
    assert values.min() >= low
    assert values.max() <= high
    assert stats.kstest(values.ravel(), "uniform", (low, high - low)).pvalue > 1e-3


@pytest.mark.parametrize(("function", "args", "mean", "std"), NORMAL)
def test_normal(function, args, mean, std):
    assert stats.kstest(drawn(function, *args).ravel(), "norm", (mean, std)).pvalue > 1e-3


def test_truncated_normal():
    values = drawn(init.trunc_normal_, 0.5, 2.0, -1.0, 3.0)
    assert values.min() >= -1
    assert values.max() <= 3
    assert stats.kstest(values.ravel(), stats.truncnorm(-0.75, 1.25, 0.5, 2.0).cdf).pvalue > 1e-3
    with pytest.warns(UserWarning, match="more than 2 std"):
        init.trunc_normal_(autograd.zeros(3), 10.0)


def test_constants():
    t = autograd.zeros(2, 3)
    assert init.constant_(t, 0.3).tolist() == [[np.float32(0.3)] * 3] * 2
    assert init.ones_(t).tolist() == [[1] * 3] * 2
    assert init.zeros_(t).tolist() == [[0] * 3] * 2
    assert init.eye_(t).tolist() == [[1, 0, 0], [0, 1, 0]]
    with pytest.raises(ValueError, match="2 dimensions"):
        init.eye_(autograd.zeros(3))


def test_dirac_passes_channels_through():
    w = init.dirac_(autograd.zeros(4, 2, 3), groups=2).array
    assert [np.argwhere(row).tolist() for row in w] == [[[0, 1]], [[1, 1]], [[0, 1]], [[1, 1]]]
    with pytest.raises(ValueError, match="divisible"):
        init.dirac_(autograd.zeros(3, 2, 3), groups=2)
    with pytest.raises(ValueError, match="3, 4, or 5"):
        init.dirac_(autograd.zeros(3, 2))


@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 6), (3, 2, 4)])
def test_orthogonal(shape):
    w = drawn(init.orthogonal_, 2.0, shape=shape).reshape(shape[0], -1)
    small = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    assert np.allclose(small, 4 * np.eye(len(small)))
    with pytest.raises(ValueError, match="2 or more"):
        init.orthogonal_(autograd.zeros(3))


def test_sparse():
    w = drawn(init.sparse_, 0.3, 0.5, shape=(50, 40))
    assert ((w == 0).sum(axis=0) == 15).all()
    assert abs(w[w != 0].std() - 0.5) < 0.05


@pytest.mark.parametrize(
    ("name", "param", "gain"),
    [("linear", None, 1), ("conv2d", None, 1), ("sigmoid", None, 1), ("tanh", None, 5 / 3), ("relu", None, 2**0.5),
     ("leaky_relu", None, (2 / 1.0001) ** 0.5), ("leaky_relu", 1, 1), ("selu", None, 0.75)],
)  # fmt: skip
def test_gains(name, param, gain):
    assert init.calculate_gain(name, param) == pytest.approx(gain, rel=1e-12)


def test_bad_arguments():
    with pytest.raises(ValueError, match="Unsupported nonlinearity"):
        init.calculate_gain("swish")
    with pytest.raises(ValueError, match="not a valid number"):
        init.calculate_gain("leaky_relu", True)
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        init.xavier_uniform_(autograd.zeros(3))
    with pytest.raises(ValueError, match="Mode fan"):
        init.kaiming_normal_(autograd.zeros(3, 3), mode="fan")
    with pytest.raises(ValueError, match="from=2 > to=1"):
        init.uniform_(autograd.zeros(3), 2, 1)
    with pytest.raises(ValueError, match="std >= 0"):
        init.normal_(autograd.zeros(3), 0, -1)
    with pytest.warns(UserWarning, match="zero-element"):
        init.kaiming_uniform_(autograd.zeros(0, 3))


def test_nothing_is_recorded_and_dtypes_stay():
    p = nn.Parameter(autograd.zeros(3, 3))
    for name in init.__all__:
        if name.endswith("_") and name != "dirac_":
            args = (0.5,) if name in ("constant_", "sparse_") else ()
            getattr(init, name)(p, *args)
            assert p.is_leaf
            assert p.dtype == np.float32


def test_a_generator_decides():
    a, b = drawn(init.normal_), drawn(init.normal_)
    assert np.array_equal(a, b)
    autograd.manual_seed(3)
    first = nn.Linear(4, 5)
    autograd.manual_seed(3)
    second = nn.Linear(4, 5)
    assert np.array_equal(first.weight.array, second.weight.array)


def test_layers_start_as_pytorch_says():
    autograd.manual_seed(0)
    layer = nn.Linear(64, 2000, dtype=np.float64)
    assert stats.kstest(layer.weight.array.ravel(), "uniform", (-1 / 8, 1 / 4)).pvalue > 1e-3
    assert stats.kstest(layer.bias.array, "uniform", (-1 / 8, 1 / 4)).pvalue > 1e-3
    both = nn.Bilinear(16, 3, 500, dtype=np.float64)
    assert stats.kstest(both.weight.array.ravel(), "uniform", (-1 / 4, 1 / 2)).pvalue > 1e-3
    assert nn.PReLU(3, 0.1).weight.tolist() == [np.float32(0.1)] * 3
