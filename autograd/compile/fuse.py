"""Fusion: fewer loops and less memory.

Copies, dead stores and loads of known numbers are removed. Loops over several parts at once, such as an LSTM's gates, are divided
where others need the parts one by one. Neighbouring loops over the same elements become one. A value that only one loop needs stays
in a register. All other temporary memories share one workspace, by their lifetimes.
"""

from __future__ import annotations

from collections.abc import Set
from math import prod
from typing import Any

import numpy as np

from .loops import (
    Access,
    Callback,
    Dims,
    Expr,
    Guard,
    Loop,
    Repeat,
    Statement,
    Store,
    changed,
    collapsed,
    conflict,
    cut,
    flat,
    ordered,
    overlap,
    refined,
    summed_inside,
    touched,
)  # fmt: skip
from .shares import in_blocks
from .step_list import Storage, temporary

_MOST = 40  # at most so many places in one loop
_LARGE = 8_000  # elements of a loop that threads may share
ALIGN = 64


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


def without_copies(statements: list[Statement], kept: set[int]) -> list[Statement]:
    """Replace temporary memories by the places that they are copied to, where nothing can notice it.

    kept: the numbers of the memories that outlive the step. A part of another memory can be such a place too: so what is stacked or
    concatenated is computed where it ends.
    """
    return _Copies(statements, kept).run()


