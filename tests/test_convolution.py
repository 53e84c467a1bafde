"""Convolutions against SciPy, against loops, and against each other: they are each other's adjoints."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

import autograd
import nn.functional as F
from autograd.functions import convolution
from autograd.ops import convolution as ops


def loops(x: np.ndarray, w: np.ndarray, stride: tuple, padding: tuple, dilation: tuple, groups: int) -> np.ndarray:
    """The definition, term by term."""
    n = w.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in padding]])
    sizes = zip(x.shape[2:], w.shape[2:], stride, dilation, strict=True)
    out = tuple((i - d * (k - 1) - 1) // s + 1 for i, k, s, d in sizes)
    y = np.zeros((len(x), len(w), *out))
    per_group, outputs = w.shape[1], len(w) // groups
    for b, o, c in product(range(len(x)), range(len(w)), range(per_group)):
        channel = o // outputs * per_group + c
        for place, tap in product(np.ndindex(*out), np.ndindex(*w.shape[2:])):
            at = tuple(place[i] * stride[i] + tap[i] * dilation[i] for i in range(n))
            y[(b, o, *place)] += w[(o, c, *tap)] * x[(b, channel, *at)]
    return y


@st.composite
def convolutions(draw: st.DrawFn) -> tuple:
    """A small convolution with odd sizes, and numbers for it."""
    n = draw(st.integers(1, 3))
    some = lambda low, high: tuple(draw(st.integers(low, high)) for _ in range(n))  # noqa: E731
    kernel, stride, dilation, padding = some(1, 3), some(1, 3), some(1, 2), some(0, 2)
    least = [max(1, d * (k - 1) + 1 - 2 * p) for k, d, p in zip(kernel, dilation, padding, strict=True)]
    size = tuple(i + draw(st.integers(0, 3)) for i in least)
    groups = draw(st.integers(1, 3))
    per_group, outputs, batch = draw(st.integers(1, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    x = rng.standard_normal((batch, groups * per_group, *size))
    w = rng.standard_normal((groups * outputs, per_group, *kernel))
    return n, x, w, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


@settings(max_examples=60)
@given(convolutions())
def test_definition_and_adjoints(case: tuple) -> None:
    n, x, w, params = case
    y = ops.OPS["conv", n](x, w, **params)
    np.testing.assert_allclose(y, loops(x, w, **params), atol=1e-12)
    g = np.random.default_rng(1).standard_normal(y.shape)
    fitted = ops.adjoint_parameters(n, x.shape, y.shape, w.shape, **params)
    back = ops.OPS["transpose", n](g, w, **fitted)
    of_weight = ops.OPS["weight", n](x, g, kernel=w.shape[2:], **fitted)
    assert back.shape == x.shape
    assert of_weight.shape == w.shape
    np.testing.assert_allclose(np.vdot(y, g), np.vdot(x, back), atol=1e-9)
    np.testing.assert_allclose(np.vdot(y, g), np.vdot(w, of_weight), atol=1e-9)


@settings(max_examples=40)
@given(convolutions(), st.data())
def test_transposed_is_the_adjoint(case: tuple, data: st.DataObject) -> None:
    n, _, w, params = case
    rng = np.random.default_rng(2)
    more = tuple(data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(params["stride"], params["dilation"], strict=True))
    params = params | {"padding": 0}
    x = rng.standard_normal((2, w.shape[0], *[data.draw(st.integers(1, 3)) for _ in range(n)]))
    y = ops.OPS["transpose", n](x, w, output_padding=more, **params)
    z = rng.standard_normal(y.shape)
    there = ops.OPS["conv", n](z, w, **params)[(..., *[slice(0, i) for i in x.shape[2:]])]
    np.testing.assert_allclose(np.vdot(y, z), np.vdot(x, there), atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_against_scipy(n: int) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 2) + (6,) * n), rng.standard_normal((1, 2) + (3,) * n)
    expected = sum(correlate(x[0, c], w[0, c], mode="valid") for c in range(2))
    np.testing.assert_allclose(ops.OPS["conv", n](x, w)[0, 0], expected, atol=1e-12)
    same = sum(correlate(x[0, c], w[0, c], mode="same") for c in range(2))
    np.testing.assert_allclose(ops.OPS["conv", n](x, w, padding="same")[0, 0], same, atol=1e-12)


def test_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((3, 4, 9, 8)), rng.standard_normal((6, 2, 3, 2))
    params = {"stride": 2, "padding": 1, "groups": 2}
    whole = ops.conv2d(x, w, **params)
    g = rng.standard_normal(whole.shape)
    fitted = ops.adjoint_parameters(2, x.shape, whole.shape, w.shape, 2, 1, 1, 2)
    adjoints = ops.conv_transpose2d(g, w, **fitted), ops.conv2d_weight(x, g, kernel=(3, 2), **fitted)
    for block in (1, 500, 5000):
        monkeypatch.setattr(ops, "BLOCK", block)
        np.testing.assert_allclose(ops.conv2d(x, w, **params), whole, atol=1e-12)
        np.testing.assert_allclose(ops.conv_transpose2d(g, w, **fitted), adjoints[0], atol=1e-12)
        np.testing.assert_allclose(ops.conv2d_weight(x, g, kernel=(3, 2), **fitted), adjoints[1], atol=1e-12)


def test_float32_stays_and_memory_order_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 5, 5)).astype(np.float32), rng.standard_normal((4, 3, 3, 3)).astype(np.float32)
    y = ops.conv2d(x, w, padding=1)
    assert y.dtype == np.float32
    last = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    np.testing.assert_array_equal(ops.conv2d(last, w, padding=1), y)


def test_inputs_are_left_alone() -> None:
    x, w, b = np.ones((1, 1, 4, 4)), np.ones((1, 1, 1, 1)), np.ones(1)
    ops.conv2d(x, w, b)
    assert (x == 1).all()
    assert (w == 1).all()
    y = autograd.tensor(np.ones((1, 2, 3)), requires_grad=True)
    convolution.conv1d(y, autograd.tensor(np.ones((2, 2, 1)))).sum().backward()
    np.testing.assert_array_equal(y.grad.array, np.full((1, 2, 3), 2.0))


def test_sequences_whose_channels_come_last() -> None:
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((6, 2, 3)), rng.standard_normal((4, 3, 5)), rng.standard_normal(5)
    y = convolution.conv_tbc(autograd.tensor(x), autograd.tensor(w), autograd.tensor(b), pad=1).array
    padded = np.pad(x, [(1, 1), (0, 0), (0, 0)])
    expected = [np.einsum("tbc,tco->bo", padded[i : i + 4], w) + b for i in range(5)]
    np.testing.assert_allclose(y, expected)
    with pytest.raises(autograd.errors.ShapeError, match=r"conv_tbc: weight must be \(width, channels, outputs\)"):
        convolution.conv_tbc(autograd.tensor(x), autograd.tensor(w[0]), autograd.tensor(b))


def test_gradients_of_few_weights_over_many_windows() -> None:
    """A first layer's: few channels, many windows, which are summed in many short products and a rest."""
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((7, 3, 31, 31)), autograd.tensor(rng.standard_normal((4, 3, 3, 3)), requires_grad=True)
    g = rng.standard_normal((7, 4, 29, 29))
    autograd.conv2d(autograd.tensor(x), w).backward(g)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
    np.testing.assert_allclose(w.grad, np.einsum("bchwij,bohw->ocij", windows, g), rtol=1e-10)


