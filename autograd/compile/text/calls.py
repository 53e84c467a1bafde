"""The calls of kernels: products, and their packed operands; convolutions."""

from __future__ import annotations

from typing import Any

from ..loops import Access, Convolution, Dims, Loop, Product
from ..scalar import INDICES, c_type, index_text
from ..shares import operations
from ..statements.convolution import lines as lines_of
from .sections import Sections


class Calls(Sections):
    """The lines of a function, with calls of kernels."""

    sharing: bool  # whether the present piece is divided among threads
    packs: dict[int, tuple[object, ...]]
    packed: dict[Any, str]

    def _for(
        self, dims: Dims, indices: list[str], first: int, last: int, loop: Loop | None, sums: list[str] | None = None,
        share: int | None = None,
    ) -> None:  # fmt: skip
        raise NotImplementedError

    def _close(self, depth: int) -> None:
        raise NotImplementedError

    def _assign(self, text: str) -> None:
        raise NotImplementedError

    def _product(self, p: Product) -> None:
        m = p.size[0]
        indices = list(INDICES[: len(p.batch)])
        start = self.depth
        # Threads share the batch; else the rows, or, where these are few, the columns, so that none is packed twice.
        over = next((d for d, length in enumerate(p.batch) if length >= 8), None) if self.sharing else None
        side = None if over is not None or not self.sharing else "rows" if m >= 256 else "columns"
        if self.sharing and operations(p) < 2000:
            over = side = None
            self.say("if (me == 0) {")
            self.depth += 1
        self._for(p.batch, indices, 0, len(p.batch), None, share=over)
        self._part_of_product(p, side, indices)
        self._close(start)

    def _part_of_product(self, p: Product, side: str | None, indices: list[str], pack: bool = False) -> None:
        """A thread's part of a product; pack: only the packing of its right operand."""
        _, n, k = p.size
        kind = "f" if p.c.dtype.itemsize == 4 else "d"
        size = [*map(str, p.size)]
        begin = ""
        if side:
            at, group = (0, 8) if side == "rows" else (1, 32)
            length = p.size[at]
            begin = self.names.fresh("first")
            self.say(f"const int {begin} = FROM({length}, {group});")
            size[at] = f"TO({length}, {group}) - {begin}"

        def place(access: Access, step: int = 0) -> str:
            name = self.names.of[access.storage.number]
            text = index_text(access.offset, (access.step, *access.strides[:-2]), ["turn", *indices])
            more = f" + {begin}{f' * {step}' if step != 1 else ''}" if step else ""
            return (name if text == "0" else f"{name} + {text}") + more

        def strides(access: Access) -> str:
            return f"{access.strides[-2]}, {access.strides[-1]}"

        a, b = (p.a.strides[-2] if side == "rows" else 0), (p.b.strides[-1] if side == "columns" else 0)
        c = p.c.strides[-2] if side == "rows" else p.c.strides[-1] if side == "columns" else 0
        key = self.packs.get(id(p))
        if key is not None and key not in self.packed:
            # Several products have this right operand: it is packed before the first of them.
            self.packed[key] = panels = self.names.fresh("panels")
            self.say(f"static EACH_THREAD {c_type(p.b.dtype)} {panels}[{-(-k // 256) * 256 * (-(-n // 32) * 32)}];")
            self._assign(f"pack_{kind}({size[1]}, {size[2]}, {place(p.b, b)}, {strides(p.b)}, {panels});")
        if pack:
            return
        if key is not None:
            self._assign(
                f"packed_product_{kind}({', '.join(size)}, {place(p.a, a)}, {strides(p.a)}, {self.packed[key]}, {place(p.c, c)}, "
                f"{p.c.strides[-2]});"
            )
            return
        self._assign(
            f"product_{kind}({', '.join(size)}, {place(p.a, a)}, {strides(p.a)}, {place(p.b, b)}, {strides(p.b)}, "
            f"{place(p.c, c)}, {strides(p.c)}, 0);"
        )

    def _convolution(self, c: Convolution) -> None:
        depth = self.depth
        self.say("{")
        self.depth += 1
        for line in lines_of(c, self._place, self.sharing, self.names.fresh("windows")):
            text = line.strip()
            self.depth -= text == "}"
            self._assign(text)
            self.depth += text.endswith("{")
        self.depth = depth
        self.say("}")

    def _place(self, access: Access) -> str:
        name = self.names.of[access.storage.number]
        text = index_text(access.offset, (access.step,), ["turn"])
        return name if text == "0" else f"{name} + {text}"


__all__ = ["Calls"]
