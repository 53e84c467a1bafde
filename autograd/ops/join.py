"""Joining several arrays into one."""

from __future__ import annotations

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import calls
from ..errors import ShapeError, describe


def _cat(tensors, dim=0):
    if not len(tensors):
        raise ShapeError("expected a non-empty list of tensors")
    try:
        return np.asarray(np.concatenate(tensors, axis=dim), order="C")
    except ValueError as error:
        # As in PyTorch, a vector of length 0 joins with anything: loops that collect tensors start with one.
        full = [t for t in tensors if np.shape(t) != (0,)]
        if not full:
            return np.concatenate(tensors, axis=0)
        if len(full) < len(tensors):
            return np.concatenate(full, axis=dim).astype(np.result_type(*tensors), copy=False)
        if isinstance(error, np.exceptions.AxisError):
            raise
        shapes = ", ".join(describe(t) for t in tensors[:8])
        raise ShapeError(f"sizes must match except in dimension {dim}: {shapes}{', ...' if len(tensors) > 8 else ''}") from None


def _cat_rule(g, tensors_shape, dim):
    before = (slice(None),) * (dim % g.ndim)
    pieces, start = [], 0
    for shape in tensors_shape:
        if shape == (0,) and (g.ndim > 1 or dim > 0):
            pieces.append(np.reshape(g[:0], (0,)))
            continue
        stop = start + shape[dim]
        pieces.append(g[(*before, slice(start, stop))])
        start = stop
    return pieces


cat = op(
    "cat", _cat, tensors=_cat_rule, variadic=True, linear=True,
    samples=calls(([(2, 3), (1, 3)],), ([(2, 3), (2, 1), (2, 0)], {"dim": -1}), ([(3,)],), ([(0,), (2, 2)], {"dim": 1})),
    errors=lambda: [Sample([np.ones((2, 3)), np.ones((2, 4))], raises=ShapeError, match=r"cat.*except in dimension 0"),
                    Sample([np.ones((2, 3))], dim=2, raises=IndexError, match="cat.*out of bounds"),
                    Sample([np.ones(()), np.ones(())], raises=ShapeError, match="cat")],
    formula={"y": "concat(tensors, dim)", "tensors": "split(g, dim)"},
    doc="""
    The tensors joined along a dimension that they have. In the others their lengths are equal.

    Example:
        >>> import autograd
        >>> autograd.cat([autograd.tensor([1.0, 2.0]), autograd.tensor([3.0])])
        tensor([1., 2., 3.], dtype=float32)
    """,
)


def _stack(tensors, dim=0):
    if not len(tensors):
        raise ShapeError("expected a non-empty list of tensors")
    if all([type(t) is np.ndarray for t in tensors]) and 0 <= dim <= tensors[0].ndim:
        place = (slice(None),) * dim + (None,)  # what np.stack does, in a third of the time
        parts = [t[place] for t in tensors if t.shape == tensors[0].shape]
        if len(parts) == len(tensors):
            return np.asarray(np.concatenate(parts, dim), order="C")
    if len({np.shape(t) for t in tensors}) > 1:
        shapes = ", ".join(describe(t) for t in tensors[:8])
        raise ShapeError(f"each tensor must have the same shape: {shapes}{', ...' if len(tensors) > 8 else ''}")
    return np.asarray(np.stack(tensors, axis=dim), order="C")


def _stack_rule(g, dim):
    before = (slice(None),) * (dim % g.ndim)
    return [g[(*before, i)] for i in range(g.shape[dim])]


stack = op(
    "stack", _stack, tensors=_stack_rule, variadic=True, linear=True,
    samples=calls(([(2, 3), (2, 3)],), ([(2, 3), (2, 3)], {"dim": -1}), ([(), (), ()],), ([(0,), (0,)], {"dim": 1})),
    errors=lambda: [Sample([np.ones((2, 3)), np.ones((3,))], raises=ShapeError, match=r"stack.*same shape.*\[2, 3\].*\[3\]")],
    formula={"y": "stack(tensors, dim)", "tensors": "unstack(g, dim)"},
    doc="""
    The tensors joined along a new dimension.

    Args:
        tensors: a sequence of tensors of one shape.
        dim: the number of the new dimension in the result.

    Raises:
        ShapeError: an empty sequence, or shapes that differ.

    Example:
        >>> import autograd
        >>> autograd.stack([autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0])])
        tensor([[1., 2.],
                [3., 4.]], dtype=float32)
    """,
)
