"""Sums of products over named dimensions, ``einsum`` and ``tensordot``: products of matrices where that is possible, else loops."""

from __future__ import annotations

from math import prod
from typing import Any

from ..loops import Access, Expr
from ..step_list import Entry, Ref
from .places import UnsupportedError, call, cast
from .sums import Sums

_LARGEST = 1 << 24  # a loop over more products would be slower than NumPy, which makes products of matrices of three operands

Strides = dict[str, int]


class Contractions(Sums):
    """The lowering of ``einsum`` and ``tensordot``."""

    def _einsum(self, entry: Entry, subscripts: Any, *operands: Any, out: Any = None, optimize: Any = False) -> None:
        if not isinstance(subscripts, str) or any(not isinstance(v, Ref) for v in operands):
            raise UnsupportedError("einsum in this form")
        left, arrow, right = subscripts.replace(" ", "").partition("->")
        names = left.split(",")
        letters = "".join(sorted(c for c in set(left) - set(",.") if left.count(c) == 1))
        right = right if arrow else f"...{letters}" if "." in left else letters
        # The dimensions of an ellipsis, the last of which is that of all others.
        others = [len(v.shape) - len(n) + 3 if "." in n else 0 for n, v in zip(names, operands, strict=True)]
        free = [chr(0x3B1 + i) for i in range(max(others))]
        names = [n.replace("...", "".join(free[len(free) - more :])) for n, more in zip(names, others, strict=True)]
        self._contracted(entry, names, operands, right.replace("...", "".join(free)))

    def _tensordot(self, entry: Entry, a: Any, b: Any, axes: Any = 2) -> None:
        if not (isinstance(a, Ref) and isinstance(b, Ref)):
            raise UnsupportedError("tensordot of numbers")
        if isinstance(axes, int):
            axes = range(len(a.shape) - axes, len(a.shape)), range(axes)
        first, second = [[axis] if isinstance(axis, int) else list(axis) for axis in axes]
        names = [[chr(97 + i) for i in range(len(a.shape))], [chr(65 + i) for i in range(len(b.shape))]]
        for i, j in zip(first, second, strict=True):
            names[1][j] = names[0][i]
        kept = [c for name, other in (names, names[::-1]) for c in name if c not in other]
        self._contracted(entry, ["".join(n) for n in names], (a, b), "".join(kept))

    def _contracted(self, entry: Entry, names: list[str], operands: Any, kept: str) -> None:
        """``out[kept] = the sum over all other names of the operands' products``."""
        out = self.only_out(entry)
        if any(not isinstance(v, Ref) or len(v.shape) != len(n) for v, n in zip(operands, names, strict=True)):
            raise UnsupportedError("einsum of numbers")
        sizes: dict[str, int] = {}
        for ref, name in zip(operands, names, strict=True):
            for c, n in zip(name, ref.shape, strict=True):
                sizes[c] = n if sizes.get(c, 1) == 1 else sizes[c]
        places = [self._named(ref, name) for ref, name in zip((*operands, out), (*names, kept), strict=True)]
        floats = out.dtype.kind == "f" and all(v.dtype == out.dtype for v in operands)
        if len(operands) == 2 and floats and 0 not in sizes.values() and self._as_product(entry, sizes, places, out, kept):
            return
        if prod(sizes.values()) > _LARGEST:
            raise UnsupportedError("a sum of very many products")
        names_ = [*kept, *[c for c in sizes if c not in kept]]
        dims = tuple([sizes[c] for c in names_])
        *sources, target = [Access(x.storage, x.dtype, x.offset, tuple([s.get(c, 0) for c in names_])) for x, s in places]
        values = [cast(Expr("load", x.dtype, x), out.dtype) for x in sources]
        value = values[0]
        for other in values[1:]:
            value = call("multiply", out.dtype, value, other)
        self._summed(entry, dims, target, value, "add", out, 0)

    def _named(self, ref: Ref, name: str) -> tuple[Access, Strides]:
        """An access, and its stride along each name; along one that it has twice, on the diagonal."""
        access = self.access(ref)
        strides: Strides = {}
        for c, s in zip(name, access.strides, strict=True):
            strides[c] = strides.get(c, 0) + s
        return access, strides

    def _as_product(
        self, entry: Entry, sizes: dict[str, int], places: list[tuple[Access, Strides]], out: Ref, kept: str
    ) -> bool:  # fmt: skip
        """Whether it is a product of matrices, or a stack of them, and has become one."""
        (a, of_a), (b, of_b), (c, of_c) = places
        inner = [n for n in sizes if n in of_a and n in of_b and n not in of_c]
        rows = [n for n in kept if n in of_a and n not in of_b]
        columns = [n for n in kept if n in of_b and n not in of_a]
        stack = [n for n in kept if n in of_a and n in of_b]
        if len(inner) + len(rows) + len(columns) + len(stack) < len(sizes):
            return False
        k, rest = _joined(inner, sizes, of_a, of_b)
        if rest:
            return False
        m, more_rows = _joined(rows, sizes, of_a, of_c)
        n, more_columns = _joined(columns, sizes, of_b, of_c)
        batch = [*stack, *more_rows, *more_columns]
        dims = tuple([sizes[name] for name in batch])
        left = Access(a.storage, a.dtype, a.offset, (*[of_a.get(x, 0) for x in batch], m[1], k[1]))
        right = Access(b.storage, b.dtype, b.offset, (*[of_b.get(x, 0) for x in batch], k[2], n[1]))
        place = Access(c.storage, c.dtype, c.offset, (*[of_c.get(x, 0) for x in batch], m[2], n[2]))
        self.product(entry, dims, (m[0], n[0], k[0]), left, right, place, out)
        return True


def _joined(names: list[str], sizes: dict[str, int], one: Strides, other: Strides) -> tuple[tuple[int, int, int], list[str]]:
    """The largest dimension that neighbours make up in two arrays: its size and strides; and the names that are not in it."""
    chains: list[tuple[list[str], int, int, int]] = []
    for name in sorted((n for n in names if sizes[n] != 1), key=lambda n: -abs(one[n])):
        n, s, t = sizes[name], one[name], other[name]
        if chains and (chains[-1][2], chains[-1][3]) == (n * s, n * t):
            before, size, _, _ = chains.pop()
            chains.append(([*before, name], size * n, s, t))
        else:
            chains.append(([name], n, s, t))
    if not chains:
        return (1, 0, 0), []
    largest = max(chains, key=lambda chain: chain[1])
    return largest[1:], [name for chain in chains if chain is not largest for name in chain[0]]


__all__ = ["Contractions"]
