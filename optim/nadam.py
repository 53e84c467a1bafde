"""NAdam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .flat import Elementwise, State
from .optimizer import demand_betas, demand_number


class NAdam(Elementwise):
    """NAdam: Adam that looks ahead as Nesterov's momentum does (Dozat 2016).

    Formula: ``mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2)``, ``P_t = mu_1 ... mu_t``, m and v as in Adam,
    ``w -= lr * (mu_(t+1) m / (1 - P_(t+1)) + (1 - mu_t) g / (1 - P_t)) / (sqrt(v / (1 - beta2^t)) + eps)``.

    Args:
        params: tensors or groups. lr: learning rate, at least 0; a number or a tensor of one. betas: of the two means, in
        [0, 1). eps: at least 0. weight_decay: L2 penalty, at least 0. momentum_decay: at least 0. decoupled_weight_decay: shrink
        the weights instead, as AdamW. maximize: climb. l1: L1 penalty, at least 0.
        foreach: accepted and without effect, there is one implementation. capturable, differentiable: only False.

    Raises:
        ValueError: an option out of its range.

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

    def __init__(
        self, params: Iterable[Any], lr: Any = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False, differentiable: bool = False,
        l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "differentiable": differentiable, "l1": l1,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        demand_betas(group)
        demand_number(group, "eps", "epsilon value")
        demand_number(group, "momentum_decay")

    def mu(self, group: dict[str, Any], step: int) -> float:
        """The momentum at a step: it grows from half of beta1 towards beta1."""
        return group["betas"][0] * (1 - 0.5 * 0.96 ** (step * group["momentum_decay"]))

    def update(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        beta1, beta2 = group["betas"]
        m, v, lr = s["exp_avg"], s["exp_avg_sq"], group["lr"]
        now, then = self.mu(group, step), self.mu(group, step + 1)
        product = s["mu_product"] * now
        m += (1 - beta1) * (g - m)
        v *= beta2
        v += (1 - beta2) * (g * g)
        size = np.sqrt(v)
        size *= (1 - beta2**step) ** -0.5
        size += group["eps"]
        change = (lr * (1 - now) / (1 - product)) * g
        change += (lr * then / (1 - product * then)) * m
        change /= size
        return change

    def advance(self, scalars: dict[str, float], group: dict[str, Any], step: int) -> None:
        scalars["mu_product"] *= self.mu(group, step)
