"""Pictures of what a recurrent layer and an embedding have learned: gates over time, and embeddings as points, with gradients."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..explain.evaluation import evaluate
from ..explain.formula import formulas
from ..trace.stats import CHANNELS, thinned
from ..trace.tape import TraceNode

UNITS, TIMES, POINTS = 16, 32, 48  # that are shown at most


@dataclass
class Gate:
    """One gate of a recurrent layer over time.

    Attributes:
        name: its letter in the op's formula. value, gradient: (sequences, units, times), thinned; the gradient is that of the
        gate's argument, before the sigmoid or tanh; None where no gradient reached it. units, times: how many there are. opens:
        whether it is between 0, closed, and 1, open.
    """

    name: str
    value: np.ndarray
    gradient: np.ndarray | None
    units: int
    times: int
    opens: bool


def gates(node: TraceNode) -> list[Gate]:
    """The gates of a recurrent op, computed by the formula that its declaration states; none for another op."""
    if node.rule is None or "x" not in node.arrays or "y" not in node.arrays:
        return []
    where = formulas(node.rule)["y"].where
    letters = [(name, *found) for name, tree in where if (found := _place(tree)) is not None]
    units = node.arrays["x"].shape[-1] // len(letters) if letters else 0

    def part(a: Any, k: int) -> Any:
        return a[..., k * units : (k + 1) * units]

    def before(first: Any, states: Any) -> Any:
        return np.concatenate([first[None], states[:-1]])

    names = {**node.arrays, "part": part, "before": before}
    gradient = node.arrays.get("gradient")
    made = []
    for name, function, place in letters:
        value = evaluate(ast.Name(name, ast.Load()), names, where)
        one = None if gradient is None else _over_time(part(gradient, place))
        made.append(Gate(name, _over_time(value), one, units, len(value), function == "sigmoid"))
    return made


def _place(tree: ast.expr) -> tuple[str, int] | None:
    """The function of an equation like ``sigmoid(part(a, 1))``, and which part of the gates it reads; None for another one."""
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in ("sigmoid", "tanh")):
        return None
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "part"]
    return (tree.func.id, int(ast.literal_eval(calls[0].args[1]))) if calls else None


def _over_time(a: np.ndarray) -> np.ndarray:
    """(times, sequences, units) as a map of units and times for each sequence."""
    return np.stack([thinned(one, UNITS, TIMES) for one in a.transpose(1, 2, 0)[:CHANNELS]])


@dataclass
class Points:
    """Rows of an embedding in the plane of their two principal components.

    Attributes:
        labels: the rows. used: whether this pass looked each up. at: (n, 2). gradient: (n, 2), in the same plane. share: of the
        rows' variance that the plane shows. rows: of the whole embedding.
    """

    labels: list[int]
    used: list[bool]
    at: np.ndarray
    gradient: np.ndarray
    share: float
    rows: int


def points(node: TraceNode) -> Points | None:
    """The rows of an embedding as points, those first that this pass has looked up; None for another op."""
    if "weight" not in node.arrays or "gradient" not in node.arrays or not isinstance(node.params.get("input"), np.ndarray):
        return None
    weight, gradient = (np.asarray(node.arrays[name], np.float64) for name in ("weight", "gradient"))
    looked_up = np.unique(node.params["input"])
    others = np.setdiff1d(np.arange(len(weight)), looked_up)
    labels = np.sort(np.concatenate([looked_up, others])[:POINTS])
    rows = weight[labels] - weight[labels].mean(axis=0)
    if len(labels) < 2 or not np.isfinite(rows).all() or not np.isfinite(gradient).all():
        return None
    _, sizes, axes = np.linalg.svd(rows, full_matrices=False)
    plane = axes[:2].T
    plane = plane * np.where(np.take_along_axis(plane, np.abs(plane).argmax(axis=0)[None], axis=0) < 0, -1, 1)

    def in_plane(a: np.ndarray) -> np.ndarray:
        made = a @ plane
        return made if made.shape[1] == 2 else np.concatenate([made, np.zeros((len(made), 2 - made.shape[1]))], axis=1)

    share = float(np.sum(sizes[:2] ** 2) / max(np.sum(sizes**2), 1e-300))
    used = np.isin(labels, looked_up).tolist()
    return Points(labels.tolist(), used, in_plane(rows), in_plane(gradient[labels]), share, len(weight))


__all__ = ["Gate", "Points", "gates", "points"]
