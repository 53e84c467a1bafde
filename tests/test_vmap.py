"""vmap: for every op the values and gradients of a batch are those of its slices, one by one."""

from __future__ import annotations

import gc
import sys
from typing import Any

import numpy as np
import pytest
from arrays import weighted

import autograd
import nn
from autograd import func, tensor, vmap
from autograd.engine.graph import make
from autograd.engine.op import REGISTRY, Op, Sample
from autograd.engine.recording import recorded
from autograd.errors import ArgumentError, GraphError
from autograd.func import hessian, jacfwd, jacrev


def slices(op: Op, sample: Sample) -> list[np.ndarray | None]:
    """Each input twice: as it is, and (numbers that need not be exact) a little larger."""
    inputs = sample.inputs[0] if op.variadic else sample.inputs
    arrays = [None if a is None else np.asarray(a) for a in inputs]
    larger = 1.001 if sample.through is None else 1.0
    return [None if a is None else np.stack([a, a * larger] if a.dtype.kind in "fc" else [a, a]) for a in arrays]


def as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def same(found: Any, wanted: list[Any]) -> None:
    """A batch of results is the results of its slices, in their dtype."""
    for j, y in enumerate(as_tuple(found)):
        expected = np.stack([as_tuple(w)[j].array for w in wanted])
        assert (y.array.shape, y.array.dtype, y.array.dtype.metadata) == (expected.shape, expected.dtype, None)
        np.testing.assert_allclose(y.array, expected, rtol=1e-6, atol=1e-8, equal_nan=True)


@pytest.mark.parametrize("name", sorted(REGISTRY))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_batch_is_its_slices(name: str) -> None:
    op = REGISTRY[name]
    for sample in op.samples():
        stacks = slices(op, sample)
        given = [i for i, a in enumerate(stacks) if a is not None]

        def run(*xs: Any, given: Any = given, stacks: Any = stacks, sample: Any = sample) -> Any:
            full = [None] * len(stacks)
            for i, x in zip(given, xs, strict=True):
                full[i] = x
            return recorded(op)(full, **sample.params) if op.variadic else recorded(op)(*full, **sample.params)

        each = [[make(stacks[i][k]) for i in given] for k in range(2)]
        xs = [make(stacks[i]) for i in given]
        same(vmap(run)(*xs), [run(*e) for e in each])

        has_rule = [op.variadic or op.joint is not None or op.rules.get(op.inputs[i]) is not None for i in given]
        moved = [k for k, i in enumerate(given) if has_rule[k] and stacks[i].dtype.kind in "fc"]
        if not moved or not any(y.array.dtype.kind in "fc" for y in as_tuple(run(*each[0]))):
            continue

        def gradients(*xs: Any, moved: Any = moved, run: Any = run) -> Any:
            def outputs(*some: Any) -> Any:
                full = list(xs)
                for k, x in zip(moved, some, strict=True):
                    full[k] = x
                return tuple([y for y in as_tuple(run(*full)) if y.array.dtype.kind in "fc"])

            out, pull = func.vjp(outputs, *[xs[k] for k in moved])
            return pull(
                tuple([(y * 0).detach() + np.cos(np.arange(y.numel())).reshape(y.shape).astype(y.array.dtype.type) for y in out])
            )

        try:
            wanted = [gradients(*e) for e in each]
        except (GraphError, NotImplementedError) as error:  # no such gradient, or not of these results
            with pytest.raises(type(error)):
                vmap(gradients)(*xs)
        else:
            same(vmap(gradients)(*xs), wanted)


