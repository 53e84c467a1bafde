"""The backward graph as DOT: which ops the gradient passes, and which leaves it reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import GraphError
from ..gradients import node_of
from ..graph import Node

if TYPE_CHECKING:
    from graphviz import Digraph


def reachable(root: Node) -> list[Node]:
    """The nodes that a gradient at the root can reach, oldest first; a loop, so depth does not matter."""
    seen = {root}
    stack = [root]
    while stack:
        for parent in stack.pop().parents:
            if parent is not None and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=lambda node: node.sequence)


def shape_text(shape: Any) -> str:
    """A shape as a label: ``32 x 64``, ``scalar``; several outputs are joined."""
    if shape is None:
        return ""
    if shape and isinstance(shape[0], tuple):
        return ", ".join(shape_text(s) for s in shape)
    return " x ".join(map(str, shape)) or "scalar"


def to_dot(loss: Any, names: Mapping[str, Any] | None = None) -> Digraph:
    """The backward graph of a tensor, from the loss down to the leaves, as a ``graphviz.Digraph``.

    Ops are ellipses with their layer, leaves are boxes with their names and shapes; an arrow is a contribution to a gradient, with
    its shape. Making the DOT text needs no graphviz program; ``render`` makes a picture of it.

    Args:
        loss: a tensor that needs a gradient.
        names: names for leaves, such as ``{"W1": W1}``; a leaf that was named (``t.name = ...``) needs none.

    Raises:
        GraphError: the tensor has no graph.

    Example:
        >>> import autograd.viz
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> dot = autograd.viz.to_dot((w * w).sum(), names={"w": w})
        >>> print(dot.source.expandtabs(4))
        digraph backward {
            graph [bgcolor=white fontname=Helvetica rankdir=TB]
            node [fontname=Helvetica fontsize=11]
            edge [fontname=Helvetica fontsize=9]
            2 [label="sum\\nscalar" fillcolor="#dbe9f6" shape=ellipse style=filled]
            1 [label="mul\\n2" fillcolor="#dbe9f6" shape=ellipse style=filled]
            0 [label="w\\n2" fillcolor="#d9f0d3" shape=box style=filled]
            2 -> 1 [label=2]
            1 -> 0 [label=2]
            1 -> 0 [label=2]
        }
        <BLANKLINE>
    """
    from graphviz import Digraph, escape

    root = node_of(loss)
    if root is None:
        raise GraphError("nothing to draw: the tensor does not require grad, so it has no graph")
    given = {node_of(t): name for name, t in (names or {}).items()}
    nodes = reachable(root)
    number = {node: i for i, node in enumerate(nodes)}
    dot = Digraph("backward")
    dot.attr("graph", bgcolor="white", fontname="Helvetica", rankdir="TB")
    dot.attr("node", fontname="Helvetica", fontsize="11")
    dot.attr("edge", fontname="Helvetica", fontsize="9")
    for node in reversed(nodes):
        lines = [given.get(node) or node.name(), *([node.layer] if node.layer else []), shape_text(node.shape)]
        label = "\\n".join(escape(line) for line in lines)
        if node.plan is None:
            dot.node(str(number[node]), label, shape="box", style="filled", fillcolor="#d9f0d3")
        else:
            dot.node(str(number[node]), label, shape="ellipse", style="filled", fillcolor="#dbe9f6")
    for node in reversed(nodes):
        for parent in node.parents:
            if parent is not None:
                dot.edge(str(number[node]), str(number[parent]), label=shape_text(parent.shape))
    return dot
