"""Values that a node keeps in another form until backward: what hooks made of them, or nothing, where they are computed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import ref

from numpy import ndarray

from ..errors import GraphError, WrittenError, describe
from . import graph, memory
from .graph import Node, make
from .modes import undisturbed
from .plan import Plan
from .saved import freed_error, lifted


class RestoredPlan(Plan):
    """The plan of a node that keeps something else than what it saved, and gets that back when backward comes.

    The node's ``saved`` is an empty tuple then, or ``Kept``, so that nobody takes for arrays what it keeps instead.

    Attributes:
        inner: the node's own plan. restore: a function of the node's ``saved`` that returns what it had saved, as arrays.
    """

    __slots__ = ("inner", "restore")

    def __init__(self, inner: Plan, restore: Callable[[Any], tuple[Any, ...]]) -> None:
        self.inner, self.restore = inner, restore
        self.op, self.slots, self.elementwise = inner.op, inner.slots, inner.elementwise
        self.keeps_arrays = True
        self.backward = lambda g, saved: inner.backward(g, saved or restore(saved))
        self.rules, self.needs = getattr(inner, "rules", ()), getattr(inner, "needs", ())
        self._rule_functions = {}

    @property
    def materialize(self) -> bool:  # type: ignore[override]
        return self.inner.materialize

    def lift(self, node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """What was saved, as tensors with their nodes."""
        return lifted(node, self.inner, self.restore(saved))

    def push(self, node: Node, ts: list[Any], saved: tuple[Any, ...]) -> Any:
        """The tangent, by the node's own plan."""
        inner: Any = self.inner
        return None if inner.push is None else inner.push(node, ts, saved)


class Kept(tuple[Any, ...]):
    """An empty tuple for a node's ``saved``, which carries what the node keeps instead, in the attribute ``packed``."""

    packed: tuple[Any, ...]


class Packed(NamedTuple):
    """What is kept in an array's place.

    Attributes:
        value: whatever the hook returned. owner: refers to the owner of the array's memory. time: of the clock, when it was packed.
        unpack: returns the array's tensor again. hooked: whether a hook of the user's packed it.
    """

    value: Any
    owner: Callable[[], Any]
    time: int
    unpack: Callable[[Any], Any]
    hooked: bool

    def restored(self, name: str) -> ndarray:
        """The array again, unless it still lies in the memory of the first, and that was written meanwhile."""
        tensor = undisturbed(self.unpack, self.value)
        if not isinstance(tensor, graph.AnyTensor):
            raise TypeError(f"Output of saved tensor unpack_hook expected to be a Tensor but got {type(tensor).__name__}")
        array = tensor.array
        if memory.last(array) > self.time and memory.owner(array) is self.owner():
            raise WrittenError(
                f"one of the variables needed for gradient computation has been modified by an inplace operation: {name} saved "
                f"{describe(array)}, and the hooks of saved_tensors_hooks kept the same memory: clone() it in pack_hook"
            )
        return array


def packed(array: ndarray, pack: Callable[[Any], Any], unpack: Callable[[Any], Any], tensor: Any = None) -> Packed:
    """What ``pack`` returns for a tensor of the array.

    Raises:
        GraphError: ``pack`` wrote into the tensor.
    """
    before = memory.last(array)
    kept = pack(make(array) if tensor is None else tensor)
    if memory.last(array) > before:
        raise GraphError("A saved tensor pack hook is modifying its input in place: return another tensor instead")
    return Packed(kept, ref(memory.owner(array)), next(memory.clock), unpack, True)


def pack_all(node: Node, function: Callable[[ndarray], Packed]) -> None:
    """Have a node keep what the function returns for each array that it has saved."""
    plan: Any = node.plan
    name = node.label()
    kept = Kept()
    kept.packed = _mapped(node.saved, lambda value: function(value) if isinstance(value, ndarray) else value)
    node.plan = RestoredPlan(plan, lambda saved: _mapped(saved.packed, lambda v: v.restored(name) if isinstance(v, Packed) else v))
    node.saved = kept


def _mapped(values: Any, function: Callable[[Any], Any]) -> tuple[Any, ...]:
    """A node's saved values, or those of one of its slots, each replaced by what a function returns for it."""
    return tuple([_mapped(v, function) if type(v) is tuple else function(v) for v in values])


class SavedTensor:
    """A value that a node has saved, as ``grad_fn._raw_saved_self`` returns it, for hooks on this one value.

    Example:
        >>> import autograd
        >>> w = autograd.tensor([1.0, 2.0], requires_grad=True)
        >>> y = w * w
        >>> y.grad_fn._raw_saved_self.register_hooks(lambda t: t.tolist(), lambda kept: autograd.tensor(kept))
        >>> y.sum().backward()
        >>> w.grad
        tensor([2., 4.], dtype=float32)
    """

    def __new__(cls) -> SavedTensor:
        raise GraphError("Trying to create a SavedTensor object from Python is forbidden")

    _node: Node
    _place: int
    _tensor: Callable[[], Any]

    def register_hooks(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        """Keep what ``pack_hook`` returns for the tensor; ``unpack_hook`` of that returns the tensor again when backward needs it.

        Raises:
            GraphError: a backward has freed the value, it is None, or it has hooks already. TypeError: a hook that can't be called.
        """
        node, place = self._node, self._place
        if not callable(pack_hook) or not callable(unpack_hook):
            raise TypeError("register_hooks(): incompatible function arguments: two functions are expected")
        if node.saved is None:
            raise GraphError("Calling register_hooks on a saved tensor after it has been freed. " + str(freed_error(node)))
        if not isinstance(node.plan, RestoredPlan):
            value = node.saved[place]
            if value is None:
                raise GraphError("Calling register_hooks on a saved tensor with value None is forbidden")
            tensor, time = self._tensor(), node.sequence
            one = packed(value, pack_hook, unpack_hook, tensor)  # before anything is changed
            pack_all(node, lambda array: Packed(make(array), ref(memory.owner(array)), time, lambda t: t, False))
        else:
            if not isinstance(node.saved, Kept):
                raise GraphError("register_hooks: the part of a checkpoint keeps nothing that hooks could pack")
            before = node.saved.packed[place]
            if not isinstance(before, Packed) or before.hooked:
                raise GraphError("Calling register_hooks on a saved tensor whose hooks have already been set")
            one = packed(before.restored(node.label()), pack_hook, unpack_hook, self._tensor())
        kept: Any = node.saved
        kept.packed = (*kept.packed[:place], one, *kept.packed[place + 1 :])


def saved_tensor(node: Node, place: int, tensor: Callable[[], Any]) -> SavedTensor:
    """The value at a place among those that a node has saved; ``tensor`` returns it as a tensor."""
    made = object.__new__(SavedTensor)
    made._node, made._place, made._tensor = node, place, tensor
    return made


graph.saved_tensor = saved_tensor

__all__ = ["Kept", "Packed", "RestoredPlan", "SavedTensor", "pack_all", "packed", "saved_tensor"]
