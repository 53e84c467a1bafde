"""The function of tensors that an op is, written out as Python.

What a call costs beyond NumPy is what a user of small networks pays. So the function holds nothing but what this very op needs: one
step per operand, its forward, and, where a gradient is needed, a node with what the rules ask for. It is written when it is first
called; ``source(op)`` shows it, and so do tracebacks.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from inspect import Parameter, Signature
from itertools import product
from keyword import iskeyword
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from numpy import ufunc

from ..types import PARAMETERS
from .op import EMPTY, Op, shape_of

_FOLDER = Path(__file__).parent  # where tracebacks are told that the text lies, so that it counts as ours
_FEW = 2  # inputs for which each case of which need a gradient is written out; for more, the plan is looked up


def title(op: Op, i: int) -> str:
    """What an error calls an input: "mul's second operand"."""
    if len(op.inputs) == 1:
        return f"{op.name}'s operand"
    return f"{op.name}'s {('first', 'second')[i]} operand" if op.inputs == ("a", "b") else f"{op.name}'s {op.inputs[i]}"


def defaults(op: Op) -> dict[str, Any]:
    """What the function's arguments are where they are not given; EMPTY, inspect's own mark, where they must be."""
    inputs = {name: EMPTY if i < op.required else None for i, name in enumerate(op.argument_names)}
    return {**inputs, **op.defaults}


def signature(op: Op) -> Signature:
    """What the function takes, for ``help`` and editors, which do not wait for its text to be written."""
    kinds = dict.fromkeys(op.argument_names, "Sequence[TensorLike]" if op.variadic else "TensorLike")
    parameters = []
    for name, default in defaults(op).items():
        kind = kinds.get(name) or PARAMETERS.get(f"{op.name}.{name}") or PARAMETERS.get(name)
        if kind is not None and default is None and kind != "Dims":
            kind = f"{kind} | None"
        parameters.append(Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind or EMPTY))
    result = "Tensor" if op.outputs == 1 else f"tuple[{', '.join(['Tensor'] * op.outputs)}]"
    return Signature(parameters, return_annotation=result, __validate_parameters__=False)


def source(op: Op) -> str:
    """The text of the function.

    Example:
        >>> from autograd.ops.elementwise.arithmetic import neg
        >>> from autograd.engine.codegen import source
        >>> print(source(neg).splitlines()[0])
        def neg(input):
    """
    inputs, params = list(op.argument_names), list(op.defaults)
    arrays, nodes = ([f"{word}_{i}" for i in range(len(inputs))] for word in ("array", "node"))
    ruled = [nodes[i] for i, name in enumerate(op.inputs) if op.joint is not None or op.rules[name] is not None]
    called = op.name if op.name.isidentifier() and not iskeyword(op.name) else "call"
    lines = [f"def {called}({', '.join([*inputs, *params, *(['**more'] if params else [])])}):"]

    def say(depth: int, *texts: str) -> None:
        lines.extend("    " * depth + text for text in texts)

    unusual = f"return unusual({{{', '.join(f'{n!r}: {n}' for n in [*inputs, *params])}, **more}})"
    if params:
        say(1, "if more:", "    " + unusual)
    for i, name in enumerate(inputs):
        # The exact class is told fastest; but a layer's weights are parameters.
        test = f"type({name}) is Tensor or " if len(inputs) <= _FEW else ""
        say(1, f"if {test}isinstance({name}, AnyTensor):", f"    {arrays[i]} = {name}.array")
        if nodes[i] in ruled:
            say(2, f"{nodes[i]} = {name}.node if {name}._view is None else node_of_view({name})")
        if i >= op.required:
            say(1, f"elif {name} is None:", f"    {arrays[i]} = {nodes[i]} = None")
        elif params:
            say(1, f"elif {name} is EMPTY:", "    " + unusual)
        say(1, "else:", f'    {arrays[i]}, {nodes[i]} = operand({name}, "{title(op, i)}")')
    for name in params:
        say(1, f"if isinstance({name}, AnyTensor):", f"    {name} = {name}.array")
        if op.defaults[name] is EMPTY:
            say(1, f"elif {name} is EMPTY:", "    " + unusual)
    say(1, "try:", f"    result = forward({_arguments(op, arrays)})")
    given = f"{{{', '.join(f'{n!r}: {n}' for n in params)}}}"
    say(1, "except Exception as error:", f"    raise refused(op, ({', '.join(arrays)},), {given}, error) from None")
    if op.extras:
        say(1, "extras = result[1:]", "result = result[0]")
    say(1, "if type(result) is not ndarray:", "    result = asarray(result)")
    say(1, "made = Tensor()", "made.array = result", "made._grad = made._view = None", "state = current()")
    if op.view:
        say(1, f"params = {given}")
    if ruled:
        unneeded = " and ".join(f"{node} is None" for node in ruled)
        kind = ' or result.dtype.kind not in "fc"' if params else ""
        say(1, f"if not state.grad or ({unneeded}){kind}:", "    made.node = None", "else:")
        say(2, "made.node = node = Node()")
        parents = [node if node in ruled else "None" for node in nodes]
        say(2, f"node.parents = ({', '.join(parents)},)", f"node.params = {'params' if op.view else given if params else 'None'}")
        say(2, *_kept(op, arrays, nodes, ruled))
        say(2, "node.meta = None", "node.dtype = result.dtype", "node.sequence = next(clock)", "node.layer = state.layer")
    else:
        say(1, "made.node = None")
    if op.view:
        say(1, f"track(made, {inputs[0]}, op, params, state.grad)")
    say(1, "if state.watch is not None:", f"    state.watch.forward(op, made.node, ({', '.join(inputs)},), made)")
    say(1, "return made")
    return "\n".join(lines) + "\n"


def _arguments(op: Op, arrays: list[str]) -> str:
    """The forward's arguments: by position as far as it takes them so."""
    if isinstance(op.forward, ufunc):
        return ", ".join(arrays)
    positional = op.forward.__code__.co_argcount - len(arrays)
    return ", ".join([*arrays, *(name if i < positional else f"{name}={name}" for i, name in enumerate(op.defaults))])


