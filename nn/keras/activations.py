"""Activation functions by Keras's names."""

from __future__ import annotations

from typing import Any

import autograd

from .. import functional as F
from .lookup import resolved


def linear(x: Any) -> Any:
    """x itself."""
    return x


def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """x where x > threshold, negative_slope (x - threshold) below, at most max_value.

    Args:
        x: a tensor. negative_slope: the slope below the threshold. max_value: what is larger becomes this. threshold: see above.
    """
    if not threshold:
        y = F.leaky_relu(x, negative_slope) if negative_slope else F.relu(x)
    else:
        y = autograd.where(x > threshold, x, negative_slope * (x - threshold))
    return y if max_value is None else y.clamp(max=max_value)


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) / sum(exp(x)) along an axis."""
    return F.softmax(x, axis)


def log_softmax(x: Any, axis: int = -1) -> Any:
    """The logarithm of ``softmax``."""
    return F.log_softmax(x, axis)


def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x))."""
    return autograd.sigmoid(x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return autograd.tanh(x)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, alpha (exp(x) - 1) elsewhere."""
    return F.elu(x, alpha)


def selu(x: Any) -> Any:
    """The scaled exponential unit."""
    return F.selu(x)


def gelu(x: Any, approximate: bool = False) -> Any:
    """x Phi(x), or its approximation by tanh."""
    return F.gelu(x, approximate="tanh" if approximate else "none")


def silu(x: Any) -> Any:
    """x sigmoid(x)."""
    return F.silu(x)


def softplus(x: Any) -> Any:
    """log(1 + exp(x))."""
    return F.softplus(x)


def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return F.softsign(x)


def mish(x: Any) -> Any:
    """x tanh(softplus(x))."""
    return F.mish(x)


def exponential(x: Any) -> Any:
    """exp(x)."""
    return autograd.exp(x)


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x where x > 0, negative_slope x elsewhere."""
    return F.leaky_relu(x, negative_slope)


def relu6(x: Any) -> Any:
    """relu, at most 6."""
    return F.relu6(x)


def hard_sigmoid(x: Any) -> Any:
    """x / 6 + 1 / 2, between 0 and 1."""
    return F.hardsigmoid(x)


def hard_silu(x: Any) -> Any:
    """x hard_sigmoid(x)."""
    return F.hardswish(x)


KNOWN: dict[str, Any] = {
    f.__name__: f
    for f in (
        linear, relu, softmax, log_softmax, sigmoid, tanh, elu, selu, gelu, silu, softplus, softsign, mish, exponential, leaky_relu,
        relu6, hard_sigmoid, hard_silu,
    )
} | {"swish": silu, "hard_swish": hard_silu}  # fmt: skip


def get(activation: Any) -> Any:
    """An activation by its name; None is ``linear``.

    Raises:
        ArgumentError: no activation has this name.

    Example:
        >>> from nn import keras
        >>> keras.activations.get("tanh").__name__
        'tanh'
    """
    return linear if activation is None else resolved("activation", activation, KNOWN, make=False)


def name_of(activation: Any) -> str:
    """The name under which a configuration keeps an activation."""
    return next((name for name, f in KNOWN.items() if f is activation), getattr(activation, "__name__", "linear"))
