"""Adapters for NumPy's sorting, medians and quantiles, called with tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..functions import shape, sorting
from .arguments import ABSENT, as_tensor, plain, refuse
from .reduction import along
from .table import adapts

_KINDS = (None, "quicksort", "mergesort", "heapsort", "stable")


def _stable(kind: Any, stable: Any, name: str) -> bool:
    """Whether the call asks for a stable sort."""
    if kind not in _KINDS:
        raise ValueError(f"np.{name}: sort kind must be one of 'quick', 'heap', or 'stable' (got {kind!r})")
    if kind is not None and stable is not None:
        raise ValueError(f"np.{name}: kind and stable say the same: give one of them")
    return bool(stable) or kind in ("mergesort", "stable")


@adapts(np.sort)
def _sort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    refuse("sort", "tensors have no fields", order=order)
    a, dim = (shape.ravel(a), -1) if axis is None else (a, axis)
    return sorting.sort(a, dim, stable=_stable(kind, stable, "sort")).values


@adapts(np.argsort)
def _argsort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    refuse("argsort", "tensors have no fields", order=order)
    a, dim = (shape.ravel(a), -1) if axis is None else (a, axis)
    return sorting.argsort(a, dim, stable=_stable(kind, stable, "argsort"))


@adapts(np.sort_complex)
def _sort_complex(a: Any) -> Any:
    wide = np.complex64 if a.dtype in (np.float32, np.float16, np.complex64) else np.complex128
    return sorting.sort(shape.astype(a, wide)).values


@adapts(np.partition)
def _partition(a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None) -> Any:
    refuse("partition", "tensors have no fields", order=order)
    if kind != "introselect":
        raise ValueError(f"np.partition: kind must be 'introselect' (got {kind!r})")
    return sorting.partition(shape.ravel(a), kth) if axis is None else sorting.partition(a, kth, axis)


def _quantiles(scale: float, ignore_nan: bool) -> Callable[..., Any]:
    def call(
        a: Any, q: Any, axis: Any = None, overwrite_input: bool = False, method: str = "linear", keepdims: Any = False, *,
        weights: Any = None,
    ) -> Any:  # fmt: skip
        refuse("quantile", "repeat the elements instead", weights=weights)
        fractions = np.asarray(plain(q), np.float64) / scale
        a, dim, keepdim = along(as_tensor(a), axis, keepdims)
        return sorting.quantiles(a, fractions, dim, keepdim, interpolation=method, ignore_nan=ignore_nan)

    return call


adapts(np.quantile)(_quantiles(1, False))
adapts(np.nanquantile)(_quantiles(1, True))
adapts(np.percentile)(_quantiles(100, False))
adapts(np.nanpercentile)(_quantiles(100, True))


def _medians(numpys: Callable[..., Any], ignore_nan: bool) -> None:
    @adapts(numpys)
    def call(a: Any, axis: Any = None, overwrite_input: bool = False, keepdims: Any = ABSENT) -> Any:
        a, dim, keepdim = along(as_tensor(a), axis, keepdims)
        return sorting.quantiles(a, 0.5, dim, keepdim, ignore_nan=ignore_nan)


_medians(np.median, False)
_medians(np.nanmedian, True)
