"""Replicas: the same named tensors on each process. They are compared, and made equal to those of one process."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..engine import memory
from ..engine.graph import make
from ..errors import describe
from .collectives import all_gather, all_reduce, broadcast, raw
from .failure import DistError
from .group import ProcessGroup
from .reduction import ReduceOp


def gathered_texts(text: str, group: ProcessGroup) -> list[str]:
    """The texts of all processes, in order; all must call it."""
    data = np.frombuffer(text.encode(), np.uint8)
    longest = make(np.array(len(data)))
    all_reduce(longest, ReduceOp.MAX, group=group)
    own = np.zeros(int(longest.array), np.uint8)
    own[: len(data)] = data
    texts = [make(np.empty_like(own)) for _ in range(group.size())]
    all_gather(texts, make(own), group=group)
    return [t.array.tobytes().rstrip(b"\0").decode() for t in texts]


def check_alike(tensors: Mapping[str, Any], group: ProcessGroup, what: str) -> None:
    """Raise, on all processes alike, unless all have tensors of the same names, shapes and dtypes in the same order.

    Args:
        tensors: this process's, by name. group: the processes; all must call it. what: the kind of tensors, for the error.

    Raises:
        DistError: it names a process and the first tensor that differs.
    """
    own = [f"{name} {describe(tensor)}" + (" (frozen)" if not tensor.requires_grad else "") for name, tensor in tensors.items()]
    lists = [json.loads(text) for text in gathered_texts(json.dumps(own), group)]
    for place, other in enumerate(lists):
        if other != lists[0]:
            i = next((i for i, (a, b) in enumerate(zip(other, lists[0], strict=False)) if a != b), min(len(other), len(lists[0])))
            has = [f"{entries[i]}" if i < len(entries) else f"no {what} number {i + 1}" for entries in (other, lists[0])]
            raise DistError(
                f"the models differ: rank {group.ranks[place]} has {has[0]} where rank {group.ranks[0]} has {has[1]}: all ranks "
                f"must build the same model"
            )


def make_equal(tensors: Iterable[Any], group: ProcessGroup, place: int = 0) -> None:
    """Give all processes the values of one of them: they are sent together, as one piece of memory.

    Args:
        tensors: of the same shapes and dtypes on each process. group: the processes; all must call it. place: of the one.
    """
    arrays: Sequence[np.ndarray] = [tensor.array for tensor in tensors]
    if not arrays or group.alone:
        return
    ends = np.cumsum([0, *(array.nbytes for array in arrays)])
    packed = np.empty(ends[-1], np.uint8)
    if group.rank() == place:
        for array, start, end in zip(arrays, ends, ends[1:], strict=False):
            packed[start:end] = raw(np.asarray(array, order="C"))
    broadcast(make(packed), group=group, group_src=place)
    if group.rank() != place:
        for array, start, end in zip(arrays, ends, ends[1:], strict=False):
            memory.write(array, packed[start:end].view(array.dtype).reshape(array.shape))


__all__ = ["check_alike", "gathered_texts", "make_equal"]
