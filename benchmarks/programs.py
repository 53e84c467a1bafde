"""Programs of the kind that HIPS autograd's users write: this project's time for each, against that of HIPS autograd 1.9.1.

    HIPS_AUTOGRAD=<folder of HIPS autograd> python -m benchmarks.programs

The folder is what ``pip install --target <folder> --no-deps autograd==1.9.1`` fills. The two libraries have one import name, so
each runs in a process of its own; the processes take turns, program by program, and the fastest of their rounds counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from math import exp, log
from time import perf_counter
from typing import Any

ROUNDS = 3
SECONDS = 0.4  # for each program in each round
HERE = os.path.dirname(os.path.abspath(__file__))

Program = Callable[[], Any]


def programs() -> dict[str, Program]:
    """Each program as a function without arguments: one evaluation of its derivative."""
    import numpy as np

    import autograd.numpy as anp
    from autograd import elementwise_grad, grad, hessian, jacobian, value_and_grad
    from autograd.builtins import tuple as as_tuple
    from autograd.scipy.integrate import odeint
    from autograd.scipy.special import gammaln, logsumexp
    from autograd.scipy.stats import multivariate_normal as mvn
    from autograd.scipy.stats import norm

    numbers = np.random.default_rng(0)
    normal = numbers.standard_normal

    def neural_net() -> Program:
        sizes = (784, 200, 100, 10)
        params = [(0.1 * normal((m, n)), 0.1 * normal(n)) for m, n in pairwise(sizes)]
        x, y = normal((256, 784)), np.eye(10)[numbers.integers(0, 10, 256)]

        def loss(params: Any) -> Any:
            h = x
            for w, b in params:
                out = anp.dot(h, w) + b
                h = anp.tanh(out)
            log_p = out - logsumexp(out, axis=1, keepdims=True)
            return -anp.sum(log_p * y) + 0.5 * sum(anp.sum(w**2) + anp.sum(b**2) for w, b in params)

        gradient = grad(loss)
        return lambda: gradient(params)

    def rnn() -> Program:
        size, hidden, steps, batch = 40, 40, 30, 20
        params = {"init": 0.1 * normal((1, hidden)), "change": 0.1 * normal((size + hidden + 1, hidden)),
                  "predict": 0.1 * normal((hidden + 1, size))}  # fmt: skip
        x = np.eye(size)[numbers.integers(0, size, (steps, batch))]

        def loss(params: Any) -> Any:
            h = anp.repeat(params["init"], batch, axis=0)
            total = 0.0
            ones = anp.ones((batch, 1))
            for t in range(steps - 1):
                h = anp.tanh(anp.dot(anp.hstack((x[t], h, ones)), params["change"]))
                out = anp.dot(anp.hstack((h, ones)), params["predict"])
                total = total - anp.sum((out - logsumexp(out, axis=1, keepdims=True)) * x[t + 1])
            return total / (steps * batch)

        gradient = value_and_grad(loss)
        return lambda: gradient(params)

    def lstm() -> Program:
        size, hidden, steps, batch = 40, 40, 20, 20
        gates = ("change", "forget", "ingate", "outgate")
        params = {name: 0.1 * normal((size + hidden + 1, hidden)) for name in gates}
        params |= {
            "cells": 0.1 * normal((1, hidden)),
            "hiddens": 0.1 * normal((1, hidden)),
            "predict": 0.1 * normal((hidden + 1, size)),
        }
        x = np.eye(size)[numbers.integers(0, size, (steps, batch))]

        def sigmoid(x: Any) -> Any:
            return 0.5 * (anp.tanh(x) + 1.0)

        def loss(params: Any) -> Any:
            h, c = (anp.repeat(params[name], batch, axis=0) for name in ("hiddens", "cells"))
            total = 0.0
            ones = anp.ones((batch, 1))
            for t in range(steps - 1):
                inputs = anp.hstack((x[t], h, ones))
                change = anp.tanh(anp.dot(inputs, params["change"]))
                forget, ingate, outgate = (sigmoid(anp.dot(inputs, params[name])) for name in gates[1:])
                c = c * forget + ingate * change
                h = outgate * anp.tanh(c)
                out = anp.dot(anp.hstack((h, ones)), params["predict"])
                total = total - anp.sum((out - logsumexp(out, axis=1, keepdims=True)) * x[t + 1])
            return total

        gradient = grad(loss)
        return lambda: gradient(params)

    def gaussian_process() -> Program:
        x, y = numbers.uniform(-4, 4, (20, 1)), normal(20)
        params = np.array([0.1, -1.0, 0.3, 0.2])

        def loss(params: Any) -> Any:
            mean, scale, noise, lengths = params[0], anp.exp(params[1]), anp.exp(params[2]) + 0.001, anp.exp(params[3:])
            off = anp.expand_dims(x / lengths, 1) - anp.expand_dims(x / lengths, 0)
            cov = scale * anp.exp(-0.5 * anp.sum(off**2, axis=2)) + noise * anp.eye(20)
            return -mvn.logpdf(y, mean * anp.ones(20), cov)

        gradient = value_and_grad(loss)
        return lambda: gradient(params)

    def black_box_svi() -> Program:
        size, samples = 2, 200
        params = np.concatenate([normal(size), -5 * np.ones(size)])
        noise = normal((samples, size))

        def loss(params: Any) -> Any:
            mean, log_std = params[:size], params[size:]
            z = noise * anp.exp(log_std) + mean
            density = norm.logpdf(z[:, 1], 0, 1.35) + norm.logpdf(z[:, 0], 0, anp.exp(z[:, 1]))
            return -(0.5 * size * (1.0 + anp.log(2 * anp.pi)) + anp.sum(log_std) + anp.mean(density))

        gradient = grad(loss)
        return lambda: gradient(params)

    def ode_net() -> Program:
        w1, w2 = 0.3 * normal((2, 20)), 0.3 * normal((20, 2))
        times = np.linspace(0.0, 2.0, 10)

        def f(y: Any, t: Any, w1: Any, w2: Any) -> Any:
            return anp.dot(anp.tanh(anp.dot(y**3, w1)), w2)

        def loss(params: Any) -> Any:
            return anp.mean(odeint(f, np.array([2.0, 0.0]), times, as_tuple(params), rtol=1e-4, atol=1e-4) ** 2)

        gradient = grad(loss)
        return lambda: gradient([w1, w2])

    def fluid_simulation() -> Program:
        n = 20
        target, start = normal((n, n)), 0.1 * normal((2, n, n))
        dye = np.outer(np.sin(np.arange(n)), np.cos(np.arange(n)))
        grid = np.indices((n, n))

        def slope(f: Any, axis: int) -> Any:
            return (anp.roll(f, -1, axis=axis) - anp.roll(f, 1, axis=axis)) / 2

        def without_sources(u: Any, v: Any) -> Any:
            source = slope(u, 0) + slope(v, 1)
            pressure = -source / 4
            for _ in range(4):  # Jacobi's iteration for the pressure whose slopes balance the sources
                pressure = (sum([anp.roll(pressure, step, axis=axis) for step in (1, -1) for axis in (0, 1)]) - source) / 4
            return u - slope(pressure, 0), v - slope(pressure, 1)

        def carried(f: Any, u: Any, v: Any) -> Any:
            """The field where each point came from, between the four points of the grid around it."""
            places = grid[0] - u, grid[1] - v
            cells = [anp.floor(place).astype(int) for place in places]
            (a, b), (i, j) = [place - cell for place, cell in zip(places, cells, strict=True)], cells
            near = (1 - b) * f[i % n, j % n] + b * f[i % n, (j + 1) % n]
            far = (1 - b) * f[(i + 1) % n, j % n] + b * f[(i + 1) % n, (j + 1) % n]
            return (1 - a) * near + a * far

        def loss(velocity: Any) -> Any:
            u, v = velocity[0], velocity[1]
            smoke: Any = dye
            for _ in range(5):
                u, v = without_sources(carried(u, u, v), carried(v, u, v))
                smoke = carried(smoke, u, v)
            return anp.mean((smoke - target) ** 2)

        gradient = value_and_grad(loss)
        return lambda: gradient(start)

    def rosenbrock() -> Program:
        gradient = value_and_grad(lambda x: (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] * x[0]) ** 2)
        x = np.array([1.2, -0.7])
        return lambda: gradient(x)

    def logistic_regression() -> Program:
        x = normal((4, 3))
        y = x[:, 0] > 0
        weights = 0.1 * normal(3)

        def loss(w: Any) -> Any:
            p = 0.5 * (anp.tanh(anp.dot(x, w)) + 1)
            return -anp.sum(anp.log(p * y + (1 - p) * (1 - y)))

        gradient = grad(loss)
        return lambda: gradient(weights)

    def hessian_of_net() -> Program:
        w2, x = normal((6, 1)), normal((8, 4))
        w1 = 0.5 * normal(24)
        second = hessian(lambda w: anp.sum(anp.tanh(anp.dot(anp.tanh(anp.dot(x, anp.reshape(w, (4, 6)))), w2)) ** 2))
        return lambda: second(w1)

    def tanh_of_order_4() -> Program:
        f: Any = lambda x: (1.0 - anp.exp(-2 * x)) / (1.0 + anp.exp(-2 * x))  # noqa: E731
        for _ in range(4):
            f = elementwise_grad(f)
        x = np.linspace(-7, 7, 200)
        return lambda: f(x)

    def hidden_markov_model() -> Program:
        states, symbols, steps = 10, 20, 60
        params = (normal(states), normal((states, states)), normal((states, symbols)))
        data = numbers.integers(0, symbols, steps)

        def loss(params: Any) -> Any:
            pi, trans, emit = params
            log_pi = pi - logsumexp(pi)
            log_a = trans - logsumexp(trans, axis=1, keepdims=True)
            log_b = emit - logsumexp(emit, axis=1, keepdims=True)
            alpha = log_pi + log_b[:, data[0]]
            for symbol in data[1:]:
                alpha = logsumexp(alpha[:, None] + log_a, axis=0) + log_b[:, symbol]
            return -logsumexp(alpha)

        gradient = grad(loss)
        return lambda: gradient(params)

    def pca() -> Program:
        data, w = normal((100, 20)), normal((20, 3))
        gradient = grad(lambda w: anp.linalg.norm(data - anp.dot(anp.dot(data, w), w.T)) ** 2)
        return lambda: gradient(w)

    def brockett() -> Program:
        a, x = normal((20, 20)), normal((20, 4))
        weights = np.diag(np.arange(1.0, 5.0))
        gradient = grad(lambda x: anp.trace(x.T @ a @ x @ weights))
        return lambda: gradient(x)

    def gaussian_mixture() -> Program:
        components, size, data = 5, 2, normal((100, 2))
        params = (normal(components), normal((components, size)), np.stack([np.eye(size)] * components))

        def loss(params: Any) -> Any:
            weights, means, roots = params
            weights = weights - logsumexp(weights)
            terms = [
                weights[k] + mvn.logpdf(data, means[k], anp.dot(roots[k].T, roots[k]) + anp.eye(size)) for k in range(components)
            ]
            return -anp.sum(logsumexp(anp.vstack(terms), axis=0))

        gradient = value_and_grad(loss)
        return lambda: gradient(params)

    def negative_binomial() -> Program:
        data = numbers.poisson(5.0, 100)

        def loss(params: Any) -> Any:
            r, p = anp.exp(params[0]), 0.5 * (1 + anp.tanh(params[1]))
            return -anp.sum(gammaln(data + r) - gammaln(data + 1) - gammaln(r) + data * anp.log(p) + r * anp.log(1 - p))

        gradient, second = value_and_grad(loss), hessian(loss)
        start = np.array([1.0, 0.1])
        return lambda: (gradient(start), second(start))

    def bayesian_net() -> Program:
        sizes, samples = (1, 20, 20, 1), 5
        shapes = list(pairwise(sizes))
        count = sum([m * n + n for m, n in shapes])
        mean, log_std = normal(count), -3 * np.ones(count)
        noise, x, y = normal((samples, count)), np.linspace(-2, 2, 40)[:, None], normal((40, 1))

        def loss(params: Any) -> Any:
            mean, log_std = params
            weights = noise * anp.exp(log_std) + mean
            h: Any = anp.expand_dims(x, 0)
            start = 0
            for m, n in shapes:
                w = anp.reshape(weights[:, start : start + m * n], (samples, m, n))
                b = anp.reshape(weights[:, start + m * n : start + (m + 1) * n], (samples, 1, n))
                start += (m + 1) * n
                out = anp.einsum("mnd,mdo->mno", h, w) + b if h.shape[0] == samples else anp.matmul(h, w) + b
                h = anp.sin(out)
            log_prior = -anp.sum(weights**2, axis=1) / 2
            log_lik = -50.0 * anp.sum((y - out) ** 2, axis=(1, 2))
            return -(anp.mean(log_prior + log_lik) + anp.sum(log_std))

        gradient = grad(loss)
        return lambda: gradient((mean, log_std))

    def jacobian_of_map() -> Program:
        a, x = normal((12, 12)), normal(12)
        j = jacobian(lambda x: anp.sin(anp.dot(a, x)) * anp.exp(-anp.dot(x, x) / 10))
        return lambda: j(x)

    makers = (
        neural_net, rnn, lstm, gaussian_process, black_box_svi, ode_net, fluid_simulation, rosenbrock, logistic_regression,
        hessian_of_net, tanh_of_order_4, hidden_markov_model, pca, brockett, gaussian_mixture, negative_binomial, bayesian_net,
        jacobian_of_map,
    )  # fmt: skip
    return {maker.__name__.replace("_", " "): maker() for maker in makers}


def worker(folder: str) -> None:
    """Read names of programs from standard input; for each print its time, and the sum of the numbers that it returned."""
    sys.path[:] = [p for p in sys.path if os.path.abspath(p or ".") not in (HERE, os.path.dirname(HERE))]
    sys.path.insert(0, folder)
    found = programs()
    print(json.dumps(list(found)), flush=True)
    for line in sys.stdin:
        run = found[line.strip()]
        value = total(run())
        fastest, end = float("inf"), perf_counter() + SECONDS
        while perf_counter() < end:
            start = perf_counter()
            run()
            fastest = min(fastest, perf_counter() - start)
        print(json.dumps([fastest, value]), flush=True)


def total(value: Any) -> float:
    """The sum of the absolute numbers in a result, by which the two libraries are compared."""
    import numpy as np

    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return float(sum(total(part) for part in value))
    return float(np.sum(np.abs(np.asarray(value))))


def start(folder: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        [sys.executable, os.path.abspath(__file__), folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def ask(process: subprocess.Popen[str], name: str) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(name + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def main() -> None:
    folder = os.environ.get("HIPS_AUTOGRAD", "")
    if not folder:
        sys.exit(__doc__)
    both = [start(os.path.dirname(HERE)), start(folder)]
    names, _ = [json.loads(process.stdout.readline()) for process in both]  # type: ignore[union-attr]
    ratios = []
    for name in names:
        times, values = [float("inf")] * 2, [0.0] * 2
        for _ in range(ROUNDS):
            for i, process in enumerate(both):
                seconds, values[i] = ask(process, name)
                times[i] = min(times[i], seconds)
        ratios.append(times[0] / times[1])
        same = abs(values[0] - values[1]) <= 1e-6 * abs(values[1])
        note = "" if same else "   DIFFERENT RESULTS"
        print(f"{name:24} {times[0] * 1e6:10.1f} us   {times[1] * 1e6:10.1f} us   {ratios[-1]:.2f}{note}")
    print(f"{'geometric mean':24} {'':30} {exp(sum(map(log, ratios)) / len(ratios)):.2f}   largest {max(ratios):.2f}")
    for process in both:
        process.kill()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        worker(sys.argv[1])
    else:
        main()
