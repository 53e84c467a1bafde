"""A normalising flow: two half moons as an invertible function of a normal distribution, with an exact density.

Each layer scales and shifts one coordinate by functions of the other, so that its inverse and the determinant of its derivative are
known: log p(x) = log N(z) + sum of log scales (Dinh, Sohl-Dickstein and Bengio 2017). The density on a grid sums to 1.

    python examples/normalising_flow.py [--fast] [--compile] [--out folder]    (needs matplotlib: pip install -e ".[plot]")
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


def moons(n: int, numbers: np.random.Generator) -> np.ndarray:
    """n points on two half circles, with noise: (n, 2)."""
    angle, upper = numbers.uniform(0, np.pi, n), numbers.random(n) < 0.5
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle)) - 0.5
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return (np.stack([x, y], 1) + 0.08 * numbers.normal(size=(n, 2))).astype(np.float32)


class Coupling(nn.Module):
    """x[own] = z[own] * exp(s) + t with s, t = network(z[other]); x[other] = z[other]."""

    def __init__(self, own: int) -> None:
        super().__init__()
        self.own = own
        self.network = nn.Sequential(nn.Linear(1, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 2))

    def scale_and_shift(self, other: Tensor) -> tuple[Tensor, Tensor]:
        s, t = self.network(other).chunk(2, dim=1)
        return 2 * (s / 2).tanh(), t

    def joined(self, own: Tensor, other: Tensor) -> Tensor:
        return autograd.cat([own, other] if self.own == 0 else [other, own], dim=1)

    def forward(self, z: Tensor) -> Tensor:
        other = z[:, 1 - self.own, None]
        s, t = self.scale_and_shift(other)
        return self.joined(z[:, self.own, None] * s.exp() + t, other)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z, and log |det dz/dx| of each point."""
        other = x[:, 1 - self.own, None]
        s, t = self.scale_and_shift(other)
        return self.joined((x[:, self.own, None] - t) * (-s).exp(), other), -s[:, 0]


class Flow(nn.Module):
    def __init__(self, layers: int = 8) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Coupling(i % 2) for i in range(layers)])

    def forward(self, z: Tensor) -> Tensor:
        for layer in self.layers:
            z = layer(z)
        return z

    def log_density(self, x: Tensor) -> Tensor:
        total = autograd.zeros(len(x))
        for layer in reversed(list(self.layers)):
            x, log_scale = layer.inverse(x)
            total = total + log_scale
        return total - 0.5 * (x**2).sum(1) - np.log(2 * np.pi)


def main(argv: list[str] | None = None) -> tuple[float, float]:
    chosen = arguments(__doc__, argv, compiles=True)
    steps = 10 if chosen.fast else 1500
    autograd.manual_seed(0)
    numbers = np.random.default_rng(0)
    flow = Flow()
    optimizer = optim.Adam(flow.parameters(), lr=4e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)

    def step(x: Tensor) -> Tensor:
        loss = -flow.log_density(x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    run = autograd.compile(step) if chosen.compile else step
    for _ in (bar := tqdm(range(steps), desc="likelihood")):
        bar.set_postfix_str(f"-log p={run(autograd.tensor(moons(256, numbers))).item():.3f}", refresh=False)
        schedule.step()
    side = np.linspace(-3.5, 3.5, 281, dtype=np.float32)
    grid = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    with autograd.no_grad():
        density = flow.log_density(autograd.tensor(grid)).exp().numpy().reshape(281, 281)
        samples = flow(autograd.randn(1500, 2)).numpy()
        held_out = -flow.log_density(autograd.tensor(moons(4000, numbers))).mean().item()
    mass = float(density.sum() * (side[1] - side[0]) ** 2)
    print(f"-log p of new points {held_out:.3f} nats; the density on the grid sums to {mass:.3f}")
    figure = blank(10, 3.4)
    axes = figure.subplots(1, 3)
    axes[0].scatter(*moons(1500, numbers).T, s=2)
    axes[1].scatter(*samples.T, s=2)
    axes[2].imshow(density, origin="lower", extent=(-3.5, 3.5, -3.5, 3.5), cmap="magma")
    for ax, title in zip(axes, ("data", "samples", "density"), strict=True):
        dress(ax, title)
        ax.set(xlim=(-2, 2), ylim=(-1.5, 1.5), aspect="equal")
    axes[2].grid(False)
    figure.savefig(picture := Path(chosen.out) / "normalising_flow.png")
    print(f"the picture: {picture}")
    return held_out, mass


if __name__ == "__main__":
    main()
