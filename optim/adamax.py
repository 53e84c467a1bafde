"""Adamax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .flat import Elementwise, State
from .optimizer import demand_betas, demand_number


class Adamax(Elementwise):
    """Adamax: Adam with the largest gradient in place of the mean square (Kingma & Ba 2015, algorithm 2).

    Formula: ``m = beta1 m + (1 - beta1) g``, ``u = max(beta2 u, |g| + eps)``, ``w -= lr / (1 - beta1^t) * m / u``.

    Args:
        params: tensors or groups. lr: learning rate, at least 0; a number or a tensor of one. betas: of the mean and of the
        largest, in [0, 1). eps: at least 0. weight_decay: L2 penalty, at least 0. maximize: climb. l1: L1 penalty, at least 0.
        foreach: accepted and without effect, there is one implementation. capturable, differentiable: only False.

    Raises:
        ValueError: an option out of its range.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.Adamax([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.9000, 1.9000], dtype=float32)
    """

    slots = ("exp_avg", "exp_inf")
    fading = ("exp_avg",)

    def __init__(
        self, params: Iterable[Any], lr: Any = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "capturable": capturable, "l1": l1,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        demand_betas(group)
        demand_number(group, "eps", "epsilon value")

    def update(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        beta1, beta2 = group["betas"]
        m, u = s["exp_avg"], s["exp_inf"]
        m += (1 - beta1) * (g - m)
        u *= beta2
        size = np.abs(g)
        size += group["eps"]
        np.maximum(u, size, out=u)
        return group["lr"] / (1 - beta1**step) * (m / u)
