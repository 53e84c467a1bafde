"""Process groups: the processes of a job, and sets of them, under the names of ``torch.distributed``. No tensor is sent here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ..errors import ArgumentError
from .alone import Alone
from .launch import Guard, mpi, started_by_mpi
from .work import seconds

_BACKENDS = ("mpi", "gloo")  # PyTorch's two for CPUs; both mean MPI here
DEFAULT_TIMEOUT = timedelta(minutes=30)


class ProcessGroup:
    """A set of processes that work together.

    Args:
        comm: a communicator of these processes: mpi4py's, or the one of a process that is alone.
        ranks: their ranks in the whole job, in order. rank: this process's place among them; -1 if it is none of them.
        guard: watches over the job; None where there is one process. timeout: seconds until waiting raises.

    Attributes:
        alone: whether there is one process, and no MPI. in_place: MPI's word for a buffer that is sent and written.
    """

    def __init__(self, comm: Any, ranks: Sequence[int], rank: int, guard: Guard | None, timeout: float) -> None:
        self.comm = comm
        self.ranks = list(ranks)
        self._rank = rank
        self._guard = guard
        self.timeout = timeout
        self.alone = isinstance(comm, Alone)
        self.in_place = None if self.alone else mpi().IN_PLACE

    def rank(self) -> int:
        """This process's place in the group; -1 if it does not belong to it."""
        return self._rank

    def size(self) -> int:
        """The number of processes."""
        return len(self.ranks)

    def look(self, name: str) -> None:
        """Raise if a process of the job has ended, while this one waits for it in an operation of that name."""
        if self._guard is not None:
            self._guard.look(name)

    def twin(self) -> ProcessGroup:
        """The same processes with a communicator of their own, so that operations of two kinds never meet. All must call it."""
        comm = self.comm if self.alone else self.comm.Dup()
        return ProcessGroup(comm, self.ranks, self._rank, self._guard, self.timeout)

    def leave(self) -> None:
        """Tell the others that this process goes, and wait for them."""
        if self._guard is not None:
            self._guard.leave()

    def subset(self, ranks: Sequence[int], timeout: float) -> ProcessGroup:
        """Some of the processes, by their ranks in the job. All of this group must call it."""
        own = self.ranks[self._rank]
        rank = list(ranks).index(own) if own in ranks else -1
        comm: Any = self.comm
        if not self.alone:
            comm = self.comm.Create(self.comm.Get_group().Incl([self.ranks.index(r) for r in ranks]))
        return ProcessGroup(comm, ranks, rank, self._guard, timeout)

    def __repr__(self) -> str:
        return f"<ProcessGroup rank {self._rank} of {self.ranks}>"


class group:
    """``group.WORLD`` is the group of all processes, or None before ``init_process_group``."""

    WORLD: ProcessGroup | None = None


GroupMember = group


def init_process_group(
    backend: str | None = None, init_method: str | None = None, timeout: float | timedelta | None = None, world_size: int = -1,
    rank: int = -1, store: object = None, group_name: str = "", pg_options: object = None, device_id: object = None,
) -> None:  # fmt: skip
    """Find the other processes of the job. Each calls it once, before it calls anything else here.

    ``mpiexec -n 4 python train.py`` starts four processes. A program that was started without a launcher of MPI is a world of one
    process: it runs unchanged, and needs no MPI.

    Args:
        backend: "mpi", or None. "gloo", the name of PyTorch's for CPUs, means MPI as well.
        timeout: seconds (or a timedelta) until an operation that waits for others raises; 30 minutes by default.
        world_size, rank: MPI knows them; where they are given they are compared.
        init_method, store, group_name, pg_options, device_id: ignored: MPI finds the processes.

    Raises:
        ImportError: mpiexec has started the program, and mpi4py is missing (extra ``mpi``).
        ArgumentError: a second call, another backend, or a number of processes or a rank that is not MPI's.

    Example:
        >>> import autograd.distributed as dist
        >>> dist.init_process_group("mpi")
        >>> dist.get_rank(), dist.get_world_size()
        (0, 1)
        >>> dist.destroy_process_group()
    """
    if group.WORLD is not None:
        raise ArgumentError("trying to initialize the default process group twice!")
    if backend is not None and str(backend).lower() not in _BACKENDS:
        raise ArgumentError(f'init_process_group: the backend is "mpi" here, and there is no {backend!r}')
    waits = seconds(DEFAULT_TIMEOUT if timeout is None else timeout)
    wanted = world_size if world_size > 0 else int(os.environ.get("WORLD_SIZE", "1"))
    if not started_by_mpi() or mpi().COMM_WORLD.size == 1:
        if wanted > 1 or rank > 0:
            raise ArgumentError(
                f"init_process_group: {max(wanted, rank + 1)} processes are wanted, and this one is alone: start the program with "
                f"mpiexec -n {max(wanted, rank + 1)} python program.py"
            )
        group.WORLD = ProcessGroup(Alone(), [0], 0, None, waits)
        return
    world = mpi().COMM_WORLD
    if (world_size > 0 and world_size != world.size) or (rank >= 0 and rank != world.rank):
        raise ArgumentError(
            f"init_process_group: world_size={world_size} and rank={rank} are given, and MPI has started {world.size} processes, "
            f"of which this is rank {world.rank}: leave both out"
        )
    group.WORLD = ProcessGroup(world.Dup(), range(world.size), world.rank, Guard(world.Dup()), waits)


