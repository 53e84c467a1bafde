"""Cosines (Loshchilov & Hutter 2017), with restarts or without."""

from __future__ import annotations

from math import cos, floor, log, pi
from typing import Any

from autograd.types import Tensor

from ..optimizer import Optimizer
from ..options import number
from .scheduler import LRScheduler, demand_epoch, put, values


class CosineAnnealingLR(LRScheduler):
    """The learning rate falls to eta_min along half a cosine, and rises again beyond T_max.

    Formula: ``lr_t = eta_min + (lr_0 - eta_min) (1 + cos(pi t / T_max)) / 2``

    Args:
        optimizer: the optimizer whose learning rates are set.
        T_max: epochs until eta_min.
        eta_min: smallest rate.
        last_epoch: the epoch to resume from; -1 starts anew.

    Source: Loshchilov & Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017, equation 5.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> print(f"{scheduler.get_last_lr()[0]:.3f}")
        0.500
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``."""
        self._within_step()
        low, t, period = self.eta_min, self.last_epoch, self.T_max
        if self._is_initial:
            return self._rates()
        if self._step_count == 1 and t > 0:
            return self._get_closed_form_lr()
        if (t - 1 - period) % (2 * period) == 0:
            # From a rate of eta_min, no factor leads to another rate; so the formula is used itself.
            rise = (1 - cos(pi / period)) / 2
            return [number(rate) + (number(base) - low) * rise for rate, base in zip(self._rates(), self.base_lrs, strict=True)]
        ratio = (1 + cos(pi * t / period)) / (1 + cos(pi * (t - 1) / period))
        return [ratio * (number(rate) - low) + low for rate in self._rates()]

    def _get_closed_form_lr(self) -> list[Any]:
        height = (1 + cos(pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (number(base) - self.eta_min) * height for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """The learning rate falls along half a cosine again and again, each time T_mult times as long.

    Formula: ``lr_t = eta_min + (lr_0 - eta_min) (1 + cos(pi T_cur / T_i)) / 2`` with T_cur epochs since the last restart and T_i
    until the next

    Args:
        optimizer: the optimizer whose learning rates are set.
        T_0: epochs until the first restart, at least 1.
        T_mult: how many times longer each period is than the last, at least 1.
        eta_min: smallest rate.
        last_epoch: the epoch to resume from; -1 starts anew.

    Raises:
        ValueError: T_0 or T_mult that is no integer of at least 1, or eta_min that is no number.

    Source: Loshchilov & Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2017.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [1.0]
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        if not isinstance(T_0, int) or T_0 <= 0:
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if not isinstance(T_mult, int) or T_mult < 1:
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, int | float):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min).__name__}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``."""
        self._within_step()
        height = (1 + cos(pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (number(base) - self.eta_min) * height for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch, or to the one given, which may lie between two: ``step(epoch + i / iterations)``.

        Args:
            epoch: the epoch to go to, at least 0.

        Raises:
            TypeError: an epoch that is no number. ValueError: a negative one.
        """
        demand_epoch(epoch)
        with self._restored_on_error():
            self._go_to(epoch)

    def _go_to(self, epoch: float | None) -> None:
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = 0 if epoch is None else epoch
            if epoch < 0:
                raise ValueError(f"Expected non-negative epoch, but got {epoch}")
            self.T_cur, self.T_i = epoch, self.T_0
            if epoch >= self.T_0 and self.T_mult == 1:
                self.T_cur = epoch % self.T_0
            elif epoch >= self.T_0:
                # The periods are a geometric series; n of them have passed.
                n = int(log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
                self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
                self.T_i = self.T_0 * self.T_mult**n
        self.last_epoch = floor(epoch)
        self._get_lr_called_within_step = True
        try:
            rates = self.get_lr()
        finally:
            self._get_lr_called_within_step = False
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            put(group, "lr", rate)
        self._last_lr = values(self.optimizer, "lr")
