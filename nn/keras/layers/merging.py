"""Several inputs in one: sums, products, joins."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import autograd
from autograd.errors import ArgumentError
from autograd.types import Size, Tensor, Tree

from ... import functional as F
from ..base import Layer, Shape


class _Merging(Layer):
    supports_masking = True

    def build(self, input_shape: Sequence[Shape]) -> None:
        if not isinstance(input_shape, list | tuple) or not input_shape or not isinstance(input_shape[0], tuple | list):
            raise ArgumentError(f"layer {self.name!r} ({type(self).__name__}) takes a list of inputs")

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """The inputs in one."""
        return self.merged(_alike(list(inputs)))

    def merged(self, inputs: list[Tensor]) -> Tensor:
        """The inputs, of one number of dimensions, in one."""
        raise NotImplementedError

    def compute_mask(self, inputs: Sequence[Tensor], mask: Tree = None) -> Tensor | None:
        known = [m for m in mask or [] if m is not None]
        return reduce(lambda a, b: a & b, known) if known else None


def _alike(inputs: Sequence[Tensor]) -> list[Tensor]:
    """Inputs of fewer dimensions get some of 1 behind the batch."""
    most = max(x.ndim for x in inputs)
    return [x.reshape(x.shape[0], *[1] * (most - x.ndim), *x.shape[1:]) if x.ndim < most else x for x in inputs]


class Add(_Merging):
    """The sum of the inputs.

    Example:
        >>> import numpy as np
        >>> from nn import keras
        >>> keras.layers.Add()([np.ones((1, 2)), np.ones((1, 2))]).tolist()
        [[2.0, 2.0]]
    """

    def merged(self, inputs: list[Tensor]) -> Tensor:
        return reduce(lambda a, b: a + b, inputs)


class Subtract(_Merging):
    """The first input less the second."""

    def merged(self, inputs: list[Tensor]) -> Tensor:
        if len(inputs) != 2:
            raise ArgumentError(f"A `Subtract` layer should be called on exactly 2 inputs, and got {len(inputs)}")
        return inputs[0] - inputs[1]


class Multiply(_Merging):
    """The product of the inputs, number by number."""

    def merged(self, inputs: list[Tensor]) -> Tensor:
        return reduce(lambda a, b: a * b, inputs)


class Average(_Merging):
    """The mean of the inputs."""

    def merged(self, inputs: list[Tensor]) -> Tensor:
        return reduce(lambda a, b: a + b, inputs) / len(inputs)


class Maximum(_Merging):
    """The largest of the inputs, number by number."""

    def merged(self, inputs: list[Tensor]) -> Tensor:
        return reduce(autograd.maximum, inputs)


class Minimum(_Merging):
    """The smallest of the inputs, number by number."""

    def merged(self, inputs: list[Tensor]) -> Tensor:
        return reduce(autograd.minimum, inputs)


class Concatenate(_Merging):
    """The inputs one behind the other.

    Args:
        axis: along which. more: as for ``Layer``.
    """

    def __init__(self, axis: int = -1, **more: Any) -> None:
        super().__init__(**more)
        self.axis = axis

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """The inputs, joined."""
        return autograd.cat(list(inputs), self.axis)

    def compute_mask(self, inputs: Sequence[Tensor], mask: Tree = None) -> Tensor | None:
        masks = list(mask or [])
        if not any(m is not None for m in masks) or self.axis % inputs[0].ndim != 1:
            return super().compute_mask(inputs, mask)
        return autograd.cat(
            [autograd.ones(*x.shape[:2], dtype=bool) if m is None else m for x, m in zip(inputs, masks, strict=True)], 1
        )

    def get_config(self) -> dict[str, Any]:
        """The axis."""
        return {**super().get_config(), "axis": self.axis}


class Dot(_Merging):
    """The product of two batches of vectors or matrices, summed over one axis of each.

    Args:
        axes: the axis, or one for each input. normalize: whether vectors are scaled to length 1 first. more: as for ``Layer``.
    """

    def __init__(self, axes: int | Size, normalize: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.axes, self.normalize = (axes, axes) if isinstance(axes, int) else tuple(axes), normalize

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        """The products."""
        a, b = (x.movedim(axis % x.ndim, -1) for x, axis in zip(inputs, self.axes, strict=True))
        if self.normalize:
            a, b = F.normalize(a, dim=-1, eps=1e-6), F.normalize(b, dim=-1, eps=1e-6)
        letters = "abcdefgh"
        left, right = letters[1 : a.ndim - 1], letters[a.ndim - 1 : a.ndim + b.ndim - 3]
        y = autograd.einsum(f"a{left}z,a{right}z->a{left}{right}", a, b)
        return y.unsqueeze(-1) if y.ndim == 1 else y

    def get_config(self) -> dict[str, Any]:
        """The axes."""
        return {**super().get_config(), "axes": list(self.axes), "normalize": self.normalize}


def add(inputs: Sequence[Tensor], **more: Any) -> Tensor:
    """``Add()(inputs)``."""
    return Add(**more)(inputs)


def subtract(inputs: Sequence[Tensor], **more: Any) -> Tensor:
    """``Subtract()(inputs)``."""
    return Subtract(**more)(inputs)


def multiply(inputs: Sequence[Tensor], **more: Any) -> Tensor:
    """``Multiply()(inputs)``."""
    return Multiply(**more)(inputs)


def average(inputs: Sequence[Tensor], **more: Any) -> Tensor:
    """``Average()(inputs)``."""
    return Average(**more)(inputs)


def concatenate(inputs: Sequence[Tensor], axis: int = -1, **more: Any) -> Tensor:
    """``Concatenate(axis)(inputs)``."""
    return Concatenate(axis, **more)(inputs)
