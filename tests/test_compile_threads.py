"""Compiled steps on several threads: the same numbers for any number of them, after a fork, and called from threads at once."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from steps import training_step

import autograd
import nn
import optim


@pytest.fixture(autouse=True)
def _own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the tests' own, and the number of threads as it was."""
    before = autograd.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSGRAD_CACHE", str(tmp_path_factory.getbasetemp() / "threads"))
        (tmp_path_factory.getbasetemp() / "threads").mkdir(exist_ok=True, mode=0o700)
        yield
    autograd.set_num_threads(before)


def network() -> tuple[nn.Module, Callable[..., Any]]:
    """Large enough to be divided: products, a normalisation, sums over rows and columns."""
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(96, 256), nn.LayerNorm(256), nn.GELU(), nn.Linear(256, 10))
    return model, training_step(model, optim.SGD(model.parameters(), lr=0.05))


def trained(threads: int, steps: int = 6) -> tuple[list[float], list[np.ndarray], str]:
    autograd.set_num_threads(threads)
    model, step = network()
    compiled = autograd.compile(step)
    numbers = np.random.default_rng(0)
    x = autograd.tensor(numbers.standard_normal((128, 96)).astype(np.float32))
    y = autograd.tensor(numbers.integers(0, 10, 128))
    start = [p.array.copy() for p in model.parameters()]
    for _ in range(4):
        compiled(x, y)
    # NumPy's own products, in the eager calls that came first, need not be the same at each run.
    for p, w in zip(model.parameters(), start, strict=True):
        p.array[...] = w
    losses = [compiled(x, y).item() for _ in range(steps)]
    return losses, [p.array.copy() for p in model.parameters()], compiled.source()


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    losses, weights, text = trained(1)
    assert "MEET" in text
    for threads in (2, 3, 5):
        again, others, _ = trained(threads)
        assert again == losses
        for w, other in zip(weights, others, strict=True):
            np.testing.assert_array_equal(w, other)


def test_a_long_sum_is_the_same_for_any_number_of_threads() -> None:
    x = autograd.tensor(np.random.default_rng(0).standard_normal(300_000).astype(np.float32))
    found = []
    for threads in (1, 2, 4):
        autograd.set_num_threads(threads)
        compiled = autograd.compile(lambda x: (x.tanh() * x).sum())
        for _ in range(4):
            total = compiled(x)
        assert "parts" in compiled.source()
        found.append(total.item())
    assert found[0] == found[1] == found[2]
    np.testing.assert_allclose(found[0], float(np.sum(np.tanh(x.array.astype(float)) * x.array)), rtol=1e-6)


def _child(compiled: Any, x: Any, queue: Any) -> None:
    queue.put(compiled(x).item())


def test_a_forked_process_makes_threads_of_its_own() -> None:
    autograd.set_num_threads(2)
    compiled = autograd.compile(lambda x: (x.exp() + x).sum())
    x = autograd.ones(400_000)
    for _ in range(4):
        wanted = compiled(x).item()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_child, args=(compiled, x, queue))
    child.start()
    try:
        assert queue.get(timeout=60) == wanted
    finally:
        child.join(10)
    assert compiled(x).item() == wanted


def test_threads_that_call_at_once_get_what_each_asked_for() -> None:
    autograd.set_num_threads(2)
    compiled = autograd.compile(lambda x: (x.exp() + x).mean(dim=1))
    inputs = [autograd.full((400, 1000), float(i) / 10) for i in range(8)]
    for _ in range(4):
        compiled(inputs[0])
    with ThreadPoolExecutor(4) as threads:
        for x, y in zip(inputs * 3, threads.map(compiled, inputs * 3), strict=True):
            # A thousand equal numbers one after the other, as a compiler without vectors adds them: 500 roundings, all to one side.
            np.testing.assert_allclose(y.array, np.exp(x.array[:, 0]) + x.array[:, 0], rtol=5e-5)


def convolver(seed: int) -> Callable[..., Any]:
    """Gradients of a convolution: sums in memory that belongs to the library."""
    weight = autograd.tensor(np.random.default_rng(seed).standard_normal((8, 4, 3, 3)).astype(np.float32), requires_grad=True)

    def gradient(x: Any) -> Any:
        return autograd.grad((nn.functional.conv2d(x, weight) ** 2).sum(), weight)[0]

    return gradient


def test_two_models_of_one_library_called_at_once_keep_apart() -> None:
    x = autograd.tensor(np.random.default_rng(5).standard_normal((4, 4, 9, 9)).astype(np.float32))
    models = [autograd.compile(convolver(seed)) for seed in (1, 2)]
    for _ in range(4):
        alone = [model(x).array.copy() for model in models]
    assert models[0].variants[0].path == models[1].variants[0].path
    assert "MEET" not in models[0].source(), "so small that no thread but the caller's computes"

    def wrong(i: int) -> int:
        return sum(not np.array_equal(models[i](x).array, alone[i]) for _ in range(3000))

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(wrong, (0, 1))) == [0, 0]
