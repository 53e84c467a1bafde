"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Tensor

from .flat import Elementwise, State
from .optimizer import demand_number


class Adagrad(Elementwise):
    """Adagrad: the gradient over the root of the sum of its squares so far (Duchi, Hazan & Singer 2011).

    Formula: ``s += g^2``, ``w -= lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps)``.

    Args:
        params: tensors or groups. lr: learning rate, at least 0; a number or a tensor of one. lr_decay: at least 0.
        weight_decay: L2 penalty, at least 0. initial_accumulator_value: of the sum, at least 0. eps: keeps the quotient finite,
        at least 0. maximize: climb. l1: L1 penalty, at least 0. foreach, fused: accepted and without effect, there is one
        implementation. differentiable: only False.

    Raises:
        ValueError: an option out of its range.

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

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *, maximize: bool = False,
        differentiable: bool = False, fused: bool | None = None, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach, "maximize": maximize,
            "differentiable": differentiable, "fused": fused, "l1": l1,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        demand_number(group, "lr_decay")
        demand_number(group, "initial_accumulator_value")
        demand_number(group, "eps", "epsilon value")

    def start(self, name: str, p: Tensor, group: dict[str, Any]) -> np.ndarray:
        value = group["initial_accumulator_value"]
        return np.full(p.array.shape, complex(value, value) if p.array.dtype.kind == "c" else value, p.array.dtype)

    def update(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        total = s["sum"]
        total += g * g
        size = np.sqrt(total)
        size += group["eps"]
        change = np.divide(g, size, out=size)
        change *= group["lr"] / (1 + (step - 1) * group["lr_decay"])
        return change
