"""``torch.autograd.graph``: what a graph saves for backward, and hooks on several gradients at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from weakref import ref

from numpy import ndarray

from .engine import memory
from .engine.gradients import node_of
from .engine.graph import GradientEdge, Node, edge, make, meta_of
from .engine.hooks import JointHook, RemovableHandle
from .engine.modes import Mode, Watch, current
from .engine.plan import Plan
from .engine.saved import lifted
from .errors import GraphError, WrittenError, describe
from .tensor.tensor import Tensor


class RestoredPlan(Plan):
    """The plan of a node that keeps something else than what it saved, and gets that back when backward comes.

    Attributes:
        inner: the node's own plan. restore: returns what the node had saved, as arrays.
    """

    __slots__ = ("inner", "restore")

    def __init__(self, inner: Plan, restore: Callable[[], tuple[Any, ...]]) -> None:
        self.inner, self.restore = inner, restore
        self.op, self.slots, self.elementwise = inner.op, inner.slots, inner.elementwise
        self.keeps_arrays = False
        self.backward = lambda g, saved: inner.backward(g, saved or restore())
        self.rules, self.needs = getattr(inner, "rules", ()), getattr(inner, "needs", ())
        self._rule_functions = {}

    @property
    def materialize(self) -> bool:  # type: ignore[override]
        return self.inner.materialize

    def lift(self, node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """What was saved, as tensors with their nodes."""
        return lifted(node, self.inner, self.restore())

    def push(self, node: Node, ts: list[Any], saved: tuple[Any, ...]) -> Any:
        """Forward mode, which does not get back what was saved."""
        raise GraphError(
            "forward mode does not go through saved_tensors_hooks or a checkpoint: use reverse mode, or leave them out"
        )


class _Saving(Watch):
    """Shows each array that a node saves to ``pack``, and has the node keep what that returns."""

    def __init__(self, outer: Watch | None, pack: Callable[[Any], Any], unpack: Callable[[Any], Any]) -> None:
        self.outer, self.pack, self.unpack = outer, pack, unpack

    written: Any = None  # the owner of the memory that the in-place form which runs now will write

    def writing(self, memory: Any) -> None:
        self.written = memory
        super().writing(memory)

    def forward(self, op: Any, node: Any, operands: Any, result: Any) -> None:
        if node is not None and node.plan.keeps_arrays:
            packed, name = _mapped(node.saved, self._packed), node.label()
            unpack = self.unpack
            node.plan = RestoredPlan(node.plan, lambda: _mapped_back(packed, unpack, name))
            node.saved = ()
        super().forward(op, node, operands, result)

    def _packed(self, array: ndarray) -> _Packed:
        """What ``pack`` returns for an array. Of the memory that is about to be written it gets a copy."""
        owner = memory.owner(array)
        if owner is self.written:
            array = owner = array.copy()
        before = memory.last(array)
        kept = self.pack(make(array))
        if memory.last(array) > before:
            raise GraphError("A saved tensor pack hook is modifying its input in place: return another tensor instead")
        return _Packed(kept, ref(owner), next(memory.clock))


class _Packed(NamedTuple):
    """What is kept in an array's place.

    Attributes:
        value: whatever ``pack`` returned. owner: refers to the owner of the array's memory. time: of the clock, when it was packed.
    """

    value: Any
    owner: Callable[[], Any]
    time: int

    def restored(self, unpack: Callable[[Any], Any], name: str) -> ndarray:
        """The array again, unless it still lies in the memory of the first, and that was written meanwhile."""
        array = unpack(self.value).array
        if memory.last(array) > self.time and memory.owner(array) is self.owner():
            raise WrittenError(
                f"one of the variables needed for gradient computation has been modified by an inplace operation: {name} saved "
                f"{describe(array)}, and the hooks of saved_tensors_hooks kept the same memory: clone() it in pack_hook"
            )
        return array


def _mapped(saved: tuple[Any, ...], function: Callable[[Any], Any]) -> tuple[Any, ...]:
    """What a node saved, with its arrays replaced."""

    def one(value: Any) -> Any:
        if isinstance(value, ndarray):
            return function(value)
        return tuple([one(v) for v in value]) if type(value) is tuple else value

    return tuple([one(v) for v in saved])


def _mapped_back(packed: tuple[Any, ...], unpack: Callable[[Any], Any], name: str) -> tuple[Any, ...]:
    def one(value: Any) -> Any:
        if isinstance(value, _Packed):
            return value.restored(unpack, name)
        return tuple([one(v) for v in value]) if type(value) is tuple else value

    return tuple([one(v) for v in packed])


class saved_tensors_hooks(Mode):
    """Within the block, what ops save for backward goes through ``pack_hook``, and through ``unpack_hook`` when backward needs it.

    Args:
        pack_hook: a function of a tensor that returns whatever is to be kept in its place: a file's name, a smaller dtype, ...
        unpack_hook: a function of that which returns the tensor, of the same shape and dtype.

    Example:
        >>> import autograd
        >>> from autograd.graph import saved_tensors_hooks
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> with saved_tensors_hooks(lambda t: t.tolist(), lambda kept: autograd.tensor(kept)):
        ...     y = (w * w).sum()
        >>> y.backward()
        >>> w.grad
        tensor([2., 4.], dtype=float32)
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[..., Tensor]) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def changes(self) -> dict[str, Any]:
        watch = current().watch
        while watch is not None:
            if isinstance(watch, _Forbidden):
                raise GraphError(watch.message)
            watch = watch.outer
        return {"watch": _Saving(current().watch, self.pack_hook, self.unpack_hook)}

    def _arguments(self) -> tuple[Any, ...]:
        return self.pack_hook, self.unpack_hook


