"""The equations above the loops: of an op's value, of its rules, of an optimizer's step, as ``explain`` and the page write them.

While a function is written down, each call is noted with the op or rule that it belongs to (``Rule``). The equations themselves are
read from the declarations when somebody looks at the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from textwrap import dedent, wrap
from typing import Any

import numpy as np

from ...engine.standin import StandIn
from ..loops import written_arguments
from ..step_list import Entry, Storage, refs_in

_LETTER = re.compile(r"‹(\w+)›")
_WIDTH = 118


class Rule:
    """What a call computes a part of.

    op: an op, or an optimizer. params: the parameters of the op's call; None where they are not known. names: "y" for the op's
    value, or the inputs whose gradients the call is for. memories: those that the equation's letters stand for. shapes: of the
    operands, and of the value.
    """

    def __init__(
        self, op: Any, params: dict[str, Any] | None, names: Sequence[str], memories: dict[str, Storage],
        shapes: tuple[list[Any], Any] = ([], None),
    ) -> None:  # fmt: skip
        self.op, self.params, self.names, self.memories, self.shapes = op, params, tuple(names), memories, shapes
        self._said: list[str] | None = None

    def of_gradients(self, names: Sequence[str], gradient: Storage | None) -> Rule:
        """The same call of the op, on the way back."""
        memories = self.memories if gradient is None else {**self.memories, "g": gradient}
        return Rule(self.op, self.params, names, memories, self.shapes)

    @property
    def of_optimizer(self) -> bool:
        return not hasattr(self.op, "rules")

    def equations(self) -> list[str]:
        """The equations, with letters such as ‹x› where a memory's name can be put."""
        if self._said is None:
            self._said = [_of_optimizer(self.op)] if self.of_optimizer else self._of_op()
        return self._said

    def _of_op(self) -> list[str]:
        from ...viz.explain.calls import Call, lettered
        from ...viz.explain.formula import rules

        try:
            if self.params is None:  # nothing was recorded
                return [str(rules(self.op)[name]["text"]) for name in self.names]
            call = Call(self.op, self.params, *self.shapes)
            key = call.key
            if key not in _known:
                _known[key] = {name: _joined(made["text"]) for name, made in lettered(call).items()}
        except (KeyError, LookupError, TypeError, ValueError):  # a user's Function, whose rules are Python code
            return []
        return [_known[key][name] for name in self.names if name in _known[key]]


_known: dict[Any, dict[str, str]] = {}  # the equations of calls, for those that are alike


def _joined(lines: list[str]) -> str:
    main, *definitions = lines
    return f"{main}, where {', '.join(definitions)}" if definitions else main


def _of_optimizer(optimizer: Any) -> str:
    from ...viz.explain.styles import Text
    from ...viz.explain.update import assigned, update

    step = update(optimizer)
    return ", ".join(str(assigned(Text(), *pair)) for pair in step.assignments) or step.text


def rule_of(op: Any, node: Any, operands: Any, result: Any, memory: Callable[[Any], Storage | None]) -> Rule:
    """What a call of an op computes. memory: finds the memory of a tensor or an array."""
    values = list(operands) if isinstance(operands, list | tuple) else [operands]
    letters = [] if op.variadic else list(zip(op.inputs, values, strict=False))
    memories = {name: found for name, value in [*letters, ("y", result)] if (found := memory(value)) is not None}
    shapes = [getattr(v, "shape", None if v is None else ()) for v in values]
    params = None if node is None else {k: _small(v) for k, v in (node.params or {}).items()}
    return Rule(op, params, ("y",), memories, (shapes, getattr(result, "shape", None)))


def _small(value: Any) -> Any:
    """A parameter without its numbers, if it is an array, or a stand-in, whose number differs from call to call."""
    if isinstance(value, tuple):
        return tuple([_small(v) for v in value])
    return np.empty(0) if getattr(value, "ndim", 0) or isinstance(value, StandIn) else value


def of_gradients(
    entries: Sequence[Entry], rule: Rule, gradient: Any, contributions: Any, memory: Callable[[Any], Storage | None]
) -> None:
    """Note, with the calls of an op's rules, the inputs whose gradients depend on them."""
    inputs = rule.op.inputs
    ends = {name: end for name, c in zip(inputs, contributions, strict=False) if (end := memory(c)) is not None}
    names: list[list[str]] = [[] for _ in entries]
    for name, end in ends.items():
        wanted = {end.number}
        for i in range(len(entries) - 1, -1, -1):
            if any(s.number in wanted for s in _targets(entries[i])):
                names[i].append(name)
                wanted.update(r.storage.number for r in entries[i].inputs())
    known: dict[tuple[str, ...], Rule] = {}
    came_by = memory(gradient)
    for entry, found in zip(entries, names, strict=True):
        if found:
            entry.rule = known.setdefault(tuple(found), rule.of_gradients(found, came_by))


def _targets(entry: Entry) -> list[Storage]:
    """The memories that a call writes."""
    return [r.storage for r in (*entry.outs, *written_arguments(entry))]


def equations(entry: Entry) -> list[str]:
    """The equations of a call's rule; for a call that belongs to none, the call itself."""
    return (entry.rule.equations() if entry.rule is not None else []) or [_plainly(entry)]


def _plainly(entry: Entry) -> str:
    targets = [s.name for s in _targets(entry)]
    values = entry.args[1:] if entry.kind in ("write", "put") and not entry.outs else entry.args
    operands = ", ".join([r.storage.name for r in refs_in(values)] or [str(v) for v in values if isinstance(v, int | float)])
    call = operands if entry.name() in ("write", "copy") else f"{entry.name()}({operands})"
    return f"{targets[0]} = {call}" if targets else call


def under(text: str, title: str) -> str:
    """The parts of a step's C under a title: they are divided by empty lines, and begin with comments."""
    head = re.compile(rf"^ *(/\*|  ) {re.escape(title)}(:| \*/)", re.MULTILINE)
    blocks = [dedent(block.strip("\n")) for block in re.split(r"\n[ ]*\n", text)]
    return "\n\n".join([block for block in blocks if head.search(block)])


def lettered(equation: str, memories: dict[str, Storage], names: dict[int, str], known: set[str]) -> str:
    """An equation with the names of memories in place of its letters. known: the names that the text has."""

    def name(letter: re.Match[str]) -> str:
        found = names.get(memories[letter[1]].number, "") if letter[1] in memories else ""
        return found if found in known else letter[1]

    return _LETTER.sub(name, equation)


def comment(text: str, indent: int) -> list[str]:
    """A comment of C, in lines that are not too long."""
    lines = wrap(text.replace("*/", "* /"), _WIDTH - indent - 6, break_long_words=False, break_on_hyphens=False)
    return [("/* " if i == 0 else "   ") + line + (" */" if i == len(lines) - 1 else "") for i, line in enumerate(lines)]
