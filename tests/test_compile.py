"""``autograd.compile``: what a compiled step computes is what the eager one does, call after call."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
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
from autograd.ops import attention, vision


@pytest.fixture(autouse=True, scope="module")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSGRAD_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def article(make_optimizer: Callable[..., Any]) -> tuple[nn.Module, Any, Callable[..., Any]]:
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    optimizer = make_optimizer(model.parameters())
    return model, optimizer, training_step(model, optimizer, nn.MSELoss())


def repeat(function: Callable[..., Any], *args: Any, times: int = 10) -> Any:
    """The result of the last of some calls."""
    for _ in range(times - 1):
        function(*args)
    return function(*args)


OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "SGD": lambda p: optim.SGD(p, lr=0.05),
    "SGD with all": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "Adam": lambda p: optim.Adam(p, lr=0.01),
    "Adam with all": lambda p: optim.Adam(p, lr=0.01, amsgrad=True, weight_decay=1e-3, maximize=True, l1=1e-4),
    "AdamW": lambda p: optim.AdamW(p, lr=0.01),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.01),
    "Adadelta": lambda p: optim.Adadelta(p),
    "Adamax": lambda p: optim.Adamax(p, lr=0.01),
    "NAdam": lambda p: optim.NAdam(p, lr=0.01),
    "Lion": lambda p: optim.Lion(p, lr=0.001),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_compiled_step_trains_as_the_eager_one_does(name: str) -> None:
    eager_model, _, eager = article(OPTIMIZERS[name])
    model, optimizer, step = article(OPTIMIZERS[name])
    compiled = autograd.compile(step)
    x, y = autograd.rand(32, 10), autograd.rand(32, 1)
    for i in range(70):
        if i == 20:
            for group in optimizer.param_groups:
                group["lr"] *= 0.5
        if i == 20:
            eager.__closure__[2].cell_contents.param_groups[0]["lr"] *= 0.5
        assert compiled(x, y).item() == pytest.approx(eager(x, y).item(), rel=2e-5), i
    assert len(compiled.variants) >= 1
    assert "0 calls back" in compiled.report()
    for p, q in zip(model.parameters(), eager_model.parameters(), strict=True):
        np.testing.assert_allclose(p.array, q.array, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(p.grad.array, q.grad.array, rtol=1e-3, atol=1e-6)


def test_the_list_and_the_source_can_be_read() -> None:
    _, _, step = article(OPTIMIZERS["Adam"])
    compiled = autograd.compile(step)
    x, y = autograd.rand(32, 10), autograd.rand(32, 1)
    with pytest.raises(CompileError, match="has not been compiled yet"):
        compiled.source()
    for _ in range(4):
        compiled(x, y)
    assert "maximum(" in compiled.graph()
    assert "# 0 linear" in compiled.graph()
    text = compiled.source()
    assert "/* 0 linear gradient: ∂L/∂layer_0_weight = d_relu_2ᵀ x0 */" in text
    assert "layer_0_weight" in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_look_at_a_value_is_an_error_that_shows_the_line() -> None:
    w = autograd.tensor([1.0, 2.0], requires_grad=True)

    def step(x: Any) -> Any:
        loss = (w * x).sum()
        if loss > 3:  # the line
            loss = loss * 2
        return loss

    with pytest.raises(CompileError, match=r"looked at a value with item\(\)(.|\n)*if loss > 3:  # the line"):
        autograd.compile(step)(autograd.tensor([1.0, 1.0]))
    assert type(w.array) is np.ndarray, "everything is put back"
    for look in (lambda t: t.item(), lambda t: float(t), lambda t: t.tolist(), lambda t: np.asarray(t.detach()), lambda t: f"{t}"):
        with pytest.raises(CompileError, match="looked at a value"):
            autograd.compile(lambda x, look=look: look((w * x).sum()))(autograd.tensor([1.0, 1.0]))


def test_what_changes_from_call_to_call_is_not_taken_for_constant() -> None:
    rng = np.random.default_rng(0)
    compiled = autograd.compile(lambda x: x * rng.random(2).astype(np.float32))
    with pytest.raises(CompileError, match="runs differently at each call"):
        repeat(compiled, autograd.tensor([1.0, 1.0]))

    class Counter:
        calls = 0

        def __init__(self) -> None:
            self.calls = 0

        def __call__(self, x: Any) -> Any:
            self.calls += 1
            return x * self.calls

    with pytest.raises(CompileError, match="'calls' changes within the compiled function, from 0 to 1"):
        autograd.compile(Counter())(autograd.tensor([1.0]))


def test_an_assumption_that_fails_leads_to_another_capture() -> None:
    layer = nn.Linear(3, 2)
    scale = [2.0]

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer
            self.drop = nn.Dropout(0.5)
            self.scale = 2.0

        def forward(self, x: Any) -> Any:
            return self.drop(self.layer(x)) * self.scale

    model = Model().eval()
    compiled = autograd.compile(model)
    x = autograd.rand(4, 3)
    with autograd.no_grad():
        for change in range(5):
            if change == 1:
                model.layer = nn.Linear(3, 2)
            elif change == 2:
                model.layer.weight.data = autograd.rand(2, 3)
            elif change == 3:
                model.scale = 3.0
            elif change == 4:
                x = autograd.rand(5, 3)
            for _ in range(4):
                np.testing.assert_allclose(compiled(x).array, model(x).array, rtol=1e-5)
    assert len(compiled.variants) == 5
    del scale


def test_random_numbers_come_from_the_same_generator() -> None:
    def run(compile_it: bool) -> list[Any]:
        drop = nn.Dropout(0.3)
        call = autograd.compile(lambda x: drop(x) + autograd.randn(4)) if compile_it else lambda x: drop(x) + autograd.randn(4)
        autograd.manual_seed(7)
        return [call(autograd.ones(4)).tolist() for _ in range(8)]

    assert run(True) == run(False)


def test_a_cache_folder_that_others_can_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSGRAD_CACHE", str(tmp_path / "open"))
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    compiled = autograd.compile(lambda x: x * 2)
    with pytest.raises(CompileError, match="others can write to it"):
        repeat(compiled, autograd.ones(2))


def test_without_a_compiler_the_error_names_the_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    build.compiler.cache_clear()
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(build, "find_spec", lambda name: None)
    try:
        with pytest.raises(CompileError, match=r"gcc or clang.*CC.*glassgrad\[compile\]"):
            build.compiler()
    finally:
        build.compiler.cache_clear()


@pytest.mark.parametrize("compiler", ["the system's", "ziglang"])
def test_an_exported_step_needs_a_compiler_only(tmp_path: Path, compiler: str) -> None:
    command = build.compiler() if compiler == "the system's" else (sys.executable, "-m", "ziglang", "cc")
    _, _, step = article(OPTIMIZERS["Adam"])
    compiled = autograd.compile(step)
    x, y = autograd.rand(32, 10), autograd.rand(32, 1)
    repeat(compiled, x, y, times=4)
    compiled.export(tmp_path, x, y, calls=5)
    strict = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-pedantic"]
    sources = [str(tmp_path / "main.c"), str(tmp_path / "step.c")]
    subprocess.run([*command, *strict, "-o", str(tmp_path / "main"), *sources, "-lm"], check=True)
    done = subprocess.run([str(tmp_path / "main")], check=True, capture_output=True, text=True)
    wanted = [step(x, y).item() for _ in range(5)]
    np.testing.assert_allclose([float(line) for line in done.stdout.split()], wanted, rtol=1e-5)


def test_ziglang_compiles_where_the_system_has_no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CC", f"{sys.executable} -m ziglang cc")
    monkeypatch.setenv("GLASSGRAD_CACHE", str(tmp_path))
    build.compiler.cache_clear()
    try:
        assert build.compiler() == (sys.executable, "-m", "ziglang", "cc")
        compiled = autograd.compile(lambda x: (x * 2).tanh())
        x = autograd.tensor([0.5, -1.0])
        np.testing.assert_allclose(repeat(compiled, x, times=4).numpy(), np.tanh([1.0, -2.0]), rtol=1e-6)
    finally:
        build.compiler.cache_clear()


def test_results_that_look_into_an_argument_share_its_memory() -> None:
    compiled = autograd.compile(lambda x: x[1:])
    x = autograd.tensor([1.0, 2.0, 3.0])
    part = repeat(compiled, x, times=4)
    part[0] = 7.0
    assert x.tolist() == [1.0, 7.0, 3.0]


def test_two_places_of_one_memory_keep_their_values_apart() -> None:
    """Weight and bias of a normalisation lie side by side in the optimizer's memory, and one loop updates both."""

    def build() -> tuple[nn.Module, Callable[..., Any]]:
        autograd.manual_seed(0)
        model = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.Tanh(), nn.Linear(32, 3))
        return model, training_step(model, optim.Adam(model.parameters(), lr=0.01))

    model, step = build()
    other, eager = build()
    compiled = autograd.compile(step)
    x, y = autograd.rand(16, 8), autograd.randint(3, (16,))
    for _ in range(12):
        compiled(x, y)
        eager(x, y)
    assert compiled.variants
    for (name, p), (_, q) in zip(model.named_parameters(), other.named_parameters(), strict=True):
        if name != "0.bias":  # normalisation takes it away: its gradient is rounding, which Adam makes steps of
            np.testing.assert_allclose(p.array, q.array, rtol=1e-4, atol=2e-6, err_msg=name)
    flat = autograd.tensor(np.zeros(64))

    def halves(x: Any) -> Any:
        left, right = flat[:32], flat[32:]
        left.copy_(x * 2)
        right.copy_(x * 3)
        return left * 10 + 1, right * 10

    call = autograd.compile(halves)
    for _ in range(4):
        a, b = call(autograd.ones(32, dtype=np.float64))
    assert call.variants
    assert (a.array == 21).all()
    assert (b.array == 30).all()


