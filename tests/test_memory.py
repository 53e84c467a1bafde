"""Reference counting alone frees every graph; a node is small; and nothing is kept beyond what the rules name."""

from __future__ import annotations

import gc
import tracemalloc
import weakref

import numpy as np
import pytest

import autograd
from autograd import Function, func
from autograd.engine.graph import Node


@pytest.fixture(autouse=True)
def _no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def leaf(*shape, seed=0):
    return autograd.tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=True)


def graph(x):
    return ((x * x).tanh() + x).sum()


class Square(Function):
    @staticmethod
    def forward(ctx, x):
        y = x * x
        ctx.save_for_backward(x, y)
        ctx.output = y
        return y

    @staticmethod
    def backward(ctx, g):
        x, _ = ctx.saved_tensors
        return g * 2.0 * x


def plain(x):
    graph(x).backward()


def never_swept(x):
    graph(x)


def hooked(x):
    y = x * 2.0
    y.register_hook(lambda g: g * 2.0)
    y.retain_grad()
    graph(y).backward()


def hook_that_holds_its_tensor(x):
    y = x * 2.0
    weak = weakref.proxy(y)
    y.register_hook(lambda g: g * weak)
    graph(y).backward()


def views(x):
    y = x * 2.0
    a, b = y[0], y.reshape(-1)[1:]
    a.mul_(3.0)
    b.add_(1.0)
    (y.sum() + a.sum() + b.sum()).backward()


def in_place(x):
    y = x * 2.0
    y.mul_(x)
    y[0] = y[1] * 2.0
    graph(y).backward()


def higher_order(x):
    (g,) = autograd.grad(graph(x), x, create_graph=True)
    (h,) = autograd.grad(g.sum(), x, create_graph=True)
    h.sum()


def functions(x):
    y = Square.apply(x)
    y.sum().backward(retain_graph=True)
    autograd.grad(Square.apply(y).sum(), x, create_graph=True)


def transforms(x):
    func.hessian(lambda x: (x * x * x).sum())(x.detach())
    func.jvp(graph, (x,), (x.detach(),))
    func.vjp(graph, x)[1](autograd.tensor(np.float64(1.0)))


def failing_forward(x):
    y = x * 2.0
    with pytest.raises(ValueError, match="broadcast"):
        y + np.ones((7, 7, 7))


def failing_backward(x):
    y = x * 2.0

    def fail(g):
        raise KeyError

    y.register_hook(fail)
    with pytest.raises(KeyError):
        graph(y).backward()


def second_backward(x):
    y = graph(x)
    y.backward()
    with pytest.raises(RuntimeError):
        y.backward()


def several_outputs(x):
    values, _ = autograd.max(x, dim=0)
    a, b = autograd.chunk(x, 2)
    (values.sum() + a.sum() * b.sum()).backward()


def anomalies(x):
    with autograd.detect_anomaly():
        graph(x).backward()


CASES = [
    plain, never_swept, hooked, hook_that_holds_its_tensor, views, in_place, higher_order, functions, transforms, failing_forward,
    failing_backward, second_backward, several_outputs, anomalies,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_reference_counting_alone_frees_every_graph(case):
    """Nothing more is alive after it than before, with the collector off."""
    x = leaf(4, 3)
    case(x)  # caches are filled
    x.grad = None
    gc.collect()
    before = alive()
    case(x)
    x.grad = None
    del x
    after = alive()
    assert after[0] <= before[0] - 1  # the leaf
    assert after[1] <= before[1] - 1


def alive():
    """How many nodes and tensors there are."""
    objects = gc.get_objects()
    return sum(type(o) is Node for o in objects), sum(isinstance(o, autograd.Tensor) for o in objects)


def test_a_tensor_dies_with_its_last_name():
    x = leaf(3)
    y = x * 2.0
    z = y.tanh()
    node, array = weakref.ref(y.grad_fn), weakref.ref(y.array)
    del y
    assert node() is not None
    assert array() is None  # tanh saved its output, mul its other operand: nobody needs y's values
    del z
    assert node() is None


def test_backward_frees_what_was_saved_as_it_goes():
    x = leaf(3)
    h = x.exp()
    saved = weakref.ref(h.array)
    y = (h * 2.0).sum()
    del h
    assert saved() is not None
    y.backward()
    assert saved() is None


def test_a_node_takes_at_most_400_bytes_beyond_its_arrays():
    x = leaf()
    constant = np.float64(1.0)
    count = 20_000
    for op in (lambda y: y + constant, lambda y: -y):
        tracemalloc.start()
        try:
            y = x
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(count):
                y = op(y)
            used = tracemalloc.get_traced_memory()[0] - before
        finally:
            tracemalloc.stop()
        assert used / count <= 400
        del y


def test_memory_grows_linearly():
    x = leaf()
    sizes = []
    for count in (5_000, 10_000, 20_000):
        tracemalloc.start()
        y = x
        for _ in range(count):
            y = y.tanh()
        sizes.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    assert sizes[2] / sizes[1] == pytest.approx(2, rel=0.1)
    assert sizes[1] / sizes[0] == pytest.approx(2, rel=0.1)


def saved_arrays(node):
    """The memories that a graph keeps, by identity."""
    from autograd.engine.memory import owner

    found, stack, seen = {}, [node], set()
    while stack:
        node = stack.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        for value in node.saved or ():
            for array in value if isinstance(value, tuple) else (value,):
                if isinstance(array, np.ndarray):
                    found[id(owner(array))] = owner(array)
        stack += node.parents
    return found


LAYERS, WIDTH, BATCH = 8, 64, 256


def mlp():
    rng = np.random.default_rng(0)
    weights = [autograd.tensor(rng.standard_normal((WIDTH, WIDTH)) / 8, requires_grad=True) for _ in range(LAYERS)]
    biases = [autograd.tensor(np.zeros(WIDTH), requires_grad=True) for _ in range(LAYERS)]
    return weights, biases, autograd.tensor(rng.standard_normal((BATCH, WIDTH)))


def run(weights, biases, x):
    for w, b in zip(weights, biases, strict=True):
        x = autograd.tanh(x @ w + b)
    return (x * x).sum()


def test_a_deep_network_saves_exactly_what_its_rules_name():
    weights, biases, x = mlp()
    loss = run(weights, biases, x)
    kept = saved_arrays(loss.grad_fn)
    # The input, each weight but the first (the input needs no gradient), and each layer's output, once.
    own = {id(x.array)} | {id(w.array) for w in weights[1:]}
    assert own <= set(kept)
    others = [array for key, array in kept.items() if key not in own]
    assert len(others) == LAYERS
    assert all(array.shape == (BATCH, WIDTH) for array in others)


def test_a_training_steps_peak_is_what_it_saves():
    weights, biases, x = mlp()
    run(weights, biases, x).backward()
    for p in (*weights, *biases):
        p.grad = None
    layer = BATCH * WIDTH * 8
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        run(weights, biases, x).backward()
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    gradients = sum(p.array.nbytes for p in (*weights, *biases))
    # Each layer's output, at most three more of that size for what is being computed, the gradients, and the nodes.
    assert peak <= (LAYERS + 3) * layer + gradients + 64 * 1024


def test_no_grad_keeps_nothing():
    weights, biases, x = mlp()
    layer = BATCH * WIDTH * 8
    with autograd.no_grad():
        run(weights, biases, x)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            run(weights, biases, x)
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
    assert peak <= 4 * layer
