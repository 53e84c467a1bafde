"""Losses by Keras's names: (y_true, y_pred), a number a sample, then their mean."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
from autograd.engine.graph import AnyTensor, make
from autograd.errors import ArgumentError, ShapeError
from autograd.types import ArrayLike, Tensor

from .. import functional as F
from .lookup import Named, resolved, snake, table

EPSILON = 1e-7


def tensor(value: ArrayLike) -> Tensor:
    """An array, list or number as a tensor; floats that are no tensors as float32."""
    if isinstance(value, AnyTensor):
        return value
    array = np.asarray(value)
    return make(array.astype(np.float32) if array.dtype.kind == "f" else array)


def matched(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Tensor, Tensor]:
    """Targets and outputs as tensors, a last dimension of 1 put in or left out where only one has it; in the outputs' dtype."""
    y_true, y_pred = tensor(y_true), tensor(y_pred)
    if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
        y_true = y_true.unsqueeze(-1)
    elif y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        y_true = y_true.squeeze(-1)
    if y_true.dtype != y_pred.dtype and y_pred.dtype.kind in "fc":
        y_true = y_true.to(y_pred.dtype)
    return y_true, y_pred


def _alike(name: str, y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Tensor, Tensor]:
    y_true, y_pred = matched(y_true, y_pred)
    if tuple(y_true.shape) != tuple(y_pred.shape):
        raise ShapeError(f"{name}: targets {tuple(y_true.shape)} and outputs {tuple(y_pred.shape)} must be of one shape")
    return y_true, y_pred


def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> Tensor:
    """mean((y_true - y_pred)^2) over the last dimension."""
    t, p = _alike("mean_squared_error", y_true, y_pred)
    return ((p - t) ** 2).mean(-1) if p.ndim else (p - t) ** 2


def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> Tensor:
    """mean(|y_true - y_pred|) over the last dimension."""
    t, p = _alike("mean_absolute_error", y_true, y_pred)
    return (p - t).abs().mean(-1)


def mean_absolute_percentage_error(y_true: ArrayLike, y_pred: ArrayLike) -> Tensor:
    """100 mean(|(y_true - y_pred) / max(|y_true|, 1e-7)|) over the last dimension."""
    t, p = _alike("mean_absolute_percentage_error", y_true, y_pred)
    return 100 * ((p - t) / t.abs().clamp(min=EPSILON)).abs().mean(-1)


def mean_squared_logarithmic_error(y_true: ArrayLike, y_pred: ArrayLike) -> Tensor:
    """mean((log(1 + y_true) - log(1 + y_pred))^2) over the last dimension, of numbers above 1e-7."""
    t, p = _alike("mean_squared_logarithmic_error", y_true, y_pred)
    return ((p.clamp(min=EPSILON).log1p() - t.clamp(min=EPSILON).log1p()) ** 2).mean(-1)


def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Tensor:
    """d^2 / 2 where |d| <= delta, delta |d| - delta^2 / 2 elsewhere, averaged over the last dimension."""
    t, p = _alike("huber", y_true, y_pred)
    return F.huber_loss(p, t, reduction="none", delta=delta).mean(-1)


def log_cosh(y_true: ArrayLike, y_pred: ArrayLike) -> Tensor:
    """mean(log(cosh(y_pred - y_true))) over the last dimension."""
    t, p = _alike("log_cosh", y_true, y_pred)
    return (p - t + F.softplus(-2 * (p - t)) - math.log(2)).mean(-1)


def _signs(t: Tensor) -> Tensor:
    """Targets 0 and 1 as -1 and 1."""
    return 2 * t - 1 if ((t.array == 0) | (t.array == 1)).all() else t


def hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Tensor:
    """mean(max(1 - y_true y_pred, 0)) over the last dimension; targets -1 and 1, or 0 and 1."""
    t, p = _alike("hinge", y_true, y_pred)
    return F.relu(1 - _signs(t) * p).mean(-1)


def squared_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Tensor:
    """mean(max(1 - y_true y_pred, 0)^2) over the last dimension; targets -1 and 1, or 0 and 1."""
    t, p = _alike("squared_hinge", y_true, y_pred)
    return (F.relu(1 - _signs(t) * p) ** 2).mean(-1)


def categorical_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Tensor:
    """max(1 + largest wrong output - right output, 0)."""
    t, p = _alike("categorical_hinge", y_true, y_pred)
    return F.relu(((1 - t) * p).amax(-1) - (t * p).sum(-1) + 1)


def kl_divergence(y_true: ArrayLike, y_pred: ArrayLike) -> Tensor:
    """sum(y_true log(y_true / y_pred)) over the last dimension, of numbers between 1e-7 and 1."""
    t, p = _alike("kl_divergence", y_true, y_pred)
    t, p = t.clamp(EPSILON, 1), p.clamp(EPSILON, 1)
    return (t * (t / p).log()).sum(-1)


