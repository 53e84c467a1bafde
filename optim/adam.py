"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor

from .elementwise import Elementwise, Operand, Slots, Update
from .optimizer import ParamsT
from .options import Range


class Adam(Elementwise):
    """Adam: a running mean of the gradient, divided by that of its size (Kingma & Ba 2015, algorithm 1).

    Formula: ``m = beta1 m + (1 - beta1) g``, ``v = beta2 v + (1 - beta2) g^2``,
    ``w -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)``; with amsgrad (Reddi et al. 2018) the largest v so far.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        betas: decay rates of the two running means, in [0, 1).
        eps: added to the denominator, at least 0.
        weight_decay: L2 penalty, at least 0.
        amsgrad: whether to divide by the largest mean square so far.
        foreach: accepted, without effect: there is one implementation.
        maximize: whether to climb.
        capturable: only False; True is for steps in a CUDA graph.
        differentiable: whether to record the step, so that gradients flow through it.
        fused: accepted, without effect: there is one implementation.
        decoupled_weight_decay: whether weight_decay shrinks the weights themselves, as in AdamW.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Kingma & Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, algorithm 1; Reddi, Kale & Kumar, On the Convergence
    of Adam and Beyond, ICLR 2018.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.Adam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.9000, 1.9000], dtype=float32)
    """

    slots = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
    fading = ("exp_avg",)
    ranges = (Range("betas", high=1, below=True), Range("eps", text="epsilon value"))

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None, maximize: bool = False,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize,
            "foreach": foreach, "capturable": capturable, "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay, "l1": l1,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        given = {"lr": group["lr"], "betas[0]": group["betas"][0], "betas[1]": group["betas"][1]}
        tensors = [name for name, value in given.items() if isinstance(value, Tensor)]
        if len({isinstance(beta, Tensor) for beta in group["betas"]}) > 1:
            raise ValueError(f"betas must be either both floats or both Tensors, not {group['betas']}")
        if tensors and group.get("foreach"):
            raise ValueError(f"{tensors[0]} as a Tensor is not supported for capturable=False and foreach=True")

    def slots_of(self, group: dict[str, Any], p: Tensor) -> tuple[str, ...]:
        return self.slots if group["amsgrad"] else self.slots[:2]

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        beta1, beta2 = group["betas"]
        m, v = moments(g, s, group["betas"])
        new = {"exp_avg": m, "exp_avg_sq": v}
        if group["amsgrad"]:
            v = new["max_exp_avg_sq"] = np.maximum(s["max_exp_avg_sq"], v)
        # lr m' / (sqrt(v') + eps), where the corrections of m and v are drawn out of the arrays into numbers.
        root = (1 - beta2**step) ** 0.5
        return (group["lr"] * root / (1 - beta1**step)) * (m / (np.sqrt(v) + group["eps"] * root)), new


def moments(g: Operand, s: Slots, betas: tuple[float, float]) -> tuple[Operand, Operand]:
    """The next running means of the gradient and of its square, which Adam and its variants share."""
    beta1, beta2 = betas
    m, v = s["exp_avg"], s["exp_avg_sq"]
    return m + (1 - beta1) * (g - m), beta2 * v + (1 - beta2) * (g * g)


class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink by ``lr * weight_decay * w``.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        betas: decay rates of the two running means, in [0, 1).
        eps: added to the denominator, at least 0.
        weight_decay: share of the weights themselves that a step takes away, times lr; at least 0.
        amsgrad: whether to divide by the largest mean square so far.
        maximize: whether to climb.
        foreach: accepted, without effect: there is one implementation.
        capturable: only False; True is for steps in a CUDA graph.
        differentiable: whether to record the step, so that gradients flow through it.
        fused: accepted, without effect: there is one implementation.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Loshchilov & Hutter, Decoupled Weight Decay Regularization, ICLR 2019, algorithm 2.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.AdamW([w], lr=0.1, weight_decay=0.5)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.8500, 1.8000], dtype=float32)
    """

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True, l1=l1,
        )  # fmt: skip
