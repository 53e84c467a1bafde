"""What NumPy's functions that pick elements or find them mean for tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.graph import make
from ..engine.recording import recorded
from ..functions import indexing as picking
from ..functions import join
from ..functions import shape as shaping
from ..ops.elementwise import comparison
from .arguments import all_made, plain
from .table import ADAPTED, adapts


@adapts(np.where)
def _where(condition: Any, /, *choices: Any) -> Any:
    if not choices:
        return tuple([make(places) for places in np.nonzero(plain(condition))])
    return recorded(comparison.where)(condition, *choices)


@adapts(np.take)
def _take(a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise") -> Any:
    places = np.asarray(plain(indices))
    if mode != "raise":
        n = np.size(plain(a)) if axis is None else a.shape[axis]
        places = places % n if mode == "wrap" else np.clip(places, 0, n - 1)
    if axis is None:
        return picking.take(a, places)
    return picking.getitem(a, (*(slice(None),) * (axis % a.ndim), places))


@adapts(np.take_along_axis)
def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    return picking.take_along_dim(arr, indices, axis)


@adapts(np.put_along_axis)
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None = -1) -> None:
    if axis is None:
        raise NotImplementedError("np.put_along_axis of a tensor with axis=None: write through .view(-1)")
    arr[...] = picking.put_along_axis(arr, indices, values, axis)


@adapts(np.put)
def _put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    places, size = np.asarray(plain(ind)).ravel(), np.size(plain(a))
    if mode != "raise":
        places = places % size if mode == "wrap" else np.clip(places, 0, size - 1)
    values = shaping._tensor(v if hasattr(v, "array") else np.asarray(v))
    if places.size:  # what is written is repeated, or cut, to as many as there are places
        a.put_(places, picking.take(values, np.arange(places.size) % values.array.size).to(a.dtype))


@adapts(np.compress)
def _compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Any:
    return picking.compress(condition, a, axis)


@adapts(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return picking.take(arr, np.flatnonzero(plain(condition)))


@adapts(np.choose)
def _choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    return picking.choose(a, choices)


@adapts(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = recorded(comparison.where)(condition, choice, result)
    return result


@adapts(np.delete)
def _delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    if axis is None:
        arr, axis = shaping.ravel(arr), 0
    return picking.index_select(arr, axis, np.delete(np.arange(arr.shape[axis]), plain(obj)))


@adapts(np.append)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return join.cat([arr, values], axis)


@adapts(np.nonzero)
def _nonzero(a: Any) -> Any:
    return picking.nonzero(a, as_tuple=True)


_WITHOUT_GRADIENT: tuple[Callable[..., Any], ...] = (
    np.argwhere, np.flatnonzero, np.searchsorted, np.bincount, np.isin, np.digitize, np.lexsort, np.argpartition,
    np.unravel_index, np.ravel_multi_index, np.tril_indices_from, np.triu_indices_from, np.diag_indices_from,
    np.unique, np.histogram, np.histogram_bin_edges,
)  # fmt: skip
for _counts in _WITHOUT_GRADIENT:
    ADAPTED.setdefault(_counts, all_made(_counts))


@adapts(np.histogramdd)
def _histogramdd(sample: Any, *args: Any, **kwargs: Any) -> Any:
    counts, edges = np.histogramdd(plain(sample), *plain(args), **{key: plain(value) for key, value in kwargs.items()})
    return make(counts), tuple([make(e) for e in edges])


adapts(np.histogram2d)(all_made(np.histogram2d))
