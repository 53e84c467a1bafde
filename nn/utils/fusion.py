"""Fusion: in evaluation mode batch normalization is an affine map, so the layer before it can compute both at once."""

from __future__ import annotations

import copy

from autograd import no_grad
from autograd.errors import ArgumentError
from autograd.types import Tensor

from ..layers.linear import Linear
from ..module import Module
from ..parameter import Parameter


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Return the weight and bias of one convolution that computes the same as a convolution followed by a batch norm.

    Formula: s = bn_w / sqrt(bn_rv + bn_eps); the weight is conv_w s, the bias (conv_b - bn_rm) s + bn_b.

    Args:
        conv_w: the convolution's weight, its bias conv_b (channels,) or None.
        bn_rm, bn_rv, bn_w, bn_b: running mean and variance, weight and bias, each (channels,); the last two may be None.
        transpose: whether the convolution is transposed: the second dimension of its weight is that of the channels.
        conv_b: the convolution's bias, (channels,), or None.
        bn_eps: the batch norm's eps.

    Example:
        >>> import autograd, nn
        >>> one = autograd.ones(1)
        >>> w, b = nn.utils.fuse_conv_bn_weights(autograd.ones(1, 1, 3), None, one, 4 * one, 0.0, one, one)
        >>> w.tolist(), b.tolist()
        ([[[0.5, 0.5, 0.5]]], [0.5])
    """
    with no_grad():
        scale = (bn_rv + bn_eps).rsqrt()
        if bn_w is not None:
            scale = bn_w * scale
        shape = [1] * conv_w.ndim
        shape[1 if transpose else 0] = -1
        bias = (-bn_rm if conv_b is None else conv_b - bn_rm) * scale
        if bn_b is not None:
            bias = bias + bn_b
        weight = conv_w * scale.reshape(shape)
    # A part is learned if the convolution's part of that name is.
    learned = conv_b is not None and conv_b.requires_grad
    return Parameter(weight.to(conv_w.dtype), conv_w.requires_grad), Parameter(bias.to(conv_w.dtype), learned)


def fuse_conv_bn_eval(conv: Module, bn: Module, transpose: bool = False) -> Module:
    """Return one convolution that computes the same as a convolution followed by a batch norm, both in evaluation mode.

    Args:
        conv: the convolution, which stays as it is. bn: the batch norm, with running statistics.
        transpose: whether conv is a transposed convolution.

    Raises:
        ArgumentError: one of them is in training mode, or the batch norm has no running statistics.

    Example:
        >>> import autograd, nn
        >>> conv, bn = nn.Conv2d(3, 4, 3).eval(), nn.BatchNorm2d(4).eval()
        >>> fused = nn.utils.fuse_conv_bn_eval(conv, bn)
        >>> x = autograd.ones(1, 3, 5, 5)
        >>> autograd.allclose(fused(x), bn(conv(x)), atol=1e-6)
        True
    """
    _evaluated("fuse_conv_bn_eval", conv, bn)
    fused = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        conv.weight, conv.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_linear_bn_weights(
    linear_w: Tensor, linear_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor, bn_eps: float, bn_w: Tensor | None, bn_b: Tensor | None
) -> tuple[Parameter, Parameter]:
    """Return the weight and bias of one linear layer that computes the same as a linear layer followed by a batch norm.

    Args:
        linear_w: the linear layer's weight, (channels, inputs).
        linear_b: the linear layer's bias, (channels,), or None.
        bn_rm: the running mean, (channels,).
        bn_rv: the running variance, (channels,).
        bn_eps: the batch norm's eps.
        bn_w: the batch norm's weight, (channels,), or None.
        bn_b: the batch norm's bias, (channels,), or None.

    Example:
        >>> import autograd, nn
        >>> one = autograd.ones(1)
        >>> w, b = nn.utils.fuse_linear_bn_weights(autograd.ones(1, 2), None, one, 4 * one, 0.0, one, one)
        >>> w.tolist(), b.tolist()
        ([[0.5, 0.5]], [0.5])
    """
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def fuse_linear_bn_eval(linear: Linear, bn: Module) -> Linear:
    """Return one linear layer that computes the same as a linear layer followed by a batch norm, both in evaluation mode.

    Raises:
        ArgumentError: one of them is in training mode, the batch norm has no running statistics, or the sizes differ.

    Example:
        >>> import autograd, nn
        >>> linear, bn = nn.Linear(3, 4).eval(), nn.BatchNorm1d(4).eval()
        >>> fused = nn.utils.fuse_linear_bn_eval(linear, bn)
        >>> x = autograd.ones(2, 3)
        >>> autograd.allclose(fused(x), bn(linear(x)), atol=1e-6)
        True
    """
    _evaluated("fuse_linear_bn_eval", linear, bn)
    if linear.out_features != bn.num_features:
        raise ArgumentError(f"to fuse, out_features ({linear.out_features}) and num_features ({bn.num_features}) must be equal")
    fused = copy.deepcopy(linear)
    fused.weight, fused.bias = fuse_linear_bn_weights(
        linear.weight, linear.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


def _evaluated(name: str, layer: Module, bn: Module) -> None:
    if layer.training or bn.training:
        raise ArgumentError(f"{name}: fusion only for eval: call .eval() on both layers first")
    if bn.running_mean is None or bn.running_var is None:
        raise ArgumentError(f"{name}: the batch norm has no running statistics (track_running_stats=False), so it cannot be fused")
