"""The options of a parameter group: which values an optimizer accepts, and their values as plain numbers for a step."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from operator import is_
from typing import Any, NamedTuple

import numpy as np

from autograd import Tensor

NUMBERS = (int, float, np.integer, np.floating, Tensor)


class Range(NamedTuple):
    """The values that an option may have.

    Args:
        name: the option.
        low: the smallest.
        high: the largest.
        below: whether the values stay below ``high``.
        text: the option's name in an error, if it is another one: ``Invalid TEXT: VALUE``.
    """

    name: str
    low: float = 0.0
    high: float = inf
    below: bool = False
    text: str = ""

    def check(self, value: Any) -> None:
        """Raise unless the value is a number, or a tensor of one, that lies in the range."""
        demand_number(self.name, value)
        plain = number(value)
        inside = self.low <= plain <= self.high and not (self.below and plain == self.high)
        demand(inside, self.text or f"{self.name} value", value)


def demand(ok: bool, text: str, value: object) -> None:
    """Raise ``Invalid text: value`` unless ok."""
    if not ok:
        raise ValueError(f"Invalid {text}: {value}")


def demand_number(name: str, value: object) -> None:
    """Raise unless the option's value is a real number, or a tensor of one."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, NUMBERS):
        raise TypeError(f"{name} must be a number, but got {type(value).__name__}")
    if isinstance(value, Tensor):
        if value.array.size != 1:
            raise ValueError(f"Tensor {name} must be 1-element, but its shape is {tuple(value.shape)}")
        if value.array.dtype.kind not in "iuf":
            raise TypeError(f"{name} must be a real number, but got a tensor of {value.array.dtype}")


def check_ranges(group: dict[str, Any], ranges: Iterable[Range]) -> None:
    """Raise unless every option of a group lies in its range; of betas, both numbers."""
    for allowed in ranges:
        value = group.get(allowed.name, allowed)
        if value is allowed:
            continue  # not an option of this optimizer
        if allowed.name != "betas":
            allowed.check(value)
            continue
        if not isinstance(value, tuple | list) or len(value) != 2:
            raise ValueError(f"betas must be two numbers, but got {value}")
        for i, beta in enumerate(value):
            allowed._replace(text=f"beta parameter at index {i}").check(beta)


def number(value: Any) -> Any:
    """Return an option as a number: a tensor's only element, or the value itself."""
    return value.array.item() if isinstance(value, Tensor) else value


_PLAIN = {bool, int, float, str, type(None)}


class PlainOptions:
    """The options of a group with Python's numbers in place of tensors and NumPy's scalars.

    It remembers the values that it has seen last. As long as the group holds the same objects, or others of the same plain types,
    the group is returned as it is.
    """

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.types: list[type] = []
        self.tuples: list[str] = []

    def of(self, group: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
        """The options as plain numbers.

        Raises:
            TypeError: an option is no number any more.
        """
        if len(group) == len(self.values) and all(map(is_, group.values(), self.values)):
            return group
        types = [*map(type, group.values())]
        if types != self.types or not all([_is_plain(group[name]) for name in self.tuples]):
            self.types, self.values = [], []
            changed = self._changed(group, defaults)
            if changed:
                return {**group, **changed}
            self.types = types
            self.tuples = [name for name in defaults if isinstance(group[name], tuple | list)]
        # The numbers of a list can change while it stays the same object, so a group with one is looked at every time.
        self.values = [] if any(type(group[name]) is not tuple for name in self.tuples) else [*group.values()]
        return group

    def _changed(self, group: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
        """The options that are not plain numbers yet, as plain numbers."""
        changed: dict[str, Any] = {}
        for name, default in defaults.items():
            value = group[name]
            if isinstance(default, NUMBERS) and not isinstance(default, bool):
                demand_number(name, value)
            if isinstance(value, tuple | list):
                if not _is_plain(value):
                    changed[name] = tuple([_plain(name, v) for v in value])
            elif type(value) not in _PLAIN:
                changed[name] = _plain(name, value)
        return changed


def _is_plain(values: Any) -> bool:
    return all([type(v) in _PLAIN for v in values])


def _plain(name: str, value: Any) -> Any:
    if type(value) in _PLAIN or isinstance(value, np.bool_):
        return value
    demand_number(name, value)
    return value.item()
