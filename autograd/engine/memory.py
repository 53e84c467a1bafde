"""When arrays were written in place, so that a backward that needs the old values can raise.

One clock numbers the nodes of the graph and the writes into arrays. Each write is noted under the array that owns the memory, so
it counts for all arrays that share this memory: views, ``detach()``, ``numpy()``. An array that a node saved has been changed
exactly if its memory was written later than the node was made. So recording a node costs nothing here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import ref

from numpy import ndarray

from ..types import ArrayLike

clock = count(1)

_REMEMBERED = 64  # times kept for each memory, only for an error that says how often it had been written before an op saved it


class Writes:
    """The writes into one memory.

    Attributes:
        owner: a weak reference to the array that owns the memory. count: the number of writes.
        last: the time of the last one. times: the times of the latest ones.
    """

    __slots__ = ("count", "last", "owner", "times")

    def __init__(self, owner: ndarray) -> None:
        key = id(owner)
        self.owner = ref(owner, lambda _: written.pop(key, None))
        self.count = 0
        self.last = 0
        self.times: deque[int] = deque(maxlen=_REMEMBERED)


# Functions that are called with the owner of a memory before it is written: of ``graph.allow_mutation_on_saved_tensors``.
before_writes: list[Callable[[ndarray], None]] = []

written: dict[int, Writes] = {}  # by the id of the owner
latest = 0  # the time of the last write into any memory: nothing that a younger node saved can have been changed


def owner(array: Any) -> ndarray:
    """The array that owns this one's memory: the last array in its chain of bases."""
    owning = array
    while (base := getattr(array, "base", None)) is not None:
        array = base
        if isinstance(array, ndarray):
            owning = array
    return owning


def write(array: ndarray, values: ArrayLike, where: Any = ...) -> None:
    """Write values into an array in place, so that a backward that still needs the old values raises.

    Args:
        array: any shape and dtype; the values are cast to its dtype.
        values: what broadcasts to the part that is written.
        where: the index of that part; by default the whole array.
    """
    # Noted first: a note without a write can at most raise an error too many; a write without a note is a wrong gradient.
    note_write(array)
    array[where] = values


def write_with_node(array: ndarray, values: Any, where: Any, tensor: Any, node: Any) -> None:
    """Write values into an array in place, and give the tensor whose array it is the node of the write: both or neither.

    Whatever raises, a KeyboardInterrupt too: new values never lie on the old node, nor old values on the new one.

    Args:
        array, values, where: as for ``write``.
        tensor: the tensor whose memory it is; no view.
        node: its node after the write.
    """
    note_write(array)
    before = tensor.node
    try:
        tensor.node = node
        array[where] = values  # the last step: Python handles no signal between it and the end of the block
    except BaseException:
        tensor.node = before
        raise


def write_all(*writes: tuple[ndarray, Any]) -> None:
    """Write values into several arrays in place, all or none.

    If anything raises in between, a KeyboardInterrupt too, every array gets its old values back.

    Args:
        writes: pairs of an array and the values for it.
    """
    before = [array.copy() for array, _ in writes]
    try:
        for array, values in writes:
            write(array, values)
    except BaseException:
        for (array, _), old in zip(writes, before, strict=True):
            array[...] = old
        raise


class writing:
    """A block that writes into arrays in place: ``with writing(array): array *= 2``.

    At the end of the block, also where it raises, each array counts as written: a backward that still needs the old values raises.
    One object serves many blocks, so a loop that always writes into the same arrays looks their records up once.
    """

    __slots__ = ("_records",)

    def __init__(self, *arrays: ndarray) -> None:
        self._records = [record(array) for array in arrays]

    def __enter__(self) -> None:
        for writes in self._records if before_writes else ():
            announce(writes.owner())

    def __exit__(self, *exc: object) -> None:
        global latest
        latest = now = next(clock)
        for writes in self._records:
            writes.count += 1
            writes.last = now
            writes.times.append(now)


def note_write(array: ndarray) -> None:
    """Note that the array's memory is being written: for a write that ``write`` and ``writing`` cannot do themselves."""
    global latest
    writes = record(array)
    if before_writes:
        announce(writes.owner())
    writes.count += 1
    writes.last = latest = next(clock)
    writes.times.append(latest)


def announce(root: Any) -> None:
    """Tell those who asked for it that a memory is about to be written."""
    for function in before_writes:
        function(root)


def record(array: ndarray) -> Writes:
    """The record of the writes into the array's memory; a new one if it has never been written."""
    root = array if array.base is None else owner(array)
    writes = written.get(id(root))
    if writes is None or writes.owner() is not root:
        writes = written[id(root)] = Writes(root)
    return writes


def last(array: ndarray) -> int:
    """The time of the last write into the array's memory; 0 if there was none."""
    writes = written.get(id(array if array.base is None else owner(array)))
    return 0 if writes is None else writes.last


def version(array: ndarray, at: int | None = None) -> int:
    """How often the array's memory has been written in place until now, or until a time of the clock."""
    writes = written.get(id(owner(array)))
    if writes is None:
        return 0
    if at is None:
        return writes.count
    return writes.count - (len(writes.times) - bisect_right(writes.times, at))
