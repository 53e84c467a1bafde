"""``memory(loss)``: the memory that the graph of a loss holds for the backward pass, by layer and op."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from ...errors import printable
from ...types import Tensor
from ..trace.structure import structure
from ..trace.tape import Trace
from .dot import byte_text


class MemoryRow(NamedTuple):
    """The memory that the calls of one op in one layer hold. layer: path of the module, "" for none; kind: its class."""

    layer: str
    kind: str
    op: str
    calls: int
    bytes: int


class MemoryTable:
    """A table of the memory that is held for backward; print it. Rows are in the order of the tape.

    Attributes:
        rows: one per layer and op that holds memory. total: bytes. trace: the Trace with the numbers.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        sums_of: dict[tuple[str, str, str], list[int]] = {}
        for node in trace.nodes:
            if node.op is None or not node.bytes:
                continue
            call = trace.calls[node.call] if node.call is not None else None
            key = (call.path or call.label.partition("#")[0], call.kind, node.op) if call is not None else ("", "", node.op)
            sums = sums_of.setdefault(key, [0, 0])
            sums[0] += 1
            sums[1] += node.bytes
        self.rows = [MemoryRow(*key, *sums) for key, sums in sums_of.items()]
        self.total = sum(row.bytes for row in self.rows)

    def by_layer(self) -> dict[str, int]:
        """Bytes per module, those of the modules within it included."""
        sums: dict[str, int] = {}
        for row in self.rows:
            parts = row.layer.split(".") if row.layer else []
            for path in dict.fromkeys(["", *[".".join(parts[: i + 1]) for i in range(len(parts))]]):
                sums[path] = sums.get(path, 0) + row.bytes
        return sums

    def _cells(self) -> list[tuple[str, ...]]:
        total = max(self.total, 1)
        return [
            (row.layer or "-", row.kind or "-", row.op, f"{row.calls:,}", byte_text(row.bytes), f"{100 * row.bytes / total:.1f}%")
            for row in self.rows
        ]

    _HEAD = ("Layer", "Type", "Op", "Calls", "Kept", "Share")

    def __repr__(self) -> str:
        lines = [tuple([printable(cell) for cell in line]) for line in self._cells()]
        widths = [max(len(line[i]) for line in [self._HEAD, *lines]) for i in range(len(self._HEAD))]

        def written(cells: tuple[str, ...]) -> str:
            left = [cells[i].ljust(widths[i]) for i in range(3)]
            return "  ".join([*left, *[cells[i].rjust(widths[i]) for i in range(3, len(cells))]]).rstrip()

        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        return "\n".join([written(self._HEAD), rule, *map(written, lines), rule, f"Kept for backward: {byte_text(self.total)}"])

    __str__ = __repr__

    def _repr_html_(self) -> str:
        def row(cells: tuple[str, ...], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "".join(row(cells, "td") for cells in self._cells())
        foot = f'<tr><th colspan="4">Kept for backward</th><th>{escape(byte_text(self.total))}</th><th></th></tr>'
        return f"<table><thead>{row(self._HEAD, 'th')}</thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table>"


def memory(loss: Tensor) -> MemoryTable:
    """Measure the memory that a loss's graph holds until its backward pass, by layer and op.

    Each array counts once, at the first op that holds it. It counts as a whole, even if an op holds only a view of it. Parameters
    and other leaves are not counted, because they exist anyway. After ``backward`` the graph holds nothing.

    Args:
        loss: a tensor that needs a gradient.

    Raises:
        GraphError: the tensor has no graph.

    Example:
        >>> import autograd
        >>> from autograd import viz
        >>> x = autograd.ones(256, 64, requires_grad=True)
        >>> viz.memory((x.tanh().exp() ** 2).sum())
        Layer  Type  Op    Calls      Kept  Share
        -----------------------------------------
        -      -     tanh      1  64.0 KiB  50.0%
        -      -     exp       1  64.0 KiB  50.0%
        -----------------------------------------
        Kept for backward: 128.0 KiB
    """
    return MemoryTable(structure(loss))


__all__ = ["MemoryRow", "MemoryTable", "memory"]
