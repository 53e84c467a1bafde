"""What a graph is made of, in the words of a textbook: dense layers, activations, a loss, and everything else.

Only patterns are found here; story.py says what follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...engine.graph import PICK, Node
from ..trace.values import saved_input

RESHAPING = {
    "reshape", "view", "permute", "transpose", "squeeze", "unsqueeze", "expand", "clone", "contiguous", "to", "getitem", "cat",
    "stack", "flip",
    "roll", "pad", "self_heads",
}  # fmt: skip


@dataclass
class Dense:
    """A fully connected layer: the node of its pre-activation, and what goes in.

    form: "rows, weight (out, in)": z = a W^T + b; "rows, weight (in, out)": z = a W + b; "columns": z = W a + b.
    inner: the nodes of the product, where it and the bias are ops of their own.
    """

    node: Node
    form: str
    source: Node | None
    weight: Node
    bias: Node | None
    inner: set[Node] = field(default_factory=set)


@dataclass
class Loss:
    """A loss that a textbook knows.

    kind: "square", "cross entropy", "bce" or "bce of logits". prediction: the node it judges. target: the array it should be, in
    the prediction's shape. factor: what the sum over all numbers of losses is multiplied by. inner: its nodes.
    """

    kind: str
    prediction: Node
    target: np.ndarray
    factor: float
    mean: bool
    inner: set[Node] = field(default_factory=set)


class Graph:
    """The nodes of a loss in tape order, who consumes each, and what each is."""

    def __init__(self, nodes: list[Node], root: Node, values: dict[Node, Any]) -> None:
        self.nodes, self.root, self.values = nodes, root, values
        self.consumers: dict[Node, list[Node]] = {node: [] for node in nodes}
        for node in nodes:
            for parent in node.parents:
                if parent is not None:
                    self.consumers[parent].append(node)
        self.loss = self._loss()
        inner = self.loss.inner if self.loss else set()
        self.dense: dict[Node, Dense] = {}
        for node in nodes:
            if node not in inner and (found := self._dense(node)) is not None and not (found.inner & inner):
                self.dense[node] = found
        for found in list(self.dense.values()):  # a product whose bias is added later is a part of that
            for part in found.inner:
                self.dense.pop(part, None)

    # ----------------------------------------------------------------------------------------------------------- small parts
    @staticmethod
    def op(node: Node | None) -> str | None:
        """The name of a node's op; None for a leaf and for a constant."""
        return node.op.name if node is not None and node.op is not None else None

    def is_activation(self, node: Node) -> bool:
        """Whether a node applies a function number by number to what one other node made."""
        op = node.op
        if op is None or op is PICK or not op.elementwise or len(op.inputs) != 1 or op.name in RESHAPING or node.parents[0] is None:
            return False
        return node.parents[0].op is not None

    def is_parameter(self, node: Node) -> bool:
        """Whether a leaf is meant to be learned, as far as one can tell: it was given a name, or is no first operand."""
        if node.label() != "leaf":
            return True
        return not any(c.op is not None and c.op.inputs[0] == "x" and c.parents[0] is node for c in self.consumers[node])

    def only(self, node: Node) -> bool:
        """Whether a node has one consumer."""
        return len(self.consumers[node]) == 1

    # ---------------------------------------------------------------------------------------------------------- dense layers
    def _weight(self, node: Node | None) -> tuple[Node | None, bool, set[Node]]:
        """The matrix that is meant: a leaf, or the transpose of one."""
        if node is None or node.shape is None or len(node.shape) != 2:
            return None, False, set()
        if node.op is None:
            return node, False, set()
        parent = node.parents[0]
        if (
            self.op(node) in ("transpose", "permute")
            and parent is not None
            and parent.op is None
            and node.shape == parent.shape[::-1]
        ):
            params = node.params or {}
            same = params.get("dims") in ((0, 1), [0, 1]) or (params.get("dim0", 0) - params.get("dim1", 1)) % 2 == 0
            return (None, False, set()) if same else (parent, True, {node})
        return None, False, set()

    def _dense(self, node: Node) -> Dense | None:
        op = self.op(node)
        if op == "linear":
            x, weight, bias = (*node.parents, None, None)[:3]
            bias_given = len(node.parents) > 2 and node.parents[2] is None and saved_input(node, 2) is not None
            if (
                weight is not None
                and weight.op is None
                and len(node.shape) == 2
                and not bias_given
                and (bias is None or bias.op is None)
            ):
                return Dense(node, "rows, weight (out, in)", x, weight, bias)
            return None
        if op == "matmul" and len(node.shape) == 2:
            left, right = node.parents
            matrix, turned, inner = self._weight(right)
            if matrix is not None and left is not matrix:
                return Dense(node, "rows, weight (out, in)" if turned else "rows, weight (in, out)", left, matrix, None, inner)
            matrix, turned, inner = self._weight(left)
            if matrix is not None and not turned:
                return Dense(node, "columns", right, matrix, None, inner)
            return None
        if op == "add" and node.shape is not None and len(node.shape) == 2:
            for product, bias in (node.parents, node.parents[::-1]):
                if product is None or bias is None or self.op(product) != "matmul" or bias.op is not None or not self.only(product):
                    continue
                found = self._dense(product)
                if found is None or product.shape != node.shape:
                    continue
                rows = found.form != "columns"
                width = node.shape[1 if rows else 0]
                fits = bias.shape in ((width,), (1, width)) if rows else bias.shape == (width, 1)
                if fits:
                    return Dense(node, found.form, found.source, found.weight, bias, found.inner | {product})
        return None

    # --------------------------------------------------------------------------------------------------------------- losses
    def _loss(self) -> Loss | None:
        node, factor, inner = self.root, 1.0, set()
        while True:
            inner.add(node)
            op = self.op(node)
            if op in ("mul", "div") and len(node.parents) == 2:
                number = next((i for i in (1, 0) if node.parents[i] is None), None)
                if number is None or (op == "div" and number == 0):
                    break
                value = saved_input(node, number)
                if value is None or np.size(value) != 1 or node.shape != ():
                    break
                factor *= float(np.asarray(value).item()) if op == "mul" else 1 / float(np.asarray(value).item())
            elif op == "neg" and node.shape == ():
                factor = -factor
            else:
                break
            parent = next(p for p in node.parents if p is not None)
            if not self.only(parent):
                return None
            node = parent
        op, params = self.op(node), node.params or {}
        mean = True
        if op in ("mean_square", "mse_loss") and params.get("reduction", "mean") == "mean":
            return self._of(node, "square", saved_input(node, 1), factor, True, inner)
        if op == "mean_bce_with_logits":
            return self._of(node, "bce of logits", saved_input(node, 1), factor, True, inner)
        if op in ("cross_entropy", "nll_loss"):
            return self._classes(node, op, params, factor, inner)
        if op in ("mean", "sum") and params.get("dim") is None:
            mean, losses = op == "mean", node.parents[0]
            if losses is None or losses.op is None or not self.only(losses):
                return None
            inner = inner | {losses}
            kind = {"bce": "bce", "bce_with_logits": "bce of logits"}.get(self.op(losses) or "")
            if kind:
                return self._of(losses, kind, saved_input(losses, 1), factor, mean, inner)
            return self._square(losses, factor, mean, inner)
        return None

    def _of(self, node: Node, kind: str, target: Any, factor: float, mean: bool, inner: set[Node]) -> Loss | None:
        prediction = node.parents[0]
        if prediction is None or target is None or prediction.op is None or len([p for p in node.parents if p is not None]) != 1:
            return None
        target = np.broadcast_to(target, node.shape if node.shape else prediction.shape)
        return Loss(kind, prediction, target, factor, mean, inner) if target.shape == prediction.shape else None

    def _square(self, node: Node, factor: float, mean: bool, inner: set[Node]) -> Loss | None:
        """The sum or mean of (a - y)^2, written by hand."""
        op = self.op(node)
        two = op == "pow" and node.parents[1] is None and np.array_equal(saved_input(node, 1), 2)
        twice = op == "mul" and node.parents[0] is node.parents[1]
        d = node.parents[0]
        if not (op == "square" or two or twice) or self.op(d) != "sub" or d is None or len(set(self.consumers[d])) != 1:
            return None
        value = self.values.get(d)
        side = 0 if d.parents[1] is None else 1 if d.parents[0] is None else None
        if side is None or value is None:
            return None
        prediction = d.parents[side]
        if prediction is None or prediction.op is None or prediction.shape != d.shape or self.values.get(prediction) is None:
            return None
        target = self.values[prediction] - value if side == 0 else self.values[prediction] + value
        return Loss("square", prediction, target, factor, mean, inner | {d})

    def _classes(self, node: Node, op: str, params: dict[str, Any], factor: float, inner: set[Node]) -> Loss | None:
        prediction = node.parents[0]
        if op == "nll_loss":
            if self.op(prediction) != "log_softmax" or prediction is None or not self.only(prediction):
                return None
            dim = (prediction.params or {}).get("dim")
            inner = inner | {prediction}
            shape, prediction = prediction.shape, prediction.parents[0]
            if dim not in (1, -1) or len(shape) != 2:
                return None
        target, reduction = params.get("target"), params.get("reduction", "mean")
        if prediction is None or prediction.op is None or len(prediction.shape) != 2 or target is None or np.ndim(target) != 1:
            return None
        plain = params.get("weight") is None and not params.get("label_smoothing") and reduction in ("mean", "sum")
        target = np.asarray(target)
        if not plain or np.any(target == params.get("ignore_index", -100)):
            return None
        chosen = np.zeros(prediction.shape, prediction.dtype)
        chosen[np.arange(len(target)), target] = 1
        return Loss("cross entropy", prediction, chosen, factor, reduction == "mean", inner)
