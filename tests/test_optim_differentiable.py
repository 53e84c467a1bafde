"""Steps that are recorded: gradients flow through them to weights, gradients, state and options."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from trajectories.cases import OPTIMIZERS

import autograd
import optim
from optim.elementwise import Elementwise

NAMES = [name for name in OPTIMIZERS if issubclass(getattr(optim, name), Elementwise)]
CASES = [(name, options) for name in NAMES for options in OPTIMIZERS[name] if not options.get("decoupled_weight_decay")]


def values(seed: int, *shape: int) -> Any:
    numbers = np.random.default_rng(seed)
    return autograd.tensor(numbers.uniform(0.3, 1.5, shape) * numbers.choice([-1.0, 1.0], shape))


def state_of(optimizer: Any, p: Any) -> dict[str, Any]:
    """A state after two steps: positive where it is under a root."""
    found = {}
    for i, name in enumerate(optimizer.slots_of(optimizer.param_groups[0], p)):
        found[name] = (
            values(10 + i, *p.shape).abs() if name not in ("exp_avg", "momentum_buffer", "prev") else values(20 + i, *p.shape)
        )
    if "grad_avg" in found:
        found["grad_avg"] = found["grad_avg"] * 0.1
    return found


def recorded_step(name: str, options: dict[str, Any], w: Any, g: Any, state: dict[str, Any]) -> tuple[Any, ...]:
    """Weights and state after a step that is recorded."""
    p = w.clone()
    p.grad = g
    optimizer = getattr(optim, name)([p], **options, differentiable=True)
    optimizer.state[p].update(state)
    if optimizer.counts:
        optimizer.state[p]["step"] = autograd.tensor(2.0)
    for scalar in optimizer.scalars:
        optimizer.state[p].setdefault(scalar, autograd.tensor(0.7, dtype="float64"))
    optimizer.step()
    found = optimizer.state[p]
    return (p, *[found[k] for k in state])


@pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{name}{i}" for i, (name, _) in enumerate(CASES)])
def test_the_gradient_of_a_step(name: str, options: dict[str, Any]) -> None:
    w, g = values(1, 4), values(2, 4)
    state = state_of(getattr(optim, name)([w.clone().requires_grad_()], **options), w)
    inputs = [t.requires_grad_() for t in (w, g, *state.values())]

    def step(w: Any, g: Any, *kept: Any) -> Any:
        return recorded_step(name, options, w, g, dict(zip(state, kept, strict=True)))

    assert autograd.gradcheck(step, inputs)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_a_recorded_step_makes_the_same_numbers(name: str, dtype: str) -> None:
    for options in OPTIMIZERS[name]:
        found = []
        for differentiable in (False, True):
            w = values(3, 5).to(dtype) * (1 + 0.5j if dtype == "complex128" else 1)
            p = w.clone().requires_grad_(not differentiable)
            optimizer = getattr(optim, name)([p], **options, differentiable=differentiable)
            for t in range(3):
                p.grad = values(4 + t, 5).to(dtype) * (1 - 1j if dtype == "complex128" else 1)
                optimizer.step()
            state = {k: v.detach().array for k, v in optimizer.state[p].items()}
            found.append((p.detach().array, state))
        np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-12)
        assert found[0][1].keys() == found[1][1].keys()
        for key, value in found[0][1].items():
            np.testing.assert_allclose(value, found[1][1][key], rtol=1e-12)


def test_a_learning_rate_is_learned() -> None:
    """Through two steps of descent on a bowl: the derivative of the last loss with respect to the rate, and to the first weight."""

    def last_loss(rate: Any, start: Any) -> Any:
        w = start.clone()
        optimizer = optim.SGD([w], lr=rate, differentiable=True)
        for _ in range(2):
            (w.grad,) = autograd.grad((w * w).sum(), w, create_graph=True)
            optimizer.step()
            optimizer.zero_grad()
        return (w * w).sum()

    rate, start = (autograd.tensor(np.array(v), requires_grad=True) for v in (0.2, 3.0))
    last_loss(rate, start).backward()
    # w2 = (1 - 2 r)^2 w0.
    assert rate.grad.item() == pytest.approx(2 * (0.6**2 * 3) * (-4 * 0.6 * 3))
    assert start.grad.item() == pytest.approx(2 * 0.6**4 * 3)


@pytest.mark.parametrize("name", ["Adam", "NAdam", "ASGD", "RAdam"])
def test_options_have_gradients(name: str) -> None:
    rate = autograd.tensor(0.1, dtype="float64", requires_grad=True)
    decay = autograd.tensor(0.2, dtype="float64", requires_grad=True)

    def step(rate: Any, decay: Any) -> Any:
        p = values(1, 3)
        optimizer = getattr(optim, name)([p], lr=rate, weight_decay=decay, differentiable=True)
        for t in range(3):
            p.grad = values(2 + t, 3)
            optimizer.step()
        return p

    assert autograd.gradcheck(step, (rate, decay))


def test_a_leaf_cannot_be_written_by_a_recorded_step() -> None:
    w, v = (autograd.ones(2, requires_grad=True) for _ in range(2))
    v = v.clone()
    w.grad, v.grad = autograd.ones(2), autograd.ones(2)
    optimizer = optim.Adam([v, w], differentiable=True)
    with pytest.raises(RuntimeError, match=r"a leaf Variable that requires grad.*w\.clone\(\)"):
        optimizer.step()
    assert v.tolist() == [1, 1]
    assert not optimizer.state
