"""Averaged gradient descent."""

from __future__ import annotations

from typing import Any

from autograd import Tensor

from .elementwise import Elementwise, Operand, Slots, Update
from .optimizer import ParamsT


class ASGD(Elementwise):
    """Averaged stochastic gradient descent: beside the weights, their mean is kept (Polyak & Juditsky 1992; Bottou 2010).

    Formula: ``w = (1 - lambd eta) w - eta g``, ``ax += mu (w - ax)``, then ``eta = lr / (1 + lambd lr t)^alpha`` and
    ``mu = 1 / max(1, t - t0)``; eta starts as lr and mu as 1. The mean is ``optimizer.state[p]["ax"]``.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        lambd: decay of the weights and of the rate.
        alpha: power of the rate's decay.
        t0: step after which the mean begins.
        weight_decay: L2 penalty, at least 0.
        foreach: accepted, without effect: there is one implementation.
        maximize: whether to climb.
        differentiable: whether to record the step, so that gradients flow through it.
        capturable: only False; True is for steps in a CUDA graph.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Polyak & Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992; Bottou, Large-Scale Machine Learning
    with Stochastic Gradient Descent, 2010.

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
        self, params: ParamsT, lr: float | Tensor = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
        weight_decay: float = 0, foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False, *, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable, "l1": l1,
        })  # fmt: skip

    def start_scalar(self, name: str, group: dict[str, Any]) -> float:
        return group["lr"] if name == "eta" else 1.0

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        lr, lambd, eta, ax = group["lr"], group["lambd"], s["eta"], s["ax"]
        change = eta * g + (lambd * eta) * w
        ax = ax + s["mu"] * (w - change - ax)
        eta = lr / (1 + lambd * lr * step) ** group["alpha"]
        return change, {"ax": ax, "eta": eta, "mu": 1 / max(1, step - group["t0"])}
