"""A physics-informed network: it learns the solution of u'' + 2 z u' + w^2 u = 0 from the equation alone, without data.

u(0) = 1 and u'(0) = 0 are built into u(t) = 1 + t^2 n(t), where n is a small network; the loss is the mean square of the equation's
left side at random times (Raissi, Perdikaris and Karniadakis 2019). The derivatives of u come from reverse mode, twice.

    python examples/physics_informed.py [--fast] [--compile] [--out folder]    (needs matplotlib: pip install -e ".[plot]")
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from common import arguments
from tqdm import tqdm

import autograd
import nn
import optim
from autograd import Tensor
from autograd.viz.training.figures import blank, dress

Z, W, END = 0.6, 4.0, 3.0  # damping (1/s), frequency (1/s), and how long (s) it is followed


def exact(t: np.ndarray) -> np.ndarray:
    """The damped oscillation in closed form."""
    f = np.sqrt(W**2 - Z**2)
    return np.exp(-Z * t) * (np.cos(f * t) + Z / f * np.sin(f * t))


def solution(network: nn.Module, t: Tensor) -> Tensor:
    return 1 + t**2 * network(2 * t - END)


def residual(network: nn.Module, t: Tensor) -> Tensor:
    """The left side of the equation, divided by w^2, at these times, (n, 1)."""
    t = t.detach().requires_grad_()
    u = solution(network, t)
    (du,) = autograd.grad(u.sum(), t, create_graph=True)
    (ddu,) = autograd.grad(du.sum(), t, create_graph=True)
    return (ddu + 2 * Z * du) / W**2 + u


def main(argv: list[str] | None = None) -> float:
    chosen = arguments(__doc__, argv, compiles=True)
    steps = 20 if chosen.fast else 2500
    autograd.manual_seed(0)
    network = nn.Sequential(nn.Linear(1, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1))
    optimizer = optim.Adam(network.parameters(), lr=1e-2)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

    def step(t: Tensor) -> Tensor:
        loss = (residual(network, t) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    run = autograd.compile(step) if chosen.compile else step
    bar, losses = tqdm(range(steps), desc="the equation"), []
    for _ in bar:
        losses.append(run(autograd.rand(64, 1) * END).item())
        schedule.step()
        bar.set_postfix_str(f"loss={losses[-1]:.2e}", refresh=False)
    t = np.linspace(0, END, 200, dtype=np.float32)[:, None]
    with autograd.no_grad():
        u = solution(network, autograd.tensor(t)).numpy()
    error = float(np.abs(u - exact(t)).max())
    print(f"largest error {error:.2e} of an oscillation that begins at 1")
    figure = blank(9, 3.2)
    left, right = figure.subplots(1, 2)
    left.plot(t, exact(t), label="closed form")
    left.plot(t, u, "--", label="network")
    left.legend(frameon=False, fontsize=8)
    right.plot(losses)
    right.set_yscale("log")
    dress(left, "u(t)", "t, s")
    dress(right, "mean square of the left side / w^2", "step")
    picture = Path(chosen.out) / "physics_informed.png"
    figure.savefig(picture)
    print(f"the picture: {picture}")
    return error


if __name__ == "__main__":
    main()
