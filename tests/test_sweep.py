"""The example of a sweep on Dask: run as a newcomer runs it, and what its models travel as."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples"))
import sweep  # noqa: E402


def test_the_sweep_finds_a_good_network_on_two_workers(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(ROOT / "examples" / "sweep.py"), "--fast"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env, check=False, timeout=100)
    assert done.returncode == 0, done.stderr[-2000:]
    *rounds, last = done.stdout.strip().splitlines()
    assert [line.count("%") for line in rounds] == [8, 4, 2]
    found = re.match(r"the best: learning rate ([\d.]+), width (\d+), ([\d.]+) % right", last)
    assert found, last
    assert float(found[3]) > 80


def test_models_travel_as_safetensors() -> None:
    state = dict(sweep.network(8).state_dict())
    data = sweep.packed(state)
    assert {name: array.shape for name, array in load(data).items()} == {name: tuple(t.shape) for name, t in state.items()}
    back = sweep.unpacked(data)
    assert all((back[name].numpy() == t.detach().numpy()).all() for name, t in state.items())


def test_a_pickle_in_a_models_place_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "run",)  # type: ignore[return-value]

    with pytest.raises(Exception, match=r".+"):
        sweep.unpacked(pickle.dumps(Evil()))
    assert not (tmp_path / "run").exists()
