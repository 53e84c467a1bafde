"""LAMB."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor

from .adam import moments
from .elementwise import Elementwise, Operand, Slots, Spans, Update
from .optimizer import ParamsT
from .options import Range


class LAMB(Elementwise):
    """LAMB: Adam's step, for each parameter as long as the parameter itself (You et al. 2020, algorithm 2).

    Formula: m and v as in Adam, ``r = (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay * w``,
    ``w -= lr * |w| / |r| * r`` with the norms of whole parameters; where one of the norms is 0, ``w -= lr * r``.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        betas: decay rates of the two running means, in [0, 1).
        eps: added to the denominator, at least 0.
        weight_decay: part of the step whose length is set, at least 0.
        maximize: whether to climb.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range.
        TypeError: an option of a wrong type.

    Source: You et al., Large Batch Optimization for Deep Learning: Training BERT in 76 minutes, ICLR 2020, algorithm 2. PyTorch has
    no LAMB.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> optimizer = optim.LAMB([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([0.8419, 1.8419], dtype=float32)
    """

    slots = ("exp_avg", "exp_avg_sq")
    fading = ("exp_avg",)
    reads_weights = own_decay = layerwise = True
    ranges = (Range("betas", high=1, below=True), Range("eps", text="epsilon value"))

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-6,
        weight_decay: float = 0, *, maximize: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "l1": l1,
        })  # fmt: skip

    def update(self, w: Operand, g: Operand, s: Slots, group: dict[str, Any], step: int) -> Update:
        beta1, beta2 = group["betas"]
        m, v = moments(g, s, group["betas"])
        r = m / (np.sqrt(v) * (1 - beta2**step) ** -0.5 + group["eps"]) * (1 / (1 - beta1**step))
        if group["weight_decay"]:
            r = r + group["weight_decay"] * w
        return r, {"exp_avg": m, "exp_avg_sq": v}

    def scale(self, w: np.ndarray, change: np.ndarray, spans: Spans, group: dict[str, Any]) -> np.ndarray:
        starts, sizes = spans
        long, step = norms(w, starts), norms(change, starts)
        ratio = np.divide(long, step, out=np.ones_like(long), where=(long > 0) & (step > 0))
        change *= np.repeat(ratio * w.dtype.type(group["lr"]), sizes)
        return change


def norms(flat: np.ndarray, starts: list[int]) -> np.ndarray:
    """The length of each parameter in a flat array."""
    return np.sqrt(np.add.reduceat(flat * flat, starts))
