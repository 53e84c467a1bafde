"""Bytes a node takes, and what importing costs."""

from __future__ import annotations

import subprocess
import sys
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


def import_seconds(module: str, runs: int = 7) -> float:
    """The best time of importing a module in a fresh process, without Python's own start."""
    code = f"import time; s = time.perf_counter(); import {module}; print(time.perf_counter() - s)"
    return min(float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) for _ in range(runs))


def report() -> None:
    """Print both."""
    print(f"Bytes a node: {bytes_per_node():.0f} (wanted at most 400)")
    ours, numpy = import_seconds("autograd"), import_seconds("numpy")
    print(f"Import: autograd {ours * 1e3:.0f} ms, numpy alone {numpy * 1e3:.0f} ms: {ours / numpy:.2f} times (wanted under 2)")
