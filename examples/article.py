"""The article's program, written with Tensors: a network of one hidden layer learns by gradient descent, every equation in sight.

    100 samples of 10 features in [0, 1), 64 ReLU units, one linear output, mean squared error, Adam, 100 epochs, batches of 32.

Run it, and it prints the loss, draws the graph along which the gradient goes back (backward.svg), and writes a page that steps
through both passes (backprop.html), to be opened in any browser:

    python examples/article.py [folder]

The drawing needs an engine: pip install -e ".[viz]", or Graphviz.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import autograd
from autograd import Tensor, viz

EPOCHS, BATCH = 100, 32


def data(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Inputs x (100, 10) and targets y (100, 1), uniform in [0, 1), as the article draws them."""
    numbers = np.random.default_rng(seed)
    return autograd.tensor(numbers.random((100, 10))).float(), autograd.tensor(numbers.random((100, 1))).float()


def parameters(seed: int = 1) -> dict[str, Tensor]:
    """W1 (10, 64), b1 (64), W2 (64, 1), b2 (1): Glorot's uniform weights, zero biases."""
    numbers = np.random.default_rng(seed)

    def glorot(rows: int, columns: int) -> Tensor:
        limit = np.sqrt(6 / (rows + columns))
        return autograd.tensor(numbers.uniform(-limit, limit, (rows, columns))).float().requires_grad_()

    return {
        "W1": glorot(10, 64),
        "b1": autograd.zeros(64, requires_grad=True),
        "W2": glorot(64, 1),
        "b2": autograd.zeros(1, requires_grad=True),
    }


def predict(p: dict[str, Tensor], x: Tensor) -> Tensor:
    """z1 = x W1 + b1, a1 = relu(z1), and the linear output a1 W2 + b2."""
    hidden = autograd.relu(x @ p["W1"] + p["b1"])
    return hidden @ p["W2"] + p["b2"]


def mean_squared_error(output: Tensor, target: Tensor) -> Tensor:
    """L = mean((output - target)^2)."""
    return ((output - target) ** 2).mean()


class Adam:
    """Kingma & Ba 2015, algorithm 1: m and v are running means of g and g^2, corrected for their start at zero."""

    def __init__(
        self, tensors: list[Tensor], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-7
    ) -> None:
        self.tensors, self.lr, self.eps = tensors, lr, eps
        self.beta1, self.beta2 = betas
        self.m = [autograd.zeros_like(t) for t in tensors]
        self.v = [autograd.zeros_like(t) for t in tensors]
        self.t = 0

    @autograd.no_grad()
    def step(self) -> None:
        self.t += 1
        for tensor, m, v in zip(self.tensors, self.m, self.v, strict=True):
            g = tensor.grad
            m += (1 - self.beta1) * (g - m)
            v += (1 - self.beta2) * (g * g - v)
            m_hat = m / (1 - self.beta1**self.t)
            v_hat = v / (1 - self.beta2**self.t)
            tensor -= self.lr * m_hat / (v_hat.sqrt() + self.eps)
            tensor.grad = None


def train(p: dict[str, Tensor], x: Tensor, y: Tensor, epochs: int = EPOCHS, seed: int = 2) -> list[float]:
    """Train, and return the mean loss of each epoch."""
    optimizer = Adam(list(p.values()))
    numbers = np.random.default_rng(seed)
    history = []
    for _ in range(epochs):
        order = numbers.permutation(len(x))
        losses = []
        for start in range(0, len(x), BATCH):
            batch = order[start : start + BATCH]
            loss = mean_squared_error(predict(p, x[batch]), y[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.item() * len(batch))
        history.append(sum(losses) / len(x))
    return history


def main(folder: str = "out") -> None:
    x, y = data()
    p = parameters()
    history = train(p, x, y)
    for epoch in (0, 9, 24, 49, 99):
        print(f"epoch {epoch + 1:3}  loss {history[epoch]:.4f}")
    Path(folder).mkdir(parents=True, exist_ok=True)
    with viz.watch():  # notes values, data and source lines, for the page
        loss = mean_squared_error(predict(p, x), y)
    picture = viz.render(viz.to_dot(loss, names=p), Path(folder) / "backward.svg")
    print(f"the backward graph: {picture}")
    page = viz.draw(loss, names={**p, "x": x, "y": y}, title="Backpropagation: the article's network").save(
        Path(folder) / "backprop.html"
    )
    print(f"step through it: {page}")


if __name__ == "__main__":
    main(*sys.argv[1:])
