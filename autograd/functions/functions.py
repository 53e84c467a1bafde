"""The ops as functions of tensors, under their public names: one line an op."""

from __future__ import annotations

from .recording import recorded
from .activating import log_softmax, prelu, softmax
from .counting import (
    argwhere, bincount, bucketize, flatnonzero, histc, histogram, histogramdd, isin, nonzero, nonzero_static, searchsorted,
    unique, unique_consecutive, unravel_index,
)  # fmt: skip
from .distances import cdist, pdist, renorm
from .numerical import (
    corrcoef, cov, cumulative_trapezoid, diff, gradient, nancumprod, nancumsum, nanmax, nanmean, nanmin, nanprod, nanstd,
    nansum, nanvar, trapezoid, trapz,
)  # fmt: skip
from .ops import activation
from .ops import complex as complex_
from .ordering import (
    argsort, kthvalue, median, mode, msort, nanmedian, nanquantile, partition, quantile, sort, topk,
)  # fmt: skip
from .picking import (
    choose, compress, gather, getitem, index_add, index_copy, index_fill, index_put, index_reduce, index_select, masked_fill,
    masked_scatter, masked_select, put, put_along_axis, scatter, scatter_add, scatter_reduce, take, take_along_dim,
)  # fmt: skip
from .pointwise import (
    abs, absolute, acos, acosh, add, addcdiv, addcmul, allclose, angle, arccos, arccosh, arcsin, arcsinh, arctan, arctan2,
    arctanh, array_equal, asin, asinh, atan, atan2, atanh, bitwise_and, bitwise_left_shift, bitwise_not, bitwise_or,
    bitwise_right_shift, bitwise_xor, cbrt, ceil, clamp, clamp_max, clamp_min, clip, copysign, cos, cosh, deg2rad, degrees,
    div, divide, divmod, eq, equal, exp, exp2, expit, expm1, fabs, fix, float_power, floor, floor_divide, fmax, fmin, fmod,
    frac, frexp, gcd, ge, greater, greater_equal, gt, heaviside, hypot, invert, isclose, isfinite, isinf, isnan, isneginf,
    isposinf, isreal, lcm, ldexp, le, left_shift, lerp, less, less_equal, log, log10, log1p, log2, logaddexp, logaddexp2,
    logical_and, logical_not, logical_or, logical_xor, lt, maximum, minimum, mod, modf, mul, multiply, nan_to_num, ne, neg,
    negative, nextafter, not_equal, positive, pow, power, rad2deg, radians, reciprocal, remainder, right_shift, rint, round,
    rsqrt, rsub, sgn, sigmoid, sign, signbit, sin, sinh, spacing, sqrt, square, sub, subtract, tan, tanh, true_divide, trunc,
    where,
)  # fmt: skip
from .householder import geqrf, ormqr, orgqr
from .joining import (
    atleast_1d, atleast_2d, atleast_3d, block, block_diag, cartesian_prod, cat, column_stack, combinations, concat, concatenate,
    dstack, hstack, meshgrid, row_stack, stack, vstack,
)  # fmt: skip
from .linalg import (
    cholesky, cholesky_inverse, cholesky_solve, det, inv as inverse, logdet, matrix_exp, matrix_power, pinv as pinverse, qr,
    slogdet,
)  # fmt: skip
from .lu import lu_unpack
from .products import (
    addbmm, addmm, addmv, addr, baddbmm, bmm, chain_matmul, cross, dot, einsum, inner, kron, matmul, mm, mv, outer as ger, outer,
    polar, tensordot, vdot,
)  # fmt: skip
from .reductions import (
    all, amax, amin, aminmax, any, argmax, argmin, average, count_nonzero, cummax, cummin, cumprod, cumsum, dist,
    logcumsumexp, logsumexp, max, mean, min, norm, prod, ptp, std, std_mean, sum, var, var_mean,
)  # fmt: skip
from .replacing import as_strided_scatter, diagonal_scatter, fill, select_scatter, slice_scatter
from .shaping import (
    adjoint, as_strided, astype, broadcast_tensors, broadcast_to, clone, conj, conj_physical, contiguous, diag, diag_embed,
    diagflat, diagonal, expand, flatten, flip, fliplr, flipud, imag, moveaxis, movedim, pad, permute, ravel, real,
    repeat_interleave, reshape, roll, rot90, squeeze, sum_to_size, swapaxes, swapdims, t, tile, trace, transpose, tril, triu,
    unflatten, unfold, unsqueeze, view,
)  # fmt: skip
from .special import (
    digamma, erf, erfc, erfinv, i0, igamma, igammac, lgamma, logit, mvlgamma, polygamma, sinc, xlogy,
)  # fmt: skip
from .splitting import (
    array_split, chunk, dsplit, hsplit, narrow, narrow_copy, select, split, split_with_sizes, tensor_split, unbind, unsafe_chunk,
    unsafe_split, unsafe_split_with_sizes, vsplit,
)  # fmt: skip

# ----------------------------------------------------------------------------------------------------------- complex numbers
complex = recorded(complex_.complex_)
view_as_real = recorded(complex_.view_as_real)
view_as_complex = recorded(complex_.view_as_complex)

# ---------------------------------------------------------------------------------------------------------- neural networks
relu = recorded(activation.relu)
leaky_relu = recorded(activation.leaky_relu)
hardtanh = recorded(activation.hardtanh)
relu6 = recorded(activation.relu6)
hardsigmoid = recorded(activation.hardsigmoid)
hardswish = recorded(activation.hardswish)
threshold = recorded(activation.threshold)
softshrink = recorded(activation.softshrink)
hardshrink = recorded(activation.hardshrink)
elu = recorded(activation.elu)
gelu = recorded(activation.gelu)
silu = recorded(activation.silu)
mish = recorded(activation.mish)
softplus = recorded(activation.softplus)
logsigmoid = recorded(activation.logsigmoid)
softsign = recorded(activation.softsign)
tanhshrink = recorded(activation.tanhshrink)

# What autograd/__init__.py makes public: every function above.
__all__ = [name for name, value in list(globals().items()) if callable(value) and name != "recorded" and not name.startswith("_")]
