"""Batches of data in memory: rows taken by one index a batch, in place of item by item."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any

import numpy as np

from ...engine.graph import array_of, make
from .dataset import Subset, TensorDataset, rows_of

_WORTH_A_THREAD = 1 << 22  # bytes of a batch: handing over what is smaller takes longer than copying it
_AHEAD = 2


class Rows:
    """A data set whose batches are taken by one index each.

    Args:
        dataset: a TensorDataset, any other with ``rows``, or subsets of them.
        picks: for a subset, the rows of the data set that it is made of, in its order; else None.
    """

    def __init__(self, dataset: Any, picks: np.ndarray | None) -> None:
        self.dataset, self.picks = dataset, picks
        plain = type(dataset).rows is TensorDataset.rows
        self.tensors = dataset.tensors if plain and not any(getattr(t, "requires_grad", False) for t in dataset.tensors) else None

    @staticmethod
    def of(dataset: Any) -> Rows | None:
        """The rows of a data set; None where its batches are made item by item."""
        picks: np.ndarray | None = None
        while isinstance(dataset, Subset) and type(dataset).__getitem__ is Subset.__getitem__ and not hasattr(dataset, "rows"):
            inner = np.asarray(array_of(dataset.indices))
            inner = inner if inner.size else inner.astype(np.intp)
            if inner.dtype.kind not in "iu" or inner.ndim != 1:
                return None
            picks = inner if picks is None else inner[picks]
            dataset = dataset.dataset
        return Rows(dataset, picks) if _by_rows(type(dataset)) else None

    def batch(self, indices: Any) -> Any:
        """The rows of these indices, an array or a slice."""
        return self.dataset.rows(indices if self.picks is None else self.picks[indices])

    def batches(self, order: np.ndarray | None, size: int, end: int) -> Iterator[Any]:
        """The first ``end`` rows of an order (None: as they lie) in batches of ``size``."""
        if self.tensors is None:
            return (self.batch(_part(order, start, min(start + size, end))) for start in range(0, end, size))
        if self.picks is not None:
            order = self.picks if order is None else self.picks[order]
        arrays = [array_of(t) for t in self.tensors]
        batches = _taken(arrays, order, size, end)
        return _ahead(batches) if size * sum(a[:1].nbytes for a in arrays) >= _WORTH_A_THREAD and end > size else batches


def _taken(arrays: list[np.ndarray], order: np.ndarray | None, size: int, end: int) -> Iterator[list[Any]]:
    if order is None:
        for start in range(0, end, size):
            yield [make(rows_of(array, slice(start, min(start + size, end)))) for array in arrays]
        return
    # What is the same for all batches is done here: a batch of 128 rows of 100 numbers takes 3 us.
    takes: list[Any] = [a.take if a.flags.c_contiguous else partial(_picked, a) for a in arrays]
    whole = end // size * size
    for indices in order[:whole].reshape(-1, size):
        yield [make(take(indices, 0)) for take in takes]
    if whole < end:
        yield [make(take(order[whole:end], 0)) for take in takes]


def _picked(array: np.ndarray, indices: Any, axis: int) -> np.ndarray:
    """What ``take`` does, of an array that it would copy as a whole first."""
    return rows_of(array, indices)


def _part(order: np.ndarray | None, start: int, stop: int) -> Any:
    return slice(start, stop) if order is None else order[start:stop]


def _by_rows(cls: type) -> bool:
    """Whether a class's ``rows`` says the same as its ``__getitem__``: a subclass may have written another one of these only."""
    for base in cls.__mro__:
        if "rows" in vars(base):
            return True
        if "__getitem__" in vars(base):
            return False
    return False


def _ahead(pieces: Iterator[Any]) -> Iterator[Any]:
    """What an iterator gives, made by a thread one step ahead. NumPy copies without holding Python's lock."""
    ready: Queue[Any] = Queue(_AHEAD)
    stop = Event()

    def put(item: Any) -> bool:
        while not stop.is_set():
            try:
                ready.put(item, timeout=0.1)
                return True
            except Full:
                pass
        return False

    def take() -> None:
        try:
            for piece in pieces:
                if not put((piece, None)):
                    return
            put((None, None))
        except BaseException as error:  # it is raised where the batch is asked for
            put((None, error))

    thread = Thread(target=take, name="DataLoader", daemon=True)
    thread.start()
    try:
        while True:
            try:
                piece, error = ready.get(timeout=1.0)
            except Empty:
                if not thread.is_alive():
                    return
                continue
            if error is not None:
                raise error
            if piece is None:
                return
            yield piece
    finally:
        stop.set()


__all__ = ["Rows"]
