"""Activation functions by Keras's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd
from autograd.types import Tensor

from .. import functional as F
from .lookup import Named, resolved


def linear(x: Tensor) -> Tensor:
    """x itself."""
    return x


def relu(x: Tensor, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Tensor:
    """x where x > threshold, negative_slope (x - threshold) below, at most max_value.

    Args:
        x: a tensor. negative_slope: the slope below the threshold. max_value: what is larger becomes this. threshold: see above.
    """
    if not threshold:
        y = F.leaky_relu(x, negative_slope) if negative_slope else F.relu(x)
    else:
        y = autograd.where(x > threshold, x, negative_slope * (x - threshold))
    return y if max_value is None else y.clamp(max=max_value)


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along an axis."""
    return F.softmax(x, axis)


def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """The logarithm of ``softmax``."""
    return F.log_softmax(x, axis)


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    return autograd.sigmoid(x)


def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return autograd.tanh(x)


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x where x > 0, alpha (exp(x) - 1) elsewhere."""
    return F.elu(x, alpha)


def selu(x: Tensor) -> Tensor:
    """The scaled exponential unit."""
    return F.selu(x)


def gelu(x: Tensor, approximate: bool = False) -> Tensor:
    """x Phi(x), or its approximation by tanh."""
    return F.gelu(x, approximate="tanh" if approximate else "none")


def silu(x: Tensor) -> Tensor:
    """x sigmoid(x)."""
    return F.silu(x)


def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x))."""
    return F.softplus(x)


def softsign(x: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    return F.softsign(x)


def mish(x: Tensor) -> Tensor:
    """x tanh(softplus(x))."""
    return F.mish(x)


def exponential(x: Tensor) -> Tensor:
    """exp(x)."""
    return autograd.exp(x)


def leaky_relu(x: Tensor, negative_slope: float = 0.2) -> Tensor:
    """x where x > 0, negative_slope x elsewhere."""
    return F.leaky_relu(x, negative_slope)


def relu6(x: Tensor) -> Tensor:
    """relu, at most 6."""
    return F.relu6(x)


def hard_sigmoid(x: Tensor) -> Tensor:
    """x / 6 + 1 / 2, between 0 and 1."""
    return F.hardsigmoid(x)


def hard_silu(x: Tensor) -> Tensor:
    """x hard_sigmoid(x)."""
    return F.hardswish(x)


KNOWN: dict[str, Any] = {
    f.__name__: f
    for f in (
        linear, relu, softmax, log_softmax, sigmoid, tanh, elu, selu, gelu, silu, softplus, softsign, mish, exponential, leaky_relu,
        relu6, hard_sigmoid, hard_silu,
    )
} | {"swish": silu, "hard_swish": hard_silu}  # fmt: skip


def get(activation: Named | None) -> Callable[..., Tensor]:
    """An activation by its name; None is ``linear``.

    Raises:
        ArgumentError: no activation has this name.

    Example:
        >>> from nn import keras
        >>> keras.activations.get("tanh").__name__
        'tanh'
    """
    return linear if activation is None else resolved("activation", activation, KNOWN, make=False)


def name_of(activation: Callable[..., Any]) -> str:
    """The name under which a configuration keeps an activation."""
    return next((name for name, f in KNOWN.items() if f is activation), getattr(activation, "__name__", "linear"))
