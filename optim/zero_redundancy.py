"""``ZeroRedundancyOptimizer``: each process keeps the optimizer's state of its share of the parameters, and updates that share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor, enable_grad
from autograd.distributed.collectives import all_gather_into_tensor, raw
from autograd.distributed.group import ProcessGroup, the
from autograd.distributed.replicas import gathered_texts, make_equal
from autograd.engine import memory
from autograd.engine.graph import make

from .elementwise import Elementwise
from .lbfgs import LBFGS
from .optimizer import Optimizer, ParamsT


class Share(NamedTuple):
    """A part of a parameter: its numbers from ``start`` to ``stop``, in C order."""

    param: int
    start: int
    stop: int


class ZeroRedundancyOptimizer(Optimizer):
    """An optimizer whose state is divided among the processes: each keeps 1/k of it, of k processes.

    Each process updates its share of the parameters with the gradients that ``DistributedDataParallel`` has averaged, and sends the
    new values to the others: the numbers are those of the optimizer itself on each process. Of an optimizer that treats every
    number alike (Adam, SGD) all parameters in a row are cut into k equal shares; of another one each parameter belongs to one
    process.

    Args:
        params: as of any optimizer; the same on each process. optimizer_class: the optimizer, such as ``optim.Adam``.
        process_group: the processes; by default all.
        parameters_as_bucket_view, overlap_with_ddp: must be False.
        defaults: the options of ``optimizer_class``.

    Raises:
        ValueError, TypeError: as ``optimizer_class`` raises them; LBFGS, whose state cannot be divided.
        NotImplementedError: overlap_with_ddp or parameters_as_bucket_view.

    Source: Rajbhandari et al., ZeRO: Memory Optimizations Toward Training Trillion Parameter Models, 2020 (stage 1).

    Example:
        >>> import autograd, nn, optim
        >>> import autograd.distributed as dist
        >>> dist.init_process_group("mpi")
        >>> model = nn.Linear(2, 1)
        >>> optimizer = optim.ZeroRedundancyOptimizer(model.parameters(), optim.Adam, lr=0.1)
        >>> model(autograd.ones(1, 2)).sum().backward()
        >>> optimizer.step()
        >>> optimizer.consolidate_state_dict()  # all processes call it; rank 0 can then save
        >>> optimizer.state_dict()["state"][0]["exp_avg"].shape
        (1, 2)
        >>> dist.destroy_process_group()
    """

    def __init__(
        self, params: ParamsT, optimizer_class: type[Optimizer], process_group: ProcessGroup | None = None,
        parameters_as_bucket_view: bool = False, overlap_with_ddp: bool = False, **defaults: Any,
    ) -> None:  # fmt: skip
        if parameters_as_bucket_view or overlap_with_ddp:
            raise NotImplementedError(
                "ZeroRedundancyOptimizer: parameters stay where they are, and the step follows the backward: leave "
                "parameters_as_bucket_view and overlap_with_ddp False"
            )
        self._group = the(process_group)
        # The whole optimizer checks parameters and options, and holds the groups; it never steps, so it has no state.
        self._whole = optimizer_class(params, **defaults)
        if isinstance(self._whole, LBFGS):
            raise TypeError("ZeroRedundancyOptimizer: LBFGS looks at all parameters together, and its state cannot be divided")
        self._options = defaults
        self.defaults = self._whole.defaults
        self.param_groups = self._whole.param_groups
        self._prepare()
        self._consolidated: dict[str, Any] | None = None
        self._divide()

    def _divide(self, state_dict: Mapping[str, Any] | None = None) -> None:
        """Make the optimizer of this process's share, with its part of a state."""
        self._all = [p for group in self.param_groups for p in group["params"]]
        self._shares = self._divided()
        self._parts_here: list[Tensor] = []
        self._own: Optimizer | None = None
        self._own_groups: list[tuple[dict[str, Any], dict[str, Any]]] = []
        number, groups = 0, []
        states: dict[int, dict[str, Any]] = {}
        for group in self.param_groups:
            numbers = range(number, number + len(group["params"]))
            number = numbers.stop
            own = [share for share in self._shares[self._group.rank()] if share.param in numbers]
            if own:
                parts = [self._part(share) for share in own]
                for share in own:
                    if state_dict is not None and share.param in state_dict["state"]:
                        states[len(states)] = self._cut(state_dict["state"][share.param], share)
                    else:
                        states[len(states)] = {}
                self._parts_here += parts
                options = {k: v for k, v in group.items() if k not in ("params", "param_names")}
                groups.append({**options, "params": parts})
                self._own_groups.append((group, groups[-1]))
        self._memory = [self._all[share.param].array for share in self._shares[self._group.rank()]]  # to see that it is replaced
        if groups:
            self._own = type(self._whole)(groups, **self._options)
            self._own_groups = [(group, own) for (group, _), own in zip(self._own_groups, self._own.param_groups, strict=True)]
            if any(states.values()):
                self._own.load_state_dict({**self._own.state_dict(), "state": {n: s for n, s in states.items() if s}})

    def _divided(self) -> list[list[Share]]:
        """For each process its shares, in the order of the parameters."""
        k = self._group.size()
        shares: list[list[Share]] = [[] for _ in range(k)]
        if isinstance(self._whole, Elementwise) and type(self._whole).scale is Elementwise.scale:
            total = sum(p.array.size for p in self._all)
            share_of_one = max(-(-total // k), 1)
            offset = 0
            for i, p in enumerate(self._all):
                size = p.array.size
                if p.array.flags.c_contiguous:
                    for place in range(offset // share_of_one, min(-(-(offset + size) // share_of_one), k)):
                        start, stop = max(place * share_of_one - offset, 0), min((place + 1) * share_of_one - offset, size)
                        shares[place].append(Share(i, start, stop))
                else:  # a part of it would be no view
                    shares[min(offset // share_of_one, k - 1)].append(Share(i, 0, size))
                offset += size
            return shares
        loads = [0] * k
        for i in sorted(range(len(self._all)), key=lambda i: -self._all[i].array.size):
            place = loads.index(min(loads))
            loads[place] += self._all[i].array.size
            shares[place].append(Share(i, 0, self._all[i].array.size))
        return [sorted(own) for own in shares]

    def _is_whole(self, share: Share) -> bool:
        return share.stop - share.start == self._all[share.param].array.size

    def _part(self, share: Share) -> Tensor:
        """The parameter itself, or a tensor that is a view of a part of it."""
        p = self._all[share.param]
        return p if self._is_whole(share) else make(p.array.reshape(-1)[share.start : share.stop])

    def _cut(self, state: Mapping[str, Any], share: Share) -> dict[str, Any]:
        """A parameter's state for a part of it."""
        shape = self._all[share.param].array.shape

        def part(value: Any) -> Any:
            array = getattr(value, "array", value)
            if self._is_whole(share) or getattr(array, "shape", None) != shape:
                return value
            return make(np.array(array.reshape(-1)[share.start : share.stop]))

        return {name: part(value) for name, value in state.items()}

    # ------------------------------------------------------------------------------------------------------------ stepping
    def step(self, closure: Callable[[], Tensor | float] | None = None) -> Tensor | float | None:
        """Update this process's share, and exchange the new values with the others. Arguments as of any optimizer."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self._consolidated = None
        for group, own in self._own_groups:
            own.update({k: v for k, v in group.items() if k not in ("params", "param_names")})
        shares = self._shares[self._group.rank()]
        for i, (share, part) in enumerate(zip(shares, self._parts_here, strict=True)):
            p = self._all[share.param]
            if part is not p:
                if p.array is not self._memory[i]:  # the parameter was given other memory
                    part.array = p.array.reshape(-1)[share.start : share.stop]
                    self._memory[i] = p.array
                part._grad = None if p._grad is None else make(p._grad.array.reshape(-1)[share.start : share.stop])
        if self._own is not None:
            self._own.step()
        for share, part in zip(shares, self._parts_here, strict=True):
            if part is not self._all[share.param]:
                part._grad = None
        self._exchange()
        return loss

    def _flat(self, share: Share) -> np.ndarray:
        return np.asarray(self._all[share.param].array, order="C").reshape(-1)[share.start : share.stop]

    def _exchange(self) -> None:
        """Send the new values of this process's share to all, and take theirs."""
        if self._group.alone:
            return
        lengths = [sum(self._bytes(share) for share in shares) for shares in self._shares]
        sent = np.zeros(max(lengths), np.uint8)
        for share, place in self._places(self._group.rank()):
            sent[place] = raw(self._flat(share))
        got = make(np.empty((len(lengths), len(sent)), np.uint8))
        all_gather_into_tensor(got, make(sent), group=self._group)
        for rank in range(len(lengths)):
            if rank != self._group.rank():
                for share, place in self._places(rank):
                    self._take(share, got.array[rank, place])

    def _bytes(self, share: Share) -> int:
        return (share.stop - share.start) * self._all[share.param].array.itemsize

    def _places(self, rank: int) -> Iterator[tuple[Share, slice]]:
        ends = [*accumulate((self._bytes(share) for share in self._shares[rank]), initial=0)]
        for share, start, end in zip(self._shares[rank], ends, ends[1:], strict=False):
            yield share, slice(start, end)

    def _take(self, share: Share, values: np.ndarray) -> None:
        array = self._all[share.param].array
        values = np.frombuffer(values.tobytes(), array.dtype)
        if self._is_whole(share):
            memory.write(array, values.reshape(array.shape))
        else:
            memory.write(array.reshape(-1)[share.start : share.stop], values)

    # --------------------------------------------------------------------------------------------------------------- groups
    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own. The shares are cut anew, so it must come before the first step.

        Args:
            param_group: as of any optimizer.

        Raises:
            ValueError: the optimizer has made a step, or what the optimizer itself raises.
        """
        if self._own is not None and any(self._own.state.values()):
            raise ValueError("ZeroRedundancyOptimizer: add parameter groups before the first step: the state is divided already")
        self._whole.add_param_group(param_group)
        self._divide()

    # ---------------------------------------------------------------------------------------------------------------- state
    @property
    def state(self) -> Any:  # type: ignore[override]
        """The state of this process's share, by tensor."""
        return {} if self._own is None else self._own.state

    def consolidate_state_dict(self, to: int | None = 0) -> None:
        """Gather the whole state on one process, so that ``state_dict`` can return it there. All processes must call it.

        Args:
            to: the place of that process in the group; None for all.
        """
        own: dict[str, np.ndarray] = {}
        for share, part in zip(self._shares[self._group.rank()], self._parts_here, strict=True):
            for name, value in self.state.get(part, {}).items():
                array = np.asarray(getattr(value, "array", value))
                cut = not self._is_whole(share) and array.shape == part.array.shape
                own[f"{share.param} {share.start if cut else 0} {int(cut)} {name}"] = array
        gathered = _gathered(own, self._group, to)
        self._consolidated = None
        if to is None or self._group.rank() == to:
            states: dict[int, dict[str, Any]] = {}
            for key, array in gathered:
                number, start, was_cut, name = key.split(" ", 3)
                p, state = self._all[int(number)].array, states.setdefault(int(number), {})
                if was_cut == "1":
                    whole = state.setdefault(name, make(np.zeros(p.shape, array.dtype))).array
                    whole.reshape(-1)[int(start) : int(start) + array.size] = array
                else:
                    state[name] = make(array)
            self._consolidated = {**self._whole.state_dict(), "state": dict(sorted(states.items()))}

    def state_dict(self) -> dict[str, Any]:
        """The whole state in the layout of the optimizer itself, which can load it as well.

        Raises:
            RuntimeError: ``consolidate_state_dict`` was not called since the last step, or it gathered the state elsewhere.
        """
        if self._consolidated is None:
            if not self._group.alone:
                raise RuntimeError(
                    "Optimizer state has not been consolidated on this rank. Please call `consolidate_state_dict(to=...)` on all "
                    "ranks beforehand if you meant to save the global state."
                )
            self.consolidate_state_dict()
        assert self._consolidated is not None
        return {**self._whole.state_dict(), "state": self._consolidated["state"]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over this process's share of a whole state. All processes must be given it; their number may be another than before.

        Args:
            state_dict: of this class or of the optimizer itself.

        Raises:
            ValueError: as of any optimizer; nothing was changed.
        """
        self._whole.load_state_dict(state_dict)
        loaded = deepcopy(self._whole.state_dict())
        self._whole.state.clear()
        self._consolidated = None
        self._divide(loaded)


def _gathered(own: Mapping[str, np.ndarray], group: ProcessGroup, to: int | None) -> list[tuple[str, np.ndarray]]:
    """The named arrays of all processes, one process after the other, on the process ``to``; all must call it."""
    text = json.dumps([[key, array.dtype.str, array.shape] for key, array in own.items()])
    found = []
    for place, entries in enumerate([json.loads(text) for text in gathered_texts(text, group)]):
        here = place == group.rank()
        arrays = [make(np.array(own[key], order="C") if here else np.empty(shape, dtype)) for key, dtype, shape in entries]
        make_equal(arrays, group, place)
        if to is None or to == group.rank():
            found += [(key, t.array) for (key, _, _), t in zip(entries, arrays, strict=True)]
    return found


__all__ = ["Share", "ZeroRedundancyOptimizer"]
