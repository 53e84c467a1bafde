"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .flat import Elementwise, State
from .optimizer import demand_number


class RMSprop(Elementwise):
    """RMSprop: the gradient over the root of its running mean square (Hinton 2012, lecture 6e; centered: Graves 2013).

    Formula: ``v = alpha v + (1 - alpha) g^2``, ``w -= lr * g / (sqrt(v) + eps)``; centered takes ``v - a^2`` for v with the running
    mean ``a = alpha a + (1 - alpha) g``; momentum: ``b = momentum b + g / (sqrt(v) + eps)``, ``w -= lr * b``.

    Args:
        params: tensors or groups. lr: learning rate, at least 0; a number or a tensor of one. alpha: of the means, at least 0.
        eps: keeps the quotient finite, at least 0. weight_decay: L2 penalty, at least 0. momentum: at least 0.
        centered: divide by the standard deviation. maximize: climb. l1: L1 penalty, at least 0.
        foreach: accepted and without effect, there is one implementation. capturable, differentiable: only False.

    Raises:
        ValueError: an option out of its range.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.RMSprop([w], lr=0.1, alpha=0.75)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.8000, 1.8000], dtype=float32)
    """

    slots = ("square_avg", "momentum_buffer", "grad_avg")
    fading = ("momentum_buffer", "grad_avg")

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False, *, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered, "weight_decay": weight_decay,
            "capturable": capturable, "foreach": foreach, "maximize": maximize, "differentiable": differentiable, "l1": l1,
        })  # fmt: skip

    def slots_of(self, group: dict[str, Any]) -> tuple[str, ...]:
        wanted = (True, group["momentum"] > 0, group["centered"])
        return tuple(name for name, kept in zip(self.slots, wanted, strict=True) if kept)

    def check(self, group: dict[str, Any]) -> None:
        demand_number(group, "alpha")
        demand_number(group, "eps", "epsilon value")
        demand_number(group, "momentum")

    def update(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        alpha, v = group["alpha"], s["square_avg"]
        v *= alpha
        v += (1 - alpha) * (g * g)
        if group["centered"]:
            a = s["grad_avg"]
            a += (1 - alpha) * (g - a)
            size = np.sqrt(np.maximum(v - a * a, 0))  # rounding may leave a little less than nothing
        else:
            size = np.sqrt(v)
        size += group["eps"]
        change = g / size
        if group["momentum"] > 0:
            b = s["momentum_buffer"]
            b *= group["momentum"]
            b += change
            return group["lr"] * b
        change *= group["lr"]
        return change
