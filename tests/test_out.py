"""``out=`` of every function: the result goes into the caller's tensor, with PyTorch's rules for shapes, dtypes and gradients."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.engine.op import REGISTRY, Op
from autograd.engine.output import write_out
from autograd.engine.recording import recorded
from autograd.errors import DtypeError, GraphError, ShapeError

A = np.array([[4.0, 1.0], [1.0, 3.0]])


def empty_like_results(results: Any) -> Any:
    if isinstance(results, tuple):
        return tuple(autograd.empty(r.shape, dtype=r.dtype) for r in results)
    return autograd.empty(results.shape, dtype=results.dtype)


def same(found: Any, wanted: Any) -> None:
    for one, other in zip(*[(r if isinstance(r, tuple) else (r,)) for r in (found, wanted)], strict=True):
        np.testing.assert_array_equal(one.array, other.array)


@pytest.mark.parametrize(
    "op",
    [op for op in REGISTRY.values() if op.samples() and "out" not in op.argument_names + tuple(op.defaults)],
    ids=lambda op: op.name,
)
def test_every_op_writes_into_out(op: Op) -> None:
    sample = op.samples()[0]
    call = recorded(op)
    with np.errstate(all="ignore"):
        wanted = call(*sample.inputs, **sample.params)
        out = empty_like_results(wanted)
        found = call(*sample.inputs, **sample.params, out=out)
    assert all(a is b for a, b in zip(found, out, strict=True)) if isinstance(out, tuple) else found is out
    same(found, wanted)


# Functions written in Python, each with a call.
X, Y = tensor(A), tensor(A.T * 2.0)
V, W = tensor([1.0, 2.0]), tensor([3.0, 5.0])
CALLS: dict[str, Any] = {
    "add": lambda **k: autograd.add(X, Y, **k), "sub": lambda **k: autograd.sub(X, Y, alpha=2, **k),
    "div": lambda **k: autograd.div(X, Y, rounding_mode="floor", **k), "cat": lambda **k: autograd.cat([X, Y], 1, **k),
    "mm": lambda **k: autograd.mm(X, Y, **k), "dot": lambda **k: autograd.dot(V, W, **k),
    "outer": lambda **k: autograd.outer(V, W, **k), "addmm": lambda **k: autograd.addmm(X, X, Y, beta=2, **k),
    "std": lambda **k: autograd.std(X, 1, **k), "var": lambda **k: autograd.var(X, **k),
    "norm": lambda **k: autograd.norm(X, **k), "sort": lambda **k: autograd.sort(X, 1, **k),
    "topk": lambda **k: autograd.topk(X, 1, **k), "max": lambda **k: autograd.max(X, 1, **k),
    "cumsum": lambda **k: autograd.cumsum(X, 0, **k), "arange": lambda **k: autograd.arange(5, **k),
    "zeros": lambda **k: autograd.zeros(2, 3, **k), "eye": lambda **k: autograd.eye(2, **k),
    "linspace": lambda **k: autograd.linspace(0, 1, 3, **k), "full": lambda **k: autograd.full((2,), 3.0, **k),
    "index_select": lambda **k: autograd.index_select(X, 0, tensor([1]), **k),
    "round": lambda **k: autograd.round(X, decimals=1, **k), "nonzero": lambda **k: autograd.nonzero(X, **k),
    "quantile": lambda **k: autograd.quantile(X, 0.3, **k), "linalg.solve": lambda **k: autograd.linalg.solve(X, V.double(), **k),
    "linalg.eigh": lambda **k: autograd.linalg.eigh(X, **k), "linalg.qr": lambda **k: autograd.linalg.qr(X, **k),
    "linalg.slogdet": lambda **k: autograd.linalg.slogdet(X, **k),
    "linalg.vector_norm": lambda **k: autograd.linalg.vector_norm(X, **k), "fft.fft": lambda **k: autograd.fft.fft(V, **k),
    "fft.rfft2": lambda **k: autograd.fft.rfft2(X, **k), "special.polygamma": lambda **k: autograd.special.polygamma(1, X, **k),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_functions_written_in_python(name: str) -> None:
    wanted = CALLS[name]()
    out = empty_like_results(wanted)
    found = CALLS[name](out=out)
    assert all(a is b for a, b in zip(found, out, strict=True)) if isinstance(out, tuple) else found is out
    assert type(found) is type(wanted)
    same(found, wanted)
    same(CALLS[name](out=None), wanted)


def test_another_shape_is_resized_as_in_pytorch() -> None:
    out = autograd.empty(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert autograd.exp(V, out=out) is out
    assert out.shape == (2,)
    with pytest.warns(UserWarning, match=r"resized since it had shape \[2\]"):
        autograd.add(X.float(), 1.0, out=out)
    assert out.tolist() == [[5.0, 2.0], [2.0, 4.0]]


def test_what_is_refused_changes_nothing() -> None:
    out, w = autograd.zeros(2, dtype="int64"), tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(DtypeError, match="result type float32 can't be cast to the desired output type int64"):
        autograd.exp(V, out=out)
    for call in (autograd.exp, autograd.sum, autograd.std):
        with pytest.raises(GraphError, match="don't support automatic differentiation"):
            call(w, out=autograd.zeros(2))
    with pytest.raises(GraphError, match="don't support automatic differentiation"):
        autograd.exp(V, out=w)
    with pytest.raises(TypeError, match="'out' must be a Tensor"):
        autograd.exp(V, out=np.zeros(2))
    with pytest.raises(TypeError, match="tuple of 2 tensors"):
        autograd.sort(V, out=out)
    assert out.tolist() == [0, 0]
    assert w.tolist() == [1, 2]
    with autograd.no_grad():
        assert autograd.mul(w, 2.0, out=w) is w
    assert w.tolist() == [2, 4]


def test_a_write_through_out_is_seen_by_backward() -> None:
    w = tensor([1.0, 2.0], requires_grad=True)
    factor = tensor([3.0, 4.0])
    y = (w * factor).sum()
    autograd.exp(V, out=factor)
    with pytest.raises(GraphError, match="modified by an inplace operation"):
        y.backward()


def test_out_may_be_an_operand() -> None:
    x = tensor([1.0, 2.0])
    autograd.add(x, x, out=x)
    autograd.cumsum(x, 0, out=x)
    assert x.tolist() == [2, 6]


def test_names_of_results_stay() -> None:
    values, indices = autograd.empty(0), autograd.empty(0, dtype="int64")
    found = autograd.topk(W, 1, out=(values, indices))
    assert found.values is values
    assert found.indices is indices
    assert write_out((values, indices), (V, tensor([0, 1])), "pair") == (values, indices)


def test_numbers_in_order_fill_an_out_of_any_shape() -> None:
    x = autograd.zeros(2, 3)
    autograd.arange(0, 4, out=x.narrow(1, 1, 2))
    assert x.tolist() == [[0.0, 0.0, 1.0], [0.0, 2.0, 3.0]]
    autograd.linspace(0, 6, 4, out=x[:, :2])
    assert x.tolist() == [[0.0, 2.0, 1.0], [4.0, 6.0, 3.0]]


def test_a_view_is_resized_within_the_memory_of_its_base() -> None:
    x = autograd.zeros(6)
    part = x[1:3]
    with pytest.warns(UserWarning, match="was resized"):
        assert autograd.add(autograd.ones(4), 1, out=part) is part
    assert part.tolist() == [2, 2, 2, 2]
    assert x.tolist() == [0, 2, 2, 2, 2, 0]
    w = autograd.tensor([3.0], requires_grad=True)  # and it is still a view: what is written into it reaches the base's graph
    part.mul_(w)
    (x * autograd.arange(6.0)).sum().backward()
    assert w.grad.tolist() == [2.0 * (1 + 2 + 3 + 4)]


def test_a_view_without_room_is_not_resized() -> None:
    x = autograd.zeros(6)
    with pytest.warns(UserWarning, match="was resized"), pytest.raises(ShapeError, match="is a view of another tensor"):
        autograd.add(autograd.ones(6), 1, out=x[1:3])
    assert not x.any()


@pytest.mark.parametrize("write", [
    lambda x: autograd.add(x[:4], 1, out=x[1:5]),
    lambda x: autograd.addcmul(x[:4], x[:4], x[1:5], out=x[1:5]),
    lambda x: autograd.sigmoid(x[:4].view(2, 2), out=x[:4].view(2, 2).t()),
    lambda x: x[1:].copy_(x[:-1]),
    lambda x: x[1:].add_(x[:-1]),
    lambda x: x[:4].view(2, 2).mul_(x[:4].view(2, 2).t()),
    lambda x: x.index_add_(0, autograd.tensor([1, 0]), x[:2]),
    lambda x: x.scatter_(0, autograd.tensor([1, 0]), x),
    lambda x: x.put_(autograd.tensor([1, 0]), x[:2]),
    lambda x: x.index_put_((autograd.tensor([1, 0]),), x[:2]),
])  # fmt: skip
def test_what_is_written_overlaps_nothing_that_is_read(write: Callable[[autograd.Tensor], autograd.Tensor]) -> None:
    x = autograd.arange(6.0)
    with pytest.raises(GraphError, match="refer to a single memory location"):
        write(x)
    assert x.tolist() == [0, 1, 2, 3, 4, 5]


def test_the_very_memory_that_is_read_can_be_written() -> None:
    x = autograd.arange(6.0)
    autograd.add(x, x, out=x)
    assert x.add_(x).copy_(x).tolist() == [0, 4, 8, 12, 16, 20]
    x[::2].add_(x[1::2])  # neighbours that interleave
    assert x.tolist() == [4, 4, 20, 12, 36, 20]


@pytest.mark.parametrize("name", ["rand", "randn"])
def test_random_numbers_have_the_dtype_of_out(name: str) -> None:
    autograd.manual_seed(1)
    out = getattr(autograd, name)(3, out=autograd.empty(0, dtype=autograd.complex128))
    autograd.manual_seed(1)
    assert out.tolist() == getattr(autograd, name)(3, dtype=autograd.complex128).tolist()
    assert out.imag.all()


def test_numbers_are_computed_in_the_dtype_of_out() -> None:
    assert (autograd.arange(0, 1, 0.1, out=autograd.empty(0, dtype=autograd.float64)).numpy() == np.arange(0, 1, 0.1)).all()
