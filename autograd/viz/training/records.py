"""The records of a training: numbers per step, and statistics of parameters, gradients and activations at sampled steps.

A sample is one row of numbers per parameter. On small arrays a NumPy call costs more than its arithmetic. So the arrays of a
small model are joined into one, and NumPy reduces all segments of several samples at once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...engine.graph import Node
from ...errors import printable
from ..trace.stats import number
from .loss_graph import producer

BINS = 32  # of a histogram
TOGETHER = 1 << 16  # numbers that are joined into one array at most: they fit into a cache
REMEMBERED = 5  # samples over which a unit must have been silent to be called dead
# Activation functions that pass no gradient where their output is 0.
SILENT = frozenset({"relu", "relu6", "threshold", "hardtanh"})
FIVE = ("mean", "std", "norm", "min", "max")
COLUMNS = (*FIVE, *(f"grad_{name}" for name in FIVE), "update_ratio", "has_grad")
ACTIVE = (*FIVE, "zeros", "dead", "saturated", "variation")
# The bounds of activation functions that level off at both ends.
BOUNDS = {"tanh": (-1.0, 1.0), "softsign": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "hardsigmoid": (0.0, 1.0)}


def five(arrays: list[np.ndarray]) -> np.ndarray:
    """Mean, standard deviation, norm, least and largest of each array: (arrays, 5), in float64. An empty array has nan."""
    out = np.full((len(arrays), 5), np.nan)
    for i, a in enumerate(arrays):
        if a.size:
            out[i] = segments(parts(a).reshape(1, -1), (a.size * (2 if a.dtype.kind == "c" else 1),))
    return out


def segments(lines: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """The same five numbers of each segment of each line: (lines, numbers) becomes (lines, segments, 5)."""
    counts = np.array(sizes)
    starts = np.cumsum(counts) - counts
    lines = lines.astype(np.float64)
    out = np.empty((len(lines), len(sizes), 5))
    with np.errstate(invalid="ignore", over="ignore"):
        if len(sizes) == 1:
            mean = np.add.reduce(lines, 1, keepdims=True) / counts
            low, high = np.minimum.reduce(lines, 1, keepdims=True), np.maximum.reduce(lines, 1, keepdims=True)
            lines *= lines
            squares = np.add.reduce(lines, 1, keepdims=True)
        else:
            mean = np.add.reduceat(lines, starts, axis=1) / counts
            low, high = np.minimum.reduceat(lines, starts, axis=1), np.maximum.reduceat(lines, starts, axis=1)
            lines *= lines
            squares = np.add.reduceat(lines, starts, axis=1)
        out[..., 0], out[..., 3], out[..., 4] = mean, low, high
        out[..., 1] = np.sqrt(np.maximum(squares / counts - mean * mean, 0))
        out[..., 2] = np.sqrt(squares)
    return out


def norms_of(lines: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """The norm of each segment of each line."""
    lines = lines.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        lines *= lines
        return np.sqrt(np.add.reduceat(lines, np.cumsum((0, *sizes[:-1])), axis=1))


def parts(array: np.ndarray) -> np.ndarray:
    """An array's numbers as real ones: of complex numbers the real and the imaginary parts, one after the other."""
    return array if array.dtype.kind != "c" else np.ascontiguousarray(array).reshape(-1).view(array.real.dtype)


def histogram(array: np.ndarray) -> tuple[float, float, np.ndarray] | None:
    """(least, largest, counts of BINS equal bins between them) of an array's finite numbers, or None where there are none."""
    flat = array.ravel()
    if not flat.size:
        return None
    low, high = float(flat.min()), float(flat.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        flat = flat[np.isfinite(flat)]
        if not flat.size:
            return None
        low, high = float(flat.min()), float(flat.max())
    if not high > low:
        low, high = low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1)
    scaled = np.subtract(flat, low, dtype=np.float64)
    scaled *= (BINS - 1e-9) / (high - low)
    return low, high, np.bincount(scaled.astype(np.intp), minlength=BINS)


class Series:
    """Statistics over the sampled steps, each an array with one number per sample.

    Attributes:
        steps: the steps that were sampled. mean, std, norm, min, max: over all numbers of the array.
        histograms: a list of (step, least, largest, counts of equal bins between them).
    """

    mean: np.ndarray
    std: np.ndarray
    norm: np.ndarray
    min: np.ndarray
    max: np.ndarray

    def __init__(self, name: str, steps: np.ndarray, columns: dict[str, np.ndarray], histograms: list[Any]) -> None:
        self.name, self.steps, self.histograms = name, steps, histograms
        vars(self).update(columns)

    def __len__(self) -> int:
        return len(self.steps)

    def __repr__(self) -> str:
        return printable(f"<{type(self).__name__} {self.name}: {len(self)} samples>")


