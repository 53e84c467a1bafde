"""Adafactor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import ArgumentError

from .optimizer import ParamsT, Part
from .options import Range, demand
from .per_parameter import PerParameter, Update


class Adafactor(PerParameter):
    """Adafactor: keeps of a matrix's mean squares only the means of rows and columns (Shazeer & Stern 2018, algorithms 4 and 5).

    Formula: ``b = 1 - t^beta2_decay``; of a matrix ``R = b R + (1 - b) mean_row(g^2)``, ``C = b C + (1 - b) mean_column(g^2)``,
    ``V = R C / max(mean(R), eps1)``; of a vector ``V = b V + (1 - b) g^2``; ``u = g / max(sqrt(V), eps1)``,
    ``w -= max(eps2, rms(w)) min(lr, 1 / sqrt(t)) * u / max(1, rms(u) / d)``, after ``w -= lr * weight_decay * w``.
    More than two dimensions are a stack of matrices, of the last two.

    Args:
        params: tensors, or dicts with tensors under "params" and options of their own.
        lr: largest relative step, at least 0; a number or a tensor of one.
        beta2_decay: power of the step's number that the means forget by, at most 0.
        eps: (eps1, eps2), at least 0; None stands for the precision of the parameter's dtype.
        d: largest root mean square of u, at least 1.
        weight_decay: share of the weights themselves that a step takes away, times lr; at least 0.
        foreach: accepted, without effect: there is one implementation.
        maximize: whether to climb.
        l1: L1 penalty, at least 0.

    Raises:
        ValueError: an option out of its range, or a complex parameter.
        TypeError: an option of a wrong type.

    Source: Shazeer & Stern, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, ICML 2018, algorithms 4 and 5.

    Example:
        >>> import autograd, optim
        >>> w = autograd.tensor([[1.0, 2.0]], requires_grad=True)
        >>> optimizer = optim.Adafactor([w], lr=0.1)
        >>> (w * w).sum().backward()
        >>> optimizer.step()
        >>> w.detach()
        tensor([[0.8419, 1.8419]], dtype=float32)
    """

    slots = ("row_var", "col_var", "variance")
    ranges = (Range("d", low=1, text="clipping threshold d (at least 1)"),)

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, beta2_decay: float = -0.8, eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0, weight_decay: float = 0.0, *, foreach: bool | None = None, maximize: bool = False, l1: float = 0,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "l1": l1,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        demand(group["beta2_decay"] <= 0, "beta2_decay (at most 0)", group["beta2_decay"])
        for name, eps in zip(("epsilon1", "epsilon2"), group["eps"], strict=True):
            demand((eps is None and name == "epsilon1") or eps >= 0, f"{name} value", eps)

    def check_parameter(self, p: Tensor) -> None:
        """Nothing yet: the step refuses a complex parameter."""

    def _parts(self, index: Any, params: Sequence[Tensor], group: dict[str, Any]) -> list[Part]:
        if any([p.dtype.kind == "c" for p in params]):
            raise ArgumentError("Adafactor does not support complex parameters")
        return super()._parts(index, params, group)

    def slots_of(self, group: dict[str, Any], p: Tensor) -> tuple[str, ...]:
        return self.slots[:2] if p.array.ndim > 1 else self.slots[2:]

    def slot_shape(self, name: str, p: Tensor) -> tuple[int, ...]:
        shape = p.array.shape
        return {"row_var": (*shape[:-1], 1), "col_var": (*shape[:-2], 1, *shape[-1:])}.get(name, shape)

    def update(self, w: np.ndarray, g: np.ndarray, s: dict[str, np.ndarray], group: dict[str, Any], step: int) -> Update:
        share = step ** group["beta2_decay"]
        eps1, eps2 = group["eps"]
        eps1 = float(np.finfo(w.dtype).eps) if eps1 is None else eps1
        square = g * g
        if g.ndim > 1:
            rows = s["row_var"] + share * (square.mean(axis=-1, keepdims=True) - s["row_var"])
            columns = s["col_var"] + share * (square.mean(axis=-2, keepdims=True) - s["col_var"])
            new = {"row_var": rows, "col_var": columns}
            v = rows @ columns / np.maximum(rows.mean(axis=-2, keepdims=True), eps1)
        else:
            v = s["variance"] + share * (square - s["variance"])
            new = {"variance": v}
        u = g / np.sqrt(np.maximum(v, eps1 * eps1))
        # The weights shrink only after their size is taken.
        length = max(eps2, root_mean_square(w)) * min(group["lr"], step**-0.5)
        return (length / max(1.0, root_mean_square(u) / group["d"])) * u, new


def root_mean_square(x: np.ndarray) -> float:
    """The root of the mean square; 0 for an empty array."""
    return float(np.sqrt(np.mean(x * x))) if x.size else 0.0
