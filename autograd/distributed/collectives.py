"""Collectives: operations that all processes of a group call together, under the names of ``torch.distributed``.

mpi4py sends an array's memory as it lies: it takes a Fortran-ordered array and scrambles it against a C-ordered one of the same
shape, without a word. So only C-ordered memory is handed to it. Each call first compares with the others' what it does, to which
shape and dtype: a difference is an error on every rank, and not a wrong number.

None of these is recorded in a graph; ``autograd.distributed.nn`` has those that are.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..engine import memory
from ..engine.modes import current
from ..errors import ArgumentError, DtypeError, GraphError, ShapeError, describe
from ..types import Tensor
from .failure import DistError
from .group import ProcessGroup, get_group_rank, the
from .reduction import ReduceOp, carried, checked, of_mpi
from .work import Work

_NAMES = (
    "all_reduce", "all_gather", "all_to_all", "barrier", "broadcast", "gather", "reduce", "reduce_scatter", "scatter",
)  # fmt: skip
_OPS = (None, *ReduceOp)
_DIMS = 8  # lengths of a shape that are compared one by one; the rest as one number
_abandoned: list[Any] = []  # MPI may still write into what failed operations were given


# ----------------------------------------------------------------------------------------------------------- what all do alike


def raw(array: np.ndarray) -> np.ndarray:
    """The bytes of a C-ordered array: MPI moves them, whatever the dtype."""
    return array.reshape(-1).view(np.uint8)


def ordered(array: np.ndarray, dtype: Any = None) -> np.ndarray:
    """The array in C order (and in that dtype): itself, if it is."""
    return np.asarray(array, dtype, order="C")


def _header(name: str, op: ReduceOp | None, root: int, array: np.ndarray) -> np.ndarray:
    shape = array.shape
    lengths = [*shape[: _DIMS - 1], int(np.prod(shape[_DIMS - 1 :], dtype=np.int64))] if len(shape) >= _DIMS else [*shape]
    kind = int.from_bytes(array.dtype.str.encode()[:8], "little")
    return np.array([_NAMES.index(name), _OPS.index(op), root, kind, len(shape), *lengths, *[0] * (_DIMS - len(lengths))], np.int64)


def _spoken(header: np.ndarray) -> str:
    name, op, root, kind, ndim = [int(n) for n in header[:5]]
    dtype = np.dtype(kind.to_bytes(8, "little").rstrip(b"\0").decode())
    shape = [int(n) for n in header[5 : 5 + min(ndim, _DIMS)]]
    chosen = _OPS[op]
    with_op = "" if chosen is None else f" with ReduceOp.{chosen.name}"
    return f"{_NAMES[name]}{with_op} of {dtype}[{', '.join(map(str, shape))}]" + (f" from or to {root}" if root >= 0 else "")


def _compare(group: ProcessGroup, headers: np.ndarray) -> None:
    """Raise, on all ranks alike, unless all make the same call."""
    for place, header in enumerate(headers):
        if (header != headers[0]).any():
            raise DistError(
                f"the ranks make different calls: rank {group.ranks[place]} {_spoken(header)}, rank {group.ranks[0]} "
                f"{_spoken(headers[0])}: all must make the same calls in the same order"
            )


def _run(
    group: ProcessGroup, header: np.ndarray, async_op: bool, start: Any, finish: Any = None
) -> Work | None:  # fmt: skip
    """Carry a collective out.

    Args:
        group: of the processes. header: what this one calls. async_op: whether to return while it is under way.
        start: starts the operation and returns its request. finish: called after it.
    """

    def steps() -> Iterator[Any]:
        request = None
        if not group.alone:
            headers = np.empty((group.size(), len(header)), np.int64)
            comparison = group.comm.Iallgather(header, headers)
            if async_op:  # under way at once; a call that waits anyway compares first
                request = start()
            yield comparison
            try:
                _compare(group, headers)
            except DistError:
                _abandoned.append((request, start))
                raise
        yield request or start()
        if finish is not None:
            finish()

    work = Work(steps(), _NAMES[header[0]], group.look, group.timeout)
    if async_op:
        return work
    work.wait()
    return None


def target(tensor: Any, name: str) -> np.ndarray:
    """The array of a tensor that an operation writes into."""
    array = getattr(tensor, "array", None)
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} takes tensors, not {type(tensor).__name__}")
    if not array.flags.writeable:
        raise ArgumentError(f"{name} writes into {describe(array)}, which is read-only")
    if current().grad and tensor.node is not None and not tensor.is_leaf:
        raise GraphError(
            f"{name} writes into {describe(array)}, which the graph has computed, and the graph would not know it: use "
            f"autograd.distributed.nn.{name}, or detach() it"
        )
    return array


def source(tensor: Any, name: str) -> np.ndarray:
    array = getattr(tensor, "array", None)
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} takes tensors, not {type(tensor).__name__}")
    if array.dtype.hasobject:
        raise DtypeError(f"{name}: {describe(array)} holds Python objects, which have no bytes to send")
    return array


def _member(group: ProcessGroup | None, name: str) -> ProcessGroup | None:
    found = the(group)
    if found.rank() < 0:
        warnings.warn(f"{name} on a process that does not belong to the group: nothing is done", stacklevel=3)
        return None
    return found


def _list(tensors: Any, group: ProcessGroup, like: np.ndarray, name: str, writes: bool) -> list[np.ndarray]:
    """The arrays of a list with one tensor for each process, all alike."""
    arrays = [(target if writes else source)(t, name) for t in tensors]
    if len(arrays) != group.size():
        raise ArgumentError(f"{name}: the list has {len(arrays)} tensors, and the group {group.size()} processes: one for each")
    for place, array in enumerate(arrays):
        if array.shape != like.shape or array.dtype != like.dtype:
            raise ShapeError(f"{name}: number {place} of the list is {describe(array)}, and the tensor {describe(like)}")
    return arrays


def place_of(root: int | None, group_root: int | None, group: ProcessGroup, name: str) -> int:
    """The place in the group of the process that sends or gets: given as a rank in the job, or as a place."""
    if group_root is not None and root is not None:
        raise ArgumentError(f"{name}: give the rank in the job or that in the group, not both")
    return group_root if group_root is not None else get_group_rank(group, 0 if root is None else root)


def _fill(array: np.ndarray, values: np.ndarray) -> None:
    memory.write(array, values.reshape(array.shape))


def _fill_all(arrays: Sequence[np.ndarray], values: Any) -> None:
    for array, value in zip(arrays, values, strict=True):
        _fill(array, value)


def _operation(group: ProcessGroup, op: ReduceOp, array: np.ndarray) -> Any:
    return None if group.alone else of_mpi(op, array.dtype)


def _mean(op: ReduceOp, buffer: np.ndarray, group: ProcessGroup) -> np.ndarray:
    return np.divide(buffer, buffer.dtype.type(group.size()), out=buffer) if op is ReduceOp.AVG else buffer


# ---------------------------------------------------------------------------------------------------------------- reductions


def all_reduce(
    tensor: Tensor, op: ReduceOp = ReduceOp.SUM, group: ProcessGroup | None = None, async_op: bool = False
) -> Work | None:  # fmt: skip
    """Replace the tensors of all processes by their sum, or by another reduction of them.

    Args:
        tensor: any shape and numeric dtype, the same on each process; it gets the result. float16 is summed in float32.
        op: SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR or BXOR. Of bools, SUM says whether any is true, PRODUCT whether all are.
        group: the processes; by default all. async_op: return at once, with the work to wait for.

    Raises:
        DistError: the processes make different calls, or one has ended. DtypeError: the op has no meaning for the dtype.
        GraphError: the tensor was computed in the graph; see ``autograd.distributed.nn``.

    Example:
        >>> import autograd
        >>> import autograd.distributed as dist
        >>> dist.init_process_group("mpi")
        >>> x = autograd.tensor([1.0, 2.0])
        >>> dist.all_reduce(x)  # of one process
        >>> x
        tensor([1., 2.], dtype=float32)
        >>> dist.destroy_process_group()
    """
    found = _member(group, "all_reduce")
    if found is None:
        return None
    array = target(tensor, "all_reduce")
    op = checked(op, array)
    buffer = ordered(array, carried(array))

    def start() -> Any:
        return found.comm.Iallreduce(found.in_place, buffer, op=_operation(found, op, array))

    def finish() -> None:
        _mean(op, buffer, found)
        if buffer is array:
            memory.note_write(array)
        else:
            _fill(array, buffer)

    return _run(found, _header("all_reduce", op, -1, array), async_op, start, finish)


def reduce(
    tensor: Tensor, dst: int | None = None, op: ReduceOp = ReduceOp.SUM, group: ProcessGroup | None = None,
    async_op: bool = False, group_dst: int | None = None,
) -> Work | None:  # fmt: skip
    """Like ``all_reduce``, but only one process gets the result; the tensors of the others stay as they are.

    Args:
        tensor, op, group, async_op: as of ``all_reduce``. dst: the rank of that process. group_dst: its place in the group.
    """
    found = _member(group, "reduce")
    if found is None:
        return None
    root = place_of(dst, group_dst, found, "reduce")
    array = target(tensor, "reduce")
    op = checked(op, array)
    sent = ordered(array, carried(array))
    total = np.array(sent) if root == found.rank() else None

    def start() -> Any:
        first = found.in_place if total is not None else sent
        return found.comm.Ireduce(first, total, op=_operation(found, op, array), root=root)

    def finish() -> None:
        if total is not None:
            _fill(array, _mean(op, total, found))

    return _run(found, _header("reduce", op, root, array), async_op, start, finish)


def reduce_scatter(
    output: Tensor, input_list: Sequence[Tensor], op: ReduceOp = ReduceOp.SUM, group: ProcessGroup | None = None,
    async_op: bool = False,
) -> Work | None:  # fmt: skip
    """Reduce lists of tensors, number by number, and give the process at place i the result of number i.

    Args:
        output: gets the result. input_list: a tensor for each process, of the output's shape and dtype.
        op, group, async_op: as of ``all_reduce``.
    """
    found = _member(group, "reduce_scatter")
    if found is None:
        return None
    array = target(output, "reduce_scatter")
    arrays = _list(input_list, found, array, "reduce_scatter", False)
    return _reduce_scatter(array, ordered(np.stack(arrays), carried(array)), op, found, async_op)


def reduce_scatter_tensor(
    output: Tensor, input: Tensor, op: ReduceOp = ReduceOp.SUM, group: ProcessGroup | None = None, async_op: bool = False
) -> Work | None:  # fmt: skip
    """Like ``reduce_scatter``, with one tensor in place of the list: its first dimension is cut into equal parts.

    Args:
        output: gets the part of this process. input: k times as long as the output, on each of the k processes.
        op, group, async_op: as of ``all_reduce``.
    """
    found = _member(group, "reduce_scatter")
    if found is None:
        return None
    array, whole = target(output, "reduce_scatter"), source(input, "reduce_scatter")
    if whole.size != array.size * found.size() or whole.dtype != array.dtype:
        raise ShapeError(f"reduce_scatter_tensor: input {describe(whole)} is not {found.size()} times output {describe(array)}")
    return _reduce_scatter(array, ordered(whole, carried(array)), op, found, async_op)


def _reduce_scatter(array: np.ndarray, sent: np.ndarray, op: Any, found: ProcessGroup, async_op: bool) -> Work | None:
    op = checked(op, array)
    got = np.empty(array.shape, sent.dtype)
    return _run(
        found, _header("reduce_scatter", op, -1, array), async_op,
        lambda: found.comm.Ireduce_scatter_block(sent, got, op=_operation(found, op, array)),
        lambda: _fill(array, _mean(op, got, found)),
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------------------------- copies


def broadcast(
    tensor: Tensor, src: int | None = None, group: ProcessGroup | None = None, async_op: bool = False, group_src: int | None = None
) -> Work | None:  # fmt: skip
    """Replace the tensors of all processes by that of one.

    Args:
        tensor: any shape and dtype, the same on each process. src: the rank of that process. group_src: its place in the group.
        group, async_op: as of ``all_reduce``.

    Example:
        >>> import autograd
        >>> import autograd.distributed as dist
        >>> dist.init_process_group("mpi")
        >>> dist.broadcast(autograd.ones(3), src=0)
        >>> dist.destroy_process_group()
    """
    found = _member(group, "broadcast")
    if found is None:
        return None
    root = place_of(src, group_src, found, "broadcast")
    array = target(tensor, "broadcast")
    source(tensor, "broadcast")
    buffer = ordered(array)

    def finish() -> None:
        if root != found.rank():
            _fill(array, buffer)

    return _run(
        found, _header("broadcast", None, root, array), async_op, lambda: found.comm.Ibcast(raw(buffer), root=root), finish
    )  # fmt: skip


def all_gather(
    tensor_list: Sequence[Tensor], tensor: Tensor, group: ProcessGroup | None = None, async_op: bool = False
) -> Work | None:  # fmt: skip
    """Give each process the tensors of all.

    Args:
        tensor_list: a tensor for each process; they get the tensors. tensor: this process's; the same shape and dtype on each.
        group, async_op: as of ``all_reduce``.

    Example:
        >>> import autograd
        >>> import autograd.distributed as dist
        >>> dist.init_process_group("mpi")
        >>> places = [autograd.zeros(2) for _ in range(dist.get_world_size())]
        >>> dist.all_gather(places, autograd.tensor([1.0, 2.0]))
        >>> places
        [tensor([1., 2.], dtype=float32)]
        >>> dist.destroy_process_group()
    """
    found = _member(group, "all_gather")
    if found is None:
        return None
    sent = source(tensor, "all_gather")
    targets = _list(tensor_list, found, sent, "all_gather", True)
    return _all_gather(sent, found, async_op, lambda got: _fill_all(targets, got))


def all_gather_into_tensor(
    output_tensor: Tensor, input_tensor: Tensor, group: ProcessGroup | None = None, async_op: bool = False
) -> Work | None:  # fmt: skip
    """Like ``all_gather``, into one tensor: joined along the first dimension, or stacked along a new one.

    Args:
        output_tensor: k times as large as the input of one of the k processes. input_tensor: this process's.
        group, async_op: as of ``all_reduce``.
    """
    found = _member(group, "all_gather")
    if found is None:
        return None
    sent, whole = source(input_tensor, "all_gather"), target(output_tensor, "all_gather")
    if whole.size != sent.size * found.size() or whole.dtype != sent.dtype:
        raise ShapeError(f"all_gather_into_tensor: output {describe(whole)} is not {found.size()} times input {describe(sent)}")
    return _all_gather(sent, found, async_op, lambda got: _fill(whole, got))


def _all_gather(sent: np.ndarray, found: ProcessGroup, async_op: bool, finish: Any) -> Work | None:
    got = np.empty((found.size(), *sent.shape), sent.dtype)
    header = _header("all_gather", None, -1, sent)
    return _run(found, header, async_op, lambda: found.comm.Iallgather(raw(ordered(sent)), raw(got)), lambda: finish(got))


def gather(
    tensor: Tensor, gather_list: Sequence[Tensor] | None = None, dst: int | None = None, group: ProcessGroup | None = None,
    async_op: bool = False, group_dst: int | None = None,
) -> Work | None:  # fmt: skip
    """Give one process the tensors of all.

    Args:
        tensor: this process's; the same shape and dtype on each. gather_list: on that process, a tensor for each; they get them.
        dst: the rank of that process. group_dst: its place in the group. group, async_op: as of ``all_reduce``.
    """
    found = _member(group, "gather")
    if found is None:
        return None
    root = place_of(dst, group_dst, found, "gather")
    sent = source(tensor, "gather")
    if (gather_list is None) == (root == found.rank()):
        raise ArgumentError("gather: gather_list is given on the process that gets the tensors, and on no other")
    targets = [] if gather_list is None else _list(gather_list, found, sent, "gather", True)
    got = np.empty((found.size(), *sent.shape), sent.dtype) if targets else None
    return _run(
        found, _header("gather", None, root, sent), async_op,
        lambda: found.comm.Igather(raw(ordered(sent)), None if got is None else raw(got), root),
        lambda: _fill_all(targets, () if got is None else got),
    )  # fmt: skip


def scatter(
    tensor: Tensor, scatter_list: Sequence[Tensor] | None = None, src: int | None = None, group: ProcessGroup | None = None,
    async_op: bool = False, group_src: int | None = None,
) -> Work | None:  # fmt: skip
    """Give each process one of the tensors that one process has.

    Args:
        tensor: gets this process's. scatter_list: on that process, a tensor for each.
        src: the rank of that process. group_src: its place in the group. group, async_op: as of ``all_reduce``.
    """
    found = _member(group, "scatter")
    if found is None:
        return None
    root = place_of(src, group_src, found, "scatter")
    array = target(tensor, "scatter")
    if (scatter_list is None) == (root == found.rank()):
        raise ArgumentError("scatter: scatter_list is given on the process that has the tensors, and on no other")
    arrays = None if scatter_list is None else _list(scatter_list, found, array, "scatter", False)
    sent, got = None if arrays is None else ordered(np.stack(arrays)), np.empty(array.shape, array.dtype)
    return _run(
        found, _header("scatter", None, root, array), async_op,
        lambda: found.comm.Iscatter(None if sent is None else raw(sent), raw(got), root),
        lambda: _fill(array, got),
    )  # fmt: skip


def all_to_all(
    output_tensor_list: Sequence[Tensor], input_tensor_list: Sequence[Tensor], group: ProcessGroup | None = None,
    async_op: bool = False,
) -> Work | None:  # fmt: skip
    """Give the process at place j number j of this process's list, and get number i from the process at place i.

    Args:
        output_tensor_list: a tensor for each process; they get the tensors. input_tensor_list: what is sent to each; all are alike.
        group, async_op: as of ``all_reduce``.
    """
    found = _member(group, "all_to_all")
    if found is None:
        return None
    first = source(input_tensor_list[0], "all_to_all")
    sent = ordered(np.stack(_list(input_tensor_list, found, first, "all_to_all", False)))
    targets = _list(output_tensor_list, found, first, "all_to_all", True)
    got = np.empty(sent.shape, sent.dtype)
    return _run(
        found, _header("all_to_all", None, -1, first), async_op, lambda: found.comm.Ialltoall(raw(sent), raw(got)),
        lambda: _fill_all(targets, got),
    )  # fmt: skip


def barrier(group: ProcessGroup | None = None, async_op: bool = False) -> Work | None:
    """Wait until all processes have come here.

    Args:
        group, async_op: as of ``all_reduce``.
    """
    found = _member(group, "barrier")
    if found is None:
        return None
    return _run(found, _header("barrier", None, -1, np.empty(0, np.uint8)), async_op, lambda: found.comm.Ibarrier())


__all__ = [
    "all_gather",
    "all_gather_into_tensor",
    "all_reduce",
    "all_to_all",
    "barrier",
    "broadcast",
    "gather",
    "reduce",
    "reduce_scatter",
    "reduce_scatter_tensor",
    "scatter",
]
