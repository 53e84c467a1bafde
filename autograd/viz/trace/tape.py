"""A trace as plain data: nodes, operands, constants and module calls, and the order in which the backward pass visits them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...engine.anomaly import Line
from ...engine.graph import PICK, reachable
from ...engine.op import Op
from .stats import ArraySummary


@dataclass(slots=True)
class Operand:
    """One input of a traced op.

    Attributes:
        name: the input's name in the op's declaration. node: the id of the node that made it; None for a constant.
        constant: for an array without a gradient, its index in ``Trace.constants``.
        text, value: a description and the summary of a constant, if known. shape: of the input.
        contribution: the gradient that the op's rule computed for the input.
        summed: the axes over which that gradient was summed, because the input had been broadcast.
    """

    name: str
    node: int | None
    shape: tuple[int, ...] | None = None
    text: str = ""
    contribution: ArraySummary | None = None
    summed: tuple[int, ...] = ()
    constant: int | None = None
    value: ArraySummary | None = None


@dataclass(slots=True)
class TraceNode:
    """One value of the graph: the op that made it, the value, and the gradient that reached it.

    Attributes:
        id: its index on the tape. op: the op's name; None for a leaf. name: the op's name, or the leaf's path or name.
        call: the id of the module call that made it. value, grad: None where they are not known, and for an op with several
        outputs (each output is a node of its own). bytes: the memory that this node alone holds for the backward pass.
        version: how often the value's memory has been written in place. variable: the user's variable that held an op's value.
        array: of a leaf in a small graph, its numbers. inner: whether a gradient made it, under create_graph. arrays: of a
        recurrent op or an embedding what pictures of it are made from: inputs, the value y, the "gradient" of the first input.
    """

    id: int
    op: str | None
    name: str
    call: int | None
    operands: list[Operand]
    shape: Any
    dtype: Any
    value: ArraySummary | None = None
    grad: ArraySummary | None = None
    version: int = 0
    source: Line | None = None
    bytes: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    rule: Op | None = None
    variable: str = ""
    array: Any = None
    inner: bool = False
    arrays: dict[str, Any] = field(default_factory=dict)

    @property
    def is_leaf(self) -> bool:
        return self.op is None


@dataclass(slots=True)
class TraceConstant:
    """An array without a gradient that ops were called with: data, targets, masks.

    Attributes:
        call: the id of the module call to which it belongs. inside: whether it is drawn inside that module (a buffer, a mask).
        array: its numbers, in a small graph. unnamed: whether no variable of the user's holds it.
    """

    id: int
    name: str
    shape: tuple[int, ...]
    dtype: Any
    value: ArraySummary
    call: int | None = None
    inside: bool = False
    array: Any = None
    unnamed: bool = False


@dataclass(slots=True)
class CallInfo:
    """One call of a module.

    Attributes:
        label: the module's path, with a number where the module was called more than once (``fc#2``); for the
            outermost module, which has no path, its class. kind: the class. parent: the id of the call around it.
        first, last: the ids of the first and the last node made within it.
        parameters: how many numbers the module learns, counted for an architecture only.
    """

    id: int
    path: str
    label: str
    kind: str
    parent: int | None
    first: int
    last: int
    parameters: int = 0


@dataclass(slots=True)
class Trace:
    """A backward pass.

    Attributes:
        nodes: in tape order; a node's id is its index. order: the ids in the order in which the sweep visited them. calls: of
        modules. loss: the id of the node that the pass began at. constants: arrays without a gradient. freed: whether an earlier
        backward pass had freed the graph, so that only the structure, the leaves and their gradients are known.
        architecture: whether it is a model's call with an input of a shape: modules and shapes, without numbers.
    """

    nodes: list[TraceNode]
    order: list[int]
    calls: list[CallInfo]
    loss: int
    constants: list[TraceConstant] = field(default_factory=list)
    freed: bool = False
    architecture: bool = False

    def edges(self) -> list[tuple[int, int]]:
        """(operand, node) for every operand in the graph, in tape order; ``x * x`` has the same pair twice."""
        return [(o.node, n.id) for n in self.nodes for o in n.operands if o.node is not None]


def picked(trace: Trace) -> dict[int, frozenset[int]]:
    """For each op with several outputs: the node -> which of them are used."""
    found: dict[int, set[int]] = {}
    for node in trace.nodes:
        if node.rule is PICK and node.operands[0].node is not None:
            found.setdefault(node.operands[0].node, set()).add(node.params["index"])
    return {node: frozenset(which) for node, which in found.items()}


__all__ = ["CallInfo", "Operand", "Trace", "TraceConstant", "TraceNode", "picked", "reachable"]
