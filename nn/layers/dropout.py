"""Layers that drop activations at random, in training only."""

from __future__ import annotations

from collections.abc import Callable

from autograd.errors import ArgumentError
from autograd.types import AnyGenerator, Tensor

from .. import functional as F
from ..module import Module


class _DropoutNd(Module):
    """The base of dropout layers: a subclass names its function of ``nn.functional``.

    Attributes:
        p: the probability. inplace: whether the result is written into the input.
        generator: draws the numbers; None for the default generator.
        _function: the function, as a ``staticmethod``.
    """

    _function: Callable[..., Tensor]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ArgumentError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace
        self.generator: AnyGenerator | None = None

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with elements or channels dropped, in training; otherwise the input itself."""
        return self._function(input, self.p, self.training, self.inplace, self.generator)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Sets each element to zero with probability p and divides the others by 1 - p, in training; otherwise nothing.

    Args:
        p: the probability, from 0 to 1. inplace: write the result into the input.

    Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> nn.Dropout(0.5)(autograd.ones(6))
        tensor([2., 2., 2., 0., 0., 0.], dtype=float32)
    """

    _function = staticmethod(F.dropout)


class Dropout1d(_DropoutNd):
    """Drops whole channels of (n, c, length) or (c, length), each with probability p, and divides the others by 1 - p.

    Args:
        p: the probability, from 0 to 1. inplace: write the result into the input.

    Raises:
        ShapeError: the input has another number of dimensions.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> nn.Dropout1d(0.5)(autograd.ones(4, 2))
        tensor([[2., 2.],
                [2., 2.],
                [2., 2.],
                [0., 0.]], dtype=float32)
    """

    _function = staticmethod(F.dropout1d)


class Dropout2d(_DropoutNd):
    """Drops whole channels of (n, c, height, width) or (n, c, length), each with probability p.

    Args:
        p: the probability, from 0 to 1. inplace: write the result into the input.

    It warns of an input with three dimensions, or with fewer or more than four: see ``nn.functional.dropout2d``.

    Source: Tompson et al., Efficient object localization using convolutional networks, 2015.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> nn.Dropout2d(0.5)(autograd.ones(1, 4, 2, 2)).amax((2, 3))
        tensor([[2., 2., 2., 0.]], dtype=float32)
    """

    _function = staticmethod(F.dropout2d)


class Dropout3d(_DropoutNd):
    """Drops whole channels of (n, c, depth, height, width) or (c, depth, height, width), each with probability p.

    Args:
        p: the probability, from 0 to 1. inplace: write the result into the input.

    It warns of an input with another number of dimensions, and drops slices of its first one.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> nn.Dropout3d(0.5)(autograd.ones(1, 4, 2, 2, 2)).amax((2, 3, 4))
        tensor([[2., 2., 2., 0.]], dtype=float32)
    """

    _function = staticmethod(F.dropout3d)


class AlphaDropout(_DropoutNd):
    """Dropout that keeps selu's mean 0 and variance 1: dropped elements get selu's lowest value, then all are scaled and shifted.

    Args:
        p: the probability, from 0 to 1. inplace: write the result into the input.

    Source: Klambauer et al., Self-normalizing neural networks, 2017.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> nn.AlphaDropout(0.5)(autograd.ones(4))
        tensor([ 1.6656,  1.6656,  1.6656, -0.7792], dtype=float32)
    """

    _function = staticmethod(F.alpha_dropout)


class FeatureAlphaDropout(_DropoutNd):
    """``AlphaDropout`` of whole channels of (n, c, ...).

    Args:
        p: the probability, from 0 to 1. inplace: write the result into the input.

    Raises:
        ShapeError: the input has fewer than two dimensions.

    Example:
        >>> import autograd, nn
        >>> _ = autograd.manual_seed(0)
        >>> nn.FeatureAlphaDropout(0.5)(autograd.ones(1, 4, 2))
        tensor([[[ 1.6656,  1.6656],
                 [ 1.6656,  1.6656],
                 [ 1.6656,  1.6656],
                 [-0.7792, -0.7792]]], dtype=float32)
    """

    _function = staticmethod(F.feature_alpha_dropout)
