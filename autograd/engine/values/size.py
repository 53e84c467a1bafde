"""Size: the shape of a tensor, as PyTorch's. It is a tuple, and prints as one."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from operator import index
from typing import Any, SupportsIndex


class Size(tuple[int, ...]):
    """A shape: a tuple of lengths that can tell how many elements they make. A slice of a Size is a Size.

    Example:
        >>> import autograd
        >>> size = autograd.ones(2, 3, 4).shape
        >>> size, size[1:].numel(), size == (2, 3, 4)
        ((2, 3, 4), 12, True)
    """

    _plain: tuple[int, ...]  # the same as a plain tuple, which takes an index much faster than ``tuple.__getitem__``

    def __new__(cls, lengths: Iterable[int] = ()) -> Size:
        plain = lengths if type(lengths) is tuple else tuple([index(n) for n in lengths])
        size = super().__new__(cls, plain)
        size._plain = plain
        return size

    def __reduce__(self) -> Any:
        return Size, (self._plain,)

    def __getitem__(self, where: Any) -> Any:
        part = self._plain[where]
        return Size(part) if part.__class__ is tuple else part

    def __add__(self, other: Any) -> Any:
        return Size(self._plain + other) if isinstance(other, tuple) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return Size(other + self._plain) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, count: SupportsIndex) -> Size:
        return Size(self._plain * count)

    __rmul__ = __mul__

    def numel(self) -> int:
        """The number of elements of a tensor of this shape.

        Example:
            >>> import autograd
            >>> autograd.Size([2, 3]).numel()
            6
        """
        return prod(self)


class _Sizes(dict[tuple[int, ...], Size]):
    """The Size of a tuple, remembered: to look one up takes a third of the time that it takes to make one."""

    def __missing__(self, shape: tuple[int, ...]) -> Size:
        if len(self) >= 4096:  # a program whose shapes never end does not fill the memory with them
            self.clear()
        size = self[shape] = Size(shape)
        return size


SIZES = _Sizes()


def row_by_row(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides, in elements, of a tensor whose elements lie in memory row by row. A length of 0 counts as 1, as in PyTorch."""
    strides, step = [], 1
    for length in reversed(shape):
        strides.append(step)
        step *= max(length, 1)
    return tuple(reversed(strides))
