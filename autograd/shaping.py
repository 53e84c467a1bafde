"""Functions of tensors that move numbers: their shapes, joining and splitting. Composites of the ops in ops/shape.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from .engine import make, operand, recorded
from .errors import ShapeError, describe
from .ops import complex as complex_
from .ops import indexing, joining, shape

reshape = recorded(shape.reshape)
view = recorded(shape.view)
expand = recorded(shape.expand)
transpose = recorded(shape.transpose)
unsqueeze = recorded(shape.unsqueeze)
squeeze = recorded(shape.squeeze)
flip = recorded(shape.flip)
roll = recorded(shape.roll)
clone = recorded(shape.clone)
astype = recorded(shape.cast)
tile = recorded(shape.tile)
tril = recorded(shape.tril)
triu = recorded(shape.triu)
diagonal = recorded(shape.diagonal)
diag_embed = recorded(shape.diag_embed)
unfold = recorded(shape.unfold)
padded = recorded(shape.pad)
real = recorded(complex_.real)
imag = recorded(complex_.imag)
conj = recorded(complex_.conj)
stack = recorded(joining.stack)
getitem = recorded(indexing.getitem)
_permute = recorded(shape.permute)
_contiguous = recorded(shape.contiguous)
_cat = recorded(joining.cat)

swapaxes = swapdims = transpose


def _tensor(x: Any) -> Any:
    """A tensor of anything that an op may be called with, so that its shape can be asked for."""
    return x if hasattr(x, "array") else make(np.asarray(operand(x)[0]))


def permute(input: Any, dims: Any = None) -> Any:
    """The dimensions in another order: dimension i of the result is dimension dims[i]; without dims, reversed."""
    input = _tensor(input)
    return _permute(input, dims=tuple(range(input.ndim))[::-1] if dims is None else tuple(dims))


def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Dimensions moved to new positions; the others keep their order."""
    input = _tensor(input)
    n = input.ndim
    sources = [np.lib.array_utils.normalize_axis_index(d, n) for d in shape.numbers_of(source)]
    destinations = [np.lib.array_utils.normalize_axis_index(d, n) for d in shape.numbers_of(destination)]
    if len(sources) != len(destinations):
        raise ShapeError(f"movedim: {len(sources)} source dimensions and {len(destinations)} destinations: as many of each")
    order = [d for d in range(n) if d not in sources]
    for place, dim in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, dim)
    return _permute(input, dims=tuple(order))


moveaxis = movedim


def t(input: Any) -> Any:
    """The transpose of a matrix; vectors and numbers as they are."""
    input = _tensor(input)
    if input.ndim > 2:
        raise ShapeError(f"t() expects a tensor with <= 2 dimensions, not {describe(input.array)}: use .mT or .transpose(dim0, dim1)")
    return input if input.ndim < 2 else transpose(input, 0, 1)


def adjoint(input: Any) -> Any:
    """The conjugate of the matrices in the last two dimensions, transposed."""
    input = _tensor(input)
    if input.ndim < 2:
        raise ShapeError(f"adjoint expects matrices, not {describe(input.array)}")
    turned = transpose(input, -2, -1)
    return conj(turned) if input.array.dtype.kind == "c" else turned


def contiguous(input: Any) -> Any:
    """The tensor itself if it lies in memory row by row, else a copy that does."""
    input = _tensor(input)
    return input if input.array.flags.c_contiguous else _contiguous(input)


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The dimensions from start_dim to end_dim, both included, made one."""
    input = _tensor(input)
    n = input.ndim
    if not n:
        return reshape(input, (1,))
    first = np.lib.array_utils.normalize_axis_index(start_dim, n)
    last = np.lib.array_utils.normalize_axis_index(end_dim, n)
    if first > last:
        raise ShapeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} in {describe(input.array)}")
    if first == last:
        return input
    lengths = input.shape
    return reshape(input, (*lengths[:first], shape.prod(lengths[first : last + 1]), *lengths[last + 1 :]))


def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """One dimension made several; one of the sizes may be -1."""
    input = _tensor(input)
    dim = np.lib.array_utils.normalize_axis_index(dim, input.ndim)
    sizes = shape.numbers_of(sizes)
    known = shape.prod(n for n in sizes if n != -1)
    sizes = tuple(input.shape[dim] // max(known, 1) if n == -1 else n for n in sizes)
    if shape.prod(sizes) != input.shape[dim]:
        raise ShapeError(f"unflatten: sizes {sizes} don't multiply up to the size of dim {dim} ({input.shape[dim]})")
    return reshape(input, (*input.shape[:dim], *sizes, *input.shape[dim + 1 :]))


def ravel(input: Any) -> Any:
    """All elements in one dimension."""
    return reshape(input, (-1,))


def broadcast_to(input: Any, shape: Any) -> Any:
    """Repeated without a copy, to a shape that the input's broadcasts to."""
    return expand(input, size=shape)


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """All tensors, broadcast against each other."""
    tensors = tuple([_tensor(x) for x in tensors])
    common = np.broadcast_shapes(*[x.shape for x in tensors])
    return tuple([expand(x, size=common) for x in tensors])


def cat(tensors: Any, dim: int | None = 0, *, axis: int | None = None) -> Any:
    """Joined along a dimension that they all have; with dim=None each is flattened first, as NumPy does."""
    dim = dim if axis is None else axis
    if dim is None:
        return _cat([ravel(x) for x in tensors], dim=0)
    return _cat(tensors, dim=dim)


concat = concatenate = cat
