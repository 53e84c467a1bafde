"""The benchmark of all ops has a case for each of them, and each case runs its op."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import nn  # noqa: F401  (declares the ops that only layers call)
from autograd.engine.modes import Watch, current, enter, leave
from autograd.engine.op import REGISTRY, Op
from benchmarks import ops
from benchmarks.op_cases import CASES, UNTIMED, WITHIN

EVERY = set(REGISTRY)  # before a test declares ops of its own


class Spy(Watch):
    """Notes the ops that tensors go through."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def forward(self, op: Op, node: Any, operands: Any, result: Any) -> None:
        self.seen.add(op.name)


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spy]:
    """A spy that also sees the ops that rules call on arrays."""
    spy, own = Spy(), Op.__call__  # the slot that holds each op's own function

    def seen(self: Op, *args: Any, **params: Any) -> Any:
        spy.seen.add(self.name)
        return own.__get__(self)(*args, **params)

    monkeypatch.setattr(Op, "__call__", seen)
    token = enter(current().but(watch=spy))
    yield spy
    leave(token)


def run(name: str) -> None:
    """The case at ten elements, forward and backward."""
    for call in ops.calls(CASES[name], ops.ours(), 10, True).values():
        call()


def test_every_op_is_timed() -> None:
    assert set(CASES) | set(WITHIN) | set(UNTIMED) == EVERY
    assert not set(CASES) & set(WITHIN)


@pytest.mark.parametrize("name", sorted(set(CASES) - set(UNTIMED)))
def test_a_case_runs_its_op(name: str, spy: Spy) -> None:
    run(name)
    assert name in spy.seen


@pytest.mark.parametrize("name", sorted(WITHIN))
def test_an_op_within_others_is_run_by_the_case_that_is_named(name: str, spy: Spy) -> None:
    run(WITHIN[name])
    assert name in spy.seen


@pytest.mark.parametrize("name", ["matmul", "conv2d", "lstm", "attention", "ctc"])
def test_larger_sizes_can_be_made(name: str) -> None:
    for make in CASES[name].inputs:
        assert make(10**4).size > make(10).size
    assert set(ops.calls(CASES[name], ops.ours(), 10**4, True)) == {"forward", "both"}


def test_the_summary_tells_what_was_missed() -> None:
    assert ops.geometric_mean([0.25, 4.0, 1.0]) == pytest.approx(1.0)
    text = ops.summary({(10, "forward"): {"a": 0.3, "b": 0.3}, (10**4, "both"): {"a": 0.9, "b": 3.0}})
    assert "10 elements, forward: geometric mean of 2 ratios 0.30 (wanted at most 0.35: reached)" in text
    assert "10000 elements, both: geometric mean of 2 ratios 1.64 (wanted at most 1.0: MISSED)" in text
    assert "1 above 2.5: MISSED" in text
    assert "worst: b 3.0, a 0.9" in text
