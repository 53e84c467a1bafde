"""LaTeX documents: each is what a strict reader accepts, and compiles with nothing off the page where an engine is at hand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from test_explain import OTHERS

import autograd
import nn
import optim
from autograd.errors import GraphError
from autograd.viz import explain
from autograd.viz.explain.document import plain_latex
from autograd.viz.explain.notes import NOTES, printed
from autograd.viz.explain.styles import tex

INSTALL = "apt-get install texlive-latex-extra texlive-xetex texlive-lang-chinese"
COMMANDS = set(
    re.findall(
        r"\w+",
        """
        ensuremath theta substack alpha beta gamma delta eta mu sigma tau pi epsilon varepsilon Phi lambda nu rho partial
        frac sqrt sum mathrm mathbf operatorname text textbf texttt emph left right lvert rvert lfloor rfloor lceil
        rceil langle rangle cdot odot times circ dots ldots top hat bar tilde small footnotesize tag quad qquad begin
        end item documentclass usepackage allowdisplaybreaks setlength parindent sloppy section subsection le leq ge
        geq ne neq leftarrow infty in not max min exp log tanh sin cos cosh sinh land lor lnot mid phi textasciitilde
        textasciicircum textbackslash mathbb displaystyle Gamma psi zeta prod dim det ell boldsymbol lVert rVert
        """,
    )
)
ENVIRONMENTS = {"document", "longtable", "aligned", "cases", "itemize", "verbatim", "pmatrix", "array", "gathered", "split"}
_TOKEN = re.compile(r"\\([A-Za-z]+|.)|([{}])|(?<!\\)(\$)", re.DOTALL)


def faults(latex: str) -> list[str]:
    """What a strict reader does not accept: commands that amsmath has not, and what opens and is not closed in its order."""
    found, open_ = [], []
    text = re.sub(r"\\begin\{verbatim\}.*?\\end\{verbatim\}", "", latex, flags=re.DOTALL)

    def close(mark: str) -> None:
        if not open_ or open_.pop() != mark:
            found.append(f"{mark} closes what was not opened")

    at = 0
    while (token := _TOKEN.search(text, at)) is not None:
        at = token.end()
        command, brace, dollar = token.groups()
        if command in ("begin", "end"):
            name = re.compile(r"\{(\w+)\*?\}").match(text, at)
            assert name is not None
            at = name.end()
            if name[1] not in ENVIRONMENTS:
                found.append(f"environment {name[1]}")
            open_.append(name[1]) if command == "begin" else close(name[1])
        elif command in ("left", "right"):
            open_.append("left") if command == "left" else close("left")
        elif command in ("[", "]"):
            open_.append("[") if command == "[" else close("[")
        elif command is not None and command.isalpha() and command not in COMMANDS:
            found.append(f"command {command}")
        elif brace:
            open_.append("{") if brace == "{" else close("{")
        elif dollar:
            close("$") if open_ and open_[-1] == "$" else open_.append("$")
    return found + [f"{mark} is not closed" for mark in open_]


def complaints(latex: str, folder: Path, chinese: bool) -> list[str]:
    """What an engine complains of: errors, and lines that are wider or pages that are higher than there is place for."""
    engine = shutil.which("xelatex" if chinese else "pdflatex") or shutil.which("xelatex")
    if engine is None or (chinese and not _has("ctexart.cls")):
        assert os.environ.get("REQUIRE_LATEX") != "1", f"no LaTeX engine: {INSTALL}"
        return []
    (folder / "told.tex").write_text(latex, encoding="utf-8")
    done = subprocess.run(
        [engine, "-interaction=nonstopmode", "-halt-on-error", "told.tex"], cwd=folder, capture_output=True, timeout=60, check=False
    )
    log = (folder / "told.log").read_text(encoding="utf-8", errors="replace")
    wrong = [line for line in log.splitlines() if line.startswith(("!", "Overfull", "Missing character"))]
    return wrong + ([] if done.returncode == 0 or wrong else [f"exit code {done.returncode}"])


def _has(name: str) -> bool:
    finder = shutil.which("kpsewhich")
    return finder is not None and bool(subprocess.run([finder, name], capture_output=True, check=False).stdout)


def check(latex: str, folder: Path, chinese: bool = False) -> None:
    assert faults(latex) == []
    assert complaints(latex, folder, chinese) == []


@pytest.mark.parametrize("name", OTHERS)
def test_every_model_becomes_a_document(name: str, tmp_path: Path) -> None:
    made = OTHERS[name]()
    check(explain(made[1], numbers=True, names={"x_1 & 50 %": autograd.ones(2)}).latex, tmp_path)


@pytest.mark.parametrize("name", ["transformer", "lstm", "layer norm"])
def test_in_chinese_too(name: str, tmp_path: Path) -> None:
    made = OTHERS[name]()
    check(explain(made[1], language="zh").latex, tmp_path, chinese=True)


@pytest.mark.parametrize("make", [optim.SGD, optim.AdamW, optim.RMSprop])
def test_the_optimizers_step_is_in_it(make: Any, tmp_path: Path) -> None:
    class Odd_Name(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first_layer_with_a_long_name_that_takes_room = nn.Linear(3, 4)

        def forward(self, x: Any) -> Any:
            return self.first_layer_with_a_long_name_that_takes_room(x).softmax(1)

    model = Odd_Name()
    loss = (model(autograd.ones(2, 3)) ** 2).sum()
    check(explain(loss, optimizer=make(model.parameters(), lr=0.01)).latex, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        (r"\frac{", r"\frac", "{"),
        (r"\odot", r"\hadamard", "hadamard"),
        (r"\left(", "(", "left"),
        (r"\]", "", "closes what was not opened"),
        (r"\end{longtable}", "", "closes what was not opened"),
    ],
)
def test_the_reader_sees_planted_mistakes(old: str, new: str, seen: str) -> None:
    latex = explain(OTHERS["layer norm"]()[1]).latex
    assert faults(latex) == []
    assert old in latex
    assert any(seen in fault for fault in faults(latex.replace(old, new, 1)))


def test_the_engine_sees_what_leaves_the_page(tmp_path: Path) -> None:
    latex = explain(OTHERS["layer norm"]()[1]).latex
    wide = latex.replace(r"\[ ", r"\[ " + " + ".join(["a"] * 200) + " + ", 1)
    assert wide != latex
    assert complaints(latex, tmp_path, False) == []
    if shutil.which("pdflatex"):
        assert any("Overfull" in line for line in complaints(wide, tmp_path, False))


def test_the_notes_hold_no_sign_that_an_engine_has_not(tmp_path: Path) -> None:
    rows = [rf"\item \texttt{{{tex(printed(word, 'en'))}}}: {plain_latex(note)}" for word, note in NOTES["en"].items()]
    assert all(row.isascii() for row in rows), [row for row in rows if not row.isascii()]
    document = explain(OTHERS["layer norm"]()[1]).latex
    listed = "\\begin{itemize}\n" + "\n".join(rows) + "\n\\end{itemize}\n\\end{document}"
    check(document.replace("\\end{document}", listed), tmp_path)


def test_values_that_are_gone_are_named() -> None:
    story = explain(OTHERS["layer norm"]()[1], numbers=True)
    with pytest.raises(GraphError, match=r"the gradient of W1 can't be computed: the values of W1, .* are gone"):
        story.evaluate()
