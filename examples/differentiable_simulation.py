"""A differentiable simulation: a ball is thrown through wind and drag, and its gradient says how to throw it to hit.

dx/dt = v, dv/dt = -g - k |v - wind| (v - wind), by Runge and Kutta's fourth order. The distance from the target at the end is
differentiated through all steps, to the velocity of the throw, and through the drag k, which is found from a path that was seen.

    python examples/differentiable_simulation.py [--fast] [--compile] [--out folder]    (needs matplotlib: pip install -e ".[plot]")
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
from common import arguments
from tqdm import tqdm

import autograd
import optim
from autograd import Tensor
from autograd.viz.training.figures import ACCENT, SECOND, blank, dress

Step: TypeAlias = Callable[[], tuple[Tensor, Tensor]]
TARGET, TIME, STEPS = (30.0, 5.0), 2.5, 50  # metres, seconds
GRAVITY, WIND = autograd.tensor([0.0, -9.81]), autograd.tensor([-4.0, 0.0])


def change(v: Tensor, drag: Tensor) -> Tensor:
    """dv/dt, m/s^2"""
    through_air = v - WIND
    return GRAVITY - drag * through_air.norm() * through_air


def throw(v: Tensor, drag: Tensor) -> Tensor:
    """The path (STEPS + 1, 2) of a ball that leaves the origin with this velocity."""
    x, h = autograd.zeros(2), TIME / STEPS
    path = [x]
    for _ in range(STEPS):
        k1 = change(v, drag)
        k2 = change(v + h / 2 * k1, drag)
        k3 = change(v + h / 2 * k2, drag)
        k4 = change(v + h * k3, drag)
        x = x + h * v + h**2 / 6 * (k1 + k2 + k3)  # the same rule, for the position
        v = v + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        path.append(x)
    return autograd.stack(path)


def descend(
    parameter: Tensor, loss_of: Step, steps: int, name: str, lr: float, compiled: bool
) -> tuple[list[float], list[np.ndarray]]:
    """Adam on a function of the parameter, which says the loss and the path; all losses and paths."""
    optimizer = optim.Adam([parameter], lr=lr)

    def step() -> tuple[Tensor, Tensor]:
        loss, path = loss_of()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach(), path.detach()

    run = autograd.compile(step) if compiled else step
    bar, losses, paths = tqdm(range(steps), desc=name), [], []
    for _ in bar:
        loss, path = run()
        losses.append(loss.item())
        paths.append(path.numpy())
        bar.set_postfix_str(f"loss={losses[-1]:.2e}", refresh=False)
    return losses, paths


def main(argv: list[str] | None = None) -> tuple[float, float]:
    chosen = arguments(__doc__, argv, compiles=True)
    numbers = np.random.default_rng(0)
    true_drag = autograd.tensor(0.02)
    with autograd.no_grad():
        seen = throw(autograd.tensor([15.0, 15.0]), true_drag)
        seen = seen + 0.1 * autograd.tensor(numbers.normal(size=seen.shape), dtype=autograd.float32)
    log_drag = autograd.tensor(-6.0, requires_grad=True)
    start = autograd.tensor([15.0, 15.0])
    steps = 3 if chosen.fast else 120

    def apart() -> tuple[Tensor, Tensor]:
        path = throw(start, log_drag.exp())
        return ((path - seen) ** 2).mean(), path

    descend(log_drag, apart, steps, "the drag, from a path", 0.1, chosen.compile)
    drag = log_drag.detach().exp()
    print(f"drag {drag.item():.4f}, in truth {true_drag.item():.4f}")
    target, v = autograd.tensor(TARGET), autograd.tensor([12.0, 12.0], requires_grad=True)

    def miss() -> tuple[Tensor, Tensor]:
        path = throw(v, drag)
        return ((path[-1] - target) ** 2).sum(), path

    losses, paths = descend(v, miss, steps, "the throw", 0.5, chosen.compile)
    distance = losses[-1] ** 0.5
    print(f"thrown with ({v[0].item():.2f}, {v[1].item():.2f}) m/s it passes {distance:.3f} m from the target")
    figure = blank(9, 3.4)
    left, right = figure.subplots(1, 2, width_ratios=[2, 1])
    for i in np.unique(np.linspace(0, len(paths) - 1, 12).astype(int)):
        left.plot(*paths[i].T, color=ACCENT, alpha=0.2 + 0.8 * (i == len(paths) - 1))
    left.plot(*seen.numpy().T, ".", color="gray", markersize=2, label="the path that was seen")
    left.plot(*TARGET, "x", color=SECOND, label="target")
    left.legend(frameon=False, fontsize=8)
    right.plot(np.sqrt(losses))
    right.set_yscale("log")
    dress(left, "throws on the way to the last one", "m", "m")
    dress(right, "distance from the target, m", "step")
    picture = Path(chosen.out) / "differentiable_simulation.png"
    figure.savefig(picture)
    print(f"the picture: {picture}")
    return drag.item(), distance


if __name__ == "__main__":
    main()
