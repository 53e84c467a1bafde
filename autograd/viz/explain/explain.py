"""The textbook's account of a model: its forward pass, its errors, its gradients and its update, as equations of this graph."""

from __future__ import annotations

import ast
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ...engine.gradients import node_of
from ...errors import GraphError, describe, printable
from ...files import write_file
from ..trace.tape import reachable
from ..trace.values import values_of
from .formula import NOTES
from .graph import Graph
from .story import Equation, Story
from .styles import Latex, MathML, Text, markup, tex
from .terms import parsed
from .typeset import Typesetter
from .update import SHOWN, Update, update
from .words import words

_SMALL = 48  # arrays of at most so many numbers are written out
_SECTIONS = ("forward", "loss", "error", "backward", "gradients")


def explain(loss: Any, numbers: bool = False, optimizer: Any = None, language: str = "en") -> Explanation:
    """The forward and backward pass of a loss as equations, in the words and letters of a textbook.

    Dense layers are told by the recursion of backpropagation, z, a and δ; any other layer by its op's own equations. Blocks of
    modules that repeat are told once.

    Args:
        loss: a tensor of one number, before ``backward`` (or after one with retain_graph=True).
        numbers: write the numbers of every value beneath its equation: all of a small array, mean and norm of a large one.
        optimizer: its update is told too.
        language: "en" or "zh".

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
    story = Story(Graph(nodes, root, values_of(nodes, root, loss.array)))
    return Explanation(story, numbers, None if optimizer is None else update(optimizer), language)


class Explanation:
    """What ``explain`` gives: a document, and equations that can be evaluated.

    Attributes:
        text, markdown, latex, html: the document; html is a whole page, with MathML and without scripts. equations: in the order in
            which they can be evaluated. parameters: the name of each parameter and the symbol of its gradient. update: the
            optimizer's, or None.

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
        self.parameters = _unique([(name, gradient) for _, name, _, gradient in story.parameters])
        self._numbers = self.values() if numbers else None

    # ----------------------------------------------------------------------------------------------------------- evaluation
    def values(self) -> dict[str, np.ndarray]:
        """The value of every equation, computed one after the other from the parameters and the inputs, in NumPy."""
        env: dict[str, Any] = dict(self.story.given)
        for equation in self.equations:
            env[equation.key] = equation.evaluate(env)
        return env

    def evaluate(self) -> dict[str, np.ndarray]:
        """The gradient of every parameter, by name, computed from the equations."""
        env = self.values()
        return {name: np.asarray(env[gradient]) for name, gradient in self.parameters.items() if gradient in env}

    # ---------------------------------------------------------------------------------------------------------------- lines
    def _setter(self, style: Any, equation: Equation | None = None) -> Typesetter:
        scalars = frozenset({"n", "samples", *(equation.scalars if equation else ())})
        return Typesetter(style, scalars, self.story.shown, numbers=bool(equation and equation.indexed))

    def _write(self, equation: Equation, style: Any) -> Any:
        """An equation in a style, without its definitions."""
        setter = self._setter(style, equation)
        assert equation.tree is not None
        return style.finish(setter.equation(setter.write(equation.left), equation.tree))

    def _where(self, equation: Equation, style: Any) -> list[Any]:
        """The definitions that an equation uses."""
        plain = Typesetter(style, self._setter(style, equation).scalars, self.story.shown)
        return [style.finish(plain.equation(plain.write(parsed(name)), value)) for name, value in equation.where]

    def lines(self, section: str | None = None) -> list[str]:
        """The equations as plain text, a line each: all, or those of "forward", "loss", "error", "backward" or "gradients"."""
        style = Text()
        return [style.where(self._write(e, style), self._where(e, style)) for e in self._printed(section)]

    def _printed(self, section: str | None = None) -> list[Equation]:
        return [e for e in self.equations if e.printed and e.tree is not None and section in (None, e.section)]

    # ------------------------------------------------------------------------------------------------------------- document
    def _document(self) -> list[tuple[Any, ...]]:
        """What is told, however it is written: ("heading", text), ("paragraph", text), ("symbols", rows), ("equation", e),
        ("general", sources), ("assign", pairs), ("options", dict), ("notes", list)."""
        w, story = self.words, self.story
        made: list[tuple[Any, ...]] = [("heading", w["symbols"])]
        forms = {d.form == "columns" for d in story.graph.dense.values()}
        if forms:
            made.append(("paragraph", w["columns" if forms == {True} else "rows"]))
        made.append(("paragraph", w["elementwise"]))
        made.append(("symbols", self._legend()))
        for section in _SECTIONS:
            found = self._printed(section)
            if not found:
                continue
            made.append(("heading", w[section]))
            if section == "error":
                made.append(("paragraph", w["error hint"]))
            if section == "backward":
                made += self._recursion(found, forms)
            call, told = None, section == "forward" or any(e.op not in ("", "linear") for e in found)
            for equation in found:
                if equation.call is not None and equation.call != call and told:
                    made.append(("layer", str(equation.call) or w["model"], getattr(equation.call, "kind", "")))
                call = equation.call
                made.append(("equation", equation))
            graph = story.graph
            if section == "error" and graph.loss and graph.loss.kind == "bce" and graph.op(graph.loss.prediction) == "sigmoid":
                made.append(("paragraph", w["simplified"]))
            if section == "forward":
                made += [("paragraph", text) for text in self._repeats()]
                if story.unknown:
                    made.append(("paragraph", w["not kept"]))
        notes = [(n, NOTES[n]) for n in NOTES if any(_uses(e, n) for e in self._printed())]
        if notes:
            made.append(("heading", w["legend"]))
            made.append(("notes", notes))
        if self.update is not None:
            made.append(("heading", w["update"]))
            made.append(("paragraph", w["update hint"].format(name=self.update.name)))
            made.append(("assign", self.update.assignments) if self.update.assignments else ("paragraph", self.update.text))
            if self.update.options:
                made.append(("options", self.update.options))
        return made

    def _legend(self) -> list[tuple[str, str, Any]]:
        w = self.words
        rows: list[tuple[str, str, Any]] = []
        loss = self.story.graph.loss
        for symbol, name, shape in self.story.legend:
            node = next((n for n, v in self.story.var.items() if v == symbol), None)
            if node is not None and self.story._is_repeated(_consumer_call(self.story.graph, node)):
                continue
            known = {"h0": w["initial"], "c0": w["initial"], "mask": w["mask"]}.get(symbol.split("_")[0], w["input"])
            role = name or (w["target"] if symbol == "y" and loss else known)
            rows.append((symbol, role, shape))
        if "n" in self.story.given:
            rows.append(("n", f"{w['count']}: {self.story.given['n']}", None))
        return rows

    def _recursion(self, found: list[Equation], forms: set[bool]) -> list[tuple[Any, ...]]:
        if not any("@" in ast.unparse(e.tree) and e.key.startswith("delta") for e in found if e.tree is not None):
            return [("paragraph", self.words["backward other"])]
        rows = {
            "rows, weight (out, in)": "delta_m @ W_m",
            "rows, weight (in, out)": "delta_m @ W_m.T",
            "columns": "W_m.T @ delta_m",
        }
        used = {d.form for d in self.story.graph.dense.values()}
        made: list[tuple[Any, ...]] = [("paragraph", self.words["recursion"])]
        made += [("general", "delta_l", f"({rows[form]}) * slope_l") for form in rows if form in used]
        if True not in forms:
            made += [("paragraph", self.words["recursion columns"]), ("general", "delta_l", "(W_m.T @ delta_m) * slope_l")]
        if any(e.op not in ("", "linear") or not e.key.startswith(("delta", "slope")) for e in found):
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

    def _general(self, style: Any, left: str, right: str) -> Any:
        shown = {"delta_l": ("delta", "l"), "delta_m": ("delta", "l+1"), "W_m": ("W", "l+1"), "slope_l": ("'", "f", "z", "l")}
        setter = Typesetter(style, frozenset(), shown)
        return style.finish(setter.equation(setter.write(parsed(left)), parsed(right)))

    def _assign(self, style: Any, left: str, right: str) -> Any:
        scalars = frozenset({"eta", "mu", "tau", "wd", "rate", "beta1", "beta2", "eps", "alpha", "decay", "t"})
        setter = Typesetter(style, scalars, SHOWN)
        return style.finish(style.infix("←", [setter.write(parsed(left)), setter.write(parsed(right))]))

    def _symbol(self, style: Any, name: str, shown: dict[str, tuple[str, ...]] | None = None) -> Any:
        return style.finish(Typesetter(style, frozenset(), shown or self.story.shown).name(name))

    def _remark(self, e: Equation) -> str:
        """Shape and options beside an equation."""
        shape = "" if not e.shape else "(" + ", ".join(map(str, e.shape)) + ")"
        names = (
            set(ast.unparse(ast.Tuple([e.tree, *[v for _, v in e.where]], ast.Load())).replace("(", " ").replace(",", " ").split())
            if e.tree
            else set()
        )
        options = ", ".join(f"{k} = {v}" for k, v in e.params.items() if k in names)
        return "  ".join(part for part in (shape, options) if part)

    def _value(self, e: Equation) -> str:
        """The numbers of an equation."""
        value = None if self._numbers is None else self._numbers.get(e.key)
        if value is None or not np.size(value):
            return ""
        value = np.asarray(value)
        if value.size <= _SMALL:
            return str(np.array2string(value, precision=4, suppress_small=True, max_line_width=100))
        return self.words["values"].format(mean=f"{value.mean():.4g}", norm=f"{np.linalg.norm(value):.4g}")

    # -------------------------------------------------------------------------------------------------------------- formats
    @property
    def text(self) -> str:
        """The document as plain text."""
        style, w = Text(), self.words
        out = [w["title"], "=" * (2 * len(w["title"]) if self.language == "zh" else len(w["title"]))]
        for kind, *content in self._document():
            if kind == "heading":
                out += ["", content[0], "-" * (2 * len(content[0]) if self.language == "zh" else len(content[0]))]
            elif kind == "paragraph":
                out += [content[0]]
            elif kind == "layer":
                out += ["  " + w["layer"].format(path=content[0], kind=content[1])]
            elif kind == "symbols":
                rows = [(self._symbol(style, s), name, "" if shape is None else str(tuple(shape))) for s, name, shape in content[0]]
                widths = [max((len(r[i]) for r in rows), default=0) for i in (0, 1)]
                out += [f"    {s:{widths[0]}}  {name:{widths[1]}}  {shape}".rstrip() for s, name, shape in rows]
            elif kind == "equation":
                line = "    " + self._write(content[0], style)
                remark = self._remark(content[0])
                out.append(f"{line:<60}  {remark}".rstrip() if remark else line)
                out += [f"        {w['where']} {definition}" for definition in self._where(content[0], style)]
                out += ["        " + line for line in self._value(content[0]).splitlines()]
            elif kind == "general":
                out.append("    " + self._general(style, *content))
            elif kind == "assign":
                out += ["    " + self._assign(style, *pair) for pair in content[0]]
            elif kind == "options":
                out.append(
                    f"    {w['options']} " + ", ".join(f"{self._symbol(style, k, SHOWN)} = {v}" for k, v in content[0].items())
                )
            elif kind == "notes":
                out += [f"    {name}: {note}" for name, note in content[0]]
        return "\n".join(out) + "\n"

    @property
    def markdown(self) -> str:
        """The document as Markdown with LaTeX between dollar signs."""
        style, w = Latex(), self.words
        out = [f"# {w['title']}"]
        for kind, *content in self._document():
            if kind == "heading":
                out.append(f"## {content[0]}")
            elif kind == "paragraph":
                out.append(_plain_markdown(content[0]))
            elif kind == "layer":
                out.append("*" + _plain_markdown(w["layer"].format(path=content[0], kind=content[1])) + "*")
            elif kind == "symbols":
                rows = [f"| {w['symbol']} | {w['name']} | {w['shape']} |", "| --- | --- | --- |"]
                for s, name, shape in content[0]:
                    rows.append(
                        f"| ${self._symbol(style, s)}$ | {_plain_markdown(name)} | {'' if shape is None else tuple(shape)} |"
                    )
                out.append("\n".join(rows))
            elif kind == "equation":
                remark = self._remark(content[0])
                out.append(
                    f"$$ {self._write(content[0], style)}" + (rf" \qquad \small {style.literal(remark)}" if remark else "") + " $$"
                )
                if defined := self._where(content[0], style):
                    out.append(f"{w['where']} " + ", ".join(f"${d}$" for d in defined))
                if value := self._value(content[0]):
                    out.append("```\n" + value + "\n```")
            elif kind == "general":
                out.append(f"$$ {self._general(style, *content)} $$")
            elif kind == "assign":
                out += [f"$$ {self._assign(style, *pair)} $$" for pair in content[0]]
            elif kind == "options":
                out.append(
                    f"{w['options']} " + ", ".join(f"${self._symbol(style, k, SHOWN)} = {v}$" for k, v in content[0].items())
                )
            elif kind == "notes":
                out.append("\n".join(f"- `{name}`: {note}" for name, note in content[0]))
        return "\n\n".join(out) + "\n"

    @property
    def latex(self) -> str:
        """The document as LaTeX, to be put into a document that loads amsmath (and ctex, for Chinese)."""
        style, w = Latex(), self.words
        out = [rf"\section*{{{tex(w['title'])}}}"]
        for kind, *content in self._document():
            if kind == "heading":
                out.append(rf"\subsection*{{{tex(content[0])}}}")
            elif kind == "paragraph":
                out.append(_plain_latex(content[0]) + "\n")
            elif kind == "layer":
                out.append(rf"\noindent\emph{{{_plain_latex(w['layer'].format(path=content[0], kind=content[1]))}}}")
            elif kind == "symbols":
                rows = [
                    rf"${self._symbol(style, s)}$ & {_plain_latex(name)} & {'' if shape is None else tuple(shape)} \\"
                    for s, name, shape in content[0]
                ]
                out.append("\\begin{tabular}{lll}\n" + "\n".join(rows) + "\n\\end{tabular}")
            elif kind == "equation":
                remark = self._remark(content[0])
                out.append(
                    rf"\[ {self._write(content[0], style)}" + (rf" \qquad {style.literal(remark)}" if remark else "") + r" \]"
                )
                if defined := self._where(content[0], style):
                    out.append(rf"{tex(w['where'])} " + ", ".join(f"${d}$" for d in defined))
                if value := self._value(content[0]):
                    out.append("\\begin{verbatim}\n" + value + "\n\\end{verbatim}")
            elif kind == "general":
                out.append(rf"\[ {self._general(style, *content)} \]")
            elif kind == "assign":
                out += [rf"\[ {self._assign(style, *pair)} \]" for pair in content[0]]
            elif kind == "options":
                out.append(
                    tex(w["options"]) + " " + ", ".join(f"${self._symbol(style, k, SHOWN)} = {v}$" for k, v in content[0].items())
                )
            elif kind == "notes":
                rows = [rf"\item \texttt{{{tex(name)}}}: {_plain_latex(note)}" for name, note in content[0]]
                out.append("\\begin{itemize}\n" + "\n".join(rows) + "\n\\end{itemize}")
        return "\n".join(out) + "\n"

    def _fragment(self) -> str:
        style, w = MathML(), self.words
        out = [f"<h1>{escape(w['title'])}</h1>"]

        def inline(tree: Any) -> str:
            return markup(["math", *[part for part in tree[1:] if not isinstance(part, dict)]])

        def display(tree: Any) -> str:
            return markup(["math", {"displaystyle": "true"}, *[part for part in tree[1:] if not isinstance(part, dict)]])

        for kind, *content in self._document():
            if kind == "heading":
                out.append(f"<h2>{escape(content[0])}</h2>")
            elif kind == "paragraph":
                out.append(f"<p>{escape(content[0])}</p>")
            elif kind == "layer":
                out.append(f'<p class="layer">{escape(w["layer"].format(path=content[0], kind=content[1]))}</p>')
            elif kind == "symbols":
                out.append(
                    f"<table><tr><th>{escape(w['symbol'])}</th><th>{escape(w['name'])}</th><th>{escape(w['shape'])}</th></tr>"
                )
                for s, name, shape in content[0]:
                    cell = "" if shape is None else str(tuple(shape))
                    out.append(f"<tr><td>{inline(self._symbol(style, s))}</td><td>{escape(name)}</td><td>{escape(cell)}</td></tr>")
                out.append("</table>")
            elif kind == "equation":
                remark = f'<span class="shape">{escape(self._remark(content[0]))}</span>'
                out.append(f'<div class="equation">{display(self._write(content[0], style))}{remark}</div>')
                if defined := self._where(content[0], style):
                    items = " ".join(f"<span>{display(d)}</span>" for d in defined)
                    out.append(f'<div class="where">{escape(w["where"])} {items}</div>')
                if value := self._value(content[0]):
                    out.append(f"<pre>{escape(value)}</pre>")
            elif kind == "general":
                out.append(f'<div class="equation general">{display(self._general(style, *content))}</div>')
            elif kind == "assign":
                out += [f'<div class="equation">{display(self._assign(style, *pair))}</div>' for pair in content[0]]
            elif kind == "options":
                items = ", ".join(f"{inline(self._symbol(style, k, SHOWN))} = {escape(str(v))}" for k, v in content[0].items())
                out.append(f"<p>{escape(w['options'])} {items}</p>")
            elif kind == "notes":
                out.append(
                    "<dl>"
                    + "".join(f"<dt><code>{escape(n)}</code></dt><dd>{escape(note)}</dd>" for n, note in content[0])
                    + "</dl>"
                )
        return (
            f'<article class="glassgrad-explain" lang="{"zh-CN" if self.language == "zh" else "en"}">'
            + "\n".join(out)
            + "</article>"
        )

    @property
    def html(self) -> str:
        """The document as a page of its own: MathML, no scripts, nothing from elsewhere."""
        lang = "zh-CN" if self.language == "zh" else "en"
        return (
            f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
            f"<title>{escape(self.words['title'])}</title>\n<style>{_STYLE}{_PAGE}</style>\n</head>\n<body>\n"
            f"{self._fragment()}\n</body>\n</html>\n"
        )

    def save(self, path: Any) -> Path:
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
        return f"<style>{_STYLE}</style>{self._fragment()}"

    def _repr_markdown_(self) -> str:
        return self.markdown


