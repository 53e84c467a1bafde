"""Memory that the ranks of one machine share, and what happens where they cannot have it."""

from __future__ import annotations

import errno
import gc
import os
from typing import Any
from unittest.mock import patch

import numpy as np

import autograd
import autograd.distributed as dist
import nn
import optim
from autograd.distributed import shared_memory
from autograd.distributed.shared_memory import SharedMemory
from nn.parallel import DistributedDataParallel
from ranks import run_checks
from ranks.training import BATCH, data, mlp, share, train


def twin() -> Any:
    world = dist.group.WORLD
    assert world is not None
    return world.twin()


def wait(request: Any) -> None:
    dist.Work(iter([request]), "sum", lambda name: None, 30).wait()


def check_sums() -> None:
    rank, world = dist.get_rank(), dist.get_world_size()
    memory = SharedMemory.of(twin(), 100_000)
    assert memory is not None, "the tests run on Linux, on one machine"
    for dtype in (np.float32, np.float64, np.complex128):
        for size in (0, 1, 5, 1000, 6250):
            own = memory.own[: size * np.dtype(dtype).itemsize].view(dtype)
            alike = memory.alike(own)
            for turn in range(3):
                own[...] = np.arange(size) * (rank + 1) + turn
                wait(memory.sum(alike))
                assert np.array_equal(own, np.arange(size) * (world * (world + 1) / 2) + turn * world)


def check_sums_begin_in_the_middle_and_wait_for_each_other() -> None:
    """Several are under way, and ranks look at them in other orders."""
    rank, world = dist.get_rank(), dist.get_world_size()
    memory = SharedMemory.of(twin(), 3 * 4096)
    assert memory is not None
    pieces = [memory.own.view(np.float32)[i * 1000 : (i + 1) * 1000] for i in range(3)]
    for turn in range(5):
        for piece in pieces:
            piece[...] = rank + turn
        sums = [memory.sum(memory.alike(piece)) for piece in pieces]
        for request in sums if rank % 2 else reversed(sums):
            request.Test()
        for request in sums:
            wait(request)
        for piece in pieces:
            assert (piece == sum(range(world)) + turn * world).all()


def trained() -> tuple[list[float], nn.Module, bool]:
    """The losses of a few steps, the model, and whether its ranks share memory."""
    autograd.manual_seed(0)
    model = DistributedDataParallel(mlp().double(), bucket_cap_mb=0.001, gradient_as_bucket_view=True)
    losses = train(model, optim.Adam(model.parameters()), data((7,), np.float64, 5), share)
    assert model.reducer is not None
    return losses, model.module, model.reducer.shared is not None


def refuse(*arguments: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def check_ranks_without_shared_memory_send_over_mpi() -> None:
    rank = dist.get_rank()
    losses, expected, shared = trained()
    assert shared
    reasons: list[tuple[str, Any]] = [
        ("several machines", patch.object(shared_memory, "_on_one_machine", lambda group: False)),
        ("no space on rank 1", patch("os.posix_fallocate", refuse if rank == 1 else os.posix_fallocate)),
        ("no such call on rank 0", patch("os.memfd_create", refuse if rank == 0 else os.memfd_create)),
        ("another file under this number", patch("os.pwrite", (lambda *a: None) if rank == 0 else os.pwrite)),
        ("no such process", patch("os.getpid", lambda: 2**22 + 1)),
    ]
    for reason, patched in reasons:
        with patched:
            found, model, shared = trained()
        assert not shared, reason
        np.testing.assert_allclose(found, losses, rtol=1e-12)
        for a, b in zip(model.parameters(), expected.parameters(), strict=True):
            np.testing.assert_allclose(a.array, b.array, rtol=1e-11, atol=1e-13)


def check_the_memory_is_given_back() -> None:
    def mapped() -> int:
        with open("/proc/self/maps") as file:
            return sum("memfd:gradients" in line for line in file)

    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    gc.collect()
    before, opened = mapped(), descriptors()
    model = DistributedDataParallel(mlp())
    model(share(np.zeros((BATCH, 7), np.float32))).sum().backward()
    assert mapped() == before + 1
    del model
    gc.collect()
    assert mapped() == before
    assert descriptors() == opened


if __name__ == "__main__":
    run_checks(globals())
