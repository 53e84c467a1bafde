"""Shapes and the order of dimensions: ops that move numbers without computing with them."""

from __future__ import annotations

from math import prod

import numpy as np

from ..engine.op import Op, Sample, elementwise, op
from ..engine.samples import calls, draw, unary
from ..engine.tables import table
from ..engine.values.sums import sum_over
from ..errors import ShapeError
from .rules import in_rows, remembered, sum_to, zero_unless


def numbers_of(dims):
    """One number or a sequence of numbers (of dimensions, or of lengths) as a tuple."""
    if type(dims) is tuple:
        return dims
    return (int(dims),) if isinstance(dims, int | np.integer) else tuple(dims)


def _reshape(x, shape):
    return x.reshape(shape) if type(x) is np.ndarray else np.reshape(x, shape)


reshape = op(
    "reshape", _reshape, x=lambda g, x_shape: g.reshape(x_shape), linear=True, view=True,
    samples=lambda: calls(((3, 4), {"shape": (2, 6)}), ((3, 4), {"shape": (-1,)}), ((), {"shape": (1, 1)}),
                  ((0, 3), {"shape": (3, 0)}), Sample(draw((3, 4)).T, shape=(2, 6))),
    errors=lambda: [Sample(np.ones((2, 3)), shape=(4, 2), raises=ShapeError, match=r"reshape.*size 6.*float64\[2, 3\]")],
    formula={"y": "reshape(x, shape)"},
    doc="""
    The numbers of ``input``, in their order, in another shape. The result shares memory with the input where its layout allows it.

    Args:
        input: any shape.
        shape: the new lengths. One of them may be -1, and is then computed from the others.

    Raises:
        ShapeError: the shape has another number of elements.

    Example:
        >>> import autograd
        >>> autograd.tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(-1)
        tensor([1., 2., 3., 4.], dtype=float32)
    """,
)


def _view(x, shape):
    y = _reshape(x, shape)
    if y.base is not x and y.size and not np.may_share_memory(x, y):
        raise ShapeError("view size is not compatible with input tensor's size and stride: call .reshape(...), which may copy")
    return y


view = op(
    "view", _view, x=lambda g, x_shape: g.reshape(x_shape), linear=True, view=True,
    samples=calls(((3, 4), {"shape": (2, -1)}), ((), {"shape": (1,)}), ((0, 3), {"shape": (3, 0)})),
    errors=lambda: [
        Sample(np.ones((2, 3)), shape=(4, 2), raises=ShapeError, match="view.*size 6"),
        Sample(np.ones((2, 3)).T, shape=(6,), raises=ShapeError, match="view size is not compatible.*reshape"),
    ],
    formula={"y": "reshape(x, shape)"},
    doc="""
    A view of the input's memory in another shape.

    Args:
        input: any shape.
        shape: the new lengths. One of them may be -1, and is then computed from the others.

    Raises:
        ShapeError: the shape has another number of elements, or the layout of the memory would need a copy.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> x.view(-1)
        tensor([1., 2., 3., 4.], dtype=float32)
    """,
)


def _repeated(x, size):
    """The view of an array with these lengths, by its strides; None where they do not fit."""
    lengths, strides, lead = [], [], len(size) - x.ndim
    for i, n in enumerate(size):
        m = n if i < lead else x.shape[i - lead]
        if n == -1:
            n = m
        if n < 0 or (n != m and m != 1):
            return None
        lengths.append(n)
        strides.append(x.strides[i - lead] if i >= lead and n == m else x.nbytes if n == 1 else 0)
    y = np.ndarray(lengths, x.dtype, x, 0, strides)
    y.flags.writeable = x.flags.writeable and y.size == x.size  # what repeats nothing is a view like any other
    return y


def _expand(x, size):
    x = np.asarray(x)
    size = numbers_of(size)
    lead = len(size) - x.ndim
    if lead < 0:
        raise ShapeError(f"the number of sizes provided ({len(size)}) must be at least the number of dimensions ({x.ndim})")
    if -1 in size[:lead]:
        raise ShapeError("-1 keeps the length of a dimension, but here it is given for a new dimension")
    if type(x) is np.ndarray and x.flags.c_contiguous and (y := _repeated(x, size)) is not None:
        return y
    size = tuple([x.shape[i - lead] if n == -1 else n for i, n in enumerate(size)])
    if size[lead:] == x.shape and all([n == 1 for n in size[:lead]]):
        return x[(*[None] * lead, ...)]
    return np.broadcast_to(x, size)