@pytest.mark.parametrize("outputs", [2, 8])
@pytest.mark.parametrize(("dilation", "padding"), [(1, 0), (2, 1), (1, 2)])
def test_gradients_of_few_and_of_many_outputs_to_an_input(outputs: int, dilation: int, padding: int) -> None:
    rng = np.random.default_rng(1)
    x = autograd.tensor(rng.standard_normal((2, 2, 7, 6)), requires_grad=True)
    w = autograd.tensor(rng.standard_normal((outputs, 2, 3, 2)), requires_grad=True)
    assert autograd.gradcheck(lambda x, w: autograd.conv2d(x, w, dilation=dilation, padding=padding), (x, w))


@pytest.mark.parametrize(
    ("function", "weight", "x"),
    [
        (F.conv1d, (3, 0, 2), (2, 0, 5)),
        (F.conv2d, (0, 2, 2, 2), (2, 2, 5, 5)),
        (F.conv2d, (3, 2, 2, 2), (0, 2, 5, 5)),
        (F.conv_transpose1d, (0, 3, 2), (2, 0, 5)),
        (F.conv_transpose2d, (3, 2, 2, 2), (0, 3, 5, 5)),
    ],
)
def test_no_channels_no_outputs_or_no_images(function, weight, x) -> None:
    """A sum over nothing is 0, and gradients have the shapes of what they belong to."""
    x, weight = autograd.ones(*x, requires_grad=True), autograd.ones(*weight, requires_grad=True)
    y = function(x, weight)
    y.sum().backward()
    assert y.sum().item() == 0
    assert (x.grad.shape, weight.grad.shape) == (x.shape, weight.shape)
    assert x.grad.sum().item() == weight.grad.sum().item() == 0
