"""Lion."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor

from .elementwise import Elementwise, Operand, Slots, Update
from .optimizer import ParamsT
from .options import Range


class Lion(Elementwise):
    """Lion: the sign of a mean of gradients, so every number moves by the same amount (Chen et al. 2023, algorithm 2).

    Formula: ``w -= lr * (sign(beta1 m + (1 - beta1) g) + weight_decay * w)``, then ``m = beta2 m + (1 - beta2) g``.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0, a third to a tenth of Adam's; a number or a tensor of one.
        betas: decay rates of the mean that makes the step and of the mean that is kept, in [0, 1).
        weight_decay: share of the weights themselves that a step takes away, times lr; at least 0, three to ten times AdamW's.
        maximize: whether to climb.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Chen et al., Symbolic Discovery of Optimization Algorithms, 2023, algorithm 2. PyTorch has no Lion.

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
    ranges = (Range("betas", high=1, below=True),)

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-4, betas: tuple[float, float] = (0.9, 0.99), weight_decay: float = 0, *,
        maximize: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize, "l1": l1})

    def decoupled(self, group: dict[str, Any]) -> bool:
        return True

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        beta1, beta2 = group["betas"]
        m = s["exp_avg"]
        difference = g - m
        return group["lr"] * np.sign(m + (1 - beta1) * difference), {"exp_avg": m + (1 - beta2) * difference}
