"""Checkpointing: a part of a network keeps nothing for backward, and is computed again when backward needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, NamedTuple
from warnings import warn

import numpy as np

from ..engine import memory
from ..engine.gradients import targeted
from ..engine.modes import Mode, Watch, current, enter, leave
from ..engine.plan import Plan
from ..engine.saved import RestoredPlan, check_unchanged
from ..engine.standin import written_down
from ..errors import GraphError, WrittenError, describe
from ..functions.random import fork_rng, get_rng_state, set_rng_state
from ..tensor.tensor import Tensor
from ..types import Tree


class _Part:
    """One call of a function whose nodes keep nothing. It is called again once, when the first of them needs what it had saved."""

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], block: Any, options: _Options
    ) -> None:
        self.block = block  # in which the second call runs
        self.options = options
        self.layouts: list[tuple[str, Any]] = []  # for each node of the first call, its op's name and what it had saved
        self.function, self.args, self.kwargs = function, args, kwargs
        self.random = get_rng_state() if options.preserve else None
        self.time = next(memory.clock)
        self.count = self.needed = 0  # the number of nodes, and the number up to the last of those that had saved something
        self.done = False  # whether the first call has ended
        self.nodes: dict[int, tuple[Any, tuple[Any, ...]]] = {}  # of the second call, by their numbers, and what they saved
        self.batches: list[Any] = []  # the levels of vmap that the first call began

    def again(self, number: int) -> tuple[Any, ...]:
        """What the node of this number had saved."""
        if number not in self.nodes:
            for value in (*self.args, *self.kwargs.values()):
                self.check_unchanged(value, "an argument")
            if self.options.reentrant and targeted.get():
                raise GraphError(
                    "torch.utils.checkpoint is incompatible with .grad() or passing an `inputs` parameter to .backward() with "
                    "use_reentrant=True: pass use_reentrant=False"
                )
            state = current()
            watch = _Collecting(self)
            token = enter(state.but(grad=True, watch=watch))
            try:
                with self.block, fork_rng(enabled=self.random is not None):
                    if self.random is not None:
                        set_rng_state(self.random)
                    self.function(*self.args, **self.kwargs)
            except _AllIsThereError:
                pass
            finally:
                leave(token)
            # A backward within the function comes before the first call has ended.
            if watch.number < self.needed or (self.done and watch.number > self.count):
                more = watch.number > self.count
                raise GraphError(
                    f"checkpoint: {'trying to save more tensors during recomputation' if more else _DIFFERENT}: the function made "
                    f"{self.count} nodes when it was called and {watch.number} when it was called again: it must compute the same "
                    f"each time{self.compared(watch.names)}"
                )
        node, saved = self.nodes.pop(number)
        if node.saved is not None:  # unless a backward within the function has freed it
            saved = node.saved  # a write in place may have replaced arrays by copies
        check_unchanged(node, saved)  # the function may have written over it
        return saved

    def check_layout(self, number: int, layout: Any, names: list[str]) -> None:
        """Raise if a node of the second call has saved arrays of other shapes or dtypes than that of the first."""
        if self.options.check and number < len(self.layouts) and layout != self.layouts[number][1]:
            raise GraphError(
                f"checkpoint: Recomputed values for the following tensors have different metadata than during the forward pass: "
                f"node {number}, {names[-1]}, saved {layout}, and {self.layouts[number][1]} in the first call: the function must "
                f"compute the same each time{self.compared(names)}"
            )

    def compared(self, names: list[str]) -> str:
        """For ``debug``: the ops of both calls."""
        if not self.options.debug:
            return ""
        return (
            "\nYou are seeing this error because you passed `debug=True` to checkpoint. The ops that were recorded:\n"
            f"  in the first call:  {', '.join(name for name, _ in self.layouts)}\n  in the second call: {', '.join(names)}"
        )

    def check_unchanged(self, value: Any, what: str) -> None:
        """Raise if a tensor was written since the first call: the second would compute another thing."""
        if isinstance(value, Tensor) and memory.last(value.array) > self.time:
            raise WrittenError(
                f"checkpoint: {what}, {describe(value.array)}, has been mutated since the function was called, so that a "
                f"second call would compute something else: call backward before the write, or clone() it"
            )


class _RecomputedPlan(RestoredPlan):
    """The plan of a node of a part."""

    __slots__ = ("part",)

    def __init__(self, inner: Plan, restore: Callable[[Any], tuple[Any, ...]], part: _Part) -> None:
        super().__init__(inner, restore)
        self.part = part

    def for_tangents(self, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """What the node had saved, once the first call has ended: before, a second one would not know where it ends."""
        if not self.part.done:
            raise GraphError("forward mode does not go through a checkpoint: use reverse mode, or leave it out")
        return super().for_tangents(saved)


class _Dropping(Watch):
    """Drops what the nodes of a part save."""

    def __init__(self, outer: Watch | None, part: _Part) -> None:
        self.outer, self.part = outer, part

    def forward(self, op: Any, node: Any, operands: Any, result: Any) -> None:
        if node is not None:
            number, part = self.part.count, self.part
            part.count += 1
            part.layouts.append((node.plan.op.name, _layout(node.saved)))
            if node.plan.keeps_arrays:
                part.needed = part.count
                node.plan = _RecomputedPlan(node.plan, lambda saved: part.again(number), part)
                node.saved = ()
        super().forward(op, node, operands, result)

    def batch(self, level: Any) -> Any:
        level = super().batch(level)
        self.part.batches.append(level)
        return level


class _Collecting(Watch):
    """Takes what the nodes of the second call save."""

    def __init__(self, part: _Part) -> None:
        self.part, self.number = part, 0
        self.names: list[str] = []  # of the ops
        self.batches = iter(part.batches)

    def forward(self, op: Any, node: Any, operands: Any, result: Any) -> None:
        if node is not None:
            for parent in node.parents:
                if parent is not None and parent.plan is None and parent.meta is not None:
                    self.part.check_unchanged(parent.meta.tensor_ref(), "a tensor that the function uses")
            part = self.part
            self.names.append(node.plan.op.name)
            part.check_layout(self.number, _layout(node.saved), self.names)
            part.nodes[self.number] = node, node.saved
            self.number += 1
            if part.done and part.options.early_stop and self.number == part.needed:
                raise _AllIsThereError

    def batch(self, level: Any) -> Any:
        """The level of the first call: what is computed now meets the gradients of its nodes."""
        return next(self.batches, level)


class _AllIsThereError(Exception):
    """The second call has made all nodes of the first: the rest of the function is not needed. Nobody sees this error."""


class _Options(NamedTuple):
    """How a function is called again; see ``checkpoint``."""

    preserve: bool
    check: bool
    debug: bool
    early_stop: bool
    reentrant: bool


_DIFFERENT = "A different number of tensors was saved during the original forward and recomputation"


def _layout(saved: Any) -> Any:
    """The shapes and dtypes of saved arrays."""
    if isinstance(saved, tuple):
        return tuple([_layout(value) for value in saved])
    return f"{saved.dtype}{list(saved.shape)}" if isinstance(saved, np.ndarray) else None


# What the blocks of set_checkpoint_early_stop and set_checkpoint_debug_enabled have set, in this order; None where there is none.
_set: ContextVar[tuple[bool | None, bool | None]] = ContextVar("glassgrad checkpoint", default=(None, None))


@contextmanager
def _setting(early_stop: bool | None, debug: bool | None) -> Iterator[None]:
    token = _set.set((early_stop, debug))
    try:
        yield
    finally:
        _set.reset(token)


class _Block(Mode):
    def __init__(self, part: _Part) -> None:
        self.part = part

    def changes(self) -> dict[str, Any]:
        return {"watch": _Dropping(current().watch, self.part)}


def set_checkpoint_early_stop(enable: bool) -> AbstractContextManager[None]:
    """A block that decides, for checkpoints within it, whether the second call stops once all is there that backward needs.

    Example:
        >>> from autograd.utils.checkpoint import set_checkpoint_early_stop
        >>> with set_checkpoint_early_stop(False):
        ...     pass
    """
    return _setting(enable, _set.get()[1])


def set_checkpoint_debug_enabled(enabled: bool | None) -> AbstractContextManager[None]:
    """A block that decides, for checkpoints within it, whether their errors list the ops of both calls; None: as each says.

    Example:
        >>> from autograd.utils.checkpoint import set_checkpoint_debug_enabled
        >>> with set_checkpoint_debug_enabled(True):
        ...     pass
    """
    return _setting(_set.get()[0], enabled)


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[..., Any] | None = None,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Tree:
    """Call a function so that its ops keep nothing for backward; backward calls it again.

    It costs a second forward, and saves the memory of all that lies between the arguments and the results. Random numbers are
    the same at the second call. Gradients reach the arguments, and all else that the function uses.

    Args:
        function: computes the same each time. args, kwargs: its arguments.
        preserve_rng_state: draw the same random numbers at the second call.
        context_fn: returns two context managers, for the first call and for the second.
        determinism_check: "default" compares the shapes and dtypes of what both calls save; "none" does not.
        debug: let the error list the ops of both calls.
        early_stop: end the second call once it has saved all that backward needs.
        use_reentrant: there is one way here. With True backward raises where PyTorch's other way cannot compute the gradients:
            under ``autograd.grad`` and ``backward(inputs=)``. It warns if left out.

    Raises:
        GraphError: from backward, if the function did not compute the same, or a tensor that it uses was written meanwhile.

    Example:
        >>> import autograd
        >>> from autograd.utils.checkpoint import checkpoint
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> checkpoint(lambda x: (x * x).exp().sum(), w, use_reentrant=False).backward()
        >>> w.grad
        tensor([  5.4366, 218.3926], dtype=float32)
    """
    if not current().grad or written_down():  # a compiled step has a plan of its memory of its own
        return function(*args, **kwargs)
    outside, again = (nullcontext(), nullcontext()) if context_fn is None else context_fn()
    if use_reentrant is None:
        _warn("checkpoint")
    stop, shown = _set.get()
    check = determinism_check == "default"
    options = _Options(
        preserve_rng_state, check, debug if shown is None else shown, early_stop if stop is None else stop, bool(use_reentrant)
    )
    part = _Part(function, args, kwargs, again, options)
    with outside, _Block(part):
        result = function(*args, **kwargs)
    part.done = True
    return result


def _warn(name: str) -> None:
    """Warn, as PyTorch, that ``use_reentrant`` was left out."""
    warn(f"torch.utils.{name}: the use_reentrant parameter should be passed explicitly: use_reentrant=False", stacklevel=3)


def checkpoint_sequential(
    functions: Iterable[Callable[..., Any]], segments: int, input: Tree, use_reentrant: bool | None = None, **kwargs: Any
) -> Tree:
    """Call functions one after the other, in segments that keep nothing for backward; the last one keeps what it needs.

    Args:
        functions: a Sequential, or a list of functions of one tensor.
        segments: how many parts. input: of the first function.
        use_reentrant, kwargs: as for ``checkpoint``.

    Example:
        >>> import autograd
        >>> from autograd.utils.checkpoint import checkpoint_sequential
        >>> w = autograd.tensor(2.0, requires_grad=True)
        >>> checkpoint_sequential([lambda x: x * x, lambda x: x * 3], 2, w, use_reentrant=False).backward()
        >>> w.grad
        tensor(12., dtype=float32)
    """
    if use_reentrant is None:
        _warn("checkpoint_sequential")
        use_reentrant = False
    steps = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = max(1, len(steps) // segments)

    def run(some: list[Callable[..., Any]]) -> Callable[[Any], Any]:
        def through(x: Any) -> Any:
            for step in some:
                x = step(x)
            return x

        return through

    for i in range(segments - 1):
        input = checkpoint(run(steps[i * size : (i + 1) * size]), input, use_reentrant=use_reentrant, **kwargs)
    return run(steps[(segments - 1) * size :])(input)


CheckpointError = GraphError  # its name in PyTorch

__all__ = [
    "CheckpointError", "checkpoint", "checkpoint_sequential", "set_checkpoint_debug_enabled", "set_checkpoint_early_stop",
]  # fmt: skip
