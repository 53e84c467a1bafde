"""Learning rates that rise and fall while momentum falls and rises (Smith 2017, 2018)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, floor, pi
from typing import Any

from autograd.types import Tensor

from ..optimizer import Optimizer
from ..options import number
from .scheduler import LRScheduler, attributes, demand_optimizer, per_group, put


def _momentum_key(optimizer: Optimizer) -> bool:
    """Whether the momentum is the first of the betas."""
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError(
            f"optimizer must support momentum or beta1 with `cycle_momentum` option enabled, and {type(optimizer).__name__} "
            f"does not: pass cycle_momentum=False"
        )
    return "betas" in optimizer.defaults


def _put_momentum(group: dict[str, Any], use_beta1: bool, momentum: float) -> None:
    if use_beta1:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def _begin_momentum(optimizer: Optimizer, use_beta1: bool, high: list[Any], low: list[Any]) -> None:
    for group, most, least in zip(optimizer.param_groups, high, low, strict=True):
        _put_momentum(group, use_beta1, most)
        group["max_momentum"], group["base_momentum"] = most, least


class CyclicLR(LRScheduler):
    """The learning rate goes up and down between two bounds, in triangles; momentum the other way.

    Formula: ``cycle = floor(1 + t / T)``, h rises from 0 to 1 in step_size_up and falls back in step_size_down (T in all);
    ``lr_t = base_lr + (max_lr - base_lr) * h * scale``, ``momentum_t = max_momentum - (max_momentum - base_momentum) * h * scale``;
    scale is 1 ("triangular"), ``2^(1 - cycle)`` ("triangular2"), ``gamma^t`` ("exp_range") or ``scale_fn``.

    Args:
        optimizer: the optimizer whose learning rates are set; step the scheduler after every batch.
        base_lr, max_lr: bounds, or one per group.
        step_size_up, step_size_down: steps of the two sides; down is as long as up if not given.
        mode: "triangular", "triangular2" or "exp_range".
        gamma: of "exp_range".
        scale_fn: a function in place of mode.
        scale_mode: whether scale_fn takes the "cycle" or the "iterations".
        cycle_momentum: whether momentum (the first of betas) changes too.
        base_momentum, max_momentum: its bounds.
        last_epoch: the epoch to resume from; -1 starts anew.

    Raises:
        ValueError: an unknown mode, another number of bounds than groups, or an optimizer without momentum.

    Source: Smith, Cyclical Learning Rates for Training Neural Networks, 2017.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
        >>> scheduler = optim.lr_scheduler.CyclicLR(optimizer, base_lr=0.25, max_lr=0.75, step_size_up=2)
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.5]
    """

    _left_out = ("optimizer", "_scale_fn_custom")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        demand_optimizer(optimizer)
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError(f"mode {mode!r} is invalid and scale_fn is None: 'triangular', 'triangular2' or 'exp_range'")
        if scale_mode not in ("cycle", "iterations"):
            raise ValueError(f"scale_mode must be 'cycle' or 'iterations', but got {scale_mode!r}")
        down = step_size_up if step_size_down is None else step_size_down
        if step_size_up <= 0 or down <= 0:
            raise ValueError(f"step sizes must be positive, but got {step_size_up} up and {down} down")
        base_lrs = per_group("base_lr", optimizer, base_lr)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        self.total_size = float(step_size_up) + float(down)
        self.step_ratio = float(step_size_up) / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = _momentum_key(optimizer)
            self.base_momentums = per_group("base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group("max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                _begin_momentum(optimizer, self.use_beta1, self.max_momentums, self.base_momentums)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, base_lrs, strict=True):
                put(group, "lr", rate)
        self._lows = base_lrs
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The height of a triangle, of the cycle's number or of the iterations so far."""
        return self._scale_fn_ref(x)

    @property
    def _scale_fn_ref(self) -> Callable[[float], float]:
        """The function of the height: the user's, or that of the mode."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom
        scales = {"triangular": lambda x: 1.0, "triangular2": lambda x: 2.0 ** (1 - x), "exp_range": lambda x: self.gamma**x}
        return scales[self.mode]

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``; sets the momentum too."""
        self._within_step()
        passed = self.last_epoch / self.total_size
        cycle = floor(1 + passed)
        x = 1.0 + passed - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            bounds = zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
            for group, low, high in bounds:
                _put_momentum(group, self.use_beta1, high - (high - low) * height)
        lows = self._lows if self._is_initial else self.base_lrs
        return [number(low) + (number(high) - number(low)) * height for low, high in zip(lows, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer and a function. Of a callable object it has the attributes."""
        return {**super().state_dict(), "_scale_fn_custom": attributes(self._scale_fn_custom)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state that ``state_dict`` returned. A function stays as it is; a callable object gets its attributes back."""
        self.check_state(state_dict)
        self.__dict__.update({k: v for k, v in state_dict.items() if k != "_scale_fn_custom"})
        if state_dict.get("_scale_fn_custom") is not None:
            vars(self._scale_fn_custom).update(state_dict["_scale_fn_custom"])


class OneCycleLR(LRScheduler):
    """One cycle: up to max_lr and far down again, momentum the other way.

    Formula: from ``max_lr / div_factor`` to max_lr in ``pct_start * total_steps`` steps, then to
    ``max_lr / (div_factor * final_div_factor)``, each along half a cosine or a line; with three_phase back to the start first,
    in as many steps as the rise took.

    Args:
        optimizer: the optimizer whose learning rates are set; step the scheduler after every batch.
        max_lr: the peak, or one per group.
        total_steps: of the cycle; or epochs and steps_per_epoch.
        pct_start: share of the rise, a float in [0, 1].
        anneal_strategy: "cos" or "linear".
        cycle_momentum: whether momentum (the first of betas) changes too.
        base_momentum, max_momentum: its bounds.
        div_factor, final_div_factor: see above.
        three_phase: see above.
        last_epoch: the epoch to resume from; -1 starts anew.

    Raises:
        ValueError: no length, an option out of its range, an optimizer without momentum, or a step beyond total_steps.

    Source: Smith & Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates, 2018.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
        >>> scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10, pct_start=0.5)
        >>> for _ in range(4):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr(), optimizer.param_groups[0]["momentum"]
        ([1.0], 0.85)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        demand_optimizer(optimizer)
        if total_steps is None and (epochs is None or steps_per_epoch is None):
            raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
        lengths = {"epochs": epochs, "steps_per_epoch": steps_per_epoch} if total_steps is None else {"total_steps": total_steps}
        steps = 1
        for name, length in lengths.items():
            if not isinstance(length, int) or length <= 0:
                raise ValueError(f"Expected positive integer {name}, but got {length}")
            steps *= length
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        peaks = per_group("max_lr", optimizer, max_lr)
        lows, highs = per_group("base_momentum", optimizer, base_momentum), per_group("max_momentum", optimizer, max_momentum)
        self.total_steps = steps
        self._anneal_func_type = anneal_strategy
        # Where each phase ends, and the group's options it leads from and to.
        rise = (float(pct_start * steps) - 1, ("initial_lr", "max_lr"), ("max_momentum", "base_momentum"))
        if three_phase:
            back = (float(2 * pct_start * steps) - 2, ("max_lr", "initial_lr"), ("base_momentum", "max_momentum"))
            self._phases = [rise, back, (steps - 1, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum"))]
        else:
            self._phases = [rise, (steps - 1, ("max_lr", "min_lr"), ("base_momentum", "max_momentum"))]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1 = _momentum_key(optimizer)
            if last_epoch == -1:
                _begin_momentum(optimizer, self.use_beta1, highs, lows)
        if last_epoch == -1:
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["initial_lr"] = number(peak) / div_factor
                group["max_lr"] = number(peak)
                group["min_lr"] = group["initial_lr"] / final_div_factor
        super().__init__(optimizer, last_epoch)

    @staticmethod
    def _annealing_cos(start: float, end: float, part: float) -> float:
        return end + (start - end) / 2 * (1 + cos(pi * part))

    @staticmethod
    def _annealing_linear(start: float, end: float, part: float) -> float:
        return start + (end - start) * part

    def _between(self, start: float, end: float, part: float) -> float:
        between = self._annealing_linear if self._anneal_func_type == "linear" else self._annealing_cos
        return between(start, end, part)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state that ``state_dict`` returned, or an old one of PyTorch, which holds the function of anneal_strategy."""
        if "anneal_func" in state_dict:
            state_dict = dict(state_dict)
            name = getattr(state_dict.pop("anneal_func"), "__name__", "")
            state_dict["_anneal_func_type"] = "linear" if name.endswith("linear") else "cos"
            vars(self).setdefault("_anneal_func_type", "cos")
        super().load_state_dict(state_dict)

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``; sets the momentum too."""
        self._within_step()
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(
                f"Tried to step {t} times. The specified number of total steps is {self.total_steps}: step once per batch, or give "
                f"the number of batches as total_steps"
            )
        turn = next((i for i, phase in enumerate(self._phases) if t <= phase[0]), len(self._phases) - 1)
        begin = self._phases[turn - 1][0] if turn else 0.0
        end, rates, momenta = self._phases[turn]
        part = (t - begin) / (end - begin) if end != begin else 1.0
        new: list[float | Tensor] = []
        for group in self.optimizer.param_groups:
            new.append(self._between(number(group[rates[0]]), number(group[rates[1]]), part))
            if self.cycle_momentum:
                _put_momentum(group, self.use_beta1, self._between(group[momenta[0]], group[momenta[1]], part))
        return new
