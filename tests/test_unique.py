"""Unique elements and slices."""

from __future__ import annotations

import itertools

import pytest

import autograd


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


def test_a_derivative_that_is_not_known_is_not_taken_for_zero():
    """A sum with a term through unique: PyTorch's backward raises, and so does this one."""
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    for lost in (
        autograd.unique(x),
        autograd.unique(x, return_counts=True)[0],
        autograd.unique_consecutive(x),
        autograd.bincount(autograd.tensor([0, 1]), x),
        autograd.histogram(autograd.tensor([0.0, 1.0]), 2, weight=x)[0],
        autograd.histogramdd(autograd.tensor([[0.0], [1.0]]), 2, weight=x)[0],
    ):
        with pytest.raises(NotImplementedError, match="is not implemented: detach"):
            (x.sum() + lost.sum()).backward()
    assert not autograd.unique(x.detach()).requires_grad
