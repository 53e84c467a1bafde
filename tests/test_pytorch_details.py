"""Details in which a program of PyTorch would notice another engine: dtypes of lists, errors, warnings, unusual shapes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from autograd.errors import ArgumentError, DtypeError, GraphError, LayerError, ShapeError


@pytest.mark.parametrize(("data", "dtype"), [
    ([1.0, np.float64(2)], "float64"),
    ([1, np.array(2.0)], "float64"),
    ([[1.0, tensor(2.0, dtype=autograd.float64)]], "float64"),
    ([1.0, np.array(2, np.float16)], "float32"),
    ([1, np.array(2, np.float16)], "float16"),
    ([np.float32(1), 2.0], "float32"),
    ([1.0, np.array(2)], "float32"),
    ([True, np.array(2)], "int64"),
    ([1j, np.array(2.0)], "complex128"),
])  # fmt: skip
def test_arrays_in_a_list_keep_their_dtype_and_numbers_beside_them_have_the_default_one(data: Any, dtype: str) -> None:
    assert tensor(data).dtype == dtype
    assert tensor(data).flatten()[0] == 1 or dtype == "complex128"


class Sequence:
    def __init__(self, items: Any) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, i: int) -> Any:
        if self.items[i] is None:
            raise TypeError("no item")
        return self.items[i]


def test_sequences_of_a_users_class_are_read_as_lists() -> None:
    assert tensor(Sequence([1.0, 2.0])).dtype == autograd.float32
    with pytest.raises(ValueError, match="could not determine the shape of object type 'Sequence'"):
        tensor(Sequence([1.0, None]))


def test_a_list_that_holds_itself_is_refused() -> None:
    inside: list[Any] = []
    inside.append(inside)
    with pytest.raises(ValueError, match="maximum number of dimension"):
        tensor(inside)
    with pytest.raises(TypeError, match="not a sequence"):
        tensor([0, inside])


def test_complex_numbers_become_booleans() -> None:
    assert tensor([0j, 1j, 2], dtype=autograd.bool).tolist() == [False, True, True]


def test_the_strides_of_no_elements_count_each_length_as_one() -> None:
    assert autograd.empty(0, 3).stride() == (3, 1)
    assert autograd.empty(5, 0, 3, 0, 2).stride() == (6, 6, 2, 2, 1)


def test_ravel_lies_in_memory_without_gaps() -> None:
    x = autograd.arange(10.0, requires_grad=True)
    y = autograd.ravel((x * 1.0)[::2])
    assert y.is_contiguous()
    y.sum().backward()
    assert x.grad.tolist() == [1, 0] * 5


def test_vectors_of_length_0_join_along_any_dimension() -> None:
    empty = autograd.empty(0, requires_grad=True)
    y = autograd.cat([empty, empty], dim=1)
    assert y.shape == (0,)
    y.sum().backward()
    assert empty.grad.shape == (0,)


def test_bernoulli_writes_into_every_dtype() -> None:
    out = autograd.empty(3, dtype=autograd.bool)
    assert autograd.bernoulli(tensor([0.0, 1.0, 1.0]), out=out).tolist() == [False, True, True]


def test_the_old_constructors_take_the_cpu_and_no_tensor_beside_it() -> None:
    assert autograd.Tensor([1.0], device="cpu").tolist() == [1.0]
    assert tensor([1]).new(2, 3, device="cpu").shape == (2, 3)
    for made in (lambda: autograd.Tensor(tensor([1]), device="cpu"), lambda: tensor([1]).new(tensor([1]), device="cpu")):
        with pytest.raises(ArgumentError, match="together with device"):
            made()
    with pytest.raises(RuntimeError, match="cuda"):
        autograd.Tensor(2, 3, device="cuda")


def test_axes_are_swapped_by_numpys_names() -> None:
    x = autograd.zeros(2, 3, 4)
    assert autograd.swapaxes(x, axis0=0, axis1=2).shape == x.swapaxes(axis0=0, axis1=-1).shape == (4, 3, 2)


def test_an_imaginary_part_is_of_complex_numbers_only() -> None:
    for part in (autograd.imag, lambda t: t.imag):
        with pytest.raises(DtypeError, match="no imaginary part"):
            part(autograd.ones(2))
    assert np.imag(autograd.ones(2)).tolist() == [0, 0]


@pytest.mark.parametrize(("call", "error"), [
    (lambda: autograd.rot90(autograd.ones(2, 2), 1, (1, 1)), ArgumentError),
    (lambda: autograd.rot90(autograd.ones(2, 2), 1, (0,)), ArgumentError),
    (lambda: autograd.nonzero(autograd.ones(2), as_tuple=True, out=autograd.empty(0, dtype=autograd.int64)), ArgumentError),
    (lambda: autograd.take_along_dim(autograd.ones(2), tensor([0], dtype=autograd.int32), 0), DtypeError),
    (lambda: autograd.unravel_index(tensor([1]), tensor([1, 2])), TypeError),
    (lambda: autograd.unravel_index(tensor([1]), (1, 2.0)), TypeError),
    (lambda: autograd.ones(4).unflatten("A", (("B", 2), ("C", 2))), ArgumentError),
    (lambda: autograd.ones(4).unflatten("A", (2, 2)), TypeError),
    (lambda: autograd.use_deterministic_algorithms(1), TypeError),
    (lambda: autograd.use_deterministic_algorithms(True, warn_only=1), TypeError),
    (lambda: autograd.set_num_threads(2**65), ArgumentError),
    (lambda: autograd.arange(1e-38, 1e38), ArgumentError),
    (lambda: autograd.meshgrid(tensor([1]), tensor([1.0]), indexing="ij"), DtypeError),
    (lambda: autograd.from_numpy(np.ndarray((2,), "f4", bytearray(16), strides=(3,))), ArgumentError),
    (lambda: autograd.ones(2).map2_(autograd.ones(3), autograd.ones(2), lambda a, b, c: a), ShapeError),
    (lambda: autograd.ones(2).__dlpack__(stream=object()), TypeError),
    (lambda: autograd.neg(autograd.ones(1), out=autograd.ones(1, dtype=autograd.float64)), DtypeError),
    (lambda: nn.Linear(2, 2).to(None, True), TypeError),
    (lambda: nn.Linear(2, 2).to(autograd.device("cpu"), True), TypeError),
    (lambda: nn.Module(3), TypeError),
    (lambda: nn.functional.affine_grid(autograd.ones(1, 2, 3), (1, 2, 2)), NotImplementedError),
    (lambda: nn.functional.embedding_bag(tensor([[0]]), autograd.ones(2, 2), mode="sum",
                                         per_sample_weights=autograd.ones(1, 1, dtype=autograd.float64)), DtypeError),
])  # fmt: skip
def test_what_pytorch_refuses(call: Callable[[], Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        call()
    assert not autograd.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("call", [
    lambda: nn.MultiheadAttention(10, 3),
    lambda: nn.EmbeddingBag(4, 3, padding_idx=4),
    lambda: nn.Sequential(nn.ReLU()).insert(0, [nn.ReLU()]),
    lambda: nn.MultiheadAttention(4, 4)(autograd.ones(4, 4, 4), autograd.ones(4, 4), autograd.ones(4, 4, 4)),
])  # fmt: skip
def test_what_pytorch_asserts_is_an_assertion_error_too(call: Callable[[], Any]) -> None:
    with pytest.raises(AssertionError) as caught:
        call()
    assert isinstance(caught.value, LayerError | ShapeError | ArgumentError)


@pytest.mark.parametrize(("call", "match"), [
    (lambda: autograd.frombuffer(bytes(4), dtype=autograd.float32), "buffer is not writable"),
    (lambda: autograd.from_numpy(np.broadcast_to(np.zeros(1), 3)), "not writable"),
    (lambda: autograd.meshgrid(tensor([1]), tensor([2])), "pass the indexing argument"),
    (lambda: nn.InstanceNorm1d(4)(autograd.ones(3, 2, 2)), "not used because affine=False"),
])  # fmt: skip
def test_what_pytorch_warns_of(call: Callable[[], Any], match: str) -> None:
    with pytest.warns(UserWarning, match=match):
        call()


def test_a_read_only_array_is_shared_and_not_written() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = autograd.from_numpy(np.broadcast_to(np.ones(1), 3))
    with pytest.raises(GraphError, match="read-only"):
        x.add_(1)


class Mixin:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mixed = True


def test_the_constructor_of_a_class_after_module_is_called_where_a_class_asks_for_it() -> None:
    class After(nn.Module, Mixin):
        pass

    class Asked(After):
        call_super_init = True

    assert not hasattr(After(), "mixed")
    assert Asked().mixed


def test_an_lstm_that_an_old_pytorch_pickled_has_no_projection() -> None:
    layer, x = nn.LSTM(2, 3), autograd.randn(4, 1, 2)
    expected = layer(x)[0]
    state = vars(layer)
    del state["proj_size"]
    loaded = nn.LSTM(2, 3)
    loaded.__setstate__(state)
    assert (loaded(x)[0] == expected).all()
