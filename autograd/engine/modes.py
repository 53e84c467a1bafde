"""The modes: whether ops are recorded, in which layer, and which watch observes them.

Together they are one immutable state, which lives in a ``ContextVar``: threads and asyncio tasks each have their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar, Token
from functools import wraps
from inspect import isgeneratorfunction
from typing import TYPE_CHECKING, Any, TypeVar
from warnings import warn

from ..errors import GraphError, describe, where

if TYPE_CHECKING:
    from .graph import Node
    from .op import Op

F = TypeVar("F", bound=Callable[..., Any])
W = TypeVar("W", bound="Watch")


class Watch:
    """An observer of ops while they run: anomaly detection, tracing. A subclass overrides the methods that it needs.

    Watches nest: ``outer`` is the one that was set before, or None, and each method calls the same method of it.
    """

    outer: Watch | None = None

    def forward(self, op: Op, node: Node | None, operands: Sequence[Any], result: Any) -> None:
        """Called after an op has been computed.

        Args:
            op: the op. node: its node, or None if none was recorded. operands: the inputs of the call. result: its result.
        """
        if self.outer is not None:
            self.outer.forward(op, node, operands, result)

    def backward(self, node: Node, gradient: Any, contributions: Any) -> None:
        """Called after a node's rules have turned its gradient into contributions to its parents."""
        if self.outer is not None:
            self.outer.backward(node, gradient, contributions)

    def failed(self, node: Node, error: Exception) -> None:
        """Called when a node's rules have raised; the watch may add a note to the error."""
        if self.outer is not None:
            self.outer.failed(node, error)

    def writing(self, memory: Any) -> None:
        """Called before an in-place form computes what it will write, with the array that owns the memory; and with None after."""
        if self.outer is not None:
            self.outer.writing(memory)

    def batch(self, level: Any) -> Any:
        """Called when vmap begins a batch, with its level. It returns the level that the batch has."""
        return level if self.outer is None else self.outer.batch(level)

    def rebased(self, before: Node, after: Node) -> None:
        """Called after a tensor was written in place, with its node before and after."""
        if self.outer is not None:
            self.outer.rebased(before, after)

    def step(self, optimizer: Any) -> bool:
        """Called before an optimizer steps. It returns True if the watch has made the step itself."""
        return self.outer is not None and self.outer.step(optimizer)


def innermost(kind: type[W], watch: Watch | None) -> W | None:
    """The innermost watch of a kind, among a watch and those outside of it; None if there is none."""
    while watch is not None and not isinstance(watch, kind):
        watch = watch.outer
    return watch


class Marking(Watch):
    """Marks what is computed within ``inference_mode``: it may not be written outside. Views of other tensors are not marked.

    Attributes:
        plain, marked: the class of tensors, and that of those that are marked; set by tensor/tensor.py.
    """

    plain: Any = None
    marked: Any = None

    def __init__(self, outer: Watch | None) -> None:
        self.outer = outer

    @classmethod
    def mark(cls, t: Any) -> Any:
        """Mark a tensor that is not of a class of the user's; return it."""
        if type(t) is cls.plain:
            t.__class__ = cls.marked
        return t

    @classmethod
    def demand_writable(cls, t: Any, name: str) -> None:
        """Raise for a marked tensor that a function of this name writes outside of ``inference_mode``."""
        if type(t) is cls.marked and not current().inference:
            raise GraphError(
                f"{name}: Inplace update to inference tensor outside InferenceMode is not allowed ({describe(t.array)}): it was "
                f"made within inference_mode(); clone() it first, and write into the clone"
            )

    def forward(self, op: Op, node: Node | None, operands: Sequence[Any], result: Any) -> None:
        if type(result) is Marking.plain:
            if result._view is None:
                result.__class__ = Marking.marked
        elif type(result) is tuple:
            for t in result:
                if t._view is None:
                    self.mark(t)
        if self.outer is not None:
            self.outer.forward(op, node, operands, result)


# One entry for each block of inference_mode that is open in any thread: while there is none, no tensor needs to be looked at.
inference_blocks: list[None] = []


class ModuleCall:
    """One call of a module. Its ``str`` is the module's path. Two calls of one module are equal, but not the same object.

    Attributes:
        caller: the call within which it was made, or None.
        of: the module's identity, which knows its ``kind`` (the name of its class).
        name: the module's name within the caller's module.
        whole: the path; None until it is first asked for.
    """

    __slots__ = ("caller", "name", "of", "whole")

    caller: ModuleCall | None
    name: str | None
    of: Any
    whole: str | None

    @property
    def kind(self) -> str:
        return self.of.kind

    def __str__(self) -> str:
        if self.whole is None:
            above = str(self.caller) if self.caller is not None else ""
            self.whole = f"{above}.{self.name}" if above else self.name
        return self.whole or ""

    def __bool__(self) -> bool:
        return bool(str(self))

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, str | ModuleCall) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))

    __repr__ = __str__


