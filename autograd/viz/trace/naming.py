"""Names of values: those that the user gave, and those of the variables that hold them in the user's code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any
from weakref import ref

import numpy as np

from ...engine.anomaly import users_frame
from ...engine.gradients import node_of
from ...engine.graph import AnyTensor, Node
from .tape import Trace, TraceNode

DEEPEST = 20  # frames that are searched for variables at most
WIDEST = 64  # items of a list, a dict or an object that are searched at most


class Names:
    """Names of tensors and arrays, looked up by identity.

    Args:
        given: name -> tensor, as the user gave them; these come first.
        search: whether to look for names among the variables of the user's functions that are running, innermost function first.
    """

    def __init__(self, given: Mapping[str, Any] | None = None, search: bool = True) -> None:
        self.given: dict[Node, str] = {}
        self.variables: dict[Node, str] = {}
        self._arrays: dict[int, tuple[str, Any]] = {}
        for name, value in (given or {}).items():
            self._add(name, value, self.given)
        for name, value in _variables(users_frame()) if search else ():
            self._add(name, value, self.variables)

    def _add(self, name: str, value: Any, nodes: dict[Node, str]) -> None:
        node = node_of(value) if isinstance(value, AnyTensor) else None
        if node is not None:
            nodes.setdefault(node, name)
        array = getattr(value, "array", value)
        if isinstance(array, np.ndarray) and id(array) not in self._arrays:
            self._arrays[id(array)] = name, ref(array)

    def array(self, value: Any) -> str | None:
        """The name of an array, or None."""
        name, known = self._arrays.get(id(value), (None, None))
        return name if known is not None and known() is value else None

    def like(self, value: np.ndarray) -> Any:
        """The array that the user's code holds and that has these numbers, up to rounding; None where none or several have."""
        close = 16 * np.finfo(value.dtype).eps * max(float(np.abs(value).max(initial=0)), 1e-30)
        held = (known() for _, known in self._arrays.values())
        found = [a for a in held if a is not None and a.shape == value.shape and a.dtype.kind in "fiub"]
        found = [a for a in found if float(np.abs(a - value).max(initial=0)) <= close]
        return found[0] if len({id(a) for a in found}) == 1 else None


def _variables(frame: FrameType | None) -> Iterator[tuple[str, Any]]:
    """Pairs (name, tensor or array): local variables of a function and of its callers, and tensors in their lists and objects."""
    depth = 0
    while frame is not None and depth < DEEPEST:
        local = [(name, value) for name, value in frame.f_locals.items() if not name.startswith(("_", "."))]
        yield from ((name, value) for name, value in local if isinstance(value, AnyTensor | np.ndarray))
        for name, value in local:
            yield from _items(name, value)
        if frame.f_code.co_name == "<module>":
            return
        frame, depth = frame.f_back, depth + 1


