"""Differentially private training: what a network learns from many people, without what is one person's (DP-SGD).

Each step clips the gradient of every single image to one norm, sums them, and adds noise that would hide any one of them. From the
noise and the number of steps an accountant computes epsilon: but for a chance of delta, whoever sees the trained network changes
the odds that a given image was among the training data by a factor of at most e^epsilon.

    python examples/privacy.py [--fast] [--compile] [--out folder]

It needs scikit-learn, which ships the images, and matplotlib: pip install -e ".[plot]" scikit-learn
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from common import arguments, digits_8x8
from scipy.special import binom, log_ndtr, logsumexp
from tqdm import tqdm

import autograd
import nn
from autograd import Tensor, func
from autograd.viz.training.figures import blank, dress

DELTA, CLIP, RATE, SHARE = 1e-4, 1.0, 0.5, 0.06  # SHARE: each image is in a step with this probability
ORDERS = (*(1 + x / 10 for x in range(1, 100)), *range(12, 64))  # those that Opacus tries


def rdp_of_step(noise: float, share: float, order: float) -> float:
    """The Rényi divergence, of some order above 1, between a step with one image more and one without it.

    Args:
        noise: s, the noise's standard deviation in units of the clipping norm.
        share: q, the probability with which an image takes part.
        order: a > 1.

    Source: Mironov, Talwar and Zhang, Rényi Differential Privacy of the Sampled Gaussian Mechanism, 2019, section 3.3: an integral
        is cut in two at z = s^2 log(1/q - 1) + 1/2, and each half is a binomial series.
    """
    if share == 1:
        return order / (2 * noise**2)
    i = np.arange(max(1000, 2 * int(order)))
    j = order - i
    z = noise**2 * math.log(1 / share - 1) + 0.5
    coefficient = binom(order, i)
    below = i * math.log(share) + j * math.log1p(-share) + (i * i - i) / (2 * noise**2) + log_ndtr((z - i) / noise)
    above = j * math.log(share) + i * math.log1p(-share) + (j * j - j) / (2 * noise**2) + log_ndtr((j - z) / noise)
    total = logsumexp(np.concatenate([below, above]), b=np.concatenate([coefficient, coefficient]))
    return float(total) / (order - 1)


def epsilon(noise: float, share: float, steps: int, delta: float = DELTA) -> float:
    """Epsilon after some steps: the best over all orders a of steps * rdp + log((a-1) / a) - (log(delta) + log(a)) / (a-1).

    Source: Balle et al., Hypothesis Testing Interpretations and Rényi Differential Privacy, 2020, theorem 21.
    """
    if not (noise > 0 and 0 < share <= 1 and 0 < delta < 1):
        raise ValueError(f"noise must be above 0, share and delta between 0 and 1: got {noise}, {share}, {delta}")
    found = [steps * rdp_of_step(noise, share, a) + math.log1p(-1 / a) - math.log(delta * a) / (a - 1) for a in ORDERS]
    return max(0.0, min(found))


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10))


def clipped_sum(model: nn.Module, parameters: dict[str, Tensor], x: Tensor, y: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """The sum over the images of each one's gradient, scaled to a norm of at most CLIP.

    Args:
        model: the network.
        parameters: its parameters by name.
        x: images, (batch, 64).
        y: 1 at the place of its digit, else 0. (batch, 10)
        weight: 1 for an image that takes part and 0 for one that only fills the batch. (batch,)
    """

    def loss_of_one(p: dict[str, Tensor], image: Tensor, digit: Tensor) -> Tensor:
        return -(func.functional_call(model, p, (image,)).log_softmax(-1) * digit).sum()

    each = func.vmap(func.grad(loss_of_one), in_dims=(None, 0, 0))(parameters, x, y)
    norm = sum((g.flatten(1) ** 2).sum(1) for g in each.values()).sqrt()
    factor = weight * (CLIP / norm.clamp(min=CLIP))
    return {name: autograd.einsum("b,b...->...", factor, g) for name, g in each.items()}


def train(noise: float, steps: int, compiled: bool = False) -> list[tuple[int, float]]:
    """(step, share of held-out digits that are recognised), at ten places of a training with this noise."""
    images, digits = digits_8x8()
    order = np.random.default_rng(0).permutation(len(images))
    images, digits = images[order], digits[order]
    x, y, targets = autograd.tensor(images[1400:]), digits[1400:], np.eye(10, dtype=np.float32)[digits]
    autograd.manual_seed(0)
    model = network()

    def gradients(parameters: dict[str, Tensor], *images: Tensor) -> dict[str, Tensor]:
        return clipped_sum(model, parameters, *images)

    run = autograd.compile(gradients) if compiled else gradients
    numbers = np.random.default_rng(1)
    room = int(1400 * SHARE * 1.7)  # rows of a batch: more images than this practically never take part
    found = []
    for step in tqdm(range(1, steps + 1), desc=f"noise {noise:g}"):
        rows = np.flatnonzero(numbers.random(1400) < SHARE)  # each image for itself: the accountant counts on that
        if len(rows) > room:
            raise RuntimeError(f"{len(rows)} images take part, and there is room for {room}: raise it")
        weight = np.zeros(room, np.float32)
        weight[: len(rows)] = 1
        padded = np.concatenate([rows, np.zeros(room - len(rows), np.int64)])
        parameters = {name: p.detach() for name, p in model.named_parameters()}
        batch = [autograd.tensor(a) for a in (images[padded], targets[padded], weight)]
        summed = run(parameters, *batch)
        with autograd.no_grad():
            for name, p in model.named_parameters():
                drawn = numbers.standard_normal(p.shape, dtype=np.float32)
                p -= RATE / (1400 * SHARE) * (summed[name] + noise * CLIP * drawn)
        if step % max(steps // 10, 1) == 0:
            with autograd.no_grad():
                found.append((step, float((model(x).argmax(1).numpy() == y).mean())))
    return found


def main(argv: list[str] | None = None) -> dict[float, tuple[float, float]]:
    chosen = arguments(__doc__, argv, compiles=True)
    steps = 10 if chosen.fast else 600
    result: dict[float, tuple[float, float]] = {}
    figure = blank(10, 3.6)
    left, right = figure.subplots(1, 2)
    for noise in (0.0, 1.0, 2.0, 4.0):
        curve = train(noise, steps, chosen.compile)
        spent = math.inf if noise == 0 else epsilon(noise, SHARE, steps)
        result[noise] = spent, curve[-1][1]
        label = f"noise {noise:g}: ε = {spent:.2f}" if noise else "clipped, no noise: ε = ∞"
        print(f"{label:28} {curve[-1][1]:.1%} of the held-out digits are recognised (δ = {DELTA:g})")
        left.plot(*zip(*[(step, share * 100) for step, share in curve], strict=True), label=label)
        if noise:
            places: Any = np.unique(np.linspace(1, steps, 20).astype(int))
            right.plot(places, [epsilon(noise, SHARE, int(n)) for n in places], label=f"noise {noise:g}")
    dress(left, "held out, % right", "step")
    dress(right, f"ε that is spent, at δ = {DELTA:g}", "step")
    for axes in (left, right):
        axes.legend(frameon=False, fontsize=8)
    picture = Path(chosen.out) / "privacy.png"
    figure.savefig(picture)
    print(f"the curves: {picture}")
    return result


if __name__ == "__main__":
    main()
