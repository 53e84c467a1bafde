"""Compiled steps beside the fastest peer of each: ``python -m benchmarks compiled``.

Each workload is written once for libraries with PyTorch's names, and once for JAX or PyTensor where these are the fastest. The
libraries take turns, each in a process of its own (see ``networks``), and of each the fastest of many calls counts.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np

from .article import batch, step_of, weights
from .networks import Worker, cnn, data, gpt, mlp
from .timing import table

Step = Callable[[], Any]
COMPILED, EAGER = "glassgrad, compiled", "glassgrad"


def lstm(nn: Any) -> Any:
    """A language model of 96 characters: embedding, LSTM of 256, logits at each of 64 steps."""

    class LanguageModel(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(96, 256)
            self.lstm = nn.LSTM(256, 256)
            self.out = nn.Linear(256, 96)

        def forward(self, x: Any) -> Any:
            return self.out(self.lstm(self.words(x))[0]).reshape(-1, 96)

    return LanguageModel()


NETWORKS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]] = {
    "mlp": (mlp, lambda optim, p: optim.SGD(p, lr=1e-3, momentum=0.9)),
    "cnn": (cnn, lambda optim, p: optim.Adam(p, lr=1e-3)),
    "lstm": (lstm, lambda optim, p: optim.SGD(p, lr=1e-3, momentum=0.9)),
    "gpt": (gpt, lambda optim, p: optim.AdamW(p, lr=1e-3)),
}


def network(name: str, nn: Any, optim: Any, tensor: Callable[[np.ndarray], Any]) -> Step:
    """A step of a network: zero_grad, forward, cross entropy, backward, optimizer."""
    make, make_optimizer = NETWORKS[name]
    model = make(nn)
    optimizer = make_optimizer(optim, model.parameters())
    if name == "lstm":
        numbers = np.random.default_rng(0)
        x, y = tensor(numbers.integers(0, 96, (64, 32))), tensor(numbers.integers(0, 96, 64 * 32))
    else:
        x, y = (tensor(a) for a in data(name))

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return _with(nn, step, x, y)


def _with(nn: Any, step: Callable[..., Any], *args: Any) -> Step:
    """The step as it is, or compiled, whichever this process measures."""
    if sys.argv[1] == COMPILED:
        import autograd

        step = autograd.compile(step)
    return lambda: step(*args)


def article(nn: Any, optim: Any, tensor: Callable[[np.ndarray], Any]) -> Step:
    """The article's network, batch 32, mean squared error, Adam."""
    x, y = (tensor(a) for a in batch())
    step = step_of(nn, optim, x, y)
    return _with(nn, step)


def scalars(nn: Any, optim: Any, tensor: Callable[[np.ndarray], Any]) -> Step:
    """200 times multiply, add and tanh of numbers, and backwards."""
    w, b, x = (tensor(np.array(v, np.float32)) for v in (1.1, 0.1, 0.5))
    w.requires_grad_()
    b.requires_grad_()

    def step(x: Any) -> Any:
        w.grad = b.grad = None
        y = x
        for _ in range(200):
            y = (y * w + b).tanh()
        y.backward()
        return y

    return _with(nn, step, x)


def elementwise(nn: Any, optim: Any, tensor: Callable[[np.ndarray], Any]) -> Step:
    """Ten ops on a million numbers, and backwards."""
    numbers = np.random.default_rng(0)
    x, w = (tensor(numbers.standard_normal(1_000_000, dtype=np.float32)) for _ in range(2))
    w.requires_grad_()

    def step(x: Any) -> Any:
        w.grad = None
        y = (w * x).tanh()
        y = (y + x) * w
        y = (y * y + 1).sqrt()
        y = (-y).exp() * x
        loss = y.relu().sum()
        loss.backward()
        return loss

    return _with(nn, step, x)


