"""RMSprop."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor

from .elementwise import Elementwise, Operand, Slots, Update
from .optimizer import ParamsT
from .options import Range, number


class RMSprop(Elementwise):
    """RMSprop: the gradient over the root of its running mean square (Hinton 2012, lecture 6e; centered: Graves 2013).

    Formula: ``v = alpha v + (1 - alpha) g^2``, ``w -= lr * g / (sqrt(v) + eps)``; centered takes ``v - a^2`` for v with the running
    mean ``a = alpha a + (1 - alpha) g``; momentum: ``b = momentum b + g / (sqrt(v) + eps)``, ``w -= lr * b``.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        alpha: decay rate of the running means, at least 0.
        eps: added to the denominator, at least 0.
        weight_decay: L2 penalty, at least 0.
        momentum: decay rate of the running sum of steps, at least 0.
        centered: whether to divide by the standard deviation.
        capturable: only False; True is for steps in a CUDA graph.
        foreach: accepted, without effect: there is one implementation.
        maximize: whether to climb.
        differentiable: whether to record the step, so that gradients flow through it.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Hinton, Neural Networks for Machine Learning, lecture 6e, 2012; Graves, Generating Sequences With Recurrent
    Neural Networks, 2013.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.RMSprop([w], lr=0.1, alpha=0.75)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.8000, 1.8000], dtype=float32)
    """

    slots = ("square_avg", "momentum_buffer", "grad_avg")
    fading = ("momentum_buffer", "grad_avg")
    ranges = (Range("alpha"), Range("eps", text="epsilon value"), Range("momentum"))

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False, *, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered, "weight_decay": weight_decay,
            "capturable": capturable, "foreach": foreach, "maximize": maximize, "differentiable": differentiable, "l1": l1,
        })  # fmt: skip

    def slots_of(self, group: dict[str, Any], p: Tensor) -> tuple[str, ...]:
        momentum = ("momentum_buffer",) if number(group["momentum"]) > 0 else ()
        return ("square_avg", *momentum, *(("grad_avg",) if group["centered"] else ()))

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        alpha = group["alpha"]
        v = alpha * s["square_avg"] + (1 - alpha) * (g * g)
        new = {"square_avg": v}
        if group["centered"]:
            a = new["grad_avg"] = s["grad_avg"] + (1 - alpha) * (g - s["grad_avg"])
            v = np.maximum(v - a * a, 0)  # rounding may leave a little less than nothing
        change = g / (np.sqrt(v) + group["eps"])
        if "momentum_buffer" in s:
            change = new["momentum_buffer"] = group["momentum"] * s["momentum_buffer"] + change
        return group["lr"] * change, new