@pytest.mark.parametrize("name", sorted(name for name, op in REGISTRY.items() if op.variadic or len(op.inputs) > 1))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_some_inputs_are_batched_and_others_shared(name: str) -> None:
    """Results, gradients of each example, and the gradients of the whole batch, which add up in what the examples share."""
    op = REGISTRY[name]
    for sample in op.samples():
        stacks = slices(op, sample)
        given = [i for i, a in enumerate(stacks) if a is not None]
        has_rule = [op.variadic or op.joint is not None or op.rules.get(op.inputs[i]) is not None for i in given]
        moved = tuple([k for k, i in enumerate(given) if has_rule[k] and stacks[i].dtype.kind == "f"])

        def run(*xs: Any, given: Any = given, stacks: Any = stacks, sample: Any = sample) -> Any:
            full = [None] * len(stacks)
            for i, x in zip(given, xs, strict=True):
                full[i] = x
            return recorded(op)(full, **sample.params) if op.variadic else recorded(op)(*full, **sample.params)

        for batched in [(k,) for k in range(len(given))] + [tuple(range(1, len(given)))]:
            if len(batched) in (0, len(given)):
                continue
            dims = tuple([0 if k in batched else None for k in range(len(given))])
            xs = [make(stacks[i] if k in batched else stacks[i][0]) for k, i in enumerate(given)]
            each = [[x[e] if d == 0 else x for x, d in zip(xs, dims, strict=True)] for e in range(2)]
            wanted = [run(*e) for e in each]
            same(vmap(run, in_dims=dims)(*xs), wanted)
            if not moved or any(y.array.dtype.kind == "c" for y in as_tuple(wanted[0])):
                continue

            def inside(*xs: Any, run: Any = run) -> Any:
                return weighted([y for y in as_tuple(run(*xs)) if y.array.dtype.kind == "f"])

            def outside(*xs: Any, run: Any = run, dims: Any = dims) -> Any:
                return weighted([y for y in as_tuple(vmap(run, in_dims=dims)(*xs)) if y.array.dtype.kind == "f"])

            def loop(*xs: Any, run: Any = run, dims: Any = dims) -> Any:
                each = [as_tuple(run(*[x[e] if d == 0 else x for x, d in zip(xs, dims, strict=True)])) for e in range(2)]
                return weighted([autograd.stack(ys) for ys in zip(*each, strict=True) if ys[0].array.dtype.kind == "f"])

            try:
                gradients = [func.grad(inside, argnums=moved)(*e) for e in each]
            except (GraphError, NotImplementedError, AttributeError):  # no such gradient, or no real result
                continue
            same(vmap(func.grad(inside, argnums=moved), in_dims=dims)(*xs), gradients)
            for found, right in zip(func.grad(outside, argnums=moved)(*xs), func.grad(loop, argnums=moved)(*xs), strict=True):
                np.testing.assert_allclose(found.array, right.array, rtol=1e-6, atol=1e-8, equal_nan=True)


