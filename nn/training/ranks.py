"""What a training does once, and not on each of its processes: the bar, the files; and what it adds up over them: losses, metrics.

A training runs on several processes where its model is a ``DistributedDataParallel`` one. No gradient is sent here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.distributed.collectives import all_gather, all_reduce
from autograd.distributed.group import ProcessGroup
from autograd.engine.graph import AnyTensor, make

from ..parallel import DistributedDataParallel


class Ranks:
    """The processes of a training; one, unless the model is a ``DistributedDataParallel``.

    Args:
        model: the model that is trained.

    Attributes:
        leads: whether this process shows the bar and writes the files.

    Example:
        >>> import nn
        >>> from nn.training.ranks import Ranks
        >>> ranks = Ranks(nn.Linear(1, 1))
        >>> ranks.leads, ranks.sum(3.0, 2)
        (True, [3.0, 2.0])
    """

    def __init__(self, model: Any) -> None:
        group = model.process_group if isinstance(model, DistributedDataParallel) else None
        self._group: ProcessGroup | None = None if group is None or group.alone else group
        self.leads = self._group is None or self._group.rank() == 0

    def sum(self, *numbers: float) -> list[float]:
        """The sums of numbers over all processes; all must call it."""
        if self._group is None:
            return [float(n) for n in numbers]
        total = make(np.array(numbers, np.float64))
        all_reduce(total, group=self._group)
        return total.array.tolist()

    def any(self, flag: bool) -> bool:
        """Whether the flag is true on any process; all must call it."""
        return bool(self.sum(flag)[0])

    def joined(self, value: Any) -> Any:
        """The rows of all processes' tensors, in tuples, lists and dictionaries too, in the order of ranks; all must call it."""
        if self._group is None or value is None:
            return value
        if isinstance(value, dict):
            return {key: self.joined(part) for key, part in value.items()}
        if isinstance(value, tuple | list):
            return type(value)([self.joined(part) for part in value])
        if not isinstance(value, AnyTensor):
            return value
        array = value.array
        lengths = [make(np.array(0)) for _ in range(self._group.size())]
        all_gather(lengths, make(np.array(len(array))), group=self._group)
        counts = [int(n.array) for n in lengths]
        padded = np.zeros((max(counts), *array.shape[1:]), array.dtype)
        padded[: len(array)] = array
        parts = [make(np.empty_like(padded)) for _ in counts]
        all_gather(parts, make(padded), group=self._group)
        return make(np.concatenate([part.array[:n] for part, n in zip(parts, counts, strict=True)]))

    def gather_state(self, optimizer: Any, to: int | None = None) -> None:
        """Have an optimizer whose state is divided among the processes gather it on one of them, or on all; all must call it."""
        if self._group is not None and hasattr(optimizer, "consolidate_state_dict"):
            optimizer.consolidate_state_dict(to=to)


__all__ = ["Ranks"]
