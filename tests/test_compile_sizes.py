"""Other sizes of the batch share one library: equal to eager steps, and compiled once where the text is the same."""

from __future__ import annotations

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
from autograd.utils.data import DataLoader, TensorDataset

SIZES = (32, 20, 7, 45, 33, 1)


@pytest.fixture
def compilations(tmp_path: Path) -> Iterator[list[Path]]:
    """The libraries that are compiled, in a cache of the test's own."""
    made: list[Path] = []
    real = build._built

    def built(room: Path, text: str, command: Any, flags: Any, found: Path) -> Path:
        made.append(found)
        return real(room, text, command, flags, found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSGRAD_CACHE", str(tmp_path / "cache"))
        patch.setattr(build, "_built", built)
        yield made


def dense() -> nn.Module:
    return nn.Sequential(nn.Linear(6, 40), nn.Tanh(), nn.Dropout(0.3), nn.Linear(40, 3))


def convolutional() -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (1, 2, 3)), nn.Conv2d(1, 5, 2), nn.BatchNorm2d(5), nn.GELU(), nn.Flatten(), nn.Linear(10, 3)
    )


def attending() -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (2, 3)), nn.Linear(3, 8), nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True), nn.Flatten(),
        nn.Linear(16, 3),
    )  # fmt: skip


def trained(make: Callable[[], nn.Module], sizes: tuple[int, ...], compiled: bool) -> tuple[list[float], list[np.ndarray], Any]:
    """Losses of three steps with each size, and then of two more; the weights after that."""
    autograd.manual_seed(0)
    model = make()
    step = training_step(model, optim.SGD(model.parameters(), lr=0.05, momentum=0.9), nn.functional.cross_entropy)
    run = autograd.compile(step) if compiled else step
    numbers = np.random.default_rng(0)
    losses = []
    for size in [n for n in sizes for _ in range(3)] + [n for n in sizes for _ in range(2)]:
        x = autograd.tensor(numbers.standard_normal((size, 6)).astype(np.float32))
        losses.append(run(x, autograd.tensor(numbers.integers(0, 3, size))).item())
    return losses, [t.array.copy() for t in (*model.parameters(), *model.buffers())], run


@pytest.mark.parametrize(("make", "most"), [(dense, 3), (convolutional, 2), (attending, 2)])
def test_any_size_trains_as_an_eager_step_does(compilations: list[Path], make: Callable[[], nn.Module], most: int) -> None:
    sizes = tuple(n for n in SIZES if n > 1 or (n and make is dense))
    losses, weights, _ = trained(make, sizes, compiled=False)
    again, others, step = trained(make, sizes, compiled=True)
    np.testing.assert_allclose(again, losses, rtol=2e-4)
    for w, v in zip(weights, others, strict=True):
        np.testing.assert_allclose(v, w, rtol=2e-3, atol=2e-5)
    assert len(step.variants) == len(sizes)
    assert len(compilations) == most


def test_one_more_compilation_is_enough_for_all_other_sizes(compilations: list[Path]) -> None:
    _, _, step = trained(dense, (32, 20, 45, 33), compiled=True)
    assert len(compilations) == 2
    first, *others = sorted(step.variants, key=lambda variant: variant.signature[0][0][0] != 32)
    assert len({variant.path for variant in others}) == 1
    assert first.path != others[0].path
    assert "batch" not in first.emitter.step
    text = others[0].emitter.step
    assert "const int64_t batch = (int64_t)numbers[" in text
    assert "i < batch; i++" in text
    assert max(map(len, text.splitlines())) <= 120


def test_an_empty_batch_equals_an_eager_one(compilations: list[Path]) -> None:
    x = autograd.rand(12, 4)
    step = autograd.compile(lambda x: ((x * 2).sum(), (x + 1).tanh()))
    for size in (12, 0, 5):
        for _ in range(4):
            total, y = step(x[:size].detach().clone())
        assert total.item() == pytest.approx(float(x.array[:size].sum() * 2), rel=1e-5)
        np.testing.assert_allclose(y.numpy(), np.tanh(x.array[:size] + 1), rtol=1e-5)


def test_a_function_that_decides_by_the_size_is_compiled_for_each(compilations: list[Path]) -> None:
    compiled = autograd.compile(lambda x: (x * 3).sum() if x.shape[0] < 10 else (x * 5).sum())
    for size in (8, 9, 12, 10, 16, 3):
        x = autograd.rand(size, 3)
        for _ in range(4):
            found = compiled(x)
        assert found.item() == pytest.approx(float(x.array.sum()) * (3 if size < 10 else 5), rel=1e-5)


def test_arguments_of_which_only_one_has_the_batch(compilations: list[Path]) -> None:
    """A state of one row stays as it is; the targets have two rows for each of the inputs."""
    w = autograd.rand(4, 3)
    step = autograd.compile(lambda x, state, y: (((x @ w + state).tanh().repeat(2, 1) - y) ** 2).mean())
    for size in (12, 18, 30, 25):
        x, state, y = autograd.rand(size, 4), autograd.rand(1, 3), autograd.rand(2 * size, 3)
        for _ in range(4):
            found = step(x, state, y)
        wanted = np.mean((np.tile(np.tanh(x.array @ w.array + state.array), (2, 1)) - y.array) ** 2)
        assert found.item() == pytest.approx(float(wanted), rel=1e-5)
    assert len(compilations) == 2


def test_fit_compiles_twice_for_batches_of_three_sizes(compilations: list[Path]) -> None:
    autograd.manual_seed(0)
    x = autograd.rand(70, 6)
    y = autograd.tensor(np.arange(70) % 3)
    data = TensorDataset(x, y)
    loader = DataLoader(data, batch_sampler=[range(16), range(16, 32), range(32, 50), range(50, 70)])
    weights = []
    for compiled in (False, True):
        autograd.manual_seed(3)
        model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 3))
        nn.fit(model, loader, nn.functional.cross_entropy, optim.SGD(model.parameters(), lr=0.1), epochs=5, compile=compiled)
        weights.append([p.array.copy() for p in model.parameters()])
    for w, v in zip(*weights, strict=True):
        np.testing.assert_allclose(v, w, rtol=1e-4, atol=1e-6)
    assert len(compilations) == 2
