"""What the page needs to compute a small graph anew: the numbers of leaves and constants, the formulas of every call, the step.

LABORATORY {"leaves": {id: DATA}, "constants": [DATA], "numbers": {id: {operand: number}}, "params": {id: {name: DATA or value}},
            "rules": {id: index in "trees"}, "trees": [{"y" or an input's name: FORMULA}], "update": UPDATE or absent}
           or {"without": why there is none, "at": {id: [why not, the op]} of the nodes that cannot be computed, if it is for these}
DATA       {"s": shape, "d": the numbers as base64 of little-endian float32 ("f") or float64 ("g")}
FORMULA    see ``explain.trees``
UPDATE     {"name", "steps": [[name, TREE]], "options": {name: number}, "leaves": {id: {name: DATA or number}}}: the state per leaf
"""

from __future__ import annotations

import ast
import base64
import math
from typing import Any

import numpy as np

from ...engine.graph import PICK
from ...engine.op import Op
from ...types import AnyOptimizer
from ..explain.calls import Call
from ..explain.trees import formula_json, tree_json
from ..explain.update import update
from ..trace.tape import Trace, TraceNode, picked
from ..trace.trace import LABORATORY

NUMBERS = 6000  # of leaves and constants, at most
# What an optimizer calls the letters of its formulas.
STATE = {
    "m": ("exp_avg",), "v": ("exp_avg_sq", "square_avg"), "b": ("momentum_buffer",), "s": ("sum",), "vmax": ("max_exp_avg_sq",),
    "a": ("grad_avg",),
}  # fmt: skip


# Why the page does not compute an op: the key of a sentence. All others it computes, on all their samples.
REASONS = {
    **dict.fromkeys(("eig", "eigh", "lu", "matrix_rank", "pinv", "qr", "svd"), "decomposition"),
    **dict.fromkeys(("airy_ai", "airy_ai_slope", "bessel_y0", "bessel_y1", "yv"), "special"),
    **dict.fromkeys(
        ("complex", "fftn", "ifftn", "imag", "irfftn", "rfftn", "view_as_complex", "view_as_real"), "complex numbers"
    ),
    **dict.fromkeys(("bitwise_not", "nextafter", "spacing"), "bits"),
    "ctc": "alignments",
}  # fmt: skip


class UncomputableError(Exception):
    """Why a page cannot compute a graph anew: the key of a sentence, and the values to put in."""


def laboratory(trace: Trace, optimizer: AnyOptimizer | None = None) -> dict[str, Any]:
    """The laboratory of a trace, or why there is none."""
    try:
        return _laboratory(trace, optimizer)
    except UncomputableError as why:
        made: dict[str, Any] = {"without": list(why.args)}
        blocked = {node.id: [reason, node.op] for node in trace.nodes if node.op and (reason := reason_of(node))}
        return {**made, "at": blocked} if blocked else made


def is_one(node: TraceNode) -> bool:
    """Whether a node is one value, and no op with several outputs."""
    return not node.shape or isinstance(node.shape[0], int)


def reason_of(node: TraceNode) -> str | None:
    """Why the page does not compute a node's op; None if it does."""
    if node.rule is PICK:
        return None
    if node.rule is None or type(node.rule) is not Op or node.op == "boundary":
        return "python"
    return REASONS.get(node.op or "")


def _laboratory(trace: Trace, optimizer: Any) -> dict[str, Any]:
    if trace.freed or trace.architecture:
        raise UncomputableError("no values")
    blocked = next((node for node in trace.nodes if node.op is not None and reason_of(node)), None)
    if blocked is not None:
        raise UncomputableError("op", blocked.op)
    leaves = [node for node in trace.nodes if node.op is None]
    held: list[Any] = [*leaves, *trace.constants]
    if sum(math.prod(node.shape) for node in trace.nodes if is_one(node)) > LABORATORY:
        raise UncomputableError("too large")
    if sum(math.prod(item.shape) for item in held) > NUMBERS:
        raise UncomputableError("too large")
    gone = next((item for item in held if item.array is None), None)
    if gone is not None:
        raise UncomputableError("gone", gone.name)
    if any(item.array.dtype.kind == "c" for item in held):
        raise UncomputableError("complex")
    made: dict[str, Any] = {
        "leaves": {node.id: data(node.array) for node in leaves},
        "constants": [data(constant.array) for constant in trace.constants],
        "numbers": {}, "params": {}, "rules": {}, "trees": [],
    }  # fmt: skip
    keys: dict[Any, int] = {}
    outputs = picked(trace)
    for node in trace.nodes:
        if node.op is not None:
            _add(made, keys, node, outputs.get(node.id))
    if optimizer is not None:
        made["update"] = step(trace, optimizer)
    return made


