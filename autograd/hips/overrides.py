"""Users' rules for functions that have a derivative here already: ``defvjp(autograd.numpy.where, ...)``.

Programs hold such a function by many names: ``np.where`` of the module, what they imported from it, the methods of boxes. So it is
not replaced: the function itself is turned into one that calls another, and all names go on to mean the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from .calls import FUNCTIONS
from .derivatives import make_jvp, make_vjp

Function = Callable[..., Any]
_HOME = __name__.rpartition(".")[0]


def is_native(fun: Any) -> bool:
    """Whether a function is one of this project's, with derivatives of its own, and not a primitive of a user's."""
    if not isinstance(fun, FunctionType) or hasattr(fun, "_is_autograd_primitive"):
        return False
    return fun.__globals__.get("__name__", "").startswith(_HOME) or any([fun is known for known in FUNCTIONS.values()])


def turn(fun: Any, into: Callable[[Function], Function]) -> Function:
    """Let a function call another from now on, whoever holds it. Returns a function that does what it did before.

    Args:
        fun: the function. into: a function from what it did before to the one that it shall call.
    """
    if (write := fun.__globals__.get("write")) is not None:
        write()  # the text of a universal function, which else is written at its first call
    before = FunctionType(fun.__code__, fun.__globals__, fun.__name__, fun.__defaults__, fun.__closure__)
    before.__kwdefaults__ = fun.__kwdefaults__
    target = into(before)
    fun.__code__ = _caller(fun.__code__.co_freevars)
    fun.__defaults__, fun.__kwdefaults__ = None, {"_target": target}
    return before


def _caller(free: Sequence[str]) -> Any:
    """The code of a function that calls ``_target``. Python wants as many free variables in it as the function was made with."""
    lines = [
        f"def outside({', '.join(free)}):",
        "    def caller(*args, _target, **kwargs):",
        *[f"        {name}" for name in free],
        "        return _target(*args, **kwargs)",
        "    return caller",
    ]
    scope: dict[str, Any] = {}
    exec("\n".join(lines), scope)
    return scope["outside"](*free).__code__


def own_vjp(before: Function) -> Function:
    """The reverse mode that a function has of its own, in the form of a user's."""

    def maker(argnums: Sequence[int], ans: Any, args: Any, kwargs: Any) -> Function:
        return lambda g: make_vjp(*_of_arguments(before, argnums, args, kwargs))[0](g)

    return maker


def own_jvp(before: Function) -> Function:
    """The forward mode that a function has of its own, in the form of a user's."""

    def jvp(argnums: Sequence[int], gs: Sequence[Any], ans: Any, args: Any, kwargs: Any) -> Any:
        return make_jvp(*_of_arguments(before, argnums, args, kwargs))(tuple(gs))[1]

    return jvp


def _of_arguments(function: Function, argnums: Sequence[int], args: Any, kwargs: Any) -> tuple[Function, tuple[Any, ...]]:
    """A function of the tuple of some arguments, and this tuple."""

    def of_some(some: Any) -> Any:
        values = list(args)
        for i, value in zip(argnums, some, strict=True):
            values[i] = value
        return function(*values, **kwargs)

    return of_some, tuple([args[i] for i in argnums])


__all__ = ["is_native", "own_jvp", "own_vjp", "turn"]