_STYLE = """
.glassgrad-explain { max-width: 60rem; line-height: 1.5; }
.glassgrad-explain h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
.glassgrad-explain h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; border-bottom: 1px solid #8886; padding-bottom: .2rem; }
.glassgrad-explain p { margin: .4rem 0; }
.glassgrad-explain table { border-collapse: collapse; margin: .6rem 0; }
.glassgrad-explain th, .glassgrad-explain td { text-align: left; padding: .15rem 1.2rem .15rem 0; font-size: .95rem; }
.glassgrad-explain th { font-weight: 600; opacity: .7; }
.glassgrad-explain .equation { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem 1.5rem;
  margin: .45rem 0 .45rem 1.5rem; overflow-x: auto; }
.glassgrad-explain .equation math { font-size: 1.15rem; }
.glassgrad-explain .general { border-left: 3px solid #4a90d9; padding-left: .8rem; }
.glassgrad-explain .where { margin: 0 0 .4rem 3rem; font-size: .92rem;
  display: flex; flex-wrap: wrap; align-items: center; gap: .2rem 1.4rem; }
.glassgrad-explain .shape { opacity: .6; font-size: .85rem; margin-left: auto; }
.glassgrad-explain .layer { opacity: .75; font-size: .9rem; margin: .9rem 0 .1rem; font-style: italic; }
.glassgrad-explain pre { margin: 0 0 .5rem 3rem; font-size: .8rem; overflow-x: auto; }
.glassgrad-explain dt { float: left; clear: left; margin-right: .7rem; }
.glassgrad-explain dd { margin: 0 0 .2rem 8rem; }
"""
_PAGE = """
body { margin: 2rem auto; padding: 0 1rem; max-width: 60rem; font-family: system-ui, sans-serif; color: #1b1f24; background: #fff; }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #15181c; } }
"""


