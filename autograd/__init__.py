"""NumPy, differentiated. The public names, and nothing else: each comes from the room in which its work is done."""


import sys as _sys
import warnings as _warnings
from math import e, inf, nan, pi
from typing import TYPE_CHECKING as _TYPE_CHECKING

# First, so that the name `tensor` is the function and not the room.
from .tensor.tensor import Tensor
from . import fft, func, linalg, random, special
from .engine.anomaly import detect_anomaly, is_anomaly_check_nan_enabled, is_anomaly_enabled, set_detect_anomaly
from .engine.values.devices import (
    are_deterministic_algorithms_enabled, channels_last, channels_last_3d, contiguous_format, device, get_default_device,
    get_deterministic_debug_mode, get_float32_matmul_precision, get_num_interop_threads, get_num_threads,
    is_deterministic_algorithms_warn_only_enabled, is_warn_always_enabled, layout, memory_format, preserve_format,
    set_default_device, set_deterministic_debug_mode, set_float32_matmul_precision, set_num_interop_threads, set_num_threads,
    set_warn_always, strided, use_deterministic_algorithms,
)
from .engine.values.dtypes import (
    bfloat16, bool, broadcast_shapes, can_cast, cdouble, cfloat, complex128, complex64, double, dtype, finfo, float, float16,
    float32, float64, get_default_dtype, half, iinfo, int, int16, int32, int64, int8, is_complex, is_floating_point, long,
    promote_types, result_type, set_default_dtype, short, uint16, uint32, uint64, uint8,
)
from .engine.gradients import backward
from .engine.output import add_layout as _add_layout, add_out as _add_out
from .engine.values.size import Size
from .engine.modes import enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_grad_enabled
from .functions.activation import (
    elu, gelu, hardshrink, hardsigmoid, hardswish, hardtanh, leaky_relu, log_softmax, logsigmoid, mish, prelu, relu, relu6,
    silu, softmax, softplus, softshrink, softsign, tanhshrink, threshold,
)
from .functions.convolution import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .tensor.copies import *  # view_copy and its kin
from .functions.creation import (
    arange, as_tensor, asarray, empty, empty_like, eye, from_dlpack, from_numpy, frombuffer, full, full_like, is_tensor,
    linspace, logspace, numel, ones, ones_like, scalar_tensor, tensor, tril_indices, triu_indices, zeros, zeros_like,
)
from .vmap import vmap
from .functions.distance import cdist, pdist, renorm
from .functions.elementwise import (
    abs, absolute, acos, acosh, add, addcdiv, addcmul, allclose, angle, arccos, arccosh, arcsin, arcsinh, arctan, arctan2,
    arctanh, array_equal, asin, asinh, atan, atan2, atanh, bitwise_and, bitwise_left_shift, bitwise_not, bitwise_or,
    bitwise_right_shift, bitwise_xor, cbrt, ceil, clamp, clamp_max, clamp_min, clip, complex, copysign, cos, cosh, deg2rad,
    degrees, div, divide, divmod, eq, equal, exp, exp2, expit, expm1, fabs, fix, float_power, floor, floor_divide, fmax, fmin,
    fmod, frac, frexp, gcd, ge, greater, greater_equal, gt, heaviside, hypot, invert, isclose, isfinite, isin, isinf, isnan,
    isneginf, isposinf, isreal, lcm, ldexp, le, left_shift, lerp, less, less_equal, log, log10, log1p, log2, logaddexp,
    logaddexp2, logical_and, logical_not, logical_or, logical_xor, lt, maximum, minimum, mod, modf, mul, multiply, nan_to_num,
    ne, neg, negative, nextafter, not_equal, positive, pow, power, rad2deg, radians, reciprocal, remainder, right_shift, rint,
    round, rsqrt, rsub, sgn, sigmoid, sign, signbit, sin, sinh, spacing, sqrt, square, sub, subtract, tan, tanh, true_divide,
    trunc, view_as_complex, view_as_real,
)
from .functions.embedding import embedding_bag
from .functions.histogram import bincount, histc, histogram, histogramdd
from .functions.indexing import (
    argwhere, choose, compress, fill, flatnonzero, gather, getitem, index_add, index_copy, index_fill, index_put, index_reduce,
    index_select, masked_fill, masked_select, narrow, narrow_copy, nonzero, nonzero_static, put, put_along_axis, select, take,
    take_along_dim, unravel_index, where,
)
from .functions.join import (
    atleast_1d, atleast_2d, atleast_3d, block, block_diag, cartesian_prod, cat, column_stack, combinations, concat, concatenate,
    dstack, hstack, meshgrid, row_stack, stack, vstack,
)
from .functions.linalg.householder import geqrf, orgqr, ormqr
from .functions.linalg.lowrank import (
    cross, frobenius_norm, lu, lu_solve, norm, nuclear_norm, pca_lowrank, qr, svd, svd_lowrank, triangular_solve, vander,
)
from .functions.linalg.lu import lu_unpack
from .functions.linalg.matrix import (
    cholesky, cholesky_inverse, cholesky_solve, det, inverse, logdet, matrix_exp, matrix_power, pinverse, slogdet,
)
from .functions.linalg.product import (
    addbmm, addmm, addmv, addr, baddbmm, bmm, chain_matmul, dot, einsum, inner, kron, matmul, mm, mv, outer, ger, polar,
    tensordot, vdot,
)
from .functions.normalization import batch_norm, group_norm, instance_norm, layer_norm, rms_norm
from .functions.pooling import adaptive_avg_pool1d, adaptive_max_pool1d, avg_pool1d, max_pool1d, max_pool2d, max_pool3d
from .functions.random import (
    bernoulli, binomial, default_generator, fork_rng, Generator, get_rng_state, initial_seed, manual_seed, multinomial, normal,
    poisson, rand, rand_like, randint, randint_like, randn, randn_like, randperm, seed, set_rng_state,
)
from .functions.reduction import (
    all, amax, amin, aminmax, any, argmax, argmin, average, count_nonzero, cummax, cummin, cumprod, cumsum, dist, logcumsumexp,
    logsumexp, max, mean, min, prod, ptp, std, std_mean, sum, var, var_mean,
)
from .functions.scatter import (
    as_strided_scatter, diagonal_scatter, masked_scatter, scatter, scatter_add, scatter_reduce, select_scatter, slice_scatter,
)
from .functions.shape import (
    adjoint, as_strided, astype, broadcast_tensors, broadcast_to, clone, conj, conj_physical, contiguous, diag, diag_embed,
    diagflat, diagonal, expand, flatten, flip, fliplr, flipud, imag, moveaxis, movedim, pad, permute, ravel, real,
    repeat_interleave, reshape, roll, rot90, squeeze, sum_to_size, swapaxes, swapdims, t, tile, trace, transpose, tril, triu,
    unflatten, unfold, unsqueeze, view,
)
from .functions.sorting import (
    argsort, bucketize, kthvalue, median, mode, msort, nanmedian, nanquantile, partition, quantile, searchsorted, sort, topk,
    unique, unique_consecutive,
)
from .functions.special import digamma, erf, erfc, erfinv, i0, igamma, igammac, lgamma, logit, mvlgamma, polygamma, sinc, xlogy
from .functions.split import (
    array_split, chunk, dsplit, hsplit, split, split_with_sizes, tensor_split, unbind, unsafe_chunk, unsafe_split,
    unsafe_split_with_sizes, vsplit,
)
from .functions.statistics import (
    corrcoef, cov, cumulative_trapezoid, diff, gradient, nancumprod, nancumsum, nanmax, nanmean, nanmin, nanprod, nanstd,
    nansum, nanvar, trapezoid, trapz,
)
from .functions.stft import istft, stft
from .tensor.strided import empty_permuted, empty_strided, range
from .functions.vision import channel_shuffle, pixel_shuffle, pixel_unshuffle
from .functions.windows import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window
from .tensor.legacy import *  # FloatTensor, Variable and their kin
from .tensor.printing import get_printoptions, set_printoptions
from .forms import grad
from .tensor.as_functions import *  # exp_ and the like, as as_functions.py lists them

