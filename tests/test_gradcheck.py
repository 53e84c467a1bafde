"""``gradcheck`` and ``gradgradcheck``: right functions pass, wrong ones are named to the element, and nothing is changed."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import gradcheck, gradgradcheck
from autograd.engine.op import elementwise, op
from autograd.engine.recording import recorded
from autograd.engine.samples import calls, unary
from autograd.errors import DtypeError
from autograd.proof.gradcheck import GradcheckError


def leaf(*values: Any) -> Any:
    return autograd.tensor(np.array(values if len(values) > 1 else values[0]), requires_grad=True)


def wrong_exp() -> Any:
    return recorded(elementwise("wrong_exp", np.exp, x=lambda g, y: g * y * 1.01, samples=unary()))


# ------------------------------------------------------------------------------------------------------------ what passes


def test_names_are_functions_not_modules() -> None:
    assert callable(autograd.gradcheck)
    assert callable(autograd.gradgradcheck)


def test_a_right_function_passes() -> None:
    x, w = leaf([[0.5, -1.0], [2.0, 0.1]]), leaf(0.3, 0.7)
    assert gradcheck(lambda x, w: (x * w).tanh(), (x, w))
    assert gradgradcheck(lambda x, w: (x * w).tanh(), (x, w))


@pytest.mark.parametrize("fast", [False, True])
def test_several_outputs_and_inputs_without_gradient(fast: bool) -> None:
    x, c = leaf(0.5, 2.0), autograd.tensor(np.array([3.0, 4.0]))
    assert gradcheck(lambda x, c, k: (x * c, (x * k).exp().sum(), c + 1), (x, c, 2.0), fast_mode=fast)
    assert gradgradcheck(lambda x, c, k: [x * x * c, (x * k).exp().sum(), c + 1], (x, c, 2.0), fast_mode=fast)


def test_integer_outputs_are_left_out() -> None:
    x = leaf(3.0, 1.0, 2.0)
    assert gradcheck(lambda x: (x * x, autograd.tensor(np.array([1, 2]))), x)


def test_complex_inputs_and_outputs() -> None:
    z, x = leaf(0.5 + 1.0j, -0.3 + 0.2j), leaf(0.4, 1.5)
    assert gradcheck(lambda z, x: (z * z * x).exp(), (z, x))
    assert gradgradcheck(lambda z, x: (z * z * x).exp(), (z, x))
    assert gradcheck(lambda z: np.abs(z), z)
    assert gradcheck(lambda z: np.conjugate(z) * z * z, z)
    assert gradcheck(lambda z: (np.real(z), np.imag(z)), z, fast_mode=True)


def test_0d_and_empty() -> None:
    assert gradcheck(lambda x: x * x, leaf(3.0))
    assert gradcheck(lambda x: x * x, autograd.tensor(np.zeros((0, 2)), requires_grad=True))


def test_an_input_that_is_not_used() -> None:
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    assert gradcheck(lambda x, y: x * 2, (x, y))


def test_large_values_get_larger_steps() -> None:
    assert gradcheck(lambda x: x * x, leaf(3e9, -2e7))


def test_inputs_that_are_not_leaves() -> None:
    x = leaf(1.0, 2.0) * 2
    assert gradcheck(lambda x: x * x, x)


@pytest.mark.parametrize("fast", [False, True])
def test_forward_mode(fast: bool) -> None:
    x = leaf(0.5, 2.0)
    assert gradcheck(lambda x: ((x * x).exp(), x.sum()), x, check_forward_ad=True, fast_mode=fast)
    assert gradcheck(lambda x: (x * x).exp(), x, check_forward_ad=True, check_backward_ad=False)
    assert gradcheck(lambda z: z * z, leaf(1.0 + 2.0j), check_forward_ad=True)


def test_a_function_that_asks_for_gradients_itself() -> None:
    def slope(x: Any) -> Any:
        return autograd.grad((x**3).sum(), x, create_graph=True)[0]

    assert gradcheck(slope, leaf(1.0, 2.0))


# ------------------------------------------------------------------------------------------------------------- what fails


def test_a_wrong_rule_is_named_to_the_element(scratch: None) -> None:
    f, x = wrong_exp(), leaf([[0.0, 1.0], [2.0, 3.0]])
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda c, x: (x * 2, f(x)), (2.0, x))
    text = str(caught.value)
    assert "output 1, element (1, 1) with respect to input 1, element (1, 1) (value 3)" in text
    found = re.search(r"analytic ([\d.]+), numeric ([\d.]+)", text)
    assert found
    assert float(found[1]) == pytest.approx(1.01 * np.exp(3), rel=1e-6)
    assert float(found[2]) == pytest.approx(np.exp(3), rel=1e-6)
    assert "4 of 32 elements" in text
    assert "kink" not in text
    assert gradcheck(f, x, raise_exception=False) is False


def test_fast_mode_sees_it_too(scratch: None) -> None:
    with pytest.raises(GradcheckError, match="along a random direction"):
        gradcheck(wrong_exp(), leaf(1.0, 2.0), fast_mode=True)


def test_a_wrong_imaginary_part_is_named(scratch: None) -> None:
    wrong = recorded(op("wrong_square", lambda x: x * x, x=lambda g, x: 2 * g * np.conjugate(x), samples=calls(((2,),))))
    with pytest.raises(
        GradcheckError, match=r"output 0, element \(0,\) \((real|imaginary) part\) with respect to input 0, element \(0,\)"
    ):
        gradcheck(wrong, leaf([1.0 + 2.0j]))


def test_forward_mode_that_is_wrong_is_called_forward(scratch: None) -> None:
    wrong = recorded(
        op("false_word", lambda x: np.cumsum(x), x=lambda g: np.cumsum(g[::-1])[::-1], elementwise=True, samples=calls(((3,),)))
    )
    x = leaf(1.0, 2.0, 3.0)
    assert gradcheck(wrong, x)
    with pytest.raises(GradcheckError, match="forward mode"):
        gradcheck(wrong, x, check_forward_ad=True)


def test_second_order_that_is_wrong(scratch: None) -> None:
    hidden = recorded(elementwise("hidden", np.exp, x=lambda g, x: g * np.exp(getattr(x, "array", x)), samples=unary()))
    x = leaf(0.5, 1.0)
    assert gradcheck(hidden, x)
    with pytest.raises(GradcheckError, match="gradgradcheck: reverse mode"):
        gradgradcheck(hidden, x)
    assert gradgradcheck(hidden, x, raise_exception=False) is False


def test_nan_from_a_rule_fails(scratch: None) -> None:
    f = recorded(elementwise("nan_rule", np.exp, x=lambda g: g * np.nan, samples=unary()))
    with pytest.raises(GradcheckError, match="analytic nan"):
        gradcheck(f, leaf(1.0, 2.0))


def test_detached_graphs_fail() -> None:
    with pytest.raises(GradcheckError, match=r"analytic 1, numeric 2"):
        gradcheck(lambda x: x + x.detach(), leaf(1.0, 2.0))


# ------------------------------------------------------------------------------------------------------------------ kinks


def test_a_kink_is_told_from_a_bug() -> None:
    for near in (1e-7, 3e-7):
        with pytest.raises(GradcheckError, match=r"element \(1,\) \(value .*has a kink here.*need not be a bug"):
            gradcheck(lambda x: np.maximum(x, 0.0 * x), leaf(1.0, near, -1.0))


def test_a_bug_beside_a_kink_is_shown_first(scratch: None) -> None:
    f = recorded(
        elementwise(
            "leaky_and_wrong", lambda x: np.maximum(x, 0), x=lambda g, x: g * (1.1 * (x > 0)), samples=unary(), analytic=False
        )
    )
    with pytest.raises(GradcheckError, match=r"input 0, element \(0,\) \(value 2\)") as caught:
        gradcheck(f, leaf(2.0, 0.0))
    assert "kink" not in str(caught.value)


# ---------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_float32_warns_with_the_reason_and_is_checked(check: Any) -> None:
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    with pytest.warns(UserWarning, match=r"input 0 is float32\[2\] and not of double precision.*\.double\(\)"):
        assert check(lambda x: x * x, x, eps=1e-2, atol=1e-2)
    with pytest.warns(UserWarning, match="not of double precision"), pytest.raises(GradcheckError):
        check(lambda x: x**3, x)  # a step of 1e-6 is lost in the rounding
    z = autograd.tensor([1.0 + 2.0j], requires_grad=True)
    assert z.dtype == np.complex64
    with pytest.warns(UserWarning, match="not of double precision"):
        assert check(lambda z: z * z, z, eps=1e-2, atol=1e-2)


def test_a_function_that_lowers_the_precision_is_refused() -> None:
    with pytest.raises(DtypeError, match=r"output 0 is float32\[2\]"):
        gradcheck(lambda x: x.float(), leaf(1.0, 2.0))


def test_no_input_requires_a_gradient() -> None:
    with pytest.raises(ValueError, match="at least one input tensor to require gradient"):
        gradcheck(lambda x: x, autograd.tensor(np.ones(2)))


def test_a_function_that_returns_something_else() -> None:
    with pytest.raises(GradcheckError, match="expected tensors"):
        gradcheck(lambda x: 3.0, leaf(1.0, 2.0))


def test_grad_outputs_must_fit() -> None:
    with pytest.raises(RuntimeError, match="1 outputs depend on the inputs, and 2 grad_outputs"):
        gradgradcheck(lambda x: x * x, leaf(1.0, 2.0), (leaf(1.0, 2.0), leaf(1.0, 2.0)))


def test_a_function_that_is_not_deterministic_is_found() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(GradcheckError, match="not deterministic"):
        gradcheck(lambda x: x * rng.standard_normal(), leaf(1.0, 2.0))
    assert gradcheck(lambda x: x * (1 + 1e-12 * rng.standard_normal()), leaf(1.0, 2.0), nondet_tol=1e-9)


def test_a_backward_that_is_not_deterministic_is_found(scratch: None) -> None:
    rng = np.random.default_rng(0)
    f = recorded(elementwise("noisy", np.exp, x=lambda g, y: g * y * (1 + 1e-6 * rng.standard_normal()), samples=unary()))
    with pytest.raises(GradcheckError, match="backward is not deterministic"):
        gradcheck(f, leaf(1.0, 2.0))


# -------------------------------------------------------------------------------------------------------- nothing changes


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
def test_nothing_is_changed_by_a_check_that_fails(check: Any, scratch: None) -> None:
    f, x = wrong_exp(), leaf(1.0, 2.0)
    (x * 5).sum().backward()
    kept = autograd.tensor(np.array([7.0]), requires_grad=True)
    values, grads, node, array = x.array.copy(), x.grad.array.copy(), x.node, x.array
    with pytest.raises(GradcheckError):
        check(lambda x, c: f(x) * kept * c, (x, autograd.tensor(np.ones(2))))
    np.testing.assert_array_equal(x.array, values)
    np.testing.assert_array_equal(x.grad.array, grads)
    assert x.node is node
    assert x.array is array
    assert kept.grad is None
    assert autograd.is_grad_enabled()


def test_a_function_that_writes_into_its_inputs_gets_copies() -> None:
    x, c = leaf(1.0, 2.0), autograd.tensor(np.array([3.0, 4.0]))

    def doubles(x: Any, c: Any) -> Any:
        y = x * c.clone()
        c.mul_(2)
        return y

    assert gradcheck(doubles, (x, c))
    np.testing.assert_array_equal(c.array, [3.0, 4.0])


def test_within_no_grad_it_still_checks() -> None:
    with autograd.no_grad():
        assert gradcheck(lambda x: x * x, leaf(1.0, 2.0))
        assert not autograd.is_grad_enabled()


def test_batches_of_gradients_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.proof import gradcheck as module

    x = autograd.tensor(np.array([0.5, 2.0]), requires_grad=True)
    assert autograd.gradcheck(lambda x: (x * x, x.sum()), x, check_batched_grad=True, check_undefined_grad=False)
    assert autograd.gradgradcheck(lambda x: (x * x, x.sum()), x, check_batched_grad=True, gen_non_contig_grad_outputs=True)
    right = module.grad_of_batches
    monkeypatch.setattr(module, "grad_of_batches", lambda *args, **kwargs: [2 * g for g in right(*args, **kwargs)])
    with pytest.raises(GradcheckError, match="is_grads_batched"):
        autograd.gradcheck(lambda x: x * x, x, check_batched_grad=True)


def test_forward_mode_under_vmap_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.proof import gradcheck as module

    x = autograd.tensor(np.array([0.5, 2.0]), requires_grad=True)
    assert autograd.gradcheck(lambda x: (x * x, x.sum()), x, check_forward_ad=True, check_batched_forward_grad=True)
    right = module.vmap
    monkeypatch.setattr(module, "vmap", lambda f: lambda *args: [2 * t for t in right(f)(*args)])
    with pytest.raises(GradcheckError, match="under vmap differs"):
        autograd.gradcheck(lambda x: x * x, x, check_batched_forward_grad=True)


@pytest.mark.parametrize("fast_mode", [False, True])
def test_a_backward_that_is_not_deterministic(fast_mode):
    generator = autograd.Generator().manual_seed(0)

    class Jitter(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def backward(ctx, g):
            return g * (1 + 1e-7 * autograd.rand(g.shape, dtype=g.dtype, generator=generator))

    x = autograd.ones(3, dtype=autograd.float64, requires_grad=True)
    with pytest.raises(RuntimeError, match="Backward is not reentrant"):
        autograd.gradcheck(Jitter.apply, (x,), fast_mode=fast_mode)
    assert autograd.gradcheck(Jitter.apply, (x,), fast_mode=fast_mode, nondet_tol=1e-5)


def test_what_cannot_be_checked_at_all() -> None:
    x = autograd.ones(1, dtype=autograd.float64, requires_grad=True)
    with pytest.raises(AssertionError, match="at least one"):
        autograd.gradcheck(lambda x: x, x, check_backward_ad=False)
    assert autograd.gradcheck(lambda x: (), x)


@pytest.mark.parametrize("fast_mode", [True, False])
def test_outputs_whose_shape_or_dtype_depends_on_the_values(fast_mode: bool) -> None:
    x = autograd.ones(1, dtype=autograd.float64, requires_grad=True)
    with pytest.raises(AssertionError, match="outputs with the same shape when inputs are perturbed"):
        gradcheck(lambda x: autograd.cat([x, x]) if bool((x >= 1).all()) else x, (x,), fast_mode=fast_mode)
    with pytest.raises(AssertionError, match="outputs with the same dtype when inputs are perturbed"):
        gradcheck(lambda x: x.float() if bool((x >= 1).all()) else x, (x,), fast_mode=fast_mode)


@pytest.mark.parametrize("fast_mode", [True, False])
def test_forward_mode_is_checked_by_dual_tensors_and_in_batches(fast_mode: bool) -> None:
    forward_ad = autograd.forward_ad

    def wrong(x: Any) -> Any:
        if forward_ad._level() is not None:
            value, tangent = forward_ad.unpack_dual(x)
            x = forward_ad.make_dual(value, tangent * 1.1)
        return x * x

    class Draws(autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            autograd.randn_like(t)
            return t * 2

    x = autograd.rand(2, dtype=autograd.float64, requires_grad=True)
    with pytest.raises(GradcheckError, match="forward mode"):
        gradcheck(wrong, (x,), check_forward_ad=True, fast_mode=fast_mode)
    assert gradcheck(Draws.apply, (x,), check_forward_ad=True, fast_mode=fast_mode)
    with pytest.raises(RuntimeError, match="random"):
        gradcheck(Draws.apply, (x,), check_forward_ad=True, check_batched_forward_grad=True, fast_mode=fast_mode)
