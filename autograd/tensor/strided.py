"""Tensors with given strides, and ``range``, which PyTorch keeps for old programs."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Sequence
from math import floor

import numpy as np

from ..engine.gradients import require_grad
from ..engine.graph import make
from ..engine.values.dtypes import get_default_dtype, to_dtype
from ..errors import ArgumentError, ShapeError
from ..functions.creation import arange, empty, finish
from ..types import Device, DType, Size, Tensor


def empty_strided(
    size: Size, stride: Sequence[int], *, dtype: DType | None = None, device: Device | None = None, requires_grad: bool = False
) -> Tensor:
    """A tensor that is not initialised, whose elements lie in memory with given strides.

    Args:
        size: the shape.
        stride: for each dimension, how many elements lie between neighbours in memory; no two elements may share a place.
        dtype: of the elements; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ShapeError: another number of strides than of dimensions. ArgumentError: a negative stride.

    Example:
        >>> import autograd
        >>> autograd.empty_strided((2, 3), (1, 2)).stride()
        (1, 2)
    """
    sizes, strides = (size,) if isinstance(size, int) else tuple(size), (stride,) if isinstance(stride, int) else tuple(stride)
    if len(sizes) != len(strides):
        raise ShapeError(f"mismatch in length of strides and shape: {len(strides)} strides for {len(sizes)} dimensions")
    if any(s < 0 for s in strides):
        raise ArgumentError(f"empty_strided: strides must not be negative, and are {strides}")
    places = 1 + sum([(n - 1) * s for n, s in zip(sizes, strides, strict=True)]) if all(sizes) else 0
    flat = empty(places, dtype=dtype, device=device).array
    array = np.lib.stride_tricks.as_strided(flat, sizes, [s * flat.itemsize for s in strides]) if places else flat.reshape(sizes)
    return require_grad(make(array)) if requires_grad else make(array)


def in_bytes_of(t: Tensor, dtype: DType) -> Tensor:
    """The same memory read as numbers of another dtype: ``x.view(dtype)``. It has no gradient.

    Raises:
        ShapeError: dtypes of unequal sizes, for a tensor without dimensions or whose last dimension does not hold whole numbers of
            the new size, side by side.
    """
    kind, array = to_dtype(dtype), t.array
    old, new = array.itemsize, kind.itemsize
    if old != new:
        title = f"to view {array.dtype} as {kind} (different element sizes)"
        if not array.ndim:
            raise ShapeError(f"self.dim() cannot be 0 {title}")
        if t.stride(-1) != 1:
            raise ShapeError(f"self.stride(-1) must be 1 {title}, but got {t.stride(-1)}")
        if new > old:
            places = {"self.size(-1)": array.shape[-1] * old, "self.storage_offset()": t.storage_offset() * old}
            places |= {f"self.stride({d})": stride for d, stride in enumerate(array.strides[:-1])}
            for name, bytes_ in places.items():
                if bytes_ % new:
                    raise ShapeError(f"{name} must be divisible by {new // old} {title}, but got {bytes_ // old}")
    return make(array.view(kind))


def empty_permuted(
    size: Size, physical_layout: Sequence[int], *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor that is not initialised, whose dimensions lie in memory in a given order, without gaps.

    Args:
        size: the shape.
        physical_layout: the dimensions, the widest first.
        dtype: of the elements; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ShapeError: an order that does not name each dimension once.

    Example:
        >>> import autograd
        >>> autograd.empty_permuted((2, 3, 4), (1, 0, 2)).stride()
        (4, 8, 1)
    """
    order = tuple(physical_layout)
    if sorted(order) != list(builtins.range(len(size))):
        raise ShapeError(f"empty_permuted: the order {order} does not name each dimension of {tuple(size)} once")
    array = empty([size[d] for d in order], dtype=dtype, device=device).array.transpose(np.argsort(order))
    return require_grad(make(array)) if requires_grad else make(array)


def range(
    start: float = 0, end: float | None = None, step: float = 1, *, dtype: DType | None = None, device: Device | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Deprecated, for old programs: ``arange`` with the end included, floats unless a dtype is given.

    Args:
        start: the first number; with one argument, the last, and the first is 0.
        end: the last number, if a whole number of steps leads to it.
        step: the distance between neighbours.
        dtype: of the numbers; the default dtype unless given.
        device: "cpu" or None; there is no other.
        requires_grad: whether ``backward`` fills the tensor's ``grad``.

    Raises:
        ArgumentError: a step of 0, or one that leads away from the end.

    Example:
        >>> import autograd, warnings
        >>> warnings.simplefilter("ignore")
        >>> autograd.range(1, 4)
        tensor([1., 2., 3., 4.], dtype=float32)
    """
    warnings.warn(
        "range is deprecated, because its behavior is inconsistent with Python's range builtin: use arange, which produces values "
        "in [start, end)", UserWarning, stacklevel=2,
    )  # fmt: skip
    start, end = (0, start) if end is None else (start, end)
    if not step or (end - start) / step < 0:
        raise ArgumentError(f"range: steps of {step} do not lead from {start} to {end}")
    count = floor((end - start) / step) + 1
    numbers = start + step * arange(count).array
    return finish(numbers.astype(get_default_dtype() if dtype is None else dtype), device, requires_grad)


__all__ = ["empty_permuted", "empty_strided", "range"]
