"""Parts of a tensor: replaced by name, shown by strides, put by place, and reductions into places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd.errors import ArgumentError, DtypeError, RangeError, ShapeError


def real(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def leaf(*shape: int, seed: int = 0) -> Any:
    return autograd.tensor(real(*shape, seed=seed), requires_grad=True)


# A function that replaces a part, and the same as an assignment to a copy.
REPLACED: list[tuple[Callable[..., Any], Callable[[Any], Any], tuple[int, ...]]] = [
    (lambda x, v: x.select_scatter(v, 0, 1), lambda y: y[1], (4,)),
    (lambda x, v: x.select_scatter(v, -1, -2), lambda y: y[:, -2], (3,)),
    (lambda x, v: x.slice_scatter(v), lambda y: y, (3, 4)),
    (lambda x, v: x.slice_scatter(v, 1, -3, 100, 2), lambda y: y[:, -3:100:2], (3, 2)),
    (lambda x, v: x.diagonal_scatter(v, 1), lambda y: y.diagonal(1), (3,)),
    (lambda x, v: x.diagonal_scatter(v, -1, dim1=1, dim2=0), lambda y: y.diagonal(-1, 1, 0), (3,)),
    (lambda x, v: x.as_strided_scatter(v, (2, 2), (4, 2), 1), lambda y: y[:2, 1::2], (2, 2)),
    (lambda x, v: x.t().slice_scatter(v, 0, 1, 2), lambda y: y.t()[1:2], (1, 3)),
]


@pytest.mark.parametrize(("function", "part", "shape"), REPLACED)
def test_a_part_is_replaced_and_gradients_follow(function: Any, part: Any, shape: tuple[int, ...]) -> None:
    x, v = leaf(3, 4), leaf(*shape, seed=1)
    copy = x.clone()
    part(copy)[...] = v
    y = function(x, v)
    copy = copy if y.shape == copy.shape else copy.t()
    np.testing.assert_array_equal(y.detach().numpy(), copy.detach().numpy())
    seed = autograd.tensor(real(*y.shape, seed=2))
    for found, expected in zip(autograd.grad((y * seed).sum(), (x, v)), autograd.grad((copy * seed).sum(), (x, v)), strict=True):
        np.testing.assert_array_equal(found.numpy(), expected.numpy())
    assert autograd.gradcheck(function, (x, v))
    assert autograd.gradgradcheck(lambda x, v: function(x, v).sin(), (x, v))


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda x: x.select_scatter(autograd.ones(3), 0, 1), ShapeError, r"select_scatter: .*\[3\] does not replace float32\[4\]"),
        (lambda x: x.select_scatter(autograd.ones(4), 0, 3), IndexError, r"select_scatter: index 3.*dimension 0"),
        (lambda x: x.slice_scatter(autograd.ones(3, 3), 1, 0, 2), ShapeError, r"slice_scatter: .*float32\[3, 2\]"),
        (lambda x: x.slice_scatter(autograd.ones(3, 3), step=0), ArgumentError, "step must be positive"),
        (lambda x: x.diagonal_scatter(autograd.ones(1)), ShapeError, "diagonal_scatter"),
        (lambda x: x.diagonal_scatter(autograd.ones(3).cfloat()), DtypeError, "take .real first"),
        (lambda x: x.as_strided_scatter(autograd.ones(2, 2), (2, 2), (1, 1)), ShapeError, "name an element twice"),
        (lambda x: x.t().as_strided_scatter(autograd.ones(2), (2,), (1,)), ShapeError, r"row by row: call \.contiguous\(\) first"),
        (lambda x: x.t().as_strided((2,), (1,)), ShapeError, r"strides \(1, 4\).*call \.contiguous\(\) first"),
        (lambda x: x.as_strided((2, 2), (12, 1)), ShapeError, "out of bounds for 12 elements"),
        (lambda x: x[1:].as_strided((2,), (1,), 3), ShapeError, "out of bounds"),
        (lambda x: x.put([0], autograd.ones(2)), IndexError, "same number of elements, but got 2 and 1"),
        (lambda x: x.put([12], autograd.ones(1)), IndexError, "from 12 to 12, in a tensor of 12"),
        (lambda x: x.put([0], autograd.ones(1, dtype=autograd.float64)), DtypeError, "put: expected src of the input's dtype"),
        (lambda x: x.index_reduce(0, [0], autograd.ones(1, 4), "sum"), ArgumentError, "prod, mean, amax or amin"),
        (lambda x: x.index_reduce(0, [3], autograd.ones(1, 4), "mean"), IndexError, "3"),
        (lambda x: x.narrow_copy(0, 2, 2), RangeError, "exceeds dimension size"),
        (lambda x: x.sum_to_size(2, 4), ShapeError, r"size \[2, 4\] is not expandable to size \[3, 4\]"),
        (lambda x: x.sum_to_size(1, 3, 4), ShapeError, "not expandable"),
        (lambda x: autograd.fill(x, autograd.ones(1)), ShapeError, "0-dimension"),
        (lambda x: autograd.fill(x, 1j), DtypeError, "complex"),
        (lambda x: autograd.combinations(x), ShapeError, "a vector"),
        (lambda x: autograd.combinations(x[0], -1), ArgumentError, "non-negative"),
        (lambda x: autograd.block_diag(x, autograd.ones(1, 1, 1)), ShapeError, "input 1 is"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, error: type[Exception], match: str) -> None:
    x = autograd.zeros(3, 4)
    with pytest.raises(error, match=match):
        call(x)
    assert not x.numpy().any()


def test_strides_name_elements_of_the_memory() -> None:
    x = autograd.arange(12).reshape(3, 4)
    assert x.as_strided((2, 3), (4, 1), 1).tolist() == [[1, 2, 3], [5, 6, 7]]
    assert x[1:].as_strided((2,), (4,)).tolist() == [4, 8]
    assert x[1:].as_strided((2,), (3,), x[1:].storage_offset() + 1).tolist() == [5, 8]
    assert x.as_strided((0, 2), (1, 1)).shape == (0, 2)
    assert x.as_strided((), (), 5).item() == 5
    window = x.as_strided((2, 2), (4, 1))
    window += 100
    assert x[0].tolist() == [100, 101, 2, 3]


def test_windows_that_overlap_sum_their_gradients_and_are_not_written() -> None:
    x = leaf(5)
    windows = (x * 1.0).as_strided((3, 3), (1, 1))
    windows.sum().backward()
    assert x.grad.tolist() == [1, 2, 3, 2, 1]
    with pytest.raises(RuntimeError, match="read-only"):
        (x * 1.0).as_strided((3, 3), (1, 1)).mul_(2.0)


def test_a_write_through_strides_is_seen_and_has_a_gradient() -> None:
    x, v = leaf(6), leaf(2, 2, seed=1)

    def run(x: Any, v: Any) -> Any:
        y = x * 2.0
        part = y[1:].as_strided((2, 2), (3, 1))
        part.mul_(v)
        return y

    assert run(x, v)[1].item() == pytest.approx(2 * real(6)[1] * real(2, 2, seed=1)[0, 0])
    assert autograd.gradcheck(run, (x, v))


def test_put_counts_places_of_the_flattened_input() -> None:
    x, v = leaf(3, 4), leaf(2, 2, seed=1)
    places = autograd.tensor([[0, -1], [0, 5]])
    expected = real(3, 4)
    np.add.at(expected.reshape(-1), places.numpy().ravel(), real(2, 2, seed=1).ravel())
    np.testing.assert_allclose(x.put(places, v, accumulate=True).detach().numpy(), expected)
    written = real(3, 4)
    np.put(written, places.numpy(), real(2, 2, seed=1))
    np.testing.assert_array_equal(x.put(places, v).detach().numpy(), written)
    assert autograd.gradcheck(lambda x, v: x.put(places, v), (x, v))
    assert autograd.gradcheck(lambda x, v: x.t().put(places, v, True), (x, v))


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_numpys_put(mode: str) -> None:
    x, plain = autograd.tensor(real(3, 4)), real(3, 4)
    places, values = ([0, 3, 11], [1.0, 2.0]) if mode == "raise" else ([0, -5, 13], [1.0, 2.0])
    np.put(x, places, values, mode)
    np.put(plain, places, values, mode)
    np.testing.assert_array_equal(x.numpy(), plain)
    np.put(x, [], [], mode)
    np.testing.assert_array_equal(x.numpy(), plain)
    v = leaf(2)
    np.put(x, [0, 1, 2], v)
    x.sum().backward()
    assert v.grad.tolist() == [2, 1]


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reduce", ["prod", "mean", "amax", "amin"])
def test_slices_are_reduced_into_places(reduce: str, include_self: bool) -> None:
    x, source, index = leaf(3, 2), leaf(4, 2, seed=1), [0, 2, 0, 0]
    expected = real(3, 2)
    function: Any = {"prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}[reduce]
    for place in set(index):
        rows = [real(4, 2, seed=1)[k] for k, i in enumerate(index) if i == place] + [real(3, 2)[place]] * include_self
        expected[place] = function(np.stack(rows), axis=0)

    def run(x: Any, source: Any) -> Any:
        return autograd.index_reduce(x, 0, index, source, reduce, include_self=include_self)

    np.testing.assert_allclose(run(x, source).detach().numpy(), expected)
    assert autograd.gradcheck(run, (x, source))
    y = autograd.tensor(real(2, 3))
    assert y.index_reduce_(1, index, source.detach().t(), reduce, include_self=include_self) is y
    whole = autograd.tensor([5, 1]).index_reduce(0, [0, 0], autograd.tensor([2, 4]), reduce, include_self=include_self)
    assert whole.dtype == np.int64
    wanted = {"prod": (8, 40), "mean": (3, 11 // 3), "amax": (4, 5), "amin": (2, 2)}
    assert whole.tolist() == [wanted[reduce][include_self], 1]


def test_broadcasting_is_undone() -> None:
    x = leaf(2, 3, 4)
    for shape in ((2, 3, 4), (3, 1), (1, 1, 1), (), (4,)):
        y = x.sum_to_size(shape)
        assert y.shape == shape
        back = autograd.tensor(real(*shape, seed=1))
        # <sum_to(x), b> = <x, expand(b)>
        np.testing.assert_allclose((y * back).sum().item(), (x * back.expand(2, 3, 4)).sum().item())
        (g,) = autograd.grad((y * back).sum(), x)
        np.testing.assert_allclose(g.numpy(), np.broadcast_to(back.numpy(), (2, 3, 4)))
    assert x.sum_to_size(2, 3, 4) is x


def test_one_value_everywhere() -> None:
    x, value = leaf(2, 3), leaf()
    y = autograd.fill(x, value)
    assert (y == value).all()
    gx, gv = autograd.grad(y.sum(), (x, value))
    assert gv.item() == 6
    assert not gx.numpy().any()
    assert autograd.fill(autograd.tensor([1, 2]), 2.7).tolist() == [2, 2]


def test_matrices_along_a_diagonal_and_choices_of_elements() -> None:
    from scipy.linalg import block_diag

    blocks = [leaf(2, 3), leaf(2, seed=1), leaf(seed=2), leaf(0, 2, seed=3)]
    plain = [np.atleast_2d(b.detach().numpy()) for b in blocks]
    np.testing.assert_array_equal(autograd.block_diag(*blocks).detach().numpy(), block_diag(*plain))
    assert autograd.gradcheck(autograd.block_diag, blocks[:3])
    assert autograd.block_diag().shape == (1, 0)
    x = leaf(4)
    assert autograd.combinations(x, 3).shape == (4, 3)
    assert autograd.combinations(x, 3, with_replacement=True).shape == (20, 3)
    assert autograd.combinations(x, 0).shape == (0,)
    assert autograd.combinations(x, 5).shape == (0, 5)
    assert autograd.gradcheck(lambda x: autograd.combinations(x, 2, True), x)
    assert autograd.grad(x.narrow_copy(0, 1, 2).sum(), x)[0].tolist() == [0, 1, 1, 0]
