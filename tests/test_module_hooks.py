"""Hooks of all modules, hooks on registrations, and backward hooks in a double backward."""

from __future__ import annotations

import pytest

import autograd
import nn
from autograd.errors import GraphError
from nn.modules import module as paths


def test_hooks_around_the_calls_of_every_module() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    log: list[str] = []

    def note(word):
        return lambda module, *more: log.append(f"{word} {type(module).__name__}")

    handles = [
        paths.register_module_forward_pre_hook(note("pre")),
        paths.register_module_forward_hook(note("post")),
        paths.register_module_full_backward_pre_hook(note("backward pre")),
        paths.register_module_full_backward_hook(note("backward")),
    ]
    try:
        model[1].register_forward_hook(note("own"))
        model(autograd.ones(1, 2, requires_grad=True)).sum().backward()
    finally:
        for handle in handles:
            handle.remove()
    assert log == [
        "pre Sequential", "pre Linear", "post Linear", "pre ReLU", "post ReLU", "own ReLU", "post Sequential",
        "backward pre Sequential", "backward pre ReLU", "backward ReLU", "backward pre Linear", "backward Linear",
        "backward Sequential",
    ]  # fmt: skip
    log.clear()
    model(autograd.ones(1, 2))
    assert log == ["own ReLU"]


def test_a_hook_of_every_module_may_replace_what_it_sees() -> None:
    with (
        paths.register_module_forward_pre_hook(lambda module, args: (args[0] * 2,)),
        paths.register_module_forward_hook(lambda module, args, output: output + 1),
    ):
        assert nn.Identity()(autograd.tensor([3.0])).tolist() == [7.0]
    assert nn.Identity()(autograd.tensor([3.0])).tolist() == [3.0]


def test_a_hook_of_every_module_that_is_always_called() -> None:
    seen = []
    with (
        paths.register_module_forward_hook(lambda module, args, output: seen.append(output), always_call=True),
        pytest.raises(NotImplementedError),
    ):
        nn.Module()(1)
    assert seen == [None]


def test_hooks_on_registrations() -> None:
    seen = []
    with (
        paths.register_module_parameter_registration_hook(lambda module, name, value: seen.append(("parameter", name))),
        paths.register_module_buffer_registration_hook(lambda module, name, value: seen.append(("buffer", name))),
        paths.register_module_module_registration_hook(lambda module, name, value: nn.ReLU() if name == "act" else None),
    ):
        model = nn.Module()
        model.act = nn.Tanh()
        model.fc = nn.Linear(2, 2, bias=False)
        model.register_buffer("mean", autograd.zeros(1))
    assert type(model.act) is nn.ReLU
    assert type(model.fc) is nn.Linear
    assert seen == [("parameter", "weight"), ("parameter", "bias"), ("buffer", "mean")]


@pytest.mark.parametrize(
    ("layer", "shape", "loss", "calls"),
    [
        # What is needed of the second derivative of tanh lies within the module: its outputs are not passed again.
        (nn.Tanh(), (3,), lambda y: y.sum(), (1, 1)),
        (nn.Tanh(), (3,), lambda y: (y**2).sum(), (1, 2)),
        (nn.Sequential(nn.Linear(3, 3), nn.Tanh()), (2, 3), lambda y: y.sum(), (1, 1)),
        (nn.Linear(3, 3), (2, 3), lambda y: (y**3).sum(), (1, 2)),
        (nn.BatchNorm1d(3), (4, 3), lambda y: (y**3).sum(), (1, 2)),
        (nn.Softmax(-1), (2, 3), lambda y: (y**2).sum(), (1, 2)),
    ],
)
def test_a_backward_hook_is_called_once_in_each_sweep_through_the_outputs(layer, shape, loss, calls) -> None:
    """The numbers are PyTorch's."""
    count = 0

    def hook(module, grad_input, grad_output):
        nonlocal count
        count += 1

    handle = layer.register_full_backward_hook(hook)
    x = autograd.randn(*shape, requires_grad=True)
    (gradient,) = autograd.grad(loss(layer(x)), x, create_graph=True)
    first = count
    (gradient**2).sum().backward()
    handle.remove()
    assert (first, count) == calls


def test_the_dictionaries_of_hooks_are_live():
    """``module._forward_hooks``, as programs read it: what is taken out of it is no longer called."""
    layer, seen = nn.Linear(2, 2), []
    handle = layer.register_forward_hook(lambda *_: seen.append("after"))
    layer.register_forward_pre_hook(lambda m, args, kwargs: seen.append("before"), with_kwargs=True)
    assert list(layer._forward_hooks) == [handle.id]
    assert len(layer._forward_pre_hooks_with_kwargs) == 1
    assert not layer._forward_hooks_with_kwargs
    layer(autograd.ones(2))
    layer._forward_hooks.clear()
    layer(autograd.ones(2))
    assert seen == ["before", "after", "before"]


def test_a_backward_hook_that_cannot_see_the_output_warns():
    class Named(nn.Module):
        def forward(self, x):
            return {"y": x * 2}

    module = Named()
    module.register_full_backward_hook(lambda *_: None)
    with pytest.warns(UserWarning, match="should be a Tensor or a tuple of Tensors but received"):
        module(autograd.ones(2, requires_grad=True))


def test_a_backward_hook_without_inputs_may_return_nones():
    layer = nn.Linear(2, 2)
    layer.register_full_backward_hook(lambda module, inputs, outputs: inputs)
    layer(autograd.ones(1, 2)).sum().backward()
    assert layer.weight.grad is not None


def test_what_passes_a_backward_hook_is_not_written_in_place():
    class Adds(nn.Module):
        def forward(self, x, write):
            self.seen = x
            if write:
                x += 1
            return x.clone()

    x, module = autograd.ones(3, requires_grad=True), Adds()
    for register in (module.register_full_backward_hook, module.register_full_backward_pre_hook):
        with register(lambda *_: None):
            module(x, False).sum().backward()
            given = x.clone()
            with pytest.raises(GraphError, match="created inside a custom Function"):
                module(given, True)
            assert given.tolist() == [1, 1, 1]
            out = module(given, False)
            if register == module.register_full_backward_hook:
                given[0] *= 2
                with pytest.raises(GraphError, match="another view of its base has been modified inplace"):
                    module.seen + 2
            with pytest.raises(GraphError, match="created inside a custom Function"):
                out += 1
    assert x.grad is not None
    assert x.grad.tolist() == [2, 2, 2]


def test_a_public_hook_on_a_state_dict_returns_nothing():
    def replaces(module, state, prefix, local):
        return {}

    module = nn.Linear(1, 1)
    with module._register_state_dict_hook(replaces):
        assert module.state_dict() == {}
    with module.register_state_dict_post_hook(replaces):
        with pytest.raises(RuntimeError, match="post-hook must return None"):
            module.state_dict()
        with pytest.raises(RuntimeError, match="previously registered via register_state_dict_post_hook"):
            module._register_state_dict_hook(replaces)
