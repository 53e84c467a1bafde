"""Averages of weights along the way: stochastic weight averaging and exponential moving averages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from itertools import chain
from math import cos, pi
from typing import Any

import numpy as np

from autograd import Tensor, no_grad
from autograd.engine import memory
from autograd.engine.graph import make
from autograd.types import AnyModule, Device

from .lr_scheduler.scheduler import LRScheduler, per_group
from .optimizer import Optimizer
from .options import number

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Average = Callable[[Any, Any, Any], Any]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """The rule of an exponential moving average: ``decay * average + (1 - decay) * weights``.

    Args:
        decay: in [0, 1].

    Raises:
        ValueError: a decay out of its range.

    Example:
        >>> import autograd, optim
        >>> optim.swa_utils.get_ema_avg_fn(0.75)(autograd.tensor([4.0]), autograd.tensor([8.0]), 1)
        tensor([5.], dtype=float32)
    """
    _demand_decay(decay)

    def average(averaged: Any, current: Any, num_averaged: Any) -> Any:
        return decay * averaged + (1 - decay) * current

    return average


def get_swa_avg_fn() -> Average:
    """The rule of an equal mean of all models seen: ``average + (weights - average) / (n + 1)`` (Izmailov et al. 2018).

    Example:
        >>> import autograd, optim
        >>> optim.swa_utils.get_swa_avg_fn()(autograd.tensor([4.0]), autograd.tensor([8.0]), 3)
        tensor([5.], dtype=float32)
    """

    def average(averaged: Any, current: Any, num_averaged: Any) -> Any:
        return averaged + (current - averaged) / (float(num_averaged) + 1)

    return average


def get_ema_multi_avg_fn(decay: float = 0.999) -> Average:
    """As ``get_ema_avg_fn``, for lists of tensors, in place.

    Args:
        decay: in [0, 1].

    Raises:
        ValueError: a decay out of its range.

    Example:
        >>> import autograd, optim
        >>> averages = [autograd.tensor([4.0])]
        >>> optim.swa_utils.get_ema_multi_avg_fn(0.75)(averages, [autograd.tensor([8.0])], 1)
        >>> averages
        [tensor([5.], dtype=float32)]
    """
    return _for_lists(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> Average:
    """As ``get_swa_avg_fn``, for lists of tensors, in place.

    Example:
        >>> import autograd, optim
        >>> averages = [autograd.tensor([4.0])]
        >>> optim.swa_utils.get_swa_multi_avg_fn()(averages, [autograd.tensor([8.0])], 3)
        >>> averages
        [tensor([5.], dtype=float32)]
    """
    return _for_lists(get_swa_avg_fn())


def _demand_decay(decay: float) -> None:
    if not 0 <= decay <= 1:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def _for_lists(rule: Average) -> Average:
    def average(averaged: Any, current: Any, num_averaged: Any) -> None:
        with no_grad():
            for a, c in zip(averaged, current, strict=True):
                _write(a, rule(a.detach(), c.detach(), num_averaged))

    return average


def _write(t: Tensor, value: Any) -> None:
    """Put the value into the tensor's memory, in its dtype."""
    memory.write(t.array, value.array)


