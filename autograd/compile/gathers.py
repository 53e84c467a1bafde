"""Products with gathered rows: of rows that are picked from a smaller table, as by an embedding, each is multiplied once.

``T[i] W`` is ``(T W)[i]``. Its gradients are ``Σ_r d_rᵀ T[i_r] = Sᵀ T`` and, for the table, ``S W``, where ``S[v]`` is the sum of
the rows of d that belong to picks of row v. All three are products with as many rows as the table has, and not as many as were
picked. A row that nobody picked counts for nothing, not even if it is nan.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .loops import Access, Dims, Expr, Loop, Product, Statement, Store
from .step_list import Entry, Storage, row_by_row, temporary

_FEWER = 2  # so many times fewer rows than were picked the table must have
_LARGE = 1 << 20  # products of fewer multiplications stay as they are
_BOOL: np.dtype[Any] = np.dtype(bool)


class _Picks:
    """Picks of rows. index: an access to the rows' numbers, over the picks. rows: how many the table has. step: from row to row."""

    def __init__(self, picks: int, width: int, index: Access, rows: int, step: int) -> None:
        self.picks, self.width, self.index, self.rows, self.step = picks, width, index, rows, step
        self.key = (index.storage.number, index.offset, index.strides, rows)

    def of(self, storage: Storage, dtype: np.dtype[Any], columns: int) -> Access:
        """The picked rows of a memory with a row for each of the table's, over (pick, column)."""
        index = Access(self.index.storage, self.index.dtype, self.index.offset, (*self.index.strides, 0))
        return Access(storage, dtype, 0, (0, 1), ((index, columns, self.rows),))


