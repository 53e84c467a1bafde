"""What a graph saves may be kept elsewhere, or computed again: the gradients are the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from autograd.errors import GraphError, WrittenError
from autograd.graph import register_multi_grad_hook, save_on_cpu, saved_tensors_hooks
from autograd.utils.checkpoint import (
    checkpoint,
    checkpoint_sequential,
    set_checkpoint_debug_enabled,
    set_checkpoint_early_stop,
)


def network() -> Any:
    autograd.manual_seed(0)
    layers = nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(inplace=True), nn.Flatten(), nn.Dropout(0.3), nn.Linear(12, 2)
    return nn.Sequential(*layers).double()


X = tensor(np.random.default_rng(0).standard_normal((5, 1, 4, 4)))


def gradients(call: Any, create_graph: bool = False) -> list[np.ndarray]:
    model = network()
    autograd.manual_seed(1)
    loss = (call(model, X) ** 2).sum()
    parameters = list(model.parameters())
    first = autograd.grad(loss, parameters, create_graph=create_graph)
    if create_graph:
        first = autograd.grad(sum((g**2).sum() for g in first), parameters, allow_unused=True, materialize_grads=True)
    return [g.detach().array for g in first]


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_are_those_without_hooks(create_graph: bool) -> None:
    def hooked(model: Any, x: Any) -> Any:
        with saved_tensors_hooks(lambda t: (t.numpy().tobytes(), t.shape, t.dtype), restore):
            return model(x)

    def restore(kept: Any) -> Any:
        data, shape, dtype = kept
        return tensor(np.frombuffer(data, dtype).reshape(shape))

    def on_cpu(model: Any, x: Any) -> Any:
        with save_on_cpu(pin_memory=True):
            return model(x)

    wanted = gradients(lambda model, x: model(x), create_graph)
    for call in (hooked, on_cpu, lambda model, x: checkpoint(model[1:], model[0](x), use_reentrant=False)):
        for found, g in zip(gradients(call, create_graph), wanted, strict=True):
            np.testing.assert_allclose(found, g, rtol=1e-9, atol=1e-11)


def test_a_checkpoint_keeps_nothing_and_calls_again_once() -> None:
    calls = []

    def part(x: Any) -> Any:
        calls.append(1)
        return (x * w).sin().exp()

    w = tensor(np.array([1.0, 2.0]), requires_grad=True)
    x = tensor(np.array([0.5, 0.25]), requires_grad=True)
    y = checkpoint(part, x, use_reentrant=False).sum()
    assert len(calls) == 1
    y.backward()
    assert len(calls) == 2
    expected = np.exp(np.sin(x.detach().array * w.detach().array)) * np.cos(x.detach().array * w.detach().array)
    np.testing.assert_allclose(w.grad.array, expected * x.detach().array)
    np.testing.assert_allclose(x.grad.array, expected * w.detach().array)
    with autograd.no_grad():
        assert not checkpoint(part, x, use_reentrant=False).requires_grad


def test_a_checkpoint_draws_the_same_numbers_again() -> None:
    x = autograd.ones(1000, requires_grad=True)
    y = checkpoint(lambda x: nn.functional.dropout(x * x, 0.5), x, use_reentrant=False)
    after = autograd.get_rng_state()
    y.sum().backward()
    assert (x.grad == 2 * y.detach()).all()
    assert autograd.equal(autograd.get_rng_state(), after)


def test_a_function_that_computes_another_thing_is_refused() -> None:
    steps = iter([1, 2])
    x = tensor(np.array([2.0]), requires_grad=True)

    def part(x: Any) -> Any:
        for _ in range(next(steps)):
            x = x * x
        return x

    with pytest.raises(GraphError, match=r"more tensors during recomputation.*2 when it was called again.*compute the same"):
        checkpoint(part, x, use_reentrant=False, early_stop=False).sum().backward()
    steps = iter([2, 1])
    with pytest.raises(GraphError, match=r"A different number of tensors was saved.*compute the same"):
        checkpoint(part, x, use_reentrant=False).sum().backward()
    sizes = iter([1, 2, 1, 2, 1, 2, 1, 2])

    def wider(x: Any) -> Any:
        return x.sin() * autograd.ones(next(sizes), dtype=autograd.float64)

    with pytest.raises(GraphError, match=r"different metadata.*float64\[2\].*float64\[1\]"):
        checkpoint(wider, x, use_reentrant=False).sum().backward()
    for call in (
        lambda: checkpoint(wider, x, use_reentrant=False, debug=True),
        lambda: in_debug(lambda: checkpoint(wider, x, use_reentrant=False)),
    ):
        with pytest.raises(
            GraphError, match=r"passed `debug=True` to checkpoint.*\n.*first call:  sin, mul\n.*second call: sin, mul"
        ):
            call().sum().backward()


def in_debug(call: Any) -> Any:
    with set_checkpoint_debug_enabled(True):
        return call()


def test_the_second_call_ends_where_all_is_there() -> None:
    calls = [0]

    def part(x: Any) -> Any:
        x = x.sin().cos()
        calls[0] += 1
        return x.clone()  # saves nothing

    for early, count in ((None, 1), (False, 2)):
        calls[0] = 0
        x = tensor(np.array([2.0]), requires_grad=True)
        if early is None:
            y = checkpoint(part, x, use_reentrant=False)
        else:
            with set_checkpoint_early_stop(early):
                y = checkpoint(part, x, use_reentrant=False)
        y.sum().backward()
        assert calls[0] == count
        assert x.grad is not None
        np.testing.assert_allclose(x.grad.array, -np.sin(np.sin(2.0)) * np.cos(2.0))


def test_the_reentrant_way_and_the_choice_of_a_way() -> None:
    x = tensor(np.array([2.0]), requires_grad=True)
    with pytest.warns(UserWarning, match="use_reentrant parameter should be passed explicitly"):
        checkpoint(autograd.exp, x)
    with pytest.warns(UserWarning, match="use_reentrant parameter should be passed explicitly"):
        checkpoint_sequential([autograd.exp, autograd.sin], 2, x)
    for call in (
        lambda y: autograd.grad(y, x), lambda y: y.backward(inputs=[x]), lambda y: autograd.grad(y, x, create_graph=True),
    ):  # fmt: skip
        with pytest.raises(GraphError, match=r"torch\.utils\.checkpoint is incompatible"):
            call(checkpoint(autograd.exp, x, use_reentrant=True).sum())
    checkpoint(autograd.exp, x, use_reentrant=True).sum().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.array, np.exp([2.0]))


def test_segments() -> None:
    model = nn.Sequential(*[layer for _ in range(4) for layer in (nn.Linear(3, 3), nn.Tanh())]).double()
    x = tensor(np.random.default_rng(0).standard_normal((2, 3)), requires_grad=True)
    wanted = autograd.grad(model(x).sum(), [x, *model.parameters()])
    found = autograd.grad(checkpoint_sequential(model, 3, x, use_reentrant=False).sum(), [x, *model.parameters()])
    for f, g in zip(found, wanted, strict=True):
        np.testing.assert_allclose(f.array, g.array)


def test_a_hook_on_several_gradients() -> None:
    a, b = autograd.ones(1, requires_grad=True), autograd.ones(1, requires_grad=True)
    seen: list[Any] = []
    handle = register_multi_grad_hook([a, b], lambda gs: seen.append([g.item() for g in gs]))
    first = register_multi_grad_hook([a, b], lambda g: seen.append(g.item()), mode="any")
    (2 * a + 3 * b).sum().backward()
    assert sorted(map(str, seen)) == ["3.0", "[2.0, 3.0]"]
    handle.remove()
    first.remove()
    (2 * a + 3 * b).sum().backward()
    assert len(seen) == 2
    with pytest.raises(ValueError, match="mode"):
        register_multi_grad_hook([a], print, mode="some")


def test_functional() -> None:
    from autograd import functional

    x = tensor(np.array([1.0, 2.0]))
    assert functional.jacobian(lambda x: x * x.sum(), x).tolist() == [[4, 1], [2, 5]]
    assert functional.jacobian(lambda x: x * x.sum(), x, strategy="forward-mode", vectorize=True).tolist() == [[4, 1], [2, 5]]
    assert functional.hessian(lambda x: (x**3).sum(), x).tolist() == [[6, 0], [0, 12]]
    both = functional.jacobian(lambda a, b: a * b, (x, x + 1))
    assert [j.tolist() for j in both] == [[[2, 0], [0, 3]], [[1, 0], [0, 2]]]
    blocks = functional.hessian(lambda a, b: (a * b).sum(), (x, x))
    assert blocks[0][1].tolist() == [[1, 0], [0, 1]]
    assert functional.vjp(lambda x: x * x, x, x)[1].tolist() == [2, 8]
    assert functional.jvp(lambda x: x * x, x, x)[1].tolist() == [2, 8]
    assert functional.hvp(lambda x: (x**3).sum(), x, x)[1].tolist() == [6, 24]
    assert functional.vhp(lambda x: (x**3).sum(), x, x)[1].tolist() == [6, 24]
    w = tensor(np.array([1.0, 2.0]), requires_grad=True)
    assert not functional.jacobian(lambda x: x * w, x).requires_grad
    assert functional.jacobian(lambda x: x * w, x, create_graph=True).requires_grad
    with pytest.raises(GraphError, match="independent of input 1"):
        functional.jacobian(lambda a, b: a * 2, (x, x), strict=True)
    with pytest.raises(GraphError, match="single element"):
        functional.hessian(lambda x: x, x)


def test_a_write_in_place_within_the_hooks_keeps_the_old_values() -> None:
    b = tensor([3.0], requires_grad=True)
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        written = tensor([2.0, 5.0]).narrow(0, 1, 1).mul_(b)
    written.sum().backward()
    assert b.grad.tolist() == [5.0]


def test_a_write_into_what_the_hooks_kept_is_an_error() -> None:
    a, b = tensor([2.0, 5.0]), tensor([3.0], requires_grad=True)
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        y = (a * b).sum()
    a.mul_(7)
    with pytest.raises(GraphError, match="modified by an inplace operation: mul saved float32"):
        y.backward()
    with saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        y = (a * b).sum()
    a.mul_(7)
    y.backward()
    assert b.grad.tolist() == [49.0]
    with saved_tensors_hooks(lambda t: t.add_(1), lambda t: t), pytest.raises(GraphError, match="modifying its input in place"):
        (a * b).sum()


def test_a_write_into_what_a_checkpoint_needs_again_is_an_error() -> None:
    for write_into in (0, 1):
        tensors = [tensor([2.0, 5.0]), tensor([3.0], requires_grad=True)]
        y = checkpoint(lambda a, b: (a * b).sum(), *tensors, use_reentrant=False)
        with autograd.no_grad():
            tensors[write_into].mul_(7)
        with pytest.raises(GraphError, match=r"an argument, float32.*has been mutated"):
            y.backward()
    w = tensor([3.0], requires_grad=True)
    y = checkpoint(lambda a: (a * w).sum(), tensor([2.0]), use_reentrant=False)
    with autograd.no_grad():
        w.mul_(7)
    with pytest.raises(GraphError, match="a tensor that the function uses"):
        y.backward()


def test_hooks_on_one_saved_value() -> None:
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    y = w * w
    raw = y.grad_fn._raw_saved_self
    raw.register_hooks(lambda t: (2 * t).tolist(), lambda kept: autograd.tensor(kept))
    assert y.grad_fn._saved_self.tolist() == [2.0, 4.0]
    assert y.grad_fn._saved_other is w
    with pytest.raises(GraphError, match="already been set"):
        raw.register_hooks(lambda t: t, lambda t: t)
    with pytest.raises(TypeError, match="incompatible"):
        y.grad_fn._raw_saved_other.register_hooks(1, 1)
    y.sum().backward()
    assert w.grad.tolist() == [3.0, 6.0]  # 1 from the one factor, 2 from the other
    with pytest.raises(GraphError, match="freed"):
        raw.register_hooks(lambda t: t, lambda t: t)
    with pytest.raises(GraphError, match="freed"):
        y.grad_fn._saved_self  # noqa: B018
    with pytest.raises(GraphError, match="forbidden"):
        autograd.SavedTensor()

    def double(t: autograd.Tensor) -> autograd.Tensor:
        return t.mul_(2)

    z = w.detach().requires_grad_().exp()
    with pytest.raises(GraphError, match="in place"):
        z.grad_fn._raw_saved_result.register_hooks(double, lambda t: t)


def test_a_value_beside_a_hooked_one_that_was_written_raises() -> None:
    a, b = autograd.ones(2, requires_grad=True), autograd.ones(2) * 3
    y = a * b
    b.add_(1)
    y.grad_fn._raw_saved_other  # noqa: B018
    with pytest.raises(WrittenError):
        y.sum().backward()
    c = autograd.ones(2) * 3
    y = (a * 1) * c.requires_grad_()
    y.grad_fn._raw_saved_self.register_hooks(lambda t: t.clone(), lambda t: t)
    with autograd.no_grad():
        c.add_(1)
    with pytest.raises(WrittenError):
        y.sum().backward()


def test_a_second_backward_through_what_hooks_packed_raises() -> None:
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    with saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        y = (w * w).sum()
    y.backward()
    with pytest.raises(GraphError, match="second time"):
        y.backward()


def test_forward_mode_goes_through_packed_values() -> None:
    with saved_tensors_hooks(lambda t: t.tolist(), lambda kept: autograd.tensor(kept)):
        _, dy = autograd.func.jvp(lambda x: x.sin().exp(), (autograd.tensor(0.0),), (autograd.tensor(1.0),))
    assert dy.item() == 1.0


def test_hooks_that_open_blocks_leave_none_open() -> None:
    outer = saved_tensors_hooks(lambda t: t, lambda t: t)

    def unpack(t: autograd.Tensor) -> autograd.Tensor:
        outer.__enter__()
        return t

    w = autograd.ones(2, requires_grad=True)
    with saved_tensors_hooks(lambda t: t, unpack):
        (w * w).sum().backward()
    calls: list[int] = []
    with saved_tensors_hooks(lambda t: calls.append(1) or t, lambda t: t):
        w * w
    assert len(calls) == 2
    assert not hasattr((w * w).grad_fn.plan, "restore")


def test_saved_tensors_may_be_written_in_a_block_that_allows_it() -> None:
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    with autograd.graph.allow_mutation_on_saved_tensors() as block:
        x = w.clone()
        y = (x**2).sum()
        x.sin_()
        assert len(block.cloned) == 1
        z = (x**2).sum()  # of another version
        x[0] = 7.0
        autograd.sin(w.detach(), out=x.detach())
        assert len(block.cloned) == 2
        (y + z).backward()
        assert not block.cloned
        with pytest.raises(GraphError, match="nested"), autograd.graph.allow_mutation_on_saved_tensors():
            pass
        late = (w**2).sum()
    expected = 2 * w.detach() + 2 * w.detach().sin() * w.detach().cos()
    np.testing.assert_allclose(w.grad.numpy(), expected.numpy(), rtol=1e-6)
    with pytest.raises(AssertionError, match="outside"):
        late.backward()


def test_a_checkpointed_function_may_compute_gradients_itself() -> None:
    def inner(x: autograd.Tensor) -> autograd.Tensor:
        (g,) = autograd.grad(x.sin().exp(), x)
        return x.sin() * g

    x = autograd.tensor(0.5, requires_grad=True)
    (expected,) = autograd.grad(inner(x), x)
    (once,) = autograd.grad(checkpoint(inner, x, use_reentrant=False), x)
    (twice,) = autograd.grad(checkpoint(lambda y: checkpoint(inner, y, use_reentrant=False), x, use_reentrant=False), x)
    assert once.item() == twice.item() == expected.item()


def test_the_blocks_of_a_checkpoint_surround_its_calls() -> None:
    order: list[str] = []

    @contextmanager
    def block(name: str) -> Iterator[None]:
        order.append(name)
        yield
        order.append("end of " + name)

    x = autograd.tensor(0.5, requires_grad=True)
    with set_checkpoint_early_stop(False):  # otherwise an exception ends the second call
        y = checkpoint(autograd.sin, x, use_reentrant=False, context_fn=lambda: (block("first"), block("second")))
    assert order == ["first", "end of first"]
    y.backward()
    assert order[2:] == ["second", "end of second"]


def test_forward_mode_does_not_go_through_a_checkpoint_that_still_runs() -> None:
    with autograd.forward_ad.dual_level():
        dual = autograd.forward_ad.make_dual(autograd.tensor(0.5), autograd.tensor(1.0))
        with pytest.raises(GraphError, match="checkpoint"):
            checkpoint(lambda x: x.sin().exp(), dual, use_reentrant=False)


def test_hooks_before_a_rule_see_the_gradient_where_backward_ends() -> None:
    w = autograd.tensor(1.0, requires_grad=True)
    y = w * 2
    seen: list[float] = []
    y.grad_fn.register_prehook(lambda gs: seen.append(gs[0].item()))
    (y * 3).backward(inputs=(y,), retain_graph=True)
    assert (seen, y.grad.item()) == ([3.0], 3.0)
    autograd.grad(y * 3, y)
    assert seen == [3.0]


def test_a_checkpoint_around_vmap_and_within_it() -> None:
    """The second call's batches are those of the first: a new batch beside the old gradients would count as one more dimension."""
    autograd.manual_seed(0)
    a, w = autograd.randn(3, 4, dtype=autograd.float64), autograd.randn(4, 4, dtype=autograd.float64, requires_grad=True)

    def around(w):
        noisy = autograd.vmap(lambda row: (row * autograd.rand(4, dtype=autograd.float64)).sin(), randomness="different")
        return (noisy(w) * w).sum()

    def within(w):
        def each(x):
            return autograd.vmap(lambda row: (row * x).sin().sum())(w).exp()

        return autograd.vmap(lambda x: run(each, x).sum())(a).sum()

    for function, whole in ((around, True), (within, False)):
        found = []
        for checkpointed in (False, True):
            run = partial(checkpoint, use_reentrant=False) if checkpointed and not whole else lambda f, x: f(x)
            autograd.manual_seed(1)
            w.grad = None
            (checkpoint(function, w, use_reentrant=False) if checkpointed and whole else function(w)).backward()
            found.append(w.grad)
        assert autograd.equal(*found)
