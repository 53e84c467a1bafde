"""Padding and one-hot rows as functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import autograd
from autograd.engine.graph import array_of, make
from autograd.engine.modes import here
from autograd.engine.recording import operand
from autograd.engine.values.integers import integers
from autograd.errors import ArgumentError, DtypeError, ShapeError, describe
from autograd.functions.shape import PADDING_MODES, padded
from autograd.types import Tensor


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Each integer k as a row of zeros with a 1 at index k: (...) becomes (..., num_classes), int64.

    Example:
        >>> import autograd, nn
        >>> nn.functional.one_hot(autograd.tensor([0, 2])).tolist()
        [[1, 0, 0], [0, 0, 1]]
    """
    array, _ = operand(tensor, "one_hot's tensor")
    array = np.asarray(array)
    if array.dtype.kind not in "iu":
        raise DtypeError(f"one_hot is only applicable to index tensors, not {describe(array)}: convert with .long()")
    num_classes = integers(num_classes, "one_hot: argument 'num_classes'")
    if not array.size and num_classes <= 0:
        raise ArgumentError("Can not infer total number of classes from empty tensor: give num_classes")
    if array.size and array.min() < 0:
        raise ArgumentError(f"Class values must be non-negative, and the smallest is {array.min()}")
    if num_classes == -1:
        num_classes = int(array.max()) + 1
    elif num_classes < 1:
        raise ArgumentError(f"num_classes should be positive, got {num_classes}")
    elif array.size and array.max() >= num_classes:
        raise ArgumentError(f"Class values must be smaller than num_classes={num_classes}, and the largest is {array.max()}")
    return make((array[..., None] == np.arange(num_classes)).astype(np.int64))


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad the last dimensions: ``pad`` is (left, right) of the last one, then of the one before it, and so on.

    Args:
        mode: "constant" fills with ``value`` (0), "reflect" mirrors, "replicate" repeats the edge, "circular" wraps around.
        input: any shape.
        pad: two numbers for each dimension to pad: (left, right) of the last dimension, then of the one before it.
        value: the number of mode constant; 0 by default.

    Raises:
        ShapeError: an odd number of widths, more of them than dimensions, or a mirror wider than the dimension that it mirrors.

    Example:
        >>> import autograd, nn
        >>> nn.functional.pad(autograd.tensor([[1.0, 2.0, 3.0]]), (1, 2))
        tensor([[0., 1., 2., 3., 0., 0.]], dtype=float32)
        >>> nn.functional.pad(autograd.tensor([[1.0, 2.0, 3.0]]), (1, 2), mode="reflect")
        tensor([[2., 1., 2., 3., 2., 1.]], dtype=float32)
    """
    if mode not in PADDING_MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}: expected one of {', '.join(PADDING_MODES)}")
    widths = list(pad)
    if not all([type(n) is int for n in widths]):
        widths = integers(widths, "pad: argument 'pad'")
    shape = array_of(input).shape
    if len(widths) % 2 or len(widths) > 2 * len(shape):
        raise ShapeError(
            f"{here('pad')}: {tuple(widths)} must have two widths per padded dimension, of at most {len(shape)}: {describe(input)}"
        )
    pairs = [(0, 0)] * (len(shape) - len(widths) // 2) + list(zip(widths[::2], widths[1::2], strict=True))[::-1]
    negative = min(widths, default=0) < 0
    for dim, (n, (low, high)) in enumerate(zip(shape, pairs, strict=True) if negative else ()):
        if min(low, 0) + min(high, 0) + n < 0:
            raise ShapeError(f"{here('pad')}: padding {(low, high)} cuts off more than dimension {dim} has: {describe(input)}")
    if mode == "constant":
        return padded(input, pad_width=tuple(pairs), value=0 if value is None else value)
    if value is not None and value != 0:
        raise ArgumentError(f"{here('pad')}: padding mode {mode!r} doesn't take in value argument")
    if mode != "circular" and 0 in shape[1:]:
        raise ShapeError(
            f"{here('pad')}: Expected 2D or 3D (or more) tensor with possibly 0 batch size and other non-zero dimensions for "
            f"input, but got: {describe(input)}"
        )
    for dim, (n, pair) in enumerate(zip(shape, pairs, strict=True)):
        widest = max(pair)
        limit = -1 if not n else n - 1 if mode == "reflect" else n if mode == "circular" else widest
        if widest > limit and any(pair):
            raise ShapeError(f"{here('pad')}: padding {pair} of dimension {dim} is too wide for mode {mode!r}: {describe(input)}")
    if not negative:
        return padded(input, pad_width=tuple(pairs), mode=PADDING_MODES[mode])
    wide = tuple([(max(low, 0), max(high, 0)) for low, high in pairs])
    # As in PyTorch a negative width cuts a mirror image, or repeated edges, off the padded input; "circular" wraps what is left.
    if mode != "circular":
        input = padded(input, pad_width=wide, mode=PADDING_MODES[mode])
    cut = tuple(slice(max(-low, 0), n - max(-high, 0)) for n, (low, high) in zip(input.shape, pairs, strict=True))
    input = autograd.getitem(input, index=cut).contiguous()
    return input if mode != "circular" else padded(input, pad_width=wide, mode=PADDING_MODES[mode])
