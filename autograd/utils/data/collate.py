"""Samples into batches: numbers and arrays become tensors, tuples and dictionaries keep their form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...engine.graph import AnyTensor, make
from ...errors import ShapeError
from ...functions.join import stack
from ...types import Tree


def default_convert(data: Tree) -> Tree:
    """NumPy arrays in a sample as tensors, at any depth; everything else as it is.

    Example:
        >>> import numpy as np
        >>> from autograd.utils.data import default_convert
        >>> default_convert({"x": np.ones(2), "name": "a"})
        {'x': tensor([1., 1.], dtype=float64), 'name': 'a'}
    """
    if isinstance(data, np.ndarray | np.generic) and data.dtype.kind in "biufc":
        return make(np.asarray(data))
    if isinstance(data, Mapping):
        return _like(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(value) for value in data))
    if isinstance(data, tuple):
        return [default_convert(value) for value in data]
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _like(data, [default_convert(value) for value in data])
    return data


def default_collate(batch: Sequence[Any]) -> Tree:
    """A list of samples as one batch: what is a number or an array in a sample becomes a tensor with one dimension more.

    Integers become int64, Python floats float64, as in PyTorch; strings stay a list; a tuple of parts becomes a list of
    batches of these parts, a dictionary a dictionary of batches.

    Raises:
        ShapeError: samples of different shapes or lengths. TypeError: a sample that no tensor can hold.

    Example:
        >>> from autograd.utils.data import default_collate
        >>> default_collate([(1, "a"), (2, "b")])
        [tensor([1, 2], dtype=int64), ('a', 'b')]
    """
    first = batch[0]
    if isinstance(first, AnyTensor):
        _same_shapes([t.array for t in batch])
        if any(t.requires_grad for t in batch):
            return stack(batch)
        return make(np.stack([t.array for t in batch]))
    if isinstance(first, np.ndarray | np.generic):
        if np.asarray(first).dtype.kind not in "biufc":
            raise TypeError(f"default_collate: a batch of arrays must hold numbers; found {first.dtype}")
        _same_shapes([np.asarray(a) for a in batch])
        return make(np.stack(batch))
    if isinstance(first, bool | int | float | complex):
        return make(np.asarray(batch, np.float64 if isinstance(first, float) else None))
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return _like(first, {key: default_collate([sample[key] for sample in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(list(parts)) for parts in zip(*batch, strict=True)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise ShapeError("each element in list of batch should be of equal size: the samples have different numbers of parts")
        parts = list(zip(*batch, strict=True))
        if isinstance(first, tuple):
            return [default_collate(part) for part in parts]
        return _like(first, [default_collate(part) for part in parts])
    raise TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {type(first)}: "
        f"give the loader a collate_fn that knows this type"
    )


def _same_shapes(arrays: Sequence[np.ndarray]) -> None:
    for i, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise ShapeError(
                f"stack expects each tensor to be equal size, but got {list(arrays[0].shape)} at entry 0 and "
                f"{list(array.shape)} at entry {i}: give the loader a collate_fn that pads them"
            )


def _like(example: Any, values: Any) -> Any:
    """The values in the example's own type of container, where it can be made from them."""
    try:
        return type(example)(values)
    except TypeError:
        return values


__all__ = ["default_collate", "default_convert"]
