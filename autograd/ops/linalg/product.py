"""Products of matrices and tensors: matmul, tensordot, cross. Einstein sums are in einsum.py.

All of them are linear in each operand, so each rule is the same kind of product again, of the gradient with the other operand. For
complex numbers nothing is conjugated (see op.py).
"""

from __future__ import annotations

from math import prod

import numpy as np

from ...engine.op import Op, Sample, op
from ...engine.samples import calls, draw
from ...errors import ShapeError
from ..shape import sum_to

# -------------------------------------------------------------------------------------------------------------------- matmul


def product(a, b):
    """matmul. Of two matrices dot is the same BLAS call half a microsecond sooner, as long as a small layer's product itself takes;
    but it fills its result with zeros first, which for a large one takes longer than that."""
    if type(a) is type(b) is np.ndarray and a.ndim == b.ndim == 2 and a.size <= 1 << 13:
        try:
            return a.dot(b)
        except ValueError:
            pass  # matmul raises it in its own words
    return np.matmul(a, b)


def _matmul_a(g, b, a_shape):
    """a's gradient, g b^T. The first line is what neural networks run; the rest are vectors and batches."""
    if len(a_shape) == 2 and b.ndim == 2:
        return product(g, b.T)
    if b.ndim == 1:
        return g * b if len(a_shape) == 1 else g[..., None] * b
    over = [*range(b.ndim - 2), b.ndim - 1]
    if len(a_shape) == 1:
        return b @ g if b.ndim == 2 else np.tensordot(b, g, (over, list(range(g.ndim))))
    if len(a_shape) == 2:
        return np.tensordot(g, b, (over, over))
    return g @ b.T if b.ndim == 2 else sum_to(g @ b.mT, a_shape)


def _matmul_b(g, a, b_shape):
    """b's gradient, a^T g. One matrix for a whole batch gets one large product, not a sum of small ones."""
    if a.ndim == 2 and len(b_shape) == 2:
        return product(a.T, g)
    if a.ndim == 1:
        return g * a if len(b_shape) == 1 else sum_to(a[:, None] * g[..., None, :], b_shape)
    if len(b_shape) == 1:
        return _rows(a).T @ np.reshape(g, (prod(g.shape),))
    return _rows(a).T @ _rows(g) if len(b_shape) == 2 else sum_to(a.mT @ g, b_shape)


def _rows(x):
    """x as one matrix with the same last dimension."""
    return np.reshape(x, (prod(x.shape[:-1]), x.shape[-1]))


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
        Sample(np.ones((2, 3)), np.ones((2, 3)), raises=ShapeError, match=r"inner dimensions differ.*float64\[2, 3\].*want \.T"),
        Sample(np.ones((2, 3)), np.ones(4), raises=ShapeError, match="inner dimensions differ"),
        Sample(np.ones((2, 2, 3)), np.ones((3, 3, 4)), raises=ShapeError, match="matmul"),
    ],
    formula={"a": "g @ b.mT", "b": "a.mT @ g"},
    doc="""
    Matrix product, y_ij = sum_k a_ik b_kj, over the last two dimensions; those before them broadcast.

    A vector on the left is a row, on the right a column, and that dimension is left out of the result.

    Args:
        a: shape (..., m, k) or (k,).
        b: shape (..., k, n) or (k,).

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
    """The contracted axes of a and of b, as two lists of non-negative numbers."""
    if isinstance(dims, int | np.integer):
        if not 0 <= dims <= min(a_ndim, b_ndim):
            raise ShapeError(f"dims={dims} dimensions cannot be contracted of tensors that have {a_ndim} and {b_ndim}")
        return list(range(a_ndim - dims, a_ndim)), list(range(dims))
    first, second = [[int(d)] if np.ndim(d) == 0 else [int(n) for n in d] for d in dims]
    return [d % a_ndim for d in first], [d % b_ndim for d in second]


def _tensordot(a, b, dims=2):
    return np.tensordot(a, b, axes=_axes(dims, np.ndim(a), np.ndim(b)))


def _free(ndim, contracted):
    return [d for d in range(ndim) if d not in contracted]


def _tensordot_a(g, b, a_shape, dims):
    """Contract g with b over b's free axes; what remains is a's free axes, then a's contracted ones in the order of b's."""
    first, second = _axes(dims, len(a_shape), b.ndim)
    free_a, free_b = _free(len(a_shape), first), _free(b.ndim, second)
    y = np.tensordot(g, b, (list(range(len(free_a), g.ndim)), free_b))
    order = free_a + [first[second.index(d)] for d in sorted(second)]
    return np.transpose(y, np.argsort(order).tolist())


def _tensordot_b(g, a, b_shape, dims):
    first, second = _axes(dims, a.ndim, len(b_shape))
    free_a, free_b = _free(a.ndim, first), _free(len(b_shape), second)
    y = np.tensordot(a, g, (free_a, list(range(len(free_a)))))
    order = [second[first.index(d)] for d in sorted(first)] + free_b
    return np.transpose(y, np.argsort(order).tolist())


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
        "a": "tensordot(g, b, free); free = 'the dimensions of b that are not summed'",
        "b": "tensordot(a, g, free); free = 'the dimensions of a that are not summed'",
    },
    doc="""
    Sum of products over chosen dimensions: the last ``dims`` of a with the first ``dims`` of b, or the pairs that two lists name.

    Example:
        >>> import autograd
        >>> a, b = autograd.tensor([[1.0, 2.0]]), autograd.tensor([[3.0], [4.0]])
        >>> autograd.tensordot(a, b, dims=([1], [0]))
        tensor([[11.]], dtype=float32)
    """,
)

# --------------------------------------------------------------------------------------------------------------------- cross


def _cross(a, b, dim=-1):
    if np.shape(a)[dim] != 3 or np.shape(b)[dim] != 3:
        raise ShapeError(f"a cross product is of vectors of 3 numbers: dimension {dim} must have length 3 in both")
    return np.cross(a, b, axis=dim)


cross: Op = op(
    "cross", _cross, multilinear=True,
    a=lambda g, b, a_shape, dim: sum_to(cross(b, g, dim=dim), a_shape),
    b=lambda g, a, b_shape, dim: sum_to(cross(g, a, dim=dim), b_shape),
    samples=calls(((3,), (3,)), ((2, 3), (2, 3)), ((3, 4), (3, 4), {"dim": 0}), ((2, 1, 3), (4, 3)), ((0, 3), (3,))),
    errors=lambda: [Sample(np.ones(2), np.ones(2), raises=ShapeError, match="vectors of 3 numbers")],
    formula={"y": "cross(a, b, dim)", "a": "cross(b, g, dim)", "b": "cross(g, a, dim)"},
    doc="""
    Cross product of vectors of three numbers along a dimension; the others broadcast.

    Its rules are cross products too: g . (da x b) = da . (b x g).

    Example:
        >>> import autograd
        >>> autograd.linalg.cross(autograd.tensor([1.0, 0.0, 0.0]), autograd.tensor([0.0, 1.0, 0.0]))
        tensor([0., 0., 1.], dtype=float32)
    """,
)
