"""Copies that need not be made: a memory that is copied as a whole is computed at the place of its copy."""

from __future__ import annotations

from math import prod

from .loops import Access, Callback, Loop, Statement, changed
from .step_list import Storage


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