def _unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Names with their values; a name that comes again gets a number."""
    made: dict[str, str] = {}
    for name, value in pairs:
        unique, number = name, 2
        while unique in made:
            unique, number = f"{name}#{number}", number + 1
        made[unique] = value
    return made


def _uses(equation: Equation, name: str) -> bool:
    """Whether an equation uses a word."""
    for tree in (equation.tree, *[value for _, value in equation.where]):
        for node in ast.walk(tree) if tree is not None else ():
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
            if called or (name in ("rows", "time") and isinstance(node, ast.Name) and node.id == name):
                return True
    return False


def _consumer_call(graph: Graph, node: Any) -> Any:
    return next((c.layer for c in graph.consumers[node]), None)


def _plain_markdown(text: str) -> str:
    """Text in which nothing is Markdown or HTML."""
    escaped = escape(text, quote=False)
    return "".join("\\" + c if c in "\\`*_{}[]#|$~" else c for c in escaped).replace("\n", " ")


_UNICODE = {"₁": "$_1$", "⊙": r"$\odot$", "ᵀ": r"$^{\top}$", "δ": r"$\delta$",
            "θ": r"$\theta$", "∂": r"$\partial$", "⁽": "$^{(", "⁾": ")}$", "ˡ": "l", "ᵏ": "k", "−": "$-$"}  # fmt: skip


def _plain_latex(text: str) -> str:
    """Text in which nothing is a command of LaTeX."""
    return "".join(_UNICODE.get(c) or tex(c) for c in text).replace("\n", " ")


__all__ = ["Explanation", "explain"]
