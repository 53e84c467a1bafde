"""Averages of weights: against sums by hand."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from optim import swa_utils
from optim.swa_utils import AveragedModel


def models() -> list[Any]:
    """One model at five moments."""
    found = []
    for seed in range(5):
        autograd.manual_seed(seed)
        found.append(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1)))
        found[-1](autograd.randn(8, 2))
    return found


def weights(model: Any) -> list[np.ndarray]:
    return [p.detach().numpy() for p in model.parameters()]


def test_the_equal_mean() -> None:
    ms = models()
    averaged = AveragedModel(ms[0])
    for m in ms:
        averaged.update_parameters(m)
    for got, *ws in zip(weights(averaged), *map(weights, ms), strict=True):
        np.testing.assert_allclose(got, np.mean(ws, axis=0), rtol=1e-5, atol=1e-7)
    # Buffers are the last model's.
    np.testing.assert_array_equal(averaged.module[1].running_mean.array, ms[-1][1].running_mean.array)
    assert averaged.n_averaged.item() == 5


@pytest.mark.parametrize("multi", [False, True])
def test_the_exponential_mean(multi: bool) -> None:
    ms = models()
    if multi:
        averaged = AveragedModel(ms[0], multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.75), use_buffers=True)
    else:
        averaged = AveragedModel(ms[0], avg_fn=swa_utils.get_ema_avg_fn(0.75), use_buffers=True)
    want = [ms[0][0].weight.detach().numpy().copy(), ms[0][1].running_mean.array.copy()]
    averaged.update_parameters(ms[0])
    for m in ms[1:]:
        averaged.update_parameters(m)
        want = [0.75 * a + 0.25 * b for a, b in zip(want, [m[0].weight.detach().numpy(), m[1].running_mean.array], strict=True)]
    np.testing.assert_allclose(averaged.module[0].weight.detach().numpy(), want[0], rtol=1e-5)
    np.testing.assert_allclose(averaged.module[1].running_mean.array, want[1], rtol=1e-5)


def test_it_is_used_as_the_model_is() -> None:
    ms = models()
    averaged = AveragedModel(ms[0])
    averaged.update_parameters(ms[1])
    x = autograd.randn(4, 2)
    assert averaged.train().training
    assert not averaged.eval().training
    np.testing.assert_array_equal(averaged(x).detach().numpy(), ms[1].eval()(x).detach().numpy())
    assert list(averaged.state_dict())[:2] == ["n_averaged", "module.0.weight"]
    assert dict(averaged.named_parameters()).keys() == {k for k in averaged.state_dict() if "running" not in k} - {
        "n_averaged", "module.1.num_batches_tracked"
    }  # fmt: skip
    other = AveragedModel(ms[2])
    other.load_state_dict(copy.deepcopy(averaged.state_dict()))
    assert other.n_averaged.item() == 1
    for a, b in zip(weights(other), weights(averaged), strict=True):
        np.testing.assert_array_equal(a, b)
    assert "(module): Sequential" in repr(averaged)
    # The model that was given is not the one that is averaged.
    ms[0][0].weight.data = autograd.zeros(3, 2)
    assert averaged.module[0].weight.detach().numpy().any()


def test_bad_averages() -> None:
    model = nn.Linear(1, 1)
    with pytest.raises(ValueError, match="Only one of avg_fn and multi_avg_fn"):
        AveragedModel(model, avg_fn=swa_utils.get_swa_avg_fn(), multi_avg_fn=swa_utils.get_swa_multi_avg_fn())
    for make in (swa_utils.get_ema_avg_fn, swa_utils.get_ema_multi_avg_fn):
        with pytest.raises(ValueError, match=r"Invalid decay value 1\.5"):
            make(1.5)
    averaged = AveragedModel(model)
    with pytest.raises(ValueError, match=r"parameters are of shapes \[\(2, 1\), \(2,\)\], those of the average"):
        averaged.update_parameters(nn.Linear(1, 2))
    with pytest.raises(ValueError, match="no 'n_averaged'"):
        averaged.load_state_dict(model.state_dict())


def test_batch_norms_see_all_batches_alike() -> None:
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 1)).eval()
    batches = [autograd.randn(6, 2) for _ in range(4)]
    swa_utils.update_bn([(b, "target") for b in batches], model)
    arrays = [b.array for b in batches]
    np.testing.assert_allclose(model[0].running_mean.array, np.mean([a.mean(0) for a in arrays], axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model[0].running_var.array, np.mean([a.var(0, ddof=1) for a in arrays], axis=0), rtol=1e-4)
    assert model[0].momentum == 0.1
    assert not model.training
    swa_utils.update_bn(iter(()), nn.Linear(1, 1))
    with pytest.raises(ZeroDivisionError):
        swa_utils.update_bn((1 / 0 for _ in range(1)), model)
    assert model[0].momentum == 0.1
    assert not model.training
