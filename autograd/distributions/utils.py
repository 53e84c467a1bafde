"""``torch.distributions.utils``: between probabilities and logits, and between triangles and vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd

from ..types import Tensor

euler_constant = 0.57721566490153286


class lazy_property:
    """An attribute that is computed when it is first asked for, with a graph also where that is within ``no_grad``."""

    def __init__(self, wrapped: Callable[[Any], Any]) -> None:
        self.wrapped, self.__doc__ = wrapped, wrapped.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        with autograd.enable_grad():
            value = self.wrapped(instance)
        setattr(instance, self.name, value)
        return value


def broadcast_all(*values: Tensor | float) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers get the dtype of the tensors."""
    if not all(isinstance(v, autograd.Tensor | int | float) for v in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    dtypes = [v.dtype for v in values if isinstance(v, autograd.Tensor)]
    dtype = dtypes[0] if dtypes else autograd.get_default_dtype()
    tensors = [v if isinstance(v, autograd.Tensor) else autograd.tensor(v, dtype=dtype) for v in values]
    return tuple(autograd.broadcast_tensors(*tensors))


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities away from 0 and 1 by the dtype's eps."""
    eps = float(np.finfo(probs.dtype).eps)
    return probs.clamp(eps, 1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """The logarithms of probabilities; of one probability, that of its odds."""
    p = clamp_probs(probs)
    return p.log() - autograd.log1p(-p) if is_binary else p.log()


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities: softmax along the last dimension, or the sigmoid."""
    return autograd.sigmoid(logits) if is_binary else autograd.softmax(logits, -1)


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The numbers on and below a diagonal, row by row."""
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    rows, columns = np.tril_indices(n, diag)
    return mat[..., rows, columns]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """A matrix with these numbers on and below a diagonal, row by row."""
    count = vec.shape[-1]
    n = (-(1 + 2 * diag) + ((1 + 2 * diag) ** 2 + 8 * count + 4 * abs(diag) * (diag + 1)) ** 0.5) / 2
    if n % 1 > 1e-6:
        raise ValueError(
            f"The size of last dimension is {count} which cannot be expressed as the lower triangular part of a square matrix"
        )
    size = round(n)
    rows, columns = np.tril_indices(size, diag)
    empty = autograd.zeros((*vec.shape[:-1], size * size), dtype=vec.dtype)
    places = autograd.as_tensor(rows * size + columns).expand(vec.shape)
    return empty.scatter(-1, places, vec).reshape((*vec.shape[:-1], size, size))


__all__ = [
    "broadcast_all", "clamp_probs", "euler_constant", "lazy_property", "logits_to_probs", "probs_to_logits", "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]  # fmt: skip
