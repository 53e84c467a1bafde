"""Convolution layers against SciPy and NumPy's padding; their lazy forms; what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.signal import convolve, correlate

import autograd
import nn
from autograd.errors import DtypeError, ShapeError

RNG = np.random.default_rng(0)
CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSE = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
LAZY = {1: nn.LazyConv1d, 2: nn.LazyConv2d, 3: nn.LazyConv3d}
SIZE = {1: (9,), 2: (7, 6), 3: (5, 6, 5)}
NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
each_n = pytest.mark.parametrize("n", [1, 2, 3])


def correlated(layer: Any, padded: np.ndarray) -> np.ndarray:
    """What a convolution of stride 1 and no groups gives for an input that is padded already."""
    w, b = layer.weight.array, layer.bias.array
    channels = range(w.shape[1])
    return np.array([[sum(correlate(x[c], w[o, c], "valid") for c in channels) + b[o] for o in range(len(w))] for x in padded])


@each_n
@pytest.mark.parametrize("mode", NUMPY_MODES)
def test_padding_modes(n: int, mode: str) -> None:
    x = RNG.standard_normal((2, 3, *SIZE[n]))
    layer = CONV[n](3, 4, 3, padding=tuple(range(1, n + 1)), padding_mode=mode, dtype=np.float64)
    padded = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in range(1, n + 1)]], mode=NUMPY_MODES[mode])
    expected = correlated(layer, padded)
    assert np.allclose(layer(autograd.tensor(x)).array, expected)
    assert np.allclose(layer(autograd.tensor(x[1])).array, expected[1])  # without a batch


@each_n
@pytest.mark.parametrize("mode", ["zeros", "circular"])
def test_same_keeps_the_size(n: int, mode: str) -> None:
    x = RNG.standard_normal((1, 2, *SIZE[n]))
    layer = CONV[n](2, 3, 4, padding="same", padding_mode=mode, dtype=np.float64)  # even: one more at the end
    expected = correlated(layer, np.pad(x, [(0, 0), (0, 0), *[(1, 2)] * n], mode=NUMPY_MODES[mode]))
    assert expected.shape[2:] == SIZE[n]
    assert np.allclose(layer(autograd.tensor(x)).array, expected)
    valid = CONV[n](2, 3, 4, padding="valid", dtype=np.float64)
    assert np.allclose(valid(autograd.tensor(x)).array, correlated(valid, x))


@each_n
def test_stride_dilation_and_groups(n: int) -> None:
    x = RNG.standard_normal((2, 4, *SIZE[n]))
    layer = CONV[n](4, 6, 2, stride=2, dilation=2, groups=2, bias=False, dtype=np.float64)
    w = layer.weight.array
    spread = np.zeros((*w.shape[:2], *(3,) * n))
    spread[(..., *(slice(None, None, 2),) * n)] = w
    expected = [
        [sum(correlate(im[o // 3 * 2 + c], spread[o, c], "valid") for c in range(2))[(slice(None, None, 2),) * n] for o in range(6)]
        for im in x
    ]
    assert np.allclose(layer(autograd.tensor(x)).array, expected)


@each_n
def test_transposed(n: int) -> None:
    x = RNG.standard_normal((2, 3, *SIZE[n]))
    layer = TRANSPOSE[n](3, 4, 3, stride=2, padding=1, dtype=np.float64)
    w, b = layer.weight.array, layer.bias.array
    spread = np.zeros((2, 3, *[2 * i - 1 for i in SIZE[n]]))
    spread[(..., *(slice(None, None, 2),) * n)] = x
    inside = (slice(1, -1),) * n
    expected = np.array([[sum(convolve(im[c], w[c, o])[inside] for c in range(3)) + b[o] for o in range(4)] for im in spread])
    assert np.allclose(layer(autograd.tensor(x)).array, expected)
    larger = tuple(i + 1 for i in expected.shape[2:])
    y = layer(autograd.tensor(x), output_size=larger)
    assert tuple(y.shape[2:]) == larger
    assert np.allclose(y.array[(..., *[slice(i) for i in expected.shape[2:]])], expected)
    assert tuple(layer(autograd.tensor(x), output_size=(2, 4, *larger)).shape[2:]) == larger
    with pytest.raises(ShapeError, match=r"requested an output size of .* valid sizes range from"):
        layer(autograd.tensor(x), output_size=tuple(i + 1 for i in larger))
    with pytest.raises(ShapeError, match="output_size must have"):
        layer(autograd.tensor(x), output_size=(3,) * (n + 1))


@each_n
def test_initial_values(n: int) -> None:
    autograd.manual_seed(0)
    for layer, fan_in in ((CONV[n](8, 64, 3, groups=2), 4 * 3**n), (TRANSPOSE[n](8, 64, 3, groups=2), 32 * 3**n)):
        bound = 1 / math.sqrt(fan_in)
        for p in (layer.weight.array, layer.bias.array):
            assert np.abs(p).max() <= bound
            assert np.abs(p).max() > 0.9 * bound
        assert abs(layer.weight.array.std() - bound / math.sqrt(3)) < 0.05 * bound
        assert layer.weight.dtype == np.float32


@each_n
def test_lazy(n: int) -> None:
    x = autograd.randn(2, 4, *SIZE[n])
    layer = LAZY[n](6, 3, groups=2, padding=1)
    assert list(layer.state_dict()) == ["weight", "bias"]
    with pytest.raises(ValueError, match="no shape and no values yet"):
        layer.weight.array  # noqa: B018
    with pytest.raises(ShapeError, match=f"expected {n + 1}D or {n + 2}D input"):
        layer(autograd.ones(3))
    with pytest.raises(ShapeError, match="divisible by groups=2"):
        layer(autograd.ones(2, 3, *SIZE[n]))
    y = layer(x)
    assert type(layer) is CONV[n]
    assert (layer.in_channels, layer.weight.shape) == (4, (6, 2, *(3,) * n))
    assert np.abs(layer.weight.array).max() <= 1 / math.sqrt(2 * 3**n)
    loaded = LAZY[n](6, 3, groups=2, padding=1)
    loaded.load_state_dict(layer.state_dict())
    assert np.array_equal(loaded(x).array, y.array)
    assert loaded.in_channels == 4


class Net(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Identity(), layer)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.body[1](*args, **kwargs)


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (nn.Conv2d(3, 4, 3), (2, 4, 5, 5), "x has 4 channels, and weight expects 3"),
        (nn.Conv2d(3, 4, 3), (5, 5), "must have 4 dimensions"),
        (nn.Conv2d(3, 4, 3), (2, 3, 2, 2), "larger than the padded input"),
        (nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"), (5, 5), "expected 3D or 4D input"),
        (nn.Conv2d(3, 4, 3, padding=6, padding_mode="circular"), (2, 3, 4, 4), "too wide for mode 'circular'"),
        (nn.ConvTranspose1d(3, 4, 3), (2, 5, 5), "x has 5 channels, and weight expects 3"),
    ],
)
def test_bad_input_names_the_layer(layer: nn.Module, shape: tuple, said: str) -> None:
    with pytest.raises(ShapeError, match=said) as caught:
        Net(layer)(autograd.ones(*shape))
    assert "in layer 'body.1'" in str(caught.value)
    assert f"float32[{', '.join(map(str, shape))}]" in str(caught.value)
    with pytest.raises(DtypeError, match=r"in layer 'body\.1'.*floating point.*int64"):
        Net(layer)(autograd.ones(2, 3, 8, 8, dtype=np.int64))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "in_channels must be divisible by groups"),
        (lambda: nn.Conv2d(4, 3, 3, groups=2), "out_channels must be divisible by groups"),
        (lambda: nn.LazyConv2d(3, 3, groups=2), "out_channels must be divisible by groups"),
        (lambda: nn.Conv2d(4, 4, 3, groups=0), "groups must be a positive integer"),
        (lambda: nn.Conv2d(4, 4, 3, padding="full"), "Invalid padding string 'full'"),
        (lambda: nn.Conv2d(4, 4, 3, stride=2, padding="same"), "not supported for strided"),
        (lambda: nn.Conv2d(4, 4, 3, padding_mode="mirror"), "padding_mode must be one of"),
        (lambda: nn.ConvTranspose2d(4, 4, 3, padding_mode="reflect"), 'Only "zeros" padding mode'),
        (lambda: nn.Conv2d(4, 4, (3, 3, 3)), "kernel_size must be an int or 2"),
        (lambda: nn.Conv2d(4, 4, 3, stride=0), "stride must be at least 1"),
        (lambda: nn.Conv2d(4, 4, 3, padding=-1), "negative padding"),
        (lambda: nn.ConvTranspose1d(1, 1, 2, output_padding=-1)(autograd.ones(1, 1, 3)), "negative output_padding"),
    ],
)
def test_bad_options(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        make()
    assert isinstance(caught.value, RuntimeError)