class _Copies:
    def __init__(self, statements: list[Statement], kept: set[int]) -> None:
        self.statements: list[Statement | None] = list(statements)
        self.kept = kept
        self.uses: dict[int, list[int]] = {}  # of a memory: the statements that use it
        self.barred: set[int] = set()  # memories that NumPy computes with
        for i, s in enumerate(statements):
            for number in {a.storage.number for a, _ in (*s.reads(), *s.writes())}:
                self.uses.setdefault(number, []).append(i)
                if isinstance(s, Callback):
                    self.barred.add(number)

    def run(self) -> list[Statement]:
        for i, s in enumerate(self.statements):
            if isinstance(s, Loop) and len(s.stores) == 1 and not s.stores[0].reduce and s.stores[0].value.op == "load":
                target, source = s.stores[0].target, s.stores[0].value.args[0]
                if self._needless(i, s, target, source):
                    self._remove(i, target, source)
        return [s for s in self.statements if s is not None]

    def _needless(self, at: int, loop: Loop, target: Access, source: Access) -> bool:
        to, from_ = target.storage, source.storage
        if to is from_ or to.kind != "temporary" or from_.kind != "temporary" or from_.number in self.kept:
            return False
        if source.via or target.via or target.strides != source.strides or target.dtype != source.dtype:
            return False
        if source.extent(loop.dims) != (0, from_.size) or prod(loop.dims) * source.dtype.itemsize != from_.size:
            return False
        if {to.number, from_.number} & self.barred:
            return False
        low, high = target.extent(loop.dims)
        if any(low % a.dtype.itemsize for i in self.uses[from_.number] for a in self._places(i, from_)):
            return False
        # Until the copy nothing uses its place, from when the memory is first used; after it nothing writes to either.
        first = self.uses[from_.number][0]
        for i in self.uses[to.number]:
            s = self.statements[i]
            if s is not None and i != at and first <= i:
                used = s.writes() if i > at else (*s.reads(), *s.writes())
                for a, dims in used:
                    if a.storage is to and a.extent(dims)[0] < high and low < a.extent(dims)[1]:
                        return False
        later = [s for i in self.uses[from_.number] if i > at and (s := self.statements[i]) is not None]
        return not any(a.storage is from_ for s in later for a, _ in s.writes())

    def _places(self, i: int, storage: Storage) -> list[Access]:
        s = self.statements[i]
        return [] if s is None else [a for a, _ in (*s.reads(), *s.writes()) if a.storage is storage]

    def _remove(self, at: int, target: Access, source: Access) -> None:
        to, from_ = target.storage, source.storage
        start = (target.offset - source.offset) * target.dtype.itemsize

        def moved(a: Access) -> Access:
            if a.storage is not from_:
                return a
            return Access(to, a.dtype, a.offset + start // a.dtype.itemsize, a.strides, a.via)

        self.statements[at] = None
        for i in self.uses.pop(from_.number):
            s = self.statements[i]
            if s is not None:
                self.statements[i] = changed(s, moved)
                self.uses[to.number].append(i)
        self.uses[to.number] = sorted(set(self.uses[to.number]))


_PARTS = 8  # at most so many parts of a loop
_WORTH = 256  # elements of a loop that is worth dividing


def divided(statements: list[Statement]) -> list[Statement]:
    """The statements, with loops divided where their temporary memories are used in equal parts elsewhere."""
    while True:
        blocks = _blocks(statements)
        found = _pass(statements, blocks)
        if found is statements:
            return found
        statements = found


def _pass(statements: list[Statement], blocks: dict[int, list[tuple[Dims, Access]]]) -> list[Statement]:
    """The statements after one division of each loop that is to be divided; the same list, if there is none."""
    found: list[Statement] = []
    for s in statements:
        cut = _cut(s, blocks) if isinstance(s, Loop) else None
        if isinstance(s, Repeat):
            body = _pass(s.body, blocks)
            found.append(s if body is s.body else Repeat(s.turns, body))
        elif cut is None or not isinstance(s, Loop):
            found.append(s)
        else:
            found += [_divided(s, *cut, k) for k in range(s.dims[cut[0]] // cut[1])]
    same = len(found) == len(statements) and all(x is y for x, y in zip(found, statements, strict=True))
    return statements if same else found


def _blocks(statements: list[Statement]) -> dict[int, list[tuple[Dims, Access]]]:
    """Of each temporary memory: the boxes in which loops use it, and where."""
    found: dict[int, list[tuple[Dims, Access]]] = {}
    for s, _ in flat(statements):
        if isinstance(s, Loop) and prod(s.dims) >= _WORTH:
            for a in _places_of(s):
                if a.storage.kind == "temporary" and not a.via:
                    found.setdefault(a.storage.number, []).append((s.dims, a))
    return found


def _places_of(loop: Loop) -> list[Access]:
    parts = [p.args[0] for s in loop.stores for p in s.value.walk() if p.op == "load"]
    return [s.target for s in loop.stores] + parts


def _cut(loop: Loop, blocks: dict[int, list[tuple[Dims, Access]]]) -> tuple[int, int] | None:
    """The dimension in which a loop is to be divided, and the length of a part."""
    if len(loop.dims) < 2 or prod(loop.dims) < _WORTH or any(s.reduce for s in loop.stores):
        return None
    for mine in _places_of(loop):
        if mine.storage.kind != "temporary" or mine.via:
            continue
        for dims, other in blocks.get(mine.storage.number, ()):
            d = _narrower(loop.dims, mine, dims, other)
            if d is not None:
                return d, dims[d]
    return None


def _narrower(dims: Dims, mine: Access, others: Dims, other: Access) -> int | None:
    """The only dimension in which another box is a part of this one, and an equal part, if there is one."""
    if len(dims) != len(others) or mine.strides != other.strides or mine.dtype != other.dtype:
        return None
    differ = [d for d in range(len(dims)) if dims[d] != others[d]]
    if len(differ) != 1 or not differ[0]:
        return None
    (d,) = differ
    whole, part, step = dims[d], others[d], mine.strides[d]
    if part < 16 or whole % part or whole // part > _PARTS or not step:
        return None
    return d if (other.offset - mine.offset) % (part * step) == 0 else None


def _divided(loop: Loop, d: int, length: int, number: int) -> Loop:
    """One of the loops that a loop becomes."""
    dims = (*loop.dims[:d], length, *loop.dims[d + 1 :])

    def moved(a: Access) -> Access:
        return Access(a.storage, a.dtype, a.offset + number * length * a.strides[d], a.strides, a.via, a.step, a.turns)

    made = changed(loop, moved)
    assert isinstance(made, Loop)
    return Loop(dims, made.stores)


def with_numbers(statements: list[Statement], kept: set[int]) -> list[Statement]:
    """The statements with the numbers that they would load. kept: the numbers of the memories that outlive the step."""
    fills: dict[int, list[tuple[int, int, float]]] = {}
    other = set(kept)
    for s, times in flat(statements):
        if not isinstance(s, Loop) or times > 1:
            other |= {a.storage.number for a, _ in s.writes()}
            continue
        for store in s.stores:
            target = store.target
            low, high = target.extent(s.dims)
            dense = prod(s.dims) * target.dtype.itemsize == high - low
            if store.value.op == "number" and not store.reduce and dense and target.storage.kind == "temporary":
                fills.setdefault(target.storage.number, []).append((low, high, store.value.args[0]))
            else:
                other.add(target.storage.number)
    for number in other:
        fills.pop(number, None)
    # A load after which a fill comes would be another number.
    seen: set[int] = set()
    for s in statements:
        if isinstance(s, Loop) and s.stores[0].target.storage.number in fills and s.stores[0].target.storage.number in seen:
            fills.pop(s.stores[0].target.storage.number)
        seen.update(a.storage.number for a, _ in s.reads())
    return [_filled(s, fills) for s in statements]


def _filled(statement: Statement, fills: dict[int, list[tuple[int, int, float]]]) -> Statement:
    if isinstance(statement, Repeat):
        return Repeat(statement.turns, [_filled(s, fills) for s in statement.body])
    if not isinstance(statement, Loop) or not any(a.storage.number in fills for a, _ in statement.reads()):
        return statement

    def load(part: Expr) -> Expr | None:
        if part.op != "load":
            return None
        value = _value(part.args[0], statement.dims, fills)
        return None if value is None else Expr("number", part.dtype, value)

    stores: list[Store] = [s.moved(s.target, _simpler(s.value.mapped(load))) for s in statement.stores]
    return Loop(statement.dims, stores)


def _value(access: Access, dims: Dims, fills: dict[int, list[tuple[int, int, float]]]) -> float | None:
    """The number that an access finds for every index, or None: the last fill that touches its extent fills all of it."""
    if access.via or access.step:
        return None
    low, high = access.extent(dims)
    for first, last, value in reversed(fills.get(access.storage.number, [])):
        if first < high and low < last:
            return value if first <= low and high <= last else None
    return None


def _simpler(value: Expr) -> Expr:
    """The expression without multiplications by 1, which change no number, not even nan."""
    args = [_simpler(a) if isinstance(a, Expr) else a for a in value.args]
    if value.op == "multiply":
        for one, other in (args, args[::-1]):
            if one.op == "number" and one.args[0] == 1 and other.dtype == value.dtype:
                return other
    return Expr(value.op, value.dtype, *args)


def fused(statements: list[Statement]) -> list[Statement]:
    """The statements with neighbouring loops joined, also within what is repeated."""
    inside = [Repeat(s.turns, fused(s.body)) if isinstance(s, Repeat) else s for s in statements]
    return started(grouped(grouped(inside)))


def grouped(statements: list[Statement]) -> list[Statement]:
    """Join a loop with an earlier one that it depends on, or shares memory with, if each index needs only its own elements.

    A second call joins loops that the first has made neighbours.
    """
    groups: list[Statement] = []
    used: list[Set[Storage]] = []  # the memories of each group
    for number, statement in enumerate(statements):
        mine = touched(statement)
        if not isinstance(statement, Loop):
            groups.append(statement)
            used.append(mine)
            continue
        statement = collapsed(statement)
        if _starts(statement, statements[number + 1 : number + 2]):
            # The start of a sum moves up, out of the way of the sum, which may join a loop above it.
            at = len(groups)
            while at and not isinstance(groups[at - 1], Guard | Callback):
                if not used[at - 1].isdisjoint(mine) and conflict(groups[at - 1], statement):
                    break
                at -= 1
            groups.insert(at, statement)
            used.insert(at, mine)
            continue
        writes_outside = any(a.storage.kind != "temporary" for a, _ in statement.writes())
        joined = False
        for i in range(len(groups) - 1, -1, -1):
            other = groups[i]
            if isinstance(other, Guard) or (isinstance(other, Callback) and writes_outside):
                break
            if used[i].isdisjoint(mine):
                continue
            meets = conflict(other, statement)
            if isinstance(other, Loop) and (meets or _share(other, statement)):
                merged = _merged(other, statement)
                if merged is not None:
                    groups[i] = merged
                    used[i] = used[i] | mine
                    joined = True
                    break
            if meets:
                break
        if not joined:
            groups.append(statement)
            used.append(mine)
    return [collapsed(g) if isinstance(g, Loop) else g for g in groups]


def _share(one: Loop, other: Loop) -> bool:
    """Whether two loops use the same stretch of a memory: the same elements, or, as the gates of an LSTM, columns side by side."""
    mine = [(a.storage, a.extent(d)) for a, d in (*one.reads(), *one.writes())]
    theirs = [(a.storage, a.extent(d)) for a, d in (*other.reads(), *other.writes())]
    return any(s is t and low < last and begin < high for s, (low, high) in mine for t, (begin, last) in theirs)


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
    merged = Loop(dims, [*a.stores, *b.stores])
    # Sums over rows and sums over columns together leave no dimension that threads can share and vectors can run along.
    return None if prod(dims) > _LARGE and _shareable(a) and _shareable(b) and not _shareable(merged) else merged


def _shareable(loop: Loop) -> bool:
    """Whether no store sums over some dimension, or the loop adds up one long row."""
    sums = [s.target for s in loop.stores if s.reduce]
    free = any(n > 1 and all(t.strides[d] for t in sums) for d, n in enumerate(loop.dims))
    return free or in_blocks(collapsed(loop))


def started(groups: list[Statement]) -> list[Statement]:
    """Let sums that a register holds start in the register, and not in memory before the loop."""
    for i, group in enumerate(groups):
        if not isinstance(group, Loop):
            continue
        loop = groups[i] = ordered(group)
        first = summed_inside(loop)
        for store in loop.stores:
            if not store.reduce or any(
                n > 1 and s == 0 for n, s in zip(loop.dims[:first], store.target.strides[:first], strict=True)
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


_UNKNOWN = Access(temporary(-1, 0), np.dtype(np.uint8), 0, ())  # nan equals no other number


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
