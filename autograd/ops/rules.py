"""Helpers that the rules of several families share. They take arrays and tensors alike; ops are declared elsewhere."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ..engine.tables import table
from ..engine.values.sums import sum_over

# The integers as wide as each floating dtype: zero_unless multiplies their bits.
BITS: dict[str, np.dtype] = {"e": np.dtype(np.int16), "f": np.dtype(np.int32), "d": np.dtype(np.int64)}


def remembered(function):
    """A function of sizes with its last 256 results. For small inputs it would take longer than the work."""
    known: Any = table(256)(function)

    def made(*args, **kwargs):
        try:
            return known(*args, **kwargs)
        except TypeError:  # a list, or an error of the function's own
            return known.__wrapped__(*args, **kwargs)

    return made


def zero_unless(g: Any, mask: Any, out: Any = None) -> Any:
    """g where the mask is True and 0 elsewhere, also where g is infinite or nan.

    A plain product would not do: infinity * False is nan. On arrays the bits of the floating numbers are multiplied by the mask, as
    if they were integers. That takes as long as the product g * mask, and a sixth of the time of ``np.where`` on random masks; of
    float32, with the mask as integers first, half as long.
    """
    if type(g) is np.ndarray:
        if out is None and g.size <= _TINY and type(mask) is np.ndarray and mask.dtype == bool and mask.shape == g.shape:
            return np.positive(g, np.zeros(g.shape, g.dtype), where=mask)  # fewer calls
        bits = BITS.get(g.dtype.char)
        if bits is not None:
            if g.dtype.char == "f" and type(mask) is np.ndarray and mask.dtype == bool and mask.shape == g.shape and g.ndim:
                factor = mask.astype(bits)
                return np.multiply(g.view(bits), factor, out=factor if out is None else out.view(bits)).view(g.dtype)
            return np.multiply(g.view(bits), mask, out=out if out is None else out.view(bits)).view(g.dtype)
    if out is None:
        return np.where(mask, g, 0)
    out[...] = np.where(mask, g, 0)
    return out


def shared(g: Any, more: Any, equal: Any) -> Any:
    """g where ``more`` is True, half of it where ``equal`` is, and 0 elsewhere."""
    y = zero_unless(g, more)
    if type(equal) is np.ndarray and not any_of(equal, None):
        return y
    return y + zero_unless(0.5 * g, equal)


# any_of(x, None) and all_of(x, None): half the time of the methods for a few numbers.
any_of: Any = np.logical_or.reduce
all_of: Any = np.logical_and.reduce
SIGN = np.int32(-(2**31))  # the bit of a float32 that says its sign
_TINY = 64  # numbers up to which only the calls count
_FEW = 256  # numbers up to which to count those that are not 0 takes less time than to look for one
_MANY = 4096  # from so many elements on, NumPy's passes cost more than its calls
_PIECE = 1 << 15  # elements of which several arrays fit the cache


_NUMBERS = (float, int, np.ndarray, np.float32, np.float64)


def in_pieces(function: Any) -> Any:
    """Decorate a function of arrays that works element by element: on large arrays it is called for pieces that fit the cache."""

    def run(*arrays: Any) -> Any:
        first = arrays[0]
        if type(first) is not np.ndarray or first.size <= 2 * _PIECE:
            return function(*arrays)
        cut = [type(a) is np.ndarray and a.size > 1 for a in arrays]
        for a, large in zip(arrays, cut, strict=True):
            if a.shape != first.shape or not a.flags.c_contiguous if large else type(a) not in _NUMBERS:
                return function(*arrays)
        y = np.empty_like(first)
        flat = y.reshape(-1)
        parts = [a.reshape(-1) if large else a for a, large in zip(arrays, cut, strict=True)]
        for i in range(0, flat.size, _PIECE):
            piece = slice(i, i + _PIECE)
            flat[piece] = function(*[a[piece] if large else a for a, large in zip(parts, cut, strict=True)])
        return y

    return run


_LINE = 64  # bytes of a cache line
LARGE = 1 << 16  # elements of a piece of ``in_scratch``, which uses few arrays again and again


def in_scratch(spare: int, outputs: int = 1) -> Any:
    """Decorate a kernel(*outputs, *spare, *arrays, **numbers): it writes into its outputs, and may use ``spare`` arrays beside.

    All have the shape and the dtype of the first array. On large arrays the kernel is called for pieces that fit the cache. Spare
    arrays and pieces then begin on cache lines, with which NumPy's passes take half of the time.
    """

    def decorate(kernel: Any) -> Any:
        def run(*arrays: Any, **numbers: Any) -> Any:
            first = arrays[0]
            made = [np.empty_like(first) for _ in range(outputs)]
            if first.size <= LARGE or any(a.shape != first.shape or not a.flags.c_contiguous for a in arrays):
                kernel(*made, *[np.empty_like(first) for _ in range(spare)], *arrays, **numbers)
            else:
                _run_pieces(kernel, spare, [a.reshape(-1) for a in made], [a.reshape(-1) for a in arrays], numbers)
            return made[0] if outputs == 1 else tuple(made)

        return run

    return decorate


def alike(*arrays: Any) -> bool:
    """Whether all are arrays of one shape and dtype of inexact numbers."""
    shape, dtype = arrays[0].shape, arrays[0].dtype
    return dtype.kind in "fc" and all(type(a) is np.ndarray and a.shape == shape and a.dtype == dtype for a in arrays)


def _run_pieces(kernel: Any, spare: int, outputs: list[np.ndarray], arrays: list[np.ndarray], numbers: Any) -> None:
    """Call a kernel of ``in_scratch`` for the pieces of large vectors."""
    dtype, size = arrays[0].dtype, arrays[0].size
    memory = np.empty(spare * LARGE * dtype.itemsize + _LINE, np.uint8)
    before = -_address(memory) % _LINE
    scratch = memory[before : before + spare * LARGE * dtype.itemsize].view(dtype).reshape(spare, LARGE)
    begin, end = 0, LARGE - _address(outputs[0]) % _LINE // dtype.itemsize
    while begin < size:
        kernel(*[a[begin:end] for a in outputs], *scratch[:, : end - begin], *[a[begin:end] for a in arrays], **numbers)
        begin, end = end, min(end + LARGE, size)


def _address(a: np.ndarray) -> int:
    """Where the first element of an array lies in memory."""
    return a.__array_interface__["data"][0]


def chosen(mask: Any, a: Any, b: Any) -> Any:
    """``np.where(mask, a, b)``. Of many floating numbers the bits are chosen, in a fifth of the time on random masks.

    Args:
        mask: booleans. a: an array or a tensor. b: another of its dtype, or a number.
    """
    if type(a) is np.ndarray and type(mask) is np.ndarray and a.size > _MANY and mask.dtype == bool:
        bits = BITS.get(a.dtype.char)
        b = np.asarray(b, a.dtype) if type(b) is float or type(b) is int else b
        if bits is not None and type(b) is np.ndarray and b.dtype == a.dtype:
            b = b.view(bits)
            y = a.view(bits) ^ b
            if a.dtype.char == "f":
                mask = mask.astype(bits)
            y = np.multiply(y, mask, out=y if y.shape == mask.shape else None)
            return np.bitwise_xor(y, b, out=y if y.shape == np.broadcast_shapes(y.shape, b.shape) else None).view(a.dtype)
    return np.where(mask, a, b)


def at_least(x: Any, low: float) -> Any:
    """``np.maximum(x, low)`` for a number. Of many floating numbers by ``np.clip``, which takes a third of the time."""
    if type(x) is np.ndarray and x.size > _MANY and x.dtype.char in BITS:
        y = np.clip(x, low, np.inf)
        if low == 0:
            y += 0  # -0.0 becomes 0.0
        return y
    return np.maximum(x, low)


def at_most(x: Any, high: float) -> Any:
    """``np.minimum(x, high)`` for a number; see ``at_least``."""
    if type(x) is np.ndarray and x.size > _MANY and x.dtype.char in BITS:
        return np.clip(x, -np.inf, high)
    return np.minimum(x, high)


def constants(dtype: Any, numbers: Any) -> list[np.ndarray]:
    """Numbers as arrays without a dimension, which NumPy takes beside others in half the time of a number."""
    return [np.array(number, dtype) for number in numbers]


def polynomial(z: np.ndarray, coefficients: list[np.ndarray], out: Any = None) -> np.ndarray:
    """c[0] + c[1] z + c[2] z² + ... by Horner's rule, for at least two coefficients."""
    y = np.multiply(z, coefficients[-1], out=out)
    for c in coefficients[-2:0:-1]:
        y += c
        y *= z
    y += coefficients[0]
    return y


