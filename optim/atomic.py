"""Steps and loads that happen wholly or not at all, also when an exception or Ctrl-C comes in between.

A step is a list of parts. Each part first computes its new values, which changes nothing, and then commits them: it copies them
into the parameters and the state. An exception before the first commit leaves all as it was. After the first commit the step is
finished before the exception goes on: old values are gone then, and new ones can still be computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any

import numpy as np


class Part:
    """A part of a step. ``compute`` sets ``result`` last of all; ``commit`` may run twice, and then changes nothing more."""

    __slots__ = ("done", "result")

    done: bool
    result: Any

    def compute(self) -> None:
        """Compute the new values, and change nothing."""
        raise NotImplementedError

    def commit(self) -> None:
        """Copy the new values to where they belong."""
        raise NotImplementedError


def carry_out(parts: Sequence[Part]) -> None:
    """Compute and commit all parts, one after the other."""
    reset(parts)
    begun = False
    try:
        for part in parts:
            part.compute()
            begun = True
            part.commit()
            part.done = True
            part.result = None
    except BaseException as error:
        if begun:
            _finish(parts, error)
        raise


def reset(parts: Sequence[Part]) -> None:
    """Note that no part has been carried out."""
    for part in parts:
        part.done, part.result = False, None


def finish(parts: Sequence[Part]) -> None:
    """Carry out the parts that have not been."""
    for part in parts:
        if not part.done:
            if part.result is None:
                part.compute()
            part.commit()
            part.done = True
            part.result = None


def _finish(parts: Sequence[Part], error: BaseException) -> None:
    """Carry out the parts that an error has left over. If that fails too, note in the error how many parts are done."""
    try:
        with np.errstate(all="ignore"):  # the error may be NumPy's warning of an overflow
            finish(parts)
    except Exception as again:
        done = sum(part.done for part in parts)
        error.add_note(
            f"The optimizer could not finish its step ({type(again).__name__}: {again}): {done} of {len(parts)} parts are done, so "
            f"some parameters have moved and others have not. Load the last checkpoint"
        )


def write_all(writes: Sequence[Callable[[], object]]) -> None:
    """Run all writes. If an exception comes in between, run them all again before it goes on; so each write may run twice."""
    try:
        for write in writes:
            write()
    except BaseException:
        for write in writes:
            write()
        raise


@contextmanager
def restored_on_error(*holders: dict[str, Any]) -> Iterator[None]:
    """If the block raises, give the dicts the keys, values and lists that they had before it."""
    before = [{key: copy(value) if isinstance(value, list) else value for key, value in holder.items()} for holder in holders]
    try:
        yield
    except BaseException:
        for holder, old in zip(holders, before, strict=True):
            holder.clear()
            holder.update(old)
        raise
