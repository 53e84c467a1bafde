"""Indices that hold arrays, and ``ufunc.at``, as loops that look their places up."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..loops import Access, Expr
from ..step_list import Entry, Ref
from .places import BOOL, Places, UnsupportedError, call


class Indices(Places):
    """The lowering of ``array[index]``, ``array[index] = value`` and ``ufunc.at``."""

    # ----------------------------------------------------------------------------------------------------------------- indices
    def _picked(self, array: Ref, index: Any) -> tuple[tuple[int, ...], Access]:
        """The elements of an array that an index of arrays picks: the shape of the result, and an access over it."""
        parts = list(index) if isinstance(index, tuple) else [index]
        parts = [self.constant(np.asarray(p)) if isinstance(p, list | np.ndarray) else p for p in parts]
        if any(isinstance(p, bool | np.bool_) or (isinstance(p, Ref) and p.dtype.kind not in "iu") for p in parts):
            raise UnsupportedError("a mask as an index")
        named = sum(p is not None and p is not Ellipsis for p in parts)
        where = next((i for i, p in enumerate(parts) if p is Ellipsis), None)
        rest = [slice(None)] * (len(array.shape) - named)
        parts = [*parts, *rest] if where is None else [*parts[:where], *rest, *parts[where + 1 :]]
        picks = [i for i, p in enumerate(parts) if isinstance(p, Ref)]
        if not picks:
            raise UnsupportedError("an index of this form")
        # Integers between arrays count as arrays, and all of them must stand side by side.
        among = [i for i, p in enumerate(parts) if isinstance(p, Ref | int | np.integer)]
        first = among[0] if among == list(range(among[0], among[-1] + 1)) else 0
        picked = np.broadcast_shapes(*[parts[i].shape for i in picks])
        source = self.access(array)
        offset, at, d = source.offset, 0, 0
        strides: list[int] = []
        shape: list[int] = []
        via: list[tuple[Ref, int, int]] = []
        for i, part in enumerate(parts):
            if i == first:
                at = len(shape)
            if part is None:
                shape.append(1)
                strides.append(0)
                continue
            length, step = array.shape[d], source.strides[d]
            d += 1
            if isinstance(part, Ref):
                via.append((part, step, length))
            elif isinstance(part, slice):
                if isinstance(part.start, Ref) or isinstance(part.stop, Ref):
                    raise UnsupportedError("a part whose bounds depend on the data")
                begin, end, stride = part.indices(length)
                offset += begin * step if end != begin else 0
                shape.append(len(range(begin, end, stride)))
                strides.append(step * stride)
            else:
                offset += (int(part) + length if part < 0 else int(part)) * step
        shape[at:at] = picked
        strides[at:at] = [0] * len(picked)
        behind = (0,) * (len(shape) - at - len(picked))
        found = []
        for part, step, length in via:
            inner = self.access(part, picked)
            spread = (0,) * at + inner.strides + behind
            found.append((Access(inner.storage, inner.dtype, inner.offset, spread), step, length))
        return tuple(shape), Access(source.storage, source.dtype, offset, tuple(strides), tuple(found))

    def _take(self, entry: Entry) -> None:
        array, index = entry.args
        _, access = self._picked(array, index)
        self.store(entry.outs[0], Expr("load", array.dtype, access), entry)

    def _put(self, entry: Entry) -> None:
        """``array[index] = value``, one element after the other, so that the last one counts."""
        array, index, value = entry.args
        if isinstance(index, Ref) and index.dtype == BOOL and index.shape == array.shape[: len(index.shape)]:
            return self._masked(entry, array, index, value)
        shape, target = self._picked(array, index)
        return self.loop(shape, target, self._held(entry, value, shape, array), entry)

    def _masked(self, entry: Entry, array: Ref, mask: Ref, value: Any) -> None:
        if isinstance(value, Ref) and value.shape:
            raise UnsupportedError("a mask as an index")
        whole = Ref(mask.storage, mask.offset, (*mask.shape, *(1,) * (len(array.shape) - len(mask.shape))), (
            *mask.strides, *(0,) * (len(array.shape) - len(mask.shape))), mask.dtype)  # fmt: skip
        values = [self.value(v, array.shape, array.dtype) for v in (value, array)]
        self.store(array, call("where", array.dtype, self.value(whole, array.shape, BOOL), *values), entry)

    def _held(self, entry: Entry, value: Any, shape: tuple[int, ...], array: Ref) -> Expr:
        """The value that is written; a copy if it lies in the memory that is written to."""
        found = self.value(value, shape, array.dtype)
        if isinstance(value, Ref) and value.storage is array.storage:
            held = self.temporary(shape, array.dtype, entry)
            self.store(held, found, entry)
            found = Expr("load", array.dtype, self.access(held))
        return found

    def _at(self, entry: Entry, name: str) -> None:
        """``ufunc.at``: each element joins the one that its index names."""
        if name not in ("add", "subtract", "multiply", "maximum", "minimum") or len(entry.args) != 3:
            raise UnsupportedError(f"{name}.at has no C")
        array, index, value = entry.args
        shape, target = self._picked(array, index)
        found = self._held(entry, value, shape, array)
        if name == "subtract":
            name, found = "add", call("negative", array.dtype, found)
        self.loop(shape, target, found, entry, name)

    def _take_along_axis(self, entry: Entry, array: Ref, indices: Ref, axis: Any = -1) -> None:
        self.store(entry.outs[0], Expr("load", array.dtype, self._along(array, indices, axis)), entry)

    def _put_along_axis(self, entry: Entry, array: Ref, indices: Ref, values: Any, axis: Any) -> None:
        target = self._along(array, indices, axis)
        self.loop(indices.shape, target, self._held(entry, values, indices.shape, array), entry)

    def _along(self, array: Ref, indices: Ref, axis: Any) -> Access:
        if axis is None or len(array.shape) != len(indices.shape):
            raise UnsupportedError("along no axis")
        d = axis % len(array.shape)
        source, inner = self.access(array), self.access(indices)
        strides = tuple([0 if i == d or n == 1 else s for i, (s, n) in enumerate(zip(source.strides, array.shape, strict=True))])
        via = ((inner, source.strides[d], array.shape[d]),)
        return Access(source.storage, source.dtype, source.offset, strides, via)

    def _triangle(self, entry: Entry, m: Any, mask: np.ndarray) -> None:
        out = entry.outs[0]
        values = [self.value(v, out.shape, out.dtype) for v in (m, 0)]
        self.store(out, call("where", out.dtype, self.value(self.constant(mask), out.shape, BOOL), *values), entry)

    def _tril(self, entry: Entry, m: Ref, k: int = 0) -> None:
        self._triangle(entry, m, np.tri(m.shape[-2], m.shape[-1], k, bool))

    def _triu(self, entry: Entry, m: Ref, k: int = 0) -> None:
        self._triangle(entry, m, ~np.tri(m.shape[-2], m.shape[-1], k - 1, bool))
