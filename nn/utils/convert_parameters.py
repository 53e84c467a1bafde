"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd
from autograd.engine import memory
from autograd.errors import ShapeError, describe
from autograd.types import Tensor


def parameters_to_vector(parameters: Iterable[Any]) -> Tensor:
    """One vector of all elements, recorded.

    Example:
        >>> import nn
        >>> nn.utils.parameters_to_vector(nn.Linear(3, 2).parameters()).shape
        (8,)
    """
    return autograd.cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Any]) -> None:
    """Write a vector's elements into parameters, in place and without recording.

    Args:
        vec: (n,), with as many elements as all parameters together.

    Raises:
        ShapeError: the vector and the parameters have different numbers of elements. No parameter is changed then.

    Example:
        >>> import autograd, nn
        >>> model = nn.Linear(2, 1)
        >>> nn.utils.vector_to_parameters(autograd.tensor([1.0, 2.0, 3.0]), model.parameters())
        >>> model.bias
        Parameter containing:
        tensor([3.], dtype=float32, requires_grad=True)
    """
    if not hasattr(vec, "array"):
        raise TypeError(f"expected a Tensor, but got {type(vec).__name__}")
    listed = list(parameters)
    total = sum(p.array.size for p in listed)
    if vec.ndim != 1 or vec.array.size != total:
        raise ShapeError(f"the vector is {describe(vec)}, and the parameters have {total} elements: nothing was changed")
    start = 0
    for p in listed:
        with memory.writing(p.array):
            np.copyto(p.array, vec.array[start : start + p.array.size].reshape(p.array.shape), casting="same_kind")
        start += p.array.size
