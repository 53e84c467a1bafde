"""History: what a training has logged, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.engine.graph import array_of
from autograd.files import replacing
from autograd.types import ArrayLike

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class History:
    """The values that were logged at the end of each epoch.

    Attributes:
        history: a list per name: ``history["loss"]``, ``history["val_loss"]``, ``history["accuracy"]``, ... of numbers, and of
            nested lists where a metric is an array, as a confusion matrix.
        epoch: the numbers of the epochs, from 0. seconds: how long each took.
        interrupted: (epoch, batch) at which Ctrl-C ended the training, or None.
        stopped: why a callback ended it, or None.

    Example:
        >>> from nn.training import History
        >>> h = History()
        >>> h.add(0, {"loss": 2.0}, 0.1)
        >>> h.add(1, {"loss": 1.0}, 0.1)
        >>> h["loss"], h.last
        ([2.0, 1.0], {'loss': 1.0})
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.seconds: list[float] = []
        self.interrupted: tuple[int, int] | None = None
        self.stopped: str | None = None

    def add(self, epoch: int, logs: dict[str, float], seconds: float) -> None:
        """Note an epoch. A name that earlier epochs lack is filled up with nan, so that all lists are of one length."""
        for name in {**self.history, **logs}:
            values = self.history.setdefault(name, [float("nan")] * len(self.epoch))
            values.append(plain(logs.get(name, float("nan"))))
        self.epoch.append(epoch)
        self.seconds.append(seconds)

    @property
    def last(self) -> dict[str, float]:
        """What the last epoch logged."""
        return {name: values[-1] for name, values in self.history.items()}

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.history:
            raise KeyError(f"{name!r} was not logged; there are {', '.join(self.history) or 'no values yet'}")
        return self.history[name]

    def __contains__(self, name: object) -> bool:
        return name in self.history

    def __iter__(self) -> Iterator[str]:
        return iter(self.history)

    def __len__(self) -> int:
        return len(self.epoch)

    def __repr__(self) -> str:
        values = ", ".join(spoken(self.last, ".4g")) if self.epoch else ""
        return f"<History of {len(self)} epochs{': ' if values else ''}{values}>"

    def _repr_png_(self) -> bytes | None:
        """For notebooks: the curves, where there are some and Matplotlib is installed."""
        if not self.epoch or find_spec("matplotlib") is None:
            return None
        figure: Any = self.plot()
        image: bytes = figure._repr_png_()
        return image

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"history": {name: list(values) for name, values in self.history.items()}, "epoch": list(self.epoch),
                "seconds": list(self.seconds)}  # fmt: skip

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.history = {name: [plain(v) for v in values] for name, values in state["history"].items()}
        self.epoch = [int(n) for n in state["epoch"]]
        self.seconds = [float(s) for s in state["seconds"]]

    def plot(self, file: str | Path | None = None) -> Figure:
        """Curves over the epochs, training and validation of one quantity in one picture.

        Args:
            file: where the figure is saved (.png, .svg, .pdf); by default nowhere.

        Returns:
            The matplotlib figure. A notebook shows it.

        Raises:
            ImportError: matplotlib is missing (extra ``plot``). ValueError: no epoch was logged.
        """
        if not self.epoch:
            raise ValueError("there is nothing to plot: no epoch has ended yet")
        from autograd.viz.training.figures import ACCENT, SECOND, blank, dress

        names = [
            name for name, values in self.history.items()
            if (not name.startswith("val_") or name[4:] not in self.history) and all(isinstance(v, float) for v in values)
        ]  # fmt: skip
        columns = min(len(names), 3)
        figure = blank(3.6 * columns, 2.8 * -(-len(names) // columns))
        epochs = [n + 1 for n in self.epoch]
        marker = "o" if len(epochs) < 3 else None
        for i, name in enumerate(names, 1):
            axes = figure.add_subplot(-(-len(names) // columns), columns, i)
            axes.plot(epochs, self.history[name], marker=marker, color=ACCENT, label="training")
            if f"val_{name}" in self.history:
                axes.plot(epochs, self.history[f"val_{name}"], "--", marker=marker, color=SECOND, label="validation")
                axes.legend(frameon=False, fontsize=8)
            dress(axes, name, "epoch")
            axes.xaxis.get_major_locator().set_params(integer=True)
        if file is not None:
            with replacing(file) as temporary:  # which has another ending, so the format must be told
                figure.savefig(temporary, format=Path(file).suffix.lstrip(".") or "png")
        return figure


def plain(value: ArrayLike) -> Any:
    """A logged value as a number, or, of a confusion matrix or a value for each class, as lists of numbers."""
    array = np.asarray(array_of(value), np.float64)
    return float(array.reshape(())) if array.size == 1 else array.tolist()


def spoken(logs: dict[str, Any], form: str) -> list[str]:
    """The numbers among logged values as "name=value"."""
    return [f"{name}={value:{form}}" for name, value in logs.items() if not isinstance(value, list)]


__all__ = ["History", "plain", "spoken"]
