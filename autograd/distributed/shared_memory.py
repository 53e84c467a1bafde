"""Memory that all ranks of one machine read and write, and sums that they compute in it. Nothing is sent to other machines here.

Between processes of one machine MPI carries every byte through small pieces of memory, with the cores that compute the backward.
Where an array lies in memory that all ranks see, it need not be carried: each rank adds up one part of it for all of them.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.graph import make
from .collectives import all_reduce, broadcast
from .group import ProcessGroup
from .launch import mpi
from .reduction import ReduceOp

LINE = 64  # bytes that processors move at once: no two ranks write into the same of them
_PAGE = mmap.ALLOCATIONGRANULARITY


class SharedMemory:
    """As much memory for each rank as the others have; every rank can read and write that of all.

    Args:
        group: ranks of one machine, with communicators that nobody else uses. bytes_of: each rank's memory, in order.

    Attributes:
        own: this rank's.
    """

    def __init__(self, group: ProcessGroup, bytes_of: Sequence[np.ndarray]) -> None:
        self._rank = group.rank()
        self._bytes_of = list(bytes_of)
        self._full = group.comm
        # Barriers of one communicator are paired in the order of the calls, and that of "full" and "summed" differs between ranks.
        self._summed = group.comm.Dup()
        self.own = self._bytes_of[self._rank]

    @classmethod
    def of(cls, group: ProcessGroup, size: int) -> SharedMemory | None:
        """The memory, or None where the ranks cannot have it: on several machines, without the space, or not on Linux.

        Args:
            group: the ranks; all must call it. size: bytes for each.
        """
        if not size or not _on_one_machine(group):
            return None
        size = -(-size // _PAGE) * _PAGE
        mapping = _mapped(group, size)
        if mapping is None:
            return None
        everything = np.frombuffer(mapping, np.uint8)
        return cls(group, [everything[place * size : (place + 1) * size] for place in range(group.size())])

    def alike(self, array: np.ndarray) -> list[np.ndarray]:
        """Of an array that lies in this rank's memory: the array at the same place of each rank's memory."""
        start = array.__array_interface__["data"][0] - self.own.__array_interface__["data"][0]
        return [whole[start : start + array.nbytes].view(array.dtype) for whole in self._bytes_of]

    def sum(self, arrays: Sequence[np.ndarray]) -> Sum:
        """Begin to add up what ``alike`` has found; all ranks must do so, in the same order."""
        return Sum(arrays, self._rank, self._full, self._summed)


class Sum:
    """A sum over ranks that is under way, in place: MPI's request for it, as far as ``Work`` needs one.

    Each rank waits until all have come, adds its part of the numbers up, hands the sums to all, and waits until all have done so.
    Each number is added up by one rank, so all get the same bits.
    """

    __slots__ = ("_added", "_arrays", "_rank", "_request", "_summed")

    def __init__(self, arrays: Sequence[np.ndarray], rank: int, full: Any, summed: Any) -> None:
        self._arrays, self._rank, self._summed = arrays, rank, summed
        self._added = False
        self._request = full.Ibarrier()

    def Test(self) -> bool:  # noqa: N802  (mpi4py's name)
        """Let the sum go on, and say whether it is complete."""
        if not self._request.Test():
            return False
        if self._added:
            return True
        self._add()
        self._added = True
        self._request = self._summed.Ibarrier()
        return bool(self._request.Test())

    def _add(self) -> None:
        part = share_of(self._arrays[0], self._rank, len(self._arrays))
        own, *others = (self._arrays[(self._rank + i) % len(self._arrays)][part] for i in range(len(self._arrays)))
        for other in others:
            np.add(own, other, out=own)
        for other in others:
            other[...] = own


def share_of(array: np.ndarray, rank: int, ranks: int) -> slice:
    """The part of an array with one dimension that a rank adds up: about equally large, and whole lines of the processor's caches.

    Example:
        >>> import numpy as np
        >>> from autograd.distributed.shared_memory import share_of
        >>> [share_of(np.zeros(100, np.float32), rank, 3) for rank in range(3)]
        [slice(0, 48, None), slice(48, 96, None), slice(96, 100, None)]
    """
    line = max(LINE // array.itemsize, 1)
    length = -(-array.size // (ranks * line)) * line
    return slice(min(rank * length, array.size), min((rank + 1) * length, array.size))


def _on_one_machine(group: ProcessGroup) -> bool:
    if not hasattr(os, "memfd_create"):
        return False
    near = group.comm.Split_type(mpi().COMM_TYPE_SHARED)
    size = near.size
    near.Free()
    return bool(size == group.size())


def _mapped(group: ProcessGroup, size: int) -> mmap.mmap | None:
    """Memory of the size times the ranks: a file without a name, which the first rank makes and the others open."""
    address = make(np.array([os.getpid(), -1, 0]))  # the last number is one that only this file contains
    descriptor, mapping = -1, None
    try:
        if group.rank() == 0:
            try:
                descriptor = os.memfd_create("gradients")
                os.ftruncate(descriptor, size * group.size())
                address = make(np.array([os.getpid(), descriptor, int.from_bytes(os.urandom(7), "little")]))
                os.pwrite(descriptor, address.array.tobytes(), 0)
            except OSError:
                pass  # the others learn it from the -1
        broadcast(address, group=group, group_src=0)
        process, number, _ = address.array.tolist()
        if number >= 0:
            mapping = _reserved(
                group, size, descriptor if group.rank() == 0 else None, f"/proc/{process}/fd/{number}", address.array
            )
        everywhere = make(np.array(mapping is not None, np.uint8))
        all_reduce(everywhere, ReduceOp.MIN, group=group)
        return mapping if everywhere.array else None
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _reserved(group: ProcessGroup, size: int, descriptor: int | None, path: str, address: np.ndarray) -> mmap.mmap | None:
    """The mapped file, after this rank's part of it has been given to it; None where that fails."""
    opened = -1
    try:
        if descriptor is None:
            descriptor = opened = os.open(path, os.O_RDWR)
            if os.pread(descriptor, address.nbytes, 0) != address.tobytes():
                return None  # another process has this number here: the ranks run in containers of their own
        # Without it, memory that is not there ends the process when it is written.
        os.posix_fallocate(descriptor, group.rank() * size, size)
        return mmap.mmap(descriptor, size * group.size())
    except (OSError, ValueError):
        return None
    finally:
        if opened >= 0:
            os.close(opened)


__all__ = ["LINE", "SharedMemory", "Sum", "share_of"]
