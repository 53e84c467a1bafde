"""Let an optimizer work on other parameters and another state for the length of a ``with`` block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine import memory

from .optimizer import Optimizer


@contextmanager
def swap_in_optimizer_params_and_state(
    optimizer: Optimizer, swapin_parameters: Mapping[str, Tensor], swapin_optim_state: dict[str, Any]
) -> Iterator[None]:
    """Within the block the optimizer works on these parameters with this state; afterwards it has its own again.

    Args:
        optimizer: an optimizer that has made a step.
        swapin_parameters: names to tensors, in the order of the optimizer's parameters.
        swapin_optim_state: a state in the layout of ``state_dict()``. The block's steps change the tensors in it. Tensors and
            options that the block adds are forgotten.

    Raises:
        RuntimeError: an optimizer without state, or parameters and groups that do not fit it; nothing has been changed then.

    Example:
        >>> import autograd, copy, optim
        >>> w, other = (autograd.tensor([1.0], requires_grad=True) for _ in range(2))
        >>> sgd = optim.SGD([w], lr=0.5, momentum=0.9)
        >>> w.grad = other.grad = autograd.tensor([1.0])
        >>> sgd.step()
        >>> state = copy.deepcopy(sgd.state_dict())
        >>> with optim.swap_in_optimizer_params_and_state(sgd, {"w": other}, state):
        ...     sgd.step()
        >>> w.item(), other.item(), state["state"][0]["momentum_buffer"].item()
        (0.5, 0.050000011920928955, 1.899999976158142)
    """
    parameters = list(swapin_parameters.values())
    groups = _checked(optimizer, parameters, swapin_optim_state)
    states = swapin_optim_state["state"]
    owners = dict(zip([n for group in groups for n in group["params"]], parameters, strict=True))
    own_state, own_groups = optimizer.state, [dict(group) for group in optimizer.param_groups]
    try:
        for live, group in zip(optimizer.param_groups, groups, strict=True):
            live.update({**group, "params": [owners[n] for n in group["params"]]})
        optimizer.state = defaultdict(dict, {p: dict(states.get(n, {})) for n, p in owners.items()})
        yield
        _give_back(states, {n: optimizer.state[p] for n, p in owners.items()})
    finally:
        for live, group in zip(optimizer.param_groups, own_groups, strict=True):
            live.clear()
            live.update(group)
        optimizer.state = own_state


def _give_back(states: dict[Any, dict[str, Any]], own: dict[Any, dict[str, Any]]) -> None:
    """Copy the optimizer's state back into the caller's tensors, because the optimizer gathered it in memory of its own."""
    for n, lent in states.items():
        for name, value in lent.items():
            new = own.get(n, {}).get(name)
            if isinstance(value, Tensor) and isinstance(new, Tensor) and new is not value and new.shape == value.shape:
                with memory.writing(value.array):
                    np.copyto(value.array, new.array, casting="same_kind")


def _checked(optimizer: Optimizer, parameters: list[Tensor], state: Any) -> list[dict[str, Any]]:
    """The groups of the state, if they and the parameters fit the optimizer."""
    who = "swap_in_optimizer_params_and_state"
    if not optimizer.state:
        raise RuntimeError(f"{who} requires initialized optimizer state: make a step first")
    if not isinstance(state, dict) or not isinstance(state.get("state"), dict) or not isinstance(state.get("param_groups"), list):
        raise RuntimeError(f"{who} requires an optimizer.state_dict(): a dict with a dict 'state' and a list 'param_groups'")
    groups: list[dict[str, Any]] = state["param_groups"]
    if len(groups) != len(optimizer.param_groups):
        raise RuntimeError(f"{who}: {len(groups)} parameter groups for the {len(optimizer.param_groups)} of the optimizer")
    for i, (group, live) in enumerate(zip(groups, optimizer.param_groups, strict=True)):
        if not isinstance(group, dict) or not all(isinstance(n, int) for n in group.get("params", [None])):
            raise RuntimeError(f"{who}: param_groups[{i}] must be a dict whose 'params' are numbers, as state_dict() gives it")
        if len(group["params"]) != len(live["params"]):
            raise RuntimeError(f"{who}: group {i} has {len(group['params'])} parameters, not {len(live['params'])}")
        if group.keys() != live.keys():
            raise RuntimeError(f"{who}: the keys of group {i} differ: {', '.join(sorted(group.keys() ^ live.keys()))}")
    numbers = [n for group in groups for n in group["params"]]
    if len(numbers) != len(parameters) or len(set(numbers)) != len(numbers):
        raise RuntimeError(f"{who}: {len(parameters)} parameters for the {len(set(numbers))} of the state")
    for n, own in state["state"].items():
        if n not in numbers or not isinstance(own, dict):
            raise RuntimeError(f"{who}: the state has {n!r}: {type(own).__name__}, which must be a parameter's number and a dict")
    return groups
