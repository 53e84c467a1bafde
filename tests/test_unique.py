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
