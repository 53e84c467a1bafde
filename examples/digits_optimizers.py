"""Handwritten digits with SGD, momentum, RMSprop and Adam, each without regularisation, with L1, with L2 and with dropout.

1,797 images of 8 x 8 pixels, of which a third are trained on and the rest held out: few enough to show what regularisation is for.

    python examples/digits_optimizers.py [--fast] [--compile] [--out folder]

It needs scikit-learn, which ships the images, and matplotlib: pip install -e ".[plot]" scikit-learn
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from common import arguments, digits_8x8
from tqdm import tqdm

import autograd
import nn
import optim
from autograd.viz.training.figures import blank, dress

OPTIMIZERS = {
    "SGD": lambda p, **more: optim.SGD(p, lr=0.1, **more),
    "momentum": lambda p, **more: optim.SGD(p, lr=0.05, momentum=0.9, **more),
    "RMSprop": lambda p, **more: optim.RMSprop(p, lr=0.001, **more),
    "Adam": lambda p, **more: optim.Adam(p, lr=0.002, **more),
}
# How strong: L1 adds l1 * sum |w| to the loss, L2 adds weight_decay / 2 * sum w^2; dropout sets units to 0 with this probability.
REGULARISED: dict[str, dict[str, float]] = {
    "none": {},
    "L1": {"l1": 3e-4},
    "L2": {"weight_decay": 3e-3},
    "dropout": {"dropout": 0.3},
}


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training images and digits, held-out images and digits; pixels in [0, 1]."""
    images, digits = digits_8x8()
    rows = np.random.default_rng(0).permutation(len(images))
    images, digits = images[rows], digits[rows]
    return images[:600], digits[:600], images[600:], digits[600:]


def train(optimizer: str, kind: str, held: tuple[np.ndarray, ...], epochs: int, compiled: bool = False) -> nn.training.History:
    """One of the sixteen trainings on the data that ``data`` returns, all from the same weights."""
    x, y, held_out, truth = held
    autograd.manual_seed(0)
    options = dict(REGULARISED[kind])
    drop = options.pop("dropout", 0.0)
    layers: list[nn.Module] = [nn.Linear(64, 128), nn.ReLU(), nn.Dropout(drop), nn.Linear(128, 10)]
    model = nn.Sequential(*layers)
    chosen: Any = OPTIMIZERS[optimizer](model.parameters(), **options)
    arguments_ = {
        "epochs": epochs,
        "validation_data": (held_out, truth),
        "metrics": ["accuracy"],
        "progress": False,
        "compile": compiled,
    }
    return nn.fit(model, (x, y), "cross_entropy", chosen, **arguments_)


def main(argv: list[str] | None = None) -> dict[tuple[str, str], nn.training.History]:
    chosen = arguments(__doc__, argv, compiles=True)
    epochs = 2 if chosen.fast else 60
    pairs = [(name, kind) for kind in REGULARISED for name in OPTIMIZERS]
    held = data()
    histories = {pair: train(*pair, held, epochs, chosen.compile) for pair in tqdm(pairs, desc="16 trainings")}
    figure = blank(12, 5.2)
    axes = figure.subplots(2, 4, sharey="row")
    print(f"{'held out':10}" + "".join(f"{kind:>10}" for kind in REGULARISED))
    for name in OPTIMIZERS:
        print(f"{name:10}" + "".join(f"{histories[name, kind]['val_accuracy'][-1]:10.1%}" for kind in REGULARISED))
        for column, kind in enumerate(REGULARISED):
            history = histories[name, kind]
            axes[0, column].plot(range(1, epochs + 1), history["loss"], label=name)
            axes[1, column].plot(range(1, epochs + 1), np.array(history["val_accuracy"]) * 100, label=name)
    for column, kind in enumerate(REGULARISED):
        dress(axes[0, column], f"{kind}: training loss" if kind != "none" else "no regularisation: training loss")
        dress(axes[1, column], "held out, % right", "epoch")
        axes[0, column].set_yscale("log")
        if epochs > 2:
            axes[1, column].set_ylim(85, 98)
    axes[0, 0].legend(frameon=False, fontsize=8)
    picture = Path(chosen.out) / "digits_optimizers.png"
    figure.savefig(picture)
    print(f"the curves: {picture}")
    return histories


if __name__ == "__main__":
    main()
