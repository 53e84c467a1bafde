"""Collectives of tensors that the graph records, with the names and signatures of ``torch.distributed.nn.functional``.

The gradient is that of the sum of all processes' losses. Every process must use the result in its loss, or pass its gradient back
in another way: a collective's backward is a collective, in which all take part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.recording import recorded
from ...errors import ArgumentError, DtypeError, describe
from ...functions import elementwise, join, reduction
from ...types import Tensor
from .. import collectives
from ..group import ProcessGroup, the
from ..reduction import ReduceOp, checked
from . import ops

_all_reduce = recorded(ops.all_reduce)
_all_gather = recorded(ops.all_gather)
_reduce_scatter = recorded(ops.reduce_scatter)
_all_to_all = recorded(ops.all_to_all)
_broadcast = recorded(ops.broadcast)
_reduce = recorded(ops.reduce)
_gather = recorded(ops.gather)
_scatter = recorded(ops.scatter)


def _over(stacked: Any, op: ReduceOp) -> Any:
    """The reduction over the first dimension, as an op of one process."""
    if op is ReduceOp.PRODUCT:
        return reduction.prod(stacked, dim=0)
    return (reduction.amax if op is ReduceOp.MAX else reduction.amin)(stacked, dim=0)


def _reduction(op: ReduceOp, tensor: Any) -> ReduceOp:
    op = checked(op, tensor.array)
    if op in (ReduceOp.BAND, ReduceOp.BOR, ReduceOp.BXOR):
        raise DtypeError(f"ReduceOp.{op.name} of {describe(tensor)} has no gradient: use autograd.distributed.all_reduce")
    return op


def _scaled(total: Any, op: ReduceOp, group: ProcessGroup | None) -> Any:
    return elementwise.div(total, the(group).size()) if op is ReduceOp.AVG else total


def all_reduce(tensor: Tensor, op: ReduceOp = ReduceOp.SUM, group: ProcessGroup | None = None) -> Tensor:
    """The sum (or another reduction) of all processes' tensors, on each.

    Args:
        tensor: any shape, the same on each process. op: SUM, AVG, PRODUCT, MIN or MAX; where several processes have the largest
            number, they share the gradient. group: the processes; by default all.

    Example:
        >>> import autograd
        >>> import autograd.distributed as dist
        >>> dist.init_process_group("mpi")
        >>> x = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> dist.nn.all_reduce(x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.], dtype=float32)
        >>> dist.destroy_process_group()
    """
    op = _reduction(op, tensor)
    if op in (ReduceOp.SUM, ReduceOp.AVG):
        return _scaled(_all_reduce(tensor, group=group), op, group)
    return _over(_all_gather(tensor, group=group), op)


def reduce(tensor: Tensor, dst: int, op: ReduceOp = ReduceOp.SUM, group: ProcessGroup | None = None) -> Tensor:
    """The sum (or another reduction) of all processes' tensors on one; zeros on the others.

    Args:
        tensor, op, group: as of ``all_reduce``. dst: the rank of that process.
    """
    op = _reduction(op, tensor)
    place = collectives.place_of(dst, None, the(group), "reduce")
    if op in (ReduceOp.SUM, ReduceOp.AVG):
        return _scaled(_reduce(tensor, place=place, group=group), op, group)
    total = _over(_all_gather(tensor, group=group), op)
    return elementwise.mul(total, np.asarray(the(group).rank() == place, total.dtype))


def reduce_scatter(
    output: Tensor, input_list: Sequence[Tensor], op: ReduceOp = ReduceOp.SUM, group: ProcessGroup | None = None
) -> Tensor:  # fmt: skip
    """Number i of all processes' lists, reduced, on the process at place i.

    Args:
        output: not used, as in PyTorch. input_list: a tensor for each process, all of one shape. op, group: as of ``all_reduce``.
    """
    stacked = join.stack(_one_for_each(input_list, group, "reduce_scatter"))
    op = _reduction(op, stacked)
    if op in (ReduceOp.SUM, ReduceOp.AVG):
        return _scaled(_reduce_scatter(stacked, group=group), op, group)
    return _over(_all_to_all(stacked, group=group), op)


def all_gather(tensor: Tensor, group: ProcessGroup | None = None) -> tuple[Tensor, ...]:
    """The tensors of all processes, on each.

    Args:
        tensor: any shape, the same on each process. group: the processes; by default all.
    """
    return tuple(_all_gather(tensor, group=group))


def all_to_all(
    output_tensor_list: Sequence[Tensor], input_tensor_list: Sequence[Tensor], group: ProcessGroup | None = None
) -> tuple[Tensor, ...]:  # fmt: skip
    """Number j of each process's list goes to the process at place j.

    Args:
        output_tensor_list: not used, as in PyTorch. input_tensor_list: a tensor for each process, all of one shape.
        group: the processes; by default all.
    """
    return tuple(_all_to_all(join.stack(_one_for_each(input_tensor_list, group, "all_to_all")), group=group))


def broadcast(tensor: Tensor, src: int, group: ProcessGroup | None = None) -> Tensor:
    """The tensor of one process, on each.

    Args:
        tensor: any shape, the same on each process. src: the rank of that process. group: the processes; by default all.
    """
    return _broadcast(tensor, place=collectives.place_of(src, None, the(group), "broadcast"), group=group)


def gather(tensor: Tensor, dst: int = 0, group: ProcessGroup | None = None) -> tuple[Tensor, ...]:
    """The tensors of all processes on one; zeros on the others.

    Args:
        tensor: any shape, the same on each process. dst: the rank of that process. group: the processes; by default all.
    """
    return tuple(_gather(tensor, place=collectives.place_of(dst, None, the(group), "gather"), group=group))


def scatter(tensors: Sequence[Tensor], src: int = 0, group: ProcessGroup | None = None) -> Tensor:
    """Number i of one process's list, on the process at place i.

    Args:
        tensors: a tensor for each process, all of one shape; on the other processes only their shape counts.
        src: the rank of that process. group: the processes; by default all.
    """
    stacked = join.stack(_one_for_each(tensors, group, "scatter"))
    return _scatter(stacked, place=collectives.place_of(src, None, the(group), "scatter"), group=group)


def _one_for_each(tensors: Sequence[Tensor], group: ProcessGroup | None, name: str) -> list[Tensor]:
    if len(tensors) != the(group).size():
        raise ArgumentError(f"{name}: the list has {len(tensors)} tensors, and the group {the(group).size()} processes")
    return list(tensors)


__all__ = ["all_gather", "all_reduce", "all_to_all", "broadcast", "gather", "reduce", "reduce_scatter", "scatter"]
