"""Embedding and EmbeddingBag against indexing and loops over bags."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import ArgumentError, DtypeError, ShapeError

RNG = np.random.default_rng(2)
INDEX = np.array([[1, 4, 2], [2, 2, 0]])


def gradient(layer: Any, *inputs: Any) -> np.ndarray:
    layer.zero_grad()
    layer(*inputs).sum().backward()
    return layer.weight.grad.array


def test_lookup_and_gradient() -> None:
    layer = nn.Embedding(5, 3)
    assert np.array_equal(layer(autograd.tensor(INDEX)).array, layer.weight.array[INDEX])
    counts = np.bincount(INDEX.reshape(-1), minlength=5)
    assert np.array_equal(gradient(layer, autograd.tensor(INDEX))[:, 0], counts)
    assert layer(autograd.tensor(2)).shape == (3,)
    assert layer(autograd.zeros(0, 2, dtype=np.int64)).shape == (0, 2, 3)
    for kind in (np.int32, np.uint8):
        assert np.array_equal(layer(autograd.tensor(INDEX.astype(kind))).array, layer.weight.array[INDEX])


@pytest.mark.parametrize("padding_idx", [2, -3])
def test_padding_row(padding_idx: int) -> None:
    layer = nn.Embedding(5, 3, padding_idx=padding_idx)
    assert layer.padding_idx == 2
    assert not layer.weight.array[2].any()
    layer.weight.array[2] = 7
    assert (layer(autograd.tensor([2])).array == 7).all()
    assert gradient(layer, autograd.tensor(INDEX))[:, 0].tolist() == [1, 1, 0, 0, 1]


def test_scale_by_frequency() -> None:
    layer = nn.Embedding(5, 3, scale_grad_by_freq=True)
    assert np.array_equal(layer(autograd.tensor(INDEX)).array, layer.weight.array[INDEX])
    assert gradient(layer, autograd.tensor(INDEX))[:, 0].tolist() == [1, 1, 1, 0, 1]
    bag = nn.EmbeddingBag(5, 3, scale_grad_by_freq=True, mode="sum")
    assert np.allclose(gradient(bag, autograd.tensor(INDEX))[:, 0], [1, 1, 1, 0, 1])


@pytest.mark.parametrize("norm_type", [1.0, 2.0])
def test_max_norm(norm_type: float) -> None:
    layer = nn.Embedding(5, 3, max_norm=0.5, norm_type=norm_type)
    layer.weight.array[0] = 0.01
    before = layer.weight.array.copy()
    y = layer(autograd.tensor([0, 1, 1]))
    norms = np.linalg.norm(before, norm_type, axis=1)
    assert np.array_equal(layer.weight.array[[0, 2, 3, 4]], before[[0, 2, 3, 4]])
    assert np.allclose(layer.weight.array[1], before[1] * min(1, 0.5 / norms[1]), rtol=1e-5)
    assert np.array_equal(y.array, layer.weight.array[[0, 1, 1]])


def test_a_refused_call_changes_nothing() -> None:
    layer = nn.Embedding(5, 3, max_norm=0.1)
    before = layer.weight.array.copy()
    with pytest.raises(IndexError, match="index 5 is out of range: the table has 5 rows"):
        layer(autograd.tensor([0, 5]))
    assert np.array_equal(layer.weight.array, before)


def test_initial_values_and_pretrained() -> None:
    autograd.manual_seed(0)
    table = nn.Embedding(400, 50).weight.array
    assert abs(table.mean()) < 0.03
    assert abs(table.std() - 1) < 0.03
    given = autograd.tensor([[1.0, 2.0], [3.0, 4.0]])
    for layer in (nn.Embedding.from_pretrained(given), nn.EmbeddingBag.from_pretrained(given, mode="sum")):
        assert not layer.weight.requires_grad
        assert np.shares_memory(layer.weight.array, given.array)
    assert nn.Embedding.from_pretrained(given, freeze=False, padding_idx=0).weight.requires_grad
    assert nn.EmbeddingBag.from_pretrained(given, freeze=False).weight.requires_grad


BAGS = [[1, 4], [], [2, 2, 0], [3]]
FLAT = np.concatenate([np.array(b, int) for b in BAGS])
OFFSETS = np.array([0, 2, 2, 5])


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding_idx", [None, 2])
def test_bags(mode: str, padding_idx: int | None) -> None:
    layer = nn.EmbeddingBag(5, 3, mode=mode, padding_idx=padding_idx, dtype=np.float64)
    layer.weight.array[...] = RNG.standard_normal((5, 3))
    expected = []
    for bag in BAGS:
        rows = layer.weight.array[[i for i in bag if i != padding_idx]]
        expected.append(getattr(rows, mode)(0) if len(rows) else np.zeros(3))
    assert np.allclose(layer(autograd.tensor(FLAT), autograd.tensor(OFFSETS)).array, expected)
    last = nn.EmbeddingBag(5, 3, mode=mode, padding_idx=padding_idx, include_last_offset=True, _weight=layer.weight)
    assert np.allclose(last(autograd.tensor(FLAT), autograd.tensor([*OFFSETS, 6])).array, expected)
    matrix = layer(autograd.tensor(INDEX)).array
    assert np.allclose(matrix, layer(autograd.tensor(INDEX.reshape(-1)), autograd.tensor([0, 3])).array)


def test_weighted_bags() -> None:
    layer = nn.EmbeddingBag(5, 3, mode="sum", dtype=np.float64)
    weights = RNG.standard_normal(INDEX.shape)
    y = layer(autograd.tensor(INDEX), per_sample_weights=autograd.tensor(weights))
    assert np.allclose(y.array, np.einsum("bi,bif->bf", weights, layer.weight.array[INDEX]))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: nn.Embedding(4, 2)(autograd.tensor([-1])), IndexError, "index -1 is out of range: the table has 4 rows"),
        (lambda: nn.Embedding(4, 2)(autograd.ones(2)), DtypeError, "must be integers, not float32"),
        (lambda: nn.EmbeddingBag(4, 2)(autograd.tensor([[4]])), IndexError, "index 4 is out of range"),
        (lambda: nn.EmbeddingBag(4, 2)(autograd.tensor([1])), ShapeError, "with offsets"),
        (lambda: nn.EmbeddingBag(4, 2)(autograd.tensor([1]), autograd.tensor([1])), ValueError, "begin with 0"),
        (lambda: nn.EmbeddingBag(4, 2)(autograd.tensor([1]), autograd.tensor([0, 2])), ValueError, "nor exceed the 1 indices"),
        (lambda: nn.EmbeddingBag(4, 2)(autograd.tensor([[1]]), autograd.tensor([0])), ValueError, "offsets are for"),
        (lambda: nn.EmbeddingBag(4, 2)(autograd.tensor([[1]]), None, autograd.ones(1, 1)), NotImplementedError, "mode='sum' only"),
        (lambda: nn.EmbeddingBag(4, 2, mode="prod"), ArgumentError, "mode must be"),
        (lambda: nn.EmbeddingBag(4, 2, mode="max", scale_grad_by_freq=True)(autograd.tensor([[1]])), ValueError, "max"),
        (lambda: nn.Embedding(4, 2, padding_idx=4), ArgumentError, "padding_idx must be within"),
        (lambda: nn.Embedding(4, 2, sparse=True), ArgumentError, "sparse=False"),
        (lambda: nn.Embedding(4, 2, _weight=autograd.ones(3, 2)), ShapeError, "Shape of weight does not match"),
        (lambda: nn.Embedding.from_pretrained(autograd.ones(3)), ShapeError, "2-dimensional"),
    ],
)
def test_errors(call: Any, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        call()


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_bags_in_which_nothing_counts(mode: str) -> None:
    weight = autograd.ones(3, 2, requires_grad=True)
    y = F.embedding_bag(autograd.tensor([0, 0]), weight, autograd.tensor([0, 1]), mode=mode, padding_idx=0)
    assert y.tolist() == [[0, 0], [0, 0]]
    (g,) = autograd.grad((y * y).sum(), weight, create_graph=True)
    assert g.tolist() == [[0, 0]] * 3