def hessian_of(exp: Any, sin: Any, x: Any) -> Any:
    """A function of 100 numbers whose Hessian is full."""
    return (x * x).sum() ** 2 + exp(-x * x).sum() * sin(x).sum() + (x[1:] * x[:-1]).sum()


def hessian(nn: Any, optim: Any, tensor: Callable[[np.ndarray], Any]) -> Step:
    """The Hessian of a function of 100 numbers."""
    x = tensor(np.random.default_rng(0).standard_normal(100, dtype=np.float32) * np.float32(0.3))
    if nn.__name__ == "nn":
        import autograd

        step = autograd.func.hessian(lambda x: hessian_of(autograd.exp, autograd.sin, x))
    else:
        import torch

        step = torch.func.hessian(lambda x: hessian_of(torch.exp, torch.sin, x))
    return _with(nn, step, x)


def in_jax(name: str) -> Step:
    """A workload in JAX, compiled."""
    import jax
    import jax.numpy as jnp

    if name == "hessian":
        x = jnp.asarray(np.random.default_rng(0).standard_normal(100, dtype=np.float32) * np.float32(0.3))
        call = jax.jit(jax.hessian(lambda x: hessian_of(jnp.exp, jnp.sin, x)))
        return lambda: jax.block_until_ready(call(x))
    if name == "scalars":

        def chain(w: Any, b: Any, x: Any) -> Any:
            y = x
            for _ in range(200):
                y = jnp.tanh(y * w + b)
            return y

        both = jax.jit(jax.value_and_grad(chain, (0, 1)))
        given = [jnp.float32(v) for v in (1.1, 0.1, 0.5)]
        return lambda: jax.block_until_ready(both(*given))
    x, y = (jnp.asarray(a) for a in batch())
    p = [jnp.asarray(w) for w in weights()]

    def loss_of(p: Any, x: Any, y: Any) -> Any:
        w1, b1, w2, b2 = p
        return jnp.mean((jnp.maximum(x @ w1 + b1, 0) @ w2 + b2 - y) ** 2)

    def step(p: Any, m: Any, v: Any, t: Any) -> Any:
        loss, g = jax.value_and_grad(loss_of)(p, x, y)
        t = t + 1
        m = [0.9 * a + 0.1 * d for a, d in zip(m, g, strict=True)]
        v = [0.999 * a + 0.001 * d * d for a, d in zip(v, g, strict=True)]
        c1, c2 = 1 - 0.9**t, 1 - 0.999**t
        p = [w - 1e-3 * (a / c1) / (jnp.sqrt(b / c2) + 1e-8) for w, a, b in zip(p, m, v, strict=True)]
        return loss, p, m, v, t

    jitted = jax.jit(step, donate_argnums=(0, 1, 2, 3))
    state = [p, [jnp.zeros_like(w) for w in p], [jnp.zeros_like(w) for w in p], jnp.float32(0)]

    def run() -> Any:
        loss, *state[:] = jitted(*state)
        return jax.block_until_ready(loss)

    return run


def in_pytensor(name: str) -> Step:
    """The article's step in PyTensor, compiled by Numba, with the parameters in shared variables."""
    import pytensor
    import pytensor.tensor as pt

    pytensor.config.floatX = "float32"
    x, y = (pytensor.shared(a, borrow=True) for a in batch())
    p = [pytensor.shared(w) for w in weights()]
    w1, b1, w2, b2 = p
    loss = (((pt.maximum(x @ w1 + b1, 0) @ w2 + b2) - y) ** 2).mean()
    t = pytensor.shared(np.float32(0))
    new = t + np.float32(1)
    updates = [(t, new)]
    for w, g in zip(p, pytensor.grad(loss, p), strict=True):
        m, v = (pytensor.shared(np.zeros_like(w.get_value())) for _ in range(2))
        a = np.float32(0.9) * m + np.float32(0.1) * g
        b = np.float32(0.999) * v + np.float32(0.001) * g * g
        c1, c2 = 1 - np.float32(0.9) ** new, 1 - np.float32(0.999) ** new
        updates += [(m, a), (v, b), (w, w - np.float32(1e-3) * (a / c1) / (pt.sqrt(b / c2) + np.float32(1e-8)))]
    call = pytensor.function([], loss, updates=updates, mode="NUMBA", trust_input=True)
    return lambda: call()


