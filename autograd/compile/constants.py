"""Numbers in place of loads: where the parts of a memory are filled with numbers and never change, a load is its part's number."""

from __future__ import annotations

from math import prod

from .loops import Access, Dims, Expr, Loop, Repeat, Statement, Store, flat


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
