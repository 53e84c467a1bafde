"""PyTorch's old constructors, Size, and attributes that a user sets."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd
from autograd import Size, Tensor, Variable, tensor


def test_tensor_of_a_shape_or_of_data() -> None:
    assert Tensor(2, 3).shape == (2, 3)
    assert Tensor(3).shape == Tensor(np.int64(3)).shape == (3,)
    assert Tensor(Size([2, 3])).shape == (2, 3)
    assert Tensor((2, 3)).tolist() == [2, 3]
    assert Tensor([2, 3]).dtype == np.float32
    assert Tensor().shape == (0,)
    assert Tensor(data=[1]).tolist() == [1]
    assert Tensor(2, 3, dtype="int64").dtype == np.int64
    assert Tensor(2, requires_grad=True).requires_grad
    assert type(Tensor(2, 3)) is type(autograd.ones(2))
    with pytest.raises(TypeError, match="integers: its shape"):
        Tensor([1, 2], 3)
    with pytest.raises(TypeError, match="integers: its shape"):
        Tensor(2, 1.5)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("Half", "float16"), ("Float", "float32"), ("Double", "float64"), ("Char", "int8"), ("Short", "int16"), ("Int", "int32"),
     ("Long", "int64"), ("Byte", "uint8"), ("Bool", "bool")],
)  # fmt: skip
def test_types_of_one_dtype(name: str, dtype: str) -> None:
    kind = getattr(autograd, f"{name}Tensor")
    assert kind([1, 0]).dtype == kind(2, 3).dtype == kind().dtype == dtype
    assert kind(2, 3).shape == (2, 3)
    assert isinstance(kind([1]), kind)
    assert not isinstance(autograd.zeros(1, dtype="complex64"), kind)
    assert autograd.ones(2).type(kind).dtype == dtype
    assert autograd.zeros(1, dtype=dtype).type() == f"torch.{name}Tensor"
    assert isinstance(kind([1]), Tensor)


def test_variables() -> None:
    x = autograd.ones(2)
    v = Variable(x, requires_grad=True)
    assert v.requires_grad
    assert not x.requires_grad
    assert v.data_ptr() == x.data_ptr()
    assert isinstance(x, Variable)
    assert not isinstance(1.0, Variable)
    assert autograd.autograd.Variable is Variable
    with pytest.raises(TypeError, match="has to be a tensor"):
        Variable([1.0])


def test_new_takes_the_dtype() -> None:
    x = tensor([1, 2])
    assert x.new(2, 3).dtype == x.new([1.5]).dtype == x.new().dtype == np.int64
    assert x.new(2, 3).shape == x.new(Size([2, 3])).shape == (2, 3)
    assert x.new([1.5]).tolist() == [1]


def test_the_default_type() -> None:
    try:
        autograd.set_default_tensor_type("torch.DoubleTensor")
        assert tensor([1.0]).dtype == np.float64
    finally:
        autograd.set_default_tensor_type(autograd.FloatTensor)
    assert tensor([1.0]).dtype == np.float32
    with pytest.raises(TypeError, match="invalid type"):
        autograd.set_default_tensor_type("torch.Nothing")


# --------------------------------------------------------------------------------------------------------------------- Size


def test_sizes_are_tuples_that_count() -> None:
    x = autograd.ones(2, 3, 4)
    for size in (x.shape, x.size(), Size([2, 3, 4])):
        assert isinstance(size, Size)
        assert isinstance(size, tuple)
        assert size == (2, 3, 4)
        assert hash(size) == hash((2, 3, 4))
        assert size.numel() == 24
        assert repr(size) == "(2, 3, 4)"
    assert x.shape[1:].numel() == 12
    assert isinstance(x.shape[:-1], Size)
    assert (x.shape[0], x.shape[-1]) == (2, 4)
    for joined in (x.shape + (5,), (5,) + x.shape, x.shape + x.shape, x.shape * 2):  # noqa: RUF005
        assert isinstance(joined, Size)
    assert autograd.tensor(1.0).shape.numel() == 1
    assert x.shape == np.zeros((2, 3, 4)).shape
    assert autograd.zeros(x.shape[1:]).shape == (3, 4)
    assert x.view(x.shape[0], x.shape[1:].numel()).shape == (2, 12)
    assert pickle.loads(pickle.dumps(x.shape)) == (2, 3, 4)
    with pytest.raises(TypeError):
        x.shape + [1]  # noqa: RUF005


def test_remembered_sizes_are_bounded() -> None:
    from autograd.engine.values.size import SIZES

    for n in range(5000):
        assert SIZES[n,] == (n,)
    assert len(SIZES) <= 4096


# --------------------------------------------------------------------------------------------------------------- attributes


def test_a_user_may_set_attributes() -> None:
    x = tensor([1.0], requires_grad=True)
    x.note = "seen"
    x.tag = [1]
    assert x.note == "seen"
    assert not hasattr(x * 1, "note")
    for other in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert (other.note, other.tag, other.requires_grad) == ("seen", [1], True)
    assert copy.deepcopy(x).tag is not x.tag
    del x.note
    with pytest.raises(AttributeError):
        x.note  # noqa: B018


def test_numpy_where_nothing_is_recorded() -> None:
    w = tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="requires grad"):
        w.numpy()
    with autograd.no_grad():
        assert w.numpy() is w.array
        assert np.asarray(w).tolist() == [1, 2]


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "rand", "randn"])
def test_a_size_by_name(name: str) -> None:
    make = getattr(autograd, name)
    assert make(size=(2, 3)).shape == make(2, 3).shape == make((2, 3)).shape == (2, 3)
    assert make(size=4).shape == make(size=Size([4])).shape == (4,)
    assert make(size=()).shape == make().shape == ()
    with pytest.raises(TypeError, match="twice"):
        make(2, size=(3,))


def test_a_size_by_name_of_methods_and_the_rest() -> None:
    x = tensor([1, 2])
    for method in (x.new_zeros, x.new_ones, x.new_empty):
        assert method(size=(2, 3)).shape == method(2, 3).shape == (2, 3)
    assert x.new_full(size=(2,), fill_value=7).tolist() == [7, 7]
    assert autograd.full(size=(2,), fill_value=1.0).shape == (2,)
    assert autograd.normal(mean=0.0, std=1.0, size=(2, 2)).shape == (2, 2)
    assert autograd.randint(0, 5, size=(3,)).shape == (3,)