def test_a_result_with_a_graph_stays_eager_and_says_so() -> None:
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    compiled = autograd.compile(lambda x: (w * x).sum())
    for _ in range(4):
        w.grad = None
        compiled(autograd.tensor([3.0, 4.0])).backward()
        assert w.grad.tolist() == [3.0, 4.0]
    with pytest.raises(CompileError, match="returns a result that needs a gradient, and runs eagerly"):
        compiled.source()


def test_a_mean_of_squares_is_compiled_although_its_op_saves_nothing() -> None:
    w = autograd.tensor([1.0, 2.0], requires_grad=True)

    def step(x: Any) -> Any:
        w.grad = None
        loss = ((w - x) ** 2).mean()
        loss.backward()
        return loss

    compiled = autograd.compile(step)
    for _ in range(4):
        assert compiled(autograd.tensor([3.0, 4.0])).item() == 4.0
        assert w.grad.tolist() == [-2.0, -2.0]
    assert compiled.variants


def test_numbers_made_in_the_step_are_constants_also_where_backward_needs_them() -> None:
    places = nn.Embedding(6, 3)

    def step(x: Any) -> Any:
        places.weight.grad = None
        loss = (places(autograd.arange(1, 5)) * x).sum()
        loss.backward()
        return loss.detach()

    compiled = autograd.compile(step)
    x = autograd.ones(4, 3)
    for _ in range(4):
        compiled(x)
        assert places.weight.grad.sum(1).tolist() == [0, 3, 3, 3, 3, 0]
    assert compiled.variants


