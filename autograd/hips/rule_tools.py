"""What users' rules are written with: sums over broadcast dimensions, repetitions along reduced ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.conform import unbroadcast as sum_to_shape
from .derivatives import make_vjp
from .functions import plain
from .numpy.names import make_diagonal, metadata
from .primitives import function_of

_sum, _reshape, _real = function_of(np.sum), function_of(np.reshape), function_of(np.real)


def unbroadcast(x: Any, target_meta: Any, broadcast_idx: int = 0) -> Any:
    """A gradient in the shape of the argument that it belongs to: summed over the dimensions in which that was broadcast.

    Args:
        x: the gradient. target_meta: what ``metadata`` says of the argument: shape, rank, dtype, whether complex.
        broadcast_idx: unused for arguments that broadcast as NumPy does it.
    """
    shape, _, _, is_complex = target_meta
    if np.shape(plain(x)) != tuple(shape):
        x = sum_to_shape(x if hasattr(x, "dtype") else np.asarray(x), tuple(shape))
    return _real(x) if np.iscomplexobj(plain(x)) and not is_complex else x


def unbroadcast_f(target: Any, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A rule whose results are brought into the shape of the argument that they belong to."""
    meta = metadata(plain(target))
    return lambda g: unbroadcast(f(g), meta)


def match_complex(target: Any, x: Any) -> Any:
    """A gradient as real or complex numbers, as the argument has them."""
    target_complex, x_complex = np.iscomplexobj(plain(target)), np.iscomplexobj(plain(x))
    return x + 0j if target_complex and not x_complex else _real(x) if x_complex and not target_complex else x


def repeat_to_match_shape(g: Any, shape: Any, dtype: Any, axis: Any, keepdims: bool) -> tuple[Any, Any]:
    """The result of a reduction, or its gradient, repeated along the reduced dimensions; and how often it was repeated."""
    if shape == ():
        return g, 1
    axes = list(axis) if isinstance(axis, tuple) else axis
    kept = np.array(shape)
    kept[axes] = 1
    repeated = np.prod(np.array(shape)[axes])
    return _reshape(g, tuple(kept.tolist())) + np.zeros(shape, dtype=dtype), repeated


def replace_zero(x: Any, value: Any) -> Any:
    """x, with this value in place of zeros."""
    return function_of(np.where)(plain(x), x, value)


def broadcast(x: Any, target: Any) -> Any:
    """A tangent in the shape of the result that it belongs to."""
    shape = np.shape(plain(target))
    if np.shape(plain(x)) != shape:
        x = function_of(np.broadcast_to)(x, shape)
    return x + 0j if np.iscomplexobj(plain(target)) and not np.iscomplexobj(plain(x)) else x


def fwd_grad_concatenate_args(argnum: int, g: Any, ans: Any, axis_args: Any, kwargs: Any) -> Any:
    """The tangent of a concatenation from that of one part: zeros in place of the others."""
    axis, *parts = axis_args
    zeros = [g if i == argnum - 1 else np.zeros_like(plain(part)) for i, part in enumerate(parts)]
    return function_of(np.concatenate)(zeros, axis)


def dot_adjoint_0(B: Any, G: Any, A_meta: Any, B_meta: Any) -> Any:
    """The gradient of the first factor of ``np.dot``."""
    return _adjoint(np.dot, 0, B, G, A_meta)


def dot_adjoint_1(A: Any, G: Any, A_meta: Any, B_meta: Any) -> Any:
    """The gradient of the second factor of ``np.dot``."""
    return _adjoint(np.dot, 1, A, G, B_meta)


def _adjoint(raw: Any, place: int, other: Any, G: Any, meta: Any) -> Any:
    function = function_of(raw)
    zeros = np.zeros(meta[0], meta[2])
    return make_vjp(lambda x: function(x, other) if place == 0 else function(other, x), zeros)[0](G)


__all__ = [
    "broadcast", "dot_adjoint_0", "dot_adjoint_1", "fwd_grad_concatenate_args", "make_diagonal", "match_complex", "metadata",
    "repeat_to_match_shape", "replace_zero", "unbroadcast", "unbroadcast_f",
]  # fmt: skip
