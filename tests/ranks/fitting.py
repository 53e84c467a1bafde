"""``nn.fit`` on several processes: one bar, one set of files, the values of all data; a saved run goes on on other numbers of them.

    fitting.py FOLDER EPOCHS [RESUME]

Trains to so many epochs in all, and writes what it has logged and learned.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

import autograd
import autograd.distributed as dist
import nn
import nn.training.trainer as trainer
import optim
from autograd.utils.data import DataLoader, DistributedSampler, TensorDataset


class CountedBar(trainer.Bar):
    """A bar that is counted."""

    made = 0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        CountedBar.made += 1


def loader(n: int, seed: int) -> DataLoader:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 5))
    items = TensorDataset(autograd.tensor(x), autograd.tensor((x.sum(1) > 0).astype(np.int64)))
    return DataLoader(items, batch_size=24 // dist.get_world_size(), sampler=DistributedSampler(items, seed=7))


def main(folder: str, epochs: str, resume: str | None = None) -> None:
    dist.init_process_group("mpi", timeout=30)
    autograd.manual_seed(dist.get_rank())
    model = nn.parallel.DistributedDataParallel(nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 2)).double())
    if not resume:  # the same start whatever the number of processes
        rng = np.random.default_rng(0)
        for p in model.parameters():
            p.data = autograd.tensor(rng.uniform(-0.4, 0.4, p.shape))
    optimizer: Any = optim.ZeroRedundancyOptimizer(model.parameters(), optim.Adam, lr=0.01)
    place = Path(folder)
    trainer.Bar = CountedBar
    callbacks = [
        nn.callbacks.Checkpoint(place / "{epoch}.safetensors"), nn.callbacks.CSVLogger(place / "log.csv"),
        nn.callbacks.EarlyStopping("val_loss", patience=50), nn.callbacks.GradientNorms(), nn.callbacks.StopOnNaN(),
    ]  # fmt: skip
    history = nn.fit(
        model, loader(96, 1), "cross_entropy", optimizer, epochs=int(epochs), validation_data=loader(48, 2),
        metrics=["accuracy", "f1"], callbacks=callbacks, progress=True, resume=resume,
    )  # fmt: skip
    found: dict[str, Any] = {"history": {k: history[k] for k in ("loss", "accuracy", "f1", "val_loss", "grad_norm")}}
    found["weights"] = [p.detach().numpy().tolist() for p in model.parameters()]
    found["bars"] = CountedBar.made
    (place / f"rank{dist.get_rank()}.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
