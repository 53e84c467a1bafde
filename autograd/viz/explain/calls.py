"""The formulas of one call of an op: its parameters put in, sizes worked out, sums over what was broadcast written down."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from math import isfinite, prod
from types import EllipsisType
from typing import Any

import numpy as np

from ...engine.op import Op
from ...functions.inplace import places
from ...ops.indexing import BASIC
from ..trace.trace import summed_axes
from .formula import Formula, formulas, gates, outputs_of, scalars, used_of
from .notes import TERMS, notes_of
from .styles import MathML, Text
from .typeset import Typesetter
from .windows import Windowed, before, dimensions

Shape = tuple[int, ...]
_WINDOW = {"kernel_size", "stride", "padding", "dilation"}


@dataclass
class Call:
    """What the formulas of a call depend on.

    Attributes:
        op: that was called. params: as given, defaults left out. shapes: of the inputs, None for one that the call had not; of a
        variadic op one shape for each operand. result: the shape of the value; of several outputs that of the first, or None.
        used: which of several outputs have a gradient; None where that is not known.
    """

    op: Op
    params: Mapping[str, Any]
    shapes: Sequence[Shape | None]
    result: Shape | None
    used: frozenset[int] | None = None
    given: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.given = {**self.op.defaults, **self.params}
        if n := dimensions(self.op.name):
            kernel = self.given.get("kernel_size") or self.given.get("kernel") or (self.shape("weight") or ())[2:]
            self.given["padding"] = before(self.given, kernel, n)
        if "kernel_size" in self.given and self.given.get("stride", 0) in (None, (), []):
            self.given["stride"] = self.given["kernel_size"]
        for name in _WINDOW & self.given.keys() if "kernel_size" in self.given or n else ():
            value = self.given[name]
            if isinstance(value, list | tuple) and value and all(v == value[0] for v in value):
                self.given[name] = value[0]  # the formulas write one number for all dimensions

    @property
    def values(self) -> dict[str, Any]:
        """What the names in the formulas mean that are no inputs: parameters, the arrays of an index, a region's places."""
        found = dict(self.given)
        if self.op.name == "write":
            shape = self.shape("base")
            assert shape is not None
            found["written"] = places(shape, self.given["chain"], self.given.get("order"))
        if "index" in found and self.op.name in ("getitem", "unindex"):
            found.update(_arrays_of(found.pop("index")))
        return found

    @property
    def key(self) -> tuple[Any, ...]:
        """Two calls with the same key have the same formulas."""
        return (
            self.op.name,
            id(self.op),
            tuple((k, _key(v)) for k, v in self.given.items()),
            tuple(self.shapes),
            self.result,
            self.used,
        )

    def shape(self, name: str) -> Shape | None:
        """The shape of an input, by its name."""
        if name in ("y", "g"):
            return self.result
        if self.op.variadic or name not in self.op.inputs:
            return None
        at = self.op.inputs.index(name)
        return self.shapes[at] if at < len(self.shapes) else None

    def formulas(self) -> dict[str, Formula]:
        """The formula of "y", and of the gradient of each input that the call had."""
        made = {}
        for name, found in formulas(self.op).items():
            if not name.startswith("y") and not self.op.variadic and self.shape(name) is None:
                continue
            put = PutIn(self, {n for names, _ in found.where for n in names.split(", ")})
            trees = [deepcopy(found.tree), *[deepcopy(value) for _, value in found.where]]
            if dimensions(self.op.name):
                trees = [Windowed(self, name).visit(tree) for tree in trees]
            if self.op.name in ("cross_entropy", "nll_loss") and self.given["reduction"] == "none":
                trees[0] = _Unreduced().visit(trees[0])
            tree = put.visit(trees[0])
            left = None if found.left is None else put.visit(deepcopy(found.left))
            where = [(n, put.visit(value)) for (n, _), value in zip(found.where, trees[1:], strict=True)]
            still = used_of([tree, *([left] if left is not None else [])], where)  # once known choices are made
            made[name] = Formula(self._summed(name, ast.fix_missing_locations(tree)), still, left, found.source)
        return made

    def _summed(self, name: str, tree: ast.expr) -> ast.expr:
        """A gradient summed over the axes along which its input was broadcast: elementwise rules leave that to the engine."""
        shape = self.shape(name)
        if name.startswith("y") or not self.op.elementwise or shape is None or self.result is None or shape == self.result:
            return tree
        axes = summed_axes(self.result, shape)
        if not axes or (isinstance(tree, ast.Constant) and tree.value == 0):
            return tree
        arguments = [tree] if len(axes) == len(self.result) else [tree, literal(axes[0] if len(axes) == 1 else axes)]
        return ast.fix_missing_locations(ast.Call(ast.Name("sum", ast.Load()), arguments, []))