def test_a_function_whose_outputs_are_batched_and_shared() -> None:
    class Both(autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return x * 2, x * w

        @staticmethod
        def backward(ctx, a, b):
            x, w = ctx.saved_tensors
            return a * 2 + b * w, b * x

    x, w = tensor([1.0, 2.0]), tensor([[3.0, 4.0], [5.0, 6.0]])
    gradient = func.grad(lambda x: sum(y.sum() for y in vmap(lambda w: Both.apply(x, w))(w)))(x)
    assert gradient.tolist() == [2 + 2 + 3 + 5, 2 + 2 + 4 + 6]


def test_dimensions_of_arguments_and_results() -> None:
    x, y = tensor(np.arange(6.0).reshape(2, 3)), tensor(np.arange(4.0).reshape(2, 2))
    assert vmap(lambda a: a.sum(), in_dims=1)(x).tolist() == [3, 5, 7]
    assert vmap(lambda a: a.sum(), in_dims=-1)(x).tolist() == [3, 5, 7]
    assert vmap(lambda a, b: a * b.sum(), in_dims=(0, None))(x, y).tolist() == (x * 6).tolist()
    assert vmap(lambda a: (a, a * 2), out_dims=(1, 0))(x)[0].tolist() == x.T.tolist()
    assert (
        vmap(lambda d: d["a"] + d["b"][0], in_dims=({"a": 0, "b": None},))({"a": x, "b": (x[0],)}).tolist() == (x + x[0]).tolist()
    )
    assert vmap(lambda a, k: a * k, in_dims=(0, None))(x, 2).tolist() == (x * 2).tolist()
    assert vmap(lambda a: tensor(1.0))(x).tolist() == [1, 1]
    assert vmap(lambda a, scale: a * scale)(x, scale=tensor([1.0, 10.0])).tolist() == [[0, 1, 2], [30, 40, 50]]
    inner = vmap(lambda a, b: a * b, in_dims=(None, 0))
    assert vmap(inner, in_dims=(0, None))(tensor([1.0, 2.0]), tensor([3.0, 4.0])).tolist() == [[3, 4], [6, 8]]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_chunks(size: int) -> None:
    x = tensor(np.arange(10.0).reshape(5, 2))
    assert vmap(lambda a: (a.sum(), a * 2), chunk_size=size)(x)[1].tolist() == (x * 2).tolist()
    assert jacrev(lambda a: a * a, chunk_size=size)(x[0]).tolist() == [[0, 0], [0, 2]]
    assert jacfwd(lambda a: a * a, chunk_size=size)(x[0]).tolist() == [[0, 0], [0, 2]]


def test_what_is_refused() -> None:
    x = tensor(np.arange(6.0).reshape(2, 3))
    with pytest.raises(ValueError, match="same size in the mapped dimension"):
        vmap(lambda a, b: a, in_dims=(0, 1))(x, x)
    with pytest.raises(ValueError, match="at least one"):
        vmap(lambda a: a, in_dims=(None,))(x)
    with pytest.raises(ValueError, match="expected `in_dims` to be int or a"):
        vmap(lambda a, b: a, in_dims=[0, 0])(x, x)
    with pytest.raises(ValueError, match="structure of the inputs"):
        vmap(lambda pair: pair[0], in_dims=((0, 0),))([x, x])
    assert vmap(lambda a: (a, "as it is", None), out_dims=(0, None, None))(x)[1:] == ("as it is", None)
    with pytest.raises(ValueError, match="dimensionality 2"):
        vmap(lambda a: a, in_dims=2)(x)
    with pytest.raises(ValueError, match="non-Tensor"):
        vmap(lambda a, b: a, in_dims=(0, 0))(x, 3)
    with pytest.raises(ValueError, match="structure of the inputs"):
        vmap(lambda a: a, in_dims=(0, 0))(x)
    with pytest.raises(ValueError, match="must only return"):
        vmap(lambda a: 3)(x)
    with pytest.raises(ValueError, match="when out_dim is None"):
        vmap(lambda a: a, out_dims=None)(x)
    with pytest.raises(ValueError, match="randomness"):
        vmap(lambda a: a, randomness="often")
    with pytest.raises(TypeError, match="on which the examples differ"):
        vmap(lambda a: a if a.sum() > 5 else -a)(x)
    with pytest.raises(TypeError, match="no values for each example"):
        vmap(lambda a: x[0].add_(a))(x)
    w = autograd.ones(3, dtype=autograd.float64, requires_grad=True)
    with pytest.raises(GraphError, match="inside a functorch transform"):
        vmap(lambda a: (a * w).sum().backward())(x)
    with pytest.raises(GraphError, match=r"requires_grad_\(\)"):
        vmap(lambda a: (a * a).sum().requires_grad_())(x)
    assert vmap(lambda a: a if a.sum() >= 0 else -a)(x).tolist() == x.tolist()  # here all slices agree


def test_random_numbers() -> None:
    x = autograd.zeros(4, 2)
    with pytest.raises(RuntimeError, match="randomness"):
        vmap(lambda a: a + autograd.randn(2))(x)
    shared = vmap(lambda a: a + autograd.randn(2), randomness="same")(x)
    assert (shared == shared[0]).all()
    own = vmap(lambda a: a + autograd.rand(2), randomness="different")(x)
    assert len({*own[:, 0].tolist()}) == 4
    dropped = vmap(lambda a: nn.functional.dropout(a + 1, 0.5), randomness="different")(autograd.zeros(8, 64))
    assert set(dropped.unique().tolist()) == {0, 2}
    assert not (dropped == dropped[0]).all()
    orders = vmap(lambda a: autograd.randperm(5) + a.sum().long() * 0, randomness="different")(x)
    assert (orders.sort(1)[0] == autograd.arange(5)).all()


def test_a_gradient_for_each_example() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3)).double()
    parameters = {name: p.detach() for name, p in model.named_parameters()}
    rng = np.random.default_rng(0)
    x, t = tensor(rng.standard_normal((5, 1, 4, 4))), tensor(rng.integers(0, 3, 5))

    def loss(parameters: Any, x: Any, t: Any) -> Any:
        return nn.functional.cross_entropy(func.functional_call(model, parameters, (x[None],)), t[None])

    found = vmap(func.grad(loss), in_dims=(None, 0, 0))(parameters, x, t)
    for i in range(5):
        model.zero_grad()
        nn.functional.cross_entropy(model(x[i : i + 1]), t[i : i + 1]).backward()
        for name, p in model.named_parameters():
            np.testing.assert_allclose(found[name][i].array, p.grad.array, rtol=1e-10, atol=1e-12)


