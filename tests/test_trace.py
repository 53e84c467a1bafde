"""The trace: what it writes down is what the tape and the engine do, and it leaves no mark on them."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.engine.gradients import node_of
from autograd.errors import GraphError
from autograd.viz.trace.stats import ArraySummary, number
from autograd.viz.trace.tape import Trace, reachable
from autograd.viz.trace.trace import trace
from autograd.viz.trace.watching import watch


def leaf(values: Any, **more: Any) -> Any:
    return autograd.tensor(np.asarray(values, dtype=float), requires_grad=True, **more)


def by_op(t: Trace, op: str) -> Any:
    [found] = [n for n in t.nodes if n.op == op]
    return found


def check(t: Trace, loss: Any) -> None:
    """What holds for every trace: nodes and edges are the tape's, contributions add up to gradients, the order goes back."""
    tape = reachable(node_of(loss))  # type: ignore[arg-type]
    number_of = {node: i for i, node in enumerate(tape)}
    assert [n.id for n in t.nodes] == list(range(len(tape)))
    assert [n.op for n in t.nodes] == [None if node.plan is None else node.plan.op.name for node in tape]
    assert sorted(t.edges()) == sorted((number_of[p], number_of[node]) for node in tape for p in node.parents if p is not None)
    ops = [i for i in t.order if not t.nodes[i].is_leaf]
    assert ops == sorted(ops, reverse=True)
    assert sorted(t.order) == list(range(len(tape)))
    for node in t.nodes:
        given = [o.contribution for n in t.nodes for o in n.operands if o.node == node.id and o.contribution is not None]
        if given and node.grad is not None and node.grad.whole:
            np.testing.assert_allclose(sum(c.sample for c in given), node.grad.sample)


def test_values_gradients_and_contributions() -> None:
    x, w = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([0.5, -1.0])
    h = x @ w
    loss = (h * h).sum()
    t = trace(loss, names={"x": x, "w": w})
    check(t, loss)
    assert [n.name for n in t.nodes] == ["x", "w", "matmul", "mul", "sum"]
    np.testing.assert_allclose(t.nodes[2].value.sample.ravel(), h.detach().numpy())
    g = 2 * h.detach().numpy()
    np.testing.assert_allclose(t.nodes[2].grad.sample.ravel(), g)
    np.testing.assert_allclose(t.nodes[0].grad.sample, np.outer(g, w.detach().numpy()))
    np.testing.assert_allclose(t.nodes[2].operands[1].contribution.sample.ravel(), x.detach().numpy().T @ g)
    assert t.order == [4, 3, 2, 0, 1]  # the leaves where their gradients are complete
    assert t.nodes[t.loss].grad.mean == 1


def test_a_square_has_two_edges() -> None:
    x = leaf(3.0)
    t = trace(x * x)
    assert t.edges() == [(0, 1), (0, 1)]
    assert [o.contribution.mean for o in t.nodes[1].operands] == [3.0, 3.0]
    assert t.nodes[0].grad.mean == 6.0


def test_what_was_summed_back_over_broadcast_dimensions() -> None:
    x, bias, column = leaf(np.ones((4, 3))), leaf(np.zeros(3)), leaf(np.ones((4, 1)))
    loss = ((x + bias) * column).sum()
    t = trace(loss)
    check(t, loss)
    assert [o.summed for o in by_op(t, "add").operands] == [(), (0,)]
    assert [o.summed for o in by_op(t, "mul").operands] == [(), (1,)]
    np.testing.assert_allclose(by_op(t, "add").operands[1].contribution.sample, [[4.0, 4.0, 4.0]])


def test_graph_gradients_and_hooks_stay_as_they_were() -> None:
    x = leaf([1.0, 2.0])
    called = []
    h = x * 2.0
    h.retain_grad()
    h.register_hook(lambda g: called.append(g) or g * 10)  # type: ignore[func-returns-value]
    x.register_post_accumulate_grad_hook(lambda t: called.append(t))
    loss = (h * h).sum()
    x.grad = autograd.tensor(np.array([7.0, 7.0]))
    t = trace(loss)
    assert not called
    assert h.grad is None
    np.testing.assert_array_equal(x.grad.numpy(), [7.0, 7.0])
    np.testing.assert_allclose(t.nodes[0].grad.sample, [[8.0, 16.0]])
    loss.backward()  # the graph was not freed, and the hooks are there again
    np.testing.assert_allclose(x.grad.numpy(), [87.0, 167.0])
    assert len(called) == 2


def test_hooks_come_back_when_the_sweep_fails() -> None:
    x = leaf([1.0])
    h = x * 1.0
    h.register_hook(lambda g: g)
    loss = h.exp()
    loss.sum().backward()
    with pytest.raises(GraphError, match="second time"):
        trace(loss.sum())
    assert node_of(h).meta.hooks  # type: ignore[union-attr]


