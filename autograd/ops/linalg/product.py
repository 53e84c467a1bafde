"""Products of matrices and tensors: matmul, tensordot, cross. Einstein sums are in einsum.py.

All of them are linear in each operand, so each rule is a product of the same kind, of the gradient with the other operand. The
rules conjugate no complex numbers (see engine/op.py).
"""

from __future__ import annotations

from math import prod

import numpy as np

from ...engine.op import Op, Sample, op
from ...engine.samples import calls, draw
from ...errors import ShapeError
from ..rules import as_rows, remembered, sum_to

# -------------------------------------------------------------------------------------------------------------------- matmul


def product(a, b):
    """The product of np.matmul.

    For two small matrices ``dot`` makes the same BLAS call and returns half a microsecond sooner, which is half of the time of a
    small product. For large ones it is slower: it fills its result with zeros first. A batch times one matrix is one product of all
    its rows: NumPy makes a call of BLAS for each part of the batch, which takes a quarter longer.
    """
    if type(a) is type(b) is np.ndarray and b.ndim == 2:
        if a.ndim == 2 and a.size <= 1 << 13:
            try:
                return a.dot(b)
            except ValueError:
                pass  # np.matmul below raises the error that users know
        elif a.ndim > 2 and a.shape[-1] == len(b) and a.flags.c_contiguous:
            return np.matmul(as_rows(a), b).reshape(*a.shape[:-1], b.shape[1])
    return np.matmul(a, b)


def _matmul_a(g, b, a_shape):
    """The gradient of a, g b^T. The first case is that of neural networks; the others are vectors and batches."""
    if len(a_shape) == 2 and b.ndim == 2:
        return product(g, b.T)
    if b.ndim == 1:
        return g * b if len(a_shape) == 1 else g[..., None] * b
    contracted = [*range(b.ndim - 2), b.ndim - 1]
    if len(a_shape) == 1:
        return b @ g if b.ndim == 2 else np.tensordot(b, g, (contracted, list(range(g.ndim))))
    if len(a_shape) == 2:
        return np.tensordot(g, b, (contracted, contracted))
    return product(g, b.T) if b.ndim == 2 else sum_to(g @ b.mT, a_shape)


def _matmul_b(g, a, b_shape):
    """The gradient of b, a^T g. If b is one matrix for a whole batch, it is one large product, not a sum of small ones."""
    if a.ndim == 2 and len(b_shape) == 2:
        return product(a.T, g)
    if a.ndim == 1:
        return g * a if len(b_shape) == 1 else sum_to(a[:, None] * g[..., None, :], b_shape)
    if len(b_shape) == 1:
        return as_rows(a).T @ np.reshape(g, (-1,))
    return as_rows(a).T @ as_rows(g) if len(b_shape) == 2 else sum_to(a.mT @ g, b_shape)





matmul = op(
    "matmul", product, a=_matmul_a, b=_matmul_b, multilinear=True, numpy=np.matmul,
    samples=lambda: calls(
        ((3, 4), (4, 2)), ((4,), (4,)), ((4,), (4, 3)), ((3, 4), (4,)), ((2, 3, 4), (4,)), ((4,), (2, 4, 3)), ((3,), (2, 2, 3, 1)),
        ((1,), (2, 1, 3)), ((2, 3, 4), (4, 2)), ((3, 4), (2, 4, 2)), ((2, 3, 4), (2, 4, 2)), ((2, 1, 3, 4), (3, 4, 2)),
        ((1, 3, 2), (4, 2, 2)),
        ((1, 4), (3, 4, 1)), ((3, 3), (3, 3)), ((1, 3, 3), (3, 3)), ((3, 3), (1, 3, 3)), ((0, 3), (3, 2)), ((2, 0), (0, 3)),
        ((0, 2, 3), (3, 2)),
        ((0, 2, 3), (3,)),
        Sample(draw((4, 3)).T, draw((2, 8), seed=3)[:, ::2].T),
        Sample(draw((2, 3)) + 1j * draw((2, 3), seed=1), draw((3, 2), seed=2) - 1j * draw((3, 2), seed=3)),
        Sample(draw((2, 3)), draw((4, 3, 2), seed=2) - 1j * draw((4, 3, 2), seed=3)),
    ),
    errors=lambda: [
        Sample(np.ones((2, 3)), np.ones((2, 3)), raises=ShapeError, match=r"inner dimensions differ.*float64\[2, 3\].*with \.T"),
        Sample(np.ones((2, 3)), np.ones(4), raises=ShapeError, match="inner dimensions differ"),
        Sample(np.ones((2, 2, 3)), np.ones((3, 3, 4)), raises=ShapeError, match="matmul"),
    ],
    formula={"a": "g @ b.mT", "b": "a.mT @ g"},
    doc="""
    Matrix product, y_ij = Σ_k a_ik b_kj with a = input and b = other. The dimensions before the last two broadcast.

    A vector on the left counts as a row, on the right as a column. The result has no dimension for it.

    Args:
        input: (..., m, k) or (k,).
        other: (..., k, n) or (k,).

    Raises:
        ShapeError: the inner dimensions differ, or the leading ones do not broadcast.

    Example:
        >>> import autograd
        >>> a = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
        >>> autograd.matmul(a, autograd.tensor([1.0, 1.0]))
        tensor([3., 7.], dtype=float32)
    """,
)

