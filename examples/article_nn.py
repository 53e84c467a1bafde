"""The article's program as Keras users know it: ten lines with ``nn`` and ``optim``. examples/article.py shows what they do.

    100 samples of 10 features in [0, 1), 64 ReLU units, one linear output, mean squared error, Adam, 100 epochs, batches of 32.

Run it, and it prints the loss:

    python examples/article_nn.py
"""

from __future__ import annotations

import autograd
import nn
import optim


def train(epochs: int = 100, batch: int = 32) -> tuple[nn.Module, list[float]]:
    """The trained model, and the mean loss of each epoch."""
    autograd.manual_seed(0)
    x, y = autograd.rand(100, 10), autograd.rand(100, 1)

    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    criterion = nn.MSELoss()
    optimizer = optim.Adam(model.parameters())

    history = []
    for _ in range(epochs):
        total = 0.0
        for rows in autograd.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            loss = criterion(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        history.append(total / len(x))
    return model, history


if __name__ == "__main__":
    _, history = train()
    for epoch in (1, 10, 25, 50, 100):
        print(f"epoch {epoch:3}  loss {history[epoch - 1]:.4f}")
