"""Where a training is in its data and its random numbers: what a checkpoint has to keep so that the next batch is the same one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np

import autograd
from autograd.errors import ArgumentError

from .data import Batches


class Position:
    """The batches of a training, and the place in them.

    Args:
        batches: the data. endless: whether an epoch is a number of steps, so that the data begins again wherever it ends.

    Example:
        >>> import numpy as np
        >>> from nn.training.data import Batches
        >>> from nn.training.position import Position
        >>> position = Position(Batches((np.arange(3.0), np.arange(3.0)), batch_size=2), endless=True)
        >>> [next(position.stream())[0].tolist() for _ in range(3)]
        [[0.0, 1.0], [2.0], [0.0, 1.0]]
    """

    def __init__(self, batches: Batches, endless: bool) -> None:
        self.batches, self.endless = batches, endless
        self._taken = 0  # batches since the data began; counted where an epoch may end in the middle of the data
        self._start: dict[str, Any] | None = None  # the random numbers' state at that moment
        self._stream: Iterator[Any] | None = None

    def stream(self) -> Iterator[Any]:
        """The batches from here on: of one epoch, or, if endless, the same iterator each time."""
        if not self.endless:
            return iter(self.batches)
        if self._stream is None:
            self._stream = self._run(iter(()))
        return self._stream

    def _run(self, stream: Iterator[Any]) -> Iterator[Any]:
        while True:
            for batch in stream:
                self._taken += 1
                yield batch
            if self.batches.once and self._start is not None:
                return
            self._taken, self._start = 0, self._random()
            stream = iter(self.batches)
            first = next(stream, None)
            if first is None:
                return
            self._taken = 1
            yield first

    def _random(self) -> dict[str, Any]:
        return {
            "autograd": autograd.get_rng_state(),
            "numpy": np.random.get_state(legacy=False),  # noqa: NPY002  (users' data may draw from it)
            "python": random.getstate(),
            "data": [_state_of(g) for g in self.batches.generators()],
        }

    def _set_random(self, state: dict[str, Any]) -> None:
        own = self.batches.generators()
        if len(own) != len(state["data"]):
            raise ArgumentError(
                f"the data had {len(state['data'])} generators of its own when the checkpoint was saved, and has {len(own)} now: "
                f"pass the same data"
            )
        autograd.set_rng_state(state["autograd"])
        np.random.set_state(state["numpy"])  # noqa: NPY002
        random.setstate(state["python"])
        for generator, kept in zip(own, state["data"], strict=True):
            _set_state_of(generator, kept)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps: the random numbers' state, Python's and NumPy's own too, and the place in the data."""
        return {"random": self._random(), "taken": self._taken, "start": self._start}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go to that place: the data begins as it began then, and the batches that were used are taken again."""
        self._taken, self._start, self._stream = int(state["taken"]), state["start"], None
        if self._start is not None and self.endless:
            self._set_random(self._start)
            stream = iter(self.batches)
            for number in range(self._taken):
                if next(stream, None) is None:
                    raise ArgumentError(f"the data ended after {number} batches, and the checkpoint was saved after {self._taken}")
            self._stream = self._run(stream)
        self._set_random(state["random"])


def _state_of(generator: Any) -> Any:
    return generator.bit_generator.state if hasattr(generator, "bit_generator") else generator.get_state()


def _set_state_of(generator: Any, state: Any) -> None:
    if hasattr(generator, "bit_generator"):
        generator.bit_generator.state = state
    else:
        generator.set_state(state)


__all__ = ["Position"]
