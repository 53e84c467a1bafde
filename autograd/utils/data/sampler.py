"""Samplers: the order in which a loader takes the items of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Generic, TypeVar

import numpy as np

from ...errors import ArgumentError
from ...functions.random import Generator, numpy_generator
from ...types import AnyGenerator, ArrayLike

T_co = TypeVar("T_co", covariant=True)


class Sampler(Generic[T_co]):
    """An order of indices: a subclass defines ``__iter__``, and ``__len__`` where it is known.

    Example:
        >>> from autograd.utils.data import DataLoader, Sampler
        >>> class Backwards(Sampler):
        ...     def __iter__(self):
        ...         return iter([2, 1, 0])
        >>> [batch.tolist() for batch in DataLoader([10, 20, 30], sampler=Backwards())]
        [[30], [20], [10]]
    """

    def __init__(self, data_source: Sized | None = None) -> None:
        pass

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__")


class SequentialSampler(Sampler[int]):
    """0, 1, 2, ...

    Example:
        >>> from autograd.utils.data import SequentialSampler
        >>> list(SequentialSampler("abc"))
        [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """The indices in a random order, a new one each epoch.

    Args:
        data_source: what is sampled. replacement: whether an index may come again before all have come.
        num_samples: how many are drawn; by default as many as there are.
        generator: draws them. Without one, each epoch starts a generator of its own from one number of the default generator.

    Raises:
        ArgumentError: num_samples is no positive integer, or replacement no bool.

    Example:
        >>> import autograd
        >>> from autograd.utils.data import RandomSampler
        >>> sorted(RandomSampler("abcd", generator=autograd.Generator().manual_seed(0)))
        [0, 1, 2, 3]
    """

    def __init__(
        self, data_source: Sized, replacement: bool = False, num_samples: int | None = None, generator: AnyGenerator | None = None
    ) -> None:
        if not isinstance(replacement, bool):
            raise ArgumentError(f"replacement should be a boolean value, but got replacement={replacement}")
        if num_samples is not None and (not isinstance(num_samples, int) or num_samples <= 0):
            raise ArgumentError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator

    @property
    def num_samples(self) -> int:
        """How many indices an epoch has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def order(self) -> np.ndarray:
        """The indices of one epoch, as one array: (num_samples,)."""
        draw = numpy_generator(epoch_generator() if self.generator is None else self.generator)
        n, wanted = len(self.data_source), self.num_samples
        if self.replacement:
            return draw.integers(n, size=wanted)
        if wanted == n:
            return draw.permutation(n)
        rounds = [draw.permutation(n) for _ in range(-(-wanted // n) if n else 0)]
        return np.concatenate(rounds)[:wanted] if rounds else np.zeros(0, np.int64)

    def __iter__(self) -> Iterator[int]:
        yield from self.order().tolist()  # the order is drawn when the first index is asked for

    def __len__(self) -> int:
        return self.num_samples


def epoch_generator() -> Generator:
    """A generator for one epoch, started from one number of the default generator: the epoch then disturbs no other draw."""
    return Generator().manual_seed(int(numpy_generator(None).integers(2**63)))


class SubsetRandomSampler(Sampler[int]):
    """The given indices in a random order.

    Example:
        >>> from autograd.utils.data import SubsetRandomSampler
        >>> sorted(SubsetRandomSampler([4, 2, 9]))
        [2, 4, 9]
    """

    def __init__(self, indices: Sequence[int], generator: AnyGenerator | None = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in numpy_generator(self.generator).permutation(len(self.indices)).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with probabilities in proportion to weights.

    Args:
        weights: one number per item, not negative; they need not sum to 1. num_samples: how many are drawn.
        replacement: whether an index may come again. generator: draws them.

    Raises:
        ArgumentError: num_samples is no positive integer, or the weights are not one row of numbers.

    Example:
        >>> from autograd.utils.data import WeightedRandomSampler
        >>> set(WeightedRandomSampler([0.0, 1.0, 0.0], 5))
        {1}
    """

    def __init__(
        self, weights: ArrayLike, num_samples: int, replacement: bool = True, generator: AnyGenerator | None = None
    ) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ArgumentError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        if not isinstance(replacement, bool):
            raise ArgumentError(f"replacement should be a boolean value, but got replacement={replacement}")
        self.weights = np.asarray(getattr(weights, "array", weights), np.float64)
        if self.weights.ndim != 1:
            raise ArgumentError(f"weights should be a 1d sequence but given weights have shape {self.weights.shape}")
        if not (self.weights >= 0).all() or not self.weights.sum() > 0:
            raise ArgumentError("weights must be numbers that are not negative, and not all 0")
        if not replacement and num_samples > np.count_nonzero(self.weights):
            raise ArgumentError(
                f"{num_samples} samples without replacement need as many weights above 0, and there are "
                f"{np.count_nonzero(self.weights)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        chances = self.weights / self.weights.sum()
        draw = numpy_generator(self.generator)
        return iter(draw.choice(len(chances), self.num_samples, replace=self.replacement, p=chances).tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The indices of a sampler in lists of ``batch_size``.

    Args:
        sampler: any iterable of indices. batch_size: how many a list has. drop_last: leave a shorter last list out.

    Raises:
        ArgumentError: batch_size is no positive integer, or drop_last no bool.

    Example:
        >>> from autograd.utils.data import BatchSampler
        >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
        [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ArgumentError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        if not isinstance(drop_last, bool):
            raise ArgumentError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        n = len(self.sampler)  # type: ignore[arg-type]
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
