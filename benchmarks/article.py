"""The article's network (10-64-1, ReLU, mean squared error, batch 32): gradients, and the whole training step with Adam."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import autograd
import nn
import optim

from .timing import best, table


def weights() -> list[np.ndarray]:
    """W1, b1, W2, b2 in float32."""
    numbers = np.random.default_rng(0)
    return [numbers.standard_normal(s).astype("float32") * 0.1 for s in ((10, 64), (64,), (64, 1), (1,))]


def batch() -> tuple[np.ndarray, np.ndarray]:
    """32 inputs and targets."""
    numbers = np.random.default_rng(1)
    return numbers.random((32, 10), dtype="float32"), numbers.random((32, 1), dtype="float32")


def gradients_by_hand(p: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> tuple[float, list[np.ndarray]]:
    """The textbook's equations, as one would write them in NumPy."""
    w1, b1, w2, b2 = p
    z1 = x @ w1 + b1
    a1 = np.maximum(z1, 0)
    error = a1 @ w2 + b2 - y
    loss = np.mean(error * error)
    d2 = error * (2 / error.size)
    d1 = (d2 @ w2.T) * (z1 > 0)
    return loss, [x.T @ d1, d1.sum(axis=0), a1.T @ d2, d2.sum(axis=0)]


class FlatAdam:
    """Adam by hand on one flat buffer: the least that NumPy can spend on it."""

    def __init__(self, p: list[np.ndarray]) -> None:
        self.flat = np.concatenate([w.ravel() for w in p])
        self.p, start = [], 0
        for w in p:
            self.p.append(self.flat[start : start + w.size].reshape(w.shape))
            start += w.size
        self.m, self.v, self.t = np.zeros_like(self.flat), np.zeros_like(self.flat), 0

    def step(self, gradients: list[np.ndarray]) -> None:
        g = np.concatenate([d.ravel() for d in gradients])
        self.t += 1
        self.m += 0.1 * (g - self.m)
        self.v += 0.001 * (g * g - self.v)
        rate = 1e-3 * (1 - 0.999**self.t) ** 0.5 / (1 - 0.9**self.t)
        self.flat -= rate * self.m / (np.sqrt(self.v) + 1e-8)


class Adam:
    """Adam by hand, a parameter at a time, as most people write it."""

    def __init__(self, p: list[np.ndarray]) -> None:
        self.p = p
        self.m, self.v, self.t = [np.zeros_like(w) for w in p], [np.zeros_like(w) for w in p], 0

    def step(self, gradients: list[np.ndarray]) -> None:
        self.t += 1
        c1, c2 = 1 - 0.9**self.t, 1 - 0.999**self.t
        for w, g, m, v in zip(self.p, gradients, self.m, self.v, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= 1e-3 * (m / c1) / (np.sqrt(v / c2) + 1e-8)


def candidates() -> dict[str, Callable[[], Any]]:
    """Loss and gradients, in each library that is installed here."""
    x, y = batch()
    p = weights()
    t = [autograd.as_tensor(w).requires_grad_() for w in weights()]
    tx, ty = autograd.as_tensor(x), autograd.as_tensor(y)

    def ours() -> Any:
        w1, b1, w2, b2 = t
        loss = (((tx @ w1 + b1).relu() @ w2 + b2 - ty) ** 2).mean()
        loss.backward()
        gradients = [w.grad for w in t]
        for w in t:
            w.grad = None
        return loss, gradients

    layers = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    parameters = list(layers.parameters())

    def with_layers() -> Any:
        loss = nn.functional.mse_loss(layers(tx), ty)
        loss.backward()
        gradients = [w.grad for w in parameters]
        for w in parameters:
            w.grad = None
        return loss, gradients

    found: dict[str, Callable[[], Any]] = {
        "NumPy by hand": lambda: gradients_by_hand(p, x, y),
        "glassgrad": ours,
        "glassgrad, with layers": with_layers,
    }
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(2)
        q = [torch.from_numpy(w).requires_grad_() for w in weights()]
        qx, qy = torch.from_numpy(x), torch.from_numpy(y)

        def in_torch() -> Any:
            w1, b1, w2, b2 = q
            loss = (((qx @ w1 + b1).relu() @ w2 + b2 - qy) ** 2).mean()
            loss.backward()
            gradients = [w.grad for w in q]
            for w in q:
                w.grad = None
            return loss, gradients

        found["PyTorch"] = in_torch
    if importlib.util.find_spec("mygrad"):
        import mygrad

        mx = [mygrad.tensor(w) for w in weights()]

        def in_mygrad() -> Any:
            w1, b1, w2, b2 = mx
            error = mygrad.maximum(mygrad.matmul(x, w1) + b1, 0)
            error = mygrad.matmul(error, w2) + b2 - y
            loss = mygrad.mean(error * error)
            loss.backward()
            return loss, [w.grad for w in mx]

        found["MyGrad"] = in_mygrad
    if importlib.util.find_spec("jax"):
        import jax
        import jax.numpy as jnp

        def loss_in_jax(p: Any, x: Any, y: Any) -> Any:
            w1, b1, w2, b2 = p
            return jnp.mean((jnp.maximum(x @ w1 + b1, 0) @ w2 + b2 - y) ** 2)

        compiled = jax.jit(jax.value_and_grad(loss_in_jax))
        jp, jx, jy = [jnp.asarray(w) for w in weights()], jnp.asarray(x), jnp.asarray(y)
        found["JAX, compiled"] = lambda: jax.block_until_ready(compiled(jp, jx, jy))
    return found


def hips(seconds: float = 1.0) -> float | None:
    """HIPS autograd's time for the same, in its own process, for it has our import name; None where it is not installed.

    It is looked for in the folder that HIPS_AUTOGRAD names (``pip install --target FOLDER autograd``).
    """
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("hips.py")), str(seconds)], capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout)["seconds"] if done.returncode == 0 else None


