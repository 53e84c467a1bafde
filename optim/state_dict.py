"""Reading the state_dict of an optimizer: all of it is checked and copied before the optimizer takes any of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Tensor
from autograd.engine.graph import make

from .options import NUMBERS

if TYPE_CHECKING:
    from .optimizer import Optimizer

# Options that a loaded group may lack: PyTorch has no l1, and state_dicts of older versions lack the others.
OPTIONAL = {"l1", "maximize", "foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay"}

Loaded = tuple[dict[Any, dict[str, Any]], list[dict[str, Any]]]


def read(optimizer: Optimizer, state_dict: Mapping[str, Any]) -> Loaded:
    """The state and the options that a state_dict holds for an optimizer, copied.

    Args:
        optimizer: the optimizer that is to have them; it is not changed.
        state_dict: as ``state_dict()`` returns it, of the same class of optimizer.

    Returns:
        The states by parameter (by their own key where they belong to no parameter), and the new options of each group.

    Raises:
        ValueError: everything in the state_dict that the optimizer could not use, in one text.
    """
    groups = _groups(optimizer, state_dict)
    wrong: list[str] = []
    owner: dict[Any, Tensor] = {}
    group_of: dict[Any, dict[str, Any]] = {}
    for i, (new, old) in enumerate(zip(groups, optimizer.param_groups, strict=True)):
        if len(new["params"]) != len(old["params"]):
            wrong.append(f"group {i} has {len(new['params'])} parameters, not {len(old['params'])}")
        missing = optimizer.defaults.keys() - new.keys() - OPTIONAL
        options = {**optimizer.defaults, **new}
        if missing:
            wrong.append(f"group {i} lacks {', '.join(sorted(missing))}: is it another optimizer's?")
        else:
            try:
                optimizer.check_options(options)
            except Exception as error:
                wrong.append(f"group {i}: {error}")
        owner.update(zip(new["params"], old["params"], strict=False))
        group_of.update(dict.fromkeys(new["params"], options))
    states = state_dict["state"]
    if not wrong:
        for n, own in states.items():
            if n in owner:
                faults = optimizer.state_faults(owner[n], own, group_of[n]) if isinstance(own, Mapping) else _no_dict(own)
                wrong += [f"parameter {n}: {text}" for text in faults]
            elif not isinstance(n, str):
                # No parameter has this number. A name may hold values that belong to no parameter, as in PyTorch.
                wrong.append(f"there is no parameter {n}")
    if wrong:
        name = type(optimizer).__name__
        raise ValueError(f"{name} cannot load this state_dict, nothing was changed:\n  " + "\n  ".join(wrong))
    taken: dict[Any, dict[str, Any]] = {}
    for n, own in states.items():
        if n in owner:
            taken[owner[n]] = {k: _taken(k, v, owner[n], optimizer.slots) for k, v in own.items()}
        else:
            taken[n] = deepcopy(own)
    return taken, [{k: deepcopy(v) for k, v in new.items() if k != "params"} for new in groups]


def _groups(optimizer: Optimizer, state_dict: Any) -> list[dict[str, Any]]:
    """The groups of a state_dict, if it has the layout of one and as many groups as the optimizer."""
    for key, kind in (("state", Mapping), ("param_groups", list | tuple)):
        if not isinstance(state_dict, Mapping) or key not in state_dict:
            raise ValueError(f"this is no state_dict of an optimizer: it has no {key!r}")
        if not isinstance(state_dict[key], kind):
            raise ValueError(f"this is no state_dict of an optimizer: its {key!r} is a {type(state_dict[key]).__name__}")
    groups = list(state_dict["param_groups"])
    for i, group in enumerate(groups):
        if not isinstance(group, Mapping) or not isinstance(group.get("params"), list | tuple):
            raise ValueError(f"this is no state_dict of an optimizer: group {i} is no dict with a list under 'params'")
        if not all(isinstance(n, int | str) for n in group["params"]):
            raise ValueError(f"this is no state_dict of an optimizer: the 'params' of group {i} are not numbers")
    if len(groups) != len(optimizer.param_groups):
        raise ValueError(
            f"loaded state dict has a different number of parameter groups: {len(groups)}, not {len(optimizer.param_groups)}; "
            f"nothing was changed"
        )
    return groups


def _no_dict(value: Any) -> list[str]:
    return [f"its state is a {type(value).__name__}, not a dict"]


def array_faults(name: str, value: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Iterable[str]:
    """Why a value cannot be an array of the state with this shape, of a parameter with this dtype: nothing if it can."""
    array = getattr(value, "array", value)
    if not isinstance(array, np.ndarray | np.generic):
        yield f"{name!r} is a {type(value).__name__}, not a tensor"
    elif array.shape != shape:
        yield f"{name!r} has shape {array.shape}, not {shape}"
    elif array.dtype.kind not in "fiub" and not (array.dtype.kind == dtype.kind == "c"):
        yield f"{name!r} is {array.dtype}, and the parameter is {dtype}"


def scalar_faults(name: str, value: object, low: float) -> Iterable[str]:
    """Why a value cannot be a number of the state: nothing if it can."""
    array = getattr(value, "array", value)
    if isinstance(array, np.ndarray) and array.size == 1 and array.dtype.kind in "fiu":
        array = array.item()
    if isinstance(array, bool) or not isinstance(array, NUMBERS):
        yield f"{name!r} is {value!r}, not a number"
    elif not (isfinite(array) and array >= low):
        yield f"{name!r} is {array}, not a finite number of at least {low:g}"


def _taken(name: str, value: Any, p: Tensor, slots: tuple[str, ...]) -> Any:
    """A loaded state of a parameter, copied. Arrays become tensors of the parameter's dtype; step counts keep theirs."""
    if isinstance(value, list | tuple):
        return type(value)(_taken(name, v, p, slots) for v in value)
    array = getattr(value, "array", value)
    if not hasattr(array, "shape"):
        return make(np.array(value, np.float32)) if name == "step" and isinstance(value, int | float) else deepcopy(value)
    array = np.array(array)
    return make(array.astype(p.dtype, copy=False) if array.ndim or (not p.array.ndim and name in slots) else array)
