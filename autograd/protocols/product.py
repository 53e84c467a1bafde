"""Adapters for NumPy's products, called with tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import elementwise, reduction, shape
from ..functions.linalg import product
from .arguments import array_like, as_tensor
from .table import adapts


@adapts(np.dot)
def _dot(a: Any, b: Any) -> Any:
    a, b = as_tensor(a), as_tensor(b)
    if not a.ndim or not b.ndim:
        return elementwise.mul(a, b)
    if a.ndim <= 2 and b.ndim <= 2:
        return product.matmul(a, b)
    return product.tensordot(a, b, dims=([-1], [-1 if b.ndim == 1 else -2]))


@adapts(np.vdot)
def _vdot(a: Any, b: Any, /) -> Any:
    return product.matmul(shape.conj(shape.reshape(as_tensor(a), (-1,))), shape.reshape(as_tensor(b), (-1,)))


@adapts(np.inner)
def _inner(a: Any, b: Any, /) -> Any:
    return product.inner(as_tensor(a), as_tensor(b))


@adapts(np.outer)
def _outer(a: Any, b: Any) -> Any:
    return elementwise.mul(shape.reshape(as_tensor(a), (-1, 1)), shape.reshape(as_tensor(b), (-1,)))


@adapts(np.linalg.outer)
def _outer_of_vectors(x1: Any, x2: Any, /) -> Any:
    return product.outer(as_tensor(x1), as_tensor(x2))


@adapts(np.kron)
def _kron(a: Any, b: Any) -> Any:
    return product.kron(as_tensor(a), as_tensor(b))


@adapts(np.linalg.matmul)
def _matmul(x1: Any, x2: Any, /) -> Any:
    return product.matmul(array_like(x1), array_like(x2))


@adapts(np.einsum)
def _einsum(*operands: Any, optimize: Any = False, **kwargs: Any) -> Any:
    # ``optimize`` chooses the order of the products; einsum here always chooses one itself.
    del optimize
    if kwargs:
        raise TypeError(f"np.einsum with tensors takes no {next(iter(kwargs))}: leave it out")
    return product.einsum(*operands)


@adapts(np.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    return product.tensordot(as_tensor(a), as_tensor(b), dims=axes)


@adapts(np.linalg.tensordot)
def _linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return product.tensordot(as_tensor(x1), as_tensor(x2), dims=axes)


@adapts(np.cross)
def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = shape.movedim(as_tensor(a), axisa, -1), shape.movedim(as_tensor(b), axisb, -1)
    if (a.shape[-1], b.shape[-1]) != (3, 3):
        raise ValueError(f"np.cross: both vectors must have 3 elements, not {a.shape[-1]} and {b.shape[-1]}")
    return shape.movedim(product.cross(a, b, dim=-1), -1, axisc)


@adapts(np.linalg.cross)
def _linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return product.cross(as_tensor(x1), as_tensor(x2), dim=axis)


@adapts(np.linalg.multi_dot)
def _multi_dot(arrays: Any) -> Any:
    tensors = [as_tensor(array) for array in arrays]
    common = np.result_type(*[t.dtype for t in tensors])
    return product.multi_dot([t.to(common) for t in tensors])


@adapts(np.linalg.vecdot)
def _linalg_vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return product.vecdot(as_tensor(x1), as_tensor(x2), dim=axis)


@adapts(np.vecdot)
def _vecdot(x1: Any, x2: Any, /) -> Any:
    return product.vecdot(as_tensor(x1), as_tensor(x2))


if hasattr(np, "matvec"):  # since NumPy 2.2

    @adapts(np.matvec)
    def _matvec(x1: Any, x2: Any, /) -> Any:
        return product.matmul(as_tensor(x1), as_tensor(x2)[..., None])[..., 0]

    @adapts(np.vecmat)
    def _vecmat(x1: Any, x2: Any, /) -> Any:
        return product.matmul(shape.conj(as_tensor(x1))[..., None, :], as_tensor(x2))[..., 0, :]


@adapts(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    diagonal = shape.diagonal(as_tensor(a), offset, axis1, axis2)
    return reduction.sum(diagonal if dtype is None else shape.astype(diagonal, dtype), dim=-1)


@adapts(np.linalg.trace)
def _linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return _trace(x, offset, -2, -1, dtype)
