"""RAdam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .flat import Elementwise, State
from .optimizer import demand_betas, demand_number


class RAdam(Elementwise):
    """RAdam: Adam without its division until enough squares are known to divide by (Liu et al. 2020, algorithm 2).

    Formula: m and v as in Adam, ``r_inf = 2 / (1 - beta2) - 1``, ``r = r_inf - 2 t beta2^t / (1 - beta2^t)``;
    ``w -= lr * m'`` with ``m' = m / (1 - beta1^t)``, and where ``r > 5`` times ``sqrt(1 - beta2^t) / (sqrt(v) + eps)`` and
    ``sqrt((r - 4)(r - 2) r_inf / ((r_inf - 4)(r_inf - 2) r))``.

    Args:
        params: tensors or groups. lr: learning rate, at least 0; a number or a tensor of one. betas: of the two means, in
        [0, 1). eps: at least 0. weight_decay: L2 penalty, at least 0. decoupled_weight_decay: shrink the weights instead, as AdamW.
        maximize: climb. l1: L1 penalty, at least 0.
        foreach: accepted and without effect, there is one implementation. capturable, differentiable: only False.

    Raises:
        ValueError: an option out of its range.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.RAdam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.8000, 1.6000], dtype=float32)
    """

    slots = ("exp_avg", "exp_avg_sq")
    fading = ("exp_avg",)

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, decoupled_weight_decay: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable, "l1": l1,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        demand_betas(group)
        demand_number(group, "eps", "epsilon value")

    def update(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        beta1, beta2 = group["betas"]
        m, v = s["exp_avg"], s["exp_avg_sq"]
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * (g * g)
        rate = group["lr"] / (1 - beta1**step)
        known = 1 - beta2**step
        most = 2 / (1 - beta2) - 1
        r = most - 2 * step * beta2**step / known
        if r <= 5:
            return rate * m
        rectified = ((r - 4) * (r - 2) * most / ((most - 4) * (most - 2) * r)) ** 0.5
        size = np.sqrt(v)
        size += group["eps"]
        change = np.divide(m, size, out=size)
        change *= rate * known**0.5 * rectified
        return change