expand = op(
    "expand", _expand, x=lambda g, x_shape: sum_to(g, x_shape), linear=True, view=True,
    samples=calls(((3, 1), {"size": (3, 4)}), ((3, 1), {"size": (2, -1, 4)}), ((), {"size": (2, 2)}), ((2, 3), {"size": (2, 3)}),
                  ((1, 2), {"size": (0, 2)})),
    errors=lambda: [
        Sample(np.ones((2, 3)), size=(3,), raises=ShapeError, match="number of sizes"),
        Sample(np.ones(3), size=(-1, 3), raises=ShapeError, match="new dimension"),
        Sample(np.ones((2, 3)), size=(4, 3), raises=ShapeError, match=r"expand.*float64\[2, 3\]"),
    ],
    formula={"y": "broadcast(x, size)"},
    doc="""
    A view in which dimensions of length 1 are repeated, and new dimensions added in front. It is read-only.

    Args:
        input: any shape.
        size: the new lengths; -1 keeps a length.

    Raises:
        ShapeError: a dimension that is longer than 1 would change, or the size has fewer dimensions than the input.

    Example:
        >>> import autograd
        >>> autograd.tensor([[1.0], [2.0]]).expand(-1, 3)
        tensor([[1., 1., 1.],
                [2., 2., 2.]], dtype=float32)
    """,
)


def _permute(x, dims):
    return x.transpose(dims) if type(x) is np.ndarray else np.transpose(x, dims)


def _inverse(dims):
    inverse = [0] * len(dims)
    for i, d in enumerate(dims):
        inverse[d] = i
    return tuple(inverse)


permute = op(
    "permute", _permute, x=lambda g, dims: g.transpose(_inverse(dims)), linear=True, view=True,
    samples=calls(((2, 3, 4), {"dims": (2, 0, 1)}), ((2, 3, 4), {"dims": (-1, 0, 1)}), ((), {"dims": ()}), ((3,), {"dims": (0,)})),
    errors=lambda: [Sample(np.ones((2, 3)), dims=(0, 0), raises=ShapeError, match="permute.*repeated"),
                    Sample(np.ones((2, 3)), dims=(0, 2), raises=IndexError, match="permute.*out of bounds")],
    formula={"y": "transpose(x, dims)", "x": "transpose(g, inverse(dims))"},
    doc="""
    A view with the dimensions in another order: dimension i of the result is dimension dims[i] of x.

    Raises:
        ShapeError: a dimension that is named twice, or not at all. IndexError: a dimension that x does not have.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> x.permute(1, 0)
        tensor([[1., 3.],
                [2., 4.]], dtype=float32)
    """,
)


def _transpose(x, dim0, dim1):
    if not x.ndim and {dim0, dim1} <= {0, -1}:  # the dimension that PyTorch lets a number have
        return x[...]
    return x.swapaxes(dim0, dim1)


transpose: Op = op(
    "transpose", _transpose, x=lambda g, dim0, dim1: transpose(g, dim0=dim0, dim1=dim1), linear=True, view=True,
    samples=calls(((2, 3), {"dim0": 0, "dim1": 1}), ((2, 3, 4), {"dim0": -1, "dim1": 0}), ((0, 2), {"dim0": 0, "dim1": 1}),
                  ((), {"dim0": 0, "dim1": -1})),
    errors=lambda: [Sample(np.ones((2, 3)), dim0=0, dim1=2, raises=IndexError, match="transpose.*out of bounds")],
    formula={"y": "swapaxes(x, dim0, dim1)", "x": "swapaxes(g, dim0, dim1)"},
    doc="""
    A view with two dimensions exchanged.

    Args:
        input: any shape.
        dim0, dim1: the dimensions, counted from the end if negative.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> autograd.transpose(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), 0, 1)
        tensor([[1., 3.],
                [2., 4.]], dtype=float32)
    """,
)