class _Forbidden(Watch):
    """Marks a block in which saved_tensors_hooks may not begin."""

    def __init__(self, outer: Watch | None, message: str) -> None:
        self.outer, self.message = outer, message


class disable_saved_tensors_hooks(Mode):
    """Within the block ``saved_tensors_hooks`` raise.

    Args:
        error_message: what they raise.

    Example:
        >>> import autograd
        >>> with autograd.graph.disable_saved_tensors_hooks("not here"), autograd.graph.save_on_cpu():
        ...     pass
        Traceback (most recent call last):
            ...
        autograd.errors.GraphError: not here
        (An example, and how to mend it: docs/guides/errors.md#grapherror)
    """

    def __init__(self, error_message: str) -> None:
        self.error_message = error_message

    def changes(self) -> dict[str, Any]:
        return {"watch": _Forbidden(current().watch, self.error_message)}

    def _arguments(self) -> tuple[Any, ...]:
        return (self.error_message,)


class save_on_cpu(saved_tensors_hooks):
    """What ops save goes to the CPU's memory, where it is already: each tensor is copied, as PyTorch copies it.

    Args:
        pin_memory, device_type: read by PyTorch only.

    Example:
        >>> import autograd
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> with autograd.graph.save_on_cpu():
        ...     y = (w * w).sum()
        >>> y.backward()
        >>> w.grad
        tensor([2., 4.], dtype=float32)
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda t: t.clone(), lambda t: t)

    def _arguments(self) -> tuple[Any, ...]:
        return ()


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The node of a tensor, and the number of its output.

    Raises:
        GraphError: the tensor needs no gradient.

    Example:
        >>> import autograd
        >>> autograd.graph.get_gradient_edge(autograd.ones(1, requires_grad=True) * 2).node
        <mul>
    """
    return edge(_needing(tensor))


def _needing(tensor: Tensor) -> Node:
    node = node_of(tensor)
    if node is None:
        raise GraphError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return node


def increment_version(tensor: Tensor | Sequence[Tensor]) -> None:
    """Note that a tensor's memory was written by something that the engine cannot see.

    Example:
        >>> import autograd
        >>> x = autograd.ones(2)
        >>> autograd.graph.increment_version(x)
        >>> x._version
        1
    """
    for t in (tensor,) if isinstance(tensor, Tensor) else tensor:
        memory.note_write(t.array)


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable[..., None], *, mode: str = "all") -> RemovableHandle:
    """Have backward call a function when the gradients of several tensors are ready.

    Args:
        tensors: which require a gradient.
        fn: for "all" a function of a list with their gradients, None where there is none; for "any" of the first that is ready.
        mode: "all": once all gradients are there that this backward reaches; "any": at the first.

    Returns:
        A handle whose ``remove()`` removes the hook.

    Raises:
        ValueError: another mode.

    Example:
        >>> import autograd
        >>> a, b = autograd.ones(1, requires_grad=True), autograd.ones(1, requires_grad=True)
        >>> handle = autograd.graph.register_multi_grad_hook([a, b], lambda gs: print([g.item() for g in gs]))
        >>> (2 * a + 3 * b).sum().backward()
        [2.0, 3.0]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    nodes = [_needing(t) for t in tensors]
    joint = JointHook(nodes, fn, mode == "any")
    handles = [RemovableHandle(meta_of(node).hooks, joint.hook(i)) for i, node in enumerate(nodes)]
    every: dict[int, Any] = {}
    handle = RemovableHandle(every, fn)
    remove = handle.remove

    def remove_all() -> None:
        remove()
        for h in handles:
            h.remove()

    handle.remove = remove_all  # type: ignore[method-assign]
    return handle


__all__ = [
    "GradientEdge", "Node", "disable_saved_tensors_hooks", "get_gradient_edge", "increment_version", "register_multi_grad_hook",
    "save_on_cpu", "saved_tensors_hooks",
]  # fmt: skip
