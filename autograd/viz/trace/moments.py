"""Several traces of one graph, steps of a training or runs: whether they are of one structure, and how far apart."""

from __future__ import annotations

import numpy as np

from .stats import ArraySummary
from .tape import Trace


def difference(first: Trace, second: Trace) -> str:
    """The first place where two traces are not of the same graph, in words; "" if there is none."""
    if len(first.nodes) != len(second.nodes):
        return f"{len(first.nodes)} nodes, and {len(second.nodes)}"
    for a, b in zip(first.nodes, second.nodes, strict=True):
        if a.op != b.op:
            return f"node #{a.id} is {a.op or 'a leaf'}, and {b.op or 'a leaf'}"
        if a.shape != b.shape:
            return f"node #{a.id} ({a.name}) has the shape {a.shape}, and {b.shape}"
        if [(o.name, o.node, o.constant) for o in a.operands] != [(o.name, o.node, o.constant) for o in b.operands]:
            return f"node #{a.id} ({a.name}) has other operands"
    shapes = [[c.shape for c in t.constants] for t in (first, second)]
    return "" if shapes[0] == shapes[1] else f"the data have the shapes {shapes[0]}, and {shapes[1]}"


def change(first: ArraySummary | None, second: ArraySummary | None) -> float | None:
    """How far two arrays are apart, as a share of the larger one's norm, over the numbers that the summaries show.

    None where one is missing, or has numbers that are none.
    """
    if first is None or second is None or first.shape != second.shape or not first.size:
        return None
    a, b = first.sample, second.sample
    if a.dtype.kind not in "fciub" or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return None
    with np.errstate(all="ignore"):
        largest = max(float(np.abs(a).max()), float(np.abs(b).max()))
        if not largest:
            return 0.0
        a, b = a / largest, b / largest
        found = float(np.linalg.norm(a - b) / max(np.linalg.norm(a), np.linalg.norm(b)))
    return found if np.isfinite(found) else None


__all__ = ["change", "difference"]
