"""DataLoader: batches of a data set, in the order of a sampler."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import ArgumentError
from ...functions.random import numpy_generator
from ...types import AnyGenerator
from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset
from .rows import Rows
from .sampler import BatchSampler, RandomSampler, SequentialSampler
from .workers import Pool

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class DataLoader:
    """Batches of a data set.

    Three ways of fetching, chosen by what the data set is:

    - A data set with ``rows`` (``TensorDataset`` and subsets of it): each batch is taken by one fancy index, not row by row. Of
      batches of 4 MB and more a thread prepares the next ones. ``num_workers`` starts no process for it.
    - Any other data set: item by item, in this process, or with ``num_workers`` in that many processes.
    - An ``IterableDataset``: the samples of its stream as they come.

    Args:
        dataset: what has ``__getitem__`` and ``__len__``, or an IterableDataset.
        batch_size: samples in a batch; None gives single samples, not collated.
        shuffle: a new random order each epoch. sampler: an order of its own; batch_sampler: whole batches of indices.
        num_workers: processes that fetch. collate_fn: makes a batch of a list of samples; ``default_collate`` by default.
        pin_memory: accepted; there is no other memory here. drop_last: leave a last batch that is not full out.
        timeout: seconds to wait for a worker's batch; 0 waits for ever. worker_init_fn: called in each worker with its number.
        multiprocessing_context: "fork", "spawn", "forkserver" or a context. generator: draws the order of ``shuffle``, and seeds.
        prefetch_factor: batches that wait at each worker, 2 by default. persistent_workers: keep them for the next epoch.
        in_order: accepted; batches always come in the sampler's order.

    Raises:
        ArgumentError: arguments that contradict each other, or a negative number.

    Example:
        >>> import autograd
        >>> from autograd.utils.data import DataLoader, TensorDataset
        >>> data = TensorDataset(autograd.arange(10).view(5, 2), autograd.arange(5))
        >>> for x, y in DataLoader(data, batch_size=2):
        ...     print(tuple(x.shape), y.tolist())
        (2, 2) [0, 1]
        (2, 2) [2, 3]
        (1, 2) [4]
    """

    def __init__(
        self, dataset: Dataset[Any] | Sequence[Any], batch_size: int | None = 1, shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None, batch_sampler: Iterable[Any] | None = None, num_workers: int = 0,
        collate_fn: Callable[..., Any] | None = None, pin_memory: bool = False, drop_last: bool = False, timeout: float = 0,
        worker_init_fn: Callable[[int], object] | None = None, multiprocessing_context: str | BaseContext | None = None,
        generator: AnyGenerator | None = None, *, prefetch_factor: int | None = None, persistent_workers: bool = False,
        pin_memory_device: str = "", in_order: bool = True,
    ) -> None:  # fmt: skip
        self._pool: Pool | None = None
        stream = isinstance(dataset, IterableDataset)
        if num_workers < 0:
            raise ArgumentError(f"num_workers option should be non-negative, not {num_workers}: 0 fetches in this process")
        if timeout < 0:
            raise ArgumentError(f"timeout option should be non-negative, not {timeout}")
        if num_workers == 0 and prefetch_factor is not None:
            raise ArgumentError("prefetch_factor option could only be specified in multiprocessing: let num_workers > 0 as well")
        if num_workers == 0 and multiprocessing_context is not None:
            raise ArgumentError(
                f"multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got num_workers=0 and "
                f"{multiprocessing_context!r}"
            )
        if num_workers == 0 and persistent_workers:
            raise ArgumentError("persistent_workers option needs num_workers > 0")
        if prefetch_factor is not None and prefetch_factor < 1:
            raise ArgumentError(f"prefetch_factor must be at least 1, not {prefetch_factor}")
        if stream and (shuffle or sampler is not None or batch_sampler is not None):
            name = "shuffle" if shuffle else "sampler" if sampler is not None else "batch_sampler"
            raise ArgumentError(f"DataLoader with IterableDataset: expected unspecified {name} option: a stream has its own order")
        if sampler is not None and shuffle:
            raise ArgumentError("sampler option is mutually exclusive with shuffle: the sampler chooses the order")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ArgumentError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
            batch_size, drop_last = None, False
        elif batch_size is None and drop_last:
            raise ArgumentError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if not stream and not hasattr(dataset, "__getitem__"):
            raise TypeError(f"DataLoader takes a data set with __getitem__, or an IterableDataset, not {type(dataset).__name__}")
        if sampler is None and not stream and batch_sampler is None:
            items: Any = dataset  # TypeError, if it has no length
            sampler = RandomSampler(items, generator=generator) if shuffle else SequentialSampler(items)
        if batch_size is not None and batch_sampler is None and not stream:
            order: Any = sampler
            batch_sampler = BatchSampler(order, batch_size, drop_last)
        elif batch_size is not None and (isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size <= 0):
            raise ArgumentError(f"batch_size should be a positive integer value, but got batch_size={batch_size}")
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler: Any = sampler
        self.batch_sampler: Any = batch_sampler
        self.num_workers = num_workers
        self.batched = batch_size is not None or batch_sampler is not None
        self.collate_fn = collate_fn or (default_collate if self.batched else default_convert)
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self._fixed = True

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and getattr(self, "_fixed", False):
            raise ArgumentError(f"{name} attribute should not be set after DataLoader is initialized: make another loader")
        super().__setattr__(name, value)

    @classmethod
    def __class_getitem__(cls, item: Any) -> type[DataLoader]:
        """``DataLoader[T]``, for annotations."""
        return cls

    def __len__(self) -> int:
        if not isinstance(self.dataset, IterableDataset):
            return len(self.batch_sampler if self.batched else self.sampler)
        n = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return n
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        in_workers = self.num_workers and self.worker_init_fn is not None  # which is to be called in each
        whole = self.batched and self.collate_fn is default_collate and not in_workers
        rows = Rows.of(self.dataset) if whole else None
        if rows is not None:
            return self._by_rows(rows)
        if not self.num_workers:
            return self._items()
        return self._from_workers()

    # ------------------------------------------------------------------------------------------------------------ in memory
    def _by_rows(self, rows: Rows) -> Iterator[Any]:
        batches: Any = self.batch_sampler
        sampler: Any = batches.sampler if type(batches) is BatchSampler else None
        if type(sampler) not in (SequentialSampler, RandomSampler):  # one of the user's own: asked for a batch at a time
            return (rows.batch(np.asarray(batch, np.intp)) for batch in batches)
        n, size = len(sampler), batches.batch_size
        order = sampler.order() if isinstance(sampler, RandomSampler) else None
        return rows.batches(order, size, n - n % size if batches.drop_last else n)

    # --------------------------------------------------------------------------------------------------------- item by item
    def _tasks(self) -> Iterator[Any]:
        """What one fetch is asked for: a list of indices, one index, or how many samples of a stream."""
        if isinstance(self.dataset, IterableDataset):
            while True:
                yield self.batch_size if self.batched else 1
        yield from iter(self.batch_sampler if self.batched else self.sampler)

    def _fetcher(self) -> Callable[[Any, Any], Any]:
        return _Fetch(self.collate_fn, self.batched, self.drop_last, isinstance(self.dataset, IterableDataset))

    def _items(self) -> Iterator[Any]:
        data = iter(self.dataset) if isinstance(self.dataset, IterableDataset) else self.dataset
        return _Items(self._tasks(), self._fetcher(), data, self._announced())

    def _announced(self) -> int | None:
        """How many batches a stream with a length has said that it has."""
        if not isinstance(self.dataset, IterableDataset) or not hasattr(self.dataset, "__len__"):
            return None
        return len(self)

    def _from_workers(self) -> Iterator[Any]:
        tasks = self._tasks()
        # The order is drawn before the workers' seeds: it is the same as without workers.
        first = next(tasks, None)
        if first is not None:
            with self._workers() as pool:
                yield from pool.run(chain([first], tasks))

    @contextmanager
    def _workers(self) -> Iterator[Pool]:
        stream = isinstance(self.dataset, IterableDataset)
        seed = int(numpy_generator(self.generator).integers(2**62))
        # A stream's workers hold its iterators, which an epoch uses up.
        keep = self.persistent_workers and not stream
        pool = self._pool if keep and self._pool is not None else Pool(self, self._fetcher(), seed, stream)
        self._pool = None
        whole = False
        try:
            yield pool
            whole = True
        finally:
            if keep and whole:
                self._pool = pool
            else:
                pool.close()

    def __del__(self) -> None:
        if getattr(self, "_pool", None) is not None:
            self._pool.close()  # type: ignore[union-attr]


class _Fetch:
    """Make a batch of what a task names. A class, not a closure, since it travels to worker processes."""

    def __init__(self, collate: Callable[[Any], Any], batched: bool, drop_last: bool, stream: bool) -> None:
        self.collate, self.batched, self.drop_last, self.stream = collate, batched, drop_last, stream

    def __call__(self, data: Any, task: Any) -> Any:
        if self.stream:
            samples = list(islice(data, task))
            if not samples or (self.drop_last and len(samples) < task):
                raise StopIteration
            return self.collate(samples if self.batched else samples[0])
        if not self.batched:
            return self.collate(data[task])
        several = getattr(data, "__getitems__", None)
        return self.collate(several(task) if several is not None else [data[i] for i in task])


class _Items:
    """The batches of an epoch, fetched in this process. After an error in the data set the next batch can be asked for.

    Args:
        tasks: what each fetch is asked for. fetch: makes a batch of the data and a task. data: the data set, or its iterator.
        limit: how many batches a stream has said that it has, or None.
    """

    def __init__(self, tasks: Iterator[Any], fetch: Callable[[Any, Any], Any], data: Any, limit: int | None) -> None:
        self.tasks, self.fetch, self.data, self.limit = tasks, fetch, data, limit
        self.number = 0

    def __iter__(self) -> _Items:
        return self

    def __next__(self) -> Any:
        batch = self.fetch(self.data, next(self.tasks))
        self.number += 1
        if self.limit is not None and self.number > self.limit:
            warnings.warn(
                f"Length of IterableDataset was reported to be {self.limit} batches, but {self.number} have been fetched: its "
                f"__len__ is wrong",
                stacklevel=2,
            )
        return batch


__all__ = ["DataLoader"]
