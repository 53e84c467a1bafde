"""Statements that repeat become a loop over turns: the steps of a recurrence, the rows of a Hessian, a long chain of numbers.

A recurrence was written down step by step. Where the same statements follow each other again and again, and their places move on by
the same amounts, a ``Repeat`` holds them once. Nothing changes its order. Temporary memories that differ from turn to turn become
one memory, if each turn needs only its own or the previous turn's, or else the parts of one long memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from .loops import Access, Convolution, Expr, Loop, Product, Repeat, Statement, changed
from .step_list import Storage, bytes_of

_LEAST = 4  # turns that are worth a loop
_LEAST_SMALL = 8  # the same without products: loops over elements could have become one
_SMALL = 4096  # elements of a loop that does not leave the first cache
_PERIODS = 12  # so many lengths of a turn are tried at each place


def repeated(statements: list[Statement], kept: set[int], number: int) -> tuple[list[Statement], list[tuple[Storage, Storage]]]:
    """The statements with repeats, and the memories that were made for them, each with one of those that it took the place of.

    Args:
        statements: before fusion. kept: the numbers of the memories that outlive the step. number: the first number that is free.
    """
    return _Repeater(statements, kept, number).run()


def accesses(statement: Statement) -> Iterator[Access]:
    """All accesses of a statement, the indices in them included, in an order that its structure determines."""
    if isinstance(statement, Loop):
        for store in statement.stores:
            yield from _with_indices(store.target)
            for part in store.value.walk():
                if part.op == "load":
                    yield from _with_indices(part.args[0])
    elif isinstance(statement, Product):
        yield from (statement.a, statement.b, statement.c)
    elif isinstance(statement, Convolution):
        yield from (statement.x, statement.w, statement.y)


def _with_indices(access: Access) -> Iterator[Access]:
    for index, _, _ in access.via:
        yield from _with_indices(index)
    yield access


def _structure(statement: Statement) -> Any:
    """What two statements have in common that differ in their places alone. None: a statement that is never repeated."""
    if isinstance(statement, Loop):
        parts = [(s.reduce, repr(s.start), _layout(s.target), _shape(s.value)) for s in statement.stores]
        return (statement.dims, *parts)
    if isinstance(statement, Product):
        return (statement.batch, statement.size, *map(_layout, (statement.a, statement.b, statement.c)))
    if isinstance(statement, Convolution):
        return (statement.kind, statement.batch, statement.geometry, *map(_layout, (statement.x, statement.w, statement.y)))
    return None


def _layout(access: Access) -> Any:
    return (access.dtype.str, access.strides, *[(_layout(a), stride, length) for a, stride, length in access.via])


def _shape(value: Expr) -> Any:
    if value.op == "load":
        return ("load", _layout(value.args[0]))
    parts = [_shape(a) if isinstance(a, Expr) else repr(a) for a in value.args]
    return (value.op, value.dtype.str, *parts)


class _Repeater:
    def __init__(self, statements: list[Statement], kept: set[int], number: int) -> None:
        self.statements = statements
        self.kept = kept
        self.number = number
        self.made: list[tuple[Storage, Storage]] = []
        known: dict[Any, int] = {}
        # A statement that is never repeated has a kind of its own.
        structures = [_structure(s) for s in statements]
        self.kinds = [-i - 1 if key is None else known.setdefault(key, len(known)) for i, key in enumerate(structures)]
        self.where: dict[int, set[int]] = {}
        self.barred: set[int] = set()  # memories that NumPy computes with, or decisions look at
        for i, s in enumerate(statements):
            for access, _ in (*s.reads(), *s.writes()):
                self.where.setdefault(access.storage.number, set()).add(i)
                if structures[i] is None:
                    self.barred.add(access.storage.number)

    def run(self) -> tuple[list[Statement], list[tuple[Storage, Storage]]]:
        found: list[Statement] = []
        places: dict[int, list[int]] = {}
        for i, kind in enumerate(self.kinds):
            places.setdefault(kind, []).append(i)
        at = 0
        repeats: list[tuple[int, int, int]] = []
        while at < len(self.kinds):
            made = self._region(at, places[self.kinds[at]])
            if made is None:
                at += 1
                continue
            repeats.append(made)
            at = made[0] + made[1] * made[2]
        at = 0
        for start, period, turns in repeats:
            found += self.statements[at:start]
            found.append(self._loop(start, period, turns))
            at = start + period * turns
        return found + self.statements[at:], self.made

    def _region(self, at: int, same: list[int]) -> tuple[int, int, int] | None:
        """The beginning, the length of a turn, and the number of turns of the longest repeat here. ``same``: where its first
        statement is found."""
        best: tuple[int, int, int, int] | None = None
        first = bisect_right(same, at)
        for next_ in same[first : first + _PERIODS]:
            period = next_ - at
            if at + period * _LEAST > len(self.kinds):
                break
            length = 0
            while at + period + length < len(self.kinds) and self.kinds[at + length] == self.kinds[at + period + length]:
                length += 1
            turns = length // period + 1
            if turns >= self._least(at, period) and (best is None or turns * period > best[0]):
                best = (turns * period, period, turns, length + period)
        if best is None:
            return None
        _, period, turns, length = best
        # Each turn begins with its first product, so that the loops after it become one.
        products = [j for j in range(period) if isinstance(self.statements[at + j], Product)]
        if products and products[0] and turns > _LEAST:
            at, turns = at + products[0], (length - products[0]) // period
        found = self._arranged(at, period, turns)
        # The first turn often reads other memories than the rest: the states at the beginning.
        return found or self._arranged(at + period, period, turns - 1)

    def _arranged(self, at: int, period: int, turns: int) -> tuple[int, int, int] | None:
        """Arrange the memories of a repeat, or of as many of its turns as can be arranged."""
        while turns >= self._least(at, period):
            plan = _Plan(self, at, period, turns)
            if plan.possible():
                plan.carry_out()
                return at, period, turns
            if plan.fits >= turns:
                return None
            turns = plan.fits
        return None

    def _least(self, at: int, period: int) -> int:
        """How many turns it takes."""
        body = self.statements[at : at + period]
        if any(isinstance(s, Product | Convolution) for s in body):
            return _LEAST
        small = all(isinstance(s, Loop) and prod(s.dims) <= _SMALL for s in body)
        return _LEAST_SMALL if small else len(self.kinds) + 1

    def _loop(self, start: int, period: int, turns: int) -> Repeat:
        body: list[Statement] = []
        for j in range(start, start + period):
            later = accesses(self.statements[j + period])
            steps = iter([b.offset - a.offset for a, b in zip(accesses(self.statements[j]), later, strict=True)])

            def moving(a: Access, steps: Iterator[int] = steps) -> Access:
                return Access(a.storage, a.dtype, a.offset, a.strides, a.via, next(steps), turns)

            body.append(changed(self.statements[j], moving))
        return Repeat(turns, body)

    def rename(self, new: dict[int, tuple[Storage, int]]) -> None:
        """Replace memories by places in others, a number of bytes from their beginning."""

        def renamed(a: Access) -> Access:
            if a.storage.number not in new:
                return a
            storage, offset = new[a.storage.number]
            return Access(storage, a.dtype, a.offset + offset // a.dtype.itemsize, a.strides, a.via)

        for i in sorted(set().union(*[self.where.get(n, set()) for n in new])):
            self.statements[i] = changed(self.statements[i], renamed)
        for n, (storage, _) in new.items():
            self.where.setdefault(storage.number, set()).update(self.where.pop(n, set()))


class _Plan:
    """How the memories of a region are arranged so that every place moves on by the same amount with each turn.

    fits: for how many turns the places can be arranged, as far as is known.
    """

    def __init__(self, whole: _Repeater, at: int, period: int, turns: int) -> None:
        self.whole, self.at, self.period, self.turns = whole, at, period, turns
        self.fits = turns
        self.rows = [  # of each access of a turn: its statement, and the accesses of all turns
            (j, row)
            for j in range(period)
            for row in zip(*[accesses(whole.statements[at + j + t * period]) for t in range(turns)], strict=True)
        ]
        self.members: list[dict[int, Storage]] = []  # of each chain of memories: the memory of each turn
        self.found: dict[int, tuple[int, int]] = {}  # of a memory: its chain, and its turn in that
        self.every: set[int] = set()  # memories that an access finds in every turn

    def possible(self) -> bool:
        """Whether there is such an arrangement."""
        for _, row in self.rows:
            first = row[0]
            if all(a.storage is first.storage for a in row):
                step = row[1].offset - first.offset
                moves = [a.offset - first.offset == t * step for t, a in enumerate(row)]
                if not all(moves):
                    self.fits = min(self.fits, moves.index(False))
                    return False
                self.every.add(first.storage.number)
                continue
            if any(a.offset != first.offset for a in row) or not self._chained([a.storage for a in row]):
                return False
        return all(self._uniform(chain) for chain in self.members)

    def _chained(self, row: list[Storage]) -> bool:
        """Put the memories of an access, one for each turn, into a chain: a new one, or one in which some of them are."""
        known = next(((t, *self.found[s.number]) for t, s in enumerate(row) if s.number in self.found), None)
        if known is None:
            number, shift = len(self.members), 0
            self.members.append({})
        else:
            t, number, turn = known
            shift = turn - t
        chain = self.members[number]
        for t, storage in enumerate(row):
            if self.found.setdefault(storage.number, (number, t + shift)) != (number, t + shift):
                return False
            if chain.setdefault(t + shift, storage) is not storage:
                return False
        return True

    def _uniform(self, chain: dict[int, Storage]) -> bool:
        storages = list(chain.values())
        first = storages[0]
        return max(chain) - min(chain) < len(chain) and all(
            s.kind == first.kind and s.size == first.size and s.number not in self.whole.kept
            and s.number not in self.whole.barred and (s.kind == "temporary" or (s.kind == "constant" and not s.written))
            for s in storages
        )  # fmt: skip

    def carry_out(self) -> None:
        """Arrange the memories."""
        new: dict[int, tuple[Storage, int]] = {}
        for number, chain in enumerate(self.members):
            first, storages = min(chain), [chain[t] for t in sorted(chain)]
            one = self._in_one(number, chain)
            # Numbers lie side by side; what is larger begins at a line of the cache.
            size = storages[0].size
            step = 0 if one else size if size < 64 else -(-size // 64) * 64
            made = Storage(self.whole.number, storages[0].kind, np.empty(0, np.uint8), storages[0].name)
            self.whole.number += 1
            self.whole.made.append((made, storages[0]))
            made.size = size if one else step * len(storages)
            if made.kind == "constant":
                made.array = np.zeros(made.size, np.uint8)
                for t, storage in enumerate(storages):
                    made.array[t * step : t * step + size] = bytes_of(storage.array)
            for t, storage in chain.items():
                new[storage.number] = (made, (t - first) * step)
        self.whole.rename(new)

    def _in_one(self, number: int, chain: dict[int, Storage]) -> bool:
        """Whether one memory can take the place of all: nothing needs a turn's after the next turn has written its own."""
        first, last = min(chain), max(chain)
        if chain[first].kind != "temporary" or any(s.number in self.every for s in chain.values()):
            return False
        whole, begin, end = self.whole, self.at, self.at + self.period * self.turns
        uses = [
            (j, self.found[row[0].storage.number][1], row[0])
            for j, row in self.rows
            if self.found.get(row[0].storage.number, (-1, 0))[0] == number
        ]
        written = [(j, turn, a) for j, turn, a in uses if self._writes(j, a)]
        if not written or len({turn for _, turn, _ in written}) > 1:
            return False
        now, start = written[0][1], written[0][0]
        for j, turn, a in uses:
            if turn == now:
                if j < start or (j == start and a not in [w for _, _, w in written]):
                    return False  # it is read before it is written
            elif turn == now - 1:
                if j > start or (j == start and not self._in_place(j, a)):
                    return False  # it is read after the next turn's has been written
            else:
                return False
        before, after = now - 1, now + self.turns - 1
        for t, storage in chain.items():
            outside = [i for i in whole.where[storage.number] if not begin <= i < end]
            if t == before and first == before:
                if any(i >= end for i in outside):
                    return False
            elif t == after and last == after:
                if any(i < begin for i in outside):
                    return False
            elif outside:
                return False
        return True

    def _writes(self, j: int, access: Access) -> bool:
        """Whether the j-th statement of the first turn writes by this access."""
        s = self.whole.statements[self.at + j]
        if isinstance(s, Loop):
            return any(store.target is access for store in s.stores)
        return any(a is access for a, _ in s.writes())

    def _in_place(self, j: int, access: Access) -> bool:
        """Whether a statement that writes a turn's memory may read the previous turn's in the same place: element by element."""
        s = self.whole.statements[self.at + j]
        if not isinstance(s, Loop) or len(s.stores) != 1 or s.stores[0].reduce:
            return False
        target = s.stores[0].target
        full = all(n == 1 or step for n, step in zip(s.dims, target.strides, strict=True))
        return full and target.offset == access.offset and target.strides == access.strides and target.dtype == access.dtype
