"""What PyTorch refuses, or warns of, and the errors and warnings here; and values at the edge of what it takes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import tensor
from autograd.errors import ArgumentError, DtypeError, GraphError, ShapeError

X = autograd.tensor([[3.0, 1.0], [2.0, 4.0]])
INTEGERS = autograd.tensor([1, 2])


def empty(*size: int, dtype: Any = np.float64) -> autograd.Tensor:
    return autograd.empty(size, dtype=dtype)


@pytest.mark.parametrize(
    "call",
    [
        lambda: autograd.max(X, 0, out=(empty(2), empty(2, dtype=np.int64))),
        lambda: autograd.mode(X, 0, out=(empty(2, dtype=np.float32), empty(2, dtype=np.int32))),
        lambda: autograd.sort(X, out=(empty(2, 2), empty(2, 2, dtype=np.int64))),
        lambda: autograd.logcumsumexp(X, 0, out=empty(2, 2)),
        lambda: autograd.amax(X, out=empty()),
        lambda: autograd.nonzero(X, out=empty(0, dtype=np.int32)),
        lambda: autograd.all(X, 0, out=empty(2)),
        lambda: autograd.mm(X, X, out=empty(2, 2)),
        lambda: autograd.searchsorted(X[0], X[0], out=empty(2)),
        lambda: autograd.cumsum(X, 0, dtype=np.float32, out=empty(2, 2)),
        lambda: autograd.sum(X, dtype=np.float32, out=empty()),
        lambda: autograd.sum(X, 0, dtype=np.float32, out=empty(2)),
        lambda: autograd.zeros(2, dtype=np.float32, out=empty(2)),
        lambda: autograd.add(INTEGERS, INTEGERS, alpha=1.5),
        lambda: autograd.add(X, X, alpha=True),
        lambda: autograd.sub(X, X, alpha=1j),
        lambda: autograd.addr(autograd.eye(2, dtype=np.int64), INTEGERS, INTEGERS, beta=2.0),
        lambda: autograd.addcdiv(INTEGERS, INTEGERS, INTEGERS),
        lambda: autograd.polar(INTEGERS, INTEGERS),
        lambda: autograd.nanmean(INTEGERS),
        lambda: autograd.index_fill(X, 0, tensor([0]), 1 + 1j),
        lambda: autograd.searchsorted(X[0], 1.0, sorter=X[0]),
        lambda: autograd.histogram(X, tensor([0.0, 1.0], dtype=np.float64)),
        lambda: float(tensor(1.5j)),
    ],
)
def test_dtypes_that_do_not_fit_are_refused(call: Callable[[], Any]) -> None:
    with pytest.raises(DtypeError):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: autograd.chain_matmul(tensor([1.0]), tensor([1.0])),
        lambda: autograd.flipud(tensor(1.0)),
        lambda: autograd.gradient(X, spacing=(2.0,)),
        lambda: autograd.roll(X, shifts=(), dims=()),
        lambda: autograd.roll(X, shifts=(1, 2), dims=(1,)),
        lambda: autograd.eye(-1),
        lambda: autograd.empty([2, 4, 2**29, 2**29]),
        lambda: autograd.ones([1] * 65),
        lambda: autograd.arange(0, float("inf")),
        lambda: autograd.arange(-5, float("nan")),
        lambda: autograd.searchsorted(X[0], 1.0, side="bad"),
        lambda: autograd.searchsorted(X[0], 1.0, side="left", right=True),
        lambda: autograd.searchsorted(X[0], 1.0, sorter=tensor([0])),
        lambda: autograd.searchsorted(X[0], 1.0, sorter=tensor([0, 2])),
        lambda: autograd.empty(2).uniform_(-3e38, 3e38),
        lambda: autograd.asarray(np.float64(0.5), copy=False),
        lambda: autograd.ones(1, 2).dim_order(ambiguity_check=True),
        lambda: autograd.set_deterministic_debug_mode("never"),
        lambda: autograd.empty_permuted((2, 3), (0, 0)),
        lambda: autograd.grad(X.requires_grad_().sum(), X, allow_unused=False, materialize_grads=True),
        lambda: autograd.set_num_threads(-1),
    ],
)
def test_shapes_and_arguments_that_make_no_sense_are_refused(call: Callable[[], Any]) -> None:
    with pytest.raises(RuntimeError) as caught:
        call()
    assert isinstance(caught.value, ArgumentError | ShapeError | DtypeError | IndexError)


def test_one_tensor_is_no_list_of_tensors() -> None:
    for stack in (autograd.hstack, autograd.vstack, autograd.dstack, autograd.column_stack):
        with pytest.raises(TypeError, match="not Tensor"):
            stack(X)
    assert np.hstack(X.detach()).shape == (4,)  # NumPy's function takes an array for its rows
    with pytest.raises(TypeError):
        autograd.Size(autograd.ones(3))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: X[tensor([1, 0], dtype=np.uint8)], "uint8"),
        (lambda: autograd.var(autograd.ones(1)), "degrees of freedom"),
        (lambda: autograd.std_mean(autograd.ones(3, 2), dim=1, correction=2), "degrees of freedom"),
        (lambda: autograd.addcmul(X.detach(), 2.0, X.detach(), X.detach()), "deprecated"),
        (lambda: autograd.addbmm(X.detach(), 1, X.detach()[None], X.detach()[None]), "deprecated"),
        (lambda: (autograd.ones(1, requires_grad=True) * 2).grad, "not a leaf"),
        (lambda: autograd.empty(2).random_(-(2**26), 0), "out of bounds"),
    ],
)
def test_what_is_hardly_meant_warns(call: Callable[[], Any], message: str) -> None:
    with pytest.warns(UserWarning, match=message):
        call()


def test_what_is_meant_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        autograd.var(autograd.ones(1), correction=0)
        autograd.var(autograd.ones(0, 2), dim=1)
        kept = autograd.ones(1, requires_grad=True) * 2
        kept.retain_grad()
        assert kept.grad is None
        assert autograd.ones(1, requires_grad=True).grad is None


def test_a_view_of_a_leaf_is_not_written_where_the_leaf_needs_a_gradient() -> None:
    w = autograd.ones(2, 3)
    view = w[0]
    w.requires_grad = True
    for write in (lambda: view.add_(5), lambda: view.__setitem__(0, 1.0), lambda: view.zero_()):
        with pytest.raises(GraphError, match="view of a leaf"):
            write()
    assert w.tolist() == np.ones((2, 3)).tolist()
    with autograd.no_grad():
        view.add_(5)
    assert w[0].tolist() == [6.0] * 3


def test_random_integers_lie_between_their_ends() -> None:
    for dtype in (np.float16, np.float32, np.int64):
        x = autograd.empty(2000, dtype=dtype).random_(100, 32752)
        assert x.min().item() >= 100
        assert x.max().item() < 32752
    whole = autograd.empty(500, dtype=np.int8).random_(-100, None)
    assert -100 <= whole.min().item() < 0 < whole.max().item() <= 127
    assert set(autograd.empty(200, dtype=np.int64).random_(3).tolist()) == {0, 1, 2}


def test_integers_beyond_int64_are_floating_numbers_where_these_are_asked_for() -> None:
    assert tensor(2**64, dtype=np.float32).item() == 2.0**64
    assert tensor([2**70, 0], dtype=np.bool_).tolist() == [True, False]
    with pytest.raises(OverflowError):
        tensor(2**64)


def test_dtypes_of_counts_and_positions() -> None:
    weights = tensor([0.5, 1.0])
    assert autograd.bincount(INTEGERS, weights).dtype == np.float32
    assert autograd.bincount(INTEGERS, tensor([1, 2], dtype=np.int8)).dtype == np.float64
    found = autograd.bucketize(weights, weights, out_int32=True, right=True)
    assert (found.tolist(), found.dtype) == ([1, 2], np.int32)
    assert autograd.searchsorted(tensor([3, 1, 2]), 2, sorter=tensor([1, 2, 0])).item() == 1
    assert autograd.corrcoef(tensor([[1, 2], [2, 1]])).tolist() == [[1.0, -1.0], [-1.0, 1.0]]
    assert autograd.multinomial(autograd.ones(0, 3), 2).shape == (0, 2)


def test_scrambled_points_are_those_of_pytorch() -> None:
    engine = autograd.quasirandom.SobolEngine(3, scramble=True, seed=123456)
    expected = [[0.50860739, 0.29320505, 0.08231312], [0.13349012, 0.59242046, 0.52526021], [0.48018348, 0.14868741, 0.49089122]]
    np.testing.assert_allclose(engine.draw(3).numpy(), expected, atol=1e-7)
    np.testing.assert_allclose(engine.reset().draw(1).numpy(), expected[:1], atol=1e-7)


def test_capsules_of_dlpack_are_data() -> None:
    a = np.arange(3.0)
    shared = autograd.asarray(a.__dlpack__())
    a[0] = 7.0
    assert shared.tolist() == [7.0, 1.0, 2.0]
    assert tensor(autograd.arange(2).__dlpack__()).tolist() == [0, 1]
    assert autograd.from_numpy(np.concatenate([X.detach(), X.detach()])).shape == (4, 2)  # what NumPy returns for tensors is one


def test_names_of_types_and_modes() -> None:
    assert X.type() == "torch.FloatTensor"
    assert INTEGERS.type(autograd.Tensor).dtype == np.float32
    autograd.set_deterministic_debug_mode(1)
    assert autograd.get_deterministic_debug_mode() == 1
    autograd.set_deterministic_debug_mode("default")
    with autograd.device("cpu"):
        assert autograd.empty_permuted((2, 3, 4), (1, 0, 2)).stride() == (4, 8, 1)


def test_a_view_in_another_dtype_is_the_same_memory() -> None:
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    bits = x.view(np.int32)
    assert bits.tolist() == [0x3F800000, 0x40000000]
    assert not bits.requires_grad
    assert bits.data_ptr() == x.data_ptr()
    assert x.detach().view(autograd.uint8).shape == (8,)
    assert autograd.ones(2, 4, dtype=np.float32).view(np.complex64).tolist() == [[1 + 1j] * 2] * 2
    assert autograd.ones(3, 2).mT.view(dtype=np.int32).shape == (2, 3)
    for wrong in (autograd.ones(3), autograd.tensor(1.0), autograd.ones(2, 2).mT, autograd.ones(3)[1:]):
        with pytest.raises(ShapeError):
            wrong.view(np.float64)


def test_what_needs_dimensions_says_so() -> None:
    for call in (lambda: autograd.ones(3).mT, lambda: autograd.ones(3).H, lambda: autograd.tensor_split(tensor(1.0), 2)):
        with pytest.raises(ShapeError):
            call()
    with pytest.raises(DtypeError):
        autograd.broadcast_shapes(1.5)  # type: ignore[arg-type]


def test_a_none_index_takes_a_value_with_more_dimensions_of_length_1() -> None:
    x = autograd.zeros(2, 3)
    x[None] = autograd.ones(1, 1, 2, 3)
    assert x.tolist() == [[1.0] * 3] * 2


def test_limits_of_dtypes_are_equal_for_equal_dtypes() -> None:
    assert autograd.finfo() == autograd.finfo(np.float32) != autograd.finfo(np.float64)
    assert len({autograd.iinfo(np.int8), autograd.iinfo("int8")}) == 1


def test_sizes_of_windows_are_given_for_each_dimension() -> None:
    x = autograd.ones(1, 1, 4, 4)
    for kernel, size in (((1,), 2), ((), 2), (2, (2,))):
        with pytest.raises(ShapeError, match="single int"):
            nn.functional.fractional_max_pool2d(x, kernel, size)
    with pytest.raises(ShapeError, match="overflow"):
        nn.AdaptiveMaxPool1d(2**62)(x[0])
    with pytest.raises(TypeError, match="largest"):
        x.topk(1, True)
    with pytest.raises(IndexError, match="rot90"):
        autograd.rot90(x, 1, (0, -5))
    assert autograd.Tensor([[True]]).dtype == np.float32
    assert autograd.randint(high=3, size=(2,)).shape == (2,)


def test_no_dimension_to_reduce_is_none_for_all_and_any() -> None:
    x = tensor([[True, False], [True, True]])
    for dim in ((), []):
        assert autograd.all(x, dim=dim).tolist() == autograd.any(x, dim=dim).tolist() == x.tolist()  # type: ignore[arg-type]
    assert autograd.masked.amax(tensor(2.0), dim=0, mask=tensor(True)).item() == 2.0


@pytest.mark.parametrize(
    "call",
    [
        lambda x, n: nn.functional.adaptive_max_pool2d(x, n),
        lambda x, n: nn.functional.max_unpool2d(x, autograd.zeros(1, 2, 6, 6, dtype=np.int64), n),
        lambda x, n: nn.functional.conv2d(x, autograd.ones(2, 2, 3, 3), padding=n),
        lambda x, n: x.quantile(0.5, n),
    ],
)
def test_a_float_is_refused_also_after_the_equal_integer(call: Callable[..., Any]) -> None:
    """What is kept for 2 must not serve 2.0."""
    x = autograd.ones(1, 2, 6, 6)
    call(x, 2)
    with pytest.raises(TypeError):
        call(x, 2.0)
