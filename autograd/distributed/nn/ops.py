"""Collectives as ops: linear maps of what all processes have together, each with its transpose as its rule.

The processes' arrays x_0, ..., x_(k-1) are one long vector, and so are the results y_0, ..., y_(k-1); the loss is the sum of the
losses of all processes. A collective is a matrix of zeros and ones between the two vectors, and a gradient goes back through its
transpose, which is a collective again: what one process sent, others send back. Every process must therefore call backward, or the
others wait for it.

These ops are not in the registry, because one process cannot prove them: ``certify`` (proof.py) does, on all processes together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.graph import make
from ...engine.op import REGISTRY, Op, op
from ...engine.samples import unary
from .. import collectives
from ..group import the


def _declared(name: str, forward: Callable[..., Any], rule: Callable[..., Any]) -> Op:
    declared = op(f"dist_{name}", forward, x=rule, linear=True, samples=unary(-1, 1))
    del REGISTRY[declared.name]
    return declared


def _sum(x: Any, group: Any = None) -> Any:
    total = make(np.array(x))
    collectives.all_reduce(total, group=group)
    return total.array


def _gathered(x: Any, group: Any = None) -> Any:
    k = the(group).size()
    whole = make(np.empty((k, *x.shape), x.dtype))
    collectives.all_gather_into_tensor(whole, make(x), group=group)
    return whole.array


def _scattered_sum(x: Any, group: Any = None) -> Any:
    part = make(np.empty(x.shape[1:], x.dtype))
    collectives.reduce_scatter_tensor(part, make(x), group=group)
    return part.array


def _exchanged(x: Any, group: Any = None) -> Any:
    whole = np.empty(x.shape, x.dtype)
    collectives.all_to_all([make(part) for part in whole], [make(part) for part in x], group=group)
    return whole


def _copies(x: Any, place: int = 0, group: Any = None) -> Any:
    copy = make(np.array(x))
    collectives.broadcast(copy, group=group, group_src=place)
    return copy.array


def _sum_at(x: Any, place: int = 0, group: Any = None) -> Any:
    total = make(np.array(x))
    collectives.reduce(total, group=group, group_dst=place)
    return total.array if the(group).rank() == place else np.zeros_like(x)


def _gathered_at(x: Any, place: int = 0, group: Any = None) -> Any:
    found = the(group)
    whole = np.zeros((found.size(), *x.shape), x.dtype)
    parts = [make(part) for part in whole] if found.rank() == place else None
    collectives.gather(make(x), parts, group=group, group_dst=place)
    return whole


def _parts_of(x: Any, place: int = 0, group: Any = None) -> Any:
    part = make(np.empty(x.shape[1:], x.dtype))
    parts = [make(one) for one in x] if the(group).rank() == place else None
    collectives.scatter(part, parts, group=group, group_src=place)
    return part.array


# y_s = sum over r of x_r, on every process s: symmetric.
all_reduce: Op = _declared("all_reduce", _sum, lambda g, group: all_reduce(g, group=group))

# y_s = (x_0, ..., x_(k-1)), on every s; and y_s = sum over r of x_r[s].
all_gather: Op = _declared("all_gather", _gathered, lambda g, group: reduce_scatter(g, group=group))
reduce_scatter: Op = _declared("reduce_scatter", _scattered_sum, lambda g, group: all_gather(g, group=group))

# y_s[r] = x_r[s]: symmetric.
all_to_all: Op = _declared("all_to_all", _exchanged, lambda g, group: all_to_all(g, group=group))

# y_s = x_place; and y_place = sum over r of x_r, 0 on the others.
broadcast: Op = _declared("broadcast", _copies, lambda g, place, group: reduce(g, place=place, group=group))
reduce: Op = _declared("reduce", _sum_at, lambda g, place, group: broadcast(g, place=place, group=group))

# y_place = (x_0, ..., x_(k-1)), 0 on the others; and y_s = x_place[s].
gather: Op = _declared("gather", _gathered_at, lambda g, place, group: scatter(g, place=place, group=group))
scatter: Op = _declared("scatter", _parts_of, lambda g, place, group: gather(g, place=place, group=group))

OPS = (all_reduce, all_gather, reduce_scatter, all_to_all, broadcast, reduce, gather, scatter)
