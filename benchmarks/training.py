"""What a training costs around its steps: fit, data, files, and the article's listing from start to end."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import autograd
import nn
import optim
from autograd.utils.data import DataLoader, TensorDataset

from .timing import best, table

EPOCHS = 5


def _network() -> tuple[Any, Any]:
    autograd.manual_seed(0)
    model = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 1))
    return model, optim.Adam(model.parameters())


def fitting() -> str:
    """``nn.fit`` beside the bare loop over the same batches."""
    x, y = autograd.rand(640, 10), autograd.rand(640, 1)
    loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)

    def bare() -> None:
        model, optimizer = _network()
        for _ in range(EPOCHS):
            for a, b in loader:
                optimizer.zero_grad()
                loss = nn.functional.mse_loss(model(a), b)
                loss.backward()
                optimizer.step()

    def fit() -> None:
        model, optimizer = _network()
        nn.fit(model, loader, "mse", optimizer, epochs=EPOCHS, progress=False)

    times = best({"the bare loop": bare, "nn.fit": fit}, rounds=20)
    return table(f"{EPOCHS} epochs of 20 batches of the article's network", times, "the bare loop", {"nn.fit / the bare loop": 1.1})


def loading() -> str:
    """Rows of 100 numbers in memory, shuffled, batches of 128: an epoch of 20,000."""
    rows = np.random.default_rng(0).random((20_000, 100), np.float32)
    ours = DataLoader(TensorDataset(autograd.tensor(rows)), batch_size=128, shuffle=True)

    def epoch(loader: Any) -> Any:
        def run() -> None:
            for _ in loader:
                pass

        return run

    candidates = {"glassgrad": epoch(ours)}
    limits = {}
    if importlib.util.find_spec("torch"):
        import torch
        from torch.utils import data

        theirs = data.DataLoader(data.TensorDataset(torch.from_numpy(rows)), batch_size=128, shuffle=True)
        candidates["PyTorch"] = epoch(theirs)
        limits = {"glassgrad / PyTorch": 0.02}
    times = best(candidates, rounds=12, slice_ms=100)  # several epochs a turn, of both
    base = "PyTorch" if "PyTorch" in times else "glassgrad"
    return table("An epoch of DataLoader on 20,000 rows of 100 numbers in memory", times, base, limits)


def files() -> str:
    """100 MB written and read, beside the file system's own speed."""
    state = {f"layer{i}.weight": autograd.rand(1000, 2500) for i in range(10)}
    raw = b"".join(t.numpy().tobytes() for t in state.values())
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = os.path.join(folder, "state.safetensors"), os.path.join(folder, "raw")

        def write() -> None:
            with open(plain, "wb") as file:
                file.write(raw)

        def write_safely() -> None:
            with open(plain + ".new", "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            os.replace(plain + ".new", plain)

        def read() -> None:
            with open(plain, "rb") as file:
                file.read()

        candidates = {
            "a raw write": write, "a raw write that a crash survives": write_safely,
            "autograd.save": lambda: autograd.save(state, ours), "a raw read": read, "autograd.load": lambda: autograd.load(ours),
        }  # fmt: skip
        times = best(candidates, rounds=15)
    limits = {"autograd.save / a raw write": 1.25, "autograd.load / a raw read": 1.25}
    return table("100 MB of tensors", times, "a raw write", limits)


LISTING = """
import sys, time
start = time.perf_counter()
import numpy as np
import {module} as tf
imported = time.perf_counter()
X, y = np.random.rand(100, 10), np.random.rand(100, 1)
model = tf.keras.Sequential([tf.keras.layers.Dense(64, activation='relu', input_shape=(10,)), tf.keras.layers.Dense(1)])
model.compile(optimizer='adam', loss='mse')
begun = time.perf_counter()
model.fit(X, y, epochs=100, batch_size=32, verbose=0)
print(time.perf_counter() - begun)
"""


def listing() -> str:
    """The article's own program, from process start to trained model."""
    lines = ["The article's Keras listing: whole process, and fit alone (best of 3)"]
    root = str(Path(__file__).resolve().parent.parent)
    found = {}
    for module in ["nn", *(["tensorflow"] if importlib.util.find_spec("tensorflow") else [])]:
        whole, fit = float("inf"), float("inf")
        for _ in range(3):
            start = perf_counter()
            env = {**os.environ, "PYTHONPATH": root, "TF_CPP_MIN_LOG_LEVEL": "3"}
            command = [sys.executable, "-c", LISTING.format(module=module)]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
            whole, fit = min(whole, perf_counter() - start), min(fit, float(done.stdout.split()[-1]))
        found[module] = whole
        lines.append(f"  {module:<12} {whole:6.2f} s whole, {fit:6.2f} s of training")
    if "tensorflow" in found:
        ratio = found["nn"] / found["tensorflow"]
        lines.append(f"  nn / tensorflow = {ratio:.3f}, wanted at most 0.1: {'reached' if ratio <= 0.1 else 'MISSED'}")
    return "\n".join(lines)


def report() -> None:
    """Print all of it."""
    for part in (fitting, loading, files, listing):
        print(part())
        print()
