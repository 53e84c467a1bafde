"""Several processes that work together over MPI, under the names of ``torch.distributed``. No layer and no optimizer lives here.

``mpiexec -n 4 python train.py`` starts four; a program that was started alone is a world of one, and needs no MPI.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from .collectives import (
    all_gather,
    all_gather_into_tensor,
    all_reduce,
    all_to_all,
    barrier,
    broadcast,
    gather,
    reduce,
    reduce_scatter,
    reduce_scatter_tensor,
    scatter,
)
from .failure import DistError
from .group import (
    GroupMember,
    ProcessGroup,
    destroy_process_group,
    get_backend,
    get_global_rank,
    get_group_rank,
    get_process_group_ranks,
    get_rank,
    get_world_size,
    group,
    init_process_group,
    is_available,
    is_initialized,
    is_mpi_available,
    new_group,
)
from .point_to_point import irecv, isend, recv, send
from .reduction import ReduceOp
from .work import Work

__all__ = [
    "DistError",
    "GroupMember",
    "ProcessGroup",
    "ReduceOp",
    "Work",
    "all_gather",
    "all_gather_into_tensor",
    "all_reduce",
    "all_to_all",
    "barrier",
    "broadcast",
    "destroy_process_group",
    "gather",
    "get_backend",
    "get_global_rank",
    "get_group_rank",
    "get_process_group_ranks",
    "get_rank",
    "get_world_size",
    "group",
    "init_process_group",
    "irecv",
    "is_available",
    "is_initialized",
    "is_mpi_available",
    "isend",
    "new_group",
    "recv",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_tensor",
    "scatter",
    "send",
]


def __getattr__(name: str) -> _Any:
    if name == "optim":  # PyTorch's path of ZeroRedundancyOptimizer; the work is done in a room above
        return _import_module("optim.zero_redundancy")
    if name == "nn":
        return _import_module(".nn", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
