"""What NumPy's products mean when they are called with tensors."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..functions.linalg.product import (
    _conj,
    _mul,
    _ndim,
    _reshape,
    _shape,
    _tensordot,
    cross,
    einsum,
    inner,
    kron,
    matmul,
    multi_dot,
    vecdot,
)  # fmt: skip
from .table import adapts


@adapts(np.dot)
def _np_dot(a: Any, b: Any) -> Any:
    if not _ndim(a) or not _ndim(b):
        return _mul(a, b)
    if _ndim(a) <= 2 and _ndim(b) <= 2:
        return matmul(a, b)
    return _tensordot(a, b, dims=([-1], [-1 if _ndim(b) == 1 else -2]))


@adapts(np.vdot)
def _np_vdot(a: Any, b: Any) -> Any:
    return matmul(_conj(_reshape(a, (prod(_shape(a)),))), _reshape(b, (prod(_shape(b)),)))


@adapts(np.outer, np.linalg.outer)
def _np_outer(a: Any, b: Any) -> Any:
    return _mul(_reshape(a, (prod(_shape(a)), 1)), _reshape(b, (prod(_shape(b)),)))


@adapts(np.einsum)
def _np_einsum(*operands: Any, optimize: Any = False, **kwargs: Any) -> Any:
    if kwargs:
        raise TypeError(f"np.einsum with tensors takes no {next(iter(kwargs))}")
    return einsum(*operands)


@adapts(np.tensordot, np.linalg.tensordot)
def _np_tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    return _tensordot(a, b, dims=axes)


@adapts(np.cross, np.linalg.cross)
def _np_cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    dim = axis if axis is not None else axisa
    if axis is None and not axisa == axisb == axisc:
        raise TypeError("np.cross with tensors takes one axis for all: axis=")
    return cross(a, b, dim=dim)


@adapts(np.linalg.multi_dot)
def _np_multi_dot(arrays: Any, *, out: Any = None) -> Any:
    return multi_dot(arrays)


@adapts(np.linalg.vecdot)
def _np_vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return vecdot(x1, x2, dim=axis)


adapts(np.inner)(inner)
adapts(np.kron)(kron)
adapts(np.linalg.matmul)(matmul)