def _unsqueeze(x, dim):
    return _expand_dims(x, dim)


def _expand_dims(x, dim):
    if type(dim) is int and type(x) is np.ndarray and -x.ndim <= dim + 1 and dim <= x.ndim:
        before = dim if dim >= 0 else dim + x.ndim + 1
        return x.reshape((*x.shape[:before], 1, *x.shape[before:]))  # np.expand_dims, in a fifth of the time
    return np.expand_dims(x, dim)


unsqueeze = op(
    "unsqueeze", _unsqueeze, x=lambda g, x_shape: g.reshape(x_shape), linear=True, view=True,
    formula={"y": "expand_dims(x, dim)"},
    samples=calls(((2, 3), {"dim": 1}), ((2, 3), {"dim": -1}), ((2, 3), {"dim": (0, -1)}), ((), {"dim": 0})),
    errors=lambda: [Sample(np.ones((2, 3)), dim=3, raises=IndexError, match="unsqueeze.*out of bounds")],
    doc="""
    A view with a new dimension of length 1. ``dim`` is its number in the result, or a tuple for several of them.

    Raises:
        IndexError: the result has no such dimension.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.unsqueeze(x, 0)
        tensor([[3., 1., 2.]], dtype=float32)
    """,
)


def _squeeze(x, dim=None):
    if dim is None:
        return np.squeeze(x)
    if type(dim) is int and type(x) is np.ndarray and -x.ndim <= dim < x.ndim:
        return x[...] if x.shape[dim] != 1 else x.reshape(x.shape[: dim % x.ndim] + x.shape[dim % x.ndim + 1 :])
    x = np.asarray(x)
    if not x.ndim:
        return x[...]
    dims = [np.lib.array_utils.normalize_axis_index(d, x.ndim) for d in numbers_of(dim)]
    return np.squeeze(x, tuple(d for d in dims if x.shape[d] == 1))


squeeze = op(
    "squeeze", _squeeze, x=lambda g, x_shape: g.reshape(x_shape), linear=True, view=True,
    samples=calls(((1, 3, 1),), ((1, 3, 1), {"dim": 0}), ((1, 3, 1), {"dim": (0, 1, -1)}), ((2, 3), {"dim": 1}), ((),)),
    errors=lambda: [Sample(np.ones((2, 1)), dim=2, raises=IndexError, match="squeeze.*out of bounds")],
    doc="""
    A view without the dimensions of length 1: without all of them, or without those that ``dim`` names and that have length 1.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> x = autograd.zeros(1, 3, 1)
        >>> autograd.squeeze(x).shape
        (3,)
    """,
)


_ALL, _BACK = slice(None), slice(None, None, -1)


def _flip(x, dims):
    if not x.ndim and dims is not None and {0, -1}.issuperset(numbers_of(dims)):
        return np.array(x)
    dims = dims if dims is None else numbers_of(dims)  # None for all: np.flip says so
    if type(x) is np.ndarray and dims is not None:
        turned = {d % x.ndim for d in dims if -x.ndim <= d < x.ndim}
        if len(turned) == len(dims):  # what np.flip does, in a third of the time
            return x[tuple([_BACK if d in turned else _ALL for d in range(x.ndim)])].copy()
    return np.flip(x, dims).copy()


flip: Op = op(
    "flip", _flip, x=lambda g, dims: flip(g, dims=dims), linear=True,
    samples=calls(((3, 4), {"dims": 0}), ((3, 4), {"dims": (0, -1)}), ((3, 4), {"dims": None}), ((), {"dims": ()}),
                  ((), {"dims": (0,)}),
                  ((0, 2), {"dims": (1,)})),
    errors=lambda: [Sample(np.ones((2, 3)), dims=(2,), raises=IndexError, match="flip.*out of bounds"),
                    Sample(np.ones((2, 3)), raises=TypeError, match="flip.*missing.*dims")],
    formula={"y": "flip(x, dims)", "x": "flip(g, dims)"},
    doc="""
    A copy with the order along some dimensions reversed; ``dims`` is one dimension or several.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.flip(x, [0])
        tensor([2., 1., 3.], dtype=float32)
    """,
)


