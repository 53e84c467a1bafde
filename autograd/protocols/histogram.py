"""Adapters for NumPy's functions that count and sort into bins, called with tensors. None of them has a derivative here."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

import numpy as np

from ..engine.graph import make
from .arguments import constant, plain, without_gradient
from .table import adapts

_COUNTS: tuple[Callable[..., Any], ...] = (np.histogram, np.histogram2d, np.histogram_bin_edges, np.digitize)


def _unweighted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse weights that need a gradient: the counts depend on the weights, but no gradient would reach them."""
    names = tuple(signature(function).parameters) if function is not np.bincount else ("x", "weights", "minlength")

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = dict(zip(names, args, strict=False)) | kwargs
        without_gradient(function.__name__, weights=given.get("weights"))
        return constant(function)(*args, **kwargs)

    return call


for _count in (*_COUNTS, np.bincount):
    adapts(_count)(_unweighted(_count))


@adapts(np.histogramdd)
def _histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    without_gradient("histogramdd", weights=weights)
    counts, edges = np.histogramdd(plain(sample), plain(bins), plain(range), density, plain(weights))
    return make(counts), tuple([make(edge) for edge in edges])
