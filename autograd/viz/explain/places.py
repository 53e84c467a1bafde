"""How formulas write where something is: picked at a place, put back there, copied along a dimension, summed up to it."""

from __future__ import annotations

import ast
from typing import Any

ADD, MUL, ATOM = 1, 2, 5  # how tightly a thing holds together, as in typeset.py


def _is_none(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Constant) and tree.value is None


def copies(args: list[ast.expr], keywords: dict[str, ast.expr]) -> ast.expr:
    """Copies along dimensions: ones along these, times the array."""
    dim = args[1] if len(args) > 1 else keywords.get("dim")
    along = [] if dim is None or _is_none(dim) else [dim]
    return ast.BinOp(ast.Call(ast.Name("ones_along", ast.Load()), along, []), ast.Mult(), args[0])


def uncopied(tree: ast.expr) -> ast.expr:
    """What is copied for a comparison, which copies by itself."""
    return tree.args[0] if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "spread" else tree


class Places:
    """The methods of a Typesetter for places; its other methods are used by name."""

    style: Any
    at: Any
    write: Any
    expr: Any
    place: Any
    over: Any
    dimensions: Any
    on_subscript: Any
    on_ifexp: Any

    def call_unindex(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        index = args[1] if len(args) > 1 else keywords.get("index", ast.Name("index"))
        items = index.elts if isinstance(index, ast.Tuple) else [index]
        return self.style.placed(self.at(args[0], ADD), self.style.listed([self.place(i) for i in items])), ATOM

    def call_getitem(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.on_subscript(ast.Subscript(args[0], args[1] if len(args) > 1 else keywords["index"], ast.Load()))

    def so_far(self, sign: str, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        """A sum, a product or an extreme over the places up to each place of a dimension, or from it on."""
        dim = args[1] if len(args) > 1 else keywords.get("dim")
        back = args[2] if len(args) > 2 else keywords.get("reverse")
        if isinstance(back, ast.UnaryOp):  # not reverse
            back = ast.Constant(True)
        reversed_ = isinstance(back, ast.Constant) and bool(back.value)
        below = [self.style.literal("j ≥ i" if reversed_ else "j ≤ i"), *([self.dimensions(dim)] if dim is not None else [])]
        return self.over(sign, args[0], self.style.listed(below))

    def call_cumsum(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.so_far("Σ", args, keywords)

    def call_cumprod(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.so_far("Π", args, keywords)

    def call_cummax(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.so_far("max", args, keywords)

    def call_cummin(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.so_far("min", args, keywords)

    def call_sum_to(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.over("Σ", args[0], self.style.literal("broadcast"))

    def call_spread(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.expr(copies(args, keywords))

    def call_ones_along(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        ones = self.style.number("𝟏")
        return (self.style.indexed(ones, [self.dimensions(a) for a in args]) if args else ones), ATOM

    def along(self, dim: ast.expr) -> Any:
        """The places along a dimension."""
        return self.style.indexed(self.style.literal("place"), [self.dimensions(dim)])

    def call_position(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.along(args[1]), ATOM

    def call_gather(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        at = self.style.infix("=", [self.along(args[1]), self.at(args[2], ADD)])
        return self.style.indexed(self.at(args[0], ATOM), [at]), ATOM

    def call_ungather(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.over("Σ", args[0], self.style.infix("=", [self.at(args[2], ADD), self.along(args[1])]))

    def call_masked(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.style.indexed(self.at(args[0], ATOM), [self.write(args[1])]), ATOM

    def call_overwritten(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.on_ifexp(ast.IfExp(args[1], args[2], args[0]))

    def call_read_back(self, args: list[ast.expr], keywords: dict[str, ast.expr]) -> tuple[Any, int]:
        return self.style.indexed(self.at(args[0], ATOM), [self.write(args[1])]), ATOM


__all__ = ["Places", "copies", "uncopied"]
