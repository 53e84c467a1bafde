"""One C text for several sizes of the batch: the numbers in which the texts of two sizes differ become expressions of ``batch``.

The first size has a text of its own: with known sizes the compiler makes a faster program. The second brings the template.
Nothing is guessed about a third size: its own text is made, as if it were to be compiled, and compared with what the template says
for that size. If they are the same, the library that is there is called with another ``batch``; if not, the text is compiled.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from textwrap import wrap
from typing import Any

import numpy as np

from ..scalar import number

_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d*)?(?:e[-+]?\d+)?f?)(?![\w.])")
_LOOP = re.compile(r"for \(int (\w) = 0; (?=\1 < .*\bbatch\b.*?; )")
_FUNCTION = re.compile(r"^(?:static )?int (?:piece|part)_\d+\(.*?^\}$", re.MULTILINE | re.DOTALL)
_CELL = r"\w[\w ]*\*const \w+ = [^;]*; /\* \d+ \*/"
_DECLARATIONS = re.compile(rf"(?:^ +{_CELL}(?: +{_CELL})?\n)+", re.MULTILINE)
_WIDTH = 118

At = tuple[str, Callable[[int], str]]  # an expression of the batch, and the number that it is for one


class Template:
    """A text with expressions of the batch.

    text: as it is compiled. parts: what is between its numbers. found: the numbers; expressions of the batch; or the kinds of those
    that have to be read from each text, and are given to the program beside the batch. slot: where it finds the batch.
    at: the argument whose leading dimension is the batch.
    """

    def __init__(self, parts: list[str], found: list[str | At | type], slot: int, at: int) -> None:
        self.parts, self.found = parts, found
        self.at = at
        self.slot = slot
        given = count(slot + 1)
        shown = [
            f"({_KINDS[f]})numbers[{next(given)}]" if isinstance(f, type) else f if isinstance(f, str) else f[0] for f in found
        ]
        whole = "".join([part + number for part, number in zip(parts, [*shown, ""], strict=True)])
        self.text = "\n".join([part for line in _FUNCTION.sub(self._with_batch, whole).split("\n") for part in _in_width(line)])

    def values(self, text: str, batch: int) -> list[float] | None:
        """The numbers that the program takes, the batch first, to do what a text does; None where the texts differ otherwise."""
        theirs = _NUMBER.split(_declared_alike(text))
        if len(theirs) != 2 * len(self.found) + 1:
            return None
        values: list[float] = [batch]
        for part, other, f, number_ in zip(self.parts, theirs[::2], self.found, theirs[1::2], strict=False):
            if isinstance(f, type):
                if _kind(number_) is not f:
                    return None
                values.append(float(number_.rstrip("f")))
            elif number_ != (f if isinstance(f, str) else f[1](batch)):
                return None
            if part.split() != other.split():
                return None
        return values if self.parts[-1].split() == theirs[-1].split() else None

    def _with_batch(self, function: re.Match[str]) -> str:
        text = function[0]
        if not re.search(r"\bbatch\b", text):
            return text
        head, _, body = text.replace("    (void)numbers;\n", "").partition("{\n")
        return f"{head}{{\n    const int64_t batch = (int64_t)numbers[{self.slot}];\n{_LOOP.sub(_wide, body)}"


def _declared_alike(text: str) -> str:
    """A text with its memories in the order of their names: theirs follows from the lengths of numbers."""

    def one(block: re.Match[str]) -> str:
        cells = sorted(re.findall(_CELL, block[0]), key=lambda cell: cell.split(" = ")[0].split("*const ")[1])
        return "".join([f"    {cell.replace('*)work;', '*)(work + 0);')}\n" for cell in cells])

    return _DECLARATIONS.sub(one, text)


def _in_width(line: str) -> list[str]:
    """A line, broken where it is too long."""
    if len(line) <= _WIDTH or line.startswith("#"):
        return [line]
    indent = line[: len(line) - len(line.lstrip())]
    further = "   " if line.lstrip().startswith("/*") else "    "
    return wrap(line, _WIDTH, initial_indent="", subsequent_indent=indent + further, break_long_words=False, break_on_hyphens=False)


def _wide(loop: re.Match[str]) -> str:
    # An int that may wrap, as the compiler must believe of one without a known bound, keeps loops from becoming vectors.
    return f"for (int64_t {loop[1]} = 0; "


def template(first: str, second: str, sizes: tuple[int, int, int], slot: int) -> Template | None:
    """The template of which both texts are cases; None where they differ in more than numbers, or in numbers of another kind.

    sizes: as ``batches`` finds them. slot: the program's first number that is free.
    """
    at, batch, other = sizes
    ours, theirs = _NUMBER.split(_declared_alike(first)), _NUMBER.split(_declared_alike(second))
    if len(ours) != len(theirs):
        return None
    found: list[str | At | type] = []
    for before, a, b in zip(ours[::2], ours[1::2], theirs[1::2], strict=False):
        made = int if before.endswith("work + ") else a if a == b else _expression(a, batch, b, other)
        if made is None:
            return None
        found.append(made)
    whole = Template(ours[::2], found, slot, at)
    static = [line for line in whole.text.splitlines() if line.lstrip().startswith("static") and "batch" in line]
    outside = re.sub(r"/\*.*?\*/", "", _FUNCTION.sub("", whole.text), flags=re.DOTALL)
    if static or re.search(r"\bbatch\b|\)numbers\[", outside):
        return None  # the size of static memory, or a function that does not know the batch
    return whole if whole.values(second, other) else None


_KINDS: dict[type, str] = {int: "int64_t", np.float32: "float", np.float64: "double"}


def _kind(text: str) -> type:
    return np.float32 if text.endswith("f") else np.float64 if set(".e") & set(text) else int


def _expression(a: str, batch: int, b: str, other: int) -> At | type | None:
    """A number as an expression of the batch: factor * batch + rest; one with a fraction has to be read."""
    kind = _kind(a)
    if kind is not _kind(b):
        return None
    x, y = float(a.rstrip("f")), float(b.rstrip("f"))
    line = _line(int(x), batch, int(y), other) if (x, y) == (int(x), int(y)) else None
    if line is None:
        return None if kind is int else kind
    factor, rest = line
    if kind is int:
        return _affine(factor, rest), lambda n: str(factor * n + rest)
    return f"({_KINDS[kind]}){_affine(factor, rest)}", lambda n: number(factor * n + rest, np.dtype(kind))


def _line(a: int, batch: int, b: int, other: int) -> tuple[int, int] | None:
    factor, left = divmod(b - a, other - batch)
    return None if left else (factor, a - factor * batch)


def _affine(factor: int, rest: int) -> str:
    text = "batch" if factor == 1 else f"{factor} * batch"
    text = f"{text} {'+' if rest > 0 else '-'} {abs(rest)}" if rest else text
    return text if text == "batch" else f"({text})"


def batches(one: list[Any], other: list[Any]) -> tuple[int, int, int] | None:
    """The argument whose leading dimension is the batch, and the two sizes, if that is in what two calls' arguments differ.

    one, other: (shape, dtype, strides) of each array.
    """
    if len(one) != len(other):
        return None
    differ = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a[0] != b[0]]
    if not differ or any(a[0][1:] != b[0][1:] or len(a[0]) != len(b[0]) for a, b in zip(one, other, strict=True)):
        return None
    at = min(differ, key=lambda i: one[i][0][0])
    return at, one[at][0][0], other[at][0][0]


__all__ = ["Template", "batches", "template"]
