"""Adadelta."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor

from .elementwise import Elementwise, Operand, Slots, Update
from .optimizer import ParamsT
from .options import Range


class Adadelta(Elementwise):
    """Adadelta: a step has the size of past steps, relative to that of past gradients (Zeiler 2012, algorithm 1).

    Formula: ``v = rho v + (1 - rho) g^2``, ``d = g * sqrt(u + eps) / sqrt(v + eps)``, ``u = rho u + (1 - rho) d^2``,
    ``w -= lr * d``.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        rho: decay rate of the running means, in [0, 1].
        eps: added to both means, at least 0.
        weight_decay: L2 penalty, at least 0.
        foreach: accepted, without effect: there is one implementation.
        capturable: only False; True is for steps in a CUDA graph.
        maximize: whether to climb.
        differentiable: whether to record the step, so that gradients flow through it.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012, algorithm 1.

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
    ranges = (Range("rho", high=1), Range("eps", text="epsilon value"))

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
        foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False, differentiable: bool = False,
        l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "capturable": capturable,
            "foreach": foreach, "differentiable": differentiable, "l1": l1,
        })  # fmt: skip

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        rho, eps = group["rho"], group["eps"]
        v = rho * s["square_avg"] + (1 - rho) * (g * g)
        d = np.sqrt((s["acc_delta"] + eps) / (v + eps)) * g
        u = rho * s["acc_delta"] + (1 - rho) * (d * d)
        return group["lr"] * d, {"square_avg": v, "acc_delta": u}
