"""Results lie in memory as PyTorch's do, so that ``view`` works where it works there."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F


def numbers(*shape: int) -> autograd.Tensor:
    return autograd.tensor(np.random.default_rng(0).standard_normal(shape), dtype=np.float32, requires_grad=True)


IMAGES = [numbers(2, 4, 6, 6), numbers(2, 6, 6, 4).permute(0, 3, 1, 2), numbers(4, 2, 6, 6).transpose(0, 1)]
CALLS = {
    "conv2d": lambda x: F.conv2d(x, numbers(3, 4, 3, 3)),
    "conv2d of groups": lambda x: F.conv2d(x, numbers(4, 1, 3, 3), groups=4, stride=2),
    "conv2d of one window": lambda x: F.conv2d(x, numbers(5, 4, 6, 6)),
    "conv_transpose2d": lambda x: F.conv_transpose2d(x, numbers(4, 3, 3, 3), stride=2),
    "max_pool2d": lambda x: F.max_pool2d(x, 2),
    "max_pool2d overlapping": lambda x: F.max_pool2d(x, 3, 1, 1),
    "avg_pool2d": lambda x: F.avg_pool2d(x, 2),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, 4),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(x, 4),
    "batch_norm": lambda x: F.batch_norm(x, training=True),
    "instance_norm": F.instance_norm,
    "group_norm": lambda x: F.group_norm(x, 2),
    "layer_norm": lambda x: F.layer_norm(x, x.shape[-1:]),
    "rms_norm": lambda x: F.rms_norm(x, x.shape[-1:]),
    "softmax": lambda x: F.softmax(x, 1),
    "log_softmax": lambda x: F.log_softmax(x, 1),
    "an index in the middle": lambda x: x[:, [0, 1]],
    "two indices": lambda x: x[:, :, [0, 1], [2, 3]],
    "a mask": lambda x: x[autograd.tensor([True, False])],
    "index_select": lambda x: autograd.index_select(x, 1, autograd.tensor([0, 1])),
    "repeat_interleave": lambda x: autograd.repeat_interleave(x, 2, 1),
    "cat": lambda x: autograd.cat([x, x], 1),
    "stack": lambda x: autograd.stack([x, x], 1),
    "cumsum": lambda x: autograd.cumsum(x, 1),
    "cummax": lambda x: autograd.cummax(x, 1)[0],
    "roll": lambda x: x.roll(1, 1),
    "masked_fill": lambda x: x.masked_fill(x > 0, 0.0),
    "sort": lambda x: x.sort(1)[0],
    "mode": lambda x: x.mode(0)[0],
    "median": lambda x: x.median(1)[0],
    "gather": lambda x: x.gather(1, autograd.zeros(2, 1, 6, 6, dtype=autograd.int64)),
    "sum": lambda x: x.sum(0),
    "mean": lambda x: x.mean((0, 2)),
    "var": lambda x: x.var(1),
    "std": lambda x: x.std(1),
    "norm": lambda x: x.norm(dim=1),
    "grid_sample": lambda x: F.grid_sample(x, autograd.zeros(2, 3, 3, 2), align_corners=False),
}


@pytest.mark.parametrize("x", IMAGES, ids=["contiguous", "channels last", "batch second"])
@pytest.mark.parametrize("name", CALLS)
def test_a_result_is_contiguous_whatever_the_order_of_the_input(name: str, x: autograd.Tensor) -> None:
    y = CALLS[name](x)
    assert y.is_contiguous()
    expected = CALLS[name](x.contiguous())
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-5)
    assert y.view(-1).shape == (y.numel(),)


def test_an_elementwise_function_keeps_a_contiguous_input_contiguous() -> None:
    for layer in (nn.ReLU(), nn.GELU(), nn.Sigmoid(), nn.Dropout(), nn.PReLU(), nn.Hardswish()):
        assert layer(nn.Conv2d(4, 3, 3)(IMAGES[0])).is_contiguous()


def test_the_network_of_the_cifar_tutorial() -> None:
    """Its forward flattens by ``x.view(-1, 16 * 5 * 5)`` after the second pooling."""
    pool, first, second = nn.MaxPool2d(2, 2), nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
    layers = [nn.Linear(16 * 5 * 5, 120), nn.Linear(120, 84), nn.Linear(84, 10)]
    x = pool(F.relu(second(pool(F.relu(first(numbers(4, 3, 32, 32)))))))
    x = x.view(-1, 16 * 5 * 5)
    loss = F.cross_entropy(layers[2](F.relu(layers[1](F.relu(layers[0](x))))), autograd.tensor([1, 2, 3, 4]))
    loss.backward()
    assert first.weight.grad.abs().sum().item() > 0


@pytest.mark.parametrize("images", [1, 3])
def test_the_gradient_of_a_convolutions_weight_is_contiguous(images: int) -> None:
    weight = numbers(8, 1, 2)
    F.conv1d(numbers(images, 1, 9), weight).sum().backward()
    assert weight.grad is not None
    assert weight.grad.is_contiguous()
