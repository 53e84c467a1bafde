"""Functions that change the shape of a tensor or the order of its elements, repeat them, or take diagonals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.graph import array_of
from ..engine.recording import alias, operand, recorded
from ..engine.values.devices import contiguous_format
from ..engine.values.dtypes import broadcast_shapes
from ..engine.values.integers import integers
from ..errors import ArgumentError, DtypeError, RangeError, ShapeError, describe
from ..ops import indexing, reduction, shape, strided
from ..ops.elementwise import complex as complex_
from ..types import ArrayLike, Dim, Dims, MemoryFormat, Number, Size, Tensor, TensorLike
from .creation import to_tensor

reshape = recorded(shape.reshape)
view = recorded(shape.view)
expand = recorded(shape.expand)
transpose = recorded(shape.transpose)
unsqueeze = recorded(shape.unsqueeze)
squeeze = recorded(shape.squeeze)
flip = recorded(shape.flip)
roll = recorded(shape.roll)
_clone = recorded(shape.clone)
astype = recorded(shape.cast)
tile = recorded(shape.tile)
tril = recorded(shape.tril)
triu = recorded(shape.triu)
diagonal = _diagonal = recorded(shape.diagonal)
diag_embed = recorded(shape.diag_embed)
unfold = recorded(shape.unfold)
padded = recorded(shape.pad)
real = recorded(complex_.real)
_imag = recorded(complex_.imag)
_conj = recorded(complex_.conj)
getitem = recorded(indexing.getitem)
_as_strided = recorded(strided.as_strided)
_permute = recorded(shape.permute)
_contiguous = recorded(shape.contiguous)

swapdims = alias(transpose, "swapdims")

# The op ``pad`` has NumPy's names of the modes. These are PyTorch's names of them.
PADDING_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def swapaxes(input: TensorLike, axis0: Dim, axis1: Dim) -> Tensor:
    """``transpose`` under NumPy's name, with NumPy's word for a dimension: two dimensions exchanged.

    Args:
        input: any shape.
        axis0, axis1: the two dimensions.

    Example:
        >>> import autograd
        >>> autograd.swapaxes(autograd.zeros(2, 3, 4), 0, -1).shape
        (4, 3, 2)
    """
    return transpose(input, axis0, axis1)


def imag(input: TensorLike) -> Tensor:
    """The imaginary part of complex numbers, a view.

    Raises:
        DtypeError: real numbers. (``np.imag`` of them is 0.)

    Example:
        >>> import autograd
        >>> autograd.imag(autograd.tensor([1 + 2j]))
        tensor([2.], dtype=float32)
    """
    if array_of(input).dtype.kind != "c":
        raise DtypeError(f"imag is not implemented for tensors with non-complex dtypes: {describe(input)} has no imaginary part")
    return _imag(input)


def permute(input: TensorLike, dims: Dims = None) -> Tensor:
    """The dimensions in another order: dimension i of the result is dimension dims[i] of the input. Without dims, in reverse order.

    Raises:
        ValueError: dims does not name each dimension once.

    Example:
        >>> import autograd
        >>> x = autograd.zeros(2, 3, 4)
        >>> autograd.permute(x, (2, 0, 1)).shape
        (4, 2, 3)
    """
    input = to_tensor(input)
    return _permute(input, dims=tuple(range(input.ndim))[::-1] if dims is None else shape.numbers_of(dims))


def movedim(input: TensorLike, source: Dim | Sequence[Dim], destination: Dim | Sequence[Dim]) -> Tensor:
    """The input with dimensions moved to new positions. The other dimensions keep their order.

    Args:
        input: any shape.
        source: the dimension to move, or several.
        destination: where each of them goes.

    Raises:
        ShapeError: not as many destinations as sources. IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> x = autograd.zeros(2, 3, 4)
        >>> autograd.movedim(x, 0, 2).shape
        (3, 4, 2)
    """
    input = to_tensor(input)
    n = input.ndim
    if not n and {0, -1}.issuperset((*shape.numbers_of(source), *shape.numbers_of(destination))):
        return transpose(input, 0, 0)
    sources = [np.lib.array_utils.normalize_axis_index(d, n) for d in shape.numbers_of(source)]
    destinations = [np.lib.array_utils.normalize_axis_index(d, n) for d in shape.numbers_of(destination)]
    if len(sources) != len(destinations):
        raise ShapeError(f"movedim: {len(sources)} source dimensions and {len(destinations)} destinations: as many of each")
    for role, dims in (("source", sources), ("destination", destinations)):
        if len(set(dims)) < len(dims):
            raise ShapeError(f"movedim: repeated dimension in {role}: {dims}")
    order = [d for d in range(n) if d not in sources]
    for position, dim in sorted(zip(destinations, sources, strict=True)):
        order.insert(position, dim)
    return _permute(input, dims=tuple(order))


moveaxis = alias(movedim, "moveaxis")


def t(input: TensorLike) -> Tensor:
    """The transpose of a matrix. A vector or a number is returned as it is.

    Raises:
        ShapeError: more than 2 dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        >>> autograd.t(x)
        tensor([[1., 4.],
                [2., 5.],
                [3., 6.]], dtype=float32)
    """
    input = to_tensor(input)
    if input.ndim > 2:
        raise ShapeError(f"t() expects a tensor with <= 2 dimensions, not {describe(input.array)}: use .mT or .transpose")
    return input if input.ndim < 2 else transpose(input, 0, 1)


def conj(input: TensorLike) -> Tensor:
    """The complex conjugate. Real numbers are their own: the tensor itself is returned.

    Example:
        >>> import autograd
        >>> autograd.tensor([1 + 2j]).conj()
        tensor([1.-2.j], dtype=complex64)
    """
    input = to_tensor(input)
    return _conj(input) if input.array.dtype.kind == "c" else input


conj_physical = alias(conj, "conj_physical")


def adjoint(input: TensorLike) -> Tensor:
    """The conjugate transpose of the matrices in the last two dimensions.

    Raises:
        ShapeError: fewer than 2 dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.adjoint(x)
        tensor([[1., 3.],
                [2., 4.]], dtype=float32)
    """
    input = to_tensor(input)
    if input.ndim < 2:
        raise ShapeError(f"adjoint expects matrices, not {describe(input.array)}")
    turned = transpose(input, -2, -1)
    return conj(turned)


def clone(input: TensorLike, *, memory_format: MemoryFormat | None = None) -> Tensor:
    """A copy. The gradient passes through it.

    Args:
        input: any shape. memory_format: contiguous_format for a copy whose elements lie in memory row by row; otherwise they keep
            the input's order.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> x.clone()
        tensor([3., 1., 2.], dtype=float32)
    """
    if memory_format is contiguous_format and not array_of(input).flags.c_contiguous:
        return _contiguous(input)
    return _clone(input)


def contiguous(input: TensorLike, memory_format: MemoryFormat | None = None) -> Tensor:
    """The tensor itself if its elements lie in memory row by row, else a copy in which they do.

    Args:
        input: any shape. memory_format: taken as PyTorch takes it, without effect.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> x.T.contiguous().is_contiguous()
        True
    """
    input = to_tensor(input)
    return input if input.array.flags.c_contiguous else _contiguous(input)


def flatten(input: TensorLike, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The input with neighbouring dimensions merged into one.

    Args:
        input: any shape.
        start_dim: the first dimension to merge.
        end_dim: the last dimension to merge.

    Raises:
        ShapeError: start_dim comes after end_dim. IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.flatten(x)
        tensor([1., 2., 3., 4.], dtype=float32)
    """
    input = to_tensor(input)
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


