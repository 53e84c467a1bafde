"""The equations of one op in a graph, as a textbook tells them, or else as its declaration says them."""

from __future__ import annotations

import ast
from copy import deepcopy
from typing import Any

import numpy as np

from ...engine.graph import Node
from ..trace import watching
from ..trace.values import saved_input
from .calls import Call, PutIn, folded, literal
from .formula import formulas, scalars
from .tellings import TELLINGS, Telling

Line = tuple[ast.expr | None, ast.expr]  # the left-hand side, None for the value or gradient itself, and the right-hand side


def constant_of(node: Node, i: int) -> Any:
    """The operand number i of a node, an array or number without a gradient: as ``watch`` saw it, or as the node saved it."""
    note = watching.notes.get(node)
    seen = note.constants.get(i) if note is not None else None
    return seen.value if seen is not None else saved_input(node, i)


def call_of(node: Node) -> Call:
    """A node's call, with the shapes of its operands."""
    op = node.op
    assert op is not None
    shapes: list[Any] = []
    for i, parent in enumerate(node.parents):
        value = constant_of(node, i) if parent is None else None
        known = parent.shape if parent is not None else np.shape(value) if value is not None else None
        missing = parent is None and value is None and (op.variadic or i < op.required)
        shapes.append(node.shape if missing else known)  # a constant that no rule needed: its shape was not kept
    return Call(op, node.params or {}, shapes, node.shape if op.outputs == 1 else node.layout[0][0])


class Told:
    """The equations of one op: letters of its own (``letters``), numbers (``scalars``), and lines for its value and gradients."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.call = call_of(node)
        self.telling: Telling | None = TELLINGS.get(self.call.op.name)
        self.scalars = set(scalars(self.call.op))
        self.causal = bool(self.call.given.get("causal"))
        drop = self.call.given.get("drop")
        self.drop = drop if isinstance(drop, np.ndarray) else None

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the outputs are called, if nothing else uses them."""
        return ("y", *(self.telling.outputs if self.telling else ()))

    def lines(self, which: str) -> list[Line]:
        """The equations of "y" or of the gradient of an input; the definitions first, the thing itself last."""
        if self.telling is not None:
            texts = self.telling.forward if which == "y" else self.telling.backward.get(which, ())
            return [line for text in texts for line in self._parsed(text)]
        found = self.call.formulas().get(which)
        if found is None:
            return []
        where = [(ast.parse(name, mode="eval").body, value) for name, value in found.where if ast.unparse(value) != name]
        return [*reversed(where), (found.left, found.tree)] if which != "y" else [*where, (found.left, found.tree)]

    def indexed(self, which: str) -> bool:
        """Whether the last line holds for every index."""
        found = None if self.telling is not None else formulas(self.call.op).get(which)
        return found is not None and found.indexed

    def _parsed(self, text: str) -> list[Line]:
        tree = ast.parse(text, mode="eval").body
        assert isinstance(tree, ast.Compare)
        lines: list[Line] = []
        put = PutIn(self.call, {"scale", "drop", "mask", "nonlinearity", "slope"})
        special = _Special(self)
        left, right = put.visit(deepcopy(tree.left)), special.visit(put.visit(deepcopy(tree.comparators[0])))
        if special.width:
            lines.append((ast.Name("d_k"), ast.Constant(special.width)))
        return [*lines, (left, right)]


class _Special(ast.NodeTransformer):
    """What a telling's words for options mean in this call."""

    def __init__(self, told: Told) -> None:
        self.told, self.given, self.width = told, told.call.given, 0

    def visit_Name(self, node: ast.Name) -> ast.AST:
        told = self.told
        if node.id == "drop" and told.drop is None:
            return ast.Constant(1)
        if node.id == "mask":
            has = len(told.call.shapes) > 3 and told.call.shapes[3] is not None
            parts = [ast.Name(name) for name, there in (("mask", has), ("M", told.causal)) if there]
            return ast.Constant(0) if not parts else parts[0] if len(parts) == 1 else ast.BinOp(parts[0], ast.Add(), parts[1])
        if node.id == "slope":
            return ast.parse("1 - y[t] ** 2" if self.given["nonlinearity"] == "tanh" else "y[t] > 0", mode="eval").body
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if isinstance(node.op, ast.Mult) and isinstance(node.right, ast.Name) and node.right.id == "scale":
            return self._scaled(self.visit(node.left))
        self.generic_visit(node)
        return folded(node)

    def _scaled(self, tree: ast.expr) -> ast.expr:
        scale, shape = self.given["scale"], self.told.call.shapes[0]
        if shape and abs(scale * shape[-1] ** 0.5 - 1) < 1e-6:
            self.width = shape[-1]
            return ast.BinOp(tree, ast.Div(), ast.parse("sqrt(d_k)", mode="eval").body)
        return folded(ast.BinOp(literal(scale), ast.Mult(), tree)) if scale != 1 else tree

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "nonlinearity":
            node.func = ast.Name({"tanh": "tanh", "relu": "relu"}[self.given["nonlinearity"]])
        return node


__all__ = ["Line", "Told", "call_of", "constant_of"]