class ParameterSeries(Series):
    """A parameter over the sampled steps: its value's statistics, and

    Attributes:
        shape: of the parameter. grad: the same statistics of its gradient (nan where it had none). has_grad: whether it had one.
        update_ratio: norm of what the optimizer's step changed, divided by the norm before; nan where that was zero.
    """

    shape: tuple[int, ...]
    grad: Series
    has_grad: np.ndarray
    update_ratio: np.ndarray


class ActivationSeries(Series):
    """An activation function's outputs over the sampled steps: their statistics, and

    Attributes:
        op: the activation function. zeros: share of outputs that are exactly 0. dead: share of units that were 0 for every example
        of the batch, in this sample and in those just before it (five in all). A unit is a feature, or a channel of an image.
        saturated: of a function with two bounds, the share of outputs within 0.01 of one. variation: by how much of their size the
        outputs differ between the examples of a batch.
    """

    op: str
    examples: int  # that a unit's silence was seen for
    zeros: np.ndarray
    dead: np.ndarray
    saturated: np.ndarray
    variation: np.ndarray


class Records:
    """The numbers of a training, without anything that could change them.

    Attributes:
        title: of plots and pages.
        distributions: lists of (step, least, largest, counts of equal bins between them), by "value", "grad" or "out" and a name.
        facts: what was seen besides numbers; everything in it is JSON.
    """

    def __init__(self) -> None:
        self.title = "training"
        self.language = "en"
        self._loss: list[float] = []
        self._lr: list[tuple[float, ...]] = []
        self._names: list[str] = []
        self._shapes: list[tuple[int, ...]] = []
        self._steps: list[int] = []
        self._rows: list[np.ndarray] = []
        self._activations: dict[str, dict[str, Any]] = {}
        self.distributions: dict[str, list[tuple[int, float, float, np.ndarray]]] = {}
        # Observations other than numbers; all values are JSON.
        self.facts: dict[str, Any] = {
            "order": [], "misuses": [], "arrivals": {}, "eval": {}, "checks": 0, "frozen": [], "unlisted": [], "listed_frozen": [],
            "seconds": 0.0, "inputs": {}, "dropout": {}, "last": [], "broadcasts": [], "classes": 0,
        }  # fmt: skip

    def _settle(self) -> None:
        """Compute the rows of samples that have been copied but not reduced yet."""

    # --------------------------------------------------------------------------------------------------------------- one batch
    def take_batch(self, loss: float | None, named: Mapping[str, Any], gradients: Mapping[str, Any]) -> None:
        """Become the recording of a single batch.

        Args:
            loss: the batch's loss, or None.
            named: the parameters by their names.
            gradients: the gradients of those that have one.
        """
        if loss is not None:
            self._loss = [loss]
        if loss is not None and not gradients:
            return
        self._names, self._shapes, self._steps = list(named), [tuple(p.shape) for p in named.values()], [0]
        rows = np.full((len(named), len(COLUMNS)), np.nan)
        rows[:, :5] = five([p.array for p in named.values()])
        rows[:, 11] = 0
        for i, name in enumerate(named):
            if name in gradients:
                rows[i, 5:10], rows[i, 11] = five([gradients[name].array])[0], 1
        self._rows = [rows] if gradients else []

    def take_activation(self, name: str, op: str, examples: int, row: Sequence[float]) -> None:
        """Take the outputs of one activation function for a single batch.

        Args:
            name: the layer that called it; a name that is taken gets a prime.
            op: the activation function.
            examples: the size of the batch.
            row: a number for each name of ``ACTIVE``.
        """
        while name in self._activations:
            name += "'"
        self._activations[name] = {
            "op": op, "examples": examples, "steps": [0], "rows": [tuple(row)],
        }  # fmt: skip

    # --------------------------------------------------------------------------------------------------------------- reading
    @property
    def loss(self) -> np.ndarray:
        """The loss of every step."""
        return np.array(self._loss, dtype=np.float64)

    @property
    def lr(self) -> np.ndarray:
        """The learning rate of every step; (steps, groups) if the optimizer has several groups of parameters."""
        if not self._lr:
            return np.zeros(0)
        rates = np.array(self._lr, dtype=np.float64)
        return rates[:, 0] if rates.shape[1] == 1 else rates

    @property
    def steps(self) -> np.ndarray:
        """The steps at which parameters were sampled."""
        return np.array(self._steps, dtype=np.int64)

    @property
    def parameters(self) -> dict[str, ParameterSeries]:
        """Each parameter's statistics by its name."""
        self._settle()
        if not self._rows:
            return {}
        cube = np.stack(self._rows)
        steps = self.steps
        found = {}
        for i, name in enumerate(self._names):
            columns = dict(zip(COLUMNS, cube[:, i].T, strict=True))
            of_grad = {key: columns.pop(f"grad_{key}") for key in FIVE}
            series = ParameterSeries(name, steps, columns, self.distributions.get(f"value {name}", []))
            series.has_grad = columns["has_grad"] > 0
            series.shape = self._shapes[i]
            series.grad = Series(f"{name}.grad", steps, of_grad, self.distributions.get(f"grad {name}", []))
            found[name] = series
        return found

    @property
    def activations(self) -> dict[str, ActivationSeries]:
        """The statistics of each activation function's outputs, by the layer that called it."""
        found = {}
        for name, entry in self._activations.items():
            columns = dict(zip(ACTIVE, np.array(entry["rows"], dtype=np.float64).reshape(-1, len(ACTIVE)).T, strict=True))
            found[name] = ActivationSeries(
                name, np.array(entry["steps"], dtype=np.int64), columns, self.distributions.get(f"out {name}", [])
            )
            found[name].op, found[name].examples = entry["op"], entry["examples"]
        return found

    def __len__(self) -> int:
        return len(self._loss)

    # --------------------------------------------------------------------------------------------------------------- keeping
    def to_json(self) -> dict[str, Any]:
        """Everything, as dicts, lists and numbers that JSON has (nan and the infinities are strings)."""
        self._settle()
        return {
            "version": 1,
            "title": self.title,
            "loss": [number(v, 9) for v in self._loss],
            "lr": [[number(v, 9) for v in rates] for rates in self._lr],
            "steps": list(self._steps),
            "parameters": [
                {
                    "name": name,
                    "shape": list(shape),
                    **{key: [number(v, 9) for v in column] for key, column in self._columns(i).items()},
                }
                for i, (name, shape) in enumerate(zip(self._names, self._shapes, strict=True))
            ],
            "activations": [
                {
                    "name": name,
                    "op": entry["op"],
                    "examples": entry["examples"],
                    "steps": entry["steps"],
                    "rows": [[number(v, 9) for v in row] for row in entry["rows"]],
                }
                for name, entry in self._activations.items()
            ],
            "histograms": {
                key: [[step, number(low, 9), number(high, 9), counts.tolist()] for step, low, high, counts in found]
                for key, found in self.distributions.items()
            },
            "facts": json.loads(json.dumps(self.facts)),
        }

    def _columns(self, i: int) -> dict[str, list[float]]:
        return {key: [float(row[i, c]) for row in self._rows] for c, key in enumerate(COLUMNS)}

    def take_json(self, data: dict[str, Any]) -> None:
        """Take over the data that ``to_json`` returned."""
        if not isinstance(data, dict) or data.get("version") != 1:
            raise ValueError(
                "this is no recording of a training (or one of another version): it should be what Recorder.save wrote"
            )
        self.title = data["title"]
        self._loss = [float(v) for v in data["loss"]]
        self._lr = [tuple(float(v) for v in rates) for rates in data["lr"]]
        self._steps = list(data["steps"])
        self._names = [p["name"] for p in data["parameters"]]
        self._shapes = [tuple(p["shape"]) for p in data["parameters"]]
        cube = np.array([[[float(v) for v in p[key]] for key in COLUMNS] for p in data["parameters"]], dtype=np.float64)
        self._rows = [cube[:, :, s] for s in range(len(self._steps))] if self._names else []
        self._activations = {
            a["name"]: {
                "op": a["op"],
                "examples": a["examples"],
                "steps": list(a["steps"]),
                # An earlier version kept fewer numbers.
                "rows": [(*[float(v) for v in row], *[math.nan] * (len(ACTIVE) - len(row))) for row in a["rows"]],
            }
            for a in data["activations"]
        }
        self.distributions = {
            key: [(step, float(low), float(high), np.array(counts)) for step, low, high, counts in found]
            for key, found in data["histograms"].items()
        }
        self.facts = {**self.facts, **data["facts"]}


