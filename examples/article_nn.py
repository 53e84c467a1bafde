"""The article's program with layers, as PyTorch's users know it. examples/article.py shows what they do, with nothing but Tensors.

    100 samples of 10 features in [0, 1), 64 ReLU units, one linear output, mean squared error, Adam, 100 epochs, batches of 32.

Run it, and it prints the loss while it trains, draws the graph along which the gradient goes back (backward.svg), and writes a page
that steps through both passes (backprop.html), to be opened in any browser:

    python examples/article_nn.py [folder]

The drawing needs an engine: pip install -e ".[viz]", or Graphviz.
"""

from __future__ import annotations

import sys
from pathlib import Path

import autograd
import nn
import optim
from autograd import Tensor, viz


def data() -> tuple[Tensor, Tensor]:
    """Inputs x (100, 10) and targets y (100, 1), uniform in [0, 1), as the article draws them."""
    autograd.manual_seed(0)
    return autograd.rand(100, 10), autograd.rand(100, 1)


def train(epochs: int = 100, batch: int = 32) -> tuple[nn.Module, list[float]]:
    """The trained model, and the mean loss of each epoch."""
    x, y = data()

    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    criterion = nn.MSELoss()
    optimizer = optim.Adam(model.parameters())

    history = []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for rows in autograd.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            loss = criterion(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        history.append(total / len(x))
        if epoch == 1 or epoch % 20 == 0:
            print(f"epoch {epoch:3}  loss {history[-1]:.4f}", flush=True)
    return model, history


def main(folder: str = "out") -> None:
    model, _ = train()
    x, y = (part[:32] for part in data())
    Path(folder).mkdir(parents=True, exist_ok=True)
    with viz.watch():  # notes values and source lines, for the page
        loss = nn.functional.mse_loss(model(x), y)
    picture = viz.draw(loss).save(Path(folder) / "backward.svg")
    page = viz.draw(loss, title="Backpropagation: the article's network").save(Path(folder) / "backprop.html")
    print(f"the backward graph: {picture}\nstep through it: {page}")


if __name__ == "__main__":
    main(*sys.argv[1:])
