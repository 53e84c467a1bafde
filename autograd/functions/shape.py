"""Functions of tensors that move numbers: shapes, order, repetition, diagonals. Composites of the ops in ops/shape.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.dtypes import broadcast_shapes
from ..engine.graph import array_of, make
from ..engine.recording import alias, operand, recorded
from ..errors import ArgumentError, DtypeError, ShapeError, describe
from ..ops import indexing, reduction, shape, strided
from ..ops.elementwise import complex as complex_

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
diagonal = _diagonal = recorded(shape.diagonal)
diag_embed = recorded(shape.diag_embed)
unfold = recorded(shape.unfold)
padded = recorded(shape.pad)
real = recorded(complex_.real)
imag = recorded(complex_.imag)
conj = recorded(complex_.conj)
conj_physical = alias(conj, "conj_physical")
getitem = recorded(indexing.getitem)
_as_strided = recorded(strided.as_strided)
_permute = recorded(shape.permute)
_contiguous = recorded(shape.contiguous)

swapaxes = alias(transpose, "swapaxes")
swapdims = alias(transpose, "swapdims")

# PyTorch's names for what ``padded`` takes NumPy's for.
PADDING_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _tensor(x: Any) -> Any:
    """A tensor of anything that an op may be called with, so that its shape can be asked for."""
    return x if hasattr(x, "array") else make(np.asarray(operand(x)[0]))


def permute(input: Any, dims: Any = None) -> Any:
    """The dimensions in another order: dimension i of the result is dimension dims[i]; without dims, reversed.

    Example:
        >>> import autograd
        >>> x = autograd.zeros(2, 3, 4)
        >>> autograd.permute(x, (2, 0, 1)).shape
        (4, 2, 3)
    """
    input = _tensor(input)
    return _permute(input, dims=tuple(range(input.ndim))[::-1] if dims is None else tuple(dims))


def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Dimensions moved to new positions; the others keep their order.

    Example:
        >>> import autograd
        >>> x = autograd.zeros(2, 3, 4)
        >>> autograd.movedim(x, 0, 2).shape
        (3, 4, 2)
    """
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


moveaxis = alias(movedim, "moveaxis")


def t(input: Any) -> Any:
    """The transpose of a matrix; vectors and numbers as they are.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        >>> autograd.t(x)
        tensor([[1., 4.],
                [2., 5.],
                [3., 6.]], dtype=float32)
    """
    input = _tensor(input)
    if input.ndim > 2:
        raise ShapeError(f"t() expects a tensor with <= 2 dimensions, not {describe(input.array)}: use .mT or .transpose")
    return input if input.ndim < 2 else transpose(input, 0, 1)


def adjoint(input: Any) -> Any:
    """The conjugate of the matrices in the last two dimensions, transposed.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.adjoint(x)
        tensor([[1., 3.],
                [2., 4.]], dtype=float32)
    """
    input = _tensor(input)
    if input.ndim < 2:
        raise ShapeError(f"adjoint expects matrices, not {describe(input.array)}")
    turned = transpose(input, -2, -1)
    return conj(turned) if input.array.dtype.kind == "c" else turned


