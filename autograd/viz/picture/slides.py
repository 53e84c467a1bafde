"""Slides of a backward pass: the picture from left to right, and step by step the values and gradients in it and on its arrows.

The picture is laid out once, as SVG, with every number in its place. A slide shows of it what is known by its step.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from ...files import write_file
from ..trace.tape import Trace
from .dot import Look, write
from .folding import fold
from .render import picture

SECONDS = 1.2  # that a step is shown
MOST = 400  # steps: a film of more is watched by nobody
ACTIVE = "#8a5cc2"
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Mark:
    """One element of the laid-out picture.

    Attributes:
        element: its SVG. group: the box or arrow that it belongs to, as the engine calls it. appears: the step from which on it is
        shown; 0: always.
    """

    element: ET.Element
    group: str
    appears: int = 0


@dataclass
class Film:
    """A picture with the step at which each of its elements appears.

    Attributes:
        root: the SVG. marks: its elements. steps: (phase, node) of each step. outlines: the boxes' outlines by node.
    """

    root: ET.Element
    marks: list[Mark] = field(default_factory=list)
    steps: list[tuple[str, int]] = field(default_factory=list)
    outlines: dict[int, ET.Element] = field(default_factory=dict)

    def shown(self, step: int) -> list[Mark]:
        """The elements of a step; 0 is before the first one."""
        return [mark for mark in self.marks if mark.appears <= step]


def film(trace: Trace, theme: str = "light") -> Film:
    """Lay out a trace, and say when each of its elements appears.

    Raises:
        ValueError: a trace of too many steps, or without numbers. RuntimeError: there is no engine that draws.
    """
    if trace.freed or trace.architecture:
        raise ValueError("slides show values and gradients, and this picture has none: draw the loss before backward()")
    ops = [node.id for node in trace.nodes if node.op is not None]
    swept = [i for i in trace.order if trace.nodes[i].op is not None]
    steps = [("forward", i) for i in ops] + [("backward", i) for i in swept]
    if len(steps) > MOST:
        raise ValueError(f"slides of {len(steps)} steps would be watched by nobody: at most {MOST}; the page has no such limit")
    look = Look("both", values=True, gradients=True, direction="LR", theme=theme)
    source = write(fold(trace, None, False, constants=True), look).source
    ET.register_namespace("", _SVG[1:-1])
    root = ET.fromstring(picture(source, "svg", 60).decode())
    made = Film(root, steps=steps)
    forward = {node: step for step, (phase, node) in enumerate(steps, 1) if phase == "forward"}
    backward = {node: step for step, (phase, node) in enumerate(steps, 1) if phase == "backward"}
    complete = dict(backward)
    for node in swept:  # a leaf's gradient is complete with the last contribution to it
        for operand in trace.nodes[node].operands:
            if operand.node is not None and trace.nodes[operand.node].op is None and operand.contribution is not None:
                complete[operand.node] = max(complete.get(operand.node, 0), backward[node])
    for group in root.iter(f"{_SVG}g"):
        kind, title = group.get("class"), group.findtext(f"{_SVG}title") or ""
        if kind == "node":
            _node(made, group, title, forward, complete)
        elif kind == "edge":
            _edge(made, group, title, backward)
        elif kind in ("graph", "cluster"):
            made.marks += [Mark(e, title) for e in group if e.tag in _DRAWN]
    return made


_DRAWN = {_SVG + name for name in ("polygon", "path", "ellipse", "text", "polyline")}


def _node(made: Film, group: ET.Element, title: str, forward: dict[int, int], complete: dict[int, int]) -> None:
    """A box: its value appears with its step, its gradient when it is complete."""
    node = int(title) if title.isdigit() else -1
    texts = [e for e in group if e.tag == f"{_SVG}text"]
    first_of_gradient = next((i for i, e in enumerate(texts) if (e.text or "").startswith("grad ")), len(texts))
    named = 2  # lines that say what it is: its name and its shape
    for element in group:
        if element.tag not in _DRAWN:
            continue
        mark = Mark(element, title)
        if element.tag == f"{_SVG}text" and node >= 0:
            line = texts.index(element)
            if line >= first_of_gradient:
                mark.appears = complete.get(node, 0)
            elif line >= named:
                mark.appears = forward.get(node, 0)
        elif node >= 0:
            made.outlines.setdefault(node, element)
        made.marks.append(mark)


def _edge(made: Film, group: ET.Element, title: str, backward: dict[int, int]) -> None:
    """An arrow: those of the backward pass, which are dashed, appear in the step of the op that they come from."""
    dashed = any(e.get("stroke-dasharray") for e in group)
    user = title.partition("->")[2]
    for element in group:
        if element.tag in _DRAWN:
            appears = backward.get(int(user), 0) if dashed and user.isdigit() else 0
            made.marks.append(Mark(element, title, appears))


# --------------------------------------------------------------------------------------------------------------------- formats


def animated(made: Film) -> str:
    """The film as one SVG that runs by itself, again and again; who wants no movement sees the last step."""
    count = len(made.steps) + 2  # the last step is shown twice as long
    frames, animations = [], []

    def animate(element: ET.Element, name: str) -> None:
        element.set("class", name)
        rule = f".{name} {{ animation: {name} {SECONDS * count:.1f}s step-end infinite }}"
        if rule not in animations:
            animations.append(rule)

    for step in sorted({mark.appears for mark in made.marks} - {0}):
        start = 100 * step / count
        frames.append(f"@keyframes s{step} {{ 0% {{ opacity: 0 }} {start:.3f}%, 100% {{ opacity: 1 }} }}")
    for mark in made.marks:
        if mark.appears:
            animate(mark.element, f"s{mark.appears}")
    for node, outline in made.outlines.items():
        own = f"stroke: {outline.get('stroke', 'none')}; stroke-width: {outline.get('stroke-width', '1')}"
        parts = [f"0%, 100% {{ {own} }}"]
        for step, (_, visited) in enumerate(made.steps, 1):
            if visited == node:
                begin, end = 100 * step / count, 100 * (step + 1) / count
                parts.append(f"{begin:.3f}% {{ stroke: {ACTIVE}; stroke-width: 3 }} {end:.3f}% {{ {own} }}")
        if len(parts) > 1:
            frames.append(f"@keyframes a{node} {{ {' '.join(parts)} }}")
            animate(outline, f"a{node}")
    style = ET.Element(f"{_SVG}style")
    style.text = "\n".join([*frames, "@media (prefers-reduced-motion: no-preference) {", *animations, "}"])
    made.root.insert(0, style)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(made.root, encoding="unicode") + "\n"


def pages(made: Film, path: Path) -> Path:
    """A PDF with a page for each step."""
    slides = [_drawn(made, step) for step in range(len(made.steps) + 1)]
    from matplotlib.backends.backend_pdf import PdfPages

    content = BytesIO()
    with PdfPages(content) as pdf:
        for slide in slides:
            pdf.savefig(slide)
    return write_file(path, content.getvalue())


def gif(made: Film, path: Path) -> Path:
    """A GIF with a frame for each step."""
    slides = [_drawn(made, step) for step in range(len(made.steps) + 1)]
    from PIL import Image  # which comes with Matplotlib

    frames = []
    for slide in slides:
        image = BytesIO()
        slide.savefig(image, format="png", dpi=110)
        frames.append(Image.open(image).convert("P", palette=Image.Palette.ADAPTIVE, colors=64))
    content = BytesIO()
    frames[0].save(
        content, "GIF", save_all=True, append_images=frames[1:], duration=int(1000 * SECONDS), loop=0, disposal=2
    )  # fmt: skip
    return write_file(path, content.getvalue())


def _drawn(made: Film, step: int) -> Any:
    """One step as a figure of Matplotlib's."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path as Outline
    except ImportError:
        raise ImportError(
            "slides as .gif and .pdf need Matplotlib: pip install 'glassgrad[plot]'; an animated .svg does not"
        ) from None

    left, top, width, height = [float(v) for v in (made.root.get("viewBox") or "0 0 100 100").split()]
    figure = Figure(figsize=(width / 72, height / 72))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(left, left + width)
    axes.set_ylim(top + height, top)
    graph = next(g for g in made.root.iter(f"{_SVG}g") if g.get("class") == "graph")
    shift = re.search(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)", graph.get("transform") or "")
    dx, dy = (float(shift[1]), float(shift[2])) if shift else (0.0, 0.0)
    now = made.steps[step - 1][1] if step else None
    active = made.outlines.get(now) if now is not None else None
    for mark in made.shown(step):
        e = mark.element
        if e.tag == f"{_SVG}text":
            side = {"start": "left", "middle": "center", "end": "right"}[e.get("text-anchor", "start")]
            axes.text(
                float(e.get("x", 0)) + dx, float(e.get("y", 0)) + dy, (e.text or "").strip(), ha=side, va="baseline",
                fontsize=float(e.get("font-size", 11)) * 0.92, color=e.get("fill", "black"),
                weight=e.get("font-weight", "normal"), parse_math=False,
            )  # fmt: skip
            continue
        points, codes = _outline(e)
        fill, stroke = e.get("fill", "black"), e.get("stroke", "black")
        thick = float(e.get("stroke-width", 1))
        axes.add_patch(
            PathPatch(
                Outline([(x + dx, y + dy) for x, y in points], codes),
                facecolor="none" if fill in ("none", "transparent") else fill,
                edgecolor=ACTIVE if e is active else "none" if stroke in ("none", "transparent") else stroke,
                linewidth=2.6 if e is active else thick,
                linestyle=(0, (5, 2)) if e.get("stroke-dasharray") else "solid",
            )
        )
    return figure


def _outline(e: ET.Element) -> tuple[list[tuple[float, float]], list[int]]:
    """The points of a shape and what leads to each: 1 a move, 2 a line, 4 a curve, as Matplotlib counts them."""
    if e.tag == f"{_SVG}ellipse":
        from math import cos, pi, sin

        cx, cy, rx, ry = [float(e.get(name, 0)) for name in ("cx", "cy", "rx", "ry")]
        points = [(cx + rx * cos(2 * pi * i / 60), cy + ry * sin(2 * pi * i / 60)) for i in range(61)]
        return points, [1] + [2] * 60
    numbers = [float(v) for v in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", e.get("points") or e.get("d") or "")]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    curve = e.tag == f"{_SVG}path"
    return points, [1] + [4 if curve else 2] * (len(points) - 1)


__all__ = ["Film", "Mark", "animated", "film", "gif", "pages"]
