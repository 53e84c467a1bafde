"""``torch.testing``: what a program's own tests compare tensors with. Nothing here proves an op."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .engine.graph import AnyTensor, make
from .engine.values.dtypes import to_dtype
from .errors import ArgumentError
from .functions.random import default_generator
from .types import Device, DType, Tensor, Tree

# rtol and atol by the size of a floating number in bytes; of complex numbers, of one part. Integers must be equal.
_TOLERANCES = {2: (1e-3, 1e-5), 4: (1.3e-6, 1e-5), 8: (1e-7, 1e-7)}


def assert_close(
    actual: Tree,
    expected: Tree,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise unless two values are close: numbers, arrays, tensors, or lists, tuples and dictionaries of them.

    Formula: |actual - expected| <= atol + rtol |expected|

    Args:
        actual, expected: trees of one structure.
        rtol, atol: both or neither. By default 1.3e-6 and 1e-5 for float32, 1e-7 and 1e-7 for float64 and Python's numbers, 1e-3
            and 1e-5 for float16, and 0 for integers; of two dtypes the larger ones.
        equal_nan: take nan for equal to nan.
        check_dtype: the dtypes must be equal. check_stride: the strides, too.
        msg: the error's text, or a function of the text that makes another.
        allow_subclasses, check_device, check_layout: taken; there is one class, one device and one layout.

    Raises:
        AssertionError: they are not close; it names the largest difference, and where in a tree it is. TypeError: a value that is
            none of these. ArgumentError: one tolerance without the other.

    Example:
        >>> import autograd
        >>> from autograd.assertions import assert_close
        >>> assert_close(autograd.tensor([1.0, 2.0]), autograd.tensor([1.0, 2.000001]))
    """
    if (rtol is None) != (atol is None):
        raise ArgumentError("assert_close: rtol and atol must both be given, or neither")
    tolerances = None if rtol is None or atol is None else (rtol, atol)
    fault = _fault(actual, expected, "", tolerances, equal_nan, check_dtype, check_stride)
    if fault:
        raise AssertionError(fault if msg is None else msg if isinstance(msg, str) else msg(fault))


def _fault(a: Any, b: Any, place: str, tolerances: Any, equal_nan: bool, check_dtype: bool, check_stride: bool) -> str:
    """How two values differ, or ""."""
    where = f"\n\nThe failure occurred for item {place}" if place else ""
    if a is None or b is None:
        return "" if a is b else f"None mismatch: {a!r} is not {b!r}{where}"
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if a.keys() != b.keys():
            return f"The keys of the mappings do not match: {sorted(a, key=str)} and {sorted(b, key=str)}{where}"
        items = [(key, a[key], b[key]) for key in a]
    elif _is_sequence(a) and _is_sequence(b):
        if len(a) != len(b):
            return f"The length of the sequences mismatch: {len(a)} != {len(b)}{where}"
        items = [(i, x, y) for i, (x, y) in enumerate(zip(a, b, strict=True))]
    else:
        fault = _difference(a, b, tolerances, equal_nan, check_dtype, check_stride)
        return fault + where if fault else ""
    for key, x, y in items:
        fault = _fault(x, y, f"{place}[{key!r}]", tolerances, equal_nan, check_dtype, check_stride)
        if fault:
            return fault
    return ""


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _difference(a: Any, b: Any, tolerances: Any, equal_nan: bool, check_dtype: bool, check_stride: bool) -> str:
    kinds = (AnyTensor, np.ndarray, np.generic, bool, int, float, complex)
    for value in (a, b):
        if not isinstance(value, kinds):
            raise TypeError(f"assert_close compares tensors, arrays and numbers, not {type(value).__name__}")
    numbers = not any(isinstance(value, AnyTensor | np.ndarray) for value in (a, b))
    x, y = (np.asarray(value.array if isinstance(value, AnyTensor) else value) for value in (a, b))
    if x.shape != y.shape:
        return f"The values for attribute 'shape' do not match: {x.shape} != {y.shape}"
    if check_dtype and x.dtype != y.dtype:
        return f"The values for attribute 'dtype' do not match: {x.dtype} != {y.dtype}"
    if check_stride and x.strides != y.strides:
        return f"The values for attribute 'stride()' do not match: {x.strides} != {y.strides} (in bytes)"
    rtol, atol = tolerances or np.max([_of_dtype(x.dtype), _of_dtype(y.dtype)], axis=0).tolist()
    exact = x.dtype.kind in "biu" and y.dtype.kind in "biu" and not (rtol or atol)
    wide = np.dtype(object) if exact else np.result_type(x, y, np.float64)
    x, y = x.astype(wide), y.astype(wide)
    with np.errstate(all="ignore"):
        distance = np.abs(x - y)
        close = np.asarray(x == y, bool) if exact else np.isclose(x, y, rtol, atol, equal_nan)
        if np.all(close):
            return ""
        relative = np.asarray(distance / np.where(y == 0, np.nan, y), float if exact else None)
    kind = "close" if atol or rtol else "equal"
    if numbers or not x.ndim:
        return f"Scalars are not {kind}!\n\nExpected {b!r} but got {a!r}: they differ by {distance} (rtol={rtol}, atol={atol})"
    apart = np.where(close, -1.0, np.nan_to_num(np.asarray(distance, float), nan=np.inf))
    index = tuple([int(i) for i in np.unravel_index(np.argmax(apart), apart.shape)])
    count = int(np.sum(~close))
    return (
        f"Tensor-likes are not {kind}!\n\nMismatched elements: {count} / {x.size} ({count / x.size:.1%})\n"
        f"Greatest absolute difference: {distance[index]} at index {index}, where {a[index]} was to be {b[index]} (atol={atol})\n"
        f"Relative difference there: {np.abs(relative[index])} (rtol={rtol})"
    )


