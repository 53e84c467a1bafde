"""The table over all layers: what must hold for each, whatever it computes. A layer that is not in layer_cases.py fails."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from layer_cases import CASES, Case, Leaf

import autograd
import nn
from autograd.proof.gradcheck import gradcheck, gradgradcheck
from nn.layers.function_layer import FunctionLayer
from nn.layers.lazy import LazyModule
from nn.layers.loss import FunctionLoss
from nn.stateless import swapped

# Not layers, but what layers are derived from.
BASES = {nn.Module, nn.Container, LazyModule, FunctionLayer, FunctionLoss, nn.RNNBase, nn.RNNCellBase}

# NLLLoss2d says that it is deprecated; an adaptive softmax may have a projection to no feature.
pytestmark = pytest.mark.filterwarnings("ignore:NLLLoss2d", "ignore:Initializing zero-element")

each_case = pytest.mark.parametrize("case", CASES, ids=repr)
each_mode = pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])


def subclasses(cls: type) -> set[type]:
    return {cls}.union(*[subclasses(sub) for sub in cls.__subclasses__()])


def test_every_layer_is_in_the_table() -> None:
    public = {value for value in vars(nn).values() if isinstance(value, type) and issubclass(value, nn.Module)} - {nn.DataParallel}
    defined = {
        cls for cls in subclasses(nn.Module)
        if cls.__module__.startswith("nn.layers.") and not cls.__name__.startswith("_")
    }  # fmt: skip
    found = {case.cls for case in CASES}
    missing = (public | defined) - found - BASES - INTERNAL
    assert not missing, f"add {sorted(cls.__name__ for cls in missing)} to tests/layer_cases.py"
    assert defined - BASES - INTERNAL <= public


# Parts of a layer that PyTorch has no public name for either.
INTERNAL = {cls for cls in subclasses(nn.Module) if cls.__name__ == "NonDynamicallyQuantizableLinear"}


def tensors(case: Case, dtype: Any = np.float64) -> tuple[list[Any], list[Any]]:
    """The inputs of a case, and which of them are differentiated."""
    rng = np.random.default_rng(5)
    leaves: list[Any] = []

    def fill(what: Any) -> Any:
        if isinstance(what, list):
            return tuple(fill(w) for w in what)
        if what is None:
            return None
        if isinstance(what, np.ndarray):
            return autograd.tensor(what.astype(dtype) if what.dtype.kind == "f" else what)
        values = what.values if isinstance(what, Leaf) else rng.uniform(0.2, 1.5, what) * rng.choice([-1.0, 1.0], what)
        leaves.append(autograd.tensor(values.astype(dtype), requires_grad=True))
        return leaves[-1]

    return [fill(what) for what in case.inputs], leaves


def made(case: Case, dtype: Any = np.float64) -> Any:
    """The layer of a case, with parameters that are not all 0 or 1, its lazy parts made, in this dtype."""
    autograd.manual_seed(3)
    layer = copy.deepcopy(case.cls(*copy.deepcopy(case.args), **case.kwargs))
    if isinstance(layer, LazyModule):
        layer.eval()
        case.call(layer, *tensors(case, np.float32)[0])
    rng = np.random.default_rng(7)
    for p in [*layer.parameters(), *layer.buffers()]:
        if p.array.dtype.kind == "f":
            p.array[...] = rng.uniform(0.3, 0.9, p.shape) * (rng.choice([-1, 1], p.shape) if p.requires_grad else 1)
    return layer.to(dtype).train()


def outputs(y: Any) -> list[Any]:
    """The tensors of an output, in order."""
    if isinstance(y, tuple | list):
        return [t for part in y for t in outputs(part)]
    return [] if y is None else [y]


def run(case: Case, layer: Any, inputs: list[Any]) -> list[Any]:
    autograd.manual_seed(0)
    return outputs(case.call(layer, *inputs))


def differentiable(case: Case, layer: Any) -> tuple[Any, tuple[Any, ...]]:
    """The layer as a function of its differentiated inputs and its parameters, and those."""
    inputs, leaves = tensors(case)
    names = [name for name, _ in layer.named_parameters()]
    numbers = {id(t): i for i, t in enumerate(leaves)}

    def function(*given: Any) -> tuple[Any, ...]:
        def put(t: Any) -> Any:
            return tuple(put(part) for part in t) if isinstance(t, tuple) else given[numbers[id(t)]] if id(t) in numbers else t

        with swapped(layer, dict(zip(names, given[len(leaves) :], strict=True))):
            return tuple(t for t in run(case, layer, [put(t) for t in inputs]) if t.dtype.kind == "f")

    return function, (*leaves, *[p.detach().requires_grad_() for p in layer.parameters()])


@each_case
@each_mode
def test_gradients(case: Case, training: bool) -> None:
    layer = made(case).train(training)
    function, given = differentiable(case, layer)
    assert gradcheck(function, given, fast_mode=True)
    if case.second:
        assert gradgradcheck(function, given, fast_mode=True)


@each_case
def test_shape_dtype_and_text(case: Case) -> None:
    layer = made(case, np.float32)
    ys = run(case, layer, tensors(case, np.float32)[0])
    shapes = [tuple(y.shape) for y in ys]
    assert shapes == (case.shape if isinstance(case.shape, list) else [case.shape])
    assert all(y.dtype == np.float32 for y in ys if y.dtype.kind == "f")
    sum((y.sum() for y in ys if y.requires_grad), autograd.tensor(0.0)).backward()
    assert all(p.grad is None or p.grad.dtype == np.float32 for p in layer.parameters())
    if case.text is not None:
        assert repr(layer) == f"{type(layer).__name__}({case.text})"
    assert repr(layer).startswith(type(layer).__name__ + "(")


@each_case
def test_state_and_copies(case: Case) -> None:
    layer = made(case)
    inputs, _ = tensors(case)
    state = {name: value.array.copy() for name, value in layer.state_dict().items()}
    expected = [y.array for y in run(case, layer, inputs)]
    layer.load_state_dict({name: autograd.tensor(value) for name, value in state.items()})

    fresh = case.cls(*copy.deepcopy(case.args), **case.kwargs)
    if not isinstance(fresh, LazyModule):
        fresh = fresh.to(np.float64)
    fresh.load_state_dict(layer.state_dict())
    if isinstance(fresh, LazyModule):
        fresh = fresh.to(np.float64)
    for other in (fresh, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert repr(other) == repr(layer) or isinstance(fresh, LazyModule)
        assert list(other.state_dict()) == list(state)
        assert all(np.array_equal(value.array, state[name]) for name, value in other.state_dict().items())
        found = run(case, other, inputs)
        assert all(np.array_equal(y.array, e) for y, e in zip(found, expected, strict=True))
        for p, q in zip(layer.parameters(), other.parameters(), strict=True):
            assert not np.shares_memory(p.array, q.array)


@each_case
def test_evaluation_changes_nothing(case: Case) -> None:
    layer = made(case).eval()
    before = {name: value.array.copy() for name, value in layer.state_dict().items()}
    inputs, leaves = tensors(case)
    values = [t.array.copy() for t in leaves]
    first, second = ([y.array for y in run(case, layer, inputs)] for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert all(np.array_equal(value.array, before[name]) for name, value in layer.state_dict().items())
    assert all(np.array_equal(t.array, v) for t, v in zip(leaves, values, strict=True))


@pytest.mark.parametrize("argument", [None, "text", [1.0]])
def test_a_layer_called_with_no_tensor_says_so(argument: object) -> None:
    for layer in (nn.Conv1d(1, 1, 1), nn.LSTM(2, 2), nn.BatchNorm1d(2), nn.Dropout()):
        with pytest.raises(TypeError, match=f"^{type(layer).__name__}: expected a Tensor as input, got .* of type"):
            layer(argument)
    with pytest.raises(TypeError, match="Dropout in layer '0': expected a Tensor"):
        nn.Sequential(nn.Dropout())(argument)

    class Own(nn.Module):
        def forward(self, x):
            return x.shape

    with pytest.raises(AttributeError, match="has no attribute 'shape'"):  # what a user's module does is the user's
        Own()(argument)
