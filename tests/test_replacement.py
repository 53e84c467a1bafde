"""Methods that give a tensor another shape or memory, functions that copy views, and strided tensors: as in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.errors import GraphError, ShapeError


def test_resize_keeps_the_first_elements() -> None:
    x = autograd.arange(6).view(2, 3)
    memory = x.data_ptr()
    assert x.resize_(2, 2) is x
    assert (x.tolist(), x.data_ptr()) == ([[0, 1], [2, 3]], memory)
    assert x.resize_((3, 2)).shape == (3, 2)
    assert x[:2].tolist() == [[0, 1], [2, 3]]
    assert x.resize_as_(autograd.ones(1)).tolist() == [0]


def test_resize_is_refused_where_it_would_be_silently_wrong() -> None:
    base = autograd.zeros(4)
    with pytest.raises(GraphError, match="is a view of another tensor"):
        base[2:].resize_(3)
    with pytest.raises(GraphError, match="require grad"):
        autograd.ones(2, requires_grad=True).resize_(1)
    w, saved = tensor([2.0], requires_grad=True), autograd.ones(1)
    y = w * saved
    saved.resize_(())
    with pytest.raises(GraphError, match="modified by an inplace operation"):
        y.backward()


def test_set_shares_the_memory_of_another_tensor() -> None:
    x, y = autograd.ones(2), autograd.zeros(3)
    x.set_(y)
    x[0] = 5.0
    assert y.tolist() == [5.0, 0.0, 0.0]
    assert x.set_(autograd.arange(4.0), 1, (2,), (2,)).tolist() == [1.0, 3.0]
    assert x.set_().shape == (0,)
    with pytest.raises(TypeError, match="dtypes must be equal"):
        x.set_(autograd.arange(4))
    with pytest.raises(TypeError, match="no storages"):
        x.set_([1.0])
    with pytest.raises(GraphError, match="requires grad"):
        x.set_(autograd.ones(2, requires_grad=True))


def test_numbers_mapped_by_python() -> None:
    x = tensor([1.0, 2.0])
    assert x.map_(tensor(3.0), lambda a, b: a * b).tolist() == [3.0, 6.0]
    assert x.map2_(x, x, lambda a, b, c: a + b * c).tolist() == [12.0, 42.0]
    with pytest.raises(GraphError, match="no gradient"):
        x.map_(autograd.ones(2, requires_grad=True), min)


@pytest.mark.parametrize(
    "name", ["diagonal", "t", "transpose", "permute", "select", "expand", "unsqueeze", "view", "unbind", "split"]
)
def test_copies_of_views(name: str) -> None:
    arguments: dict[str, Any] = {
        "transpose": (0, 1), "permute": ((1, 0),), "select": (0, 1), "expand": ((3, 2, 2),), "unsqueeze": (0,), "view": ((4,),),
        "split": (1,),
    }  # fmt: skip
    x = tensor(np.arange(4.0).reshape(2, 2), requires_grad=True)
    views = getattr(autograd, name)(x, *arguments.get(name, ()))
    copies = getattr(autograd, f"{name}_copy")(x, *arguments.get(name, ()))
    for view, copy in zip(*[(v if isinstance(v, tuple | list) else (v,)) for v in (views, copies)], strict=True):
        assert copy.tolist() == view.tolist()
        assert not np.shares_memory(copy.array, x.array)
        assert not copy._is_view()
        assert copy.grad_fn is not None


def test_a_copy_into_out() -> None:
    out = autograd.empty(2)
    assert autograd.diagonal_copy(autograd.eye(2), out=out) is out
    assert out.tolist() == [1.0, 1.0]


def test_strided_tensors() -> None:
    x = autograd.empty_strided((2, 3), (1, 2))
    assert (x.shape, x.stride()) == ((2, 3), (1, 2))
    assert autograd.ones(1).new_empty_strided((0, 3), (1, 2), dtype=autograd.int64).dtype == autograd.int64
    with pytest.raises(ShapeError, match="mismatch in length"):
        autograd.empty_strided((2, 3), (1,))
    assert tensor([1.0, 2.0, 3.0]).as_strided_((2,), (2,)).tolist() == [1.0, 3.0]


def test_range_includes_its_end() -> None:
    with pytest.warns(UserWarning, match="deprecated"):
        assert autograd.range(0, 1, 0.25).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_gradient_is_a_tuple_and_takes_spacing_by_name() -> None:
    x = tensor([0.0, 1.0, 4.0, 9.0])
    (slope,) = autograd.gradient(x)
    assert slope.tolist() == [1.0, 2.0, 4.0, 5.0]
    assert autograd.gradient(x, spacing=2.0)[0].tolist() == [0.5, 1.0, 2.0, 2.5]
    places = np.array([0.0, 1.0, 3.0, 5.0])
    found = autograd.gradient(x.double(), spacing=(tensor(places),))[0]
    assert found.tolist() == pytest.approx(np.gradient(x.double().numpy(), places).tolist())
    first, second = autograd.gradient(autograd.ones(3, 3), spacing=[1.0, 2.0])
    assert first.shape == second.shape == (3, 3)
    assert np.gradient(x).tolist() == [1.0, 2.0, 4.0, 5.0]


def test_a_leaf_gets_another_memory_under_no_grad():
    x = autograd.ones(3, requires_grad=True)
    edge = autograd.graph.get_gradient_edge(x)
    seen = []
    x.register_hook(lambda g: seen.append(g.tolist()))
    out = x.clone()
    with pytest.raises(GraphError, match="can't change its memory in the graph"):
        x.set_(x.detach()[1:])
    with autograd.no_grad():
        x.set_(x[1:])
    assert x.shape == (2,)
    assert x.requires_grad
    assert x.is_leaf
    (2 * x).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [2, 2]
    assert seen == [[2, 2]]
    with pytest.raises(GraphError, match="not have been used in the graph"):
        autograd.grad(out.sum(), x, retain_graph=True)
    assert autograd.grad(out.sum(), edge)[0].tolist() == [1, 1, 1]
    x.grad = None
    out.sum().backward()
    assert x.grad is None  # the gradient of the old memory does not reach the new one


def test_a_tensor_that_is_resized_goes_on_counting():
    x = autograd.rand(1)
    x.resize_(1, 2)
    assert x._version == 1
    x.resize_(3)
    assert x._version == 2
    x.resize_(3)
    assert x._version == 2
