"""Every method ``f_`` does in place what ``f`` does, and the functions ``autograd.f_`` are these methods."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.errors import DtypeError
from autograd.tensor import as_functions

# What has no form that is not in place, or draws at random, or is about the tensor rather than its values or changes its shape.
OTHER = {
    "apply_", "as_strided_", "bernoulli_", "cauchy_", "copy_", "detach_", "exponential_", "fill_", "fill_diagonal_",
    "geometric_", "log_normal_", "map2_", "map_", "normal_", "random_", "requires_grad_", "resize_", "resize_as_", "set_",
    "share_memory_", "squeeze_", "swapaxes_", "swapdims_", "t_", "transpose_", "uniform_", "unsqueeze_", "zero_",
}  # fmt: skip
NAMES = sorted(n for n in dir(Tensor) if n.endswith("_") and not n.startswith("_") and n not in OTHER)


def real(*shape: int, low: float = 0.2, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, 0.8, shape)


WHOLE = np.array([[4, 6], [9, 12]])
INDEX = np.array([[0, 1], [1, 0]])
# The arguments of the methods that take any. They are called on numbers in (0.2, 0.8), but for those named in SELF.
ONE = (real(2, 2, seed=1),)
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(
        ["add", "arctan2", "atan2", "copysign", "div", "divide", "eq", "float_power", "floor_divide", "fmod", "ge", "greater",
         "greater_equal", "gt", "heaviside", "hypot", "le", "ldexp", "less", "less_equal", "logical_and", "logical_or",
         "logical_xor", "lt", "mul", "multiply", "ne", "nextafter", "not_equal", "pow", "remainder", "sub", "subtract",
         "true_divide", "xlogy", "clamp", "clip", "clamp_min", "clamp_max"], ONE),
    "lerp": (real(2, 2, seed=1), 0.3), "addcmul": (*ONE, *ONE), "addcdiv": (*ONE, *ONE), "addmm": (*ONE, *ONE),
    "addmv": (real(2, 2, seed=1), real(2)), "addr": (real(2), real(2)), "addbmm": (real(3, 2, 2), real(3, 2, 2)),
    "polygamma": (2,), "mvlgamma": (1,), "igamma": (0.7,), "igammac": (0.7,), "cumsum": (0,), "cumprod": (0,),
    "index_add": (0, [1, 0], real(2, 2)), "index_copy": (0, [1, 0], real(2, 2)), "index_fill": (1, [1], 5.0),
    "index_put": (([0], [1]), real(1)), "masked_fill": (WHOLE > 5, 9.0), "masked_scatter": (WHOLE > 5, real(3)),
    "renorm": (2, 0, 0.5), "put": ([0, 3], real(2)), "index_reduce": (0, [1, 1], real(2, 2), "prod"),
    "scatter": (0, INDEX, real(2, 2)), "scatter_add": (0, INDEX, real(2, 2)), "scatter_reduce": (0, INDEX, real(2, 2), "amax"),
}  # fmt: skip
# Tensors of other numbers.
INTEGERS = {"bitwise_and", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "gcd", "lcm", "bitwise_not"}
SELF: dict[str, np.ndarray] = {
    **dict.fromkeys(INTEGERS, WHOLE), "acosh": real(2, 2) + 1, "arccosh": real(2, 2) + 1, "baddbmm": real(3, 2, 2),
    "igamma": np.ones((2, 2)), "igammac": np.ones((2, 2)), "conj_physical": real(2, 2) + 1j * real(2, 2, seed=1),
}  # fmt: skip
ARGUMENTS |= dict.fromkeys(INTEGERS - {"bitwise_not"}, (np.array([[1, 2], [2, 3]]),))
ARGUMENTS["baddbmm"] = (real(3, 2, 2, seed=1), real(3, 2, 2, seed=2))


def given(name: str) -> tuple[np.ndarray, tuple[Any, ...]]:
    return SELF.get(name, real(2, 2)), tuple(
        [autograd.tensor(v) if isinstance(v, np.ndarray) else v for v in ARGUMENTS.get(name, ())]
    )


@pytest.mark.parametrize("name", NAMES)
def test_in_place_is_the_same_and_so_is_its_gradient(name: str) -> None:
    array, args = given(name[:-1])
    x = autograd.tensor(array)
    expected = getattr(x, name[:-1])(*args)
    written = x.clone()
    assert getattr(written, name)(*args) is written
    np.testing.assert_array_equal(written.numpy(), expected.numpy().astype(array.dtype))
    assert written.dtype == x.dtype
    if array.dtype.kind not in "fc" or name.startswith("igamma"):  # igamma has no gradient with respect to its first operand
        return
    leaf = autograd.tensor(array, requires_grad=True)
    seed = autograd.tensor(np.arange(1.0, expected.numel() + 1).reshape(expected.shape))
    plain = getattr(leaf, name[:-1])(*args)
    (wanted,) = autograd.grad((plain * seed).real.sum(), leaf) if plain.requires_grad else (autograd.zeros_like(leaf),)
    copy = leaf.clone()
    getattr(copy, name)(*args)
    # What a function without a gradient has written is a constant.
    found = autograd.grad((copy * seed).real.sum(), leaf)[0] if copy.requires_grad else autograd.zeros_like(leaf)
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", as_functions.__all__)
def test_the_functions_are_the_methods(name: str) -> None:
    function = getattr(autograd, name)
    with pytest.raises(TypeError, match=r"argument 'input' \(position 1\) must be a Tensor, not \[1\.0\]"):
        function([1.0])
    assert function.__doc__ == getattr(Tensor, name).__doc__
    if not name.endswith("_") or name in OTHER:
        return
    array, args = given(name[:-1])
    x = autograd.tensor(array)
    assert function(x, *args) is x
    np.testing.assert_array_equal(x.numpy(), getattr(autograd.tensor(array), name)(*args).numpy())


def test_functions_about_a_tensor() -> None:
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    assert autograd.detach(x).data_ptr() == x.data_ptr()
    assert not autograd.detach(input=x).requires_grad
    y = autograd.zeros(2)
    assert autograd.fill_(y, 3) is y
    assert autograd.zero_(autograd.fill_(y, 3)).tolist() == [0, 0]
    z = x * 2
    assert not autograd.detach_(z).requires_grad
    assert autograd.get_device(x) == -1
    assert autograd.is_signed(x)
    assert autograd.is_nonzero(x[0])
    assert autograd.is_same_size(x, y)
    assert not autograd.is_conj(x)
    assert not autograd.is_neg(x)
    assert not autograd.is_inference(x)
    assert autograd.resolve_conj(x) is autograd.resolve_neg(x) is x


def test_float_power_in_place_needs_double_precision() -> None:
    x = autograd.ones(2)
    with pytest.raises(RuntimeError, match=r"float32\[2\].*double precision") as caught:
        x.float_power_(2)
    assert isinstance(caught.value, DtypeError)


def test_memory_and_its_order() -> None:
    x = autograd.arange(6).reshape(2, 3)
    assert x.is_set_to(x.detach())
    assert not x.is_set_to(x[:1])
    assert not x.is_set_to(x.t())
    assert not x[0].is_set_to(x[1])
    assert x.dim_order() == (0, 1)
    assert x.t().dim_order() == (1, 0)
    assert autograd.zeros(2, 3, 4).permute(2, 0, 1).dim_order() == (1, 2, 0)
