"""A module's state: overrides with PyTorch's signature, loading all or nothing, deep models, models that contain themselves."""

from __future__ import annotations

import copy
from collections import OrderedDict

import numpy as np
import pytest
from interrupts import interrupted
from nn.modules.utils import consume_prefix_in_state_dict_if_present

import autograd
import nn
from autograd.engine import modes
from nn.parameter import is_lazy

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # an interrupt in a weakref's callback


def values(model: nn.Module) -> dict[str, np.ndarray]:
    return {key: np.array(value.array) for key, value in model.state_dict().items()}


def same(model: nn.Module, state: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(value, state[key]) for key, value in values(model).items())


class Renamed(nn.Module):
    """Reads the older name of its weight, as PyTorch's modules do it."""

    _version = 2

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(autograd.zeros(2))
        self.seen: list = []

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):  # fmt: skip
        self.seen.append((prefix, dict(local_metadata), strict))
        if prefix + "old" in state_dict:
            state_dict[prefix + "weight"] = state_dict.pop(prefix + "old")
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)


def test_an_override_has_pytorchs_signature() -> None:
    model = nn.Sequential(Renamed(), nn.Linear(2, 2))
    state = model.state_dict()
    state["0.old"] = state.pop("0.weight") + 3
    assert str(model.load_state_dict(state)) == "<All keys matched successfully>"
    assert model[0].weight.tolist() == [3.0, 3.0]
    assert model[0].seen == [("0.", {"version": 2}, True)]


def test_an_override_may_handle_its_keys_alone_and_call_for_parts() -> None:
    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.part = nn.Linear(1, 1)
            self.note = None

        def _load_from_state_dict(self, state_dict, prefix, *more):
            self.note = state_dict[prefix + "note"]

    model = nn.Sequential(Whole())
    found = model.load_state_dict({"0.note": 7, "0.part.weight": np.ones((1, 1)), "0.part.bias": np.ones(1)})
    assert model[0].note == 7
    assert found == ([], [])
    missing: list[str] = []
    unexpected: list[str] = []
    errors: list[str] = []
    model[0].part._load_from_state_dict(
        {"a.weight": np.full((1, 1), 5.0), "a.more": 1}, "a.", {}, True, missing, unexpected, errors
    )
    assert (missing, unexpected, errors) == (["a.bias"], ["a.more"], [])
    assert model[0].part.weight.item() == 5


def test_the_older_hooks_with_an_underscore() -> None:
    model = nn.Linear(1, 1)
    model._register_load_state_dict_pre_hook(lambda state, prefix, *more: state.update(bias=state.pop("b")))
    model._register_state_dict_hook(lambda module, state, prefix, local: OrderedDict(b=state["bias"], weight=state["weight"]))
    assert list(model.state_dict()) == ["b", "weight"]
    assert model.load_state_dict({"weight": np.ones((1, 1)), "b": np.ones(1)}) == ([], [])


@pytest.mark.parametrize("assign", [False, True])
def test_an_interrupted_load_leaves_the_old_values_or_the_new(assign: bool) -> None:
    def new() -> nn.Module:
        autograd.manual_seed(0)
        return nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.LazyLinear(2))

    source = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))
    state = source.state_dict()
    model = new()
    old = {key: value for key, value in model.state_dict().items() if not is_lazy(value)}
    old = {key: np.array(value.array) for key, value in old.items()}
    outcomes = set()

    def load() -> None:
        model.load_state_dict(state, assign=assign)

    for _ in interrupted(load, "nn/state_dict.py", "engine/memory.py"):
        if is_lazy(model[2].weight):
            found = {key: value for key, value in model.state_dict().items() if not is_lazy(value)}
            assert is_lazy(model[2].bias)
            assert all(np.array_equal(value.array, old[key]) for key, value in found.items())
            outcomes.add("old")
        else:
            assert same(model, values(source))
            outcomes.add("new")
            model = new()
    assert outcomes == {"old", "new"}
    assert same(model, values(source))


def test_a_write_that_fails_undoes_the_others() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].bias.array.flags.writeable = False
    old = values(model)
    state = {key: value + 1 for key, value in old.items()}
    with pytest.raises(ValueError, match="read-only"):
        model.load_state_dict(state)
    assert same(model, old)


def test_a_deep_model_is_saved_loaded_and_walked() -> None:
    model: nn.Module = nn.Linear(1, 1)
    for _ in range(900):
        model = nn.Sequential(model)
    state = model.state_dict()
    assert [key.count(".") for key in state] == [900, 900]
    assert model.load_state_dict({key: np.full(value.shape, 2.0) for key, value in state.items()}) == ([], [])
    assert [p.item() for p in model.parameters()] == [2.0, 2.0]
    assert len(list(model.named_modules(remove_duplicate=False))) == 901