def test_several_models_at_once() -> None:
    models = [nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1)).eval() for _ in range(3)]
    parameters, buffers = func.stack_module_state(models)
    assert all(p.is_leaf and p.requires_grad for p in parameters.values())
    x = autograd.randn(6, 3)
    found = vmap(lambda p, b, x: func.functional_call(models[0], (p, b), (x,)), in_dims=(0, 0, None))(parameters, buffers, x)
    for y, model in zip(found, models, strict=True):
        np.testing.assert_allclose(y.detach().array, model(x).detach().array, rtol=1e-5, atol=1e-6)
    found.sum().backward()
    models[1](x).sum().backward()
    np.testing.assert_allclose(parameters["0.weight"].grad[1].array, models[1][0].weight.grad.array, rtol=1e-4, atol=1e-6)


def test_a_gradient_that_leaves_the_batch_is_summed_over_it() -> None:
    w = tensor([2.0, 3.0], requires_grad=True)
    x = tensor(np.arange(6.0).reshape(3, 2))
    for create_graph in (False, True):
        (g,) = autograd.grad(vmap(lambda a: (a * w * w).sum())(x).sum(), w, create_graph=create_graph)
        assert g.tolist() == (2 * w * x.sum(0)).tolist()
    (gg,) = autograd.grad(g.sum(), w)
    assert gg.tolist() == (2 * x.sum(0)).tolist()
    y = tensor(np.ones((3, 2)), requires_grad=True)
    vmap(lambda a: (a * a * w).sum())(y).sum().backward()
    assert (y.grad.tolist(), w.grad.tolist()) == ([[4, 6]] * 3, [3, 3])


def cube(x: Any) -> Any:
    return (x**3).sum() + x[0] * x.prod() + (x.sin() @ x).exp()


@pytest.mark.parametrize("outer", [jacrev, jacfwd])
@pytest.mark.parametrize("inner", [jacrev, jacfwd])
def test_jacobians_of_jacobians(outer: Any, inner: Any) -> None:
    x = tensor([0.5, -1.0, 0.25], dtype=autograd.float64)
    wanted = np.stack([autograd.grad(g, x2, retain_graph=True)[0].array for x2, gs in [_first(x)] for g in gs])
    np.testing.assert_allclose(outer(inner(cube))(x).array, wanted, rtol=1e-10)
    xs = autograd.stack([x, 2 * x])
    both = vmap(outer(inner(cube)))(xs)
    np.testing.assert_allclose(both[0].array, wanted, rtol=1e-10)
    np.testing.assert_allclose(both[1].array, hessian(cube)(2 * x).array, rtol=1e-10)


def _first(x: Any) -> tuple[Any, Any]:
    x = x.clone().requires_grad_()
    return x, autograd.grad(cube(x), x, create_graph=True)[0]


def test_gradients_in_batches() -> None:
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * x
    (rows,) = autograd.grad(y, x, autograd.eye(3), is_grads_batched=True)
    assert rows.tolist() == [[2, 0, 0], [0, 4, 0], [0, 0, 6]]
    with pytest.raises(ValueError, match="is_grads_batched"):
        autograd.grad(x.sum(), x, is_grads_batched=True)


def test_writes_and_views_within() -> None:
    def f(a: Any) -> Any:
        b = a.clone()
        b[0] = b[1] * 2
        b[1:].mul_(3)
        return b

    x = tensor(np.arange(6.0).reshape(2, 3))
    assert vmap(f)(x).tolist() == [f(a).tolist() for a in x]
    found = vmap(jacrev(f))(x)
    assert found[0].tolist() == jacrev(f)(x[0]).tolist()


