"""One table over all layers: how to make each, what to call it with, and what it must look like. test_layers.py proves them on it.

A new layer is one or several lines here: ``case(class, arguments..., inputs=[...], shape=..., text=...)``. Shapes and texts are
those of PyTorch 2.13 for the same arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import nn


class Leaf:
    """An input with these values that is differentiated: a shape alone is one with random values."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values, float)


class Case:
    """A layer and what it is called with.

    Attributes:
        cls, args, kwargs: the layer is ``cls(*args, **kwargs)``.
        inputs: each a shape (a tuple: random numbers, differentiated), ``leaf(values)``, an array as it is, a list of those for a
            tuple, or None.
        shape: of the output, or a list of the shapes of all its tensors.
        text: what stands in the parentheses of the repr; None: any.
        call: how it is used, if it has no forward. second: whether derivatives of second order are checked.
    """

    def __init__(
        self, cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any], inputs: list[Any], shape: Any, text: str | None,
        call: Callable[..., Any] | None, second: bool,
    ) -> None:  # fmt: skip
        self.cls, self.args, self.kwargs = cls, args, kwargs
        self.inputs, self.shape, self.text, self.second = inputs, shape, text, second
        self.call = call or (lambda layer, *inputs: layer(*inputs))

    def __repr__(self) -> str:
        given = [*(repr(a).partition("(")[0] if isinstance(a, nn.Module) else repr(a) for a in self.args)]
        return f"{self.cls.__name__}({', '.join([*given, *(f'{k}={v!r}' for k, v in self.kwargs.items())])})"


def leaf(values: Any) -> Leaf:
    """An input with these values that is differentiated."""
    return Leaf(values)


def case(
    cls: Any, *args: Any, inputs: list[Any], shape: Any, text: str | None = None, call: Callable[..., Any] | None = None,
    second: bool = True, **kwargs: Any,
) -> Case:  # fmt: skip
    """A line of the table."""
    return Case(cls, args, kwargs, inputs, shape, text, call, second)


