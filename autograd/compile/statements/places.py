"""The base of lowering: places in memories, operands as expressions, stores as loops."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..loops import Access, Expr, Loop, Statement, Store, overlap
from ..scalar import ARITHMETIC, FLOATING, SCALAR, supported
from ..step_list import Entry, Number, Program, Ref, Storage, temporary

BOOL = np.dtype(bool)


class UnsupportedError(Exception):
    """A call that has no C. The message is the reason."""


class Places:
    """The statements made so far. options: the numbers that are read anew, in the order of the C function's parameters."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.statements: list[Statement] = []
        self.options: list[Number] = []
        self._option_numbers: dict[str, int] = {}
        self.extra: list[Storage] = []

    # ----------------------------------------------------------------------------------------------------------------- places
    def access(self, ref: Ref, shape: tuple[int, ...] | None = None) -> Access:
        """An access to a ref's elements, broadcast to a box of this shape."""
        item = ref.dtype.itemsize
        if ref.dtype.str[1:] not in supported or not ref.dtype.isnative:
            raise UnsupportedError(f"{ref.dtype} has no C type here")
        if ref.offset % item or any(s % item for s, n in zip(ref.strides, ref.shape, strict=True) if n > 1):
            raise UnsupportedError("an array that is not aligned to its elements")
        strides = [s // item if n > 1 else 0 for s, n in zip(ref.strides, ref.shape, strict=True)]
        if shape is not None:
            lead = len(shape) - len(ref.shape)
            if lead < 0:
                strides = strides[-lead:]
                lead = 0
            own = ref.shape[len(ref.shape) - len(strides) :]
            strides = [0] * lead + [s if n == m else 0 for s, n, m in zip(strides, own, shape[lead:], strict=True)]
        return Access(ref.storage, ref.dtype, ref.offset // item, tuple(strides))

    def temporary(self, shape: tuple[int, ...], dtype: np.dtype[Any], entry: Entry) -> Ref:
        """A new temporary memory."""
        number = len(self.program.storages) + len(self.extra)
        self.extra.append(temporary(number, prod(shape) * dtype.itemsize, f"s{number}"))
        return rows(Ref(self.extra[-1], 0, (), (), dtype), shape)

    def constant(self, array: np.ndarray) -> Ref:
        """An access to an array that the list itself holds."""
        number = len(self.program.storages) + len(self.extra)
        storage = Storage(number, "constant", np.ascontiguousarray(array), f"c{number}")
        self.extra.append(storage)
        return Ref(storage, 0, array.shape, storage.array.strides, array.dtype)

    def value(self, operand: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Expr:
        """An operand as an expression of this dtype, over a box."""
        if isinstance(operand, Ref):
            constant = self.known(operand)
            if constant is not None:
                return cast(Expr("number", operand.dtype, constant), dtype)
            return cast(Expr("load", operand.dtype, self.access(operand, shape)), dtype)
        if isinstance(operand, Number):
            return Expr("option", dtype, self.option(operand))
        if isinstance(operand, int | float | np.generic) and not isinstance(operand, complex | np.complexfloating):
            return Expr("number", dtype, dtype.type(operand).item() if dtype.kind != "b" else bool(operand))
        raise UnsupportedError(f"an operand of type {type(operand).__name__}")

    def known(self, ref: Ref) -> Any:
        """The value of an array that is the same everywhere and never written, or None."""
        storage = ref.storage
        if storage.kind != "constant" or storage.written or not storage.array.size:
            return None
        first = storage.array.flat[0]
        same = storage.array.size <= 1 << 22 and bool((storage.array == first).all())
        return first.item() if same and storage.array.dtype == ref.dtype else None

    def option(self, number: Number) -> int:
        """The position of a number among the parameters."""
        text = (
            number.name() + f"@{id(getattr(number, 'place', None))}" if getattr(number, "apply", None) is None else _unique(number)
        )
        if text not in self._option_numbers:
            self._option_numbers[text] = len(self.options)
            self.options.append(number)
        return self._option_numbers[text]

    def store(self, ref: Ref, value: Expr, entry: Entry, reduce: str | None = None) -> None:
        """``ref = value`` over the ref's own shape."""
        self.loop(ref.shape, self.access(ref), value, entry, reduce)

    def loop(self, dims: tuple[int, ...], target: Access, value: Expr, entry: Entry, reduce: str | None = None) -> None:
        if 0 in dims:
            return
        self.statements.append(Loop(dims, [Store(target, cast(value, target.dtype), reduce, entry)]))

    def only_out(self, entry: Entry) -> Ref:
        if entry.outs:
            return entry.outs[0]
        out = entry.kwargs["out"]
        return out[0] if isinstance(out, tuple) else out

    def assign(self, entry: Entry, out: Ref, value: Expr, operands: Any) -> None:
        """Store a value. If an operand overlaps the target, and not element by element, a temporary memory comes between."""
        if out.shape != () and any(
            isinstance(a, Ref) and a.storage is out.storage and a.key() != out.key()
            and overlap(self.access(a), a.shape, self.access(out), out.shape) for a in operands
        ):  # fmt: skip
            held = self.temporary(out.shape, out.dtype, entry)
            self.store(held, value, entry)
            value = Expr("load", out.dtype, self.access(held))
        self.store(out, value, entry)

    def write(self, entry: Entry, target: Ref, value: Any) -> None:
        self.assign(entry, target, self.value(value, target.shape, target.dtype), [value])

    def flat(self, ref: Ref) -> Ref:
        if not ref.contiguous():
            raise UnsupportedError("an array that is not contiguous, taken as flat")
        return rows(ref, (ref.size,))


def rows(ref: Ref, shape: tuple[int, ...]) -> Ref:
    """A place of this shape where a ref begins, row by row without gaps."""
    strides = tuple([ref.dtype.itemsize * prod(shape[i + 1 :]) for i in range(len(shape))])
    return Ref(ref.storage, ref.offset, shape, strides, ref.dtype)


def along(ref: Ref, d: int, begin: int, end: int) -> Ref:
    """The part of a place between two indices of a dimension."""
    shape = (*ref.shape[:d], end - begin, *ref.shape[d + 1 :])
    return Ref(ref.storage, ref.offset + begin * ref.strides[d], shape, ref.strides, ref.dtype)


def at_index(ref: Ref, d: int, i: int) -> Ref:
    """The part of a place at an index of a dimension, which it no longer has."""
    shape, strides = ([*sizes[:d], *sizes[d + 1 :]] for sizes in (ref.shape, ref.strides))
    return Ref(ref.storage, ref.offset + i * ref.strides[d], tuple(shape), tuple(strides), ref.dtype)


def _unique(number: Any) -> str:
    parts = [_unique(p) if isinstance(p, Number) else repr(p) for p in getattr(number, "parts", ())]
    return f"{number.symbol}@{id(number.place) if number.apply is None else ''}({','.join(parts)})"


def weak(operand: Any) -> Any:
    """An operand's dtype, or the Python type of a number: the two that NumPy's promotion distinguishes."""
    if isinstance(operand, Ref):
        return operand.dtype
    if isinstance(operand, np.generic):
        return operand.dtype
    if isinstance(operand, Number):
        return int if isinstance(operand.now(), int) else float
    if isinstance(operand, bool):
        return BOOL
    if isinstance(operand, int):
        return int
    if isinstance(operand, float):
        return float
    raise UnsupportedError(f"an operand of type {type(operand).__name__}")


def cast(value: Expr, dtype: np.dtype[Any]) -> Expr:
    """A value in another dtype."""
    if value.dtype == dtype:
        return value
    if value.op == "number":
        return Expr("number", dtype, bool(value.args[0]) if dtype.kind == "b" else dtype.type(value.args[0]).item())
    if value.op == "option":
        return Expr("option", dtype, *value.args)
    return Expr("cast", dtype, value)


def call(name: str, dtype: np.dtype[Any], *args: Expr) -> Expr:
    """A function of expressions, simplified: x + 0 and x * 1 are x."""
    if name not in SCALAR:
        raise UnsupportedError(f"{name} has no C")
    last = args[-1].dtype
    if last.kind != "f" and (name in FLOATING or (last.kind == "b" and dtype.kind == "b" and name in ARITHMETIC)):
        raise UnsupportedError(f"{name} of {last} has no C")
    if any(a.dtype.str[1:] not in supported for a in args) or dtype.str[1:] not in supported:
        raise UnsupportedError(f"{name} of {args[0].dtype} has no C")
    if name == "multiply":
        for one, other in (args, args[::-1]):
            if one.op == "number" and one.args[0] == 1 and other.dtype == dtype:
                return other
    if name == "power" and args[1].op == "number":
        found = _power(dtype, args[0], args[1].args[0])
        if found is not None:
            return found
    return Expr(name, dtype, *args)


def _power(dtype: np.dtype[Any], x: Expr, exponent: float) -> Expr | None:
    if exponent == 2:
        return Expr("square", dtype, x)
    if dtype.kind == "f" and exponent == 0.5:
        return Expr("sqrt", dtype, x)
    if dtype.kind == "f" and exponent == -1:
        return Expr("reciprocal", dtype, x)
    if exponent == 1:
        return x
    return None