class Ring(nn.Module):
    """Holds itself, and a child that holds it."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(autograd.ones(1))
        self.me = self
        self.child = nn.Module()
        self.child.parent = self

    def forward(self, x):
        return self.weight * x


def test_a_module_that_contains_itself() -> None:
    ring = Ring()
    assert list(ring.state_dict()) == ["weight"]
    assert ring.load_state_dict({"weight": np.full(1, 4.0)}) == ([], [])
    assert nn.functional_call(ring, {"weight": autograd.tensor([3.0])}, autograd.tensor([2.0])).item() == 6
    assert ring.weight.item() == 4
    assert [name for name, _ in ring.named_parameters(remove_duplicate=False)] == ["weight"]
    assert [name for name, _ in ring.named_modules(remove_duplicate=False)] == ["", "child"]
    assert len(list(ring.modules(remove_duplicate=False))) == 2
    ring.eval().double().zero_grad()
    assert "itself" in repr(ring)
    assert list(copy.deepcopy(ring).state_dict()) == ["weight"]


def test_a_buffer_that_forward_rebinds_in_a_functional_call() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("steps", autograd.zeros(1))

        def forward(self, x):
            self.steps = self.steps + 1
            return x + self.steps

    model = Counting()
    given = {"steps": autograd.tensor([5.0])}
    assert nn.functional_call(model, given, autograd.tensor([1.0])).tolist() == [7.0]
    assert model.steps.tolist() == [0.0]
    assert given["steps"].tolist() == [6.0]  # as in PyTorch: the dictionary that was given has the new one
    assert nn.functional_call(model, {}, autograd.tensor([1.0])).tolist() == [2.0]
    assert model.steps.tolist() == [1.0]


def test_the_prefix_of_data_parallel() -> None:
    model = nn.DataParallel(nn.Linear(2, 2))
    state = model.state_dict()
    consume_prefix_in_state_dict_if_present(state, "module.")
    assert list(state) == ["weight", "bias"]
    assert dict(state._metadata) == {"": {"version": 1}}
    assert nn.Linear(2, 2).load_state_dict(state) == ([], [])
    x = autograd.ones(3, 2)
    assert np.array_equal(model(x).array, model.module(x).array)
    assert model.device_ids == []


@pytest.mark.parametrize(
    ("layer", "refused", "taken"),
    [
        (lambda: nn.LazyLinear(3), np.ones((2, 5), int), np.ones((2, 4), np.float32)),
        (lambda: nn.LazyConv2d(3, 3), np.ones((1, 5, 8, 8), int), np.ones((1, 4, 8, 8), np.float32)),
        (lambda: nn.LazyConv2d(3, 9), np.ones((1, 5, 2, 2), np.float32), np.ones((1, 4, 9, 9), np.float32)),
        (lambda: nn.LazyConvTranspose1d(3, 3), np.ones((1, 5, 8), int), np.ones((1, 4, 8), np.float32)),
        (lambda: nn.LazyBatchNorm2d(), np.ones((2, 5, 8, 8), int), np.ones((2, 4, 8, 8), np.float32)),
        (lambda: nn.LazyBatchNorm1d(), np.ones((1, 5), np.float32), np.ones((2, 4), np.float32)),
        (lambda: nn.LazyInstanceNorm1d(affine=True), np.ones((2, 5, 1), np.float32), np.ones((2, 4, 3), np.float32)),
    ],
)
def test_a_lazy_layer_is_still_lazy_after_an_input_that_was_refused(layer, refused, taken) -> None:
    model = layer()
    text, keys = repr(model), list(model.state_dict())
    for _ in range(2):
        with pytest.raises((TypeError, ValueError, RuntimeError)):
            model(autograd.tensor(refused))
        assert (repr(model), list(model.state_dict())) == (text, keys)
        assert all(is_lazy(p) for p in model.parameters())
    model(autograd.tensor(taken)).sum().backward()
    assert not type(model).__name__.startswith("Lazy")
    assert all(p.grad is not None for p in model.parameters())


def test_a_batch_norm_counts_and_moves_together_or_not_at_all() -> None:
    layer = nn.BatchNorm1d(2)
    x = autograd.tensor([[1.0, 2.0], [3.0, 8.0]])
    fresh = {key: np.array(value.array) for key, value in layer.state_dict().items()}
    reference = nn.BatchNorm1d(2)
    reference(x)
    moved = values(reference)
    outcomes = set()
    for _ in interrupted(lambda: layer(x), "engine/memory.py", "nn/layers/normalization.py", "functions/normalization.py"):
        if same(layer, fresh):
            outcomes.add("old")
        else:
            assert same(layer, moved)
            outcomes.add("new")
            layer.reset_running_stats()
    assert "old" in outcomes


def test_a_batch_without_elements_leaves_the_statistics() -> None:
    for layer, x in (
        (nn.BatchNorm2d(3), autograd.zeros(0, 3, 2, 2)),
        (nn.BatchNorm1d(3), autograd.zeros(2, 3, 0)),
        (nn.InstanceNorm2d(3, track_running_stats=True), autograd.zeros(0, 3, 2, 2)),
    ):
        assert layer(x).shape == x.shape
        assert (layer.running_mean == 0).all()
        assert (layer.running_var == 1).all()


def test_an_interrupt_before_forward_leaves_no_layer_behind() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    x = autograd.ones(1, 2)
    places = 0
    for _ in interrupted(lambda: model(x), "nn/module.py", "layers/containers.py", "layers/linear.py", safe="enter(state)"):
        places += 1
        assert modes.current().layer is None, f"after line {places}"
    assert places > 20
