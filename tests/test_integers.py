"""Where an integer is needed, a float is refused: for every parameter of every op and function that is an integer by its type."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autograd
import nn.functional as F
from autograd.engine.op import REGISTRY
from autograd.engine.recording import recorded
from autograd.engine.values.integers import integer_parameters


def with_floats(value: Any) -> Iterator[Any]:
    """The value with a float in place of its (first) integer: once a whole number, once not."""
    if type(value) is int:
        yield from (float(value), value + 0.5)
    elif isinstance(value, tuple | list) and value and type(value[0]) is int:
        yield from (type(value)([first, *value[1:]]) for first in (float(value[0]), value[0] + 0.5))


def test_every_op_refuses_floats_for_integers() -> None:
    tried = 0
    for name, op in REGISTRY.items():
        for sample in op.samples():
            for key in integer_parameters(name, list(op.defaults)):
                for wrong in with_floats(sample.params.get(key)):
                    tried += 1
                    with pytest.raises(TypeError, match=key):
                        recorded(op)(*sample.inputs, **{**sample.params, key: wrong})
    assert tried > 1000


X = autograd.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 10.0]])
CALLS: dict[str, tuple[Callable[..., Any], Any]] = {
    "topk": (lambda k: X.topk(k), 1),
    "select": (lambda index: X.select(0, index), 1),
    "narrow": (lambda start: X.narrow(0, start, 1), 1),
    "roll": (lambda shifts: X.roll(shifts), 1),
    "tril": (lambda diagonal: X.tril(diagonal), 1),
    "cumsum": (lambda dim: X.cumsum(dim), 1),
    "sum": (lambda dim: X.sum(dim), 1),
    "max": (lambda dim: X.max(dim), 1),
    "one_hot": (lambda n: F.one_hot(autograd.tensor([1]), n), 2),
    "pad": (lambda width: F.pad(X, width), (1, 0)),
    "matrix_power": (autograd.matrix_power.__get__(X), 2),
    "vander": (lambda n: autograd.vander(X[0], n), 2),
    "fft": (lambda n: autograd.fft.fft(X, n), 2),
    "rot90": (lambda k: autograd.rot90(X, k), 1),
    "histogram": (lambda bins: autograd.histogram(X, bins), 2),
    "as_strided": (lambda offset: X.as_strided((2,), (1,), offset), 1),
    "select_scatter": (lambda index: X.select_scatter(X[0], 0, index), 1),
    "polygamma": (lambda n: autograd.polygamma(n, X), 1),
    "local_response_norm": (lambda size: F.local_response_norm(X[None], size), 2),
}


@pytest.mark.parametrize("name", CALLS)
def test_functions_refuse_floats_for_integers(name: str) -> None:
    call, right = CALLS[name]
    call(right)
    for wrong in with_floats(right):
        with pytest.raises(TypeError):
            call(wrong)


def test_tensors_of_one_integer_are_integers() -> None:
    one = autograd.tensor(1)
    assert X.sum(one).tolist() == X.sum(1).tolist()
    assert X.select(0, one).tolist() == X[1].tolist()
    assert X.roll(one).tolist() == X.roll(1).tolist()


def test_the_signatures_say_integer_where_floats_are_refused() -> None:
    assert "int" in str(inspect.signature(autograd.roll).parameters["shifts"])


@pytest.mark.parametrize("dtype", [autograd.uint8, autograd.uint16, autograd.uint32])
def test_sums_and_products_of_small_unsigned_numbers_are_int64(dtype: Any) -> None:
    x = autograd.tensor([1, 2, 3], dtype=dtype)
    for y in (x.sum(), x.sum(0), x.prod(), x.cumsum(0), x.cumprod(0)):
        assert y.dtype == autograd.int64
    assert (x.sum() - 7).item() == -1  # in NumPy's uint64 it would be 18446744073709551615