# Of each workload: what makes its step in a library with PyTorch's names, the peers, and the ratio wanted to the first of them.
WORKLOADS: dict[str, tuple[Any, tuple[str, ...], float]] = {
    "article": (article, ("PyTensor", "JAX", "PyTorch"), 0.5),
    "scalars": (scalars, ("JAX", "PyTorch"), 0.1),
    "elementwise": (elementwise, ("PyTorch",), 0.35),
    "mlp": (network, ("PyTorch",), 0.85),
    "cnn": (network, ("PyTorch",), 0.75),
    "lstm": (network, ("PyTorch",), 0.9),
    "gpt": (network, ("PyTorch",), 0.85),
    "hessian": (hessian, ("JAX", "PyTorch"), 1.5),
}
MODULES = {"PyTensor": "pytensor", "JAX": "jax", "PyTorch": "torch"}


def made(library: str, name: str) -> Step:
    """A workload's step in a library."""
    if library == "JAX":
        return in_jax(name)
    if library == "PyTensor":
        return in_pytensor(name)
    make: Any = WORKLOADS[name][0]
    rest = (name,) if make is network else ()
    if library == "PyTorch":
        import torch

        torch.set_num_threads(2)
        return make(*rest, torch.nn, torch.optim, torch.from_numpy)  # type: ignore[no-any-return]
    import autograd
    import nn
    import optim

    return make(*rest, nn, optim, autograd.as_tensor)  # type: ignore[no-any-return]


def _work(library: str, name: str) -> None:
    """What a worker's process does."""
    step = made(library, name)
    start = perf_counter()
    for _ in range(4):
        step()
    first = perf_counter() - start
    gc.disable()
    for line in sys.stdin:
        fastest, steps, end = float("inf"), 0, perf_counter() + float(line)
        while perf_counter() < end:
            begin = perf_counter()
            step()
            fastest = min(fastest, perf_counter() - begin)
            steps += 1
        gc.collect()
        print(json.dumps({"best": fastest, "steps": steps, "first": first}), flush=True)


def compared(name: str, libraries: list[str], rounds: int = 10, seconds: float = 0.25) -> dict[str, dict[str, float]]:
    """The fastest step of each library, and how long the first four took."""
    workers = {library: Worker(library, name, Path(), "benchmarks.compiled") for library in libraries}
    found = {library: worker.ask(0.01) for library, worker in workers.items()}
    for _ in range(rounds):
        for library, worker in workers.items():
            sleep(0.15)  # until the other's threads have gone to sleep
            answer = worker.ask(seconds)
            found[library]["best"] = min(answer["best"], found[library]["best"])
    for worker in workers.values():
        worker.close()
    return found


def report(names: list[str] | None = None) -> None:
    """Print a table for each workload."""
    start = perf_counter()
    for name in names or WORKLOADS:
        make, peers, limit = WORKLOADS[name]
        here = [peer for peer in peers if importlib.util.find_spec(MODULES[peer])]
        found = compared(name, [COMPILED, EAGER, *here])
        times = {library: answer["best"] for library, answer in found.items()}
        described = NETWORKS[name][0] if make is network else make
        title = f"{name}: {(described.__doc__ or '').partition(chr(10))[0]}"
        print(table(title, times, here[0] if here else EAGER, {f"{COMPILED} / {here[0]}": limit} if here else None))
        print(f"  the first four calls of the compiled step, with the compiler's work: {found[COMPILED]['first']:.2f} s")
        print()
    print(f"({perf_counter() - start:.0f} s)")


if __name__ == "__main__":
    _work(sys.argv[1], sys.argv[2])
