"""Details in which a program of PyTorch would notice another engine: dtypes of lists, errors, warnings, unusual shapes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
import optim
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
    assert autograd.empty(2, 3, 4, 5)[:, :, :, 1][:, 1:1].stride() == (60, 20, 5)
    assert autograd.empty(0, 6, dtype=autograd.uint8).view(autograd.int16).shape == (0, 3)


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
    (lambda: autograd.kthvalue(autograd.ones(2, 0), 1), IndexError),
    (lambda: autograd.histogram(autograd.ones(2), tensor([1.0], dtype=autograd.float64)), DtypeError),
    (lambda: autograd.histogram(autograd.ones(2), tensor(1.0)), ShapeError),
    (lambda: autograd.histogram(autograd.ones(2), tensor([])), ArgumentError),
    (lambda: autograd.histogram(autograd.ones(2), tensor([0.0, 1.0]), range=(0, 1)), TypeError),
    (lambda: autograd.histogram(autograd.ones(2, 2), 1, weight=autograd.ones(4)), ShapeError),
    (lambda: autograd.einsum(". ..", autograd.ones(2)), ArgumentError),
    (lambda: autograd.einsum("... ...", autograd.ones(2)), ArgumentError),
    (lambda: autograd.einsum("a->..", autograd.ones(2)), ArgumentError),
    (lambda: autograd.linalg.pinv(autograd.eye(2), rtol=tensor(1j)), DtypeError),
    (lambda: autograd.linalg.matrix_rank(autograd.eye(2), atol=tensor(1j)), DtypeError),
    (lambda: autograd.linalg.lstsq(autograd.eye(2), autograd.eye(2, dtype=autograd.float64)), DtypeError),
    (lambda: autograd.linalg.multi_dot([autograd.eye(2), autograd.eye(2, dtype=autograd.float64)]), DtypeError),
    (lambda: autograd.lerp(autograd.ones(2), autograd.ones(2, dtype=autograd.float64), 0.5), DtypeError),
    (lambda: autograd.complex(autograd.ones(2), autograd.ones(2, dtype=autograd.float64)), DtypeError),
    (lambda: autograd.polar(autograd.ones(2), autograd.ones(2, dtype=autograd.float64)), DtypeError),
    (lambda: autograd.baddbmm(autograd.ones(1, 1, 1).int(), autograd.ones(1, 1, 1), autograd.ones(1, 1, 1)), DtypeError),
    (lambda: autograd.ones(6).unflatten(0, ()), ShapeError),
    (lambda: autograd.ones(6).unflatten(0, (-1, -1)), ShapeError),
    (lambda: autograd.ones(0).unflatten(0, (0, -1)), ShapeError),
    (lambda: autograd.tensor(1).unflatten(0, (1,)), IndexError),
    (lambda: nn.functional.adaptive_max_pool1d(tensor([[[1, 2]]]), 1), DtypeError),
    (lambda: optim.Adam([autograd.ones(1, requires_grad=True)], betas=(0.9, tensor(0.99))), ValueError),
    (lambda: optim.Adam([autograd.ones(1, requires_grad=True)], lr=tensor(0.1), foreach=True), ValueError),
    (lambda: autograd.quantile(tensor([1, 2]), 0.5), DtypeError),
    (lambda: autograd.quantile(tensor([1.0, 2.0]), tensor([[0.5]])), ShapeError),
    (lambda: autograd.quantile(tensor([1.0, 2.0]), tensor(0.5, dtype=autograd.float64)), DtypeError),
    (lambda: autograd.nanquantile(tensor([]), 0.5), ShapeError),
    (lambda: autograd.nansum(tensor([1j])), DtypeError),
    (lambda: autograd.aminmax(tensor([1j])), DtypeError),
    (lambda: autograd.logsumexp(autograd.ones(2)), TypeError),
    (lambda: autograd.linalg.vector_norm(autograd.ones(2, 2), dim=(None,)), TypeError),
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
    (lambda: setattr(tensor([1j]), "real", tensor([2 + 3j])), "discards the imaginary part"),
    (lambda: autograd.searchsorted(autograd.arange(6.0)[::2], tensor([1.0])), "non-contiguous"),
    (lambda: autograd.add(tensor([1.0]), 2, tensor([3.0])), "overload of add is deprecated"),
    (lambda: autograd.ones(1, 1).addbmm_(2, autograd.ones(1, 1, 1), autograd.ones(1, 1, 1)), "overload of addbmm_ is deprecated"),
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


def test_a_gradient_with_respect_to_a_parameter_is_refused_and_not_lost() -> None:
    alpha = tensor(1.0, requires_grad=True)
    with pytest.raises(TypeError, match="'alpha' must be a number"):
        nn.functional.elu(autograd.ones(2), alpha)
    with autograd.no_grad():
        assert nn.functional.elu(autograd.ones(2), alpha).tolist() == [1, 1]
    assert nn.functional.elu(autograd.ones(2), tensor(1.0)).tolist() == [1, 1]


@pytest.mark.parametrize(("rcond", "driver", "solution"), [
    (None, "gelsd", [1.0, 1.0]), (-1, None, [1.0, 1.0]), (1.0, "gelsd", [1.0, 1.0]), (0.5, "gelsd", [1.0, 0.0]),
    (0.5, "gels", [1.0, 1.0]), (1.0, "gelss", [0.0, 0.0]),
])  # fmt: skip
def test_which_singular_values_count_in_least_squares(rcond: float | None, driver: str | None, solution: list[float]) -> None:
    a = autograd.diag(tensor([4.0, 1.0]))
    x = autograd.linalg.lstsq(a, tensor([[4.0], [1.0]]), rcond=rcond, driver=driver).solution
    np.testing.assert_allclose(x.flatten().numpy(), solution, atol=1e-6)


def test_least_squares_under_numpys_name_has_numpys_four_results() -> None:
    a, b = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]), np.array([1.0, 2.0, 4.0])
    for got, expected in zip(np.linalg.lstsq(tensor(a), tensor(b)), np.linalg.lstsq(a, b), strict=True):
        np.testing.assert_allclose(np.asarray(got), expected, atol=1e-12)


def test_factors_of_complex_matrices_have_one_dtype() -> None:
    a = tensor([[1 + 1j, 2.0], [3.0, 4.0]])
    p, lower, upper = autograd.linalg.lu(a)
    assert p.dtype == lower.dtype == autograd.complex64
    np.testing.assert_allclose((p @ lower @ upper).numpy(), a.numpy(), atol=1e-6)


def test_reflections_under_numpys_name() -> None:
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    for got, expected in zip(np.linalg.qr(tensor(a), mode="raw"), np.linalg.qr(a, mode="raw"), strict=True):
        np.testing.assert_allclose(np.asarray(got), expected)
    assert autograd.geqrf(tensor(a)).a.mT.is_contiguous()


def test_products_by_scatter_reduce_begin_with_the_element_itself() -> None:
    x, values = tensor([0.1, 7.0]), [0.3, 0.7, 0.9]
    got = x.scatter_reduce(0, tensor([0, 0, 0]), tensor(values), "prod")
    expected = x.numpy()[0]
    for value in values:
        expected = expected * np.float32(value)
    assert got.tolist() == [float(expected), 7.0]
    x, w = tensor([0.0, 7.0], requires_grad=True), tensor([2.0, 0.0], requires_grad=True)
    x.scatter_reduce(0, tensor([0, 0]), w, "prod").sum().backward()
    assert (x.grad.tolist(), w.grad.tolist()) == ([0.0, 1.0], [0.0, 0.0])


def test_unsigned_integers_count_a_negative_factor_from_their_end() -> None:
    x, y = tensor([5, 1], dtype=autograd.uint8), tensor([2, 3], dtype=autograd.uint8)
    assert autograd.add(x, y, alpha=-1).tolist() == [3, 254]
    assert x.index_add(0, tensor([0, 1]), y, alpha=-1).tolist() == [3, 254]
    assert autograd.add(tensor([5, 1]), y, alpha=-1).tolist() == [3, -2]


def test_the_older_form_of_add_takes_booleans() -> None:
    with pytest.warns(UserWarning, match="overload of add"):
        assert autograd.add(tensor(True), tensor(True), True).dtype == autograd.bool
    with pytest.warns(UserWarning, match="overload of add"):
        assert autograd.add(tensor([1.0]), 2, tensor([3.0])).tolist() == [7]


def test_truth_of_uint8_is_uint8_and_numpys_is_boolean() -> None:
    x = tensor([[0, 2]], dtype=autograd.uint8)
    assert (x.any().dtype, x.all(dim=1).dtype, x.any().item(), x.all().item()) == (autograd.uint8, autograd.uint8, 1, 0)
    assert np.any(x).dtype == np.all(x, axis=0).dtype == autograd.bool
    assert (x != 0).any().dtype == autograd.bool


def test_no_coordinates_are_no_dimension_of_a_histogram() -> None:
    assert autograd.histogramdd(autograd.empty(5, 0), 3).hist.item() == 0
    assert np.isnan(autograd.histogramdd(autograd.empty(5, 0), 3, density=True).hist.item())


def test_clones_are_contiguous_where_asked() -> None:
    x = autograd.ones(2, 3).t()
    assert not x.clone().is_contiguous()
    assert x.clone(memory_format=autograd.contiguous_format).is_contiguous()


def test_dimensions_of_length_1_are_exported_with_their_usual_strides() -> None:
    assert np.from_dlpack(autograd.arange(16.0)[::3][:1]).strides == (4,)
    assert autograd.ones(5).expand(1, 1, 5).stride() == (5, 5, 1)


def test_a_hook_before_a_state_is_loaded_sees_the_part_of_its_module() -> None:
    model, seen = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1)), []

    def rename(state: dict[str, Any], prefix: str, *rest: Any) -> None:
        seen.extend(state)
        state[prefix + "weight"] = state.pop(prefix + "old")

    model[1]._register_load_state_dict_pre_hook(rename)
    state = model.state_dict()
    state["1.old"] = state.pop("1.weight") * 0 + 3
    model.load_state_dict(state)
    assert sorted(seen) == ["1.bias", "1.old"]
    assert model[1].weight.item() == 3


def test_adafactor_refuses_complex_parameters_when_it_steps() -> None:
    w = autograd.ones(2, dtype=autograd.complex64, requires_grad=True)
    optimizer = optim.Adafactor([w])
    w.grad = autograd.ones(2, dtype=autograd.complex64)
    with pytest.raises(RuntimeError, match="complex parameters"):
        optimizer.step()
    assert w.tolist() == [1, 1]


def test_mixed_precision_of_the_cpu_scales_and_is_deprecated() -> None:
    with pytest.warns(FutureWarning, match="torch.cpu.amp.GradScaler"):
        assert autograd.cpu.amp.GradScaler(init_scale=2.0).get_scale() == 2.0


def test_functions_of_python_fill_a_tensor_and_are_checked() -> None:
    assert autograd.zeros(2, 2).apply_(lambda v: v + 300.5).tolist() == [[300.5, 300.5], [300.5, 300.5]]
    assert tensor([1, 2]).apply_(lambda v: v * 1.9).tolist() == [1, 3]
    with pytest.raises(ArgumentError):
        tensor([1], dtype=autograd.int8).apply_(lambda v: 1000)


def test_the_logarithm_of_cumulative_sums_of_complex_numbers() -> None:
    z = np.array([[1 + 2j, 800 - 1j, 801 + 3j], [-np.inf, 0.5j, -900.0]])
    y = autograd.logcumsumexp(tensor(z), 1).numpy()
    expected = [[1 + 2j, 800 - 1j, 801 + 3j + np.log1p(np.exp(-1 - 4j))], [-np.inf, 0.5j, 0.5j]]
    np.testing.assert_allclose(np.exp(1j * y.imag), np.exp(1j * np.imag(expected)), atol=1e-9)  # up to turns
    np.testing.assert_allclose(y.real, np.real(expected), rtol=1e-12)
    x = tensor(z[:1] * 0.01, requires_grad=True)
    assert autograd.autograd.gradcheck(lambda t: autograd.logcumsumexp(t, 1), (x,))


@pytest.mark.parametrize("pool", [nn.functional.max_pool2d, nn.functional.adaptive_max_pool2d])
def test_written_indices_of_a_maximum_are_noticed(pool: Callable[..., Any]) -> None:
    x = autograd.arange(16.0).reshape(1, 4, 4).requires_grad_()
    y, indices = pool(x, 2, return_indices=True)
    assert indices.tolist() == [[[5, 7], [13, 15]]]
    y.sum().backward(retain_graph=True)
    assert x.grad.sum().item() == 4
    indices.add_(1)
    with pytest.raises(GraphError, match="modified by an inplace operation"):
        y.sum().backward()
    assert pool(x.detach(), 2, return_indices=True)[1].tolist() == [[[5, 7], [13, 15]]]


def test_numpys_functions_take_what_pytorchs_refuse() -> None:
    assert np.quantile(tensor([1, 2]), [[0.5]]).tolist() == [[1.5]]
    assert np.nanmedian(tensor([1, 2])).item() == 1.5
    assert np.nansum(tensor([1j, 2.0])).item() == 2 + 1j


def test_running_statistics_have_no_tangent() -> None:
    x, mean, var = autograd.randn(3, 2, 4), autograd.zeros(2), autograd.ones(2)
    with autograd.autograd.forward_ad.dual_level():
        dual = autograd.autograd.forward_ad.make_dual(mean, autograd.ones(2))
        with pytest.raises(GraphError, match="not differentiable with respect to running_mean"):
            nn.functional.batch_norm(x, dual, var)
        y = nn.functional.batch_norm(autograd.autograd.forward_ad.make_dual(x, autograd.ones_like(x)), mean, var)
        np.testing.assert_allclose(autograd.autograd.forward_ad.unpack_dual(y).tangent.numpy(), 1, rtol=1e-4)


def test_memory_that_an_array_shares_does_not_grow_away_from_it() -> None:
    x = autograd.ones(2)
    shown = x.numpy()
    with pytest.raises(GraphError, match="not resizable"):
        x.resize_(3)
    assert x.resize_(1).tolist() == [1]
    del shown
    assert autograd.ones(2).resize_(3)[:2].tolist() == [1, 1]


def test_few_values_are_added_to_a_large_tensor() -> None:
    x = autograd.ones(100, 1000)
    memory, version = x.data_ptr(), x._version
    x.index_put_((tensor([0, -1, 0]), tensor([1, 2, 1])), tensor([5.0, 6.0, 7.0]), accumulate=True)
    assert (x[0, 1].item(), x[-1, 2].item(), x.sum().item()) == (13, 7, 100000 + 18)
    assert x.data_ptr() == memory
    assert x._version > version
    with pytest.raises(IndexError):
        x.index_put_((tensor([0, 100]), tensor([0, 0])), tensor(1.0), accumulate=True)
    assert x[0, 0].item() == 1
    w = tensor([2.0], requires_grad=True)
    y = (x * 1.0).index_put_((tensor([0]),), w, accumulate=True)
    y.sum().backward()
    assert w.grad.tolist() == [1000]


def test_a_gradient_shares_no_memory_with_the_one_that_was_given() -> None:
    """PyTorch's ``x.grad`` is a view of g here."""
    x, g = autograd.ones(3, requires_grad=True), autograd.ones(3, 1)
    x.view(3, 1).backward(g)
    g.mul_(5)
    assert x.grad.tolist() == [1, 1, 1]
    x.grad.zero_()
    assert g.flatten().tolist() == [5, 5, 5]


def test_conjugates_are_new_numbers() -> None:
    """PyTorch's are a view, through which a write reaches z."""
    z = tensor([1 + 2j, 3j])
    z.conj()[0] = 9
    assert z.tolist() == [1 + 2j, 3j]


FLAT_AT_NAN = ("relu6", "hardtanh", "hardshrink", "softshrink", "hardsigmoid")


@pytest.mark.parametrize("size", [1, 33, 70_001])
@pytest.mark.parametrize("name", [*FLAT_AT_NAN, "hardswish", "elu", "celu", "selu"])
def test_the_gradient_at_nan_does_not_depend_on_the_place(name: str, size: int) -> None:
    """PyTorch 2.13 gives the last elements of a tensor another one (findings/activation_gradient_at_nan.sh)."""
    x = autograd.full((size,), np.nan, requires_grad=True)
    getattr(nn.functional, name)(x).backward(autograd.ones(size))
    wanted = 0.0 if name in FLAT_AT_NAN else np.nan
    assert np.array_equal(np.unique(np.asarray(x.grad.tolist())), [wanted], equal_nan=True)
