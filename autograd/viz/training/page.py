"""A training as one HTML file: charts in inline SVG, no script, nothing fetched; while it runs, the page reloads itself.

Names are a user's data: they are escaped, and a policy that allows one style sheet and nothing else keeps them from being more.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from .doctor import diagnose
from .plots import chosen, histograms_of, ridge, smoothed
from .records import Records
from .words import Words

SECONDS = 3  # between two reloads
POINTS = 400  # points of a line at most: more than there are pixels
LINES = 40  # parameters in one chart and rows of the table at most
WIDTH, HEIGHT = 420, 230
LEFT, RIGHT, TOP, BOTTOM = 48, 10, 8, 24


@cache
def _style() -> str:
    return (files(__package__) / "training.css").read_text(encoding="utf-8")


def page(records: Records, running: bool = False) -> str:
    """The page's HTML; ``running``: it reloads itself every few seconds."""
    token = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    reload = f'<meta http-equiv="refresh" content="{SECONDS}">' if running else ""
    html = (
        f'<!DOCTYPE html><html lang="{"zh-CN" if records.language == "zh" else records.language}"><head><meta charset="utf-8">'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{token}'; base-uri "
        f"'none'; form-action 'none'\">"
        f'{reload}<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(records.title)}</title>'
        f"<style>{_style()}</style></head><body>{_body(records, running)}</body></html>"
    )
    # Half of a surrogate pair, which a Python string may hold, is in no encoding.
    return html.encode("utf-8", "replace").decode("utf-8")


def fragment(records: Records) -> str:
    """The page's HTML for a notebook's cell."""
    return f"<style>{_style()}</style>{_body(records, False)}"


def _body(records: Records, running: bool) -> str:
    charts = [_loss(records), _rate(records), _gradients(records), _ratios(records), _dead(records)]
    for of in ("weights", "gradients", "activations"):
        charts += _ridges(records, of)
    shown = "".join(f"<section>{chart}</section>" for chart in charts if chart)
    return (
        f'<main class="training"><h1>{escape(records.title)}</h1>{_state(records, running)}{_numbers(records)}'
        f'<section>{_diagnosis(records)}</section><div class="grid">{shown}</div>{_table(records)}</main>'
    )


def _state(records: Records, running: bool) -> str:
    say, seconds = Words(records.language), records.facts.get("seconds", 0.0)
    took = f", {seconds:.0f} s" if seconds >= 1 else ""
    now = f"<b>{say('running')}</b>{say('reloads', n=SECONDS)}" if running else say("finished")
    steps = say("page steps", n=f"{len(records):,}", took=took, sampled=f"{len(records.steps):,}")
    return f'<p class="state">{now}; {steps}</p>'


def _numbers(records: Records) -> str:
    say = Words(records.language)
    losses, rate = records.loss, records.lr
    finite = losses[np.isfinite(losses)]
    shown = [(say("step number"), f"{len(losses):,}")]
    if len(losses):
        shown.append((say("loss number"), f"{losses[-1]:.4g}"))
    if len(finite):
        shown.append((say("best"), f"{finite.min():.4g}"))
    if len(rate):
        last = np.atleast_1d(rate[-1])
        shown.append((say("learning rate number"), f"{last[0]:.3g}" + ("…" if len(last) > 1 else "")))
    return '<dl class="numbers">' + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in shown) + "</dl>"


def _diagnosis(records: Records) -> str:
    say = Words(records.language)
    found = diagnose(records, records.language)
    head = f"<h2>{say('doctor')}</h2>"
    if found.healthy:
        head += f'<p class="healthy">{escape(found.verdict)}</p>'
    mark = say("finding", severity="", name="", where="", evidence="\0", advice="").partition("\0")[0].strip()[-1]
    end = "。" if records.language == "zh" else "."
    items = "".join(
        f'<li class="{f.severity}"><p><span class="tag">{say(f.severity)}</span> '
        f"<b>{escape(f.title)}</b>{escape(say('where', layer=f.layer)) if f.layer else ''}{mark} "
        f'{escape(f.evidence)}{end}</p><p class="advice">{escape(f.advice)}{end}</p></li>'
        for f in found
    )
    return head + (f'<ul class="found">{items}</ul>' if items else "")


# ------------------------------------------------------------------------------------------------------------------------ charts


