"""Sections: titles after modules, and equations above the statements that compute them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..loops import Loop, Repeat, Statement
from ..scalar import Names
from ..step_list import Storage
from .equations import comment, equations, lettered
from .functions import Alike

Said = dict[tuple[str, str], dict[str, Storage]]  # titles and equations, with the memories of the equations' letters


class Sections:
    """The lines of a function, with places for comments, which are filled in when all names are known."""

    lines: list[str]
    depth: int
    comments: list[tuple[str, list[tuple[str, dict[str, Storage]]]]]
    names: Names
    above: Said  # the equations of the statement before
    stepped: set[str]  # optimizers whose equations have been said

    def say(self, text: str) -> None:
        raise NotImplementedError

    def _outline(self, group: Alike) -> None:
        raise NotImplementedError

    def _section(self, group: Alike, s: Statement) -> None:
        """The title of a call of a function for loops that are alike."""
        said: Said = {(title_of(s.stores[0].entry) or "step", ""): {}} if isinstance(s, Loop) else {}
        if said != self.above:
            self.say("")
            self._say_equations(said)
        if not group.name:
            self._outline(group)
        self.above = said

    def _equations(self, s: Statement) -> None:
        """The equations that a statement computes, above it: of those that are right above it already, the title."""
        entries = [store.entry for store in s.stores] if isinstance(s, Loop) else [] if isinstance(s, Repeat) else [s.entry]
        said: Said = {}
        for entry in entries:
            if entry is not None:
                memories = {} if entry.rule is None else entry.rule.memories
                for equation in equations(entry) if entry.op not in self.stepped else [""]:
                    said.setdefault((title_of(entry) or "step", equation), memories)
                if entry.rule is not None and entry.rule.of_optimizer:
                    self.stepped.add(entry.op)
        fresh = {key if key not in self.above else (key[0], ""): memories for key, memories in said.items()}
        if not any(equation for _, equation in fresh):
            fresh = said
        self.say("")
        self._say_equations(fresh)
        self.above = said

    def _say_equations(self, said: Said) -> None:
        for title in dict.fromkeys(title for title, _ in said):
            self.say(f"\0{len(self.comments)}")
            own = [(equation, memories) for (t, equation), memories in said.items() if t == title and equation]
            self.comments.append((title, own))

    def _commented(self) -> str:
        """The lines of a function, with the comments in their places, which name what the text names."""
        known = set(re.findall(r"\w+", "\n".join(self.lines)))
        found = []
        for line in without_braces(self.lines):
            if "\0" not in line:
                found.append(line)
                continue
            indent = len(line) - len(line.lstrip(" "))
            title, said = self.comments[int(line.strip(" \0"))]
            told = ";  ".join([lettered(equation, memories, self.names.of, known) for equation, memories in said])
            found += [" " * indent + text for text in comment(f"{title}: {told}" if told else title, indent)]
        return "\n".join(found)


def without_braces(lines: list[str]) -> Iterator[str]:
    """The lines, without the braces around a loop's only statement."""
    i = 0
    while i < len(lines):
        alone = lines[i].lstrip().startswith("for (") and lines[i].endswith(" {") and lines[i + 2].strip() == "}"
        if alone and lines[i + 1].endswith(";"):
            yield from (lines[i].removesuffix(" {"), lines[i + 1])
            i += 3
        else:
            yield lines[i]
            i += 1


def title_of(entry: Any) -> str:
    """A title for calls: the layer's path, the op, and "gradient" for its rule."""
    if entry is None:
        return ""
    parts = [entry.layer, entry.op, entry.phase]
    return " ".join(p for p in parts if p)


__all__ = ["Said", "Sections", "title_of"]
