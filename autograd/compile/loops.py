"""The statements that a list is lowered to: loops over elements, products of matrices, convolutions, and calls back into NumPy.

A ``Loop`` runs over a box of indices and stores expressions. Each ``Access`` says where in a memory an index is found: offset and
a stride per dimension of the box, in elements. A store with ``reduce`` adds its values up, or takes their maximum, ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, KeysView
from math import prod
from typing import Any

import numpy as np

from .step_list import Entry, Ref, Storage, refs_in

Dims = tuple[int, ...]


class Access:
    """The element of a memory that belongs to an index. via: (Access of integers, stride, length) for each gathered dimension.

    step: how far it moves on with each turn of a ``Repeat``, in elements. turns: how many turns there are.
    """

    __slots__ = ("dtype", "offset", "step", "storage", "strides", "turns", "via")

    def __init__(
        self, storage: Storage, dtype: np.dtype[Any], offset: int, strides: Dims, via: tuple[Any, ...] = (), step: int = 0,
        turns: int = 1,
    ) -> None:  # fmt: skip
        self.storage = storage
        self.dtype = dtype
        self.offset = offset
        self.strides = strides
        self.via = via
        self.step = step
        self.turns = turns

    def with_strides(self, change: Callable[[Dims], Dims]) -> Access:
        """The same over other dimensions of the box."""
        via = tuple([(a.with_strides(change), stride, length) for a, stride, length in self.via])
        return Access(self.storage, self.dtype, self.offset, change(self.strides), via, self.step, self.turns)

    def changed(self, change: Callable[[Access], Access]) -> Access:
        """What a function makes of it, and of the indices in it before."""
        via = tuple([(a.changed(change), stride, length) for a, stride, length in self.via])
        return change(Access(self.storage, self.dtype, self.offset, self.strides, via, self.step, self.turns))

    def later(self) -> Access:
        """The access of the next turn."""
        return self.changed(lambda a: Access(a.storage, a.dtype, a.offset + a.step, a.strides, a.via, a.step, a.turns))

    def of_all_turns(self) -> Access:
        """The access with the turns as its first dimension."""
        return self.changed(lambda a: Access(a.storage, a.dtype, a.offset, (a.step, *a.strides), a.via))

    def same(self, other: Access) -> bool:
        """Whether it is the same element for every index."""
        return (
            self.storage is other.storage and self.dtype == other.dtype and self.offset == other.offset
            and self.strides == other.strides and self.step == other.step and not self.via and not other.via
        )  # fmt: skip

    def extent(self, dims: Dims) -> tuple[int, int]:
        """The first byte and the one after the last that are touched; all of the memory where an index comes from an array."""
        if self.via:
            return (0, self.storage.size)
        low = high = self.offset
        for n, s in zip(dims, self.strides, strict=True):
            low += min(0, (n - 1) * s)
            high += max(0, (n - 1) * s)
        return (low * self.dtype.itemsize, (high + 1) * self.dtype.itemsize)


class Expr:
    """An expression: ``op`` of ``args``. "load" has an Access, "number" a value, "option" a number's index, "local" a register and
    the number of the memory whose element it holds."""

    __slots__ = ("args", "dtype", "op")

    def __init__(self, op: str, dtype: np.dtype[Any], *args: Any) -> None:
        self.op = op
        self.dtype = dtype
        self.args = args

    def walk(self) -> Iterator[Expr]:
        yield self
        for arg in self.args:
            if isinstance(arg, Expr):
                yield from arg.walk()

    def mapped(self, change: Callable[[Expr], Expr | None]) -> Expr:
        """The expression with parts replaced where ``change`` gives another, from the outside in."""
        found = change(self)
        if found is not None:
            return found
        return Expr(self.op, self.dtype, *[a.mapped(change) if isinstance(a, Expr) else a for a in self.args])


class Store:
    """``target = value``, or with reduce ("add", "multiply", "maximum", "minimum") ``target op= value``.

    start: the value at which the reduction starts; None: the value in the target. dead: the same loop stores there again.
    register: the number, in its loop, of the register that holds what is stored; -1 for none.
    """

    __slots__ = ("dead", "entry", "reduce", "register", "start", "target", "value")

    def __init__(self, target: Access, value: Expr, reduce: str | None, entry: Entry | None) -> None:
        self.target = target
        self.value = value
        self.reduce = reduce
        self.entry = entry
        self.start: Any = None
        self.dead = False
        self.register = -1

    def moved(self, target: Access, value: Expr) -> Store:
        """The same store with another target and value."""
        store = Store(target, value, self.reduce, self.entry)
        store.start, store.dead, store.register = self.start, self.dead, self.register
        return store

    def reads(self) -> Iterator[Access]:
        for part in self.value.walk():
            if part.op == "load":
                yield part.args[0]
                yield from _indices(part.args[0])
        yield from _indices(self.target)
        if self.reduce and self.start is None:
            yield self.target


def _indices(access: Access) -> Iterator[Access]:
    for index, _, _ in access.via:
        yield index
        yield from _indices(index)


class Loop:
    """Stores for every index of a box, in any order of indices."""

    def __init__(self, dims: Dims, stores: list[Store]) -> None:
        self.dims = dims
        self.stores = stores

    def reads(self) -> Iterator[tuple[Access, Dims]]:
        for store in self.stores:
            for access in store.reads():
                yield access, self.dims

    def writes(self) -> Iterator[tuple[Access, Dims]]:
        for store in self.stores:
            yield store.target, self.dims

    @property
    def ordered(self) -> bool:
        """Whether two indices may write the same element, so that the order matters."""
        return any(store.target.via for store in self.stores)

    def over(self, dims: Dims, change: Callable[[Dims], Dims]) -> Loop:
        """The loop over another box. ``change`` gives the new strides for old ones."""

        def moved(part: Expr) -> Expr | None:
            return Expr("load", part.dtype, part.args[0].with_strides(change)) if part.op == "load" else None

        stores = [s.moved(s.target.with_strides(change), s.value.mapped(moved)) for s in self.stores]
        return Loop(dims, stores)


class Product:
    """``c = a @ b`` for each index of a box of batches: matrices with strides, in elements.

    size: (m, n, k). a, b, c: accesses over the dimensions (batch..., rows, columns).
    """

    def __init__(self, batch: Dims, size: tuple[int, int, int], a: Access, b: Access, c: Access, entry: Entry) -> None:
        self.batch = batch
        self.size = size
        self.a, self.b, self.c = a, b, c
        self.entry = entry

    def reads(self) -> Iterator[tuple[Access, Dims]]:
        m, n, k = self.size
        yield self.a, (*self.batch, m, k)
        yield self.b, (*self.batch, k, n)

    def writes(self) -> Iterator[tuple[Access, Dims]]:
        m, n, _ = self.size
        yield self.c, (*self.batch, m, n)


class Convolution:
    """A convolution ("forward"), or its adjoint in the input ("input") or in the weight ("weight"), of a batch of images.

    x: the images. w: the weight. y: the results; all lie row by row without gaps. geometry: sizes, strides and the like, in two
    dimensions. The target is y, x or w.
    """

    def __init__(self, kind: str, batch: int, geometry: tuple[int, ...], x: Access, w: Access, y: Access, entry: Entry) -> None:
        self.kind = kind
        self.batch = batch
        self.geometry = geometry
        self.x, self.w, self.y = x, w, y
        self.entry = entry

    def sizes(self) -> tuple[int, int, int, int]:
        """Groups, channels and outputs of each, and taps of the kernel."""
        channels, outputs, groups, _, _, kh, kw, *_ = self.geometry
        return groups, channels // groups, outputs // groups, kh * kw

    def _parts(self) -> Iterator[tuple[str, Access, Dims]]:
        channels, outputs, groups, h, w, kh, kw, oh, ow, *_ = self.geometry
        yield "input", self.x, (self.batch * channels * h * w,)
        yield "weight", self.w, (outputs * (channels // groups) * kh * kw,)
        yield "forward", self.y, (self.batch * outputs * oh * ow,)

    def reads(self) -> Iterator[tuple[Access, Dims]]:
        return ((access, dims) for kind, access, dims in self._parts() if kind != self.kind)

    def writes(self) -> Iterator[tuple[Access, Dims]]:
        return ((access, dims) for kind, access, dims in self._parts() if kind == self.kind)


class Callback:
    """An entry that NumPy computes, between two pieces of C. reason: why."""

    def __init__(self, entry: Entry, reason: str) -> None:
        self.entry = entry
        self.reason = reason

    def _accesses(self, refs: Any) -> Iterator[tuple[Access, Dims]]:
        for ref in refs:
            low, high = ref.extent()
            yield Access(ref.storage, np.dtype(np.uint8), low, (1,)), (max(high - low, 1),)

    def reads(self) -> Iterator[tuple[Access, Dims]]:
        yield from self._accesses(self.entry.inputs())

    def writes(self) -> Iterator[tuple[Access, Dims]]:
        yield from self._accesses([*self.entry.outs, *written_arguments(self.entry)])


class Guard:
    """A decision by a value. If a later call would decide otherwise, the step ends there, and the function runs eagerly."""

    def __init__(self, access: Access, answer: bool, entry: Entry) -> None:
        self.access = access
        self.answer = answer
        self.entry = entry

    def reads(self) -> Iterator[tuple[Access, Dims]]:
        yield self.access, ()

    def writes(self) -> Iterator[tuple[Access, Dims]]:
        return iter(())


class Repeat:
    """Statements that run several times, in order: with each turn their accesses move on by their steps."""

    def __init__(self, turns: int, body: list[Statement]) -> None:
        self.turns = turns
        self.body = body

    def reads(self) -> Iterator[tuple[Access, Dims]]:
        return ((access.of_all_turns(), (self.turns, *dims)) for s in self.body for access, dims in s.reads())

    def writes(self) -> Iterator[tuple[Access, Dims]]:
        return ((access.of_all_turns(), (self.turns, *dims)) for s in self.body for access, dims in s.writes())


Statement = Loop | Product | Convolution | Callback | Guard | Repeat


def flat(statements: list[Statement]) -> Iterator[tuple[Statement, int]]:
    """All statements, also those that are repeated, with how many times each runs."""
    for statement in statements:
        if isinstance(statement, Repeat):
            yield from ((s, statement.turns * times) for s, times in flat(statement.body))
        else:
            yield statement, 1


def changed(statement: Statement, change: Callable[[Access], Access]) -> Statement:
    """The statement with other accesses, the indices in them included."""

    def moved(part: Expr) -> Expr | None:
        return Expr("load", part.dtype, part.args[0].changed(change)) if part.op == "load" else None

    if isinstance(statement, Loop):
        return Loop(statement.dims, [s.moved(s.target.changed(change), s.value.mapped(moved)) for s in statement.stores])
    if isinstance(statement, Product):
        a, b, c = (x.changed(change) for x in (statement.a, statement.b, statement.c))
        return Product(statement.batch, statement.size, a, b, c, statement.entry)
    if isinstance(statement, Convolution):
        x, w, y = (x.changed(change) for x in (statement.x, statement.w, statement.y))
        return Convolution(statement.kind, statement.batch, statement.geometry, x, w, y, statement.entry)
    if isinstance(statement, Guard):
        return Guard(statement.access.changed(change), statement.answer, statement.entry)
    if isinstance(statement, Repeat):
        return Repeat(statement.turns, [changed(s, change) for s in statement.body])
    return statement


def touched(statement: Statement) -> KeysView[Storage]:
    """The memories that a statement reads or writes, in order."""
    return dict.fromkeys([access.storage for access, _ in (*statement.reads(), *statement.writes())]).keys()


def written_arguments(entry: Entry) -> list[Ref]:
    """The places among an entry's arguments that it writes to."""
    out = entry.kwargs.get("out")
    found = [ref for ref in (out if isinstance(out, tuple) else (out,)) if isinstance(ref, Ref)]
    mutates = entry.kind in ("write", "put") or (entry.kind == "ufunc" and entry.function[1] == "at")
    mutates = mutates or entry.name() in ("copyto", "put_along_axis", "put", "place", "putmask", "fill_diagonal")
    if mutates and isinstance(entry.args[0], Ref):
        found.append(entry.args[0])
    if getattr(entry.function, "writes_first", False):
        found += refs_in(entry.args[0])
    return found