class Chart:
    """Axes: steps to the right, numbers upwards, on a linear or a logarithmic scale."""

    def __init__(
        self, steps: int, values: list[np.ndarray], log: bool, zero: bool = False, top: float | None = None, word: str = "step"
    ) -> None:
        flat = np.concatenate([*values, np.zeros(0)])
        flat = flat[np.isfinite(flat) & ((flat > 0) | (not log))]
        self.log, self.steps = log and len(flat) > 0, max(1, steps - 1)
        if self.log:
            low, high = np.log10(flat.min()), np.log10(flat.max())
            # A value that is extremely small would flatten the others into a line.
            low = max(low, high - 12)
        else:
            low, high = (flat.min(), flat.max()) if len(flat) else (0.0, 1.0)
            low = min(0.0, low) if zero else low
            high = top if top is not None else high
        if not high - low > 1e-9 * max(abs(high), abs(low), 1e-300):
            low, high = (low - 0.5, high + 0.5) if self.log or not high else (min(0.0, 1.2 * high), max(0.0, 1.2 * high))
        if self.log and high - low < 1:
            middle = (low + high) / 2
            low, high = middle - 0.5, middle + 0.5
        self.low, self.high = float(low), float(high)
        self.parts: list[str] = []
        for text, y in self.ticks():
            self.parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            self.parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
        for step in sorted({0, self.steps // 2, self.steps}) if steps > 1 else [0]:
            anchor = "start" if step == 0 else "end" if step == self.steps else "middle"
            self.parts.append(
                f'<text x="{self.x(step):.1f}" y="{HEIGHT - 5}" '
                f'text-anchor="{anchor}">{word + " " if step == 0 else ""}{step:,}</text>'
            )

    def x(self, step: float | np.ndarray) -> Any:
        return LEFT + (WIDTH - LEFT - RIGHT) * np.asarray(step) / self.steps

    def y(self, value: float | np.ndarray) -> Any:
        scaled = np.log10(value) if self.log else np.asarray(value, dtype=float)
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (np.clip(scaled, self.low, self.high) - self.low) / (self.high - self.low))

    def ticks(self) -> list[tuple[str, float]]:
        if self.log:
            first, last = int(np.ceil(self.low - 1e-9)), int(np.floor(self.high + 1e-9))
            between = max(1, -(-(last - first) // 5))
            values = [10.0**e for e in range(first, last + 1, between)]
            if len(values) < 2:
                values = [m * 10.0**e for e in range(first - 1, last + 1) for m in (1, 2, 5)]
                values = [v for v in values if self.low <= np.log10(v) <= self.high]
            return [(_short(v), float(self.y(v))) for v in values]
        step = 10.0 ** np.floor(np.log10((self.high - self.low) / 3))
        step *= next(m for m in (1, 2, 5, 10) if (self.high - self.low) / (m * step) <= 4.5)
        values = step * np.arange(np.ceil(self.low / step - 1e-9), np.floor(self.high / step + 1e-9) + 1)
        return [(_short(v), float(self.y(v))) for v in values]

    def line(self, steps: np.ndarray, values: np.ndarray, attributes: str, title: str = "") -> None:
        """A line, broken where there is no number; thinned to the least and largest of each group where there are very many."""
        good = np.isfinite(values) & ((values > 0) | (not self.log))
        if len(values) > POINTS:
            size = -(-2 * len(values) // POINTS)
            picked: set[int] = {0, len(values) - 1}
            for start in range(0, len(values), size):
                part = np.where(good[start : start + size], values[start : start + size], np.nan)
                if np.isfinite(part).any():
                    picked |= {start + int(np.nanargmin(part)), start + int(np.nanargmax(part))}
                else:
                    picked.add(start)
            index = np.array(sorted(picked))
            steps, values, good = steps[index], values[index], good[index]
        path, pen = [], False
        with np.errstate(all="ignore"):
            xs, ys = self.x(steps), self.y(np.where(good, values, 1.0))
        for ok, x, y in zip(good, xs, ys, strict=True):
            if ok:
                path.append(f"{'L' if pen else 'M'}{x:.1f} {y:.1f}")
            pen = bool(ok)
        if len(path) == 1:
            path.append("h4")
        said = f"<title>{escape(title)}</title>" if title else ""
        if path:
            self.parts.append(f'<path d="{"".join(path)}" {attributes}>{said}</path>')

    def svg(self, label: str) -> str:
        return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">{"".join(self.parts)}</svg>'


def _short(value: float) -> str:
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:.6g}".replace("-", "−")
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", "−")


def _loss(records: Records) -> str:
    values, say = records.loss, Words(records.language)
    if not len(values):
        return ""
    finite = values[np.isfinite(values)]
    log = len(finite) > 1 and finite.min() > 0 and finite.max() > 20 * finite.min()
    chart = Chart(len(values), [values], log, word=say("step number"))
    steps = np.arange(len(values))
    many = len(values) > 40 and len(finite) == len(values)
    chart.line(steps, values, f'class="{"thin" if many else "thick"}"')
    note = ""
    if many:
        window = len(values) // 25
        chart.line(steps, smoothed(values, window, log), 'class="thick"')
        note = f'<p class="note">{say("thin and thick", n=window)}</p>' if window > 1 else ""
    lost = np.flatnonzero(~np.isfinite(values))
    if len(lost):
        x = float(chart.x(lost[0]))
        chart.parts.append(f'<line class="guide" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        side = "end" if x > WIDTH / 2 else "start"
        chart.parts.append(
            f'<text class="guided" x="{x + (-6 if side == "end" else 6):.1f}" y="{TOP + 14}" '
            f'text-anchor="{side}">{say("at step", value=values[lost[0]], step=lost[0])}</text>'
        )
    return f"<h2>{say('Loss')}</h2>" + chart.svg(say("loss chart")) + note


def _rate(records: Records) -> str:
    rate, say = records.lr, Words(records.language)
    if not len(rate):
        return ""
    groups = rate.reshape(len(rate), -1).T
    chart = Chart(len(rate), list(groups), False, zero=True, word=say("step number"))
    for i, values in enumerate(groups):
        chart.line(np.arange(len(values)), values, f'class="depth" stroke="{_colour(i, len(groups))}"', say("group", n=i))
    return f"<h2>{say('Learning rate')}</h2>" + chart.svg(say("rate chart"))


def _gradients(records: Records) -> str:
    if not len(records.steps):
        return ""
    series = chosen(records)
    return f"<h2>{Words(records.language)('Gradient')}</h2>" + _lines(
        records, series, [p.grad.norm / max(1, int(np.prod(p.shape))) ** 0.5 for p in series]
    )


def _ratios(records: Records) -> str:
    if not len(records.steps):
        return ""
    series = chosen(records)
    if not any(np.isfinite(p.update_ratio).any() for p in series):
        return ""
    return f"<h2>{Words(records.language)('Update')}</h2>" + _lines(records, series, [p.update_ratio for p in series], 1e-3)


def _dead(records: Records) -> str:
    found = [a for a in records.activations.values() if np.isfinite(a.dead).any()]
    if not found:
        return ""
    return f"<h2>{Words(records.language)('Dead')}</h2>" + _lines(records, found, [a.dead for a in found], log=False)


def _lines(records: Records, series: list[Any], values: list[np.ndarray], guide: float | None = None, log: bool = True) -> str:
    """A line per series, coloured from the first layer to the last."""
    series, values, say = series[:LINES], values[:LINES], Words(records.language)
    extra = [] if guide is None else [np.array([guide])]
    chart = Chart(
        max([len(records), *[int(s.steps[-1]) + 1 for s in series if len(s)]]),
        [*values, *extra],
        log,
        zero=not log,
        top=None if log else 1.0,
        word=say("step number"),
    )
    if guide is not None:
        y = float(chart.y(guide))
        chart.parts.append(f'<line class="guide" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    for i, (s, v) in enumerate(zip(series, values, strict=True)):
        chart.line(s.steps, v, f'class="depth" stroke="{_colour(i, len(series))}"', s.name)
    if guide is not None:
        chart.parts.append(f'<text class="guided" x="{WIDTH - RIGHT}" y="{y - 4:.1f}" text-anchor="end">{say("usual")}</text>')
    items = [(i, s.name) for i, s in enumerate(series)]
    if len(items) > 12:
        items = [items[0], items[len(items) // 2], items[-1]]
    legend = "".join(
        f'<li><svg viewBox="0 0 16 4" aria-hidden="true"><rect width="16" height="4" rx="2" '
        f'fill="{_colour(i, len(series))}"/></svg>{escape(name)}</li>'
        for i, name in items
    )
    return chart.svg(say("lines")) + f'<ul class="legend">{legend}</ul>'


_RAMP = ((0.0, (84, 78, 168)), (0.5, (33, 145, 140)), (1.0, (201, 158, 34)))


def _colour(i: int, count: int) -> str:
    """From the first layer (violet) over green to the last (gold): readable on light and on dark."""
    at = i / (count - 1) if count > 1 else 0.5
    (a, low), (b, high) = (_RAMP[0], _RAMP[1]) if at <= 0.5 else (_RAMP[1], _RAMP[2])
    share = (at - a) / (b - a)
    return "#" + "".join(f"{round(x + share * (y - x)):02x}" for x, y in zip(low, high, strict=True))


def _ridges(records: Records, of: str) -> list[str]:
    charts, say = [], Words(records.language)
    for name, histograms in list(histograms_of(records, of).items())[:6]:
        grid, lines = ridge(histograms, 12)
        left, bottom, lift = 62, HEIGHT - BOTTOM, 46
        xs = left + (WIDTH - left - RIGHT) * (np.arange(len(grid) - 1) + 0.5) / (len(grid) - 1)
        gap = (bottom - TOP - lift) / max(1, len(lines) - 1)
        parts = []
        for text, value in _ends(grid):
            x = left + (WIDTH - left - RIGHT) * (value - grid[0]) / (grid[-1] - grid[0])
            parts.append(f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>')
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 5}" text-anchor="middle">{text}</text>')
        for i, (step, height) in enumerate(lines):
            base = bottom if len(lines) == 1 else TOP + lift + i * gap
            points = "".join(f"L{x:.1f} {base - lift * h:.1f}" for x, h in zip(xs, height, strict=True))
            parts.append(
                f'<path class="ridge" fill="{_colour(i, len(lines))}" d="M{xs[0]:.1f} {base:.1f}{points}L{xs[-1]:.1f} {base:.1f}Z">'
                f"<title>{say('step number')} {step}</title></path>"
            )
            if i in (0, len(lines) // 2, len(lines) - 1):
                word = say("step number") + " " if i == 0 else ""
                parts.append(f'<text x="{left - 8}" y="{base:.1f}" text-anchor="end">{word}{step:,}</text>')
        charts.append(
            f"<h2>{escape(say(f'{of} of', name=name))}</h2>"
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{say("distribution")}">{"".join(parts)}</svg>'
        )
    return charts


def _ends(grid: np.ndarray) -> list[tuple[str, float]]:
    low, high = float(grid[0]), float(grid[-1])
    step = 10.0 ** np.floor(np.log10((high - low) / 2))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (m * step) <= 4)
    return [(_short(round(v, 12)), v) for v in step * np.arange(np.ceil(low / step), np.floor(high / step) + 1)]


def _table(records: Records) -> str:
    series = chosen(records, weights=False) if len(records.steps) else []
    if not series:
        return ""
    say = Words(records.language)
    rows = "".join(
        f"<tr><td>{escape(p.name)}</td><td>{' × '.join(map(str, p.shape)) or say('scalar')}</td><td>{p.mean[-1]:.3g}</td>"
        f"<td>{p.std[-1]:.3g}</td>"
        f"<td>{p.norm[-1]:.3g}</td><td>{f'{p.grad.norm[-1]:.3g}' if p.has_grad[-1] else say('none')}</td>"
        f"<td>{_known(p.update_ratio)}</td></tr>"
        for p in series[:LINES]
    )
    more = f'<p class="note">{say("more rows", n=len(series) - LINES)}</p>' if len(series) > LINES else ""
    head = "".join(
        f"<th>{say(key)}</th>" for key in ("parameter", "shape", "mean", "std", "norm", "gradient norm", "update / value")
    )
    return (
        f'<section class="wide"><h2>{say("Parameters", n=f"{records.steps[-1]:,}")}</h2><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>{more}</section>"
    )


def _known(values: np.ndarray) -> str:
    values = values[np.isfinite(values)]
    return f"{values[-1]:.1e}" if len(values) else "–"


__all__ = ["Chart", "fragment", "page"]