def contiguous(input: Any) -> Any:
    """The tensor itself if it lies in memory row by row, else a copy that does.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> x.T.contiguous().is_contiguous()
        True
    """
    input = _tensor(input)
    return input if input.array.flags.c_contiguous else _contiguous(input)


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The dimensions from start_dim to end_dim, both included, made one.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.flatten(x)
        tensor([1., 2., 3., 4.], dtype=float32)
    """
    input = _tensor(input)
    n = input.ndim
    first = np.lib.array_utils.normalize_axis_index(start_dim, n or 1)
    last = np.lib.array_utils.normalize_axis_index(end_dim, n or 1)
    if not n:
        return reshape(input, (1,))
    if first > last:
        raise ShapeError(f"flatten: start_dim {start_dim} comes after end_dim {end_dim} in {describe(input.array)}")
    if first == last:
        return input
    lengths = input.shape
    return reshape(input, (*lengths[:first], shape.prod(lengths[first : last + 1]), *lengths[last + 1 :]))


def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """One dimension made several; one of the sizes may be -1.

    Example:
        >>> import autograd
        >>> x = autograd.zeros(6)
        >>> autograd.unflatten(x, 0, (2, -1)).shape
        (2, 3)
    """
    input = _tensor(input)
    dim = np.lib.array_utils.normalize_axis_index(dim, input.ndim)
    sizes = shape.numbers_of(sizes)
    known = shape.prod(n for n in sizes if n != -1)
    sizes = tuple(input.shape[dim] // max(known, 1) if n == -1 else n for n in sizes)
    if shape.prod(sizes) != input.shape[dim]:
        raise ShapeError(f"unflatten: sizes {sizes} don't multiply up to the size of dim {dim} ({input.shape[dim]})")
    return reshape(input, (*input.shape[:dim], *sizes, *input.shape[dim + 1 :]))


def ravel(input: Any) -> Any:
    """All elements in one dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.ravel(x)
        tensor([1., 2., 3., 4.], dtype=float32)
    """
    return reshape(input, (-1,))


def broadcast_to(input: Any, shape: Any) -> Any:
    """Repeated without a copy, to a shape that the input's broadcasts to.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.broadcast_to(x, (2, 3))
        tensor([[3., 1., 2.],
                [3., 1., 2.]], dtype=float32)
    """
    return expand(input, size=shape)


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """All tensors, broadcast against each other.

    Raises:
        ShapeError: shapes that do not broadcast.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.broadcast_tensors(x, autograd.tensor(1.0))[1]
        tensor([[1., 1.],
                [1., 1.]], dtype=float32)
    """
    tensors = tuple([_tensor(x) for x in tensors])
    common = broadcast_shapes(*[x.shape for x in tensors])
    return tuple([expand(x, size=common) for x in tensors])


# ---------------------------------------------------------------------------------------------------- turning, repeating
def _plane(input: Any, name: str) -> None:
    array, _ = operand(input)
    if np.ndim(array) < 2:
        raise ShapeError(f"{name}: input must have at least 2 dimensions, not {describe(array)}")


def fliplr(input: Any) -> Any:
    """The columns in reverse order; a copy.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.fliplr(x)
        tensor([[2., 1.],
                [4., 3.]], dtype=float32)
    """
    _plane(input, "fliplr")
    return flip(input, 1)


def flipud(input: Any) -> Any:
    """The rows in reverse order; a copy.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.flipud(x)
        tensor([[3., 4.],
                [1., 2.]], dtype=float32)
    """
    return flip(input, 0)


def rot90(input: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Turned k times by 90 degrees, from the first of two dimensions towards the second.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.rot90(x)
        tensor([[2., 4.],
                [1., 3.]], dtype=float32)
    """
    _plane(input, "rot90")
    first, second = dims
    turns = k % 4
    if turns == 2:
        return flip(input, (first, second))
    if turns == 0:
        return clone(input)
    return flip(transpose(input, first, second), first) if turns == 1 else transpose(flip(input, first), first, second)


def repeat(input: Any, *repeats: Any) -> Any:
    """The whole repeated so many times along each dimension; a number for each dimension, more make new ones in front.

    Example:
        >>> import autograd
        >>> autograd.tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]], dtype=int64)
    """
    input = _tensor(input)
    counts = shape.numbers_of(repeats[0]) if len(repeats) == 1 else repeats
    if len(counts) < input.ndim:
        raise ShapeError(
            f"Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: {tuple(counts)} for "
            f"{describe(input.array)}"
        )
    return tile(input, counts)


def repeat_interleave(
    input: Any, repeats: Any = None, dim: int | None = None, *, axis: int | None = None, output_size: int | None = None
) -> Any:
    """Each element (or slice along dim) repeated in place: a number of times, or its own number of times.

    Args:
        repeats: an integer ≥ 0, or one for each element; without it the input is the repeats, of the places 0, 1, ...
        dim: None flattens first. output_size: what the repeats must add up to.

    Raises:
        ShapeError: not as many repeats as elements. ArgumentError: negative ones. DtypeError: repeats that are no integers.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.repeat_interleave(x, 2)
        tensor([3., 3., 1., 1., 2., 2.], dtype=float32)
    """
    input = _tensor(input)
    if repeats is None:
        if input.ndim != 1:
            raise ShapeError(f"repeat_interleave: only a vector is taken for repeats, not {describe(input.array)}")
        input, repeats = make(np.arange(input.shape[0])), input
    dim = dim if axis is None else axis
    if dim is None:
        input, dim = ravel(input), 0
    dim = np.lib.array_utils.normalize_axis_index(dim, input.ndim)
    counts = array_of(repeats)
    if counts.dtype.kind not in "iu":
        raise DtypeError(f"repeat_interleave: repeats must be integers, not {describe(counts)}")
    if counts.ndim > 1 or counts.size not in (1, input.shape[dim]):
        raise ShapeError(
            f"repeat_interleave: repeats must be one number, or one for each of the {input.shape[dim]} elements along dim {dim}, "
            f"not {describe(counts)}"
        )
    if np.any(counts < 0):
        raise ArgumentError(f"repeat_interleave: repeats can not be negative: {counts.min()}")
    places = np.repeat(np.arange(input.shape[dim]), counts)
    if output_size is not None and output_size != places.size:
        raise ArgumentError(f"repeat_interleave: the repeats add up to {places.size}, not to output_size={output_size}")
    return getitem(input, (*(slice(None),) * dim, places))