def _kept(op: Op, arrays: list[str], nodes: list[str], ruled: list[str]) -> list[str]:
    """The lines that give the node its plan, what that keeps, and the shape."""
    if len(nodes) > _FEW:
        bits = [f"{1 << nodes.index(node)} * ({node} is not None)" for node in ruled]
        extras = "extras" if op.extras else "None"
        return [
            f"wanted = {' + '.join(bits)}",
            "node.plan = plan = plans.get(wanted) or planned(wanted)",
            f"node.saved = plan.save(({', '.join(arrays)},), result, node.params, {extras})",
            "node.shape = result.shape",
        ]
    same = op.elementwise and not op.extras  # then the operands' shape, if they have the same, is the result's
    cases = [needs for needs in product((True, False), repeat=len(nodes)) if any(needs)]
    cases = [needs for needs in cases if all(node in ruled or not need for node, need in zip(nodes, needs, strict=True))]
    lines: list[str] = []
    for i, needs in enumerate(cases):
        shape = "result.shape"
        if same and all(needs):
            shape = "node_0.shape" if len(nodes) == 1 else "node_0.shape if node_0.shape is node_1.shape else result.shape"
        number = sum(need << k for k, need in enumerate(needs))
        kept = op.plan(needs).keeping(arrays, "result", "{}", "extras[{}]")
        case = [f"node.plan = plan_{number}", f"node.saved = {kept}", f"node.shape = {shape}"]
        if len(cases) == 1:
            return case
        test = " and ".join(f"{node} is not None" for node, need in zip(nodes, needs, strict=True) if need)
        lines.append(f"if {test}:" if i == 0 else f"elif {test}:" if i < len(cases) - 1 else "else:")
        lines += ["    " + line for line in case]
    return lines


def write(op: Op, function: FunctionType, general: Callable[..., Any], **known: Any) -> None:
    """Give a function the body that is written out for an op.

    Args:
        function: its globals are this op's own. general: what takes calls in an unusual form, all by keyword.
        known: what the text names.
    """
    text, file = source(op), str(_FOLDER / f"<{op.name}>")
    code = next(c for c in compile(text, file, "exec").co_consts if isinstance(c, CodeType))
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    absent, own = defaults(op), dict(zip(op.argument_names, op.inputs, strict=True))

    def unusual(given: dict[str, Any]) -> Any:
        return general(**{own.get(k, k): v for k, v in given.items() if k not in absent or v is not absent[k]})

    def planned(wanted: int) -> Any:
        plans[wanted] = found = op.plan(tuple([bool(wanted >> i & 1) for i in range(len(own))]))
        return found

    plans: dict[int, Any] = {}
    known |= {"op": op, "forward": op.forward, "unusual": unusual, "plans": plans, "planned": planned}
    if len(own) <= _FEW and op.differentiable:
        known |= {f"plan_{n}": planned(n) for n in range(1, 1 << len(own))}
    function.__globals__.update(known, EMPTY=EMPTY, shape_of=shape_of)
    # In this order: another thread may be calling it. Without parameters Python itself says which input is missing.
    function.__defaults__ = tuple(absent.values() if op.defaults else list(absent.values())[op.required :])
    function.__code__ = code


__all__ = ["defaults", "signature", "source", "title", "write"]
