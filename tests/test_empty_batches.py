"""A batch of nothing passes through every layer that works sample by sample: the last batch of a data set may be one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn

LAYERS: list[tuple[Any, tuple[int, ...], tuple[int, ...]]] = [
    (nn.Linear(3, 2), (0, 3), (0, 2)),
    (nn.Bilinear(3, 3, 2), (0, 3), (0, 2)),
    (nn.Conv1d(2, 3, 2), (0, 2, 5), (0, 3, 4)),
    (nn.Conv2d(2, 3, 2, stride=2, padding=1), (0, 2, 5, 5), (0, 3, 3, 3)),
    (nn.Conv2d(4, 4, 3, groups=2), (0, 4, 5, 5), (0, 4, 3, 3)),
    (nn.Conv2d(2, 4, 3, groups=2, padding=1, padding_mode="circular"), (0, 2, 5, 5), (0, 4, 5, 5)),
    (nn.Conv3d(3, 3, 2, groups=3), (0, 3, 4, 4, 4), (0, 3, 3, 3, 3)),
    (nn.ConvTranspose1d(2, 3, 2), (0, 2, 5), (0, 3, 6)),
    (nn.ConvTranspose2d(2, 2, 2, stride=2, groups=2), (0, 2, 5, 5), (0, 2, 10, 10)),
    (nn.ConvTranspose3d(2, 2, 2, groups=2), (0, 2, 3, 3, 3), (0, 2, 4, 4, 4)),
    (nn.MaxPool2d(2), (0, 2, 4, 4), (0, 2, 2, 2)),
    (nn.AvgPool2d(2), (0, 2, 4, 4), (0, 2, 2, 2)),
    (nn.LPPool2d(2, 2), (0, 2, 4, 4), (0, 2, 2, 2)),
    (nn.AdaptiveAvgPool2d(3), (0, 2, 4, 5), (0, 2, 3, 3)),
    (nn.AdaptiveMaxPool2d(3), (0, 2, 4, 5), (0, 2, 3, 3)),
    (nn.AdaptiveMaxPool1d(3), (0, 2, 5), (0, 2, 3)),
    (nn.FractionalMaxPool2d(2, 3), (0, 2, 6, 6), (0, 2, 3, 3)),
    (nn.ReflectionPad2d((1, 0, 2, 1)), (0, 2, 3, 4), (0, 2, 6, 5)),
    (nn.ReplicationPad1d(1), (0, 2, 3), (0, 2, 5)),
    (nn.CircularPad1d(1), (0, 2, 3), (0, 2, 5)),
    (nn.LayerNorm(3), (0, 3), (0, 3)),
    (nn.RMSNorm(3), (0, 3), (0, 3)),
    (nn.GroupNorm(2, 4), (0, 4, 3), (0, 4, 3)),
    (nn.BatchNorm1d(3).eval(), (0, 3), (0, 3)),
    (nn.LocalResponseNorm(2), (0, 3, 4), (0, 3, 4)),
    (nn.PReLU(3), (0, 3), (0, 3)),
    (nn.Softmax(1), (0, 3), (0, 3)),
    (nn.Unfold(2), (0, 2, 3, 3), (0, 8, 4)),
    (nn.Fold((3, 3), 2), (0, 8, 4), (0, 2, 3, 3)),
    (nn.PixelShuffle(2), (0, 4, 2, 2), (0, 1, 4, 4)),
    (nn.PixelUnshuffle(2), (0, 1, 4, 4), (0, 4, 2, 2)),
    (nn.ChannelShuffle(2), (0, 4, 2), (0, 4, 2)),
    (nn.Upsample(scale_factor=2), (0, 2, 3, 3), (0, 2, 6, 6)),
    (nn.Flatten(), (0, 3, 4), (0, 12)),
    (nn.LSTMCell(3, 2), (0, 3), (0, 2)),
    (nn.GRU(3, 2, batch_first=True), (0, 4, 3), (0, 4, 2)),
    (nn.MultiheadAttention(4, 2, batch_first=True), (0, 3, 4), (0, 3, 4)),
    (nn.TransformerEncoderLayer(4, 2, 6, batch_first=True), (0, 3, 4), (0, 3, 4)),
]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("layer", "shape", "expected"), LAYERS, ids=lambda value: type(value).__name__)
def test_a_batch_of_nothing(layer: Any, shape: tuple[int, ...], expected: tuple[int, ...], training: bool) -> None:
    if not isinstance(layer, nn.BatchNorm1d):
        layer.train(training)
    x = autograd.zeros(*shape, requires_grad=True)
    double = isinstance(layer, nn.Bilinear)
    y = layer(x, x, x) if isinstance(layer, nn.MultiheadAttention) else layer(x, x) if double else layer(x)
    y = y[0] if isinstance(y, tuple) else y
    assert tuple(y.shape) == expected
    layer.zero_grad()
    y.sum().backward()
    assert tuple(x.grad.shape) == shape
    for p in layer.parameters():
        assert p.grad is None or not np.any(p.grad.array)


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.MaxPool1d(2), (1, 0, 50)),
        (nn.MaxPool2d(2), (1, 0, 50, 32)),
        (nn.AvgPool2d(2), (16, 0, 20, 32)),
        (nn.AdaptiveMaxPool1d(3), (1, 0, 50)),
        (nn.AdaptiveMaxPool3d(3), (1, 0, 50, 44, 31)),
        (nn.FractionalMaxPool2d(3, output_size=2), (1, 0, 50, 32)),
        (nn.ReflectionPad1d(2), (3, 0, 10)),
        (nn.ReplicationPad2d(2), (43, 0, 10, 10)),
        (nn.Unfold((2, 3)), (3, 0, 3, 4)),
    ],
)
def test_only_the_batch_may_be_empty(module, shape):
    """PyTorch refuses an input without channels."""
    with pytest.raises(RuntimeError, match="Expected"):
        module(autograd.ones(shape))


def test_a_sample_without_channels_is_like_an_empty_batch():
    """PyTorch's adaptive pooling takes it."""
    assert nn.AdaptiveAvgPool1d(5)(autograd.ones(0, 10)).shape == (0, 5)
    assert nn.AdaptiveMaxPool2d(2)(autograd.ones(0, 4, 4)).shape == (0, 2, 2)
