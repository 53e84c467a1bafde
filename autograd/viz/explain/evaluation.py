"""The language of formulas in NumPy: what each of its functions computes, so that a formula can be evaluated as it is printed."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from .source import names_in


def total(x: Any, dim: Any = None) -> Any:
    """The sum, over a dimension that stays with length 1."""
    return np.sum(x, axis=dim, keepdims=True) if dim is not None else np.sum(x)


def mean(x: Any, dim: Any = None) -> Any:
    """The mean, over a dimension that stays with length 1."""
    return np.mean(x, axis=dim, keepdims=True) if dim is not None else np.mean(x)


def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))


def softplus(x: Any) -> Any:
    """log(1 + e^x)."""
    return np.logaddexp(0, x)


def softmax(x: Any, dim: int = -1) -> Any:
    """e^x / sum(e^x) along a dimension."""
    e = np.exp(x - np.max(x, axis=dim, keepdims=True))
    return e / np.sum(e, axis=dim, keepdims=True)


def normal(x: Any) -> Any:
    """The distribution function of the standard normal distribution."""
    from scipy.special import ndtr

    return ndtr(x)


def density(x: Any) -> Any:
    """The density of the standard normal distribution."""
    return np.exp(-0.5 * np.square(x)) / np.sqrt(2 * np.pi)


FUNCTIONS: dict[str, Any] = {
    "np": np, "pi": np.pi, "inf": np.inf, "nan": np.nan, "sum": total, "mean": mean, "sigmoid": sigmoid, "logistic": sigmoid,
    "sigma": sigmoid,
    "softplus": softplus, "softmax": softmax, "Phi": normal, "phi": density, "where": np.where, "abs": np.abs, "real": np.real,
    "imag": np.imag, "conj": np.conj, "divided_or_zero": np.divide, "square": np.square, "count": np.size,
    "concat": np.concatenate,
    "spread": lambda x, *dim: x,
    "inv": np.linalg.inv, "det": np.linalg.det, "tr": lambda x: np.trace(x, axis1=-2, axis2=-1), "clip": np.clip, "stack": np.stack,
}  # fmt: skip


class Names(dict[str, Any]):
    """Names for ``eval``: values that were given, then the functions of formulas, then NumPy's, then SciPy's special ones."""

    def __missing__(self, name: str) -> Any:
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        for module in (np, np.linalg):
            if hasattr(module, name):
                return getattr(module, name)
        import scipy.special

        if hasattr(scipy.special, name):
            return getattr(scipy.special, name)
        raise KeyError(name)


class _Elementwise(ast.NodeTransformer):
    """``a if c else b`` for arrays, and comparisons that hold for some elements only."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.test, ast.Compare) and any(
            isinstance(c, ast.Constant) and isinstance(c.value, str) for c in node.test.comparators
        ):
            return node  # one parameter decides
        return ast.Call(ast.Name("where", ast.Load()), [node.test, node.body, node.orelse], [])


def evaluate(tree: ast.expr, names: Mapping[str, Any], where: list[tuple[str, ast.expr]] | tuple[()] = ()) -> Any:
    """The value of an expression; definitions are evaluated first, those first that others use."""
    known, todo = Names(names), list(where)
    while todo:
        name, value = todo.pop(0)
        if any(n in other.split(", ") for other, _ in todo for n in names_in(value)):
            todo.append((name, value))  # it uses one that is defined after it
            continue
        made = evaluate(value, known)
        parts = name.split(", ")
        known.update(zip(parts, made, strict=True) if len(parts) > 1 else {name: made}.items())
    body = ast.Expression(ast.fix_missing_locations(_Elementwise().visit(_loads(deepcopy(tree)))))
    return eval(compile(ast.fix_missing_locations(body), "<formula>", "eval"), {"__builtins__": {}}, known)


def _loads(tree: ast.expr) -> ast.expr:
    """The expression with what a hand-made one may lack."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Tuple | ast.List) and not hasattr(node, "ctx"):
            node.ctx = ast.Load()
    return tree