def _roll(x, shifts, dims=None):
    """NumPy's roll. Along one dimension two slices are joined, which takes a third of the time for small arrays."""
    if type(shifts) is tuple and not shifts:
        raise ShapeError("`shifts` required: none is given")
    if type(shifts) is tuple and dims is not None and len(shifts) != np.size(dims):
        raise ShapeError(f"shifts and dimensions must align: shifts: {len(shifts)}, dims: {np.size(dims)}")
    if type(x) is not np.ndarray or type(shifts) is not int or type(dims) is not int or not -x.ndim <= dims < x.ndim:
        return in_rows(np.roll(x, shifts, dims))
    there = (slice(None),) * (dims % x.ndim)
    cut = -shifts % (x.shape[dims] or 1)
    return in_rows(np.concatenate((x[(*there, slice(cut, None))], x[(*there, slice(cut))]), dims))


def _negated(shifts):
    return -shifts if isinstance(shifts, int | np.integer) else tuple(-s for s in shifts)


def _roll_back(g, shifts, dims):
    back = _negated(shifts)
    return _roll(g, back, dims) if type(g) is np.ndarray else np.roll(g, back, dims)


roll = op(
    "roll", _roll, x=_roll_back, linear=True,
    samples=calls(((3, 4), {"shifts": 1, "dims": 0}), ((3, 4), {"shifts": -5, "dims": -1}),
                   ((3, 4), {"shifts": (2, -1), "dims": (0, 1)}), ((3, 4), {"shifts": 5}),
                  ((0, 2), {"shifts": 1, "dims": 1})),
    errors=lambda: [Sample(np.ones((2, 3)), shifts=1, dims=2, raises=IndexError, match="roll.*out of bounds")],
    formula={"y": "roll(x, shifts, dims)", "x": "roll(g, -shifts, dims)"},
    doc="""
    The elements shifted along some dimensions; those that leave at one end come in at the other.

    Args:
        input: any shape.
        shifts: the number of places, negative ones towards the front: one number, or one for each of dims.
        dims: a dimension or several. None shifts the elements as if they were one long row.

    Raises:
        IndexError: a dimension that the input does not have.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.roll(x, 1)
        tensor([2., 3., 1.], dtype=float32)
    """,
)

clone = elementwise(
    "clone", lambda x: np.array(x), x=lambda g: g, linear=True, samples=unary(),
    formula={"y": "x"},
    doc="""
    A copy. The gradient passes through it.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> x.clone()
        tensor([3., 1., 2.], dtype=float32)
    """,
)


def _contiguous(x):
    return np.array(x, order="C")


contiguous = elementwise(
    "contiguous", _contiguous, x=lambda g: g, linear=True, samples=unary(),
    formula={"y": "x"},
    doc="A copy whose memory is laid out row by row. (The method of this name copies only where the layout is another one.)",
)


def _cast(x, dtype):
    x = np.asarray(x)
    if x.dtype.kind == "c" and np.dtype(dtype).kind in "fiu":
        x = x.real
    return x.astype(dtype)


# The engine converts every gradient to its input's dtype, so the rule has nothing to do.
cast = op(
    "to", _cast, x=lambda g: g, elementwise=True, linear=True, analytic=False,
    samples=lambda: calls(((3,), {"dtype": np.float64}), ((3,), {"dtype": np.complex128}),
                  Sample(draw((2,)) + 1j, dtype=np.float64), Sample(np.array([1.7, -1.2]), dtype=np.int64, kink=True)),
    formula={"y": "cast(x, dtype)"},
    doc="""
    A copy with another dtype. From complex to real numbers the imaginary part is dropped.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> x.astype(int)
        tensor([3, 1, 2], dtype=int64)
    """,
)


def _tile(x, dims):
    dims = numbers_of(dims)
    if type(x) is not np.ndarray:
        return np.tile(x, dims)
    dims, shape, pairs = _paired(dims, x.shape)
    y = np.empty(pairs, x.dtype)
    y[...] = x.reshape(_paired((), shape)[2])
    return y.reshape([n * m for n, m in zip(dims, shape, strict=True)])


