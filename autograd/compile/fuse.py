"""Fusion: fewer loops and less memory.

Dead stores are removed. Neighbouring loops over the same elements become one. A value that only one loop needs stays in
a register. All other temporary memories share one workspace, by their lifetimes.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np

from .loops import (
    Access,
    Callback,
    Expr,
    Guard,
    Loop,
    Repeat,
    Statement,
    collapsed,
    conflict,
    cut,
    flat,
    ordered,
    overlap,
    refined,
    summed_inside,
)  # fmt: skip
from .step_list import Storage

_MOST = 40  # at most so many places in one loop
ALIGN = 64


def touched(statement: Statement) -> Iterable[Storage]:
    for access, _ in (*statement.reads(), *statement.writes()):
        yield access.storage


def alive(statements: list[Statement], kept: set[int]) -> list[Statement]:
    """The statements on which memories that outlive the step depend. kept: the numbers of these."""
    wanted = set(kept)
    found: list[Statement] = []
    for statement in reversed(statements):
        if isinstance(statement, Loop):
            stores = [s for s in statement.stores if s.target.storage.number in wanted]
            if not stores:
                continue
            statement = Loop(statement.dims, stores)
        elif isinstance(statement, Callback) and statement.entry.kind == "draw":
            pass  # a draw changes the generator, even if nothing uses its numbers
        elif not isinstance(statement, Guard) and not any(a.storage.number in wanted for a, _ in statement.writes()):
            continue
        wanted.update(a.storage.number for a, _ in statement.reads())
        found.append(statement)
    return found[::-1]


def fused(statements: list[Statement]) -> list[Statement]:
    """The statements with neighbouring loops joined, also within what is repeated."""
    inside = [Repeat(s.turns, fused(s.body)) if isinstance(s, Repeat) else s for s in statements]
    return started(grouped(grouped(inside)))


def grouped(statements: list[Statement]) -> list[Statement]:
    """Join a loop with an earlier one that it depends on, or shares memory with, if each index needs only its own elements.

    A second call joins loops that the first has made neighbours.
    """
    groups: list[Statement] = []
    for number, statement in enumerate(statements):
        if not isinstance(statement, Loop):
            groups.append(statement)
            continue
        statement = collapsed(statement)
        if _starts(statement, statements[number + 1 : number + 2]):
            # The start of a sum moves up, out of the way of the sum, which may join a loop above it.
            at = len(groups)
            while at and not conflict(groups[at - 1], statement) and not isinstance(groups[at - 1], Guard | Callback):
                at -= 1
            groups.insert(at, statement)
            continue
        writes_outside = any(a.storage.kind != "temporary" for a, _ in statement.writes())
        own = {id(s) for s in touched(statement)}
        joined = False
        for i in range(len(groups) - 1, -1, -1):
            other = groups[i]
            if isinstance(other, Guard) or (isinstance(other, Callback) and writes_outside):
                break
            meets = conflict(other, statement)
            if isinstance(other, Loop) and (meets or any(id(s) in own for s in touched(other))):
                merged = _merged(other, statement)
                if merged is not None:
                    groups[i] = merged
                    joined = True
                    break
            if meets:
                break
        if not joined:
            groups.append(statement)
    return [collapsed(g) if isinstance(g, Loop) else g for g in groups]


def _starts(statement: Loop, following: list[Statement]) -> bool:
    """Whether a statement only stores a constant at which the statement that follows starts a reduction."""
    if len(statement.stores) != 1 or statement.stores[0].value.op != "number" or statement.stores[0].reduce:
        return False
    storage = statement.stores[0].target.storage
    return storage.kind == "temporary" and any(
        isinstance(s, Loop) and len(s.stores) == 1 and s.stores[0].reduce and s.stores[0].target.storage is storage
        for s in following
    )  # fmt: skip


def _merged(first: Loop, second: Loop) -> Loop | None:
    if first.ordered or second.ordered:
        return None
    dims = refined(first.dims, second.dims)
    if dims is None:
        return None
    a, b = cut(first, dims), cut(second, dims)
    ours = [(x, False) for x, _ in a.reads()] + [(x, True) for x, _ in a.writes()]
    theirs = [(x, False) for x, _ in b.reads()] + [(x, True) for x, _ in b.writes()]
    places = {(x.storage.number, x.offset, x.strides) for x, _ in (*ours, *theirs)}
    if len(places) > _MOST:
        return None
    for x, x_writes in ours:
        for y, y_writes in theirs:
            meets = (x_writes or y_writes) and overlap(x, dims, y, dims)
            if meets and (not x.same(y) or any(n > 1 and s == 0 for n, s in zip(dims, x.strides, strict=True))):
                return None
    return Loop(dims, [*a.stores, *b.stores])


def started(groups: list[Statement]) -> list[Statement]:
    """Let sums that a register holds start in the register, and not in memory before the loop."""
    for i, group in enumerate(groups):
        if not isinstance(group, Loop):
            continue
        loop = ordered(group)
        first = summed_inside(loop)
        for store, turned in zip(group.stores, loop.stores, strict=True):
            if not store.reduce or any(
                n > 1 and s == 0 for n, s in zip(loop.dims[:first], turned.target.strides[:first], strict=True)
            ):
                continue
            if first < len(loop.dims) and not store.target.via:
                _start(groups, i, store, loop.dims)
    return [g for g in groups if not isinstance(g, Loop) or g.stores]


def _start(groups: list[Statement], at: int, store: Any, dims: tuple[int, ...]) -> None:
    """Make the store of a constant right before a reduction the start of the reduction."""
    storage = store.target.storage
    size = prod(n for n, s in zip(groups[at].dims, store.target.strides, strict=True) if s)  # type: ignore[union-attr]
    for j in range(at - 1, -1, -1):
        other = groups[j]
        if isinstance(other, Loop):
            for k, first in enumerate(other.stores):
                if first.target.storage is storage:
                    alone = sum(s.target.storage is storage for s in other.stores) == 1
                    if alone and not first.reduce and first.value.op == "number" and not first.target.via:
                        low = first.target.extent(other.dims)
                        if prod(other.dims) == size and low == store.target.extent(groups[at].dims):  # type: ignore[union-attr]
                            store.start = first.value.args[0]
                            del other.stores[k]
                    return
        if any(a.storage is storage for a, _ in (*other.reads(), *other.writes())):
            return


_UNKNOWN = Access(Storage(-1, "temporary", np.empty(0, np.uint8), ""), np.dtype(np.uint8), 0, ())  # nan equals no other number


def in_registers(groups: list[Statement], kept: set[int]) -> set[int]:
    """Replace loads of values that the same loop has just stored by registers. Returns memories that are not needed any more."""
    where: dict[int, set[int]] = {}
    every = [group for group, _ in flat(groups)]
    for i, group in enumerate(every):
        for storage in touched(group):
            where.setdefault(storage.number, set()).add(i)
    gone: set[int] = set()
    for i, group in enumerate(every):
        if not isinstance(group, Loop):
            continue
        # A register belongs to a place, not to a memory: one loop may store two places of the same memory.
        known: list[Access] = []
        for k, store in enumerate(group.stores):

            def local(part: Expr, known: list[Access] = known) -> Expr | None:
                if part.op == "load":
                    for register, access in enumerate(known):
                        if access.same(part.args[0]):
                            return Expr("local", part.dtype, register, access.storage.number)
                return None

            store.value = store.value.mapped(local)
            if store.reduce or store.target.via:
                # This statement changes memory, and the registers do not follow.
                known[:] = [_UNKNOWN if a.storage is store.target.storage else a for a in known]
            else:
                store.register = next((r for r, access in enumerate(known) if access.same(store.target)), len(known))
                if store.register == len(known):
                    known.append(store.target)
                after = [s for s in group.stores[k + 1 :] if s.target.storage is store.target.storage]
                store.dead = bool(after) and not any(s.reduce for s in after) and any(store.target.same(s.target) for s in after)
        loaded = {a.storage.number for s in group.stores for a in s.reads()}
        for store in group.stores:
            storage = store.target.storage
            alone = where[storage.number] == {i} and storage.number not in kept and storage.kind == "temporary"
            if alone and storage.number not in loaded and not store.reduce:
                gone.add(storage.number)
    return gone


def planned(groups: list[Statement], kept: set[int], gone: set[int]) -> tuple[dict[int, int], int]:
    """An offset in the workspace for each temporary memory, and the workspace's size: by lifetimes, first fit."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for i, group in enumerate(groups):
        for storage in touched(group):
            if storage.kind == "temporary" and storage.number not in kept and storage.number not in gone:
                first.setdefault(storage.number, i)
                last[storage.number] = i
                sizes[storage.number] = -(-max(storage.size, 1) // ALIGN) * ALIGN
    offsets: dict[int, int] = {}
    total = 0
    for number in sorted(sizes, key=lambda n: (-sizes[n], first[n])):
        taken = sorted(
            (offsets[o], offsets[o] + sizes[o]) for o in offsets if first[o] <= last[number] and first[number] <= last[o]
        )
        at = 0
        for low, high in taken:
            if at + sizes[number] <= low:
                break
            at = max(at, high)
        offsets[number] = at
        total = max(total, at + sizes[number])
    return offsets, total