def _of_dtype(dtype: np.dtype[Any]) -> tuple[float, float]:
    if dtype.kind not in "fc":
        return 0.0, 0.0
    return _TOLERANCES[min(8, dtype.itemsize // (2 if dtype.kind == "c" else 1))]


def make_tensor(
    *shape: Any,
    dtype: DType,
    device: Device = "cpu",
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor of random numbers for a test, uniform in [low, high).

    Args:
        shape: the lengths. dtype: of the numbers. low, high: by default -9 and 9, 0 and 10 for uint8; of bool both values.
        requires_grad: of the tensor. noncontiguous: with a gap after each element of the last dimension.
        exclude_zero: a number that is 0 becomes 1. device, memory_format: taken; there is one.

    Raises:
        ArgumentError: low >= high.

    Example:
        >>> import autograd
        >>> from autograd.assertions import make_tensor
        >>> x = make_tensor(2, 3, dtype=autograd.float32, low=0, high=1)
        >>> x.shape, bool((x >= 0).all() and (x < 1).all())
        ((2, 3), True)
    """
    lengths = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
    kind = to_dtype(dtype)
    if kind.kind == "b":
        low, high = (0, 2) if low is None or high is None else (low, high)
    low = (0 if kind.kind == "u" else -9) if low is None else low
    high = (10 if kind.kind in "iu" else 9) if high is None else high
    if low >= high:
        raise ArgumentError(f"make_tensor: low must be smaller than high, not {low} and {high}")
    size = (*lengths[:-1], 2 * lengths[-1]) if noncontiguous and lengths else lengths
    draw = default_generator.numpy
    if kind.kind in "biu":
        array = draw.integers(int(low), int(high), size).astype(kind)
    else:
        array = draw.uniform(low, high, size).astype(kind)
        if kind.kind == "c":
            array = (array + 1j * draw.uniform(low, high, size)).astype(kind)
    array = np.asarray(array)[..., ::2] if noncontiguous and lengths else np.asarray(array)
    if exclude_zero:
        array[array == 0] = 1
    return make(array).requires_grad_(requires_grad)


__all__ = ["assert_close", "make_tensor"]
