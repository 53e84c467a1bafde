"""Repeats in compiled steps: recurrences, chains of numbers and rows of a Hessian are loops over turns, and equal to eager runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from steps import training_step

import autograd
import nn
import optim
from autograd.compile.loops import Repeat, flat

DTYPES = [(np.float32, 1e-5), (np.float64, 1e-12)]


def _trained(model: Any, x: Any, wanted: Any, compiled: bool, steps: int = 6) -> tuple[list[float], list[np.ndarray], Any]:
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

    def step(x: Any, wanted: Any) -> Any:
        optimizer.zero_grad()
        y = model(x)
        loss = nn.functional.mse_loss(y[0] if isinstance(y, tuple) else y, wanted)
        loss.backward()
        optimizer.step()
        return loss

    run = autograd.compile(step) if compiled else step
    losses = [run(x, wanted).item() for _ in range(steps)]
    return losses, [p.array for p in model.parameters()], run


def _repeats(compiled: Any) -> list[Repeat]:
    return [g for g in compiled.variants[0].groups if isinstance(g, Repeat)]


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
@pytest.mark.parametrize(
    ("kind", "options", "out"),
    [
        ("RNN", {}, 32), ("RNN", {"nonlinearity": "relu"}, 32), ("GRU", {}, 32), ("LSTM", {}, 32),
        ("LSTM", {"proj_size": 16}, 16), ("GRU", {"bidirectional": True}, 64), ("LSTM", {"num_layers": 2}, 32),
    ],
)  # fmt: skip
def test_a_recurrence_is_a_loop_over_time(kind: str, options: dict[str, Any], out: int, dtype: Any, tolerance: float) -> None:
    numbers = np.random.default_rng(0)
    x = autograd.as_tensor(numbers.standard_normal((9, 4, 6)).astype(dtype))
    wanted = autograd.as_tensor(numbers.standard_normal((9, 4, out)).astype(dtype))
    found = []
    for compiled in (False, True):
        autograd.manual_seed(0)
        found.append(_trained(getattr(nn, kind)(6, 32, **options).to(x.dtype), x, wanted, compiled))
    (eager, weights, _), (losses, others, step) = found
    np.testing.assert_allclose(losses, eager, rtol=tolerance)
    for w, v in zip(weights, others, strict=True):
        np.testing.assert_allclose(v, w, rtol=tolerance, atol=tolerance * np.abs(w).max())
    layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    assert len(_repeats(step)) == 2 * layers  # forwards and backwards
    assert all(r.turns >= 7 for r in _repeats(step))


def test_a_recurrence_of_any_length_takes_the_same_text() -> None:
    lines = []
    for times in (12, 48):
        x, wanted = autograd.rand(times, 2, 3), autograd.rand(times, 2, 4)
        step = _trained(nn.LSTM(3, 4), x, wanted, True)[2]
        lines.append(step.source().count(";"))
    assert lines[0] == lines[1]


def test_the_results_of_a_recurrence_do_not_depend_on_the_number_of_threads() -> None:
    before, found = autograd.get_num_threads(), []
    x, wanted = autograd.rand(16, 16, 64), autograd.rand(16, 16, 64)
    autograd.manual_seed(3)
    model = nn.LSTM(64, 64)
    step = training_step(model, optim.SGD(model.parameters(), lr=0.05), lambda y, wanted: nn.functional.mse_loss(y[0], wanted))
    compiled = autograd.compile(step)
    start = [p.array.copy() for p in model.parameters()]
    try:
        for threads in (1, 2, 3, 1):
            autograd.set_num_threads(threads)
            losses = [compiled(x, wanted).item() for _ in range(5)]
            found.append((losses, [p.array.copy() for p in model.parameters()]))
            for p, w in zip(model.parameters(), start, strict=True):
                p.array[...] = w
    finally:
        autograd.set_num_threads(before)
    assert "together(" in compiled.source()
    for losses, weights in found[2:]:  # the first calls of all were eager
        assert losses == found[1][0]
        assert all(np.array_equal(v, w) for v, w in zip(weights, found[1][1], strict=True))


@pytest.mark.parametrize(("dtype", "tolerance"), DTYPES)
def test_a_chain_of_numbers_is_a_loop(dtype: Any, tolerance: float) -> None:
    w, b = (autograd.tensor(np.array(v, dtype), requires_grad=True) for v in (1.1, 0.1))

    def step(x: Any) -> Any:
        w.grad = b.grad = None
        y = x
        for _ in range(50):
            y = (y * w + b).tanh()
        y.backward()
        return y.detach()

    x = autograd.tensor(np.array(0.5, dtype))
    compiled = autograd.compile(step)
    wanted = step(x).item(), w.grad.item(), b.grad.item()
    for _ in range(3):
        found = compiled(x).item(), w.grad.item(), b.grad.item()
    np.testing.assert_allclose(found, wanted, rtol=tolerance)
    assert len(_repeats(compiled)) == 2


def test_a_turn_may_need_the_last_two() -> None:
    w = autograd.tensor(np.random.default_rng(0).standard_normal((8, 8)) / 4, requires_grad=True)

    def step(x: Any, y: Any) -> Any:
        w.grad = None
        for _ in range(12):
            x, y = y, (x @ w + y).sin()
        y.sum().backward()
        return (x + y).detach()

    x, y = autograd.rand(4, 8, dtype=autograd.float64), autograd.rand(4, 8, dtype=autograd.float64)
    compiled = autograd.compile(step)
    wanted, gradient = step(x, y).numpy(), w.grad.numpy().copy()
    for _ in range(3):
        found = compiled(x, y).numpy()
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    np.testing.assert_allclose(w.grad.numpy(), gradient, rtol=1e-12)
    assert _repeats(compiled)


def test_values_of_every_turn_may_be_results() -> None:
    def states(x: Any, w: Any) -> Any:
        found = []
        for _ in range(10):
            x = autograd.tanh(x @ w)
            found.append(x)
        return autograd.stack(found), found[3], x

    x, w = autograd.rand(3, 5), autograd.rand(5, 5)
    compiled = autograd.compile(states)
    for _ in range(3):
        found = compiled(x, w)
    for a, b in zip(found, states(x, w), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5)


def test_the_rows_of_a_hessian_are_a_loop() -> None:
    def f(x: Any) -> Any:
        return (x * x).sum() ** 2 + autograd.exp(-x * x).sum() * autograd.sin(x).sum() + (x[1:] * x[:-1]).sum()

    x = autograd.tensor(np.random.default_rng(0).standard_normal(20) * 0.3)
    hessian = autograd.func.hessian(f)
    compiled = autograd.compile(hessian)
    for _ in range(3):
        found = compiled(x)
    np.testing.assert_allclose(found.numpy(), hessian(x).numpy(), rtol=1e-11)
    assert len(list(flat(compiled.variants[0].groups))) < 150


def test_numbers_take_the_place_of_parts_that_are_filled_with_them() -> None:
    def f(x: Any) -> Any:
        scale = autograd.full((64,), 2.0)
        scale[16:32] = 1.0
        y = x * scale
        scale[0:16] = 5.0
        return y + scale

    x = autograd.rand(64)
    compiled = autograd.compile(f)
    for _ in range(3):
        found = compiled(x)
    np.testing.assert_array_equal(found.numpy(), f(x).numpy())
