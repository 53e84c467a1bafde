"""The two ops at a batch's border: ENTER makes stand-ins of stacks, LEAVE stacks of stand-ins. Each is the other's gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import REGISTRY, Op, op
from .stand_in import Batched, Level, untagged, values, ways


def _enter(x: Any, level: Level, dim: int) -> Any:
    # With op_rules come functions.py and index.py: all three tell Batched how things are done. The first batch loads them.
    from . import op_rules as op_rules

    if isinstance(x, Batched) and x.level.start > level.start:  # a later level stays outside
        return Batched(_enter(x.value, level, dim + 1), x.level)
    return Batched(np.moveaxis(x, dim, 0), level)


def _leave(x: Any, level: Level, dim: int) -> Any:
    if isinstance(x, Batched) and x.level.start > level.start:
        return Batched(_leave(x.value, level, dim + 1), x.level)
    return np.moveaxis(untagged(values(x, level)), 0, dim)


ENTER: Op = op(
    "enter_batch", _enter, x=lambda g, level, dim: LEAVE(g, level=level, dim=dim), linear=True, samples=list, formula={"y": "x"}
)
LEAVE: Op = op(
    "leave_batch", _leave, x=lambda g, level, dim: ENTER(g, level=level, dim=dim), linear=True, samples=list, formula={"y": "x"}
)
# The registry's ops are proved on samples of arrays; these two take a level, and are proved by the tests of vmap.
del REGISTRY[ENTER.name], REGISTRY[LEAVE.name]

ways.leave = LEAVE
