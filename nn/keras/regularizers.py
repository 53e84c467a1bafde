"""Penalties on weights and activities by Keras's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.types import Tensor

from .lookup import Named, resolved


class L1L2:
    """l1 sum(|w|) + l2 sum(w^2).

    Example:
        >>> import autograd
        >>> from nn import keras
        >>> keras.regularizers.L1L2(l1=1.0, l2=0.5)(autograd.tensor([-2.0, 1.0])).item()
        5.5
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = float(l1 or 0), float(l2 or 0)

    def __call__(self, x: Tensor) -> Tensor:
        """The penalty, a tensor of one number."""
        total: Any = 0.0
        if self.l1:
            total = total + self.l1 * x.abs().sum()
        if self.l2:
            total = total + self.l2 * (x * x).sum()
        return total

    def get_config(self) -> dict[str, Any]:
        """What ``get`` makes it of again."""
        return {"class_name": "L1L2", "config": {"l1": self.l1, "l2": self.l2}}


class L1(L1L2):
    """l1 sum(|w|)."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """l2 sum(w^2)."""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


KNOWN: dict[str, Any] = {
    "l1": L1, "l2": L2, "l1_l2": lambda l1=0.01, l2=0.01: L1L2(l1, l2), "L1": L1, "L2": L2, "L1L2": L1L2, "l1l2": L1L2,
}  # fmt: skip
l1, l2 = L1, L2


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """l1 sum(|w|) + l2 sum(w^2)."""
    return L1L2(l1, l2)


def get(regularizer: Named | None) -> Callable[[Tensor], Tensor] | None:
    """A regulariser by its name, or None.

    Raises:
        ArgumentError: no regulariser has this name.
    """
    if regularizer == "l1_l2":
        return L1L2(0.01, 0.01)
    return None if regularizer is None else resolved("regularizer", regularizer, KNOWN)
