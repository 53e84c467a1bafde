"""Losses: values against closed forms and naive loops, gradients by finite differences over all options, and what is refused."""

from __future__ import annotations

import inspect
import itertools
import math
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

import autograd
import nn
import nn.functional as F
from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.proof.gradcheck import gradcheck, gradgradcheck

REDUCTIONS = ("mean", "sum", "none")
RNG = np.random.default_rng


def t(values: Any, grad: bool = False) -> Any:
    return autograd.tensor(np.asarray(values), requires_grad=grad)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return RNG(seed).standard_normal(shape)


def unit(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers well inside (0, 1)."""
    return 0.05 + 0.9 * RNG(seed).random(shape)


def reduced(losses: np.ndarray, reduction: str) -> np.ndarray:
    return losses if reduction == "none" else np.asarray(losses.sum() if reduction == "sum" else losses.mean())


def same(found: Any, expected: Any, rtol: float = 1e-10) -> None:
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=rtol, atol=1e-12)


# ---------------------------------------------------------------------------------------- element by element, in closed form

X, Y, P, Q = normal(3, 4), normal(3, 4, seed=1), unit(3, 4), unit(3, 4, seed=2)
SIGNS = np.where(normal(3, 4, seed=3) > 0, 1.0, -1.0)
COUNTS = np.array([[0.0, 1, 2, 3], [4, 0, 1, 6], [2, 2, 9, 1]])


def entropy(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return -special.xlogy(q, p) - special.xlogy(1 - q, 1 - p)


# name, arguments, options, what each element should be
ELEMENTWISE: list[tuple[str, tuple[np.ndarray, ...], dict[str, Any], np.ndarray]] = [
    ("mse_loss", (X, Y), {}, (X - Y) ** 2),
    ("l1_loss", (X, Y), {}, abs(X - Y)),
    ("smooth_l1_loss", (X, Y), {"beta": 0.7}, np.where(abs(X - Y) < 0.7, (X - Y) ** 2 / 1.4, abs(X - Y) - 0.35)),
    ("smooth_l1_loss", (X, Y), {"beta": 0}, abs(X - Y)),
    ("huber_loss", (X, Y), {"delta": 0.7}, special.huber(0.7, X - Y)),
    ("binary_cross_entropy", (P, Q), {}, entropy(P, Q)),
    ("binary_cross_entropy", (P, (Q > 0.5).astype(float)), {"weight": Q[0]}, entropy(P, Q > 0.5) * Q[0]),
    ("binary_cross_entropy_with_logits", (X, Q), {}, entropy(special.expit(X), Q)),
    ("binary_cross_entropy_with_logits", (X, Q), {"weight": P}, entropy(special.expit(X), Q) * P),
    (
        "binary_cross_entropy_with_logits", (X, Q), {"pos_weight": 3 * P[0]},
        -3 * P[0] * Q * special.log_expit(X) - (1 - Q) * special.log_expit(-X),
    ),
    ("kl_div", (np.log(P), Q), {}, special.rel_entr(Q, P)),
    ("kl_div", (np.log(P), np.log(Q)), {"log_target": True}, special.rel_entr(Q, P)),
    ("poisson_nll_loss", (X, COUNTS), {}, np.exp(X) - COUNTS * X),
    ("poisson_nll_loss", (P, COUNTS), {"log_input": False, "eps": 0.0}, P - COUNTS * np.log(P)),
    ("gaussian_nll_loss", (X, Y, P), {"full": True}, -stats.norm.logpdf(Y, X, np.sqrt(P))),
    ("gaussian_nll_loss", (X, Y, P[:, 0]), {"full": True}, -stats.norm.logpdf(Y, X, np.sqrt(P[:, :1]))),
    ("gaussian_nll_loss", (X, Y, P[:1]), {"full": True}, -stats.norm.logpdf(Y, X, np.sqrt(P[:1]))),
    ("hinge_embedding_loss", (X, SIGNS), {"margin": 0.5}, np.where(SIGNS == 1, X, np.maximum(0, 0.5 - X))),
    ("soft_margin_loss", (X, SIGNS), {}, np.log(1 + np.exp(-SIGNS * X))),
    ("margin_ranking_loss", (X, Y, SIGNS), {"margin": 0.3}, np.maximum(0, -SIGNS * (X - Y) + 0.3)),
]  # fmt: skip
each_elementwise = pytest.mark.parametrize(
    ("name", "args", "options", "expected"), ELEMENTWISE, ids=[f"{name}-{'-'.join(options)}" for name, _, options, _ in ELEMENTWISE]
)


@each_elementwise
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.filterwarnings("ignore:reduction")
def test_each_element(name: str, args: Any, options: Any, expected: np.ndarray, reduction: str) -> None:
    function = getattr(F, name)
    options = {k: t(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    same(function(*map(t, args), **options, reduction=reduction), reduced(expected, reduction))
    # Counts, signs and answers of yes or no stand at the edge of where they make sense: they are not moved.
    leaves = tuple(t(a, grad=bool((a % 1).any())) for a in args)
    assert gradcheck(lambda *a: function(*a, **options, reduction=reduction), leaves)


@each_elementwise
@pytest.mark.filterwarnings("ignore:reduction")
def test_float32_stays(name: str, args: Any, options: Any, expected: np.ndarray) -> None:
    small = [autograd.tensor(a.astype(np.float32), requires_grad=i == 0) for i, a in enumerate(args)]
    options = {k: t(v.astype(np.float32)) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    for reduction in REDUCTIONS:
        loss = getattr(F, name)(*small, **options, reduction=reduction)
        assert loss.dtype == np.float32
        np.testing.assert_allclose(loss.detach().numpy(), reduced(expected, reduction), rtol=2e-5, atol=2e-6)
        loss.sum().backward()
        assert small[0].grad.dtype == np.float32


def test_stirlings_formula_is_used_above_one() -> None:
    found = F.poisson_nll_loss(t(X), t(COUNTS), full=True, reduction="none") - F.poisson_nll_loss(t(X), t(COUNTS), reduction="none")
    n = np.where(COUNTS > 1, COUNTS, 1)
    same(found, np.where(COUNTS > 1, n * np.log(n) - n + 0.5 * np.log(2 * np.pi * n), 0))
    np.testing.assert_allclose(found.numpy()[1, 3], math.lgamma(7), rtol=3e-3)  # close to log 6!


def test_batchmean_is_the_divergence() -> None:
    p, q = (a / a.sum(1, keepdims=True) for a in (P, Q))
    expected = np.mean([stats.entropy(q[i], p[i]) for i in range(3)])
    same(F.kl_div(t(np.log(p)), t(q), reduction="batchmean"), expected)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
def test_weights_of_elements(name: str) -> None:
    losses = getattr(F, name)(t(X), t(Y), reduction="none").numpy()
    expected = (losses * Q).sum() / (Q.size if name == "huber_loss" else Q.sum())
    same(getattr(F, name)(t(X), t(Y), weight=t(Q)), expected)
    with pytest.raises(ShapeError, match=r"input float64\[3, 4\] and weight float64\[4\] differ"):
        getattr(F, name)(t(X), t(Y), weight=t(Q[0]))


def test_variance_below_eps_counts_as_eps_and_keeps_its_gradient() -> None:
    var = t([1e-9, 2.0], True)
    F.gaussian_nll_loss(t([1.0, 1.0]), t([2.0, 2.0]), var, eps=0.25, reduction="sum").backward()
    np.testing.assert_allclose(var.grad.numpy(), [0.5 * (1 / 0.25 - 1 / 0.25**2), 0.5 * (0.5 - 0.25)])
    same(F.gaussian_nll_loss(t(X), t(Y), 4.0, full=True, reduction="none"), -stats.norm.logpdf(Y, X, 2.0))


SMOOTH = ["mse_loss", "huber_loss", "binary_cross_entropy_with_logits", "soft_margin_loss", "poisson_nll_loss"]


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_second_order(name: str, reduction: str) -> None:
    target = COUNTS if name == "poisson_nll_loss" else Q
    assert gradgradcheck(lambda x, y: getattr(F, name)(x, y, reduction=reduction), (t(X, True), t(target, True)))


# --------------------------------------------------------------------------------------------------------- at the extremes


def test_large_numbers_do_not_overflow() -> None:
    x = t([1000.0, -1000.0, 1000.0, -1000.0], True)
    target = t([1.0, 0.0, 0.0, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss = F.binary_cross_entropy_with_logits(x, target, reduction="none")
        same(loss, [0.0, 0.0, 1000.0, 1000.0])
        loss.sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), [0.0, 0.0, 1.0, -1.0], atol=1e-300)
        same(F.soft_margin_loss(x, t([1.0, -1.0, -1.0, 1.0]), reduction="none"), [0.0, 0.0, 1000.0, 1000.0])
        same(F.multilabel_soft_margin_loss(x, target), 500.0)
        same(F.cross_entropy(t([[1e4, -1e4], [-1e4, 1e4]]), t([0, 0]), reduction="none"), [0.0, 2e4])


def test_zero_times_log_zero_is_zero() -> None:
    same(F.kl_div(t([-1.0, -2.0]), t([0.0, 1.0]), reduction="sum"), 2.0)
    same(F.binary_cross_entropy(t([0.0, 1.0]), t([0.0, 1.0]), reduction="sum"), 0.0)
    # and log 0 is -100, PyTorch's convention
    same(F.binary_cross_entropy(t([0.0, 1.0]), t([1.0, 0.0])), 100.0)
    p = np.log([[0.5, 0.5, 1e-300]])
    p[0, 2] = -np.inf
    same(F.nll_loss(t(p), t([0])), -p[0, 0])


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}, {"weight": t([1.0, 2.0, 3.0])}])
def test_where_all_targets_are_ignored_the_mean_is_nan_and_there_is_no_gradient(options: dict[str, Any]) -> None:
    x = t(normal(2, 3), grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss = F.cross_entropy(x, t([-100, -100]), **options)
        assert math.isnan(loss.item())
        assert autograd.grad(loss, x)[0].tolist() == [[0] * 3] * 2
        (logs,) = autograd.grad(F.nll_loss(x, t([-100, -100]), options.get("weight")), x)
        assert logs.tolist() == [[0] * 3] * 2
        assert F.cross_entropy(x, t([-100, -100]), reduction="sum", **options).item() == 0


def test_one_row_or_none_and_its_class() -> None:
    x = t([0.1, 0.2, 0.4])
    for shape in ((), (1,)):
        assert F.multi_margin_loss(x, t(2).reshape(shape), reduction="none").shape == shape
        assert F.multi_margin_loss(x[None], t(2).reshape(shape), reduction="none").shape == shape


def test_complex_numbers_have_a_distance_and_no_other_loss() -> None:
    z, x = t([3 + 4j, 1j]), t([0.5, 0.5])
    assert F.l1_loss(z, z * 0).item() == 3
    for call in (
        lambda: F.mse_loss(z, z), lambda: F.smooth_l1_loss(z, z), lambda: F.huber_loss(z, z), lambda: F.kl_div(z, z),
        lambda: F.mse_loss(x, z), lambda: F.binary_cross_entropy(z, x), lambda: F.binary_cross_entropy_with_logits(z, x),
        lambda: F.soft_margin_loss(z, x), lambda: F.hinge_embedding_loss(z, x), lambda: F.multi_margin_loss(z, t(0)),
        lambda: F.margin_ranking_loss(z, z, x), lambda: F.cross_entropy(z, t(0)), lambda: F.nll_loss(z, t(0)),
        lambda: F.cross_entropy(z, x), lambda: F.multilabel_soft_margin_loss(z, x),
    ):  # fmt: skip
        with pytest.raises(DtypeError, match="complex"), warnings.catch_warnings(action="ignore"):
            call()


def test_the_distance_of_triplets_is_a_child() -> None:
    loss = nn.TripletMarginWithDistanceLoss()
    assert [name for name, _ in loss.named_children()] == ["distance_function"]
    assert isinstance(loss.distance_function, nn.PairwiseDistance)


def test_the_mean_of_nothing_is_nan_and_its_sum_zero() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("mse_loss", "binary_cross_entropy_with_logits"):
            assert math.isnan(getattr(F, name)(t(np.ones((0, 2))), t(np.ones((0, 2)))).item())
        x, labels = t(np.ones((2, 3)), True), t([-100, -100])
        assert math.isnan(F.cross_entropy(x, labels).item())
    same(F.cross_entropy(x, labels, reduction="sum"), 0.0)
    same(F.mse_loss(t(np.ones((0, 2))), t(np.ones((0, 2))), reduction="sum"), 0.0)


# ----------------------------------------------------------------------------------------------------------------- classes

SHAPES = [(5,), (3, 5), (3, 5, 2), (2, 5, 2, 3)]


def class_losses(
    x: np.ndarray, target: np.ndarray, weight: Any, ignore: int, smoothing: float, reduction: str
) -> np.ndarray:  # one element at a time
    dim = 0 if x.ndim == 1 else 1
    classes = x.shape[dim]
    w = np.ones(classes) if weight is None else weight
    rows, labels = np.moveaxis(x, dim, -1).reshape(-1, classes), target.reshape(-1)
    losses, total = np.zeros(len(labels)), 0.0
    for i, (row, label) in enumerate(zip(rows, labels, strict=True)):
        if label == ignore:
            continue
        logs = row - special.logsumexp(row)
        losses[i] = -(1 - smoothing) * w[label] * logs[label] - smoothing / classes * (w * logs).sum()
        total += w[label]
    if reduction == "none":
        return losses.reshape(target.shape)
    return np.asarray(losses.sum() / (total if reduction == "mean" else 1))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cross_entropy_of_class_numbers(shape: tuple[int, ...], reduction: str) -> None:
    x, w = 2 * normal(*shape), unit(5)
    target = np.asarray(RNG(4).integers(0, 5, shape[:1] * (len(shape) > 1) + shape[2:]))
    ignored = [-100] if target.ndim == 0 else [-100, int(target.flat[0])]
    for weight, ignore, smoothing in itertools.product((None, w), ignored, (0.0, 0.3, 1.0)):
        how = {"ignore_index": ignore, "reduction": reduction, "weight": None if weight is None else t(weight)}
        expected = class_losses(x, target, weight, ignore, smoothing, reduction)
        same(F.cross_entropy(t(x), t(target), **how, label_smoothing=smoothing), expected)
        how["label_smoothing"] = smoothing
        assert gradcheck(lambda a, how=how: F.cross_entropy(a, t(target), **how), t(x, True), fast_mode=True)
        if not smoothing:
            del how["label_smoothing"]
            logs = F.log_softmax(t(x), 0 if x.ndim == 1 else 1)
            same(F.nll_loss(logs, t(target), **how), expected)
            assert gradcheck(lambda a, how=how: F.nll_loss(a, t(target), **how), t(x, True), fast_mode=True)
    how = {"weight": t(w), "label_smoothing": 0.1, "reduction": reduction}
    assert gradgradcheck(lambda a: F.cross_entropy(a, t(target), **how), t(x, True), fast_mode=True)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cross_entropy_of_probabilities(shape: tuple[int, ...], reduction: str) -> None:
    dim = 0 if len(shape) == 1 else 1
    x, q, w = normal(*shape), special.softmax(normal(*shape, seed=1), dim), unit(5)
    weights = w.reshape((-1,) + (1,) * (len(shape) - dim - 1))
    for weight, smoothing in itertools.product((None, w), (0.0, 0.3)):
        smooth = q * (1 - smoothing) + smoothing / 5
        losses = -(smooth * special.log_softmax(x, dim) * (1 if weight is None else weights)).sum(dim)
        how = {"weight": None if weight is None else t(weight), "label_smoothing": smoothing, "reduction": reduction}
        same(F.cross_entropy(t(x), t(q), **how), reduced(losses, reduction))
        assert gradcheck(lambda a, b, how=how: F.cross_entropy(a, b, **how), (t(x, True), t(q, True)), fast_mode=True)


def test_one_hot_probabilities_are_class_numbers() -> None:
    x, labels = normal(4, 5), np.array([0, 4, 2, 2])
    same(F.cross_entropy(t(x), F.one_hot(t(labels), 5).double()), F.cross_entropy(t(x), t(labels)).numpy())


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64])
def test_class_numbers_of_any_integers(dtype: Any) -> None:
    x, labels = normal(3, 5), np.array([4, 0, 2])
    same(F.cross_entropy(t(x), t(labels.astype(dtype))), class_losses(x, labels, None, -100, 0.0, "mean"))


def test_many_classes_take_the_other_way_to_the_same_result() -> None:
    # few classes are reduced with the classes in front; see _exponentials
    x, labels = normal(4, 100), np.array([0, 99, 5, 50])
    same(F.cross_entropy(t(x), t(labels)), class_losses(x, labels, None, -100, 0.0, "mean"))
    same(F.cross_entropy(t(x.T).T, t(labels)), class_losses(x, labels, None, -100, 0.0, "mean"))
    assert gradcheck(lambda a: F.cross_entropy(a, t(labels)), t(x, True), fast_mode=True)


def test_an_ignored_target_has_no_gradient() -> None:
    x = t([[0.0, 1.0], [np.nan, -np.inf], [2.0, 0.0]], True)
    loss = F.cross_entropy(x, t([0, -1, 1]), ignore_index=-1)
    same(loss, (math.log(1 + math.e) + math.log(1 + math.e**2)) / 2)
    loss.backward()
    a = special.softmax([[0.0, 1.0], [2.0, 0.0]], 1)
    np.testing.assert_allclose(x.grad.numpy(), [(a[0] - [1, 0]) / 2, [0, 0], (a[1] - [0, 1]) / 2])


def test_linear_cross_entropy() -> None:
    x, w, b = normal(3, 4), normal(5, 2, 4, seed=1), normal(5, 2, seed=2)
    labels = np.array([[0, 4], [1, 1], [3, 2]])
    logits = np.einsum("nf,cdf->ncd", x, w) + b
    same(F.linear_cross_entropy(t(x), t(w), t(labels), linear_bias=t(b)), class_losses(logits, labels, None, -100, 0.0, "mean"))
    alone = class_losses(w[:, 0] @ x[0], np.array(2), None, -100, 0.0, "mean")
    same(F.linear_cross_entropy(t(x[0]), t(w[:, 0]), t(np.array(2))), alone)
    head = nn.LinearCrossEntropyLoss(4, 5, out_features=(2,), bias=True)
    assert {k: v.shape for k, v in head.state_dict().items()} == {"linear.weight": (10, 4), "linear.bias": (10,)}
    assert head(t(x).float(), t(labels)).shape == ()
    with pytest.raises(ArgumentError, match="ignore_index cannot be specified"):
        F.linear_cross_entropy(t(x), t(w[:, 0]), t(special.softmax(logits[..., 0], 1)), ignore_index=0)
    with pytest.raises(ShapeError, match=r"linear_weight float64\[5, 3\].*same last dimension"):
        F.linear_cross_entropy(t(x), t(w[:, 0, :3]), t(labels[:, 0]))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("options", [{"batch_chunk_size": 2}, {"chunking_method": "aspect_ratio"}, {"chunking_method": None}, {}])
def test_linear_cross_entropy_in_chunks_is_the_same(options: dict[str, Any], reduction: str) -> None:
    labels = np.array([3, 0, -100, 6, 2])
    both = []
    for chunks in (None, nn.LinearCrossEntropyOptions(**options)):
        leaves = [t(normal(*shape, seed=i)).requires_grad_() for i, shape in enumerate([(5, 3), (7, 3), (7,)])]
        x, w, b = leaves
        more = {"weight": t(np.arange(1.0, 8.0)), "reduction": reduction, "linear_bias": b, "options": chunks}
        loss = F.linear_cross_entropy(x, w, t(labels), **more)
        both.append([loss, *autograd.grad((loss * t(np.arange(1.0, 6.0) if reduction == "none" else 2.0)).sum(), leaves)])
        if reduction == "none":
            one = {**more, "weight": None}
            both[-1].append(F.linear_cross_entropy(x[0], w, t(np.array(2)), **one))
    for plain, chunked in zip(*both, strict=True):
        assert plain.dtype == chunked.dtype
        same(chunked, plain.detach().numpy())


def test_the_outputs_of_many_classes_are_never_all_there() -> None:
    x, labels = autograd.zeros(512, 8), autograd.zeros(512, dtype=autograd.int64)
    head = nn.LinearCrossEntropyLoss(8, 4096, options=nn.LinearCrossEntropyOptions())
    tracemalloc.start()
    head(x, labels).backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 512 * 4096 * 4 / 5
    half = nn.LinearCrossEntropyLoss(8, 4096, dtype=np.float16, options=nn.LinearCrossEntropyOptions())
    loss = half(x.half(), labels)
    assert loss.dtype == np.float16
    assert abs(loss.item() - math.log(4096)) < 0.01
    loss.backward()
    assert half.linear.weight.grad.dtype == np.float16


def test_options_of_chunks() -> None:
    size = nn.LinearCrossEntropyOptions(chunking_method="aspect_ratio").chunk_size
    assert [size(n, 16, 64, np.float32) for n in (0, 1, 4, 12, 20, 64)] == [1, 1, 1, 4, 8, 16]
    assert nn.LinearCrossEntropyOptions().chunk_size(64, 16, 64, np.float32) == 8
    assert nn.LinearCrossEntropyOptions().chunk_size(64, 16, 64, np.float16) == 16
    assert nn.LinearCrossEntropyOptions(batch_chunk_size=100).chunk_size(64, 16, 64, np.float32) == 64
    for bad in ({"acc_policy": "fast"}, {"chunking_method": "aspect"}, {"chunking_method": "aspect_ratio:0"},
                {"batch_chunk_size": 0}, {"acc_dtype": np.int64}):  # fmt: skip
        with pytest.raises(ValueError, match=r"must be|invalid"):
            nn.LinearCrossEntropyOptions(**bad)
    both = nn.LinearCrossEntropyOptions(batch_chunk_size=3, chunking_method="aspect_ratio")
    x, w = autograd.zeros(12, 4), autograd.zeros(16, 4)
    labels = autograd.zeros(12, dtype=autograd.int64)
    with pytest.raises(ValueError, match="different chunk sizes"):
        F.linear_cross_entropy(x, w, labels, options=both)
    one = nn.LinearCrossEntropyOptions(batch_chunk_size=1)
    with pytest.warns(UserWarning, match="options ignored.*label_smoothing=0.1"):
        smooth = F.linear_cross_entropy(x, w, labels, options=one, label_smoothing=0.1)
    assert abs(smooth.item() - math.log(16)) < 1e-6
    with pytest.raises(IndexError, match="out of bounds"):
        F.linear_cross_entropy(x, w, labels + 16, options=one)
    with pytest.raises(ShapeError, match="one class number for each of 12"):
        F.linear_cross_entropy(x, w, labels[:3], options=one)


# ----------------------------------------------------------------------------------------------- the output error, a - y


def test_the_output_error_is_a_minus_y() -> None:
    """Half the square with a linear output, cross entropy with softmax or sigmoid: the derivative by z is a - y."""
    z, y = normal(4, 3), special.softmax(normal(4, 3, seed=1), 1)
    labels = np.array([0, 2, 1, 1])
    cases: list[tuple[Callable[[Any], Any], np.ndarray, np.ndarray]] = [
        (lambda z: 0.5 * F.mse_loss(z, t(y), reduction="sum"), z, y),
        (lambda z: F.cross_entropy(z, t(y), reduction="sum"), special.softmax(z, 1), y),
        (lambda z: F.cross_entropy(z, t(labels), reduction="sum"), special.softmax(z, 1), np.eye(3)[labels]),
        (lambda z: F.nll_loss(F.log_softmax(z, 1), t(labels), reduction="sum"), special.softmax(z, 1), np.eye(3)[labels]),
        (lambda z: F.binary_cross_entropy_with_logits(z, t(y), reduction="sum"), special.expit(z), y),
        (lambda z: F.binary_cross_entropy(F.sigmoid(z), t(y), reduction="sum"), special.expit(z), y),
    ]
    for loss, a, target in cases:
        leaf = t(z, True)
        loss(leaf).backward()
        np.testing.assert_allclose(leaf.grad.numpy(), a - target, rtol=1e-9, atol=1e-12)


# ----------------------------------------------------------------------------------------------------------------- margins


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_multi_margin(p: int, reduction: str) -> None:
    x, labels, w = normal(4, 5), np.array([0, 4, 2, 2]), unit(5)
    losses = np.array(
        [sum(w[k] * max(0, 0.8 - row[k] + row[c]) ** p for c in range(5) if c != k) / 5 for row, k in zip(x, labels, strict=True)]
    )
    how = {"p": p, "margin": 0.8, "weight": t(w)}
    same(F.multi_margin_loss(t(x), t(labels), **how, reduction=reduction), reduced(losses, reduction))
    same(F.multi_margin_loss(t(x[1]), t(np.array(4)), **how), losses[1])
    assert gradcheck(lambda a: F.multi_margin_loss(a, t(labels), **how, reduction=reduction), t(x, True))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_multilabel_margin(reduction: str) -> None:
    x = normal(4, 5)
    labels = np.array([[3, 0, -1, 1, 2], [-1, 0, 1, 2, 3], [0, 1, 2, 3, 4], [2, 2, -1, -1, -1]])
    losses = []
    for row, numbers in zip(x, labels, strict=True):
        listed = list(itertools.takewhile(lambda k: k >= 0, numbers))
        losses.append(sum(max(0, 1 - row[k] + row[c]) for k in listed for c in range(5) if c not in listed) / 5)
    same(F.multilabel_margin_loss(t(x), t(labels), reduction=reduction), reduced(np.array(losses), reduction))
    same(F.multilabel_margin_loss(t(x[0]), t(labels[0])), losses[0])
    assert gradcheck(lambda a: F.multilabel_margin_loss(a, t(labels), reduction=reduction), t(x, True))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_multilabel_soft_margin(reduction: str) -> None:
    w, labels = unit(4), (Q > 0.5).astype(float)
    losses = (w * entropy(special.expit(X), labels)).mean(-1)
    same(F.multilabel_soft_margin_loss(t(X), t(labels), t(w), reduction=reduction), reduced(losses, reduction))
    assert gradcheck(lambda a: F.multilabel_soft_margin_loss(a, t(labels), t(w), reduction=reduction), t(X, True))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cosine_embedding(reduction: str) -> None:
    signs = np.array([1, -1, -1])
    cosines = np.array([a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(X, Y, strict=True)])
    losses = np.where(signs == 1, 1 - cosines, np.maximum(0, cosines - 0.1))
    same(F.cosine_embedding_loss(t(X), t(Y), t(signs), 0.1, reduction=reduction), reduced(losses, reduction), 1e-9)
    same(F.cosine_embedding_loss(t(X[0]), t(Y[0]), t(np.array(1))), losses[0], 1e-9)
    assert gradcheck(lambda a, b: F.cosine_embedding_loss(a, b, t(signs), 0.1, reduction=reduction), (t(X, True), t(Y, True)))


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_triplets(swap: bool, reduction: str) -> None:
    a, p, n = normal(4, 3), normal(4, 3, seed=1), normal(4, 3, seed=2)

    def distance(x: np.ndarray, y: np.ndarray, order: float) -> np.ndarray:
        return np.linalg.norm(x - y + 1e-6, order, -1)

    for order in (1.0, 2.0, 3.0):
        far = distance(a, n, order)
        losses = np.maximum(0, 0.5 + distance(a, p, order) - (np.minimum(far, distance(p, n, order)) if swap else far))
        how = {"margin": 0.5, "p": order, "swap": swap, "reduction": reduction}
        same(F.triplet_margin_loss(t(a), t(p), t(n), **how), reduced(losses, reduction))
        assert gradcheck(lambda *x, how=how: F.triplet_margin_loss(*x, **how), tuple(t(v, True) for v in (a, p, n)), fast_mode=True)
        own = {"distance_function": lambda x, y, order=order: (x - y + 1e-6).norm(order, -1), "margin": 0.5, "swap": swap}
        same(F.triplet_margin_with_distance_loss(t(a), t(p), t(n), **own, reduction=reduction), reduced(losses, reduction))


# --------------------------------------------------------------------------------------------------------------- sequences


def collapsed(path: tuple[int, ...], blank: int) -> tuple[int, ...]:
    return tuple(k for k, _ in itertools.groupby(path) if k != blank)


def enumerated(p: np.ndarray, target: Any, blank: int) -> float:
    """Minus the logarithm of the sum over every path there is: classes^time of them."""
    steps, classes = p.shape
    total = sum(
        math.exp(sum(p[i, k] for i, k in enumerate(path)))
        for path in itertools.product(range(classes), repeat=steps)
        if collapsed(path, blank) == tuple(target)
    )
    return -math.log(total) if total else math.inf


def log_probs(steps: int, batch: int, classes: int) -> np.ndarray:
    return special.log_softmax(normal(steps, batch, classes), -1)


@pytest.mark.parametrize("blank", [0, 1])
def test_ctc_is_the_sum_over_all_paths(blank: int) -> None:
    p = log_probs(5, 4, 3)
    a, b = (k for k in range(3) if k != blank)
    targets = [(a, b), (a, a), (b,), ()]
    inputs, lengths = [5, 4, 5, 3], [len(x) for x in targets]
    padded = np.array([[*x, a, a, a][:3] for x in targets])
    expected = np.array([enumerated(p[:n, i], x, blank) for i, (n, x) in enumerate(zip(inputs, targets, strict=True))])
    same(F.ctc_loss(t(p), t(padded), inputs, lengths, blank, "none"), expected)
    row = np.array([k for x in targets for k in x])
    same(F.ctc_loss(t(p), t(row), t(inputs), t(lengths), blank, "none"), expected)
    same(F.ctc_loss(t(p), t(row), tuple(inputs), tuple(lengths), blank, "sum"), expected.sum())
    same(F.ctc_loss(t(p), t(row), inputs, lengths, blank), (expected / np.maximum(lengths, 1)).mean())
    same(F.ctc_loss(t(p[:, 0]), t([a, b]), t(np.array(5)), t(np.array(2)), blank, "none"), expected[0])
    for reduction in REDUCTIONS:
        assert gradcheck(lambda x, r=reduction: F.ctc_loss(x, t(padded), inputs, lengths, blank, r), t(p, True), fast_mode=True)


def test_ctc_has_second_derivatives() -> None:
    p = log_probs(4, 2, 3)
    assert gradgradcheck(lambda x: F.ctc_loss(x, t([[1, 2], [1, 1]]), [4, 3], [2, 2]), t(p, True), fast_mode=True)


def test_ctc_of_a_target_that_is_too_long() -> None:
    p = t(log_probs(3, 3, 3), True)
    targets, inputs, lengths = t([[1, 1, 0], [1, 2, 1], [2, 2, 2]]), [3, 3, 3], [2, 3, 3]
    losses = F.ctc_loss(p, targets, inputs, lengths, reduction="none")
    assert np.isfinite(losses.detach().numpy()).tolist() == [True, True, False]
    zeroed = F.ctc_loss(p, targets, inputs, lengths, reduction="none", zero_infinity=True)
    same(zeroed, [*losses.detach().numpy()[:2], 0.0])
    zeroed.sum().backward()
    assert np.isfinite(p.grad.numpy()).all()
    assert not p.grad.numpy()[:, 2].any()
    same(F.ctc_loss(p[:, 2:], targets[2:], [3], [3], zero_infinity=True), 0.0)


def test_ctc_of_probabilities_of_zero() -> None:
    with np.errstate(divide="ignore"):
        p = np.log(np.array([[0.5, 0.5, 0], [0.2, 0.3, 0.5], [0, 1, 0]]))
    same(F.ctc_loss(t(p[:, None]), t([[1]]), [3], [1], reduction="sum"), -math.log(0.5 * 0.2 + 0.5 * 0.3 + 0.5 * 0.3))


# ------------------------------------------------------------------------------------------------- adaptive softmax


def test_adaptive_softmax_is_a_distribution_and_its_loss_the_likelihood() -> None:
    autograd.manual_seed(0)
    m = nn.AdaptiveLogSoftmaxWithLoss(6, 12, [3, 7], div_value=2.0, head_bias=True).double()
    x, labels = normal(8, 6), np.array([0, 2, 3, 6, 7, 11, 1, 9])
    every = m.log_prob(t(x)).detach().numpy()
    np.testing.assert_allclose(np.exp(every).sum(1), 1, rtol=1e-12)
    output, loss = m(t(x), t(labels))
    same(output, every[np.arange(8), labels])
    same(loss, -every[np.arange(8), labels].mean())
    assert m.predict(t(x)).tolist() == every.argmax(1).tolist()
    same(m(t(x[3]), t(np.array(6))).output, every[3, 6])
    assert gradcheck(lambda a: m(a, t(labels)).loss, t(x, True), fast_mode=True)
    loss.backward()
    assert all(p.grad is not None for p in m.parameters())
    tails = [f"tail.{i}.{k}.weight" for i in (0, 1) for k in (0, 1)]
    assert list(m.state_dict()) == ["head.weight", "head.bias", *tails]
    with pytest.raises(IndexError, match=r"should be in \[0, 11\].*\[0, 12\]"):
        m(t(x[:2]), t([0, 12]))
    with pytest.raises(ShapeError, match="do not fit"):
        m(t(x), t(labels[:3]))
    for cutoffs in ([], [3, 3], [0, 4], [5, 2], [3, 12]):
        with pytest.raises(ArgumentError, match="cutoffs should be"):
            nn.AdaptiveLogSoftmaxWithLoss(6, 12, cutoffs)


# ------------------------------------------------------------------------------------------------------------ refusals

PAIRS = [
    nn.L1Loss, nn.MSELoss, nn.SmoothL1Loss, nn.HuberLoss, nn.BCELoss, nn.BCEWithLogitsLoss, nn.KLDivLoss, nn.PoissonNLLLoss,
    nn.HingeEmbeddingLoss, nn.SoftMarginLoss, nn.MultiLabelSoftMarginLoss,
]  # fmt: skip


class Model(nn.Module):
    """A loss inside a model, so that it has a path."""

    def __init__(self, criterion: nn.Module) -> None:
        super().__init__()
        self.criterion = criterion

    def forward(self, *args: Any) -> Any:
        return self.criterion(*args)


@pytest.mark.parametrize("cls", PAIRS)
@pytest.mark.filterwarnings("ignore:reduction")
def test_what_would_be_broadcast_is_refused(cls: Any) -> None:
    model = Model(cls())
    with pytest.raises(ShapeError) as caught:
        model(t(unit(5, 1)), t(unit(5)))
    said = str(caught.value)
    assert "in layer 'criterion'" in said or "criterion'" in said
    assert "input float64[5, 1] and target float64[5] differ in shape" in said
    assert "they would give 25 losses, (5, 5)" in said
    assert "target.view_as(input)" in said
    model(t(unit(5, 1)), t(unit(5)).view_as(t(unit(5, 1))))

    with pytest.raises(ShapeError, match=r"if that is meant, say so with target.expand_as\(input\)"):
        model(t(unit(5, 3)), t(unit(3)))
    model(t(unit(5, 3)), t(unit(3)).expand_as(t(unit(5, 3))))
    with pytest.raises(ShapeError, match=r"input.expand_as\(target\)"):
        model(t(unit(1, 3)), t(unit(5, 3)))
    with pytest.raises(ShapeError, match=r"input, target = autograd.broadcast_tensors\(input, target\)"):
        model(t(unit(5, 1)), t(unit(1, 3)))
    with pytest.raises(ShapeError, match="cannot be broadcast either"):
        model(t(unit(5)), t(unit(3)))
    with pytest.raises(ShapeError, match=r"as many elements: target.reshape\(input.shape\)"):
        model(t(unit(2, 3)), t(unit(3, 2)))
    with pytest.raises(TypeError, match=r"input is \[0.5\], of type list"):
        model([0.5], t(unit(1)))


def test_losses_of_three_refuse_too() -> None:
    a, b, c = t(unit(5, 1)), t(unit(5)), t(unit(5))
    with pytest.raises(ShapeError, match=r"input1 float64.* and input2 float64.* differ in shape"):
        nn.MarginRankingLoss()(a, b, c)
    with pytest.raises(ShapeError, match=r"input1 float64.* and target float64.* differ in shape"):
        nn.MarginRankingLoss()(b, c, a)
    with pytest.raises(ShapeError, match=r"anchor float64.* and negative float64.* differ in shape"):
        nn.TripletMarginLoss()(t(unit(2, 3)), t(unit(2, 3)), t(unit(3)))
    with pytest.raises(ShapeError, match=r"anchor float64.* and positive float64.* differ in shape"):
        nn.TripletMarginWithDistanceLoss()(t(unit(2, 3)), t(unit(3)), t(unit(2, 3)))
    with pytest.raises(ShapeError, match=r"input1 float64.* and input2 float64.* differ in shape"):
        nn.CosineEmbeddingLoss()(t(unit(2, 3)), t(unit(3)), t([1, 1]))
    with pytest.raises(ShapeError, match=r"target int64\[2, 1\] does not fit"):
        nn.CosineEmbeddingLoss()(t(unit(2, 3)), t(unit(2, 3)), t([[1], [1]]))
    with pytest.raises(ShapeError, match=r"input float64.* and target float64.* differ"):
        nn.GaussianNLLLoss()(a, b, c)
    with pytest.raises(ShapeError, match=r"var is of incorrect size, float64\[5\] for input float64\[2, 3\]"):
        nn.GaussianNLLLoss()(t(unit(2, 3)), t(unit(2, 3)), c)
    with pytest.raises(ArgumentError, match="negative entry/entries, the smallest is -1"):
        nn.GaussianNLLLoss()(b, c, t([1.0, -1.0, 0.0, 2.0, 2.0]))


def refused(error: Any, match: str) -> Any:
    return pytest.raises(error, match=match)


def test_class_numbers_out_of_range_are_named() -> None:
    model = Model(nn.CrossEntropyLoss())
    x = t(normal(3, 4))
    said = r"criterion.*Target 4 is out of bounds: target\[1\] is 4, and there are 4 classes, so it must be from 0 to 3"
    with refused(IndexError, said):
        model(x, t([0, 4, 1]))
    with refused(IndexError, r"target\[2\] is -1, and there are 4 classes.* or -100, the ignore_index"):
        model(x, t([0, -100, -1]))
    with refused(IndexError, r"target\[1, 0\] is 7"):
        model(t(normal(2, 4, 2)), t([[0, 1], [7, 2]]))
    with refused(IndexError, "target is 5"):
        model(t(normal(4)), t(np.array(5)))
    assert math.isfinite(nn.CrossEntropyLoss(ignore_index=4)(x, t([0, 4, 1])).item())
    with refused(IndexError, r"target\[0\] is 4, and there are 4 classes"):
        nn.MultiMarginLoss()(x, t([4, 0, 0]))
    with refused(IndexError, r"target\[0, 1\] is -2.*-1 after the last one"):
        nn.MultiLabelMarginLoss()(x, t([[0, -2, 0, 0]] * 3))


def test_class_numbers_of_a_wrong_kind_or_shape() -> None:
    x = t(normal(3, 4))
    with refused(DtypeError, r"target float64\[3\] has the shape of class numbers, which must be integers: convert with .long\(\)"):
        F.cross_entropy(x, t([0.0, 1.0, 2.0]))
    with refused(ShapeError, r"target float64\[2, 4\] holds probabilities"):
        F.cross_entropy(x, t(unit(2, 4)))
    with refused(ShapeError, r"target must have the shape of input without its dimension of classes, \(3,\)"):
        F.cross_entropy(x, t([[0], [1], [2]]))
    with refused(DtypeError, "target must hold class numbers, which are integers, not bool"):
        F.cross_entropy(x, t([True, False, True]))
    with refused(DtypeError, "input must hold floating numbers, not int64"):
        F.cross_entropy(t([[1, 2]]), t([0]))
    with refused(ShapeError, r"weight float64\[3\] must have one number per class, \(4,\)"):
        nn.CrossEntropyLoss(weight=t(unit(3)))(x, t([0, 1, 2]))
    with refused(ShapeError, r"weight float64\[3\] must have one number per class, \(4,\)"):
        nn.CrossEntropyLoss(weight=t(unit(3)))(x, t(unit(3, 4)))
    with refused(ShapeError, r"weight float64\[3\] must have one number per class, \(4,\)"):
        nn.MultiMarginLoss(weight=t(unit(3)))(x, t([0, 1, 2]))
    with refused(ArgumentError, "ignore_index=1 is not supported for floating point target"):
        F.cross_entropy(x, t(unit(3, 4)), ignore_index=1)
    with refused(DtypeError, "target must hold class numbers"):
        F.multi_margin_loss(x, t([0.0, 1.0, 2.0]))
    with refused(ShapeError, "dimension of classes"):
        F.cross_entropy(t(np.array(1.0)), t(np.array(0)))


def test_integers_as_targets_of_numbers() -> None:
    x = t([0.5, 2.0]).float()
    loss = F.mse_loss(x, t([1, 2]))
    assert loss.dtype == np.float32
    same(loss, 0.125)
    same(F.binary_cross_entropy_with_logits(t([0.0]), t([True])), math.log(2))
    with refused(DtypeError, r"mse_loss.*input must hold floating numbers, not int64\[2\]: convert with .float\(\)"):
        F.mse_loss(t([1, 2]), t([1.0, 2.0]))


def test_probabilities_outside_of_zero_and_one() -> None:
    with refused(ArgumentError, r"criterion.*all elements of input should be between 0 and 1, but input\[1\] is 1.5.*with_logits"):
        Model(nn.BCELoss())(t([0.5, 1.5]), t([0.0, 1.0]))
    with refused(ArgumentError, r"all elements of target should be between 0 and 1, but target\[0, 1\] is -1"):
        F.binary_cross_entropy(t([[0.5, 0.5]]), t([[0.0, -1.0]]))
    with refused(ArgumentError, r"input\[0\] is nan"):
        F.binary_cross_entropy(t([np.nan]), t([0.0]))
    with refused(ShapeError, r"weight float64\[3\] does not broadcast to the losses, \(2,\)"):
        nn.BCEWithLogitsLoss(pos_weight=t(unit(3)))(t(unit(2)), t(unit(2)))
    with refused(ShapeError, r"weight float64\[3, 1\] does not broadcast to the losses, \(2,\)"):
        nn.BCELoss(weight=t(unit(3, 1)))(t(unit(2)), t(unit(2)))


def test_lengths_of_sequences() -> None:
    p, targets = t(log_probs(4, 2, 3)), t([[1, 2], [1, 1]])
    criterion = Model(nn.CTCLoss())
    for bad, error, match in (
        (([4], [2, 2]), ShapeError, "input_lengths must hold one length for each of the 2 sequences, and holds 1"),
        (([4, 5], [2, 2]), ShapeError, "input_lengths must be at most 4"),
        (([4, -1], [2, 2]), ArgumentError, "input_lengths must not be negative"),
        (([4, 4], [2, 3]), ShapeError, r"targets int64\[2, 2\] must be \(2, 3 or more\).*longest of target_lengths is 3"),
        (([4, 4], [2.0, 1.0]), DtypeError, "target_lengths must be integers"),
    ):
        with refused(error, match) as caught:
            criterion(p, targets, *bad)
        assert "criterion'" in str(caught.value)
    with refused(ShapeError, "targets has 3 elements, and target_lengths sum up to 4"):
        criterion(p, t([1, 2, 1]), [4, 4], [2, 2])
    with refused(IndexError, "classes, from 0 to 2"):
        criterion(p, t([[1, 3], [1, 1]]), [4, 4], [2, 2])
    with refused(IndexError, "blank=3"):
        F.ctc_loss(p, targets, [4, 4], [2, 2], blank=3)
    with refused(DtypeError, "targets must hold class numbers"):
        criterion(p, targets.double(), [4, 4], [2, 2])
    with refused(ShapeError, "log_probs must be"):
        criterion(p[0, 0], targets, [4, 4], [2, 2])


LOSSES = [cls for cls in vars(nn).values() if isinstance(cls, type) and issubclass(cls, nn.L1Loss.__base__)]


def made(cls: Any, **options: Any) -> Any:
    return cls(3, 2, **options) if cls is nn.LinearCrossEntropyLoss else cls(**options)


@pytest.mark.parametrize("cls", LOSSES)
@pytest.mark.filterwarnings("ignore:NLLLoss2d")
def test_an_unknown_reduction_is_refused_when_the_loss_is_made(cls: Any) -> None:
    with refused(ArgumentError, f"{cls.__name__}.*reduction must be 'mean', 'sum'.* or .*, not 'avg'"):
        made(cls, reduction="avg")
    for reduction in REDUCTIONS:
        assert made(cls, reduction=reduction).reduction == reduction


def deprecated() -> Iterator[Any]:
    yield from (cls for cls in LOSSES if "size_average" in inspect.signature(cls).parameters)


@pytest.mark.parametrize("cls", list(deprecated()))
@pytest.mark.filterwarnings("ignore:NLLLoss2d")
def test_deprecated_arguments_keep_their_meaning(cls: Any) -> None:
    for size_average, reduce, meant in (
        (None, True, "mean"), (True, None, "mean"), (False, None, "sum"), (False, True, "sum"), (True, False, "none"),
        (None, False, "none"),
    ):  # fmt: skip
        with pytest.warns(UserWarning, match=f"please use reduction='{meant}'"):
            assert cls(size_average=size_average, reduce=reduce).reduction == meant
    with pytest.warns(UserWarning, match="please use reduction='sum'"):
        same(F.mse_loss(t(X), t(Y), size_average=False), ((X - Y) ** 2).sum())


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: nn.SmoothL1Loss(beta=-1), "beta must not be negative"),
        (lambda: nn.HuberLoss(delta=0), "delta must be above 0"),
        (lambda: nn.CrossEntropyLoss(label_smoothing=1.5), "label_smoothing must lie between 0 and 1"),
        (lambda: nn.MultiMarginLoss(p=3), "only p == 1 and p == 2"),
        (lambda: nn.TripletMarginLoss(margin=0), "margin to be greater than 0"),
        (lambda: nn.TripletMarginWithDistanceLoss(margin=-1), "margin to be greater than 0"),
        (lambda: nn.KLDivLoss(reduction="batch"), "'none' or 'batchmean', not 'batch'"),
        (lambda: F.smooth_l1_loss(t(X), t(Y), beta=-1), "negative values for beta"),
        (lambda: F.huber_loss(t(X), t(Y), delta=-1), "non-positive values for delta"),
        (lambda: F.triplet_margin_loss(t(X), t(X), t(X), margin=0), "margin must be greater than 0, got 0"),
        (lambda: F.cross_entropy(t(X), t([0, 1, 2]), label_smoothing=2), "label_smoothing must lie between 0 and 1"),
        (lambda: F.cross_entropy(t(X), t(Q), label_smoothing=2), "label_smoothing must lie between 0 and 1"),
        (lambda: F.nll_loss(t(X), t([0, 1, 2]), reduction="avg"), "'mean', 'sum' or 'none', not 'avg'"),
    ],
)
def test_option_values_out_of_range(make: Callable[[], Any], match: str) -> None:
    with refused(ArgumentError, match):
        make()


def test_mean_of_a_divergence_warns() -> None:
    with pytest.warns(UserWarning, match="'batchmean' divides only by the batch size"):
        F.kl_div(t(np.log(P)), t(Q))


def test_weights_are_buffers() -> None:
    criterion = nn.BCEWithLogitsLoss(weight=t(unit(4)), pos_weight=t(unit(4, seed=1)))
    assert list(criterion.state_dict()) == ["weight", "pos_weight"]
    assert criterion.float().weight.dtype == np.float32
    assert not list(nn.CrossEntropyLoss().state_dict())
    assert not list(criterion.parameters())
