"""Loops that do the same to other memories become one function: an optimizer's to each parameter, an activation's in each layer."""

from __future__ import annotations

from typing import Any

from ..loops import Access, Expr, Loop, Statement
from ..scalar import SCALAR
from ..step_list import Storage, temporary

_LEAST = 2  # loops that are worth a function


class Alike:
    """Loops over one dimension that differ in their memories and lengths alone.

    loops: these loops. name: of the function. rates: the numbers that it takes. model: one over memories of its own, called after
    what they stand for. places: of each loop, where the memories of the model lie in it. written: the numbers of those of the
    model's memories that are written.
    """

    def __init__(self, loops: list[Loop], places: list[list[Access]], names: dict[int, str], free: int) -> None:
        self.loops, self.places = loops, places
        self.memories = [_stand_in(free + i, list(column), names) for i, column in enumerate(zip(*places, strict=True))]
        number = {_place(a): i for i, a in enumerate(places[0])}

        def changed(a: Access) -> Access:
            known = number.get(_place(a))
            if known is None:
                return a  # in a register
            return Access(self.memories[known], a.dtype, 0, (1,) if a.strides in ((), (1,)) else (0,))

        def load(part: Expr) -> Expr | None:
            return Expr("load", part.dtype, changed(part.args[0])) if part.op == "load" else None

        first = loops[0]
        self.model = Loop((1,), [s.moved(changed(s.target), s.value.mapped(load)) for s in first.stores])
        self.written = {s.target.storage.number for s in self.model.stores}
        self.name = ""  # of the function, once there is one
        self.rates: list[str] = []


def alike(statements: list[Statement], gone: set[int], names: dict[int, str], free: int) -> list[Alike]:
    """The loops among statements that one function can stand for. gone: memories that are registers. free: an unused number."""
    groups: dict[Any, tuple[list[Loop], list[list[Access]]]] = {}
    for s in statements:
        if isinstance(s, Loop) and len(s.dims) < 2 and not s.ordered and not any(store.reduce for store in s.stores):
            places: list[Access] = []
            key = _structure(s, gone, places)
            if key is not None:
                loops, found = groups.setdefault(key, ([], []))
                loops.append(s)
                found.append(places)
    made: list[Alike] = []
    for loops, found in groups.values():
        if len(loops) >= _LEAST and len(loops[0].stores) > 1:
            made.append(Alike(loops, found, names, free))
            free += len(found[0])
    return made


def _structure(loop: Loop, gone: set[int], places: list[Access]) -> Any:
    """What loops have in common that are alike; None for a loop of another form. places: the places that it uses, in order."""
    numbers: dict[Any, int] = {}
    fits = True

    def place(a: Access) -> Any:
        nonlocal fits
        if a.storage.number in gone:
            return "register"
        fits = fits and not a.via and not a.step and a.strides in ((), (1,), (0,))
        if _place(a) not in numbers:
            numbers[_place(a)] = len(places)
            places.append(a)
        return (numbers[_place(a)], a.dtype.str, a.strides == (0,))

    def shape(e: Expr) -> Any:
        if e.op == "load":
            return ("load", place(e.args[0]))
        return (e.op, e.dtype.str, *[shape(a) if isinstance(a, Expr) else repr(a) for a in _told(e)])

    parts = []
    for s in loop.stores:
        title = (s.entry.op, s.entry.phase) if s.entry is not None else None
        parts.append((title, shape(s.value), place(s.target), s.target.dtype.str, s.dead, s.register))
    return tuple(parts) if fits else None


def _told(e: Expr) -> tuple[Any, ...]:
    """An expression's arguments, but for a register's memory."""
    return e.args[:1] if e.op == "local" else e.args


def needed_once(loop: Loop, gone: set[int]) -> set[int]:
    """The stores of a loop into registers that one later store needs once, with nothing between them that changes the value."""
    stores = loop.stores
    made: dict[int, list[int]] = {}
    uses: dict[int, list[int]] = {}
    for i, s in enumerate(stores):
        made.setdefault(s.register, []).append(i)
        for p in s.value.walk():
            for at, a in enumerate(p.args):
                if isinstance(a, Expr) and a.op == "local":
                    times = SCALAR[p.op].count(f"{{{at}}}") if p.op in SCALAR else 1
                    uses.setdefault(a.args[0], []).extend([i] * times)
        if s.value.op == "local":
            uses.setdefault(s.value.args[0], []).append(i)
    found: set[int] = set()
    ends: dict[int, int] = {}
    for i in range(len(stores) - 1, -1, -1):
        s = stores[i]
        used = uses.get(s.register, [])
        single = s.register >= 0 and made[s.register] == [i] and len(used) == 1 and s.target.dtype.kind in "fb"
        if not single or s.reduce or s.dead or s.target.storage.number not in gone:
            continue
        end = ends.get(used[0], used[0])  # where the value is computed, if it is a part of another that moves on, too
        read = {a.storage.number for a in s.reads()}
        registers = {p.args[0] for p in s.value.walk() if p.op == "local"}
        if not any(x.target.storage.number in read or x.register in registers for x in stores[i:end]):
            found.add(i)
            ends[i] = end
    return found


def _place(a: Access) -> Any:
    return (a.storage.number, a.offset, a.dtype.str)


def _stand_in(number: int, column: list[Access], names: dict[int, str]) -> Storage:
    """A memory of a function, called after those that it stands for."""
    called = {names[a.storage.number] for a in column}
    if len(called) == 1:
        name = called.pop()
    elif all(n.startswith("d_") for n in called):
        name = "gradient"
    else:
        name = "parameter" if all(a.storage.kind == "persistent" for a in column) else "value"
    return temporary(number, 0, name)


__all__ = ["Alike", "alike", "needed_once"]