def _paired(dims, shape):
    """Numbers of repetitions and lengths, with 1s in front where there are fewer, and both in turn."""
    rank = max(len(dims), len(shape))
    dims, shape = (1,) * (rank - len(dims)) + dims, (1,) * (rank - len(shape)) + tuple(shape)
    return dims, shape, [n for pair in zip(dims, shape, strict=True) for n in pair]


def _tile_rule(g, x_shape, dims):
    _, _, pairs = _paired(numbers_of(dims), x_shape)
    return sum_over(g.reshape(tuple(pairs)), tuple(range(0, len(pairs), 2))).reshape(x_shape)


tile = op(
    "tile", _tile, x=_tile_rule, linear=True,
    samples=calls(((2, 3), {"dims": (2, 1)}), ((2, 3), {"dims": (2, 1, 3)}), ((2, 3), {"dims": 2}), ((), {"dims": (3,)}),
                  ((2, 3), {"dims": (0, 1)})),
    formula={"y": "tile(x, dims)", "x": "untile(g, dims)"},
    doc="""
    The input, repeated dims[i] times along dimension i. Where dims and the shape differ in length, the shorter gets 1s in front.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.tile(x, (2,))
        tensor([3., 1., 2., 3., 1., 2.], dtype=float32)
    """,
)


def _outer(compare, rows, columns, diagonal):
    return compare.outer(np.arange(diagonal, diagonal + rows), np.arange(columns))


_outer_of_few = table(64)(_outer)


def _triangle(compare, rows, columns, diagonal):
    """A mask of the elements of a matrix above or below a diagonal; small ones are kept."""
    return (_outer_of_few if rows * columns <= 1 << 16 else _outer)(compare, rows, columns, diagonal)


_STRIP = 64  # rows of a large matrix that are copied at a time


def _half(x, compare, diagonal):
    """The elements of x above or below a diagonal, and zeros. Of a large matrix only strips of the half itself are copied."""
    rows, columns = x.shape[-2:]
    if rows * columns <= 1 << 16:
        return _kept(x, _triangle(compare, rows, columns, diagonal))
    y = np.zeros(x.shape, x.dtype)
    for start in range(0, rows, _STRIP):
        stop, above = min(start + _STRIP, rows), compare is np.less_equal
        # From the first to the last of these columns the diagonal passes through the strip.
        first, last = (min(max(i + diagonal, 0), columns) for i in (start, stop))
        whole = (..., slice(start, stop), slice(last, None) if above else slice(first))
        part = (..., slice(start, stop), slice(first, last))
        y[whole] = x[whole]
        y[part] = _kept(x[part], _triangle(compare, stop - start, last - first, start + diagonal - first))
    return y


def _tril(x, diagonal=0):
    if type(x) is np.ndarray and x.ndim > 1:
        return _half(x, np.greater_equal, diagonal)
    return np.tril(_matrices(x), diagonal)


def _triu(x, diagonal=0):
    if type(x) is np.ndarray and x.ndim > 1:
        return _half(x, np.less_equal, diagonal)
    return np.triu(_matrices(x), diagonal)


def _kept(x, mask):
    return zero_unless(x, mask) if x.dtype.kind == "f" else np.where(mask, x, np.zeros(1, x.dtype))


def _matrices(x):
    if np.ndim(x) < 2:
        raise ShapeError("input tensor must have at least 2 dimensions")  # NumPy repeats a vector, as rows
    return x


