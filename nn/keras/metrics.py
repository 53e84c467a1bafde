"""Metrics by Keras's names, gathered batch by batch."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.engine.graph import array_of
from autograd.errors import ArgumentError
from autograd.types import ArrayLike, DType, Tensor, Tree

from .. import metrics as own
from . import losses
from .lookup import Named, resolved, snake, table


class Metric:
    """Base of metrics: ``update_state`` adds a batch, ``result`` says the value, ``reset_state`` forgets.

    Args:
        name: under which it is logged.
    """

    def __init__(self, name: str | None = None, dtype: DType | None = None) -> None:
        self.name = name or snake(type(self).__name__)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget all batches."""
        raise NotImplementedError(f"{type(self).__name__} does not define reset_state()")

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add a batch."""
        raise NotImplementedError(f"{type(self).__name__} does not define update_state()")

    def result(self) -> float:
        """The value over all batches."""
        raise NotImplementedError(f"{type(self).__name__} does not define result()")

    def __call__(self, *args: Any, **kwargs: Any) -> float:
        """Add a batch, and say the value so far."""
        self.update_state(*args, **kwargs)
        return self.result()


class Mean(Metric):
    """The weighted mean of what it is given.

    Example:
        >>> from nn import keras
        >>> mean = keras.metrics.Mean()
        >>> mean.update_state([1.0, 3.0])
        >>> mean.result()
        2.0
    """

    def reset_state(self) -> None:
        self.total = self.count = 0.0

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None, *_: Any) -> None:  # type: ignore[override]
        """Add values; weights broadcast to them."""
        v = np.asarray(array_of(values), np.float64)
        if sample_weight is None:
            self.total += float(v.sum())
            self.count += v.size
            return
        w = np.asarray(array_of(sample_weight), np.float64)
        w = np.broadcast_to(w.reshape(*w.shape, *[1] * (v.ndim - w.ndim)) if w.ndim <= v.ndim else w.reshape(v.shape), v.shape)
        self.total += float((v * w).sum())
        self.count += float(w.sum())

    def result(self) -> float:
        return self.total / self.count if self.count else 0.0


class MeanMetricWrapper(Mean):
    """A function of (y_true, y_pred) as a metric: the mean of its values.

    Args:
        fn: gives a number a sample. name: under which it is logged; the function's by default.
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: DType | None = None, **options: Any) -> None:
        super().__init__(name or getattr(fn, "__name__", "metric"))
        self._fn, self._options = fn, options

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:  # type: ignore[override]
        """Add a batch."""
        super().update_state(self._fn(y_true, y_pred, **self._options), sample_weight)


def binary_accuracy(y_true: ArrayLike, y_pred: ArrayLike, threshold: float = 0.5) -> np.ndarray:
    """The share of outputs on the right side of the threshold."""
    t, p = losses.matched(y_true, y_pred)
    return (array_of(t) == (array_of(p) > threshold)).mean(-1)


def categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """1 where the largest output is the one-hot target's class."""
    return array_of(y_true).argmax(-1) == array_of(y_pred).argmax(-1)


def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """1 where the largest output is the target's class."""
    t, p = array_of(y_true), array_of(y_pred)
    return (t[..., 0] if t.ndim == p.ndim and t.shape[-1] == 1 else t) == p.argmax(-1)


def _top(own_score: np.ndarray, p: np.ndarray, k: int) -> np.ndarray:
    result: np.ndarray = (p > own_score[..., None]).sum(-1) < k
    return result


def top_k_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike, k: int = 5) -> np.ndarray:
    """1 where fewer than k outputs are larger than that of the one-hot target's class."""
    t, p = array_of(y_true).argmax(-1), array_of(y_pred)
    return _top(np.take_along_axis(p, t[..., None], -1)[..., 0], p, k)


def sparse_top_k_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike, k: int = 5) -> np.ndarray:
    """1 where fewer than k outputs are larger than that of the target's class."""
    t, p = array_of(y_true).astype(np.int64), array_of(y_pred)
    t = t[..., 0] if t.ndim == p.ndim else t
    return _top(np.take_along_axis(p, t[..., None], -1)[..., 0], p, k)


def _mean(name: str, function: Callable[..., Any], **options: Any) -> Callable[..., MeanMetricWrapper]:
    def __init__(self: Any, *args: Any, name: str | None = None, dtype: DType | None = None, **given: Any) -> None:  # noqa: N807  (of the class that is made)
        given.update(dict(zip(options, args, strict=False)))
        MeanMetricWrapper.__init__(self, function, name or snake(type(self).__name__), **{**options, **given})

    doc = f"The mean of ``{function.__name__}``; options: {', '.join(options) or 'none'}."
    return type(name, (MeanMetricWrapper,), {"__init__": __init__, "__doc__": doc, "__module__": __name__})