@pytest.mark.parametrize(
    "index",
    [
        lambda i: (i,), lambda i: (i, 1), lambda i: (slice(None), i), lambda i: (..., i), lambda i: (i, slice(1, 3)),
        lambda i: (i, slice(None), i), lambda i: (None, i), lambda i: (slice(1), slice(None), i), lambda i: (i, i),
    ],
)  # fmt: skip
@pytest.mark.parametrize("shared", [False, True])
def test_an_index_for_each_example(index: Any, shared: bool) -> None:
    x = tensor(np.arange(2 * 3 * 4 * 3.0).reshape(2, 3, 4, 3))
    where = tensor([[0, 2], [1, 0]])

    def f(x: Any, i: Any) -> Any:
        return x[index(i)]

    if shared:
        found, wanted = vmap(f, in_dims=(None, 0))(x[0], where), [f(x[0], i) for i in where]
    else:
        found, wanted = vmap(f)(x, where), [f(a, i) for a, i in zip(x, where, strict=True)]
    assert found.tolist() == [w.tolist() for w in wanted]


def test_after_an_error_nothing_is_left_open() -> None:
    with pytest.raises(ZeroDivisionError):
        vmap(lambda a: 1 / 0)(autograd.ones(2))
    autograd.rand(2)  # no batch is open, so this draws as usual
    w = autograd.ones(2, requires_grad=True)
    w.sum().backward()
    assert w.grad.tolist() == [1, 1]


def test_a_functions_own_rule_gets_whole_batches():
    seen = []

    class Cube(autograd.Function):
        @staticmethod
        def forward(x, factor):
            return autograd.tensor(np.asarray(x.detach()) ** 3) * factor  # NumPy, which no batch goes through

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.x, ctx.factor = inputs

        @staticmethod
        def backward(ctx, g):
            return 3 * ctx.x * ctx.x * ctx.factor * g, None

        @staticmethod
        def vmap(info, in_dims, x, factor):
            seen.append((info.batch_size, info.randomness, in_dims, x.shape))
            return Cube.apply(x, factor), 0

    x = autograd.tensor([1.0, 2.0, 3.0])
    f = lambda x: Cube.apply(x, 2.0)  # noqa: E731
    assert autograd.vmap(f)(x).tolist() == [2.0, 16.0, 54.0]
    assert seen == [(3, "error", (0, None), (3,))]
    assert autograd.vmap(autograd.func.grad(f))(x).tolist() == [6.0, 24.0, 54.0]
    assert autograd.vmap(autograd.vmap(f))(autograd.ones(2, 3)).tolist() == [[2.0] * 3] * 2
    w = x.clone().requires_grad_()
    autograd.vmap(f)(w).sum().backward()
    assert w.grad.tolist() == [6.0, 24.0, 54.0]
    assert f(x).tolist() == [2.0, 16.0, 54.0]  # outside of vmap forward is called

    class Wrong(Cube):
        @staticmethod
        def vmap(info, in_dims, x, factor):
            return x

    with pytest.raises(GraphError, match="two returns"):
        autograd.vmap(lambda x: Wrong.apply(x, 1.0))(x)
    assert autograd.vmap(lambda x: Cube.apply(x, factor=2.0))(x).tolist() == [2.0, 16.0, 54.0]


def test_a_functions_own_rule_gets_the_defaults_of_its_forward() -> None:
    class Power(autograd.Function):
        @staticmethod
        def forward(x, exponent=3):
            return x**exponent

        @staticmethod
        def setup_context(ctx, inputs, output):
            pass

        @staticmethod
        def vmap(info, in_dims, x, exponent):
            return x**exponent, in_dims[0]

    assert vmap(lambda x: Power.apply(x))(tensor([1.0, 2.0])).tolist() == [1.0, 8.0]
    assert vmap(lambda x: Power.apply(x, exponent=2))(tensor([1.0, 3.0])).tolist() == [1.0, 9.0]


def test_jacfwd_knows_the_words_of_randomness() -> None:
    x = autograd.tensor([1.0, 2.0])
    with pytest.raises(ValueError, match="Only allowed values for randomness"):
        jacfwd(lambda v: v * v, randomness="sane")
    for word in ("error", "same", "different"):
        found = jacfwd(lambda v: v * autograd.rand(2), randomness=word)(x)
        assert found[0, 1].item() == found[1, 0].item() == 0


