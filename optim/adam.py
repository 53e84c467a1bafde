"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .optimizer import Optimizer, State


class Adam(Optimizer):
    """Adam: a running mean of the gradient, divided by that of its size (Kingma & Ba 2015, algorithm 1).

    Formula: ``m = beta1 m + (1 - beta1) g``, ``v = beta2 v + (1 - beta2) g^2``,
    ``w -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)``; with amsgrad (Reddi et al. 2018) the largest v so far.

    Args:
        params: tensors or groups. lr: learning rate. betas: of the two means, in [0, 1). eps: keeps the quotient finite.
        weight_decay: L2 penalty. amsgrad: see above. maximize: climb. decoupled_weight_decay: shrink the weights instead (AdamW).
        l1: L1 penalty.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.9000, 1.9000])
    """

    slots = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, maximize: bool = False, decoupled_weight_decay: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay, "l1": l1,
        })  # fmt: skip

    def slots_of(self, group: dict[str, Any]) -> tuple[str, ...]:
        return self.slots if group["amsgrad"] else self.slots[:2]

    def check(self, group: dict[str, Any]) -> None:
        for i, beta in enumerate(group["betas"]):
            if not 0 <= beta < 1:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}")

    def update(self, w: np.ndarray | None, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        beta1, beta2 = group["betas"]
        m, v = s["exp_avg"], s["exp_avg_sq"]
        m += (1 - beta1) * (g - m)
        square = g * g
        square -= v
        square *= 1 - beta2
        v += square
        if group["amsgrad"]:
            v = np.maximum(s["max_exp_avg_sq"], v, out=s["max_exp_avg_sq"])
        change = np.sqrt(v, out=square)
        change *= 1 / (1 - beta2**step) ** 0.5
        change += group["eps"]
        np.divide(m, change, out=change)
        change *= group["lr"] / (1 - beta1**step)
        return change


class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink by ``lr * weight_decay * w`` (Loshchilov & Hutter 2019, algorithm 2).

    Args:
        params, lr, betas, eps, amsgrad, maximize: as ``Adam``. weight_decay: of the weights themselves.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.AdamW([w], lr=0.1, weight_decay=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.8500, 1.8000])
    """

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True, l1=l1)
