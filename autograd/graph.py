"""``torch.autograd.graph``: what a graph saves for backward, and hooks on several gradients at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from numpy import ndarray

from .engine import memory
from .engine.gradients import node_of
from .engine.graph import GradientEdge, Node, add_hook, edge, make, meta_of
from .engine.hooks import JointHook, RemovableHandle
from .engine.modes import Mode, Watch, current, innermost
from .engine.saved import Packed, RestoredPlan, pack_all, packed
from .engine.transforms import NO_HOOKS, in_reverse
from .errors import GraphError
from .tensor.tensor import Tensor


class _Saving(Watch):
    """Shows each array that a node saves to ``pack``, and has the node keep what that returns."""

    def __init__(self, outer: Watch | None, pack: Callable[[Any], Any], unpack: Callable[[Any], Any]) -> None:
        self.outer, self.pack, self.unpack = outer, pack, unpack

    written: Any = None  # the owner of the memory that the in-place form which runs now will write

    def writing(self, memory: Any) -> None:
        self.written = memory
        super().writing(memory)

    def forward(self, op: Any, node: Any, operands: Any, result: Any) -> None:
        if node is not None and node.plan.keeps_arrays and not isinstance(node.plan, RestoredPlan):
            pack_all(node, self._packed)
        super().forward(op, node, operands, result)

    def _packed(self, array: ndarray) -> Packed:
        """What ``pack`` returns for an array. Of the memory that is about to be written it gets a copy."""
        return packed(array.copy() if memory.owner(array) is self.written else array, self.pack, self.unpack)


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
        if in_reverse():
            raise GraphError(NO_HOOKS)
        forbidden = innermost(_Forbidden, current().watch)
        if forbidden is not None:
            raise GraphError(forbidden.message)
        return {"watch": _Saving(current().watch, self.pack_hook, self.unpack_hook)}

    def _arguments(self) -> tuple[Any, ...]:
        return self.pack_hook, self.unpack_hook


class allow_mutation_on_saved_tensors(saved_tensors_hooks):
    """Within the block, a tensor that an op has saved for backward may be written in place: it is copied first.

    Yields:
        The block itself. ``cloned`` holds the copies that were made and that a node still keeps.

    Raises:
        GraphError: a second block within the first. AssertionError: a backward after the block, of what was computed in it.

    Example:
        >>> import autograd
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> with autograd.graph.allow_mutation_on_saved_tensors():
        ...     x = w * 1
        ...     y = (x * x).sum()
        ...     x = x.zero_()
        ...     y.backward()
        >>> w.grad
        tensor([2., 4.], dtype=float32)
    """

    def __init__(self) -> None:
        super().__init__(self._pack, self._unpack)
        self.cloned: WeakKeyDictionary[_Original, ndarray] = WeakKeyDictionary()
        self.tid_to_weakhandle: WeakValueDictionary[Any, _Original] = WeakValueDictionary()
        self._inside = False

    def _pack(self, tensor: Tensor) -> _Original:
        array = tensor.array
        key = (id(memory.owner(array)), array.ctypes.data, array.shape, array.strides, memory.version(array))
        found = self.tid_to_weakhandle.get(key)
        if found is None:
            found = self.tid_to_weakhandle[key] = _Original(array)
        return found

    def _unpack(self, original: _Original) -> Tensor:
        if not self._inside:
            raise AssertionError("Trying to backward outside of the 'allow_mutation_on_saved_tensors' context of the graph")
        return make(original.array)

    def _before_write(self, owner: ndarray) -> None:
        for original in list(self.tid_to_weakhandle.values()):
            if original not in self.cloned and memory.owner(original.array) is owner:
                original.array = self.cloned[original] = original.array.copy()

    def __enter__(self) -> allow_mutation_on_saved_tensors:
        if any(getattr(f, "__func__", None) is type(self)._before_write for f in memory.before_writes):
            raise GraphError("allow_mutation_on_saved_tensors contexts cannot be nested")
        super().__enter__()
        self._inside = True
        memory.before_writes.append(self._before_write)
        return self

    def __exit__(self, *exc: object) -> None:
        memory.before_writes.remove(self._before_write)
        self._inside = False
        super().__exit__(*exc)

    def _arguments(self) -> tuple[Any, ...]:
        return ()


class _Original:
    """An array that nodes have saved, or its copy since it was written."""

    __slots__ = ("__weakref__", "array")

    def __init__(self, array: ndarray) -> None:
        self.array = array


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
    handles = [add_hook(meta_of(node).hooks, joint.hook(i)) for i, node in enumerate(nodes)]
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
    "GradientEdge", "Node", "allow_mutation_on_saved_tensors", "disable_saved_tensors_hooks", "get_gradient_edge",
    "increment_version", "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks",
]  # fmt: skip
