"""The formulas of one call of a convolution or pooling: a stride, padding and dilation for each dimension, groups, rare divisors.

The declarations write one number for all dimensions and one group, as textbooks do; a call may have others.
"""

from __future__ import annotations

import ast
import re
from typing import Any

from ...ops.convolution import pads

GEOMETRY = {"stride", "padding", "dilation"}
_INPUTS, _TAPS = "abe", "uvw"


def dimensions(name: str) -> int:
    """How many dimensions the windows of an op have; 0 for an op without windows."""
    found = re.match(r"(?:conv|conv_transpose|max_pool|avg_pool)(\d)d", name)
    return int(found[1]) if found else 0


def before(given: dict[str, Any], kernel: Any, n: int) -> Any:
    """The padding before each dimension, as numbers: "same", "valid" and pairs worked out."""
    padding = given.get("padding", 0)
    if isinstance(padding, int) or (isinstance(padding, tuple | list) and all(isinstance(p, int) for p in padding)):
        return padding
    each = [v if isinstance(v, tuple | list) else (v,) * n for v in (kernel, given.get("stride", 1), given.get("dilation", 1))]
    return tuple([low for low, _ in pads(padding, *map(tuple, each))])


class Windowed(ast.NodeTransformer):
    """Puts the geometry of a call into its formulas.

    Args:
        call: of an op with windows. name: of the formula, "y" or an input.
    """

    def __init__(self, call: Any, name: str) -> None:
        self.name, self.given, self.n = name, call.given, dimensions(call.op.name)
        self.places: tuple[int, ...] | None = None  # the dimension whose geometry stands in an expression
        op = call.op.name
        self.table = "weight"
        if op.endswith("_weight"):
            self.table = "y" if name == "y" else "g"
        self.groups = self.given.get("groups", 1)
        shape = call.shape(self.table) or (1, 1)
        self.size, self.per = shape[1], max(1, shape[0] // self.groups)
        full = {"y": op.endswith("_weight"), "weight": True}.get(name, False)  # whether the result has the table's own channels
        self.local = full if op.endswith("_weight") or name == "weight" else not self._of_result(op, name)
        self.input = call.shape("x") if "spread" not in op else self.given["size"]
        self.first, self.second = ("c", "o") if "transpose" in op else ("o", "c")

    @staticmethod
    def _of_result(op: str, name: str) -> bool:
        """Whether the channels within a group are an index of the result: of a convolution's input, a transposed one's output."""
        return name == "y" if "transpose" in op else name == "x"

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        node.value = self.visit(node.value)
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for place, item in enumerate(items):
            self.dimension = max(0, place - 2)
            items[place] = self.visit(item)
        if self.groups != 1 and self.name != "bias" and len(items) == self.n + 2:
            self._grouped(node, items)
        if isinstance(node.slice, ast.Tuple):
            node.slice.elts = items
        else:
            node.slice = items[0]
        return node

    def _grouped(self, node: ast.Subscript, items: list[ast.expr]) -> None:
        """Each group has its own channels: an index counts within its group, or from the beginning."""
        if not (isinstance(items[1], ast.Name) and items[1].id == self.second):
            return
        table = ast.unparse(node.value) in (self.table, f"d({self.table})")
        offset = ast.parse(
            f"{self.second} {{}} {self.size} * ({self.first} // {self.per})".format("-" if table else "+"), mode="eval"
        )
        if table != self.local:
            items[1] = offset.body

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        right = node.comparators[0]
        if isinstance(right, ast.Name) and right.id in _INPUTS:
            self.dimension = _INPUTS.index(right.id)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        value = self.given.get(node.id) if node.id in GEOMETRY else None
        return ast.Constant(value[self.dimension]) if isinstance(value, tuple | list) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if isinstance(node.op, ast.Div) and isinstance(node.right, ast.Name) and node.right.id == "size":
            divisor = self._divisor()
            if divisor is not None:
                left = self.visit(node.left)
                if isinstance(divisor, ast.Constant) or not isinstance(left, ast.Call):
                    return ast.BinOp(left, ast.Div(), divisor)
                share = ast.BinOp(ast.Constant(1), ast.Div(), divisor)  # it differs from window to window: within the sum
                return ast.Call(left.func, [left.args[0], ast.BinOp(share, ast.Mult(), left.args[1])], [])
        return self.generic_visit(node)

    def _divisor(self) -> ast.expr | None:
        """What a mean divides by, if that is not the kernel's size."""
        given = self.given
        if given.get("divisor_override"):
            return ast.Constant(given["divisor_override"])
        inside = not given.get("count_include_pad", True)
        if not (inside and given.get("padding")) and not given.get("ceil_mode"):
            return None
        counts = []
        for d in range(self.n):
            stride, padding = [v[d] if isinstance(v, tuple | list) else v for v in (given["stride"], given["padding"])]
            low, high = (0, self.input[-self.n + d]) if inside else (-padding, self.input[-self.n + d] + padding)
            reached = f"{stride} * {'ijm'[d]} + {_TAPS[d]} - {padding}"
            counts.append(f"sigma(({_TAPS[d]},), ({reached} >= {low}) * ({reached} < {high}))")
        return ast.parse(" * ".join(counts), mode="eval").body


__all__ = ["Windowed", "before", "dimensions"]
