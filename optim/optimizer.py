"""Optimizer, the base of all: groups of parameters with options, a state per parameter, hooks, and an atomic step.

Two base classes extend it. ``Elementwise`` (elementwise.py) is for optimizers that treat every number alike; it updates many
parameters together. ``PerParameter`` (per_parameter.py) is for optimizers that look at a parameter as a matrix.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias

import numpy as np

from autograd import Tensor, enable_grad
from autograd.engine import memory
from autograd.engine.graph import make
from autograd.engine.modes import current
from autograd.errors import GraphError, describe

from .atomic import Part, carry_out, write_all
from .hooks import (
    OptimizerHooks,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
    with_hooks,
)
from .options import PlainOptions, Range, check_ranges
from .state_dict import array_faults, read, scalar_faults

__all__ = ["Optimizer", "ParamsT", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook", "required"]

ParamsT: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]


class _Required:
    """The default of an option that every group must set, as in PyTorch."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()

# The ranges of the options that several optimizers have; each optimizer adds those of its own options.
COMMON = (Range("lr", text="learning rate"), Range("weight_decay"), Range("l1"))
FLAGS = ("maximize", "amsgrad", "centered", "nesterov", "capturable", "differentiable", "decoupled_weight_decay")


class Optimizer(OptimizerHooks):
    """The base class of all optimizers. As in PyTorch, a subclass defines ``step`` and keeps its state in ``self.state[p]``.

    A step is atomic: it updates all parameters and their state, or, if it raises, none of them. A step that a KeyboardInterrupt
    meets is finished before the exception goes on.

    Args:
        params: tensors; or dicts with tensors under "params" and options of their own; or pairs (name, tensor).
        defaults: the options of the groups that do not set them.

    Raises:
        ValueError: no parameters, a parameter in two groups, or an option out of its range.
        TypeError: a parameter that is no tensor of floating-point numbers, or an option of a wrong type.

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

    slots: tuple[str, ...] = ()  # the arrays that the state keeps of a parameter
    scalars: tuple[str, ...] = ()  # the numbers that the state keeps of a parameter, beside its step count
    counts = True  # whether the state keeps the number of steps
    ranges: tuple[Range, ...] = ()  # the values that options may have

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got a Tensor: "
                "put it in a list"
            )
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self._prepare()
        if required not in defaults.values():
            self.check_options({**defaults, "params": []})  # before a generator of parameters is used up
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list: the model has no parameters, or a generator was used up")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        taken: set[Tensor] = set()
        # A subclass may have an add_param_group of its own. The common one is given the set, which it need not build again.
        common = type(self).add_param_group is Optimizer.add_param_group
        for group in groups:
            if common:
                self._add_group(group, taken)
            else:
                self.add_param_group(group)

    def _prepare(self) -> None:
        """Set up the attributes that a copy of the optimizer starts without: hooks and caches."""
        self._opt_called = False
        self._plain: defaultdict[int, PlainOptions] = defaultdict(PlainOptions)
        self._without_hooks()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # A ``step`` that a subclass defines runs the hooks too, and schedulers see that it ran.
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            cls.step = with_hooks(cls.step)  # type: ignore[method-assign]

    # --------------------------------------------------------------------------------------------- what a subclass defines
    def _parts(self, index: int, params: Sequence[Tensor], group: dict[str, Any]) -> Sequence[Part]:
        """The parts of a step for those parameters of a group that have a gradient; ``group`` holds plain numbers.

        Raise here whatever is wrong with parameters, gradients or state: nothing has been changed yet.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define step()")

    def _recorded_parts(self, params: Sequence[Tensor], group: dict[str, Any]) -> Sequence[Part]:
        """The parts of a step that is recorded, so that gradients flow through it (``differentiable=True``)."""
        raise NotImplementedError(f"{type(self).__name__} cannot record its step")

    def slots_of(self, group: dict[str, Any], p: Tensor) -> tuple[str, ...]:
        """The names of the arrays that the state keeps of a parameter: those of ``slots`` that the options need."""
        return self.slots

    def slot_shape(self, name: str, p: Tensor) -> tuple[int, ...]:
        """The shape of an array that the state keeps of a parameter."""
        return p.array.shape

    def check(self, group: dict[str, Any]) -> None:
        """Raise a ValueError if options of the group do not go together."""

    def check_parameter(self, p: Tensor) -> None:
        """Raise a ValueError if the optimizer cannot work on this parameter."""

    def plain_options(self, index: int, group: dict[str, Any]) -> dict[str, Any]:
        """The options of the group with that index, as plain numbers in place of tensors and of NumPy's scalars."""
        return self._plain[index].of(group, self.defaults)

    # ------------------------------------------------------------------------------------------------------------ stepping
    @with_hooks
    def step(self, closure: Callable[[], Tensor | float] | None = None) -> Tensor | float | None:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients again; it is called once, with recording on.

        Returns:
            The loss that the closure returned, or None.

        Raises:
            ValueError: a gradient that does not fit its parameter, or a parameter that is read-only; nothing has been changed.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        watch = current().watch
        if watch is not None and watch.step(self):
            return loss
        parts: list[Part] = []
        for index, group in enumerate(self.param_groups):
            live = [p for p in group["params"] if p._grad is not None]
            if group.get("differentiable"):
                parts += self._recorded_parts(live, group)
            else:
                parts += self._parts(index, live, self.plain_options(index, group))
        carry_out(parts)
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or fill them with zeros where they lie."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p._grad is not None:
                    array = p._grad.array
                    if p._grad.node is not None or not array.flags.writeable:
                        p._grad = make(np.zeros_like(p.array))
                    else:
                        memory.write(array, 0)

    # -------------------------------------------------------------------------------------------------------------- groups
    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own; nothing is added if anything is wrong with them.

        Args:
            param_group: tensors under "params", and any options.

        Raises:
            ValueError: no parameters, one that another group has, a tensor that an op made, or an option out of its range.
            TypeError: a parameter that is no tensor of floating-point numbers, or an option of a wrong type.
        """
        self._add_group(param_group, {p for group in self.param_groups for p in group["params"]})

    def _add_group(self, param_group: dict[str, Any], taken: set[Tensor]) -> None:
        """Add a group whose parameters are not among the taken ones, and add them to those."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group).__name__}")
        if "params" not in param_group:
            raise ValueError("a parameter group needs its tensors under the key 'params'")
        params, names = _tensors_and_names(param_group["params"])
        if not params and not self.param_groups:
            raise ValueError("optimizer got an empty parameter list in a group: no parameters, or a generator was used up")
        for p in params:
            self._check_tensor(p)
        group = {**self.defaults, **param_group, "params": params}
        if names:
            group["param_names"] = names
        if self.param_groups and ("param_names" in group) != ("param_names" in self.param_groups[0]):
            raise ValueError("all optimizer param groups should be with/without names: give names to all groups, or to none")
        self._check_keys(group)
        self.check_options(group)
        own = set(params)
        if not own.isdisjoint(taken):
            i = next(i for i, p in enumerate(params) if p in taken)
            raise ValueError(
                f"some parameters appear in more than one parameter group: number {i} of this one, {_shape(params[i])}"
            )
        if len(own) < len(params):
            first = {p: i for i, p in reversed([*enumerate(params)])}
            i = next(i for i, p in enumerate(params) if first[p] != i)
            warnings.warn(
                f"optimizer contains a parameter group with duplicate parameters: number {i}, {_shape(params[i])}, is there twice, "
                f"and each step updates it twice",
                UserWarning,
                stacklevel=4,
            )
        self.param_groups.append(group)
        taken |= own

    def _check_tensor(self, p: Any) -> None:
        if not isinstance(p, Tensor):
            raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
        if not (self.defaults.get("differentiable") or p.is_leaf or p.retains_grad):
            raise ValueError("can't optimize a non-leaf Tensor: pass the tensor that it was computed from")
        if p.dtype.kind not in "fc":
            raise TypeError(f"optimizer can only optimize floating point Tensors, but one of the params is {p.dtype}")
        if not is_lazy(p):
            self.check_parameter(p)

    def _check_keys(self, group: dict[str, Any]) -> None:
        for name, default in self.defaults.items():
            if group[name] is required and default is required:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
        for key in group.keys() - self.defaults.keys():
            # A group may have other keys, as in PyTorch; but one that is nearly the name of an option is a misspelling.
            near = get_close_matches(key, self.defaults, 1, 0.85)
            if near and key not in ("max_momentum", "base_momentum"):
                raise ValueError(f"{type(self).__name__} has no option {key!r}: did you mean {near[0]!r}?")

    def check_options(self, group: dict[str, Any]) -> None:
        """Raise unless the options of a group have the right types and lie in their ranges, and go together."""
        check_ranges(group, COMMON)
        check_ranges(group, self.ranges)
        for name in FLAGS:
            if not isinstance(group.get(name, False), bool | int | np.bool_):
                raise TypeError(f"{name} must be True or False, but got {type(group[name]).__name__}")
        if group.get("capturable"):
            raise ValueError(f"{type(self).__name__} cannot be capturable: that is for steps in a CUDA graph")
        if group.get("differentiable") and group.get("fused"):
            raise ValueError(f"{type(self).__name__}: fused does not go with differentiable")
        self.check(group)

    # --------------------------------------------------------------------------------------------------------------- state
    def state_dict(self) -> dict[str, Any]:
        """The state and the options in PyTorch's layout.

        Returns:
            "state", with the parameters numbered in order, and "param_groups", with those numbers under "params". The tensors are
            the live ones: copy them (``copy.deepcopy``) to keep them as they are.
        """
        self._call("saving")
        number: dict[Any, int] = {}
        for i, p in enumerate(p for group in self.param_groups for p in group["params"]):
            number.setdefault(p, i)
        groups = [
            {**{k: v for k, v in group.items() if k != "params"}, "params": [number[p] for p in group["params"]]}
            for group in self.param_groups
        ]
        state: dict[Any, Any] = {}
        for key, own in self.state.items():
            if not isinstance(key, Tensor):
                state[key] = own
            elif own and key in number:
                state[number[key]] = dict(own)
        return self._call("saved", {"state": state, "param_groups": groups})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a copy of a state; all of it is checked before anything is changed.

        Args:
            state_dict: of an optimizer of the same class, on parameters of the same shapes; PyTorch's will do. Names in it
                (``param_names``) replace the optimizer's; they do not decide which parameter gets which state.

        Raises:
            ValueError: other groups, other numbers of parameters, states of other shapes, options or states that a step could not
                use, or another optimizer's: all in one text.
        """
        if isinstance(state_dict, dict):
            state_dict = self._call("loading", dict(state_dict))
        state, groups = read(self, state_dict)
        self._take_state(state, groups)
        self._call("loaded")

    def _take_state(self, state: dict[Any, dict[str, Any]], groups: list[dict[str, Any]]) -> None:
        updates: list[Callable[[], object]] = [lambda: setattr(self, "state", defaultdict(dict, state))]
        for old, new in zip(self.param_groups, groups, strict=True):
            updates.append(lambda old=old, new=new: old.update(new))  # type: ignore[misc]
        write_all(updates)

    def state_faults(self, p: Tensor, states: Mapping[str, Any], group: dict[str, Any]) -> list[str]:
        """Why the optimizer could not use these states of a parameter: nothing if it can."""
        if is_lazy(p):
            return ["it has no shape yet: call the model once before its state is loaded"]
        wrong: list[str] = []
        present = [name for name in self.slots_of(group, p) if states.get(name) is not None]
        for name in self.slots_of(group, p):
            if name in present:
                wrong += array_faults(name, states[name], self.slot_shape(name, p), p.dtype)
            elif self.counts:
                wrong.append(f"no {name!r}: is it another optimizer's?")
        if self.counts and present and "step" not in states:
            wrong.append("no 'step'")
        for name, low in (("step", 0.0), *((name, -np.inf) for name in self.scalars)):
            if states.get(name) is not None:
                wrong += scalar_faults(name, states[name], low)
        return wrong

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


def _tensors_and_names(given: Any) -> tuple[list[Any], list[str]]:
    """The tensors of a group and their names, if they have any."""
    if isinstance(given, set):
        raise TypeError("optimizer parameters need to be organized in ordered collections, not a set: the order would change")
    listed: list[Any] = [given] if isinstance(given, Tensor) else list(given)
    named = [isinstance(p, tuple) for p in listed]
    if not any(named):
        return listed, []
    if not all(named):
        raise ValueError("all optimizer params should be with/without names: some names are missing")
    return [p for _, p in listed], [name for name, _ in listed]


def is_lazy(p: object) -> bool:
    """Whether a parameter has no shape yet: the first call of its lazy layer will give it one."""
    return hasattr(p, "materialize")


def _shape(p: Tensor) -> str:
    return "without a shape yet" if is_lazy(p) else f"{tuple(p.shape)}"


def check_gradients(params: Sequence[Tensor]) -> None:
    """Raise unless each gradient fits its parameter, and each parameter can be written to."""
    for i, p in enumerate(params):
        g, w = p._grad.array, p.array
        if g.shape != w.shape or g.dtype != w.dtype:
            raise ValueError(f"a gradient {describe(g)} on a parameter {describe(w)}: zero_grad() forgets it; nothing was changed")
        if not w.flags.writeable:
            raise ValueError(
                f"a parameter {describe(w)} (number {i} of those with a gradient) is read-only, so the optimizer cannot update it; "
                f"nothing was changed. Its memory is an expanded view, or belongs to an array that refuses writes: clone it first"
            )


def check_recordable(params: Sequence[Tensor]) -> None:
    """Raise unless a recorded step may write to these parameters."""
    for p in params:
        if p.is_leaf and p.requires_grad:
            raise GraphError(
                "a leaf Variable that requires grad is being used in an in-place operation: with differentiable=True the optimizer "
                "records its step, so give it tensors that an op made (w.clone(), with a gradient in .grad)"
            )
