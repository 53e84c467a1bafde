"""Metrics of language models."""

from __future__ import annotations

import numpy as np

from autograd.errors import ArgumentError, ShapeError, describe
from autograd.types import ArrayLike

from .metric import Metric, arrays, register


@register("perplexity")
class Perplexity(Metric):
    """exp of the mean negative log-likelihood of the targets, over all positions of all batches.

    Args:
        ignore_index: targets of this class do not count. from_logits: whether predictions are scores before the softmax, or
            probabilities. name: under which it is logged.

    Shapes: pred (..., classes), target (...) of classes; or pred (n, classes, ...) and target (n, ...), as for cross entropy.

    Example:
        >>> import autograd
        >>> from nn.metrics import Perplexity
        >>> round(Perplexity()(autograd.zeros(3, 4), autograd.tensor([0, 1, 2])), 6)
        4.0
    """

    name = "perplexity"

    def __init__(self, ignore_index: int = -100, from_logits: bool = True, name: str | None = None) -> None:
        self.ignore_index = ignore_index
        self.from_logits = from_logits
        super().__init__(name)

    def reset(self) -> None:
        self.total = self.count = 0.0

    def update(self, pred: ArrayLike, target: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        p, t, w = arrays(self, pred, target, sample_weight)
        if p.ndim == t.ndim + 1 and p.shape[:-1] != t.shape and p.shape[:1] + p.shape[2:] == t.shape:
            p = np.moveaxis(p, 1, -1)
        if p.shape[:-1] != t.shape:
            raise ShapeError(f"Perplexity: scores {describe(p)} of (..., classes) do not fit targets {describe(t)} of (...)")
        weight = np.ones(t.shape) if w is None else np.broadcast_to(w.reshape(-1, *[1] * (t.ndim - 1)), t.shape)
        use = t != self.ignore_index
        rows, classes, weight = p[use].astype(np.float64), t[use].astype(np.int64), weight[use]
        if len(classes) and (classes.min() < 0 or classes.max() >= p.shape[-1]):
            raise ArgumentError(f"Perplexity: a target is outside of 0 to {p.shape[-1] - 1}")
        own = rows[np.arange(len(rows)), classes]
        if self.from_logits:
            top = rows.max(1, initial=-np.inf)
            own = own - top - np.log(np.exp(rows - top[:, None]).sum(1))
        else:
            with np.errstate(divide="ignore"):
                own = np.log(own)
        self.total -= float(own @ weight)
        self.count += float(weight.sum())

    def compute(self) -> float:
        return float(np.exp(self.total / self.count)) if self.count else float("nan")


__all__ = ["Perplexity"]
