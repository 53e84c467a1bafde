"""Schedulers that multiply the learning rate by a factor."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from autograd.types import Tensor

from ..optimizer import Optimizer
from ..options import number
from .scheduler import LRScheduler, attributes, demand_optimizer

Factor = Callable[[int], float]


class _Functions(LRScheduler):
    """The base class of schedulers that are made of functions."""

    _left_out = ("optimizer", "lr_lambdas")

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1) -> None:
        demand_optimizer(optimizer)
        count = len(optimizer.param_groups)
        given = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda] * count
        if len(given) != count:
            raise ValueError(f"Expected {count} lr_lambdas, but got {len(given)}: one per parameter group")
        for function in given:
            if not callable(function):
                raise TypeError(f"lr_lambda should be a function, but got {type(function).__name__}")
        self.lr_lambdas = given
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer and functions. Of a callable object it has the attributes."""
        return {**super().state_dict(), "lr_lambdas": [attributes(f) for f in self.lr_lambdas]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state that ``state_dict`` returned. Functions stay as they are; callable objects get their attributes back."""
        self.check_state(state_dict)
        self.__dict__.update({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for function, saved in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if saved is not None:
                vars(function).update(saved)


class LambdaLR(_Functions):
    """The initial learning rate times a function of the epoch.

    Formula: ``lr_t = lr_0 * lr_lambda(t)``

    Args:
        optimizer: the optimizer whose learning rates are set.
        lr_lambda: a function of the epoch, or one per group.
        last_epoch: the epoch to resume from; -1 starts anew.

    Raises:
        ValueError: another number of functions than groups. TypeError: something that is no function.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.lr_scheduler.LambdaLR(optimizer, lambda t: 1 / (1 + t))
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``."""
        self._within_step()
        return [number(base) * f(self.last_epoch) for f, base in zip(self.lr_lambdas, self.base_lrs, strict=True)]


class MultiplicativeLR(_Functions):
    """The learning rate times a function of the epoch, at each step.

    Formula: ``lr_t = lr_(t-1) * lr_lambda(t)``

    Args:
        optimizer: the optimizer whose learning rates are set.
        lr_lambda: a function of the epoch, or one per group.
        last_epoch: the epoch to resume from; -1 starts anew.

    Raises:
        ValueError: another number of functions than groups. TypeError: something that is no function.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.lr_scheduler.MultiplicativeLR(optimizer, lambda t: 0.5)
        >>> for _ in range(3):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.125]
    """

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``."""
        self._within_step()
        if self._is_initial:
            return self._rates()
        return [number(rate) * f(self.last_epoch) for f, rate in zip(self.lr_lambdas, self._rates(), strict=True)]


