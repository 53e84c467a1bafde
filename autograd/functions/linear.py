"""The linear layer as a function: x W^T + b."""

from __future__ import annotations

from ..engine.recording import recorded
from ..ops import linear as _linear
from ..types import Tensor, TensorLike
from . import shape as shapes

affine = recorded(_linear.linear)


def linear(input: TensorLike, weight: Tensor, bias: TensorLike | None = None) -> Tensor:
    """x W^T + b, over the last dimension of x.

    Args:
        input: (..., inputs).
        weight: (outputs, inputs); or (inputs,) for one output, whose dimension the result then lacks.
        bias: (outputs,), or () for a weight (inputs,); or None.

    Raises:
        ShapeError: shapes that do not match. DtypeError: an input of integers.

    Example:
        >>> import autograd, nn
        >>> x = autograd.tensor([1.0, 2.0])
        >>> nn.functional.linear(x, autograd.tensor([[3.0, 4.0]]), autograd.tensor([0.5]))
        tensor([11.5000], dtype=float32)
    """
    if weight.ndim == 1:
        bias = None if bias is None else shapes.reshape(bias, (1,))
        return shapes.squeeze(affine(input, shapes.unsqueeze(weight, 0), bias), -1)
    return affine(input, weight, bias)
