"""nn.utils.prune: masks against their definition, what is pruned again, and what a failed call leaves behind."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import ArgumentError, ShapeError
from nn.utils import prune


def filled(layer: Any) -> Any:
    for i, p in enumerate(layer.parameters()):
        p.array[...] = np.random.default_rng(i).permutation(p.array.size).reshape(p.shape) - p.array.size / 3
    return layer


def test_the_smallest_numbers_go_and_the_rest_is_trained() -> None:
    layer = filled(nn.Linear(4, 3))
    weight = layer.weight
    before = weight.array.copy()
    assert prune.l1_unstructured(layer, "weight", amount=5) is layer
    mask = np.abs(before) > np.sort(np.abs(before), axis=None)[4]
    assert np.array_equal(layer.weight_mask.array, mask)
    assert np.array_equal(layer.weight.array, before * mask)
    assert layer.weight_orig is weight
    assert list(layer.state_dict()) == ["bias", "weight_orig", "weight_mask"]
    assert prune.is_pruned(nn.Sequential(layer))
    x = autograd.ones(1, 4)
    layer(x).sum().backward()
    assert np.array_equal(weight.grad.array, mask)
    with autograd.no_grad():
        weight.add_(100)
    assert np.array_equal(layer(x).array, ((before + 100) * mask).sum(1)[None] + layer.bias.array)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert np.array_equal(other(x).array, layer(x).array)
        assert prune.is_pruned(other)
    prune.remove(layer, "weight")
    assert layer.weight is weight
    assert np.array_equal(weight.array, (before + 100) * mask)
    assert not prune.is_pruned(layer)
    with pytest.raises(ValueError, match="has to be pruned before"):
        prune.remove(layer, "weight")


def test_pruned_again_a_share_is_one_of_what_is_left() -> None:
    layer = filled(nn.Conv2d(2, 4, 3))
    prune.l1_unstructured(layer, "weight", amount=0.5)
    prune.random_unstructured(layer, "weight", amount=0.5)
    assert layer.weight_mask.sum().item() == 18
    prune.ln_structured(layer, "weight", amount=0.5, n=2, dim=0)
    left = layer.weight_mask.array.reshape(4, -1).any(1)
    assert left.sum() == 2
    (hook,) = [hook for hook, _ in layer._call_data.hooks.forward_pre.values()]
    assert isinstance(hook, prune.PruningContainer)
    assert [type(method) for method in hook] == [prune.L1Unstructured, prune.RandomUnstructured, prune.LnStructured]
    assert hook[1].amount == 0.5
    assert len(hook) == 3
    with pytest.raises(ValueError, match="acting on the parameter named 'weight'"):
        hook.add_pruning_method(prune.Identity())
    with pytest.raises(TypeError, match="not a BasePruningMethod"):
        hook.add_pruning_method(3)


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("n", [1, 2, np.inf])
def test_channels(dim: int, n: float) -> None:
    layer = filled(nn.Linear(5, 4))
    strength = np.linalg.norm(layer.weight.array, n, axis=1 - dim % 2)
    prune.ln_structured(layer, "weight", amount=2, n=n, dim=dim)
    kept = layer.weight_mask.array.any(1 - dim % 2)
    assert set(np.flatnonzero(kept)) == set(np.argsort(strength, kind="stable")[2:])
    prune.random_structured(layer, "weight", amount=1, dim=dim)
    assert layer.weight_mask.array.any(1 - dim % 2).sum() == kept.sum() - 1


def test_scores_decide_and_masks_multiply() -> None:
    layer = filled(nn.Linear(3, 2))
    prune.l1_unstructured(layer, "weight", 2, importance_scores=autograd.tensor([[9.0, 9, 0], [9, 9, 0]]))
    assert layer.weight_mask.tolist() == [[1, 1, 0], [1, 1, 0]]
    prune.custom_from_mask(layer, "weight", autograd.tensor([[0, 1, 1], [1, 1, 1]]))
    assert layer.weight_mask.tolist() == [[0, 1, 0], [1, 1, 0]]
    prune.identity(layer, "bias")
    assert layer.bias_mask.tolist() == [1, 1]


def test_several_parameters_as_one() -> None:
    model = nn.Sequential(filled(nn.Linear(3, 2)), filled(nn.Linear(2, 2)))
    pairs = [(model[0], "weight"), (model[1], "weight"), (model[1], "bias")]
    sizes = np.abs(np.concatenate([getattr(m, name).array.ravel() for m, name in pairs]))
    prune.global_unstructured(pairs, prune.L1Unstructured, amount=5)
    masks = np.concatenate([getattr(m, f"{name}_mask").array.ravel() for m, name in pairs])
    assert masks.sum() == 7
    assert sizes[masks == 0].max() <= sizes[masks == 1].min()
    prune.global_unstructured(pairs, prune.RandomUnstructured, amount=7)
    assert not any(getattr(m, f"{name}_mask").array.any() for m, name in pairs)
    with pytest.raises(TypeError, match='Only "unstructured"'):
        prune.global_unstructured(pairs, prune.RandomStructured, amount=1)


def test_what_is_refused_changes_nothing() -> None:
    layer = filled(nn.Linear(3, 2))
    keys = list(layer.state_dict())
    refused: list[tuple[Any, type, str]] = [
        (lambda: prune.l1_unstructured(layer, "weight", 7), ValueError, "amount=7 should be smaller"),
        (lambda: prune.l1_unstructured(layer, "weight", 1.5), ValueError, "in the range"),
        (lambda: prune.l1_unstructured(layer, "weight", -1), ValueError, "non-negative"),
        (lambda: prune.l1_unstructured(layer, "weight", "half"), TypeError, "Must be int or float"),
        (lambda: prune.ln_structured(layer, "bias", 1, 2, 0), ArgumentError, "multidimensional"),
        (lambda: prune.ln_structured(layer, "weight", 1, 2, 2), IndexError, "Invalid index 2"),
        (lambda: prune.custom_from_mask(layer, "weight", autograd.ones(3)), ShapeError, "must have the shape"),
        (lambda: prune.l1_unstructured(layer, "weight", 1, importance_scores=autograd.ones(3)), ShapeError, "importance_scores"),
        (lambda: prune.L1Unstructured(1).prune(layer.weight, importance_scores=autograd.ones(3)), ShapeError, "importance_scores"),
    ]
    for call, error, said in refused:
        with pytest.raises(error, match=said):
            call()
        assert list(layer.state_dict()) == keys
        assert not prune.is_pruned(layer)
    prune.l1_unstructured(layer, "weight", 1)
    mask = layer.weight_mask.tolist()
    with pytest.raises(ValueError, match="should be smaller"):
        prune.l1_unstructured(layer, "weight", 6)
    assert layer.weight_mask.tolist() == mask
    layer(autograd.ones(1, 3))
    assert isinstance(layer.weight_orig, nn.Parameter)


def test_a_containers_mask_has_the_tensors_dtype():
    container = prune.PruningContainer()
    container._tensor_name = "weight"
    method = prune.L1Unstructured(amount=1)
    method._tensor_name = "weight"
    container.add_pruning_method(method)
    mask = container.compute_mask(autograd.tensor([1.0, 2.0, 3.0]), autograd.tensor([1, 1, 0]))
    assert mask.dtype == autograd.float32
    assert mask.tolist() == [0, 1, 0]
