"""Buckets: the gradients of a model in a few large pieces of memory, each of which is averaged over the processes as one.

A bucket is sent as soon as the last of its gradients is complete, while the backward goes on with earlier layers. Gradients come in
nearly the reverse order of the parameters, so the buckets are filled in that order; after the first backward they are laid out anew
in the order in which the gradients really came. All processes send the buckets in the same order. MPI moves data only while it is
called, so a call is made after each node of the graph. Processes of one machine have the buckets in memory that all of them see.

A parameter that is larger than a bucket is cut by rows. Where its gradient can be computed in sections (``Op.sections``), the first
rows travel while the next are computed: else nothing of the first layer could be hidden, whose gradient is the last of all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from time import perf_counter
from typing import Any
from weakref import ref

import numpy as np

from ..engine.arrivals import Receiver
from ..engine.graph import Node, make, meta_of
from ..errors import GraphError, ShapeError
from .collectives import all_reduce
from .failure import DistError
from .group import ProcessGroup
from .reduction import ReduceOp, carried, of_mpi
from .replicas import make_equal
from .shared_memory import LINE, SharedMemory
from .work import Work

_CALLS = 4  # of MPI after each node: an all-reduce goes on by one of its inner steps in each, and has about five
_NAMED = 3  # parameters that an error names; of the rest it says how many there are


class Bucket:
    """One piece of memory that is averaged as one.

    Attributes:
        buffer: its memory. start: its place in the memory of all gradients of its dtype. left: how many numbers are missing yet.
    """

    __slots__ = ("buffer", "left", "start")

    def __init__(self, buffer: np.ndarray, start: int) -> None:
        self.buffer, self.start, self.left = buffer, start, 0


def cut_by_rows(rows: int, size: int, limit: int) -> list[slice]:
    """The parts of a parameter that is larger than a bucket: each has half of the rows that are left.

    So there are few parts, and the last one, which is sent when there is nothing left to compute, is small.

    Args:
        rows: of the parameter. size: bytes of a row. limit: bytes of a bucket; a part has from a quarter to four times as many.

    Example:
        >>> from autograd.distributed.buckets import cut_by_rows
        >>> [(part.start, part.stop) for part in cut_by_rows(512, 1000, 200_000)]
        [(0, 256), (256, 384), (384, 448), (448, 512)]
    """
    least, most = max(limit // 4 // size, 1), max(4 * limit // size, 1)
    parts, start = [], 0
    while start < rows:
        left = rows - start
        taken = left if left <= 2 * least else min(max(left // 2, least), most)
        parts.append(slice(start, start + taken))
        start += taken
    return parts


def needed(arrays: Iterable[np.ndarray]) -> int:
    """The bytes of a layout of these arrays: those of each dtype lie together, and begin with a line of the caches."""
    sizes: dict[Any, int] = {}
    for array in arrays:
        sizes[array.dtype] = sizes.get(array.dtype, 0) + array.nbytes
    return sum(aligned(size) for size in sizes.values())


def aligned(size: int) -> int:
    """The size, filled up to whole lines of the caches."""
    return -(-size // LINE) * LINE


class Layout:
    """Where the gradient of each parameter lies.

    Args:
        arrays: of the parameters. order: their numbers in the order of the gradients. limit: bytes of a bucket; a gradient that is
            smaller than that is not cut. memory: bytes for all gradients, ``needed(arrays)`` of them; by default new ones.

    Attributes:
        order: as given. buckets: in the order in which they are sent. views: the memory of each parameter's gradient, in its shape.
        cuts: for each parameter the rows that lie in one bucket each, and are computed one by one; empty where it is whole.
    """

    def __init__(self, arrays: Sequence[np.ndarray], order: Sequence[int], limit: int, memory: np.ndarray | None = None) -> None:
        self.order = list(order)
        self._memory = np.zeros(needed(arrays), np.uint8) if memory is None else memory
        self._taken = 0
        self.buckets: list[Bucket] = []
        self.views: list[np.ndarray] = [np.empty(0)] * len(arrays)
        self.cuts: list[list[slice]] = [[] for _ in arrays]
        self._of: list[tuple[list[Bucket], list[int], int]] = [([], [], 0)] * len(arrays)  # buckets, their starts, offset
        for dtype in dict.fromkeys(arrays[i].dtype for i in self.order):
            self._lay_out(arrays, [i for i in self.order if arrays[i].dtype == dtype], dtype, limit)
        # Buckets of several dtypes are sent in the order in which their first gradients come.
        first = {id(bucket): self.order.index(i) for i in reversed(self.order) for bucket in self._of[i][0]}
        self.buckets.sort(key=lambda bucket: first.get(id(bucket), 0))

    def _lay_out(self, arrays: Sequence[np.ndarray], order: Sequence[int], dtype: Any, limit: int) -> None:
        flat = self._memory[self._taken : self._taken + sum(arrays[i].nbytes for i in order)].view(dtype)
        self._taken += aligned(flat.nbytes)
        edges, offset = [0], 0
        offsets = {}
        for i in order:
            array = arrays[i]
            if array.ndim and len(array) > 1 and array.nbytes > limit:
                self.cuts[i] = cut_by_rows(len(array), array.nbytes // len(array), limit)
                edges += [offset + rows.start * (array.size // len(array)) for rows in self.cuts[i]]
            elif (offset + array.size - edges[-1]) * array.itemsize > limit:
                edges.append(offset)
            offsets[i] = offset
            self.views[i] = flat[offset : offset + array.size].reshape(array.shape)
            offset += array.size
        starts = sorted({*edges})
        if len(starts) > 1 and starts[-1] == offset:  # only empty parameters would lie in it
            starts.pop()
        buckets = [Bucket(flat[start:end], start) for start, end in zip(starts, [*starts[1:], offset], strict=True)]
        self.buckets += buckets
        for i in order:
            self._of[i] = (buckets, starts, offsets[i])

    def begin(self) -> None:
        """All gradients are missing."""
        for bucket in self.buckets:
            bucket.left = bucket.buffer.size

    def fill(self, i: int, rows: slice) -> None:
        """Note that these rows of a parameter's gradient are there."""
        buckets, starts, offset = self._of[i]
        view = self.views[i]
        row = view.size // max(len(view), 1) if view.ndim else 1
        start, stop = offset + rows.start * row, offset + rows.stop * row
        number = bisect_right(starts, start) - 1
        while start < stop:
            end = min(stop, buckets[number].start + buckets[number].buffer.size)
            buckets[number].left -= end - start
            start, number = end, number + 1


