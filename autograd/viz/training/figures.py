"""The paper on which figures of a training are drawn: an empty figure, and the look of its axes."""

from __future__ import annotations

from io import BytesIO
from typing import Any

INK, SOFT, GRID, ACCENT, SECOND = "#1d2330", "#626977", "#e3e2dc", "#2f6fb5", "#b8442c"


def blank(width: float, height: float) -> Any:
    """An empty figure of this size in inches, which a notebook shows as a picture, without pyplot.

    Raises:
        ImportError: Matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(
            "figures need Matplotlib, which is not installed: pip install 'glassgrad[plot]'; "
            'the page of a Recorder, recorder.save("training.html"), needs nothing'
        ) from None

    class Shown(Figure):
        """A figure that a notebook shows as a picture, without pyplot."""

        def _repr_png_(self) -> bytes:
            image = BytesIO()
            self.savefig(image, format="png")
            return image.getvalue()

    figure = Shown(figsize=(width, height), dpi=120, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def dress(axes: Any, title: str, x: str = "", y: str = "") -> None:
    """Give axes a title, labels, and the look of all figures here."""
    axes.set_title(title, loc="left", fontsize=10.5, color=INK, fontweight="bold")
    axes.set_xlabel(x, fontsize=9, color=SOFT)
    axes.set_ylabel(y, fontsize=9, color=SOFT)
    axes.tick_params(which="both", labelsize=8, colors=SOFT, length=0)
    axes.grid(True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(GRID)


__all__ = ["ACCENT", "GRID", "INK", "SECOND", "SOFT", "blank", "dress"]
