"""Messages from one process to another, under the names of ``torch.distributed``. Each goes with its shape and dtype."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np

from ..engine import memory
from ..errors import ArgumentError, describe
from ..types import Tensor
from .collectives import ordered, place_of, raw, source, target
from .failure import DistError
from .group import ProcessGroup, the
from .work import Work

_DATA = 1 << 19  # tags from here on are those of data; MPI allows for at least 2**20 of them in MPICH and Open MPI
_TEXT = 64  # bytes for the words that say the shape and dtype
_numbers = count()


def isend(
    tensor: Tensor, dst: int | None = None, group: ProcessGroup | None = None, tag: int = 0, group_dst: int | None = None
) -> Work:  # fmt: skip
    """Begin to send a tensor to another process. It must not be written until the work is complete.

    Args:
        tensor: any shape and dtype. dst: the rank of the other process. group_dst: its place in the group.
        group: a group of both; by default all. tag: a number below 524,288; ``recv`` waits for a message with the same one.

    Raises:
        ArgumentError: the process itself, or a tag out of its range.
    """
    found, to = _other(group, dst, group_dst, "send", tag)
    array = ordered(source(tensor, "send"))
    number = next(_numbers) % _DATA

    def steps() -> Iterator[Any]:
        text = f"{number} {describe(array)}".encode()
        if len(text) > _TEXT:
            raise ArgumentError(f"send: {describe(array)} has too many dimensions")
        first = found.comm.Isend(np.frombuffer(text.ljust(_TEXT), np.uint8), to, tag)
        second = found.comm.Isend(raw(array), to, _DATA + number)
        yield first
        yield second

    return Work(steps(), f"send to rank {found.ranks[to]}", found.look, found.timeout)


def send(
    tensor: Tensor, dst: int | None = None, group: ProcessGroup | None = None, tag: int = 0, group_dst: int | None = None
) -> None:  # fmt: skip
    """Send a tensor to another process, and wait until it may be written again. Arguments as those of ``isend``."""
    isend(tensor, dst, group, tag, group_dst).wait()


class Receipt(Work):
    """A message that is on its way to this process."""

    def __init__(self, steps: Iterator[Any], name: str, group: ProcessGroup, sender: list[int]) -> None:
        self._sender = sender
        super().__init__(steps, name, group.look, group.timeout)

    @property
    def source(self) -> int | None:
        """The rank of the process that has sent it; None until its beginning is here."""
        return self._sender[0] if self._sender else None


def irecv(
    tensor: Tensor, src: int | None = None, group: ProcessGroup | None = None, tag: int = 0, group_src: int | None = None
) -> Receipt:  # fmt: skip
    """Begin to receive a tensor from another process.

    Args:
        tensor: gets it; of the shape and dtype of what is sent. src: the rank of the other process; None for whichever comes first.
        group_src: its place in the group. group, tag: as of ``isend``.

    Raises:
        DistError: of ``wait``: what was sent has another shape or dtype.
    """
    anyone = src is None and group_src is None
    found, sender = (the(group), -1) if anyone else _other(group, src, group_src, "receive", tag)
    array = target(tensor, "recv")
    source(tensor, "recv")
    if found.alone:
        raise ArgumentError("recv: there is no other process")

    known: list[int] = []

    def steps() -> Iterator[Any]:
        from mpi4py import MPI

        status = MPI.Status()
        text = np.empty(_TEXT, np.uint8)
        yield _Noted(found.comm.Irecv(text, MPI.ANY_SOURCE if anyone else sender, tag), status)
        number, _, sent = text.tobytes().decode().strip().partition(" ")
        place = status.Get_source()
        known.append(found.ranks[place])
        if sent != describe(array):
            raise DistError(f"recv: rank {known[0]} has sent {sent}, and the tensor that is to get it is {describe(array)}")
        buffer = np.empty(array.shape, array.dtype)
        yield found.comm.Irecv(raw(buffer), place, _DATA + int(number))
        memory.write(array, buffer)

    name = "recv from any rank" if anyone else f"recv from rank {found.ranks[sender]}"
    return Receipt(steps(), name, found, known)


def recv(
    tensor: Tensor, src: int | None = None, group: ProcessGroup | None = None, tag: int = 0, group_src: int | None = None
) -> int:  # fmt: skip
    """Receive a tensor from another process, and return that process's rank. Arguments as those of ``irecv``."""
    receipt = irecv(tensor, src, group, tag, group_src)
    receipt.wait()
    assert receipt.source is not None
    return receipt.source


class _Noted:
    """A request that notes in a status who has sent."""

    def __init__(self, request: Any, status: Any) -> None:
        self._request, self._status = request, status

    def Test(self) -> bool:  # noqa: N802
        return self._request.Test(self._status)


def _other(group: ProcessGroup | None, rank: int | None, place: int | None, what: str, tag: int) -> tuple[ProcessGroup, int]:
    found = the(group)
    other = place_of(rank, place, found, what)
    if other == found.rank():
        raise ArgumentError(f"{what}: rank {found.ranks[other]} is this process itself")
    if not 0 <= tag < _DATA:
        raise ArgumentError(f"{what}: the tag must be at least 0 and below {_DATA}, not {tag}")
    return found, other


__all__ = ["Receipt", "irecv", "isend", "recv", "send"]
