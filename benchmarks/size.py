"""Bytes a node takes, and what importing costs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tracemalloc

import numpy as np

import autograd


def bytes_per_node(length: int = 100_000) -> float:
    """What a chain of additions of a number keeps, per op, without its arrays (it saves none)."""
    x = autograd.tensor(np.ones(1), requires_grad=True)
    tracemalloc.start()
    y = x
    for _ in range(length):
        y = y + 1.0
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    y.backward()
    return kept / length


def import_seconds(*modules: str, rounds: int = 12) -> list[float]:
    """The best time of importing each module in a fresh process, without Python's own start; the modules take turns.

    They are compiled when first imported, into a folder of their own: not every environment lets them keep what was compiled.
    """
    times = [float("inf")] * len(modules)
    with tempfile.TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        for _ in range(rounds):
            for i, module in enumerate(modules):
                code = f"import time; s = time.perf_counter(); import {module}; print(time.perf_counter() - s)"
                command = [sys.executable, "-c", code]
                done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
                times[i] = min(times[i], float(done.stdout))
    return times


def report() -> None:
    """Print both."""
    print(f"Bytes a node: {bytes_per_node():.0f} (wanted at most 400)")
    ours, numpy = import_seconds("autograd", "numpy")
    print(f"Import: autograd {ours * 1e3:.0f} ms, numpy alone {numpy * 1e3:.0f} ms: {ours / numpy:.2f} times (wanted under 2)")
