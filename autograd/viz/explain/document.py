"""An explanation as a document: what is told in which order, and how each format writes it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from .notes import TERMS
from .styles import Latex, MathML, Text, markup, tex
from .update import SHOWN, assigned

if TYPE_CHECKING:
    from .explain import Explanation

Part = tuple[str, Any]
SMALL = 48  # arrays of at most so many numbers are written out
WIDTH = 100  # characters of an equation as plain text, beyond which it is broken


def rows_of(tree: ast.expr, long: Callable[[ast.expr], bool]) -> list[tuple[str, ast.expr]]:
    """A long expression cut at its outermost sums or products: (the sign before it, a part)."""
    if not long(tree) or not isinstance(tree, ast.BinOp) or not isinstance(tree.op, ast.Add | ast.Sub | ast.Mult):
        return [("", tree)]
    sign = {ast.Add: "+", ast.Sub: "−", ast.Mult: "⊙"}[type(tree.op)]
    right = tree.right
    if isinstance(tree.op, ast.Mult):
        if isinstance(tree.left, ast.BinOp) and isinstance(tree.left.op, ast.Add | ast.Sub):
            return [("", tree)]
        return [*rows_of(tree.left, long), (sign, right)] if _is_product(tree.left) else [("", tree.left), (sign, right)]
    return [*rows_of(tree.left, long), (sign, right)]


def _is_product(tree: ast.expr) -> bool:
    return isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult)


class Writer:
    """Writes the parts of a document in one format; each part's method returns pieces of text."""

    writes: Any  # the style

    def __init__(self, story: Explanation) -> None:
        self.story, self.words = story, story.words
        self.style = self.writes(TERMS[story.language])

    def pieces(self) -> Iterator[str]:
        """The document, piece by piece."""
        for kind, content in self.story.parts():
            yield from getattr(self, "on_" + kind)(content)

    def symbol(self, name: str, shown: dict[str, tuple[str, ...]] | None = None) -> Any:
        """A symbol by itself."""
        return self.story.symbol(self.style, name, shown)

    def layer(self, content: Any) -> str:
        """The sentence that names a module."""
        path, kind = content
        return self.words["layer"].format(path=path, kind=kind) if kind else self.words["layer only"].format(path=path)


class TextWriter(Writer):
    """Plain text."""

    writes = Text

    def __str__(self) -> str:
        return "\n".join([self.words["title"], self._line(self.words["title"], "="), *self.pieces()]) + "\n"

    def _line(self, text: str, mark: str) -> str:
        return mark * (2 * len(text) if self.story.language == "zh" else len(text))

    def on_heading(self, text: str) -> list[str]:
        return ["", text, self._line(text, "-")]

    def on_paragraph(self, text: str) -> list[str]:
        return wrap(text, WIDTH, break_long_words=False) if self.story.language == "en" else [text]

    def on_layer(self, content: Any) -> list[str]:
        return ["  " + self.layer(content)]

    def on_symbols(self, rows: Any) -> list[str]:
        table = [(self.symbol(s), name, "" if shape is None else str(tuple(shape))) for s, name, shape in rows]
        widths = [max((len(row[i]) for row in table), default=0) for i in (0, 1)]
        return [f"    {s:{widths[0]}}  {name:{widths[1]}}  {shape}".rstrip() for s, name, shape in table]

    def on_equation(self, equation: Any) -> list[str]:
        first, *rest = self.story.rows(self.style, equation)
        remark = self.story.remark(equation)
        lines = [f"    {first:<56}  {remark}".rstrip() if remark else "    " + first]
        lines += ["        " + row for row in rest]
        return [*lines, *["        " + line for line in self.story.numbers(equation).splitlines()]]

    def on_general(self, pair: Any) -> list[str]:
        return ["    " + self.story.general(self.style, *pair)]

    def on_assign(self, pairs: Any) -> list[str]:
        return ["    " + assigned(self.style, *pair) for pair in pairs]

    def on_options(self, options: dict[str, Any]) -> list[str]:
        return [f"    {self.words['options']} " + ", ".join(f"{self.symbol(k, SHOWN)} = {v}" for k, v in options.items())]

    def on_notes(self, notes: Any) -> list[str]:
        return [f"    {name}: {note}" for name, note in notes]


