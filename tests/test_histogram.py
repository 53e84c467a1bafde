"""Questions about elements: places with a fixed number of rows, runs of equal ones, histograms."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.errors import ArgumentError, DtypeError, ShapeError


def test_places_in_a_table_of_a_given_length() -> None:
    x = autograd.tensor([[0.0, 1.0], [2.0, 0.0]])
    assert x.nonzero_static(size=3).tolist() == [[0, 1], [1, 0], [-1, -1]]
    assert x.nonzero_static(size=1, fill_value=9).tolist() == [[0, 1]]
    assert autograd.nonzero_static(autograd.tensor(1.0), size=2).shape == (2, 0)
    with pytest.raises(ArgumentError, match="non-negative integer, not -1"):
        x.nonzero_static(size=-1)


@pytest.mark.parametrize("values", [[1, 1, 2, 2, 3, 1, 1, 2], [5], [], [2, 2, 2]])
def test_runs_of_equal_elements(values: list[int]) -> None:
    x = autograd.tensor(values, dtype=autograd.int64)
    runs = [(k, len(list(group))) for k, group in itertools.groupby(values)]
    found, inverse, counts = x.unique_consecutive(return_inverse=True, return_counts=True)
    assert found.tolist() == [k for k, _ in runs]
    assert counts.tolist() == [n for _, n in runs]
    assert found[inverse].tolist() == values
    assert autograd.unique_consecutive(x).tolist() == found.tolist()


def test_runs_of_equal_slices() -> None:
    x = autograd.tensor([[1, 1], [1, 1], [2, 3], [1, 1]])
    rows, inverse, counts = x.unique_consecutive(True, True, dim=0)
    assert (rows.tolist(), inverse.tolist(), counts.tolist()) == ([[1, 1], [2, 3], [1, 1]], [0, 0, 1, 2], [2, 1, 1])
    assert x.unique_consecutive(dim=1).tolist() == x.tolist()
    flat, inverse = x.unique_consecutive(return_inverse=True)
    assert flat.tolist() == [1, 2, 3, 1]
    assert inverse.shape == x.shape
    assert autograd.tensor([autograd.nan, autograd.nan]).unique_consecutive().numel() == 2  # a nan equals nothing


def test_places_of_a_flattened_tensor() -> None:
    places = autograd.tensor([[3, 11], [0, 7]])
    x = autograd.arange(12).reshape(3, 4)
    assert x[autograd.unravel_index(places, (3, 4))].tolist() == places.tolist()
    assert [i.item() for i in autograd.unravel_index(autograd.tensor(5), 7)] == [5]
    with pytest.raises(ValueError, match="out of bounds"):
        autograd.unravel_index(places, (2, 2))
    with pytest.raises(ValueError, match="negative"):
        autograd.unravel_index(places, (-1, 4))
    with pytest.raises(TypeError, match=r"integer dtype, not float32\[\]"):
        autograd.unravel_index(autograd.tensor(1.0), (2, 2))


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