def _items(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """``weights[0]``, ``params['W']`` and ``self.W``: the tensors that a variable's value holds directly."""
    if isinstance(value, AnyTensor | np.ndarray | type) or hasattr(value, "named_parameters"):
        return
    if isinstance(value, list | tuple):
        items: Any = [(f"{name}[{i}]", item) for i, item in enumerate(value[:WIDEST])]
    elif isinstance(value, dict):
        items = [(f"{name}[{key!r}]", value[key]) for key in list(value)[:WIDEST] if isinstance(key, str | int)]
    else:
        attributes = getattr(value, "__dict__", None)
        items = [(f"{name}.{key}", item) for key, item in list(attributes.items())[:WIDEST]] if type(attributes) is dict else []
    yield from ((label, item) for label, item in items if isinstance(item, AnyTensor | np.ndarray))


# What the outputs of an op are, where it has several: as PyTorch names the results, or the field does.
_VALUES, _FACTORS = ("values", "indices"), ("q", "r")
OUTPUTS = {
    "self_projections": ("q", "k", "v"), "attention": ("attended", "weights"), "lstm": ("h", "c"), "projected_lstm": ("h", "c"),
    "normalize": ("normalized", "mean", "var"), "rms_normalize": ("normalized", "mean_square"),
    "max_dim": _VALUES, "min_dim": _VALUES, "cummax": _VALUES, "cummin": _VALUES,
    "sort": _VALUES, "topk": _VALUES, "kthvalue": _VALUES, "median": _VALUES,
    "mode": _VALUES,
    "qr": _FACTORS, "svd": ("u", "s", "vh"), "eigh": ("eigenvalues", "eigenvectors"), "eig": ("eigenvalues", "eigenvectors"),
    "slogdet": ("sign", "logabsdet"), "lu": ("p", "l", "u"), "frexp": ("mantissa", "exponent"), "modf": ("fraction", "whole"),
}  # fmt: skip
# The function that a user has called, where its op has another name.
FUNCTIONS = {"mean_square": "mse_loss", "self_projections": "in_proj", "rms_normalize": "rms_norm"}
NORMS = {"LayerNorm": "layer_norm", "GroupNorm": "group_norm", "InstanceNorm": "instance_norm", "BatchNorm": "batch_norm"}
LETTERS = {"a", "b", "x", "y", "xs", "input", "other", "self"}  # of an operand that may be anything


def function_name(op: str, layer: str) -> str:
    """What users call an op. ``layer``: the class of the module that called it."""
    if op == "normalize":
        return next((name for kind, name in NORMS.items() if layer.startswith(kind)), op)
    return FUNCTIONS.get(op, op)


def is_function(node: TraceNode) -> bool:
    """Whether an op's node is called by its function, and by nothing of its own."""
    return node.op is not None and node.name in (node.op, FUNCTIONS.get(node.op), *NORMS.values())


def called(trace: Trace) -> list[str]:
    """A different name for each node: that of the variable or leaf, otherwise that of the module whose output it is.

    A name that several nodes share is numbered (``x#1``, ``x#2``); a node that has neither is "".
    """
    names = [_own_name(node) for node in trace.nodes]
    for call_output, label in _outputs(trace).items():
        names[call_output] = names[call_output] or label
    return numbered(names)


def numbered(names: list[str]) -> list[str]:
    """The names. A name that occurs several times gets a number (``x#1``, ``x#2``); "" stays."""
    many = {name for name, count in Counter(names).items() if count > 1 and name}
    taken = set(names)
    counts: Counter[str] = Counter()
    made = []
    for name in names:
        if name in many:
            counts[name] += 1
            while f"{name}#{counts[name]}" in taken:
                counts[name] += 1
            name = f"{name}#{counts[name]}"
        made.append(name)
    return made


def _own_name(node: TraceNode) -> str:
    if node.op is None:
        return node.name if node.name != "leaf" else ""
    return node.variable or ("" if is_function(node) else node.name)


def _outputs(trace: Trace) -> dict[int, str]:
    """For each module call that returns one value: the node of that value -> the call's label. Inner calls come first."""
    inside: list[set[int]] = [set() for _ in trace.calls]
    for node in trace.nodes:
        call = node.call
        while call is not None and node.op is not None:
            inside[call].add(node.id)
            call = trace.calls[call].parent
    handed_out: list[set[int]] = [set() for _ in trace.calls]
    for source, user in [*trace.edges(), (trace.loss, -1)]:
        call = trace.nodes[source].call if source >= 0 else None
        while call is not None and user not in inside[call]:
            handed_out[call].add(source)
            call = trace.calls[call].parent
    labels: dict[int, str] = {}
    for made in reversed(trace.calls):
        if made.path and len(handed_out[made.id]) == 1:
            # "2" alone would be read as a number: a layer of a Sequential is called by its class, too.
            label = made.label if made.label[0].isalpha() or not made.kind else f"{made.kind} {made.label}"
            labels.setdefault(min(handed_out[made.id]), label)
    return labels


__all__ = ["LETTERS", "OUTPUTS", "Names", "called", "function_name", "is_function", "numbered"]