_VECTOR = [Sample(np.ones(3), raises=ShapeError, match=r"tri[lu]: input tensor must have at least 2 dimensions")]
_TRIANGLES = calls(((3, 4),), ((3, 4), {"diagonal": 1}), ((2, 4, 3), {"diagonal": -1}), ((0, 3),))
tril: Op = op(
    "tril", _tril, x=lambda g, diagonal: tril(g, diagonal=diagonal), linear=True, samples=_TRIANGLES, errors=lambda: _VECTOR,
    doc="""
    The lower triangle of a matrix, or of each in a batch: the elements above a diagonal are 0.

    Args:
        input: (..., rows, columns).
        diagonal: the last diagonal that is kept; 0 is the main one, 1 the one above it, -1 the one below.

    Raises:
        ShapeError: an input of fewer than 2 dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.tril(x)
        tensor([[1., 0.],
                [3., 4.]], dtype=float32)
    """,
)
triu: Op = op(
    "triu", _triu, x=lambda g, diagonal: triu(g, diagonal=diagonal), linear=True, samples=_TRIANGLES, errors=lambda: _VECTOR,
    doc="""
    The upper triangle of a matrix, or of each in a batch: the elements below a diagonal are 0.

    Args:
        input: (..., rows, columns).
        diagonal: the first diagonal that is kept; 0 is the main one, 1 the one above it, -1 the one below.

    Raises:
        ShapeError: an input of fewer than 2 dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.triu(x)
        tensor([[1., 2.],
                [0., 4.]], dtype=float32)
    """,
)


def _diagonal(x, offset=0, dim1=0, dim2=1):
    y = x.diagonal(offset, dim1, dim2)
    if x.flags.writeable:
        y.flags.writeable = True  # NumPy returns it read-only; in PyTorch it is a view like any other
    return y


def _undiagonal(x, shape, offset=0, dim1=0, dim2=1):
    out = np.zeros(shape, x.dtype)
    _diagonal(out, offset, dim1, dim2)[...] = x
    return out


undiagonal = op(
    "undiagonal", _undiagonal, x=lambda g, offset, dim1, dim2: diagonal(g, offset=offset, dim1=dim1, dim2=dim2), linear=True,
    samples=calls(((3,), {"shape": (3, 4)}), ((2, 2), {"shape": (3, 2, 3), "offset": 1, "dim1": 0, "dim2": 2})),
    doc="An array of zeros with x on one of its diagonals: the adjoint of diagonal.",
)
diagonal: Op = op(
    "diagonal", _diagonal, linear=True, view=True,
    x=lambda g, x_shape, offset, dim1, dim2: undiagonal(g, shape=x_shape, offset=offset, dim1=dim1, dim2=dim2),
    samples=calls(((3, 4),), ((3, 4), {"offset": -1}), ((2, 3, 4), {"offset": 1, "dim1": -1, "dim2": 0}), ((3, 3), {"offset": 3})),
    errors=lambda: [Sample(np.ones(3), raises=ShapeError, match=r"diagonal.*float64\[3\]")],
    doc="""
    A view of a diagonal of a matrix, or of each in a batch. It is the last dimension of the result.

    Args:
        input: at least 2 dimensions.
        offset: which diagonal: 0 is the main one, positive numbers lie above it, negative ones below.
        dim1, dim2: the dimensions of the rows and of the columns.

    Raises:
        ShapeError: an input of fewer than 2 dimensions.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.diagonal(x)
        tensor([1., 4.], dtype=float32)
    """,
)


def _diag_embed(x, offset=0, dim1=-2, dim2=-1):
    n = x.shape[-1] + abs(offset)
    rank = x.ndim + 1
    first, second = dim1 % rank, dim2 % rank
    if first == second:
        raise ShapeError(f"dim1={dim1} and dim2={dim2} are the same dimension")
    rest = iter(x.shape[:-1])
    shape = tuple(n if d in (first, second) else next(rest) for d in range(rank))
    return _undiagonal(x, shape, offset, dim1, dim2)


diag_embed = op(
    "diag_embed", _diag_embed, linear=True,
    x=lambda g, offset, dim1, dim2: diagonal(g, offset=offset, dim1=dim1, dim2=dim2),
    samples=calls(((3,),), ((2, 3),), ((2, 3), {"offset": 1, "dim1": 0, "dim2": 2}), ((2,), {"offset": -2})),
    errors=lambda: [Sample(np.ones(3), dim1=0, dim2=0, raises=ShapeError, match="same dimension")],
    doc="""
    Matrices with the last dimension of the input on a diagonal, and 0 elsewhere.

    Args:
        input: (..., n).
        offset: which diagonal: 0 is the main one, positive numbers lie above it, negative ones below.
        dim1, dim2: the dimensions of the rows and of the columns in the result.

    Raises:
        ShapeError: dim1 and dim2 are the same.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0])
        >>> autograd.diag_embed(x)
        tensor([[1., 0.],
                [0., 2.]], dtype=float32)
    """,
)


