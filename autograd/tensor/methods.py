"""The methods of Tensor that are ops: one line each, naming the function that is also ``autograd.<name>``."""

from __future__ import annotations

from typing import Any

from . import decompositions, functions, spectral
from .inplace import in_place
from .methods_math import MathMethods
from .methods_shape import ShapeMethods


class Methods(MathMethods, ShapeMethods):
    """What a Tensor can do because an op does it."""

    __slots__ = ()

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

    # --------------------------------------------------------------------------------------------------- neural networks
    relu = functions.relu
    relu_ = in_place(functions.relu)
    softmax = functions.softmax
    log_softmax = functions.log_softmax
    hardshrink = functions.hardshrink
    prelu = functions.prelu
    stft = spectral.stft
    istft = spectral.istft

    # ---------------------------------------------------------------------------------------------------- linear algebra
    det = functions.det
    logdet = functions.logdet
    slogdet = functions.slogdet
    inverse = functions.inverse
    pinverse = functions.pinverse
    cholesky = functions.cholesky
    cholesky_solve = functions.cholesky_solve
    cholesky_inverse = functions.cholesky_inverse
    qr = functions.qr
    matrix_power = functions.matrix_power
    matrix_exp = functions.matrix_exp
    geqrf = functions.geqrf
    orgqr = functions.orgqr
    ormqr = functions.ormqr
    svd = decompositions.svd
    lu = decompositions.lu
    lu_solve = decompositions.lu_solve
    triangular_solve = decompositions.triangular_solve

    def __rmatmul__(self, other: Any) -> Any:
        return functions.matmul(other, self)