def poisson(y_true: ArrayLike, y_pred: ArrayLike) -> Tensor:
    """mean(y_pred - y_true log(y_pred + 1e-7)) over the last dimension."""
    t, p = _alike("poisson", y_true, y_pred)
    return (p - t * (p + EPSILON).log()).mean(-1)


def cosine_similarity(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Tensor:
    """-sum(y_true y_pred) of both scaled to length 1: -1 where they point in one direction."""
    t, p = _alike("cosine_similarity", y_true, y_pred)
    return -(F.normalize(t, dim=axis) * F.normalize(p, dim=axis)).sum(axis)


def binary_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """-mean(t log(p) + (1 - t) log(1 - p)) over an axis; p between 1e-7 and 1 - 1e-7, or logits.

    Args:
        y_true, y_pred: targets and outputs of one shape. from_logits: whether outputs are before the sigmoid.
        label_smoothing: targets move that far towards 1/2. axis: which is averaged.
    """
    t, p = _alike("binary_crossentropy", y_true, y_pred)
    if label_smoothing:
        t = t * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        return F.binary_cross_entropy_with_logits(p, t, reduction="none").mean(axis)
    p = p.clamp(EPSILON, 1 - EPSILON)
    return -(t * p.log() + (1 - t) * (1 - p).log()).mean(axis)


def categorical_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """-sum(t log(p)) over an axis; p scaled so that it sums to 1 and kept between 1e-7 and 1 - 1e-7, or logits.

    Args:
        y_true, y_pred: (n, ..., classes), one-hot or probabilities. from_logits: whether outputs are before the softmax.
        label_smoothing: targets move that far towards 1/classes. axis: the classes.
    """
    t, p = tensor(y_true), tensor(y_pred)
    if tuple(t.shape) != tuple(p.shape):
        raise ShapeError(
            f"categorical_crossentropy: targets {tuple(t.shape)} and outputs {tuple(p.shape)} must be of one shape, one-hot: "
            f"classes as integers go with sparse_categorical_crossentropy"
        )
    t = t.to(p.dtype)
    if label_smoothing:
        t = t * (1 - label_smoothing) + label_smoothing / p.shape[axis]
    if from_logits:
        return -(t * F.log_softmax(p, axis)).sum(axis)
    p = (p / p.sum(axis, keepdim=True)).clamp(EPSILON, 1 - EPSILON)
    return -(t * p.log()).sum(axis)


def sparse_categorical_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Tensor:
    """-log(p of the right class); p scaled so that it sums to 1 and kept between 1e-7 and 1 - 1e-7, or logits.

    Args:
        y_true: (n, ...) classes, or (n, ..., 1). y_pred: (n, ..., classes). from_logits: whether outputs are before the softmax.
        ignore_class: a class whose samples have no loss. axis: the classes.
    """
    t, p = tensor(y_true), tensor(y_pred)
    if t.ndim == p.ndim and t.shape[-1] == 1:
        t = t.squeeze(-1)
    if tuple(t.shape) != tuple(p.shape[:-1]):
        raise ShapeError(
            f"sparse_categorical_crossentropy: targets {tuple(t.shape)} are one class for each of {tuple(p.shape[:-1])} outputs"
        )
    index = t.to(np.int64)
    if ignore_class is not None:
        counted = index != ignore_class
        index = autograd.where(counted, index, 0)
    logs = F.log_softmax(p, axis) if from_logits else (p / p.sum(axis, keepdim=True)).clamp(EPSILON, 1 - EPSILON).log()
    loss = -logs.gather(-1, index.unsqueeze(-1)).squeeze(-1)
    return loss if ignore_class is None else loss * counted.to(loss.dtype)


class Loss:
    """A loss function with its options and a reduction.

    Args:
        reduction: "sum_over_batch_size" (the mean), "sum", or "none" for a number a sample. name: under which it is logged.

    Raises:
        ArgumentError: another reduction.

    Example:
        >>> from nn import keras
        >>> keras.losses.MeanSquaredError()([[0.0, 1.0]], [[1.0, 1.0]]).item()
        0.5
    """

    function: Callable[..., Any]

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None, **options: Any) -> None:
        if reduction not in ("sum_over_batch_size", "mean", "sum", "none", None, "auto"):
            raise ArgumentError(f"reduction must be 'sum_over_batch_size', 'sum' or 'none', not {reduction!r}")
        self.reduction, self.name, self.options = reduction, name or snake(type(self).__name__), options

    def call(self, y_true: ArrayLike, y_pred: ArrayLike) -> Tensor:
        """A number for each sample; a subclass of one's own writes this."""
        return type(self).function(y_true, y_pred, **self.options)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> Tensor:
        """The loss; with weights sum(w l) / n."""
        values = self.call(y_true, y_pred)
        if sample_weight is not None:
            w = tensor(sample_weight).to(values.dtype)
            values = values * (w.reshape(*w.shape, *[1] * (values.ndim - w.ndim)) if w.ndim <= values.ndim else w.squeeze(-1))
        if self.reduction in ("none", None):
            return values
        return values.sum() if self.reduction == "sum" else values.mean()


