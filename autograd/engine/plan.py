"""Plan: the values that a call of an op saves for backward, and the functions that run it backwards. No op is declared here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .codegen import backward_function, rule_function, save_function

if TYPE_CHECKING:
    from .op import Op

Rule = Callable[..., Any]


class Plan:
    """The values that a call of an op saves, and the functions that run it backwards, for one set of inputs that need a gradient.

    An op makes a plan for each such set once. Its functions are written (see codegen.py) when they are first called.

    Attributes:
        op: the op. needs: for each input, whether it needs a gradient.
        slots: the names of the values to save, as the rules ask for them.
        save: a function (inputs, y, params, extras) that returns the values to save, one for each slot.
        backward: a function (g, saved) that returns a gradient per input, None where the input needs none.
        rules: the rule of each input, None where it is not needed; or a single rule that serves all inputs.
        keeps_arrays: whether one of the slots is an array, so that freeing it frees memory.
        elementwise: the op's.
    """

    __slots__ = ("_rule_functions", "backward", "elementwise", "keeps_arrays", "needs", "op", "rules", "save", "slots")

    # The plan of a user's Function may have functions of its own: forward mode (node, tangents, saved), tensors of what it saved
    # (node, saved). ``materialize`` says whether its backward gets zeros for outputs without a gradient.
    materialize = True
    push: Callable[..., Any] | None = None
    lift: Callable[..., tuple[Any, ...]] | None = None

    def __init__(self, op: Op, needs: tuple[bool, ...]) -> None:
        self.op = op
        self.needs = needs
        self.elementwise = op.elementwise
        self.rules: tuple[Rule | None, ...]
        if op.variadic and "needs" not in op.rules:
            self.rules = (op.rules[op.inputs[0]],)
        elif op.joint is not None:
            self.rules = (op.joint,)
        else:
            self.rules = tuple([op.rules[name] if need else None for name, need in zip(op.inputs, needs, strict=True)])
        asked = {name for rule in self.rules if rule is not None for name in op.names(rule)} - {"needs"}
        if not self.one_rule_for_all:
            # The shape of an array that is saved anyway is read from it.
            asked = {name for name in asked if not (name.endswith("_shape") and name[:-6] in asked)}
        # Inputs first and in their order, so that a binary op that saves both saves them as it got them.
        self.slots = tuple(sorted(asked, key=[*op.inputs, *sorted(asked - set(op.inputs))].index))
        self.keeps_arrays = not {*op.inputs, "y", *op.parts, *op.extras}.isdisjoint(self.slots)
        self.save: Callable[..., tuple[Any, ...]] = self._first_save
        self.backward: Callable[..., tuple[Any, ...]] = self._first_backward
        self._rule_functions: dict[int, Callable[..., Any]] = {}

    @property
    def one_rule_for_all(self) -> bool:
        """Whether one rule returns the gradients of all inputs."""
        return self.op.joint is not None or self.op.variadic

    def _first_save(self, inputs: Any, y: Any, params: Any, extras: Any) -> tuple[Any, ...]:
        self.save = save_function(self)
        return self.save(inputs, y, params, extras)

    def _first_backward(self, g: Any, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        self.backward = backward_function(self)
        return self.backward(g, saved)

    def rule_of(self, i: int) -> Callable[..., Any] | None:
        """The rule of one input as a function (g, saved), or None: forward mode calls it with a tangent for g."""
        rule = self.rules[i]
        if rule is not None and i not in self._rule_functions:
            self._rule_functions[i] = rule_function(self, rule)
        return self._rule_functions.get(i)
