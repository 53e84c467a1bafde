"""A model's architecture: the model is called once with an input of a given shape, and the modules of that call become boxes.

A module is recognized by its attributes (``named_modules``, ``training``, hooks) and not by its class, because this package may
not import ``nn``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from ...engine import memory
from ...engine.graph import AnyTensor, Node, make
from ...engine.modes import current, enter, leave
from ...engine.values.dtypes import get_default_dtype, to_dtype
from ...errors import GraphError
from ...functions.random import fork_rng
from ...functions.shape import clone
from ...types import AnyModule, DType, Size, Tree
from ..trace.naming import Names
from ..trace.stats import ArraySummary
from ..trace.structure import traced
from ..trace.tape import Operand, Trace, TraceConstant, TraceNode, reachable
from .folding import Scene, fold


def architecture(
    model: AnyModule, input_shape: Size | Sequence[Size] | None, input_data: Tree, dtype: DType | None, depth: int | None,
    roll: bool,
) -> Scene:  # fmt: skip
    """Call the model once, in eval mode, and leave it as it was: its modes, buffers, gradients and the random numbers."""
    args = _inputs(input_shape, input_data, dtype)
    try:
        outputs = _run(model, args)
    except Exception:
        if input_data is not None or dtype is not None:
            raise
        try:
            # The model may begin with an embedding, whose input is indices.
            args = _inputs(input_shape, input_data, np.dtype(np.int64))
            outputs = _run(model, args)
        except Exception:
            outputs = []
        if not outputs:
            raise  # the first error
    roots = [t.node for t in outputs if t.node is not None]
    if not roots:
        raise GraphError(f"nothing to draw: no output of {type(model).__name__} depends on anything that takes a gradient")
    names = {f"input {i}" if len(args) > 1 else "input": t for i, t in enumerate(args) if isinstance(t, AnyTensor)}
    trace = _with_output(roots, names)
    parents = {call.parent for call in trace.calls}
    inputs = frozenset(node.id for node in trace.nodes if node.op is None and node.name in names)
    scene = fold(trace, depth, roll, True, lambda call: call.id not in parents, inputs, parameters=False)
    _count_parameters(model, scene)
    return scene


def _inputs(shape: Any, data: Any, dtype: Any) -> tuple[Any, ...]:
    if data is not None:
        args = data if isinstance(data, tuple) else (data,)
        return tuple([_taking_gradient(t.detach()) if isinstance(t, AnyTensor) else t for t in args])
    kind = get_default_dtype() if dtype is None else to_dtype(dtype)
    shapes = shape if shape and isinstance(shape[0], list | tuple) else [shape]
    return tuple([_taking_gradient(make(np.zeros(tuple(s), kind))) for s in shapes])


def _taking_gradient(t: Any) -> Any:
    # So that every op from the input on is recorded, whether parameters take part in it or not.
    return t.requires_grad_() if t.array.dtype.kind in "fc" else t


def _run(model: Any, args: tuple[Any, ...]) -> list[Any]:
    modules = [m for _, m in model.named_modules()]
    modes = [(m, m.training) for m in modules if hasattr(m, "training")]
    buffers = [b for b in model.buffers() if isinstance(b, AnyTensor)] if hasattr(model, "buffers") else []
    # A lazy buffer has no values yet: there is nothing to keep.
    saved_buffers = [(b, b.array.copy()) for b in buffers if isinstance(getattr(b, "array", None), np.ndarray)]
    with ExitStack() as stack, fork_rng(), np.errstate(all="ignore"):
        for module in modules:
            if hasattr(module, "register_forward_hook"):
                stack.callback(module.register_forward_hook(_seen).remove)
        token = enter(current().but(watch=None, grad=True, inference=False, layer=None))
        try:
            for module, _ in modes:
                module.training = False
            result = model(*args)
        finally:
            leave(token)
            for module, mode in modes:
                module.training = mode
            for buffer, values in saved_buffers:
                if not np.array_equal(buffer.array, values, equal_nan=buffer.array.dtype.kind in "fc"):
                    memory.write(buffer.array, values)
    return list(_tensors(result))


def _seen(module: Any, args: Any, output: Any) -> Any:
    """Give an op to a module that returns its input (Identity, Dropout in eval mode): without an op it would have no box."""
    if isinstance(output, AnyTensor) and output.node is not None and any(output.node is t.node for t in _tensors(args)):
        return clone(output)
    return None


def _tensors(value: Any) -> Iterator[Any]:
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, AnyTensor):
            yield value
        elif isinstance(value, list | tuple):
            stack.extend(reversed(value))
        elif isinstance(value, dict):
            stack.extend(reversed(list(value.values())))


def _with_output(roots: list[Node], names: dict[str, Any]) -> Trace:
    """The structure below all outputs, and a box in which they end."""
    nodes: set[Node] = set()
    for root in roots:
        if root not in nodes:
            nodes.update(reachable(root))
    order = sorted(nodes, key=lambda node: node.sequence)
    trace = traced(order, None, Names(names, search=False), constants=True)
    for node in trace.nodes:
        for operand in node.operands:
            if operand.constant is not None and trace.constants[operand.constant].name not in names:
                operand.constant = None  # masks and buffers are not drawn
    _drop_unused_constants(trace)
    _indices(order, trace, names)
    number = {node: i for i, node in enumerate(order)}
    operands = [Operand(f"output {i}", number[root], root.shape) for i, root in enumerate(roots)]
    shapes: Any = roots[0].shape if len(roots) == 1 else tuple([root.shape for root in roots])
    trace.loss, trace.architecture = len(order), True
    trace.nodes.append(TraceNode(trace.loss, "output", "output", None, operands, shapes, roots[0].dtype))
    return trace


def _drop_unused_constants(trace: Trace) -> None:
    used = sorted({o.constant for node in trace.nodes for o in node.operands if o.constant is not None})
    new_index = {old: new for new, old in enumerate(used)}
    trace.constants = [trace.constants[i] for i in used]
    for constant in trace.constants:
        constant.id = new_index[constant.id]
    for node in trace.nodes:
        for operand in node.operands:
            operand.constant = new_index[operand.constant] if operand.constant is not None else None


def _indices(order: list[Node], trace: Trace, names: dict[str, Any]) -> None:
    """Draw inputs that are indices as data, although they are parameters of a call and no operands of an op."""
    inputs = {id(memory.owner(t.array)): (name, t.array) for name, t in names.items() if t.node is None}
    made: dict[str, TraceConstant] = {c.name: c for c in trace.constants}
    for node, shown in zip(order, trace.nodes, strict=True):
        for key, value in (node.params or {}).items():
            if not isinstance(value, np.ndarray) or id(memory.owner(value)) not in inputs:
                continue
            name, array = inputs[id(memory.owner(value))]
            if name not in made:
                made[name] = TraceConstant(len(trace.constants), name, array.shape, array.dtype, ArraySummary(array))
                trace.constants.append(made[name])
            shown.operands.append(Operand(key, None, array.shape, constant=made[name].id))


def _count_parameters(model: Any, scene: Scene) -> None:
    """Every parameter of a module counts, also one that is frozen or was not used."""
    modules = dict(model.named_modules())
    calls = scene.trace.calls
    top = next((call.path for call in calls if call.parent is None), "")  # not empty if the model is a part of another
    for call in calls:
        path = call.path
        module = modules.get(path[len(top) :].lstrip(".") if path.startswith(top) else path)
        if module is not None:
            sizes = [p.array.size for p in module.parameters() if isinstance(getattr(p, "array", None), np.ndarray)]
            call.parameters = sum(sizes)
    for box in scene.boxes.values():
        if box.kind == "call" and box.call is not None:
            box.parameters = calls[box.call].parameters


__all__ = ["architecture"]