class ModeState:
    """The modes that hold in a context.

    Attributes:
        grad: whether nodes are recorded. inference: whether an ``inference_mode`` block is open.
        layer: the innermost call of a module that is running, or None.
        watch: the observer that is called with every result, or None.
    """

    __slots__ = ("grad", "inference", "layer", "watch")

    def __init__(self, grad: bool, inference: bool, layer: ModuleCall | None, watch: Watch | None) -> None:
        self.grad = grad
        self.inference = inference
        self.layer = layer
        self.watch = watch

    def but(self, **changes: Any) -> ModeState:
        """This state with some fields replaced."""
        return ModeState(**{name: changes.get(name, getattr(self, name)) for name in self.__slots__})


_initial = ModeState(grad=True, inference=False, layer=None, watch=None)
_state: ContextVar[ModeState] = ContextVar("glassgrad", default=_initial)
current: Callable[[], ModeState] = _state.get
enter: Callable[[ModeState], Token[ModeState]] = _state.set
leave: Callable[[Token[ModeState]], None] = _state.reset


# The open blocks of the context, innermost first: (mode, the state before it, the blocks around it). A mode itself holds nothing of
# its blocks: threads may share it, and a block of an async generator may be closed in another context than it was opened in.
_blocks: ContextVar[tuple[Any, ...] | None] = ContextVar("glassgrad blocks", default=None)


def undisturbed(function: Callable[..., Any], *args: Any) -> Any:
    """The result of a user's function, after which the modes are as before it, whatever blocks it has opened or closed."""
    state, blocks = current(), _blocks.get()
    try:
        return function(*args)
    finally:
        if current() is not state:
            enter(state)
        if _blocks.get() is not blocks:
            _blocks.set(blocks)