# These are written in Python; the functions of ops take ``out=`` by themselves.
_add_out(
    globals(),
    "add addbmm addcdiv addcmul addmm addmv addr aminmax arange baddbmm bernoulli bmm bucketize cat chain_matmul "
    "cholesky_inverse cholesky_solve clamp_max clamp_min column_stack concat concatenate conj_physical cross cummax cummin "
    "cumprod cumsum diag diff div divide dot dstack empty eye frac frobenius_norm full geqrf ger heaviside histc histogram "
    "hstack index_add index_copy index_reduce index_select inner isin kron kthvalue ldexp linspace log_softmax logspace "
    "logsumexp lu lu_solve lu_unpack masked_select matrix_power max median min mm mode msort multinomial mv mvlgamma nanmean "
    "nanmedian nanquantile nansum narrow_copy nonzero norm normal nuclear_norm ones ormqr outer polar polygamma prod qr quantile "
    "rand randint randn randperm range reciprocal renorm round row_stack scatter scatter_add scatter_reduce searchsorted "
    "slice_scatter softmax sort std sub subtract svd take take_along_dim tensordot topk triangular_solve true_divide var vdot "
    "vstack zeros",
)
_add_layout(
    globals(),
    "arange bartlett_window blackman_window empty empty_like empty_permuted empty_strided eye full full_like hamming_window "
    "hann_window kaiser_window linspace logspace normal ones ones_like rand rand_like randint randint_like randn randn_like "
    "randperm range scalar_tensor tril_indices triu_indices zeros zeros_like",
)

# As in PyTorch, infinities and nan are results like others. Without this NumPy would warn of them, at a line of this library;
# ``python -W always`` still shows it, and ``detect_anomaly`` names the op, the layer and the user's line.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"(autograd|nn|optim)(\.|$)")

newaxis = None
__version__ = "0.1.0"
# `torch.autograd.grad`, after `import autograd as torch`.
autograd = _sys.modules[__name__]


if _TYPE_CHECKING:  # lazy.py finds these when a program asks for them
    from .function import Function
    from .proof.gradcheck import gradcheck, gradgradcheck
    from .serialization import load, save
__all__ = [*(_name for _name in globals() if _name[0] != "_"), "Function", "gradcheck", "gradgradcheck", "load", "save"]


def __getattr__(name: str) -> object:
    from .lazy import find

    value = find(name)
    if value is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value
