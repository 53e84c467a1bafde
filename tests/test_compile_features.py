"""Compiled steps beside eager ones: clipped gradients, functional transforms, every optimizer, and steps that end early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from steps import training_step
from test_compile_export import NETWORKS

import autograd
import nn
import optim
from autograd import func
from autograd.errors import CompileError

pytestmark = pytest.mark.usefixtures("quick_c")


class Training:
    """A small network with batch norm and dropout, and its step."""

    def __init__(self, make: Callable[..., Any], clip: Callable[..., Any] | None = None, only: int = 0, **compile_: Any) -> None:
        autograd.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(6, 8, bias=False), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.3), nn.Linear(8, 2))
        self.optimizer = make([p for p in self.model.parameters() if not only or p.ndim == only])
        self.clip = clip

        def step(x: Any, y: Any) -> Any:
            self.optimizer.zero_grad()
            loss = nn.functional.mse_loss(self.model(x), y)
            loss.backward()
            norm = clip(self.model.parameters()) if clip is not None else None
            self.optimizer.step()
            return [loss, loss.detach() if norm is None else norm]

        self.step: Any = autograd.compile(step, **compile_) if compile_ else step

    def train(self, steps: int, *, spoilt: tuple[int, ...] = ()) -> np.ndarray:
        """The losses and norms; -1 for a step that raises."""
        autograd.manual_seed(1)
        numbers = np.random.default_rng(0)
        found = []
        for i in range(steps):
            x = numbers.normal(size=(5, 6)).astype(np.float32)
            if i in spoilt:
                x[0, 0] = np.inf
            try:
                found.append([t.item() for t in self.step(autograd.tensor(x), autograd.ones(5, 2))])
            except CompileError:
                raise
            except RuntimeError:
                found.append([-1.0, -1.0])
        return np.array(found)

    def held(self) -> list[np.ndarray]:
        """Everything that a step changes: parameters, buffers, gradients, the optimizer's state."""
        model, state = self.model, self.optimizer.state.values()
        tensors = [*model.parameters(), *model.buffers(), *[p.grad for p in model.parameters() if p.grad is not None]]
        tensors += [t for s in state for t in s.values() if hasattr(t, "array")]
        return [t.detach().numpy().copy() for t in tensors]


def close(a: list[np.ndarray], b: list[np.ndarray], most: float = 2e-5) -> None:
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, rtol=most, atol=most)


CLIPS: dict[str, Callable[..., Any]] = {
    "2": lambda p: nn.utils.clip_grad_norm_(p, 0.2),
    "2, never reached": lambda p: nn.utils.clip_grad_norm_(p, 1e6),
    "infinity": lambda p: nn.utils.clip_grad_norm_(p, 0.05, norm_type=np.inf),
    "1": lambda p: nn.utils.clip_grad_norm_(p, 0.5, norm_type=1.0),
    "checked": lambda p: nn.utils.clip_grad_norm_(p, 0.2, error_if_nonfinite=True),
    "values": lambda p: nn.utils.clip_grad_value_(p, 0.02),
}


@pytest.mark.parametrize("name", CLIPS)
def test_gradients_are_clipped_as_in_an_eager_step(name: str) -> None:
    def make(p: Any) -> Any:
        return optim.SGD(p, lr=0.1, momentum=0.5)

    eager, compiled = Training(make, CLIPS[name]), Training(make, CLIPS[name], check=True)
    np.testing.assert_allclose(compiled.train(8), eager.train(8), rtol=2e-5, atol=1e-6)
    assert len(compiled.step.variants) == 1
    assert compiled.step.report().count("  NumPy: ") == 1, "the dropout's random numbers"
    close(compiled.held(), eager.held())


W = autograd.tensor(np.random.default_rng(0).normal(size=(4, 4)))


def curve(x: Any) -> Any:
    return (W @ x).tanh()


def height(x: Any) -> Any:
    return (curve(x) ** 2).sum()


