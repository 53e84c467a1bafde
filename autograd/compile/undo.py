"""What a step has changed before it ends early is put back: by a refusal while it is written down, or in the midst of a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..functions.random import Generator
from .capture import Draw
from .loops import Callback, Guard, Statement
from .step_list import Storage, bytes_of


class Undo:
    """What a program changes before the last place at which it can end early.

    storages: the memories from outside the program that are written before that place. generators: those that are drawn from.
    """

    def __init__(self, groups: Sequence[Statement]) -> None:
        ends = [i for i, s in enumerate(groups) if isinstance(s, Guard) or (isinstance(s, Callback) and s.entry.kind != "draw")]
        self.storages: list[Storage] = []
        self.generators: list[Generator] = []
        for group in groups[: ends[-1]] if ends else ():
            written = [access.storage for access, _ in group.writes()]
            self.storages += [s for s in written if s.kind in ("persistent", "argument") and s not in self.storages]
            if isinstance(group, Callback) and isinstance(group.entry.function, Draw):
                generator = group.entry.function.generator
                self.generators += [] if generator in self.generators else [generator]

    def __bool__(self) -> bool:
        return bool(self.storages or self.generators)

    def save(self, arrays: dict[int, np.ndarray]) -> Any:
        """Copies of what is changed. arrays: those of the arguments, by the numbers of their memories."""
        memories = [bytes_of(arrays.get(s.number, s.array)) for s in self.storages]
        states = [(g.numpy.bit_generator, g.numpy.bit_generator.state) for g in self.generators]
        return [(m, m.copy()) for m in memories], states

    def back(self, saved: Any) -> None:
        """Put back what was saved."""
        memories, states = saved
        for memory, copy in memories:
            memory[...] = copy
        for generator, state in states:
            generator.state = state


__all__ = ["Undo"]
