"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .flat import Elementwise, State
from .optimizer import demand_number


class Adadelta(Elementwise):
    """Adadelta: a step has the size of past steps, relative to that of past gradients (Zeiler 2012, algorithm 1).

    Formula: ``v = rho v + (1 - rho) g^2``, ``d = g * sqrt(u + eps) / sqrt(v + eps)``, ``u = rho u + (1 - rho) d^2``,
    ``w -= lr * d``.

    Args:
        params: tensors or groups. lr: learning rate, at least 0; a number or a tensor of one. rho: of the means, in [0, 1].
        eps: at least 0. weight_decay: L2 penalty, at least 0. maximize: climb. l1: L1 penalty, at least 0.
        foreach: accepted and without effect, there is one implementation. capturable, differentiable: only False.

    Raises:
        ValueError: an option out of its range.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.Adadelta([w], eps=0.01)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.6877, 1.6848], dtype=float32)
    """

    slots = ("square_avg", "acc_delta")

    def __init__(
        self, params: Iterable[Any], lr: Any = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
        foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False, differentiable: bool = False,
        l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "capturable": capturable,
            "foreach": foreach, "differentiable": differentiable, "l1": l1,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        demand_number(group, "rho", high=1)
        demand_number(group, "eps", "epsilon value")

    def update(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        rho, eps = group["rho"], group["eps"]
        v, u = s["square_avg"], s["acc_delta"]
        v *= rho
        v += (1 - rho) * (g * g)
        d = np.sqrt((u + eps) / (v + eps))
        d *= g
        u *= rho
        u += (1 - rho) * (d * d)
        d *= group["lr"]
        return d