def _forms_without_arguments() -> list[str]:
    """The in-place methods that a tensor alone is enough for."""
    x, found = autograd.full((2, 2), 0.25, dtype=autograd.float64), []
    for name in sorted(n for n in dir(x) if n.endswith("_") and not n.endswith("__") and n[:-1] in dir(x)):
        try:
            with autograd.no_grad():
                y = getattr(x.clone(), name)()
        except (TypeError, ValueError, RuntimeError, ArgumentError):
            continue
        if isinstance(y, autograd.Tensor) and y.shape == x.shape and y.dtype == x.dtype and name not in ("bernoulli_", "detach_"):
            found.append(name)
    return found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # beyond the domain, where both are nan
@pytest.mark.parametrize("name", _forms_without_arguments())
def test_gradients_through_a_write_within_vmap(name: str) -> None:
    """What an op saved is kept apart from a write into a batch's memory, as it is from a write into an array."""

    def f(leaf):
        base = leaf * leaf
        getattr(base[1:], name)()
        base.mul_(base)
        return (base * leaf).sum()

    autograd.manual_seed(0)
    x = autograd.rand(3, 3, 3, dtype=autograd.float64) * 0.4 + 0.3
    try:
        expected = autograd.stack([autograd.func.grad(f)(x[i]) for i in range(3)])
    except (RuntimeError, TypeError):  # it has no gradient
        return
    found = autograd.vmap(autograd.func.grad(f))(x)
    assert autograd.allclose(found, expected, rtol=1e-12, atol=1e-12, equal_nan=True)


def test_a_write_over_a_value_that_backward_needs_is_refused_within_vmap() -> None:
    def f(x):
        y = x * 2
        z = y.cos()
        y.mul_(2)
        return z.sum()

    with pytest.raises(GraphError, match="modified by an inplace operation"):
        autograd.vmap(autograd.func.grad(f))(autograd.ones(2, 3))


def test_new_tensors_beside_a_batch_may_be_written() -> None:
    x, y = tensor(np.arange(6.0).reshape(2, 3)), tensor(np.arange(4.0).reshape(2, 2))

    def made(x: Any, y: Any) -> Any:
        out = x.new_zeros(3)
        out[:2].copy_(y)
        out[2] = x[0] * y[1]
        return x.new_full((2,), 2.0).mul_(y).sum() + out.sum()

    np.testing.assert_allclose(vmap(made)(x, y).array, (3 * y.sum(1) + x[:, 0] * y[:, 1]).array)
    np.testing.assert_allclose(vmap(autograd.func.grad(made))(x, y).array, [[1, 0, 0], [3, 0, 0]])
    inner = vmap(lambda row: vmap(lambda v: v.new_ones(2).mul_(v).sum())(row))
    np.testing.assert_allclose(inner(x).array, 2 * x.array)


def test_a_batch_is_printed() -> None:
    seen = []
    vmap(lambda row: vmap(lambda v: (seen.append(repr(v)), v)[1])((seen.append(repr(row)), row)[1]))(autograd.ones(2, 1))
    assert seen[0].replace("\n        ", " ") == "BatchedTensor(lvl=1, bdim=0, value=tensor([[1.], [1.]], dtype=float32))"
    assert seen[1].startswith("BatchedTensor(lvl=2, bdim=0, value=BatchedTensor(lvl=1, bdim=0, value=tensor(")


def test_what_stands_in_for_an_array_does_not_reach_lapack() -> None:
    """SciPy's wrapper (1.17.1) would release NumPy's dtype once too often whenever a stand-in refuses to become an array."""
    dtype = np.dtype(np.complex128)
    a, b = make(np.tile(np.eye(3, dtype=dtype), (4, 1, 1))), make(np.ones((4, 3, 2), dtype))

    def solve() -> None:
        vmap(lambda a, b: autograd.linalg.solve_triangular(a, b, upper=True))(a, b)
        vmap(lambda a: autograd.linalg.lu(a)[1])(a)

    solve()
    gc.collect()
    before = sys.getrefcount(dtype)
    for _ in range(10):
        solve()
    gc.collect()
    assert sys.getrefcount(dtype) > before - 5
