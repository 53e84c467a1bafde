"""Loops over several parts at once become a loop per part, where others compute or need the parts one by one.

The four gates of an LSTM are columns of one matrix, as are the parts of a concatenation. What is computed for all columns at once
can only be joined with what each gate is used for when it is divided as well.
"""

from __future__ import annotations

from math import prod

from .loops import Access, Dims, Loop, Repeat, Statement, changed, flat

_MOST = 8  # parts of a loop
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
            found += [_part(s, *cut, k) for k in range(s.dims[cut[0]] // cut[1])]
    same = len(found) == len(statements) and all(x is y for x, y in zip(found, statements, strict=True))
    return statements if same else found


def _blocks(statements: list[Statement]) -> dict[int, list[tuple[Dims, Access]]]:
    """Of each temporary memory: the boxes in which loops use it, and where."""
    found: dict[int, list[tuple[Dims, Access]]] = {}
    for s, _ in flat(statements):
        if isinstance(s, Loop) and prod(s.dims) >= _WORTH:
            for a in _places(s):
                if a.storage.kind == "temporary" and not a.via:
                    found.setdefault(a.storage.number, []).append((s.dims, a))
    return found


def _places(loop: Loop) -> list[Access]:
    parts = [p.args[0] for s in loop.stores for p in s.value.walk() if p.op == "load"]
    return [s.target for s in loop.stores] + parts


def _cut(loop: Loop, blocks: dict[int, list[tuple[Dims, Access]]]) -> tuple[int, int] | None:
    """The dimension in which a loop is to be divided, and the length of a part."""
    if len(loop.dims) < 2 or prod(loop.dims) < _WORTH or any(s.reduce for s in loop.stores):
        return None
    for mine in _places(loop):
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
    if part < 16 or whole % part or whole // part > _MOST or not step:
        return None
    return d if (other.offset - mine.offset) % (part * step) == 0 else None


def _part(loop: Loop, d: int, length: int, number: int) -> Loop:
    """One of the loops that a loop becomes."""
    dims = (*loop.dims[:d], length, *loop.dims[d + 1 :])

    def moved(a: Access) -> Access:
        return Access(a.storage, a.dtype, a.offset + number * length * a.strides[d], a.strides, a.via, a.step, a.turns)

    made = changed(loop, moved)
    assert isinstance(made, Loop)
    return Loop(dims, made.stores)