class AveragedModel:
    """A copy of a model whose weights are the average of those that the model had.

    It is called as the model is, has its ``parameters``, ``buffers``, ``modules``, ``train`` and ``eval``, and the state_dict
    keys of PyTorch's: "n_averaged" and those of the model after "module.".

    Args:
        model: any module with ``parameters()`` and ``buffers()``; it is copied.
        device: the CPU is the only device.
        avg_fn: makes a tensor of the average so far, the weights, and how many were averaged; by default their equal mean.
        multi_avg_fn: the same for lists of tensors, in place.
        use_buffers: average buffers too, and not only take over the last ones.

    Raises:
        ValueError: both avg_fn and multi_avg_fn, or a model with other parameters than the first.

    Source: Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, 2018; Polyak & Juditsky 1992.

    Example:
        >>> import autograd, nn, optim
        >>> model = nn.Linear(1, 1, bias=False)
        >>> averaged = optim.swa_utils.AveragedModel(model)
        >>> for value in (1.0, 2.0, 6.0):
        ...     model.weight.data = autograd.tensor([[value]])
        ...     averaged.update_parameters(model)
        >>> averaged(autograd.tensor([[1.0]])).item()
        3.0
    """

    def __init__(
        self, model: Any, device: Device | None = None, avg_fn: Average | None = None, multi_avg_fn: Average | None = None,
        use_buffers: bool = False,
    ) -> None:  # fmt: skip
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        self.n_averaged = make(np.array(0))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the averaged module."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Any) -> None:
        """Add the model's present weights to the average."""
        pairs = list(zip(_tensors(self.module, self.use_buffers), _tensors(model, self.use_buffers), strict=False))
        mine, theirs = ([t.array.shape for t in _tensors(m, self.use_buffers)] for m in (self.module, model))
        if mine != theirs:
            raise ValueError(f"the model's parameters are of shapes {theirs}, those of the average {mine}: another model?")
        count = int(self.n_averaged.array)
        if count == 0:
            for averaged, current in pairs:
                _write(averaged, current)
        elif self.avg_fn is not None:
            with no_grad():
                for averaged, current in pairs:
                    _write(averaged, self.avg_fn(averaged.detach(), current.detach(), self.n_averaged))
        else:
            rule = self.multi_avg_fn or get_swa_multi_avg_fn()
            by_dtype: dict[Any, list[tuple[Any, Any]]] = {}
            for pair in pairs:
                by_dtype.setdefault(pair[0].array.dtype, []).append(pair)
            for some in by_dtype.values():
                rule([a.detach() for a, _ in some], [c.detach() for _, c in some], self.n_averaged)
        if not self.use_buffers:
            for averaged, current in zip(self.module.buffers(), model.buffers(), strict=True):
                _write(averaged, current)
        self.n_averaged = make(np.array(count + 1))

    # ---------------------------------------------------------------------------------------------------------- as a module
    def parameters(self, recurse: bool = True) -> Iterator[Tensor]:
        """The averaged parameters."""
        return iter(self.module.parameters(recurse))

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """The averaged parameters with their names, which begin with "module."."""
        return ((f"module.{name}", p) for name, p in self.module.named_parameters())

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """How many models were averaged, and the module's buffers."""
        return chain([self.n_averaged], self.module.buffers(recurse))

    def modules(self) -> Iterator[Any]:
        """The averaged module and all within it."""
        return iter(self.module.modules())

    @property
    def training(self) -> bool:
        """Whether the averaged module is in training mode."""
        return bool(self.module.training)

    def train(self, mode: bool = True) -> AveragedModel:
        """Put the averaged module into training mode."""
        self.module.train(mode)
        return self

    def eval(self) -> AveragedModel:
        """Put the averaged module into evaluation mode."""
        return self.train(False)

    def state_dict(self) -> dict[str, Any]:
        """The count "n_averaged" and the module's state, with "module." before its keys."""
        return {"n_averaged": self.n_averaged, **{f"module.{key}": value for key, value in self.module.state_dict().items()}}

    def load_state_dict(self, state_dict: dict[str, Any], strict: bool = True) -> Any:
        """Load a state that ``state_dict`` returned."""
        if "n_averaged" not in state_dict:
            raise ValueError("this is no state_dict of an AveragedModel: it has no 'n_averaged'")
        inner = {key.removeprefix("module."): value for key, value in state_dict.items() if key != "n_averaged"}
        answer = self.module.load_state_dict(inner, strict)
        self.n_averaged = make(np.array(int(number(state_dict["n_averaged"]))))
        return answer

    def __repr__(self) -> str:
        return f"AveragedModel(\n  (module): {repr(self.module).replace(chr(10), chr(10) + '  ')}\n)"


def _tensors(model: Any, buffers: bool) -> Iterator[Any]:
    return chain(model.parameters(), model.buffers()) if buffers else iter(model.parameters())


def update_bn(loader: Iterable[Any], model: AnyModule, device: Device | None = None) -> None:
    """Compute the running means and variances of a model's batch norms anew, from all batches alike.

    Args:
        loader: batches; of a list or tuple the first is taken.
        model: in training or in evaluation mode.
        device: the CPU is the only device.

    Example:
        >>> import autograd, nn, optim
        >>> model = nn.BatchNorm1d(1)
        >>> optim.swa_utils.update_bn([autograd.tensor([[1.0], [3.0]]), autograd.tensor([[5.0], [7.0]])], model)
        >>> model.running_mean
        tensor([4.], dtype=float32)
    """
    net: Any = model  # with nn's modes, which the type does not ask of every model
    norms = [m for m in net.modules() if any(cls.__name__ == "_BatchNorm" for cls in type(m).__mro__)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    training = net.training
    try:
        net.train()
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the equal mean of all batches
        with no_grad():
            for batch in loader:
                net(batch[0] if isinstance(batch, list | tuple) else batch)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        net.train(training)


class SWALR(LRScheduler):
    """The learning rate goes to a constant within some epochs, along half a cosine or a line; at that rate weights are averaged.

    Formula: ``lr_t = a swa_lr + (1 - a) lr_0`` with ``a = (1 - cos(pi x)) / 2`` or ``a = x``, ``x = min(1, t / anneal_epochs)``

    Args:
        optimizer: the optimizer whose learning rates are set.
        swa_lr: the last rate, or one per group.
        anneal_epochs: at least 0.
        anneal_strategy: "cos" or "linear".
        last_epoch: the epoch to resume from; -1 starts anew.

    Raises:
        ValueError: an option out of its range.

    Example:
        >>> import autograd, optim
        >>> optimizer = optim.SGD([autograd.zeros(1, requires_grad=True)], lr=1.0)
        >>> scheduler = optim.swa_utils.SWALR(optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
        >>> optimizer.step()
        >>> scheduler.step()
        >>> scheduler.get_last_lr()
        [0.75]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        for group, rate in zip(optimizer.param_groups, per_group("swa_lr", optimizer, swa_lr), strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, epoch: int) -> float:
        """The weight a of swa_lr in the formula at ``last_epoch``."""
        part = max(0.0, min(1.0, epoch / max(1, self.anneal_epochs)))
        return (1 - cos(pi * part)) / 2 if self._anneal_strategy == "cos" else part

    def get_lr(self) -> list[float | Tensor]:
        """The learning rate of each group at ``last_epoch``."""
        self._within_step()
        epoch = self._step_count - 1
        if self.anneal_epochs == 0:
            epoch = max(1, epoch)
        before, now = self._share(epoch - 1), self._share(epoch)
        rates = []
        for group in self.optimizer.param_groups:
            rate, last = number(group["lr"]), number(group["swa_lr"])
            first = last if before == 1 else (rate - before * last) / (1 - before)
            rates.append(last * now + first * (1 - now))
        return rates
