"""Errors planted in the C of each kind of kernel: ``check=True`` finds every one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from steps import training_step

import autograd
import nn
import optim
from autograd.compile import build
from autograd.errors import CompileError


@pytest.fixture(autouse=True, scope="module")
def _two_threads(quick_c: None) -> Iterator[None]:
    before = autograd.get_num_threads()
    autograd.set_num_threads(2)
    yield
    autograd.set_num_threads(before)


def random(*shape: int) -> Any:
    return autograd.tensor(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


def gradients(function: Callable[..., Any], *inputs: Any) -> list[Any]:
    inputs = tuple([x.detach().requires_grad_() for x in inputs])
    y = function(*inputs)
    return [y.detach(), *autograd.grad((y * y).sum(), inputs)]


def product() -> tuple[Callable[..., Any], list[Any]]:
    return lambda a, b: a @ b, [random(11, 300), random(300, 70)]


def columns() -> tuple[Callable[..., Any], list[Any]]:
    return lambda a, b: a.T @ b.T, [random(20, 19), random(5, 20)]


def convolution() -> tuple[Callable[..., Any], list[Any]]:
    return lambda x, w: gradients(lambda x, w: nn.functional.conv2d(x, w, padding=1), x, w), [
        random(2, 3, 9, 9),
        random(40, 3, 3, 3),
    ]


def strided() -> tuple[Callable[..., Any], list[Any]]:
    return partial(gradients, partial(nn.functional.conv2d, stride=2)), [random(2, 3, 9, 9), random(9, 3, 3, 3)]


def few() -> tuple[Callable[..., Any], list[Any]]:
    return lambda x, w: gradients(lambda x, w: nn.functional.conv2d(x, w, padding=1), x, w), [
        random(2, 3, 9, 9),
        random(3, 3, 3, 3),
    ]


def pooling() -> tuple[Callable[..., Any], list[Any]]:
    return lambda x: gradients(lambda x: nn.functional.max_pool2d(x, 2), x), [random(2, 2, 6, 6)]


def cross_entropy() -> tuple[Callable[..., Any], list[Any]]:
    return lambda x, y: gradients(lambda x: nn.functional.cross_entropy(x, y), x), [random(5, 4), autograd.tensor([0, 3, 1, 2, 2])]


def softmax() -> tuple[Callable[..., Any], list[Any]]:
    return lambda x: gradients(lambda x: x.softmax(1), x), [random(5, 4)]


def reductions() -> tuple[Callable[..., Any], list[Any]]:
    return lambda x: [x.sum(0), x.amax(1), x.mean(), x.prod(0)], [random(5, 4)]


def threads() -> tuple[Callable[..., Any], list[Any]]:
    return lambda x: [(x.tanh() * x).sum(), x.exp()], [random(100_001)]


def time_loop() -> tuple[Callable[..., Any], list[Any]]:
    layer = nn.LSTM(3, 4)
    return lambda x: gradients(lambda x: layer(x)[0], x), [random(12, 2, 3)]


def embedding() -> tuple[Callable[..., Any], list[Any]]:
    places = autograd.tensor([1, 4, 1, 0])
    return lambda w: gradients(lambda w: nn.functional.embedding(places, w), w), [random(6, 3)]


def optimizer() -> tuple[Callable[..., Any], list[Any]]:
    autograd.manual_seed(0)
    model = nn.Linear(3, 2)
    step = training_step(model, optim.Adam(model.parameters(), lr=0.01))
    return step, [random(5, 3), autograd.tensor([0, 1, 1, 0, 1])]


# A program, what its text has, and what it has instead: an index off by one, a term that is dropped, a wrong sign.
PLANTED: list[tuple[Callable[[], tuple[Callable[..., Any], list[Any]]], str, str]] = [
    (product, "for (int p = 0; p < k; p++, a += ac", "for (int p = 0; p < k - 1; p++, a += ac"),
    (product, "s##r += x * b[0]", "s##r -= x * b[0]"),
    (product, "t##r += x * b[1]", "t##r += x * b[0]"),
    (product, "const T *from = b + j * bc;", "const T *from = b + (j + 1) * bc;"),
    (columns, "to[l] = from[l * bc];", "to[l] = from[l];"),
    (product, "add || p > 0", "add"),
    (product, "for (; i < m; i++)", "for (; i < m - 1; i++)"),
    (product, "sums[0] += old[0], sums[1] += old[1]", "sums[0] += old[0], sums[1] -= old[1]"),
    (columns, "memcpy(block + q * ROWS, a + i + q * ac, ", "memcpy(block + q * ROWS, a + i + 1 + q * ac, "),
    (convolution, "const int row = i - top;", "const int row = i - top + 1;"),
    (convolution, "for (int j = first; j < last; j++)", "for (int j = first; j < last - 1; j++)"),
    (strided, "places[l] = (int64_t)(place / ow) * sy * wp", "places[l] = (int64_t)(place / ow) * wp"),
    (few, "+ taps - 1 - t]", "+ t]"),
    (convolution, "const int64_t at = i * down + j * right;", "const int64_t at = i * down + j - (j > right);"),
    (convolution, "for (int p = first; p < last; p++)", "for (int p = first + 1; p < last; p++)"),
    (strided, "+ place % ow * sx", "+ place % ow"),
    (strided, "const int64_t at = i * down + j * right;", "const int64_t at = i * down + j; (void)right;"),
    (few, "sum += lanes[2 * r + s][l]", "sum -= lanes[2 * r + s][l]"),
    (few, "to[s] + l] = sums[r * N + first[s] + l]", "to[s] + l] = sums[r * N + l]"),
    (few, "((int64_t)c * hp + i * dy) * wp", "((int64_t)c * hp + i * dy) * wp - (i > 1)"),
    (few, "panel[o * length + i * wp + j] = ", "panel[o * length + i * ow + j] = "),
    (pooling, "maxf(x0[2 * i], x0[2 * i + 1])", "maxf(x0[2 * i], x0[2 * i])"),
    (cross_entropy, "= exp_f(", "= 1 + exp_f("),
    (cross_entropy, "= log_f(cross_entropy_", "= -log_f(cross_entropy_"),
    (cross_entropy, "5 * within(x1[i], 4)", "5 * within(x1[i] ^ 1, 4)"),
    (cross_entropy, "for (int j = 0; j < 5; j++)", "for (int j = 0; j < 4; j++)"),
    (softmax, "= exp_f(", "= 2 * exp_f(2 * "),
    (reductions, "sum[j] += x0[4 * i + j]", "sum[j] += x0[4 * i + (j ^ 1)]"),
    (reductions, "amax[i] = maxf(amax[i], x0[4 * i + j])", "amax[i] = x0[4 * i + j]"),
    (reductions, "/ 20.0f", "/ 19.0f"),
    (threads, "FROM(100001, 2048)", "FROM(100001, 2048) + (me ? 2048 : 0)"),
    (threads, "TO(100001, 2048)", "TO(100001, 2048) - (me ? 2048 : 0)"),
    (threads, "begin + 2048 < 100001 ? begin + 2048 : 100001", "begin + 2048 < 100000 ? begin + 2048 : 100000"),
    (time_loop, "turn < 11", "turn < 10"),
    (embedding, "i < 0 ? i + n : i", "i < 0 ? i + n : i + 1"),
    (optimizer, "+ (float)rate_2 *", "- (float)rate_2 *"),
    (optimizer, "(gradient[i] * gradient[i])", "(gradient[i])"),
    (optimizer, "1 - pow(beta1, steps + 1)", "1 - pow(beta1, steps + 2)"),
    (optimizer, "exp_avg + 6, exp_avg_sq + 6", "exp_avg + 5, exp_avg_sq + 6"),
]  # fmt: skip


def compiled(make: Callable[[], tuple[Callable[..., Any], list[Any]]]) -> Any:
    function, given = make()
    found = autograd.compile(function, check=True)
    for _ in range(6):
        found(*given)
    assert found.variants
    return found


@pytest.mark.parametrize("make", list(dict.fromkeys(make for make, _, _ in PLANTED)), ids=lambda make: make.__name__)
def test_without_an_error_the_check_passes(make: Any) -> None:
    compiled(make)


@pytest.mark.parametrize(("make", "right", "wrong"), PLANTED)
def test_a_planted_error_is_found(make: Any, right: str, wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = build.library

    def planted(text: str) -> Path:
        for old, new in ((right, wrong), (right.replace("T ", "float "), wrong.replace("T ", "float "))):
            if old in text:
                return real(text.replace(old, new))
        pytest.fail(f"the program has no {right!r}:\n{text[-4000:]}")

    monkeypatch.setattr(build, "library", planted)
    with pytest.raises(CompileError, match="differs from the interpreter"):
        compiled(make)
