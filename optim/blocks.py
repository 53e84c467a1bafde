"""Blocks: the parameters that an elementwise optimizer updates together, and the parts of a step that do it.

A parameter of a small network has a few hundred numbers, and a NumPy call costs as much as a few hundred additions. So the small
parameters of a group are gathered into one array and updated by one set of calls. A large parameter is updated where it lies, in
slices that stay in the cache. Either way the optimizer's formula (``Elementwise.update``) sees flat arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, starmap
from operator import attrgetter, is_
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.engine import memory
from autograd.engine.graph import make

from .atomic import Part
from .optimizer import check_gradients

LARGE = 1 << 14  # a parameter with more numbers has a block of its own
SLICE = 1 << 15  # numbers per slice: gradient, weights and two states of them fit the second-level cache

array_of, kind_of, is_writeable = attrgetter("array"), attrgetter("shape", "dtype"), attrgetter("flags.writeable")

Slots = dict[str, Any]  # arrays and numbers that the state keeps, by name
Spans = tuple[list[int], list[int]]  # where parameters begin in a flat array, and how long they are


class Block:
    """Parameters that are updated together, with their state in flat arrays.

    The dicts in ``optimizer.state`` hold tensors that look into those arrays. They get them when the first step is committed:
    until then a block that is built changes nothing.

    Attributes:
        params: the parameters.
        arrays: their weights, to notice when a parameter is given other memory.
        records: the dicts that the optimizer's state holds for them.
        tensors: what is in those dicts, to notice when somebody puts another tensor there.
        step: how many steps have been committed.
        flat: a flat array per slot of the state; complex numbers are pairs of real ones.
        scalars: a number per scalar of the state.
        spans: where the parameters that are not empty begin in the flat arrays, and how long they are.
    """

    def __init__(self, params: Sequence[Tensor], step: int, names: tuple[str, ...], scalars: dict[str, float]) -> None:
        self.params = params
        self.arrays = [p.array for p in params]
        self.kinds = [*map(kind_of, self.arrays)]
        self.shapes = [shape for shape, _ in self.kinds]
        self.step = step
        self.names = names
        self.scalars = scalars
        self.dtype = self.arrays[0].dtype
        self.sizes = [a.size for a in self.arrays]
        self.starts = [0, *accumulate(self.sizes)][:-1]
        factor = 2 if self.dtype.kind == "c" else 1
        filled = [(factor * start, factor * size) for start, size in zip(self.starts, self.sizes, strict=True) if size]
        self.spans: Spans = [start for start, _ in filled], [size for _, size in filled]
        self.size = sum(self.sizes)
        self.flat: Slots = {}
        self.records: list[dict[str, Any]] = []
        self.tensors: list[Any] = []
        self.counter: np.ndarray | None = None
        self.shown: dict[str, np.ndarray] = {}
        self.attached = False
        self.parts: list[Part] = []
        self.gathered = len(params) > 1 or not self.arrays[0].flags.c_contiguous

    optimizer: Any
    options: dict[str, Any]
    next: int
    reads_weights: Any
    grads: Any
    w: Any
    g: Any

    def fill(
        self,
        records: list[dict[str, Any]],
        counts: bool,
        first: Callable[[str, Tensor], np.ndarray],
        whole_parameters: bool,
    ) -> None:
        """Copy the state of the parameters into flat arrays, and plan the parts of a step.

        Args:
            records: the dicts of the parameters in the optimizer's state, or empty ones.
            counts: whether the state shows the number of steps.
            first: makes an array of the state that a parameter lacks.
            whole_parameters: whether a large parameter must not be sliced.
        """
        self.records = records
        shared: dict[str, Any] = {}
        if counts:
            self.counter = np.array(self.step, np.float32)
            shared["step"] = make(self.counter)
        for name, value in self.scalars.items():
            self.shown[name] = np.array(value, np.float64)
            shared[name] = make(self.shown[name])
        columns = []
        for name in self.names:
            olds = [record.get(name) for record in records]
            arrays = [first(name, p) if old is None else old.array for p, old in zip(self.params, olds, strict=True)]
            flat = np.concatenate([np.asarray(a, self.dtype) for a in arrays], None)
            self.flat[name] = real(flat)
            columns.append([make(part) for part in self.cut(flat)])
        values = zip(*columns, strict=True) if columns else [()] * len(records)
        self.new = [{**shared, **dict(zip(self.names, row, strict=True))} for row in values]
        if self.gathered:
            self.parts = [Gathered(self)]
        else:
            size = self.size * (2 if self.dtype.kind == "c" else 1)
            length = size if whole_parameters else SLICE
            starts = range(0, max(size, 1), max(length, 1))
            self.parts = [Slice(self, slice(start, start + length), start == starts[-1]) for start in starts]

    def cut(self, whole: np.ndarray) -> list[np.ndarray]:
        """Each parameter's part of a flat array, in its shape."""
        parts = zip(self.starts, self.sizes, self.shapes, strict=True)
        return [whole[start : start + size].reshape(shape) for start, size, shape in parts]

    def attach(self, state: dict[Any, dict[str, Any]]) -> None:
        """Put the tensors that look into the flat arrays into the optimizer's state."""
        if self.records:
            for p, record, new in zip(self.params, self.records, self.new, strict=True):
                record.update(new)
                state[p] = record
        self.tensors = [t for record in self.records for t in record.values()]
        self.attached = True

    def current(self, state: dict[Any, dict[str, Any]], names: tuple[str, ...]) -> bool:
        """Whether the block still holds the tensors of the optimizer's state and the memory of the parameters."""
        if not self.attached or self.names != names or not all(map(is_, map(array_of, self.params), self.arrays)):
            return False
        records = self.records
        if records and not (
            all(map(is_, map(state.get, self.params), records))
            and sum(map(len, records)) == len(self.tensors)
            and all(map(is_, chain.from_iterable(map(dict.values, records)), self.tensors))
        ):
            return False
        return self.counter is None or self.step == self.counter.item()

    def begin(self, optimizer: Any, options: dict[str, Any]) -> list[Part]:
        """The parts of the next step, for the gradients that the parameters have now.

        Raises:
            ValueError: a gradient that does not fit its parameter, or a parameter that is read-only.
        """
        self.grads = grads = [p._grad.array for p in self.params]
        if [*map(kind_of, grads)] != self.kinds or not all(map(is_writeable, self.arrays)):
            check_gradients(self.params)
        self.optimizer, self.options, self.next = optimizer, options, self.step + 1
        self.reads_weights = optimizer.reads_weights or options.get("weight_decay") or options.get("l1")
        if not self.gathered:
            self.w, self.g = real(self.arrays[0].reshape(-1)), real(self.grads[0].reshape(-1))
        return self.parts

    def end(self, new: Slots) -> None:
        """Commit the numbers of a step; at the first step put the state where the optimizer shows it."""
        if not self.attached:
            self.attach(self.optimizer.state)
        for name in self.scalars:
            self.scalars[name] = new[name]
            self.shown[name][...] = new[name]
        if self.counter is not None:
            self.counter.fill(self.next)
        self.step = self.next
        self.w = self.g = self.grads = None


