"""Layers that drop activations at random, in training only."""

from __future__ import annotations

from typing import Any

from autograd.errors import ArgumentError

from . import functional as F
from .module import Module


class _Dropout(Module):
    """What all of them share: the probability p, and where the numbers come from.

    ``generator`` is an attribute that may be set: None draws from the default generator.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ArgumentError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace
        self.generator: Any = None

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Sets each element to zero with probability p and divides the others by 1 - p.

    Source: Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting, 2014.
    """

    def forward(self, input: Any) -> Any:
        """The input with elements dropped, in training; otherwise the input."""
        return F.dropout(input, self.p, self.training, self.inplace, self.generator)


class Dropout1d(_Dropout):
    """Drops whole channels of (n, c, length) or (c, length)."""

    def forward(self, input: Any) -> Any:
        """The input with channels dropped, in training; otherwise the input."""
        return F.dropout1d(input, self.p, self.training, self.inplace, self.generator)


class Dropout2d(_Dropout):
    """Drops whole channels of (n, c, height, width) or (c, height, width)."""

    def forward(self, input: Any) -> Any:
        """The input with channels dropped, in training; otherwise the input."""
        return F.dropout2d(input, self.p, self.training, self.inplace, self.generator)


class Dropout3d(_Dropout):
    """Drops whole channels of (n, c, depth, height, width) or (c, depth, height, width)."""

    def forward(self, input: Any) -> Any:
        """The input with channels dropped, in training; otherwise the input."""
        return F.dropout3d(input, self.p, self.training, self.inplace, self.generator)


class AlphaDropout(_Dropout):
    """Dropout for selu: mean 0 and variance 1 are kept.

    Source: Klambauer et al., Self-normalizing neural networks, 2017.
    """

    def forward(self, input: Any) -> Any:
        """The input with elements set to selu's lowest value, in training; otherwise the input."""
        return F.alpha_dropout(input, self.p, self.training, self.inplace, self.generator)


class FeatureAlphaDropout(_Dropout):
    """``AlphaDropout`` of whole channels of (n, c, ...)."""

    def forward(self, input: Any) -> Any:
        """The input with channels set to selu's lowest value, in training; otherwise the input."""
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace, self.generator)