BinaryAccuracy = _mean("BinaryAccuracy", binary_accuracy, threshold=0.5)
CategoricalAccuracy = _mean("CategoricalAccuracy", categorical_accuracy)
SparseCategoricalAccuracy = _mean("SparseCategoricalAccuracy", sparse_categorical_accuracy)
TopKCategoricalAccuracy = _mean("TopKCategoricalAccuracy", top_k_categorical_accuracy, k=5)
SparseTopKCategoricalAccuracy = _mean("SparseTopKCategoricalAccuracy", sparse_top_k_categorical_accuracy, k=5)
MeanSquaredError = _mean("MeanSquaredError", losses.mean_squared_error)
MeanAbsoluteError = _mean("MeanAbsoluteError", losses.mean_absolute_error)
MeanAbsolutePercentageError = _mean("MeanAbsolutePercentageError", losses.mean_absolute_percentage_error)
MeanSquaredLogarithmicError = _mean("MeanSquaredLogarithmicError", losses.mean_squared_logarithmic_error)
BinaryCrossentropy = _mean("BinaryCrossentropy", losses.binary_crossentropy, from_logits=False, label_smoothing=0.0)
CategoricalCrossentropy = _mean("CategoricalCrossentropy", losses.categorical_crossentropy, from_logits=False, label_smoothing=0.0)
SparseCategoricalCrossentropy = _mean("SparseCategoricalCrossentropy", losses.sparse_categorical_crossentropy, from_logits=False)
KLDivergence = _mean("KLDivergence", losses.kl_divergence)
Poisson = _mean("Poisson", losses.poisson)
LogCoshError = _mean("LogCoshError", losses.log_cosh)
Hinge = _mean("Hinge", losses.hinge)
SquaredHinge = _mean("SquaredHinge", losses.squared_hinge)
CategoricalHinge = _mean("CategoricalHinge", losses.categorical_hinge)