def conflict(one: Statement, other: Statement) -> bool:
    """Whether the order of two statements matters."""
    return any(
        overlap(a, d, b, e)
        for first, second in ((one.writes, other.reads), (one.reads, other.writes), (one.writes, other.writes))
        for a, d in first()
        for b, e in second()
    )


def overlap(a: Access, a_dims: Dims, b: Access, b_dims: Dims) -> bool:
    """Whether two accesses may touch the same byte."""
    if a.storage is not b.storage or 0 in a_dims or 0 in b_dims:
        return False
    if a.step != b.step:  # they move on at different speeds: all turns of one against all turns of the other
        a, a_dims, b, b_dims = a.of_all_turns(), (a.turns, *a_dims), b.of_all_turns(), (b.turns, *b_dims)
    (low, high), (first, last) = a.extent(a_dims), b.extent(b_dims)
    if not (low < last and first < high):
        return False
    if a_dims != b_dims or a.strides != b.strides or a.dtype != b.dtype or a.via or b.via:
        return True
    steps = sorted([(abs(s), n) for s, n in zip(a.strides, a_dims, strict=True) if s and n > 1], reverse=True)
    return _meet(abs(a.offset - b.offset), steps)


def _meet(apart: int, steps: list[tuple[int, int]]) -> bool:
    """Whether two places with the same strides share an element: apart = the sum of t s for some t between 1 - n and n - 1.

    steps: (s, n) of each dimension, the largest s first.
    """
    if not steps:
        return apart == 0
    (s, n), rest = steps[0], steps[1:]
    reach = sum((m - 1) * r for r, m in rest)
    low, high = max(1 - n, -((reach - apart) // s)), min(n - 1, (reach + apart) // s)
    return high - low > 8 or any(_meet(abs(apart - t * s), rest) for t in range(low, high + 1))


# ------------------------------------------------------------------------------------------------------------ shapes of boxes


def collapsed(loop: Loop) -> Loop:
    """The loop with dimensions of one left out, and neighbours joined where every access allows it."""
    keep = [i for i, n in enumerate(loop.dims) if n != 1]
    if len(keep) < len(loop.dims):
        loop = loop.over(tuple([loop.dims[i] for i in keep]), lambda s: tuple([s[i] for i in keep]))
    i = len(loop.dims) - 2
    while i >= 0:
        n = loop.dims[i + 1]
        accesses = [a for a, _ in (*loop.reads(), *loop.writes())]
        if all(a.strides[i] == a.strides[i + 1] * n for a in accesses) and _reduce_alike(loop, i):
            dims = (*loop.dims[:i], loop.dims[i] * n, *loop.dims[i + 2 :])
            loop = loop.over(dims, lambda s, i=i: (*s[:i], s[i + 1], *s[i + 2 :]))  # type: ignore[misc]
        i -= 1
    return loop


def _reduce_alike(loop: Loop, i: int) -> bool:
    """Whether every store sums over both of two neighbouring dimensions, or over neither."""
    return all((s.target.strides[i] == 0) == (s.target.strides[i + 1] == 0) for s in loop.stores if s.reduce)


def refined(first: Dims, second: Dims) -> Dims | None:
    """The coarsest box that both boxes of the same size are cuts of, in row-major order; None where there is none."""
    if prod(first) != prod(second):
        return None
    found: list[int] = []
    a, b = list(reversed(first)), list(reversed(second))
    i = j = 0
    x, y = (a[0] if a else 1), (b[0] if b else 1)
    while i < len(a) and j < len(b):
        if x == y:
            found.append(x)
            i, j = i + 1, j + 1
            x, y = (a[i] if i < len(a) else 1), (b[j] if j < len(b) else 1)
        elif x < y:
            if x == 0 or y % x:
                return None
            found.append(x)
            y //= x
            i += 1
            x = a[i] if i < len(a) else 1
        else:
            if y == 0 or x % y:
                return None
            found.append(y)
            x //= y
            j += 1
            y = b[j] if j < len(b) else 1
    return tuple(reversed(found)) if prod(found) == prod(first) else None


def cut(loop: Loop, dims: Dims) -> Loop:
    """The loop over a finer box."""
    if loop.dims == dims:
        return loop
    groups: list[list[int]] = []
    rest = list(dims)
    for n in loop.dims:
        group: list[int] = []
        size = 1
        while size < n or (rest and rest[0] == 1):
            group.append(rest.pop(0))
            size *= group[-1]
        groups.append(group)

    def change(strides: Dims) -> Dims:
        found: list[int] = []
        for s, group in zip(strides, groups, strict=True):
            inner = prod(group)
            for n in group:
                inner //= n
                found.append(s * inner)
        return tuple(found)

    return loop.over(dims, change)


def ordered(loop: Loop) -> Loop:
    """The loop with the dimensions in the order of memory: the one with the smallest steps innermost.

    A loop with a sum that starts in a register has its order: in another one the register would be set anew within the sum.
    """
    if len(loop.dims) < 2 or any(s.start is not None for s in loop.stores):
        return loop
    accesses = [p.args[0] for s in loop.stores for p in s.value.walk() if p.op == "load"]
    accesses += [s.target for s in loop.stores for _ in range(1 if s.reduce else 2)]

    def steps(d: int) -> tuple[int, int]:
        total = sum(min(abs(a.strides[d]), 64) for a in accesses)
        return (-total, d)

    order = sorted(range(len(loop.dims)), key=steps)
    return loop.over(tuple([loop.dims[d] for d in order]), lambda s: tuple([s[d] for d in order]))


def summed_inside(loop: Loop) -> int:
    """From which dimension on every reduction of a loop sums; the number of dimensions where there is none."""
    reduces = [s for s in loop.stores if s.reduce]
    first = len(loop.dims)
    while reduces and first > 0 and all(s.target.strides[first - 1] == 0 and not s.target.via for s in reduces):
        first -= 1
    return first
