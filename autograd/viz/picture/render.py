"""Drawing DOT with the program that is installed: ``dot``, graphviz-pure or pygraphviz."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import Guided
from ...files import write_file

if TYPE_CHECKING:
    from graphviz import Digraph

RASTERS = ("png", "jpg", "jpeg", "gif", "bmp", "webp")
PIXELS = 16_000_000  # of a raster at most: at graphviz's own scale a picture of 1,000 nodes can need 13 GB of memory
SIDE = 16_000  # pixels of a raster's longer side at most
DPI = 144  # of a raster that is not too large for it
_PURE = ("svg", "png")  # what graphviz-pure can draw


class EngineMissingError(Guided, RuntimeError):
    """No program that draws is installed."""


def engine(form: str = "svg") -> list[str] | str | None:
    """Find a program that draws a format: the command of ``dot`` or graphviz-pure, else "pygraphviz"; None if none is installed.

    graphviz-pure puts its program into the environment's scripts folder, which need not be on the PATH, and knows no PDF.
    """
    program = shutil.which("dot")
    if program is None and form in _PURE:
        program = shutil.which("graphviz-pure") or shutil.which("graphviz-pure", path=sysconfig.get_path("scripts"))
    if program is not None:
        return [program]
    try:
        return "pygraphviz" if find_spec("pygraphviz") is not None else None
    except (ImportError, ValueError):
        return None


def picture(source: str, form: str, timeout: float | None = None) -> bytes:
    """The picture of a DOT text in a format, as bytes. Rasters are bounded in size.

    Raises:
        RuntimeError: no engine is installed (the message names the ways to install one), or it failed or took longer than timeout.
    """
    chosen = engine(form)
    if chosen is None:
        raise EngineMissingError(
            f"drawing {form.upper()} needs a graphviz engine and none was found. Either: pip install 'glassgrad[viz]' (SVG, PNG) "
            f"or 'glassgrad[viz-pdf]' (PDF as well); or: install Graphviz (graphviz.org) so that `dot` is on the PATH. "
            f"DOT text and the HTML page need neither: save the picture as .dot or .html"
        )
    if form in RASTERS:
        source = _bounded(source, _draw(chosen, source, "svg", timeout))
    return _draw(chosen, source, form, timeout)


def _draw(chosen: list[str] | str, source: str, form: str, timeout: float | None) -> bytes:
    if isinstance(chosen, str):
        made: Any = import_module(chosen).AGraph(string=source)
        return made.draw(None, format=form, prog="dot")
    name = Path(chosen[0]).name
    try:
        done = subprocess.run([*chosen, f"-T{form}"], input=source.encode(), capture_output=True, check=False, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"{name} took longer than {timeout:g} s") from None
    if done.returncode or not done.stdout:
        raise RuntimeError(f"{name} could not draw {form.upper()}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _bounded(source: str, svg: bytes) -> str:
    """The DOT text with a resolution at which the picture has at most the allowed size. The SVG tells the picture's size."""
    size = re.search(rb'<svg[^>]*?\bwidth="([\d.]+)pt"[^>]*?\bheight="([\d.]+)pt"', svg)
    width, height = (float(n) / 72 for n in size.groups()) if size else (1e4, 1e4)
    dpi = min(DPI, (0.98 * PIXELS / (width * height)) ** 0.5, SIDE / max(width, height))
    body, brace, rest = source.rstrip().rpartition("}")
    # At the end of the text, so that it overrides an earlier value.
    return f"{body}\tgraph [dpi={dpi:.4f}]\n{brace}{rest}\n"


def render(dot: Digraph, path: str | Path) -> Path:
    """Draw a Digraph into a file whose ending says the format: .svg, .png, .pdf, or .dot for the text itself.

    Args:
        dot: what ``to_dot`` returned.
        path: the file to write.

    Raises:
        RuntimeError: no engine is installed (the message names the ways to install one), or it failed.

    Example:
        >>> import autograd.viz, tempfile, pathlib
        >>> w = autograd.tensor(1.0, requires_grad=True)
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> autograd.viz.render(autograd.viz.to_dot(w * w), folder / "graph.dot").name
        'graph.dot'
    """
    path = Path(path)
    form = path.suffix.lstrip(".").lower() or "svg"
    return write_file(path, dot.source if form in ("dot", "gv") else picture(dot.source, form))


__all__ = ["EngineMissingError", "engine", "picture", "render"]
