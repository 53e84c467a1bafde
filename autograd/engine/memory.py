"""The version of a memory lives with the memory: when was an array last written in place?

A write is stamped with the clock that also numbers the nodes, under the array that owns the memory. So a node needs to keep no
version: what it saved was changed exactly if the memory's stamp is later than the node. Recording pays nothing for it, and every
alias is seen: views, ``detach``, ``numpy()``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from itertools import count
from typing import Any
from weakref import ref

from numpy import ndarray

clock = count(1)

_REMEMBERED = 64  # stamps kept per memory, only to say in an error which version an op had seen


class Writes:
    """How often and when one memory was written."""

    __slots__ = ("count", "last", "owner", "stamps")

    def __init__(self, owner: ndarray) -> None:
        key = id(owner)
        self.owner = ref(owner, lambda _: written.pop(key, None))
        self.count = 0
        self.last = 0
        self.stamps: deque[int] = deque(maxlen=_REMEMBERED)


written: dict[int, Writes] = {}
latest = 0  # when any memory was last written: what is younger than that has seen no write


def owner(array: Any) -> ndarray:
    """The array that owns the memory that this one looks into."""
    found = array
    while (base := getattr(array, "base", None)) is not None:
        array = base
        if isinstance(array, ndarray):
            found = array
    return found


def write(array: ndarray, values: Any, where: Any = ...) -> None:
    """Write values into an array in place, so that a backward that still needs the old values raises.

    Args:
        array: any shape and dtype; the values are cast to its dtype.
        values: what broadcasts to the part that is written.
        where: the index of that part; by default the whole array.
    """
    array[where] = values
    note_write(array)


def write_all(*writes: tuple[ndarray, Any]) -> None:
    """Write values into several arrays in place, all or none.

    If anything raises in between, a KeyboardInterrupt too, every array gets its old values back.

    Args:
        writes: pairs of an array and the values for it.
    """
    before = [array.copy() for array, _ in writes]
    try:
        for array, values in writes:
            note_write(
                array
            )  # before the write: a note without a write is an error at most, a write without a note a wrong gradient
            array[...] = values
    except BaseException:
        for (array, _), old in zip(writes, before, strict=True):
            array[...] = old
        raise


class writing:
    """A block that writes into arrays in place: ``with writing(array): array *= 2``.

    At the end of the block, also where it raises, each array counts as written: a backward that still needs the old values raises.
    """

    __slots__ = ("_arrays",)

    def __init__(self, *arrays: ndarray) -> None:
        self._arrays = arrays

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exc: object) -> None:
        for array in self._arrays:
            note_write(array)


def note_write(array: ndarray) -> None:
    """Note that the array's memory has just been written: for a write that ``write`` and ``writing`` cannot do themselves."""
    global latest
    root = array if array.base is None else owner(array)
    writes = written.get(id(root))
    if writes is None or writes.owner() is not root:
        writes = written[id(root)] = Writes(root)
    writes.count += 1
    writes.last = latest = next(clock)
    writes.stamps.append(latest)


def last(array: ndarray) -> int:
    """When the array's memory was last written in place; 0 for never."""
    writes = written.get(id(array if array.base is None else owner(array)))
    return 0 if writes is None else writes.last


def version(array: ndarray, at: int | None = None) -> int:
    """How often the array's memory had been written in place, now or at a time on the clock."""
    writes = written.get(id(owner(array)))
    if writes is None:
        return 0
    if at is None:
        return writes.count
    return writes.count - (len(writes.stamps) - bisect_right(writes.stamps, at))
