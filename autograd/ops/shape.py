"""Shapes and the order of dimensions: ops that move numbers without changing them."""

from __future__ import annotations

from math import prod

import numpy as np

from ..engine.op import Op, Sample, elementwise, op
from ..engine.samples import calls, draw, unary
from ..errors import ShapeError


def numbers_of(dims):
    """Dimensions as a tuple, of one number or a sequence of them."""
    return (int(dims),) if isinstance(dims, int | np.integer) else tuple(dims)



def sum_to(g, shape):
    """The sum over the dimensions along which a value of this shape was broadcast."""
    lead = g.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 and g.shape[lead + i] != 1)
    return np.reshape(np.sum(g, axis=axes), shape) if axes else g


def _reshape(x, shape):
    return np.reshape(x, shape)


reshape = op(
    "reshape", _reshape, x=lambda g, x_shape: np.reshape(g, x_shape), linear=True, view=True,
    samples=lambda: calls(((3, 4), {"shape": (2, 6)}), ((3, 4), {"shape": (-1,)}), ((), {"shape": (1, 1)}),
                  ((0, 3), {"shape": (3, 0)}), Sample(draw((3, 4)).T, shape=(2, 6))),
    errors=lambda: [Sample(np.ones((2, 3)), shape=(4, 2), raises=ShapeError, match=r"reshape.*size 6.*float64\[2, 3\]")],
    doc="""
    The same numbers, in the same order, in another shape; one length may be -1. Shares memory where the layout allows.

    Example:
        >>> import autograd
        >>> autograd.tensor([[1.0, 2.0], [3.0, 4.0]]).reshape(-1)
        tensor([1., 2., 3., 4.], dtype=float32)
    """,
)


def _view(x, shape):
    y = np.reshape(x, shape)
    if y.size and not np.may_share_memory(x, y):
        raise ShapeError("view size is not compatible with input tensor's size and stride: use .reshape(...), which may copy")
    return y


view = op(
    "view", _view, x=lambda g, x_shape: np.reshape(g, x_shape), linear=True, view=True,
    samples=calls(((3, 4), {"shape": (2, -1)}), ((), {"shape": (1,)}), ((0, 3), {"shape": (3, 0)})),
    errors=lambda: [
        Sample(np.ones((2, 3)), shape=(4, 2), raises=ShapeError, match="view.*size 6"),
        Sample(np.ones((2, 3)).T, shape=(6,), raises=ShapeError, match="view size is not compatible.*reshape"),
    ],
    formula={"y": "reshape(x, shape)"},
    doc="""
    The same memory in another shape; an error where the layout would need a copy.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> x.view(-1)
        tensor([1., 2., 3., 4.], dtype=float32)
    """,
)


