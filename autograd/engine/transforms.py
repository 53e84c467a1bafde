"""What a function may not do while a transform of ``func`` differentiates it, and which transforms run here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from ..errors import GraphError
from .standin import levels


class Transform:
    """A call of a function that is being differentiated.

    Attributes:
        function: the function. start: the time of the clock before the call. reverse: whether it is for reverse mode.
        outer: the transform within which it runs, or None.
        plain: whether it is a step of ``autograd.functional``, whose functions may do what they like.
    """

    __slots__ = ("function", "outer", "plain", "reverse", "start")

    def __init__(self, function: Callable[..., Any], start: int, reverse: bool, plain: bool = False) -> None:
        outer: Transform | None = running.get()
        self.function, self.start, self.reverse, self.outer = function, start, reverse, outer
        self.plain: bool = plain or (outer is not None and outer.plain)

    def captures(self, tensor: Any) -> bool:
        """Whether the function sees a tensor from outside: in its closure, its defaults, its globals, or in what it is bound to."""
        return any(value is tensor for value in _seen(self.function))


running: ContextVar[Transform | None] = ContextVar("glassgrad transform", default=None)


def _seen(function: Any) -> Iterator[Any]:
    """The values that a function can name, and those within the lists, tuples and dicts among them."""
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is None:
        return
    for cell in function.__closure__ or ():
        try:
            yield from _within(cell.cell_contents)
        except ValueError:  # a name that has no value yet
            continue
    for name in code.co_names:
        if name in function.__globals__:
            yield from _within(function.__globals__[name])
    yield from function.__defaults__ or ()


def _within(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, list | tuple):
        yield from value
    elif isinstance(value, dict):
        yield from value.values()


def demand_outside(call: str, hint: str = "") -> None:
    """Raise within a function that is being transformed.

    Args:
        call: what was called. hint: what to do instead.

    Raises:
        GraphError: a transform of ``func``, or ``vmap``, runs here.
    """
    transform = running.get()
    if levels.get() if transform is None else not transform.plain:
        raise GraphError(
            f"You are attempting to call {call} inside of a function being transformed by a transform of func (grad, vjp, jvp, "
            f"vmap, ...). This is unsupported: {hint or 'call it outside, or use the transforms themselves'}"
        )


def demand_uncaptured(tensor: Any, name: str) -> None:
    """Raise where a function that is being transformed writes a value that depends on its arguments into a tensor from outside.

    Args:
        tensor: that is written; no view. name: of the function that writes, for the error.
    """
    transform = running.get()
    if transform is None or transform.plain:
        return
    node = tensor.node
    if (node is not None and node.sequence < transform.start) or (node is None and transform.captures(tensor)):
        raise GraphError(
            f"{name}: during a transform (grad, vjp, jvp, ...) the function attempted to mutate a captured Tensor, which would "
            f"keep the graph of the transform after it has ended: return the value, or clone() the tensor within the function"
        )


def demand_no_saving_hooks(watch: Any) -> None:
    """Raise if hooks on saved tensors and a transform in reverse mode would meet.

    Args:
        watch: of the modes.

    Raises:
        GraphError: one of the watches within it shows what is saved to hooks.
    """
    while watch is not None:
        if hasattr(watch, "pack"):
            raise GraphError(NO_HOOKS)
        watch = watch.outer


NO_HOOKS = "func's grad, vjp, jacrev and hessian don't yet support saved tensor hooks: leave the block out, or use backward()"


def in_reverse() -> bool:
    """Whether a transform of ``func`` in reverse mode runs here."""
    transform = running.get()
    while transform is not None:
        if transform.reverse and not transform.plain:
            return True
        transform = transform.outer
    return False
