"""What NumPy's functions of shape mean for tensors, and those that only ask about arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ShapeError, describe
from ..functions import indexing as picking
from ..functions import join
from ..functions import shape as shaping
from ..functions import split as splitting
from .arguments import answered, made, plain
from .table import ADAPTED, adapts

_QUESTIONS: tuple[Callable[..., Any], ...] = (
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory,
    np.shares_memory, np.array_equal, np.array_equiv, np.allclose, np.array2string, np.array_repr, np.array_str,
    np.min_scalar_type, np.common_type,
)  # fmt: skip
for _question in _QUESTIONS:
    ADAPTED.setdefault(_question, answered(_question))


_LIKE: tuple[Callable[..., Any], ...] = (np.zeros_like, np.ones_like, np.full_like, np.empty_like)
for _maker in _LIKE:
    ADAPTED.setdefault(_maker, made(_maker))


@adapts(np.reshape)
def _reshape(a: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    if order not in ("C", "A", "K"):
        raise NotImplementedError(f"np.reshape of a tensor with order={order!r}: transpose before and after instead")
    return shaping.reshape(a, shape)


@adapts(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    return shaping.ravel(a)


@adapts(np.broadcast_to)
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return shaping.expand(array, shape)


@adapts(np.broadcast_arrays)
def _broadcast_arrays(*args: Any, subok: bool = False) -> Any:
    return shaping.broadcast_tensors(*args)


@adapts(np.expand_dims)
def _expand_dims(a: Any, axis: Any) -> Any:
    return shaping.unsqueeze(a, axis)


@adapts(np.squeeze)
def _squeeze(a: Any, axis: Any = None) -> Any:
    if axis is not None:
        for dim in axis if isinstance(axis, tuple | list) else (axis,):
            if a.shape[dim] != 1:
                raise ShapeError(f"squeeze: cannot squeeze out an axis whose length is not one: {describe(a)}, {axis=}")
    return shaping.squeeze(a, axis)


@adapts(np.transpose)
def _transpose(a: Any, axes: Any = None) -> Any:
    return shaping.permute(a, axes)


@adapts(np.swapaxes)
def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return shaping.transpose(a, axis1, axis2)


@adapts(np.moveaxis)
def _moveaxis(a: Any, source: Any, destination: Any) -> Any:
    return shaping.movedim(a, source, destination)


@adapts(np.flip)
def _flip(m: Any, axis: Any = None) -> Any:
    return shaping.flip(m, axis)


@adapts(np.roll)
def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    return shaping.roll(a, shift, axis)


@adapts(np.copy)
def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return shaping.clone(a)


def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return shaping.astype(x, dtype)


if hasattr(np, "astype"):  # since NumPy 2.1
    adapts(np.astype)(_astype)


@adapts(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    axis, start = axis % a.ndim, start + a.ndim if start < 0 else start
    return shaping.movedim(a, axis, start - 1 if start > axis else start)


@adapts(np.rot90)
def _rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return shaping.rot90(m, k, axes)


@adapts(np.fliplr)
def _fliplr(m: Any) -> Any:
    return shaping.fliplr(m)


@adapts(np.flipud)
def _flipud(m: Any) -> Any:
    return shaping.flipud(m)


@adapts(np.tile)
def _tile(A: Any, reps: Any) -> Any:
    return shaping.tile(A, reps)


@adapts(np.repeat)
def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return shaping.repeat_interleave(a, repeats, axis)


@adapts(np.resize)
def _resize(a: Any, new_shape: Any) -> Any:
    size = int(np.prod(new_shape, dtype=int))
    return shaping.reshape(picking.take(a, np.arange(size) % max(np.size(plain(a)), 1)), new_shape)


@adapts(np.pad)
def _pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0, **more: Any) -> Any:
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap") or more or np.ndim(constant_values):
        raise NotImplementedError(
            f"np.pad of a tensor with mode={mode!r}, {more or constant_values}: "
            f"constant (one number), edge, reflect, symmetric and wrap are differentiated"
        )
    return shaping.pad(array, pad_width, mode, constant_values)


@adapts(np.diagonal)
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return shaping.diagonal(a, offset, axis1, axis2)


@adapts(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    return shaping.diag(v, k)


@adapts(np.diagflat)
def _diagflat(v: Any, k: int = 0) -> Any:
    return shaping.diagflat(v, k)


@adapts(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    return shaping.trace(a, offset, axis1, axis2)


@adapts(np.tril)
def _tril(m: Any, k: int = 0) -> Any:
    return shaping.tril(m, k)


@adapts(np.triu)
def _triu(m: Any, k: int = 0) -> Any:
    return shaping.triu(m, k)


@adapts(np.meshgrid)
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if sparse:
        raise NotImplementedError("np.meshgrid of tensors with sparse=True")
    return join.meshgrid(*xi, indexing=indexing)


@adapts(np.lib.stride_tricks.sliding_window_view)
def _windows(x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False) -> Any:
    sizes = window_shape if isinstance(window_shape, list | tuple) else (window_shape,)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, list | tuple) else (axis,)
    rank = x.ndim
    for size, dim in zip(sizes, axes, strict=True):
        x = shaping.unfold(x, dim % rank, size, 1)
    return x


_SAME: dict[Any, Callable[..., Any]] = {
    np.atleast_1d: join.atleast_1d, np.atleast_2d: join.atleast_2d, np.atleast_3d: join.atleast_3d,
    np.array_split: splitting.array_split, np.hsplit: splitting.hsplit, np.vsplit: splitting.vsplit, np.dsplit: splitting.dsplit,
    np.block: join.block, np.column_stack: join.column_stack,
}  # fmt: skip
ADAPTED.update(_SAME)
if hasattr(np, "unstack"):  # since NumPy 2.1
    adapts(np.unstack)(lambda x, /, *, axis=0: splitting.unbind(x, axis))


@adapts(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return splitting._even_split(ary, plain(indices_or_sections), axis % ary.ndim, "split")


@adapts(np.hstack)
def _hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return join.hstack(tup)


@adapts(np.vstack)
def _vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return join.vstack(tup)


@adapts(np.dstack)
def _dstack(tup: Any) -> Any:
    return join.dstack(tup)