def test_what_cannot_be_traced_is_said() -> None:
    with pytest.raises(GraphError, match="does not require grad"):
        trace(autograd.tensor(1.0))
    with pytest.raises(GraphError, match="scalar"):
        trace(leaf([1.0, 2.0]) * 2)
    assert trace(leaf([1.0, 2.0]) * 2, gradient=np.array([1.0, 0.0])).nodes[0].grad.max == 2.0


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(2, 2)
        self.block = nn.Sequential(nn.Linear(2, 2), nn.Tanh())

    def forward(self, x: Any) -> Any:
        return self.fc(self.block(self.fc(x)))


def test_a_module_called_twice_and_its_shared_parameter() -> None:
    model = Shared()
    loss = model(autograd.ones(1, 2)).sum()
    t = trace(loss)
    check(t, loss)
    assert [(c.label, c.kind) for c in t.calls] == [
        ("Shared", "Shared"), ("fc#1", "Linear"), ("block", "Sequential"), ("block.0", "Linear"), ("block.1", "Tanh"),
        ("fc#2", "Linear"),
    ]  # fmt: skip
    assert [None if c.parent is None else t.calls[c.parent].label for c in t.calls] == [
        None,
        "Shared",
        "Shared",
        "block",
        "block",
        "Shared",
    ]
    [weight] = [n for n in t.nodes if n.name == "fc.weight"]
    users = [n for n in t.nodes if any(o.node == weight.id for o in n.operands)]
    assert [t.calls[n.call].label for n in users] == ["fc#1", "fc#2"]  # type: ignore[index]
    assert {n.name for n in t.nodes if n.is_leaf} == {"fc.weight", "fc.bias", "block.0.weight", "block.0.bias"}
    for call in t.calls:  # a call is an interval of the tape
        inside = {call.id}
        for other in t.calls:
            if other.parent in inside:
                inside.add(other.id)
        ops = [n.id for n in t.nodes if n.call in inside]
        between = [n.id for n in t.nodes if call.first <= n.id <= call.last and not n.is_leaf]
        assert ops == between


def test_watch_sees_constants_variables_and_lines() -> None:
    x, target = autograd.tensor(np.ones((3, 2))), np.zeros((3, 1))
    W = leaf(np.ones((2, 1)))
    with watch():
        hidden = x @ W
        loss = ((hidden - target) * 0.5 + x.sum(dim=1, keepdim=True)).sum()
    t = trace(loss)
    check(t, loss)
    assert t.nodes[0].name == "W"
    assert {c.name for c in t.constants} == {"x", "target", "constant"}
    assert by_op(t, "mul").operands[1].text == "0.5"
    assert by_op(t, "matmul").variable == "hidden"
    file, line, function = by_op(t, "matmul").source
    assert file == __file__
    assert function == "test_watch_sees_constants_variables_and_lines"
    assert line == by_op(t, "sub").source[1] - 1
    assert all(n.value is not None for n in t.nodes)


def test_without_watch_values_are_found_or_computed_again() -> None:
    x = leaf([1.0, 2.0])
    t = trace(((x * x).exp() + x).sum())
    for n in t.nodes:
        assert n.value is not None
    np.testing.assert_allclose(by_op(t, "add").value.sample, [np.exp(x.numpy(force=True) ** 2) + x.numpy(force=True)])
    # A constant that nobody kept: the value is not known, rather than wrong.
    unknown = trace(((x + np.array([5.0, 6.0])) + 1.0).sum())
    assert [n.value is None for n in unknown.nodes] == [False, True, True, False]
    assert unknown.nodes[1].operands[1].text == "not kept"


def test_values_are_those_of_the_time() -> None:
    """What is written in place afterwards changes no value that is shown."""
    w = leaf([1.0, 2.0])
    y = w * 3.0
    z = y + 1.0
    with autograd.no_grad():
        w += 100.0
    t = trace(z.sum())
    assert t.nodes[1].value is None or t.nodes[1].value.max == 6.0
    w = leaf([1.0, 2.0])
    with watch():
        y = w * 3.0
        y += 1.0
        y[0] = 0.0
        loss = y.sum()
    t = trace(loss)
    check(t, loss)
    assert [n.op for n in t.nodes] == [None, "mul", "add", "write", "sum"]
    assert [n.value.sample.ravel().tolist() for n in t.nodes] == [[1, 2], [3, 6], [4, 7], [0, 7], [7]]
    np.testing.assert_allclose(t.nodes[0].grad.sample, [[0.0, 3.0]])


def test_views_and_versions() -> None:
    x = leaf(np.arange(6.0).reshape(2, 3))
    base = x * 1.0
    row = base[0]
    row *= 2.0
    loss = (base * base).sum()
    t = trace(loss)
    check(t, loss)
    written = [n for n in t.nodes if n.op == "write"]
    assert written
    assert written[-1].version == 1
    np.testing.assert_allclose(t.nodes[0].grad.sample, 2 * np.array([[0, 4, 8], [3, 4, 5]]))


