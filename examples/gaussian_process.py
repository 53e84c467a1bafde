"""Gaussian process regression: the kernel's parameters by gradient ascent on the marginal likelihood, through the Cholesky factor.

log p(y) = -1/2 y^T K^-1 y - log det L - n/2 log 2 pi,  K = L L^T,  K_ij = s^2 exp(-(x_i - x_j)^2 / 2 l^2) + noise^2 [i = j]
(Rasmussen and Williams 2006, algorithm 2.1). L-BFGS finds s, l and noise.

    python examples/gaussian_process.py [--fast] [--compile] [--out folder]        (needs matplotlib: pip install -e ".[plot]")
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from common import arguments
from tqdm import tqdm

import autograd
import optim
from autograd import Tensor
from autograd.viz.training.figures import ACCENT, blank, dress

NAMES = ("scale s", "length l", "noise")


def data(n: int = 40) -> tuple[Tensor, Tensor]:
    """A curve at n places with a gap, and noise of deviation 0.15."""
    numbers = np.random.default_rng(0)
    x = np.sort(np.concatenate([numbers.uniform(0, 4, n // 2), numbers.uniform(6, 10, n // 2)]))
    return autograd.tensor(x), autograd.tensor(np.sin(x) + 0.3 * x + 0.15 * numbers.normal(size=n))


def kernel(a: Tensor, b: Tensor, logs: Tensor) -> Tensor:
    """(len(a), len(b))"""
    return (2 * logs[0]).exp() * (-0.5 * ((a[:, None] - b[None, :]) / logs[1].exp()) ** 2).exp()


def factor(x: Tensor, logs: Tensor) -> Tensor:
    """L of K = L L^T."""
    return autograd.linalg.cholesky(kernel(x, x, logs) + ((2 * logs[2]).exp() + 1e-9) * autograd.eye(len(x), dtype=x.dtype))


def solved(lower: Tensor, b: Tensor) -> Tensor:
    """L^-1 b"""
    return autograd.linalg.solve_triangular(lower, b, upper=False)


def log_likelihood(x: Tensor, y: Tensor, logs: Tensor) -> Tensor:
    lower = factor(x, logs)
    white = solved(lower, y[:, None])
    return -0.5 * (white**2).sum() - lower.diagonal().log().sum() - len(x) / 2 * np.log(2 * np.pi)


def predict(x: Tensor, y: Tensor, at: Tensor, logs: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of the curve at other places."""
    with autograd.no_grad():
        lower, between = factor(x, logs), kernel(x, at, logs)
        v = solved(lower, between)
        mean = v.T @ solved(lower, y[:, None])
        variance = (2 * logs[0]).exp() - (v**2).sum(0)
    return mean[:, 0].numpy(), variance.clamp(min=0).sqrt().numpy()


def main(argv: list[str] | None = None) -> dict[str, float]:
    chosen = arguments(__doc__, argv, compiles=True)
    x, y = data()
    mean = y.mean()
    logs = autograd.zeros(3, dtype=autograd.float64, requires_grad=True)
    optimizer = optim.LBFGS([logs], line_search_fn="strong_wolfe", max_iter=4)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = -log_likelihood(x, y - mean, logs)
        loss.backward()
        return loss.detach()

    run = autograd.compile(closure) if chosen.compile else closure
    bar = tqdm(range(2 if chosen.fast else 15), desc="marginal likelihood")
    for _ in bar:
        optimizer.step(run)
        bar.set_postfix_str(f"log p={-run().item():.3f}", refresh=False)
    found = dict(zip(NAMES, np.exp(logs.detach().numpy()).tolist(), strict=True))
    print(", ".join(f"{name} {value:.3f}" for name, value in found.items()))
    at = autograd.linspace(-1, 11, 300, dtype=autograd.float64)
    curve, deviation = predict(x, y - mean, at, logs)
    curve += mean.item()
    figure = blank(7, 3.6)
    axes = figure.subplots()
    places = at.numpy()
    axes.fill_between(places, curve - 2 * deviation, curve + 2 * deviation, color=ACCENT, alpha=0.2, label="two deviations")
    axes.plot(places, curve, color=ACCENT, label="mean")
    axes.plot(places, np.sin(places) + 0.3 * places, ":", color="black", label="truth")
    axes.plot(x.numpy(), y.numpy(), "k.", markersize=4, label="data")
    axes.legend(frameon=False, fontsize=8)
    dress(axes, "what the data says, and how surely", "x")
    picture = Path(chosen.out) / "gaussian_process.png"
    figure.savefig(picture)
    print(f"the picture: {picture}")
    return found


if __name__ == "__main__":
    main()
