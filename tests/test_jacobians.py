"""autograd.functional: what strict and create_graph mean, and which calls are errors."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import functional
from autograd.errors import GraphError, ShapeError

X = autograd.tensor(np.array([1.0, 2.0]))
V = autograd.tensor(np.array([1.0, 10.0]))


def cubes(x):
    return (x**3).sum()


def test_the_value_keeps_its_shape_and_the_product_is_right():
    for product in (functional.hvp, functional.vhp):
        value, hv = product(lambda x: cubes(x).view(1, 1, 1), X, V)
        assert value.shape == (1, 1, 1)
        assert value.item() == 9
        assert hv.tolist() == [6, 120]


@pytest.mark.parametrize("name", ["jacobian", "hessian", "hvp", "vhp", "vjp", "jvp"])
def test_create_graph_records_also_where_the_caller_does_not(name):
    x = X.clone().requires_grad_()
    args = () if name in ("jacobian", "hessian") else (V,)
    function = cubes if name in ("hessian", "hvp", "vhp") else lambda x: x**3
    with autograd.no_grad():
        found = getattr(functional, name)(function, x, *args, create_graph=True)
    result = found[1] if args else found
    (g,) = autograd.grad(result.sum(), x)
    weights = V.numpy() if args else np.ones(2)
    expected = 6 * weights if name in ("hessian", "hvp", "vhp") else 6 * X.numpy() * weights
    assert np.allclose(g.numpy(), expected)
    assert not getattr(functional, name)(function, x, *args)[-1].requires_grad


def test_strict_refuses_what_does_not_depend_on_the_inputs():
    def apart(x):
        return x.long().double().requires_grad_().clone().sum()

    def linear(x):
        return (3 * x).sum()

    for name in ("hessian", "hvp", "vhp"):
        args = () if name == "hessian" else (V,)
        for function, match in (
            (lambda x: x.detach().sum(), "does not require gradients"),
            (apart, "independent of input 0"),
            (linear, "jacobian of the user-provided function with respect to input 0 is independent of input 0"),
        ):
            with pytest.raises(GraphError, match=match):
                getattr(functional, name)(function, X, *args, strict=True)
            loose = getattr(functional, name)(function, X, *args)
            assert not np.any((loose[1] if args else loose).numpy())
    for name in ("jacobian", "vjp", "jvp"):
        args = () if name == "jacobian" else (V,)
        with pytest.raises(GraphError, match="jacobian of the user-provided function"):
            getattr(functional, name)(lambda x: x.clone(), X, *args, create_graph=True, strict=True)
        getattr(functional, name)(lambda x: x.clone(), X, *args, strict=True)
    with pytest.raises(GraphError, match="not supported together"):
        functional.jacobian(cubes, X, strict=True, vectorize=True)


def test_what_is_no_tensor_and_vectors_that_do_not_fit_are_refused():
    with pytest.raises(TypeError, match="inputs given to jacobian"):
        functional.jacobian(cubes, (X, 2))
    with pytest.raises(TypeError, match="outputs of the user-provided function given to jacobian"):
        functional.jacobian(lambda x: (x, "bar"), X)
    with pytest.raises(TypeError, match="outputs of the user-provided function given to hessian"):
        functional.hessian(lambda x: (x, "bar"), X)
    with pytest.raises(GraphError, match="single Tensor, not a tuple of 2"):
        functional.hessian(lambda x: (x, x), X)
    with pytest.raises(TypeError, match="v given to hvp"):
        functional.hvp(cubes, X, (V, 2))
    with pytest.raises(ShapeError, match="invalid size"):
        functional.hvp(cubes, X, autograd.ones(3))
    with pytest.raises(GraphError, match="invalid length"):
        functional.vjp(lambda x: (x, x), X, V)
    with pytest.raises(GraphError, match="can only be None"):
        functional.jvp(cubes, X)


def test_a_result_that_can_be_differentiated_has_a_graph_whatever_its_inputs() -> None:
    x = autograd.tensor([1.0, 2.0])
    cube = lambda x: (x**3).sum()  # noqa: E731
    with autograd.no_grad():
        assert functional.hessian(cube, x, create_graph=True).grad_fn is not None
        assert functional.jacobian(lambda x: x.exp(), x, create_graph=True).grad_fn is not None
        assert all(t.grad_fn is not None for t in functional.vjp(cube, x, create_graph=True))
        assert all(t.grad_fn is not None for t in functional.hvp(cube, x, autograd.ones(2), create_graph=True))
    assert not x.requires_grad
    assert functional.hessian(cube, x).grad_fn is None
