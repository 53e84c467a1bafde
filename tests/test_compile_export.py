"""Exported steps: no compiler warns, no sanitizer finds anything, and the losses equal the eager ones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from steps import training_step

import autograd
import nn
import optim
from autograd.compile import build

CALLS = 4
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
SANITIZED = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


class Text(nn.Module):
    """An LSTM between an embedding and a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.lstm, self.last = nn.Embedding(7, 5), nn.LSTM(5, 6, batch_first=True), nn.Linear(6, 7)

    def forward(self, x: Any) -> Any:
        return self.last(self.lstm(self.embedding(x))[0][:, -1])


def dense() -> tuple[nn.Module, Any, Any]:
    layers = nn.Sequential(nn.Linear(10, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 4))
    return layers, autograd.rand(8, 10), autograd.randint(4, (8,))


def convolutional() -> tuple[nn.Module, Any, Any]:
    first = [nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)]
    layers = nn.Sequential(*first, nn.Conv2d(4, 5, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(5 * 4, 3))
    return layers, autograd.rand(3, 2, 12, 12), autograd.randint(3, (3,))


def recurrent() -> tuple[nn.Module, Any, Any]:
    return Text(), autograd.randint(7, (4, 5)), autograd.randint(7, (4,))


NETWORKS: dict[str, Callable[[], tuple[nn.Module, Any, Any]]] = {
    "dense": dense, "convolutional": convolutional, "recurrent": recurrent,
}  # fmt: skip


@pytest.fixture(scope="module")
def exported(quick_c: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, list[float]]]:
    """Each network's step as C, and the eager losses of the calls that its program makes."""
    found = {}
    for name, make in NETWORKS.items():
        autograd.manual_seed(0)
        model, x, y = make()
        step = training_step(model, optim.Adam(model.parameters(), lr=0.01))
        compiled = autograd.compile(step)
        for _ in range(4):
            compiled(x, y)
        folder = tmp_path_factory.mktemp(name)
        compiled.export(folder, x, y, calls=CALLS)
        found[name] = folder, [step(x, y).item() for _ in range(CALLS)]
    return found


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("compiler", ["the system's", "ziglang", "sanitized"])
def test_an_exported_step_compiles_without_a_warning_and_trains(exported: Any, name: str, compiler: str, tmp_path: Path) -> None:
    folder, wanted = exported[name]
    command = (sys.executable, "-m", "ziglang", "cc") if compiler == "ziglang" else build.compiler()
    options = SANITIZED if compiler == "sanitized" else ["-O1"]
    program = str(tmp_path / "main")
    done = subprocess.run(
        [*command, *STRICT, *options, "-o", program, str(folder / "main.c"), str(folder / "step.c"), "-lm"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
    ran = subprocess.run([program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2000:]
    np.testing.assert_allclose([float(line) for line in ran.stdout.split()], wanted, rtol=2e-5)
    assert [line for line in (folder / "step.c").read_text().splitlines() if len(line) > 120] == []