def _loss(name: str, function: Callable[..., Any], **options: Any) -> type[Loss]:
    """A class for a function, whose options are those given here."""

    def __init__(  # noqa: N807  (of the class that is made)
        self: Any, *args: Any, reduction: str | None = "sum_over_batch_size", name: str | None = None, **given: Any
    ) -> None:
        given.update(dict(zip(options, args, strict=False)))
        unknown = [key for key in given if key not in options and key != "dtype"]
        if unknown:
            raise TypeError(f"{type(self).__name__} takes {', '.join([*options, 'reduction', 'name'])}, not {unknown[0]!r}")
        given.pop("dtype", None)
        Loss.__init__(self, reduction, name, **{**options, **given})

    doc = f"``{function.__name__}`` as an object, with its options ({', '.join(options) or 'none'}), ``reduction`` and ``name``."
    members = {"__init__": __init__, "__doc__": doc, "__module__": __name__, "function": staticmethod(function)}
    return type(name, (Loss,), members)


MeanSquaredError = _loss("MeanSquaredError", mean_squared_error)
MeanAbsoluteError = _loss("MeanAbsoluteError", mean_absolute_error)
MeanAbsolutePercentageError = _loss("MeanAbsolutePercentageError", mean_absolute_percentage_error)
MeanSquaredLogarithmicError = _loss("MeanSquaredLogarithmicError", mean_squared_logarithmic_error)
Huber = _loss("Huber", huber, delta=1.0)
LogCosh = _loss("LogCosh", log_cosh)
Hinge = _loss("Hinge", hinge)
SquaredHinge = _loss("SquaredHinge", squared_hinge)
CategoricalHinge = _loss("CategoricalHinge", categorical_hinge)
KLDivergence = _loss("KLDivergence", kl_divergence)
Poisson = _loss("Poisson", poisson)
CosineSimilarity = _loss("CosineSimilarity", cosine_similarity, axis=-1)
BinaryCrossentropy = _loss("BinaryCrossentropy", binary_crossentropy, from_logits=False, label_smoothing=0.0, axis=-1)
CategoricalCrossentropy = _loss(
    "CategoricalCrossentropy", categorical_crossentropy, from_logits=False, label_smoothing=0.0, axis=-1
)
SparseCategoricalCrossentropy = _loss(
    "SparseCategoricalCrossentropy", sparse_categorical_crossentropy, from_logits=False, ignore_class=None, axis=-1
)

FUNCTIONS: dict[str, Any] = {
    f.__name__: f
    for f in (
        mean_squared_error, mean_absolute_error, mean_absolute_percentage_error, mean_squared_logarithmic_error, huber, log_cosh,
        hinge, squared_hinge, categorical_hinge, kl_divergence, poisson, cosine_similarity, binary_crossentropy,
        categorical_crossentropy, sparse_categorical_crossentropy,
    )
}  # fmt: skip
SHORT = {
    "mse": mean_squared_error, "mae": mean_absolute_error, "mape": mean_absolute_percentage_error, "bce": binary_crossentropy,
    "msle": mean_squared_logarithmic_error, "kld": kl_divergence, "logcosh": log_cosh,
}  # fmt: skip
CLASSES: dict[str, Any] = table(
    MeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredLogarithmicError, Huber, LogCosh, Hinge,
    SquaredHinge, CategoricalHinge, KLDivergence, Poisson, CosineSimilarity, BinaryCrossentropy, CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)  # fmt: skip


def get(loss: Named | None) -> Loss | None:
    """A ``Loss`` of a name, a class, an object or a function (y_true, y_pred).

    Raises:
        ArgumentError: no loss has this name.
    """
    known = {**CLASSES, **{key: CLASSES[f.__name__] for key, f in {**SHORT, **FUNCTIONS}.items() if f.__name__ in CLASSES}}
    found = resolved("loss", loss, known)
    if isinstance(found, Loss) or found is None:
        return found
    if not callable(found):
        raise TypeError(f"a loss is a name, a Loss or a function of (y_true, y_pred), not {type(found).__name__}")
    return _Function(found)


class _Function(Loss):
    """A function of one's own as a loss."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(name=getattr(function, "__name__", "loss"))
        self._own = function

    def call(self, y_true: ArrayLike, y_pred: ArrayLike) -> Any:
        return self._own(y_true, y_pred)
