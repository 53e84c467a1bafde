"""The methods of Tensor that are ops: one line each, naming the function that is also ``autograd.<name>``."""

from __future__ import annotations

from typing import Any

from . import functions
from .inplace import in_place
from .methods_shape import ShapeMethods


class Methods(ShapeMethods):
    """What a Tensor can do because an op does it."""

    __slots__ = ()

    # -------------------------------------------------------------------------------------------------------- arithmetic
    __add__ = add = functions.add
    __sub__ = sub = functions.sub
    __mul__ = mul = functions.mul
    __truediv__ = div = functions.div
    __neg__ = neg = functions.neg
    exp = functions.exp
    log = functions.log
    tanh = functions.tanh
    square = functions.square

    # ---------------------------------------------------------------------------------------------------------- in place
    add_ = in_place(functions.add)
    mul_ = in_place(functions.mul)

    def __radd__(self, other: Any) -> Any:
        return functions.add(other, self)

    def __rmul__(self, other: Any) -> Any:
        return functions.mul(other, self)

    def __rsub__(self, other: Any) -> Any:
        return functions.sub(other, self)

    def __rtruediv__(self, other: Any) -> Any:
        return functions.div(other, self)

    # ---------------------------------------------------------------------------------------------------------- products
    __matmul__ = matmul = functions.matmul
    mm = functions.mm
    bmm = functions.bmm
    mv = functions.mv
    dot = functions.dot
    vdot = functions.vdot
    inner = functions.inner
    outer = ger = functions.outer
    kron = functions.kron
    addmm = functions.addmm
    addmv = functions.addmv
    addr = functions.addr
    addbmm = functions.addbmm
    baddbmm = functions.baddbmm
    addmm_ = in_place(functions.addmm)
    addmv_ = in_place(functions.addmv)
    addr_ = in_place(functions.addr)
    addbmm_ = in_place(functions.addbmm)
    baddbmm_ = in_place(functions.baddbmm)
    cross = functions.cross

    def __rmatmul__(self, other: Any) -> Any:
        return functions.matmul(other, self)

    # --------------------------------------------------------------------------------------------------------- reduction
    sum = functions.sum

