"""A trace as DOT text: boxes, the edges between them, and the modules around them.

Making the text needs no graphviz program. It is the same from run to run: boxes are numbered by their place on the tape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...types import Tensor
from ..trace.naming import is_function
from ..trace.stats import ArraySummary
from ..trace.structure import structure
from ..trace.tape import TraceNode
from .folding import Box, Edge, Scene, fold

if TYPE_CHECKING:
    from graphviz import Digraph

LONGEST = 64  # characters of a line in a label; a user's name may be longer
FAST = 1500  # more boxes than these are laid out with fewer passes and straight edges: otherwise dot takes minutes


@dataclass(frozen=True)
class Theme:
    """Colours as (fill, border) of each kind of box, and of text, edges, clusters and background."""

    op: tuple[str, str]
    leaf: tuple[str, str]
    constant: tuple[str, str]
    call: tuple[str, str]
    loss: tuple[str, str]
    background: str
    text: str
    faint: str
    edge: str
    gradient: str
    inner: tuple[str, str]  # made by a gradient, under create_graph
    clusters: tuple[str, str]
    frame: str


THEMES = {
    "light": Theme(
        op=("#dbe9f6", "#6f9fce"), leaf=("#d9f0d3", "#6fae62"), constant=("#f4f4f4", "#a8a8a8"), call=("#e6e0f3", "#9583c0"),
        loss=("#fde3c8", "#e08e3e"), background="white", text="#1c2733", faint="#66717d", edge="#5b6773", gradient="#c0392b",
        inner=("#f6d9ee", "#b0559c"), clusters=("#f6f8fa", "#eceff3"), frame="#c3cad2",
    ),
    "dark": Theme(
        op=("#1f3a57", "#5b93cc"), leaf=("#21452a", "#63b070"), constant=("#2b2f36", "#7d8590"), call=("#3a3157", "#9b8ad0"),
        loss=("#573516", "#e79a4b"), background="#14171c", text="#e8edf2", faint="#a3adb8", edge="#9aa5b1", gradient="#ff8a75",
        inner=("#54254c", "#d98bc8"), clusters=("#1b1f26", "#22272f"), frame="#444c57",
    ),
    "print": Theme(
        op=("white", "black"), leaf=("#e6e6e6", "black"), constant=("white", "#777777"), call=("white", "black"),
        loss=("white", "black"), background="white", text="black", faint="#333333", edge="black", gradient="#555555",
        inner=("white", "black"), clusters=("white", "white"), frame="#888888",
    ),
}  # fmt: skip

PASSES = ("backward", "forward", "both")
DIRECTIONS = ("TB", "LR", "BT", "RL")


@dataclass
class Look:
    """The options of a picture: direction, colours, and what its labels show."""

    passes: str = "backward"
    values: bool = False
    gradients: bool = False
    shapes: bool = True
    bytes: bool = False
    direction: str = "TB"
    theme: str = "light"
    name: str | None = None
    kept_by_rank: bool = True  # parameters stay beside their block

    def __post_init__(self) -> None:
        for what, value, known in (
            ("passes", self.passes, PASSES), ("direction", self.direction, DIRECTIONS), ("theme", self.theme, tuple(THEMES)),
        ):  # fmt: skip
            if value not in known:
                raise ValueError(f"draw: {what}={value!r} is none of {', '.join(map(repr, known))}")


def to_dot(loss: Tensor, names: Mapping[str, Any] | None = None) -> Digraph:
    """The backward graph of a tensor, from the loss down to the leaves, as a ``graphviz.Digraph``; so does ``draw(loss).to_dot()``.

    Ops are round, leaves are square, with their names and shapes; an arrow is a contribution to a gradient, with its shape. Modules
    are frames around their ops. Making the DOT text needs no graphviz program; ``render`` makes a picture of it.

    Args:
        loss: a tensor that needs a gradient.
        names: names for leaves, such as ``{"W1": W1}``; a leaf that was named (``t.name = ...``) needs none.

    Raises:
        GraphError: the tensor has no graph.

    Example:
        >>> import autograd.viz
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> dot = autograd.viz.to_dot((w * w).sum(), names={"w": w})
        >>> for line in dot.source.splitlines()[-7:]:
        ...     print(line.strip().partition(" fillcolor")[0])
        2 [label="sum\\nscalar"
        1 [label="mul\\n2"
        0 [label="w\\n2" shape=box style=filled
        2 -> 1 [label=" 2"]
        1 -> 0 [label=" 2"]
        1 -> 0 [label=" 2"]
        }
    """
    return write(fold(structure(loss, names)), Look())


def shape_text(shape: Any) -> str:
    """A shape as a label: ``32 x 64``, ``scalar``; several outputs are joined."""
    if shape is None:
        return ""
    if shape and isinstance(shape[0], tuple):
        return ", ".join(shape_text(s) for s in shape)
    return " x ".join(map(str, shape)) or "scalar"


def byte_text(n: int) -> str:
    """A number of bytes as people read it."""
    size = float(n)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{n} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def summary_text(summary: ArraySummary | None) -> str:
    """An array in a few words: its numbers if they are few, else its range and mean."""
    if summary is None:
        return "not kept"
    if summary.size <= 4 and summary.whole:
        numbers = [_number(v) for v in summary.sample.ravel().tolist()]
        return numbers[0] if not summary.shape and numbers else "[" + ", ".join(numbers) + "]"
    bad = ", ".join(f"{n} {what}" for n, what in ((summary.nan, "nan"), (summary.inf, "inf")) if n)
    if summary.min is None or summary.nan + summary.inf == summary.size:
        return bad or str(summary.dtype)
    if summary.min == summary.max and not bad:
        return f"all {_number(summary.min)}"
    text = f"{_number(summary.min)} … {_number(summary.max)}, mean {_number(summary.mean)}"
    return f"{text}, {bad}" if bad else text


def _number(value: Any) -> str:
    return f"{value + 0:.3g}" if isinstance(value, float | complex) else str(value)  # + 0: no minus before a zero


_PLAIN = re.compile(r"[A-Za-z_][A-Za-z_0-9]*|[0-9]+")
_KEYWORDS = {"node", "edge", "graph", "digraph", "subgraph", "strict"}
_ENTITY = re.compile(r"&(?=#?\w+;)")
_UNWRITABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # characters that XML, and so SVG, cannot hold


def quote(text: str) -> str:
    """A string of DOT whose meaning as a label is exactly the text: no escape, entity, port or HTML in it means anything."""
    if _PLAIN.fullmatch(text) and text.isascii() and text.lower() not in _KEYWORDS:
        return text
    text = _UNWRITABLE.sub("\ufffd", text)
    text = _ENTITY.sub("&amp;", text.replace("\\", "\\\\").replace('"', '\\"'))
    return '"' + text.replace("\n", "\\n") + '"'


def _short(line: str) -> str:
    line = line.replace("\n", " ")
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def write(scene: Scene, look: Look) -> Digraph:
    """A scene as a ``graphviz.Digraph``."""
    from graphviz import Digraph

    writer = _DotWriter(scene, look)
    dot = Digraph(look.name or look.passes)
    dot.body.extend(writer.lines())
    return dot


class _DotWriter:
    def __init__(self, scene: Scene, look: Look) -> None:
        self.scene, self.look, self.trace = scene, look, scene.trace
        self.theme = THEMES[look.theme]
        self.up = look.passes == "backward"  # arrows lead from the loss to the leaves

    def lines(self) -> list[str]:
        theme, look = self.theme, self.look
        head = f"bgcolor={quote(theme.background)} fontname=Helvetica fontcolor={quote(theme.text)} "
        head += f"nodesep=0.22 rankdir={look.direction} ranksep=0.35"
        if len(self.scene.boxes) > FAST:
            head += " splines=line nslimit=2 nslimit1=2 mclimit=0.2 searchsize=10"
        border = f'fontcolor="{theme.text}" fontname=Helvetica fontsize=11 height=0.3 margin="0.12,0.06" penwidth=1.1'
        edge = f'arrowsize=0.65 color="{theme.edge}" fontcolor="{theme.faint}" fontname=Helvetica fontsize=9'
        out = [f"\tgraph [{head}]\n", f'\tnode [{border} shape=rect style="rounded,filled"]\n', f"\tedge [{edge}]\n"]
        out += self.boxes()
        edges = self.scene.edges
        for e in sorted(edges, key=lambda e: (-e.node, e.operand)) if self.up else edges:
            self.edge(e, out)
        if look.kept_by_rank:
            out += self.ranks()
        return out

    # --------------------------------------------------------------------------------------------------------------- boxes
    def boxes(self) -> list[str]:
        """Every box in the frames of the modules around it; youngest first in a picture of the backward pass."""
        clusters = self.scene.clusters
        inside: dict[int | None, list[tuple[str, int]]] = {None: []}
        for call in clusters:
            inside[call] = []
        for id_, box in self.scene.boxes.items():
            inside[box.cluster].append(("box", id_))
        for call, parent in clusters.items():
            inside[parent].append(("call", call))
        for members in inside.values():
            members.sort(key=self._place, reverse=self.up)
        out: list[str] = []
        stack: list[tuple[str, int, int]] = [(kind, id_, 1) for kind, id_ in reversed(inside[None])]
        while stack:
            kind, id_, level = stack.pop()
            indent = "\t" * level
            if kind == "end":
                out.append(indent + "}\n")
            elif kind == "box":
                out.append(f"{indent}{id_} [{self.box(self.scene.boxes[id_])}]\n")
            else:
                fill = self.theme.clusters[(level - 1) % 2]
                out.append(f"{indent}subgraph cluster_{id_} {{\n")
                out.append(
                    f'{indent}\tgraph [bgcolor="{fill}" color="{self.theme.frame}" fontcolor="{self.theme.faint}" fontsize=10 '
                    f"label={quote(self.call_label(id_))} labeljust=l margin=9 penwidth=1 style=rounded]\n"
                )
                stack.append(("end", id_, level))
                stack.extend((k, i, level + 1) for k, i in reversed(inside[id_]))
        return out

    def _place(self, member: tuple[str, int]) -> int:
        """A box's index on the tape; for a call, that of its last node."""
        kind, id_ = member
        after = len(self.trace.nodes)
        if kind == "call" or after <= id_ < after + len(self.trace.calls):
            call = self.trace.calls[id_ if kind == "call" else id_ - after]
            return 2 * call.last + 1
        return 2 * id_

    def call_label(self, id_: int, short: bool = True) -> str:
        """``fc1  Linear``, or for a run ``layers.0 … layers.11  Block x 12``; below an open module only what its path adds."""
        call = self.trace.calls[id_]
        run = self.scene.runs.get(id_)
        below = self.trace.calls[call.parent].path + "." if call.parent is not None and self.trace.calls[call.parent].path else ""

        def relative(label: str) -> str:
            return _short(label.removeprefix(below))

        label = relative(call.label) if run is None else f"{relative(run.first)} … {relative(run.last)}"
        told = call.path == "" and call.label.partition("#")[0] == call.kind  # the outermost module has no path: its class is shown
        kind = f"  {_short(call.kind)}" if call.kind and not told else ""
        return label + kind + (f" x {run.times}" if run is not None else "")

    def box(self, box: Box) -> str:
        """The attributes of a box."""
        theme = self.theme
        lines = self.text(box)
        label = quote("\n".join(lines))
        heavy = " penwidth=2" if self.look.theme == "print" else ""  # without a gradient, colours mean nothing
        if box.id == self.trace.loss:
            return f'label={label} fillcolor="{theme.loss[0]}" color="{theme.loss[1]}"{heavy}'
        if box.kind == "leaf":
            return f'label={label} shape=box style=filled fillcolor="{theme.leaf[0]}" color="{theme.leaf[1]}"'
        if box.kind == "constant":
            fill, border = theme.constant
            return f'label={label} style="filled,dashed" fillcolor="{fill}" color="{border}" fontcolor="{theme.faint}"'
        if box.kind == "call":
            fill, border = theme.call
            return f'label={label} fillcolor="{fill}" color="{border}"{heavy}'
        if self.trace.nodes[box.id].inner:
            return f'label={label} style="rounded,filled,dashed" fillcolor="{theme.inner[0]}" color="{theme.inner[1]}"'
        return f'label={label} fillcolor="{theme.op[0]}" color="{theme.op[1]}"'

    def text(self, box: Box) -> list[str]:
        """The lines of a box's label."""
        look, trace = self.look, self.trace
        if box.kind == "constant":
            constant = trace.constants[box.id - len(trace.nodes) - len(trace.calls)]
            lines = [_short(constant.name)]
            if look.shapes:
                lines.append(shape_text(constant.shape))
            if look.values:
                lines.append(summary_text(constant.value))
            return lines
        if box.kind == "call":
            assert box.call is not None
            label, _, kind = self.call_label(box.call).partition("  ")
            lines = [label, *([kind] if kind else [])]
            if look.shapes and box.outputs:
                shapes = list(dict.fromkeys(shape_text(trace.nodes[i].shape) for i in box.outputs))
                lines.append(", ".join(shapes[:3]) + (", …" if len(shapes) > 3 else ""))
            if box.parameters:
                each = " in all" if box.call in self.scene.runs else ""
                lines.append(f"{box.parameters:,} parameter{'s' if box.parameters > 1 else ''}{each}")
            results = [trace.nodes[i] for i in box.outputs]
            node = results[0] if len(results) == 1 else None
        else:
            assert box.node is not None
            node = trace.nodes[box.node]
            lines = [self.name(node, box)]
            if look.shapes:
                lines.append(shape_text(node.shape))
        if node is not None and look.values:
            lines.append(("" if node.value is not None and node.value.size <= 4 else "value ") + summary_text(node.value))
        if node is not None and look.gradients and node.grad is not None:
            lines.append(f"grad {summary_text(node.grad)}")
        if look.bytes and box.bytes:
            lines.append(f"keeps {byte_text(box.bytes)}")
        return lines

    def name(self, node: TraceNode, box: Box) -> str:
        if node.op is None:
            path = self.trace.calls[box.cluster].path if box.cluster is not None else ""
            return _short(node.name.removeprefix(path + ".") if path else node.name)
        op = self.trace.nodes[box.id]  # of one output, the op
        numbers = [o.text for o in op.operands if o.node is None and o.shape == () and o.text]
        own = node.variable if is_function(node) else node.name
        given = [own, "="] if own else []
        return _short(" ".join([*given, op.name if is_function(op) else str(op.op), *numbers]))

    # --------------------------------------------------------------------------------------------------------------- edges
    def edge(self, e: Edge, out: list[str]) -> None:
        if self.up:
            label = self.contribution(e)
            out.append(f"\t{e.target} -> {e.source}" + (f" [label={quote(label)}]\n" if label else "\n"))
            return
        out.append(f"\t{e.source} -> {e.target}\n")
        node = self.trace.nodes[e.node]
        if self.look.passes == "both" and node.operands[e.operand].node is not None:
            # Drawn against its direction, so that the ranks stay those of the forward pass.
            label = self.contribution(e) if self.look.gradients else ""
            attributes = f'dir=back color="{self.theme.gradient}" fontcolor="{self.theme.gradient}" style=dashed'
            out.append(f"\t{e.source} -> {e.target} [{attributes}" + (f" label={quote(label)}]\n" if label else "]\n"))

    def contribution(self, e: Edge) -> str:
        """The label of an edge: the shape of the gradient, the axes over which it was summed, and on request its numbers."""
        node = self.trace.nodes[e.node]
        operand = node.operands[e.operand]
        lines = []
        if self.look.shapes and operand.shape is not None and self.look.passes == "backward":
            lines.append(shape_text(operand.shape))
        if self.look.gradients and operand.contribution is not None:
            c = operand.contribution
            lines.append(summary_text(c) if c.size <= 4 else f"norm {_number(c.norm)}")
        return "\n".join([" " + line for line in lines])  # a space, or the text would touch the arrow

    # --------------------------------------------------------------------------------------------------------------- ranks
    def ranks(self) -> list[str]:
        """Invisible edges from a block's input to its parameters: without them dot places the parameters at the picture's rim."""
        nodes, boxes = self.trace.nodes, self.scene.boxes
        entering: dict[int, int] = {}  # cluster -> the oldest box outside that feeds it
        if not self.scene.clusters:
            return []
        first_use: dict[int, int] = {}
        for e in self.scene.edges:
            source, target = boxes[e.source], boxes[e.target]
            first_use.setdefault(e.source, e.node)
            if source.cluster != target.cluster and target.cluster is not None and source.kind != "leaf":
                entering.setdefault(target.cluster, e.source)
        out = []
        for id_, box in sorted(boxes.items()):
            if box.kind != "leaf" or box.cluster is None or box.cluster not in entering or id_ not in first_use:
                continue
            feeding = boxes[entering[box.cluster]]
            at = feeding.node
            if feeding.call is not None:
                at = self.trace.calls[feeding.call].last
            if at is not None and nodes[at].op is not None and at < first_use[id_]:  # else it might be made from the parameter
                ends = (id_, feeding.id) if self.up else (feeding.id, id_)
                out.append(f"\t{ends[0]} -> {ends[1]} [style=invis]\n")
        return out


__all__ = ["Look", "byte_text", "quote", "shape_text", "summary_text", "to_dot", "write"]
