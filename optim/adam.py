"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .flat import Elementwise, State
from .optimizer import demand_betas, demand_number


class Adam(Elementwise):
    """Adam: a running mean of the gradient, divided by that of its size (Kingma & Ba 2015, algorithm 1).

    Formula: ``m = beta1 m + (1 - beta1) g``, ``v = beta2 v + (1 - beta2) g^2``,
    ``w -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)``; with amsgrad (Reddi et al. 2018) the largest v so far.

    Args:
        params: tensors or groups. lr: learning rate, at least 0; a number or a tensor of one. betas: of the two means, in
        [0, 1). eps: keeps the quotient finite, at least 0. weight_decay: L2 penalty, at least 0. amsgrad: see above.
        maximize: climb. decoupled_weight_decay: shrink the weights instead (AdamW). l1: L1 penalty, at least 0.
        foreach, fused: accepted and without effect, there is one implementation. capturable, differentiable: only False.

    Raises:
        ValueError: an option out of its range.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.9000, 1.9000], dtype=float32)
    """

    slots = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    fading = ("exp_avg",)

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize,
            "foreach": foreach, "capturable": capturable, "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay, "l1": l1,
        })  # fmt: skip

    def slots_of(self, group: dict[str, Any]) -> tuple[str, ...]:
        return self.slots if group["amsgrad"] else self.slots[:2]

    def check(self, group: dict[str, Any]) -> None:
        demand_betas(group)
        demand_number(group, "eps", "epsilon value")

    def update(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        beta1, beta2 = group["betas"]
        m, v = s["exp_avg"], s["exp_avg_sq"]
        change = g - m
        change *= 1 - beta1
        m += change
        square = np.multiply(g, g, out=change)
        square -= v
        square *= 1 - beta2
        v += square
        if group["amsgrad"]:
            v = np.maximum(s["max_exp_avg_sq"], v, out=s["max_exp_avg_sq"])
        # lr m' / (sqrt(v') + eps) with the corrections of both means drawn into the numbers around.
        change = np.sqrt(v, out=square)
        root = (1 - beta2**step) ** 0.5
        change += group["eps"] * root
        np.divide(m, change, out=change)
        change *= group["lr"] * root / (1 - beta1**step)
        return change


class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink by ``lr * weight_decay * w`` (Loshchilov & Hutter 2019, algorithm 2).

    Args:
        params, lr, betas, eps, amsgrad, maximize, foreach, capturable, differentiable, fused, l1: as ``Adam``.
        weight_decay: of the weights themselves, at least 0.

    Raises:
        ValueError: an option out of its range.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.AdamW([w], lr=0.1, weight_decay=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.8500, 1.8000], dtype=float32)
    """

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True, l1=l1,
        )  # fmt: skip
