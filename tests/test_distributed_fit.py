"""``nn.fit`` on several processes, and a run that is saved on four and goes on on two, and alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ranks import start


def trained(n: int, folder: Path, epochs: int, *resume: str) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    done = start(n, "fitting.py", str(folder), str(epochs), *resume)
    assert done.returncode == 0, done.stderr
    assert f"epoch {epochs}/{epochs}" in done.stderr
    found = [json.loads((folder / f"rank{rank}.json").read_text()) for rank in range(n)]
    assert [own.pop("bars") for own in found] == [1] + [0] * (n - 1)
    for other in found[1:]:
        assert other == found[0], "all ranks log the same and learn the same"
    return found[0]


def assert_same(a: dict[str, Any], b: dict[str, Any]) -> None:
    for name in a["history"]:
        np.testing.assert_allclose(a["history"][name], b["history"][name], rtol=1e-9, err_msg=name)
    for one, other in zip(a["weights"], b["weights"], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return trained(1, tmp_path_factory.mktemp("alone"), 4)


def test_fit_shows_once_and_logs_what_one_process_logs(alone: dict[str, Any], tmp_path: Path) -> None:
    found = trained(3, tmp_path, 4)
    assert_same(found, alone)
    assert sorted(path.name for path in tmp_path.glob("*.safetensors")) == [f"{n}.safetensors" for n in (1, 2, 3, 4)]
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 5


def test_a_run_saved_on_four_ranks_resumes_on_two_and_alone(alone: dict[str, Any], tmp_path: Path) -> None:
    trained(4, tmp_path, 2)
    for n in (2, 1):
        assert_same(trained(n, tmp_path / str(n), 4, str(tmp_path / "2.safetensors")), alone)
