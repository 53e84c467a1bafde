"""What every optimizer is: groups of parameters with options, state per parameter, hooks, and a step.

How a step is computed stands in two places: ``flat.py`` for optimizers that work number by number, which update a whole group
together, and ``each.py`` for those that need a parameter's shape.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from difflib import get_close_matches
from functools import wraps
from math import inf
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad
from autograd.engine.graph import make

from .hooks import OptimizerHooks

# Options that a loaded group may lack: a state_dict of PyTorch's, or of an older version, does not have them all.
OPTIONAL = {"l1", "maximize", "foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay"}


class Optimizer(OptimizerHooks):
    """Base of all optimizers. One of your own keeps its numbers in ``self.state[p]`` and defines ``step``, as in PyTorch.

    Args:
        params: tensors, or dicts with "params" and options of their own, or pairs (name, tensor).
        defaults: the options of groups that do not set them.

    Raises:
        ValueError: no parameters, a parameter twice, or an option out of its range.
        TypeError: something that is not a tensor, or an option of a wrong type.

    Example:
        >>> import autograd, optim
        >>> class SignDescent(optim.Optimizer):
        ...     def __init__(self, params, lr=0.1):
        ...         super().__init__(params, {"lr": lr})
        ...     @autograd.no_grad()
        ...     def step(self, closure=None):
        ...         for group in self.param_groups:
        ...             for p in group["params"]:
        ...                 p -= group["lr"] * p.grad.sign()
        >>> w = autograd.tensor([1.0, -2.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> SignDescent([w]).step()
        >>> w.detach()
        tensor([ 0.9000, -1.9000], dtype=float32)
    """

    slots: tuple[str, ...] = ()  # what is kept per number

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got a Tensor: "
                "put it in a list"
            )
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self._prepare()
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list: the model has no parameters, or a generator was used up")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _prepare(self) -> None:
        """What an optimizer has besides groups and state, and what a copy makes anew."""
        self._opt_called = False
        self._without_hooks()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # A step of the user's own runs the hooks too, and schedulers see that it ran.
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            cls.step = _hooked(cls.step)  # type: ignore[method-assign]

    # ------------------------------------------------------------------------------------------------------- to be defined
    def _step_group(self, index: int, group: dict[str, Any]) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not define step()")

    def slots_of(self, group: dict[str, Any]) -> tuple[str, ...]:
        """The names of what is kept per number; fewer than ``slots`` where the group's options leave some unused."""
        return self.slots

    def slot_shape(self, name: str, p: Tensor) -> tuple[int, ...]:
        """The shape of a state of a parameter: the parameter's, unless a subclass says otherwise."""
        return p.array.shape

    def check(self, group: dict[str, Any]) -> None:
        """Raise a ValueError if an option of the group is out of its range."""

    # ------------------------------------------------------------------------------------------------------------ stepping
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients again; called once, and its loss is returned.
        """
        if self._pre_hooks:
            (closure,) = _before(self, (closure,), {})[0]
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for index, group in enumerate(self.param_groups):
            self._step_group(index, group)
        self._opt_called = True
        if self._post_hooks:
            for post in list(self._post_hooks.values()):
                post(self, (closure,), {})
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p._grad is not None:
                    p._grad = make(np.zeros_like(p.array))

    # -------------------------------------------------------------------------------------------------------------- groups
    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own; nothing is added if anything is wrong with them."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group).__name__}")
        if "params" not in param_group:
            raise ValueError("a parameter group needs its tensors under the key 'params'")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError("optimizer parameters need to be organized in ordered collections, not a set: the order would change")
        listed = [given] if isinstance(given, Tensor) else list(given)
        named = [isinstance(p, tuple) for p in listed]
        if any(named) and not all(named):
            raise ValueError("all optimizer params should be with/without names: some names are missing")
        params = [p[1] for p in listed] if any(named) else listed
        if not params and not self.param_groups:
            raise ValueError("optimizer got an empty parameter list in a group: no parameters, or a generator was used up")
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor: pass the tensor that it was computed from")
            if p.array.dtype.kind not in "fc":
                raise TypeError(f"optimizer can only optimize floating point Tensors, but one of the params is {p.array.dtype}")
        seen = {p for group in self.param_groups for p in group["params"]}
        for i, p in enumerate(params):
            if p in seen:
                raise ValueError(f"some parameters appear in more than one parameter group, or twice: {i}, {tuple(p.shape)}")
            seen.add(p)
        group = {**self.defaults, **param_group, "params": params}
        if any(named):
            group["param_names"] = [name for name, _ in listed]
        for key in group.keys() - self.defaults.keys():
            # A key of one's own is allowed, as in PyTorch; one that is nearly an option is a slip.
            near = get_close_matches(key, self.defaults, 1, 0.85)
            if near and key not in ("max_momentum", "base_momentum"):
                raise ValueError(f"{type(self).__name__} has no option {key!r}: did you mean {near[0]!r}?")
        self._check_options(group)
        for p in params:
            self.check_parameter(p)
        self.param_groups.append(group)

    def check_parameter(self, p: Tensor) -> None:
        """Raise a ValueError if the optimizer cannot work on this parameter."""

    def _check_options(self, group: dict[str, Any]) -> None:
        if "lr" in group:
            demand_number(group, "lr", "learning rate")
        for name, text in (("weight_decay", "weight_decay value"), ("l1", "l1 value")):
            if name in group:
                demand_number(group, name, text)
        for name in ("capturable", "differentiable"):
            if group.get(name):
                raise ValueError(f"{type(self).__name__} cannot be {name}: that needs a step that is itself recorded")
        self.check(group)

    # --------------------------------------------------------------------------------------------------------------- state
    def state_dict(self) -> dict[str, Any]:
        """State and options, with parameters numbered in order: PyTorch's layout. The tensors in it are the live ones."""
        self._call("saving")
        number = {p: i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        groups = [
            {**{k: v for k, v in group.items() if k != "params"}, "params": [number[p] for p in group["params"]]}
            for group in self.param_groups
        ]
        saved = {"state": {number[p]: dict(s) for p, s in self.state.items() if s}, "param_groups": groups}
        return self._call("saved", saved)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` gave, copied; everything is checked before anything is changed.

        Args:
            state_dict: of an optimizer of the same class, on parameters of the same shapes; PyTorch's will do.

        Raises:
            ValueError: other groups, other numbers of parameters, states of other shapes, or another optimizer's: all in one text.
        """
        if isinstance(state_dict, dict):
            state_dict = self._call("loading", dict(state_dict))
        for key in ("state", "param_groups"):
            if not isinstance(state_dict, dict) or key not in state_dict:
                raise ValueError(f"this is no state_dict of an optimizer: it has no {key!r}")
        groups = state_dict["param_groups"]
        if len(groups) != len(self.param_groups):
            raise ValueError(
                f"loaded state dict has a different number of parameter groups: {len(groups)}, not {len(self.param_groups)}; "
                f"nothing was changed"
            )
        wrong: list[str] = []
        owner: dict[Any, Tensor] = {}
        group_of: dict[Any, dict[str, Any]] = {}
        for i, (new, old) in enumerate(zip(groups, self.param_groups, strict=True)):
            if len(new["params"]) != len(old["params"]):
                wrong.append(f"group {i} has {len(new['params'])} parameters, not {len(old['params'])}")
            missing = self.defaults.keys() - new.keys() - OPTIONAL
            if missing:
                wrong.append(f"group {i} lacks {', '.join(sorted(missing))}: is it another optimizer's?")
            else:
                try:
                    self._check_options({**self.defaults, **new})
                except (ValueError, TypeError) as error:
                    wrong.append(f"group {i}: {error}")
            owner.update(zip(new["params"], old["params"], strict=False))
            group_of.update({n: {**self.defaults, **new} for n in new["params"]})
        loaded: dict[Tensor, dict[str, Any]] = {}
        if not wrong:
            for n, states in state_dict["state"].items():
                if n not in owner:
                    wrong.append(f"there is no parameter {n}")
                    continue
                wrong += [f"parameter {n}: {text}" for text in self._mismatches(owner[n], states, group_of[n])]
                loaded[owner[n]] = states
        if wrong:
            raise ValueError(f"{type(self).__name__} cannot load this state_dict, nothing was changed:\n  " + "\n  ".join(wrong))
        taken = {p: {k: _taken(k, v, p, self.slots) for k, v in states.items()} for p, states in loaded.items()}
        self.state = defaultdict(dict, taken)
        for new, old in zip(groups, self.param_groups, strict=True):
            old.update({k: deepcopy(v) for k, v in new.items() if k not in ("params", "param_names")})
        self._call("loaded")

    def _mismatches(self, p: Tensor, states: dict[str, Any], group: dict[str, Any]) -> list[str]:
        """What is wrong with the states that are to be loaded for a parameter."""
        wrong = []
        for name in self.slots_of(group):
            if states.get(name) is None:
                if self.needs(name, p):
                    wrong.append(f"no {name!r}: is it another optimizer's?")
                continue
            shape = tuple(np.shape(getattr(states[name], "array", states[name])))
            if shape != self.slot_shape(name, p):
                wrong.append(f"{name!r} has shape {shape}, not {self.slot_shape(name, p)}")
        return wrong

    def needs(self, name: str, p: Tensor) -> bool:
        """Whether a state of this name must be there once a parameter has been updated."""
        return True

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._prepare()

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key not in ("params", "param_names")]
        return "\n".join([*lines, ")"])


# ------------------------------------------------------------------------------------------------------------- small parts


def demand(ok: bool, text: str, value: Any) -> None:
    """Raise ``Invalid text: value`` unless ok."""
    if not ok:
        raise ValueError(f"Invalid {text}: {value}")


def demand_number(group: dict[str, Any], name: str, text: str | None = None, low: float = 0.0, high: float = inf) -> None:
    """Raise unless the option is a number, or a tensor of one, from low to high."""
    value = group[name]
    if isinstance(value, bool) or not isinstance(value, int | float | np.number | Tensor):
        raise TypeError(f"{name} must be a number, but got {type(value).__name__}")
    if isinstance(value, Tensor) and value.array.size != 1:
        raise ValueError(f"Tensor {name} must be 1-element, but its shape is {tuple(value.shape)}")
    demand(low <= number(value) <= high, text or f"{name} value", value)


def demand_betas(group: dict[str, Any]) -> None:
    """Raise unless both betas lie in [0, 1)."""
    if len(group["betas"]) != 2:
        raise ValueError(f"betas must be two numbers, but got {group['betas']}")
    for i, beta in enumerate(group["betas"]):
        demand(0 <= number(beta) < 1, f"beta parameter at index {i}", beta)


def number(value: Any) -> float:
    """An option's value as a number: a tensor's only element."""
    return value.array.item() if isinstance(value, Tensor) else value


def plain(group: dict[str, Any]) -> dict[str, Any]:
    """The group's options with numbers for tensors."""
    lr, betas = group.get("lr"), group.get("betas", (0, 0))
    if isinstance(lr, Tensor) or isinstance(betas[0], Tensor) or isinstance(betas[1], Tensor):
        group = {**group, "lr": number(lr)}
        if "betas" in group:
            group["betas"] = tuple(number(beta) for beta in betas)
    return group


def _taken(name: str, value: Any, p: Tensor, slots: tuple[str, ...]) -> Any:
    """A loaded state of a parameter, in memory of our own; what is kept per number, in the parameter's dtype."""
    if isinstance(value, list | tuple):
        return type(value)(_taken(name, v, p, slots) for v in value)
    array = getattr(value, "array", value)
    if not hasattr(array, "shape"):
        return deepcopy(value)
    array = np.array(array)
    # Step counts and other scalars keep their dtype.
    return make(array.astype(p.array.dtype, copy=False) if array.ndim or (not p.array.ndim and name in slots) else array)


def _before(optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for pre in list(optimizer._pre_hooks.values()):
        answer = pre(optimizer, args, kwargs)
        if answer is not None:
            if not isinstance(answer, tuple) or len(answer) != 2:
                raise TypeError(f"a step pre-hook must return None or a tuple (args, kwargs), but got {answer!r}")
            args, kwargs = answer
    return args, kwargs


def _hooked(step: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(step)
    def inner(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        args, kwargs = _before(self, args, kwargs)
        result = step(self, *args, **kwargs)
        self._opt_called = True
        for post in list(self._post_hooks.values()):
            post(self, args, kwargs)
        return result

    return inner
