"""The input with a part of it replaced: the part that a view (a slice, a diagonal, ...) of it would show."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.recording import recorded
from ..errors import ArgumentError, DtypeError, ShapeError, describe, explain
from ..ops.indexing import getitem
from ..ops.shape import diagonal
from ..ops.strided import as_strided, overlapping
from .inplace import Chain, located, region, write
from .shape import _tensor, strides_of

_write = recorded(write)


def _replaced(input: Any, src: Any, chain: Chain, name: str) -> Any:
    try:
        part = region(input.array, chain)
    except Exception as error:
        raise explain(name, {"input": input.array}, error) from None
    if src.array.shape != part.shape:
        raise ShapeError(
            f"{name}: expected src to have a size equal to the slice of self: {describe(src.array)} does not replace "
            f"{describe(part)}, a part of {describe(input.array)}"
        )
    if src.array.dtype.kind == "c" and input.array.dtype.kind != "c":
        raise DtypeError(f"{name}: complex {describe(src.array)} does not go into {describe(input.array)}: take .real first")
    return _write(input, src, **located(input.array, chain))


def _dim(input: Any, dim: int) -> int:
    return int(np.lib.array_utils.normalize_axis_index(dim, input.ndim))


def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """The input with the slice at an index along a dimension replaced.

    Args:
        src: of the input's shape without the dimension.

    Raises:
        ShapeError: src has another shape. IndexError: no such index.

    Example:
        >>> import autograd
        >>> autograd.select_scatter(autograd.zeros(2, 2), autograd.tensor([1.0, 2.0]), 0, 1)
        tensor([[0., 0.],
                [1., 2.]], dtype=float32)
    """
    input, src = _tensor(input), _tensor(src)
    dim = _dim(input, dim)
    if not -input.shape[dim] <= index < input.shape[dim]:
        raise IndexError(f"select_scatter: index {index} is out of range for dimension {dim} of {describe(input.array)}")
    return _replaced(input, src, ((getitem, {"index": (*(slice(None),) * dim, int(index))}),), "select_scatter")


def slice_scatter(input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Any:
    """The input with the slices start, start + step, ... below end of a dimension replaced; bounds are cut to it, as in Python.

    Args:
        src: of the shape of the part. start, end: negative ones count from the end; None: the whole.

    Raises:
        ShapeError: src has another shape. ArgumentError: step < 1.

    Example:
        >>> import autograd
        >>> autograd.slice_scatter(autograd.zeros(5), autograd.tensor([1.0, 2.0]), start=1, step=2)
        tensor([0., 1., 0., 2., 0.], dtype=float32)
    """
    input, src = _tensor(input), _tensor(src)
    if step < 1:
        raise ArgumentError(f"slice_scatter: slice step must be positive, not {step}")
    index = (*(slice(None),) * _dim(input, dim), slice(start, end, step))
    return _replaced(input, src, ((getitem, {"index": index}),), "slice_scatter")


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The input with a diagonal of the matrices in two dimensions replaced.

    Args:
        src: of the shape of ``diagonal(input, offset, dim1, dim2)``.

    Raises:
        ShapeError: src has another shape.

    Example:
        >>> import autograd
        >>> autograd.diagonal_scatter(autograd.zeros(2, 2), autograd.tensor([1.0, 2.0]))
        tensor([[1., 0.],
                [0., 2.]], dtype=float32)
    """
    params = {"offset": offset, "dim1": dim1, "dim2": dim2}
    return _replaced(_tensor(input), _tensor(src), ((diagonal, params),), "diagonal_scatter")


def as_strided_scatter(input: Any, src: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """The input with the elements that ``as_strided(input, size, stride, storage_offset)`` shows replaced.

    Args:
        input: lying in memory row by row. src: of shape size. size, stride, storage_offset: as of ``as_strided``.

    Raises:
        ShapeError: src has another shape, the input is not contiguous, places are not elements of it, or may be the same element.

    Example:
        >>> import autograd
        >>> autograd.as_strided_scatter(autograd.zeros(2, 3), autograd.tensor([1.0, 2.0]), (2,), (4,))
        tensor([[1., 0., 0.],
                [0., 2., 0.]], dtype=float32)
    """
    input, src = _tensor(input), _tensor(src)
    params = strides_of(input, size, stride, storage_offset, "as_strided_scatter")
    if overlapping(params["size"], params["stride"]):
        raise ShapeError(
            f"as_strided_scatter: size {params['size']} with strides {params['stride']} may name an element twice, and only one "
            f"value can be written there"
        )
    return _replaced(input, src, ((as_strided, params),), "as_strided_scatter")


def fill(input: Any, value: Any) -> Any:
    """A tensor of the input's shape and dtype with one value everywhere.

    Args:
        value: a number, or a tensor without dimensions, which gets the sum of the gradients.

    Raises:
        ShapeError: a value with dimensions.

    Example:
        >>> import autograd
        >>> autograd.fill(autograd.tensor([1, 2]), 7)
        tensor([7, 7], dtype=int64)
    """
    input, value = _tensor(input), _tensor(value)
    if value.ndim:
        raise ShapeError(f"fill only supports a 0-dimension value tensor but got {describe(value.array)}")
    if value.array.dtype.kind == "c" and input.array.dtype.kind != "c":
        raise DtypeError(f"fill: a complex value does not go into {describe(input.array)}")
    return _write(input, value, **located(input.array, ()))
