"""From the list to loops: each NumPy call becomes loops over elements and products, or stays a call back into NumPy.

What a NumPy function does with numbers is in ``SCALAR``, one C expression each. There is no derivative here: the calls that a rule
made are in the list like all others.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .loops import Access, Callback, Expr, Guard, Loop, Product, Statement, Store, overlap
from .scalar import ARITHMETIC, FLOATING, REDUCTIONS, SCALAR, supported
from .step_list import Entry, Number, Program, Ref, Storage

BOOL = np.dtype(bool)


class UnsupportedError(Exception):
    """There is no C for this call; the text says why."""


class Lowering:
    """Statements of a program, in order. options: the numbers that are read anew, in the order of the C function's parameters."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.statements: list[Statement] = []
        self.options: list[Number] = []
        self._option_numbers: dict[str, int] = {}
        self.extra: list[Storage] = []

    def run(self) -> list[Statement]:
        for entry in self.program.entries:
            before = len(self.statements)
            try:
                self._lower(entry)
            except UnsupportedError as reason:
                del self.statements[before:]
                self.statements.append(Callback(entry, str(reason)))
        return self.statements

    # ----------------------------------------------------------------------------------------------------------------- places
    def access(self, ref: Ref, shape: tuple[int, ...] | None = None) -> Access:
        """Where a ref's elements are, over a box of this shape against which it broadcasts."""
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
        """A memory of the lowering's own."""
        strides = tuple([dtype.itemsize * prod(shape[i + 1 :]) for i in range(len(shape))])
        number = len(self.program.storages) + len(self.extra)
        storage = Storage(number, "temporary", np.empty(0, np.uint8), f"s{number}")
        storage.size = prod(shape) * dtype.itemsize
        self.extra.append(storage)
        return Ref(storage, 0, shape, strides, dtype)

    def value(self, operand: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Expr:
        """An operand as an expression of this dtype, over a box."""
        if isinstance(operand, Ref):
            constant = self._constant(operand)
            if constant is not None:
                return cast(Expr("number", operand.dtype, constant), dtype)
            return cast(Expr("load", operand.dtype, self.access(operand, shape)), dtype)
        if isinstance(operand, Number):
            return Expr("option", dtype, self.option(operand))
        if isinstance(operand, int | float | np.generic) and not isinstance(operand, complex | np.complexfloating):
            return Expr("number", dtype, dtype.type(operand).item() if dtype.kind != "b" else bool(operand))
        raise UnsupportedError(f"an operand of type {type(operand).__name__}")

    def _constant(self, ref: Ref) -> Any:
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

    # ----------------------------------------------------------------------------------------------------------------- entries
    def _lower(self, entry: Entry) -> None:
        kind = entry.kind
        if kind == "ufunc":
            ufunc, method = entry.function
            if ufunc is np.matmul and method == "__call__":
                return self._matmul(entry, entry.args[0], entry.args[1], self._only_out(entry))
            if method == "__call__":
                return self._ufunc(entry, ufunc)
            if method == "reduce":
                axis = entry.args[1] if len(entry.args) > 1 else entry.kwargs.get("axis", 0)
                keys = set(entry.kwargs) - {"axis", "keepdims", "out"}
                if keys and any(entry.kwargs[k] is not None for k in keys):
                    raise UnsupportedError(f"reduce with {', '.join(sorted(keys))}")
                return self._reduce(entry, ufunc.__name__, entry.args[0], axis)
            raise UnsupportedError(f"{ufunc.__name__}.{method} has no C")
        if kind == "write":
            return self._write(entry, entry.args[0], entry.args[1])
        if kind == "guard":
            ref = entry.args[0]
            self.statements.append(Guard(self.access(ref), entry.args[1], entry))
            return None
        if kind == "take":
            return self._take(entry)
        if kind in ("method", "function"):
            found = getattr(self, f"_{entry.name()}", None)
            if found is not None:
                return found(entry, *entry.args, **entry.kwargs)
        if kind == "draw":
            raise UnsupportedError("random numbers come from NumPy's generator")
        if kind == "opaque":
            raise UnsupportedError(f"{entry.op} looks at values or asks for arrays")
        raise UnsupportedError(f"{entry.name()} has no C")

    def _only_out(self, entry: Entry) -> Ref:
        if entry.outs:
            return entry.outs[0]
        out = entry.kwargs["out"]
        return out[0] if isinstance(out, tuple) else out

    def _ufunc(self, entry: Entry, ufunc: np.ufunc) -> None:
        keys = {k for k, v in entry.kwargs.items() if v is not None} - {"out", "casting"}
        if keys or ufunc.signature is not None or ufunc.nout != 1:
            raise UnsupportedError(f"{ufunc.__name__} with {', '.join(sorted(keys)) or 'several results'}")
        out = self._only_out(entry)
        self._elementwise(entry, ufunc.__name__, ufunc, entry.args, out)

    def _elementwise(self, entry: Entry, name: str, ufunc: np.ufunc, args: Any, out: Ref) -> None:
        kinds = [_weak(a) for a in args]
        try:
            *inputs, result = ufunc.resolve_dtypes((*kinds, None))
        except TypeError as error:
            raise UnsupportedError(str(error)) from None
        values = [self.value(a, out.shape, dtype) for a, dtype in zip(args, inputs, strict=True)]
        self._assign(entry, out, call(name, result, *values), args)

    def _assign(self, entry: Entry, out: Ref, value: Expr, operands: Any) -> None:
        """Store, by way of a memory of its own where an operand overlaps the target otherwise than element by element."""
        if out.shape != () and any(
            isinstance(a, Ref) and a.storage is out.storage and a.key() != out.key()
            and overlap(self.access(a), a.shape, self.access(out), out.shape) for a in operands
        ):  # fmt: skip
            held = self.temporary(out.shape, out.dtype, entry)
            self.store(held, value, entry)
            value = Expr("load", out.dtype, self.access(held))
        self.store(out, value, entry)

    def _write(self, entry: Entry, target: Ref, value: Any) -> None:
        self._assign(entry, target, self.value(value, target.shape, target.dtype), [value])

    def _copyto(self, entry: Entry, target: Ref, value: Any) -> None:
        self._write(entry, target, value)

    def _copy(self, entry: Entry, array: Ref, *_: Any, **__: Any) -> None:
        self._write(entry, entry.outs[0], array)

    _astype = _ascontiguousarray = _copy

    def _reshape(self, entry: Entry, array: Ref, *_: Any, order: Any = "C", **__: Any) -> None:
        """A copy in another shape: the elements in the order of rows."""
        out = entry.outs[0]
        if order not in ("C", None):
            raise UnsupportedError("elements in the order of columns")
        self._flat(out)
        self._write(entry, rows(out, array.shape), array)

    def _ravel(self, entry: Entry, array: Ref, order: Any = "C") -> None:
        self._reshape(entry, array, order=order)

    _flatten = _ravel

    def _zeros_like(self, entry: Entry, *_: Any, **__: Any) -> None:
        self._write(entry, entry.outs[0], 0)

    def _ones_like(self, entry: Entry, *_: Any, **__: Any) -> None:
        self._write(entry, entry.outs[0], 1)

    def _full_like(self, entry: Entry, like: Any, value: Any, *_: Any, **__: Any) -> None:
        self._write(entry, entry.outs[0], value)

    def _empty_like(self, entry: Entry, *_: Any, **__: Any) -> None:
        return None

    def _where(self, entry: Entry, condition: Any, a: Any, b: Any) -> None:
        out = entry.outs[0]
        values = [self.value(v, out.shape, out.dtype) for v in (a, b)]
        self.store(out, call("where", out.dtype, self.value(condition, out.shape, BOOL), *values), entry)

    def _clip(self, entry: Entry, x: Any, low: Any = None, high: Any = None, out: Any = None) -> None:
        target = out if out is not None else entry.outs[0]
        value = self.value(x, target.shape, target.dtype)
        if low is not None:
            value = call("maximum", target.dtype, value, self.value(low, target.shape, target.dtype))
        if high is not None:
            value = call("minimum", target.dtype, value, self.value(high, target.shape, target.dtype))
        self._assign(entry, target, value, (x, low, high))

    def _concatenate(self, entry: Entry, parts: Any, axis: Any = 0, **more: Any) -> None:
        out = entry.outs[0] if entry.outs else more["out"]
        begin = 0
        for part in parts:
            if axis is None:
                place = rows(Ref(out.storage, out.offset + begin * out.strides[0], (), (), out.dtype), part.shape)
                self.store(place, self.value(part, part.shape, out.dtype), entry)
                begin += part.size
                continue
            d = axis % len(out.shape)
            shape = (*out.shape[:d], part.shape[d], *out.shape[d + 1 :])
            place = Ref(out.storage, out.offset + begin * out.strides[d], shape, out.strides, out.dtype)
            self.store(place, self.value(part, shape, out.dtype), entry)
            begin += part.shape[d]

    def _flat(self, ref: Ref) -> Ref:
        size, stride = ref.size, ref.dtype.itemsize
        for n, s in zip(reversed(ref.shape), reversed(ref.strides), strict=True):
            if n != 1 and s != stride:
                raise UnsupportedError("an array that is not contiguous, taken as flat")
            stride *= n
        return Ref(ref.storage, ref.offset, (size,), (ref.dtype.itemsize,), ref.dtype)

    def _stack(self, entry: Entry, parts: Any, axis: int = 0, **_: Any) -> None:
        out = entry.outs[0]
        d = axis % len(out.shape)
        for i, part in enumerate(parts):
            shape = out.shape[:d] + out.shape[d + 1 :]
            place = Ref(out.storage, out.offset + i * out.strides[d], shape, out.strides[:d] + out.strides[d + 1 :], out.dtype)
            self.store(place, self.value(part, shape, out.dtype), entry)

    # -------------------------------------------------------------------------------------------------------------- reductions
    def _reduce(self, entry: Entry, name: str, array: Any, axis: Any, divide: bool = False) -> None:
        out = self._only_out(entry)
        if name not in REDUCTIONS or not isinstance(array, Ref):
            raise UnsupportedError(f"{name}.reduce has no C")
        axes = set(range(len(array.shape))) if axis is None else {a % len(array.shape) for a in np.atleast_1d(axis).tolist()}
        kept = [i for i in range(len(array.shape)) if i not in axes]
        source = self.access(array)
        place = self.access(out)
        if len(out.shape) == len(array.shape) and len(axes) and len(kept) != len(out.shape):
            own = {i: place.strides[i] for i in kept}
        else:
            own = dict(zip(kept, place.strides, strict=True))
        strides = tuple([own.get(i, 0) for i in range(len(array.shape))])
        target = Access(out.storage, out.dtype, place.offset, strides)
        if name in ("logical_or", "logical_and"):
            value = self.value(array, array.shape, BOOL)
            name = {"logical_or": "maximum", "logical_and": "minimum"}[name]
        else:
            value = cast(Expr("load", array.dtype, source), out.dtype)
        self._summed(entry, array.shape, target, value, name, out)
        if divide:
            count = prod(array.shape[i] for i in axes)
            scaled = call("divide", out.dtype, self.value(out, out.shape, out.dtype), Expr("number", out.dtype, float(count)))
            self.store(out, scaled, entry)

    def _summed(self, entry: Entry, dims: Any, target: Access, value: Expr, name: str, out: Ref) -> None:
        """Start at the reduction's identity, then reduce."""
        if all(n == 1 or s for n, s in zip(dims, target.strides, strict=True)):
            return self.loop(dims, target, value, entry)  # each sum has one term
        identity = REDUCTIONS[name]
        if 0 in dims and identity is None:
            raise UnsupportedError("a maximum of nothing")
        start: Any = identity
        if identity is None:
            low = name == "maximum"
            if out.dtype.kind == "f":
                start = float("-inf") if low else float("inf")
            elif out.dtype.kind == "b":
                start = not low
            else:
                start = int(np.iinfo(out.dtype).min if low else np.iinfo(out.dtype).max)
        self.store(out, Expr("number", out.dtype, start), entry)
        return self.loop(dims, target, value, entry, name)

    def _sum(self, entry: Entry, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> None:
        self._reduce(entry, "add", a, axis)

    def _mean(self, entry: Entry, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> None:
        if (entry.outs or [out])[0].dtype.kind != "f":
            raise UnsupportedError("a mean of integers")
        self._reduce(entry, "add", a, axis, divide=True)

    def _max(self, entry: Entry, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> None:
        self._reduce(entry, "maximum", a, axis)

    def _min(self, entry: Entry, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> None:
        self._reduce(entry, "minimum", a, axis)

    def _prod(self, entry: Entry, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False) -> None:
        self._reduce(entry, "multiply", a, axis)

    def _any(self, entry: Entry, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> None:
        self._reduce(entry, "logical_or", a, axis)

    def _all(self, entry: Entry, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> None:
        self._reduce(entry, "logical_and", a, axis)

    _amax, _amin = _max, _min

    # ---------------------------------------------------------------------------------------------------------------- products
    def _dot(self, entry: Entry, a: Any, b: Any, out: Any = None) -> None:
        if not (isinstance(a, Ref) and isinstance(b, Ref)):
            raise UnsupportedError("dot of numbers")
        if len(b.shape) > 2 or len(a.shape) == 0 or len(b.shape) == 0:
            raise UnsupportedError("dot of stacks of matrices")
        self._matmul(entry, a, b, out if out is not None else entry.outs[0])

    def _vdot(self, entry: Entry, a: Ref, b: Ref) -> None:
        self._matmul(entry, self._flat(a), self._flat(b), entry.outs[0])

    def _inner(self, entry: Entry, a: Ref, b: Ref) -> None:
        if len(b.shape) != 1:
            raise UnsupportedError("inner of matrices")
        self._matmul(entry, a, b, entry.outs[0])

    def _outer(self, entry: Entry, a: Ref, b: Ref, out: Any = None) -> None:
        place = entry.outs[0]
        a, b = self._flat(a), self._flat(b)
        column = Ref(a.storage, a.offset, (*a.shape, 1), (*a.strides, 0), a.dtype)
        values = [self.value(v, place.shape, place.dtype) for v in (column, b)]
        self.store(place, call("multiply", place.dtype, *values), entry)

    def _matmul(self, entry: Entry, a: Any, b: Any, out: Ref) -> None:
        if not (isinstance(a, Ref) and isinstance(b, Ref)) or {k for k in entry.kwargs if k != "out"}:
            raise UnsupportedError("matmul with options")
        if out.dtype.kind != "f" or a.dtype != out.dtype or b.dtype != out.dtype:
            raise UnsupportedError(f"a product of {a.dtype} and {b.dtype}")
        row, column = len(a.shape) == 1, len(b.shape) == 1
        if row:
            a = Ref(a.storage, a.offset, (1, *a.shape), (0, *a.strides), a.dtype)
        if column:
            b = Ref(b.storage, b.offset, (*b.shape, 1), (*b.strides, 0), b.dtype)
        shape, strides = list(out.shape), list(out.strides)
        if row:
            at = len(shape) if column else len(shape) - 1
            shape.insert(at, 1)
            strides.insert(at, 0)
        if column:
            shape.append(1)
            strides.append(0)
        c = Ref(out.storage, out.offset, tuple(shape), tuple(strides), out.dtype)
        m, n, k = shape[-2], shape[-1], a.shape[-1]
        batch = tuple(shape[:-2])
        if 0 in shape:
            return
        if k == 0:
            self._write(entry, out, 0)
            return
        left, right = self.access(a, (*batch, m, k)), self.access(b, (*batch, k, n))
        place = self.access(c)
        self.product(entry, batch, (m, n, k), left, right, place, out)

    def product(self, entry: Entry, batch: Any, size: Any, a: Access, b: Access, c: Access, out: Ref) -> None:
        """A product as a kernel's call, or, where a side is one, as a loop that others can join."""
        m, n, k = size
        lead = len(batch)
        if m > 1 and n > 1 and k > 1:
            self.statements.append(Product(batch, size, a, b, c, entry))
            return

        def spread(access: Access, first: int, second: int) -> Access:
            strides = [*access.strides[:lead], 0, 0, 0]
            strides[lead + first], strides[lead + second] = access.strides[lead], access.strides[lead + 1]
            return Access(access.storage, access.dtype, access.offset, tuple(strides))

        dims = (*batch, m, k, n)  # the order in which a row of b is read along its columns
        left, right, target = spread(a, 0, 1), spread(b, 1, 2), spread(c, 0, 2)
        value = call("multiply", out.dtype, *[self._loaded(x) for x in (left, right)])
        if k == 1:
            self.loop(dims, target, value, entry)
        else:
            self._summed(entry, dims, target, value, "add", out)

    def _loaded(self, access: Access) -> Expr:
        ref = Ref(access.storage, 0, (1,), (0,), access.dtype)
        constant = self._constant(ref)
        return Expr("number", access.dtype, constant) if constant is not None else Expr("load", access.dtype, access)

    # ----------------------------------------------------------------------------------------------------------------- indices
    def _take(self, entry: Entry) -> None:
        array, index = entry.args
        parts = list(index) if isinstance(index, tuple) else [index]
        advanced = [i for i, p in enumerate(parts) if isinstance(p, Ref)]
        if any(p is None or p is Ellipsis or isinstance(p, int | np.integer | list) for p in parts) or not advanced:
            raise UnsupportedError("an index of this form")
        if any(parts[i].dtype.kind not in "iu" for i in advanced) or advanced != list(range(advanced[0], advanced[-1] + 1)):
            raise UnsupportedError("an index of this form")
        out = entry.outs[0]
        picked = np.broadcast_shapes(*[parts[i].shape for i in advanced])
        source = self.access(array)
        parts += [slice(None)] * (len(array.shape) - len(parts))
        offset, strides, at = source.offset, [], 0
        via = []
        first = advanced[0]
        for d, part in enumerate(parts):
            if isinstance(part, Ref):
                if d == first:
                    strides += [0] * len(picked)
                    at = len(strides) - len(picked)
                continue
            begin, _, step = part.indices(array.shape[d])
            offset += begin * source.strides[d]
            strides.append(source.strides[d] * step)
        for d in advanced:
            inner = self.access(parts[d], picked)
            spread = (0,) * at + inner.strides + (0,) * (len(out.shape) - at - len(picked))
            via.append((Access(inner.storage, inner.dtype, inner.offset, spread), source.strides[d], array.shape[d]))
        self.store(out, Expr("load", array.dtype, Access(source.storage, source.dtype, offset, tuple(strides), tuple(via))), entry)


def rows(ref: Ref, shape: tuple[int, ...]) -> Ref:
    """A place of this shape where a ref begins, row by row without gaps."""
    strides = tuple([ref.dtype.itemsize * prod(shape[i + 1 :]) for i in range(len(shape))])
    return Ref(ref.storage, ref.offset, shape, strides, ref.dtype)


def _unique(number: Any) -> str:
    parts = [_unique(p) if isinstance(p, Number) else repr(p) for p in getattr(number, "parts", ())]
    return f"{number.symbol}@{id(number.place) if number.apply is None else ''}({','.join(parts)})"


def _weak(operand: Any) -> Any:
    """An operand's dtype, or Python's type of a number, as NumPy's promotion asks for it."""
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
    """A function of expressions; what is neutral falls away."""
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
