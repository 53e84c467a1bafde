"""Losses by name, and losses of each sample, for weights."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from typing import Any

import numpy as np

from autograd.engine.graph import array_of, make
from autograd.errors import ArgumentError, describe
from autograd.types import Tensor, Tree

from .. import functional as F
from ..module import Module

BY_NAME: dict[str, Callable[..., Any]] = {
    "mse": F.mse_loss,
    "mse_loss": F.mse_loss,
    "mae": F.l1_loss,
    "l1": F.l1_loss,
    "l1_loss": F.l1_loss,
    "huber": F.huber_loss,
    "smooth_l1": F.smooth_l1_loss,
    "cross_entropy": F.cross_entropy,
    "nll": F.nll_loss,
    "bce": F.binary_cross_entropy,
    "bce_with_logits": F.binary_cross_entropy_with_logits,
    "kl_div": F.kl_div,
    "hinge": F.hinge_embedding_loss,
}


def named_loss(loss: str | Callable[..., Any]) -> Callable[..., Any]:
    """A loss by its name, or a function of (pred, target), or a loss module.

    Raises:
        ArgumentError: no loss has this name.
    """
    if isinstance(loss, str):
        if loss not in BY_NAME:
            near = get_close_matches(loss, BY_NAME, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(BY_NAME)}"
            raise ArgumentError(f"no loss is named {loss!r}; {hint}")
        return BY_NAME[loss]
    if isinstance(loss, type) and issubclass(loss, Module):
        raise TypeError(f"the loss is the class {loss.__name__}: pass an instance, {loss.__name__}()")
    if not callable(loss):
        raise TypeError(f"a loss is a name, a module or a function of (pred, target), not {type(loss).__name__}")
    return loss


def of_each_sample(loss: Callable[..., Any]) -> Callable[..., Tensor]:
    """The loss without its mean over the batch: (pred, target) to (n,).

    Raises:
        ArgumentError: a function without a ``reduction``.
    """
    if isinstance(loss, Module) and hasattr(loss, "reduction"):
        each: Callable[[Any, Any], Any] = copy.copy(loss)
        each.reduction = "none"  # type: ignore[attr-defined]
    elif "reduction" in inspect.signature(loss).parameters:
        each = partial(loss, reduction="none")
    else:
        raise ArgumentError(
            "weights need the loss of each sample, and this function gives one number for the batch: let it take "
            "reduction='none', as the losses of nn.functional do"
        )

    def call(pred: Any, target: Any) -> Any:
        values = each(pred, target)
        return values.reshape(len(values), -1).mean(1) if values.ndim > 1 else values

    return call


def weighted(each: Callable[..., Tensor], pred: Tree, target: Tree, weight: Tensor) -> Tensor:
    """sum(w_i L_i) / n."""
    return (each(pred, target) * weight).sum() / len(array_of(weight))


def class_weights(target: Tensor, weights: dict[int, float]) -> Tensor:
    """A weight for each sample, by its class; a class that is not named counts 1."""
    classes = array_of(target)
    if classes.ndim == 2:
        classes = classes[:, 0] if classes.shape[1] == 1 else classes.argmax(1)
    if classes.ndim != 1:
        raise ArgumentError(f"class_weight goes with one class per sample, and the targets are {describe(classes)}")
    found = np.ones(len(classes), np.float32)
    for number, weight in weights.items():
        found[classes == number] = weight
    return make(found)


__all__ = ["class_weights", "named_loss", "of_each_sample", "weighted"]