class StepLR(LRScheduler):
    """The learning rate times gamma, every step_size epochs.

    Formula: ``lr_t = lr_0 * gamma^floor(t / step_size)``

    Args:
        optimizer: the optimizer whose learning rates are set.
        step_size: epochs, at least 1.
        gamma: factor.
        last_epoch: the epoch to resume from; -1 starts anew.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
        >>> for _ in range(5):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size < 1:
            raise ValueError(f"Expected step_size of at least 1, but got {step_size}")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``."""
        self._within_step()
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return self._rates()
        return self._times(self.gamma)

    def _get_closed_form_lr(self) -> list[Any]:
        return [number(base) * self.gamma ** (self.last_epoch // self.step_size) for base in self.base_lrs]


class MultiStepLR(LRScheduler):
    """The learning rate times gamma at each milestone.

    Formula: ``lr_t = lr_0 * gamma^(number of milestones <= t)``

    Args:
        optimizer: the optimizer whose learning rates are set.
        milestones: epochs; one that is given twice counts twice.
        gamma: factor.
        last_epoch: the epoch to resume from; -1 starts anew.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[2, 3], gamma=0.5)
        >>> for _ in range(5):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``."""
        self._within_step()
        if self.last_epoch not in self.milestones:
            return self._rates()
        return self._times(self.gamma ** self.milestones[self.last_epoch])

    def _get_closed_form_lr(self) -> list[Any]:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [number(base) * self.gamma**passed for base in self.base_lrs]


class ConstantLR(LRScheduler):
    """A part of the learning rate for the first epochs, then all of it.

    Formula: ``lr_t = lr_0 * factor`` for ``t < total_iters``, then ``lr_0``

    Args:
        optimizer: the optimizer whose learning rates are set.
        factor: in (0, 1].
        total_iters: epochs.
        last_epoch: the epoch to resume from; -1 starts anew.

    Raises:
        ValueError: a factor out of its range.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> optim.lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=4).get_last_lr()
        [0.5]
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        if not 0 < factor <= 1:
            # At 0 the rate could never come back: it is multiplied by 1 / factor.
            raise ValueError(f"Constant multiplicative factor expected to be greater than 0 and at most 1, but got {factor}")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``."""
        self._within_step()
        if self.last_epoch == 0:
            return self._times(self.factor)
        return self._times(1 / self.factor) if self.last_epoch == self.total_iters else self._rates()

    def _get_closed_form_lr(self) -> list[Any]:
        factor = 1 if self.last_epoch >= self.total_iters else self.factor
        return [number(base) * factor for base in self.base_lrs]


class LinearLR(LRScheduler):
    """A part of the learning rate that grows, or shrinks, linearly: a warm-up.

    Formula: ``lr_t = lr_0 * (start_factor + (end_factor - start_factor) * min(t, total_iters) / total_iters)``

    Args:
        optimizer: the optimizer whose learning rates are set.
        start_factor: in (0, 1].
        end_factor: in [0, 1].
        total_iters: epochs until the end.
        last_epoch: the epoch to resume from; -1 starts anew.

    Raises:
        ValueError: a factor out of its range.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=4)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.625]
    """

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1.0 / 3, end_factor: float = 1.0, total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if not 0 < start_factor <= 1:
            raise ValueError(f"Starting multiplicative factor expected to be greater than 0 and at most 1, but got {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"Ending multiplicative factor expected to be between 0 and 1, but got {end_factor}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``."""
        self._within_step()
        if self.last_epoch == 0:
            return self._times(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._rates()
        rise = self.end_factor - self.start_factor
        # From one epoch's factor to the next one's.
        return self._times(1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise))

    def _get_closed_form_lr(self) -> list[Any]:
        part = min(self.total_iters, self.last_epoch) / self.total_iters
        return [number(base) * (self.start_factor + (self.end_factor - self.start_factor) * part) for base in self.base_lrs]


class ExponentialLR(LRScheduler):
    """The learning rate times gamma at each epoch.

    Formula: ``lr_t = lr_0 * gamma^t``

    Args:
        optimizer: the optimizer whose learning rates are set.
        gamma: factor.
        last_epoch: the epoch to resume from; -1 starts anew.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.5]
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``."""
        self._within_step()
        return self._rates() if self._is_initial else self._times(self.gamma)

    def _get_closed_form_lr(self) -> list[Any]:
        return [number(base) * self.gamma**self.last_epoch for base in self.base_lrs]


class PolynomialLR(LRScheduler):
    """The learning rate falls to 0 as a power.

    Formula: ``lr_t = lr_0 * (1 - min(t, total_iters) / total_iters)^power``

    Args:
        optimizer: the optimizer whose learning rates are set.
        total_iters: epochs until 0.
        power: of the fall.
        last_epoch: the epoch to resume from; -1 starts anew.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4, power=2.0)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``."""
        self._within_step()
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._rates()
        now, before = (1 - t / self.total_iters for t in (self.last_epoch, self.last_epoch - 1))
        return self._times((now / before) ** self.power)

    def _get_closed_form_lr(self) -> list[Any]:
        left = 1 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [number(base) * left**self.power for base in self.base_lrs]
