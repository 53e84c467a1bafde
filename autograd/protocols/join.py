"""Adapters for NumPy's functions that join arrays, called with tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, DtypeError
from ..functions import join, shape
from .arguments import array_like, as_tensor, plain, refuse
from .table import adapts


def _in_dtype(joined: Any, dtype: Any, casting: Any) -> Any:
    """The joined tensor in a dtype, if NumPy's casting rule allows it."""
    if dtype is None:
        return joined
    if not np.can_cast(joined.dtype, dtype, casting):
        raise DtypeError(f"Cannot cast from {joined.dtype} to {np.dtype(dtype)} according to the rule {casting!r}")
    return shape.astype(joined, dtype)


def _arrays(arrays: Any) -> list[Any]:
    return [array_like(array) for array in arrays]


@adapts(np.concatenate)
def _concatenate(arrays: Any, /, axis: Any = 0, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return _in_dtype(join.cat(_arrays(arrays), axis), dtype, casting)


def _stacks(numpys: Callable[..., Any], meaning: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
        return _in_dtype(meaning(_arrays(tup)), dtype, casting)


_stacks(np.hstack, join.hstack)
_stacks(np.vstack, join.vstack)


@adapts(np.stack)
def _stack(arrays: Any, axis: int = 0, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return _in_dtype(join.stack(_arrays(arrays), axis), dtype, casting)


@adapts(np.dstack)
def _dstack(tup: Any) -> Any:
    return join.dstack(_arrays(tup))


@adapts(np.column_stack)
def _column_stack(tup: Any) -> Any:
    return join.column_stack(_arrays(tup))


@adapts(np.block)
def _block(arrays: Any) -> Any:
    return join.block(arrays)


@adapts(np.append)
def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    return join.cat(_arrays([arr, values]), axis)


@adapts(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    arr, values = as_tensor(arr), as_tensor(values)
    if axis is None:
        arr, axis = shape.ravel(arr), 0
    axis = axis % arr.ndim
    # NumPy inserts numbers instead of slices: 0, 1, ... for the old slices and -1, -2, ... for the new ones.
    size = arr.shape[axis]
    single = np.ndim(plain(as_tensor(obj)) if not isinstance(obj, slice) else np.zeros(1)) == 0
    count = np.insert(np.arange(size), obj if isinstance(obj, slice) else plain(as_tensor(obj)), 0).size - size
    if values.ndim < arr.ndim:
        values = shape.reshape(values, (1,) * (arr.ndim - values.ndim) + tuple(values.shape))
    if single:  # a number says before which slice all the new ones go
        values = shape.movedim(values, 0, axis)
        count = values.shape[axis]
    values = shape.expand(values, (*arr.shape[:axis], count, *arr.shape[axis + 1 :]))
    index = obj if isinstance(obj, slice) else plain(as_tensor(obj))
    order = np.insert(np.arange(size), index, np.arange(size, size + count))
    return join.cat([arr, shape.astype(values, arr.dtype)], axis)[(slice(None),) * axis + (order,)]


def _at_least(numpys: Callable[..., Any], meaning: Callable[..., Any]) -> None:
    @adapts(numpys)
    def call(*arys: Any) -> Any:
        return meaning(*[as_tensor(array) for array in arys])


_at_least(np.atleast_1d, join.atleast_1d)
_at_least(np.atleast_2d, join.atleast_2d)
_at_least(np.atleast_3d, join.atleast_3d)


@adapts(np.meshgrid)
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    refuse("meshgrid", "broadcasting x[:, None] does the same", sparse=sparse)
    if indexing not in ("ij", "xy"):
        raise ArgumentError(f"meshgrid: indexing must be 'ij' or 'xy', not {indexing!r}")
    grids = join.grid([shape.ravel(as_tensor(x)) for x in xi], indexing)
    return tuple([shape.clone(grid) for grid in grids]) if copy else grids
