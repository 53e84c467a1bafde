"""A number goes into a dtype in one step, or is refused: nothing is rounded on the way, and nothing wraps around."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.errors import ArgumentError, DtypeError


def written(value: Any, dtype: Any) -> dict[str, Any]:
    """Every way in which a number gets into a tensor of a dtype."""

    def mask() -> Any:
        return tensor([True, False])

    def empty(*shape: int) -> Any:
        return autograd.zeros(*(shape or (2,)), dtype=dtype)

    def item(index: Any) -> Any:
        x = empty()
        x[index] = value
        return x

    return {
        "full": lambda: autograd.full((2,), value, dtype=dtype),
        "full_like": lambda: autograd.full_like(empty(), value),
        "new_full": lambda: empty().new_full((2,), value),
        "fill_": lambda: empty().fill_(value),
        "copy_": lambda: empty().copy_(value),
        "fill_diagonal_": lambda: empty(2, 2).fill_diagonal_(value)[0],
        "masked_fill": lambda: empty().masked_fill(mask(), value),
        "masked_fill_": lambda: empty().masked_fill_(mask(), value),
        "index_fill": lambda: empty().index_fill(0, tensor([0]), value),
        "scatter": lambda: empty().scatter(0, tensor([0]), value),
        "item": lambda: item(0),
        "slice": lambda: item(slice(0, 1)),
        "mask": lambda: item(mask()),
        "places": lambda: item(tensor([0])),
        "apply_": lambda: empty().apply_(lambda v: value),
    }


WAYS = list(written(0, "float64"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("value", "dtype", "wanted"),
    [
        (0.1, "float64", 0.1), (1e300, "float64", 1e300), (0.1 + 0.2j, "complex128", 0.1 + 0.2j), (2**53 + 1, "int64", 2**53 + 1),
        (2.7, "int64", 2), (-2.7, "int32", -2), (255, "uint8", 255), (-1, "uint8", 255), (0.5, "bool", True), (0.0, "bool", False),
        (float("nan"), "bool", True), (float("inf"), "float32", np.inf), (2 + 0j, "float32", 2.0),
        (np.float64(0.1), "float64", 0.1),
        (np.int64(7), "uint8", 7), (1e-50, "float32", 0.0), (True, "float32", 1.0),
    ],
)  # fmt: skip
def test_a_number_arrives_exactly(way: str, value: Any, dtype: str, wanted: Any) -> None:
    x = written(value, dtype)[way]()
    assert x.dtype == dtype
    assert x.ravel()[0].item() == wanted


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (300, "uint8"), (-256, "uint8"), (255.9, "uint8"), (128, "int8"), (-129, "int8"), (2**31, "int32"), (2.0**63, "int64"),
        (float("nan"), "int64"), (float("inf"), "int32"), (1e300, "float32"), (7e4, "float16"), (-1e300, "complex64"),
        (10**400, "float64"), (10**30, "int64"),
    ],
)  # fmt: skip
def test_a_number_that_does_not_fit_is_refused(way: str, value: Any, dtype: str) -> None:
    with pytest.raises(ArgumentError, match=f"cannot be converted to type {dtype} without overflow"):
        written(value, dtype)[way]()


@pytest.mark.parametrize("way", WAYS)
def test_an_imaginary_part_is_refused(way: str) -> None:
    with pytest.raises(DtypeError, match="complex"):
        written(2j, "float32")[way]()


def test_nothing_has_changed_after_a_refusal() -> None:
    x = autograd.ones(3, dtype="uint8")
    for write in (lambda: x.fill_(300), lambda: x.__setitem__(0, 300), lambda: x.__setitem__(x > 0, -999)):
        with pytest.raises(ArgumentError):
            write()
        assert x.tolist() == [1, 1, 1]
        assert x._version == 0


def test_lists_of_numbers() -> None:
    """What PyTorch makes of them: it refuses what an integer dtype cannot hold, and counts negative numbers from the end."""
    assert tensor([-1, 2.7], dtype="uint8").tolist() == [255, 2]
    assert tensor([1e300]).tolist() == [float("inf")]
    assert tensor(np.array([300]), dtype="uint8").tolist() == [44]  # an array is cast as NumPy and PyTorch cast it
    for data, dtype in (([300], "uint8"), ([1, float("nan")], "int64"), ([2**40], "int32"), (300, "uint8"), ([[1, -300]], "uint8")):
        with pytest.raises(ArgumentError, match="without overflow"):
            tensor(data, dtype=dtype)


def test_tensors_that_are_written_into_another_dtype() -> None:
    x, mask = autograd.zeros(3, dtype="int64"), autograd.zeros(2, dtype="bool")
    x[0] = tensor(2.7)
    x[1:] = tensor([3.9, -1.2])
    mask[0] = 1
    mask[1] = tensor(2.0)
    assert x.tolist() == [2, 3, -1]
    assert mask.tolist() == [True, True]
    with pytest.raises(DtypeError, match="can't be cast"):
        x[tensor([0])] = tensor([2.7])
    with pytest.raises(DtypeError, match="can't be cast"):
        autograd.zeros(2)[0] = tensor(2j)
    wide, w = autograd.zeros(2, dtype="float64"), tensor(2.0, requires_grad=True)
    wide[0] = w
    (wide * 3).sum().backward()
    assert (w.grad.item(), w.grad.dtype) == (3.0, np.float32)


def test_an_unsigned_tensor_and_a_number_that_it_cannot_hold() -> None:
    x = tensor([1, 2], dtype="uint8")
    with pytest.raises((OverflowError, RuntimeError), match="300"):
        x + 300
    assert (x + 2.5).tolist() == [3.5, 4.5]
    assert (x == 300).tolist() == [False, False]
    assert (x < 300).tolist() == [True, True]


def test_infinities_and_nan_come_without_numpys_warnings() -> None:
    """As in PyTorch. A program that asks for all warnings still gets them."""
    program = (
        "import autograd; x = autograd.tensor([0.0, -1.0, 1e38], requires_grad=True);"
        "y = x.log() + 1 / x + x * x * x + x.sqrt() + x.exp() + x.double().square().float() + x.softmax(0);"
        "y.sum().backward(); print(x.grad.isnan().any().item())"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    quiet = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert (quiet.stdout, quiet.stderr) == ("True\n", "")
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        autograd.tensor(0.0).log()