@pytest.mark.parametrize(
    ("shape", "made"),
    [
        ((1, 7, 8), lambda x: nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)),
        ((1, 2, 7), lambda x: nn.functional.adaptive_avg_pool1d(x, 3)),
        ((1, 2, 5), lambda x: nn.functional.interpolate(x, 9, mode="nearest")),
        ((1, 2, 11), lambda x: nn.functional.interpolate(x, 13, mode="linear")),
        ((5, 300, 3), lambda x: x.sum(1)),
    ],
)
def test_what_is_kept_for_later_calls_is_of_use_after_a_step_was_written_down(shape: tuple[int, ...], made: Any) -> None:
    for kept in (attention._causal, vision.averaging, vision.resizing):
        kept.cache_clear()
    x = autograd.randn(*shape)
    compiled = autograd.compile(lambda x: made(x))
    with autograd.no_grad():
        first = [compiled(x).numpy() for _ in range(4)]  # the tables are made while the calls are followed
        np.testing.assert_allclose(made(x).numpy(), first[-1], rtol=1e-5, atol=1e-5)
        x += 1
        np.testing.assert_allclose(made(x).numpy(), compiled(x).numpy(), rtol=1e-5, atol=1e-5)
    assert compiled.variants


def test_a_step_that_is_written_down_keeps_no_memory_that_an_eager_step_frees() -> None:
    def step(x: Any) -> Any:
        for _ in range(20):  # twenty results of eight megabytes, one after the other
            x = autograd.tanh(x)
        return x.sum()

    x = autograd.ones(1000, 1000, dtype=autograd.float64)
    with autograd.no_grad():
        peaks = []
        for function in (step, autograd.compile(step)):
            function(x)  # what is imported and made once
            tracemalloc.start()
            function(x)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 80_000_000  # the lists of all live objects that capture looks through count as well
    assert peaks[0] < 30_000_000


def test_a_batch_times_one_matrix_is_one_product_of_all_rows() -> None:
    @autograd.compile
    def step(x: Any, w: Any) -> Any:
        return x @ w

    x, w = autograd.randn(4, 3, 8), autograd.randn(8, 5)
    for _ in range(4):
        y = step(x, w)
    np.testing.assert_allclose(y.numpy(), x.numpy() @ w.numpy(), rtol=1e-6)
    assert "product_f(12, 5, 8," in step.source()