class MarkdownWriter(Writer):
    """Markdown with LaTeX between dollar signs."""

    writes = Latex

    def __str__(self) -> str:
        return "\n\n".join([f"# {self.words['title']}", *self.pieces()]) + "\n"

    def on_heading(self, text: str) -> list[str]:
        return [f"## {text}"]

    def on_paragraph(self, text: str) -> list[str]:
        return [plain_markdown(text)]

    def on_layer(self, content: Any) -> list[str]:
        return ["*" + plain_markdown(self.layer(content)) + "*"]

    def on_symbols(self, rows: Any) -> list[str]:
        w = self.words
        head = [f"| {w['symbol']} | {w['name']} | {w['shape']} |", "| --- | --- | --- |"]
        return ["\n".join([*head, *[f"| ${self.symbol(s)}$ | {plain_markdown(n)} | {_shape(shape)} |" for s, n, shape in rows]])]

    def on_equation(self, equation: Any) -> list[str]:
        remark = self.story.remark(equation)
        said = rf" \qquad \small {self.style.literal(remark)}" if remark else ""
        value = self.story.numbers(equation)
        return [
            f"$$ {self.style.lines(self.story.rows(self.style, equation))}{said} $$",
            *([f"```\n{value}\n```"] if value else []),
        ]

    def on_general(self, pair: Any) -> list[str]:
        return [f"$$ {self.story.general(self.style, *pair)} $$"]

    def on_assign(self, pairs: Any) -> list[str]:
        return [f"$$ {assigned(self.style, *pair)} $$" for pair in pairs]

    def on_options(self, options: dict[str, Any]) -> list[str]:
        return [f"{self.words['options']} " + ", ".join(f"${self.symbol(k, SHOWN)} = {v}$" for k, v in options.items())]

    def on_notes(self, notes: Any) -> list[str]:
        return ["\n".join(f"- `{name}`: {plain_markdown(note)}" for name, note in notes)]


class LatexWriter(Writer):
    """A LaTeX document of its own; long equations are broken, long tables run over pages."""

    writes = Latex

    def __str__(self) -> str:
        chinese = self.story.language == "zh"
        head = [
            r"\documentclass[a4paper,11pt]{" + ("ctexart" if chinese else "article") + "}",
            r"\usepackage{amsmath,amssymb,longtable}",
            r"\usepackage[margin=2cm]{geometry}",
            r"\allowdisplaybreaks",
            r"\setlength{\parindent}{0pt}",
            r"\sloppy",
            r"\begin{document}",
            rf"\section*{{{tex(self.words['title'])}}}",
        ]
        return "\n".join([*head, *self.pieces(), r"\end{document}"]) + "\n"

    def on_heading(self, text: str) -> list[str]:
        return [rf"\subsection*{{{tex(text)}}}"]

    def on_paragraph(self, text: str) -> list[str]:
        return [plain_latex(text) + "\n"]

    def on_layer(self, content: Any) -> list[str]:
        return [rf"\emph{{{plain_latex(self.layer(content))}}}"]

    def on_symbols(self, rows: Any) -> list[str]:
        made = [rf"${self.symbol(s)}$ & {plain_latex(name)} & {_shape(shape)} \\" for s, name, shape in rows]
        return ["\\begin{longtable}{@{}lp{9cm}l@{}}\n" + "\n".join(made) + "\n\\end{longtable}"] if rows else []

    def on_equation(self, equation: Any) -> list[str]:
        remark, value = self.story.remark(equation), self.story.numbers(equation)
        said = rf" \tag*{{\small {tex(remark)}}}" if remark else ""
        made = [rf"\[ {self.style.lines(self.story.rows(self.style, equation))}{said} \]"]
        return [*made, *(["{\\footnotesize\\begin{verbatim}\n" + value + "\n\\end{verbatim}}"] if value else [])]

    def on_general(self, pair: Any) -> list[str]:
        return [rf"\[ {self.story.general(self.style, *pair)} \]"]

    def on_assign(self, pairs: Any) -> list[str]:
        return [rf"\[ {assigned(self.style, *pair)} \]" for pair in pairs]

    def on_options(self, options: dict[str, Any]) -> list[str]:
        return [f"{tex(self.words['options'])} " + ", ".join(f"${self.symbol(k, SHOWN)} = {v}$" for k, v in options.items()) + "\n"]

    def on_notes(self, notes: Any) -> list[str]:
        rows = [rf"\item \texttt{{{tex(name)}}}: {plain_latex(note)}" for name, note in notes]
        return ["\\begin{itemize}\n" + "\n".join(rows) + "\n\\end{itemize}"]


