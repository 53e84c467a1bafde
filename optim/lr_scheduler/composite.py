"""Schedulers made of schedulers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from ..optimizer import Optimizer
from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler, copied, put, values


class _Combined(LRScheduler):
    """The base class of schedulers that are made of other schedulers. Its state is that of its parts."""

    _left_out = ("optimizer", "_schedulers")
    _schedulers: list[Any]

    def _take(self, optimizer: Optimizer | None, schedulers: Sequence[Any]) -> None:
        name = type(self).__name__
        if len(schedulers) < 1:
            raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
        for i, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"{name} at index {i} should have `optimizer` as its attribute: it is a {type(scheduler).__name__}")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(f"{name} does not support `ReduceLROnPlateau`, whose step needs a metric: see index {i}")
            if scheduler.optimizer is not (optimizer or schedulers[0].optimizer):
                raise ValueError(f"{name} expects all schedulers to belong to the same optimizer: not so at index {i}")
        self._schedulers = list(schedulers)
        self.optimizer = optimizer or schedulers[0].optimizer

    def _members(self) -> Iterator[LRScheduler]:
        yield self
        for scheduler in self._schedulers:
            yield from scheduler._members()

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the first learning rate, when this scheduler's turn within another one has come."""
        for group in self.optimizer.param_groups:
            put(group, "lr", copied(group["initial_lr"]))
        if hasattr(self, "last_epoch"):
            self.last_epoch = 0
        _rewind(self)
        self._initial_step()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of this scheduler and of its parts."""
        return {**super().state_dict(), "_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state that ``state_dict`` returned. Nothing is changed if a part does not fit."""
        self.check_state(state_dict)
        parts = state_dict.get("_schedulers", [])
        if len(parts) != len(self._schedulers):
            raise ValueError(f"{type(self).__name__} of {len(self._schedulers)} schedulers cannot load the state of {len(parts)}")
        for scheduler, part in zip(self._schedulers, parts, strict=True):
            scheduler.check_state(part)
        self.__dict__.update({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for scheduler, part in zip(self._schedulers, parts, strict=True):
            scheduler.load_state_dict(part)


class SequentialLR(_Combined):
    """One scheduler after the other, such as a warm-up and then a decay.

    Args:
        optimizer: the optimizer whose learning rates are set.
        schedulers: schedulers of this optimizer, in order.
        milestones: the epochs at which the next one takes over, one less than schedulers; it then starts at its own epoch 0.
        last_epoch: the epoch to resume from; -1 starts anew.

    Raises:
        ValueError: schedulers of another optimizer, a ReduceLROnPlateau, or another number of milestones.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> warm = optim.lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
        >>> fall = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
        >>> scheduler = optim.lr_scheduler.SequentialLR(optimizer, [warm, fall], milestones=[2])
        >>> rates = []
        >>> for _ in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [0.5, 0.75, 1.0, 0.5]
    """

    def __init__(self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1) -> None:
        self._take(optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"Sequential Schedulers expects number of schedulers provided to be one more than the number of milestone points, "
                f"but got number of schedulers {len(schedulers)} and the number of milestones to be equal to {len(milestones)}"
            )
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        # Each scheduler has made its first step when it was made: take that back, and make the first one's again.
        for group in optimizer.param_groups:
            put(group, "lr", copied(group["initial_lr"]))
        _rewind(self)
        self._initial_step()

    def _initial_step(self) -> None:
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self, epoch: int | None = None) -> None:
        """Step the scheduler whose turn it is."""
        with self._restored_on_error():
            self.last_epoch += 1
            turn = bisect_right(self._milestones, self.last_epoch)
            scheduler = self._schedulers[turn]
            if turn > 0 and self._milestones[turn - 1] == self.last_epoch:
                scheduler._update_lr(0)
            else:
                scheduler.step()
            self._last_lr = scheduler.get_last_lr()


def _rewind(scheduler: Any) -> None:
    """Put the schedulers that it is made of before their first step."""
    for part in scheduler._schedulers:
        if hasattr(part, "_schedulers"):
            if hasattr(part, "last_epoch"):
                part.last_epoch = 0
            _rewind(part)
        else:
            part.last_epoch = -1


class ChainedScheduler(_Combined):
    """Several schedulers at once: each changes the learning rate that the one before it has set.

    Args:
        schedulers: the schedulers, all of one optimizer.
        optimizer: that optimizer; it may be left out.

    Raises:
        ValueError: schedulers of different optimizers, or a ReduceLROnPlateau.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> parts = [optim.lr_scheduler.ExponentialLR(optimizer, 0.5), optim.lr_scheduler.StepLR(optimizer, 2, 0.5)]
        >>> scheduler = optim.lr_scheduler.ChainedScheduler(parts)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.125]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._take(optimizer, schedulers)
        self._last_lr = values(self.optimizer, "lr")

    def _initial_step(self) -> None:
        for scheduler in self._schedulers:
            scheduler._initial_step()
        self._last_lr = values(self.optimizer, "lr")

    def step(self, epoch: int | None = None) -> None:
        """Step all of them."""
        with self._restored_on_error():
            for scheduler in self._schedulers:
                scheduler.step()
            self._last_lr = values(self.optimizer, "lr")
