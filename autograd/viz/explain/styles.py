"""Three ways to write a formula down: plain text, LaTeX, and MathML.

``formula_typeset`` walks an expression and asks a style for its parts: a fraction of two things already written, a sum, a root.
MathML is made as nested lists, ``[tag, {attributes}?, children...]``, never as markup, so that no name can become any. Plain text
can be read back: what it prints means one expression only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Any, TypeAlias

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eps": "ε", "epsilon": "ε", "lambd": "λ", "lam": "λ", "mu": "μ",
    "nu": "ν", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "theta": "θ", "phi": "φ", "Phi": "Φ", "Gamma": "Γ", "eta": "η", "psi": "ψ", "omega": "ω",
    "zeta": "ζ", "xhat": "x̂", "mhat": "m̂", "vhat": "v̂",
}  # fmt: skip
_HATS = {"xhat", "mhat", "vhat"}
_LATEX_GREEK = {
    "xhat": r"\hat{x}",
    "mhat": r"\hat{m}",
    "vhat": r"\hat{v}",
    "eps": r"\varepsilon",
    "epsilon": r"\varepsilon",
    "lambd": r"\lambda",
    "lam": r"\lambda",
}
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_RAISED = str.maketrans("0123456789-()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾")

# Signs over a range, in LaTeX and in MathML.
_LARGE = {"Σ": (r"\sum", "∑"), "Π": (r"\prod", "∏")}

# What a function is called in LaTeX, where that is a command; in the other styles its name is written upright.
_COMMANDS = {
    "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "max", "min", "det", "arg", "arcsin", "arccos", "arctan",
}  # fmt: skip
_LATEX_SIGNS = {
    "⊙": r"\odot", "·": r"\,", " ": r"\,", "=": "=", "≠": r"\ne", "≤": r"\le", "≥": r"\ge", "<": "<", ">": ">", "∧": r"\land",
    "∨": r"\lor",
    "¬": r"\lnot ", "*": r"\ast", "//": r"\mathbin{//}", "%": r"\bmod", "≪": r"\ll", "≫": r"\gg", "⊕": r"\oplus", "in": r"\in",
    "←": r"\leftarrow",
}  # fmt: skip

# A formula in MathML, or a part of one: nested lists, or a text.
Markup: TypeAlias = list[Any] | str
# A formula as the style at hand writes it: a text, or, in MathML, markup.
Written: TypeAlias = Any


class Text:
    """Plain text, one line. ``·`` multiplies by a number, ``⊙`` element by element, and a space stands in a product of matrices."""

    flat = True  # fractions and powers need their own brackets

    def __init__(self, said: Mapping[str, str] = MappingProxyType({})) -> None:
        self.said = said  # the words of formulas in another language

    def number(self, text: str) -> str:
        return text

    def symbol(self, base: str, upper: str = "", lower: str = "") -> str:
        name = GREEK.get(base, base)
        if lower:
            name += lower.translate(_LOWERED) if lower.isdigit() else "_" + lower
        return name + ("⁽" + upper.translate(_RAISED) + "⁾" if upper.isdigit() else f"({upper})" if upper else "")

    def gradient(self, of: str, part: str = "") -> str:
        return f"∂{part.translate(_LOWERED)}L/∂{of}"

    def timed(self, base: str, time: str) -> str:
        return f"{base}_{time}" if len(time) == 1 else f"{base}_{{{time}}}"

    def literal(self, text: str) -> str:
        return translated(text, self.said)

    def row(self, *parts: str) -> str:
        return "".join(parts)

    def bracket(self, inner: str) -> str:
        return f"({inner})"

    def infix(self, sign: str, parts: Sequence[str]) -> str:
        return (" " if sign == " " else "·" if sign == "·" else f" {sign} ").join(parts)

    def signed(self, terms: Sequence[tuple[bool, str]]) -> str:
        first, *rest = terms
        return ("−" if first[0] else "") + first[1] + "".join((" − " if minus else " + ") + t for minus, t in rest)

    def negated(self, inner: str) -> str:
        return "not " + inner

    def fraction(self, above: str, below: str) -> str:
        return f"{above} / {below}"

    def power(self, base: str, exponent: str, plain: str | None) -> str:
        return base + plain.translate(_RAISED) if plain is not None else f"{base}^{exponent}"

    def root(self, inner: str) -> str:
        return f"√({inner})"

    def absolute(self, inner: str) -> str:
        return f"|{inner}|"

    def transposed(self, inner: str, mark: str = "T") -> str:
        return inner + {"T": "ᵀ", "H": "ᴴ", "-1": "⁻¹", "-T": "⁻ᵀ", "*": "*", "+": "⁺", "'": "'"}[mark]

    def call(self, name: str, arguments: Sequence[str], lower: str | None = None) -> str:
        prime = "'" * name.endswith("'")
        name = name.rstrip("'")
        return f"{GREEK.get(name, name)}{prime}{_below(lower)}({', '.join(arguments)})"

    def keyword(self, name: str, value: str) -> str:
        return f"{name}={value}"

    def listed(self, items: Sequence[str]) -> str:
        return ", ".join(items)

    def indexed(self, base: str, indices: Sequence[str]) -> str:
        return f"{base}[{', '.join(indices)}]"

    def indicator(self, condition: str) -> str:
        return f"[{condition}]"

    def cases(self, cases: Sequence[tuple[str, str]], otherwise: str) -> str:
        test, other = self.literal("if"), self.literal("else")
        return "".join(f"({value} {test} {condition} {other} " for value, condition in cases) + otherwise + ")" * len(cases)

    def placed(self, inner: str, where: str) -> str:
        return f"({inner} {self.literal('at')} [{where}], 0 {self.literal('elsewhere')})"

    def total(self, sign: str, body: str, below: str, condition: str | None = None) -> str:
        if below is None:
            return f"{sign}({body})"
        if condition is None and not below.replace("_", "").isalnum():
            return f"{sign}_{{{below}}}({body})"
        return f"{sign}_{below}({body})" if condition is None else f"{sign}_{{{below}: {condition}}}({body})"

    def continued(self, sign: str, part: str) -> str:
        return f"{sign} {part}"

    def where(self, main: str, definitions: Sequence[str]) -> str:
        return main + (f", {self.literal('where')} " + ", ".join(definitions) if definitions else "")

    def finish(self, made: str) -> str:
        return made


class Latex:
    """LaTeX of amsmath, without dollar signs."""

    flat = False

    def __init__(self, said: Mapping[str, str] = MappingProxyType({})) -> None:
        self.said = said

    def number(self, text: str) -> str:
        return text.replace("∞", r"\infty").replace("π", r"\pi").replace("𝟏", r"\mathbf{1}")

    def symbol(self, base: str, upper: str = "", lower: str = "") -> str:
        if base in GREEK:
            name = _LATEX_GREEK.get(base, "\\" + base)
        else:
            greek = r"\delta " if base.startswith("δ") else ""
            rest = base.removeprefix("δ")
            name = greek + (rest if len(rest) == 1 and rest.isascii() else rf"\mathrm{{{tex(rest)}}}")
            name = f"{{{name}}}" if greek else name
        return name + (f"_{{{tex(lower)}}}" if lower else "") + (f"^{{({tex(upper)})}}" if upper else "")

    def gradient(self, of: str, part: str = "") -> str:
        return rf"\frac{{\partial{f'_{{{part}}}' if part else ''} L}}{{\partial {of}}}"

    def timed(self, base: str, time: str) -> str:
        made = base if "_" not in base else f"{{{base}}}"
        return f"{made}_{{{time.replace('−', '-')}}}"

    def literal(self, text: str) -> str:
        return rf"\text{{{tex(translated(text, self.said))}}}"

    def row(self, *parts: str) -> str:
        return "".join(parts)

    def bracket(self, inner: str) -> str:
        return rf"\left({inner}\right)"

    def infix(self, sign: str, parts: Sequence[str]) -> str:
        return f" {_LATEX_SIGNS[sign]} ".join(parts)

    def signed(self, terms: Sequence[tuple[bool, str]]) -> str:
        first, *rest = terms
        return ("-" if first[0] else "") + first[1] + "".join((" - " if minus else " + ") + t for minus, t in rest)

    def negated(self, inner: str) -> str:
        return rf"\lnot {inner}"

    def fraction(self, above: str, below: str) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def power(self, base: str, exponent: str, plain: str | None) -> str:
        return f"{{{base}}}^{{{exponent}}}"

    def root(self, inner: str) -> str:
        return rf"\sqrt{{{inner}}}"

    def absolute(self, inner: str) -> str:
        return rf"\left|{inner}\right|"

    def transposed(self, inner: str, mark: str = "T") -> str:
        return (
            f"{{{inner}}}"
            + {"T": r"^{\top}", "H": r"^{\mathsf{H}}", "-1": "^{-1}", "-T": r"^{-\top}", "*": "^{*}", "+": "^{+}", "'": "'"}[mark]
        )

    def call(self, name: str, arguments: Sequence[str], lower: str | None = None) -> str:
        prime = "'" * name.endswith("'")
        name = name.rstrip("'")
        shown = "\\" + name if name in _COMMANDS else self.symbol(name) if name in GREEK else rf"\operatorname{{{tex(name)}}}"
        shown += prime
        return shown + (f"_{{{lower}}}" if lower else "") + rf"\left({', '.join(arguments)}\right)"

    def keyword(self, name: str, value: str) -> str:
        return f"{self.symbol(name)}={value}"

    def listed(self, items: Sequence[str]) -> str:
        return ", ".join(items)

    def indexed(self, base: str, indices: Sequence[str]) -> str:
        return (base if "_" not in base else f"{{{base}}}") + f"_{{{', '.join(indices)}}}"

    def indicator(self, condition: str) -> str:
        return rf"\left[{condition}\right]"

    def cases(self, cases: Sequence[tuple[str, str]], otherwise: str) -> str:
        rows = [rf"{value} & {self.literal('if ')} {condition} \\" for value, condition in cases]
        rows.append(rf"{otherwise} & {self.literal('otherwise')}")
        return r"\begin{cases}" + " ".join(rows) + r"\end{cases}"

    def placed(self, inner: str, where: str) -> str:
        at, elsewhere = self.literal("at "), self.literal("elsewhere")
        return rf"\begin{{cases}}{inner} & {at} [{where}] \\ 0 & {elsewhere}\end{{cases}}"

    def total(self, sign: str, body: str, below: str, condition: str | None = None) -> str:
        if sign not in _LARGE:
            return rf"\operatorname{{{sign}}}" + (f"_{{{below}}}" if below else "") + self.bracket(body)
        if condition is not None:
            return rf"{_LARGE[sign][0]}_{{\substack{{{below} \\ {condition}}}}} {body}"
        return (rf"{_LARGE[sign][0]}_{{{below}}} " if below else rf"{_LARGE[sign][0]} ") + body

    def continued(self, sign: str, part: str) -> str:
        return rf"{_LATEX_SIGNS.get(sign, '-' if sign == '−' else sign)} {part}"

    def lines(self, rows: Sequence[str]) -> str:
        if len(rows) == 1:
            return rows[0]
        return r"\begin{aligned} &" + r" \\ &\quad ".join(rows) + r" \end{aligned}"

    def where(self, main: str, definitions: Sequence[str]) -> str:
        return main + (rf" \quad{self.literal('where')}\quad " + r",\; ".join(definitions) if definitions else "")

    def finish(self, made: str) -> str:
        return made


class MathML:
    """MathML Core as nested lists."""

    flat = False

    def __init__(self, said: Mapping[str, str] = MappingProxyType({})) -> None:
        self.said = said

    def number(self, text: str) -> Markup:
        return ["mn", text] if text not in ("π", "∞", "i") else ["mi", text]

    def symbol(self, base: str, upper: str = "", lower: str = "") -> Markup:
        made: Markup = ["mi", GREEK.get(base, base)]
        if base in _HATS:
            made = ["mover", {"accent": "true"}, ["mi", base[0]], ["mo", {"stretchy": "false"}, "^"]]
        if upper and lower:
            return [
                "msubsup",
                made,
                ["mi", lower],
                ["mrow", ["mo", {"stretchy": "false"}, "("], ["mi", upper], ["mo", {"stretchy": "false"}, ")"]],
            ]
        if upper:
            inner: Markup = ["mn" if upper.isdigit() else "mi", upper]
            if "+" in upper:
                inner = ["mrow", ["mi", upper.split("+")[0]], ["mo", "+"], ["mn", upper.split("+")[1]]]
            return ["msup", made, ["mrow", ["mo", {"stretchy": "false"}, "("], inner, ["mo", {"stretchy": "false"}, ")"]]]
        return ["msub", made, ["mi", lower]] if lower else made

    def gradient(self, of: Markup, part: str = "") -> Markup:
        sign: Markup = ["mo", {"rspace": "0"}, "∂"]
        above = ["msub", sign, ["mn", part]] if part else sign
        return ["mfrac", ["mrow", above, ["mi", "L"]], ["mrow", sign, of]]

    def timed(self, base: Markup, time: str) -> Markup:
        below: Markup = ["mrow", ["mi", time[0]], *([["mo", time[1]], ["mn", time[2:]]] if len(time) > 1 else [])]
        if time.isdigit():
            below = ["mn", time]
        if base[0] == "msup" and len(base) == 3:
            return ["msubsup", base[1], below, base[2]]
        return ["msub", base, below]

    def literal(self, text: str) -> Markup:
        return ["mtext", translated(text, self.said)]

    def row(self, *parts: Markup) -> Markup:
        return ["mrow", *parts]

    def bracket(self, inner: Markup) -> Markup:
        return ["mrow", ["mo", "("], inner, ["mo", ")"]]

    def infix(self, sign: str, parts: Sequence[Markup]) -> Markup:
        made: list[Markup] = ["mrow"]
        for i, part in enumerate(parts):
            if i:
                made.append(["mspace", {"width": "0.17em"}] if sign in " ·" else ["mo", sign])
            made.append(part)
        return made

    def signed(self, terms: Sequence[tuple[bool, Markup]]) -> Markup:
        made: list[Markup] = ["mrow"]
        for i, (minus, term) in enumerate(terms):
            if i or minus:
                made.append(["mo", "−" if minus else "+"] if i else ["mo", {"form": "prefix"}, "−"])
            made.append(term)
        return made

    def negated(self, inner: Markup) -> Markup:
        return ["mrow", ["mo", "¬"], inner]

    def fraction(self, above: Markup, below: Markup) -> Markup:
        return ["mfrac", above, below]

    def power(self, base: Markup, exponent: Markup, plain: str | None) -> Markup:
        return ["msup", base, exponent]

    def root(self, inner: Markup) -> Markup:
        return ["msqrt", inner]

    def absolute(self, inner: Markup) -> Markup:
        return ["mrow", ["mo", "|"], inner, ["mo", "|"]]

    def transposed(self, inner: Markup, mark: str = "T") -> Markup:
        signs: dict[str, Markup] = {
            "-1": ["mrow", ["mo", "−"], ["mn", "1"]], "-T": ["mrow", ["mo", "−"], ["mi", "T"]], "'": ["mo", "′"],
        }  # fmt: skip
        shown = signs.get(mark)
        if shown is None:
            shown = ["mi", {"mathvariant": "normal"}, mark] if mark in "TH" else ["mo", mark]
        if inner[0] == "msup" and len(inner) == 3:  # one exponent and not one above the other
            return ["msup", inner[1], ["mrow", inner[2], shown]]
        return ["msup", inner, shown]

    def call(self, name: str, arguments: Sequence[Markup], lower: Markup | None = None) -> Markup:
        prime = name.endswith("'")
        name = name.rstrip("'")
        head: Markup = ["mi", GREEK.get(name, name)]
        if prime:
            head = ["msup", head, ["mo", "′"]]
        if lower is not None:
            head = ["msub", head, lower]
        return ["mrow", head, ["mo", "\u2061"], ["mrow", ["mo", "("], self.listed(arguments), ["mo", ")"]]]

    def keyword(self, name: str, value: Markup) -> Markup:
        return ["mrow", self.symbol(name), ["mo", "="], value]

    def listed(self, items: Sequence[Markup]) -> Markup:
        made: list[Markup] = ["mrow"]
        for i, item in enumerate(items):
            if i:
                made.append(["mo", {"separator": "true"}, ","])
            made.append(item)
        return made

    def indexed(self, base: Markup, indices: Sequence[Markup]) -> Markup:
        if base[0] == "msup" and len(base) == 3:
            return ["msubsup", base[1], self.listed(indices), base[2]]
        return ["msub", base, self.listed(indices)]

    def indicator(self, condition: Markup) -> Markup:
        return ["mrow", ["mo", "["], condition, ["mo", "]"]]

    def cases(self, cases: Sequence[tuple[Markup, Markup]], otherwise: Markup) -> Markup:
        left = {"style": "text-align: left"}
        rows = [
            ["mtr", ["mtd", left, value], ["mtd", left, ["mrow", self.literal("if\u00a0"), condition]]]
            for value, condition in cases
        ]
        rows.append(["mtr", ["mtd", left, otherwise], ["mtd", left, self.literal("otherwise")]])
        return ["mrow", ["mo", "{"], ["mtable", *rows]]

    def placed(self, inner: Markup, where: Markup) -> Markup:
        left = {"style": "text-align: left"}
        at = ["mrow", self.literal("at\u00a0"), ["mo", "["], where, ["mo", "]"]]
        rows = [
            ["mtr", ["mtd", left, inner], ["mtd", left, at]],
            ["mtr", ["mtd", left, ["mn", "0"]], ["mtd", left, self.literal("elsewhere")]],
        ]
        return ["mrow", ["mo", "{"], ["mtable", *rows]]

    def total(self, sign: str, body: Markup, below: Markup, condition: Markup | None = None) -> Markup:
        head: Markup = ["mo", _LARGE[sign][1]] if sign in _LARGE else ["mi", sign]
        if condition is not None:
            below = ["mrow", below, ["mo", ":"], condition]
        if below is not None:
            head = ["munder" if sign in _LARGE else "msub", head, below]
        return ["mrow", head, body if sign in _LARGE else self.bracket(body)]

    def continued(self, sign: str, part: Markup) -> Markup:
        return ["mrow", ["mspace", {"width": "2em"}], ["mo", {"form": "infix"}, sign], part]

    def lines(self, rows: Sequence[Markup]) -> Markup:
        if len(rows) == 1:
            return rows[0]
        left = {"style": "text-align: left"}
        return ["math", ["mtable", *[["mtr", ["mtd", left, row]] for row in rows]]]

    def where(self, main: Markup, definitions: Sequence[Markup]) -> Markup:
        if not definitions:
            return main
        return ["mrow", main, self.literal("\u2003where\u2003"), self.listed(definitions)]

    def finish(self, made: Markup) -> Markup:
        return ["math", {"display": "block"}, made]


_SIGNS_IN_TEXT = {
    "⊙": r"\odot", "ᵀ": r"^{\top}", "δ": r"\delta", "θ": r"\theta", "∂": r"\partial", "−": "-", "×": r"\times", "∞": r"\infty",
    "𝟏": r"\mathbf{1}", "≤": r"\le", "≥": r"\ge", "ψ": r"\psi", "ζ": r"\zeta", "Γ": r"\Gamma", "π": r"\pi",
    "·": r"\cdot", "ˡ": "^{l}", "⁽": "^{(}", "⁾": "^{)}", "…": r"\ldots", "σ": r"\sigma",
    **{low: f"_{{{digit}}}" for digit, low in zip("0123456789", "₀₁₂₃₄₅₆₇₈₉", strict=True)},
    **{high: f"^{{{digit}}}" for digit, high in zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True)},
}  # fmt: skip


def _below(lower: str | None) -> str:
    return "" if not lower else f"_{lower}" if lower.isalnum() else f"_{{{lower}}}"


def translated(text: str, said: Mapping[str, str]) -> str:
    """A word of a formula, or ``dim`` and numbers, in another language."""
    word = text.strip(" \u00a0\u2003")
    first, _, numbers = word.partition(" ")
    made = f"{said.get(first, first)} {numbers}" if first in ("dim", "dims") and numbers else said.get(word, word)
    return text.replace(word, made) if word else text


def tex(text: str) -> str:
    """Text in which nothing is a command of TeX, and the signs of formulas are mathematics."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {sign: rf"\ensuremath{{{command}}}" for sign, command in _SIGNS_IN_TEXT.items()}
    return "".join(special.get(c, "\\" + c if c in "_{}$&#%" else c) for c in text)


def markup(tree: Any) -> str:
    """A tree as markup; every text and every attribute is escaped."""
    if isinstance(tree, str):
        return escape(tree, quote=False)
    tag, *rest = tree
    attributes = "".join(f' {k}="{escape(str(v))}"' for part in rest if isinstance(part, dict) for k, v in part.items())
    return f"<{tag}{attributes}>" + "".join(markup(part) for part in rest if not isinstance(part, dict)) + f"</{tag}>"


Style: TypeAlias = Text | Latex | MathML
