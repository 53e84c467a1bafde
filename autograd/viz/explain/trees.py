"""Formulas as JSON, for a reader in another language: the very trees that are typeset.

TREE  a number, true, false or null; a name as a string; or a list: an operator or a function, and what it is applied to
      ["'", text] a text, [",", ...] a tuple, [":", start, stop, step] a slice, ["[]", x, index], [".", x, attribute],
      ["?", test, yes, no], ["neg", x], ["not", x], ["=", name, x] an argument by name, ["d", name] a gradient
"""

from __future__ import annotations

import ast
import math
from typing import Any

from .formula import Formula

_OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**", ast.MatMult: "@",
    ast.BitAnd: "&", ast.BitOr: "|", ast.And: "&", ast.Or: "|", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Eq: "==", ast.NotEq: "!=", ast.Is: "==", ast.IsNot: "!=",
}  # fmt: skip


def formula_json(formula: Formula) -> dict[str, Any]:
    """A formula: its "tree", the definitions in "where", and for an equation of every index its "left" side."""
    made: dict[str, Any] = {"tree": tree_json(formula.tree)}
    if formula.where:
        made["where"] = [[name, tree_json(value)] for name, value in formula.where]
    if formula.left is not None:
        made["left"] = tree_json(formula.left)
    return made


def tree_json(tree: Any) -> Any:
    """An expression as lists, names and numbers.

    Raises:
        LookupError: it has something that the language has not.
    """
    if isinstance(tree, ast.Constant):
        return _constant(tree.value)
    if isinstance(tree, ast.Name):
        return tree.id
    if isinstance(tree, ast.BinOp):
        return [_OPERATORS[type(tree.op)], tree_json(tree.left), tree_json(tree.right)]
    if isinstance(tree, ast.UnaryOp):
        sign = {ast.USub: "neg", ast.Not: "not", ast.Invert: "not"}[type(tree.op)]
        return [sign, tree_json(tree.operand)]
    if isinstance(tree, ast.BoolOp):
        return _chained(_OPERATORS[type(tree.op)], [tree_json(v) for v in tree.values])
    if isinstance(tree, ast.Compare):
        sides = [tree_json(side) for side in (tree.left, *tree.comparators)]
        pairs = [[_OPERATORS[type(op)], a, b] for op, a, b in zip(tree.ops, sides, sides[1:], strict=False)]
        return _chained("&", pairs)
    if isinstance(tree, ast.IfExp) and ast.unparse(tree.test).startswith("is_real("):
        return tree_json(tree.body)  # the reader has real numbers only
    if isinstance(tree, ast.IfExp):
        return ["?", tree_json(tree.test), tree_json(tree.body), tree_json(tree.orelse)]
    if isinstance(tree, ast.Tuple | ast.List):
        return [",", *map(tree_json, tree.elts)]
    if isinstance(tree, ast.Slice):
        return [":", *[None if part is None else tree_json(part) for part in (tree.lower, tree.upper, tree.step)]]
    if isinstance(tree, ast.Subscript):
        return ["[]", tree_json(tree.value), tree_json(tree.slice)]
    if isinstance(tree, ast.Attribute):
        return "pi" if ast.unparse(tree) in ("np.pi", "math.pi") else [".", tree_json(tree.value), tree.attr]
    if isinstance(tree, ast.Call):
        return _call(tree)
    raise LookupError(f"the language of formulas has no {type(tree).__name__}")


def _call(tree: ast.Call) -> Any:
    named = [["=", k.arg, tree_json(k.value)] for k in tree.keywords]
    if isinstance(tree.func, ast.Name):
        return [tree.func.id, *map(tree_json, tree.args), *named]
    if isinstance(tree.func, ast.Attribute):
        owner = [] if ast.unparse(tree.func.value) in ("np", "np.linalg") else [tree_json(tree.func.value)]
        return [tree.func.attr, *owner, *map(tree_json, tree.args), *named]
    raise LookupError(f"the language of formulas has no call of {ast.unparse(tree.func)}")


def _chained(sign: str, parts: list[Any]) -> Any:
    made = parts[0]
    for part in parts[1:]:
        made = [sign, made, part]
    return made


def _constant(value: Any) -> Any:
    if isinstance(value, str):
        return ["'", value]
    if value is Ellipsis:
        return ["'", "..."]
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "nan" if math.isnan(value) else "inf" if value > 0 else ["neg", "inf"]
    raise LookupError(f"the language of formulas has no {type(value).__name__}")


__all__ = ["formula_json", "tree_json"]
