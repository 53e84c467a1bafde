"""Muon."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor

from .optimizer import ParamsT
from .options import Range, demand
from .per_parameter import PerParameter, Update


class Muon(PerParameter):
    """Muon: momentum, made orthogonal: all directions of a layer's matrix are learned at the same pace (Jordan et al. 2024).

    Formula: ``B = momentum B + (1 - momentum) g``, ``u = (1 - momentum) g + momentum B`` (nesterov; else ``u = B``), ``O`` = u with
    its singular values near 1, by ns_steps times ``X = a X + (b X X^T + c (X X^T)^2) X`` from ``X = u / |u|``;
    ``w -= lr * weight_decay * w + lr * f * O`` with ``f = sqrt(max(1, rows / columns))``, or ``0.2 sqrt(max(rows, columns))`` for
    adjust_lr_fn="match_rms_adamw" (Liu et al. 2025). It is meant for the hidden layers' matrices; give the rest to AdamW.

    The iteration runs in bfloat16, as PyTorch's does: its numbers have 8 bits, so O is known to about
    1 percent.

    Args:
        params: matrices, or dicts with matrices under "params" and options of their own.
        lr: learning rate, at least 0; a number or a tensor of one.
        weight_decay: share of the weights themselves that a step takes away, times lr; at least 0.
        momentum: decay rate of the running mean of gradients, at least 0.
        nesterov: whether to look ahead.
        ns_coefficients: (a, b, c).
        eps: smallest norm that is divided by, at least 0.
        ns_steps: how often the polynomial is applied, below 100.
        adjust_lr_fn: None or "original", or "match_rms_adamw".
        maximize: whether to climb.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range, or a parameter that is no matrix.
        TypeError: an option of a wrong type.

    Source: Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024; Liu et al., Muon is Scalable for LLM
    Training, 2025.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        >>> optimizer = optim.Muon([w], lr=0.1, ns_coefficients=(1.5, -0.5, 0.0), ns_steps=20, weight_decay=0)
        >>> (w[0, 0] + 2 * w[1, 1]).backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([[0.9000, 2.0000],
                [3.0000, 3.9000]], dtype=float32)
    """

    slots = ("momentum_buffer",)
    counts = False
    ranges = (Range("momentum"), Range("eps", text="epsilon value"))

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, weight_decay: float = 0.1, momentum: float = 0.95, nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315), eps: float = 1e-7, ns_steps: int = 5,
        adjust_lr_fn: str | None = None, *, maximize: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps, "adjust_lr_fn": adjust_lr_fn,
            "maximize": maximize, "l1": l1,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        demand(0 <= group["ns_steps"] < 100, "ns_steps (0 to 99)", group["ns_steps"])
        demand(len(group["ns_coefficients"]) == 3, "ns_coefficients (three numbers)", group["ns_coefficients"])
        demand(
            group["adjust_lr_fn"] in (None, "original", "match_rms_adamw"),
            "adjust_lr_fn ('original' or 'match_rms_adamw')",
            group["adjust_lr_fn"],
        )

    def check_parameter(self, p: Tensor) -> None:
        super().check_parameter(p)
        if p.array.ndim != 2:
            raise ValueError(
                f"Muon only supports 2D parameters whereas we found a parameter with size: {tuple(p.shape)}; give it to AdamW"
            )

    def update(self, w: np.ndarray, g: np.ndarray, s: dict[str, np.ndarray], group: dict[str, Any], step: int) -> Update:
        momentum = group["momentum"]
        b = s["momentum_buffer"] + (1 - momentum) * (g - s["momentum_buffer"])
        u = g + momentum * (b - g) if group["nesterov"] else b
        rows, columns = w.shape
        if group["adjust_lr_fn"] == "match_rms_adamw":
            factor = 0.2 * max(rows, columns) ** 0.5
        else:
            factor = max(1, rows / columns) ** 0.5 if columns else 1.0
        direction = orthogonal(u, group["ns_coefficients"], group["ns_steps"], group["eps"])
        return (group["lr"] * factor) * direction.astype(w.dtype), {"momentum_buffer": b}


def orthogonal(u: np.ndarray, coefficients: tuple[float, float, float], steps: int, eps: float) -> np.ndarray:
    """The matrix with its singular values brought near 1 by a polynomial (Newton-Schulz), in bfloat16 as PyTorch does it."""
    a, b, c = coefficients
    x = in_bfloat16(u)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    norm = in_bfloat16(np.linalg.norm(x))
    x = in_bfloat16(x / np.maximum(norm, in_bfloat16(eps)))
    for _ in range(steps):
        square = in_bfloat16(x @ x.T)
        x = in_bfloat16(a * x + in_bfloat16(b * square + c * (square @ square)) @ x)
    return x.T if tall else x


def in_bfloat16(x: np.ndarray | np.generic | float) -> np.ndarray:
    """The nearest numbers that bfloat16 has, in float32: its first 16 bits, the last of them rounded to even."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) & np.uint32(0xFFFF0000)
    return np.where(np.isfinite(x), rounded.view(np.float32), np.float32(x)).reshape(np.shape(x))
