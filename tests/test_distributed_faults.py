"""A rank that raises, is killed, leaves, or does something else than the others: all end at once, with an error that names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ranks import start

import autograd

# What the last of n ranks does in the middle of the fourth step, and what is said. {last} is its rank.
FAULTS = {
    "raises": "rank {last} of {n} has raised ValueError: the data of this rank",
    "killed": "rank {last} of {n} (process",
    "leaves": "rank {last} has ended its part of the program",
    "fails": "rank {last} has ended its part of the program",
    "steps": "waits for it in the average of the gradients: do all ranks make the same calls, and the same number of steps",
    "shapes": "rank {last} all_reduce with ReduceOp.SUM of float32[3], rank 0 all_reduce with ReduceOp.SUM of float32[2]",
    "dtypes": "rank {last} all_reduce with ReduceOp.SUM of float64[2], rank 0 all_reduce with ReduceOp.SUM of float32[2]",
    "ops": "rank {last} all_reduce with ReduceOp.MAX of float32[2], rank 0 all_reduce with ReduceOp.SUM of float32[2]",
    "calls": "rank {last} barrier of uint8[0], rank 0 all_reduce with ReduceOp.SUM of float32[2]",
    "async": "rank {last} all_reduce with ReduceOp.SUM of float32[3], rank 0 all_reduce with ReduceOp.SUM of float32[2]",
    "message": "recv: rank {last} has sent float32[2, 2], and the tensor that is to get it is float32[4]",
    "unused": "rank {last}: the loss does not depend on left_out.weight, left_out.bias",
    "in backward": "an earlier backward of this model failed on this rank while others went on",
    "sleeps": "waited 4 seconds for the other processes",
}


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("fault", FAULTS)
def test_all_end_and_the_rank_is_named(fault: str, n: int, tmp_path: Path) -> None:
    file = tmp_path / "last.safetensors"
    done = start(n, "faults.py", fault, str(file), timeout=30)
    assert done.returncode != 0, done.stdout
    text = FAULTS[fault].format(n=n, last=n - 1)
    assert text in done.stderr, done.stderr
    assert "has made 5 steps" not in done.stdout
    saved = autograd.load(str(file))  # whole: rank 0 may have been ended while it wrote the next one, but never half of it
    assert saved["step"] in ((2, 3) if fault == "steps" else (1, 2))
    assert len(saved["model"]) == 4


def test_without_a_fault_all_goes_well(tmp_path: Path) -> None:
    done = start(2, "faults.py", "none", str(tmp_path / "last.safetensors"))
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert sorted(done.stdout.splitlines()) == ["rank 0 has made 5 steps", "rank 1 has made 5 steps"]