# ----------------------------------------------------------------------------------------------------------------- tensordot


def _axes(dims, a_ndim, b_ndim):
    """The contracted axes of a and of b, as two tuples of non-negative numbers."""
    if isinstance(dims, int | np.integer):
        if not 0 <= dims <= min(a_ndim, b_ndim):
            raise ShapeError(f"cannot contract dims={dims} dimensions of tensors that have {a_ndim} and {b_ndim} dimensions")
        return tuple(range(a_ndim - dims, a_ndim)), tuple(range(dims))
    first, second = [[int(d)] if np.ndim(d) == 0 else [int(n) for n in d] for d in dims]
    return tuple([d % a_ndim for d in first]), tuple([d % b_ndim for d in second])


def _free(ndim, contracted):
    """The dimensions that are not contracted."""
    return tuple([d for d in range(ndim) if d not in contracted])


def _inverse(order):
    """The order that undoes an order of axes; None, if they are in order already."""
    return None if _in_order(order) else np.argsort(order).tolist()


def _in_order(order):
    return order == tuple(range(len(order)))


@remembered
def _plan(dims, a_ndim, b_ndim):
    """The contracted and the free axes of a, those of b, and the orders in which the axes of the gradients are those of a and b."""
    first, second = _axes(dims, a_ndim, b_ndim)
    free_a, free_b = _free(a_ndim, first), _free(b_ndim, second)
    # A gradient has the operand's free axes, then its contracted axes in the order of the other operand's.
    order_a = (*free_a, *[first[second.index(d)] for d in sorted(second)])
    order_b = (*[second[first.index(d)] for d in sorted(first)], *free_b)
    return first, free_a, second, free_b, _inverse(order_a), _inverse(order_b)


def _contracted(a, b, first, free_a, second, free_b):
    """``np.tensordot`` over some axes of a and b, which NumPy writes in Python."""
    if not type(a) is type(b) is np.ndarray:
        return np.tensordot(a, b, (first, second))
    order_a, rows, order_b, columns, shape = _as_matrices(a.shape, b.shape, first, free_a, second, free_b)
    a, b = a if order_a is None else a.transpose(order_a), b if order_b is None else b.transpose(order_b)
    y = a.reshape(rows).dot(b.reshape(columns))
    return y if y.shape == shape else y.reshape(shape)


@remembered
def _as_matrices(a_shape, b_shape, first, free_a, second, free_b):
    """How a contraction is a product of matrices: of a and b the new order of the axes, None if it is the old one, and the lengths
    as a matrix; and the lengths of the result.
    """
    outer_a, outer_b = tuple([a_shape[d] for d in free_a]), tuple([b_shape[d] for d in free_b])
    lengths = [a_shape[d] for d in first]
    if len(first) != len(second) or lengths != [b_shape[d] for d in second]:
        raise ValueError("shape-mismatch for sum")
    order_a, order_b = free_a + first, second + free_b
    return (
        None if _in_order(order_a) else order_a, (prod(outer_a), prod(lengths)),
        None if _in_order(order_b) else order_b, (prod(lengths), prod(outer_b)), outer_a + outer_b,
    )  # fmt: skip


def _tensordot(a, b, dims=2):
    first, free_a, second, free_b, _, _ = _plan(dims, a.ndim, b.ndim)
    return _contracted(a, b, first, free_a, second, free_b)


def _tensordot_a(g, b, a_shape, dims):
    _, free_a, second, free_b, order, _ = _plan(dims, len(a_shape), b.ndim)
    outer = len(free_a)
    y = _contracted(g, b, tuple(range(outer, g.ndim)), tuple(range(outer)), free_b, tuple(sorted(second)))
    return y if order is None else np.transpose(y, order)


