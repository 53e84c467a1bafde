"""What a compiled function takes for constant: changed outside, it is compiled anew; changed within, it is refused."""

from __future__ import annotations

import collections
import dataclasses
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd.errors import CompileError, ShapeError

pytestmark = pytest.mark.usefixtures("quick_c")


def repeat(function: Callable[..., Any], *args: Any) -> None:
    for _ in range(4):
        function(*args)


class Constants:
    scale = 2.0
    __slots__ = ()


@dataclasses.dataclass(slots=True)
class Slotted:
    scale: float = 2.0


class Scaled(nn.Module):
    scale = 2.0

    def __init__(self) -> None:
        super().__init__()
        self.options = {"scale": [2.0]}
        self.drop = nn.Dropout(0.5)
        self.drop.eval()

    def forward(self, x: Any) -> Any:
        return self.drop(self.scaled(x)) * self.scale

    def scaled(self, x: Any) -> Any:
        return x * self.options["scale"][0]


settings = types.ModuleType("settings")
settings.scale = 2.0  # type: ignore[attr-defined]
sys.modules["settings"] = settings
options: dict[str, Any] = {"scale": 2.0, "deep": {"scales": [2.0, 3.0]}}
ordered = collections.OrderedDict(scale=2.0)
counted: Any = collections.defaultdict(float, scale=2.0)
scales = [2.0]
space = types.SimpleNamespace(scale=2.0)
slotted = Slotted()
layers: list[Any] = [nn.Tanh()]
array = np.full(3, 2.0, np.float32)
number = 2.0


def twice(x: Any) -> Any:
    return x * 2


def with_default(x: Any, held: Any = scales) -> Any:
    return x * held[0]


def global_number(x: Any) -> Any:
    return x * number


def make(name: str) -> tuple[Callable[..., Any], Callable[[], object]]:
    """A function, and a change after which it returns something else."""
    module = Scaled()
    here = globals()
    return {
        "a global dict": (lambda x: x * options["scale"], lambda: options.update(scale=options["scale"] + 1)),
        "a dict in a dict": (lambda x: x * options["deep"]["scales"][0], lambda: options["deep"]["scales"].insert(0, 5.0)),
        "an ordered dict": (lambda x: x * ordered["scale"], lambda: ordered.update(scale=7.0)),
        "a default dict": (lambda x: x * counted["scale"], lambda: counted.update(scale=7.0)),
        "a list": (lambda x: x * scales[0], lambda: scales.__setitem__(0, scales[0] + 1)),
        "the length of a list": (lambda x: sum((x * v for v in scales), x), lambda: scales.append(3.0)),
        "a default argument": (lambda x: with_default(x), lambda: scales.__setitem__(0, scales[0] + 1)),
        "a namespace": (lambda x: x * space.scale, lambda: setattr(space, "scale", 7.0)),
        "a slot": (lambda x: x * slotted.scale, lambda: setattr(slotted, "scale", 7.0)),
        "a class's attribute": (lambda x: x * Constants.scale, lambda: setattr(Constants, "scale", 7.0)),
        "a module's constant": (lambda x: x * settings.scale, lambda: setattr(settings, "scale", 7.0)),
        "a global number": (lambda x: global_number(x), lambda: here.__setitem__("number", here["number"] + 1)),
        "a function": (lambda x: twice(x), lambda: here.__setitem__("twice", lambda x: x * 7)),
        "a layer in a list": (lambda x: layers[0](x), lambda: layers.__setitem__(0, nn.ReLU())),
        "a class's attribute of a module": (lambda x: module(x), lambda: setattr(Scaled, "scale", Scaled.scale + 1)),
        "a list in a module's dict": (lambda x: module(x), lambda: module.options["scale"].__setitem__(0, 9.0)),
        "a method of a module": (lambda x: module(x), lambda: setattr(Scaled, "scaled", lambda self, x: x * 11)),
        "a hook on a module": (lambda x: module(x), lambda: module.drop.register_forward_hook(lambda m, i, o: o * 3)),
        "an array": (lambda x: x * array, lambda: array.fill(array[0] + 1)),
        "the default dtype": (lambda x: autograd.zeros(3) + x.sum(), lambda: autograd.set_default_dtype(autograd.float64)),
    }[name]


TEXT = Path(__file__).read_text(encoding="utf-8").splitlines()
CHANGES = [line.split('"')[1] for line in TEXT if line.startswith('        "') and ": (lambda" in line]


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_outside_is_noticed(name: str) -> None:
    function, change = make(name)
    compiled = autograd.compile(function)
    x = autograd.tensor([1.0, -2.0, 3.0])
    try:
        for _ in range(4):
            before = compiled(x)
        assert len(compiled.variants) == 1
        change()
        wanted, found = function(x), compiled(x)
        assert wanted.tolist() != before.tolist() or wanted.dtype != before.dtype
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found.numpy(), wanted.numpy())
    finally:
        autograd.set_default_dtype(autograd.float32)