def monic(z: np.ndarray, coefficients: list[np.ndarray], out: np.ndarray) -> np.ndarray:
    """c[0] + c[1] z + c[2] z² + ..., and 1 for the coefficient of the highest power, which is not given."""
    np.add(z, coefficients[-1], out=out)
    for c in coefficients[-2::-1]:
        out *= z
        out += c
    return out


def bell(g: Any, x: Any, factor: float, scale: float) -> Any:
    """g · scale · e^(factor x²)."""
    if type(g) is np.ndarray and g.size > LARGE and alike(g, x):
        return _bell_of_many(g, x, factor=factor, scale=scale)
    y = x * x
    if factor != 1:
        y = -y if factor == -1 else y * factor  # a sign takes less time than a number
    return g * np.exp(y) * scale


@in_scratch(0)
def _bell_of_many(y: np.ndarray, g: np.ndarray, x: np.ndarray, factor: float, scale: float) -> None:
    np.multiply(x, x, out=y)
    y *= factor
    np.exp(y, out=y)
    y *= scale
    y *= g


def zeros_like(g: Any) -> Any:
    """``np.zeros_like``, which takes ten times as long to be called as ``np.zeros``."""
    return np.zeros(g.shape, g.dtype) if type(g) is np.ndarray else np.zeros_like(g)


