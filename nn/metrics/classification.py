"""Metrics of classes: accuracy, precision, recall, F1, the confusion matrix."""

from __future__ import annotations

import numpy as np

from autograd.engine.graph import make
from autograd.errors import ArgumentError, ShapeError, describe
from autograd.types import ArrayLike, Tensor

from .metric import Mean, Metric, arrays, register

AVERAGES = ("macro", "micro", "weighted", "none")


def classes_of(metric: Metric, pred: np.ndarray, target: np.ndarray, threshold: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and targets as classes: (m,) integers each.

    Predictions (n, k, ...) for targets (n, ...) are scores of k classes. Predictions of the targets' shape are classes, if they are
    integers, or the probability of class 1. One-hot targets of the scores' shape (n, k), k > 1, count as classes.
    """
    name = type(metric).__name__
    if pred.ndim == target.ndim + 1:
        if pred.shape[:1] + pred.shape[2:] != target.shape:
            raise ShapeError(f"{name}: scores {describe(pred)} of (n, classes, ...) do not fit targets {describe(target)}")
        if pred.shape[1] == 1:
            pred = pred[:, 0] > threshold
        else:
            pred = pred.argmax(1)
    elif pred.shape == target.shape:
        if pred.dtype.kind == "f":
            if pred.ndim == 2 and pred.shape[1] > 1 and ((target == 0) | (target == 1)).all() and (target.sum(1) == 1).all():
                pred, target = pred.argmax(1), target.argmax(1)
            else:
                pred = pred > threshold
    elif target.ndim == pred.ndim + 1 and target.shape[-1] == 1 and target.shape[:-1] == pred.shape:
        return classes_of(metric, pred, target[..., 0], threshold)
    else:
        raise ShapeError(f"{name}: predictions {describe(pred)} do not fit targets {describe(target)}")
    if target.dtype.kind == "f" and not (target == np.floor(target)).all():
        raise ArgumentError(f"{name}: targets {describe(target)} are no classes: they are not whole numbers")
    return pred.reshape(-1).astype(np.int64), target.reshape(-1).astype(np.int64)


@register("accuracy", "acc")
class Accuracy(Mean):
    """The share of samples whose predicted class is right.

    Args:
        threshold: from which probability on a sample of two classes counts as class 1. name: under which it is logged.

    Shapes: pred (n, k) scores or (n,) classes or probabilities; target (n,) classes, or (n, k) one-hot.

    Example:
        >>> import autograd
        >>> from nn.metrics import Accuracy
        >>> Accuracy()(autograd.tensor([[0.1, 0.9], [0.8, 0.2]]), autograd.tensor([1, 1]))
        0.5
    """

    name = "accuracy"

    def __init__(self, threshold: float = 0.5, name: str | None = None) -> None:
        self.threshold = threshold
        super().__init__(name)

    def values(self, pred: np.ndarray, target: np.ndarray) -> np.ndarray:
        """1 where the class is right; of samples with several positions the share of right ones."""
        p, t = classes_of(self, pred, target, self.threshold)
        share: np.ndarray = (p == t).reshape(len(pred), -1).mean(1)
        return share


@register("top_k", "top_k_accuracy", "top5")
class TopKAccuracy(Mean):
    """The share of samples whose class is among the k with the largest scores. Ties count against the prediction.

    Args:
        k: how many may be named. name: under which it is logged.

    Raises:
        ArgumentError: fewer than k classes. ShapeError: scores that are not (n, classes).

    Example:
        >>> import autograd
        >>> from nn.metrics import TopKAccuracy
        >>> TopKAccuracy(2)(autograd.tensor([[0.1, 0.3, 0.6], [0.7, 0.2, 0.1]]), autograd.tensor([1, 2]))
        0.5
    """

    name = "top_k_accuracy"

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        if k < 1:
            raise ArgumentError(f"TopKAccuracy: k must be at least 1, not {k}")
        self.k = k
        super().__init__(name)

    def values(self, pred: np.ndarray, target: np.ndarray) -> np.ndarray:
        """1 where fewer than k classes score as high as the right one."""
        if pred.ndim != 2 or target.shape != pred.shape[:1]:
            raise ShapeError(f"TopKAccuracy: scores (n, classes) and targets (n,), not {describe(pred)} and {describe(target)}")
        if pred.shape[1] < self.k:
            raise ArgumentError(f"TopKAccuracy: k={self.k} of {pred.shape[1]} classes: ask for fewer")
        rows = np.arange(len(pred))
        own = pred[rows, target.astype(np.int64)]
        above = (pred >= own[:, None]).sum(1) - 1
        share: np.ndarray = above < self.k
        return share


@register("confusion_matrix")
class ConfusionMatrix(Metric):
    """How often each class was taken for each: row i, column j counts samples of class i that were predicted as class j.

    Args:
        num_classes: its size; by default it grows with the classes that come. normalize: "true" divides each row by its sum,
            "pred" each column, "all" everything; None counts. threshold, name: as for ``Accuracy``.

    Raises:
        ArgumentError: a class outside, or another ``normalize``.

    Example:
        >>> import autograd
        >>> from nn.metrics import ConfusionMatrix
        >>> ConfusionMatrix()(autograd.tensor([0, 1, 1]), autograd.tensor([0, 1, 0])).tolist()
        [[1.0, 1.0], [0.0, 1.0]]
    """

    name = "confusion_matrix"

    def __init__(
        self, num_classes: int | None = None, normalize: str | None = None, threshold: float = 0.5, name: str | None = None
    ) -> None:
        if normalize not in (None, "true", "pred", "all"):
            raise ArgumentError(f'ConfusionMatrix: normalize must be "true", "pred", "all" or None, not {normalize!r}')
        self.num_classes = num_classes
        self.normalize = normalize
        self.threshold = threshold
        super().__init__(name)

    def reset(self) -> None:
        self.counts = np.zeros((self.num_classes or 0,) * 2)

    def update(self, pred: ArrayLike, target: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        p, t, w = arrays(self, pred, target, sample_weight)
        if w is not None:
            w = np.repeat(w, t.size // max(len(t), 1)) if t.size != len(t) and t.shape != p.shape else w
        p, t = classes_of(self, p, t, self.threshold)
        if not len(p):
            return
        low, high = min(p.min(), t.min()), max(p.max(), t.max())
        if low < 0 or (self.num_classes is not None and high >= self.num_classes):
            raise ArgumentError(f"{type(self).__name__}: class {low if low < 0 else high} is outside of 0 to {self.num_classes}")
        size = max(len(self.counts), int(high) + 1)
        if size > len(self.counts):
            grown = np.zeros((size, size))
            grown[: len(self.counts), : len(self.counts)] = self.counts
            self.counts = grown
        self.counts = self.counts + np.bincount(t * size + p, w, size * size).reshape(size, size)

    def compute(self) -> float | Tensor:
        c = self.counts
        if self.normalize is None:
            return make(c.copy())
        by = {"true": c.sum(1, keepdims=True), "pred": c.sum(0, keepdims=True), "all": c.sum()}[self.normalize]
        return make(np.divide(c, by, out=np.zeros_like(c), where=np.broadcast_to(by > 0, c.shape)))


class _FromCounts(ConfusionMatrix):
    """A score per class, from right and wrong ones, and its mean.

    Args:
        average: "macro": the mean over the classes that occur, in targets or predictions; "weighted": weighted by how often a
            class occurs in the targets; "micro": over all samples at once; "none": each class's own; None: "macro", but for two
            classes that of class 1.
        num_classes, threshold, name: as for ``ConfusionMatrix``.
    """

    def __init__(
        self, average: str | None = None, num_classes: int | None = None, threshold: float = 0.5, name: str | None = None
    ) -> None:
        if average is not None and average not in AVERAGES:
            raise ArgumentError(f"{type(self).__name__}: average must be one of {', '.join(AVERAGES)}, or None, not {average!r}")
        self.average = average
        super().__init__(num_classes, None, threshold, name)

    @staticmethod
    def score(hits: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Numerator and denominator of the score."""
        raise NotImplementedError

    def compute(self) -> float | Tensor:
        c = self.counts
        hits, predicted, actual = np.diag(c), c.sum(0), c.sum(1)
        if self.average == "micro":
            hits, predicted, actual = hits.sum()[None], predicted.sum()[None], actual.sum()[None]
        above, below = self.score(hits, predicted, actual)
        scores = np.divide(above, below, out=np.zeros(len(below)), where=below > 0)
        if self.average == "none":
            return make(scores)
        if not actual.sum():
            return float("nan")
        if self.average == "micro":
            return float(scores[0])
        if self.average == "weighted":
            return float(scores @ actual / actual.sum())
        if self.average is None and len(c) <= 2:
            return float(scores[1]) if len(c) == 2 else 0.0
        return float(scores[(predicted + actual) > 0].mean())


@register("precision")
class Precision(_FromCounts):
    """Of the samples predicted as a class, the share that is of it: hits / predicted. 0 for a class never predicted.

    Args:
        average: "macro": the mean over the classes that occur, in targets or predictions; "weighted": weighted by how often a
            class occurs in the targets; "micro": over all samples at once; "none": each class's own; None: "macro", but for two
            classes that of class 1.
        num_classes, threshold, name: as for ``ConfusionMatrix``.

    Example:
        >>> import autograd
        >>> from nn.metrics import Precision
        >>> Precision()(autograd.tensor([1, 1, 0]), autograd.tensor([1, 0, 1]))
        0.5
    """

    name = "precision"

    @staticmethod
    def score(hits: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """hits / predicted."""
        return hits, predicted


@register("recall")
class Recall(_FromCounts):
    """Of the samples of a class, the share that was found: hits / actual. 0 for a class that does not occur.

    Args:
        average: "macro": the mean over the classes that occur, in targets or predictions; "weighted": weighted by how often a
            class occurs in the targets; "micro": over all samples at once; "none": each class's own; None: "macro", but for two
            classes that of class 1.
        num_classes, threshold, name: as for ``ConfusionMatrix``.

    Example:
        >>> import autograd
        >>> from nn.metrics import Recall
        >>> Recall()(autograd.tensor([1, 0, 0, 0]), autograd.tensor([1, 1, 1, 1]))
        0.25
    """

    name = "recall"

    @staticmethod
    def score(hits: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """hits / actual."""
        return hits, actual


@register("f1", "f1_score")
class F1Score(_FromCounts):
    """The harmonic mean of precision and recall: 2 hits / (predicted + actual).

    Args:
        average: "macro": the mean over the classes that occur, in targets or predictions; "weighted": weighted by how often a
            class occurs in the targets; "micro": over all samples at once; "none": each class's own; None: "macro", but for two
            classes that of class 1.
        num_classes, threshold, name: as for ``ConfusionMatrix``.

    Example:
        >>> import autograd
        >>> from nn.metrics import F1Score
        >>> F1Score()(autograd.tensor([1, 1, 0]), autograd.tensor([1, 0, 0]))
        0.6666666666666666
    """

    name = "f1"

    @staticmethod
    def score(hits: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """2 hits / (predicted + actual)."""
        return 2 * hits, predicted + actual


__all__ = ["AVERAGES", "Accuracy", "ConfusionMatrix", "F1Score", "Precision", "Recall", "TopKAccuracy", "classes_of"]