def _expand(x, size):
    x = np.asarray(x)
    size = numbers_of(size)
    lead = len(size) - x.ndim
    if lead < 0:
        raise ShapeError(f"the number of sizes provided ({len(size)}) must be at least the number of dimensions ({x.ndim})")
    if -1 in size[:lead]:
        raise ShapeError("-1 keeps a dimension's length, and stands here for a new dimension, which has none")
    return np.broadcast_to(x, tuple(x.shape[i - lead] if n == -1 else n for i, n in enumerate(size)))


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
    Dimensions of length 1 (and new ones in front) repeated without a copy; -1 keeps a length. The result is read-only.

    Example:
        >>> import autograd
        >>> autograd.tensor([[1.0], [2.0]]).expand(-1, 3)
        tensor([[1., 1., 1.],
                [2., 2., 2.]], dtype=float32)
    """,
)


def _permute(x, dims):
    return np.transpose(x, dims)


def _inverse(dims):
    return tuple(np.argsort([d % len(dims) for d in dims]).tolist())


permute = op(
    "permute", _permute, x=lambda g, dims: np.transpose(g, _inverse(dims)), linear=True, view=True,
    samples=calls(((2, 3, 4), {"dims": (2, 0, 1)}), ((2, 3, 4), {"dims": (-1, 0, 1)}), ((), {"dims": ()}), ((3,), {"dims": (0,)})),
    errors=lambda: [Sample(np.ones((2, 3)), dims=(0, 0), raises=ShapeError, match="permute.*repeated"),
                    Sample(np.ones((2, 3)), dims=(0, 2), raises=IndexError, match="permute.*out of bounds")],
    formula={"x": "transpose(g, inverse(dims))"},
    doc="""
    The dimensions in another order: dimension i of the result is dimension dims[i] of x.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> x.permute(1, 0)
        tensor([[1., 3.],
                [2., 4.]], dtype=float32)
    """,
)


def _transpose(x, dim0, dim1):
    return np.swapaxes(x, dim0, dim1)


transpose = op(
    "transpose", _transpose, x=lambda g, dim0, dim1: np.swapaxes(g, dim0, dim1), linear=True, view=True,
    samples=calls(((2, 3), {"dim0": 0, "dim1": 1}), ((2, 3, 4), {"dim0": -1, "dim1": 0}), ((0, 2), {"dim0": 0, "dim1": 1})),
    errors=lambda: [Sample(np.ones((2, 3)), dim0=0, dim1=2, raises=IndexError, match="transpose.*out of bounds")],
    doc="""
    Two dimensions exchanged.

    Raises:
        IndexError: a dimension that x does not have.

    Example:
        >>> import autograd
        >>> autograd.transpose(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]), 0, 1)
        tensor([[1., 3.],
                [2., 4.]], dtype=float32)
    """,
)


def _unsqueeze(x, dim):
    return np.expand_dims(x, dim)


unsqueeze = op(
    "unsqueeze", _unsqueeze, x=lambda g, x_shape: np.reshape(g, x_shape), linear=True, view=True,
    samples=calls(((2, 3), {"dim": 1}), ((2, 3), {"dim": -1}), ((2, 3), {"dim": (0, -1)}), ((), {"dim": 0})),
    errors=lambda: [Sample(np.ones((2, 3)), dim=3, raises=IndexError, match="unsqueeze.*out of bounds")],
    doc="""
    A new dimension of length 1 at a position (or at several).

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
    x = np.asarray(x)
    if not x.ndim:
        return x[...]
    dims = [np.lib.array_utils.normalize_axis_index(d, x.ndim) for d in numbers_of(dim)]
    return np.squeeze(x, tuple(d for d in dims if x.shape[d] == 1))


squeeze = op(
    "squeeze", _squeeze, x=lambda g, x_shape: np.reshape(g, x_shape), linear=True, view=True,
    samples=calls(((1, 3, 1),), ((1, 3, 1), {"dim": 0}), ((1, 3, 1), {"dim": (0, 1, -1)}), ((2, 3), {"dim": 1}), ((),)),
    errors=lambda: [Sample(np.ones((2, 1)), dim=2, raises=IndexError, match="squeeze.*out of bounds")],
    doc="""
    Without the dimensions of length 1: all of them, or those named that have it.

    Example:
        >>> import autograd
        >>> x = autograd.zeros(1, 3, 1)
        >>> autograd.squeeze(x).shape
        (3,)
    """,
)


def _flip(x, dims=None):
    return np.flip(x, dims if dims is None else numbers_of(dims)).copy()


flip = op(
    "flip", _flip, x=lambda g, dims: np.flip(g, dims), linear=True,
    samples=calls(((3, 4), {"dims": 0}), ((3, 4), {"dims": (0, -1)}), ((3, 4),), ((),), ((0, 2), {"dims": (1,)})),
    errors=lambda: [Sample(np.ones((2, 3)), dims=(2,), raises=IndexError, match="flip.*out of bounds")],
    formula={"y": "flip(x, dims)"},
    doc="""
    The order along some dimensions (all, if none is named) reversed; a copy.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.flip(x, [0])
        tensor([2., 1., 3.], dtype=float32)
    """,
)


def _roll(x, shifts, dims=None):
    return np.roll(x, shifts, dims)


def _negated(shifts):
    return -shifts if isinstance(shifts, int | np.integer) else tuple(-s for s in shifts)


