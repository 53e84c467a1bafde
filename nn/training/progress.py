"""The progress bar of a training, by tqdm: on a terminal or in a notebook, and nowhere else."""

from __future__ import annotations

import sys
import time
from typing import Any

from .history import spoken

_PAUSE = 0.1  # seconds between two updates
# tqdm's own format says the number of samples, too: on a terminal of 80 columns no metric would be left.
_FORMAT = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}, {rate_fmt}{postfix}"


def wanted(progress: bool | None) -> bool:
    """Whether a bar is shown: as asked for, or where somebody can see it."""
    return (sys.stderr.isatty() or _in_notebook()) if progress is None else progress


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    get = getattr(shell, "get_ipython", None)
    return get is not None and type(get()).__name__ == "ZMQInteractiveShell"


def _bar_class() -> Any:
    if _in_notebook():
        try:
            import ipywidgets  # noqa: F401  (tqdm's widget needs it)

            return _widget_class()
        except ImportError:
            pass
    from tqdm import tqdm

    return tqdm


def _widget_class() -> Any:
    from tqdm.notebook import tqdm

    class Widget(tqdm):
        """tqdm's widget, whose text goes on in a second line; tqdm's own is cut off at the edge of the cell."""

        def display(self, *args: Any, **kwargs: Any) -> None:
            super().display(*args, **kwargs)
            text = self.container.children[-1]
            text.layout.flex = "1 1 0%"
            text.layout.min_width = "50%"
            text.value = text.value.replace("\u2007", " ")

    return Widget


class Bar:
    """Samples that are done, of all epochs; loss and metrics; samples a second; time left.

    Args:
        epochs: how many there will be. done: how many are done already. samples: of one epoch, or None.
    """

    def __init__(self, epochs: int, done: int, samples: int | None) -> None:
        self.epochs, self.samples = epochs, samples
        total = None if samples is None else epochs * samples
        self.bar = _bar_class()(
            total=total,
            initial=done * (samples or 0),
            unit=" samples",
            unit_scale=True,
            dynamic_ncols=True,
            bar_format=_FORMAT if total else None,
        )
        self.next = 0.0
        self.waiting = 0

    def epoch(self, number: int) -> None:
        """An epoch begins."""
        self.bar.set_description(f"epoch {number + 1}/{self.epochs}", refresh=False)

    def batch(self, samples: int, total: float, count: int) -> None:
        """A batch is done; the mean loss of the epoch so far is total / count."""
        self.waiting += samples
        now = time.perf_counter()
        if now >= self.next:
            self.next = now + _PAUSE
            self.bar.set_postfix_str(f"loss={total / max(count, 1):.3g}", refresh=False)
            self.bar.update(self.waiting)
            self.waiting = 0

    def logs(self, values: dict[str, float]) -> None:
        """An epoch has ended with these values."""
        self.bar.set_postfix_str(", ".join(spoken(values, ".3g")), refresh=False)
        self.bar.update(self.waiting)
        self.waiting = 0

    def close(self) -> None:
        """The training has ended."""
        self.bar.close()


__all__ = ["Bar", "wanted"]
