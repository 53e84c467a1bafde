"""The methods of Tensor that are ops: one line each, naming the function that is also ``autograd.<name>``."""

from __future__ import annotations

from typing import Any

from ..functions import activation
from ..functions import stft as spectral
from ..functions.inplace import in_place
from ..functions.linalg import householder, lowrank, matrix, product
from .arithmetic import MathMethods
from .shape import ShapeMethods


class Methods(MathMethods, ShapeMethods):
    """What a Tensor can do because an op does it."""

    __slots__ = ()

    # ---------------------------------------------------------------------------------------------------------- products
    __matmul__ = matmul = product.matmul
    mm = product.mm
    bmm = product.bmm
    mv = product.mv
    dot = product.dot
    vdot = product.vdot
    inner = product.inner
    outer = ger = product.outer
    kron = product.kron
    addmm = product.addmm
    addmv = product.addmv
    addr = product.addr
    addbmm = product.addbmm
    baddbmm = product.baddbmm
    addmm_ = in_place(product.addmm)
    addmv_ = in_place(product.addmv)
    addr_ = in_place(product.addr)
    addbmm_ = in_place(product.addbmm)
    baddbmm_ = in_place(product.baddbmm)
    cross = product.cross

    # --------------------------------------------------------------------------------------------------- neural networks
    relu = activation.relu
    relu_ = in_place(activation.relu)
    softmax = activation.softmax
    log_softmax = activation.log_softmax
    hardshrink = activation.hardshrink
    prelu = activation.prelu
    stft = spectral.stft
    istft = spectral.istft

    # ---------------------------------------------------------------------------------------------------- linear algebra
    det = matrix.det
    logdet = matrix.logdet
    slogdet = matrix.slogdet
    inverse = matrix.inv
    pinverse = matrix.pinv
    cholesky = matrix.cholesky
    cholesky_solve = matrix.cholesky_solve
    cholesky_inverse = matrix.cholesky_inverse
    qr = matrix.qr
    matrix_power = matrix.matrix_power
    matrix_exp = matrix.matrix_exp
    geqrf = householder.geqrf
    orgqr = householder.orgqr
    ormqr = householder.ormqr
    svd = lowrank.svd
    lu = lowrank.lu
    lu_solve = lowrank.lu_solve
    triangular_solve = lowrank.triangular_solve

    def __rmatmul__(self, other: Any) -> Any:
        return product.matmul(other, self)
