"""The checks of an op's declaration, made when it is imported: a declaration that makes no sense raises an error, which suggests a
correction. No op is declared here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .codegen import EMPTY

if TYPE_CHECKING:
    from .op import Op

FLAGS = ("elementwise", "linear", "multilinear", "variadic", "view", "analytic")
KEYWORDS = {
    "inputs", "joint", "outputs", "extras", *FLAGS, "sections", "numpy", "samples", "errors", "formula", "argument_names", "doc",
}  # fmt: skip
_flags_of = attrgetter(*FLAGS)
_VARIABLE_ARGUMENTS = 0x04 | 0x08  # the bits of co_flags for *args and **kwargs


def check_op(op: Op) -> None:
    """Raise unless the op's inputs are those of its forward, each with a rule or None, and its flags are flags.

    Raises:
        TypeError: a keyword that is neither an input of the forward nor a word of a declaration, a rule that is no function, an
            input without a rule, a flag that is neither True nor False. The message suggests the nearest name that would fit.
    """
    takes = _forward_inputs(op)
    for name, rule in op.rules.items():
        if rule is not None and not isinstance(rule, FunctionType):
            _refuse(op, f"{name}={rule!r} declares an input whose rule is no function", name, KEYWORDS)
        inputs = op.inputs if takes is None else takes
        if name not in op.inputs or name not in inputs:
            _refuse(op, f"{name!r} is no input of its forward{_listed(inputs)}", name, [*KEYWORDS, *inputs])
        if op.joint is not None and rule is not None:
            _refuse(op, f"input {name!r} has a rule of its own beside the joint rule")
    if op.joint is not None and not isinstance(op.joint, FunctionType):
        _refuse(op, f"joint={op.joint!r} is no function")
    for name in op.inputs:
        if op.joint is None and name not in op.rules:
            _refuse(op, f"input {name!r} has no rule: declare {name}=rule, or {name}=None where there is no gradient")
    if takes is not None and list(op.inputs) != takes[: len(op.inputs)]:
        _refuse(op, f"its inputs are {', '.join(op.inputs)}, in another order than its forward takes them{_listed(takes)}")
    if isinstance(op.forward, np.ufunc) and op.forward.nin != len(op.inputs):
        counts = f"it declares {len(op.inputs)} inputs ({', '.join(op.inputs)}), and {op.forward!r} takes {op.forward.nin}"
        _refuse(op, counts, op.inputs[-1], KEYWORDS)
    if op.variadic and len(op.inputs) != 1:
        _refuse(op, f"a variadic op has one input, a list, not {len(op.inputs)}")
    for flag, value in zip(FLAGS, _flags_of(op), strict=True):
        if value is not True and value is not False:
            _refuse(op, f"{flag}={value!r} is neither True nor False")
    for name in op.sections:
        if op.rules.get(name) is None:
            _refuse(op, f"it has sections for {name!r}, which is no input with a rule of its own", name, op.inputs)
    for name in op.formula:
        known = ["y", *[f"y[{k}]" for k in range(1, op.outputs)], *op.inputs]
        if name not in known:
            _refuse(op, f"it has a formula for {name!r}, which is neither y nor an input", name, known)


def check_rule(op: Op, rule: Callable[..., Any]) -> None:
    """Raise unless every parameter of a rule names a value that the engine can give to it.

    Raises:
        TypeError: an unknown name, with the nearest known one; no parameter for the gradient; ``*args`` or ``**kwargs``.
    """
    code = rule.__code__
    if not code.co_argcount or code.co_kwonlyargcount or code.co_flags & _VARIABLE_ARGUMENTS:
        _refuse(op, "a rule takes the gradient and then, by position, parameters that name what it needs; no *args, no **kwargs")
    known = ["y", "y_shape", "needs", *op.inputs, *(f"{name}_shape" for name in op.inputs), *op.parts, *op.defaults, *op.extras]
    for name in op.names(rule):
        if name not in known:
            _refuse(op, f"a rule asks for {name!r}; it may ask for {', '.join(known)}", name, known)


def check_argument_names(op: Op) -> None:
    """Raise unless each input has a name of its own for callers.

    Raises:
        TypeError: more or fewer names than inputs, or a name that belongs to two arguments.
    """
    if len(op.argument_names) != len(op.inputs):
        _refuse(op, f"it has {len(op.inputs)} inputs and {len(op.argument_names)} argument_names{_listed(op.argument_names)}")
    arguments = [*op.argument_names, *op.defaults]
    for name in arguments:
        if arguments.count(name) > 1:
            _refuse(op, f"two of its arguments are named {name!r}{_listed(arguments)}")


def check_keywords(name: str, keywords: Iterable[str]) -> None:
    """Raise for the first of some keywords that is no word of a declaration."""
    for keyword in keywords:
        if keyword not in KEYWORDS:
            raise TypeError(f"op {name!r}: {keyword!r} is no word of a declaration{_suggestion(keyword, KEYWORDS)}")


def parameters_of(forward: Callable[..., Any], inputs: int) -> tuple[list[Any], dict[str, Any]]:
    """The defaults of a forward's inputs, and its other parameters with theirs; EMPTY where there is none.

    Args:
        forward: a universal function of NumPy, which has inputs only, or a Python function.
        inputs: the number of its inputs, which come first.
    """
    if isinstance(forward, np.ufunc):
        return [EMPTY] * inputs, {}
    # inspect.signature says the same, but takes thirty times as long, and there are hundreds of ops to import.
    code = forward.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    defaults = dict(zip(names[: code.co_argcount][::-1], (forward.__defaults__ or ())[::-1], strict=False))
    defaults |= forward.__kwdefaults__ or {}
    return [defaults.get(name, EMPTY) for name in names[:inputs]], {name: defaults.get(name, EMPTY) for name in names[inputs:]}


def _forward_inputs(op: Op) -> list[str] | None:
    """The positional parameters of the forward; None for a universal function, whose parameters have no names."""
    forward = op.forward
    if isinstance(forward, np.ufunc):
        return None
    if not isinstance(forward, FunctionType):
        _refuse(op, f"its forward is {forward!r}, whose signature cannot be read: wrap it in a function")
    return list(forward.__code__.co_varnames[: forward.__code__.co_argcount])


def _refuse(op: Op, problem: str, name: str = "", candidates: Iterable[str] = ()) -> NoReturn:
    raise TypeError(f"op {op.name!r}: {problem}{_suggestion(name, candidates)}")


def _listed(names: Iterable[str]) -> str:
    return f" ({', '.join(names)})"


def _suggestion(name: str, candidates: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(candidates), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


__all__ = ["KEYWORDS", "check_argument_names", "check_keywords", "check_op", "check_rule", "parameters_of"]
