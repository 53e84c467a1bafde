"""Data sets: something with a length and items, or something to iterate over."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

import numpy as np

from ...engine.graph import array_of, make
from ...errors import ArgumentError, ShapeError, describe
from ...functions.random import numpy_generator
from ...types import AnyGenerator, Tensor

T = TypeVar("T")


class Dataset(Generic[T]):
    """A data set with items: a subclass defines ``__getitem__``, and ``__len__`` where samplers ask for it.

    A data set whose items lie in memory can also define ``rows(indices)``: the batch of these items (an array of indices, or a
    slice) as a list of tensors, taken in one step. ``DataLoader`` then calls it in place of fetching item by item.

    Example:
        >>> from autograd.utils.data import DataLoader, Dataset
        >>> class Squares(Dataset):
        ...     def __len__(self):
        ...         return 4
        ...
        ...     def __getitem__(self, index):
        ...         return index, float(index**2)
        >>> for numbers, squares in DataLoader(Squares(), batch_size=2):
        ...     print(numbers.tolist(), squares.tolist())
        [0, 1] [0.0, 1.0]
        [2, 3] [4.0, 9.0]
    """

    def __getitem__(self, index: Any) -> T:
        raise NotImplementedError(f"{type(self).__name__} is a map-style data set: write its __getitem__")

    def __add__(self, other: Dataset[T]) -> ConcatDataset[T]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T]):
    """A data set that is a stream: a subclass defines ``__iter__``. A loader takes its samples in the order in which they come.

    With ``num_workers`` each worker process iterates over a copy of its own: ``get_worker_info()`` tells a worker which part of
    the stream is its own.

    Example:
        >>> from autograd.utils.data import DataLoader, IterableDataset
        >>> class Countdown(IterableDataset):
        ...     def __iter__(self):
        ...         return iter([3, 2, 1])
        >>> [batch.tolist() for batch in DataLoader(Countdown(), batch_size=2)]
        [[3, 2], [1]]
    """

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} is an iterable data set: write its __iter__")

    def __add__(self, other: Any) -> Any:
        return ChainDataset([self, other])


def _same_length(tensors: Sequence[Any]) -> None:
    lengths = [len(t) for t in tensors]
    if len(set(lengths)) > 1:
        raise ShapeError(
            f"Size mismatch between tensors: their first dimensions are {', '.join(map(str, lengths))}, and must be equal: "
            f"{'; '.join(describe(getattr(t, 'array', t)) for t in tensors)}"
        )


class TensorDataset(Dataset[tuple[Any, ...]]):
    """Tensors (or NumPy arrays) of equal length: item i is the tuple of their rows i.

    Args:
        tensors: each (n, ...). They are not copied.

    Raises:
        ShapeError: their first dimensions differ, or one has none.

    Example:
        >>> import autograd
        >>> from autograd.utils.data import TensorDataset
        >>> data = TensorDataset(autograd.arange(6).view(3, 2), autograd.tensor([10, 20, 30]))
        >>> len(data), [part.tolist() for part in data[1]]
        (3, [[2, 3], 20])
    """

    tensors: tuple[Any, ...]

    def __init__(self, *tensors: Any) -> None:
        if not tensors:
            raise ArgumentError("TensorDataset needs at least one tensor")
        for t in tensors:
            if not getattr(t, "ndim", 0):
                raise ShapeError(f"TensorDataset takes tensors with at least one dimension, not {describe(getattr(t, 'array', t))}")
        _same_length(tensors)
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple([t[index] for t in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])

    def rows(self, indices: np.ndarray | slice) -> list[Tensor]:
        """The rows of these indices (an array of integers, or a slice) of each tensor, copied: one batch."""
        return [t[indices] if getattr(t, "requires_grad", False) else make(rows_of(array_of(t), indices)) for t in self.tensors]


def rows_of(array: np.ndarray, indices: np.ndarray | slice) -> np.ndarray:
    """The rows of these indices (an array of integers, or a slice), copied."""
    if isinstance(indices, slice):
        return array[indices].copy()
    # take is the faster of the two, but of an array that is not contiguous it first copies the whole.
    return array.take(indices, axis=0) if array.flags.c_contiguous else array[indices]


class StackDataset(Dataset[Any]):
    """Several data sets of equal length side by side: item i is the tuple (or, by keyword, the dictionary) of their items i.

    Example:
        >>> from autograd.utils.data import StackDataset
        >>> StackDataset(image=["a", "b"], label=[0, 1])[1]
        {'image': 'b', 'label': 1}
    """

    datasets: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ArgumentError("StackDataset takes data sets, either by position (items are tuples) or by keyword (dictionaries)")
        self.datasets = kwargs or args
        _same_length(list(kwargs.values()) if kwargs else args)

    def __getitem__(self, index: int) -> Any:
        if isinstance(self.datasets, dict):
            return {key: data[index] for key, data in self.datasets.items()}
        return tuple([data[index] for data in self.datasets])

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """Several items: of a data set that has ``__getitems__``, at once.

        Raises:
            ValueError: a data set gave another number of items than it was asked for.
        """
        named = isinstance(self.datasets, dict)
        parts = []
        for data in self.datasets.values() if named else self.datasets:
            several = getattr(data, "__getitems__", None)
            items = [data[i] for i in indices] if several is None else several(indices)
            if len(items) != len(indices):
                raise ValueError(
                    f"Nested dataset's output size mismatch. Expected {len(indices)}, got {len(items)} of {type(data).__name__}"
                )
            parts.append(items)
        rows = list(zip(*parts, strict=True))
        return [dict(zip(self.datasets, row, strict=True)) for row in rows] if named else rows

    def __len__(self) -> int:
        first = next(iter(self.datasets.values())) if isinstance(self.datasets, dict) else self.datasets[0]
        return len(first)


class ConcatDataset(Dataset[T]):
    """Data sets one after the other.

    Args:
        datasets: at least one, none of them an ``IterableDataset``.

    Raises:
        ArgumentError: there is none, or one has no items. ValueError: an index outside.

    Example:
        >>> from autograd.utils.data import ConcatDataset
        >>> both = ConcatDataset([["a", "b"], ["c"]])
        >>> len(both), both[2], both[-3]
        (3, 'c', 'a')
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ArgumentError("datasets should not be an empty iterable: ConcatDataset needs at least one")
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            raise ArgumentError("ConcatDataset does not support IterableDataset: use ChainDataset")
        self.cumulative_sizes = list(accumulate(len(d) for d in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T:
        if not -len(self) <= index < len(self):
            raise ValueError(f"absolute value of index should not exceed dataset length: {index} of {len(self)}")
        index %= len(self)
        part = bisect_right(self.cumulative_sizes, index)
        item: T = self.datasets[part][index - (self.cumulative_sizes[part - 1] if part else 0)]
        return item


class ChainDataset(IterableDataset[Any]):
    """Streams one after the other.

    Example:
        >>> from autograd.utils.data import ChainDataset, IterableDataset
        >>> class Count(IterableDataset):
        ...     def __iter__(self):
        ...         return iter(range(2))
        >>> list(Count() + Count())
        [0, 1, 0, 1]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise ArgumentError(f"ChainDataset only supports IterableDataset, not {type(dataset).__name__}")
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self.datasets)


class Subset(Dataset[T]):
    """The items of a data set that a list of indices names, in its order.

    Example:
        >>> from autograd.utils.data import Subset
        >>> list(Subset("abcd", [3, 0]))
        ['d', 'a']
    """

    def __init__(self, dataset: Dataset[T] | Sequence[T], indices: Sequence[int]) -> None:
        self.dataset: Any = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> T:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Dataset[T] | Sequence[T], lengths: Sequence[float], generator: AnyGenerator | None = None
) -> list[Subset[T]]:
    """Split a data set into parts that share no item, at random.

    Args:
        dataset: what is split. lengths: how many items each part gets; or fractions that sum to 1, rounded down, and what is
            left over goes to the first parts, one each.
        generator: draws the order; by default the default generator.

    Raises:
        ValueError: the lengths do not sum to the data set's, or a fraction is not between 0 and 1.

    Example:
        >>> from autograd.utils.data import random_split
        >>> [len(part) for part in random_split(range(10), [0.75, 0.25])]
        [8, 2]
    """
    count = len(dataset)  # type: ignore[arg-type]  # an IterableDataset has no length: TypeError
    sizes: list[int]
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1 + 1e-9 and not all(isinstance(n, int) for n in lengths):
        for i, fraction in enumerate(lengths):
            if not 0 <= fraction <= 1:
                raise ValueError(f"Fraction at index {i} is not between 0 and 1: {fraction}")
        sizes = [math.floor(count * fraction) for fraction in lengths]
        for i in range(count - sum(sizes)):
            sizes[i % len(sizes)] += 1
        for i, size in enumerate(sizes):
            if not size:
                warnings.warn(f"Length of split at index {i} is 0. This might result in an empty dataset.", stacklevel=2)
    else:
        sizes = [int(n) for n in lengths]
    if sum(sizes) != count:
        raise ValueError(
            f"Sum of input lengths does not equal the length of the input dataset: {' + '.join(map(str, sizes))} = {sum(sizes)}, "
            f"and the data set has {count} items"
        )
    order = numpy_generator(generator).permutation(count).tolist()
    ends = list(accumulate(sizes))
    return [Subset(dataset, order[end - size : end]) for end, size in zip(ends, sizes, strict=True)]
