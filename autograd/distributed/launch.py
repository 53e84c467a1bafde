"""How a process finds the others of its job, and what the others learn when one of them ends too early. Nothing is reduced here.

A process that raises or leaves while the others wait for it would leave them waiting for ever. So an exception that nobody catches
ends all processes, and says whose it is; one that leaves tells the others, and those that wait for it raise; and of one that is
killed a small process beside the job says which it was (monitor.py).
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .failure import DistError

# Set by the launchers of MPICH and its kin, of Open MPI, and of Slurm with PMIx.
_SET_BY_LAUNCHERS = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "MV2_COMM_WORLD_SIZE")
_LEFT = 7  # the tag of "I have left"


def started_by_mpi() -> bool:
    """Whether a launcher of MPI has started this process, or the program has imported mpi4py's MPI itself."""
    return "mpi4py.MPI" in sys.modules or any(name in os.environ for name in _SET_BY_LAUNCHERS)


def mpi() -> Any:
    """mpi4py's module MPI.

    Raises:
        ImportError: it is not installed; the message names the extra.
    """
    try:
        from mpi4py import MPI
    except ImportError as error:
        raise ImportError(
            "a launcher of MPI has started this process, and mpi4py cannot be imported: pip install 'glassgrad[mpi]' "
            f"(mpi4py, and mpich where the system has no MPI): {error}"
        ) from error
    return MPI


class Guard:
    """Watches over the processes of a job, from ``init_process_group`` to ``destroy_process_group``.

    Args:
        comm: a communicator of all processes that nobody else uses.
    """

    def __init__(self, comm: Any) -> None:
        import socket  # a program that is alone needs neither
        import subprocess

        self.comm = comm
        self._hook: Callable[..., Any] = sys.excepthook
        self._monitor: Any = None
        sys.excepthook = self._excepthook
        atexit.register(self.leave)
        places = comm.allgather((socket.gethostname(), os.getpid()))
        here = [rank for rank, (host, _) in enumerate(places) if host == places[comm.rank][0]]
        if here[0] == comm.rank and hasattr(os, "pidfd_open"):
            pairs = [f"{rank}:{places[rank][1]}" for rank in here]
            self._monitor = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(__file__).with_name("monitor.py")), str(comm.size), *pairs],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        monitors = comm.allgather(None if self._monitor is None else self._monitor.pid)
        self._monitor_number = monitors[here[0]]

    def look(self, name: str) -> None:
        """Raise if a process has left, while this one waits for it in an operation of that name."""
        from mpi4py import MPI

        status = MPI.Status()
        if self.comm.Iprobe(source=MPI.ANY_SOURCE, tag=_LEFT, status=status):
            raise DistError(
                f"rank {status.Get_source()} has ended its part of the program, and rank {self.comm.rank} waits for it in {name}: "
                f"do all ranks make the same calls, and the same number of steps?"
            )

    def leave(self) -> None:
        """Tell the others that this process has left, and wait until they have left as well."""
        atexit.unregister(self.leave)
        if sys.excepthook == self._excepthook:
            sys.excepthook = self._hook
        one = np.ones(1, np.uint8)
        others = [rank for rank in range(self.comm.size) if rank != self.comm.rank]
        for rank in others:
            self.comm.Isend(one, rank, tag=_LEFT)
        barrier = self.comm.Ibarrier()
        spins = 0
        while not barrier.Test():
            spins += 1
            time.sleep(0 if spins < 1000 else 1e-3)
        for rank in others:
            self.comm.Recv(np.empty(1, np.uint8), rank, tag=_LEFT)
        if self._monitor is not None:
            self._monitor.communicate(b"q")

    def _excepthook(self, kind: type[BaseException], error: BaseException, traceback: Any) -> None:
        try:
            self._hook(kind, error, traceback)
            said = f"{kind.__name__}: {error}".splitlines()[0]
            text = f"autograd.distributed: all ranks end, because rank {self.comm.rank} of {self.comm.size} has raised {said}"
            print(text, file=sys.stderr, flush=True)
            sys.stdout.flush()
            if self._monitor_number is not None:
                os.kill(self._monitor_number, signal.SIGTERM)  # it need not say once more who has ended
        finally:
            self.comm.Abort(1)


__all__ = ["Guard", "mpi", "started_by_mpi"]