TRANSFORMS: dict[str, tuple[Callable[..., Any], int]] = {
    "grad": (func.grad(height), 1),
    "vjp": (lambda x: func.vjp(curve, x)[1](autograd.ones(4, dtype=np.float64)), 1),
    "jvp": (lambda x: func.jvp(curve, (x,), (autograd.ones(4, dtype=np.float64),)), 1),
    "hessian": (func.hessian(height), 1),
    "jacrev": (func.jacrev(curve), 1),
    "jacfwd": (func.jacfwd(curve), 1),
    "vmap": (func.vmap(curve), 2),
    "vmap of grad": (func.vmap(func.grad(height)), 2),
    "vmap of grad_and_value": (func.vmap(func.grad_and_value(height)), 2),
    "vmap of hessian": (func.vmap(func.hessian(height)), 2),
    "vmap of vmap": (func.vmap(func.vmap(func.grad(height))), 3),
    "grad of vmap": (func.grad(lambda x: func.vmap(height)(x).sum()), 2),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_functional_transforms_are_compiled(name: str) -> None:
    transformed, rank = TRANSFORMS[name]
    compiled = autograd.compile(lambda x: transformed(x), check=True)
    numbers = np.random.default_rng(1)
    for _ in range(4):
        x = autograd.tensor(numbers.normal(size=(3, 5, 4)[-rank:]))
        found, wanted = compiled(x), transformed(x)
        for a, b in zip(*[v if isinstance(v, tuple) else (v,) for v in (found, wanted)], strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-14)
    assert compiled.variants
    assert "  NumPy: " not in compiled.report()


def test_gradients_for_each_sample_are_compiled() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    params = {name: p.detach() for name, p in model.named_parameters()}

    def loss(params: Any, x: Any, y: Any) -> Any:
        return nn.functional.mse_loss(func.functional_call(model, params, (x,)), y)

    each = func.vmap(func.grad(loss), in_dims=(None, 0, 0))
    compiled = autograd.compile(lambda x, y: each(params, x, y))
    for _ in range(4):
        x, y = autograd.rand(6, 4, dtype=np.float64), autograd.rand(6, 1, dtype=np.float64)
        found, wanted = compiled(x, y), each(params, x, y)
        for name, gradient in wanted.items():
            np.testing.assert_allclose(found[name].numpy(), gradient.numpy(), rtol=1e-12, atol=1e-14)
    assert compiled.variants


OTHERS: dict[str, tuple[Callable[..., Any], str, int]] = {
    "LAMB": (lambda p: optim.LAMB(p, lr=0.01), "LAMB: step", 1),
    "Adafactor": (lambda p: optim.Adafactor(p, lr=0.01), "Adafactor: step", 1),
    "Muon": (lambda p: optim.Muon(p, lr=0.01), "Muon: step", 1),
    "ASGD": (lambda p: optim.ASGD(p, lr=0.01, t0=6), "", 2),  # another formula from step 6 on
    "RAdam": (lambda p: optim.RAdam(p, lr=0.01), "", 2),  # here too
    "Rprop": (lambda p: optim.Rprop(p, lr=0.01), "", 1),
}


@pytest.mark.parametrize("name", OTHERS)
def test_optimizers_that_look_at_whole_parameters_or_at_their_step_count(name: str) -> None:
    make, called_back, programs = OTHERS[name]
    only = 2 if name == "Muon" else 0
    eager, compiled = Training(make, only=only), Training(make, only=only, check=True)
    schedulers = [optim.lr_scheduler.StepLR(t.optimizer, 3, 0.7) for t in (eager, compiled)]
    for _ in range(5):  # the rate changes between steps
        np.testing.assert_allclose(compiled.train(3), eager.train(3), rtol=1e-4, atol=1e-5)
        for scheduler in schedulers:
            scheduler.step()
    assert len(compiled.step.variants) == programs
    assert called_back in compiled.step.report()
    assert compiled.step.report().count("  NumPy: ") == 1 + bool(called_back)
    close(compiled.held(), eager.held(), 2e-4)


def test_a_decision_that_stays_otherwise_is_compiled_and_a_rare_one_is_not() -> None:
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.Adam([w], lr=0.1)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = ((w - x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    compiled = autograd.compile(step)
    for _ in range(130):  # at the 64th and 128th step Adam sets vanishing numbers to 0
        compiled(autograd.zeros(2))
    assert len(compiled.variants) == 1
    assert optimizer.state[w]["step"].item() == 130


@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_step_that_ends_early_has_changed_nothing() -> None:
    """Batch norm's statistics and the dropout's generator come before the decision, and then the step runs again eagerly."""

    def make(p: Any) -> Any:
        return optim.Adam(p, lr=0.01)

    eager, compiled = Training(make, CLIPS["checked"]), Training(make, CLIPS["checked"], check=True)
    wanted = eager.train(12, spoilt=(5, 8))
    assert (wanted[5] == -1).all()
    np.testing.assert_allclose(compiled.train(12, spoilt=(5, 8)), wanted, rtol=2e-5, atol=1e-6)
    assert len(compiled.step.variants) == 1
    close([b.numpy() for b in compiled.model.buffers()], [b.numpy() for b in eager.model.buffers()])


@pytest.mark.parametrize("name", ["Adam", "LAMB", "Adafactor"])
@pytest.mark.parametrize("steps", [0, 2])
def test_a_refused_function_has_changed_nothing(name: str, steps: int) -> None:
    training = Training(lambda p: getattr(optim, name)(p, lr=0.01))
    training.train(steps)
    before = training.held()
    x, y = autograd.rand(5, 6), autograd.rand(5, 2)
    random = autograd.get_rng_state()

    def step(x: Any, y: Any) -> Any:
        loss = training.step(x, y)[0]
        return loss * 2 if loss.item() > 0 else loss  # the line

    with pytest.raises(CompileError, match=r"looked at a value with item\(\)(.|\n)*if loss.item\(\) > 0 else loss  # the line"):
        autograd.compile(step)(x, y)
    np.testing.assert_array_equal(autograd.get_rng_state().numpy(), random.numpy())
    after = training.held()
    assert len(before) == len(after)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


def test_hooks_around_an_optimizers_step_are_refused() -> None:
    training = Training(lambda p: optim.SGD(p, lr=0.1), check=True)
    training.train(4)
    calls: list[int] = []
    handle = training.optimizer.register_step_post_hook(lambda *_: calls.append(1))
    with pytest.raises(CompileError, match="SGD has hooks around its step"):
        training.train(1)
    handle.remove()
    training.train(1)
    assert len(training.step.variants) == 1


def test_a_compiled_closure_serves_lbfgs_and_a_step_of_it_is_refused() -> None:
    autograd.manual_seed(0)
    model, x, y = nn.Linear(3, 1), autograd.rand(20, 3), autograd.rand(20, 1)
    optimizer = optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")

    def closure() -> autograd.Tensor:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        return loss

    with pytest.raises(CompileError, match="compile the closure"):
        autograd.compile(lambda: optimizer.step(closure))()
    compiled = autograd.compile(closure)
    optimizer.step(compiled)
    assert compiled.variants
    optimizer.step(compiled)
    best = np.linalg.lstsq(np.c_[x.numpy(), np.ones(20)], y.numpy(), rcond=None)[0]
    np.testing.assert_allclose(model.weight.detach().numpy()[0], best[:3, 0], atol=1e-4)


@pytest.mark.parametrize("name", ["dense", "convolutional", "recurrent"])
def test_fifty_steps_have_the_losses_of_eager_ones(name: str) -> None:
    losses = []
    for compile_it in (False, True):
        autograd.manual_seed(0)
        model, x, y = NETWORKS[name]()
        step: Any = training_step(model, optim.Adam(model.parameters(), lr=0.003))
        step = autograd.compile(step) if compile_it else step
        losses.append([step(x, y).item() for _ in range(50)])
    assert len(step.variants) == 1
    assert losses[0][-1] < losses[0][0] / 1.2
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-3)
