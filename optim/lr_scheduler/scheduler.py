"""LRScheduler, the base of all schedulers: it sets the learning rates of an optimizer's groups at each of its steps."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from autograd import Tensor
from autograd.engine import memory
from autograd.engine.graph import make

from ..atomic import restored_on_error
from ..optimizer import Optimizer
from ..options import demand_number, number

EPOCH_DEPRECATION_WARNING = "the epoch parameter in `scheduler.step()` is deprecated: call `scheduler.step()`"


# What stood in the place of the class's ``step`` in each scheduler's optimizer when the scheduler was made: nothing, mostly.
_own_steps: WeakKeyDictionary[LRScheduler, Any] = WeakKeyDictionary()


class LRScheduler:
    """The base class of all schedulers. As in PyTorch, a subclass defines ``get_lr``, which returns a learning rate per group.

    Args:
        optimizer: the optimizer whose learning rates are set, at once and at each ``step()``.
        last_epoch: the epoch to resume from; -1 starts anew.

    Raises:
        TypeError: ``optimizer`` is no optimizer. KeyError: last_epoch is given, but the groups have no "initial_lr".

    Example:
        >>> import autograd, optim
        >>> class Halving(optim.lr_scheduler.LRScheduler):
        ...     def get_lr(self):
        ...         return [base / 2**self.last_epoch for base in self.base_lrs]
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = Halving(optimizer)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.25]
    """

    _get_lr_called_within_step = False
    _is_initial = False
    optimizer: Optimizer
    last_epoch: int
    base_lrs: list[Any]

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        demand_optimizer(optimizer)
        self.optimizer = optimizer
        _own_steps[self] = vars(optimizer).get("step")
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming a scheduler with "
                    f"last_epoch={last_epoch}: load the optimizer's state_dict first, or begin with last_epoch=-1"
                )
        self.base_lrs = values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``; it is asked for within ``step`` only."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_lr()")

    def get_last_lr(self) -> list[float | Tensor]:
        """The learning rates that were set last, one per group."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next learning rates; after ``optimizer.step()``.

        Args:
            epoch: the epoch to go to instead; deprecated, as in PyTorch.

        Raises:
            TypeError: an epoch that is no number. Whatever is raised, the scheduler and the learning rates stay as they were.
        """
        demand_epoch(epoch)
        if self._step_count == 1 and vars(self.optimizer).get("step") is not _own_steps.get(self):
            warnings.warn(
                "Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization: make the "
                "scheduler after it, so that it can tell whether `lr_scheduler.step()` comes first",
                UserWarning,
                stacklevel=2,
            )
        elif self._step_count == 1 and not getattr(self.optimizer, "_opt_called", True):
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: call them in the opposite order, or the first "
                "value of the learning rate schedule is skipped",
                UserWarning,
                stacklevel=2,
            )
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        with self._restored_on_error():
            self._step_count += 1
            self._update_lr(epoch)

    def _members(self) -> Iterator[LRScheduler]:
        """The scheduler, and those that it is made of."""
        yield self

    @contextmanager
    def _restored_on_error(self) -> Iterator[None]:
        """Put back the scheduler, its parts and the options of the groups if the block raises."""
        groups = self.optimizer.param_groups
        tensors = [(t, t.array.copy()) for group in groups for t in group.values() if isinstance(t, Tensor)]
        try:
            with restored_on_error(*groups, *map(vars, self._members())):
                yield
        except BaseException:
            for t, array in tensors:
                memory.write(t.array, array)
            raise

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._get_lr_called_within_step = True
        try:
            closed = getattr(self, "_get_closed_form_lr", None)
            rates = self.get_lr() if epoch is None or closed is None else closed()
        finally:
            self._get_lr_called_within_step = False
        if len(rates) != len(self.optimizer.param_groups):
            raise ValueError(
                f"{type(self).__name__} gives {len(rates)} learning rates and the optimizer has {len(self.optimizer.param_groups)} "
                f"groups: make the scheduler after the last add_param_group"
            )
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            put(group, "lr", rate)
        self._last_lr = values(self.optimizer, "lr")

    def _within_step(self) -> None:
        """Warn if get_lr is called from outside: it would compute the next rate from the last one once more."""
        if not self._get_lr_called_within_step:
            text = "To get the last learning rate computed by the scheduler, please use `get_last_lr()`"
            warnings.warn(text, UserWarning, stacklevel=3)

    def _rates(self) -> list[Any]:
        """The present learning rates of the groups."""
        return values(self.optimizer, "lr")

    def _times(self, factor: float) -> list[Any]:
        """The groups' learning rates times a factor."""
        return [number(rate) * factor for rate in self._rates()]

    # --------------------------------------------------------------------------------------------------------------- state
    _left_out: tuple[str, ...] = ("optimizer",)  # attributes that state_dict leaves out

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer. Functions are left out; of callable objects their attributes are kept."""
        return {key: value for key, value in self.__dict__.items() if key not in self._left_out}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state that ``state_dict`` returned. Nothing is changed if it is another scheduler's.

        Raises:
            ValueError: the state has other attributes than this scheduler, or another number of groups.
        """
        self.check_state(state_dict)
        self.__dict__.update(state_dict)

    def check_state(self, state_dict: dict[str, Any]) -> None:
        """Raise a ValueError unless a state has the attributes of this scheduler and the number of its groups."""
        mine, theirs = ({k for k in d if not k.startswith("_")} for d in (self.state_dict(), state_dict))
        wrong = []
        if mine - theirs:
            wrong.append(f"it lacks {', '.join(sorted(mine - theirs))}")
        if theirs - mine:
            wrong.append(f"it has {', '.join(sorted(theirs - mine))}, which {type(self).__name__} does not")
        if len(state_dict.get("base_lrs", [])) != len(getattr(self, "base_lrs", [])):
            wrong.append(f"it is for {len(state_dict.get('base_lrs', []))} groups, not {len(self.base_lrs)}")
        if wrong:
            raise ValueError(f"{type(self).__name__} cannot load this state_dict, nothing was changed: {'; '.join(wrong)}")


# ------------------------------------------------------------------------------------------------------------- small parts


def demand_epoch(epoch: object) -> None:
    """Raise unless it is None or a number."""
    if epoch is not None:
        demand_number("epoch", epoch)


def demand_optimizer(optimizer: object) -> None:
    """Raise unless it is an optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def copied(value: Any) -> Any:
    """The value, in memory of its own if it is a tensor."""
    return make(np.array(value.array)) if isinstance(value, Tensor) else value


def values(optimizer: Optimizer, key: str) -> list[Any]:
    """The values of an option, one for each group."""
    return [copied(group[key]) for group in optimizer.param_groups]


def put(group: dict[str, Any], key: str, value: Any) -> None:
    """Set an option; a tensor that holds it stays and gets the new value."""
    if isinstance(group[key], Tensor):
        memory.write(group[key].array, number(value))
    else:
        group[key] = value


def per_group(name: str, optimizer: Optimizer, value: float | Sequence[float]) -> list[Any]:
    """Return one value per group: the values of a list, or the same number for each group."""
    count = len(optimizer.param_groups)
    if isinstance(value, list | tuple):
        if len(value) != count:
            raise ValueError(f"{name} must have the same length as optimizer.param_groups: {len(value)} values for {count} groups")
        return [copied(v) for v in value]
    return [copied(value) for _ in range(count)]


def attributes(function: Callable[..., Any] | None) -> dict[str, Any] | None:
    """The attributes of a callable object, which a state_dict keeps; None for a function, of which it keeps nothing."""
    return None if function is None or isinstance(function, FunctionType) else dict(vars(function))
