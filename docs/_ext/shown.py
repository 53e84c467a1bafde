"""What the pages' cells show: a line of the source, the loops of a compiled step, and an exercise."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from autograd import viz

ROOT = Path(__file__).resolve().parent.parent.parent


class Shown:
    """HTML for a page, and text for a terminal."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def line(file: str, beginning: str, lines: int = 1) -> Shown:
    """The line of a source file that begins with some text, and perhaps those after it, with its place.

    Raises:
        LookupError: the file has no such line: the page is out of date.
    """
    source = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = next((i for i, one in enumerate(source) if one.strip().startswith(beginning)), None)
    if found is None:
        raise LookupError(f"{file} has no line that begins with {beginning!r}")
    text = "\n".join(source[found : found + lines])
    place = f"{file}, line {found + 1}"
    return Shown(f"<p><code>{place}</code></p><pre>{escape(text)}</pre>", f"{place}\n{text}")


def c(step: Any) -> None:
    """Print the C of a compiled step."""
    print(step.source())


def exercise(loss: Any, hide: str = "gradients", language: str = "en", **options: Any) -> Shown:
    """The page of ``draw(loss).save("exercise.html", hide=hide)``, in a frame."""
    page = viz.draw(loss, language=language, **options).to_html(hide=hide)
    style = "width:100%;height:640px;border:1px solid #c3cad2;border-radius:6px"
    frame = f'<iframe sandbox="allow-scripts" title="exercise" loading="lazy" style="{style}"'
    return Shown(f'{frame} srcdoc="{escape(page, quote=True)}"></iframe>', "exercise.html")


def fails(call: Any) -> None:
    """Call it, and print the error that it raises.

    Raises:
        AssertionError: it raised none: the page is out of date.
    """
    try:
        call()
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
        return
    raise AssertionError("this was to fail, and it did not")