class _Handle:
    """Leads from the parameters to the reducer. Between a forward and its backward it keeps the reducer alive, and never longer."""

    __slots__ = ("strong", "weak")

    def __init__(self, reducer: Reducer) -> None:
        self.weak = ref(reducer)
        self.strong: Reducer | None = None

    def __call__(self) -> Reducer | None:
        return self.weak()


class Reducer(Receiver):
    """Averages the gradients of parameters over processes, while backward is running.

    Args:
        params: the parameters by name; all need a gradient. group: the processes, with a communicator that nobody else uses.
        limit: bytes of a bucket. find_unused: whether a backward may leave parameters out, other ones on each process.
        as_views: whether ``.grad`` is a view of a bucket, which saves memory and a copy.

    Attributes:
        active: whether the next backward is to be averaged. events: a list to which (what, bucket, seconds) is added, or None.
        shared: the memory in which the processes of one machine add up, or None: then MPI does it.
    """

    def __init__(self, params: Mapping[str, Any], group: ProcessGroup, limit: int, find_unused: bool, as_views: bool) -> None:
        super().__init__()
        self.names, self.params = list(params), list(params.values())
        self.group = group
        self.limit, self.find_unused, self.as_views = limit, find_unused, as_views
        self.active = True
        self.events: list[tuple[str, int, float]] | None = None
        arrays = [p.array for p in self.params]
        self.shared = SharedMemory.of(group, needed(arrays))
        self._lay_out(range(len(self.params) - 1, -1, -1))
        self._nodes: dict[Node, int] = {}
        self._handle = _Handle(self)
        self._settled = False  # whether the layout follows the order in which gradients come
        self._failed = False
        self._began = False
        self._share = 1 / group.size()
        self._arrived: list[int] = []
        self._olds: list[Any] = []
        self._next = 0
        self._requests: list[Any] = []
        self._tested = 0
        self._halves: dict[int, np.ndarray] = {}  # float16 buckets in float32, while they are sent

    def attach(self) -> None:
        """Have the next backward pass the parameters' gradients to this object."""
        self._handle.strong = self
        if any(p.node not in self._nodes for p in self.params):
            self._nodes = {p.node: i for i, p in enumerate(self.params) if p.node is not None}
            for node in self._nodes:
                meta_of(node).receiver = self._handle

    # ------------------------------------------------------------------------------------------------- during a backward
    def listening(self) -> bool:
        return self.active

    def begin(self, leaves: set[Node], create_graph: bool) -> None:
        if create_graph:
            raise GraphError(
                "backward(create_graph=True) of a DistributedDataParallel model: the average over ranks is not recorded, so a "
                "second derivative would be wrong; use autograd.distributed.nn.all_reduce on the gradients of the module itself"
            )
        if self._failed:
            raise DistError("an earlier backward of this model failed on this rank while others went on: the ranks are out of step")
        present = {self._nodes[leaf] for leaf in leaves}
        missing = [i for i in range(len(self.params)) if i not in present]
        if missing and not self.find_unused:
            self._unused(missing)
        self._began = True
        self._note("begin", -1)
        self.layout.begin()
        self._arrived, self._requests, self._next, self._tested = [], [], 0, 0
        self._olds = [None if p._grad is None else p._grad.array for p in self.params]
        for i in missing:
            self._without(i)
        self._send()

    def sections(self, leaf: Node) -> list[slice]:
        return self.layout.cuts[self._nodes[leaf]]

    def section(self, leaf: Node, rows: slice, gradient: np.ndarray) -> None:
        i = self._nodes[leaf]
        if rows.start == 0:
            self._arrived.append(i)
        self._put(i, rows, gradient)

    def arrived(self, leaf: Node, gradient: np.ndarray) -> None:
        i = self._nodes[leaf]
        self._arrived.append(i)
        self._put(i, slice(0, len(gradient) if gradient.ndim else 1), gradient)

    def proceed(self) -> None:
        for _ in range(_CALLS):
            while self._tested < len(self._requests) and self._requests[self._tested].Test():
                self._note("done", self._tested)
                self._tested += 1
            if self._tested == len(self._requests):
                return

    def end(self) -> list[tuple[Any, Any]]:
        self._note("backward", -1)
        here = {*self._arrived}
        late = [i for i in range(len(self.params)) if self.layout.buckets and i not in here]
        if late and not self.find_unused:
            self._unused(late)
        for bucket in self.layout.buckets:
            bucket.left = 0  # whatever has not come by now is not coming
        self._send()
        used = self._used(here) if self.find_unused else here
        Work(self._waits(), "the average of the gradients", self.group.look, self.group.timeout).wait()
        for number, sums in self._halves.items():
            self.layout.buckets[number].buffer[...] = sums
        self._halves = {}
        settles = not self._settled and not late
        views = self.as_views and not settles
        pairs = []
        for i, p in enumerate(self.params):
            if i in used:
                own = p._grad is not None and p._grad.array is self.layout.views[i]
                pairs.append((p, p._grad if own else make(self.layout.views[i] if views else self.layout.views[i].copy())))
        if settles:
            self._settle()
        self._began, self._handle.strong = False, None
        return pairs

    def abandon(self) -> None:
        self._failed = self._failed or (self._began and self.group.size() > 1)
        self._handle.strong = None

    # ------------------------------------------------------------------------------------------------------------- pieces
    def _put(self, i: int, rows: slice, gradient: np.ndarray) -> None:
        view, old = self.layout.views[i], self._olds[i]
        if view.ndim:
            view, old = view[rows], None if old is None else old[rows]
        if gradient.shape != view.shape:
            raise ShapeError(f"the gradient of {self.names[i]} has shape {gradient.shape}, not {view.shape}")
        if old is None:
            np.multiply(gradient, self._share, out=view, casting="same_kind")
        else:
            np.add(old, gradient, out=view, casting="same_kind")
            view *= self._share
        self.layout.fill(i, rows)
        self._send()

    def _without(self, i: int) -> None:
        """A parameter that the backward does not reach: what it has already counts, as its share."""
        view, old = self.layout.views[i], self._olds[i]
        np.multiply(0 if old is None else old, self._share, out=view, casting="same_kind")
        self.layout.fill(i, slice(0, len(view) if view.ndim else 1))

    def _send(self) -> None:
        """Send the next buckets, as far as they are full."""
        buckets = self.layout.buckets
        while self._next < len(buckets) and not buckets[self._next].left:
            self._note("sent", self._next)
            self._requests.append(self.sum(self._next))
            self._next += 1

    def sum(self, number: int) -> Any:
        """Begin to add a bucket up over the processes; returns the request."""
        buffer = self.layout.buckets[number].buffer
        if carried(buffer) != buffer.dtype:
            buffer = self._halves[number] = buffer.astype(carried(buffer))
        elif self.shared is not None:
            return self.shared.sum(self._alike[number])
        operation = None if self.group.alone else of_mpi(ReduceOp.SUM, buffer.dtype)
        return self.group.comm.Iallreduce(self.group.in_place, buffer, op=operation)

    def _waits(self) -> Iterator[Any]:
        for number in range(self._tested, len(self._requests)):
            yield self._requests[number]
            self._note("done", number)

    def _used(self, here: set[int]) -> set[int]:
        """The parameters that some process has used, now or in a backward whose gradients have not been averaged yet."""
        flags = np.zeros(len(self.params), np.uint8)
        flags[[*here, *(i for i, old in enumerate(self._olds) if old is not None)]] = 1
        seen = make(flags)
        all_reduce(seen, ReduceOp.MAX, group=self.group)
        return {*np.flatnonzero(seen.array).tolist()}

    def _lay_out(self, order: Sequence[int]) -> None:
        shared = self.shared
        memory = None if shared is None else shared.own
        self.layout = Layout([p.array for p in self.params], order, self.limit, memory)
        self._alike = [] if shared is None else [shared.alike(bucket.buffer) for bucket in self.layout.buckets]

    def _settle(self) -> None:
        """Lay the buckets out in the order in which the gradients came on the first process."""
        order = make(np.array(self._arrived))
        make_equal([order], self.group)
        if order.array.tolist() != self.layout.order:
            self._lay_out(order.array.tolist())
        self._settled = True

    def _unused(self, missing: Sequence[int]) -> None:
        names = [self.names[i] for i in missing]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        raise GraphError(
            f"rank {self.group.ranks[self.group.rank()]}: the loss does not depend on {', '.join(names[:_NAMED])}{more}, and the "
            f"other ranks wait for their gradients: use all parameters, or pass find_unused_parameters=True to "
            f"DistributedDataParallel"
        )

    def _note(self, what: str, bucket: int) -> None:
        if self.events is not None:
            self.events.append((what, bucket, perf_counter()))


__all__ = ["Bucket", "Layout", "Reducer"]
