"""Work: an operation between processes that is under way, and how this process waits for it. What is sent is not decided here.

MPI moves data only while a process is within a call of it. So waiting is a loop of such calls; in between it looks whether a
process that it waits for has ended, and it can be interrupted by Ctrl-C.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from .failure import DistError

_SPINS = 200  # calls before the processor is offered to others: shorter than any switch between processes
_LOOK = 0.02  # seconds between two looks whether somebody has ended
_PATIENCE = 2.0  # seconds after which waiting sleeps in between


class Work:
    """An operation that was started with ``async_op=True``: it is complete when ``wait`` has returned.

    Args:
        steps: yields requests (objects with ``Test``) one after the other; what it does after the last one completes the operation.
        name: of the operation, for errors.
        look: called now and then while this process waits; it raises if a process that is waited for has ended.
        timeout: seconds after which waiting raises.

    Raises:
        DistError: of ``wait``: another process has ended, does something else, or does not come in time.
    """

    def __init__(self, steps: Iterator[Any], name: str, look: Callable[[str], None], timeout: float) -> None:
        self.name = name
        self._steps = steps
        self._look = look
        self._timeout = timeout
        self._request: Any = None
        self._complete = False
        self.test()

    def test(self) -> bool:
        """Let the operation go on, and say whether it is complete; this does not wait."""
        while not self._complete:
            if self._request is not None and not self._request.Test():
                return False
            self._request = next(self._steps, None)
            self._complete = self._request is None
        return True

    def is_completed(self) -> bool:
        """Whether the operation is complete."""
        return self.test()

    def wait(self, timeout: float | timedelta | None = None) -> bool:
        """Wait until the operation is complete.

        Args:
            timeout: seconds, or a timedelta; by default that of ``init_process_group``.
        """
        limit = self._timeout if timeout is None else seconds(timeout)
        spins, started, looked = 0, 0.0, 0.0
        while not self.test():
            spins += 1
            if spins < _SPINS:
                continue
            _give_way()
            now = time.monotonic()
            started, looked = started or now, looked or now
            if now - looked > _LOOK:
                looked = now
                self._look(self.name)
                if now - started > limit:
                    raise DistError(
                        f"{self.name}: waited {limit:g} seconds for the other processes: do all make the same calls in the same "
                        f"order, and the same number of steps?"
                    )
            if now - started > _PATIENCE:
                time.sleep(1e-3)
        return True


def seconds(timeout: float | timedelta) -> float:
    """A length of time in seconds."""
    return timeout.total_seconds() if isinstance(timeout, timedelta) else float(timeout)


def _give_way() -> None:
    getattr(os, "sched_yield", lambda: time.sleep(0))()


__all__ = ["Work", "seconds"]
