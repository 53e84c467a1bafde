"""Bringing gradients into the convention of PyTorch or of the engine, and into the shape and dtype of their tensor."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..errors import ShapeError, where
from .graph import Node
from .standin import StandIn
from .values.sums import sum_over, sum_rows


def fit_to_parent(contribution: Any, node: Node, parent: Node) -> Any:
    """A contribution in the parent's shape and dtype: summed over broadcast dimensions, real where the parent is real.

    Args:
        contribution: an array or a tensor that the node's rule returned.
        node: the node. parent: the one of its parents that the contribution belongs to.

    Raises:
        ShapeError: the rule of an op that is not elementwise returned another shape than the input's.
    """
    assert node.plan is not None
    op, shape = node.plan.op, parent.shape
    if contribution.shape != shape:
        if not op.elementwise:
            name = op.inputs[min(node.parents.index(parent), len(op.inputs) - 1)]
            raise ShapeError(
                f"{op.name}{where(node.layer)}: the rule for input {name!r} returned a gradient of shape "
                f"{tuple(contribution.shape)} for an input of shape {tuple(shape)}: the rule is wrong, the two must be equal"
            )
        contribution = unbroadcast(contribution, shape)
    if contribution.dtype != parent.dtype:
        if contribution.dtype.kind == "c" and parent.dtype.kind != "c":
            contribution = contribution.real
        if contribution.dtype != parent.dtype:
            contribution = contribution.astype(parent.dtype)
    array = getattr(contribution, "array", contribution)
    return array.for_node(contribution, parent.dtype) if isinstance(array, StandIn) else contribution


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """A gradient summed over the dimensions along which a value of this shape was broadcast.

    Where the gradient has fewer elements than the value, it is broadcast to the value's shape instead.
    """
    if type(g) is ndarray and g.shape[g.ndim - len(shape) :] == shape:  # the usual case, a bias: only leading dimensions are new
        return sum_rows(g) if g.ndim == 2 and len(shape) == 1 else sum_over(g, tuple(range(g.ndim - len(shape))))
    if g.ndim < len(shape) or any(n == 1 != m for n, m in zip(g.shape[g.ndim - len(shape) :], shape, strict=True)):
        g = np.broadcast_to(g, np.broadcast_shapes(g.shape, shape))
    lead = g.ndim - len(shape)
    axes = tuple(range(lead)) + tuple(lead + i for i, n in enumerate(shape) if n == 1 and g.shape[lead + i] != 1)
    if axes:
        g = sum_over(g, axes, keepdim=True)
    return np.reshape(g, shape) if g.shape != shape else g


def switch_convention(g: Any) -> Any:
    """A gradient in PyTorch's convention from one in the engine's, or the reverse: each is the other's complex conjugate."""
    return np.conjugate(g) if g.dtype.kind == "c" else g
