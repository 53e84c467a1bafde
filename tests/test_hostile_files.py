"""Recordings that are damaged, and disks that are full: an error of this library or of the system, and nothing half-written.

The other readers meet damaged files in the tests of their formats: test_serialization (safetensors), test_pytorch_files (three
forms of .pt), test_keras_record (.keras and .h5).
"""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
from autograd import viz
from autograd.errors import ArgumentError


@pytest.fixture(scope="module")
def recorder() -> Any:
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    recorder = viz.Recorder(model, optimizer)
    with recorder:
        for _ in range(4):
            optimizer.zero_grad()
            loss = (model(autograd.ones(5, 2)) ** 2).mean()
            loss.backward()
            optimizer.step()
            recorder.step(loss)
    return recorder


def test_damaged_recordings_give_an_error_or_a_recording(recorder: Any, tmp_path: Path) -> None:
    path = tmp_path / "recording.json"
    recorder.save(path)
    whole = path.read_bytes()
    assert len(viz.Recorder.load(path)._loss) == 4
    rng = random.Random(0)
    refused = 0
    for i in range(400):
        data = bytearray(whole)
        if i % 4 == 0:
            del data[rng.randrange(len(data)) :]
        for _ in range(rng.randrange(1, 4)):
            if data:
                data[rng.randrange(len(data))] = rng.choice([rng.randrange(256), *b'0{}[]",:-n'])
        path.write_bytes(data)
        try:
            viz.Recorder.load(path)
        except ArgumentError as error:
            refused += "recording.json" in str(error)
    assert refused > 200
    for text in ("", "[]", "null", "1", '{"version": 1}', '{"version": 1, "title": 3, "loss": {}}', "[" * 100_000):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ArgumentError, match="recording"):
            viz.Recorder.load(path)


WRITERS: dict[str, Callable[[Path, Any], Any]] = {
    "state.safetensors": lambda path, recorder: autograd.save({"w": autograd.ones(3)}, path),
    "state.pt": lambda path, recorder: autograd.save({"w": autograd.ones(3)}, path),
    "recording.json": lambda path, recorder: recorder.save(path),
    "recording.html": lambda path, recorder: recorder.save(path),
    "graph.html": lambda path, recorder: viz.draw((autograd.ones(2, requires_grad=True) * 2).sum()).save(path),
    "text.txt": lambda path, recorder: autograd.files.write_file(path, "new"),
}


@pytest.mark.parametrize("name", sorted(WRITERS))
@pytest.mark.parametrize("fails", ["fsync", "replace", "chmod"])
def test_a_full_disk_leaves_the_old_file(
    name: str, fails: str, recorder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    path.write_bytes(b"old")

    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, fails, full)
    with pytest.raises(OSError, match="No space left") as raised:
        WRITERS[name](path, recorder)
    assert raised.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [name]
    monkeypatch.undo()
    WRITERS[name](path, recorder)
    assert path.read_bytes() != b"old"


def test_a_limit_within_the_data(tmp_path: Path) -> None:
    import resource
    import signal

    path = tmp_path / "large.safetensors"
    path.write_bytes(b"old")
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            autograd.save({"w": autograd.as_tensor(np.ones(1_000_000))}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["large.safetensors"]