def _key(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return id(value)
    return repr(value)


def literal(value: Any) -> ast.expr:
    return ast.parse(repr(value), mode="eval").body


class Folding(ast.NodeTransformer):
    """Works out sums of numbers, and choices whose condition is known."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        known = _truth(node.test)
        return node if known is None else node.body if known else node.orelse

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if NOTHING in (node.left, node.right):
            return without(node)
        return folded(node)


class _Unreduced(ast.NodeTransformer):
    """A loss for each sample: its sums are over the classes, and its gradient is that of the sample."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "sum" and len(node.args) == 1:
            node.args.append(ast.Name("classes", ast.Load()))
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.parse("spread(g, classes)", mode="eval").body if node.id == "g" else node


NOTHING = ast.Constant(0)  # the gradient of an output that the loss does not use: what it is a factor of falls away


def without(node: ast.BinOp) -> ast.expr:
    """A sum without the term that is nothing, or nothing for a product."""
    if isinstance(node.op, ast.Add | ast.Sub):
        if node.right is NOTHING:
            return node.left
        return node.right if isinstance(node.op, ast.Add) else ast.UnaryOp(ast.USub(), node.right)
    return NOTHING


class PutIn(Folding):
    """Puts a call's parameters and sizes into a formula, and works out what is known by then."""

    def __init__(self, call: Call, defined: set[str]) -> None:
        self.call, self.given = call, {k: v for k, v in call.given.items() if k not in defined}
        if call.result is not None and call.op.name in ("reshape", "view", "expand"):
            self.given["size" if call.op.name == "expand" else "shape"] = call.result  # with the -1 worked out

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name, call = node.id, self.call
        if name.endswith("_shape") and (shape := call.shape(name.removesuffix("_shape"))) is not None:
            return literal(shape)
        if name in self.given and name not in call.op.inputs:
            made = _parameter(name, self.given[name])
            return node if made is None else made
        if self._absent_input(node):
            return ast.Constant({"weight": 1}.get(name, 0))  # a scale or an offset that the call had not
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        if isinstance(node.test, ast.Name) and self.given.get(node.test.id) is True:
            return self.visit(node.body)
        return super().visit_IfExp(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        return NOTHING if node.value is NOTHING else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        used = self.call.used
        if isinstance(node.value, ast.Name) and node.value.id == "g" and isinstance(node.slice, ast.Constant) and used is not None:
            return node if node.slice.value in used else NOTHING
        if isinstance(node.slice, ast.Name) and node.slice.id in self.given:
            index = _index(self.given[node.slice.id], node.slice)
            return ast.Subscript(self.visit(node.value), index, ast.Load())
        self.generic_visit(node)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if node.operand is NOTHING:
            return NOTHING
        if isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Constant):
            return ast.Constant(not node.operand.value)
        if isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Name) and node.operand.id in self.given:
            return ast.Constant(None)  # a flag that was set
        if isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Constant) and node.operand.value is False:
            return ast.Constant(True)
        if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Tuple):
            return ast.Tuple([ast.UnaryOp(ast.USub(), e) for e in node.operand.elts], ast.Load())
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "given":  # a bound, or what holds without one
            missing = self._without_value(node.args[0]) or self._absent_input(node.args[0])
            return self.visit(node.args[1 if missing else 0])
        if name in ("expand_dims", "squeeze") and self.call.result is not None:
            return ast.Call(ast.Name("reshape", ast.Load()), [self.visit(node.args[0]), literal(self.call.result)], [])
        if name in ("unindex", "getitem"):
            index = _index(self.given.get("index"), ast.Name("index", ast.Load()))
            value = self.visit(node.args[0])
            if name == "getitem":
                return ast.Subscript(value, index, ast.Load())
            return ast.Call(node.func, [value, index], [])
        if name == "count" and isinstance(node.args[0], ast.Name) and (shape := self.call.shape(node.args[0].id)) is not None:
            return ast.Constant(_count(shape, self.given.get("dim") if len(node.args) > 1 else None))
        if name == "prod" and ast.unparse(node.args[0]) == "kernel_size":
            kernel = self.given["kernel_size"]
            return ast.Constant(kernel ** dimensions(self.call.op.name) if isinstance(kernel, int) else prod(kernel))
        if name == "extended":  # with zeros, where the result is shorter than the input
            places_of, target = self.given.get("index"), ast.unparse(node.args[1]).removesuffix("_shape")
            if np.shape(np.asarray(places_of)) == self.call.shape(target):
                return self.visit(node.args[0])
        if name == "clip" and any(self._without_value(a) for a in node.args):
            return self.visit(node.args[0])
        node.args = [a for a in node.args if not self._without_value(a)]
        node.keywords = [k for k in node.keywords if not self._without_value(k.value)]
        node.args = [self.visit(a) for a in node.args]
        if NOTHING in node.args[:1] and name != "concat":
            return NOTHING  # a sum or a part of nothing
        node.keywords = [self.visit(k) for k in node.keywords]
        if not isinstance(node.func, ast.Name):
            node.func = self.visit(node.func)
        node.args = [a for a in node.args if not _absent(a)]
        node.keywords = [k for k in node.keywords if not _absent(k.value)]
        if name == "sum_to" and isinstance(node.args[1], ast.Tuple) and self.call.result is not None:
            return self._sum_to(node)
        if name in ("swapaxes", "transpose") and (matrix := self._matrix_transposed(node)) is not None:
            return matrix
        if name == "inverse" and isinstance(node.args[0], ast.Tuple | ast.Constant):
            order = np.atleast_1d(ast.literal_eval(node.args[0]))
            return literal(tuple(np.argsort(order % len(order)).tolist()))
        if name == "where" and (known := _truth(node.args[0])) is not None:
            return node.args[1] if known else node.args[2]
        return node

    def _matrix_transposed(self, node: ast.Call) -> ast.expr | None:
        """The two dimensions of a matrix exchanged: its transpose."""
        if len(self.call.shapes[0] or ()) != 2 or not node.args[1:]:
            return None
        dims = ast.literal_eval(node.args[1]) if len(node.args) == 2 else tuple(ast.literal_eval(a) for a in node.args[1:])
        order = [d % 2 for d in dims]
        exchanged = order == [1, 0] or (order == [0, 1] and ast.unparse(node.func) == "swapaxes")
        return ast.Attribute(node.args[0], "T", ast.Load()) if exchanged else None

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        sides = [node.left, *node.comparators]
        if isinstance(node.ops[0], ast.NotEq) and self._without_value(sides[1]) and isinstance(sides[0], ast.Subscript | ast.Name):
            return ast.Constant(1)  # no row is left out
        if isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
            known = [ast.Constant(None) if self._without_value(s) else self.visit(s) for s in sides]
            return ast.Compare(known[0], node.ops, known[1:])
        bounds = [n for s in sides if not any(isinstance(n, ast.Call) for n in ast.walk(s)) for n in ast.walk(s)]
        if any(isinstance(n, ast.Name) and self._without_value(n) for n in bounds):
            return ast.Constant(1)  # a bound that was not given holds always
        self.generic_visit(node)
        return node

    def _without_value(self, tree: ast.expr) -> bool:
        """Whether an expression is a parameter that the call left at None."""
        return isinstance(tree, ast.Name) and tree.id not in self.call.op.inputs and self.given.get(tree.id, 0) is None

    def _absent_input(self, tree: ast.expr) -> bool:
        """Whether an expression is an input that the call had not."""
        op = self.call.op
        return isinstance(tree, ast.Name) and tree.id in op.inputs and not op.variadic and self.call.shape(tree.id) is None

    def _sum_to(self, node: ast.Call) -> ast.expr:
        target, result = tuple(ast.literal_eval(node.args[1])), self.call.result or ()
        axes = summed_axes(result, target)
        if not axes:
            return node.args[0]
        return ast.Call(ast.Name("sum", ast.Load()), [node.args[0], literal(axes[0] if len(axes) == 1 else axes)], [])


