"""Worker processes of a loader: each fetches whole batches, and the loader gives them out in the order of the sampler."""

from __future__ import annotations

import pickle
import random
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...functions.random import manual_seed
from .dataset import Dataset

_PATIENCE = 5.0  # seconds that a worker gets to end by itself


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker process knows of itself: its number ``id`` of ``num_workers``, its ``seed``, its copy of the ``dataset``."""

    id: int
    num_workers: int
    seed: int
    dataset: Dataset[Any] | Sequence[Any]


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker process of a DataLoader what it is; None in the program's own process.

    Example:
        >>> from autograd.utils.data import get_worker_info
        >>> print(get_worker_info())
        None
    """
    return _info


class _Failure:
    """An exception that was raised in a worker, as text: not every exception can be sent to another process."""

    def __init__(self, error: BaseException, where: str) -> None:
        self.type = type(error)
        self.text = f"Caught {self.type.__name__} {where}.\nOriginal {traceback.format_exc()}"

    def reraise(self) -> None:
        try:
            error = self.type(self.text)
        except Exception:  # a class that wants other arguments
            error = RuntimeError(self.text)
        raise error from None


class _End:
    """What a worker sends when its stream is over."""


def _send(connection: Any, value: Any) -> None:
    """Send a value with its arrays beside it, so that they are not copied into one string of bytes first."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    raw = [buffer.raw() for buffer in buffers]
    connection.send_bytes(pickle.dumps([len(part) for part in raw]))
    connection.send_bytes(head)
    for part in raw:
        if len(part):
            connection.send_bytes(part)


def _receive(connection: Any) -> Any:
    sizes = pickle.loads(connection.recv_bytes())
    head = connection.recv_bytes()
    buffers = [bytearray(size) for size in sizes]
    for buffer in buffers:
        if len(buffer):
            connection.recv_bytes_into(buffer)
    return pickle.loads(head, buffers=buffers)


def _work(
    number: int,
    count: int,
    seed: int,
    dataset: Any,
    fetch: Callable[[Any, Any], Any],
    init: Any,
    stream: bool,
    tasks: Any,
    results: Any,
) -> None:
    """A worker's life: a task in, a batch out, until the task is None."""
    global _info
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the program's: it ends its workers
    _info = WorkerInfo(number, count, seed, dataset)
    failure = None
    try:
        import numpy as np

        random.seed(seed)
        manual_seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002  (many data sets draw from it)
        if init is not None:
            init(number)
        source = iter(dataset) if stream else dataset
    except BaseException as error:
        failure = _Failure(error, f"in DataLoader worker process {number}")
    while (task := tasks.get()) is not None:
        answer: Any
        try:
            answer = failure if failure is not None else fetch(source, task)
        except StopIteration:
            answer = _End()
        except BaseException as error:
            answer = _Failure(error, f"in DataLoader worker process {number}")
        try:
            _send(results, answer)
        except (BrokenPipeError, OSError):
            return
        except Exception as error:  # the batch cannot be pickled
            _send(results, _Failure(error, f"while DataLoader worker process {number} sent its batch"))


class Pool:
    """Worker processes, and the tasks that they have been given.

    Args:
        loader: the DataLoader: its dataset, num_workers, prefetch_factor, worker_init_fn, multiprocessing_context, timeout.
        fetch: makes a batch of (data set or its iterator, task). seed: worker i starts from seed + i.
    """

    def __init__(self, loader: Any, fetch: Callable[[Any, Any], Any], seed: int, stream: bool) -> None:
        import multiprocessing

        wanted = loader.multiprocessing_context
        context: Any = multiprocessing.get_context(wanted) if wanted is None or isinstance(wanted, str) else wanted
        self.timeout = loader.timeout
        self.ahead = loader.prefetch_factor or 2
        self.stream = stream
        self.tasks: list[Any] = []
        self.results: list[Any] = []
        self.processes: list[Any] = []
        for number in range(loader.num_workers):
            tasks = context.Queue()
            tasks.cancel_join_thread()
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(
                target=_work,
                args=(
                    number,
                    loader.num_workers,
                    seed + number,
                    loader.dataset,
                    fetch,
                    loader.worker_init_fn,
                    stream,
                    tasks,
                    theirs,
                ),
                daemon=True,
            )
            process.start()
            theirs.close()  # ours then sees the end when the worker dies
            self.tasks.append(tasks)
            self.results.append(ours)
            self.processes.append(process)

    def run(self, tasks: Iterator[Any]) -> Iterator[Any]:
        """The batches of these tasks, in their order; ``ahead`` tasks wait at each worker."""
        count = len(self.processes)
        waiting: list[int] = []  # the worker of each task that has been given out, in order
        over = [False] * count
        turn = 0

        def give() -> bool:
            nonlocal turn
            if all(over):
                return False
            while over[turn % count]:
                turn += 1
            task = next(tasks, None)
            if task is None:
                return False
            self.tasks[turn % count].put(task)
            waiting.append(turn % count)
            turn += 1
            return True

        for _ in range(count * self.ahead):
            if not give():
                break
        while waiting:
            number = waiting.pop(0)
            answer = self._answer(number)
            if isinstance(answer, _Failure):
                answer.reraise()
            if isinstance(answer, _End):
                over[number] = True
                give()
                continue
            give()
            yield answer

    def _answer(self, number: int) -> Any:
        if self.timeout and not self.results[number].poll(self.timeout):
            raise RuntimeError(f"DataLoader timed out after {self.timeout} seconds, waiting for worker {number}")
        try:
            return _receive(self.results[number])
        except (EOFError, ConnectionResetError):
            process = self.processes[number]
            process.join(_PATIENCE)
            raise RuntimeError(
                f"DataLoader worker (pid {process.pid}) exited unexpectedly with exit code {process.exitcode}: "
                f"num_workers=0 fetches in this process, where the error shows itself"
            ) from None

    def close(self) -> None:
        """End the workers: ask them, then end those that do not listen."""
        for tasks in self.tasks:
            tasks.put(None)
        for connection in self.results:
            connection.close()
        for process in self.processes:
            process.join(0.2)
            if process.is_alive():
                process.terminate()
                process.join(_PATIENCE)
        for tasks in self.tasks:
            tasks.close()
        self.tasks, self.results, self.processes = [], [], []


__all__ = ["Pool", "WorkerInfo", "get_worker_info"]
