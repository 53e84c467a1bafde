"""autograd.func: transforms of functions, their nesting, forward mode against reverse mode and against known derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import func, jacobians
from autograd.errors import DtypeError, GraphError, ShapeError


def t(values):
    return autograd.tensor(np.array(values, dtype=np.float64))


X = t([0.5, -1.0, 2.0])
V = t([1.0, 0.5, -0.25])


def smooth(x):
    return (x * x.tanh()).exp() / (x * x + 1.0)


def reducing(x):
    return (smooth(x) * x.sum()).sum(dim=0)


def selecting(x):
    return autograd.stack([x[0] * x[1], x[2] * x[0]]) * autograd.cumsum(x, dim=0)[1:]


def writing(x):
    z = x * 1.0
    z[0] = x[1] * x[2]
    z[1:].mul_(x[0])
    return z * z


def several(x):
    values, _ = autograd.sort(x * x, dim=0)
    return values * values


def joint(x):
    return autograd.softmax(x, dim=0) * autograd.logsumexp(x, dim=0)


def contracting(x):
    m = autograd.outer(x, x * x)
    return (m @ m.T @ x).reshape(-1)


FUNCTIONS = [smooth, reducing, selecting, writing, several, joint, contracting]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_forward_mode_agrees_with_central_differences(f):
    y, dy = func.jvp(f, (X,), (V,))
    h = 1e-5
    numeric = (f(X + V * h).array - f(X - V * h).array) / (2 * h)
    assert np.allclose(y.array, f(X).array, atol=0)
    assert np.allclose(dy.array, numeric, rtol=1e-7, atol=1e-8)
    assert not dy.requires_grad


@pytest.mark.parametrize("f", FUNCTIONS)
def test_forward_and_reverse_are_adjoint_and_give_the_same_jacobian(f):
    forward, reverse = func.jacfwd(f)(X), func.jacrev(f)(X)
    assert forward.shape == (*f(X).shape, 3)
    assert np.allclose(forward.array, reverse.array, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_every_order_of_nesting_gives_the_same_second_derivative(f):
    def total(x):
        y = f(x)
        return y if y.ndim == 0 else (y * y).sum()

    wanted = func.jacfwd(func.jacrev(total))(X).array
    assert np.allclose(wanted, wanted.T)
    for outer, inner in [(func.jacrev, func.jacrev), (func.jacrev, func.jacfwd), (func.jacfwd, func.jacfwd)]:
        assert np.allclose(outer(inner(total))(X).array, wanted, rtol=1e-10, atol=1e-10), (outer, inner)
    assert np.allclose(func.hessian(total)(X).array, wanted)
    for product in (func.hvp, func.vhp):
        value, moved = product(total, X, V)
        assert np.allclose(value.array, total(X).array)
        assert np.allclose(moved.array, wanted @ V.array)
    h = 1e-5
    gradient = func.grad(total)
    numeric = (gradient(X + V * h).array - gradient(X - V * h).array) / (2 * h)
    assert np.allclose(wanted @ V.array, numeric, rtol=1e-6, atol=1e-6)


def test_third_derivatives_in_all_eight_nestings():
    def by_grad(f):
        return func.grad(f)

    def by_jvp(f):
        return lambda x: func.jvp(f, (x,), (t(1.0),))[1]

    for a in (by_grad, by_jvp):
        for b in (by_grad, by_jvp):
            for c in (by_grad, by_jvp):
                assert np.allclose(a(b(c(lambda x: (x * x).exp())))(t(0.7)).item(), third(0.7))


def third(x):
    return np.exp(x * x) * (12 * x + 8 * x**3)


@pytest.mark.parametrize("derivative", [lambda f: func.grad(f), lambda f: lambda x: func.jvp(f, (x,), (t(1.0),))[1]])
@pytest.mark.parametrize("inner", [lambda f: func.grad(f), lambda f: lambda x: func.jvp(f, (x,), (t(1.0),))[1]])
def test_perturbations_are_not_confused(derivative, inner):
    """d/dx (x * d/dy (x + y)) = 1."""
    assert derivative(lambda x: x * inner(lambda y: x + y)(t(1.0)))(t(3.0)).item() == 1
    assert derivative(lambda x: x * inner(lambda y: x * y)(x))(t(3.0)).item() == 6


def test_grad_of_something_outside_is_recorded():
    w = autograd.tensor(np.float64(3.0), requires_grad=True)
    g = func.grad(lambda x: w * x * x)(t(2.0))
    g.backward()
    assert (g.item(), w.grad.item()) == (12, 4)
    x = autograd.tensor(np.float64(2.0), requires_grad=True)
    func.grad(lambda x: x * x * x)(x).backward()
    assert x.grad.item() == 12
    y, dy = func.jvp(lambda x: w * x, (t(2.0),), (t(5.0),))
    (y + dy).backward()
    assert w.grad.item() == 4 + 7


def test_results_of_the_outermost_call_need_no_gradient():
    g, y = func.grad_and_value(lambda x: (x * x).sum())(X)
    assert not g.requires_grad
    assert not y.requires_grad
    with autograd.no_grad():
        w = autograd.tensor(np.float64(3.0), requires_grad=True)
        assert func.grad(lambda x: x * w)(t(2.0)).item() == 3
        assert not func.grad(lambda x: x * w)(t(2.0)).requires_grad


def test_no_grad_inside_the_function_counts():
    def f(x):
        with autograd.no_grad():
            c = x * x
        return x * c

    assert func.grad(f)(t(3.0)).item() == 9


def test_argnums_and_trees():
    def f(params, x, scale=1.0):
        return {"y": (params["w"] * x).sum() * scale, "more": [params["b"] * x, x]}

    params = {"w": t([1.0, 2.0]), "b": t(3.0)}
    x = t([4.0, 5.0])
    gradient = func.grad(lambda p, x: f(p, x, scale=2.0)["y"])(params, x)
    assert gradient["w"].tolist() == [8, 10]
    assert gradient["b"].item() == 0
    both = func.grad(lambda p, x: f(p, x)["y"], argnums=(0, -1))(params, x)
    assert both[1].tolist() == [1, 2]
    jacobian = func.jacrev(f, argnums=0)(params, x)
    assert jacobian["more"][0]["b"].tolist() == [4, 5]
    assert jacobian["more"][1]["w"].tolist() == [[0, 0], [0, 0]]
    forward = func.jacfwd(f, argnums=0)(params, x)
    assert forward["y"]["w"].tolist() == jacobian["y"]["w"].tolist() == [4, 5]


def test_has_aux():
    gradient, (value, aux) = func.grad_and_value(lambda x: ((x * x).sum(), {"x": x, "n": t(3.0)}), has_aux=True)(X)
    assert gradient.tolist() == [1, -2, 4]
    assert value.item() == 5.25
    assert aux["n"].item() == 3
    assert not aux["x"].requires_grad
    assert func.grad(lambda x: ((x * x).sum(), t(1.0)), has_aux=True)(X)[1].item() == 1
    assert func.jacrev(lambda x: (x * x, t(1.0)), has_aux=True)(X)[1].item() == 1
    assert func.jvp(lambda x: (x * x, t(1.0)), (X,), (V,), has_aux=True)[2].item() == 1
    for aux in (1, None, "abc", [X, 1.0]):
        for call in (
            lambda aux=aux: func.grad(lambda x: (x.sum(), aux), has_aux=True)(X),
            lambda aux=aux: func.jacfwd(lambda x: (x, aux), has_aux=True)(X),
            lambda aux=aux: func.vjp(lambda x: (x, aux), X, has_aux=True),
            lambda aux=aux: func.jvp(lambda x: (x, aux), (X,), (V,), has_aux=True),
        ):
            with pytest.raises(GraphError, match="Expected tensors, got unsupported type"):
                call()


def test_vjp_takes_the_outputs_structure_and_may_be_called_again():
    (y, _), pull = func.vjp(lambda a, b: (a * b, a.sum()), X, V)
    assert y.tolist() == (X * V).tolist()
    for k in (1.0, 2.0):
        da, db = pull((t([k, 0, 0]), t(k)))
        assert da.tolist() == [2 * k, k, k]
        assert db.tolist() == [0.5 * k, 0, 0]


def test_linearize_runs_the_function_once():
    calls = []

    def f(x):
        calls.append(1)
        return x * x

    _, push = func.linearize(f, X)
    assert push(V).tolist() == (X * V * 2.0).tolist()
    assert push(V * 2.0).tolist() == (X * V * 4.0).tolist()
    assert len(calls) == 1


def test_in_reverse_mode_a_function_that_writes_into_its_argument_changes_nothing_outside():
    x = t([1.0, 2.0])
    assert func.grad(lambda x: (x.mul_(x) * 3.0).sum())(x).tolist() == [6, 12]
    assert x.tolist() == [1, 2]


def test_in_forward_mode_a_function_writes_into_its_arguments_themselves():
    # As in PyTorch, where a dual number shares the memory of its value.
    for transform in (
        lambda f, x: func.jvp(f, (x,), (t([1.0, 1.0]),))[1].tolist() == [2, 4],
        lambda f, x: func.jacfwd(f)(x).tolist() == [[2, 0], [0, 4]],
        lambda f, x: func.linearize(f, x)[1](t([1.0, 1.0])).tolist() == [2, 4],
    ):
        x = t([1.0, 2.0])
        assert transform(lambda x: x.mul_(x), x)
        assert x.tolist() == [1, 4]
    x, y = t([[1.0, 2.0], [3.0, 4.0]]), t([[5.0, 6.0], [7.0, 8.0]])
    out, tangent = autograd.vmap(lambda x, y: func.jvp(lambda a: a.copy_(y), (x,), (autograd.ones_like(x),)), in_dims=1)(x, y)
    assert out.tolist() == [[5, 7], [6, 8]]
    assert tangent.tolist() == [[0, 0], [0, 0]]
    assert x.tolist() == y.tolist()
    with pytest.raises(GraphError, match="a leaf Variable that requires grad"):
        func.jvp(lambda x: x.mul_(2.0), (t([1.0]).requires_grad_(),), (t([1.0]),))


def test_what_a_function_may_not_do_while_it_is_transformed():
    captured = autograd.ones(3, dtype=autograd.float64)
    hooks = autograd.graph.save_on_cpu
    for f, match in [
        (lambda x: x.requires_grad_().sum(), r"Tensor.requires_grad_\(\)"),
        (lambda x: (y := x.sin(), y.retain_grad(), y.sum())[2], r"Tensor.retain_grad\(\)"),
        (lambda x: jacobians.vjp(lambda v: v.sin().sum(), x)[1].sum(), "autograd.functional.vjp"),
        (lambda x: jacobians.jacobian(lambda v: v.sin(), x).sum(), "autograd.functional.jacobian"),
        (lambda x: captured.copy_(x).sum(), "mutate a captured Tensor"),
    ]:
        for call in (lambda f=f: func.grad(f)(X), lambda f=f: func.jvp(f, (X,), (V,)), lambda f=f: func.grad(func.grad(f))(X[0])):
            with pytest.raises(GraphError, match=match):
                call()
        if "captured" not in match:
            with pytest.raises(GraphError, match=match):
                autograd.vmap(f)(autograd.ones(2, 3))
    assert not captured.requires_grad
    assert captured.tolist() == [1, 1, 1]

    def saving(x):
        with hooks():
            return x.sin().sum()

    for transform in (func.grad, func.jacrev, func.hessian, lambda f: lambda x: func.vjp(f, x)):
        with pytest.raises(GraphError, match="saved tensor hooks"):
            transform(saving)(X)
        with pytest.raises(GraphError, match="saved tensor hooks"), hooks():
            transform(lambda x: x.sin().sum())(X)
    assert func.jvp(saving, (X,), (V,))[1].item() == pytest.approx((X.cos() * V).sum().item())
    with hooks():  # the functions of autograd.functional are no transforms
        assert jacobians.vjp(lambda x: x.sin().sum(), X)[1].tolist() == X.cos().tolist()
    second = jacobians.jacobian(lambda x: jacobians.jacobian(lambda v: v**3, x, create_graph=True).sum(), X)
    assert second.tolist() == pytest.approx((6 * X).tolist())


def test_a_function_may_write_into_what_it_makes_and_make_leaves():
    def f(x):
        made = autograd.zeros_like(x)
        made.copy_(x * x)
        made[0] = x.sum()
        return (made * autograd.ones(3, dtype=autograd.float64, requires_grad=True)).sum()

    assert func.grad(f)(X).tolist() == (autograd.cat([t([1.0]), 2 * X[1:] + 1])).tolist()


def test_a_tangent_of_another_structure_is_refused():
    one = t(1.0)
    for primals, tangents in [(((one, one), one), (one, one)), ((one,), (one, one))]:
        with pytest.raises(GraphError, match="same python structure"):
            func.jvp(lambda *x: x[0], primals, tangents)
    for primals, tangents in [(((one, one), 1), ((one, one), one)), (("a",), (one,))]:
        with pytest.raises(GraphError, match="only contain Tensors"):
            func.jvp(lambda *x: x[0], primals, tangents)


def test_complex_numbers_in_forward_mode():
    z, v = np.array([1 + 2j, -0.5j]), np.array([0.3 - 1j, 2 + 1j])
    for f, g in [
        (lambda z: z * z * z, lambda z, v: 3 * z * z * v),
        (lambda z: abs(z), lambda z, v: np.real(np.conj(z) * v) / abs(z)),
        (lambda z: autograd.conj(z) * z, lambda z, v: 2 * np.real(np.conj(z) * v)),
        (lambda z: autograd.real(z) + autograd.imag(z), lambda z, v: v.real + v.imag),
        (lambda z: z / abs(z), lambda z, v: v / abs(z) - z * np.real(np.conj(z) * v) / abs(z) ** 3),
    ]:
        _, moved = func.jvp(f, (autograd.tensor(z),), (autograd.tensor(v),))
        assert np.allclose(moved.array, g(z, v))


def test_a_custom_function_in_forward_mode():
    class Cube(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3.0 * x * x

    assert func.jvp(Cube.apply, (X,), (V,))[1].tolist() == (V * 3.0 * X * X).tolist()
    assert np.allclose(func.hessian(lambda x: Cube.apply(x).sum())(X).array, np.diag(6 * X.array))


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: func.grad(lambda x: x * x)(X), GraphError, r"float64\[3\].*\.sum\(\).*jacrev"),
        (lambda: func.grad(lambda x: 3.0)(X), GraphError, "return only tensors"),
        (lambda: func.grad(lambda x: x, argnums=1)(X), GraphError, "argnums 1 is out of range"),
        (lambda: func.grad(lambda x: x.sum())(autograd.tensor(np.array([1]))), DtypeError, r"int64\[1\]"),
        (lambda: func.grad(lambda x: x, has_aux=True)(t(1.0)), GraphError, "output, aux"),
        (lambda: func.jvp(lambda x: x, (X,), (t([1.0]),)), ShapeError, r"float64\[1\] for float64\[3\]"),
        (lambda: func.jvp(lambda x: x, (X,), (X, X)), GraphError, "structure"),
        (lambda: func.jvp(lambda x: x, X, X), GraphError, "tuple"),
        (lambda: func.jvp(lambda x: x, (X,), (autograd.tensor(np.ones(3, np.float32)),)), DtypeError, "float32"),
        (lambda: func.jacrev(lambda x: x)(autograd.tensor(np.array([1j]))), DtypeError, "real functions"),
        (lambda: func.hvp(lambda x: x.sum(), X), GraphError, "vector v"),
        (lambda: func.grad(lambda x: x.sum(), argnums=(0, 0))(X), GraphError, "unique"),
        (lambda: func.grad(lambda x: x.sum(), argnums=(0, -1))(X), GraphError, "unique"),
        (lambda: func.jacrev(lambda x: x, argnums=())(X), GraphError, "non-empty"),
        (lambda: func.jacfwd(lambda x: x, argnums=0.0)(X), GraphError, "int or Tuple"),
        (lambda: func.jacrev(lambda x: None)(X), GraphError, "non-empty output"),
        (lambda: func.jvp(lambda: X, (), ()), GraphError, "at least one Tensor"),
        (lambda: func.jvp(lambda x: (x, t(1.0)), (X,), (X,), strict=True), GraphError, "output 1.*depends on no input"),
    ],
)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_empty_and_unused():
    empty = autograd.tensor(np.zeros((0, 2)))
    assert func.jacfwd(lambda x: x * 2.0)(empty).shape == (0, 2, 0, 2)
    assert func.jacrev(lambda x: x * 2.0)(empty).shape == (0, 2, 0, 2)
    assert func.grad(lambda x: t(1.0))(X).tolist() == [0, 0, 0]
    assert func.jvp(lambda x: t([1.0]), (X,), (V,))[1].tolist() == [0]


def test_float32_stays_float32():
    x = autograd.tensor(np.ones(3, np.float32))
    assert func.grad(lambda x: (x * 2.0).sum())(x).dtype == np.float32
    assert func.jvp(smooth, (x,), (x,))[1].dtype == np.float32


def test_forward_mode_of_a_function_that_writes_over_what_it_needs() -> None:
    def f(x):
        y = x.clone()
        y[0] = y[1] * y[2]
        y[1:].mul_(y[0])
        return y.exp()

    x, t = autograd.tensor([1.0, 0.5, 0.3], dtype=autograd.float64), autograd.tensor([1.0, -1.0, 2.0], dtype=autograd.float64)
    y, dy = func.jvp(f, (x,), (t,))
    h = 1e-6
    np.testing.assert_allclose(dy.array, ((f(x + h * t) - f(x - h * t)) / (2 * h)).array, rtol=1e-8)
    np.testing.assert_allclose(y.array, f(x).array)


def test_a_pullback_within_no_grad_leaves_no_graph():
    """``vjp_fn`` follows the mode where it is called, not the one where ``vjp`` was."""
    w = autograd.tensor([2.0, 3.0], requires_grad=True)
    y, pull = func.vjp(lambda x: x * x, w)
    with autograd.no_grad():
        (g,) = pull(autograd.ones(2))
    assert g.tolist() == [4.0, 6.0]
    assert not g.requires_grad
    assert y.requires_grad
    assert pull(autograd.ones(2))[0].requires_grad


def test_a_pullback_that_was_made_under_no_grad_is_differentiated_outside():
    x = t(3.0).requires_grad_()
    with autograd.no_grad():
        y, pull = func.vjp(lambda x: x**2, x)
    assert not y.requires_grad
    (g,) = pull(t(1.0))
    assert g.item() == 6
    assert autograd.grad(g, x)[0].item() == 2
    with autograd.no_grad():
        assert not pull(t(1.0))[0].requires_grad
        assert not func.grad(lambda v: (v * x).sum())(t(1.0)).requires_grad
