"""Kernels for many rows: they go piece by piece, and must agree with the plain formulas of higher precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.engine.recording import recorded_tuple
from autograd.ops import attention as ops

F: Any = nn.functional
attention = recorded_tuple(ops.attention)

# (rows, numbers of a row): short and long rows, several pieces, a last piece that is shorter, rows longer than a piece
SHAPES = [(700, 10), (70, 100), (2, 3000), (14000, 10), (500, 301), (4, 40000), (3, 90, 500)]


def numbers(shape: tuple[int, ...], width: float, dtype: Any = np.float32) -> Any:
    return np.random.default_rng(0).uniform(-width, width, shape).astype(dtype)


def exact_softmax(x: Any) -> Any:
    x = x.astype(np.longdouble)
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", [3, 60])  # with 60, exponentials need the shift by the largest number
@pytest.mark.parametrize("shape", SHAPES)
def test_softmax_of_many_rows(shape: tuple[int, ...], width: float, dtype: Any) -> None:
    x, g = numbers(shape, width, dtype), numbers(shape, 1, dtype)
    eps, expected = np.finfo(dtype).eps, exact_softmax(x)
    for f, exact, slope in (
        (autograd.softmax, expected, (g - (g * expected).sum(-1, keepdims=True)) * expected),
        (autograd.log_softmax, np.log(expected), g - expected * g.astype(np.longdouble).sum(-1, keepdims=True)),
    ):
        t = autograd.tensor(x, requires_grad=True)
        y = f(t, -1)
        assert y.dtype == dtype
        assert y.is_contiguous()
        near = np.finfo(dtype).tiny if f is autograd.softmax else 8 * eps
        np.testing.assert_allclose(y.detach().numpy(), exact, rtol=(20 + width) * eps, atol=near)
        y.backward(autograd.tensor(g))
        np.testing.assert_allclose(t.grad.numpy(), slope, rtol=0, atol=(100 + 4 * shape[-1] ** 0.5) * eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_softmax_of_rows_of_different_heights(shape: tuple[int, ...], dtype: Any) -> None:
    """Rows whose numbers are all far below those of other rows have a shift of their own."""
    x = numbers(shape, 3, dtype) + np.random.default_rng(1).choice([-200, -20, -5, 0, 30], (*shape[:-1], 1)).astype(dtype)
    y = autograd.softmax(autograd.tensor(x), -1).numpy()
    np.testing.assert_allclose(y, exact_softmax(x), rtol=20 * np.finfo(dtype).eps)
    y = autograd.softmax(autograd.tensor(x - 100), -1).numpy()
    np.testing.assert_allclose(y, exact_softmax(x - 100), rtol=20 * np.finfo(dtype).eps)


def test_softmax_of_rows_that_are_not_finite() -> None:
    """A nan spoils its own row alone, and -inf counts as nothing."""
    x = numbers((15000, 10), 3)
    plain = autograd.softmax(autograd.tensor(x), 1).numpy()
    x[3, 4], x[5, 6], x[7, 8] = np.nan, -np.inf, 1000
    for f in (autograd.softmax, autograd.log_softmax):
        y = f(autograd.tensor(x), 1).numpy()
        y = np.exp(y) if f is autograd.log_softmax else y
        assert np.isnan(y[3]).all()
        assert np.isfinite(np.delete(y, 3, 0)).all()
        assert (y[5, 6], y[7, 8], np.count_nonzero(y[7])) == (0, 1, 1)
        np.testing.assert_allclose(np.delete(y, [3, 5, 7], 0), np.delete(plain, [3, 5, 7], 0), rtol=3e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_logsumexp_of_many_rows(shape: tuple[int, ...], dtype: Any) -> None:
    x = numbers(shape, 60, dtype)
    x[..., 3] = -np.inf
    x[0], x[1, ..., 0] = -np.inf, np.inf
    top = np.where(np.isfinite(x.max(-1, keepdims=True)), x.max(-1, keepdims=True), 0)
    with np.errstate(divide="ignore", over="ignore"):
        exact = np.log(np.exp(x.astype(np.longdouble) - top).sum(-1, keepdims=True)) + top
    for keepdim in (False, True):
        y = autograd.logsumexp(autograd.tensor(x), -1, keepdim=keepdim)
        wanted, eps = exact if keepdim else exact[..., 0], np.finfo(dtype).eps
        np.testing.assert_allclose(y.numpy(), wanted, rtol=4 * eps, atol=1e3 * eps)


def test_numpy_buffers_as_before() -> None:
    """The length of NumPy's buffers, which the kernels change while they run, is the program's own behind them."""
    before = np.getbufsize()
    autograd.softmax(autograd.tensor(numbers((400, 400), 1)), 1)
    assert np.getbufsize() == before


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask", [None, (260, 1), (2, 1, 1, 300), (2, 3, 260, 300)])
@pytest.mark.parametrize("dropped", [False, True])
@pytest.mark.parametrize("one_by_one", [False, True])
def test_attention_with_many_scores(
    causal: bool, mask: tuple[int, ...] | None, dropped: bool, one_by_one: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives what PyTorch's formula gives, matrix by matrix too, and for heads that are a transposed view."""
    if one_by_one:
        monkeypatch.setattr(ops, "_LARGE", 0)
    q, k, v = (numbers((2, n, 3, 8), 2).swapaxes(1, 2) for n in (260, 300, 300))
    added = None if mask is None else np.where(numbers(mask, 1) > -0.5, numbers(mask, 1), np.float32(-np.inf))
    drop = numbers((2, 3, 260, 300), 1) > -0.5 if dropped else None
    drop = None if drop is None else drop.astype(np.float32)
    inputs = [autograd.tensor(a, requires_grad=True) for a in (q, k, v)]
    y, p = attention(*inputs, None if added is None else autograd.tensor(added), scale=0.5, causal=causal, drop=drop)
    scores = 0.5 * q.astype(float) @ k.astype(float).swapaxes(-1, -2) + (0 if added is None else added)
    if causal:
        scores = scores + np.triu(np.full(scores.shape[-2:], -np.inf), 1)
    e = np.exp(scores - np.maximum(scores.max(-1, keepdims=True), -1e300))
    exact = e / np.where(e.sum(-1, keepdims=True), e.sum(-1, keepdims=True), 1)
    kept = exact if drop is None else exact * drop
    np.testing.assert_allclose(p.detach().numpy(), exact, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(y.detach().numpy(), kept @ v, rtol=0, atol=1e-5)
    assert y.transpose(1, 2).is_contiguous()
    g = numbers(y.shape, 1)
    y.backward(autograd.tensor(g))
    dp = g.astype(float) @ v.swapaxes(-1, -2) * (1 if drop is None else drop)
    ds = exact * (dp - (dp * exact).sum(-1, keepdims=True))
    for t, slope in zip(inputs, (0.5 * ds @ k, 0.5 * ds.swapaxes(-1, -2) @ q, kept.swapaxes(-1, -2) @ g), strict=True):
        np.testing.assert_allclose(t.grad.numpy(), slope, rtol=0, atol=3e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("affine", [False, True])
def test_layer_norm_of_many_rows(shape: tuple[int, ...], affine: bool) -> None:
    x, g, n = 5 + numbers(shape, 3), numbers(shape, 1)[::-1].copy(), shape[-1]
    w, b = (numbers((n,), 1), numbers((n,), 2)) if affine else (np.ones(n, np.float32), np.zeros(n, np.float32))
    inputs = [autograd.tensor(a, requires_grad=True) for a in ((x, w, b) if affine else (x,))]
    y = F.layer_norm(inputs[0], (n,), *inputs[1:])
    y.backward(autograd.tensor(g))
    deviation = x.astype(float) - x.mean(-1, keepdims=True, dtype=float)
    r = 1 / np.sqrt((deviation**2).mean(-1, keepdims=True) + 1e-5)
    h, d = g * w.astype(float), deviation * r
    np.testing.assert_allclose(y.detach().numpy(), d * w + b, rtol=0, atol=5e-6)
    slope = (h - h.mean(-1, keepdims=True) - d * (h * d).mean(-1, keepdims=True)) * r
    np.testing.assert_allclose(inputs[0].grad.numpy(), slope, rtol=0, atol=3e-6)
    if affine:
        before = tuple(range(len(shape) - 1))
        for t, exact in zip(inputs[1:], ((g * d).sum(before), g.sum(before, dtype=float)), strict=True):
            np.testing.assert_allclose(t.grad.numpy(), exact, rtol=1e-5, atol=3e-5)


@pytest.mark.parametrize("shape", [(5,), (3, 3), (200, 10), (70, 100), (2, 3000)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_norm_of_rows(shape: tuple[int, ...], dtype: Any) -> None:
    x = numbers(shape, 3, dtype)
    exact = np.sqrt((x.astype(np.longdouble) ** 2).sum(-1))
    for laid_out in (x, np.asfortranarray(x)):
        y = autograd.linalg.vector_norm(autograd.tensor(laid_out), 2, -1).numpy()
        assert y.dtype == dtype
        np.testing.assert_allclose(y, exact, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SHAPES)
def test_running_totals_and_products_of_many_rows(shape: tuple[int, ...], dtype: Any) -> None:
    eps = np.finfo(dtype).eps
    x = 1 + numbers(shape, 0.02, dtype)
    exact = x.astype(np.longdouble)
    within = {"rtol": 4 * eps * shape[-1] ** 0.5}
    np.testing.assert_allclose(autograd.cumsum(autograd.tensor(x), -1).numpy(), exact.cumsum(-1), **within)
    for keepdim in (False, True):
        y = autograd.prod(autograd.tensor(x), -1, keepdim=keepdim)
        expected = exact.prod(-1, keepdims=keepdim)
        assert y.shape == expected.shape
        np.testing.assert_allclose(y.numpy(), expected, rtol=8 * eps * shape[-1] ** 0.5)


@pytest.mark.parametrize("kind", ["random", "rising", "equal", "nan"])
@pytest.mark.parametrize("shape", SHAPES)
def test_cumulative_extremes_of_many_rows(shape: tuple[int, ...], kind: str) -> None:
    x, g = numbers(shape, 3), numbers(shape, 1, np.float64)
    if kind == "rising":
        x = np.sort(x, -1)
    elif kind == "equal":
        x = np.round(x)
    elif kind == "nan":
        x[x > 2.9] = np.nan
    for f, ufunc in ((autograd.cummax, np.maximum), (autograd.cummin, np.minimum)):
        t = autograd.tensor(x.astype(np.float64), requires_grad=True)
        y, index = f(t, -1)
        expected = ufunc.accumulate(x, -1)
        np.testing.assert_array_equal(y.detach().numpy(), expected)
        last = np.where((x == expected) | np.isnan(x), np.arange(shape[-1]), 0)
        np.testing.assert_array_equal(index.numpy(), np.maximum.accumulate(last, -1))
        y.backward(autograd.tensor(g))
        slope = np.zeros(shape)
        rows = np.arange(slope.size // shape[-1])[:, None]
        np.add.at(slope.reshape(-1, shape[-1]), (rows, index.numpy().reshape(-1, shape[-1])), g.reshape(-1, shape[-1]))
        np.testing.assert_allclose(t.grad.numpy(), slope, rtol=0, atol=1e-9)


@pytest.mark.parametrize("columns", [1, 4, 16])
@pytest.mark.parametrize("batch", [((), ()), ((2,), ()), ((3, 1), (2,)), ((0,), ())])
def test_cdist_of_many_rows(columns: int, batch: Any) -> None:
    a, b = numbers((*batch[0], 150, columns), 2, float), numbers((*batch[1], 280, columns), 3, float)[..., ::-1, :]
    s, t = (autograd.tensor(x.copy(), requires_grad=True) for x in (a, b))
    y = autograd.cdist(s, t)
    d = a[..., :, None, :] - b[..., None, :, :]
    exact = np.sqrt((d**2).sum(-1))
    np.testing.assert_allclose(y.detach().numpy(), exact, rtol=1e-13)
    g = numbers(y.shape, 1, float)
    y.backward(autograd.tensor(g))
    slopes = (g / np.where(exact == 0, 1, exact))[..., None] * d
    for x, slope in ((s, slopes.sum(-2)), (t, -slopes.sum(-3))):
        slope = slope.sum(tuple(range(slope.ndim - x.ndim)))
        while slope.shape != tuple(x.shape):
            slope = slope.sum(next(i for i, n in enumerate(x.shape) if n != slope.shape[i]), keepdims=True)
        np.testing.assert_allclose(x.grad.numpy(), slope, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(7,), (3, 4), (2, 3, 4), *SHAPES])
def test_variance_of_rows(shape: tuple[int, ...], dtype: Any) -> None:
    x = 100 + numbers(shape, 3, dtype)
    for correction in (0, 1, 0.5):
        exact = x.astype(np.longdouble).var(-1, ddof=correction)  # type: ignore[call-overload]
        for keepdim in (False, True):
            wanted = exact[..., None] if keepdim else exact
            y = autograd.var(autograd.tensor(x), -1, correction=correction, keepdim=keepdim)
            assert y.dtype == dtype
            assert y.shape == wanted.shape
            np.testing.assert_allclose(y.numpy(), wanted, rtol=30 * np.finfo(dtype).eps * shape[-1] ** 0.5)
            y = autograd.std(autograd.tensor(x), len(shape) - 1, correction=correction, keepdim=keepdim)
            np.testing.assert_allclose(y.numpy(), np.sqrt(wanted), rtol=30 * np.finfo(dtype).eps * shape[-1] ** 0.5)
    assert not autograd.var(autograd.tensor(np.full(shape, 0.1, dtype)), -1).numpy().any()


@pytest.mark.parametrize("classes", [10, 64, 65, 1000])
@pytest.mark.parametrize("params", [{}, {"reduction": "sum"}, {"reduction": "none"}, {"ignore_index": 2}, {"weight": True}])
def test_cross_entropy_of_many_rows(classes: int, params: dict[str, Any]) -> None:
    count, random = 150_000 // classes, np.random.default_rng(2)
    x, target = numbers((count, classes), 9), random.integers(0, classes, count).astype(np.uint8 if classes == 10 else np.int64)
    weight = random.random(classes).astype(np.float32) if params.get("weight") else None
    w = np.ones(count) if weight is None else weight.astype(float)[target]
    w = np.where(target == params.get("ignore_index", -100), 0, w)
    p = exact_softmax(x).astype(float)
    losses = -np.log(p[np.arange(count), target]) * w
    reduction = params.get("reduction", "mean")
    t = autograd.tensor(x, requires_grad=True)
    y = F.cross_entropy(
        t, autograd.tensor(target), None if weight is None else autograd.tensor(weight), reduction=reduction,
        ignore_index=params.get("ignore_index", -100),
    )  # fmt: skip
    wanted = losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.sum() / w.sum()
    np.testing.assert_allclose(y.detach().numpy(), wanted, rtol=1e-5, atol=1e-6)
    g = numbers(y.shape, 1)
    y.backward(autograd.tensor(g))
    p[np.arange(count), target] -= 1
    factor = (np.broadcast_to(g, (count,)) * w / (w.sum() if reduction == "mean" else 1))[:, None]
    np.testing.assert_allclose(t.grad.numpy(), p * factor, rtol=1e-5, atol=1e-6 * np.abs(factor).max())


@pytest.mark.parametrize("n", [2049, 4096, 5000, 10007, 20000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_group_norm_of_long_rows(n: int, dtype: Any) -> None:
    """Rows are as accurate as short ones, whether they have equal parts of a good length or, as a prime, none."""
    x, g = 50 + numbers((20, n), 3, dtype), numbers((20, n), 1, dtype)
    eps, t = np.finfo(dtype).eps, autograd.tensor(x, requires_grad=True)
    y = F.layer_norm(t, (n,))
    y.backward(autograd.tensor(g))
    deviation = x.astype(np.longdouble) - x.astype(np.longdouble).mean(-1, keepdims=True)
    r = 1 / np.sqrt((deviation**2).mean(-1, keepdims=True) + 1e-5)
    d, h = deviation * r, g.astype(np.longdouble)
    np.testing.assert_allclose(y.detach().numpy(), d, rtol=0, atol=60 * eps)
    slope = (h - h.mean(-1, keepdims=True) - d * (h * d).mean(-1, keepdims=True)) * r
    np.testing.assert_allclose(t.grad.numpy(), slope, rtol=0, atol=60 * eps)


@pytest.mark.parametrize("shape", [(20000, 30), (40, 8, 64, 64), (3000, 4, 7, 7), (3, 2, 400, 400), (1, 2, 600, 600)])
def test_batch_norm_of_many_images(shape: tuple[int, ...]) -> None:
    x, g, c = 2 + numbers(shape, 3), numbers(shape, 1)[::-1].copy(), shape[1]
    w, b = numbers((c,), 1) + 2, numbers((c,), 2)
    inputs = [autograd.tensor(a, requires_grad=True) for a in (x, w, b)]
    y = F.batch_norm(inputs[0], None, None, inputs[1], inputs[2], training=True)
    y.backward(autograd.tensor(g))
    dims, column = (0, *range(2, len(shape))), (1, c, *[1] * (len(shape) - 2))
    deviation = x.astype(float) - x.mean(dims, keepdims=True, dtype=float)
    r = 1 / np.sqrt((deviation**2).mean(dims, keepdims=True) + 1e-5)
    d, h = deviation * r, g * w.reshape(column).astype(float)
    np.testing.assert_allclose(y.detach().numpy(), d * w.reshape(column) + b.reshape(column), rtol=0, atol=1e-5)
    slope = (h - h.mean(dims, keepdims=True) - d * (h * d).mean(dims, keepdims=True)) * r
    np.testing.assert_allclose(inputs[0].grad.numpy(), slope, rtol=0, atol=1e-5)
    np.testing.assert_allclose(inputs[1].grad.numpy(), (g * d).sum(dims), rtol=1e-4, atol=2e-2)
    np.testing.assert_allclose(inputs[2].grad.numpy(), g.sum(dims, dtype=float), rtol=1e-4, atol=2e-2)
