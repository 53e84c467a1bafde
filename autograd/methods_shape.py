"""The methods of Tensor that concern shape, joining, splitting, indexing and order: one line each, naming the function."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from . import shaping


def spread(function: Callable[..., Any]) -> Callable[..., Any]:
    """The method whose numbers may be given one by one: ``x.view(2, 3)`` as ``view(x, (2, 3))``."""

    @wraps(function)
    def method(self: Any, *numbers: Any, **named: Any) -> Any:
        if len(numbers) == 1 and isinstance(numbers[0], list | tuple):
            return function(self, tuple(numbers[0]), **named)
        return function(self, numbers, **named) if numbers or not named else function(self, **named)

    return method


class ShapeMethods:
    """What a Tensor can do that moves its numbers without changing them."""

    __slots__ = ()

    # ------------------------------------------------------------------------------------------------------------- shape
    reshape = spread(shaping.reshape)
    view = spread(shaping.view)
    flatten = shaping.flatten
    unflatten = shaping.unflatten
    ravel = shaping.ravel
    squeeze = shaping.squeeze
    unsqueeze = shaping.unsqueeze
    expand = spread(shaping.expand)
    broadcast_to = spread(shaping.expand)
    permute = spread(shaping.permute)
    swapaxes = swapdims = shaping.transpose
    movedim = moveaxis = shaping.movedim
    t = shaping.t
    adjoint = shaping.adjoint
    roll = shaping.roll
    tile = spread(shaping.tile)
    contiguous = shaping.contiguous
    clone = copy = shaping.clone
    astype = shaping.astype
    diagonal = shaping.diagonal
    diag_embed = shaping.diag_embed
    tril = shaping.tril
    triu = shaping.triu
    unfold = shaping.unfold
    conj = conjugate = shaping.conj

    def transpose(self, *dims: Any) -> Any:
        """Two dimensions exchanged; with none or all of them named, NumPy's ``transpose``: the dimensions in that order."""
        if len(dims) == 2:
            return shaping.transpose(self, *dims)
        return shaping.permute(self, dims[0] if len(dims) == 1 and not isinstance(dims[0], int) else dims or None)

    @property
    def T(self) -> Any:
        """The dimensions in reverse order."""
        return shaping.permute(self)

    @property
    def mT(self) -> Any:
        """The matrices in the last two dimensions, transposed."""
        return shaping.transpose(self, -2, -1)

    @property
    def mH(self) -> Any:
        """The matrices in the last two dimensions, conjugated and transposed."""
        return shaping.adjoint(self)

    @property
    def H(self) -> Any:
        """A matrix, conjugated and transposed."""
        return shaping.conj(shaping.t(self))

    @property
    def real(self) -> Any:
        """The real part, a view; a real tensor itself."""
        return shaping.real(self) if self.array.dtype.kind == "c" else self

    @property
    def imag(self) -> Any:
        """The imaginary part of complex numbers, a view."""
        return shaping.imag(self)