def layer_of(parameter: str) -> str:
    """The layer that a parameter belongs to, by its path; a parameter of the model itself is its own layer."""
    return parameter.rpartition(".")[0] or parameter


def named_tensors(model: Any, optimizer: Any = None) -> dict[str, Any]:
    """The parameters of a model, a dict, pairs of names and tensors; or of an optimizer where there is no model."""
    if model is None:
        if optimizer is None:
            return {}
        named: dict[str, Any] = {}
        for group in optimizer.param_groups:
            for i, p in enumerate(group["params"]):
                given = group.get("param_names")
                named[given[i] if given else p.name or f"parameter {len(named)}"] = p
        return named
    if hasattr(model, "named_parameters"):
        return dict(model.named_parameters())
    pairs: Iterable[Any] = model.items() if isinstance(model, Mapping) else model if isinstance(model, list | tuple) else [model]
    named = {}
    for pair in pairs:
        if not (isinstance(pair, tuple) and len(pair) == 2 and hasattr(pair[1], "array")):
            raise TypeError(f"a Recorder's model is an nn.Module or a dict of names and tensors, not {type(model).__name__}")
        named[str(pair[0])] = pair[1]
    return named


def moody(module: Any, deep: bool = True) -> list[str]:
    """The kinds of modules in it that compute something else in eval mode: dropout, and normalisation with running statistics."""
    found = []
    for _, inner in module.named_modules() if deep else [("", module)]:
        if getattr(inner, "running_mean", None) is not None or dropped(inner) > 0:
            found.append(type(inner).__name__)
    return found