class Mode:
    """A change of modes, as a context manager and a decorator; one object may be entered many times, also within itself."""

    def changes(self) -> dict[str, Any]:
        """The modes that this one changes, by name."""
        raise NotImplementedError

    def __enter__(self) -> Mode:
        self._open(current())
        return self

    def _open(self, before: ModeState) -> None:
        """Begin a block, at the end of which the state is the one before it."""
        _blocks.set((self, before, _blocks.get()))
        enter(current().but(**self.changes()))

    def __exit__(self, *exc: object) -> None:
        block = _blocks.get()
        while block is not None and block[0] is not self:
            block = block[2]
        if block is not None:  # otherwise the block was opened in another context, and this one's state is not its affair
            enter(block[1])
            _blocks.set(block[2])

    def __call__(self, function: F) -> F:
        if isinstance(function, type):
            warn(
                "Decorating classes is deprecated and will be disabled in future versions. You should only decorate functions or "
                "methods: the mode holds while an object is made, and not in its methods",
                FutureWarning,
                stacklevel=2,
            )
        if isgeneratorfunction(function):
            return self._around_steps(function)  # type: ignore[return-value]

        @wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with type(self)(*self._arguments()):
                return function(*args, **kwargs)

        return inner  # type: ignore[return-value]

    def _around_steps(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A generator function decorated: the mode holds while its own body runs, and not while its caller's does."""

        def step(call: Callable[..., Any], *args: Any) -> Any:
            with type(self)(*self._arguments()):
                return call(*args)

        @wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            try:
                value = step(next, generator)
                while True:
                    try:
                        got = yield value
                    except GeneratorExit:
                        step(generator.close)
                        raise
                    except BaseException as error:
                        value = step(generator.throw, error)
                    else:
                        value = step(generator.send, got)
            except StopIteration as stop:
                return stop.value

        return inner

    def _arguments(self) -> tuple[Any, ...]:
        return ()


class no_grad(Mode):
    """Ops inside are not recorded: their results need no gradient. A context manager and a decorator.

    Example:
        >>> import autograd
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> with autograd.no_grad():
        ...     (w * 2).requires_grad
        False
    """

    def __new__(cls, function: Any = None) -> Any:
        # PyTorch allows @no_grad as well as @no_grad().
        mode = super().__new__(cls)
        return mode if function is None else mode(function)

    def changes(self) -> dict[str, Any]:
        return {"grad": False}


class enable_grad(no_grad):
    """Ops inside are recorded again, within a ``no_grad``.

    Example:
        >>> import autograd
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> with autograd.no_grad(), autograd.enable_grad():
        ...     (w * 2).requires_grad
        True
    """

    def changes(self) -> dict[str, Any]:
        return {"grad": True}


class inference_mode(Mode):
    """Like ``no_grad``; and tensors that are made inside (``is_inference()``) may not be written in place outside, as in PyTorch.

    PyTorch also refuses to save such a tensor for a backward; here it may be used in a graph.

    Args:
        mode: False makes the block record as usual. It may be the function to decorate: ``@inference_mode``.

    Example:
        >>> import autograd
        >>> with autograd.inference_mode():
        ...     autograd.is_inference_mode_enabled(), autograd.is_grad_enabled(), autograd.ones(2).is_inference()
        (True, False, True)
    """

    def __new__(cls, mode: Any = True) -> Any:
        self = super().__new__(cls)
        if isinstance(mode, bool):
            return self
        self.mode = True
        return self(mode)

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode

    def changes(self) -> dict[str, Any]:
        watch = current().watch
        return {"grad": not self.mode, "inference": self.mode, "watch": Marking(watch) if self.mode else watch}

    def _open(self, before: ModeState) -> None:
        super()._open(before)
        inference_blocks.append(None)

    def __exit__(self, *exc: object) -> None:
        inference_blocks.pop()
        super().__exit__(*exc)

    def _arguments(self) -> tuple[Any, ...]:
        return (self.mode,)


class Switch(Mode):
    """A mode that holds from its construction on; as a context manager it restores the state before at the end of the block."""

    def __init__(self) -> None:
        self._before: ModeState | None = current()
        enter(self._before.but(**self.changes()))

    def __enter__(self) -> Mode:
        # The first block ends with the state before the construction; a second entry of the same object switches again.
        before, self._before = self._before, None
        self._open(before or current())
        return self

    def __exit__(self, *exc: object) -> None:
        if not self._back():
            super().__exit__()

    def __call__(self, function: F) -> F:
        self._back()
        return super().__call__(function)

    def _back(self) -> bool:
        """Undo the construction, if no block has begun since."""
        before, self._before = self._before, None
        if before is not None:
            enter(before)
        return before is not None


class set_multithreading_enabled(Switch):
    """For programs of PyTorch that choose whether backward uses several threads: it runs in the thread that called it.

    Args:
        mode: what ``is_multithreading_enabled`` returns.

    Example:
        >>> import autograd
        >>> with autograd.set_multithreading_enabled(False):
        ...     autograd.is_multithreading_enabled()
        False
    """

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        self._enabled = _multithreading.get()
        _multithreading.set(mode)
        super().__init__()

    def changes(self) -> dict[str, Any]:
        return {}

    def __exit__(self, *exc: object) -> None:
        _multithreading.set(self._enabled)
        super().__exit__(*exc)

    def __call__(self, function: F) -> F:
        _multithreading.set(self._enabled)
        return super().__call__(function)

    def _arguments(self) -> tuple[Any, ...]:
        return (self.mode,)


_multithreading: ContextVar[bool] = ContextVar("glassgrad multithreading", default=True)


def is_multithreading_enabled() -> bool:
    """What ``set_multithreading_enabled`` has set here, for programs of PyTorch; True by default.

    Example:
        >>> import autograd
        >>> autograd.is_multithreading_enabled()
        True
    """
    return _multithreading.get()


class set_grad_enabled(Switch):
    """Turn recording on or off at once. As a context manager, restore the previous mode at the end of the block.

    Args:
        mode: whether ops are recorded.

    Example:
        >>> import autograd
        >>> with autograd.set_grad_enabled(False):
        ...     autograd.is_grad_enabled()
        False
        >>> autograd.is_grad_enabled()
        True
    """

    def __init__(self, mode: bool) -> None:
        self.mode = mode
        super().__init__()

    def changes(self) -> dict[str, Any]:
        return {"grad": self.mode}

    def _arguments(self) -> tuple[Any, ...]:
        return (self.mode,)


def is_grad_enabled() -> bool:
    """Whether ops are recorded here.

    Example:
        >>> import autograd
        >>> autograd.is_grad_enabled()
        True
        >>> with autograd.no_grad():
        ...     autograd.is_grad_enabled()
        False
    """
    return current().grad


def is_inference_mode_enabled() -> bool:
    """Whether an ``inference_mode`` block is open here.

    Example:
        >>> import autograd
        >>> autograd.is_inference_mode_enabled()
        False
    """
    return current().inference


def here(name: str) -> str:
    """The beginning of an error: a function's name and the path of the layer that is being called."""
    return name + where(current().layer)
