"""From DOT to a picture, with whichever engine is there."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphviz import Digraph


def engine() -> list[str] | None:
    """The command that draws: ``dot`` on the PATH, else the one of graphviz-pure, or None."""
    for name in ("dot", "graphviz-pure"):
        found = shutil.which(name) or shutil.which(name, path=sysconfig.get_path("scripts"))
        if found:
            return [found]
    return None


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
    form = path.suffix.lstrip(".") or "svg"
    if form in ("dot", "gv"):
        path.write_text(dot.source, encoding="utf-8")
        return path
    command = engine()
    if command is None:
        raise RuntimeError(
            f"drawing {path.name} needs a graphviz engine and none was found: pip install 'glassgrad[viz]' brings one (SVG, PNG), "
            f"or install Graphviz (graphviz.org) so that `dot` is on the PATH. The DOT text needs neither: save it as .dot"
        )
    done = subprocess.run([*command, f"-T{form}", "-o", str(path)], input=dot.source.encode(), capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} could not draw {path.name}: {done.stderr.decode(errors='replace').strip()}")
    return path
