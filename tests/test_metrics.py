"""Metrics agree with scikit-learn's, over unequal batches, weights and absent classes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

import autograd
from autograd.errors import ArgumentError, ShapeError
from nn import metrics

RNG = np.random.default_rng(0)


def batches(n: int) -> list[slice]:
    """The first n numbers in pieces of unequal length, one of them empty."""
    cuts = [0, 1, 1, 8, n - 3, n]
    return [slice(a, b) for a, b in pairwise(cuts)]


def gathered(metric: metrics.Metric, pred: np.ndarray, target: np.ndarray, weight: np.ndarray | None = None) -> Any:
    for part in batches(len(pred)):
        metric.update(autograd.tensor(pred[part]), autograd.tensor(target[part]), None if weight is None else weight[part])
    return metric.compute()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
def test_classes(classes: int, average: str, weighted: bool) -> None:
    n = 60
    target = RNG.integers(classes - (classes > 2), size=n)  # of five classes the last never occurs in the targets
    scores = RNG.random((n, classes)) + 0.5 * np.eye(classes)[target]
    pred = scores.argmax(1)
    w = RNG.random(n) if weighted else None
    for ours, theirs in (
        (metrics.Precision(average), sk.precision_score),
        (metrics.Recall(average), sk.recall_score),
        (metrics.F1Score(average), sk.f1_score),
    ):
        expected = theirs(target, pred, average=average, sample_weight=w, zero_division=0)
        assert gathered(ours, scores, target, w) == pytest.approx(expected, abs=1e-12)
        assert gathered(type(ours)(average), pred, target, w) == pytest.approx(expected, abs=1e-12)
    assert gathered(metrics.Accuracy(), scores, target, w) == pytest.approx(sk.accuracy_score(target, pred, sample_weight=w))
    counts = sk.confusion_matrix(target, pred, sample_weight=w, labels=range(classes))
    np.testing.assert_allclose(gathered(metrics.ConfusionMatrix(), scores, target, w).numpy(), counts)


@pytest.mark.parametrize("normalize", ["true", "pred", "all"])
def test_confusion_matrix_normalised(normalize: str) -> None:
    target, pred = RNG.integers(3, size=40), RNG.integers(4, size=40)
    ours = gathered(metrics.ConfusionMatrix(normalize=normalize), pred, target)
    np.testing.assert_allclose(ours.numpy(), sk.confusion_matrix(target, pred, normalize=normalize))


def test_two_classes_by_probability_and_score_of_each_class() -> None:
    target, chance = RNG.integers(2, size=50), RNG.random(50)
    for shape in ((50,), (50, 1)):
        p = chance.reshape(shape)
        assert gathered(metrics.Precision(), p, target) == pytest.approx(sk.precision_score(target, chance > 0.5))
        assert gathered(metrics.F1Score(threshold=0.3), p, target) == pytest.approx(sk.f1_score(target, chance > 0.3))
        assert gathered(metrics.Accuracy(), p, target) == pytest.approx(sk.accuracy_score(target, chance > 0.5))
    assert gathered(metrics.Recall("none"), chance, target).tolist() == pytest.approx(
        sk.recall_score(target, chance > 0.5, average=None).tolist()
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_areas(weighted: bool) -> None:
    target, score = RNG.integers(2, size=80), np.round(RNG.random(80), 1)  # with ties
    w = RNG.random(80) if weighted else None
    assert gathered(metrics.ROCAUC(), score, target, w) == pytest.approx(sk.roc_auc_score(target, score, sample_weight=w))
    assert gathered(metrics.PRAUC(), score, target, w) == pytest.approx(sk.average_precision_score(target, score, sample_weight=w))


def test_area_of_several_classes() -> None:
    target, score = RNG.integers(3, size=80), RNG.random((80, 3))
    score /= score.sum(1, keepdims=True)
    assert gathered(metrics.ROCAUC(), score, target) == pytest.approx(sk.roc_auc_score(target, score, multi_class="ovr"))
    absent = np.where(target == 2, 1, target)
    one = [sk.roc_auc_score(absent == k, score[:, k]) for k in (0, 1)]
    assert gathered(metrics.ROCAUC(), score, absent) == pytest.approx(np.mean(one)), "the class that is absent has no area"
    assert np.isnan(gathered(metrics.ROCAUC(), score[:, 0], np.zeros(80, int)))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(50,), (50, 3)])
def test_numbers(shape: tuple[int, ...], weighted: bool) -> None:
    target = RNG.normal(size=shape) + 1e6
    pred = target + RNG.normal(size=shape)
    w = RNG.random(50) if weighted else None
    assert gathered(metrics.MSE(), pred, target, w) == pytest.approx(sk.mean_squared_error(target, pred, sample_weight=w))
    assert gathered(metrics.MAE(), pred, target, w) == pytest.approx(sk.mean_absolute_error(target, pred, sample_weight=w))
    assert gathered(metrics.R2Score(), pred, target, w) == pytest.approx(sk.r2_score(target, pred, sample_weight=w), abs=1e-6)


def test_r2_of_a_constant() -> None:
    constant = np.full(20, 3.0)
    assert gathered(metrics.R2Score(), constant, constant) == sk.r2_score(constant, constant) == 1
    assert gathered(metrics.R2Score(), constant + 1, constant) == sk.r2_score(constant, constant + 1) == 0


def test_top_k() -> None:
    target, score = RNG.integers(6, size=70), RNG.random((70, 6))
    for k in (1, 3):
        assert gathered(metrics.TopKAccuracy(k), score, target) == pytest.approx(
            sk.top_k_accuracy_score(target, score, k=k, labels=range(6))
        )
    assert metrics.TopKAccuracy(1)(autograd.zeros(1, 3), autograd.tensor([0])) == 0, "a tie is no hit"
    with pytest.raises(ArgumentError, match="k=7 of 6 classes"):
        metrics.TopKAccuracy(7)(score, target)


def test_perplexity() -> None:
    logits, target = RNG.normal(size=(4, 7, 5)), RNG.integers(5, size=(4, 7))
    target[0, :3] = -100
    rows = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    use = target != -100
    expected = np.exp(-rows[use][np.arange(use.sum()), target[use]].mean())
    assert metrics.Perplexity()(logits, target) == pytest.approx(expected)
    assert metrics.Perplexity()(np.moveaxis(logits, -1, 1), target) == pytest.approx(expected)
    assert metrics.Perplexity(from_logits=False)(np.exp(rows), target) == pytest.approx(expected)


def test_calling_leaves_what_was_gathered() -> None:
    metric = metrics.Accuracy()
    metric.update(autograd.tensor([1, 1]), autograd.tensor([1, 0]))
    assert metric(autograd.tensor([1]), autograd.tensor([1])) == 1
    assert metric.compute() == 0.5
    metric.reset()
    assert np.isnan(metric.compute())


def test_by_name_and_by_function() -> None:
    assert isinstance(metrics.named("mse"), metrics.MSE)
    with pytest.raises(ArgumentError, match="did you mean 'accuracy'"):
        metrics.named("acuracy")
    own = metrics.named(lambda p, t: (p - t).abs().mean())
    assert gathered(own, np.arange(20.0), np.zeros(20)) == pytest.approx(9.5), "weighted by the size of each batch"
    with pytest.raises(TypeError, match="not int"):
        metrics.named(3)


@pytest.mark.parametrize(
    ("metric", "pred", "target", "error", "match"),
    [
        (metrics.Accuracy(), np.zeros((3, 2)), np.zeros(4), ShapeError, "one of each per sample"),
        (metrics.Accuracy(), np.zeros((3, 2)), np.zeros((3, 4)), ShapeError, "do not fit"),
        (metrics.Accuracy(), np.zeros((3, 2)), np.full(3, 0.5), ArgumentError, "whole numbers"),
        (metrics.MSE(), np.zeros((3, 2)), np.zeros((3, 3)), ShapeError, "of one shape"),
        (metrics.ROCAUC(), np.full(3, np.nan), np.array([0, 1, 1]), ArgumentError, "nan"),
        (metrics.ROCAUC(), np.zeros(3), np.array([0, 1, 2]), ArgumentError, "0 and 1"),
        (metrics.ConfusionMatrix(2), np.array([0, 2]), np.array([0, 1]), ArgumentError, "class 2 is outside"),
        (metrics.Perplexity(), np.zeros((2, 3)), np.array([0, 3]), ArgumentError, "outside of 0 to 2"),
    ],
)
def test_what_is_refused(metric: metrics.Metric, pred: Any, target: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        metric.update(pred, target)
    with pytest.raises(ShapeError, match="one number per sample"):
        metrics.MAE().update(np.zeros(3), np.zeros(3), np.ones(2))
