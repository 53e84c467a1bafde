"""A write in place happens wholly or not at all: new values never lie on the old node, nor old values on the new one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from interrupts import interrupted

import autograd
from autograd import Tensor

FILES = ("functions/inplace.py", "engine/memory.py", "engine/recording.py", "tensor/tensor.py")


def half(y: Tensor) -> None:
    y.mul_(0.5)


def first(y: Tensor) -> None:
    y[0] = 7.0


def view(y: Tensor) -> None:
    y[1:].exp_()


def other(y: Tensor) -> None:
    y[0] = y[1] * 3


def zero(y: Tensor) -> None:
    y.zero_()


@pytest.mark.parametrize("write", [half, first, view, other, zero])
def test_an_interrupted_write_leaves_values_and_gradient_in_agreement(write: Callable[[Tensor], None]) -> None:
    w = autograd.tensor([0.5, 1.0, 2.0], dtype=autograd.float64, requires_grad=True)

    def both(written: bool) -> tuple[list[float], list[float]]:
        y = w * 1.0
        if written:
            write(y)
        return y.tolist(), autograd.grad((y * y).sum(), w)[0].tolist()

    before, after = both(False), both(True)
    y = w * 1.0
    lines = 0
    for _ in interrupted(lambda: write(y), *FILES):  # noqa: B023  (each run writes into the y of its turn)
        lines += 1
        now = y.tolist(), autograd.grad((y * y).sum(), w)[0].tolist()
        assert now in (before, after)
        y = w * 1.0
    assert lines > 10


def test_a_tensor_that_retains_its_gradient_does_so_after_a_write() -> None:
    w = autograd.ones(2, requires_grad=True)
    a = w * 1
    a.retain_grad()
    a.mul_(2)
    a.sum().backward()
    assert a.retains_grad
    assert a.grad.tolist() == [1, 1]
    assert w.grad.tolist() == [2, 2]


def test_a_view_that_retains_its_gradient_does_so_after_a_write() -> None:
    w = autograd.ones(3, requires_grad=True)
    a = w * 1
    v = a[:2]
    v.retain_grad()
    v.mul_(2)
    (v * v).sum().backward()
    assert v.grad.tolist() == [4, 4]
    assert w.grad.tolist() == [8, 8, 0]
