"""What an op costs on small arrays: recording it, and a chain of fifty forwards and backwards."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np

import autograd

from .timing import best, table

LENGTH = 50


def by_hand(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The gradients of the sum of x * w * ... * w, written out."""
    saved = []
    for _ in range(LENGTH):
        saved.append(x)
        x = x * w
    g = np.ones_like(x)
    g_w = np.zeros_like(w)
    for value in reversed(saved):
        g_w = g_w + g * value
        g = g * w
    return g, g_w


def chains(x: np.ndarray, w: np.ndarray) -> dict[str, Callable[[], object]]:
    """The same in each library that is installed here."""

    def ours() -> object:
        a, b = autograd.as_tensor(x).requires_grad_(), autograd.as_tensor(w).requires_grad_()
        y = a
        for _ in range(LENGTH):
            y = y * b
        y.backward(ones)
        return a.grad, b.grad

    ones = np.ones_like(x)
    found: dict[str, Callable[[], object]] = {"NumPy by hand": lambda: by_hand(x, w), "glassgrad": ours}
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(2)
        torch_ones = torch.from_numpy(ones)

        def in_torch() -> object:
            a, b = torch.from_numpy(x).requires_grad_(), torch.from_numpy(w).requires_grad_()
            y = a
            for _ in range(LENGTH):
                y = y * b
            y.backward(torch_ones)
            return a.grad, b.grad

        found["PyTorch"] = in_torch
    if importlib.util.find_spec("mygrad"):
        import mygrad

        def in_mygrad() -> object:
            a, b = mygrad.tensor(x), mygrad.tensor(w)
            y = a
            for _ in range(LENGTH):
                y = y * b
            y.backward(ones)
            return a.grad, b.grad

        found["MyGrad"] = in_mygrad
    return found


def report() -> None:
    """Print both tables."""
    numbers = np.random.default_rng(0)
    x, w = numbers.random(10), numbers.random(10) + 0.5
    a, b = autograd.tensor(x, requires_grad=True), autograd.tensor(w, requires_grad=True)
    record = {
        "np.multiply(x, w)": lambda: np.multiply(x, w),
        "a * b, both recorded": lambda: a * b,
        "np.add(x, w)": lambda: np.add(x, w),
        "a + b, both recorded": lambda: a + b,
        "np.tanh(x)": lambda: np.tanh(x),
        "a.tanh(), recorded": lambda: a.tanh(),
        "np.exp(x)": lambda: np.exp(x),
        "a.exp(), recorded": lambda: a.exp(),
    }
    limits = {
        "a * b, both recorded / np.multiply(x, w)": 2.5,
        "a + b, both recorded / np.add(x, w)": 2.5,
        "a.tanh(), recorded / np.tanh(x)": 2.5,
        "a.exp(), recorded / np.exp(x)": 2.5,
    }
    print(table("Recording an op on 10 numbers", best(record, rounds=60), "np.multiply(x, w)", limits))
    print()
    runs = chains(x, w)
    limits = {"glassgrad / NumPy by hand": 3, "glassgrad / PyTorch": 1 / 3}
    print(table(f"Forward and backward of {LENGTH} multiplications of 10 numbers", best(runs), "NumPy by hand", limits))