def pad(input: Any, pad_width: Any, mode: str = "constant", value: Any = 0) -> Any:
    """Longer at both ends of each dimension: NumPy's ``pad``; ``nn.functional.pad`` is PyTorch's.

    Args:
        pad_width: a number, a pair (before, after), or a pair per dimension.
        mode: constant, edge, reflect, symmetric or wrap.
        value: what constant fills with.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.pad(x, (1, 2))
        tensor([0., 3., 1., 2., 0., 0.], dtype=float32)
    """
    input = _tensor(input)
    widths = np.broadcast_to(np.asarray(getattr(pad_width, "array", pad_width), dtype=int), (input.ndim, 2))
    return padded(input, pad_width=tuple((int(a), int(b)) for a, b in widths), mode=mode, value=value)


# ----------------------------------------------------------------------------------------------------------- diagonals
def diag(input: Any, diagonal: int = 0) -> Any:
    """Of a vector the matrix with it on a diagonal, of a matrix that diagonal.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.diag(x)
        tensor([1., 4.], dtype=float32)
    """
    input = _tensor(input)
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim == 2:
        return clone(_diagonal(input, diagonal))
    raise ShapeError(f"diag(): Supports 1D or 2D tensors, not {describe(input.array)}: use diagonal or diag_embed")


def diagflat(input: Any, offset: int = 0) -> Any:
    """The matrix with all elements on a diagonal.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0])
        >>> autograd.diagflat(x)
        tensor([[1., 0.],
                [0., 2.]], dtype=float32)
    """
    return diag_embed(ravel(input), offset)


def trace(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The sum of a diagonal.

    Args:
        offset: above (positive) or below the main diagonal. dim1, dim2: of the matrices.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.trace(x)
        tensor(5., dtype=float32)
    """
    return recorded(reduction.sum)(_diagonal(input, offset, dim1, dim2), dim=-1)


# ------------------------------------------------------------------------------------------------- another's or any size
def view_as(input: Any, other: Any) -> Any:
    """The same memory in another tensor's shape.

    Example:
        >>> import autograd
        >>> autograd.arange(4).view_as(autograd.ones(2, 2))
        tensor([[0, 1],
                [2, 3]], dtype=int64)
    """
    return view(input, other.shape)


def reshape_as(input: Any, other: Any) -> Any:
    """The same numbers in another tensor's shape.

    Example:
        >>> import autograd
        >>> autograd.arange(4).reshape_as(autograd.ones(2, 2))
        tensor([[0, 1],
                [2, 3]], dtype=int64)
    """
    return reshape(input, other.shape)


def expand_as(input: Any, other: Any) -> Any:
    """Repeated without a copy to another tensor's shape.

    Example:
        >>> import autograd
        >>> autograd.tensor([1.0, 2.0]).expand_as(autograd.ones(2, 2))
        tensor([[1., 2.],
                [1., 2.]], dtype=float32)
    """
    return expand(input, other.shape)


def sum_to_size(input: Any, *size: Any) -> Any:
    """Summed over the dimensions in which a shape is 1, and over those that it lacks in front: what broadcasting repeats, undone.

    Raises:
        ShapeError: a shape that does not broadcast to the input's.

    Example:
        >>> import autograd
        >>> autograd.ones(2, 3).sum_to_size(2, 1)
        tensor([[3.],
                [3.]], dtype=float32)
    """
    input = _tensor(input)
    wanted = shape.numbers_of(size[0]) if len(size) == 1 else size
    lead = input.ndim - len(wanted)
    if lead < 0 or any([n not in (1, m) for n, m in zip(wanted, input.shape[lead:], strict=True)]):
        raise ShapeError(f"size {list(wanted)} is not expandable to size {list(input.shape)}: each length must be the same, or 1")
    return shape.sum_to(input, tuple(wanted))


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """A view of the elements as they lie in memory: element (i, j, ...) is the one at offset + i stride[0] + j stride[1] + ...

    Elements that stand in several places sum their gradients; such a view is read-only.

    Args:
        input: lying in memory row by row. size, stride: of the result, strides in elements.
        storage_offset: of its first element, counted as ``input.storage_offset()`` is, which is the default.

    Raises:
        ShapeError: an input that is not contiguous, or places that are not elements of the input.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0, 3.0, 4.0])
        >>> autograd.as_strided(x, (3, 2), (1, 1))
        tensor([[1., 2.],
                [2., 3.],
                [3., 4.]], dtype=float32)
    """
    input = _tensor(input)
    return _as_strided(input, **strides_of(input, size, stride, storage_offset, "as_strided"))


def strides_of(input: Any, size: Any, stride: Any, storage_offset: int | None, name: str) -> dict[str, Any]:
    """The parameters of the op ``as_strided``, whose offset counts from the input's first element."""
    if not input.array.flags.c_contiguous:
        raise ShapeError(
            f"{name}: the input {describe(input.array)} with strides {input.stride()} does not lie in memory row by row: "
            f"call .contiguous() first"
        )
    offset = 0 if storage_offset is None else int(storage_offset) - input.storage_offset()
    return {"size": shape.numbers_of(size), "stride": shape.numbers_of(stride), "offset": offset}
