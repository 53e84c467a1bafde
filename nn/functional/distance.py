"""Bilinear forms, norms and distances as functions."""

from __future__ import annotations

import autograd
from autograd.engine.modes import here
from autograd.engine.output import write_out
from autograd.errors import ShapeError, describe
from autograd.functions import reduction
from autograd.types import Dims, Tensor, TensorLike


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: TensorLike | None = None) -> Tensor:
    """y_k = x1^T W_k x2 + b_k of the last dimensions.

    Args:
        input1: (..., in1). input2: (..., in2), with the same dimensions before the last.
        weight: (outputs, in1, in2). bias: (outputs,), or None.

    Raises:
        ShapeError: shapes that do not fit.

    Example:
        >>> import autograd, nn
        >>> x = autograd.tensor([1.0, 2.0])
        >>> nn.functional.bilinear(x, x, autograd.ones(1, 2, 2))
        tensor([9.], dtype=float32)
    """
    if tuple(input1.shape[:-1]) != tuple(input2.shape[:-1]):
        raise ShapeError(f"{here('bilinear')}: inputs {describe(input1)} and {describe(input2)} differ before the last dimension")
    if weight.ndim != 3 or input1.shape[-1:] != weight.shape[1:2] or input2.shape[-1:] != weight.shape[2:]:
        raise ShapeError(
            f"{here('bilinear')}: inputs {describe(input1)} and {describe(input2)} do not fit "
            f"weight {describe(weight)} (outputs, in1, in2)"
        )
    y = autograd.einsum("...i,kij,...j->...k", input1, weight, input2)
    return y if bias is None else y + bias


def normalize(input: Tensor, p: float = 2.0, dim: Dims = 1, eps: float = 1e-12, out: Tensor | None = None) -> Tensor:
    """x / max(norm_p(x), eps) along a dimension.

    Args:
        input: any shape.
        p: the order of the norm.
        dim: the dimension, or several.
        eps: the least norm to divide by.
        out: a tensor to write the result into.

    Example:
        >>> import autograd, nn
        >>> nn.functional.normalize(autograd.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]], dtype=float32)
    """
    y = input / autograd.clamp_min(reduction.norm(input, p, dim, True), eps)
    return y if out is None else write_out(out, y, "normalize", (input,))


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 . x2 / (max(|x1|, eps) max(|x2|, eps)) along a dimension; the inputs broadcast.

    Args:
        x1: any shape.
        x2: of a shape that broadcasts with that of x1.
        dim: the dimension.
        eps: the least norm to divide by.

    Example:
        >>> import autograd, nn
        >>> nn.functional.cosine_similarity(autograd.tensor([[3.0, 4.0]]), autograd.tensor([[4.0, 3.0]]))
        tensor([0.9600], dtype=float32)
    """
    if x1.dtype.kind not in "fc" or x2.dtype.kind not in "fc":
        common = autograd.result_type(x1, x2)
        x1, x2 = [x.to(common if common.kind in "fc" else autograd.get_default_dtype()) for x in (x1, x2)]
    if tuple(x1.shape) != tuple(x2.shape):
        x1, x2 = autograd.broadcast_tensors(x1, x2)
    lengths = [autograd.clamp_min(reduction.norm(x, 2, dim, True), eps) for x in (x1, x2)]
    return autograd.sum((x1 / lengths[0]) * (x2 / lengths[1]), dim=dim)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """norm_p(x1 - x2 + eps) of the last dimension.

    Args:
        x1: (..., n).
        x2: (..., n), of a shape that broadcasts with that of x1.
        p: the order of the norm.
        eps: is added to the differences.
        keepdim: keep the last dimension with length 1.

    Example:
        >>> import autograd, nn
        >>> nn.functional.pairwise_distance(autograd.tensor([[0.0, 0.0]]), autograd.tensor([[3.0, 4.0]]))
        tensor([5.0000], dtype=float32)
    """
    return reduction.norm(x1 - x2 + eps, p, -1, keepdim)