class Known(Folding):
    """Works out what is known once a graph's constants are put in: ``x ** (2 - 1)``, and choices between numbers."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "where" and (known := _truth(node.args[0])) is not None:
            return node.args[1] if known else node.args[2]
        return node


def _absent(tree: ast.expr) -> bool:
    return isinstance(tree, ast.Constant) and (tree.value is None or tree.value is False)


def _truth(tree: ast.expr) -> bool | None:
    """Whether a condition between constants holds; None where it is not known."""
    if isinstance(tree, ast.Constant):
        return bool(tree.value)
    if isinstance(tree, ast.Compare) and isinstance(tree.left, ast.Constant) and isinstance(tree.comparators[0], ast.Constant):
        left, right = tree.left.value, tree.comparators[0].value
        same = left is right or left == right
        if isinstance(tree.ops[0], ast.Eq | ast.Is):
            return same
        if isinstance(tree.ops[0], ast.NotEq | ast.IsNot):
            return not same
    return None


def folded(node: ast.BinOp) -> ast.expr:
    """``x + 0``, ``1 * x``, ``x ** 1`` and ``2 - 1``, worked out."""
    left, right = node.left, node.right
    a, b = _number(left), _number(right)
    if a is not None and b is not None and isinstance(node.op, ast.Sub | ast.Add):
        value = a - b if isinstance(node.op, ast.Sub) else a + b
        return ast.Constant(int(value) if isfinite(value) and value == int(value) else value)
    if b == 0 and isinstance(node.op, ast.Add | ast.Sub):
        return left
    if a == 0 and isinstance(node.op, ast.Add):
        return right
    if b == 1 and isinstance(node.op, ast.Pow | ast.Mult | ast.Div):
        return left
    if a == 1 and type(a) is int and isinstance(node.op, ast.Mult):
        return right
    if b is not None and isinstance(node.op, ast.Pow) and isfinite(b) and b == int(b):
        node.right = ast.Constant(int(b))
    return node


def _number(tree: ast.expr) -> int | float | None:
    """The value of a constant that is a number."""
    if isinstance(tree, ast.Constant) and isinstance(tree.value, int | float) and not isinstance(tree.value, bool):
        return tree.value
    return None


def _count(shape: Shape, dim: Any) -> int:
    if dim is None:
        return prod(shape)
    return prod(shape[d] for d in (dim if isinstance(dim, tuple | list) else (dim,))) if shape else 1


def _parameter(name: str, value: Any) -> ast.expr | None:
    """A parameter's value as an expression; None where its name says more (an array, a flag that is set)."""
    if isinstance(value, np.dtype | type):
        return ast.Constant(str(np.dtype(value)))
    if hasattr(value, "item") and not np.ndim(value):
        value = value.item()
    if value is True:
        return ast.Name(name, ast.Load())
    if value is None:
        return None
    if isinstance(value, bool | int | float | str):
        return ast.Constant(value) if not (isinstance(value, int | float) and value < 0) else literal(value)
    if isinstance(value, list | tuple) and all(isinstance(v, int | float) or v is None for v in value):
        items = tuple(value)
        return literal(items[0] if len(items) == 1 and name in ("dim", "dims") else items)
    return None


