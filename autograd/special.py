"""Special functions of tensors, under the names of ``torch.special``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .errors import ArgumentError, describe
from .ops import activation
from .ops import special as ops
from .pointwise import exp2, expit, expm1, log1p, plus, round
from .recording import operand, recorded
from .reductions import logsumexp

erf = recorded(ops.erf)
erfc = recorded(ops.erfc)
erfcx = recorded(ops.erfcx)
erfinv = recorded(ops.erfinv)
ndtr = recorded(ops.ndtr)
log_ndtr = recorded(ops.log_ndtr)
ndtri = recorded(ops.ndtri)
gammaln = lgamma = recorded(ops.lgamma)
psi = digamma = recorded(ops.digamma)
gammainc = igamma = recorded(ops.gammainc)
gammaincc = igammac = recorded(ops.gammaincc)
zeta = recorded(ops.zeta)
bessel_j0 = recorded(ops.j0)
bessel_j1 = recorded(ops.j1)
i0 = modified_bessel_i0 = recorded(ops.i0)
i0e = recorded(ops.i0e)
i1 = modified_bessel_i1 = recorded(ops.i1)
i1e = recorded(ops.i1e)
entr = recorded(ops.entr)
xlogy = recorded(ops.xlogy)
xlog1py = recorded(ops.xlog1py)
logit = recorded(ops.logit)
sinc = recorded(ops.sinc)
softmax = recorded(activation.softmax)
log_softmax = recorded(activation.log_softmax)


def polygamma(n: int, input: Any) -> Any:
    """The n-th derivative of digamma, ψ⁽ⁿ⁾(input), n ≥ 0; its derivative is the next one.

    Example:
        >>> import autograd
        >>> autograd.polygamma(1, autograd.tensor([1.0, 2.0]))
        tensor([1.6449, 0.6449], dtype=float32)
    """
    return recorded(ops.polygamma)(input, n=int(n))


def multigammaln(input: Any, p: int) -> Any:
    """log of the multivariate gamma function of dimension p: log(π) p (p - 1) / 4 + Σ log Γ(input - (i - 1) / 2) over i = 1 ... p.

    Raises:
        ArgumentError: p < 1, or an element that is not greater than (p - 1) / 2.

    Example:
        >>> import autograd
        >>> autograd.special.multigammaln(autograd.tensor([1.0, 2.5]), 2)
        tensor([1.1447, 0.8570], dtype=float32)
    """
    if p < 1:
        raise ArgumentError(f"multigammaln: p has to be greater than or equal to 1, not {p}")
    array = operand(input)[0]
    if np.any(array <= (p - 1) / 2):
        raise ArgumentError(f"multigammaln: all elements must be greater than (p - 1) / 2 = {(p - 1) / 2}: {describe(array)}")
    total: Any = math.log(math.pi) * p * (p - 1) / 4
    for i in range(p):
        total = plus(lgamma(plus(input, -0.5 * i)), total)
    return total


mvlgamma = multigammaln


__all__ = [
    "bessel_j0", "bessel_j1", "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammainc",
    "gammaincc", "gammaln", "i0", "i0e", "i1", "i1e", "lgamma", "log1p", "log_ndtr", "log_softmax", "logit", "logsumexp",
    "modified_bessel_i0", "modified_bessel_i1", "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "round", "sinc",
    "softmax", "xlog1py", "xlogy", "zeta",
]  # fmt: skip
