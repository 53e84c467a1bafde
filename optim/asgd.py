"""Averaged gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .flat import Elementwise, State


class ASGD(Elementwise):
    """Averaged stochastic gradient descent: beside the weights, their mean is kept (Polyak & Juditsky 1992; Bottou 2010).

    Formula: ``w = (1 - lambd eta) w - eta g``, ``ax += mu (w - ax)``, then ``eta = lr / (1 + lambd lr t)^alpha`` and
    ``mu = 1 / max(1, t - t0)``; eta starts as lr and mu as 1. The mean is ``optimizer.state[p]["ax"]``.

    Args:
        params: tensors or groups. lr: learning rate, at least 0; a number or a tensor of one. lambd: decay of the weights and of
        the rate. alpha: power of the rate's decay. t0: step after which the mean begins. weight_decay: L2 penalty, at least 0.
        maximize: climb. l1: L1 penalty, at least 0.
        foreach: accepted and without effect, there is one implementation. capturable, differentiable: only False.

    Raises:
        ValueError: an option out of its range.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.ASGD([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.8000, 1.6000], dtype=float32)
    """

    slots = ("ax",)
    scalars = ("eta", "mu")
    reads_weights = True

    def __init__(
        self, params: Iterable[Any], lr: Any = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
        weight_decay: float = 0, foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False, *, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable, "l1": l1,
        })  # fmt: skip

    def start_scalar(self, name: str, group: dict[str, Any]) -> float:
        return group["lr"] if name == "eta" else 1.0

    def update(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        eta, mu, ax = s["eta"], s["mu"], s["ax"]
        change = eta * g
        change += (group["lambd"] * eta) * w
        ax += mu * (w - change - ax)
        return change

    def advance(self, scalars: dict[str, float], group: dict[str, Any], step: int) -> None:
        scalars["eta"] = group["lr"] / (1 + group["lambd"] * group["lr"] * step) ** group["alpha"]
        scalars["mu"] = 1 / max(1, step - group["t0"])