def _add(made: dict[str, Any], keys: dict[Any, int], node: TraceNode, used: frozenset[int] | None) -> None:
    """One call: its formulas, its parameters, and operands that are plain numbers. used: which of several outputs are."""
    op = node.rule
    if op is PICK:
        return  # one of the outputs of its operand
    assert op is not None
    for operand in node.operands:
        if operand.node is None and operand.constant is None:
            if operand.value is None or operand.value.size != 1:
                raise UncomputableError("constant", node.name)
            made["numbers"].setdefault(node.id, {})[operand.name] = _parameter(float(operand.value.sample.ravel()[0]))
    given = [o.shape if o.shape is not None else () for o in node.operands]
    if not op.variadic:
        by_name = {o.name: o.shape if o.shape is not None else () for o in node.operands}
        given = [by_name.get(name) for name in op.inputs]  # type: ignore[misc]
    call = Call(op, node.params, given, tuple(node.shape if op.outputs == 1 else node.shape[0]), used)
    if call.key not in keys:
        keys[call.key] = len(made["trees"])
        try:
            made["trees"].append({name: formula_json(formula) for name, formula in call.formulas().items()})
        except (LookupError, TypeError, ValueError):
            raise UncomputableError("op", node.op) from None
    made["rules"][node.id] = keys[call.key]
    params = {name: _parameter(value) for name, value in call.values.items()}
    params = {name: value for name, value in params.items() if value is not None}
    if params:
        made["params"][node.id] = params


def _parameter(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return data(value) if value.dtype.kind in "fiub" else None
    if isinstance(value, float) and not math.isfinite(value):
        return data(np.asarray(value))  # JSON has no infinity
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        made = [_parameter(v) if isinstance(v, tuple | list | int | float | np.ndarray) else None for v in value]
        return None if None in made else made
    return None


def data(array: np.ndarray) -> dict[str, Any]:
    """An array, whole: in float32 where that loses nothing."""
    exact = np.asarray(array, dtype=np.float64)
    small = exact.astype(np.float32)
    narrow = np.array_equal(small.astype(np.float64), exact, equal_nan=True)
    raw = (small.astype("<f4") if narrow else exact.astype("<f8")).tobytes()
    return {"s": list(exact.shape), "f" if narrow else "g": base64.b64encode(raw).decode()}


def step(trace: Trace, optimizer: Any) -> dict[str, Any]:
    """An optimizer's step as the page makes it, with the state that it has now.

    Raises:
        UncomputableError: an optimizer whose step is not told in formulas.
    """
    told = update(optimizer)
    if not told.assignments or len(optimizer.param_groups) != 1 or told.options.get("tau"):
        raise UncomputableError("optimizer", told.name)
    waiting = list(optimizer.param_groups[0]["params"])
    leaves: dict[int, dict[str, Any]] = {}
    for node in trace.nodes:
        if node.op is not None:
            continue
        alike = [p for p in waiting if p.array.shape == node.array.shape and np.array_equal(p.array, node.array)]
        found = next((p for p in alike if p.name == node.name), alike[0] if alike else None)
        if found is not None:
            waiting = [p for p in waiting if p is not found]
            leaves[node.id] = _state(told.assignments, optimizer.state.get(found, {}))
    return {
        "name": told.name,
        "steps": [[left, tree_json(ast.parse(right, mode="eval").body)] for left, right in told.assignments],
        "options": {name: float(value) for name, value in told.options.items()},
        "leaves": leaves,
    }


def _state(steps: list[tuple[str, str]], state: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in {left for left, _ in steps} & STATE.keys():
        for key in STATE[name]:
            value = state.get(key) if hasattr(state, "get") else None
            if value is not None:
                found[name] = data(np.asarray(getattr(value, "array", value)))
    count = state.get("step") if hasattr(state, "get") else None
    found["t"] = float(getattr(count, "array", count)) if count is not None else 0.0
    return found


__all__ = ["REASONS", "UncomputableError", "laboratory", "reason_of"]
