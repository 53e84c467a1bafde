"""The operators of Python on tensors: ``x + y``, ``2 / x``, ``x @ y``, ``x < y``, ``~x``, ``x += y``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.recording import operator
from ..functions import elementwise
from ..functions.inplace import in_place
from ..functions.linalg import product
from ..types import Tensor

_eq, _ne = operator(elementwise.eq), operator(elementwise.ne)


def reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    """The method that Python calls for ``other + x`` when ``other`` is no tensor."""

    def method(self: Tensor, other: Any) -> Any:
        return function(other, self)

    return method


class Operators:
    """The methods that Python calls for an operator with a tensor."""

    __slots__ = ()

    __add__ = operator(elementwise.plus)
    __radd__ = reflected(elementwise.plus)
    __iadd__ = in_place(elementwise.plus)

    __sub__ = operator(elementwise.minus)
    __rsub__ = reflected(elementwise.minus)
    __isub__ = in_place(elementwise.minus)

    __mul__ = operator(elementwise.mul)
    __rmul__ = reflected(elementwise.mul)
    __imul__ = in_place(elementwise.mul)

    __truediv__ = operator(elementwise.divided)
    __rtruediv__ = reflected(elementwise.divided)
    __itruediv__ = in_place(elementwise.divided)
    __div__, __rdiv__, __idiv__ = __truediv__, __rtruediv__, __itruediv__  # their names in Python 2, which PyTorch keeps

    __floordiv__ = operator(elementwise.floor_divide)
    __rfloordiv__ = reflected(elementwise.floor_divide)
    __ifloordiv__ = in_place(elementwise.floor_divide)

    __mod__ = operator(elementwise.remainder)
    __rmod__ = reflected(elementwise.remainder)
    __imod__ = in_place(elementwise.remainder)

    __pow__ = operator(elementwise.pow)
    __rpow__ = reflected(elementwise.pow)
    __ipow__ = in_place(elementwise.pow)

    __matmul__ = operator(product.matmul)
    __rmatmul__ = reflected(product.matmul)

    __and__ = operator(elementwise.bitwise_and)
    __rand__ = reflected(elementwise.bitwise_and)
    __iand__ = in_place(elementwise.bitwise_and)

    __or__ = operator(elementwise.bitwise_or)
    __ror__ = reflected(elementwise.bitwise_or)
    __ior__ = in_place(elementwise.bitwise_or)

    __xor__ = operator(elementwise.bitwise_xor)
    __rxor__ = reflected(elementwise.bitwise_xor)
    __ixor__ = in_place(elementwise.bitwise_xor)

    __lshift__ = operator(elementwise.bitwise_left_shift)
    __rlshift__ = reflected(elementwise.bitwise_left_shift)
    __ilshift__ = in_place(elementwise.bitwise_left_shift)

    __rshift__ = operator(elementwise.bitwise_right_shift)
    __rrshift__ = reflected(elementwise.bitwise_right_shift)
    __irshift__ = in_place(elementwise.bitwise_right_shift)

    __divmod__ = elementwise.divmod
    __rdivmod__ = reflected(elementwise.divmod)

    __neg__ = elementwise.neg
    __pos__ = elementwise.positive
    __abs__ = elementwise.abs
    __invert__ = elementwise.bitwise_not

    __lt__ = operator(elementwise.lt)
    __le__ = operator(elementwise.le)
    __gt__ = operator(elementwise.gt)
    __ge__ = operator(elementwise.ge)

    def __eq__(self: Tensor, other: Any) -> Any:
        return NotImplemented if other is None or isinstance(other, str) else _eq(self, other)

    def __ne__(self: Tensor, other: Any) -> Any:
        return NotImplemented if other is None or isinstance(other, str) else _ne(self, other)

    __hash__ = object.__hash__

    def __round__(self: Tensor, ndigits: int | None = None) -> Tensor:
        return elementwise.round(self, decimals=ndigits or 0)
