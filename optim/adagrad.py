"""Adagrad."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor

from .elementwise import Elementwise, Operand, Slots, Update, filled_like
from .optimizer import ParamsT
from .options import Range, number


class Adagrad(Elementwise):
    """Adagrad: the gradient over the root of the sum of its squares so far (Duchi, Hazan & Singer 2011).

    Formula: ``s += g^2``, ``w -= lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps)``.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        lr_decay: decay of the learning rate, at least 0.
        weight_decay: L2 penalty, at least 0.
        initial_accumulator_value: start of the sum of squares, at least 0.
        eps: added to the denominator, at least 0.
        foreach: accepted, without effect: there is one implementation.
        maximize: whether to climb.
        differentiable: whether to record the step, so that gradients flow through it.
        fused: accepted, without effect: there is one implementation.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Duchi, Hazan & Singer, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, JMLR 2011.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.Adagrad([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.9000, 1.9000], dtype=float32)
    """

    slots = ("sum",)
    ranges = (Range("lr_decay"), Range("initial_accumulator_value"), Range("eps", text="epsilon value"))

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *, maximize: bool = False,
        differentiable: bool = False, fused: bool | None = None, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "fused": fused, "l1": l1,
        })  # fmt: skip

    def start(self, name: str, p: Tensor, group: dict[str, Any]) -> np.ndarray:
        return filled_like(p, number(group["initial_accumulator_value"]))

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        total = s["sum"] + g * g
        rate = group["lr"] / (1 + (step - 1) * group["lr_decay"])
        return rate * (g / (np.sqrt(total) + group["eps"])), {"sum": total}
