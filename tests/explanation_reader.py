"""Reads an explanation's plain text as a stranger would: every line is an equation, every symbol is in the table or on a left side.

Nothing of the package takes part: symbols are strings, formulas are parsed here, and evaluated in NumPy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

_LOW = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_HIGH = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾", "0123456789-()")
_TOKEN = re.compile(
    r"\s*(?:(?P<slope>[a-zσ]+'\((?:[^()]*)\))"
    r"|(?P<grad>∂[₀-₉]*L/∂[^\W⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾]+(?:⁽[⁰-⁹¹²³]+⁾)?)"
    r"|(?P<ones>𝟏(?:\[(?:dims? [\d, ]+|last)\])?)"
    r"|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<reduce>(?:Σ|mean|max|min)(?:_\{dims? [\d, ]+\}|_last)?(?=\())"
    r"|(?P<name>[^\W\d⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾][^\W⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾]*̂?(?:⁽[⁰-⁹¹²³]+⁾)?)"
    r"|(?P<power>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)"
    r"|(?P<mark>ᵀ|⊙|·|−|\+|/|\^|√|\(|\)|\[|\]|<=|>=|≤|≥|≠|<|>|=|,|\|))"
)


class UnreadableError(Exception):
    """The text says something that this reader does not understand, or that has no one meaning."""


def tokens(text: str) -> list[tuple[str, str, bool]]:
    """(kind, text, whether a space stands before it)."""
    made, at = [], 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise UnreadableError(text[at:])
        kind = str(found.lastgroup)
        made.append((kind, found[kind], found.start(kind) > at))
        at = found.end()
    return made


FUNCTIONS = {
    "tanh": np.tanh, "σ": lambda x: 1 / (1 + np.exp(-x)), "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos,
    "relu": lambda x: np.maximum(x, 0), "softmax": lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True), "sign": np.sign,
}  # fmt: skip


class Ones:
    """Ones along some dimensions: what they multiply is copied along these, to the shape of the left side."""

    __array_ufunc__ = None

    def __init__(self, word: str, shape: tuple[int, ...] | None, factor: Any = 1.0) -> None:
        self.word, self.shape, self.factor = word, shape, factor

    def __rmul__(self, factor: Any) -> Ones:
        return Ones(self.word, self.shape, factor * self.factor)

    def __mul__(self, value: Any) -> Any:
        if self.shape is None:
            raise UnreadableError("copied to which shape?")
        axes = (-1,) if "last" in self.word else tuple(int(n) for n in re.findall("[0-9]+", self.word))
        if axes and np.ndim(value) < len(self.shape):
            value = np.expand_dims(value, axes)
        return self.factor * np.broadcast_to(value, self.shape)


class Reader:
    """Evaluates equations one after the other.

    Args:
        known: what the table of symbols gives. sizes: the shape of every symbol, for what is copied along dimensions.
    """

    def __init__(self, known: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.values: dict[str, Any] = dict(known)
        self.shapes = shapes

    def line(self, text: str) -> None:
        """One equation: its left side must be new."""
        left, right = text.split(" = ", 1)
        if left in self.values:
            raise UnreadableError(f"{left} stands for two things")
        self.target = self.shapes.get(left)
        self.tokens, self.at = tokens(right), 0
        value = self.sum()
        if self.at != len(self.tokens):
            raise UnreadableError(f"left over: {self.tokens[self.at :]}")
        self.values[left] = value

    def peek(self) -> tuple[str, str, bool]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "", False)

    def take(self, text: str = "") -> str:
        kind, found, _ = self.peek()
        if kind == "end" or (text and found != text):
            raise UnreadableError(f"{text or 'something'} was expected, not {found!r}")
        self.at += 1
        return found

    def sum(self) -> Any:
        sign = -1 if self.peek()[1] == "−" else 1
        if sign < 0:
            self.take()
        value = sign * self.product()
        while self.peek()[1] in ("+", "−"):
            value = value + self.product() if self.take() == "+" else value - self.product()
        return value

    def product(self) -> Any:
        value = self.matrices()
        while self.peek()[1] in ("⊙", "·", "/"):
            value = value / self.matrices() if self.take() == "/" else value * self.matrices()
        return value

    def matrices(self) -> Any:
        value = self.power()
        while self.peek()[0] in ("name", "grad", "slope") or (self.peek()[1] == "(" and self.peek()[2]):
            value = value @ self.power()
        return value

    def power(self) -> Any:
        value = self.atom()
        while True:
            kind, text, _ = self.peek()
            if kind == "power":
                value = np.power(value, float(self.take().translate(_HIGH)))
            elif text == "ᵀ":
                self.take()
                value = np.swapaxes(value, -1, -2)
            elif text == "^":
                self.take()
                value = np.power(value, self.atom())
            else:
                return value

    def atom(self) -> Any:
        kind, text, _ = self.peek()
        self.at += 1
        if kind == "number":
            return float(text)
        if kind == "ones":
            return Ones(text, self.target)
        if text == "(":
            return self.closed(")")
        if text == "√":
            self.take("(")
            return np.sqrt(self.closed(")"))
        if text == "|":
            return np.abs(self.closed("|"))
        if text == "[":
            return self.condition()
        if kind == "reduce":
            self.take("(")
            return self.reduced(text, self.closed(")"))
        if kind == "name" and self.peek()[1] == "(" and not self.peek()[2] and text in FUNCTIONS:
            self.take("(")
            return FUNCTIONS[text](self.closed(")"))
        if kind in ("name", "grad", "slope") and text in self.values:
            return self.values[text]
        raise UnreadableError(f"{text!r} is no symbol that was said before")

    def closed(self, bracket: str) -> Any:
        value = self.sum()
        self.take(bracket)
        return value

    def condition(self) -> Any:
        left, sign = self.sum(), self.take()
        right = self.sum()
        self.take("]")
        return {">": np.greater, "<": np.less, "≥": np.greater_equal, "≤": np.less_equal, "=": np.equal, "≠": np.not_equal}[sign](
            left, right
        ).astype(float)

    def reduced(self, word: str, value: Any) -> Any:
        name, _, below = word.partition("_")
        axes = None if not below else (-1,) if below == "last" else tuple(int(n) for n in re.findall(r"\d+", below))
        reduction = {"Σ": np.sum, "mean": np.mean, "max": np.max, "min": np.min}[name]
        return reduction(value, axis=axes, keepdims=axes is not None and name in ("Σ", "mean") and self.keeps(value, axes))

    def keeps(self, value: Any, axes: tuple[int, ...]) -> bool:
        """A sum over some dimensions keeps them where the symbol on the left has as many dimensions as what is summed."""
        return self.target is not None and len(self.target) == np.ndim(value)
