"""Figures of a training, with Matplotlib (the extra ``plot``): loss, gradient flow, update ratios, ridgelines.

Each function returns a ``Figure`` that no global state knows: it can be shown in a notebook, saved, or thrown away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .figures import ACCENT, INK, SECOND, SOFT, blank, dress
from .records import ParameterSeries, Records

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MANY = 12  # with more lines than these, colours show the depth and no legend names them


def smoothed(values: np.ndarray, window: int, log: bool = False) -> np.ndarray:
    """The running mean of the last numbers (at the beginning: of those that are there); with ``log`` of their logarithms."""
    if log:
        return np.exp(smoothed(np.log(values), window))
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - window)
    return (sums[ends] - sums[starts]) / (ends - starts)


def _nothing(recorder: Records, what: str, attribute: str) -> None:
    if not isinstance(recorder, Records):
        raise TypeError(f"a figure is made of a Recorder, not of {type(recorder).__name__}")
    if not len(getattr(recorder, attribute)):
        raise ValueError(f"nothing to draw: no {what} was recorded")


def loss(recorder: Records, log: bool | None = None) -> Figure:
    """The loss of every step with its running mean, and the learning rate below it.

    Args:
        recorder: the recording. log: a logarithmic scale; by default if the loss spans more than a factor of 20.

    Raises:
        ValueError: no step was recorded. ImportError: Matplotlib is not installed.

    Example:
        >>> from autograd import viz
        >>> recorder = viz.Recorder()
        >>> for step in range(50):
        ...     recorder.step(1 / (1 + step))
        >>> figure = viz.plots.loss(recorder)
        >>> figure.axes[0].get_yscale()
        'log'
    """
    _nothing(recorder, "step", "loss")
    values, rate = recorder.loss, recorder.lr
    figure = blank(7, 4.6 if len(rate) else 3.6)
    rows = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1]) if len(rate) else [figure.subplots()]
    axes, steps = rows[0], np.arange(len(values))
    window = max(1, len(values) // 25)
    many = len(values) > 40
    axes.plot(steps, values, color=ACCENT, linewidth=0.9 if many else 1.8, alpha=0.35 if many else 1, label="each step")
    finite = values[np.isfinite(values)]
    if log is None:
        log = len(finite) > 1 and finite.min() > 0 and finite.max() > 20 * finite.min()
    if many and len(finite) == len(values):
        axes.plot(
            steps, smoothed(values, window, log and finite.min() > 0), color=ACCENT, linewidth=2, label=f"mean of {window} steps"
        )
        axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    if log:
        axes.set_yscale("log")
    lost = np.flatnonzero(~np.isfinite(values))
    if len(lost):
        axes.axvline(lost[0], color=SECOND, linewidth=1.2)
        axes.annotate(
            f" {values[lost[0]]} at step {lost[0]}", (lost[0], 0.95), xycoords=("data", "axes fraction"), color=SECOND, fontsize=8
        )
    dress(axes, "Loss", "" if len(rate) else "step")
    if len(rate):
        rows[1].plot(steps[: len(rate)], rate, color=SECOND, linewidth=1.6)
        rows[1].ticklabel_format(axis="y", style="sci", scilimits=(-2, 4))
        rows[1].yaxis.get_offset_text().set_size(8)
        rows[1].set_ylim(bottom=0)
        dress(rows[1], "Learning rate", "step")
    return figure


def chosen(recorder: Records, weights: bool = True) -> list[ParameterSeries]:
    """The parameters in the order of the forward pass; weights only (two dimensions or more), if there are any."""
    found = recorder.parameters
    order = [name for name in recorder.facts["order"] if name in found]
    every = [found[name] for name in [*order, *(name for name in found if name not in order)]]
    return ([p for p in every if len(p.shape) > 1] or every) if weights else every


def _colours(count: int) -> list[Any]:
    from matplotlib import colormaps

    return [colormaps["viridis"](0.05 + 0.85 * i / max(1, count - 1)) for i in range(count)]


def _lines(figure: Any, axes: Any, series: list[ParameterSeries], values: list[np.ndarray]) -> None:
    """A line per parameter, coloured by depth; a legend for few, a scale of depth for many."""
    colours = _colours(len(series))
    for p, v, colour in zip(series, values, colours, strict=True):
        shown = np.where(v > 0, v, np.nan)
        axes.plot(p.steps, shown, color=colour, linewidth=1.5, label=p.name, marker="o" if len(v) == 1 else None)
    if any((v > 0).any() for v in values):
        axes.set_yscale("log")
    if len(series) <= MANY:
        axes.legend(frameon=False, fontsize=7.5, labelcolor=INK, loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=1.2)
    else:
        from matplotlib import colormaps
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        bar = figure.colorbar(ScalarMappable(Normalize(1, len(series)), colormaps["viridis"]), ax=axes, pad=0.01, aspect=30)
        bar.set_label("layer, first to last", fontsize=8, color=SOFT)
        bar.ax.tick_params(labelsize=7.5, colors=SOFT, length=0)
        bar.outline.set_visible(False)


def gradient_flow(recorder: Records, weights: bool = True) -> Figure:
    """How large the gradient is in each layer: over time, and over depth at the last sample.

    The root mean square is drawn, so that layers of different sizes compare. Where gradients vanish, the bars shrink towards the
    first layer; where they explode, they grow.

    Args:
        recorder: the recording. weights: only weights (two dimensions or more), not biases.

    Example:
        >>> import autograd, nn
        >>> from autograd import viz
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
        >>> recorder = viz.Recorder(model)
        >>> loss = (model(autograd.ones(4, 2)) ** 2).mean()
        >>> loss.backward()
        >>> recorder.step(loss)
        >>> figure = viz.plots.gradient_flow(recorder)
        >>> [label.get_text() for label in figure.axes[1].get_yticklabels()]
        ['0.weight', '2.weight']
    """
    _nothing(recorder, "sample of parameters", "parameters")
    series = chosen(recorder, weights)
    figure = blank(7, 2.9 + 0.8 + min(6.0, 0.22 * len(series)))
    axes, bars = figure.subplots(2, 1, height_ratios=[2.9, 0.8 + min(6.0, 0.22 * len(series))])
    size = [p.grad.norm / max(1, int(np.prod(p.shape))) ** 0.5 for p in series]
    _lines(figure, axes, series, size)
    dress(axes, "Gradient over time", "step", "root mean square")
    last = np.array([_last(v) for v in size])
    drawn = np.where(last > 0, last, np.nan)
    positions = np.arange(len(series))
    if np.isfinite(drawn).any():
        floor = 10.0 ** np.floor(np.log10(np.nanmin(drawn)) - 0.3)
        bars.barh(positions, np.nan_to_num(drawn) - floor * np.isfinite(drawn), left=floor, color=_colours(len(series)), height=0.7)
        bars.set_xscale("log")
        bars.set_xlim(left=floor)
        for i in positions[~np.isfinite(drawn)]:
            bars.text(floor, i, " 0" if last[i] == 0 else " none", va="center", fontsize=7.5, color=SECOND)
    bars.set_yticks(positions, [p.name for p in series] if len(series) <= 40 else [""] * len(series))
    bars.invert_yaxis()
    dress(bars, f"Gradient by layer, at step {recorder.steps[-1]}: the input is at the top", "root mean square")
    bars.tick_params(axis="y", labelsize=7.5, labelcolor=INK)
    bars.grid(False, axis="y")
    return figure


def update_ratio(recorder: Records, weights: bool = True) -> Figure:
    """How much a step changes each parameter: norm of the update over norm of the value. About 1e-3 is usual.

    Args:
        recorder: the recording. weights: only weights (two dimensions or more), not biases.

    Raises:
        ValueError: no parameter was sampled. ImportError: Matplotlib is not installed.
    """
    _nothing(recorder, "sample of parameters", "parameters")
    series = chosen(recorder, weights)
    figure = blank(7, 3.4)
    axes = figure.subplots()
    _lines(figure, axes, series, [p.update_ratio for p in series])
    axes.axhline(1e-3, color=SECOND, linewidth=1, linestyle=(0, (4, 3)))
    axes.annotate(
        "1e-3: usual", (0.995, 1e-3), xycoords=("axes fraction", "data"), color=SECOND, fontsize=8, va="bottom", ha="right"
    )
    dress(axes, "Update over value", "step", "ratio of norms")
    return figure


def _last(values: np.ndarray) -> float:
    values = values[np.isfinite(values)]
    return float(values[-1]) if len(values) else np.nan


KINDS = {"weights": "value ", "gradients": "grad ", "activations": "out "}


def histograms_of(recorder: Records, of: str, name: str | None = None) -> dict[str, list[Any]]:
    """The histograms over time of weights, gradients or activations: name -> list of (step, least, largest, counts)."""
    if of not in KINDS:
        raise ValueError(f"ridgelines show 'weights', 'gradients' or 'activations', not {of!r}")
    prefix = KINDS[of]
    if of == "activations":
        found = {key.removeprefix(prefix): h for key, h in recorder.distributions.items() if key.startswith(prefix)}
    else:
        names = [p.name for p in chosen(recorder, name is None)]
        found = {n: recorder.distributions[prefix + n] for n in names if prefix + n in recorder.distributions}
    if name is not None:
        if name not in found:
            raise ValueError(f"there are no histograms of {of} called {name!r}; there are: {', '.join(found) or 'none'}")
        found = {name: found[name]}
    return found


def ridge(histograms: list[Any], count: int) -> tuple[np.ndarray, list[tuple[int, np.ndarray]]]:
    """Common edges, and per step (at most ``count`` of them) the density over them, with a largest value of 1 in all.

    The edges leave out a thousandth of the numbers, because single outliers would press the rest into one bin.
    """
    picked = [histograms[i] for i in np.unique(np.linspace(0, len(histograms) - 1, min(count, len(histograms))).astype(int))]
    ends = []
    for _, low, high, counts in picked:
        share = np.cumsum(counts) / max(1, counts.sum())
        edges = np.linspace(low, high, len(counts) + 1)
        ends.append((edges[np.searchsorted(share, 0.0005)], edges[min(len(counts), int(np.searchsorted(share, 0.9995)) + 1)]))
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    grid = np.linspace(low, high, 73)
    rows = []
    for step, least, largest, counts in picked:
        share = np.concatenate([[0], np.cumsum(counts)]) / max(1, counts.sum())
        within = np.interp(grid, np.linspace(least, largest, len(counts) + 1), share)
        density = np.convolve(np.diff(within), (0.25, 0.5, 0.25))[1:-1]
        rows.append((step, density))
    # A peak (the zeros of a ReLU) may be many times as high as all the rest: a square root keeps both visible.
    top = max(float(density.max()) for _, density in rows) or 1.0
    return grid, [(step, np.sqrt(density / top)) for step, density in rows]


def ridgelines(recorder: Records, of: str = "weights", name: str | None = None, rows: int = 14) -> Figure:
    """Distributions over time, one line per sampled step, the first at the back; heights are the square root of the density.

    Args:
        recorder: a recording with histograms. of: "weights", "gradients" or "activations". name: only this one; default: at
            most the first 12. rows: lines at most in each.

    Raises:
        ValueError: no such histograms were recorded.
    """
    _nothing(recorder, "histogram", "distributions")
    found = histograms_of(recorder, of, name)
    if not found:
        raise ValueError(f"nothing to draw: no histogram of {of} was recorded")
    shown = list(found.items())[:MANY]
    across = min(3, len(shown))
    down = -(-len(shown) // across)
    figure = blank(max(4.2, 2.9 * across), 2.9 * down + 0.3)
    from matplotlib import colormaps

    for axes, item in zip(
        figure.subplots(down, across, squeeze=False).flat, [*shown, *[None] * (down * across - len(shown))], strict=True
    ):
        if item is None:
            axes.set_visible(False)
            continue
        label, histograms = item
        grid, lines = ridge(histograms, rows)
        middle = (grid[1:] + grid[:-1]) / 2
        for i, (_, height) in enumerate(lines):
            base = -i * 0.32
            colour = colormaps["viridis"](0.1 + 0.75 * i / max(1, len(lines) - 1))
            axes.fill_between(middle, base, base + height, color=colour, linewidth=0, zorder=i)
            axes.plot(middle, base + height, color="white", linewidth=0.9, zorder=i + 0.5)
        ticks = sorted({0, len(lines) // 2, len(lines) - 1})
        dress(axes, label)
        axes.set_yticks([-i * 0.32 for i in ticks], [f"step {lines[i][0]}" for i in ticks])
        axes.grid(False, axis="y")
        if grid[0] < 0 < grid[-1]:
            axes.axvline(0, color=SOFT, linewidth=0.6, zorder=-1)
    figure.suptitle(f"{of.capitalize()} over time", x=0.01, ha="left", fontsize=11.5, color=INK, fontweight="bold")
    return figure


class Plots:
    """The figures of one recording: ``recorder.plot.loss()`` is ``plots.loss(recorder)``; by itself it shows the loss."""

    def __init__(self, recorder: Records) -> None:
        self._recorder = recorder

    def _repr_png_(self) -> bytes:
        """For notebooks: the figure of the loss."""
        figure: Any = self.loss()
        image: bytes = figure._repr_png_()
        return image

    def __repr__(self) -> str:
        return "<figures of a training: .loss(), .gradient_flow(), .update_ratio(), .ridgelines()>"

    def loss(self, log: bool | None = None) -> Figure:
        """See ``plots.loss``."""
        return loss(self._recorder, log)

    def gradient_flow(self, weights: bool = True) -> Figure:
        """See ``plots.gradient_flow``."""
        return gradient_flow(self._recorder, weights)

    def update_ratio(self, weights: bool = True) -> Figure:
        """See ``plots.update_ratio``."""
        return update_ratio(self._recorder, weights)

    def ridgelines(self, of: str = "weights", name: str | None = None, rows: int = 14) -> Figure:
        """See ``plots.ridgelines``."""
        return ridgelines(self._recorder, of, name, rows)


__all__ = ["Plots", "gradient_flow", "loss", "ridgelines", "update_ratio"]
