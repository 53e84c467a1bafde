"""The affine map x W^T + b as one op, because networks spend most of their time in it."""

from __future__ import annotations

import numpy as np

from ..engine.op import Sample, op
from ..engine.samples import calls
from ..engine.values.sums import sum_rows
from ..errors import DtypeError, ShapeError, describe
from .linalg.product import product
from .rules import as_rows


def _linear(x, weight, bias=None):
    if x.dtype is not weight.dtype and x.dtype.kind in "iub" and weight.dtype.kind in "fc":
        raise DtypeError(f"x {describe(x)} holds no floating point numbers, weight {describe(weight)} does: use .float()")
    if weight.ndim != 2:
        raise ShapeError(f"weight is {describe(weight)}: it must be (outputs, inputs)")
    try:
        y = product(as_rows(x), weight.T)
    except (ValueError, IndexError):  # the inner lengths differ, or x is 0-d
        raise ShapeError(
            f"x {describe(x)} and weight {describe(weight)} do not fit: the last dimension of x must be {weight.shape[1]}"
        ) from None
    if x.ndim != 2:
        y = y.reshape(*x.shape[:-1], len(weight))
    if bias is None:
        return y
    if bias.ndim != 1 or len(bias) != len(weight):
        raise ShapeError(f"bias {describe(bias)} and weight {describe(weight)} do not fit: bias must have shape ({len(weight)},)")
    if y.dtype is not bias.dtype:
        return y + bias
    y += bias
    return y


def _for_x(g, x_shape, weight):
    return product(g, weight) if len(x_shape) == 2 else product(as_rows(g), weight).reshape(x_shape)


def _for_weight(g, x):
    return product(g.T, x) if x.ndim == 2 else product(as_rows(g).T, as_rows(x))


linear = op(
    "linear", _linear, x=_for_x, weight=_for_weight, bias=lambda g: sum_rows(as_rows(g)),
    sections=("weight", "bias"),
    samples=calls(
        ((4, 3), (2, 3), (2,)), ((2, 4, 3), (5, 3)), ((3,), (2, 3), (2,)), ((0, 3), (2, 3), (2,)), ((2, 1, 2, 3), (1, 3), (1,)),
    ),
    errors=lambda: [
        Sample(np.ones((8, 10), np.float32), np.ones((64, 12), np.float32), raises=ShapeError,
               match=r"x float32\[8, 10\] and weight float32\[64, 12\] do not fit: the last dimension of x must be 12"),
        Sample(np.ones((8, 3)), np.ones((4, 3)), np.ones(3), raises=ShapeError, match=r"bias must have shape \(4,\)"),
        Sample(np.ones((8, 3), np.int64), np.ones((4, 3), np.float32), raises=DtypeError,
               match=r"x int64\[8, 3\] holds no floating point numbers"),
        Sample(np.ones((8, 3)), np.ones(3), raises=ShapeError, match=r"must be \(outputs, inputs\)"),
    ],
    formula={"y": "x @ weight.T + bias", "x": "g @ weight", "weight": "g.T @ x", "bias": "sum(g, rows)"},
    doc="""x W^T + b: the map of a fully connected layer.

    Args:
        x: (..., inputs).
        weight: (outputs, inputs).
        bias: (outputs,), or None.

    Raises:
        ShapeError: shapes that do not fit. DtypeError: integers for x and floating point numbers for the weight.

    Example:
        >>> import autograd, nn
        >>> x = autograd.tensor([1.0, 2.0])
        >>> nn.functional.linear(x, autograd.tensor([[3.0, 4.0]]), autograd.tensor([0.5]))
        tensor([11.5000], dtype=float32)
    """,
)
