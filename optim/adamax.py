"""Adamax."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor

from .elementwise import Elementwise, Operand, Slots, Update
from .optimizer import ParamsT
from .options import Range


class Adamax(Elementwise):
    """Adamax: Adam with the largest gradient in place of the mean square (Kingma & Ba 2015, algorithm 2).

    Formula: ``m = beta1 m + (1 - beta1) g``, ``u = max(beta2 u, |g| + eps)``, ``w -= lr / (1 - beta1^t) * m / u``.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        betas: decay rates of the mean and of the largest gradient, in [0, 1).
        eps: added to each gradient's size, at least 0.
        weight_decay: L2 penalty, at least 0.
        foreach: accepted, without effect: there is one implementation.
        maximize: whether to climb.
        differentiable: whether to record the step, so that gradients flow through it.
        capturable: only False; True is for steps in a CUDA graph.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Kingma & Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, algorithm 2.

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
    ranges = (Range("betas", high=1, below=True), Range("eps", text="epsilon value"))

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "capturable": capturable, "l1": l1,
        })  # fmt: skip

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        beta1, beta2 = group["betas"]
        m = s["exp_avg"] + (1 - beta1) * (g - s["exp_avg"])
        u = np.maximum(beta2 * s["exp_inf"], np.abs(g) + group["eps"])
        return (group["lr"] / (1 - beta1**step)) * (m / u), {"exp_avg": m, "exp_inf": u}
