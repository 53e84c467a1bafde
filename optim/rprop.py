"""Resilient backpropagation."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor

from .elementwise import Elementwise, Operand, Slots, Update, filled_like
from .optimizer import ParamsT
from .options import demand, number


class Rprop(Elementwise):
    """Rprop: a number's step grows while its gradient keeps its sign, and shrinks when it turns (Riedmiller & Braun 1993).

    Formula: with the last gradient h, ``d *= eta_plus`` where ``g h > 0``, ``d *= eta_minus`` and ``g = 0`` where ``g h < 0``; d
    is kept within step_sizes; ``w -= d * sign(g)``. It is meant for gradients of the whole data, not of batches.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: the first step of each number, at least 0; a number or a tensor of one.
        etas: factors by which a step shrinks and grows, 0 < eta_minus < 1 < eta_plus.
        step_sizes: smallest and largest step.
        capturable: only False; True is for steps in a CUDA graph.
        foreach: accepted, without effect: there is one implementation.
        maximize: whether to climb.
        differentiable: whether to record the step, so that gradients flow through it.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Riedmiller & Braun, A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm, 1993.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.Rprop([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.9000, 1.9000], dtype=float32)
    """

    slots = ("prev", "step_size")

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "capturable": capturable, "l1": l1,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        less, more = group["etas"]
        demand(0 < less < 1 < more, "eta values", f"{less}, {more}")
        low, high = group["step_sizes"]
        demand(0 <= low <= high, "step sizes", f"{low}, {high}")

    def start(self, name: str, p: Tensor, group: dict[str, Any]) -> np.ndarray:
        return filled_like(p, number(group["lr"]) if name == "step_size" else 0)

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        less, more = group["etas"]
        low, high = group["step_sizes"]
        turned = g * s["prev"]
        d = s["step_size"]
        d = np.clip(np.where(turned > 0, more * d, np.where(turned < 0, less * d, d)), low, high)
        last = np.where(turned < 0, 0 * g, g)
        return d * np.sign(last), {"prev": last, "step_size": d}