roll = op(
    "roll", _roll, x=lambda g, shifts, dims: np.roll(g, _negated(shifts), dims), linear=True,
    samples=calls(((3, 4), {"shifts": 1, "dims": 0}), ((3, 4), {"shifts": (2, -1), "dims": (0, 1)}), ((3, 4), {"shifts": 5}),
                  ((0, 2), {"shifts": 1, "dims": 1})),
    errors=lambda: [Sample(np.ones((2, 3)), shifts=1, dims=2, raises=IndexError, match="roll.*out of bounds")],
    formula={"x": "roll(g, -shifts, dims)"},
    doc="""
    Shifted along some dimensions, what falls off one end comes in at the other; without dims, shifted as if flat.

    Args:
        shifts: steps, negative ones towards the front; as many as dims.

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
    A copy that the gradient passes through.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> x.clone()
        tensor([3., 1., 2.], dtype=float32)
    """
)


def _contiguous(x):
    return np.array(x, order="C")


contiguous = elementwise(
    "contiguous", _contiguous, x=lambda g: g, linear=True, samples=unary(),
    formula={"y": "x"},
    doc="A copy laid out row by row; the method of this name copies only where the layout differs.",
)


def _cast(x, dtype):
    x = np.asarray(x)
    if x.dtype.kind == "c" and np.dtype(dtype).kind in "fiu":
        x = x.real
    return x.astype(dtype)


# The engine gives every gradient its input's dtype, so the rule has nothing left to do.
cast = op(
    "to", _cast, x=lambda g: g, elementwise=True, linear=True, analytic=False,
    samples=lambda: calls(((3,), {"dtype": np.float64}), ((3,), {"dtype": np.complex128}),
                  Sample(draw((2,)) + 1j, dtype=np.float64), Sample(np.array([1.7, -1.2]), dtype=np.int64, kink=True)),
    formula={"y": "cast(x, dtype)"},
    doc="""
    A copy with another dtype; of a complex number as a real one, the real part.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> x.astype(int)
        tensor([3, 1, 2], dtype=int64)
    """,
)


def _tile(x, dims):
    return np.tile(x, numbers_of(dims))


def _untiled(g, x_shape, dims):
    dims = numbers_of(dims)
    rank = max(len(dims), len(x_shape))
    dims, shape = (1,) * (rank - len(dims)) + dims, (1,) * (rank - len(x_shape)) + tuple(x_shape)
    pairs = tuple(n for pair in zip(dims, shape, strict=True) for n in pair)
    return np.reshape(np.sum(np.reshape(g, pairs), axis=tuple(range(0, 2 * rank, 2))), x_shape)


tile = op(
    "tile", _tile, x=_untiled, linear=True,
    samples=calls(((2, 3), {"dims": (2, 1)}), ((2, 3), {"dims": (2, 1, 3)}), ((2, 3), {"dims": 2}), ((), {"dims": (3,)}),
                  ((2, 3), {"dims": (0, 1)})),
    formula={"y": "tile(x, dims)", "x": "untile(g, dims)"},
    doc="""
    Repeated as a whole: dims[i] times along dimension i; missing dims are 1, in front.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([3.0, 1.0, 2.0])
        >>> autograd.tile(x, (2,))
        tensor([3., 1., 2., 3., 1., 2.], dtype=float32)
    """,
)


def _tril(x, diagonal=0):
    return np.tril(_matrices(x), diagonal)


def _triu(x, diagonal=0):
    return np.triu(_matrices(x), diagonal)


def _matrices(x):
    if np.ndim(x) < 2:
        raise ShapeError("input tensor must have at least 2 dimensions")  # NumPy repeats a vector, as rows
    return x


_VECTOR = [Sample(np.ones(3), raises=ShapeError, match=r"tri[lu]: input tensor must have at least 2 dimensions")]
_TRIANGLES = calls(((3, 4),), ((3, 4), {"diagonal": 1}), ((2, 4, 3), {"diagonal": -1}), ((0, 3),))
tril: Op = op("tril", _tril, x=lambda g, diagonal: tril(g, diagonal=diagonal), linear=True, samples=_TRIANGLES,
          errors=lambda: _VECTOR, doc="""
    The lower triangle of matrices, zeros above the diagonal of that offset.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.tril(x)
        tensor([[1., 0.],
                [3., 4.]], dtype=float32)
    """)
