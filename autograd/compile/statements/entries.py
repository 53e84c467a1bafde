"""From the list to loops: each NumPy call becomes loops over elements and products, or stays a call back into NumPy.

``SCALAR`` holds the C expression of each NumPy function of numbers. No derivative is here: the list holds the calls that rules made
like all others.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np

from ..loops import Access, Callback, Expr, Guard, Statement
from ..step_list import Entry, Ref
from .contractions import Contractions
from .convolution import Windows
from .indices import Indices
from .places import BOOL, UnsupportedError, along, call, rows, weak


class Lowering(Contractions, Indices, Windows):
    """Statements of a program, in order."""

    def run(self) -> list[Statement]:
        for entry in self.program.entries:
            before = len(self.statements)
            try:
                self._lower(entry)
            except UnsupportedError as reason:
                del self.statements[before:]
                self.statements.append(Callback(entry, str(reason)))
        return self.statements

    # ----------------------------------------------------------------------------------------------------------------- entries
    def _lower(self, entry: Entry) -> None:
        kind = entry.kind
        if kind == "ufunc":
            ufunc, method = entry.function
            if ufunc is np.matmul and method == "__call__":
                return self._matmul(entry, entry.args[0], entry.args[1], self.only_out(entry))
            if method == "__call__":
                return self._ufunc(entry, ufunc)
            if method == "at":
                return self._at(entry, ufunc.__name__)
            if method == "reduce":
                axis = entry.args[1] if len(entry.args) > 1 else entry.kwargs.get("axis", 0)
                keys = set(entry.kwargs) - {"axis", "keepdims", "out"}
                if keys and any(entry.kwargs[k] is not None for k in keys):
                    raise UnsupportedError(f"reduce with {', '.join(sorted(keys))}")
                return self._reduce(entry, ufunc.__name__, entry.args[0], axis)
            if method == "accumulate":
                return self.running(entry, ufunc.__name__, *entry.args, **entry.kwargs)
            raise UnsupportedError(f"{ufunc.__name__}.{method} has no C")
        if kind == "write":
            return self.write(entry, entry.args[0], entry.args[1])
        if kind == "guard":
            ref = entry.args[0]
            self.statements.append(Guard(self.access(ref), entry.args[1], entry))
            return None
        if kind == "take":
            return self._take(entry)
        if kind == "put":
            return self._put(entry)
        if kind in ("method", "function"):
            found = getattr(self, f"_{entry.name()}", None)
            if found is not None:
                try:
                    signature(found).bind(entry, *entry.args, **entry.kwargs)
                except TypeError as error:
                    raise UnsupportedError(f"{entry.name()}: {error}") from None
                return found(entry, *entry.args, **entry.kwargs)
        if kind == "draw":
            raise UnsupportedError("random numbers come from NumPy's generator")
        if kind == "opaque" and self.convolution(entry):
            return None
        if kind == "opaque":
            raise UnsupportedError(f"{entry.op} looks at values or asks for arrays")
        raise UnsupportedError(f"{entry.name()} has no C")

    def _ufunc(self, entry: Entry, ufunc: np.ufunc) -> None:
        keys = {k for k, v in entry.kwargs.items() if v is not None} - {"out", "casting", "order"}
        if keys == {"dtype"} and np.dtype(entry.kwargs["dtype"]) == self.only_out(entry).dtype:
            keys = set()
        if keys or ufunc.signature is not None or ufunc.nout != 1:
            raise UnsupportedError(f"{ufunc.__name__} with {', '.join(sorted(keys)) or 'several results'}")
        out = self.only_out(entry)
        self._elementwise(entry, ufunc.__name__, ufunc, entry.args, out)

    def _elementwise(self, entry: Entry, name: str, ufunc: np.ufunc, args: Any, out: Ref) -> None:
        kinds = [weak(a) for a in args]
        try:
            if entry.kwargs.get("dtype") is not None:
                result = np.dtype(entry.kwargs["dtype"])
                inputs = [result] * len(args)
            else:
                *inputs, result = ufunc.resolve_dtypes((*kinds, None))
        except TypeError as error:
            raise UnsupportedError(str(error)) from None
        values = [self.value(a, out.shape, dtype) for a, dtype in zip(args, inputs, strict=True)]
        self.assign(entry, out, call(name, result, *values), args)

    def _copyto(self, entry: Entry, target: Ref, value: Any) -> None:
        self.write(entry, target, value)

    def _copy(self, entry: Entry, array: Ref, *_: Any, **__: Any) -> None:
        self.write(entry, entry.outs[0], array)

    _astype = _ascontiguousarray = _copy

    def _reshape(self, entry: Entry, array: Ref, *_: Any, order: Any = "C", **__: Any) -> None:
        """A copy in another shape: the elements in the order of rows."""
        out = entry.outs[0]
        if order not in ("C", None):
            raise UnsupportedError("elements in the order of columns")
        self.flat(out)
        self.write(entry, rows(out, array.shape), array)

    def _ravel(self, entry: Entry, array: Ref, order: Any = "C") -> None:
        self._reshape(entry, array, order=order)

    _flatten = _ravel

    def _expand_dims(self, entry: Entry, a: Ref, axis: Any) -> None:
        self._reshape(entry, a)

    def _roll(self, entry: Entry, a: Ref, shift: Any, axis: Any = None) -> None:
        """Along each dimension the last elements come first: copies of parts."""
        out = entry.outs[0]
        if axis is None:
            a, out, axis = self.flat(a), self.flat(out), 0
        shifts = [0] * len(a.shape)
        for k, d in zip(*np.broadcast_arrays(np.atleast_1d(shift), axis), strict=True):
            shifts[d] += int(k)
        parts = [(a, out)]
        for d, n in enumerate(a.shape):
            k = shifts[d] % n if n else 0
            if k:
                moves = [((0, n - k), (k, n)), ((n - k, n), (0, k))]
                parts = [(along(x, d, *source), along(y, d, *place)) for x, y in parts for source, place in moves]
        for x, y in parts:
            self.write(entry, y, x)

    def _tile(self, entry: Entry, a: Any, reps: Any) -> None:
        """Copies beside each other: a dimension of the result is one of copies and one of elements."""
        out, source = entry.outs[0], self.access(a)
        times = (1,) * (len(out.shape) - np.size(reps)) + tuple(np.atleast_1d(reps).tolist())
        sizes = (1,) * (len(out.shape) - len(a.shape)) + a.shape
        steps = (0,) * (len(out.shape) - len(a.shape)) + source.strides
        place = self.access(out)
        dims = tuple([d for pair in zip(times, sizes, strict=True) for d in pair])
        to = [s for n, step in zip(sizes, place.strides, strict=True) for s in (n * step, step)]
        of = [s for step in steps for s in (0, step)]
        value = Expr("load", a.dtype, Access(source.storage, source.dtype, source.offset, tuple(of)))
        self.loop(dims, Access(place.storage, place.dtype, place.offset, tuple(to)), value, entry)

    def _round(self, entry: Entry, a: Ref, decimals: int = 0, out: Any = None) -> None:
        place = self.only_out(entry)
        if decimals or place.dtype.kind != "f":
            raise UnsupportedError("rounding to other places than the point")
        self.store(place, call("rint", place.dtype, self.value(a, place.shape, place.dtype)), entry)

    _around = _round

    def _broadcast_to(self, entry: Entry, array: Any, shape: Any, subok: bool = False) -> None:
        """One number, seen at every index: of anything else NumPy returns a view."""
        out = entry.outs[0]
        if any(out.strides):
            raise UnsupportedError("broadcast_to of this has no C")
        self.write(entry, Ref(out.storage, out.offset, (), (), out.dtype), array)

    def _zeros_like(self, entry: Entry, *_: Any, **__: Any) -> None:
        self.write(entry, entry.outs[0], 0)

    def _ones_like(self, entry: Entry, *_: Any, **__: Any) -> None:
        self.write(entry, entry.outs[0], 1)

    def _full_like(self, entry: Entry, like: Any, value: Any, *_: Any, **__: Any) -> None:
        self.write(entry, entry.outs[0], value)

    def _zeros(self, entry: Entry, *_: Any, **__: Any) -> None:
        self.write(entry, entry.outs[0], 0)

    def _ones(self, entry: Entry, *_: Any, **__: Any) -> None:
        self.write(entry, entry.outs[0], 1)

    def _full(self, entry: Entry, shape: Any, fill_value: Any, *_: Any, **__: Any) -> None:
        self.write(entry, entry.outs[0], fill_value)

    def _empty(self, entry: Entry, *_: Any, **__: Any) -> None:
        return None

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
        self.assign(entry, target, value, (x, low, high))

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

    def _stack(self, entry: Entry, parts: Any, axis: int = 0, **_: Any) -> None:
        out = entry.outs[0]
        d = axis % len(out.shape)
        for i, part in enumerate(parts):
            shape = out.shape[:d] + out.shape[d + 1 :]
            place = Ref(out.storage, out.offset + i * out.strides[d], shape, out.strides[:d] + out.strides[d + 1 :], out.dtype)
            self.store(place, self.value(part, shape, out.dtype), entry)
