"""autograd.masked against NumPy's masked arrays, and its gradients against central differences."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import masked
from autograd.errors import ArgumentError, ShapeError

RNG = np.random.default_rng(0)
X, M = RNG.standard_normal((3, 4, 5)), RNG.random((3, 4, 5)) > 0.4
M[0, 1:, 2:] = M[1] = M[2, :2] = M[2, :, :2] = True  # at least two elements count along each dimension
M[0, 0, :2] = M[0, :2, 0] = True


@pytest.mark.parametrize("dim", [0, 1, 2, (0, 1), None])
@pytest.mark.parametrize("name", ["sum", "prod", "amax", "amin", "mean", "var", "std"])
def test_reductions_are_those_of_masked_arrays(name, dim):
    array = np.ma.array(X, mask=~M)
    options = {"ddof": 1} if name in ("var", "std") else {}
    if name == "prod" and isinstance(dim, tuple):
        expected = array.prod(axis=1).prod(axis=0)
    else:
        expected = getattr(array, name.removeprefix("a") if name in ("amax", "amin") else name)(axis=dim, **options)
    x = autograd.tensor(X, requires_grad=True)
    for keepdim in (False, True):
        y = getattr(masked, name)(x, dim, keepdim=keepdim, mask=autograd.tensor(M))
        assert np.allclose(y.detach().numpy().reshape(np.shape(expected)), np.ma.filled(expected, np.nan), equal_nan=True)
    assert autograd.gradcheck(lambda x: autograd.nan_to_num(getattr(masked, name)(x, dim, mask=autograd.tensor(M))), x)


def test_the_others():
    x, m = autograd.tensor([3.0, 1.0, 2.0, 8.0]), autograd.tensor([True, True, True, False])
    assert masked.argmax(x, mask=m).item() == 0
    assert masked.argmin(x, 0, mask=m).item() == 1
    assert masked.median(x, 0, mask=m).item() == 2
    assert masked.norm(x, 2.0, mask=m).item() == pytest.approx(14**0.5)
    assert masked.norm(x, float("-inf"), 0, mask=autograd.tensor([True, False, True, False])).item() == 2
    assert masked.cumsum(x, 0, mask=m).tolist() == [3, 4, 6, 6]
    assert masked.cumprod(x, 0, mask=m).tolist() == [3, 3, 6, 6]
    kept = x[:3]
    assert np.allclose(masked.softmax(x, 0, mask=m).numpy(), [*kept.softmax(0).tolist(), 0])
    assert np.allclose(masked.log_softmax(x, 0, mask=m).numpy(), [*kept.log_softmax(0).tolist(), -np.inf])
    assert np.allclose(masked.softmin(x, 0, mask=m).numpy(), [*(-kept).softmax(0).tolist(), 0])
    assert np.allclose(masked.normalize(x, 1.0, 0, mask=m).numpy(), [0.5, 1 / 6, 1 / 3, 0])
    assert masked.logsumexp(x, 0, mask=m).item() == pytest.approx(kept.logsumexp(0).item())
    assert masked.logaddexp(x, x, input_mask=m).tolist()[3] == 8
    assert masked.sum(x, dtype=autograd.float64).dtype == np.float64
    assert masked.amax(autograd.tensor([1, 2]), mask=autograd.tensor([True, False])).item() == 1


def test_where_nothing_counts():
    x, m = autograd.tensor([1.0, 2.0]), autograd.tensor([False, False])
    assert (masked.sum(x, mask=m).item(), masked.prod(x, mask=m).item(), masked.amax(x, mask=m).item()) == (0, 1, -np.inf)
    assert np.isnan(masked.mean(x, mask=m).item())
    assert np.isnan(masked.median(x, mask=m).item())


def test_what_is_refused():
    x = autograd.ones(2, 3)
    with pytest.raises(ShapeError, match="more dimensions"):
        masked.sum(x, mask=autograd.ones(1, 2, 3, dtype=autograd.bool))
    with pytest.raises(ShapeError, match="multiple times"):
        masked.prod(x, (0, -2))
    with pytest.raises(ArgumentError):
        masked.var(x, unbiased=True, correction=1)
