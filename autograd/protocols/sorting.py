"""What NumPy's sorting, medians and quantiles mean for tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..functions import shape as shaping
from ..functions import sorting
from .arguments import plain
from .table import adapts


@adapts(np.sort)
def _sort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    return sorting.sort(shaping.ravel(a)).values if axis is None else sorting.sort(a, axis).values


@adapts(np.argsort)
def _argsort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    return sorting.argsort(shaping.ravel(a)) if axis is None else sorting.argsort(a, axis)


@adapts(np.partition)
def _partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    return sorting.partition(shaping.ravel(a), kth) if axis is None else sorting.partition(a, kth, axis)


def _unweighted(weights: Any) -> None:
    if weights is not None:
        raise NotImplementedError("quantiles of a tensor with weights")


def _quantiles(scale: float, ignore_nan: bool) -> Callable[..., Any]:
    function = sorting.nanquantile if ignore_nan else sorting.quantile

    def call(
        a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, method: str = "linear",
        keepdims: Any = False, *, weights: Any = None, interpolation: str | None = None,
    ) -> Any:  # fmt: skip
        _unweighted(weights)
        fractions = np.asarray(plain(q), np.float64) / scale
        return function(a, fractions, axis, keepdims is not np._NoValue and keepdims, interpolation=interpolation or method)

    return call


adapts(np.quantile)(_quantiles(1, False))
adapts(np.nanquantile)(_quantiles(1, True))
adapts(np.percentile)(_quantiles(100, False))
adapts(np.nanpercentile)(_quantiles(100, True))


@adapts(np.median)
def _median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    return sorting.quantile(a, 0.5, axis, keepdims is not np._NoValue and keepdims)


@adapts(np.nanmedian)
def _nanmedian(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    return sorting.nanquantile(a, 0.5, axis, keepdims is not np._NoValue and keepdims)
