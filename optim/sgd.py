"""Gradient descent with momentum."""

from __future__ import annotations

from typing import Any

from autograd import Tensor

from .elementwise import Elementwise, Operand, Slots, Update
from .optimizer import ParamsT
from .options import Range, number


class SGD(Elementwise):
    """Stochastic gradient descent, with momentum (Polyak 1964) or Nesterov's (Sutskever et al. 2013).

    Formula: ``b = momentum * b + (1 - dampening) * g`` (``b = g`` at the first step), ``w -= lr * b``; without momentum
    ``w -= lr * g``; with nesterov ``w -= lr * (g + momentum * b)``. ``g`` includes ``weight_decay * w`` and ``l1 * sign(w)``.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        momentum: decay rate of the running sum of gradients, at least 0.
        dampening: part of each gradient that the running sum leaves out.
        weight_decay: L2 penalty, at least 0.
        nesterov: whether to look ahead; needs momentum and no dampening.
        maximize: whether to climb.
        foreach: accepted, without effect: there is one implementation.
        differentiable: whether to record the step, so that gradients flow through it.
        fused: accepted, without effect: there is one implementation.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964; Sutskever et al., On the importance of
    initialization and momentum in deep learning, ICML 2013.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.SGD([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.8000, 1.6000], dtype=float32)
    """

    slots = fading = ("momentum_buffer",)
    counts = False
    ranges = (Range("momentum"),)

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, momentum: float = 0, dampening: float = 0, weight_decay: float = 0,
        nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None, differentiable: bool = False,
        fused: bool | None = None, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused, "l1": l1,
        })  # fmt: skip

    def slots_of(self, group: dict[str, Any], p: Tensor) -> tuple[str, ...]:
        return self.slots if isinstance(group["momentum"], Tensor) or group["momentum"] else ()

    def check(self, group: dict[str, Any]) -> None:
        if group["nesterov"] and (number(group["momentum"]) <= 0 or number(group["dampening"]) != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        if "momentum_buffer" not in s:
            return group["lr"] * g, {}
        momentum, dampening = group["momentum"], group["dampening"]
        if step == 1:
            b = g
        elif isinstance(dampening, Tensor) or dampening:
            b = momentum * s["momentum_buffer"] + (1 - dampening) * g
        else:
            b = momentum * s["momentum_buffer"] + g
        return group["lr"] * (g + momentum * b if group["nesterov"] else b), {"momentum_buffer": b}
