"""Timing on a machine that others use too: the candidates take turns, and only ratios of their best times are believed."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from time import perf_counter


def best(candidates: Mapping[str, Callable[[], object]], rounds: int = 30, slice_ms: float = 10.0) -> dict[str, float]:
    """Seconds per call of each candidate: the best of many short slices, taken in turn."""
    number: dict[str, int] = {}
    for name, call in candidates.items():
        call()
        start = perf_counter()
        call()
        number[name] = max(1, int(slice_ms / 1000 / max(perf_counter() - start, 1e-7)))
    times = dict.fromkeys(candidates, float("inf"))
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, call in candidates.items():
                repeats = range(number[name])
                start = perf_counter()
                for _ in repeats:
                    call()
                times[name] = min(times[name], (perf_counter() - start) / len(repeats))
            gc.collect()
    finally:
        if collecting:
            gc.enable()
    return times


def table(title: str, times: Mapping[str, float], base: str, limits: Mapping[str, float] | None = None) -> str:
    """The times as lines: microseconds, and the ratio to the base."""
    lines = [title]
    for name, seconds in times.items():
        lines.append(f"  {name:<38} {seconds * 1e6:>12.2f} us   {seconds / times[base]:>8.2f} x {base}")
    for name, limit in (limits or {}).items():
        top, _, bottom = name.partition(" / ")
        if top in times and bottom in times:
            ratio = times[top] / times[bottom]
            lines.append(f"  {name} = {ratio:.3g}, wanted at most {limit}: {'reached' if ratio <= limit else 'MISSED'}")
    return "\n".join(lines)