class Gathers:
    """The pass.

    Args:
        statements: before it. kept: the numbers of memories that outlive the step. first: the number of the next memory.
    """

    def __init__(self, statements: list[Statement], kept: set[int], first: int) -> None:
        self.statements, self.kept, self.first = statements, kept, first
        self.made: list[Storage] = []
        self.instead: dict[int, list[Statement]] = {}  # by the place of a statement
        self.sums: dict[Any, tuple[int, Access, Access]] = {}
        self.writers: dict[int, list[int]] = {}
        self.readers: dict[int, list[int]] = {}
        for i, s in enumerate(statements):
            for uses, accesses in ((self.writers, s.writes()), (self.readers, s.reads())):
                for number in {access.storage.number for access, _ in accesses}:
                    uses.setdefault(number, []).append(i)

    def run(self) -> list[Statement]:
        """The statements, with smaller products."""
        gathered: dict[int, tuple[int, _Picks, Access]] = {}
        for i, s in enumerate(self.statements):
            if isinstance(s, Loop) and len(s.stores) == 1:
                self._gather(i, s, s.stores[0], gathered)
                self._scatter(i, s, s.stores[0])
            elif isinstance(s, Product) and not s.batch and prod(s.size) >= _LARGE:
                self._product(i, s, gathered)
        return [one for i, s in enumerate(self.statements) for one in self.instead.get(i, [s])]

    # ------------------------------------------------------------------------------------------------------------- what is found
    def _gather(self, at: int, loop: Loop, store: Store, gathered: dict[int, tuple[int, _Picks, Access]]) -> None:
        """Note a loop that copies picked rows of a table into a memory of their own."""
        target, value = store.target, store.value
        if store.reduce or value.op != "load" or target.via or not self._own(target.storage, at):
            return
        source = value.args[0]
        picks = _picks(source, loop.dims)
        if picks is not None and _dense(target, loop.dims) and source.dtype == target.dtype and target.dtype.kind == "f":
            table = Access(source.storage, source.dtype, source.offset, (picks.step, source.strides[-1]))
            gathered[target.storage.number] = at, picks, table

    def _product(self, at: int, p: Product, gathered: dict[int, tuple[int, _Picks, Access]]) -> None:
        m, n, k = p.size
        turned = _turned(p.a)
        for access, sizes in ((p.a, (m, k)), (p.b, (k, n)), (turned, (k, m))):
            since, picks, table = gathered.get(access.storage.number, (0, None, None))
            if picks is None or table is None or p.a.storage is p.b.storage or access.offset:
                continue
            if sizes != (picks.picks, picks.width) or access.strides != (picks.width, 1):
                continue
            if any(self._written(since, at, x.storage) for x in (table, picks.index)):
                continue
            if access is p.a:
                self.instead[at] = self._of_rows(p, picks, table)
            else:
                self.instead[at] = self._of_sums(at, p, picks, table, access is turned)
            return

    def _of_rows(self, p: Product, picks: _Picks, table: Access) -> list[Statement]:
        """``c = T[i] b``: the product of all rows, of which rows are picked."""
        _, n, k = p.size
        every = self._memory((picks.rows, n), p.c.dtype, f"{_stem(p.entry)}_of_all")
        value = Expr("load", every.dtype, picks.of(every.storage, every.dtype, n))
        return [
            Product((), (picks.rows, n, k), table, p.b, every, p.entry),
            Loop((picks.picks, n), [Store(p.c, value, None, p.entry)]),
        ]

    def _of_sums(self, at: int, p: Product, picks: _Picks, table: Access, first: bool) -> list[Statement]:
        """``c = a T[i]``, or ``c = T[i]ᵀ b``: the sums of the other factor's rows by the rows of T that they belong to, times T.

        first: whether the picked rows are the first factor.
        """
        m, n, _ = p.size
        factor, width = (p.b, n) if first else (_turned(p.a), m)
        before, sums, used = self._sums(at, picks, factor, width, p.entry)
        rows = self._memory((picks.rows, picks.width), table.dtype, f"{table.storage.name}_used")
        value = _where(used, Expr("load", table.dtype, table))
        pair = (_turned(rows), sums) if first else (_turned(sums), rows)
        return [
            *before,
            Loop((picks.rows, picks.width), [Store(rows, value, None, p.entry)]),
            Product((), (m, n, picks.rows), *pair, p.c, p.entry),
        ]

    def _scatter(self, at: int, loop: Loop, store: Store) -> None:
        """``T[i] += a b``, which only this loop reads: the sums of a's rows by the rows of T that they belong to, times b."""
        target, value = store.target, store.value
        if store.reduce != "add" or value.op != "load" or target.dtype.kind != "f":
            return
        source = value.args[0]
        picks, number = _picks(target, loop.dims), source.storage.number
        if picks is None or source.via or not _dense(source, loop.dims) or self.readers.get(number) != [at]:
            return
        (first, *more) = self.writers.get(number, [at])
        p = self.statements[first]
        if more or not isinstance(p, Product) or not self._own(source.storage, first):
            return
        whole = not p.batch and p.size[:2] == (picks.picks, picks.width) and not p.c.offset and p.c.strides == (picks.width, 1)
        if not whole or prod(p.size) < _LARGE or any(self._written(first, at, x.storage) for x in (p.a, p.b)):
            return
        n, k = p.size[1:]
        before, sums, used = self._sums(at, picks, p.a, k, p.entry)  # not before, for the numbers of rows are checked until here
        parts = self._memory((picks.rows, n), p.c.dtype, f"{_stem(p.entry)}_of_all")
        place = Access(target.storage, target.dtype, target.offset, (picks.step, target.strides[-1]))
        added = Store(place, _where(used, Expr("load", parts.dtype, parts)), "add", store.entry)
        small = Product((), (picks.rows, n, k), sums, p.b, parts, p.entry)
        self.instead[at] = [*before, small, Loop((picks.rows, n), [added])]

    # -------------------------------------------------------------------------------------------------------------- what is made
    def _sums(
        self, at: int, picks: _Picks, rows: Access, width: int, entry: Entry
    ) -> tuple[list[Statement], Access, Access]:  # fmt: skip
        """The sums of rows by the table's row that they belong to, which of these have any, and the loops that compute both."""
        key = (*picks.key, rows.storage.number, rows.offset, rows.strides, width)
        since, sums, used = self.sums.get(key, (0, None, None))
        same = not self._written(since, at, rows.storage) and not self._written(since, at, picks.index.storage)
        if sums is not None and used is not None and same:
            return [], sums, used
        sums = self._memory((picks.rows, width), rows.dtype, f"{_stem(entry)}_sums")
        used = self._memory((picks.rows, 1), _BOOL, "used")
        used = Access(used.storage, _BOOL, 0, (1, 0))
        self.sums[key] = at, sums, used
        one = Access(used.storage, _BOOL, 0, (1,))
        mark = picks.of(used.storage, _BOOL, 1)
        picked = mark.with_strides(lambda strides: strides[:1])
        loops = [
            ((picks.rows,), one, Expr("number", _BOOL, False), None),
            ((picks.picks,), picked, Expr("number", _BOOL, True), None),
            ((picks.rows, width), sums, Expr("number", sums.dtype, 0.0), None),
            ((picks.picks, width), picks.of(sums.storage, sums.dtype, width), Expr("load", rows.dtype, rows), "add"),
        ]
        return [Loop(dims, [Store(target, value, how, entry)]) for dims, target, value, how in loops], sums, used

    def _memory(self, shape: tuple[int, int], dtype: np.dtype[Any], name: str) -> Access:
        """A new temporary memory, row by row."""
        self.made.append(temporary(self.first + len(self.made), prod(shape) * dtype.itemsize, name))
        return Access(self.made[-1], dtype, 0, (shape[1], 1))

    # ------------------------------------------------------------------------------------------------------------------- what holds
    def _own(self, storage: Storage, at: int) -> bool:
        """Whether a memory is a temporary one that this statement alone writes."""
        return storage.kind == "temporary" and storage.number not in self.kept and self.writers.get(storage.number) == [at]

    def _written(self, since: int, until: int, storage: Storage) -> bool:
        return any(since < i < until for i in self.writers.get(storage.number, ()))


def _turned(matrix: Access) -> Access:
    return matrix.with_strides(lambda strides: strides[::-1])


def _stem(entry: Entry) -> str:
    return entry.op.split(",")[0] or "product"


def _where(used: Access, value: Expr) -> Expr:
    """The value of rows that are used, and 0 for the others: nan times 0 would be nan."""
    return Expr("where", value.dtype, Expr("load", _BOOL, used), value, Expr("number", value.dtype, 0.0))


def _picks(access: Access, dims: Dims) -> _Picks | None:
    """The rows that an access picks, over a box whose last dimension is the columns; None where it does something else."""
    if len(access.via) != 1 or len(dims) < 2 or any(access.strides[:-1]):
        return None
    index, step, rows = access.via[0]
    if index.via or index.strides[-1] or rows * _FEWER > prod(dims[:-1]):
        return None
    stride = index.strides[-2]
    if not row_by_row(dims[:-1], index.strides[:-1], stride):
        return None
    flat = Access(index.storage, index.dtype, index.offset, (stride,))
    return _Picks(prod(dims[:-1]), dims[-1], flat, rows, step)


def _dense(access: Access, dims: Dims) -> bool:
    """Whether an access covers its whole memory, row by row."""
    covers = not access.offset and access.storage.size == prod(dims) * access.dtype.itemsize
    return covers and row_by_row(dims, access.strides, 1)


__all__ = ["Gathers"]