def test_several_outputs_complex_numbers_and_own_functions() -> None:
    a = leaf(np.array([[2.0, 1.0], [1.0, 3.0]]))
    with watch():
        q, r = autograd.linalg.qr(a)
        loss = (q * r).sum()
    t = trace(loss)
    check(t, loss)
    outputs = [n for n in t.nodes if n.op == "output"]
    assert len(outputs) == 2
    np.testing.assert_allclose([n.value.sample for n in outputs], [q.detach().numpy(), r.detach().numpy()])
    assert all(n.grad is not None for n in outputs)

    z = autograd.tensor(np.array([1 + 2j, 3 - 1j]), requires_grad=True)
    loss = (z * z.conj()).real.sum()
    t = trace(loss)
    loss.backward()
    np.testing.assert_allclose(t.nodes[0].grad.sample.ravel(), z.grad.numpy())

    class Double(autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = leaf([1.0, 2.0])
    t = trace(Double.apply(x).exp().sum())
    assert t.nodes[1].op == "Double"
    np.testing.assert_allclose(t.nodes[0].grad.sample, [2 * np.exp([2.0, 4.0])])


def test_graphs_of_gradients() -> None:
    x = leaf(2.0)
    (g,) = autograd.grad(x**3, x, create_graph=True)
    t = trace(g)
    check(t, g)
    np.testing.assert_allclose(t.nodes[0].grad.mean, 12.0)


def test_bytes_kept_are_counted_once() -> None:
    x, w = leaf(np.ones(1000)), leaf(np.ones(1000))
    h = x * w
    loss = (h.exp() * h).sum()
    t = trace(loss)
    kept = {n.op: n.bytes for n in t.nodes if n.op}
    assert kept["sum"] == 0
    assert sum(kept.values()) == 2 * 8000  # h and exp(h), each once; x and w are the user's


def chain(n: int) -> Any:
    y = leaf(1.0)
    for i in range(n):
        y = y.tanh() if i % 2 else y * 0.999
    return y


def test_a_hundred_thousand_nodes_without_recursion() -> None:
    assert len(trace(chain(100_000)).nodes) == 100_001


def test_work_is_linear_in_the_nodes() -> None:
    def calls(n: int) -> int:
        y, count = chain(n), 0

        def profile(frame: object, event: str, argument: object) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(profile)
        try:
            trace(y)
        finally:
            sys.setprofile(None)
        return count

    calls(10)
    assert calls(2000) < 2.1 * calls(1000)


def test_a_diamond_of_2_to_the_30_paths() -> None:
    y = x = leaf(1.0)
    for _ in range(30):
        y = y + y
    t = trace(y)
    assert len(t.nodes) == 31
    assert len(t.edges()) == 60
    assert t.nodes[0].grad.mean == 2.0**30
    _ = x


def test_planted_mistakes_are_found() -> None:
    x = leaf([2.0, 3.0])
    loss = (x * x + x).sum()
    merged = trace(loss)
    by_op(merged, "mul").operands.pop()
    dropped = trace(loss)
    by_op(dropped, "add").operands[1].contribution = None
    reordered = trace(loss)
    reordered.order[0], reordered.order[1] = reordered.order[1], reordered.order[0]
    for wrong in (merged, dropped, reordered):
        with pytest.raises(AssertionError):
            check(wrong, loss)


@pytest.mark.parametrize("shape", [(), (5,), (40, 50), (3, 0), (2, 3, 4), (100_000,)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128, np.int64, bool])
def test_a_summary_equals_numpys_numbers(shape: Any, dtype: Any) -> None:
    a = (np.random.default_rng(0).normal(size=shape) * 10).astype(dtype)
    s = ArraySummary(a)
    flat = np.abs(a).ravel() if np.iscomplexobj(a) else a.ravel().astype(float)
    assert (s.shape, s.size) == (a.shape, a.size)
    if not a.size:
        assert s.mean is None
        return
    for name in ("min", "max", "mean", "std"):
        np.testing.assert_allclose(getattr(s, name), getattr(np, name)(flat), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(s.norm, np.linalg.norm(flat))
    np.testing.assert_allclose(s.zeros, np.mean(flat == 0))
    if s.histogram is not None:
        assert s.histogram[2] == np.histogram(flat, len(s.histogram[2]))[0].tolist()
    assert s.sample.shape[0] <= 16
    assert s.sample.shape[1] <= 24
    if s.whole:
        np.testing.assert_array_equal(s.sample.ravel(), a.ravel())


def test_a_summary_of_what_is_not_finite() -> None:
    s = ArraySummary(np.array([np.nan, 1.0, np.inf, 0.0, -np.inf]))
    assert (s.nan, s.inf, s.min, s.max, s.zeros) == (1, 2, 0.0, 1.0, 0.2)
    assert ArraySummary(np.full(100, np.nan)).nan == 100
    assert [number(v) for v in (np.nan, np.inf, -np.inf, None, True, 1 / 3)] == ["nan", "inf", "-inf", None, 1, 0.33333]
    assert ArraySummary(np.array([1e308, -1e308])).max == 1e308
    big = np.ones(200)
    kept = ArraySummary(big)
    big[:] = 5
    assert kept.max == 1