class Gathered(Part):
    """The step of a block whose gradients are gathered into one array."""

    __slots__ = ("block", "change", "g", "g_parts", "subtractions", "todo", "writing")

    def __init__(self, block: Block) -> None:
        self.block = block
        g, change = np.empty(block.size, block.dtype), np.empty(block.size, block.dtype)
        self.g, self.change = real(g), real(change)
        self.g_parts = block.cut(g)
        self.subtractions = list(zip(block.arrays, block.cut(change), block.arrays, strict=True))
        self.writing = memory.writing(*block.arrays, *block.flat.values())

    def compute(self) -> None:
        block = self.block
        for part, grad in zip(self.g_parts, block.grads, strict=True):
            part[...] = grad
        w = real(np.concatenate(block.arrays, None)) if block.reads_weights else None
        optimizer, options = block.optimizer, block.options
        state = {**block.flat, **block.scalars} if block.scalars else block.flat
        change, new = optimizer.change(w, self.g, state, options, block.next)
        if optimizer.layerwise and block.size:
            change = optimizer.scale(w, change, block.spans, options)
        self.change[...] = change
        self.todo = iter(self.subtractions)
        self.result = new

    def commit(self) -> None:
        block, new = self.block, self.result
        with self.writing:
            for name, flat in block.flat.items():
                flat[...] = new[name]
            subtract(self.todo)
        block.end(new)


class Slice(Part):
    """The step of a slice of a large parameter, where it lies."""

    __slots__ = ("block", "last", "part", "state", "todo", "writing")

    def __init__(self, block: Block, part: slice, last: bool) -> None:
        self.block = block
        self.part = part
        self.last = last
        self.state = {name: flat[part] for name, flat in block.flat.items()}
        self.writing = memory.writing(*block.arrays, *self.state.values())

    def compute(self) -> None:
        block = self.block
        w = block.w[self.part]
        optimizer, options = block.optimizer, block.options
        state = {**self.state, **block.scalars} if block.scalars else self.state
        change, new = optimizer.change(w, block.g[self.part], state, options, block.next)
        if optimizer.layerwise and block.size:
            change = optimizer.scale(w, change, block.spans, options)
        self.todo = iter([(w, change, w)])
        self.result = new

    def commit(self) -> None:
        new = self.result
        with self.writing:
            for name, state in self.state.items():
                state[...] = new[name]
            subtract(self.todo)
        if self.last:
            self.block.end(new)


def subtract(todo: Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> None:
    """Subtract changes from arrays in place: ``todo`` yields (array, change, array). A second call does only the rest.

    Python handles signals between two of its instructions, and this loop is one instruction, which runs in C. An exception such as
    KeyboardInterrupt comes before it or after it, and afterwards the iterator is empty.
    """
    list(starmap(np.subtract, todo))


def real(array: np.ndarray) -> np.ndarray:
    """A complex array as pairs of real numbers, the form in which the formulas get it."""
    return array.view(array.real.dtype) if array.dtype.kind == "c" else array