def _unfold(x, dimension, size, step=1):
    n = x.shape[dimension] if x.ndim else 1
    if size > n:
        raise ShapeError(f"maximum size for the dimension is {n} but size is {size}")
    if step <= 0:
        raise ShapeError(f"step is {step} but must be > 0")
    apart = step >= size or n - size < step  # only windows that do not overlap are writeable
    if not x.ndim:
        return x.reshape(1)[:size]
    if type(x) is np.ndarray and x.flags.c_contiguous and size >= 0 and -x.ndim <= dimension < x.ndim:
        dimension %= x.ndim
        lengths = [*x.shape, size]
        lengths[dimension] = (n - size) // step + 1
        strides = [*x.strides, x.strides[dimension]]
        strides[dimension] *= step
        y = np.ndarray(lengths, x.dtype, x, 0, strides)
        y.flags.writeable = y.flags.writeable and apart
        return y
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dimension, writeable=x.flags.writeable and apart)
    return windows[(slice(None),) * (dimension % x.ndim) + (slice(None, None, step),)]


def _refold(x, shape, dimension, size, step=1):
    if not shape:
        return np.sum(x)
    out = np.zeros(shape, x.dtype)
    dimension %= len(shape)
    for k in range(size):
        window = slice(k, k + step * (x.shape[dimension] - 1) + 1, step)
        out[(slice(None),) * dimension + (window,)] += x[..., k]
    return out


refold = op(
    "refold", _refold, x=lambda g, dimension, size, step: unfold(g, dimension=dimension, size=size, step=step), linear=True,
    samples=calls(((2, 4, 2), {"shape": (2, 5), "dimension": 1, "size": 2, "step": 1})),
    doc="Each element of a window added to the place that it came from: the adjoint of unfold.",
)
unfold: Op = op(
    "unfold", _unfold, linear=True, view=True,
    x=lambda g, x_shape, dimension, size, step: refold(g, shape=x_shape, dimension=dimension, size=size, step=step),
    samples=calls(((7,), {"dimension": 0, "size": 3, "step": 2}), ((2, 5, 3), {"dimension": -2, "size": 2, "step": 1}),
                  ((4,), {"dimension": 0, "size": 4, "step": 1}), ((), {"dimension": 0, "size": 1, "step": 1})),
    errors=lambda: [Sample(np.ones(3), dimension=0, size=4, step=1, raises=ShapeError, match="maximum size")],
    doc="""
    A view of all windows along a dimension. Each window is a row of the new last dimension.

    Args:
        input: any shape.
        dimension: the dimension.
        size: the length of a window.
        step: the distance from one window to the next.

    Raises:
        ShapeError: a size larger than the dimension, or a step below 1.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([1.0, 2.0, 3.0, 4.0])
        >>> x.unfold(0, 2, 1)
        tensor([[1., 2.],
                [2., 3.],
                [3., 4.]], dtype=float32)
    """,
)


# ---------------------------------------------------------------------------------------------------------------- padding
def _pad(x, pad_width, mode="constant", value=0):
    if mode == "constant":
        x = np.asarray(x)
        negative, outer, inner = _padding(x.shape, pad_width)
        if negative:
            return _pad(x[_remaining(pad_width, x.shape)], tuple((max(a, 0), max(b, 0)) for a, b in pad_width), mode, value)
        if type(value) is int and value == 0:
            y = np.zeros(outer, x.dtype)
        else:
            y = np.empty(outer, x.dtype) if prod(outer) == x.size else np.full(outer, value, x.dtype)
        y[inner] = x
        return y
    if any([low < 0 or high < 0 for low, high in pad_width]):
        raise ShapeError(f"negative padding {pad_width} is only for mode='constant'")
    if type(x) is np.ndarray and x.size <= _SMALL and x.ndim == len(pad_width) and 0 not in x.shape:
        if x.size <= _TINY:
            return x.take(_all_sources(x.shape, pad_width, mode))
        for dim, (low, high) in enumerate(pad_width):
            if low or high:
                x = x.take(_sources(x.shape[dim], low, high, mode), dim)
        return x if any([low or high for low, high in pad_width]) else x.copy()
    return np.pad(x, pad_width, mode=mode)


