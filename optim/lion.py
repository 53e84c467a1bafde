"""Lion."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .flat import Elementwise, State
from .optimizer import demand_betas


class Lion(Elementwise):
    """Lion: the sign of a mean of gradients, so every number moves by the same amount (Chen et al. 2023, algorithm 2).

    Formula: ``w -= lr * (sign(beta1 m + (1 - beta1) g) + weight_decay * w)``, then ``m = beta2 m + (1 - beta2) g``.

    Args:
        params: tensors or groups. lr: learning rate, at least 0, a third to a tenth of Adam's; a number or a tensor of one.
        betas: of the step and of the mean that is kept, in [0, 1). weight_decay: of the weights themselves, at least 0, three to
        ten times AdamW's. maximize: climb. l1: L1 penalty, at least 0.

    Source: Chen et al., Symbolic Discovery of Optimization Algorithms, 2023. PyTorch has no Lion.

    Raises:
        ValueError: an option out of its range.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.Lion([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.9000, 1.9000], dtype=float32)
    """

    slots = ("exp_avg",)
    fading = ("exp_avg",)

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-4, betas: tuple[float, float] = (0.9, 0.99), weight_decay: float = 0, *,
        maximize: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize, "l1": l1})

    def check(self, group: dict[str, Any]) -> None:
        demand_betas(group)

    def decoupled(self, group: dict[str, Any]) -> bool:
        return True

    def update(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        beta1, beta2 = group["betas"]
        m = s["exp_avg"]
        difference = g - m
        change = np.sign(m + (1 - beta1) * difference)
        change *= group["lr"]
        difference *= 1 - beta2
        m += difference
        return change
