"""Pooling of (n, steps, channels) and (n, rows, columns, channels)."""

from __future__ import annotations

from math import inf
from typing import Any

import autograd
from autograd.errors import ArgumentError
from autograd.types import Sizes, Tensor

from ... import functional as F
from ..base import Layer
from .convolution import channels_first, channels_last, each, padded, same


class _Pooling(Layer):
    rank = 2

    def __init__(
        self,
        pool_size: Sizes = 2,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        if padding not in ("valid", "same"):
            raise ArgumentError(f'padding must be "valid" or "same", not {padding!r}')
        self.pool_size = each(pool_size, self.rank, "pool_size")
        self.strides = self.pool_size if strides is None else each(strides, self.rank, "strides")
        self.padding = padding

    def _pads(self, x: Tensor) -> list[tuple[int, int]]:
        return same(x.shape[2:], self.pool_size, self.strides, (1,) * self.rank) if self.padding == "same" else []

    def get_config(self) -> dict[str, Any]:
        """Sizes and padding."""
        return {
            **super().get_config(), "pool_size": list(self.pool_size), "strides": list(self.strides), "padding": self.padding,
        }  # fmt: skip


class _Max(_Pooling):
    def call(self, inputs: Tensor) -> Tensor:
        """The largest number of each window."""
        x = channels_first(inputs)
        x = padded(x, self._pads(x), -inf)
        return channels_last({1: F.max_pool1d, 2: F.max_pool2d}[self.rank](x, self.pool_size, self.strides))


class _Average(_Pooling):
    def call(self, inputs: Tensor) -> Tensor:
        """The mean of each window; what "same" pads does not count."""
        pool: Any = {1: F.avg_pool1d, 2: F.avg_pool2d}[self.rank]
        x = channels_first(inputs)
        pads = self._pads(x)
        y = pool(padded(x, pads), self.pool_size, self.strides)
        if any(a or b for a, b in pads):
            ones = autograd.ones(1, 1, *x.shape[2:], dtype=x.dtype)
            y = y / pool(padded(ones, pads), self.pool_size, self.strides)
        return channels_last(y)


class MaxPooling1D(_Max):
    """The largest of each window of steps.

    Args:
        pool_size, strides: steps; strides are the size by default. padding: "valid" or "same". more: as for ``Layer``.
    """

    rank = 1


class MaxPooling2D(_Max):
    """The largest of each window of rows and columns.

    Args:
        pool_size, strides: rows and columns; strides are the size by default. padding: "valid" or "same". more: as for ``Layer``.
    """


class AveragePooling1D(_Average):
    """The mean of each window of steps.

    Args:
        pool_size, strides: steps; strides are the size by default. padding: "valid" or "same". more: as for ``Layer``.
    """

    rank = 1


class AveragePooling2D(_Average):
    """The mean of each window of rows and columns.

    Args:
        pool_size, strides: rows and columns; strides are the size by default. padding: "valid" or "same". more: as for ``Layer``.
    """


class _Global(Layer):
    rank = 2

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.keepdims = keepdims

    def _dims(self) -> tuple[int, ...]:
        return tuple(range(1, self.rank + 1))

    def get_config(self) -> dict[str, Any]:
        """Whether the dimensions stay."""
        return {**super().get_config(), "keepdims": self.keepdims}


class GlobalAveragePooling2D(_Global):
    """The mean over all rows and columns.

    Args:
        keepdims: whether they stay, as 1. more: as for ``Layer``.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """(n, channels)."""
        return inputs.mean(self._dims(), keepdim=self.keepdims)


class GlobalAveragePooling1D(_Global):
    """The mean over all steps; those that a mask leaves out do not count.

    Args:
        keepdims: whether the dimension stays, as 1. more: as for ``Layer``.
    """

    rank = 1
    supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        """(n, channels)."""
        if mask is None:
            return inputs.mean(1, keepdim=self.keepdims)
        counted = mask.to(inputs.dtype).unsqueeze(-1)
        return (inputs * counted).sum(1, keepdim=self.keepdims) / counted.sum(1, keepdim=self.keepdims)

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | None:
        return None


class GlobalMaxPooling2D(_Global):
    """The largest number of all rows and columns.

    Args:
        keepdims: whether they stay, as 1. more: as for ``Layer``.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """(n, channels)."""
        return autograd.amax(inputs, self._dims(), keepdim=self.keepdims)


class GlobalMaxPooling1D(GlobalMaxPooling2D):
    """The largest number of all steps.

    Args:
        keepdims: whether the dimension stays, as 1. more: as for ``Layer``.
    """

    rank = 1
