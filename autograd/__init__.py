"""NumPy, differentiated. The public names, and nothing else."""


import sys as _sys
from math import e, inf, nan, pi

# First, so that the name `tensor` is the function and not the module.
from .tensor import Tensor
from . import fft, func, linalg, random
from . import numpy_linalg as _numpy_linalg
from .anomaly import detect_anomaly, is_anomaly_check_nan_enabled, is_anomaly_enabled, set_detect_anomaly
from .creation import (
    arange, as_tensor, asarray, empty, empty_like, eye, from_dlpack, from_numpy, frombuffer, full, full_like, is_tensor, linspace,
    logspace, numel, ones, ones_like, scalar_tensor, tensor, tril_indices, triu_indices, zeros, zeros_like,
)  # fmt: skip
from .decompositions import (
    frobenius_norm, lu, lu_solve, nuclear_norm, pca_lowrank, svd, svd_lowrank, triangular_solve, vander,
)  # fmt: skip
from .devices import (
    accelerator, backends, cuda, device, get_default_device, mps, set_default_device, use_deterministic_algorithms,
)  # fmt: skip
from .dtypes import (
    bool, broadcast_shapes, can_cast, cdouble, cfloat, complex64, complex128, double, dtype, finfo, float, float16, float32,
    float64, get_default_dtype, half, iinfo, int, int8, int16, int32, int64, is_complex, is_floating_point, long, promote_types,
    result_type, set_default_dtype, short, uint8, uint16, uint32, uint64,
)  # fmt: skip
from .formatting import get_printoptions, set_printoptions
from .function import Function
from .functions import *  # every op, as functions.py lists them
from .method_functions import *  # exp_ and the like, as method_functions.py lists them
from .gradcheck import gradcheck, gradgradcheck
from .gradients import backward, grad
from .modes import enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_grad_enabled
from .imaging import channel_shuffle, pixel_shuffle, pixel_unshuffle
from .neural import (
    batch_norm, conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, embedding_bag, group_norm,
    instance_norm, layer_norm, rms_norm,
)  # fmt: skip
from .pooled import adaptive_avg_pool1d, adaptive_max_pool1d, avg_pool1d, max_pool1d, max_pool2d, max_pool3d
from .random import (
    Generator, bernoulli, binomial, default_generator, fork_rng, get_rng_state, initial_seed, manual_seed, multinomial, normal,
    poisson, rand, rand_like, randint, randint_like, randn, randn_like, randperm, seed, set_rng_state,
)  # fmt: skip
from .serialization import load, save
from .spectral import istft, stft
from .windows import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window

newaxis = None
# `torch.autograd.grad`, after `import autograd as torch`.
autograd = _sys.modules[__name__]


def __getattr__(name: str) -> object:
    # Pictures are imported when they are first looked at: training needs none.
    if name == "viz":
        from importlib import import_module

        return import_module(".viz", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