def _similarity(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Tensor:
    """The cosine of the angle between targets and outputs."""
    return -losses.cosine_similarity(y_true, y_pred, axis)


CosineSimilarity = _mean("CosineSimilarity", _similarity, axis=-1)


def _equal(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """Whether outputs equal targets."""
    t, p = losses.matched(y_true, y_pred)
    return array_of(t) == array_of(p)


def _squares(y_true: ArrayLike, y_pred: ArrayLike) -> np.ndarray:
    """The squared errors."""
    t, p = losses.matched(y_true, y_pred)
    return (array_of(p) - array_of(t)) ** 2


class Accuracy(MeanMetricWrapper):
    """How often outputs equal targets.

    Args:
        name: under which it is logged.
    """

    def __init__(self, name: str | None = None, dtype: DType | None = None) -> None:
        super().__init__(_equal, name or "accuracy")


class RootMeanSquaredError(MeanMetricWrapper):
    """The root of the mean of squared errors.

    Args:
        name: under which it is logged.
    """

    def __init__(self, name: str | None = None, dtype: DType | None = None) -> None:
        super().__init__(_squares, name or "root_mean_squared_error")

    def result(self) -> float:
        return math.sqrt(super().result())


class _Ours(Metric):
    """A metric of ``nn.metrics`` under Keras's methods."""

    def _made(self) -> own.Metric:
        raise NotImplementedError

    def reset_state(self) -> None:
        self._metric = self._made()

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        t, p = array_of(losses.tensor(y_true)), array_of(losses.tensor(y_pred))
        if t.ndim == 2 and t.shape[1] == 1:
            t = t[:, 0]
        self._metric.update(p[:, 0] if p.ndim == 2 and p.shape[1] == 1 else p, t, sample_weight)

    def result(self) -> float:
        found = self._metric.compute()
        return 0.0 if found != found else float(found)


class Precision(_Ours):
    """Of the outputs above the threshold, the share of right ones.

    Args:
        thresholds: from which probability on an output counts. name: under which it is logged.
    """

    def __init__(self, thresholds: float | None = None, name: str | None = None, dtype: DType | None = None) -> None:
        self.threshold = 0.5 if thresholds is None else float(thresholds)
        super().__init__(name)

    def _made(self) -> own.Metric:
        return own.Precision(threshold=self.threshold, num_classes=2)


class Recall(Precision):
    """Of the targets of class 1, the share whose output is above the threshold.

    Args:
        thresholds: from which probability on an output counts. name: under which it is logged.
    """

    def _made(self) -> own.Metric:
        return own.Recall(threshold=self.threshold, num_classes=2)


class AUC(_Ours):
    """The area under the ROC or the precision-recall curve, exact: over all outputs, not 200 thresholds as in Keras.

    Args:
        curve: "ROC" or "PR". name: under which it is logged. num_thresholds: accepted; there are as many as there are outputs.
    """

    def __init__(self, num_thresholds: int = 200, curve: str = "ROC", name: str | None = None, dtype: DType | None = None) -> None:
        if curve not in ("ROC", "PR"):
            raise ArgumentError(f'curve must be "ROC" or "PR", not {curve!r}')
        self.curve = curve
        super().__init__(name)

    def _made(self) -> own.Metric:
        return own.ROCAUC() if self.curve == "ROC" else own.PRAUC()


class R2Score(_Ours):
    """1 - squared errors / squared deviations from the mean.

    Args:
        name: under which it is logged.
    """

    def _made(self) -> own.Metric:
        return own.R2Score()


SHORT = {
    "mse": losses.mean_squared_error, "mae": losses.mean_absolute_error, "mape": losses.mean_absolute_percentage_error,
    "msle": losses.mean_squared_logarithmic_error, "kld": losses.kl_divergence,
}  # fmt: skip
FUNCTIONS: dict[str, Any] = {
    **losses.FUNCTIONS,
    **{
        f.__name__: f
        for f in (
            binary_accuracy, categorical_accuracy, sparse_categorical_accuracy, top_k_categorical_accuracy,
            sparse_top_k_categorical_accuracy,
        )
    },
}  # fmt: skip
CLASSES: dict[str, Any] = table(
    Mean, Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy, TopKCategoricalAccuracy,
    SparseTopKCategoricalAccuracy, MeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredLogarithmicError,
    RootMeanSquaredError, BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy, KLDivergence, Poisson,
    CosineSimilarity, LogCoshError, Hinge, SquaredHinge, CategoricalHinge, Precision, Recall, AUC, R2Score,
) | {"auc": AUC, "AUC": AUC}  # fmt: skip


def get(metric: Named, output: Tree | None = None, loss: losses.Loss | None = None) -> Metric:
    """A metric of a name, a class, an object or a function (y_true, y_pred).

    Args:
        metric: see above; a string keeps its spelling as the metric's name, a function or object its own name.
        output: a model's output (a shape), and loss: its loss, by which "accuracy" is chosen.

    Raises:
        ArgumentError: no metric has this name.
    """
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, str):
        if metric.lower() in ("accuracy", "acc"):
            return _Chosen("accuracy", metric, loss)
        if metric.lower() in ("crossentropy", "ce"):
            return _Chosen("crossentropy", metric, loss)
        known = {**FUNCTIONS, **SHORT, **CLASSES}
        if metric in SHORT or metric in FUNCTIONS:
            return MeanMetricWrapper(known[metric], metric)
        found = resolved("metric", metric, known)
        if not isinstance(found, Metric):
            return MeanMetricWrapper(found, metric)
        found.name = metric
        return found
    if isinstance(metric, type) and issubclass(metric, Metric):
        return metric()
    if not callable(metric):
        raise TypeError(f"a metric is a name, a Metric or a function of (y_true, y_pred), not {type(metric).__name__}")
    return MeanMetricWrapper(metric, snake(getattr(metric, "__name__", "metric")))


class _Chosen(Metric):
    """ "accuracy" and "crossentropy": which one is meant, the first batch's shapes say.

    One output: binary, at 0.5, whatever the loss. (n, k) floating targets: categorical. Integer targets: sparse.
    """

    def __init__(self, kind: str, name: str, loss: losses.Loss | None) -> None:
        self.kind, self.loss = kind, loss
        super().__init__(name)

    def reset_state(self) -> None:
        self._metric: Metric | None = None

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        if self._metric is None:
            self._metric = self._choice(array_of(losses.tensor(y_true)), array_of(losses.tensor(y_pred)))
        self._metric.update_state(y_true, y_pred, sample_weight)

    def _choice(self, t: np.ndarray, p: np.ndarray) -> Metric:
        sparse = t.ndim < p.ndim or (t.ndim == p.ndim and t.shape[-1] == 1 and p.shape[-1] > 1)
        binary = p.ndim == 1 or p.shape[-1] == 1
        entropy = getattr(self.loss, "options", {}).get("from_logits", False)
        if self.kind == "accuracy" and binary and (t < 0).any():
            warnings.warn(
                "'accuracy' compares outputs above 0.5 with the targets: targets of -1, a hinge loss's, never count as right",
                stacklevel=2,
            )
        if self.kind == "accuracy":
            return BinaryAccuracy() if binary else SparseCategoricalAccuracy() if sparse else CategoricalAccuracy()
        if binary:
            return BinaryCrossentropy(from_logits=entropy)
        return SparseCategoricalCrossentropy(from_logits=entropy) if sparse else CategoricalCrossentropy(from_logits=entropy)

    def result(self) -> float:
        return 0.0 if self._metric is None else float(self._metric.result())
