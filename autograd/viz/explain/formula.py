"""The rules of ops as mathematics.

A rule such as ``x=lambda g, y: g * (1 - y * y)`` is a formula already: its expression is read from the source, when somebody wants
to see it, and typeset. What is shown and what is run are then the same text. Where a rule or a forward has more than one statement,
the declaration says the mathematics itself, in the word ``formula``, in the language of ``formula_typeset``; tests evaluate it and
compare.

    formula={"y": "x * tanh(softplus(x))", "x": "g * (t + x * s * (1 - t ** 2)); t = tanh(softplus(x)); s = sigma(x)"}

Definitions follow after semicolons. An equation, ``inv(x) @ x == eye``, may stand for a value that is defined by it; an equation
for every index, ``y[n, i] == sigma(k, a[n, k] * b[k, i])``, for a value that is defined number by number. ``g`` is dL/dy.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from ...engine.op import REGISTRY, Op
from ..trace.naming import OUTPUTS
from .notes import notes_of
from .source import expression, names_in, readable
from .styles import Latex, MathML, Style, Text, Written, markup
from .typeset import Typesetter

_CONDITION = re.compile(r" \[[^\[\]]*[<>≤≥=≠∧∨]")
_STYLES: dict[str, Callable[[], Style]] = {"text": Text, "latex": Latex, "math": MathML}


class Formula:
    """One side of an equation, and what it is made of: ``tree``, an expression, and ``where``, definitions in order.

    left is the left-hand side, if the formula is an equation of its own. source says where it is from: "rule" (the Python that
    runs), "formula" (the declaration's word), or "name" (nothing but the op's name).
    """

    __slots__ = ("left", "source", "tree", "where")

    def __init__(
        self, tree: ast.expr, where: list[tuple[str, ast.expr]] | None = None, left: ast.expr | None = None, source: str = "rule"
    ) -> None:
        self.tree, self.where, self.left, self.source = tree, where or [], left, source

    @classmethod
    def parse(cls, text: str) -> Formula:
        """A formula from its text."""
        main, *definitions = [part.strip() for part in text.split(";")]
        where = []
        for definition in definitions:
            name, _, value = definition.partition("=")
            where.append((name.strip(), ast.parse(value.strip(), mode="eval").body))
        tree = ast.parse(main, mode="eval").body
        left = None
        if isinstance(tree, ast.Compare) and len(tree.ops) == 1 and isinstance(tree.ops[0], ast.Eq):
            left, tree = tree.left, tree.comparators[0]
        return cls(tree, where, left, "formula")

    @property
    def indexed(self) -> bool:
        """Whether it is an equation for every index, ``y[i, j] == ...``."""
        return isinstance(self.left, ast.Subscript) and not isinstance(self.left.slice, ast.Constant)

    def names(self) -> list[str]:
        """The names that have to be given."""
        defined = {name.strip() for names, _ in self.where for name in names.split(",")}
        trees = [t for t in (self.left, self.tree, *[value for _, value in self.where]) if t is not None]
        return [n for n in dict.fromkeys(n for tree in trees for n in names_in(tree)) if n not in defined]


OpLike: TypeAlias = Op | str | Callable[..., Any]  # an op, its name, or the function that records it


def find(op: OpLike) -> Op:
    """The op that is meant: an Op, its name, or a function that records it."""
    if isinstance(op, Op):
        return op
    if isinstance(op, str):
        if op not in REGISTRY:
            raise KeyError(f"no op is called {op!r}")
        return REGISTRY[op]
    for name in ("op", "__wrapped__"):
        inner = getattr(op, name, None)
        if isinstance(inner, Op):
            return inner
    for cell in getattr(op, "__closure__", None) or ():
        if isinstance(cell.cell_contents, Op):
            return cell.cell_contents
    known = REGISTRY.get(getattr(op, "__name__", ""))
    if known is not None:
        return known
    raise TypeError(f"{op!r} is no op: it is made of several, whose rules you see with autograd.viz.trace")


@cache
def formulas(op: Op) -> dict[str, Formula]:
    """The formula of the op's value, "y", and of the gradient of each of its inputs; what cannot be read is left out.

    Of an op with several outputs "y" is the first, and "y[1]", "y[2]" are the others, which may use the definitions of "y".
    """
    found: dict[str, Formula] = {}
    for name in ("y", *[f"y[{k}]" for k in range(1, op.outputs)], *op.inputs):
        if name in op.formula:
            found[name] = Formula.parse(op.formula[name])
            if name.startswith("y["):
                made, shared = found[name], [*found["y"].where, *found[name].where]
                found[name] = Formula(made.tree, used_of([made.tree], shared), ast.parse(name, mode="eval").body, "formula")
            continue
        if name.startswith("y["):
            continue
        rule = op.forward if name == "y" else op.rules.get(name)
        tree = None if rule is None else expression(rule, op.inputs)
        if tree is not None and readable(tree):
            found[name] = Formula(tree)
        elif name == "y":  # what it computes is what its name says
            parameters = [ast.keyword(p, ast.Name(p)) for p in op.defaults]
            found[name] = Formula(ast.Call(ast.Name(op.name), [ast.Name(i) for i in op.inputs], parameters), source="name")
    return found


def used_of(trees: list[ast.expr], where: list[tuple[str, ast.expr]]) -> list[tuple[str, ast.expr]]:
    """The definitions that expressions use, and those that these use, in their order."""
    names = {n for tree in trees for n in names_in(tree)}
    known: set[str] = set()
    while fresh := [(name, value) for name, value in where if name not in known and names & set(name.split(", "))]:
        for name, value in fresh:
            known.add(name)
            names |= set(names_in(value))
    return [definition for definition in where if definition[0] in known]


def outputs_of(op: Op) -> tuple[str, ...]:
    """What the outputs of an op with several are called in its formulas; nothing for another op."""
    return OUTPUTS.get(op.name, ()) if op.outputs > 1 else ()


def scalars(op: Op) -> frozenset[str]:
    """The names that stand for numbers in the op's formulas: its parameters, but for those that are arrays."""
    return frozenset(op.defaults) - {"index", "mask", "matrix", "taps", "windows", "target", "weight", "targets", "offsets", "drop"}


