"""Keeping gradients small, and measuring them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from types import GeneratorType
from typing import Any

import numpy as np

from autograd.engine import memory
from autograd.engine.graph import make
from autograd.engine.recording import AnyTensor
from autograd.engine.standin import StandIn, as_array
from autograd.errors import DtypeError
from autograd.types import Tensor

from ..deprecation import deprecated


def _listed(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """The parameters as a list. Warns if they came as a generator that is used up: nothing would be clipped."""
    listed = [parameters] if isinstance(parameters, AnyTensor) else list(parameters)
    if not listed and isinstance(parameters, GeneratorType):
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=3)
    return listed


def _gradients(listed: list[Tensor]) -> list[Tensor]:
    return [p.grad for p in listed if p.grad is not None]


def _norm(array: Any, p: float) -> Any:
    """The p-norm of an array's elements: a number, or a stand-in for one while ``autograd.compile`` writes a step down."""
    if not array.size:
        return 0.0
    flat = array.ravel()
    if p == math.inf:
        return np.abs(flat).max()
    if p == 2 and not isinstance(flat, StandIn):
        squares = float(np.vdot(flat, flat).real)
        # Squares of large float32 numbers overflow where their norm does not, and small ones vanish.
        if 0 < squares < math.inf:
            return math.sqrt(squares)
    sizes = np.abs(flat).astype(np.float64)
    if p == 2:
        return np.sqrt((sizes * sizes).sum())
    if p == -math.inf:
        return sizes.min()
    return (sizes != 0).sum() if p == 0 else (sizes**p).sum() ** (1 / p)


def get_total_norm(
    tensors: Iterable[Any], norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Tensor:
    """The norm of all elements of several tensors, as if they were one vector.

    Args:
        tensors: of any shapes. norm_type: p; ``inf`` for the largest absolute value. error_if_nonfinite: raise for nan and inf.
        foreach: has no effect.

    Raises:
        RuntimeError: a norm of nan or inf, if asked for.

    Example:
        >>> import autograd, nn
        >>> nn.utils.get_total_norm([autograd.tensor([3.0]), autograd.tensor([0.0, 4.0])])
        tensor(5., dtype=float32)
    """
    listed = [tensors] if isinstance(tensors, AnyTensor) else list(tensors)
    p = float(norm_type)
    norms = [_norm(t.array, p) for t in listed]
    total = _norm(np.stack(norms), p) if listed else 0.0
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {p} for gradients from `parameters` is non-finite, so it cannot be clipped. To disable this "
            f"error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    dtype = np.result_type(*[t.array.real.dtype for t in listed]) if listed else np.dtype(np.float32)
    return make(as_array(total).astype(dtype))


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor | float, foreach: bool | None = None
) -> None:
    """Multiply the gradients by max_norm / (total_norm + 1e-6) if that is less than 1.

    Args:
        parameters: tensors with gradients, or one.
        max_norm: the greatest norm that is left as it is.
        total_norm: the norm of all gradients together.
        foreach: has no effect.

    Example:
        >>> import autograd, nn
        >>> w = autograd.tensor([3.0, 4.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> nn.utils.clip_grads_with_norm_([w], 1.0, total_norm=10.0)
        >>> w.grad
        tensor([0.6000, 0.8000], dtype=float32)
    """
    total = total_norm.array if isinstance(total_norm, AnyTensor) else total_norm
    factor = as_array(float(max_norm) / (total + 1e-6))
    if not isinstance(factor, StandIn) and factor >= 1:
        return
    factor = np.minimum(factor, 1)  # a compiled step always multiplies: it does not know yet what the norm will be
    for g in _gradients(_listed(parameters)):
        with memory.writing(g.array):
            np.multiply(g.array, factor.astype(g.array.real.dtype), out=g.array)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale the gradients so that their total norm is at most ``max_norm``; returns the norm that they had.

    Args:
        parameters: tensors with gradients, or one. norm_type: p; ``inf`` for the largest absolute value.
        error_if_nonfinite: raise for nan and inf, and leave the gradients as they are.
        max_norm: the greatest norm that is left as it is.
        foreach: has no effect.

    Raises:
        RuntimeError: a norm of nan or inf, if asked for.

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013.

    Example:
        >>> import autograd, nn
        >>> w = autograd.tensor([3.0, 4.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> nn.utils.clip_grad_norm_([w], max_norm=1.0)
        tensor(10., dtype=float32)
        >>> w.grad
        tensor([0.6000, 0.8000], dtype=float32)
    """
    listed = _listed(parameters)
    total = get_total_norm(_gradients(listed), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(listed, max_norm, total)
    return total


clip_grad_norm = deprecated(clip_grad_norm_, "nn.utils.clip_grad_norm", "nn.utils.clip_grad_norm_")


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Limit every element of the gradients to [-clip_value, clip_value].

    Args:
        parameters: tensors with gradients, or one.
        clip_value: the greatest absolute value.
        foreach: has no effect.

    Example:
        >>> import autograd, nn
        >>> w = autograd.tensor([3.0, 4.0], requires_grad=True)
        >>> (w * w).sum().backward()
        >>> nn.utils.clip_grad_value_([w], 7.0)
        >>> w.grad
        tensor([6., 7.], dtype=float32)
    """
    gradients = _gradients(_listed(parameters))
    if any(g.array.dtype.kind == "c" for g in gradients):
        raise DtypeError("clip_grad_value_: complex gradients have no order to be clipped by: use clip_grad_norm_")
    for g in gradients:
        with memory.writing(g.array):
            np.clip(g.array, -float(clip_value), float(clip_value), out=g.array)