_SMALL = 1 << 14  # up to so many elements are padded by their numbers, which takes fewer calls than np.pad


_TINY = 256  # up to so many elements are padded along all dimensions at once


@remembered
def _all_sources(shape, pad_width, mode):
    """The flat number of the element, of an array of a shape, that each element of the padded array repeats."""
    return np.pad(np.arange(prod(shape)).reshape(shape), pad_width, mode=mode)


@table(256)
def _sources(n, low, high, mode):
    """The number of the element, of n in a row, that each element of the padded row repeats."""
    return np.pad(np.arange(n), (low, high), mode=mode)


@remembered
def _padding(shape, pad_width):
    """Whether a width is negative, the shape of the padded array, and its slices that hold the input."""
    pairs = list(zip(shape, pad_width, strict=True))
    return (
        any(low < 0 or high < 0 for low, high in pad_width),
        tuple(n + low + high for n, (low, high) in pairs),
        tuple(slice(low, low + n) for n, (low, _) in pairs),
    )


def _remaining(pad_width, shape):
    """The slices of the input that negative widths leave."""
    return tuple(slice(max(-low, 0), n - max(-high, 0)) for n, (low, high) in zip(shape, pad_width, strict=True))


def _pad_rule(g, x_shape, pad_width, mode):
    if mode != "constant":
        return unpad(g, shape=x_shape, pad_width=pad_width, mode=mode)
    negative, _, inner = _padding(x_shape, pad_width)
    if negative:
        return pad(g, pad_width=tuple((-low, -high) for low, high in pad_width))
    return g[inner]


def _unpad(x, shape, pad_width, mode):
    if type(x) is np.ndarray and 0 < prod(shape) <= _TINY:
        y = np.zeros(shape, x.dtype)
        np.add.at(y.reshape(-1), _all_sources(tuple(shape), pad_width, mode).reshape(-1), x.reshape(-1))
        return y
    for dim, (n, (low, high)) in enumerate(zip(shape, pad_width, strict=True)):
        if low or high:
            lines = x.swapaxes(dim, 0)
            out = np.array(lines[low : low + n])
            source = _sources(n, low, high, mode)
            for padded in (*range(low), *range(low + n, low + n + high)):
                out[source[padded]] += lines[padded]
            x = out.swapaxes(0, dim)
    return x


unpad = op(
    "unpad", _unpad, x=lambda g, pad_width, mode: pad(g, pad_width=pad_width, mode=mode), linear=True,
    samples=calls(((5, 3), {"shape": (2, 3), "pad_width": ((1, 2), (0, 0)), "mode": "edge"})),
    doc="Each element of a padding added to the element that it was copied from: the adjoint of pad.",
)
pad: Op = op(
    "pad", _pad, x=_pad_rule,
    samples=calls(((2, 3), {"pad_width": ((1, 0), (0, 2)), "value": 1.5}), ((4, 3), {"pad_width": ((-1, 1), (0, -1))}),
                  *[((3, 4), {"pad_width": ((2, 1), (0, 2)), "mode": mode}) for mode in ("edge", "reflect", "wrap", "symmetric")],
                  ((2,), {"pad_width": ((5, 4),), "mode": "reflect"}), ((), {"pad_width": ()})),
    errors=lambda: [Sample(np.ones((2, 3)), pad_width=((-1, 0), (0, 0)), mode="edge", raises=ShapeError, match="negative padding")],
    formula={"y": "pad(x, pad_width, mode)", "x": "unpad(g, pad_width, mode)"},
    doc="""
    x with elements added at both ends of each dimension.

    Args:
        x: any shape.
        pad_width: a pair (before, after) per dimension. In the mode "constant" a negative width cuts elements off.
        mode: "constant" adds a number, "edge" repeats the last element, "wrap" continues periodically, "reflect" and "symmetric"
            mirror: without and with the last element.
        value: the number that "constant" adds.

    Raises:
        ShapeError: a negative width in another mode.
    """,
)
