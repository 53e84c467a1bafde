"""Each kind of kernel, with its gradients, to the last bit the same for any number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor

F: Any = nn.functional
NUMBERS = np.random.default_rng(0)


def normal(*shape: int) -> Any:
    return tensor(NUMBERS.standard_normal(shape).astype(np.float32))


def indices(n: int, *shape: int) -> Any:
    return tensor(NUMBERS.integers(0, n, shape))


def last(layer: nn.Module) -> Callable[[Any], Any]:
    return lambda x: layer(x)[0]


def attention() -> Callable[[Any], Any]:
    layer = nn.MultiheadAttention(64, 4, batch_first=True)
    return lambda x: layer(x, x, x, need_weights=False)[0]


def scattered() -> Callable[[Any], Any]:
    places = indices(50, 600, 64)
    return lambda x: autograd.zeros(50, 64).scatter_add(0, places, x) + x.gather(0, places[:50])


# What makes the function, and its input.
KERNELS: dict[str, tuple[Callable[[], Callable[[Any], Any]], Any]] = {
    "product": (lambda: nn.Linear(96, 200), normal(257, 96)),
    "product with few rows": (lambda: nn.Linear(512, 300), normal(5, 512)),
    "stack of products": (lambda: lambda x: x @ x.mT, normal(12, 60, 70)),
    "convolution": (lambda: nn.Conv2d(3, 20, 3, padding=1), normal(6, 3, 24, 24)),
    "convolution of one image": (lambda: nn.Conv2d(8, 20, 3), normal(1, 8, 40, 40)),
    "convolution with steps": (lambda: nn.Conv2d(3, 20, 3, stride=2), normal(6, 3, 33, 33)),
    "convolution in groups": (lambda: nn.Conv2d(12, 24, 3, groups=4), normal(6, 12, 24, 24)),
    "convolution in one dimension": (lambda: nn.Conv1d(8, 32, 5), normal(6, 8, 200)),
    "transposed convolution": (lambda: nn.ConvTranspose2d(8, 6, 3, stride=2), normal(4, 8, 20, 20)),
    "maximum pooling": (lambda: nn.MaxPool2d(2), normal(8, 8, 40, 40)),
    "average pooling": (lambda: nn.AvgPool2d(3, 2, 1), normal(8, 8, 40, 40)),
    "batch norm": (lambda: nn.BatchNorm2d(8), normal(16, 8, 24, 24)),
    "layer norm": (lambda: nn.LayerNorm(100), normal(600, 100)),
    "group norm": (lambda: nn.GroupNorm(4, 16), normal(16, 16, 16, 16)),
    "softmax": (lambda: lambda x: x.softmax(1), normal(600, 100)),
    "cross entropy": (lambda: lambda x: F.cross_entropy(x, (x[:, 0].abs() * 9).long()), normal(600, 100)),
    "attention": (attention, normal(6, 40, 64)),
    "embedding": (lambda: nn.Embedding(70, 64), indices(70, 40, 30)),
    "gather and scatter": (scattered, normal(600, 64)),
    "LSTM": (lambda: last(nn.LSTM(40, 96)), normal(12, 20, 40)),
    "LSTM after an embedding": (lambda: last(nn.Sequential(nn.Embedding(20, 64), nn.LSTM(64, 96))), indices(20, 12, 20)),
    "GRU": (lambda: last(nn.GRU(40, 96)), normal(12, 20, 40)),
    "RNN": (lambda: last(nn.RNN(40, 96)), normal(12, 20, 40)),
    "sum over rows": (lambda: lambda x: x.exp().sum(0), normal(900, 100)),
    "sum over columns": (lambda: lambda x: x.exp().sum(1), normal(900, 100)),
    "sum of all": (lambda: lambda x: (x * x).tanh().sum(), normal(900, 100)),
    "variance": (lambda: lambda x: x.var(0) + x.std(), normal(900, 100)),
    "maximum": (lambda: lambda x: x.max(1).values + x.amax(), normal(900, 100)),
    "running sum": (lambda: lambda x: x.cumsum(1), normal(40000, 3)),
    "numbers one by one": (lambda: lambda x: (x.sigmoid() * x.sin()).erf(), normal(900, 100)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _threads(quick_c: None) -> Iterator[None]:
    before = autograd.get_num_threads()
    yield
    autograd.set_num_threads(before)


@pytest.mark.parametrize("name", KERNELS)
def test_bits_do_not_depend_on_the_number_of_threads(name: str) -> None:
    make, x = KERNELS[name]
    autograd.manual_seed(0)
    function = make()
    floats = x.dtype == np.float32
    weights = list(function.parameters()) if isinstance(function, nn.Module) else []
    weights += [p for c in getattr(function, "__closure__", None) or () if isinstance(c.cell_contents, nn.Module)
                for p in c.cell_contents.parameters()]  # fmt: skip
    one = normal(1).requires_grad_()
    start = normal(*x.shape) if floats else None

    def run(x: Any) -> Any:
        # One number, by which all is multiplied, makes even the smallest program large enough to be divided.
        y = function(x * one) if floats else function(x) * one
        found = autograd.grad((y * y).sum() if start is None else (y * y).sum() + (start * x * one).sum(), [one, *weights])
        return [y.detach(), *found]

    compiled = autograd.compile(run)
    for _ in range(4):
        compiled(x)
    assert "me, int all" in compiled.source(), "the program is not divided among threads"
    assert "0 calls back into NumPy" in compiled.report(), compiled.report()
    bits = []
    for threads in (1, 2, 3):
        autograd.set_num_threads(threads)
        bits.append([t.numpy().tobytes() for t in compiled(x)])
    assert bits[0] == bits[1] == bits[2]
