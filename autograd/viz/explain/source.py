"""A rule is mathematics written in Python: here its expression is found in the source, so that what is shown is what is run."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np

# Constants of the modules with ops, as they are read.
_CONSTANTS = {
    "_LN2": "log(2)", "_LN10": "log(10)", "_ROOT_PI": "sqrt(pi)", "_ROOT_2PI": "sqrt(2 * pi)", "_ROOT": "sqrt(2 / pi)",
}  # fmt: skip
# Helpers that only keep a number from leaving its range, look at its dtype, or lay memory out: a reader sees through them.
_TRANSPARENT = {
    "_checked_float",
    "_checked_ordered",
    "_checked_real",
    "asarray",
    "ascontiguousarray",
    "array",
    "in_rows",
}


@cache
def _functions(file: str) -> list[ast.AST]:
    """All functions in a file; an empty list where the source is not to be had."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return []
    return [n for n in ast.walk(tree) if isinstance(n, ast.Lambda | ast.FunctionDef)]


def definition(function: Callable[..., Any]) -> ast.Lambda | ast.FunctionDef | None:
    """The syntax tree of a function or lambda: the innermost one in which all of its instructions lie."""
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    places = [p for p in code.co_positions() if None not in p and p[2] != p[3]]
    found: Any = None
    for node in _functions(inspect.getfile(code)):
        if isinstance(node, ast.FunctionDef):
            if node.name == code.co_name and node.lineno <= code.co_firstlineno <= node.body[0].lineno:
                return node
            continue
        if not isinstance(node, ast.Lambda) or code.co_name != "<lambda>":
            continue
        body = node.body
        start, end = (body.lineno, body.col_offset), (body.end_lineno or 0, body.end_col_offset or 0)
        if (
            all((p[0], p[2]) >= start and (p[1], p[3]) <= end for p in places)
            and _names(node) == code.co_varnames[: code.co_argcount]
        ) and (found is None or (found.body.lineno, found.body.col_offset) <= start):
            found = node
    return found


def _names(node: ast.Lambda | ast.FunctionDef) -> tuple[str, ...]:
    return tuple(a.arg for a in [*node.args.posonlyargs, *node.args.args])


def _returned(node: ast.Lambda | ast.FunctionDef | None) -> ast.expr | None:
    """What a function returns, if that is all it does."""
    if node is None:
        return None
    if isinstance(node, ast.Lambda):
        return node.body
    body = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None


def expression(function: Callable[..., Any], names: tuple[str, ...] = ()) -> ast.expr | None:
    """The one expression that a function computes, with small helpers written out, or None if there is more to it.

    Args:
        function: a lambda, a function whose body is one return, or a NumPy function (with ``names`` for its arguments).
    """
    if isinstance(function, np.ufunc) or getattr(function, "__module__", "").startswith("numpy"):
        name = function.__name__
        return ast.Call(ast.Name(name), [ast.Name(n) for n in names], [])
    found = _returned(definition(function))
    if found is None:
        return None
    return ast.fix_missing_locations(_Inline(function).visit(deepcopy(found)))


class _Inline(ast.NodeTransformer):
    """Writes out private helpers of one expression, and names constants."""

    def __init__(self, function: Callable[..., Any], depth: int = 0) -> None:
        self.known = dict(getattr(function, "__globals__", {}))
        closure = inspect.getclosurevars(function).nonlocals if getattr(function, "__closure__", None) else {}
        self.known.update(closure)
        self.depth = depth

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in _CONSTANTS and isinstance(self.known.get(node.id), float):
            return ast.parse(_CONSTANTS[node.id], mode="eval").body
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _TRANSPARENT and node.args:
            return node.args[0]
        if name == "zero_unless" and len(node.args) == 2:
            return ast.BinOp(node.args[0], ast.Mult(), node.args[1])  # the same wherever g is finite
        if not isinstance(node.func, ast.Name):
            return node
        helper = self.known.get(node.func.id)
        if not node.func.id.startswith("_") or self.depth > 3 or not inspect.isfunction(helper) or node.keywords:
            return node
        tree = definition(helper)
        body = _returned(tree)
        if body is None or tree is None or len(_names(tree)) != len(node.args):
            return node
        body = _Inline(helper, self.depth + 1).visit(deepcopy(body))
        return _Substitute(dict(zip(_names(tree), node.args, strict=True))).visit(body)


class _Substitute(ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, values: dict[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return deepcopy(self.values[node.id]) if node.id in self.values else node


def readable(tree: ast.expr) -> bool:
    """Whether an expression says what it computes: no private helper, no loop, no care for dtypes and shapes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.Lambda | ast.Starred):
            return False
        if isinstance(node, ast.Attribute) and node.attr in ("dtype", "kind", "shape", "ndim", "size"):
            return False
        if isinstance(node, ast.Call):
            name = (
                node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else "_"
            )
            if name.startswith("_") or name in ("axes", "isinstance", "len", "numbers_of", "accumulate", "copy"):
                return False
    return True


def substituted(tree: ast.expr, values: dict[str, ast.expr]) -> ast.expr:
    """The expression with other expressions in the place of names."""
    made: ast.expr = ast.fix_missing_locations(_Substitute(values).visit(deepcopy(tree)))
    return made


def names_in(tree: ast.AST) -> list[str]:
    """The names that occur, in order, functions left out."""
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called]
    return list(dict.fromkeys(n.id for n in sorted(found, key=lambda n: (getattr(n, "lineno", 0), getattr(n, "col_offset", 0)))))
