"""``torch.autograd.forward_ad``: forward mode by dual tensors, each a value with its derivative along some direction."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .engine.forward import DualTangents, TangentSwitch, push, tangents_enabled
from .engine.forward import level_here as _level
from .engine.gradients import node_of
from .engine.graph import leaf, make
from .engine.modes import Mode, current
from .engine.recording import record
from .engine.standin import copied
from .errors import ArgumentError, DtypeError, GraphError, ShapeError, describe
from .func import ENTRY
from .tensor.tensor import Tensor


class dual_level(Mode):
    """A block within which tensors may carry tangents: each op computes the tangent of its result together with it.

    Example:
        >>> import autograd
        >>> from autograd import forward_ad
        >>> with forward_ad.dual_level():
        ...     x = forward_ad.make_dual(autograd.tensor(3.0), autograd.tensor(1.0))
        ...     forward_ad.unpack_dual(x * x).tangent
        tensor(6., dtype=float32)
    """

    def changes(self) -> dict[str, Any]:
        level = _level()
        if level is not None:
            raise GraphError("Nested forward mode AD is not supported at the moment: use func.jvp, which nests")
        return {"grad": True, "watch": DualTangents(current().watch)}


class _set_fwd_grad_enabled(Mode):
    """A block within which ops compute tangents, or do not: their results have none then, and backward goes through all the same.

    Args:
        mode: whether they do.

    Example:
        >>> import autograd
        >>> from autograd import forward_ad
        >>> def f(x):
        ...     with forward_ad._set_fwd_grad_enabled(False):
        ...         constant = x * x
        ...     return x * x - constant
        >>> autograd.func.jvp(f, (autograd.tensor(3.0),), (autograd.tensor(1.0),))[1]
        tensor(6., dtype=float32)
    """

    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def changes(self) -> dict[str, Any]:
        return {"watch": TangentSwitch(current().watch, self.mode)}

    def _arguments(self) -> tuple[Any, ...]:
        return (self.mode,)


def _is_fwd_grad_enabled() -> bool:
    """Whether ops compute tangents here."""
    return tangents_enabled()


class UnpackedDualTensor(NamedTuple):
    """A value, and its tangent: None where it has none."""

    primal: Tensor
    tangent: Tensor | None


def make_dual(tensor: Tensor, tangent: Tensor) -> Tensor:
    """A tensor of the same values that carries a tangent.

    Args:
        tensor: of floating point or complex numbers. tangent: of its shape and dtype.

    Raises:
        GraphError: outside of a ``dual_level``. ArgumentError: integers. ShapeError, DtypeError: a tangent that does not match.

    Example:
        >>> import autograd
        >>> from autograd import forward_ad
        >>> with forward_ad.dual_level():
        ...     dual = forward_ad.make_dual(autograd.ones(2), autograd.tensor([1.0, 2.0]))
        ...     forward_ad.unpack_dual(dual.exp().sum()).tangent
        tensor(8.1548, dtype=float32)
    """
    level = _level()
    if level is None:
        raise GraphError("Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first")
    if tensor.array.dtype.kind not in "fc":
        raise ArgumentError(f"Expected primal to be floating point or complex, but got {describe(tensor.array)}")
    if tangent.array.dtype.kind not in "fc":
        raise ArgumentError(f"Expected tangent to be floating point or complex, but got {describe(tangent.array)}")
    if tangent.array.shape != tensor.array.shape:
        raise ShapeError(f"the tangent {describe(tangent.array)} has another shape than the primal {describe(tensor.array)}")
    if tangent.array.dtype != tensor.array.dtype:
        raise DtypeError(f"the tangent {describe(tangent.array)} has another dtype than the primal {describe(tensor.array)}")
    below = node_of(tangent)
    if below is not None and (below in level.tangents or push(level.tangents, [below])[0] is not None):
        raise GraphError(
            "Setting a forward grad that itself has a forward gradient at the same level is not supported: use func.jvp"
        )
    # No leaf, so that it may be written in place, as in PyTorch; a backward goes on to the tensor.
    primal = node_of(tensor)
    dual = make(tensor.array)
    parent = leaf(make(tensor.array)) if primal is None else primal
    dual.node = record(ENTRY, (parent,), (tensor.array,), tensor.array, {}, None)
    level.tangents[dual.node] = tangent.array
    level.given[dual.node] = tangent
    return dual


def unpack_dual(tensor: Tensor) -> UnpackedDualTensor:
    """The value of a tensor and its tangent, each without a graph.

    Example:
        >>> import autograd
        >>> from autograd import forward_ad
        >>> with forward_ad.dual_level():
        ...     forward_ad.unpack_dual(autograd.ones(1))
        UnpackedDualTensor(primal=tensor([1.], dtype=float32), tangent=None)
    """
    level, node = _level(), node_of(tensor)
    primal = tensor.detach()
    if level is None or node is None:
        return UnpackedDualTensor(primal, None)
    if node in level.given:
        return UnpackedDualTensor(primal, level.given[node])
    found = level.of(node)
    return UnpackedDualTensor(primal, None if found is None else make(np.asarray(copied(found))))


def enter_dual_level() -> dual_level:
    """Open a level by hand; ``exit_dual_level`` closes it."""
    level = dual_level()
    level.__enter__()
    _opened.append(level)
    return level


def exit_dual_level(*, level: int | None = None) -> None:
    """Close the level that ``enter_dual_level`` opened last.

    Raises:
        GraphError: none is open.
    """
    if not _opened:
        raise GraphError("Trying to exit a forward AD level but none is open")
    _opened.pop().__exit__(None, None, None)


_opened: list[dual_level] = []

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]