def steps() -> dict[str, Callable[[], Any]]:
    """The whole training step: zero_grad, forward, loss, backward, Adam."""
    x, y = batch()
    flat, each = FlatAdam(weights()), Adam(weights())

    def with_flat() -> None:
        _, gradients = gradients_by_hand(flat.p, x, y)
        flat.step(gradients)

    def with_each() -> None:
        _, gradients = gradients_by_hand(each.p, x, y)
        each.step(gradients)

    found: dict[str, Callable[[], Any]] = {"NumPy by hand": with_each, "NumPy by hand, one flat buffer": with_flat}
    found["glassgrad"] = step_of(nn, optim, autograd.as_tensor(x), autograd.as_tensor(y))
    found["glassgrad, recorded every 10 steps"] = step_of(nn, optim, autograd.as_tensor(x), autograd.as_tensor(y), recorded=True)
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(2)
        found["PyTorch"] = step_of(torch.nn, torch.optim, torch.from_numpy(x), torch.from_numpy(y))
    return found


def step_of(nn: Any, optim: Any, x: Any, y: Any, recorded: bool = False) -> Callable[[], Any]:
    """The step, in a library that has PyTorch's names; ours with or without a Recorder that looks at it every ten steps."""
    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    optimizer = optim.Adam(model.parameters())
    recorder = autograd.viz.Recorder(model, optimizer, every=10) if recorded else None

    def step() -> Any:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        if recorder is not None:
            recorder.step(loss)
        return loss

    return step


def report() -> None:
    """Print the tables."""
    start = perf_counter()
    times = best(candidates())
    other = hips()
    if other is not None:
        times["HIPS autograd, own process"] = other
    limits = {"glassgrad, with layers / NumPy by hand": 1.8, "glassgrad, with layers / PyTorch": 0.5}
    print(table("Loss and gradients of the article's network, batch 32", times, "NumPy by hand", limits))
    print()
    limits = {"glassgrad / NumPy by hand": 1.5, "glassgrad / PyTorch": 0.3, "glassgrad, recorded every 10 steps / glassgrad": 1.1}
    print(table("Its training step with layers and Adam", best(steps()), "NumPy by hand", limits))
    print(f"({perf_counter() - start:.0f} s)")
