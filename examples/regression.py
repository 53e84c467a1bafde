"""The article's regression four times: with Tensors, with layers, as its Keras listing, and with gradients compiled to C.

All four begin with the same weights and see the same batches, so their curves lie on one another; the picture shows how closely.

    python examples/regression.py [--fast] [--out folder]        (the picture needs matplotlib: pip install -e ".[plot]")
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

BATCH, RATE, BETA1, BETA2 = 32, 1e-3, 0.9, 0.999


def start() -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """100 samples of 10 features, their targets, and the weights: W1 (10, 64), b1, W2 (64, 1), b2."""
    numbers = np.random.default_rng(0)
    x, y = numbers.random((100, 10), np.float32), numbers.random((100, 1), np.float32)
    glorot = [numbers.uniform(-1, 1, shape) * np.sqrt(6 / sum(shape)) for shape in ((10, 64), (64, 1))]
    return x, y, [np.asarray(a, np.float32) for a in (glorot[0], np.zeros(64), glorot[1], np.zeros(1))]


def order(epoch: int) -> list[np.ndarray]:
    """The batches of an epoch, as rows."""
    return np.array_split(np.random.default_rng(epoch).permutation(100), [32, 64, 96])


def with_adam(gradients: object, epochs: int, name: str) -> list[float]:
    """Adam written out; ``gradients`` says a batch's loss and the gradients of its four weights."""
    x, y, arrays = start()
    weights = [autograd.tensor(a) for a in arrays]
    m, v = [autograd.zeros_like(w) for w in weights], [autograd.zeros_like(w) for w in weights]
    losses, step = [], 0
    for epoch in tqdm(range(epochs), desc=name):
        total = 0.0
        for rows in order(epoch):
            loss, *found = gradients(autograd.tensor(x[rows]), autograd.tensor(y[rows]), *weights)  # type: ignore[operator]
            step += 1
            for i, g in enumerate(found):
                m[i] = BETA1 * m[i] + (1 - BETA1) * g
                v[i] = BETA2 * v[i] + (1 - BETA2) * g * g
                corrected = v[i].sqrt() / (1 - BETA2**step) ** 0.5 + 1e-8
                weights[i] = weights[i] - RATE / (1 - BETA1**step) * m[i] / corrected
            total += loss.item() * len(rows)
        losses.append(total / 100)
    return losses


def gradients(x: Tensor, y: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> tuple[Tensor, ...]:
    """The article's forward pass, and the gradients that its backward pass computes."""
    weights = [w.detach().requires_grad_() for w in (w1, b1, w2, b2)]
    hidden = autograd.relu(x @ weights[0] + weights[1])
    loss = ((hidden @ weights[2] + weights[3] - y) ** 2).mean()
    return loss.detach(), *autograd.grad(loss, weights)


def with_layers(epochs: int) -> list[float]:
    """As PyTorch's users write it, fitted by ``nn.fit``."""
    x, y, (w1, b1, w2, b2) = start()
    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    state = {"0.weight": w1.T, "0.bias": b1, "2.weight": w2.T, "2.bias": b2}
    model.load_state_dict({name: autograd.tensor(a.copy()) for name, a in state.items()})
    batches = [[(x[rows], y[rows]) for rows in order(epoch)] for epoch in range(epochs)]
    stream = (batch for epoch in batches for batch in epoch)
    optimizer = optim.Adam(model.parameters(), lr=RATE)
    return nn.fit(model, stream, "mse", optimizer, epochs, steps_per_epoch=4)["loss"]


def with_keras(epochs: int) -> list[float]:
    """As the article has it."""
    x, y, weights = start()
    layers = nn.keras.layers
    model = nn.keras.Sequential([layers.Dense(64, activation="relu", input_shape=(10,)), layers.Dense(1)])
    model.set_weights(weights)
    model.compile(optimizer=nn.keras.optimizers.Adam(RATE, epsilon=1e-8), loss="mse")
    losses = []
    for epoch in tqdm(range(epochs), desc="as its Keras listing"):
        rows = np.concatenate(order(epoch))  # Keras's fit, in our order
        losses += model.fit(x[rows], y[rows], batch_size=BATCH, shuffle=False, verbose=0).history["loss"]
    return losses


def main(argv: list[str] | None = None) -> dict[str, list[float]]:
    chosen = arguments(__doc__, argv)
    epochs = 5 if chosen.fast else 100
    curves = {
        "with Tensors": with_adam(gradients, epochs, "with Tensors"),
        "with layers, nn.fit": with_layers(epochs),
        "as its Keras listing": with_keras(epochs),
        "compiled to C": with_adam(autograd.compile(gradients), epochs, "compiled to C"),
    }
    first = np.array(curves["with Tensors"])
    figure = blank(9, 3.4)
    left, right = figure.subplots(1, 2)
    for name, losses in curves.items():
        left.plot(range(1, epochs + 1), losses, label=f"{name}: {losses[-1]:.4f}")
        if name != "with Tensors":
            right.plot(range(1, epochs + 1), np.abs(np.array(losses) / first - 1) + 1e-9, label=name)
        print(f"{name:22} loss {losses[0]:.4f} -> {losses[-1]:.4f}")
    left.legend(frameon=False, fontsize=8)
    right.legend(frameon=False, fontsize=8)
    right.set_yscale("log")
    dress(left, "mean squared error", "epoch")
    dress(right, "how far from the first form, relative", "epoch")
    picture = Path(chosen.out) / "regression.png"
    figure.savefig(picture)
    print(f"the curves: {picture}")
    return curves


if __name__ == "__main__":
    main()
