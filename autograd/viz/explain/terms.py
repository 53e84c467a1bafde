"""Work on expressions for explanations: names of a graph in the place of an op's, what is known worked out, factors."""

from __future__ import annotations

import ast
from copy import deepcopy
from fractions import Fraction
from typing import Any

from ...engine.graph import Node
from .graph import Graph
from .source import substituted
from .symbols import Symbol


def parsed(text: str) -> ast.expr:
    """An expression from its text."""
    return ast.parse(text, mode="eval").body


class Put(ast.NodeTransformer):
    """Puts the names of a graph in the place of an op's: x, y[0], g; and ``d(x)`` as the left-hand side's own gradient."""

    def __init__(self, names: dict[str, ast.expr], left: ast.expr) -> None:
        self.names, self.left = names, left

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id.endswith("_shape") and isinstance(known := self.names.get(node.id[:-6]), ast.Name):
            return ast.Name(known.id + "_shape")
        return deepcopy(self.names.get(node.id, node))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        key = ast.unparse(node)
        if key in self.names:
            return deepcopy(self.names[key])
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "d":
            return deepcopy(self.names.get(ast.unparse(node), self.left))
        node.args = [self.visit(a) for a in node.args]
        node.keywords = [self.visit(k) for k in node.keywords]
        return node


def slope_of(tree: ast.expr) -> ast.expr:
    """The factor by which a rule multiplies the incoming gradient."""

    class One(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.AST:
            return ast.Constant(1) if node.id == "g" else node

    class Simpler(ast.NodeTransformer):
        def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
            self.generic_visit(node)
            if isinstance(node.op, ast.Mult):
                for side, other in ((node.left, node.right), (node.right, node.left)):
                    if isinstance(side, ast.Constant) and side.value == 1 and type(side.value) is int:
                        return other
            return node

    made: ast.expr = Simpler().visit(One().visit(deepcopy(tree)))
    return ast.fix_missing_locations(made)


def with_params(tree: ast.expr, node: Node) -> ast.expr:
    params: dict[str, ast.expr] = {k: ast.Constant(v) for k, v in (node.params or {}).items() if isinstance(v, int | float | str)}
    op = node.op
    assert op is not None
    for name, default in op.defaults.items():
        if name not in params and isinstance(default, int | float | str):
            params[name] = ast.Constant(default)
    return substituted(tree, params)


def parsed_terms(text: str) -> list[Any]:
    """The terms of a sum."""
    tree = parsed(text)
    return [tree.left, tree.right] if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub) else [tree]


def scaled(text: str, factor: float, over: str) -> str:
    """An expression times a factor, as a fraction where it is one, over n."""
    whole = Fraction(factor).limit_denominator(1000)
    if float(whole) != factor:
        return f"{factor!r} * ({text})" + (f" / {over}" if over else "")
    if text.startswith("2 * "):
        whole, text = whole * 2, text[4:]
    if text.startswith("-"):
        whole, text = -whole, text[1:]
    above, below = whole.numerator, whole.denominator
    if len(parsed_terms(text)) > 1:
        text = f"({text})"
    made = text if above == 1 else f"-{text}" if above == -1 else f"{above} * {text}"
    divisor = " * ".join(([str(below)] if below != 1 else []) + ([over] if over else []))
    return made if not divisor else f"{made} / {divisor}" if "*" not in divisor else f"{made} / ({divisor})"


def options_of(node: Node) -> dict[str, Any]:
    """The options of a call that a reader of its formula needs."""
    found = {}
    for key, value in (node.params or {}).items():
        if isinstance(value, tuple) and value and all(v == value[0] for v in value) and key not in ("dim", "dims", "shape", "size"):
            value = value[0]
        if key in ("dim", "dims") and isinstance(value, tuple) and len(value) == 1:
            value = value[0]
        if (isinstance(value, bool | int | float | str | tuple) and key not in ("keepdim", "dtype")) or key == "dim":
            found[key] = value
    return found


def leaf_name(node: Node, variable: str, symbol: Symbol) -> str:
    """What a leaf is called: its own name, else the user's variable, else the symbol's letters."""
    name = node.label()
    return name if name != "leaf" else variable or "".join(part for part in (symbol.base, symbol.upper, symbol.lower) if part)


def repeated_blocks(graph: Graph) -> list[tuple[str, str]]:
    """Blocks of modules (``layers.1``) that do the same as an earlier one (``layers.0``)."""
    blocks: dict[str, list[tuple[Any, ...]]] = {}
    for node in graph.nodes:
        if node.op is None or not node.layer:
            continue
        parts = str(node.layer).split(".")
        for i, part in enumerate(parts):
            if part.isdigit():
                path = ".".join(parts[: i + 1])
                blocks.setdefault(path, []).append((node.op.name, ".".join(parts[i + 1 :]), node.shape))
    first: dict[tuple[Any, ...], str] = {}
    found: list[tuple[str, str]] = []
    for path, content in blocks.items():
        if len(content) < 4 or any(path.startswith(later + ".") for later, _ in found):
            continue
        key = (path.rpartition(".")[0], tuple(content))
        if key in first:
            found.append((path, first[key]))
        else:
            first[key] = path
    return found
