"""The networks of the examples, trained fifty steps as they are and as C programs: equal losses."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from steps import training_step
from test_examples import EXAMPLES, load

import autograd
import nn
import optim

sys.path.insert(0, str(EXAMPLES))  # the examples import what they share

STEPS = 50
NUMBERS = np.random.default_rng(0)
PIXELS = NUMBERS.random((16, 64)).astype(np.float32)
DIGITS = NUMBERS.integers(0, 10, 16)
TEXT = NUMBERS.integers(0, 20, (4, 13))


pytestmark = pytest.mark.usefixtures("quick_c")


def descent(parameters: Any, loss_of: Callable[..., Any], clip: float = 0.0) -> Callable[..., Any]:
    """A step of Adam on a function of what the step is given."""
    parameters = list(parameters)
    optimizer = optim.Adam(parameters, lr=3e-3)

    def step(*given: Any) -> Any:
        optimizer.zero_grad()
        loss = loss_of(*given)
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_(parameters, clip)
        optimizer.step()
        return loss.detach()

    return step


def article() -> tuple[Callable[..., Any], list[Any]]:
    example = load("article")
    p = example.parameters()
    return descent(p.values(), lambda x, y: example.mean_squared_error(example.predict(p, x), y)), [*example.data()]


def digits() -> tuple[Callable[..., Any], list[Any]]:
    example = load("digits")
    model = example.Classifier()
    step = descent([*model.weights, *model.biases], lambda x, y: example.cross_entropy(model(x), y))
    return step, [autograd.tensor(PIXELS), autograd.tensor(DIGITS)]


def lenet() -> tuple[Callable[..., Any], list[Any]]:
    model = load("lenet").lenet()
    images = autograd.tensor(np.kron(PIXELS.reshape(16, 1, 8, 8), np.ones((4, 4), np.float32))[:, :, 2:30, 2:30])
    return training_step(model, optim.SGD(model.parameters(), lr=0.05, momentum=0.9)), [images, autograd.tensor(DIGITS)]


def characters(kind: str) -> tuple[Callable[..., Any], list[Any]]:
    example = load("shakespeare_rnn")
    model = example.Characters(kind, 20, hidden=24)
    step = descent(model.parameters(), lambda x, y: example.loss_of(model(x)[0], y), clip=1.0)
    return step, [autograd.tensor(TEXT[:, :-1]), autograd.tensor(TEXT[:, 1:])]


def language(make: Callable[[], Any]) -> tuple[Callable[..., Any], list[Any]]:
    model = make()
    step = descent(model.parameters(), lambda x, y: nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten()))
    return step, [autograd.tensor(TEXT[:, :-1]), autograd.tensor(TEXT[:, 1:])]


def gpt(name: str) -> tuple[Callable[..., Any], list[Any]]:
    example = load("gpt")
    sizes = {**example.SIZES, "context": 12, "layers": 1, "width": 32}
    if name == "GPT-2":
        return language(lambda: example.GPT2(example.GPT2Config(20, **sizes)))
    return language(lambda: example.Llama(example.LlamaConfig(20, **sizes)))


def bert() -> tuple[Callable[..., Any], list[Any]]:
    example = load("bert")
    sizes = {"context": 12, "layers": 1, "heads": 4, "width": 32, "inner": 64, "padding": None}
    return language(lambda: example.BertForMaskedLM(example.Config(20, pooler=False, **sizes)))


def bert_classifier() -> tuple[Callable[..., Any], list[Any]]:
    example = load("bert")
    model = example.Classifier(example.Bert(example.Config(20, context=13, layers=1, heads=4, width=32, inner=64)), 2)
    mask = np.arange(13) < np.array([[13], [9], [6], [12]])
    step = descent(model.parameters(), lambda x, m, y: nn.functional.cross_entropy(model(x, m), y))
    return step, [autograd.tensor(TEXT), autograd.tensor(mask.astype(np.int64)), autograd.tensor(DIGITS[:4] % 2)]


def autoencoder() -> tuple[Callable[..., Any], list[Any]]:
    example = load("variational_autoencoder")
    model = example.Autoencoder()
    return descent(model.parameters(), lambda x: example.negative_bound(model(x), x)), [autograd.tensor(PIXELS)]


def physics() -> tuple[Callable[..., Any], list[Any]]:
    example = load("physics_informed")
    network = nn.Sequential(nn.Linear(1, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1))
    return descent(network.parameters(), lambda t: (example.residual(network, t) ** 2).mean()), [autograd.rand(64, 1) * example.END]


def flow() -> tuple[Callable[..., Any], list[Any]]:
    example = load("normalising_flow")
    model = example.Flow(2)
    moons = autograd.tensor(example.moons(64, np.random.default_rng(0)))
    return descent(model.parameters(), lambda x: -model.log_density(x).mean()), [moons]


def gaussian_process() -> tuple[Callable[..., Any], list[Any]]:
    example = load("gaussian_process")
    logs = autograd.zeros(3, dtype=autograd.float64, requires_grad=True)
    x, y = example.data(12)
    return descent([logs], lambda x, y: -example.log_likelihood(x, y, logs)), [x, y - y.mean()]


def simulation() -> tuple[Callable[..., Any], list[Any]]:
    example = load("differentiable_simulation")
    example.STEPS = 8  # of the 50 of a throw
    v, drag = autograd.tensor([12.0, 12.0], requires_grad=True), autograd.tensor(0.02)
    return descent([v], lambda target: ((example.throw(v, drag)[-1] - target) ** 2).sum()), [autograd.tensor(example.TARGET)]


def regression() -> tuple[Callable[..., Any], list[Any]]:
    example = load("regression")
    x, y, weights = example.start()
    parameters = [autograd.tensor(w, requires_grad=True) for w in weights]
    optimizer = optim.Adam(parameters, lr=1e-3)

    def step(x: Any, y: Any) -> Any:
        for p, g in zip(parameters, example.gradients(x, y, *parameters)[1:], strict=True):
            p.grad = g
        optimizer.step()
        return nn.functional.mse_loss((x @ parameters[0] + parameters[1]).relu() @ parameters[2] + parameters[3], y).detach()

    return step, [autograd.tensor(x[:32]), autograd.tensor(y[:32])]


NETWORKS: dict[str, Callable[[], tuple[Callable[..., Any], list[Any]]]] = {
    "article": article,
    "digits": digits,
    "LeNet": lenet,
    **{f"characters, {kind}": lambda kind=kind: characters(kind) for kind in ("RNN", "LSTM", "GRU")},  # type: ignore[misc]
    "GPT-2": lambda: gpt("GPT-2"),
    "Llama": lambda: gpt("Llama"),
    "BERT": bert,
    "BERT's classifier": bert_classifier,
    "variational autoencoder": autoencoder,
    "physics-informed": physics,
    "normalising flow": flow,
    "Gaussian process": gaussian_process,
    "simulation": simulation,
    "regression": regression,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_fifty_steps_compiled_have_the_losses_of_eager_ones(name: str) -> None:
    losses = []
    for compile_it in (False, True):
        autograd.manual_seed(0)
        step, given = NETWORKS[name]()
        run: Any = autograd.compile(step) if compile_it else step
        losses.append([run(*given).item() for _ in range(STEPS)])
    assert len(run.variants) == 1
    assert losses[0][-1] < losses[0][0]
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-3, atol=1e-5)
