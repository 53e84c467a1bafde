"""Adapters for NumPy's functions of shape and order, called with tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError, describe
from ..functions import indexing, shape
from .arguments import as_tensor, plain
from .table import adapts


def _is_fortran(a: Any, order: str, name: str) -> bool:
    """Whether to read the elements with the first dimension fastest."""
    if order not in ("C", "F", "A", "K"):
        raise ValueError(f"np.{name}: order must be one of 'C', 'F', 'A', or 'K' (got {order!r})")
    if order == "K" and not (a.array.flags.c_contiguous or a.array.flags.f_contiguous):
        raise NotImplementedError(f"np.{name} of a tensor in neither C nor Fortran order with order='K': use 'C' or 'F'")
    return order == "F" or (order in ("A", "K") and a.array.flags.fnc)


@adapts(np.reshape)
def _reshape(a: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    return _reshaped(a, shape, order, copy)


def _reshaped(a: Any, new_shape: Any, order: str, copy: bool | None) -> Any:
    fortran = _is_fortran(a, order, "reshape")
    if fortran:
        lengths = tuple(new_shape) if isinstance(new_shape, list | tuple) else (new_shape,)
        result = shape.permute(shape.reshape(shape.permute(a), lengths[::-1]))
    else:
        result = shape.reshape(a, new_shape)
    shared = np.shares_memory(result.array, a.array)
    if copy is False and not shared:
        raise ValueError("np.reshape: Unable to avoid creating a copy while reshaping.")
    return shape.clone(result) if copy and shared else result


@adapts(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    return _reshaped(a, -1, order if order != "K" or a.array.flags.fnc else "C" if a.is_contiguous() else "K", None)


@adapts(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return _expanded(array, shape)


def _expanded(array: Any, size: Any) -> Any:
    return shape.expand(array, size if isinstance(size, list | tuple) else (size,))


@adapts(np.broadcast_arrays)
def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    return shape.broadcast_tensors(*[as_tensor(array) for array in args])


@adapts(np.expand_dims)
def _expand_dims(a: Any, axis: Any) -> Any:
    return shape.unsqueeze(a, axis)


@adapts(np.squeeze)
def _squeeze(a: Any, axis: Any = None) -> Any:
    if axis is not None:
        for dim in axis if isinstance(axis, tuple | list) else (axis,):
            if a.shape[dim] != 1:
                raise ShapeError(f"squeeze: cannot squeeze out an axis whose length is not one: {describe(a)}, {axis=}")
    return shape.squeeze(a, axis)


@adapts(np.transpose)
def _transpose(a: Any, axes: Any = None) -> Any:
    return shape.permute(a, axes)


if hasattr(np, "permute_dims"):

    @adapts(np.permute_dims)
    def _permute_dims(a: Any, axes: Any = None) -> Any:
        return shape.permute(a, axes)


if hasattr(np, "matrix_transpose"):

    @adapts(np.matrix_transpose)
    def _matrix_transpose(x: Any, /) -> Any:
        return shape.transpose(x, -2, -1)


@adapts(np.swapaxes)
def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return shape.transpose(a, axis1, axis2)


@adapts(np.moveaxis)
def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    return shape.movedim(a, source, destination)


@adapts(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    axis, start = axis % a.ndim, start + a.ndim if start < 0 else start
    return shape.movedim(a, axis, start - 1 if start > axis else start)


@adapts(np.flip)
def _flip(m: Any, axis: Any = None) -> Any:
    return shape.flip(m, axis)


@adapts(np.fliplr)
def _fliplr(m: Any) -> Any:
    return shape.fliplr(m)


@adapts(np.flipud)
def _flipud(m: Any) -> Any:
    return shape.flipud(m)


@adapts(np.rot90)
def _rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return shape.rot90(m, k, axes)


@adapts(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is not None and np.ndim(shift) != np.ndim(axis):  # NumPy broadcasts the one to the other
        shift, axis = (tuple(pair.tolist()) for pair in np.broadcast_arrays(np.ravel(shift), np.ravel(axis)))
    return shape.roll(a, shift, axis)


if hasattr(np, "astype"):  # since NumPy 2.1

    @adapts(np.astype)
    def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
        if device not in (None, "cpu"):
            raise ValueError(f"np.astype: device must be 'cpu' or None, not {device!r}")
        return x if not copy and np.dtype(dtype) == x.dtype else shape.astype(x, dtype)


@adapts(np.tile)
def _tile(A: Any, reps: Any) -> Any:
    return shape.tile(A, plain(reps))


@adapts(np.repeat)
def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return shape.repeat_interleave(a, repeats, axis)


@adapts(np.resize)
def _resize(a: Any, new_shape: Any) -> Any:
    size = int(np.prod(new_shape, dtype=int))
    return shape.reshape(indexing.take(a, np.arange(size) % max(a.numel(), 1)), new_shape)


@adapts(np.pad)
def _pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0, **more: Any) -> Any:
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap") or more or np.ndim(constant_values):
        raise NotImplementedError(
            f"np.pad of a tensor with mode={mode!r}, {more or constant_values}: "
            f"constant (one number), edge, reflect, symmetric and wrap are differentiated"
        )
    return shape.pad(array, pad_width, mode, constant_values)


@adapts(np.diagonal)
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return shape.diagonal(a, offset, axis1, axis2)


@adapts(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    return shape.diag(v, k)


@adapts(np.diagflat)
def _diagflat(v: Any, k: int = 0) -> Any:
    return shape.diagflat(v, k)


@adapts(np.tril)
def _tril(m: Any, k: int = 0) -> Any:
    return shape.tril(m, k)


@adapts(np.triu)
def _triu(m: Any, k: int = 0) -> Any:
    return shape.triu(m, k)


@adapts(np.trim_zeros)
def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    nonzero = np.nonzero(plain(filt))
    axes = range(filt.ndim) if axis is None else {d % filt.ndim for d in (axis if isinstance(axis, tuple | list) else (axis,))}
    cuts = [slice(None)] * filt.ndim
    for dim in axes:
        first, last = (nonzero[dim].min(), nonzero[dim].max() + 1) if nonzero[dim].size else (filt.shape[dim], filt.shape[dim])
        cuts[dim] = slice(first if "f" in trim.lower() else 0, last if "b" in trim.lower() else None)
    return filt[tuple(cuts)]


@adapts(np.lib.stride_tricks.sliding_window_view)
def _windows(x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False) -> Any:
    if writeable:
        raise NotImplementedError("np.lib.stride_tricks.sliding_window_view of a tensor with writeable=True: windows overlap")
    sizes = window_shape if isinstance(window_shape, list | tuple) else (window_shape,)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, list | tuple) else (axis,)
    rank = x.ndim
    for size, dim in zip(sizes, axes, strict=True):
        x = shape.unfold(x, dim % rank, size, 1)
    return x
