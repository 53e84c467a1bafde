"""Distances between rows, and slices brought to a length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import ArgumentError, DtypeError, ShapeError

METRICS = {0.0: "hamming", 1.0: "cityblock", 2.0: "euclidean", 3.0: "minkowski", np.inf: "chebyshev"}


def real(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def leaf(*shape: int, seed: int = 0) -> Any:
    return autograd.tensor(real(*shape, seed=seed), requires_grad=True)


@pytest.mark.parametrize("p", list(METRICS))
def test_distances_are_scipys(p: float) -> None:
    from scipy.spatial import distance

    a, b = leaf(5, 3), leaf(4, 3, seed=1)
    more: dict[str, Any] = {"p": p} if p == 3 else {}
    scale = 3 if p == 0 else 1  # SciPy gives the fraction that differs
    expected = scale * distance.cdist(real(5, 3), real(4, 3, seed=1), METRICS[p], **more)
    np.testing.assert_allclose(autograd.cdist(a, b, p).detach().numpy(), expected)
    np.testing.assert_allclose(autograd.pdist(a, p).detach().numpy(), scale * distance.pdist(real(5, 3), METRICS[p], **more))
    if p:
        assert autograd.gradcheck(lambda a, b: autograd.cdist(a, b, p), (a, b))
        assert autograd.gradcheck(lambda a: autograd.pdist(a, p), a)


def test_batches_broadcast_and_many_rows_go_in_blocks() -> None:
    a, b = leaf(2, 1, 3, 2), leaf(4, 3, 2, seed=1)
    y = autograd.cdist(a, b)
    assert y.shape == (2, 4, 3, 3)
    np.testing.assert_allclose(y[1, 2].detach().numpy(), autograd.cdist(a[1, 0], b[2]).detach().numpy())
    many, few = real(3000, 4), real(700, 4, seed=1)
    found = autograd.cdist(autograd.tensor(many), autograd.tensor(few)).numpy()
    np.testing.assert_allclose(found[::500], np.sqrt(((many[::500, None] - few) ** 2).sum(-1)))
    assert autograd.cdist(autograd.zeros(0, 2), autograd.zeros(3, 2)).shape == (0, 3)
    assert autograd.cdist(autograd.zeros(2, 0), autograd.zeros(3, 0)).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_rows_that_are_near_each_other_keep_their_distance() -> None:
    a = autograd.tensor([[1000.0, 1000.0]])
    assert autograd.cdist(a, a + 0.125).item() == pytest.approx(0.125 * 2**0.5)
    rows = a.expand(2, 2).clone().requires_grad_()
    autograd.cdist(rows, rows.detach()).sum().backward()
    assert rows.grad.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("p", [0.5, 1, 2, 3, np.inf])
def test_slices_get_no_longer_than_asked(p: float) -> None:
    x = leaf(3, 2, 4)
    lengths = np.linalg.norm(np.moveaxis(real(3, 2, 4), 1, 0).reshape(2, -1), p, axis=1)
    limit = lengths.mean()
    y = x.renorm(p, 1, limit)
    after = np.linalg.norm(np.moveaxis(y.detach().numpy(), 1, 0).reshape(2, -1), p, axis=1)
    np.testing.assert_allclose(after, np.minimum(lengths, limit), rtol=1e-6)
    assert autograd.gradcheck(lambda x: x.renorm(p, 1, limit), x)
    assert x.renorm(p, -2, 1e9).equal(x)
    assert autograd.zeros(2, 2).renorm(p, 0, 0.0).tolist() == [[0, 0], [0, 0]]


def test_in_place_what_several_ops_have_saved_is_kept() -> None:
    x = leaf(3, 2)
    y = x * 1.0
    y.renorm_(2, 0, 0.3)
    (found,) = autograd.grad((y**2).sum(), x)
    (expected,) = autograd.grad((x.renorm(2, 0, 0.3) ** 2).sum(), x)
    np.testing.assert_allclose(found.numpy(), expected.numpy())


def test_prelu_is_here_and_a_method() -> None:
    x, weight = leaf(2, 3), leaf(3, seed=1)
    assert x.prelu(weight).equal(nn.functional.prelu(x, weight))
    assert autograd.prelu is nn.functional.prelu
    assert autograd.pdist is nn.functional.pdist


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: autograd.cdist(x, autograd.ones(2, 2)), ShapeError, r"cdist: .*same number of columns.*float32\[2, 2\]"),
        (lambda x: autograd.cdist(x, autograd.ones(2, 2), 1), ShapeError, "same number of columns"),
        (lambda x: autograd.cdist(x[0], x), ShapeError, r"float32\[3\]"),
        (lambda x: autograd.cdist(x, x, -1), ArgumentError, "non-negative p"),
        (lambda x: autograd.cdist(x.long(), x), DtypeError, r"int64\[2, 3\]"),
        (lambda x: autograd.pdist(x[0]), ShapeError, "2D"),
        (lambda x: autograd.pdist(x, -1), ArgumentError, "non-negative p"),
        (lambda x: x.renorm(0, 0, 1.0), ArgumentError, "non-positive-norm"),
        (lambda x: x.renorm(2, 0, -1.0), ArgumentError, "maxnorm to be >= 0 but got -1"),
        (lambda x: x[0].renorm(2, 0, 1.0), ShapeError, "at least 2 dimensions"),
        (lambda x: x.renorm(2, 2, 1.0), IndexError, "2"),
    ],
)
def test_what_makes_no_sense_is_refused(call: Any, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call(autograd.ones(2, 3))
