"""How ``linear_cross_entropy`` computes a layer with very many classes in chunks of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.engine.dtypes import to_dtype

_POLICIES = ("auto", "accurate", "balanced", "compact")


@dataclass(slots=True, frozen=True)
class LinearCrossEntropyOptions:
    """For ``LinearCrossEntropyLoss``: the outputs, a number per sample and class, are made for one chunk of the batch at a time.

    It takes less memory and, because backward makes the outputs again, more time: two products of matrices become three.

    Args:
        batch_chunk_size: samples per chunk; by default ``chunking_method`` finds it.
        chunking_method: "aspect_ratio": a power of 2 with which the outputs of a chunk take about as much memory as the whole
            input; "aspect_ratio:n": an n-th of it; "auto": "aspect_ratio:2", or "aspect_ratio" for float16; None: one chunk.
        acc_dtype: in which it is computed; by default the input's dtype, but float32 for float16.
        acc_policy: "auto", "accurate", "balanced" or "compact": which intermediate results PyTorch keeps in ``acc_dtype``. Here all
            are; but with another policy than "auto" float16 is not computed in float32 by itself.
        allow_retain_graph: makes no difference here: as any other op, it may be differentiated again, and to any order.

    Raises:
        ValueError: a policy, a method, a size or a dtype that there is not.

    Example:
        >>> import autograd, nn
        >>> head = nn.LinearCrossEntropyLoss(4, 1000, options=nn.LinearCrossEntropyOptions(batch_chunk_size=8))
        >>> loss = head(autograd.zeros(64, 4), autograd.arange(64))
        >>> round(loss.item(), 4)  # log(1000)
        6.9078
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None

    def __post_init__(self) -> None:
        if self.acc_policy not in _POLICIES:
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}; it may be one of {', '.join(_POLICIES)}")
        if self.chunking_method not in (None, "auto"):
            _divisor(self.chunking_method)
        size = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        if self.acc_dtype is not None and (kind := to_dtype(self.acc_dtype)).kind != "f":
            raise ValueError(f"acc_dtype must be None or a floating dtype, got {kind}")

    def chunk_size(self, samples: int, features: int, classes: int, dtype: Any) -> int:
        """Samples per chunk, for a batch of so many."""
        method = self.chunking_method
        given = None if self.batch_chunk_size is None else min(self.batch_chunk_size, samples)
        if method == "auto":
            method = None if given is not None else "aspect_ratio" if dtype == np.float16 else "aspect_ratio:2"
        if method is None:
            return max(samples if given is None else given, 1)
        wanted = -(-samples // -(-classes // features)) if classes and features else samples
        size = min((1 << (wanted - 1).bit_length()) // _divisor(method), samples)
        if self.batch_chunk_size not in (None, size):
            raise ValueError(
                f"batch_chunk_size (={self.batch_chunk_size}) and chunking_method ('{method}') give different chunk sizes "
                f"({self.batch_chunk_size} vs {size}); pass only one."
            )
        return max(size, 1)

    def dtype(self, given: Any) -> Any:
        """In which to compute with an input of this dtype."""
        if self.acc_dtype is not None:
            return to_dtype(self.acc_dtype)
        return np.dtype(np.float32) if given == np.float16 and self.acc_policy == "auto" else given


def _divisor(method: Any) -> int:
    name, colon, number = str(method).partition(":")
    if name != "aspect_ratio" or not (number.isdigit() and int(number) if colon else True):
        raise ValueError(f"invalid chunking_method: {method!r}; it may be None, 'auto', 'aspect_ratio' or 'aspect_ratio:n'")
    return int(number) if colon else 1
