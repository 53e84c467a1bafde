"""Numbers that Python keeps and changes between calls: learning rates, step counts, numbers that schedulers set.

While a step is written down an ``Option`` replaces such a number. It computes like a number and remembers its expression. The
program evaluates the expression anew at each call. If Python decides by it, the decision becomes a condition of the program.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import CompileError
from .step_list import Number


class Option(Number):
    """A number with its expression: ``apply`` of ``parts``; or, for a leaf, the value in ``place`` under ``key``."""

    __slots__ = ("apply", "key", "parts", "place", "recorder", "symbol", "value")
    __hash__ = object.__hash__

    def __init__(self, recorder: Any, value: Any) -> None:
        self.recorder = recorder
        self.value = value
        self.place: Any = None
        self.key: Any = None
        self.apply: Callable[..., Any] | None = None
        self.parts: tuple[Any, ...] = ()
        self.symbol = ""

    @classmethod
    def leaf(cls, recorder: Any, place: Any, key: Any, value: Any) -> Option:
        """The number that a dict, or an object's ``__dict__``, holds under a key; (key, i) for a part of a tuple there."""
        made = cls(recorder, value)
        made.place, made.key = place, key
        made.symbol = f"{key[0]}[{key[1]}]" if isinstance(key, tuple) else str(key)
        return made

    def made(self, apply: Callable[..., Any], symbol: str, *parts: Any) -> Option:
        """The number that a function returns for others."""
        result = Option(self.recorder, apply(*[p.value if isinstance(p, Option) else p for p in parts]))
        result.apply, result.parts, result.symbol = apply, parts, symbol
        return result

    def name(self) -> str:
        if self.apply is None:
            return self.symbol
        shown = [p.name() if isinstance(p, Option) else repr(p) for p in self.parts]
        if len(shown) == 1:
            return f"{self.symbol}({shown[0]})"
        return f"({shown[0]} {self.symbol} {shown[1]})"

    __repr__ = name

    def now(self) -> Any:
        if self.apply is not None:
            return self.apply(*[p.now() if isinstance(p, Option) else p for p in self.parts])
        if isinstance(self.key, tuple):
            return _plain(self.place[self.key[0]][self.key[1]])
        return _plain(self.place[self.key])

    def __neg__(self) -> Option:
        return self.made(operator.neg, "-", self)

    def __abs__(self) -> Option:
        return self.made(abs, "abs", self)

    # ------------------------------------------------------------------------------------------------ where Python decides
    def __bool__(self) -> bool:
        return bool(self.recorder.condition(self, bool(self.value)))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return self.recorder.ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self.recorder.function(function, args, kwargs)

    def _closed(self) -> Any:
        raise CompileError(f"{self.name()} was turned into a plain number, which would never change again")

    def __float__(self) -> float:
        return float(self._closed())

    def __int__(self) -> int:
        return int(self._closed())

    def __index__(self) -> int:
        return int(self._closed())


def _plain(value: Any) -> Any:
    """A number, out of a tensor or an array of one if need be."""
    array = getattr(value, "array", value)
    return array.item() if isinstance(array, np.ndarray) else array


_OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip


def _binary(apply: Callable[..., Any], symbol: str, swapped: bool) -> Any:
    def call(self: Option, other: Any) -> Any:
        if not isinstance(other, int | float | Option | np.number):
            return NotImplemented
        return self.made(apply, symbol, *((other, self) if swapped else (self, other)))

    return call


for _name, _symbol in _OPERATORS.items():
    _apply = getattr(operator, _name)
    setattr(Option, f"__{_name}__", _binary(_apply, _symbol, False))
    if _symbol not in ("<", "<=", ">", ">=", "==", "!="):
        setattr(Option, f"__r{_name}__", _binary(_apply, _symbol, True))

__all__ = ["Option"]