@cache
def rules(op: OpLike) -> dict[str, dict[str, Any]]:
    """The op and its rules as mathematics: for "y" and for each input that has a gradient a dict.

    Its keys: "text" (plain, one line), "latex", "math" (MathML as nested lists: [tag, {attributes}?, children...]), and "uses", the
    names whose values occur: inputs, "y", and "g", the incoming gradient dL/dy.

    Example:
        >>> import autograd
        >>> rule = autograd.viz.formula.rules(autograd.tanh)["x"]
        >>> rule["text"], rule["latex"], rule["uses"]
        ('∂L/∂x = g ⊙ (1 − y²)', '\\\\frac{\\\\partial L}{\\\\partial x} = g \\\\odot \\\\left(1 - {y}^{2}\\\\right)', ['g', 'y'])
    """
    op = find(op)
    given = {"g", "y", *op.inputs, *(f"y{i}" for i in range(op.outputs))}
    made = {}
    for name, formula in formulas(op).items():
        entry: dict[str, Any] = {
            kind: typeset(formula, style(), name, scalars(op), outputs=outputs_of(op)) for kind, style in _STYLES.items()
        }
        entry["uses"] = [n for n in formula.names() if n in given and (n != "y" or not name.startswith("y"))]
        made[name] = entry
    return made


def gates(formula: Formula) -> list[str]:
    """The letters of a recurrent op's gates: each is what the definition that reads its part defines."""
    found: dict[int, str] = {}
    for name, tree in formula.where:
        for part in ast.walk(tree):
            if isinstance(part, ast.Call) and ast.unparse(part.func) == "part" and isinstance(part.args[1], ast.Constant):
                found.setdefault(int(str(part.args[1].value)), name)
    return [found[k] for k in sorted(found)] if sorted(found) == list(range(len(found))) else []


def typeset(
    formula: Formula, style: Style, name: str, numbers: frozenset[str] = frozenset(),
    shown: dict[str, tuple[str, ...]] | None = None, outputs: tuple[str, ...] = (),
) -> Written:  # fmt: skip
    """A formula as an equation for the value ("y") or for the gradient of an input, in a style."""
    setter = Typesetter(style, numbers, outputs=outputs)
    numbers = numbers | {n for n, value in formula.where if setter.is_scalar(value) and not isinstance(value, ast.Constant)}
    letters = gates(formula)
    setter = Typesetter(style, numbers, shown, gates=letters, outputs=outputs)
    definitions = [setter.equation(setter.write(ast.parse(n, mode="eval").body), value) for n, value in formula.where]
    if formula.left is not None:
        indexed = formula.indexed
        main = Typesetter(style, numbers, shown, numbers=indexed, gates=letters, outputs=outputs)
        main = main.equation(setter.write(formula.left), formula.tree)
    else:
        main = setter.equation(setter.name("y") if name == "y" else style.gradient(setter.name(name)), formula.tree)
    written: Written = style.where(main, definitions)
    return style.finish(written)


def text(op: OpLike) -> str:
    """The op and its rules, a line each: "is it possible to see the gradient formula?"

    Args:
        op: an op, its name, or the function that records it, such as ``autograd.tanh``.

    Example:
        >>> import autograd
        >>> print(autograd.viz.formula.text(autograd.tanh))
        y = tanh(x)
        ∂L/∂x = g ⊙ (1 − y²)
        g = ∂L/∂y; ⊙ multiplies element by element
    """
    op = find(op)
    lines = [entry["text"] for entry in rules(op).values()]
    if len(lines) > 1:
        notes = [] if outputs_of(op) else ["g = ∂L/∂y"]
        if any("⊙" in line for line in lines):
            notes.append("⊙ multiplies element by element")
        if any(_CONDITION.search(line) for line in lines[1:]):
            notes.append("[condition] is 1 where it holds, else 0")
        lines += ["; ".join(notes)] if notes else []
    trees = [tree for formula in formulas(op).values() for tree in (formula.tree, *[value for _, value in formula.where])]
    lines += [f"{word}: {note}" for word, note in notes_of(trees)]
    return "\n".join(lines)


def latex(op: OpLike) -> str:
    """The op and its rules as an ``align*`` environment."""
    rows = [entry["latex"].replace(" = ", " &= ", 1) for entry in rules(find(op)).values()]
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def mathml(op: OpLike) -> list[str]:
    """The op and its rules as MathML, an element each."""
    return [markup(entry["math"]) for entry in rules(find(op)).values()]


__all__ = ["Formula", "find", "formulas", "gates", "latex", "mathml", "rules", "text", "typeset"]
