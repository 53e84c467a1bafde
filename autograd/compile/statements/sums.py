"""Reductions, products, and indices that hold arrays, as loops and kernels."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..loops import Access, Expr, Product
from ..scalar import REDUCTIONS
from ..step_list import Entry, Ref
from .places import BOOL, Places, UnsupportedError, at_index, call, cast

_INDICES = 1 << 20  # so many elements may be numbered
_RUNNING = 512  # so many steps may follow each other


class Sums(Places):
    """The lowering of sums, maxima and products of matrices."""

    # -------------------------------------------------------------------------------------------------------------- reductions
    def _reduce(self, entry: Entry, name: str, array: Any, axis: Any, divide: bool = False) -> None:
        out = self.only_out(entry)
        if name not in REDUCTIONS or not isinstance(array, Ref):
            raise UnsupportedError(f"{name}.reduce has no C")
        axes = _axes(array, axis)
        source, target = self.access(array), self._onto(array, axes, out)
        start = REDUCTIONS[name]
        if name in ("logical_or", "logical_and"):
            value = self.value(array, array.shape, BOOL)
            name = {"logical_or": "maximum", "logical_and": "minimum"}[name]
        else:
            value = cast(Expr("load", array.dtype, source), out.dtype)
        self._summed(entry, array.shape, target, value, name, out, start)
        if divide:
            count = prod(array.shape[i] for i in axes)
            scaled = call("divide", out.dtype, self.value(out, out.shape, out.dtype), Expr("number", out.dtype, float(count)))
            self.store(out, scaled, entry)

    def _onto(self, array: Ref, axes: set[int], out: Ref) -> Access:
        """An access to the results of a reduction, over the box of what is reduced."""
        kept = [i for i in range(len(array.shape)) if i not in axes]
        place = self.access(out)
        if len(out.shape) == len(array.shape) and len(axes) and len(kept) != len(out.shape):
            own = {i: place.strides[i] for i in kept}
        else:
            own = dict(zip(kept, place.strides, strict=True))
        strides = tuple([own.get(i, 0) for i in range(len(array.shape))])
        return Access(out.storage, out.dtype, place.offset, strides)

    def _summed(self, entry: Entry, dims: Any, target: Access, value: Expr, name: str, out: Ref, identity: Any = 0) -> None:
        """Start at the reduction's identity, then reduce."""
        if all(n == 1 or s for n, s in zip(dims, target.strides, strict=True)):
            return self.loop(dims, target, value, entry)  # every sum has exactly one term
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

    def _count_nonzero(self, entry: Entry, a: Ref, axis: Any = None, *, keepdims: Any = False) -> None:
        flags = self.temporary(a.shape, BOOL, entry)
        self.store(flags, self.value(a, a.shape, BOOL), entry)
        self._reduce(entry, "add", flags, axis)

    def _first(self, entry: Entry, name: str, a: Ref, axis: Any) -> None:
        """The index of the first extreme element: the smallest index of those that equal it. A nan is the extreme."""
        out, axes = self.only_out(entry), _axes(a, axis)
        if not a.shape:
            return self.write(entry, out, 0)
        n = a.size if axis is None else a.shape[next(iter(axes))]
        if a.size > _INDICES or a.dtype.kind not in "fiub":
            raise UnsupportedError(f"an index among very many, or of {a.dtype}")
        extreme = self.temporary(tuple([1 if i in axes else m for i, m in enumerate(a.shape)]), a.dtype, entry)
        value = Expr("load", a.dtype, self.access(a))
        self._summed(entry, a.shape, self.access(extreme, a.shape), value, name, extreme, None)
        found = call("equal", BOOL, value, Expr("load", a.dtype, self.access(extreme, a.shape)))
        if a.dtype.kind == "f":
            found = call("bitwise_or", BOOL, found, call("not_equal", BOOL, value, value))
        wide = (n,) if axis is not None else a.shape
        places = self.constant(np.arange(n).reshape(wide if axis is None else [-1, *(1,) * (len(a.shape) - 1 - min(axes))]))
        index = cast(Expr("load", places.dtype, self.access(places, a.shape)), out.dtype)
        chosen = call("where", out.dtype, found, index, Expr("number", out.dtype, n))
        return self._summed(entry, a.shape, self._onto(a, axes, out), chosen, "minimum", out, n)

    def _argmax(self, entry: Entry, a: Ref, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> None:
        self._first(entry, "maximum", a, axis)

    def _argmin(self, entry: Entry, a: Ref, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> None:
        self._first(entry, "minimum", a, axis)

    def running(self, entry: Entry, name: str, a: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> None:
        """``ufunc.accumulate``: each result is the function of the one before and an element, one after the other."""
        y = self.only_out(entry)
        if not isinstance(a, Ref) or not a.shape or y.dtype.kind == "b":
            raise UnsupportedError(f"{name}.accumulate of this has no C")
        d = axis % len(a.shape)
        if a.shape[d] > _RUNNING:
            raise UnsupportedError(f"{name}.accumulate of more than {_RUNNING}")
        for i in range(a.shape[d]):
            place, one = at_index(y, d, i), at_index(a, d, i)
            value = self.value(one, place.shape, y.dtype)
            if i:
                value = call(name, y.dtype, self.value(at_index(y, d, i - 1), place.shape, y.dtype), value)
            self.store(place, value, entry)

    def _cumsum(self, entry: Entry, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> None:
        self.running(entry, "add", self.flat(a) if axis is None else a, axis or 0)

    def _cumprod(self, entry: Entry, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> None:
        self.running(entry, "multiply", self.flat(a) if axis is None else a, axis or 0)

    # ---------------------------------------------------------------------------------------------------------------- products
    def _dot(self, entry: Entry, a: Any, b: Any, out: Any = None) -> None:
        if not (isinstance(a, Ref) and isinstance(b, Ref)):
            raise UnsupportedError("dot of numbers")
        if len(b.shape) > 2 or len(a.shape) == 0 or len(b.shape) == 0:
            raise UnsupportedError("dot of stacks of matrices")
        self._matmul(entry, a, b, out if out is not None else entry.outs[0])

    def _vdot(self, entry: Entry, a: Ref, b: Ref) -> None:
        self._matmul(entry, self.flat(a), self.flat(b), entry.outs[0])

    def _inner(self, entry: Entry, a: Ref, b: Ref) -> None:
        if len(b.shape) != 1:
            raise UnsupportedError("inner of matrices")
        self._matmul(entry, a, b, entry.outs[0])

    def _outer(self, entry: Entry, a: Ref, b: Ref, out: Any = None) -> None:
        place = entry.outs[0]
        a, b = self.flat(a), self.flat(b)
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
            self.write(entry, out, 0)
            return
        left, right = self.access(a, (*batch, m, k)), self.access(b, (*batch, k, n))
        place = self.access(c)
        self.product(entry, batch, (m, n, k), left, right, place, out)

    def product(self, entry: Entry, batch: Any, size: Any, a: Access, b: Access, c: Access, out: Ref) -> None:
        """A product as a kernel's call, or, where a side is one, as a loop that others can join."""
        m, n, k = size
        while batch and m > 1 and n > 1 and k > 1 and self._on(a, m) and not b.strides[len(batch) - 1] and self._on(c, m):
            # The last batch's rows follow those before: it is one product with more rows, and the right operand is packed once.
            batch, m = batch[:-1], m * batch[-1]
            a, b, c = [Access(x.storage, x.dtype, x.offset, (*x.strides[:-3], *x.strides[-2:])) for x in (a, b, c)]
        size, lead = (m, n, k), len(batch)
        if m > 1 and n > 1 and k > 1:
            place = c
            if 1 not in c.strides[-2:]:  # the kernel writes whole rows, or whole columns
                place = self.access(self.temporary((*batch, m, n), out.dtype, entry))
            self.statements.append(Product(batch, size, a, b, place, entry))
            if place is not c:
                self.loop((*batch, m, n), c, Expr("load", out.dtype, place), entry)
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
            self._summed(entry, dims, target, value, "add", out, 0)

    @staticmethod
    def _on(matrices: Access, rows: int) -> bool:
        """Whether the rows of each matrix follow those of the matrix before."""
        return matrices.strides[-3] == rows * matrices.strides[-2]

    def _loaded(self, access: Access) -> Expr:
        ref = Ref(access.storage, 0, (1,), (0,), access.dtype)
        constant = self.known(ref)
        return Expr("number", access.dtype, constant) if constant is not None else Expr("load", access.dtype, access)


def _axes(array: Ref, axis: Any) -> set[int]:
    """The dimensions that an argument ``axis`` names."""
    if axis is None:
        return set(range(len(array.shape)))
    return {a % len(array.shape) for a in np.atleast_1d(axis).tolist() if array.shape}
