"""Optimizers that work number by number, and the blocks in which they update parameters together.

A parameter of a small network has a few hundred numbers, and a NumPy call costs as much as a few hundred additions. So the small
parameters of a group are gathered into one array and updated by one set of calls; a large one is updated where it lies, in slices
that stay in the cache. Either way an optimizer is one formula on flat arrays: ``update``.
"""

from __future__ import annotations

from itertools import chain
from operator import is_
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine import memory
from autograd.engine.graph import make
from autograd.errors import describe

from .optimizer import Optimizer, plain

LARGE = 1 << 14  # a parameter with more numbers is updated by itself
SLICE = 1 << 15  # numbers per slice: gradient, weights and two states of them fit the second-level cache

State = dict[str, Any]
Spans = tuple[list[int], list[int]]  # where parameters begin in a flat array, and how long they are


class Block:
    """Parameters that are updated together, with their state in flat arrays.

    params: the parameters; records: what the optimizer's state holds for each; kept: every tensor in them, to notice when
    somebody puts another one there. step: how many have been made; counter: the same, as the array that the state shows.
    state: a flat array per slot; scalars: a number per scalar slot; shown: the arrays that show those. spans: where the parameters
    that are not empty begin in the flat arrays, and how long they are.
    """

    def __init__(self, params: list[Tensor], step: int) -> None:
        self.params = params
        self.step = step
        self.sizes = [p.array.size for p in params]
        self.starts = [sum(self.sizes[:i]) for i in range(len(params))]
        self.dtype = params[0].array.dtype
        self.size = sum(self.sizes)
        factor = 2 if self.dtype.kind == "c" else 1
        filled = [(factor * start, factor * size) for start, size in zip(self.starts, self.sizes, strict=True) if size]
        self.spans = [start for start, _ in filled], [size for _, size in filled]
        self.names: tuple[str, ...] = ()
        self.records: list[dict[str, Any]] = []
        self.kept: list[Any] = []
        self.counter: np.ndarray | None = None
        self.state: State = {}
        self.scalars: dict[str, float] = {}
        self.shown: dict[str, np.ndarray] = {}
        self.pieces: list[tuple[slice, State]] = []
        self.change = real(np.empty(self.size, self.dtype))
        self.cuts = self.cut(self.change)

    def cut(self, flat: np.ndarray) -> list[np.ndarray]:
        """Each parameter's part of a flat array, in its shape."""
        whole = flat.view(self.dtype)
        return [
            whole[start : start + size].reshape(p.array.shape)
            for p, start, size in zip(self.params, self.starts, self.sizes, strict=True)
        ]


def real(array: np.ndarray) -> np.ndarray:
    """A complex array as pairs of real numbers, which is how the update rules see it."""
    return array.view(array.real.dtype) if array.dtype.kind == "c" else array


