"""The cache of compiled libraries, and the life of a library: shared, read-only, full, forked, called at once, collected."""

from __future__ import annotations

import errno
import gc
import multiprocessing
import os
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
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


@pytest.fixture(autouse=True)
def cache(quick_c: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("GLASSGRAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def compiled_sum(factor: float = 2.0) -> Any:
    """A compiled function, called until it is a program."""
    compiled = autograd.compile(lambda x: (x * factor).sum())
    for _ in range(4):
        assert compiled(autograd.ones(3)).item() == 3 * factor
    assert len(compiled.variants) == 1
    return compiled


def test_the_second_program_with_the_same_text_compiles_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = compiled_sum()
    assert [f.suffix for f in cache.iterdir()] == [".so"], "what was needed to build is gone"
    assert cache.stat().st_mode & 0o077 == 0
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("the compiler was called"))
    assert compiled_sum().variants[0].path == first.variants[0].path


@pytest.mark.parametrize("what", ["read-only", "full", "full while the compiler runs"])
def test_a_cache_that_cannot_be_written_is_left_alone(cache: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """The tests may run as root, to whom no folder is read-only: so the calls that would fail are made to fail."""
    real_mkdtemp, real_write, real_run = build.tempfile.mkdtemp, Path.write_text, subprocess.run

    def mkdtemp(prefix: str, dir: Any = None) -> str:
        if dir == cache and what == "read-only":
            raise OSError(errno.EROFS, "Read-only file system")
        return real_mkdtemp(prefix=prefix, dir=dir)

    def write_text(self: Path, *args: Any, **kwargs: Any) -> int:
        if cache in self.parents and what == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(self, *args, **kwargs)

    def run(command: Any, *args: Any, **kwargs: Any) -> Any:
        if any(str(cache) in str(part) for part in command) and what == "full while the compiler runs":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_run(command, *args, **kwargs)

    monkeypatch.setattr(build.tempfile, "mkdtemp", mkdtemp)
    monkeypatch.setattr(Path, "write_text", write_text)
    monkeypatch.setattr(subprocess, "run", run)
    path = compiled_sum().variants[0].path
    assert cache not in path.parents
    assert list(cache.iterdir()) == []


def test_where_nothing_can_be_written_the_error_says_so_and_the_function_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    compiled = autograd.compile(lambda x: (x * 3).sum())
    compiled(autograd.ones(3))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(CompileError, match=r"could not be written, neither in the cache nor in .*No space left"):
            compiled(autograd.ones(3))
    for _ in range(3):
        assert compiled(autograd.ones(3)).item() == 9
    assert compiled.variants


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_cache_that_others_can_write_is_refused(cache: Path, mode: int) -> None:
    cache.mkdir()
    cache.chmod(mode)
    with pytest.raises(CompileError, match="others can write to it"):
        compiled_sum()
    cache.chmod(0o700)
    compiled_sum()


def test_a_cache_of_somebody_elses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    with pytest.raises(CompileError, match="belongs to somebody else"):
        compiled_sum()


PROGRAM = """
import autograd
compiled = autograd.compile(lambda x: (x * 2).sum())
print([compiled(autograd.ones(3)).item() for _ in range(4)], len(compiled.variants))
"""


def test_processes_share_a_cache(cache: Path) -> None:
    """Both find it empty, and compile the same text at once."""
    root = str(Path(autograd.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": root}
    running = [subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, env=environment) for _ in range(2)]
    for process in running:
        assert process.communicate(timeout=120)[0].decode().strip() == "[6.0, 6.0, 6.0, 6.0] 1"
    assert len(list(cache.glob("*.so"))) == 1
    assert len(list(cache.iterdir())) == 1


def trainer(seed: int) -> tuple[nn.Module, Any]:
    autograd.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    return model, training_step(model, optim.Adam(model.parameters(), lr=0.01))


def test_two_models_with_one_library_keep_to_their_own_weights(cache: Path) -> None:
    x, y = autograd.rand(5, 6), autograd.randint(3, (5,))
    pairs = [(trainer(seed), trainer(seed)) for seed in (1, 2)]
    steps = [autograd.compile(step) for (_, step), _ in pairs]
    for _ in range(8):
        for compiled, (_, (_, eager)) in zip(steps, pairs, strict=True):
            assert compiled(x, y).item() == pytest.approx(eager(x, y).item(), rel=1e-5)
    assert steps[0].variants[0].path == steps[1].variants[0].path
    for (model, _), (other, _) in pairs:
        for p, q in zip(model.parameters(), other.parameters(), strict=True):
            np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-4, atol=1e-6)


def test_a_model_is_collected_while_its_library_stays_loaded() -> None:
    x, y = autograd.rand(5, 6), autograd.randint(3, (5,))
    model, step = trainer(1)
    other, eager = trainer(2)
    compiled = autograd.compile(step)
    for _ in range(4):
        compiled(x, y)
    path = compiled.variants[0].path
    gone = weakref.ref(model), weakref.ref(compiled.variants[0])
    del model, step, compiled
    gc.collect()
    assert [ref() for ref in gone] == [None, None]
    again = autograd.compile(trainer(2)[1])
    for _ in range(6):
        assert again(x, y).item() == pytest.approx(eager(x, y).item(), rel=1e-5)
    assert again.variants[0].path == path, "the same library, for another model"
    assert len(list(other.parameters())) == 4


def test_a_model_that_is_deleted_from_within_a_call_of_another_thread() -> None:
    """Threads call, and others drop their models meanwhile: no memory is used after it was given back."""
    x, y = autograd.rand(5, 6), autograd.randint(3, (5,))

    def work(seed: int) -> list[float]:
        losses = []
        for _ in range(2):
            compiled = autograd.compile(trainer(seed)[1])
            losses = [compiled(x, y).item() for _ in range(8)]
            del compiled
            gc.collect()
        return losses

    alone = work(5)
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(work, 5).result() == pytest.approx(alone, rel=1e-5)


def test_threads_that_train_one_model_at_once_lose_no_step() -> None:
    w = autograd.tensor([0.0])
    compiled = autograd.compile(lambda x: w.add_(x))
    one = autograd.ones(1)
    for _ in range(4):
        compiled(one)
    assert compiled.variants
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: compiled(one), range(400)))
    assert w.item() == 404


def _child(compiled: Any, x: Any, y: Any, queue: Any) -> None:
    queue.put([compiled(x, y).item() for _ in range(5)])


def test_a_step_goes_on_in_a_forked_process_and_in_its_parent() -> None:
    x, y = autograd.rand(5, 6), autograd.randint(3, (5,))
    compiled, eager = autograd.compile(trainer(1)[1]), trainer(1)[1]
    for _ in range(4):
        compiled(x, y)
        eager(x, y)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_child, args=(compiled, x, y, queue))
    child.start()
    try:
        forked = queue.get(timeout=60)
    finally:
        child.join(10)
    own = [compiled(x, y).item() for _ in range(5)]
    assert own == pytest.approx([eager(x, y).item() for _ in range(5)], rel=1e-5)
    assert own == forked, "the child has a copy of the weights"
