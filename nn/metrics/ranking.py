"""Metrics of scores that rank samples: areas under the ROC and the precision-recall curve."""

from __future__ import annotations

import numpy as np

from autograd.errors import ArgumentError, ShapeError, describe
from autograd.types import ArrayLike

from .metric import Metric, arrays, register


class _Scores(Metric):
    """A metric that needs the scores of all samples."""

    def reset(self) -> None:
        self.kept: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def update(self, pred: ArrayLike, target: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        p, t, w = arrays(self, pred, target, sample_weight)
        name = type(self).__name__
        if p.ndim == 2 and t.ndim == 1 and p.shape[1] > 1:
            t = (t[:, None] == np.arange(p.shape[1])).astype(np.int64)
        if p.ndim == 1:
            p = p[:, None]
        if t.ndim == 1:
            t = t[:, None]
        if p.shape != t.shape or p.ndim != 2:
            raise ShapeError(f"{name}: scores {describe(p)} and targets {describe(t)}: (n,) and (n,), or (n, classes) and (n,)")
        if self.kept and self.kept[0][0].shape[1] != p.shape[1]:
            raise ShapeError(f"{name}: {p.shape[1]} classes, and the batches before had {self.kept[0][0].shape[1]}")
        if not ((t == 0) | (t == 1)).all():
            raise ArgumentError(f"{name}: targets of two classes must be 0 and 1")
        if np.isnan(p).any():
            raise ArgumentError(f"{name}: a score is nan")
        self.kept.append((p.astype(np.float64), t.astype(bool), np.ones(len(p)) if w is None else w))

    @staticmethod
    def area(score: np.ndarray, positive: np.ndarray, weight: np.ndarray) -> float:
        """The area for one class against the rest; nan where only one of both occurs."""
        raise NotImplementedError

    def compute(self) -> float:
        """For two classes the area; for more the mean over the classes that occur and are not all."""
        if not self.kept:
            return float("nan")
        score, positive, weight = (np.concatenate(parts) for parts in zip(*self.kept, strict=True))
        areas = np.array([self.area(score[:, k], positive[:, k], weight) for k in range(score.shape[1])])
        areas = areas[~np.isnan(areas)]
        return float(areas.mean()) if len(areas) else float("nan")


def _steps(score: np.ndarray, positive: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of true and false positives above each threshold, from the highest score down."""
    order = np.argsort(-score, kind="stable")
    score, positive, weight = score[order], positive[order], weight[order]
    last = np.append(np.nonzero(np.diff(score))[0], len(score) - 1)
    return np.cumsum(weight * positive)[last], np.cumsum(weight * ~positive)[last]


@register("roc_auc", "auc")
class ROCAUC(_Scores):
    """The area under the ROC curve: how probably a sample of the class scores above one that is not, ties counting half.

    Of more than two classes: the mean of each class against the rest, over the classes that occur.

    Args:
        name: under which it is logged.

    Example:
        >>> import autograd
        >>> from nn.metrics import ROCAUC
        >>> ROCAUC()(autograd.tensor([0.1, 0.4, 0.35, 0.8]), autograd.tensor([0, 0, 1, 1]))
        0.75
    """

    name = "roc_auc"

    @staticmethod
    def area(score: np.ndarray, positive: np.ndarray, weight: np.ndarray) -> float:
        """Trapezoids under the curve of true against false positives."""
        hits, misses = _steps(score, positive, weight)
        if not hits[-1] or not misses[-1]:
            return float("nan")
        hits, misses = np.append(0, hits), np.append(0, misses)
        return float(np.sum(np.diff(misses) * (hits[1:] + hits[:-1]) / 2) / hits[-1] / misses[-1])


@register("pr_auc", "average_precision")
class PRAUC(_Scores):
    """The area under the precision-recall curve as average precision, sum over thresholds of (R_i - R_{i-1}) P_i.

    Args:
        name: under which it is logged.

    Example:
        >>> import autograd
        >>> from nn.metrics import PRAUC
        >>> round(PRAUC()(autograd.tensor([0.1, 0.4, 0.35, 0.8]), autograd.tensor([0, 0, 1, 1])), 6)
        0.833333
    """

    name = "pr_auc"

    @staticmethod
    def area(score: np.ndarray, positive: np.ndarray, weight: np.ndarray) -> float:
        """The steps of recall, each times its precision."""
        hits, misses = _steps(score, positive, weight)
        if not hits[-1]:
            return float("nan")
        called = hits + misses
        precision = np.divide(hits, called, out=np.zeros(len(hits)), where=called > 0)
        return float(np.sum(np.diff(np.append(0, hits)) * precision) / hits[-1])


__all__ = ["PRAUC", "ROCAUC"]