def _arrays_of(index: Any) -> dict[str, Any]:
    """The arrays of an index by their names: ``index``, or ``index_1``, ``index_2`` where there are several; masks as places."""
    parts = [p for p in (index if isinstance(index, tuple) else (index,)) if not isinstance(p, BASIC) or isinstance(p, bool)]
    arrays = [np.asarray(p) for p in parts]
    found = [list(np.nonzero(a)) if a.dtype == bool else a for a in arrays]
    return {f"index_{i}" if len(found) > 1 else "index": part for i, part in enumerate(found, 1)}


def _index(index: Any, name: ast.Name) -> ast.expr:
    """An index as it is written in brackets; arrays in it are called by the parameter's name, numbered if there are several."""
    parts = index if isinstance(index, tuple) else (index,)
    made: list[ast.expr] = []
    names = iter([ast.Name(n, ast.Load()) for n in _arrays_of(index)] if name.id == "index" else ())
    for part in parts:
        if isinstance(part, slice):
            bounds = [None if v is None else literal(int(v)) for v in (part.start, part.stop, part.step)]
            made.append(ast.Slice(*bounds))
        elif isinstance(part, EllipsisType) or part is None:
            made.append(ast.Constant(part))
        elif isinstance(part, int | np.integer) and not isinstance(part, bool):
            made.append(literal(int(part)))
        else:
            made.append(next(names, name))
    return made[0] if len(made) == 1 else ast.Tuple(made, ast.Load())


