"""Threads and contexts: gradients of a shared leaf are exact, and modes belong to the context in which their block was opened."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import autograd
import nn
from autograd import is_grad_enabled


@contextmanager
def frequent_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def in_threads(work: Callable[[], None], threads: int = 4) -> None:
    with frequent_switches(), ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(work) for _ in range(threads)]:
            future.result()


def test_threads_whose_graphs_share_a_large_leaf_lose_no_gradient() -> None:
    w = autograd.zeros(100_000, requires_grad=True)

    def work() -> None:
        for _ in range(50):
            (w * 1.0).sum().backward()

    in_threads(work)
    assert w.grad is not None
    assert (w.grad.numpy() == 200).all()


def test_threads_whose_graphs_share_a_network_lose_no_gradient() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    x = autograd.ones(2, 3, dtype=autograd.float64)
    model(x).sum().backward()
    one = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()

    def work() -> None:
        for _ in range(64):
            model(x).sum().backward()

    in_threads(work)
    for p, g in zip(model.parameters(), one, strict=True):
        assert autograd.allclose(p.grad, 256 * g)


def test_one_mode_shared_by_threads() -> None:
    off = autograd.no_grad()

    def work() -> None:
        for _ in range(300):
            with off:
                assert not is_grad_enabled()
                with off:
                    assert not is_grad_enabled()
                assert not is_grad_enabled()
            assert is_grad_enabled()

    in_threads(work)


def test_an_async_generator_that_is_closed_elsewhere() -> None:
    async def numbers():
        with autograd.no_grad():
            yield 1
            yield 2

    async def left_half_way() -> None:
        async for _ in numbers():
            break

    asyncio.run(left_half_way())
    generator = numbers()

    async def first() -> None:
        assert await generator.__anext__() == 1

    loop = asyncio.new_event_loop()
    loop.run_until_complete(first())
    loop.run_until_complete(generator.aclose())
    loop.close()
    assert is_grad_enabled()


def test_a_block_that_is_closed_in_another_context_leaves_its_state_alone() -> None:
    mode = autograd.no_grad()
    contextvars.copy_context().run(mode.__enter__)
    assert is_grad_enabled()
    with autograd.no_grad():
        mode.__exit__(None, None, None)
        assert not is_grad_enabled()
