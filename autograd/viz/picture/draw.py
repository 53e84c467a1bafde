"""``draw(loss)`` and ``draw(model, input_shape)``: one picture that can be looked at, saved in any format, and stepped through."""

from __future__ import annotations

import tempfile
import webbrowser
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...files import write_file
from ...types import AnyModule, AnyOptimizer, DType, Size, Tensor, Tree
from ..page.words import words
from ..trace.moments import difference
from ..trace.naming import Names
from ..trace.structure import remains, structure, was_freed
from ..trace.tape import Trace
from ..trace.trace import trace
from .architecture import architecture
from .dot import Look, write
from .folding import Scene, fold
from .render import engine, picture, render

if TYPE_CHECKING:
    from graphviz import Digraph

    from ...compile import Compiled

SHOWN = 400  # boxes that a notebook draws at most: beyond that its SVG is neither quick nor of use
PATIENCE = 20.0  # seconds that a notebook waits for it


class Picture:
    """The picture that ``draw`` returns. A notebook shows it.

    Attributes:
        scene: the boxes, edges and open modules. look: the options of the drawing. optimizer: whose step the page makes.
        compiled: a step whose C the page shows. moments: several steps or runs of the graph, each with its label.
        findings: the doctor's, for the page.

    Example:
        >>> import autograd, pathlib, tempfile
        >>> w = autograd.tensor(2.0, requires_grad=True)
        >>> picture = autograd.viz.draw(w * w)
        >>> page = pathlib.Path(tempfile.mkdtemp()) / "square.html"
        >>> picture.save(page).name
        'square.html'
        >>> "mul" in page.read_text() and "mul" in picture.to_dot().source
        True
    """

    def __init__(
        self,
        scene: Scene,
        look: Look,
        title: str,
        traced: Callable[[], Trace],
        language: str = "en",
        optimizer: AnyOptimizer | None = None,
        compiled: Compiled | None = None,
    ) -> None:
        words(language)  # raises for a language that the page does not have
        self.compiled = compiled
        self.optimizer = optimizer
        self.scene, self.look, self.title, self.language = scene, look, title, language
        self.moments: list[tuple[str, Trace]] = []
        self.findings: list[dict[str, Any]] = []
        self._traced = traced

    @property
    def trace(self) -> Trace:
        """The trace that the page steps through: made when first asked for, by a backward pass that leaves all as it was."""
        made = self._traced()
        self._traced = lambda: made
        return made

    def to_dot(self) -> Digraph:
        """The picture as a ``graphviz.Digraph``. It needs no graphviz program."""
        return write(self.scene, self.look)

    def to_html(self, hide: str | None = None, answers: bool = False) -> str:
        """The page: forward and backward, step by step. ``hide`` and ``answers`` as in ``save``."""
        from ..page.build import page

        return page(
            self.trace, self.title, language=self.language, optimizer=self.optimizer, hide=hide, answers=answers,
            moments=self.moments, findings=self.findings, compiled=self.compiled,
        )  # fmt: skip

    def save(self, path: str | Path, *, hide: str | None = None, answers: bool = False, slides: bool = False) -> Path:
        """Write the picture into a file whose ending says what: .svg, .png, .pdf, .dot, or .html for the page to step through.

        As slides, every step of forward and backward is shown, from left to right, with the numbers at the arrows: .svg runs by
        itself, .pdf has a page for each step, .gif is always a film.

        Args:
            path: of the file. hide: "gradients" or "values", for a page: an exercise, in which they are to be worked out and are
                checked. answers: show the answers beside the fields, for teachers. slides: a slide for each step.

        Raises:
            RuntimeError: there is nothing that draws this format (the message says what to install), or it failed.
            ValueError: an ending that means no format, or an exercise that is no page.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending in (".html", ".htm"):
            return write_file(path, self.to_html(hide, answers))
        if hide is not None or answers:
            raise ValueError(f"an exercise is a page: {path.name!r} must end in .html")
        if slides or ending == ".gif":
            return self._slides(path, ending)
        if ending not in (".svg", ".png", ".pdf", ".dot", ".gv", ".jpg", ".jpeg"):
            raise ValueError(f"cannot save a picture as {path.name!r}: its ending must be .svg, .png, .pdf, .gif, .dot or .html")
        return render(self.to_dot(), path)

    def _slides(self, path: Path, ending: str) -> Path:
        from .slides import animated, film, gif, pages

        if ending not in (".svg", ".pdf", ".gif"):
            raise ValueError(f"cannot save slides as {path.name!r}: the ending must be .svg, .pdf or .gif, or .html for the page")
        made = film(self.trace, self.look.theme)
        if ending == ".svg":
            return write_file(path, animated(made))
        return pages(made, path) if ending == ".pdf" else gif(made, path)

    def show(self) -> Path:
        """Open the page in a browser, and return the file that it was written to."""
        path = self.save(Path(tempfile.mkdtemp(prefix="glassgrad-")) / "backprop.html")
        webbrowser.open(path.as_uri())
        return path

    def __repr__(self) -> str:
        return f"<picture of {self.title}: {len(self.scene.boxes)} boxes, {len(self.scene.edges)} edges>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """For notebooks: the page in a frame of its own, and an SVG where something can draw one. It never raises."""
        makers: dict[str, Callable[[], str]] = {"text/html": self._frame, "image/svg+xml": self._svg}
        made = {"text/plain": _safely(lambda: repr(self)) or "<picture>"}
        for kind, maker in makers.items():
            if (not include or kind in include) and (not exclude or kind not in exclude) and (text := _safely(maker)):
                made[kind] = text
        return made

    def _frame(self) -> str:
        # Scripts may run in the frame. It has no origin of its own, so they can read neither the notebook nor its cookies.
        border = "border:1px solid #c3cad2;border-radius:6px"
        title, page = escape(self.title, quote=True), escape(self.to_html(), quote=True)

        def frame(style: str) -> str:
            return f'<iframe sandbox="allow-scripts" title="{title}" style="{style}" srcdoc="{page}"></iframe>'

        svg = _safely(self._svg)
        if not svg:
            return frame(f"width:100%;height:640px;{border}")
        # The frame covers a picture. A notebook that is not trusted takes the frame away, and leaves the picture.
        image = f'<img alt="{title}" style="max-width:100%;max-height:640px" src="data:image/svg+xml;base64,{_base64(svg)}">'
        over = f"position:absolute;inset:0;width:100%;height:100%;background:white;{border}"
        return f'<div style="position:relative;min-height:640px;max-height:640px">{image}{frame(over)}</div>'

    def _svg(self) -> str:
        if len(self.scene.boxes) > SHOWN or engine("svg") is None:
            return ""
        return picture(self.to_dot().source, "svg", PATIENCE).decode()


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _safely(make: Callable[[], str]) -> str:
    try:
        return make()
    except Exception:
        return ""  # if one form fails, the notebook shows the others


def draw(
    loss: Tensor | Trace | AnyModule | Mapping[str, Tensor | Trace],
    names: Mapping[str, Any] | None = None,
    *,
    input_shape: Size | Sequence[Size] | None = None,
    input_data: Tree | None = None,
    dtype: DType | None = None,
    passes: str = "backward",
    values: bool = False,
    gradients: bool = False,
    shapes: bool = True,
    bytes: bool = False,
    depth: int | None = None,
    roll: bool = True,
    direction: str = "TB",
    theme: str = "light",
    title: str | None = None,
    language: str = "en",
    optimizer: AnyOptimizer | None = None,
    compiled: Compiled | None = None,
) -> Picture:
    """A picture of the graph of a loss, of several losses with the same graph, or with an input's shape of a model's architecture.

    After a backward pass that freed the graph, the structure is drawn, with the leaves' values and gradients; for all the rest,
    draw before it, or call ``loss.backward(retain_graph=True)``.

    Args:
        loss: a tensor that needs a gradient; or a Trace; or a model (anything with ``named_modules`` that can be called); or a dict
            of two or more traces or tensors of the same graph: steps of a training, or runs. The page has a slider from one to the
            other, and colours what changed.
        names: names for leaves and data, such as ``{"W1": W1}``.
        input_shape, input_data, dtype: for a model: the shape of its input, batch included (a list of shapes for several), or
            the input itself (a tuple for several). It is called once, in eval mode, and left as it was.
        passes: "backward" (from the loss to the leaves), "forward" (from the inputs to the loss, with data), or "both".
        values, gradients: write numbers into the boxes: small arrays whole, others as range and mean; and contributions at the
            arrows.
        shapes, bytes: write shapes; write what each box keeps in memory for the backward pass.
        depth: fold modules nested so deep into one box each: 1 leaves the outermost open. None folds none.
        roll: draw three or more equal modules in a row once, as "x 12".
        direction: "TB", "LR", "BT" or "RL". theme: "light", "dark" or "print".
        title, language: of the page; "en" or "zh". optimizer: whose step the page's laboratory makes; without one it is that of
            gradient descent. compiled: a step of ``autograd.compile`` that has the same ops: the page shows the C of each beside
            its equations.

    Returns:
        A Picture, with ``to_dot()``, ``save("x.svg")`` (.png, .pdf, .dot, .html) and ``show()``.

    Raises:
        GraphError: the tensor has no graph. ValueError: several traces that are not of the same graph.

    Example:
        >>> import autograd
        >>> from autograd import viz
        >>> x = autograd.tensor(3.0, requires_grad=True)
        >>> picture = viz.draw(x * x, names={"x": x}, values=True, gradients=True)
        >>> picture
        <picture of backpropagation: 2 boxes, 2 edges>
        >>> for line in picture.to_dot().source.splitlines()[4:]:
        ...     print(line.strip().partition(" fillcolor")[0])
        1 [label="mul\\nscalar\\n9\\ngrad 1"
        0 [label="x\\nscalar\\n3\\ngrad 6" shape=box style=filled
        1 -> 0 [label=" scalar\\n 3"]
        1 -> 0 [label=" scalar\\n 3"]
        }
    """
    known_names = Names(names)
    look = Look(passes, values, gradients, shapes, bytes, direction, theme)

    def picture(scene: Scene, traced: Callable[[], Trace], called: str = "backpropagation") -> Picture:
        return Picture(scene, look, title or called, traced, language, optimizer, compiled)

    if isinstance(loss, Mapping):
        moments = _moments(loss, known_names)
        drawn_first = picture(fold(moments[0][1], depth, roll, passes != "backward"), lambda: moments[0][1])
        drawn_first.moments = moments
        return drawn_first
    if isinstance(loss, AnyModule):
        if input_shape is None and input_data is None:
            raise TypeError(
                "draw(model) needs the input's shape, batch included: draw(model, input_shape=(32, 784)), or input_data=a tensor"
            )
        drawn = architecture(loss, input_shape, input_data, dtype, depth, roll)
        look.passes, look.name = "forward" if passes == "backward" else passes, "architecture"
        return picture(drawn, lambda: drawn.trace, type(loss).__name__)
    if not isinstance(loss, Trace) and not was_freed(loss) and not (values or gradients):
        found = structure(loss, known_names, constants=passes != "backward")
        return picture(fold(found, depth, roll, passes != "backward"), lambda: trace(loss, _ones(loss), known_names))
    if isinstance(loss, Trace):
        known = loss
    elif was_freed(loss):
        known = remains(loss, known_names)
    else:
        known = trace(loss, _ones(loss), known_names)
    return picture(fold(known, depth, roll, passes != "backward"), lambda: known)


def _moments(losses: Mapping[str, Tensor | Trace], names: Names) -> list[tuple[str, Trace]]:
    """Labels and traces, which must be of one graph."""
    if len(losses) < 2:
        raise ValueError(f"a dict is for two or more steps or runs of one graph, and this has {len(losses)}")
    found = [(label, loss if isinstance(loss, Trace) else trace(loss, _ones(loss), names)) for label, loss in losses.items()]
    for label, other in found[1:]:
        differs = difference(found[0][1], other)
        if differs:
            raise ValueError(f"{found[0][0]!r} and {label!r} are not of the same graph: {differs}")
    return found


def _ones(loss: Tensor) -> Tensor | None:
    """The gradient with which the pass begins, where the loss is not one number: ones."""
    return None if loss.array.size == 1 else type(loss.detach())(loss.array * 0 + 1)


__all__ = ["Picture", "draw"]
