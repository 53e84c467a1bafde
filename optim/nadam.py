"""NAdam."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor

from .adam import moments
from .elementwise import Elementwise, Operand, Slots, Update
from .optimizer import ParamsT
from .options import Range


class NAdam(Elementwise):
    """NAdam: Adam that looks ahead as Nesterov's momentum does (Dozat 2016).

    Formula: ``mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)``, ``P_t = mu_1 ... mu_t``, m and v as in Adam,
    ``w -= lr * (mu_(t+1) m / (1 - P_(t+1)) + (1 - mu_t) g / (1 - P_t)) / (sqrt(v / (1 - beta2^t)) + eps)``.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        betas: decay rates of the two running means, in [0, 1).
        eps: added to the denominator, at least 0.
        weight_decay: L2 penalty, at least 0.
        momentum_decay: how fast the momentum grows towards the first of betas, at least 0.
        decoupled_weight_decay: whether weight_decay shrinks the weights themselves, as in AdamW.
        foreach: accepted, without effect: there is one implementation.
        maximize: whether to climb.
        capturable: only False; True is for steps in a CUDA graph.
        differentiable: whether to record the step, so that gradients flow through it.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: Dozat, Incorporating Nesterov Momentum into Adam, ICLR workshop 2016.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.NAdam([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.8944, 1.8944], dtype=float32)
    """

    slots = ("exp_avg", "exp_avg_sq")
    fading = ("exp_avg",)
    scalars = ("mu_product",)
    ranges = (Range("betas", high=1, below=True), Range("eps", text="epsilon value"), Range("momentum_decay"))

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False, differentiable: bool = False,
        l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "differentiable": differentiable, "l1": l1,
        })  # fmt: skip

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        _, beta2 = group["betas"]
        m, v = moments(g, s, group["betas"])
        now, then = momentum_at(step, group), momentum_at(step + 1, group)
        product = s["mu_product"] * now
        ahead = (group["lr"] * then / (1 - product * then)) * m + (group["lr"] * (1 - now) / (1 - product)) * g
        size = np.sqrt(v) * (1 - beta2**step) ** -0.5 + group["eps"]
        return ahead / size, {"exp_avg": m, "exp_avg_sq": v, "mu_product": product}


def momentum_at(step: int, group: dict[str, Any]) -> Any:
    """The momentum at a step: it grows from half of beta1 towards beta1."""
    return group["betas"][0] * (1 - 0.5 * 0.96 ** (step * group["momentum_decay"]))
