"""Facts that a loss's graph shows without values: the parameters that it reaches, in order, and activations that the loss
applies a second time. It works after ``backward`` too, which frees the values but not the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.gradients import node_of
from ...engine.graph import Node
from ...types import Tensor
from ..trace.tape import reachable

# Ops that only reshape or pick the numbers of their first operand: the loss gets the numbers of the op before them.
PASSING = {
    "reshape", "view", "flatten", "unflatten", "squeeze", "unsqueeze", "transpose", "permute", "swapaxes", "moveaxis", "getitem",
    "output", "contiguous", "clone", "astype", "boundary", "select", "narrow", "expand", "identity", "stack", "cat", "concatenate",
    "mul_scalar", "copy", "squeeze_all", "to",
}  # fmt: skip

# (the op of the loss, the op it must not follow) -> the activation that the loss applies by itself; None: applied twice, harmless
MISUSES = {
    ("cross_entropy", "softmax"): "softmax before cross-entropy",
    ("cross_entropy", "log_softmax"): "log_softmax before cross-entropy",
    ("cross_entropy", "sigmoid"): "sigmoid before cross-entropy",
    ("log_softmax", "softmax"): "softmax before cross-entropy",
    ("log_softmax", "log_softmax"): "log_softmax before cross-entropy",
    ("nll_loss", "softmax"): "softmax before nll_loss",
    ("bce_with_logits", "sigmoid"): "sigmoid before bce_with_logits",
    ("bce_with_logits", "softmax"): "softmax before bce_with_logits",
    ("mean_bce_with_logits", "sigmoid"): "sigmoid before bce_with_logits",
    ("mean_bce_with_logits", "softmax"): "softmax before bce_with_logits",
}
_JUDGING = {loss for loss, _ in MISUSES}


def nodes_of(loss: Tensor) -> list[Node]:
    """The nodes of a loss's graph, oldest first; none if it has no graph."""
    root = node_of(loss)
    return reachable(root) if root is not None else []


def facts(loss: Tensor, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Find out which parameters a loss's graph reaches, and which activations the loss applies a second time.

    Args:
        loss: a tensor, before or after ``backward``. parameters: name -> tensor.

    Returns:
        order: names of the parameters that the graph reaches, in the order in which the forward pass used them.
        misuses: [what is wrong, layer of the activation, op of the loss] for each activation that the loss applies again.
        broadcasts: [op, shape, shape, shape of the result] where a column meets a row on the way from the prediction to the loss.
        last: the titles of activations that no parameter comes after. classes: of a mean cross-entropy, else 0.
    """
    nodes = nodes_of(loss)
    name_of = {node_of(p): name for name, p in parameters.items() if node_of(p) is not None}
    order: dict[str, None] = {}
    misuses: list[list[str]] = []
    beyond = 0  # the place on the tape behind the last use of a parameter
    for i, node in enumerate(nodes):
        for parent in node.parents:
            if parent in name_of:
                order.setdefault(name_of[parent])
                beyond = i + 1
        name = node.op.name if node.op is not None else ""
        if name in _JUDGING:
            before = producer(node)
            if before is not None and (name, before.label()) in MISUSES:
                misuse = [MISUSES[name, before.label()], place(before), name]
                misuses += [misuse] if misuse not in misuses else []
    behind = nodes[beyond:] if order else []
    return {
        "order": list(order),
        "misuses": misuses,
        "broadcasts": [found for node in behind if (found := _broadcast(node)) is not None],
        "last": [title(node) for node in behind if node.op is not None],
        "classes": _classes(nodes[-1]) if nodes else 0,
    }


def _broadcast(node: Node) -> list[str] | None:
    """Of an op on a column (n, 1) and a row (n,), with a result (n, n): the op and the shapes. Two numbers of one tensor may be
    compared pair by pair; a prediction and its target may not."""
    shape = node.shape
    if node.op is None or node.op.name not in _PAIRING or shape is None or len(shape) != 2 or shape[0] != shape[1] or shape[0] < 2:
        return None
    n = shape[0]
    known = [None if p is None else p.shape for p in node.parents]
    column, row = (n, 1), (n,)
    if known in ([column, None], [row, None], [None, column], [None, row]):
        known = [(row if column in known else column) if s is None else s for s in known]  # what alone makes this shape
    if known not in ([column, row], [row, column]):
        return None
    sources = {_source(p) for p in node.parents}
    return [node.op.name, *[str(s) for s in known], str(shape)] if len(sources) > 1 else None


_PAIRING = {"add", "sub", "mul", "div", "maximum", "minimum", "hypot", "logaddexp"}


def _source(node: Node | None) -> Node | None:
    while node is not None and node.label() in PASSING and node.parents and node.parents[0] is not None:
        node = node.parents[0]
    return node


def _classes(root: Node) -> int:
    """How many classes a loss tells apart, if it is a mean cross-entropy and nothing else."""
    node: Node | None = root
    if root.label() == "nll_loss":
        node = producer(root)
        if node is None or node.label() not in ("log_softmax", "log"):
            return 0
    elif root.label() != "cross_entropy":
        return 0
    scores = node.parents[0] if node is not None and node.parents else None
    shape = scores.shape if scores is not None else None
    mean = root.shape == () and (root.params or {}).get("reduction", "mean") == "mean"
    return int(shape[1]) if shape is not None and len(shape) > 1 and mean else 0


def producer(node: Node) -> Node | None:
    """The node that computed the numbers of a node's first operand, across ops that only reshape or pick."""
    found = node.parents[0] if node.parents else None
    while found is not None and found.label() in PASSING and found.parents and found.parents[0] is not None:
        found = found.parents[0]
    return found


def place(node: Node) -> str:
    """The layer that made a node: its path, or the op's name where the node was made outside of all layers."""
    layer = node.layer
    return str(layer) if layer else node.label()


def title(node: Node) -> str:
    """The name of an activation function: its layer, if it is one (``encoder.act``), else the layer that it is applied to
    (``relu(fc1)``)."""
    name = node.label()
    if getattr(node.layer, "kind", "").lower() == name.replace("_", "") and node.layer:
        return str(node.layer)
    before = producer(node)
    if before is not None and before.layer:
        return f"{name}({before.layer})"
    return f"{node.layer}.{name}" if node.layer else name


__all__ = ["facts", "nodes_of", "place", "producer", "title"]
