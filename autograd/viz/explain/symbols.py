"""The symbols of an explanation: each stands for one thing, and no two are printed alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from .styles import Text


class Role(Enum):
    """What a symbol stands for."""

    PARAMETER = auto()
    DATA = auto()
    PREACTIVATION = auto()
    ACTIVATION = auto()
    HIDDEN = auto()
    LOSS = auto()
    UNKNOWN = auto()
    ERROR = auto()
    GRADIENT = auto()
    SLOPE = auto()
    LOCAL = auto()
    COUNT = auto()


@dataclass(frozen=True)
class Symbol:
    """One symbol.

    Attributes:
        key: the name by which expressions refer to it. role: what it stands for. base, upper, lower: how it is written: a letter or
        the user's name, the layer in brackets above, a number below. function: of a slope, the activation whose derivative it is.
        part: of a gradient, the number of the contribution that it is; "" for the whole.
    """

    key: str
    role: Role
    base: str
    upper: str = ""
    lower: str = ""
    function: str = ""
    part: str = ""

    @property
    def shown(self) -> tuple[str, ...]:
        """How the typesetter is to write it."""
        if self.role is Role.GRADIENT:
            return (f"∂{self.part}", self.base, self.upper, self.lower)
        if self.role is Role.SLOPE:
            return ("'", self.function, self.base, self.upper, self.lower)
        return (self.base, self.upper, self.lower)

    @property
    def text(self) -> str:
        """The symbol as plain text."""
        plain = Text().symbol(self.base, self.upper, self.lower)
        if self.role is Role.GRADIENT:
            return str(Text().gradient(plain, self.part))
        return f"{self.function}'({plain})" if self.role is Role.SLOPE else str(plain)


# Names with a meaning in formulas: a variable of the user's that is called so gets a number.
RESERVED = {"L", "t", "T", "e", "pi", "inf", "nan", "if", "else", "in", "not", "and", "or", "where", "at", "elsewhere"}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")


class Symbols:
    """Makes symbols, and sees to it that no two are printed alike."""

    def __init__(self) -> None:
        self.by_key: dict[str, Symbol] = {}
        self._texts: set[str] = {*RESERVED, *(Text().symbol(name) for name in RESERVED)}

    @property
    def shown(self) -> dict[str, tuple[str, ...]]:
        """How the typesetter is to write each key."""
        return {key: symbol.shown for key, symbol in self.by_key.items()}

    def new(self, role: Role, base: str, upper: str = "", lower: str = "") -> Symbol:
        """A symbol with these letters, or with the next free number below it if another one has them."""
        number = 1
        found = self._make(role, base, upper, lower)
        while found.text in self._texts or found.key in self.by_key:
            number += 1
            found = self._make(role, base, upper, f"{lower}{number}" if lower and not lower.isdigit() else str(number))
        return self._keep(found)

    def loss(self) -> Symbol:
        """L, which nothing else is called."""
        return self._keep(Symbol("L", Role.LOSS, "L"))

    def count(self, base: str) -> Symbol:
        """A number that the explanation counts with: n."""
        return self._keep(Symbol(base, Role.COUNT, base)) if base not in self._texts else self.new(Role.COUNT, base)

    def gradient(self, of: Symbol, part: int = 0) -> Symbol:
        """The gradient of a value, or one numbered contribution to it; the error, for what goes into an activation."""
        if of.role is Role.PREACTIVATION and not part:
            return self._once(Symbol(f"delta{of.lower}_{of.upper}", Role.ERROR, "delta", of.upper, of.lower))
        key = f"d_{of.key}" + (f"__{part}" if part else "")
        return self._once(Symbol(key, Role.GRADIENT, of.base, of.upper, of.lower, part=str(part) if part else ""))

    def slope(self, of: Symbol, function: str, value: Symbol) -> Symbol:
        """The derivative of an activation at its pre-activation."""
        return self._once(Symbol(f"slope_{value.key}", Role.SLOPE, of.base, of.upper, of.lower, function))

    @staticmethod
    def usable(name: str) -> bool:
        """Whether a user's name can be printed as a symbol."""
        return bool(_WORD.fullmatch(name)) and len(name) <= 24 and not name.endswith("_t")

    def _make(self, role: Role, base: str, upper: str, lower: str) -> Symbol:
        key = base + lower + (f"_{upper}" if upper else "")
        return Symbol(re.sub(r"\W", "_", key), role, base, upper, lower)

    def _once(self, symbol: Symbol) -> Symbol:
        return self.by_key.get(symbol.key) or self._keep(symbol)

    def _keep(self, symbol: Symbol) -> Symbol:
        self.by_key[symbol.key] = symbol
        self._texts.add(symbol.text)
        return symbol


__all__ = ["RESERVED", "Role", "Symbol", "Symbols"]