def unflatten(input: TensorLike, dim: Dim, sizes: int | Size) -> Tensor:
    """The input with one dimension split into several.

    Args:
        input: any shape.
        dim: the dimension to split.
        sizes: the lengths of the new dimensions. One of them may be -1: it is computed from the others.

    Raises:
        ShapeError: the product of the sizes is not the length of the dimension. RangeError: a tensor without dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.zeros(6)
        >>> autograd.unflatten(x, 0, (2, -1)).shape
        (2, 3)
    """
    input = to_tensor(input)
    if isinstance(dim, str):
        if isinstance(sizes, tuple | list) and sizes and isinstance(sizes[0], tuple | list):
            raise ArgumentError(f"unflatten: name {dim!r} not found in {describe(input)}: dimensions have no names here")
        raise TypeError(f"unflatten: argument 'dim' must be an integer, not str ({dim!r}): dimensions have no names here")
    if not input.ndim:
        raise RangeError(f"unflatten: dimension specified as {dim} but the tensor has no dimensions")
    dim = np.lib.array_utils.normalize_axis_index(dim, input.ndim)
    lengths = shape.numbers_of(sizes)
    known = shape.prod(n for n in lengths if n != -1)
    if not lengths or lengths.count(-1) > 1 or (not known and -1 in lengths):
        raise ShapeError(f"unflatten: sizes must not be empty, and one of them at most be -1, with none of length 0: {lengths}")
    lengths = tuple(input.shape[dim] // max(known, 1) if n == -1 else n for n in lengths)
    if shape.prod(lengths) != input.shape[dim]:
        raise ShapeError(f"unflatten: sizes {lengths} don't multiply up to the size of dim {dim} ({input.shape[dim]})")
    return reshape(input, (*input.shape[:dim], *lengths, *input.shape[dim + 1 :]))


def ravel(input: TensorLike) -> Tensor:
    """All elements in one dimension, row by row.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.ravel(x)
        tensor([1., 2., 3., 4.], dtype=float32)
    """
    return contiguous(reshape(input, (-1,)))


def broadcast_to(input: TensorLike, shape: int | Size) -> Tensor:
    """A view of the input in a larger shape: its elements are repeated without a copy.

    Raises:
        ShapeError: the input does not broadcast to the shape.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.broadcast_to(x, (2, 3))
        tensor([[3., 1., 2.],
                [3., 1., 2.]], dtype=float32)
    """
    return expand(input, size=shape)


def broadcast_tensors(*tensors: TensorLike) -> tuple[Tensor, ...]:
    """Views of the tensors in their common shape, to which NumPy would broadcast them.

    Raises:
        ShapeError: shapes that do not broadcast.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.broadcast_tensors(x, autograd.tensor(1.0))[1]
        tensor([[1., 1.],
                [1., 1.]], dtype=float32)
    """
    made = [to_tensor(x) for x in tensors]
    common = broadcast_shapes(*[x.shape for x in made])
    return tuple([expand(x, size=common) for x in made])


# --------------------------------------------------------------------------------------------------- rotating, repeating
def _check_plane(input: TensorLike, name: str) -> None:
    array, _ = operand(input)
    if np.ndim(array) < 2:
        raise ShapeError(f"{name}: input must have at least 2 dimensions, not {describe(array)}")


def fliplr(input: TensorLike) -> Tensor:
    """A copy with the columns, dimension 1, in reverse order.

    Raises:
        ShapeError: fewer than 2 dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.fliplr(x)
        tensor([[2., 1.],
                [4., 3.]], dtype=float32)
    """
    _check_plane(input, "fliplr")
    return flip(input, 1)


def flipud(input: TensorLike) -> Tensor:
    """A copy with the rows, dimension 0, in reverse order.

    Raises:
        ShapeError: a tensor without dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.flipud(x)
        tensor([[3., 4.],
                [1., 2.]], dtype=float32)
    """
    if not np.ndim(operand(input)[0]):
        raise ShapeError("flipud: Input must be >= 1-d.")
    return flip(input, 0)


def rot90(input: TensorLike, k: int = 1, dims: Sequence[Dim] = (0, 1)) -> Tensor:
    """The input rotated by k times 90 degrees in the plane of two dimensions.

    Args:
        input: at least 2 dimensions.
        k: the number of rotations. Negative ones turn the other way.
        dims: the plane. A rotation leads from its first dimension towards its second.

    Raises:
        ShapeError: fewer than 2 dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.rot90(x)
        tensor([[2., 4.],
                [1., 3.]], dtype=float32)
    """
    _check_plane(input, "rot90")
    rank = np.ndim(operand(input)[0])
    if len(dims) != 2 or dims[0] % rank == dims[1] % rank:
        raise ArgumentError(f"rot90: expected two different dimensions, not {tuple(dims)}")
    first, second = dims
    if not all(-rank <= d < rank for d in (first, second)):
        raise RangeError(f"rot90: rotation dims {tuple(dims)} are out of range for {rank} dimensions")
    turns = integers(k, "rot90: argument 'k'") % 4
    if turns == 2:
        return flip(input, (first, second))
    if turns == 0:
        return clone(input)
    return flip(transpose(input, first, second), first) if turns == 1 else transpose(flip(input, first), first, second)


def repeat(input: TensorLike, *repeats: int | Size) -> Tensor:
    """The input repeated as a whole along each dimension.

    Args:
        input: any shape.
        repeats: how often, for each dimension. More numbers than dimensions add new dimensions in front.

    Raises:
        ShapeError: fewer numbers than dimensions.

    Example:
        >>> import autograd
        >>> autograd.tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]], dtype=int64)
    """
    input = to_tensor(input)
    counts = shape.numbers_of(repeats[0]) if len(repeats) == 1 else repeats
    if len(counts) < input.ndim:
        raise ShapeError(
            f"Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor: {tuple(counts)} for "
            f"{describe(input.array)}"
        )
    return tile(input, counts)


def repeat_interleave(
    input: TensorLike, repeats: ArrayLike | None = None, dim: Dim | None = None, *, axis: Dim | None = None,
    output_size: int | None = None,
) -> Tensor:  # fmt: skip
    """Each element, or each slice along a dimension, repeated next to itself.

    Args:
        input: any shape. Without repeats, a vector of numbers n_i: the result then holds the index i n_i times.
        repeats: how often. One integer >= 0, or one for each element or slice.
        dim: the dimension. None repeats the elements of the flattened input.
        axis: NumPy's name of dim.
        output_size: the length that the result must have along the dimension; it is only checked.

    Raises:
        ShapeError: not as many repeats as slices. DtypeError: repeats that are not integers.
        ArgumentError: a negative number, or another output_size than their sum.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.repeat_interleave(x, 2)
        tensor([3., 3., 1., 1., 2., 2.], dtype=float32)
    """
    input = to_tensor(input)
    counts = array_of(input if repeats is None else repeats)
    if repeats is None:
        if input.ndim != 1:
            raise ShapeError(f"repeat_interleave: without repeats the input must be a vector, not {describe(input.array)}")
        input = to_tensor(np.arange(input.shape[0]))
    dim = dim if axis is None else axis
    if dim is None:
        input, dim = ravel(input), 0
    dim = np.lib.array_utils.normalize_axis_index(dim, input.ndim)
    if counts.dtype.kind not in "iu":
        raise DtypeError(f"repeat_interleave: repeats must be integers, not {describe(counts)}")
    if counts.ndim > 1 or counts.size not in (1, input.shape[dim]):
        raise ShapeError(
            f"repeat_interleave: repeats must be one number, or one for each of the {input.shape[dim]} elements along dim {dim}, "
            f"not {describe(counts)}"
        )
    if np.any(counts < 0):
        raise ArgumentError(f"repeat_interleave: repeats can not be negative: {counts.min()}")
    index = np.repeat(np.arange(input.shape[dim]), counts)
    if output_size is not None and output_size != index.size:
        raise ArgumentError(f"repeat_interleave: the repeats add up to {index.size}, not to output_size={output_size}")
    return getitem(input, (*(slice(None),) * dim, index))


def pad(input: TensorLike, pad_width: ArrayLike, mode: str = "constant", value: Number = 0) -> Tensor:
    """The input lengthened at both ends of each dimension. This is NumPy's ``pad``; PyTorch's is ``nn.functional.pad``.

    Args:
        input: any shape.
        pad_width: the number of new elements. One number, a pair (before, after), or one pair for each dimension.
        mode: constant (a number), edge (the last element), reflect (mirrored without the last element), symmetric (mirrored with
            it) or wrap (periodic).
        value: the number of mode constant.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.pad(x, (1, 2))
        tensor([0., 3., 1., 2., 0., 0.], dtype=float32)
    """
    input = to_tensor(input)
    given = np.asarray(getattr(pad_width, "array", pad_width))
    if given.size and given.dtype.kind not in "iu":
        raise TypeError(f"pad: argument 'pad_width' must hold integers, not {describe(given)}")
    widths = np.broadcast_to(given.astype(int), (input.ndim, 2))
    return padded(input, pad_width=tuple((int(a), int(b)) for a, b in widths), mode=mode, value=value)


# ----------------------------------------------------------------------------------------------------------- diagonals
def diag(input: TensorLike, diagonal: int = 0) -> Tensor:
    """For a vector, the matrix with the vector on a diagonal. For a matrix, a copy of that diagonal.

    Args:
        input: (n,) or (m, n).
        diagonal: which one: 0 is the main diagonal, positive numbers lie above it.

    Raises:
        ShapeError: another number of dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.diag(x)
        tensor([1., 4.], dtype=float32)
    """
    input = to_tensor(input)
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim == 2:
        return clone(_diagonal(input, diagonal))
    raise ShapeError(f"diag(): Supports 1D or 2D tensors, not {describe(input.array)}: use diagonal or diag_embed")


def diagflat(input: TensorLike, offset: int = 0) -> Tensor:
    """The matrix with all elements of the input on a diagonal.

    Args:
        input: any shape.
        offset: which diagonal: 0 is the main one, positive numbers lie above it.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0])
        >>> autograd.diagflat(x)
        tensor([[1., 0.],
                [0., 2.]], dtype=float32)
    """
    return diag_embed(ravel(input), offset)


def trace(input: TensorLike, offset: int = 0, dim1: Dim = 0, dim2: Dim = 1) -> Tensor:
    """The sum of a diagonal of the matrices in two dimensions.

    Args:
        input: at least 2 dimensions.
        offset: which diagonal: 0 is the main one, positive numbers lie above it.
        dim1: the dimension of the rows.
        dim2: the dimension of the columns.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.trace(x)
        tensor(5., dtype=float32)
    """
    return recorded(reduction.sum)(_diagonal(input, offset, dim1, dim2), dim=-1)


# ---------------------------------------------------------------------------------- to the size of another tensor, strides
def view_as(input: TensorLike, other: Tensor) -> Tensor:
    """A view of the input in another tensor's shape: both share their memory.

    Example:
        >>> import autograd
        >>> autograd.arange(4).view_as(autograd.ones(2, 2))
        tensor([[0, 1],
                [2, 3]], dtype=int64)
    """
    return view(input, other.shape)


def reshape_as(input: TensorLike, other: Tensor) -> Tensor:
    """The elements of the input in another tensor's shape.

    Example:
        >>> import autograd
        >>> autograd.arange(4).reshape_as(autograd.ones(2, 2))
        tensor([[0, 1],
                [2, 3]], dtype=int64)
    """
    return reshape(input, other.shape)


def expand_as(input: TensorLike, other: Tensor) -> Tensor:
    """A view of the input in another tensor's larger shape: its elements are repeated without a copy.

    Example:
        >>> import autograd
        >>> autograd.tensor([1.0, 2.0]).expand_as(autograd.ones(2, 2))
        tensor([[1., 2.],
                [1., 2.]], dtype=float32)
    """
    return expand(input, other.shape)


def sum_to_size(input: TensorLike, *size: int | Size) -> Tensor:
    """The input summed to a shape that broadcasts to its own: over the dimensions that broadcasting would repeat.

    Args:
        input: any shape.
        size: the shape of the result, as several numbers or as one sequence.

    Raises:
        ShapeError: the shape does not broadcast to the input's.

    Example:
        >>> import autograd
        >>> autograd.ones(2, 3).sum_to_size(2, 1)
        tensor([[3.],
                [3.]], dtype=float32)
    """
    input = to_tensor(input)
    target: Any = shape.numbers_of(size[0]) if len(size) == 1 else size
    lead = input.ndim - len(target)
    if lead < 0 or any([n not in (1, m) for n, m in zip(target, input.shape[lead:], strict=True)]):
        raise ShapeError(
            f"sum_to_size: size {list(target)} is not expandable to size {list(input.shape)}: each length must be the same, or 1"
        )
    return shape.sum_to(input, tuple(target))


def as_strided(input: TensorLike, size: int | Size, stride: int | Sequence[int], storage_offset: int | None = None) -> Tensor:
    """A view with given strides: its element (i, j, ...) is the element number offset + i stride[0] + j stride[1] + ... in memory.

    An element may occur several times in the view. The view is then read-only, and the gradients of these places are summed.

    Args:
        input: a tensor whose elements lie in memory row by row.
        size: the shape of the view.
        stride: for each dimension, how many elements lie between neighbours in memory.
        storage_offset: where the view begins, counted from the start of the memory; by default where the input begins.

    Raises:
        ShapeError: the input is not contiguous, or the view reaches outside of it.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0, 3.0, 4.0])
        >>> autograd.as_strided(x, (3, 2), (1, 1))
        tensor([[1., 2.],
                [2., 3.],
                [3., 4.]], dtype=float32)
    """
    input = to_tensor(input)
    return _as_strided(input, **strides_of(input, size, stride, storage_offset, "as_strided"))


def strides_of(
    input: Tensor, size: int | Size, stride: int | Sequence[int], storage_offset: int | None, name: str
) -> dict[str, Any]:
    """The parameters of the op ``as_strided``, whose offset counts from the input's first element.

    Args:
        input, size, stride, storage_offset: as of the function ``as_strided``.
        name: of the function that an error names.
    """
    if not input.array.flags.c_contiguous:
        raise ShapeError(
            f"{name}: the elements of the input {describe(input.array)} with strides {input.stride()} do not lie in memory row by "
            f"row: call .contiguous() first"
        )
    start = integers(storage_offset, f"{name}: argument 'storage_offset'")
    offset = 0 if start is None else start - input.storage_offset()
    return {"size": shape.numbers_of(size), "stride": shape.numbers_of(stride), "offset": offset}
