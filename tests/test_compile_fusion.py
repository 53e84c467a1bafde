"""Which loops of a compiled step become one, and when two places may be the same."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.compile.loops import Access, overlap
from autograd.compile.step_list import Storage


@pytest.mark.parametrize("seed", range(200))
def test_two_places_overlap_exactly_where_they_share_an_element(seed: int) -> None:
    random = np.random.default_rng(seed)
    rank = int(random.integers(0, 4))
    dims = tuple(int(n) for n in random.integers(1, 5, rank))
    strides = tuple(int(s) for s in random.integers(0, 13, rank))
    memory = Storage(0, "temporary", np.empty(0, np.uint8), "")
    first, second = (int(o) for o in random.integers(0, 30, 2))
    a, b = (Access(memory, np.dtype(np.float32), offset, strides) for offset in (first, second))
    touched = {sum(i * s for i, s in zip(index, strides, strict=True)) for index in product(*map(range, dims))}
    assert overlap(a, dims, b, dims) == any(t + first - second in touched for t in touched)


def test_a_sum_of_products_needs_no_memory_for_the_products() -> None:
    compiled = autograd.compile(lambda x, y: (x * y).sum((0, 2)))
    x, y = (autograd.as_tensor(np.random.default_rng(i).standard_normal((3, 4, 50), dtype=np.float32)) for i in range(2))
    for _ in range(4):
        found = compiled(x, y)
    assert "mul[" not in compiled.source()
    assert re.search(r"\+= x0\[.*\] \* x1\[", compiled.source())
    np.testing.assert_allclose(found.array, (x.array * y.array).sum((0, 2)), rtol=1e-5)


def test_the_gradient_of_a_maximum_is_stored_by_one_loop() -> None:
    pool = nn.MaxPool2d(2)
    x = autograd.as_tensor(np.random.default_rng(0).standard_normal((2, 3, 8, 8), dtype=np.float32)).requires_grad_()

    def step(x: autograd.Tensor) -> autograd.Tensor:
        x.grad = None
        loss = (F.relu(pool(x)) ** 2).sum()
        loss.backward()
        return loss

    compiled = autograd.compile(step)
    for _ in range(4):
        compiled(x)
    found = x.grad.numpy().copy()
    step(x)
    np.testing.assert_allclose(found, x.grad.numpy(), rtol=1e-6)
    body = compiled.source().partition("int piece_0")[2]
    assert body.count("for (int") == 3  # maxima along rows; two that are nested, for maxima of these and the gradient
    assert body.count("d_x0[") == 4


@pytest.mark.parametrize("written", [False, True])
def test_the_weights_of_a_recurrence_are_packed_once_unless_they_change_on_the_way(written: bool) -> None:
    numbers = np.random.default_rng(0)
    w, x = (autograd.as_tensor(numbers.standard_normal(shape) / 16) for shape in ((300, 300), (20, 300)))

    def step(x: autograd.Tensor) -> autograd.Tensor:
        with autograd.no_grad():
            h, v = x, w * 1.0
            for t in range(6):
                h = (x + h @ v).tanh()
                if written and t == 3:
                    v.mul_(0.5)
        return h

    compiled = autograd.compile(step)
    for _ in range(4):
        found = compiled(x)
    assert ("packed_product_d(20," in compiled.source()) is not written
    np.testing.assert_allclose(found.numpy(), step(x).numpy(), rtol=1e-12, atol=1e-14)


def test_sums_over_rows_and_over_columns_are_two_loops_that_threads_share() -> None:
    @autograd.compile
    def sums(x: Any, y: Any) -> Any:
        z = x * y
        return z.sum(0), z.sum(1), (z * z).sum()

    x, y = autograd.randn(1000, 600), autograd.randn(1000, 600)
    for _ in range(4):
        columns, rows, _ = sums(x, y)
    z = x.numpy().astype(np.float64) * y.numpy()
    np.testing.assert_allclose(columns.numpy(), z.sum(0), rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(rows.numpy(), z.sum(1), rtol=1e-4, atol=1e-3)
    text = sums.source()
    assert "FROM(1000, 1)" in text
    assert "FROM(600, 16)" in text
