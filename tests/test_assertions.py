"""torch.testing: what programs' own tests compare tensors with."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.assertions import assert_close, make_tensor


def test_close_values_pass() -> None:
    assert autograd.testing.assert_close is assert_close
    assert_close(tensor([1.0, 2.0]), tensor([1.0, 2.000001]))
    assert_close({"a": [tensor([1]), 2.0]}, {"a": (tensor([1]), 2.0 + 1e-8)})
    assert_close(np.ones(2), tensor(np.ones(2)))
    assert_close(tensor([np.inf, 1.0]), tensor([np.inf, 1.0]))
    assert_close(tensor([np.nan]), tensor([np.nan]), equal_nan=True)
    assert_close(tensor([1.0]), tensor([1.0], dtype=autograd.float64), check_dtype=False)
    assert_close(tensor([3]), tensor([4]), rtol=0, atol=1)
    assert_close(None, None)


@pytest.mark.parametrize(
    ("actual", "expected", "text"),
    [
        (tensor([1.0, 1.0]), tensor([1.0, 2.0]), "Mismatched elements: 1 / 2 (50.0%)"),
        (tensor([1.0, 1.0]), tensor([1.0, 2.0]), "difference: 1.0 at index (1,), where 1.0 was to be 2.0"),
        (tensor([1.0]), tensor([1.0, 1.0]), "'shape' do not match: (1,) != (2,)"),
        (tensor([1.0]), tensor([1]), "'dtype' do not match: float32 != int64"),
        ({"a": [1.0, 2.0]}, {"a": [1.0, 2.1]}, "The failure occurred for item ['a'][1]"),
        ({"a": 1}, {"b": 1}, "keys of the mappings"),
        ([1], [1, 2], "length of the sequences mismatch: 1 != 2"),
        (tensor([2**62]), tensor([2**62 + 1]), "not equal"),
        (tensor([np.nan]), tensor([np.nan]), "not close"),
        (tensor([np.inf]), tensor([1.0]), "not close"),
        (tensor([1 + 1j]), tensor([1 + 2j]), "Relative difference there: 0.447"),
        (tensor(0.0), None, "None mismatch"),
    ],
)  # fmt: skip
def test_others_say_where_and_how_they_differ(actual: Any, expected: Any, text: str) -> None:
    with pytest.raises(AssertionError, match=re.escape(text)):
        assert_close(actual, expected)


def test_messages_and_wrong_calls() -> None:
    with pytest.raises(AssertionError, match=r"^the layer drifts$"):
        assert_close(1.0, 2.0, msg="the layer drifts")
    with pytest.raises(AssertionError, match=r"^step 3: Scalars are not close"):
        assert_close(1.0, 2.0, msg=lambda text: f"step 3: {text}")
    with pytest.raises(ValueError, match="both"):
        assert_close(1.0, 1.0, rtol=1.0)
    with pytest.raises(TypeError, match="not str"):
        assert_close("a", "a")


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int64, np.float16, np.float32, np.float64, np.complex64])
def test_random_tensors(dtype: Any) -> None:
    x = make_tensor(20, 3, dtype=dtype, exclude_zero=True)
    assert (x.shape, x.dtype) == ((20, 3), dtype)
    assert (x != 0).all()
    assert x.is_contiguous()
    assert not make_tensor((4, 3), dtype=dtype, noncontiguous=True).is_contiguous()
    assert len(np.unique(x.numpy())) > (1 if dtype is not np.bool_ else 0)


def test_ranges_of_random_tensors() -> None:
    x = make_tensor(1000, dtype=autograd.float64, low=2, high=3, requires_grad=True)
    assert x.requires_grad
    assert x.min().item() >= 2
    assert x.max().item() < 3
    with pytest.raises(ValueError, match="smaller than high"):
        make_tensor(2, dtype=autograd.float32, low=1, high=1)


def test_a_hook_may_return_the_tensor_that_it_wrote() -> None:
    v = autograd.zeros(2, requires_grad=True)
    handle = v.register_post_accumulate_grad_hook(lambda p: p.add_(p.grad, alpha=-0.5))
    v.backward(tensor([1.0, 2.0]))
    assert v.tolist() == [-0.5, -1.0]
    handle.remove()
    v.register_post_accumulate_grad_hook(lambda p: autograd.ones(2))
    with pytest.raises(RuntimeError, match="should return None"):
        v.backward(tensor([1.0, 2.0]))
