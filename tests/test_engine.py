"""The engine: recording, the sweep, hooks, modes, threads, size, and what is left after an error."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import autograd
from autograd.engine.gradients import node_of
from autograd.engine.sweep import sweep
from autograd.errors import GraphError, ShapeError


def leaf(*values, dtype=np.float64):
    return autograd.tensor(np.array(values, dtype=dtype), requires_grad=True)


def scalar(value):
    return autograd.tensor(np.float64(value), requires_grad=True)


# ------------------------------------------------------------------------------------------------------------------ size


def test_a_long_chain_needs_no_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(200_000):
        y = y * 1.0
    y.backward()
    assert x.grad.item() == 1
    del y


def test_a_million_ops_are_recorded_swept_and_freed():
    x = leaf(1.0)
    y = x
    one = np.ones(1)
    gc.disable()
    try:
        for _ in range(1_000_000):
            y = y + one
        node = weakref.ref(y.grad_fn)
        y.backward()
        assert x.grad.item() == 1
        del y
        assert node() is None
    finally:
        gc.enable()


def test_a_diamond_chain_is_linear_in_its_edges():
    """2^1000 paths, 2,000 edges: each rule runs once."""
    calls = []

    class Count(autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            return (a + b) * 0.5

        @staticmethod
        def backward(ctx, g):
            calls.append(1)
            return g * 0.5, g * 0.5

    x = leaf(3.0)
    y = x
    for _ in range(1000):
        y = Count.apply(y, y)
    y.backward()
    assert len(calls) == 1000
    assert x.grad.item() == 1


def test_forward_mode_of_a_long_diamond_chain():
    def f(x):
        for _ in range(2000):
            x = (x + x) * 0.5
        return x

    y, t = autograd.func.jvp(f, (autograd.tensor(np.float64(3.0)),), (autograd.tensor(np.float64(2.0)),))
    assert (y.item(), t.item()) == (3.0, 2.0)


# --------------------------------------------------------------------------------------------------------------- sweeps


def test_a_second_backward_says_what_to_do():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(GraphError, match=r"(?s)second time.*mul.*freed.*retain_graph=True.*detach"):
        y.backward()
    assert x.grad.tolist() == [2, 4]


def test_retain_graph_sweeps_again_and_accumulates():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4, 8]


def test_a_graph_that_saved_no_array_may_be_swept_twice():
    x = leaf(1.0, 2.0)
    y = (x + x).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [4, 4]


def test_a_loss_that_is_not_scalar_is_refused_with_the_way_out():
    with pytest.raises(GraphError, match=r"float64\[2\].*\.sum\(\) or \.mean\(\).*backward\(g\)"):
        (leaf(1.0, 2.0) * 2).backward()


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match=r"float64\[3\].*float64\[2\]"):
        (leaf(1.0, 2.0) * 2).backward(autograd.tensor(np.ones(3)))


def test_inputs_limits_what_is_filled_and_takes_tensors_that_are_no_leaves():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    h = x * w
    (h * h).sum().backward(inputs=[h])
    assert h.grad.tolist() == [6, 16]
    assert x.grad is None
    assert w.grad is None


def test_grad_touches_no_grad_attribute():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (g,) = autograd.grad((x * w).sum(), x)
    assert g.tolist() == [3, 4]
    assert not g.requires_grad
    assert x.grad is None
    assert w.grad is None


def test_an_unused_input():
    x, w = leaf(1.0), leaf(2.0)
    y = (x * 2).sum()
    with pytest.raises(GraphError, match=r"not have been used.*allow_unused=True"):
        autograd.grad(y, [x, w])
    assert autograd.grad((x * 2).sum(), [x, w], allow_unused=True)[1] is None
    assert autograd.grad((x * 2).sum(), [x, w], materialize_grads=True)[1].tolist() == [0]


def test_any_order_of_derivative_from_the_same_rules():
    x = scalar(2.0)
    y = x
    for _ in range(4):
        y = y * x
    wanted = [80, 160, 240, 240, 120, 0]
    for value in wanted[:5]:
        (y,) = autograd.grad(y, x, create_graph=True)
        assert y.item() == value


def test_grad_is_of_the_shape_and_dtype_of_its_tensor():
    x = autograd.tensor(np.ones((2, 1), np.float32), requires_grad=True)
    b = leaf(1.0, 2.0, 3.0)
    (x * b).sum().backward()
    assert (x.grad.shape, x.grad.dtype) == ((2, 1), np.float32)
    assert (b.grad.shape, b.grad.dtype) == ((3,), np.float64)


def test_only_what_leads_to_the_inputs_is_computed():
    calls = []

    class Count(autograd.Function):
        @staticmethod
        def forward(ctx, a):
            return a * 1.0

        @staticmethod
        def backward(ctx, g):
            calls.append(1)
            return g

    x, w = leaf(1.0), leaf(2.0)
    y = (Count.apply(x) * w).sum()
    autograd.grad(y, w)
    assert not calls


# ---------------------------------------------------------------------------------------------------------- .grad's memory


def aliases(t, *others):
    return any(np.shares_memory(t.grad.array, getattr(o, "array", o)) for o in others)


def test_grad_never_shares_memory():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    seed = np.ones(2)
    y = x + w
    seen = []
    y.register_hook(seen.append)
    y.retain_grad()
    y.backward(seed)
    assert not aliases(x, seed, w.grad, y.grad, y, *seen)
    assert not aliases(y, seed, x.grad, w.grad, *seen)
    assert x.grad.array.flags.writeable
    x2 = leaf(1.0, 2.0)
    x2.backward(seed)
    assert not aliases(x2, seed)
    x3 = leaf(1.0, 2.0)
    x3.sum().backward()
    x3.grad.array[0] = 5
    assert x3.grad.tolist() == [5, 1]


def test_the_result_of_grad_shares_no_memory():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    a, b = autograd.grad((x + w).sum(), [x, w])
    assert not np.shares_memory(a.array, b.array)
    a.array[0] = 5
    assert b.tolist() == [1, 1]


def test_adding_to_a_grad_that_a_graph_has_kept_is_noticed():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x * 2).sum().backward()
    loss = (w * x.grad).sum()
    (x * 2).sum().backward()
    with pytest.raises(GraphError, match="modified by an inplace"):
        loss.backward()


# ----------------------------------------------------------------------------------------------------------------- hooks


def test_hooks_see_and_replace_the_gradient_in_order():
    x = leaf(1.0, 2.0)
    y = x * 3
    order = []
    first = y.register_hook(lambda g: order.append(("a", g.tolist())))
    y.register_hook(lambda g: order.append(("b", g.tolist())) or g * 10)
    y.register_hook(lambda g: order.append(("c", g.tolist())))
    y.sum().backward()
    assert order == [("a", [1, 1]), ("b", [1, 1]), ("c", [10, 10])]
    assert x.grad.tolist() == [30, 30]
    first.remove()
    first.remove()


def test_a_removed_hook_is_not_called():
    x = leaf(1.0)
    with x.register_hook(lambda g: g * 2):
        (x * 1.0).sum().backward()
    (x * 1.0).sum().backward()
    assert x.grad.item() == 3


def test_a_hook_may_write_into_what_it_sees():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = x + w
    x.register_hook(lambda g: (g.mul_(0.0), None)[1])
    y.sum().backward()
    assert x.grad.tolist() == [0, 0]
    assert w.grad.tolist() == [1, 1]


def test_a_hook_that_writes_while_the_backward_is_recorded_is_refused():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: (g.mul_(0.0), None)[1])
    with pytest.raises(GraphError, match="return a new gradient"):
        autograd.grad((x * x).sum(), x, create_graph=True)


def test_a_hook_that_fails_leaves_every_grad_untouched():
    x, w = leaf(1.0), leaf(2.0)
    (x * w).sum().backward()
    before = x.grad.array.copy(), w.grad.array.copy()

    def fail(g):
        raise KeyError("mine")

    y = (x * w).sum()
    x.register_hook(fail)
    with pytest.raises(KeyError, match="mine"):
        y.backward()
    assert (x.grad.array, w.grad.array) == before


@pytest.mark.parametrize(
    ("answer", "error", "match"),
    [(lambda g: g.sum(), ShapeError, "same shape"), (lambda g: 3.0, TypeError, "expected a Tensor")],
)
def test_a_hook_must_return_a_gradient_like_its_own(answer, error, match):
    x = leaf(1.0, 2.0)
    x.register_hook(answer)
    with pytest.raises(error, match=match):
        (x * x).sum().backward()
    assert x.grad is None


def test_backward_within_a_hook():
    x, w = leaf(2.0), leaf(5.0)

    def hook(g):
        assert not autograd.is_grad_enabled()  # as in PyTorch: what a hook computes is recorded only if the backward is
        with autograd.enable_grad():
            (w * w).sum().backward()

    x.register_hook(hook)
    (x * x).sum().backward()
    assert (x.grad.item(), w.grad.item()) == (4, 10)


def test_hooks_after_accumulation():
    x = leaf(1.0, 2.0)
    seen = []
    handle = x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.tolist()))
    (x * 3).sum().backward()
    (x * 3).sum().backward()
    handle.remove()
    (x * 3).sum().backward()
    assert seen == [[3, 3], [6, 6]]
    with pytest.raises(RuntimeError, match="leaves"):
        (x * 3).register_post_accumulate_grad_hook(print)


def test_retain_grad():
    x = leaf(1.0, 2.0)
    y = x * 3
    y.retain_grad()
    z = y * y
    z.sum().backward()
    assert y.grad.tolist() == [6, 12]
    assert z.grad is None
    with pytest.raises(GraphError, match="requires_grad=False"):
        x.detach().retain_grad()


def test_hooks_on_a_tensor_without_gradient():
    with pytest.raises(GraphError, match="doesn't require gradient"):
        autograd.tensor([1.0]).register_hook(print)


# ----------------------------------------------------------------------------------------------------------------- modes


def test_modes_nest_and_survive_exceptions():
    x = leaf(1.0)
    with autograd.no_grad():
        assert not (x * 2).requires_grad
        with autograd.enable_grad():
            assert (x * 2).requires_grad
        assert not autograd.is_grad_enabled()
        with pytest.raises(ZeroDivisionError), autograd.enable_grad():
            raise ZeroDivisionError
        assert not autograd.is_grad_enabled()
    assert autograd.is_grad_enabled()


def test_set_grad_enabled_switches_at_once():
    guard = autograd.set_grad_enabled(False)
    assert not autograd.is_grad_enabled()
    with guard:
        assert not autograd.is_grad_enabled()
    assert autograd.is_grad_enabled()


def test_modes_decorate():
    x = leaf(1.0)

    @autograd.no_grad()
    def f():
        return x * 2

    @autograd.no_grad
    def g():
        return x * 2

    @autograd.inference_mode()
    def h():
        return x * 2, autograd.is_inference_mode_enabled()

    assert not f().requires_grad
    assert not g().requires_grad
    y, inside = h()
    assert inside
    assert not y.requires_grad
    assert f.__name__ == "f"


def test_a_mode_holds_inside_a_generator_and_not_between_its_steps():
    x = leaf(1.0)

    @autograd.no_grad()
    def steps():
        got = yield (x * 2).requires_grad
        try:
            yield (x * got).requires_grad
        except KeyError:
            yield (x * 2).requires_grad
        return autograd.is_grad_enabled()

    run = steps()
    assert next(run) is False
    assert autograd.is_grad_enabled()
    assert run.send(3.0) is False
    assert autograd.is_grad_enabled()
    assert run.throw(KeyError()) is False
    assert autograd.is_grad_enabled()
    with pytest.raises(StopIteration) as stop:
        next(run)
    assert stop.value.value is False


# --------------------------------------------------------------------------------------------------------------- threads


def in_threads(*functions):
    errors = []

    def guarded(f):
        def run():
            try:
                f()
            except BaseException as error:
                errors.append(error)

        return run

    threads = [threading.Thread(target=guarded(f)) for f in functions]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors, errors


def test_modes_are_not_seen_by_other_threads():
    inside, checked = threading.Event(), threading.Event()
    x = leaf(1.0)

    def one():
        with autograd.no_grad(), autograd.detect_anomaly():
            inside.set()
            assert checked.wait(10)
            assert not (x * 2).requires_grad

    def other():
        assert inside.wait(10)
        try:
            assert autograd.is_grad_enabled()
            assert not autograd.is_anomaly_enabled()
            assert (x * 2).requires_grad
        finally:
            checked.set()

    in_threads(one, other)


def test_two_threads_train_at_once():
    results = {}

    def train(seed):
        def run():
            rng = np.random.default_rng(seed)
            data = rng.standard_normal((8, 3))
            w = autograd.tensor(rng.standard_normal(3), requires_grad=True)
            for _ in range(100):
                w.grad = None
                e = (autograd.tensor(data) * w).sum(dim=1) - 1.0
                (e * e).sum().backward()
                with autograd.no_grad():
                    w.sub_(w.grad * 0.01)
            results.setdefault(seed, []).append(w.array.copy())

        return run

    for seed in (1, 2):
        train(seed)()
    in_threads(train(1), train(2))
    for seed in (1, 2):
        assert np.array_equal(results[seed][0], results[seed][1])


def test_nested_gradients_in_threads():
    def nested(k):
        def run():
            for _ in range(50):
                g = autograd.func.grad(autograd.func.grad(lambda x: x * x * x * k))(autograd.tensor(2.0))
                assert g.item() == 12 * k

        return run

    in_threads(nested(1.0), nested(2.0), nested(3.0))


# --------------------------------------------------------------------------------------------------------------- errors


def test_an_error_in_a_rule_leaves_grads_and_says_where():
    class Bad(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1.0

        @staticmethod
        def backward(ctx, g):
            raise ValueError("no")

    x, w = leaf(1.0), leaf(1.0)
    y = (Bad.apply(x) + w).sum()
    with pytest.raises(ValueError, match="no") as info:
        y.backward()
    assert "in the backward of Bad" in "".join(info.value.__notes__)
    assert x.grad is None
    assert w.grad is None


def test_requires_grad_of_integers_is_refused():
    with pytest.raises(RuntimeError, match=r"floating point.*int64\[1\]"):
        autograd.tensor(np.array([1]), requires_grad=True)


def test_the_sweep_takes_roots_that_come_twice():
    x = leaf(1.0, 2.0)
    y = x * 2
    node = node_of(y)
    found = sweep([(node, np.ones(2)), (node, np.ones(2))])
    assert found[node_of(x)].tolist() == [4, 4]


def test_next_functions_lead_to_the_leaves():
    x = leaf(1.0)
    y = (x * 2).sum()
    (parent, number), *_ = y.grad_fn.next_functions
    assert (parent.name(), number) == ("MulBackward0", 0)
    assert parent.next_functions[0][0] is node_of(x)
