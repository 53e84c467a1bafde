"""What NumPy's functions of shape, joining and indexing mean for tensors, where their signatures differ from ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from . import engine, shaping
from .adapting import ADAPTED, adapts
from .engine import make, recorded
from .errors import ShapeError, describe
from .ops import comparison


def plain(value: Any) -> Any:
    """The value with every tensor in it, at any depth of lists and tuples, replaced by its array."""
    if isinstance(value, engine.Tensor):
        return value.array
    if isinstance(value, list | tuple):
        return type(value)([plain(v) for v in value])
    return value


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """A question about arrays, asked of tensors: the answer is NumPy's."""

    @wraps(function)
    def ask(*args: Any, **kwargs: Any) -> Any:
        return function(*plain(args), **{key: plain(value) for key, value in kwargs.items()})

    return ask


for _question in (np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.may_share_memory,
                  np.shares_memory, np.array_equal, np.array_equiv, np.allclose, np.array2string, np.array_repr, np.array_str,
                  np.min_scalar_type, np.common_type):  # fmt: skip
    ADAPTED.setdefault(_question, _told(_question))


def _made(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result has no gradient: a tensor of NumPy's."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return make(function(*plain(args), **{key: plain(value) for key, value in kwargs.items()}))

    return call


for _maker in (np.zeros_like, np.ones_like, np.full_like, np.empty_like):
    ADAPTED.setdefault(_maker, _made(_maker))


# ------------------------------------------------------------------------------------------------------------------ shape
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
                raise ShapeError(f"squeeze: cannot select an axis to squeeze out which has size not equal to one: {describe(a)}, {axis=}")
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


@adapts(np.astype)
def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return shaping.astype(x, dtype)


# ---------------------------------------------------------------------------------------------------------------- joining
@adapts(np.concatenate)
def _concatenate(arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    joined = shaping.cat(arrays, axis)
    return joined if dtype is None else shaping.astype(joined, dtype)


@adapts(np.stack)
def _stack(arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    stacked = shaping.stack(arrays, axis)
    return stacked if dtype is None else shaping.astype(stacked, dtype)


# --------------------------------------------------------------------------------------------------------------- indexing
@adapts(np.where)
def _where(condition: Any, /, *choices: Any) -> Any:
    if not choices:
        return tuple([make(places) for places in np.nonzero(plain(condition))])
    return recorded(comparison.where)(condition, *choices)
