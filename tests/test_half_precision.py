"""float16: sums and products are accumulated in float32, as in PyTorch, and rounded once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd import tensor

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 3000)).astype(np.float16)
IMAGES = RNG.standard_normal((2, 3, 9, 9)).astype(np.float16)
NEAR_ONE = (1 + 0.01 * RNG.standard_normal(3000)).astype(np.float16)
CALLS: dict[str, tuple[Callable[..., Any], Any]] = {
    "sum": (lambda x: x.sum(1), X), "mean": (lambda x: x.mean(1), X), "var": (lambda x: x.var(1), X),
    "cumsum": (lambda x: x.cumsum(1), X), "cumsum_reversed": (lambda x: x.flip(1).cumsum(1).flip(1), X),
    "prod": (lambda x: x.prod(), NEAR_ONE), "cumprod": (lambda x: x.cumprod(0), NEAR_ONE),
    "mse_loss": (lambda x: F.mse_loss(x[0] * 5, x[1] * 5), X), "logsumexp": (lambda x: x.logsumexp(1), X),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 5), IMAGES), "adaptive_avg_pool2d": (lambda x: F.adaptive_avg_pool2d(x, 1), IMAGES),
    "norm": (lambda x: x.norm(dim=1), X), "dot": (lambda x: x[0] @ x[1], X), "layer_norm": (lambda x: F.layer_norm(x, (3000,)), X),
    "softmax": (lambda x: x.softmax(1), X),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(CALLS))
def test_one_rounding(name: str) -> None:
    call, values = CALLS[name]
    found = call(tensor(values))
    assert found.dtype == autograd.float16
    exact = call(tensor(values.astype(np.float64))).array
    # One rounding of the operands of mse_loss's differences, and one of the result: at most two units in the last place.
    np.testing.assert_allclose(found.array.astype(np.float64), exact, rtol=2 * 2.0**-11, atol=2.0**-12)


def test_a_dtype_of_the_result_is_the_result_s_dtype() -> None:
    x = autograd.full((17,), 16, dtype=autograd.uint8)
    assert (x.sum(dtype=autograd.uint8).item(), x.sum().item()) == (16, 272)
    assert autograd.ones(3, dtype=autograd.int16).sum(dtype=autograd.int16).dtype == autograd.int16


def test_numbers_that_float16_does_not_hold():
    """PyTorch computes with such a number in float32: it does not count as infinite, neither forwards nor in the gradient."""
    x = autograd.tensor([1.0, 2.0, 3.0, 4.0], dtype=autograd.float16, requires_grad=True)
    y = x / 1e5
    assert y.dtype == autograd.float16
    assert np.allclose(y.detach().numpy(), [1e-5, 2e-5, 3e-5, 4e-5], rtol=4e-3)
    (x / 1e5).sum().backward()
    assert np.allclose(x.grad.numpy(), 1e-5, rtol=4e-3)
    small = x.detach() * 1e-3
    assert np.allclose((small * 1e5).numpy(), [100, 200, 300, 400], rtol=2e-3)
    assert np.allclose((100000 * small).numpy(), [100, 200, 300, 400], rtol=2e-3)
    assert np.allclose((1e5 / x.detach()).numpy()[1:], [50000, 33333, 25000], rtol=2e-3)
    assert np.allclose((small * -1e5).numpy(), [-100, -200, -300, -400], rtol=2e-3)
    small /= 1e5
    assert np.allclose(small.numpy(), [0, 0, 0, 0], atol=1e-7)
    assert np.isinf((x.detach() * 1e5).numpy()).all()
    assert (x.detach() * float("inf")).tolist() == [float("inf")] * 4
