"""Data parallel training on several processes: the numbers of one process, and what a rank's mistake leads to."""

from __future__ import annotations

import pytest
from ranks import memory, passed, training
from test_distributed import checks_of


@pytest.mark.parametrize("n", [2, 3])
def test_training(n: int) -> None:
    assert passed(n, "training.py") == checks_of(training)


@pytest.mark.parametrize("n", [2, 3])
def test_shared_memory(n: int) -> None:
    assert passed(n, "memory.py") == checks_of(memory)
