"""Gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .flat import Elementwise, State
from .optimizer import demand_number


class SGD(Elementwise):
    """Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013).

    Formula: ``b = momentum * b + (1 - dampening) * g`` (``b = g`` at the first step), ``w -= lr * b``; without momentum
    ``w -= lr * g``; with nesterov ``w -= lr * (g + momentum * b)``. ``g`` includes ``weight_decay * w`` and ``l1 * sign(w)``.

    Args:
        params: tensors or groups. lr: learning rate, at least 0; a number or a tensor of one. momentum: at least 0.
        dampening: of the momentum. weight_decay: L2 penalty, at least 0. nesterov: needs momentum and no dampening.
        maximize: climb. l1: L1 penalty, at least 0. foreach, fused: accepted and without effect, there is one implementation.
        differentiable: only False.

    Raises:
        ValueError: an option out of its range.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.SGD([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.8000, 1.6000], dtype=float32)
    """

    slots = fading = ("momentum_buffer",)
    counts = False

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-3, momentum: float = 0, dampening: float = 0, weight_decay: float = 0,
        nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None, differentiable: bool = False,
        fused: bool | None = None, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused, "l1": l1,
        })  # fmt: skip

    def slots_of(self, group: dict[str, Any]) -> tuple[str, ...]:
        return self.slots if group["momentum"] else ()

    def check(self, group: dict[str, Any]) -> None:
        demand_number(group, "momentum")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def update(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        momentum = group["momentum"]
        if not momentum:
            return group["lr"] * g
        b = s["momentum_buffer"]
        if step == 1:
            b[...] = g
        else:
            b *= momentum
            b += (1 - group["dampening"]) * g if group["dampening"] else g
        return group["lr"] * (g + momentum * b if group["nesterov"] else b)
