"""One name, one thing: random graphs, told in words, are read by a stranger who knows nothing but the text."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.viz import explain, watch
from tests.explanation_reader import Reader, UnreadableError

NAMES = [
    "a",
    "b",
    "c",
    "x",
    "y",
    "h",
    "h2",
    "L",
    "n",
    "W",
    "b1",
    "loss",
    "u",
    "s",
    "t",
    "w",
    "sum",
    "W1",
    "delta",
    "e",
    "grad",
    "z",
]
GRAPHS, BLOCKS = 1000, 8


def graph(rng: random.Random) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    with watch():  # the graph itself does not save a number that is added
        return made(rng)


def made(rng: random.Random) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """A loss of two or three leaves, the leaves by name, and all that has a name."""
    names = rng.sample(NAMES, 9)
    shapes = [(3, 2), (2,), (), (3, 1)]
    numbers = np.random.default_rng(rng.randrange(1 << 30))
    leaves = {
        names[i]: autograd.tensor(numbers.uniform(0.5, 1.5, rng.choice(shapes)), requires_grad=True)
        for i in range(rng.choice([2, 3]))
    }
    held = dict(leaves)
    values = list(leaves.values())
    data = autograd.tensor(numbers.uniform(0.5, 1.5, (3, 2)))
    for step in range(rng.randrange(2, 7)):
        kind = rng.choice(["add", "sub", "mul", "mul", "div", "tanh", "exp", "sum0", "mean", "square", "same", "data", "number"])
        p, q = rng.choice(values), rng.choice(values)
        found = step_of(kind, p, q, data)
        values.append(found)
        if rng.random() < 0.5:
            held[names[3 + step]] = found
    loss = values[-1] * 1.0
    for leaf in leaves.values():
        loss = loss + leaf.mean()
    return loss.sum() if rng.random() < 0.7 else loss.mean(), leaves, held


def step_of(kind: str, p: Any, q: Any, data: Any) -> Any:
    return {
        "add": lambda: p + q, "sub": lambda: p - q, "mul": lambda: p * q, "div": lambda: p / (q * q + 1), "tanh": lambda: p.tanh(),
        "exp": lambda: (p * 0.1).exp(), "sum0": lambda: p.sum(0) if p.ndim else p * 2.0, "mean": lambda: p.mean() * q,
        "square": lambda: p**2, "same": lambda: p * p, "data": lambda: p * data, "number": lambda: 3.0 - p,
    }[kind]()  # fmt: skip


def read(story: Any, leaves: dict[str, Any]) -> dict[str, Any]:
    """The gradients by name, and the loss as "L", from the text and the values of what its table names."""
    table = {symbol.text: name or symbol.text for symbol, name, _ in story.story.legend}
    given = {
        story.story.symbols.by_key[key].text: value for key, value in story.story.given.items() if key in story.story.symbols.by_key
    }
    assert given.keys() <= table.keys() | {"n"}
    lines = story.lines()
    printed = [e for e in story.equations if e.printed and e.tree is not None]
    shapes = {line.split(" = ", 1)[0]: e.shape for e, line in zip(printed, lines, strict=True) if e.shape is not None}
    reader = Reader(given, shapes)
    for line in lines:
        reader.line(line)
    symbols = {name: text for text, name in table.items()}
    return {"L": reader.values["L"], **{f"∂L/∂{name}": reader.values[f"∂L/∂{symbols[name]}"] for name in leaves}}


def differences(story: Any, loss: Any, leaves: dict[str, Any]) -> list[str]:
    """Which of the values that the text leads to are not those of the engine."""
    found = read(story, leaves)
    gradients = autograd.grad(loss, list(leaves.values()), retain_graph=True)
    expected = {"L": loss.detach().numpy(), **{f"∂L/∂{name}": g.numpy() for name, g in zip(leaves, gradients, strict=True)}}
    return [
        name
        for name, value in expected.items()
        if np.size(found[name]) != value.size or not np.allclose(np.reshape(found[name], value.shape), value, rtol=1e-9, atol=1e-12)
    ]


def check(loss: Any, leaves: dict[str, Any], held: dict[str, Any]) -> None:
    story = explain(loss, names=held)
    texts = [symbol.text for symbol in story.story.symbols.by_key.values()]
    assert len(texts) == len(set(texts))
    assert not differences(story, loss, leaves), story.text


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_thousand_random_graphs_are_told_so_that_a_stranger_can_compute_them(block: int) -> None:
    for seed in range(block, GRAPHS, BLOCKS):
        rng = random.Random(seed)
        check(*graph(rng))


def test_names_of_the_users_are_kept() -> None:
    a, b = autograd.tensor(2.0, requires_grad=True), autograd.tensor(3.0, requires_grad=True)
    c = a * b
    d = c + a
    lines = explain(d * c).lines()
    assert lines[:3] == ["c = a ⊙ b", "d = c + a", "L = d ⊙ c"]


def test_a_loss_of_a_leaf_and_one_that_is_a_leaf() -> None:
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    assert explain(w.sum()).lines()[-1] == "∂L/∂w = 𝟏 ⊙ ∂L/∂L"
    assert explain(autograd.tensor(3.0, requires_grad=True)).evaluate() is not None


def test_a_model_that_is_gone_can_still_be_told() -> None:
    def made() -> Any:
        import nn

        model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
        return (model(autograd.ones(4, 2)) ** 2).mean()

    story = explain(made())
    assert "tanh" in story.text
    assert story.html


@pytest.mark.parametrize("mistake", ["letter", "sum", "sign"])
def test_the_stranger_sees_planted_mistakes(mistake: str) -> None:
    x = autograd.tensor(np.arange(6.0).reshape(3, 2) + 1)
    a, b = autograd.tensor([2.0, 3.0], requires_grad=True), autograd.tensor(1.0, requires_grad=True)
    loss = (x * a * a + b).sum()
    leaves = {"a": a, "b": b}
    check(loss, leaves, leaves)
    story = explain(loss, names=leaves)
    old = story.lines
    broken = {
        "letter": lambda line: line.replace("⊙ a", "⊙ b") if line.startswith("h₂") else line,
        "sum": lambda line: line.replace("Σ_{dim 0}(∂L/∂h ⊙ x)", "∂L/∂h ⊙ x"),
        "sign": lambda line: line.replace("∂₁L/∂a + ", "∂₁L/∂a − "),
    }[mistake]
    story.lines = lambda: [broken(line) for line in old()]
    assert story.lines() != old()
    try:
        found = differences(story, loss, leaves)
    except (UnreadableError, ValueError):
        return
    assert found
