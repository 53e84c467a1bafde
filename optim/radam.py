"""RAdam."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor

from .adam import moments
from .elementwise import Elementwise, Operand, Slots, Update
from .optimizer import ParamsT
from .options import Range


class RAdam(Elementwise):
    """RAdam: Adam without its division until enough squares are known to divide by (Liu et al. 2020, algorithm 2).

    Formula: m and v as in Adam, ``r_inf = 2 / (1 - beta2) - 1``, ``r = r_inf - 2 t beta2^t / (1 - beta2^t)``;
    ``w -= lr * m'`` with ``m' = m / (1 - beta1^t)``, and where ``r > 5`` times ``sqrt(1 - beta2^t) / (sqrt(v) + eps)`` and
    ``sqrt((r - 4)(r - 2) r_inf / ((r_inf - 4)(r_inf - 2) r))``.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        betas: decay rates of the two running means, in [0, 1).
        eps: added to the denominator, at least 0.
        weight_decay: L2 penalty, at least 0.
        decoupled_weight_decay: whether weight_decay shrinks the weights themselves, as in AdamW.
        foreach: accepted, without effect: there is one implementation.
        maximize: whether to climb.
        capturable: only False; True is for steps in a CUDA graph.
        differentiable: whether to record the step, so that gradients flow through it.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Liu et al., On the Variance of the Adaptive Learning Rate and Beyond, ICLR 2020, algorithm 2.

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
    ranges = (Range("betas", high=1, below=True), Range("eps", text="epsilon value"))

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, decoupled_weight_decay: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable, "l1": l1,
        })  # fmt: skip

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        beta1, beta2 = group["betas"]
        m, v = moments(g, s, group["betas"])
        new = {"exp_avg": m, "exp_avg_sq": v}
        rate = group["lr"] / (1 - beta1**step)
        known = 1 - beta2**step
        most = 2 / (1 - beta2) - 1
        r = most - 2 * step * beta2**step / known
        if r <= 5:
            return rate * m, new
        rectified = ((r - 4) * (r - 2) * most / ((most - 4) * (most - 2) * r)) ** 0.5
        return (rate * known**0.5 * rectified) * (m / (np.sqrt(v) + group["eps"])), new