def test_a_rate_of_an_optimizer_of_the_users_own_is_read_anew() -> None:
    class SignDescent(optim.Optimizer):
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, {"lr": lr})

        @autograd.no_grad()
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for p in group["params"]:
                    p -= group["lr"] * p.grad.sign()

    w = autograd.tensor([8.0], requires_grad=True)
    optimizer = SignDescent([w], 1.0)

    def step() -> Any:
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        optimizer.step()
        return loss

    compiled = autograd.compile(step)
    for _ in range(4):
        compiled()
    assert compiled.variants
    optimizer.param_groups[0]["lr"] = 0.25
    compiled()
    assert w.item() == 8 - 4 - 0.25


def test_a_hook_on_a_parameter_is_noticed() -> None:
    w = autograd.tensor([1.0], requires_grad=True)

    def step() -> Any:
        w.grad = None
        loss = (w * w).sum()
        loss.backward()
        return loss

    compiled = autograd.compile(step)
    for _ in range(4):
        compiled()
    assert w.grad.item() == 2
    handle = w.register_hook(lambda g: g * 10)
    for _ in range(4):
        compiled()
        assert w.grad.item() == 20
    handle.remove()
    compiled()
    assert w.grad.item() == 2


seen: list[Any] = []
calls = {"made": 0}


class Holder:
    last: Any


holder = Holder()


def appends(x: Any) -> Any:
    seen.append(x * 2)  # the line
    return x * 3


def counts(x: Any) -> Any:
    calls["made"] += 1  # the line
    return x * 3


def keeps(x: Any) -> Any:
    holder.last = x * 2  # the line
    return x * 3


@pytest.mark.parametrize(("function", "what"), [(appends, "a list changes"), (counts, "a dict changes"), (keeps, "'last' changes")])
def test_an_effect_outside_is_refused_and_its_line_is_shown(function: Callable[..., Any], what: str) -> None:
    compiled = autograd.compile(function)
    line = function.__code__.co_firstlineno + 1
    with pytest.raises(CompileError, match=rf"{what} within the compiled function(.|\n)*line {line}, in {function.__name__}"):
        repeat(compiled, autograd.ones(2))


@pytest.mark.parametrize("kind", ["module", "tensor"])
def test_a_hook_with_an_effect_is_refused(kind: str) -> None:
    w = autograd.tensor([1.0], requires_grad=True)
    layer = nn.Identity()
    handle = layer.register_forward_hook(lambda m, i, o: seen.append(1)) if kind == "module" else w.register_hook(seen.append)

    def step() -> Any:
        w.grad = None
        loss = layer(w * w).sum()
        loss.backward()
        return loss

    compiled = autograd.compile(step)
    with pytest.raises(CompileError, match="a list changes within the compiled function"):
        repeat(compiled)
    handle.remove()


def test_a_cache_that_the_first_call_fills_is_no_effect() -> None:
    masks: dict[int, Any] = {}

    def masked(x: Any) -> Any:
        if 3 not in masks:
            masks[3] = autograd.tensor([1.0, 0.0, 1.0])
        return x * masks[3]

    compiled = autograd.compile(masked)
    for _ in range(5):
        assert compiled(autograd.tensor([1.0, 2.0, 3.0])).tolist() == [1, 0, 3]
    assert len(compiled.variants) == 1
    assert type(masks[3].array) is np.ndarray


def test_a_shape_that_depends_on_values_is_an_error_when_it_changes() -> None:
    total = autograd.zeros(())

    def step(x: Any) -> Any:
        total.add_(1)
        return x[x > 0] * 2  # the line

    compiled = autograd.compile(step)
    for _ in range(4):
        compiled(autograd.tensor([1.0, 2.0, 3.0]))
    line = step.__code__.co_firstlineno + 2
    for other in ([1.0, -2.0, 3.0], [1.0, -2.0, -3.0], [-1.0, -2.0, -3.0]):
        with pytest.raises(ShapeError, match=rf"getitem(.|\n)*another shape(.|\n)*autograd.where(.|\n)*{line}"):
            compiled(autograd.tensor(other))
        assert total.item() == 4, "nothing is half-changed"


REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "nonzero": (lambda x: x.nonzero(), "nonzero, whose result has a shape that depends on the values"),
    "unique": (lambda x: x.unique(), "unique, whose result has a shape that depends on the values"),
    "an index": (lambda x: x[: int(x.sum())], r"looked at a value with item\(\)"),
    "an array": (lambda x: x.numpy().sum(), "returns a NumPy array"),
    "a print": (lambda x: print(x), "looked at a value"),
    "a seed": (lambda x: [autograd.manual_seed(0), x * autograd.rand(2)][1], "call manual_seed outside"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_look_at_a_value_is_refused_and_the_next_call_is_as_ever(name: str) -> None:
    function, what = REFUSED[name]
    state = autograd.get_rng_state().numpy().copy()
    with pytest.raises(CompileError, match=what):
        autograd.compile(function)(autograd.ones(2))
    np.testing.assert_array_equal(autograd.get_rng_state().numpy(), state)
    assert autograd.ones(2).sum().item() == 2
