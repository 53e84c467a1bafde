"""Indices by PyTorch's rules: 0-d integers give views, uint8 is a mask, and lists may be tuples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.errors import ShapeError

A = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    "make", [lambda i: tensor(i), lambda i: np.array(i), lambda i: np.int64(i), lambda i: tensor([i]).argmax() + i]
)
def test_an_index_of_one_integer_gives_a_view(make: Any) -> None:
    a = tensor(A)
    a[make(1)].add_(100.0)
    a[make(2), make(3)].mul_(0.0)
    a[:, make(0)].sub_(1.0)
    wanted = A.copy()
    wanted[1] += 100
    wanted[2, 3] = 0
    wanted[:, 0] -= 1
    assert np.array_equal(a.numpy(), wanted)


def test_what_argmax_found_is_written() -> None:
    x = tensor([1.0, 3.0, 2.0])
    x[x.argmax()] += 1
    x[x.argmin()].add_(5)
    assert x.tolist() == [6.0, 4.0, 2.0]


def test_a_gradient_follows_a_write_through_such_a_view() -> None:
    w = tensor([1.0, 2.0], requires_grad=True)
    y = w * 1
    y[tensor(1)].mul_(5)
    y.sum().backward()
    assert w.grad.tolist() == [1, 5]


@pytest.mark.parametrize("make", [tensor, np.array])
def test_bytes_are_a_mask(make: Any) -> None:
    x = tensor([10.0, 20.0, 30.0])
    mask = make(np.array([1, 0, 1], np.uint8))
    assert x[mask].tolist() == [10, 30]
    assert x[make(np.array(1, np.uint8))].shape == (1, 3)
    x[mask] = 0
    assert x.tolist() == [0, 20, 0]
    assert x.index_put((tensor(np.array([0, 1, 0], np.uint8)),), tensor(7.0)).tolist() == [0, 7, 0]
    assert x[np.uint8(1)].item() == 20


@pytest.mark.parametrize(
    ("index", "wanted"),
    [
        ([[1, 2], [0, 1]], A[[1, 2], [0, 1]]), (([1, 2], [0, 1]), A[[1, 2], [0, 1]]), ([[0, 1]], A[[0, 1]]), ([1], A[[1]]),
        ([slice(0, 1), 1], A[0:1, 1]), ([None, 1], A[None, 1]), ([True, False, True], A[[0, 2]]),
        ([[True, False, True]], A[[0, 2]]),
        ([], A[:0]), ([tensor([0, 1]), tensor([0, 1])], A[[0, 1], [0, 1]]), ([..., 0], A[..., 0]),
        ((Ellipsis, [0, 2]), A[:, [0, 2]]),
        ([[[0, 1]]], A[[[0, 1]]]),
    ],
)  # fmt: skip
def test_lists(index: Any, wanted: np.ndarray) -> None:
    assert np.array_equal(tensor(A)[index].numpy(), wanted)
    x = tensor(A)
    x[index] = -1.0
    assert int((x == -1).sum()) == wanted.size


def test_leading_ones_of_a_value() -> None:
    x = autograd.zeros(3, 4)
    x[0] = autograd.ones(1, 1, 4)
    x[[1, 2]] = autograd.full((1, 2, 4), 2.0)
    assert x.sum().item() == 4 + 16
    x[x > 1] = autograd.ones(1, 8)
    assert x.sum().item() == 12
    x[0, 0] = tensor([[9.0]])
    assert x[0, 0].item() == 9
    w = tensor([[1.0, 2.0, 3.0, 4.0]], requires_grad=True)
    y = autograd.zeros(3, 4)
    y[1] = w
    (y * y).sum().backward()
    assert w.grad.tolist() == [[2, 4, 6, 8]]
    with pytest.raises(ShapeError, match="does not fit"):
        x[0] = autograd.ones(2, 4)
    with pytest.raises(ShapeError, match="does not fit"):
        x.copy_(autograd.ones(1, 3, 4))


def test_reversed_is_the_first_dimension() -> None:
    assert [row.tolist() for row in reversed(tensor([[1, 2], [3, 4]]))] == [[3, 4], [1, 2]]
    x = tensor(3)
    assert reversed(x) is x


# What shares memory with its tensor in PyTorch, and what does not: each of real numbers.
VIEWS = [
    lambda x: x.H, lambda x: x.T, lambda x: x.mT, lambda x: x.mH, lambda x: x.adjoint(), lambda x: x.t(), lambda x: x.real,
    lambda x: x.conj(), lambda x: x.resolve_conj(), lambda x: x[0], lambda x: x[:, 1:], lambda x: x.view(-1),
    lambda x: x.reshape(-1), lambda x: x.ravel(), lambda x: x.flatten(), lambda x: x.squeeze(), lambda x: x.unsqueeze(0),
    lambda x: x.expand(2, 2, 2), lambda x: x.permute(1, 0), lambda x: x.movedim(0, 1), lambda x: x.swapaxes(0, 1),
    lambda x: x.diagonal(), lambda x: x.narrow(0, 0, 1), lambda x: x.select(0, 1), lambda x: x.unbind()[0],
    lambda x: x.split(1)[1], lambda x: x.chunk(2)[0], lambda x: x.tensor_split(2)[0], lambda x: x.hsplit(2)[0],
    lambda x: x.vsplit(2)[0], lambda x: x.unfold(0, 1, 1), lambda x: x.unflatten(0, (1, 2)), lambda x: x.detach(),
    lambda x: x.data, lambda x: x.contiguous(), lambda x: x.to("float32"), lambda x: x.float(), lambda x: x.cpu(),
    lambda x: x.view_as(x), lambda x: x.reshape_as(x), lambda x: x.expand_as(x), lambda x: x.broadcast_to(1, 2, 2), lambda x: +x,
    lambda x: x.positive(), lambda x: autograd.atleast_3d(x), lambda x: autograd.asarray(x), lambda x: x.as_strided((2,), (1,)),
    lambda x: x.type_as(x), lambda x: x.conj_physical(),
]  # fmt: skip
COPIES = [
    lambda x: x.clone(), lambda x: x[[0, 1]], lambda x: x[x > 0], lambda x: x.flip(0), lambda x: x.fliplr(), lambda x: x.flipud(),
    lambda x: x.rot90(), lambda x: x.roll(1), lambda x: x.repeat(1, 1), lambda x: x.tile(1), lambda x: x.tril(),
    lambda x: x.abs(), lambda x: x.index_select(0, tensor([0])), lambda x: x.take(tensor([0])), lambda x: x.diag(),
    lambda x: x.sum_to_size(1, 2), lambda x: x.narrow_copy(0, 0, 1), lambda x: x.to("float32", copy=True), lambda x: x.double(),
    lambda x: x.sum(()), lambda x: x.round(), lambda x: x.repeat_interleave(1), lambda x: x.diag_embed(),
    lambda x: autograd.tensor(x), lambda x: x.cumsum(0)[:1],
]  # fmt: skip


@pytest.mark.parametrize("i", range(len(VIEWS)))
def test_views_share_memory_as_in_pytorch(i: int) -> None:
    x = tensor([[1.0, 2.0], [3.0, 4.0]])
    assert np.shares_memory(VIEWS[i](x).array, x.array)


@pytest.mark.parametrize("i", range(len(COPIES)))
def test_copies_do_not(i: int) -> None:
    x = tensor([[1.0, 2.0], [3.0, 4.0]])
    assert not np.shares_memory(COPIES[i](x).array, x.array)


def test_a_write_into_the_adjoint_of_a_real_matrix() -> None:
    x = tensor([[1.0, 2.0], [3.0, 4.0]])
    x.H[0, 1] = 30.0
    x.mH.mul_(2)
    x.adjoint()[0, 0] = 9.0
    assert x.tolist() == [[9, 4], [60, 8]]


def test_parts_can_be_assigned() -> None:
    z = autograd.zeros(2, dtype="complex64")
    z.real = 3
    z.imag = tensor([1.0, 2.0])
    assert z.tolist() == [3 + 1j, 3 + 2j]
    r = autograd.zeros(2)
    r.real = 3
    assert r.tolist() == [3, 3]
    with pytest.raises(RuntimeError, match="imag"):
        r.imag = 3
    w = tensor([1.0, 2.0], requires_grad=True)
    z = autograd.zeros(2, dtype="complex64")
    z.imag = w
    (z.abs() ** 2).sum().backward()
    assert w.grad.tolist() == [2, 4]
