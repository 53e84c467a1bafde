"""``watch()`` notes the values and names that a graph does not hold, while ops run, so that a trace is complete.

Nodes hold no values, no constants and no line numbers. Under ``watch`` each recorded call leaves a note of them beside its node: a
summary of the value as it was then (a later write in place cannot change it), the constants it was called with, the user's line,
and the names that tensors have in the user's code.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Any
from weakref import WeakKeyDictionary, ref

import numpy as np

from ...engine import graph
from ...engine.anomaly import Line, users_frame
from ...engine.graph import Node
from ...engine.modes import ModuleCall, Watch, current, enter, leave
from ...engine.op import Op
from ...types import Tensor
from .stats import ArraySummary


class Constant:
    """An operand without a gradient, as a call saw it: the array or number, its name in the user's code, and where it was made."""

    __slots__ = ("inside", "layer", "name", "value")

    def __init__(self, value: Any, name: str | None, layer: ModuleCall | None, inside: bool) -> None:
        self.value = value
        self.name = name
        self.layer = layer  # the call in which it was computed, if one was
        self.inside = inside  # whether it is drawn inside the call that uses it: a buffer, a frozen parameter, a mask


class Note:
    """A call that ``watch`` has seen. values: a summary of the result, or several for an op with several outputs."""

    __slots__ = ("constants", "source", "values")

    def __init__(self, values: tuple[ArraySummary, ...], constants: dict[int, Constant], source: Line | None) -> None:
        self.values = values
        self.constants = constants
        self.source = source


notes: WeakKeyDictionary[Node, Note] = WeakKeyDictionary()
names: WeakKeyDictionary[Node, str] = WeakKeyDictionary()  # of nodes: the variable that held their value when it was used
_made: dict[int, tuple[Any, Any]] = {}  # id of an array that an unrecorded call made -> (weak reference to it, the call's layer)


class watch(Watch):
    """Within the block every recorded call is noted with its values, so that a trace is complete. It is slow: do not train in it.

    Unnamed leaves and constants get the names of the variables that hold them in the user's code.

    Example:
        >>> import autograd
        >>> from autograd import viz
        >>> x = autograd.tensor(3.0, requires_grad=True)
        >>> with viz.watch():
        ...     y = (x + 2.0) * x
        >>> t = viz.trace(y)
        >>> t.nodes[0].name, t.nodes[1].operands[1].text
        ('x', '2.0')
    """

    def __enter__(self) -> watch:
        self.outer = current().watch
        self._token = enter(current().but(watch=self))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        leave(self._token)

    def forward(self, op: Op, node: Node | None, operands: Sequence[Any], result: Tensor | tuple[Tensor, ...]) -> None:
        results = result if isinstance(result, tuple) else (result,)
        if node is None:
            for t in results:
                self._remember(t.array)
        else:
            frame = users_frame()
            line = None if frame is None else (frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
            constants = {}
            for i, (operand, parent) in enumerate(zip(operands, node.parents, strict=False)):
                if operand is None:
                    continue
                if parent is None:
                    constants[i] = _constant(operand, frame)
                elif parent not in names:
                    known = parent.label() if parent.plan is None else "leaf"
                    name = _variable(operand, frame) if known == "leaf" else known
                    if name is not None:
                        names[parent] = name
            notes[node] = Note(tuple([ArraySummary(t.array) for t in results]), constants, line)
        super().forward(op, node, operands, result)

    def _remember(self, array: np.ndarray) -> None:
        key = id(array)
        _made[key] = (ref(array, lambda _: _made.pop(key, None)), current().layer)


def _constant(operand: Any, frame: FrameType | None) -> Constant:
    if not isinstance(operand, graph.AnyTensor | np.ndarray):
        return Constant(operand, None, None, False)
    array = getattr(operand, "array", operand)
    path = getattr(operand, "name", None)
    made, layer = _made.get(id(array), (None, None))
    known = made is not None and made() is array
    name = path or _variable(operand, frame)
    # A plain array that no variable of the user holds was made where it is used: a mask, say.
    inside = path is not None or (name is None and array is operand)
    return Constant(array, name, layer if known else None, inside)


def _variable(value: Any, frame: FrameType | None) -> str | None:
    """The name of the local variable that holds a value, if one does."""
    if frame is None:
        return None
    return next((name for name, other in frame.f_locals.items() if other is value and not name.startswith(("_", "."))), None)


__all__ = ["Constant", "Note", "names", "notes", "watch"]