class HtmlWriter(Writer):
    """HTML with MathML; no scripts, nothing from elsewhere."""

    writes = MathML

    def __str__(self) -> str:
        language = "zh-CN" if self.story.language == "zh" else "en"
        body = "\n".join([f"<h1>{escape(self.words['title'])}</h1>", *self.pieces()])
        return f'<article class="glassgrad-explain" lang="{language}">{body}</article>'

    def _math(self, tree: Any, display: bool) -> str:
        parts = [part for part in tree[1:] if not isinstance(part, dict)]
        return markup(["math", *([{"displaystyle": "true"}] if display else []), *parts])

    def on_heading(self, text: str) -> list[str]:
        return [f"<h2>{escape(text)}</h2>"]

    def on_paragraph(self, text: str) -> list[str]:
        return [f"<p>{escape(text)}</p>"]

    def on_layer(self, content: Any) -> list[str]:
        return [f'<p class="layer">{escape(self.layer(content))}</p>']

    def on_symbols(self, rows: Any) -> list[str]:
        w = self.words
        made = [f"<table><tr><th>{escape(w['symbol'])}</th><th>{escape(w['name'])}</th><th>{escape(w['shape'])}</th></tr>"]
        for s, name, shape in rows:
            cells = (self._math(self.symbol(s), False), escape(name), _shape(shape))
            made.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        return [*made, "</table>"]

    def on_equation(self, equation: Any) -> list[str]:
        rows = self.style.lines(self.story.rows(self.style, equation))
        remark = f'<span class="shape">{escape(self.story.remark(equation))}</span>'
        made = [f'<div class="equation">{self._math(rows, True)}{remark}</div>']
        value = self.story.numbers(equation)
        return [*made, *([f"<pre>{escape(value)}</pre>"] if value else [])]

    def on_general(self, pair: Any) -> list[str]:
        return [f'<div class="equation general">{self._math(self.story.general(self.style, *pair), True)}</div>']

    def on_assign(self, pairs: Any) -> list[str]:
        return [f'<div class="equation">{self._math(assigned(self.style, *pair), True)}</div>' for pair in pairs]

    def on_options(self, options: dict[str, Any]) -> list[str]:
        items = ", ".join(f"{self._math(self.symbol(k, SHOWN), False)} = {escape(str(v))}" for k, v in options.items())
        return [f"<p>{escape(self.words['options'])} {items}</p>"]

    def on_notes(self, notes: Any) -> list[str]:
        items = "".join(f"<dt><code>{escape(name)}</code></dt><dd>{escape(note)}</dd>" for name, note in notes)
        return [f"<dl>{items}</dl>"]


def page(article: str, title: str, language: str) -> str:
    """An article as a page of its own."""
    return (
        f'<!doctype html>\n<html lang="{"zh-CN" if language == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{STYLE}{_PAGE}</style>\n</head>\n<body>\n{article}\n</body>\n</html>\n"
    )


def numbers_text(value: Any, words: dict[str, str]) -> str:
    """All numbers of a small array, mean and norm of a large one."""
    if value is None or not np.size(value):
        return ""
    value = np.asarray(value)
    if value.size <= SMALL:
        return str(np.array2string(value, precision=4, suppress_small=True, max_line_width=90))
    return words["values"].format(mean=f"{value.mean():.4g}", norm=f"{np.linalg.norm(value):.4g}")


def _shape(shape: Any) -> str:
    return "" if shape is None else str(tuple(shape))


def plain_markdown(text: str) -> str:
    """Text in which nothing is Markdown or HTML."""
    escaped = escape(text, quote=False)
    return "".join("\\" + c if c in "\\`*_{}[]#|$~" else c for c in escaped).replace("\n", " ")


def plain_latex(text: str) -> str:
    """A sentence in which nothing is a command of LaTeX."""
    return tex(text).replace("\n", " ")


STYLE = """
.glassgrad-explain { max-width: 60rem; line-height: 1.5; }
.glassgrad-explain h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
.glassgrad-explain h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; border-bottom: 1px solid #8886; padding-bottom: .2rem; }
.glassgrad-explain p { margin: .4rem 0; }
.glassgrad-explain table { border-collapse: collapse; margin: .6rem 0; }
.glassgrad-explain th, .glassgrad-explain td { text-align: left; padding: .15rem 1.2rem .15rem 0; font-size: .95rem; }
.glassgrad-explain th { font-weight: 600; opacity: .75; }
.glassgrad-explain .equation { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem 1.5rem;
  margin: .45rem 0 .45rem 1.5rem; overflow-x: auto; }
.glassgrad-explain .equation math { font-size: 1.15rem; }
.glassgrad-explain .general { border-left: 3px solid #4a90d9; padding-left: .8rem; }
.glassgrad-explain .shape { opacity: .75; font-size: .85rem; margin-left: auto; }
.glassgrad-explain .layer { opacity: .8; font-size: .9rem; margin: .9rem 0 .1rem; font-style: italic; }
.glassgrad-explain pre { margin: 0 0 .5rem 3rem; font-size: .8rem; overflow-x: auto; }
.glassgrad-explain dt { float: left; clear: left; margin-right: .7rem; }
.glassgrad-explain dd { margin: 0 0 .2rem 8rem; }
@media (max-width: 560px) { .glassgrad-explain .equation { margin-left: .3rem; } }
"""
_PAGE = """
body { margin: 2rem auto; padding: 0 1rem; max-width: 60rem; font-family: system-ui, sans-serif; color: #1b1f24; background: #fff; }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #15181c; } }
"""

__all__ = ["STYLE", "WIDTH", "HtmlWriter", "LatexWriter", "MarkdownWriter", "Part", "TextWriter", "numbers_text", "page", "rows_of"]