# ------------------------------------------------------------------------------------------------------- with letters to fill in


class _LetterText(Text):
    """Plain text in which a letter stands between ‹ and ›, so that a reader can put a name in its place."""

    def __init__(self, letters: set[str], said: Mapping[str, str]) -> None:
        super().__init__(said)
        self.letters = letters

    def cases(self, cases: Sequence[tuple[str, str]], otherwise: str) -> str:
        """With the words that textbooks put beside a brace."""
        said = [f"{value} {self.literal('if')} {condition}" for value, condition in cases]
        return "{" + "; ".join([*said, f"{otherwise} {self.literal('otherwise')}"]) + "}"

    def placed(self, inner: str, where: str) -> str:
        return f"{{{inner} {self.literal('at')} [{where}]; 0 {self.literal('elsewhere')}}}"

    def symbol(self, base: str, upper: str = "", lower: str = "") -> Any:
        made = super().symbol(base, upper, lower)
        return f"‹{base}›" if base in self.letters and not upper and not lower else made


class _LetterMathML(MathML):
    """MathML in which a letter's element says in ``data-letter`` which one it is."""

    def __init__(self, letters: set[str], said: Mapping[str, str]) -> None:
        super().__init__(said)
        self.letters = letters

    def symbol(self, base: str, upper: str = "", lower: str = "") -> Any:
        made = super().symbol(base, upper, lower)
        return [made[0], {"data-letter": base}, *made[1:]] if base in self.letters and not upper and not lower else made


def lettered(call: Call, language: str = "en") -> dict[str, dict[str, Any]]:
    """The formulas of a call as equations whose letters can be replaced: a dict for "y" and for each input that has a gradient.

    Its keys: "text" and "math", lists of equations, the definitions after the first one; "uses", the inputs, "y", "g" that occur;
    "own", the letters of the definitions; "notes", the words that want an explanation, each with one in the language; and
    of an op with several outputs "outputs", their names.
    """
    said = TERMS[language]
    made: dict[str, dict[str, Any]] = {}
    given, outputs = {"g", "y", *call.op.inputs}, outputs_of(call.op)
    parts = gates(formulas(call.op)["y"])
    for name, found in call.formulas().items():
        own = list(dict.fromkeys(n for names, _ in found.where for n in names.split(", ")))
        letters = {*given, *own, *outputs, *[n for n in found.names() if n in call.given]}
        numbers = scalars(call.op)
        plain = Typesetter(Text(), numbers)
        numbers |= {n for n, value in found.where if plain.is_scalar(value) and not isinstance(value, ast.Constant)}
        entry: dict[str, Any] = {}
        for kind, style in (("text", _LetterText(letters, said)), ("math", _LetterMathML(letters, said))):
            setter = Typesetter(style, numbers, gates=parts, outputs=outputs)
            main = setter
            if found.left is not None:
                main = Typesetter(style, numbers, numbers=found.indexed, gates=parts, outputs=outputs)
            if found.left is not None:
                left = setter.write(found.left)
            else:
                left = setter.name("y") if name == "y" else style.gradient(setter.name(name))
            lines = [main.equation(left, found.tree)]
            lines += [setter.equation(setter.write(ast.parse(n, mode="eval").body), value) for n, value in found.where]
            entry[kind] = lines
        entry["uses"] = [n for n in found.names() if n in given and not (n == "y" and name.startswith("y"))]
        entry["own"] = own
        notes = notes_of([found.tree, *[value for _, value in found.where]], language)
        if notes:
            entry["notes"] = [list(note) for note in notes]
        if outputs:
            entry["uses"] = [n for n in entry["uses"] if n not in ("y", "g")] + _outputs_in(found, name)
            entry["outputs"] = list(outputs)
        made[name] = entry
    return made


def _outputs_in(formula: Formula, name: str) -> list[str]:
    """``y[k]`` and ``g[k]`` that occur in a formula, but for the one that it is the formula of."""
    trees = [formula.tree, *[value for _, value in formula.where]]
    found = [ast.unparse(n) for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Subscript)]
    own = "y[0]" if name == "y" else name
    return [n for n in dict.fromkeys(found) if re.fullmatch(r"[yg]\[\d+\]", n) and n != own]


__all__ = ["Call", "Known", "PutIn", "folded", "lettered", "literal"]
