"""Layers, losses and their tools: torch.nn's names on autograd's tensors."""

import autograd as _autograd

if not hasattr(_autograd, "Tensor"):
    raise ImportError(
        f"nn belongs to Glassgrad, but `import autograd` found another project at {getattr(_autograd, '__file__', None)} "
        f"(HIPS autograd has the same import name). Uninstall it (pip uninstall autograd), then reinstall Glassgrad "
        f"(pip install --force-reinstall glassgrad), or use an environment without it"
    )

from . import functional, init, utils
from .activation import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softmax2d,
    Softmin,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
    Threshold,
)  # fmt: skip
from .containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from .dropout import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout
from .linear import Bilinear, Flatten, Identity, LazyLinear, Linear, Unflatten
from .module import Module
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
from .recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNBase, RNNCell, RNNCellBase
from .stateless import functional_call
from .summary import summary

__all__ = [
    "CELU", "ELU", "GELU", "GLU", "GRU", "LSTM", "RNN", "SELU", "AlphaDropout", "Bilinear", "Buffer", "Dropout", "Dropout1d",
    "Dropout2d", "Dropout3d", "FeatureAlphaDropout", "Flatten", "GRUCell", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh",
    "Identity", "LSTMCell", "LazyLinear", "LeakyReLU", "Linear", "LogSigmoid", "LogSoftmax", "Mish", "Module", "ModuleDict",
    "ModuleList", "PReLU", "Parameter", "ParameterDict", "ParameterList", "RNNBase", "RNNCell", "RNNCellBase", "RReLU", "ReLU",
    "ReLU6", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softmax2d", "Softmin", "Softplus", "Softshrink", "Softsign", "Tanh",
    "Tanhshrink", "Threshold", "Unflatten", "UninitializedBuffer", "UninitializedParameter", "functional", "functional_call",
    "init", "summary", "utils",
]  # fmt: skip