class Elementwise(Optimizer):
    """Base of the optimizers whose update of a number depends on that number's gradient and state alone.

    A subclass says which arrays it keeps per number (``slots``) and how a step is made of them (``update``).
    """

    scalars: tuple[str, ...] = ()  # numbers kept per parameter
    fading: tuple[str, ...] = ()  # slots that shrink by a factor at each step while the gradient is 0
    counts = True  # whether the state shows how many steps were made
    reads_weights = False  # whether ``update`` needs the weights themselves
    own_decay = False  # whether ``update`` deals with weight_decay itself
    layerwise = False  # whether ``scale`` looks at each parameter as a whole

    def _prepare(self) -> None:
        super()._prepare()
        self._blocks: dict[int, tuple[list[Tensor], list[Block]]] = {}

    # ------------------------------------------------------------------------------------------------------ to be defined
    def update(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        """What to subtract from the weights, for flat arrays: gradient g, states s (changed in place), weights w if asked for.

        g is the gradient itself, or a part of it: it must not be written to.
        """
        raise NotImplementedError

    def advance(self, scalars: dict[str, float], group: dict[str, Any], step: int) -> None:
        """Bring the scalars forward, after the update of a step."""

    def scale(self, w: np.ndarray, change: np.ndarray, spans: Spans, group: dict[str, Any]) -> np.ndarray:
        """Of a layerwise optimizer: the change once each parameter's has been seen as a whole."""
        raise NotImplementedError

    def start(self, name: str, p: Tensor, group: dict[str, Any]) -> np.ndarray:
        """What a state holds before the first step: zeros, unless a subclass says otherwise."""
        return np.zeros(p.array.shape, p.array.dtype)

    def start_scalar(self, name: str, group: dict[str, Any]) -> float:
        """What a scalar state holds before the first step."""
        return 1.0

    def decoupled(self, group: dict[str, Any]) -> bool:
        """Whether weight decay shrinks the weights themselves (Loshchilov & Hutter 2019) and not through the gradient."""
        return bool(group.get("decoupled_weight_decay"))

    # ------------------------------------------------------------------------------------------------------------ stepping
    def _step_group(self, index: int, group: dict[str, Any]) -> None:
        options = plain(group)
        for block in self._blocks_of(index, options):
            self._step_block(block, options)

    def _blocks_of(self, index: int, group: dict[str, Any]) -> list[Block]:
        """The group's parameters that have a gradient, in the blocks in which they are updated; made anew when anything changed."""
        live = [p for p in group["params"] if p._grad is not None]
        known, blocks = self._blocks.get(index, ([], []))
        if len(live) == len(known) and all(map(is_, live, known)) and self._current(blocks, group):
            return blocks
        together: dict[Any, list[Tensor]] = {}
        names = self.slots_of(group)
        for p in live:
            if p._grad.array.shape != p.array.shape or p._grad.array.dtype != p.array.dtype:
                raise ValueError(f"a gradient {describe(p._grad.array)} on a parameter {describe(p.array)}")
            state = self.state.get(p, {})
            step = int(number_of(state["step"])) if "step" in state else int(bool(names) and names[0] in state)
            scalars = tuple(number_of(state[n]) if n in state else self.start_scalar(n, group) for n in self.scalars)
            alone = p if p.array.size > LARGE else None
            together.setdefault((p.array.dtype, step, scalars, alone), []).append(p)
        blocks = [
            self._block(params, step, dict(zip(self.scalars, scalars, strict=True)), group)
            for (_, step, scalars, _), params in together.items()
        ]
        self._blocks[index] = (live, blocks)
        return blocks

    def _current(self, blocks: list[Block], group: dict[str, Any]) -> bool:
        """Whether the blocks still are what the state and the parameters show."""
        get, names = self.state.get, self.slots_of(group)
        for block in blocks:
            records = block.records
            if block.names != names or not all(map(is_, map(get, block.params), records)):
                return False
            if not all(map(is_, chain.from_iterable(map(dict.values, records)), block.kept)):
                return False
            if block.dtype is not block.params[0].array.dtype or (block.counter is not None and block.step != block.counter.item()):
                return False
        return True

    def _block(self, params: list[Tensor], step: int, scalars: dict[str, float], group: dict[str, Any]) -> Block:
        block = Block(params, step)
        block.names = self.slots_of(group)
        if self.counts or block.names:
            block.records = [self.state[p] for p in params]
        shared: dict[str, Any] = {}
        if self.counts:
            block.counter = np.array(step, np.float32)
            shared["step"] = make(block.counter)
        block.scalars = scalars
        for name, value in scalars.items():
            block.shown[name] = np.array(value, np.float64)
            shared[name] = make(block.shown[name])
        for name in block.names:
            olds = [record.get(name) for record in block.records]
            firsts = [self.start(name, p, group) if old is None else old.array for p, old in zip(params, olds, strict=True)]
            flat = np.concatenate([np.asarray(a, block.dtype).reshape(-1) for a in firsts])
            block.state[name] = real(flat)
        for record in block.records:
            record.update(shared)
        for name, flat in block.state.items():
            for record, part in zip(block.records, block.cut(flat), strict=True):
                record[name] = make(part)
        block.kept = [t for record in block.records for t in record.values()]
        total = len(block.change)
        length = total if self.layerwise else SLICE
        for begin in range(0, total, length or 1):
            piece = slice(begin, begin + length)
            block.pieces.append((piece, {name: flat[piece] for name, flat in block.state.items()}))
        return block

    def _step_block(self, block: Block, group: dict[str, Any]) -> None:
        block.step += 1
        params = block.params
        if len(params) == 1 and params[0].array.flags.c_contiguous:
            self._step_where_it_lies(block, group)
        else:
            grads = np.concatenate([p._grad.array for p in params], None)
            g = grads if block.dtype.kind != "c" else real(grads)
            w = None
            if self.reads_weights or group.get("weight_decay") or group.get("l1"):
                w = real(np.concatenate([p.array for p in params], None))
            s = {**block.state, **block.scalars} if block.scalars else block.state
            change = self._change(w, g, s, group, block.step)
            if self.layerwise and block.size:
                change = self.scale(w, change, block.spans, group)  # type: ignore[arg-type]
            block.change[...] = change
            arrays = [p.array for p in params]
            with memory.writing(*arrays):
                for array, part in zip(arrays, block.cuts, strict=True):
                    array -= part
        if block.scalars:
            self.advance(block.scalars, group, block.step)
            for name, value in block.scalars.items():
                block.shown[name][...] = value
        if block.counter is not None:
            block.counter.fill(block.step)
        if not block.step % 64:
            self._forget(block)

    def _step_where_it_lies(self, block: Block, group: dict[str, Any]) -> None:
        p = block.params[0]
        w, g = real(p.array.reshape(-1)), real(p._grad.array.reshape(-1))
        with memory.writing(p.array):
            for part, state in block.pieces:
                s = {**state, **block.scalars} if block.scalars else state
                change = self._change(w[part], g[part], s, group, block.step)
                if self.layerwise and block.size:
                    change = self.scale(w, change, block.spans, group)
                w[part] -= change

    def _forget(self, block: Block) -> None:
        """Set to 0 what has faded away. A dead ReLU's mean gradient would end as denormal numbers, which are ten times slower."""
        for name in self.fading:
            flat = block.state.get(name)
            if flat is not None and flat.size:
                flat[np.abs(flat) < 1e3 * np.finfo(flat.dtype).tiny] = 0

    def _change(self, w: Any, g: np.ndarray, s: State, group: dict[str, Any], step: int) -> np.ndarray:
        """``update`` with what every optimizer offers around it: maximize, and L1 and L2 penalties added to the gradient."""
        if group.get("maximize"):
            g = -g
        if group.get("l1"):
            g = g + group["l1"] * np.sign(w)
        decay = group.get("weight_decay", 0)
        if not decay or self.own_decay:
            return self.update(w, g, s, group, step)
        if not self.decoupled(group):
            return self.update(w, g + decay * w, s, group, step)
        return self.update(w, g, s, group, step) + group["lr"] * decay * w

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what ``state_dict`` gave: see ``Optimizer.load_state_dict``."""
        super().load_state_dict(state_dict)
        self._blocks.clear()

    def needs(self, name: str, p: Tensor) -> bool:
        """Whether a state must be there once a parameter has been updated; without a step count none is missed."""
        return self.counts


def number_of(value: Any) -> float:
    """A scalar state as a number."""
    return float(getattr(value, "array", value))
