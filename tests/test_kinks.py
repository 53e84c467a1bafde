"""Conventions where there is no derivative, or where the plain formula gives nan: PyTorch's, where that is finite."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autograd
import autograd as f
import nn
from autograd import special

INF, NAN = np.inf, np.nan


@pytest.fixture(autouse=True)
def quiet():
    """Dividing by zero is what many of these are about."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def derivatives(function, *values):
    """The gradient of the sum of a function's values, and that of half the squared length of the gradient, for each input."""
    leaves = [autograd.tensor(np.array(v, dtype=float)).requires_grad_() for v in values]
    first = autograd.grad(function(*leaves).sum(), leaves, create_graph=True, allow_unused=True, materialize_grads=True)
    half = sum(((g * g).sum() * 0.5 for g in first if g.requires_grad), autograd.tensor(0.0))
    if not half.requires_grad:
        return [g.numpy(force=True) for g in first], [np.zeros(np.shape(v)) for v in values]
    second = autograd.grad(half, leaves, allow_unused=True, materialize_grads=True)
    return [g.numpy(force=True) for g in first], [g.numpy(force=True) for g in second]


FIRST = {
    # what stands in the table of conventions
    "norm at 0": (f.norm, [[0.0, 0.0]], [[0, 0]]),
    "norm along a dimension, one row 0": (lambda x: f.norm(x, dim=1), [[[0.0, 0.0], [3.0, 4.0]]], [[[0, 0], [0.6, 0.8]]]),
    "std of a constant": (f.std, [[2.0, 2.0, 2.0]], [[0, 0, 0]]),
    "std of a constant that is not exact": (f.std, [[0.1, 0.1, 0.1]], [[0, 0, 0]]),
    "std along a dimension, one row constant": (
        lambda x: f.std(x, 1), [[[1.0, 1.0], [0.0, 2.0]]], [[[0, 0], [-(0.5**0.5), 0.5**0.5]]],
    ),
    "prod with a zero": (f.prod, [[0.0, 2.0, 3.0]], [[6, 0, 0]]),
    "prod with two zeros": (f.prod, [[0.0, 0.0, 3.0]], [[0, 0, 0]]),
    "prod of some dimensions with zeros": (
        lambda x: f.prod(x, 1), [[[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [1.0, 2.0, 3.0]]], [[[6, 0, 0], [0, 0, 0], [6, 3, 2]]],
    ),
    "max shares": (f.max, [[1.0, 1.0]], [[0.5, 0.5]]),
    "amax shares": (f.amax, [[3.0, 1.0, 3.0, 3.0]], [[1 / 3, 0, 1 / 3, 1 / 3]]),
    "amin shares": (lambda x: f.amin(x, dim=1), [[[1.0, 1.0], [1.0, 2.0]]], [[[0.5, 0.5], [1, 0]]]),
    "max(dim) sends all to the first": (lambda x: x.max(0).values, [[1.0, 1.0]], [[1, 0]]),
    "min(dim) sends all to the first": (lambda x: x.min(0).values, [[1.0, 1.0]], [[1, 0]]),
    "maximum shares": (f.maximum, [[1.0, 2.0], [1.0, 1.0]], [[0.5, 1], [0.5, 0]]),
    "minimum shares": (f.minimum, [[1.0, 2.0], [1.0, 1.0]], [[0.5, 0], [0.5, 1]]),
    "abs": (f.abs, [[0.0, -2.0]], [[0, -1]]),
    "relu": (f.relu, [[0.0, 2.0]], [[0, 1]]),
    "x ** 0. at 0": (lambda x: x**0.0, [[0.0, 2.0]], [[0, 0]]),
    "sqrt at 0": (f.sqrt, [[0.0, 4.0]], [[INF, 0.25]]),
    # further ones
    "x ** b at 0, for b = 0, 1, 2": (f.pow, [[0.0, 0.0, 0.0], [0.0, 1.0, 2.0]], [[0, 1, 0], [0, 0, 0]]),
    "negative base": (lambda x: x**3, [[-2.0]], [[12]]),
    "fmax: of equal ones the first": (f.fmax, [[1.0, NAN, 2.0], [1.0, 3.0, NAN]], [[1, 0, 1], [0, 1, 0]]),
    "clamp: the ends pass": (lambda x: f.clamp(x, 0.0, 1.0), [[-1.0, 0.0, 0.5, 1.0, 2.0]], [[0, 1, 1, 1, 0]]),
    "clamp: bounds with a gradient": (f.clamp, [[-1.0, 0.5, 2.0], [0.0] * 3, [1.0] * 3], [[0, 1, 0], [1, 0, 0], [0, 0, 1]]),
    "clamp: bounds that cross": (f.clamp, [[0.5], [1.0], [0.0]], [[0], [0], [1]]),
    "p-norm with p < 2, one element 0": (lambda x: f.norm(x, 1.5), [[0.0, 8.0]], [[0, 1]]),
    "inf-norm shares": (lambda x: f.norm(x, INF), [[2.0, -2.0, 1.0]], [[0.5, -0.5, 0]]),
    "inf-norm at 0": (lambda x: f.norm(x, INF), [[0.0, 0.0]], [[0, 0]]),
    "hypot at 0": (f.hypot, [[0.0], [0.0]], [[0], [0]]),
    "atan2 at 0": (f.atan2, [[0.0], [0.0]], [[0], [0]]),
    "sign, floor, round": (lambda x: f.sign(x) + f.floor(x) + f.round(x), [[0.0, 1.5]], [[0, 0]]),
    "nan_to_num": (f.nan_to_num, [[NAN, INF, 2.0]], [[0, 0, 1]]),
    "sinc at 0": (f.sinc, [[0.0]], [[0]]),
    "cummax: of equal ones the latest": (lambda x: f.cummax(x, 0).values, [[1.0, 3.0, 3.0, 2.0]], [[1, 1, 2, 0]]),
    "cumprod with zeros": (lambda x: f.cumprod(x, 0), [[2.0, 0.0, 3.0, 0.0]], [[1, 8, 0, 0]]),
    "logsumexp of -inf": (lambda x: f.logsumexp(x, 0), [[-INF, -INF]], [[0, 0]]),
    "logaddexp with -inf": (f.logaddexp, [[-INF, 0.0], [0.0, 0.0]], [[0, 0.5], [1, 0.5]]),
    "logcumsumexp over a wide range": (lambda x: f.logcumsumexp(x, 0), [[-INF, 0.0, 800.0]], [[0, 1, 1]]),
    "sigmoid far out": (f.sigmoid, [[-1000.0, 0.0, 1000.0]], [[0, 0.25, 0]]),
    "logit outside of eps": (lambda x: f.logit(x, 0.1), [[0.05, 0.5, 1.0]], [[0, 4, 0]]),
    "xlogy at 0": (f.xlogy, [[0.0], [1.0]], [[0], [0]]),
    "nansum": (f.nansum, [[NAN, 2.0]], [[0, 1]]),
    "nanmean": (f.nanmean, [[NAN, 2.0, 3.0]], [[0, 0.5, 0.5]]),
    "nanstd of a constant": (f.nanstd, [[NAN, 2.0, 2.0]], [[0, 0, 0]]),
    "where: the branch not taken is nan": (
        lambda x: f.where(x > 0, x, f.sqrt(f.where(x > 0, 1.0, -x))), [[4.0, -4.0]], [[1, -0.25]],
    ),
    "i0e at 0": (special.i0e, [[0.0]], [[0]]),
}  # fmt: skip


@pytest.mark.parametrize("case", FIRST)
def test_the_gradient_is_the_convention(case):
    function, values, expected = FIRST[case]
    first, _ = derivatives(function, *values)
    for g, want in zip(first, expected, strict=True):
        np.testing.assert_allclose(g, np.array(want, float), atol=1e-12)


# The gradient of |g|² / 2, g being the gradient: Hessian times gradient.
SECOND = {
    "norm at 0": (f.norm, [[0.0, 0.0]], [[0, 0]]),
    "norm along a dimension, one row 0": (lambda x: f.norm(x, dim=1), [[[0.0, 0.0], [3.0, 4.0]]], [[[0, 0], [0, 0]]]),
    "std of a constant": (f.std, [[2.0, 2.0, 2.0]], [[0, 0, 0]]),
    "prod with a zero": (f.prod, [[0.0, 2.0, 3.0]], [[0, 18, 12]]),
    "prod with two zeros": (lambda x: f.prod(x) + x.sum(), [[0.0, 0.0, 3.0]], [[3, 3, 0]]),
    "prod with three zeros": (lambda x: f.prod(x) + x.sum(), [[0.0, 0.0, 0.0]], [[0, 0, 0]]),
    "prod over two dimensions": (
        lambda x: f.prod(x, dim=(0, 1)) + x.sum(), [[[0.0, 2.0], [0.0, 3.0]]], [[[6, 0], [6, 0]]],
    ),
    "cumprod with a zero": (lambda x: f.cumprod(x, 0), [[2.0, 0.0, 3.0]], [[32, 4, 16]]),
    "x ** 2 at 0": (lambda x: x**2 + x, [[0.0]], [[2]]),
    "x ** 2 at 0, exponent a tensor without a gradient": (lambda x: f.pow(x, np.array([2.0])) + x, [[0.0]], [[2]]),
    "x ** 1 at 0": (lambda x: x**1, [[0.0]], [[0]]),
    "x ** 0 at 0": (lambda x: x**0 + x, [[0.0]], [[0]]),
    "sinc at 0": (lambda x: f.sinc(x) + x, [[0.0]], [[-np.pi**2 / 3]]),
    "abs at 0": (lambda x: f.abs(x) * x, [[0.0]], [[0]]),
    "max shares": (lambda x: f.max(x * x), [[1.0, 1.0]], [[1.0, 1.0]]),
    "p-norm with p < 2, one element 0": (lambda x: f.norm(x, 1.5), [[0.0, 8.0]], [[0, 0]]),
    "hypot at 0": (f.hypot, [[0.0], [0.0]], [[0], [0]]),
}  # fmt: skip


@pytest.mark.parametrize("case", SECOND)
def test_the_second_derivative_is_finite_and_right(case):
    function, values, expected = SECOND[case]
    _, second = derivatives(function, *values)
    for g, want in zip(second, expected, strict=True):
        np.testing.assert_allclose(g, np.array(want, float), atol=1e-9)


def test_prod_with_zeros_agrees_with_the_product_written_out():
    values = np.array([0.0, 2.0, 0.0, -1.5])
    for function in (f.prod, lambda x: x[0] * x[1] * x[2] * x[3]):
        x = autograd.tensor(values, requires_grad=True)
        (g,) = autograd.grad(function(x), x, create_graph=True)
        rows = [autograd.grad(g[i], x, create_graph=True, allow_unused=True, materialize_grads=True)[0] for i in range(4)]
        (third,) = autograd.grad(rows[0][1] * 1.0, x, allow_unused=True, materialize_grads=True)
        np.testing.assert_allclose(g.detach().numpy(), [0, 0, 0, 0], atol=1e-15)
        hessian = np.zeros((4, 4))
        hessian[0, 2] = hessian[2, 0] = -3.0
        np.testing.assert_allclose([r.numpy(force=True) for r in rows], hessian)
        np.testing.assert_allclose(third.numpy(), [0, 0, -1.5, 0])


def test_max_along_a_dimension_says_where():
    values, indices = autograd.tensor([[1.0, 3.0, 3.0], [2.0, 0.0, 1.0]]).max(1)
    assert values.tolist() == [3, 2]
    assert indices.tolist() == [1, 0]
    assert autograd.tensor([1.0, 2.0]).max(0).indices.item() == 1


def test_conventions_keep_float32():
    x = autograd.tensor(np.zeros(3, np.float32)).requires_grad_()
    for function in (f.norm, f.std, f.prod, f.max, lambda x: f.norm(x, 1.5), lambda x: (x**2.0).sum(), lambda x: f.sinc(x).sum()):
        y = function(x)
        (g,) = autograd.grad(y, x)
        assert y.dtype == g.dtype == np.float32
        assert np.isfinite(g.numpy()).all()


RECTIFIERS = {
    "relu": (autograd.relu, -1.0), "relu6": (nn.functional.relu6, -1.0), "relu6 above": (nn.functional.relu6, 7.0),
    "hardtanh": (nn.functional.hardtanh, 2.0), "hardsigmoid": (nn.functional.hardsigmoid, -4.0),
    "hardswish": (nn.functional.hardswish, -4.0), "threshold": (lambda x: nn.functional.threshold(x, 1.0, 5.0), 0.0),
    "softshrink": (nn.functional.softshrink, 0.1), "hardshrink": (nn.functional.hardshrink, 0.1),
    "clamp": (lambda x: x.clamp(0.0, 1.0), 2.0), "clip from below": (lambda x: x.clamp(min=0.0), -1.0),
    "maximum": (lambda x: autograd.maximum(x, x.detach() + 1), 0.0),
    "minimum": (lambda x: autograd.minimum(x.detach() - 1, x), 0.0),
    "fmax": (lambda x: autograd.fmax(x, x.detach() + 1), 0.0), "where": (lambda x: autograd.where(x > 0, x, 0.0), -1.0),
    "masked_fill": (lambda x: x.masked_fill(x < 0, 3.0), -1.0),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", RECTIFIERS)
@pytest.mark.filterwarnings("ignore:(invalid|overflow)")
def test_what_is_cut_off_has_no_gradient_however_large_the_incoming_one(name: str, create_graph: bool, dtype: type) -> None:
    function, place = RECTIFIERS[name]
    x = autograd.tensor(np.array([place, place], dtype), requires_grad=True)
    (g,) = autograd.grad(function(x), x, autograd.tensor(np.array([np.inf, np.nan], dtype)), create_graph=create_graph)
    assert g.dtype == dtype
    assert g.tolist() == [0, 0]


@pytest.mark.filterwarnings("ignore:invalid")
def test_what_passes_keeps_an_infinite_gradient() -> None:
    for function, place, factor in (
        (autograd.relu, 1.0, 1), (nn.functional.leaky_relu, -1.0, 1), (lambda x: nn.functional.leaky_relu(x, 2.0), -1.0, 1),
        (lambda x: nn.functional.leaky_relu(x, -2.0), -1.0, -1), (nn.functional.elu, -1.0, 1), (nn.functional.hardswish, 4.0, 1),
        (lambda x: nn.functional.prelu(x, autograd.tensor([0.5])), -1.0, 1), (lambda x: autograd.maximum(x, x.detach()), 1.0, 1),
    ):  # fmt: skip
        x = autograd.tensor([place], requires_grad=True)
        (g,) = autograd.grad(function(x), x, autograd.tensor([np.inf]))
        assert g.item() == factor * np.inf
    weight = autograd.tensor([0.5], requires_grad=True)
    (g,) = autograd.grad(nn.functional.prelu(autograd.tensor([1.0]), weight), weight, autograd.tensor([np.inf]))
    assert g.item() == 0


def test_a_negative_base_has_a_complex_logarithm():
    """d a^b / db = a^b log(a), and log(-2) = log(2) + i pi."""
    a, b = np.array([-2.0, 3.0]), np.array([0.3 + 0.5j, -1.0 + 0.2j])
    t = autograd.tensor(b, requires_grad=True)
    (autograd.tensor(a) ** t).backward(np.ones(2, complex))
    y = np.exp(b * np.log(a + 0j))
    np.testing.assert_allclose(t.grad, np.conj(y * np.log(a + 0j)))
