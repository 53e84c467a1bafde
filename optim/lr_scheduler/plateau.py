"""A scheduler that lowers the learning rate when a metric no longer improves."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import inf

from autograd.types import Tensor

from ..optimizer import Optimizer
from ..options import number
from .scheduler import EPOCH_DEPRECATION_WARNING, LRScheduler, demand_epoch, demand_optimizer, per_group, put, values


class ReduceLROnPlateau(LRScheduler):
    """The learning rate times factor when a metric has not become better for more than patience epochs.

    Better is ``metric < best * (1 - threshold)`` (mode "min", "rel") or ``metric < best - threshold`` ("abs"); with mode "max"
    ``>`` and ``+``.

    Args:
        optimizer: the optimizer whose learning rates are set.
        mode: "min" or "max".
        factor: below 1.
        patience: epochs without a better metric that are borne.
        threshold, threshold_mode: "rel" or "abs", see above.
        cooldown: epochs after a change in which none are counted.
        min_lr: smallest rate, or one per group.
        eps: a smaller change is not made.

    Raises:
        ValueError: an option out of its range. TypeError: no optimizer.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        >>> for loss in (3.0, 2.0, 2.0, 2.0):
        ...     optimizer.step()
        ...     scheduler.step(loss)
        >>> scheduler.get_last_lr()
        [0.5]
    """

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10, threshold: float = 1e-4,
        threshold_mode: str = "rel", cooldown: int = 0, min_lr: float | Sequence[float] = 0, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        demand_optimizer(optimizer)
        if factor >= 1.0:
            raise ValueError(f"Factor should be < 1.0, but got {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode} is unknown: 'min' or 'max'")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode} is unknown: 'rel' or 'abs'")
        self.optimizer = optimizer
        self.factor = factor
        self.min_lrs = per_group("min_lr", optimizer, min_lr)
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.mode_worse = inf if mode == "min" else -inf
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0
        self.last_epoch = 0
        self._last_lr = values(optimizer, "lr")

    @property
    def in_cooldown(self) -> bool:
        """Whether the scheduler waits after a reduction, and does not count epochs without improvement."""
        return self.cooldown_counter > 0

    def is_better(self, a: float, best: float) -> bool:
        """Whether a metric is better than the best so far, by more than the threshold."""
        sign = 1 if self.mode == "max" else -1
        bar = best * (1 + sign * self.threshold) if self.threshold_mode == "rel" else best + sign * self.threshold
        return a > bar if self.mode == "max" else a < bar

    def step(self, metrics: float | Tensor, epoch: int | None = None) -> None:  # type: ignore[override]
        """Take the metric of an epoch, and lower the learning rates if it has not improved for too long.

        Args:
            metrics: a number or a tensor of one.
            epoch: its number; deprecated, as in PyTorch.
        """
        current = float(metrics.detach()) if hasattr(metrics, "detach") else float(metrics)
        demand_epoch(epoch)
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        with self._restored_on_error():
            self._look_at(current, epoch)

    def _look_at(self, current: float, epoch: int | None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.is_better(current, self.best):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = values(self.optimizer, "lr")

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"The number of param groups in the `optimizer` ({len(groups)}) differs from when `ReduceLROnPlateau` was "
                    f"initialized ({len(self.min_lrs)}), usually due to a new param group being added to the optimizer: set "
                    f"`min_lrs` anew"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, least in zip(groups, self.min_lrs, strict=True):
            old = float(number(group["lr"]))
            new = max(old * self.factor, number(least))
            if old - new > self.eps:
                put(group, "lr", new)
