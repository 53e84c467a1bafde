"""Metrics of numbers against numbers: squared and absolute errors, the coefficient of determination."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError, describe
from autograd.types import ArrayLike

from .metric import Mean, Metric, arrays, register


def _alike(metric: Metric, p: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as (n, numbers of a sample); a last dimension of 1 may be left out of either."""
    if p.shape != t.shape:
        if p.ndim == t.ndim + 1 and p.shape[-1] == 1:
            p = p[..., 0]
        elif t.ndim == p.ndim + 1 and t.shape[-1] == 1:
            t = t[..., 0]
    if p.shape != t.shape:
        raise ShapeError(f"{type(metric).__name__}: predictions {describe(p)} and targets {describe(t)} must be of one shape")
    return p.reshape(len(p), -1).astype(np.float64), t.reshape(len(t), -1).astype(np.float64)


@register("mse", "mean_squared_error")
class MSE(Mean):
    """Mean squared error, mean((pred - target)^2).

    Args:
        name: under which it is logged.

    Example:
        >>> import autograd
        >>> from nn.metrics import MSE
        >>> MSE()(autograd.tensor([1.0, 4.0]), autograd.tensor([1.0, 2.0]))
        2.0
    """

    name = "mse"

    def values(self, pred: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The mean over a sample's numbers."""
        p, t = _alike(self, pred, target)
        errors: np.ndarray = np.mean((p - t) ** 2, axis=1)
        return errors


@register("mae", "mean_absolute_error")
class MAE(Mean):
    """Mean absolute error, mean(|pred - target|).

    Args:
        name: under which it is logged.

    Example:
        >>> import autograd
        >>> from nn.metrics import MAE
        >>> MAE()(autograd.tensor([1.0, 4.0]), autograd.tensor([1.0, 2.0]))
        1.0
    """

    name = "mae"

    def values(self, pred: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The mean over a sample's numbers."""
        p, t = _alike(self, pred, target)
        errors: np.ndarray = np.mean(np.abs(p - t), axis=1)
        return errors


@register("r2", "r2_score")
class R2Score(Metric):
    """Coefficient of determination, 1 - sum((target - pred)^2) / sum((target - mean(target))^2), averaged over the outputs.

    A target that is constant has no variance to explain: the score is then 1 for predictions without an error, else 0.
    Sums are kept about the first target, so that a large mean costs no digits.

    Args:
        name: under which it is logged.

    Example:
        >>> import autograd
        >>> from nn.metrics import R2Score
        >>> R2Score()(autograd.tensor([1.0, 2.0, 3.5]), autograd.tensor([1.0, 2.0, 3.0]))
        0.875
    """

    name = "r2"

    def reset(self) -> None:
        self.shift: Any = None
        self.errors: Any = 0.0
        self.sums: Any = 0.0
        self.squares: Any = 0.0
        self.weight = 0.0

    def update(self, pred: ArrayLike, target: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        p, t, w = arrays(self, pred, target, sample_weight)
        if not len(p):
            return
        p, t = _alike(self, p, t)
        w = np.ones(len(p)) if w is None else w
        if self.shift is None:
            self.shift = t[0]
        off = t - self.shift
        self.errors = self.errors + w @ (p - t) ** 2
        self.sums = self.sums + w @ off
        self.squares = self.squares + w @ off**2
        self.weight += float(w.sum())

    def compute(self) -> float:
        if not self.weight:
            return float("nan")
        variance = self.squares - self.sums**2 / self.weight
        errors = np.asarray(self.errors)
        flat = variance <= 1e-14 * self.squares
        score = np.where(flat, np.where(errors == 0, 1.0, 0.0), 1 - errors / np.where(flat, 1, variance))
        return float(np.mean(score))


__all__ = ["MAE", "MSE", "R2Score"]
