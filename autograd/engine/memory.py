"""When arrays were written in place, so that a backward that needs the old values can raise.

One clock numbers the nodes of the graph and the writes into arrays. Each write is noted under the array that owns the memory, so
it counts for all arrays that share this memory: views, ``detach()``, ``numpy()``. An array that a node saved has been changed
exactly if its memory was written later than the node was made. So recording a node costs nothing here.

The second part says which writes are refused, because the written memory is also read, or names an element twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any
from weakref import ref

import numpy as np
from numpy import ndarray
from numpy.lib.array_utils import byte_bounds

from ..errors import GraphError, describe
from ..types import ArrayLike
from .standin import StandIn

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


def go_on_counting(old: ndarray, new: ndarray) -> None:
    """Note a write into an array that takes the place of another, whose writes count as its own."""
    before = version(old)
    note_write(new)
    record(new).count = before + 1


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


# ------------------------------------------------------------------------------- memory that is shared, or that repeats elements

# Functions that write single elements of a tensor while they read indices and values: these share no memory at all with it. The
# others work element by element, and may read exactly the memory that they write.
_WRITE_AT_INDICES = frozenset(("index_add", "index_copy", "index_fill", "index_put", "masked_scatter", "put", "scatter"))


def check_apart(written: ndarray, others: Iterable[Any], name: str) -> None:
    """Raise if a function would write into memory that it reads from elsewhere.

    Args:
        written: the array that is written.
        others: the function's other arguments; what is no tensor counts for nothing, and a list for its tensors.
        name: the function's name.

    Raises:
        GraphError: an argument shares a part of the memory, or for functions that write at indices, any of it.
    """
    for other in others:
        read = getattr(other, "array", None)
        if read is None:
            if type(other) is tuple or type(other) is list:
                check_apart(written, other, name)
        elif (read is written or read.base is not None or written.base is not None) and type(read) is ndarray:
            if read is not written and not _overlap(written, read):
                continue
            if (
                read.__array_interface__["data"] != written.__array_interface__["data"]
                or read.strides != written.strides
                or (name.removesuffix("_") in _WRITE_AT_INDICES)
            ):
                raise GraphError(
                    f"{name}: unsupported operation: some elements of the input tensor {describe(read)} and the written-to tensor "
                    f"{describe(written)} refer to a single memory location: clone() the one that is read"
                )


def _overlap(a: ndarray, b: ndarray) -> bool:
    """Whether two arrays without gaps overlap in memory. With gaps (``x[::2]``) it is not looked into, as in PyTorch."""
    if owner(a) is not owner(b) or not a.size or not b.size or not (_is_dense(a) and _is_dense(b)):
        return False
    (low, high), (start, end) = byte_bounds(a), byte_bounds(b)
    return bool(low < end and start < high)


def _is_dense(array: ndarray) -> bool:
    """Whether the elements lie in memory without gaps, each at a place of its own."""
    step = array.itemsize
    for stride, length in sorted(zip(array.strides, array.shape, strict=True)):
        if length != 1:
            if stride != step:
                return False
            step *= length
    return True


def overlapping(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether two elements of a view may be the same one in memory. False is certain, True is not."""
    reach = 0  # how far the first and the last element of the dimensions so far lie apart
    for step, n in sorted(zip(strides, shape, strict=True)):
        if n > 1:
            if step <= reach:
                return True
            reach += step * (n - 1)
    return False


def opened(array: ndarray, base: ndarray) -> ndarray | None:
    """A writable array on the memory of a view that is read-only only because another part of it repeats elements.

    An expanded tensor is read-only, because its elements occur several times. A part of it in which none does, such as one element,
    can be written as in PyTorch.

    Args:
        array: of the view, or of a part of it. base: the array of the tensor that it is a view of.

    Returns:
        The array, or None if it repeats an element itself, or if the base is read-only, too.
    """
    if isinstance(array, StandIn):
        return array.opened(base)
    root = owner(array)
    if not (base.flags.writeable and root.flags.writeable and root.flags.forc) or root is not owner(base):
        return None
    if overlapping(array.shape, [abs(stride) for stride in array.strides]):
        return None
    offset = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
    return ndarray(array.shape, array.dtype, root.ravel("K").view(np.uint8), offset, array.strides)