def divided_or_zero(g: Any, y: Any) -> Any:
    """g / y, and 0 where y is 0; with derivatives of every order, because y is replaced by 1 before the division."""
    zero = np.equal(y, 0)
    if type(g) is type(y) is np.ndarray and not any_of(zero, None):
        return g / y
    return np.where(zero, 0, g / np.where(zero, 1, y))


def in_rows(y: Any) -> Any:
    """A result with its elements row by row in memory, as PyTorch's are: NumPy keeps the order of the operand."""
    return y if y.flags.c_contiguous else y.copy("C")


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the dimensions along which a value of this shape was broadcast."""
    if g.shape == shape:
        return g
    added = g.ndim - len(shape)
    dims = (*range(added), *[added + i for i, n in enumerate(shape) if n == 1 and g.shape[added + i] != 1])
    return sum_over(g, dims).reshape(shape) if dims else g


def as_rows(x: Any) -> Any:
    """x as one matrix with the same last dimension."""
    return x if x.ndim == 2 else x.reshape((prod(x.shape[:-1]), x.shape[-1]))


def is_unused(g: Any) -> bool:
    """Whether the gradient of one of several outputs is all zeros: the engine fills them in where the loss does not use the output.

    A gradient that is being recorded (a tensor) always counts as used.
    """
    if type(g) is np.ndarray and g.size <= _FEW:
        return not np.count_nonzero(g)
    return isinstance(g, np.ndarray | np.generic) and not any_of(g, None)


def values(x: Any) -> Any:
    """The array of a tensor, or an array as it is: for decisions that a rule makes on numbers and that have no gradient."""
    x = getattr(x, "array", x)
    return getattr(x, "numbers", x)  # what stands in for an array may show its numbers


def in_single(forward: Any, x: np.ndarray, *args: Any) -> Any:
    """Call a forward with float16 converted to float32, and round its results to float16, as PyTorch does."""
    y = forward(x.astype(np.float32), *args)
    return tuple([a.astype(np.float16) for a in y]) if isinstance(y, tuple) else np.asarray(y).astype(np.float16)
