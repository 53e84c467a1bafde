"""The C that a student reads: short, in sections named after modules, with an equation above each loop, and a part of the file."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from steps import training_step

import autograd
import nn
import optim
from autograd.compile import build
from autograd.engine.op import REGISTRY
from autograd.viz import formula

Made = Callable[[], tuple[nn.Module, autograd.compile.Compiled]]


def article(optimizer: type[optim.Optimizer] = optim.Adam) -> tuple[nn.Module, autograd.compile.Compiled]:
    """The article's network and its step, compiled."""
    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    step = autograd.compile(training_step(model, optimizer(model.parameters(), lr=1e-2), nn.functional.mse_loss))
    numbers = np.random.default_rng(0)
    x, y = (autograd.tensor(numbers.random(shape, dtype=np.float32)) for shape in ((32, 10), (32, 1)))
    for _ in range(4):
        step(x, y)
    return model, step


def convolutional() -> tuple[nn.Module, autograd.compile.Compiled]:
    """A convolution, a batch norm, a pooling, cross entropy."""
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.GELU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, 5))
    step = autograd.compile(training_step(model, optim.SGD(model.parameters(), lr=1e-2, momentum=0.9), nn.functional.cross_entropy))
    x, y = autograd.rand(6, 3, 8, 8), autograd.tensor([0, 1, 2, 3, 4, 0])
    for _ in range(4):
        step(x, y)
    return model, step


def test_the_articles_step_fits_on_two_screens() -> None:
    _, step = article()
    lines = step.source().splitlines()
    assert len(lines) <= 120
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("made", [article, convolutional])
def test_the_source_is_a_part_of_the_file_that_is_compiled(made: Made) -> None:
    _, step = made()
    whole = step.source(helpers=True)
    assert step.variants[0].path == build.library(whole)  # a library is found in the cache by its text
    assert whole.count(step.source()) == 1
    assert max(map(len, step.source().splitlines())) <= 120
    for helper in re.findall(r"shows (.+), too", step.source().replace("\n  ", "")):
        assert all(f"{name}(" in whole.replace(step.source(), "") or f"define {name}" in whole for name in helper.split(", "))


@pytest.mark.parametrize("made", [article, convolutional])
def test_each_loop_has_an_equation_above_it_and_each_section_a_modules_name(made: Made) -> None:
    model, step = made()
    modules = {name for name, _ in model.named_modules() if name}
    names: set[str] = set()
    _, *blocks = re.split(r"\n\s*\n|\n\}\n", step.source().partition("\n")[2])
    for block in blocks:
        said, _, code = block.partition("*/\n")
        said = " ".join(re.findall(r"/\*(.*?)\*/", block.partition("\n    for")[0], re.DOTALL))
        assert "for (" not in code or "=" in said or "←" in said, block
        for head in re.findall(r"^ *\/\* ([\w.]+)(?: \w+)?(?: gradient)?(?:: | \*/)", block, re.MULTILINE):
            names.add(head)
    assert {name for name in modules if list(model.get_submodule(name).parameters())} <= names
    assert all(name in modules or name in REGISTRY or hasattr(optim, name) for name in names), names


def test_an_equation_is_the_rules_with_the_names_of_the_text() -> None:
    _, step = article()
    text = step.source()
    assert "/* 0 linear: linear = x0 layer_0_weightᵀ + layer_0_bias */" in text
    assert "/* 0 linear gradient: ∂L/∂layer_0_weight = d_relu_2ᵀ x0 */" in text
    rule = formula.rules("linear")["weight"]["text"]
    assert rule == "∂L/∂weight = gᵀ x"


@pytest.mark.parametrize("optimizer", [optim.Adam, optim.SGD, optim.RMSprop])
def test_an_optimizers_loop_is_written_once_for_all_parameters(optimizer: type[optim.Optimizer]) -> None:
    model, step = article(optimizer)
    text, name = step.source(), f"each_{optimizer.__name__}"
    assert text.count(f"static void {name}(") == 1
    assert len(re.findall(rf"^ +{name}\(\d+, ", text, re.MULTILINE)) == len(list(model.parameters()))
    before, _, after = text.partition(f"static void {name}(")
    assert "θ ← θ − η" in before.replace("\n  ", "")
    assert text.count("θ ← θ − η") == 1
    assert "sqrt" not in after.partition("int piece_0")[2].replace("sqrt((1", "")


def test_a_value_that_is_needed_once_is_written_where_it_is_needed_unless_its_memory_changes_before() -> None:
    x = autograd.rand(50)

    def swapped(x: autograd.Tensor) -> autograd.Tensor:
        with autograd.no_grad():
            first = x * 2
            x.mul_(3)
            return first + x

    plain = autograd.compile(lambda x: ((x * 2 + 1).tanh() - x).exp())
    compiled = autograd.compile(swapped)
    for _ in range(4):
        y = plain(x)
    assert "exp_f(tanh_f(x0[i] * 2.0f + 1.0f) - x0[i])" in plain.source()
    np.testing.assert_allclose(y.numpy(), np.exp(np.tanh(x.numpy() * 2 + 1) - x.numpy()), rtol=1e-5)
    for _ in range(5):
        before = x.numpy().copy()
        y = compiled(x)
        np.testing.assert_allclose(y.numpy(), before * 5, rtol=1e-6)
