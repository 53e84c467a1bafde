"""The textbook's account of a model: its forward pass, its errors, its gradients and its update, as equations of this graph."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from ...engine.gradients import node_of
from ...errors import GraphError, describe, printable
from ...files import write_file
from ...types import AnyOptimizer, PathLike, Tensor
from ..trace.naming import Names
from ..trace.tape import reachable
from ..trace.values import values_of
from .document import STYLE, WIDTH, HtmlWriter, LatexWriter, MarkdownWriter, TextWriter, numbers_text, page, rows_of
from .equation import Equation
from .graph import Graph
from .notes import NOTES, TERMS, printed, words_in
from .source import names_in
from .story import Story
from .styles import Style, Text, Written
from .symbols import Role, Symbol
from .terms import parsed
from .typeset import Typesetter
from .update import Update, update
from .words import words

Part: TypeAlias = tuple[str, Any]  # of the document: its kind and its content, as ``Explanation.parts`` lists them

_SECTIONS = ("forward", "loss", "error", "backward", "gradients")


def explain(
    loss: Tensor, numbers: bool = False, optimizer: AnyOptimizer | None = None, language: str = "en",
    names: Mapping[str, Any] | None = None,
) -> Explanation:  # fmt: skip
    """The forward and backward pass of a loss as equations, in the words and letters of a textbook.

    Dense layers are told by the recursion of backpropagation, z, a and δ; any other layer by its op's own equations. Blocks of
    modules that repeat are told once.

    Args:
        loss: a tensor of one number, before ``backward`` (or after one with retain_graph=True).
        numbers: write the numbers of every value beneath its equation: all of a small array, mean and norm of a large one.
        optimizer: its update is told too.
        language: "en" or "zh".
        names: what to call tensors: name -> tensor. Others are called by the variables that hold them.

    Returns:
        An object with .text, .markdown, .latex and .html; notebooks show it. ``evaluate()`` computes the gradients from the
        equations.

    Raises:
        GraphError: no graph, or one that was freed.

    Example:
        >>> import autograd
        >>> x, y = autograd.tensor([[1.0, 2.0]]), autograd.tensor([[0.0]])
        >>> W = autograd.tensor([[3.0], [4.0]], requires_grad=True)
        >>> story = autograd.viz.explain((((x @ W).tanh() - y) ** 2).mean())
        >>> print(*[line for line in story.lines() if "δ" in line], sep="\\n")
        δ⁽¹⁾ = 2·(a⁽¹⁾ − y) ⊙ tanh'(z⁽¹⁾) / n
        ∂L/∂W⁽¹⁾ = xᵀ δ⁽¹⁾
    """
    root = node_of(loss)
    if root is None:
        raise GraphError(f"nothing to explain: the tensor {describe(loss.array)} does not require grad, so it has no graph")
    if loss.array.size != 1:
        raise GraphError(f"nothing to explain: a loss is one number, and this is {describe(loss.array)}: take .sum() or .mean()")
    nodes = reachable(root)
    if any(node.plan is not None and node.saved is None for node in nodes):
        raise GraphError("the graph was freed by backward: explain the loss before it, or call backward(retain_graph=True)")
    story = Story(Graph(nodes, root, values_of(nodes, root, loss.array)), Names(names))
    return Explanation(story, numbers, None if optimizer is None else update(optimizer), language)


class Explanation:
    """An explanation: a document, and equations that can be evaluated.

    Attributes:
        text, markdown, latex, html: the document; latex and html are whole documents, html with MathML and without scripts.
            equations: in the order in which they can be evaluated. parameters: the name of each parameter and the key of its
            gradient. update: the optimizer's, or None.

    Example:
        >>> import autograd
        >>> w = autograd.tensor([[2.0]], requires_grad=True)
        >>> w.name = "w"
        >>> story = autograd.viz.explain((autograd.tensor([[3.0]]) @ w).sum())
        >>> story.evaluate()
        {'w': array([[3.]], dtype=float32)}
    """

    def __init__(self, story: Story, numbers: bool = False, update: Update | None = None, language: str = "en") -> None:
        self.words = words(language)
        self.language = language
        self.story = story
        self.update = update
        self.equations = story.equations
        self.parameters = _unique([(name, gradient.key) for _, name, _, gradient in story.parameters])
        self._numbers = self.values() if numbers else None

    # ----------------------------------------------------------------------------------------------------------- evaluation
    def values(self) -> dict[str, np.ndarray]:
        """The value of every equation, computed one after the other from the parameters and the inputs, in NumPy.

        Where a value is gone, with a model that nobody holds any more, so are those that are computed from it.
        """
        env: dict[str, Any] = {key: value for key, value in self.story.given.items() if value is not None}
        complete = len(env) == len(self.story.given)
        for equation in self.equations:
            if equation.defines:
                continue
            try:
                value = equation.evaluate(env)
            except (KeyError, NameError):
                if complete:
                    raise
                continue
            if value is not None:
                env[equation.key] = value
        return env

    def evaluate(self) -> dict[str, np.ndarray]:
        """The gradient of every parameter, by name, computed from the equations.

        Raises:
            GraphError: a value that the equations need is gone, with a model that nobody holds any more.
        """
        env, told = self.values(), {equation.key for equation in self.equations}
        gone = [name for name, gradient in self.parameters.items() if gradient not in env and gradient in told]
        if gone:
            lost = ", ".join(name for symbol, name, _ in self.story.legend if self.story.given.get(symbol.key) is None)
            raise GraphError(
                f"the gradient of {gone[0]} can't be computed: the values of {lost} are gone. Hold the model in a variable"
            )
        return {name: np.asarray(env[gradient]) for name, gradient in self.parameters.items() if gradient in env}

    # --------------------------------------------------------------------------------------------------------------- typesetting
    def _setter(self, style: Style, equation: Equation | None = None) -> Typesetter:
        scalars = {key for key, symbol in self.story.symbols.by_key.items() if symbol.role is Role.COUNT}
        scalars |= {"samples", *(equation.scalars if equation else ())}
        return Typesetter(style, frozenset(scalars), self.story.shown, numbers=bool(equation and equation.indexed))

    def rows(self, style: Style, equation: Equation) -> list[Written]:
        """An equation in a style: one row, or several where it is long."""
        setter = self._setter(style, equation)
        plain = setter if isinstance(style, Text) else self._setter(Text(), equation)
        assert equation.tree is not None
        parts = rows_of(equation.tree, lambda tree: len(plain.write(tree)) > WIDTH)
        if len(parts) == 1:
            return [style.finish(setter.equation(setter.write(equation.left), equation.tree))]
        first = setter.equation(setter.write(equation.left), parts[0][1])
        return [first, *[style.continued(sign, setter.at(tree, 2 if sign == "⊙" else 1)) for sign, tree in parts[1:]]]

    def lines(self, section: str | None = None) -> list[str]:
        """The equations as plain text, a line each: all, or those of "forward", "loss", "error", "backward" or "gradients"."""
        style = Text(TERMS[self.language])
        return [" ".join(self.rows(style, e)) for e in self._printed(section)]

    def _printed(self, section: str | None = None) -> list[Equation]:
        return [e for e in self.equations if e.printed and e.tree is not None and section in (None, e.section)]

    def general(self, style: Style, left: str, right: str) -> Written:
        """The recursion for any layer, in a style."""
        shown = {"delta_l": ("delta", "l"), "delta_m": ("delta", "l+1"), "W_m": ("W", "l+1"), "slope_l": ("'", "f", "z", "l")}
        setter = Typesetter(style, frozenset(), shown)
        return style.finish(setter.equation(setter.write(parsed(left)), parsed(right)))

    def symbol(self, style: Style, name: str, shown: dict[str, tuple[str, ...]] | None = None) -> Written:
        """A symbol by itself, in a style."""
        return style.finish(Typesetter(style, frozenset(), shown or self.story.shown).name(name))

    def remark(self, equation: Equation) -> str:
        """Shape and options beside an equation."""
        shape = "" if not equation.shape else "(" + ", ".join(map(str, equation.shape)) + ")"
        used = set(names_in(equation.tree)) if equation.tree is not None else set()
        options = ", ".join(f"{k} = {v}" for k, v in equation.params.items() if k in used)
        return "  ".join(part for part in (shape, options) if part)

    def numbers(self, equation: Equation) -> str:
        """The numbers of an equation, if they were asked for."""
        return numbers_text(None if self._numbers is None else self._numbers.get(equation.key), self.words)

    # ------------------------------------------------------------------------------------------------------------- document
    def parts(self) -> list[Part]:
        """The document, however it is written: ("heading", text), ("paragraph", text), ("layer", (path, kind)), ("symbols", rows),
        ("equation", e), ("general", sources), ("assign", pairs), ("options", dict), ("notes", list)."""
        w, story = self.words, self.story
        made: list[Part] = [("heading", w["symbols"])]
        forms = {d.form == "columns" for d in story.graph.dense.values()}
        if forms:
            made.append(("paragraph", w["columns" if forms == {True} else "rows"]))
        made += [("paragraph", w["elementwise"]), ("symbols", self._legend())]
        for section in _SECTIONS:
            made += self._section(section, forms)
        called = NOTES[self.language]
        used = {word for e in self._printed() for word in words_in(e.tree)}.union(story.notes)
        found = [(printed(n, self.language), called[n]) for n in called if n in used]
        if found:
            made += [("heading", w["legend"]), ("notes", found)]
        return made + self._update()

    def _section(self, section: str, forms: set[bool]) -> list[Part]:
        w, story = self.words, self.story
        found = self._printed(section)
        if not found:
            return []
        made: list[Part] = [("heading", w[section])]
        if section == "error":
            made.append(("paragraph", w["error hint"]))
        if section == "backward":
            made += self._recursion(found, forms)
        call, told = None, section == "forward" or any(e.op not in ("", "linear") for e in found)
        for equation in found:
            if equation.call is not None and equation.call != call and told:
                path, kind = str(equation.call), getattr(equation.call, "kind", "")
                made.append(("layer", (path or w["model"], kind)))
            call = equation.call
            made.append(("equation", equation))
        graph = story.graph
        if section == "error" and graph.loss and graph.loss.kind == "bce" and graph.op(graph.loss.prediction) == "sigmoid":
            made.append(("paragraph", w["simplified"]))
        if section == "forward":
            made += [("paragraph", text) for text in self._repeats()]
            if story.unknown:
                made.append(("paragraph", w["not kept"]))
        return made

    def _update(self) -> list[Part]:
        if self.update is None:
            return []
        w = self.words
        made: list[Part] = [("heading", w["update"]), ("paragraph", w["update hint"].format(name=self.update.name))]
        made.append(("assign", self.update.assignments) if self.update.assignments else ("paragraph", self.update.text))
        if self.update.options:
            made.append(("options", self.update.options))
        return made

    def _legend(self) -> list[tuple[str, str, Any]]:
        w, loss = self.words, self.story.graph.loss
        target = self.story.constant(loss.target) if loss else None
        rows: list[tuple[str, str, Any]] = []
        for symbol, name, shape in self.story.legend:
            if symbol.role is Role.PARAMETER and self._repeated_leaf(symbol):
                continue
            known = {"h0": w["initial"], "c0": w["initial"], "mask": w["mask"]}.get(symbol.base, w["input"])
            role = w.get(name, name) or (w["target"] if symbol is target else known)
            rows.append((symbol.key, role, shape))
        if loss is not None:
            rows.append((self.story.count.key, f"{w['count']}: {self.story.given[self.story.count.key]}", None))
        return rows

    def _repeated_leaf(self, symbol: Symbol) -> bool:
        node = next((n for n, s in self.story.of.items() if s is symbol), None)
        return node is not None and self.story.is_repeated(next((c.layer for c in self.story.graph.consumers[node]), None))

    def _recursion(self, found: list[Equation], forms: set[bool]) -> list[Part]:
        roles = {key: symbol.role for key, symbol in self.story.symbols.by_key.items()}
        if not any("@" in ast.unparse(e.tree) and roles.get(e.key) is Role.ERROR for e in found if e.tree is not None):
            return [("paragraph", self.words["backward other"])]
        rows = {
            "rows, weight (out, in)": "delta_m @ W_m",
            "rows, weight (in, out)": "delta_m @ W_m.T",
            "columns": "W_m.T @ delta_m",
        }
        used = {d.form for d in self.story.graph.dense.values()}
        made: list[Part] = [("paragraph", self.words["recursion"])]
        made += [("general", ("delta_l", f"({rows[form]}) * slope_l")) for form in rows if form in used]
        if True not in forms:
            made += [("paragraph", self.words["recursion columns"]), ("general", ("delta_l", "(W_m.T @ delta_m) * slope_l"))]
        if any(e.op not in ("", "linear") or roles.get(e.key) not in (Role.ERROR, Role.SLOPE) for e in found):
            made.append(("paragraph", self.words["backward other"]))
        return made

    def _repeats(self) -> list[str]:
        groups: dict[str, list[str]] = {}
        for later, first in self.story.repeated:
            groups.setdefault(first, []).append(later)
        return [
            self.words["repeated many" if len(later) > 1 else "repeated"].format(first=first, later=later[0], last=later[-1])
            for first, later in groups.items()
        ]

    # -------------------------------------------------------------------------------------------------------------- formats
    @property
    def text(self) -> str:
        """The document as plain text."""
        return str(TextWriter(self))

    @property
    def markdown(self) -> str:
        """The document as Markdown with LaTeX between dollar signs."""
        return str(MarkdownWriter(self))

    @property
    def latex(self) -> str:
        """The document as LaTeX, a whole document that needs amsmath and longtable (and ctex, for Chinese)."""
        return str(LatexWriter(self))

    @property
    def html(self) -> str:
        """The document as a page of its own: MathML, no scripts, nothing from elsewhere."""
        return page(str(HtmlWriter(self)), self.words["title"], self.language)

    def save(self, path: PathLike) -> Path:
        """Write the document to a file; its ending says how: .html, .md, .tex or .txt."""
        path = Path(path)
        kind = {".html": "html", ".htm": "html", ".md": "markdown", ".tex": "latex", ".txt": "text"}.get(path.suffix.lower())
        if kind is None:
            raise ValueError(f"{path.name}: the ending must be .html, .md, .tex or .txt")
        return write_file(path, getattr(self, kind))

    def __str__(self) -> str:
        return printable(self.text, keep="\n")

    def __repr__(self) -> str:
        return f"<Explanation: {len(self.equations)} equations, {len(self.parameters)} parameters>"

    def _repr_html_(self) -> str:
        return f"<style>{STYLE}</style>{HtmlWriter(self)}"

    def _repr_markdown_(self) -> str:
        return self.markdown


def _unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Names with their values; a name that comes again gets a number."""
    made: dict[str, str] = {}
    for name, value in pairs:
        unique, number = name, 2
        while unique in made:
            unique, number = f"{name}#{number}", number + 1
        made[unique] = value
    return made


__all__ = ["Explanation", "explain"]