def _tensordot_b(g, a, b_shape, dims):
    first, free_a, _, _, _, order = _plan(dims, a.ndim, len(b_shape))
    outer = len(free_a)
    y = _contracted(a, g, free_a, tuple(sorted(first)), tuple(range(outer)), tuple(range(outer, g.ndim)))
    return y if order is None else np.transpose(y, order)


tensordot = op(
    "tensordot", _tensordot, a=_tensordot_a, b=_tensordot_b, multilinear=True,
    samples=lambda: calls(
        ((2, 3, 4), (3, 4, 2)), ((2, 3), (3, 4), {"dims": 1}), ((2,), (3,), {"dims": 0}),
        ((2, 3, 4), (4, 2, 5), {"dims": ([0, 2], [1, 0])}),
        ((3, 4), (5, 3), {"dims": (0, -1)}), ((4, 3), (3, 4), {"dims": ([1, 0], [0, 1])}), ((0, 2), (2, 3), {"dims": 1}),
        Sample(draw((2, 3)) + 1j, draw((3, 2), seed=2) - 1j * draw((3, 2), seed=3), dims=1),
    ),
    errors=lambda: [
        Sample(np.ones((2, 3)), np.ones((2, 3)), dims=1, raises=ShapeError, match="tensordot.*shape"),
        Sample(np.ones(3), np.ones(3), dims=2, raises=ShapeError, match="dims=2"),
    ],
    formula={
        "y": "tensordot(a, b, dims)",
        "a": "tensordot(g, b, free(b))",
        "b": "tensordot(a, g, free(a))",
    },
    doc="""
    Sum of products over pairs of dimensions of a and b.

    Args:
        a, b: the operands. The result has the other dimensions of a, then the other dimensions of b.
        dims: a number n pairs the last n dimensions of a with the first n of b; two lists name the dimensions of a and of b.

    Raises:
        ShapeError: dimensions of a pair have different lengths, or an operand has fewer than n dimensions.

    Example:
        >>> import autograd
        >>> a, b = autograd.tensor([[1.0, 2.0]]), autograd.tensor([[3.0], [4.0]])
        >>> autograd.tensordot(a, b, dims=([1], [0]))
        tensor([[11.]], dtype=float32)
    """,
)

# --------------------------------------------------------------------------------------------------------------------- cross


_SMALL = 4096  # up to so many elements this form takes fewer calls than np.cross
_NEXT, _BEFORE = np.array([1, 2, 0]), np.array([2, 0, 1])  # the coordinates y z x, and z x y


def _cross(a, b, dim=-1):
    if a.shape[dim] != 3 or b.shape[dim] != 3:
        raise ShapeError(f"a cross product needs vectors of 3 numbers: dimension {dim} must have length 3 in both operands")
    if type(a) is type(b) is np.ndarray and a.size <= _SMALL and a.ndim == b.ndim:
        return a.take(_NEXT, dim) * b.take(_BEFORE, dim) - a.take(_BEFORE, dim) * b.take(_NEXT, dim)
    return np.cross(a, b, axis=dim)


cross: Op = op(
    "cross", _cross, multilinear=True,
    a=lambda g, b, a_shape, dim: sum_to(cross(b, g, dim=dim), a_shape),
    b=lambda g, a, b_shape, dim: sum_to(cross(g, a, dim=dim), b_shape),
    samples=calls(((3,), (3,)), ((2, 3), (2, 3)), ((3, 4), (3, 4), {"dim": 0}), ((2, 1, 3), (4, 3)), ((0, 3), (3,))),
    errors=lambda: [Sample(np.ones(2), np.ones(2), raises=ShapeError, match="vectors of 3 numbers")],
    formula={"y": "cross(a, b, dim)", "a": "cross(b, g, dim)", "b": "cross(g, a, dim)"},
    doc="""
    Cross product of vectors of three numbers.

    The rules are cross products too, because g · (da × b) = da · (b × g).

    Args:
        input, other: the vectors; their other dimensions broadcast.
        dim: the dimension of the three numbers.

    Raises:
        ShapeError: the dimension has another length than 3.

    Example:
        >>> import autograd
        >>> autograd.linalg.cross(autograd.tensor([1.0, 0.0, 0.0]), autograd.tensor([0.0, 1.0, 0.0]))
        tensor([0., 0., 1.], dtype=float32)
    """,
)