# fmt: off
CASES = [
    # convolution
    case(nn.Conv1d, 3, 4, 3, inputs=[(2, 3, 6)], shape=(2, 4, 4), text="3, 4, kernel_size=(3,), stride=(1,)"),
    case(nn.Conv1d, 4, 2, 2, stride=2, padding=1, dilation=2, groups=2, bias=False, inputs=[(4, 7)],
         shape=(2, 4), text="4, 2, kernel_size=(2,), stride=(2,), padding=(1,), dilation=(2,), groups=2, bias=False"),
    case(nn.Conv1d, 2, 2, 3, padding="same", padding_mode="reflect", inputs=[(1, 2, 5)],
         shape=(1, 2, 5), text="2, 2, kernel_size=(3,), stride=(1,), padding=same, padding_mode=reflect"),
    case(nn.Conv2d, 2, 3, (2, 3), padding=(1, 0), inputs=[(2, 2, 4, 5)],
         shape=(2, 3, 5, 3), text="2, 3, kernel_size=(2, 3), stride=(1, 1), padding=(1, 0)"),
    case(nn.Conv2d, 2, 4, 3, stride=2, padding=1, groups=2, padding_mode="circular", inputs=[(2, 5, 5)],
         shape=(4, 3, 3), text="2, 4, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), groups=2, padding_mode=circular"),
    case(nn.Conv2d, 2, 2, 3, padding=1, padding_mode="replicate", inputs=[(1, 2, 4, 4)],
         shape=(1, 2, 4, 4), text="2, 2, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), padding_mode=replicate"),
    case(nn.Conv3d, 2, 2, 2, inputs=[(1, 2, 3, 4, 3)], shape=(1, 2, 2, 3, 2), text="2, 2, kernel_size=(2, 2, 2), stride=(1, 1, 1)"),
    case(nn.Conv3d, 2, 2, 2, padding="same", dilation=2, inputs=[(2, 3, 2, 3)],
         shape=(2, 3, 2, 3), text="2, 2, kernel_size=(2, 2, 2), stride=(1, 1, 1), padding=same, dilation=(2, 2, 2)"),
    case(nn.ConvTranspose1d, 3, 4, 3, inputs=[(2, 3, 5)], shape=(2, 4, 7), text="3, 4, kernel_size=(3,), stride=(1,)"),
    case(nn.ConvTranspose1d, 4, 2, 3, stride=2, padding=1, output_padding=1, groups=2, inputs=[(4, 4)],
         shape=(2, 8), text="4, 2, kernel_size=(3,), stride=(2,), padding=(1,), output_padding=(1,), groups=2"),
    case(nn.ConvTranspose2d, 2, 3, (2, 3), stride=(2, 1), bias=False, inputs=[(2, 2, 3, 3)],
         shape=(2, 3, 6, 5), text="2, 3, kernel_size=(2, 3), stride=(2, 1), bias=False"),
    case(nn.ConvTranspose2d, 2, 2, 3, dilation=2, padding=1, inputs=[(2, 3, 3)],
         shape=(2, 5, 5), text="2, 2, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), dilation=(2, 2)"),
    case(nn.ConvTranspose3d, 2, 2, 2, stride=2, padding=1, inputs=[(1, 2, 3, 2, 3)],
         shape=(1, 2, 4, 2, 4), text="2, 2, kernel_size=(2, 2, 2), stride=(2, 2, 2), padding=(1, 1, 1)"),
    case(nn.LazyConv1d, 4, 3, inputs=[(2, 3, 6)], shape=(2, 4, 4), text="3, 4, kernel_size=(3,), stride=(1,)"),
    case(nn.LazyConv2d, 3, 2, inputs=[(2, 2, 4, 3)], shape=(2, 3, 3, 2), text="2, 3, kernel_size=(2, 2), stride=(1, 1)"),
    case(nn.LazyConv3d, 2, 2, inputs=[(1, 2, 3, 2, 3)],
         shape=(1, 2, 2, 1, 2), text="2, 2, kernel_size=(2, 2, 2), stride=(1, 1, 1)"),
    case(nn.LazyConvTranspose1d, 4, 3, inputs=[(2, 3, 5)], shape=(2, 4, 7), text="3, 4, kernel_size=(3,), stride=(1,)"),
    case(nn.LazyConvTranspose2d, 3, 2, stride=2, inputs=[(2, 2, 3, 3)],
         shape=(2, 3, 6, 6), text="2, 3, kernel_size=(2, 2), stride=(2, 2)"),
    case(nn.LazyConvTranspose3d, 2, 2, inputs=[(1, 2, 2, 2, 3)],
         shape=(1, 2, 3, 3, 4), text="2, 2, kernel_size=(2, 2, 2), stride=(1, 1, 1)"),
    # pooling
    case(nn.MaxPool1d, 2, inputs=[(2, 3, 6)],
         shape=(2, 3, 3), text="kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False"),
    case(nn.MaxPool1d, 3, stride=1, padding=1, dilation=2, inputs=[(2, 7)],
         shape=(2, 5), text="kernel_size=3, stride=1, padding=1, dilation=2, ceil_mode=False"),
    case(nn.MaxPool2d, 2, ceil_mode=True, inputs=[(2, 2, 5, 4)],
         shape=(2, 2, 3, 2), text="kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=True"),
    case(nn.MaxPool2d, 2, 1, return_indices=True, inputs=[(1, 2, 3, 4)],
         shape=[(1, 2, 2, 3), (1, 2, 2, 3)], text="kernel_size=2, stride=1, padding=0, dilation=1, ceil_mode=False"),
    case(nn.MaxPool3d, 2, inputs=[(1, 2, 4, 3, 4)],
         shape=(1, 2, 2, 1, 2), text="kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False"),
    case(nn.AvgPool1d, 3, stride=2, padding=1, inputs=[(2, 3, 7)],
         shape=(2, 3, 4), text="kernel_size=(3,), stride=(2,), padding=(1,)"),
    case(nn.AvgPool2d, 2, ceil_mode=True, count_include_pad=False, padding=1, inputs=[(1, 2, 5, 4)],
         shape=(1, 2, 3, 3), text="kernel_size=2, stride=2, padding=1"),
    case(nn.AvgPool2d, (2, 1), divisor_override=3, inputs=[(2, 4, 3)],
         shape=(2, 2, 3), text="kernel_size=(2, 1), stride=(2, 1), padding=0"),
    case(nn.AvgPool3d, 2, 1, inputs=[(1, 2, 3, 3, 2)], shape=(1, 2, 2, 2, 1), text="kernel_size=2, stride=1, padding=0"),
    case(nn.LPPool1d, 2, 3, inputs=[(2, 2, 7)], shape=(2, 2, 2), text="norm_type=2, kernel_size=3, stride=None, ceil_mode=False"),
    case(nn.LPPool2d, 2, 2, 1, inputs=[(2, 2, 3, 4)],
         shape=(2, 2, 2, 3), text="norm_type=2, kernel_size=2, stride=1, ceil_mode=False"),
    case(nn.LPPool3d, 2, 2, ceil_mode=True, inputs=[(1, 1, 3, 4, 3)],
         shape=(1, 1, 2, 2, 2), text="norm_type=2, kernel_size=2, stride=None, ceil_mode=True"),
    case(nn.AdaptiveAvgPool1d, 3, inputs=[(2, 2, 7)], shape=(2, 2, 3), text="output_size=3"),
    case(nn.AdaptiveAvgPool2d, (None, 2), inputs=[(2, 2, 3, 5)], shape=(2, 2, 3, 2), text="output_size=(None, 2)"),
    case(nn.AdaptiveAvgPool2d, 1, inputs=[(2, 3, 4)], shape=(2, 1, 1), text="output_size=1"),
    case(nn.AdaptiveAvgPool3d, (2, 1, 3), inputs=[(1, 2, 4, 3, 4)], shape=(1, 2, 2, 1, 3), text="output_size=(2, 1, 3)"),
    case(nn.AdaptiveMaxPool1d, 3, inputs=[(2, 2, 7)], shape=(2, 2, 3), text="output_size=3"),
    case(nn.AdaptiveMaxPool2d, (None, 2), inputs=[(2, 2, 3, 5)], shape=(2, 2, 3, 2), text="output_size=(None, 2)"),
    case(nn.AdaptiveMaxPool3d, 2, True, inputs=[(1, 2, 4, 3, 4)], shape=[(1, 2, 2, 2, 2), (1, 2, 2, 2, 2)], text="output_size=2"),
    case(nn.FractionalMaxPool2d, 2, output_size=3, inputs=[(2, 2, 6, 5)], shape=(2, 2, 3, 3), text=""),
    case(nn.FractionalMaxPool3d, 2, output_ratio=0.5, return_indices=True, inputs=[(1, 2, 6, 5, 6)],
         shape=[(1, 2, 3, 2, 3), (1, 2, 3, 2, 3)], text=""),
    case(nn.MaxUnpool1d, 2, inputs=[(1, 2, 3), np.array([[[1, 2, 5], [0, 3, 4]]])],
         shape=(1, 2, 6), text="kernel_size=(2,), stride=(2,), padding=(0,)"),
    case(nn.MaxUnpool2d, 2, stride=1, inputs=[(1, 2, 2), np.array([[[1, 2], [3, 8]]])],
         shape=(1, 3, 3), text="kernel_size=(2, 2), stride=(1, 1), padding=(0, 0)"),
    case(nn.MaxUnpool3d, (1, 1, 2), inputs=[(1, 1, 1, 1, 2), np.array([[[[[1, 2]]]]])],
         shape=(1, 1, 1, 1, 4), text="kernel_size=(1, 1, 2), stride=(1, 1, 2), padding=(0, 0, 0)"),
    case(nn.ConstantPad1d, (1, -1), 1.5, inputs=[(2, 2, 5)], shape=(2, 2, 5), text="padding=(1, -1), value=1.5"),
    case(nn.ZeroPad1d, 1, inputs=[(2, 2, 5)], shape=(2, 2, 7), text="(1, 1)"),
    case(nn.ReflectionPad1d, (1, 2), inputs=[(2, 2, 5)], shape=(2, 2, 8), text="(1, 2)"),
    case(nn.ReplicationPad1d, 2, inputs=[(2, 2, 5)], shape=(2, 2, 9), text="(2, 2)"),
    case(nn.CircularPad1d, (1, 2), inputs=[(2, 2, 5)], shape=(2, 2, 8), text="(1, 2)"),
    case(nn.ConstantPad2d, (1, -1, 0, 2), 1.5, inputs=[(2, 4, 5)], shape=(2, 6, 5), text="padding=(1, -1, 0, 2), value=1.5"),
    case(nn.ZeroPad2d, 1, inputs=[(2, 4, 5)], shape=(2, 6, 7), text="(1, 1, 1, 1)"),
    case(nn.ReflectionPad2d, (1, 2, 0, 2), inputs=[(2, 4, 5)], shape=(2, 6, 8), text="(1, 2, 0, 2)"),
    case(nn.ReplicationPad2d, 2, inputs=[(2, 4, 5)], shape=(2, 8, 9), text="(2, 2, 2, 2)"),
    case(nn.CircularPad2d, (1, 2, 0, 2), inputs=[(2, 4, 5)], shape=(2, 6, 8), text="(1, 2, 0, 2)"),
    case(nn.ConstantPad3d, (1, -1, 0, 2, 0, 2), 1.5, inputs=[(1, 2, 3, 4, 3)],
         shape=(1, 2, 5, 6, 3), text="padding=(1, -1, 0, 2, 0, 2), value=1.5"),
    case(nn.ZeroPad3d, 1, inputs=[(1, 2, 3, 4, 3)], shape=(1, 2, 5, 6, 5), text="(1, 1, 1, 1, 1, 1)"),
    case(nn.ReflectionPad3d, (1, 2, 0, 2, 0, 2), inputs=[(1, 2, 3, 4, 3)], shape=(1, 2, 5, 6, 6), text="(1, 2, 0, 2, 0, 2)"),
    case(nn.ReplicationPad3d, 2, inputs=[(1, 2, 3, 4, 3)], shape=(1, 2, 7, 8, 7), text="(2, 2, 2, 2, 2, 2)"),
    case(nn.CircularPad3d, (1, 2, 0, 2, 0, 2), inputs=[(1, 2, 3, 4, 3)], shape=(1, 2, 5, 6, 6), text="(1, 2, 0, 2, 0, 2)"),
    # normalisation
    case(nn.BatchNorm1d, 3, inputs=[(4, 3)],
         shape=(4, 3), text="3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True"),
    case(nn.BatchNorm1d, 2, momentum=None, affine=False, inputs=[(3, 2, 4)],
         shape=(3, 2, 4), text="2, eps=1e-05, momentum=None, affine=False, bias=False, track_running_stats=True"),
    case(nn.BatchNorm2d, 3, eps=0.01, momentum=0.3, inputs=[(2, 3, 2, 3)],
         shape=(2, 3, 2, 3), text="3, eps=0.01, momentum=0.3, affine=True, bias=True, track_running_stats=True"),
    case(nn.BatchNorm2d, 2, track_running_stats=False, bias=False, inputs=[(2, 2, 2, 3)],
         shape=(2, 2, 2, 3), text="2, eps=1e-05, momentum=0.1, affine=True, bias=False, track_running_stats=False"),
    case(nn.BatchNorm3d, 2, inputs=[(2, 2, 2, 2, 2)],
         shape=(2, 2, 2, 2, 2), text="2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True"),
    case(nn.SyncBatchNorm, 2, inputs=[(3, 2, 4)],
         shape=(3, 2, 4), text="2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True"),
    case(nn.InstanceNorm1d, 3, inputs=[(2, 3, 4)],
         shape=(2, 3, 4), text="3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False"),
    case(nn.InstanceNorm1d, 2, affine=True, track_running_stats=True, inputs=[(2, 5)],
         shape=(2, 5), text="2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True"),
    case(nn.InstanceNorm2d, 2, affine=True, inputs=[(2, 2, 2, 3)],
         shape=(2, 2, 2, 3), text="2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=False"),
    case(nn.InstanceNorm3d, 2, track_running_stats=True, inputs=[(2, 2, 2, 2, 2)],
         shape=(2, 2, 2, 2, 2), text="2, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=True"),
    case(nn.LazyBatchNorm1d, inputs=[(4, 3)],
         shape=(4, 3), text="3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True"),
    case(nn.LazyBatchNorm2d, momentum=None, inputs=[(2, 3, 2, 3)],
         shape=(2, 3, 2, 3), text="3, eps=1e-05, momentum=None, affine=True, bias=True, track_running_stats=True"),
    case(nn.LazyBatchNorm3d, affine=False, inputs=[(2, 2, 2, 2, 2)],
         shape=(2, 2, 2, 2, 2), text="2, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=True"),
    case(nn.LazyInstanceNorm1d, inputs=[(2, 3, 4)],
         shape=(2, 3, 4), text="3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True"),
    case(nn.LazyInstanceNorm2d, track_running_stats=False, inputs=[(2, 2, 2, 3)],
         shape=(2, 2, 2, 3), text="2, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=False"),
    case(nn.LazyInstanceNorm3d, bias=False, inputs=[(2, 2, 2, 2, 2)],
         shape=(2, 2, 2, 2, 2), text="2, eps=1e-05, momentum=0.1, affine=True, bias=False, track_running_stats=True"),
    case(nn.LayerNorm, 4, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="(4,), eps=1e-05, elementwise_affine=True, bias=True"),
    case(nn.LayerNorm, (3, 4), bias=False, inputs=[(2, 3, 4)],
         shape=(2, 3, 4), text="(3, 4), eps=1e-05, elementwise_affine=True, bias=False"),
    case(nn.LayerNorm, 4, elementwise_affine=False, inputs=[(4,)],
         shape=(4,), text="(4,), eps=1e-05, elementwise_affine=False, bias=False"),
    case(nn.RMSNorm, 4, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="(4,), eps=None, elementwise_affine=True"),
    case(nn.RMSNorm, (3, 4), eps=0.1, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="(3, 4), eps=0.1, elementwise_affine=True"),
    case(nn.GroupNorm, 2, 4, inputs=[(2, 4, 3)], shape=(2, 4, 3), text="2, 4, eps=1e-05, affine=True, bias=True"),
    case(nn.GroupNorm, 3, 3, affine=False, inputs=[(2, 3, 2, 2)],
         shape=(2, 3, 2, 2), text="3, 3, eps=1e-05, affine=False, bias=False"),
    case(nn.LocalResponseNorm, 3, 0.3, inputs=[(2, 4, 3)], shape=(2, 4, 3), text="3, alpha=0.3, beta=0.75, k=1.0"),
    case(nn.CrossMapLRN2d, 3, 0.3, inputs=[(2, 4, 2, 1)], shape=(2, 4, 2, 1), text="3, alpha=0.3, beta=0.75, k=1"),
    # embedding
    case(nn.Embedding, 5, 3, inputs=[np.array([[0, 4, 2], [2, 2, 1]])], shape=(2, 3, 3), text="5, 3"),
    case(nn.Embedding, 5, 2, scale_grad_by_freq=False, norm_type=1.0, inputs=[np.array(3)], shape=(2,), text="5, 2, norm_type=1.0"),
    case(nn.EmbeddingBag, 5, 3, inputs=[np.array([[0, 4, 2], [2, 2, 1]])], shape=(2, 3), text="5, 3, mode='mean'"),
    case(nn.EmbeddingBag, 5, 2, mode="sum", inputs=[np.array([0, 4, 2, 1]), np.array([0, 1, 1]), (4,)],
         shape=(3, 2), text="5, 2, mode='sum'"),
    case(nn.EmbeddingBag, 5, 2, mode="max", padding_idx=1, inputs=[np.array([0, 4, 2, 1]), np.array([0, 2])],
         shape=(2, 2), text="5, 2, mode='max', padding_idx=1"),
    # images
    case(nn.Upsample, 7, inputs=[(2, 2, 4)], shape=(2, 2, 7), text="size=7, mode='nearest'"),
    case(nn.Upsample, scale_factor=1.5, mode="bilinear", align_corners=True, inputs=[(1, 2, 3, 4)],
         shape=(1, 2, 4, 6), text="scale_factor=1.5, mode='bilinear'"),
    case(nn.Upsample, (5, 2), mode="bicubic", inputs=[(1, 2, 3, 4)], shape=(1, 2, 5, 2), text="size=(5, 2), mode='bicubic'"),
    case(nn.Upsample, scale_factor=2, mode="trilinear", inputs=[(1, 1, 2, 2, 3)],
         shape=(1, 1, 4, 4, 6), text="scale_factor=2.0, mode='trilinear'"),
    case(nn.Upsample, 3, mode="area", inputs=[(1, 2, 4, 5)], shape=(1, 2, 3, 3), text="size=3, mode='area'"),
    case(nn.UpsamplingNearest2d, scale_factor=2, inputs=[(1, 2, 2, 3)],
         shape=(1, 2, 4, 6), text="scale_factor=2.0, mode='nearest'"),
    case(nn.UpsamplingBilinear2d, (3, 5), inputs=[(1, 2, 2, 3)], shape=(1, 2, 3, 5), text="size=(3, 5), mode='bilinear'"),
    case(nn.PixelShuffle, 2, inputs=[(1, 8, 2, 3)], shape=(1, 2, 4, 6), text="upscale_factor=2"),
    case(nn.PixelUnshuffle, 2, inputs=[(2, 4, 2)], shape=(8, 2, 1), text="downscale_factor=2"),
    case(nn.ChannelShuffle, 2, inputs=[(1, 4, 2, 2)], shape=(1, 4, 2, 2), text="groups=2"),
    case(nn.Unfold, (2, 3), padding=1, inputs=[(1, 2, 3, 4)],
         shape=(1, 12, 16), text="kernel_size=(2, 3), dilation=1, padding=1, stride=1"),
    case(nn.Fold, (3, 4), 2, stride=1, inputs=[(2, 8, 6)],
         shape=(2, 2, 3, 4), text="output_size=(3, 4), kernel_size=2, dilation=1, padding=0, stride=1"),
    # distances
    case(nn.CosineSimilarity, inputs=[(3, 4), (3, 4)], shape=(3,), text=""),
    case(nn.CosineSimilarity, dim=-1, inputs=[(2, 3, 4), (3, 4)], shape=(2, 3), text=""),
    case(nn.PairwiseDistance, inputs=[(3, 4), (3, 4)], shape=(3,), text=""),
    case(nn.PairwiseDistance, p=3.0, keepdim=True, inputs=[(3, 4), (4,)], shape=(3, 1), text=""),
    # activations
    case(nn.ReLU, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.ReLU6, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.Sigmoid, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.Tanh, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.LogSigmoid, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.Softsign, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.Tanhshrink, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.SiLU, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.Mish, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.Hardswish, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.Hardsigmoid, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.SELU, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    case(nn.Threshold, 0.5, -1.0, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="threshold=0.5, value=-1.0"),
    case(nn.Hardtanh, -1.5, 1.0, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="min_val=-1.5, max_val=1.0"),
    case(nn.ELU, 0.7, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="alpha=0.7"),
    case(nn.CELU, 0.7, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="alpha=0.7"),
    case(nn.LeakyReLU, 0.2, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="negative_slope=0.2"),
    case(nn.RReLU, 0.1, 0.3, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="lower=0.1, upper=0.3"),
    case(nn.GLU, inputs=[(2, 3, 4)], shape=(2, 3, 2), text="dim=-1"),
    case(nn.GELU, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="approximate='none'"),
    case(nn.GELU, "tanh", inputs=[(2, 3, 4)], shape=(2, 3, 4), text="approximate='tanh'"),
    case(nn.Softplus, 2.0, 4.0, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="beta=2.0, threshold=4.0"),
    case(nn.Hardshrink, 0.4, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="0.4"),
    case(nn.Softshrink, 0.4, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="0.4"),
    case(nn.PReLU, 3, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="num_parameters=3"),
    case(nn.Softmax, 1, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="dim=1"),
    case(nn.Softmin, 1, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="dim=1"),
    case(nn.LogSoftmax, 2, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="dim=2"),
    case(nn.Softmax2d, inputs=[(2, 3, 4)], shape=(2, 3, 4), text=""),
    # dropout
    case(nn.Dropout, 0.3, inputs=[(3, 4)], shape=(3, 4), text="p=0.3, inplace=False"),
    case(nn.Dropout1d, 0.3, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="p=0.3, inplace=False"),
    case(nn.Dropout2d, 0.3, inputs=[(2, 3, 2, 2)], shape=(2, 3, 2, 2), text="p=0.3, inplace=False"),
    case(nn.Dropout3d, 0.3, inputs=[(2, 3, 2, 1, 2)], shape=(2, 3, 2, 1, 2), text="p=0.3, inplace=False"),
    case(nn.AlphaDropout, 0.3, inputs=[(3, 4)], shape=(3, 4), text="p=0.3, inplace=False"),
    case(nn.FeatureAlphaDropout, 0.3, inputs=[(2, 3, 4)], shape=(2, 3, 4), text="p=0.3, inplace=False"),
    # linear
    case(nn.Identity, inputs=[(2, 3)], shape=(2, 3), text=""),
    case(nn.Flatten, inputs=[(2, 3, 4)], shape=(2, 12), text="start_dim=1, end_dim=-1"),
    case(nn.Unflatten, 1, (2, 3), inputs=[(2, 6)], shape=(2, 2, 3), text="dim=1, unflattened_size=(2, 3)"),
    case(nn.Linear, 4, 3, inputs=[(2, 4)], shape=(2, 3), text="in_features=4, out_features=3, bias=True"),
    case(nn.Linear, 4, 3, bias=False, inputs=[(4,)], shape=(3,), text="in_features=4, out_features=3, bias=False"),
    case(nn.LazyLinear, 3, inputs=[(2, 4)], shape=(2, 3), text="in_features=4, out_features=3, bias=True"),
    case(nn.Bilinear, 3, 4, 2, inputs=[(5, 3), (5, 4)],
         shape=(5, 2), text="in1_features=3, in2_features=4, out_features=2, bias=True"),
    # recurrence
    case(nn.RNN, 3, 4, 2, nonlinearity="relu", inputs=[(5, 2, 3)], shape=[(5, 2, 4), (2, 2, 4)], text="3, 4, num_layers=2"),
    case(nn.RNN, 3, 4, bidirectional=True, inputs=[(5, 3)], shape=[(5, 8), (2, 4)], text="3, 4, bidirectional=True"),
    case(nn.LSTM, 3, 4, 2, batch_first=True, bidirectional=True, inputs=[(2, 5, 3)],
         shape=[(2, 5, 8), (4, 2, 4), (4, 2, 4)], text="3, 4, num_layers=2, batch_first=True, bidirectional=True"),
    case(nn.LSTM, 3, 4, proj_size=2, bias=False, inputs=[(5, 2, 3), [(1, 2, 2), (1, 2, 4)]],
         shape=[(5, 2, 2), (1, 2, 2), (1, 2, 4)], text="3, 4, proj_size=2, bias=False"),
    case(nn.GRU, 3, 4, 2, dropout=0.5, inputs=[(5, 2, 3)], shape=[(5, 2, 4), (2, 2, 4)], text="3, 4, num_layers=2, dropout=0.5"),
    case(nn.RNNCell, 3, 4, inputs=[(2, 3)], shape=(2, 4), text="3, 4"),
    case(nn.LSTMCell, 3, 4, inputs=[(2, 3), [(2, 4), (2, 4)]], shape=[(2, 4), (2, 4)], text="3, 4"),
    case(nn.GRUCell, 3, 4, inputs=[(2, 3), (2, 4)], shape=(2, 4), text="3, 4"),
    # attention
    case(nn.MultiheadAttention, 4, 2, inputs=[(3, 2, 4), (5, 2, 4), (5, 2, 4)], shape=[(3, 2, 4), (2, 3, 5)]),
    case(nn.MultiheadAttention, 4, 2, kdim=3, vdim=2, batch_first=True, add_bias_kv=True, inputs=[(2, 3, 4), (2, 5, 3), (2, 5, 2)],
         shape=[(2, 3, 4), (2, 3, 6)]),
    case(nn.TransformerEncoderLayer, 4, 2, 6, activation="gelu", inputs=[(3, 2, 4)], shape=(3, 2, 4)),
    case(nn.TransformerDecoderLayer, 4, 2, 6, norm_first=True, inputs=[(3, 2, 4), (5, 2, 4)], shape=(3, 2, 4)),
    # containers
    case(nn.Sequential, nn.Linear(3, 4), nn.Tanh(), inputs=[(2, 3)], shape=(2, 4)),
    case(nn.ModuleList, [nn.Linear(3, 4), nn.Tanh()], inputs=[(2, 3)], shape=(2, 4), call=lambda both, x: both[1](both[0](x))),
    case(nn.ModuleDict, {"a": nn.Linear(3, 4)}, inputs=[(2, 3)], shape=(2, 4), call=lambda layers, x: layers["a"](x)),
    case(nn.ParameterList, [nn.Parameter(autograd.ones(3))], inputs=[(2, 3)], shape=(2, 3), call=lambda p, x: x * p[0]),
    case(nn.ParameterDict, {"a": nn.Parameter(autograd.ones(3))}, inputs=[(2, 3)], shape=(2, 3), call=lambda p, x: x * p["a"]),
    case(nn.TransformerEncoder, nn.TransformerEncoderLayer(4, 2, 6), 2, nn.LayerNorm(4), inputs=[(3, 2, 4)], shape=(3, 2, 4)),
    case(nn.TransformerDecoder, nn.TransformerDecoderLayer(4, 2, 6), 2, inputs=[(3, 2, 4), (5, 2, 4)], shape=(3, 2, 4)),
    case(nn.Transformer, 4, 2, 1, 1, 6, batch_first=True, inputs=[(2, 3, 4), (2, 5, 4)], shape=(2, 5, 4)),
    # losses
    case(nn.L1Loss, inputs=[(3, 4), (3, 4)], shape=(), text=""),
    case(nn.MSELoss, reduction="sum", inputs=[(3, 4), (3, 4)], shape=(), text=""),
    case(nn.SmoothL1Loss, beta=0.5, inputs=[(3, 4), (3, 4)], shape=(), text=""),
    case(nn.HuberLoss, delta=0.5, inputs=[(3, 4), (3, 4)], shape=(), text=""),
    case(nn.CrossEntropyLoss, label_smoothing=0.1, inputs=[(3, 4), np.array([0, 3, 1])], shape=(), text=""),
    case(nn.CrossEntropyLoss, inputs=[(2, 3), np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])], shape=(), text=""),
    case(nn.NLLLoss, inputs=[(3, 4), np.array([0, 3, 1])], shape=(), text=""),
    case(nn.NLLLoss2d, inputs=[(2, 3, 2, 2), np.array([[[0, 1], [2, 0]], [[1, 1], [0, 2]]])], shape=(), text=""),
    case(nn.BCELoss, inputs=[leaf([0.2, 0.7, 0.4]), np.array([1.0, 0.0, 0.5])], shape=(), text=""),
    case(nn.BCEWithLogitsLoss, inputs=[(3, 4), (3, 4)], shape=(), text=""),
    case(nn.KLDivLoss, reduction="batchmean", inputs=[(2, 3), np.array([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])], shape=(), text=""),
    case(nn.PoissonNLLLoss, inputs=[(3, 4), np.ones((3, 4))], shape=(), text=""),
    case(nn.GaussianNLLLoss, inputs=[(3, 4), (3, 4), np.full((3, 4), 0.7)], shape=(), text=""),
    case(nn.HingeEmbeddingLoss, inputs=[(4,), np.array([1.0, -1.0, 1.0, -1.0])], shape=(), text=""),
    case(nn.MarginRankingLoss, margin=0.2, inputs=[(4,), (4,), np.array([1.0, -1.0, 1.0, -1.0])], shape=(), text=""),
    case(nn.CosineEmbeddingLoss, inputs=[(4, 3), (4, 3), np.array([1.0, -1.0, 1.0, -1.0])], shape=(), text=""),
    case(nn.SoftMarginLoss, inputs=[(4,), np.array([1.0, -1.0, 1.0, -1.0])], shape=(), text=""),
    case(nn.MultiMarginLoss, inputs=[(3, 4), np.array([0, 3, 1])], shape=(), text=""),
    case(nn.MultiLabelMarginLoss, inputs=[(2, 4), np.array([[3, 0, -1, 1], [2, -1, 0, 0]])], shape=(), text=""),
    case(nn.MultiLabelSoftMarginLoss, inputs=[(2, 3), np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])], shape=(), text=""),
    case(nn.TripletMarginLoss, inputs=[(3, 4), (3, 4), (3, 4)], shape=(), text=""),
    case(nn.TripletMarginWithDistanceLoss, swap=True, inputs=[(3, 4), (3, 4), (3, 4)], shape=()),
    case(nn.LinearCrossEntropyLoss, 4, 3, options=nn.LinearCrossEntropyOptions(batch_chunk_size=2),
         inputs=[(3, 4), np.array([0, 2, 1])], shape=()),
    case(nn.LinearCrossEntropyLoss, 4, 3, inputs=[(2, 4), np.array([0, 2])], shape=()),
    case(nn.CTCLoss, inputs=[(6, 2, 4), np.array([[1, 2, 3], [1, 1, 2]]), np.array([6, 5]), np.array([3, 2])], shape=(), text=""),
    case(nn.AdaptiveLogSoftmaxWithLoss, 4, 6, [2, 4], inputs=[(3, 4), np.array([0, 3, 5])], shape=[(3,), ()]),
]
# fmt: on
