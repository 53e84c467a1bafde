"""Functions that libraries have under names of their own, as mathematics writes them."""

from __future__ import annotations

import ast
from collections.abc import Callable

# Special functions: their mathematical name, and how many of their arguments are orders, which stand below it.
NAMED = {
    "jv": ("J", 1), "yv": ("Y", 1), "iv": ("I", 1), "kv": ("K", 1), "eval_chebyt": ("T", 1), "eval_chebyu": ("U", 1),
    "eval_legendre": ("P", 1), "eval_hermite": ("H", 1), "eval_hermitenorm": ("He", 1), "eval_gegenbauer": ("C", 2),
    "eval_genlaguerre": ("L", 2), "gammainc": ("P", 0), "gammaincc": ("Q", 0), "digamma": ("psi", 0), "zeta": ("zeta", 0),
    "Ai": ("Ai", 0), "dAi": ("Ai'", 0),
}  # fmt: skip


def _times(*factors: ast.expr) -> ast.expr:
    made = factors[0]
    for factor in factors[1:]:
        made = ast.BinOp(made, ast.Mult(), factor)
    return made


def _function_of(name: str, *args: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(args), [])


# Functions that exist for their precision only: what a textbook writes.
WRITTEN_OUT: dict[str, Callable[..., ast.expr]] = {
    "expm1": lambda x: ast.BinOp(_function_of("exp", x), ast.Sub(), ast.Constant(1)),
    "log1p": lambda x: _function_of("log", ast.BinOp(ast.Constant(1), ast.Add(), x)),
    "erfcx": lambda x: _times(_function_of("exp", ast.BinOp(x, ast.Pow(), ast.Constant(2))), _function_of("erfc", x)),
    "ive": lambda n, x: _times(
        _function_of("exp", ast.UnaryOp(ast.USub(), _function_of("abs", _function_of("real", x)))), _function_of("iv", n, x)
    ),
    "kve": lambda n, x: _times(_function_of("exp", x), _function_of("kv", n, x)),
    "ldexp": lambda x, n: _times(x, ast.BinOp(ast.Constant(2), ast.Pow(), n)),
    "expm": lambda x: _function_of("exp", x),
    "clip": lambda x, low, high: _function_of("minimum", _function_of("maximum", x, low), high),
}

__all__ = ["NAMED", "WRITTEN_OUT"]
