"""Layers that compare two tensors: by angle or by distance."""

from __future__ import annotations

from autograd.types import Tensor

from .. import functional as F
from ..module import Module


class CosineSimilarity(Module):
    """x1 . x2 / (max(|x1|, eps) max(|x2|, eps)) along a dimension.

    Args:
        dim: the dimension of the vectors. eps: the smallest length that is divided by.

    Example:
        >>> import autograd, nn
        >>> nn.CosineSimilarity(dim=0)(autograd.tensor([1.0, 0.0]), autograd.tensor([0.0, 2.0])).item()
        0.0
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """The cosine of the angle between them."""
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The p-norm of x1 - x2 + eps along the last dimension.

    Args:
        p: the exponent of the norm.
        eps: is added to the difference, so that the derivative is finite where the vectors are equal.
        keepdim: whether the result has the last dimension, with length 1.

    Example:
        >>> import autograd, nn
        >>> nn.PairwiseDistance(eps=0)(autograd.tensor([[3.0, 0.0]]), autograd.tensor([[0.0, 4.0]])).tolist()
        [5.0]
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """The distances of rows."""
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
