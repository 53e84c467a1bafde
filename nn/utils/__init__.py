"""Tools for parameters, gradients and sequences, under torch.nn.utils's names. No layer lives here."""

from __future__ import annotations

import inspect
from typing import Any

from .. import init
from ..module import Module
from . import parametrizations, parametrize, prune, rnn, stateless
from .clip_grad import clip_grad_norm, clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from .convert_parameters import parameters_to_vector, vector_to_parameters
from .fusion import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights
from .reparametrize import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm


def skip_init(module_cls: type[Module], *args: Any, **kwargs: Any) -> Module:
    """Make a module without drawing initial values: for a program that loads or draws the values itself afterwards.

    Args:
        module_cls: the layer's class. args, kwargs: arguments for its constructor.

    Raises:
        RuntimeError: the class is no module, or its constructor takes no ``device``.

    Example:
        >>> import nn
        >>> nn.utils.skip_init(nn.Linear, 3, 2)
        Linear(in_features=3, out_features=2, bias=True)
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    with init.skipped():
        return module_cls(*args, **kwargs)


__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "fuse_conv_bn_eval",
    "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights", "get_total_norm", "parameters_to_vector",
    "parametrizations", "parametrize", "prune", "remove_spectral_norm", "remove_weight_norm", "rnn", "skip_init", "spectral_norm",
    "stateless", "vector_to_parameters", "weight_norm",
]  # fmt: skip
