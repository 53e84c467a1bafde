"""Metric, the base class of metrics: sums over batches, and a value at the end."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import numpy as np

from autograd.engine.graph import array_of
from autograd.errors import ArgumentError, ShapeError, describe
from autograd.types import ArrayLike, Tensor


class Metric:
    """A number (or array) that describes predictions against targets.

    ``update(pred, target)`` adds a batch, ``compute()`` says the value over all batches since ``reset()``; calling the metric
    computes it for one batch alone. A subclass defines ``reset``, ``update`` and ``compute``.

    Example:
        >>> import autograd
        >>> from nn.metrics import MAE
        >>> metric = MAE()
        >>> metric.update(autograd.tensor([1.0, 2.0, 3.0]), autograd.tensor([1.0, 1.0, 1.0]))
        >>> metric.update(autograd.tensor([5.0]), autograd.tensor([1.0]))
        >>> metric.compute()
        1.75
    """

    name = "metric"

    def __init__(self, name: str | None = None) -> None:
        if name is not None:
            self.name = name
        self.reset()

    def reset(self) -> None:
        """Forget all batches."""
        raise NotImplementedError(f"{type(self).__name__} does not define reset()")

    def update(self, pred: ArrayLike, target: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add a batch.

        Args:
            pred: the model's predictions, (n, ...). target: the true values, (n, ...).
            sample_weight: how much each of the n samples counts; by default 1.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define update()")

    def compute(self) -> float | Tensor:
        """The value over all batches so far; nan before the first."""
        raise NotImplementedError(f"{type(self).__name__} does not define compute()")

    def __call__(self, pred: ArrayLike, target: ArrayLike, sample_weight: ArrayLike | None = None) -> float | Tensor:
        """The value of one batch alone; the batches gathered so far stay."""
        state = dict(vars(self))
        try:
            self.reset()
            self.update(pred, target, sample_weight)
            return self.compute()
        finally:
            vars(self).update(state)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def arrays(
    metric: Metric, pred: ArrayLike, target: ArrayLike, sample_weight: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """A batch as arrays; refused where the numbers of samples differ."""
    p, t = array_of(pred), array_of(target)
    if not p.ndim or not t.ndim or len(p) != len(t):
        raise ShapeError(f"{type(metric).__name__}: {describe(p)} predictions for {describe(t)} targets: one of each per sample")
    if sample_weight is None:
        return p, t, None
    w = array_of(sample_weight).astype(np.float64)
    if w.shape != (len(p),):
        raise ShapeError(f"{type(metric).__name__}: sample_weight {describe(w)} for {len(p)} samples: one number per sample")
    return p, t, w


class Mean(Metric):
    """A metric that is a mean over samples: a subclass says each sample's value."""

    def reset(self) -> None:
        self.total = self.weight = 0.0

    def values(self, pred: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The value of each sample: (n,)."""
        raise NotImplementedError

    def update(self, pred: ArrayLike, target: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        p, t, w = arrays(self, pred, target, sample_weight)
        if not len(p):
            return
        values = self.values(p, t)
        if w is None:
            self.total += float(values.sum(dtype=np.float64))
            self.weight += len(values)
        else:
            self.total += float(values.astype(np.float64) @ w)
            self.weight += float(w.sum())

    def compute(self) -> float | Tensor:
        return self.total / self.weight if self.weight else float("nan")


_BY_NAME: dict[str, Callable[[], Metric]] = {}


def register(*names: str) -> Callable[[type], type]:
    """Let ``named`` know a class under these names (a decorator)."""

    def note(cls: type) -> type:
        for name in names:
            _BY_NAME[name] = cls
        return cls

    return note


def named(metric: str | Metric | type | Callable[..., Any]) -> Metric:
    """A metric by its name ("accuracy", "mae", ...), or a metric itself, or a function of (pred, target) as a metric.

    Raises:
        ArgumentError: no metric has this name.

    Example:
        >>> from nn.metrics import named
        >>> named("accuracy")
        Accuracy()
    """
    if isinstance(metric, Metric):
        return metric
    if isinstance(metric, str):
        key = metric.lower().replace("-", "_")
        if key not in _BY_NAME:
            near = get_close_matches(key, _BY_NAME, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(_BY_NAME))}"
            raise ArgumentError(f"no metric is named {metric!r}; {hint}")
        return _BY_NAME[key]()
    if isinstance(metric, type) and issubclass(metric, Metric):
        return metric()
    if callable(metric):
        return FunctionMetric(metric)
    raise TypeError(f"a metric is a name, a Metric or a function of (pred, target), not {type(metric).__name__}")


class FunctionMetric(Mean):
    """A function of (pred, target) as a metric: the mean of its results, weighted by the sizes of the batches."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        super().__init__(getattr(function, "__name__", "metric"))

    def update(self, pred: ArrayLike, target: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        n = len(array_of(pred))
        if not n:
            return
        values = array_of(self.function(pred, target)).astype(np.float64)
        if values.ndim and len(values) == n:  # one value a sample
            per_sample = values.reshape(n, -1).mean(1)
            w = np.ones(n) if sample_weight is None else array_of(sample_weight)
            self.total += float(per_sample @ w)
            self.weight += float(w.sum())
        else:
            self.total += float(values.mean()) * n
            self.weight += n


__all__ = ["FunctionMetric", "Mean", "Metric", "arrays", "named", "register"]
