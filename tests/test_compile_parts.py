"""Compiled functions whose arguments are parts of larger arrays: the next batch lies elsewhere in the same memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.errors import CompileError

DATA = np.random.default_rng(0).random((60, 6)).astype(np.float32)
PARTS: dict[str, Callable[[int], Any]] = {
    "rows": lambda i: (DATA[6 * i : 6 * i + 6],),
    "the same rows": lambda i: (DATA[12:18],),
    "columns": lambda i: (DATA[6 * i : 6 * i + 6, 2:4],),
    "every second row, backwards": lambda i: (DATA[6 * i : 6 * i + 6][::-2],),
    "two parts of one batch": lambda i: (DATA[6 * i : 6 * i + 6, :3], DATA[6 * i : 6 * i + 6, 3:]),
    "a part twice": lambda i: (DATA[6 * i : 6 * i + 6], DATA[6 * i : 6 * i + 6]),
    "parts that come apart": lambda i: (DATA[6 * i : 6 * i + 6, :3], DATA[6 * (i // 4) : 6 * (i // 4) + 6, 3:]),
    "parts that come together": lambda i: (DATA[0:6], DATA[6 * (i // 4) : 6 * (i // 4) + 6]),
    "from an array and from a copy": lambda i: (DATA[6 * i : 6 * i + 6], DATA[6 * i : 6 * i + 6].copy()),
}


# Several in one memory, or one that runs backwards, may not lie elsewhere at each call.
MOVE = ("every second row, backwards", "two parts of one batch", "parts that come apart")


def step(*parts: Any) -> Any:
    return [(p * 2 + i) / (p * p).sum(0) for i, p in enumerate(parts)]


@pytest.mark.parametrize("name", PARTS)
def test_each_call_computes_with_its_own_part(name: str) -> None:
    compiled = autograd.compile(step)
    for i in range(8):
        parts = [autograd.as_tensor(p) for p in PARTS[name](i)]
        if name in MOVE and i == 5:
            with pytest.raises(CompileError, match="differently"):
                compiled(*parts)
            return
        found = compiled(*parts)
        for mine, expected in zip(found, step(*parts), strict=True):
            np.testing.assert_allclose(mine.numpy(), expected.numpy(), rtol=1e-6)
    if name in ("rows", "the same rows", "columns"):
        assert len(compiled.variants) == 1


def test_an_argument_that_is_written_lies_in_no_others_memory() -> None:
    def run(x: Any, y: Any) -> Any:
        x.add_(1.0)
        return y * 2

    compiled = autograd.compile(run)
    for _ in range(4):
        compiled(autograd.zeros(3), autograd.ones(3))
    x = autograd.zeros(3)
    np.testing.assert_array_equal(compiled(x, x).numpy(), [2, 2, 2])


def test_what_the_function_holds_stays_where_it_is() -> None:
    held = autograd.as_tensor(DATA[6:12])

    def run(x: Any) -> Any:
        return x - held

    compiled = autograd.compile(run)
    for i in [1, 1, 1, *range(8)]:
        part = DATA[6 * i : 6 * i + 6]
        np.testing.assert_array_equal(compiled(autograd.as_tensor(part)).numpy(), part - DATA[6:12])
    assert len(compiled.variants) == 1


def test_a_memory_that_is_written_and_is_an_arguments_is_refused() -> None:
    held = autograd.zeros(4, 3)

    def run(x: Any) -> Any:
        held.add_(1.0)
        return x * 2

    compiled = autograd.compile(run)
    with pytest.raises(CompileError, match=r"lies in the memory of an argument.*x\.clone"):
        compiled(held[0])
    for _ in range(6):
        expected = held[1].numpy() * 2
        np.testing.assert_array_equal(compiled(held[1].clone()).numpy(), expected)
    assert held[0, 0].item() == 6, "the call that was refused has changed nothing"
