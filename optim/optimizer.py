"""What every optimizer is: groups of parameters, their state, and a step that updates a whole group together.

A parameter of a small network has a few hundred numbers, and a NumPy call costs as much as a few hundred additions. So the small
parameters of a group are gathered into one array and updated by one set of calls; a large one is updated where it lies, in slices
that stay in the cache. Either way an optimizer is one formula on flat arrays: ``update``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from operator import is_
from typing import Any

import numpy as np

from autograd import Tensor, enable_grad, memory
from autograd.graph import make
from autograd.tensor import Handle

LARGE = 1 << 14  # a parameter with more numbers is updated by itself
SLICE = 1 << 14  # numbers per slice: gradient, weights and two states of them fit the second-level cache

State = dict[str, np.ndarray]


class Block:
    """Parameters that are updated together, with their state in flat arrays."""

    def __init__(self, params: list[Tensor], step: int) -> None:
        self.params = params
        self.step = step
        self.ends = np.cumsum([p.array.size for p in params]).tolist()
        self.starts = [0, *self.ends[:-1]]
        self.dtype = params[0].array.dtype
        self.state: State = {}

    def whole(self) -> bool:
        """Whether it is one parameter whose memory can be used as it lies."""
        return len(self.params) == 1 and self.params[0].array.flags.c_contiguous

    def gather(self, arrays: list[np.ndarray]) -> np.ndarray:
        """One flat array of all of them: a view of a single one where that is possible, else a copy."""
        if len(arrays) == 1:
            return real(arrays[0].reshape(-1))
        return real(np.concatenate([a.reshape(-1) for a in arrays]))

    def parts(self, flat: np.ndarray) -> Iterator[tuple[Tensor, np.ndarray]]:
        """Each parameter with its part of a flat array, in its shape."""
        factor = 2 if self.dtype.kind == "c" else 1
        for p, start, end in zip(self.params, self.starts, self.ends, strict=True):
            part = flat[factor * start : factor * end]
            yield p, (part.view(self.dtype) if factor == 2 else part).reshape(p.array.shape)


def real(array: np.ndarray) -> np.ndarray:
    """A complex array as pairs of real numbers, which is how the update rules see it."""
    return array.view(array.real.dtype) if array.dtype.kind == "c" else array


class Optimizer:
    """Base of all optimizers that update number by number.

    A subclass says which arrays it keeps per number (``slots``) and how a step is made of them (``update``).

    Args:
        params: tensors, or dicts with "params" and options of their own, or pairs (name, tensor).
        defaults: the options of groups that do not set them.

    Raises:
        ValueError: no parameters, a parameter twice, or an option out of its range.
        TypeError: something that is not a tensor with requires_grad.
    """

    slots: tuple[str, ...] = ()
    reads_weights = False  # whether ``update`` needs the weights themselves

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError("params argument given to the optimizer should be an iterable of Tensors or dicts, but got a Tensor: put it in a list")
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[Tensor, dict[str, Any]] = {}
        self._blocks: dict[int, tuple[list[Tensor], list[Block]]] = {}
        self._pre_hooks: dict[int, Callable[..., Any]] = {}
        self._post_hooks: dict[int, Callable[..., Any]] = {}
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list: the model has no parameters, or the generator was used up before")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    # ------------------------------------------------------------------------------------------------------ to be defined
    def update(self, w: np.ndarray | None, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        """What to subtract from the weights, for flat arrays: gradient g, states s (changed in place), weights w if asked for."""
        raise NotImplementedError

    def slots_of(self, group: dict[str, Any]) -> tuple[str, ...]:
        """The names of what is kept per number; fewer than ``slots`` where the group's options leave some unused."""
        return self.slots

    def check(self, group: dict[str, Any]) -> None:
        """Raise a ValueError if an option of the group is out of its range."""

    # ------------------------------------------------------------------------------------------------------------ stepping
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss and its gradients again; called once, and its loss is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for pre in list(self._pre_hooks.values()):
            pre(self, (closure,), {})
        for index, group in enumerate(self.param_groups):
            for block in self._blocks_of(index, group):
                self._step_block(block, group)
        for post in list(self._post_hooks.values()):
            post(self, (closure,), {})
        return loss

    def _blocks_of(self, index: int, group: dict[str, Any]) -> list[Block]:
        """The group's parameters that have a gradient, in the blocks in which they are updated; made anew when that set changes."""
        live = [p for p in group["params"] if p.grad is not None]
        known, blocks = self._blocks.get(index, ([], []))
        if len(live) == len(known) and all(map(is_, live, known)):
            return blocks
        for p in live:
            if p.grad.array.shape != p.array.shape:
                raise ValueError(f"a gradient of shape {p.grad.array.shape} on a parameter of shape {p.array.shape}")
        together: dict[Any, list[Tensor]] = {}
        for p in live:
            step = self.state.setdefault(p, {"step": 0})["step"]
            alone = p if p.array.size > LARGE else None
            together.setdefault((p.array.dtype, step, alone), []).append(p)
        blocks = [self._block(params, key[1], group) for key, params in together.items()]
        self._blocks[index] = (live, blocks)
        return blocks

    def _block(self, params: list[Tensor], step: int, group: dict[str, Any]) -> Block:
        block = Block(params, step)
        for name in self.slots_of(group):
            olds = [self.state[p].get(name) for p in params]
            start = [self.start(name, p) if old is None else old.array for p, old in zip(params, olds, strict=True)]
            flat = np.concatenate([a.astype(block.dtype, copy=False).reshape(-1) for a in start])
            block.state[name] = real(flat)
            for p, part in block.parts(block.state[name]):
                self.state[p][name] = make(part)
        return block

    def start(self, name: str, p: Tensor) -> np.ndarray:
        """What a state holds before the first step: zeros, unless a subclass says otherwise."""
        return np.zeros(p.array.shape, p.array.dtype)

    def _step_block(self, block: Block, group: dict[str, Any]) -> None:
        block.step += 1
        for p in block.params:
            self.state[p]["step"] = block.step
        g = block.gather([p.grad.array for p in block.params])
        shrinking = group.get("weight_decay", 0) or group.get("l1", 0)
        if block.whole():
            w = real(block.params[0].array.reshape(-1))
            for start in range(0, len(w), SLICE):
                part = slice(start, start + SLICE)
                state = {name: flat[part] for name, flat in block.state.items()}
                w[part] -= self._change(w[part], g[part], state, group, block.step)
            memory.stamp(block.params[0].array)
            return
        weights = block.gather([p.array for p in block.params]) if shrinking or self.reads_weights else None
        change = self._change(weights, g, block.state, group, block.step)
        for p, part in block.parts(change):
            p.array -= part
            memory.stamp(p.array)

    def _change(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        """``update`` with what every optimizer offers around it: maximize, and L1 and L2 penalties added to the gradient."""
        if group.get("maximize"):
            g = -g
        if group.get("l1"):
            g = g + group["l1"] * np.sign(w)
        decay = group.get("weight_decay", 0)
        if not decay:
            return self.update(w, g, s, group, step)
        if not self.decoupled(group):
            return self.update(w, g + decay * w, s, group, step)
        return self.update(w, g, s, group, step) + group["lr"] * decay * w

    def decoupled(self, group: dict[str, Any]) -> bool:
        """Whether weight decay shrinks the weights themselves (Loshchilov & Hutter 2019) and not through the gradient."""
        return bool(group.get("decoupled_weight_decay"))

    # -------------------------------------------------------------------------------------------------------------- groups
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p.grad = None
                elif p.grad is not None:
                    p.grad = make(np.zeros_like(p.array))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own; nothing is added if anything is wrong with them."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group).__name__}")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError("optimizer parameters need to be organized in ordered collections, not a set: the order would change")
        listed = [given] if isinstance(given, Tensor) else list(given)
        names = [name for name, _ in listed] if listed and isinstance(listed[0], tuple) else None
        params = [p for _, p in listed] if names is not None else listed
        if not params:
            raise ValueError("optimizer got an empty parameter list in a group: the model has no parameters, or a generator was used up")
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor: pass the tensor that it was computed from")
        seen = {p for group in self.param_groups for p in group["params"]}
        for i, p in enumerate(params):
            if p in seen:
                raise ValueError(f"some parameters appear in more than one parameter group, or twice: parameter {i} {tuple(p.shape)}")
            seen.add(p)
        group = {**self.defaults, **param_group, "params": params}
        if names is not None:
            group["param_names"] = names
        unknown = group.keys() - self.defaults.keys() - {"params", "param_names", "initial_lr", "name"}
        if unknown:
            raise ValueError(f"{type(self).__name__} has no option {sorted(unknown)[0]!r}; it has {', '.join(self.defaults)}")
        if not isinstance(group.get("lr", 0.0), int | float | Tensor) or group.get("lr", 0.0) < 0:
            raise ValueError(f"Invalid learning rate: {group['lr']}")
        for name in ("weight_decay", "l1", "eps"):
            if group.get(name) is not None and group.get(name, 0) < 0:
                raise ValueError(f"Invalid {name} value: {group[name]}")
        self.check(group)
        self.param_groups.append(group)

    # --------------------------------------------------------------------------------------------------------------- state
    def state_dict(self) -> dict[str, Any]:
        """State and options, with parameters numbered in order: PyTorch's layout."""
        number = {p: i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        groups = []
        for group in self.param_groups:
            groups.append({**{k: v for k, v in group.items() if k != "params"}, "params": [number[p] for p in group["params"]]})
        return {"state": {number[p]: dict(s) for p, s in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` gave, copied; everything is checked before anything is changed.

        Raises:
            ValueError: other groups, other numbers of parameters, or states of other shapes than this optimizer's.
        """
        groups = state_dict["param_groups"]
        if len(groups) != len(self.param_groups):
            raise ValueError(f"loaded state dict has a different number of parameter groups: {len(groups)}, not {len(self.param_groups)}")
        wrong = []
        for i, (new, old) in enumerate(zip(groups, self.param_groups, strict=True)):
            if len(new["params"]) != len(old["params"]):
                wrong.append(f"group {i} has {len(new['params'])} parameters, not {len(old['params'])}")
            missing = self.defaults.keys() - new.keys()
            if missing:
                wrong.append(f"group {i} lacks {', '.join(sorted(missing))}: is it another optimizer's?")
        params = [p for group in self.param_groups for p in group["params"]]
        numbers = [n for group in groups for n in group["params"]]
        group_of = {p: new for new, old in zip(groups, self.param_groups, strict=True) for p in old["params"]}
        owner = dict(zip(numbers, params, strict=False))
        for n, states in state_dict["state"].items():
            p = owner.get(n)
            if p is None:
                wrong.append(f"there is no parameter {n}")
                continue
            for name in self.slots_of(group_of[p]):
                value = states.get(name)
                if value is None:
                    wrong.append(f"parameter {n} lacks {name!r}: is it another optimizer's?")
                elif tuple(value.shape) != p.array.shape:
                    wrong.append(f"{name!r} of parameter {n} has shape {tuple(value.shape)}, not {p.array.shape}")
        if wrong:
            raise ValueError(f"{type(self).__name__} cannot load this state_dict, nothing was changed:\n  " + "\n  ".join(wrong))
        self.state = {owner[n]: {k: _copied(v) for k, v in states.items()} for n, states in state_dict["state"].items()}
        for states in self.state.values():
            if "step" in states:
                states["step"] = int(states["step"])
        for new, old in zip(groups, self.param_groups, strict=True):
            old.update({k: deepcopy(v) for k, v in new.items() if k not in ("params", "param_names")})
        self._blocks.clear()

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(optimizer, args, kwargs)`` before each step."""
        return Handle(self._pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return Handle(self._post_hooks, hook)

    def __getstate__(self) -> dict[str, Any]:
        # Blocks are made again from the state: a copy must not share memory with the original.
        return {**self.__dict__, "_blocks": {}, "_pre_hooks": {}, "_post_hooks": {}}

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key not in ("params", "param_names")]
        return "\n".join([*lines, ")"])


def _copied(value: Any) -> Any:
    return make(np.array(value.array)) if isinstance(value, Tensor) else deepcopy(value)
