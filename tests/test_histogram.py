"""Histograms, beside NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd.errors import ArgumentError, DtypeError, ShapeError


@pytest.mark.parametrize("density", [False, True])
def test_histograms_are_numpys(density: bool) -> None:
    rng = np.random.default_rng(0)
    points, weight = rng.standard_normal((50, 2)), rng.uniform(size=50)
    x, w = autograd.tensor(points), autograd.tensor(weight)
    edges = [np.linspace(-1, 1, 4), np.array([-3.0, 0.0, 0.5, 3.0])]
    cases: list[tuple[Any, Any, Any]] = [
        (3, None, 3), ([2, 5], None, [2, 5]), ([2, 5], (-1, 1, 0, 2), [2, 5]), ([autograd.tensor(e) for e in edges], None, edges),
    ]  # fmt: skip
    for bins, limits, plain in cases:
        found = x.detach(), autograd.histogramdd(x, bins, range=limits, weight=w, density=density)
        pairs = None if limits is None else [limits[:2], limits[2:]]
        counts, sides = np.histogramdd(points, plain, pairs, weights=weight, density=density)
        np.testing.assert_allclose(found[1].hist.numpy(), counts)
        for a, b in zip(found[1].bin_edges, sides, strict=True):
            np.testing.assert_allclose(a.numpy(), b)
    counts, sides = np.histogram(points, 7, (-1, 2), density=density)
    hist, bin_edges = x.histogram(7, range=(-1.0, 2.0), density=density)
    np.testing.assert_allclose(hist.numpy(), counts)
    np.testing.assert_allclose(bin_edges.numpy(), sides)


def test_histograms_keep_their_dtype_and_have_edges_at_equal_distances() -> None:
    found = autograd.tensor([1.0, 4.0]).histogram()
    assert found.hist.dtype == found.bin_edges.dtype == np.float32
    np.testing.assert_array_equal(found.bin_edges.numpy(), np.linspace(1, 4, 101).astype(np.float32))
    assert autograd.histogram(autograd.tensor([2.0, 2.0]), 2).bin_edges.tolist() == [1.5, 2.0, 2.5]
    assert autograd.histogram(autograd.zeros(0), 2).bin_edges.tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: autograd.histogram(x, 0), ArgumentError, "bins must be > 0"),
        (lambda x: autograd.histogram(x, autograd.tensor([1.0, 0.0])), ArgumentError, "ascend"),
        (lambda x: autograd.histogram(x, 2, range=(1.0, 0.0)), ArgumentError, r"\[1.0, 0.0\], must be finite and ascend"),
        (lambda x: autograd.histogram(x / 0, 2), ArgumentError, "must be finite"),
        (lambda x: autograd.histogram(x.long(), 2), DtypeError, r"not int64\[4, 1\]"),
        (lambda x: autograd.histogram(x, 2, weight=autograd.ones(3)), ShapeError, "3.* weights for 4 elements"),
        (lambda x: autograd.histogramdd(x.ravel(), 2), ShapeError, "at least 2 dimensions"),
        (lambda x: autograd.histogramdd(x, [2]), ShapeError, "1, must be equal to the innermost dimension"),
    ],
)
def test_what_cannot_be_counted_is_refused(call: Any, error: type[Exception], match: str) -> None:
    with np.errstate(all="ignore"), pytest.raises(error, match=match):
        call(autograd.tensor([[0.0, 1.0], [2.0, 3.0]]))


def test_numpys_histograms_of_tensors() -> None:
    points = np.random.default_rng(0).standard_normal((20, 2))
    counts, edges = np.histogramdd(autograd.tensor(points), 3)
    plain = np.histogramdd(points, 3)
    assert isinstance(counts, autograd.Tensor)
    np.testing.assert_array_equal(counts.numpy(), plain[0])
    np.testing.assert_array_equal(edges[1].numpy(), plain[1][1])
    found = np.histogram2d(autograd.tensor(points[:, 0]), autograd.tensor(points[:, 1]), [2, 3])
    for a, b in zip(found, np.histogram2d(points[:, 0], points[:, 1], [2, 3]), strict=True):
        np.testing.assert_array_equal(a.numpy(), b)
