"""Calls that ordinary functions make, each in C alone, without a call back into NumPy: values and gradients are the eager ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from autograd.distributions import Categorical, Normal
from autograd.errors import CompileError, ShapeError
from autograd.utils.checkpoint import checkpoint

F: Any = nn.functional
NAN, INF = float("nan"), float("inf")


def masked(x: Any) -> Any:
    c = x * 2
    c[c > 0.5] = 0.25
    return c


def picked(x: Any) -> Any:
    c, rows = x.clone(), tensor([1, 2])
    c[rows] = c[rows] * 2
    return c


def accumulated(x: Any) -> Any:
    total = tensor(0.0)
    for row in x:
        total += (row * row).sum()
    return total


def looked_at(x: Any) -> Any:
    """What the step has made of numbers is the same at each call."""
    sizes, scale = tensor([2, 4]), tensor(0.5)
    rows = x[: sizes[0].item()] * float(scale) if sizes.tolist() == [2, 4] else x
    return rows.repeat(int(sizes[1]), 1)


def spread_out(x: Any) -> Any:
    out = autograd.zeros(4, 8, dtype=x.dtype)
    with autograd.no_grad():
        out[:, ::2].copy_(x @ x.T)
        np.matmul(x.detach(), x.detach().T, out=out[:, 1::2])
    return out


CALLS: dict[str, Callable[[Any], Any]] = {
    "a mask that is written": masked,
    "rows that are written": picked,
    "a tensor of numbers that is written": accumulated,
    "a tensor of numbers that is looked at": looked_at,
    "tile": lambda x: x.repeat(2, 1) + x.tile(2, 2, 1)[1],
    "expand": lambda x: x.expand(2, 4, 6) * x[:, :1].expand(-1, 6),
    "a distribution": lambda x: Categorical(logits=x).log_prob(tensor([0, 1, 5, 2])) + Normal(x[:, 0], x.abs().sum(1)).entropy(),
    "a checkpoint": lambda x: checkpoint(lambda z: (z * x).tanh(), x, use_reentrant=False),
    "one_hot": lambda x: F.one_hot((x[:, 0] * 3).long(), 4) * x[:, :1],
    "argmax": lambda x: x.argmax(1) + x.argmin(0).sum() + x.argmax(),
    "argmax, keepdim": lambda x: x.argmax(1, keepdim=True) * x,
    "max over a dimension": lambda x: x.max(1).values,
    "cumsum": lambda x: x.cumsum(0) + x.cumsum(1),
    "cumprod": lambda x: x.cumprod(1),
    "roll": lambda x: x.roll(1, 0) * x.roll((2, -1), (0, 1)) + x.roll(4),
    "einsum, a product": lambda x: autograd.einsum("ij,kj->ik", x, x),
    "einsum, a stack of products": lambda x: autograd.einsum("bij,bjk->bik", x.reshape(4, 3, 2), x.reshape(4, 2, 3)),
    "einsum, four dimensions": lambda x: autograd.einsum("bqhd,bkhd->bhqk", x.reshape(2, 3, 2, 2), x.reshape(2, 3, 2, 2)),
    "a product into every second column": lambda x: spread_out(x),
    "einsum, a diagonal": lambda x: autograd.einsum("ii->i", x.reshape(4, 6)[:, :4]),
    "einsum, three factors": lambda x: autograd.einsum("ij,ik,il->jk", x, x, x),
    "einsum, other dimensions": lambda x: autograd.einsum("...i,...i->...", x, x),
    "tensordot": lambda x: autograd.tensordot(x.reshape(4, 3, 2), x.reshape(3, 2, 4), dims=([1, 2], [0, 1])),
    "average pooling": lambda x: F.avg_pool2d(x[None, None], 2),
    "average pooling with padding": lambda x: F.avg_pool2d(x[None, None], 3, 2, 1, count_include_pad=False),
    "bilinear interpolation": lambda x: F.interpolate(x[None, None], scale_factor=2, mode="bilinear"),
    "quotients": lambda x: x // 0.3 + (x - 0.5) % 0.3 + (x - 0.5) % -0.3,
    "quotients of integers": lambda x: (x * 10).long() // 3 + (x * 10 - 5).long() % -3,
    "xlogy": lambda x: autograd.xlogy((x - 0.3).relu(), x),
    "logaddexp": lambda x: autograd.logaddexp(x, 3 * x),
    "kl_div": lambda x: F.kl_div(x.log(), x, reduction="sum"),
    "deg2rad": lambda x: autograd.deg2rad(x),
    "rounding": lambda x: (x * 3).round() * x,
    "cdist": lambda x: autograd.cdist(x, x + 1),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_is_c_alone_and_equals_the_eager_call(quick_c: None, name: str, dtype: Any) -> None:
    weight = tensor(np.random.default_rng(1).random((4, 6)).astype(dtype), requires_grad=True)

    def run(x: Any) -> Any:
        y = CALLS[name](x + weight * 0.1)
        if not y.requires_grad:
            return y, y
        (gradient,) = autograd.grad((y * y).sum(), [weight])
        return y.detach(), gradient

    compiled = autograd.compile(run)
    for call in range(5):
        x = tensor(np.random.default_rng(call).random((4, 6)).astype(dtype))
        for mine, expected in zip(compiled(x), run(x), strict=True):
            limit = 1e-5 if dtype is np.float32 else 1e-12
            np.testing.assert_allclose(mine.numpy(), expected.numpy(), rtol=limit, atol=limit)
    assert "0 calls back into NumPy" in compiled.report(), compiled.report()


EDGES: dict[str, tuple[Callable[..., Any], list[list[float]]]] = {
    "argmax": (lambda x, y: x.argmax(0), [[1, NAN, 3, NAN], [2, 2, 2, 2]]),
    "argmin": (lambda x, y: x.argmin(0), [[1, NAN, -INF, 0], [2, 2, 2, 2]]),
    "argmax of ties": (lambda x, y: x.argmax(0), [[1, 1, 1, 0], [2, 2, 2, 2]]),
    "floor_divide": (lambda x, y: x // y, [[1, -1, 0.0, -0.0, INF, NAN, 5, 0], [0.0, -0.0, -3, 3, 2, 1, -INF, 0]]),
    "remainder": (lambda x, y: x % y, [[1, -1, 0.0, -0.0, INF, NAN, 5, -6], [0.0, -0.0, -3, 3, 2, 1, -INF, 3]]),
    "logaddexp": (autograd.logaddexp, [[INF, -INF, INF, NAN, 1e30, 0], [INF, -INF, -INF, 1, 1e30, 0]]),
    "xlogy": (autograd.xlogy, [[0, 0, 0, 1, NAN, 0], [0, INF, NAN, 0, 1, -1]]),
    "erf": (lambda x, y: autograd.erf(x), [[NAN, INF, -INF, 0.0, -0.0, 1e-40, 0.9, 4.0], [0] * 8]),
    "tanh": (lambda x, y: x.tanh(), [[NAN, INF, -INF, 0.0, -0.0, 1e-40, 0.625, 11.0], [0] * 8]),
    "expm1": (lambda x, y: x.expm1(), [[NAN, INF, -INF, 0.0, -0.0, 1e-40, 0.7, -90.0], [0] * 8]),
    "log1p": (lambda x, y: x.log1p(), [[NAN, INF, -1.0, 0.0, -0.0, 1e-40, 0.7, -0.5], [0] * 8]),
}


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_infinities_and_zeros_are_numpys(quick_c: None, name: str, dtype: Any) -> None:
    function, values = EDGES[name]
    x, y = (tensor(np.array(v, dtype)) for v in values)
    compiled = autograd.compile(lambda x, y: function(x, y))
    for _ in range(4):
        with np.errstate(all="ignore"):
            mine, expected = compiled(x, y).numpy(), function(x, y).numpy()
        np.testing.assert_allclose(mine, expected, rtol=1e-6)
        np.testing.assert_array_equal(np.signbit(mine[mine == 0]), np.signbit(expected[expected == 0]))
    assert "0 calls back into NumPy" in compiled.report()


def test_integers_divided_by_the_smallest_and_by_minus_one(quick_c: None) -> None:
    low = np.iinfo(np.int64).min
    x, y = tensor(np.array([low, low, 7, -7, 7, -7])), tensor(np.array([-1, 3, -2, 2, 2, -2]))
    compiled = autograd.compile(lambda x, y: (x // y, x % y))
    with np.errstate(all="ignore"):
        for _ in range(4):
            quotient, rest = compiled(x, y)
            np.testing.assert_array_equal(quotient.numpy(), x.array // y.array)
            np.testing.assert_array_equal(rest.numpy(), x.array % y.array)


def test_a_tensor_of_numbers_that_is_written_may_not_be_looked_at() -> None:
    def run(x: Any) -> Any:
        total = tensor(0.0)
        total += x.sum()
        return x * total.item()

    with pytest.raises(CompileError, match=r"item\(\)"):
        autograd.compile(run)(tensor([1.0, 2.0]))


@pytest.mark.parametrize("function", [lambda x: F.one_hot((x * 3).long()), lambda x: x[x > 0.5] * 2])
def test_a_shape_that_depends_on_the_values_is_refused_at_the_users_line(function: Callable[[Any], Any]) -> None:
    compiled = autograd.compile(function)

    def calls() -> None:
        for call in range(6):
            compiled(tensor(np.random.default_rng(call).random(12)))

    with pytest.raises((CompileError, ShapeError), match=r'test_compile_calls.py"?, line \d+'):
        calls()