triu: Op = op("triu", _triu, x=lambda g, diagonal: triu(g, diagonal=diagonal), linear=True, samples=_TRIANGLES,
          errors=lambda: _VECTOR, doc="""
    The upper triangle of matrices, zeros below the diagonal of that offset.

    Example:
        >>> import autograd
        >>> x = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.triu(x)
        tensor([[1., 2.],
                [0., 4.]], dtype=float32)
    """)


def _diagonal(x, offset=0, dim1=0, dim2=1):
    y = np.diagonal(x, offset, dim1, dim2)
    if x.flags.writeable:
        y.flags.writeable = True  # NumPy's is read-only by convention, PyTorch's is a view like others
    return y


def _undiagonal(x, shape, offset=0, dim1=0, dim2=1):
    out = np.zeros(shape, x.dtype)
    _diagonal(out, offset, dim1, dim2)[...] = x
    return out


undiagonal = op(
    "undiagonal", _undiagonal, x=lambda g, offset, dim1, dim2: diagonal(g, offset=offset, dim1=dim1, dim2=dim2), linear=True,
    samples=calls(((3,), {"shape": (3, 4)}), ((2, 2), {"shape": (3, 2, 3), "offset": 1, "dim1": 0, "dim2": 2})),
    doc="Zeros of a shape with x on a diagonal: the adjoint of diagonal.",
)
diagonal: Op = op(
    "diagonal", _diagonal, linear=True, view=True,
    x=lambda g, x_shape, offset, dim1, dim2: undiagonal(g, shape=x_shape, offset=offset, dim1=dim1, dim2=dim2),
    samples=calls(((3, 4),), ((3, 4), {"offset": -1}), ((2, 3, 4), {"offset": 1, "dim1": -1, "dim2": 0}), ((3, 3), {"offset": 3})),
    errors=lambda: [Sample(np.ones(3), raises=ShapeError, match=r"diagonal.*float64\[3\]")],
    doc="""
    The diagonal of the matrices in two dimensions, as the last dimension of the result.

    Args:
        offset: above (positive) or below the main diagonal. dim1, dim2: rows and columns of the matrices.

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
        raise ShapeError(f"the two dimensions are the same: dim1={dim1}, dim2={dim2}")
    rest = iter(x.shape[:-1])
    shape = tuple(n if d in (first, second) else next(rest) for d in range(rank))
    return _undiagonal(x, shape, offset, dim1, dim2)


diag_embed = op(
    "diag_embed", _diag_embed, linear=True,
    x=lambda g, offset, dim1, dim2: diagonal(g, offset=offset, dim1=dim1, dim2=dim2),
    samples=calls(((3,),), ((2, 3),), ((2, 3), {"offset": 1, "dim1": 0, "dim2": 2}), ((2,), {"offset": -2})),
    errors=lambda: [Sample(np.ones(3), dim1=0, dim2=0, raises=ShapeError, match="same")],
    doc="""
    Matrices with the last dimension of x on a diagonal and zeros elsewhere.

    Args:
        offset: above (positive) or below the main diagonal. dim1, dim2: rows and columns in the result.

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
    apart = step >= size or n - size < step  # windows that overlap can't be written: one number would stand in several places
    windows = np.lib.stride_tricks.sliding_window_view(x, size, dimension, writeable=x.flags.writeable and apart)
    return windows[(slice(None),) * (dimension % x.ndim) + (slice(None, None, step),)]


def _refold(x, shape, dimension, size, step=1):
    out = np.zeros(shape, x.dtype)
    dimension %= len(shape)
    for k in range(size):
        spot = slice(k, k + step * (x.shape[dimension] - 1) + 1, step)
        out[(slice(None),) * dimension + (spot,)] += x[..., k]
    return out


refold = op(
    "refold", _refold, x=lambda g, dimension, size, step: unfold(g, dimension=dimension, size=size, step=step), linear=True,
    samples=calls(((2, 4, 2), {"shape": (2, 5), "dimension": 1, "size": 2, "step": 1})),
    doc="Windows added up where they came from: the adjoint of unfold.",
)
unfold: Op = op(
    "unfold", _unfold, linear=True, view=True,
    x=lambda g, x_shape, dimension, size, step: refold(g, shape=x_shape, dimension=dimension, size=size, step=step),
    samples=calls(((7,), {"dimension": 0, "size": 3, "step": 2}), ((2, 5, 3), {"dimension": -2, "size": 2, "step": 1}),
                  ((4,), {"dimension": 0, "size": 4, "step": 1})),
    errors=lambda: [Sample(np.ones(3), dimension=0, size=4, step=1, raises=ShapeError, match="maximum size")],
    doc="""
    All windows of a size along a dimension, a step apart, as a new last dimension.

    Raises:
        RuntimeError: a size larger than the dimension.

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
        if any(low < 0 or high < 0 for low, high in pad_width):
            return _pad(x[_inside(pad_width, x.shape, crop=True)], tuple((max(a, 0), max(b, 0)) for a, b in pad_width), mode, value)
        shape = tuple(n + low + high for n, (low, high) in zip(x.shape, pad_width, strict=True))
        y = np.empty(shape, x.dtype) if prod(shape) == x.size else np.full(shape, value, x.dtype)
        y[tuple(slice(low, low + n) for n, (low, _) in zip(x.shape, pad_width, strict=True))] = x
        return y
    if any(low < 0 or high < 0 for low, high in pad_width):
        raise ShapeError(f"negative padding {pad_width} is only for mode='constant'")
    return np.pad(x, pad_width, mode=mode)


def _inside(pad_width, shape, crop=False):
    """The slices that cut a padded array back to what was padded; with crop, those that negative widths cut off."""
    if crop:
        return tuple(slice(max(-low, 0), n - max(-high, 0)) for n, (low, high) in zip(shape, pad_width, strict=True))
    return tuple(slice(low, low + n) for n, (low, _) in zip(shape, pad_width, strict=True))


def _unpadded(g, x_shape, pad_width, mode):
    if mode != "constant":
        return unpad(g, shape=x_shape, pad_width=pad_width, mode=mode)
    if any(low < 0 or high < 0 for low, high in pad_width):
        return pad(g, pad_width=tuple((-low, -high) for low, high in pad_width))
    return g[_inside(pad_width, x_shape)]


def _unpad(x, shape, pad_width, mode):
    for dim, (n, (low, high)) in enumerate(zip(shape, pad_width, strict=True)):
        if low or high:
            lines = np.moveaxis(x, dim, 0)
            out = np.array(lines[low : low + n])
            source = np.pad(np.arange(n), (low, high), mode=mode)
            for place in (*range(low), *range(low + n, low + n + high)):
                out[source[place]] += lines[place]
            x = np.moveaxis(out, 0, dim)
    return x


unpad = op(
    "unpad", _unpad, x=lambda g, pad_width, mode: pad(g, pad_width=pad_width, mode=mode), linear=True,
    samples=calls(((5, 3), {"shape": (2, 3), "pad_width": ((1, 2), (0, 0)), "mode": "edge"})),
    doc="What lies in a padding added up where it came from: the adjoint of pad.",
)
pad: Op = op(
    "pad", _pad, x=_unpadded,
    samples=calls(((2, 3), {"pad_width": ((1, 0), (0, 2)), "value": 1.5}), ((4, 3), {"pad_width": ((-1, 1), (0, -1))}),
                  *[((3, 4), {"pad_width": ((2, 1), (0, 2)), "mode": mode}) for mode in ("edge", "reflect", "wrap", "symmetric")],
                  ((2,), {"pad_width": ((5, 4),), "mode": "reflect"}), ((), {"pad_width": ()})),
    errors=lambda: [Sample(np.ones((2, 3)), pad_width=((-1, 0), (0, 0)), mode="edge", raises=ShapeError, match="negative padding")],
    formula={"y": "pad(x, pad_width, mode)", "x": "unpad(g, pad_width, mode)"},
    doc="""
    Longer at both ends of each dimension: filled with a number (constant), the last value (edge), or by mirroring without
    (reflect) or with (symmetric) the last value, or periodically (wrap). A negative width, with constant only, cuts off.

    Args:
        pad_width: a pair (before, after) per dimension.
        mode: constant, edge, reflect, symmetric or wrap.
        value: what constant fills with.
    """,
)
