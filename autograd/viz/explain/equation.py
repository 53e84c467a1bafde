"""One equation of an explanation: how it is printed, and how its value is computed."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .evaluation import evaluate

Env = dict[str, Any]


@dataclass
class Equation:
    """``left = right``, with what is needed to print it and to evaluate it.

    Attributes:
        key: the key of the symbol that it defines. left, tree: the two sides; tree is None where there is nothing to print.
        section: of the story. shape: of the value. scalars: keys in it that are numbers. indexed: it holds for every index.
        value: computes the value where the expression does not. defines: it only names a part of the equation after it, and has no
        value of its own. call: the module call it belongs to. op: the op's name. params: options of the op, for a remark.
    """

    key: str
    left: ast.expr
    tree: ast.expr | None
    section: str
    shape: tuple[int, ...] | None = None
    scalars: frozenset[str] = frozenset()
    indexed: bool = False
    value: Callable[[Env], Any] | None = None
    defines: bool = False
    call: Any = None
    op: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    printed: bool = True

    def evaluate(self, env: Env) -> Any:
        """The value, from those of the equations before it."""
        if self.value is not None:
            return self.value(env)
        assert self.tree is not None
        made = np.asarray(evaluate(self.tree, env))
        return made.reshape(self.shape) if self.shape is not None and made.size == int(np.prod(self.shape)) else made


__all__ = ["Env", "Equation"]
