"""Making tensors: which dtype, whose memory, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor, tensor
from autograd.errors import ArgumentError


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1, "int64"), (1.0, "float32"), (True, "bool"), (1j, "complex64"), ([1, 2.0], "float32"), ([True, 2], "int64"),
        ([], "float32"), ([[]], "float32"), ([1, 2j], "complex64"), (np.float64(1), "float64"), ([np.float64(1)], "float64"),
        (np.ones(2), "float64"),
        (np.ones(2, np.int8), "int8"), ([np.ones(2), np.ones(2)], "float64"), (range(3), "int64"), ((1, 2), "int64"),
    ],
)  # fmt: skip
def test_python_numbers_get_the_default_dtype_and_arrays_keep_theirs(data: Any, dtype: str) -> None:
    assert tensor(data).dtype == dtype
    assert autograd.as_tensor(data).dtype == dtype
    np.testing.assert_array_equal(tensor(data).numpy(), np.array(data))


def test_the_default_dtype_can_be_changed() -> None:
    autograd.set_default_dtype(autograd.float64)
    try:
        assert autograd.get_default_dtype() == np.float64
        for t in (tensor(1.0), autograd.zeros(2), autograd.rand(2), autograd.arange(0, 1, 0.5), autograd.linspace(0, 1, 3)):
            assert t.dtype == np.float64
        assert tensor(1j).dtype == np.complex128
        assert tensor(1).dtype == np.int64
    finally:
        autograd.set_default_dtype("float32")
    with pytest.raises(TypeError, match="only floating-point types"):
        autograd.set_default_dtype(autograd.int64)


def test_lists_of_tensors_become_one() -> None:
    t = tensor([tensor(1.0), 2.0, tensor([3.0])])
    assert t.tolist() == [1.0, 2.0, 3.0]
    assert t.dtype == np.float32
    assert tensor([2, tensor(1)]).dtype == np.int64
    assert tensor([[tensor(1.0, dtype="float64")]]).dtype == np.float64
    with pytest.raises(ValueError, match=r"only one element tensors.*autograd\.stack"):
        tensor([autograd.ones(2), autograd.ones(2)])


def test_tensor_copies_and_as_tensor_and_from_numpy_share() -> None:
    array = np.zeros(3)
    copied, shared, wrapped = tensor(array), autograd.from_numpy(array), autograd.as_tensor(array)
    array[0] = 5
    assert copied[0].item() == 0
    assert shared[0].item() == wrapped[0].item() == 5
    shared[1] = 7
    assert array[1] == 7
    assert shared._version == 1
    assert autograd.as_tensor(shared) is shared
    assert autograd.as_tensor(shared, dtype="float64") is shared
    assert autograd.as_tensor(shared, dtype="float32").dtype == np.float32
    w = autograd.ones(2, requires_grad=True)
    assert autograd.as_tensor(w, dtype=autograd.float64).grad_fn is not None
    with pytest.raises(TypeError, match=r"expected np\.ndarray \(got list\)"):
        autograd.from_numpy([1.0])  # type: ignore[arg-type]


def test_asarray_says_whether_it_copies() -> None:
    array = np.zeros(2)
    assert np.shares_memory(autograd.asarray(array).numpy(), array)
    assert not np.shares_memory(autograd.asarray(array, copy=True).numpy(), array)
    assert np.shares_memory(autograd.asarray(array, copy=False).numpy(), array)
    assert autograd.asarray(array, requires_grad=True).requires_grad
    for bad in ([1.0], array.astype(int)):
        with pytest.raises(ValueError, match="without a copy"):
            autograd.asarray(bad, copy=False, dtype="float64")


def test_foreign_byte_order_becomes_native() -> None:
    t = tensor(np.arange(3, dtype=">f4"))
    assert t.dtype.isnative
    assert t.tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="can't be shared"):
        autograd.from_numpy(np.arange(3, dtype=">f4"))


@pytest.mark.parametrize(
    ("data", "error", "match"),
    [
        ([[1, 2], [3]], ValueError, r"expected sequence of length 2 at dim 1 \(got 1\)"),
        ([[1, 2], 3], TypeError, "some items at dim 0 are sequences"),
        ([1, None], TypeError, "dtype of NoneType"),
        (None, TypeError, "dtype of NoneType"),
        ("abc", TypeError, "can't convert str"),
        ([1, "a"], TypeError, "can't convert list"),
        ({}, TypeError, "dtype of dict"),
        (np.array(["a"]), TypeError, "can't convert ndarray"),
        (np.array(["2020-01-01"], "datetime64[D]"), TypeError, "booleans and numbers only"),
        (2**70, OverflowError, "too large"),
    ],
)
def test_what_is_no_number_is_refused(data: Any, error: type, match: str) -> None:
    with pytest.raises(error, match=match):
        tensor(data)


def test_dtypes_that_a_tensor_cannot_have() -> None:
    for bad in (object, str, "datetime64[s]"):
        with pytest.raises(TypeError, match="cannot have dtype"):
            autograd.zeros(2, dtype=bad)
    with pytest.raises(TypeError, match="no dtype"):
        autograd.zeros(2, dtype="bfloat16")
    with pytest.raises(TypeError, match="complex"):
        tensor([1j], dtype="float32")
    assert autograd.zeros(2, dtype="torch.float64").dtype == np.float64
    assert autograd.zeros(2, dtype=float).dtype == np.float64


def test_shapes_as_numbers_or_as_one_sequence() -> None:
    for size in ((2, 3), ((2, 3),), ([2, 3],), (np.int64(2), 3), (tensor([2, 3]),)):
        assert autograd.zeros(*size).shape == (2, 3)
        assert autograd.rand(*size).shape == (2, 3)
    assert autograd.zeros().shape == autograd.ones(()).shape == ()
    assert autograd.empty(0, 2).shape == (0, 2)
    with pytest.raises(RuntimeError, match="negative dimension"):
        autograd.zeros(2, -1)
    with pytest.raises(TypeError, match="must be integers"):
        autograd.zeros(2.0)
    with pytest.raises(TypeError, match="must be integers"):
        autograd.ones(2, "a")


def test_filled_ones() -> None:
    assert autograd.full((2,), 1).dtype == np.int64
    assert autograd.full((2,), 1.5).tolist() == [1.5, 1.5]
    assert autograd.full((2,), np.float64(1)).dtype == np.float32
    assert autograd.full(2, True).dtype == np.bool_
    assert autograd.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    with pytest.raises(TypeError, match="expects a number"):
        autograd.full((2,), [1, 2])
    base = autograd.ones(2, 3, dtype=autograd.float64)
    for made, value in [(autograd.zeros_like(base), 0), (autograd.ones_like(base), 1), (autograd.full_like(base, 3), 3)]:
        assert made.dtype == np.float64
        assert (made.numpy() == value).all()
    assert autograd.empty_like(base, dtype=autograd.int32).dtype == np.int32
    assert autograd.zeros_like(base, requires_grad=True).is_leaf
    for made in (base.new_zeros(2), base.new_ones((2, 2)), base.new_full((2,), 3), base.new_empty(1)):
        assert made.dtype == np.float64
    assert base.new_tensor([1, 2]).dtype == np.float64
    assert autograd.scalar_tensor(3).dtype == np.float32


def test_sequences() -> None:
    assert autograd.arange(3).tolist() == [0, 1, 2]
    assert autograd.arange(1, 4, 2).dtype == np.int64
    assert autograd.arange(3.0).dtype == np.float32
    assert autograd.arange(3, dtype=autograd.float64).dtype == np.float64
    assert autograd.arange(5, 0, -2).tolist() == [5, 3, 1]
    assert autograd.arange(tensor(3)).tolist() == [0, 1, 2]
    assert autograd.arange(2, 2).shape == (0,)
    np.testing.assert_array_equal(autograd.linspace(0, 1, 5).numpy(), np.linspace(0, 1, 5, dtype="f4"))
    assert autograd.linspace(0, 10, 3, dtype=autograd.int64).tolist() == [0, 5, 10]
    np.testing.assert_allclose(autograd.logspace(0, 2, 3).numpy(), [1, 10, 100])
    np.testing.assert_array_equal(autograd.tril_indices(3, 4, -1).numpy(), np.array(np.tril_indices(3, -1, 4)))
    np.testing.assert_array_equal(autograd.triu_indices(3, 3).numpy(), np.array(np.triu_indices(3)))
    with pytest.raises(RuntimeError, match="step must be nonzero"):
        autograd.arange(0, 1, 0)
    with pytest.raises(RuntimeError, match="inconsistent with step sign"):
        autograd.arange(0, 3, -1)
    with pytest.raises(TypeError, match="takes numbers"):
        autograd.arange("a")
    with pytest.raises(RuntimeError, match="non-negative"):
        autograd.linspace(0, 1, -1)


def test_there_is_only_the_cpu() -> None:
    assert autograd.zeros(2, device="cpu").device == "cpu"
    assert autograd.zeros(2, device=autograd.device("cpu")).device.type == "cpu"
    assert autograd.device("cpu:0") == autograd.device(autograd.device("cpu"))
    assert not autograd.cuda.is_available()
    for make in (autograd.zeros, autograd.rand, autograd.tensor, autograd.eye, autograd.arange):
        with pytest.raises(RuntimeError, match="'cuda:0' is not available"):
            make(2, device="cuda:0")
    with pytest.raises(RuntimeError, match="Invalid device string"):
        autograd.device("gpu")
    with pytest.raises(TypeError, match="device must be"):
        autograd.zeros(2, device=3.5)


def test_the_constructor_is_pytorchs_for_lists_and_numpys_for_arrays() -> None:
    assert Tensor([1, 2]).dtype == np.float32
    assert Tensor(np.array([1, 2])).dtype == np.int64
    assert Tensor([1, 2], dtype="int8").dtype == np.int8
    assert Tensor().shape == (0,)
    assert Tensor([1.0], requires_grad=True).requires_grad


def test_questions_about_dtypes() -> None:
    f = autograd.finfo(autograd.float32)
    assert (f.bits, f.eps) == (32, float(np.finfo("f4").eps))
    assert type(f.max) is float
    assert autograd.finfo().dtype == "float32"
    assert autograd.iinfo("uint8").max == 255
    with pytest.raises(TypeError, match="use iinfo"):
        autograd.finfo(autograd.int8)
    with pytest.raises(TypeError, match="use finfo"):
        autograd.iinfo(autograd.float32)
    assert autograd.promote_types("int8", "uint8") == np.int16
    assert autograd.result_type(autograd.ones(2), 1.0) == np.float32
    assert autograd.result_type(1, 1.0) == np.float32
    assert autograd.result_type(autograd.ones(2), np.ones(2)) == np.float64
    assert autograd.can_cast(autograd.float64, autograd.float32)
    assert not autograd.can_cast(autograd.float32, autograd.int64)
    assert not autograd.can_cast("complex64", "float32")
    assert not autograd.can_cast("int8", "bool")
    assert autograd.can_cast("int64", "uint8")
    assert autograd.is_tensor(autograd.ones(1))
    assert not autograd.is_tensor(np.ones(1))
    assert autograd.numel(autograd.ones(2, 3)) == 6
    assert autograd.is_floating_point(autograd.ones(1))
    assert autograd.is_complex(tensor(1j))


def test_bytes_are_shared_with_whoever_has_them() -> None:
    memory = bytearray(np.arange(4, dtype=np.float32).tobytes())
    x = autograd.frombuffer(memory, dtype=autograd.float32)
    x[1] = 7.0
    assert np.frombuffer(memory, np.float32).tolist() == [0, 7, 2, 3]
    assert autograd.frombuffer(memory, dtype=autograd.float32, count=2, offset=8).tolist() == [2, 3]
    assert autograd.frombuffer(memory, dtype=autograd.float32, requires_grad=True).requires_grad
    with pytest.raises(RuntimeError, match="read-only"):
        autograd.frombuffer(bytes(memory), dtype=autograd.uint8).add_(1)
    for wrong, said in (
        ({"count": 5}, "requested buffer length"), ({"offset": 1}, "multiple of element size"), ({"offset": 16}, "less than"),
        ({"count": 0}, "must not be 0"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=said):
            autograd.frombuffer(memory, dtype=autograd.float32, **wrong)
    with pytest.raises(ValueError, match="list does not implement"):
        autograd.frombuffer([1], dtype=autograd.uint8)


def test_asarray_keeps_or_leaves_the_graph() -> None:
    x = autograd.ones(2, requires_grad=True)
    assert autograd.asarray(x, requires_grad=True) is x
    detached = autograd.asarray(x)
    assert not detached.requires_grad
    assert detached.data_ptr() == x.data_ptr()
    assert autograd.asarray(detached) is detached
    assert autograd.asarray(x * 2, requires_grad=True).grad_fn is not None
    assert not autograd.asarray(x * 2, copy=True).requires_grad


def test_pytorchs_arguments_of_memory_are_taken_and_other_layouts_refused():
    for made in (
        autograd.zeros(2, layout=autograd.strided, pin_memory=True),
        autograd.zeros_like(autograd.ones(2), layout=autograd.strided),
        autograd.ones(2).new_zeros(2, layout=autograd.strided, pin_memory=False),
        autograd.empty(2, memory_format=autograd.contiguous_format).fill_(0.0),
        autograd.ones(3).new(size=(2,)).fill_(0.0),
    ):
        assert made.tolist() == [0, 0]
    assert autograd.hann_window(4, layout=autograd.strided).shape == (4,)
    with pytest.raises(ArgumentError, match="tensors are dense"):
        autograd.zeros(2, layout="sparse_coo")


def test_new_memory_is_filled_where_deterministic_algorithms_are_asked_for():
    autograd.use_deterministic_algorithms(True)
    try:
        assert np.isnan(autograd.empty(2, 2).numpy()).all()
        assert np.isnan(autograd.empty(2, dtype=autograd.complex64).numpy().imag).all()
        assert autograd.empty_like(autograd.arange(2)).tolist() == [2**63 - 1] * 2
        assert autograd.empty_strided((2, 2), (1, 2), dtype=autograd.bool).numpy().all()
        assert np.isnan(autograd.ones(1).resize_(3).numpy()).tolist() == [False, True, True]
        autograd.utils.deterministic.fill_uninitialized_memory = False
        assert autograd.utils.deterministic.fill_uninitialized_memory is False
        with pytest.raises(TypeError):
            autograd.utils.deterministic.fill_uninitialized_memory = 1
    finally:
        autograd.utils.deterministic.fill_uninitialized_memory = True
        autograd.use_deterministic_algorithms(False)
