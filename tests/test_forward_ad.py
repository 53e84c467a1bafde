"""Dual tensors: the derivative along a direction is that of ``func.jvp``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import forward_ad, func, tensor
from autograd.errors import ArgumentError, DtypeError, GraphError, ShapeError

RNG = np.random.default_rng(0)
X, T = tensor(RNG.standard_normal((3, 4))), tensor(RNG.standard_normal((3, 4)))


def written(x: Any) -> Any:
    y = x.clone()
    y[0] = y[1] * y[2]
    y[1:].mul_(y[0])
    return y.exp()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x * x).sin().sum(0), lambda x: x @ x.T, lambda x: x.softmax(1)[:, 1:].cumsum(0), lambda x: x.sort(1)[0],
        lambda x: nn.functional.layer_norm(x, (4,)), lambda x: x.norm() * x.max(1)[0], written,
    ],
)  # fmt: skip
def test_a_tangent_is_a_derivative_along_a_direction(f: Any) -> None:
    value, derivative = func.jvp(f, (X,), (T,))
    with forward_ad.dual_level():
        y = forward_ad.unpack_dual(f(forward_ad.make_dual(X, T)))
    np.testing.assert_allclose(y.primal.array, value.array)
    np.testing.assert_allclose(y.tangent.array, derivative.array, rtol=1e-12)
    assert not y.primal.requires_grad


def test_parameters_may_be_dual() -> None:
    layer = nn.Linear(4, 2).double()
    direction = {name: autograd.ones_like(p) for name, p in layer.named_parameters()}
    with forward_ad.dual_level():
        duals = {name: forward_ad.make_dual(p, direction[name]) for name, p in layer.named_parameters()}
        y = forward_ad.unpack_dual(func.functional_call(layer, duals, (X,)))
    np.testing.assert_allclose(y.tangent.array, np.repeat(X.array.sum(1, keepdims=True) + 1, 2, 1))


def test_without_a_tangent_there_is_none() -> None:
    with forward_ad.dual_level():
        assert forward_ad.unpack_dual(X * 2).tangent is None
        w = autograd.ones(2, requires_grad=True)
        assert forward_ad.unpack_dual(w * 2).tangent is None
    assert forward_ad.unpack_dual(X).tangent is None


def test_levels_by_hand_and_what_is_refused() -> None:
    with pytest.raises(GraphError, match="no level exists"):
        forward_ad.make_dual(X, T)
    forward_ad.enter_dual_level()
    try:
        assert forward_ad.unpack_dual(forward_ad.make_dual(X, T) * 2).tangent.tolist() == (2 * T).tolist()
        with pytest.raises(ShapeError, match="another shape"):
            forward_ad.make_dual(X, T[0])
        with pytest.raises(DtypeError, match="another dtype"):
            forward_ad.make_dual(X, T.float())
        with pytest.raises(ArgumentError, match="floating point"):
            forward_ad.make_dual(tensor([1]), tensor([1]))
        with pytest.raises(GraphError, match="Nested"):
            forward_ad.dual_level().__enter__()
    finally:
        forward_ad.exit_dual_level()
    with pytest.raises(GraphError, match="none is open"):
        forward_ad.exit_dual_level()
    assert not (X * 2).requires_grad


def test_a_dual_tensor_is_written_in_place():
    """The tangent follows the write, as in PyTorch, also through a view; unpacking returns the tangent that was given."""
    primal, tangent = autograd.tensor([1.0, 2.0]), autograd.tensor([3.0, 4.0])
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(primal, tangent)
        assert forward_ad.unpack_dual(dual).tangent is tangent
        before = dual + 0
        dual.mul_(2)
        assert forward_ad.unpack_dual(dual).tangent is tangent
        assert tangent.tolist() == [6.0, 8.0]
        dual[0:1] *= 10
        assert tangent.tolist() == [60.0, 8.0]
        assert forward_ad.unpack_dual(before).tangent.tolist() == [3.0, 4.0]
        needing = autograd.tensor([3.0, 4.0], requires_grad=True)  # its graph knows no write
        other = forward_ad.make_dual(autograd.tensor([1.0, 2.0]), needing)
        other.mul_(2)
        assert forward_ad.unpack_dual(other).tangent.tolist() == [6.0, 8.0]
        assert needing.tolist() == [3.0, 4.0]
        dual += 1
        assert forward_ad.unpack_dual(dual).tangent.tolist() == [60.0, 8.0]
    assert dual.tolist() == [21.0, 5.0]


def test_a_backward_goes_through_a_dual_tensor():
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(w, autograd.tensor([1.0, 0.0]))
        (dual * dual).sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [2.0, 4.0]


def test_no_grad_within_a_level_stops_no_tangent_in_silence() -> None:
    w = autograd.ones(2, requires_grad=True)
    with autograd.no_grad(), forward_ad.dual_level():
        assert forward_ad.unpack_dual(forward_ad.make_dual(w.detach(), autograd.ones(2)) * 3).tangent.tolist() == [3, 3]
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(w.detach(), autograd.ones(2))
        with autograd.no_grad():
            w.mul_(2)  # no tangent
            assert (dual > 0).all()  # no derivative
            assert forward_ad.unpack_dual(dual.detach() * 2).tangent is None
            with pytest.raises(GraphError, match="no_grad\\(\\) would stop the tangent"):
                dual * 2


def test_tangents_are_switched_off() -> None:
    def f(x: Any) -> Any:
        with forward_ad._set_fwd_grad_enabled(False):
            assert not forward_ad._is_fwd_grad_enabled()
            constant = x * x
        return x * x - constant

    assert forward_ad._is_fwd_grad_enabled()
    x, one = tensor(3.0), tensor(1.0)
    with forward_ad._set_fwd_grad_enabled(False):
        assert func.jvp(lambda x: x.sin(), (x,), (one,))[1].item() == pytest.approx(np.cos(3.0))
    assert func.jvp(f, (x,), (one,))[1].item() == 6
    assert func.jvp(lambda x: func.jvp(f, (x,), (one,))[1], (x,), (one,))[1].item() == 2
    with forward_ad.dual_level():
        y = f(forward_ad.make_dual(x, one))
        assert forward_ad.unpack_dual(y).tangent.item() == 6
    leaf = tensor(3.0, requires_grad=True)
    f(leaf).backward()
    assert leaf.grad is not None
    assert leaf.grad.item() == 0  # backward knows nothing of the switch


def test_a_dual_tensor_shows_its_tangent() -> None:
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(autograd.ones(1), autograd.tensor([2.0]))
        assert "tangent=tensor([4.], dtype=float32)" in str(dual * 2)
        assert "tangent" not in str(forward_ad.unpack_dual(dual).primal)


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_gradient_of_a_dual_tensor_has_a_tangent(create_graph: bool) -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, tensor([1.0, 0.0]))
        (g,) = autograd.grad((dual**3).sum(), dual, create_graph=create_graph)
        assert g.tolist() == [3, 12]
        assert forward_ad.unpack_dual(g).tangent.tolist() == [6, 0]


def test_a_function_that_has_saved_a_dual_tensor() -> None:
    class Cube(autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            ctx.save_for_forward(x)
            return x * x * x

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * x * x * t

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * x * x * g

    x = tensor([1.0, 2.0], requires_grad=True)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, tensor([1.0, 10.0]))
        y = Cube.apply(dual)
        assert forward_ad.unpack_dual(y).tangent.tolist() == [3, 120]
        y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3, 12]
