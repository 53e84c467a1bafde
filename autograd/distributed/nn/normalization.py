"""Batch normalisation by the statistics of all processes' batches together, as a composite of collectives that have gradients."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...engine.graph import make
from ...engine.modes import here
from ...errors import ShapeError, describe
from ...functions import elementwise, reduction
from ...functions import shape as shapes
from ...functions.normalization import check_batch_norm, moved, per_channel
from ...types import Tensor, TensorLike
from .. import collectives
from ..group import ProcessGroup
from .functional import all_reduce


def batch_norm_and_writes(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: TensorLike | None, bias: TensorLike | None,
    momentum: float, eps: float, group: ProcessGroup | None,
) -> tuple[Any, list[tuple[np.ndarray, np.ndarray]]]:  # fmt: skip
    """Each channel normalised by its mean and variance over the batches of all processes, which may differ in size.

    The mean is known on all processes before deviations from it are squared: so the numbers are those of one process with all
    batches, also where the mean is large. float16 is computed in float32.

    Args:
        input: (batch, channels, ...), of this process. running_mean, running_var, weight, bias: (channels,), or None.
        momentum: the share of the batches' statistics in the new running ones. eps: keeps the root from 0. group: the processes.

    Returns:
        The input normalised, and pairs of an array and its new values, as ``functions.normalization.batch_norm_and_writes``.

    Raises:
        ShapeError: one value for each channel in all batches together.
    """
    check_batch_norm(input, running_mean, running_var, weight, bias, eps)
    half = input.dtype.char == "e"
    x = shapes.astype(input, np.float32) if half else input
    dims = (0, *range(2, input.ndim))
    count = make(np.array(prod(input.shape) // max(input.shape[1], 1)))
    collectives.all_reduce(count, group=group)
    n = int(count.array)
    if n == 1:
        raise ShapeError(
            f"{here('batch_norm')}: Expected more than 1 value per channel when training, got input {describe(input)} and nothing "
            f"on the other ranks"
        )
    mean = elementwise.div(all_reduce(reduction.sum(x, dim=dims), group=group), max(n, 1))
    centred = elementwise.sub(x, per_channel(mean, input.ndim))
    var = elementwise.div(all_reduce(reduction.sum(elementwise.mul(centred, centred), dim=dims), group=group), max(n, 1))
    y = elementwise.div(centred, per_channel(elementwise.sqrt(elementwise.add(var, eps)), input.ndim))
    if weight is not None:
        y = elementwise.mul(y, per_channel(weight, input.ndim))
    if bias is not None:
        y = elementwise.add(y, per_channel(bias, input.ndim))
    writes = moved(running_mean, running_var, mean.array, var.array * (n / (n - 1)), momentum) if n else []
    return (shapes.astype(y, np.float16) if half else y), writes


__all__ = ["batch_norm_and_writes"]