def destroy_process_group(group: ProcessGroup | None = None) -> None:
    """End the work of the processes: it waits until all have called it, or have ended. A program's end does the same.

    Args:
        group: a group of ``new_group`` needs no end; without it, all end.
    """
    world = the(None)
    if group is None or group is world:
        GroupMember.WORLD = None
        world.leave()


def new_group(ranks: Sequence[int] | None = None, timeout: float | timedelta | None = None, **ignored: Any) -> ProcessGroup:
    """A group of some of the processes. All processes of the job must call it, also those that do not belong to it.

    Args:
        ranks: their ranks in the job; None for all. timeout: as of ``init_process_group``.

    Raises:
        ArgumentError: ranks that are not there, or twice.

    Example:
        >>> import autograd.distributed as dist
        >>> dist.init_process_group("mpi")
        >>> dist.new_group([0]).size()
        1
        >>> dist.destroy_process_group()
    """
    world = the(None)
    chosen = world.ranks if ranks is None else sorted(ranks)
    if not chosen or len({*chosen}) < len(chosen) or not {*chosen} <= {*world.ranks}:
        raise ArgumentError(f"new_group: {ranks} must be different ranks below {world.size()}")
    return world.subset(chosen, world.timeout if timeout is None else seconds(timeout))


def the(chosen: ProcessGroup | None) -> ProcessGroup:
    """The group, or that of all processes for None.

    Raises:
        ArgumentError: there is none yet.
    """
    if chosen is not None:
        return chosen
    if group.WORLD is None:
        raise ArgumentError("Default process group has not been initialized, please make sure to call init_process_group.")
    return group.WORLD


def is_available() -> bool:
    """Whether this room is there: always. ``is_mpi_available`` says whether several processes can work together."""
    return True


def is_mpi_available() -> bool:
    """Whether mpi4py is installed."""
    from importlib.util import find_spec

    return find_spec("mpi4py") is not None


def is_initialized() -> bool:
    """Whether ``init_process_group`` has been called."""
    return group.WORLD is not None


def get_backend(group: ProcessGroup | None = None) -> str:
    """``"mpi"``."""
    the(group)
    return "mpi"


def get_rank(group: ProcessGroup | None = None) -> int:
    """This process's number in a group, from 0; -1 if it does not belong to it.

    Example:
        >>> import autograd.distributed as dist
        >>> dist.init_process_group("mpi")
        >>> dist.get_rank()
        0
        >>> dist.destroy_process_group()
    """
    return the(group).rank()


def get_world_size(group: ProcessGroup | None = None) -> int:
    """The number of processes in a group; -1 if this one does not belong to it."""
    found = the(group)
    return found.size() if found.rank() >= 0 else -1


def get_process_group_ranks(group: ProcessGroup | None) -> list[int]:
    """The ranks in the job of a group's processes."""
    return list(the(group).ranks)


def get_group_rank(group: ProcessGroup, global_rank: int) -> int:
    """The place in a group of a process, by its rank in the job."""
    if global_rank not in group.ranks:
        raise ArgumentError(f"rank {global_rank} does not belong to the group of ranks {group.ranks}")
    return group.ranks.index(global_rank)


def get_global_rank(group: ProcessGroup, group_rank: int) -> int:
    """The rank in the job of a group's process, by its place."""
    return group.ranks[group_rank]


def world() -> ProcessGroup | None:
    """The group of all processes where there are several, otherwise None."""
    return group.WORLD if group.WORLD is not None and group.WORLD.size() > 1 else None


__all__ = [
    "GroupMember",
    "ProcessGroup",
    "destroy_process_group",
    "get_backend",
    "get_global_rank",
    "get_group_rank",
    "get_process_group_ranks",
    "get_rank",
    "get_world_size",
    "group",
    "init_process_group",
    "is_available",
    "is_initialized",
    "is_mpi_available",
    "new_group",
]