def dropped(module: Any) -> float:
    """The share that a module's dropout sets to 0; 0 for a module without one."""
    share = getattr(module, "p", None) if "Dropout" in type(module).__name__ else getattr(module, "dropout", None)
    return float(share) if isinstance(share, int | float) else 0.0


def normalised(model: Any) -> bool:
    """Whether the first layer of a model that has parameters or statistics is a normalisation."""
    for _, inner in model.named_modules() if hasattr(model, "named_modules") else ():
        if any(True for _ in inner.children()):
            continue
        if "Norm" in type(inner).__name__:
            return True
        if any(True for _ in inner.parameters()):
            return False
    return False


def described_inputs(arrays: list[np.ndarray], step: int, normalised: bool) -> dict[str, Any]:
    """What the doctor asks of a model's inputs: how large they are, by feature where they are rows, and how many are no numbers."""
    found: dict[str, Any] = {
        "step": step,
        "normalised": normalised,
        "rms": 0.0,
        "most": 0.0,
        "largest": [0, 0.0],
        "smallest": [0, 0.0],
    }
    bad = size = 0
    for array in arrays:
        size += array.size
        finite = np.isfinite(array)
        if not finite.all():
            bad += int(array.size - np.count_nonzero(finite))
            continue
        exact = array.astype(np.float64)
        rms = float(np.sqrt(np.mean(exact * exact)))
        if rms > found["rms"]:
            found.update(rms=rms, most=float(np.abs(exact).max()))
        if exact.ndim == 2 and len(exact) > 7:
            spread = exact.std(axis=0)
            varied = np.flatnonzero(spread > 0)
            if len(varied):
                large, small = varied[spread[varied].argmax()], varied[spread[varied].argmin()]
                found.update(largest=[int(large), float(spread[large])], smallest=[int(small), float(spread[small])])
    return {**found, "bad": bad, "size": size}


def saturation(op: str, array: np.ndarray) -> float:
    """The share of an activation's outputs within 0.01 of its bounds; nan for one without two bounds."""
    if op not in BOUNDS:
        return math.nan
    low, high = BOUNDS[op]
    return float(np.count_nonzero((array < low + 0.01) | (array > high - 0.01)) / array.size)


def variation(array: np.ndarray) -> float:
    """By how much of their size outputs differ between examples, of 32 at most; nan for fewer than eight, or where all are 0."""
    some = array[:32].astype(np.float64)
    if array.ndim < 2 or len(some) < 8:
        return math.nan
    size = np.sqrt(np.mean(some * some))
    return float(np.sqrt(np.mean(some.var(axis=0))) / size) if 0 < size < math.inf else math.nan


def silence(node: Node, array: np.ndarray) -> tuple[float, np.ndarray, int]:
    """The silence of a ReLU's output: its share of zeros, the units that are 0 for every example, and the number of examples.

    A unit is a feature (an index of the last axis) or, in the output of a convolution and in images, a channel.
    """
    on = array != 0
    before = producer(node)
    convolved = before is not None and ("conv" in before.label() or "batch_norm" in before.label())
    axis = 1 if array.ndim > 3 or (array.ndim == 3 and convolved) else array.ndim - 1
    over = tuple([i for i in range(array.ndim) if i != axis])
    silent = ~np.logical_or.reduce(on, over) if over else ~on.reshape(-1)
    return 1 - np.count_nonzero(on) / array.size, silent, array.size // max(silent.size, 1)


__all__ = [
    "ActivationSeries",
    "ParameterSeries",
    "Records",
    "Series",
    "described_inputs",
    "dropped",
    "five",
    "histogram",
    "layer_of",
    "moody",
    "named_tensors",
    "normalised",
    "parts",
    "saturation",
    "segments",
    "silence",
    "variation",
]
